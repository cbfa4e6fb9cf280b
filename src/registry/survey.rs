//! Everything that is wrong with an export's tables, each looked at on its own: where a run would stop at the first fault,
//! this goes on.

use super::check::{Expectations, FaultKind, Places, Quarantine, Shown, Sign, Value, in_parts};
use super::error::{BadInput, InputFault, file_of_table};
use super::lookup::{read_facts_beside, read_reference};
use super::source::{ExportFormat, ExtraColumn, OpenTables, Readable, TableReader, UnknownFile};
use super::{NumericType, Problem, Progress, RegistryError, Table};
use crate::spill::Spill;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// What the tables of an export look like.
#[derive(Debug)]
pub struct Survey {
    /// Every table that is there, or must be.
    pub tables: Vec<TableSurvey>,
    /// Files of a folder, or tables of a database, that are no table of an export.
    pub unknown_files: Vec<UnknownFile>,
    /// Where `control` counts other rows than there are.
    pub control: Vec<Problem>,
}

/// What a table looks like.
#[derive(Debug)]
pub struct TableSurvey {
    pub table: Table,
    /// How many rows could be read.
    pub rows: u64,
    /// Columns that are not part of the layout.
    pub extra: Vec<ExtraColumn>,
    /// The rows that cannot be used, as far as that shows in the row itself.
    pub faults: Vec<(FaultKind, Places)>,
    /// Values of rows that can be used which are likely not meant so, by column.
    pub signs: BTreeMap<(u8, Sign), Places>,
    /// Columns of texts that have a numeric type in the database.
    pub numeric: Vec<(&'static str, NumericType)>,
    /// Whether the file ends without a line end, in a table in which that alone stops no run.
    pub may_be_cut: bool,
    /// Whether it could be opened, and its header be read.
    pub is_opened: bool,
    /// Why the table could not be read to its end.
    pub error: Option<RegistryError>,
}

/// Looks at every table of an export, on so many threads.
///
/// # Errors
/// If the export itself cannot be opened.
pub fn survey(
    path: &Path,
    format: &ExportFormat,
    threads: NonZeroUsize,
    spill: &Spill,
    progress: &dyn Progress,
) -> Result<Survey, RegistryError> {
    let export = OpenTables::open(path, format)?;
    let mut counts = Expectations::default();
    let mut control_file = String::new();
    let mut tables = Vec::new();
    for table in Table::ALL {
        let open = || export.open_table(table);
        match survey_table(&open, table, threads, spill, progress) {
            Ok(None) => {}
            Ok(Some((survey, counted, file))) => {
                if table == Table::Control {
                    (counts, control_file) = (counted, file_of_table(&file, table));
                }
                tables.push(survey);
            }
            Err(error) => tables.push(TableSurvey::new(table, Some(error))),
        }
    }
    // What keeps the clients from being read keeps these from it, too, and is told of them.
    let open = || export.open_given_consents();
    if let Ok(Some((given, ..))) = survey_table(&open, Table::Consents, threads, spill, progress) {
        match tables.iter_mut().find(|survey| survey.table == Table::Consents) {
            Some(consents) => consents.add(given),
            None => {
                let place = tables.partition_point(|survey| survey.table < Table::Consents);
                tables.insert(place, given);
            }
        }
    }
    let of_table = |table| tables.iter().find(|survey: &&TableSurvey| survey.table == table);
    let mut control = counts.problems(&control_file, |table| Some(of_table(table)?.rows));
    // How many rows a table has can be told only if it was read to its end.
    control.retain(|problem| match problem {
        Problem::RowCountDiffers { table, .. } => {
            of_table(*table).is_some_and(|survey| survey.error.is_none())
        }
        _ => true,
    });
    Ok(Survey { tables, unknown_files: export.unknown_files(), control })
}

impl TableSurvey {
    fn new(table: Table, error: Option<RegistryError>) -> TableSurvey {
        TableSurvey {
            table,
            rows: 0,
            extra: Vec::new(),
            faults: Vec::new(),
            signs: BTreeMap::new(),
            numeric: Vec::new(),
            may_be_cut: false,
            is_opened: error.is_none(),
            error,
        }
    }
}

impl TableSurvey {
    /// Adds what was found in other rows of the same table, of this file or another.
    fn add(&mut self, other: TableSurvey) {
        self.rows += other.rows;
        self.faults.extend(other.faults);
        for (sign, places) in other.signs {
            self.signs.entry(sign).or_default().add(places.count, &places.first_lines);
        }
        self.error = self.error.take().or(other.error);
    }
}

/// Looks at what only shows when tables are held against each other: ids that two rows share, and facts that name what is
/// not there. `readable`: the tables that can be read to their ends; what would need another is not looked at. Returns
/// all faults of those tables, but for facts that share an id, for which the rules would be needed.
///
/// # Errors
/// If the export cannot be read.
pub fn survey_across(
    path: &Path,
    format: &ExportFormat,
    readable: &[Table],
    spill: &Spill,
    progress: &dyn Progress,
) -> Result<Vec<(FaultKind, Places)>, RegistryError> {
    let export = OpenTables::open(path, format)?;
    let source = Readable { export: &export, tables: readable };
    let (reference, mut intake) = read_reference(&source, NonZeroUsize::MIN, spill, progress)?;
    let is_read = |table: Table| readable.contains(&table);
    read_facts_beside(&source, &reference, &is_read, &mut intake, progress)?;
    Ok(intake.quarantine.kinds().map(|(kind, places)| (*kind, places.clone())).collect())
}

/// How a table is opened; none if it is not there.
type Open<'e> = dyn Fn() -> Result<Option<Box<dyn TableReader + 'e>>, RegistryError> + 'e;

/// Looks at a table, if it is there; returns what `control` counts, too, and the file.
fn survey_table(
    open: &Open<'_>,
    table: Table,
    threads: NonZeroUsize,
    spill: &Spill,
    progress: &dyn Progress,
) -> Result<Option<(TableSurvey, Expectations, PathBuf)>, RegistryError> {
    let Some(mut reader) = open()? else { return Ok(None) };
    // What rows of `control` come to depends on their order; there are few.
    let threads = if table == Table::Control { NonZeroUsize::MIN } else { threads };
    let mut observers: Vec<_> = (0..threads.get()).map(|_| Observer::new(table, spill)).collect();
    let mut read = in_parts(reader.as_mut(), progress, &mut observers, &Observer::see);
    if read.is_err() && threads > NonZeroUsize::MIN {
        // How many rows come before what cannot be read can be told only if they are read one after the other.
        let Some(again) = open()? else { return Ok(None) };
        (reader, observers) = (again, vec![Observer::new(table, spill)]);
        read = in_parts(reader.as_mut(), progress, &mut observers, &Observer::see);
    }
    let Observer { mut found, mut quarantine, counts } = observers.swap_remove(0);
    for other in observers {
        found.add(other.found);
        quarantine.absorb(other.quarantine);
    }
    let gives_consents = !reader.layout().given.is_empty();
    if !gives_consents {
        found.extra.clone_from(&reader.layout().extra);
    }
    let numeric = reader.numeric_columns().iter();
    found.numeric = numeric.map(|(place, numeric)| (table.column_name(*place), *numeric)).collect();
    found.faults = quarantine.kinds().map(|(kind, places)| (*kind, places.clone())).collect();
    found.error = read.err();
    if let (None, Some(line)) = (&found.error, reader.unended_line()) {
        match table {
            _ if gives_consents => {
                let fault = InputFault::CutShort(Table::Clients);
                found.error = Some(BadInput::at_line(reader.file(), line, fault));
            }
            Table::Recipients | Table::Control => {
                found.error = Some(BadInput::at_line(reader.file(), line, InputFault::CutShort(table)));
            }
            // The row that may be cut is a fault of its own.
            Table::Consents => {}
            _ => found.may_be_cut = true,
        }
    }
    Ok(Some((found, counts, reader.file().to_owned())))
}

/// Is shown rows of a table.
struct Observer {
    found: TableSurvey,
    quarantine: Quarantine,
    /// What rows of `control` say.
    counts: Expectations,
}

impl Observer {
    fn new(table: Table, spill: &Spill) -> Observer {
        let (found, quarantine) = (TableSurvey::new(table, None), Quarantine::new(spill));
        Observer { found, quarantine, counts: Expectations::default() }
    }

    fn see(&mut self, shown: Shown<'_>) -> Result<(), RegistryError> {
        match shown {
            Shown::Row(row) => {
                self.found.rows += 1;
                self.note_signs(row.line, row.values().iter().copied().enumerate());
                if self.found.table == Table::Control {
                    self.counts.add(&row);
                }
                Ok(())
            }
            Shown::Facts(facts) => {
                self.found.rows += facts.len() as u64;
                facts.iter().for_each(|fact| self.note_signs(fact.line, fact.texts_and_days().into_iter()));
                Ok(())
            }
            Shown::Bad(row) => {
                self.found.rows += 1;
                self.quarantine.add(&row).map_err(RegistryError::Spill)
            }
        }
    }

    /// Notes what is odd about values of a row, by their columns' places.
    fn note_signs<'v>(&mut self, line: u64, values: impl Iterator<Item = (usize, Value<'v>)>) {
        let columns = self.found.table.columns();
        for (place, value) in values {
            let sign = match value {
                Value::Text(text) => Sign::of(&columns[place], text),
                Value::Day(day) => Sign::of_day(day),
                _ => None,
            };
            if let Some(sign) = sign {
                self.found.signs.entry((place as u8, sign)).or_default().add(1, &[line]);
            }
        }
    }
}
