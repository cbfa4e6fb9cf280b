//! What the profile changed, through which the export was read.

use super::{Report, paragraph, section};
use crate::html::{Markup, TableRow, code, table};
use crate::registry::{ColumnEffects, ProfileEffects, Table, TableEffects};
use crate::value::grouped;

/// None where there was no profile.
pub(super) fn section_of(report: &Report<'_>) -> Markup {
    let (Some(profile), Some(effects)) = (&report.manifest.profile, &report.data.profile) else {
        return Markup::default();
    };
    let intro = paragraph(format!(
        "The export was read through the profile {}. It says how the registry writes its export, and changes no rule.",
        profile.name
    ));
    section("profile", "What the profile changed", intro + columns(effects) + dropped_lines(effects))
}

/// The tables of which something was changed, in their order.
fn tables(effects: &ProfileEffects) -> impl Iterator<Item = (Table, &TableEffects)> {
    Table::ALL.into_iter().filter_map(|table| Some((table, effects.tables.get(table.name())?)))
}

fn columns(effects: &ProfileEffects) -> Markup {
    let rows = tables(effects).flat_map(|(table, effects)| {
        let of_layout = table.columns().iter();
        of_layout.filter_map(move |column| {
            let ColumnEffects { blanked, unwrapped, mapped, not_named, unknown_days } =
                *effects.columns.get(column.name)?;
            let figures = [blanked, unwrapped, mapped, not_named, unknown_days].map(grouped);
            Some(TableRow::new(code(table.name()) + ", " + code(column.name), figures))
        })
    });
    let rows: Vec<TableRow> = rows.collect();
    if rows.is_empty() {
        return paragraph("It changed no value.");
    }
    let figures = ["Words for blank", "Unwrapped", "Words for others", "Not named", "Days not known"];
    let note = paragraph(
        "Not named: values, blanks aside, of a column whose words the profile names, that are none of these words. They \
         stay as they are.",
    );
    table(
        "Values that the profile changed, by table and column",
        TableRow::new("Table and column", figures),
        rows,
    ) + note
}

fn dropped_lines(effects: &ProfileEffects) -> Markup {
    let dropped = tables(effects).filter(|(_, effects)| effects.lines_dropped > 0);
    let rows: Vec<TableRow> = dropped
        .map(|(table, effects)| TableRow::new(code(table.name()), [grouped(effects.lines_dropped)]))
        .collect();
    if rows.is_empty() {
        return Markup::default();
    }
    table("Lines that are no rows", TableRow::new("Table", ["Lines"]), rows)
}
