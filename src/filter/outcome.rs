//! What can come of a fact.

use crate::policy::ConsentRule;
use crate::registry::ConsentType;
use std::fmt;

/// What comes of a fact that is not quarantined: included, or the first reason against it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Outcome {
    /// Shared.
    Included,
    /// The policy does not name the client's type.
    UnknownClientType,
    /// The vaccination date is outside the window, or after the as-of date.
    OutsideDateWindow,
    /// A consent of the client could not be read.
    ConsentUnreadable,
    /// The client's type shares no disaster immunizations.
    DisasterNotPermitted,
    /// A disaster immunization outside the disaster period.
    DisasterOutsidePeriod,
    /// No disaster consent.
    DisasterConsentMissing,
    /// Every disaster consent begins after the as-of date.
    DisasterConsentNotYetEffective,
    /// Disaster consent was withdrawn.
    DisasterConsentWithdrawn,
    /// Disaster consent is not active as the policy's rule wants it.
    DisasterConsentLapsed,
    /// The client's type shares no standard immunizations.
    StandardNotPermitted,
    /// The child's consent ended with childhood.
    ChildConsentAgedOut,
    /// No standard consent.
    StandardConsentMissing,
    /// Every standard consent begins after the as-of date.
    StandardConsentNotYetEffective,
    /// Standard consent was withdrawn.
    StandardConsentWithdrawn,
    /// Standard consent is not active as the policy's rule wants it.
    StandardConsentLapsed,
    /// Nobody is responsible for the organization, or there is none.
    NoResponsibleEntity,
    /// The responsible entity's data go to nobody.
    NoRecipient,
}

impl Outcome {
    /// Every outcome, in the order of the rules.
    pub const ALL: [Outcome; 18] = [
        Outcome::Included,
        Outcome::UnknownClientType,
        Outcome::OutsideDateWindow,
        Outcome::ConsentUnreadable,
        Outcome::DisasterNotPermitted,
        Outcome::DisasterOutsidePeriod,
        Outcome::DisasterConsentMissing,
        Outcome::DisasterConsentNotYetEffective,
        Outcome::DisasterConsentWithdrawn,
        Outcome::DisasterConsentLapsed,
        Outcome::StandardNotPermitted,
        Outcome::ChildConsentAgedOut,
        Outcome::StandardConsentMissing,
        Outcome::StandardConsentNotYetEffective,
        Outcome::StandardConsentWithdrawn,
        Outcome::StandardConsentLapsed,
        Outcome::NoResponsibleEntity,
        Outcome::NoRecipient,
    ];

    /// The outcome as it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Included => "INCLUDED",
            Outcome::UnknownClientType => "UNKNOWN_CLIENT_TYPE",
            Outcome::OutsideDateWindow => "OUTSIDE_DATE_WINDOW",
            Outcome::ConsentUnreadable => "CONSENT_UNREADABLE",
            Outcome::DisasterNotPermitted => "DISASTER_NOT_PERMITTED",
            Outcome::DisasterOutsidePeriod => "DISASTER_OUTSIDE_PERIOD",
            Outcome::DisasterConsentMissing => "DISASTER_CONSENT_MISSING",
            Outcome::DisasterConsentNotYetEffective => "DISASTER_CONSENT_NOT_YET_EFFECTIVE",
            Outcome::DisasterConsentWithdrawn => "DISASTER_CONSENT_WITHDRAWN",
            Outcome::DisasterConsentLapsed => "DISASTER_CONSENT_LAPSED",
            Outcome::StandardNotPermitted => "STANDARD_NOT_PERMITTED",
            Outcome::ChildConsentAgedOut => "CHILD_CONSENT_AGED_OUT",
            Outcome::StandardConsentMissing => "STANDARD_CONSENT_MISSING",
            Outcome::StandardConsentNotYetEffective => "STANDARD_CONSENT_NOT_YET_EFFECTIVE",
            Outcome::StandardConsentWithdrawn => "STANDARD_CONSENT_WITHDRAWN",
            Outcome::StandardConsentLapsed => "STANDARD_CONSENT_LAPSED",
            Outcome::NoResponsibleEntity => "NO_RESPONSIBLE_ENTITY",
            Outcome::NoRecipient => "NO_RECIPIENT",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is wrong with consent, for either type of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConsentFailure {
    /// None was given.
    Missing,
    /// All begin after the as-of date.
    NotYetEffective,
    /// It was withdrawn.
    Withdrawn,
    /// It is not active as the rule wants it.
    Lapsed,
}

impl ConsentFailure {
    /// The failure in a word.
    pub fn name(self) -> &'static str {
        match self {
            ConsentFailure::Missing => "MISSING",
            ConsentFailure::NotYetEffective => "NOT_YET_EFFECTIVE",
            ConsentFailure::Withdrawn => "WITHDRAWN",
            ConsentFailure::Lapsed => "LAPSED",
        }
    }

    /// The outcome of a fact that needs this type of consent.
    pub fn outcome(self, consent_type: ConsentType) -> Outcome {
        match (consent_type, self) {
            (ConsentType::Disaster, ConsentFailure::Missing) => Outcome::DisasterConsentMissing,
            (ConsentType::Disaster, ConsentFailure::NotYetEffective) => {
                Outcome::DisasterConsentNotYetEffective
            }
            (ConsentType::Disaster, ConsentFailure::Withdrawn) => Outcome::DisasterConsentWithdrawn,
            (ConsentType::Disaster, ConsentFailure::Lapsed) => Outcome::DisasterConsentLapsed,
            (ConsentType::Standard, ConsentFailure::Missing) => Outcome::StandardConsentMissing,
            (ConsentType::Standard, ConsentFailure::NotYetEffective) => {
                Outcome::StandardConsentNotYetEffective
            }
            (ConsentType::Standard, ConsentFailure::Withdrawn) => Outcome::StandardConsentWithdrawn,
            (ConsentType::Standard, ConsentFailure::Lapsed) => Outcome::StandardConsentLapsed,
        }
    }
}

/// A set of consent rules: those under which something holds.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash, Debug)]
pub struct Readings(u8);

impl Readings {
    /// Under all of them.
    pub const ALL: Readings = Readings(0b111);
    /// Under none of them.
    pub const NONE: Readings = Readings(0);

    /// With this rule too, if `holds`.
    #[must_use]
    pub fn with(self, rule: ConsentRule, holds: bool) -> Readings {
        Readings(self.0 | (u8::from(holds) << rule as u8))
    }

    /// Whether this rule is one of them.
    pub fn contains(self, rule: ConsentRule) -> bool {
        self.0 & (1 << rule as u8) != 0
    }

    /// The set as a number, for keeping it.
    pub fn to_bits(self) -> u8 {
        self.0
    }

    /// The set that `to_bits` gave; none if it can't have.
    pub fn from_bits(bits: u8) -> Option<Readings> {
        (bits & !Readings::ALL.0 == 0).then_some(Readings(bits))
    }

    /// Whether it is none of them.
    pub fn is_empty(self) -> bool {
        self == Readings::NONE
    }
}
