//! How a chosen fact lies in a temporary file.

use crate::filter::{Readings, ShareableFact};
use crate::registry::DisasterFlag;
use crate::spill::Fixed;
use crate::value::Day;

/// Takes a number's bytes from the front of `bytes`.
macro_rules! take {
    ($bytes:ident as $number:ty) => {{
        let (number, rest) = $bytes.split_first_chunk()?;
        $bytes = rest;
        <$number>::from_le_bytes(*number)
    }};
}

impl Fixed for ShareableFact {
    const SIZE: usize = 48;

    fn store(&self, out: &mut [u8]) {
        let numbers = [self.immunization_id, self.immunfact_id, self.line];
        let places = [self.client, self.date.number(), self.vaccine, self.organization, self.group];
        let flag = match self.disaster_flag {
            None => 0,
            Some(DisasterFlag::Y) => 1,
            Some(DisasterFlag::N) => 2,
        };
        let (eights, rest) = out.split_at_mut(24);
        let (fours, rest) = rest.split_at_mut(20);
        for (out, number) in eights.chunks_exact_mut(8).zip(numbers) {
            out.copy_from_slice(&number.to_le_bytes());
        }
        for (out, place) in fours.chunks_exact_mut(4).zip(places) {
            out.copy_from_slice(&place.to_le_bytes());
        }
        let [low, high] = self.ordinal.to_le_bytes();
        rest.copy_from_slice(&[low, high, flag, self.readings.to_bits()]);
    }

    fn load(bytes: &[u8]) -> Option<ShareableFact> {
        let mut rest = bytes;
        Some(ShareableFact {
            immunization_id: take!(rest as u64),
            immunfact_id: take!(rest as u64),
            line: take!(rest as u64),
            client: take!(rest as u32),
            date: Day::from_number(take!(rest as u32))?,
            vaccine: take!(rest as u32),
            organization: take!(rest as u32),
            group: take!(rest as u32),
            ordinal: take!(rest as u16),
            disaster_flag: match take!(rest as u8) {
                0 => None,
                1 => Some(DisasterFlag::Y),
                2 => Some(DisasterFlag::N),
                _ => return None,
            },
            readings: Readings::from_bits(*rest.first()?)?,
        })
    }
}

/// A chosen fact among those that share its IMMUNFACT_ID, in the source's order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ById(pub(super) ShareableFact);

impl PartialOrd for ById {
    fn partial_cmp(&self, other: &ById) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ById {
    fn cmp(&self, other: &ById) -> std::cmp::Ordering {
        (self.0.immunfact_id, self.0.line).cmp(&(other.0.immunfact_id, other.0.line))
    }
}

impl Fixed for ById {
    const SIZE: usize = ShareableFact::SIZE;

    fn store(&self, out: &mut [u8]) {
        self.0.store(out);
    }

    fn load(bytes: &[u8]) -> Option<ById> {
        ShareableFact::load(bytes).map(ById)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::ConsentRule;

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
            let mut bytes = [0xff; ShareableFact::SIZE];
            fact.store(&mut bytes);
            assert_eq!(ShareableFact::load(&bytes), Some(fact));
        }
        assert_eq!(ShareableFact::load(&[0xff; ShareableFact::SIZE]), None);
    }
}
