//! The bytes of a compressed file, from a place on.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much is read from the disk at a time.
const READ: usize = 1 << 18;

/// The bytes of a compressed file, from a place on. Several can read one file, each at its own place.
#[derive(Debug)]
pub(super) struct Packed {
    file: Arc<File>,
    /// How far anything of the file was read, for the progress bar.
    read: Arc<AtomicU64>,
    /// Where the bytes behind `buffer` begin.
    at: u64,
    buffer: Vec<u8>,
    /// How much of `buffer` has been used.
    used: usize,
}

impl Packed {
    pub(super) fn new(file: File, read: Arc<AtomicU64>) -> Packed {
        Packed { file: Arc::new(file), read, at: 0, buffer: Vec::new(), used: 0 }
    }

    /// Where the next byte lies in the file.
    pub(super) fn place(&self) -> u64 {
        self.at - (self.buffer.len() - self.used) as u64
    }

    /// The same file from another place on.
    pub(super) fn at_place(&self, place: u64) -> Packed {
        let (file, read) = (Arc::clone(&self.file), Arc::clone(&self.read));
        Packed { file, read, at: place, buffer: Vec::new(), used: 0 }
    }

    /// The same bytes, in a reader of their own; what was read of them goes over to it.
    pub(super) fn take_over(&mut self) -> Packed {
        let mut other = self.at_place(self.at);
        std::mem::swap(&mut other.buffer, &mut self.buffer);
        other.used = std::mem::take(&mut self.used);
        other
    }

    /// Appends some more bytes; returns how many, none at the end.
    pub(super) fn append_to(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        let more = self.fill_buf()?;
        bytes.extend_from_slice(more);
        let length = more.len();
        self.consume(length);
        Ok(length)
    }

    fn read_at(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.file.read_at(buffer, self.at) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(n) => {
                    self.at += n as u64;
                    self.read.fetch_max(self.at, Ordering::Relaxed);
                    return Ok(n);
                }
            }
        }
    }
}

impl Read for Packed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(into)?;
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Packed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used == self.buffer.len() {
            let mut buffer = std::mem::take(&mut self.buffer);
            self.used = 0;
            buffer.resize(READ, 0);
            // On an error the buffer is left empty, as it was.
            let n = self.read_at(&mut buffer)?;
            buffer.truncate(n);
            self.buffer = buffer;
        }
        Ok(&self.buffer[self.used..])
    }

    fn consume(&mut self, amount: usize) {
        self.used = (self.used + amount).min(self.buffer.len());
    }
}
