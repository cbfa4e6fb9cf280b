//! Runs that end before their time: killed, interrupted, out of space, or swamped.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/signal.rs"]
mod signal;

use common::random::Dice;
use common::{Site, header, read_folder, text};
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// An export that takes a while: some 40,000 facts, with entities of their own.
fn large(site: &Site, entities: usize) {
    let own = |rows: Vec<String>, table: &str| {
        site.rows(table, &rows.iter().map(String::as_str).collect::<Vec<_>>());
    };
    own((0..entities).map(|id| format!("{id},Clinic,CL,Entity {id},,,,")).collect(), "organizations");
    let facts = (0..40_000).map(|id| format!("{id},{id},7,3,2020-01-01,MMR,1,{},N", id % entities));
    own(facts.collect(), "immunizations");
}

/// The site's batch of July 2024. What its inputs say of their files' times is left out: it differs between sites.
fn batch(site: &Site) -> BTreeMap<String, Vec<u8>> {
    let mut batch = site.batch();
    batch.retain(|name, _| !["qa/inputs.json", "qa/SHA256SUMS"].contains(&name.as_str()));
    batch
}

#[test]
fn a_killed_run_leaves_no_partial_batch() {
    let site = Site::new();
    // Another batch than the old one, so that the two can be told apart.
    assert_eq!(site.run(&[]).code, 0);
    let old = batch(&site);
    large(&site, 25);
    let started = Instant::now();
    let reference = Site::new();
    large(&reference, 25);
    assert_eq!(reference.run(&[]).code, 0);
    let whole = started.elapsed();
    let new = batch(&reference);
    assert_ne!(old, new);

    let mut dice = Dice::new(0x5eed);
    let (mut seen_old, mut finished) = (false, 0);
    for round in 0..20 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_phds"))
            .args(["run", "--as-of", "2024-07-08", "--quiet", "--out"])
            .arg(site.out())
            .arg(site.export())
            .args(common::GATES_OFF)
            .spawn()
            .unwrap();
        std::thread::sleep(whole.mul_f64(dice.below(1000) as f64 / 1000.0));
        child.kill().unwrap();
        finished += u32::from(child.wait().unwrap().success());
        let now = batch(&site);
        assert!(now == old || now == new, "round {round}: {:?}", now.keys());
        seen_old |= now == old;
        if now == new {
            // Back to the start, so that every round is one.
            std::fs::remove_dir_all(site.out().join("202407")).unwrap();
            std::fs::create_dir(site.out().join("202407")).unwrap();
            old.iter().for_each(|(name, bytes)| {
                let path = site.out().join("202407").join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            });
        }
    }
    assert!(seen_old && finished < 20, "some of the runs were killed before their end");
    // What the dead runs left is in nobody's way.
    assert_eq!(site.run(&[]).code, 0);
    assert_eq!(batch(&site), new);
    assert_eq!(site.left_in_out(), ["202407"]);
}

#[test]
fn a_full_disk_leaves_nothing_published() {
    let site = Site::new();
    large(&site, 3);
    // No file may grow past 64 KiB, and a write past it fails instead of ending the process: as good as a full disk.
    let limited = |script: &str| {
        Command::new("bash")
            .args(["-c", script, "bash", env!("CARGO_BIN_EXE_phds")])
            .args(["run", "--as-of", "2024-07-08", "--out"])
            .arg(site.out())
            .arg(site.export())
            .output()
            .unwrap()
    };
    let output = limited("ulimit -f 64; trap '' XFSZ; exec \"$@\"");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(74), "{stderr}");
    assert!(stderr.contains("cannot be written"), "{stderr}");
    assert!(site.left_in_out().is_empty(), "{:?}", site.left_in_out());
    // What is released is copied: what can't be written then is the copy.
    site.rows("consents", &["7,STANDARD,2015-01-01,,"]);
    let policy = site.path("policy.toml");
    let held = ["--policy", text(&policy)];
    std::fs::write(&policy, "[window]\nlast_day = 2024-07-07\n").unwrap();
    assert_eq!(site.run_gated(&held).code, 77);
    let output = Command::new("bash")
        .args(["-c", "ulimit -f 64; trap '' XFSZ; exec \"$@\"", "bash", env!("CARGO_BIN_EXE_phds")])
        .args(["release", text(&site.out()), "202407"])
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(74), "{stderr}");
    let place = stderr.split(": cannot be written: as a copy of ").next().unwrap();
    assert!(place.contains("/out/.phds-") && stderr.contains("/out/.held/202407/PHDS_"), "{stderr}");
    assert_eq!(site.left_in_out(), [".held"]);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let site = Site::new();
    let run = site.run(&[]);
    assert_eq!(run.code, 0);
    for arguments in [
        &["dictionary"][..],
        &["policy", "show"],
        &[&["run", "EXPORT", "--out", "OUT", "--as-of", "2024-07-08"], &common::GATES_OFF[..]].concat(),
    ] {
        let (export, out) = (site.export(), site.out());
        let is_run = arguments[0] == "run";
        let arguments = arguments.iter().map(|a| match *a {
            "EXPORT" => export.to_str().unwrap(),
            "OUT" => out.to_str().unwrap(),
            other => other,
        });
        let mut child = Command::new(env!("CARGO_BIN_EXE_phds"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8(output.stderr).unwrap(), if is_run { common::NO_CONTROL } else { "" });
    }
}

#[test]
fn help_that_cannot_be_printed_is_an_error() {
    for argument in ["--help", "--version"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_phds"));
        let output = command.arg(argument).stdout(full).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(output.status.code(), Some(74), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stderr).contains("No space left on device"));
    }
}

#[test]
fn a_stderr_that_cannot_be_written_changes_nothing() {
    let site = Site::new();
    site.rows("consents", &["7,STANDARD,2015-01-01,,", "8,STANDARD,2015-01-01,,"]);
    let run = |export: &std::path::Path| {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_phds"));
        command.args(["run", "-v", "--as-of", "2024-07-08", "--out"]).arg(site.out()).arg(export);
        command.stdout(Stdio::null()).stderr(full).status().unwrap().code()
    };
    assert_eq!(run(&site.export()), Some(0));
    assert_eq!(site.left_in_out(), ["202407"]);
    assert_eq!(run(&site.path("nowhere")), Some(66));
}

#[test]
fn a_million_malformed_rows_stop_the_run_in_little_memory() {
    let site = Site::new();
    let file = std::fs::File::create(site.export().join("immunizations.csv")).unwrap();
    let mut out = std::io::BufWriter::new(file);
    writeln!(out, "{}", header("immunizations")).unwrap();
    for _ in 0..1_000_000 {
        out.write_all(b"2,12,7,3,secret\n").unwrap();
    }
    out.into_inner().unwrap();
    for threads in ["1", "2"] {
        let mut command = Command::new("bash");
        command
            .args(["-c", "ulimit -v 200000; exec \"$@\"", "bash", env!("CARGO_BIN_EXE_phds")])
            .args(["run", "--threads", threads, "--as-of", "2024-07-08", "--out"])
            .arg(site.out())
            .arg(site.export())
            .process_group(0);
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(65), "{stderr}");
        assert!(stderr.len() < 1000, "{stderr}");
        assert!(stderr.contains("TOO_MANY_QUARANTINED: 1000000 of 1000000 rows"), "{stderr}");
        assert_eq!(site.left_in_out(), ["quarantine-202407.csv"]);
        let list = &read_folder(&site.out())["quarantine-202407.csv"];
        assert_eq!(list.iter().filter(|b| **b == b'\n').count(), 1_000_001);
        let last = "immunizations,immunizations.csv,1000001,,MALFORMED_ROW\n";
        assert!(list.ends_with(last.as_bytes()));
    }
}

#[test]
fn a_second_run_on_the_same_place_is_turned_away() {
    let site = Site::new();
    large(&site, 5);
    let run = || {
        Command::new(env!("CARGO_BIN_EXE_phds"))
            .args(["run", "--as-of", "2024-07-08", "--quiet", "--out"])
            .arg(site.out())
            .arg(site.export())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut children: Vec<_> = (0..4).map(|_| run()).collect();
    let codes: Vec<_> = children.iter_mut().map(|child| child.wait().unwrap().code()).collect();
    assert!(codes.iter().all(|code| matches!(code, Some(0 | 75))), "{codes:?}");
    assert!(codes.contains(&Some(0)) && codes.contains(&Some(75)), "{codes:?}");
    assert_eq!(site.left_in_out(), ["202407"]);
}

/// A core dump would hold everybody's records, and lie about long after the run.
#[test]
fn a_crash_leaves_no_dump_of_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let synth = ["synth", "--clients", "20000", "--quiet", "--out"];
    let made = Command::new(env!("CARGO_BIN_EXE_phds")).args(synth).arg(path("export")).status();
    assert!(made.unwrap().success());
    std::fs::create_dir(path("work")).unwrap();
    // As far as whoever runs the tests may raise it.
    let script = "ulimit -c unlimited 2>/dev/null || ulimit -c \"$(ulimit -H -c)\"; exec \"$@\"";
    let mut child = Command::new("sh")
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_phds"), "run", "--as-of", "2024-07-08", "--out"])
        .args([path("out"), path("export")])
        .current_dir(path("work"))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // At work once it has its own folder in OUT.
    let is_at_work = || std::fs::read_dir(path("out")).is_ok_and(|mut entries| entries.next().is_some());
    let since = Instant::now();
    while !is_at_work() && since.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(1));
    }
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core: Vec<_> = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max core file size"))
        .unwrap()
        .split_whitespace()
        .collect();
    assert_eq!(core, ["0", "0", "bytes"], "{limits}");
    // Not -QUIT: a shell lets the jobs in its background ignore that.
    signal::send(&child, "-ABRT");
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(6), "it was at work: {status:?}");
    assert!(!status.core_dumped());
    assert_eq!(std::fs::read_dir(path("work")).unwrap().count(), 0);
    assert!(!path("out/202407").exists());
}
