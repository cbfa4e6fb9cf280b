//! The federal holidays of the United States (5 U.S.C. 6103) that can fall on a second Monday: Columbus Day always
//! does, Veterans Day at times. No other can.
//!
//! Nothing is put off because of a holiday: `phds schedule next` only names it.

use crate::value::Day;

/// A federal holiday on a second Monday.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holiday {
    /// Its name in the law.
    pub name: &'static str,
    /// Whether the Monday is only the day off for a holiday that is on the Sunday before.
    pub is_observed: bool,
}

/// The federal holiday that a second Monday is, or is the day off for.
pub fn holiday_on(second_monday: Day) -> Option<Holiday> {
    let year = second_monday.year();
    match (second_monday.month_of_year(), second_monday.day_of_month()) {
        // On the second Monday of October since the law that moved holidays to Mondays.
        (10, _) if year >= 1971 => Some(Holiday { name: "Columbus Day", is_observed: false }),
        // Before 1978 Veterans Day was the fourth Monday of October.
        (11, day @ (11 | 12)) if year >= 1978 => {
            Some(Holiday { name: "Veterans Day", is_observed: day == 12 })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{due_days, is_due};

    fn parsed(text: &str) -> Day {
        Day::parse(text.as_bytes()).unwrap()
    }

    /// The days off of these years as the Office of Personnel Management published them.
    #[test]
    fn the_days_off_are_the_published_ones() {
        for (year, published) in [
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
            let days = published.split(' ').map(|text| match text.len() {
                5 => parsed(&format!("{year}-{text}")),
                _ => parsed(text),
            });
            let expect: Vec<Day> = days.filter(|day| is_due(*day)).collect();
            let of_year = due_days(Day::new(year, 1, 1).unwrap()).take(12);
            let got: Vec<Day> = of_year.filter(|day| holiday_on(*day).is_some()).collect();
            assert_eq!(got, expect, "{year}");
        }
    }

    #[test]
    fn each_begins_when_the_law_moved_it() {
        for (day, expect) in [
            ("1970-10-12", None),
            ("1971-10-11", Some(("Columbus Day", false))),
            ("9999-10-11", Some(("Columbus Day", false))),
            ("1973-11-12", None),
            ("1974-11-11", None),
            ("1979-11-12", Some(("Veterans Day", true))),
            ("1985-11-11", Some(("Veterans Day", false))),
            ("2018-11-12", Some(("Veterans Day", true))),
            ("2024-10-14", Some(("Columbus Day", false))),
            ("2024-11-11", Some(("Veterans Day", false))),
            ("2019-11-11", Some(("Veterans Day", false))),
            ("2020-11-09", None),
            ("9999-12-13", None),
            ("0001-01-08", None),
        ] {
            assert!(is_due(parsed(day)), "{day}");
            let got = holiday_on(parsed(day)).map(|holiday| (holiday.name, holiday.is_observed));
            assert_eq!(got, expect, "{day}");
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
