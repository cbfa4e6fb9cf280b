use super::{Candidate, judge};
use crate::batch::{Before, HoldReason, Manifest};
use crate::policy::Policy;
use crate::registry::{FileStamp, Moment};
use crate::value::Day;
use std::path::Path;

fn day(text: &str) -> Day {
    Day::parse(text.as_bytes()).unwrap()
}

fn stamp(file: &str, bytes: u64, day: &str) -> FileStamp {
    // Noon in Texas is the same day everywhere near it.
    let modified = Moment::parse(&format!("{day}T17:00:00Z")).unwrap();
    FileStamp { file: file.to_owned(), bytes, modified }
}

/// A batch of June with these rows.
fn before(recipients: &[(&str, u64)]) -> Before {
    let files: Vec<String> = recipients
        .iter()
        .map(|(name, rows)| {
            format!(r#"{{"path": "P.csv", "recipient": "{name}", "rows": {rows}, "bytes": 1, "sha256": ""}}"#)
        })
        .collect();
    let json = format!(
        r#"{{"as_of": "2024-06-10", "batch": "202406", "tool": {{"name": "phds", "version": "0"}},
        "policy": {{"name": "p", "sha256": ""}}, "tables": {{}},
        "facts": {{"read": {total}, "included": {total}, "excluded": {{}}, "quarantined": {{}}}},
        "included_under": {{}}, "files": [{}]}}"#,
        files.join(", "),
        total = recipients.iter().fold(0, |sum: u64, (_, rows)| sum.saturating_add(*rows)),
    );
    Before::Batch(Box::new(Manifest::from_json(json.as_bytes(), Path::new("m")).unwrap()))
}

/// The codes of what stops a batch with these rows, under a policy that says this of its gate.
fn check(gate: &str, before: &Before, recipients: &[(&str, u64)], expect: &[&str]) {
    let policy = Policy::from_text(Path::new("p"), format!("[gate]\n{gate}").as_bytes()).unwrap();
    let candidate = Candidate {
        as_of: day("2024-07-08"),
        recipients: recipients.to_vec(),
        included: recipients.iter().map(|(_, rows)| rows).sum(),
        newest_vaccination: Some(day("2024-07-01")),
        export: &[],
        export_now: None,
        is_attended: true,
    };
    let codes: Vec<_> =
        judge(&policy.gate, &candidate, before).stops.iter().map(|stop| stop.code()).collect();
    assert_eq!(codes, expect, "[gate] {gate}; {recipients:?}");
}

#[test]
fn holds_what_changes_by_more_than_the_limit() {
    let check = |rows_before, rows, gate: &str, expect: &[&str]| {
        check(gate, &before(&[("Travis", rows_before)]), &[("Travis", rows)], expect);
    };
    let changed = &["BATCH_CHANGED", "RECIPIENT_CHANGED"][..];
    check(1000, 1250, "", &[]);
    check(1000, 1251, "", changed);
    check(1000, 750, "", &[]);
    check(1000, 749, "", changed);
    // Below 100 rows, in both, it may be chance.
    check(99, 10, "", &[]);
    check(10, 99, "", &[]);
    check(100, 10, "", changed);
    check(10, 100, "", changed);
    check(1000, 1, "max_change = \"off\"", &[]);
    check(1000, 1001, "max_change = \"0%\"", changed);
    check(10, 11, "max_change = \"0%\"\nmin_rows = 0", changed);
    check(10, 30, "max_change = \"200%\"\nmin_rows = 0", &[]);
    check(10, 31, "max_change = \"200%\"\nmin_rows = 0", changed);
    check(u64::MAX, 1, "", changed);
}

#[test]
fn holds_a_batch_of_which_every_small_part_is_halved() {
    let many = |rows| ["A", "B", "C", "D"].map(|name| (name, rows));
    check("", &before(&many(60)), &many(30), &["BATCH_CHANGED"]);
    check("", &before(&many(60)), &many(45), &[]);
    check("", &before(&many(24)), &many(12), &[]);
    check("max_change = \"off\"", &before(&many(60)), &many(30), &[]);
}

#[test]
fn holds_recipients_that_come_and_go() {
    let both = before(&[("Travis", 5), ("Bexar", 5)]);
    check("", &both, &[("TRAVIS ", 5), ("Bexar", 5)], &[]);
    check("", &both, &[("Travis", 5)], &["RECIPIENT_VANISHED"]);
    check("", &both, &[("Travis", 5), ("Bexar", 5), ("Hays", 1)], &["RECIPIENT_APPEARED"]);
    check("", &both, &[], &["RECIPIENT_VANISHED", "RECIPIENT_VANISHED"]);
    check("recipients_may_change = true", &both, &[("Hays", 1)], &[]);
    check("", &Before::None, &[("Hays", 1)], &[]);
    check("", &Before::Unreadable(None), &[("Hays", 1)], &["BATCH_BEFORE_UNREADABLE"]);
    check("max_change = \"off\"", &Before::Unreadable(None), &[("Hays", 1)], &["BATCH_BEFORE_UNREADABLE"]);
}

#[test]
fn holds_what_is_made_from_an_old_export() {
    let check = |gate: &str, newest: Option<&str>, included, export: &[FileStamp], expect: &[&str]| {
        let policy = Policy::from_text(Path::new("p"), format!("[gate]\n{gate}").as_bytes()).unwrap();
        let candidate = Candidate {
            as_of: day("2024-07-08"),
            recipients: Vec::new(),
            included,
            newest_vaccination: newest.map(day),
            export,
            export_now: None,
            is_attended: false,
        };
        let stops = judge(&policy.gate, &candidate, &Before::None).stops;
        let texts: Vec<_> = stops.iter().map(HoldReason::line).collect();
        assert_eq!(texts, expect, "[gate] {gate}; {newest:?}");
    };
    let stale = "NO_RECENT_VACCINATION: the newest vaccination is more than 45 day(s) before the as-of date 2024-07-08";
    check("", Some("2024-05-24"), 100, &[], &[]);
    check("", Some("2024-05-23"), 100, &[], &[stale]);
    check("", None, 100, &[], &[stale]);
    check("", Some("2024-05-23"), 99, &[], &[]);
    check("max_vaccination_age = \"46d\"", Some("2024-05-23"), 100, &[], &[]);
    check("max_vaccination_age = \"off\"", None, 100, &[], &[]);
    let export = [stamp("clients.csv", 1, "2024-07-01"), stamp("consents.csv", 1, "2024-06-30")];
    check("", None, 0, &export, &[]);
    check("max_export_age = \"8d\"", None, 0, &export, &[]);
    let old =
        "EXPORT_OLD: consents.csv: last changed on 2024-06-30, more than 7 day(s) before the as-of date";
    check("max_export_age = \"7d\"", None, 0, &export, &[old]);
    check("max_export_age = \"7d\"", Some("2024-01-01"), 100, &export, &[old, stale]);
}

#[test]
fn holds_what_changed_while_it_was_read() {
    let policy = Policy::built_in().unwrap();
    let check = |now: Option<&[FileStamp]>, expect: &[&str]| {
        let export = [stamp("clients.csv", 1, "2024-07-01"), stamp("consents.csv", 1, "2024-07-01")];
        let candidate = Candidate {
            as_of: day("2024-07-08"),
            recipients: Vec::new(),
            included: 0,
            newest_vaccination: None,
            export: &export,
            export_now: now,
            is_attended: true,
        };
        let stops = judge(&policy.gate, &candidate, &Before::None).stops;
        let texts: Vec<_> = stops.iter().map(HoldReason::line).collect();
        assert_eq!(texts, expect, "{now:?}");
    };
    let of = |file: &str| format!("EXPORT_STILL_CHANGING: {file}: the file was changed while it was read");
    let (clients, consents) = (of("clients.csv"), of("consents.csv"));
    let same = [stamp("consents.csv", 1, "2024-07-01"), stamp("clients.csv", 1, "2024-07-01")];
    check(Some(&same), &[]);
    check(None, &[]);
    // One that has come too late to be read.
    let late = [&same[..], &[stamp("recipients.csv", 1, "2024-07-01")]].concat();
    check(Some(&late), &[&of("recipients.csv")]);
    check(Some(&same[..1]), &[&clients]);
    check(Some(&[same[1].clone(), stamp("consents.csv", 2, "2024-07-01")]), &[&consents]);
    check(Some(&[same[1].clone(), stamp("consents.csv", 1, "2024-07-02")]), &[&consents]);
}

#[test]
fn the_first_batch_that_is_made_by_hand_may_be_a_trial() {
    let policy = Policy::built_in().unwrap();
    let candidate = |is_attended| Candidate {
        as_of: day("2024-07-08"),
        recipients: vec![("Travis", 100)],
        included: 100,
        newest_vaccination: Some(day("2020-01-01")),
        export: &[],
        export_now: None,
        is_attended,
    };
    let check = |is_attended, before: &Before, expect: (usize, usize)| {
        let verdict = judge(&policy.gate, &candidate(is_attended), before);
        assert_eq!((verdict.stops.len(), verdict.warnings.len()), expect);
    };
    check(true, &Before::None, (0, 1));
    check(false, &Before::None, (1, 0));
    check(true, &before(&[("Travis", 100)]), (1, 0));
}
