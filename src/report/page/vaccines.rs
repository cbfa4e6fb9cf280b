//! The facts that are shared by vaccine group and by age.

use super::{Shown, figure, section, share};
use crate::batch::AGE_BANDS;
use crate::elements::{self, Cell as ElementCell};
use crate::report::html::{Cell, Markup, Row, Table, code};
use crate::report::svg::{Bar, BarChart, Look};
use crate::value::grouped;

pub(super) fn by_group(shown: &Shown<'_>) -> Markup {
    let listed = elements::ALL.iter().find(|element| element.cell == ElementCell::VaccineGroup);
    let names = listed.map_or(&[][..], |element| element.codes);
    let mut groups: Vec<(&str, &str, u64)> = Vec::new();
    for (group, count) in &shown.data.tally.by_group {
        let named = names.iter().find(|(code, _)| code == group).map(|(code, name)| (*code, *name));
        let (code, name) = named.unwrap_or(match group.is_empty() {
            true => ("", "no group"),
            false => ("OTHER", "groups that the data dictionary does not list"),
        });
        groups.push((code, name, *count));
    }
    // The largest first, those that are no group of the list last.
    let is_listed = |code: &str| names.iter().any(|(listed, _)| *listed == code);
    groups.sort_by_key(|(code, _, count)| (!is_listed(code), std::cmp::Reverse(*count), *code));
    let included = shown.manifest.facts.included;
    let bars = groups.iter().map(|(code, name, count)| {
        let label = if is_listed(code) { format!("{code} · {name}") } else { (*name).to_owned() };
        plain_bar(label, *count)
    });
    let rows = groups.iter().map(|(group, name, count)| {
        let group = if group.is_empty() { Markup::from("–") } else { code(group) };
        let name = Cell::text(*name);
        Row::of([Cell::text(group), name, Cell::count(*count), Cell::figure(share(*count, included))])
    });
    let description = described(groups.iter().map(|(_, name, count)| (*name, *count)), "vaccine groups");
    let chart = BarChart {
        id: "chart-groups",
        title: "Facts shared by vaccine group",
        description: &description,
        scale: groups.iter().map(|(_, _, count)| *count).max().unwrap_or(0),
        bars: bars.collect(),
        is_chain: false,
    };
    let head = vec![
        Cell::text("Group"),
        Cell::text("Against"),
        Cell::figure("Facts"),
        Cell::figure("Of those shared"),
    ];
    let table = Table { caption: "Facts shared by vaccine group", head, rows: rows.collect() };
    let inside = match groups.is_empty() {
        true => super::paragraph("No fact is shared."),
        false => figure(chart, table),
    };
    section("groups", "By vaccine group", inside)
}

pub(super) fn by_age(shown: &Shown<'_>) -> Markup {
    let included = shown.manifest.facts.included;
    let bands = || AGE_BANDS.iter().zip(&shown.data.tally.by_age).map(|((name, _), count)| (*name, *count));
    let row =
        |(name, count)| Row::of([Cell::text(name), Cell::count(count), Cell::figure(share(count, included))]);
    let description = described(bands(), "age bands");
    let chart = BarChart {
        id: "chart-ages",
        title: "Facts shared by age at vaccination",
        description: &description,
        bars: bands().map(|(name, count)| plain_bar(name.to_owned(), count)).collect(),
        scale: bands().map(|(_, count)| count).max().unwrap_or(0),
        is_chain: false,
    };
    let head = vec![Cell::text("Age at vaccination"), Cell::figure("Facts"), Cell::figure("Of those shared")];
    let table = Table { caption: "Facts shared by age", head, rows: bands().map(row).collect() };
    let inside = match included {
        0 => super::paragraph("No fact is shared."),
        _ => figure(chart, table),
    };
    section("ages", "By age at vaccination", inside)
}

fn plain_bar(label: String, count: u64) -> Bar {
    Bar { label, figure: grouped(count), start: 0, end: count, look: Look::Plain, mark: None }
}

/// What a chart of parts shows, in words.
fn described<'a>(parts: impl Iterator<Item = (&'a str, u64)> + Clone, what: &str) -> String {
    let largest = parts.clone().reduce(|most, next| if next.1 > most.1 { next } else { most });
    let largest = largest.map(|(name, count)| format!(" The largest is {name} with {}.", grouped(count)));
    format!("Bars for {} {what}.{}", parts.count(), largest.unwrap_or_default())
}
