//! The counts that the report shows beside those of the manifest.

use super::{BatchError, names, read_own_json};
use crate::policy::{Period, Policy};
use crate::value::Day;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What `qa/report.json` holds: all that the report needs beside the manifests.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReportData {
    /// The settings that the report names.
    pub settings: Settings,
    /// The counts.
    pub tally: Tally,
}

impl ReportData {
    /// Reads what the batch in a folder keeps for its report.
    ///
    /// # Errors
    /// If it is not there, or not as phds writes it.
    pub fn of_batch(folder: &Path) -> Result<ReportData, BatchError> {
        read_own_json(&folder.join(names::REPORT_DATA))
    }
}

/// The settings that the report names.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The consent rule in force, by its name.
    pub consent_rule: String,
    /// The first and the last day of the disaster.
    pub disaster_period: [Day; 2],
    /// The first and the last vaccination date that is shared.
    pub window: [Day; 2],
}

impl Settings {
    /// The settings of a policy.
    pub fn of(policy: &Policy) -> Settings {
        let days = |period: Period| [period.first_day, period.last_day];
        Settings {
            consent_rule: policy.consent.rule.name().to_owned(),
            disaster_period: days(policy.disaster.period),
            window: days(policy.window),
        }
    }
}

/// Counts of the facts that are shared, each counted once in however many files it stands.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Tally {
    /// By month of vaccination, `YYYY-MM`.
    pub by_month: BTreeMap<String, u64>,
    /// By vaccine group, as far as the data dictionary lists the code; the others as `OTHER`, none as the empty name.
    /// A group is free text in the export, so that one that is not on the list may be anything.
    pub by_group: BTreeMap<String, u64>,
    /// By CVX code as the export's table of vaccines has it; none as the empty name.
    pub by_cvx: BTreeMap<String, u64>,
    /// By age at the vaccination, in the order of `AGE_BANDS`.
    pub by_age: Vec<u64>,
    /// By day of the month, from the 1st.
    pub by_day_of_month: Vec<u64>,
    /// Blanks by column.
    pub blanks: BTreeMap<String, u64>,
    /// How many times a client has more than one dose of one CVX code on one day.
    pub same_day_again: u64,
}

/// Ages in groups: the name, and the first month of age that is not in it.
pub const AGE_BANDS: [(&str, u32); 9] = [
    ("under 1 year", 12),
    ("1 year", 24),
    ("2–4 years", 60),
    ("5–10 years", 132),
    ("11–12 years", 156),
    ("13–17 years", 216),
    ("18–49 years", 600),
    ("50–64 years", 780),
    ("65 years or older", u32::MAX),
];
