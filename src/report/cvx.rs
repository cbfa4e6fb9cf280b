//! CDC's CVX code set, as far as the report needs it: which codes there are.
//!
//! Messages name the file and quote nothing from it: somebody may have given an export's table instead.

use crate::value::shown;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

/// CDC's code set is a hundredth of this.
const LONGEST_FILE: u64 = 16 << 20;

/// The codes of a CVX code set.
#[derive(Clone, Debug)]
pub struct CvxCodes(HashSet<Vec<u8>>);

/// Why a file is not a code set.
#[derive(thiserror::Error, Debug)]
pub enum CvxError {
    #[error("{}: cannot be read: {source}", shown(path))]
    Unavailable { path: PathBuf, source: io::Error },
    /// No column of codes, or more than one.
    #[error("{}, line 1: {count} columns are named CVXCode, and there must be one", shown(path))]
    Column { path: PathBuf, count: usize },
    #[error("{}: there is no CVX code in it", shown(path))]
    Empty { path: PathBuf },
}

impl CvxCodes {
    /// Reads a code set: CSV with a header, in which a column is named `CVXCode` in any case and with any spaces.
    ///
    /// # Errors
    /// If the file cannot be read, or is no such file.
    pub fn from_file(path: &Path) -> Result<CvxCodes, CvxError> {
        let unavailable = |source| CvxError::Unavailable { path: path.to_owned(), source };
        let unfit = |what| unavailable(io::Error::new(io::ErrorKind::InvalidInput, what));
        // Looked at before it is opened: opening a pipe would wait for its other end.
        let metadata = std::fs::metadata(path).map_err(unavailable)?;
        if !metadata.is_file() {
            return Err(unfit("not a regular file"));
        }
        if metadata.len() > LONGEST_FILE {
            return Err(unfit("longer than any code set"));
        }
        // It is small, and its descriptions are in whatever encoding CDC's program chose; codes are plain digits.
        let bytes = std::fs::read(path).map_err(unavailable)?;
        CvxCodes::from_csv(&bytes, path)
    }

    fn from_csv(bytes: &[u8], path: &Path) -> Result<CvxCodes, CvxError> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        // Reading bytes from memory with rows of any length: nothing is left that could fail.
        let header = reader.byte_headers().cloned().unwrap_or_default();
        let columns: Vec<usize> = (0..header.len()).filter(|place| is_cvx_code(&header[*place])).collect();
        let &[column] = columns.as_slice() else {
            return Err(CvxError::Column { path: path.to_owned(), count: columns.len() });
        };
        // A row without a code, such as a blank one that a spreadsheet left at the end, says nothing.
        let codes = reader.byte_records().flatten().filter_map(|row| {
            row.get(column).map(<[u8]>::trim_ascii).filter(|code| !code.is_empty()).map(<[u8]>::to_owned)
        });
        let codes: HashSet<Vec<u8>> = codes.collect();
        if codes.is_empty() { Err(CvxError::Empty { path: path.to_owned() }) } else { Ok(CvxCodes(codes)) }
    }

    /// Whether the set has this code. Codes are text: `093` is not `93`.
    pub fn has(&self, code: &str) -> bool {
        self.0.contains(code.as_bytes())
    }
}

fn is_cvx_code(name: &[u8]) -> bool {
    let name: Vec<u8> =
        name.iter().filter(|b| !b.is_ascii_whitespace()).map(u8::to_ascii_lowercase).collect();
    name == b"cvxcode"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<CvxCodes, String> {
        CvxCodes::from_csv(text, Path::new("set.csv")).map_err(|error| error.to_string())
    }

    #[test]
    fn finds_the_column_and_the_codes() {
        for header in ["ShortDescription,CVXCode", "short, CVX Code ", "\u{feff}\"Name, long\",cvx code"] {
            let codes =
                read(format!("{header}\r\nMMR, 03 \r\n\"x, \"\"y\"\"\",143,more\r\n").as_bytes()).unwrap();
            assert!(codes.has("03") && codes.has("143") && !codes.has("3"), "{header}");
        }
        assert!(read(b"CVXCode,Name\n08,Hep B \xae\n").unwrap().has("08"));
    }

    #[test]
    fn refuses_what_is_no_code_set() {
        let check =
            |text: &str, expect: &str| assert_eq!(read(text.as_bytes()).err().as_deref(), Some(expect));
        let columns = |n| format!("set.csv, line 1: {n} columns are named CVXCode, and there must be one");
        check("", &columns(0));
        check("CLIENT_ID,CVX_CODE\n1,03\n", &columns(0));
        check("CVXCode,CVX Code\n1,03\n", &columns(2));
        check("Name,CVXCode\nx\n,\n", "set.csv: there is no CVX code in it");
    }
}
