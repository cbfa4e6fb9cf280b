//! The header row: the delimiter, and where each column of the layout stands.

use super::super::error::{BadInput, InputFault, RegistryError};
use super::super::tables::MOST_COLUMNS;
use super::super::{Encoding, Table};
use super::split::Field;
use crate::value::text;
use std::collections::HashMap;
use std::path::Path;

/// The delimiters a file may have; on a tie the first wins.
const DELIMITERS: [u8; 3] = [b',', b'|', b'\t'];

/// What a file's header says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Header {
    /// What separates the fields.
    pub(crate) delimiter: u8,
    /// The file's encoding.
    pub(crate) encoding: Encoding,
    /// How many fields a row must have.
    pub(crate) width: usize,
    /// For each column of the layout, by its place there, the field that holds it.
    pub(crate) fields: [usize; MOST_COLUMNS],
    /// How many columns are not part of the layout.
    pub(crate) extra: usize,
}

/// Where a header stands, for errors.
pub(super) struct Place<'a> {
    pub(super) path: &'a Path,
    pub(super) line: u64,
    pub(super) table: Table,
}

/// The delimiter that stands most often outside quotes in the header line, which `text` begins with.
pub(super) fn find_delimiter(text: &[u8]) -> u8 {
    let mut counts = [0usize; DELIMITERS.len()];
    let mut in_quotes = false;
    for &byte in text {
        match byte {
            b'"' => in_quotes = !in_quotes,
            b'\n' if !in_quotes => break,
            _ if in_quotes => {}
            _ => {
                if let Some(which) = DELIMITERS.iter().position(|d| *d == byte) {
                    counts[which] += 1;
                }
            }
        }
    }
    let mut best = 0;
    for which in 1..DELIMITERS.len() {
        if counts[which] > counts[best] {
            best = which;
        }
    }
    DELIMITERS[best]
}

impl Header {
    /// Finds the table's columns in the header's `fields`, which lie in `bytes`.
    ///
    /// A column that is missing is told first: a file without a header shows itself that way, and nothing of its
    /// first row may be named in a message.
    pub(super) fn read(
        bytes: &[u8],
        fields: &[Field],
        delimiter: u8,
        encoding: Encoding,
        place: Place<'_>,
    ) -> Result<Header, RegistryError> {
        let mut names = Vec::with_capacity(fields.len());
        for field in fields {
            let Some(decoded) = encoding.decode(field.unquoted(bytes)) else {
                return Err(BadInput::at_line(place.path, place.line, InputFault::HeaderEncoding));
            };
            names.push(String::from_utf8_lossy(&text::clean(&decoded)).to_lowercase());
        }
        let columns = place.table.columns();
        let mut found = [0; MOST_COLUMNS];
        for (column, field) in columns.iter().zip(&mut found) {
            match names.iter().position(|name| name.eq_ignore_ascii_case(column.name)) {
                Some(position) => *field = position,
                None => {
                    let fault = InputFault::MissingColumn;
                    return Err(BadInput::in_column(place.path, place.line, column.name, fault));
                }
            }
        }
        refuse_names_twice(&names, &place)?;
        Ok(Header {
            delimiter,
            encoding,
            width: fields.len(),
            fields: found,
            extra: fields.len() - columns.len(),
        })
    }
}

/// A column named twice is an error, whether it is one of the layout's or an extra one; nameless ones are not.
fn refuse_names_twice(names: &[String], place: &Place<'_>) -> Result<(), RegistryError> {
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(names.len());
    for (position, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        if let Some(first) = seen.insert(name, position) {
            let fault = InputFault::ColumnTwice { first: first + 1, second: position + 1 };
            let known = place.table.columns().iter().find(|c| name.eq_ignore_ascii_case(c.name));
            return Err(match known {
                Some(column) => BadInput::in_column(place.path, place.line, column.name, fault),
                None => BadInput::at_line(place.path, place.line, fault),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_delimiter() {
        let check =
            |header: &str, expect: u8| assert_eq!(find_delimiter(header.as_bytes()), expect, "{header}");
        check("A,B,C\n1|2|3|4|5\n", b',');
        check("A|B,B|C\n", b'|');
        check("A\tB\tC", b'\t');
        check("A|B,C\n", b',');
        check("A\tB|C\n", b'|');
        check("\"A,A,A\"|B\n", b'|');
        check("\"A\n,,,\"\tB\n", b'\t');
        check("A\n", b',');
    }
}
