//! Opening an export, whatever kind it is.

use super::Encoding;
use super::error::{BadInput, InputFault, RegistryError};
use super::folder::Folder;
use super::source::Source;
use super::sqlite::{SqliteExport, is_sqlite};
use std::path::Path;

/// Opens an export: a folder with a CSV file for each table, or an SQLite file.
///
/// # Errors
/// If it is not there, is neither of these, or lacks a table.
pub fn open_export(path: &Path, encoding: Encoding) -> Result<Box<dyn Source>, RegistryError> {
    let unavailable = |source| RegistryError::Unavailable { path: path.to_owned(), source };
    let found = std::fs::metadata(path).map_err(unavailable)?;
    if found.is_dir() {
        return Ok(Box::new(Folder::open(path, encoding)?));
    }
    if !found.is_file() {
        return Err(BadInput::of_file(path, InputFault::NotAFile));
    }
    if is_sqlite(path).map_err(unavailable)? {
        return Ok(Box::new(SqliteExport::open(path, encoding)?));
    }
    Err(BadInput::of_file(path, InputFault::NotAnExport))
}
