//! Whether an immunization is a disaster immunization or a standard one.

use crate::policy::{Disaster, Policy};
use crate::registry::{ConsentType, DisasterFlag, ProductClass, Vaccine};
use crate::value::{Day, text};

/// What a vaccine alone says of the kind of its immunizations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ProductKind {
    /// Disaster immunizations always: COVID therapeutics.
    Disaster,
    /// Standard immunizations always: RSV therapeutics.
    Standard,
    /// It depends on the immunization: its flag, and without one its date, and its group or the vaccine's code.
    Depends {
        /// Whether the CVX code is one of the disaster's.
        has_disaster_code: bool,
    },
}

impl ProductKind {
    /// The vaccine's class decides; a vaccine without one is an RSV therapeutic if its CVX code is one of the
    /// policy's.
    pub(super) fn of(vaccine: &Vaccine, policy: &Policy) -> ProductKind {
        match vaccine.class {
            Some(ProductClass::CovidTherapeutic) => ProductKind::Disaster,
            Some(ProductClass::RsvTherapeutic) => ProductKind::Standard,
            None if is_listed(&vaccine.cvx, &policy.rsv_cvx) => ProductKind::Standard,
            Some(ProductClass::Vaccine) | None => {
                ProductKind::Depends { has_disaster_code: is_listed(&vaccine.cvx, &policy.disaster.cvx) }
            }
        }
    }
}

/// Whether a CVX code is one of a policy's. Codes of digits are compared as numbers, others as texts: databases drop
/// leading zeros, and add them.
pub fn is_listed(cvx: &[u8], codes: &[String]) -> bool {
    let wanted = number(cvx);
    codes.iter().any(|code| match (wanted, number(code.as_bytes())) {
        (Some(wanted), Some(code)) => wanted == code,
        _ => cvx == code.as_bytes(),
    })
}

/// The digits of a whole number, without leading zeros.
fn number(code: &[u8]) -> Option<&[u8]> {
    let is_number = !code.is_empty() && code.iter().all(u8::is_ascii_digit);
    is_number.then(|| &code[code.iter().take_while(|digit| **digit == b'0').count()..])
}

/// The disaster, its vaccine groups in lower case.
#[derive(Debug)]
pub(super) struct DisasterGroups {
    period: crate::policy::Period,
    lowered: Vec<String>,
}

impl DisasterGroups {
    pub(super) fn new(disaster: &Disaster) -> DisasterGroups {
        let lowered = disaster.vaccine_groups.iter().map(|group| group.to_lowercase()).collect();
        DisasterGroups { period: disaster.period, lowered }
    }

    /// The consent an immunization needs: that of its product's kind, else of its flag's, else, without a flag,
    /// disaster consent if its date is in the disaster, and its group or its vaccine's CVX code one of the disaster's.
    pub(super) fn consent_needed(
        &self,
        product: ProductKind,
        flag: Option<DisasterFlag>,
        group: &[u8],
        date: Day,
    ) -> ConsentType {
        let is_disaster = match (product, flag) {
            (ProductKind::Disaster, _) => true,
            (ProductKind::Standard, _) => false,
            (ProductKind::Depends { .. }, Some(flag)) => flag == DisasterFlag::Y,
            (ProductKind::Depends { has_disaster_code }, None) => {
                self.period.contains(date)
                    && (has_disaster_code || self.lowered.iter().any(|g| text::equals_lowered(group, g)))
            }
        };
        if is_disaster { ConsentType::Disaster } else { ConsentType::Standard }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disaster_or_standard() {
        let policy = Policy::built_in().unwrap();
        let groups = DisasterGroups::new(&policy.disaster);
        // The product's class and CVX code, the flag, the group and the date.
        let check = |class: &str, cvx: &str, flag: &str, group: &str, date: &str, expect: ConsentType| {
            let class = match class {
                "vaccine" => Some(ProductClass::Vaccine),
                "rsv" => Some(ProductClass::RsvTherapeutic),
                "covid" => Some(ProductClass::CovidTherapeutic),
                _ => None,
            };
            let product = ProductKind::of(&Vaccine { cvx: cvx.into(), class }, &policy);
            let flag = match flag {
                "Y" => Some(DisasterFlag::Y),
                "N" => Some(DisasterFlag::N),
                _ => None,
            };
            let date = Day::parse(date.as_bytes()).unwrap();
            let got = groups.consent_needed(product, flag, group.as_bytes(), date);
            assert_eq!(got, expect, "{class:?} {cvx} {flag:?} {group} {date}");
        };
        use ConsentType::{Disaster, Standard};
        check("covid", "", "N", "", "2022-01-01", Disaster);
        check("covid", "", "", "", "2024-01-01", Disaster);
        check("rsv", "", "Y", "COV", "2022-01-01", Standard);
        check("", "93", "Y", "RSV", "2022-01-01", Standard);
        check("", "306", "", "RSV", "2023-10-01", Standard);
        check("", "305", "Y", "RSV", "2022-01-01", Disaster);
        // A class that is given goes before the CVX code.
        check("vaccine", "93", "Y", "RSV", "2022-01-01", Disaster);
        check("vaccine", "208", "Y", "FLU", "2018-01-01", Disaster);
        check("vaccine", "208", "N", "COV", "2022-01-01", Standard);
        // Without a flag, by group and date; both ends of the period are in.
        check("", "208", "", "COV", "2020-02-29", Standard);
        check("", "208", "", "COV", "2020-03-01", Disaster);
        check("", "208", "", "cov", "2023-06-15", Disaster);
        check("", "208", "", "Covid-19", "2023-06-15", Disaster);
        check("", "208", "", "COV", "2023-06-16", Standard);
        check("", "03", "", "FLU", "2022-01-01", Standard);
        check("", "03", "", "", "2022-01-01", Standard);
        // Without a flag, by CVX code and date.
        check("", "208", "", "FLU", "2022-01-01", Disaster);
        check("vaccine", "208", "", "", "2020-03-01", Disaster);
        check("", "208", "", "", "2020-02-29", Standard);
        check("", "208", "", "", "2023-06-16", Standard);
        check("", "0208", "", "COVID19", "2021-03-05", Disaster);
        check("", "208", "N", "", "2022-01-01", Standard);
        check("", "209", "", "", "2022-01-01", Standard);
        // Codes are numbers where both are digits.
        check("", "093", "Y", "RSV", "2022-01-01", Standard);
        check("", "93x", "Y", "RSV", "2022-01-01", Disaster);
    }

    #[test]
    fn compares_codes() {
        let check = |cvx: &str, code: &str, expect: bool| {
            assert_eq!(is_listed(cvx.as_bytes(), &[code.to_owned()]), expect, "{cvx:?} {code:?}");
        };
        check("93", "93", true);
        check("093", "93", true);
        check("93", "0093", true);
        check("930", "93", false);
        check("0", "00", true);
        check("X1", "X1", true);
        check("X1", "x1", false);
        check("X01", "X1", false);
        check("", "93", false);
        check("99999999999999999999999993", "099999999999999999999999993", true);
    }
}
