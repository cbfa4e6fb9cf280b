//! The log's events for the stages of a run: what was counted, and how long it took.

use crate::batch::Manifest;
use crate::extract::FactCounts;
use crate::filter::Outcome;
use crate::registry::{Intake, Provenance, Table};
use std::time::Instant;

/// The stages of a run, one after the other, and when the current one began.
#[derive(Debug)]
pub(super) struct Stage {
    begun: Instant,
}

impl Stage {
    /// Begins the first stage.
    pub(super) fn begin() -> Stage {
        Stage { begun: Instant::now() }
    }

    /// Ends a stage and begins the next. Returns the seconds that it took.
    fn next(&mut self) -> f64 {
        let seconds = self.begun.elapsed().as_secs_f64();
        self.begun = Instant::now();
        seconds
    }

    /// The export is opened.
    pub(super) fn opened(&mut self, export: &Provenance) {
        let (files, bytes) = (export.files.len(), export.files.iter().map(|file| file.bytes).sum::<u64>());
        let seconds = self.next();
        tracing::info!(stage = "open", files, bytes, seconds, "export opened");
    }

    /// The export was read and checked, and no more than that.
    pub(super) fn read(&mut self, intake: &Intake) {
        let (facts, quarantined) = (facts(intake), quarantined(intake));
        let seconds = self.next();
        tracing::info!(stage = "read", facts, quarantined, seconds, "export read");
    }

    /// The rules were applied to every fact.
    pub(super) fn judged(&mut self, intake: &Intake, counts: &FactCounts) {
        let (facts, quarantined) = (facts(intake), quarantined(intake));
        let included = counts.outcome(Outcome::Included);
        let seconds = self.next();
        tracing::info!(stage = "filter", facts, included, quarantined, seconds, "facts read and judged");
    }

    /// Every file of the batch is written.
    pub(super) fn written(&mut self, manifest: &Manifest) {
        let batch = manifest.batch.to_string();
        let (files, rows) = (manifest.files.len(), manifest.files.iter().map(|file| file.rows).sum::<u64>());
        let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
        let seconds = self.next();
        tracing::info!(stage = "write", batch, files, rows, bytes, seconds, "files written");
    }
}

fn facts(intake: &Intake) -> u64 {
    intake.table(Table::Immunizations).map_or(0, |read| read.rows)
}

fn quarantined(intake: &Intake) -> u64 {
    Table::ALL.into_iter().map(|table| intake.quarantine.total(table)).sum()
}
