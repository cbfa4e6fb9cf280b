//! Where tables come from: the one interface behind which a folder of CSV files, an SQLite file and whatever else has
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
mod sqlite;
mod table_file;

pub use content::Content;
pub(super) use csv::{BLOCK as CSV_BLOCK, blank_lines, count_lines, may_have_swallowed_rows};
pub use csv::{Field, WholeRecords, split_record, split_simple_record, whole_records};
pub use encoding::{Encoding, UnknownEncoding};
pub use layout::Layout;
pub(super) use layout::NO_FIELD;
pub use near::{ExtraColumn, MissingColumn, MissingColumns};
pub(super) use open_tables::OpenTables;
pub use open_tables::UnknownFile;
pub(super) use packed::{fingerprint_before, split_packed};
#[cfg(feature = "parquet")]
pub(crate) use parquet::panic_is_caught;
pub use provenance::{FileStamp, Moment, Provenance, changed_files};
pub(crate) use sqlite::{
    OWN_APPLICATION_ID, SqliteTable, as_a_file, beside, collect_rows, has_damaged_pages,
};

use super::error::{BadInput, InputFault};
use super::{Profile, RegistryError, Table};
use folder::Folder;
use sqlite::{SqliteExport, is_sqlite};
use std::path::Path;
use std::sync::Arc;

/// Opens an export: a folder with a CSV file for each table, or an SQLite file.
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

    /// How many of its records are an earlier one again, in the values of every column; none if that is to be told from the
    /// text of the records.
    ///
    /// # Errors
    /// If the table cannot be read.
    fn repeated_records(&self) -> Result<Option<u64>, RegistryError> {
        Ok(None)
    }

    /// Gives out the table block by block, in order, with the number of bytes read so far. `take` returns a block
    /// to reuse, or none to stop.
    ///
    /// # Errors
    /// If the table cannot be read to its end, or `take` fails.
    fn for_each_block(&mut self, take: TakeBlock<'_>) -> Result<(), RegistryError>;
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
}
