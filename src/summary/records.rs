//! The summaries that are out. Each is kept in a folder of its own beside the batches, with the tables as they are shown, so that
//! what is made later does not give away what they hide.

use super::columns::{Column, TOTAL};
use super::space::{AT_TOTAL, Cells, Counts, Kept, Shown};
use super::text::{Circle, HIDDEN, MEASURES, csv, kept_number};
use super::{MOST_COLUMNS, Rule, Summary, SummaryError};
use crate::batch::{BatchError, Manifest, names, read_own_file, to_json};
use crate::value::{Month, text};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The file of a summary's folder that says what it is.
const RECORD: &str = "summary.json";

/// A summary that is out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The batch that it was made of.
    pub(super) batch: Month,
    /// Tells the batch's files from others: see `files_of`.
    files: String,
    /// The version of phds.
    tool: String,
    /// Whom it is for.
    circle: Circle,
    rule: Rule,
    tables: Vec<TableEntry>,
    /// The summary that was the last before it, which names the one before that: so none can be missing between.
    after: Option<After>,
}

/// A summary that another one comes after.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct After {
    /// The name of its folder.
    summary: String,
    /// The SHA-256 of its `summary.json`.
    sha256: String,
}

/// A table of a summary, as CSV.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct TableEntry {
    columns: Vec<Column>,
    path: String,
    sha256: String,
}

impl Record {
    /// The record of a summary that comes after others, as files of a folder: what it is, and its tables.
    pub fn of(summary: &Summary, out: &Records, circle: Circle, rule: Rule) -> Vec<(String, String)> {
        let mut files = Vec::new();
        let mut tables = Vec::new();
        for (place, columns) in summary.tables.iter().enumerate() {
            let (path, text) = (summary.file_name(place, "csv"), csv(summary, place));
            let sha256 = text::hex(&Sha256::digest(text.as_bytes()));
            tables.push(TableEntry { columns: columns.clone(), path: path.clone(), sha256 });
            files.push((path, text));
        }
        let tool = env!("CARGO_PKG_VERSION").to_owned();
        let record = Record {
            batch: summary.month,
            files: summary.files.clone(),
            tool,
            circle,
            rule,
            tables,
            after: out.last.clone(),
        };
        files.push((RECORD.to_owned(), to_json(&record)));
        files
    }

    /// The columns of each table.
    pub(super) fn columns(&self) -> impl Iterator<Item = Vec<Column>> {
        self.tables.iter().map(|table| table.columns.clone())
    }
}

/// A hash over the checksums of a batch's files: another batch of the same month has another one.
pub(super) fn files_of(manifest: &Manifest) -> String {
    let mut hash = Sha256::new();
    for file in &manifest.files {
        hash.update(format!("{}  {}\n", file.sha256, file.path));
    }
    text::hex(&hash.finalize())
}

/// The summaries that are out of batches that lie side by side.
#[derive(Clone, Default, Debug)]
pub struct Records {
    /// Where the batches are.
    out: PathBuf,
    /// Each with its folder, in the order in which they were made: none is made of an earlier batch than the last.
    records: Vec<(PathBuf, Record)>,
    last: Option<After>,
}

impl Records {
    /// The folder of all summaries of batches that lie side by side.
    pub fn folder(out: &Path) -> PathBuf {
        out.join(names::SUMMARIES)
    }

    /// Reads them.
    ///
    /// # Errors
    /// If one cannot be read or is not as phds writes it, if one is missing before others, or if anything else is there: then
    /// what is out is not known.
    pub fn of(out: &Path) -> Result<Records, SummaryError> {
        let folder = Records::folder(out);
        let mut records = Records { out: out.to_owned(), ..Records::default() };
        if std::fs::symlink_metadata(&folder).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return Ok(records);
        }
        for name in names_in(&folder)? {
            records.add(&folder, &name)?;
        }
        Ok(records)
    }

    /// Adds the summary in a folder, which comes after all that were added.
    fn add(&mut self, folder: &Path, name: &str) -> Result<(), SummaryError> {
        let place = folder.join(name);
        let wrong = |what| SummaryError::Record { path: place.clone(), what };
        if !std::fs::symlink_metadata(&place).is_ok_and(|found| found.is_dir()) {
            return Err(wrong("it is no folder of a summary"));
        }
        let text =
            read_own_file(&place.join(RECORD)).map_err(|_| wrong("its summary.json cannot be read"))?;
        let record: Record =
            serde_json::from_slice(&text).map_err(|_| wrong("its summary.json is not as phds writes it"))?;
        let number = 1 + self.all().filter(|other| other.batch == record.batch).count();
        if name != name_of(record.batch, number) || record.after != self.last {
            return Err(wrong("a summary before it is missing or changed"));
        }
        let files = record.tables.iter().map(|table| table.path.clone()).chain([RECORD.to_owned()]);
        if names_in(&place)? != files.collect::<BTreeSet<_>>() {
            return Err(wrong("its files are not those that it was made with"));
        }
        if std::fs::symlink_metadata(self.batch(record.batch)).is_ok_and(|found| found.is_symlink()) {
            return Err(wrong("its batch is a symbolic link"));
        }
        self.last = Some(After { summary: name.to_owned(), sha256: text::hex(&Sha256::digest(&text)) });
        self.records.push((place, record));
        Ok(())
    }

    /// The folder of the next summary of a batch.
    pub fn next(&self, batch: Month) -> PathBuf {
        let number = self.all().filter(|record| record.batch == batch).count() + 1;
        Records::folder(&self.out).join(name_of(batch, number))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Record> {
        self.records.iter().map(|(_, record)| record)
    }

    /// The folder of a batch.
    pub(super) fn batch(&self, month: Month) -> PathBuf {
        self.out.join(month.to_string())
    }

    /// The batches of which summaries are out, each once.
    pub fn batches(&self) -> BTreeMap<Month, PathBuf> {
        self.all().map(|record| (record.batch, self.batch(record.batch))).collect()
    }

    /// Whether all these tables of a batch are out already, alone or as totals of others.
    pub fn have(&self, month: Month, tables: &[Vec<Column>]) -> bool {
        let out: Vec<Vec<Column>> =
            self.all().filter(|record| record.batch == month).flat_map(Record::columns).collect();
        let has = |out: &Vec<Column>, table: &[Column]| table.iter().all(|column| out.contains(column));
        tables.iter().all(|table| out.iter().any(|out| has(out, table)))
    }

    /// A summary can be protected with those that are out only if they hide by the same rule, and it is of no earlier batch.
    /// `month`: none if nothing new is made.
    pub(super) fn must_fit(&self, rule: Rule, month: Option<Month>) -> Result<(), SummaryError> {
        for (place, record) in &self.records {
            if record.rule != rule {
                return Err(SummaryError::OtherRule(place.clone()));
            }
            if month.is_some_and(|month| record.batch > month) {
                return Err(SummaryError::Later(place.clone()));
            }
        }
        Ok(())
    }

    /// What is counted must be what was counted when a summary of the batch was made.
    pub(super) fn must_be_of(&self, manifest: &Manifest) -> Result<(), SummaryError> {
        let files = files_of(manifest);
        let is_other =
            |(_, record): &&(PathBuf, Record)| record.batch == manifest.batch && record.files != files;
        match self.records.iter().find(is_other) {
            Some((record, _)) => {
                Err(SummaryError::OtherBatch { record: record.clone(), batch: manifest.batch })
            }
            None => Ok(()),
        }
    }

    /// Says of each cell whether it is out, and how.
    pub(super) fn tell(&self, cells: &mut Cells) -> Result<(), SummaryError> {
        for (folder, record) in &self.records {
            let edition = (0..).zip(&cells.editions).find(|(_, edition)| edition.month == record.batch);
            let Some((edition, _)) = edition else { continue };
            for table in &record.tables {
                let path = folder.join(&table.path);
                let text = read_own_file(&path)
                    .map_err(|_| SummaryError::Record { path: path.clone(), what: "it cannot be read" })?;
                if text::hex(&Sha256::digest(&text)) != table.sha256 {
                    return Err(SummaryError::Record { path, what: "it is not as it was made" });
                }
                tell_table(cells, edition, table, &text)
                    .map_err(|line| SummaryError::NotOfBatch { table: path, line })?;
            }
        }
        Ok(())
    }
}

/// The names of what is in a folder.
fn names_in(folder: &Path) -> Result<BTreeSet<String>, SummaryError> {
    let unavailable = |error| BatchError::unavailable(folder, error);
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(unavailable)? {
        names.insert(entry.map_err(unavailable)?.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}

fn name_of(batch: Month, number: usize) -> String {
    format!("{batch}-{number:04}")
}

/// Says of each cell of a table how it is shown. On error the line that is not of the batch.
fn tell_table(cells: &mut Cells, edition: u8, table: &TableEntry, text: &[u8]) -> Result<(), u64> {
    let space = Rc::clone(&cells.space);
    let at: Option<Vec<usize>> = table.columns.iter().map(|column| space.column(*column)).collect();
    let at = at.ok_or(1_u64)?;
    for (line, row) in (2..).zip(csv::Reader::from_reader(text).records()) {
        let row = row.map_err(|_| line)?;
        let mut places = [AT_TOTAL; MOST_COLUMNS];
        let mut margin = 0;
        for (column, label) in at.iter().zip(&row) {
            if label != TOTAL {
                places[*column] = space.place_of(*column, label).ok_or(line)?;
                margin |= 1 << column;
            }
        }
        let cell = cells.place(edition, margin, &places).ok_or(line)?;
        let numbers: Vec<&str> = row.iter().skip(at.len()).collect();
        let shown = shown(&numbers).ok_or(line)?;
        match shown {
            Shown::Hidden => cells.set_hidden(cell, true),
            Shown::Kept(kept) => cells.keep(cell, kept),
            Shown::Counts(counts) if counts == cells.counts(cell) => {}
            Shown::Counts(_) => return Err(line),
        }
        cells.settle(cell);
    }
    Ok(())
}

/// What a table shows of a cell; none if it is nothing that a table shows.
fn shown(numbers: &[&str]) -> Option<Shown> {
    if numbers.len() != MEASURES.len() {
        return None;
    }
    if numbers.iter().all(|number| *number == HIDDEN) {
        return Some(Shown::Hidden);
    }
    let own: Option<Vec<u32>> = numbers.iter().map(|number| number.parse().ok()).collect();
    if let Some(own) = own {
        return Some(Shown::Counts(Counts { facts: own[0], doses: own[1], clients: own[2] }));
    }
    let kept: Vec<(u32, Month)> = numbers.iter().map(|number| kept_number(number)).collect::<Option<_>>()?;
    let month = kept.iter().map(|(_, month)| *month).max()?;
    let counts = Counts { facts: kept[0].0, doses: kept[1].0, clients: kept[2].0 };
    Some(Shown::Kept(Kept { counts, month }))
}
