//! `phds diff --because`: what the work databases say of rows that were removed or added; and how the counts by code moved.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Ran, Site, phds_with, text};
use serde_json::{Value, json};

/// Two months, each read into a work database, filtered and written.
struct Months {
    site: Site,
}

const FACTS: [&str; 6] = [
    "1,11,7,3,2020-01-01,MMR,1,5,N",
    "2,12,7,3,2020-01-02,MMR,2,5,N",
    "3,13,8,3,2020-01-03,MMR,1,5,N",
    "4,14,8,3,2020-01-04,MMR,2,5,N",
    "5,15,7,3,2020-01-05,MMR,3,5,N",
    "6,16,7,3,2020-01-06,MMR,4,6,N",
];

impl Months {
    fn new() -> Months {
        let site = Site::new();
        site.rows(
            "clients",
            &["7,IA,Ana,Ruiz,,1990-05-05,F,,TX,Travis,78701", "8,IA,Bo,Ruiz,,1991-05-05,M,,TX,Travis,78701"],
        );
        site.rows("consents", &["7,STANDARD,2015-01-01,,", "8,STANDARD,2015-01-01,,"]);
        site.rows("organizations", &["5,Clinic,CL,Travis,,,,", "6,Other,OT,,,,,"]);
        site.rows("immunizations", &FACTS);
        let months = Months { site };
        months.make("old", "2024-06-10", &[]);
        // 8 withdraws; 12 is gone; 15 becomes unreadable; organization 6 gets an entity.
        months
            .site
            .rows("consents", &["7,STANDARD,2015-01-01,,", "8,STANDARD,2015-01-01,2024-06-20,WITHDRAWN"]);
        months.site.rows("organizations", &["5,Clinic,CL,Travis,,,,", "6,Other,OT,Travis,,,,"]);
        months.site.rows(
            "immunizations",
            &[
                FACTS[0],
                FACTS[2],
                FACTS[3],
                "5,15,7,3,2020-13-05,MMR,3,5,N",
                FACTS[5],
                "7,17,7,3,2020-01-07,MMR,5,5,N",
            ],
        );
        months.make("new", "2024-07-08", &[]);
        months
    }

    fn make(&self, name: &str, as_of: &str, more: &[&str]) {
        let path = |ending: &str| self.site.path(&format!("{name}{ending}"));
        let (export, work, out) = (self.site.export(), path(".db"), path(""));
        let all = ["--max-quarantined", "100%", "-q"];
        let stages = [
            [&["read", text(&export), "--work", text(&work)][..], &all].concat(),
            [&["filter", "--work", text(&work), "--as-of", as_of][..], &all, more].concat(),
            ["write", "--work", text(&work), "--out", text(&out), "-q"].to_vec(),
        ];
        for stage in stages {
            let ran = phds_with(&stage);
            // A first batch of old vaccinations may be held for a look; that plays no part here.
            assert!([0, 77].contains(&ran.code), "{stage:?}: {}", ran.stderr);
        }
    }

    fn batch(&self, name: &str, month: &str) -> String {
        let out = self.site.path(name);
        let (published, held) = (out.join(month), out.join(".held").join(month));
        text(if published.is_dir() { &published } else { &held }).to_owned()
    }

    fn diff(&self, databases: [&str; 2], more: &[&str]) -> Ran {
        let (old, new) = (self.batch("old", "202406"), self.batch("new", "202407"));
        let databases = databases.map(|name| text(&self.site.path(name)).to_owned());
        let because = ["--because", &databases[0], &databases[1]];
        phds_with(&[&["diff", &old, &new][..], &because, more].concat())
    }
}

#[test]
fn it_says_what_removed_rows_are_now_and_added_ones_were_before() {
    let months = Months::new();
    let ran = months.diff(["old.db", "new.db"], &["--json", "--limit", "0"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        told["because"],
        json!({
            "removed": {
                "codes": {"INVALID_DATE": 1, "STANDARD_CONSENT_WITHDRAWN": 2},
                "not_in_export": 1, "unreadable_rows": 0
            },
            "added": {"codes": {"NO_RESPONSIBLE_ENTITY": 1}, "not_in_export": 1, "unreadable_rows": 0}
        })
    );
    assert_eq!(told["rows"]["removed"], 4);
    assert_eq!(told["rows"]["added"], 2);
    insta::assert_snapshot!("because", months.diff(["old.db", "new.db"], &[]).stdout);
}

#[test]
fn without_databases_the_counts_by_code_are_compared() {
    let months = Months::new();
    let (old, new) = (months.batch("old", "202406"), months.batch("new", "202407"));
    let ran = phds_with(&["diff", &old, &new, "--json", "--limit", "0"]);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told.get("because"), None);
    assert_eq!(
        told["codes"],
        json!([
            {"code": "INCLUDED", "old": 5, "new": 3},
            {"code": "NO_RESPONSIBLE_ENTITY", "old": 1, "new": 0},
            {"code": "STANDARD_CONSENT_WITHDRAWN", "old": 0, "new": 2},
            {"code": "INVALID_DATE", "old": 0, "new": 1}
        ])
    );
    // Where no count moved there is nothing to tell.
    let ran = phds_with(&["diff", &old, &old]);
    assert_eq!((ran.code, ran.stdout.contains("Facts by outcome")), (0, false));
}

/// Rows without a readable id may be those that are missed.
#[test]
fn rows_without_an_id_are_told_of() {
    let months = Months::new();
    months.site.rows("immunizations", &[FACTS[0], "2,x,7,3,2020-01-02,MMR,2,5,N"]);
    months.make("new", "2024-07-08", &[]);
    let ran = months.diff(["old.db", "new.db"], &[]);
    assert!(
        ran.stdout.contains("1 row(s) of immunizations without a readable IMMUNFACT_ID"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_database_of_another_batch_is_refused() {
    let months = Months::new();
    let check = |databases: [&str; 2], code: i32, what: &str| {
        let ran = months.diff(databases, &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains(what), "{what}: {}", ran.stderr);
    };
    check(
        ["new.db", "old.db"],
        65,
        "new.db: this is not the work database of batch 202406: it was filtered as of 2024-07-08",
    );
    check(["old.db", "none.db"], 66, "none.db");
    let filter = |more: &[&str]| {
        let work = months.site.path("new.db");
        let all = ["filter", "--work", text(&work), "--max-quarantined", "100%", "-q"];
        assert_eq!(phds_with(&[&all[..], more].concat()).code, 0);
    };
    let policy = common::in_repository("fixtures/policy-no-disaster.toml");
    filter(&["--as-of", "2024-07-08", "--policy", text(&policy)]);
    check(["old.db", "new.db"], 65, "it was filtered under another policy");
    filter(&["--as-of", "2024-07-08"]);
    assert_eq!(months.diff(["old.db", "new.db"], &[]).code, 1);
    // The same day and policy, but another export.
    let (export, work) = (months.site.export(), months.site.path("new.db"));
    months.site.rows("immunizations", &FACTS[..2]);
    assert_eq!(phds_with(&["read", text(&export), "--work", text(&work), "-q"]).code, 0);
    check(["old.db", "new.db"], 65, "new.db");
    filter(&["--as-of", "2024-07-08"]);
    check(["old.db", "new.db"], 65, "it has other numbers of facts");
    assert_eq!(phds_with(&["diff", "a", "b", "--because", "one.db"]).code, 2);
    // Single files.
    let file = format!("{}/manifest.json", months.batch("old", "202406"));
    let ran = phds_with(&["diff", &file, &file, "--because", "one.db", "other.db"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("--because compares two batches, and "), "{}", ran.stderr);
}
