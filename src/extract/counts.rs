//! How many facts came to what.

use crate::filter::{Judgement, Outcome, Readings};
use crate::policy::ConsentRule;
use crate::value::Day;

/// How many facts came to what. Quarantined ones are counted elsewhere.
#[derive(Clone, Debug, Default)]
pub struct FactCounts {
    by_outcome: [u64; Outcome::ALL.len()],
    included_under: [u64; ConsentRule::ALL.len()],
    newest: Option<Day>,
}

impl FactCounts {
    /// How many facts have this outcome.
    pub fn outcome(&self, outcome: Outcome) -> u64 {
        self.by_outcome[outcome as usize]
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

    /// The newest vaccination on or before the as-of date, of all facts.
    pub fn newest_vaccination(&self) -> Option<Day> {
        self.newest
    }

    pub(crate) fn set_newest_vaccination(&mut self, day: Option<Day>) {
        self.newest = day;
    }

    pub(crate) fn set_outcome(&mut self, outcome: Outcome, count: u64) {
        self.by_outcome[outcome as usize] = count;
    }

    pub(crate) fn set_included_under(&mut self, rule: ConsentRule, count: u64) {
        self.included_under[rule as usize] = count;
    }

    /// Counts a fact as if no other shared its id.
    pub(super) fn note(&mut self, judgement: Judgement) {
        self.by_outcome[judgement.outcome as usize] += 1;
        self.note_readings(judgement.included_under);
    }

    fn note_readings(&mut self, readings: Readings) {
        for rule in ConsentRule::ALL {
            self.included_under[rule as usize] += u64::from(readings.contains(rule));
        }
    }

    /// Takes note of a vaccination on or before the as-of date.
    pub(super) fn note_vaccination(&mut self, day: Day) {
        self.newest = self.newest.max(Some(day));
    }

    /// Puts what became of facts that share an id in place of what was noted of each.
    pub(super) fn settle(&mut self, noted: impl Iterator<Item = Readings>, included: Readings) {
        for readings in noted {
            for rule in ConsentRule::ALL {
                self.included_under[rule as usize] -= u64::from(readings.contains(rule));
            }
        }
        self.note_readings(included);
    }

    /// Takes back an included fact that is quarantined after all.
    pub(super) fn take_back_included(&mut self) {
        self.by_outcome[Outcome::Included as usize] -= 1;
    }

    /// Adds another count's numbers.
    pub(super) fn add(&mut self, other: &FactCounts) {
        let pairs = |mine, theirs| std::iter::zip::<&mut [u64], &[u64]>(mine, theirs);
        for (mine, theirs) in pairs(&mut self.by_outcome, &other.by_outcome)
            .chain(pairs(&mut self.included_under, &other.included_under))
        {
            *mine += theirs;
        }
        self.newest = self.newest.max(other.newest);
    }
}
