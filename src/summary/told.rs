//! What a table that is out tells of its cells: which are hidden, which show their numbers, and which those of an earlier batch.
//! It is held against what the batch counts, so that a table that has been changed is found.

use super::MOST_COLUMNS;
use super::columns::{Column, TOTAL};
use super::protect::Rule;
use super::space::{AT_TOTAL, Cells, Counts, Kept, Place, Shown, is_above};
use super::text::{COUNTS, HIDDEN, kept_number, plain_number, shown_rate};
use crate::value::Month;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A table that is out, as it was given away.
pub(super) struct Told<'a> {
    pub(super) columns: &'a [Column],
    pub(super) has_rates: bool,
    /// The whole table, as CSV.
    pub(super) text: &'a [u8],
}

/// Why a table cannot be one that is out of a batch.
pub(super) enum TableFault {
    /// It shows what the rule hides.
    OtherRule,
    NotOfBatch {
        line: u64,
    },
}

/// Says of each cell of a table, which is of this edition, how it is shown.
pub(super) fn tell(cells: &mut Cells, edition: u8, table: &Told<'_>, rule: Rule) -> Result<(), TableFault> {
    let space = Arc::clone(&cells.space);
    let at: Option<Vec<usize>> = table.columns.iter().map(|column| space.column(*column)).collect();
    let at = at.ok_or(TableFault::NotOfBatch { line: 1 })?;
    let mut told_of = BTreeSet::new();
    for (line, row) in (2..).zip(csv::Reader::from_reader(table.text).records()) {
        let other = || TableFault::NotOfBatch { line };
        let row = row.map_err(|_| other())?;
        let mut places = [AT_TOTAL; MOST_COLUMNS];
        let mut margin = 0;
        for (column, label) in at.iter().zip(&row) {
            if label != TOTAL {
                places[*column] = space.place_of(*column, label).ok_or_else(other)?;
                margin |= 1 << column;
                told_of.insert((*column, places[*column]));
            }
        }
        let cell = cells.place(edition, margin, &places).ok_or_else(other)?;
        let numbers: Vec<&str> = row.iter().skip(at.len()).collect();
        if numbers.len() != COUNTS.len() {
            return Err(other());
        }
        let own = cells.counts(cell);
        let told = if table.has_rates {
            let people = plain_number(numbers[0]).ok_or_else(other)?;
            cells.add_population(cell, people);
            let told = told_clients(cells, cell, numbers[1]);
            told.filter(|told| numbers[2] == shown_rate(*told, people, is_above(own.clients.into(), people)))
        } else {
            told_counts(&numbers)
        };
        // What one table shows is known, whatever another one hides.
        let was_told = cells.was_told(cell);
        match told.ok_or_else(other)? {
            // A zero is not hidden.
            Shown::Hidden if own.clients == 0 => return Err(other()),
            Shown::Hidden if was_told => {}
            Shown::Hidden => cells.set_hidden(cell, true),
            Shown::Kept(kept) if rule.is_few(kept.counts) => return Err(TableFault::OtherRule),
            Shown::Kept(kept) if counts_of(cells, cell, kept.month) != Some(kept.counts) => {
                return Err(other());
            }
            Shown::Kept(_) if was_told && !cells.is_hidden(cell) => {}
            Shown::Kept(kept) => cells.keep(cell, kept),
            Shown::Counts(counts) if rule.is_few(counts) => return Err(TableFault::OtherRule),
            Shown::Counts(counts) if counts == own => cells.show(cell),
            Shown::Counts(_) => return Err(other()),
        }
        cells.settle(cell);
    }
    // A label that is missing with all its rows is out all the same.
    let has_clients = |column: usize, label: u16| {
        let mut places = [AT_TOTAL; MOST_COLUMNS];
        places[column] = label;
        let cell = cells.place(edition, 1 << column, &places);
        cell.is_some_and(|cell| cells.counts(cell).clients > 0)
    };
    let labels = |column: usize| (0..).take(space.labels[column].len()).map(move |label| (column, label));
    let mut untold = at.into_iter().flat_map(labels).filter(|place| !told_of.contains(place));
    if untold.any(|(column, label)| has_clients(column, label)) {
        return Err(TableFault::NotOfBatch { line: 1 });
    }
    Ok(())
}

/// What a cell has in the earlier batch of a month; none if no table of that batch is out that has it.
fn counts_of(cells: &Cells, cell: Place, month: Month) -> Option<Counts> {
    let mut earlier = (0..cell.edition).zip(&cells.editions);
    let edition = earlier.find(|(_, edition)| edition.month == month)?.0;
    Some(cells.counts(cells.in_edition(cell, edition)?))
}

/// What a table of counts shows of a cell; none if it is nothing that a table shows.
fn told_counts(numbers: &[&str]) -> Option<Shown> {
    if numbers.iter().all(|number| *number == HIDDEN) {
        return Some(Shown::Hidden);
    }
    let own: Option<Vec<u32>> = numbers.iter().map(|number| plain_number(number)).collect();
    if let Some(own) = own {
        return Some(Shown::Counts(Counts { facts: own[0], doses: own[1], clients: own[2] }));
    }
    let kept: Vec<(u32, Month)> = numbers.iter().map(|number| kept_number(number)).collect::<Option<_>>()?;
    let month = kept.iter().map(|(_, month)| *month).max()?;
    let counts = Counts { facts: kept[0].0, doses: kept[1].0, clients: kept[2].0 };
    Some(Shown::Kept(Kept { counts, month }))
}

/// What a table of rates shows of a cell, which is its clients.
fn told_clients(cells: &Cells, cell: Place, clients: &str) -> Option<Shown> {
    if clients == HIDDEN {
        return Some(Shown::Hidden);
    }
    if let Some((clients, month)) = kept_number(clients) {
        // The number of an earlier batch, whose facts and doses are known from there.
        let counts = counts_of(cells, cell, month)?;
        return (counts.clients == clients).then_some(Shown::Kept(Kept { counts, month }));
    }
    let clients = plain_number(clients)?;
    let own = cells.counts(cell);
    Some(Shown::Counts(if clients == own.clients { own } else { Counts { facts: 0, doses: 0, clients } }))
}
