//! The one way in which a file is opened that may be anything.
//!
//! Opening a pipe can wait for ever, and reading a device may never end; whoever can write to a folder can put one in a
//! file's place. So a file is opened without waiting, and then it is checked that what is open is a plain file.

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
pub(crate) fn open(path: &Path, links: Links) -> io::Result<File> {
    let mut flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    if links == Links::Refused {
        flags |= OFlags::NOFOLLOW;
    }
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        // A link; a socket, or a device that nothing is behind.
        Err(Errno::LOOP | Errno::NXIO | Errno::NODEV) => return Err(no_plain_file()),
        Err(errno) => return Err(errno.into()),
    };
    if file.metadata()?.is_file() { Ok(file) } else { Err(no_plain_file()) }
}

fn no_plain_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "not a plain file")
}

/// Reads a plain file that is no longer than so many bytes.
pub(crate) fn read_up_to(path: &Path, links: Links, longest: u64) -> io::Result<Vec<u8>> {
    let file = open(path, links)?;
    let mut bytes = Vec::new();
    // It may grow while it is read, so that its length before says nothing.
    file.take(longest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > longest {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "longer than any such file"));
    }
    Ok(bytes)
}
