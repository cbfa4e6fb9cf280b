//! Published batches, read back: their manifests, and their places beside each other.
//!
//! Trusts nothing but the names it looks for; whether a batch is sound is for others to find out. Never writes.

mod dictionary;
mod manifest;
mod rows;

pub use dictionary::HeaderNames;
pub use manifest::{FactsEntry, FileEntry, Manifest, PolicyEntry, TableEntry, ToolEntry};
pub use rows::{LineEnd, Row, Rows};

use crate::value::Month;
use std::io;
use std::path::{Path, PathBuf};

/// Why a published batch cannot be read.
#[derive(thiserror::Error, Debug)]
pub enum PublishedError {
    /// It is not there, or may not be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unavailable {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is a folder, but no manifest in it.
    #[error("{}: not a batch: there is no manifest.json in it", path.display())]
    NoBatch {
        /// The folder.
        path: PathBuf,
    },
    /// What should be a recipient's file is none: it does not even have rows.
    #[error("{}, line {line}: {what}", path.display())]
    NoRows {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// A file that a batch has of itself is not what it should be.
    #[error("{}, line {line}, column {column}: not as phds writes it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The column of the line.
        column: usize,
    },
}

impl PublishedError {
    pub(crate) fn unavailable(path: &Path, source: io::Error) -> PublishedError {
        PublishedError::Unavailable { path: path.to_owned(), source }
    }

    /// What serde finds wrong holds values; only the place is kept of it.
    pub(crate) fn damaged(path: &Path, error: &serde_json::Error) -> PublishedError {
        PublishedError::Damaged { path: path.to_owned(), line: error.line(), column: error.column() }
    }
}

/// The batches in the place of batches, by month: each folder that is named like one and has a manifest.
///
/// # Errors
/// If the folder cannot be read.
pub fn batches(out: &Path) -> Result<Vec<(Month, PathBuf)>, PublishedError> {
    let unavailable = |source| PublishedError::unavailable(out, source);
    let mut batches = Vec::new();
    for entry in std::fs::read_dir(out).map_err(unavailable)? {
        let entry = entry.map_err(unavailable)?;
        let Some(month) = entry.file_name().to_str().and_then(Month::parse) else { continue };
        let folder = entry.path();
        // A link is no batch: phds never makes one.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && folder.join("manifest.json").is_file() {
            batches.push((month, folder));
        }
    }
    batches.sort();
    Ok(batches)
}

/// The last batch before a month, if there is one.
///
/// # Errors
/// If the folder or the batch's manifest cannot be read.
pub fn previous(out: &Path, month: Month) -> Result<Option<Manifest>, PublishedError> {
    let before = batches(out)?.into_iter().rfind(|(other, _)| *other < month);
    before.map(|(_, folder)| Manifest::of_batch(&folder)).transpose()
}
