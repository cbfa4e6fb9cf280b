//! Reading a table of a database: its rows as blocks of packed records.

use super::super::csv::LONGEST_RECORD;
use super::super::layout::Layout;
use super::super::packed::Packer;
use super::super::real::{FIRST_INEXACT_OF_64_BITS, write_real};
use super::super::{Block, TableReader, TakeBlock};
use crate::registry::RegistryError;
use crate::registry::error::{BadInput, InputFault};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode};
use std::io::Write;
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
    /// A query that counts the records that are an earlier one again, where that is of interest.
    pub(crate) count_repeated: Option<String>,
    /// Of the records that were read.
    pub(crate) content: XxHash3_128,
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

    fn repeated_records(&self) -> Result<Option<u64>, RegistryError> {
        let failed = |error| (self.on_error)(self.path, error);
        let count = |sql: &String| self.connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        Ok(self.count_repeated.as_ref().map(count).transpose().map_err(failed)?.map(i64::unsigned_abs))
    }

    fn for_each_block(&mut self, take: TakeBlock<'_>) -> Result<(), RegistryError> {
        let failed = |error| (self.on_error)(self.path, error);
        let mut statement = self.connection.prepare(&self.sql).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let (mut packer, mut block) = (Packer::default(), Block::default());
        let (mut line, mut read) = (0, 0);
        let first = usize::from(self.has_lines);
        let mut number = Vec::new();
        let too_long = |line| BadInput::at_line(&self.file, line, InputFault::RowTooLong(LONGEST_RECORD));
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
                        number.clear();
                        // Writing to memory cannot fail.
                        let _ = write!(number, "{value}");
                        packer.push(&number);
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
            let start = block.text.len();
            packer.end_record(line, None, &mut block.text);
            self.content.write(&block.text[start..]);
            if block.text.len() >= BLOCK {
                read += block.text.len() as u64;
                match take(block, read)? {
                    Some(recycled) => block = recycled,
                    None => return Ok(()),
                }
                block.text.clear();
            }
        }
        if !block.text.is_empty() {
            read += block.text.len() as u64;
            take(block, read)?;
        }
        Ok(())
    }
}
