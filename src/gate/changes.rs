//! Whether counts and shares have moved much since the batch before.

use super::{Candidate, Reference, Verdict};
use crate::batch::{Before, Counts, HoldReason, Manifest, Share, side_by_side};
use crate::filter::Outcome;
use crate::policy::{GateKey, GateSettings, MaxChange};
use crate::registry::Table;
use crate::value::{Percentage, name};
use std::collections::BTreeSet;

pub(super) fn judge(
    gate: &GateSettings,
    candidate: &Candidate<'_>,
    reference: Reference<'_>,
    verdict: &mut Verdict,
) {
    let before = match reference.before {
        Before::None => return,
        // What cannot be compared could be anything.
        Before::Unreadable(month) => {
            return verdict.stops.push(HoldReason::BatchBeforeUnreadable { month: *month, file: None });
        }
        Before::Batch(before) => before,
    };
    let unreadable = |file: &String| HoldReason::BatchBeforeUnreadable {
        month: Some(before.batch),
        file: Some(file.clone()),
    };
    verdict.stops.extend(reference.damaged.iter().map(unreadable));
    if let MaxChange(Some(points)) = gate.max_excluded_change {
        judge_outcomes(gate, points, before, candidate.manifest, &mut verdict.stops);
    }
    judge_blanks(gate, candidate, before, reference, verdict);
    judge_recipients(gate, candidate.manifest, before, &mut verdict.stops);
}

/// The counts of the batch before and of this, in the order of the names.
fn in_order<'a>(before: &'a Counts, now: &'a Counts) -> Vec<(&'a str, u64, u64)> {
    let mut counts: Vec<_> = side_by_side(before, Some(now)).collect();
    counts.sort_unstable();
    counts
}

/// The shares of outcomes among the facts read, and of quarantine codes among their tables' rows.
fn judge_outcomes(
    gate: &GateSettings,
    points: Percentage,
    before: &Manifest,
    now: &Manifest,
    stops: &mut Vec<HoldReason>,
) {
    let mut look = |table: &str, name: &str, then: Share, now: Share| {
        if gate.holds_move(points, then, now) {
            let (table, name) = (table.to_owned(), name.to_owned());
            stops.push(HoldReason::MaxExcludedChange { table, name, before: then, now });
        }
    };
    let facts = Table::Immunizations.name();
    let share = |count, of| Share { count, of };
    let included = |manifest: &Manifest| share(manifest.facts.included, manifest.facts.read);
    look(facts, Outcome::Included.name(), included(before), included(now));
    for (name, then, count) in in_order(&before.facts.excluded, &now.facts.excluded) {
        look(facts, name, share(then, before.facts.read), share(count, now.facts.read));
    }
    for (table, entry) in &now.tables {
        let Some(then) = before.tables.get(table) else { continue };
        for (name, count_then, count) in in_order(&then.quarantined, &entry.quarantined) {
            look(table, name, share(count_then, then.rows), share(count, entry.rows));
        }
    }
}

/// The shares of blanks in each column, among the facts that are shared.
fn judge_blanks(
    gate: &GateSettings,
    candidate: &Candidate<'_>,
    before: &Manifest,
    reference: Reference<'_>,
    verdict: &mut Verdict,
) {
    let MaxChange(Some(points)) = gate.max_blank_change else { return };
    let Some(then) = reference.tally else {
        return verdict.not_compared.push(GateKey::MaxBlankChange.name());
    };
    let columns: BTreeSet<&String> = then.blanks.keys().chain(candidate.tally.blanks.keys()).collect();
    for column in columns {
        let count = |tally: &crate::batch::Tally| tally.blanks.get(column).copied().unwrap_or_default();
        let before = Share { count: count(then), of: before.facts.included };
        let now = Share { count: count(candidate.tally), of: candidate.manifest.facts.included };
        if gate.holds_move(points, before, now) {
            verdict.stops.push(HoldReason::MaxBlankChange { column: column.clone(), before, now });
        }
    }
}

fn judge_recipients(gate: &GateSettings, now: &Manifest, before: &Manifest, stops: &mut Vec<HoldReason>) {
    // Half an export can be half of many recipients that are too small to be looked at one by one.
    let (facts_before, facts) = (before.facts.included, now.facts.included);
    if gate.holds_change(facts_before, facts) {
        stops.push(HoldReason::BatchChanged { facts_before, facts });
    }
    let mut rows_before = before.rows_of_recipients();
    for file in &now.files {
        let (recipient, rows) = (file.recipient.clone(), file.rows);
        match rows_before.remove(&name::fold(&recipient)) {
            Some((_, rows_before)) if gate.holds_change(rows_before, rows) => {
                stops.push(HoldReason::RecipientChanged { recipient, rows_before, rows });
            }
            None if !gate.recipients_may_change => {
                stops.push(HoldReason::RecipientAppeared { recipient, rows });
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
        self.max_change.is_exceeded(self.min_rows, before, now)
    }

    /// Whether a share has moved so far that somebody should look. It is not looked at where there are few facts or rows, on
    /// both sides, that it is a share of.
    fn holds_move(&self, points: Percentage, before: Share, now: Share) -> bool {
        let pair = |share: Share| (share.count, share.of);
        before.of.max(now.of) >= self.min_rows
            && (points.is_exceeded_by_rise(pair(before), pair(now))
                || points.is_exceeded_by_rise(pair(now), pair(before)))
    }
}
