//! Whether a write-ahead log was left by an earlier state of its database.
//!
//! Whoever copies a database over last month's copy, and leaves last month's log beside it, has SQLite put last month's
//! pages over this month's: a withdrawal would be gone, and nothing would look damaged. Such a log is older than its
//! database, and its pages are not those that the database holds. A log that was merely moved into its database is
//! older too, but then the database holds the same.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

/// The log's header and a frame's, in bytes: <https://www.sqlite.org/fileformat2.html#the_write_ahead_log>.
pub(super) const HEADER: usize = 32;
pub(super) const FRAME_HEADER: usize = 24;

/// What a log begins with, but for its last bit, which says how its checksums are computed.
pub(super) const MAGIC: u32 = 0x377f_0682;

/// How often the files are looked at again, and after how long: somebody may just be moving the log into the database, or
/// writing to it.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

/// Whether a log is of an earlier state of its database. One that cannot be read, or is none, is for SQLite to judge.
///
/// To be called before SQLite opens the database: to open and close the file would end the locks that SQLite holds on it.
pub(super) fn is_stale(database: &Path, log: &Path) -> bool {
    holds_each_time(|| is_older(log, database) && holds_other_pages(database, log).unwrap_or(false))
}

/// Whether something holds of the files however often they are looked at.
pub(super) fn holds_each_time(holds: impl Fn() -> bool) -> bool {
    (0..ATTEMPTS).all(|attempt| {
        if attempt > 0 {
            std::thread::sleep(PAUSE);
        }
        holds()
    })
}

fn is_older(log: &Path, database: &Path) -> bool {
    let modified = |path: &Path| std::fs::metadata(path).and_then(|found| found.modified()).ok();
    matches!((modified(log), modified(database)), (Some(log), Some(database)) if log < database)
}

/// Whether a log holds anything that was committed. One that cannot be read, or is none, does not.
pub(super) fn holds_commits(log: &Path) -> bool {
    File::open(log)
        .and_then(|log| CommittedPages::read(&log))
        .is_ok_and(|committed| !committed.places.is_empty())
}

/// What was committed to a log.
#[derive(Default)]
struct CommittedPages {
    /// The size of a page, in bytes.
    page: usize,
    /// For each page's number, where in the log its newest state lies.
    places: BTreeMap<u32, u64>,
    /// How many pages the database has.
    pages: u32,
}

impl CommittedPages {
    /// Reads up to the last commit; what comes behind it was never committed, or belongs to an older log.
    fn read(log: &File) -> io::Result<CommittedPages> {
        let mut header = [0; HEADER];
        log.read_exact_at(&mut header, 0)?;
        let page = number(&header, 8) as usize;
        let mut committed = CommittedPages { page, ..CommittedPages::default() };
        if number(&header, 0) & !1 != MAGIC || !(512..=65_536).contains(&page) {
            return Ok(committed);
        }
        let salts = &header[16..24];
        let mut pending = Vec::new();
        let mut frame = [0; FRAME_HEADER];
        for place in (HEADER as u64..).step_by(FRAME_HEADER + page) {
            if log.read_exact_at(&mut frame, place).is_err() || frame[8..16] != *salts {
                break;
            }
            pending.push((number(&frame, 0), place + FRAME_HEADER as u64));
            let pages = number(&frame, 4);
            if pages != 0 {
                committed.pages = pages;
                committed.places.extend(pending.drain(..));
            }
        }
        Ok(committed)
    }
}

/// Whether the database holds another state of a page than the log.
fn holds_other_pages(database: &Path, log: &Path) -> io::Result<bool> {
    let (database, log) = (File::open(database)?, File::open(log)?);
    let CommittedPages { page, places, pages } = CommittedPages::read(&log)?;
    let (mut in_log, mut in_database) = (vec![0; page], vec![0; page]);
    for (number, place) in places.iter().filter(|(number, _)| (1..=pages).contains(*number)) {
        log.read_exact_at(&mut in_log, *place)?;
        let there = database.read_exact_at(&mut in_database, u64::from(number - 1) * page as u64);
        if there.is_err() || in_log != in_database {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn number(bytes: &[u8], place: usize) -> u32 {
    bytes[place..].first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes))
}
