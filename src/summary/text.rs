//! The tables as text. What is hidden is not in it in any form.

use super::Summary;
use super::columns::{Column, TOTAL};
use super::space::{AT_TOTAL, Places};
use crate::batch::table_text;
use crate::value::grouped;
use std::borrow::Cow;
use std::fmt::Write;

/// For whom a summary is made. Texas's law knows three circles; the public is everybody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Circle {
    /// The recipient itself, of its own file: nothing is hidden
    Own,
    /// Departments of contiguous jurisdictions
    Contiguous,
    /// Other departments
    Other,
    /// Everybody
    Public,
}

impl Circle {
    fn heading(self) -> &'static str {
        match self {
            Circle::Own => "for the recipient's own use",
            Circle::Contiguous => "for departments of contiguous jurisdictions",
            Circle::Other => "for other departments",
            Circle::Public => "for the public",
        }
    }
}

/// What stands for a number that is not shown.
const HIDDEN: &str = "*";

const MEASURES: [&str; 3] = ["facts", "doses", "clients"];

/// A table as CSV: a row for each cell, zeros and totals too.
pub fn csv(summary: &Summary, table: usize) -> String {
    let columns = &summary.tables[table];
    let header: Vec<&str> = columns.iter().map(|column| column.name()).chain(MEASURES).collect();
    let rows = rows(summary, columns).map(|(labels, numbers)| {
        let numbers =
            numbers.map_or([const { Cow::Borrowed(HIDDEN) }; 3], |n| n.map(|n| Cow::Owned(n.to_string())));
        labels.into_iter().map(Cow::Borrowed).chain(numbers).collect()
    });
    table_text(&header, rows)
}

/// A table as a page of Markdown. Rows of nothing are left out.
pub fn markdown(summary: &Summary, table: usize, circle: Circle) -> String {
    let columns = &summary.tables[table];
    let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    let mut out =
        format!("# Immunizations by {}, {}\n\n", names.join(", ").replace('_', " "), circle.heading());
    let _ = writeln!(out, "Batch {}. **Not for release.**\n", summary.month);
    for note in notes(columns, circle) {
        let _ = writeln!(out, "- {note}");
    }
    let _ = writeln!(out, "\n| {} | {} |", names.join(" | "), MEASURES.join(" | "));
    let _ = writeln!(out, "|{}{}", "---|".repeat(names.len()), "---:|".repeat(MEASURES.len()));
    for (labels, numbers) in rows(summary, columns) {
        if numbers == Some([0; 3]) {
            continue;
        }
        let numbers =
            numbers.map_or([const { Cow::Borrowed("\\*") }; 3], |n| n.map(|n| grouped(n.into()).into()));
        let labels = labels.iter().map(|label| label.replace('|', "\\|"));
        let _ = writeln!(out, "| {} | {} |", labels.collect::<Vec<_>>().join(" | "), numbers.join(" | "));
    }
    out
}

/// What a reader has to know.
fn notes(columns: &[Column], circle: Circle) -> Vec<&'static str> {
    let mut notes = vec![
        "A fact is one administered dose, seen from one vaccine group; doses and clients are counted once in each row.",
        "Clients of several rows are in each of them once: a total is counted, and is no sum of its rows.",
    ];
    if columns.contains(&Column::Recipient) {
        notes.push("A fact may be in the files of several recipients: their sum is not the total.");
    }
    if circle != Circle::Own {
        notes.push(
            "`*`: few clients, or hidden so that few clients elsewhere can't be worked out. Zeros are shown.",
        );
    }
    notes.push("Only consented clients are counted. This is no population coverage.");
    notes
}

/// The labels of each cell, and its numbers if they are shown; in the order of the labels, the total last.
fn rows<'a>(
    summary: &'a Summary,
    columns: &'a [Column],
) -> impl Iterator<Item = (Vec<&'a str>, Option<[u32; 3]>)> {
    let margins = &summary.cells.margins;
    let at: Vec<usize> = columns
        .iter()
        .filter_map(|column| margins.space.columns.iter().position(|own| own == column))
        .collect();
    let sizes: Vec<usize> = at.iter().map(|column| margins.space.labels[*column].len() + 1).collect();
    (0..sizes.iter().product::<usize>()).map(move |mut number| {
        let mut places: Places = [AT_TOTAL; super::MOST_COLUMNS];
        let mut labels = vec![TOTAL; at.len()];
        let mut margin = 0;
        for (place, (column, size)) in at.iter().zip(&sizes).enumerate().rev() {
            let label = number % size;
            number /= size;
            if label + 1 < *size {
                // Less than the number of labels, which is a u16's.
                places[*column] = label as u16;
                labels[place] = &margins.space.labels[*column][label];
                margin |= 1 << column;
            }
        }
        let cell = margins.place(margin, &places);
        let shown = cell.filter(|cell| !summary.cells.is_hidden(*cell));
        let counts = shown.map(|cell| summary.cells.counts(cell));
        (labels, counts.map(|counts| [counts.facts, counts.doses, counts.clients]))
    })
}
