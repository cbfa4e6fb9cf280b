//! One recipient's file: its header, its rows, their order, and that none has another's key.

use super::fault::{Fault, FaultCode, Faults};
use super::package::description_in;
use super::row::{Key, Limits, check_row, is_quoted_where_needed};
use super::{Columns, RowReader, VerifyError, VerifySettings, columns_of};
use crate::batch::{BatchError, Links, Manifest, Rows, RulesVersion, split_row};
use crate::elements::{self, Cell, Element};
use crate::policy::LineEnding;
use crate::registry::Field;
use crate::spill::Sorter;
use crate::value::Day;
use std::path::Path;

/// What a file is held against.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    columns: Columns,
    /// How rows end, if that is known before.
    line_end: Option<LineEnding>,
    /// Whether there is a byte order mark before the header.
    has_mark: bool,
    limits: Limits,
}

impl Expected {
    /// What files beside a data dictionary with these columns are held against, if there is one.
    pub(super) fn new(
        in_dictionary: Option<Columns>,
        as_of: Option<Day>,
        rules: RulesVersion,
        has_mark: bool,
        settings: VerifySettings<'_>,
    ) -> Expected {
        let own_names =
            || settings.elements.iter().map(|element| (element.name.to_owned(), element)).collect();
        let mut columns = in_dictionary.unwrap_or_else(own_names);
        let policy = settings.policy;
        if let Some(policy) = policy {
            columns.iter_mut().for_each(|(name, element)| policy.header_name(element).clone_into(name));
        }
        let line_end = policy.map(|policy| policy.line_ending);
        let window = policy.map(|policy| policy.window);
        let has_mark = policy.map_or(has_mark, |policy| policy.bom);
        Expected { columns, line_end, has_mark, limits: Limits { as_of, window, rules } }
    }

    /// For a file on its own, with the data dictionary and the manifest that may lie beside it.
    pub(super) fn of_single(path: &Path, settings: VerifySettings<'_>) -> Expected {
        let folder = path.parent().unwrap_or(Path::new(""));
        let in_dictionary = columns_of(folder, settings.elements);
        let manifest = Manifest::of_batch(folder).ok();
        let rules = manifest.as_ref().and_then(RulesVersion::of_batch).unwrap_or(RulesVersion::NEWEST);
        let has_mark = manifest.map_or_else(|| describes_mark(folder), |manifest| manifest.bom);
        Expected::new(in_dictionary, None, rules, has_mark, settings)
    }

    /// What the columns of files hold.
    pub(super) fn elements(&self) -> Vec<&'static Element> {
        self.columns.iter().map(|(_, element)| *element).collect()
    }

    /// Whether files have a column for each of these elements.
    pub(super) fn has_all(&self, elements: &[Element]) -> bool {
        self.columns.len() == elements.len()
    }

    /// Whether a row, without its line end, is the header.
    fn is_header(&self, row: &[u8], fields: &mut Vec<Field>) -> bool {
        let is_whole = split_row(row, fields) == row.len();
        let is_name = |(field, (name, _)): (&Field, &(String, &Element))| {
            *field.unquoted(row) == *name.as_bytes() && is_quoted_where_needed(field.as_it_stands(row))
        };
        is_whole && fields.len() == self.columns.len() && fields.iter().zip(&self.columns).all(is_name)
    }
}

/// Whether the description of a package says that its file begins with a byte order mark.
fn describes_mark(folder: &Path) -> bool {
    description_in(folder).is_some_and(|file| file["byteOrderMark"] == true)
}

/// What was found in a file.
pub(super) struct FileCheck {
    pub(super) faults: Faults,
    /// Its rows, the header aside.
    pub(super) rows: u64,
    /// How its header ends.
    pub(super) line_end: Option<LineEnding>,
    /// The ids of its facts.
    pub(super) ids: Sorter<u64>,
}

/// The faults of a file. What a spreadsheet does to every row is told once.
struct FileFaults<'f> {
    faults: &'f mut Faults,
    /// Whether the first row's dates are written as a spreadsheet writes them.
    has_other_dates: bool,
    is_told: bool,
}

impl FileFaults<'_> {
    fn add(&mut self, fault: Fault) {
        let is_of_resaving = matches!(
            fault.code,
            FaultCode::InvalidValue
                | FaultCode::InvalidUtf8
                | FaultCode::WrongQuotes
                | FaultCode::WrongLineEnd
        );
        if self.has_other_dates && self.is_told && is_of_resaving {
            return;
        }
        let looks_resaved = self.has_other_dates && is_of_resaving;
        self.faults.add(fault.clone());
        if looks_resaved {
            self.tell_once(fault);
        }
    }

    /// Says behind a fault that the file looks re-saved, if that is not said yet.
    fn tell_once(&mut self, fault: Fault) {
        if !self.is_told {
            self.faults.add(Fault { code: FaultCode::LooksResaved, ..fault });
            self.is_told = true;
        }
    }
}

/// Checks a file; `name` is its path in the batch. `reader` sees its rows, too.
pub(super) fn check(
    path: &Path,
    links: Links,
    name: &str,
    expected: &Expected,
    settings: VerifySettings<'_>,
    reader: &mut impl RowReader,
) -> Result<FileCheck, VerifyError> {
    let mut checked = FileCheck {
        faults: Faults::new(settings.limit),
        rows: 0,
        line_end: None,
        ids: Sorter::new(settings.spill),
    };
    let rows = Rows::open(path, links)?;
    match check_rows(rows, name, expected, settings, &mut checked, reader) {
        // A file that is not even rows is a fault of the file.
        Err(VerifyError::Batch(BatchError::NoRows { line, .. })) => {
            checked.faults.add(Fault::at_line(name, line, FaultCode::NotAsWritten));
        }
        other => other?,
    }
    // There may be many files.
    checked.ids.seal()?;
    reader.end();
    Ok(checked)
}

fn check_rows(
    mut rows: Rows,
    name: &str,
    expected: &Expected,
    settings: VerifySettings<'_>,
    checked: &mut FileCheck,
    reader: &mut impl RowReader,
) -> Result<(), VerifyError> {
    let FileCheck { faults, rows: count, line_end: own_line_end, ids: facts } = checked;
    let mut faults = FileFaults { faults, has_other_dates: false, is_told: false };
    let Some(header) = rows.next_row()? else {
        faults.add(Fault::at_line(name, 1, FaultCode::WrongHeader));
        return Ok(());
    };
    *own_line_end = header.line_end;
    let mut fields = Vec::new();
    let is_header = expected.is_header(rows.text(&header), &mut fields);
    if !is_header || rows.has_mark() != expected.has_mark {
        let fault = Fault::at_line(name, 1, FaultCode::WrongHeader);
        faults.add(fault.clone());
        // Windows programs put a mark before a UTF-8 text.
        if is_header && rows.has_mark() {
            faults.tell_once(fault);
        }
    }
    let line_end = header.line_end;
    if expected.line_end.is_some_and(|expected| line_end != Some(expected)) || line_end.is_none() {
        faults.add(Fault::at_line(name, 1, FaultCode::WrongLineEnd));
    }
    let mut before: Option<Key> = None;
    let mut ids: Sorter<(u64, u64)> = Sorter::new(settings.spill);
    while let Some(row) = rows.next_row()? {
        *count += 1;
        let at_row = |column, code| Fault { file: name.to_owned(), line: Some(row.line), column, code };
        let Expected { columns, limits, .. } = expected;
        if *count == 1 {
            faults.has_other_dates = has_other_dates(rows.text(&row), columns, &mut fields);
        }
        if row.line_end != line_end {
            faults.add(at_row(None, FaultCode::WrongLineEnd));
        }
        let key = check_row(rows.text(&row), columns, *limits, &mut fields, &mut |element, code| {
            faults.add(at_row(element.map(|element| element.name), code));
        });
        if let (Some(before), Some(key)) = (before, key)
            && key < before
        {
            faults.add(at_row(None, FaultCode::OutOfOrder));
        }
        before = key.or(before);
        if let Some([.., fact]) = key {
            ids.push((fact, row.line))?;
            facts.push(fact)?;
            reader.row(row.line, rows.text(&row), &fields);
        }
    }
    let mut before = None;
    for id in ids.merge()? {
        let (id, line) = id?;
        if before == Some(id) {
            let column = Some(elements::holding(Cell::ImmunfactId).name);
            faults.add(Fault { column, ..Fault::at_line(name, line, FaultCode::DuplicateKey) });
        }
        before = Some(id);
    }
    Ok(())
}

/// Whether the dates of a row are written as `6/1/2024`.
fn has_other_dates(row: &[u8], columns: &[(String, &'static Element)], fields: &mut Vec<Field>) -> bool {
    split_row(row, fields);
    let is_other = |(field, (_, element)): (&Field, &(String, &Element))| {
        matches!(element.cell, Cell::BirthDate | Cell::VaccinationDate)
            && is_month_day_year(&field.unquoted(row))
    };
    fields.iter().zip(columns).any(is_other)
}

fn is_month_day_year(text: &[u8]) -> bool {
    let lengths: Vec<usize> = text.split(|byte| *byte == b'/').map(<[u8]>::len).collect();
    text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'/')
        && matches!(lengths.as_slice(), [1 | 2, 1 | 2, 4])
}
