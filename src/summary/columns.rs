//! The columns that a table of counts may have, and how a row's value becomes one of their labels.

use crate::counties::{Counties, MOST_COUNTIES};
use crate::elements::Cell;
use crate::registry::tables;
use crate::value::{AgeBands, MOST_BANDS};
use std::str;

/// A column of a table of counts.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
    serde::Deserialize,
    serde::Serialize,
)]
#[strum(serialize_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// Where the client lives.
    County,
    VaccineGroup,
    /// The client's age at vaccination.
    AgeBand,
    /// The month of vaccination.
    Month,
    Sex,
    /// Who receives the file that the fact is in. A fact may be in several.
    Recipient,
    /// The client's age on the as-of date: that of tables of rates, in place of the age at vaccination.
    #[strum(disabled)]
    AgeAsOf,
}

/// What labels of counties and of ages are made by.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    pub bands: &'a AgeBands,
    pub counties: &'a Counties,
}

/// How a number of a total's parts makes up the total's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Relation {
    /// The total is the sum of its parts.
    Sum,
    /// The total is at least each part, and at most their sum: what is counted may be in several parts.
    Within,
}

impl Column {
    /// The column's name, as `--by` takes it and as it stands in a table.
    pub fn name(self) -> &'static str {
        match self {
            Column::AgeAsOf => Column::AgeBand.into(),
            _ => self.into(),
        }
    }

    /// How facts, doses and clients of a total relate to those of its parts, along this column.
    ///
    /// A client has one county and one sex in a batch, so that clients add up over these, too. Somebody may know that. It is not
    /// used here: hidden cells hold at least one client each, so that a sum would tell a small total its least number.
    pub(super) fn relations(self) -> [Relation; 3] {
        match self {
            Column::Recipient => [Relation::Within; 3],
            Column::VaccineGroup => [Relation::Sum, Relation::Within, Relation::Within],
            Column::County | Column::AgeBand | Column::AgeAsOf | Column::Month | Column::Sex => {
                [Relation::Sum, Relation::Sum, Relation::Within]
            }
        }
    }

    /// The cell of a sharing file that it comes from; none for the recipient, who is known by the file.
    pub(super) fn comes_from(self) -> Option<Cell> {
        Some(match self {
            Column::County => Cell::ClientText(tables::clients::CLIENT_COUNTY),
            Column::VaccineGroup => Cell::VaccineGroup,
            Column::AgeBand => Cell::AgeInMonths,
            Column::AgeAsOf => Cell::BirthDate,
            Column::Month => Cell::VaccinationDate,
            Column::Sex => Cell::ClientText(tables::clients::SEX_CODE),
            Column::Recipient => return None,
        })
    }

    /// How many bits the places of its labels need, and where they lie beside those of the others.
    pub(super) const fn bits(self) -> (u32, u32) {
        match self {
            Column::County => (9, 0),
            Column::VaccineGroup => (10, 9),
            Column::AgeBand => (4, 19),
            Column::Month => (17, 23),
            Column::Sex => (5, 40),
            Column::Recipient => (15, 45),
            Column::AgeAsOf => (4, 60),
        }
    }
}

// And one for those that are none.
const _: () = assert!(MOST_COUNTIES < 1 << Column::County.bits().0);
const _: () = assert!(MOST_BANDS <= 1 << Column::AgeBand.bits().0);
// Years have four digits.
const _: () = assert!(12 * 10_000 <= 1 << Column::Month.bits().0);

/// What labels of a column are shown in the order of: bands by age, others by name; what is unknown comes last.
pub(super) fn order_of<'a>(column: Column, label: &'a str, bands: &AgeBands) -> (bool, usize, &'a str) {
    let is_age = matches!(column, Column::AgeBand | Column::AgeAsOf);
    let band = is_age.then(|| bands.named(label)).flatten();
    (label == UNKNOWN, band.unwrap_or(0), label)
}

/// What a value is called that no label fits.
pub(super) const UNKNOWN: &str = "(unknown)";

/// What a total is called.
pub(super) const TOTAL: &str = "(total)";

/// The places of the sexes: a letter each, and last the unknown ones.
pub(super) const SEXES: usize = 27;

/// The place of a sex's code: a letter as HL7's table 0001 has them, of which U stands for unknown.
pub(super) fn sex_of(code: &[u8]) -> usize {
    match code {
        [letter] if letter.is_ascii_alphabetic() && !letter.eq_ignore_ascii_case(&b'u') => {
            usize::from(letter.to_ascii_uppercase() - b'A')
        }
        _ => SEXES - 1,
    }
}

pub(super) fn sex_label(place: usize) -> String {
    let letter = u8::try_from(place).ok().filter(|place| *place < 26).map(|place| char::from(b'A' + place));
    letter.map_or_else(|| UNKNOWN.to_owned(), String::from)
}

/// The columns of a table, as `--by` takes them.
pub(super) fn names_of(columns: impl IntoIterator<Item = Column>) -> String {
    let names: Vec<&str> = columns.into_iter().map(Column::name).collect();
    names.join(",")
}

/// The place of a county's name or FIPS code; the one behind all counties where it is none of them.
pub(super) fn county_of(counties: &Counties, text: &[u8]) -> usize {
    str::from_utf8(text).ok().and_then(|text| counties.place_of(text)).unwrap_or(counties.count())
}

/// Whether a text may be shown as the name of a vaccine group: it has the form of a code, and is no sentence and no name.
pub(super) fn is_group(text: &[u8]) -> bool {
    !text.is_empty()
        && text.len() <= 20
        && text
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_/+".contains(byte))
        && text[0].is_ascii_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_code_is_no_label() {
        for (text, is_code) in [
            ("DTAP", true),
            ("COVID-19", true),
            ("MMR/VAR", true),
            ("", false),
            ("Jane Doe", false),
            ("=1", false),
            ("12", false),
        ] {
            assert_eq!(is_group(text.as_bytes()), is_code, "{text}");
        }
        for (code, label) in
            [("F", "F"), ("m", "M"), ("U", UNKNOWN), ("", UNKNOWN), ("female", UNKNOWN), ("1", UNKNOWN)]
        {
            assert_eq!(sex_label(sex_of(code.as_bytes())), label, "{code}");
        }
    }
}
