//! Codes and days in words, as the report says them.

use crate::filter::Outcome;
use crate::policy::ConsentRule;
use crate::value::{Day, Month};

fn name_of(month: u32) -> &'static str {
    let month = u8::try_from(month).ok().and_then(|month| chrono::Month::try_from(month).ok());
    month.map_or("", |month| month.name())
}

/// A day as `July 8, 2024`.
pub(super) fn day(day: Day) -> String {
    format!("{} {}, {}", name_of(day.month_of_year()), day.day_of_month(), day.year())
}

/// A day as `Jul 8, 2024`.
pub(super) fn short_day(day: Day) -> String {
    let month = name_of(day.month_of_year()).get(..3).unwrap_or_default();
    format!("{month} {}, {}", day.day_of_month(), day.year())
}

/// A moment such as `2024-07-09T14:03:00Z` as `July 9, 2024, 14:03 UTC`; any other text as it is.
pub(super) fn moment(text: &str) -> String {
    let parts = text.strip_suffix('Z').and_then(|text| text.split_once('T'));
    let parts = parts.and_then(|(date, time)| Some((Day::parse(date.as_bytes())?, time.get(..5)?)));
    parts.map_or_else(|| text.to_owned(), |(date, time)| format!("{}, {time} UTC", day(date)))
}

/// A month as `July 2024`.
pub(super) fn month(month: Month) -> String {
    format!("{} {}", name_of(month.month_of_year()), month.year())
}

/// The first letters of the months' names, from January.
pub(super) fn short_months() -> impl Iterator<Item = &'static str> {
    (1..=12).map(|month| &name_of(month)[..3])
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
