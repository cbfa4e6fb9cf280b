//! Dates in the forms that a profile names.

use crate::value::{Day, REGISTRY_YEARS};
use std::io::Write;

/// How dates are written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::registry) struct Dates {
    /// Empty where dates are as without a profile.
    formats: Vec<Format>,
    /// Days that mean "not known".
    unknown: Vec<Day>,
}

/// What a text is as a date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::registry) enum DateRead {
    Day(Day),
    /// A day that means "not known".
    Unknown,
    /// A form that is known, but no day from 1880 to 9999.
    NoSuchDay,
    /// No form that is known.
    NoDay,
}

/// A form of dates, such as `%m/%d/%Y`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::registry) struct Format {
    /// As the profile has it.
    text: String,
    parts: Vec<Part>,
    /// The year for which the two digits of a year stand first.
    two_digit_years_from: u32,
}

/// A part of a form. `both`: whether a number of one digit must be written as two, because digits stand beside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Literal(u8),
    Year,
    TwoDigitYear,
    Month {
        both: bool,
    },
    DayOfMonth {
        both: bool,
    },
    /// A blank may stand in place of the first digit.
    PaddedDay,
    DayOfYear {
        all: bool,
    },
    ShortMonth,
    LongMonth,
    Hour {
        both: bool,
    },
    HourOfHalf {
        both: bool,
    },
    Minute {
        both: bool,
    },
    Second {
        both: bool,
    },
    Fraction,
    AmPm,
}

/// What is wrong with a form.
#[derive(thiserror::Error, Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::registry) enum FormatFault {
    #[error(
        "a letter behind % is none of those that are known: %Y %y %m %d %e %j %b %B %F %D %% %H %I %M %S %f %p %T %R"
    )]
    UnknownLetter,
    #[error("a part of the day or of the time is given twice")]
    Twice,
    #[error("the parts give no whole day")]
    NoWholeDay,
    #[error("%y needs two_digit_years_from, the first of the hundred years that two digits can mean")]
    NoCentury,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Format {
    /// Reads a form as strftime has it.
    pub(in crate::registry) fn parse(
        text: &str,
        two_digit_years_from: Option<u32>,
    ) -> Result<Format, FormatFault> {
        let mut parts = Vec::new();
        push_parts(text, &mut parts)?;
        let count = |is: fn(&Part) -> bool| parts.iter().filter(|part| is(part)).count();
        let years = count(|part| matches!(part, Part::Year | Part::TwoDigitYear));
        let months = count(|part| matches!(part, Part::Month { .. } | Part::ShortMonth | Part::LongMonth));
        let days = count(|part| matches!(part, Part::DayOfMonth { .. } | Part::PaddedDay));
        let days_of_year = count(|part| matches!(part, Part::DayOfYear { .. }));
        let times: [fn(&Part) -> bool; 5] = [
            |part| matches!(part, Part::Hour { .. } | Part::HourOfHalf { .. }),
            |part| matches!(part, Part::Minute { .. }),
            |part| matches!(part, Part::Second { .. }),
            |part| matches!(part, Part::Fraction),
            |part| matches!(part, Part::AmPm),
        ];
        let is_twice = years > 1
            || months + days_of_year > 1
            || days + days_of_year > 1
            || times.into_iter().any(|is| count(is) > 1);
        if is_twice {
            return Err(FormatFault::Twice);
        }
        if years == 0 || days_of_year == 0 && (months, days) != (1, 1) {
            return Err(FormatFault::NoWholeDay);
        }
        let has_two_digits = parts.contains(&Part::TwoDigitYear);
        if has_two_digits && two_digit_years_from.is_none() {
            return Err(FormatFault::NoCentury);
        }
        note_digits_beside(&mut parts);
        Ok(Format {
            text: text.to_owned(),
            parts,
            two_digit_years_from: two_digit_years_from.unwrap_or_default(),
        })
    }

    /// The day that a text gives, of any year from 1 to 9999; none if the text is not of this form.
    pub(in crate::registry) fn read(&self, text: &[u8]) -> Option<Day> {
        self.read_form(text).flatten()
    }

    /// The same; none within where the text is of this form and the calendar lacks the day.
    fn read_form(&self, text: &[u8]) -> Option<Option<Day>> {
        let (mut year, mut month, mut day, mut day_of_year) = (0, 0, 0, 0);
        let mut rest = text;
        for part in &self.parts {
            match *part {
                Part::Literal(byte) => rest = rest.strip_prefix(&[byte])?,
                Part::Year => year = take_number(&mut rest, 4, 4)?,
                Part::TwoDigitYear => year = self.whole_year(take_number(&mut rest, 2, 2)?),
                Part::Month { both } => month = take_number(&mut rest, 1 + usize::from(both), 2)?,
                Part::DayOfMonth { both } => day = take_number(&mut rest, 1 + usize::from(both), 2)?,
                Part::PaddedDay => {
                    rest = rest.strip_prefix(b" ").unwrap_or(rest);
                    day = take_number(&mut rest, 1, 2)?;
                }
                Part::DayOfYear { all } => day_of_year = take_number(&mut rest, if all { 3 } else { 1 }, 3)?,
                Part::ShortMonth => month = take_month(&mut rest, |name| &name[..3])?,
                Part::LongMonth => month = take_month(&mut rest, |name| name)?,
                Part::Hour { both } => take_within(&mut rest, both, 0, 24)?,
                Part::HourOfHalf { both } => take_within(&mut rest, both, 1, 12)?,
                Part::Minute { both } => take_within(&mut rest, both, 0, 59)?,
                Part::Second { both } => take_within(&mut rest, both, 0, 60)?,
                Part::Fraction => drop(take_number(&mut rest, 1, 9)?),
                Part::AmPm => rest = without_half(rest)?,
            }
        }
        if !rest.is_empty() && !is_time(rest) {
            return None;
        }
        Some(if day_of_year > 0 { day_of(year, day_of_year) } else { Day::new(year, month, day) })
    }

    fn whole_year(&self, two_digits: u32) -> u32 {
        let from = self.two_digit_years_from;
        from + (two_digits + 100 - from % 100) % 100
    }

    /// Whether one text may be read as two different days by this form and another.
    pub(in crate::registry) fn contradicts(&self, other: &Format) -> bool {
        self.has_text_that_differs(other) || other.has_text_that_differs(self)
    }

    /// Tries days of which any pair of digits may be a month, a day or a year, in every way in which this form may write
    /// them.
    fn has_text_that_differs(&self, other: &Format) -> bool {
        let mut text = Vec::new();
        for year in (1901..=1913).chain(2001..=2013) {
            for month in 1..=12 {
                for day in (1..=13).chain([20, 31]).filter_map(|day| Day::new(year, month, day)) {
                    for way in 0..WAYS {
                        text.clear();
                        self.write(day, way, &mut text);
                        let reads = (self.read(&text), other.read(&text));
                        if matches!(reads, (Some(one), Some(another)) if one != another) {
                            return true;
                        }
                    }
                }
            }
        }
        false
    }

    /// Writes a day: `way` says which numbers have two digits, what the time is, and whether one more time stands behind.
    fn write(&self, day: Day, way: u32, out: &mut Vec<u8>) {
        let bit = |which: u32| way >> which & 1 == 1;
        let time = if bit(2) { 12 } else { 1 };
        for part in &self.parts {
            let (number, digits) = match *part {
                Part::Literal(byte) => {
                    out.push(byte);
                    continue;
                }
                Part::ShortMonth | Part::LongMonth => {
                    let name = MONTHS[day.month_of_year() as usize - 1];
                    let short = if *part == Part::ShortMonth { &name[..3] } else { name };
                    out.extend_from_slice(short.as_bytes());
                    continue;
                }
                Part::AmPm => {
                    out.extend_from_slice(b"AM");
                    continue;
                }
                Part::Year => (day.year(), 4),
                Part::TwoDigitYear => (day.year() % 100, 2),
                Part::Month { both } => (day.month_of_year(), if both || bit(0) { 2 } else { 1 }),
                Part::DayOfMonth { both } => (day.day_of_month(), if both || bit(1) { 2 } else { 1 }),
                Part::PaddedDay => (day.day_of_month(), if bit(1) { 2 } else { 1 }),
                Part::DayOfYear { all } => (number_in_year(day), if all || bit(1) { 3 } else { 1 }),
                Part::Hour { .. }
                | Part::HourOfHalf { .. }
                | Part::Minute { .. }
                | Part::Second { .. }
                | Part::Fraction => (time, 2),
            };
            // Writing to memory cannot fail.
            let _ = write!(out, "{number:0digits$}");
        }
        if bit(3) {
            out.extend_from_slice(TIME_BEHIND);
        }
    }
}

/// In so many ways a form writes a day.
const WAYS: u32 = 16;

/// A time as it may stand behind a day.
const TIME_BEHIND: &[u8] = b" 10:00";

fn push_parts(text: &str, parts: &mut Vec<Part>) -> Result<(), FormatFault> {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            parts.push(Part::Literal(byte));
            continue;
        }
        let both = false;
        parts.push(match bytes.next() {
            Some(b'Y') => Part::Year,
            Some(b'y') => Part::TwoDigitYear,
            Some(b'm') => Part::Month { both },
            Some(b'd') => Part::DayOfMonth { both },
            Some(b'e') => Part::PaddedDay,
            Some(b'j') => Part::DayOfYear { all: false },
            Some(b'b') => Part::ShortMonth,
            Some(b'B') => Part::LongMonth,
            Some(b'%') => Part::Literal(b'%'),
            Some(b'H') => Part::Hour { both },
            Some(b'I') => Part::HourOfHalf { both },
            Some(b'M') => Part::Minute { both },
            Some(b'S') => Part::Second { both },
            Some(b'f') => Part::Fraction,
            Some(b'p') => Part::AmPm,
            short @ Some(b'F' | b'D' | b'T' | b'R') => {
                push_parts(written_out(short), parts)?;
                continue;
            }
            _ => return Err(FormatFault::UnknownLetter),
        });
    }
    Ok(())
}

/// What stands for several parts, written out.
fn written_out(letter: Option<u8>) -> &'static str {
    match letter {
        Some(b'F') => "%Y-%m-%d",
        Some(b'D') => "%m/%d/%y",
        Some(b'T') => "%H:%M:%S",
        _ => "%H:%M",
    }
}

/// Whether a part may begin and end with a digit.
fn has_digits(part: Part) -> bool {
    match part {
        Part::Literal(byte) => byte.is_ascii_digit(),
        Part::ShortMonth | Part::LongMonth | Part::AmPm => false,
        _ => true,
    }
}

fn note_digits_beside(parts: &mut [Part]) {
    let with_digits: Vec<bool> = parts.iter().map(|part| has_digits(*part)).collect();
    for (place, part) in parts.iter_mut().enumerate() {
        let before = place > 0 && with_digits[place - 1];
        let beside = before || with_digits.get(place + 1).is_some_and(|digits| *digits);
        match part {
            Part::Month { both }
            | Part::DayOfMonth { both }
            | Part::Hour { both }
            | Part::HourOfHalf { both }
            | Part::Minute { both }
            | Part::Second { both } => *both = beside,
            Part::DayOfYear { all } => *all = beside,
            _ => {}
        }
    }
}

/// Takes a number of so many digits, as many as there are.
fn take_number(text: &mut &[u8], fewest: usize, most: usize) -> Option<u32> {
    let digits = text.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    if digits < fewest {
        return None;
    }
    let (number, rest) = text.split_at(digits);
    *text = rest;
    Some(number.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

fn take_within(text: &mut &[u8], both: bool, first: u32, last: u32) -> Option<()> {
    let number = take_number(text, 1 + usize::from(both), 2)?;
    (first..=last).contains(&number).then_some(())
}

fn take_month(text: &mut &[u8], written: fn(&'static str) -> &'static str) -> Option<u32> {
    for (name, number) in MONTHS.into_iter().zip(1..) {
        let name = written(name);
        if let Some((head, rest)) = text.split_at_checked(name.len())
            && head.eq_ignore_ascii_case(name.as_bytes())
        {
            *text = rest;
            return Some(number);
        }
    }
    None
}

/// A text without the `AM` or `PM` that it begins with, in any case.
fn without_half(text: &[u8]) -> Option<&[u8]> {
    let (half, rest) = text.split_at_checked(2)?;
    (half.eq_ignore_ascii_case(b"AM") || half.eq_ignore_ascii_case(b"PM")).then_some(rest)
}

/// Whether a text is a time behind a date, as without a profile, or with `AM` or `PM` at its end.
fn is_time(text: &[u8]) -> bool {
    let time = match text.split_last_chunk::<2>() {
        Some((time, half)) if without_half(half).is_some() => time.strip_suffix(b" ").unwrap_or(time),
        _ => text,
    };
    Day::is_time_behind(time)
}

fn days_of_month(year: u32, month: u32) -> Option<u32> {
    (28..=31).rev().find(|day| Day::new(year, month, *day).is_some())
}

/// The number of a day in its year, counted from 1.
fn number_in_year(day: Day) -> u32 {
    let before = (1..day.month_of_year()).filter_map(|month| days_of_month(day.year(), month)).sum::<u32>();
    before + day.day_of_month()
}

/// The day of a year with this number, counted from 1.
fn day_of(year: u32, number: u32) -> Option<Day> {
    let mut left = number;
    for month in 1..=12 {
        let days = days_of_month(year, month)?;
        if left <= days {
            return Day::new(year, month, left);
        }
        left -= days;
    }
    None
}

impl Dates {
    pub(super) fn new(formats: Vec<Format>, unknown: Vec<Day>) -> Dates {
        Dates { formats, unknown }
    }

    /// Whether dates are written in no other way than without a profile.
    pub(super) fn says_nothing(&self) -> bool {
        self.formats.is_empty() && self.unknown.is_empty()
    }

    /// How a date must be written, in words; none where that is as without a profile.
    pub(super) fn expected(&self) -> Option<String> {
        let years = format!("from {} to {}", REGISTRY_YEARS.start(), REGISTRY_YEARS.end());
        let forms: Vec<&str> = self.formats.iter().map(|format| format.text.as_str()).collect();
        (!forms.is_empty()).then(|| format!("a day as {}, {years}", forms.join(" or ")))
    }

    /// Reads a date.
    pub(in crate::registry) fn read(&self, text: &[u8]) -> DateRead {
        if self.formats.is_empty() {
            return self.read_day(text);
        }
        match self.formats.iter().find_map(|format| format.read(text)) {
            None if self.formats.iter().any(|format| format.read_form(text).is_some()) => DateRead::NoSuchDay,
            day => self.judge(day),
        }
    }

    /// Reads a day that is written `YYYY-MM-DD`, whatever the forms.
    pub(super) fn read_day(&self, text: &[u8]) -> DateRead {
        self.judge(read_plain(text))
    }

    fn judge(&self, day: Option<Day>) -> DateRead {
        match day {
            Some(day) if self.unknown.contains(&day) => DateRead::Unknown,
            Some(day) if REGISTRY_YEARS.contains(&day.year()) => DateRead::Day(day),
            Some(_) => DateRead::NoSuchDay,
            None => DateRead::NoDay,
        }
    }
}

/// Reads `YYYY-MM-DD`, of any year, and a time behind it.
fn read_plain(text: &[u8]) -> Option<Day> {
    let (date, time) = text.split_at_checked(10)?;
    Day::parse(date).filter(|_| time.is_empty() || is_time(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(text: &str) -> Result<Format, FormatFault> {
        Format::parse(text, Some(1930))
    }

    #[test]
    fn reads_dates() {
        let check = |form: &str, text: &str, expect: Option<&str>| {
            let got = format(form).unwrap().read(text.as_bytes()).map(|day| day.to_string());
            assert_eq!(got.as_deref(), expect, "{form} {text:?}");
        };
        let day = Some("2024-07-08");
        check("%Y-%m-%d", "2024-07-08", day);
        check("%Y-%m-%d", "2024-7-8", day);
        check("%Y-%m-%d", "2024-07-08T10:00:00Z", day);
        check("%Y-%m-%d", "2024-07-08 10:00", day);
        check("%Y-%m-%d", "2024-07-08 10:00 pm", day);
        check("%Y-%m-%d", "2024-07-08 10:00AM", day);
        check("%Y-%m-%d", "2024-07-08 AM", None);
        check("%Y-%m-%d", "2024-07-08T", None);
        check("%Y-%m-%d", "2024-07-08x", None);
        check("%Y-%m-%d", "24-07-08", None);
        check("%Y-%m-%d", "02024-07-08", None);
        check("%Y-%m-%d", "2024-02-30", None);
        check("%F", "2024-07-08", day);
        check("%D", "07/08/24", day);
        check("%m/%d/%Y", "7/8/2024", day);
        check("%m/%d/%Y", "07/08/2024", day);
        check("%m/%d/%Y", "007/08/2024", None);
        check("%m/%d/%Y", "07/08/24", None);
        check("%m/%d/%Y", "07-08-2024", None);
        check("%m/%d/%Y", "13/08/2024", None);
        check("%m/%d/%y", "07/08/24", day);
        check("%m/%d/%y", "07/08/2024", None);
        check("%m/%d/%y", "07/08/30", Some("1930-07-08"));
        check("%m/%d/%y", "07/08/29", Some("2029-07-08"));
        check("%Y%m%d", "20240708", day);
        check("%Y%m%d", "2024708", None);
        check("%Y%m%d", "20240708 101500", day);
        check("%Y%m%d%H%M%S", "20240708101500", day);
        check("%Y%m%d%H%M%S", "2024070810150", None);
        check("%d-%b-%y", "08-JUL-24", day);
        check("%d-%b-%y", "8-jul-24 12.00.00.000000 AM", day);
        check("%d-%b-%y", "08-JULY-24", None);
        check("%d%b%Y", "08JUL2024", day);
        check("%d%b%Y:%H:%M:%S", "08JUL2024:10:15:00", day);
        check("%B %d, %Y", "July 8, 2024", day);
        check("%B %d, %Y", "may 31, 2024", Some("2024-05-31"));
        check("%B %e, %Y", "July  8, 2024", day);
        check("%b %e %Y", "Jul 8 2024", day);
        check("%Y-%j", "2024-190", day);
        check("%Y-%j", "2024-1", Some("2024-01-01"));
        check("%Y-%j", "2024-366", Some("2024-12-31"));
        check("%Y-%j", "2023-366", None);
        check("%Y-%j", "2024-000", None);
        check("%Y%j", "2024190", day);
        check("%Y%j", "202419", None);
        check("%m/%d/%Y %I:%M %p", "7/8/2024 1:05 pm", day);
        check("%m/%d/%Y %I:%M %p", "7/8/2024 13:05 pm", None);
        check("%m/%d/%Y %H:%M:%S.%f", "7/8/2024 13:05:59.123456", day);
        check("%d%%%m%%%Y", "08%07%2024", day);
        check("%Y-%m-%dT%R", "2024-07-08T10:00", day);
        check("%Y-%m-%d", "", None);
    }

    #[test]
    fn refuses_forms() {
        let check = |form: &str, expect: Option<FormatFault>| {
            assert_eq!(Format::parse(form, None).err(), expect, "{form}");
        };
        check("%Y-%m-%d", None);
        check("%m/%d/%y", Some(FormatFault::NoCentury));
        check("%D", Some(FormatFault::NoCentury));
        check("%Y-%m", Some(FormatFault::NoWholeDay));
        check("%m/%d", Some(FormatFault::NoWholeDay));
        check("%H:%M", Some(FormatFault::NoWholeDay));
        check("", Some(FormatFault::NoWholeDay));
        check("%Y-%m-%d %Y", Some(FormatFault::Twice));
        check("%F %d", Some(FormatFault::Twice));
        check("%Y-%m-%b", Some(FormatFault::Twice));
        check("%Y-%j-%d", Some(FormatFault::Twice));
        check("%F %H %I", Some(FormatFault::Twice));
        check("%Y-%m-%d %T:%S", Some(FormatFault::Twice));
        check("%Y-%m-%d%", Some(FormatFault::UnknownLetter));
        check("%Y-%-m-%d", Some(FormatFault::UnknownLetter));
        check("%Y-%m-%d %Z", Some(FormatFault::UnknownLetter));
        check("%s", Some(FormatFault::UnknownLetter));
    }

    #[test]
    fn tells_forms_that_contradict() {
        let check = |one: &str, other: &str, expect: bool| {
            assert_eq!(format(one).unwrap().contradicts(&format(other).unwrap()), expect, "{one} {other}");
        };
        check("%m/%d/%Y", "%d/%m/%Y", true);
        check("%m/%d/%y", "%d/%m/%y", true);
        check("%y-%m-%d", "%d-%m-%y", true);
        check("%Y-%m-%d", "%Y-%d-%m", true);
        check("%Y%m%d", "%Y%d%m", true);
        check("%d%m%Y", "%Y%d%m", true);
        check("%m/%d/%Y", "%m/%d/%Y %H:%M", false);
        check("%m/%d/%Y", "%m/%d/%y", false);
        check("%Y-%m-%d", "%m/%d/%Y", false);
        check("%Y%m%d", "%d-%b-%y", false);
        check("%Y%m%d", "%Y%j", false);
        check("%d-%b-%y", "%d-%b-%Y", false);
        check("%b %d %Y", "%B %d %Y", false);
        check("%Y-%m-%d", "%Y-%m-%d", false);
        check("%d %m %y %H", "%d %H %y %m", true);
        // 2024-07-08T 10:00 is the 8th of July with a time behind, and the 7th of August.
        check("%Y-%m-%d", "%Y-%d-%mT", true);
    }

    #[test]
    fn tells_days_that_are_not_known() {
        let day = |text: &str| Day::parse(text.as_bytes()).unwrap();
        let dates = Dates::new(vec![format("%m/%d/%Y").unwrap()], vec![day("1900-01-01"), day("0001-01-01")]);
        let check = |text: &str, expect: DateRead| assert_eq!(dates.read(text.as_bytes()), expect, "{text}");
        check("1/1/1900", DateRead::Unknown);
        check("01/01/0001 00:00", DateRead::Unknown);
        check("01/02/0001", DateRead::NoSuchDay);
        check("02/30/2024", DateRead::NoSuchDay);
        check("1900-01-01", DateRead::NoDay);
        check("12/31/9999", DateRead::Day(day("9999-12-31")));
        let plain = Dates::new(Vec::new(), vec![day("1900-01-01")]);
        assert_eq!(plain.read(b"1900-01-01 00:00:00"), DateRead::Unknown);
        assert_eq!(plain.read(b"1900-1-2"), DateRead::NoDay);
        assert_eq!(plain.read(b"1900-01-02 9:00 AM"), DateRead::Day(day("1900-01-02")));
    }

    proptest::proptest! {
        /// What a form writes, chrono reads as the same day, and so do we.
        #[test]
        fn agrees_with_chrono(year in 1880u32..=9999, month in 1u32..=12, day in 1u32..=31, which in 0usize..9, way in 0..WAYS) {
            let forms = ["%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d", "%d-%b-%Y", "%d %B %Y", "%Y-%j", "%m/%d/%y", "%Y%j"];
            let (Some(day), form) = (Day::new(year, month, day), forms[which]) else { return Ok(()) };
            let format = Format::parse(form, Some(1970)).unwrap();
            let mut text = Vec::new();
            format.write(day, way, &mut text);
            let text = String::from_utf8(text).unwrap();
            let alone = text.strip_suffix(" 10:00").unwrap_or(&text);
            let theirs = chrono::NaiveDate::parse_from_str(alone, form).ok().and_then(Day::from_date);
            let ours = format.read(text.as_bytes());
            // chrono has two-digit years begin with 1969 or 1970; ours are those from 1970 on.
            proptest::prop_assert_eq!(ours, theirs, "{} {}", form, text);
        }
    }
}
