//! One row of a recipient's file: its values, each by its column.

use super::fault::FaultCode;
use crate::batch::{RulesVersion, split_row};
use crate::elements::{Cell, Element, ORDER};
use crate::policy::Period;
use crate::registry::Field;
use crate::value::{Day, REGISTRY_YEARS, parse_id};

/// What a row's values are held against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) as_of: Option<Day>,
    pub(super) window: Option<Period>,
    /// The rules by which its texts were cleaned.
    pub(super) rules: RulesVersion,
}

/// What rows are ordered by, where it can be read; in the order of `elements::ORDER`, a day as its number.
pub(super) type Key = [u64; ORDER.len()];

/// The values of a row that are held against each other.
#[derive(Default)]
struct RowValues {
    client: Option<u64>,
    birth: Option<Day>,
    date: Option<Day>,
    immunization: Option<u64>,
    fact: Option<u64>,
    age: Option<u64>,
}

/// Checks a row; `tell` is called with each fault and its element. Returns its place in the file's order. `fields` is
/// reused from row to row.
pub(super) fn check_row(
    row: &[u8],
    columns: &[(String, &'static Element)],
    limits: Limits,
    fields: &mut Vec<Field>,
    tell: &mut dyn FnMut(Option<&'static Element>, FaultCode),
) -> Option<Key> {
    let mut is_well_quoted = split_row(row, fields) == row.len();
    if fields.len() != columns.len() {
        tell(None, FaultCode::WrongFieldCount);
        return None;
    }
    let mut values = RowValues::default();
    for ((_, element), field) in columns.iter().zip(fields) {
        is_well_quoted &= is_quoted_where_needed(field.as_it_stands(row));
        if let Err(code) = check_value(element, &field.unquoted(row), limits.rules, &mut values) {
            tell(Some(element), code);
        }
    }
    if !is_well_quoted {
        tell(None, FaultCode::WrongQuotes);
    }
    check_dates(&values, limits, &mut |cell, code| {
        tell(columns.iter().map(|(_, element)| *element).find(|element| element.cell == cell), code);
    });
    let key = ORDER.map(|cell| match cell {
        Cell::ClientId => values.client,
        Cell::VaccinationDate => values.date.map(|date| date.number().into()),
        Cell::ImmunizationId => values.immunization,
        Cell::ImmunfactId => values.fact,
        other => unreachable!("rows are not ordered by {other:?}"),
    });
    key.iter().all(Option::is_some).then(|| key.map(Option::unwrap_or_default))
}

/// Whether a field, quotes and all, stands between quotes if it holds a comma, a quote or a line break, and only then
/// (RFC 4180). A quote inside is doubled.
pub(super) fn is_quoted_where_needed(field: &[u8]) -> bool {
    let needs_quotes = |text: &[u8]| text.iter().any(|byte| b",\"\r\n".contains(byte));
    let [b'"', inside @ .., b'"'] = field else { return !needs_quotes(field) };
    let mut quotes_and_others = inside.chunk_by(|one, next| (*one == b'"') == (*next == b'"'));
    needs_quotes(inside) && quotes_and_others.all(|part| part[0] != b'"' || part.len() % 2 == 0)
}

fn check_value(
    element: &Element,
    value: &[u8],
    rules: RulesVersion,
    values: &mut RowValues,
) -> Result<(), FaultCode> {
    if std::str::from_utf8(value).is_err() {
        return Err(FaultCode::InvalidUtf8);
    }
    if *rules.clean(value) != *value {
        return Err(FaultCode::NotCleaned);
    }
    if value.is_empty() {
        return if element.blank.is_some() { Ok(()) } else { Err(FaultCode::Blank) };
    }
    let id = || whole_number(value).ok_or(FaultCode::InvalidValue);
    let day = || {
        let day = Day::parse(value).filter(|day| REGISTRY_YEARS.contains(&day.year()));
        day.ok_or(FaultCode::InvalidValue)
    };
    match element.cell {
        Cell::ClientId => values.client = Some(id()?),
        Cell::ImmunizationId => values.immunization = Some(id()?),
        Cell::ImmunfactId => values.fact = Some(id()?),
        Cell::VaccineId | Cell::OrganizationId => drop(id()?),
        Cell::BirthDate => values.birth = Some(day()?),
        Cell::VaccinationDate => values.date = Some(day()?),
        Cell::AgeInMonths => values.age = Some(id()?),
        Cell::OrdinalPosition if (1..=999).contains(&id()?) => {}
        Cell::OrdinalPosition => return Err(FaultCode::InvalidValue),
        Cell::ClientText(_) | Cell::OrganizationText(_) | Cell::CvxCode | Cell::VaccineGroup => {}
    }
    Ok(())
}

/// A whole number as phds writes it: digits only, no leading zero.
fn whole_number(value: &[u8]) -> Option<u64> {
    let is_short = value == b"0" || (value.first() != Some(&b'0') && value.iter().all(u8::is_ascii_digit));
    parse_id(value).filter(|_| is_short)
}

fn check_dates(values: &RowValues, limits: Limits, tell: &mut dyn FnMut(Cell, FaultCode)) {
    let Some(date) = values.date else { return };
    if limits.as_of.is_some_and(|as_of| date > as_of) {
        tell(Cell::VaccinationDate, FaultCode::AfterAsOf);
    }
    if limits.window.is_some_and(|window| !window.contains(date)) {
        tell(Cell::VaccinationDate, FaultCode::OutsideWindow);
    }
    let Some(birth) = values.birth else { return };
    let months = || u64::from(birth.completed_months_until(date).unsigned_abs());
    if date < birth {
        tell(Cell::VaccinationDate, FaultCode::VaccinatedBeforeBirth);
    } else if values.age.is_some_and(|age| months() != age) {
        tell(Cell::AgeInMonths, FaultCode::WrongAge);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::push_field;
    use crate::elements;

    const ROW: &str = "7,Ana,\"Ruiz, Jr.\",,1990-05-05,F,,TX,Travis,78701,1,11,3,2020-01-01,03,MMR,1,355,5,Clinic,CL,Travis,,,,";

    /// `edit`: a column and what is put in its place. `expect`: each fault.
    fn check(edit: &[(&str, &str)], expect: &[&str]) {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(ROW.as_bytes());
        let mut fields: Vec<String> =
            reader.records().next().unwrap().unwrap().iter().map(str::to_owned).collect();
        for (column, value) in edit {
            let place = elements::ALL.iter().position(|e| e.name == *column).unwrap();
            fields[place] = (*value).to_owned();
        }
        let mut row = Vec::new();
        for (place, field) in fields.iter().enumerate() {
            if place > 0 {
                row.push(b',');
            }
            push_field(&mut row, field.as_bytes());
        }
        assert_eq!(told(&row), expect, "{edit:?}");
    }

    fn told(row: &[u8]) -> Vec<String> {
        told_by(RulesVersion::NEWEST, row)
    }

    fn told_by(rules: RulesVersion, row: &[u8]) -> Vec<String> {
        let window =
            Period { first_day: Day::new(2018, 1, 1).unwrap(), last_day: Day::new(2024, 12, 31).unwrap() };
        let limits = Limits { as_of: Day::new(2024, 7, 8), window: Some(window), rules };
        let mut faults = Vec::new();
        let tell = &mut |element: Option<&'static Element>, code: FaultCode| {
            faults.push(format!("{} {}", element.map_or("", |e| e.name), code.name()));
        };
        let columns: Vec<_> =
            elements::ALL.iter().map(|element| (element.name.to_owned(), element)).collect();
        check_row(row, &columns, limits, &mut Vec::new(), tell);
        faults
    }

    #[test]
    fn finds_what_is_wrong_with_a_row() {
        check(&[], &[]);
        check(&[("CLIENT_ID", "")], &["CLIENT_ID BLANK"]);
        check(&[("CLIENT_ID", "07")], &["CLIENT_ID INVALID_VALUE"]);
        check(&[("VACCINE_ID", "3.0")], &["VACCINE_ID INVALID_VALUE"]);
        check(&[("IMMUNFACT_ID", "9223372036854775808")], &["IMMUNFACT_ID INVALID_VALUE"]);
        check(&[("ORDINAL_POSITION", "")], &[]);
        check(&[("ORDINAL_POSITION", "0")], &["ORDINAL_POSITION INVALID_VALUE"]);
        check(&[("ORDINAL_POSITION", "1000")], &["ORDINAL_POSITION INVALID_VALUE"]);
        check(&[("BIRTH_DATE", "1990-02-30")], &["BIRTH_DATE INVALID_VALUE"]);
        check(&[("AGE_IN_MONTHS", "354")], &["AGE_IN_MONTHS WRONG_AGE"]);
        check(&[("BIRTH_DATE", "2021-05-05")], &["VACCINATION_DATE VACCINATED_BEFORE_BIRTH"]);
        check(
            &[("VACCINATION_DATE", "2017-12-31"), ("AGE_IN_MONTHS", "331")],
            &["VACCINATION_DATE OUTSIDE_WINDOW"],
        );
        check(
            &[("VACCINATION_DATE", "2024-07-09"), ("AGE_IN_MONTHS", "410")],
            &["VACCINATION_DATE AFTER_AS_OF"],
        );
        check(&[("LAST_NAME", " Ruiz")], &["LAST_NAME NOT_CLEANED"]);
        check(&[("LAST_NAME", "Ru\niz")], &["LAST_NAME NOT_CLEANED"]);
        check(&[("RESPONSIBLE_ENTITY", "")], &["RESPONSIBLE_ENTITY BLANK"]);
        // Version 1 left some control characters and line ends alone, but not at the ends.
        for (name, expect) in [
            ("Ru\u{2028}iz", &[][..]),
            ("Ru\u{85}iz", &[]),
            ("Ru\tiz", &["LAST_NAME NOT_CLEANED"]),
            ("Ruiz\u{2028}", &["LAST_NAME NOT_CLEANED"]),
        ] {
            let row = ROW.replace("\"Ruiz, Jr.\"", name);
            assert_eq!(told_by(RulesVersion::One, row.as_bytes()), expect, "{name:?}");
        }
        assert_eq!(told(b"1,2"), [" WRONG_FIELD_COUNT"]);
        assert_eq!(told(ROW.replace("Ana", "\"Ana\"").as_bytes()), [" WRONG_QUOTES"]);
        let mut bytes = ROW.as_bytes().to_vec();
        bytes[2] = 0xff;
        assert_eq!(told(&bytes), ["FIRST_NAME INVALID_UTF8"]);
    }

    proptest::proptest! {
        /// The check's own reading of RFC 4180 against what the writer does with the value.
        #[test]
        fn quotes_stand_where_the_writer_puts_them(field in "[a\",\r\n]{0,6}") {
            let mut fields = Vec::new();
            let length = split_row(field.as_bytes(), &mut fields);
            if let ([only], true) = (fields.as_slice(), length == field.len()) {
                let mut written = Vec::new();
                push_field(&mut written, &only.unquoted(field.as_bytes()));
                let as_it_stands = only.as_it_stands(field.as_bytes());
                proptest::prop_assert_eq!(is_quoted_where_needed(as_it_stands), written == as_it_stands);
            }
        }
    }
}
