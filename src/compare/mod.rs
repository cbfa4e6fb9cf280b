//! What changed between two batches, or two recipients' files.
//!
//! Rows are matched by IMMUNFACT_ID. Two files that belong together are first gone through side by side, in the order
//! in which their rows lie: rows that stand in both cancel each other there, which nearly all do. What is left is sorted
//! by id, on disk if it is much, and matched across all files. So memory does not grow with the files, and it does not
//! matter whether the rows of a file are in order; it only takes longer if they are not. Rows that share an id are held
//! compared with each other as long as they are few, and are paired as they come beyond that.
//!
//! Nothing here prints. Values of rows are in what comes out only if they were asked for.

mod cancel;
mod codes;
mod columns;
mod files;
mod matching;
mod open_files;
mod outcome;
mod pairing;
mod settle;

pub use codes::{CodeCounts, moved_codes};
pub use outcome::{Change, Comparison, FileChanges, Kind, KindCounts, ValueChange};

use crate::batch::BatchError;
use crate::elements::Element;
use crate::spill::Spill;
use crate::value::shown;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// How two batches are compared.
#[derive(Clone, Copy, Debug)]
pub struct CompareSettings<'a> {
    /// Columns that play no part, by name, whatever its case.
    pub ignore: &'a [String],
    /// The kinds of change that are listed; none for all.
    pub only: &'a [Kind],
    /// The most changes that are listed. All are counted.
    pub limit: usize,
    /// Whether what is listed has the values of the rows.
    pub values: bool,
    /// How many threads compare files. The outcome is the same for any number.
    pub threads: NonZeroUsize,
    /// Where what outgrows memory goes.
    pub spill: &'a Spill,
    /// The elements that a column may hold.
    pub elements: &'static [Element],
}

/// Why two batches cannot be compared.
#[derive(thiserror::Error, Debug)]
pub enum CompareError {
    /// A file cannot be read.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// One is a folder, the other a file.
    #[error("a batch can only be compared with a batch, and a file with a file")]
    NotAlike,
    /// Two files of a batch are one recipient's.
    #[error("{} and {} are one recipient's: a batch has one file for each", shown(one), shown(other))]
    TwoFiles {
        /// One file.
        one: PathBuf,
        /// The other.
        other: PathBuf,
    },
    /// A column to be ignored is in neither.
    #[error("there is no column {name} in either")]
    NoSuchColumn {
        /// Its name, as it was given.
        name: String,
    },
    /// Temporary files cannot be written or read back. What goes wrong with any other file is a `BatchError`.
    #[error("temporary files: {0}")]
    Spill(#[from] std::io::Error),
}

/// Compares two batches, or two recipients' files.
///
/// # Errors
/// If one of them cannot be read, or a row has no IMMUNFACT_ID to match it by.
pub fn compare(old: &Path, new: &Path, settings: CompareSettings<'_>) -> Result<Comparison, CompareError> {
    compare_and_note(old, new, settings, &mut |_, _| {})
}

/// The same, and calls `note` with each row that changed, listed or not: its kind and its IMMUNFACT_ID, in the order of the
/// ids.
///
/// # Errors
/// As above.
pub fn compare_and_note(
    old: &Path,
    new: &Path,
    settings: CompareSettings<'_>,
    note: Note<'_>,
) -> Result<Comparison, CompareError> {
    compare_within(old, new, settings, matching::MOST_HELD, note)
}

/// What is told of each row that changed.
type Note<'n> = &'n mut dyn FnMut(Kind, u64);

/// The same with another bound on the bytes that are held of rows with one id.
fn compare_within(
    old: &Path,
    new: &Path,
    settings: CompareSettings<'_>,
    most_held: u64,
    note: Note<'_>,
) -> Result<Comparison, CompareError> {
    let pairs = pairing::pairs(old, new, settings.elements)?;
    let columns = columns::Columns::of(&pairs, settings.ignore, settings.elements)?;
    let (unmatched, totals) = cancel::cancel(&pairs, &columns, settings)?;
    settle::settle(&pairs, &columns, unmatched, totals, settings, most_held, note)
}
