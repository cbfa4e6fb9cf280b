//! An invented client.

use super::SynthSettings;
use super::changes::{self, Address};
use super::dice::Dice;
use super::places::{TOWNS, home};
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
pub(super) const YEAR: i64 = 365;

/// A client's row.
pub(super) struct Client {
    place: u64,
    client_type: &'static str,
    names: [&'static str; 3],
    birth: Day,
    sex: &'static str,
    race: &'static str,
    address: Address,
}

impl Client {
    /// Invents a client; none if the client is not born yet, or has been merged with another.
    pub(super) fn invent(place: u64, settings: SynthSettings) -> Option<Client> {
        let seed = settings.seed;
        // A duplicate is the same person again, with doses and consents of its own.
        let person = changes::person(seed, place);
        let is_duplicate = person != place;
        let dice = &mut Dice::of(seed, person);
        let as_of = settings.as_of.days_from_zero();
        let birth = invent_birth(dice);
        if birth >= as_of || changes::holder(seed, place, as_of) != place {
            return None;
        }
        let town = home(seed, person, TOWNS[dice.skewed(TOWNS.len() as u64) as usize]);
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
        Some(Client {
            place,
            client_type,
            // Less is known of a duplicate, or it would not have become one.
            names: if is_duplicate { [names[0], names[1], ""] } else { names },
            birth: day(birth),
            sex,
            race: if is_duplicate { "" } else { race },
            address: changes::moved(seed, place, birth, as_of).unwrap_or(address),
        })
    }

    pub(super) fn write(&self, out: &mut TableFile) -> io::Result<()> {
        let (id, birth) = (id_of(self.place).to_string(), self.birth.to_string());
        let [first, last, middle] = self.names;
        let ((county, _, _), zip) = &self.address;
        let values =
            [&id, self.client_type, first, last, middle, &birth, self.sex, self.race, "TX", county, zip];
        out.row(self.place, &values)
    }
}

/// What a client's records depend on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    pub(super) place: u64,
    pub(super) seed: u64,
    pub(super) birth: i64,
    pub(super) as_of: i64,
}

impl Life {
    /// The life of a client; none if the client is not born yet. The whole life is invented whatever the as-of date, and
    /// what comes after it is left out, so that the exports of two months share their past.
    pub(super) fn of(place: u64, settings: SynthSettings) -> Option<Life> {
        let (seed, as_of) = (settings.seed, settings.as_of.days_from_zero());
        let birth = birth_of(seed, place);
        (birth < as_of).then_some(Life { place, seed, birth, as_of })
    }

    /// The id that the records are listed under: the client's own, or that of the client it was merged with.
    pub(super) fn holder(self) -> u64 {
        id_of(changes::holder(self.seed, self.place, self.as_of))
    }
}

/// A client's CLIENT_ID.
pub(super) fn id_of(place: u64) -> u64 {
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
