//! The batch database: an SQLite file in which an export lies between the stages.
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
mod write;

pub use error::BatchError;
pub use filter::{FilterSettings, Filtered, filter};
pub use read::{ReadSettings, read, scratch_beside};
pub use source::Only;
pub use status::{Status, status};
pub use write::{Ready, ready};

use crate::explain::{Earlier, Question};
use crate::filter::Outcome;
use crate::policy::{ConsentRule, Policy};
use crate::registry::{
    BATCH_APPLICATION_ID, Code, Fault, Intake, Quarantine, Refused, RegistryError, RowIds, Table, as_a_file,
    has_damaged_pages,
};
use crate::spill::Spill;
use crate::unfinished::{self, Interruptible};
use crate::value::Day;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::{Path, PathBuf};

/// A batch database that holds a whole export.
#[derive(Debug)]
pub struct BatchDatabase {
    path: PathBuf,
    connection: Connection,
    /// A signal interrupts what is being done, so that it is rolled back. Goes after the connection, which does that.
    _interruptible: Interruptible,
}

/// What `filter` was run with.
#[derive(Clone, Debug)]
pub struct FilterRun {
    /// The as-of date.
    pub as_of: Day,
    /// The policy.
    pub policy: Policy,
}

impl BatchDatabase {
    /// Opens a batch database.
    ///
    /// # Errors
    /// If it is not there, is none, is another version's, or `read` did not come to its end.
    pub fn open(path: &Path) -> Result<BatchDatabase, BatchError> {
        let found = match std::fs::metadata(path) {
            Ok(found) => found,
            Err(_) if read::draft_of(path).exists() => {
                return Err(BatchError::ReadInterrupted { path: path.to_owned() });
            }
            Err(source) => return Err(BatchError::Unavailable { path: path.to_owned(), source }),
        };
        if !found.is_file() {
            return Err(BatchError::NoBatch { path: path.to_owned() });
        }
        let failed = |error| BatchError::sqlite(path, error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(as_a_file(path), flags).map_err(failed)?;
        // Who is not alone is told so at once.
        connection.busy_timeout(std::time::Duration::ZERO).map_err(failed)?;
        let number =
            |pragma| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
        if number("application_id").map_err(failed)? != BATCH_APPLICATION_ID {
            return Err(BatchError::NoBatch { path: path.to_owned() });
        }
        let version = number("user_version").map_err(failed)?;
        if version != schema::VERSION {
            return Err(BatchError::OtherVersion {
                path: path.to_owned(),
                found: version,
                expected: schema::VERSION,
            });
        }
        let interrupt = connection.get_interrupt_handle();
        let interruptible = unfinished::interruptible(move || interrupt.interrupt());
        Ok(BatchDatabase { path: path.to_owned(), connection, _interruptible: interruptible })
    }

    fn failed(&self) -> impl Fn(rusqlite::Error) -> BatchError + Copy + '_ {
        |error| BatchError::at_work(&self.path, error)
    }

    /// The tables of the export, each with its rows still to be read.
    pub fn tables(&self) -> Only<'_> {
        Only::everything(&self.connection, &self.path)
    }

    /// What reading the export found, and, once filtered, late duplicates.
    pub fn intake(&self, spill: &Spill) -> Result<Intake, BatchError> {
        let failed = self.failed();
        let mut quarantine = Quarantine::new(spill);
        for refused in self.refused("1")? {
            quarantine.add(&refused).map_err(BatchError::Spill)?;
        }
        let mut statement = self.connection.prepare("SELECT name, path, rows FROM tables").map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut tables = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let (name, file): (String, String) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
            let count: i64 = row.get(2).map_err(failed)?;
            let table = Table::named(name.as_bytes()).ok_or_else(|| BatchError::damaged(&self.path))?;
            tables.push((table, PathBuf::from(file), count.unsigned_abs()));
        }
        Ok(Intake::restored(tables, quarantine))
    }

    /// Refuses a database with damaged pages, whose rows may be lost without a word: a withdrawal, for one.
    fn must_be_whole(&self) -> Result<(), BatchError> {
        match has_damaged_pages(&self.connection).map_err(self.failed())? {
            true => Err(BatchError::damaged(&self.path)),
            false => Ok(()),
        }
    }

    /// Refuses a database in which a table has other rows than were read into it. One that is missing may be a
    /// withdrawal.
    ///
    /// # Errors
    /// If so, or if it cannot be read.
    pub fn must_be_complete(&self) -> Result<(), BatchError> {
        self.must_have_its_schema()?;
        let failed = self.failed();
        let count = |sql: &str| {
            let count = self.connection.query_row(sql, [], |row| row.get::<_, i64>(0));
            // A number that no count can be is none that fits.
            count.map(|count| u64::try_from(count).unwrap_or(u64::MAX)).map_err(failed)
        };
        for table in Table::ALL {
            // From the tables themselves: an index may be what is missing nothing.
            let read = count(&format!("SELECT coalesce(sum(rows), 0) FROM tables WHERE name = '{table}'"))?;
            let kept = count(&format!("SELECT count(*) FROM {table} NOT INDEXED"))?;
            let quarantined = count(&format!(
                "SELECT count(*) FROM quarantine NOT INDEXED WHERE stage = 'read' AND table_name = '{table}'"
            ))?;
            if kept.checked_add(quarantined) != Some(read) {
                return Err(BatchError::RowsDiffer {
                    path: self.path.clone(),
                    table,
                    read,
                    kept,
                    quarantined,
                });
            }
        }
        Ok(())
    }

    /// Refuses a database whose tables and views are not those that `read` makes: a trigger would change what a stage
    /// writes, and a view of a table's name would stand for its rows.
    fn must_have_its_schema(&self) -> Result<(), BatchError> {
        let failed = self.failed();
        let found = schema_of(&self.connection).map_err(failed)?;
        let expected = Connection::open_in_memory()
            .and_then(|empty| {
                empty.execute_batch(&(schema::tables() + &schema::indexes_and_views()))?;
                schema_of(&empty)
            })
            .map_err(failed)?;
        let has_trigger = found.iter().any(|(kind, ..)| kind == "trigger");
        match !has_trigger && expected.iter().all(|object| found.contains(object)) {
            true => Ok(()),
            false => Err(BatchError::damaged(&self.path)),
        }
    }

    /// Refuses a database whose outcomes are not those of its facts, one for each, or contradict what else `filter` noted
    /// of them: somebody changed them.
    fn must_have_all_outcomes(&self, rule: ConsentRule) -> Result<(), BatchError> {
        let sql = format!(
            "SELECT (SELECT count(*) FROM outcomes) = (SELECT count(*) FROM immunizations NOT INDEXED)
            AND NOT EXISTS (SELECT 1 FROM outcomes o LEFT JOIN immunizations i ON i.line = o.line WHERE i.line IS NULL)
            AND NOT EXISTS (SELECT 1 FROM outcomes WHERE outcome = '{included}' AND NOT {under})
            AND (SELECT count(*) FROM outcomes WHERE outcome = '{included}')
                IS (SELECT facts FROM included_under WHERE rule = '{rule}')",
            included = Outcome::Included.name(),
            under = rule.name().replace('-', "_"),
            rule = rule.name(),
        );
        match self.connection.query_row(&sql, [], |row| row.get(0)).map_err(self.failed())? {
            true => Ok(()),
            false => Err(BatchError::damaged(&self.path)),
        }
    }

    /// What an error in reading the database's tables means. A row that cannot be used could when it was read from the
    /// export: somebody changed it here.
    fn in_reading(&self) -> impl Fn(RegistryError) -> BatchError + Copy + '_ {
        |error| match error {
            RegistryError::BadInput(_) => BatchError::damaged(&self.path),
            other => other.into(),
        }
    }

    /// Refuses a database of which a row that was kept as usable no longer passes the checks: somebody changed it.
    fn must_be_clean(&self, found: &Intake) -> Result<(), BatchError> {
        match Table::ALL.into_iter().any(|table| found.quarantine.total(table) > 0) {
            true => Err(BatchError::damaged(&self.path)),
            false => Ok(()),
        }
    }

    /// The quarantined rows for which an SQL condition holds.
    pub fn refused(&self, condition: &str) -> Result<Vec<Refused>, BatchError> {
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
                return Err(BatchError::damaged(&self.path));
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
    pub fn about(&self, question: Question) -> Result<(Only<'_>, Earlier), BatchError> {
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
    pub fn filter_run(&self) -> Result<Option<FilterRun>, BatchError> {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?));
        let found = self
            .connection
            .query_row("SELECT as_of, policy FROM filter_run", [], read)
            .optional()
            .map_err(self.failed())?;
        let Some((as_of, policy)) = found else { return Ok(None) };
        let as_of = Day::parse(as_of.as_bytes()).ok_or_else(|| BatchError::damaged(&self.path))?;
        let policy = Policy::from_text(&self.path, &policy).map_err(|_| BatchError::damaged(&self.path))?;
        Ok(Some(FilterRun { as_of, policy }))
    }

    /// The same, where it is needed.
    ///
    /// # Errors
    /// If it was not filtered yet, or cannot be read.
    pub fn needed_filter_run(&self) -> Result<FilterRun, BatchError> {
        self.filter_run()?.ok_or_else(|| BatchError::NotFiltered { path: self.path.clone() })
    }
}

/// The kind, name and SQL of all that a database consists of, but for its indexes, which hold nothing of their own.
fn schema_of(connection: &Connection) -> Result<Vec<(String, String, String)>, rusqlite::Error> {
    let sql = "SELECT type, name, coalesce(sql, '') FROM sqlite_schema WHERE type <> 'index'";
    let mut statement = connection.prepare(sql)?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}
