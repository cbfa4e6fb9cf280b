//! The second pass: what is left of both sides, by id.

use super::cancel::{Left, Totals};
use super::columns::{Columns, SplitRow};
use super::files::Pair;
use super::matching::{Match, match_rows};
use super::outcome::{Change, Comparison, FileChanges, Kind, KindCounts, ValueChange};
use super::{CompareError, CompareSettings};
use crate::published::{PublishedError, open_file};
use crate::spill::Sorter;
use crate::value::parse_id;
use std::cmp::Reverse;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// As many files stay open at once.
const MOST_OPEN: usize = 400;

pub(super) fn settle(
    pairs: &[Pair],
    columns: &Columns,
    mut left: Sorter<Left>,
    totals: Vec<Totals>,
    settings: CompareSettings<'_>,
) -> Result<Comparison, CompareError> {
    let mut tally = Tally::new(pairs, columns, totals, settings);
    let mut files = OpenFiles { pairs, open: pairs.iter().map(|_| [None, None]).collect(), count: 0 };
    let mut group: Vec<Left> = Vec::new();
    for row in left.merge().map_err(CompareError::Spill)? {
        let row = row.map_err(CompareError::Spill)?;
        if group.first().is_some_and(|first| first.id != row.id) {
            tally.settle_group(&group, &mut files)?;
            group.clear();
        }
        group.push(row);
    }
    tally.settle_group(&group, &mut files)?;
    Ok(tally.finish())
}

/// The files, to read single rows from.
struct OpenFiles<'a> {
    pairs: &'a [Pair],
    open: Vec<[Option<File>; 2]>,
    count: usize,
}

impl OpenFiles<'_> {
    fn read(&mut self, row: Left, text: &mut Vec<u8>) -> Result<(), CompareError> {
        let (pair, side) = (row.pair as usize, usize::from(row.side));
        let found = self.pairs[pair].sides[side].as_ref();
        let found = found.unwrap_or_else(|| unreachable!("the row was read from it"));
        let unavailable = |source| PublishedError::unavailable(&found.path, source);
        let file = match self.open[pair][side].take() {
            Some(file) => file,
            None => {
                self.count += 1;
                open_file(&found.path, found.links)?
            }
        };
        text.resize(row.length as usize, 0);
        file.read_exact_at(text, row.offset).map_err(unavailable)?;
        if self.count < MOST_OPEN {
            self.open[pair][side] = Some(file);
        } else {
            self.count -= 1;
        }
        Ok(())
    }
}

/// What has been found so far.
struct Tally<'a> {
    pairs: &'a [Pair],
    columns: &'a Columns,
    settings: CompareSettings<'a>,
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
            client: columns.place_of("CLIENT_ID"),
            files,
            all,
            by_column: vec![0; columns.compared.len()],
            changes: Vec::new(),
            not_listed: 0,
        }
    }

    fn settle_group(&mut self, group: &[Left], files: &mut OpenFiles<'_>) -> Result<(), CompareError> {
        let Some(first) = group.first() else { return Ok(()) };
        let mut sides = [Vec::new(), Vec::new()];
        let mut text = Vec::new();
        for row in group {
            files.read(*row, &mut text)?;
            let mut split = SplitRow::default();
            self.columns.split(row.pair as usize, usize::from(row.side), &text, &mut split);
            sides[usize::from(row.side)].push(split);
        }
        let [old, new] = sides;
        let matches = match_rows(old, new, self.columns);
        for file in matches.unchanged {
            self.all.unchanged += 1;
            self.files[file].rows.unchanged += 1;
        }
        matches.changed.into_iter().for_each(|found| self.note(first.id, found));
        Ok(())
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
