//! The rows of a recipient's file, one after the other, each with its line and offset.
//!
//! The file may be damaged, or somebody else's: any text is split into rows, and memory stays bounded by the longest row
//! allowed.

use super::dialect::{holds_a_row, split_row, without_line_end};
use super::{BatchError, Links, open_file};
use crate::policy::LineEnding;
use memchr::memchr;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// How much is read at a time.
const PIECE: usize = 1 << 20;

/// No row is this long.
const LONGEST: usize = 16 << 20;

/// A row's place.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where it lies in the text at hand, without its line end.
    range: Range<usize>,
    /// Where it begins in the file.
    pub offset: u64,
    /// The line on which it begins.
    pub line: u64,
    /// How it ends; none if the file ends there without.
    pub line_end: Option<LineEnding>,
}

/// The rows of a file, its header first.
#[derive(Debug)]
pub struct Rows {
    file: File,
    path: PathBuf,
    text: Vec<u8>,
    /// Where the next row begins in `text`.
    at: usize,
    /// Where `text` begins in the file.
    offset: u64,
    line: u64,
    at_end: bool,
    has_mark: bool,
}

/// What some programs put before a UTF-8 text, and what a file may have by the policy.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Rows {
    /// Opens a file.
    ///
    /// # Errors
    /// If that is not possible, or it is no plain file.
    pub fn open(path: &Path, links: Links) -> Result<Rows, BatchError> {
        let file = open_file(path, links)?;
        let path = path.to_owned();
        let text = Vec::new();
        Ok(Rows { file, path, text, at: 0, offset: 0, line: 1, at_end: false, has_mark: false })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is a byte order mark before the first row, once that has been read. It is no part of the row.
    pub fn has_mark(&self) -> bool {
        self.has_mark
    }

    /// The next row; none at the end. What was read before it may be gone.
    ///
    /// # Errors
    /// If the file cannot be read, or a row is too long to be one.
    pub fn next_row(&mut self) -> Result<Option<Row>, BatchError> {
        loop {
            if let Some(length) = self.length_of_next() {
                let start = self.at;
                self.at += length;
                return Ok(Some(self.row(start..self.at)));
            }
            if self.at_end {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    /// The text of the row that was read last, without its line end.
    pub fn text(&self, row: &Row) -> &[u8] {
        &self.text[row.range.clone()]
    }

    /// The length of the next row, with its line end, if all of it is at hand.
    fn length_of_next(&self) -> Option<usize> {
        let text = &self.text[self.at..];
        let mut end = memchr(b'\n', text).map(|found| found + 1);
        while let Some(length) = end {
            let lines = &text[..length];
            // Whole only if the line break does not stand in quotes.
            if memchr(b'"', lines).is_none() {
                return Some(length);
            }
            if holds_a_row(lines) {
                return Some(split_row(lines, &mut Vec::new()));
            }
            if length == text.len() {
                break;
            }
            // Twice as far each time, so that a quote that is never closed is not looked for from every line.
            let further = (2 * length).min(text.len());
            end = Some(memchr(b'\n', &text[further..]).map_or(text.len(), |found| further + found + 1));
        }
        Some(text.len()).filter(|length| self.at_end && *length > 0)
    }

    fn row(&mut self, with_end: Range<usize>) -> Row {
        let text = &self.text[with_end.clone()];
        let (row, line_end) = without_line_end(text);
        let length = row.len();
        let line = self.line;
        self.line += match memchr(b'"', text) {
            None => 1,
            Some(_) => memchr::memchr_iter(b'\n', text).count() as u64,
        };
        let range = with_end.start..with_end.start + length;
        Row { offset: self.offset + range.start as u64, range, line, line_end }
    }

    fn fill(&mut self) -> Result<(), BatchError> {
        self.text.drain(..self.at);
        self.offset += self.at as u64;
        self.at = 0;
        if self.text.len() > LONGEST {
            let what = "a row is longer than 16 MiB: is a quote not closed?";
            return Err(BatchError::NoRows { path: self.path.clone(), line: self.line, what });
        }
        let is_first = self.offset == 0 && self.text.is_empty();
        let read = self.file.by_ref().take(PIECE as u64).read_to_end(&mut self.text);
        self.at_end = read.map_err(|source| BatchError::unavailable(&self.path, source))? < PIECE;
        if is_first && self.text.starts_with(BYTE_ORDER_MARK) {
            (self.has_mark, self.at) = (true, BYTE_ORDER_MARK.len());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_falls_into_rows() {
        let check = |text: &str, expect: &[(&str, u64, Option<LineEnding>)]| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("file.csv");
            std::fs::write(&path, text).unwrap();
            let mut rows = Rows::open(&path, Links::Refused).unwrap();
            let mut got = Vec::new();
            while let Some(row) = rows.next_row().unwrap() {
                let found = String::from_utf8_lossy(rows.text(&row)).into_owned();
                assert!(text[row.offset as usize..].starts_with(&found));
                got.push((found, row.line, row.line_end));
            }
            let expect: Vec<_> =
                expect.iter().map(|(text, line, end)| ((*text).to_owned(), *line, *end)).collect();
            assert_eq!(got, expect, "{text:?}");
        };
        check("", &[]);
        check(
            "a,b\nc\r\nd",
            &[("a,b", 1, Some(LineEnding::Lf)), ("c", 2, Some(LineEnding::Crlf)), ("d", 3, None)],
        );
        check("a,\"b\nc\"\nd\n", &[("a,\"b\nc\"", 1, Some(LineEnding::Lf)), ("d", 3, Some(LineEnding::Lf))]);
        check("a\n\n", &[("a", 1, Some(LineEnding::Lf)), ("", 2, Some(LineEnding::Lf))]);
        check("\"open\nx\n", &[("\"open\nx", 1, Some(LineEnding::Lf))]);
    }
}
