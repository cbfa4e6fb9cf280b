//! Whether a write-ahead log was left by an earlier state of its database.
//!
//! Whoever copies a database over last month's copy, and leaves last month's log beside it, has SQLite put last month's
//! pages over this month's: a withdrawal would be gone, and nothing would look damaged. Such a log is older than its
//! database, and its pages are not those that the database holds. A log that was merely moved into its database is
//! older too, but then the database holds the same.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

/// The log's header and a frame's, in bytes: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>.
const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// What a log begins with, but for its last bit, which says how its checksums are computed.
const MAGIC: u32 = 0x377f_0682;

/// How often the files are looked at again, and after how long: somebody may just be moving the log into the database.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

/// Whether a log is of an earlier state of its database. One that cannot be read, or is none, is for SQLite to judge.
///
/// To be asked before the database is open: to open and close it once more would end the locks that SQLite holds on it.
pub(super) fn is_stale(database: &Path, log: &Path) -> bool {
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            std::thread::sleep(PAUSE);
        }
        if !(is_older(log, database) && holds_other_pages(database, log).unwrap_or(false)) {
            return false;
        }
    }
    true
}

fn is_older(log: &Path, database: &Path) -> bool {
    let modified = |path: &Path| std::fs::metadata(path).and_then(|found| found.modified()).ok();
    matches!((modified(log), modified(database)), (Some(log), Some(database)) if log < database)
}

/// Whether a page that was committed to the log is another in the database.
fn holds_other_pages(database: &Path, log: &Path) -> io::Result<bool> {
    let (database, mut log) = (File::open(database)?, File::open(log)?);
    let mut header = [0; HEADER];
    log.read_exact(&mut header)?;
    let page = number(&header, 8) as usize;
    if number(&header, 0) & !1 != MAGIC || !(512..=65_536).contains(&page) {
        return Ok(false);
    }
    let salts = &header[16..24];
    // Each page's newest state, up to the last commit; what comes behind it was never committed, or is of an older log.
    let (mut pending, mut committed) = (Vec::new(), BTreeMap::new());
    let mut pages_in_all = 0;
    let mut frame = [0; FRAME_HEADER];
    for place in (HEADER as u64..).step_by(FRAME_HEADER + page) {
        if log.read_exact_at(&mut frame, place).is_err() || frame[8..16] != *salts {
            break;
        }
        pending.push((number(&frame, 0), place + FRAME_HEADER as u64));
        let is_commit = number(&frame, 4) != 0;
        if is_commit {
            pages_in_all = number(&frame, 4);
            committed.extend(pending.drain(..));
        }
    }
    let (mut in_log, mut in_database) = (vec![0; page], vec![0; page]);
    for (number, place) in committed.range(1..=pages_in_all) {
        log.read_exact_at(&mut in_log, *place)?;
        let there = database.read_exact_at(&mut in_database, u64::from(number - 1) * page as u64);
        if there.is_err() || in_log != in_database {
            return Ok(true);
        }
    }
    Ok(false)
}

fn number(bytes: &[u8], place: usize) -> u32 {
    bytes[place..place + 4].iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}
