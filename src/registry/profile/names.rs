//! Names of columns in a header: which of them hold a table's columns.

use super::{ColumnSource, Profile};
use crate::registry::Table;

/// How the names of a table's columns are found in a header.
#[derive(Clone, Copy)]
pub(in crate::registry) struct HeaderNames<'p> {
    table: Table,
    profile: Option<&'p Profile>,
}

impl<'p> HeaderNames<'p> {
    pub(in crate::registry) fn new(table: Table, profile: Option<&'p Profile>) -> HeaderNames<'p> {
        HeaderNames { table, profile }
    }

    /// What a name, cleaned up, is compared by.
    pub(in crate::registry) fn fold(self, name: &str) -> String {
        match self.profile {
            // Letters beyond ASCII are in no column's name.
            None => name.to_ascii_lowercase(),
            Some(_) => fold(name),
        }
    }

    /// The name of a column in the header; none where its value does not come from there.
    pub(in crate::registry) fn of_column(self, place: usize) -> Option<&'p str> {
        let own = self.table.column_name(place);
        match self.profile.map(|profile| &profile.table(self.table).columns[place]) {
            None | Some(ColumnSource::OwnName) => Some(own),
            Some(ColumnSource::Named(name)) => Some(name),
            Some(ColumnSource::Constant(_)) => None,
        }
    }
}

/// A header's name as a profile compares it: without regard to case, a run of white space being the same as `_`.
pub(in crate::registry) fn fold(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    words.join("_").to_lowercase()
}
