//! A folder's files against its list of checksums.

use super::VerifyError;
use super::fault::{Fault, FaultCode, Faults};
use crate::batch::names::CHECKSUMS;
use crate::batch::{BatchError, Links, open_file, read_own_file};
use crate::value::text;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::Metadata;
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
        Ok(list) => check_list(&list, &files, prefix, faults),
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
fn check_list(list: &[u8], files: &BTreeMap<String, HashedFile>, prefix: &str, faults: &mut Faults) {
    let list_path = format!("{prefix}{CHECKSUMS}");
    let others = || files.iter().filter(|(path, _)| **path != list_path);
    let line = |(path, file): (&String, &HashedFile)| format!("{}  {}\n", file.sha256, &path[prefix.len()..]);
    if list == others().map(line).collect::<String>().as_bytes() {
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
            Some(sum) if sum != file.sha256 => tell(Fault::of_file(path, FaultCode::WrongChecksum)),
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

/// Hashes a file; none if it is not a plain one.
fn hash(path: &Path) -> Result<Option<HashedFile>, BatchError> {
    let unavailable = |source| BatchError::unavailable(path, source);
    let mut file = match open_file(path, Links::Refused) {
        Ok(file) => file,
        Err(BatchError::Unavailable { source, .. }) if source.kind() == io::ErrorKind::InvalidInput => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let is_open = is_open(&file.metadata().map_err(unavailable)?);
    let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; 1 << 18]);
    loop {
        let length = file.read(&mut piece).map_err(unavailable)?;
        if length == 0 {
            return Ok(Some(HashedFile { bytes, sha256: text::hex(&hash.finalize()), is_open }));
        }
        hash.update(&piece[..length]);
        bytes += length as u64;
    }
}
