//! Days as numbers, so that one can be so many days after another, and their weekdays.

use crate::value::Day;
use std::fmt;

/// The day with this number, as [`Day::days_from_zero`] gives it.
pub(crate) fn day(number: i64) -> Day {
    let number = number - 1;
    let era = number.div_euclid(146_097);
    let of_era = number.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = year_of_era + era * 400 + carry;
    let day = Day::new(year as u32, month as u32, day_of_month as u32);
    day.unwrap_or_else(|| unreachable!("every number is a day's"))
}

/// A day of the week.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weekday {
    /// The first, as the numbers have it.
    Monday,
    /// The second.
    Tuesday,
    /// The third.
    Wednesday,
    /// The fourth.
    Thursday,
    /// The fifth.
    Friday,
    /// The sixth.
    Saturday,
    /// The last.
    Sunday,
}

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

impl Weekday {
    /// The weekday of a day.
    pub fn of(day: Day) -> Weekday {
        WEEK[(day.days_from_zero() + 1).rem_euclid(7) as usize]
    }
}

impl fmt::Display for Weekday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The number of the day written so.
pub(crate) fn number_of(year: u32, month: u32, day_of_month: u32) -> i64 {
    Day::new(year, month, day_of_month).map_or(0, Day::days_from_zero)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_chrono() {
        use chrono::Datelike;
        let first = chrono::NaiveDate::from_ymd_opt(1899, 12, 25).unwrap();
        for date in first.iter_days().take(60_000) {
            let mine = Day::new(date.year() as u32, date.month(), date.day()).unwrap();
            let next = Day::parse(date.succ_opt().unwrap().to_string().as_bytes()).unwrap();
            assert_eq!(day(mine.days_from_zero()), mine);
            assert_eq!(next.days_from_zero(), mine.days_from_zero() + 1);
            assert_eq!(Weekday::of(mine).to_string(), date.format("%A").to_string());
        }
    }
}
