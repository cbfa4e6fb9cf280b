//! Whether an immunization is a disaster immunization or a standard one.

use crate::policy::{Disaster, Policy};
use crate::registry::{ConsentType, ProductClass, Vaccine};
use crate::value::{Day, text};

/// What a vaccine alone says of the kind of its immunizations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ProductKind {
    /// Disaster immunizations always: COVID therapeutics.
    Disaster,
    /// Standard immunizations always: RSV therapeutics.
    Standard,
    /// It depends on the immunization.
    Depends,
}

impl ProductKind {
    /// The vaccine's class decides; a vaccine without one is an RSV therapeutic if its CVX code is one of the
    /// policy's.
    pub(super) fn of(vaccine: &Vaccine, policy: &Policy) -> ProductKind {
        let is_rsv_code = || policy.rsv_cvx.iter().any(|code| code.as_bytes() == vaccine.cvx);
        match vaccine.class {
            Some(ProductClass::CovidTherapeutic) => ProductKind::Disaster,
            Some(ProductClass::RsvTherapeutic) => ProductKind::Standard,
            Some(ProductClass::Vaccine) => ProductKind::Depends,
            None if is_rsv_code() => ProductKind::Standard,
            None => ProductKind::Depends,
        }
    }
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
    /// disaster consent if its group is one of the disaster's and its date in the disaster.
    pub(super) fn consent_needed(
        &self,
        product: ProductKind,
        flag: Option<bool>,
        group: &[u8],
        date: Day,
    ) -> ConsentType {
        let is_disaster = match (product, flag) {
            (ProductKind::Disaster, _) => true,
            (ProductKind::Standard, _) => false,
            (ProductKind::Depends, Some(flag)) => flag,
            (ProductKind::Depends, None) => {
                self.period.contains(date) && self.lowered.iter().any(|g| text::equals_lowered(group, g))
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
            let flag = (!flag.is_empty()).then_some(flag == "Y");
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
        check("", "208", "", "FLU", "2022-01-01", Standard);
        check("", "208", "", "", "2022-01-01", Standard);
        check("", "093", "Y", "RSV", "2022-01-01", Disaster);
    }
}
