//! Whether a write-ahead log has been damaged.
//!
//! SQLite reads a log up to the first frame that is not as it was written, and says nothing of what comes behind: in a log with
//! one wrong byte the newest withdrawals may be gone, and nothing looks damaged. It has to be so, because what a transaction leaves
//! that was rolled back looks the same, but for one thing: it never ends in a commit. A commit behind the end is doubt enough, and
//! so is a log that ends within a frame, as a crash may leave it. Whoever owns the database opens it once, and SQLite moves what
//! is whole into it.
//!
//! What nobody can tell is a log that was cut behind a whole frame, or one in which just the mark of the last commit is gone.

use super::stale_log::{self, FRAME_HEADER, HEADER, MAGIC, number};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Whether some of a log is not as SQLite writes it. One that cannot be read is for SQLite to judge.
///
/// To be called before SQLite opens the database: to open and close the file would end the locks that SQLite holds on it.
pub(super) fn is_damaged(log: &Path) -> bool {
    stale_log::holds_each_time(|| File::open(log).and_then(finds_damage).unwrap_or(false))
}

fn finds_damage(log: File) -> io::Result<bool> {
    let mut log = BufReader::with_capacity(1 << 20, log);
    let mut header = Vec::new();
    log.by_ref().take(HEADER as u64).read_to_end(&mut header)?;
    if header.is_empty() {
        return Ok(false);
    }
    let Some((own, sum)) = header.split_at_checked(24).filter(|_| header.len() == HEADER) else {
        return Ok(true);
    };
    let mut sums = Sums { are_big_endian: number(own, 0) & 1 == 1, sums: [0, 0] };
    sums.add(own);
    let page = number(own, 8) as usize;
    if number(own, 0) & !1 != MAGIC || !sums.are(sum) || !(512..=65_536).contains(&page) {
        return Ok(true);
    }
    let salts = &own[16..24];
    let mut frame = Vec::new();
    // From there on SQLite reads nothing.
    let mut is_behind_end = false;
    loop {
        frame.clear();
        log.by_ref().take((FRAME_HEADER + page) as u64).read_to_end(&mut frame)?;
        let Some((of_frame, in_page)) = frame.split_at_checked(FRAME_HEADER) else {
            return Ok(!frame.is_empty());
        };
        let its_salts = &of_frame[8..16];
        if its_salts != salts {
            // Frames of before the log was begun anew have other numbers in both places.
            let is_of_before = its_salts[..4] != salts[..4] && its_salts[4..] != salts[4..];
            if !is_of_before || of_frame.iter().all(|byte| *byte == 0) {
                return Ok(true);
            }
            is_behind_end = true;
            continue;
        }
        sums.add(&of_frame[..8]);
        sums.add(in_page);
        is_behind_end |= !sums.are(&of_frame[16..]);
        // What a transaction that was rolled back has left ends nowhere in a commit.
        let is_commit = number(of_frame, 4) != 0;
        if is_behind_end && is_commit || in_page.len() < page {
            return Ok(true);
        }
    }
}

/// The checksums that go on from frame to frame: <https://www.sqlite.org/fileformat2.html#checksum_algorithm>.
struct Sums {
    are_big_endian: bool,
    sums: [u32; 2],
}

impl Sums {
    fn add(&mut self, bytes: &[u8]) {
        let [mut one, mut other] = self.sums;
        for pair in bytes.chunks_exact(8) {
            let word = |place| {
                let word = number(pair, place);
                if self.are_big_endian { word } else { word.swap_bytes() }
            };
            one = one.wrapping_add(word(0)).wrapping_add(other);
            other = other.wrapping_add(word(4)).wrapping_add(one);
        }
        self.sums = [one, other];
    }

    /// Whether a header says these.
    fn are(&self, said: &[u8]) -> bool {
        self.sums == [number(said, 0), number(said, 4)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    const FRAME: usize = FRAME_HEADER + 512;

    /// A log with three commits. `anew`: behind its end there are frames of before.
    fn log(anew: bool) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let owner = Connection::open(&path).unwrap();
        let begin = "PRAGMA page_size = 512; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (x);";
        owner.execute_batch(begin).unwrap();
        if anew {
            owner
                .execute_batch("INSERT INTO t VALUES (hex(zeroblob(3000))); PRAGMA wal_checkpoint(RESTART);")
                .unwrap();
        }
        owner.execute_batch("INSERT INTO t VALUES (1); INSERT INTO t VALUES (hex(zeroblob(300)));").unwrap();
        std::fs::read(folder.path().join("x.db-wal")).unwrap()
    }

    fn is_damaged(bytes: &[u8]) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, bytes).unwrap();
        finds_damage(File::open(&path).unwrap()).unwrap()
    }

    #[test]
    fn every_wrong_byte_is_found() {
        let whole = log(false);
        assert!(!is_damaged(&whole) && !is_damaged(b"") && whole.len() >= HEADER + 3 * FRAME);
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            // With more than one bit, so that no number of pages becomes 0.
            bytes[place] ^= 0xa5;
            assert!(is_damaged(&bytes), "byte {place}");
        }
    }

    #[test]
    fn a_cut_within_a_frame_is_found_and_so_is_a_hole() {
        let whole = log(false);
        for length in 1..whole.len() {
            let is_between_frames = length >= HEADER && (length - HEADER).is_multiple_of(FRAME);
            assert_eq!(is_damaged(&whole[..length]), !is_between_frames, "{length} bytes");
        }
        for frame in (HEADER..whole.len()).step_by(FRAME) {
            for end in [frame + FRAME_HEADER, frame + FRAME, whole.len()] {
                let mut bytes = whole.clone();
                bytes[frame..end].fill(0);
                assert!(is_damaged(&bytes), "a hole from {frame} to {end}");
            }
        }
    }

    #[test]
    fn what_was_rolled_back_is_no_damage() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let owner = Connection::open(&path).unwrap();
        let begin = "PRAGMA page_size = 512; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = 4;
            CREATE TABLE t (x); INSERT INTO t VALUES (1);";
        owner.execute_batch(begin).unwrap();
        let length = || std::fs::metadata(folder.path().join("x.db-wal")).unwrap().len();
        let many = |rows: u32| {
            format!(
                "BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
                INSERT INTO t SELECT hex(randomblob(100)) FROM n;"
            )
        };
        for (rows, then) in
            [(200, "ROLLBACK"), (60, "ROLLBACK"), (5, "COMMIT"), (20, "ROLLBACK"), (3, "COMMIT")]
        {
            owner.execute_batch(&many(rows)).unwrap();
            // While it is under way, too.
            assert!(!is_damaged(&std::fs::read(folder.path().join("x.db-wal")).unwrap()), "{rows}");
            owner.execute_batch(then).unwrap();
            let whole = std::fs::read(folder.path().join("x.db-wal")).unwrap();
            assert!(!is_damaged(&whole), "{rows} {then}");
        }
        assert!(length() > 100 * FRAME as u64, "nothing was written before it was rolled back");
    }

    #[test]
    fn what_stands_behind_the_end_may_be_of_before() {
        let whole = log(true);
        let salts = |place: usize| &whole[place + 8..place + 16];
        let is_of_before = |frame: &usize| salts(*frame) != &whole[16..24];
        let of_before: Vec<usize> = (HEADER..whole.len()).step_by(FRAME).filter(is_of_before).collect();
        assert!(of_before.len() > 1 && !is_damaged(&whole));
        // But not a commit that is newer than that.
        let mut bytes = whole.clone();
        bytes.copy_within(16..24, of_before[1] + 8);
        bytes[of_before[1] + 7] = 9;
        assert!(is_damaged(&bytes));
    }
}
