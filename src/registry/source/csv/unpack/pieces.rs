//! Pieces of a compressed file that can be unpacked by themselves: some whole members each.
//!
//! Where a member ends is only guessed here, from what lies there. A piece is unpacked by the crates' own readers, and its
//! text is used only if it begins where a member does and is nothing but whole members. Then the next piece begins where a
//! member does too. So nothing rests on the guess but how fast it goes.

use super::packed::Packed;
use super::{Limits, Packing};
use memchr::memmem;
use std::io::Read;
use zstd::zstd_safe;

/// A piece of a compressed file.
pub(super) struct Piece {
    pub(super) packed: Vec<u8>,
    /// Where it ends in the file.
    pub(super) end: u64,
}

/// Cuts a file into pieces, from where a member begins.
pub(super) struct Cutter {
    packing: Packing,
    limits: Limits,
    file: Packed,
    /// What has been read and not yet been cut off.
    ahead: Vec<u8>,
    /// Where `ahead` begins in the file.
    at: u64,
    /// So much of `ahead` has been looked at.
    looked_at: usize,
    is_at_end: bool,
}

impl Cutter {
    pub(super) fn new(packing: Packing, limits: Limits, file: Packed) -> Cutter {
        let at = file.place();
        Cutter { packing, limits, file, ahead: Vec::new(), at, looked_at: 0, is_at_end: false }
    }

    /// The next piece; none if there is none that could be kept, or the file cannot be read, which whoever reads it in
    /// order will find too.
    pub(super) fn next(&mut self) -> Option<Piece> {
        loop {
            let is_all = self.is_at_end || self.ahead.len() >= self.limits.packed;
            let length = match self.packing {
                Packing::Gzip => self.cut_members(is_all),
                Packing::Zstd => self.cut_frames(is_all),
            };
            match length {
                None if is_all => return None,
                None => self.is_at_end = self.file.append_to(&mut self.ahead).ok()? == 0,
                Some(0) => return None,
                Some(length) => {
                    let rest = self.ahead.split_off(length);
                    let packed = std::mem::replace(&mut self.ahead, rest);
                    self.at += length as u64;
                    self.looked_at = 0;
                    return Some(Piece { packed, end: self.at });
                }
            }
        }
    }

    /// The length of some members of gzip: up to what looks like the beginning of one. `is_all`: no more will be read.
    fn cut_members(&mut self, is_all: bool) -> Option<usize> {
        let from = self.looked_at.max(self.limits.piece).min(self.ahead.len());
        let is_member = |place: &usize| looks_like_member(&self.ahead[*place..]);
        let found = memmem::find_iter(&self.ahead[from..], &MAGIC).map(|place| from + place).find(is_member);
        if found.is_some() {
            return found;
        }
        self.looked_at = self.ahead.len().saturating_sub(MEMBER_HEADER);
        if self.is_at_end {
            return Some(self.ahead.len());
        }
        if !is_all {
            return None;
        }
        // Small members before a large one.
        let end = self.limits.piece.min(self.ahead.len());
        memmem::rfind_iter(&self.ahead[..end], &MAGIC).find(is_member)
    }

    /// The length of some frames of zstd. Each tells its own.
    fn cut_frames(&mut self, is_all: bool) -> Option<usize> {
        while self.looked_at < self.limits.piece {
            let frame = &self.ahead[self.looked_at..];
            match zstd_safe::find_frame_compressed_size(frame) {
                Ok(length) if length <= frame.len() && has_small_window(frame, &self.limits) => {
                    self.looked_at += length;
                }
                // It has to be read in order, what comes before it need not.
                Ok(_) => return Some(self.looked_at),
                Err(_) => return is_all.then_some(self.looked_at),
            }
        }
        Some(self.looked_at)
    }
}

/// What each member of gzip begins with: its magic number, and the one way of packing that there is.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

/// So many bytes come before a member's name.
const MEMBER_HEADER: usize = 10;

/// Whether this looks like the beginning of a member of gzip: its flags, how well it is packed, and the system it was
/// made on are such as there are.
fn looks_like_member(bytes: &[u8]) -> bool {
    let Some(header) = bytes.get(..MEMBER_HEADER) else { return false };
    header[..3] == MAGIC
        && header[3] < 0x20
        && matches!(header[8], 0 | 2 | 4)
        && matches!(header[9], 0..=13 | 255)
}

/// Whether a frame of zstd says that unpacking it takes little memory. The skippable ones take none.
fn has_small_window(frame: &[u8], limits: &Limits) -> bool {
    match frame {
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => true,
        [0x28, 0xb5, 0x2f, 0xfd, descriptor, window, ..] => {
            if descriptor & 0x20 != 0 {
                // All of it is one segment, as long as the text.
                let length = zstd_safe::get_frame_content_size(frame);
                return matches!(length, Ok(Some(length)) if length <= limits.text as u64);
            }
            let base = 1u64 << (10 + (window >> 3));
            base + base / 8 * u64::from(window & 7) <= limits.window
        }
        _ => false,
    }
}

/// How much text is asked for at a time.
const ASKED_FOR: usize = 1 << 17;

/// Unpacks a piece; returns its text, or none if it is not some whole members or its text is too long to be kept.
/// `text` is a buffer to reuse.
pub(super) fn unpack(packing: Packing, packed: &[u8], mut text: Vec<u8>, limits: &Limits) -> Option<Vec<u8>> {
    let mut reader: Box<dyn Read> = match packing {
        Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
        Packing::Zstd => Box::new(zstd::Decoder::with_buffer(packed).ok()?),
    };
    let mut length = 0;
    loop {
        if text.len() < length + ASKED_FOR {
            text.resize(length + ASKED_FOR, 0);
        }
        let read = reader.read(&mut text[length..length + ASKED_FOR]).ok()?;
        length += read;
        if length > limits.text {
            return None;
        }
        if read == 0 {
            text.truncate(length);
            return Some(text);
        }
    }
}
