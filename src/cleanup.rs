//! Private folders and unfinished files: they are removed when their maker is done with them, and when a signal ends the
//! process.
//!
//! The makers remove them by dropping their values. A signal ends the process without that, so all are in a list, and
//! `remove_all` removes what the list has. A step that must not be cut in two, such as the one that publishes a batch,
//! is taken while a `Step` is held: `remove_all` waits for it, and no other step can begin afterwards. So nothing half
//! removed is ever published. A command whose last step is taken is given time to end by itself: its exit code says what
//! is in its place.
//!
//! Only what is in the list is removed, and links are never followed.

use std::ffi::OsStr;
use std::fs::{File, Metadata, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tempfile::TempDir;

/// The paths that a signal removes.
static LISTED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Whether what the command is for is in its place. It changes only within a step.
static IS_IN_PLACE: AtomicBool = AtomicBool::new(false);

fn listed() -> MutexGuard<'static, Vec<PathBuf>> {
    // A list of paths is whole whatever happened to the thread that held it.
    LISTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A step that a signal waits for; it is over when this is dropped.
#[derive(Debug)]
pub(crate) struct Step(MutexGuard<'static, Vec<PathBuf>>);

/// Whether what the command is for is in its place: it is then to end by itself, and say what it has done.
pub fn is_in_place() -> bool {
    IS_IN_PLACE.load(Ordering::SeqCst)
}

/// The folder that a path lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Begins a step that must not be cut in two. It must be short, and must make or drop no private folder and no
/// unfinished path: they would wait for the same lock.
pub(crate) fn step() -> Step {
    Step(listed())
}

impl Step {
    /// Ends the command's last step: what it is for is in its place now. A signal that comes later can't take it back.
    pub(crate) fn end_as_last(self) {
        IS_IN_PLACE.store(true, Ordering::SeqCst);
    }

    /// Ends the step, and has a signal remove a path from then on.
    pub(crate) fn list(mut self, path: &Path) -> UnfinishedPath {
        self.0.push(path.to_owned());
        UnfinishedPath(path.to_owned())
    }
}

/// A path that a signal removes, until this is dropped.
#[derive(Debug)]
pub(crate) struct UnfinishedPath(PathBuf);

impl UnfinishedPath {
    /// Takes a path that is about to be made.
    pub(crate) fn new(path: &Path) -> UnfinishedPath {
        listed().push(path.to_owned());
        UnfinishedPath(path.to_owned())
    }
}

impl Drop for UnfinishedPath {
    fn drop(&mut self) {
        let mut listed = listed();
        if let Some(place) = listed.iter().position(|path| *path == self.0) {
            listed.swap_remove(place);
        }
    }
}

/// A private folder, removed with all that is in it when this is dropped.
#[derive(Debug)]
pub struct PrivateFolder {
    // The order matters: the folder is removed before its path leaves the list.
    folder: TempDir,
    _path: UnfinishedPath,
    /// Held while the process lives, so that others can tell a folder in use from one of a dead process.
    _lock: File,
}

/// How many characters a folder's name has after its beginning: more than a person would think of.
const RANDOM: usize = 16;

/// The file in a folder that is locked while the folder is in use. What has none is nobody's leftover.
const IN_USE: &str = "phds-in-use";

/// How often another folder is made where somebody takes a new one for a dead process's.
const ATTEMPTS: u32 = 16;

impl PrivateFolder {
    /// Makes a folder that only its owner may enter, in another, with a name that begins so.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn new(parent: &Path, prefix: &str) -> io::Result<PrivateFolder> {
        let is_taken =
            |error: &io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::WouldBlock);
        let mut folder = PrivateFolder::attempt(parent, prefix);
        for _ in 1..ATTEMPTS {
            if !folder.as_ref().is_err_and(is_taken) {
                break;
            }
            folder = PrivateFolder::attempt(parent, prefix);
        }
        let folder = folder?;
        folder.clear_away(parent, prefix);
        Ok(folder)
    }

    /// Makes a folder and locks it. It is not found any more, or locked already, if another process was faster and took
    /// it for one that a dead process left.
    fn attempt(parent: &Path, prefix: &str) -> io::Result<PrivateFolder> {
        let private = Permissions::from_mode(0o700);
        let mut builder = tempfile::Builder::new();
        builder.prefix(prefix).rand_bytes(RANDOM).permissions(private.clone());
        // The name is not known before the folder is there, so that no signal may come between.
        let mut listed = listed();
        let folder = builder.tempdir_in(parent)?;
        listed.push(folder.path().to_owned());
        drop(listed);
        let path = UnfinishedPath(folder.path().to_owned());
        let lock = lock(folder.path(), private)?;
        Ok(PrivateFolder { folder, _path: path, _lock: lock })
    }

    /// Removes the folders of this kind that dead processes of the same user left. What cannot be removed is left for the
    /// next: it is in nobody's way.
    fn clear_away(&self, parent: &Path, prefix: &str) {
        let Ok(own) = self.path().symlink_metadata() else { return };
        for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
            let path = entry.path();
            let is_own = |found: Metadata| {
                found.is_dir() && found.uid() == own.uid() && found.mode() & 0o7777 == 0o700
            };
            if is_made_here(&entry.file_name(), prefix)
                && path != self.path()
                && path.symlink_metadata().is_ok_and(is_own)
            {
                let _ = match open_plain(&path.join(IN_USE)) {
                    Ok(lock) => lock.try_lock().is_ok().then(|| std::fs::remove_dir_all(&path)),
                    // It may have been left before it had that file, and then it is empty.
                    Err(_) => Some(std::fs::remove_dir(&path)),
                };
            }
        }
    }

    /// A folder in the place for the system's temporary files.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn temporary() -> io::Result<PrivateFolder> {
        PrivateFolder::new(&std::env::temp_dir(), "phds-")
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Whether a name is one that a private folder is given.
pub(crate) fn is_made_here(name: &OsStr, prefix: &str) -> bool {
    name.to_str().and_then(|name| name.strip_prefix(prefix)).is_some_and(|random| {
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

type Interrupt = dyn Fn() + Send + Sync;

/// The handlers that are still held by those who made them.
static INTERRUPTS: Mutex<Vec<Weak<Interrupt>>> = Mutex::new(Vec::new());

/// Work that a signal does not cut off but interrupts, as long as this is held.
pub(crate) struct InterruptHandler(
    #[expect(dead_code, reason = "a signal calls it while it is held")] Arc<Interrupt>,
);

impl std::fmt::Debug for InterruptHandler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InterruptHandler")
    }
}

/// Has a signal call `interrupt`, upon which the work at hand must end and put things right by itself.
pub(crate) fn on_signal(interrupt: impl Fn() + Send + Sync + 'static) -> InterruptHandler {
    let interrupt: Arc<Interrupt> = Arc::new(interrupt);
    INTERRUPTS.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&interrupt));
    InterruptHandler(interrupt)
}

/// Interrupts the work that asked for it. Says whether there is any, which then takes a moment.
pub fn interrupt_all() -> bool {
    let interrupts = INTERRUPTS.lock().unwrap_or_else(PoisonError::into_inner);
    let held = interrupts.iter().filter_map(Weak::upgrade);
    held.map(|interrupt| interrupt()).count() > 0
}

/// Locks a folder that was just made. Another process may have taken it for one that nobody uses, and be removing it.
fn lock(folder: &Path, permissions: Permissions) -> io::Result<File> {
    // Whatever the process's umask has taken away.
    std::fs::set_permissions(folder, permissions)?;
    let path = folder.join(IN_USE);
    let lock = File::options().write(true).create_new(true).mode(0o600).open(&path)?;
    match lock.try_lock() {
        // Where there are no locks nobody clears anything away either.
        Ok(()) | Err(TryLockError::Error(_)) => {}
        Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
    }
    // The lock may be had because the other is done.
    let (locked, named) = (lock.metadata()?, path.symlink_metadata()?);
    let is_same = (locked.dev(), locked.ino()) == (named.dev(), named.ino());
    if is_same { Ok(lock) } else { Err(io::ErrorKind::NotFound.into()) }
}

/// Removes a folder that whoever made it left, as such folders are left by a process that was killed. One that another
/// process is using stays.
///
/// # Errors
/// If it cannot be removed.
pub(crate) fn remove_unless_in_use(folder: &Path) -> io::Result<()> {
    // Held until the folder is gone, so that nobody takes it for their own meanwhile.
    let lock = open_plain(&folder.join(IN_USE)).ok();
    let is_in_use = |lock: &Option<File>| {
        lock.as_ref().is_some_and(|l| matches!(l.try_lock(), Err(TryLockError::WouldBlock)))
    };
    if is_in_use(&lock) {
        return Ok(());
    }
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // It was new, and its lock came when it had been looked for.
        Err(_) if lock.is_none() && is_in_use(&open_plain(&folder.join(IN_USE)).ok()) => Ok(()),
        removed => removed,
    }
}

/// Opens a file, unless it is a link or something that opening would wait for.
fn open_plain(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    File::options().read(true).custom_flags(flags.bits() as i32).open(path)
}

/// How often removing is tried again where another thread still makes files.
const TRIES: u32 = 50;

/// Removes everything that is listed, and lets nothing be listed or published from then on: the process must end now.
/// `give_time` is called before, once, if what the command is for is in its place.
pub fn remove_all(give_time: impl FnOnce()) {
    let mut listed = listed();
    if is_in_place() {
        drop(listed);
        give_time();
        listed = self::listed();
    }
    for path in listed.iter() {
        for _ in 0..TRIES {
            let removed = match path.symlink_metadata() {
                Ok(found) if found.is_dir() => std::fs::remove_dir_all(path),
                Ok(_) => std::fs::remove_file(path),
                Err(_) => break,
            };
            if removed.is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    // Whoever waits for the lock waits until the process is gone.
    std::mem::forget(listed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_use_is_not_removed() {
        let parent = tempfile::tempdir().unwrap();
        let used = PrivateFolder::new(parent.path(), "phds-").unwrap();
        std::fs::write(used.path().join("rows"), "1").unwrap();
        remove_unless_in_use(used.path()).unwrap();
        assert!(used.path().join("rows").exists());
        // What a killed process left: the same without its lock.
        let left = parent.path().join("left");
        for files in [&[IN_USE, "rows"][..], &["rows"], &[]] {
            std::fs::create_dir(&left).unwrap();
            files.iter().for_each(|file| std::fs::write(left.join(file), "1").unwrap());
            remove_unless_in_use(&left).unwrap();
            assert!(!left.exists(), "{files:?}");
        }
        remove_unless_in_use(&left).unwrap();
        // A link is nobody's lock.
        std::fs::create_dir(&left).unwrap();
        std::os::unix::fs::symlink(used.path().join(IN_USE), left.join(IN_USE)).unwrap();
        remove_unless_in_use(&left).unwrap();
        assert!(!left.exists() && used.path().join(IN_USE).exists());
    }

    #[test]
    fn folders_in_use_are_left_alone_and_others_removed() {
        let parent = tempfile::tempdir().unwrap();
        let make = |name: &str, file: Option<&str>| {
            let folder = parent.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            std::fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
            if let Some(file) = file {
                std::fs::write(folder.join(file), "1").unwrap();
            }
        };
        make("phds-abcdefgh12345678", Some(IN_USE));
        make("phds-abcdefgh12345670", None);
        // A person's own, whatever they are called.
        make("phds-backup", Some("rows"));
        make("phds-abc", Some(IN_USE));
        make("phds-abcdefgh-2345678", Some(IN_USE));
        make("phds-abcdefgh1234567x", Some("rows"));
        make("other-abcdefgh12345678", Some(IN_USE));
        std::os::unix::fs::symlink("phds-backup", parent.path().join("phds-linklinklink1234")).unwrap();
        // Many at once clear away what they find, and nobody loses a folder that is in use.
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..40 {
                        let folder = PrivateFolder::new(parent.path(), "phds-").unwrap();
                        std::fs::write(folder.path().join("rows"), "1").unwrap();
                        std::thread::yield_now();
                        assert!(folder.path().join("rows").exists());
                    }
                });
            }
        });
        let mut names: Vec<_> = std::fs::read_dir(parent.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let left = [
            "other-abcdefgh12345678",
            "phds-abc",
            "phds-abcdefgh-2345678",
            "phds-abcdefgh1234567x",
            "phds-backup",
            "phds-linklinklink1234",
        ];
        assert_eq!(names, left);
    }
}
