//! The export that the cases from the field start from: 200 clients (IA) with open standard consent, 200 facts, 2
//! organizations of one entity.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // Each test binary uses a part of it.

use super::common::{Ran, Site};
use std::collections::BTreeSet;

/// The first client's id; the others follow.
pub const FIRST: usize = 1001;
pub const CLIENTS: usize = 200;

pub struct Field {
    pub site: Site,
}

impl Field {
    pub fn new() -> Field {
        let field = Field { site: Site::empty() };
        let ids = FIRST..FIRST + CLIENTS;
        field.rows("clients", ids.clone().map(|id| client(id, "Ana")));
        field.rows("consents", ids.clone().map(|id| format!("{id},STANDARD,2015-01-01,,")));
        field.rows("immunizations", ids.map(|id| fact(id, "2024-06-01", "MMR", "N")));
        field.rows("vaccines", ["5,03,VACCINE".to_owned()]);
        field.organizations(["Travis County", "Travis County"]);
        field
    }

    pub fn rows(&self, table: &str, rows: impl IntoIterator<Item = String>) {
        let rows: Vec<String> = rows.into_iter().collect();
        self.site.rows(table, &rows.iter().map(String::as_str).collect::<Vec<_>>());
    }

    pub fn organizations(&self, entities: [&str; 2]) {
        let row = |(entity, id): (&str, u32)| format!("{id},Clinic {id},C{id},{entity},,,,");
        self.rows("organizations", entities.into_iter().zip(7..).map(row));
    }

    /// Replaces the text of a table's file.
    pub fn edit(&self, table: &str, edit: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        let path = self.site.export().join(format!("{table}.csv"));
        std::fs::write(&path, edit(std::fs::read(&path).unwrap())).unwrap();
    }

    pub fn replace(&self, table: &str, from: &str, to: &str) {
        self.edit(table, |bytes| {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(from), "{from:?}");
            text.replacen(from, to, 1).into_bytes()
        });
    }

    /// Runs and expects the batch to be made; returns the clients in it.
    pub fn shares(&self, arguments: &[&str]) -> (BTreeSet<usize>, Ran) {
        let ran = self.site.run(arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let mut clients = BTreeSet::new();
        for (name, text) in self.site.batch() {
            if name.starts_with("PHDS_") {
                let mut reader = csv::Reader::from_reader(text.as_slice());
                clients.extend(reader.records().map(|row| row.unwrap()[0].parse::<usize>().unwrap()));
            }
        }
        (clients, ran)
    }

    /// Runs and expects the batch to be made of everybody but these.
    pub fn shares_all_but(&self, arguments: &[&str], out: &[usize]) -> Ran {
        let (clients, ran) = self.shares(arguments);
        let expected: BTreeSet<usize> = (FIRST..FIRST + CLIENTS).filter(|id| !out.contains(id)).collect();
        assert_eq!(clients, expected, "{}", ran.stderr);
        ran
    }

    /// Runs and expects bad input with this code and these words, and nothing published.
    pub fn stops(&self, arguments: &[&str], code: &str, words: &[&str]) {
        let ran = self.site.run(arguments);
        assert_eq!(ran.code, 65, "{}{}", ran.stdout, ran.stderr);
        for words in [&[code], words].concat() {
            assert!(ran.stderr.contains(words), "{words:?}: {}", ran.stderr);
        }
        assert!(!self.site.out().join("202407").exists());
    }

    pub fn files(&self) -> Vec<String> {
        self.site.batch().into_keys().filter(|name| name.starts_with("PHDS_")).collect()
    }

    pub fn quarantine(&self) -> String {
        String::from_utf8(self.site.batch()["qa/quarantine.csv"].clone()).unwrap()
    }
}

pub fn client(id: usize, name: &str) -> String {
    format!("{id},IA,{name},Ruiz,,1990-05-05,F,,TX,Travis,78701")
}

pub fn fact(id: usize, date: &str, group: &str, flag: &str) -> String {
    format!("{id},{id},{id},5,{date},{group},1,{},{flag}", 7 + id % 2)
}

impl Field {
    /// Replaces a text everywhere in a table's file.
    pub fn replace_all(&self, table: &str, from: &str, to: &str) {
        self.edit(table, |bytes| {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains(from), "{from:?}");
            text.replace(from, to).into_bytes()
        });
    }

    /// Adds lines to a table's file.
    pub fn append(&self, table: &str, lines: &str) {
        self.edit(table, |text| [&text[..], lines.as_bytes(), b"\n"].concat());
    }

    /// The facts on other days, in other groups or with other flags.
    pub fn facts(&self, date: &str, group: &str, flag: &str) {
        self.rows("immunizations", (FIRST..FIRST + CLIENTS).map(|id| fact(id, date, group, flag)));
    }

    /// Makes an SQLite file of the export, in its place: `declared` is the type of a column, `value` what becomes of one of
    /// its values.
    pub fn store_in_database(
        &self,
        declared: impl Fn(&str) -> &'static str,
        value: impl Fn(&str, &str) -> rusqlite::types::Value,
    ) {
        let file = self.site.path("export.sqlite");
        let database = rusqlite::Connection::open(&file).unwrap();
        for entry in std::fs::read_dir(self.site.export()).unwrap() {
            let path = entry.unwrap().path();
            let table = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let mut reader = csv::Reader::from_path(&path).unwrap();
            let columns: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
            let typed: Vec<String> =
                columns.iter().map(|name| format!("{name} {}", declared(name))).collect();
            database.execute_batch(&format!("CREATE TABLE {table} ({})", typed.join(", "))).unwrap();
            let places = vec!["?"; columns.len()].join(", ");
            for row in reader.records() {
                let row = row.unwrap();
                let values = columns.iter().zip(&row).map(|(name, text)| value(name, text));
                let sql = format!("INSERT INTO {table} VALUES ({places})");
                database.execute(&sql, rusqlite::params_from_iter(values)).unwrap();
            }
        }
        std::fs::remove_dir_all(self.site.export()).unwrap();
        std::fs::rename(&file, self.site.export()).unwrap();
    }
}
