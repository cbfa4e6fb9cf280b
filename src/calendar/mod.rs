//! The calendar of the monthly files: the second Mondays they are due by, and the US federal holidays that some of
//! these fall on.
//!
//! Never asks the clock: today always comes from outside.

mod due;
mod holidays;

pub use due::{due_day, due_days, has_come, is_due, month_before};
pub use holidays::{Holiday, holiday_on};
