//! The third stage: what the writer needs, from a work database.

use super::error::WorkError;
use super::{FilterRun, WorkDatabase};
use crate::batch::Manifest;
use crate::extract::{Selection, SelectionBuilder};
use crate::filter::{Outcome, Routing};
use crate::registry::{Fact, Intake, Progress, Reference, Table, read_facts, read_reference};
use crate::spill::Spill;
use rusqlite::params;
use std::num::NonZeroUsize;

/// What the writer needs of a work database.
#[derive(Debug)]
pub struct Ready {
    /// The policy and the as-of date.
    pub run: FilterRun,
    /// What reading found, late duplicates too.
    pub intake: Intake,
    /// What the facts refer to.
    pub reference: Reference,
    /// Who gets whose facts.
    pub routing: Routing,
    /// The facts that are shared.
    pub selection: Selection,
}

/// Takes the facts that are shared from a work database that was filtered, on so many threads.
///
/// # Errors
/// If it was not filtered, or cannot be read.
pub fn ready(
    database: &WorkDatabase,
    threads: NonZeroUsize,
    spill: &Spill,
    progress: &dyn Progress,
) -> Result<Ready, WorkError> {
    // One snapshot for all that is read, whatever another run does meanwhile.
    database.execute("BEGIN")?;
    let run = database.needed_filter_run()?;
    let rule = run.policy.consent.rule;
    let is_usable = move |database: &WorkDatabase| {
        database.must_be_whole()?;
        database.must_be_complete()?;
        database.must_have_all_outcomes(rule)
    };
    let (intake, reference, builders) = database.looked_at_meanwhile(threads, is_usable, || {
        let intake = database.intake(spill)?;
        let included =
            format!("line IN (SELECT line FROM outcomes WHERE outcome = '{}')", Outcome::Included.name());
        let tables = database.tables().where_holds(Table::Immunizations, &included);
        let (reference, mut scratch) =
            read_reference(&tables, threads, spill, progress).map_err(database.in_reading())?;
        database.must_be_clean(&scratch)?;
        let builders =
            SelectionBuilder::for_threads(threads, run.as_of, reference.organizations.len(), spill);
        let take = |builder: &mut SelectionBuilder, facts: &[Fact<'_>]| {
            facts.iter().try_for_each(|fact| builder.take_included(fact))
        };
        let builders = read_facts(&tables, &reference, &mut scratch, spill, progress, builders, &take)
            .map_err(database.in_reading())?;
        database.must_be_clean(&scratch)?;
        Ok((intake, reference, builders))
    })?;
    let organizations = database.counts_of_organizations(&reference)?;
    let selection = Selection::of_included(builders, database.counts()?, organizations, spill)
        .map_err(WorkError::Spill)?;
    let routing = Routing::new(reference.organizations.entities(), reference.recipients.as_deref());
    database.execute("COMMIT")?;
    Ok(Ready { run, intake, reference, routing, selection })
}

impl WorkDatabase {
    /// Takes note of a batch that was published.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub fn note_write(&self, manifest: &Manifest) -> Result<(), WorkError> {
        let rows: u64 = manifest.files.iter().map(|file| file.rows).sum();
        let (as_of, policy) = (manifest.as_of.to_string(), &manifest.policy.sha256);
        let row =
            params![manifest.batch.to_string(), manifest.files.len() as i64, rows as i64, as_of, policy];
        // Not if the outcomes were replaced meanwhile: the note would be of others.
        let sql = "INSERT OR REPLACE INTO writes SELECT ?1, ?2, ?3 FROM filter_run
            WHERE as_of = ?4 AND policy_sha256 = ?5";
        self.connection.execute(sql, row).map(drop).map_err(self.failed())
    }
}
