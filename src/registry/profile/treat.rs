//! What a profile makes of a value, step by step: clean-up, words for nothing, spreadsheets' wrapping, clean-up again,
//! words that stand for others, dates.

use super::dates::{DateRead, Dates};
use super::effects::EffectCounts;
use super::{ColumnSource, GivenConsent, Profile, ValueMap};
use crate::registry::Table;
use crate::registry::tables::{Kind, MOST_COLUMNS};
use crate::value::text;
use std::borrow::Cow;

/// A value as it goes into the checks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::registry) enum Cell<'a> {
    /// Bytes that are not the export's encoding.
    NotInEncoding,
    /// A text as the contract has it, cleaned; empty is blank.
    Text(&'a [u8]),
    /// A date as a profile reads it.
    Date { text: &'a [u8], read: DateRead },
}

impl Cell<'_> {
    pub(in crate::registry) fn is_blank(self) -> bool {
        self == Cell::Text(b"")
    }
}

/// What a profile makes of the values of a table.
#[derive(Debug)]
pub(in crate::registry) struct Treatment<'p> {
    profile: &'p Profile,
    columns: [ColumnTreatment<'p>; MOST_COLUMNS],
    pub(in crate::registry) counts: EffectCounts,
}

/// What a profile makes of the values of a column.
#[derive(Clone, Copy, Debug, Default)]
struct ColumnTreatment<'p> {
    constant: Option<&'p str>,
    values: Option<&'p ValueMap>,
    /// Whether it holds dates.
    has_dates: bool,
    /// Whether they are written in no way of their own, so that a date without a time is read as without a profile.
    has_plain_dates: bool,
}

impl<'p> Treatment<'p> {
    pub(in crate::registry) fn new(profile: &'p Profile, table: Table) -> Treatment<'p> {
        let settings = profile.table(table);
        Treatment::of(profile, table, |place| match &settings.columns[place] {
            ColumnSource::Constant(text) => Some(text),
            ColumnSource::OwnName | ColumnSource::Named(_) => None,
        })
    }

    /// Of consents that rows of `clients` give.
    pub(in crate::registry) fn of_given(profile: &'p Profile, given: &'p GivenConsent) -> Treatment<'p> {
        Treatment::of(profile, Table::Consents, |place| match &given.columns[place] {
            Some(ColumnSource::Constant(text)) => Some(text),
            _ => None,
        })
    }

    fn of(
        profile: &'p Profile,
        table: Table,
        constant: impl Fn(usize) -> Option<&'p String>,
    ) -> Treatment<'p> {
        let settings = profile.table(table);
        let mut columns = [ColumnTreatment::default(); MOST_COLUMNS];
        for (place, column) in table.columns().iter().enumerate() {
            columns[place] = ColumnTreatment {
                constant: constant(place).map(String::as_str),
                values: settings.values[place].as_ref(),
                has_dates: column.kind == Kind::Date,
                has_plain_dates: profile.dates.says_nothing(),
            };
        }
        Treatment { profile, columns, counts: EffectCounts::default() }
    }

    /// The value that a column has in each row, if it has one.
    pub(in crate::registry) fn constant(&self, place: usize) -> Option<Cell<'p>> {
        self.columns[place].constant.map(|text| Cell::Text(text.as_bytes()))
    }

    /// What becomes of a value that is only looked at, and is no date.
    pub(in crate::registry) fn of_uncounted<'a>(&self, place: usize, text: &'a [u8]) -> &'a [u8]
    where
        'p: 'a,
    {
        let text = unwrapped(text).filter(|_| self.profile.files.unwrap).map_or(text, trimmed);
        let value = self.columns[place].values.and_then(|values| values.find(text));
        value.map_or(text, str::as_bytes)
    }

    /// What becomes of a value. `text` is cleaned UTF-8; `is_quoted` says whether it stood in quotes. A text that the
    /// clean-up has to change once more lands in `changed`.
    pub(in crate::registry) fn of_value<'a>(
        &mut self,
        place: usize,
        text: &'a [u8],
        is_quoted: bool,
        is_end_date: bool,
    ) -> Cell<'a>
    where
        'p: 'a,
    {
        self.of_written(place, text, is_quoted, is_end_date, Dates::read)
    }

    /// The same of a value that is a day already, written `YYYY-MM-DD`: how the registry writes dates says nothing of it.
    pub(in crate::registry) fn of_day<'a>(
        &mut self,
        place: usize,
        text: &'a [u8],
        is_end_date: bool,
    ) -> Cell<'a>
    where
        'p: 'a,
    {
        self.of_written(place, text, false, is_end_date, Dates::read_day)
    }

    fn of_written<'a>(
        &mut self,
        place: usize,
        mut text: &'a [u8],
        is_quoted: bool,
        is_end_date: bool,
        read_date: impl Fn(&Dates, &[u8]) -> DateRead,
    ) -> Cell<'a>
    where
        'p: 'a,
    {
        let files = &self.profile.files;
        let column = self.columns[place];
        if !text.is_empty() && !is_quoted && files.null.iter().any(|word| word.as_bytes() == text) {
            self.counts.column(place).blanked += 1;
            text = b"";
        }
        if files.unwrap
            && let Some(inside) = unwrapped(text)
        {
            self.counts.column(place).unwrapped += 1;
            // What was cleaned before can only have white space at its ends now.
            text = trimmed(inside);
        }
        if let Some(values) = column.values {
            if let Some(value) = values.find(text) {
                self.counts.column(place).mapped += 1;
                return Cell::Text(value.as_bytes());
            }
            self.counts.column(place).not_named += u64::from(!text.is_empty());
        }
        // A time behind may end in AM or PM wherever there is a profile.
        let is_plain = column.has_plain_dates && text.len() <= "YYYY-MM-DD".len();
        if !column.has_dates || text.is_empty() || is_plain {
            return Cell::Text(text);
        }
        match read_date(&self.profile.dates, text) {
            read @ (DateRead::Day(_) | DateRead::NoSuchDay | DateRead::NoDay) => Cell::Date { text, read },
            DateRead::Unknown => {
                self.counts.column(place).unknown_days += 1;
                // An end that is not known may be a withdrawal.
                if is_end_date { Cell::Date { text, read: DateRead::Unknown } } else { Cell::Text(b"") }
            }
        }
    }
}

/// What stands in `="…"`, where no quote stands, or behind an apostrophe before a digit.
fn unwrapped(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b'=', b'"', inside @ .., b'"'] if !inside.contains(&b'"') => Some(inside),
        [b'\'', inside @ ..] if inside.first().is_some_and(u8::is_ascii_digit) => Some(inside),
        _ => None,
    }
}

/// A cleaned text's part, cleaned: inside of it nothing is left to be cleaned.
fn trimmed(text: &[u8]) -> &[u8] {
    match text::clean(text) {
        Cow::Borrowed(clean) => clean,
        Cow::Owned(_) => unreachable!("control characters were cleaned out of it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::tables::{clients, consents};
    use std::path::Path;

    const PROFILE: &str = r#"
        [files]
        null = ["NULL", "\\N"]
        unwrap = true
        [dates]
        formats = ["%m/%d/%Y"]
        unknown = ["1900-01-01"]
        [tables.clients.columns]
        STATE_CODE = { constant = " TX " }
        [tables.clients.values.CLIENT_TYPE]
        Child = "IC"
        "Ñandú" = "IA"
        none = ""
        "" = "PA"
        [tables.consents.values.END_DATE]
        "12/31/2999" = ""
        "x" = "2020-01-02"
    "#;

    #[test]
    fn treats_values() {
        let profile = Profile::from_text(Path::new("p"), PROFILE.as_bytes()).unwrap();
        let check = |table: Table, place: usize, text: &str, is_quoted: bool, expect: &str| {
            let is_end = table == Table::Consents && place == consents::END_DATE;
            let got = Treatment::new(&profile, table).of_value(place, text.as_bytes(), is_quoted, is_end);
            let got = match got {
                Cell::NotInEncoding => "not in encoding".to_owned(),
                Cell::Text(text) => String::from_utf8_lossy(text).into_owned(),
                Cell::Date { read: DateRead::Day(day), .. } => format!("day {day}"),
                Cell::Date { .. } => "no day".to_owned(),
            };
            assert_eq!(got, expect, "{text:?}");
        };
        let name = |text: &str, is_quoted, expect: &str| {
            check(Table::Clients, clients::FIRST_NAME, text, is_quoted, expect);
        };
        name("NULL", false, "");
        name("NULL", true, "NULL");
        name("null", false, "null");
        name("\\N", false, "");
        name("=\"00501\"", false, "00501");
        name("=\"00501\"", true, "00501");
        name("=\" 5 \u{a0}\"", true, "5");
        name("=\"a\"b\"", true, "=\"a\"b\"");
        name("=\"", true, "=\"");
        name("=\"\"", true, "");
        name("=\"NULL\"", false, "NULL");
        name("'00501", false, "00501");
        name("'Brien", false, "'Brien");
        name("'", false, "'");
        let client_type =
            |text: &str, expect: &str| check(Table::Clients, clients::CLIENT_TYPE, text, false, expect);
        client_type("CHILD", "IC");
        client_type("child", "IC");
        client_type("ÑANDÚ", "IA");
        client_type("None", "");
        client_type("", "PA");
        client_type("NULL", "PA");
        client_type("DC", "DC");
        let birth =
            |text: &str, expect: &str| check(Table::Clients, clients::BIRTH_DATE, text, false, expect);
        birth("7/8/2024", "day 2024-07-08");
        birth("2024-07-08", "no day");
        birth("1/1/1900", "");
        birth("", "");
        let end = |text: &str, expect: &str| check(Table::Consents, consents::END_DATE, text, false, expect);
        end("1/1/1900", "no day");
        end("12/31/2999", "");
        let day = |text: &str, expect: Option<&str>| {
            let got =
                Treatment::new(&profile, Table::Consents).of_day(consents::END_DATE, text.as_bytes(), true);
            let got = match got {
                Cell::Date { read: DateRead::Day(day), .. } => Some(day.to_string()),
                Cell::Date { .. } => None,
                other => panic!("{other:?}"),
            };
            assert_eq!(got.as_deref(), expect, "{text:?}");
        };
        day("2024-07-08", Some("2024-07-08"));
        day("2024-07-08T12:00:00", Some("2024-07-08"));
        day("1900-01-01", None);
        day("7/8/2024", None);
        // What `values` gives is as without a profile.
        end("X", "2020-01-02");
        assert_eq!(
            Treatment::new(&profile, Table::Clients).constant(clients::STATE_CODE),
            Some(Cell::Text(b"TX"))
        );
    }
}
