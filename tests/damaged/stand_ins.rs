//! Pipes, devices and folders in the place of a batch's files: opening the first waits for ever, reading the second
//! never ends.

use crate::common::{Site, phds_with, read_folder};
use crate::{ends_soon, run_as_of, site, text};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// What takes a file's place, and how it is made.
type StandIn = (&'static str, fn(&Path));

const STAND_INS: [StandIn; 4] = [
    ("a pipe", |path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())),
    ("a link to a device", |path| symlink("/dev/zero", path).unwrap()),
    ("a link to nowhere", |path| symlink("nowhere", path).unwrap()),
    ("a folder", |path| std::fs::create_dir(path).unwrap()),
];

/// Puts each stand-in in the place of a file, and puts the file back afterwards.
fn with_each(site: &Site, path: &Path, check: &dyn Fn(&str)) {
    let aside = site.path("aside");
    for (what, put) in STAND_INS {
        std::fs::rename(path, &aside).unwrap();
        put(path);
        check(&format!("{what} as {}", path.display()));
        match path.symlink_metadata().unwrap().is_dir() {
            true => std::fs::remove_dir(path).unwrap(),
            false => std::fs::remove_file(path).unwrap(),
        }
        std::fs::rename(&aside, path).unwrap();
    }
}

/// Runs the program; it must end with one of these codes.
fn check(what: &str, arguments: &[&str], codes: &[i32]) {
    let ran = ends_soon(arguments);
    assert!(codes.contains(&ran.code), "{what}: {arguments:?}: {}: {}", ran.code, ran.stderr);
}

#[test]
fn every_command_ends_whatever_takes_the_place_of_a_file() {
    let site = site();
    for as_of in ["2024-06-10", "2024-07-08"] {
        assert_eq!(run_as_of(&site, as_of, &[]).code, 0);
    }
    let policy = site.path("policy.toml");
    std::fs::write(&policy, phds_with(&["policy", "show"]).stdout).unwrap();
    let (june, july) = (site.out().join("202406"), site.out().join("202407"));
    for name in read_folder(&july).keys() {
        with_each(&site, &july.join(name), &|what| {
            // Whatever it is, it is no sound batch.
            check(what, &["verify", text(&july)], &[1]);
            check(what, &["verify", text(&july), "--policy", text(&policy)], &[1]);
            let reads = |of: &[&str]| match of.iter().any(|of| name.starts_with(of)) {
                true => 66,
                false => 0,
            };
            check(what, &["diff", text(&june), text(&july)], &[reads(&["PHDS_"])]);
            check(what, &["diff", text(&july), text(&june)], &[reads(&["PHDS_"])]);
            check(
                what,
                &["report", text(&july)],
                &[reads(&["manifest.json", "qa/report.json", "qa/gate.json"])],
            );
            check(what, &["history", text(&site.out())], &[reads(&["manifest.json"])]);
            if name.starts_with("PHDS_") {
                check(what, &["verify", text(&july.join(name))], &[66]);
            }
        });
    }
}

#[test]
fn a_run_ends_whatever_takes_the_place_of_a_file_of_the_batch_before() {
    let site = site();
    assert_eq!(run_as_of(&site, "2024-06-10", &[]).code, 0);
    let june = site.out().join("202406");
    for name in read_folder(&june).keys() {
        with_each(&site, &june.join(name), &|what| {
            let ran = run_as_of(&site, "2024-07-08", &[]);
            let is_read = ["manifest.json", "qa/gate.json", "qa/report.json"].contains(&name.as_str());
            assert_eq!(ran.code != 0, is_read, "{what}: {}", ran.stderr);
            assert_eq!(ran.stderr.contains("BATCH_BEFORE_UNREADABLE"), is_read, "{what}: {}", ran.stderr);
            // The run itself looks whether it has made the batch already.
            let ran = run_as_of(&site, "2024-06-10", &["--if-due"]);
            assert_eq!(ran.code, 0, "{what}: {}", ran.stderr);
        });
    }
}

/// A site with a batch of July that is held.
fn held() -> Site {
    let site = site();
    assert_eq!(run_as_of(&site, "2024-06-10", &[]).code, 0);
    site.rows("organizations", &["5,Clinic,CL,Bexar,,,,", "6,Clinic,CL,Hays,,,,", "7,Clinic,CL,,,,,"]);
    assert_ne!(run_as_of(&site, "2024-07-08", &[]).code, 0);
    site
}

#[test]
fn nothing_is_released_in_which_something_takes_the_place_of_a_file() {
    let site = held();
    let batch = site.out().join(".held/202407");
    for name in read_folder(&batch).keys() {
        with_each(&site, &batch.join(name), &|what| {
            check(what, &["release", text(&site.out()), "202407"], &[65]);
            assert!(batch.exists() && !site.out().join("202407").exists(), "{what}");
        });
    }
    check("nothing", &["release", text(&site.out()), "202407"], &[0]);
}

#[test]
fn a_held_batch_is_released_whatever_says_why_it_was_held() {
    for (what, put) in STAND_INS {
        let site = held();
        let why = site.out().join(".held/202407.txt");
        std::fs::remove_file(&why).unwrap();
        put(&why);
        check(what, &["release", text(&site.out()), "202407"], &[0]);
    }
}

/// Whoever names a file may name a link to it; in a batch it is none of its files.
#[test]
fn a_single_file_may_be_reached_through_a_link() {
    let site = site();
    assert_eq!(run_as_of(&site, "2024-07-08", &[]).code, 0);
    let batch = site.out().join("202407");
    let file = batch.join("PHDS_Travis_202407.csv");
    let link = site.path("PHDS_Travis_202407.csv");
    symlink(&file, &link).unwrap();
    check("a link", &["verify", text(&link)], &[0]);
    check("a link", &["diff", text(&link), text(&file)], &[0]);
    check("a link", &["diff", text(&file), text(&link)], &[0]);
    // The folder of a batch, too.
    let other = site.path("batch");
    symlink(&batch, &other).unwrap();
    check("a link", &["verify", text(&other)], &[0]);
    check("a link", &["diff", text(&batch), text(&other)], &[0]);
    std::fs::remove_file(&link).unwrap();
    std::fs::rename(&file, &link).unwrap();
    symlink(&link, &file).unwrap();
    check("a link", &["verify", text(&batch)], &[1]);
    check("a link", &["diff", text(&batch), text(&other)], &[66]);
}
