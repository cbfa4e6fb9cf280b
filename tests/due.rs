//! `phds due`: its answers, and that what cannot be told is never an answer.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use chrono::{Datelike, Local, Weekday};
use common::{Ran, Site, phds, phds_with};
use std::os::unix::fs::symlink;

/// Asks about a batch of July 2024; the folder's own path is taken out of the answer.
fn batch_missing(site: &Site, date: &str, more: &[&str]) -> Ran {
    let out = site.out();
    let out = out.to_str().unwrap();
    let mut ran = phds_with(&[&["due", "--batch-missing", out, "--date", date], more].concat());
    ran.stdout = ran.stdout.replace(out, "OUT");
    ran.stderr = ran.stderr.replace(out, "OUT");
    ran
}

#[test]
fn second_mondays_are_due_and_no_other_days() {
    let mut answers = String::new();
    for (date, code) in [
        ("2024-07-01", 1),
        ("2024-07-07", 1),
        ("2024-07-08", 0),
        ("2024-07-09", 1),
        ("2024-07-15", 1),
        ("2024-10-14", 0),
        ("2024-12-09", 0),
        ("2024-12-31", 1),
        ("9999-12-13", 0),
        ("9999-12-31", 1),
    ] {
        let ran = phds_with(&["due", "--date", date]);
        assert_eq!((ran.code, ran.stderr.as_str()), (code, ""), "{date}");
        answers += &ran.stdout;
        let quiet = phds_with(&["due", "--date", date, "--quiet"]);
        assert_eq!((quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()), (code, "", ""), "{date}");
    }
    insta::assert_snapshot!("due", answers);
}

#[test]
fn without_a_date_it_is_today() {
    let expect = || {
        let today = Local::now().date_naive();
        i32::from(today.weekday() != Weekday::Mon || !(8..=14).contains(&today.day()))
    };
    // Midnight may come in between.
    let before = expect();
    let code = phds_with(&["due"]).code;
    assert!([before, expect()].contains(&code), "{code}");
}

#[test]
fn a_batch_is_missing_from_its_day_to_the_end_of_the_month() {
    let site = Site::new();
    let mut answers = String::new();
    let mut check = |date: &str, code: i32| {
        let ran = batch_missing(&site, date, &[]);
        assert_eq!((ran.code, ran.stderr.as_str()), (code, ""), "{date}");
        answers += &ran.stdout;
        let quiet = batch_missing(&site, date, &["--quiet"]);
        assert_eq!((quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()), (code, "", ""), "{date}");
    };
    std::fs::create_dir(site.out()).unwrap();
    check("2024-07-07", 1);
    check("2024-07-08", 0);
    check("2024-07-31", 0);
    std::fs::create_dir_all(site.out().join(".held/202407")).unwrap();
    check("2024-07-07", 1);
    check("2024-07-09", 0);
    std::fs::remove_dir_all(site.out()).unwrap();
    assert_eq!(site.run(&[]).code, 0);
    check("2024-07-01", 1);
    check("2024-07-08", 1);
    check("2024-07-31", 1);
    check("2024-08-11", 1);
    check("2024-08-12", 0);
    std::fs::create_dir_all(site.out().join(".held/202407")).unwrap();
    check("2024-07-09", 1);
    insta::assert_snapshot!("batch-missing", answers);
}

/// A batch that `run` itself held back, as it does.
#[test]
fn a_batch_that_run_held_back_is_known_to_be_held() {
    let site = Site::new();
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_600_000_000);
    for entry in std::fs::read_dir(site.export()).unwrap() {
        let file = std::fs::File::options().write(true).open(entry.unwrap().path()).unwrap();
        file.set_modified(long_ago).unwrap();
    }
    assert_eq!(site.run(&["--max-export-age", "7d"]).code, 77);
    let ran = batch_missing(&site, "2024-07-08", &[]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("batch 202407 is held for a person to look at"), "{}", ran.stdout);
    let why = ran.stdout.split([' ', ',']).find(|word| word.ends_with(".txt")).unwrap();
    let out = site.out();
    assert!(site.path(&why.replace("OUT", "out")).is_file());
    // It names nothing that is not there.
    std::fs::remove_file(out.join(".held/202407.txt")).unwrap();
    let ran = batch_missing(&site, "2024-07-08", &[]);
    assert!(ran.stdout.contains("OUT/.held/202407/qa/report.html says why"), "{}", ran.stdout);
    std::fs::remove_file(out.join(".held/202407/qa/report.html")).unwrap();
    let ran = batch_missing(&site, "2024-07-08", &[]);
    assert!(ran.stdout.contains("for a person to look at; to publish it"), "{}", ran.stdout);
    assert_eq!(site.run(&["--max-export-age", "7d"]).code, 77);
    assert_eq!(common::phds_with(&["release", out.to_str().unwrap(), "202407"]).code, 0);
    assert_eq!(batch_missing(&site, "2024-07-08", &[]).code, 1);
}

#[test]
fn what_cannot_be_told_is_an_error_whatever_the_day() {
    type Spoil = fn(&Site);
    let spoils: [(&str, i32, Spoil); 12] = [
        ("OUT is a file", 66, |site| std::fs::write(site.out(), "").unwrap()),
        ("OUT leads nowhere", 66, |site| symlink(site.path("nowhere"), site.out()).unwrap()),
        ("OUT leads to itself", 74, |site| symlink(site.out(), site.out()).unwrap()),
        ("a file for a batch", 65, |site| {
            std::fs::create_dir(site.out()).unwrap();
            std::fs::write(site.out().join("202407"), "").unwrap();
        }),
        ("an empty folder", 65, |site| std::fs::create_dir_all(site.out().join("202407")).unwrap()),
        ("a link to a batch", 65, |site| {
            site.run(&[]);
            std::fs::rename(site.out().join("202407"), site.out().join("elsewhere")).unwrap();
            symlink("elsewhere", site.out().join("202407")).unwrap();
        }),
        ("a link to nowhere", 65, |site| {
            std::fs::create_dir(site.out()).unwrap();
            symlink("nowhere", site.out().join("202407")).unwrap();
        }),
        ("a cut manifest", 65, |site| {
            site.run(&[]);
            let file = site.out().join("202407/manifest.json");
            let text = std::fs::read_to_string(&file).unwrap();
            std::fs::write(&file, &text[..text.len() / 2]).unwrap();
        }),
        ("a manifest that is a folder", 66, |site| {
            std::fs::create_dir_all(site.out().join("202407/manifest.json")).unwrap();
        }),
        ("another month's batch", 65, |site| {
            site.run(&["--quiet"]);
            std::fs::rename(site.out().join("202407"), site.out().join("202408")).unwrap();
            std::fs::create_dir(site.out().join("202407")).unwrap();
            let from = site.out().join("202408/manifest.json");
            let text = std::fs::read_to_string(from).unwrap().replace("\"202407\"", "\"202408\"");
            std::fs::write(site.out().join("202407/manifest.json"), text).unwrap();
        }),
        ("a file for what is held", 65, |site| {
            std::fs::create_dir(site.out()).unwrap();
            std::fs::write(site.out().join(".held"), "").unwrap();
        }),
        ("a file for the batch that is held", 65, |site| {
            std::fs::create_dir_all(site.out().join(".held")).unwrap();
            std::fs::write(site.out().join(".held/202407"), "").unwrap();
        }),
    ];
    let mut messages = String::new();
    for (name, code, spoil) in spoils {
        let site = Site::new();
        spoil(&site);
        for date in ["2024-07-07", "2024-07-08"] {
            let ran = batch_missing(&site, date, &["--quiet"]);
            assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{name}: {}", ran.stderr);
            if date == "2024-07-08" {
                messages += &format!("{name}:\n{}", ran.stderr);
            }
        }
    }
    insta::assert_snapshot!("batch-missing-errors", messages);
}

/// The exit code is the answer, also for who does not listen to the words.
#[test]
fn a_reader_that_is_gone_changes_no_answer() {
    for (date, code) in [("2024-07-08", 0), ("2024-07-09", 1)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = std::process::Command::new(phds().get_program());
        let status = command.args(["due", "--date", date]).stdout(writer).status().unwrap();
        assert_eq!(status.code(), Some(code), "{date}");
    }
}
