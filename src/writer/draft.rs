//! A file in the making: only its owner may read it, and it is hashed as it grows.

use super::sha256::Hash;
use crate::value::text;
use rustix::fs::{Advice, fadvise};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, IoSlice, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A file in the making.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    /// None while the file is closed between two writes.
    file: Option<File>,
    stays_open: bool,
    hash: Hash,
    bytes: u64,
    /// The last of them, which are not in the file yet.
    waiting: Vec<u8>,
    /// How many of them the disk has been asked to take.
    handed_over: u64,
}

/// A file that stays open is written in multiples of so many bytes. The system keeps a file in pieces whose lengths are powers of two:
/// whole ones cost it half as much as whatever a batch's share comes to. No more than this waits for each file.
const WHOLE: usize = 1 << 16;

/// So many bytes are handed to the disk at a time: enough to be worth it, and few, because of each file as many may be left to
/// wait for at the end.
const PIECE: u64 = 1 << 20;

impl Draft {
    /// Makes a new file. One that need not stay open is closed between writes, so that there can be any number.
    pub(super) fn create(path: &Path, stays_open: bool) -> io::Result<Draft> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        // Whatever the process's umask has taken away.
        file.set_permissions(Permissions::from_mode(0o600))?;
        let file = Some(file).filter(|_| stays_open);
        let (path, hash) = (path.to_owned(), Hash::new());
        Ok(Draft { path, file, stays_open, hash, bytes: 0, waiting: Vec::new(), handed_over: 0 })
    }

    /// Brings the file down to the disk; returns its length and its SHA-256.
    pub(super) fn finish(mut self) -> io::Result<(u64, String)> {
        self.write_out(&[])?;
        self.open()?.sync_all()?;
        Ok((self.bytes, text::hex(&self.hash.finish())))
    }

    /// Ends the file, and has the disk begin with it; returns its length and its SHA-256. It must be synced later: waiting for many
    /// small files together takes next to no longer than for one.
    fn finish_unsynced(mut self) -> io::Result<(u64, String)> {
        self.write_out(&[])?;
        self.hand_over();
        Ok((self.bytes, text::hex(&self.hash.finish())))
    }

    /// Takes the next bytes, which have been hashed.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        if !self.stays_open {
            self.write_out(bytes)?;
            self.file = None;
            return Ok(());
        }
        let all = self.waiting.len() + bytes.len();
        let (now, later) = bytes.split_at((all - all % WHOLE).saturating_sub(self.waiting.len()));
        if all >= WHOLE {
            self.write_out(now)?;
        }
        self.waiting.extend_from_slice(later);
        if self.written() - self.handed_over >= PIECE {
            self.hand_over();
        }
        Ok(())
    }

    fn open(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => OpenOptions::new().append(true).open(&self.path)?,
        };
        Ok(self.file.insert(file))
    }

    /// Puts what waits into the file, and these bytes behind it.
    fn write_out(&mut self, bytes: &[u8]) -> io::Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut pieces = &mut [IoSlice::new(&waiting), IoSlice::new(bytes)][..];
        // Empty ones in front are no more to write.
        IoSlice::advance_slices(&mut pieces, 0);
        while !pieces.is_empty() {
            match self.open()?.write_vectored(pieces) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => IoSlice::advance_slices(&mut pieces, n),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.waiting = waiting;
        self.waiting.clear();
        Ok(())
    }

    /// Has the disk begin with what was written since it was last asked, so that at the end there is little to wait for. It is a
    /// hint: nothing depends on whether it is taken.
    fn hand_over(&mut self) {
        let written = self.written();
        let length = std::num::NonZeroU64::new(written - self.handed_over);
        if let Some(file) = &self.file {
            let _ = fadvise(file, self.handed_over, length, Advice::DontNeed);
        }
        self.handed_over = written;
    }

    /// How many bytes are in the file.
    fn written(&self) -> u64 {
        self.bytes - self.waiting.len() as u64
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hash.update(bytes);
        self.put(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_out(&[])
    }
}

/// Writes to each of several files. Hashing them beside each other takes less than hashing one after the other.
///
/// # Errors
/// With the place of the file that can't be written.
pub(super) fn write_beside_each_other<'b>(
    drafts: &mut [Draft],
    texts: impl Iterator<Item = &'b [u8]> + Clone,
) -> Result<(), (usize, io::Error)> {
    // While they are still in the processor's cache.
    Hash::update_each(drafts.iter_mut().map(|draft| &mut draft.hash).zip(texts.clone()));
    let mut pairs = drafts.iter_mut().zip(texts).enumerate();
    pairs.try_for_each(|(place, (draft, text))| draft.put(text).map_err(|error| (place, error)))
}

/// Writes a new file that only its owner may read, which must be synced later; returns its length and its SHA-256.
pub(super) fn write_unsynced(path: &Path, bytes: &[u8]) -> io::Result<(u64, String)> {
    let mut draft = Draft::create(path, true)?;
    draft.write_all(bytes)?;
    draft.finish_unsynced()
}

/// Writes a new file that only its owner may read, down to the disk; returns its length and its SHA-256.
pub(crate) fn write_private(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<(u64, String)> {
    let mut draft = Draft::create(path, true)?;
    fill(&mut draft)?;
    draft.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn a_file_is_what_was_written_whatever_the_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let sizes: &[&[usize]] = &[
            &[],
            &[0, 1, 0],
            &[WHOLE - 1, 1],
            &[WHOLE, 1],
            &[1, WHOLE],
            &[WHOLE - 1, 2, WHOLE - 1],
            &[3 * WHOLE + 5, 7, 2 * WHOLE, 40_000, 40_000, 40_000],
            &[10 * WHOLE, 10 * WHOLE],
        ];
        for (number, sizes) in sizes.iter().enumerate() {
            for stays_open in [true, false] {
                let path = folder.path().join(format!("{number}-{stays_open}"));
                let mut draft = Draft::create(&path, stays_open).unwrap();
                let mut expect = Vec::new();
                for size in *sizes {
                    let bytes: Vec<u8> = (0..*size).map(|at| (at + expect.len() + size) as u8).collect();
                    draft.write_all(&bytes).unwrap();
                    expect.extend(bytes);
                    let there = std::fs::read(&path).unwrap();
                    assert_eq!(
                        there.len(),
                        if stays_open { expect.len() - expect.len() % WHOLE } else { expect.len() }
                    );
                }
                let (bytes, sha256) = draft.finish().unwrap();
                assert!(std::fs::read(&path).unwrap() == expect, "{sizes:?}");
                assert_eq!((bytes, sha256), (expect.len() as u64, text::hex(&Sha256::digest(&expect))));
            }
        }
    }
}
