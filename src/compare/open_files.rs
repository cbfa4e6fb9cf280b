//! The files of both sides, to read single rows from.

use super::CompareError;
use super::cancel::RowPlace;
use super::columns::{Columns, SplitRow};
use super::files::Pair;
use crate::batch::{BatchError, open_file};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// As many files stay open at once.
const MOST_OPEN: usize = 400;

/// Files that are opened when they are needed.
pub(super) struct OpenFiles<'a> {
    pairs: &'a [Pair],
    columns: &'a Columns,
    open: Vec<[Option<File>; 2]>,
    count: usize,
    text: Vec<u8>,
}

impl<'a> OpenFiles<'a> {
    pub(super) fn new(pairs: &'a [Pair], columns: &'a Columns) -> OpenFiles<'a> {
        let open = pairs.iter().map(|_| [None, None]).collect();
        OpenFiles { pairs, columns, open, count: 0, text: Vec::new() }
    }

    /// Reads a row again.
    pub(super) fn load(&mut self, row: RowPlace) -> Result<SplitRow<'a>, CompareError> {
        let (pair, side) = (row.pair as usize, usize::from(row.is_new));
        let found = self.pairs[pair].sides[side].as_ref();
        let found = found.unwrap_or_else(|| unreachable!("the row was read from it"));
        let unavailable = |source| BatchError::unavailable(&found.path, source);
        let file = match self.open[pair][side].take() {
            Some(file) => file,
            None => {
                self.count += 1;
                open_file(&found.path, found.links)?
            }
        };
        self.text.resize(row.length as usize, 0);
        file.read_exact_at(&mut self.text, row.offset).map_err(unavailable)?;
        if self.count < MOST_OPEN {
            self.open[pair][side] = Some(file);
        } else {
            self.count -= 1;
        }
        let mut split = SplitRow::new(self.columns.layout(pair, side));
        split.split(&self.text);
        Ok(split)
    }
}
