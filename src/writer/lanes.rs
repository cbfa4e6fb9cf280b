//! Several files that grow together, written by several threads.
//!
//! The rows come in numbered batches, and every batch has a share for each file. A thread lays a batch out for all
//! files at once, and then each file takes the shares in the batches' order, whichever threads bring them. So every
//! thread does every kind of work, none waits for long, and no more than a batch for each thread is in memory.

use super::draft::{self, Draft};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// So many files make a lane; the last may have fewer.
const SIDE_BY_SIDE: usize = 8;

/// Files that grow together.
#[derive(Debug)]
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    /// Set when a thread fails: its batch will never come, and nobody may wait for it.
    stopped: AtomicBool,
}

/// A batch's share for one file.
#[derive(Clone, Default, Debug)]
pub(super) struct Share {
    /// Whole rows.
    pub(super) text: Vec<u8>,
    /// How many.
    pub(super) rows: u64,
}

impl Share {
    /// Empties it for the next batch.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.rows = 0;
    }
}

#[derive(Debug)]
struct Lane {
    turn: Mutex<Turn>,
    moved: Condvar,
}

#[derive(Debug)]
struct Turn {
    /// The batch whose share is next.
    batch: u64,
    drafts: Vec<Draft>,
    /// For each file, the rows of all its shares so far.
    rows: Vec<u64>,
}

impl Lane {
    fn turn(&self) -> MutexGuard<'_, Turn> {
        // Whoever panicked has stopped the others too; nobody goes on with what it left.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lanes {
    /// Files that wait for the first batch, number 0.
    pub(super) fn new(drafts: Vec<Draft>) -> Lanes {
        let mut drafts = drafts.into_iter();
        let lanes = std::iter::from_fn(|| {
            let drafts: Vec<_> = drafts.by_ref().take(SIDE_BY_SIDE).collect();
            let turn = Turn { batch: 0, rows: vec![0; drafts.len()], drafts };
            (!turn.drafts.is_empty()).then(|| Lane { turn: Mutex::new(turn), moved: Condvar::new() })
        });
        Lanes { lanes: lanes.collect(), stopped: AtomicBool::new(false) }
    }

    /// Appends a batch's shares, which may be empty, to the files, each once the shares of all batches before it are there.
    /// Returns false if that will never be, because another thread has failed.
    ///
    /// # Errors
    /// With the place of the file that can't be written.
    pub(super) fn append(&self, batch: u64, shares: &[Share]) -> Result<bool, (usize, io::Error)> {
        for (number, (lane, shares)) in self.lanes.iter().zip(shares.chunks(SIDE_BY_SIDE)).enumerate() {
            let mut turn = lane.turn();
            while turn.batch != batch {
                if self.stopped.load(Ordering::Relaxed) {
                    return Ok(false);
                }
                turn = lane.moved.wait(turn).unwrap_or_else(PoisonError::into_inner);
            }
            draft::write_beside_each_other(&mut turn.drafts, shares.iter().map(|share| &share.text[..]))
                .map_err(|(place, error)| (number * SIDE_BY_SIDE + place, error))?;
            turn.rows.iter_mut().zip(shares).for_each(|(rows, share)| *rows += share.rows);
            turn.batch += 1;
            lane.moved.notify_all();
        }
        Ok(true)
    }

    /// Work on the files: if it does not come to its end, by an error or a panic, nobody waits for it.
    pub(super) fn work<T, E>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let stop = StopOthers { lanes: self };
        let done = work()?;
        std::mem::forget(stop);
        Ok(done)
    }

    /// The files, in their order, each with the number of its rows.
    pub(super) fn into_drafts(self) -> impl Iterator<Item = (Draft, u64)> {
        let turn = |lane: Lane| lane.turn.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.lanes.into_iter().map(turn).flat_map(|turn| turn.drafts.into_iter().zip(turn.rows))
    }
}

/// Stops the other threads when it goes.
struct StopOthers<'a> {
    lanes: &'a Lanes,
}

impl Drop for StopOthers<'_> {
    fn drop(&mut self) {
        self.lanes.stopped.store(true, Ordering::Relaxed);
        for lane in &self.lanes.lanes {
            // With the lock held nobody is between looking and waiting.
            let _turn = lane.turn();
            lane.moved.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::text;
    use sha2::{Digest, Sha256};

    fn lanes(folder: &std::path::Path, count: usize) -> Lanes {
        let draft = |place: usize| Draft::create(&folder.join(place.to_string()), place > 0).unwrap();
        Lanes::new((0..count).map(draft).collect())
    }

    /// Some lanes that are full, and one that is not.
    const FILES: usize = 2 * SIDE_BY_SIDE + 3;

    #[test]
    fn shares_come_in_the_batches_order_whoever_brings_them() {
        let folder = tempfile::tempdir().unwrap();
        let lanes = lanes(folder.path(), FILES);
        std::thread::scope(|scope| {
            for thread in 0..4u64 {
                let lanes = &lanes;
                scope.spawn(move || {
                    for batch in (0..100).filter(|batch| batch % 4 == thread) {
                        let share = |place| Share {
                            text: format!("{batch} ").repeat(place).into_bytes(),
                            rows: batch,
                        };
                        let shares: Vec<_> = (0..FILES).map(share).collect();
                        assert!(lanes.append(batch, &shares).unwrap());
                    }
                });
            }
        });
        for (place, (draft, rows)) in lanes.into_drafts().enumerate() {
            let expect: String = (0..100).map(|batch| format!("{batch} ").repeat(place)).collect();
            let sha256 = text::hex(&Sha256::digest(&expect));
            assert_eq!(draft.finish().unwrap(), (expect.len() as u64, sha256));
            assert_eq!(rows, (0..100).sum::<u64>());
            assert_eq!(std::fs::read_to_string(folder.path().join(place.to_string())).unwrap(), expect);
        }
    }

    #[test]
    fn nobody_waits_for_a_thread_that_failed() {
        let folder = tempfile::tempdir().unwrap();
        let lanes = lanes(folder.path(), 1);
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| lanes.append(1, &[Share::default()]).unwrap());
            let fails = scope.spawn(|| lanes.work(|| Err::<(), _>("batch 0 never comes")));
            assert!(fails.join().unwrap().is_err());
            assert!(!waits.join().unwrap());
        });
    }
}
