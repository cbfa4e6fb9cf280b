//! Which of the old rows with one id became which of the new ones.
//!
//! Rows of the same file are paired first, then the rest; among several, those that differ least. Where they are too
//! many to be held and compared, they are paired as they come.

use super::CompareError;
use super::cancel::RowPlace;
use super::columns::SplitRow;
use super::open_files::OpenFiles;
use crate::spill::{Merge, Sorter, Spill};
use std::cmp::Ordering;

/// More rows than this with one id are paired as they come: finding out which differ least would take the square of
/// their number.
const MOST_COMPARED: usize = 64;

/// The most bytes of rows with one id that are held. Memory is not to grow with what a damaged file has of one id.
pub(super) const MOST_HELD: u64 = 32 << 20;

/// The rows with one id that have no equal in the same file on the other side.
pub(super) struct Group<'s> {
    spill: &'s Spill,
    /// Old and new.
    rows: [Sorter<RowPlace>; 2],
    counts: [usize; 2],
    /// The length of all of them.
    bytes: u64,
}

impl<'s> Group<'s> {
    pub(super) fn new(spill: &'s Spill) -> Group<'s> {
        Group { spill, rows: [Sorter::new(spill), Sorter::new(spill)], counts: [0, 0], bytes: 0 }
    }

    pub(super) fn push(&mut self, row: RowPlace) -> std::io::Result<()> {
        self.counts[usize::from(row.is_new)] += 1;
        self.bytes += u64::from(row.length);
        self.rows[usize::from(row.is_new)].push(row)
    }

    /// Calls `tell` with the old and the new row of each pair, and with each row that is alone.
    pub(super) fn pair_rows<'a>(
        &mut self,
        files: &mut OpenFiles<'a>,
        most_held: u64,
        tell: &mut dyn FnMut(Option<SplitRow<'a>>, Option<SplitRow<'a>>),
    ) -> Result<(), CompareError> {
        let [old, new] = &mut self.rows;
        let (old, new) = (old.merge()?, new.merge()?);
        if self.counts.iter().any(|count| *count > MOST_COMPARED) || self.bytes > most_held {
            return pair_as_they_come(old, new, self.spill, files, tell);
        }
        let mut load = |rows: Merge<'_, RowPlace>| -> Result<Vec<_>, CompareError> {
            rows.map(|row| files.load(row?)).collect()
        };
        pair_the_closest(load(old)?, load(new)?, tell);
        Ok(())
    }
}

fn pair_the_closest<'a>(
    old: Vec<SplitRow<'a>>,
    new: Vec<SplitRow<'a>>,
    tell: &mut dyn FnMut(Option<SplitRow<'a>>, Option<SplitRow<'a>>),
) {
    let mut candidates = Vec::with_capacity(old.len() * new.len());
    for (old_place, one) in old.iter().enumerate() {
        for (new_place, other) in new.iter().enumerate() {
            let is_elsewhere = one.pair() != other.pair();
            candidates.push((is_elsewhere, one.differences(other).count(), old_place, new_place));
        }
    }
    // First those of one file, then those that differ least, then as they come.
    candidates.sort_unstable();
    let [mut old, mut new] = [old, new].map(|rows| rows.into_iter().map(Some).collect::<Vec<_>>());
    for (_, _, old_place, new_place) in candidates {
        if old[old_place].is_some() && new[new_place].is_some() {
            tell(old[old_place].take(), new[new_place].take());
        }
    }
    old.into_iter().flatten().for_each(|old| tell(Some(old), None));
    new.into_iter().flatten().for_each(|new| tell(None, Some(new)));
}

/// Pairs the rows of each file in their order, and then those that are left over with those of other files.
fn pair_as_they_come<'a>(
    mut old: Merge<'_, RowPlace>,
    mut new: Merge<'_, RowPlace>,
    spill: &Spill,
    files: &mut OpenFiles<'a>,
    tell: &mut dyn FnMut(Option<SplitRow<'a>>, Option<SplitRow<'a>>),
) -> Result<(), CompareError> {
    let mut load = |row: Option<RowPlace>| row.map(|row| files.load(row)).transpose();
    let [mut old_alone, mut new_alone] = [Sorter::new(spill), Sorter::new(spill)];
    let (mut old_row, mut new_row) = (old.next().transpose()?, new.next().transpose()?);
    let pair = |row: Option<RowPlace>| row.map_or(u32::MAX, |row| row.pair);
    while old_row.is_some() || new_row.is_some() {
        let order = pair(old_row).cmp(&pair(new_row));
        match order {
            Ordering::Less => old_row.map_or(Ok(()), |row| old_alone.push(row))?,
            Ordering::Equal => tell(load(old_row)?, load(new_row)?),
            Ordering::Greater => new_row.map_or(Ok(()), |row| new_alone.push(row))?,
        }
        if order.is_le() {
            old_row = old.next().transpose()?;
        }
        if order.is_ge() {
            new_row = new.next().transpose()?;
        }
    }
    let (mut old, mut new) = (old_alone.merge()?, new_alone.merge()?);
    loop {
        match (old.next().transpose()?, new.next().transpose()?) {
            (None, None) => return Ok(()),
            (old, new) => tell(load(old)?, load(new)?),
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

    fn settings(spill: &Spill) -> CompareSettings<'_> {
        let (threads, elements) = (NonZeroUsize::MIN, &crate::elements::ALL);
        CompareSettings { ignore: &[], only: &[], limit: 9, values: false, threads, spill, elements }
    }

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
                text += &format!("{},{id}", value / 2);
                text += &if has_name { format!(",{value}\n") } else { "\n".to_owned() };
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
            run in 1usize..20_000,
            limit in 0usize..600,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let place = |name: &str| folder.path().join(name);
            write(&place("old"), &old);
            write(&place("new"), &new);
            let compared = |spill: &Spill| {
                let settings = CompareSettings { limit, values: true, ..settings(spill) };
                compare_within(&place("old"), &place("new"), settings, MOST_HELD, &mut |_, _| {}).unwrap()
            };
            let held = compared(&Spill::new(folder.path(), 1 << 20));
            for run in [1, run] {
                proptest::prop_assert_eq!(&compared(&Spill::with_run(folder.path(), 0, run)), &held);
            }
        }
    }

    #[test]
    fn long_rows_are_not_held_either() {
        let folder = tempfile::tempdir().unwrap();
        let spill = Spill::new(folder.path(), 0);
        let place = |name: &str| folder.path().join(name);
        write(&place("old"), &[(0, 1, 2), (0, 1, 4), (1, 1, 6)]);
        write(&place("new"), &[(0, 1, 5), (0, 1, 2), (0, 1, 3)]);
        let compared = |bytes: u64| {
            compare_within(&place("old"), &place("new"), settings(&spill), bytes, &mut |_, _| {}).unwrap()
        };
        // Equal ones are found all the same; the others are paired as they come.
        let (whole, bounded) = (compared(u64::MAX), compared(0));
        assert_eq!((whole.rows.unchanged, whole.rows.changed, whole.rows.moved_to_client), (1, 1, 0));
        assert_eq!((bounded.rows.unchanged, bounded.rows.changed, bounded.rows.moved_to_client), (1, 1, 0));
        assert_eq!((whole.rows.moved_to_recipient, bounded.rows.moved_to_recipient), (1, 1));
    }
}
