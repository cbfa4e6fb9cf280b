//! The work database: an SQLite file in which an export lies between the stages.
//!
//! `read` fills it, `filter` adds an outcome for every fact, `write` makes the files from it. It is one more
//! source of tables to the code that reads exports, so no check and no rule is written here a second time. A
//! stage that is interrupted leaves the result of the one before it.

mod error;
mod filter;
mod lookup;
mod many_rows;
mod read;
mod schema;
mod source;
mod status;
mod untouched;
mod write;

pub use error::WorkError;
pub use filter::{FilterResult, FilterSettings, filter};
pub use lookup::FactLookup;
pub use read::{ReadSettings, read, scratch_beside};
pub use source::WorkTables;
pub use status::{Status, status};
pub use write::{Ready, ready};

use crate::cleanup::{self, InterruptHandler};
use crate::policy::Policy;
use crate::registry::{
    Code, Intake, OWN_APPLICATION_ID, QuarantinedRow, RowFault, RowFile, RowIds, Table, as_a_file,
    collect_rows,
};
use crate::spill::Spill;
use crate::value::Day;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A work database that holds a whole export.
#[derive(Debug)]
pub struct WorkDatabase {
    path: PathBuf,
    file: FileIdentity,
    connection: Connection,
    /// A signal interrupts the query that runs, so that it is rolled back. Dropped after the connection, which does that.
    _interrupt: InterruptHandler,
}

/// What `filter` was run with.
#[derive(Clone, Debug)]
pub struct FilterRun {
    /// The as-of date.
    pub as_of: Day,
    /// Whether that day was taken from the clock.
    pub is_today: bool,
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
            return Err(WorkError::NotAWorkDatabase { path: path.to_owned() });
        }
        let failed = |error| WorkError::sqlite(path, error);
        let file = identity(&found);
        let connection = connect(path)?;
        // It may have been replaced meanwhile, so that it could not be told which of the two is open.
        if std::fs::metadata(path).ok().as_ref().map(identity) != Some(file) {
            return Err(WorkError::Busy { path: path.to_owned() });
        }
        let number =
            |pragma| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0));
        if number("application_id").map_err(failed)? != OWN_APPLICATION_ID {
            return Err(WorkError::NotAWorkDatabase { path: path.to_owned() });
        }
        let found = number("user_version").map_err(failed)?;
        if found != schema::VERSION {
            let (path, expected) = (path.to_owned(), schema::VERSION);
            return Err(WorkError::OtherVersion { path, found, expected });
        }
        let handle = connection.get_interrupt_handle();
        let interrupt = cleanup::on_signal(move || handle.interrupt());
        Ok(WorkDatabase { path: path.to_owned(), file, connection, _interrupt: interrupt })
    }

    fn failed(&self) -> impl Fn(rusqlite::Error) -> WorkError + Copy + '_ {
        |error| WorkError::at_work(&self.path, error)
    }

    fn damaged(&self) -> WorkError {
        WorkError::damaged(&self.path)
    }

    fn execute(&self, sql: &str) -> Result<(), WorkError> {
        self.connection.execute_batch(sql).map_err(self.failed())
    }

    /// The value of a query for one.
    fn value<T: FromSql>(&self, sql: &str) -> Result<T, WorkError> {
        self.connection.query_row(sql, [], |row| row.get(0)).map_err(self.failed())
    }

    /// All rows of a query.
    fn rows<T>(
        &self,
        sql: &str,
        read: impl FnMut(&Row<'_>) -> Result<T, rusqlite::Error>,
    ) -> Result<Vec<T>, WorkError> {
        collect_rows(&self.connection, sql, [], read).map_err(self.failed())
    }

    /// The tables of the export, each with its rows still to be read.
    pub fn tables(&self) -> WorkTables<'_> {
        WorkTables::everything(self)
    }

    /// What reading the export found, and, once filtered, late duplicates.
    pub fn intake(&self, spill: &Spill) -> Result<Intake, WorkError> {
        let mut intake = Intake::new(spill);
        for row in self.quarantined("1")? {
            intake.quarantine.add(&row).map_err(WorkError::Spill)?;
        }
        let tables = self.rows("SELECT name, path, rows, content, repeated FROM tables", |row| {
            let text = |place| row.get::<_, String>(place);
            Ok(([text(0)?, text(1)?, text(3)?], number(row, 2)?, number(row, 4)?))
        })?;
        for ([name, file, content], rows, repeated) in tables {
            let table = Table::named(name.as_bytes()).ok_or_else(|| self.damaged())?;
            intake.repeated_consents += repeated;
            intake.set_read(table, Path::new(&file), rows, content);
        }
        for effects in self.rows("SELECT effects FROM profile", |row| row.get::<_, String>(0))? {
            intake.effects = serde_json::from_str(&effects).map_err(|_| self.damaged())?;
        }
        Ok(intake)
    }

    /// The quarantined rows for which an SQL condition holds.
    fn quarantined(&self, condition: &str) -> Result<Vec<QuarantinedRow>, WorkError> {
        let sql = format!(
            "SELECT line, id, client_id, given_by_org_id, lines, table_name, column_name, code, file_of
            FROM quarantine NOT INDEXED WHERE {condition}"
        );
        let rows = self.rows(&sql, |row| {
            let ids = RowIds {
                key: optional_number(row, 1)?,
                client: optional_number(row, 2)?,
                organization: optional_number(row, 3)?,
            };
            let text = |place| row.get::<_, Option<String>>(place);
            Ok((number(row, 0)?, ids, number(row, 4)?, [text(5)?, text(6)?, text(7)?, text(8)?]))
        })?;
        let rows = rows.into_iter().map(|(line, ids, lines, [table, column, code, file_of])| {
            let (table, code) = (Table::named(table?.as_bytes())?, Code::named(&code?)?);
            let column = column.and_then(|name| table.columns().iter().position(|c| c.name == name));
            let fault = column.map_or(RowFault::of_row(code), |column| RowFault::in_column(code, column));
            let is_own = file_of? == table.name();
            let file = if is_own { RowFile::Own } else { RowFile::Clients };
            Some(QuarantinedRow { file, lines, ..QuarantinedRow::new(table, line, fault, ids) })
        });
        rows.collect::<Option<_>>().ok_or_else(|| self.damaged())
    }

    /// What bears on facts with this id: their rows and those of the clients they belong to, and which rows of theirs
    /// `read` quarantined.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn about_fact(&self, id: u64) -> Result<(WorkTables<'_>, Vec<QuarantinedRow>), WorkError> {
        let clients = format!("client_id IN (SELECT client_id FROM immunizations WHERE immunfact_id = {id})");
        let quarantined = format!(
            "id = {id} AND table_name = 'immunizations' OR client_id IN (
             SELECT client_id FROM immunizations WHERE immunfact_id = {id} UNION
             SELECT client_id FROM quarantine WHERE id = {id} AND table_name = 'immunizations')"
        );
        self.about(&format!("immunfact_id = {id}"), &clients, &quarantined)
    }

    /// The same of the facts of a client. Facts of others that share their ids are among them.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn about_client(&self, id: u64) -> Result<(WorkTables<'_>, Vec<QuarantinedRow>), WorkError> {
        let facts =
            format!("immunfact_id IN (SELECT immunfact_id FROM immunizations WHERE client_id = {id})");
        let clients =
            format!("client_id = {id} OR client_id IN (SELECT client_id FROM immunizations WHERE {facts})");
        self.about(&facts, &clients, &format!("client_id = {id}"))
    }

    fn about(
        &self,
        facts: &str,
        clients: &str,
        quarantined: &str,
    ) -> Result<(WorkTables<'_>, Vec<QuarantinedRow>), WorkError> {
        // One snapshot for all that is read; it ends with the connection.
        self.execute("BEGIN")?;
        self.must_be_complete()?;
        let tables = self.tables().where_holds(Table::Immunizations, facts);
        let tables = tables.where_holds(Table::Clients, clients).where_holds(Table::Consents, clients);
        Ok((tables, self.quarantined(&format!("stage = 'read' AND ({quarantined})"))?))
    }

    /// How many rows of `immunizations` had no id that could be read.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn facts_without_id(&self) -> Result<u64, WorkError> {
        let sql = "SELECT count(*) FROM quarantine WHERE table_name = 'immunizations' AND id IS NULL";
        self.value(sql).map(i64::unsigned_abs)
    }

    /// What `filter` was last run with; none if it was not yet.
    pub fn filter_run(&self) -> Result<Option<FilterRun>, WorkError> {
        let read =
            |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?, row.get::<_, Vec<u8>>(2)?));
        let sql = "SELECT as_of, is_today, policy FROM filter_run";
        let found = self.connection.query_row(sql, [], read).optional().map_err(self.failed())?;
        let Some((as_of, is_today, policy)) = found else { return Ok(None) };
        let as_of = Day::parse(as_of.as_bytes()).ok_or_else(|| self.damaged())?;
        let policy = Policy::from_text(&self.path, &policy).map_err(|_| self.damaged())?;
        Ok(Some(FilterRun { as_of, is_today, policy }))
    }

    /// The same, where it is needed.
    ///
    /// # Errors
    /// If it was not filtered yet, or cannot be read.
    pub fn needed_filter_run(&self) -> Result<FilterRun, WorkError> {
        self.filter_run()?.ok_or_else(|| WorkError::NotFiltered { path: self.path.clone() })
    }
}

/// What tells a file from one that takes its place: its device and its number there.
type FileIdentity = (u64, u64);

fn identity(file: &Metadata) -> FileIdentity {
    (file.dev(), file.ino())
}

/// Opens a database to be read and written.
fn connect(path: &Path) -> Result<Connection, WorkError> {
    let failed = |error| WorkError::sqlite(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(as_a_file(path), flags).map_err(failed)?;
    // Who is not alone is told so at once.
    connection.busy_timeout(std::time::Duration::ZERO).map_err(failed)?;
    Ok(connection)
}

/// A number of a row. SQLite has no unsigned ones, and none is negative here.
fn number(row: &Row<'_>, place: usize) -> Result<u64, rusqlite::Error> {
    row.get(place).map(i64::unsigned_abs)
}

fn optional_number(row: &Row<'_>, place: usize) -> Result<Option<u64>, rusqlite::Error> {
    Ok(row.get::<_, Option<i64>>(place)?.map(i64::unsigned_abs))
}
