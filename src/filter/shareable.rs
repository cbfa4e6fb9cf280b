//! The facts that may be shared, as they are kept until the files are written.

use super::outcome::Readings;
use crate::registry::{ClientPlace, DisasterFlag, Fact};
use crate::value::Day;
use std::cmp::Ordering;

/// A fact that passes the rules under at least one reading of consent: all that a row of a file needs of it, in
/// little memory, because a state has tens of millions of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShareableFact {
    /// The dose.
    pub immunization_id: u64,
    /// The fact.
    pub immunfact_id: u64,
    /// The line on which its row begins.
    pub line: u64,
    /// The client's place.
    pub client: ClientPlace,
    /// The day of the vaccination.
    pub date: Day,
    /// The vaccine's place.
    pub vaccine: u32,
    /// The organization's place.
    pub organization: u32,
    /// The vaccine group's place among the groups met.
    pub group: u32,
    /// The dose's number in its series; 0 is blank.
    pub ordinal: u16,
    /// DISASTER_FLAG. It is not shared, but facts that differ in it differ.
    pub disaster_flag: Option<DisasterFlag>,
    /// The readings under which it passes.
    pub readings: Readings,
}

impl ShareableFact {
    /// Keeps what is needed of a fact whose organization and whose group's place are these.
    pub fn new(fact: &Fact<'_>, organization: u32, group: u32, readings: Readings) -> ShareableFact {
        ShareableFact {
            immunization_id: fact.immunization_id,
            immunfact_id: fact.immunfact_id,
            line: fact.line,
            client: fact.client,
            date: fact.date,
            vaccine: fact.vaccine,
            organization,
            group,
            ordinal: fact.ordinal,
            disaster_flag: fact.disaster_flag,
            readings,
        }
    }

    /// Whether the rows of two facts are equal in every column.
    pub fn equals(&self, other: &ShareableFact) -> bool {
        ShareableFact { line: 0, ..*self } == ShareableFact { line: 0, ..*other }
    }

    /// What the rows of a file are ordered by. Clients are numbered in the order of their ids. The line comes last,
    /// so that no two facts have one place, whichever thread has met them.
    ///
    /// Client and day are one number: sorting compares little else.
    fn file_order(&self) -> (u64, u64, u64, u64) {
        let client_and_day = u64::from(self.client) << 32 | u64::from(self.date.number());
        (client_and_day, self.immunization_id, self.immunfact_id, self.line)
    }
}

impl PartialOrd for ShareableFact {
    fn partial_cmp(&self, other: &ShareableFact) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// In the order in which files list them.
impl Ord for ShareableFact {
    fn cmp(&self, other: &ShareableFact) -> Ordering {
        self.file_order().cmp(&other.file_order())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elements::{Cell, ORDER};

    /// Spelled out for speed, it must be the order that the table of elements has.
    #[test]
    fn facts_are_in_the_order_of_rows() {
        let day = |text: &str| Day::parse(text.as_bytes()).unwrap();
        let first = ShareableFact {
            immunization_id: 1,
            immunfact_id: 1,
            line: 1,
            client: 1,
            date: day("2020-01-01"),
            vaccine: 1,
            organization: 1,
            group: 1,
            ordinal: 1,
            disaster_flag: None,
            readings: Readings::ALL,
        };
        let later = ORDER.map(|cell| match cell {
            Cell::ClientId => ShareableFact { client: 2, ..first },
            Cell::VaccinationDate => ShareableFact { date: day("2020-01-02"), ..first },
            Cell::ImmunizationId => ShareableFact { immunization_id: 2, ..first },
            Cell::ImmunfactId => ShareableFact { immunfact_id: 2, ..first },
            other => panic!("rows are not ordered by {other:?}"),
        });
        assert!(later.iter().all(|fact| first < *fact));
        // What comes first in the order weighs most.
        assert!(later.is_sorted_by(|a, b| a > b));
    }
}
