//! The facts that are shared, from those that every thread found.

use super::{FactCounts, OrganizationCounts, SelectionBuilder};
use crate::filter::{Outcome, ShareableFact, settle_group};
use crate::parallel::beside_each_other;
use crate::policy::ConsentRule;
use crate::registry::{ClientPlace, Quarantine, QuarantinedRow, Reference, RowIds, Table, tables};
use crate::spill::{Merge, Sorted, Sorter, Spill};
use std::io;
use std::num::NonZeroUsize;

/// The facts that are shared, in the order in which files list them.
#[derive(Debug)]
pub struct Selection {
    /// How many facts came to what.
    pub counts: FactCounts,
    facts: Sorted<ShareableFact>,
    in_force: ConsentRule,
    /// The lines of facts that share an id and may not stay, in ascending order.
    dropped: Vec<u64>,
    /// What came of the facts of each organization.
    pub organizations: OrganizationCounts,
    groups: Vec<Box<[u8]>>,
}

impl Selection {
    /// Puts together what the threads found, and sends late duplicates to the quarantine.
    ///
    /// # Errors
    /// If what lies on disk can't be read back, or more can't be put there.
    pub fn new(
        mut builders: Vec<SelectionBuilder>,
        in_force: ConsentRule,
        quarantine: &mut Quarantine,
        reference: &Reference,
        spill: &Spill,
    ) -> io::Result<Selection> {
        let threads = NonZeroUsize::new(builders.len()).unwrap_or(NonZeroUsize::MIN);
        // What each has not sorted yet is sorted beside the others', not behind them.
        beside_each_other(&mut builders, SelectionBuilder::close);
        let mut ids = Sorter::new(spill);
        let mut facts = Sorter::new(spill);
        let (mut counts, mut organizations) = (FactCounts::default(), OrganizationCounts::default());
        let groups = builders.first().map_or_else(Vec::new, |builder| builder.groups.texts());
        for builder in builders {
            counts.add(&builder.counts);
            organizations.add(&builder.organizations);
            ids.absorb(builder.ids);
            facts.absorb(builder.facts);
        }
        let repeated: Vec<u64> = ids.repeats(threads)?.into_iter().map(|(id, _)| id).collect();
        drop(ids);
        let facts = facts.sorted()?;
        let mut selection = Selection { counts, facts, in_force, dropped: Vec::new(), organizations, groups };
        if !repeated.is_empty() {
            selection.settle(&repeated, quarantine, reference, spill)?;
        }
        Ok(selection)
    }

    /// Facts that are known to be included; the counts are those of the run that found it out.
    ///
    /// # Errors
    /// If what lies on disk can't be read back, or more can't be put there.
    pub fn of_included(
        builders: Vec<SelectionBuilder>,
        counts: FactCounts,
        organizations: OrganizationCounts,
        spill: &Spill,
    ) -> io::Result<Selection> {
        let groups = builders.first().map_or_else(Vec::new, |builder| builder.groups.texts());
        let mut facts = Sorter::new(spill);
        builders.into_iter().for_each(|builder| facts.absorb(builder.facts));
        Ok(Selection {
            counts,
            groups,
            facts: facts.sorted()?,
            // They passed under whichever rule was in force.
            in_force: ConsentRule::ActiveOnAsOf,
            dropped: Vec::new(),
            organizations,
        })
    }

    /// Of facts that share an IMMUNFACT_ID, one stays if they are equal and none if they differ; facts that pass
    /// only under another rule than the one in force don't count. `repeated` are the ids, in ascending order.
    fn settle(
        &mut self,
        repeated: &[u64],
        quarantine: &mut Quarantine,
        reference: &Reference,
        spill: &Spill,
    ) -> io::Result<()> {
        let mut sharing = Sorter::new(spill);
        for fact in self.facts.merge() {
            let fact = fact?;
            if repeated.binary_search(&fact.immunfact_id).is_ok() {
                sharing.push(((fact.immunfact_id, fact.line), fact))?;
            }
        }
        let mut group: Vec<ShareableFact> = Vec::new();
        for fact in sharing.merge()? {
            let (_, fact) = fact?;
            if group.first().is_some_and(|first| first.immunfact_id != fact.immunfact_id) {
                self.settle_one(&mut group, quarantine, reference)?;
                group.clear();
            }
            group.push(fact);
        }
        self.settle_one(&mut group, quarantine, reference)?;
        self.dropped.sort_unstable();
        Ok(())
    }

    fn settle_one(
        &mut self,
        group: &mut [ShareableFact],
        quarantine: &mut Quarantine,
        reference: &Reference,
    ) -> io::Result<()> {
        let (finding, passing) =
            settle_group(group, self.in_force, |fact| fact.readings, ShareableFact::equals);
        self.counts.settle(group.iter().map(|fact| fact.readings), finding.included);
        let (stay, fault) = finding.in_force.ruling(tables::immunizations::IMMUNFACT_ID);
        let Some(fault) = fault else { return Ok(()) };
        for fact in &group[stay..passing] {
            let organization = Some(reference.organizations.id(fact.organization));
            let ids = RowIds { organization, ..RowIds::default() };
            quarantine.add(&QuarantinedRow::new(Table::Immunizations, fact.line, fault, ids))?;
            self.counts.take_back_included();
            self.organizations.take_back_included(fact.organization);
            self.dropped.push(fact.line);
        }
        Ok(())
    }

    /// The facts that are shared, in the order in which files list them.
    pub fn in_order(&self) -> InOrder<'_> {
        InOrder {
            facts: self.facts.merge(),
            selection: self,
            next: None,
            last: None,
            of_client: 0,
            clients: 0,
        }
    }

    /// How many facts of the organization at this place are shared.
    pub fn of_organization(&self, place: u32) -> u64 {
        self.organizations.outcome(Some(place), Outcome::Included)
    }

    /// The texts of vaccine groups, by place; blank is empty.
    pub fn groups(&self) -> &[Box<[u8]>] {
        &self.groups
    }
}

/// Hands out the facts that are shared, in the order in which files list them.
pub struct InOrder<'a> {
    facts: Merge<'a, ShareableFact>,
    selection: &'a Selection,
    /// The fact behind those that were handed out, if it was looked at already.
    next: Option<ShareableFact>,
    /// The client of the fact that was handed out last, with how many facts were since the last place for a break.
    last: Option<ClientPlace>,
    of_client: usize,
    clients: u64,
}

/// A client's facts stay together as long as they are no more than this, so that they fit into memory.
const MOST_OF_A_CLIENT: usize = 1 << 16;

impl InOrder<'_> {
    /// Puts about so many facts into `batch`, in place of what it holds; none at the end. A client's facts stay together,
    /// and if these are very many, those of one day. Where they are parted does not depend on the size of batches.
    ///
    /// # Errors
    /// If what lies on disk can't be read back.
    pub fn next_batch(&mut self, about: usize, batch: &mut Vec<ShareableFact>) -> io::Result<()> {
        batch.clear();
        batch.extend(self.next.take());
        while let Some(fact) = self.next_shared()? {
            if self.may_part(batch.last(), &fact) && batch.len() >= about {
                self.next = Some(fact);
                break;
            }
            batch.push(fact);
        }
        Ok(())
    }

    /// How many different clients the facts are of that were handed out.
    pub fn clients(&self) -> u64 {
        self.clients
    }

    /// The client of the fact that comes next, once a batch was taken; none at the end.
    pub fn next_client(&self) -> Option<ClientPlace> {
        self.next.map(|fact| fact.client)
    }

    /// Whether a batch may end before this fact. Counts its client.
    fn may_part(&mut self, last: Option<&ShareableFact>, fact: &ShareableFact) -> bool {
        if self.last != Some(fact.client) {
            self.last = Some(fact.client);
            self.clients += 1;
            self.of_client = 1;
            return true;
        }
        self.of_client += 1;
        let is_many = self.of_client > MOST_OF_A_CLIENT && last.is_none_or(|last| last.date != fact.date);
        if is_many {
            self.of_client = 1;
        }
        is_many
    }

    fn next_shared(&mut self) -> io::Result<Option<ShareableFact>> {
        let Selection { in_force, dropped, .. } = self.selection;
        for fact in &mut self.facts {
            let fact = fact?;
            if fact.readings.contains(*in_force) && dropped.binary_search(&fact.line).is_err() {
                return Ok(Some(fact));
            }
        }
        Ok(None)
    }
}
