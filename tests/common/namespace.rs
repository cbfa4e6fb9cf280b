//! Tests that mount file systems: each runs once more in a mount namespace of its own, which takes its mounts along
//! when it ends, however that is.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic)] // Each test binary uses a part of it.

use super::skip::not_tested;
use std::path::Path;
use std::process::Command;

/// Set for the run within the namespace.
const WITHIN: &str = "PHDS_TEST_WITHIN_OWN_MOUNTS";

/// Whether this is the run within a namespace where file systems can be mounted; else makes that run, and fails if it
/// does. Where there can be none it says so. `test` is the test's name as the harness has it.
pub fn within_own_mounts(test: &str) -> bool {
    if std::env::var_os(WITHIN).is_some() {
        return true;
    }
    let folder = tempfile::tempdir().unwrap();
    // As root, and as somebody who may become root in a namespace.
    let kinds = [&["-m"][..], &["-Urm"]];
    let can_mount = |kind: &&&[&str]| {
        let mut probe = Command::new("unshare");
        probe.args(**kind).args(["mount", "-t", "tmpfs", "tmpfs"]).arg(folder.path());
        probe.output().is_ok_and(|output| output.status.success())
    };
    let Some(kind) = kinds.iter().find(can_mount) else {
        not_tested(test, "nothing can be mounted: neither `unshare -m` nor `unshare -Urm` works");
        return false;
    };
    let mut again = Command::new("unshare");
    again.args(*kind).arg(std::env::current_exe().unwrap()).args([test, "--exact", "--nocapture"]);
    // What something is mounted on can't be removed within. Afterwards it can, with this folder.
    let output = again.env(WITHIN, "1").env("TMPDIR", folder.path()).output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    false
}

/// Mounts a tmpfs on a folder, which is made, with these options, or mounts it anew with others.
pub fn mount_tmpfs(folder: &Path, options: &str) {
    std::fs::create_dir_all(folder).unwrap();
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder);
    let output = mount.output().unwrap();
    assert!(output.status.success(), "{options}: {}", String::from_utf8_lossy(&output.stderr));
}
