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

/// A file that is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Present {
    pub(super) bytes: u64,
    pub(super) sha256: String,
    /// Whether others than its owner may read it, or write to it.
    is_open: bool,
}

/// Hashes every file of a folder, and holds the folder's list against them. Folders in it are looked at by who knows
/// which there may be: their names come back too.
pub(super) fn check(
    folder: &Path,
    prefix: &str,
    faults: &mut Faults,
) -> Result<(BTreeMap<String, Present>, Vec<String>), VerifyError> {
    let unavailable = |source| BatchError::Unavailable { path: folder.to_owned(), source };
    let (mut present, mut folders) = (BTreeMap::new(), Vec::new());
    let is_folder_open = is_open(&std::fs::metadata(folder).map_err(unavailable)?);
    for entry in std::fs::read_dir(folder).map_err(unavailable)? {
        let entry = entry.map_err(unavailable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(unavailable)?;
        if kind.is_dir() {
            folders.push(name);
            continue;
        }
        match hash(&entry.path())? {
            Some(file) => drop(present.insert(name, file)),
            None => faults.add(Fault::of_file(&format!("{prefix}{name}"), FaultCode::NotAFile)),
        }
    }
    folders.sort();
    match (read_own_file(&folder.join(CHECKSUMS)), present.contains_key(CHECKSUMS)) {
        (Ok(list), _) => check_list(&list, &present, prefix, faults),
        (Err(_), true) => {
            faults.add(Fault::of_file(&format!("{prefix}{CHECKSUMS}"), FaultCode::NotAsWritten))
        }
        (Err(_), false) => {
            faults.add(Fault::of_file(&format!("{prefix}{CHECKSUMS}"), FaultCode::MissingFile))
        }
    }
    if is_folder_open {
        let name = prefix.strip_suffix('/').unwrap_or(".");
        faults.add(Fault::of_file(name, FaultCode::OpenToOthers));
    }
    // Behind what is wrong with the list: where one file is open, they often all are.
    for (name, _) in present.iter().filter(|(_, file)| file.is_open) {
        faults.add(Fault::of_file(&format!("{prefix}{name}"), FaultCode::OpenToOthers));
    }
    Ok((present, folders))
}

/// Whether anything is allowed to the group or to everybody.
fn is_open(found: &Metadata) -> bool {
    found.mode() & 0o077 != 0
}

/// The list must be, byte for byte, what phds would write of these files; what is wrong is told as precisely as can be.
fn check_list(list: &[u8], present: &BTreeMap<String, Present>, prefix: &str, faults: &mut Faults) {
    let others = || present.iter().filter(|(name, _)| *name != CHECKSUMS);
    let expected: String = others().map(|(name, file)| format!("{}  {name}\n", file.sha256)).collect();
    if list == expected.as_bytes() {
        return;
    }
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    let text = String::from_utf8_lossy(list);
    let mut is_told = false;
    let mut tell = |fault: Fault| {
        is_told = true;
        faults.add(fault);
    };
    for (line, number) in text.lines().zip(1..) {
        match line.split_once("  ").filter(|(sum, name)| sum.len() == 64 && !name.is_empty()) {
            Some((sum, name)) => drop(known.insert(name, sum)),
            None => tell(Fault::at_line(&format!("{prefix}{CHECKSUMS}"), number, FaultCode::NotAsWritten)),
        }
    }
    for (name, file) in others() {
        match known.remove(name.as_str()) {
            None => tell(Fault::of_file(&format!("{prefix}{name}"), FaultCode::ExtraFile)),
            Some(sum) if sum != file.sha256 => {
                tell(Fault::of_file(&format!("{prefix}{name}"), FaultCode::WrongChecksum));
            }
            Some(_) => {}
        }
    }
    for name in known.into_keys() {
        // A name in a damaged list may be anything; it is a file name at least in form, or not repeated.
        let is_plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        match is_plain {
            true => tell(Fault::of_file(&format!("{prefix}{name}"), FaultCode::MissingFile)),
            false => tell(Fault::of_file(&format!("{prefix}{CHECKSUMS}"), FaultCode::NotAsWritten)),
        }
    }
    if !is_told {
        // Order, line ends, repeated lines.
        faults.add(Fault::of_file(&format!("{prefix}{CHECKSUMS}"), FaultCode::NotAsWritten));
    }
}

/// Hashes a file; none if it is not a plain one.
fn hash(path: &Path) -> Result<Option<Present>, BatchError> {
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
        match file.read(&mut piece).map_err(unavailable)? {
            0 => break,
            n => {
                hash.update(&piece[..n]);
                bytes += n as u64;
            }
        }
    }
    Ok(Some(Present { bytes, sha256: text::hex(&hash.finalize()), is_open }))
}
