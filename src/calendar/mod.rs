//! The calendar of the monthly files: the second Mondays they are due by, and the US federal holidays that some of
//! these fall on.
//!
//! Only counts days. Never asks the clock: today always comes from outside.

mod days;
mod due;
mod holidays;

pub use days::Weekday;
pub(crate) use days::{day, number_of};
pub use due::{due_day, due_days, has_come, is_due};
pub use holidays::{Holiday, holiday_on, holidays};
