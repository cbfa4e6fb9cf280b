//! Guessing how a registry writes its export: from parts of its files to a profile that is proposed, in text.
//!
//! Only `sample_export` reads; all else works on what it has read. A guess is written so that it says how sure it is, and
//! what nothing tells is left open. Of rows it shows shapes and numbers, never a value; values only of columns of codes, and
//! only those that stand in several rows.

mod columns;
mod consents;
mod dates;
mod encoding;
mod lines;
mod names;
mod nothing;
mod proposal;
mod tables;
mod words;

use super::source::{ExportSample, sample_export};
use super::{RegistryError, Table};
use columns::{Held, value_of};
use consents::{GivenColumns, find_given};
use dates::{DateColumn, DateKind, DateReader, FoundDates, find_dates};
use encoding::{FoundEncoding, decode};
use lines::{Lines, RawCell, take_apart};
use nothing::{FoundWord, find_nothing};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use tables::{Candidate, Fit, assign};

use super::tables::{Kind, MOST_COLUMNS, clients, consents as consent_columns};

/// A profile that is proposed.
#[derive(Debug)]
pub struct Guess {
    /// The profile, as TOML.
    pub text: String,
    /// How many things nothing tells: they are left to a person.
    pub open: usize,
}

/// Looks at an export and proposes a profile.
///
/// # Errors
/// If it is no export, or cannot be read.
pub fn guess(path: &Path) -> Result<Guess, RegistryError> {
    Ok(proposal::write(&Findings::of(sample_export(path)?)))
}

/// All that is found in an export.
struct Findings {
    is_database: bool,
    /// What may be a table.
    candidates: Vec<Candidate>,
    /// How each of them is written; none in a database and of Parquet files.
    written: Vec<Option<Written>>,
    fits: [Option<Fit>; Table::ALL.len()],
    /// Consents that are kept as columns of clients.
    given: Vec<GivenColumns>,
    nothing: BTreeMap<String, FoundWord>,
    dates: FoundDates,
    date_columns: Vec<DateColumn>,
    /// All names in the folder, or of the database's tables.
    names: Vec<String>,
    /// How many files were not looked at.
    left_out: usize,
}

/// How a file is written.
struct Written {
    encoding: FoundEncoding,
    is_end_unseen: bool,
    lines: Lines,
}

impl Findings {
    fn of(sample: ExportSample) -> Findings {
        let reader = DateReader::new();
        let (mut candidates, mut written) = (Vec::new(), Vec::new());
        for file in &sample.files {
            let (encoding, blocks) = decode(file);
            let Some(mut lines) = take_apart(&blocks) else { continue };
            let (header, rows) = (lines.header.clone(), std::mem::take(&mut lines.rows));
            candidates.push(Candidate::new(file.name.clone(), header, rows, file.is_whole, &reader));
            written.push(Some(Written { encoding, is_end_unseen: file.is_end_unseen, lines }));
        }
        for table in sample.tables {
            let cell = |text: String| {
                let text = crate::value::text::clean(text.as_bytes());
                RawCell { text: String::from_utf8_lossy(&text).into(), is_quoted: false }
            };
            let rows = table.rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect();
            candidates.push(Candidate::new(table.name, table.columns, rows, table.is_whole, &reader));
            written.push(None);
        }
        let fits = assign(&candidates);
        let given = match (&fits[Table::Clients as usize], &fits[Table::Consents as usize]) {
            (Some(clients), None) => {
                let taken: HashSet<usize> =
                    clients.columns.iter().flatten().map(|choice| choice.field).collect();
                find_given(&candidates[clients.candidate], &taken)
            }
            _ => Vec::new(),
        };
        let date_columns = date_columns(&candidates, &fits, &given, &reader);
        Findings {
            is_database: sample.is_database,
            nothing: find_nothing(&candidates, &fits),
            dates: find_dates(&date_columns),
            date_columns,
            given,
            fits,
            candidates,
            written,
            names: sample.names,
            left_out: sample.left_out,
        }
    }

    /// What is taken for a table.
    fn taken_for(&self, table: Table) -> Option<(&Fit, &Candidate)> {
        let fit = self.fits[table as usize].as_ref()?;
        Some((fit, &self.candidates[fit.candidate]))
    }

    /// How the files that are taken for tables are written, each with its name.
    fn files(&self) -> impl Iterator<Item = (&str, &Written)> {
        let fits = Table::ALL.into_iter().filter_map(|table| self.fits[table as usize].as_ref());
        fits.filter_map(|fit| {
            Some((self.candidates[fit.candidate].name.as_str(), self.written[fit.candidate].as_ref()?))
        })
    }
}

impl Candidate {
    fn new(
        name: String,
        header: Vec<String>,
        rows: Vec<Vec<RawCell>>,
        is_whole: bool,
        reader: &DateReader,
    ) -> Candidate {
        let column = |field| Held::new(rows.iter().map(|row: &Vec<RawCell>| &row[field]), reader);
        let held = (0..header.len()).map(column).collect();
        Candidate { name, header, rows, held, is_whole }
    }
}

/// The columns of dates that are read.
fn date_columns(
    candidates: &[Candidate],
    fits: &[Option<Fit>; Table::ALL.len()],
    given: &[GivenColumns],
    reader: &DateReader,
) -> Vec<DateColumn> {
    let mut columns = Vec::new();
    let mut take = |name: String, kind: DateKind, candidate: &Candidate, field: usize| {
        let mut column = DateColumn::new(name, kind);
        candidate
            .rows
            .iter()
            .filter_map(|row| value_of(&row[field]))
            .for_each(|text| column.take(reader, text));
        columns.push(column);
    };
    for table in Table::ALL {
        let Some(fit) = &fits[table as usize] else { continue };
        let candidate = &candidates[fit.candidate];
        for place in (0..MOST_COLUMNS).take(table.columns().len()) {
            let (column, choice) = (&table.columns()[place], fit.columns[place]);
            let Some(choice) = choice.filter(|_| column.kind == Kind::Date) else { continue };
            let kind = match (table, place) {
                (Table::Clients, clients::BIRTH_DATE) => DateKind::Birth,
                (Table::Consents, consent_columns::END_DATE) => DateKind::End,
                _ => DateKind::Done,
            };
            take(format!("{table}.{}", column.name), kind, candidate, choice.field);
        }
        for given in given.iter().filter(|_| table == Table::Clients) {
            let kind = given.named_type.unwrap_or("the").to_lowercase();
            given
                .start
                .iter()
                .for_each(|field| take(format!("{kind} consent's start"), DateKind::Done, candidate, *field));
            given
                .end
                .iter()
                .for_each(|field| take(format!("{kind} consent's end"), DateKind::End, candidate, *field));
        }
    }
    columns
}
