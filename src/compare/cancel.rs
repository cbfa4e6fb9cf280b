//! The first pass: two files side by side, in the order in which their rows lie. What stands in both cancels out.
//!
//! Both are merged as if their rows were in order. Where they are not, rows that could have cancelled are merely left for
//! the second pass.

use super::columns::{Columns, SplitRow};
use super::files::Pair;
use super::{CompareError, CompareSettings};
use crate::batch::{BatchError, Row, Rows};
use crate::parallel::for_each;
use crate::spill::{Fixed, Sorter};
use std::cmp::{Ordering, Reverse};

/// A row that nothing on the other side has cancelled.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Left {
    /// Its IMMUNFACT_ID.
    pub(super) id: u64,
    /// Old or new.
    pub(super) side: u8,
    /// Its file's pair.
    pub(super) pair: u32,
    /// Where it begins in its file.
    pub(super) offset: u64,
    /// How long it is, without its line end.
    pub(super) length: u32,
}

impl Fixed for Left {
    const SIZE: usize = 25;

    fn store(&self, out: &mut [u8]) {
        out[..8].copy_from_slice(&self.id.to_le_bytes());
        out[8..16].copy_from_slice(&self.offset.to_le_bytes());
        out[16..20].copy_from_slice(&self.pair.to_le_bytes());
        out[20..24].copy_from_slice(&self.length.to_le_bytes());
        out[24] = self.side;
    }

    fn load(bytes: &[u8]) -> Option<Left> {
        let (id, rest) = bytes.split_first_chunk()?;
        let (offset, rest) = rest.split_first_chunk()?;
        let (pair, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        Some(Left {
            id: u64::from_le_bytes(*id),
            offset: u64::from_le_bytes(*offset),
            pair: u32::from_le_bytes(*pair),
            length: u32::from_le_bytes(*length),
            side: *rest.first().filter(|side| **side < 2)?,
        })
    }
}

/// How many rows a pair of files has.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Totals {
    /// Old and new.
    pub(super) rows: [u64; 2],
    /// Those that have cancelled.
    pub(super) unchanged: u64,
}

/// Goes through all pairs; returns what is left, and how many rows each pair has.
pub(super) fn cancel(
    pairs: &[Pair],
    columns: &Columns,
    settings: CompareSettings<'_>,
) -> Result<(Sorter<Left>, Vec<Totals>), CompareError> {
    // The largest first, so that at the end no thread waits long for another.
    let size = |pair: &Pair| pair.sides.iter().flatten().map(|file| file.size).sum::<u64>();
    let mut places: Vec<usize> = (0..pairs.len()).collect();
    places.sort_by_key(|place| Reverse(size(&pairs[*place])));
    let done = for_each(&places, settings.threads, |place| {
        let mut left = Sorter::new(settings.spill);
        let totals = Walk::begin(*place, &pairs[*place], columns)?.through(&mut left)?;
        // There may be many pairs.
        left.seal().map_err(CompareError::Spill)?;
        Ok::<_, CompareError>((left, totals))
    })?;
    let mut left = Sorter::new(settings.spill);
    let mut totals = vec![Totals::default(); pairs.len()];
    for (place, (own, of_pair)) in places.into_iter().zip(done) {
        left.absorb(own);
        totals[place] = of_pair;
    }
    Ok((left, totals))
}

/// Two files, each at a row.
struct Walk<'a> {
    pair: usize,
    columns: &'a Columns,
    sides: [Option<Side>; 2],
    totals: Totals,
}

struct Side {
    rows: Rows,
    /// The row it is at; none at the end.
    head: Option<Row>,
    split: SplitRow,
    is_split: bool,
}

impl Side {
    fn advance(&mut self) -> Result<(), BatchError> {
        self.is_split = false;
        self.head = self.rows.next_row()?;
        // Blank lines are no rows.
        while self.head.as_ref().is_some_and(|row| self.rows.text(row).is_empty()) {
            self.head = self.rows.next_row()?;
        }
        Ok(())
    }

    fn text(&self) -> Option<&[u8]> {
        self.head.as_ref().map(|row| self.rows.text(row))
    }
}

impl<'a> Walk<'a> {
    /// Opens the files and goes to the first row behind the header.
    fn begin(place: usize, pair: &Pair, columns: &'a Columns) -> Result<Walk<'a>, BatchError> {
        let open = |side: usize| {
            let Some(file) = &pair.sides[side] else { return Ok(None) };
            let mut rows = Rows::open(&file.path, file.links)?;
            rows.next_row()?;
            let mut side = Side { rows, head: None, split: SplitRow::default(), is_split: false };
            side.advance()?;
            Ok(Some(side))
        };
        Ok(Walk { pair: place, columns, sides: [open(0)?, open(1)?], totals: Totals::default() })
    }

    fn through(mut self, left: &mut Sorter<Left>) -> Result<Totals, CompareError> {
        let are_alike = self.columns.are_alike(self.pair);
        loop {
            let [old, new] = [0, 1].map(|side| self.sides[side].as_ref().and_then(Side::text));
            let order = match (old, new) {
                (None, None) => return Ok(self.totals),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(old), Some(new)) if are_alike && old == new => {
                    self.cancel()?;
                    continue;
                }
                (Some(_), Some(_)) => {
                    let (old, new) = (self.split(0)?, self.split(1)?);
                    let order = self.columns.key(&old).cmp(&self.columns.key(&new));
                    let is_same =
                        order == Ordering::Equal && self.columns.differences(&old, &new).next().is_none();
                    self.put_back([old, new]);
                    if is_same {
                        self.cancel()?;
                        continue;
                    }
                    order
                }
            };
            if order != Ordering::Greater {
                self.leave(0, left)?;
            }
            if order != Ordering::Less {
                self.leave(1, left)?;
            }
        }
    }

    /// Takes the split row of a side out, splitting it first if that was not done yet.
    fn split(&mut self, side: usize) -> Result<SplitRow, BatchError> {
        let Some(at) = &mut self.sides[side] else { return Ok(SplitRow::default()) };
        let mut split = std::mem::take(&mut at.split);
        if let (false, Some(row)) = (at.is_split, &at.head)
            && !self.columns.split(self.pair, side, at.rows.text(row), &mut split)
        {
            let what = "the row has another number of fields than the header";
            return Err(BatchError::NoRows { path: at.rows.path().to_owned(), line: row.line, what });
        }
        Ok(split)
    }

    fn put_back(&mut self, splits: [SplitRow; 2]) {
        for (at, split) in self.sides.iter_mut().flatten().zip(splits) {
            at.split = split;
            at.is_split = true;
        }
    }

    /// Both rows are the same.
    fn cancel(&mut self) -> Result<(), BatchError> {
        self.totals.unchanged += 1;
        for (rows, side) in self.totals.rows.iter_mut().zip(&mut self.sides) {
            *rows += 1;
            side.as_mut().map_or(Ok(()), Side::advance)?;
        }
        Ok(())
    }

    /// Leaves a side's row for the second pass.
    fn leave(&mut self, side: usize, left: &mut Sorter<Left>) -> Result<(), CompareError> {
        let split = self.split(side)?;
        let Some(at) = &mut self.sides[side] else { return Ok(()) };
        if let Some(row) = &at.head {
            let what = "the row has no IMMUNFACT_ID to match it by";
            let no_id = || BatchError::NoRows { path: at.rows.path().to_owned(), line: row.line, what };
            left.push(Left {
                id: self.columns.id(&split).ok_or_else(no_id)?,
                side: side as u8,
                pair: self.pair as u32,
                offset: row.offset,
                length: at.rows.text(row).len() as u32,
            })
            .map_err(CompareError::Spill)?;
        }
        at.split = split;
        self.totals.rows[side] += 1;
        Ok(at.advance()?)
    }
}
