//! One recipient's file: its header, its rows, their order, and that none has another's key.

use super::fault::{Fault, FaultCode, Faults};
use super::row::{Key, Limits, RowBuffer, check_row};
use super::{VerifyError, VerifySettings};
use crate::batch::push_field;
use crate::batch::{BatchError, HeaderNames, LineEnd, Links, Manifest, Rows, RulesVersion};
use crate::elements;
use crate::policy::{LineEnding, Policy};
use crate::spill::Sorter;
use crate::value::Day;
use std::path::Path;

/// What a file is held against.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    /// The header, without its line end.
    header: Vec<u8>,
    /// How rows end, if that is known before.
    line_end: Option<LineEnd>,
    limits: Limits,
}

impl Expected {
    /// What files beside this data dictionary are held against, if there is one.
    pub(super) fn new(
        in_dictionary: Option<&HeaderNames>,
        as_of: Option<Day>,
        rules: RulesVersion,
        policy: Option<&Policy>,
    ) -> Expected {
        let mut header = Vec::new();
        for (place, element) in elements::ALL.iter().enumerate() {
            let name = match (policy, in_dictionary) {
                (Some(policy), _) => policy.header_name(element),
                (None, Some(names)) => names.names()[place].as_str(),
                (None, None) => element.name,
            };
            if place > 0 {
                header.push(b',');
            }
            push_field(&mut header, name.as_bytes());
        }
        let line_end = policy.map(|policy| match policy.line_ending {
            LineEnding::Lf => LineEnd::Lf,
            LineEnding::Crlf => LineEnd::CrLf,
        });
        let window = policy.map(|policy| policy.window);
        Expected { header, line_end, limits: Limits { as_of, window, rules } }
    }

    /// For a file on its own, with the data dictionary and the manifest that may lie beside it.
    pub(super) fn of_single(path: &Path, policy: Option<&Policy>) -> Expected {
        let folder = path.parent().unwrap_or(Path::new(""));
        let in_dictionary = HeaderNames::beside(folder);
        let rules = Manifest::of_batch(folder).ok().and_then(|manifest| RulesVersion::of_batch(&manifest));
        Expected::new(in_dictionary.as_ref(), None, rules.unwrap_or(RulesVersion::NEWEST), policy)
    }
}

/// What came of a file.
pub(super) struct Checked {
    pub(super) faults: Faults,
    /// Its rows, the header aside.
    pub(super) rows: u64,
    /// How its header ends.
    pub(super) line_end: LineEnd,
    /// The ids of its facts.
    pub(super) ids: Sorter<u64>,
}

/// Checks a file; `name` is its path in the batch.
pub(super) fn check(
    path: &Path,
    links: Links,
    name: &str,
    expected: &Expected,
    settings: VerifySettings<'_>,
) -> Result<Checked, VerifyError> {
    let mut checked = Checked {
        faults: Faults::new(settings.limit),
        rows: 0,
        line_end: LineEnd::None,
        ids: Sorter::new(settings.spill),
    };
    let rows = Rows::open(path, links)?;
    match check_rows(rows, name, expected, settings, &mut checked) {
        // A file that is not even rows is a fault of the file.
        Err(VerifyError::Batch(BatchError::NoRows { line, .. })) => {
            checked.faults.add(Fault::at_line(name, line, FaultCode::NotAsWritten));
        }
        other => other?,
    }
    // There may be many files.
    checked.ids.seal().map_err(VerifyError::Spill)?;
    Ok(checked)
}

fn check_rows(
    mut rows: Rows,
    name: &str,
    expected: &Expected,
    settings: VerifySettings<'_>,
    checked: &mut Checked,
) -> Result<(), VerifyError> {
    let Checked { faults, rows: count, line_end: own_line_end, ids: facts } = checked;
    let Some(header) = rows.next_row()? else {
        faults.add(Fault::at_line(name, 1, FaultCode::WrongHeader));
        return Ok(());
    };
    *own_line_end = header.line_end;
    if rows.text(&header) != expected.header {
        faults.add(Fault::at_line(name, 1, FaultCode::WrongHeader));
    }
    let line_end = expected.line_end.unwrap_or(header.line_end);
    if header.line_end != line_end || header.line_end == LineEnd::None {
        faults.add(Fault::at_line(name, 1, FaultCode::WrongLineEnd));
    }
    let (mut buffer, mut before) = (RowBuffer::default(), None::<Key>);
    let mut ids: Sorter<(u64, u64)> = Sorter::new(settings.spill);
    while let Some(row) = rows.next_row()? {
        *count += 1;
        let at_row = |column, code| Fault { file: name.to_owned(), line: Some(row.line), column, code };
        if row.line_end != line_end {
            faults.add(at_row(None, FaultCode::WrongLineEnd));
        }
        let key = check_row(rows.text(&row), expected.limits, &mut buffer, &mut |element, code| {
            faults.add(at_row(element.map(|element| element.name), code));
        });
        if let (Some(before), Some(key)) = (before, key)
            && key < before
        {
            faults.add(at_row(None, FaultCode::OutOfOrder));
        }
        before = key.or(before);
        if let Some([.., fact]) = key {
            ids.push((fact, row.line)).and_then(|()| facts.push(fact)).map_err(VerifyError::Spill)?;
        }
    }
    let mut before = None;
    for id in ids.merge().map_err(VerifyError::Spill)? {
        let (id, line) = id.map_err(VerifyError::Spill)?;
        if before == Some(id) {
            let column = Some("IMMUNFACT_ID");
            faults.add(Fault { column, ..Fault::at_line(name, line, FaultCode::DuplicateKey) });
        }
        before = Some(id);
    }
    Ok(())
}
