//! Small CSV files that somebody has made, with a header: lists of counties, of populations.

use crate::plain_file::{Links, read_up_to};
use crate::value::shown;
use csv::StringRecord;
use std::io;
use std::path::{Path, PathBuf};

/// No list is this long; what is longer is some other file.
const LONGEST: u64 = 64 << 20;

/// The rows of a list, without white space around values.
#[derive(Debug)]
pub(crate) struct List {
    path: PathBuf,
    bytes: Vec<u8>,
    header: StringRecord,
    /// Each with its line.
    rows: Vec<(u64, StringRecord)>,
}

/// Why a list cannot be used.
#[derive(thiserror::Error, Debug)]
pub enum ListError {
    #[error("{}: cannot be read: {source}", shown(path))]
    Unavailable { path: PathBuf, source: io::Error },
    #[error("{}:{line}: it is not CSV in UTF-8 with as many values in each line", shown(path))]
    NotCsv { path: PathBuf, line: u64 },
    #[error("{}: the header has no column {column}", shown(path))]
    NoColumn { path: PathBuf, column: &'static str },
    #[error("{}: the header has the column {column} twice", shown(path))]
    ColumnTwice { path: PathBuf, column: &'static str },
}

impl List {
    /// # Errors
    /// If it is no plain file, or no CSV in UTF-8.
    pub(crate) fn from_file(path: &Path) -> Result<List, ListError> {
        let unavailable = |source| ListError::Unavailable { path: path.to_owned(), source };
        let bytes = read_up_to(path, Links::Followed, LONGEST).map_err(unavailable)?;
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
        let line_of = |position: Option<&csv::Position>| {
            // Behind a carriage return the reader has not come to the line feed yet.
            let is_before_line_feed = |at: &csv::Position| text.get(at.byte() as usize) == Some(&b'\n');
            position.map_or(1, |at| at.line() + u64::from(is_before_line_feed(at)))
        };
        let not_csv =
            |error: csv::Error| ListError::NotCsv { path: path.to_owned(), line: line_of(error.position()) };
        let header = reader.headers().map_err(not_csv)?.clone();
        let rows = reader.records().map(|row| row.map(|row| (line_of(row.position()), row)));
        let rows = rows.collect::<Result<_, _>>().map_err(not_csv)?;
        Ok(List { path: path.to_owned(), bytes, header, rows })
    }

    /// The file as it is.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where a column's values stand in a row.
    pub(crate) fn column(&self, column: &'static str) -> Result<usize, ListError> {
        let mut places = self.header.iter().enumerate().filter(|(_, name)| *name == column);
        let path = || self.path.clone();
        match (places.next(), places.next()) {
            (Some((place, _)), None) => Ok(place),
            (None, _) => Err(ListError::NoColumn { path: path(), column }),
            (Some(_), Some(_)) => Err(ListError::ColumnTwice { path: path(), column }),
        }
    }

    /// Its rows, each with its line.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (u64, &StringRecord)> {
        self.rows.iter().map(|(line, row)| (*line, row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::Mode;

    #[test]
    fn a_column_stands_there_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        let check = |bytes: &[u8], expect: &str| {
            std::fs::write(&path, bytes).unwrap();
            let list = List::from_file(&path);
            let told = match list.as_ref().map(|list| list.column("B").map(|place| (list, place))) {
                Ok(Ok((list, place))) => {
                    list.rows().map(|(line, row)| format!("{line}:{} ", &row[place])).collect()
                }
                Ok(Err(error)) => error.to_string(),
                Err(error) => error.to_string(),
            };
            assert_eq!(told.replace(path.to_str().unwrap(), "list"), expect, "{bytes:?}");
        };
        check(b"\xef\xbb\xbfB,C\r\n 1 ,2\r\n\"3\n4\",5\r\n6,7\r\n", "2:1 3:3\n4 5:6 ");
        check(b"A,C\n1,2\n", "list: the header has no column B");
        check(b"B,A,B\n1,2,3\n", "list: the header has the column B twice");
        check(b"A,B\n1,2\n3\n", "list:3: it is not CSV in UTF-8 with as many values in each line");
        check(b"A,B\r\n1,2\r\n3\r\n", "list:3: it is not CSV in UTF-8 with as many values in each line");
        check(b"A,B\n1,\xe9\n", "list:2: it is not CSV in UTF-8 with as many values in each line");
        check(b"", "list: the header has no column B");
    }

    #[test]
    fn only_plain_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
        for path in [&pipe, folder.path(), Path::new("/dev/zero")] {
            let error = List::from_file(path).unwrap_err().to_string();
            assert!(error.ends_with("cannot be read: not a plain file"), "{error}");
        }
    }
}
