//! What can be wrong with a work database, and which command mends it.

use crate::registry::{RegistryError, Table};
use crate::value::shown;
use rusqlite::ErrorCode;
use std::io;
use std::path::{Path, PathBuf};

/// Why a stage could not do its work on the work database at `path`.
#[derive(thiserror::Error, Debug)]
pub enum WorkError {
    /// The file is not there, or may not be read.
    #[error("{}: cannot be opened: {source}", shown(path))]
    Unavailable { path: PathBuf, source: io::Error },
    /// Another file.
    #[error("{}: NO_WORK_DATABASE: this is not a work database", shown(path))]
    NotAWorkDatabase { path: PathBuf },
    /// Made by another version of the program.
    #[error(
        "{}: OTHER_VERSION: the work database is of version {found}, this program's is {expected}",
        shown(path)
    )]
    OtherVersion { path: PathBuf, found: i64, expected: i64 },
    /// `read` did not come to its end.
    #[error("{}: READ_INTERRUPTED: reading an export into it was interrupted, or is under way", shown(path))]
    ReadInterrupted { path: PathBuf },
    /// `filter` was not run yet.
    #[error("{}: NOT_FILTERED: no outcome has been worked out yet", shown(path))]
    NotFiltered { path: PathBuf },
    /// A table has other rows than `read` has put there: somebody changed the database.
    #[error(
        "{}: ROWS_DIFFER: {table}: {read} row(s) were read, and {kept} kept and {quarantined} quarantined ones are there",
        shown(path)
    )]
    RowsDiffer { path: PathBuf, table: Table, read: u64, kept: u64, quarantined: u64 },
    /// The database does not hold what it should.
    #[error("{}: DAMAGED_DATABASE: {what}", shown(path))]
    Damaged { path: PathBuf, what: &'static str },
    /// Another stage is at work on it.
    #[error("{}: another run is at work on it", shown(path))]
    Busy { path: PathBuf },
    /// Something else is where the database should be.
    #[error("{}: {what} is in the way", shown(path))]
    InTheWay { path: PathBuf, what: &'static str },
    /// The file cannot be made.
    #[error("{}: cannot be created: {source}", shown(path))]
    Create { path: PathBuf, source: io::Error },
    /// Writing failed halfway.
    #[error("{}: cannot be written: {source}", shown(path))]
    Write { path: PathBuf, source: io::Error },
    /// A temporary file of the program's own could not be written or read.
    #[error("temporary file: {0}")]
    Spill(#[source] io::Error),
    /// The export, or what was read of it.
    #[error(transparent)]
    Registry(RegistryError),
    /// The export may not be used; the list of its quarantined rows lies where a person can look at it.
    #[error("{reason}\nthe quarantined rows are listed in {}", shown(list))]
    Unfit { reason: RegistryError, list: PathBuf },
    /// The same, but the list could not be written.
    #[error("{reason}\nand the list of quarantined rows could not be written: {}: {source}", shown(list))]
    UnfitUnlisted { reason: RegistryError, list: PathBuf, source: io::Error },
}

impl WorkError {
    pub(super) fn damaged(path: &Path) -> WorkError {
        WorkError::Damaged { path: path.to_owned(), what: "it does not hold what this program writes" }
    }

    /// What an SQLite error means for a work database.
    pub(super) fn sqlite(path: &Path, error: rusqlite::Error) -> WorkError {
        let path = path.to_owned();
        let what =
            error.sqlite_error().map_or("unexpected value", |e| rusqlite::ffi::code_to_str(e.extended_code));
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => WorkError::Busy { path },
            Some(ErrorCode::NotADatabase) => WorkError::NotAWorkDatabase { path },
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                WorkError::Unavailable { path, source: io::Error::other(what) }
            }
            Some(
                ErrorCode::SystemIoFailure
                | ErrorCode::DiskFull
                | ErrorCode::OutOfMemory
                | ErrorCode::ReadOnly,
            ) => WorkError::Write { path, source: io::Error::other(what) },
            _ => WorkError::Damaged { path, what },
        }
    }

    /// The same, once the database is open: what can't be opened then is a file that SQLite needs beside it.
    pub(super) fn at_work(path: &Path, error: rusqlite::Error) -> WorkError {
        match WorkError::sqlite(path, error) {
            WorkError::Unavailable { path, source } => WorkError::Write { path, source },
            other => other,
        }
    }

    /// The same, from within the reading of tables.
    pub(super) fn within_reading(path: &Path, error: rusqlite::Error) -> RegistryError {
        WorkError::at_work(path, error).into()
    }
}

/// An error that passes through the reading of tables.
impl From<WorkError> for RegistryError {
    fn from(error: WorkError) -> RegistryError {
        RegistryError::Other(Box::new(match error {
            WorkError::NotAWorkDatabase { path } => {
                WorkError::Damaged { path, what: "file is not a database" }
            }
            other => other,
        }))
    }
}

impl From<RegistryError> for WorkError {
    fn from(error: RegistryError) -> WorkError {
        match error {
            RegistryError::Other(error) => error.downcast().map_or_else(
                |other| WorkError::Registry(RegistryError::Other(other)),
                |own: Box<WorkError>| *own,
            ),
            other => WorkError::Registry(other),
        }
    }
}
