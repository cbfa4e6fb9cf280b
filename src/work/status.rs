//! What has been done to a work database.

use super::error::WorkError;
use super::{FilterRun, WorkDatabase};
use crate::extract::FactCounts;
use crate::registry::Intake;
use crate::spill::Spill;

/// What has been done to a work database.
#[derive(Debug)]
pub struct Status {
    /// What reading found, and, once filtered, late duplicates.
    pub intake: Intake,
    /// What it was filtered with, and to what end.
    pub filtered: Option<(FilterRun, FactCounts)>,
    /// Each batch that was written from these outcomes: its month, its files, their rows.
    pub written: Vec<(String, u64, u64)>,
}

/// What has been done to a work database.
///
/// # Errors
/// If it cannot be read.
pub fn status(database: &WorkDatabase, spill: &Spill) -> Result<Status, WorkError> {
    let failed = database.failed();
    // One snapshot for all that is told; it ends with the connection.
    database.connection.execute_batch("BEGIN").map_err(failed)?;
    let filtered = match database.filter_run()? {
        Some(run) => Some((run, database.counts()?)),
        None => None,
    };
    let mut statement =
        database.connection.prepare("SELECT batch, files, rows FROM writes").map_err(failed)?;
    let read = |row: &rusqlite::Row<'_>| {
        let number = |place| row.get::<_, i64>(place).map(i64::unsigned_abs);
        Ok((row.get(0)?, number(1)?, number(2)?))
    };
    let written = statement.query_map([], read).and_then(Iterator::collect).map_err(failed)?;
    Ok(Status { intake: database.intake(spill)?, filtered, written })
}
