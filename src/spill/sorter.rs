//! Collects values in any order, and returns them sorted.

use super::run::{Run, RunFile};
use super::sort::sort;
use super::{Merge, Spill, Storable};
use crate::parallel::beside_each_other;
use std::io;
use std::num::NonZeroUsize;

/// So many runs on disk are merged at once: each is read through 64 KiB of memory.
const MOST_RUNS: usize = 512;

/// Collects values in any order and gives them back in theirs.
#[derive(Debug)]
pub struct Sorter<T> {
    spill: Spill,
    /// The run that is being filled.
    open: Vec<T>,
    /// What sorting needs beside it.
    spare: Vec<T>,
    run_length: usize,
    runs: Vec<Run<T>>,
    /// Where runs go that have no room in memory.
    file: Option<RunFile>,
}

impl<T: Storable + Ord> Sorter<T> {
    /// A sorter without values.
    pub fn new(spill: &Spill) -> Sorter<T> {
        let run_length = spill.run_length(size_of::<T>());
        Sorter {
            spill: spill.clone(),
            open: Vec::new(),
            spare: Vec::new(),
            run_length,
            runs: Vec::new(),
            file: None,
        }
    }

    /// Adds a value.
    ///
    /// # Errors
    /// If a run has to go to disk and can't.
    pub fn push(&mut self, value: T) -> io::Result<()> {
        if self.open.len() == self.open.capacity() {
            self.make_space()?;
        }
        self.open.push(value);
        Ok(())
    }

    /// Lets the open run grow, never beyond a run's length; a full one is put away.
    fn make_space(&mut self) -> io::Result<()> {
        if self.open.len() >= self.run_length {
            self.put_away()?;
        }
        let length = self.open.len();
        // Where one run was filled, most of the next will be, too: it need not be moved as it grows.
        let more = if self.runs.is_empty() { length.max(64) } else { self.run_length };
        self.open.reserve_exact(more.min(self.run_length - length));
        Ok(())
    }

    fn put_away(&mut self) -> io::Result<()> {
        sort(&mut self.open, &mut self.spare);
        match self.spill.take(self.open.capacity() * size_of::<T>()) {
            Some(held) => self.runs.push(Run::Memory(std::mem::take(&mut self.open), Some(held))),
            None => {
                let mut full = std::mem::take(&mut self.open);
                let run = self.file()?.write(full.drain(..).map(Ok))?;
                self.runs.push(Run::Disk(run));
                self.open = full;
            }
        }
        Ok(())
    }

    fn file(&mut self) -> io::Result<&mut RunFile> {
        let file = self.file.take().map_or_else(|| RunFile::create(&self.spill.folder), Ok)?;
        Ok(self.file.insert(file))
    }

    /// Ends the open run as if it were full, so that it takes no memory that is not counted.
    ///
    /// # Errors
    /// If it has to go to disk and can't.
    pub fn seal(&mut self) -> io::Result<()> {
        if self.open.is_empty() {
            return Ok(());
        }
        self.open.shrink_to_fit();
        self.put_away()
    }

    /// Ends the open run, which stays in memory: it is there already. Whoever filled it on a thread of its own can have it
    /// sorted there.
    pub fn close(&mut self) {
        if !self.open.is_empty() {
            sort(&mut self.open, &mut self.spare);
            self.runs.push(Run::Memory(std::mem::take(&mut self.open), None));
            self.spare = Vec::new();
        }
    }

    /// Takes over another sorter's values.
    pub fn absorb(&mut self, mut other: Sorter<T>) {
        other.close();
        self.runs.append(&mut other.runs);
    }

    /// Merges runs on disk until few enough are left to be merged at once.
    fn narrow(&mut self) -> io::Result<()> {
        let is_on_disk = |run: &Run<T>| matches!(run, Run::Disk(_));
        while self.runs.iter().filter(|run| is_on_disk(run)).count() > MOST_RUNS {
            let first: Vec<_> = self.runs.extract_if(.., |run| is_on_disk(run)).take(MOST_RUNS).collect();
            let merged = self.file()?.write(Merge::of(&first))?;
            self.runs.push(Run::Disk(merged));
        }
        Ok(())
    }

    /// The values in order. More can be added afterwards.
    ///
    /// # Errors
    /// If a run cannot be read or written.
    pub fn merge(&mut self) -> io::Result<Merge<'_, T>> {
        self.close();
        self.narrow()?;
        Ok(Merge::of(&self.runs))
    }

    /// The values that were added more than once, in order, each with how often again; found on so many threads.
    ///
    /// # Errors
    /// If a run cannot be read or written.
    pub fn repeats(&mut self, threads: NonZeroUsize) -> io::Result<Vec<(T, u64)>>
    where
        T: Send + Sync,
    {
        self.close();
        self.narrow()?;
        let mut parts: Vec<_> =
            Merge::in_parts(&self.runs, threads).into_iter().map(|part| (part, None)).collect();
        beside_each_other(&mut parts, |(part, found)| *found = Some(part.repeats()));
        let mut all = Vec::new();
        for (mut part, found) in parts {
            all.append(&mut found.unwrap_or_else(|| part.repeats())?);
        }
        Ok(all)
    }

    /// All values, to be read in order as often as need be.
    ///
    /// # Errors
    /// If a run cannot be read or written.
    pub fn sorted(mut self) -> io::Result<Sorted<T>> {
        self.close();
        self.narrow()?;
        Ok(Sorted { runs: self.runs })
    }
}

/// Values in their order.
#[derive(Debug)]
pub struct Sorted<T> {
    runs: Vec<Run<T>>,
}

impl<T: Storable + Ord> Sorted<T> {
    /// The values, from the first.
    pub fn merge(&self) -> Merge<'_, T> {
        Merge::of(&self.runs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(merge: Merge<'_, u64>) -> Vec<u64> {
        merge.collect::<io::Result<_>>().unwrap()
    }

    proptest::proptest! {
        #[test]
        fn sorts_whatever_the_room(
            one: Vec<u64>, other: Vec<u64>, room in 0usize..400, run in 1usize..60,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let spill = Spill::with_run(folder.path(), room, run);
            let fill = |values: &[u64]| {
                let mut sorter = Sorter::new(&spill);
                values.iter().for_each(|v| sorter.push(*v).unwrap());
                sorter
            };
            let mut sorter = fill(&one);
            let mut more = fill(&other);
            if room % 2 == 0 {
                more.seal().unwrap();
            }
            sorter.absorb(more);
            let mut expect = [one, other].concat();
            expect.sort_unstable();
            proptest::prop_assert_eq!(&values(sorter.merge().unwrap()), &expect);
            let in_sight = std::fs::read_dir(folder.path()).unwrap().count();
            proptest::prop_assert_eq!(in_sight, 0, "however the process ends, nothing is left");
            sorter.push(7).unwrap();
            expect.push(7);
            expect.sort_unstable();
            let sorted = sorter.sorted().unwrap();
            for _ in 0..2 {
                proptest::prop_assert_eq!(&values(sorted.merge()), &expect);
            }
            let mut sorter = fill(&[expect.clone(), expect.iter().step_by(3).map(|v| v % 5).collect()].concat());
            let mut times = std::collections::BTreeMap::new();
            expect.iter().for_each(|value| *times.entry(*value).or_insert(0) += 1);
            expect.iter().step_by(3).for_each(|value| *times.entry(value % 5).or_insert(0) += 1);
            let again: Vec<(u64, u64)> = times.into_iter().filter(|(_, n)| *n > 1).map(|(v, n)| (v, n - 1)).collect();
            for threads in [1, 3] {
                let found = sorter.repeats(NonZeroUsize::new(threads).unwrap()).unwrap();
                proptest::prop_assert_eq!(&found, &again);
            }
            drop(sorter);
            drop(sorted);
            proptest::prop_assert_eq!(spill.take(room).is_some(), true, "all of the room is given back");
        }
    }

    #[test]
    fn more_runs_than_can_be_open_are_merged_in_steps() {
        let folder = tempfile::tempdir().unwrap();
        let spill = Spill::with_run(folder.path(), 0, 1);
        let mut sorter = Sorter::new(&spill);
        let count = 3 * MOST_RUNS as u64 + 5;
        (0..count).rev().for_each(|value| sorter.push(value).unwrap());
        let sorted = sorter.sorted().unwrap();
        assert!(sorted.runs.len() <= MOST_RUNS + 1);
        assert_eq!(values(sorted.merge()), (0..count).collect::<Vec<_>>());
    }

    #[test]
    fn a_run_that_was_cut_short_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let spill = Spill::with_run(folder.path(), 0, 40);
        let mut sorter = Sorter::new(&spill);
        (0..9u64).for_each(|value| sorter.push(value).unwrap());
        sorter.file().unwrap().cut(16);
        assert!(sorter.merge().unwrap().any(|value| value.is_err()));
    }
}
