//! What the batch was made of, and by what.

use super::facts::both;
use super::{Report, compared, compared_head, paragraph, section, share};
use crate::batch::Manifest;
use crate::html::{Markup, TableRow, code, element, table};
use crate::registry::{Code, Table};
use crate::report::words;
use crate::value::{grouped, total};

pub(super) fn section_of(report: &Report<'_>) -> Markup {
    let rows = Table::ALL.into_iter().filter_map(|table| {
        let counts = report.manifest.tables.get(table.name())?;
        let quarantined = total(counts.quarantined.values());
        let figures = [grouped(counts.rows), grouped(quarantined), share(quarantined, counts.rows)];
        Some(TableRow::new(code(table.name()), figures))
    });
    let head = TableRow::new("Table", ["Rows", "Could not be used", "Of its rows"]);
    let tables = table("Rows read, by table of the export", head, rows);
    section("made", "What was read", files(report) + tables + quarantined(report))
}

/// The age of the export's files.
fn files(report: &Report<'_>) -> Markup {
    let days =
        report.inputs.map_or(&[][..], |inputs| &inputs.export).iter().map(|stamp| stamp.modified.utc_day());
    let (Some(Some(oldest)), Some(Some(newest))) = (days.clone().min(), days.max()) else {
        return Markup::default();
    };
    let files = if oldest == newest {
        format!("The files of the export were last changed on {}", words::day(newest))
    } else {
        format!(
            "The files of the export were last changed from {} to {}",
            words::day(oldest),
            words::day(newest)
        )
    };
    paragraph(format!("{files}, in UTC. The as-of date is {}.", words::day(report.manifest.as_of)))
}

/// The rows that could not be used, of every table but the facts', which are among the reasons.
fn quarantined(report: &Report<'_>) -> Markup {
    let before = report.before.manifest();
    let mut rows = Vec::new();
    for table in Table::ALL.into_iter().filter(|table| *table != Table::Immunizations) {
        let counts = |manifest: &'_ Manifest| {
            manifest.tables.get(table.name()).map(|counts| counts.quarantined.clone())
        };
        let (now, then) =
            (counts(report.manifest).unwrap_or_default(), before.map(|b| counts(b).unwrap_or_default()));
        for (name, count, then) in both(&now, then.as_ref(), Code::ALL.map(Code::name)) {
            let figures = [grouped(count)].into_iter().chain(compared(then, count));
            rows.push(TableRow::new(code(table.name()) + ", " + code(name), figures));
        }
    }
    if rows.is_empty() {
        return Markup::default();
    }
    let head = TableRow::new("Table and code", ["Rows"].into_iter().chain(compared_head(report)));
    table("Rows that could not be used, facts aside", head, rows)
}

pub(super) fn footer(report: &Report<'_>) -> Markup {
    let manifest = report.manifest;
    let hash = element("code", &[("class", "hash")], manifest.policy.sha256.as_str());
    let policy = Markup::from(format!("Policy: {}, SHA-256 ", manifest.policy.name)) + hash;
    let profile = manifest.profile.as_ref().map(|profile| {
        let hash = element("code", &[("class", "hash")], profile.sha256.as_str());
        paragraph(Markup::from(format!("Profile: {}, SHA-256 ", profile.name)) + hash)
    });
    let tool = format!(
        "Made by {} {}. Counts only: nothing of a person is on this page. It names recipients and their counts, so \
         it is for the registry's own staff and is never delivered.",
        manifest.tool.name, manifest.tool.version
    );
    element("footer", &[], [paragraph(policy), profile.unwrap_or_default(), paragraph(tool)])
}
