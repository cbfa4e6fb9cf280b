//! The manifest: what went into a batch and what came out, for machines and for QA.
//!
//! Holds counts, names of recipients and hashes; no time of day, no path of the machine, nothing of a client.

use crate::extract::FactCounts;
use crate::filter::Outcome;
use crate::policy::{ConsentRule, Policy};
use crate::registry::{Code, Intake, Table};
use crate::value::{Day, Month};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// What `manifest.json` holds.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Manifest {
    /// The day as of which the rules were applied.
    pub as_of: Day,
    /// The batch's month.
    pub batch: Month,
    /// What made it.
    pub tool: Tool,
    /// The policy in force.
    pub policy: PolicyName,
    /// Every table that was read.
    pub tables: Pairs<TableCounts>,
    /// What came of the facts.
    pub facts: Facts,
    /// How many facts would be included under each consent rule.
    pub included_under: Pairs<u64>,
    /// The recipients' files, in the order of their names.
    pub files: Vec<RecipientFile>,
}

/// The program.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// Which policy.
#[derive(Clone, Debug, serde::Serialize)]
pub struct PolicyName {
    /// Its name.
    pub name: String,
    /// The SHA-256 of its text.
    pub sha256: String,
}

/// A table's rows.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TableCounts {
    /// All of them.
    pub rows: u64,
    /// Those that cannot be used, by code.
    pub quarantined: Pairs<u64>,
}

/// What came of the facts: `read = included + excluded + quarantined`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Facts {
    /// All of them.
    pub read: u64,
    /// Those that are shared, each once, in however many files it stands.
    pub included: u64,
    /// Those that are not, by the first reason.
    pub excluded: Pairs<u64>,
    /// Those that cannot be used, by code.
    pub quarantined: Pairs<u64>,
}

/// A recipient's file.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RecipientFile {
    /// Its name.
    pub path: String,
    /// The recipient.
    pub recipient: String,
    /// Its rows, the header aside.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// Names with a value each, in an order that means something; a JSON object.
#[derive(Clone, Debug)]
pub struct Pairs<T>(pub Vec<(&'static str, T)>);

impl<T: Serialize> Serialize for Pairs<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Manifest {
    pub(super) fn new(
        as_of: Day,
        policy: &Policy,
        intake: &Intake,
        counts: &FactCounts,
        files: Vec<RecipientFile>,
    ) -> Manifest {
        let quarantined = |table: Table| {
            let named = |(code, count): (Code, u64)| (code.name(), count);
            Pairs(intake.quarantine.by_code(table).map(named).collect())
        };
        let tables = Table::ALL.into_iter().filter_map(|table| {
            let rows = intake.table(table)?.rows;
            Some((table.name(), TableCounts { rows, quarantined: quarantined(table) }))
        });
        Manifest {
            as_of,
            batch: as_of.month(),
            tool: Tool { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") },
            policy: PolicyName { name: policy.name.clone(), sha256: policy.sha256.clone() },
            tables: Pairs(tables.collect()),
            facts: Facts {
                read: intake.table(Table::Immunizations).map_or(0, |read| read.rows),
                included: counts.outcome(Outcome::Included),
                excluded: Pairs(counts.excluded().map(|(outcome, n)| (outcome.name(), n)).collect()),
                quarantined: quarantined(Table::Immunizations),
            },
            included_under: Pairs(
                ConsentRule::ALL.into_iter().map(|rule| (rule.name(), counts.included_under(rule))).collect(),
            ),
            files,
        }
    }

    /// The manifest as JSON.
    pub fn to_json(&self) -> String {
        // Numbers and texts with text keys cannot fail to be written as JSON.
        let json = serde_json::to_string_pretty(self);
        json.map_or_else(|_| unreachable!("a manifest is plain data"), |json| json + "\n")
    }
}
