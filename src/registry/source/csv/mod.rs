//! Reading one CSV file of an export: opening and decompressing it, its header, and its text in blocks of whole
//! records.
//!
//! Memory is bounded by the size of a block, or of the longest record allowed, whatever the file holds.

mod decode;
mod header;
mod marks;
mod sift;
mod split;
mod swallowed;
mod unpack;

pub(in crate::registry) use header::find_delimiter;
pub use marks::{Line, Marks};
pub use split::{Field, WholeRecords, split_record, whole_records};
pub(in crate::registry) use split::{blank_lines, count_lines};
pub(in crate::registry) use swallowed::may_have_swallowed_rows;

use super::layout::{Layout, Place};
use super::{Block, Content, Encoding, ExportFormat, TableReader, TakeBlock};
use crate::registry::error::{BadInput, InputFault};
use crate::registry::{RegistryError, Table};
use decode::Decoder;
use sift::{Sift, line_that_is_no_row};
use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use twox_hash::XxHash3_128;
use unpack::{Packing, Unpacker};

/// How much text is read at a time.
pub(in crate::registry) const BLOCK: usize = 1 << 18;

/// No record of a registry is this long; more means that a quote is not closed, and the rest of the file would
/// have to be held in memory to find out.
pub(super) const LONGEST_RECORD: usize = 16 << 20;

/// No record has this many fields. The list of fields takes more memory than short fields do, on every thread.
const MOST_FIELDS: usize = 1 << 20;

/// A compressed file may unpack to this many bytes, whatever its size.
const MOST_UNPACKED: u64 = 256 << 20;

/// A larger one may unpack to so many times its size. Every row of a registry has an id of its own, so no export packs
/// nearly as well.
const MOST_TIMES_ITS_SIZE: u64 = 500;

/// A CSV file, read block by block.
pub(super) struct CsvFile {
    text: Text,
    layout: Layout,
    delimiter: u8,
}

/// The text of a CSV file.
struct Text {
    path: PathBuf,
    input: Input,
    /// Makes UTF-8 of what comes out of it, if it is in another encoding.
    decoder: Option<Decoder>,
    /// Drops lines that are no rows, if a profile says which.
    sift: Option<Sift>,
    /// Such lines before the header.
    dropped_before: u64,
    /// How much the file may unpack to, if it is compressed.
    may_unpack: Option<u64>,
    /// How much has come out of it.
    unpacked: u64,
    bytes_read: Arc<AtomicU64>,
    /// Text that has been read and not yet been given out.
    pending: Vec<u8>,
    /// The line on which `pending` begins.
    line: u64,
    at_end: bool,
    /// Whether the last byte that was read ends a line.
    ends_a_line: bool,
    /// Of all that was read, unpacked.
    content: XxHash3_128,
}

/// What a file holds, unpacked.
enum Input {
    Plain(CountingReader<File>),
    Packed(Unpacker),
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Input::Plain(file) => file.read(buffer),
            Input::Packed(unpacker) => unpacker.read(buffer),
        }
    }
}

/// A reader that counts the bytes that come from the disk, for the progress bar.
struct CountingReader<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for CountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.count.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

impl CsvFile {
    /// Opens a table's file and reads its header.
    pub(super) fn open(path: &Path, table: Table, format: &ExportFormat) -> Result<CsvFile, RegistryError> {
        let unavailable = |source| RegistryError::Unavailable { path: path.to_owned(), source };
        // Looked at before it is opened: opening a pipe would wait for its other end.
        let found = std::fs::metadata(path).map_err(unavailable)?;
        if !found.is_file() {
            return Err(BadInput::of_file(path, InputFault::NotAFile));
        }
        let file = File::open(path).map_err(unavailable)?;
        let bytes_read = Arc::new(AtomicU64::new(0));
        let packing = match path.extension().and_then(|ending| ending.to_str()) {
            Some("gz") => Some(Packing::Gzip),
            Some("zst") => Some(Packing::Zstd),
            _ => None,
        };
        let count = Arc::clone(&bytes_read);
        let input = match packing {
            Some(packing) => Input::Packed(
                Unpacker::new(packing, file, count)
                    .map_err(|source| RegistryError::Read { path: path.to_owned(), source })?,
            ),
            None => Input::Plain(CountingReader { inner: file, count }),
        };
        let most = MOST_UNPACKED.max(found.len().saturating_mul(MOST_TIMES_ITS_SIZE));
        let text = Text {
            path: path.to_owned(),
            input,
            decoder: None,
            sift: None,
            dropped_before: 0,
            may_unpack: packing.map(|_| most),
            unpacked: 0,
            bytes_read,
            pending: Vec::new(),
            line: 1,
            at_end: false,
            ends_a_line: true,
            content: XxHash3_128::new(),
        };
        text.read_header(table, format)
    }
}

impl CsvFile {
    /// From now on the rows are the table's own, not those of consents that they give.
    pub(super) fn read_for_rows(&mut self) {
        self.layout.given.clear();
    }
}

/// So many bytes of a file tell what it is.
const HEAD: usize = 512;

impl Text {
    /// Reads the header; what is left is the records.
    fn read_header(mut self, table: Table, format: &ExportFormat) -> Result<CsvFile, RegistryError> {
        self.fill()?;
        let format = self.begin_decoding(format)?;
        let (path, head) = (self.path.clone(), self.pending[..self.pending.len().min(HEAD)].to_vec());
        self.read_names(table, &format).map_err(|error| match (error, Content::of(&head)) {
            // What is no CSV can be wrong in any way: what it is says more.
            (RegistryError::BadInput(_), Some(content)) => {
                BadInput::of_file(&path, InputFault::NotCsv(content))
            }
            (error, _) => error,
        })
    }

    fn read_names(mut self, table: Table, format: &ExportFormat) -> Result<CsvFile, RegistryError> {
        let profile = format.profile.as_deref();
        let not_rows = profile.and_then(|profile| profile.files.not_rows.as_ref());
        while self.skip_before_header(not_rows) {
            self.fill()?;
        }
        if self.pending.is_empty() {
            return Err(BadInput::of_file(&self.path, InputFault::NoHeader));
        }
        let own = profile.and_then(|profile| profile.files.delimiter);
        let delimiter = own.unwrap_or_else(|| header::find_delimiter(&self.pending));
        // The first whole record is the header; everything up to its end must have been read.
        while !self.at_end && split::whole_records(&self.pending, delimiter).end == 0 {
            self.fill()?;
        }
        if self.at_end {
            // Behind the header stand lines that are no rows, in which a quote opens nothing.
            let header = not_rows.and_then(|_| split::end_of_record(&self.pending, delimiter));
            let looked_at = header.unwrap_or(self.pending.len());
            self.refuse_open_quotes(&self.pending[..looked_at], delimiter)?;
        }
        let mut fields = Vec::new();
        let end = split_record(&self.pending, 0, delimiter, &mut fields);
        self.refuse_many(&fields, self.line)?;
        // Where lines end in a lone `\r`, the whole file is one line.
        let may_show =
            !fields.iter().any(|field| field.unquoted(&self.pending).trim_ascii().contains(&b'\r'));
        let place = Place { path: &self.path, line: Some(self.line), table, may_show };
        if fields.iter().any(|field| field.over_lines(&self.pending).is_some()) {
            return Err(place.error(None, InputFault::HeaderOverLines));
        }
        let layout = header::read(&self.pending, &fields, delimiter, format, &place)?;
        self.line += count_lines(&self.pending[..end]);
        self.pending.drain(..end);
        if let Some(pattern) = not_rows {
            let records = std::mem::take(&mut self.pending);
            let mut sift = Sift::new(pattern.clone(), delimiter);
            sift.take(&records, self.at_end, &mut self.pending);
            self.sift = Some(sift);
        }
        Ok(CsvFile { text: self, layout, delimiter })
    }

    /// Skips what comes before the header: blank lines, and lines that are no rows. Returns whether more text is needed to
    /// tell.
    fn skip_before_header(&mut self, not_rows: Option<&regex::bytes::Regex>) -> bool {
        loop {
            let blank = blank_lines(&self.pending);
            let skipped = match not_rows {
                _ if blank > 0 => blank,
                Some(pattern) if !self.pending.is_empty() => {
                    match line_that_is_no_row(pattern, &self.pending, self.at_end) {
                        None => return true,
                        Some((true, length)) => {
                            self.dropped_before += 1;
                            length
                        }
                        Some((false, _)) => return false,
                    }
                }
                // A carriage return at the end may be the first half of one more blank line.
                _ => return !self.at_end && matches!(self.pending.as_slice(), [] | [b'\r']),
            };
            self.line += count_lines(&self.pending[..skipped]);
            self.pending.drain(..skipped);
        }
    }

    /// Skips a byte order mark, and decodes from there on. Returns how the text is written that comes out.
    fn begin_decoding(&mut self, format: &ExportFormat) -> Result<ExportFormat, RegistryError> {
        let Some((mark, decoder)) = decode::of_file(&self.pending, format) else {
            return Err(BadInput::of_file(&self.path, InputFault::Utf16));
        };
        self.pending.drain(..mark);
        let is_utf8 = mark > 0 || decoder.is_some();
        if let Some(mut decoder) = decoder {
            let raw = std::mem::take(&mut self.pending);
            decoder.decode(&raw, self.at_end, &mut self.pending);
            self.decoder = Some(decoder);
            self.ends_a_line = self.pending.last().is_none_or(|last| *last == b'\n');
        }
        let encoding = if is_utf8 { Encoding::Utf8 } else { format.encoding };
        Ok(ExportFormat { encoding, ..format.clone() })
    }

    /// The next block of whole records, or none at the end. `recycled` is a block to reuse.
    fn next_block(&mut self, delimiter: u8, recycled: Block) -> Result<Option<Block>, RegistryError> {
        loop {
            if !self.at_end && self.pending.len() < BLOCK {
                self.fill()?;
            }
            let end = if self.at_end {
                self.refuse_open_quotes(&self.pending, delimiter)?;
                self.pending.len()
            } else {
                split::whole_records(&self.pending, delimiter).end
            };
            // A record that is too large in either way has no fewer bytes than this; few blocks have.
            if end >= MOST_FIELDS {
                self.refuse_large_records(&self.pending[..end], delimiter)?;
            }
            if end > 0 {
                let mut rest = recycled.text;
                rest.clear();
                rest.extend_from_slice(&self.pending[end..]);
                self.pending.truncate(end);
                let text = std::mem::replace(&mut self.pending, rest);
                let first_line = self.line;
                self.line += count_lines(&text);
                return Ok(Some(Block { text, first_line, ..Block::default() }));
            }
            if self.at_end {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    /// Reads about a block more.
    fn fill(&mut self) -> Result<(), RegistryError> {
        let waiting = self.sift.as_ref().map_or(0, Sift::waiting);
        // Room for the longest record and its line end; more means that there is none in sight.
        if self.pending.len().max(waiting) > LONGEST_RECORD + 2 {
            return Err(self.too_long(self.line));
        }
        if self.decoder.is_none() && self.sift.is_none() {
            let mut text = std::mem::take(&mut self.pending);
            let read = self.read_more(&mut text);
            self.pending = text;
            read?;
            self.ends_a_line = self.pending.last().map_or(self.ends_a_line, |last| *last == b'\n');
            return Ok(());
        }
        let mut text = Vec::with_capacity(BLOCK);
        self.read_more(&mut text)?;
        if let Some(decoder) = &mut self.decoder {
            let raw = std::mem::take(&mut text);
            decoder.decode(&raw, self.at_end, &mut text);
        }
        self.ends_a_line = text.last().map_or(self.ends_a_line, |last| *last == b'\n');
        match &mut self.sift {
            Some(sift) => sift.take(&text, self.at_end, &mut self.pending),
            None => self.pending.extend_from_slice(&text),
        }
        Ok(())
    }

    /// Appends about a block of the file's bytes, unpacked.
    fn read_more(&mut self, text: &mut Vec<u8>) -> Result<(), RegistryError> {
        let before = text.len();
        let read = self.input.by_ref().take(BLOCK as u64).read_to_end(text);
        let read = read.map_err(|source| {
            if self.may_unpack.is_some() && source.raw_os_error().is_none() {
                return BadInput::of_file(&self.path, InputFault::DamagedArchive);
            }
            RegistryError::Read { path: self.path.clone(), source }
        })?;
        self.content.write(&text[before..]);
        self.at_end = read < BLOCK;
        self.unpacked += read as u64;
        if self.may_unpack.is_some_and(|most| self.unpacked > most) {
            return Err(BadInput::of_file(&self.path, InputFault::ArchiveBomb));
        }
        Ok(())
    }

    /// Refuses records that are too long or have too many fields, so that it does not depend on where a block ends.
    fn refuse_large_records(&self, text: &[u8], delimiter: u8) -> Result<(), RegistryError> {
        let (mut at, mut line, mut fields) = (0, self.line, Vec::new());
        while at < text.len() {
            let next = split_record(text, at, delimiter, &mut fields);
            let line_end = next - usize::from(text[at..next].ends_with(b"\n"));
            if split::without_cr(text, at, line_end) - at > LONGEST_RECORD {
                return Err(self.too_long(line));
            }
            self.refuse_many(&fields, line)?;
            line += count_lines(&text[at..next]);
            at = next;
        }
        Ok(())
    }

    fn refuse_many(&self, fields: &[Field], line: u64) -> Result<(), RegistryError> {
        if fields.len() > MOST_FIELDS {
            return Err(BadInput::at_line(&self.path, line, InputFault::TooManyFields(MOST_FIELDS)));
        }
        Ok(())
    }

    fn too_long(&self, line: u64) -> RegistryError {
        BadInput::at_line(&self.path, line, InputFault::RecordTooLong(LONGEST_RECORD))
    }

    /// At the end of the file, refuses a text that ends inside a quoted field.
    fn refuse_open_quotes(&self, text: &[u8], delimiter: u8) -> Result<(), RegistryError> {
        let whole = split::whole_records(text, delimiter);
        if whole.ends_in_quotes {
            let line = self.line + count_lines(&text[..whole.end]);
            return Err(BadInput::at_line(&self.path, line, InputFault::EndsInQuotes));
        }
        Ok(())
    }
}

impl TableReader for CsvFile {
    fn file(&self) -> &Path {
        &self.text.path
    }

    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn unended_line(&self) -> Option<u64> {
        (!self.text.ends_a_line).then_some(self.text.line)
    }

    fn lines_dropped(&self) -> u64 {
        self.text.dropped_before + self.text.sift.as_ref().map_or(0, |sift| sift.dropped)
    }

    fn content(&self) -> String {
        format!("{:032x}", self.text.content.finish_128())
    }

    fn read_ahead(&mut self, threads: NonZeroUsize) {
        if let Input::Packed(unpacker) = &mut self.text.input {
            unpacker.unpack_ahead(threads);
        }
    }

    fn for_each_block(&mut self, take: TakeBlock<'_>) -> Result<(), RegistryError> {
        let mut recycled = Block::default();
        while let Some(block) = self.text.next_block(self.delimiter, recycled)? {
            match take(block, self.text.bytes_read.load(Ordering::Relaxed))? {
                Some(block) => recycled = block,
                None => break,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
