//! The log's last line, in JSON, says what came of the batch, why, and what to do.

#![allow(clippy::unwrap_used)]

mod common;

use common::{GATES_OFF, Ran, Site, phds_with, run_gated_on, text};
use serde_json::Value;

/// The last line of a log, and how many lines it has.
fn last(ran: &Ran) -> Value {
    serde_json::from_str(ran.stderr.lines().last().unwrap_or("null")).unwrap()
}

const JSON: [&str; 2] = ["--log-format", "json"];

fn run(site: &Site, more: &[&str]) -> Ran {
    run_gated_on(&site.export(), &site.out(), &[&JSON, more].concat())
}

/// The fields of the last line that differ from ending to ending.
fn check(ran: &Ran, level: &str, expect: &[(&str, Option<&str>)]) {
    let line = last(ran);
    assert_eq!((line["stage"].as_str(), line["level"].as_str()), (Some("end"), Some(level)), "{line}");
    for (field, expect) in expect {
        assert_eq!(line[field].as_str(), *expect, "{field}: {line}");
    }
}

#[test]
fn published_held_failed_and_nothing_due_are_told_apart() {
    let site = Site::new();
    let held = [
        ("outcome", Some("held")),
        ("result", Some("held")),
        ("batch", Some("202407")),
        ("codes", Some("NOTHING_SHARED")),
    ];
    // Held, because nobody consents and so nothing is shared.
    site.rows("consents", &[]);
    for quiet in [&[][..], &["--quiet"]] {
        let ran = run(&site, quiet);
        assert_eq!(ran.code, 77, "{}", ran.stderr);
        check(&ran, "ERROR", &held);
        assert!(last(&ran)["hint"].as_str().unwrap().contains("phds release"), "{}", ran.stderr);
    }
    let out = site.out();
    let released = phds_with(&[&["release", text(&out), "202407"][..], &JSON].concat());
    check(&released, "INFO", &[("result", Some("published")), ("batch", Some("202407")), ("reason", None)]);
    site.rows("consents", &["7,STANDARD,2015-01-01,,"]);
    let ran = run(&site, &GATES_OFF);
    check(
        &ran,
        "INFO",
        &[("outcome", Some("done")), ("result", Some("published")), ("batch", Some("202407"))],
    );
    let ran = run(&site, &["--if-due"]);
    check(&ran, "INFO", &[("outcome", Some("done")), ("result", Some("nothing-to-do")), ("batch", None)]);
    assert!(last(&ran)["reason"].as_str().unwrap().contains("has been made from the same"), "{}", ran.stderr);
    site.rows("immunizations", &["1,11,7,3,2020-13-01,MMR,1,5,N"]);
    for quiet in [&[][..], &["--quiet"]] {
        let ran = run(&site, quiet);
        check(&ran, "ERROR", &[("outcome", Some("bad-input")), ("result", Some("failed")), ("batch", None)]);
        let line = last(&ran);
        assert!(line["reason"].as_str().unwrap().contains("TOO_MANY_QUARANTINED"), "{line}");
        assert!(line["hint"].as_str().unwrap().contains("look at the list"), "{line}");
    }
    let ran = phds_with(&[&["run", "--no-such"][..], &JSON].concat());
    check(&ran, "ERROR", &[("outcome", Some("usage")), ("result", Some("failed"))]);
}

/// Other commands have nothing to tell of a batch.
#[test]
fn what_makes_no_batch_says_nothing_of_one() {
    let ran = phds_with(&[&["due", "--date", "2024-07-09"][..], &JSON].concat());
    assert_eq!(ran.code, 1);
    for field in ["result", "batch", "codes", "reason", "hint"] {
        assert_eq!(last(&ran).get(field), None, "{field}");
    }
    // In text the error has said it all.
    let ran = phds_with(&["verify", "nowhere", "-v"]);
    assert!(!ran.stderr.lines().last().unwrap().contains("reason"), "{}", ran.stderr);
}

/// The last line tells how it ended, with --quiet too.
#[test]
fn a_warning_is_never_the_last_line() {
    let site = Site::new();
    let quiet = ["--quiet"];
    // An entity that is a word for nothing.
    site.rows("organizations", &["5,Clinic,CL,NULL,,,,", "6,Clinic,CL,Travis,,,,"]);
    let ran = run(&site, &[&quiet[..], &GATES_OFF].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("WARN") && ran.stderr.lines().count() > 1, "{}", ran.stderr);
    check(
        &ran,
        "INFO",
        &[("outcome", Some("done")), ("result", Some("published")), ("batch", Some("202407"))],
    );
    // Nothing else to say.
    site.rows("organizations", &["5,Clinic,CL,Travis,,,,"]);
    let ran = run(&site, &[&quiet[..], &GATES_OFF].concat());
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    check(&ran, "INFO", &[("outcome", Some("done")), ("result", Some("published"))]);
    let (export, out) = (site.export(), site.out());
    let not_due = ["run", text(&export), "--out", text(&out), "--if-due", "--as-of", "2024-07-02"];
    let ran = phds_with(&[&not_due[..], &["--quiet", "--log-format", "json"]].concat());
    assert_eq!((ran.code, ran.stderr.lines().count()), (0, 1), "{}", ran.stderr);
    check(&ran, "INFO", &[("result", Some("nothing-to-do"))]);
    // In text the warning is enough.
    site.rows("organizations", &["5,Clinic,CL,NULL,,,,", "6,Clinic,CL,Travis,,,,"]);
    let in_text = run_gated_on(&site.export(), &site.out(), &[&quiet[..], &GATES_OFF].concat());
    assert!(
        in_text.stderr.starts_with("phds: warning") && in_text.stderr.lines().count() == 1,
        "{}",
        in_text.stderr
    );
}

/// `check` makes no batch, and so holds none.
#[test]
fn what_check_finds_is_told_by_its_codes() {
    let site = Site::new();
    site.rows("consents", &[]);
    let export = site.export();
    let always = ["check", text(&export), "--as-of", "2024-07-08"];
    let ran = phds_with(&[&always[..], &JSON].concat());
    assert_eq!(ran.code, 77, "{}", ran.stderr);
    let expect =
        [("outcome", Some("held")), ("result", Some("would-be-held")), ("codes", Some("NOTHING_SHARED"))];
    check(&ran, "ERROR", &expect);
    check(&ran, "ERROR", &[("batch", None), ("reason", None)]);
    site.remove("clients.csv");
    let ran = phds_with(&[&always[..], &JSON].concat());
    check(&ran, "ERROR", &[("outcome", Some("no-input")), ("result", Some("failed")), ("codes", None)]);
}
