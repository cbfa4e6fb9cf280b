//! The manifest of a batch in the making: what went in and what came out, for machines and for QA.
//!
//! Holds counts, names of recipients and hashes; no time of day, no path of the machine, nothing of a client.

use crate::batch::{FactsEntry, FileEntry, Manifest, PolicyEntry, TableEntry, ToolEntry};
use crate::extract::FactCounts;
use crate::filter::Outcome;
use crate::policy::{ConsentRule, Policy};
use crate::registry::{Intake, ProfileId, Table};
use crate::value::Day;

/// Puts together what there is to be said of a batch. Everything named is in an order that means something.
pub(super) fn manifest(
    as_of: Day,
    policy: &Policy,
    profile: Option<ProfileId>,
    intake: &Intake,
    counts: &FactCounts,
    files: Vec<FileEntry>,
) -> Manifest {
    let quarantined = |table: Table| {
        intake.quarantine.by_code(table).map(|(code, n)| (code.name().to_owned(), n)).collect()
    };
    let tables = Table::ALL.into_iter().filter_map(|table| {
        let rows = intake.table(table)?.rows;
        Some((table.name().to_owned(), TableEntry { rows, quarantined: quarantined(table) }))
    });
    let under = |rule: ConsentRule| (rule.name().to_owned(), counts.included_under(rule));
    Manifest {
        as_of,
        batch: as_of.month(),
        tool: ToolEntry {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        policy: PolicyEntry { name: policy.name.clone(), sha256: policy.sha256.clone() },
        profile,
        bom: policy.bom,
        tables: tables.collect(),
        facts: FactsEntry {
            read: intake.table(Table::Immunizations).map_or(0, |read| read.rows),
            included: counts.outcome(Outcome::Included),
            excluded: counts.excluded().map(|(outcome, n)| (outcome.name().to_owned(), n)).collect(),
            quarantined: quarantined(Table::Immunizations),
        },
        included_under: ConsentRule::ALL.map(under).into_iter().collect(),
        files,
    }
}
