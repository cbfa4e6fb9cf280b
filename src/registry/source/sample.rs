//! Parts of an export, to look at: of each file the beginning, some places behind it and the end, so that it takes no
//! longer for a large export than for a small one.

use super::folder::file_names;
use super::parts::is_parquet_name;
use super::sqlite::sample_tables;
use super::{Content, Kind, kind_of};
use crate::registry::RegistryError;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// So much of a file is looked at from its beginning.
const BEGINNING: u64 = 1 << 20;

/// So much at each of some places behind it, and at its end.
const LATER: u64 = 1 << 17;
pub(super) const PLACES: usize = 4;

/// No export has more files than this that could be its tables.
const MOST_FILES: usize = 60;

/// So many rows of a table that is no text are looked at, from its beginning, and at each of some places behind them.
pub(super) const FIRST_ROWS: usize = 10_000;
pub(super) const LATER_ROWS: usize = 1_000;

/// More bytes of such a table's values than this are not kept, however large each is.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// What is looked at of a table that is no text: of a database, or of Parquet files.
pub(in crate::registry) struct TableSample {
    pub(in crate::registry) name: String,
    /// The columns' names, cleaned.
    pub(in crate::registry) columns: Vec<String>,
    pub(in crate::registry) rows: Vec<Vec<String>>,
    pub(in crate::registry) is_whole: bool,
}

/// What is looked at of an export.
pub(in crate::registry) struct ExportSample {
    pub(in crate::registry) is_database: bool,
    pub(in crate::registry) files: Vec<FileSample>,
    pub(in crate::registry) tables: Vec<TableSample>,
    /// The names of all that lies in the folder, or of the database's tables.
    pub(in crate::registry) names: Vec<String>,
    /// How many files were not looked at, because they are too many.
    pub(in crate::registry) left_out: usize,
}

/// What is looked at of a file.
pub(in crate::registry) struct FileSample {
    pub(in crate::registry) name: String,
    pub(in crate::registry) blocks: Vec<RawBlock>,
    /// Whether the blocks are all of it.
    pub(in crate::registry) is_whole: bool,
    /// Whether its end was not looked at, because all before it would have to be unpacked.
    pub(in crate::registry) is_end_unseen: bool,
}

/// A piece of a file, unpacked.
pub(in crate::registry) struct RawBlock {
    pub(in crate::registry) bytes: Vec<u8>,
    pub(in crate::registry) is_first: bool,
    pub(in crate::registry) is_last: bool,
}

/// Looks at an export.
///
/// # Errors
/// If it is none, or cannot be read.
pub(in crate::registry) fn sample_export(path: &Path) -> Result<ExportSample, RegistryError> {
    if matches!(kind_of(path)?, Kind::Sqlite) {
        let tables = sample_tables(path)?;
        let names = tables.iter().map(|table| table.name.clone()).collect();
        return Ok(ExportSample { is_database: true, files: Vec::new(), tables, names, left_out: 0 });
    }
    let names: Vec<String> = file_names(path)?.into_iter().collect();
    // A name that begins with a point is a file of the system's.
    let may_be_table = |name: &&String| {
        let path = path.join(name);
        !name.starts_with('.') && (path.is_file() || is_parquet_name(&path))
    };
    let candidates: Vec<&String> = names.iter().filter(may_be_table).collect();
    let left_out = candidates.len().saturating_sub(MOST_FILES);
    let (mut files, mut tables) = (Vec::new(), Vec::new());
    for name in candidates.into_iter().take(MOST_FILES) {
        if is_parquet_name(&path.join(name)) {
            tables.extend(sample_parquet(path, name));
        } else {
            files.extend(sample_file(path, name)?);
        }
    }
    Ok(ExportSample { is_database: false, files, tables, names, left_out })
}

/// Looks at a Parquet file, or a folder of parts; none if it can't be read.
#[cfg(feature = "parquet")]
fn sample_parquet(folder: &Path, name: &str) -> Option<TableSample> {
    let parts = super::parts::Parts::find(&folder.join(name)).ok()?;
    super::parquet::sample_parts(name, &parts)
}

#[cfg(not(feature = "parquet"))]
fn sample_parquet(_folder: &Path, _name: &str) -> Option<TableSample> {
    None
}

/// Looks at a file; none if it is no text.
fn sample_file(folder: &Path, name: &str) -> Result<Option<FileSample>, RegistryError> {
    let path = folder.join(name);
    let unavailable = |source| RegistryError::Unavailable { path: path.clone(), source };
    let mut file = File::open(&path).map_err(unavailable)?;
    let blocks = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("gz") => packed_blocks(&mut flate2::read::MultiGzDecoder::new(file)),
        Some("zst") => zstd::Decoder::new(file).and_then(|mut unpacked| packed_blocks(&mut unpacked)),
        _ => plain_blocks(&mut file),
    };
    // What cannot be unpacked is no table; `check` says so of a file that has a table's name.
    let Ok(blocks) = blocks else { return Ok(None) };
    let first = blocks.first().map_or(&[][..], |block| &block.bytes);
    let is_text = matches!(Content::of(&first[..first.len().min(512)]), None | Some(Content::Utf16));
    let is_end_unseen = !blocks.iter().any(|block| block.is_last);
    let is_whole = blocks.len() == 1 && !is_end_unseen;
    Ok(is_text.then(|| FileSample { name: name.to_owned(), blocks, is_whole, is_end_unseen }))
}

fn packed_blocks(input: &mut dyn Read) -> io::Result<Vec<RawBlock>> {
    let most = BEGINNING + LATER * (PLACES as u64 + 1);
    let mut bytes = Vec::new();
    input.take(most + 1).read_to_end(&mut bytes)?;
    let is_last = bytes.len() as u64 <= most;
    Ok(vec![RawBlock { bytes, is_first: true, is_last }])
}

fn plain_blocks(file: &mut File) -> io::Result<Vec<RawBlock>> {
    let length = file.metadata()?.len();
    let mut read = |from: u64, most: u64| -> io::Result<RawBlock> {
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes)?;
        let is_last = from + bytes.len() as u64 >= length;
        Ok(RawBlock { bytes, is_first: from == 0, is_last })
    };
    if length <= BEGINNING + LATER * (PLACES as u64 + 1) {
        return Ok(vec![read(0, length)?]);
    }
    let mut blocks = vec![read(0, BEGINNING)?];
    let behind = length - BEGINNING - LATER;
    for place in 1..=PLACES {
        let from =
            if place == PLACES { length - LATER } else { BEGINNING + behind / PLACES as u64 * place as u64 };
        // A character of UTF-16 begins at an even place.
        blocks.push(read(from / 2 * 2, LATER + 1)?);
    }
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks_of(length: usize) -> Vec<(usize, bool, bool)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::fs::write(&path, "a,b\n".repeat(length / 4)).unwrap();
        let sample = sample_file(folder.path(), "a.csv").unwrap().unwrap();
        sample.blocks.iter().map(|block| (block.bytes.len(), block.is_first, block.is_last)).collect()
    }

    #[test]
    fn looks_at_a_bounded_part() {
        assert_eq!(blocks_of(400), [(400, true, true)]);
        let large = blocks_of(8 << 20);
        assert_eq!(large.len(), 1 + PLACES);
        assert_eq!(large[0], (BEGINNING as usize, true, false));
        assert!(large.last().unwrap().2, "the end is looked at");
        assert!(large.iter().map(|block| block.0).sum::<usize>() < 2 << 20);
    }

    #[test]
    fn what_is_no_text_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in
            [("a.xlsx", &b"PK\x03\x04"[..]), ("b.csv.gz", b"no archive"), (".hidden", b"a,b\n")]
        {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        std::fs::write(folder.path().join("c.txt"), "A|B\n").unwrap();
        let sample = sample_export(folder.path()).unwrap();
        let names: Vec<&str> = sample.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["c.txt"]);
    }
}
