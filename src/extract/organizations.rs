//! What came of the facts of each organization.

use crate::filter::Outcome;

const COLUMNS: usize = Outcome::ALL.len();

/// How many facts of each organization came to what. Those that cannot be used are counted in the quarantine.
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

    /// How many facts of an organization have any outcome.
    pub fn total(&self, organization: Option<u32>) -> u64 {
        self.counts[self.place(organization)].iter().sum()
    }

    /// The organizations, by place, of which any fact could be used, whatever came of it.
    pub fn reached(&self) -> impl Iterator<Item = u32> {
        let is_reached = |counts: &[u64; COLUMNS]| counts.iter().any(|count| *count > 0);
        (0..)
            .zip(&self.counts[..self.len()])
            .filter(move |(_, counts)| is_reached(counts))
            .map(|(place, _)| place)
    }

    /// How many facts of which organization came to which outcome, where any did.
    pub(crate) fn facts(&self) -> impl Iterator<Item = (Option<u32>, Outcome, u64)> {
        self.counts.iter().enumerate().flat_map(move |(place, counts)| {
            let organization = Some(place as u32).filter(|_| place < self.len());
            let facts = Outcome::ALL.into_iter().zip(counts).filter(|(_, facts)| **facts > 0);
            facts.map(move |(outcome, facts)| (organization, outcome, *facts))
        })
    }

    /// Counts a fact.
    pub(super) fn note(&mut self, organization: Option<u32>, outcome: Outcome) {
        let place = self.place(organization);
        self.counts[place][outcome as usize] += 1;
    }

    /// An included fact is quarantined after all.
    pub(super) fn take_back_included(&mut self, organization: u32) {
        self.counts[organization as usize][Outcome::Included as usize] -= 1;
    }

    /// Adds facts of an outcome.
    pub(crate) fn add_facts(&mut self, organization: Option<u32>, outcome: Outcome, facts: u64) {
        let place = self.place(organization);
        self.counts[place][outcome as usize] += facts;
    }

    /// Adds another count's numbers.
    pub(super) fn add(&mut self, other: &OrganizationCounts) {
        self.counts.resize(other.counts.len(), [0; COLUMNS]);
        for (mine, theirs) in self.counts.iter_mut().flatten().zip(other.counts.iter().flatten()) {
            *mine += theirs;
        }
    }
}
