//! Sorted runs, in memory or on disk.

use super::{Reservation, Storable};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Values in their order.
#[derive(Debug)]
pub(super) enum Run<T> {
    /// In memory, with the part of the room that they take, if they were counted.
    Memory(Vec<T>, #[expect(dead_code, reason = "held for as long as the values are")] Option<Reservation>),
    /// On disk.
    Disk(DiskRun),
}

impl<T: Storable> Run<T> {
    /// The values, if they are in memory.
    pub(super) fn in_memory(&self) -> Option<&[T]> {
        match self {
            Run::Memory(values, _) => Some(values),
            Run::Disk(_) => None,
        }
    }

    /// Reads the run from its beginning.
    pub(super) fn values(&self) -> Values<'_, T> {
        match self {
            Run::Memory(values, _) => Values::Memory(values),
            Run::Disk(run) => {
                let part = FilePart { file: &run.file, at: run.start };
                let from = BufReader::with_capacity(1 << 16, part);
                Values::Disk { from, to_read: run.length, read: Vec::new() }
            }
        }
    }
}

/// A file without a name, which holds runs one behind the other. It is gone with the process, however that ends.
#[derive(Debug)]
pub(super) struct RunFile(Arc<File>);

/// A run on disk.
#[derive(Debug)]
pub(super) struct DiskRun {
    file: Arc<File>,
    /// Where it begins.
    start: u64,
    /// How many values it has.
    length: u64,
}

impl RunFile {
    pub(super) fn create(folder: &Path) -> io::Result<RunFile> {
        Ok(RunFile(Arc::new(tempfile::tempfile_in(folder)?)))
    }

    #[cfg(test)]
    pub(super) fn cut(&mut self, length: u64) {
        self.0.set_len(length).unwrap();
    }

    /// Writes values, which must be in order, behind the runs that are there.
    pub(super) fn write<T: Storable>(
        &mut self,
        values: impl Iterator<Item = io::Result<T>>,
    ) -> io::Result<DiskRun> {
        let mut run = DiskRun { file: Arc::clone(&self.0), start: (&*self.0).stream_position()?, length: 0 };
        let mut out = BufWriter::with_capacity(1 << 18, &*self.0);
        for value in values {
            value?.store(&mut out)?;
            run.length += 1;
        }
        out.flush()?;
        Ok(run)
    }
}

/// A file from some place on. Several can be read at once.
pub(super) struct FilePart<'a> {
    file: &'a File,
    at: u64,
}

impl Read for FilePart<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(bytes, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// What is left of a run's values.
pub(super) enum Values<'a, T> {
    Memory(&'a [T]),
    Disk {
        from: BufReader<FilePart<'a>>,
        /// How many are still to be read.
        to_read: u64,
        /// Those that were read and not taken.
        read: Vec<T>,
    },
}

impl<T: Storable> Values<'_, T> {
    /// The next values: so many, or all that are left. A file that is shorter than it was written is an error: what a run has
    /// lost must not be missing from a batch in silence.
    pub(super) fn next(&mut self, count: usize) -> io::Result<&[T]> {
        match self {
            Values::Memory(values) => Ok(&values[..count.min(values.len())]),
            Values::Disk { from, to_read, read } => {
                while read.len() < count && *to_read > 0 {
                    read.push(T::load(from)?);
                    *to_read -= 1;
                }
                Ok(&read[..count.min(read.len())])
            }
        }
    }

    /// Takes so many of the next values, which must be there, and puts them behind others.
    pub(super) fn take(&mut self, count: usize, behind: &mut Vec<T>) {
        match self {
            Values::Memory(values) => {
                let (taken, left) = values.split_at(count);
                behind.extend_from_slice(taken);
                *values = left;
            }
            Values::Disk { read, .. } => behind.extend(read.drain(..count)),
        }
    }
}
