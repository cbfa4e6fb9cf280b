//! How the files of a batch are opened: only plain ones, whatever lies there.

use super::BatchError;
use crate::plain_file;
pub use crate::plain_file::Links;
use std::fs::File;
use std::path::Path;

/// Opens a plain file; whatever else lies there is an error, at once.
pub(crate) fn open_file(path: &Path, links: Links) -> Result<File, BatchError> {
    plain_file::open(path, links).map_err(|source| BatchError::unavailable(path, source))
}

/// No file that a batch has of itself is nearly this long, and what is should not come into memory.
const LONGEST_OWN_FILE: u64 = 64 << 20;

/// Reads a file that a batch has of itself: a plain one, and not a huge one, whatever lies there.
pub(crate) fn read_own_file(path: &Path) -> Result<Vec<u8>, BatchError> {
    read_up_to(path, LONGEST_OWN_FILE)
}

/// Reads a plain file that is no longer than so many bytes.
pub(crate) fn read_up_to(path: &Path, longest: u64) -> Result<Vec<u8>, BatchError> {
    plain_file::read_up_to(path, Links::Refused, longest)
        .map_err(|source| BatchError::unavailable(path, source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::Mode;
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
