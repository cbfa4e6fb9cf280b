//! Unpacking one member after the other, on the thread that asks.
//!
//! A gzip file is a row of members and a zstd file a row of frames, each packed by itself; both are called members
//! here. What is unpacked, and what is refused, is the same as with the crates' own readers of whole files: those do not
//! tell where a member ends.

use super::Packing;
use super::packed::Packed;
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, Read};
use zstd::stream::raw::{InBuffer, Operation, OutBuffer};

/// A compressed file, of which one member is being unpacked or has been.
pub(in super::super) struct Members {
    decoder: Decoder,
    /// Whether the member has come to its end.
    is_ended: bool,
}

enum Decoder {
    Gzip(Box<GzDecoder<Packed>>),
    Zstd(zstd::stream::raw::Decoder<'static>, Packed),
}

impl Members {
    /// Begins with the first member. There must be one.
    pub(super) fn begin(packing: Packing, packed: Packed) -> io::Result<Members> {
        let decoder = match packing {
            Packing::Gzip => Decoder::Gzip(Box::new(GzDecoder::new(packed))),
            Packing::Zstd => Decoder::Zstd(zstd::stream::raw::Decoder::new()?, packed),
        };
        Ok(Members { decoder, is_ended: false })
    }

    pub(super) fn packing(&self) -> Packing {
        match self.decoder {
            Decoder::Gzip(_) => Packing::Gzip,
            Decoder::Zstd(..) => Packing::Zstd,
        }
    }

    fn packed(&mut self) -> &mut Packed {
        match &mut self.decoder {
            Decoder::Gzip(decoder) => decoder.get_mut(),
            Decoder::Zstd(_, packed) => packed,
        }
    }

    /// Reads from the member that has been begun, and from no other; returns 0 at its end.
    pub(super) fn read_member(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.is_ended || into.is_empty() {
            return Ok(0);
        }
        let read = match &mut self.decoder {
            Decoder::Gzip(decoder) => {
                let read = decoder.read(into)?;
                self.is_ended = read == 0;
                read
            }
            Decoder::Zstd(decoder, packed) => {
                let (read, is_ended) = read_frame(decoder, packed, into)?;
                self.is_ended = is_ended;
                read
            }
        };
        Ok(read)
    }

    pub(super) fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// Behind a member: the rest of the file, if there is any.
    pub(super) fn rest(&mut self) -> io::Result<Option<Packed>> {
        let packed = self.packed();
        let is_more = !packed.fill_buf()?.is_empty();
        Ok(is_more.then(|| packed.at_place(packed.place())))
    }

    /// Behind a member: passes over members that were unpacked elsewhere.
    pub(super) fn skip_to(&mut self, place: u64) {
        let packed = self.packed();
        *packed = packed.at_place(place);
    }

    /// Behind a member: begins the next one.
    pub(super) fn begin_next(&mut self) -> io::Result<()> {
        match &mut self.decoder {
            Decoder::Gzip(decoder) => {
                let packed = decoder.get_mut().take_over();
                decoder.reset(packed);
            }
            Decoder::Zstd(decoder, _) => decoder.reinit()?,
        }
        self.is_ended = false;
        Ok(())
    }
}

impl Read for Members {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            let read = self.read_member(into)?;
            if read > 0 {
                return Ok(read);
            }
            if self.packed().fill_buf()?.is_empty() {
                return Ok(0);
            }
            self.begin_next()?;
        }
    }
}

/// Reads from a frame; returns how much, and whether that was the end of it.
fn read_frame(
    decoder: &mut zstd::stream::raw::Decoder<'static>,
    packed: &mut Packed,
    into: &mut [u8],
) -> io::Result<(usize, bool)> {
    // First what the decoder has unpacked already and had no room for.
    let mut input: &[u8] = &[];
    loop {
        let (mut source, mut target) = (InBuffer::around(input), OutBuffer::around(&mut *into));
        let is_ended = decoder.run(&mut source, &mut target)? == 0;
        let (used, read) = (source.pos(), target.pos());
        packed.consume(used);
        if read > 0 || is_ended {
            return Ok((read, is_ended));
        }
        input = packed.fill_buf()?;
        if input.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}
