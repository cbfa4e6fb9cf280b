//! The tables as text. What is hidden is not in it in any form.

use super::Summary;
use super::columns::{Column, TOTAL};
use super::space::{AT_TOTAL, Counts, Places, Shown};
use crate::batch::table_text;
use crate::value::{Month, grouped};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt::Write;

/// For whom a summary is made. Texas's law knows three circles; the public is everybody.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

/// Whether a summary may be given away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Release {
    /// It is kept, and protected with all that are.
    Kept,
    /// It is not kept, or hides nothing.
    NotForRelease,
}

/// What stands for a number that is not shown.
pub(super) const HIDDEN: &str = "*";

pub(super) const MEASURES: [&str; 3] = ["facts", "doses", "clients"];

impl Summary {
    /// The name of a table's file.
    pub fn file_name(&self, table: usize, extension: &str) -> String {
        let names: Vec<_> = self.tables[table].iter().map(|column| column.name()).collect();
        format!("summary_{}_{}.{extension}", self.month, names.join("_"))
    }
}

/// A cell's facts, doses and clients as they stand in a table.
pub(super) fn numbers(shown: Shown, number: fn(u32) -> String) -> [Cow<'static, str>; 3] {
    let all = |Counts { facts, doses, clients }: Counts| [facts, doses, clients].map(number);
    match shown {
        Shown::Hidden => [const { Cow::Borrowed(HIDDEN) }; 3],
        Shown::Counts(counts) => all(counts).map(Cow::Owned),
        Shown::Kept(kept) => all(kept.counts).map(|number| Cow::Owned(format!("{number} ({})", kept.month))),
    }
}

/// A number of an earlier batch and the batch's month, of how it stands in a table.
pub(super) fn kept_number(text: &str) -> Option<(u32, Month)> {
    let (number, month) = text.strip_suffix(')')?.split_once(" (")?;
    Some((number.parse().ok()?, Month::parse(month)?))
}

/// A table as CSV: a row for each cell, zeros and totals too.
pub fn csv(summary: &Summary, table: usize) -> String {
    let columns = &summary.tables[table];
    let header: Vec<&str> = columns.iter().map(|column| column.name()).chain(MEASURES).collect();
    let rows = rows(summary, columns).map(|Row { labels, shown }| {
        let numbers = numbers(shown, |number| number.to_string());
        labels.into_iter().map(Cow::Borrowed).chain(numbers).collect()
    });
    table_text(&header, rows)
}

/// A table as a page of Markdown. Rows of nothing are left out.
pub fn markdown(summary: &Summary, table: usize, circle: Circle, release: Release) -> String {
    let columns = &summary.tables[table];
    let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    let mut out = format!("# {}\n\n", heading(columns, circle));
    let _ = match release {
        Release::Kept => writeln!(out, "Batch {}.\n", summary.month),
        Release::NotForRelease => writeln!(out, "Batch {}. **Not for release.**\n", summary.month),
    };
    for note in notes(columns, circle, rows(summary, columns).any(|row| row.is_kept())) {
        let _ = writeln!(out, "- {note}");
    }
    let _ = writeln!(out, "\n| {} | {} |", names.join(" | "), MEASURES.join(" | "));
    let _ = writeln!(out, "|{}{}", "---|".repeat(names.len()), "---:|".repeat(MEASURES.len()));
    for Row { labels, shown } in rows(summary, columns).filter(Row::is_something) {
        let numbers =
            numbers(shown, |number| grouped(number.into())).map(|number| number.replace('*', "\\*"));
        let labels =
            labels.iter().map(|label| label.replace('|', "\\|").replace('*', "\\*").replace('<', "\\<"));
        let _ = writeln!(out, "| {} | {} |", labels.collect::<Vec<_>>().join(" | "), numbers.join(" | "));
    }
    out
}

/// What a table is called.
pub(super) fn heading(columns: &[Column], circle: Circle) -> String {
    let names: Vec<_> = columns.iter().map(|column| column.name().replace('_', " ")).collect();
    format!("Immunizations by {}, {}", names.join(", "), circle.heading())
}

/// A cell as a row of a table.
pub(super) struct Row<'a> {
    pub(super) labels: Vec<&'a str>,
    pub(super) shown: Shown,
}

impl Row<'_> {
    pub(super) fn has_total(&self) -> bool {
        self.labels.contains(&TOTAL)
    }

    /// Whether its numbers are those of an earlier batch.
    pub(super) fn is_kept(&self) -> bool {
        matches!(self.shown, Shown::Kept(_))
    }

    /// Whether anything is counted in it.
    pub(super) fn is_something(&self) -> bool {
        self.shown != Shown::Counts(Counts::default())
    }
}

/// What a reader has to know.
pub(super) fn notes(columns: &[Column], circle: Circle, has_kept: bool) -> Vec<&'static str> {
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
    if has_kept {
        notes.push(
            "A month in parentheses: the numbers are those of that batch, as few clients have been added or taken since, and the \
             difference would tell of them.",
        );
    }
    notes.push("Only consented clients are counted. This is no population coverage.");
    notes
}

/// A row for each cell, in the order of the labels, the total last.
pub(super) fn rows<'a>(summary: &'a Summary, columns: &'a [Column]) -> impl Iterator<Item = Row<'a>> {
    let cells = &summary.cells;
    let space = &*cells.space;
    let at: Vec<usize> = columns.iter().filter_map(|column| space.column(*column)).collect();
    let sizes: Vec<usize> = at.iter().map(|column| space.labels[*column].len() + 1).collect();
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
                labels[place] = &space.labels[*column][label];
                margin |= 1 << column;
            }
        }
        // A table's cells are those of its margins.
        let cell = cells.place(cells.last(), margin, &places);
        Row { labels, shown: cell.map_or(Shown::Hidden, |cell| cells.shown(cell)) }
    })
}
