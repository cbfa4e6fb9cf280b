//! What the batch was made of, and by what.

use super::{Shown, section, share};
use crate::registry::Table as RegistryTable;
use crate::report::html::{Cell, Markup, Row, Table, code, element};
use crate::value::total;

pub(super) fn section_of(shown: &Shown<'_>) -> Markup {
    let tables = &shown.manifest.tables;
    let rows = RegistryTable::ALL.into_iter().filter_map(|table| {
        let counts = tables.get(table.name())?;
        let quarantined = total(counts.quarantined.values());
        Some(Row::of([
            Cell::text(code(table.name())),
            Cell::count(counts.rows),
            Cell::count(quarantined),
            Cell::figure(share(quarantined, counts.rows)),
        ]))
    });
    let head = vec![
        Cell::text("Table"),
        Cell::figure("Rows"),
        Cell::figure("Could not be used"),
        Cell::figure("Of its rows"),
    ];
    let table = Table { caption: "Rows read, by table of the export", head, rows: rows.collect() };
    section("made", "What was read", table)
}

pub(super) fn footer(shown: &Shown<'_>) -> Markup {
    let manifest = shown.manifest;
    let policy = element(
        "p",
        &[],
        [
            Markup::from(format!("Policy: {}, SHA-256 ", manifest.policy.name)),
            element("code", &[("class", "hash")], manifest.policy.sha256.as_str()),
        ],
    );
    let tool = element(
        "p",
        &[],
        format!(
            "Made by {} {}. Counts only: nothing of a person is on this page. It names recipients and their counts, so \
             it is for the registry's own staff and is never delivered.",
            manifest.tool.name, manifest.tool.version
        ),
    );
    element("footer", &[], [policy, tool])
}
