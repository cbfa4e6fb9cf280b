//! A manifest as it is read back.

use super::{BatchError, names, read_own_file};
use crate::registry::ProfileId;
use crate::value::{Day, Month, name, total};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// How many of what, by name, in an order that means something.
pub type Counts = IndexMap<String, u64>;

/// Every name that either side counts, those of the first side first, with its count on both. What is not counted is there 0
/// times.
pub fn side_by_side<'a>(
    one: &'a Counts,
    other: Option<&'a Counts>,
) -> impl Iterator<Item = (&'a str, u64, u64)> + use<'a> {
    let others = other.into_iter().flat_map(Counts::keys).filter(|name| !one.contains_key(*name));
    let count = |counts: &Counts, name: &str| counts.get(name).copied().unwrap_or_default();
    one.keys()
        .chain(others)
        .map(move |name| (name.as_str(), count(one, name), other.map_or(0, |other| count(other, name))))
}

/// What `manifest.json` holds. What a later version may have added is passed over.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct Manifest {
    /// The day as of which the rules were applied.
    pub as_of: Day,
    /// The batch's month.
    pub batch: Month,
    /// What made it.
    pub tool: ToolEntry,
    /// The policy in force.
    pub policy: PolicyEntry,
    /// The profile through which the export was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileId>,
    /// Whether the recipients' files begin with a byte order mark.
    #[serde(default, skip_serializing_if = "is_false")]
    pub bom: bool,
    /// Every table that was read, by name.
    pub tables: IndexMap<String, TableEntry>,
    /// What came of the facts.
    pub facts: FactsEntry,
    /// How many facts would be included under each consent rule, by its name.
    pub included_under: Counts,
    /// The recipients' files.
    pub files: Vec<FileEntry>,
}

/// The program.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct ToolEntry {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Which policy.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct PolicyEntry {
    /// Its name.
    pub name: String,
    /// The SHA-256 of its text.
    pub sha256: String,
}

/// A table's rows.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct TableEntry {
    /// All of them.
    pub rows: u64,
    /// Those that could not be used, by code.
    pub quarantined: Counts,
}

/// What came of the facts.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct FactsEntry {
    /// All of them.
    pub read: u64,
    /// Those that are shared, each once.
    pub included: u64,
    /// Those that are not, by the first reason.
    pub excluded: Counts,
    /// Those that could not be used, by code.
    pub quarantined: Counts,
}

/// A recipient's file.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
pub struct FileEntry {
    /// Its name.
    pub path: String,
    /// The recipient.
    pub recipient: String,
    /// Its rows, the header aside.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl Manifest {
    /// Reads the manifest of the batch in a folder.
    ///
    /// # Errors
    /// If there is none, or it is not as phds writes it.
    pub fn of_batch(folder: &Path) -> Result<Manifest, BatchError> {
        let path = folder.join(names::MANIFEST);
        let text = read_own_file(&path).map_err(|error| match error {
            BatchError::Unavailable { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                let path = folder.to_owned();
                if folder.is_dir() {
                    BatchError::NoBatch { path }
                } else {
                    BatchError::Unavailable { path, source }
                }
            }
            other => other,
        })?;
        Manifest::from_json(&text, &path)
    }

    /// Reads a manifest's text; `path` is for messages.
    ///
    /// # Errors
    /// If it is not as phds writes it.
    pub fn from_json(text: &[u8], path: &Path) -> Result<Manifest, BatchError> {
        serde_json::from_slice(text).map_err(|error| BatchError::damaged(path, &error))
    }

    /// How many rows the recipients' files have together.
    pub fn rows(&self) -> u64 {
        total(self.files.iter().map(|file| &file.rows))
    }

    /// The rows that each recipient has, and a spelling of its name, by what names are compared by. In a batch of an
    /// older version two recipients may be one by that.
    pub fn rows_of_recipients(&self) -> BTreeMap<String, (&str, u64)> {
        let mut all: BTreeMap<String, (&str, u64)> = BTreeMap::new();
        for file in &self.files {
            let (_, rows) = all.entry(name::fold(&file.recipient)).or_insert((&file.recipient, 0));
            *rows = rows.saturating_add(file.rows);
        }
        all
    }

    /// How many facts could not be used.
    pub fn quarantined(&self) -> u64 {
        total(self.facts.quarantined.values())
    }

    /// How many facts a rule leaves out.
    pub fn excluded(&self) -> u64 {
        total(self.facts.excluded.values())
    }
}
