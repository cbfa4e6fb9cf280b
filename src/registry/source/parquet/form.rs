//! What the values of a column are, by its type, and how each is written as the checks read it.

use super::super::NumericType;
use super::super::real::{FIRST_INEXACT_OF_32_BITS, FIRST_INEXACT_OF_64_BITS, write_real};
use crate::registry::tables::Kind;
use crate::value::Day;
use chrono::NaiveDate;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::schema::types::ColumnDescriptor;
use std::io::Write;

/// What the values of a column are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    Text,
    Signed,
    /// Whole numbers without a sign, of so many bits.
    Unsigned(u32),
    Real,
    Date,
    /// A moment, in so many parts of a second.
    Timestamp(i64),
    /// A whole number in up to 16 bytes, the highest first.
    Decimal,
    /// Nothing: a writer that found no value in a column has no other type for it.
    Nothing,
}

/// A value as it lies in a file.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Raw<'a> {
    Truth(bool),
    Int(i64),
    /// Nanoseconds of a day, and the day: a moment as older writers have it.
    Int96([u32; 3]),
    Real32(f32),
    Real64(f64),
    Bytes(&'a [u8]),
}

impl Form {
    /// The form of a column's values; none if such are not read.
    pub(super) fn of(column: &ColumnDescriptor) -> Option<Form> {
        use Physical::{BYTE_ARRAY, DOUBLE, FIXED_LEN_BYTE_ARRAY, FLOAT, INT32, INT64, INT96};
        let physical = column.physical_type();
        let of_converted = || match (column.converted_type(), physical) {
            (ConvertedType::UTF8 | ConvertedType::ENUM, BYTE_ARRAY) => Some(Form::Text),
            (ConvertedType::NONE, BYTE_ARRAY) => Some(Form::Text),
            (ConvertedType::NONE, INT32 | INT64) => Some(Form::Signed),
            (ConvertedType::NONE, FLOAT | DOUBLE) => Some(Form::Real),
            (ConvertedType::NONE, INT96) => Some(Form::Timestamp(NANOS)),
            (ConvertedType::DATE, INT32) => Some(Form::Date),
            (ConvertedType::TIMESTAMP_MILLIS, INT64) => Some(Form::Timestamp(MILLIS)),
            (ConvertedType::TIMESTAMP_MICROS, INT64) => Some(Form::Timestamp(MICROS)),
            (ConvertedType::INT_8 | ConvertedType::INT_16 | ConvertedType::INT_32, INT32)
            | (ConvertedType::INT_64, INT64) => Some(Form::Signed),
            (ConvertedType::UINT_8 | ConvertedType::UINT_16 | ConvertedType::UINT_32, INT32) => {
                Some(Form::Unsigned(32))
            }
            (ConvertedType::UINT_64, INT64) => Some(Form::Unsigned(64)),
            (ConvertedType::DECIMAL, _) => {
                whole_decimal(column, column.type_scale(), column.type_precision())
            }
            _ => None,
        };
        let Some(logical) = column.logical_type_ref() else { return of_converted() };
        match (logical, physical) {
            (LogicalType::String | LogicalType::Enum, BYTE_ARRAY) => Some(Form::Text),
            (LogicalType::Integer(of), INT32 | INT64) if of.is_signed => Some(Form::Signed),
            (LogicalType::Integer(_), INT32) => Some(Form::Unsigned(32)),
            (LogicalType::Integer(_), INT64) => Some(Form::Unsigned(64)),
            (LogicalType::Date, INT32) => Some(Form::Date),
            (LogicalType::Timestamp(of), INT64) => Some(Form::Timestamp(match of.unit {
                TimeUnit::MILLIS => MILLIS,
                TimeUnit::MICROS => MICROS,
                TimeUnit::NANOS => NANOS,
            })),
            (LogicalType::Decimal(of), INT32 | INT64 | BYTE_ARRAY | FIXED_LEN_BYTE_ARRAY) => {
                whole_decimal(column, of.scale, of.precision)
            }
            (LogicalType::Unknown, _) => Some(Form::Nothing),
            _ => None,
        }
    }

    /// The type that turns a text of digits into a number, if it is one.
    pub(super) fn numeric_type(self) -> Option<NumericType> {
        match self {
            Form::Signed | Form::Unsigned(_) => Some(NumericType::Integer),
            Form::Decimal => Some(NumericType::Numeric),
            Form::Real => Some(NumericType::Real),
            Form::Text | Form::Date | Form::Timestamp(_) | Form::Nothing => None,
        }
    }

    /// Whether a value is a day, with a time or without, however dates are written elsewhere.
    pub(super) fn is_day(self) -> bool {
        matches!(self, Form::Date | Form::Timestamp(_))
    }

    /// Writes a value as text, for a column of the kind. A value that is none of this form is nothing that any kind but
    /// text has.
    pub(super) fn write(self, value: Raw<'_>, kind: Kind, out: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        let _ = match (self, value) {
            (Form::Text, Raw::Bytes(text)) => out.write_all(text),
            (Form::Signed, Raw::Int(number)) => out.write_all(itoa::Buffer::new().format(number).as_bytes()),
            (Form::Unsigned(32), Raw::Int(number)) => write!(out, "{}", number as u32),
            (Form::Unsigned(_), Raw::Int(number)) => write!(out, "{}", number as u64),
            (Form::Decimal, Raw::Int(number)) => write!(out, "{number}"),
            (Form::Decimal, Raw::Bytes(bytes)) => match number_of(bytes) {
                Some(number) => write!(out, "{number}"),
                None => out.write_all(b"a number of more than 16 bytes"),
            },
            (Form::Date, Raw::Int(days)) => write_date(days, out),
            (Form::Timestamp(parts), Raw::Int(moment)) => write_moment(moment.div_euclid(parts), out),
            (Form::Timestamp(_), Raw::Int96([low, high, day])) => {
                let nanos = (u64::from(high) << 32 | u64::from(low)) as i64;
                let seconds = (i64::from(day) - JULIAN_1970) * SECONDS_OF_DAY;
                write_moment(seconds + nanos.div_euclid(NANOS), out)
            }
            (Form::Real, Raw::Real32(value)) if kind == Kind::Id => {
                write_real(f64::from(value), FIRST_INEXACT_OF_32_BITS, out);
                Ok(())
            }
            (Form::Real, Raw::Real64(value)) if kind == Kind::Id => {
                write_real(value, FIRST_INEXACT_OF_64_BITS, out);
                Ok(())
            }
            (Form::Real, Raw::Real32(value)) => write!(out, "{value:?}"),
            (Form::Real, Raw::Real64(value)) => write!(out, "{value:?}"),
            _ => out.write_all(b"a value of another type"),
        };
    }
}

/// Parts of a second.
const MILLIS: i64 = 1_000;
const MICROS: i64 = 1_000_000;
const NANOS: i64 = 1_000_000_000;

const SECONDS_OF_DAY: i64 = 86_400;

/// 1970-01-01, as INT96 counts days, and as chrono does.
const JULIAN_1970: i64 = 2_440_588;
const CHRONO_1970: i64 = 719_163;

/// Writes a day, counted from 1970-01-01; one that no calendar of four digits has is written as no day.
fn write_date(days: i64, out: &mut Vec<u8>) -> std::io::Result<()> {
    let day = days.checked_add(CHRONO_1970).and_then(|days| i32::try_from(days).ok());
    match day.and_then(NaiveDate::from_num_days_from_ce_opt).and_then(Day::from_date) {
        Some(day) => out.write_all(&day.to_bytes()),
        None => write!(out, "{days} days after 1970-01-01"),
    }
}

/// Writes a moment, in seconds counted from 1970-01-01.
fn write_moment(seconds: i64, out: &mut Vec<u8>) -> std::io::Result<()> {
    write_date(seconds.div_euclid(SECONDS_OF_DAY), out)?;
    let second = seconds.rem_euclid(SECONDS_OF_DAY);
    write!(out, "T{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// A whole number in bytes, the highest first.
fn number_of(bytes: &[u8]) -> Option<i128> {
    let sign = if bytes.first()? & 0x80 == 0 { 0 } else { 0xff };
    let mut wide = [sign; 16];
    wide.get_mut(16usize.checked_sub(bytes.len())?..)?.copy_from_slice(bytes);
    Some(i128::from_be_bytes(wide))
}

/// A DECIMAL of whole numbers that are not too large to be read.
fn whole_decimal(column: &ColumnDescriptor, scale: i32, digits: i32) -> Option<Form> {
    const MOST_DIGITS: i32 = 38;
    let width = column.type_length();
    let fits = column.physical_type() != Physical::FIXED_LEN_BYTE_ARRAY || (1..=16).contains(&width);
    (scale == 0 && digits <= MOST_DIGITS && fits).then_some(Form::Decimal)
}

/// The name of a column's type, for messages.
pub(super) fn type_name(column: &ColumnDescriptor) -> String {
    let physical = column.physical_type();
    let digits = || format!("DECIMAL({},{})", column.type_precision(), column.type_scale());
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Decimal(_)), _) | (None, ConvertedType::DECIMAL) => digits(),
        (Some(LogicalType::Time(_)), _) => "TIME".to_owned(),
        (Some(LogicalType::Float16), _) => "FLOAT16".to_owned(),
        (Some(LogicalType::Uuid), _) => "UUID".to_owned(),
        (Some(LogicalType::Json), _) => "JSON".to_owned(),
        (Some(LogicalType::Bson), _) => "BSON".to_owned(),
        (Some(_), ConvertedType::NONE) | (None, ConvertedType::NONE) => match physical {
            Physical::FIXED_LEN_BYTE_ARRAY => format!("{physical}({})", column.type_length()),
            _ => physical.to_string(),
        },
        (_, converted) => converted.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::schema::parser::parse_message_type;
    use parquet::schema::types::SchemaDescriptor;
    use std::sync::Arc;

    fn column(of: &str) -> parquet::schema::types::ColumnDescPtr {
        let schema = parse_message_type(&format!("message m {{ optional {of}; }}")).unwrap();
        SchemaDescriptor::new(Arc::new(schema)).column(0)
    }

    #[test]
    fn knows_the_types() {
        let check = |of: &str, expect: Option<Form>| assert_eq!(Form::of(&column(of)), expect, "{of}");
        check("binary a (STRING)", Some(Form::Text));
        check("binary a (UTF8)", Some(Form::Text));
        check("binary a (ENUM)", Some(Form::Text));
        check("binary a", Some(Form::Text));
        check("int32 a", Some(Form::Signed));
        check("int64 a", Some(Form::Signed));
        check("int32 a (INTEGER(8,true))", Some(Form::Signed));
        check("int32 a (INT_16)", Some(Form::Signed));
        check("int32 a (INTEGER(32,false))", Some(Form::Unsigned(32)));
        check("int64 a (UINT_64)", Some(Form::Unsigned(64)));
        check("int32 a (DATE)", Some(Form::Date));
        check("int64 a (TIMESTAMP(MILLIS,true))", Some(Form::Timestamp(MILLIS)));
        check("int64 a (TIMESTAMP(MICROS,false))", Some(Form::Timestamp(MICROS)));
        check("int64 a (TIMESTAMP_MILLIS)", Some(Form::Timestamp(MILLIS)));
        check("int64 a (TIMESTAMP(NANOS,false))", Some(Form::Timestamp(NANOS)));
        check("int96 a", Some(Form::Timestamp(NANOS)));
        check("float a", Some(Form::Real));
        check("double a", Some(Form::Real));
        check("int32 a (DECIMAL(9,0))", Some(Form::Decimal));
        check("int64 a (DECIMAL(18,0))", Some(Form::Decimal));
        check("fixed_len_byte_array(16) a (DECIMAL(38,0))", Some(Form::Decimal));
        check("binary a (DECIMAL(38,0))", Some(Form::Decimal));
        check("int32 a (UNKNOWN)", Some(Form::Nothing));
        check("int64 a (DECIMAL(18,2))", None);
        check("fixed_len_byte_array(20) a (DECIMAL(40,0))", None);
        check("boolean a", None);
        check("int32 a (TIME(MILLIS,true))", None);
        check("int64 a (TIME(MICROS,false))", None);
        check("binary a (JSON)", None);
        check("binary a (BSON)", None);
        check("fixed_len_byte_array(16) a (UUID)", None);
        check("fixed_len_byte_array(2) a (FLOAT16)", None);
        check("fixed_len_byte_array(12) a (INTERVAL)", None);
        check("fixed_len_byte_array(5) a", None);
    }

    #[test]
    fn names_the_types() {
        let check = |of: &str, expect: &str| assert_eq!(type_name(&column(of)), expect, "{of}");
        check("boolean a", "BOOLEAN");
        check("int64 a (DECIMAL(18,2))", "DECIMAL(18,2)");
        check("int32 a (TIME(MILLIS,true))", "TIME");
        check("fixed_len_byte_array(16) a (UUID)", "UUID");
        check("fixed_len_byte_array(5) a", "FIXED_LEN_BYTE_ARRAY(5)");
        check("fixed_len_byte_array(12) a (INTERVAL)", "INTERVAL");
        check("binary a (JSON)", "JSON");
    }

    #[test]
    fn writes_values() {
        let check = |form: Form, value: Raw<'_>, expect: &str| {
            for kind in [Kind::Id, Kind::Text] {
                let mut out = Vec::new();
                form.write(value, kind, &mut out);
                assert_eq!(String::from_utf8(out).unwrap(), expect, "{form:?} {value:?}");
            }
        };
        check(Form::Text, Raw::Bytes("Ñandú".as_bytes()), "Ñandú");
        check(Form::Signed, Raw::Int(-7), "-7");
        check(Form::Signed, Raw::Int(i64::MAX), "9223372036854775807");
        check(Form::Unsigned(32), Raw::Int(i64::from(-1i32)), "4294967295");
        check(Form::Unsigned(64), Raw::Int(-1), "18446744073709551615");
        check(Form::Decimal, Raw::Int(140), "140");
        check(Form::Decimal, Raw::Bytes(&[0, 140]), "140");
        check(Form::Decimal, Raw::Bytes(&[0xff, 0x74]), "-140");
        check(Form::Decimal, Raw::Bytes(&[0x7f; 16]), "169473963133173273960190490760135540607");
        check(Form::Decimal, Raw::Bytes(&[1; 17]), "a number of more than 16 bytes");
        check(Form::Decimal, Raw::Bytes(&[]), "a number of more than 16 bytes");
        check(Form::Date, Raw::Int(0), "1970-01-01");
        check(Form::Date, Raw::Int(19912), "2024-07-08");
        check(Form::Date, Raw::Int(-1), "1969-12-31");
        check(Form::Date, Raw::Int(2_932_896), "9999-12-31");
        check(Form::Date, Raw::Int(2_932_897), "2932897 days after 1970-01-01");
        check(Form::Date, Raw::Int(i64::MAX), "9223372036854775807 days after 1970-01-01");
        check(Form::Timestamp(MILLIS), Raw::Int(1_720_397_045_999), "2024-07-08T00:04:05");
        check(Form::Timestamp(MICROS), Raw::Int(1_720_440_000_000_000), "2024-07-08T12:00:00");
        check(Form::Timestamp(NANOS), Raw::Int(-1), "1969-12-31T23:59:59");
        check(Form::Timestamp(NANOS), Raw::Int96([0, 0, 2_460_500]), "2024-07-08T00:00:00");
        let nanos = 86_399_999_999_999u64;
        check(
            Form::Timestamp(NANOS),
            Raw::Int96([nanos as u32, (nanos >> 32) as u32, 2_460_500]),
            "2024-07-08T23:59:59",
        );
    }

    #[test]
    fn writes_floating_point_numbers_by_what_they_are_for() {
        let check = |value: Raw<'_>, id: &str, other: &str| {
            let written = |kind| {
                let mut out = Vec::new();
                Form::Real.write(value, kind, &mut out);
                String::from_utf8(out).unwrap()
            };
            assert_eq!(
                (written(Kind::Id), written(Kind::Ordinal)),
                (id.to_owned(), other.to_owned()),
                "{value:?}"
            );
        };
        check(Raw::Real64(140.0), "140", "140.0");
        check(Raw::Real64(9_007_199_254_740_991.0), "9007199254740991", "9007199254740991.0");
        check(Raw::Real64(9_007_199_254_740_992.0), "9.007199254740992e15", "9007199254740992.0");
        check(Raw::Real32(16_777_215.0), "16777215", "16777215.0");
        check(Raw::Real32(16_777_216.0), "1.6777216e7", "16777216.0");
        check(Raw::Real64(1.5), "1.5e0", "1.5");
        check(Raw::Real64(f64::NAN), "NaN", "NaN");
    }
}
