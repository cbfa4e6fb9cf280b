//! The columns of a batch's files as its data dictionary lists them.

use super::{names, read_own_file};
use crate::elements::Element;
use std::path::Path;

/// A column of a batch's files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BatchColumn {
    /// Its name in the header.
    pub name: String,
    /// The element it holds; none if the program does not know it.
    pub element: Option<&'static Element>,
}

/// The columns by the `data_dictionary.csv` of a folder, in the order of the files; none if there is no such file, or not
/// one that names them. Elements are known by their labels, which no policy changes.
pub fn columns_beside(folder: &Path, elements: &'static [Element]) -> Option<Vec<BatchColumn>> {
    let text = read_own_file(&folder.join(names::DICTIONARY_CSV)).ok()?;
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let headers = reader.headers().ok()?;
    let place = |wanted: &str| headers.iter().position(|name| name == wanted);
    let (name, label) = (place("NAME")?, place("LABEL")?);
    let column = |record: csv::Result<csv::StringRecord>| {
        let record = record.ok()?;
        let element = elements.iter().find(|element| record.get(label) == Some(&element.label()));
        Some(BatchColumn { name: record.get(name)?.to_owned(), element })
    };
    reader.records().map(column).collect()
}

/// The columns of files that no dictionary describes: one for each element, under its own name.
pub fn usual_columns(elements: &'static [Element]) -> Vec<BatchColumn> {
    let column =
        |element: &'static Element| BatchColumn { name: element.name.to_owned(), element: Some(element) };
    elements.iter().map(column).collect()
}
