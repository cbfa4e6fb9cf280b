//! De-identified counts: tables of a batch in which nobody can be found again.
//!
//! Four steps, each in a file of its own. `read` takes of each row the numbers that count and the places of its labels, never a
//! text of a client's; `count` makes them into cells; `protect` decides which cells are hidden, and proves for each that needs it
//! that nothing shown tells its number (`worlds`, `shift`, `chains`); `text` and `page` write what is left. `records` knows the tables
//! that are out already, which what is made must not give away; `told` says what they show. docs/summary.md says what is promised, and why it holds.

mod chains;
mod columns;
mod count;
mod page;
mod population;
mod previous;
mod programs;
mod protect;
mod read;
mod records;
mod shift;
mod space;
mod text;
mod told;
mod worlds;

pub use columns::{Column, Labels};
pub use page::html;
pub use population::{Population, PopulationError};
pub use previous::{Previous, PreviousError};
pub use protect::{Rule, RuleFault, Unprotected};
pub use records::{Record, Records, are_of_another_batch};
pub use text::{Circle, Release, csv, markdown};

use crate::batch::{BatchError, Manifest};
use crate::spill::Spill;
use crate::value::{Day, Month, shown};
use crate::verify::VerifyError;
use count::Parted;
use read::Read;
use space::{Cells, Counted, Margins, Place, Space};
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The most columns that tables may have between them: all there are.
const MOST_COLUMNS: usize = 7;

/// The most cells of a table, zeros and totals included.
const MOST_CELLS: u64 = 4_000_000;

/// The most bytes of a table: what is kept must be read again.
const LONGEST_TABLE: u64 = 1 << 30;

/// From so many batches tables may be out, and one more is made.
const MOST_EDITIONS: usize = 255;

/// Which tables are made of a batch.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The folder of the batch.
    pub batch: &'a Path,
    /// The tables that are out, of this batch and of those beside it; none of them is given away.
    pub out: &'a Records,
    /// The columns of each table, in its order; each table once.
    pub tables: &'a [Vec<Column>],
    /// For tables of rates, the people who live there; then the tables' columns are those of `Population::columns`.
    pub population: Option<&'a Population>,
    /// What labels are made by; the same as of the tables that are out.
    pub labels: Labels<'a>,
    /// Only this recipient's file; none: all files.
    pub recipient: Option<&'a str>,
    /// What is hidden; none where nothing is, and nothing that is out matters.
    pub rule: Option<Rule>,
    pub threads: NonZeroUsize,
    /// Where what outgrows memory goes.
    pub spill: &'a Spill,
}

/// Tables of counts, protected together.
#[derive(Debug)]
pub struct Summary {
    pub month: Month,
    /// The batch's as-of date.
    as_of: Day,
    /// The columns of each table, in its order.
    pub tables: Vec<Vec<Column>>,
    population: Option<Population>,
    /// Tells the files of each batch that was counted from others: see `records::files_of`.
    files: BTreeMap<Month, String>,
    cells: Cells,
}

impl Summary {
    /// The SHA-256 of the file of the people who live there, if it has rates.
    pub fn population_hash(&self) -> Option<&str> {
        self.population().map(|population| &*population.sha256)
    }

    /// The people who live there, if it has rates.
    fn population(&self) -> Option<&Population> {
        self.population.as_ref()
    }
}

/// Why tables cannot be made.
#[derive(thiserror::Error, Debug)]
pub enum SummaryError {
    /// The batch, or a file of it, cannot be read.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// A batch is not as phds wrote it.
    #[error("{}: the batch is not sound", shown(.0))]
    Unsound(PathBuf),
    /// Temporary files cannot be written or read back.
    #[error("temporary files: {0}")]
    Spill(#[from] std::io::Error),
    /// A file's row is not what a sound batch holds.
    #[error("{file}:{line}: {column}: not a value of the batch's own")]
    Row { file: String, line: u64, column: &'static str },
    /// A file lacks a column.
    #[error("{file}: the batch's files have no column {column}")]
    NoColumn { file: String, column: &'static str },
    /// A summary that is out, but was not made as this one.
    #[error("{}: it was made with another --suppress-below or --protect", shown(.0))]
    OtherRule(PathBuf),
    /// A summary that is out has other labels.
    #[error("{}: it was made with other bands of ages or counties", shown(.0))]
    OtherLabels(PathBuf),
    /// The populations of a table of rates are not all known.
    #[error(transparent)]
    Population(#[from] PopulationError),
    /// Of a later batch, a summary is out.
    #[error("{}: it is of a later batch", shown(.0))]
    Later(PathBuf),
    /// The batch of a summary that is out is another one by now.
    #[error("{}: it was made of another batch than the {batch} that is there", shown(record))]
    OtherBatch { record: PathBuf, batch: Month },
    /// A kept table is not what its batch counts.
    #[error("{}:{line}: it is not what the batch has", shown(table))]
    NotOfBatch { table: PathBuf, line: u64 },
    /// Something is among the summaries that are out, or is missing there.
    #[error("{}: {what}", shown(path))]
    Record { path: PathBuf, what: &'static str },
    /// From too many batches summaries are out.
    #[error("summaries of more than {MOST_EDITIONS} batches are out")]
    TooManyBatches,
    /// A recipient's row could not be told from a total's.
    #[error("a recipient's name is {}", columns::TOTAL)]
    NamedAsTotal,
    /// There is no such recipient.
    #[error("the batch has no file of that recipient")]
    NoRecipient,
    /// A column has too many labels.
    #[error("{0}: the batch has more than {1} different values")]
    TooManyLabels(&'static str, usize),
    /// A dose has several labels of a column.
    #[error("{0}: {1} dose(s) have facts of several dates, and would not add up")]
    PartedDoses(&'static str, u64),
    /// A table is too large to be looked at, let alone protected.
    #[error("a table of {0} has {1} cells; {MOST_CELLS} are the most")]
    TooLarge(String, u64),
    /// A table is too long to be kept.
    #[error("a table of {0} has {1} bytes; {LONGEST_TABLE} are the most")]
    TooLong(String, u64),
    /// Some cells can't be protected.
    #[error(transparent)]
    Unprotected(#[from] Unprotected),
}

impl From<VerifyError> for SummaryError {
    fn from(error: VerifyError) -> SummaryError {
        match error {
            VerifyError::Batch(error) => error.into(),
            VerifyError::Spill(error) => error.into(),
        }
    }
}

/// Counts a batch and protects what is counted, and what is out already. Every batch that is counted is verified meanwhile.
///
/// # Errors
/// If the batch, or one of which tables are out, cannot be read or is not sound, or the tables cannot be protected.
pub fn summarize(request: &Request<'_>) -> Result<Summary, SummaryError> {
    let manifest = Manifest::of_batch(request.batch)?;
    let month = manifest.batch;
    // What is out already can be shown again.
    let hash = request.population.map(|population| &*population.sha256);
    let is_out = request.out.have(month, request.tables, hash);
    if let Some(rule) = request.rule {
        request.out.must_fit(rule, request.labels, (!is_out).then_some(month))?;
    }
    let mut tables: BTreeMap<Month, Vec<Vec<Column>>> = BTreeMap::from([(month, request.tables.to_vec())]);
    for (batch, columns) in request.out.columns().filter(|(batch, _)| *batch <= month) {
        tables.entry(batch).or_default().push(columns);
    }
    if tables.len() > MOST_EDITIONS {
        return Err(SummaryError::TooManyBatches);
    }
    let mut columns: Vec<Column> = tables.values().flatten().flatten().copied().collect();
    columns.sort_unstable();
    columns.dedup();
    let mut files = BTreeMap::new();
    let mut counted = Vec::new();
    for (of, tables) in &tables {
        let batch = if *of == month { request.batch.to_owned() } else { request.out.batch(*of) };
        let manifest = Manifest::of_batch(&batch)?;
        files.insert(*of, records::files_of(&manifest));
        let (cells, parted) = count_batch(request, &batch, &manifest, &columns, tables)?;
        if *of == month && request.rule.is_some() && !is_out {
            doses_must_add_up(&columns, &parted, request.tables)?;
        }
        counted.push((*of, cells));
    }
    let spaces = counted.iter().map(|(_, counted)| &*counted.margins.space);
    let space = Arc::new(Space::of_all(spaces, request.labels.bands));
    let mut editions = Vec::new();
    for (of, counted) in counted {
        editions.push((of, counted.within(&space, &tables[&of])?));
    }
    let mut cells = Cells::new(space, editions);
    if let Some(rule) = request.rule {
        request.out.tell(&mut cells, rule)?;
    }
    for table in request.tables {
        tell_populations(&mut cells, request.population, table)?;
    }
    if let Some(rule) = request.rule.filter(|_| !is_out) {
        protect::protect(&mut cells, rule, request.threads)?;
    }
    Ok(Summary {
        month,
        as_of: manifest.as_of,
        tables: request.tables.to_vec(),
        population: request.population.cloned(),
        files,
        cells,
    })
}

/// Whether a dose counts once along each column of new tables. Else nobody could reason as they are protected against.
fn doses_must_add_up(columns: &[Column], parted: &[u64], tables: &[Vec<Column>]) -> Result<(), SummaryError> {
    let is_of_tables = |column: &Column| tables.iter().flatten().any(|own| own == column);
    match columns.iter().zip(parted).find(|(column, doses)| **doses > 0 && is_of_tables(column)) {
        Some((column, doses)) => Err(SummaryError::PartedDoses(column.name(), *doses)),
        None => Ok(()),
    }
}

/// Says of each cell of a new table of rates how many people live there.
fn tell_populations(
    cells: &mut Cells,
    population: Option<&Population>,
    table: &[Column],
) -> Result<(), SummaryError> {
    let Some(population) = population else { return Ok(()) };
    let rows: Vec<_> = text::places_of(cells, table).collect();
    let people = rows.iter().map(|(place, labels)| Some((*place, people_of(population, table, labels)?)));
    let known: Vec<(Place, u64)> = people.flatten().collect();
    if known.len() < rows.len() {
        return Err(population.missing(table, rows.len() - known.len()).into());
    }
    for (place, people) in known {
        cells.add_population(place, people);
    }
    Ok(())
}

/// How many people live where the labels of a table's row say.
fn people_of(population: &Population, table: &[Column], labels: &[&str]) -> Option<u64> {
    let label = |column| {
        let place = table.iter().position(|own| *own == column)?;
        Some(labels[place]).filter(|label| *label != columns::TOTAL)
    };
    population.of(label(Column::County), label(Column::AgeAsOf))
}

/// Counts what tables of a batch show.
fn count_batch(
    request: &Request<'_>,
    batch: &Path,
    manifest: &Manifest,
    columns: &[Column],
    tables: &[Vec<Column>],
) -> Result<(Counted, Parted), SummaryError> {
    request.out.must_be_of(manifest)?;
    let Read { space, shown_at, mut rows } = read::read(request, batch, manifest, columns)?;
    count::count(&mut rows, &shown_at, Margins::new(Arc::new(space), tables)?, request.threads)
}
