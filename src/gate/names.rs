//! Whether names lead where they should: entities that nobody has, facts that lead to nobody, and names that look alike.

use super::{Candidate, Reference, Verdict};
use crate::batch::{Before, HoldReason, Manifest, Share};
use crate::filter::Outcome;
use crate::policy::{GateSettings, MaxChange};
use crate::value::{Percentage, name};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn judge(
    gate: &GateSettings,
    candidate: &Candidate<'_>,
    reference: Reference<'_>,
    verdict: &mut Verdict,
) {
    if gate.nothing_shared && candidate.manifest.facts.included == 0 {
        verdict.stops.push(HoldReason::NothingShared);
    }
    if gate.unmatched_recipients {
        judge_unmatched(candidate, reference, verdict);
    }
    if gate.look_alikes {
        judge_look_alikes(candidate, reference, verdict);
    }
    judge_unknown(gate, candidate, reference, verdict);
}

fn judge_unmatched(candidate: &Candidate<'_>, reference: Reference<'_>, verdict: &mut Verdict) {
    let before: BTreeSet<String> = reference
        .evidence
        .iter()
        .flat_map(|evidence| &evidence.unmatched_recipients)
        .map(|n| name::fold(n))
        .collect();
    let (known, new): (Vec<String>, Vec<String>) = candidate
        .evidence
        .unmatched_recipients
        .iter()
        .cloned()
        .partition(|n| before.contains(&name::fold(n)));
    for (entities, found) in [(new, &mut verdict.stops), (known, &mut verdict.warnings)] {
        if !entities.is_empty() {
            found.push(HoldReason::UnmatchedRecipients { entities });
        }
    }
}

fn judge_look_alikes(candidate: &Candidate<'_>, reference: Reference<'_>, verdict: &mut Verdict) {
    // Of several names that look the same, each is paired with the first only, and another may be the first now: two names
    // are known to look the same if both were paired with a third, too.
    let mut partners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for [one, other] in reference.evidence.iter().flat_map(|evidence| &evidence.look_alikes) {
        let (one, other) = (name::fold(one), name::fold(other));
        partners.entry(one.clone()).or_default().insert(other.clone());
        partners.entry(other).or_default().insert(one);
    }
    let is_known = |[one, other]: &[String; 2]| {
        let (one, other) = (name::fold(one), name::fold(other));
        match (partners.get(&one), partners.get(&other)) {
            (Some(of_one), Some(of_other)) => of_one.contains(&other) || !of_one.is_disjoint(of_other),
            _ => false,
        }
    };
    let (known, new): (Vec<_>, Vec<_>) = candidate.evidence.look_alikes.iter().cloned().partition(is_known);
    for (pairs, found) in [(new, &mut verdict.stops), (known, &mut verdict.warnings)] {
        if !pairs.is_empty() {
            found.push(HoldReason::LookAlikes { pairs });
        }
    }
}

/// By so many points more than the batch before a share may be that is too large in both.
const POINTS: Percentage = Percentage::of_whole(5);

/// Facts that are left out because a client type, a responsible entity or a recipient is not known.
fn judge_unknown(
    gate: &GateSettings,
    candidate: &Candidate<'_>,
    reference: Reference<'_>,
    verdict: &mut Verdict,
) {
    let MaxChange(Some(most)) = gate.max_unknown else { return };
    let now = unknown(candidate.manifest);
    let [(_, Share { of: facts, .. }), _] = now;
    if facts < gate.min_rows {
        return;
    }
    let before = match reference.before {
        Before::Batch(before) => Some(unknown(before)),
        Before::None | Before::Unreadable(_) => None,
    };
    for (place, (outcome, share)) in now.into_iter().enumerate() {
        if share.of == 0 || !most.is_exceeded_by(share.count, share.of) {
            continue;
        }
        let reason = HoldReason::MaxUnknown { outcome: outcome.to_owned(), facts: share.count, of: share.of };
        // What was too much already and has not grown is only told.
        let had_before = before.as_ref().is_some_and(|before| {
            let (_, then) = &before[place];
            most.is_exceeded_by(then.count, then.of)
                && then.of > 0
                && !POINTS.is_exceeded_by_rise((then.count, then.of), (share.count, share.of))
        });
        if had_before { verdict.warnings.push(reason) } else { verdict.stops.push(reason) }
    }
}

/// The facts of unknown client types among all that could be used, and those without an entity or a recipient among all
/// that every rule before lets through.
fn unknown(manifest: &Manifest) -> [(&'static str, Share); 2] {
    let facts = &manifest.facts;
    let count = |outcome: Outcome| facts.excluded.get(outcome.name()).copied().unwrap_or_default();
    let usable = manifest.excluded().saturating_add(facts.included);
    let nobodys = count(Outcome::NoResponsibleEntity).saturating_add(count(Outcome::NoRecipient));
    [
        (Outcome::UnknownClientType.name(), Share { count: count(Outcome::UnknownClientType), of: usable }),
        (
            "NO_RESPONSIBLE_ENTITY or NO_RECIPIENT",
            Share { count: nobodys, of: nobodys.saturating_add(facts.included) },
        ),
    ]
}
