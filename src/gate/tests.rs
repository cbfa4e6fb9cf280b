use super::{Candidate, Reference, Verdict, judge};
use crate::batch::{Before, Evidence, HoldReason, Manifest, Tally};
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

/// A batch with these rows, as of a day.
fn manifest(as_of: &str, recipients: &[(&str, u64)]) -> Manifest {
    let files: Vec<String> = recipients
        .iter()
        .map(|(name, rows)| {
            format!(r#"{{"path": "P.csv", "recipient": "{name}", "rows": {rows}, "bytes": 1, "sha256": ""}}"#)
        })
        .collect();
    let json = format!(
        r#"{{"as_of": "{as_of}", "batch": "{}", "tool": {{"name": "phds", "version": "0"}},
        "policy": {{"name": "p", "sha256": ""}}, "tables": {{}},
        "facts": {{"read": {total}, "included": {total}, "excluded": {{}}, "quarantined": {{}}}},
        "included_under": {{}}, "files": [{}]}}"#,
        day(as_of).month(),
        files.join(", "),
        total = recipients.iter().fold(0, |sum: u64, (_, rows)| sum.saturating_add(*rows)),
    );
    Manifest::from_json(json.as_bytes(), Path::new("m")).unwrap()
}

/// A batch of June with these rows.
fn before(recipients: &[(&str, u64)]) -> Before {
    Before::Batch(Box::new(manifest("2024-06-10", recipients)))
}

/// One month of a registry, as the gate sees it.
struct Month {
    manifest: Manifest,
    tally: Tally,
    evidence: Evidence,
}

impl Month {
    fn new(as_of: &str, recipients: &[(&str, u64)]) -> Month {
        Month {
            manifest: manifest(as_of, recipients),
            tally: Tally::default(),
            evidence: Evidence::default(),
        }
    }

    /// A candidate that nobody stands by, in which nothing stands out.
    fn candidate(&self) -> Candidate<'_> {
        Candidate {
            manifest: &self.manifest,
            tally: &self.tally,
            evidence: &self.evidence,
            window_ends: day("2024-12-31"),
            newest_vaccination: Some(day("2024-07-01")),
            export: &[],
            export_now: None,
            today: None,
            is_attended: false,
        }
    }

    /// The same as the month before, with all that it keeps.
    fn judged_after(&self, before: &Month, gate: &str) -> Verdict {
        let published = Before::Batch(Box::new(before.manifest.clone()));
        let reference = Reference {
            tally: Some(&before.tally),
            evidence: Some(&before.evidence),
            ..Reference::of(&published)
        };
        judge(&policy(gate).gate, &self.candidate(), reference)
    }
}

fn policy(gate: &str) -> Policy {
    Policy::from_text(Path::new("p"), format!("[gate]\n{gate}").as_bytes()).unwrap()
}

/// Holds a candidate against a batch before of which nothing but the manifest is known.
fn judged(gate: &str, candidate: &Candidate<'_>, before: &Before) -> Verdict {
    judge(&policy(gate).gate, candidate, Reference::of(before))
}

fn codes(reasons: &[HoldReason]) -> Vec<&'static str> {
    reasons.iter().map(HoldReason::code).collect()
}

/// What holds a batch with these rows, under a policy that says this of its gate.
fn check(gate: &str, before: &Before, recipients: &[(&str, u64)], expect: &[&str]) {
    let month = Month::new("2024-07-08", recipients);
    let gate = format!("nothing_shared = false\n{gate}");
    let verdict = judged(&gate, &month.candidate(), before);
    assert_eq!(codes(&verdict.stops), expect, "[gate] {gate}; {recipients:?}");
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
        let month = Month::new("2024-07-08", &[("Travis", included)]);
        let candidate = Candidate { newest_vaccination: newest.map(day), export, ..month.candidate() };
        let gate = format!("nothing_shared = false\n{gate}");
        let stops = judged(&gate, &candidate, &Before::None).stops;
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
    let month = Month::new("2024-07-08", &[("Travis", 1)]);
    let check = |now: Option<&[FileStamp]>, expect: &[&str]| {
        let export = [stamp("clients.csv", 1, "2024-07-01"), stamp("consents.csv", 1, "2024-07-01")];
        let candidate = Candidate { export: &export, export_now: now, ..month.candidate() };
        let stops = judged("", &candidate, &Before::None).stops;
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
    let month = Month::new("2024-07-08", &[("Travis", 100)]);
    let check = |is_attended, before: &Before, expect: (usize, usize)| {
        let candidate =
            Candidate { newest_vaccination: Some(day("2020-01-01")), is_attended, ..month.candidate() };
        let verdict = judged("", &candidate, before);
        assert_eq!((verdict.stops.len(), verdict.warnings.len()), expect);
    };
    check(true, &Before::None, (0, 1));
    check(false, &Before::None, (1, 0));
    check(true, &before(&[("Travis", 100)]), (1, 0));
}

#[test]
fn holds_what_is_empty() {
    let check = |gate: &str, rows: &[(&str, u64)], expect: &[&str]| {
        let month = Month::new("2024-07-08", rows);
        assert_eq!(codes(&judged(gate, &month.candidate(), &Before::None).stops), expect, "{gate} {rows:?}");
    };
    check("", &[], &["NOTHING_SHARED"]);
    check("", &[("Travis", 1)], &[]);
    check("nothing_shared = false", &[], &[]);
}

#[test]
fn holds_what_is_after_the_window() {
    let check = |gate: &str, as_of: &str, expect: &[&str]| {
        let month = Month::new(as_of, &[("Travis", 1)]);
        assert_eq!(codes(&judged(gate, &month.candidate(), &Before::None).stops), expect, "{as_of} {gate}");
    };
    check("", "2024-12-31", &[]);
    check("", "2025-01-01", &["WINDOW_OVER"]);
    check("window_over = false", "2025-01-01", &[]);
}

#[test]
fn holds_an_export_from_the_future() {
    let month = Month::new("2024-07-08", &[("Travis", 1)]);
    let check = |gate: &str, today: Option<&str>, changed: &str, expect: &[&str]| {
        let export = [stamp("clients.csv", 1, "2024-07-01"), stamp("consents.csv", 1, changed)];
        let candidate = Candidate { export: &export, today: today.map(day), ..month.candidate() };
        assert_eq!(codes(&judged(gate, &candidate, &Before::None).stops), expect, "{today:?} {changed}");
    };
    check("", Some("2024-07-08"), "2024-07-08", &[]);
    check("", Some("2024-07-08"), "2024-07-09", &["NEWER_THAN_AS_OF"]);
    // The day was given: whoever gives a day of last month knows that the export is newer.
    check("", None, "2024-07-09", &[]);
    check("newer_than_as_of = false", Some("2024-07-08"), "2024-07-09", &[]);
}

#[test]
fn holds_the_export_of_the_month_before() {
    let month = |as_of: &str, tables: &[(&str, &str)]| {
        let mut month = Month::new(as_of, &[("Travis", 500)]);
        month.evidence.tables =
            tables.iter().map(|(table, hash)| ((*table).to_owned(), (*hash).to_owned())).collect();
        for (rows, table) in [(400, "clients"), (300, "consents"), (500, "immunizations")] {
            let entry = crate::batch::TableEntry { rows, quarantined: Default::default() };
            month.manifest.tables.insert(table.to_owned(), entry);
        }
        month
    };
    let june = month("2024-06-10", &[("clients", "a"), ("consents", "b"), ("immunizations", "c")]);
    let check = |gate: &str, tables: &[(&str, &str)], expect: &[&str]| {
        let verdict = month("2024-07-08", tables).judged_after(&june, gate);
        assert_eq!(codes(&verdict.stops), expect, "{tables:?} {gate}");
        assert_eq!(verdict.not_compared, [""; 0]);
    };
    let same = [("consents", "b"), ("immunizations", "c"), ("clients", "a")];
    check("", &same, &["SAME_EXPORT"]);
    check("same_export = false", &same, &[]);
    check("", &[("clients", "x"), ("consents", "b"), ("immunizations", "c")], &[]);
    let with_recipients = [&same[..], &[("recipients", "d")]].concat();
    check("", &with_recipients, &[]);
    // A table that may be absent is gone; what is left is the same.
    let june_with = month("2024-06-10", &with_recipients);
    let verdict = month("2024-07-08", &same).judged_after(&june_with, "");
    assert_eq!(codes(&verdict.stops), ["SAME_EXPORT"]);
    let old_consents = [("clients", "x"), ("consents", "b"), ("immunizations", "y")];
    check("", &old_consents, &["SAME_CONSENTS"]);
    check("same_consents = false", &old_consents, &[]);
    check("min_rows = 300", &old_consents, &["SAME_CONSENTS"]);
    check("min_rows = 301", &old_consents, &[]);
    check("", &[("clients", "x"), ("consents", "y"), ("immunizations", "c")], &[]);
}

#[test]
fn says_what_the_batch_before_does_not_tell() {
    let month = Month::new("2024-07-08", &[("Travis", 500)]);
    let check = |gate: &str, before: &Before, expect: &[&str]| {
        let verdict = judged(gate, &month.candidate(), before);
        assert_eq!((codes(&verdict.stops).as_slice(), verdict.not_compared.as_slice()), (&[][..], expect));
    };
    let june = before(&[("Travis", 500)]);
    check("", &june, &["same_export", "same_consents", "max_blank_change"]);
    check("same_export = false\nmax_blank_change = 'off'", &june, &["same_consents"]);
    check("", &Before::None, &[]);
}

#[test]
fn what_the_month_before_had_already_is_only_told() {
    let with = |as_of: &str, evidence: Evidence| Month { evidence, ..Month::new(as_of, &[("Travis", 500)]) };
    let june = with(
        "2024-06-10",
        Evidence {
            repeated_consents: 7,
            unmatched_recipients: vec!["Hays County".to_owned()],
            look_alikes: vec![["Travis".to_owned(), "Tr\u{430}vis".to_owned()]],
            ..Evidence::default()
        },
    );
    let first = Month::new("2024-06-10", &[("Travis", 500)]);
    let check = |gate: &str, before: &Month, evidence: Evidence, stops: &[&str], told: &[&str]| {
        let verdict = with("2024-07-08", evidence).judged_after(before, gate);
        let (mut found, mut warned) = (codes(&verdict.stops), codes(&verdict.warnings));
        found.retain(|code| *code != "SAME_EXPORT");
        warned.sort_unstable();
        assert_eq!((found.as_slice(), warned.as_slice()), (stops, told), "{gate}");
    };
    let repeated = |records| Evidence { repeated_consents: records, ..Evidence::default() };
    check("", &first, repeated(0), &[], &[]);
    check("", &first, repeated(1), &["REPEATED_CONSENTS"], &[]);
    check("repeated_consents = 1", &first, repeated(1), &[], &[]);
    check("repeated_consents = 'off'", &first, repeated(9), &[], &[]);
    check("", &june, repeated(7), &[], &["REPEATED_CONSENTS"]);
    check("", &june, repeated(8), &["REPEATED_CONSENTS"], &[]);
    let unmatched = |names: &[&str]| Evidence {
        unmatched_recipients: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Evidence::default()
    };
    check("", &june, unmatched(&["HAYS  County"]), &[], &["UNMATCHED_RECIPIENTS"]);
    check("", &first, unmatched(&["Hays County"]), &["UNMATCHED_RECIPIENTS"], &[]);
    check("", &june, unmatched(&["Hays County", "X"]), &["UNMATCHED_RECIPIENTS"], &["UNMATCHED_RECIPIENTS"]);
    check("unmatched_recipients = false", &june, unmatched(&["X"]), &[], &[]);
    let alike = |one: &str, other: &str| Evidence {
        look_alikes: vec![[one.to_owned(), other.to_owned()]],
        ..Evidence::default()
    };
    check("", &june, alike("Tr\u{430}vis", "TRAVIS"), &[], &["LOOK_ALIKES"]);
    check("", &june, alike("Waco", "W\u{430}co"), &["LOOK_ALIKES"], &[]);
    // However many are known, a new pair is held, and those that are known are told at once.
    let pairs = |names: &[&str]| Evidence {
        look_alikes: (0..2000)
            .flat_map(|number| {
                names.iter().map(move |name| [format!("Hays {number}"), format!("{name} {number}")])
            })
            .collect(),
        ..Evidence::default()
    };
    let many = with("2024-06-10", pairs(&["H\u{430}ys"]));
    check("", &many, pairs(&["H\u{430}ys"]), &[], &["LOOK_ALIKES"]);
    check("", &many, pairs(&["H\u{430}ys", "Hay\u{455}"]), &["LOOK_ALIKES"], &["LOOK_ALIKES"]);
    // The name is gone with which both were paired.
    let three = Evidence {
        look_alikes: ["Tr\u{430}vis", "Tr\u{251}vis"]
            .map(|name| ["Travis".to_owned(), name.to_owned()])
            .to_vec(),
        ..Evidence::default()
    };
    check("", &with("2024-06-10", three), alike("Tr\u{251}vis", "Tr\u{430}vis"), &[], &["LOOK_ALIKES"]);
    check("look_alikes = false", &june, alike("Waco", "W\u{430}co"), &[], &[]);
}

#[test]
fn holds_what_leads_to_nobody() {
    // Included, of unknown client types, without a responsible entity, and left out for another reason.
    let month = |as_of: &str, [included, types, nobody, other]: [u64; 4]| {
        let mut month = Month::new(as_of, &[("Travis", included)]);
        let facts = &mut month.manifest.facts;
        facts.read = included + types + nobody + other;
        for (code, count) in [
            ("UNKNOWN_CLIENT_TYPE", types),
            ("NO_RESPONSIBLE_ENTITY", nobody / 2),
            ("NO_RECIPIENT", nobody - nobody / 2),
            ("OUTSIDE_DATE_WINDOW", other),
        ] {
            facts.excluded.insert(code.to_owned(), count);
        }
        month
    };
    let check = |gate: &str, now: [u64; 4], stops: &[&str]| {
        let gate = format!("max_excluded_change = 'off'\nmax_change = 'off'\n{gate}");
        let now = month("2024-07-08", now);
        let verdict = judged(&gate, &now.candidate(), &Before::None);
        let lines: Vec<_> = verdict.stops.iter().map(HoldReason::line).collect();
        assert_eq!(lines, stops, "{gate}");
    };
    check("", [80, 20, 0, 0], &[]);
    check("", [79, 21, 0, 0], &["MAX_UNKNOWN: 21 of 100 fact(s) are UNKNOWN_CLIENT_TYPE (21.0%)"]);
    check("", [790, 200, 0, 10], &[]);
    check("", [78, 21, 0, 0], &[]);
    check("", [80, 0, 20, 900], &[]);
    let nobodys = "MAX_UNKNOWN: 21 of 100 fact(s) are NO_RESPONSIBLE_ENTITY or NO_RECIPIENT (21.0%)";
    check("", [79, 0, 21, 900], &[nobodys]);
    check("max_unknown = '21%'", [79, 0, 21, 900], &[]);
    check("max_unknown = 'off'", [1, 900, 900, 0], &[]);
    let after = |june: [u64; 4], july: [u64; 4], stops: usize, told: usize| {
        let gate =
            "max_excluded_change = 'off'\nmax_change = 'off'\nsame_export = false\nsame_consents = false";
        let verdict = month("2024-07-08", july).judged_after(&month("2024-06-10", june), gate);
        assert_eq!((verdict.stops.len(), verdict.warnings.len()), (stops, told), "{june:?} {july:?}");
    };
    after([70, 30, 0, 0], [65, 35, 0, 0], 0, 1);
    after([70, 30, 0, 0], [64, 36, 0, 0], 1, 0);
    // It was not too much in June.
    after([82, 18, 0, 0], [78, 22, 0, 0], 1, 0);
}

#[test]
fn holds_shares_that_have_moved() {
    let month = |as_of: &str, included: u64, read: u64, undated: u64, blank_zips: u64| {
        let mut month = Month::new(as_of, &[("Travis", included)]);
        month.manifest.facts.read = read;
        month.manifest.facts.excluded.insert("STANDARD_CONSENT_MISSING".to_owned(), read - included);
        let quarantined =
            [("INVALID_DATE".to_owned(), undated)].into_iter().filter(|(_, n)| *n > 0).collect();
        let entry = crate::batch::TableEntry { rows: 10_000, quarantined };
        month.manifest.tables.insert("clients".to_owned(), entry);
        month.tally.blanks.insert("ZIP_CODE".to_owned(), blank_zips);
        month
    };
    let june = month("2024-06-10", 900, 1000, 0, 0);
    let check = |gate: &str, july: [u64; 4], stops: &[&str]| {
        let gate = format!("same_export = false\nsame_consents = false\n{gate}");
        let [included, read, undated, blank] = july;
        let verdict = month("2024-07-08", included, read, undated, blank).judged_after(&june, &gate);
        let lines: Vec<_> = verdict.stops.iter().map(HoldReason::line).collect();
        assert_eq!(lines, stops, "{july:?} {gate}");
    };
    check("", [850, 1000, 0, 0], &[]);
    let moved = [
        "MAX_EXCLUDED_CHANGE: immunizations, INCLUDED: 900 of 1,000 (90.0%) before, 849 of 1,000 (84.9%) now",
        "MAX_EXCLUDED_CHANGE: immunizations, STANDARD_CONSENT_MISSING: 100 of 1,000 (10.0%) before, 151 of 1,000 (15.1%) now",
    ];
    check("", [849, 1000, 0, 0], &moved);
    check(
        "",
        [951, 1000, 0, 0],
        &[
            "MAX_EXCLUDED_CHANGE: immunizations, INCLUDED: 900 of 1,000 (90.0%) before, 951 of 1,000 (95.1%) now",
            "MAX_EXCLUDED_CHANGE: immunizations, STANDARD_CONSENT_MISSING: 100 of 1,000 (10.0%) before, 49 of 1,000 (4.9%) now",
        ],
    );
    check("max_excluded_change = 'off'", [849, 1000, 0, 0], &[]);
    check("max_excluded_change = '5.1%'", [849, 1000, 0, 0], &[]);
    check("", [900, 1000, 500, 0], &[]);
    let undated =
        "MAX_EXCLUDED_CHANGE: clients, INVALID_DATE: 0 of 10,000 (0.0%) before, 501 of 10,000 (5.0%) now";
    check("", [900, 1000, 501, 0], &[undated]);
    // So few are no trend.
    check("min_rows = 10001", [900, 1000, 501, 0], &[]);
    check("", [900, 1000, 0, 45], &[]);
    check(
        "",
        [900, 1000, 0, 46],
        &["MAX_BLANK_CHANGE: blanks in ZIP_CODE: 0 of 900 (0.0%) before, 46 of 900 (5.1%) now"],
    );
    check("max_blank_change = 'off'", [900, 1000, 0, 46], &[]);
    check("min_rows = 1001", [900, 1000, 0, 46], &[]);
}
