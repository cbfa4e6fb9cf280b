//! Reading tables of a TOML file key by key: what a key must hold, and that no key is left over.
//!
//! A key that the file does not have is read from the default, if there is one. Knows nothing of what the settings mean.

use super::{Document, SettingsError, SettingsFault};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// What reading a part of the settings comes to.
pub(crate) type SettingsResult<T> = Result<T, SettingsError>;

/// A table of the file over the same one of the default, and which of its keys have been asked for.
pub(crate) struct Section<'a> {
    document: &'a Document<'a>,
    /// The keys of this table and those it lies in; empty for the whole file.
    path: String,
    file: Option<&'a DeTable<'a>>,
    default: Option<&'a DeTable<'a>>,
    known: Vec<&'a str>,
}

impl<'a> Section<'a> {
    pub(crate) fn whole(
        document: &'a Document<'a>,
        file: &'a DeTable<'a>,
        default: &'a DeTable<'a>,
    ) -> Section<'a> {
        Section { document, path: String::new(), file: Some(file), default: Some(default), known: Vec::new() }
    }

    /// The file's own value of a key.
    pub(crate) fn in_file(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.file?.get(key)
    }

    fn key(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(crate) fn error(&self, span: Range<usize>, key: &str, fault: SettingsFault) -> SettingsError {
        self.document.error(span, &self.key(key), fault)
    }

    /// What a key holds, read by `read`; none if neither the file nor the default has the key.
    pub(crate) fn find<T>(
        &mut self,
        key: &'a str,
        expected: &'static str,
        read: impl FnOnce(&DeValue<'a>) -> Option<T>,
    ) -> SettingsResult<Option<T>> {
        self.known.push(key);
        let Some(value) = self.in_file(key).or_else(|| self.default?.get(key)) else { return Ok(None) };
        let wrong = || self.error(value.span(), key, SettingsFault::WrongValue(expected));
        read(value.get_ref()).map(Some).ok_or_else(wrong)
    }

    /// What a key holds, read by `read`, where the default has the key.
    pub(crate) fn get<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        read: impl FnOnce(&DeValue<'a>) -> Option<T>,
    ) -> SettingsResult<T> {
        Ok(self.find(key, expected, read)?.unwrap_or_else(|| unreachable!("the default has {key}")))
    }

    /// What a table in this one holds. `read` must ask for every key that there may be.
    pub(crate) fn section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'a>) -> SettingsResult<T>,
    ) -> SettingsResult<T> {
        self.known.push(key);
        let table = |value: &'a Spanned<DeValue<'a>>| {
            let wrong = || self.error(value.span(), key, SettingsFault::WrongValue("a table"));
            value.get_ref().as_table().ok_or_else(wrong)
        };
        let file = self.in_file(key).map(table).transpose()?;
        let default = self.default.and_then(|default| default.get(key)?.get_ref().as_table());
        self.table(key, file, default, read)
    }

    /// The same of a table that may be missing; none then.
    pub(crate) fn optional_section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'a>) -> SettingsResult<T>,
    ) -> SettingsResult<Option<T>> {
        if self.in_file(key).is_none() {
            self.known.push(key);
            return Ok(None);
        }
        self.section(key, read).map(Some)
    }

    pub(crate) fn table<T>(
        &self,
        key: &str,
        file: Option<&'a DeTable<'a>>,
        default: Option<&'a DeTable<'a>>,
        read: impl FnOnce(&mut Section<'a>) -> SettingsResult<T>,
    ) -> SettingsResult<T> {
        let (document, path) = (self.document, self.key(key));
        let mut section = Section { document, path, file, default, known: Vec::new() };
        let holds = read(&mut section)?;
        section.finish()?;
        Ok(holds)
    }

    /// All keys with their values, in the order in which they stand there: the file's, or, where it does not have this
    /// table, the default's.
    pub(crate) fn entries(&mut self) -> Vec<(&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)> {
        let mut entries: Vec<_> =
            self.file.or(self.default).into_iter().flat_map(|table| table.iter()).collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        self.known.extend(entries.iter().map(|(key, _)| key.get_ref().as_ref()));
        entries
    }

    /// Refuses keys that nobody asked for; of several, the one that stands first.
    pub(crate) fn finish(&self) -> SettingsResult<()> {
        let keys = self.file.into_iter().flat_map(|table| table.keys());
        let unknown = keys.filter(|key| !self.known.contains(&key.get_ref().as_ref()));
        match unknown.min_by_key(|key| key.span().start) {
            Some(key) => {
                Err(self.error(key.span(), key.get_ref(), SettingsFault::UnknownKey(self.document.kind)))
            }
            None => Ok(()),
        }
    }
}
