//! The place of batches: made by several runs at once, on file systems that can do little, and beside others at work.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/nobody.rs"]
mod nobody;
#[path = "common/signal.rs"]
mod signal;
#[path = "common/skip.rs"]
mod skip;
#[path = "crash/strace.rs"]
#[allow(dead_code)]
mod strace;

use common::{Ran, Site, read_folder};
use nobody::Nobody;
use skip::not_tested;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// Ends a command and says how it ended.
fn ended(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Has so many runs begin at once, all with the same new folders to make; returns how they ended.
fn at_once(words: &[String], export: &Path, out: &Path, umask: &str) -> Vec<Ran> {
    let start = |_| {
        let mut command = Command::new("sh");
        command.args(["-c", "umask \"$1\"; shift; exec \"$@\"", "sh", umask]).args(words);
        command.arg("run").arg(export).args(["--as-of", "2024-07-08", "--quiet", "--threads", "1", "--out"]);
        command.arg(out).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<Child> = (0..6).map(start).collect();
    children.into_iter().map(ended).collect()
}

#[test]
fn several_runs_make_one_new_place() {
    let site = Site::new();
    let check = |words: &[String], home: &Path, umask: &str| {
        for round in 0..20 {
            let out = home.join(format!("{umask}-{round}"));
            let ran = at_once(words, &site.export(), &out.join("x/y"), umask);
            let codes: Vec<i32> = ran.iter().map(|ran| ran.code).collect();
            assert!(codes.iter().all(|code| [0, 75].contains(code)), "{umask}: {codes:?}: {ran:?}");
            assert!(codes.contains(&0), "{umask}: {codes:?}");
            assert!(out.join("x/y/202407/manifest.json").exists(), "{umask}");
        }
    };
    check(&[env!("CARGO_BIN_EXE_phds").to_owned()], &site.path(""), "022");
    // Where the umask would take even the owner's own rights away, from somebody who may not do everything.
    let nobody = match Nobody::in_folder(&site.path("")) {
        Ok(nobody) => nobody,
        Err(why) => return not_tested("several runs under a strict umask", &why),
    };
    nobody.folder(&site.path("home"));
    check(&nobody.words(), &site.path("home"), "0777");
}

/// A run on the site's export under strace, which has some of the renames fail.
fn run_with_failing_renames(site: &Site, fault: &str, arguments: &[&str]) -> Ran {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o"]).arg(site.path("log"));
    command.args(["-e", "trace=renameat2", "-e", &format!("inject=renameat2:{fault}")]);
    command.arg(env!("CARGO_BIN_EXE_phds")).arg("run").arg(site.export());
    command.args(["--as-of", "2024-07-08", "--out"]).arg(site.out()).args(arguments);
    ended(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
}

/// Changes the time of one file so that a batch of it is held back if the age of the export is looked at.
fn make_old(site: &Site) {
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_717_243_200);
    let file = std::fs::File::open(site.export().join("vaccines.csv")).unwrap();
    file.set_times(std::fs::FileTimes::new().set_modified(old)).unwrap();
}

/// A place with a batch and a held one of the same month, and what is in it.
fn with_a_batch_and_a_held_one() -> (Site, BTreeMap<String, Vec<u8>>) {
    let site = Site::new();
    make_old(&site);
    assert_eq!(site.run(&[]).code, 0);
    assert_eq!(site.run(&["--max-export-age", "1d"]).code, 77);
    let held = read_folder(&site.out());
    assert!(held.contains_key(".held/202407/manifest.json") && held.contains_key(".held/202407.txt"));
    (site, held)
}

#[test]
fn a_file_system_that_cannot_publish_is_found_out_before_the_export_is_read() {
    if let Err(why) = strace::is_possible() {
        return not_tested("file systems without RENAME_EXCHANGE", &why);
    }
    let (site, before) = with_a_batch_and_a_held_one();
    // Whoever reads it ends with 65.
    site.file("immunizations.csv", b"no header at all\n");
    assert_eq!(site.run(&[]).code, 65);
    for fault in ["error=EINVAL", "error=ENOSYS", "error=EOPNOTSUPP", "error=EINVAL:when=2"] {
        let ran = run_with_failing_renames(&site, fault, &[]);
        assert_eq!(ran.code, 73, "{fault}: {}", ran.stderr);
        let out = site.out().to_str().unwrap().to_owned();
        let kind = ran.stderr.strip_prefix(&format!("phds: error: {out}: the file system there ("));
        let kind = kind
            .and_then(|rest| rest.split_once(") cannot rename without replacing, or exchange two folders"));
        let kind = kind.unwrap_or_else(|| panic!("{fault}: {}", ran.stderr)).0;
        assert!(
            !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)),
            "{kind}"
        );
        assert!(
            ran.stderr.contains("phds: hint: nothing was done; give another --out, on a local file system")
        );
        assert_eq!(read_folder(&site.out()), before, "{fault}");
        assert_eq!(site.left_in_out(), [".held", "202407"], "{fault}");
    }
}

#[test]
fn a_held_batch_is_there_again_if_another_cannot_take_its_place() {
    if let Err(why) = strace::is_possible() {
        return not_tested("a held batch after a failed publication", &why);
    }
    let (site, before) = with_a_batch_and_a_held_one();
    site.rows("immunizations", &["1,11,7,3,2020-01-01,MMR,1,5,N", "2,12,7,3,2021-01-01,MMR,1,5,N"]);
    // The first two renames try the file system out.
    for arguments in [&[][..], &["--max-export-age", "1d"], &["--max-export-age", "2d"]] {
        for error in ["EIO", "ENOSPC", "EINVAL"] {
            let ran = run_with_failing_renames(&site, &format!("error={error}:when=3"), arguments);
            assert_eq!(ran.code, 74, "{error} {arguments:?}: {}", ran.stderr);
            assert_eq!(read_folder(&site.out()), before, "{error} {arguments:?}");
            assert_eq!(site.left_in_out(), [".held", "202407"]);
        }
    }
    // Where nothing was held, nothing is.
    std::fs::remove_dir_all(site.out().join(".held")).unwrap();
    let ran = run_with_failing_renames(&site, "error=EIO:when=3", &["--max-export-age", "1d"]);
    assert_eq!((ran.code, site.left_in_out()), (74, vec!["202407".to_owned()]), "{}", ran.stderr);
    assert_eq!(site.run(&["--max-export-age", "1d"]).code, 77);
    assert_eq!(site.run(&[]).code, 0);
    assert_eq!(site.left_in_out(), ["202407"]);
}

/// The folders of commands at work in a place.
fn at_work(place: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(".phds-")).collect()
}

#[test]
fn a_run_leaves_a_read_into_its_place_alone() {
    let site = Site::new();
    let large = Site::new();
    let facts: Vec<_> = (0..60_000).map(|id| format!("{id},{id},7,3,2024-07-01,MMR,1,5,N")).collect();
    large.rows("immunizations", &facts.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(site.run(&[]).code, 0);
    let database = site.out().join("x.db");
    let start_reading = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_phds"));
        command.arg("read").arg(large.export()).arg("--quiet").arg("--work").arg(&database);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let since = Instant::now();
        let is_locked = || at_work(&site.out()).iter().any(|folder| folder.join("phds-in-use").exists());
        while !is_locked() && since.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(1));
        }
        // Between making its lock and holding it.
        std::thread::sleep(Duration::from_millis(5));
        signal::send(&child, "-STOP");
        child
    };
    let child = start_reading();
    let folders = at_work(&site.out());
    assert_eq!(folders.len(), 1);
    assert_eq!(site.run(&[]).code, 0);
    assert_eq!(at_work(&site.out()), folders);
    signal::send(&child, "-CONT");
    let ran = ended(child);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(common::phds_with(&["status", "--work", database.to_str().unwrap()]).code, 0);
    // Once it is dead its folder is nobody's.
    let child = start_reading();
    signal::send(&child, "-KILL");
    ended(child);
    assert_eq!(at_work(&site.out()).len(), 1);
    assert_eq!(site.run(&[]).code, 0);
    assert!(at_work(&site.out()).is_empty());
}
