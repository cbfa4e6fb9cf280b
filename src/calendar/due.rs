//! The day by which a month's files are due: its second Monday.

use crate::value::{Day, Month};
use chrono::{NaiveDate, Weekday};

/// The last year of the calendar.
const LAST_YEAR: u32 = 9999;

/// The day by which a month's files are due.
pub fn due_day(month: Month) -> Day {
    second_monday(month.year(), month.month_of_year())
}

/// The month before a day's; none before the first month of the calendar.
pub fn month_before(day: Day) -> Option<Month> {
    let (year, month) = (day.year(), day.month_of_year());
    let (year, month) = if month == 1 { (year - 1, 12) } else { (year, month - 1) };
    Day::new(year, month, 1).map(Day::month)
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
    let of_year = |year| (1..=12).map(move |month| second_monday(year, month));
    (from.year()..=LAST_YEAR).flat_map(of_year).filter(move |day| *day >= from)
}

fn second_monday(year: u32, month: u32) -> Day {
    let date = NaiveDate::from_weekday_of_month_opt(year as i32, month, Weekday::Mon, 2);
    date.and_then(Day::from_date).unwrap_or_else(|| unreachable!("every month has a second Monday"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Datelike;

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
            if date.weekday() == Weekday::Mon {
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
    fn the_month_before_may_be_last_years() {
        let before = |day: &str| month_before(parsed(day)).map(|month| month.to_string());
        assert_eq!(before("2024-07-31").as_deref(), Some("202406"));
        assert_eq!(before("2024-03-31").as_deref(), Some("202402"));
        assert_eq!(before("2024-01-01").as_deref(), Some("202312"));
        assert_eq!(before("0001-01-31"), None);
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
}
