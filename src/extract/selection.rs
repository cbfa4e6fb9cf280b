//! Collecting what the rules say of each fact: counts of all, and the facts that are shared.

use crate::filter::{Chosen, Judgement, Outcome, Readings, settle_group};
use crate::policy::ConsentRule;
use crate::registry::{Fact, Quarantine, Table, tables};
use std::collections::HashMap;
use std::io;

/// How many facts came to what. Quarantined ones are counted elsewhere.
#[derive(Clone, Debug, Default)]
pub struct FactCounts {
    by_outcome: [u64; Outcome::ALL.len()],
    included_under: [u64; ConsentRule::ALL.len()],
}

impl FactCounts {
    /// How many facts have this outcome.
    pub fn outcome(&self, outcome: Outcome) -> u64 {
        self.by_outcome[outcome as usize]
    }

    pub(crate) fn set_outcome(&mut self, outcome: Outcome, count: u64) {
        self.by_outcome[outcome as usize] = count;
    }

    pub(crate) fn set_included_under(&mut self, rule: ConsentRule, count: u64) {
        self.included_under[rule as usize] = count;
    }

    /// The reasons for which facts were excluded, with how many, in the order of the rules.
    pub fn excluded(&self) -> impl Iterator<Item = (Outcome, u64)> {
        let counts = self.by_outcome;
        let excluded = Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Included);
        excluded.map(move |outcome| (outcome, counts[outcome as usize])).filter(|(_, count)| *count > 0)
    }

    /// How many facts would be included if this rule were the policy's.
    pub fn included_under(&self, rule: ConsentRule) -> u64 {
        self.included_under[rule as usize]
    }
}

/// Takes the facts that one thread looks at.
#[derive(Debug, Default)]
pub struct SelectionBuilder {
    counts: FactCounts,
    chosen: Vec<Chosen>,
    groups: Groups,
}

impl SelectionBuilder {
    /// Counts a fact, and keeps it if it is included under any reading.
    pub fn take(&mut self, fact: &Fact<'_>, judgement: Judgement) {
        self.counts.by_outcome[judgement.outcome as usize] += 1;
        // Only a fact with a recipient, and so with an organization, is included under any reading.
        if let (false, Some(organization)) = (judgement.included_under.is_empty(), fact.organization) {
            let group = self.groups.place(fact.group);
            self.chosen.push(Chosen::new(fact, organization, group, judgement.included_under));
        }
    }

    /// Keeps a fact that is known to be included.
    pub fn take_included(&mut self, fact: &Fact<'_>) {
        self.take(fact, Judgement { outcome: Outcome::Included, included_under: Readings::ALL });
    }

    /// What one thread chose, settled and in order.
    ///
    /// # Errors
    /// If the quarantine's list cannot be written.
    pub fn finish(self, in_force: ConsentRule, quarantine: &mut Quarantine) -> io::Result<Selection> {
        Selection::new(vec![self], in_force, quarantine)
    }

    /// Facts that are known to be included, in order; the counts are those of the run that found it out.
    pub fn of_included(self, counts: FactCounts) -> Selection {
        let mut selection = Selection { counts, facts: self.chosen, groups: self.groups.into_texts() };
        selection.facts.sort_unstable_by_key(Chosen::file_order);
        selection
    }
}

/// The vaccine groups of chosen facts. There are a few dozen.
#[derive(Debug, Default)]
struct Groups {
    places: HashMap<Box<[u8]>, u32, foldhash::fast::FixedState>,
}

impl Groups {
    fn place(&mut self, group: &[u8]) -> u32 {
        if let Some(place) = self.places.get(group) {
            return *place;
        }
        let place = self.places.len() as u32;
        self.places.insert(group.into(), place);
        place
    }

    fn into_texts(self) -> Vec<Box<[u8]>> {
        let mut texts = vec![Box::default(); self.places.len()];
        for (text, place) in self.places {
            texts[place as usize] = text;
        }
        texts
    }
}

/// The facts that are shared, in the order in which files list them.
#[derive(Debug)]
pub struct Selection {
    /// How many facts came to what.
    pub counts: FactCounts,
    facts: Vec<Chosen>,
    groups: Vec<Box<[u8]>>,
}

impl Selection {
    /// Puts together what the threads chose, sends late duplicates to the quarantine, and brings the rest in
    /// order.
    pub(super) fn new(
        choosers: Vec<SelectionBuilder>,
        in_force: ConsentRule,
        quarantine: &mut Quarantine,
    ) -> io::Result<Selection> {
        let mut counts = FactCounts::default();
        let mut facts = Vec::new();
        let mut groups = Groups::default();
        for chooser in choosers {
            for (sum, count) in counts.by_outcome.iter_mut().zip(chooser.counts.by_outcome) {
                *sum += count;
            }
            let places: Vec<u32> =
                chooser.groups.into_texts().iter().map(|text| groups.place(text)).collect();
            let mut chosen = chooser.chosen;
            chosen.iter_mut().for_each(|fact| fact.group = places[fact.group as usize]);
            if facts.is_empty() {
                facts = chosen;
            } else {
                facts.append(&mut chosen);
            }
        }
        let mut selection = Selection { counts, facts, groups: groups.into_texts() };
        selection.settle_duplicates(in_force, quarantine)?;
        selection.facts.sort_unstable_by_key(Chosen::file_order);
        Ok(selection)
    }

    /// Of facts that share an IMMUNFACT_ID, one stays if they are equal and none if they differ; facts that pass
    /// only under another rule than the one in force go.
    fn settle_duplicates(&mut self, in_force: ConsentRule, quarantine: &mut Quarantine) -> io::Result<()> {
        self.facts.sort_unstable_by_key(|fact| (fact.immunfact_id, fact.line));
        let mut kept = 0;
        let mut start = 0;
        while start < self.facts.len() {
            let id = self.facts[start].immunfact_id;
            let end = start + self.facts[start..].iter().take_while(|f| f.immunfact_id == id).count();
            let group = &mut self.facts[start..end];
            let (finding, passing) = settle_group(group, in_force, |f| f.readings, Chosen::equals);
            for rule in ConsentRule::ALL {
                self.counts.included_under[rule as usize] += u64::from(finding.included.contains(rule));
            }
            let key = tables::immunizations::IMMUNFACT_ID;
            let (stay, fault) = finding.in_force.ruling(key);
            let stay = stay.min(passing);
            if let Some(fault) = fault {
                for fact in &group[stay..passing] {
                    quarantine.add(Table::Immunizations, fact.line, fault)?;
                    self.counts.by_outcome[Outcome::Included as usize] -= 1;
                }
            }
            self.facts.copy_within(start..start + stay, kept);
            kept += stay;
            start = end;
        }
        self.facts.truncate(kept);
        Ok(())
    }

    /// The facts that are shared, in the order in which files list them.
    pub fn facts(&self) -> &[Chosen] {
        &self.facts
    }

    /// The text of a fact's vaccine group; blank is empty.
    pub fn group(&self, fact: &Chosen) -> &[u8] {
        &self.groups[fact.group as usize]
    }
}
