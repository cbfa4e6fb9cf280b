//! The inclusion rules: an outcome for every fact.
//!
//! Pure: a record and a policy in, an outcome out. No I/O, no clock, no logging, and each rule in one place only.
//! What depends on the client alone is worked out once for each client (`standing`). A fact then needs only its
//! client's standing, its vaccine, its date and its organization.

mod consent;
mod duplicates;
mod kind;
mod outcome;
mod routing;
mod rules;
mod shareable;
mod standing;
mod steps;

pub use consent::{ConsentPart, Lookback, consent_parts, find_consent};
pub use duplicates::{Finding, settle_group};
pub use kind::is_listed;
pub use outcome::{ConsentFailure, Outcome, Readings};
pub use routing::{Recipient, Route, Routing};
pub use rules::{Judgement, Rules};
pub use shareable::ShareableFact;
pub use standing::{Claim, Standing};
pub use steps::{Rule, Verdict, steps};
