//! Why a fact is in or out: its values, the rules on its way, its client's consents.
//!
//! Holds values of rows, and exists for that; only the command that shows it to a person may print it. Gathers and
//! words what the other parts say, and decides nothing itself.

mod answer;
mod gather;
mod request;
mod wording;

pub use answer::{Answer, ConsentAnswer, Days, FactAnswer, RefusedAnswer, StepAnswer, UnderAnswer};
pub use gather::{Earlier, explain};
pub use request::{Question, Request};
