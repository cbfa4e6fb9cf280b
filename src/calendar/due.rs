//! The day by which a month's files are due: its second Monday.

use super::day;
use super::{days::Weekday, number_of};
use crate::value::{Day, Month};

/// The day by which a month's files are due.
pub fn due_day(month: Month) -> Day {
    nth_weekday(month.year(), month.month_of_year(), Weekday::Monday, 2)
}

/// Whether a month's files are due on this very day.
pub fn is_due(day: Day) -> bool {
    due_day(day.month()) == day
}

/// Whether the day by which this month's files are due is today, or was in the days before.
pub fn has_come(today: Day) -> bool {
    due_day(today.month()) <= today
}

/// The days by which files are due, from a day on, that day included, to the end of the calendar.
pub fn due_days(from: Day) -> impl Iterator<Item = Day> {
    std::iter::successors(Some(from.month()), |month| month_after(*month))
        .map(due_day)
        .filter(move |day| *day >= from)
}

fn month_after(month: Month) -> Option<Month> {
    let first = match month.month_of_year() {
        12 => Day::new(month.year() + 1, 1, 1),
        month_of_year => Day::new(month.year(), month_of_year + 1, 1),
    };
    first.map(Day::month)
}

/// The first, second, third or fourth such weekday of a month.
pub(super) fn nth_weekday(year: u32, month: u32, weekday: Weekday, nth: i64) -> Day {
    let first = number_of(year, month, 1);
    let days_until = (weekday as i64 - Weekday::of(day(first)) as i64).rem_euclid(7);
    day(first + days_until + 7 * (nth - 1))
}

/// The day after so many days.
pub(super) fn days_after(from: Day, days: i64) -> Option<Day> {
    let number = from.days_from_zero() + days;
    (number_of(1, 1, 1)..=number_of(9999, 12, 31)).contains(&number).then(|| day(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Datelike, NaiveDate};

    fn parsed(text: &str) -> Day {
        Day::parse(text.as_bytes()).unwrap()
    }

    /// Counts the Mondays of every month, day by day, as a person would on a wall calendar.
    #[test]
    fn the_second_mondays_are_those_of_a_wall_calendar() {
        let mut mondays = 0;
        let mut found = Vec::new();
        let first = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();
        for date in first.iter_days().take_while(|date| date.year() <= 2060) {
            if date.day() == 1 {
                mondays = 0;
            }
            let mine = parsed(&date.to_string());
            if date.weekday() == chrono::Weekday::Mon {
                mondays += 1;
                if mondays == 2 {
                    found.push(mine);
                }
            }
            assert_eq!(is_due(mine), found.last() == Some(&mine), "{mine}");
            let has_been = found.last().is_some_and(|due| due.month() == mine.month());
            assert_eq!(has_come(mine), has_been, "{mine}");
        }
        assert_eq!(found.len(), 61 * 12);
        let mine: Vec<Day> = due_days(parsed("2000-01-01")).take(found.len()).collect();
        assert_eq!(mine, found);
        assert!(found.iter().all(|day| (8..=14).contains(&day.day_of_month())));
        assert!(found.iter().all(|day| due_day(day.month()) == *day));
    }

    #[test]
    fn the_days_from_a_day_on_begin_with_it() {
        let next = |from: &str| due_days(parsed(from)).map(|day| day.to_string()).next();
        assert_eq!(next("2024-07-08").as_deref(), Some("2024-07-08"));
        assert_eq!(next("2024-07-09").as_deref(), Some("2024-08-12"));
        assert_eq!(next("2024-12-10").as_deref(), Some("2025-01-13"));
        assert_eq!(next("9999-12-14"), None);
        assert_eq!(due_days(parsed("9999-11-01")).count(), 2);
        assert_eq!(next("0001-01-01").as_deref(), Some("0001-01-08"));
    }

    #[test]
    fn the_calendar_has_two_ends() {
        assert_eq!(days_after(parsed("9999-12-31"), 1), None);
        assert_eq!(days_after(parsed("0001-01-01"), -1), None);
        assert_eq!(days_after(parsed("2024-02-28"), 2), Some(parsed("2024-03-01")));
    }
}
