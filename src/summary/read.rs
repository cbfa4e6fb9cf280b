//! Takes of each row of a batch what is counted: three ids, and the places of its labels. No text of a row is kept, but for the
//! names of vaccine groups.

use super::columns::{self, Column, band_of, county_of, is_group, sex_of};
use super::space::Space;
use super::{Request, SummaryError, counties};
use crate::batch::{FileEntry, Links, Manifest, Rows, columns_beside, split_row};
use crate::elements::{self, Cell, Element};
use crate::parallel::for_each;
use crate::registry::Field;
use crate::spill::{Sorter, storable_fields};
use crate::value::{Day, parse_id};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// A fact of a recipient's file. Facts of a client lie together when sorted, those of a dose among them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct FactRow {
    pub(super) client: u64,
    pub(super) dose: u64,
    pub(super) fact: u64,
    /// The places of its labels, each in the bits of its column.
    pub(super) labels: u64,
}

storable_fields!(FactRow by client { client, dose, fact, labels });

/// What was read of a batch.
pub(super) struct Read {
    /// The columns of all tables, with the labels that occur, in the order in which they are shown.
    pub(super) space: Space,
    /// For each column, where the label of a place in `FactRow::labels` stands in `space`.
    pub(super) shown_at: Vec<Vec<u16>>,
    pub(super) rows: Sorter<FactRow>,
}

/// The names of vaccine groups in the order in which they were met. The first stands for every text that is no name of one.
struct Groups {
    places: Mutex<HashMap<Vec<u8>, u64>>,
}

/// So many labels a column may have: more are no groups any more.
const MOST_GROUPS: usize = 1 << 10;
const MOST_RECIPIENTS: usize = 1 << 15;

impl Groups {
    fn place_of(&self, group: &[u8]) -> Result<u64, SummaryError> {
        if !is_group(group) {
            return Ok(0);
        }
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.get(group) {
            return Ok(*place);
        }
        let place = places.len() as u64 + 1;
        if place as usize >= MOST_GROUPS {
            return Err(SummaryError::TooManyLabels(Column::VaccineGroup.name(), MOST_GROUPS - 1));
        }
        places.insert(group.to_owned(), place);
        Ok(place)
    }
}

/// Reads the files of a batch.
pub(super) fn read(request: &Request<'_>, manifest: &Manifest) -> Result<Read, SummaryError> {
    let columns = columns_of(request.tables);
    let files: Vec<(usize, &FileEntry)> = match request.recipient {
        None => manifest.files.iter().enumerate().collect(),
        Some(name) => {
            let is_asked_for = |(_, file): &(usize, &FileEntry)| file.recipient == name;
            vec![manifest.files.iter().enumerate().find(is_asked_for).ok_or(SummaryError::NoRecipient)?]
        }
    };
    if files.len() >= MOST_RECIPIENTS {
        return Err(SummaryError::TooManyLabels(Column::Recipient.name(), MOST_RECIPIENTS - 1));
    }
    let groups = Groups { places: Mutex::default() };
    let read = for_each(&files, request.threads, |(place, file)| {
        read_file(request, &columns, *place as u64, file, &groups)
    })?;
    let mut rows = Sorter::new(request.spill);
    let mut seen = vec![Vec::new(); columns.len()];
    for (file_rows, file_seen) in read {
        rows.absorb(file_rows);
        for (all, own) in seen.iter_mut().zip(file_seen) {
            merge(all, own);
        }
    }
    let groups = groups.places.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut space = Space { columns: columns.clone(), labels: Vec::new() };
    let mut shown_at = Vec::new();
    for (column, seen) in columns.iter().zip(&seen) {
        let (labels, places) = labels_of(*column, seen, &groups, manifest);
        space.labels.push(labels);
        shown_at.push(places);
    }
    Ok(Read { space, shown_at, rows })
}

/// The columns of all tables, each once.
fn columns_of(tables: &[Vec<Column>]) -> Vec<Column> {
    let mut columns: Vec<Column> = tables.concat();
    columns.sort_unstable();
    columns.dedup();
    columns
}

fn merge(all: &mut Vec<bool>, own: Vec<bool>) {
    if all.len() < own.len() {
        all.resize(own.len(), false);
    }
    for (all, own) in all.iter_mut().zip(own) {
        *all |= own;
    }
}

/// The labels of a column that occur, in the order in which they are shown, and the place of each there by its own.
fn labels_of(
    column: Column,
    seen: &[bool],
    groups: &HashMap<Vec<u8>, u64>,
    manifest: &Manifest,
) -> (Vec<String>, Vec<u16>) {
    let group_at = |place: usize| {
        let found = groups.iter().find(|(_, at)| **at == place as u64);
        found.map_or(columns::UNKNOWN.to_owned(), |(name, _)| String::from_utf8_lossy(name).into_owned())
    };
    let label = |place: usize| match column {
        Column::County => columns::county_label(place).to_owned(),
        Column::VaccineGroup => group_at(place),
        Column::AgeBand => columns::BANDS[place].1.to_owned(),
        Column::Month => format!("{:04}-{:02}", place / 12, place % 12 + 1),
        Column::Sex => columns::sex_label(place),
        Column::Recipient => manifest.files[place].recipient.clone(),
    };
    let mut labels: Vec<(bool, String, usize)> = (0..seen.len())
        .filter(|place| seen[*place])
        .map(|place| {
            let label = label(place);
            (label == columns::UNKNOWN, label, place)
        })
        .collect();
    // Bands stand in the order of ages already; what is unknown comes last.
    if column != Column::AgeBand {
        labels.sort();
    }
    let mut shown_at = vec![0; seen.len()];
    for (at, (_, _, place)) in (0..).zip(&labels) {
        shown_at[*place] = at;
    }
    (labels.into_iter().map(|(_, label, _)| label).collect(), shown_at)
}

/// Where the values that count stand in a file.
struct Fields {
    client: usize,
    dose: usize,
    fact: usize,
    /// For each column of the tables; none for the recipient.
    labels: Vec<Option<usize>>,
}

impl Fields {
    fn of(request: &Request<'_>, columns: &[Column], file: &str) -> Result<Fields, SummaryError> {
        let in_file = columns_beside(request.batch, &elements::ALL);
        let elements: Vec<Option<&Element>> =
            in_file.unwrap_or_default().into_iter().map(|column| column.element).collect();
        let place = |cell: Cell| {
            let found =
                elements.iter().position(|element| element.is_some_and(|element| element.cell == cell));
            let missing =
                || SummaryError::NoColumn { file: file.to_owned(), column: elements::holding(cell).name };
            found.ok_or_else(missing)
        };
        let labels = columns.iter().map(|column| column.comes_from().map(place).transpose());
        Ok(Fields {
            client: place(Cell::ClientId)?,
            dose: place(Cell::ImmunizationId)?,
            fact: place(Cell::ImmunfactId)?,
            labels: labels.collect::<Result<_, _>>()?,
        })
    }
}

type FileRows = (Sorter<FactRow>, Vec<Vec<bool>>);

/// Reads a recipient's file; returns its rows, and which places of labels occur, for each column.
fn read_file(
    request: &Request<'_>,
    columns: &[Column],
    recipient: u64,
    entry: &FileEntry,
    groups: &Groups,
) -> Result<FileRows, SummaryError> {
    let fields_at = Fields::of(request, columns, &entry.path)?;
    let mut rows = Rows::open(&request.batch.join(&entry.path), Links::Refused)?;
    // The header.
    rows.next_row()?;
    let mut sorter = Sorter::new(request.spill);
    let mut seen: Vec<Vec<bool>> = vec![Vec::new(); columns.len()];
    let mut fields: Vec<Field> = Vec::new();
    // Rows of a client lie together, and so do those of a dose.
    let (mut last_group, mut last_county) = ((Vec::new(), 0), (Vec::new(), county_of(b"") as u64));
    while let Some(row) = rows.next_row()? {
        let text = rows.text(&row);
        split_row(text, &mut fields);
        let bad = |cell: Cell| SummaryError::Row {
            file: entry.path.clone(),
            line: row.line,
            column: elements::holding(cell).name,
        };
        let value =
            |at: usize, cell: Cell| fields.get(at).map(|field| field.unquoted(text)).ok_or_else(|| bad(cell));
        let id = |at, cell| parse_id(&value(at, cell)?).ok_or_else(|| bad(cell));
        let mut labels = 0;
        for (place, column) in columns.iter().enumerate() {
            let label = match (fields_at.labels[place], column.comes_from()) {
                (Some(at), Some(cell)) => {
                    let text = value(at, cell)?;
                    match column {
                        Column::County => {
                            if last_county.0 != *text {
                                last_county = (text.to_vec(), county_of(&text) as u64);
                            }
                            last_county.1
                        }
                        Column::AgeBand => band_of(parse_id(&text).ok_or_else(|| bad(cell))?) as u64,
                        Column::Month => {
                            let day = Day::parse(&text).ok_or_else(|| bad(cell))?;
                            u64::from(day.year() * 12 + day.month_of_year() - 1)
                        }
                        Column::Sex => sex_of(&text) as u64,
                        Column::VaccineGroup | Column::Recipient => {
                            if last_group.0 != *text {
                                last_group = (text.to_vec(), groups.place_of(&text)?);
                            }
                            last_group.1
                        }
                    }
                }
                _ => recipient,
            };
            let at = label as usize;
            if seen[place].len() <= at {
                seen[place].resize(at + 1, false);
            }
            seen[place][at] = true;
            labels |= label << column.bits().1;
        }
        sorter.push(FactRow {
            client: id(fields_at.client, Cell::ClientId)?,
            dose: id(fields_at.dose, Cell::ImmunizationId)?,
            fact: id(fields_at.fact, Cell::ImmunfactId)?,
            labels,
        })?;
    }
    // There may be many files.
    sorter.seal()?;
    debug_assert!(counties::ALL.len() < 1 << Column::County.bits().0);
    Ok((sorter, seen))
}
