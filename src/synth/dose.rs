//! The doses that an invented client was given, and the rows of immunizations that come of them.

use super::changes::DoseChange;
use super::client::{Life, YEAR, id_of};
use super::dice::Dice;
use super::entry::{FIRST_DAY, Moment, Numbers};
use super::places::Places;
use super::schedule::{CHILDHOOD, PRODUCTS, WAVES};
use super::table::TableFile;
use crate::spill::{storable_as, storable_fields};
use crate::value::{Day, day, number_of};
use std::io;

/// A client has fewer doses. Keys of doses, on which their changes depend, are in blocks of as many.
const MOST_DOSES: u64 = 128;

/// What DISASTER_FLAG says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Flag {
    Blank,
    Yes,
    No,
}

storable_as!(Flag, u8, |flag| flag as u8, |byte| {
    [Flag::Blank, Flag::Yes, Flag::No].get(usize::from(byte)).copied()
});

/// The flags of COVID-19 vaccinations in the emergency, and after it.
const BEFORE: [Flag; 4] = [Flag::Yes, Flag::Yes, Flag::Blank, Flag::Blank];
const AFTER: [Flag; 4] = [Flag::No, Flag::No, Flag::Blank, Flag::Yes];

/// A dose, as it was given.
#[derive(Debug)]
pub(super) struct Dose {
    /// Its place in the list of products.
    product: u8,
    date: i64,
    ordinal: u32,
    organization: Option<u64>,
    flag: Flag,
}

/// The entry of a dose into the registry.
#[derive(Debug)]
pub(super) struct Entry {
    dose: Dose,
    moment: Moment,
    /// On what chance depends that has to do with this dose, in every month.
    key: u64,
}

impl Entry {
    /// The entries for a client up to the as-of date, in the order in which the doses were given. Later ones come
    /// behind them in the exports of later months.
    pub(super) fn invent(life: Life, places: &Places) -> impl Iterator<Item = Entry> {
        let keys = id_of(life.place) * MOST_DOSES..;
        let entries = given(life, places).into_iter().zip(keys).map(move |(dose, key)| {
            let moment = Moment::after(dose.date, &mut Dice::of(life.seed ^ 0x3e5, key));
            Entry { dose, moment, key }
        });
        entries.filter(move |entry| entry.moment.day() <= life.as_of)
    }

    pub(super) fn moment(&self) -> Moment {
        self.moment
    }

    /// How many facts the dose makes.
    pub(super) fn count(&self) -> u64 {
        self.groups().len() as u64
    }

    fn groups(&self) -> &'static [&'static str] {
        PRODUCTS[usize::from(self.dose.product)].groups
    }

    /// The facts with these numbers that are listed under `holder`, or under somebody else by now; none if they were
    /// withdrawn.
    pub(super) fn facts(&self, numbers: Numbers, life: Life, holder: u64) -> impl Iterator<Item = Fact> {
        let dose = &self.dose;
        let as_entered = Fact {
            id: numbers.fact,
            dose: numbers.dose,
            client: holder,
            date: day(dose.date),
            ordinal: dose.ordinal,
            organization: dose.organization.map_or(0, |id| id as u32),
            product: dose.product,
            group: 0,
            flag: dose.flag,
        };
        let first = match DoseChange::of(self.key, life, dose.date, self.moment.day()) {
            None => Some(as_entered),
            Some(DoseChange::Renumbered) => Some(Fact { ordinal: dose.ordinal + 1, ..as_entered }),
            Some(DoseChange::Reassigned(right)) => Some(Fact { client: id_of(right), ..as_entered }),
            Some(DoseChange::Withdrawn) => None,
        };
        let groups = 0..self.groups().len() as u8;
        let of_group = move |fact: Fact, group| Fact { id: fact.id + u64::from(group), group, ..fact };
        groups.filter_map(move |group| first.map(|fact| of_group(fact, group)))
    }
}

/// The doses: the childhood series, influenza every year, the waves of COVID-19, and what adults get.
fn given(life: Life, places: &Places) -> Vec<Dose> {
    let Life { place, seed, birth, as_of } = life;
    let dice = &mut Dice::of(seed ^ 0xd0, place);
    let mut doses = Vec::new();
    let home = places.pick(dice);
    let mut give = |dice: &mut Dice, product: usize, date: i64, ordinal: u32, flag: Flag| {
        let organization = match dice.below(100) {
            0..78 => Some(home),
            78..98 => Some(places.pick(dice)),
            _ => None,
        };
        if (FIRST_DAY.max(birth)..=as_of).contains(&date) {
            doses.push(Dose { product: product as u8, date, ordinal, organization, flag });
        }
    };
    for (age, products, per_mille, ordinal) in CHILDHOOD {
        let (product, late) = (dice.pick(products), dice.skewed(120) as i64);
        if dice.per_mille(per_mille) {
            give(dice, product, birth + age + late, ordinal, Flag::Blank);
        }
    }
    let likes_flu_shots = 100 + dice.below(500);
    for year in 2012..2025 {
        let autumn = number_of(year, 9, 1) + dice.below(120) as i64;
        if autumn - birth > 180 && dice.per_mille(likes_flu_shots) {
            give(dice, 16, autumn, year - 2011, Flag::Blank);
        }
    }
    let mut takes_part = true;
    for ([year, month, day], days, least_age, products, per_mille, ordinal) in WAVES {
        let date = number_of(year, month, day) + dice.below(days) as i64;
        let product = dice.pick(products);
        let therapeutic = PRODUCTS[product].class == "COVID_THERAPEUTIC";
        let goes = dice.per_mille(per_mille);
        let after = date > number_of(2023, 5, 11);
        let flag = dice.pick(if after { &AFTER } else { &BEFORE });
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
            give(dice, product, age(years), ordinal, Flag::Blank);
        }
    }
    doses.sort_by_key(|dose| dose.date);
    doses
}

/// A row of immunizations. Rows compare in the order of their entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Fact {
    id: u64,
    dose: u64,
    client: u64,
    date: Day,
    ordinal: u32,
    /// 0 if it is not known who gave it.
    organization: u32,
    product: u8,
    /// The place of its group among the product's.
    group: u8,
    flag: Flag,
}

storable_fields!(Fact { id, dose, client, date, ordinal, organization, product, group, flag });

impl Fact {
    /// Its IMMUNFACT_ID.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(super) fn write(&self, out: &mut TableFile) -> io::Result<()> {
        let mut buffers = [itoa::Buffer::new(); 6];
        let [dose, id, client, vaccine, ordinal, organization] = &mut buffers;
        let values: [&[u8]; 9] = [
            dose.format(self.dose).as_bytes(),
            id.format(self.id).as_bytes(),
            client.format(self.client).as_bytes(),
            vaccine.format(u64::from(self.product) + 101).as_bytes(),
            &self.date.to_bytes(),
            PRODUCTS[usize::from(self.product)].groups[usize::from(self.group)].as_bytes(),
            ordinal.format(self.ordinal).as_bytes(),
            if self.organization == 0 { b"" } else { organization.format(self.organization).as_bytes() },
            match self.flag {
                Flag::Blank => b"",
                Flag::Yes => b"Y",
                Flag::No => b"N",
            },
        ];
        out.row(self.id, &values)
    }
}
