//! The cells of all tables that are out, and of those that are made.
//!
//! A cell is named by its labels; a column that it has no label of is at its total. So the tables' totals are cells like others, and
//! what two tables have in common is there once. Cells with labels of the same columns lie together, in a `Margin`. The tables of
//! one batch are an `Edition`; the same cell may be in several.

use super::columns::{Column, names_of, order_of};
use super::{MOST_CELLS, MOST_COLUMNS, SummaryError};
use crate::value::{AgeBands, Month};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The columns of all tables together, each with its labels.
#[derive(Clone, Debug)]
pub(super) struct Space {
    pub(super) columns: Vec<Column>,
    pub(super) labels: Vec<Vec<String>>,
}

impl Space {
    /// The labels of several spaces of the same columns.
    pub(super) fn of_all<'a>(spaces: impl Iterator<Item = &'a Space> + Clone, bands: &AgeBands) -> Space {
        let columns: Vec<Column> =
            spaces.clone().next().map(|space| space.columns.clone()).unwrap_or_default();
        let labels_of = |(place, column): (usize, &Column)| {
            let labels: BTreeSet<_> = spaces
                .clone()
                .flat_map(|space| &space.labels[place])
                .map(|label| order_of(*column, label, bands))
                .collect();
            labels.into_iter().map(|(.., label)| label.to_owned()).collect()
        };
        let labels = columns.iter().enumerate().map(labels_of).collect();
        Space { columns, labels }
    }

    /// The place of a column.
    pub(super) fn column(&self, column: Column) -> Option<usize> {
        self.columns.iter().position(|own| *own == column)
    }

    /// The place of a label of a column.
    pub(super) fn place_of(&self, column: usize, label: &str) -> Option<u16> {
        // There are no more labels than a place can tell.
        self.labels[column].iter().position(|own| own == label).map(|place| place as u16)
    }
}

/// Some of a space's columns: a bit for each.
pub(super) type Columns = u8;

/// A place for each column of a space; `AT_TOTAL` where a cell has no label.
pub(super) type Places = [u16; MOST_COLUMNS];

pub(super) const AT_TOTAL: u16 = u16::MAX;

/// What is counted in a cell.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Counts {
    pub(super) facts: u32,
    pub(super) doses: u32,
    pub(super) clients: u32,
}

/// Where a cell lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Place {
    /// The place of the edition.
    pub(super) edition: u8,
    pub(super) margin: Columns,
    pub(super) cell: u32,
}

/// The cells that have labels of the same columns.
#[derive(Clone, Debug)]
pub(super) struct Margin {
    pub(super) columns: Columns,
    /// The places of its columns in the space, each with how far apart the cells of neighbouring labels lie.
    pub(super) strides: Vec<(usize, u32)>,
    pub(super) size: usize,
    /// How many columns more the largest table has that shows it.
    pub(super) missing: u32,
}

impl Margin {
    /// Where the cell of these labels lies.
    pub(super) fn cell(&self, places: &Places) -> u32 {
        self.strides.iter().map(|(column, stride)| u32::from(places[*column]) * stride).sum()
    }
}

/// Every margin that a table of an edition shows, by its columns.
#[derive(Clone, Debug)]
pub(super) struct Margins {
    pub(super) space: Arc<Space>,
    /// At the place of its columns; none that no table shows.
    by_columns: Vec<Option<Margin>>,
}

impl Margins {
    pub(super) fn new(space: Arc<Space>, tables: &[Vec<Column>]) -> Result<Margins, SummaryError> {
        let bit = |column: &Column| space.column(*column).map_or(0, |place| 1 << place);
        let tables_columns: Vec<Columns> = tables.iter().map(|table| table.iter().map(bit).sum()).collect();
        for (table, columns) in tables.iter().zip(&tables_columns) {
            let sizes = of(*columns).map(|column| space.labels[column].len() as u64 + 1);
            let size = sizes.product();
            if size > MOST_CELLS {
                return Err(SummaryError::TooLarge(names_of(table.iter().copied()), size));
            }
        }
        let margin = |columns: Columns| {
            let showing = tables_columns.iter().filter(|table| is_part_of(columns, **table));
            showing.map(|table| (table & !columns).count_ones()).max().map(|missing| {
                let mut size = 1;
                let mut strides = Vec::new();
                for column in of(columns) {
                    strides.push((column, size));
                    // No more than MOST_CELLS, which is a u32.
                    size *= space.labels[column].len() as u32;
                }
                Margin { columns, strides, size: size as usize, missing }
            })
        };
        let by_columns = (0..1 << MOST_COLUMNS).map(margin).collect();
        Ok(Margins { space, by_columns })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Margin> {
        self.by_columns.iter().flatten()
    }

    /// The margin of these columns, if a table shows it.
    pub(super) fn get(&self, columns: Columns) -> Option<&Margin> {
        self.by_columns[usize::from(columns)].as_ref()
    }

    /// The labels of a cell of a margin.
    pub(super) fn places(&self, margin: Columns, cell: u32) -> Places {
        let mut places = [AT_TOTAL; MOST_COLUMNS];
        let mut rest = cell;
        for (column, _) in self.get(margin).into_iter().flat_map(|margin| &margin.strides) {
            let labels = self.space.labels[*column].len() as u32;
            // Less than the number of labels, which is a u16's.
            places[*column] = (rest % labels) as u16;
            rest /= labels;
        }
        places
    }
}

pub(super) fn is_part_of(columns: Columns, all: Columns) -> bool {
    columns & !all == 0
}

/// Every choice of some of the columns, all of them first and none last.
pub(super) fn subsets(columns: Columns) -> impl Iterator<Item = Columns> {
    std::iter::successors(Some(columns), move |subset| subset.checked_sub(1).map(|less| less & columns))
}

/// The columns' places in the space.
pub(super) fn of(columns: Columns) -> impl Iterator<Item = usize> {
    (0..MOST_COLUMNS).filter(move |column| columns & 1 << column != 0)
}

/// What is counted in the cells of a batch's tables.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) margins: Margins,
    /// Those of each margin, at the place of its columns.
    pub(super) counts: Vec<Vec<Counts>>,
}

impl Counted {
    /// The same counts in a space that has other labels, too.
    pub(super) fn within(self, space: &Arc<Space>, tables: &[Vec<Column>]) -> Result<Counted, SummaryError> {
        let margins = Margins::new(Arc::clone(space), tables)?;
        let own = &self.margins.space;
        let at: Vec<Vec<Option<u16>>> = (0..own.columns.len())
            .map(|column| own.labels[column].iter().map(|label| space.place_of(column, label)).collect())
            .collect();
        let mut counts = vec![Vec::new(); 1 << MOST_COLUMNS];
        for margin in margins.all() {
            let counts = &mut counts[usize::from(margin.columns)];
            counts.resize(margin.size, Counts::default());
            for (cell, own_counts) in (0..).zip(&self.counts[usize::from(margin.columns)]) {
                let mut places = self.margins.places(margin.columns, cell);
                for column in of(margin.columns) {
                    places[column] = at[column][usize::from(places[column])].unwrap_or(AT_TOTAL);
                }
                counts[margin.cell(&places) as usize] = *own_counts;
            }
        }
        Ok(Counted { margins, counts })
    }
}

/// Fewer people in a population are too few to tell anything of.
pub(super) const LEAST_POPULATION: u64 = 50;

/// Whether a table of rates says of a cell that it has more clients than people live there. It does not of few people.
pub(super) fn is_above(clients: u64, people: u64) -> bool {
    people >= LEAST_POPULATION && clients > people
}

/// What an earlier table shows of a cell, and goes on to be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Kept {
    pub(super) counts: Counts,
    /// Of which batch it is.
    pub(super) month: Month,
}

/// What the parts of a total make up along a column: facts, doses and clients.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct LineSums {
    pub(super) sums: [i64; 3],
    pub(super) largest: [i64; 3],
}

/// The sums of all lines of a batch's tables. See `Edition::lines`.
fn sums_of_lines(margins: &Margins, counts: &[Vec<Counts>]) -> Vec<Vec<Vec<LineSums>>> {
    let mut lines = vec![vec![Vec::new(); MOST_COLUMNS]; 1 << MOST_COLUMNS];
    for parts in margins.all() {
        for column in of(parts.columns) {
            // Every total of a margin is shown where the margin is.
            let Some(totals) = margins.get(parts.columns & !(1 << column)) else { continue };
            let sums = &mut lines[usize::from(totals.columns)][column];
            sums.resize(totals.size, LineSums::default());
            for (cell, counts) in (0..).zip(&counts[usize::from(parts.columns)]) {
                let line = &mut sums[totals.cell(&margins.places(parts.columns, cell)) as usize];
                for (measure, number) in [counts.facts, counts.doses, counts.clients].into_iter().enumerate()
                {
                    line.sums[measure] += i64::from(number);
                    line.largest[measure] = line.largest[measure].max(i64::from(number));
                }
            }
        }
    }
    lines
}

/// The tables of one batch.
#[derive(Clone, Debug)]
pub(super) struct Edition {
    pub(super) month: Month,
    pub(super) margins: Margins,
    counts: Vec<Vec<Counts>>,
    /// What the parts of each total make up along each column, at the places of margin and column.
    lines: Vec<Vec<Vec<LineSums>>>,
    hidden: Vec<Vec<bool>>,
    /// Whether a cell stays as it is, hidden or not.
    settled: Vec<Vec<bool>>,
    /// What is shown of a cell in place of its own counts, if it is not hidden.
    kept: BTreeMap<Place, Kept>,
    /// How many people live where a cell's clients do, as tables of rates tell; the cell may be in tables of several populations.
    populations: BTreeMap<Place, Vec<u64>>,
}

/// All cells, with what is counted in each, and which are hidden. The last edition is the one that is made.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    pub(super) space: Arc<Space>,
    pub(super) editions: Vec<Edition>,
}

/// What is shown of a cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shown {
    Hidden,
    Counts(Counts),
    Kept(Kept),
}

impl Cells {
    /// Shown cells of editions, the earliest first.
    pub(super) fn new(space: Arc<Space>, editions: Vec<(Month, Counted)>) -> Cells {
        let edition = |(month, Counted { margins, counts }): (Month, Counted)| {
            let lines = sums_of_lines(&margins, &counts);
            let none: Vec<Vec<bool>> = counts.iter().map(|counts| vec![false; counts.len()]).collect();
            Edition {
                month,
                margins,
                counts,
                lines,
                hidden: none.clone(),
                settled: none,
                kept: BTreeMap::new(),
                populations: BTreeMap::new(),
            }
        };
        Cells { space, editions: editions.into_iter().map(edition).collect() }
    }

    /// The place of the edition that is made.
    pub(super) fn last(&self) -> u8 {
        // There are no more than the place tells: see `MOST_EDITIONS`.
        self.editions.len().saturating_sub(1) as u8
    }

    pub(super) fn margins(&self, edition: u8) -> &Margins {
        &self.editions[usize::from(edition)].margins
    }

    /// Where the cell lies that has the labels of these columns; none if no table of the edition has it.
    pub(super) fn place(&self, edition: u8, columns: Columns, places: &Places) -> Option<Place> {
        Some(Place { edition, margin: columns, cell: self.margins(edition).get(columns)?.cell(places) })
    }

    /// The same cell in another edition.
    pub(super) fn in_edition(&self, place: Place, edition: u8) -> Option<Place> {
        self.margins(edition).get(place.margin).map(|_| Place { edition, ..place })
    }

    /// The labels of a cell.
    pub(super) fn places(&self, place: Place) -> Places {
        self.margins(place.edition).places(place.margin, place.cell)
    }

    pub(super) fn counts(&self, place: Place) -> Counts {
        self.editions[usize::from(place.edition)].counts[usize::from(place.margin)][place.cell as usize]
    }

    /// What the parts of a total make up along a column.
    pub(super) fn line_sums(&self, total: Place, column: usize) -> LineSums {
        let lines = &self.editions[usize::from(total.edition)].lines[usize::from(total.margin)][column];
        lines.get(total.cell as usize).copied().unwrap_or_default()
    }

    pub(super) fn is_hidden(&self, place: Place) -> bool {
        self.editions[usize::from(place.edition)].hidden[usize::from(place.margin)][place.cell as usize]
    }

    pub(super) fn set_hidden(&mut self, place: Place, is_hidden: bool) {
        let edition = &mut self.editions[usize::from(place.edition)];
        edition.hidden[usize::from(place.margin)][place.cell as usize] = is_hidden;
    }

    /// Whether a cell is out as it is, or has to stay as it is.
    pub(super) fn is_settled(&self, place: Place) -> bool {
        place.edition != self.last() || self.was_told(place)
    }

    /// Whether it was said of a cell that it is out, or has to stay as it is.
    pub(super) fn was_told(&self, place: Place) -> bool {
        self.editions[usize::from(place.edition)].settled[usize::from(place.margin)][place.cell as usize]
    }

    /// Says that a cell's own counts are known.
    pub(super) fn show(&mut self, place: Place) {
        self.set_hidden(place, false);
        self.editions[usize::from(place.edition)].kept.remove(&place);
    }

    pub(super) fn settle(&mut self, place: Place) {
        let edition = &mut self.editions[usize::from(place.edition)];
        edition.settled[usize::from(place.margin)][place.cell as usize] = true;
    }

    /// Shows an earlier batch's number of a cell.
    pub(super) fn keep(&mut self, place: Place, kept: Kept) {
        self.set_hidden(place, false);
        self.editions[usize::from(place.edition)].kept.insert(place, kept);
    }

    /// Says how many people live where a cell's clients do.
    pub(super) fn add_population(&mut self, place: Place, people: u64) {
        let own = self.editions[usize::from(place.edition)].populations.entry(place).or_default();
        if !own.contains(&people) {
            own.push(people);
        }
    }

    pub(super) fn populations(&self, place: Place) -> &[u64] {
        let populations = &self.editions[usize::from(place.edition)].populations;
        populations.get(&place).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a hidden cell may have so many clients: at least one, and more than live there only where that is told of it.
    pub(super) fn may_have(&self, place: Place, clients: i64) -> bool {
        let own = u64::from(self.counts(place).clients);
        let is_possible = |people: &u64| is_above(clients.unsigned_abs(), *people) == is_above(own, *people);
        clients >= 1 && self.populations(place).iter().all(is_possible)
    }

    pub(super) fn shown(&self, place: Place) -> Shown {
        if self.is_hidden(place) {
            return Shown::Hidden;
        }
        let kept = self.editions[usize::from(place.edition)].kept.get(&place);
        kept.map_or_else(|| Shown::Counts(self.counts(place)), |kept| Shown::Kept(*kept))
    }

    /// Every cell that a table of an edition shows.
    pub(super) fn of_edition(&self, edition: u8) -> impl Iterator<Item = Place> + '_ {
        self.margins(edition).all().flat_map(move |margin| {
            // No more than MOST_CELLS.
            (0..margin.size as u32).map(move |cell| Place { edition, margin: margin.columns, cell })
        })
    }

    /// Every cell that a table shows.
    pub(super) fn all(&self) -> impl Iterator<Item = Place> + '_ {
        (0..=self.last()).flat_map(|edition| self.of_edition(edition))
    }
}
