//! What came of the facts of each organization.

use crate::filter::Outcome;

/// For each outcome, and for late duplicates, how many facts.
const COLUMNS: usize = Outcome::ALL.len() + 1;
const LATE_DUPLICATES: usize = Outcome::ALL.len();

/// How many facts of each organization came to what. Those that cannot be used when they are read belong to none.
#[derive(Clone, Default, Debug)]
pub struct OrganizationCounts {
    /// The counts of each organization, by place, and last those of facts that name none.
    counts: Vec<[u64; COLUMNS]>,
}

impl OrganizationCounts {
    /// Counts of so many organizations.
    pub(crate) fn new(organizations: usize) -> OrganizationCounts {
        OrganizationCounts { counts: vec![[0; COLUMNS]; organizations + 1] }
    }

    /// How many organizations there are.
    pub fn len(&self) -> usize {
        self.counts.len().saturating_sub(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn place(&self, organization: Option<u32>) -> usize {
        organization.map_or(self.len(), |place| place as usize)
    }

    /// How many facts of an organization have an outcome; of no organization where none is given.
    pub fn outcome(&self, organization: Option<u32>, outcome: Outcome) -> u64 {
        self.counts[self.place(organization)][outcome as usize]
    }

    /// How many facts of an organization are late duplicates.
    pub fn late_duplicates(&self, organization: Option<u32>) -> u64 {
        self.counts[self.place(organization)][LATE_DUPLICATES]
    }

    /// How many facts of an organization could be read.
    pub fn read(&self, organization: Option<u32>) -> u64 {
        self.counts[self.place(organization)].iter().sum()
    }

    /// The organizations, by place, of which any fact could be used, whatever came of it.
    pub fn reached(&self) -> impl Iterator<Item = u32> {
        let is_reached = |counts: &[u64; COLUMNS]| counts[..LATE_DUPLICATES].iter().any(|count| *count > 0);
        (0..)
            .zip(&self.counts[..self.len()])
            .filter(move |(_, counts)| is_reached(counts))
            .map(|(place, _)| place)
    }

    /// How many facts of which organization came to which outcome, where any did; the outcome of late duplicates is none.
    pub(crate) fn facts(&self) -> impl Iterator<Item = (Option<u32>, Option<Outcome>, u64)> {
        let outcomes = || Outcome::ALL.into_iter().map(Some).chain([None]);
        self.counts.iter().enumerate().flat_map(move |(place, counts)| {
            let organization = Some(place as u32).filter(|_| place < self.len());
            let facts = outcomes().zip(counts).filter(|(_, facts)| **facts > 0);
            facts.map(move |(outcome, facts)| (organization, outcome, *facts))
        })
    }

    /// Counts a fact.
    pub(super) fn note(&mut self, organization: Option<u32>, outcome: Outcome) {
        let place = self.place(organization);
        self.counts[place][outcome as usize] += 1;
    }

    /// An included fact is a late duplicate after all.
    pub(super) fn take_back_included(&mut self, organization: u32) {
        let counts = &mut self.counts[organization as usize];
        counts[Outcome::Included as usize] -= 1;
        counts[LATE_DUPLICATES] += 1;
    }

    /// Adds facts of an outcome; of none that the program has, late duplicates.
    pub(crate) fn add_facts(&mut self, organization: Option<u32>, outcome: Option<Outcome>, facts: u64) {
        let place = self.place(organization);
        self.counts[place][outcome.map_or(LATE_DUPLICATES, |outcome| outcome as usize)] += facts;
    }

    /// Adds another count's numbers.
    pub(super) fn add(&mut self, other: &OrganizationCounts) {
        self.counts.resize(other.counts.len(), [0; COLUMNS]);
        for (mine, theirs) in self.counts.iter_mut().flatten().zip(other.counts.iter().flatten()) {
            *mine += theirs;
        }
    }
}
