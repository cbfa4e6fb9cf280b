//! When records are entered, and the numbers that they get then.
//!
//! A registry gives out numbers from a sequence, so its ids ascend in the order of entry. Here every dose has its
//! moment of entry, whatever the as-of date, and within a moment the doses of clients with lower numbers come first. So
//! a number is known once it is known how many doses come before: they are counted, moment by moment, and then each
//! client in turn takes the next number of the moment. Nothing has to be sorted for that.

use super::dice::Dice;
use crate::spill::storable_as;

/// Doses of one day are entered in so many hours, so that those of a day are mixed over all clients.
const HOURS: u32 = 10;

/// An hour of work in which records are entered, counted from day 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Moment(u32);

storable_as!(Moment, u32, |moment| moment.0, |hours| Some(Moment(hours)));

impl Moment {
    fn on(day: i64, dice: &mut Dice) -> Moment {
        Moment(day as u32 * HOURS + dice.below(u64::from(HOURS)) as u32)
    }

    /// When a dose is entered that is given on a day: most within days, some within weeks or months, and some
    /// years later, when somebody brings a record from elsewhere.
    pub(super) fn after(given: i64, dice: &mut Dice) -> Moment {
        let later = match dice.below(100) {
            0..80 => dice.below(5),
            80..93 => 5 + dice.below(30),
            93..97 => 35 + dice.below(150),
            _ => 365 + dice.below(3650),
        };
        Moment::on(given + later as i64, dice)
    }

    /// When a consent is entered that begins on a day.
    pub(super) fn soon_after(effective: i64, dice: &mut Dice) -> Moment {
        let later = dice.below(8) as i64;
        Moment::on(effective + later, dice)
    }

    /// The number of its day.
    pub(super) fn day(self) -> i64 {
        i64::from(self.0 / HOURS)
    }

    /// Its place among the moments from the first day on that records go back to.
    fn place(self) -> usize {
        (self.0 - FIRST_DAY as u32 * HOURS) as usize
    }
}

/// The number of 1 January 2010. Nobody's record goes back before the registry.
pub(super) const FIRST_DAY: i64 = 734_079;

/// How many doses there are, and how many facts; or the numbers that they get.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Numbers {
    pub(super) dose: u64,
    pub(super) fact: u64,
}

/// The first IMMUNIZATION_ID and IMMUNFACT_ID that there are.
const FIRST: Numbers = Numbers { dose: 310_000_001, fact: 640_000_001 };

/// Counts what is entered in each moment.
#[derive(Default)]
pub(super) struct EntryCounts(Vec<Numbers>);

impl EntryCounts {
    /// A dose with so many facts is entered.
    pub(super) fn add(&mut self, moment: Moment, facts: u64) {
        let place = moment.place();
        if place >= self.0.len() {
            self.0.resize(place + 1, Numbers::default());
        }
        self.0[place].dose += 1;
        self.0[place].fact += facts;
    }

    /// The numbers that all of them get.
    pub(super) fn numbering(self) -> Numbering {
        let mut next = FIRST;
        let first_of_each = |count: Numbers| {
            let first = next;
            next = Numbers { dose: first.dose + count.dose, fact: first.fact + count.fact };
            first
        };
        Numbering(self.0.into_iter().map(first_of_each).collect())
    }
}

/// The next numbers in each moment.
pub(super) struct Numbering(Vec<Numbers>);

impl Numbering {
    /// The number of a dose, and that of the first of its so many facts. Doses must come in the order in which they were
    /// counted.
    pub(super) fn take(&mut self, moment: Moment, facts: u64) -> Numbers {
        let next = &mut self.0[moment.place()];
        let numbers = *next;
        *next = Numbers { dose: numbers.dose + 1, fact: numbers.fact + facts };
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::number_of;

    #[test]
    fn the_first_day_is_the_one_it_says() {
        assert_eq!(FIRST_DAY, number_of(2010, 1, 1));
    }

    #[test]
    fn numbers_are_given_out_by_the_moment_and_then_in_turn() {
        let at = |hours| Moment(FIRST_DAY as u32 * HOURS + hours);
        let doses = [(5, 1), (0, 4), (5, 2), (2, 1), (0, 1)];
        let mut counts = EntryCounts::default();
        doses.iter().for_each(|(hours, facts)| counts.add(at(*hours), *facts));
        let mut numbering = counts.numbering();
        let taken = doses.map(|(hours, facts)| {
            let Numbers { dose, fact } = numbering.take(at(hours), facts);
            (dose - FIRST.dose, fact - FIRST.fact)
        });
        assert_eq!(taken, [(3, 6), (0, 0), (4, 7), (2, 5), (1, 4)]);
    }

    #[test]
    fn most_doses_are_entered_soon_and_few_years_later() {
        let (given, all) = (number_of(2020, 1, 1), 100_000);
        let check = |within: std::ops::Range<i64>, least: usize, most: usize| {
            let days = (0..all).map(|key| Moment::after(given, &mut Dice::of(1, key)).day() - given);
            let count = days.filter(|later| within.contains(later)).count();
            assert!((least..most).contains(&count), "{within:?}: {count}");
        };
        check(0..5, 79_000, 81_000);
        check(5..35, 12_000, 14_000);
        check(35..365, 3_500, 4_500);
        check(365..4015, 2_500, 3_500);
        check(0..4015, all as usize, all as usize + 1);
    }
}
