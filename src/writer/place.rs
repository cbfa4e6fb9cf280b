//! Folders that are a batch, or contain one: made private, and put into their place in one step.

use super::error::WriteError;
use super::file_system;
use crate::batch::{Links, names, open_file};
use crate::cleanup::{Step, folder_of};
use crate::value::shown;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Puts a folder into its place in one step that nothing can interrupt. What is there already goes where the folder
/// was. While the step is held no signal has the folder removed, in part or as a whole.
pub(super) fn put_in_place(_: &Step, folder: &Path, place: &Path) -> Result<(), WriteError> {
    let flags = if is_there(place)? { RenameFlags::EXCHANGE } else { RenameFlags::NOREPLACE };
    renameat_with(CWD, folder, CWD, place, flags)
        .map_err(|errno| WriteError::Write { path: place.to_owned(), source: errno.into() })
}

/// Tries in a private folder, with two others, whether `put_in_place` is possible there: better told before the work than
/// after it. `place` is where the private folder lies.
pub(super) fn try_out_steps(private: &Path, place: &Path) -> Result<(), WriteError> {
    let [one, other, moved] = ["one", "other", "moved"].map(|name| private.join(name));
    let create = |source| WriteError::Create { path: place.to_owned(), source };
    private_folder(&one).and_then(|()| private_folder(&other)).map_err(create)?;
    let step = |from: &Path, to: &Path, flags| {
        renameat_with(CWD, from, CWD, to, flags).map_err(|errno| match errno {
            // So say NFS, CephFS and many a FUSE; and old kernels.
            Errno::INVAL | Errno::NOSYS | Errno::NOTSUP => WriteError::NotInOneStep {
                path: place.to_owned(),
                file_system: file_system::name_of(place).unwrap_or_else(|| "unknown".to_owned()),
            },
            other => create(other.into()),
        })
    };
    step(&one, &moved, RenameFlags::NOREPLACE)?;
    step(&moved, &other, RenameFlags::EXCHANGE)?;
    // What is left of them goes with the private folder.
    for tried in [&moved, &other] {
        let _ = std::fs::remove_dir(tried);
    }
    Ok(())
}

/// Whether a batch is in its place; anything else there is in the way.
pub(super) fn is_there(place: &Path) -> Result<bool, WriteError> {
    match std::fs::symlink_metadata(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(WriteError::Write { path: place.to_owned(), source }),
        Ok(found) if found.is_dir() => Ok(true),
        Ok(found) => {
            let what = if found.is_symlink() { "a symbolic link" } else { "a file" };
            Err(WriteError::InTheWay { path: place.to_owned(), what })
        }
    }
}

/// The same for the place of a month's published batch, which a new one replaces. A batch that has lost its manifest is
/// one still; but a folder with something in it that has nothing of a batch's is somebody else's, and not to be removed.
pub(super) fn is_batch_there(place: &Path) -> Result<bool, WriteError> {
    let fail = |source| WriteError::Write { path: place.to_owned(), source };
    if !is_there(place)? {
        return Ok(false);
    }
    let is_batch = [names::MANIFEST, names::DICTIONARY_CSV]
        .iter()
        .any(|name| std::fs::symlink_metadata(place.join(name)).is_ok());
    if is_batch || std::fs::read_dir(place).map_err(fail)?.next().is_none() {
        return Ok(true);
    }
    Err(WriteError::InTheWay { path: place.to_owned(), what: "a folder that is no batch" })
}

/// Makes a folder that only its owner may enter, whatever the process's umask takes away.
pub(super) fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o700))
}

/// Makes the entries of a folder, and of those in it, last.
pub(super) fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    sync_folder(folder)
}

/// Makes the entries of a folder last.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes a folder, and those above it that are not there, and makes them last: a batch that is on the disk is lost all
/// the same if the folder it is in is not.
pub(super) fn make_folders(path: &Path) -> io::Result<()> {
    let above = folder_of(path);
    match private_folder(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && above != path => {
            make_folders(above)?;
            private_unless_there(path)?;
        }
        Err(error) => unless_there(path, error)?,
        Ok(()) => {}
    }
    match File::open(above) {
        Ok(above) => above.sync_all(),
        // A folder that may be written to and not be read can't be waited for.
        Err(_) => Ok(()),
    }
}

/// Makes a private folder, unless another run has done so at the same time: which of them goes on is for the lock to say.
fn private_unless_there(path: &Path) -> io::Result<()> {
    private_folder(path).or_else(|error| unless_there(path, error))
}

/// A folder could not be made: that is no error if it is because it is there.
fn unless_there(path: &Path, error: io::Error) -> io::Result<()> {
    let is_there = error.kind() == io::ErrorKind::AlreadyExists && path.is_dir();
    if is_there { Ok(()) } else { Err(error) }
}

/// Gives a file a second place. On file systems that can share blocks between files (Btrfs, XFS) it becomes a file of its own
/// that takes no room, elsewhere another name of the same file, and where there are no such, a copy. `can_share_blocks`: what was
/// learned of the file system before.
pub(super) fn share_file(file: &Path, place: &Path, can_share_blocks: &AtomicBool) -> io::Result<()> {
    let mut original = File::open(file)?;
    if can_share_blocks.load(Ordering::Relaxed) {
        let copy = private_file(place)?;
        if rustix::fs::ioctl_ficlone(&copy, &original).is_ok() {
            return copy.sync_all();
        }
        can_share_blocks.store(false, Ordering::Relaxed);
        std::fs::remove_file(place)?;
    }
    if std::fs::hard_link(file, place).is_ok() {
        return Ok(());
    }
    copy_content(&mut original, place)
}

/// Makes a file that only its owner may read.
fn private_file(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

/// Makes a file with what another one holds, down to the disk.
fn copy_content(original: &mut File, place: &Path) -> io::Result<()> {
    let mut copy = private_file(place)?;
    io::copy(original, &mut copy)?;
    copy.sync_all()
}

/// Copies a folder with its files, and those of folders in it, down to the disk. Only their owner may read the copies. What
/// is written to the originals from then on does not reach them. A link is copied as a link, and for a pipe or a device there
/// is a link to it, so that whoever verifies the copy finds it.
pub(super) fn copy_all(from: &Path, to: &Path) -> Result<(), WriteError> {
    copy_folder(from, to, &mut HashMap::new())
}

/// Files that have several names, by their device and number there, each with its copy, which is to have as many.
type CopiedLinks = HashMap<(u64, u64), PathBuf>;

fn copy_folder(from: &Path, to: &Path, copied: &mut CopiedLinks) -> Result<(), WriteError> {
    let fail = |error| not_copied(from, to, &error);
    private_folder(to).map_err(fail)?;
    for entry in std::fs::read_dir(from).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        let fail = |error| not_copied(&path, &copy, &error);
        let kind = entry.file_type().map_err(fail)?;
        if kind.is_dir() {
            copy_folder(&path, &copy, copied)?;
        } else if kind.is_symlink() {
            std::fs::read_link(&path).and_then(|target| symlink(target, &copy)).map_err(fail)?;
        } else if kind.is_file() {
            copy_file(&path, &copy, copied)?;
        } else {
            symlink(&path, &copy).map_err(fail)?;
        }
    }
    Ok(())
}

/// On file systems that can share blocks between files (Btrfs, XFS) the copy takes no room and next to no time.
fn copy_file(from: &Path, to: &Path, copied: &mut CopiedLinks) -> Result<(), WriteError> {
    let fail = |error| not_copied(from, to, &error);
    let mut original = open_file(from, Links::Refused).map_err(|error| fail(io::Error::other(error)))?;
    let found = original.metadata().map_err(fail)?;
    if found.nlink() > 1 {
        match copied.entry((found.dev(), found.ino())) {
            Entry::Occupied(copy) => return std::fs::hard_link(copy.get(), to).map_err(fail),
            Entry::Vacant(place) => drop(place.insert(to.to_owned())),
        }
    }
    copy_content(&mut original, to).map_err(fail)
}

/// What cannot be written is the copy; the original may be at fault, and the system does not say which of the two it is.
fn not_copied(from: &Path, to: &Path, error: &io::Error) -> WriteError {
    let source = io::Error::new(error.kind(), format!("as a copy of {}: {error}", shown(from)));
    WriteError::Write { path: to.to_owned(), source }
}
