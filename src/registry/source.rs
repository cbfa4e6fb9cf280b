//! Where tables come from: the one interface behind which a folder of CSV files, an SQLite export and a batch
//! database are interchangeable.
//!
//! A source hands out text in blocks of whole records. What the records' values mean, and whether they can be
//! used, is looked at elsewhere, once for all sources.

use super::layout::Layout;
use super::{Provenance, RegistryError, Table};
use std::path::Path;

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
    fn closed_clients(&self) -> Result<Vec<u64>, RegistryError>;

    /// Opens a table and finds its columns; none if the table is not there.
    ///
    /// # Errors
    /// If the table cannot be read, or lacks a column.
    fn open_table(&self, table: Table) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError>;
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
