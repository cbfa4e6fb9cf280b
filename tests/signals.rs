//! Ctrl-C and its like, wherever they come.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/signal.rs"]
mod signal;

use common::{Site, phds_with, read_folder, text};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// An export that takes a while.
fn large(site: &Site) {
    let facts: Vec<_> = (0..60_000).map(|id| format!("{id},{id},7,3,2024-07-01,MMR,1,5,N")).collect();
    site.rows("immunizations", &facts.iter().map(String::as_str).collect::<Vec<_>>());
}

/// Every name in a folder; none if it is not there yet.
fn names(folder: &Path) -> Vec<PathBuf> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    names
}

fn start(arguments: &[&str], temporary: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_phds"))
        .args(arguments)
        .env("TMPDIR", temporary)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Starts a command again and again and sends it a signal, each time somewhat later, until it has been hit at work a
/// few times. `is_as_before` looks at what it left.
fn strike(arguments: &[&str], folder: &Path, signal: &str, code: i32, is_as_before: &dyn Fn(bool)) {
    let temporary = folder.join("temporary");
    std::fs::create_dir_all(&temporary).unwrap();
    let (mut hits, mut delay) = (0, Duration::from_millis(2));
    while hits < 4 {
        let child = start(arguments, &temporary);
        // Not before the program has begun to wait for signals.
        let is_waiting = |child: &Child| {
            let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0) >> 14 & 1 == 1
        };
        let since = Instant::now();
        while !is_waiting(&child) && since.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(delay);
        signal::send(&child, signal);
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        let is_done = ended.status.code() == Some(0);
        assert!(is_done || ended.status.code() == Some(code), "{:?} after {delay:?}: {said}", ended.status);
        if !is_done {
            hits += 1;
            let name = signal.replace('-', "SIG");
            let expect = format!("phds: error: ended by {name}; what was unfinished has been removed\n");
            assert!(said.ends_with(&expect), "{said}");
        }
        is_as_before(is_done);
        assert!(names(&temporary).is_empty(), "{arguments:?} after {delay:?}");
        // Later each time; back to the start once it comes too late.
        delay = if is_done { Duration::from_millis(2) } else { delay * 3 };
    }
}

#[test]
fn a_signal_ends_a_run_and_leaves_nothing() {
    let site = Site::new();
    assert_eq!(site.run(&[]).code, 0);
    let old = site.batch();
    large(&site);
    let (export, out) = (site.export(), site.out());
    let run = ["run", text(&export), "--out", text(&out), "--as-of", "2024-07-08", "--quiet"];
    for (signal, code) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        strike(&run, &site.path(""), signal, code, &|is_done| {
            assert_eq!(site.left_in_out(), ["202407"]);
            assert!(!is_done || site.batch() != old);
            assert_eq!(phds_with(&["verify", text(&site.out().join("202407"))]).code, 0);
        });
    }
}

#[test]
fn a_signal_ends_a_stage_and_leaves_what_was_there() {
    let site = Site::new();
    large(&site);
    let (export, folder) = (site.export(), site.path("place"));
    std::fs::create_dir(&folder).unwrap();
    let (database, out) = (folder.join("b.db"), folder.join("out"));
    let read = ["read", text(&export), "--work", text(&database), "--quiet"];
    strike(&read, &site.path(""), "-TERM", 143, &|is_done| {
        let there = if is_done { vec![database.clone()] } else { vec![] };
        assert_eq!(names(&folder), there);
        let _ = std::fs::remove_file(&database);
    });
    assert_eq!(phds_with(&read).code, 0);
    let filter = ["filter", "--work", text(&database), "--as-of", "2024-07-08", "--quiet"];
    assert_eq!(phds_with(&filter).code, 0);
    let filtered = || phds_with(&["status", "--work", text(&database)]).stdout;
    let old = filtered();
    strike(&filter, &site.path(""), "-INT", 130, &|_| {
        // A journal may stay where rolling back would take too long; the next stage then does it.
        let left = names(&folder);
        assert!(left[0] == database && left.len() <= 2, "{left:?}");
        assert_eq!(filtered(), old);
    });
    assert_eq!(phds_with(&filter).code, 0);
    assert_eq!(names(&folder), std::slice::from_ref(&database));
    let write = ["write", "--work", text(&database), "--out", text(&out), "--quiet"];
    strike(&write, &site.path(""), "-TERM", 143, &|is_done| {
        assert_eq!(out.join("202407").exists(), is_done);
        assert_eq!(names(&out).len(), usize::from(is_done));
        let _ = std::fs::remove_dir_all(out.join("202407"));
    });
    assert_eq!(phds_with(&write).code, 0);
    assert_eq!(read_folder(&out.join("202407")).len(), 22);
}

/// The exit code tells whether there is something, however near its end a command is hit.
#[test]
fn a_signal_near_the_end_comes_before_the_last_step_or_too_late() {
    let site = Site::new();
    let (export, place) = (site.export(), site.path("place"));
    std::fs::create_dir(&place).unwrap();
    let (database, out) = (place.join("b.db"), place.join("out"));
    let run = ["run", text(&export), "--out", text(&out), "--as-of", "2024-07-08", "--quiet"];
    let read = ["read", text(&export), "--work", text(&database), "--quiet"];
    let write = ["write", "--work", text(&database), "--out", text(&out), "--quiet"];
    assert_eq!(phds_with(&read).code, 0);
    let filter = ["filter", "--work", text(&database), "--as-of", "2024-07-08", "--quiet"];
    assert_eq!(phds_with(&filter).code, 0);
    // `read` comes last: it has the database of the others made anew.
    for (arguments, made) in
        [(&run[..], out.join("202407")), (&write, out.join("202407")), (&read, database.clone())]
    {
        let remove = || match made.is_dir() {
            true => std::fs::remove_dir_all(&made).unwrap(),
            false => drop(std::fs::remove_file(&made)),
        };
        let mut times: Vec<_> = (0..5)
            .map(|_| {
                remove();
                let since = Instant::now();
                assert_eq!(start(arguments, &place).wait().unwrap().code(), Some(0));
                since.elapsed()
            })
            .collect();
        times.sort();
        for step in 0..60 {
            remove();
            let child = start(arguments, &place);
            // From half of the time that it takes to somewhat more than all of it.
            std::thread::sleep(times[2] * (30 + step) / 80);
            signal::send(&child, "-TERM");
            let ended = child.wait_with_output().unwrap();
            let is_done = ended.status.code() == Some(0);
            assert_eq!(made.exists(), is_done, "{arguments:?}, {step}: {:?}", ended.status);
        }
    }
}

/// Whoever reads nothing of what a command prints does not keep it from ending.
#[test]
fn a_command_that_is_done_and_cannot_print_ends_within_a_second() {
    let site = Site::new();
    let (export, out) = (site.export(), site.out());
    let (reader, mut writer) = std::io::pipe().unwrap();
    // Full, so that what the command prints waits.
    rustix::fs::fcntl_setfl(&writer, rustix::fs::OFlags::NONBLOCK).unwrap();
    while writer.write(&[b'x'; 4096]).is_ok() {}
    rustix::fs::fcntl_setfl(&writer, rustix::fs::OFlags::empty()).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_phds"))
        .args(["run", text(&export), "--out", text(&out), "--as-of", "2024-07-08"])
        .stdout(writer)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while !out.join("202407").exists() {
        assert_eq!(child.try_wait().unwrap(), None);
        std::thread::sleep(Duration::from_millis(1));
    }
    signal::send(&child, "-TERM");
    let ended = child.wait().unwrap();
    assert_eq!(ended.code(), Some(143));
    assert_eq!(site.left_in_out(), ["202407"]);
    drop(reader);
}

#[test]
fn a_process_that_is_to_outlive_its_terminal_does() {
    let site = Site::new();
    large(&site);
    let (export, out) = (site.export(), site.out());
    let mut child = Command::new("sh")
        .args(["-c", "trap '' HUP; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_phds"), "run"])
        .args([text(&export), "--out", text(&out), "--as-of", "2024-07-08", "--quiet"])
        .spawn()
        .unwrap();
    // Not before the shell has made way for the program.
    let name = format!("/proc/{}/comm", child.id());
    while std::fs::read_to_string(&name).is_ok_and(|name| name.trim() != "phds") {
        std::thread::sleep(Duration::from_millis(1));
    }
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(5));
        signal::send(&child, "-HUP");
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
