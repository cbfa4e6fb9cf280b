//! What can be wrong with a work database, and which command mends it.

use crate::registry::{RegistryError, Table};
use crate::value::shown;
use rusqlite::ErrorCode;
use std::io;
use std::path::{Path, PathBuf};

/// Why a stage could not do its work on a work database.
#[derive(thiserror::Error, Debug)]
pub enum WorkError {
    /// The file is not there, or may not be read.
    #[error("{}: cannot be opened: {source}", shown(path))]
    Unavailable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another file.
    #[error("{}: NO_WORK_DATABASE: this is not a work database", shown(path))]
    NoBatch {
        /// The file.
        path: PathBuf,
    },
    /// Made by another version of the program.
    #[error(
        "{}: OTHER_VERSION: the work database is of version {found}, this program's is {expected}",
        shown(path)
    )]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version that is understood.
        expected: i64,
    },
    /// `read` did not come to its end.
    #[error("{}: READ_INTERRUPTED: reading an export into it was interrupted, or is under way", shown(path))]
    ReadInterrupted {
        /// The file.
        path: PathBuf,
    },
    /// `filter` was not run yet.
    #[error("{}: NOT_FILTERED: no outcome has been worked out yet", shown(path))]
    NotFiltered {
        /// The file.
        path: PathBuf,
    },
    /// A table has other rows than `read` has put there: somebody changed the database.
    #[error(
        "{}: ROWS_DIFFER: {table}: {read} row(s) were read, and {kept} kept and {quarantined} quarantined ones are there",
        shown(path)
    )]
    RowsDiffer {
        /// The file.
        path: PathBuf,
        /// The table.
        table: Table,
        /// How many rows were read.
        read: u64,
        /// How many of them are there to be used.
        kept: u64,
        /// How many are listed as quarantined.
        quarantined: u64,
    },
    /// The database does not hold what it should.
    #[error("{}: DAMAGED_DATABASE: {what}", shown(path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says of it.
        what: &'static str,
    },
    /// Another stage is at work on it.
    #[error("{}: another run is at work on it", shown(path))]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// Something else is where the database should be.
    #[error("{}: {what} is in the way", shown(path))]
    InTheWay {
        /// The place.
        path: PathBuf,
        /// What stands there.
        what: &'static str,
    },
    /// The file cannot be made.
    #[error("{}: cannot be created: {source}", shown(path))]
    Create {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Writing failed halfway.
    #[error("{}: cannot be written: {source}", shown(path))]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A temporary file of the program's own could not be written or read.
    #[error("temporary file: {0}")]
    Spill(#[source] io::Error),
    /// The export, or what was read of it.
    #[error(transparent)]
    Registry(RegistryError),
    /// The export may not be used; the list of its quarantined rows lies where a person can look at it.
    #[error("{reason}\nthe quarantined rows are listed in {}", shown(list))]
    Refused {
        /// Why not.
        reason: RegistryError,
        /// The list.
        list: PathBuf,
    },
    /// The same, but the list could not be written.
    #[error("{reason}\nand the list of quarantined rows could not be written: {}: {source}", shown(list))]
    RefusedUnlisted {
        /// Why not.
        reason: RegistryError,
        /// The list.
        list: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

const NOT_AS_WRITTEN: &str = "it does not hold what this program writes";

impl WorkError {
    pub(super) fn damaged(path: &Path) -> WorkError {
        WorkError::Damaged { path: path.to_owned(), what: NOT_AS_WRITTEN }
    }

    /// The same, from within the reading of tables.
    pub(super) fn damaged_within_reading(path: &Path) -> RegistryError {
        RegistryError::DamagedDatabase { path: path.to_owned(), what: NOT_AS_WRITTEN }
    }

    /// What an SQLite error means for a work database.
    pub(super) fn sqlite(path: &Path, error: rusqlite::Error) -> WorkError {
        let path = path.to_owned();
        let what =
            error.sqlite_error().map_or("unexpected value", |e| rusqlite::ffi::code_to_str(e.extended_code));
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => WorkError::Busy { path },
            Some(ErrorCode::NotADatabase) => WorkError::NoBatch { path },
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
        match WorkError::at_work(path, error) {
            WorkError::Busy { path } => RegistryError::Busy { path },
            WorkError::Write { path, source } => RegistryError::Write { path, source },
            WorkError::Damaged { path, what } => RegistryError::DamagedDatabase { path, what },
            other => RegistryError::DamagedDatabase { path: path.to_owned(), what: other.in_short() },
        }
    }

    fn in_short(&self) -> &'static str {
        match self {
            WorkError::NoBatch { .. } => "file is not a database",
            _ => "it cannot be read",
        }
    }
}

impl From<RegistryError> for WorkError {
    fn from(error: RegistryError) -> WorkError {
        match error {
            RegistryError::Busy { path } => WorkError::Busy { path },
            RegistryError::Write { path, source } => WorkError::Write { path, source },
            RegistryError::DamagedDatabase { path, what } => WorkError::Damaged { path, what },
            other => WorkError::Registry(other),
        }
    }
}
