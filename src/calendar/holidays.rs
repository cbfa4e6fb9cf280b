//! The eleven federal holidays of the United States, as 5 U.S.C. 6103 has them, from 1971 on.
//!
//! In 1971 the law that moved several of them to Mondays came into force, so earlier years have none here. Nothing
//! is put off because of a holiday: who plans by the days that files are due is told, that is all.

use super::due::{days_after, nth_weekday};
use super::{Weekday, day, number_of};
use crate::value::Day;
use std::ops::RangeInclusive;

/// A federal holiday of one year.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holiday {
    /// Its name in the law.
    pub name: &'static str,
    /// Its day.
    pub day: Day,
    /// The day off for it: the Friday before a Saturday, the Monday after a Sunday, else its own day.
    pub day_off: Day,
}

/// Which day of a year it is.
#[derive(Clone, Copy, Debug)]
enum Rule {
    On { month: u32, day: u32 },
    Nth { nth: i64, weekday: Weekday, month: u32 },
    LastMonday { month: u32 },
}

const LAST: u32 = 9999;

/// Names, the years in which they are on that day, and the day.
const HOLIDAYS: [(&str, RangeInclusive<u32>, Rule); 12] = [
    ("New Year's Day", 1971..=LAST, Rule::On { month: 1, day: 1 }),
    (
        "Birthday of Martin Luther King, Jr.",
        1986..=LAST,
        Rule::Nth { nth: 3, weekday: Weekday::Monday, month: 1 },
    ),
    ("Washington's Birthday", 1971..=LAST, Rule::Nth { nth: 3, weekday: Weekday::Monday, month: 2 }),
    ("Memorial Day", 1971..=LAST, Rule::LastMonday { month: 5 }),
    ("Juneteenth National Independence Day", 2021..=LAST, Rule::On { month: 6, day: 19 }),
    ("Independence Day", 1971..=LAST, Rule::On { month: 7, day: 4 }),
    ("Labor Day", 1971..=LAST, Rule::Nth { nth: 1, weekday: Weekday::Monday, month: 9 }),
    ("Columbus Day", 1971..=LAST, Rule::Nth { nth: 2, weekday: Weekday::Monday, month: 10 }),
    ("Veterans Day", 1971..=1977, Rule::Nth { nth: 4, weekday: Weekday::Monday, month: 10 }),
    ("Veterans Day", 1978..=LAST, Rule::On { month: 11, day: 11 }),
    ("Thanksgiving Day", 1971..=LAST, Rule::Nth { nth: 4, weekday: Weekday::Thursday, month: 11 }),
    ("Christmas Day", 1971..=LAST, Rule::On { month: 12, day: 25 }),
];

impl Rule {
    fn in_year(self, year: u32) -> Option<Day> {
        match self {
            Rule::On { month, day } => Day::new(year, month, day),
            Rule::Nth { nth, weekday, month } => Some(nth_weekday(year, month, weekday, nth)),
            Rule::LastMonday { month } => {
                let week_before_the_next = number_of(year, month + 1, 1) - 7;
                let days_until = 7 - Weekday::of(day(week_before_the_next)) as i64;
                Some(day(week_before_the_next + days_until % 7))
            }
        }
    }
}

/// The federal holidays of a year, in order. The day off for 1 January may lie in the year before.
pub fn holidays(year: u32) -> impl Iterator<Item = Holiday> {
    HOLIDAYS.iter().filter(move |(_, years, _)| years.contains(&year)).filter_map(move |(name, _, rule)| {
        let day = rule.in_year(year)?;
        let day_off = match Weekday::of(day) {
            Weekday::Saturday => days_after(day, -1)?,
            Weekday::Sunday => days_after(day, 1)?,
            _ => day,
        };
        Some(Holiday { name, day, day_off })
    })
}

/// The federal holiday that a day is, or is the day off for.
pub fn holiday_on(day: Day) -> Option<Holiday> {
    let year = day.year();
    // 31 December may be the day off for the next year's first.
    holidays(year).chain(holidays(year + 1)).find(|holiday| [holiday.day, holiday.day_off].contains(&day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::due_days;

    fn parsed(text: &str) -> Day {
        Day::parse(text.as_bytes()).unwrap()
    }

    /// The days off of these years as the Office of Personnel Management published them.
    #[test]
    fn the_days_off_are_the_published_ones() {
        for (year, expect) in [
            (2010, "01-01 01-18 02-15 05-31 07-05 09-06 10-11 11-11 11-25 12-24"),
            (2011, "2010-12-31 01-17 02-21 05-30 07-04 09-05 10-10 11-11 11-24 12-26"),
            (2018, "01-01 01-15 02-19 05-28 07-04 09-03 10-08 11-12 11-22 12-25"),
            (2020, "01-01 01-20 02-17 05-25 07-03 09-07 10-12 11-11 11-26 12-25"),
            (2021, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24"),
            (2022, "2021-12-31 01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26"),
            (2023, "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25"),
            (2024, "01-01 01-15 02-19 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25"),
            (2025, "01-01 01-20 02-17 05-26 06-19 07-04 09-01 10-13 11-11 11-27 12-25"),
            (2026, "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25"),
            (2027, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24"),
            (2028, "2027-12-31 01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25"),
        ] {
            let full = |text: &str| match text.len() {
                5 => format!("{year}-{text}"),
                _ => text.to_owned(),
            };
            let expect: Vec<String> = expect.split(' ').map(full).collect();
            let got: Vec<String> = holidays(year).map(|holiday| holiday.day_off.to_string()).collect();
            assert_eq!(got, expect, "{year}");
        }
    }

    #[test]
    fn each_begins_in_its_year_and_moves_when_the_law_did() {
        let count = |year| holidays(year).count();
        for (year, expect) in
            [(1970, 0), (1971, 9), (1985, 9), (1986, 10), (2020, 10), (2021, 11), (9999, 11)]
        {
            assert_eq!(count(year), expect, "{year}");
        }
        let veterans = |year| holidays(year).find(|holiday| holiday.name == "Veterans Day").unwrap().day;
        for (year, expect) in
            [(1971, "1971-10-25"), (1977, "1977-10-24"), (1978, "1978-11-11"), (2024, "2024-11-11")]
        {
            assert_eq!(veterans(year), parsed(expect));
        }
    }

    #[test]
    fn a_day_knows_its_holiday() {
        for (day, expect) in [
            ("2024-10-14", Some("Columbus Day")),
            ("2024-11-11", Some("Veterans Day")),
            ("2018-11-11", Some("Veterans Day")),
            ("2018-11-12", Some("Veterans Day")),
            ("2018-11-10", None),
            ("2021-12-31", Some("New Year's Day")),
            ("2022-01-01", Some("New Year's Day")),
            ("2020-12-31", None),
            ("2020-06-19", None),
            ("2021-06-18", Some("Juneteenth National Independence Day")),
            ("9999-12-31", None),
            ("0001-01-01", None),
        ] {
            assert_eq!(holiday_on(parsed(day)).map(|holiday| holiday.name), expect, "{day}");
        }
    }

    /// Of all holidays only two can fall on a second Monday, as the docs say.
    #[test]
    fn second_mondays_meet_columbus_day_always_and_veterans_day_at_times() {
        for day in due_days(parsed("1978-01-01")).take_while(|day| day.year() <= 2400) {
            let holiday = holiday_on(day).map(|holiday| holiday.name);
            match (day.month_of_year(), day.day_of_month()) {
                (10, _) => assert_eq!(holiday, Some("Columbus Day"), "{day}"),
                (11, 11 | 12) => assert_eq!(holiday, Some("Veterans Day"), "{day}"),
                _ => assert_eq!(holiday, None, "{day}"),
            }
        }
    }
}
