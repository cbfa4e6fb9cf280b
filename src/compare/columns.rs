//! The columns of both sides: which there are, which play a part, and what became of the others.

use super::CompareError;
use super::files::{Column, Pair, SharingFile};
use super::outcome::ColumnChanges;
use crate::elements::{self, Cell, ORDER};
use crate::registry::{Field, split_record};
use crate::value::{Day, parse_id};
use std::collections::{BTreeMap, BTreeSet};

/// The columns that both sides have and that play a part, and, for each file, where they are.
#[derive(Debug)]
pub(super) struct Columns {
    /// In the present layout's order, others behind.
    pub(super) compared: Vec<Column>,
    /// What became of the columns themselves.
    pub(super) changes: ColumnChanges,
    /// By pair, then side.
    layouts: Vec<[Option<FileLayout>; 2]>,
}

/// Where a file has its columns.
#[derive(PartialEq, Eq, Debug)]
struct FileLayout {
    /// For each compared column, its field.
    compared: Vec<usize>,
    /// The fields by which rows are ordered.
    key: [Option<usize>; ORDER.len()],
    /// The columns of all fields.
    all: Vec<Column>,
}

/// The field of a column that a file does not have.
const NOWHERE: usize = usize::MAX;

/// A row's place in the order of its file. A value that cannot be read sorts first: it only costs time.
pub(super) type Key = [u64; ORDER.len()];

impl Columns {
    pub(super) fn of(pairs: &[Pair], ignore: &[String]) -> Result<Columns, CompareError> {
        let files = |side: usize| pairs.iter().filter_map(move |pair| pair.sides[side].as_ref());
        let [old, new] = [0, 1].map(|side| names(files(side)));
        for name in ignore {
            let is_it = |(column, names): (&Column, &BTreeSet<String>)| {
                column.name().eq_ignore_ascii_case(name) || names.iter().any(|n| n.eq_ignore_ascii_case(name))
            };
            if !old.iter().chain(&new).any(is_it) {
                return Err(CompareError::NoSuchColumn { name: name.clone() });
            }
        }
        let is_ignored = |column: &Column| {
            let mut names = old.get(column).into_iter().chain(new.get(column)).flatten();
            let mut given = ignore.iter();
            given.any(|g| column.name().eq_ignore_ascii_case(g) || names.any(|n| n.eq_ignore_ascii_case(g)))
        };
        let changes = ColumnChanges {
            added: missing(pairs, 0, 1),
            removed: missing(pairs, 1, 0),
            renamed: old
                .iter()
                .filter_map(|(column, names)| Some((names, new.get(column)?)))
                .filter(|(old, new)| old != new)
                .map(|(old, new)| (listed(old), listed(new)))
                .collect(),
        };
        let in_both = |column: &&Column| new.contains_key(*column) && !is_ignored(column);
        let compared: Vec<Column> = old.keys().filter(in_both).cloned().collect();
        let layout = |file: &SharingFile| FileLayout::of(file, &compared);
        let layouts =
            pairs.iter().map(|pair| [0, 1].map(|side| pair.sides[side].as_ref().map(layout))).collect();
        Ok(Columns { compared, changes, layouts })
    }

    /// Whether rows that are the same byte for byte are the same.
    pub(super) fn are_alike(&self, pair: usize) -> bool {
        matches!(&self.layouts[pair], [Some(old), Some(new)] if old.all == new.all)
    }

    /// Splits a row of a file; returns whether it has as many fields as the header.
    pub(super) fn split(&self, pair: usize, side: usize, text: &[u8], split: &mut SplitRow) -> bool {
        split.text.clear();
        split.text.extend_from_slice(text);
        split_record(&split.text, 0, b',', &mut split.fields);
        split.place = (pair, side);
        self.layout(split).is_some_and(|layout| layout.all.len() == split.fields.len())
    }

    fn layout(&self, split: &SplitRow) -> Option<&FileLayout> {
        let (pair, side) = split.place;
        self.layouts[pair][side].as_ref()
    }

    /// The value of a compared column; a field that is not there is blank.
    pub(super) fn value<'r>(&self, split: &'r SplitRow, compared: usize) -> std::borrow::Cow<'r, [u8]> {
        let field = self.layout(split).and_then(|layout| split.fields.get(layout.compared[compared]));
        field.map_or_else(|| b"".as_slice().into(), |field| field.unquoted(&split.text))
    }

    /// Whether the file that a row is from has a compared column.
    fn has(&self, split: &SplitRow, compared: usize) -> bool {
        self.layout(split).is_some_and(|layout| layout.compared[compared] != NOWHERE)
    }

    /// The compared columns in which two rows differ, of those that both their files have.
    pub(super) fn differences<'r>(
        &'r self,
        old: &'r SplitRow,
        new: &'r SplitRow,
    ) -> impl Iterator<Item = usize> + 'r {
        let in_both = |column: &usize| self.has(old, *column) && self.has(new, *column);
        let differs = |column: &usize| self.value(old, *column) != self.value(new, *column);
        (0..self.compared.len()).filter(in_both).filter(differs)
    }

    /// A row's place in the order of its file.
    pub(super) fn key(&self, split: &SplitRow) -> Key {
        let key = self.layout(split).map_or([None; ORDER.len()], |layout| layout.key);
        std::array::from_fn(|place| {
            let field = key[place].and_then(|field| split.fields.get(field));
            let value = field.map(|field| field.unquoted(&split.text)).unwrap_or_default();
            match ORDER[place] {
                Cell::VaccinationDate => Day::parse(&value).map_or(0, |day| day.number().into()),
                _ => parse_id(&value).unwrap_or(0),
            }
        })
    }

    /// The id by which a row is matched.
    pub(super) fn id(&self, split: &SplitRow) -> Option<u64> {
        let field = self.layout(split)?.key[ORDER.len() - 1]?;
        parse_id(&split.fields.get(field)?.unquoted(&split.text))
    }

    /// The place of an element among the compared columns.
    pub(super) fn place_of(&self, element: &str) -> Option<usize> {
        self.compared.iter().position(|column| column.name() == element)
    }
}

impl FileLayout {
    fn of(file: &SharingFile, compared: &[Column]) -> FileLayout {
        let field = |wanted: &Column| file.header.iter().position(|(_, column)| column == wanted);
        FileLayout {
            // A file that lacks a column that others of its side have has no field there.
            compared: compared.iter().map(|column| field(column).unwrap_or(NOWHERE)).collect(),
            key: ORDER.map(|cell| field(&Column::Element(elements::place_of(cell)))),
            all: file.header.iter().map(|(_, column)| column.clone()).collect(),
        }
    }
}

/// A row, split into its fields.
#[derive(Clone, Default, Debug)]
pub(super) struct SplitRow {
    text: Vec<u8>,
    fields: Vec<Field>,
    place: (usize, usize),
}

impl SplitRow {
    /// The pair and the side it is from.
    pub(super) fn place(&self) -> (usize, usize) {
        self.place
    }
}

/// The columns that a file on one side has and its counterpart lacks. Of a file without one nothing can be said.
fn missing(pairs: &[Pair], from: usize, of: usize) -> Vec<String> {
    let mut names: Vec<&Column> = Vec::new();
    for pair in pairs {
        let (Some(from), Some(of)) = (&pair.sides[from], &pair.sides[of]) else { continue };
        let lacks = |column: &Column| !from.header.iter().any(|(_, other)| other == column);
        names.extend(of.header.iter().map(|(_, column)| column).filter(|column| lacks(column)));
    }
    names.sort();
    names.dedup();
    names.into_iter().map(|column| column.name().to_owned()).collect()
}

fn names<'a>(files: impl Iterator<Item = &'a SharingFile>) -> BTreeMap<Column, BTreeSet<String>> {
    let mut names: BTreeMap<Column, BTreeSet<String>> = BTreeMap::new();
    for (name, column) in files.flat_map(|file| &file.header) {
        names.entry(column.clone()).or_default().insert(name.clone());
    }
    names
}

fn listed(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_matched_by_what_they_are_ordered_by_last() {
        assert_eq!(ORDER[ORDER.len() - 1], Cell::ImmunfactId);
    }
}
