//! A folder's files against its list of checksums.

use super::VerifyError;
use super::fault::{Fault, FaultCode, Faults};
use crate::batch::names::{CHECKSUMS, RECIPIENTS, is_in_a_package};
use crate::batch::{BatchError, Links, open_file, read_own_file};
use crate::package::write_excel_copy;
use crate::value::text;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
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
#[derive(Default)]
pub(super) struct FolderContent {
    /// By their paths in the batch.
    pub(super) files: BTreeMap<String, HashedFile>,
    /// The paths in the batch of the folders in it, which nobody has looked into.
    pub(super) folders: Vec<String>,
    /// Those of the packages, whose files are among `files`.
    pub(super) packages: Vec<String>,
    /// The folders that others than their owner may enter.
    open_folders: Vec<String>,
    /// Files that have several names, by their device and number there: they are read once.
    by_number: HashMap<(u64, u64), HashedFile>,
}

/// Hashes every file of a folder, in the batch's own also those of its packages, and holds the folder's list against them.
/// Paths in it begin with `prefix`.
pub(super) fn check(folder: &Path, prefix: &str, faults: &mut Faults) -> Result<FolderContent, VerifyError> {
    let mut content = FolderContent::default();
    content.collect(folder, prefix, faults)?;
    content.folders.sort();
    content.packages.sort();
    let FolderContent { files, open_folders, .. } = &content;
    let is_told = |path: &str, told: &BTreeSet<&String>| {
        let is_original =
            |told: &String| path.strip_suffix(told.as_str()).is_some_and(|before| before.ends_with('/'));
        is_told_of_original(path, files) && told.iter().copied().any(is_original)
    };
    check_own_list(folder, files, prefix, &is_told, faults);
    for path in open_folders {
        faults.add(Fault::of_file(path, FaultCode::OpenToOthers));
    }
    // Behind what is wrong with the list: where one file is open, they often all are.
    let open = files.iter().filter(|(path, file)| file.is_open && !is_told_of_original(path, files));
    for (path, _) in open {
        faults.add(Fault::of_file(path, FaultCode::OpenToOthers));
    }
    Ok(content)
}

/// Whether a package's file is the batch's, byte for byte and to the right to read it: what is wrong with it is told of that.
pub(super) fn is_told_of_original(path: &str, files: &BTreeMap<String, HashedFile>) -> bool {
    let original =
        path.rsplit_once('/').filter(|_| is_in_a_package(path)).and_then(|(_, name)| files.get(name));
    original.is_some_and(|original| files.get(path) == Some(original))
}

/// Whether what is wrong with a file is told of another, given the files of the list that were told of before.
pub(super) type IsTold<'t> = dyn Fn(&str, &BTreeSet<&String>) -> bool + 't;

/// Holds the list of checksums in a folder against its files. Their paths begin with `prefix`.
pub(super) fn check_own_list(
    folder: &Path,
    files: &BTreeMap<String, HashedFile>,
    prefix: &str,
    is_told: &IsTold<'_>,
    faults: &mut Faults,
) {
    let list_path = format!("{prefix}{CHECKSUMS}");
    match read_own_file(&folder.join(CHECKSUMS)) {
        Ok(list) => check_list(folder, &list, files, prefix, is_told, faults),
        Err(_) if files.contains_key(&list_path) => {
            faults.add(Fault::of_file(&list_path, FaultCode::NotAsWritten));
        }
        Err(_) => faults.add(Fault::of_file(&list_path, FaultCode::MissingFile)),
    }
}

impl FolderContent {
    /// Hashes the files of a folder and of packages in it.
    fn collect(&mut self, folder: &Path, prefix: &str, faults: &mut Faults) -> Result<(), VerifyError> {
        let unavailable = |source| BatchError::unavailable(folder, source);
        if is_open(&std::fs::metadata(folder).map_err(unavailable)?) {
            self.open_folders.push(prefix.strip_suffix('/').unwrap_or(".").to_owned());
        }
        for entry in std::fs::read_dir(folder).map_err(unavailable)? {
            let entry = entry.map_err(unavailable)?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().map_err(unavailable)?.is_dir() {
                // Packages lie right in their folder.
                let is_package = is_in_a_package(&path) && path.matches('/').count() == 1;
                if is_package {
                    self.packages.push(path.clone());
                }
                if is_package || path == RECIPIENTS {
                    self.collect(&entry.path(), &format!("{path}/"), faults)?;
                } else {
                    self.folders.push(path);
                }
            } else if let Some(file) = self.hash(&entry.path())? {
                self.files.insert(path, file);
            } else {
                faults.add(Fault::of_file(&path, FaultCode::NotAFile));
            }
        }
        Ok(())
    }

    /// Hashes a file; none if it is not a plain one.
    fn hash(&mut self, path: &Path) -> Result<Option<HashedFile>, BatchError> {
        let unavailable = |source| BatchError::unavailable(path, source);
        let file = match open_file(path, Links::Refused) {
            Ok(file) => file,
            Err(BatchError::Unavailable { source, .. }) if source.kind() == io::ErrorKind::InvalidInput => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let found = file.metadata().map_err(unavailable)?;
        let number = (found.dev(), found.ino());
        if let Some(hashed) = self.by_number.get(&number) {
            return Ok(Some(hashed.clone()));
        }
        let (bytes, sha256) = hash_of(file).map_err(unavailable)?;
        let hashed = HashedFile { bytes, sha256, is_open: is_open(&found) };
        if found.nlink() > 1 {
            self.by_number.insert(number, hashed.clone());
        }
        Ok(Some(hashed))
    }
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
    is_told_elsewhere: &IsTold<'_>,
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
    for (line, number) in text.lines().zip(1..) {
        match line.split_once("  ").filter(|(sum, name)| sum.len() == 64 && !name.is_empty()) {
            Some((sum, name)) => drop(listed.insert(format!("{prefix}{name}"), sum)),
            None => {
                is_told = true;
                faults.add(Fault::at_line(&list_path, number, FaultCode::NotAsWritten));
            }
        }
    }
    let mut wrong = BTreeSet::new();
    // The batch's own files come before those of its packages.
    for (path, file) in others() {
        match listed.remove(path.as_str()) {
            None => {
                is_told = true;
                faults.add(Fault::of_file(path, FaultCode::ExtraFile));
            }
            Some(sum) if sum != file.sha256 && is_told_elsewhere(path, &wrong) => is_told = true,
            Some(sum) if sum != file.sha256 => {
                is_told = true;
                wrong.insert(path);
                faults.add(Fault::of_file(
                    path,
                    difference(&folder.join(&path[prefix.len()..]), Links::Refused, sum),
                ));
            }
            Some(_) => {}
        }
    }
    for path in listed.into_keys() {
        // A name in a damaged list may be anything; it is a file name at least in form, or not repeated.
        let is_plain =
            path[prefix.len()..].bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b));
        is_told = true;
        faults.add(if is_plain {
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

/// A single file against the list of checksums that may lie beside it, whatever the list's line ends. Returns whether there
/// is a list that does not name the file: then nothing tells whether it is what was written.
pub(super) fn check_single(path: &Path, name: &str, faults: &mut Faults) -> Result<bool, VerifyError> {
    let list = path.parent().unwrap_or(Path::new("")).join(CHECKSUMS);
    if std::fs::symlink_metadata(&list).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Ok(false);
    }
    let Ok(list) = read_own_file(&list) else {
        faults.add(Fault::of_file(CHECKSUMS, FaultCode::NotAsWritten));
        return Ok(false);
    };
    let Some(entries) = entries_of(&list) else {
        // What can't be read may have been about this file.
        faults.add(Fault::of_file(CHECKSUMS, FaultCode::NotAsWritten));
        return Ok(false);
    };
    // It may be another batch's, so that this is no fault.
    let Some((_, sum)) = entries.into_iter().find(|(listed, _)| *listed == name) else { return Ok(true) };
    check_sum(path, name, &sum, Links::Followed, faults)?;
    Ok(false)
}

/// Whether a list of checksums lies beside a file and names it.
pub(super) fn names(path: &Path, name: &str) -> bool {
    let list = read_own_file(&path.parent().unwrap_or(Path::new("")).join(CHECKSUMS)).ok();
    let entries = list.and_then(|list| entries_of(&list));
    entries.is_some_and(|entries| entries.iter().any(|(listed, _)| listed == name))
}

/// The names and the checksums of a list, whatever its line ends, and with a byte order mark or without; none if it is no such
/// list.
pub(super) fn entries_of(list: &[u8]) -> Option<Vec<(String, String)>> {
    let list = String::from_utf8_lossy(list);
    let list = list.strip_prefix('\u{feff}').unwrap_or(&list);
    let entry = |line| checksum_of(line).map(|(sum, name)| (name.to_owned(), sum.to_ascii_lowercase()));
    let entries: Vec<_> = list.lines().filter(|line| !line.is_empty()).map(entry).collect::<Option<_>>()?;
    // Of two checksums of one file nobody knows which holds.
    let names: BTreeSet<&String> = entries.iter().map(|(name, _)| name).collect();
    (names.len() == entries.len()).then_some(entries)
}

/// Holds a file against its checksum. `name` is its path in the batch.
pub(super) fn check_sum(
    path: &Path,
    name: &str,
    sum: &str,
    links: Links,
    faults: &mut Faults,
) -> Result<(), VerifyError> {
    let hashed = hash_of(open_file(path, links)?);
    let (_, sha256) = hashed.map_err(|source| BatchError::unavailable(path, source))?;
    if sha256 != sum {
        faults.add(Fault::of_file(name, difference(path, links, sum)));
    }
    Ok(())
}

/// The checksum and the file's name in a line as `sha256sum` writes it, read as text or, with a `*`, as bytes.
fn checksum_of(line: &str) -> Option<(&str, &str)> {
    let (sum, name) =
        line.split_at_checked(64).filter(|(sum, _)| sum.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let name = name.strip_prefix("  ").or_else(|| name.strip_prefix(" *"))?;
    let name = name.strip_prefix("./").unwrap_or(name);
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

/// The SHA-256 of the copy for Excel of a recipient's file.
pub(super) fn hash_of_excel_copy(file: &Path) -> io::Result<String> {
    let mut hash = Hashing(Sha256::new());
    write_excel_copy(file, &mut hash)?;
    Ok(text::hex(&hash.0.finalize()))
}

struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

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
