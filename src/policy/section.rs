//! Reading tables of a TOML file key by key: what a key must hold, and that no key is left over.
//!
//! Knows nothing of what a policy means.

use super::MaxCount;
use super::error::{PolicyError, PolicyFault};
use crate::value::{Day, text};
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// No number of years in a policy may be larger.
const MOST_YEARS: u32 = 150;

/// A policy file, for errors.
pub(super) struct Document<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Document<'_> {
    pub(super) fn error(&self, span: Range<usize>, key: String, fault: PolicyFault) -> PolicyError {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        PolicyError::Bad { path: self.path.to_owned(), line, key, fault }
    }
}

/// What reading a part of a policy comes to.
pub(super) type Checked<T> = Result<T, PolicyError>;

/// A table of the file, and which of its keys have been asked for.
pub(super) struct Section<'a> {
    pub(super) document: &'a Document<'a>,
    pub(super) path: String,
    pub(super) table: &'a DeTable<'a>,
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    pub(super) fn of(document: &'a Document<'a>, path: String, table: &'a DeTable<'a>) -> Section<'a> {
        Section { document, path, table, known: Vec::new() }
    }

    pub(super) fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn wrong(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        expected: &'static str,
    ) -> PolicyError {
        self.document.error(value.span(), self.key(key), PolicyFault::WrongValue(expected))
    }

    /// The value of a key, read by `read`; none if the key is not there.
    pub(super) fn get<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        read: impl FnOnce(&DeValue<'a>) -> Option<T>,
    ) -> Checked<Option<T>> {
        self.known.push(key);
        let Some(value) = self.table.get(key) else { return Ok(None) };
        read(value.get_ref()).map(Some).ok_or_else(|| self.wrong(key, value, expected))
    }

    pub(super) fn set<T>(
        &mut self,
        key: &'static str,
        target: &mut T,
        expected: &'static str,
        read: impl FnOnce(&DeValue<'a>) -> Option<T>,
    ) -> Checked<()> {
        if let Some(value) = self.get(key, expected, read)? {
            *target = value;
        }
        Ok(())
    }

    /// A table in this one, if it is there.
    pub(super) fn section(&mut self, key: &'static str) -> Checked<Option<Section<'a>>> {
        self.known.push(key);
        let Some(value) = self.table.get(key) else { return Ok(None) };
        match value.get_ref() {
            DeValue::Table(table) => Ok(Some(Section::of(self.document, self.key(key), table))),
            _ => Err(self.wrong(key, value, "a table")),
        }
    }

    /// Refuses keys that nobody asked for; of several, the one that stands first.
    pub(super) fn finish(&self) -> Checked<()> {
        let unknown = self.table.iter().filter(|(key, _)| !self.known.contains(&key.get_ref().as_ref()));
        match unknown.min_by_key(|(key, _)| key.span().start) {
            Some((key, _)) => {
                Err(self.document.error(key.span(), self.key(key.get_ref()), PolicyFault::UnknownKey))
            }
            None => Ok(()),
        }
    }
}

pub(super) fn words(value: &DeValue<'_>) -> Option<String> {
    let text = value.as_str()?;
    (!text.trim().is_empty() && !text.chars().any(text::is_control)).then(|| text.trim().to_owned())
}

pub(super) fn list_of_words(value: &DeValue<'_>) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| words(item.get_ref())).collect()
}

/// A list of codes. What begins like a number must be one, and no code holds anything but letters, digits and signs of
/// ASCII: a range, a pattern or a slip would be held against every code as a text, and never fit.
pub(super) fn list_of_codes(value: &DeValue<'_>) -> Option<Vec<String>> {
    let is_code = |code: &String| {
        let begins_as_number = code.starts_with(|first: char| first.is_ascii_digit());
        let fits = |byte: u8| match begins_as_number {
            true => byte.is_ascii_digit(),
            false => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'),
        };
        code.bytes().all(fits)
    };
    list_of_words(value).filter(|codes| codes.iter().all(is_code))
}

pub(super) fn count_or_off(value: &DeValue<'_>) -> Option<MaxCount> {
    match value.as_str() {
        Some("off") => Some(MaxCount(None)),
        Some(_) => None,
        None => whole_number(value).map(|count| MaxCount(Some(count))),
    }
}

pub(super) fn whole_years(value: &DeValue<'_>) -> Option<u32> {
    let years = u32::try_from(whole_number(value)?).ok()?;
    (years <= MOST_YEARS).then_some(years)
}

pub(super) fn whole_number(value: &DeValue<'_>) -> Option<u64> {
    let number = value.as_integer()?;
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// A text that is read further.
pub(super) fn parsed<T: std::str::FromStr>(value: &DeValue<'_>) -> Option<T> {
    value.as_str()?.parse().ok()
}

pub(super) fn date(value: &DeValue<'_>) -> Option<Day> {
    let moment = value.as_datetime()?;
    if moment.time.is_some() || moment.offset.is_some() {
        return None;
    }
    let date = moment.date?;
    Day::new(date.year.into(), date.month.into(), date.day.into())
}
