//! Which of the old rows with one id became which of the new ones.
//!
//! Rows are never taken together: two equal rows with one id are two. First those that are the same in the same file
//! go, then those of the same file are paired, then the rest; among several, those that differ least.

use super::columns::{Columns, SplitRow};
use std::collections::{BTreeMap, VecDeque};

/// What became of rows.
#[derive(Debug)]
pub(super) enum Settled {
    /// So many rows are the same in the same file; `file` is its pair.
    Unchanged { file: usize, rows: u64 },
    /// A row is not.
    Changed(Match),
}

/// An old row and what it became, with the compared columns in which they differ; or one alone.
#[derive(Debug)]
pub(super) struct Match {
    pub(super) old: Option<SplitRow>,
    pub(super) new: Option<SplitRow>,
    pub(super) columns: Vec<usize>,
}

/// More rows than this with one id are paired as they come: finding out which differ least would take the square of
/// their number.
const MOST_COMPARED: usize = 64;

/// Whether so many rows of either side are compared with each other.
pub(super) fn may_be_compared(counts: [usize; 2]) -> bool {
    counts.iter().all(|count| *count <= MOST_COMPARED)
}

type Rows = Vec<Option<SplitRow>>;

pub(super) fn match_rows(old: Vec<SplitRow>, new: Vec<SplitRow>, columns: &Columns) -> Vec<Settled> {
    let some = |rows: Vec<SplitRow>| rows.into_iter().map(Some).collect::<Rows>();
    let (mut old, mut new) = (some(old), some(new));
    let equal = take_equal(&mut old, &mut new, columns).into_iter();
    let mut settled: Vec<_> = equal.map(|file| Settled::Unchanged { file, rows: 1 }).collect();
    old.retain(Option::is_some);
    new.retain(Option::is_some);
    for pair in pairs(&old, &new, columns) {
        settled.push(settle_pair(old[pair.old].take(), new[pair.new].take(), columns));
    }
    let alone = old.into_iter().flatten().map(|old| settle_pair(Some(old), None, columns));
    settled.extend(alone);
    let alone = new.into_iter().flatten().map(|new| settle_pair(None, Some(new), columns));
    settled.extend(alone);
    settled
}

/// What became of two rows that belong together, or of one alone.
pub(super) fn settle_pair(old: Option<SplitRow>, new: Option<SplitRow>, columns: &Columns) -> Settled {
    let different = differences(&old, &new, columns);
    match (file(&old), file(&new)) {
        // The same in all columns that both files have.
        (Some(file), Some(other)) if file == other && different.is_empty() => {
            Settled::Unchanged { file, rows: 1 }
        }
        _ => Settled::Changed(Match { old, new, columns: different }),
    }
}

/// The file's pair and the values of a row: what equal rows have in common.
pub(super) fn content(row: &SplitRow, columns: &Columns) -> (usize, Vec<Vec<u8>>) {
    let values = (0..columns.compared.len()).map(|column| columns.value(row, column).into_owned());
    (row.place().0, values.collect())
}

/// Takes out the rows that are the same in the same file; returns their files.
fn take_equal(old: &mut Rows, new: &mut Rows, columns: &Columns) -> Vec<usize> {
    let mut places: BTreeMap<_, VecDeque<usize>> = BTreeMap::new();
    for (place, row) in new.iter().enumerate() {
        places.entry(row.as_ref().map(|row| content(row, columns))).or_default().push_back(place);
    }
    let mut unchanged = Vec::new();
    for row in old {
        let same = places.get_mut(&row.as_ref().map(|row| content(row, columns)));
        if let Some(place) = same.and_then(VecDeque::pop_front) {
            unchanged.extend(row.take().map(|row| row.place().0));
            new[place] = None;
        }
    }
    unchanged
}

/// Two rows that may belong together. Ordered: first those of one file, then those that differ least, then as they
/// come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    in_other_file: bool,
    differences: usize,
    old: usize,
    new: usize,
}

/// The rows that belong together, by their places.
fn pairs(old: &Rows, new: &Rows, columns: &Columns) -> Vec<Candidate> {
    if !may_be_compared([old.len(), new.len()]) {
        return pairs_as_they_come(old, new);
    }
    let mut candidates = Vec::new();
    for (old_place, old_row) in old.iter().enumerate() {
        for (new_place, new_row) in new.iter().enumerate() {
            candidates.push(Candidate {
                in_other_file: file(old_row) != file(new_row),
                differences: differences(old_row, new_row, columns).len(),
                old: old_place,
                new: new_place,
            });
        }
    }
    candidates.sort_unstable();
    let (mut old_free, mut new_free) = (vec![true; old.len()], vec![true; new.len()]);
    candidates.retain(|pair| {
        let free = old_free[pair.old] && new_free[pair.new];
        if free {
            (old_free[pair.old], new_free[pair.new]) = (false, false);
        }
        free
    });
    candidates
}

fn pairs_as_they_come(old: &Rows, new: &Rows) -> Vec<Candidate> {
    let mut of_file: BTreeMap<Option<usize>, VecDeque<usize>> = BTreeMap::new();
    for (place, row) in new.iter().enumerate() {
        of_file.entry(file(row)).or_default().push_back(place);
    }
    let (mut pairs, mut left) = (Vec::new(), Vec::new());
    for (place, row) in old.iter().enumerate() {
        match of_file.get_mut(&file(row)).and_then(VecDeque::pop_front) {
            Some(new) => pairs.push(Candidate { in_other_file: false, differences: 0, old: place, new }),
            None => left.push(place),
        }
    }
    let elsewhere = of_file.into_values().flatten();
    let moved = |(old, new)| Candidate { in_other_file: true, differences: 0, old, new };
    pairs.extend(left.into_iter().zip(elsewhere).map(moved));
    pairs
}

fn file(row: &Option<SplitRow>) -> Option<usize> {
    row.as_ref().map(|row| row.place().0)
}

fn differences(old: &Option<SplitRow>, new: &Option<SplitRow>, columns: &Columns) -> Vec<usize> {
    match (old, new) {
        (Some(old), Some(new)) => columns.differences(old, new).collect(),
        _ => Vec::new(),
    }
}
