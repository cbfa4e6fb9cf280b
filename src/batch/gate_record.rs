//! What a batch keeps of the gate: what the next month's batch is compared with, and what was found.

use super::{BatchError, HoldReason, if_there, names, read_own_json};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What `qa/gate.json` holds.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct GateRecord {
    /// What was seen of the export, beside what the manifest counts.
    #[serde(flatten)]
    pub evidence: Evidence,
    /// The gates that were turned off for the run, by their keys.
    pub off: Vec<String>,
    /// Why the batch was held back; empty if it was published at once.
    pub found: Vec<Finding>,
    /// What holds no batch back, because the batch before had it already or a person stands by.
    pub told: Vec<Finding>,
    /// The gates that compare, and could not, by their keys: the batch before does not keep what they need.
    #[serde(default)]
    pub not_compared: Vec<String>,
}

impl GateRecord {
    /// Reads what the batch in a folder keeps of the gate.
    ///
    /// # Errors
    /// If it is not there, as in batches of before 0.3.0, or not as phds writes it.
    pub fn of_batch(folder: &Path) -> Result<GateRecord, BatchError> {
        read_own_json(&folder.join(names::GATE_RECORD))
    }
}

/// Who published a batch that had been held back, and why: what `qa/release.json` holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReleaseRecord {
    /// Who, as that person says, or by the name of the login.
    pub by: String,
    /// Why, if that was said.
    pub reason: Option<String>,
    /// When, as `2024-07-09T14:03:00Z`.
    pub when: String,
    /// What the batch had been held back for.
    pub found: Vec<Finding>,
}

impl ReleaseRecord {
    /// Reads who released the batch in a folder; none if nobody had to.
    ///
    /// # Errors
    /// If that is there, and cannot be read or is not as phds writes it.
    pub fn of_batch(folder: &Path) -> Result<Option<ReleaseRecord>, BatchError> {
        if_there(read_own_json(&folder.join(names::RELEASE)))
    }
}

/// What was seen of an export, beside what the manifest counts. Names are those of entities and recipients.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// A hash of what each table holds, in hexadecimal, by the table's name: of a file's bytes after unpacking, or of a
    /// database's values in reading order.
    pub tables: IndexMap<String, String>,
    /// How many records of consents are an earlier one again.
    pub repeated_consents: u64,
    /// The entities of `recipients` that no usable organization has.
    pub unmatched_recipients: Vec<String>,
    /// Names that look the same and are not, by twos.
    pub look_alikes: Vec<[String; 2]>,
}

/// A reason with its text, for machines and people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    #[serde(flatten)]
    pub reason: HoldReason,
    pub message: String,
}

impl From<HoldReason> for Finding {
    fn from(reason: HoldReason) -> Finding {
        Finding { message: reason.to_string(), reason }
    }
}
