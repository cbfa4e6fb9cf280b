//! Files of settings, in TOML: read whole and checked whole. Every key is known, every value has its type, and an error
//! names the file, the line and the key.
//!
//! What the settings mean is not known here: `policy` and the profiles of `registry` are made of them.

mod error;
mod section;
mod values;

pub use error::{SettingsError, SettingsFault, SettingsKind};
pub(crate) use section::{Section, SettingsResult};
pub(crate) use values::{date, list_of_words, parsed, whole_number, words};

use crate::value::text;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;
use toml::de::DeTable;

/// No file of settings is this long; what is longer is some other file.
const LONGEST_FILE: u64 = 1 << 20;

/// The bytes of a file of settings, if it is not too long for one.
pub(crate) fn load(kind: SettingsKind, path: &Path) -> SettingsResult<Vec<u8>> {
    let unavailable = |source| SettingsError::Unavailable { path: path.to_owned(), source };
    let bad = |fault| SettingsError::Bad { kind, path: path.to_owned(), place: String::new(), fault };
    // Looked at before it is opened: opening a pipe would wait for its other end.
    if !std::fs::metadata(path).map_err(unavailable)?.is_file() {
        return Err(bad(SettingsFault::NotAFile));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unavailable)?;
    file.take(LONGEST_FILE + 1).read_to_end(&mut bytes).map_err(unavailable)?;
    if bytes.len() as u64 > LONGEST_FILE {
        return Err(bad(SettingsFault::TooLarge(kind)));
    }
    Ok(bytes)
}

/// The SHA-256 of a file of settings, by which a batch names it.
pub(crate) fn hash(bytes: &[u8]) -> String {
    text::hex(&Sha256::digest(bytes))
}

/// A file of settings, for errors.
pub(crate) struct Document<'a> {
    kind: SettingsKind,
    path: &'a Path,
    text: &'a str,
}

/// Reads settings with `read`; what they do not say is read from `default`. `path` is for errors only.
pub(crate) fn read<T>(
    kind: SettingsKind,
    path: &Path,
    bytes: &[u8],
    default: &str,
    read: impl FnOnce(&mut Section<'_>) -> SettingsResult<T>,
) -> SettingsResult<T> {
    let text = std::str::from_utf8(bytes).map_err(|_| SettingsError::Bad {
        kind,
        path: path.to_owned(),
        place: String::new(),
        fault: SettingsFault::NotText,
    })?;
    let document = Document { kind, path, text: text.strip_prefix('\u{feff}').unwrap_or(text) };
    let (file, default) = (document.parse(document.text)?, document.parse(default)?);
    let mut whole = Section::whole(&document, file.get_ref(), default.get_ref());
    let settings = read(&mut whole)?;
    whole.finish()?;
    Ok(settings)
}

impl Document<'_> {
    fn parse<'t>(&self, text: &'t str) -> SettingsResult<toml::Spanned<DeTable<'t>>> {
        DeTable::parse(text).map_err(|error| {
            let fault = SettingsFault::NotToml(error.message().to_owned());
            self.error(error.span().unwrap_or(0..0), "", fault)
        })
    }

    fn error(&self, span: Range<usize>, key: &str, fault: SettingsFault) -> SettingsError {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let key = if key.is_empty() { String::new() } else { format!(", key {key}") };
        let place = format!(", line {line}{key}");
        SettingsError::Bad { kind: self.kind, path: self.path.to_owned(), place, fault }
    }
}
