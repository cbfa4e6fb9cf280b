//! The dialect of CSV in which a batch's files are written, and in which they are read back.
//!
//! Commas between values, quotes only where RFC 4180 needs them, and lines that all end in the way that the policy says.
//! `verify` decides on its own where quotes belong, so that a mistake here is not hidden by the same mistake there.

use crate::policy::LineEnding;
use crate::registry::{Field, split_record, whole_records};
use memchr::memchr3;
use std::borrow::Cow;

/// What stands between two values.
pub(crate) const DELIMITER: u8 = b',';

/// Appends a value: as it stands, or between quotes, quotes doubled, where it holds a comma, a quote or a line
/// break.
pub(crate) fn push_field(out: &mut Vec<u8>, value: &[u8]) {
    let needs_quotes = memchr3(DELIMITER, b'"', b'\n', value).is_some() || value.contains(&b'\r');
    if !needs_quotes {
        out.extend_from_slice(value);
        return;
    }
    out.push(b'"');
    for byte in value {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

/// A small table as CSV: its header and its rows.
pub(crate) fn table_text<'a>(header: &[&str], rows: impl Iterator<Item = Vec<Cow<'a, str>>>) -> String {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let mut rows = rows;
    let written = csv
        .write_record(header)
        .and_then(|()| rows.try_for_each(|row| csv.write_record(row.iter().map(|value| value.as_bytes()))));
    match written.ok().and_then(|()| csv.into_inner().ok()).map(String::from_utf8) {
        Some(Ok(text)) => text,
        _ => unreachable!("texts can be written to memory"),
    }
}

/// Splits a row into its fields, wherever its quotes are. Returns where it ends: before the end of the text if more than one
/// row stands there.
pub(crate) fn split_row(text: &[u8], fields: &mut Vec<Field>) -> usize {
    split_record(text, 0, DELIMITER, fields)
}

/// Whether a text, which begins with a row, holds all of it: no quote is open at its end.
pub(super) fn holds_a_row(text: &[u8]) -> bool {
    whole_records(text, DELIMITER).end > 0
}

/// A row without its line end, and that; it has none at the end of a file that was cut.
pub(super) fn without_line_end(row: &[u8]) -> (&[u8], Option<LineEnding>) {
    for line_end in [LineEnding::Crlf, LineEnding::Lf] {
        if let Some(row) = row.strip_suffix(line_end.bytes()) {
            return (row, Some(line_end));
        }
    }
    (row, None)
}

/// Appends a whole number.
pub(crate) fn push_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_values() {
        let check = |value: &str, expect: &str| {
            let mut out = Vec::new();
            push_field(&mut out, value.as_bytes());
            assert_eq!(String::from_utf8(out).unwrap(), expect);
        };
        check("", "");
        check("plain text", "plain text");
        check("García, Jr.", "\"García, Jr.\"");
        check("the \"Kid\"", "\"the \"\"Kid\"\"\"");
        check("a\nb", "\"a\nb\"");
        check("a\rb", "\"a\rb\"");
        check("=1+1", "=1+1");
        check("a|b\tc;d'e", "a|b\tc;d'e");
    }

    proptest::proptest! {
        #[test]
        fn rust_csv_reads_back_what_is_written(values in proptest::collection::vec("[a\",\r\n é]{0,6}", 2..6)) {
            let mut out = Vec::new();
            for (i, value) in values.iter().enumerate() {
                if i > 0 { out.push(b',') }
                push_field(&mut out, value.as_bytes());
            }
            out.push(b'\n');
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(out.as_slice());
            let record = reader.records().next().unwrap().unwrap();
            proptest::prop_assert_eq!(record.iter().map(str::to_owned).collect::<Vec<_>>(), values);
        }

        #[test]
        fn numbers_are_written_as_everywhere(number: u64) {
            let mut out = Vec::new();
            push_number(&mut out, number);
            proptest::prop_assert_eq!(String::from_utf8(out).unwrap(), number.to_string());
        }
    }
}
