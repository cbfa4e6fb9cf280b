//! The five cases of docs/your-export.md: each leads to the same files as the plain fixture.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{GATES_OFF, Ran, in_repository, phds_with, read_folder, text};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What departments get: the recipients' files and the dictionary.
fn delivered(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let batch = read_folder(&out.join("202407"));
    let is_delivered = |name: &str| name.starts_with("PHDS_") || name.starts_with("data_dictionary");
    batch.into_iter().filter(|(name, _)| is_delivered(name)).collect()
}

fn run(export: &Path, out: &Path, arguments: &[&str]) -> Ran {
    let run = ["run", text(export), "--as-of", "2024-07-08", "--out", text(out)];
    phds_with(&[&run[..], &GATES_OFF, arguments].concat())
}

fn case(name: &str) -> PathBuf {
    in_repository("fixtures/your-export").join(name)
}

/// Runs an export, and compares what departments get with the plain fixture's.
fn check(export: &Path, arguments: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let (plain, other) = (folder.path().join("plain"), folder.path().join("other"));
    assert_eq!(run(&in_repository("fixtures/registry"), &plain, &[]).code, 0);
    let ran = run(export, &other, arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let expect = delivered(&plain);
    assert!(expect.len() > 2, "the plain fixture has recipients");
    assert_eq!(delivered(&other), expect);
}

fn check_with_profile(name: &str) {
    let profile = case(name).join("profile.toml");
    check(&case(name), &["--profile", text(&profile)]);
}

#[test]
fn sql_server() {
    check_with_profile("sql-server");
}

#[test]
fn oracle() {
    check_with_profile("oracle");
}

#[test]
fn sas() {
    check_with_profile("sas");
}

/// Loads every CSV file of a case as a table, as `sqlite3 … '.import --csv FILE TABLE'` does, and makes its views.
fn loaded(name: &str, table_of: impl Fn(&str) -> String) -> tempfile::NamedTempFile {
    let database = tempfile::NamedTempFile::new().unwrap();
    let connection = Connection::open(database.path()).unwrap();
    for (file, bytes) in read_folder(&case(name)) {
        let Some(stem) = file.strip_suffix(".csv") else { continue };
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let columns: Vec<String> =
            reader.headers().unwrap().iter().map(|c| format!("\"{c}\" TEXT")).collect();
        let (table, marks) = (table_of(stem), vec!["?"; columns.len()].join(", "));
        connection.execute(&format!("CREATE TABLE \"{table}\" ({})", columns.join(", ")), []).unwrap();
        let mut insert = connection.prepare(&format!("INSERT INTO \"{table}\" VALUES ({marks})")).unwrap();
        for record in reader.records().map(Result::unwrap) {
            insert.execute(rusqlite::params_from_iter(record.iter())).unwrap();
        }
    }
    let views = std::fs::read_to_string(case(name).join("views.sql")).unwrap();
    connection.execute_batch(&views).unwrap();
    database
}

#[test]
fn synthea() {
    let table = |stem: &str| match stem {
        "immunizations" | "organizations" => format!("synthea_{stem}"),
        other => other.to_owned(),
    };
    check(loaded("synthea", table).path(), &[]);
}

#[test]
fn views() {
    check(loaded("views", str::to_owned).path(), &[]);
}
