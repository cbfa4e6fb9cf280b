//! What can be wrong with a policy: the file, the line and the key, and what is expected there.
//!
//! Never quotes the file: somebody may have named an export's instead.

use crate::value::shown;
use std::io;
use std::path::PathBuf;

/// What is wrong with a policy.
#[derive(thiserror::Error, Debug)]
pub enum PolicyError {
    /// The file is not there, or may not be read.
    #[error("{}: cannot be opened: {source}", shown(path))]
    Unavailable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not a usable policy.
    #[error("{}{place}: {fault}", shown(path))]
    Bad {
        /// The file.
        path: PathBuf,
        /// Where in it: `, line 3, key consent.rule`, or the line alone; empty where the whole file is meant.
        place: String,
        /// What is wrong.
        fault: PolicyFault,
    },
}

/// What can be wrong at one place of a policy.
#[derive(thiserror::Error, Debug)]
pub enum PolicyFault {
    /// A folder, a pipe or a device.
    #[error("this is not a regular file")]
    NotAFile,
    /// Larger than a policy can be.
    #[error("the file is too large to be a policy")]
    TooLarge,
    /// Not text.
    #[error("the file is not UTF-8 text")]
    NotText,
    /// Not TOML.
    #[error("this is not TOML: {0}")]
    NotToml(String),
    /// A key that policies don't have.
    #[error("there is no such key in a policy")]
    UnknownKey,
    /// A value of another type, or outside its set.
    #[error("this must be {0}")]
    WrongValue(&'static str),
    /// A period that ends before it begins.
    #[error("the last day is before the first")]
    EndsBeforeItBegins,
    /// A client type, or a header name, that stands there already.
    #[error("the same name stands twice (upper and lower case are the same)")]
    NamedTwice,
}
