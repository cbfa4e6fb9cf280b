//! The facts that are shared by vaccine group and by age.

use super::{Report, figure, paragraph, section, share};
use crate::batch::AGE_BANDS;
use crate::elements::{self, Cell};
use crate::report::html::{Markup, TableRow, code, table};
use crate::report::svg::{Bar, Look, bar_chart};
use crate::value::grouped;
use std::cmp::Reverse;

pub(super) fn by_group(report: &Report<'_>) -> Markup {
    let element = elements::ALL.iter().find(|element| element.cell == Cell::VaccineGroup);
    let listed = element.map_or(&[][..], |element| element.codes);
    let mut groups: Vec<(bool, &str, &str, u64)> = Vec::new();
    for (group, count) in &report.data.tally.by_group {
        groups.push(match listed.iter().find(|(code, _)| code == group) {
            Some((code, name)) => (true, code, name, *count),
            None if group.is_empty() => (false, "", "no group", *count),
            None => (false, "OTHER", "groups that the data dictionary does not list", *count),
        });
    }
    // The largest first, those that are no group of the list last.
    groups.sort_by_key(|(is_listed, code, _, count)| (!is_listed, Reverse(*count), *code));
    let parts = groups.iter().map(|(is_listed, code, name, count)| {
        let label = if *is_listed { format!("{code} · {name}") } else { (*name).to_owned() };
        (label, *name, *count)
    });
    let included = report.manifest.facts.included;
    let rows = groups.iter().map(|(_, group, name, count)| {
        let group = if group.is_empty() { "–".into() } else { code(group) };
        let row = TableRow::new(group, [grouped(*count), share(*count, included)]);
        TableRow { text: Some(Markup::from(*name)), ..row }
    });
    let head = TableRow::new("Group", ["Facts", "Of those shared"]);
    let head = TableRow { text: Some("Against".into()), ..head };
    let title = "Facts shared by vaccine group";
    let chart = chart_of_parts("chart-groups", title, "vaccine groups", parts);
    let table = table(title, head, rows);
    let inside = if groups.is_empty() { paragraph("No fact is shared.") } else { figure(chart, table) };
    section("groups", "By vaccine group", inside)
}

pub(super) fn by_age(report: &Report<'_>) -> Markup {
    let included = report.manifest.facts.included;
    let bands = AGE_BANDS.iter().zip(&report.data.tally.by_age).map(|((name, _), count)| (*name, *count));
    let rows =
        bands.clone().map(|(name, count)| TableRow::new(name, [grouped(count), share(count, included)]));
    let parts = bands.clone().map(|(name, count)| (name.to_owned(), name, count));
    let chart = chart_of_parts("chart-ages", "Facts shared by age at vaccination", "age bands", parts);
    let head = TableRow::new("Age at vaccination", ["Facts", "Of those shared"]);
    let table = table("Facts shared by age", head, rows);
    let inside = if included == 0 { paragraph("No fact is shared.") } else { figure(chart, table) };
    section("ages", "By age at vaccination", inside)
}

/// A bar for each part: its label in the chart, its name in the description, and its count.
fn chart_of_parts<'a>(
    id: &str,
    title: &str,
    what: &str,
    parts: impl Iterator<Item = (String, &'a str, u64)> + Clone,
) -> Markup {
    let bars = parts.clone().map(|(label, _, count)| Bar::new(label, grouped(count), count, Look::Plain));
    let bars: Vec<Bar> = bars.collect();
    let mut description = format!("Bars for {} {what}.", bars.len());
    let largest = parts.reduce(|most, next| if next.2 > most.2 { next } else { most });
    if let Some((_, name, count)) = &largest {
        description += &format!(" The largest is {name} with {}.", grouped(*count));
    }
    bar_chart(id, title, &description, largest.map_or(0, |(_, _, count)| count), &bars)
}
