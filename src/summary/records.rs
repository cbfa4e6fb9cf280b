//! The summaries that are out. Each is kept in a folder of its own beside the batches, with the tables as they are shown, so that
//! what is made later does not give away what they hide.

use super::columns::{Column, TOTAL};
use super::previous::Previous;
use super::space::{AT_TOTAL, Cells, Counts, Kept, Place, Shown, is_above};
use super::text::{COUNTS, Circle, HIDDEN, csv, kept_number, plain_number, shown_rate};
use super::{LONGEST_TABLE, Labels, MOST_COLUMNS, Rule, Summary, SummaryError};
use crate::batch::{BatchError, Manifest, names, read_own_file, read_up_to, to_json};
use crate::value::{AgeBands, Month, text};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
                let names: Vec<_> = columns.iter().map(|column| column.name()).collect();
                return Err(SummaryError::TooLong(names.join(","), length));
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
            tell_table(cells, edition, &table, &text, rule).map_err(|fault| match fault {
                TableFault::OtherRule => SummaryError::OtherRule(path),
                TableFault::NotOfBatch { line } => SummaryError::NotOfBatch { table: path, line },
            })?;
        }
        Ok(())
    }
}

/// Why a table cannot be one that is out of a batch.
enum TableFault {
    /// It shows what the rule hides.
    OtherRule,
    NotOfBatch {
        line: u64,
    },
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

/// Says of each cell of a table how it is shown.
fn tell_table(
    cells: &mut Cells,
    edition: u8,
    table: &TableOut<'_>,
    text: &[u8],
    rule: Rule,
) -> Result<(), TableFault> {
    let space = Arc::clone(&cells.space);
    let at: Option<Vec<usize>> = table.columns.iter().map(|column| space.column(*column)).collect();
    let at = at.ok_or(TableFault::NotOfBatch { line: 1 })?;
    let mut told_of = BTreeSet::new();
    for (line, row) in (2..).zip(csv::Reader::from_reader(text).records()) {
        let other = || TableFault::NotOfBatch { line };
        let row = row.map_err(|_| other())?;
        let mut places = [AT_TOTAL; MOST_COLUMNS];
        let mut margin = 0;
        for (column, label) in at.iter().zip(&row) {
            if label != TOTAL {
                places[*column] = space.place_of(*column, label).ok_or_else(other)?;
                margin |= 1 << column;
                told_of.insert((*column, places[*column]));
            }
        }
        let cell = cells.place(edition, margin, &places).ok_or_else(other)?;
        let numbers: Vec<&str> = row.iter().skip(at.len()).collect();
        if numbers.len() != COUNTS.len() {
            return Err(other());
        }
        let own = cells.counts(cell);
        let told = if table.has_rates {
            let people = plain_number(numbers[0]).ok_or_else(other)?;
            cells.add_population(cell, people);
            let told = told_clients(cells, cell, numbers[1]);
            told.filter(|told| numbers[2] == shown_rate(*told, people, is_above(own.clients.into(), people)))
        } else {
            told_counts(&numbers)
        };
        // What one table shows is known, whatever another one hides.
        let was_told = cells.was_told(cell);
        match told.ok_or_else(other)? {
            // A zero is not hidden.
            Shown::Hidden if own.clients == 0 => return Err(other()),
            Shown::Hidden if was_told => {}
            Shown::Hidden => cells.set_hidden(cell, true),
            Shown::Kept(kept) if rule.is_few(kept.counts) => return Err(TableFault::OtherRule),
            Shown::Kept(kept) if counts_of(cells, cell, kept.month) != Some(kept.counts) => {
                return Err(other());
            }
            Shown::Kept(_) if was_told && !cells.is_hidden(cell) => {}
            Shown::Kept(kept) => cells.keep(cell, kept),
            Shown::Counts(counts) if rule.is_few(counts) => return Err(TableFault::OtherRule),
            Shown::Counts(counts) if counts == own => cells.show(cell),
            Shown::Counts(_) => return Err(other()),
        }
        cells.settle(cell);
    }
    // A label that is missing with all its rows is out all the same.
    let has_clients = |column: usize, label: u16| {
        let mut places = [AT_TOTAL; MOST_COLUMNS];
        places[column] = label;
        let cell = cells.place(edition, 1 << column, &places);
        cell.is_some_and(|cell| cells.counts(cell).clients > 0)
    };
    let labels = |column: usize| (0..).take(space.labels[column].len()).map(move |label| (column, label));
    let mut untold = at.into_iter().flat_map(labels).filter(|place| !told_of.contains(place));
    if untold.any(|(column, label)| has_clients(column, label)) {
        return Err(TableFault::NotOfBatch { line: 1 });
    }
    Ok(())
}

/// What a cell has in the earlier batch of a month; none if no table of that batch is out that has it.
fn counts_of(cells: &Cells, cell: Place, month: Month) -> Option<Counts> {
    let mut earlier = (0..cell.edition).zip(&cells.editions);
    let edition = earlier.find(|(_, edition)| edition.month == month)?.0;
    Some(cells.counts(cells.in_edition(cell, edition)?))
}

/// What a table of counts shows of a cell; none if it is nothing that a table shows.
fn told_counts(numbers: &[&str]) -> Option<Shown> {
    if numbers.iter().all(|number| *number == HIDDEN) {
        return Some(Shown::Hidden);
    }
    let own: Option<Vec<u32>> = numbers.iter().map(|number| plain_number(number)).collect();
    if let Some(own) = own {
        return Some(Shown::Counts(Counts { facts: own[0], doses: own[1], clients: own[2] }));
    }
    let kept: Vec<(u32, Month)> = numbers.iter().map(|number| kept_number(number)).collect::<Option<_>>()?;
    let month = kept.iter().map(|(_, month)| *month).max()?;
    let counts = Counts { facts: kept[0].0, doses: kept[1].0, clients: kept[2].0 };
    Some(Shown::Kept(Kept { counts, month }))
}

/// What a table of rates shows of a cell, which is its clients.
fn told_clients(cells: &Cells, cell: Place, clients: &str) -> Option<Shown> {
    if clients == HIDDEN {
        return Some(Shown::Hidden);
    }
    if let Some((clients, month)) = kept_number(clients) {
        // The number of an earlier batch, whose facts and doses are known from there.
        let counts = counts_of(cells, cell, month)?;
        return (counts.clients == clients).then_some(Shown::Kept(Kept { counts, month }));
    }
    let clients = plain_number(clients)?;
    let own = cells.counts(cell);
    Some(Shown::Counts(if clients == own.clients { own } else { Counts { facts: 0, doses: 0, clients } }))
}
