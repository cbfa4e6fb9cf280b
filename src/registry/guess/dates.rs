//! In which forms dates are written.

use crate::registry::profile::Format;
use crate::value::Day;
use std::collections::BTreeMap;

/// The forms that databases write, the likelier first.
const FORMS: [&str; 36] = [
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%Y%m%d",
    "%Y/%m/%d",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%m.%d.%Y",
    "%d.%m.%Y",
    "%Y.%m.%d",
    "%d-%b-%Y",
    "%d %b %Y",
    "%d%b%Y",
    "%d%b%Y:%H:%M:%S",
    "%d%b%Y:%H:%M:%S.%f",
    "%d-%B-%Y",
    "%d %B %Y",
    "%b %e %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%Y-%b-%d",
    "%Y%m%d%H%M%S",
    "%Y-%m-%d-%H.%M.%S.%f",
    "%Y-%m-%d-%H.%M.%S",
    "%m%d%Y",
    "%d%m%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%y/%m/%d",
    "%m-%d-%y",
    "%d-%m-%y",
    "%m.%d.%y",
    "%d.%m.%y",
    "%d-%b-%y",
    "%d%b%y",
    "%d%b%y:%H:%M:%S",
];

/// Pairs of forms that read most texts alike, of which only a day above 12 tells one from the other.
const SWAPPED: [(&str, &str); 7] = [
    ("%m/%d/%Y", "%d/%m/%Y"),
    ("%m-%d-%Y", "%d-%m-%Y"),
    ("%m.%d.%Y", "%d.%m.%Y"),
    ("%m%d%Y", "%d%m%Y"),
    ("%m/%d/%y", "%d/%m/%y"),
    ("%m-%d-%y", "%d-%m-%y"),
    ("%m.%d.%y", "%d.%m.%y"),
];

/// No text of a date is longer.
const LONGEST: usize = 40;

/// The years that a date of a person's life can have, and what databases write for "open".
fn is_likely(day: Day) -> bool {
    (1880..=2100).contains(&day.year())
        || matches!(day.year(), 2199 | 2999 | 3000 | 4000 | 9999 | 1753 | 1800)
}

/// Reads dates in every form there is.
pub(super) struct DateReader {
    forms: Vec<(&'static str, Format)>,
}

impl DateReader {
    pub(super) fn new() -> DateReader {
        // With a century that is likely for birth dates; which one it is plays no part in whether a text fits.
        let form = |text: &&'static str| Some((*text, Format::parse(text, Some(1930)).ok()?));
        DateReader { forms: FORMS.iter().filter_map(form).collect() }
    }

    /// The forms that fit a text, each with the day.
    pub(super) fn read<'r>(&'r self, text: &'r str) -> impl Iterator<Item = (&'static str, Day)> + 'r {
        let may_fit = (6..=LONGEST).contains(&text.len()) && text.bytes().any(|byte| byte.is_ascii_digit());
        let day = move |format: &Format| format.read(text.as_bytes()).filter(|day| is_likely(*day));
        self.forms
            .iter()
            .filter(move |_| may_fit)
            .filter_map(move |(form, format)| Some((*form, day(format)?)))
    }
}

/// How the values of a column fit the forms.
#[derive(Clone, Default, Debug)]
pub(super) struct DateColumn {
    /// The column's name in section 1, with its table.
    pub(super) name: String,
    /// Values that are not blank.
    pub(super) filled: usize,
    /// By the set of forms that fit a value, how many values there are, and the last two digits of their years if the years
    /// have two digits.
    pub(super) by_forms: BTreeMap<Vec<&'static str>, usize>,
    pub(super) years: BTreeMap<u32, usize>,
    pub(super) kind: DateKind,
    /// Values that are as section 1 has dates.
    pub(super) plain: usize,
    /// How often a day stands that databases write where they do not know.
    pub(super) placeholders: BTreeMap<&'static str, usize>,
}

/// Days that databases write where they do not know.
const PLACEHOLDERS: [&str; 9] = [
    "1900-01-01",
    "1901-01-01",
    "1899-12-30",
    "1899-12-31",
    "1753-01-01",
    "1800-01-01",
    "1960-01-01",
    "1970-01-01",
    "1911-11-11",
];

/// What a date is of, as far as it tells the century of two digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum DateKind {
    Birth,
    /// A day on which something was done: of our time.
    #[default]
    Done,
    /// It may lie ahead.
    End,
}

impl DateColumn {
    pub(super) fn new(name: String, kind: DateKind) -> DateColumn {
        DateColumn { name, kind, ..DateColumn::default() }
    }

    pub(super) fn take(&mut self, reader: &DateReader, text: &str) {
        if text.is_empty() {
            return;
        }
        self.filled += 1;
        self.plain += usize::from(Day::parse_registry(text.as_bytes()).is_some());
        let (mut forms, mut two_digits) = (Vec::new(), None);
        for (form, day) in reader.read(text) {
            let day_text = day.to_string();
            if forms.is_empty()
                && let Some(placeholder) = PLACEHOLDERS.into_iter().find(|other| *other == day_text)
            {
                *self.placeholders.entry(placeholder).or_default() += 1;
            }
            forms.push(form);
            if form.contains("%y") {
                two_digits.get_or_insert(day.year() % 100);
            }
        }
        two_digits.into_iter().for_each(|year| *self.years.entry(year).or_default() += 1);
        *self.by_forms.entry(forms).or_default() += 1;
    }

    /// How many values a form fits.
    fn fit(&self, form: &str) -> usize {
        self.by_forms.iter().filter(|(forms, _)| forms.contains(&form)).map(|(_, times)| times).sum()
    }
}

/// What is found of the forms of an export's dates.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct FoundDates {
    /// The forms that fit, each with the number of values that it fits.
    pub(super) forms: Vec<(&'static str, usize)>,
    /// Pairs of forms of which nothing tells which it is.
    pub(super) open: Vec<OpenPair>,
    /// Forms that fit a few values beside all the others: of rows that are not as they should be.
    pub(super) rare: Vec<(&'static str, usize)>,
    /// Values that fit no form.
    pub(super) unread: usize,
    /// All values that are not blank.
    pub(super) values: usize,
    /// For columns that do not tell by themselves what the others tell.
    pub(super) silent: Vec<(String, usize)>,
    pub(super) century: Option<Century>,
}

/// Two forms that cannot be told apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct OpenPair {
    pub(super) forms: (&'static str, &'static str),
    /// How many values fit only the first, only the second, and both.
    pub(super) only_first: usize,
    pub(super) only_second: usize,
    pub(super) both: usize,
}

/// What two digits of a year mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Century {
    /// From this year on. So many birth dates have years that could be a hundred years earlier.
    From { year: u32, births_of_our_time: usize },
    /// Birth dates and days that lie ahead have years in common.
    Open { last_end: u32, births: usize },
}

/// A form that fits fewer values, and not one in 25, is none.
const FEWEST: usize = 20;

/// Which forms an export's dates have.
pub(super) fn find_dates(columns: &[DateColumn]) -> FoundDates {
    let mut found =
        FoundDates { values: columns.iter().map(|column| column.filled).sum(), ..FoundDates::default() };
    let mut left: BTreeMap<&Vec<&'static str>, usize> = BTreeMap::new();
    for (forms, times) in columns.iter().flat_map(|column| &column.by_forms) {
        *left.entry(forms).or_default() += times;
    }
    found.unread = left.remove(&Vec::new()).unwrap_or(0);
    // The form that fits most, then the one that fits most of what is left, and so on.
    while !left.is_empty() {
        let fit = |form: &str| {
            left.iter().filter(|(forms, _)| forms.contains(&form)).map(|(_, times)| *times).sum::<usize>()
        };
        let fits = FORMS.iter().rev().map(|form| (fit(form), *form));
        let Some((times, form)) = fits.max_by_key(|(times, _)| *times).filter(|(times, _)| *times > 0) else {
            break;
        };
        left.retain(|forms, _| !forms.contains(&form));
        if times < FEWEST && times * 25 < found.values {
            found.rare.push((form, times));
            found.unread += times;
            continue;
        }
        let swapped = SWAPPED.into_iter().find(|(one, other)| *one == form || *other == form);
        let pair = swapped.map(|pair| compare(columns, pair));
        match pair.filter(OpenPair::is_open) {
            Some(pair) => {
                let (_, other) = pair.forms;
                left.retain(|forms, _| !forms.contains(&other) && !forms.contains(&pair.forms.0));
                found.open.push(pair);
            }
            None => found.forms.push((form, times)),
        }
    }
    let chosen: Vec<&str> = found.forms.iter().map(|(form, _)| *form).collect();
    found.silent = silent_columns(columns, &chosen);
    let has_two_digits = |form: &&str| form.contains("%y");
    let open = found.open.iter().map(|pair| pair.forms.0);
    if chosen.iter().copied().chain(open).any(|form| has_two_digits(&form)) {
        found.century = Some(find_century(columns));
    }
    found
}

impl OpenPair {
    /// Whether it is left open: no value tells, or some tell the one and some the other.
    fn is_open(&self) -> bool {
        let (fewer, more) = (self.only_first.min(self.only_second), self.only_first.max(self.only_second));
        more == 0 || fewer * 200 > more
    }
}

fn compare(columns: &[DateColumn], forms: (&'static str, &'static str)) -> OpenPair {
    let count = |first: bool, second: bool| {
        let fits = |(fitting, _): &(&Vec<&str>, &usize)| {
            fitting.contains(&forms.0) == first && fitting.contains(&forms.1) == second
        };
        columns.iter().flat_map(|column| &column.by_forms).filter(fits).map(|(_, times)| times).sum()
    };
    OpenPair {
        forms,
        only_first: count(true, false),
        only_second: count(false, true),
        both: count(true, true),
    }
}

/// Columns in which no value tells a day from a month, though a form was found by those of other columns.
fn silent_columns(columns: &[DateColumn], chosen: &[&str]) -> Vec<(String, usize)> {
    let mut silent = Vec::new();
    for (one, other) in
        SWAPPED.into_iter().filter(|(one, other)| chosen.contains(one) || chosen.contains(other))
    {
        for column in columns {
            let pair = compare(std::slice::from_ref(column), (one, other));
            if pair.both > 0 && pair.only_first + pair.only_second == 0 {
                silent.push((column.name.clone(), column.fit(one)));
            }
        }
    }
    silent
}

/// From this on, two digits are of the century before for certain: nobody was vaccinated in 2070 yet.
const OLD: u32 = 70;

/// The year that is proposed where nothing speaks against it.
const USUAL: u32 = 30;

fn find_century(columns: &[DateColumn]) -> Century {
    let years = |kind: DateKind| {
        columns.iter().filter(move |column| column.kind == kind).flat_map(|column| &column.years)
    };
    let last =
        |kind: DateKind| years(kind).map(|(year, _)| *year).filter(|year| *year < OLD).max().unwrap_or(0);
    let (done, end) = (last(DateKind::Done), last(DateKind::End).max(last(DateKind::Done)));
    let births = |from: u32, to: u32| {
        years(DateKind::Birth).filter(|(year, _)| (from..=to).contains(year)).map(|(_, times)| times).sum()
    };
    let between: usize = births(done + 1, end);
    if between > 0 {
        return Century::Open { last_end: end, births: between };
    }
    let next_birth =
        years(DateKind::Birth).map(|(year, _)| *year).filter(|year| *year > end).min().unwrap_or(OLD);
    let year = 1900 + USUAL.clamp(end + 1, next_birth.max(end + 1));
    Century::From { year, births_of_our_time: births(0, done) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(kind: DateKind, values: &[&str]) -> DateColumn {
        let reader = DateReader::new();
        let mut column = DateColumn::new("clients.BIRTH_DATE".to_owned(), kind);
        values.iter().for_each(|value| column.take(&reader, value));
        column
    }

    fn found(values: &[&str]) -> FoundDates {
        find_dates(&[column(DateKind::Done, values)])
    }

    #[test]
    fn every_form_can_be_read() {
        assert_eq!(DateReader::new().forms.len(), FORMS.len());
    }

    #[test]
    fn finds_the_form() {
        let check = |values: &[&str], expect: &[(&str, usize)]| {
            let found = found(values);
            assert_eq!(
                (found.forms.as_slice(), found.open.len(), found.unread),
                (expect, 0, 0),
                "{values:?}"
            );
        };
        check(&["2024-07-08", "2024-07-09 10:00:00", ""], &[("%Y-%m-%d", 2)]);
        check(&["7/8/2024", "07/18/2024"], &[("%m/%d/%Y", 2)]);
        check(&["08/07/2024", "18/07/2024"], &[("%d/%m/%Y", 2)]);
        check(&["20240708", "20241231"], &[("%Y%m%d", 2)]);
        check(&["08-JUL-2024"], &[("%d-%b-%Y", 1)]);
        check(&["08-JUL-24", "31-DEC-99"], &[("%d-%b-%y", 2)]);
        check(&["08JUL2024"], &[("%d%b%Y", 1)]);
        check(&["08JUL2024:00:00:00"], &[("%d%b%Y:%H:%M:%S", 1)]);
        check(&["Jul  8 2024 12:00AM", "Jul 18 2024 12:00AM"], &[("%b %e %Y", 2)]);
        check(&["08-JUL-24 12.00.00.000000 AM"], &[("%d-%b-%y", 1)]);
        check(&["2024-07-08", "2024-07-09", "7/18/2024"], &[("%Y-%m-%d", 2), ("%m/%d/%Y", 1)]);
        check(&[], &[]);
        assert_eq!(found(&["soon", "2024-07-08"]).unread, 1);
        let many = found(&[&["2024-07-08"; 50][..], &["7/18/2024"]].concat());
        assert_eq!((many.forms.len(), many.rare, many.unread), (1, vec![("%m/%d/%Y", 1)], 1));
    }

    #[test]
    fn what_both_ways_read_is_left_open() {
        let check = |values: &[&str], expect: (usize, usize, usize)| {
            let found = found(values);
            assert!(found.forms.is_empty(), "{found:?}");
            let pair = &found.open[0];
            assert_eq!((pair.only_first, pair.only_second, pair.both), expect);
        };
        check(&["07/08/2024", "01/02/2024"], (0, 0, 2));
        check(&["18/08/2024", "01/22/2024"], (1, 1, 0));
        check(&["07-08-2024"], (0, 0, 1));
        // One that was mistyped among many tells nothing.
        let many = vec!["07/18/2024"; 300];
        assert_eq!(found(&[&many[..], &["18/07/2024"]].concat()).forms[0], ("%m/%d/%Y", 300));
    }

    #[test]
    fn columns_that_do_not_tell_are_named() {
        let tells = column(DateKind::Done, &["07/18/2024"]);
        let silent = column(DateKind::Birth, &["07/08/2024", "01/02/2020"]);
        assert_eq!(find_dates(&[tells, silent]).silent, [("clients.BIRTH_DATE".to_owned(), 2)]);
    }

    #[test]
    fn finds_the_century() {
        let check = |births: &[&str], done: &[&str], ends: &[&str], expect: Century| {
            let columns =
                [column(DateKind::Birth, births), column(DateKind::Done, done), column(DateKind::End, ends)];
            assert_eq!(find_dates(&columns).century, Some(expect));
        };
        let from = |year, births_of_our_time| Century::From { year, births_of_our_time };
        check(&["08-JUL-51", "08-JUL-20"], &["08-JUL-24"], &[], from(1930, 1));
        check(&["08-JUL-51"], &["08-JUL-24"], &["08-JUL-39"], from(1940, 0));
        check(&["08-JUL-26"], &["08-JUL-24"], &[], from(1926, 0));
        check(
            &["08-JUL-38"],
            &["08-JUL-24", "08-JUL-99"],
            &["08-JUL-39"],
            Century::Open { last_end: 39, births: 1 },
        );
        assert_eq!(found(&["08-JUL-2024"]).century, None);
    }
}
