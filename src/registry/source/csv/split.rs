//! Where quotes, fields and records lie in CSV text (RFC 4180).
//!
//! One reading of the quotes serves both uses: finding a place where a block of text may be cut between records,
//! and splitting a record into its fields. A quote opens a field only at the field's very beginning; anywhere
//! else it is an ordinary character. A quoted field ends at a quote that is not doubled; whatever follows up to the
//! delimiter belongs to the field as it stands. Where such a field holds a line break too, its opening quote is
//! probably a stray one that swallowed records, and the record is malformed. Records end at `\n` or `\r\n`; a lone
//! `\r` is an ordinary character.

use memchr::{memchr, memchr_iter, memchr2, memrchr};
use std::borrow::Cow;
use std::ops::Range;

/// How a field is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// As it stands.
    Plain,
    /// The same, of a value that is a day, and not a text that may be one.
    Day,
    /// Between two quotes, with none inside.
    Quoted,
    /// Between two quotes, with doubled ones inside.
    Doubled,
    /// With text behind the closing quote.
    Trailed,
}

/// A field of a record: where its bytes lie, quotes and all.
#[derive(Clone, Debug)]
pub struct Field {
    raw: Range<usize>,
    form: Form,
}

impl Field {
    /// A field that is written as it stands.
    pub(in crate::registry) fn plain(raw: Range<usize>) -> Field {
        Field { raw, form: Form::Plain }
    }

    /// A field that holds a day, as `YYYY-MM-DD`.
    pub(in crate::registry) fn day(raw: Range<usize>) -> Field {
        Field { raw, form: Form::Day }
    }

    /// Where it begins.
    pub(in crate::registry) fn start(&self) -> usize {
        self.raw.start
    }

    /// Whether it holds a day, however days are written elsewhere.
    pub(in crate::registry) fn is_day(&self) -> bool {
        self.form == Form::Day
    }

    /// Whether anything stands behind the field's closing quote.
    pub(in crate::registry) fn is_trailed(&self) -> bool {
        self.form == Form::Trailed
    }

    /// The bytes of a field that holds a line break, quotes and all; only one in quotes can.
    pub(in crate::registry) fn over_lines<'a>(&self, text: &'a [u8]) -> Option<&'a [u8]> {
        let raw = self.as_it_stands(text);
        (self.is_quoted() && memchr(b'\n', raw).is_some()).then_some(raw)
    }

    /// Whether the field stands in quotes.
    pub(in crate::registry) fn is_quoted(&self) -> bool {
        !matches!(self.form, Form::Plain | Form::Day)
    }

    /// The field's bytes, quotes and all.
    pub(crate) fn as_it_stands<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        &text[self.raw.clone()]
    }

    /// The field's text, without its quotes. `text` is what the record was split from.
    pub fn unquoted<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let raw = &text[self.raw.clone()];
        match self.form {
            Form::Plain | Form::Day => Cow::Borrowed(raw),
            Form::Quoted => Cow::Borrowed(&raw[1..raw.len() - 1]),
            Form::Doubled | Form::Trailed => Cow::Owned(undouble(raw)),
        }
    }
}

/// The text of a field that begins with a quote: doubled quotes halved, the closing quote dropped, and what
/// follows it kept as it stands.
fn undouble(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = &raw[1..];
    while let Some(quote) = memchr(b'"', rest) {
        out.extend_from_slice(&rest[..quote]);
        rest = &rest[quote + 1..];
        if rest.first() != Some(&b'"') {
            break;
        }
        out.push(b'"');
        rest = &rest[1..];
    }
    out.extend_from_slice(rest);
    out
}

/// The place of the quote that closes the field whose opening quote is at `open`; `None` if the text ends first.
fn closing_quote(text: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        at += memchr(b'"', &text[at..])?;
        if text.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// What a text, which begins where a record begins, holds in whole records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WholeRecords {
    /// The length of the whole records, each with its line end.
    pub end: usize,
    /// Whether the text ends inside a quoted field.
    pub ends_in_quotes: bool,
}

/// Finds how much of `text`, which begins where a record begins, is whole records. A quote that is the last byte
/// counts as a closing one, which decides nothing until the line end behind it is seen.
pub fn whole_records(text: &[u8], delimiter: u8) -> WholeRecords {
    let mut end = 0;
    // Where the stretch outside of quotes that is being looked at begins.
    let mut outside = 0;
    let mut at = 0;
    while let Some(found) = memchr(b'"', &text[at..]) {
        let quote = at + found;
        let opens = quote == 0 || text[quote - 1] == delimiter || text[quote - 1] == b'\n';
        if !opens {
            at = quote + 1;
            continue;
        }
        if let Some(newline) = memrchr(b'\n', &text[outside..quote]) {
            end = outside + newline + 1;
        }
        match closing_quote(text, quote) {
            Some(close) => {
                at = close + 1;
                outside = at;
            }
            None => return WholeRecords { end, ends_in_quotes: true },
        }
    }
    if let Some(newline) = memrchr(b'\n', &text[outside..]) {
        end = outside + newline + 1;
    }
    WholeRecords { end, ends_in_quotes: false }
}

/// Splits the record that begins at `start` into its fields and returns where the next one begins. The record
/// must be whole: a text may not end inside a quoted field.
pub fn split_record(text: &[u8], start: usize, delimiter: u8, fields: &mut Vec<Field>) -> usize {
    let line_end = memchr(b'\n', &text[start..]).map_or(text.len(), |n| start + n);
    if memchr(b'"', &text[start..line_end]).is_some() {
        fields.clear();
        return split_quoted_record(text, start, delimiter, fields);
    }
    split_line(text, start, line_end, delimiter, fields)
}

/// Splits a line without quotes.
fn split_line(text: &[u8], start: usize, line_end: usize, delimiter: u8, fields: &mut Vec<Field>) -> usize {
    fields.clear();
    let record_end = without_cr(text, start, line_end);
    let mut field_start = start;
    for found in memchr_iter(delimiter, &text[start..record_end]) {
        let field_end = start + found;
        fields.push(Field { raw: field_start..field_end, form: Form::Plain });
        field_start = field_end + 1;
    }
    fields.push(Field { raw: field_start..record_end, form: Form::Plain });
    (line_end + 1).min(text.len())
}

/// The general way, for a record with a quote in it.
fn split_quoted_record(text: &[u8], start: usize, delimiter: u8, fields: &mut Vec<Field>) -> usize {
    let mut field_start = start;
    loop {
        let quoted = text.get(field_start) == Some(&b'"');
        let behind = if quoted {
            closing_quote(text, field_start).map_or(text.len(), |close| close + 1)
        } else {
            field_start
        };
        let end = memchr2(delimiter, b'\n', &text[behind..]).map_or(text.len(), |n| behind + n);
        let is_last = text.get(end) != Some(&delimiter);
        let field_end = if is_last { without_cr(text, behind, end) } else { end };
        let form = match &text[field_start..field_end] {
            _ if !quoted => Form::Plain,
            [b'"', inside @ .., b'"'] if field_end == behind && !inside.contains(&b'"') => Form::Quoted,
            _ if field_end == behind => Form::Doubled,
            _ => Form::Trailed,
        };
        fields.push(Field { raw: field_start..field_end, form });
        field_start = (end + 1).min(text.len());
        if is_last {
            return field_start;
        }
    }
}

/// The length of the record that `text` begins with, its line end too; none if it ends in none.
pub(super) fn end_of_record(text: &[u8], delimiter: u8) -> Option<usize> {
    let line_end = memchr(b'\n', text)?;
    if memchr(b'"', &text[..line_end]).is_none() {
        return Some(line_end + 1);
    }
    let mut at = 0;
    loop {
        if text.get(at) == Some(&b'"') {
            at = closing_quote(text, at)? + 1;
        }
        at += memchr2(delimiter, b'\n', &text[at..])? + 1;
        if text[at - 1] == b'\n' {
            return Some(at);
        }
    }
}

/// Where a record ends whose `\n` is at `line_end`: before a `\r` that belongs to the line end.
pub(super) fn without_cr(text: &[u8], start: usize, line_end: usize) -> usize {
    let ends_with_crlf = line_end > start && line_end < text.len() && text[line_end - 1] == b'\r';
    line_end - usize::from(ends_with_crlf)
}

/// The length of the blank lines (no character at all) that `text` begins with.
pub(in crate::registry) fn blank_lines(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match &text[at..] {
            [b'\n', ..] => at += 1,
            [b'\r', b'\n', ..] => at += 2,
            _ => return at,
        }
    }
}

/// How many line ends a text holds.
pub(in crate::registry) fn count_lines(text: &[u8]) -> u64 {
    memchr_iter(b'\n', text).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<Vec<String>> {
        let bytes = text.as_bytes();
        let mut all = Vec::new();
        let mut fields = Vec::new();
        let mut at = blank_lines(bytes);
        while at < bytes.len() {
            let next = split_record(bytes, at, b',', &mut fields);
            all.push(
                fields.iter().map(|f| String::from_utf8_lossy(&f.unquoted(bytes)).into_owned()).collect(),
            );
            at = next + blank_lines(&bytes[next..]);
        }
        all
    }

    #[test]
    fn splits_records() {
        let check = |text: &str, expect: &[&[&str]]| assert_eq!(records(text), expect, "{text:?}");
        check("a,b\nc,d\n", &[&["a", "b"], &["c", "d"]]);
        check("a,b\r\nc,d", &[&["a", "b"], &["c", "d"]]);
        check("a,\n,b\n,", &[&["a", ""], &["", "b"], &["", ""]]);
        check("\"a\",b\n", &[&["a", "b"]]);
        check("a,\"b\"\r\nc\n", &[&["a", "b"], &["c"]]);
        check("\"a\r\nb\",\"c\"\"d\"\n", &[&["a\r\nb", "c\"d"]]);
        check("\"\"\"\",\"\"\n", &[&["\"", ""]]);
        check("a\"b,c\"\n", &[&["a\"b", "c\""]]);
        check("\"a\"b\"c,d\n", &[&["ab\"c", "d"]]);
        check("\"a\" ,d\n", &[&["a ", "d"]]);
        check("a\rb\n", &[&["a\rb"]]);
        check("a,b\r", &[&["a", "b\r"]]);
        check("\n\r\na\n\n\nb\r\n\r\n", &[&["a"], &["b"]]);
        check("\"\"\n \n", &[&[""], &[" "]]);
        check("", &[]);
    }

    #[test]
    fn finds_the_whole_records() {
        let check = |text: &str, end: usize, ends_in_quotes: bool| {
            assert_eq!(
                whole_records(text.as_bytes(), b','),
                WholeRecords { end, ends_in_quotes },
                "{text:?}"
            );
        };
        check("a,b\nc", 4, false);
        check("a,b", 0, false);
        check("a\n\"b\nc", 2, true);
        check("a\n\"b\nc\"", 2, false);
        check("a\n\"b\nc\"\n", 8, false);
        check("\"a\"\"\n", 0, true);
        check("\"a\"x\"\nb", 6, false);
        check("5\" nail,\n", 9, false);
        check("", 0, false);
    }

    proptest::proptest! {
        /// Cut anywhere, a text falls into the same whole records as uncut.
        #[test]
        fn cutting_loses_nothing(text in "[a\",\r\n]{0,40}", cut in 0usize..40) {
            let text = format!("{}\n", text.replace('"', "\"\""));
            let bytes = text.as_bytes();
            let all = whole_records(bytes, b',');
            let first = whole_records(&bytes[..cut.min(bytes.len())], b',').end;
            let second = whole_records(&bytes[first..], b',');
            proptest::prop_assert_eq!(all.end, first + second.end);
            proptest::prop_assert_eq!(all.ends_in_quotes, second.ends_in_quotes);
        }

        /// On text that rust-csv reads the same way by its own definition (no lone `\r`), the records agree.
        #[test]
        fn agrees_with_rust_csv(text in "([ab\" ,]|\n|\r\n){0,40}") {
            if whole_records(text.as_bytes(), b',').ends_in_quotes {
                return Ok(());
            }
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false).flexible(true).from_reader(text.as_bytes());
            let theirs: Vec<Vec<String>> =
                reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
            proptest::prop_assert_eq!(records(&text), theirs);
        }
    }
}
