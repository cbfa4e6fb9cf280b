//! A file in the making: only its owner may read it, and it is hashed as it grows.

use crate::value::text;
use rustix::fs::{Advice, fadvise};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A file in the making.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    /// None while the file is closed between two writes.
    file: Option<File>,
    stays_open: bool,
    hash: Sha256,
    bytes: u64,
    /// How many of them the disk has been asked to take.
    handed_over: u64,
}

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
        Ok(Draft { path: path.to_owned(), file, stays_open, hash: Sha256::new(), bytes: 0, handed_over: 0 })
    }

    /// Brings the file down to the disk; returns its length and its SHA-256.
    pub(super) fn finish(mut self) -> io::Result<(u64, String)> {
        self.open()?.sync_all()?;
        Ok((self.bytes, text::hex(&self.hash.finalize())))
    }

    /// Ends the file, and has the disk begin with it; returns its length and its SHA-256. It must be synced later: waiting for many
    /// small files together takes next to no longer than for one.
    fn finish_unsynced(mut self) -> (u64, String) {
        self.hand_over();
        (self.bytes, text::hex(&self.hash.finalize()))
    }

    fn open(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => OpenOptions::new().append(true).open(&self.path)?,
        };
        Ok(self.file.insert(file))
    }

    /// Has the disk begin with what was written since it was last asked, so that at the end there is little to wait for. It is a
    /// hint: nothing depends on whether it is taken.
    fn hand_over(&mut self) {
        let length = std::num::NonZeroU64::new(self.bytes - self.handed_over);
        if let Some(file) = &self.file {
            let _ = fadvise(file, self.handed_over, length, Advice::DontNeed);
        }
        self.handed_over = self.bytes;
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.open()?.write(bytes)?;
        self.hash.update(&bytes[..n]);
        self.bytes += n as u64;
        if self.bytes - self.handed_over >= PIECE {
            self.hand_over();
        }
        if !self.stays_open {
            self.file = None;
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a new file that only its owner may read, which must be synced later; returns its length and its SHA-256.
pub(super) fn write_unsynced(path: &Path, bytes: &[u8]) -> io::Result<(u64, String)> {
    let mut draft = Draft::create(path, true)?;
    draft.write_all(bytes)?;
    Ok(draft.finish_unsynced())
}

/// Writes a new file that only its owner may read, down to the disk; returns its length and its SHA-256.
pub(crate) fn write_private(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<(u64, String)> {
    let mut out = BufWriter::with_capacity(1 << 18, Draft::create(path, true)?);
    fill(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.finish()
}
