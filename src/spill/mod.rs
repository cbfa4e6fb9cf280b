//! Sorting more than should be held in memory: sorted runs, in memory while there is room, on disk beyond that,
//! and merged as they are read. `storable` says how a value lies on disk.
//!
//! Runs lie in a folder that the caller makes private and removes; nothing here ever prints.

mod merge;
mod run;
mod sort;
mod sorter;
mod storable;

pub use merge::Merge;
pub(crate) use sort::place_by;
pub use sorter::{Sorted, Sorter};
pub use storable::Storable;
pub(crate) use storable::{damaged, storable_as, storable_fields};

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where what outgrows memory goes, and how much memory that is. Clones share the room.
#[derive(Clone, Debug)]
pub struct Spill {
    folder: Arc<Path>,
    /// Bytes that sorted runs may yet take of memory.
    room: Arc<AtomicUsize>,
    /// Bytes of a run.
    run: usize,
}

/// Runs are small enough for a processor's cache, and large enough that there are not too many to merge.
const SMALLEST_RUN: usize = 32 << 10;
const LARGEST_RUN: usize = 4 << 20;

/// The memory holds so many runs for each thread.
const RUNS_FOR_EACH_THREAD: usize = 32;

/// For so few threads the runs are no larger than for as many.
const FEW_THREADS: usize = 2;

impl Spill {
    /// Room for `memory` bytes of sorted runs; what is more goes to `folder`. Beside that, each sorter holds the
    /// run that it is filling and as much to sort it with, which is a small part of it, and at most 8 MiB.
    pub fn new(folder: &Path, memory: usize) -> Spill {
        Spill::for_threads(folder, memory, NonZeroUsize::MIN)
    }

    /// The same where each of so many threads fills a run or two: the more there are, the smaller they are, so that all of
    /// them stay a small part of the memory.
    pub fn for_threads(folder: &Path, memory: usize, threads: NonZeroUsize) -> Spill {
        let run = memory / RUNS_FOR_EACH_THREAD / threads.get().max(FEW_THREADS);
        Spill::with_run(folder, memory, run.clamp(SMALLEST_RUN, LARGEST_RUN))
    }

    pub(crate) fn with_run(folder: &Path, memory: usize, run: usize) -> Spill {
        Spill { folder: folder.into(), room: Arc::new(AtomicUsize::new(memory)), run }
    }

    /// How many values of so many bytes make a run.
    fn run_length(&self, size: usize) -> usize {
        (self.run / size).max(1)
    }

    /// Takes so much of the room, or all that is left, for something else that is held in memory.
    pub fn hold(&self, bytes: usize) -> Reservation {
        let order = Ordering::Relaxed;
        let before = self.room.fetch_update(order, order, |room| Some(room.saturating_sub(bytes)));
        Reservation { room: Arc::clone(&self.room), bytes: before.unwrap_or_else(|room| room).min(bytes) }
    }

    /// Takes a part of the room, if it is there.
    fn take(&self, bytes: usize) -> Option<Reservation> {
        let order = Ordering::Relaxed;
        let taken = self.room.fetch_update(order, order, |room| room.checked_sub(bytes));
        taken.ok().map(|_| Reservation { room: Arc::clone(&self.room), bytes })
    }
}

/// A part of the room, given back when this goes.
#[derive(Debug)]
pub struct Reservation {
    room: Arc<AtomicUsize>,
    bytes: usize,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.room.fetch_add(self.bytes, Ordering::Relaxed);
    }
}
