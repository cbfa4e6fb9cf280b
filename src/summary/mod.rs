//! De-identified counts: tables of a batch in which nobody can be found again.
//!
//! Four steps, each in a file of its own. `read` takes of each row the numbers that count and the places of its labels, never a
//! text of a client's; `count` makes them into cells; `protect` decides which cells are hidden, and proves for each that needs it
//! that nothing shown tells its number; `text` writes what is left. docs/summary.md says what is promised, and why it holds.

mod columns;
mod count;
mod counties;
mod protect;
mod read;
mod space;
mod text;

pub use columns::Column;
pub use protect::{Rule, RuleFault, Unprotected};
pub use text::{Circle, csv, markdown};

use crate::batch::{BatchError, Manifest};
use crate::spill::Spill;
use crate::value::Month;
use read::Read;
use space::{Cells, Margins};
use std::num::NonZeroUsize;
use std::path::Path;

/// The most columns that tables may have between them: all there are.
const MOST_COLUMNS: usize = 6;

/// The most cells of a table, zeros and totals included.
const MOST_CELLS: u64 = 4_000_000;

/// Which tables are made of a batch.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The folder of the batch, which must be sound.
    pub batch: &'a Path,
    /// The columns of each table, in its order.
    pub tables: &'a [Vec<Column>],
    /// Only this recipient's file; none: all files.
    pub recipient: Option<&'a str>,
    /// What is hidden; none where nothing is.
    pub rule: Option<Rule>,
    pub threads: NonZeroUsize,
    /// Where what outgrows memory goes.
    pub spill: &'a Spill,
}

/// Tables of counts, protected together.
#[derive(Debug)]
pub struct Summary {
    pub month: Month,
    /// The columns of each table, in its order.
    pub tables: Vec<Vec<Column>>,
    cells: Cells,
}

/// Why tables cannot be made.
#[derive(thiserror::Error, Debug)]
pub enum SummaryError {
    /// The batch, or a file of it, cannot be read.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// Temporary files cannot be written or read back.
    #[error("temporary files: {0}")]
    Spill(#[from] std::io::Error),
    /// A file's row is not what a sound batch holds.
    #[error("{file}:{line}: {column}: not a value of the batch's own")]
    Row { file: String, line: u64, column: &'static str },
    /// A file lacks a column.
    #[error("{file}: the batch's files have no column {column}")]
    NoColumn { file: String, column: &'static str },
    /// There is no such recipient.
    #[error("the batch has no file of that recipient")]
    NoRecipient,
    /// A column has too many labels.
    #[error("{0}: the batch has more than {1} different values")]
    TooManyLabels(&'static str, usize),
    /// A table is too large to be looked at, let alone protected.
    #[error("a table of {0} has {1} cells; {MOST_CELLS} are the most")]
    TooLarge(String, u64),
    /// Some cells can't be protected.
    #[error(transparent)]
    Unprotected(#[from] Unprotected),
}

/// Counts a batch and protects what is counted.
///
/// # Errors
/// If the batch cannot be read, or the tables cannot be protected.
pub fn summarize(request: &Request<'_>) -> Result<Summary, SummaryError> {
    let manifest = Manifest::of_batch(request.batch)?;
    let Read { space, shown_at, mut rows } = read::read(request, &manifest)?;
    let mut cells = count::count(&mut rows, &shown_at, Margins::new(space, request.tables)?)?;
    if let Some(rule) = request.rule {
        protect::protect(&mut cells, rule)?;
    }
    Ok(Summary { month: manifest.batch, tables: request.tables.to_vec(), cells })
}
