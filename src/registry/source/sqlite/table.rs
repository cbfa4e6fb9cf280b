//! Reading a table of a database: its rows as blocks of packed records.

use super::super::csv::LONGEST_RECORD;
use super::super::layout::Layout;
use super::super::packed::Packer;
use super::super::real::{FIRST_INEXACT_OF_64_BITS, write_real};
use super::super::{Block, NumericType, TableReader, TakeBlock};
use crate::registry::RegistryError;
use crate::registry::error::{BadInput, InputFault};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, Row};
use std::ops::Range;
use std::path::{Path, PathBuf};
use twox_hash::XxHash3_128;

/// How much text a block holds.
const BLOCK: usize = 1 << 20;

/// A table of a database, open for reading.
pub(crate) struct SqliteTable<'c> {
    pub(crate) connection: &'c Connection,
    /// The query whose rows are the records.
    pub(crate) sql: String,
    /// Whether its first column is the record's line; else records are numbered in the order of reading.
    pub(crate) has_lines: bool,
    /// What an error of SQLite's means for the database at this path.
    pub(crate) on_error: fn(&Path, rusqlite::Error) -> RegistryError,
    pub(crate) path: &'c Path,
    pub(crate) layout: Layout,
    /// How many columns behind those of the layout tell a record from others; none if records that stand there twice do not
    /// matter.
    pub(crate) beside: Option<usize>,
    /// Of the records that were read.
    pub(crate) content: XxHash3_128,
    /// The columns of texts that have a numeric type.
    pub(crate) numeric: Vec<(usize, NumericType)>,
    /// The file to name in messages: that of the export, if the database was made from one.
    pub(crate) file: PathBuf,
}

impl TableReader for SqliteTable<'_> {
    fn file(&self) -> &Path {
        &self.file
    }

    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn content(&self) -> String {
        format!("{:032x}", self.content.finish_128())
    }

    fn numeric_columns(&self) -> &[(usize, NumericType)] {
        &self.numeric
    }

    fn for_each_block(&mut self, take: TakeBlock<'_>) -> Result<(), RegistryError> {
        let failed = |error| (self.on_error)(self.path, error);
        let mut statement = self.connection.prepare(&self.sql).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let (mut packer, mut block) = (Packer::default(), Block::default());
        let (mut line, mut read) = (0, 0);
        let first = usize::from(self.has_lines);
        let mut number = Vec::new();
        let table = self.layout.table;
        let too_long = |line| {
            BadInput::at_line(&self.file, line, InputFault::RowTooLong(LONGEST_RECORD)).in_table(table)
        };
        loop {
            let row = rows.next().map_err(|error| match error.sqlite_error_code() {
                Some(ErrorCode::TooBig) => too_long(line + 1),
                _ => failed(error),
            })?;
            let Some(row) = row else { break };
            line =
                if self.has_lines { row.get::<_, i64>(0).map_err(failed)?.unsigned_abs() } else { line + 1 };
            for place in first..first + self.layout.width {
                match row.get_ref(place).map_err(failed)? {
                    ValueRef::Null => packer.push(b""),
                    ValueRef::Text(text) | ValueRef::Blob(text) => packer.push(text),
                    ValueRef::Integer(value) => {
                        packer.push(itoa::Buffer::new().format(value).as_bytes());
                    }
                    ValueRef::Real(value) => {
                        number.clear();
                        write_real(value, FIRST_INEXACT_OF_64_BITS, &mut number);
                        packer.push(&number);
                    }
                }
            }
            if packer.length() > LONGEST_RECORD {
                return Err(too_long(line));
            }
            if let Some(beside) = self.beside {
                let print = fingerprint(row, first..first + self.layout.width + beside).map_err(failed)?;
                block.fingerprints.push(print);
            }
            let start = block.text.len();
            packer.end_record(line, &mut block.text);
            self.content.write(&block.text[start..]);
            if block.text.len() >= BLOCK {
                read += block.text.len() as u64;
                match take(block, read)? {
                    Some(recycled) => block = recycled,
                    None => return Ok(()),
                }
                block.text.clear();
                block.fingerprints.clear();
            }
        }
        if !block.text.is_empty() {
            read += block.text.len() as u64;
            take(block, read)?;
        }
        Ok(())
    }
}

/// A hash of a row's values in these columns. Values of different types differ, and texts are taken as they stand, whatever a
/// column's collation says. A REAL that the query turns into its text counts as that: in those columns it is a fault anyway.
fn fingerprint(row: &Row<'_>, columns: Range<usize>) -> Result<u128, rusqlite::Error> {
    let mut hash = XxHash3_128::new();
    for place in columns {
        let value = row.get_ref(place)?;
        let (kind, length) = match value {
            ValueRef::Null => (0, 0),
            ValueRef::Integer(_) => (1, 8),
            ValueRef::Real(_) => (2, 8),
            ValueRef::Text(text) => (3, text.len()),
            ValueRef::Blob(bytes) => (4, bytes.len()),
        };
        // With its length, so that no two rows of values are the same bytes.
        hash.write(&[kind]);
        hash.write(&(length as u64).to_le_bytes());
        match value {
            ValueRef::Null => {}
            ValueRef::Integer(number) => hash.write(&number.to_le_bytes()),
            // Zero is one value, whatever its sign.
            ValueRef::Real(number) => hash.write(&(number + 0.0).to_le_bytes()),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => hash.write(bytes),
        }
    }
    Ok(hash.finish_128())
}

/// A value as text, for those who look at it.
pub(super) fn cell_text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) if value.fract() == 0.0 => format!("{value:.1}"),
        ValueRef::Real(value) => value.to_string(),
    }
}
