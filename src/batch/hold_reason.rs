//! Why a batch is held back, in words.
//!
//! Names files, tables, columns, codes, entities, recipients and counts. Never a value of a client's row, nor the date of
//! a vaccination.

use crate::value::{Day, Month, PerCent, grouped, shown};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One reason to hold a batch back until a person has looked at it. Its text is without the code.
#[derive(thiserror::Error, strum::IntoStaticStr, Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[serde(tag = "code", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HoldReason {
    /// A file of the export is not as it was when reading began.
    #[error("{}: the file was changed while it was read", shown(file))]
    ExportStillChanging { file: String },
    /// A file of the export was last changed more than `limit` days before the as-of date.
    #[error("{}: {}", shown(file), last_changed(*day, *limit))]
    ExportOld { file: String, day: Option<Day>, limit: u32 },
    /// A file of the export was last changed after the day that the machine's clock shows.
    #[error(
        "{}: last changed on {day}, after the as-of date {as_of}, which is the day that the clock shows",
        shown(file)
    )]
    NewerThanAsOf { file: String, day: Day, as_of: Day },
    /// The as-of date is after the policy's window.
    #[error(
        "the as-of date {as_of} is after the policy's window, which ends on {last_day}: new vaccinations are left out"
    )]
    WindowOver { as_of: Day, last_day: Day },
    /// Every table holds what it held for the batch before.
    #[error("every table holds what it held for the batch of {month}: it is the same export again")]
    SameExport { month: Month },
    /// Consents are those of the batch before, immunizations are not.
    #[error(
        "the table consents holds what it held for the batch of {month}, and immunizations does not: withdrawals since \
         then may be missing"
    )]
    SameConsents { month: Month },
    /// Records of consents that stand there more than once.
    #[error(
        "{} record(s) of consents are an earlier record again: an export made in pages may have another one missing",
        grouped(*records)
    )]
    RepeatedConsents { records: u64 },
    /// The newest vaccination lies more than `limit` days before the as-of date.
    #[error("the newest vaccination is more than {limit} day(s) before the as-of date {as_of}")]
    NoRecentVaccination { as_of: Day, limit: u32 },
    /// No fact is included.
    #[error("no immunization fact is shared")]
    NothingShared,
    /// Many facts are left out because something about them is unknown.
    #[error("{} of {} fact(s) are {outcome} ({})", grouped(*facts), grouped(*of), share(*facts, *of))]
    MaxUnknown { outcome: String, facts: u64, of: u64 },
    /// Entities of the recipients table that no organization has.
    #[error(
        "no organization has the responsible entity {}, which the recipients table names",
        list(entities)
    )]
    UnmatchedRecipients { entities: Vec<String> },
    /// Names that look the same, by twos.
    #[error("{}", alike(pairs))]
    LookAlikes { pairs: Vec<[String; 2]> },
    /// The batch before cannot be read, or only a file of what it keeps. Its month, where that is known.
    #[error("{}", nothing_to_compare_with(*month, file.as_deref()))]
    BatchBeforeUnreadable {
        month: Option<Month>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
    /// The share of an outcome among facts, or of a quarantine code among a table's rows, has moved.
    #[error("{table}, {name}: {} before, {} now", of_all(*before), of_all(*now))]
    MaxExcludedChange { table: String, name: String, before: Share, now: Share },
    /// The share of blanks in a column has moved.
    #[error("blanks in {column}: {} before, {} now", of_all(*before), of_all(*now))]
    MaxBlankChange { column: String, before: Share, now: Share },
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

/// So many of so many.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share {
    pub count: u64,
    pub of: u64,
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

    /// What a person should do about it, beside looking.
    pub fn advice(&self) -> &'static str {
        match self {
            HoldReason::ExportStillChanging { .. } => "run again once the export is no longer written to",
            HoldReason::ExportOld { .. }
            | HoldReason::SameExport { .. }
            | HoldReason::SameConsents { .. } => {
                "have a new export made; release only if nothing has changed at the registry since"
            }
            HoldReason::NewerThanAsOf { .. } => "set the machine's clock, or give the day with --as-of",
            HoldReason::WindowOver { .. } => {
                "give a policy whose window goes on; or, if it has ended for good, stop making batches"
            }
            HoldReason::RepeatedConsents { .. } => {
                "have the export made again, in one piece or in a fixed order"
            }
            HoldReason::NoRecentVaccination { .. } => {
                "ask whether the registry's intake has stopped, or the export is old"
            }
            HoldReason::NothingShared => "look at qa/counts.csv: what are the facts left out for?",
            HoldReason::MaxUnknown { .. } => {
                "look at the codes of CLIENT_TYPE, and at who is responsible for the organizations"
            }
            HoldReason::UnmatchedRecipients { .. } => {
                "compare the spelling in recipients with that in organizations"
            }
            HoldReason::LookAlikes { .. } => {
                "if they are one, spell them alike, or give the recipients table a row for each spelling"
            }
            HoldReason::BatchBeforeUnreadable { .. } => {
                "restore the batch before, or look at this one as at a first"
            }
            HoldReason::MaxExcludedChange { .. } | HoldReason::MaxBlankChange { .. } => {
                "find out what has changed at the registry, or in how the export is made"
            }
            HoldReason::BatchChanged { .. }
            | HoldReason::RecipientChanged { .. }
            | HoldReason::RecipientAppeared { .. }
            | HoldReason::RecipientVanished { .. } => {
                "compare with the batch before (phds diff), and ask those who know the recipient"
            }
        }
    }
}

fn last_changed(day: Option<Day>, limit: u32) -> String {
    match day {
        Some(day) => format!("last changed on {day}, more than {limit} day(s) before the as-of date"),
        None => "no telling when it was changed".to_owned(),
    }
}

fn nothing_to_compare_with(month: Option<Month>, file: Option<&str>) -> String {
    match (month, file) {
        (Some(month), Some(file)) => {
            format!("{file} of the batch of {month} cannot be read, so that what it keeps cannot be compared")
        }
        (Some(month), None) => {
            format!("the batch of {month} cannot be read, so that nothing can be compared with it")
        }
        (None, _) => "no telling which the batch before is: the folder cannot be read".to_owned(),
    }
}

fn share(part: u64, whole: u64) -> String {
    PerCent::of(part, whole).map_or_else(|| "-".to_owned(), |share| share.to_string())
}

fn of_all(Share { count, of }: Share) -> String {
    format!("{} of {} ({})", grouped(count), grouped(of), share(count, of))
}

/// More names than this are counted, not listed.
const MOST_NAMES: usize = 10;

fn list(names: &[String]) -> String {
    first_of(names, ", ", |name| shown(name).to_string())
}

/// `Travis and Travis look the same and are not (...)`; of several pairs, one behind the other.
fn alike(pairs: &[[String; 2]]) -> String {
    let both = |[one, other]: &[String; 2]| format!("{} and {}", shown(one), shown(other));
    match pairs {
        [pair @ [one, other]] => format!("{} look the same and are not{}", both(pair), differing(one, other)),
        _ => {
            let pair = |pair: &[String; 2]| both(pair) + &differing(&pair[0], &pair[1]);
            format!("names look the same and are not: {}", first_of(pairs, "; ", pair))
        }
    }
}

/// The first of a list, in words, and how many more there are.
fn first_of<T>(all: &[T], between: &str, word: impl Fn(&T) -> String) -> String {
    let first: Vec<String> = all.iter().take(MOST_NAMES).map(word).collect();
    match all.len().saturating_sub(MOST_NAMES) {
        0 => first.join(between),
        more => format!("{} and {} more", first.join(between), grouped(more as u64)),
    }
}

/// The characters of either name that the other does not have, by number: on the screen they look alike.
fn differing(one: &str, other: &str) -> String {
    let only = |text: &str, not_in: &str| {
        let mut found: Vec<String> =
            text.chars().filter(|c| !not_in.contains(*c)).map(|c| format!("U+{:04X}", c as u32)).collect();
        found.dedup();
        found.truncate(MOST_NAMES);
        found.join(" ")
    };
    match (only(one, other), only(other, one)) {
        (first, second) if first.is_empty() && second.is_empty() => String::new(),
        (first, second) if first.is_empty() => format!(" (only the second has {second})"),
        (first, second) if second.is_empty() => format!(" (only the first has {first})"),
        (first, second) => format!(" (the first has {first}, the second {second})"),
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
