//! Explains why a fact is shared or not: its values, what each rule said, and its client's consents.
//!
//! An explanation contains values of rows, so only the command that shows it to a person may print it. This module
//! collects what the registry's rows and the rules say and puts it into words. It decides nothing itself.

mod answer;
mod gather;
mod request;
mod wording;

pub use answer::{
    Answer, ConsentAnswer, Days, FactAnswer, FieldAnswer, RefusedAnswer, StepAnswer, UnderAnswer,
};
pub use gather::{Earlier, explain};
pub use request::{Question, Request};
