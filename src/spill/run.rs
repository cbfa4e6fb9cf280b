//! Sorted runs, in memory or on disk.

use super::{Fixed, Held};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Values in their order.
#[derive(Debug)]
pub(super) enum Run<T> {
    /// In memory, with the part of the room that they take, if they were counted.
    Memory(Vec<T>, #[expect(dead_code, reason = "held for as long as the values are")] Option<Held>),
    /// On disk.
    Disk(DiskRun),
}

impl<T: Fixed> Run<T> {
    /// Reads the run from its beginning.
    pub(super) fn values(&self) -> Values<'_, T> {
        match self {
            Run::Memory(values, _) => Values::Memory(values.iter()),
            Run::Disk(run) => Values::Disk(DiskValues {
                reader: BufReader::with_capacity(1 << 16, Part { file: &run.file, at: run.start }),
                left: run.length,
                bytes: vec![0; T::SIZE],
            }),
        }
    }
}

/// A file without a name, which holds runs one behind the other. It is gone with the process, however that ends.
#[derive(Debug)]
pub(super) struct RunFile {
    file: Arc<File>,
    end: u64,
}

/// A run on disk.
#[derive(Debug)]
pub(super) struct DiskRun {
    file: Arc<File>,
    start: u64,
    length: u64,
}

impl RunFile {
    pub(super) fn create(folder: &Path) -> io::Result<RunFile> {
        Ok(RunFile { file: Arc::new(tempfile::tempfile_in(folder)?), end: 0 })
    }

    #[cfg(test)]
    pub(super) fn cut(&mut self, length: u64) {
        self.file.set_len(length).unwrap();
    }

    /// Writes values, which must be in order.
    pub(super) fn write<T: Fixed>(
        &mut self,
        values: impl Iterator<Item = io::Result<T>>,
    ) -> io::Result<DiskRun> {
        let mut run = DiskRun { file: Arc::clone(&self.file), start: self.end, length: 0 };
        let mut out = BufWriter::with_capacity(1 << 18, &*self.file);
        let mut bytes = vec![0; T::SIZE];
        for value in values {
            value?.store(&mut bytes);
            out.write_all(&bytes)?;
            run.length += 1;
        }
        out.flush()?;
        self.end += run.length * T::SIZE as u64;
        Ok(run)
    }
}

/// A file from some place on. Several can be read at once.
pub(super) struct Part<'a> {
    file: &'a File,
    at: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(bytes, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// The values of a run, one after the other.
pub(super) enum Values<'a, T> {
    Memory(std::slice::Iter<'a, T>),
    Disk(DiskValues<'a>),
}

/// The values of a run on disk.
pub(super) struct DiskValues<'a> {
    reader: BufReader<Part<'a>>,
    left: u64,
    bytes: Vec<u8>,
}

impl<T: Fixed> Values<'_, T> {
    /// The next value; none at the end. A file that is shorter than it was written is an error: what a run has lost
    /// must not be missing from a batch in silence.
    pub(super) fn next(&mut self) -> io::Result<Option<T>> {
        let disk = match self {
            Values::Memory(values) => return Ok(values.next().copied()),
            Values::Disk(disk) => disk,
        };
        if disk.left == 0 {
            return Ok(None);
        }
        disk.left -= 1;
        disk.reader.read_exact(&mut disk.bytes)?;
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "a temporary file was changed");
        T::load(&disk.bytes).map(Some).ok_or_else(damaged)
    }
}
