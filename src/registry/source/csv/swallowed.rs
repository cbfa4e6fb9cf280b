//! Rows that a stray quote, or a hole in the file, has swallowed.
//!
//! People write `5'4"` and `"called`. One quote that opens by accident, and another that closes lines later, make one
//! well-formed record of several, and a withdrawal is gone. Nothing can tell for certain; what can be told is whether
//! a whole row may lie in a record.
//!
//! A disk that lost power, or a copy that was cut off, leaves a hole in a file: zeros in place of what was there. Where
//! it lies over a line end, the beginning of one row and the end of another look like one. No value has a reason to
//! hold that many zeros.

use super::split::Field;
use crate::registry::Table;
use memchr::{memchr, memchr_iter, memmem};

/// So many zeros are a hole. Two consents become one by no shorter one.
const HOLE: [u8; 16] = [0; 16];

/// Whether rows may lie in the fields of a record, by the contract's rules, or in a hole in it. `record` is the record's
/// text, with or without its line end, and `fields` are its fields, which lie in `text`. `width` is the header's number
/// of columns.
pub(in crate::registry) fn may_have_swallowed_rows(
    record: &[u8],
    text: &[u8],
    fields: &[Field],
    table: Table,
    delimiter: u8,
    width: usize,
) -> bool {
    let record = record.strip_suffix(b"\n").unwrap_or(record);
    if memchr(0, record).is_some() && memmem::find(record, &HOLE).is_some() {
        return true;
    }
    if memchr(b'\n', record).is_none() {
        return false;
    }
    if !table.may_hold_line_breaks() {
        return true;
    }
    let over_lines = || fields.iter().filter_map(|field| Some((field, field.over_lines(text)?)));
    if over_lines().any(|(field, _)| field.is_trailed()) {
        return true;
    }
    let delimiters = |bytes: &[u8]| memchr_iter(delimiter, bytes).count();
    let of_a_row = width.saturating_sub(1);
    let in_fields: usize = over_lines().map(|(_, raw)| delimiters(raw)).sum();
    // The first line is where the record itself begins.
    let a_line_is_a_row =
        || record.split(|byte| *byte == b'\n').skip(1).any(|line| delimiters(line) >= of_a_row);
    in_fields >= of_a_row && a_line_is_a_row()
}

#[cfg(test)]
mod tests {
    use super::super::split::split_record;
    use super::*;

    #[test]
    fn tells_records_that_may_hold_rows() {
        // A table of four columns: three delimiters make a row.
        let check = |table: Table, record: &str, expect: bool| {
            let mut fields = Vec::new();
            let end = split_record(record.as_bytes(), 0, b',', &mut fields);
            assert_eq!(end, record.len(), "{record:?} is one record");
            let got = may_have_swallowed_rows(record.as_bytes(), record.as_bytes(), &fields, table, b',', 4);
            assert_eq!(got, expect, "{table} {record:?}");
        };
        let rows = Table::Clients;
        check(rows, "1,a,b,c\n", false);
        check(rows, "1,\"12 Elm\nTravis\",b,c\n", false);
        check(rows, "1,\"12 Elm\r\nTravis\",b,c\r\n", false);
        // Two rows in one.
        check(rows, "1,\"a,b,c\n2,a,b\",c\n", true);
        check(rows, "1,\"a,b,c\n2,a,b\",c", true);
        check(rows, "1,\"a,b,c\r\n2,a,b\",c\r\n", true);
        // Delimiters enough in the fields, but no line that could be a row.
        check(rows, "1,\"a, b, c,\nd\",b,c\n", false);
        // A line that could be a row, but too few delimiters inside of fields.
        check(rows, "1,b,c,\"x\ny\",e,f,g\n", false);
        // Two fields over lines count together.
        check(rows, "1,\"a,\nb\",\"c,\nd\",e,f\n", false);
        check(rows, "1,\"a,\nb\",\"c,,\nd\"\n", true);
        check(rows, "1,\"a,\nb\",\"c,\nd\",e,f,g\n", false);
        // Anything behind the closing quote, a space too.
        check(rows, "1,\"a\nb\" ,b,c\n", true);
        check(rows, "1,\"a\nb\"x,b,c\n", true);
        check(rows, "1,\"a\" x,b,c\n", false);
        // Doubled quotes stand for themselves.
        check(rows, "1,\"a \"\"b\"\", c\nd\",b,c\n", false);
        check(rows, "1,\"a\"\",b,c\n2,a,b,\"\"\",c\n", true);
        // A hole; a few zeros are padding.
        check(rows, &format!("1,a,{}b,c\n", "\0".repeat(16)), true);
        check(rows, &format!("1,a,{}b,c\n", "\0".repeat(15)), false);
        check(Table::Consents, &format!("1,a,b,c{}\n", "\0".repeat(100)), true);
        for table in [Table::Consents, Table::Recipients, Table::Control] {
            check(table, "1,\"a\nb\",b,c\n", true);
            check(table, "1,a,b,\"c\n\"\n", true);
            check(table, "1,\"a\",b,c\n", false);
        }
    }
}
