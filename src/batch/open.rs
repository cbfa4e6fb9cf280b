//! The one way in which a file of a batch is opened.
//!
//! Opening a pipe can wait for ever, and reading a device may never end; whoever can write to a batch can put one in a
//! file's place. So a file is opened without waiting, and then it is checked that what is open is a plain file.

use super::BatchError;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Whether a symbolic link may stand for a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Links {
    /// It may not: phds makes no links in a batch.
    Refused,
    /// It may: somebody has named the file.
    Followed,
}

/// Opens a plain file; whatever else lies there is an error, at once.
pub(crate) fn open_file(path: &Path, links: Links) -> Result<File, BatchError> {
    let unavailable = |source| BatchError::unavailable(path, source);
    let mut flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    if links == Links::Refused {
        flags |= OFlags::NOFOLLOW;
    }
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        // A link; a socket, or a device that nothing is behind.
        Err(Errno::LOOP | Errno::NXIO | Errno::NODEV) => return Err(unavailable(no_plain_file())),
        Err(errno) => return Err(unavailable(errno.into())),
    };
    if file.metadata().map_err(unavailable)?.is_file() { Ok(file) } else { Err(unavailable(no_plain_file())) }
}

fn no_plain_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "not a plain file")
}

/// No file that a batch has of itself is nearly this long, and what is should not come into memory.
const LONGEST_OWN_FILE: u64 = 64 << 20;

/// Reads a file that a batch has of itself: a plain one, and not a huge one, whatever lies there.
pub(crate) fn read_own_file(path: &Path) -> Result<Vec<u8>, BatchError> {
    read_up_to(path, LONGEST_OWN_FILE)
}

/// Reads a plain file that is no longer than so many bytes.
pub(crate) fn read_up_to(path: &Path, longest: u64) -> Result<Vec<u8>, BatchError> {
    let unavailable = |source| BatchError::unavailable(path, source);
    let file = open_file(path, Links::Refused)?;
    let mut bytes = Vec::new();
    // It may grow while it is read, so that its length before says nothing.
    file.take(longest + 1).read_to_end(&mut bytes).map_err(unavailable)?;
    if bytes.len() as u64 > longest {
        return Err(unavailable(io::Error::new(io::ErrorKind::InvalidInput, "longer than any such file")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    #[test]
    fn only_plain_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        std::fs::write(place("plain"), "x").unwrap();
        symlink("plain", place("link")).unwrap();
        symlink("nowhere", place("dangling")).unwrap();
        symlink("/dev/zero", place("zero")).unwrap();
        symlink(".", place("link-to-folder")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, place("pipe"), Mode::RUSR | Mode::WUSR).unwrap();
        let _socket = UnixListener::bind(place("socket")).unwrap();
        let check = |name: &str, refused: Option<&str>, followed: Option<&str>| {
            for (links, expect) in [(Links::Refused, refused), (Links::Followed, followed)] {
                let told = open_file(&place(name), links).err().map(|error| error.to_string());
                let expect = expect.map(|what| format!("{}: cannot be read: {what}", place(name).display()));
                assert_eq!(told, expect, "{name} {links:?}");
            }
        };
        let not_plain = Some("not a plain file");
        let missing = Some("No such file or directory (os error 2)");
        check("plain", None, None);
        check("link", not_plain, None);
        check("dangling", not_plain, missing);
        check("zero", not_plain, not_plain);
        check("link-to-folder", not_plain, not_plain);
        check("pipe", not_plain, not_plain);
        check("socket", not_plain, not_plain);
        check("", not_plain, not_plain);
        check("nowhere", missing, missing);
    }

    #[test]
    fn no_more_is_read_than_such_a_file_can_have() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "1234").unwrap();
        assert_eq!(read_up_to(&path, 4).unwrap(), b"1234");
        assert!(read_up_to(&path, 3).unwrap_err().to_string().ends_with("longer than any such file"));
    }
}
