//! A recipient's file on one side, and what its columns are.

use crate::batch::{BatchColumn, BatchError, Links, Rows, split_row};
use crate::elements::{Cell, Element};
use crate::registry::Field;
use std::path::{Path, PathBuf};

/// A column, whatever its name is in a file. Ordered as in the present layout; those that hold no element lie behind.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Column {
    /// The element's place among all elements.
    place: usize,
    /// The element's own name; without an element, the name in the header.
    pub(super) name: String,
}

impl Column {
    fn of(element: &Element, elements: &[Element]) -> Column {
        let place = elements.iter().position(|other| other.name == element.name);
        Column { place: place.unwrap_or(elements.len()), name: element.name.to_owned() }
    }

    /// The column of the element that holds this.
    pub(super) fn holding(cell: Cell, elements: &[Element]) -> Column {
        let element = elements.iter().find(|element| element.cell == cell);
        Column::of(element.unwrap_or_else(|| unreachable!("every cell is an element's")), elements)
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

/// Opens a file; `layout` are the columns that files beside it have.
pub(super) fn open(
    path: &Path,
    links: Links,
    layout: &[BatchColumn],
    elements: &'static [Element],
) -> Result<SharingFile, BatchError> {
    let mut rows = Rows::open(path, links)?;
    let no_rows = |line, what| BatchError::NoRows { path: path.to_owned(), line, what };
    let row = rows.next_row()?.ok_or_else(|| no_rows(1, "there is no header"))?;
    let names = names(rows.text(&row));
    // Nothing of it may be named in a message: it may be a row.
    let columns = identify(&names, layout, elements)
        .ok_or_else(|| no_rows(row.line, "the first row is not a header"))?;
    if !columns.contains(&Column::holding(Cell::ImmunfactId, elements)) {
        return Err(no_rows(row.line, "no column is IMMUNFACT_ID, by which rows are matched"));
    }
    let size = std::fs::metadata(path).map_or(0, |found| found.len());
    let header = names.into_iter().zip(columns).collect();
    Ok(SharingFile { path: path.to_owned(), links, size, header })
}

fn names(header: &[u8]) -> Vec<String> {
    let mut fields = Vec::new();
    split_row(header, &mut fields);
    let name = |field: &Field| String::from_utf8_lossy(&field.unquoted(header)).trim().to_owned();
    fields.iter().map(name).collect()
}

/// What the names mean: what the layout says, or the elements' own names; and in a file with as many columns as the
/// layout, an unknown name is that of the element in its place, if that is missing. None if so few of the names are known
/// that it may be a row.
fn identify(names: &[String], layout: &[BatchColumn], elements: &'static [Element]) -> Option<Vec<Column>> {
    let known = |name: &String| {
        let in_layout = layout.iter().find(|column| column.name == *name).and_then(|column| column.element);
        in_layout.or_else(|| elements.iter().find(|element| element.name.eq_ignore_ascii_case(name)))
    };
    let mut columns: Vec<Option<&Element>> = Vec::with_capacity(names.len());
    for name in names {
        let element = known(name).filter(|element| !columns.contains(&Some(element)));
        columns.push(element);
    }
    let recognized = columns.iter().flatten().count();
    if 2 * recognized < names.len() {
        return None;
    }
    if names.len() == layout.len() {
        for (place, in_layout) in layout.iter().enumerate() {
            if columns[place].is_none() && !columns.contains(&in_layout.element) {
                columns[place] = in_layout.element;
            }
        }
    }
    let mut all: Vec<Column> = Vec::with_capacity(names.len());
    for (element, name) in columns.into_iter().zip(names) {
        let other = |name| Column { place: elements.len(), name };
        let mut column = element.map_or_else(|| other(name.clone()), |element| Column::of(element, elements));
        // Columns of one name are told apart by their number.
        for number in 2.. {
            if !all.contains(&column) {
                break;
            }
            column = other(format!("{name} ({number})"));
        }
        all.push(column);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::usual_columns;
    use crate::elements::ALL;

    #[test]
    fn names_are_recognized() {
        let own: Vec<String> = ALL.iter().map(|e| e.name.to_owned()).collect();
        let all: Vec<Column> = ALL.iter().map(|element| Column::of(element, &ALL)).collect();
        let other = |name: &str| Column { place: ALL.len(), name: name.to_owned() };
        let identify = |names: &[String]| identify(names, &usual_columns(&ALL), &ALL);
        let identified = |names: &[String]| identify(names).unwrap();
        assert_eq!(identified(&own), all);
        let mut renamed = own.clone();
        renamed[7] = "STATECODE".into();
        renamed[11] = "IMMUN_FACT_ID".into();
        assert_eq!(identified(&renamed), all);
        let mut added = own.clone();
        added.insert(3, "SUFFIX".into());
        assert_eq!(identified(&added)[3], other("SUFFIX"));
        let mut twice = own.clone();
        twice.extend(["NOTE".into(), "NOTE".into()]);
        assert_eq!(identified(&twice)[27], other("NOTE (2)"));
        let row: Vec<String> = own.iter().map(|name| format!("value of {name}")).collect();
        assert_eq!(identify(&row), None);
        let lower: Vec<String> = own.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(identified(&lower), all);
    }
}
