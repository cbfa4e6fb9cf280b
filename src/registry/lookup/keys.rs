//! Rows that share a key, and finding rows by their key.

use crate::parallel::sorted;
use crate::registry::check::{Code, ExportRow, QuarantinedRow, RowFault, RowIds};
use crate::registry::{RegistryError, Table};
use std::collections::HashMap;
use std::num::NonZeroU32;

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
pub struct ById<T, E = Place> {
    rows: Vec<KeyedRow<T>>,
    index: IdIndex<E>,
}

/// What is kept beside a row's id: at least where the row lies.
///
/// A fact finds it by the id, and the row only by what it holds. In exports in any order each is a wait for memory, so what
/// every fact needs is kept here.
pub trait Entry<T>: Copy {
    fn new(place: u32, row: &T) -> Self;

    fn place(self) -> u32;
}

/// Where a row lies, and no more. One is added to it, so that no place takes no more than a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place(NonZeroU32);

impl<T> Entry<T> for Place {
    fn new(place: u32, _: &T) -> Place {
        Place(NonZeroU32::MIN.saturating_add(place))
    }

    fn place(self) -> u32 {
        self.0.get() - 1
    }
}

impl<T: Send, E: Entry<T>> ById<T, E> {
    /// Leaves out the rows that share their key: all of them where they differ, all but the first where they are equal.
    /// Calls `quarantine` with each. `rows` are those that each of several threads has met.
    pub(super) fn new(
        table: Table,
        rows: Vec<Vec<KeyedRow<T>>>,
        same: impl Fn(&T, &T) -> bool,
        mut quarantine: impl FnMut(QuarantinedRow) -> Result<(), RegistryError>,
    ) -> Result<ById<T, E>, RegistryError> {
        let rows = settle(
            sorted(rows, |row| (row.id, row.line)),
            table.key_column().unwrap_or(0),
            same,
            |row, fault| {
                let client = table.client_column().map(|_| row.id);
                let ids = RowIds { key: Some(row.id), client, organization: None };
                quarantine(QuarantinedRow::new(table, row.line, fault, ids))
            },
        )?;
        let entries = rows.iter().zip(0u32..).map(|(row, place)| (row.id, E::new(place, &row.row)));
        let index = IdIndex::new(entries);
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
        self.entry(id).map(E::place)
    }

    /// What is kept beside this id.
    pub(super) fn entry(&self, id: u64) -> Option<E> {
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

/// Of rows in the order of their keys and lines, leaves out those that share a key: all of them where they differ, all but
/// the first where they are equal. Calls `quarantine` with each and its fault; `key_column` is the key's place.
fn settle<T, E>(
    mut rows: Vec<KeyedRow<T>>,
    key_column: usize,
    same: impl Fn(&T, &T) -> bool,
    mut quarantine: impl FnMut(&KeyedRow<T>, RowFault) -> Result<(), E>,
) -> Result<Vec<KeyedRow<T>>, E> {
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

/// Finds what is kept beside an id.
///
/// Registries number their rows from a counter, so a list indexed by the id's distance from the first id is nearly full;
/// where the ids lie far apart, a hash map is used.
#[derive(Debug)]
enum IdIndex<E> {
    Dense { first: u64, entries: Vec<Option<E>> },
    Sparse(HashMap<u64, E, foldhash::fast::FixedState>),
}

/// A list may have so many times as many places as there are ids: it then takes about what a hash map takes.
const MOST_PLACES: usize = 3;

impl<E: Copy> IdIndex<E> {
    /// Indexes ids that are in ascending order, each once. There may be fewer than 2^32 - 1.
    fn new(ids: impl Iterator<Item = (u64, E)> + Clone) -> IdIndex<E> {
        let count = ids.clone().count();
        let first = ids.clone().next().map_or(0, |(id, _)| id);
        let last = ids.clone().last().map_or(0, |(id, _)| id);
        match usize::try_from(last - first) {
            Ok(span) if span <= count.saturating_mul(MOST_PLACES) => {
                let mut entries = vec![None; span + 1];
                for (id, entry) in ids {
                    entries[(id - first) as usize] = Some(entry);
                }
                IdIndex::Dense { first, entries }
            }
            _ => IdIndex::Sparse(ids.collect()),
        }
    }

    /// About how many bytes of memory it takes.
    fn size(&self) -> usize {
        match self {
            IdIndex::Dense { entries, .. } => size_of_val(entries.as_slice()),
            // Seven eighths full at most, and a byte of its own beside each entry.
            IdIndex::Sparse(entries) => entries.capacity() * 8 / 7 * (size_of::<(u64, E)>() + 1),
        }
    }

    /// What is kept beside this id.
    #[inline]
    fn find(&self, id: u64) -> Option<E> {
        match self {
            IdIndex::Dense { first, entries } => {
                let distance = usize::try_from(id.checked_sub(*first)?).ok()?;
                entries.get(distance).copied().flatten()
            }
            IdIndex::Sparse(entries) => entries.get(&id).copied(),
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
            let mut keyed: Vec<_> = keyed.collect();
            keyed.sort_by_key(|row| row.id);
            let mut faults = Vec::new();
            let left = settle(
                keyed,
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
                let numbered: Vec<(u64, Place)> =
                    ids.iter().zip(0..).map(|(id, place)| (*id, Entry::new(place, &()))).collect();
                let index = IdIndex::new(numbered.into_iter());
                for (place, id) in ids.iter().enumerate() {
                    let found = index.find(*id).map(Entry::<()>::place);
                    proptest::prop_assert_eq!(found, Some(place as u32));
                    for other in [id.wrapping_sub(1), id.wrapping_add(1)] {
                        proptest::prop_assert_eq!(index.find(other).is_some(), ids.contains(&other));
                    }
                }
            }
        }
    }
}
