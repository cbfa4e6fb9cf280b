//! Batches that are held back, and what publishes them after all.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{NO_CONTROL, Ran, Site, phds_with, read_folder, text};
use std::collections::BTreeMap;
use std::fs::{File, FileTimes};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

/// A site with a batch of June, and an export of which so many facts of each entity are new this July.
fn site(june: &[(&str, usize)], july: &[(&str, usize)]) -> Site {
    let site = Site::new();
    give(&site, june, "2024-06-03");
    assert_eq!(run_as_of(&site, "2024-06-10", &[]).code, 0);
    give(&site, july, "2024-07-01");
    site
}

/// So many facts of each responsible entity, all on one day.
fn give(site: &Site, entities: &[(&str, usize)], day: &str) {
    let mut organizations = Vec::new();
    let mut facts = Vec::new();
    for (place, (entity, count)) in entities.iter().enumerate() {
        organizations.push(format!("{place},Clinic,CL,{entity},,,,"));
        for _ in 0..*count {
            let id = facts.len();
            facts.push(format!("{id},{id},7,3,{day},MMR,1,{place},N"));
        }
    }
    site.rows("organizations", &organizations.iter().map(String::as_str).collect::<Vec<_>>());
    site.rows("immunizations", &facts.iter().map(String::as_str).collect::<Vec<_>>());
}

fn run_as_of(site: &Site, as_of: &str, arguments: &[&str]) -> Ran {
    let (export, out) = (site.export(), site.out());
    phds_with(&[&["run", text(&export), "--out", text(&out), "--as-of", as_of], arguments].concat())
}

fn release(site: &Site, month: &str) -> Ran {
    let whose = ["--by", "Ana Ruiz", "--reason", "as it should be"];
    phds_with(&[&["release", text(&site.out()), month], &whose[..]].concat())
}

/// Releases the batch of July, which was held for these reasons.
fn is_released(site: &Site, codes: &[&str]) {
    let held = read_folder(&site.out().join(".held/202407"));
    let why = std::fs::read(site.out().join(".held/202407.json")).unwrap();
    let why: serde_json::Value = serde_json::from_slice(&why).unwrap();
    let found: Vec<_> =
        why["found"].as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap()).collect();
    assert_eq!(found, codes);
    let ran = release(site, "202407");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(without_its_release(site.batch()), without_its_release(held));
    let kept: serde_json::Value = serde_json::from_slice(&site.batch()["qa/release.json"]).unwrap();
    assert_eq!((&kept["by"], &kept["found"]), (&"Ana Ruiz".into(), &why["found"]));
}

/// A batch but for what a release adds to it: who released it, and the checksum of that.
fn without_its_release(mut batch: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    batch.remove("qa/release.json");
    // The report says who released it.
    batch.remove("qa/report.html");
    batch.remove("qa/SHA256SUMS");
    batch
}

/// What a run said, without the place it ran in.
fn said(site: &Site, ran: &Ran) -> String {
    ran.stderr.replace(text(&site.out()), "OUT")
}

const JUNE: [(&str, usize); 4] = [("Bexar", 150), ("Hays", 30), ("Travis", 200), ("Waco", 7)];
const JULY: [(&str, usize); 4] = [("Bexar", 100), ("Hays", 3), ("Travis", 251), ("El Paso", 9)];

#[test]
fn everything_that_speaks_against_a_batch_is_said_at_once() {
    let site = site(&JUNE, &JULY);
    give(&site, &JULY, "2024-05-01");
    let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(1_717_243_200);
    let consents = File::options().write(true).open(site.export().join("consents.csv")).unwrap();
    consents.set_times(FileTimes::new().set_modified(changed)).unwrap();
    let ran = site.run_gated(&["--max-export-age", "7d"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (77, ""));
    insta::assert_snapshot!("held", said(&site, &ran));
    assert_eq!(site.left_in_out(), [".held", "202406"]);
    let why = std::fs::read_to_string(site.out().join(".held/202407.txt")).unwrap();
    insta::assert_snapshot!("held-why", why);
    // It is whole where it lies.
    let held = site.out().join(".held/202407");
    assert_eq!(phds_with(&["verify", text(&held)]).code, 0);
    assert_eq!(phds_with(&["diff", text(&site.out().join("202406")), text(&held)]).code, 1);
    // Its report, made again, is the same: the batch before is found from there too.
    let report = phds_with(&["report", text(&held)]);
    assert_eq!(report.stdout, std::fs::read_to_string(held.join("qa/report.html")).unwrap());
    // Whoever looks for batches is told that it is held, and why.
    let history = phds_with(&["history", text(&site.out()), "--json"]);
    let history: serde_json::Value = serde_json::from_str(&history.stdout).unwrap();
    assert_eq!((&history[0]["state"], &history[0]["batch"]), (&"published".into(), &"202406".into()));
    assert_eq!((&history[1]["state"], &history[1]["batch"]), (&"held".into(), &"202407".into()));
    assert_eq!(history[1]["codes"][0], "EXPORT_OLD");
}

#[test]
fn a_held_batch_can_be_released() {
    let site = site(&JUNE, &JULY);
    assert_eq!(site.run_gated(&[]).code, 77);
    let held = read_folder(&site.out().join(".held/202407"));
    let ran = release(&site, "202407");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("released", ran.stdout.replace(text(&site.out()), "OUT"));
    assert_eq!(without_its_release(site.batch()), without_its_release(held));
    let kept: serde_json::Value = serde_json::from_slice(&site.batch()["qa/release.json"]).unwrap();
    assert_eq!((kept["by"].as_str(), kept["reason"].as_str()), (Some("Ana Ruiz"), Some("as it should be")));
    assert_eq!(kept["found"].as_array().unwrap().len(), 4, "{kept}");
    assert_eq!(phds_with(&["verify", text(&site.out().join("202407"))]).code, 0);
    assert_eq!(site.left_in_out(), ["202406", "202407"]);
    let again = release(&site, "202407");
    assert_eq!(again.code, 66);
    assert_eq!(said(&site, &again), "phds: error: OUT/.held/202407: no batch is held there\n");
    // It is what August is compared with, and what was there is replaced.
    let looser = ["--max-change", "off", "--gate-off", "same_export"];
    assert_eq!(run_as_of(&site, "2024-08-12", &looser).code, 0);
    give(&site, &JUNE, "2024-07-01");
    assert_eq!(run_as_of(&site, "2024-08-12", &[]).code, 77);
    let held = read_folder(&site.out().join(".held/202408"));
    assert_ne!(read_folder(&site.out().join("202408")), held);
    assert_eq!(release(&site, "202408").code, 0);
    let released = read_folder(&site.out().join("202408"));
    assert_eq!(without_its_release(released), without_its_release(held));
    assert_eq!(site.left_in_out(), ["202406", "202407", "202408"]);
}

#[test]
fn a_batch_that_is_published_takes_the_place_of_the_held_one() {
    let site = site(&JUNE, &JUNE);
    give(&site, &JULY, "2024-07-01");
    assert_eq!(site.run_gated(&[]).code, 77);
    assert_eq!(site.run_gated(&[]).code, 77);
    assert_eq!(site.left_in_out(), [".held", "202406"]);
    give(&site, &JUNE, "2024-07-01");
    assert_eq!(site.run_gated(&[]).code, 0);
    assert_eq!(site.left_in_out(), ["202406", "202407"]);
    assert_eq!(release(&site, "202407").code, 66);
}

#[test]
fn what_was_changed_while_it_was_held_is_not_released() {
    let site = site(&JUNE, &JULY);
    assert_eq!(site.run_gated(&[]).code, 77);
    let file = site.out().join(".held/202407/PHDS_Hays_202407.csv");
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() = b' ';
    std::fs::write(&file, bytes).unwrap();
    let ran = release(&site, "202407");
    assert_eq!((ran.code, ran.stdout.as_str()), (65, ""));
    insta::assert_snapshot!("held-unsound", said(&site, &ran));
    assert_eq!(site.left_in_out(), [".held", "202406"]);
    // Nor is one of another month, or what lies in another's place.
    assert_eq!(release(&site, "202408").code, 66);
    assert_eq!(phds_with(&["release", text(&site.out()), "2024-07"]).code, 2);
    assert_eq!(phds_with(&["release", text(&site.path("nowhere")), "202407"]).code, 66);
    assert!(!site.path("nowhere").exists());
}

#[test]
fn the_limits_can_be_set() {
    let check =
        |june: &[(&str, usize)], july: &[(&str, usize)], policy: &str, arguments: &[&str], code: i32| {
            let site = site(june, july);
            let file = site.path("policy.toml");
            std::fs::write(&file, policy).unwrap();
            let ran = site.run_gated(&[&["--policy", text(&file)], arguments].concat());
            assert_eq!(ran.code, code, "{policy} {arguments:?}: {}", ran.stderr);
        };
    let (few, more) = ([("Travis", 200)], [("Travis", 251)]);
    check(&few, &more, "", &[], 77);
    check(&few, &more, "", &["--max-change", "25.5%"], 0);
    check(&few, &more, "[gate]\nmax_change = \"30%\"", &[], 0);
    check(&few, &more, "[gate]\nmax_change = \"30%\"", &["--max-change", "10%"], 77);
    check(&few, &more, "[gate]\nmin_rows = 252", &[], 0);
    check(&JUNE, &JULY, "[gate]\nmax_change = \"off\"", &[], 77);
    check(&JUNE, &JULY, "[gate]\nmax_change = \"off\"\nrecipients_may_change = true", &[], 0);
    check(&few, &few, "", &["--max-export-age", "0d"], 0);
    check(&few, &few, "[gate]\nmax_vaccination_age = \"6d\"", &[], 77);
}

#[test]
fn the_first_batch_made_by_hand_is_only_warned_about() {
    let site = Site::new();
    give(&site, &[("Travis", 100)], "2024-05-23");
    let ran = site.run_gated(&[]);
    assert_eq!(ran.code, 0);
    let told = "phds: warning: NO_RECENT_VACCINATION: the newest vaccination is more than 45 day(s) before the as-of date 2024-07-08\n";
    assert_eq!(ran.stderr, format!("{NO_CONTROL}{told}"));
    // Somebody must act on it, so that it is said all the same where little is to be said.
    let quiet = run_as_of(&site, "2024-07-08", &["--quiet"]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, told));
}

#[test]
fn an_export_that_is_still_being_written_is_held_back() {
    let site = Site::new();
    // So many that the file is changed for certain while they are read.
    give(&site, &[("Travis", 30_000)], "2024-07-01");
    let is_done = AtomicBool::new(false);
    let while_it_changes = |file: &str, command: &dyn Fn() -> Ran| {
        let file = File::options().write(true).open(site.export().join(file)).unwrap();
        is_done.store(false, Ordering::SeqCst);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut time = SystemTime::now();
                while !is_done.load(Ordering::SeqCst) {
                    time += Duration::from_millis(1);
                    file.set_times(FileTimes::new().set_modified(time)).unwrap();
                }
            });
            let ran = command();
            is_done.store(true, Ordering::SeqCst);
            ran
        })
    };
    // A file that is no table may change.
    site.file("notes.txt", b"");
    let ran = while_it_changes("notes.txt", &|| site.run_gated(&[]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    std::fs::remove_dir_all(site.out()).unwrap();
    let ran = while_it_changes("clients.csv", &|| site.run_gated(&[]));
    assert_eq!(ran.code, 77);
    insta::assert_snapshot!("still-changing", said(&site, &ran));
    assert_eq!(site.left_in_out(), [".held"]);
    is_released(&site, &["EXPORT_STILL_CHANGING"]);
    let database = site.path("b.db");
    let read = ["read", text(&site.export()), "--work", text(&database)].map(str::to_owned);
    let ran = while_it_changes("clients.csv", &|| phds_with(&read.each_ref().map(String::as_str)));
    assert_eq!(ran.code, 65);
    insta::assert_snapshot!("still-changing-read", ran.stderr);
    assert!(!database.exists());
}

#[test]
fn the_stages_hold_back_what_run_does() {
    let site = site(&JUNE, &JULY);
    assert_eq!(site.run_gated(&[]).code, 77);
    let held = read_folder(&site.out().join(".held/202407"));
    std::fs::remove_dir_all(site.out().join(".held")).unwrap();
    let database = site.path("b.db");
    let (batch, out) = (["--work", text(&database)], site.out());
    let stage = |arguments: &[&str]| phds_with(&[arguments, &batch].concat());
    assert_eq!(stage(&["read", text(&site.export())]).code, 0);
    assert_eq!(stage(&["filter", "--as-of", "2024-07-08"]).code, 0);
    let ran = stage(&["write", "--out", text(&out), "--quiet"]);
    assert_eq!(ran.code, 77, "{}", ran.stderr);
    assert!(ran.stderr.contains("RECIPIENT_VANISHED: Waco: 7 row(s) before, none now"), "{}", ran.stderr);
    assert_eq!(read_folder(&site.out().join(".held/202407")), held);
    assert_eq!(site.left_in_out(), [".held", "202406"]);
    assert_eq!(stage(&["write", "--out", text(&out), "--max-export-age", "0"]).code, 77);
}

#[test]
fn machines_are_told_the_same() {
    let site = site(&JUNE, &JULY);
    let ran = site.run_gated(&["--json", "--quiet"]);
    assert_eq!(ran.code, 77);
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let codes: Vec<_> = told["found"].as_array().unwrap().iter().map(|stop| stop["code"].as_str()).collect();
    let changed = Some("RECIPIENT_CHANGED");
    assert_eq!(codes, [changed, Some("RECIPIENT_APPEARED"), changed, Some("RECIPIENT_VANISHED")]);
    assert_eq!(told["outcome"], "held");
    assert_eq!(told["place"].as_str(), Some(text(&site.out().join(".held/202407"))));
    assert_eq!(told["manifest"]["batch"], "202407");
    give(&site, &JUNE, "2024-07-01");
    let ran = site.run_gated(&["--json"]);
    let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, told["outcome"].as_str()), (0, Some("published")));
    assert_eq!(told["manifest"], common::manifest(&site.batch()));
}

#[test]
fn a_reader_that_goes_away_hides_nothing() {
    let site = site(&JUNE, &JULY);
    let run = |stdout: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_phds"));
        command.args(["run", "--json", "--as-of", "2024-07-08", "--out"]).arg(site.out()).arg(site.export());
        let mut child = command.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
    };
    let full = File::options().write(true).open("/dev/full").unwrap();
    for stdout in [Stdio::piped(), full.into()] {
        let (code, said) = run(stdout);
        assert_eq!(code, Some(77), "{said}");
        assert!(said.contains("is held back"), "{said}");
    }
}

#[test]
fn a_batch_before_that_is_no_batch_any_more_is_not_passed_over() {
    let check = |spoil: &dyn Fn(&Path)| {
        let site = site(&JUNE, &JUNE);
        spoil(&site.out().join("202406"));
        let ran = site.run_gated(&[]);
        assert_eq!(ran.code, 77, "{}", ran.stderr);
        assert!(ran.stderr.contains("  BATCH_BEFORE_UNREADABLE: the batch of 202406"), "{}", ran.stderr);
        is_released(&site, &["BATCH_BEFORE_UNREADABLE"]);
    };
    check(&|batch| std::fs::remove_file(batch.join("manifest.json")).unwrap());
    check(&|batch| {
        let elsewhere = batch.with_file_name("elsewhere");
        std::fs::rename(batch, &elsewhere).unwrap();
        std::os::unix::fs::symlink(elsewhere, batch).unwrap();
    });
    check(&|batch| {
        let manifest = std::fs::read_to_string(batch.join("manifest.json")).unwrap();
        std::fs::write(batch.join("manifest.json"), manifest.replace("202406", "202405")).unwrap();
    });
    // What is named after no month, or after a later one, is not the batch before.
    let site = site(&JUNE, &JUNE);
    for name in ["2024-06", "202406.old", "202413", "202408"] {
        std::fs::create_dir(site.out().join(name)).unwrap();
    }
    let ran = site.run_gated(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn what_the_batch_before_does_not_keep_is_said() {
    let check = |spoil: &dyn Fn(&Path), gates: &str| {
        let site = site(&JUNE, &JUNE);
        spoil(&site.out().join("202406/qa"));
        let ran = site.run_gated(&["--gate-off", "max_excluded_change"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let warning = "phds: warning: the batch before does not keep what these gates compare, so that they said nothing";
        assert_eq!(said(&site, &ran), format!("{NO_CONTROL}{warning}: {gates}\n"));
    };
    let all = "same_export, same_consents, max_blank_change";
    check(&|qa| std::fs::remove_dir_all(qa).unwrap(), all);
    check(&|qa| std::fs::remove_file(qa.join("gate.json")).unwrap(), "same_export, same_consents");
    check(&|qa| std::fs::remove_file(qa.join("report.json")).unwrap(), "max_blank_change");
}

#[test]
fn another_places_batches_are_never_taken_for_held_ones() {
    let other = site(&JUNE, &JULY);
    assert_eq!(other.run_gated(&[]).code, 77);
    let held = read_folder(&other.out().join(".held"));
    let site = Site::new();
    std::fs::create_dir(site.out()).unwrap();
    std::os::unix::fs::symlink(other.out().join(".held"), site.out().join(".held")).unwrap();
    for ran in [site.run_gated(&[]), release(&site, "202407")] {
        assert_eq!(ran.code, 73, "{}", ran.stderr);
        assert!(said(&site, &ran).contains("OUT/.held: a symbolic link is in the way"), "{}", ran.stderr);
    }
    assert_eq!(read_folder(&other.out().join(".held")), held);
    assert_eq!(site.left_in_out(), [".held"]);
}

#[test]
fn what_was_opened_for_a_look_is_private_again() {
    let site = site(&JUNE, &JULY);
    assert_eq!(site.run_gated(&[]).code, 77);
    let opened = Command::new("chmod").args(["-R", "a+rX"]).arg(site.out().join(".held")).status();
    assert!(opened.unwrap().success());
    assert_eq!(release(&site, "202407").code, 0);
    let mut folders = vec![site.out().join("202407")];
    while let Some(folder) = folders.pop() {
        assert_eq!(folder.metadata().unwrap().mode() & 0o777, 0o700);
        for entry in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else {
                assert_eq!(entry.metadata().unwrap().mode() & 0o777, 0o600, "{}", entry.display());
            }
        }
    }
}

#[test]
fn an_export_where_batches_are_put_is_refused() {
    let site = Site::new();
    for place in [".held/202407", ".phds-mine", "202407"] {
        let export = site.out().join(place);
        std::fs::create_dir_all(export.parent().unwrap()).unwrap();
        std::fs::rename(site.export(), &export).unwrap();
        let before = read_folder(&export);
        let ran = common::run_gated_on(&export, &site.out(), &[]);
        assert_eq!(ran.code, 73, "{}", ran.stderr);
        assert!(ran.stderr.contains("the export itself is in the way"), "{}", ran.stderr);
        assert_eq!(read_folder(&export), before);
        std::fs::rename(&export, site.export()).unwrap();
    }
}

/// What the batch before keeps for comparing may be gone, which is told, whoever runs the program. If it is there and cannot
/// be read, it could have told anything.
#[test]
fn what_the_batch_before_keeps_is_there_or_somebody_is_told() {
    let kept = ["qa/gate.json", "qa/report.json"];
    let run = |change: &dyn Fn(&Path)| {
        let site = site(&[("Travis", 200)], &[("Travis", 201)]);
        kept.iter().for_each(|file| change(&site.out().join("202406").join(file)));
        let ran = site.run_gated(&["--quiet"]);
        (site, ran)
    };
    let (site, ran) = run(&|_| {});
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(!String::from_utf8_lossy(&site.batch()["qa/report.html"]).contains("these gates compare"));
    let (site, ran) = run(&|file| std::fs::remove_file(file).unwrap());
    let keys = ["same_export", "same_consents", "max_blank_change"];
    let told = format!(
        "phds: warning: the batch before does not keep what these gates compare, so that they said nothing: {}\n",
        keys.join(", ")
    );
    assert_eq!((ran.code, ran.stderr), (0, told));
    let gate: serde_json::Value = serde_json::from_slice(&site.batch()["qa/gate.json"]).unwrap();
    assert_eq!(gate["not_compared"], serde_json::json!(keys));
    let report = String::from_utf8(site.batch().remove("qa/report.html").unwrap()).unwrap();
    assert!(
        report.contains(&format!("these gates compare, so that they said nothing: {}.", keys.join(", ")))
    );
    for damage in ["", "{", "[]"] {
        let (site, ran) = run(&|file| std::fs::write(file, damage).unwrap());
        assert_eq!(ran.code, 77, "{}", ran.stderr);
        for file in kept {
            let why = format!("\n  BATCH_BEFORE_UNREADABLE: {file} of the batch of 202406 cannot be read");
            assert!(ran.stderr.contains(&why), "{}", ran.stderr);
        }
        is_released(&site, &["BATCH_BEFORE_UNREADABLE", "BATCH_BEFORE_UNREADABLE"]);
    }
}

/// The environment may hold anything. What would be another line on a terminal is no name.
#[test]
fn who_releases_is_a_name() {
    let check = |login: [&str; 2], expect: Option<&str>| {
        let site = site(&JUNE, &JULY);
        assert_eq!(site.run_gated(&[]).code, 77);
        let mut command = Command::new(env!("CARGO_BIN_EXE_phds"));
        command.arg("release").arg(site.out()).arg("202407").env("LOGNAME", login[0]).env("USER", login[1]);
        let ran = command.output().unwrap();
        let said = String::from_utf8(ran.stdout).unwrap();
        let kept: serde_json::Value = serde_json::from_slice(&site.batch()["qa/release.json"]).unwrap();
        let by = kept["by"].as_str().unwrap();
        assert!(expect.map_or(by.starts_with("user "), |expect| by == expect), "{by}");
        assert!(said.contains("is published all the same by ") && !said.contains("\nphds: error"), "{said}");
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said}");
    };
    check(["ana", "bo"], Some("ana"));
    check(["ana\nphds: error: all is lost", "bo"], Some("bo"));
    check(["\u{1b}[2Jana", " "], None);
    check(["\u{202e}ana", "bo"], Some("\u{202e}ana"));
}

/// Whether `control` is there is known before any row is read.
#[test]
fn a_missing_control_is_told_before_anything_is_read() {
    let site = Site::new();
    site.rows("consents", &["x,STANDARD,2015-01-01,,"]);
    let policy = site.path("policy.toml");
    std::fs::write(&policy, "[gate]\nrequire_control = true\n").unwrap();
    let ran = site.run_gated(&["--policy", text(&policy)]);
    assert_eq!(ran.code, 65, "{}", ran.stderr);
    assert!(ran.stderr.contains("REQUIRE_CONTROL") && !ran.stderr.contains("INVALID_ID"), "{}", ran.stderr);
    assert!(site.left_in_out().is_empty());
    site.rows("control", &["clients,1"]);
    let ran = site.run_gated(&["--policy", text(&policy)]);
    assert!(ran.code == 65 && ran.stderr.contains("INVALID_ID"), "{}", ran.stderr);
}
