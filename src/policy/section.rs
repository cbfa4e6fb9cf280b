//! Reading tables of a TOML file key by key: what a key must hold, and that no key is left over.
//!
//! A key that the file does not have is read from the default. Knows nothing of what a policy means.

use super::MaxCount;
use super::error::{PolicyError, PolicyFault};
use crate::value::{Day, text};
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// No number of years in a policy may be larger.
const MOST_YEARS: u32 = 150;

/// A policy file, for errors.
pub(super) struct Document<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Document<'_> {
    pub(super) fn error(&self, span: Range<usize>, key: &str, fault: PolicyFault) -> PolicyError {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let key = if key.is_empty() { String::new() } else { format!(", key {key}") };
        PolicyError::Bad { path: self.path.to_owned(), place: format!(", line {line}{key}"), fault }
    }
}

/// What reading a part of a policy comes to.
pub(super) type PolicyResult<T> = Result<T, PolicyError>;

/// A table of the file over the same one of the default, and which of its keys have been asked for.
pub(super) struct Section<'a> {
    document: &'a Document<'a>,
    /// The keys of this table and those it lies in; empty for the whole file.
    path: String,
    file: Option<&'a DeTable<'a>>,
    default: Option<&'a DeTable<'a>>,
    known: Vec<&'a str>,
}

impl<'a> Section<'a> {
    pub(super) fn whole(
        document: &'a Document<'a>,
        file: &'a DeTable<'a>,
        default: &'a DeTable<'a>,
    ) -> Section<'a> {
        Section { document, path: String::new(), file: Some(file), default: Some(default), known: Vec::new() }
    }

    /// The file's own value of a key.
    pub(super) fn in_file(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.file?.get(key)
    }

    fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn error(&self, span: Range<usize>, key: &str, fault: PolicyFault) -> PolicyError {
        self.document.error(span, &self.key(key), fault)
    }

    /// What a key holds, read by `read`; none if neither the file nor the default has the key.
    pub(super) fn find<T>(
        &mut self,
        key: &'a str,
        expected: &'static str,
        read: impl FnOnce(&DeValue<'a>) -> Option<T>,
    ) -> PolicyResult<Option<T>> {
        self.known.push(key);
        let Some(value) = self.in_file(key).or_else(|| self.default?.get(key)) else { return Ok(None) };
        let wrong = || self.error(value.span(), key, PolicyFault::WrongValue(expected));
        read(value.get_ref()).map(Some).ok_or_else(wrong)
    }

    /// What a key holds, read by `read`, where the default has the key.
    pub(super) fn get<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        read: impl FnOnce(&DeValue<'a>) -> Option<T>,
    ) -> PolicyResult<T> {
        Ok(self.find(key, expected, read)?.unwrap_or_else(|| unreachable!("the default has {key}")))
    }

    /// What a table in this one holds. `read` must ask for every key that there may be.
    pub(super) fn section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'a>) -> PolicyResult<T>,
    ) -> PolicyResult<T> {
        self.known.push(key);
        let table = |value: &'a Spanned<DeValue<'a>>| {
            let wrong = || self.error(value.span(), key, PolicyFault::WrongValue("a table"));
            value.get_ref().as_table().ok_or_else(wrong)
        };
        let file = self.in_file(key).map(table).transpose()?;
        let default = self.default.and_then(|default| default.get(key)?.get_ref().as_table());
        self.table(key, file, default, read)
    }

    pub(super) fn table<T>(
        &self,
        key: &str,
        file: Option<&'a DeTable<'a>>,
        default: Option<&'a DeTable<'a>>,
        read: impl FnOnce(&mut Section<'a>) -> PolicyResult<T>,
    ) -> PolicyResult<T> {
        let (document, path) = (self.document, self.key(key));
        let mut section = Section { document, path, file, default, known: Vec::new() };
        let holds = read(&mut section)?;
        section.finish()?;
        Ok(holds)
    }

    /// All keys with their values, in the order in which they stand there: the file's, or, where it does not have this
    /// table, the default's.
    pub(super) fn entries(&mut self) -> Vec<(&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)> {
        let mut entries: Vec<_> =
            self.file.or(self.default).into_iter().flat_map(|table| table.iter()).collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        self.known.extend(entries.iter().map(|(key, _)| key.get_ref().as_ref()));
        entries
    }

    /// Refuses keys that nobody asked for; of several, the one that stands first.
    pub(super) fn finish(&self) -> PolicyResult<()> {
        let keys = self.file.into_iter().flat_map(|table| table.keys());
        let unknown = keys.filter(|key| !self.known.contains(&key.get_ref().as_ref()));
        match unknown.min_by_key(|key| key.span().start) {
            Some(key) => Err(self.error(key.span(), key.get_ref(), PolicyFault::UnknownKey)),
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
        let is_sign = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_' | b'.');
        code.bytes().all(|byte| byte.is_ascii_digit() || !begins_as_number && is_sign(byte))
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
