//! Whether a batch may be published without a person's having looked at it.
//!
//! A batch can be made without any fault from an export that is last month's, or half of this month's. The gate compares
//! it with the batch before and with the day it is for. Pure: everything it looks at is given to it, and it never sees a
//! row.

mod changes;
mod export;
mod names;

use crate::batch::{Before, Evidence, HoldReason, Manifest, Tally};
use crate::policy::GateSettings;
use crate::registry::FileStamp;
use crate::value::Day;

/// A batch that is whole, and not yet published.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its manifest.
    pub manifest: &'a Manifest,
    /// The counts of its facts.
    pub tally: &'a Tally,
    /// What was seen of the export.
    pub evidence: &'a Evidence,
    /// The last day of the policy's window.
    pub window_ends: Day,
    /// The newest vaccination on or before the as-of date, of all facts that could be used.
    pub newest_vaccination: Option<Day>,
    /// The export's files when reading began.
    pub export: &'a [FileStamp],
    /// The export's files now; none if it is not at hand any more.
    pub export_now: Option<&'a [FileStamp]>,
    /// The day that the clock showed when the command started, if the as-of date was taken from it.
    pub today: Option<Day>,
    /// Whether somebody is there to read what the program says.
    pub is_attended: bool,
}

/// The batch before, with what it keeps for comparing. A batch of an earlier version keeps less.
#[derive(Clone, Copy, Debug)]
pub struct Reference<'a> {
    pub before: &'a Before,
    pub tally: Option<&'a Tally>,
    pub evidence: Option<&'a Evidence>,
    /// The files of what it keeps that are there and cannot be read.
    pub damaged: &'a [String],
}

impl<'a> Reference<'a> {
    /// The batch before, of which nothing is known but its manifest.
    pub fn of(before: &'a Before) -> Reference<'a> {
        Reference { before, tally: None, evidence: None, damaged: &[] }
    }
}

/// What the gate says of a batch.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Verdict {
    /// What speaks against publishing it without a look; nothing if it may be published.
    pub stops: Vec<HoldReason>,
    /// What somebody should know all the same.
    pub warnings: Vec<HoldReason>,
    /// What could not be compared, because the batch before does not keep it, by the keys of the gates.
    pub not_compared: Vec<&'static str>,
}

/// Looks at everything that may speak against publishing a batch.
pub fn judge(gate: &GateSettings, candidate: &Candidate<'_>, reference: Reference<'_>) -> Verdict {
    let mut verdict = Verdict::default();
    export::judge(gate, candidate, reference, &mut verdict);
    names::judge(gate, candidate, reference, &mut verdict);
    changes::judge(gate, candidate, reference, &mut verdict);
    verdict
}

#[cfg(test)]
mod tests;
