//! Disks that are really full: a file system in memory that is too small by ever less, until all fits.

#![allow(clippy::unwrap_used, clippy::panic)]

use crate::common::{Ran, Site, delivered, phds_with, read_folder, run_on, text};
use crate::namespace::{mount_tmpfs, within_own_mounts};
use std::path::{Path, PathBuf};

const PAGE: u64 = 4096;

/// A small disk.
struct Disk {
    folder: PathBuf,
}

/// What is short.
#[derive(Clone, Copy, Debug)]
enum Short {
    Space,
    Inodes,
}

impl Disk {
    fn new(site: &Site) -> Disk {
        let folder = site.path("disk");
        mount_tmpfs(&folder, "size=64m,mode=700");
        Disk { folder }
    }

    /// So many pages, or inodes, are free from here on; none is as many as one may want.
    fn leave(&self, free: Option<(Short, u64)>) {
        let now = rustix::fs::statvfs(&self.folder).unwrap();
        let (size, inodes) = match free {
            None => (64 << 20, 100_000),
            Some((Short::Space, pages)) => {
                let used = (now.f_blocks - now.f_bfree) * now.f_frsize;
                // A size of nothing would be no limit.
                ((used + pages * PAGE).max(PAGE), 100_000)
            }
            Some((Short::Inodes, inodes)) => (64 << 20, now.f_files - now.f_ffree + inodes),
        };
        mount_tmpfs(&self.folder, &format!("remount,size={size},nr_inodes={inodes}"));
    }

    fn names(&self, within: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.join(within)).unwrap();
        let mut names: Vec<_> =
            entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// Tries a command with ever more room until it succeeds, and checks what is true each time that it fails. Returns what
/// it said when it failed.
fn until_it_fits(
    disk: &Disk,
    short: Short,
    step: usize,
    command: &dyn Fn() -> Ran,
    check: &dyn Fn(),
) -> String {
    let mut said = String::new();
    for room in (0..4000).step_by(step) {
        disk.leave(Some((short, room)));
        let ran = command();
        if ran.code == 0 {
            assert!(room > 0, "it was never short of {short:?}");
            disk.leave(None);
            return said;
        }
        assert_eq!(ran.code, 74, "{short:?} {room}: {}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        said += &ran.stderr;
        check();
    }
    panic!("it never fits: {said}")
}

/// Enough facts for runs on disk in little memory.
fn enlarge(site: &Site, facts: usize) {
    let rows: Vec<String> = (0..facts).map(|id| format!("{id},{id},7,3,2020-01-01,MMR,1,5,N")).collect();
    site.rows("immunizations", &rows.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn a_place_of_batches_that_is_full() {
    if !within_own_mounts("full_disk::a_place_of_batches_that_is_full") {
        return;
    }
    let site = Site::new();
    let disk = Disk::new(&site);
    let out = disk.folder.join("out");
    let run = |export: &Path| run_on(export, &out, &[]);
    assert_eq!(run(&site.export()).code, 0);
    let old = read_folder(&out.join("202407"));
    let new_site = Site::new();
    enlarge(&new_site, 300);
    assert_eq!(new_site.run(&[]).code, 0);
    let new = new_site.batch();
    for short in [Short::Space, Short::Inodes] {
        let is_as_it_was = || {
            assert_eq!(disk.names("out"), ["202407"]);
            assert!(read_folder(&out.join("202407")) == old);
        };
        until_it_fits(&disk, short, 1, &|| run(&new_site.export()), &is_as_it_was);
        assert!(read_folder(&out.join("202407")) == new);
        assert_eq!(disk.names("out"), ["202407"]);
        assert_eq!(phds_with(&["verify", text(&out.join("202407"))]).code, 0);
        // With room again, all goes on as if nothing had been.
        assert_eq!(run(&site.export()).code, 0);
        assert!(read_folder(&out.join("202407")) == old);
    }
    // A place that is not there yet.
    std::fs::remove_dir_all(&out).unwrap();
    let no_batch = || assert!(!out.exists() || disk.names("out").is_empty());
    until_it_fits(&disk, Short::Inodes, 1, &|| run(&new_site.export()), &no_batch);
    assert!(read_folder(&out.join("202407")) == new);
}

#[test]
fn no_room_for_what_outgrows_memory() {
    if !within_own_mounts("full_disk::no_room_for_what_outgrows_memory") {
        return;
    }
    let site = Site::new();
    enlarge(&site, 6000);
    let disk = Disk::new(&site);
    let out = disk.folder.join("out");
    let run = || {
        let export = site.export();
        phds_with(&["run", text(&export), "--out", text(&out), "--as-of", "2024-07-08", "--memory", "1M"])
    };
    let said = until_it_fits(&disk, Short::Space, 8, &run, &|| {
        assert!(!out.exists() || disk.names("out").is_empty());
    });
    assert!(said.contains("temporary file"), "{said}");
    assert!(said.contains("PHDS_Travis_202407.csv: cannot be written"), "{said}");
    assert_eq!(site.run(&[]).code, 0);
    assert!(delivered(read_folder(&out.join("202407"))) == delivered(site.batch()));
    assert_eq!(disk.names("out"), ["202407"]);
}

#[test]
fn no_room_for_a_batch_database() {
    if !within_own_mounts("full_disk::no_room_for_a_batch_database") {
        return;
    }
    let site = Site::new();
    let new_site = Site::new();
    enlarge(&new_site, 3000);
    let disk = Disk::new(&site);
    let database = disk.folder.join("b.db");
    let name = text(&database);
    let read = |site: &Site| phds_with(&["read", text(&site.export()), "--work", name]);
    let filter = |as_of: &str| phds_with(&["filter", "--work", name, "--as-of", as_of]);
    let written = || {
        let out = site.path("written");
        let ran = phds_with(&["write", "--work", name, "--out", text(&out)]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let batch = read_folder(&out.join("202407"));
        std::fs::remove_dir_all(&out).unwrap();
        batch
    };
    // Where there is none.
    let nothing = || assert!(disk.names("").is_empty(), "{:?}", disk.names(""));
    until_it_fits(&disk, Short::Space, 16, &|| read(&site), &nothing);
    std::fs::remove_file(&database).unwrap();
    until_it_fits(&disk, Short::Inodes, 1, &|| read(&site), &nothing);
    // In place of one that is filtered.
    assert_eq!(filter("2024-07-01").code, 0);
    let old = written();
    let is_as_it_was = || {
        // `write` only notes that it wrote; where there is no room for the note, it has still written.
        assert!(written() == old);
        assert_eq!(disk.names(""), ["b.db"]);
    };
    until_it_fits(&disk, Short::Space, 32, &|| read(&new_site), &is_as_it_was);
    // Other outcomes in place of those that are there.
    assert_eq!(filter("2024-07-02").code, 0);
    let old = written();
    let is_as_it_was = || {
        assert!(written() == old);
        assert_eq!(disk.names(""), ["b.db"]);
    };
    until_it_fits(&disk, Short::Inodes, 1, &|| filter("2024-07-08"), &is_as_it_was);
    assert_eq!(filter("2024-07-02").code, 0);
    until_it_fits(&disk, Short::Space, 8, &|| filter("2024-07-08"), &is_as_it_was);
    assert_eq!(new_site.run(&[]).code, 0);
    assert!(delivered(written()) == delivered(new_site.batch()));
    assert_eq!(disk.names(""), ["b.db"]);
}
