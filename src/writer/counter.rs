//! Counting facts as they are written, by the places of what they refer to, so that it costs next to nothing.

use crate::batch::{AGE_BANDS, Tally};
use crate::elements::{self, Cell};
use crate::extract::Selection;
use crate::filter::ShareableFact;
use crate::registry::{CLIENT_TEXTS, ClientPlace, ORGANIZATION_TEXTS, Reference};
use crate::value::REGISTRY_YEARS;

/// Counts the facts that one thread writes.
///
/// Facts must come in the order in which files list them, all of one client's on one day to the same counter.
#[derive(Debug)]
pub(super) struct Counter<'a> {
    reference: &'a Reference,
    /// By months since January of the first year that a registry's date may lie in.
    months: Vec<u64>,
    ages: [u64; AGE_BANDS.len()],
    days: [u64; 31],
    vaccines: Vec<u64>,
    groups: Vec<u64>,
    without_ordinal: u64,
    client_blanks: [u64; CLIENT_TEXTS.len()],
    /// The client that was met last, with its facts so far.
    client: Option<(ClientPlace, u64)>,
    /// The doses of the client's day that was met last.
    day: Vec<ShareableFact>,
    same_day_again: u64,
}

impl<'a> Counter<'a> {
    /// A counter of facts of a selection.
    pub(super) fn new(reference: &'a Reference, selection: &Selection) -> Counter<'a> {
        Counter {
            reference,
            months: vec![0; 12 * REGISTRY_YEARS.count()],
            ages: [0; AGE_BANDS.len()],
            days: [0; 31],
            vaccines: vec![0; reference.vaccines.iter().count()],
            groups: vec![0; selection.groups().len()],
            without_ordinal: 0,
            client_blanks: [0; CLIENT_TEXTS.len()],
            client: None,
            day: Vec::new(),
            same_day_again: 0,
        }
    }

    /// Counts a fact.
    pub(super) fn count(&mut self, fact: &ShareableFact) {
        let month = (fact.date.year() - REGISTRY_YEARS.start()) * 12 + fact.date.month_of_year() - 1;
        self.months[month as usize] += 1;
        let age = self.reference.clients.birth(fact.client).completed_months_until(fact.date).unsigned_abs();
        let band = AGE_BANDS.iter().position(|(_, end)| age < *end);
        self.ages[band.unwrap_or(AGE_BANDS.len() - 1)] += 1;
        self.days[fact.date.day_of_month() as usize - 1] += 1;
        self.vaccines[fact.vaccine as usize] += 1;
        self.groups[fact.group as usize] += 1;
        self.without_ordinal += u64::from(fact.ordinal == 0);
        match &mut self.client {
            Some((client, facts)) if *client == fact.client => *facts += 1,
            _ => {
                self.end_client();
                self.client = Some((fact.client, 1));
            }
        }
        if self.day.first().is_some_and(|first| (first.client, first.date) != (fact.client, fact.date)) {
            self.end_day();
        }
        // The facts of a combination vaccine are one dose.
        if self.day.last().is_none_or(|last| last.immunization_id != fact.immunization_id) {
            self.day.push(*fact);
        }
    }

    fn end_client(&mut self) {
        let Some((client, facts)) = self.client.take() else { return };
        for (blanks, text) in self.client_blanks.iter_mut().zip(self.reference.clients.texts(client)) {
            *blanks += if text.is_empty() { facts } else { 0 };
        }
    }

    fn end_day(&mut self) {
        if self.day.len() > 1 {
            let vaccines = &self.reference.vaccines;
            let mut doses: Vec<&[u8]> =
                self.day.iter().map(|fact| vaccines.get(fact.vaccine).cvx.as_slice()).collect();
            doses.sort_unstable();
            let again = |doses: &[&[u8]]| doses.len() > 1 && !doses[0].is_empty();
            self.same_day_again += doses.chunk_by(|a, b| a == b).filter(|doses| again(doses)).count() as u64;
        }
        self.day.clear();
    }

    /// Ends what was begun.
    fn end(&mut self) {
        self.end_client();
        self.end_day();
    }

    /// The counts of all threads, in words.
    pub(super) fn tally(counters: Vec<Counter<'_>>, reference: &Reference, selection: &Selection) -> Tally {
        let mut tally =
            Tally { by_age: vec![0; AGE_BANDS.len()], by_day_of_month: vec![0; 31], ..Tally::default() };
        for element in &elements::ALL {
            if element.blank.is_some() {
                tally.blanks.insert(element.name.to_owned(), 0);
            }
        }
        for mut counter in counters {
            counter.end();
            counter.add_to(&mut tally, selection);
        }
        tally.add_organizations(reference, selection);
        tally
    }

    fn add_to(&self, tally: &mut Tally, selection: &Selection) {
        let months = (REGISTRY_YEARS.start() * 12..).zip(&self.months).filter(|(_, count)| **count > 0);
        for (month, count) in months {
            *tally.by_month.entry(format!("{:04}-{:02}", month / 12, month % 12 + 1)).or_default() += count;
        }
        let sum = |all: &mut [u64], own: &[u64]| all.iter_mut().zip(own).for_each(|(all, own)| *all += own);
        sum(&mut tally.by_age, &self.ages);
        sum(&mut tally.by_day_of_month, &self.days);
        let vaccines = self.vaccines.iter().zip(self.reference.vaccines.iter());
        for (count, (_, vaccine)) in vaccines.filter(|(count, _)| **count > 0) {
            let cvx = String::from_utf8_lossy(&vaccine.cvx).into_owned();
            tally.note_blank(Cell::CvxCode, if cvx.is_empty() { *count } else { 0 });
            *tally.by_cvx.entry(cvx).or_default() += count;
        }
        for (count, group) in self.groups.iter().zip(selection.groups()).filter(|(count, _)| **count > 0) {
            tally.note_blank(Cell::VaccineGroup, if group.is_empty() { *count } else { 0 });
            *tally.by_group.entry(listed_group(group).to_owned()).or_default() += count;
        }
        tally.note_blank(Cell::OrdinalPosition, self.without_ordinal);
        for (column, blanks) in CLIENT_TEXTS.iter().zip(&self.client_blanks) {
            tally.note_blank(Cell::ClientText(*column), *blanks);
        }
        tally.same_day_again += self.same_day_again;
    }
}

impl Tally {
    fn note_blank(&mut self, cell: Cell, count: u64) {
        let element = elements::ALL.iter().find(|element| element.cell == cell && element.blank.is_some());
        if let Some(element) = element {
            *self.blanks.entry(element.name.to_owned()).or_default() += count;
        }
    }

    fn add_organizations(&mut self, reference: &Reference, selection: &Selection) {
        for place in 0..reference.organizations.len() as u32 {
            let facts = selection.of_organization(place);
            if facts == 0 {
                continue;
            }
            for (column, text) in ORGANIZATION_TEXTS.iter().zip(reference.organizations.texts(place)) {
                self.note_blank(Cell::OrganizationText(*column), if text.is_empty() { facts } else { 0 });
            }
        }
    }
}

/// The group, if the data dictionary lists it. Anything else may be anything, a name too.
fn listed_group(group: &[u8]) -> &'static str {
    if group.is_empty() {
        return "";
    }
    let listed = elements::ALL.iter().find(|element| element.cell == Cell::VaccineGroup);
    let codes = listed.map_or(&[][..], |element| element.codes);
    codes.iter().map(|(code, _)| *code).find(|code| code.as_bytes() == group).unwrap_or("OTHER")
}
