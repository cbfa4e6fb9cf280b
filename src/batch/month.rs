//! What the output folder has of one month: a batch, one that is held, or none yet.
//!
//! Says "none" only of a folder that could be looked into. Anything else in the batch's place is an error.

use super::{BatchError, Manifest, has_packages, held_folder, held_place, names};
use crate::value::Month;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

/// What there is of one month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfMonth {
    /// The manifest of the batch that is published.
    pub batch: Option<Manifest>,
    /// Whether a batch is held.
    pub is_held: bool,
}

/// Looks for the batch of a month in the place of batches, published or held. A place that is not there has none.
///
/// # Errors
/// If that cannot be told: the place is no folder, or may not be looked into, or what lies there is no batch of that
/// month.
pub fn of_month(out: &Path, month: Month) -> Result<OfMonth, BatchError> {
    // Without a slash at its end, which would follow a link before it is seen to be one.
    let out: PathBuf = out.components().collect();
    if look(&out)?.is_none() {
        return Ok(OfMonth { batch: None, is_held: false });
    }
    let unavailable = |source| BatchError::unavailable(&out, source);
    // A link that leads nowhere is not a place that is not there yet.
    if !std::fs::metadata(&out).map_err(unavailable)?.is_dir() {
        return Err(unavailable(io::ErrorKind::NotADirectory.into()));
    }
    let folder = out.join(month.to_string());
    let batch = folder_at(&folder)?.then(|| batch_in(&folder, month)).transpose()?;
    let is_held = folder_at(&held_folder(&out))? && folder_at(&held_place(&out, month))?;
    Ok(OfMonth { batch, is_held })
}

/// Whether the files that a batch's manifest names are there, with the lengths it tells, in the recipients' packages, too. What
/// is in them is for `verify`.
pub fn has_its_files(folder: &Path, manifest: &Manifest) -> bool {
    manifest.files.iter().all(|file| {
        let is_there = |path: PathBuf| {
            std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file() && found.len() == file.bytes)
        };
        let is_packed = || {
            let package = names::package_of(&file.path);
            package.is_some_and(|package| is_there(folder.join(package).join(&file.path)))
        };
        is_there(folder.join(&file.path)) && (!has_packages(manifest) || is_packed())
    })
}

fn look(path: &Path) -> Result<Option<Metadata>, BatchError> {
    match std::fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(BatchError::unavailable(path, source)),
    }
}

/// Whether there is a folder. phds makes no links and no files of these names.
fn folder_at(path: &Path) -> Result<bool, BatchError> {
    let stray = |what| Err(BatchError::Stray { path: path.to_owned(), what });
    match look(path)? {
        None => Ok(false),
        Some(found) if found.is_dir() => Ok(true),
        Some(found) if found.is_symlink() => stray("it is a symbolic link"),
        Some(_) => stray("it is not a folder"),
    }
}

fn batch_in(folder: &Path, month: Month) -> Result<Manifest, BatchError> {
    let stray = |what| BatchError::Stray { path: folder.to_owned(), what };
    match Manifest::of_batch(folder) {
        Ok(manifest) if manifest.batch == month => Ok(manifest),
        Ok(_) => Err(stray("its manifest is that of another month")),
        Err(BatchError::NoBatch { .. }) => Err(stray("there is no manifest.json in it")),
        Err(other) => Err(other),
    }
}
