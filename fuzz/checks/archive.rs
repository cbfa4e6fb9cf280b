//! A compressed table: whatever the archive holds, it is read as what it unpacks to, or refused.

use super::export::{OTHERWISE, TABLES};
use super::extracted::read;
use phds::registry::Encoding;
use std::io::Read;

/// No more is unpacked here: an archive that holds more is only read, not compared.
const MOST: u64 = 32 << 20;

/// The first byte says what kind of archive the rest is: of `clients`.
pub fn check(data: &[u8]) {
    let Some((kind, archive)) = data.split_first() else { return };
    let (ending, unpacked) = match kind % 2 {
        0 => ("gz", unpack(flate2::bufread::MultiGzDecoder::new(archive))),
        _ => ("zst", zstd::Decoder::new(archive).ok().and_then(unpack)),
    };
    let (packed, plain) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (table, text) in TABLES.iter().zip(OTHERWISE) {
        for folder in [&packed, &plain] {
            std::fs::write(folder.path().join(format!("{table}.csv")), text).unwrap();
        }
    }
    std::fs::remove_file(packed.path().join("clients.csv")).unwrap();
    std::fs::write(packed.path().join(format!("clients.csv.{ending}")), archive).unwrap();
    let found = read(packed.path(), Encoding::Utf8, packed.path());
    let Some(text) = unpacked else {
        let message = found.unwrap_err();
        assert!(message.contains(": DAMAGED_ARCHIVE: ") || !message.contains(".csv: "), "{message}");
        return;
    };
    if text.len() as u64 == MOST {
        return;
    }
    std::fs::write(plain.path().join("clients.csv"), text).unwrap();
    let expect = read(plain.path(), Encoding::Utf8, plain.path());
    let name = |folder: &tempfile::TempDir, file: &str| folder.path().join(file).display().to_string();
    let packed_name = name(&packed, &format!("clients.csv.{ending}"));
    let found = found.map_err(|message| message.replace(&packed_name, &name(&plain, "clients.csv")));
    assert_eq!(found, expect);
}

/// What an archive holds, or none if it is damaged.
fn unpack(reader: impl Read) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    reader.take(MOST).read_to_end(&mut text).ok()?;
    Some(text)
}
