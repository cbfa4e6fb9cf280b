//! `phds due --batch-missing`: before the second Monday it asks about the month before; what was mistyped is an error.

#![allow(clippy::unwrap_used)]

mod common;

use common::{GATES_OFF, Site, phds_with, text};

fn check(site: &Site, date: &str, code: i32, expect: &str) {
    let out = site.out();
    let ran = phds_with(&["due", "--batch-missing", text(&out), "--date", date]);
    assert_eq!(ran.code, code, "{date}: {}{}", ran.stdout, ran.stderr);
    assert!((ran.stdout + &ran.stderr).contains(expect), "{date}: {expect}");
    let quiet = phds_with(&["due", "--batch-missing", text(&out), "--date", date, "-q"]);
    assert_eq!((quiet.code, quiet.stdout.as_str()), (code, ""), "{date}");
}

#[test]
fn an_alarm_goes_on_after_the_month_is_over() {
    let site = Site::new();
    assert_eq!(site.run(&[]).code, 0);
    // July is there. August is missing from its second Monday on, until September's.
    check(&site, "2024-08-11", 1, "batch 202407 is in");
    check(&site, "2024-08-12", 0, "batch 202408 is missing");
    check(&site, "2024-08-31", 0, "batch 202408 is missing");
    check(&site, "2024-09-01", 0, "batch 202408 is missing");
    check(&site, "2024-09-08", 0, "due since 2024-08-12; the next, 202409, is due on 2024-09-09");
    check(&site, "2024-09-09", 0, "batch 202409 is missing");
    // One that is held is still missing.
    std::fs::create_dir_all(site.out().join(".held/202408")).unwrap();
    check(&site, "2024-09-01", 0, "batch 202408 is held");
    // The turn of the year.
    check(&site, "2025-01-01", 0, "batch 202412 is missing");
    // Of what was before the first batch nothing is missing.
    check(&site, "2024-07-01", 1, "batch 202407 is in");
}

/// A batch that was made by hand before its day says nothing of the one before.
#[test]
fn a_batch_before_its_day_does_not_end_the_alarm() {
    let site = Site::new();
    assert_eq!(site.run(&[]).code, 0);
    let (export, out) = (site.export(), site.out());
    let run = ["run", text(&export), "--out", text(&out), "--as-of", "2024-09-02"];
    assert_eq!(phds_with(&[&run[..], &GATES_OFF].concat()).code, 0);
    check(&site, "2024-09-05", 0, "batch 202408 is missing");
    check(&site, "2024-09-09", 1, "batch 202409 is in");
}

#[test]
fn nothing_is_missing_before_the_first_batch() {
    let site = Site::new();
    std::fs::create_dir(site.out()).unwrap();
    check(&site, "2024-07-01", 1, "batch 202407 is not in");
    std::fs::create_dir_all(site.out().join(".held/202407")).unwrap();
    check(&site, "2024-07-01", 1, "batch 202407 is not in");
    check(&site, "2024-08-01", 0, "batch 202407 is missing");
}

#[test]
fn what_was_mistyped_is_an_error() {
    let site = Site::new();
    check(&site, "2024-07-08", 66, "No such file");
    assert_eq!(site.run(&[]).code, 0);
    check(&site, "2004-07-13", 2, "there is a batch of 202407, which is later than 2004-07-13");
    check(&site, "2024-13-08", 2, "not a day");
    check(&site, "2024-06-30", 2, "later than 2024-06-30");
}
