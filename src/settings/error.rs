//! What can be wrong with a file of settings: the file, the line and the key, and what is expected there.
//!
//! Never quotes a value: somebody may have named an export's file instead.

use crate::value::shown;
use std::io;
use std::path::PathBuf;

/// What the settings of a file are for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum SettingsKind {
    /// The inclusion rules.
    Policy,
    /// How a registry writes its export.
    Profile,
}

/// What is wrong with a file of settings.
#[derive(thiserror::Error, Debug)]
pub enum SettingsError {
    /// The file is not there, or may not be read.
    #[error("{}: cannot be opened: {source}", shown(path))]
    Unavailable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds no usable settings.
    #[error("{}{place}: {fault}", shown(path))]
    Bad {
        kind: SettingsKind,
        /// The file.
        path: PathBuf,
        /// Where in it: `, line 3, key consent.rule`, or the line alone; empty where the whole file is meant.
        place: String,
        /// What is wrong.
        fault: SettingsFault,
    },
}

/// What can be wrong at one place of a file of settings.
#[derive(thiserror::Error, Debug)]
pub enum SettingsFault {
    /// A folder, a pipe or a device.
    #[error("this is not a regular file")]
    NotAFile,
    #[error("the file is too large to be a {0}")]
    TooLarge(SettingsKind),
    #[error("the file is not UTF-8 text")]
    NotText,
    #[error("this is not TOML: {0}")]
    NotToml(String),
    #[error("there is no such key in a {0}")]
    UnknownKey(SettingsKind),
    /// A value of another type, or outside its set.
    #[error("this must be {0}")]
    WrongValue(&'static str),
    /// A name that stands there already.
    #[error("the same name stands twice (upper and lower case are the same)")]
    NamedTwice,
    /// What no table of keys and values can tell; in words that quote no value.
    #[error("{0}")]
    Refused(String),
}
