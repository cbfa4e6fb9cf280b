//! An invented client with consents and doses.

use super::SynthSettings;
use super::changes::{self, Address, DoseChange};
use super::dice::Dice;
use super::places::{Places, TOWNS};
use super::schedule::{CHILDHOOD, PRODUCTS, WAVES};
use super::table::TableFile;
use crate::value::{Day, day, number_of};
use std::io;

const FIRST_NAMES: [&str; 24] = [
    "Ana", "José", "Maria", "Liam", "Olivia", "Noah", "Emma", "Mateo", "Camila", "Ximena", "Daniel", "Sofía",
    "Aiden", "Zoe", "Minh", "Linh", "Priya", "Omar", "Grace", "Ethan", "Isabella", "Renée", "Jae", "Ruth",
];
const LAST_NAMES: [&str; 24] = [
    "García",
    "Smith",
    "Martinez",
    "Nguyen",
    "Johnson",
    "Rodriguez",
    "Williams",
    "Hernandez",
    "Brown",
    "Lopez",
    "Jones",
    "Gonzalez",
    "Davis",
    "Perez",
    "Miller",
    "O'Neill",
    "De la Cruz",
    "Muñoz",
    "Patel",
    "Okafor",
    "Kim",
    "Ruiz, Jr.",
    "Flores",
    "St. James",
];
const RACES: [&str; 7] = [
    "",
    "White",
    "Hispanic or Latino",
    "Black or African American",
    "Asian",
    "Hispanic or Latino; White",
    "American Indian or Alaska Native",
];
const YEAR: i64 = 365;

/// The most facts a client can have; ids of facts are given out in blocks of as many.
const MOST_FACTS: u64 = 128;

/// A client and the client's records.
pub(super) struct Client {
    id: u64,
    /// The id that the records are listed under: the client's own, or that of the client it was merged with.
    holder: u64,
    client_type: &'static str,
    names: [&'static str; 3],
    birth: Day,
    sex: &'static str,
    race: &'static str,
    address: Address,
    consents: Vec<ConsentRow>,
    doses: Vec<Dose>,
}

struct ConsentRow {
    kind: &'static str,
    effective: Day,
    end: Option<Day>,
    reason: &'static str,
}

struct Dose {
    product: usize,
    date: Day,
    ordinal: u32,
    organization: Option<u64>,
    flag: &'static str,
    change: Option<DoseChange>,
}

impl Client {
    /// Invents a client; none if the client is not born yet. The whole life is invented whatever the as-of date,
    /// and what comes after it is left out, so that the exports of two months share their past.
    pub(super) fn invent(place: u64, settings: SynthSettings, places: &Places) -> Option<Client> {
        let seed = settings.seed;
        // A duplicate is the same person again, with doses and consents of its own.
        let person = changes::person(seed, place);
        let is_duplicate = person != place;
        let dice = &mut Dice::of(seed, person);
        let as_of = settings.as_of.days_from_zero();
        let birth = invent_birth(dice);
        if birth >= as_of {
            return None;
        }
        let town = TOWNS[dice.skewed(TOWNS.len() as u64) as usize];
        let years = (as_of - birth) / YEAR;
        let client_type = match dice.below(1000) {
            0..5 => "",
            5..20 => "DC",
            20..35 if years >= 18 => "PA",
            35..50 => "IC",
            _ if years < 18 => "IC",
            _ => "IA",
        };
        let middle = if dice.per_mille(400) { dice.pick(&FIRST_NAMES) } else { "" };
        let names = [dice.pick(&FIRST_NAMES), dice.pick(&LAST_NAMES), middle];
        let (sex, race) = (dice.pick(&["F", "M", "F", "M", "F", "M", "U"]), dice.pick(&RACES));
        let address = changes::address(town, dice);
        let mut client = Client {
            id: id_of(place),
            holder: id_of(changes::holder(seed, place, as_of)),
            client_type,
            // Less is known of a duplicate, or it would not have become one.
            names: if is_duplicate { [names[0], names[1], ""] } else { names },
            birth: day(birth),
            sex,
            race: if is_duplicate { "" } else { race },
            address: changes::moved(seed, place, birth, as_of).unwrap_or(address),
            consents: Vec::new(),
            doses: Vec::new(),
        };
        client.consent(seed, place, birth, as_of);
        client.vaccinate(&mut Dice::of(seed ^ 0xd0, place), birth, as_of, places);
        for (dose, number_of_dose) in client.doses.iter_mut().zip(client.id * MOST_FACTS..) {
            dose.change = DoseChange::of(number_of_dose, seed, place, dose.date.days_from_zero(), as_of);
        }
        Some(client)
    }

    /// Consents given, expired, withdrawn and renewed. Each kind has dice of its own: how often they are thrown
    /// depends on the as-of date.
    fn consent(&mut self, seed: u64, place: u64, birth: i64, as_of: i64) {
        let dice = &mut Dice::of(seed ^ 0xc0, place);
        let enrolled = if birth > number_of(2003, 1, 1) {
            birth + 1 + dice.below(90) as i64
        } else {
            number_of(2012, 1, 1) + dice.below(4200) as i64
        };
        let after = number_of(2020, 3, 10).max(enrolled) + dice.below(700) as i64;
        if !dice.per_mille(60) {
            self.give(&mut Dice::of(seed ^ 0xc1, place), "STANDARD", enrolled, as_of, 90);
        }
        if dice.per_mille(420) {
            self.give(&mut Dice::of(seed ^ 0xc2, place), "DISASTER", after, as_of, 60);
        }
    }

    fn give(&mut self, dice: &mut Dice, kind: &'static str, first: i64, as_of: i64, withdrawn: u64) {
        let mut effective = first;
        // Some consents are on file before they begin.
        while effective <= as_of + 60 {
            let lasts = 200 + dice.below(4000) as i64;
            let chance = dice.below(1000);
            let (is_renewed, pause) = (dice.per_mille(550), dice.below(500) as i64);
            let end = Some(effective + lasts).filter(|end| *end <= as_of && chance < 400);
            let reason = match end {
                Some(_) if chance < withdrawn => "WITHDRAWN",
                Some(_) if chance < 350 => "EXPIRED",
                _ => "",
            };
            self.consents.push(ConsentRow { kind, effective: day(effective), end: end.map(day), reason });
            match end {
                // Most of those whose consent ended give it again, sooner or later.
                Some(end) if is_renewed => effective = end + pause,
                _ => return,
            }
        }
    }

    /// The doses: the childhood series, influenza every year, the waves of COVID-19, and what adults get.
    fn vaccinate(&mut self, dice: &mut Dice, birth: i64, as_of: i64, places: &Places) {
        let home = places.pick(dice);
        // Nobody's record goes back before the registry.
        let first_day = number_of(2010, 1, 1);
        let mut give = |dice: &mut Dice, product: usize, date: i64, ordinal: u32, flag: &'static str| {
            let organization = match dice.below(100) {
                0..78 => Some(home),
                78..98 => Some(places.pick(dice)),
                _ => None,
            };
            if (first_day.max(birth)..=as_of).contains(&date) {
                let date = day(date);
                self.doses.push(Dose { product, date, ordinal, organization, flag, change: None });
            }
        };
        for (age, products, per_mille, ordinal) in CHILDHOOD {
            let (product, late) = (dice.pick(products), dice.skewed(120) as i64);
            if dice.per_mille(per_mille) {
                give(dice, product, birth + age + late, ordinal, "");
            }
        }
        let likes_flu_shots = 100 + dice.below(500);
        for year in 2012..2025 {
            let autumn = number_of(year, 9, 1) + dice.below(120) as i64;
            if autumn - birth > 180 && dice.per_mille(likes_flu_shots) {
                give(dice, 16, autumn, year - 2011, "");
            }
        }
        let mut takes_part = true;
        for ([year, month, day], days, least_age, products, per_mille, ordinal) in WAVES {
            let date = number_of(year, month, day) + dice.below(days) as i64;
            let product = dice.pick(products);
            let therapeutic = PRODUCTS[product].class == "COVID_THERAPEUTIC";
            let goes = dice.per_mille(per_mille);
            let after = date > number_of(2023, 5, 11);
            let flag = dice.pick(if after { &["N", "N", "", "Y"] } else { &["Y", "Y", "", ""] });
            let old_enough = (date - birth) / YEAR >= least_age;
            takes_part &= goes || therapeutic;
            if goes && (takes_part || therapeutic) && old_enough {
                give(dice, product, date, ordinal, flag);
            }
        }
        // Some days later, differently for each person.
        let age = |years: i64| birth + years * YEAR + birth.rem_euclid(97);
        for (years, product, per_mille, ordinal) in [
            (22, 29, 300, 1),
            (32, 29, 300, 2),
            (42, 12, 300, 3),
            (50, 22, 300, 1),
            (51, 22, 250, 2),
            (65, 23, 500, 1),
            (62, 24, 120, 1),
        ] {
            if dice.per_mille(per_mille) {
                give(dice, product, age(years), ordinal, "");
            }
        }
        self.doses.sort_by_key(|dose| dose.date);
    }

    /// Writes the client's row, unless it has been merged with another.
    pub(super) fn write(&self, out: &mut TableFile) -> io::Result<()> {
        if self.holder != self.id {
            return Ok(());
        }
        let (id, birth) = (self.id.to_string(), self.birth.to_string());
        let [first, last, middle] = self.names;
        let ((county, _, _), zip) = &self.address;
        out.row(&[&id, self.client_type, first, last, middle, &birth, self.sex, self.race, "TX", county, zip])
    }

    pub(super) fn write_consents(&self, out: &mut TableFile) -> io::Result<()> {
        let id = self.holder.to_string();
        for consent in &self.consents {
            let end = consent.end.map_or_else(String::new, |end| end.to_string());
            out.row(&[&id, consent.kind, &consent.effective.to_string(), &end, consent.reason])?;
        }
        Ok(())
    }

    pub(super) fn write_immunizations(&self, out: &mut TableFile) -> io::Result<()> {
        let holder = self.holder.to_string();
        // Those of withdrawn doses are not given out again.
        let mut fact_ids = self.id * MOST_FACTS..;
        for (dose_id, dose) in (self.id * MOST_FACTS..).zip(&self.doses) {
            let groups = PRODUCTS[dose.product].groups;
            let ids = fact_ids.by_ref().take(groups.len());
            let (client, ordinal) = match dose.change {
                None => (&holder, dose.ordinal),
                Some(DoseChange::Renumbered) => (&holder, dose.ordinal + 1),
                Some(DoseChange::Reassigned(right)) => (&id_of(right).to_string(), dose.ordinal),
                Some(DoseChange::Withdrawn) => {
                    ids.for_each(drop);
                    continue;
                }
            };
            let (dose_id, vaccine) = (dose_id.to_string(), (dose.product + 101).to_string());
            let (date, ordinal) = (dose.date.to_string(), ordinal.to_string());
            let clinic = dose.organization.map_or_else(String::new, |id| id.to_string());
            for (id, group) in ids.zip(groups) {
                let id = id.to_string();
                out.row(&[&dose_id, &id, client, &vaccine, &date, group, &ordinal, &clinic, dose.flag])?;
            }
        }
        Ok(())
    }
}

fn id_of(place: u64) -> u64 {
    place + 5_000_000
}

/// The number of a client's day of birth.
pub(super) fn birth_of(seed: u64, place: u64) -> i64 {
    invent_birth(&mut Dice::of(seed, changes::person(seed, place)))
}

/// Born so long before the end of 2024, whenever the export is made.
fn invent_birth(dice: &mut Dice) -> i64 {
    number_of(2024, 12, 31) - invent_age(dice)
}

/// An age in days at the end of 2024: many children, as in a registry that began with them.
fn invent_age(dice: &mut Dice) -> i64 {
    let years = match dice.below(100) {
        0..52 => dice.below(18),
        52..70 => 18 + dice.below(12),
        70..92 => 30 + dice.below(35),
        _ => 65 + dice.skewed(35),
    };
    years as i64 * YEAR + dice.below(365) as i64
}
