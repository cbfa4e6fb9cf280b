//! The pages of a column, each looked at before the `parquet` crate unpacks and decodes it: the crate sets memory aside by
//! what a page says of itself.

use super::delta::delta_lengths;
use super::part::{Part, PartBytes};
use super::thrift::{DICTIONARY_PAGE, INDEX_PAGE, PageHead, Unreadable, page_head};
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::serialized_reader::SerializedPageReader;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A header holds a few numbers, and the least and the greatest value of its page.
const LONGEST_HEADER: usize = 1 << 20;
const USUAL_HEADER: usize = 512;

/// The pages that must be in memory at once, one of each column and its dictionary, take no more than this. They are a
/// mebibyte each, as a rule.
pub(super) const MOST_MEMORY: u64 = 512 << 20;

/// A page may unpack to so many bytes, whatever its size; a larger one to so many times its size.
const MOST_UNPACKED: u64 = 16 << 20;
const MOST_TIMES_ITS_SIZE: u64 = 500;

/// What a value of a dictionary takes up in memory, beside its bytes.
const VALUE: u64 = 40;

/// Why a page is refused, in words for the user.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refused(pub(super) &'static str);

fn refused<T>(why: &'static str) -> ParquetResult<T> {
    Err(ParquetError::External(Box::new(Refused(why))))
}

const DAMAGED: &str = "a page is damaged";
const TOO_MUCH: &str =
    "its pages take more than 512 MiB of memory, or unpack to more than 500 times their size";

/// How much memory the pages of a group of rows take, all columns together.
pub(super) type Held = Arc<AtomicU64>;

/// The pages of a column in a group of rows.
pub(super) struct CarefulPages {
    pages: SerializedPageReader<PartBytes>,
    file: Arc<PartBytes>,
    /// Where the next page begins, and where the last one ends.
    at: u64,
    end: u64,
    is_gzip: bool,
    max_definition: i16,
    max_repetition: i16,
    held: Held,
    /// What the page and the dictionary take of it.
    page: u64,
    dictionary: u64,
}

impl CarefulPages {
    pub(super) fn new(
        part: &Part,
        column: &ColumnChunkMetaData,
        rows: usize,
        held: &Held,
    ) -> ParquetResult<CarefulPages> {
        let at = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
        let (Ok(at), Ok(length)) = (u64::try_from(at), u64::try_from(column.compressed_size())) else {
            return refused(DAMAGED);
        };
        let Some(end) = at.checked_add(length).filter(|end| *end <= part.length()) else {
            return refused("a column goes on behind the end of the file: it was cut short, or is damaged");
        };
        if column.file_path().is_some() {
            return refused("its rows stand in another file");
        }
        let descriptor = column.column_descr();
        Ok(CarefulPages {
            pages: SerializedPageReader::new(Arc::clone(&part.bytes), column, rows, None)?,
            file: Arc::clone(&part.bytes),
            at,
            end,
            is_gzip: matches!(column.compression(), Compression::GZIP(_)),
            max_definition: descriptor.max_def_level(),
            max_repetition: descriptor.max_rep_level(),
            held: Arc::clone(held),
            page: 0,
            dictionary: 0,
        })
    }

    /// Looks at the header of the next page; none behind the last one. Pages that hold no values are passed over, as the
    /// crate does it.
    fn next_head(&mut self) -> ParquetResult<Option<PageHead>> {
        while self.at < self.end {
            let head = self.read_head()?;
            let body = self.at + head.length as u64;
            let end = body + u64::from(head.packed.unsigned_abs());
            if end > self.end {
                return refused(DAMAGED);
            }
            self.at = end;
            if head.kind != INDEX_PAGE {
                self.look_at(&head, body)?;
                return Ok(Some(head));
            }
        }
        Ok(None)
    }

    fn read_head(&self) -> ParquetResult<PageHead> {
        let most = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(LONGEST_HEADER);
        let mut length = USUAL_HEADER.min(most);
        loop {
            match page_head(&self.file.up_to(self.at, length)?) {
                Ok(head) => return Ok(head),
                Err(Unreadable::TooShort) if length < most => length = most,
                Err(_) => return refused(DAMAGED),
            }
        }
    }

    /// Refuses a page that would take too much memory.
    fn look_at(&mut self, head: &PageHead, body: u64) -> ParquetResult<()> {
        let (packed, unpacked) =
            (u64::from(head.packed.unsigned_abs()), u64::from(head.unpacked.unsigned_abs()));
        if !may_unpack(packed, unpacked) {
            return refused(TOO_MUCH);
        }
        let values = u64::from(head.values.unsigned_abs());
        if head.kind == DICTIONARY_PAGE {
            // Each has a byte at least.
            if values > unpacked {
                return refused(DAMAGED);
            }
            self.dictionary = self.hold(self.dictionary, packed + unpacked + values * VALUE)?;
        } else {
            self.page = self.hold(self.page, packed + unpacked)?;
        }
        if self.is_gzip && head.is_packed {
            self.measure_gzip(head, body, unpacked)?;
        }
        Ok(())
    }

    /// Takes memory in place of what was taken before.
    fn hold(&self, before: u64, now: u64) -> ParquetResult<u64> {
        self.held.fetch_sub(before, Ordering::Relaxed);
        if self.held.fetch_add(now, Ordering::Relaxed) + now > MOST_MEMORY {
            refused(TOO_MUCH)
        } else {
            Ok(now)
        }
    }

    /// Unpacks a gzip page to nowhere, to see that it is as long as its header says: the crate unpacks it to its end, and
    /// that may be a thousand times as far.
    fn measure_gzip(&self, head: &PageHead, body: u64, unpacked: u64) -> ParquetResult<()> {
        let levels = head.levels.unsigned_abs();
        let packed = self.file.up_to(body, head.packed.unsigned_abs() as usize)?;
        let Some(packed) = usize::try_from(levels).ok().and_then(|levels| packed.get(levels..)) else {
            return refused(DAMAGED);
        };
        let expected = unpacked.saturating_sub(levels);
        if expected == 0 {
            return Ok(());
        }
        let unpacker = flate2::read::MultiGzDecoder::new(packed);
        let found = std::io::copy(&mut unpacker.take(expected + 1), &mut std::io::sink());
        if found.is_ok_and(|found| found == expected) { Ok(()) } else { refused(DAMAGED) }
    }

    /// Refuses a page of which the values' lengths, which the crate works out first, can't be right.
    fn look_into(&self, page: &Page) -> ParquetResult<()> {
        let (Page::DataPage { buf, num_values, encoding, .. }
        | Page::DataPageV2 { buf, num_values, encoding, .. }) = page
        else {
            return Ok(());
        };
        let streams = match encoding {
            Encoding::DELTA_LENGTH_BYTE_ARRAY => 1,
            Encoding::DELTA_BYTE_ARRAY => 2,
            _ => return Ok(()),
        };
        let Some(levels) = self.length_of_levels(page) else { return refused(DAMAGED) };
        let Some(mut rest) = buf.get(levels..) else { return refused(DAMAGED) };
        let mut total = 0u64;
        for _ in 0..streams {
            let Some((lengths, end)) = delta_lengths(rest, *num_values) else { return refused(DAMAGED) };
            total = total.saturating_add(lengths);
            rest = rest.get(end..).unwrap_or_default();
        }
        if may_unpack(buf.len() as u64, total) { Ok(()) } else { refused(TOO_MUCH) }
    }

    /// How many bytes come before the values.
    fn length_of_levels(&self, page: &Page) -> Option<usize> {
        match page {
            Page::DataPage { buf, num_values, def_level_encoding, rep_level_encoding, .. } => {
                let mut at = 0;
                for (most, encoding) in
                    [(self.max_repetition, rep_level_encoding), (self.max_definition, def_level_encoding)]
                {
                    if most == 0 {
                        continue;
                    }
                    at += if *encoding == Encoding::RLE {
                        4 + u32::from_le_bytes(*buf.get(at..)?.first_chunk()?) as usize
                    } else {
                        let bits = u64::from(16 - most.unsigned_abs().leading_zeros());
                        usize::try_from((u64::from(*num_values) * bits).div_ceil(8)).ok()?
                    };
                }
                Some(at)
            }
            Page::DataPageV2 { def_levels_byte_len, rep_levels_byte_len, .. } => {
                usize::try_from(u64::from(*def_levels_byte_len) + u64::from(*rep_levels_byte_len)).ok()
            }
            Page::DictionaryPage { .. } => None,
        }
    }
}

impl Drop for CarefulPages {
    fn drop(&mut self) {
        self.held.fetch_sub(self.page + self.dictionary, Ordering::Relaxed);
    }
}

/// Whether so much text may come out of so many bytes.
fn may_unpack(packed: u64, unpacked: u64) -> bool {
    unpacked <= MOST_UNPACKED.max(packed.saturating_mul(MOST_TIMES_ITS_SIZE)).min(MOST_MEMORY)
}

impl PageReader for CarefulPages {
    fn get_next_page(&mut self) -> ParquetResult<Option<Page>> {
        let Some(head) = self.next_head()? else { return Ok(None) };
        let Some(page) = self.pages.get_next_page()? else { return refused(DAMAGED) };
        // What was looked at is what came.
        let is_dictionary = head.kind == DICTIONARY_PAGE;
        if page.is_dictionary_page() != is_dictionary || page.num_values() != head.values.unsigned_abs() {
            return refused(DAMAGED);
        }
        self.look_into(&page)?;
        Ok(Some(page))
    }

    fn peek_next_page(&mut self) -> ParquetResult<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> ParquetResult<()> {
        refused("no page is skipped")
    }
}

impl Iterator for CarefulPages {
    type Item = ParquetResult<Page>;

    fn next(&mut self) -> Option<ParquetResult<Page>> {
        self.get_next_page().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_unpacks_too_far() {
        assert!(may_unpack(0, MOST_UNPACKED) && !may_unpack(0, MOST_UNPACKED + 1));
        assert!(may_unpack(1 << 20, 500 << 20) && !may_unpack(1 << 20, (500 << 20) + 1));
        assert!(!may_unpack(u64::MAX, MOST_MEMORY + 1));
    }
}
