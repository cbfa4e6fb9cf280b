//! Lines that are no rows, such as `(76847 rows affected)`: dropped where a record would begin, never inside quotes.
//!
//! A dropped line becomes a blank one, so that lines are counted as before and nothing behind has to know of it.

use super::split::{blank_lines, end_of_record};
use memchr::memchr;
use regex::bytes::Regex;

/// Drops the lines that are no rows from a text that comes piece by piece.
pub(super) struct Sift {
    pattern: Regex,
    delimiter: u8,
    /// Text of which it is not yet settled where its records end.
    unsettled: Vec<u8>,
    /// Text without such lines that has not been given out.
    settled: Vec<u8>,
    /// Where the last record of `settled` begins: if the file ends without a line end, that record may be cut, whatever
    /// stands behind it.
    last_record: usize,
    pub(super) dropped: u64,
}

/// Whether a line, which `text` begins with, is no row; its length with its line end. `None` if the line may go on behind
/// the text.
pub(super) fn line_that_is_no_row(pattern: &Regex, text: &[u8], at_end: bool) -> Option<(bool, usize)> {
    let end = memchr(b'\n', text);
    if end.is_none() && !at_end {
        return None;
    }
    let line = &text[..end.unwrap_or(text.len())];
    let length = end.map_or(text.len(), |end| end + 1);
    let line = if end.is_some() { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
    Some((pattern.is_match(line), length))
}

impl Sift {
    /// For the records behind a header.
    pub(super) fn new(pattern: Regex, delimiter: u8) -> Sift {
        Sift { pattern, delimiter, unsettled: Vec::new(), settled: Vec::new(), last_record: 0, dropped: 0 }
    }

    /// Takes a piece of text; appends to `out` what is settled. `at_end`: whether the text ends with the piece.
    pub(super) fn take(&mut self, piece: &[u8], at_end: bool, out: &mut Vec<u8>) {
        self.unsettled.extend_from_slice(piece);
        let text = std::mem::take(&mut self.unsettled);
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let blank = blank_lines(rest);
            if blank > 0 {
                self.settled.extend_from_slice(&rest[..blank]);
                at += blank;
                continue;
            }
            match line_that_is_no_row(&self.pattern, rest, at_end) {
                None => break,
                Some((true, length)) => {
                    self.dropped += 1;
                    match rest[..length].strip_suffix(b"\n") {
                        Some(_) => self.settled.push(b'\n'),
                        // The file does not end with a line end, so neither does its last record.
                        None => self.unend_last_record(),
                    }
                    at += length;
                }
                Some((false, _)) => match end_of_record(rest, self.delimiter) {
                    Some(length) => {
                        self.last_record = self.settled.len();
                        self.settled.extend_from_slice(&rest[..length]);
                        at += length;
                    }
                    None if !at_end => break,
                    None => {
                        self.last_record = self.settled.len();
                        self.settled.extend_from_slice(rest);
                        at = text.len();
                    }
                },
            }
        }
        self.unsettled.extend_from_slice(&text[at..]);
        let settled = if at_end { self.settled.len() } else { self.last_record };
        out.extend_from_slice(&self.settled[..settled]);
        self.settled.drain(..settled);
        self.last_record = 0;
    }

    /// How much text waits for more.
    pub(super) fn waiting(&self) -> usize {
        self.unsettled.len()
    }

    fn unend_last_record(&mut self) {
        let is_line_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let kept = self.settled.iter().rposition(|byte| !is_line_end(byte)).map_or(0, |last| last + 1);
        self.settled.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sifts a text that comes in pieces of every length.
    fn check(text: &str, expect: &str, dropped: u64) {
        let pattern = Regex::new(r"\A(?:(?:\([0-9]+ rows? affected\))|(?:-+(,-+)*)|(?:x.*))\z").unwrap();
        for length in 1..=text.len().max(1) {
            let mut sift = Sift::new(pattern.clone(), b',');
            let mut out = Vec::new();
            let mut pieces = text.as_bytes().chunks(length).peekable();
            while let Some(piece) = pieces.next() {
                sift.take(piece, pieces.peek().is_none(), &mut out);
            }
            assert_eq!(
                (String::from_utf8_lossy(&out).as_ref(), sift.dropped),
                (expect, dropped),
                "{text:?} {length}"
            );
        }
    }

    #[test]
    fn drops_lines_that_are_no_rows() {
        check("", "", 0);
        check("1,a\n2,b\n", "1,a\n2,b\n", 0);
        check("---,--\n1,a\n\n(2 rows affected)\n", "\n1,a\n\n\n", 2);
        check("---,--\r\n1,a\r\n", "\n1,a\r\n", 1);
        check("1,(2 rows affected)\n", "1,(2 rows affected)\n", 0);
        check("(2 rows affected) \n", "(2 rows affected) \n", 0);
        // A quote in such a line opens nothing.
        check("x,\"\n1,a\n", "\n1,a\n", 1);
        // Inside quotes a line is a value's.
        check("1,\"a\n---\nb\"\n---\n", "1,\"a\n---\nb\"\n\n", 1);
        check("1,\"a\n---\n", "1,\"a\n---\n", 0);
    }

    #[test]
    fn a_cut_line_leaves_the_last_record_cut() {
        check("1,a\n2,b", "1,a\n2,b", 0);
        check("1,a\n2,b\n(2 rows affected)", "1,a\n2,b", 1);
        check("1,a\r\n2,b\r\n\r\n---\r\n(2 rows affected)", "1,a\r\n2,b", 2);
        check("(2 rows affected)", "", 1);
    }
}
