//! `phds synth` prints the command that makes the batch of what it wrote.

#![allow(clippy::unwrap_used)]

mod common;

use common::{phds, phds_with, text};
use std::process::Command;

#[test]
fn the_command_it_prints_works() {
    let folder = tempfile::tempdir().unwrap();
    for (name, as_of, more, code) in [
        ("plain", "2024-07-08", &[][..], 0),
        ("with 'quotes' & $blanks", "2024-08-12", &[], 0),
        // That so much is unusable is looked at by a gate.
        ("dirty", "2024-07-08", &["--dirty", "5"], 77),
    ] {
        let ran = phds()
            .current_dir(folder.path())
            .args(["synth", "--clients", "400", "--out", name, "--as-of", as_of])
            .args(more)
            .output()
            .unwrap();
        let said = String::from_utf8(ran.stdout).unwrap();
        let line = said.lines().find_map(|line| line.strip_prefix("to make its batch: phds ")).unwrap();
        assert!(line.contains(&format!("--as-of {as_of} ")), "{line}");
        let program = env!("CARGO_BIN_EXE_phds");
        let made = Command::new("sh")
            .current_dir(folder.path())
            .args(["-c", &format!("{program} {line}")])
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&made.stderr);
        assert_eq!(made.status.code(), Some(code), "{line}: {stderr}");
    }
}

#[test]
fn nothing_is_printed_that_cannot_be_typed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("two\nlines");
    let ran = phds_with(&["synth", "--clients", "3", "--out", text(&out)]);
    assert!(ran.stdout.contains("all invented") && !ran.stdout.contains("phds run"), "{}", ran.stdout);
    let out = folder.path().join("quiet");
    assert_eq!(phds_with(&["synth", "--clients", "3", "--out", text(&out), "-q"]).stdout, "");
}
