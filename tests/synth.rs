//! Invented exports: the same for the same seed, sharing their past from month to month, and usable.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{manifest, phds_with, read_folder, run_on};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn synth(folder: &Path, name: &str, arguments: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let out = folder.join(name);
    let ran = phds_with(&[&["synth", "--out", out.to_str().unwrap()][..], arguments].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    read_folder(&out)
}

fn lines(export: &BTreeMap<String, Vec<u8>>, table: &str) -> BTreeSet<String> {
    let text = String::from_utf8(export[&format!("{table}.csv")].clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let one = synth(folder, "a", &["--clients", "300", "--seed", "7"]);
    assert_eq!(synth(folder, "b", &["--clients", "300", "--seed", "7"]), one);
    assert_ne!(synth(folder, "c", &["--clients", "300", "--seed", "8"]), one);
    // A larger export begins with the same people.
    let more = synth(folder, "d", &["--clients", "600", "--seed", "7"]);
    assert!(lines(&one, "clients").is_subset(&lines(&more, "clients")));
    insta::assert_snapshot!("synth-clients", String::from_utf8_lossy(&one["clients.csv"][..1500]));
    insta::assert_snapshot!(
        "synth-immunizations",
        String::from_utf8_lossy(&one["immunizations.csv"][..1500])
    );
    let again = phds_with(&["synth", "--clients", "1", "--out", folder.join("a").to_str().unwrap()]);
    assert_eq!(again.code, 73, "what is there is left alone: {}", again.stderr);
}

#[test]
fn an_invented_registry_has_everything() {
    let folder = tempfile::tempdir().unwrap();
    synth(folder.path(), "export", &["--clients", "4000"]);
    let out = folder.path().join("out");
    let ran = run_on(&folder.path().join("export"), &out, &["--max-quarantined", "0%"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let manifest = manifest(&read_folder(&out.join("202407")));
    let facts = &manifest["facts"];
    let (read, included) = (facts["read"].as_u64().unwrap(), facts["included"].as_u64().unwrap());
    assert!((included * 100 / read).abs_diff(40) <= 5, "{included} of {read}");
    // No row is unreadable, no type is denied disaster immunizations, and in 2024 no disaster consent can have ended
    // before the lookback began.
    const NOT_TO_BE_HAD: [&str; 3] =
        ["CONSENT_UNREADABLE", "DISASTER_NOT_PERMITTED", "DISASTER_CONSENT_LAPSED"];
    for outcome in phds::filter::Outcome::ALL.into_iter().skip(1).map(phds::filter::Outcome::name) {
        let occurs = facts["excluded"][outcome].is_u64();
        assert_eq!(occurs, !NOT_TO_BE_HAD.contains(&outcome), "{outcome}");
    }
    assert!(manifest["files"].as_array().unwrap().len() > 60);
}

#[test]
fn unusable_rows_are_planted_on_request() {
    let folder = tempfile::tempdir().unwrap();
    synth(folder.path(), "export", &["--clients", "2000", "--dirty", "2.5"]);
    let out = folder.path().join("out");
    let ran = run_on(&folder.path().join("export"), &out, &["--max-quarantined", "20%"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let tables = &manifest(&read_folder(&out.join("202407")))["tables"];
    for table in ["clients", "consents", "immunizations"] {
        let bad: u64 =
            tables[table]["quarantined"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
        let rows = tables[table]["rows"].as_u64().unwrap();
        assert!(bad * 1000 / rows >= 15, "{table}: {bad} of {rows}");
    }
    for pct in ["101", "-1", "0.0001", "many"] {
        assert_eq!(phds_with(&["synth", "--clients", "1", "--out", "x", "--dirty", pct]).code, 2);
    }
}

#[test]
fn months_share_their_past() {
    let folder = tempfile::tempdir().unwrap();
    let month = |as_of: &str| synth(folder.path(), as_of, &["--clients", "2000", "--as-of", as_of]);
    let (june, july) = (month("2024-06-10"), month("2024-07-08"));
    let (old, new) = (lines(&june, "immunizations"), lines(&july, "immunizations"));
    assert!(old.is_subset(&new) && old.len() < new.len(), "doses are only added");
    let people = |export| -> BTreeSet<String> {
        // Clients turn 18, and their type changes; nothing else of them does.
        lines(export, "clients")
            .iter()
            .map(|l| {
                l.split(',')
                    .enumerate()
                    .filter(|(i, _)| *i != 1)
                    .map(|(_, v)| v)
                    .collect::<Vec<_>>()
                    .join(",")
            })
            .collect()
    };
    assert!(people(&june).is_subset(&people(&july)));
    let begun = |export| -> BTreeSet<String> {
        lines(export, "consents").iter().map(|l| l.split(',').take(3).collect::<Vec<_>>().join(",")).collect()
    };
    assert!(begun(&june).is_subset(&begun(&july)), "consents end, and are given, but never vanish");
}
