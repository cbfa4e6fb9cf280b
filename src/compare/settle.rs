//! The second pass: what is left of both sides, by id.

use super::cancel::{Left, Totals};
use super::columns::{Columns, SplitRow};
use super::files::Pair;
use super::large::{Bounds, Large};
use super::matching::{Match, Settled, match_rows};
use super::open_files::OpenFiles;
use super::outcome::{Change, Comparison, FileChanges, Kind, KindCounts, ValueChange};
use super::{CompareError, CompareSettings};
use crate::spill::Sorter;
use crate::value::parse_id;
use std::cmp::Reverse;

pub(super) fn settle(
    pairs: &[Pair],
    columns: &Columns,
    mut left: Sorter<Left>,
    totals: Vec<Totals>,
    settings: CompareSettings<'_>,
    bounds: Bounds,
) -> Result<Comparison, CompareError> {
    let mut tally = Tally::new(pairs, columns, totals, settings, bounds);
    let mut files = OpenFiles::new(pairs);
    let (mut id, mut group) = (None, Group::EMPTY);
    for row in left.merge().map_err(CompareError::Spill)? {
        let row = row.map_err(CompareError::Spill)?;
        if let Some(before) = id.filter(|id| *id != row.id) {
            tally.settle_group(before, std::mem::replace(&mut group, Group::EMPTY), &mut files)?;
        }
        id = Some(row.id);
        tally.add(row, &mut group, &mut files)?;
    }
    if let Some(id) = id {
        tally.settle_group(id, group, &mut files)?;
    }
    Ok(tally.finish())
}

/// Rows with one id.
struct Group<'a> {
    rows: Vec<Left>,
    bytes: u64,
    /// Where they are if they are too many to be held.
    large: Option<Large<'a>>,
}

impl Group<'_> {
    const EMPTY: Self = Group { rows: Vec::new(), bytes: 0, large: None };
}

/// What has been found so far.
struct Tally<'a> {
    pairs: &'a [Pair],
    columns: &'a Columns,
    settings: CompareSettings<'a>,
    bounds: Bounds,
    client: Option<usize>,
    files: Vec<FileChanges>,
    all: KindCounts,
    by_column: Vec<u64>,
    changes: Vec<Change>,
    not_listed: u64,
}

impl<'a> Tally<'a> {
    fn new(
        pairs: &'a [Pair],
        columns: &'a Columns,
        totals: Vec<Totals>,
        settings: CompareSettings<'a>,
        bounds: Bounds,
    ) -> Tally<'a> {
        let mut all = KindCounts::default();
        let of_file = |(pair, totals): (&Pair, Totals)| {
            let Totals { rows: [old, new], unchanged } = totals;
            all.old += old;
            all.new += new;
            all.unchanged += unchanged;
            let rows = KindCounts { old, new, unchanged, ..KindCounts::default() };
            FileChanges { name: pair.name.clone(), rows, left: 0 }
        };
        let files = pairs.iter().zip(totals).map(of_file).collect();
        Tally {
            pairs,
            columns,
            settings,
            bounds,
            client: columns.place_of("CLIENT_ID"),
            files,
            all,
            by_column: vec![0; columns.compared.len()],
            changes: Vec::new(),
            not_listed: 0,
        }
    }

    /// Adds a row to those of its id, which go to disk as soon as they are too many.
    fn add(&self, row: Left, group: &mut Group<'a>, files: &mut OpenFiles<'_>) -> Result<(), CompareError> {
        group.bytes += u64::from(row.length);
        group.rows.push(row);
        let are_few = group.rows.len() <= self.bounds.rows && group.bytes <= self.bounds.bytes;
        if are_few && group.large.is_none() {
            return Ok(());
        }
        let large = group.large.get_or_insert_with(|| Large::new(row.id, self.settings.spill));
        for row in group.rows.drain(..) {
            large.push(row, &files.load(row, self.columns)?, self.columns)?;
        }
        Ok(())
    }

    fn settle_group(
        &mut self,
        id: u64,
        group: Group<'_>,
        files: &mut OpenFiles<'_>,
    ) -> Result<(), CompareError> {
        if let Some(large) = group.large {
            let (columns, bounds) = (self.columns, self.bounds);
            return large.settle(files, columns, bounds, &mut |settled| self.take_note(id, settled));
        }
        let mut sides = [Vec::new(), Vec::new()];
        for row in group.rows {
            sides[usize::from(row.side)].push(files.load(row, self.columns)?);
        }
        let [old, new] = sides;
        match_rows(old, new, self.columns).into_iter().for_each(|settled| self.take_note(id, settled));
        Ok(())
    }

    fn take_note(&mut self, id: u64, settled: Settled) {
        match settled {
            Settled::Unchanged { file, rows } => {
                self.all.unchanged += rows;
                self.files[file].rows.unchanged += rows;
            }
            Settled::Changed(found) => self.note(id, found),
        }
    }

    fn note(&mut self, id: u64, found: Match) {
        let [old, new] = [&found.old, &found.new].map(|row| row.as_ref().map(|row| row.place().0));
        let kind = match (old, new) {
            (None, _) => Kind::Added,
            (_, None) => Kind::Removed,
            (Some(old), Some(new)) if old != new => Kind::MovedToRecipient,
            _ if self.client.is_some_and(|client| found.columns.contains(&client)) => Kind::MovedToClient,
            _ => Kind::Changed,
        };
        self.all.note(kind);
        if let Some(file) = new.or(old) {
            self.files[file].rows.note(kind);
        }
        if let (Kind::MovedToRecipient, Some(old)) = (kind, old) {
            self.files[old].left += 1;
        }
        found.columns.iter().for_each(|column| self.by_column[*column] += 1);
        if !self.settings.only.is_empty() && !self.settings.only.contains(&kind) {
            return;
        }
        if self.changes.len() >= self.settings.limit {
            self.not_listed += 1;
            return;
        }
        let name = |file: usize| self.pairs[file].name.clone();
        self.changes.push(Change {
            kind,
            immunfact_id: id,
            old_file: old.map(name),
            new_file: new.map(name),
            clients: self.clients(&found),
            columns: found.columns.iter().map(|c| self.columns.compared[*c].name().to_owned()).collect(),
            values: if self.settings.values { self.values(&found) } else { Vec::new() },
        });
    }

    /// The two clients of a row that is another's now. Ids are told even where values are not.
    fn clients(&self, found: &Match) -> Option<[u64; 2]> {
        let client = self.client.filter(|client| found.columns.contains(client))?;
        let id = |row: &Option<SplitRow>| parse_id(&self.columns.value(row.as_ref()?, client));
        Some([id(&found.old)?, id(&found.new)?])
    }

    /// The values that changed; of a row that was added or removed, all that are not blank.
    fn values(&self, found: &Match) -> Vec<ValueChange> {
        let all: Vec<usize> = (0..self.columns.compared.len()).collect();
        let is_alone = found.old.is_none() || found.new.is_none();
        let shown = if is_alone { &all } else { &found.columns };
        let value = |row: &Option<SplitRow>, column: usize| {
            let value = row.as_ref().map(|row| self.columns.value(row, column));
            value.map(|value| String::from_utf8_lossy(&value).into_owned())
        };
        let change = |column: &usize| ValueChange {
            column: self.columns.compared[*column].name().to_owned(),
            old: value(&found.old, *column),
            new: value(&found.new, *column),
        };
        let is_blank = |text: &Option<String>| text.as_ref().is_none_or(String::is_empty);
        shown.iter().map(change).filter(|v| !(is_blank(&v.old) && is_blank(&v.new))).collect()
    }

    fn finish(self) -> Comparison {
        let mut changed_columns: Vec<(String, u64)> = self
            .columns
            .compared
            .iter()
            .zip(&self.by_column)
            .filter(|(_, count)| **count > 0)
            .map(|(column, count)| (column.name().to_owned(), *count))
            .collect();
        changed_columns.sort_by_key(|(_, count)| Reverse(*count));
        let columns = self.columns.changes.clone();
        let files_are_the_same = self.pairs.iter().all(|pair| pair.sides.iter().all(Option::is_some));
        let rows_are_the_same = Kind::ALL.iter().all(|kind| self.all.of(*kind) == 0);
        Comparison {
            same: columns.is_empty() && rows_are_the_same && files_are_the_same,
            columns,
            rows: self.all,
            files: self.files,
            changed_columns,
            changes: self.changes,
            not_listed: self.not_listed,
        }
    }
}
