//! The header row: the delimiter, and the names of the columns.

use super::super::Encoding;
use super::super::error::{InputFault, RegistryError};
use super::super::layout::{Layout, Place, Splitting, clean_name};
use super::split::Field;

/// The delimiters a file may have; on a tie the first wins.
const DELIMITERS: [u8; 3] = [b',', b'|', b'\t'];

/// The delimiter that stands most often outside quotes in the header line, which `text` begins with. A quote opens a name
/// at the line's beginning, or behind what may be a delimiter; anywhere else it is a character like others.
pub(super) fn find_delimiter(text: &[u8]) -> u8 {
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
    let mut best = 0;
    for which in 1..DELIMITERS.len() {
        if counts[which] > counts[best] {
            best = which;
        }
    }
    DELIMITERS[best]
}

/// Finds the table's columns in the header's `fields`, which lie in `bytes`.
pub(super) fn read(
    bytes: &[u8],
    fields: &[Field],
    delimiter: u8,
    encoding: Encoding,
    place: &Place<'_>,
) -> Result<Layout, RegistryError> {
    let mut names = Vec::with_capacity(fields.len());
    for field in fields {
        let Some(decoded) = encoding.decode(field.unquoted(bytes)) else {
            return Err(place.error(None, InputFault::HeaderEncoding));
        };
        names.push(clean_name(&decoded));
    }
    Layout::find(&names, Splitting::Csv { delimiter }, encoding, place)
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
