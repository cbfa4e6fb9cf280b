//! What is to be explained, and under which rules.

use crate::policy::Policy;
use crate::spill::Spill;
use crate::value::Day;

/// What is asked about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    /// One fact, by its IMMUNFACT_ID.
    Fact(u64),
    /// All facts of a client, by CLIENT_ID.
    Client(u64),
}

/// A question, and under which rules it is to be answered.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// What is asked about.
    pub question: Question,
    /// The inclusion rules' settings.
    pub policy: &'a Policy,
    /// The day as of which the rules are applied.
    pub as_of: Day,
    /// Where what outgrows memory goes.
    pub spill: &'a Spill,
}
