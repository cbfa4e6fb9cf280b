//! Counting facts as they are written, by the places of what they refer to, so that it costs next to nothing.

use crate::batch::{AGE_BANDS, BirthdayHeap, People, Signs, Tally};
use crate::elements::{self, Cell};
use crate::extract::Selection;
use crate::filter::ShareableFact;
use crate::policy::Policy;
use crate::registry::{CLIENT_TEXTS, ClientPlace, ORGANIZATION_TEXTS, Reference, tables};
use crate::value::{Day, REGISTRY_YEARS, spoilt};
use std::collections::{BTreeMap, HashMap};

/// Counts the facts that one thread writes.
///
/// Facts must come in the order in which files list them, in batches as the selection parts them.
#[derive(Debug)]
pub(super) struct Counter<'a> {
    reference: &'a Reference,
    /// By months since January of the first year that a registry's date may lie in, up to the last that was met.
    months: Vec<u64>,
    /// Those after the 12th, likewise.
    after_the_12th: Vec<u64>,
    ages: [u64; AGE_BANDS.len()],
    days: [u64; 31],
    vaccines: Vec<u64>,
    groups: Vec<u64>,
    without_ordinal: u64,
    client_blanks: [u64; CLIENT_TEXTS.len()],
    /// The facts of clients whose text is longer than the policy's limit.
    client_longer: [u64; CLIENT_TEXTS.len()],
    /// Those limits, in bytes.
    client_limits: [usize; CLIENT_TEXTS.len()],
    lost_characters: u64,
    encoded_twice: u64,
    short_zip_codes: u64,
    birthdays: &'a Birthdays,
    /// Of each client, where its birthday counts.
    born: Vec<u32>,
    /// The client that was met last, with its facts so far.
    client: Option<(ClientPlace, u64)>,
    /// Whether another batch began with that client, so that what is counted once for a client is counted there.
    is_continued: bool,
    /// The doses of the client's day that was met last.
    day: Vec<ShareableFact>,
    /// Those of the day that was met before it, of whichever client.
    day_before: Vec<ShareableFact>,
    doses: u64,
    same_day_again: u64,
    next_day_again: u64,
}

impl<'a> Counter<'a> {
    /// A counter of facts of a selection.
    pub(super) fn new(
        policy: &Policy,
        reference: &'a Reference,
        selection: &Selection,
        birthdays: &'a Birthdays,
    ) -> Counter<'a> {
        Counter {
            reference,
            months: Vec::new(),
            after_the_12th: Vec::new(),
            ages: [0; AGE_BANDS.len()],
            days: [0; 31],
            vaccines: vec![0; reference.vaccines.iter().count()],
            groups: vec![0; selection.groups().len()],
            without_ordinal: 0,
            client_blanks: [0; CLIENT_TEXTS.len()],
            client_longer: [0; CLIENT_TEXTS.len()],
            client_limits: CLIENT_TEXTS.map(|column| limit(policy, Cell::ClientText(column))),
            lost_characters: 0,
            encoded_twice: 0,
            short_zip_codes: 0,
            birthdays,
            born: Vec::new(),
            client: None,
            is_continued: false,
            day: Vec::new(),
            day_before: Vec::new(),
            doses: 0,
            same_day_again: 0,
            next_day_again: 0,
        }
    }

    /// Begins with a batch of facts. A client of very many may be parted: then `parted_behind` are the client's facts of the
    /// day before, which another counter may have counted.
    pub(super) fn begin_batch(&mut self, parted_behind: Option<Vec<ShareableFact>>) {
        self.end_client();
        self.end_day();
        self.day_before.clear();
        let Some(last) = parted_behind.as_ref().and_then(|facts| facts.last()) else { return };
        self.client = Some((last.client, 0));
        self.is_continued = true;
        for fact in parted_behind.iter().flatten() {
            add_dose(&mut self.day_before, fact);
        }
    }

    /// Counts a fact.
    pub(super) fn count(&mut self, fact: &ShareableFact) {
        let month =
            ((fact.date.year() - REGISTRY_YEARS.start()) * 12 + fact.date.month_of_year() - 1) as usize;
        if self.months.len() <= month {
            self.months.resize(month + 1, 0);
            self.after_the_12th.resize(month + 1, 0);
        }
        self.months[month] += 1;
        self.after_the_12th[month] += u64::from(fact.date.day_of_month() > 12);
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
                self.born.extend(
                    self.birthdays.place(fact.organization, self.reference.clients.birth(fact.client)),
                );
            }
        }
        if self.day.first().is_some_and(|first| (first.client, first.date) != (fact.client, fact.date)) {
            self.end_day();
        }
        add_dose(&mut self.day, fact);
    }

    fn end_client(&mut self) {
        let Some((client, facts)) = self.client.take() else { return };
        let is_first = !std::mem::take(&mut self.is_continued);
        let (mut has_lost, mut is_twice) = (false, false);
        let counts = self.client_blanks.iter_mut().zip(&mut self.client_longer).zip(self.client_limits);
        let columns = CLIENT_TEXTS.iter().zip(counts);
        for ((column, ((blanks, longer), limit)), text) in columns.zip(self.reference.clients.texts(client)) {
            *blanks += if text.is_empty() { facts } else { 0 };
            *longer += if text.len() > limit { facts } else { 0 };
            if !text.is_ascii() {
                has_lost |= spoilt::has_lost_characters(text);
                is_twice |= spoilt::is_encoded_twice(text);
            } else if *column == tables::clients::ZIP_CODE {
                self.short_zip_codes += u64::from(spoilt::has_lost_zeros(text) && is_first);
            }
        }
        self.lost_characters += u64::from(has_lost && is_first);
        self.encoded_twice += u64::from(is_twice && is_first);
    }

    fn end_day(&mut self) {
        self.doses += self.day.len() as u64;
        if let (Some(before), Some(first)) = (self.day_before.first(), self.day.first())
            && before.client == first.client
            && before.date.days_until(first.date) == 1
        {
            let doses = |facts: &[ShareableFact]| {
                let dose = |fact: &ShareableFact| Dose {
                    organization: fact.organization,
                    cvx: self.reference.vaccines.get(fact.vaccine).cvx.as_slice(),
                    immunization_id: fact.immunization_id,
                };
                facts.iter().map(dose).filter(|dose| !dose.cvx.is_empty()).collect()
            };
            self.next_day_again += given_again(doses(&self.day), doses(&self.day_before));
        }
        if self.day.len() > 1 {
            let vaccines = &self.reference.vaccines;
            let mut doses: Vec<&[u8]> =
                self.day.iter().map(|fact| vaccines.get(fact.vaccine).cvx.as_slice()).collect();
            doses.sort_unstable();
            let again = |doses: &[&[u8]]| doses.len() > 1 && !doses[0].is_empty();
            self.same_day_again += doses.chunk_by(|a, b| a == b).filter(|doses| again(doses)).count() as u64;
        }
        std::mem::swap(&mut self.day, &mut self.day_before);
        self.day.clear();
    }

    /// Ends what was begun.
    pub(super) fn end(&mut self) {
        self.end_client();
        self.end_day();
        self.born.sort_unstable();
    }

    /// The counts of all threads, in words. `clients` is how many different clients they met together.
    pub(super) fn tally(
        counters: Vec<Counter<'_>>,
        clients: u64,
        birthdays: &Birthdays,
        policy: &Policy,
        reference: &Reference,
        selection: &Selection,
        WholeExport { new_withdrawals, mut signs }: WholeExport,
    ) -> Tally {
        let mut tally =
            Tally { by_age: vec![0; AGE_BANDS.len()], by_day_of_month: vec![0; 31], ..Tally::default() };
        let mut people = People { clients, doses: 0, new_withdrawals };
        for element in &elements::ALL {
            if element.blank.is_some() {
                tally.blanks.insert(element.name.to_owned(), 0);
            }
        }
        let mut born = Vec::new();
        for mut counter in counters {
            counter.end();
            born.append(&mut counter.born);
            counter.add_to(&mut tally, policy, selection);
            people.doses += counter.doses;
            counter.add_signs_to(&mut signs);
        }
        signs.birthday_heaps = birthdays.heaps(born, reference);
        add_longer_of_organizations(&mut tally, policy, reference, selection);
        tally.people = Some(people);
        tally.signs = Some(signs);
        tally.add_organizations(reference, selection);
        tally
    }

    fn add_to(&self, tally: &mut Tally, policy: &Policy, selection: &Selection) {
        add_months(&mut tally.by_month, &self.months);
        let sum = |all: &mut [u64], own: &[u64]| all.iter_mut().zip(own).for_each(|(all, own)| *all += own);
        sum(&mut tally.by_age, &self.ages);
        sum(&mut tally.by_day_of_month, &self.days);
        let vaccines = self.vaccines.iter().zip(self.reference.vaccines.iter());
        for (count, (_, vaccine)) in vaccines.filter(|(count, _)| **count > 0) {
            let cvx = String::from_utf8_lossy(&vaccine.cvx).into_owned();
            tally.note_blank(Cell::CvxCode, if cvx.is_empty() { *count } else { 0 });
            note_longer(tally, policy, Cell::CvxCode, &vaccine.cvx, *count);
            *tally.by_cvx.entry(cvx).or_default() += count;
        }
        for (count, group) in self.groups.iter().zip(selection.groups()).filter(|(count, _)| **count > 0) {
            tally.note_blank(Cell::VaccineGroup, if group.is_empty() { *count } else { 0 });
            note_longer(tally, policy, Cell::VaccineGroup, group, *count);
            *tally.by_group.entry(listed_group(group).to_owned()).or_default() += count;
        }
        tally.note_blank(Cell::OrdinalPosition, self.without_ordinal);
        for (column, blanks) in CLIENT_TEXTS.iter().zip(&self.client_blanks) {
            tally.note_blank(Cell::ClientText(*column), *blanks);
        }
        for (column, longer) in
            CLIENT_TEXTS.iter().zip(&self.client_longer).filter(|(_, longer)| **longer > 0)
        {
            *longer_of(tally, Cell::ClientText(*column)) += longer;
        }
        tally.same_day_again += self.same_day_again;
    }

    fn add_signs_to(&self, signs: &mut Signs) {
        add_months(&mut signs.after_the_12th, &self.after_the_12th);
        signs.next_day_again += self.next_day_again;
        signs.lost_characters += self.lost_characters;
        signs.encoded_twice += self.encoded_twice;
        signs.short_zip_codes += self.short_zip_codes;
    }
}

/// How many bytes a value of a column may have by the policy.
fn limit(policy: &Policy, cell: Cell) -> usize {
    policy.longest(elements::holding(cell)) as usize
}

fn longer_of(tally: &mut Tally, cell: Cell) -> &mut u64 {
    tally.longer.entry(elements::holding(cell).name.to_owned()).or_default()
}

/// Counts so many facts with a value, if that is longer than the policy's limit.
fn note_longer(tally: &mut Tally, policy: &Policy, cell: Cell, value: &[u8], facts: u64) {
    if value.len() > limit(policy, cell) {
        *longer_of(tally, cell) += facts;
    }
}

fn add_longer_of_organizations(
    tally: &mut Tally,
    policy: &Policy,
    reference: &Reference,
    selection: &Selection,
) {
    // There are many organizations: what a column may hold is looked up once.
    let limits = ORGANIZATION_TEXTS.map(Cell::OrganizationText).map(|cell| (cell, limit(policy, cell)));
    for place in 0..reference.organizations.len() as u32 {
        let facts = selection.of_organization(place);
        let texts = limits.iter().zip(reference.organizations.texts(place));
        for ((cell, _), _) in texts.filter(|((_, limit), text)| facts > 0 && text.len() > *limit) {
            *longer_of(tally, *cell) += facts;
        }
    }
}

/// Adds a fact to the doses of a day. The facts of a combination vaccine are one dose.
fn add_dose(day: &mut Vec<ShareableFact>, fact: &ShareableFact) {
    if day.last().is_none_or(|last| last.immunization_id != fact.immunization_id) {
        day.push(*fact);
    }
}

/// What a dose is known again by, and its id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Dose<'a> {
    organization: u32,
    cvx: &'a [u8],
    immunization_id: u64,
}

/// How many doses of a day had one of the same vaccine by the same organization, and another id, on the day before.
fn given_again<'a>(day: Vec<Dose<'a>>, mut before: Vec<Dose<'a>>) -> u64 {
    // Sorted, so that a day of very many doses takes no time.
    before.sort_unstable();
    let is_again = |dose: &&Dose<'a>| {
        let key = |dose: &Dose<'a>| (dose.organization, dose.cvx);
        let first = before.partition_point(|other| key(other) < key(dose));
        let end = first + before[first..].partition_point(|other| key(other) == key(dose));
        let same = &before[first..end];
        // They lie in the order of their ids.
        [same.first(), same.last()]
            .into_iter()
            .flatten()
            .any(|other| other.immunization_id != dose.immunization_id)
    };
    day.iter().filter(is_again).count() as u64
}

/// Adds counts by months since January of the first year of registries to those by `YYYY-MM`.
fn add_months(all: &mut BTreeMap<String, u64>, own: &[u64]) {
    for (month, count) in (REGISTRY_YEARS.start() * 12..).zip(own).filter(|(_, count)| **count > 0) {
        *all.entry(format!("{:04}-{:02}", month / 12, month % 12 + 1)).or_default() += count;
    }
}

/// What is counted in the whole export, whether it is shared or not.
#[derive(Debug)]
pub(super) struct WholeExport {
    new_withdrawals: u64,
    signs: Signs,
}

impl WholeExport {
    pub(super) fn look_at(reference: &Reference, as_of: Day) -> WholeExport {
        WholeExport {
            new_withdrawals: new_withdrawals(reference, as_of),
            signs: signs_of_export(reference, as_of),
        }
    }
}

/// The clients with a consent whose withdrawal took effect in the month up to the as-of date.
fn new_withdrawals(reference: &Reference, as_of: Day) -> u64 {
    let is_new = |end: Day| end <= as_of && end.completed_months_until(as_of) < 1;
    let clients = (0..reference.clients.len() as u32).filter(|client| {
        reference
            .consents
            .of(*client)
            .iter()
            .any(|consent| consent.is_withdrawn() && consent.end.is_some_and(is_new))
    });
    clients.count() as u64
}

fn signs_of_export(reference: &Reference, as_of: Day) -> Signs {
    let clients = 0..reference.clients.len() as u32;
    let born_later = clients.clone().filter(|client| reference.clients.birth(*client) > as_of);
    let mut begins: HashMap<Day, u64, foldhash::fast::FixedState> = HashMap::default();
    for consent in clients.clone().flat_map(|client| reference.consents.of(client)) {
        *begins.entry(consent.effective).or_default() += 1;
    }
    Signs {
        born_after_as_of: born_later.count() as u64,
        consents: begins.values().sum(),
        consents_of_one_day: begins.values().max().copied().unwrap_or(0),
        ..Signs::default()
    }
}

/// Below so many clients a heap may be chance.
const LEAST_HEAP: u64 = 20;

/// Days of a year in which every month has 31.
const DAYS: u32 = 12 * 31;

/// The birthdays of clients, by the organization that gave the first dose that is shared.
///
/// There are hundreds of days for each of thousands of organizations: too many to be counted one by one, each count somewhere
/// else in memory. So each client's place among the counts is noted, and in the end the places are sorted.
#[derive(Debug)]
pub(super) struct Birthdays {
    /// The organizations of which facts are shared.
    organizations: Vec<u32>,
    /// For each organization its place among those, if it is there.
    row_of: Vec<Option<u32>>,
}

impl Birthdays {
    /// Birthdays for the organizations of which facts are shared.
    pub(super) fn new(reference: &Reference, selection: &Selection) -> Birthdays {
        let all = 0..reference.organizations.len() as u32;
        let organizations: Vec<u32> = all.filter(|place| selection.of_organization(*place) > 0).collect();
        let mut row_of = vec![None; reference.organizations.len()];
        for (row, place) in (0..).zip(&organizations) {
            row_of[*place as usize] = Some(row);
        }
        Birthdays { organizations, row_of }
    }

    /// Where a birthday counts; nowhere if the organization has no shared facts, or there are more organizations than can be
    /// numbered.
    fn place(&self, organization: u32, birth: Day) -> Option<u32> {
        let day = birth.month_of_year() * 31 + birth.day_of_month() - 32;
        self.row_of[organization as usize]?.checked_mul(DAYS)?.checked_add(day)
    }

    /// The organizations in which at least a tenth of the clients are born on the same day of the year; one in 365 is
    /// expected. `born` are the places of all clients' birthdays.
    fn heaps(&self, mut born: Vec<u32>, reference: &Reference) -> Vec<BirthdayHeap> {
        // Each thread's are sorted already: this finds it out, and merges them.
        born.sort();
        let mut heaps = Vec::new();
        for of_one in born.chunk_by(|one, other| one / DAYS == other / DAYS) {
            let organization = self.organizations[(of_one[0] / DAYS) as usize];
            let days = of_one.chunk_by(|one, other| one == other);
            let (clients, of) = (days.map(<[u32]>::len).max().unwrap_or(0) as u64, of_one.len() as u64);
            if clients >= LEAST_HEAP && clients * 10 >= of {
                let name = reference.organizations.texts(organization).next().unwrap_or_default().to_owned();
                let organization = reference.organizations.id(organization);
                heaps.push(BirthdayHeap { organization, name, clients, of });
            }
        }
        heaps
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doses_are_known_again_by_who_gave_what() {
        let dose = |(organization, cvx, immunization_id): (u32, &'static str, u64)| Dose {
            organization,
            cvx: cvx.as_bytes(),
            immunization_id,
        };
        let before = [(1, "03", 10), (1, "03", 11), (1, "08", 12), (2, "20", 13)].map(dose);
        let check = |day: &[(u32, &'static str, u64)], expect: u64| {
            let day = day.iter().copied().map(dose).collect();
            assert_eq!(given_again(day, before.to_vec()), expect);
        };
        check(&[(1, "03", 20)], 1);
        check(&[(1, "03", 10), (1, "03", 11)], 2);
        // The same dose, dated twice.
        check(&[(1, "08", 12)], 0);
        check(&[(1, "08", 11)], 1);
        check(&[(2, "03", 20), (1, "20", 20), (3, "20", 20)], 0);
        check(&[], 0);
    }
}
