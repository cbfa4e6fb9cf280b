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
pub struct Request<'a> {
    pub question: Question,
    pub policy: &'a Policy,
    pub as_of: Day,
    /// Where data that outgrow memory go.
    pub spill: &'a Spill,
}
