//! Why a batch is held back, in words.
//!
//! Names files, recipients and counts. Never the date of a vaccination, which is a value of a row.

use crate::value::{Day, Month, PerCent, grouped, shown};
use std::fmt;

/// One reason to hold a batch back until a person has looked at it. Its text is without the code.
#[derive(thiserror::Error, strum::IntoStaticStr, Clone, PartialEq, Eq, Debug)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum HoldReason {
    /// A file of the export is not as it was when reading began.
    #[error("{}: the file was changed while it was read", shown(file))]
    ExportStillChanging { file: String },
    /// A file of the export was last changed more than `limit` days before the as-of date.
    #[error("{}: {}", shown(file), last_changed(*day, *limit))]
    ExportOld { file: String, day: Option<Day>, limit: u32 },
    /// The newest vaccination lies more than `limit` days before the as-of date.
    #[error("the newest vaccination is more than {limit} day(s) before the as-of date {as_of}")]
    NoRecentVaccination { as_of: Day, limit: u32 },
    /// The batch before cannot be read. Its month, where that is known.
    #[error("{}", nothing_to_compare_with(*month))]
    BatchBeforeUnreadable { month: Option<Month> },
    /// The number of shared facts, over all recipients, differs much from the batch before.
    #[error("all recipients together: {}", Change(*facts_before, *facts, "fact(s)"))]
    BatchChanged { facts_before: u64, facts: u64 },
    /// A recipient's number of rows differs much from the batch before.
    #[error("{}: {}", shown(recipient), Change(*rows_before, *rows, "row(s)"))]
    RecipientChanged { recipient: String, rows_before: u64, rows: u64 },
    /// The batch before has no file for this recipient.
    #[error("{}: not in the batch before, {} row(s) now", shown(recipient), grouped(*rows))]
    RecipientAppeared { recipient: String, rows: u64 },
    /// This batch has no file for a recipient of the batch before.
    #[error("{}: {} row(s) before, none now", shown(recipient), grouped(*rows_before))]
    RecipientVanished { recipient: String, rows_before: u64 },
}

impl HoldReason {
    /// Its code, for machines.
    pub fn code(&self) -> &'static str {
        self.into()
    }

    /// Its code and its text.
    pub fn line(&self) -> String {
        format!("{}: {self}", self.code())
    }
}

impl serde::Serialize for HoldReason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.line())
    }
}

fn last_changed(day: Option<Day>, limit: u32) -> String {
    match day {
        Some(day) => format!("last changed on {day}, more than {limit} day(s) before the as-of date"),
        None => "no telling when it was changed".to_owned(),
    }
}

fn nothing_to_compare_with(month: Option<Month>) -> String {
    match month {
        Some(month) => {
            format!("the batch of {month} cannot be read, so that nothing can be compared with it")
        }
        None => "no telling which the batch before is: the folder cannot be read".to_owned(),
    }
}

/// `1,000 row(s) before, 700 now (-30.0%)`
struct Change(u64, u64, &'static str);

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change(before, now, what) = *self;
        write!(f, "{} {what} before, {} now", grouped(before), grouped(now))?;
        match PerCent::change(before, now) {
            Some(change) => write!(f, " ({change:+})"),
            None => Ok(()),
        }
    }
}
