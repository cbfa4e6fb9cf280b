//! Opening an SQLite file so that it, and what lies beside it, is afterwards as it was before.
//!
//! A file in write-ahead-log mode needs two more files beside it even to be read, and a connection that may only
//! read cannot remove them again. So one that finds neither opens the file as if it could write, writes nothing,
//! and lets SQLite clear them away at the end.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where SQLite's header says how the file is written and read, and what it says in write-ahead-log mode.
const MODE: std::ops::Range<usize> = 18..20;
const WAL: [u8; 2] = [2, 2];

/// Opens a file for reading. Nothing may be written through the connection.
pub(super) fn open(path: &Path) -> Result<Connection, rusqlite::Error> {
    let alone = is_in_wal_mode(path) && !log_of(path).exists();
    let how = if alone { OpenFlags::SQLITE_OPEN_READ_WRITE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
    let connection = Connection::open_with_flags(path, how | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let readable = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
    match readable {
        // The two files cannot be made: nobody can write here, so the file cannot change under our eyes.
        Err(error) if alone && cannot_make_files(&error) => open_immutable(path),
        _ => Ok(connection),
    }
}

fn cannot_make_files(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

fn is_in_wal_mode(path: &Path) -> bool {
    let mut header = [0; MODE.end];
    File::open(path).and_then(|mut file| file.read_exact(&mut header)).is_ok() && header[MODE] == WAL
}

/// The file in which changes lie that are not yet in the database.
fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Opens a file that cannot change, as SQLite's URIs say it.
fn open_immutable(path: &Path) -> Result<Connection, rusqlite::Error> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut uri = "file://".to_owned();
    for byte in absolute.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                uri.push(char::from(*byte))
            }
            // Writing to memory cannot fail.
            _ => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    let how = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(uri, how)
}

/// Before a connection is closed: sees to it that closing it moves nothing from the log into the database. With
/// an empty log SQLite only clears away the files it made.
pub(super) fn leave_as_found(connection: &Connection, path: &Path) {
    let log = std::fs::metadata(log_of(path)).map_or(0, |found| found.len());
    if log > 0 {
        // If that cannot be set, SQLite does what it always does for the last to leave.
        let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }
}
