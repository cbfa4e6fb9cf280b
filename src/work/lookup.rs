//! What became of single facts: a look-up by IMMUNFACT_ID.

use super::error::WorkError;
use super::{FilterRun, WorkDatabase};
use crate::filter::Outcome;
use crate::registry::{Code, Table};
use rusqlite::{OptionalExtension, Statement};

/// Looks facts up in a work database that was filtered.
pub struct FactLookup<'d> {
    database: &'d WorkDatabase,
    outcome: Statement<'d>,
    quarantined: Statement<'d>,
    /// What it was filtered with.
    pub run: FilterRun,
    /// How many facts were read, the quarantined ones too.
    pub read: u64,
    pub included: u64,
}

impl WorkDatabase {
    /// Gets ready to look facts up, in one snapshot, which ends with the connection.
    ///
    /// # Errors
    /// If it was not filtered, has been changed by hand, or cannot be read.
    pub fn fact_lookup(&self) -> Result<FactLookup<'_>, WorkError> {
        self.execute("BEGIN")?;
        self.must_be_whole()?;
        self.must_be_complete()?;
        let run = self.needed_filter_run()?;
        self.must_have_all_outcomes(run.policy.consent.rule)?;
        let prepare = |sql: &str| self.connection.prepare(sql).map_err(self.failed());
        let facts = Table::Immunizations;
        Ok(FactLookup {
            database: self,
            // Of several facts of one id an included one, else the first.
            outcome: prepare(&format!(
                "SELECT k.outcome FROM immunizations i JOIN outcomes k ON k.line = i.line
                 WHERE i.immunfact_id = ?1 ORDER BY k.outcome <> '{}', i.line LIMIT 1",
                Outcome::Included.name()
            ))?,
            quarantined: prepare(&format!(
                "SELECT code FROM quarantine WHERE table_name = '{facts}' AND id = ?1 AND stage = 'read'
                 ORDER BY line LIMIT 1"
            ))?,
            run,
            read: self
                .value(&format!("SELECT coalesce(sum(rows), 0) FROM tables WHERE name = '{facts}'"))
                .map(i64::unsigned_abs)?,
            included: self.counts()?.outcome(Outcome::Included),
        })
    }
}

impl FactLookup<'_> {
    /// The code of a fact's outcome, or that for which it is quarantined; none if no row has this id.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn code(&mut self, id: u64) -> Result<Option<&'static str>, WorkError> {
        for statement in [&mut self.outcome, &mut self.quarantined] {
            let found = statement.query_row([id as i64], |row| row.get::<_, String>(0)).optional();
            if let Some(name) = found.map_err(self.database.failed())? {
                let outcome = Outcome::named(&name).map(Outcome::name);
                let code = outcome.or_else(|| Code::named(&name).map(Code::name));
                return code.map(Some).ok_or_else(|| self.database.damaged());
            }
        }
        Ok(None)
    }
}
