//! How a file's text falls into a header, rows and lines that are no rows.

use super::encoding::TextBlock;
use crate::registry::source::Field;
use crate::registry::source::{blank_lines, find_delimiter, split_record};
use crate::value::text;
use regex::bytes::Regex;
use std::collections::BTreeMap;

/// The delimiters that files have.
const DELIMITERS: &[u8] = b",\t|;^~\x1f\x01\x1e#!*:";

/// So many records tell the delimiter.
const RECORDS_FOR_DELIMITER: usize = 400;

/// A preamble has no more lines than this.
const LONGEST_PREAMBLE: usize = 40;

const A_TOTAL: &str =
    r"(?i:total|total rows|total records|row count|rows|record count|records) *[:=]? *[0-9,]+";
const A_TRAILER: &str = r"(?i:trailer|trl|eof|end of file|end of report|footer)(?:[^0-9A-Za-z].*)?";

/// Patterns that could fit a row too, if it has as many fields as the others.
const MAY_BE_ROWS: [&str; 2] = [A_TOTAL, A_TRAILER];

/// Lines that programs write around rows: the pattern, and what writes such a line.
const KNOWN: [(&str, &str); 14] = [
    (r"\([0-9,]+ rows? affected\)", "SQL Server's count of rows"),
    (r"\([0-9,]+ rows?\)", "PostgreSQL's count of rows"),
    (r"[0-9,]+ rows? (?:selected|affected|returned|exported)\.?", "a count of rows"),
    (r" *[0-9,]+ record\(s\) selected\.?.*", "DB2's count of rows"),
    (r"[0-9,]+ rows? in set.*", "MySQL's count of rows"),
    (r"[0-9,]+ rows? copied\.?", "bcp's count of rows"),
    (r"no rows selected\.?", "Oracle's word for an empty table"),
    (r"SQL>.*", "a command of SQL*Plus"),
    (r"Elapsed: [0-9:.]+", "SQL*Plus's time"),
    (r"Changed database context to .*", "a message of sqlcmd"),
    (r"Network packet size.*|Clock Time.*|Starting copy\.\.\.", "a message of bcp"),
    (A_TOTAL, "a count of rows"),
    (A_TRAILER, "a line that ends a file"),
    (r"PL/SQL procedure successfully completed\.", "a message of SQL*Plus"),
];

/// A value as it stands in a file, cleaned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct RawCell {
    pub(super) text: Box<str>,
    pub(super) is_quoted: bool,
}

/// What a file's text falls into.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) delimiter: u8,
    /// Whether the program finds the delimiter itself.
    pub(super) finds_delimiter: bool,
    /// The names, cleaned.
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<RawCell>>,
    /// Patterns of lines that are no rows, each with what it is and how many lines it fits.
    pub(super) not_rows: BTreeMap<String, (String, usize)>,
    /// Rows that are the header once more.
    pub(super) repeated_headers: usize,
    /// Records with another number of fields than the header, and no line that is known to be no row.
    pub(super) odd_records: usize,
    /// Whether the last line of the file is one of them.
    pub(super) ends_oddly: bool,
}

/// Takes a file's text apart; none if it is no table: no delimiter divides most of its lines into the same number of
/// fields.
pub(super) fn take_apart(blocks: &[TextBlock]) -> Option<Lines> {
    let first = blocks.iter().find(|block| block.is_first)?;
    let (delimiter, width) = delimiter_of(&first.text)?;
    let known = Known::new(delimiter);
    let mut lines = Lines { delimiter, ..Lines::default() };
    let mut preamble = Vec::new();
    for block in blocks {
        let mut at =
            if block.is_first { 0 } else { block.text.find('\n').map_or(block.text.len(), |end| end + 1) };
        // The last record of a piece may be cut.
        let end =
            if block.is_last { block.text.len() } else { block.text.rfind('\n').map_or(0, |end| end + 1) };
        let bytes = &block.text.as_bytes()[..end.max(at)];
        let mut fields = Vec::new();
        while at < bytes.len() {
            let blank = blank_lines(&bytes[at..]);
            if blank > 0 {
                at += blank;
                continue;
            }
            let line = line_at(bytes, at);
            let next = split_record(bytes, at, delimiter, &mut fields);
            if let Some((pattern, what)) = known.find(line.as_bytes(), fields.len() == width) {
                lines.not_rows.entry(pattern).or_insert((what, 0)).1 += 1;
                at += line_length(bytes, at);
                continue;
            }
            if fields.len() == width {
                if lines.header.is_empty() {
                    lines.header = cells(bytes, &fields).into_iter().map(|cell| cell.text.into()).collect();
                    lines.finds_delimiter = find_delimiter(&bytes[at..]) == delimiter;
                } else {
                    lines.take_row(cells(bytes, &fields));
                }
                lines.ends_oddly = false;
            } else if lines.header.is_empty() && preamble.len() < LONGEST_PREAMBLE {
                preamble.push(line.into_owned());
                at += line_length(bytes, at);
                continue;
            } else {
                lines.odd_records += 1;
                lines.ends_oddly = block.is_last;
            }
            at = next;
        }
    }
    for line in &preamble {
        let pattern = shape_of(line);
        lines.not_rows.entry(pattern).or_insert(("a line before the header".to_owned(), 0)).1 += 1;
    }
    (!lines.header.is_empty()).then_some(lines)
}

impl Lines {
    fn take_row(&mut self, row: Vec<RawCell>) {
        let is_header = row.iter().zip(&self.header).all(|(cell, name)| *cell.text == **name);
        self.repeated_headers += usize::from(is_header);
        if !is_header {
            self.rows.push(row);
        }
    }
}

/// The patterns of lines that are known to be no rows.
struct Known {
    dashes: (Regex, String),
    patterns: Vec<(Regex, &'static str, &'static str)>,
}

impl Known {
    fn new(delimiter: u8) -> Known {
        let delimiter = match delimiter {
            byte if byte.is_ascii_graphic() => regex::escape(&char::from(byte).to_string()),
            byte => format!(r"\x{byte:02x}"),
        };
        let dashes = format!("[-+= {delimiter}]*--[-+= {delimiter}]*");
        let patterns = KNOWN.iter().map(|(pattern, what)| (whole(pattern), *pattern, *what));
        Known { dashes: (whole(&dashes), dashes), patterns: patterns.collect() }
    }

    /// The pattern that fits a line, and what the line is. `is_of_width`: whether it has as many fields as a row.
    fn find(&self, line: &[u8], is_of_width: bool) -> Option<(String, String)> {
        if self.dashes.0.is_match(line) {
            return Some((self.dashes.1.clone(), "dashes under the header".to_owned()));
        }
        let fits = |(regex, pattern, _): &&(Regex, &str, &str)| {
            (!is_of_width || !MAY_BE_ROWS.contains(pattern)) && regex.is_match(line)
        };
        let (_, pattern, what) = self.patterns.iter().find(fits)?;
        Some(((*pattern).to_owned(), (*what).to_owned()))
    }
}

/// A pattern that must match a whole line.
fn whole(pattern: &str) -> Regex {
    let whole = Regex::new(&format!(r"\A(?:{pattern})\z"));
    whole.unwrap_or_else(|_| unreachable!("the patterns here are fixed, and a test compiles them"))
}

/// The line at a place, without its end.
fn line_at(bytes: &[u8], at: usize) -> std::borrow::Cow<'_, str> {
    let rest = &bytes[at..];
    let line = memchr::memchr(b'\n', rest).map_or(rest, |end| &rest[..end]);
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line))
}

fn line_length(bytes: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len() - at, |end| end + 1)
}

fn cells(bytes: &[u8], fields: &[Field]) -> Vec<RawCell> {
    let cell = |field: &Field| {
        let text = String::from_utf8_lossy(&text::clean(&field.unquoted(bytes))).into();
        RawCell { text, is_quoted: field.is_quoted() }
    };
    fields.iter().map(cell).collect()
}

/// The delimiter that divides most records into the same number of fields, and that number.
fn delimiter_of(text: &str) -> Option<(u8, usize)> {
    let bytes = text.as_bytes();
    let mut best: Option<(f64, u8, usize)> = None;
    for &delimiter in DELIMITERS.iter().filter(|delimiter| bytes.contains(delimiter)) {
        let known = Known::new(delimiter);
        let (mut widths, mut fields, mut at, mut count) = (BTreeMap::new(), Vec::new(), 0, 0);
        while at < bytes.len() && count < RECORDS_FOR_DELIMITER {
            let blank = blank_lines(&bytes[at..]);
            if blank > 0 {
                at += blank;
                continue;
            }
            if known.find(line_at(bytes, at).as_bytes(), false).is_some() {
                at += line_length(bytes, at);
                continue;
            }
            at = split_record(bytes, at, delimiter, &mut fields);
            *widths.entry(fields.len()).or_insert(0usize) += 1;
            count += 1;
        }
        let Some((width, times)) = widths.into_iter().max_by_key(|(width, times)| (*times, *width)) else {
            continue;
        };
        let share = times as f64 / count as f64;
        // A header alone, or a header and a line around it, is a table too.
        if width < 2 || share < 0.5 {
            continue;
        }
        let score = share * share * (width as f64).sqrt();
        if best.is_none_or(|(other, ..)| score > other) {
            best = Some((score, delimiter, width));
        }
    }
    best.map(|(_, delimiter, width)| (delimiter, width))
}

/// A pattern for a line of text around rows: letters and digits in general, all else as it stands. It tells the line's
/// shape and none of its words.
fn shape_of(line: &str) -> String {
    let kind = |c: char| match c {
        c if c.is_alphabetic() => r"\pL+",
        c if c.is_ascii_digit() => "[0-9]+",
        c if c.is_ascii_punctuation() || c == ' ' => "",
        _ => ".",
    };
    let mut pattern = String::new();
    let mut last = "";
    for c in line.chars() {
        let part = kind(c);
        match part {
            "" => pattern.push_str(&regex::escape(&c.to_string())),
            part if part == last && part != "." => {}
            part => pattern.push_str(part),
        }
        last = part;
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn apart(text: &str) -> Option<Lines> {
        take_apart(&[TextBlock { text: text.to_owned(), is_first: true, is_last: true }])
    }

    #[test]
    fn finds_the_delimiter() {
        let check = |text: &str, expect: Option<(char, usize)>| {
            assert_eq!(delimiter_of(text).map(|(byte, width)| (char::from(byte), width)), expect, "{text:?}");
        };
        check("A,B\n1,2\n", Some((',', 2)));
        check("A;B;C\n1;a, b;2\n2;c;3\n3;x, y, z;4\n", Some((';', 3)));
        check("A|B\n1|10:00:00\n2|11:00:00\n", Some(('|', 2)));
        check("A^B\n1^2\n", Some(('^', 2)));
        check("A~B\n1~2\n", Some(('~', 2)));
        check("A,B\n\"1,1,1\",2\n\"x\ny,\",3\n", Some((',', 2)));
        check("a line\nand another\n", None);
        check("", None);
    }

    #[test]
    fn finds_lines_that_are_no_rows() {
        let check = |text: &str, header: &str, rows: usize, patterns: &[&str]| {
            let lines = apart(text).unwrap();
            assert_eq!(lines.header.join("/"), header, "{text:?}");
            assert_eq!(lines.rows.len(), rows, "{text:?}");
            let found: BTreeSet<&str> = lines.not_rows.keys().map(String::as_str).collect();
            assert_eq!(found, BTreeSet::from_iter(patterns.iter().copied()), "{text:?}");
            for (pattern, (_, times)) in &lines.not_rows {
                assert!(*times > 0 && Regex::new(pattern).is_ok());
            }
        };
        check("A,B\n1,2\n3,4\n", "A/B", 2, &[]);
        check("A,B\n--,--\n1,2\n\n(1 rows affected)\n", "A/B", 1, &[r"[-+= ,]*--[-+= ,]*", KNOWN[0].0]);
        check(
            "SQL> select 1\nA|B\n----|---\n1|2\n3|4\n\n2 rows selected.\n",
            "A/B",
            2,
            &[KNOWN[2].0, KNOWN[7].0, r"[-+= \|]*--[-+= \|]*"],
        );
        check(
            "Extract of 2024-07-08\nA,B\n1,2\n3,4\n5,6\n",
            "A/B",
            3,
            &[r"\pL+ \pL+ [0-9]+\-[0-9]+\-[0-9]+"],
        );
        check("A,B\n1,2\n3,4\nTRAILER,2,9\n", "A/B", 2, &[KNOWN[12].0]);
        // A command that holds a delimiter.
        check("SQL> select 1;\nA;B\n1;2\n3;4\n", "A/B", 2, &[KNOWN[7].0]);
        // As wide as a row: a row.
        check("A,B\n1,2\ntrailer,4\n", "A/B", 2, &[]);
    }

    #[test]
    fn tells_what_it_does_not_know() {
        let lines = apart("A,B\n1,2\nA,B\n3,4\n5\n6,7\nthe end of all\n").unwrap();
        assert_eq!((lines.rows.len(), lines.repeated_headers, lines.odd_records), (3, 1, 2));
        assert!(lines.ends_oddly && lines.not_rows.is_empty());
    }

    #[test]
    fn a_later_piece_counts_from_its_first_whole_line() {
        let block = |text: &str, is_first: bool, is_last: bool| TextBlock {
            text: text.to_owned(),
            is_first,
            is_last,
        };
        let blocks = [
            block("A,B\n1,2\n3,4", true, false),
            block("0,9\n5,6\n7", false, false),
            block("8\n9,9", false, true),
        ];
        let rows: Vec<String> =
            take_apart(&blocks).unwrap().rows.iter().map(|row| row[0].text.to_string()).collect();
        assert_eq!(rows, ["1", "5", "9"]);
    }

    #[test]
    fn a_shape_holds_no_word_of_the_line() {
        let check = |line: &str, expect: &str| {
            assert_eq!(shape_of(line), expect);
            assert!(whole(expect).is_match(line.as_bytes()), "{line}");
        };
        check("Report of July 8, 2024 (Zoë)", r"\pL+ \pL+ \pL+ [0-9]+, [0-9]+ \(\pL+\)");
        check("a€€b", r"\pL+..\pL+");
    }

    #[test]
    fn the_known_patterns_compile() {
        assert_eq!(Known::new(b'|').patterns.len(), KNOWN.len());
        DELIMITERS.iter().for_each(|delimiter| drop(Known::new(*delimiter)));
    }
}
