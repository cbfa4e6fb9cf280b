//! What the batch was made of, and by what.

use super::{Report, paragraph, section, share};
use crate::registry::Table;
use crate::report::html::{Markup, TableRow, code, element, table};
use crate::value::{grouped, total};

pub(super) fn section_of(report: &Report<'_>) -> Markup {
    let rows = Table::ALL.into_iter().filter_map(|table| {
        let counts = report.manifest.tables.get(table.name())?;
        let quarantined = total(counts.quarantined.values());
        let figures = [grouped(counts.rows), grouped(quarantined), share(quarantined, counts.rows)];
        Some(TableRow::new(code(table.name()), figures))
    });
    let head = TableRow::new("Table", ["Rows", "Could not be used", "Of its rows"]);
    section("made", "What was read", table("Rows read, by table of the export", head, rows))
}

pub(super) fn footer(report: &Report<'_>) -> Markup {
    let manifest = report.manifest;
    let hash = element("code", &[("class", "hash")], manifest.policy.sha256.as_str());
    let policy = Markup::from(format!("Policy: {}, SHA-256 ", manifest.policy.name)) + hash;
    let tool = format!(
        "Made by {} {}. Counts only: nothing of a person is on this page. It names recipients and their counts, so \
         it is for the registry's own staff and is never delivered.",
        manifest.tool.name, manifest.tool.version
    );
    element("footer", &[], [paragraph(policy), paragraph(tool)])
}
