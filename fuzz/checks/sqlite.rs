//! An SQLite file as an export: damaged in any way, or made by any SQL.

use super::extracted::read;
use super::seeds;
use phds::registry::Encoding;
use rusqlite::Connection;
use std::path::Path;

/// The first byte says what the rest is: a file; changes to a good file, three bytes each; or SQL that makes a file.
pub fn check(data: &[u8]) {
    let Some((kind, data)) = data.split_first() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.sqlite");
    match kind % 4 {
        0 => std::fs::write(&path, data).unwrap(),
        1 | 2 => {
            let mut file = seeds::database();
            changes(&mut file, data);
            if kind % 4 == 2 {
                // A journal that was left behind, or a write-ahead log: whichever the file's mode makes of it.
                std::fs::write(folder.path().join("export.sqlite-journal"), data).unwrap();
                std::fs::write(folder.path().join("export.sqlite-wal"), data).unwrap();
            }
            std::fs::write(&path, file).unwrap();
        }
        _ => {
            if !make(&path, data) {
                return;
            }
        }
    }
    let before = std::fs::read(&path).unwrap();
    let _ = read(&path, Encoding::Utf8, folder.path());
    if kind % 4 != 2 {
        assert!(std::fs::read(&path).unwrap() == before, "the export was altered");
    }
}

/// Each three bytes: a place, in two bytes, and what is put there.
fn changes(file: &mut [u8], data: &[u8]) {
    for change in data.as_chunks::<3>().0 {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % file.len();
        file[at] = change[2];
    }
}

/// Makes a database by SQL; whether that can be done. What would take long is not tried.
fn make(path: &Path, sql: &[u8]) -> bool {
    let Ok(sql) = std::str::from_utf8(sql) else { return false };
    let lower = sql.to_lowercase();
    let takes_long =
        ["recursive", "blob(", "printf", "format", "attach", "vacuum", "pragma", "writefile", "replace("];
    if sql.len() > 4096 || takes_long.iter().any(|word| lower.contains(word)) {
        return false;
    }
    let connection = Connection::open(path).unwrap();
    let _ = connection
        .execute_batch("PRAGMA page_size = 512; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
    let _ = connection.execute_batch(sql);
    let _ = connection.execute_batch("ROLLBACK");
    drop(connection);
    path.exists()
}
