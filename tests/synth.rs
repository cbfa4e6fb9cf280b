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

/// The rows of a table, by the value in one column.
fn rows(export: &BTreeMap<String, Vec<u8>>, table: &str, key: usize) -> BTreeMap<String, Vec<String>> {
    let mut reader = csv::Reader::from_reader(&export[&format!("{table}.csv")][..]);
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>());
    rows.map(|row| (row[key].clone(), row)).collect()
}

const IMMUNIZATION_ID: usize = 0;
const IMMUNFACT_ID: usize = 1;
const FACT_CLIENT_ID: usize = 2;
const VACCINATION_DATE: usize = 4;
const EFFECTIVE_DATE: usize = 2;

const ORDERS: [&str; 3] = ["entry", "client", "shuffled"];

#[test]
fn every_order_has_the_same_rows_and_gives_the_same_batch() {
    let folder = tempfile::tempdir().unwrap();
    for dirty in ["0", "2.5"] {
        let exports = ORDERS.map(|order| {
            let arguments = ["--clients", "2000", "--dirty", dirty, "--order", order];
            synth(folder.path(), &format!("{order}-{dirty}"), &arguments)
        });
        for name in exports[0].keys() {
            let [entry, client, shuffled] = exports.each_ref().map(|export| export[name].as_slice());
            let sorted = |file: &[u8]| {
                let mut rows: Vec<Vec<u8>> = file.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
                rows.sort_unstable();
                rows
            };
            assert!(sorted(entry) == sorted(client) && sorted(entry) == sorted(shuffled), "{name}");
            let is_large = ["clients.csv", "consents.csv", "immunizations.csv"].contains(&name.as_str());
            assert_eq!(entry != shuffled && client != shuffled, is_large, "{name}");
            assert_eq!(entry != client, is_large && name != "clients.csv", "{name}");
        }
        let batches = ORDERS.map(|order| {
            let out = folder.path().join(format!("out-{order}-{dirty}"));
            let export = folder.path().join(format!("{order}-{dirty}"));
            let ran = run_on(&export, &out, &["--max-quarantined", "20%"]);
            assert_eq!(ran.code, 0, "{order}: {}", ran.stderr);
            let mut files = read_folder(&out.join("202407"));
            files.retain(|name, _| name.starts_with("PHDS_"));
            files
        });
        assert!(batches[0].len() > 60);
        assert!(batches[0] == batches[1] && batches[0] == batches[2], "dirty: {dirty}");
    }
}

/// The values of a column, row by row.
fn column(export: &BTreeMap<String, Vec<u8>>, table: &str, place: usize) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(&export[&format!("{table}.csv")][..]);
    reader.records().map(|row| row.unwrap()[place].to_owned()).collect()
}

/// How many neighbours in a hundred are alike in this.
fn alike<T>(values: &[T], is_alike: impl Fn(&T, &T) -> bool) -> usize {
    values.windows(2).filter(|pair| is_alike(&pair[0], &pair[1])).count() * 100 / (values.len() - 1)
}

#[test]
fn rows_lie_in_the_order_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let [entry, client, shuffled] =
        ORDERS.map(|order| synth(folder.path(), order, &["--clients", "4000", "--order", order]));
    let numbers = |export: &BTreeMap<String, Vec<u8>>, table: &str, place: usize| -> Vec<u64> {
        column(export, table, place).iter().map(|id| id.parse().unwrap()).collect()
    };
    let ascends = |a: &u64, b: &u64| a < b;
    // In the order of entry all ids ascend, and next to none is left out: those of doses that were withdrawn.
    let ids = numbers(&entry, "immunizations", IMMUNFACT_ID);
    assert!(ids.is_sorted_by(ascends));
    assert!(ids[ids.len() - 1] - ids[0] < ids.len() as u64 * 1001 / 1000);
    assert!(numbers(&entry, "immunizations", IMMUNIZATION_ID).is_sorted());
    for (export, is_ascending) in [(&entry, true), (&client, true), (&shuffled, false)] {
        assert_eq!(numbers(export, "clients", 0).is_sorted_by(ascends), is_ascending);
    }
    // Of each client they ascend where one dose was entered after the other.
    for (export, least, most) in [(&client, 70, 95), (&shuffled, 45, 55)] {
        let share = alike(&numbers(export, "immunizations", IMMUNFACT_ID), ascends);
        assert!((least..=most).contains(&share), "{share} % ascend");
    }

    for (export, least, most) in [(&entry, 0, 25), (&client, 90, 100), (&shuffled, 0, 1)] {
        let share = alike(&numbers(export, "immunizations", FACT_CLIENT_ID), u64::eq);
        assert!((least..=most).contains(&share), "{share} % of neighbours are of one client");
        let share = alike(&numbers(export, "consents", 0), u64::eq);
        assert!((least / 4..=most).contains(&share), "{share} % of neighbours are consents of one client");
    }

    // How many rows in a hundred have a date at most so many days before the latest of those before them.
    let recent = |export, table, place, days| {
        let dates = column(export, table, place);
        let dates = dates.iter().map(|date| phds::value::Day::parse(date.as_bytes()).unwrap());
        let (mut latest, mut recent, mut count) = (None, 0, 0);
        for date in dates {
            let newest = latest.map_or(date, |latest| date.max(latest));
            recent += usize::from(date.days_until(newest) <= days);
            (latest, count) = (Some(newest), count + 1);
        }
        recent * 100 / count
    };
    assert!((85..98).contains(&recent(&entry, "immunizations", VACCINATION_DATE, 40)));
    assert_eq!(recent(&entry, "consents", EFFECTIVE_DATE, 8), 100);
    for export in [&client, &shuffled] {
        assert!(recent(export, "immunizations", VACCINATION_DATE, 40) < 30);
        assert!(recent(export, "consents", EFFECTIVE_DATE, 8) < 30);
    }
}

#[test]
fn months_share_their_past() {
    let folder = tempfile::tempdir().unwrap();
    let month = |as_of: &str| synth(folder.path(), as_of, &["--clients", "6000", "--as-of", as_of]);
    let (june, july) = (month("2024-06-10"), month("2024-07-08"));
    for (table, least, most) in
        [("immunizations", 1, 150), ("clients", 1, 60), ("consents", 1, 150), ("organizations", 0, 4)]
    {
        let (old, new) = (lines(&june, table), lines(&july, table));
        let gone = old.difference(&new).count();
        assert!((least..=most).contains(&gone), "{table}: {gone} of {} are not as they were", old.len());
    }
    for table in ["vaccines", "recipients"] {
        assert_eq!(lines(&june, table), lines(&july, table));
    }
    let (old, new) = (rows(&june, "immunizations", IMMUNFACT_ID), rows(&july, "immunizations", IMMUNFACT_ID));
    let (gone, come) = (
        old.keys().filter(|fact| !new.contains_key(*fact)).count(),
        new.keys().filter(|fact| !old.contains_key(*fact)).count(),
    );
    assert!(gone <= 3 && come > 100, "{gone} facts went, {come} came");
    let number = |fact: &String| fact.parse::<u64>().unwrap();
    let last = old.keys().map(number).max().unwrap();
    let newest = new.keys().filter(|fact| !old.contains_key(*fact)).map(number).min().unwrap();
    assert_eq!(newest, last + 1, "ids are given out where the month before has ended");
    // What a fact is about stays; who it is of, and its number in the series, may be corrected.
    for (fact, then) in old.iter().filter(|(fact, _)| new.contains_key(*fact)) {
        let now = &new[fact];
        for column in [0, 1, 3, 4, 5, 7, 8] {
            assert_eq!(then[column], now[column], "{fact}");
        }
    }
    let begun = |export: &BTreeMap<String, Vec<u8>>| -> BTreeSet<String> {
        lines(export, "consents")
            .iter()
            .map(|l| l.split(',').skip(1).take(2).collect::<Vec<_>>().join(","))
            .collect()
    };
    assert!(begun(&june).is_subset(&begun(&july)), "consents end, and are given, but never vanish");
}

#[test]
fn duplicate_clients_are_merged_as_time_goes_by() {
    let folder = tempfile::tempdir().unwrap();
    let month = |as_of: &str| synth(folder.path(), as_of, &["--clients", "15000", "--as-of", as_of]);
    let first = month("2024-07-08");
    let (people, facts) = (rows(&first, "clients", 0), rows(&first, "immunizations", IMMUNFACT_ID));
    let (mut merged_before, mut elsewhere_before, mut withdrawn_before) = (0, 0, 0);
    for as_of in ["2025-07-14", "2027-07-12", "2030-12-31"] {
        let later = month(as_of);
        let (people_later, facts_later) =
            (rows(&later, "clients", 0), rows(&later, "immunizations", IMMUNFACT_ID));
        let consents = String::from_utf8_lossy(&later["consents.csv"]);
        let distinct = lines(&later, "consents").len();
        assert_eq!(distinct, consents.lines().count(), "{as_of}: a consent of both is not one row twice");
        let vanished: BTreeSet<&String> =
            people.keys().filter(|id| !people_later.contains_key(*id)).collect();
        assert!(vanished.len() > merged_before, "{as_of}: {} were merged", vanished.len());
        merged_before = vanished.len();

        let (mut taken_over, mut elsewhere, mut withdrawn) = (0, 0, 0);
        for (fact, then) in &facts {
            let Some(now) = facts_later.get(fact) else {
                withdrawn += 1;
                continue;
            };
            let (was, is) = (&then[FACT_CLIENT_ID], &now[FACT_CLIENT_ID]);
            if was == is {
                continue;
            }
            assert_eq!(then[0], now[0], "the fact of another client keeps its immunization");
            if vanished.contains(was) {
                let (duplicate, survivor) = (&people[was], &people_later[is]);
                // Nearly all go to the survivor, who has the same name, birth and sex.
                taken_over +=
                    usize::from([2, 3, 5, 6].iter().all(|column| duplicate[*column] == survivor[*column]));
            } else {
                elsewhere += 1;
            }
        }
        assert!(taken_over >= vanished.len() * 5, "{as_of}: {taken_over} facts live on");
        assert!(elsewhere > elsewhere_before && elsewhere * 1000 < facts.len(), "{as_of}: {elsewhere}");
        assert!(withdrawn > withdrawn_before && withdrawn * 2000 < facts.len(), "{as_of}: {withdrawn}");
        (elsewhere_before, withdrawn_before) = (elsewhere, withdrawn);
        // Nothing is left that names who is gone, and every fact is of somebody who was born.
        assert!(rows(&later, "consents", 0).keys().all(|client| people_later.contains_key(client)));
        for (fact, row) in &facts_later {
            assert!(people_later[&row[FACT_CLIENT_ID]][5] <= row[4], "{fact} was given before birth");
        }
        assert_eq!(
            facts_later.len() + 1,
            lines(&later, "immunizations").len(),
            "an IMMUNFACT_ID stands twice"
        );
    }
}

#[test]
fn every_month_can_be_used_to_the_last_row() {
    let folder = tempfile::tempdir().unwrap();
    for (as_of, month) in [("2024-07-08", "202407"), ("2024-08-12", "202408"), ("2024-12-30", "202412")] {
        synth(folder.path(), as_of, &["--clients", "6000", "--seed", "3", "--as-of", as_of]);
        let out = folder.path().join("out");
        let ran = phds_with(&[
            "run",
            folder.path().join(as_of).to_str().unwrap(),
            "--as-of",
            as_of,
            "--out",
            out.to_str().unwrap(),
            "--max-quarantined",
            "0%",
        ]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{as_of}");
        for (table, counts) in manifest(&read_folder(&out.join(month)))["tables"].as_object().unwrap() {
            let quarantined = counts["quarantined"].as_object();
            assert!(quarantined.is_none_or(serde_json::Map::is_empty), "{as_of}: {table}: {counts}");
        }
    }
}

#[test]
fn people_live_in_every_county() {
    let folder = tempfile::tempdir().unwrap();
    let export = synth(folder.path(), "export", &["--clients", "30000"]);
    let mut people: BTreeMap<String, usize> = BTreeMap::new();
    for county in column(&export, "clients", 9) {
        *people.entry(county).or_default() += 1;
    }
    let known = phds::counties::TEXAS.iter().filter(|county| people.contains_key(**county)).count();
    assert_eq!(known, 254);
    // Some are large, and some are small.
    let (most, least) = (people.values().max().unwrap(), people.values().min().unwrap());
    assert!(most > &1_000 && least < &30, "{most} {least}");
}
