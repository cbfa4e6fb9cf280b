//! A folder's files against its list of checksums.

use super::VerifyError;
use super::fault::{Fault, FaultCode, Faults};
use crate::batch::names::CHECKSUMS;
use crate::batch::{BatchError, Links, open_file, read_own_file};
use crate::value::text;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A plain file of a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct HashedFile {
    pub(super) bytes: u64,
    pub(super) sha256: String,
    /// Whether others than its owner may read it, or write to it.
    is_open: bool,
}

/// What lies in a folder of a batch.
pub(super) struct FolderContent {
    /// By their paths in the batch.
    pub(super) files: BTreeMap<String, HashedFile>,
    /// The paths in the batch of the folders in it, which nobody has looked into.
    pub(super) folders: Vec<String>,
}

/// Hashes every file of a folder, and holds the folder's list against them. Paths in it begin with `prefix`.
pub(super) fn check(folder: &Path, prefix: &str, faults: &mut Faults) -> Result<FolderContent, VerifyError> {
    let unavailable = |source| BatchError::unavailable(folder, source);
    let (mut files, mut folders) = (BTreeMap::new(), Vec::new());
    let is_folder_open = is_open(&std::fs::metadata(folder).map_err(unavailable)?);
    for entry in std::fs::read_dir(folder).map_err(unavailable)? {
        let entry = entry.map_err(unavailable)?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(unavailable)?.is_dir() {
            folders.push(path);
        } else if let Some(file) = hash(&entry.path())? {
            files.insert(path, file);
        } else {
            faults.add(Fault::of_file(&path, FaultCode::NotAFile));
        }
    }
    folders.sort();
    let list_path = format!("{prefix}{CHECKSUMS}");
    match read_own_file(&folder.join(CHECKSUMS)) {
        Ok(list) => check_list(folder, &list, &files, prefix, faults),
        Err(_) if files.contains_key(&list_path) => {
            faults.add(Fault::of_file(&list_path, FaultCode::NotAsWritten));
        }
        Err(_) => faults.add(Fault::of_file(&list_path, FaultCode::MissingFile)),
    }
    if is_folder_open {
        let path = prefix.strip_suffix('/').unwrap_or(".");
        faults.add(Fault::of_file(path, FaultCode::OpenToOthers));
    }
    // Behind what is wrong with the list: where one file is open, they often all are.
    for (path, _) in files.iter().filter(|(_, file)| file.is_open) {
        faults.add(Fault::of_file(path, FaultCode::OpenToOthers));
    }
    Ok(FolderContent { files, folders })
}

/// Whether anything is allowed to the group or to everybody.
fn is_open(found: &Metadata) -> bool {
    found.mode() & 0o077 != 0
}

/// The list must be, byte for byte, what phds would write of these files; what is wrong is told as precisely as can be.
fn check_list(
    folder: &Path,
    list: &[u8],
    files: &BTreeMap<String, HashedFile>,
    prefix: &str,
    faults: &mut Faults,
) {
    let list_path = format!("{prefix}{CHECKSUMS}");
    let others = || files.iter().filter(|(path, _)| **path != list_path);
    let line = |(path, file): (&String, &HashedFile)| format!("{}  {}\n", file.sha256, &path[prefix.len()..]);
    let expected = others().map(line).collect::<String>();
    if list == expected.as_bytes() {
        return;
    }
    if list == expected.replace('\n', "\r\n").as_bytes() {
        faults.add(Fault::of_file(&list_path, FaultCode::LineEndsChanged));
        return;
    }
    let mut listed: BTreeMap<String, &str> = BTreeMap::new();
    let text = String::from_utf8_lossy(list);
    let mut is_told = false;
    let mut tell = |fault: Fault| {
        is_told = true;
        faults.add(fault);
    };
    for (line, number) in text.lines().zip(1..) {
        match line.split_once("  ").filter(|(sum, name)| sum.len() == 64 && !name.is_empty()) {
            Some((sum, name)) => drop(listed.insert(format!("{prefix}{name}"), sum)),
            None => tell(Fault::at_line(&list_path, number, FaultCode::NotAsWritten)),
        }
    }
    for (path, file) in others() {
        match listed.remove(path) {
            None => tell(Fault::of_file(path, FaultCode::ExtraFile)),
            Some(sum) if sum != file.sha256 => {
                tell(Fault::of_file(
                    path,
                    difference(&folder.join(&path[prefix.len()..]), Links::Refused, sum),
                ));
            }
            Some(_) => {}
        }
    }
    for path in listed.into_keys() {
        // A name in a damaged list may be anything; it is a file name at least in form, or not repeated.
        let is_plain = path[prefix.len()..].bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        tell(if is_plain {
            Fault::of_file(&path, FaultCode::MissingFile)
        } else {
            Fault::of_file(&list_path, FaultCode::NotAsWritten)
        });
    }
    if !is_told {
        // Order, line ends, repeated lines.
        faults.add(Fault::of_file(&list_path, FaultCode::NotAsWritten));
    }
}

/// A single file against the list of checksums that may lie beside it, whatever the list's line ends.
pub(super) fn check_single(path: &Path, name: &str, faults: &mut Faults) -> Result<(), VerifyError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let Ok(list) = read_own_file(&folder.join(CHECKSUMS)) else { return Ok(()) };
    let list = String::from_utf8_lossy(&list);
    let list = list.strip_prefix('\u{feff}').unwrap_or(&list);
    let entries: Option<Vec<_>> = list.lines().filter(|line| !line.is_empty()).map(checksum_of).collect();
    let Some(entries) = entries else {
        // What can't be read may have been about this file.
        faults.add(Fault::of_file(CHECKSUMS, FaultCode::NotAsWritten));
        return Ok(());
    };
    // Another batch's list is none of this file's.
    let Some((sum, _)) = entries.into_iter().find(|(_, listed)| *listed == name) else { return Ok(()) };
    let sum = &sum.to_ascii_lowercase();
    let hashed = hash_of(open_file(path, Links::Followed)?);
    let (_, sha256) = hashed.map_err(|source| BatchError::unavailable(path, source))?;
    if sha256 != *sum {
        faults.add(Fault::of_file(name, difference(path, Links::Followed, sum)));
    }
    Ok(())
}

/// The checksum and the file's name in a line as `sha256sum` writes it, read as text or, with a `*`, as bytes.
fn checksum_of(line: &str) -> Option<(&str, &str)> {
    let (sum, name) =
        line.split_at_checked(64).filter(|(sum, _)| sum.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let name = name.strip_prefix("  ").or_else(|| name.strip_prefix(" *"))?;
    (!name.is_empty()).then_some((sum, name))
}

/// What is wrong with a file that is not what a checksum is of: whether it would be, had all its lines ended the other way.
/// No value of a batch holds a line break, so each is a row's end.
pub(super) fn difference(path: &Path, links: Links, sha256: &str) -> FaultCode {
    let file = open_file(path, links).ok();
    let other = file.and_then(|file| hash_with_other_line_ends(file).ok().flatten());
    if other.is_some_and(|other| other == sha256) {
        FaultCode::LineEndsChanged
    } else {
        FaultCode::WrongChecksum
    }
}

/// The length of a file and its SHA-256.
fn hash_of(mut file: File) -> io::Result<(u64, String)> {
    let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE]);
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 {
            return Ok((bytes, text::hex(&hash.finalize())));
        }
        hash.update(&piece[..length]);
        bytes += length as u64;
    }
}

/// How much of a file is read at a time.
const PIECE: usize = 1 << 18;

/// The SHA-256 of a file if its lines, which all end in `\r\n`, ended in `\n`, or the other way round; none if they end in
/// both ways, as no transfer leaves them.
fn hash_with_other_line_ends(mut file: File) -> io::Result<Option<String>> {
    let (mut hash, mut piece) = (Sha256::new(), vec![0; PIECE]);
    let mut have_cr = None;
    // Whether a `\r` has been read and nothing behind it yet.
    let mut is_behind_cr = false;
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 {
            hash.update(if is_behind_cr { &b"\r"[..] } else { b"" });
            return Ok(Some(text::hex(&hash.finalize())));
        }
        for part in piece[..length].split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
            let is_line_end_with_cr = is_behind_cr && part == b"\n";
            if is_behind_cr && !is_line_end_with_cr {
                hash.update(b"\r");
            }
            is_behind_cr = part.ends_with(b"\r");
            let Some(text) = part.strip_suffix(b"\n") else {
                hash.update(part.strip_suffix(b"\r").unwrap_or(part));
                continue;
            };
            if *have_cr.get_or_insert(is_line_end_with_cr) != is_line_end_with_cr {
                return Ok(None);
            }
            hash.update(text);
            hash.update(if is_line_end_with_cr { &b"\n"[..] } else { b"\r\n" });
        }
    }
}

/// Hashes a file; none if it is not a plain one.
fn hash(path: &Path) -> Result<Option<HashedFile>, BatchError> {
    let unavailable = |source| BatchError::unavailable(path, source);
    let file = match open_file(path, Links::Refused) {
        Ok(file) => file,
        Err(BatchError::Unavailable { source, .. }) if source.kind() == io::ErrorKind::InvalidInput => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let is_open = is_open(&file.metadata().map_err(unavailable)?);
    let (bytes, sha256) = hash_of(file).map_err(unavailable)?;
    Ok(Some(HashedFile { bytes, sha256, is_open }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn hashes_with_the_other_line_ends() {
        let check = |text: &[u8], expect: Option<&[u8]>| {
            let file = tempfile::NamedTempFile::new().unwrap();
            file.as_file().write_all(text).unwrap();
            let got = hash_with_other_line_ends(File::open(file.path()).unwrap()).unwrap();
            assert_eq!(got, expect.map(|text| text::hex(&Sha256::digest(text))), "{}", text.len());
        };
        check(b"", Some(b""));
        check(b"a\r\nb\r\n", Some(b"a\nb\n"));
        check(b"a\nb\n\n", Some(b"a\r\nb\r\n\r\n"));
        check(b"a\r\nb\n", None);
        check(b"a\nb\r\n", None);
        check(b"a\rb\r\r\nc\r", Some(b"a\rb\r\nc\r"));
        // A line end at the border of two pieces.
        for before in PIECE - 2..=PIECE {
            let text = "x".repeat(before);
            check(format!("{text}\r\ny\r\n").as_bytes(), Some(format!("{text}\ny\n").as_bytes()));
        }
    }
}
