//! Whether the export is the one that should have been read: fresh, whole, and another than last month's.

use super::{Candidate, Reference, Verdict};
use crate::batch::{Before, Evidence, HoldReason};
use crate::policy::{GateKey, GateSettings, MaxAge, MaxCount};
use crate::registry::{Table, changed_files};
use crate::value::Day;

pub(super) fn judge(
    gate: &GateSettings,
    candidate: &Candidate<'_>,
    reference: Reference<'_>,
    verdict: &mut Verdict,
) {
    judge_files(gate, candidate, &mut verdict.stops);
    let as_of = candidate.manifest.as_of;
    if gate.window_over && as_of > candidate.window_ends {
        verdict.stops.push(HoldReason::WindowOver { as_of, last_day: candidate.window_ends });
    }
    judge_content(gate, candidate, reference, verdict);
    judge_repetitions(gate, candidate, reference, verdict);
    judge_newest_vaccination(gate, candidate, reference, verdict);
}

/// When the files were changed last.
fn judge_files(gate: &GateSettings, candidate: &Candidate<'_>, stops: &mut Vec<HoldReason>) {
    if let Some(now) = candidate.export_now {
        let changed = changed_files(candidate.export, now);
        stops.extend(changed.map(|file| HoldReason::ExportStillChanging { file: file.to_owned() }));
    }
    let as_of = candidate.manifest.as_of;
    for stamp in candidate.export {
        let (file, day) = (&stamp.file, stamp.modified.day());
        if let MaxAge(Some(limit)) = gate.max_export_age
            && is_older(day, as_of, limit)
        {
            stops.push(HoldReason::ExportOld { file: file.clone(), day, limit });
        }
        if let (true, Some(today), Some(day)) = (gate.newer_than_as_of, candidate.today, day)
            && day > today
        {
            stops.push(HoldReason::NewerThanAsOf { file: file.clone(), day, as_of });
        }
    }
}

/// Whether the tables are those of the batch before.
fn judge_content(
    gate: &GateSettings,
    candidate: &Candidate<'_>,
    reference: Reference<'_>,
    verdict: &mut Verdict,
) {
    if !gate.same_export && !gate.same_consents {
        return;
    }
    let Before::Batch(before) = reference.before else { return };
    let (month, now) = (before.batch, candidate.evidence);
    // It must tell of every table that there was.
    let tells = |evidence: &&Evidence| before.tables.keys().all(|table| evidence.tables.contains_key(table));
    let Some(then) = reference.evidence.filter(tells).filter(|evidence| !evidence.tables.is_empty()) else {
        let keys = [(gate.same_export, GateKey::SameExport), (gate.same_consents, GateKey::SameConsents)];
        verdict.not_compared.extend(keys.into_iter().filter(|(is_on, _)| *is_on).map(|(_, key)| key.name()));
        return;
    };
    let is_same = |table: Table| {
        let of = |evidence: &Evidence| evidence.tables.get(table.name()).cloned();
        of(now).is_some() && of(now) == of(then)
    };
    // A table that may be absent, and is gone, makes no other export of what is left: every table that is there holds
    // what it held.
    let is_all_same =
        Table::ALL.into_iter().filter(|table| now.tables.contains_key(table.name())).all(&is_same);
    if gate.same_export && is_all_same && !now.tables.is_empty() {
        verdict.stops.push(HoldReason::SameExport { month });
    }
    let rows = candidate.manifest.tables.get(Table::Consents.name()).map_or(0, |table| table.rows);
    if gate.same_consents
        && rows >= gate.min_rows
        && is_same(Table::Consents)
        && !is_same(Table::Immunizations)
    {
        verdict.stops.push(HoldReason::SameConsents { month });
    }
}

fn judge_repetitions(
    gate: &GateSettings,
    candidate: &Candidate<'_>,
    reference: Reference<'_>,
    verdict: &mut Verdict,
) {
    let records = candidate.evidence.repeated_consents;
    let MaxCount(Some(most)) = gate.repeated_consents else { return };
    if records > most {
        let before = reference.evidence.map_or(0, |evidence| evidence.repeated_consents);
        let reason = HoldReason::RepeatedConsents { records };
        if records > before { verdict.stops.push(reason) } else { verdict.warnings.push(reason) }
    }
}

fn judge_newest_vaccination(
    gate: &GateSettings,
    candidate: &Candidate<'_>,
    reference: Reference<'_>,
    verdict: &mut Verdict,
) {
    let (as_of, included) = (candidate.manifest.as_of, candidate.manifest.facts.included);
    if let MaxAge(Some(limit)) = gate.max_vaccination_age
        && included >= gate.min_rows
        && included > 0
        && is_older(candidate.newest_vaccination, as_of, limit)
    {
        // Whoever makes the first batch in a place by hand may well be trying the program on data of last year's, and
        // is there to read a warning.
        let is_trial = candidate.is_attended && *reference.before == Before::None;
        let found = if is_trial { &mut verdict.warnings } else { &mut verdict.stops };
        found.push(HoldReason::NoRecentVaccination { as_of, limit });
    }
}

/// Whether a day lies more than so many days before another. A day that is not known is as old as can be.
fn is_older(day: Option<Day>, as_of: Day, limit: u32) -> bool {
    day.is_none_or(|day| day.days_until(as_of) > i64::from(limit))
}
