//! Rows that share a key, and finding rows by their key.

use crate::registry::check::{Code, ExportRow, QuarantinedRow, RowFault, RowFile, RowIds};
use crate::registry::{RegistryError, Table};
use std::collections::HashMap;

/// A row with its key and the line on which it begins.
#[derive(Debug)]
pub(super) struct KeyedRow<T> {
    pub(super) id: u64,
    pub(super) line: u64,
    pub(super) row: T,
}

impl<T> KeyedRow<T> {
    /// `kept` is what is kept of the row, which is of a table that has a key.
    pub(super) fn new(row: &ExportRow<'_>, kept: T) -> KeyedRow<T> {
        let key = row.table.key_column().unwrap_or_else(|| unreachable!("{} has no key", row.table));
        KeyedRow { id: row.id(key), line: row.line, row: kept }
    }
}

/// The usable rows of a table, in the order of their ids. Each has a place, counted from 0.
#[derive(Debug)]
pub struct ById<T> {
    rows: Vec<KeyedRow<T>>,
    index: IdIndex,
}

impl<T> ById<T> {
    /// Leaves out the rows that share their key: all of them where they differ, all but the first where they are equal.
    /// Calls `quarantine` with each.
    pub(super) fn new(
        table: Table,
        rows: Vec<KeyedRow<T>>,
        same: impl Fn(&T, &T) -> bool,
        mut quarantine: impl FnMut(QuarantinedRow) -> Result<(), RegistryError>,
    ) -> Result<ById<T>, RegistryError> {
        let rows = settle(rows, table.key_column().unwrap_or(0), same, |row, fault| {
            let client = table.client_column().map(|_| row.id);
            let ids = RowIds { key: Some(row.id), client, organization: None };
            quarantine(QuarantinedRow {
                table,
                line: row.line,
                file: RowFile::Own,
                fault,
                shape: None,
                ids,
                perhaps: RowIds::default(),
                lines: 1,
            })
        })?;
        let index = IdIndex::new(rows.iter().map(|row| row.id));
        Ok(ById { rows, index })
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// About how many bytes of memory they take.
    pub(super) fn size(&self) -> usize {
        size_of_val(self.rows.as_slice()) + self.index.size()
    }

    /// The place of the row with this id.
    pub fn find(&self, id: u64) -> Option<u32> {
        self.index.find(id)
    }

    pub fn id(&self, place: u32) -> u64 {
        self.rows[place as usize].id
    }

    pub fn get(&self, place: u32) -> &T {
        &self.rows[place as usize].row
    }

    /// All of them, in order, each with its id.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.rows.iter().map(|row| (row.id, &row.row))
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &KeyedRow<T>> + Clone {
        self.rows.iter()
    }

    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.rows.iter_mut().map(|row| &mut row.row)
    }
}

/// What rows that share a key are to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sharing {
    /// There is one only.
    Single,
    /// They are all equal: one is kept.
    Repeated,
    /// They differ: none can be used.
    Conflicting,
}

impl Sharing {
    /// How many of the rows stay, the first ones, and what is wrong with the others. `key_column` is the key's
    /// place.
    pub fn ruling(self, key_column: usize) -> (usize, Option<RowFault>) {
        match self {
            Sharing::Single => (1, None),
            Sharing::Repeated => (1, Some(RowFault::of_row(Code::DuplicateRow))),
            Sharing::Conflicting => (0, Some(RowFault::in_column(Code::DuplicateKey, key_column))),
        }
    }
}

/// Judges rows that share a key. To differ from one another, one of them must differ from the first.
pub fn sharing<T>(group: &[T], same: impl Fn(&T, &T) -> bool) -> Sharing {
    match group {
        [] | [_] => Sharing::Single,
        [first, rest @ ..] if rest.iter().all(|row| same(first, row)) => Sharing::Repeated,
        _ => Sharing::Conflicting,
    }
}

/// Sorts rows by their key and leaves out those that share one: all of them where they differ, all but the first
/// where they are equal. Calls `quarantine` with each and its fault; `key_column` is the key's place.
fn settle<T, E>(
    mut rows: Vec<KeyedRow<T>>,
    key_column: usize,
    same: impl Fn(&T, &T) -> bool,
    mut quarantine: impl FnMut(&KeyedRow<T>, RowFault) -> Result<(), E>,
) -> Result<Vec<KeyedRow<T>>, E> {
    rows.sort_unstable_by_key(|row| (row.id, row.line));
    let mut keep = vec![true; rows.len()];
    let mut start = 0;
    for group in rows.chunk_by(|a, b| a.id == b.id) {
        let (spared, fault) = sharing(group, |a, b| same(&a.row, &b.row)).ruling(key_column);
        if let Some(fault) = fault {
            for (place, row) in group.iter().enumerate().skip(spared) {
                keep[start + place] = false;
                quarantine(row, fault)?;
            }
        }
        start += group.len();
    }
    let mut keep = keep.into_iter();
    rows.retain(|_| keep.next().unwrap_or(false));
    Ok(rows)
}

/// Finds the place of a row by its id.
///
/// Registries number their rows from a counter, so a list indexed by the id's distance from the first id is nearly full;
/// where the ids lie far apart, a hash map is used.
#[derive(Debug)]
enum IdIndex {
    Dense { first: u64, places: Vec<u32> },
    Sparse(HashMap<u64, u32, foldhash::fast::FixedState>),
}

/// A place in `Dense` that no id has.
const NOWHERE: u32 = u32::MAX;

impl IdIndex {
    /// Indexes ids that are in ascending order, each once. There may be fewer than 2^32 - 1.
    fn new(ids: impl ExactSizeIterator<Item = u64> + Clone) -> IdIndex {
        let count = ids.len();
        let first = ids.clone().next().unwrap_or(0);
        let last = ids.clone().last().unwrap_or(0);
        let numbered = ids.zip(0u32..);
        // Four places of four bytes for each id cost no more than a hash map's entry.
        match usize::try_from(last - first) {
            Ok(span) if span <= count.saturating_mul(4) => {
                let mut places = vec![NOWHERE; span + 1];
                for (id, place) in numbered {
                    places[(id - first) as usize] = place;
                }
                IdIndex::Dense { first, places }
            }
            _ => IdIndex::Sparse(numbered.collect()),
        }
    }

    /// About how many bytes of memory it takes.
    fn size(&self) -> usize {
        match self {
            IdIndex::Dense { places, .. } => size_of_val(places.as_slice()),
            // Seven eighths full at most, and a byte of its own beside each entry.
            IdIndex::Sparse(places) => places.capacity() * 8 / 7 * (size_of::<(u64, u32)>() + 1),
        }
    }

    /// The place of the row with this id.
    fn find(&self, id: u64) -> Option<u32> {
        match self {
            IdIndex::Dense { first, places } => {
                let distance = usize::try_from(id.checked_sub(*first)?).ok()?;
                places.get(distance).copied().filter(|place| *place != NOWHERE)
            }
            IdIndex::Sparse(places) => places.get(&id).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settles_rows_that_share_a_key() {
        // Each row: key, value; the line is its place, counted from 2.
        let check = |rows: &[(u64, char)], kept: &[u64], refused: &[(u64, &str)]| {
            let keyed = rows.iter().zip(2..).map(|((id, row), line)| KeyedRow { id: *id, line, row: *row });
            let mut faults = Vec::new();
            let left = settle(
                keyed.collect(),
                0,
                |a, b| a == b,
                |row, fault| {
                    faults.push((row.line, fault.code.name()));
                    Ok::<_, ()>(())
                },
            );
            faults.sort();
            assert_eq!(left.unwrap().iter().map(|k| k.line).collect::<Vec<_>>(), kept);
            assert_eq!(faults, refused);
        };
        check(&[], &[], &[]);
        check(&[(2, 'a'), (1, 'a')], &[3, 2], &[]);
        check(
            &[(1, 'a'), (2, 'b'), (1, 'a'), (1, 'a')],
            &[2, 3],
            &[(4, "DUPLICATE_ROW"), (5, "DUPLICATE_ROW")],
        );
        check(&[(1, 'a'), (1, 'b')], &[], &[(2, "DUPLICATE_KEY"), (3, "DUPLICATE_KEY")]);
        check(
            &[(1, 'a'), (1, 'a'), (1, 'b'), (3, 'c')],
            &[5],
            &[(2, "DUPLICATE_KEY"), (3, "DUPLICATE_KEY"), (4, "DUPLICATE_KEY")],
        );
    }

    proptest::proptest! {
        #[test]
        fn finds_every_id_and_no_other(ids: std::collections::BTreeSet<u64>, small in proptest::collection::btree_set(0u64..200, 0..100)) {
            for ids in [ids, small] {
                let index = IdIndex::new(ids.iter().copied().collect::<Vec<_>>().into_iter());
                for (place, id) in ids.iter().enumerate() {
                    proptest::prop_assert_eq!(index.find(*id), Some(place as u32));
                    for other in [id.wrapping_sub(1), id.wrapping_add(1)] {
                        proptest::prop_assert_eq!(index.find(other).is_some(), ids.contains(&other));
                    }
                }
            }
        }
    }
}
