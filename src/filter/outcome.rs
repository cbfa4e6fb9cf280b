//! The outcomes that a fact can have, and the sets of consent rules.

use crate::policy::ConsentRule;
use crate::registry::ConsentType;
use crate::value::all_of;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// What comes of a fact that is not quarantined: included, or the first reason against it.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
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
    pub const ALL: [Outcome; Outcome::VARIANTS.len()] = all_of(Outcome::VARIANTS);

    /// The outcome as it is written everywhere.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The outcome with this name.
    pub fn named(name: &str) -> Option<Outcome> {
        name.parse().ok()
    }
}

/// What is wrong with consent, for either type of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
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
        self.into()
    }

    /// The outcome of a fact that needs this type of consent.
    pub fn outcome(self, consent_type: ConsentType) -> Outcome {
        use Outcome::*;
        let (standard, disaster) = match self {
            ConsentFailure::Missing => (StandardConsentMissing, DisasterConsentMissing),
            ConsentFailure::NotYetEffective => {
                (StandardConsentNotYetEffective, DisasterConsentNotYetEffective)
            }
            ConsentFailure::Withdrawn => (StandardConsentWithdrawn, DisasterConsentWithdrawn),
            ConsentFailure::Lapsed => (StandardConsentLapsed, DisasterConsentLapsed),
        };
        match consent_type {
            ConsentType::Standard => standard,
            ConsentType::Disaster => disaster,
        }
    }
}

/// A set of consent rules: those under which something holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Debug)]
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
