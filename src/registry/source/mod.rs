//! Where tables come from: the one interface behind which a folder of files, an SQLite file and whatever else has
//! the tables of an export are interchangeable.
//!
//! A source hands out text in blocks of whole records. What the records' values mean, and whether they can be
//! used, is looked at elsewhere, once for all sources.

mod content;
mod csv;
mod encoding;
mod folder;
mod layout;
mod near;
mod open_tables;
mod packed;
#[cfg(feature = "parquet")]
mod parquet;
mod parts;
mod provenance;
mod real;
mod sample;
mod sqlite;
mod table_file;

pub use content::Content;
pub(super) use csv::{BLOCK as CSV_BLOCK, blank_lines, count_lines, find_delimiter, may_have_swallowed_rows};
pub use csv::{Field, Line, Marks, WholeRecords, split_record, whole_records};
pub use encoding::{Encoding, UnknownEncoding};
pub use layout::Layout;
pub(super) use layout::NO_FIELD;
pub(super) use near::header_name;
pub use near::{ExtraColumn, MissingColumn, MissingColumns, MissingTables, UnknownFile};
pub(super) use open_tables::{OpenTables, Readable};
pub(super) use packed::split_packed;
#[cfg(feature = "parquet")]
pub(crate) use parquet::panic_is_caught;
pub use provenance::{FileStamp, Moment, Provenance, changed_files};
pub(super) use sample::{ExportSample, FileSample, RawBlock, sample_export};
pub(crate) use sqlite::{
    OWN_APPLICATION_ID, SqliteTable, as_a_file, beside, collect_rows, has_damaged_pages,
};

use super::error::{BadInput, InputFault};
use super::{Profile, RegistryError, Table};
use folder::Folder;
use sqlite::{SqliteExport, is_sqlite};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

/// Opens an export: a folder with a CSV or Parquet file for each table, or an SQLite file.
///
/// # Errors
/// If it is not there, is neither of these, or lacks a table.
pub fn open_export(path: &Path, format: &ExportFormat) -> Result<Box<dyn Source>, RegistryError> {
    Ok(match kind_of(path)? {
        Kind::Folder => Box::new(Folder::open(path, format)?),
        Kind::Sqlite => Box::new(SqliteExport::open(path, format)?),
    })
}

/// How an export is written.
#[derive(Clone, Default, Debug)]
pub struct ExportFormat {
    pub encoding: Encoding,
    /// What else there is to say of it.
    pub profile: Option<Arc<Profile>>,
}

impl ExportFormat {
    /// Whether an export must have a table. `consents` may be missing where rows of `clients` give them.
    fn must_have(&self, table: Table) -> bool {
        !(table.may_be_absent() || table == Table::Consents && self.gives_consents())
    }

    fn gives_consents(&self) -> bool {
        self.profile.as_ref().is_some_and(|profile| profile.gives_consents())
    }

    /// Whether a file has the name that the profile gives a table's.
    fn names_file(&self, name: &str) -> bool {
        let patterns = |table: Table| self.profile.as_ref()?.table(table).file.as_ref();
        Table::ALL.into_iter().filter_map(patterns).any(|pattern| fits_file(pattern, name))
    }
}

/// Whether a file's name, or its name without `.gz` or `.zst`, is as a profile has it.
fn fits_file(pattern: &glob::Pattern, name: &str) -> bool {
    let unpacked = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst"));
    pattern.matches(name) || unpacked.is_some_and(|name| pattern.matches(name))
}

/// What an export is.
enum Kind {
    Folder,
    Sqlite,
}

fn kind_of(path: &Path) -> Result<Kind, RegistryError> {
    let unavailable = |source| RegistryError::Unavailable { path: path.to_owned(), source };
    let found = std::fs::metadata(path).map_err(unavailable)?;
    if found.is_dir() {
        return Ok(Kind::Folder);
    }
    if !found.is_file() {
        return Err(BadInput::of_file(path, InputFault::NotAFile));
    }
    if is_sqlite(path).map_err(unavailable)? {
        return Ok(Kind::Sqlite);
    }
    Err(BadInput::of_file(path, InputFault::NotAnExport))
}

/// Something that has the tables of an export.
pub trait Source {
    /// How many bytes there are to read, as far as it can be told.
    fn size(&self) -> u64;

    /// What the export was made of when it was opened, before anything of it was read. What is changed later was not
    /// read, or not read whole.
    ///
    /// # Errors
    /// If that cannot be told.
    fn provenance(&self) -> Result<Provenance, RegistryError>;

    /// What it is made of now.
    ///
    /// # Errors
    /// If that cannot be told.
    fn provenance_now(&self) -> Result<Provenance, RegistryError>;

    /// The ids of clients who lost a consent row before the source's tables were made. Their consents may hold a
    /// withdrawal that can no longer be seen.
    ///
    /// # Errors
    /// If that cannot be told.
    fn closed_clients(&self) -> Result<Vec<u64>, RegistryError> {
        // An export is what nothing was lost from yet.
        Ok(Vec::new())
    }

    /// Opens a table and finds its columns; none if the table is not there.
    ///
    /// # Errors
    /// If the table cannot be read, or lacks a column.
    fn open_table(&self, table: Table) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError>;

    /// Opens the rows of `clients` once more, for the consents that a profile finds in them; none if they give none.
    ///
    /// # Errors
    /// If the table cannot be read, or lacks a column.
    fn open_given_consents(&self) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        Ok(None)
    }
}

/// A table that is open for reading.
pub trait TableReader {
    /// The file it is in, for messages.
    fn file(&self) -> &Path;

    /// How its records are laid out.
    fn layout(&self) -> &Layout;

    /// Once it is read: the last line, if it does not end with a line end, as that of a file does that was cut.
    fn unended_line(&self) -> Option<u64> {
        None
    }

    /// Once it is read: how many lines a profile has dropped, because they are no rows.
    fn lines_dropped(&self) -> u64 {
        0
    }

    /// Once it is read: a hash of what it holds, in hexadecimal.
    fn content(&self) -> String;

    /// The columns of texts that have a numeric type there, by their places: `00501` cannot be kept in one.
    fn numeric_columns(&self) -> &[(usize, NumericType)] {
        &[]
    }

    /// Says that the table is read for so many threads: what can be done beside reading it may be done on others.
    fn read_ahead(&mut self, _threads: NonZeroUsize) {}

    /// Gives out the table block by block, in order, with the number of bytes read so far. `take` returns a block
    /// to reuse, or none to stop.
    ///
    /// # Errors
    /// If the table cannot be read to its end, or `take` fails.
    fn for_each_block(&mut self, take: TakeBlock<'_>) -> Result<(), RegistryError>;
}

/// A type of a column, in a database or a Parquet file, that turns texts of digits into numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::Display)]
#[strum(serialize_all = "UPPERCASE")]
pub enum NumericType {
    Integer,
    Real,
    Numeric,
}

/// What takes a reader's blocks.
pub(crate) type TakeBlock<'t> = &'t mut dyn FnMut(Block, u64) -> Result<Option<Block>, RegistryError>;

/// A block of whole records.
#[derive(Debug, Default)]
pub struct Block {
    /// The records.
    pub text: Vec<u8>,
    /// The line on which the block begins, where lines can be counted.
    pub first_line: u64,
    /// A hash of each record, where its text does not hold all that tells it from others, and that is of interest.
    pub fingerprints: Vec<u128>,
}
