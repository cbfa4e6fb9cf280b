//! Rows with one id that are too many to be held: the same matching, by sorting on disk.
//!
//! Equal rows are found by what their content hashes to. What is left is few enough to be held, or is paired as it
//! comes, one row of each side at a time.

use super::CompareError;
use super::cancel::Left;
use super::columns::{Columns, SplitRow};
use super::matching::{Settled, content, match_rows, may_be_compared, settle_pair};
use super::open_files::OpenFiles;
use crate::spill::{Fixed, Merge, Sorter, Spill};
use sha2::{Digest, Sha256};

/// How much of one id is held. Memory is not to grow with what a damaged file has of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The most rows of both sides together.
    pub(super) rows: usize,
    /// The most bytes of their texts.
    pub(super) bytes: u64,
}

impl Bounds {
    pub(super) const USUAL: Bounds = Bounds { rows: 1024, bytes: 32 << 20 };
}

/// A row by its content. Ordered so that equal rows of one file lie side by side, old ones first, each side in the order
/// of its file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct ByContent {
    pair: u32,
    hash: [u8; 32],
    side: u8,
    offset: u64,
    length: u32,
}

impl Fixed for ByContent {
    const SIZE: usize = 49;

    fn store(&self, out: &mut [u8]) {
        out[..4].copy_from_slice(&self.pair.to_le_bytes());
        out[4..36].copy_from_slice(&self.hash);
        out[36..44].copy_from_slice(&self.offset.to_le_bytes());
        out[44..48].copy_from_slice(&self.length.to_le_bytes());
        out[48] = self.side;
    }

    fn load(bytes: &[u8]) -> Option<ByContent> {
        let (pair, rest) = bytes.split_first_chunk()?;
        let (hash, rest) = rest.split_first_chunk()?;
        let (offset, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        Some(ByContent {
            pair: u32::from_le_bytes(*pair),
            hash: *hash,
            offset: u64::from_le_bytes(*offset),
            length: u32::from_le_bytes(*length),
            side: *rest.first().filter(|side| **side < 2)?,
        })
    }
}

/// Rows with one id, too many to be held.
pub(super) struct Large<'a> {
    id: u64,
    spill: &'a Spill,
    rows: Sorter<ByContent>,
}

/// Those that have no equal in the same file on the other side, by side.
struct Rest {
    rows: [Sorter<Left>; 2],
    counts: [usize; 2],
    bytes: u64,
}

impl<'a> Large<'a> {
    pub(super) fn new(id: u64, spill: &'a Spill) -> Large<'a> {
        Large { id, spill, rows: Sorter::new(spill) }
    }

    /// Adds a row; `split` is its text.
    pub(super) fn push(
        &mut self,
        row: Left,
        split: &SplitRow,
        columns: &Columns,
    ) -> Result<(), CompareError> {
        let mut hash = Sha256::new();
        for value in content(split, columns).1 {
            // With its length, so that no two contents run into the same bytes.
            hash.update((value.len() as u64).to_le_bytes());
            hash.update(value);
        }
        let Left { side, pair, offset, length, .. } = row;
        let row = ByContent { pair, hash: hash.finalize().into(), side, offset, length };
        self.rows.push(row).map_err(CompareError::Spill)
    }

    /// Finds out what became of all of them.
    pub(super) fn settle(
        self,
        files: &mut OpenFiles<'_>,
        columns: &Columns,
        bounds: Bounds,
        tell: &mut dyn FnMut(Settled),
    ) -> Result<(), CompareError> {
        let spill = self.spill;
        let mut rest = self.without_equal(tell)?;
        if !may_be_compared(rest.counts) || rest.bytes > bounds.bytes {
            return pair_as_they_come(rest, spill, files, columns, tell);
        }
        let mut sides = [Vec::new(), Vec::new()];
        for (rows, side) in rest.rows.iter_mut().zip(&mut sides) {
            for row in rows.merge().map_err(CompareError::Spill)? {
                side.push(files.load(row.map_err(CompareError::Spill)?, columns)?);
            }
        }
        let [old, new] = sides;
        match_rows(old, new, columns).into_iter().for_each(tell);
        Ok(())
    }

    /// Takes out the rows that are the same in the same file: of each content as many as both sides have.
    fn without_equal(self, tell: &mut dyn FnMut(Settled)) -> Result<Rest, CompareError> {
        let sorted = self.rows.sorted().map_err(CompareError::Spill)?;
        let mut rows = sorted.merge().map_err(CompareError::Spill)?;
        // One goes ahead and counts, so that nothing has to be held until it is known how many there are.
        let mut ahead = sorted.merge().map_err(CompareError::Spill)?;
        let mut rest =
            Rest { rows: [Sorter::new(self.spill), Sorter::new(self.spill)], counts: [0, 0], bytes: 0 };
        let mut next = following(&mut ahead)?;
        while let Some(first) = next {
            let mut counts = [0u64; 2];
            while let Some(row) = next.filter(|row| (row.pair, row.hash) == (first.pair, first.hash)) {
                counts[usize::from(row.side)] += 1;
                next = following(&mut ahead)?;
            }
            let equal = counts[0].min(counts[1]);
            if equal > 0 {
                tell(Settled::Unchanged { file: first.pair as usize, rows: equal });
            }
            let mut to_pass = [equal; 2];
            for _ in 0..counts[0] + counts[1] {
                let Some(row) = following(&mut rows)? else { break };
                let side = usize::from(row.side);
                if to_pass[side] > 0 {
                    to_pass[side] -= 1;
                    continue;
                }
                let ByContent { side: of, pair, offset, length, .. } = row;
                let left = Left { id: self.id, side: of, pair, offset, length };
                rest.rows[side].push(left).map_err(CompareError::Spill)?;
                rest.counts[side] += 1;
                rest.bytes += u64::from(length);
            }
        }
        Ok(rest)
    }
}

fn following<T: Fixed>(rows: &mut Merge<'_, T>) -> Result<Option<T>, CompareError> {
    rows.next().transpose().map_err(CompareError::Spill)
}

/// Pairs the rows of each file in their order, and then what is left with what is left elsewhere.
fn pair_as_they_come(
    rest: Rest,
    spill: &Spill,
    files: &mut OpenFiles<'_>,
    columns: &Columns,
    tell: &mut dyn FnMut(Settled),
) -> Result<(), CompareError> {
    let mut settle = |old: Option<Left>, new: Option<Left>| -> Result<(), CompareError> {
        let mut load = |row: Option<Left>| row.map(|row| files.load(row, columns)).transpose();
        tell(settle_pair(load(old)?, load(new)?, columns));
        Ok(())
    };
    let mut alone = [Sorter::new(spill), Sorter::new(spill)];
    let [mut old_rows, mut new_rows] = rest.rows;
    let mut old_rows = old_rows.merge().map_err(CompareError::Spill)?;
    let mut new_rows = new_rows.merge().map_err(CompareError::Spill)?;
    let (mut old, mut new) = (following(&mut old_rows)?, following(&mut new_rows)?);
    loop {
        match (old, new) {
            (None, None) => break,
            (Some(one), Some(other)) if one.pair == other.pair => {
                settle(old, new)?;
                (old, new) = (following(&mut old_rows)?, following(&mut new_rows)?);
            }
            (Some(one), other) if other.is_none_or(|other| one.pair < other.pair) => {
                alone[0].push(one).map_err(CompareError::Spill)?;
                old = following(&mut old_rows)?;
            }
            (_, Some(other)) => {
                alone[1].push(other).map_err(CompareError::Spill)?;
                new = following(&mut new_rows)?;
            }
            (Some(_), None) => unreachable!("an old row without a new one is alone"),
        }
    }
    let [mut old_rows, mut new_rows] = alone;
    let mut old_rows = old_rows.merge().map_err(CompareError::Spill)?;
    let mut new_rows = new_rows.merge().map_err(CompareError::Spill)?;
    loop {
        match (following(&mut old_rows)?, following(&mut new_rows)?) {
            (None, None) => return Ok(()),
            (old, new) => settle(old, new)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CompareSettings, compare_within};
    use super::*;
    use proptest::collection::vec;
    use std::num::NonZeroUsize;
    use std::path::Path;

    /// Writes rows, each a file, an id and a value, to the files of a folder.
    fn write(folder: &Path, rows: &[(usize, u8, u8)]) {
        std::fs::create_dir(folder).unwrap();
        for (place, name) in
            ["PHDS_A_202407.csv", "PHDS_B_202407.csv", "PHDS_C_202407.csv"].iter().enumerate()
        {
            // One file lacks a column, so that there rows may be the same that are not equal.
            let has_name = place < 2 || folder.ends_with("old");
            let mut text =
                "CLIENT_ID,IMMUNFACT_ID".to_owned() + if has_name { ",FIRST_NAME\n" } else { "\n" };
            for (_, id, value) in rows.iter().filter(|(file, ..)| *file == place) {
                text += &match has_name {
                    true => format!("{},{id},{value}\n", value / 2),
                    false => format!("{},{id}\n", value / 2),
                };
            }
            std::fs::write(folder.join(name), text).unwrap();
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(96))]

        #[test]
        fn what_is_on_disk_is_matched_as_what_is_held(
            old in vec((0usize..3, 1u8..3, 0u8..100), 0..400),
            new in vec((0usize..3, 1u8..3, 0u8..100), 0..400),
            bound in 0usize..200,
            limit in 0usize..600,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let spill = Spill::new(folder.path(), 0);
            let settings = CompareSettings {
                ignore: &[],
                only: &[],
                limit,
                values: true,
                threads: NonZeroUsize::MIN,
                spill: &spill,
            };
            let place = |name: &str| folder.path().join(name);
            write(&place("old"), &old);
            write(&place("new"), &new);
            let compared = |rows: usize| {
                let bounds = Bounds { rows, ..Bounds::USUAL };
                compare_within(&place("old"), &place("new"), settings, bounds).unwrap()
            };
            let held = compared(usize::MAX);
            for bound in [0, bound] {
                proptest::prop_assert_eq!(&compared(bound), &held);
            }
        }
    }

    #[test]
    fn long_rows_are_not_held_either() {
        let folder = tempfile::tempdir().unwrap();
        let spill = Spill::new(folder.path(), 0);
        let settings = CompareSettings {
            ignore: &[],
            only: &[],
            limit: 9,
            values: false,
            threads: NonZeroUsize::MIN,
            spill: &spill,
        };
        let place = |name: &str| folder.path().join(name);
        write(&place("old"), &[(0, 1, 2), (0, 1, 4), (1, 1, 6)]);
        write(&place("new"), &[(0, 1, 5), (0, 1, 2), (0, 1, 3)]);
        let compared = |bytes: u64| {
            let bounds = Bounds { rows: 1024, bytes };
            compare_within(&place("old"), &place("new"), settings, bounds).unwrap()
        };
        // Equal ones are found all the same; the others are paired as they come.
        let (whole, bounded) = (compared(u64::MAX), compared(0));
        assert_eq!((whole.rows.unchanged, whole.rows.changed, whole.rows.moved_to_client), (1, 1, 0));
        assert_eq!((bounded.rows.unchanged, bounded.rows.changed, bounded.rows.moved_to_client), (1, 1, 0));
        assert_eq!((whole.rows.moved_to_recipient, bounded.rows.moved_to_recipient), (1, 1));
    }
}
