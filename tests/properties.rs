//! What must hold for any export.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::plain::Plain;
use common::random::Tables;
use common::{Site, delivered, manifest};
use proptest::prelude::*;
use std::collections::BTreeMap;

const RULES: [&str; 3] = ["active-within-lookback", "active-on-as-of", "active-throughout-lookback"];

type Batch = BTreeMap<String, Vec<u8>>;

fn batch_of(tables: &Tables, arguments: &[&str]) -> Batch {
    let site = Site::empty();
    tables.write(&site);
    run(&site, arguments)
}

fn run(site: &Site, arguments: &[&str]) -> Batch {
    let all = [&["--max-quarantined", "100%"], arguments].concat();
    let ran = site.run(&all);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    site.batch()
}

fn sum(counts: &serde_json::Value) -> u64 {
    counts.as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum()
}

/// The rows of each recipient's file, by the recipient.
fn rows_of(batch: &Batch) -> Vec<(String, Vec<BTreeMap<String, String>>)> {
    let files = manifest(batch)["files"].as_array().unwrap().clone();
    files
        .iter()
        .map(|file| {
            let text = &batch[file["path"].as_str().unwrap()];
            let mut reader = csv::Reader::from_reader(text.as_slice());
            let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
            assert_eq!(rows.len() as u64, file["rows"].as_u64().unwrap());
            assert_eq!(text.len() as u64, file["bytes"].as_u64().unwrap());
            (file["recipient"].as_str().unwrap().to_owned(), rows)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_row_satisfies_the_policy(seed: u64, dirt in 0usize..12, rule in 0usize..3) {
        let tables = Tables::random(seed, dirt);
        let site = Site::empty();
        tables.write(&site);
        let policy = site.path("policy.toml");
        std::fs::write(&policy, format!("[consent]\nrule = \"{}\"\n", RULES[rule])).unwrap();
        let batch = run(&site, &["--policy", policy.to_str().unwrap()]);
        let plain = Plain::new(&tables);
        // A fact's flag is not shared; a fact that is included has one flag only, whatever row it comes from.
        let (_, columns, facts) = tables.0.iter().find(|(name, _, _)| *name == "immunizations").unwrap();
        let place = |name: &str| columns.iter().position(|c| c == name).unwrap();
        let mut included = std::collections::BTreeSet::new();
        for (recipient, rows) in rows_of(&batch) {
            let key = |row: &BTreeMap<String, String>| {
                let number = |name: &str| row[name].parse::<u64>().unwrap();
                (number("CLIENT_ID"), row["VACCINATION_DATE"].clone(), number("IMMUNIZATION_ID"), number("IMMUNFACT_ID"))
            };
            prop_assert!(rows.windows(2).all(|two| key(&two[0]) < key(&two[1])));
            for row in rows {
                let of_fact: Vec<_> = facts.iter().filter(|fact| {
                    fact.len() == columns.len()
                        && common::plain::id(&fact[place("IMMUNFACT_ID")]) == row["IMMUNFACT_ID"].parse().ok()
                        && fact[place("VACCINATION_DATE")] == row["VACCINATION_DATE"]
                        && common::plain::id(&fact[place("CLIENT_ID")]) == row["CLIENT_ID"].parse().ok()
                }).collect();
                prop_assert!(!of_fact.is_empty());
                let objections: Vec<_> = of_fact.iter()
                    .map(|fact| plain.objection(&row, &fact[place("DISASTER_FLAG")], &recipient, RULES[rule]))
                    .collect();
                prop_assert!(objections.contains(&None), "{:?} {:?}", row, objections);
                included.insert(row["IMMUNFACT_ID"].clone());
            }
        }
        let manifest = manifest(&batch);
        prop_assert_eq!(included.len() as u64, manifest["facts"]["included"].as_u64().unwrap());
        prop_assert_eq!(&manifest["facts"]["included"], &manifest["included_under"][RULES[rule]]);
    }

    #[test]
    fn the_counts_add_up(seed: u64, dirt in 0usize..12) {
        let tables = Tables::random(seed, dirt);
        let batch = batch_of(&tables, &[]);
        let manifest = manifest(&batch);
        let facts = &manifest["facts"];
        let number = |v: &serde_json::Value| v.as_u64().unwrap();
        prop_assert_eq!(
            number(&facts["read"]),
            number(&facts["included"]) + sum(&facts["excluded"]) + sum(&facts["quarantined"])
        );
        prop_assert_eq!(&facts["quarantined"], &manifest["tables"]["immunizations"]["quarantined"]);
        let mut listed = csv::Reader::from_reader(batch["qa/quarantine.csv"].as_slice());
        let mut by_table: BTreeMap<(String, String), u64> = BTreeMap::new();
        for row in listed.records().map(Result::unwrap) {
            *by_table.entry((row[0].to_owned(), row[4].to_owned())).or_default() += 1;
        }
        for (name, _, rows) in &tables.0 {
            prop_assert_eq!(number(&manifest["tables"][name]["rows"]), rows.len() as u64);
            for (code, n) in manifest["tables"][name]["quarantined"].as_object().unwrap() {
                prop_assert_eq!(by_table.remove(&((*name).to_owned(), code.clone())), n.as_u64());
            }
        }
        prop_assert!(by_table.is_empty());
        let mut organizations = csv::Reader::from_reader(batch["qa/organizations.csv"].as_slice());
        let names = organizations.headers().unwrap().clone();
        let mut over_all: BTreeMap<String, u64> = BTreeMap::new();
        for row in organizations.records().map(Result::unwrap) {
            let counts: Vec<u64> = row.iter().skip(4).map(|count| count.parse().unwrap()).collect();
            prop_assert_eq!(counts[0], counts[1..].iter().sum::<u64>());
            for (name, count) in names.iter().skip(4).zip(counts) {
                *over_all.entry(name.to_owned()).or_default() += count;
            }
        }
        prop_assert_eq!(over_all.remove("FACTS"), facts["read"].as_u64());
        prop_assert_eq!(over_all.remove("INCLUDED"), facts["included"].as_u64());
        for (name, count) in over_all {
            let kept = facts["excluded"].get(&name).or(facts["quarantined"].get(&name));
            prop_assert_eq!(count, kept.map_or(0, number));
        }
        let under = RULES.map(|rule| number(&manifest["included_under"][rule]));
        prop_assert_eq!(under[0], number(&facts["included"]));
        for (rule, expect) in RULES.into_iter().zip(under) {
            let site = Site::empty();
            tables.write(&site);
            let policy = site.path("policy.toml");
            std::fs::write(&policy, format!("[consent]\nrule = \"{rule}\"\n")).unwrap();
            let other = run(&site, &["--policy", policy.to_str().unwrap()]);
            prop_assert_eq!(number(&common::manifest(&other)["facts"]["included"]), expect);
        }
    }

    #[test]
    fn the_order_of_rows_and_columns_changes_no_byte(seed: u64, dirt in 0usize..12, order: u64) {
        let tables = Tables::random(seed, dirt);
        let batch = delivered(batch_of(&tables, &[]));
        prop_assert_eq!(&delivered(batch_of(&tables.shuffled(order), &[])), &batch);
    }

    #[test]
    fn the_number_of_threads_changes_no_byte(seed: u64, dirt in 0usize..12) {
        let site = Site::empty();
        Tables::random(seed, dirt).write(&site);
        let one = run(&site, &["--threads", "1"]);
        for threads in ["2", "7"] {
            prop_assert_eq!(&run(&site, &["--threads", threads]), &one);
        }
    }
}

/// Exports of one block are read by one thread whatever is asked for, so this one has many.
#[test]
fn threads_share_large_files_without_a_trace() {
    let site = Site::new();
    let mut text = format!("{}\n", common::header("immunizations")).into_bytes();
    for i in 0..120_000 {
        let (dose, id) = (i / 2, i % 100_000);
        let line = match i % 9 {
            0 => format!("{dose},{id},7,3,2020-01-{:02},\"M\r\nR\",1,5,N\r\n", i % 28 + 1),
            1 => format!("{dose},{id},7,3,2020-01-01,\"a \"\"b\"\", c\",1,5,N\n"),
            2 => format!("{dose},bad,7,3,2020-01-01,MMR,1,5,N\n"),
            _ => format!("{dose},{id},7,3,2021-03-{:02},COV,,5,\n", i % 28 + 1),
        };
        text.extend(line.into_bytes());
    }
    assert!(text.len() > 4 << 20);
    site.file("immunizations.csv", &text);
    let one = run(&site, &["--threads", "1"]);
    let list = String::from_utf8(one["qa/quarantine.csv"].clone()).unwrap();
    assert!(list.contains("DUPLICATE_KEY") && list.contains("INVALID_ID"));
    assert!(manifest(&one)["facts"]["included"].as_u64().unwrap() > 1000);
    // With so little memory, most of what is chosen has to go to the disk and come back.
    for (threads, memory) in [("2", "1G"), ("7", "1G"), ("1", "1M"), ("3", "1M")] {
        let other = run(&site, &["--threads", threads, "--memory", memory]);
        assert!(other == one, "with {threads} threads and {memory} of memory");
        assert_eq!(site.left_in_out(), ["202407"]);
    }
}

/// No more files stay open than a process may have; the batch is the same.
#[test]
fn there_may_be_more_recipients_than_open_files() {
    let site = Site::new();
    let entities = 1500;
    let lines = |table: &str, line: &dyn Fn(usize) -> String| {
        let rows: Vec<String> = (0..entities).map(line).collect();
        site.rows(table, &rows.iter().map(String::as_str).collect::<Vec<_>>());
    };
    lines("organizations", &|id| format!("{id},Clinic {id},CL,Entity {id},,,,"));
    lines("immunizations", &|id| format!("{id},{id},7,3,2020-01-01,MMR,1,{id},N"));
    for threads in ["1", "5"] {
        let batch = run(&site, &["--threads", threads]);
        for id in 0..entities {
            let file = String::from_utf8(batch[&format!("PHDS_Entity_{id}_202407.csv")].clone()).unwrap();
            assert_eq!(file.lines().count(), 2);
            assert!(file.contains(&format!("Clinic {id},CL,Entity {id},")), "{file}");
        }
    }
}
