//! The format of a batch, the files of one month: their names, the manifest and what else is kept, the CSV dialect, and
//! reading all of it back.
//!
//! Never writes a file, and trusts nothing that it reads: `verify` checks whether a batch is sound.

mod before;
mod delivery;
mod dialect;
mod dictionary;
mod gate_record;
mod held;
mod hold_reason;
mod inputs;
mod manifest;
mod month;
pub mod names;
mod open;
mod report_counts;
mod rows;
mod version;

pub use before::{Before, Kept};
pub use delivery::Delivery;
pub(crate) use dialect::{DELIMITER, push_field, push_number, split_row, table_text};
pub use dictionary::{BatchColumn, columns_beside, usual_columns};
pub use gate_record::{Evidence, Finding, GateRecord, ReleaseRecord};
pub use held::{
    HoldRecord, held_batches, held_folder, held_place, is_among_held, place_of, why_held_json_place,
    why_held_place,
};
pub use hold_reason::{HoldReason, Share};
pub use inputs::Inputs;
pub use manifest::{
    Counts, FactsEntry, FileEntry, Manifest, PolicyEntry, TableEntry, ToolEntry, side_by_side,
};
pub use month::{OfMonth, has_its_files, of_month};
pub use open::Links;
pub(crate) use open::{open_file, read_own_file, read_up_to};
pub use report_counts::{
    AGE_BANDS, BirthdayHeap, OrganizationEntry, People, ReportData, Settings, Signs, Tally,
};
pub(crate) use rows::BYTE_ORDER_MARK;
pub use rows::{Row, Rows};
pub use version::{RulesVersion, has_packages};

use crate::value::{Month, shown};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::path::{Path, PathBuf};

/// Why a published batch cannot be read.
#[derive(thiserror::Error, Debug)]
pub enum BatchError {
    /// It is not there, or may not be read.
    #[error("{}: cannot be read: {source}", shown(path))]
    Unavailable {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is a folder, but no manifest in it.
    #[error("{}: not a batch: there is no manifest.json in it", shown(path))]
    NoBatch {
        /// The folder.
        path: PathBuf,
    },
    /// Where the batch of a month should be lies something else.
    #[error("{}: not what should be there: {what}", shown(path))]
    Stray {
        /// Its path.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// What should be a recipient's file is none: it does not even have rows.
    #[error("{}, line {line}: {what}", shown(path))]
    NoRows {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// A file that a batch has of itself is not what it should be.
    #[error("{}, line {line}, column {column}: not as phds writes it", shown(path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The column of the line.
        column: usize,
    },
}

/// Reads a file of JSON that a batch has of itself.
pub(crate) fn read_own_json<T: DeserializeOwned>(path: &Path) -> Result<T, BatchError> {
    let text = read_own_file(path)?;
    serde_json::from_slice(&text).map_err(|error| BatchError::damaged(path, &error))
}

/// The text of a file of JSON that a batch has of itself. Maps keep the order in which they were filled.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    // What a batch keeps is plain data: maps with text keys, lists, numbers and texts.
    let text = serde_json::to_string_pretty(value);
    text.unwrap_or_else(|_| unreachable!("plain data can be written as JSON")) + "\n"
}

/// What a batch keeps; none if it does not keep it, as one of an earlier version.
///
/// # Errors
/// If it is there, and cannot be read or is not as phds writes it.
pub fn if_there<T>(read: Result<T, BatchError>) -> Result<Option<T>, BatchError> {
    match read {
        Err(BatchError::Unavailable { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

impl BatchError {
    pub(crate) fn unavailable(path: &Path, source: io::Error) -> BatchError {
        BatchError::Unavailable { path: path.to_owned(), source }
    }

    /// What serde finds wrong holds values; only the place is kept of it.
    pub(crate) fn damaged(path: &Path, error: &serde_json::Error) -> BatchError {
        BatchError::Damaged { path: path.to_owned(), line: error.line(), column: error.column() }
    }
}

/// The batches in the place of batches, by month: each folder that is named like one and has a manifest.
///
/// # Errors
/// If the folder cannot be read.
pub fn batches(out: &Path) -> Result<Vec<(Month, PathBuf)>, BatchError> {
    let unavailable = |source| BatchError::unavailable(out, source);
    let mut batches = Vec::new();
    for entry in std::fs::read_dir(out).map_err(unavailable)? {
        let entry = entry.map_err(unavailable)?;
        let Some(month) = entry.file_name().to_str().and_then(Month::parse) else { continue };
        let folder = entry.path();
        // A link is no batch: phds never makes one.
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        match std::fs::symlink_metadata(folder.join(names::MANIFEST)) {
            Ok(_) => batches.push((month, folder)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // It is not to vanish from sight because it may not be looked into.
            Err(source) => return Err(BatchError::unavailable(&folder, source)),
        }
    }
    batches.sort();
    Ok(batches)
}
