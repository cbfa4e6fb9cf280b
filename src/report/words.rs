//! Codes and days in words, as the report says them.

use crate::filter::Outcome;
use crate::policy::ConsentRule;
use crate::registry::Code;
use crate::value::{Day, Month};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn name_of(month: u32) -> &'static str {
    MONTHS.get(month.saturating_sub(1) as usize).copied().unwrap_or_default()
}

/// A day as `July 8, 2024`.
pub(super) fn day(day: Day) -> String {
    format!("{} {}, {}", name_of(day.month_of_year()), day.day_of_month(), day.year())
}

/// A month as `July 2024`.
pub(super) fn month(month: Month) -> String {
    format!("{} {}", name_of(month.month_of_year()), month.year())
}

/// The first letters of a month's name, by its number less one.
pub(super) fn short_months() -> impl Iterator<Item = &'static str> {
    MONTHS.into_iter().map(|name| &name[..3])
}

/// Why a fact could not be used.
pub(super) fn of_quarantine(code: &str) -> &'static str {
    Code::named(code).map_or("", Code::meaning)
}

/// Why a fact is not shared.
pub(super) fn of_outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Included => "shared",
        Outcome::UnknownClientType => "the policy does not name the client's type",
        Outcome::OutsideDateWindow => "vaccinated outside the dates that are shared",
        Outcome::ConsentUnreadable => "a consent of the client could not be read, and it may be a withdrawal",
        Outcome::DisasterNotPermitted => "the client's type shares no disaster immunizations",
        Outcome::DisasterOutsidePeriod => "a disaster immunization dated outside the disaster",
        Outcome::DisasterConsentMissing => "the client has no disaster consent",
        Outcome::DisasterConsentNotYetEffective => "the disaster consent begins after the as-of date",
        Outcome::DisasterConsentWithdrawn => "the disaster consent was withdrawn",
        Outcome::DisasterConsentLapsed => "the disaster consent is not active as the rule wants it",
        Outcome::StandardNotPermitted => "the client's type shares no standard immunizations",
        Outcome::ChildConsentAgedOut => "the consent was given for a child who has come of age",
        Outcome::StandardConsentMissing => "the client has no standard consent",
        Outcome::StandardConsentNotYetEffective => "the standard consent begins after the as-of date",
        Outcome::StandardConsentWithdrawn => "the standard consent was withdrawn",
        Outcome::StandardConsentLapsed => "the standard consent is not active as the rule wants it",
        Outcome::NoResponsibleEntity => "nobody is responsible for the organization, or none is named",
        Outcome::NoRecipient => "the responsible entity's data go to nobody",
    }
}

/// What a consent rule asks for.
pub(super) fn of_rule(rule: ConsentRule) -> &'static str {
    match rule {
        ConsentRule::ActiveWithinLookback => "active on at least one day of the years looked back on",
        ConsentRule::ActiveOnAsOf => "active on the as-of date",
        ConsentRule::ActiveThroughoutLookback => "active on every day of the years looked back on",
    }
}
