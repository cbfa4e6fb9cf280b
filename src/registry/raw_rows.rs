//! Rows as they stand in an export, before any clean-up: for the one command that shows a person what is in a row.

use super::source::{Block, Layout, blank_lines, count_lines, split_packed, split_record};
use super::{Encoding, Field, RegistryError, Source, Table};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A field of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawField {
    /// The column's name; `field 12` where there is none, or none that may be shown.
    pub column: String,
    /// Without the quotes around it. Bytes that are not the export's encoding are written as `\xF1`.
    pub text: String,
}

/// The rows of a table that begin on these lines, by line. A database gives the table's own columns only.
///
/// # Errors
/// If the table cannot be read.
pub fn raw_rows(
    source: &dyn Source,
    table: Table,
    lines: &BTreeSet<u64>,
) -> Result<BTreeMap<u64, Vec<RawField>>, RegistryError> {
    let mut rows = BTreeMap::new();
    let Some(last) = lines.last() else { return Ok(rows) };
    let Some(mut reader) = source.open_table(table)? else { return Ok(rows) };
    let layout = reader.layout().clone();
    let mut fields = Vec::new();
    reader.for_each_block(&mut |block, _| {
        let mut is_behind = false;
        for_each_record(&block, &layout, &mut fields, &mut |line, fields| {
            if lines.contains(&line) {
                rows.insert(line, raw_fields(&block, &layout, fields));
            }
            is_behind = line >= *last;
        });
        Ok(Some(block).filter(|_| !is_behind))
    })?;
    Ok(rows)
}

/// Calls `visit` with the line on which each record begins, and its fields.
fn for_each_record(
    block: &Block,
    layout: &Layout,
    fields: &mut Vec<Field>,
    visit: &mut dyn FnMut(u64, &[Field]),
) {
    let (mut at, mut line) = (0, block.first_line);
    while at < block.text.len() {
        let Some(delimiter) = layout.delimiter else {
            let (line, next) = split_packed(&block.text, at, layout.width, fields);
            visit(line, fields);
            at = next;
            continue;
        };
        let blank = blank_lines(&block.text[at..]);
        let next = if blank > 0 { at + blank } else { split_record(&block.text, at, delimiter, fields) };
        if blank == 0 {
            visit(line, fields);
        }
        line += count_lines(&block.text[at..next]);
        at = next;
    }
}

fn raw_fields(block: &Block, layout: &Layout, fields: &[Field]) -> Vec<RawField> {
    let column = |place: usize| {
        let own = layout.table.columns().iter().zip(layout.fields).find(|(_, field)| *field == place);
        let extra = || layout.extra.iter().find(|extra| extra.place == place + 1);
        // A database hands out no field of an extra column.
        let extra = || extra().filter(|_| layout.delimiter.is_some()).and_then(|extra| extra.name.clone());
        let name = own.map(|(column, _)| column.name.to_owned()).or_else(extra);
        name.unwrap_or_else(|| format!("field {}", place + 1))
    };
    let raw = |(place, field): (usize, &Field)| RawField {
        column: column(place),
        text: in_encoding(layout.encoding, field.unquoted(&block.text)),
    };
    fields.iter().enumerate().map(raw).collect()
}

fn in_encoding(encoding: Encoding, bytes: Cow<'_, [u8]>) -> String {
    let bytes = encoding.decode(bytes.clone()).unwrap_or(bytes);
    let mut text = String::with_capacity(bytes.len());
    for part in bytes.utf8_chunks() {
        text.push_str(part.valid());
        part.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02X}")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_out_as_they_stand() {
        let fields = |text: &[u8], expect: &[(u64, &[(&str, &str)])]| {
            let layout = Layout { delimiter: Some(b','), ..Layout::packed(Table::Control, Encoding::Utf8) };
            let block = Block { text: text.to_owned(), first_line: 2, ..Block::default() };
            let mut rows = Vec::new();
            for_each_record(&block, &layout, &mut Vec::new(), &mut |line, fields| {
                rows.push((line, raw_fields(&block, &layout, fields)));
            });
            let raw = |(column, text): &(&str, &str)| RawField {
                column: (*column).to_owned(),
                text: (*text).to_owned(),
            };
            let expect: Vec<_> =
                expect.iter().map(|(line, row)| (*line, row.iter().map(raw).collect::<Vec<_>>())).collect();
            assert_eq!(rows, expect);
        };
        fields(b"", &[]);
        fields(
            b"clients , 7x\r\n\n\n\"a\n\"\"b\",1\nno,M\xf1z,more\n",
            &[
                (2, &[("TABLE_NAME", "clients "), ("ROW_COUNT", " 7x")]),
                (5, &[("TABLE_NAME", "a\n\"b"), ("ROW_COUNT", "1")]),
                (7, &[("TABLE_NAME", "no"), ("ROW_COUNT", "M\\xF1z"), ("field 3", "more")]),
            ],
        );
    }
}
