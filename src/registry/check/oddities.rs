//! What is odd about the texts of rows that can be used, as far as every run looks at it: words that programs write for
//! "no value", and backslashes that were meant to escape a quote.
//!
//! `phds check` looks at more ([`Sign`](super::Sign)), row by row. Here every row of an export comes by, so each text costs a
//! look at its first letter.

use super::row::{ExportRow, Value};
use super::shape::is_escaped;
use crate::registry::Table;
use crate::registry::tables::{Kind, MOST_COLUMNS, clients, organizations};
use std::fmt;

/// How many odd texts there are in each column of a table.
#[derive(Debug)]
pub(in crate::registry) struct Oddities {
    table: Table,
    /// The places of the columns that are looked at.
    columns: Vec<usize>,
    words: [u64; MOST_COLUMNS],
    escapes: [u64; MOST_COLUMNS],
}

impl Oddities {
    pub(super) fn of_table(table: Table) -> Oddities {
        let is_text = |place: &usize| matches!(table.columns()[*place].kind, Kind::Text | Kind::Cvx);
        let columns = (0..table.columns().len()).filter(is_text).collect();
        Oddities { table, columns, words: [0; MOST_COLUMNS], escapes: [0; MOST_COLUMNS] }
    }

    /// Looks at a row. `may_escape`: whether a backslash stands anywhere near.
    #[inline]
    pub(super) fn note(&mut self, row: &ExportRow<'_>, may_escape: bool) {
        for place in &self.columns {
            let Value::Text(text) = row.values[*place] else { continue };
            if is_word_for_nothing(self.table, *place, text) {
                self.words[*place] += 1;
            } else if may_escape && is_escaped(text) {
                self.escapes[*place] += 1;
            }
        }
    }

    /// Looks at the text of a column in a row without a backslash.
    #[inline]
    pub(super) fn note_text(&mut self, place: usize, text: &[u8]) {
        self.words[place] += u64::from(is_word_for_nothing(self.table, place, text));
    }

    pub(super) fn add(&mut self, other: &Oddities) {
        let mine = self.words.iter_mut().chain(&mut self.escapes);
        for (mine, theirs) in mine.zip(other.words.iter().chain(&other.escapes)) {
            *mine += theirs;
        }
    }

    /// The texts that are words for nothing.
    pub(super) fn words(&self) -> Option<InColumns> {
        InColumns::counted(self.table, &self.words)
    }

    /// The texts with a backslash that was meant to escape.
    pub(super) fn escapes(&self) -> Option<InColumns> {
        InColumns::counted(self.table, &self.escapes)
    }
}

/// Whether a text is a word for nothing, spelled as programs spell it: a person may be called Null, or Na.
fn is_word_for_nothing(table: Table, place: usize, text: &[u8]) -> bool {
    // Almost no text gets beyond this.
    if !matches!(text, [b'N' | b'n' | b'(' | b'\\' | b'#', ..]) || text.len() > 6 {
        return false;
    }
    match text {
        b"NULL" | b"null" | b"(NULL)" | b"(null)" | b"\\N" | b"N/A" | b"n/a" | b"#N/A" | b"NaN" | b"nan"
        | b"None" => {
            // Of these there is another warning: they count as blank.
            (table, place) != (Table::Organizations, organizations::RESPONSIBLE_ENTITY)
        }
        b"NA" => !matches!((table, place), (Table::Clients, clients::FIRST_NAME | clients::LAST_NAME)),
        _ => false,
    }
}

/// How many values there are in which columns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InColumns(Vec<(&'static str, u64)>);

impl InColumns {
    fn counted(table: Table, counts: &[u64; MOST_COLUMNS]) -> Option<InColumns> {
        let counts = counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let found: Vec<_> = counts.map(|(place, count)| (table.column_name(place), *count)).collect();
        (!found.is_empty()).then_some(InColumns(found))
    }
}

impl fmt::Display for InColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, (column, count)) in self.0.iter().enumerate() {
            write!(f, "{}{count} in {column}", if nth > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_words_that_programs_write() {
        let check = |place: usize, text: &str, expect: bool| {
            assert_eq!(is_word_for_nothing(Table::Clients, place, text.as_bytes()), expect, "{text}");
        };
        for text in ["NULL", "null", "(null)", "\\N", "N/A", "#N/A", "NaN", "None", "NA"] {
            check(clients::ZIP_CODE, text, true);
        }
        // Somebody may be called so.
        check(clients::LAST_NAME, "Null", false);
        check(clients::LAST_NAME, "NA", false);
        check(clients::FIRST_NAME, "Na", false);
        check(clients::LAST_NAME, "NULL", true);
        check(clients::LAST_NAME, "Nullar", false);
        check(clients::LAST_NAME, "", false);
        assert!(!is_word_for_nothing(Table::Organizations, organizations::RESPONSIBLE_ENTITY, b"NULL"));
    }
}
