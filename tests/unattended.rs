//! `run --if-due`: what cron starts every day, with nobody watching.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{GATES_OFF, Ran, Site, phds_with, read_folder, text};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

/// A run that does nothing unless it is due, as of a day.
fn run_on(site: &Site, day: &str, arguments: &[&str]) -> Ran {
    let (export, out) = (site.export(), site.out());
    let always = ["run", text(&export), "--out", text(&out), "--if-due", "--as-of", day];
    phds_with(&[&always[..], &GATES_OFF, arguments].concat())
}

/// The same with every gate, as cron runs it.
fn run_gated_on(site: &Site, day: &str) -> Ran {
    let (export, out) = (site.export(), site.out());
    phds_with(&["run", text(&export), "--out", text(&out), "--if-due", "--as-of", day])
}

/// Why there was nothing to do; none if there was.
fn reason(ran: &Ran) -> Option<String> {
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    (told["outcome"] == "nothing-to-do").then(|| told["reason"].as_str().unwrap().to_owned())
}

#[test]
fn nothing_is_done_before_the_day_has_come() {
    let site = Site::new();
    for day in ["2024-07-01", "2024-07-07"] {
        let ran = run_on(&site, day, &[]);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
        assert!(!site.out().exists());
        let ran = run_on(&site, day, &["--json"]);
        assert_eq!(reason(&ran).as_deref(), Some("the files are not due before 2024-07-08"));
    }
    // It does not even matter then that the export is not there yet; later it does.
    std::fs::rename(site.export(), site.path("elsewhere")).unwrap();
    assert_eq!(run_on(&site, "2024-07-07", &[]).code, 0);
    assert_eq!(run_on(&site, "2024-07-08", &[]).code, 66);
    let wrong = site.path("policy.toml");
    std::fs::write(&wrong, "[gate]\nmax = 1").unwrap();
    assert_eq!(
        run_on(&site, "2024-07-07", &["--policy", text(&wrong)]).code,
        78,
        "a bad policy is told at once"
    );
}

#[test]
fn a_batch_is_made_once_from_the_same() {
    let site = Site::new();
    for day in ["2024-07-08", "2024-08-12", "2024-09-30"] {
        let ran = run_on(&site, day, &["--json"]);
        assert_eq!((ran.code, reason(&ran)), (0, None), "{}", ran.stderr);
    }
    assert_eq!(site.left_in_out(), ["202407", "202408", "202409"]);
    let old = site.batch();
    let again = |day: &str, arguments: &[&str]| {
        let ran = run_on(&site, day, &[&["--json"], arguments].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        reason(&ran)
    };
    let made = Some("batch 202407 has been made from the same export and policy".to_owned());
    assert_eq!(again("2024-07-08", &[]), made);
    assert_eq!(site.batch(), old);
    let quiet = run_on(&site, "2024-07-08", &[]);
    assert_eq!((quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()), (0, "", ""));
    // Another day that is asked for, another encoding, another policy, another export: all of these are made.
    assert_eq!(again("2024-07-09", &[]), None);
    assert_eq!(again("2024-07-09", &["--encoding", "windows-1252"]), None);
    assert_eq!(again("2024-07-09", &["--encoding", "windows-1252"]), made);
    let policy = site.path("policy.toml");
    std::fs::write(&policy, "name = 'Mine'").unwrap();
    assert_eq!(again("2024-07-09", &["--policy", text(&policy)]), None);
    assert_eq!(again("2024-07-09", &["--policy", text(&policy)]), made);
    assert_eq!(again("2024-07-09", &[]), None);
    site.rows("consents", &["7,STANDARD,2015-01-01,2016-01-01,WITHDRAWN"]);
    assert_eq!(again("2024-07-09", &[]), None);
    assert_eq!(common::manifest(&site.batch())["facts"]["included"], 0);
    // What is there and can't be read does not count.
    std::fs::write(site.out().join("202407/qa/inputs.json"), "{").unwrap();
    assert_eq!(again("2024-07-09", &[]), None);
    assert_eq!(again("2024-07-09", &[]), made);
    std::fs::remove_file(site.out().join("202407/manifest.json")).unwrap();
    assert_eq!(again("2024-07-09", &[]), None);
    assert_eq!(phds_with(&["verify", text(&site.out().join("202407"))]).code, 0);
    // A file of it is gone, or is shorter.
    site.rows("consents", &["7,STANDARD,2015-01-01,,"]);
    assert_eq!(again("2024-07-09", &[]), None);
    let file = site.out().join("202407/PHDS_Travis_202407.csv");
    for damage in [|file: &Path| std::fs::remove_file(file), |file: &Path| std::fs::write(file, "CLIENT_ID")]
    {
        damage(&file).unwrap();
        let ran = phds_with(&["due", "--batch-missing", text(&site.out()), "--date", "2024-07-09"]);
        assert_eq!(ran.code, 65, "{}", ran.stderr);
        assert_eq!(again("2024-07-09", &[]), None);
    }
    assert_eq!(again("2024-07-09", &[]), made);
}

#[test]
fn a_held_batch_stays_what_it_is_until_it_is_released() {
    let site = Site::new();
    assert_eq!(site.run(&[]).code, 0);
    site.rows("organizations", &["5,Clinic,CL,Bexar,,,,"]);
    let inode = || std::fs::metadata(site.out().join(".held/202408")).unwrap().ino();
    assert_eq!(run_gated_on(&site, "2024-08-12").code, 77);
    let held = inode();
    assert_eq!(run_gated_on(&site, "2024-08-12").code, 77);
    assert_eq!(inode(), held);
    // Whoever gives an option for gates has it judged again.
    assert_eq!(run_on(&site, "2024-08-12", &[]).code, 77);
    assert_ne!(inode(), held);
    assert_eq!(phds_with(&["release", text(&site.out()), "202408"]).code, 0);
    assert!(reason(&run_on(&site, "2024-08-12", &["--json"])).is_some());
}

#[test]
fn with_nobody_watching_even_a_first_batch_is_held() {
    let site = Site::new();
    let facts: Vec<_> = (0..100).map(|id| format!("{id},{id},7,3,2024-05-01,MMR,1,5,N")).collect();
    site.rows("immunizations", &facts.iter().map(String::as_str).collect::<Vec<_>>());
    let ran = run_on(&site, "2024-07-08", &["--quiet"]);
    assert_eq!(ran.code, 77);
    assert!(ran.stderr.contains("  NO_RECENT_VACCINATION: "), "{}", ran.stderr);
    assert_eq!(site.left_in_out(), [".held"]);
    assert_eq!(site.run(&["--quiet"]).code, 0);
}

/// The line for cron, carried out as cron does, on whatever day this is.
#[test]
fn the_line_that_is_printed_works() {
    let site = Site::new();
    let (export, out) = (site.export(), site.out());
    std::fs::create_dir(&out).unwrap();
    // Under the built-in policy a batch of today is held back: its window is over.
    let policy = site.path("policy.toml");
    std::fs::write(&policy, "[window]\nlast_day = 9999-12-31\n").unwrap();
    let schedule = ["schedule", "cron", "--export", text(&export), "--out", text(&out)];
    let job = ["--program", env!("CARGO_BIN_EXE_phds"), "--policy", text(&policy)];
    let printed = phds_with(&[&schedule[..], &job].concat());
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let line = printed.stdout.lines().find(|line| !line.starts_with('#') && line.contains(" run ")).unwrap();
    let command = line.splitn(6, ' ').nth(5).unwrap();
    let is_due = phds_with(&["due", "--batch-missing", text(&out)]).code == 0;
    for _ in 0..2 {
        let ran = Command::new("sh").args(["-c", command]).output().unwrap();
        assert_eq!((ran.status.code(), ran.stdout.len(), ran.stderr.len()), (Some(0), 0, 0), "{ran:?}");
    }
    assert_eq!(phds_with(&["due", "--batch-missing", text(&out)]).code, 1);
    assert_eq!(site.left_in_out().len(), usize::from(is_due));
    // On the days after, the day has no part in whether it is the same.
    if is_due {
        let made: Vec<_> = site.left_in_out();
        let before = read_folder(&out.join(&made[0]));
        let run =
            ["run", text(&export), "--out", text(&out), "--policy", text(&policy), "--if-due", "--json"];
        let ran = phds_with(&run);
        assert!(reason(&ran).is_some());
        assert_eq!(read_folder(&out.join(&made[0])), before);
    }
}

/// A run that is due finds the batch of August held, and what was changed since lets it make the batch again.
#[test]
fn a_held_batch_is_made_again_once_that_may_help() {
    let place = |site: &Site| site.out().join(".held/202408");
    let clinics = |site: &Site| site.rows("organizations", &["5,Clinic,CL,Bexar,,,,"]);
    // The batch before is restored.
    let site = Site::new();
    assert_eq!(site.run(&[]).code, 0);
    site.rows("immunizations", &["1,11,7,3,2020-01-01,MMR,1,5,N", "2,12,7,3,2024-08-01,MMR,1,5,N"]);
    for file in ["manifest.json", "qa/gate.json", "qa/report.json"] {
        let file = site.out().join("202407").join(file);
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, "{").unwrap();
        for _ in 0..2 {
            let ran = run_gated_on(&site, "2024-08-12");
            assert_eq!(ran.code, 77, "{}", ran.stderr);
            assert!(ran.stderr.contains("BATCH_BEFORE_UNREADABLE"), "{}", ran.stderr);
        }
        std::fs::write(&file, whole).unwrap();
        let ran = run_gated_on(&site, "2024-08-12");
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        std::fs::remove_dir_all(site.out().join("202408")).unwrap();
    }
    // A byte of the held batch was changed, so that nobody can release it.
    clinics(&site);
    assert_eq!(run_gated_on(&site, "2024-08-12").code, 77);
    let whole = read_folder(&place(&site));
    let file = place(&site).join("PHDS_Bexar_202408.csv");
    let text_of = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text_of.replace("Ana", "Bob")).unwrap();
    assert_eq!(phds_with(&["release", text(&site.out()), "202408"]).code, 65);
    assert_eq!(run_gated_on(&site, "2024-08-12").code, 77);
    assert_eq!(read_folder(&place(&site)), whole);
    assert_eq!(phds_with(&["release", text(&site.out()), "202408"]).code, 0);
}
