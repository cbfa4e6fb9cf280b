//! What kind of file system a folder is on, for messages.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The type of the file system that a folder is on, such as `ext4` or `nfs4`; none if it can't be told.
pub(super) fn name_of(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let device = folder.metadata().ok()?.dev();
    let device = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    let mounts = std::fs::read("/proc/self/mountinfo").ok()?;
    find(&String::from_utf8_lossy(&mounts), &folder, &device)
}

/// Finds it among the mounts: by the device's number, or, where a file system shows others to those who ask for a
/// folder's, as Btrfs does, by the longest mount point that the folder is below.
fn find(mounts: &str, folder: &Path, device: &str) -> Option<String> {
    let mounts = mounts.lines().filter_map(|line| {
        let (mount, source) = line.split_once(" - ")?;
        let mut fields = mount.split(' ').skip(2);
        let (its_device, point) = (fields.next()?, unescaped(fields.nth(1)?));
        let is_above = folder.starts_with(&point);
        let rank = (its_device == device, is_above, point.as_os_str().len());
        (rank.0 || rank.1).then(|| Some((rank, source.split(' ').next()?)))?
    });
    // Of several on one place, the last is the one that is seen.
    let (_, name) = mounts.max_by_key(|(rank, _)| *rank)?;
    // A name like any other: what steers a terminal has no business in it.
    Some(name.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).collect())
}

/// A path as the kernel writes it: white space and backslashes as three octal digits.
fn unescaped(text: &str) -> PathBuf {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, more @ ..] = rest {
        let octal = more
            .get(..3)
            .filter(|_| *first == b'\\')
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        match octal {
            Some(byte) => {
                bytes.push(byte);
                rest = &more[3..];
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:5 / /proc rw - proc proc rw
24 22 0:40 / /srv/batches rw,relatime shared:2 - nfs4 server:/batches rw,vers=4.2
25 22 0:41 / /srv/with\\040space\\134 rw - fuse.sshfs them:/data rw
26 22 0:42 /sub /srv/pool rw - btrfs /dev/sdb rw
27 24 0:43 / /srv/batches/deep rw - ceph mon:/ rw
nonsense
28 22 0:44 / /srv/over rw - xfs /dev/sdc rw
29 28 0:45 / /srv/over rw - overlay overlay rw
";

    #[test]
    fn finds_the_file_system_of_a_folder() {
        let check = |folder: &str, device: &str, expect: Option<&str>| {
            assert_eq!(find(MOUNTS, Path::new(folder), device).as_deref(), expect, "{folder} {device}");
        };
        check("/home/x", "8:1", Some("ext4"));
        check("/srv/batches", "0:40", Some("nfs4"));
        check("/srv/batches/deep/er", "0:43", Some("ceph"));
        check("/srv/batches/deeper", "0:40", Some("nfs4"));
        check("/srv/with space\\/x", "0:41", Some("fuse.sshfs"));
        // A subvolume has a device number of its own, which is no mount's.
        check("/srv/pool/volume", "0:99", Some("btrfs"));
        check("/srv/over/x", "0:99", Some("overlay"));
        check("nowhere", "0:99", None);
        assert_eq!(find("", Path::new("/"), "8:1"), None);
        assert!(name_of(Path::new("/proc")).is_none_or(|name| name == "proc"));
    }

    #[test]
    fn paths_are_read_as_the_kernel_writes_them() {
        let check = |text: &str, expect: &str| assert_eq!(unescaped(text), Path::new(expect), "{text}");
        check("/srv/data", "/srv/data");
        check("/a\\040b\\011c\\134", "/a b\tc\\");
        check("\\", "\\");
        check("/a\\04", "/a\\04");
        check("/a\\999", "/a\\999");
        check("", "");
    }
}
