//! How dates are written, and which stand for none.

use super::draft::{Draft, count, quoted};
use crate::registry::guess::Findings;
use crate::registry::guess::dates::Century;
use crate::registry::profile::Format;
use crate::value::grouped;
use std::collections::BTreeMap;

pub(super) fn write(found: &Findings, draft: &mut Draft) {
    let dates = &found.dates;
    let plain: usize = found.date_columns.iter().map(|column| column.plain).sum();
    draft.section("dates", |draft| {
        let is_plain = plain + dates.unread == dates.values;
        let mut chosen: Vec<(&str, usize)> = Vec::new();
        let mut refused = Vec::new();
        let parse = |form: &str| Format::parse(form, Some(1930)).ok();
        for (form, times) in &dates.forms {
            let clashes = |(other, _): &(&str, usize)| match (parse(form), parse(other)) {
                (Some(one), Some(other)) => one.contradicts(&other),
                _ => false,
            };
            if chosen.iter().any(clashes) { refused.push(*form) } else { chosen.push((form, *times)) }
        }
        let line = |forms: &[&str]| {
            let forms: Vec<String> = forms.iter().map(|form| quoted(form)).collect();
            format!("formats = [{}]", forms.join(", "))
        };
        let forms: Vec<&str> = chosen.iter().map(|(form, _)| *form).collect();
        let has_open_century = matches!(dates.century, Some(Century::Open { .. }));
        if !is_plain && !forms.is_empty() {
            let fits: Vec<String> = chosen
                .iter()
                .map(|(form, times)| format!("{form} fits {}", grouped(*times as u64)))
                .collect();
            let unread = if dates.unread > 0 {
                format!("; without a form: {}", grouped(dates.unread as u64))
            } else {
                String::new()
            };
            let why = format!("of {}: {}{unread}", count(dates.values, "date"), fits.join(", "));
            if has_open_century {
                draft.open(
                    &format!("{why}; first it has to be said which century two digits of a year mean"),
                    &[line(&forms)],
                );
            } else {
                let how_sure = if dates.unread * 20 > dates.values { "likely" } else { "sure" };
                draft.guess(&format!("{how_sure}: {why}"), &line(&forms));
            }
        } else if dates.unread > 0 {
            draft.note(&format!(
                "of {}, without a form that is known: {}",
                count(dates.values, "date"),
                grouped(dates.unread as u64)
            ));
        }
        for (form, values) in &dates.rare {
            draft.note(&format!(
                "dates as {form}: {values}, too few for a form of their own; they can't be used"
            ));
        }
        for (column, values) in dates.silent.iter().filter(|_| !is_plain) {
            draft.note(&format!(
                "{column} alone does not tell a day from a month: none of its {} has a part above 12",
                count(*values, "value")
            ));
        }
        for pair in &dates.open {
            let (one, other) = pair.forms;
            let evidence = match pair.only_first + pair.only_second {
                0 => format!("{} could be either, and none has a part above 12", count(pair.both, "date")),
                _ => format!(
                    "{} fit only {one}, {} only {other}, and {} both",
                    pair.only_first, pair.only_second, pair.both
                ),
            };
            let with = |form: &'static str| line(&[&forms[..], &[form]].concat());
            draft.open(&format!("{one} or {other}? {evidence}"), &[with(one), with(other)]);
        }
        for form in refused {
            draft.open(
                &format!("{form} fits some dates, but reads others as another day than the forms above"),
                &[line(&[&forms[..], &[form]].concat())],
            );
        }
        century(dates.century, !is_plain, draft);
        placeholders(found, draft);
    });
}

fn century(century: Option<Century>, is_needed: bool, draft: &mut Draft) {
    match century.filter(|_| is_needed) {
        None => {}
        Some(Century::From { year, births_of_our_time }) => {
            let why = format!(
                "likely: no other date speaks against it; birth dates that may be a hundred years earlier, which two digits can't tell: {births_of_our_time}"
            );
            draft.guess(&why, &format!("two_digit_years_from = {year}"));
        }
        Some(Century::Open { last_end, births }) => {
            let why = format!(
                "birth dates with years up to {last_end:02}, which are of this century among other dates: {births}; two digits can't tell, so have the export written with four"
            );
            draft.open(&why, &["two_digit_years_from = 1930".to_owned()]);
        }
    }
}

/// A day must stand in so many rows to be shown.
const FEWEST_ROWS: usize = 5;

fn placeholders(found: &Findings, draft: &mut Draft) {
    let mut days: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for column in &found.date_columns {
        for (day, rows) in column.placeholders.iter().filter(|(_, rows)| **rows >= FEWEST_ROWS) {
            days.entry(day).or_default().push(format!("{} ({rows})", column.name));
        }
    }
    if !days.is_empty() {
        let where_: Vec<String> =
            days.iter().map(|(day, columns)| format!("{day} in {}", columns.join(", "))).collect();
        let list: Vec<String> = days.keys().map(|day| quoted(day)).collect();
        let why = format!("days that may mean \"not known\": {}; if so, take this in", where_.join("; "));
        draft.aside(&why, &[format!("unknown = [{}]", list.join(", "))]);
    }
}
