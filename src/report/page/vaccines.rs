//! The facts that are shared by vaccine group and by age.

use super::{Report, paragraph, section, share};
use crate::batch::AGE_BANDS;
use crate::elements::{self, Cell};
use crate::html::{Markup, TableRow, code, small, table};
use crate::report::svg::{Look, Scale};
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
    let included = report.manifest.facts.included;
    let scale = Scale::of(groups.iter().map(|(.., count)| *count));
    let rows = groups.iter().map(|(_, group, name, count)| {
        let group = if group.is_empty() { "–".into() } else { code(group) };
        TableRow::new(group + " " + small(name), [grouped(*count), share(*count, included)])
            .with_bar(scale.bar(*count, Look::Plain, None))
    });
    let head = TableRow::new("Group", ["Facts", "Of those shared"]);
    let table = table("Facts shared by vaccine group", head, rows);
    section(
        "groups",
        "By vaccine group",
        if groups.is_empty() { nothing_shared() } else { noted(&scale) + table },
    )
}

fn nothing_shared() -> Markup {
    paragraph("No fact is shared.")
}

/// What a reader must know of the scale, if anything.
fn noted(scale: &Scale) -> Markup {
    if scale.note().is_empty() { Markup::default() } else { paragraph(scale.note().trim_start()) }
}

pub(super) fn by_age(report: &Report<'_>) -> Markup {
    let included = report.manifest.facts.included;
    let counts = &report.data.tally.by_age;
    let scale = Scale::of(counts.iter().copied());
    let rows = AGE_BANDS.iter().zip(counts).map(|((name, _), count)| {
        TableRow::new(*name, [grouped(*count), share(*count, included)]).with_bar(scale.bar(
            *count,
            Look::Plain,
            None,
        ))
    });
    let head = TableRow::new("Age at vaccination", ["Facts", "Of those shared"]);
    let table = table("Facts shared by age", head, rows);
    section(
        "ages",
        "By age at vaccination",
        if included == 0 { nothing_shared() } else { noted(&scale) + table },
    )
}
