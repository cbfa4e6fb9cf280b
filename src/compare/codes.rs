//! How the counts of the facts by code moved from one batch to another, as their manifests have them.

use crate::batch::{Counts, FactsEntry, Manifest};
use crate::filter::Outcome;
use indexmap::IndexMap;
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
    let mut counts: IndexMap<&str, [u64; 2]> = IndexMap::new();
    counts.insert(Outcome::Included.name(), [old.facts.included, new.facts.included]);
    let parts: [fn(&FactsEntry) -> &Counts; 2] = [|facts| &facts.excluded, |facts| &facts.quarantined];
    for part in parts {
        for (side, manifest) in [old, new].into_iter().enumerate() {
            for (code, count) in part(&manifest.facts) {
                counts.entry(code).or_default()[side] = *count;
            }
        }
    }
    let moved = counts.into_iter().filter(|(_, [old, new])| old != new);
    moved.map(|(code, [old, new])| CodeCounts { code: code.to_owned(), old, new }).collect()
}
