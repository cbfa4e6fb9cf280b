//! How the counts of the facts by code moved from one batch to another, as their manifests have them.

use crate::batch::{Counts, FactsEntry, Manifest, side_by_side};
use crate::filter::Outcome;
use serde::Serialize;

/// How many facts have a code in each of two batches.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CodeCounts {
    pub code: String,
    pub old: u64,
    pub new: u64,
}

/// The codes of which the two batches count other numbers of facts: INCLUDED, then the outcomes, then the codes of
/// quarantined rows.
pub fn moved_codes(old: &Manifest, new: &Manifest) -> Vec<CodeCounts> {
    let included = (Outcome::Included.name(), old.facts.included, new.facts.included);
    let of = |part: fn(&FactsEntry) -> &Counts| side_by_side(part(&old.facts), Some(part(&new.facts)));
    let counts =
        [included].into_iter().chain(of(|facts| &facts.excluded)).chain(of(|facts| &facts.quarantined));
    let moved = counts.filter(|(_, old, new)| old != new);
    moved.map(|(code, old, new)| CodeCounts { code: code.to_owned(), old, new }).collect()
}
