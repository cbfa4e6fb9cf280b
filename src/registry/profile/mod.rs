//! Profiles: how one registry writes its export, where it is not as the contract has it.
//!
//! A profile says how values are found and written, never which rules apply. It is a TOML file, read whole and checked
//! whole before anything of the export is opened. What it makes of a value is in `treat`; that it is read in another
//! encoding, and which lines are no rows, is the business of the source.

mod dates;
mod effects;
mod names;
mod read;
mod show;
mod treat;

pub(super) use effects::EffectCounts;
pub use effects::{ColumnEffects, ProfileEffects, TableEffects};
pub(super) use names::HeaderNames;
pub use show::SAMPLE;
pub(super) use treat::{Cell, Treatment};

use super::Table;
use super::tables::MOST_COLUMNS;
use crate::settings::{self, SettingsError, SettingsKind};
use crate::value::text;
use dates::Dates;
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::path::Path;

/// How a registry writes its export.
#[derive(Debug)]
pub struct Profile {
    /// Its name and the SHA-256 of its text, by which a batch names it.
    pub id: ProfileId,
    pub(super) files: FileSettings,
    dates: Dates,
    pub(super) tables: [TableSettings; Table::ALL.len()],
    /// The consents that each row of `clients` gives.
    pub(super) given: Vec<GivenConsent>,
    text: String,
}

/// Which profile an export was read through.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct ProfileId {
    pub name: String,
    /// Of the profile's text, in hexadecimal.
    pub sha256: String,
}

/// How files of text are written.
#[derive(Debug, Default)]
pub(super) struct FileSettings {
    pub(super) encoding: Option<&'static encoding_rs::Encoding>,
    pub(super) delimiter: Option<u8>,
    /// Words that stand for blank, cleaned.
    null: Vec<String>,
    unwrap: bool,
    /// Matches a whole line that is no row.
    pub(super) not_rows: Option<regex::bytes::Regex>,
}

/// How a table is written.
#[derive(Debug, Default)]
pub(super) struct TableSettings {
    pub(super) file: Option<glob::Pattern>,
    pub(super) columns: [ColumnSource; MOST_COLUMNS],
    values: [Option<ValueMap>; MOST_COLUMNS],
}

/// Where the values of a column come from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum ColumnSource {
    /// The column of the same name.
    #[default]
    OwnName,
    /// A column with this name.
    Named(String),
    /// The same value in each row, cleaned.
    Constant(String),
}

/// A consent that each row of `clients` gives.
#[derive(Debug)]
pub(super) struct GivenConsent {
    /// For each column of `consents` where its value comes from; none where it is blank. CLIENT_ID is the row's.
    pub(super) columns: [Option<ColumnSource>; MOST_COLUMNS],
    /// Fills a blank END_REASON where there is an END_DATE.
    pub(super) end_reason_if_ended: Option<String>,
}

/// What words stand for: by the word, cleaned and in lower case, the value, cleaned.
#[derive(Debug, Default)]
struct ValueMap(HashMap<Box<[u8]>, String, FixedState>);

impl ValueMap {
    /// What a text stands for, without regard to case.
    fn find(&self, text: &[u8]) -> Option<&str> {
        /// No word of a code is longer; longer texts take the slower way.
        const USUAL: usize = 32;
        if text.len() <= USUAL && text.is_ascii() {
            let mut lowered = [0; USUAL];
            let lowered = &mut lowered[..text.len()];
            lowered.copy_from_slice(text);
            lowered.make_ascii_lowercase();
            return self.0.get(&*lowered).map(String::as_str);
        }
        let lowered = String::from_utf8_lossy(text).to_lowercase();
        self.0.get(lowered.as_bytes()).map(String::as_str)
    }
}

impl Profile {
    /// Reads a profile from a file.
    ///
    /// # Errors
    /// If the file cannot be read, is no profile, or says something that cannot be.
    pub fn from_file(path: &Path) -> Result<Profile, SettingsError> {
        read::read(path, &settings::load(SettingsKind::Profile, path)?)
    }

    /// Reads a profile from a text; `path` is for errors only.
    ///
    /// # Errors
    /// If it is no profile, or says something that cannot be.
    pub fn from_text(path: &Path, text: &[u8]) -> Result<Profile, SettingsError> {
        read::read(path, text)
    }

    /// The text that the profile was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it says in which encoding the export is.
    pub fn has_encoding(&self) -> bool {
        self.files.encoding.is_some()
    }

    pub(super) fn table(&self, table: Table) -> &TableSettings {
        &self.tables[table as usize]
    }

    /// Whether rows of `clients` give consents.
    pub(super) fn gives_consents(&self) -> bool {
        !self.given.is_empty()
    }
}

/// A text of the profile as a value of the export: cleaned up.
fn cleaned(text: &str) -> String {
    String::from_utf8_lossy(&text::clean(text.as_bytes())).into_owned()
}
