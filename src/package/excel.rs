//! A copy of a recipient's file for those who open it in Excel by a double click: every value that is a text is a formula that
//! gives just this text, so that nothing is taken for a number, a date or a formula.
//!
//! It is altered, and never the file of record.

use crate::batch::{BYTE_ORDER_MARK, BatchError, Links, Rows, push_field, split_row};
use crate::elements::{self, Cell, ValueKind};
use std::io::{self, Write};
use std::path::Path;

/// A text in a formula of Excel's may have so many units of UTF-16; a longer one is put together of several.
const LONGEST_TEXT: usize = 255;

/// A formula may have so many.
const LONGEST_FORMULA: usize = 8192;

/// Writes the copy of a recipient's file.
///
/// # Errors
/// If the file cannot be read, or `out` fails.
pub fn write_excel_copy(file: &Path, out: &mut dyn Write) -> io::Result<()> {
    let unreadable = |error: BatchError| io::Error::other(error);
    let mut rows = Rows::open(file, Links::Refused).map_err(unreadable)?;
    // Excel needs it to know that the file is UTF-8.
    out.write_all(BYTE_ORDER_MARK)?;
    let (mut fields, mut line, mut is_header) = (Vec::new(), Vec::new(), true);
    while let Some(row) = rows.next_row().map_err(unreadable)? {
        let text = rows.text(&row);
        split_row(text, &mut fields);
        line.clear();
        for (place, field) in fields.iter().enumerate() {
            if place > 0 {
                line.push(b',');
            }
            let value = field.unquoted(text);
            match elements::ALL.get(place) {
                _ if value.is_empty() || is_header && is_word(&value) => push_field(&mut line, &value),
                Some(element) if !is_header && stays(element.cell) => push_field(&mut line, &value),
                _ => push_field(&mut line, as_formula(&String::from_utf8_lossy(&value)).as_bytes()),
            }
        }
        line.extend_from_slice(b"\r\n");
        out.write_all(&line)?;
        is_header = false;
    }
    Ok(())
}

/// Whether the values of a column stay as they are: dates, and what is counted with.
fn stays(cell: Cell) -> bool {
    cell.kind() == ValueKind::Date || cell == Cell::AgeInMonths
}

/// Whether a name of a column is a plain word, which nothing is made of.
fn is_word(name: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    name.first().is_some_and(u8::is_ascii_alphabetic) && name.iter().all(is_letter)
}

/// A formula that gives a text. A text too long for any formula is behind an apostrophe, which makes a text of it, too.
fn as_formula(text: &str) -> String {
    let mut parts = vec![String::new()];
    let mut units = 0;
    for character in text.chars() {
        if units + character.len_utf16() > LONGEST_TEXT {
            parts.push(String::new());
            units = 0;
        }
        units += character.len_utf16();
        let part = parts.len() - 1;
        parts[part].push(character);
    }
    let parts = parts.iter().map(|part| format!("\"{}\"", part.replace('"', "\"\"")));
    let formula = format!("={}", parts.collect::<Vec<_>>().join("&"));
    if formula.encode_utf16().count() > LONGEST_FORMULA { format!("'{text}") } else { formula }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_give_the_text() {
        let check = |text: &str, expect: &str| assert_eq!(as_formula(text), expect, "{text}");
        check("00501", "=\"00501\"");
        check("=1+1", "=\"=1+1\"");
        check("a \"b\"", "=\"a \"\"b\"\"\"");
        check("\"", "=\"\"\"\"");
        let long = "ñ".repeat(300);
        check(&long, &format!("=\"{}\"&\"{}\"", "ñ".repeat(255), "ñ".repeat(45)));
        // Each takes two units of UTF-16.
        check(&"🩹".repeat(130), &format!("=\"{}\"&\"{}\"", "🩹".repeat(127), "🩹".repeat(3)));
        let too_long = "=".repeat(9000);
        check(&too_long, &format!("'{too_long}"));
    }

    #[test]
    fn names_of_columns_are_no_formulas_either() {
        for (name, expect) in
            [("CLIENT_ID", true), ("=1+1", false), ("1st", false), ("Ñ", false), ("a b", false)]
        {
            assert_eq!(is_word(name.as_bytes()), expect, "{name}");
        }
    }

    #[test]
    fn a_copy_has_every_value_and_none_as_a_bare_formula() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file.csv");
        let header: Vec<&str> = elements::ALL.iter().map(|element| element.name).collect();
        let values = [
            "7",
            "=1+1",
            "a, b",
            "",
            "1990-05-05",
            "F",
            "say \"hi\"",
            "TX",
            "Río",
            "00501",
            "1",
            "11",
            "3",
            "2020-01-01",
            "08",
            "MMR",
            "1",
            "355",
            "5",
            "+1",
            "-1",
            "@x",
            "",
            "",
            "",
            "",
        ];
        let mut text = header.join(",").into_bytes();
        text.push(b'\n');
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                text.push(b',');
            }
            push_field(&mut text, value.as_bytes());
        }
        text.push(b'\n');
        std::fs::write(&file, text).unwrap();
        let mut copy = Vec::new();
        write_excel_copy(&file, &mut copy).unwrap();
        let copy = copy.strip_prefix(BYTE_ORDER_MARK).unwrap();
        assert_eq!(copy.iter().filter(|byte| **byte == b'\n').count(), 2);
        assert!(copy.ends_with(b"\r\n"));
        let mut reader = csv::Reader::from_reader(copy);
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), header);
        let row = reader.records().next().unwrap().unwrap();
        for ((found, value), element) in row.iter().zip(values).zip(&elements::ALL) {
            let is_bare = stays(element.cell) || value.is_empty();
            let expect =
                if is_bare { value.to_owned() } else { format!("=\"{}\"", value.replace('"', "\"\"")) };
            assert_eq!(found, expect, "{}", element.name);
        }
    }
}
