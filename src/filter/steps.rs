//! The rules that led to an outcome: which passed the fact, which spoke against it, which were not asked any more.
//!
//! It follows from the outcome alone, because each outcome is one rule's and the rules have an order; nothing is
//! decided here a second time.

use super::outcome::Outcome;
use crate::registry::ConsentType;

/// A rule, in the order in which they are asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// Whether the policy names the client's type.
    ClientType,
    /// Whether the date lies in the window.
    DateWindow,
    /// Whether every consent of the client could be read.
    ConsentReadable,
    /// Whether the client's type may share immunizations of this kind.
    Permitted,
    /// Whether a disaster immunization was given in the disaster.
    DisasterPeriod,
    /// Whether a child's consent still holds.
    ChildAge,
    /// Whether the client's consents of the kind needed pass.
    Consent,
    /// Whether somebody is responsible for the organization.
    ResponsibleEntity,
    /// Whether somebody receives the entity's data.
    Recipient,
}

/// What a rule said of a fact. The texts are those of an explanation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Verdict {
    /// Nothing against it.
    Passes,
    /// It is the reason why the fact is out.
    Against,
    /// It was not asked: a rule before it had spoken.
    #[strum(serialize = "not asked")]
    NotAsked,
}

impl Rule {
    /// The rules that are asked of a fact that needs this type of consent.
    fn asked(needed: ConsentType) -> [Rule; 8] {
        let own = match needed {
            ConsentType::Disaster => Rule::DisasterPeriod,
            ConsentType::Standard => Rule::ChildAge,
        };
        [
            Rule::ClientType,
            Rule::DateWindow,
            Rule::ConsentReadable,
            Rule::Permitted,
            own,
            Rule::Consent,
            Rule::ResponsibleEntity,
            Rule::Recipient,
        ]
    }

    /// The rule whose word an outcome is; none for an included fact.
    fn of(outcome: Outcome) -> Option<Rule> {
        Some(match outcome {
            Outcome::Included => return None,
            Outcome::UnknownClientType => Rule::ClientType,
            Outcome::OutsideDateWindow => Rule::DateWindow,
            Outcome::ConsentUnreadable => Rule::ConsentReadable,
            Outcome::DisasterNotPermitted | Outcome::StandardNotPermitted => Rule::Permitted,
            Outcome::DisasterOutsidePeriod => Rule::DisasterPeriod,
            Outcome::ChildConsentAgedOut => Rule::ChildAge,
            Outcome::DisasterConsentMissing
            | Outcome::DisasterConsentNotYetEffective
            | Outcome::DisasterConsentWithdrawn
            | Outcome::DisasterConsentLapsed
            | Outcome::StandardConsentMissing
            | Outcome::StandardConsentNotYetEffective
            | Outcome::StandardConsentWithdrawn
            | Outcome::StandardConsentLapsed => Rule::Consent,
            Outcome::NoResponsibleEntity => Rule::ResponsibleEntity,
            Outcome::NoRecipient => Rule::Recipient,
        })
    }
}

/// What each rule said of a fact that needs this type of consent and came to this outcome, in order.
pub fn steps(needed: ConsentType, outcome: Outcome) -> [(Rule, Verdict); 8] {
    let against = Rule::of(outcome);
    let mut is_decided = false;
    Rule::asked(needed).map(|rule| {
        let verdict = match against {
            _ if is_decided => Verdict::NotAsked,
            Some(against) if against == rule => Verdict::Against,
            _ => Verdict::Passes,
        };
        is_decided |= verdict == Verdict::Against;
        (rule, verdict)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_some_rules_word() {
        for outcome in Outcome::ALL {
            let is_disaster = outcome.name().starts_with("DISASTER");
            let needed = if is_disaster { ConsentType::Disaster } else { ConsentType::Standard };
            let verdicts = steps(needed, outcome).map(|(_, verdict)| verdict);
            let against = verdicts.iter().filter(|verdict| **verdict == Verdict::Against).count();
            assert_eq!(against, usize::from(outcome != Outcome::Included), "{outcome}");
            assert!(verdicts.is_sorted_by_key(|verdict| *verdict as u8), "{outcome}: {verdicts:?}");
        }
    }
}
