//! An export, by the rows of its tables.

#![allow(clippy::unwrap_used, unreachable_pub)]

use crate::common::{self, header};
use std::collections::BTreeMap;
use std::path::Path;

/// The rows of an export's tables.
#[derive(Clone, Debug)]
pub struct Export {
    pub tables: BTreeMap<&'static str, Vec<String>>,
    /// When its facts were given.
    day: &'static str,
}

/// The consent of client 7.
pub const CONSENT: &str = "7,STANDARD,2015-01-01,,";

impl Export {
    /// Client 7 shares; 8 has no consent; 9 is of a type that nobody knows; 10 shares, and has no ZIP code.
    pub fn new(day: &'static str) -> Export {
        let tables = common::HEADERS[..5].iter().map(|(table, _)| (*table, Vec::new())).collect();
        Export { tables, day }
            .row("clients", "7,IA,Ana,Ruiz,,1990-05-05,F,,TX,Travis,78701")
            .row("clients", "8,IA,Bo,Ruiz,,1990-05-05,F,,TX,Travis,78701")
            .row("clients", "9,ZZ,Cy,Ruiz,,1990-05-05,F,,TX,Travis,78701")
            .row("clients", "10,IA,Di,Ruiz,,1990-05-05,F,,TX,Travis,")
            .row("consents", CONSENT)
            .row("consents", "10,STANDARD,2015-01-01,,")
            .row("vaccines", "3,03,")
    }

    /// One of June, with so many facts of client 7 for each entity.
    pub fn june(facts: &[(&str, usize)]) -> Export {
        Export::new("2024-06-03").facts_of_7(facts)
    }

    pub fn july(facts: &[(&str, usize)]) -> Export {
        Export::new("2024-07-01").facts_of_7(facts)
    }

    pub fn facts_of_7(self, facts: &[(&str, usize)]) -> Export {
        facts.iter().fold(self, |export, (entity, count)| export.facts("7", entity, *count))
    }

    pub fn row(mut self, table: &'static str, row: &str) -> Export {
        self.tables.entry(table).or_default().push(row.to_owned());
        self
    }

    pub fn without(mut self, table: &str, row: &str) -> Export {
        self.tables.get_mut(table).unwrap().retain(|other| other != row);
        self
    }

    /// So many facts of a client's, given by an organization of its own for which the entity is responsible.
    pub fn facts(mut self, client: &str, entity: &str, count: usize) -> Export {
        let organization = self.tables["organizations"].len() + 1;
        self = self.row("organizations", &format!("{organization},Clinic,CL,{entity},,,,"));
        let facts = self.tables.get_mut("immunizations").unwrap();
        for id in facts.len()..facts.len() + count {
            facts.push(format!("{id},{id},{client},3,{},MMR,1,{organization},N", self.day));
        }
        self
    }

    /// So many clients of whom nothing else is known, from a number on.
    pub fn clients(self, ids: std::ops::Range<u32>, born: &str) -> Export {
        ids.fold(self, |export, id| export.row("clients", &format!("{id},IA,Al,Ruiz,,{born},F,,TX,,")))
    }

    /// As a database.
    pub fn write_database(&self, file: &Path) {
        let _ = std::fs::remove_file(file);
        let mut database = rusqlite::Connection::open(file).unwrap();
        let changes = database.transaction().unwrap();
        for (table, rows) in &self.tables {
            let columns = header(table);
            changes.execute_batch(&format!("CREATE TABLE {table} ({columns})")).unwrap();
            let marks = vec!["?"; columns.split(',').count()].join(", ");
            let mut insert = changes.prepare(&format!("INSERT INTO {table} VALUES ({marks})")).unwrap();
            for row in rows {
                insert.execute(rusqlite::params_from_iter(row.split(','))).unwrap();
            }
        }
        changes.commit().unwrap();
    }
}
