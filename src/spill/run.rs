//! Sorted runs, in memory or on disk.

use super::{Fixed, Held};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

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
    pub(super) fn values(&self) -> io::Result<Values<'_, T>> {
        Ok(match self {
            Run::Memory(values, _) => Values::Memory(values.iter()),
            Run::Disk(run) => Values::Disk(run.open(T::SIZE)?),
        })
    }
}

/// A run on disk. Its file is removed with this.
#[derive(Debug)]
pub(super) struct DiskRun {
    path: PathBuf,
    length: u64,
}

impl Drop for DiskRun {
    fn drop(&mut self) {
        // What cannot be removed goes with the folder.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Names the runs of all sorters of the process apart, because several share one folder.
static NEXT_RUN: AtomicU64 = AtomicU64::new(0);

impl DiskRun {
    /// Writes values, which must be in order, to a new file in `folder`.
    pub(super) fn write<T: Fixed>(
        folder: &Path,
        values: impl Iterator<Item = io::Result<T>>,
    ) -> io::Result<DiskRun> {
        let name = format!("run-{}", NEXT_RUN.fetch_add(1, Ordering::Relaxed));
        let mut run = DiskRun { path: folder.join(name), length: 0 };
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&run.path)?;
        let mut out = BufWriter::with_capacity(1 << 18, file);
        let mut bytes = vec![0; T::SIZE];
        for value in values {
            value?.store(&mut bytes);
            out.write_all(&bytes)?;
            run.length += 1;
        }
        out.flush()?;
        Ok(run)
    }

    fn open(&self, size: usize) -> io::Result<DiskValues> {
        let reader = BufReader::with_capacity(1 << 16, File::open(&self.path)?);
        Ok(DiskValues { reader, left: self.length, bytes: vec![0; size] })
    }
}

/// The values of a run, one after the other.
pub(super) enum Values<'a, T> {
    Memory(std::slice::Iter<'a, T>),
    Disk(DiskValues),
}

/// The values of a run on disk.
pub(super) struct DiskValues {
    reader: BufReader<File>,
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
