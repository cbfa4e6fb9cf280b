//! The consents of an invented client.

use super::changes;
use super::client::Life;
use super::dice::Dice;
use super::entry::Moment;
use super::table::TableFile;
use crate::spill::{storable_as, storable_fields};
use crate::value::{Day, day, number_of};
use std::io;

/// A row of consents. Rows compare in the order of their entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Consent {
    entered: Moment,
    number: u64,
    client: u64,
    kind: Kind,
    effective: Day,
    end: Option<Day>,
    reason: Reason,
}

storable_fields!(Consent { entered, number, client, kind, effective, end, reason });
storable_as!(Kind, u8, |kind| kind as u8, |byte| {
    [Kind::Standard, Kind::Disaster].get(usize::from(byte)).copied()
});
storable_as!(Reason, u8, |reason| reason as u8, |byte| {
    [Reason::None, Reason::Withdrawn, Reason::Expired].get(usize::from(byte)).copied()
});

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Standard,
    Disaster,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Reason {
    None,
    Withdrawn,
    Expired,
}

/// Room for the numbers of a client's consents of one kind.
const MOST_OF_A_KIND: u64 = 1 << 15;

impl Consent {
    /// Consents given, expired, withdrawn and renewed. Each kind has dice of its own: how often they are thrown
    /// depends on the as-of date.
    pub(super) fn invent(life: Life) -> Vec<Consent> {
        let Life { place, seed, birth, .. } = life;
        let dice = &mut Dice::of(seed ^ 0xc0, place);
        let enrolled = if birth > number_of(2003, 1, 1) {
            birth + 1 + dice.below(90) as i64
        } else {
            number_of(2012, 1, 1) + dice.below(4200) as i64
        };
        let after = number_of(2020, 3, 10).max(enrolled) + dice.below(700) as i64;
        let mut consents = Vec::new();
        if !dice.per_mille(60) {
            give(&mut consents, life, Kind::Standard, enrolled);
        }
        if dice.per_mille(420) {
            give(&mut consents, life, Kind::Disaster, after);
        }
        consents
    }

    /// The row's number, which no other has.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn write(&self, out: &mut TableFile) -> io::Result<()> {
        let kind = match self.kind {
            Kind::Standard => "STANDARD",
            Kind::Disaster => "DISASTER",
        };
        let reason = match self.reason {
            Reason::None => "",
            Reason::Withdrawn => "WITHDRAWN",
            Reason::Expired => "EXPIRED",
        };
        let end = self.end.map_or_else(String::new, |end| end.to_string());
        out.row(self.number, &[&self.client.to_string(), kind, &self.effective.to_string(), &end, reason])
    }
}

/// That day or the one after: a duplicate's consents begin on odd days, all others' on even ones. So there is no row twice when
/// both are listed under one client; such rows would hold a batch back.
fn apart(day: i64, life: Life) -> i64 {
    let is_duplicate = changes::merged(life.seed, life.place).is_some();
    day + (i64::from(is_duplicate) - day).rem_euclid(2)
}

fn give(consents: &mut Vec<Consent>, life: Life, kind: Kind, first: i64) {
    let Life { place, seed, as_of, .. } = life;
    let (salt, withdrawn) = match kind {
        Kind::Standard => (0xc1, 90),
        Kind::Disaster => (0xc2, 60),
    };
    let dice = &mut Dice::of(seed ^ salt, place);
    let numbers = (place * 2 + kind as u64) * MOST_OF_A_KIND..;
    let mut effective = apart(first, life);
    for number in numbers {
        // Some consents are on file before they begin.
        if effective > as_of + 60 {
            return;
        }
        let lasts = 200 + dice.below(4000) as i64;
        let chance = dice.below(1000);
        let (is_renewed, pause) = (dice.per_mille(550), dice.below(500) as i64);
        let end = Some(effective + lasts).filter(|end| *end <= as_of && chance < 400);
        let reason = match end {
            Some(_) if chance < withdrawn => Reason::Withdrawn,
            Some(_) if chance < 350 => Reason::Expired,
            _ => Reason::None,
        };
        let entered = Moment::soon_after(effective, &mut Dice::of(seed ^ 0xc3, number));
        let (client, effective_day) = (life.holder(), day(effective));
        consents.push(Consent {
            entered,
            number,
            client,
            kind,
            effective: effective_day,
            end: end.map(day),
            reason,
        });
        match end {
            // Most of those whose consent ended give it again, sooner or later.
            Some(end) if is_renewed => effective = apart(end + pause, life),
            _ => return,
        }
    }
}
