//! Which of the old rows with one id became which of the new ones.
//!
//! Rows are never taken together: two equal rows with one id are two. First those that are the same in the same file
//! go, then those of the same file are paired, then the rest; among several, those that differ least.

use super::columns::{Columns, SplitRow};

/// What became of rows with one id.
#[derive(Default, Debug)]
pub(super) struct Matches {
    /// Pairs of rows that are the same, in the same file: their pairs of files.
    pub(super) unchanged: Vec<usize>,
    /// Old and new, with the compared columns in which they differ; or one alone.
    pub(super) changed: Vec<Match>,
}

/// An old row and what became of it.
#[derive(Debug)]
pub(super) struct Match {
    pub(super) old: Option<SplitRow>,
    pub(super) new: Option<SplitRow>,
    pub(super) columns: Vec<usize>,
}

/// More rows than this with one id are paired as they come: what they differ in least would take too long to find.
const MOST_COMPARED: usize = 64;

pub(super) fn match_rows(mut old: Vec<SplitRow>, mut new: Vec<SplitRow>, columns: &Columns) -> Matches {
    let mut matches = Matches::default();
    let file = |row: &SplitRow| row.place().0;
    take_pairs(
        &mut old,
        &mut new,
        columns,
        |old, new, different| file(old) == file(new) && different.is_empty(),
        |old, _, _| matches.unchanged.push(file(&old)),
    );
    for same_file in [true, false] {
        take_pairs(
            &mut old,
            &mut new,
            columns,
            |old, new, _| (file(old) == file(new)) || !same_file,
            |old, new, columns| matches.changed.push(Match { old: Some(old), new: Some(new), columns }),
        );
    }
    let alone = |old, new| Match { old, new, columns: Vec::new() };
    matches.changed.extend(old.into_iter().map(|old| alone(Some(old), None)));
    matches.changed.extend(new.into_iter().map(|new| alone(None, Some(new))));
    matches
}

/// For each old row, takes the new one that differs from it least among those that `may_be` it.
fn take_pairs(
    old: &mut Vec<SplitRow>,
    new: &mut Vec<SplitRow>,
    columns: &Columns,
    may_be: impl Fn(&SplitRow, &SplitRow, &[usize]) -> bool,
    mut take: impl FnMut(SplitRow, SplitRow, Vec<usize>),
) {
    let many = old.len().max(new.len()) > MOST_COMPARED;
    for row in std::mem::take(old) {
        let mut best: Option<(usize, Vec<usize>)> = None;
        for (place, other) in new.iter().enumerate() {
            let different: Vec<usize> = columns.differences(&row, other).collect();
            let is_better = best.as_ref().is_none_or(|(_, least)| different.len() < least.len());
            if is_better && may_be(&row, other, &different) {
                best = Some((place, different));
                if many {
                    break;
                }
            }
        }
        match best {
            Some((place, different)) => take(row, new.remove(place), different),
            None => old.push(row),
        }
    }
}
