//! The tables as text. What is hidden is not in it in any form.

use super::columns::{Column, TOTAL};
use super::space::{AT_TOTAL, Cells, Counts, Place, Places, Shown, is_above};
use super::{Summary, people_of};
use crate::batch::table_text;
use crate::value::{Month, grouped};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt::Write;
use std::str::FromStr;

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

/// What stands for a rate of which only that it is more is shown.
pub(super) const ABOVE: &str = ">100";

/// The columns of numbers of a table of counts.
pub(super) const COUNTS: [&str; 3] = ["facts", "doses", "clients"];

/// Those of a table of rates.
pub(super) const RATES: [&str; 3] = ["population", "clients", "rate"];

impl Summary {
    /// The name of a table's file.
    pub fn file_name(&self, table: usize, extension: &str) -> String {
        let stem = file_stem(self.population().is_some(), self.month, &self.tables[table]);
        format!("{stem}.{extension}")
    }

    /// The names of the columns of numbers.
    pub(super) fn measures(&self) -> [&'static str; 3] {
        if self.population().is_some() { RATES } else { COUNTS }
    }
}

/// The name of a table's file, without what says its format.
pub(super) fn file_stem(has_rates: bool, batch: Month, columns: &[Column]) -> String {
    let names: Vec<_> = columns.iter().map(|column| column.name()).collect();
    let kind = if has_rates { "rates" } else { "summary" };
    format!("{kind}_{batch}_{}", names.join("_"))
}

/// A row's numbers as they stand in a table.
pub(super) fn numbers(row: &Row<'_>, number: fn(u64) -> String) -> [Cow<'static, str>; 3] {
    const HIDDEN_NUMBER: Cow<'static, str> = Cow::Borrowed(HIDDEN);
    let counts = |Counts { facts, doses, clients }: Counts| [facts, doses, clients];
    let Some(people) = row.people else {
        return match row.shown {
            Shown::Hidden => [HIDDEN_NUMBER; 3],
            Shown::Counts(own) => counts(own).map(|own| number(own.into()).into()),
            Shown::Kept(kept) => {
                counts(kept.counts).map(|own| format!("{} ({})", number(own.into()), kept.month).into())
            }
        };
    };
    let clients = match row.shown {
        Shown::Hidden => HIDDEN_NUMBER,
        Shown::Counts(own) => number(own.clients.into()).into(),
        Shown::Kept(kept) => format!("{} ({})", number(kept.counts.clients.into()), kept.month).into(),
    };
    [number(people).into(), clients, shown_rate(row.shown, people, row.is_above)]
}

/// The rate of a cell as it stands in a table. `is_above`: whether it has more clients than people.
pub(super) fn shown_rate(shown: Shown, people: u64, is_above: bool) -> Cow<'static, str> {
    match shown {
        Shown::Hidden if is_above => ABOVE.into(),
        Shown::Hidden => HIDDEN.into(),
        Shown::Counts(own) => rate(own.clients, people).into(),
        Shown::Kept(kept) => format!("{} ({})", rate(kept.counts.clients, people), kept.month).into(),
    }
}

/// Clients in a hundred people, with one digit behind the point; nothing if nobody lives there.
fn rate(clients: u32, people: u64) -> String {
    let clients = u64::from(clients);
    if clients > people {
        return ABOVE.to_owned();
    }
    (2000 * clients + people)
        .checked_div(2 * people)
        .map_or_else(String::new, |thousandths| format!("{}.{}", thousandths / 10, thousandths % 10))
}

/// A number as it stands in a table.
pub(super) fn plain_number<T: FromStr + ToString>(text: &str) -> Option<T> {
    text.parse().ok().filter(|number: &T| number.to_string() == text)
}

/// A number of an earlier batch and the batch's month, of how it stands in a table.
pub(super) fn kept_number(text: &str) -> Option<(u32, Month)> {
    let (number, month) = text.strip_suffix(')')?.split_once(" (")?;
    Some((plain_number(number)?, Month::parse(month)?))
}

/// A table as CSV: a row for each cell, zeros and totals too.
pub fn csv(summary: &Summary, table: usize) -> String {
    let columns = &summary.tables[table];
    let header: Vec<&str> = columns.iter().map(|column| column.name()).chain(summary.measures()).collect();
    let rows = rows(summary, columns).map(|row| {
        let numbers = numbers(&row, |number| number.to_string());
        row.labels.into_iter().map(Cow::Borrowed).chain(numbers).collect()
    });
    table_text(&header, rows)
}

/// A table as a page of Markdown. Rows of nothing are left out.
pub fn markdown(summary: &Summary, table: usize, circle: Circle, release: Release) -> String {
    let columns = &summary.tables[table];
    let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    let mut out = format!("# {}\n\n", heading(summary, columns, circle));
    let _ = match release {
        Release::Kept => writeln!(out, "Batch {}.\n", summary.month),
        Release::NotForRelease => writeln!(out, "Batch {}. **Not for release.**\n", summary.month),
    };
    for note in notes(summary, columns, circle, rows(summary, columns).any(|row| row.is_kept())) {
        let _ = writeln!(out, "- {note}");
    }
    let _ = writeln!(out, "\n| {} | {} |", names.join(" | "), summary.measures().join(" | "));
    let _ = writeln!(out, "|{}{}", "---|".repeat(names.len()), "---:|".repeat(summary.measures().len()));
    for row in rows(summary, columns).filter(Row::is_something) {
        let numbers = numbers(&row, grouped).map(|number| number.replace('*', "\\*"));
        let labels =
            row.labels.iter().map(|label| label.replace('|', "\\|").replace('*', "\\*").replace('<', "\\<"));
        let _ = writeln!(out, "| {} | {} |", labels.collect::<Vec<_>>().join(" | "), numbers.join(" | "));
    }
    out
}

/// What a table is called.
pub(super) fn heading(summary: &Summary, columns: &[Column], circle: Circle) -> String {
    let names: Vec<_> = columns.iter().map(|column| column.name().replace('_', " ")).collect();
    let what =
        if summary.population().is_some() { "Immunized clients in 100 people" } else { "Immunizations" };
    format!("{what} by {}, {}", names.join(", "), circle.heading())
}

/// A cell as a row of a table.
pub(super) struct Row<'a> {
    pub(super) labels: Vec<&'a str>,
    pub(super) shown: Shown,
    /// How many people live there, in a table of rates.
    pub(super) people: Option<u64>,
    /// Whether there are more clients than people, which is shown of hidden cells, too.
    is_above: bool,
}

impl Row<'_> {
    pub(super) fn has_total(&self) -> bool {
        self.labels.contains(&TOTAL)
    }

    /// Whether its numbers are those of an earlier batch.
    pub(super) fn is_kept(&self) -> bool {
        matches!(self.shown, Shown::Kept(_))
    }

    /// What its bar shows: clients, or the rate as far as all people; none if it is hidden.
    pub(super) fn size(&self) -> Option<f64> {
        let Counts { clients, .. } = match self.shown {
            Shown::Hidden => return None,
            Shown::Counts(counts) => counts,
            Shown::Kept(kept) => kept.counts,
        };
        let clients = f64::from(clients);
        // People of a state are far fewer than a float can tell apart.
        Some(self.people.map_or(clients, |people| (clients / people.max(1) as f64).min(1.0)))
    }

    /// Whether anything is counted in it.
    pub(super) fn is_something(&self) -> bool {
        self.shown != Shown::Counts(Counts::default()) || self.people.is_some()
    }
}

/// What a reader has to know.
pub(super) fn notes(summary: &Summary, columns: &[Column], circle: Circle, has_kept: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if summary.population().is_some() {
        notes.push(format!(
            "Clients with a fact in the batch, in 100 people who live there; ages are those on {}.",
            summary.as_of
        ));
        notes.push(format!("`{ABOVE}`: more clients than people: the population does not fit them."));
    } else {
        notes.push(
            "A fact is one administered dose, seen from one vaccine group; doses and clients are counted once in each row."
                .to_owned(),
        );
        notes.push(
            "Clients of several rows are in each of them once: a total is counted, and is no sum of its rows."
                .to_owned(),
        );
    }
    if columns.contains(&Column::Recipient) {
        notes
            .push("A fact may be in the files of several recipients: their sum is not the total.".to_owned());
    }
    if circle != Circle::Own {
        let few = if summary.population().is_some() {
            "few clients, few others, few people"
        } else {
            "few clients"
        };
        notes.push(format!(
            "`*`: {few}, or hidden so that few clients elsewhere can't be worked out. Zeros are shown."
        ));
    }
    if has_kept {
        notes.push(
            "A month in parentheses: the numbers are those of that batch, as few clients have been added or taken since, and the \
             difference would tell of them."
                .to_owned(),
        );
    }
    notes.push("Only consented clients are counted. This is no population coverage.".to_owned());
    notes
}

/// The cells of a table that is made, each with its labels, in their order, the total last.
pub(super) fn places_of<'a>(
    cells: &'a Cells,
    columns: &'a [Column],
) -> impl Iterator<Item = (Place, Vec<&'a str>)> {
    let space = &*cells.space;
    let at: Vec<usize> = columns.iter().filter_map(|column| space.column(*column)).collect();
    let sizes: Vec<usize> = at.iter().map(|column| space.labels[*column].len() + 1).collect();
    (0..sizes.iter().product::<usize>()).filter_map(move |mut number| {
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
        Some((cells.place(cells.last(), margin, &places)?, labels))
    })
}

/// A row for each cell, in the order of the labels, the total last.
pub(super) fn rows<'a>(summary: &'a Summary, columns: &'a [Column]) -> impl Iterator<Item = Row<'a>> {
    let cells = &summary.cells;
    places_of(cells, columns).map(move |(place, labels)| {
        let people = summary.population().and_then(|population| people_of(population, columns, &labels));
        let clients = u64::from(cells.counts(place).clients);
        let is_above = people.is_some_and(|people| is_above(clients, people));
        Row { labels, shown: cells.shown(place), people, is_above }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        let july = Month::parse("202407").unwrap();
        for (text, expect) in [
            ("97 (202407)", Some((97, july))),
            ("0 (202407)", Some((0, july))),
            ("097 (202407)", None),
            ("+97 (202407)", None),
            ("97 (20247)", None),
            ("97", None),
        ] {
            assert_eq!(kept_number(text), expect, "{text}");
        }
        assert_eq!(
            ["0", "12", "012", "+1", ""].map(plain_number::<u64>),
            [Some(0), Some(12), None, None, None]
        );
    }

    #[test]
    fn a_rate_has_one_digit_behind_the_point() {
        for (clients, people, expect) in [
            (0, 0, ""),
            (0, 10, "0.0"),
            (1, 3, "33.3"),
            (2, 3, "66.7"),
            (4, 4, "100.0"),
            (5, 4, ">100"),
            (5, 0, ">100"),
        ] {
            assert_eq!(rate(clients, people), expect, "{clients} of {people}");
        }
    }
}
