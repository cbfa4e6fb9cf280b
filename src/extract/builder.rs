//! Collecting what the rules say of each fact: counts of all, and the facts that may be shared.

use super::{FactCounts, OrganizationCounts};
use crate::filter::{Judgement, Outcome, Readings, ShareableFact};
use crate::registry::Fact;
use crate::spill::{Sorter, Spill};
use crate::value::Day;
use std::collections::HashMap;
use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

/// Takes the facts that one thread looks at.
#[derive(Debug)]
pub struct SelectionBuilder {
    as_of: Day,
    pub(super) counts: FactCounts,
    /// In the order in which files list them.
    pub(super) facts: Sorter<ShareableFact>,
    /// The IMMUNFACT_ID of each.
    pub(super) ids: Sorter<u64>,
    pub(super) organizations: OrganizationCounts,
    pub(super) groups: Groups,
}

impl SelectionBuilder {
    /// A builder for facts of so many organizations.
    pub fn new(as_of: Day, organizations: usize, spill: &Spill) -> SelectionBuilder {
        SelectionBuilder {
            as_of,
            counts: FactCounts::default(),
            facts: Sorter::new(spill),
            ids: Sorter::new(spill),
            organizations: OrganizationCounts::new(organizations),
            groups: Groups::default(),
        }
    }

    /// Builders for so many threads, which number vaccine groups alike.
    pub fn for_threads(
        threads: NonZeroUsize,
        as_of: Day,
        organizations: usize,
        spill: &Spill,
    ) -> Vec<SelectionBuilder> {
        let all = Arc::default();
        let groups = || Groups { all: Arc::clone(&all), known: HashMap::default() };
        let builder =
            |_| SelectionBuilder { groups: groups(), ..SelectionBuilder::new(as_of, organizations, spill) };
        (0..threads.get()).map(builder).collect()
    }

    /// Counts a fact, and keeps it if it is included under any reading.
    ///
    /// # Errors
    /// If facts have to go to disk and can't.
    pub fn take(&mut self, fact: &Fact<'_>, judgement: Judgement) -> io::Result<()> {
        self.take_all(std::slice::from_ref(fact), &[judgement])
    }

    /// Does so with several facts, each of which has its judgement at the same place.
    ///
    /// # Errors
    /// If facts have to go to disk and can't.
    pub fn take_all(&mut self, facts: &[Fact<'_>], judgements: &[Judgement]) -> io::Result<()> {
        // There are many organizations: their counts are gone to by themselves, so that the processor waits for many of them
        // at once.
        for (fact, judgement) in facts.iter().zip(judgements) {
            self.organizations.note(fact.organization, judgement.outcome);
        }
        for (fact, judgement) in facts.iter().zip(judgements) {
            self.counts.note(*judgement);
            if fact.date <= self.as_of {
                self.counts.note_vaccination(fact.date);
            }
            // Only a fact with a recipient, and so with an organization, is included under any reading.
            if let (false, Some(organization)) = (judgement.included_under.is_empty(), fact.organization) {
                let group = self.groups.place(fact.group);
                self.ids.push(fact.immunfact_id)?;
                self.facts.push(ShareableFact::new(fact, organization, group, judgement.included_under))?;
            }
        }
        Ok(())
    }

    /// Sorts what is not sorted yet.
    pub(super) fn close(&mut self) {
        self.ids.close();
        self.facts.close();
    }

    /// Keeps a fact that is known to be included.
    ///
    /// # Errors
    /// If facts have to go to disk and can't.
    pub fn take_included(&mut self, fact: &Fact<'_>) -> io::Result<()> {
        self.take(fact, Judgement { outcome: Outcome::Included, included_under: Readings::ALL })
    }
}

/// The vaccine groups of the facts that are kept, numbered as they are met, whichever thread meets them. There are a few dozen.
#[derive(Debug, Default)]
pub(super) struct Groups {
    all: Arc<Mutex<Numbered>>,
    /// Those that this thread has met.
    known: Numbered,
}

type Numbered = HashMap<Box<[u8]>, u32, foldhash::fast::FixedState>;

impl Groups {
    fn place(&mut self, group: &[u8]) -> u32 {
        if let Some(place) = self.known.get(group) {
            return *place;
        }
        // A map of names is whole whatever happened to the thread that held it.
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let next = all.len() as u32;
        let place = *all.entry(group.into()).or_insert(next);
        self.known.insert(group.into(), place);
        place
    }

    /// The texts of all that any thread has met, by their places.
    pub(super) fn texts(&self) -> Vec<Box<[u8]>> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let mut texts = vec![Box::<[u8]>::default(); all.len()];
        for (text, place) in all.iter() {
            texts[*place as usize].clone_from(text);
        }
        texts
    }
}
