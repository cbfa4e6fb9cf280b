//! The counts that the report shows beside those of the manifest.

use super::{BatchError, Before, Counts, names, read_own_json};
use crate::policy::{GateSettings, MaxChange, Period, Policy};
use crate::registry::ProfileEffects;
use crate::value::{Day, total};
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
    /// What the profile changed, if the export was read through one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileEffects>,
}

impl ReportData {
    /// Reads what the batch in a folder keeps for its report.
    ///
    /// # Errors
    /// If it is not there, or not as phds writes it.
    pub fn of_batch(folder: &Path) -> Result<ReportData, BatchError> {
        read_own_json(&folder.join(names::REPORT_DATA))
    }

    /// What the batch before, in a place of batches, keeps for its report; none if that can't be read.
    pub fn of_before(out: &Path, before: &Before) -> Option<ReportData> {
        let month = before.manifest()?.batch;
        ReportData::of_batch(&out.join(month.to_string())).ok()
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
    /// The gate's `max_change`. Batches of before 0.3.0 have the policy's default here and below, which they kept to.
    #[serde(default = "usual_max_change")]
    pub max_change: String,
    /// The gate's `min_rows`.
    #[serde(default = "usual_min_rows")]
    pub min_rows: u64,
    /// The gate's `recipients_may_change`.
    #[serde(default)]
    pub recipients_may_change: bool,
}

fn usual_max_change() -> String {
    "25%".to_owned()
}

fn usual_min_rows() -> u64 {
    100
}

impl Settings {
    /// The settings of a policy, and the limits in force, which the command line may have set.
    pub fn of(policy: &Policy, limits: &GateSettings) -> Settings {
        let days = |period: Period| [period.first_day, period.last_day];
        Settings {
            consent_rule: policy.consent.rule.name().to_owned(),
            disaster_period: days(policy.disaster.period),
            window: days(policy.window),
            max_change: limits.max_change.to_string(),
            min_rows: limits.min_rows,
            recipients_may_change: limits.recipients_may_change,
        }
    }

    /// Whether the gate would hold a batch back for such a change of a recipient's rows.
    pub fn is_large_change(&self, before: u64, now: u64) -> bool {
        let max_change = self.max_change.parse().unwrap_or(MaxChange(None));
        max_change.is_exceeded(self.min_rows, before, now)
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
    /// Values longer than the policy's `[lengths]`, by column; only columns that have some.
    #[serde(default)]
    pub longer: BTreeMap<String, u64>,
    /// How many times a client has more than one dose of one CVX code on one day.
    pub same_day_again: u64,
    /// The people behind the facts; none in a batch of before 0.3.0.
    #[serde(default)]
    pub people: Option<People>,
    /// Signs of bad source data; none in a batch of before 0.3.0.
    #[serde(default)]
    pub signs: Option<Signs>,
    /// The organizations with most facts that go to nobody or are quarantined; none in a batch of before 0.3.0.
    #[serde(default)]
    pub organizations: Option<Vec<OrganizationEntry>>,
}

/// What came of the facts of an organization.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OrganizationEntry {
    /// The ORG_ID; none for the facts of which no organization is known.
    pub id: Option<u64>,
    /// The PROVIDER_NAME.
    pub name: String,
    /// The RESPONSIBLE_ENTITY.
    pub entity: String,
    /// The recipients of the entity's data.
    pub recipients: Vec<String>,
    /// The facts that were read.
    pub read: u64,
    /// Those that are shared.
    pub shared: u64,
    /// Those that are quarantined, by code.
    pub quarantined: Counts,
    /// Those that go to nobody, because no entity or no recipient is known.
    pub to_nobody: u64,
    /// Those that a rule leaves out, by outcome; those that go to nobody are among them.
    pub left_out: Counts,
}

impl OrganizationEntry {
    /// The facts that are lost for the organization's own sake, and not for a client's consent or a date.
    pub fn own_losses(&self) -> u64 {
        OrganizationEntry::losses(self.to_nobody, total(self.quarantined.values()))
    }

    /// The same, of so many facts that go to nobody and so many that are quarantined.
    pub(crate) fn losses(to_nobody: u64, quarantined: u64) -> u64 {
        to_nobody.saturating_add(quarantined)
    }
}

/// The people behind the facts.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct People {
    /// Clients with at least one fact.
    pub clients: u64,
    /// Doses: different IMMUNIZATION_IDs of a client on a day.
    pub doses: u64,
    /// Clients with a consent whose withdrawal took effect in the month up to the as-of date, whether they share or not.
    pub new_withdrawals: u64,
}

/// Signs of bad source data. Clients are those with at least one fact, unless it says otherwise.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Signs {
    /// Facts dated after the 12th of a month, by month of vaccination. Where day and month were swapped there are none.
    pub after_the_12th: BTreeMap<String, u64>,
    /// How often a client has two doses of one CVX code, given by one organization, on two days running.
    pub next_day_again: u64,
    /// Clients with U+FFFD in one of their texts: the sign for a character that was lost.
    pub lost_characters: u64,
    /// Clients with a text that was turned into UTF-8 twice, such as `Ã±` for `ñ`.
    pub encoded_twice: u64,
    /// Clients whose ZIP code has three or four digits.
    pub short_zip_codes: u64,
    /// The organizations in which many clients are born on the same day of the year, by their ids.
    pub birthday_heaps: Vec<BirthdayHeap>,
    /// Clients of the export born after the as-of date.
    pub born_after_as_of: u64,
    /// The consents of the export's clients.
    pub consents: u64,
    /// As many of them begin on the day on which most begin.
    pub consents_of_one_day: u64,
}

/// An organization in which many clients are born on the same day of the year. Each client counts for the organization
/// that gave the first of the doses that are shared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BirthdayHeap {
    /// The ORG_ID.
    pub organization: u64,
    /// The PROVIDER_NAME.
    pub name: String,
    /// How many are born on the day of the year on which most are.
    pub clients: u64,
    /// How many there are.
    pub of: u64,
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
