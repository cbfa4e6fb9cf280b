//! The second pass: the rows that have not cancelled, by id.

use super::cancel::{Totals, UnmatchedRow};
use super::columns::{Columns, SplitRow};
use super::files::{Column, Pair};
use super::matching::Group;
use super::open_files::OpenFiles;
use super::outcome::{Change, Comparison, FileChanges, Kind, KindCounts, ValueChange};
use super::{CompareError, CompareSettings, Note};
use crate::elements::Cell;
use crate::spill::Sorter;
use crate::value::parse_id;
use std::cmp::Reverse;

/// `most_held`: the most bytes of rows with one id that are held.
pub(super) fn settle(
    pairs: &[Pair],
    columns: &Columns,
    unmatched: Sorter<UnmatchedRow>,
    totals: Vec<Totals>,
    settings: CompareSettings<'_>,
    most_held: u64,
    note: Note<'_>,
) -> Result<Comparison, CompareError> {
    let mut tally = Tally::new(pairs, columns, totals, settings, note);
    let mut files = OpenFiles::new(pairs, columns);
    let unmatched = unmatched.sorted()?;
    let mut rows = unmatched.merge();
    // One goes ahead and counts, so that nothing has to be held until it is known how many equal rows there are.
    let mut ahead = unmatched.merge();
    let mut next = ahead.next().transpose()?;
    let mut group = Group::new(settings.spill);
    while let Some(first) = next {
        let mut counts = [0u64; 2];
        while let Some(row) = next.filter(|row| (row.id, row.content) == (first.id, first.content)) {
            counts[usize::from(row.place.is_new)] += 1;
            next = ahead.next().transpose()?;
        }
        // Of each content as many rows are unchanged as both sides have: the first ones. Old ones come first.
        let equal = counts[0].min(counts[1]);
        tally.add_unchanged(first.place.pair as usize, equal);
        for count in counts {
            for (number, row) in (0..count).zip(&mut rows) {
                let row = row?;
                if number >= equal {
                    group.push(row.place)?;
                }
            }
        }
        if next.is_none_or(|next| next.id != first.id) {
            group.pair_rows(&mut files, most_held, &mut |old, new| tally.add(first.id, old, new))?;
            group = Group::new(settings.spill);
        }
    }
    Ok(tally.finish())
}

/// What has been found so far.
struct Tally<'a> {
    pairs: &'a [Pair],
    columns: &'a Columns,
    settings: CompareSettings<'a>,
    note: Note<'a>,
    /// The place of CLIENT_ID among the compared columns.
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
        note: Note<'a>,
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
        let client = Column::holding(Cell::ClientId, settings.elements);
        Tally {
            pairs,
            columns,
            settings,
            note,
            client: columns.compared.iter().position(|column| *column == client),
            files,
            all,
            by_column: vec![0; columns.compared.len()],
            changes: Vec::new(),
            not_listed: 0,
        }
    }

    fn add_unchanged(&mut self, pair: usize, rows: u64) {
        self.all.unchanged += rows;
        self.files[pair].rows.unchanged += rows;
    }

    /// Adds an old row and the new one that it became, or one alone.
    fn add(&mut self, id: u64, old_row: Option<SplitRow<'_>>, new_row: Option<SplitRow<'_>>) {
        let rows = [&old_row, &new_row].map(Option::as_ref);
        let columns: Vec<usize> = match rows {
            [Some(old), Some(new)] => old.differences(new).collect(),
            _ => Vec::new(),
        };
        let [old, new] = rows.map(|row| row.map(SplitRow::pair));
        let kind = match (old, new) {
            (None, _) => Kind::Added,
            (_, None) => Kind::Removed,
            (Some(old), Some(new)) if old != new => Kind::MovedToRecipient,
            // The same in all columns that both files have.
            (Some(file), _) if columns.is_empty() => return self.add_unchanged(file, 1),
            _ if self.client.is_some_and(|client| columns.contains(&client)) => Kind::MovedToClient,
            _ => Kind::Changed,
        };
        self.all.note(kind);
        (self.note)(kind, id);
        if let Some(file) = new.or(old) {
            self.files[file].rows.note(kind);
        }
        if let (Kind::MovedToRecipient, Some(old)) = (kind, old) {
            self.files[old].left += 1;
        }
        columns.iter().for_each(|column| self.by_column[*column] += 1);
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
            clients: self.clients(rows, &columns),
            columns: columns.iter().map(|column| self.columns.compared[*column].name.clone()).collect(),
            values: if self.settings.values { self.values(rows, &columns) } else { Vec::new() },
        });
    }

    /// The two clients of a row that is another's now. Ids are told even where values are not.
    fn clients(&self, rows: [Option<&SplitRow<'_>>; 2], columns: &[usize]) -> Option<[u64; 2]> {
        let client = self.client.filter(|client| columns.contains(client))?;
        let [old, new] = rows.map(|row| parse_id(&row?.value(client)));
        Some([old?, new?])
    }

    /// The values that changed; of a row that was added or removed, all that are not blank.
    fn values(&self, rows: [Option<&SplitRow<'_>>; 2], columns: &[usize]) -> Vec<ValueChange> {
        let all: Vec<usize> = (0..self.columns.compared.len()).collect();
        let shown = if rows.iter().any(Option::is_none) { &all } else { columns };
        let change = |column: &usize| {
            let value = |row: &SplitRow<'_>| String::from_utf8_lossy(&row.value(*column)).into_owned();
            let [old, new] = rows.map(|row| row.map(value));
            ValueChange { column: self.columns.compared[*column].name.clone(), old, new }
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
            .map(|(column, count)| (column.name.clone(), *count))
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
