//! A folder of texts that is no batch: it appears whole, in one step, or not at all.

use super::draft::write_private;
use super::error::WriteError;
use super::output::{Output, STAGING_PREFIX};
use super::place::{make_folders, private_folder, sync_folder};
use crate::cleanup::{self, PrivateFolder, folder_of};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::io;
use std::path::Path;

/// A new folder can't be made where something is.
///
/// # Errors
/// If something is there.
pub fn must_be_free(folder: &Path) -> Result<(), WriteError> {
    match std::fs::symlink_metadata(folder) {
        Ok(_) => Err(in_the_way(folder)),
        Err(_) => Ok(()),
    }
}

/// Writes files, each with its name, into a new folder, down to the disk. Only its owner may read them.
///
/// # Errors
/// If that is not possible, or something is there.
pub fn write_new_folder(folder: &Path, files: &[(String, String)]) -> Result<(), WriteError> {
    write_folder(folder_of(folder), folder, files)
}

/// `beside`: where the folder is made before it appears, on the same file system.
fn write_folder(beside: &Path, folder: &Path, files: &[(String, String)]) -> Result<(), WriteError> {
    let private = PrivateFolder::new(beside, STAGING_PREFIX)
        .map_err(|source| WriteError::Create { path: folder.to_owned(), source })?;
    let fail = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => in_the_way(folder),
        _ => WriteError::Write { path: folder.to_owned(), source },
    };
    let draft = private.path().join("files");
    private_folder(&draft).map_err(fail)?;
    for (name, text) in files {
        let written = write_private(&draft.join(name), |out| out.write_all(text.as_bytes()));
        written.map_err(|source| WriteError::Write { path: folder.join(name), source })?;
    }
    sync_folder(&draft).map_err(fail)?;
    let step = cleanup::step();
    renameat_with(CWD, &draft, CWD, folder, RenameFlags::NOREPLACE).map_err(|errno| fail(errno.into()))?;
    step.end_as_last();
    sync_folder(folder_of(folder)).map_err(fail)
}

/// Keeps a summary: the same in the folder of summaries, which is made if it is not there. `place` is where the batches are.
///
/// # Errors
/// If that is not possible, or something is there.
pub fn keep_summary(place: &Output, folder: &Path, files: &[(String, String)]) -> Result<(), WriteError> {
    make_folders(folder_of(folder))
        .map_err(|source| WriteError::Create { path: folder.to_owned(), source })?;
    // What a run leaves that is killed lies among the batches, and is cleared away there.
    write_folder(place.folder(), folder, files).inspect_err(|_| {
        // Where the first summary could not be written there is nothing yet.
        let _ = std::fs::remove_dir(folder_of(folder));
    })?;
    place.sync().map_err(|source| WriteError::Write { path: place.folder().to_owned(), source })
}

fn in_the_way(folder: &Path) -> WriteError {
    WriteError::InTheWay { path: folder.to_owned(), what: "something" }
}
