//! What can go wrong with a batch.

use crate::value::shown;
use std::io;
use std::path::{Path, PathBuf};

/// Why a batch could not be written or published.
#[derive(thiserror::Error, Debug)]
pub enum WriteError {
    /// The place for the batches cannot be made or used.
    #[error("{}: cannot be created: {source}", shown(path))]
    Create {
        /// The place.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something else stands where a folder should be.
    #[error("{}: {what} is in the way", shown(path))]
    InTheWay {
        /// The place.
        path: PathBuf,
        /// What stands there.
        what: &'static str,
    },
    /// The file system cannot put a folder into its place in one step, or exchange two.
    #[error(
        "{}: the file system there ({file_system}) cannot rename without replacing, or exchange two folders in one step, by which a batch is published",
        shown(path)
    )]
    NotInOneStep {
        /// The place.
        path: PathBuf,
        /// The file system's type.
        file_system: String,
    },
    /// Another run is at work in the same place.
    #[error("{}: another run is at work there", shown(path))]
    Locked {
        /// The place.
        path: PathBuf,
    },
    /// There is no batch that is held back.
    #[error("{}: no batch is held there", shown(path))]
    NothingHeld {
        /// Where it would be.
        path: PathBuf,
    },
    /// Writing failed halfway.
    #[error("{}: cannot be written: {source}", shown(path))]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What was put aside in temporary files can't be read back, or no more can be put there.
    #[error("temporary files: {0}")]
    Spill(#[source] io::Error),
    /// A recipient's name makes no file name of its own.
    #[error("{}, line {line}, column {column}: {fault}", shown(&**file))]
    BadName {
        /// The export's file in which the name stands.
        file: Box<Path>,
        /// The line on which it stands first.
        line: u64,
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        fault: NameFault,
    },
}

/// Why a name makes no file name of its own.
#[derive(thiserror::Error, Debug)]
pub enum NameFault {
    /// Two recipients whose files would have one name.
    #[error(
        "SAME_FILE_NAME: \"{second}\" and \"{first}\", which stands on line {first_line}, both become the file {file}"
    )]
    Same {
        /// One recipient.
        first: Box<str>,
        /// The line on which it stands first.
        first_line: u64,
        /// The other.
        second: Box<str>,
        /// The name they share.
        file: Box<str>,
    },
    /// A recipient whose name has nothing that a file name could have.
    #[error("NO_FILE_NAME: the name \"{recipient}\" has no ASCII letter, digit or hyphen to name a file by")]
    Nothing {
        /// The recipient.
        recipient: String,
    },
    /// A recipient whose file name would be too long.
    #[error(
        "FILE_NAME_TOO_LONG: the name that begins with \"{beginning}\" makes a file name of {length} bytes, and no more than {most} are possible"
    )]
    TooLong {
        /// How the recipient's name begins.
        beginning: String,
        /// The length in bytes.
        length: usize,
        /// The most there may be.
        most: usize,
    },
}
