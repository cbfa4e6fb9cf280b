//! Whether a client's consents of one type count on the as-of date, and how a withdrawal cancels earlier ones.

use super::outcome::{ConsentFailure, Readings};
use crate::policy::ConsentRule;
use crate::registry::{Consent, ConsentType};
use crate::value::Day;

/// The span of days in which consent must lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lookback {
    /// Its first day.
    pub first_day: Day,
    /// Its last day.
    pub as_of: Day,
}

/// The part that a consent plays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConsentPart {
    /// None: it begins after the as-of date.
    NotBegun,
    /// None: it was withdrawn on or before the as-of date.
    Withdrawn,
    /// None: it began before such a withdrawal.
    Cancelled,
    /// It counts.
    Counts,
}

/// The consents of one type, with the part of each.
///
/// Consents that begin after the as-of date play none. A withdrawal on or before the as-of date cancels the
/// consent that was withdrawn and every consent that began before it.
pub fn consent_parts(
    consents: &[Consent],
    consent_type: ConsentType,
    as_of: Day,
) -> impl Iterator<Item = (&Consent, ConsentPart)> + Clone {
    let begun = move |c: &&Consent| c.consent_type == consent_type && c.effective <= as_of;
    let withdrawn_on = move |c: &Consent| c.end.filter(|end| c.is_withdrawn() && *end <= as_of);
    let last_withdrawal = consents.iter().filter(begun).filter_map(withdrawn_on).max();
    consents.iter().filter(move |c| c.consent_type == consent_type).map(move |consent| {
        let part = match last_withdrawal {
            _ if consent.effective > as_of => ConsentPart::NotBegun,
            _ if withdrawn_on(consent).is_some() => ConsentPart::Withdrawn,
            Some(withdrawal) if consent.effective < withdrawal => ConsentPart::Cancelled,
            _ => ConsentPart::Counts,
        };
        (consent, part)
    })
}

/// Judges the consents of one type: the rules that find it active, or why it fails under all of them.
///
/// # Errors
/// If no consent counts.
pub fn find_consent(
    consents: &[Consent],
    consent_type: ConsentType,
    birth: Day,
    lookback: Lookback,
) -> Result<Readings, ConsentFailure> {
    let parts = consent_parts(consents, consent_type, lookback.as_of);
    if parts.clone().next().is_none() {
        return Err(ConsentFailure::Missing);
    }
    if parts.clone().all(|(_, part)| part == ConsentPart::NotBegun) {
        return Err(ConsentFailure::NotYetEffective);
    }
    let standing =
        || parts.clone().filter(|(_, part)| *part == ConsentPart::Counts).map(|(consent, _)| consent);
    if standing().next().is_none() {
        return Err(ConsentFailure::Withdrawn);
    }
    let active_within = standing().any(|c| is_active_from(c, c.effective.max(lookback.first_day)));
    let active_on_as_of = standing().any(|c| is_active_from(c, lookback.as_of));
    let first_day = if birth > lookback.first_day {
        standing().map(|c| c.effective).min().unwrap_or(lookback.first_day)
    } else {
        lookback.first_day
    };
    let active_throughout = covers(standing, first_day, lookback.as_of);
    Ok(Readings::NONE
        .with(ConsentRule::ActiveWithinLookback, active_within)
        .with(ConsentRule::ActiveOnAsOf, active_on_as_of)
        .with(ConsentRule::ActiveThroughoutLookback, active_throughout))
}

/// Whether a consent that has begun by `day` is active on it.
fn is_active_from(consent: &Consent, day: Day) -> bool {
    consent.end.is_none_or(|end| day < end)
}

/// Whether on every day from `first_day` through `last_day` some consent is active.
fn covers<'a, I: Iterator<Item = &'a Consent>>(
    consents: impl Fn() -> I,
    first_day: Day,
    last_day: Day,
) -> bool {
    // Every day before `uncovered` is covered. A client has a handful of consents, so looking through them again
    // for the one that reaches furthest costs less than sorting would.
    let mut uncovered = first_day;
    loop {
        let reaching = consents().filter(|c| c.effective <= uncovered && is_active_from(c, uncovered));
        let mut furthest = None;
        for consent in reaching {
            match consent.end {
                None => return true,
                Some(end) => furthest = furthest.max(Some(end)),
            }
        }
        match furthest {
            None => return false,
            Some(end) if end > last_day => return true,
            Some(end) => uncovered = end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::EndReason;

    fn day(text: &str) -> Day {
        Day::parse(text.as_bytes()).unwrap()
    }

    /// `consents`: "2018-01-01..2020-01-01" expired, with "w" behind it withdrawn, "2018-01-01.." open.
    fn parse(consents: &str) -> Vec<Consent> {
        let parse_one = |text: &str| {
            let (effective, end) = text.split_once("..").unwrap();
            let (end, withdrawn) = end.strip_suffix('w').map_or((end, false), |end| (end, true));
            Consent {
                consent_type: ConsentType::Standard,
                effective: day(effective),
                end: (!end.is_empty()).then(|| day(end)),
                end_reason: withdrawn.then_some(EndReason::Withdrawn),
            }
        };
        consents.split_whitespace().map(parse_one).collect()
    }

    fn judge(consents: &str, birth: &str, as_of: &str) -> String {
        let as_of = day(as_of);
        let lookback = Lookback { first_day: as_of.years_before(5).unwrap(), as_of };
        match find_consent(&parse(consents), ConsentType::Standard, day(birth), lookback) {
            Err(failure) => format!("{failure:?}"),
            Ok(readings) => ["within", "as-of", "throughout"]
                .into_iter()
                .zip(ConsentRule::ALL)
                .filter(|(_, rule)| readings.contains(*rule))
                .map(|(name, _)| name)
                .collect::<Vec<_>>()
                .join(" "),
        }
    }

    /// As of 2024-07-08: the lookback begins on 2019-07-08.
    fn check(consents: &str, expect: &str) {
        assert_eq!(judge(consents, "1990-01-01", "2024-07-08"), expect, "{consents}");
    }

    #[test]
    fn without_a_standing_consent() {
        check("", "Missing");
        check("2024-07-09..", "NotYetEffective");
        check("2024-07-09.. 2025-01-01..", "NotYetEffective");
        check("2018-01-01..2020-01-01w", "Withdrawn");
        check("2018-01-01..2024-07-08w", "Withdrawn");
    }

    #[test]
    fn a_consent_is_active_from_its_first_day_to_the_day_before_its_end() {
        check("2015-01-01..", "within as-of throughout");
        check("2024-07-08..", "within as-of");
        check("2015-01-01..2024-07-08", "within");
        check("2015-01-01..2024-07-09", "within as-of throughout");
        check("2015-01-01..2019-07-08", "");
        check("2015-01-01..2019-07-09", "within");
        check("2019-07-08..", "within as-of throughout");
        check("2019-07-09..", "within as-of");
        check("2022-01-01..2022-01-01", "");
        check("2024-07-08..2024-07-08", "");
        check("2015-01-01..9999-12-31", "within as-of throughout");
    }

    #[test]
    fn a_withdrawal_cancels_what_came_before_it() {
        check("2015-01-01.. 2018-01-01..2020-01-01w", "Withdrawn");
        check("2015-01-01..2020-01-01w 2020-01-01..", "within as-of");
        check("2015-01-01..2020-01-01w 2019-12-31..", "Withdrawn");
        check("2015-01-01..2020-01-01w 2021-01-01..2022-01-01w", "Withdrawn");
        check("2015-01-01..2020-01-01w 2021-01-01..2022-01-01w 2022-01-01..", "within as-of");
        // One still to come cancels nothing yet.
        check("2015-01-01..2024-07-09w", "within as-of throughout");
        check("2015-01-01..2024-07-09w 2016-01-01..2017-01-01w", "Withdrawn");
        // Withdrawn before it began to count, by a consent that begins later: no part is played.
        check("2015-01-01.. 2024-07-09..2024-07-10w", "within as-of throughout");
    }

    #[test]
    fn days_between_consents_count() {
        check("2015-01-01..2022-01-01 2022-01-01..", "within as-of throughout");
        check("2015-01-01..2022-01-01 2022-01-02..", "within as-of");
        check("2022-01-01.. 2015-01-01..2022-01-01", "within as-of throughout");
        check("2015-01-01..2020-01-01 2019-01-01..2023-01-01 2021-06-01..", "within as-of throughout");
        check("2015-01-01..2020-01-01 2016-01-01..2018-01-01 2020-01-02..", "within as-of");
    }

    #[test]
    fn a_client_born_in_the_lookback_is_covered_from_the_first_consent() {
        let check = |consents: &str, birth: &str, expect: &str| {
            assert_eq!(judge(consents, birth, "2024-07-08"), expect, "{consents} {birth}");
        };
        check("2021-02-01..", "2021-01-01", "within as-of throughout");
        check("2021-02-01..2022-01-01 2022-03-01..", "2021-01-01", "within as-of");
        check("2021-02-01..", "2019-07-08", "within as-of");
        check("2021-02-01..", "2019-07-09", "within as-of throughout");
        // A withdrawn consent is none of those left, so the first one is the later.
        check("2021-02-01..2022-01-01w 2022-03-01..", "2021-01-01", "within as-of throughout");
        // A consent that was never active is one of those left all the same.
        check("2021-02-01..2021-02-01 2021-03-01..", "2021-01-01", "within as-of");
    }

    #[test]
    fn the_lookback_of_29_february() {
        let check = |consents: &str, expect: &str| {
            assert_eq!(judge(consents, "1990-01-01", "2024-02-29"), expect, "{consents}");
        };
        check("2019-02-28..", "within as-of throughout");
        check("2019-03-01..", "within as-of");
        check("2010-01-01..2019-02-28", "");
        check("2010-01-01..2019-03-01", "within");
    }

    #[test]
    fn the_other_types_consents_play_no_part() {
        let mut consents = parse("2015-01-01..2020-01-01w");
        consents.extend(
            parse("2015-01-01..").into_iter().map(|c| Consent { consent_type: ConsentType::Disaster, ..c }),
        );
        let lookback = Lookback { first_day: day("2019-07-08"), as_of: day("2024-07-08") };
        let find = |t| find_consent(&consents, t, day("1990-01-01"), lookback);
        assert_eq!(find(ConsentType::Standard), Err(ConsentFailure::Withdrawn));
        assert!(find(ConsentType::Disaster).is_ok());
    }

    proptest::proptest! {
        /// The rules, day by day, over a few made-up weeks; and each rule lets in no more than the one before.
        #[test]
        fn agrees_with_looking_at_every_day(
            rows in proptest::collection::vec((0u32..40, proptest::option::of(0u32..40), proptest::bool::ANY), 1..5),
            birth in 0u32..40, first in 10u32..20, length in 0u32..15,
        ) {
            let nth = |n: u32| Day::new(2020 + n / 28, n / 28 % 12 + 1, n % 28 + 1).unwrap();
            let next = |d: Day| (0..100).map(nth).find(|n| *n > d).unwrap();
            let consents: Vec<Consent> = rows.iter().map(|(start, length, withdrawn)| Consent {
                consent_type: ConsentType::Standard,
                effective: nth(*start),
                end: length.map(|l| nth(start + l)),
                end_reason: (*withdrawn && length.is_some()).then_some(EndReason::Withdrawn),
            }).collect();
            let (first_day, as_of, birth) = (nth(first), nth(first + length), nth(birth));
            let finding = find_consent(&consents, ConsentType::Standard, birth, Lookback { first_day, as_of });

            let begun: Vec<_> = consents.iter().filter(|c| c.effective <= as_of).collect();
            let is_withdrawn = |c: &Consent| c.is_withdrawn() && c.end.unwrap() <= as_of;
            let last = begun.iter().filter(|c| is_withdrawn(c)).map(|c| c.end.unwrap()).max();
            let left: Vec<_> = begun.iter().filter(|c| !is_withdrawn(c) && last.is_none_or(|w| c.effective >= w)).collect();
            let active = |d: Day| left.iter().any(|c| c.effective <= d && c.end.is_none_or(|e| d < e));
            let days = |from: Day| { let mut d = from; std::iter::from_fn(move || { let now = d; d = next(d); (now <= as_of).then_some(now) }) };
            match finding {
                Err(ConsentFailure::NotYetEffective) => proptest::prop_assert!(begun.is_empty()),
                Err(ConsentFailure::Withdrawn) => proptest::prop_assert!(!begun.is_empty() && left.is_empty()),
                Err(_) => proptest::prop_assert!(false),
                Ok(readings) => {
                    let from = if birth > first_day { left.iter().map(|c| c.effective).min().unwrap() } else { first_day };
                    let holds = [days(first_day).any(active), active(as_of), days(from).all(active)];
                    for (rule, holds) in ConsentRule::ALL.into_iter().zip(holds) {
                        proptest::prop_assert_eq!(readings.contains(rule), holds, "{}", rule);
                    }
                    proptest::prop_assert!(holds.is_sorted_by(|wide, narrow| wide >= narrow));
                }
            }
        }
    }
}
