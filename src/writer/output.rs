//! The place where batches are: made if need be, and locked while a run is at work there.

use super::error::WriteError;
use super::file_system;
use super::place::{is_batch_there, is_there, make_folders};
use crate::batch::held_folder;
use crate::cleanup::{is_made_here, remove_unless_in_use};
use crate::value::Month;
use rustix::fs::{Access, access};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// What a run's own folders begin with. While the lock is held, any that are found and not in use are of dead runs.
pub(super) const STAGING_PREFIX: &str = ".phds-";

/// The folder that holds the batches, locked for one run.
#[derive(Debug)]
pub struct Output {
    folder: PathBuf,
    /// The lock goes with this, however the process ends.
    lock: File,
}

impl Output {
    /// Makes the folder if it is not there, locks it, and clears away what dead runs left.
    ///
    /// # Errors
    /// If it cannot be made, something else is in its place, or another run holds the lock.
    pub fn open(folder: &Path) -> Result<Output, WriteError> {
        Output::opened(folder, true)
    }

    /// The same, but does not make the folder.
    ///
    /// # Errors
    /// If it is not there, something else is in its place, or another run holds the lock.
    pub fn open_existing(folder: &Path) -> Result<Output, WriteError> {
        Output::opened(folder, false)
    }

    fn opened(folder: &Path, may_make: bool) -> Result<Output, WriteError> {
        // Without a slash at its end, which would follow a symbolic link.
        let folder: PathBuf = folder.components().collect();
        let create = |source| WriteError::Create { path: folder.clone(), source };
        if !is_place_there(&folder)? {
            if !may_make {
                return Err(WriteError::NothingHeld { path: folder });
            }
            make_folders(&folder).map_err(create)?;
        }
        let lock = File::open(&folder).map_err(create)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(WriteError::Locked { path: folder }),
            Err(TryLockError::Error(source)) => return Err(create(source)),
        }
        let output = Output { folder, lock };
        output.clear_away()?;
        Ok(output)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes what runs left that were killed. Links are removed, never followed. What is in use stays: a `read` keeps such a
    /// folder beside its database, which may lie here, and needs no lock on the place of batches.
    fn clear_away(&self) -> Result<(), WriteError> {
        let unusable = |path: &Path, source| WriteError::Create { path: path.to_owned(), source };
        for entry in std::fs::read_dir(&self.folder).map_err(|e| unusable(&self.folder, e))? {
            let entry = entry.map_err(|e| unusable(&self.folder, e))?;
            if !is_made_here(&entry.file_name(), STAGING_PREFIX) {
                continue;
            }
            let path = entry.path();
            let is_folder = entry.file_type().map_err(|e| unusable(&path, e))?.is_dir();
            let removed = if is_folder { remove_unless_in_use(&path) } else { std::fs::remove_file(&path) };
            removed.map_err(|e| unusable(&path, e))?;
        }
        Ok(())
    }

    /// Makes what was done to the folder's entries last.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.lock.sync_all()
    }
}

/// Refuses to make a month's batch from what lies where the batch is to be, or where leftovers are: it would go with
/// what is replaced, or cleared away. To be asked before the folder is opened.
///
/// # Errors
/// If it lies there.
pub fn keep_clear_of(out: &Path, month: Month, input: &Path, what: &'static str) -> Result<(), WriteError> {
    let (Ok(out), Ok(input)) = (out.canonicalize(), input.canonicalize()) else { return Ok(()) };
    let Ok(within) = input.strip_prefix(&out) else { return Ok(()) };
    let Some(first) = within.components().next().map(|first| first.as_os_str().to_owned()) else {
        return Ok(());
    };
    let path = out.join(&first);
    let is_taken = path == out.join(month.to_string()) || path == held_folder(&out);
    if is_taken || first.to_string_lossy().starts_with(STAGING_PREFIX) {
        return Err(WriteError::InTheWay { path, what });
    }
    Ok(())
}

/// Whether there is a folder in the place of batches. Anything else there is in the way. `folder` has no slash at its end,
/// which would follow a symbolic link.
fn is_place_there(folder: &Path) -> Result<bool, WriteError> {
    let in_the_way = |what| Err(WriteError::InTheWay { path: folder.to_owned(), what });
    match std::fs::symlink_metadata(folder) {
        Ok(found) if found.is_symlink() => in_the_way("a symbolic link"),
        Ok(found) if !found.is_dir() => in_the_way("a file"),
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(WriteError::Create { path: folder.to_owned(), source }),
    }
}

/// Refuses a place of batches that a run could not use for a month. Changes nothing there, so that what shows itself only when
/// it is tried is not known: a lock, a full disk, a file system that cannot exchange two folders.
///
/// # Errors
/// If something else is in its place or the batch's, or it may not be made or written to.
pub fn must_be_usable(out: &Path, month: Month) -> Result<(), WriteError> {
    let folder: PathBuf = out.components().collect();
    if !is_place_there(&folder)? {
        // It would be made in the nearest folder above that is there.
        let nearest = folder.ancestors().skip(1).find(|above| above.exists());
        return may_write_to(nearest.unwrap_or(Path::new(".")))
            .map_err(|source| WriteError::Create { path: folder, source });
    }
    may_write_to(&folder).map_err(|source| WriteError::Create { path: folder.clone(), source })?;
    is_batch_there(&folder.join(month.to_string()))?;
    is_there(&held_folder(&folder))?;
    Ok(())
}

/// Whether files can be made in a folder, as far as that is known without making one.
fn may_write_to(folder: &Path) -> io::Result<()> {
    // The kernel's own folders say of root that it may, and then refuse.
    if file_system::name_of(folder).is_some_and(|name| matches!(name.as_str(), "proc" | "sysfs")) {
        return Err(io::Error::from(io::ErrorKind::ReadOnlyFilesystem));
    }
    Ok(access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
}
