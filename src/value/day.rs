//! Calendar days and months.
//!
//! Every rule of the data sharing file is about whole days, so a time of day is dropped on reading and a day is
//! one comparable number. Never asks the clock: the as-of date always comes from outside.

use chrono::{Datelike, NaiveDate};
use std::fmt;
use std::num::NonZeroU32;

/// A real day of the Gregorian calendar in the years 1 to 9999.
///
/// Held as the number `yyyymmdd`, so that days compare as they should in four bytes, an absent day takes no
/// more, and year, month and day are at hand without calendar arithmetic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(NonZeroU32);

/// The years a registry's dates may lie in. 9999-12-31 is many databases' "open".
pub const REGISTRY_YEARS: std::ops::RangeInclusive<u32> = 1880..=9999;

/// The numbers of days begin so many days before the year 1, on 1 March.
const BEFORE_YEAR_1: i64 = 306;

impl Day {
    /// The day with this year, month and day of the month, if the calendar has it.
    pub fn new(year: u32, month: u32, day: u32) -> Option<Day> {
        if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || day < 1 || day > last_day(year, month)
        {
            return None;
        }
        NonZeroU32::new(year * 10_000 + month * 100 + day).map(Day)
    }

    /// Reads `YYYY-MM-DD` and nothing else, as command lines and policies write it.
    pub fn parse(text: &[u8]) -> Option<Day> {
        let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text else { return None };
        let mut digits = [y1, y2, y3, y4, m1, m2, d1, d2];
        for digit in &mut digits {
            *digit = digit.wrapping_sub(b'0');
            if *digit > 9 {
                return None;
            }
        }
        let [y1, y2, y3, y4, m1, m2, d1, d2] = digits.map(u32::from);
        Day::new(y1 * 1000 + y2 * 100 + y3 * 10 + y4, m1 * 10 + m2, d1 * 10 + d2)
    }

    /// Reads a date as registry exports hold it: `YYYY-MM-DD` in the years 1880 to 9999, optionally followed by
    /// `T` or a space and a time, which is dropped. A bare `T` is no time.
    pub fn parse_registry(text: &[u8]) -> Option<Day> {
        let (date, time) = text.split_at_checked(10)?;
        if !time.is_empty() && !Day::is_time_behind(time) {
            return None;
        }
        Day::parse(date).filter(|day| REGISTRY_YEARS.contains(&day.year()))
    }

    /// Whether a text is a time as it may stand behind a date: `T` or a space, and then digits and signs.
    pub(crate) fn is_time_behind(text: &[u8]) -> bool {
        let is_time_byte = |b: &u8| matches!(b, b'0'..=b'9' | b':' | b'.' | b'+' | b'-' | b'Z' | b' ');
        matches!(text, [b'T' | b' ', time @ ..] if !time.is_empty() && time.iter().all(is_time_byte))
    }

    /// The day as the number `yyyymmdd`.
    pub fn number(self) -> u32 {
        self.0.get()
    }

    /// The day with this number, if the calendar has it.
    pub fn from_number(number: u32) -> Option<Day> {
        Day::new(number / 10_000, number / 100 % 100, number % 100)
    }

    /// The year, 1 to 9999.
    pub fn year(self) -> u32 {
        self.0.get() / 10_000
    }

    /// The month, 1 to 12.
    pub fn month_of_year(self) -> u32 {
        self.0.get() / 100 % 100
    }

    /// The day of the month, 1 to 31.
    pub fn day_of_month(self) -> u32 {
        self.0.get() % 100
    }

    /// The month this day lies in.
    pub fn month(self) -> Month {
        Month(self.0.get() / 100)
    }

    /// The same day so many years earlier; 29 February becomes 28 February where there is none. `None` before
    /// the year 1.
    pub fn years_before(self, years: u32) -> Option<Day> {
        let year = self.year().checked_sub(years)?;
        let (month, day) = (self.month_of_year(), self.day_of_month());
        Day::new(year, month, day).or_else(|| Day::new(year, month, day - 1))
    }

    /// Completed months from this day to `later`, as CDC's decision-support rules count them: a month is
    /// completed on the same day of the next month, or, where that month is too short for it, on the 1st of the
    /// month after. Negative when `later` is earlier.
    pub fn completed_months_until(self, later: Day) -> i32 {
        let months = |day: Day| (day.year() * 12 + day.month_of_year()) as i32;
        months(later) - months(self) - i32::from(later.day_of_month() < self.day_of_month())
    }

    /// How many days from this day to `later`; negative when that is earlier.
    pub fn days_until(self, later: Day) -> i64 {
        later.days_from_zero() - self.days_from_zero()
    }

    /// The number of the day: the day after has the next. Invented exports depend on where the numbers begin.
    pub(crate) fn days_from_zero(self) -> i64 {
        let date = NaiveDate::from_ymd_opt(self.year() as i32, self.month_of_year(), self.day_of_month());
        date.map_or(0, |date| i64::from(date.num_days_from_ce()) + BEFORE_YEAR_1)
    }

    /// The day as chrono has it; none outside the years 1 to 9999.
    pub(crate) fn from_date(date: NaiveDate) -> Option<Day> {
        Day::new(u32::try_from(date.year()).ok()?, date.month(), date.day())
    }

    /// The day as the ten bytes `YYYY-MM-DD`.
    pub fn to_bytes(self) -> [u8; 10] {
        let mut out = *b"0000-00-00";
        let mut rest = self.0.get();
        for place in [9, 8, 6, 5, 3, 2, 1, 0] {
            out[place] += (rest % 10) as u8;
            rest /= 10;
        }
        out
    }
}

fn last_day(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// The day with this number, as [`Day::days_from_zero`] gives it.
pub(crate) fn day(number: i64) -> Day {
    let date = i32::try_from(number - BEFORE_YEAR_1).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
    date.and_then(Day::from_date).unwrap_or_else(|| unreachable!("every number is a day's"))
}

/// The number of the day written so.
pub(crate) fn number_of(year: u32, month: u32, day_of_month: u32) -> i64 {
    Day::new(year, month, day_of_month).map_or(0, Day::days_from_zero)
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month_of_year(), self.day_of_month())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Day::parse(text.as_bytes()).ok_or_else(|| serde::de::Error::custom("not a day"))
    }
}

/// A calendar month, written `YYYYMM`: the name of a monthly batch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(u32);

impl Month {
    /// Reads `YYYYMM` and nothing else.
    pub fn parse(text: &str) -> Option<Month> {
        let is_number = text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit());
        let number: u32 = text.parse().ok().filter(|_| is_number)?;
        Day::new(number / 100, number % 100, 1).map(Day::month)
    }

    /// This month and the later ones, to the end of the calendar.
    pub fn and_later(self) -> impl Iterator<Item = Month> {
        let next = |month: &Month| match month.month_of_year() {
            12 => Day::new(month.year() + 1, 1, 1).map(Day::month),
            month_of_year => Day::new(month.year(), month_of_year + 1, 1).map(Day::month),
        };
        std::iter::successors(Some(self), next)
    }

    /// The year, 1 to 9999.
    pub fn year(self) -> u32 {
        self.0 / 100
    }

    /// The month of the year, 1 to 12.
    pub fn month_of_year(self) -> u32 {
        self.0 % 100
    }
}

impl<'de> serde::Deserialize<'de> for Month {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Month, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Month::parse(&text).ok_or_else(|| serde::de::Error::custom("not a month"))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text} is no day"))
    }

    #[test]
    fn a_day_and_its_number_agree_with_chrono() {
        let first = NaiveDate::from_ymd_opt(1899, 12, 25).unwrap();
        for date in first.iter_days().take(60_000) {
            let mine = day(&date.to_string());
            let next = day(&date.succ_opt().unwrap().to_string());
            assert_eq!(super::day(mine.days_from_zero()), mine);
            assert_eq!(next.days_from_zero(), mine.days_from_zero() + 1);
        }
        // Other numbers would give other invented exports.
        assert_eq!([number_of(1, 1, 1), number_of(2024, 7, 8)], [307, 739_381]);
        assert_eq!(super::day(number_of(2024, 2, 28) + 2), day("2024-03-01"));
        let far = [NaiveDate::from_ymd_opt(0, 12, 31), NaiveDate::from_ymd_opt(10_000, 1, 1)];
        assert!(far.into_iter().all(|date| Day::from_date(date.unwrap()).is_none()));
    }

    #[test]
    fn reads_the_dates_that_exports_hold() {
        let check = |text: &str, expect: Option<&str>| {
            let got = Day::parse_registry(text.as_bytes()).map(|d| d.to_string());
            assert_eq!(got.as_deref(), expect, "{text:?}");
        };
        check("2024-07-08", Some("2024-07-08"));
        check("2024-07-08T00:00:00.000Z", Some("2024-07-08"));
        check("2024-07-08 13:45:00 +06:00", Some("2024-07-08"));
        check("2024-07-08T", None);
        check("2024-07-08t12:00", None);
        check("2024-07-08 noon", None);
        check("2024-07-0812:00", None);
        check("2024-7-8", None);
        check("20240708", None);
        check("07/08/2024", None);
        check("2024-02-29", Some("2024-02-29"));
        check("2023-02-29", None);
        check("1900-02-29", None);
        check("2000-02-29", Some("2000-02-29"));
        check("2024-04-31", None);
        check("2024-13-01", None);
        check("2024-00-10", None);
        check("2024-01-00", None);
        check("1879-12-31", None);
        check("1880-01-01", Some("1880-01-01"));
        check("9999-12-31", Some("9999-12-31"));
        check("2024-07-0é", None);
        check("", None);
    }

    #[test]
    fn writes_what_it_read() {
        for text in ["0001-01-01", "1880-01-01", "2024-02-29", "9999-12-31"] {
            assert_eq!(day(text).to_bytes(), text.as_bytes());
            assert_eq!(day(text).to_string(), text);
        }
        assert_eq!(day("2024-07-08").month().to_string(), "202407");
        assert_eq!(Month::parse("202407"), Some(day("2024-07-08").month()));
        for text in ["", "2024", "202413", "202400", "2024-07", "+20240", "2024077", "٢٠٢٤٠٧"] {
            assert_eq!(Month::parse(text), None, "{text}");
        }
    }

    #[test]
    fn counts_completed_months_as_cdc_does() {
        let check = |birth: &str, later: &str, expect: i32| {
            assert_eq!(day(birth).completed_months_until(day(later)), expect, "{birth} to {later}");
        };
        check("2020-01-15", "2020-01-15", 0);
        check("2020-01-15", "2020-02-14", 0);
        check("2020-01-15", "2020-02-15", 1);
        // Born on the 31st: the month is completed on the 1st after a shorter month.
        check("2020-01-31", "2020-02-29", 0);
        check("2020-01-31", "2020-03-01", 1);
        check("2020-01-31", "2020-03-31", 2);
        // Eighteen years are 216 months, for a child of 29 February too.
        check("2006-07-08", "2024-07-07", 215);
        check("2006-07-08", "2024-07-08", 216);
        check("2004-02-29", "2022-02-28", 215);
        check("2004-02-29", "2022-03-01", 216);
        check("2020-05-02", "2020-05-01", -1);
    }

    #[test]
    fn goes_back_whole_years() {
        let check = |from: &str, years, expect: Option<&str>| {
            assert_eq!(day(from).years_before(years).map(|d| d.to_string()).as_deref(), expect);
        };
        check("2024-07-08", 5, Some("2019-07-08"));
        check("2024-02-29", 5, Some("2019-02-28"));
        check("2024-02-29", 4, Some("2020-02-29"));
        check("2024-02-29", 0, Some("2024-02-29"));
        check("2024-02-29", 2024, None);
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_chrono_about_which_days_there_are(year in 1u32..=9999, month in 0u32..=13, day in 0u32..=32) {
            let theirs = NaiveDate::from_ymd_opt(year as i32, month, day).map(|d| d.to_string());
            proptest::prop_assert_eq!(Day::new(year, month, day).map(|d| d.to_string()), theirs);
        }

        #[test]
        fn counts_days_as_chrono_does(a in 0i32..3_000_000, b in 0i32..3_000_000) {
            let day = |n| {
                let date = NaiveDate::from_num_days_from_ce_opt(n + 1).unwrap();
                Day::new(date.year().unsigned_abs(), date.month(), date.day()).unwrap()
            };
            proptest::prop_assert_eq!(day(a).days_until(day(b)), i64::from(b - a));
        }

        #[test]
        fn compares_as_the_calendar_does(a in 0i32..3_000_000, b in 0i32..3_000_000) {
            let make = |n| {
                let date = NaiveDate::from_num_days_from_ce_opt(n + 366)?;
                Some((date, Day::parse(date.to_string().as_bytes())?))
            };
            if let (Some((a, my_a)), Some((b, my_b))) = (make(a), make(b)) {
                proptest::prop_assert_eq!(a.cmp(&b), my_a.cmp(&my_b));
            }
        }
    }
}
