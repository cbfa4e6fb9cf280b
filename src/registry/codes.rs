//! The coded values of an export.
//!
//! Each set is closed, and an enum: whoever adds a value has to say everywhere what it means, or it does not compile. So no
//! `match` on one of them may have an arm for all other values.

use strum::{EnumDiscriminants, EnumTryAs, IntoStaticStr, VariantArray};

/// What a consent is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum ConsentType {
    /// Standard immunizations.
    Standard,
    /// Disaster immunizations.
    Disaster,
}

/// Why a consent ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum EndReason {
    /// The client took it back.
    Withdrawn,
    /// It ran out.
    Expired,
}

/// DISASTER_FLAG: whether the registry calls an immunization a disaster immunization.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, IntoStaticStr, VariantArray)]
pub enum DisasterFlag {
    /// It does.
    Y,
    /// It does not.
    N,
}

/// What kind of product a vaccine is, as far as the export says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum ProductClass {
    /// A vaccine.
    Vaccine,
    /// An antibody against RSV.
    RsvTherapeutic,
    /// A treatment of COVID-19.
    CovidTherapeutic,
}

/// A value of one of the sets; [`CodeSet`] is the set alone, without a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumDiscriminants, EnumTryAs)]
#[strum_discriminants(
    name(CodeSet),
    vis(pub),
    doc = "A set of coded values: what a column of the export may hold."
)]
pub(crate) enum CodedValue {
    ConsentType(ConsentType),
    EndReason(EndReason),
    DisasterFlag(DisasterFlag),
    ProductClass(ProductClass),
}

impl CodeSet {
    /// Reads a value of the set, in any case.
    pub(super) fn read(self, text: &[u8]) -> Option<CodedValue> {
        match self {
            CodeSet::ConsentType => named(text).map(CodedValue::ConsentType),
            CodeSet::EndReason => named(text).map(CodedValue::EndReason),
            CodeSet::DisasterFlag => named(text).map(CodedValue::DisasterFlag),
            CodeSet::ProductClass => named(text).map(CodedValue::ProductClass),
        }
    }
}

impl CodeSet {
    /// The values, as the set spells them.
    pub(super) fn names(self) -> Vec<&'static str> {
        fn all<T: VariantArray + Copy + Into<&'static str>>() -> Vec<&'static str> {
            T::VARIANTS.iter().map(|value| (*value).into()).collect()
        }
        match self {
            CodeSet::ConsentType => all::<ConsentType>(),
            CodeSet::EndReason => all::<EndReason>(),
            CodeSet::DisasterFlag => all::<DisasterFlag>(),
            CodeSet::ProductClass => all::<ProductClass>(),
        }
    }
}

impl CodedValue {
    /// The value as the set spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            CodedValue::ConsentType(value) => value.into(),
            CodedValue::EndReason(value) => value.into(),
            CodedValue::DisasterFlag(value) => value.into(),
            CodedValue::ProductClass(value) => value.into(),
        }
    }
}

/// The variant with this name, in any case.
pub(super) fn named<T: VariantArray + Copy + Into<&'static str>>(text: &[u8]) -> Option<T> {
    T::VARIANTS.iter().copied().find(|value| {
        let name: &'static str = (*value).into();
        text.eq_ignore_ascii_case(name.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_values_of_each_set() {
        let check = |set: CodeSet, text: &str, expect: Option<&str>| {
            assert_eq!(set.read(text.as_bytes()).map(CodedValue::name), expect, "{set:?} {text:?}");
        };
        check(CodeSet::ConsentType, "standard", Some("STANDARD"));
        check(CodeSet::ConsentType, "DISASTER", Some("DISASTER"));
        check(CodeSet::ConsentType, "BOTH", None);
        check(CodeSet::EndReason, "Withdrawn", Some("WITHDRAWN"));
        check(CodeSet::EndReason, "EXPIRED", Some("EXPIRED"));
        check(CodeSet::EndReason, "", None);
        check(CodeSet::DisasterFlag, "y", Some("Y"));
        check(CodeSet::DisasterFlag, "N", Some("N"));
        check(CodeSet::DisasterFlag, "yes", None);
        check(CodeSet::ProductClass, "vaccine", Some("VACCINE"));
        check(CodeSet::ProductClass, "RSV_Therapeutic", Some("RSV_THERAPEUTIC"));
        check(CodeSet::ProductClass, "COVID_THERAPEUTIC", Some("COVID_THERAPEUTIC"));
        check(CodeSet::ProductClass, "CovidTherapeutic", None);
    }
}
