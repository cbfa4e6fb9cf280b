//! What is done to a registry's records after they were entered: duplicate clients are merged, entries are corrected
//! and withdrawn, people move, organizations are renamed.
//!
//! Each change has a day, and is in every export made on that day or later. Which records change, and when, comes from
//! dice of their own, so that everything else is the same as if nothing changed. A change that needs another client takes
//! one with a number shortly before, who can be invented again: nothing has to be kept in memory.

use super::client::{Life, birth_of};
use super::dice::Dice;
use super::places::{TOWNS, Town};
use crate::value::number_of;

/// From 1 January 2019 to 31 December 2030.
const DAYS_OF_CHANGE: u64 = 4383;

/// How many clients, or organizations, in a thousand change in these twelve years: one in a hundred each year.
const CHANGING: u64 = 120;

/// A change after this day, evenly spread over the years of change; none if it would come before.
fn change_after(begin: i64, dice: &mut Dice) -> Option<i64> {
    let changed = number_of(2019, 1, 1) + dice.below(DAYS_OF_CHANGE) as i64;
    Some(changed).filter(|changed| *changed > begin)
}

/// Ten clients in a thousand are entered twice, so that some are merged in every month even of a small registry.
fn may_be_duplicate(seed: u64, place: u64) -> bool {
    Dice::of(seed ^ 0x3e0, place).per_mille(10)
}

/// If this client is a duplicate of the one before: the day from which both are one client. The one before stays, and
/// is never merged itself.
pub(super) fn merged(seed: u64, place: u64) -> Option<i64> {
    if place < 2 || !may_be_duplicate(seed, place) || may_be_duplicate(seed, place - 1) {
        return None;
    }
    change_after(birth_of(seed, place - 1), &mut Dice::of(seed ^ 0x3e1, place))
}

/// The person that this client is: itself, or the client whose duplicate it is, merged or not.
pub(super) fn person(seed: u64, place: u64) -> u64 {
    if merged(seed, place).is_some() { place - 1 } else { place }
}

/// The client under whom this one's records are listed on that day.
pub(super) fn holder(seed: u64, place: u64, as_of: i64) -> u64 {
    if merged(seed, place).is_some_and(|merged| merged <= as_of) { place - 1 } else { place }
}

/// Where a client lives after having moved: the town, and the whole ZIP code.
pub(super) type Address = (Town, String);

pub(super) fn address(town: Town, dice: &mut Dice) -> Address {
    (town, format!("{}{:02}", town.2, dice.below(100)))
}

/// The new address of a client who has moved by that day.
pub(super) fn moved(seed: u64, place: u64, birth: i64, as_of: i64) -> Option<Address> {
    let dice = &mut Dice::of(seed ^ 0x3e2, place);
    let moved = dice.per_mille(CHANGING) && change_after(birth, dice).is_some_and(|day| day <= as_of);
    moved.then(|| address(dice.pick(&TOWNS), dice))
}

/// Dice for the new name of an organization that has been renamed by that day.
pub(super) fn renamed(seed: u64, organization: u64, as_of: i64) -> Option<Dice> {
    let mut dice = Dice::of(seed ^ 0x3e3, organization);
    let renamed = dice.per_mille(CHANGING) && change_after(0, &mut dice).is_some_and(|day| day <= as_of);
    renamed.then_some(dice)
}

/// What was done to the record of a dose.
#[derive(Clone, Copy, Debug)]
pub(super) enum DoseChange {
    /// It was entered in error, and is not there any more.
    Withdrawn,
    /// It was entered for the wrong client; this is the right one.
    Reassigned(u64),
    /// Its number in the series was wrong.
    Renumbered,
}

impl DoseChange {
    /// What was done by the as-of date to a dose that was given to a client on a day and entered on another; none if it was
    /// left as it is.
    pub(super) fn of(dose: u64, life: Life, given: i64, entered: i64) -> Option<DoseChange> {
        let Life { seed, place, as_of, .. } = life;
        let dice = &mut Dice::of(seed ^ 0x3e4, dose);
        let kind = dice.below(100_000);
        if kind >= 270 || change_after(entered, dice).is_none_or(|day| day > as_of) {
            return None;
        }
        match kind {
            0..20 => Some(DoseChange::Withdrawn),
            20..70 => right_client(seed, place, given)
                .map(|right| DoseChange::Reassigned(holder(seed, right, as_of))),
            _ => Some(DoseChange::Renumbered),
        }
    }
}

/// Another client nearby who can have been given a dose that day.
fn right_client(seed: u64, place: u64, given: i64) -> Option<u64> {
    let wrong = person(seed, place);
    (place.saturating_sub(16).max(1)..place)
        .rev()
        .find(|other| person(seed, *other) != wrong && birth_of(seed, *other) < given)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_change_and_evenly() {
        let merges: Vec<i64> = (1..100_000).filter_map(|place| merged(1, place)).collect();
        assert!((850..1_050).contains(&merges.len()), "{}", merges.len());
        for year in 2019..=2030 {
            let days = number_of(year, 1, 1)..number_of(year + 1, 1, 1);
            let of_year = merges.iter().filter(|day| days.contains(day)).count();
            assert!((50..120).contains(&of_year), "{year}: {of_year}");
        }
        let moved_in = |year| {
            let as_of = number_of(year, 12, 31);
            (1..100_000).filter(|place| moved(1, *place, 0, as_of).is_some()).count()
        };
        assert!((850..1150).contains(&(moved_in(2024) - moved_in(2023))));
        assert!(moved(1, 1, 0, number_of(2018, 12, 31)).is_none());
    }

    #[test]
    fn who_takes_records_over_is_there() {
        let mut moved_on = 0;
        for place in (2..100_000).filter(|place| merged(1, *place).is_some()) {
            assert_eq!(merged(1, person(1, place)), None);
            assert_eq!(birth_of(1, place), birth_of(1, place - 1));
            // A dose that was first moved to a duplicate goes on to whom it is merged with.
            let merged = merged(1, place).unwrap();
            assert_eq!((holder(1, place, merged - 1), holder(1, place, merged)), (place, place - 1));
            moved_on += usize::from(right_client(1, place + 1, number_of(2024, 7, 1)) == Some(place));
        }
        assert!(moved_on > 500, "{moved_on}");
    }
}
