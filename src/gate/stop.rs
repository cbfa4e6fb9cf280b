//! What speaks against publishing a batch, in words.
//!
//! Names files, recipients and counts; never a date of a vaccination, which is a value of a row.

use crate::value::{Day, Month, PerCent, grouped, shown};
use std::fmt;

/// One thing that speaks against publishing a batch without a look.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stop {
    /// A file of the export is not as it was when reading began.
    StillChanging {
        /// The file.
        file: String,
    },
    /// A file of the export was last changed too long before the as-of date.
    OldExport {
        /// The file.
        file: String,
        /// The day it was changed on, where that is known.
        day: Option<Day>,
        /// The most days that are allowed.
        limit: u32,
    },
    /// The newest vaccination lies too long before the as-of date.
    NoRecentVaccination {
        /// The as-of date.
        as_of: Day,
        /// The most days that are allowed.
        limit: u32,
    },
    /// The batch before cannot be read.
    NothingToCompareWith {
        /// Its month, where that is known.
        month: Option<Month>,
    },
    /// The facts that are shared have grown or dropped by much, all recipients taken together.
    AllChanged {
        /// How many the batch before shares.
        facts_before: u64,
        /// How many this one shares.
        facts: u64,
    },
    /// A recipient's rows have grown or dropped by much.
    Changed {
        /// The recipient.
        recipient: String,
        /// Its rows in the batch before.
        rows_before: u64,
        /// Its rows now.
        rows: u64,
    },
    /// A recipient that the batch before does not have.
    Appeared {
        /// The recipient.
        recipient: String,
        /// Its rows.
        rows: u64,
    },
    /// A recipient of the batch before that has no rows any more.
    Vanished {
        /// The recipient.
        recipient: String,
        /// Its rows in the batch before.
        rows_before: u64,
    },
}

impl Stop {
    /// Its code, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Stop::StillChanging { .. } => "EXPORT_STILL_CHANGING",
            Stop::OldExport { .. } => "EXPORT_OLD",
            Stop::NoRecentVaccination { .. } => "NO_RECENT_VACCINATION",
            Stop::NothingToCompareWith { .. } => "BATCH_BEFORE_UNREADABLE",
            Stop::AllChanged { .. } => "BATCH_CHANGED",
            Stop::Changed { .. } => "RECIPIENT_CHANGED",
            Stop::Appeared { .. } => "RECIPIENT_APPEARED",
            Stop::Vanished { .. } => "RECIPIENT_VANISHED",
        }
    }
}

impl serde::Serialize for Stop {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.code())?;
        match self {
            Stop::StillChanging { file } => {
                write!(f, "{}: the file was changed while it was read", shown(file))
            }
            Stop::OldExport { file, day: Some(day), limit } => {
                write!(
                    f,
                    "{}: last changed on {day}, more than {limit} day(s) before the as-of date",
                    shown(file)
                )
            }
            Stop::OldExport { file, day: None, .. } => {
                write!(f, "{}: no telling when it was changed", shown(file))
            }
            Stop::NoRecentVaccination { as_of, limit } => {
                write!(f, "the newest vaccination is more than {limit} day(s) before the as-of date {as_of}")
            }
            Stop::NothingToCompareWith { month: Some(month) } => {
                write!(f, "the batch of {month} cannot be read, so that nothing can be compared with it")
            }
            Stop::NothingToCompareWith { month: None } => {
                write!(f, "no telling which the batch before is: the folder cannot be read")
            }
            Stop::Changed { recipient, rows_before, rows } => {
                write!(f, "{}: {}", shown(recipient), Change(*rows_before, *rows, "row(s)"))
            }
            Stop::AllChanged { facts_before, facts } => {
                write!(f, "all recipients together: {}", Change(*facts_before, *facts, "fact(s)"))
            }
            Stop::Appeared { recipient, rows } => {
                write!(f, "{}: not in the batch before, {} row(s) now", shown(recipient), grouped(*rows))
            }
            Stop::Vanished { recipient, rows_before } => {
                write!(f, "{}: {} row(s) before, none now", shown(recipient), grouped(*rows_before))
            }
        }
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
