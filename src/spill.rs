//! Sorting more than should be held in memory: sorted runs on disk, merged.
//!
//! Runs lie in a folder that the caller makes private and removes; nothing here ever prints.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A value that takes the same few bytes on disk whatever it holds.
pub trait Fixed: Copy + Ord {
    /// How many bytes.
    const SIZE: usize;

    /// Writes the value to `out`, which is `SIZE` bytes long.
    fn store(&self, out: &mut [u8]);

    /// Reads back what `store` wrote.
    fn load(bytes: &[u8]) -> Self;
}

/// Names the runs of all sorters of the process apart, because several share one folder.
static NEXT_RUN: AtomicU64 = AtomicU64::new(0);

/// Collects values in any order and gives them back in theirs.
#[derive(Debug)]
pub struct Sorter<T> {
    folder: PathBuf,
    budget: usize,
    in_memory: Vec<T>,
    runs: Vec<Run>,
}

/// A sorted run on disk, removed with this.
#[derive(Debug)]
struct Run {
    path: PathBuf,
}

impl Drop for Run {
    fn drop(&mut self) {
        // What cannot be removed goes with the folder.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl<T: Fixed> Sorter<T> {
    /// A sorter that holds `budget` values in memory and puts what is more into `folder`.
    pub fn new(folder: &Path, budget: usize) -> Sorter<T> {
        Sorter { folder: folder.to_owned(), budget: budget.max(1), in_memory: Vec::new(), runs: Vec::new() }
    }

    /// Adds a value.
    pub fn push(&mut self, value: T) -> io::Result<()> {
        if self.in_memory.len() >= self.budget {
            self.spill()?;
        }
        self.in_memory.push(value);
        Ok(())
    }

    /// Takes over another sorter's values.
    pub fn absorb(&mut self, other: Sorter<T>) -> io::Result<()> {
        self.runs.extend(other.runs);
        other.in_memory.into_iter().try_for_each(|value| self.push(value))
    }

    fn spill(&mut self) -> io::Result<()> {
        self.in_memory.sort_unstable();
        let name = format!("run-{}", NEXT_RUN.fetch_add(1, Ordering::Relaxed));
        let run = Run { path: self.folder.join(name) };
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&run.path)?;
        let mut out = BufWriter::with_capacity(1 << 18, file);
        let mut bytes = vec![0; T::SIZE];
        for value in self.in_memory.drain(..) {
            value.store(&mut bytes);
            out.write_all(&bytes)?;
        }
        out.flush()?;
        self.runs.push(run);
        Ok(())
    }

    /// Calls `visit` with every value in order. Can be called again.
    pub fn sorted(&mut self, mut visit: impl FnMut(T) -> io::Result<()>) -> io::Result<()> {
        self.in_memory.sort_unstable();
        if self.runs.is_empty() {
            return self.in_memory.iter().try_for_each(|value| visit(*value));
        }
        let mut sources = vec![Source::Memory(self.in_memory.iter())];
        for run in &self.runs {
            sources.push(Source::Disk(BufReader::with_capacity(1 << 16, File::open(&run.path)?)));
        }
        let mut next = BinaryHeap::with_capacity(sources.len());
        for (i, source) in sources.iter_mut().enumerate() {
            if let Some(value) = source.next()? {
                next.push(Reverse((value, i)));
            }
        }
        while let Some(Reverse((value, i))) = next.pop() {
            visit(value)?;
            if let Some(value) = sources[i].next()? {
                next.push(Reverse((value, i)));
            }
        }
        Ok(())
    }
}

enum Source<'a, T> {
    Memory(std::slice::Iter<'a, T>),
    Disk(BufReader<File>),
}

impl<T: Fixed> Source<'_, T> {
    fn next(&mut self) -> io::Result<Option<T>> {
        let reader = match self {
            Source::Memory(values) => return Ok(values.next().copied()),
            Source::Disk(reader) => reader,
        };
        let mut bytes = vec![0; T::SIZE];
        match reader.read_exact(&mut bytes) {
            Ok(()) => Ok(Some(T::load(&bytes))),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Fixed for u32 {
        const SIZE: usize = 4;
        fn store(&self, out: &mut [u8]) {
            out.copy_from_slice(&self.to_le_bytes());
        }
        fn load(bytes: &[u8]) -> u32 {
            u32::from_le_bytes(bytes.try_into().unwrap())
        }
    }

    proptest::proptest! {
        #[test]
        fn sorts_whatever_the_budget(values: Vec<u32>, others: Vec<u32>, budget in 1usize..20) {
            let folder = tempfile::tempdir().unwrap();
            let fill = |values: &[u32]| {
                let mut sorter = Sorter::new(folder.path(), budget);
                values.iter().for_each(|v| sorter.push(*v).unwrap());
                sorter
            };
            let mut sorter = fill(&values);
            sorter.absorb(fill(&others)).unwrap();
            let mut expect = [values, others].concat();
            expect.sort_unstable();
            for _ in 0..2 {
                let mut got = Vec::new();
                sorter.sorted(|v| { got.push(v); Ok(()) }).unwrap();
                proptest::prop_assert_eq!(&got, &expect);
            }
            drop(sorter);
            proptest::prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}
