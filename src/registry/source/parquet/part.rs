//! A Parquet file, opened: its footer, looked through before it is believed.

use super::guard::guarded;
use super::thrift::{FooterFault, check_footer};
use super::unusable;
use crate::registry::RegistryError;
use crate::registry::error::{BadInput, InputFault};
use bytes::Bytes;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a Parquet file begins and ends with; and one of which the footer is encrypted.
const MAGIC: &[u8; 4] = b"PAR1";
const ENCRYPTED: &[u8; 4] = b"PARE";

/// A footer has a few hundred bytes for each column of each group of rows. What is made of it takes some thirty times as
/// much memory.
const LONGEST_FOOTER: u64 = 16 << 20;

/// A Parquet file.
pub(super) struct Part {
    pub(super) path: PathBuf,
    pub(super) bytes: Arc<PartBytes>,
    pub(super) footer: ParquetMetaData,
}

/// The bytes of a Parquet file.
pub(super) struct PartBytes {
    file: Arc<File>,
    length: u64,
    /// How many bytes of this and of other parts have been read, for the progress bar.
    read: Arc<AtomicU64>,
}

impl Part {
    pub(super) fn open(path: &Path, read: &Arc<AtomicU64>) -> Result<Part, RegistryError> {
        let unavailable = |source| RegistryError::Unavailable { path: path.to_owned(), source };
        // Looked at before it is opened: opening a pipe would wait for its other end.
        let found = std::fs::metadata(path).map_err(unavailable)?;
        if !found.is_file() {
            return Err(BadInput::of_file(path, InputFault::NotAFile));
        }
        let file = File::open(path).map_err(unavailable)?;
        let bytes = PartBytes { file: Arc::new(file), length: found.len(), read: Arc::clone(read) };
        let failed = |source| RegistryError::Read { path: path.to_owned(), source };
        let footer = read_footer(&bytes).map_err(failed)?.map_err(|fault| BadInput::of_file(path, fault))?;
        if let Err(fault) = check_footer(&footer) {
            return Err(match fault {
                FooterFault::Encrypted => BadInput::of_file(path, InputFault::EncryptedParquet),
                FooterFault::Unreadable => unusable(path, "its footer is damaged"),
                FooterFault::TooManyColumns => unusable(path, "its footer names no columns, or far too many"),
            });
        }
        match guarded(|| ParquetMetaDataReader::decode_metadata(&footer)) {
            Ok(Ok(footer)) => Ok(Part { path: path.to_owned(), bytes: Arc::new(bytes), footer }),
            Ok(Err(_)) | Err(_) => Err(unusable(path, "its footer is damaged")),
        }
    }

    /// How long the file is.
    pub(super) fn length(&self) -> u64 {
        self.bytes.length
    }
}

/// The bytes of a footer, or what is wrong with the file.
fn read_footer(file: &PartBytes) -> io::Result<Result<Vec<u8>, InputFault>> {
    let what = "it does not begin and end as a Parquet file does: it was cut short, or is something else";
    let no_parquet = Ok(Err(InputFault::UnusableParquet { what }));
    let (mut first, mut last) = ([0; 4], [0; 8]);
    let Some(behind) = file.length.checked_sub(12) else { return no_parquet };
    file.file.read_exact_at(&mut first, 0)?;
    file.file.read_exact_at(&mut last, behind + 4)?;
    let [length @ .., _, _, _, _] = last;
    match &last[4..] {
        magic if magic == MAGIC && &first == MAGIC => {}
        magic if magic == ENCRYPTED && &first == ENCRYPTED => return Ok(Err(InputFault::EncryptedParquet)),
        _ => return no_parquet,
    }
    let length = u64::from(u32::from_le_bytes(length));
    if length > behind {
        return Ok(Err(InputFault::UnusableParquet { what: "its footer is damaged" }));
    }
    if length > LONGEST_FOOTER {
        return Ok(Err(InputFault::UnusableParquet {
            what: "its footer is longer than 16 MiB: it has too many groups of rows",
        }));
    }
    let mut footer = vec![0; length as usize];
    file.file.read_exact_at(&mut footer, behind + 4 - length)?;
    Ok(Ok(footer))
}

impl PartBytes {
    /// So many bytes, or fewer at the file's end.
    pub(super) fn up_to(&self, start: u64, length: usize) -> io::Result<Vec<u8>> {
        let left = self.length.saturating_sub(start);
        let mut bytes = vec![0; length.min(usize::try_from(left).unwrap_or(usize::MAX))];
        self.file.read_exact_at(&mut bytes, start)?;
        self.read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

impl Length for PartBytes {
    fn len(&self) -> u64 {
        self.length
    }
}

/// Reads a file from some place on.
pub(super) struct ReadFrom {
    file: Arc<File>,
    at: u64,
}

impl Read for ReadFrom {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// Most headers of pages are shorter.
const USUAL_HEADER: usize = 256;

impl ChunkReader for PartBytes {
    type T = io::BufReader<ReadFrom>;

    /// The crate reads headers of pages so. They were looked through before (`pages`).
    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        Ok(io::BufReader::with_capacity(USUAL_HEADER, ReadFrom { file: Arc::clone(&self.file), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let bytes = self.up_to(start, length)?;
        if bytes.len() < length {
            return Err(ParquetError::EOF("a page goes on behind the end of the file".to_owned()));
        }
        Ok(Bytes::from(bytes))
    }
}
