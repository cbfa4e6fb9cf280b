//! The summaries that are out. Each is kept in a folder of its own beside the batches, with the tables as they are shown, so that
//! what is made later does not give away what they hide.

use super::columns::{Column, names_of};
use super::previous::Previous;
use super::space::Cells;
use super::text::{Circle, csv};
use super::told::{TableFault, Told, tell};
use super::{LONGEST_TABLE, Labels, Rule, Summary, SummaryError};
use crate::batch::{BatchError, Manifest, names, read_own_file, read_up_to, to_json};
use crate::value::{AgeBands, Month, text};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

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
    age_bands: AgeBands,
    /// Tells lists of counties from each other: see `counties_of`.
    counties: String,
    tables: Vec<TableEntry>,
    /// The tables that were out from elsewhere when it was made.
    previous: Vec<PreviousEntry>,
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
    /// The SHA-256 of the file of populations; none if it has no rates.
    population: Option<String>,
    path: String,
    sha256: String,
}

/// A table that was out from elsewhere, kept as it was given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct PreviousEntry {
    batch: Month,
    /// Tells the batch's files from others: see `files_of`.
    files: String,
    has_rates: bool,
    columns: Vec<Column>,
    path: String,
    sha256: String,
}

/// A table that is out.
struct TableOut<'a> {
    path: PathBuf,
    batch: Month,
    columns: &'a [Column],
    has_rates: bool,
    sha256: &'a str,
    /// Its text, if it has been read.
    text: Option<&'a [u8]>,
}

impl Record {
    /// The record of a summary that comes after others, as files of a folder: what it is, and its tables.
    ///
    /// # Errors
    /// If a table is too long to be read again.
    pub fn of(
        summary: &Summary,
        out: &Records,
        labels: Labels<'_>,
        circle: Circle,
        rule: Rule,
    ) -> Result<Vec<(String, String)>, SummaryError> {
        let mut files = Vec::new();
        let mut tables = Vec::new();
        for (place, columns) in summary.tables.iter().enumerate() {
            let (path, text) = (summary.file_name(place, "csv"), csv(summary, place));
            let length = text.len() as u64;
            if length > LONGEST_TABLE {
                return Err(SummaryError::TooLong(names_of(columns.iter().copied()), length));
            }
            let sha256 = text::hex(&Sha256::digest(text.as_bytes()));
            let population = summary.population_hash().map(str::to_owned);
            tables.push(TableEntry { columns: columns.clone(), population, path: path.clone(), sha256 });
            files.push((path, text));
        }
        let mut previous = Vec::new();
        for (number, table) in (1..).zip(out.new_previous()) {
            let path = format!("previous_{number}.csv");
            previous.push(PreviousEntry {
                batch: table.batch,
                files: summary.files.get(&table.batch).cloned().unwrap_or_default(),
                has_rates: table.has_rates,
                columns: table.columns.clone(),
                path: path.clone(),
                sha256: table.sha256.clone(),
            });
            files.push((path, String::from_utf8_lossy(&table.text).into_owned()));
        }
        let record = Record {
            batch: summary.month,
            files: summary.files.get(&summary.month).cloned().unwrap_or_default(),
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            circle,
            rule,
            age_bands: labels.bands.clone(),
            counties: counties_of(labels),
            tables,
            previous,
            after: out.last.clone(),
        };
        files.push((RECORD.to_owned(), to_json(&record)));
        Ok(files)
    }

    /// The record in a folder, if there is one. An error says where one is that is not as phds writes it.
    pub(super) fn in_folder(folder: &Path) -> Result<Option<Record>, PathBuf> {
        let path = folder.join(RECORD);
        if is_absent(&path) {
            return Ok(None);
        }
        Record::read(folder).map(|(record, _)| Some(record)).map_err(|_| path)
    }

    /// The record in a folder, and its text; or what is wrong with it.
    fn read(folder: &Path) -> Result<(Record, Vec<u8>), &'static str> {
        let text = read_own_file(&folder.join(RECORD)).map_err(|_| "its summary.json cannot be read")?;
        let record =
            serde_json::from_slice(&text).map_err(|_| "its summary.json is not as phds writes it")?;
        Ok((record, text))
    }

    /// Whether a table of a batch is one of its own.
    pub(super) fn has(&self, batch: Month, sha256: &str) -> bool {
        self.batch == batch && self.tables.iter().any(|table| table.sha256 == sha256)
    }

    /// Its tables and those that were out from elsewhere, in its folder.
    fn tables<'a>(&'a self, folder: &'a Path) -> impl Iterator<Item = TableOut<'a>> {
        let own = self.tables.iter().map(move |table| TableOut {
            path: folder.join(&table.path),
            batch: self.batch,
            columns: &table.columns,
            has_rates: table.population.is_some(),
            sha256: &table.sha256,
            text: None,
        });
        own.chain(self.previous.iter().map(move |table| TableOut {
            path: folder.join(&table.path),
            batch: table.batch,
            columns: &table.columns,
            has_rates: table.has_rates,
            sha256: &table.sha256,
            text: None,
        }))
    }
}

/// A hash over the names and codes of the counties in a list.
fn counties_of(labels: Labels<'_>) -> String {
    let mut hash = Sha256::new();
    for (code, name) in labels.counties.all() {
        hash.update(format!("{code} {name}\n"));
    }
    text::hex(&hash.finalize())
}

/// A hash over a batch's as-of date, on which ages depend, and the checksums of its files: another batch of the same month has
/// another one.
pub(super) fn files_of(manifest: &Manifest) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{}\n", manifest.as_of));
    for file in &manifest.files {
        hash.update(format!("{}  {}\n", file.sha256, file.path));
    }
    text::hex(&hash.finalize())
}

/// Whether a summary of a batch's month is out that was made of another batch. `out`: the place of batches.
///
/// # Errors
/// If that can't be told, as the summaries can't be read.
pub fn are_of_another_batch(out: &Path, manifest: &Manifest) -> Result<bool, SummaryError> {
    Records::of(out).map(|records| records.must_be_of(manifest).is_err())
}

/// The summaries that are out of batches that lie side by side.
#[derive(Clone, Default, Debug)]
pub struct Records {
    /// Where the batches are.
    out: PathBuf,
    /// Each with its folder, in the order in which they were made: none is made of an earlier batch than the last.
    records: Vec<(PathBuf, Record)>,
    last: Option<After>,
    /// What is out from elsewhere.
    previous: Vec<Previous>,
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
        if is_absent(&folder) {
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
        let (record, text) = Record::read(&place).map_err(wrong)?;
        let number = 1 + self.all().filter(|other| other.batch == record.batch).count();
        if name != name_of(record.batch, number) || record.after != self.last {
            return Err(wrong("a summary before it is missing or changed"));
        }
        let files = record.tables.iter().map(|table| &table.path);
        let files = files.chain(record.previous.iter().map(|table| &table.path)).cloned();
        if names_in(&place)? != files.chain([RECORD.to_owned()]).collect::<BTreeSet<_>>() {
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

    /// The same with tables that are out from elsewhere.
    #[must_use]
    pub fn with(self, previous: Vec<Previous>) -> Records {
        Records { previous, ..self }
    }

    /// The tables from elsewhere that no summary knows of yet, each once.
    fn new_previous(&self) -> impl Iterator<Item = &Previous> {
        let is_known = |table: &Previous| {
            let same = |entry: &PreviousEntry| entry.sha256 == table.sha256 && entry.batch == table.batch;
            self.all().any(|record| record.previous.iter().any(same))
        };
        let is_first = |place: usize, table: &Previous| {
            !self.previous[..place].iter().any(|other| other.sha256 == table.sha256)
        };
        let all = self.previous.iter().enumerate();
        all.filter(move |(place, table)| !is_known(table) && is_first(*place, table)).map(|(_, table)| table)
    }

    /// Every table that is out, with the batch that it is of.
    fn tables(&self) -> impl Iterator<Item = TableOut<'_>> {
        let kept = self.records.iter().flat_map(|(folder, record)| record.tables(folder));
        kept.chain(self.new_previous().map(|table| TableOut {
            path: table.path.clone(),
            batch: table.batch,
            columns: &table.columns,
            has_rates: table.has_rates,
            sha256: &table.sha256,
            text: Some(&table.text),
        }))
    }

    /// The columns of each table that is out, with the batch that it is of.
    pub(super) fn columns(&self) -> impl Iterator<Item = (Month, Vec<Column>)> {
        self.tables().map(|table| (table.batch, table.columns.to_vec()))
    }

    /// The batches of which tables are out, each once.
    pub fn batches(&self) -> BTreeMap<Month, PathBuf> {
        self.tables().map(|table| (table.batch, self.batch(table.batch))).collect()
    }

    /// Whether all these tables of a batch are out already, alone or as totals of others, and no summary has to be made for tables
    /// from elsewhere. `population`: the SHA-256 of the file, for tables of rates.
    pub fn have(&self, month: Month, tables: &[Vec<Column>], population: Option<&str>) -> bool {
        let own = self.all().filter(|record| record.batch == month).flat_map(|record| &record.tables);
        let own: Vec<&TableEntry> = own.filter(|table| table.population.as_deref() == population).collect();
        let has =
            |out: &TableEntry, table: &[Column]| table.iter().all(|column| out.columns.contains(column));
        tables.iter().all(|table| own.iter().any(|out| has(out, table)))
            && self.new_previous().next().is_none()
    }

    /// A summary can be protected with those that are out only if they hide by the same rule and have the same labels, and it is of
    /// no earlier batch. `month`: none if nothing new is made.
    pub(super) fn must_fit(
        &self,
        rule: Rule,
        labels: Labels<'_>,
        month: Option<Month>,
    ) -> Result<(), SummaryError> {
        let of_previous =
            self.previous.iter().filter_map(|table| Some((&table.path, table.record.as_ref()?)));
        for (place, record) in self.records.iter().map(|(place, record)| (place, record)).chain(of_previous) {
            if record.rule != rule {
                return Err(SummaryError::OtherRule(place.clone()));
            }
            if record.age_bands != *labels.bands || record.counties != counties_of(labels) {
                return Err(SummaryError::OtherLabels(place.clone()));
            }
        }
        let later = |table: &TableOut<'_>| month.is_some_and(|month| table.batch > month);
        let place = |table: TableOut<'_>| {
            let kept = table.text.is_none().then(|| table.path.parent().map(Path::to_owned)).flatten();
            kept.unwrap_or(table.path)
        };
        match self.tables().find(later) {
            Some(table) => Err(SummaryError::Later(place(table))),
            None => Ok(()),
        }
    }

    /// What is counted must be what was counted when a summary of the batch was made.
    pub(super) fn must_be_of(&self, manifest: &Manifest) -> Result<(), SummaryError> {
        let (files, batch) = (files_of(manifest), manifest.batch);
        let is_other = |(_, record): &&(PathBuf, Record)| {
            let is_other = |entry: &PreviousEntry| entry.batch == batch && entry.files != files;
            record.batch == batch && record.files != files || record.previous.iter().any(is_other)
        };
        let is_of_other = |table: &&Previous| {
            table.batch == batch && table.record.as_ref().is_some_and(|record| record.files != files)
        };
        let record = self.records.iter().find(is_other).map(|(place, _)| place);
        match record.or_else(|| self.previous.iter().find(is_of_other).map(|table| &table.path)) {
            Some(record) => Err(SummaryError::OtherBatch { record: record.clone(), batch }),
            None => Ok(()),
        }
    }

    /// Says of each cell whether it is out, and how.
    pub(super) fn tell(&self, cells: &mut Cells, rule: Rule) -> Result<(), SummaryError> {
        for table in self.tables() {
            let edition = (0..).zip(&cells.editions).find(|(_, edition)| edition.month == table.batch);
            let Some((edition, _)) = edition else { continue };
            let path = table.path.clone();
            let text = match table.text {
                Some(text) => text.to_vec(),
                None => read_up_to(&path, LONGEST_TABLE)
                    .map_err(|_| SummaryError::Record { path: path.clone(), what: "it cannot be read" })?,
            };
            if text::hex(&Sha256::digest(&text)) != table.sha256 {
                return Err(SummaryError::Record { path, what: "it is not as it was made" });
            }
            let told = Told { columns: table.columns, has_rates: table.has_rates, text: &text };
            tell(cells, edition, &told, rule).map_err(|fault| match fault {
                TableFault::OtherRule => SummaryError::OtherRule(path),
                TableFault::NotOfBatch { line } => SummaryError::NotOfBatch { table: path, line },
            })?;
        }
        Ok(())
    }
}

/// Whether nothing is at a path, not even a link.
fn is_absent(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
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
