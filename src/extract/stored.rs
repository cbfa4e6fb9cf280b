//! How a fact that may be shared lies in a temporary file.

use crate::filter::{Readings, ShareableFact};
use crate::registry::DisasterFlag;
use crate::spill::{storable_as, storable_fields};
use crate::value::Day;

storable_fields!(ShareableFact by client {
    immunization_id,
    immunfact_id,
    line,
    client,
    date,
    vaccine,
    organization,
    group,
    ordinal,
    disaster_flag,
    readings
});
storable_as!(Day, u32, Day::number, Day::from_number);
storable_as!(DisasterFlag, bool, |flag| flag == DisasterFlag::Y, |is_y| {
    Some(if is_y { DisasterFlag::Y } else { DisasterFlag::N })
});
storable_as!(Readings, u8, Readings::to_bits, Readings::from_bits);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::ConsentRule;
    use crate::spill::Storable;

    #[test]
    fn a_fact_survives_storing() {
        for disaster_flag in [None, Some(DisasterFlag::Y), Some(DisasterFlag::N)] {
            let fact = ShareableFact {
                immunization_id: u64::MAX - 1,
                immunfact_id: 2,
                line: 3 << 40,
                client: 4,
                date: Day::new(9999, 12, 31).unwrap(),
                vaccine: u32::MAX,
                organization: 6,
                group: 7 << 24,
                ordinal: 999,
                disaster_flag,
                readings: Readings::NONE.with(ConsentRule::ActiveOnAsOf, true),
            };
            let mut bytes = Vec::new();
            fact.store(&mut bytes).unwrap();
            assert_eq!(ShareableFact::load(&mut bytes.as_slice()).unwrap(), fact);
            assert!(ShareableFact::load(&mut &bytes[1..]).is_err());
        }
        assert!(ShareableFact::load(&mut [0xff; 99].as_slice()).is_err());
    }
}
