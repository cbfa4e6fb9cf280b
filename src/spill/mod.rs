//! Sorting more than should be held in memory: sorted runs, in memory while there is room, on disk beyond that,
//! and merged as they are read.
//!
//! Runs lie in a folder that the caller makes private and removes; nothing here ever prints.

mod merge;
mod run;
mod sorter;

pub use merge::Merge;
pub use sorter::{Sorted, Sorter};

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A value that takes the same few bytes on disk whatever it holds.
pub trait Fixed: Copy + Ord {
    /// How many bytes.
    const SIZE: usize;

    /// Writes the value to `out`, which is `SIZE` bytes long.
    fn store(&self, out: &mut [u8]);

    /// Reads back what `store` wrote; none if that can't be.
    fn load(bytes: &[u8]) -> Option<Self>;
}

impl Fixed for u64 {
    const SIZE: usize = 8;

    fn store(&self, out: &mut [u8]) {
        out.copy_from_slice(&self.to_le_bytes());
    }

    fn load(bytes: &[u8]) -> Option<u64> {
        bytes.try_into().ok().map(u64::from_le_bytes)
    }
}

impl Fixed for (u64, u64) {
    const SIZE: usize = 16;

    fn store(&self, out: &mut [u8]) {
        let (one, other) = out.split_at_mut(8);
        self.0.store(one);
        self.1.store(other);
    }

    fn load(bytes: &[u8]) -> Option<(u64, u64)> {
        let (one, other) = bytes.split_at_checked(8)?;
        Some((u64::load(one)?, u64::load(other)?))
    }
}

/// Where what outgrows memory goes, and how much memory that is. Clones share the room.
#[derive(Clone, Debug)]
pub struct Spill {
    folder: PathBuf,
    /// Bytes that sorted runs may yet take of memory.
    room: Arc<AtomicUsize>,
    /// Bytes of a run.
    run: usize,
}

/// Runs are small enough for a processor's cache, and large enough that there are not too many to merge.
const SMALLEST_RUN: usize = 64 << 10;
const LARGEST_RUN: usize = 8 << 20;

/// The memory holds so many runs for each thread.
const RUNS_FOR_EACH_THREAD: usize = 16;

/// For so few threads the runs are no larger than for as many.
const FEW_THREADS: usize = 2;

impl Spill {
    /// Room for `memory` bytes of sorted runs; what is more goes to `folder`. Beside that, each sorter holds the
    /// run that it is filling, which is a small part of it, and at most 8 MiB.
    pub fn new(folder: &Path, memory: usize) -> Spill {
        Spill::for_threads(folder, memory, NonZeroUsize::MIN)
    }

    /// The same where each of so many threads fills a run or two: the more there are, the smaller they are, so that all of
    /// them stay a small part of the memory.
    pub fn for_threads(folder: &Path, memory: usize, threads: NonZeroUsize) -> Spill {
        let run = memory / RUNS_FOR_EACH_THREAD / threads.get().max(FEW_THREADS);
        Spill::with_run(folder, memory, run.clamp(SMALLEST_RUN, LARGEST_RUN))
    }

    fn with_run(folder: &Path, memory: usize, run: usize) -> Spill {
        Spill { folder: folder.to_owned(), room: Arc::new(AtomicUsize::new(memory)), run }
    }

    /// How many values of so many bytes make a run.
    fn run_length(&self, size: usize) -> usize {
        (self.run / size).max(1)
    }

    /// Takes so much of the room, or all that is left, for something else that is held in memory.
    pub fn hold(&self, bytes: usize) -> Held {
        let order = Ordering::Relaxed;
        let before = self.room.fetch_update(order, order, |room| Some(room.saturating_sub(bytes)));
        Held { room: Arc::clone(&self.room), bytes: before.unwrap_or_else(|room| room).min(bytes) }
    }

    /// Takes a part of the room, if it is there.
    fn take(&self, bytes: usize) -> Option<Held> {
        let order = Ordering::Relaxed;
        let taken = self.room.fetch_update(order, order, |room| room.checked_sub(bytes));
        taken.ok().map(|_| Held { room: Arc::clone(&self.room), bytes })
    }
}

/// A part of the room, given back when this goes.
#[derive(Debug)]
pub struct Held {
    room: Arc<AtomicUsize>,
    bytes: usize,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.room.fetch_add(self.bytes, Ordering::Relaxed);
    }
}
