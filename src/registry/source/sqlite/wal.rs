//! Opening an SQLite file without changing it, or the files beside it.
//!
//! SQLite makes two files beside a database in write-ahead-log mode even to read it (`-wal` and `-shm`), and a read-only
//! connection cannot remove them. So if neither is there, the file is opened for writing, nothing is written, and SQLite
//! removes the two files when the connection is closed.

use super::stale_log;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use rustix::fs::{Access, AtFlags, CWD, StatxAttributes, StatxFlags};
use std::borrow::Cow;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where SQLite's header says how the file is written and read, and what it says in write-ahead-log mode.
const MODE: std::ops::Range<usize> = 18..20;
const WAL: [u8; 2] = [2, 2];

/// Opens a file for reading. Nothing may be written through the connection.
///
/// If SQLite cannot make the two files, this fails: without them the owner could change the database unnoticed.
pub(super) fn open(path: &Path) -> Result<Connection, rusqlite::Error> {
    let path = &as_a_file(path);
    let alone = is_in_wal_mode(path) && !log_of(path).exists();
    let how = if alone { OpenFlags::SQLITE_OPEN_READ_WRITE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
    Connection::open_with_flags(path, how | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}

/// The path, spelled so that SQLite does not take it for a URI, as it does if it begins with `file:`.
pub(crate) fn as_a_file(path: &Path) -> Cow<'_, Path> {
    if path.as_os_str().as_encoded_bytes().starts_with(b"file:") {
        Path::new(".").join(path).into()
    } else {
        path.into()
    }
}

/// Whether opening the database would leave a file beside it that its owner may not write. SQLite makes the log's index
/// (`-shm`) for all users of the database, it belongs to whoever makes it, and only a user who may write the database
/// removes it.
pub(super) fn would_leave_files_of_ours(path: &Path) -> bool {
    let user = rustix::process::geteuid();
    let is_owner = std::fs::metadata(path).is_ok_and(|found| found.uid() == user.as_raw());
    // What root makes, SQLite gives to the database's owner.
    if is_owner || user.is_root() || !is_in_wal_mode(path) || named_after(path, "-shm").exists() {
        return false;
    }
    log_of(path).exists() || rustix::fs::access(path, Access::WRITE_OK).is_err()
}

fn is_in_wal_mode(path: &Path) -> bool {
    let mut header = [0; MODE.end];
    File::open(path).and_then(|mut file| file.read_exact(&mut header)).is_ok() && header[MODE] == WAL
}

/// Whether changes that belong to a database may lie beside another name of it. SQLite keeps its log, and the journal of
/// a transaction that was cut off, beside the name under which a database was opened. Under another name they are not
/// seen: the newest withdrawals would be missing, or rows be read that were never committed. A file has other names if it
/// has other hard links, or is mounted by itself, as container engines do.
///
/// In write-ahead-log mode a log with commits shows that this is the name in use. In another mode it can only be told if
/// all names lie in this folder and none has a journal.
pub(super) fn may_lie_beside_another_name(path: &Path) -> bool {
    if is_mounted_by_itself(path) {
        return true;
    }
    let Some(found) = std::fs::metadata(path).ok().filter(|found| found.nlink() > 1) else { return false };
    let names = names_in_folder(path, &found);
    let is_used =
        |name: &PathBuf| stale_log::holds_commits(&beside(name, "-wal")) || is_hot(&beside(name, "-journal"));
    if names.iter().any(is_used) {
        return true;
    }
    if is_in_wal_mode(path) {
        !stale_log::holds_commits(&log_of(path))
    } else {
        // The name given is one of them.
        (names.len() as u64) < found.nlink() - 1
    }
}

/// The other names of a file in the folder it lies in.
fn names_in_folder(path: &Path, file: &Metadata) -> Vec<PathBuf> {
    let own = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let entries =
        own.parent().and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let is_other_name = |name: &PathBuf| {
        *name != own
            && std::fs::symlink_metadata(name)
                .is_ok_and(|found| (found.dev(), found.ino()) == (file.dev(), file.ino()))
    };
    entries.map(|entry| entry.path()).filter(is_other_name).collect()
}

/// Whether a journal is that of a transaction that is under way or was cut off. One that is kept for later begins with
/// zeros.
fn is_hot(journal: &Path) -> bool {
    const MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
    let mut first = [0; MAGIC.len()];
    File::open(journal).and_then(|mut file| file.read_exact(&mut first)).is_ok() && first == MAGIC
}

/// What an older kernel cannot tell counts as no.
fn is_mounted_by_itself(path: &Path) -> bool {
    let found = rustix::fs::statx(CWD, path, AtFlags::empty(), StatxFlags::empty());
    found.is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

/// Whether the file ends within a page. SQLite would fill the rest of the page with zeros. While there are changes in a
/// log the length says nothing: somebody may just be moving them into the file.
///
/// Only the length is asked for: to open and close the file would end the locks that SQLite holds on it.
pub(super) fn ends_within_a_page(path: &Path, page: u64) -> bool {
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
    length(&log_of(path)) == 0 && length(path).checked_rem(page) != Some(0)
}

/// The file in which changes lie that are not yet in the database: beside the file itself, not beside a link to it.
pub(super) fn log_of(path: &Path) -> PathBuf {
    named_after(path, "-wal")
}

fn named_after(path: &Path, ending: &str) -> PathBuf {
    beside(&std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()), ending)
}

/// The path with an ending behind its name.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The first of the files beside a database that SQLite would open too and that is not a regular file. With a pipe SQLite
/// would wait for ever.
pub(super) fn unfit_beside(path: &Path) -> Option<PathBuf> {
    let mut files = ["-journal", "-wal", "-shm"].into_iter().map(|ending| named_after(path, ending));
    files.find(|file| std::fs::metadata(file).is_ok_and(|found| !found.is_file()))
}

/// To be called before the connection is closed, so that SQLite does not move the log's changes into the database then.
/// With an empty log SQLite only removes the files it made.
pub(super) fn leave_as_found(connection: &Connection, path: &Path) {
    let log = std::fs::metadata(log_of(path)).map_or(0, |found| found.len());
    if log > 0 {
        // If that cannot be set, the changes are moved, as whenever the last connection is closed.
        let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    }
}
