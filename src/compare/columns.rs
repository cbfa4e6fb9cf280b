//! The columns of both sides: which there are, which are compared, and which were added, removed or renamed.

use super::CompareError;
use super::files::{Column, Pair, SharingFile};
use super::outcome::ColumnChanges;
use crate::batch::split_row;
use crate::elements::{Cell, Element, ORDER};
use crate::registry::Field;
use crate::value::{Day, parse_id};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The columns that are compared, and where each file has them.
#[derive(Debug)]
pub(super) struct Columns {
    /// Those of both sides that are not ignored: in the present layout's order, others behind.
    pub(super) compared: Vec<Column>,
    pub(super) changes: ColumnChanges,
    /// By pair, then side.
    layouts: Vec<[Option<FileLayout>; 2]>,
}

/// Where a file has its columns.
#[derive(Debug)]
pub(super) struct FileLayout {
    /// The pair that the file is one of.
    pair: usize,
    /// For each compared column, its field; none if others of the file's side have it, and this one lacks it.
    compared: Vec<Option<usize>>,
    /// The fields by which rows are ordered.
    key: [Option<usize>; ORDER.len()],
    /// The columns of all fields.
    all: Vec<Column>,
}

impl Columns {
    pub(super) fn of(
        pairs: &[Pair],
        ignore: &[String],
        elements: &[Element],
    ) -> Result<Columns, CompareError> {
        let files = |side: usize| pairs.iter().filter_map(move |pair| pair.sides[side].as_ref());
        let [old, new] = [0, 1].map(|side| names(files(side)));
        let goes_by = |column: &Column, given: &String| {
            let names = [&old, &new].into_iter().filter_map(|side| side.get(column)).flatten();
            names.chain([&column.name]).any(|name| name.eq_ignore_ascii_case(given))
        };
        let is_known = |given: &String| old.keys().chain(new.keys()).any(|column| goes_by(column, given));
        if let Some(name) = ignore.iter().find(|given| !is_known(given)) {
            return Err(CompareError::NoSuchColumn { name: name.clone() });
        }
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
        let is_compared = |column: &&Column| {
            new.contains_key(*column) && !ignore.iter().any(|given| goes_by(column, given))
        };
        let compared: Vec<Column> = old.keys().filter(is_compared).cloned().collect();
        let of_pair = |(place, pair): (usize, &Pair)| {
            let layout = |file: &SharingFile| FileLayout::of(file, place, &compared, elements);
            [0, 1].map(|side| pair.sides[side].as_ref().map(layout))
        };
        let layouts = pairs.iter().enumerate().map(of_pair).collect();
        Ok(Columns { compared, changes, layouts })
    }

    /// Whether rows that are the same byte for byte are the same.
    pub(super) fn are_alike(&self, pair: usize) -> bool {
        matches!(&self.layouts[pair], [Some(old), Some(new)] if old.all == new.all)
    }

    /// The layout of a file that is there.
    pub(super) fn layout(&self, pair: usize, side: usize) -> &FileLayout {
        self.layouts[pair][side].as_ref().unwrap_or_else(|| unreachable!("every file has a layout"))
    }
}

impl FileLayout {
    fn of(file: &SharingFile, pair: usize, compared: &[Column], elements: &[Element]) -> FileLayout {
        let field = |wanted: &Column| file.header.iter().position(|(_, column)| column == wanted);
        FileLayout {
            pair,
            compared: compared.iter().map(field).collect(),
            key: ORDER.map(|cell| field(&Column::holding(cell, elements))),
            all: file.header.iter().map(|(_, column)| column.clone()).collect(),
        }
    }
}

/// A row, split into its fields.
#[derive(Debug)]
pub(super) struct SplitRow<'a> {
    layout: &'a FileLayout,
    text: Vec<u8>,
    fields: Vec<Field>,
}

impl<'a> SplitRow<'a> {
    /// A row of a file with this layout, still without fields.
    pub(super) fn new(layout: &'a FileLayout) -> SplitRow<'a> {
        SplitRow { layout, text: Vec::new(), fields: Vec::new() }
    }

    /// Splits a row of the file; returns whether it has as many fields as the header.
    pub(super) fn split(&mut self, text: &[u8]) -> bool {
        self.text.clear();
        self.text.extend_from_slice(text);
        split_row(&self.text, &mut self.fields);
        self.fields.len() == self.layout.all.len()
    }

    /// The pair that its file is one of.
    pub(super) fn pair(&self) -> usize {
        self.layout.pair
    }

    /// The value of a field; one that is not there is blank.
    fn field(&self, place: Option<usize>) -> Cow<'_, [u8]> {
        let field = place.and_then(|place| self.fields.get(place));
        field.map(|field| field.unquoted(&self.text)).unwrap_or_default()
    }

    /// The value of a compared column, by its place among these.
    pub(super) fn value(&self, compared: usize) -> Cow<'_, [u8]> {
        self.field(self.layout.compared[compared])
    }

    /// The compared columns in which two rows differ, of those that both their files have.
    pub(super) fn differences(&self, other: &SplitRow<'_>) -> impl Iterator<Item = usize> {
        let in_both = |column: &usize| {
            self.layout.compared[*column].is_some() && other.layout.compared[*column].is_some()
        };
        let differs = |column: &usize| self.value(*column) != other.value(*column);
        (0..self.layout.compared.len()).filter(in_both).filter(differs)
    }

    /// A row's place in the order of its file. A value that cannot be read sorts first: it only costs time.
    pub(super) fn key(&self) -> [u64; ORDER.len()] {
        std::array::from_fn(|place| {
            let value = self.field(self.layout.key[place]);
            match ORDER[place] {
                Cell::VaccinationDate => Day::parse(&value).map_or(0, |day| day.number().into()),
                _ => parse_id(&value).unwrap_or(0),
            }
        })
    }

    /// The id by which a row is matched.
    pub(super) fn id(&self) -> Option<u64> {
        parse_id(&self.field(self.layout.key[ORDER.len() - 1]))
    }

    /// A hash of its pair and its compared values: rows of a pair that are equal have the same.
    pub(super) fn content(&self) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(self.pair().to_le_bytes());
        for column in 0..self.layout.compared.len() {
            let value = self.value(column);
            // With its length, so that no two contents run into the same bytes.
            hash.update(value.len().to_le_bytes());
            hash.update(value);
        }
        hash.finalize().into()
    }
}

/// The columns that a file on one side has and its counterpart lacks. Of a file without one nothing can be said.
fn missing(pairs: &[Pair], from: usize, of: usize) -> Vec<String> {
    let mut columns: BTreeSet<&Column> = BTreeSet::new();
    for pair in pairs {
        let (Some(from), Some(of)) = (&pair.sides[from], &pair.sides[of]) else { continue };
        let lacks = |column: &&Column| !from.header.iter().any(|(_, other)| other == *column);
        columns.extend(of.header.iter().map(|(_, column)| column).filter(lacks));
    }
    columns.into_iter().map(|column| column.name.clone()).collect()
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
