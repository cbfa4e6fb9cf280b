//! What an explanation holds. Its shape is that of `--json`.

use crate::value::Day;
use serde::Serialize;

/// The explanation of a fact, or of all facts of a client.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct Answer {
    /// The day as of which the rules were applied.
    pub as_of: Day,
    /// The policy's name.
    pub policy: String,
    /// The facts, in the order of the source.
    pub facts: Vec<FactAnswer>,
    /// Rows about the same fact or client that cannot be used.
    pub quarantined: Vec<RefusedAnswer>,
    /// How many rows of `immunizations` have no id that could be read: the fact may be one of them.
    pub unreadable_rows: u64,
}

/// The way of one fact to its outcome.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct FactAnswer {
    /// The fact.
    pub immunfact_id: u64,
    /// The dose.
    pub immunization_id: u64,
    /// The file of its row.
    pub file: String,
    /// The line on which its row begins.
    pub line: u64,
    /// The client.
    pub client_id: u64,
    /// The client's name, as far as there is one.
    pub client_name: String,
    /// The client's type, in lower case.
    pub client_type: String,
    /// The client's birth date.
    pub birth_date: Day,
    /// The vaccine.
    pub vaccine_id: u64,
    /// Its CVX code; blank is empty.
    pub cvx_code: String,
    /// The vaccine group; blank is empty.
    pub vaccine_group: String,
    /// The day of the vaccination.
    pub vaccination_date: Day,
    /// The organization that gave it.
    pub org_id: Option<u64>,
    /// The organization's name; blank is empty.
    pub provider_name: String,
    /// The code: of the outcome, or of the quarantine for a late duplicate.
    pub outcome: String,
    /// Whether it is a disaster immunization.
    pub is_disaster: bool,
    /// The rules, in order.
    pub steps: Vec<StepAnswer>,
    /// The client's consents, of both types.
    pub consents: Vec<ConsentAnswer>,
    /// The lookback.
    pub lookback: Days,
    /// The disaster period.
    pub disaster: Days,
    /// The outcome under each consent rule.
    pub under: Vec<UnderAnswer>,
    /// The recipients whose files it is in.
    pub recipients: Vec<String>,
}

/// What one rule said.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct StepAnswer {
    /// The rule's number, as the documentation has it.
    pub number: &'static str,
    /// The rule.
    pub rule: &'static str,
    /// What it looked at.
    pub looked_at: String,
    /// `passes`, `against`, `not asked`.
    pub said: &'static str,
}

/// A consent and the part it plays.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct ConsentAnswer {
    /// `STANDARD` or `DISASTER`.
    pub consent_type: &'static str,
    /// Its first day.
    pub effective: Day,
    /// The day from which on it no longer holds.
    pub end: Option<Day>,
    /// Whether the client withdrew it.
    pub withdrawn: bool,
    /// `counts`, `withdrawn`, `cancelled` by a withdrawal, `not begun`.
    pub part: &'static str,
}

/// A first and a last day.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Debug)]
pub struct Days {
    /// The first day in it.
    pub first_day: Day,
    /// The last day in it.
    pub last_day: Day,
}

/// The outcome under one consent rule.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct UnderAnswer {
    /// The rule.
    pub rule: &'static str,
    /// Whether it is the policy's.
    pub in_force: bool,
    /// The outcome.
    pub outcome: &'static str,
}

/// A row that cannot be used.
#[derive(Clone, PartialEq, Eq, Serialize, Debug)]
pub struct RefusedAnswer {
    /// Its table.
    pub table: &'static str,
    /// Its file.
    pub file: String,
    /// The line on which it begins.
    pub line: u64,
    /// The column; empty where the code is about the whole row.
    pub column: &'static str,
    /// The code.
    pub code: &'static str,
    /// The code in words.
    pub meaning: &'static str,
}
