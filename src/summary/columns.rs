//! The columns that a table of counts may have, and how a row's value becomes one of their labels.

use super::counties;
use crate::elements::Cell;
use crate::registry::tables;
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
        self.into()
    }

    /// How facts, doses and clients of a total relate to those of its parts, along this column.
    ///
    /// A client has one county and one sex in a batch, so that clients add up over these, too. Somebody may know that. It is not
    /// used here: hidden cells hold at least one client each, so that a sum would tell a small total its least number.
    pub(super) fn relations(self) -> [Relation; 3] {
        match self {
            Column::Recipient => [Relation::Within; 3],
            Column::VaccineGroup => [Relation::Sum, Relation::Within, Relation::Within],
            Column::County | Column::AgeBand | Column::Month | Column::Sex => {
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
            Column::Month => Cell::VaccinationDate,
            Column::Sex => Cell::ClientText(tables::clients::SEX_CODE),
            Column::Recipient => return None,
        })
    }

    /// How many bits the places of its labels need, and where they lie beside those of the others.
    pub(super) const fn bits(self) -> (u32, u32) {
        match self {
            Column::County => (8, 0),
            Column::VaccineGroup => (10, 8),
            Column::AgeBand => (4, 18),
            Column::Month => (18, 22),
            Column::Sex => (5, 40),
            Column::Recipient => (15, 45),
        }
    }
}

// And one for those that are none.
const _: () = assert!(counties::ALL.len() < 1 << Column::County.bits().0);

/// What labels of a column are shown in the order of: bands by age, others by name; what is unknown comes last.
pub(super) fn order_of(column: Column, label: &str) -> (bool, usize, &str) {
    let band = (column == Column::AgeBand).then(|| BANDS.iter().position(|(_, own)| *own == label));
    (label == UNKNOWN, band.flatten().unwrap_or(0), label)
}

/// What a value is called that no label fits.
pub(super) const UNKNOWN: &str = "(unknown)";

/// What a total is called.
pub(super) const TOTAL: &str = "(total)";

/// The first age of each band, in years, and the band's label. A label is no date, number or formula to a spreadsheet.
pub(super) const BANDS: [(u64, &str); 8] = [
    (0, "0 to 3"),
    (4, "4 to 6"),
    (7, "7 to 10"),
    (11, "11 to 12"),
    (13, "13 to 17"),
    (18, "18 to 49"),
    (50, "50 to 64"),
    (65, "65 and over"),
];

/// The place of an age's band.
pub(super) fn band_of(months: u64) -> usize {
    BANDS.iter().rposition(|(first, _)| months / 12 >= *first).unwrap_or(0)
}

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

/// The place of a county's name or FIPS code; the one behind all counties where it is none of Texas's.
pub(super) fn county_of(text: &[u8]) -> usize {
    str::from_utf8(text).ok().and_then(counties::place_of).unwrap_or(counties::ALL.len())
}

pub(super) fn county_label(place: usize) -> &'static str {
    counties::ALL.get(place).copied().unwrap_or(UNKNOWN)
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
    fn ages_fall_into_bands() {
        for (months, label) in [
            (0, "0 to 3"),
            (47, "0 to 3"),
            (48, "4 to 6"),
            (83, "4 to 6"),
            (84, "7 to 10"),
            (12 * 18 - 1, "13 to 17"),
            (12 * 18, "18 to 49"),
            (12 * 64 + 11, "50 to 64"),
            (12 * 130, "65 and over"),
        ] {
            assert_eq!(BANDS[band_of(months)].1, label, "{months}");
        }
    }

    #[test]
    fn counties_are_known_by_name_and_by_code() {
        for (text, label) in [
            ("Travis", "Travis"),
            ("TRAVIS COUNTY", "Travis"),
            (" travis  county ", "Travis"),
            ("453", "Travis"),
            ("48453", "Travis"),
            ("DeWitt", "DeWitt"),
            ("De Witt", "DeWitt"),
            ("LA SALLE", "La Salle"),
            ("1", "Anderson"),
            ("001", "Anderson"),
            ("22453", UNKNOWN),
            ("2", UNKNOWN),
            ("Los Angeles", UNKNOWN),
            ("County", UNKNOWN),
            ("", UNKNOWN),
        ] {
            assert_eq!(county_label(county_of(text.as_bytes())), label, "{text}");
        }
        assert_eq!(county_label(county_of(b"\xff")), UNKNOWN);
    }

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
