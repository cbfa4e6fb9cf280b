//! The names of the columns as a batch's data dictionary tells them.

use super::{names, read_own_file};
use crate::elements;
use std::path::Path;

/// The names that stand in the header, in the elements' order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeaderNames(Vec<String>);

impl HeaderNames {
    /// The names in the `data_dictionary.csv` of a folder; none if there is no such file, or not one that tells them.
    pub fn beside(folder: &Path) -> Option<HeaderNames> {
        let text = read_own_file(&folder.join(names::DICTIONARY_CSV)).ok()?;
        let mut reader = csv::Reader::from_reader(text.as_slice());
        let column = reader.headers().ok()?.iter().position(|name| name == "NAME")?;
        let names = reader
            .records()
            .map(|record| Some(record.ok()?.get(column)?.to_owned()))
            .collect::<Option<Vec<String>>>()?;
        (names.len() == elements::ALL.len()).then_some(HeaderNames(names))
    }

    /// The names, in the elements' order.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}
