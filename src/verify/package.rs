//! A recipient's package, where it has been delivered to: its own files, as its list of checksums names them.
//!
//! What else lies there is the recipient's own business; it is named, and no fault.

use super::checksums::{check_sum, entries_of};
use super::fault::{Fault, FaultCode, Faults, Findings};
use super::file::{self, Expected};
use super::{VerifyError, VerifySettings};
use crate::batch::names::{self, CHECKSUMS, DATAPACKAGE, MANIFEST};
use crate::batch::{BatchError, Links, read_own_file};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// Whether a folder is a package: it has what only packages have, and not what only batches have.
pub(super) fn is_package(folder: &Path) -> bool {
    let is_there = |name: &str| std::fs::symlink_metadata(folder.join(name)).is_ok();
    let lists_its_own = || {
        let entries = read_own_file(&folder.join(CHECKSUMS)).ok().and_then(|list| entries_of(&list));
        entries.is_some_and(|entries| entries.iter().any(|(name, _)| name == DATAPACKAGE))
    };
    !is_there(MANIFEST) && (is_there(DATAPACKAGE) || lists_its_own())
}

pub(super) fn verify_package(folder: &Path, settings: VerifySettings<'_>) -> Result<Findings, VerifyError> {
    let mut faults = Faults::new(settings.limit);
    let list = match read_own_file(&folder.join(CHECKSUMS)) {
        Ok(list) => entries_of(&list),
        Err(BatchError::Unavailable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            faults.add(Fault::of_file(CHECKSUMS, FaultCode::MissingFile));
            Some(Vec::new())
        }
        Err(BatchError::Unavailable { source, .. }) if source.kind() == io::ErrorKind::InvalidInput => None,
        Err(error) => return Err(error.into()),
    };
    let entries = list.unwrap_or_else(|| {
        faults.add(Fault::of_file(CHECKSUMS, FaultCode::NotAsWritten));
        Vec::new()
    });
    let mut own: BTreeSet<&str> = names::ALWAYS_IN_PACKAGE.into_iter().collect();
    for (name, sum) in &entries {
        // A list that names something elsewhere is none of a package's.
        if name.contains('/') {
            faults.add(Fault::of_file(CHECKSUMS, FaultCode::NotAsWritten));
            continue;
        }
        own.insert(name);
        match check_sum(&folder.join(name), name, sum, Links::Followed, &mut faults) {
            Err(VerifyError::Batch(BatchError::Unavailable { source, .. })) => match source.kind() {
                io::ErrorKind::NotFound => faults.add(Fault::of_file(name, FaultCode::MissingFile)),
                io::ErrorKind::InvalidInput => faults.add(Fault::of_file(name, FaultCode::NotAFile)),
                _ => return Err(BatchError::unavailable(&folder.join(name), source).into()),
            },
            other => other?,
        }
    }
    let is_listed = |name: &&&str| entries.iter().any(|(listed, _)| listed == **name);
    let of_every_package = names::ALWAYS_IN_PACKAGE.iter().filter(|name| **name != CHECKSUMS);
    if faults.is_empty() && of_every_package.filter(|name| !is_listed(name)).count() > 0 {
        // It is cut, or another list.
        faults.add(Fault::of_file(CHECKSUMS, FaultCode::NotAsWritten));
    }
    let mut findings = Findings::default();
    let mut row_faults = Vec::new();
    let files = entries.iter().map(|(name, _)| name).filter(|name| names::stem_of(Path::new(name)).is_some());
    for name in files {
        let path = folder.join(name);
        // That it is missing is told already.
        if !path.is_file() {
            continue;
        }
        let expected = Expected::of_single(&path, settings);
        let checked = file::check(&path, Links::Followed, name, &expected, settings, &mut ())?;
        findings.files += 1;
        findings.rows += checked.rows;
        row_faults.push(checked.faults);
    }
    if findings.files != 1 && faults.is_empty() {
        // A package has its recipient's file, and nobody else's.
        faults.add(Fault::of_file(CHECKSUMS, FaultCode::NotAsWritten));
    }
    let described = described_file(folder);
    let is_described =
        entries.iter().any(|(name, sum)| described.as_ref() == Some(&(name.clone(), sum.clone())));
    if faults.is_empty() && !is_described {
        faults.add(Fault::of_file(DATAPACKAGE, FaultCode::NotAsWritten));
    }
    row_faults.into_iter().for_each(|own| faults.absorb(own));
    let not_own = not_own(folder, &own).map_err(|source| BatchError::unavailable(folder, source))?;
    let Findings { files, rows, .. } = findings;
    Ok(Findings { files, rows, not_own, ..faults.into_findings() })
}

/// What the description in a folder says of a recipient's file; none if there is none, or none that can be read.
pub(super) fn description_in(folder: &Path) -> Option<serde_json::Value> {
    let text = read_own_file(&folder.join(DATAPACKAGE)).ok()?;
    let described: serde_json::Value = serde_json::from_slice(&text).ok()?;
    Some(described["resources"][0].clone())
}

/// The name and the SHA-256 of the file that a package's description is of.
fn described_file(folder: &Path) -> Option<(String, String)> {
    let file = description_in(folder)?;
    let hash = file["hash"].as_str()?.strip_prefix("sha256:")?;
    Some((file["path"].as_str()?.to_owned(), hash.to_owned()))
}

/// What lies in the folder and is none of the package's, in order.
fn not_own(folder: &Path, own: &BTreeSet<&str>) -> io::Result<Vec<String>> {
    let mut others = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !own.contains(name.as_str()) {
            others.push(name);
        }
    }
    others.sort();
    Ok(others)
}
