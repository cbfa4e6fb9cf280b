//! What has been done to a work database.

use super::error::WorkError;
use super::{FilterRun, WorkDatabase, number};
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
    // One snapshot for all that is told; it ends with the connection.
    database.execute("BEGIN")?;
    let filtered = match database.filter_run()? {
        Some(run) => Some((run, database.counts()?)),
        None => None,
    };
    let written = database.rows("SELECT batch, files, rows FROM writes", |row| {
        Ok((row.get(0)?, number(row, 1)?, number(row, 2)?))
    })?;
    Ok(Status { intake: database.intake(spill)?, filtered, written })
}
