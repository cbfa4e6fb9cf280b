//! `phds explain`: every outcome, from an export and from a work database.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Site, in_repository, phds_with};

const TIDY: &str = "fixtures/registry";

/// A fact of each outcome in the tidy export, under the built-in policy or under the one that gives pending adults
/// no disaster immunizations. The last column is the outcome.
const EVERY_OUTCOME: [(u64, bool, &str); 18] = [
    (99851, false, "INCLUDED"),
    (100158, false, "UNKNOWN_CLIENT_TYPE"),
    (100089, false, "OUTSIDE_DATE_WINDOW"),
    (100180, false, "CONSENT_UNREADABLE"),
    (100152, true, "DISASTER_NOT_PERMITTED"),
    (100096, false, "DISASTER_OUTSIDE_PERIOD"),
    (100105, false, "DISASTER_CONSENT_MISSING"),
    (100109, false, "DISASTER_CONSENT_NOT_YET_EFFECTIVE"),
    (100113, false, "DISASTER_CONSENT_WITHDRAWN"),
    (100117, false, "DISASTER_CONSENT_LAPSED"),
    (100137, false, "STANDARD_NOT_PERMITTED"),
    (99982, false, "CHILD_CONSENT_AGED_OUT"),
    (100002, false, "STANDARD_CONSENT_MISSING"),
    (100014, false, "STANDARD_CONSENT_NOT_YET_EFFECTIVE"),
    (100024, false, "STANDARD_CONSENT_WITHDRAWN"),
    (99995, false, "STANDARD_CONSENT_LAPSED"),
    (100162, false, "NO_RESPONSIBLE_ENTITY"),
    (100168, false, "NO_RECIPIENT"),
];

fn tidy_batch(site: &Site) -> String {
    let batch = site.path("b.db").to_str().unwrap().to_owned();
    assert_eq!(phds_with(&["read", TIDY, "--work", &batch, "-q"]).code, 0);
    assert_eq!(phds_with(&["filter", "--work", &batch, "--as-of", "2024-07-08", "-q"]).code, 0);
    batch
}

/// An explanation without the quarantined rows themselves, which a work database does not keep.
fn without_rows(explanation: &str) -> String {
    let is_of_row =
        |line: &&str| line.starts_with("      ") && line.ends_with('"') || line.starts_with("    > ");
    let note = "  A work database does not keep such rows: phds explain EXPORT shows them.";
    let others = explanation.lines().filter(|line| !is_of_row(line) && *line != note);
    others.map(|line| format!("{line}\n")).collect()
}

#[test]
fn every_outcome_is_explained() {
    let site = Site::new();
    let batch = tidy_batch(&site);
    let policy = in_repository("fixtures/policy-no-disaster.toml");
    for ((fact, without_disaster, outcome), expect) in
        EVERY_OUTCOME.into_iter().zip(phds::filter::Outcome::ALL)
    {
        assert_eq!(outcome, expect.name());
        let id = fact.to_string();
        let mut rest = vec!["--as-of", "2024-07-08", "--fact", &id];
        if without_disaster {
            rest.extend(["--policy", policy.to_str().unwrap()]);
        }
        let ran = phds_with(&[&["explain", TIDY][..], &rest].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert!(ran.stdout.contains(&format!("OUTCOME   {outcome}\n")), "{}", ran.stdout);
        for line in ran.stdout.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        insta::assert_snapshot!(format!("explain-{outcome}"), ran.stdout);
        let from_batch = phds_with(&[&["explain", "--work", &batch][..], &rest].concat());
        assert_eq!(
            without_rows(&from_batch.stdout),
            without_rows(&ran.stdout),
            "from a work database it is the same"
        );
    }
}

#[test]
fn all_facts_of_a_client_are_explained() {
    let site = Site::new();
    let batch = tidy_batch(&site);
    // With what the database was filtered with, unless something else is asked for.
    let ran = phds_with(&["explain", "--work", &batch, "--client", "1031"]);
    insta::assert_snapshot!("explain-client", ran.stdout);
    let from_export = phds_with(&["explain", TIDY, "--as-of", "2024-07-08", "--client", "1031"]);
    assert_eq!(without_rows(&from_export.stdout), without_rows(&ran.stdout));
    let json = phds_with(&["explain", "--work", &batch, "--client", "1031", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(answer["facts"].as_array().unwrap().len(), 4);
    assert_eq!(answer["quarantined"][0]["code"], "INVALID_DATE");
    insta::assert_snapshot!(
        "explain-json",
        phds_with(&["explain", TIDY, "--as-of", "2024-07-08", "--fact", "100113", "--json"]).stdout
    );
}

#[test]
fn quarantined_rows_are_told_with_their_place() {
    let site = Site::new();
    let batch = site.path("b.db").to_str().unwrap().to_owned();
    let (export, all) = ("fixtures/registry-dirty", ["--max-quarantined", "100%"]);
    assert_eq!(phds_with(&[&["read", export, "--work", &batch, "-q"][..], &all].concat()).code, 0);
    assert_eq!(
        phds_with(&[&["filter", "--work", &batch, "--as-of", "2024-07-08", "-q"][..], &all].concat()).code,
        0
    );
    // Every row of immunizations that is listed and has an id that can be read is found by it.
    let connection = rusqlite::Connection::open(&batch).unwrap();
    let sql = "SELECT id, line, code FROM quarantine WHERE table_name = 'immunizations' AND id IS NOT NULL";
    let mut statement = connection.prepare(sql).unwrap();
    let rows: Vec<(i64, i64, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(rows.len() > 20);
    let mut shown = String::new();
    for (id, line, code) in &rows {
        let id = id.to_string();
        let from_export = phds_with(&["explain", export, "--as-of", "2024-07-08", "--fact", &id]);
        assert_eq!(from_export.code, 0, "{}", from_export.stderr);
        assert!(from_export.stdout.contains(&format!("line {line}")), "{id}: {}", from_export.stdout);
        assert!(from_export.stdout.contains(code.as_str()), "{id} {code}: {}", from_export.stdout);
        let from_batch = phds_with(&["explain", "--work", &batch, "--fact", &id]);
        assert_eq!(
            from_batch.stdout.lines().filter(|l| l.contains("line ")).collect::<Vec<_>>(),
            from_export.stdout.lines().filter(|l| l.contains("line ")).collect::<Vec<_>>()
        );
        if !shown.contains(code.as_str()) {
            shown += &from_export.stdout;
        }
    }
    insta::assert_snapshot!("explain-quarantined", shown);
}

#[test]
fn what_is_not_there_is_a_no() {
    let ran = phds_with(&["explain", TIDY, "--as-of", "2024-07-08", "--fact", "1"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("there is no such row"), "{}", ran.stderr);
    for arguments in [
        &["explain", TIDY][..],
        &["explain", "--fact", "1"],
        &["explain", TIDY, "--fact", "1", "--client", "2"],
        &["explain", TIDY, "--work", "b.db", "--fact", "1"],
        &["explain", TIDY, "--fact", "Ana"],
    ] {
        assert_eq!(phds_with(arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn facts_that_share_their_id_are_told_apart() {
    let site = Site::new();
    let explain = |id: &str| {
        phds_with(&["explain", site.export().to_str().unwrap(), "--as-of", "2024-07-08", "--fact", id]).stdout
    };
    site.rows("immunizations", &["1,11,7,3,2020-01-01,MMR,1,5,N", "1,11,7,3,2020-01-01,MMR,1,5,N"]);
    insta::assert_snapshot!("explain-repeated", explain("11"));
    site.rows("immunizations", &["1,11,7,3,2020-01-01,MMR,1,5,N", "1,11,7,3,2020-01-01,MMR,2,5,N"]);
    let shown = explain("11");
    assert_eq!(shown.matches("OUTCOME   DUPLICATE_KEY").count(), 2, "{shown}");
}

/// What stands where its ids should is enough to show a row, and for nothing else.
#[test]
fn a_row_that_is_no_row_is_found_by_what_stands_in_the_place_of_its_ids() {
    let site = Site::new();
    let explain = |what: &[&str]| {
        let export = site.export();
        let always = ["explain", export.to_str().unwrap(), "--as-of", "2024-07-08"];
        phds_with(&[&always[..], what].concat())
    };
    site.rows(
        "clients",
        &[
            "7,IA,Ana,Ruiz,,1990-05-05,F,,TX,Travis,78701",
            r#"9,IA,Eva,"O\"Brien, Jr.",,1990-05-05,F,,TX,Travis,78701"#,
        ],
    );
    let fewer = "2,12,9,3,2020-01-01";
    site.rows("immunizations", &["1,11,7,3,2020-01-01,MMR,1,5,N", fewer, "3,13,9,3,2020-01-01,MMR,1,5,N"]);
    let own = "clients.csv, line 3: MALFORMED_ROW";
    let of_fact = "immunizations.csv, line 3: MALFORMED_ROW";
    for (what, told) in [
        (
            ["--client", "9"],
            &[own, of_fact, "immunizations.csv, line 4, column CLIENT_ID: UNKNOWN_CLIENT"][..],
        ),
        (["--fact", "12"], &[own, of_fact]),
        (["--fact", "13"], &[own, "line 4, column CLIENT_ID: UNKNOWN_CLIENT"]),
    ] {
        let ran = explain(&what);
        assert_eq!(ran.code, 0, "{what:?}: {}", ran.stderr);
        for line in told {
            assert!(ran.stdout.contains(line), "{what:?} {line}: {}", ran.stdout);
        }
    }
    assert!(!explain(&["--client", "7"]).stdout.contains("MALFORMED_ROW"));
    assert!(!explain(&["--fact", "11"]).stdout.contains("MALFORMED_ROW"));
    // A consent like that still stops everything: which client it is about cannot be known.
    site.rows("consents", &["7,STANDARD,2015-01-01,,", "9,STANDARD,2015-01-01"]);
    assert_eq!(explain(&["--client", "9"]).code, 65);
    assert_eq!(site.run(&["--max-quarantined", "100%"]).code, 65);
}
