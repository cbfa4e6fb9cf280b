//! What an explanation contains. `phds explain --json` prints it field by field.

use crate::value::Day;
use serde::Serialize;

/// The explanation of a fact, or of all facts of a client.
#[derive(Serialize, Debug)]
pub struct Answer {
    /// The day as of which the rules were applied.
    pub as_of: Day,
    /// The policy's name.
    pub policy: String,
    /// In the order of the source.
    pub facts: Vec<FactAnswer>,
    /// Quarantined rows about the same fact or client.
    pub quarantined: Vec<RefusedAnswer>,
    /// How many rows of `immunizations` have no id that could be read: the fact may be one of them.
    pub unreadable_rows: u64,
}

/// One fact, and how each rule led to its outcome.
#[derive(Serialize, Debug)]
pub struct FactAnswer {
    pub immunfact_id: u64,
    pub immunization_id: u64,
    /// The file of its row.
    pub file: String,
    /// The line on which its row begins.
    pub line: u64,
    pub client_id: u64,
    /// First, middle and last name, as far as there are any.
    pub client_name: String,
    /// The client's type, in lower case.
    pub client_type: String,
    pub birth_date: Day,
    pub vaccine_id: u64,
    /// Blank is empty.
    pub cvx_code: String,
    /// Blank is empty.
    pub vaccine_group: String,
    pub vaccination_date: Day,
    pub org_id: Option<u64>,
    /// The name of the organization that gave it; blank is empty.
    pub provider_name: String,
    /// The code of the outcome, or of the quarantine if an included fact shares its id with others.
    pub outcome: String,
    pub is_disaster: bool,
    /// The rules, in order.
    pub steps: Vec<StepAnswer>,
    /// The client's consents, of both types.
    pub consents: Vec<ConsentAnswer>,
    pub lookback: Days,
    pub disaster: Days,
    pub under: Vec<UnderAnswer>,
    pub recipients: Vec<String>,
}

#[derive(Serialize, Debug)]
pub struct StepAnswer {
    /// The rule's number, as the documentation has it.
    pub number: &'static str,
    pub rule: &'static str,
    pub looked_at: String,
    /// `passes`, `against`, `not asked`.
    pub said: &'static str,
}

/// A consent and the part it plays.
#[derive(Serialize, Debug)]
pub struct ConsentAnswer {
    /// `STANDARD` or `DISASTER`.
    pub consent_type: &'static str,
    pub effective: Day,
    /// The day from which on it no longer holds.
    pub end: Option<Day>,
    pub withdrawn: bool,
    /// `counts`, `withdrawn`, `cancelled` by a withdrawal, `not begun`.
    pub part: &'static str,
}

#[derive(Clone, Copy, Serialize, Debug)]
pub struct Days {
    pub first_day: Day,
    pub last_day: Day,
}

/// The outcome under one consent rule.
#[derive(Serialize, Debug)]
pub struct UnderAnswer {
    pub rule: &'static str,
    /// Whether it is the policy's rule.
    pub in_force: bool,
    pub outcome: &'static str,
}

/// A quarantined row.
#[derive(Serialize, Debug)]
pub struct RefusedAnswer {
    pub table: &'static str,
    pub file: String,
    /// The line on which it begins.
    pub line: u64,
    /// The column; empty where the code is about the whole row.
    pub column: &'static str,
    pub code: &'static str,
    /// The code in words.
    pub meaning: &'static str,
    /// Whether it is a consent that stands in the file of `clients`.
    #[serde(skip)]
    pub in_clients: bool,
    /// The row as it stands in the export; empty if it comes from a work database, which does not keep it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldAnswer>,
}

/// A field of a quarantined row.
#[derive(Serialize, Debug)]
pub struct FieldAnswer {
    pub column: String,
    pub text: String,
    /// Whether the code is about this field.
    pub is_faulty: bool,
}
