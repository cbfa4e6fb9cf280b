//! Whether a work database is still as this program left it. A row that is gone may be a withdrawal, and a row that was
//! changed may be shared for it. If tampering can be told, the database is refused before it is used.

use super::error::WorkError;
use super::{WorkDatabase, schema};
use crate::filter::Outcome;
use crate::parallel::both;
use crate::policy::ConsentRule;
use crate::registry::{Intake, RegistryError, Table, collect_rows, has_damaged_pages};
use rusqlite::Connection;
use std::num::NonZeroUsize;

impl WorkDatabase {
    /// Refuses a database of which something does not hold that this program sees to.
    fn must_hold(&self, holds: bool) -> Result<(), WorkError> {
        if holds { Ok(()) } else { Err(self.damaged()) }
    }

    /// Refuses a database with damaged pages, whose rows may be lost without a word: a withdrawal, for one.
    pub(super) fn must_be_whole(&self) -> Result<(), WorkError> {
        self.must_hold(!has_damaged_pages(&self.connection).map_err(self.failed())?)
    }

    /// Does `work` on this database while another connection looks whether the database may be used; returns what came of the
    /// work if it may.
    pub(super) fn looked_at_meanwhile<T>(
        &self,
        threads: NonZeroUsize,
        look: impl FnOnce(&WorkDatabase) -> Result<(), WorkError> + Send,
        work: impl FnOnce() -> Result<T, WorkError>,
    ) -> Result<T, WorkError> {
        // What both need to come to an end.
        self.must_have_its_schema()?;
        // With a write-ahead log two connections may see two states of the database.
        let has_log = self.value::<String>("PRAGMA journal_mode")? == "wal";
        if has_log || threads == NonZeroUsize::MIN {
            look(self)?;
            return work();
        }
        let WorkDatabase { path, file, connection, .. } = self;
        let working = connection.get_interrupt_handle();
        let look = || {
            let other = WorkDatabase::open(path)?;
            if other.file != *file {
                return Err(WorkError::Busy { path: path.clone() });
            }
            other.execute("BEGIN")?;
            look(&other)
        };
        let look = || look().inspect_err(|_| working.interrupt());
        let (looked, done) = both(threads, look, work);
        looked?;
        done
    }

    /// Refuses a database in which a table has other rows than were read into it. One that is missing may be a
    /// withdrawal.
    ///
    /// # Errors
    /// If so, or if it cannot be read.
    pub fn must_be_complete(&self) -> Result<(), WorkError> {
        self.must_have_its_schema()?;
        // A number that no count can be is none that fits.
        let count = |sql: &str| self.value(sql).map(|count: i64| u64::try_from(count).unwrap_or(u64::MAX));
        for table in Table::ALL {
            // From the tables themselves: an index may be what is missing nothing.
            let read = count(&format!("SELECT coalesce(sum(rows), 0) FROM tables WHERE name = '{table}'"))?;
            let kept = count(&format!("SELECT count(*) FROM {table} NOT INDEXED"))?;
            let quarantined = count(&format!(
                "SELECT count(*) FROM quarantine NOT INDEXED WHERE stage = 'read' AND table_name = '{table}'"
            ))?;
            if kept.checked_add(quarantined) != Some(read) {
                let path = self.path.clone();
                return Err(WorkError::RowsDiffer { path, table, read, kept, quarantined });
            }
        }
        Ok(())
    }

    /// Refuses a database whose tables and views are not those that `read` makes: a trigger would change what a stage
    /// writes, and a view of a table's name would stand for its rows.
    fn must_have_its_schema(&self) -> Result<(), WorkError> {
        let failed = self.failed();
        let found = schema_of(&self.connection).map_err(failed)?;
        let expected = Connection::open_in_memory()
            .and_then(|empty| {
                empty.execute_batch(&(schema::tables() + &schema::indexes_and_views()))?;
                schema_of(&empty)
            })
            .map_err(failed)?;
        let has_trigger = found.iter().any(|(kind, ..)| kind == "trigger");
        self.must_hold(!has_trigger && expected.iter().all(|object| found.contains(object)))
    }

    /// Refuses a database whose outcomes are not those of its facts, one for each, or contradict what else `filter` noted
    /// of them: somebody changed them.
    pub(super) fn must_have_all_outcomes(&self, rule: ConsentRule) -> Result<(), WorkError> {
        let sql = format!(
            "SELECT (SELECT count(*) FROM outcomes) = (SELECT count(*) FROM immunizations NOT INDEXED)
            AND NOT EXISTS (SELECT 1 FROM outcomes o LEFT JOIN immunizations i ON i.line = o.line WHERE i.line IS NULL)
            AND NOT EXISTS (SELECT 1 FROM outcomes WHERE outcome = '{included}' AND NOT {under})
            AND (SELECT count(*) FROM outcomes WHERE outcome = '{included}')
                IS (SELECT facts FROM included_under WHERE rule = '{rule}')
            AND (SELECT coalesce(sum(facts), 0) FROM organization_outcomes)
                + (SELECT count(*) FROM quarantine WHERE stage = 'filter') = (SELECT count(*) FROM outcomes)
            AND (SELECT coalesce(sum(facts), 0) FROM organization_outcomes WHERE outcome = '{included}')
                = (SELECT count(*) FROM outcomes WHERE outcome = '{included}')",
            included = Outcome::Included.name(),
            under = rule.name().replace('-', "_"),
            rule = rule.name(),
        );
        self.must_hold(self.value(&sql)?)
    }

    /// What an error in reading the database's tables means. A row that cannot be used could when it was read from the
    /// export: somebody changed it here.
    pub(super) fn in_reading(&self) -> impl Fn(RegistryError) -> WorkError + Copy + '_ {
        |error| match error {
            RegistryError::BadInput(_) => self.damaged(),
            other => other.into(),
        }
    }

    /// Refuses a database of which a row that was kept as usable no longer passes the checks: somebody changed it.
    pub(super) fn must_be_clean(&self, found: &Intake) -> Result<(), WorkError> {
        self.must_hold(found.quarantine.is_empty())
    }
}

/// The kind, name and SQL of all that a database consists of, but for its indexes, which hold nothing of their own.
fn schema_of(connection: &Connection) -> Result<Vec<(String, String, String)>, rusqlite::Error> {
    let sql = "SELECT type, name, coalesce(sql, '') FROM sqlite_schema WHERE type <> 'index'";
    collect_rows(connection, sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}
