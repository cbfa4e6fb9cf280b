//! The header row: the delimiter, and the names of the columns.

use super::super::ExportFormat;
use super::super::layout::{Layout, Place, clean_name};
use super::split::Field;
use crate::registry::RegistryError;
use crate::registry::error::InputFault;

/// The delimiters a file may have; on a tie the first wins.
const DELIMITERS: [u8; 3] = [b',', b'|', b'\t'];

/// The delimiter that stands most often outside quotes in the header line, which `text` begins with. A quote opens a name
/// at the line's beginning, or behind what may be a delimiter; anywhere else it is a character like others.
pub(in crate::registry) fn find_delimiter(text: &[u8]) -> u8 {
    let mut counts = [0usize; DELIMITERS.len()];
    let mut in_quotes = false;
    // Whether a quote at this place opens a name, or goes on with one that has a doubled quote in it.
    let mut may_open = true;
    for &byte in text {
        match byte {
            b'"' if in_quotes => (in_quotes, may_open) = (false, true),
            b'"' if may_open => in_quotes = true,
            b'\n' if !in_quotes => break,
            _ if in_quotes => {}
            _ => {
                let which = DELIMITERS.iter().position(|d| *d == byte);
                which.iter().for_each(|which| counts[*which] += 1);
                may_open = which.is_some();
            }
        }
    }
    // Of equal ones the last is taken.
    let best = (0..DELIMITERS.len()).rev().max_by_key(|which| counts[*which]);
    DELIMITERS[best.unwrap_or(0)]
}

/// Finds the table's columns in the header's `fields`, which lie in `bytes`.
pub(super) fn read(
    bytes: &[u8],
    fields: &[Field],
    delimiter: u8,
    format: &ExportFormat,
    place: &Place<'_>,
) -> Result<Layout, RegistryError> {
    let name = |field: &Field| Some(clean_name(&format.encoding.decode(field.unquoted(bytes))?));
    let names: Option<Vec<String>> = fields.iter().map(name).collect();
    let names = names.ok_or_else(|| place.error(None, InputFault::HeaderEncoding))?;
    Layout::find(&names, Some(delimiter), format, place)
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
        // A quote in the middle of a name is a character.
        check("5\"A|B|C,D\n,,,,", b'|');
        check("x\"y|\"A\"|\"B, C, D\"\n", b'|');
        check("\"A\"\", B, C\"|D\n", b'|');
        check("\"A\"x\",B|C|D\n", b'|');
    }
}
