//! The work database: an SQLite file in which an export lies between the stages.
//!
//! `read` fills it, `filter` adds an outcome for every fact, `write` makes the files from it. It is one more
//! source of tables to the code that reads exports, so no check and no rule is written here a second time. A
//! stage that is interrupted leaves the result of the one before it.

mod error;
mod filter;
mod read;
mod schema;
mod source;
mod status;
mod untouched;
mod write;

pub use error::WorkError;
pub use filter::{FilterSettings, Filtered, filter};
pub use read::{ReadSettings, read, scratch_beside};
pub use source::Only;
pub use status::{Status, status};
pub use write::{Ready, ready};

use crate::cleanup::{self, InterruptHandler};
use crate::explain::{Earlier, Question};
use crate::policy::Policy;
use crate::registry::{
    BATCH_APPLICATION_ID, Code, Fault, Intake, Quarantine, Refused, RowIds, Table, as_a_file,
};
use crate::spill::Spill;
use crate::value::Day;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::{Path, PathBuf};

/// A work database that holds a whole export.
#[derive(Debug)]
pub struct WorkDatabase {
    path: PathBuf,
    connection: Connection,
    /// A signal interrupts what is being done, so that it is rolled back. Goes after the connection, which does that.
    _interrupt: InterruptHandler,
}

/// What `filter` was run with.
#[derive(Clone, Debug)]
pub struct FilterRun {
    /// The as-of date.
    pub as_of: Day,
    /// The policy.
    pub policy: Policy,
}

impl WorkDatabase {
    /// Opens a work database.
    ///
    /// # Errors
    /// If it is not there, is none, is another version's, or `read` did not come to its end.
    pub fn open(path: &Path) -> Result<WorkDatabase, WorkError> {
        let found = match std::fs::metadata(path) {
            Ok(found) => found,
            Err(_) if read::draft_of(path).exists() => {
                return Err(WorkError::ReadInterrupted { path: path.to_owned() });
            }
            Err(source) => return Err(WorkError::Unavailable { path: path.to_owned(), source }),
        };
        if !found.is_file() {
            return Err(WorkError::NoBatch { path: path.to_owned() });
        }
        let failed = |error| WorkError::sqlite(path, error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(as_a_file(path), flags).map_err(failed)?;
        // Who is not alone is told so at once.
        connection.busy_timeout(std::time::Duration::ZERO).map_err(failed)?;
        let number =
            |pragma| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
        if number("application_id").map_err(failed)? != BATCH_APPLICATION_ID {
            return Err(WorkError::NoBatch { path: path.to_owned() });
        }
        let version = number("user_version").map_err(failed)?;
        if version != schema::VERSION {
            return Err(WorkError::OtherVersion {
                path: path.to_owned(),
                found: version,
                expected: schema::VERSION,
            });
        }
        let handle = connection.get_interrupt_handle();
        let interrupt = cleanup::on_signal(move || handle.interrupt());
        Ok(WorkDatabase { path: path.to_owned(), connection, _interrupt: interrupt })
    }

    fn failed(&self) -> impl Fn(rusqlite::Error) -> WorkError + Copy + '_ {
        |error| WorkError::at_work(&self.path, error)
    }

    /// The tables of the export, each with its rows still to be read.
    pub fn tables(&self) -> Only<'_> {
        Only::everything(&self.connection, &self.path)
    }

    /// What reading the export found, and, once filtered, late duplicates.
    pub fn intake(&self, spill: &Spill) -> Result<Intake, WorkError> {
        let failed = self.failed();
        let mut quarantine = Quarantine::new(spill);
        for refused in self.refused("1")? {
            quarantine.add(&refused).map_err(WorkError::Spill)?;
        }
        let mut statement = self.connection.prepare("SELECT name, path, rows FROM tables").map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut tables = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let (name, file): (String, String) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
            let count: i64 = row.get(2).map_err(failed)?;
            let table = Table::named(name.as_bytes()).ok_or_else(|| WorkError::damaged(&self.path))?;
            tables.push((table, PathBuf::from(file), count.unsigned_abs()));
        }
        Ok(Intake::restored(tables, quarantine))
    }

    /// The quarantined rows for which an SQL condition holds.
    pub fn refused(&self, condition: &str) -> Result<Vec<Refused>, WorkError> {
        let failed = self.failed();
        let sql = format!(
            "SELECT table_name, line, column_name, code, id, client_id, lines FROM quarantine NOT INDEXED WHERE {condition}"
        );
        let mut statement = self.connection.prepare(&sql).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let text = |place| row.get::<_, Option<String>>(place).map_err(failed);
            let id = |place| row.get::<_, Option<i64>>(place).map_err(failed);
            let table = text(0)?.and_then(|name| Table::named(name.as_bytes()));
            let code = text(3)?.and_then(|name| Code::named(&name));
            let (Some(table), Some(code)) = (table, code) else {
                return Err(WorkError::damaged(&self.path));
            };
            let column = text(2)?.and_then(|name| table.columns().iter().position(|c| c.name == name));
            let fault = column.map_or(Fault::of_row(code), |column| Fault::in_column(code, column));
            all.push(Refused {
                table,
                line: row.get::<_, i64>(1).map_err(failed)?.unsigned_abs(),
                fault,
                ids: RowIds { key: id(4)?.map(i64::unsigned_abs), client: id(5)?.map(i64::unsigned_abs) },
                lines: row.get::<_, i64>(6).map_err(failed)?.unsigned_abs(),
            });
        }
        Ok(all)
    }

    /// What bears on a question: the rows that are about it, and those that `read` refused.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn about(&self, question: Question) -> Result<(Only<'_>, Earlier), WorkError> {
        // One snapshot for all that is read; it ends with the connection.
        self.connection.execute_batch("BEGIN").map_err(self.failed())?;
        self.must_be_complete()?;
        let (tables, clients) = match question {
            Question::Fact(id) => (
                self.tables().about_fact(id),
                format!(
                    "id = {id} AND table_name = 'immunizations' OR client_id IN (
                     SELECT client_id FROM immunizations WHERE immunfact_id = {id} UNION
                     SELECT client_id FROM quarantine WHERE id = {id} AND table_name = 'immunizations')"
                ),
            ),
            Question::Client(id) => (self.tables().about_client(id), format!("client_id = {id}")),
        };
        let unreadable = self
            .connection
            .query_row(
                "SELECT count(*) FROM quarantine WHERE table_name = 'immunizations' AND id IS NULL",
                [],
                |row| row.get::<_, i64>(0),
            )
            .map_err(self.failed())?;
        let refused = self.refused(&format!("stage = 'read' AND ({clients})"))?;
        Ok((tables, Earlier { refused, unreadable: unreadable.unsigned_abs() }))
    }

    /// What `filter` was last run with; none if it was not yet.
    pub fn filter_run(&self) -> Result<Option<FilterRun>, WorkError> {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?));
        let found = self
            .connection
            .query_row("SELECT as_of, policy FROM filter_run", [], read)
            .optional()
            .map_err(self.failed())?;
        let Some((as_of, policy)) = found else { return Ok(None) };
        let as_of = Day::parse(as_of.as_bytes()).ok_or_else(|| WorkError::damaged(&self.path))?;
        let policy = Policy::from_text(&self.path, &policy).map_err(|_| WorkError::damaged(&self.path))?;
        Ok(Some(FilterRun { as_of, policy }))
    }

    /// The same, where it is needed.
    ///
    /// # Errors
    /// If it was not filtered yet, or cannot be read.
    pub fn needed_filter_run(&self) -> Result<FilterRun, WorkError> {
        self.filter_run()?.ok_or_else(|| WorkError::NotFiltered { path: self.path.clone() })
    }
}
