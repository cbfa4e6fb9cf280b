//! Organizations, responsible entities and recipients of an invented state, and its products.

use super::SynthSettings;
use super::changes;
use super::dice::Dice;
use super::schedule::PRODUCTS;
use super::table::TableFile;
use crate::counties::TEXAS;
use std::io;

/// The most organizations and entities there are: as many as Texas has.
const MOST_ORGANIZATIONS: u64 = 36_000;
const ENTITIES: u64 = 65;

/// One organization for so many clients, in small exports.
const CLIENTS_FOR_AN_ORGANIZATION: u64 = 40;

/// A county, a city and the beginning of a ZIP code.
pub(super) type Town = (&'static str, &'static str, &'static str);

/// Towns in which most people live.
pub(super) const TOWNS: [Town; 12] = [
    ("Harris", "Houston", "770"),
    ("Dallas", "Dallas", "752"),
    ("Bexar", "San Antonio", "782"),
    ("Travis", "Austin", "787"),
    ("Tarrant", "Fort Worth", "761"),
    ("El Paso", "El Paso", "799"),
    ("Hidalgo", "McAllen", "785"),
    ("Nueces", "Corpus Christi", "784"),
    ("Lubbock", "Lubbock", "794"),
    ("Webb", "Laredo", "780"),
    ("San Augustine", "San Augustine", "759"),
    ("Tom Green", "San Angelo", "769"),
];

/// Where a person lives who has something to do with a town: there, or in any of the state's counties, of which some are far
/// larger than others.
pub(super) fn home(seed: u64, person: u64, town: Town) -> Town {
    let dice = &mut Dice::of(seed ^ 0x0c0, person);
    if dice.per_mille(650) {
        return town;
    }
    let counties = TEXAS.len() as u64;
    let number = if dice.per_mille(300) { dice.below(counties) } else { dice.skewed(counties) };
    // A factor that has no divisor in common with their number, so that the large ones lie anywhere.
    let county = (number * 97 + 13) % counties;
    (TEXAS[county as usize], town.1, town.2)
}

const KINDS: [&str; 8] = [
    "Pediatrics",
    "Family Clinic",
    "Pharmacy",
    "Health Center",
    "Hospital",
    "School Clinic",
    "Clínica",
    "Medical Group, PLLC",
];
const NAMES: [&str; 12] = [
    "Bluebonnet",
    "Pecan",
    "Lone Star",
    "Río",
    "Mesquite",
    "Live Oak",
    "Caddo",
    "Palo Duro",
    "Brazos",
    "Niño",
    "Gulf",
    "Llano",
];

/// The organizations of an export, each invented from its number.
#[derive(Debug)]
pub(super) struct Places {
    seed: u64,
    as_of: i64,
    organizations: u64,
}

impl Places {
    pub(super) fn new(settings: SynthSettings) -> Places {
        let organizations =
            (settings.clients / CLIENTS_FOR_AN_ORGANIZATION).clamp(ENTITIES * 2, MOST_ORGANIZATIONS);
        Places { seed: settings.seed, as_of: settings.as_of.days_from_zero(), organizations }
    }

    /// An organization's id; a few are very large, most are small.
    pub(super) fn pick(&self, dice: &mut Dice) -> u64 {
        let place = if dice.per_mille(150) {
            dice.below(self.organizations)
        } else {
            dice.skewed(self.organizations)
        };
        1_001 + place
    }

    pub(super) fn write_organizations(&self, out: &mut TableFile) -> io::Result<()> {
        for place in 0..self.organizations {
            let dice = &mut Dice::of(self.seed ^ 0x0a6, place);
            let (_, city, zip) = TOWNS[(place % TOWNS.len() as u64) as usize];
            // The first organizations are the entities' own, so that every entity has some.
            let entity = if place < ENTITIES { place } else { dice.skewed(ENTITIES) };
            let has_none = place >= ENTITIES && dice.per_mille(12);
            let entity = if has_none { String::new() } else { entity_name(entity) };
            let name_by = |dice: &mut Dice| format!("{} {} {place}", dice.pick(&NAMES), dice.pick(&KINDS));
            let old_name = name_by(dice);
            let new_name = changes::renamed(self.seed, place, self.as_of).map(|mut dice| name_by(&mut dice));
            let name = new_name.unwrap_or(old_name);
            let street = format!("{} {} St", 1 + dice.below(9_900), dice.pick(&NAMES));
            let zip = format!("{zip}{:02}", dice.below(100));
            let (id, short) = ((1_001 + place).to_string(), format!("ORG{place}"));
            let values = [&id, &name, &short, &entity, &street, city, "TX", &zip];
            out.row(place, &values)?;
        }
        Ok(())
    }

    /// Every entity but the last is its own recipient, and the first four share one more.
    pub(super) fn write_recipients(&self, out: &mut TableFile) -> io::Result<()> {
        for entity in 0..ENTITIES - 1 {
            out.row(entity, &[&entity_name(entity), &entity_name(entity)])?;
        }
        for entity in 0..4 {
            out.row(ENTITIES + entity, &["Four Rivers Health Alliance", &entity_name(entity)])?;
        }
        Ok(())
    }
}

fn entity_name(entity: u64) -> String {
    let name = NAMES[(entity % NAMES.len() as u64) as usize];
    format!("{name} Region {:02} Health Department", entity + 1)
}

/// The products.
pub(super) fn write_vaccines(out: &mut TableFile) -> io::Result<()> {
    for (place, product) in PRODUCTS.iter().enumerate() {
        out.row(place as u64, &[&(place + 101).to_string(), product.cvx, product.class])?;
    }
    Ok(())
}
