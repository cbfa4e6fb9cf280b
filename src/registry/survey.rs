//! Everything that is wrong with an export's tables, each looked at on its own: where a run would stop at the first fault,
//! this goes on.

use super::check::{CheckResult, Expectations, FaultKind, Places, Quarantine, Sign, Value, in_order};
use super::source::{ExportFormat, ExtraColumn, OpenTables, TableReader, UnknownFile};
use super::{Problem, Progress, RegistryError, Table};
use crate::spill::Spill;
use crate::value::shown;
use std::collections::BTreeMap;
use std::path::Path;

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
    /// Why the table could not be read to its end.
    pub error: Option<RegistryError>,
}

/// Looks at every table of an export.
///
/// # Errors
/// If the export itself cannot be opened.
pub fn survey(
    path: &Path,
    format: &ExportFormat,
    spill: &Spill,
    progress: &dyn Progress,
) -> Result<Survey, RegistryError> {
    let export = OpenTables::open(path, format)?;
    let mut counts = Expectations::default();
    let mut control_file = String::new();
    let mut tables = Vec::new();
    for table in Table::ALL {
        let readers = match export.open_table(table) {
            Ok(readers) if readers.is_empty() => continue,
            Ok(readers) => readers,
            Err(error) => {
                tables.push(TableSurvey::new(table, Some(error)));
                continue;
            }
        };
        if table == Table::Control {
            control_file = readers.iter().map(|reader| shown(reader.file()).to_string()).collect();
        }
        tables.push(survey_table(readers, table, spill, progress, &mut counts));
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
        TableSurvey { table, rows: 0, extra: Vec::new(), faults: Vec::new(), signs: BTreeMap::new(), error }
    }
}

/// Looks at a table's rows, which `readers` have.
fn survey_table(
    readers: Vec<Box<dyn TableReader + '_>>,
    table: Table,
    spill: &Spill,
    progress: &dyn Progress,
    counts: &mut Expectations,
) -> TableSurvey {
    let mut found = TableSurvey::new(table, None);
    let mut quarantine = Quarantine::new(spill);
    for mut reader in readers {
        // Consents may stand in the clients' file, whose other columns are none of theirs.
        if reader.layout().table == table {
            found.extra.clone_from(&reader.layout().extra);
        }
        let (rows, signs) = (&mut found.rows, &mut found.signs);
        let read = in_order(reader.as_mut(), None, progress, &mut |row| {
            *rows += 1;
            note_signs(&row, signs);
            if let (Table::Control, Ok(row)) = (table, &row) {
                counts.add(row);
            }
            row.map_or_else(|row| quarantine.add(&row).map_err(RegistryError::Spill), |_| Ok(()))
        });
        found.error = found.error.or(read.err());
    }
    found.faults = quarantine.kinds().map(|(kind, places)| (*kind, places.clone())).collect();
    found
}

fn note_signs(row: &CheckResult<'_>, signs: &mut BTreeMap<(u8, Sign), Places>) {
    let Ok(row) = row else { return };
    for (place, (value, column)) in (0..).zip(row.values().iter().zip(row.table.columns())) {
        if let Value::Text(text) = value
            && let Some(sign) = Sign::of(column, text)
        {
            signs.entry((place, sign)).or_default().add(1, &[row.line]);
        }
    }
}
