//! The text of a compressed file.
//!
//! On one thread, the text is unpacked as it is asked for. With more, a thread unpacks ahead of the one that reads; and
//! where a file has several members (those of gzip, or the frames of zstd), others unpack whole members beside it. Either
//! way the text is the same to the byte, and so is what is refused.

mod ahead;
mod members;
mod packed;
mod pieces;

use ahead::Ahead;
use members::Members;
use packed::Packed;
use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// How a file is packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Packing {
    Gzip,
    Zstd,
}

/// How much is kept of what is unpacked ahead.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// A piece of several members gets no more of them once it has so many bytes.
    piece: usize,
    /// A piece has about so many bytes at most.
    packed: usize,
    /// Its text has no more than this.
    text: usize,
    /// How far back a frame of zstd may look.
    window: u64,
    /// How much text of a single member is handed over at a time.
    part: usize,
}

/// Large enough for the frames of `pzstd`, which have 8 MiB of text.
const LIMITS: Limits =
    Limits { piece: 1 << 18, packed: 4 << 20, text: 9 << 20, window: 8 << 20, part: 1 << 19 };

/// More threads unpack faster than the text can be cut into blocks.
const MOST_HELPERS: usize = 4;

/// The text of a compressed file.
pub(super) enum Unpacker {
    /// Unpacked as it is asked for. None only while the file is handed over to other threads.
    InOrder(Option<Box<Members>>),
    Ahead(Ahead),
}

impl Unpacker {
    /// `read` counts the bytes that come from the disk, for the progress bar.
    pub(super) fn new(packing: Packing, file: File, read: Arc<AtomicU64>) -> io::Result<Unpacker> {
        let members = Members::begin(packing, Packed::new(file, read))?;
        Ok(Unpacker::InOrder(Some(Box::new(members))))
    }

    /// From now on the text is unpacked ahead, if it is for several threads.
    pub(super) fn unpack_ahead(&mut self, threads: NonZeroUsize) {
        self.unpack_ahead_within(threads, LIMITS);
    }

    fn unpack_ahead_within(&mut self, threads: NonZeroUsize, limits: Limits) {
        let Unpacker::InOrder(members) = self else { return };
        if threads.get() > 1
            && let Some(members) = members.take()
        {
            *self = match Ahead::begin(members, threads.get().min(MOST_HELPERS), limits) {
                Ok(ahead) => Unpacker::Ahead(ahead),
                // It goes without.
                Err(members) => Unpacker::InOrder(Some(members)),
            };
        }
    }
}

impl Read for Unpacker {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Unpacker::InOrder(Some(members)) => members.read(into),
            Unpacker::InOrder(None) => Err(io::Error::other("the file is being handed over")),
            Unpacker::Ahead(ahead) => ahead.read(into),
        }
    }
}

#[cfg(test)]
mod tests;
