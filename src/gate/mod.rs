//! Whether a batch may be published without a person's having looked at it.
//!
//! A batch can be made without any fault from an export that is last month's, or half of this month's. The gate holds
//! it against the batch before and the day it is for. Pure: everything it looks at is given to it, and it never sees a
//! row.

use crate::batch::{Before, HoldReason};
use crate::policy::{GateSettings, MaxAge};
use crate::registry::{FileStamp, changed_files};
use crate::value::{Day, name};

/// A batch that is whole, and not yet published.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    /// The day as of which the rules were applied.
    pub as_of: Day,
    /// The recipients with how many rows each gets.
    pub recipients: Vec<(&'a str, u64)>,
    /// How many facts are shared, each once.
    pub included: u64,
    /// The newest vaccination on or before the as-of date, of all facts that could be used.
    pub newest_vaccination: Option<Day>,
    /// The export's files when reading began.
    pub export: &'a [FileStamp],
    /// The export's files now; none if it is not at hand any more.
    pub export_now: Option<&'a [FileStamp]>,
    /// Whether somebody is there to read what the program says.
    pub is_attended: bool,
}

/// What the gate says of a batch.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Verdict {
    /// What speaks against publishing it without a look; nothing if it may be published.
    pub stops: Vec<HoldReason>,
    /// What somebody should know all the same.
    pub warnings: Vec<HoldReason>,
}

/// Looks at everything that may speak against publishing a batch.
pub fn judge(gate: &GateSettings, candidate: &Candidate<'_>, before: &Before) -> Verdict {
    let mut verdict = Verdict::default();
    judge_export(gate, candidate, &mut verdict.stops);
    // Whoever makes the first batch in a place by hand may well be trying the program on data of last year's, and is
    // there to read a warning.
    let is_trial = candidate.is_attended && *before == Before::None;
    let found = if is_trial { &mut verdict.warnings } else { &mut verdict.stops };
    judge_vaccinations(gate, candidate, found);
    judge_recipients(gate, candidate, before, &mut verdict.stops);
    verdict
}

fn judge_export(gate: &GateSettings, candidate: &Candidate<'_>, stops: &mut Vec<HoldReason>) {
    if let Some(now) = candidate.export_now {
        let changed = changed_files(candidate.export, now);
        stops.extend(changed.map(|file| HoldReason::ExportStillChanging { file: file.to_owned() }));
    }
    if let MaxAge(Some(limit)) = gate.max_export_age {
        for stamp in candidate.export {
            let day = stamp.modified.day();
            if is_older(day, candidate.as_of, limit) {
                stops.push(HoldReason::ExportOld { file: stamp.file.clone(), day, limit });
            }
        }
    }
}

fn judge_vaccinations(gate: &GateSettings, candidate: &Candidate<'_>, stops: &mut Vec<HoldReason>) {
    if let MaxAge(Some(limit)) = gate.max_vaccination_age
        && candidate.included >= gate.min_rows
        && candidate.included > 0
        && is_older(candidate.newest_vaccination, candidate.as_of, limit)
    {
        stops.push(HoldReason::NoRecentVaccination { as_of: candidate.as_of, limit });
    }
}

/// Whether a day lies more than so many days before another. A day that is not known is as old as can be.
fn is_older(day: Option<Day>, as_of: Day, limit: u32) -> bool {
    day.is_none_or(|day| day.days_until(as_of) > i64::from(limit))
}

fn judge_recipients(
    gate: &GateSettings,
    candidate: &Candidate<'_>,
    before: &Before,
    stops: &mut Vec<HoldReason>,
) {
    let before = match before {
        Before::None => return,
        // What cannot be compared could be anything.
        Before::Unreadable(month) => return stops.push(HoldReason::BatchBeforeUnreadable { month: *month }),
        Before::Batch(before) => before,
    };
    // Half an export can be half of many recipients that are too small to be looked at one by one.
    let (facts_before, facts) = (before.facts.included, candidate.included);
    if gate.holds_change(facts_before, facts) {
        stops.push(HoldReason::BatchChanged { facts_before, facts });
    }
    let mut rows_before = before.rows_of_recipients();
    for (recipient, rows) in candidate.recipients.iter().copied() {
        match rows_before.remove(&name::fold(recipient)) {
            Some((_, rows_before)) if gate.holds_change(rows_before, rows) => {
                stops.push(HoldReason::RecipientChanged {
                    recipient: recipient.to_owned(),
                    rows_before,
                    rows,
                });
            }
            None if !gate.recipients_may_change => {
                stops.push(HoldReason::RecipientAppeared { recipient: recipient.to_owned(), rows });
            }
            Some(_) | None => {}
        }
    }
    if !gate.recipients_may_change {
        stops.extend(rows_before.into_values().map(|(recipient, rows_before)| {
            HoldReason::RecipientVanished { recipient: recipient.to_owned(), rows_before }
        }));
    }
}

impl GateSettings {
    /// Whether a recipient's rows have changed so much that somebody should look.
    fn holds_change(&self, before: u64, now: u64) -> bool {
        let change = self.max_change.0;
        before.max(now) >= self.min_rows
            && change.is_some_and(|share| share.is_exceeded_by(before.abs_diff(now), before))
    }
}

#[cfg(test)]
mod tests;
