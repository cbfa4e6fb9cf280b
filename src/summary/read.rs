//! Takes of each row of a batch what is counted: three ids, and the places of its labels. No text of a row is kept, but for the
//! names of vaccine groups.

use super::columns::{self, Column, Labels, county_of, is_group, order_of, sex_of};
use super::space::Space;
use super::{Request, SummaryError};
use crate::batch::{FileEntry, Manifest, names};
use crate::elements::{self, Cell, Element};
use crate::registry::Field;
use crate::spill::{Sorter, storable_fields};
use crate::value::{Day, parse_id};
use crate::verify::{RowReader, VerifySettings, verify_reading};
use std::collections::HashMap;
use std::path::Path;
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

/// Rows are kept in two parts, all of a client in one: so they can be counted on two threads, and what is counted adds up.
pub(super) type Halves = [Sorter<FactRow>; 2];

/// The part of a client's rows. Ids may all be even, or in some other order.
fn half_of(client: u64) -> usize {
    (client.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 63) as usize
}

storable_fields!(FactRow by client { client, dose, fact, labels });

/// What was read of a batch.
pub(super) struct Read {
    /// The columns of all tables, with the labels that occur, in the order in which they are shown.
    pub(super) space: Space,
    /// For each column, where the label of a place in `FactRow::labels` stands in `space`.
    pub(super) shown_at: Vec<Vec<u16>>,
    pub(super) rows: Halves,
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

/// Verifies a batch and reads its files meanwhile: `columns` of all rows, or of those of the recipient that is asked for.
///
/// What is read is used only once the whole batch is found sound.
pub(super) fn read(
    request: &Request<'_>,
    batch: &Path,
    manifest: &Manifest,
    columns: &[Column],
) -> Result<Read, SummaryError> {
    let groups = Groups { places: Mutex::default() };
    let place_of = |path: &str| {
        let is_asked_for = |file: &FileEntry| request.recipient.is_none_or(|name| file.recipient == name);
        manifest.files.iter().position(|file| file.path == path && is_asked_for(file))
    };
    let reader_of = |path: &str, elements: &[&'static Element]| {
        let recipient = place_of(path)? as u64;
        let facts = Fields::of(elements, columns).map(|fields_at| FileFacts {
            path: path.to_owned(),
            recipient,
            fields_at,
            finder: LabelFinder::new(&groups, request.labels, manifest.as_of),
            rows: [Sorter::new(request.spill), Sorter::new(request.spill)],
            seen: vec![Vec::new(); columns.len()],
        });
        Some(FileReader(facts))
    };
    let settings = VerifySettings {
        policy: None,
        limit: 1,
        threads: request.threads,
        elements: &elements::ALL,
        spill: request.spill,
    };
    let (findings, readers) = verify_reading(batch, settings, reader_of)?;
    if !findings.sound {
        return Err(SummaryError::Unsound(batch.to_owned()));
    }
    must_be_countable(request, manifest, columns)?;
    let mut rows = [Sorter::new(request.spill), Sorter::new(request.spill)];
    let mut seen = vec![Vec::new(); columns.len()];
    for FileReader(facts) in readers.into_iter().flatten() {
        let facts = facts?;
        for (all, own) in rows.iter_mut().zip(facts.rows) {
            all.absorb(own);
        }
        for (all, own) in seen.iter_mut().zip(facts.seen) {
            merge(all, own);
        }
    }
    let groups = groups.places.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut space = Space { columns: columns.to_vec(), labels: Vec::new() };
    let mut shown_at = Vec::new();
    for (column, seen) in columns.iter().zip(&seen) {
        let (labels, places) = labels_of(*column, seen, &groups, manifest, request.labels);
        space.labels.push(labels);
        shown_at.push(places);
    }
    Ok(Read { space, shown_at, rows })
}

/// Whether a batch has the recipient that is asked for, and recipients that can be told apart in a table.
fn must_be_countable(
    request: &Request<'_>,
    manifest: &Manifest,
    columns: &[Column],
) -> Result<(), SummaryError> {
    let files = &manifest.files;
    if request.recipient.is_some_and(|name| files.iter().all(|file| file.recipient != name)) {
        return Err(SummaryError::NoRecipient);
    }
    if columns.contains(&Column::Recipient) && files.iter().any(|file| file.recipient == columns::TOTAL) {
        return Err(SummaryError::NamedAsTotal);
    }
    if files.len() >= MOST_RECIPIENTS {
        return Err(SummaryError::TooManyLabels(Column::Recipient.name(), MOST_RECIPIENTS - 1));
    }
    Ok(())
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
    by: Labels<'_>,
) -> (Vec<String>, Vec<u16>) {
    let group_at = |place: usize| {
        let found = groups.iter().find(|(_, at)| **at == place as u64);
        found.map_or(columns::UNKNOWN.to_owned(), |(name, _)| String::from_utf8_lossy(name).into_owned())
    };
    let label = |place: usize| match column {
        Column::County => by.counties.name(place).unwrap_or(columns::UNKNOWN).to_owned(),
        Column::VaccineGroup => group_at(place),
        Column::AgeBand | Column::AgeAsOf => by.bands.label(place),
        Column::Month => format!("{:04}-{:02}", place / 12, place % 12 + 1),
        Column::Sex => columns::sex_label(place),
        Column::Recipient => manifest.files[place].recipient.clone(),
    };
    let mut labels: Vec<(String, usize)> =
        (0..seen.len()).filter(|place| seen[*place]).map(|place| (label(place), place)).collect();
    labels.sort_by(|(one, _), (other, _)| {
        order_of(column, one, by.bands).cmp(&order_of(column, other, by.bands))
    });
    let mut shown_at = vec![0; seen.len()];
    for (at, (_, place)) in (0..).zip(&labels) {
        shown_at[*place] = at;
    }
    (labels.into_iter().map(|(label, _)| label).collect(), shown_at)
}

/// Where the values that count stand in the batch's files.
struct Fields {
    client: usize,
    dose: usize,
    fact: usize,
    /// For each column of the tables, with the cell that it comes from; none for the recipient.
    labels: Vec<(Column, Option<(usize, Cell)>)>,
}

impl Fields {
    /// `elements`: what the columns of the batch's files hold.
    fn of(elements: &[&Element], columns: &[Column]) -> Result<Fields, SummaryError> {
        let place = |cell: Cell| {
            let found = elements.iter().position(|element| element.cell == cell);
            found.ok_or_else(|| SummaryError::NoColumn {
                file: names::DICTIONARY_CSV.to_owned(),
                column: elements::holding(cell).name,
            })
        };
        let labels = columns.iter().map(|column| {
            let found = column.comes_from().map(|cell| Ok::<_, SummaryError>((place(cell)?, cell)));
            Ok((*column, found.transpose()?))
        });
        Ok(Fields {
            client: place(Cell::ClientId)?,
            dose: place(Cell::ImmunizationId)?,
            fact: place(Cell::ImmunfactId)?,
            labels: labels.collect::<Result<_, SummaryError>>()?,
        })
    }
}

/// Finds the places of labels in the rows of a file. Rows of a client lie together, and so do those of a dose: what was found
/// last is kept.
struct LabelFinder<'a> {
    groups: &'a Groups,
    by: Labels<'a>,
    as_of: Day,
    group: (Vec<u8>, u64),
    county: (Vec<u8>, u64),
}

impl<'a> LabelFinder<'a> {
    fn new(groups: &'a Groups, by: Labels<'a>, as_of: Day) -> LabelFinder<'a> {
        let county = (Vec::new(), county_of(by.counties, b"") as u64);
        LabelFinder { groups, by, as_of, group: (Vec::new(), 0), county }
    }

    /// The place of a value's label; none if the value is not what the column holds.
    fn place_of(&mut self, column: Column, text: &[u8]) -> Result<Option<u64>, SummaryError> {
        Ok(match column {
            Column::County => {
                if self.county.0 != text {
                    self.county = (text.to_owned(), county_of(self.by.counties, text) as u64);
                }
                Some(self.county.1)
            }
            Column::VaccineGroup => {
                if self.group.0 != text {
                    self.group = (text.to_owned(), self.groups.place_of(text)?);
                }
                Some(self.group.1)
            }
            Column::AgeBand => parse_id(text).map(|months| self.by.bands.of_months(months) as u64),
            Column::AgeAsOf => Day::parse(text).map(|birth| {
                let months = birth.completed_months_until(self.as_of);
                // Nobody whom a fact is shared of is born after the as-of date.
                self.by.bands.of_months(u64::try_from(months).unwrap_or_default()) as u64
            }),
            Column::Month => Day::parse(text).map(|day| u64::from(day.year() * 12 + day.month_of_year() - 1)),
            Column::Sex => Some(sex_of(text) as u64),
            Column::Recipient => None,
        })
    }
}

/// What is taken of a recipient's file while it is verified.
struct FileFacts<'a> {
    /// Its path in the batch.
    path: String,
    /// The place of its recipient among the manifest's files.
    recipient: u64,
    fields_at: Fields,
    finder: LabelFinder<'a>,
    rows: Halves,
    /// For each column, which places of labels occur.
    seen: Vec<Vec<bool>>,
}

impl FileFacts<'_> {
    fn take(&mut self, line: u64, text: &[u8], fields: &[Field]) -> Result<(), SummaryError> {
        let bad = |cell: Cell| SummaryError::Row {
            file: self.path.clone(),
            line,
            column: elements::holding(cell).name,
        };
        let value =
            |at: usize, cell: Cell| fields.get(at).map(|field| field.unquoted(text)).ok_or_else(|| bad(cell));
        let id = |at, cell| parse_id(&value(at, cell)?).ok_or_else(|| bad(cell));
        let mut labels = 0;
        for ((column, from), seen) in self.fields_at.labels.iter().zip(&mut self.seen) {
            let label = match *from {
                Some((at, cell)) => {
                    self.finder.place_of(*column, &value(at, cell)?)?.ok_or_else(|| bad(cell))?
                }
                None => self.recipient,
            };
            let at = label as usize;
            if seen.len() <= at {
                seen.resize(at + 1, false);
            }
            seen[at] = true;
            labels |= label << column.bits().1;
        }
        let client = id(self.fields_at.client, Cell::ClientId)?;
        self.rows[half_of(client)].push(FactRow {
            client,
            dose: id(self.fields_at.dose, Cell::ImmunizationId)?,
            fact: id(self.fields_at.fact, Cell::ImmunfactId)?,
            labels,
        })?;
        Ok(())
    }
}

/// Reads a recipient's file, until something is wrong with it.
struct FileReader<'a>(Result<FileFacts<'a>, SummaryError>);

impl RowReader for FileReader<'_> {
    fn row(&mut self, line: u64, text: &[u8], fields: &[Field]) {
        let taken = self.0.as_mut().map_or(Ok(()), |facts| facts.take(line, text, fields));
        if let Err(error) = taken {
            self.0 = Err(error);
        }
    }

    fn end(&mut self) {
        // There may be many files.
        let sealed = self.0.as_mut().map_or(Ok(()), |facts| facts.rows.iter_mut().try_for_each(Sorter::seal));
        if let Err(error) = sealed {
            self.0 = Err(error.into());
        }
    }
}
