//! A recipient's file on one side, and what its columns are.

use crate::batch::{BatchError, HeaderNames, Links, Rows};
use crate::elements::{self, Cell};
use crate::registry::{Field, split_record};
use std::path::{Path, PathBuf};

/// A column, whatever its name is in a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Column {
    /// One of the 26 elements, by its place.
    Element(usize),
    /// Something else, by name.
    Other(String),
}

impl Column {
    /// Its name in the present layout.
    pub(super) fn name(&self) -> &str {
        match self {
            Column::Element(place) => elements::ALL[*place].name,
            Column::Other(name) => name,
        }
    }
}

/// A recipient's file on one side.
#[derive(Debug)]
pub(super) struct SharingFile {
    pub(super) path: PathBuf,
    /// Whether a link may stand for it.
    pub(super) links: Links,
    pub(super) size: u64,
    /// The names in its header, with the columns they mean.
    pub(super) header: Vec<(String, Column)>,
}

/// Two files that belong together, or one alone.
#[derive(Debug)]
pub(super) struct Pair {
    /// What they are called without the month; the recipient's name as far as file names have it.
    pub(super) name: String,
    /// Old and new.
    pub(super) sides: [Option<SharingFile>; 2],
}

/// Opens a file; `in_use` are the names in the data dictionary beside it.
pub(super) fn open(
    path: &Path,
    links: Links,
    in_use: Option<&HeaderNames>,
) -> Result<SharingFile, BatchError> {
    let mut rows = Rows::open(path, links)?;
    let no_header = |line| BatchError::NoRows { path: path.to_owned(), line, what: "there is no header" };
    let row = rows.next_row()?.ok_or_else(|| no_header(1))?;
    let names = names(rows.text(&row));
    let Some(columns) = identify(&names, in_use) else {
        // Nothing of it may be named in a message: it may be a row.
        let what = "the first row is not a header";
        return Err(BatchError::NoRows { path: path.to_owned(), line: row.line, what });
    };
    if !columns.contains(&Column::Element(elements::place_of(Cell::ImmunfactId))) {
        let what = "no column is IMMUNFACT_ID, by which rows are matched";
        return Err(BatchError::NoRows { path: path.to_owned(), line: row.line, what });
    }
    let size = std::fs::metadata(path).map_or(0, |found| found.len());
    let header = names.into_iter().zip(columns).collect();
    Ok(SharingFile { path: path.to_owned(), links, size, header })
}

fn names(header: &[u8]) -> Vec<String> {
    let header = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(header);
    let mut fields = Vec::new();
    split_record(header, 0, b',', &mut fields);
    let name = |field: &Field| String::from_utf8_lossy(&field.unquoted(header)).trim().to_owned();
    fields.iter().map(name).collect()
}

/// What the names mean: what the data dictionary beside the file says, or the elements' own names; and in a file with
/// as many columns as there are elements, an unknown name is that of the element in its place, if that is missing. None
/// if so few of the names are known that it may be a row.
fn identify(names: &[String], in_use: Option<&HeaderNames>) -> Option<Vec<Column>> {
    let known = |name: &String| {
        let in_dictionary = in_use.and_then(|names| names.names().iter().position(|used| used == name));
        in_dictionary.or_else(|| elements::ALL.iter().position(|e| e.name.eq_ignore_ascii_case(name)))
    };
    let mut columns: Vec<Option<usize>> = Vec::with_capacity(names.len());
    for name in names {
        let place = known(name).filter(|place| !columns.contains(&Some(*place)));
        columns.push(place);
    }
    let recognized = columns.iter().flatten().count();
    if 2 * recognized < names.len() {
        return None;
    }
    if names.len() == elements::ALL.len() {
        for place in 0..names.len() {
            if columns[place].is_none() && !columns.contains(&Some(place)) {
                columns[place] = Some(place);
            }
        }
    }
    let mut all: Vec<Column> = Vec::with_capacity(names.len());
    for (place, name) in columns.into_iter().zip(names) {
        let mut column = place.map_or_else(|| Column::Other(name.clone()), Column::Element);
        // Columns of one name are told apart by their number.
        for number in 2.. {
            if !all.contains(&column) {
                break;
            }
            column = Column::Other(format!("{name} ({number})"));
        }
        all.push(column);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_recognized() {
        let own: Vec<String> = elements::ALL.iter().map(|e| e.name.to_owned()).collect();
        let all: Vec<Column> = (0..own.len()).map(Column::Element).collect();
        let identify = |names: &[String], in_use| identify(names, in_use).unwrap();
        assert_eq!(identify(&own, None), all);
        let mut renamed = own.clone();
        renamed[7] = "STATECODE".into();
        renamed[11] = "IMMUN_FACT_ID".into();
        assert_eq!(identify(&renamed, None), all);
        let mut added = own.clone();
        added.insert(3, "SUFFIX".into());
        assert_eq!(identify(&added, None)[3], Column::Other("SUFFIX".into()));
        let mut twice = own.clone();
        twice.extend(["NOTE".into(), "NOTE".into()]);
        assert_eq!(identify(&twice, None)[27], Column::Other("NOTE (2)".into()));
        let row: Vec<String> = own.iter().map(|name| format!("value of {name}")).collect();
        assert_eq!(super::identify(&row, None), None);
        let lower: Vec<String> = own.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(identify(&lower, None), all);
    }
}
