//! The cells of all tables of one summary.
//!
//! A cell is named by its labels; a column that it has no label of is at its total. So the tables' totals are cells like others, and
//! what two tables have in common is there once. Cells with labels of the same columns lie together, in a `Margin`.

use super::columns::Column;
use super::{MOST_CELLS, MOST_COLUMNS, SummaryError};

/// The columns of all tables together, each with its labels.
#[derive(Clone, Debug)]
pub(super) struct Space {
    pub(super) columns: Vec<Column>,
    pub(super) labels: Vec<Vec<String>>,
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
}

impl Margin {
    /// Where the cell of these labels lies.
    pub(super) fn cell(&self, places: &Places) -> u32 {
        self.strides.iter().map(|(column, stride)| u32::from(places[*column]) * stride).sum()
    }
}

/// Every margin that a table shows, by its columns.
#[derive(Clone, Debug)]
pub(super) struct Margins {
    pub(super) space: Space,
    /// The columns of each table.
    pub(super) tables: Vec<Columns>,
    /// At the place of its columns; none that no table shows.
    by_columns: Vec<Option<Margin>>,
}

impl Margins {
    pub(super) fn new(space: Space, tables: &[Vec<Column>]) -> Result<Margins, SummaryError> {
        let bit = |column: &Column| {
            space.columns.iter().position(|own| own == column).map_or(0, |place| 1 << place)
        };
        let tables_columns: Vec<Columns> = tables.iter().map(|table| table.iter().map(bit).sum()).collect();
        for (table, columns) in tables.iter().zip(&tables_columns) {
            let sizes = of(*columns).map(|column| space.labels[column].len() as u64 + 1);
            let size = sizes.product();
            if size > MOST_CELLS {
                let names: Vec<_> = table.iter().map(|column| column.name()).collect();
                return Err(SummaryError::TooLarge(names.join(","), size));
            }
        }
        let margin = |columns: Columns| {
            let is_shown = tables_columns.iter().any(|table| is_part_of(columns, *table));
            is_shown.then(|| {
                let mut size = 1;
                let mut strides = Vec::new();
                for column in of(columns) {
                    strides.push((column, size));
                    // No more than MOST_CELLS, which is a u32.
                    size *= space.labels[column].len() as u32;
                }
                Margin { columns, strides, size: size as usize }
            })
        };
        let by_columns = (0..1 << MOST_COLUMNS).map(margin).collect();
        Ok(Margins { space, tables: tables_columns, by_columns })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Margin> {
        self.by_columns.iter().flatten()
    }

    /// The margin of these columns, if a table shows it.
    pub(super) fn get(&self, columns: Columns) -> Option<&Margin> {
        self.by_columns[usize::from(columns)].as_ref()
    }

    /// The labels of a cell.
    pub(super) fn places(&self, place: Place) -> Places {
        let mut places = [AT_TOTAL; MOST_COLUMNS];
        let mut rest = place.cell;
        for (column, _) in self.get(place.margin).into_iter().flat_map(|margin| &margin.strides) {
            let labels = self.space.labels[*column].len() as u32;
            // Less than the number of labels, which is a u16's.
            places[*column] = (rest % labels) as u16;
            rest /= labels;
        }
        places
    }

    /// Where the cell lies that has the labels of these columns.
    pub(super) fn place(&self, columns: Columns, places: &Places) -> Option<Place> {
        Some(Place { margin: columns, cell: self.get(columns)?.cell(places) })
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

/// All cells, with what is counted in each, and which are hidden.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    pub(super) margins: Margins,
    counts: Vec<Vec<Counts>>,
    hidden: Vec<Vec<bool>>,
}

impl Cells {
    /// Shown cells. `counts` has those of each margin, at the place of its columns.
    pub(super) fn new(margins: Margins, counts: Vec<Vec<Counts>>) -> Cells {
        let hidden = counts.iter().map(|counts| vec![false; counts.len()]).collect();
        Cells { margins, counts, hidden }
    }

    pub(super) fn counts(&self, place: Place) -> Counts {
        self.counts[usize::from(place.margin)][place.cell as usize]
    }

    pub(super) fn is_hidden(&self, place: Place) -> bool {
        self.hidden[usize::from(place.margin)][place.cell as usize]
    }

    pub(super) fn set_hidden(&mut self, place: Place, is_hidden: bool) {
        self.hidden[usize::from(place.margin)][place.cell as usize] = is_hidden;
    }

    /// Every cell that a table shows.
    pub(super) fn all(&self) -> impl Iterator<Item = Place> + '_ {
        self.margins.all().flat_map(|margin| {
            // No more than MOST_CELLS.
            (0..margin.size as u32).map(|cell| Place { margin: margin.columns, cell })
        })
    }
}
