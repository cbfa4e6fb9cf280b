//! One row of a recipient's file: its values, each by its column.

use super::fault::FaultCode;
use crate::batch::RulesVersion;
use crate::batch::push_field;
use crate::elements::{self, Cell, Element, ORDER};
use crate::policy::Period;
use crate::registry::{Field, split_record};
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

/// What is reused from row to row.
#[derive(Debug, Default)]
pub(super) struct RowBuffer {
    fields: Vec<Field>,
    rewritten: Vec<u8>,
}

/// A row's values as far as they are needed together.
#[derive(Default)]
struct Found {
    client: Option<u64>,
    birth: Option<Day>,
    date: Option<Day>,
    immunization: Option<u64>,
    fact: Option<u64>,
    age: Option<u64>,
}

/// Checks a row; `tell` is called with each fault and its element. Returns its place in the file's order.
pub(super) fn check_row(
    row: &[u8],
    limits: Limits,
    buffer: &mut RowBuffer,
    tell: &mut dyn FnMut(Option<&'static Element>, FaultCode),
) -> Option<Key> {
    split_record(row, 0, b',', &mut buffer.fields);
    if buffer.fields.len() != elements::ALL.len() {
        tell(None, FaultCode::WrongFieldCount);
        return None;
    }
    buffer.rewritten.clear();
    let mut found = Found::default();
    for (place, (element, field)) in elements::ALL.iter().zip(&buffer.fields).enumerate() {
        let value = field.unquoted(row);
        if place > 0 {
            buffer.rewritten.push(b',');
        }
        push_field(&mut buffer.rewritten, &value);
        if let Err(code) = check_value(element, &value, limits.rules, &mut found) {
            tell(Some(element), code);
        }
    }
    if buffer.rewritten != row {
        tell(None, FaultCode::WrongQuotes);
    }
    check_dates(&found, limits, tell);
    let key = ORDER.map(|cell| match cell {
        Cell::ClientId => found.client,
        Cell::VaccinationDate => found.date.map(|date| date.number().into()),
        Cell::ImmunizationId => found.immunization,
        Cell::ImmunfactId => found.fact,
        other => unreachable!("rows are not ordered by {other:?}"),
    });
    key.iter().all(Option::is_some).then(|| key.map(Option::unwrap_or_default))
}

fn check_value(
    element: &Element,
    value: &[u8],
    rules: RulesVersion,
    found: &mut Found,
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
        Cell::ClientId => found.client = Some(id()?),
        Cell::ImmunizationId => found.immunization = Some(id()?),
        Cell::ImmunfactId => found.fact = Some(id()?),
        Cell::VaccineId | Cell::OrganizationId => drop(id()?),
        Cell::BirthDate => found.birth = Some(day()?),
        Cell::VaccinationDate => found.date = Some(day()?),
        Cell::AgeInMonths => found.age = Some(id()?),
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

fn check_dates(found: &Found, limits: Limits, tell: &mut dyn FnMut(Option<&'static Element>, FaultCode)) {
    let of = |cell| elements::ALL.iter().find(|element| element.cell == cell);
    let Some(date) = found.date else { return };
    if limits.as_of.is_some_and(|as_of| date > as_of) {
        tell(of(Cell::VaccinationDate), FaultCode::AfterAsOf);
    }
    if limits.window.is_some_and(|window| !window.contains(date)) {
        tell(of(Cell::VaccinationDate), FaultCode::OutsideWindow);
    }
    let Some(birth) = found.birth else { return };
    if date < birth {
        tell(of(Cell::VaccinationDate), FaultCode::VaccinatedBeforeBirth);
    } else if found.age.is_some_and(|age| u64::from(birth.completed_months_until(date).unsigned_abs()) != age)
    {
        tell(of(Cell::AgeInMonths), FaultCode::WrongAge);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        check_row(row, limits, &mut RowBuffer::default(), tell);
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
}
