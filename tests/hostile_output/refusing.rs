//! Places that the system itself refuses: to somebody without rights, on file systems that can't be written to, and
//! where one step is not possible.

#![allow(clippy::unwrap_used, clippy::panic)]

use crate::common::{Site, phds, phds_with, read_folder, run_on};
use crate::namespace::{mount_tmpfs, within_own_mounts};
use crate::nobody::Nobody;
use crate::skip::not_tested;
use crate::text;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Places that somebody without rights may not use.
#[test]
fn places_without_permission() {
    let site = Site::new();
    let nobody = match Nobody::in_folder(&site.path("")) {
        Ok(nobody) => nobody,
        Err(why) => return not_tested("places without permission", &why),
    };
    let run = |out: &Path| {
        let mut command = nobody.command();
        command.arg("run").arg(site.export()).args(["--as-of", "2024-07-08", "--quiet", "--out"]).arg(out);
        let output = command.output().unwrap();
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let allow = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let home = site.path("home");
    nobody.folder(&home);
    let out = home.join("out");
    assert_eq!(run(&out).0, 0);
    let old = read_folder(&out.join("202407"));
    for (what, mode) in
        [(out.clone(), 0o500), (out.clone(), 0o300), (out.clone(), 0o000), (home.clone(), 0o000)]
    {
        allow(&what, mode);
        let (code, said) = run(&out);
        allow(&what, 0o700);
        assert_eq!(code, 73, "{mode:o} {}: {said}", what.display());
        assert!(said.contains("cannot be created") && said.contains("Permission denied"), "{said}");
        assert!(read_folder(&out.join("202407")) == old);
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
    }
    // A place that can't be made.
    allow(&home, 0o500);
    let (code, said) = run(&home.join("new/place"));
    assert_eq!(code, 73, "{said}");
    allow(&home, 0o700);
    // A batch that can't be looked into: whatever comes of it, it is whole.
    allow(&out.join("202407"), 0o000);
    let (code, said) = run(&out);
    assert!([0, 65, 73, 74].contains(&code), "{code}: {said}");
    allow(&out.join("202407"), 0o700);
    assert!(read_folder(&out.join("202407")) == old);
    // An export that may not be read is missing.
    allow(&site.export().join("clients.csv"), 0o000);
    let (code, said) = run(&out);
    allow(&site.export().join("clients.csv"), 0o644);
    assert_eq!(code, 66, "{said}");
    assert!(read_folder(&out.join("202407")) == old);
}

#[test]
fn file_systems_of_every_kind() {
    if !within_own_mounts("refusing::file_systems_of_every_kind") {
        return;
    }
    let site = Site::new();
    let disk = site.path("disk");
    mount_tmpfs(&disk, "size=16m,mode=700");
    // The root of a mount, on another file system than temporary files.
    let run = |out: &Path| run_on(&site.export(), out, &[]);
    for _ in 0..2 {
        let ran = run(&disk);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    assert_eq!(site.run(&[]).code, 0);
    let batch = read_folder(&disk.join("202407"));
    assert!(batch == site.batch());
    // One that may not be written to.
    mount_tmpfs(&disk, "remount,ro");
    for out in [disk.clone(), disk.join("new")] {
        let ran = run(&out);
        assert_eq!(ran.code, 73, "{}", ran.stderr);
        assert!(ran.stderr.contains("Read-only file system"), "{}", ran.stderr);
    }
    let database = disk.join("b.db");
    let ran = phds_with(&["read", text(&site.export()), "--work", text(&database)]);
    assert_eq!(ran.code, 73, "{}", ran.stderr);
    mount_tmpfs(&disk, "remount,rw");
    assert!(read_folder(&disk.join("202407")) == batch);
    assert_eq!(phds_with(&["read", text(&site.export()), "--work", text(&database)]).code, 0);
    mount_tmpfs(&disk, "remount,ro");
    let ran = phds_with(&["filter", "--work", text(&database), "--as-of", "2024-07-08"]);
    assert!([73, 74].contains(&ran.code), "{}: {}", ran.code, ran.stderr);
    // Looking is possible there, all the same.
    assert_eq!(phds_with(&["verify", text(&disk.join("202407"))]).code, 0);
    assert_eq!(phds_with(&["status", "--work", text(&database)]).code, 0);
    mount_tmpfs(&disk, "remount,rw");
    // A batch that is a mount of its own can't be replaced in one step, and so is not replaced at all.
    let other = site.path("other");
    mount_tmpfs(&other.join("202407"), "size=16m,mode=700");
    std::fs::write(other.join("202407/manifest.json"), "").unwrap();
    let ran = run(&other);
    assert_eq!(ran.code, 74, "{}", ran.stderr);
    assert!(other.join("202407/manifest.json").exists());
    assert_eq!(std::fs::read_dir(&other).unwrap().count(), 1);
    // A database that is mounted by itself: the journal of a change that was cut off is not beside it.
    let (live, alone) = (site.path("live.db"), site.path("alone.db"));
    assert_eq!(phds_with(&["read", text(&site.export()), "--work", text(&live)]).code, 0);
    std::fs::write(&alone, "").unwrap();
    let mount = std::process::Command::new("mount").arg("--bind").args([&live, &alone]).status().unwrap();
    assert!(mount.success());
    let ran = phds_with(&["run", text(&alone), "--as-of", "2024-07-08", "--out", text(&disk)]);
    assert!(ran.code == 65 && ran.stderr.contains("OTHER_NAMES"), "{}", ran.stderr);
    // Nowhere to put temporary files: `run` needs none of them.
    let mut command = phds();
    command
        .arg("run")
        .arg(site.export())
        .args(["--as-of", "2024-07-08", "--memory", "1M", "--out"])
        .arg(&disk);
    assert!(command.env("TMPDIR", "/proc").output().unwrap().status.success());
}
