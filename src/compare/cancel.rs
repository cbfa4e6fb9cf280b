//! The first pass: two files side by side, in the order in which their rows lie. Rows that stand in both cancel out.
//!
//! Both are merged as if their rows were in order. Where they are not, rows that could have cancelled are merely left for
//! the second pass.

use super::columns::{Columns, FileLayout, SplitRow};
use super::files::{Pair, SharingFile};
use super::{CompareError, CompareSettings};
use crate::batch::{BatchError, Row, Rows};
use crate::parallel::for_each;
use crate::spill::{Sorter, storable_fields};
use std::cmp::{Ordering, Reverse};

/// A row that no row of the other side has cancelled. Ordered so that equal rows lie side by side.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct UnmatchedRow {
    /// Its IMMUNFACT_ID.
    pub(super) id: u64,
    /// A hash of its pair of files and its compared values: equal rows have the same.
    pub(super) content: [u8; 32],
    pub(super) place: RowPlace,
}

storable_fields!(UnmatchedRow { id, content, place });

/// Where a row lies. Ordered as the rows of a side are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct RowPlace {
    /// The pair that its file is one of.
    pub(super) pair: u32,
    pub(super) is_new: bool,
    /// Where it begins in its file.
    pub(super) offset: u64,
    /// How long it is, without its line end.
    pub(super) length: u32,
}

storable_fields!(RowPlace { pair, is_new, offset, length });

/// How many rows a pair of files has.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Totals {
    /// Old and new.
    pub(super) rows: [u64; 2],
    /// Those that have cancelled.
    pub(super) unchanged: u64,
}

/// Goes through all pairs; returns the rows that have not cancelled, and how many rows each pair has.
pub(super) fn cancel(
    pairs: &[Pair],
    columns: &Columns,
    settings: CompareSettings<'_>,
) -> Result<(Sorter<UnmatchedRow>, Vec<Totals>), CompareError> {
    // The largest first, so that at the end no thread waits long for another.
    let size = |pair: &Pair| pair.sides.iter().flatten().map(|file| file.size).sum::<u64>();
    let mut places: Vec<usize> = (0..pairs.len()).collect();
    places.sort_by_key(|place| Reverse(size(&pairs[*place])));
    let done = for_each(&places, settings.threads, |place| {
        let mut unmatched = Sorter::new(settings.spill);
        let totals = cancel_in_pair(*place, &pairs[*place], columns, &mut unmatched)?;
        // There may be many pairs.
        unmatched.seal()?;
        Ok::<_, CompareError>((unmatched, totals))
    })?;
    let mut all = Sorter::new(settings.spill);
    let mut totals = vec![Totals::default(); pairs.len()];
    for (place, (unmatched, of_pair)) in places.into_iter().zip(done) {
        all.absorb(unmatched);
        totals[place] = of_pair;
    }
    Ok((all, totals))
}

fn cancel_in_pair(
    place: usize,
    pair: &Pair,
    columns: &Columns,
    unmatched: &mut Sorter<UnmatchedRow>,
) -> Result<Totals, CompareError> {
    let open = |side: usize| match &pair.sides[side] {
        Some(file) => Cursor::open(file, columns.layout(place, side)),
        None => Ok(None),
    };
    let mut sides = [open(0)?, open(1)?];
    let are_alike = columns.are_alike(place);
    let mut totals = Totals::default();
    loop {
        // Whose row comes first; none if both rows are the same.
        let order = match &mut sides {
            [None, None] => return Ok(totals),
            [Some(_), None] => Some(Ordering::Less),
            [None, Some(_)] => Some(Ordering::Greater),
            [Some(old), Some(new)] if are_alike && old.text() == new.text() => None,
            [Some(old), Some(new)] => {
                old.split()?;
                new.split()?;
                let (old, new) = (&old.fields, &new.fields);
                let order = old.key().cmp(&new.key());
                Some(order).filter(|_| order.is_ne() || old.differences(new).next().is_some())
            }
        };
        totals.unchanged += u64::from(order.is_none());
        for (side, other_is_first) in [Ordering::Greater, Ordering::Less].into_iter().enumerate() {
            let Some(cursor) = sides[side].as_mut().filter(|_| order != Some(other_is_first)) else {
                continue;
            };
            totals.rows[side] += 1;
            if order.is_some() {
                unmatched.push(cursor.unmatched_row(side == 1)?)?;
            }
            advance(&mut sides[side])?;
        }
    }
}

/// A file, at a row.
struct Cursor<'a> {
    rows: Rows,
    row: Row,
    /// The row's fields, if it is split.
    fields: SplitRow<'a>,
    is_split: bool,
}

impl<'a> Cursor<'a> {
    /// Goes to the first row behind the header; none if there is none.
    fn open(file: &SharingFile, layout: &'a FileLayout) -> Result<Option<Cursor<'a>>, BatchError> {
        let mut rows = Rows::open(&file.path, file.links)?;
        let Some(row) = rows.next_row()? else { return Ok(None) };
        let mut cursor = Some(Cursor { rows, row, fields: SplitRow::new(layout), is_split: false });
        advance(&mut cursor)?;
        Ok(cursor)
    }

    fn text(&self) -> &[u8] {
        self.rows.text(&self.row)
    }

    fn error(&self, what: &'static str) -> BatchError {
        BatchError::NoRows { path: self.rows.path().to_owned(), line: self.row.line, what }
    }

    fn split(&mut self) -> Result<(), BatchError> {
        if !self.is_split {
            if !self.fields.split(self.rows.text(&self.row)) {
                return Err(self.error("the row has another number of fields than the header"));
            }
            self.is_split = true;
        }
        Ok(())
    }

    fn unmatched_row(&mut self, is_new: bool) -> Result<UnmatchedRow, BatchError> {
        self.split()?;
        let no_id = || self.error("the row has no IMMUNFACT_ID to match it by");
        Ok(UnmatchedRow {
            id: self.fields.id().ok_or_else(no_id)?,
            content: self.fields.content(),
            place: RowPlace {
                pair: self.fields.pair() as u32,
                is_new,
                offset: self.row.offset,
                length: self.text().len() as u32,
            },
        })
    }
}

/// Goes to the next row; none at the end.
fn advance(at: &mut Option<Cursor<'_>>) -> Result<(), BatchError> {
    let Some(cursor) = at else { return Ok(()) };
    cursor.is_split = false;
    while let Some(row) = cursor.rows.next_row()? {
        // Blank lines are no rows.
        if !cursor.rows.text(&row).is_empty() {
            cursor.row = row;
            return Ok(());
        }
    }
    *at = None;
    Ok(())
}
