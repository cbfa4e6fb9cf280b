//! Exports as registries write them: read through its profile, one gives what the plain export gives.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "profiles/shape.rs"]
mod shape;

use common::random::{Dice, Tables};
use common::{Ran, Site, delivered, manifest};
use proptest::prelude::*;
use serde_json::Value;
use shape::{PARTS, Part, Shape};
use std::collections::{BTreeMap, BTreeSet};

type Batch = BTreeMap<String, Vec<u8>>;

/// Writes an export of a shape with its profile, and runs it.
fn run_shaped(tables: &Tables, shape: &Shape, without: Option<Part>) -> (Site, Ran) {
    let site = Site::empty();
    for table in ["clients", "consents", "immunizations", "vaccines", "organizations"] {
        site.remove(&format!("{table}.csv"));
    }
    let (files, mut profile) = shape.write(tables, without);
    for (name, bytes) in &files {
        site.file(name, bytes);
    }
    if tables.0.iter().any(|(table, ..)| *table == "recipients") {
        profile += shape.of_recipients();
    }
    let path = site.path("profile.toml");
    std::fs::write(&path, profile).unwrap();
    let ran = site.run(&["--max-quarantined", "100%", "--profile", path.to_str().unwrap()]);
    (site, ran)
}

fn plain(tables: &Tables) -> Batch {
    let site = Site::empty();
    tables.write(&site);
    let ran = site.run(&["--max-quarantined", "100%"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    site.batch()
}

/// A batch's files without what names the profile, or the files and lines of the export.
fn comparable(batch: Batch) -> (BTreeMap<String, Vec<u8>>, Value, Vec<String>) {
    let list = String::from_utf8(batch["qa/quarantine.csv"].clone()).unwrap();
    let place = |row: &str| {
        let fields: Vec<&str> = row.split(',').collect();
        format!("{} {} {}", fields[0], fields[3], fields[4])
    };
    let mut quarantined: Vec<String> = list.lines().map(place).collect();
    quarantined.sort();
    let mut told = manifest(&batch);
    told.as_object_mut().unwrap().remove("profile");
    let mut files = delivered(batch);
    files.retain(|name, _| name != "manifest.json" && name != "SHA256SUMS");
    (files, told, quarantined)
}

/// The facts that each recipient gets.
fn shared(batch: &Batch) -> BTreeSet<(String, String)> {
    let files = batch.iter().filter(|(name, _)| name.starts_with("PHDS_"));
    files
        .flat_map(|(name, bytes)| {
            let mut reader = csv::Reader::from_reader(bytes.as_slice());
            let place = reader.headers().unwrap().iter().position(|name| name == "IMMUNFACT_ID").unwrap();
            let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            rows.into_iter().map(move |row| (name.clone(), row[place].to_owned())).collect::<Vec<_>>()
        })
        .collect()
}

/// The tables without a second row of any key: a row that is lost makes its duplicate the only one.
fn without_duplicates(mut tables: Tables) -> Tables {
    for (table, _, rows) in &mut tables.0 {
        let key = usize::from(*table == "immunizations");
        if *table != "consents" && *table != "recipients" {
            let mut seen = BTreeSet::new();
            rows.retain(|row| seen.insert(row[key].trim_start_matches('0').to_owned()));
        }
    }
    tables
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_profile_changes_nothing_but_the_writing(seed: u64, dirt in 0usize..12) {
        let shape = Shape::random(&mut Dice::new(seed));
        let mut tables = Tables::random(seed, dirt);
        if shape.consents_in_columns {
            // What a malformed row of clients gives can't be told, so that it stops the run.
            tables = tables.without_malformed_rows();
        }
        let (site, ran) = run_shaped(&tables, &shape, None);
        prop_assert_eq!(ran.code, 0, "{:?}\n{}", shape, ran.stderr);
        let (files, told, quarantined) = comparable(site.batch());
        let (plain_files, plain_told, plain_quarantined) = comparable(plain(&tables));
        prop_assert_eq!(quarantined, plain_quarantined, "{:?}", shape);
        prop_assert_eq!(told, plain_told, "{:?}", shape);
        prop_assert!(files == plain_files, "{:?}", shape);
    }

    #[test]
    fn with_a_part_left_out_no_more_is_shared(seed: u64, part in 0usize..6) {
        let (shape, part) = (Shape::random(&mut Dice::new(seed)), PARTS[part]);
        prop_assume!(shape.has(part));
        let tables = without_duplicates(Tables::random(seed, 0));
        let (site, ran) = run_shaped(&tables, &shape, Some(part));
        prop_assert!([0, 65].contains(&ran.code), "{:?} {:?}\n{}", part, shape, ran.stderr);
        if ran.code == 0 {
            let (less, whole) = (shared(&site.batch()), shared(&plain(&tables)));
            let more: Vec<_> = less.difference(&whole).collect();
            prop_assert!(more.is_empty(), "{:?} {:?} {:?}", part, shape, more);
        }
    }
}
