//! What is worked out once for each client, for all the client's facts: the client's type, the 18th birthday, consents.

use super::consent::{Lookback, find_consent};
use super::outcome::{ConsentFailure, Outcome, Readings};
use crate::parallel::for_each_part;
use crate::policy::{ClientType, Policy};
use crate::registry::{ClientPlace, Consent, ConsentType};
use crate::value::Day;
use foldhash::fast::FixedState;
use indexmap::IndexSet;
use std::num::NonZeroUsize;

/// A client's standing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Standing {
    /// Whether the policy names the client's type.
    pub known_type: bool,
    /// Whether a consent of the client could not be read.
    pub consent_unreadable: bool,
    /// What the client may share of standard immunizations.
    pub standard: Claim,
    /// What the client may share of disaster immunizations.
    pub disaster: Claim,
}

/// Whether a client's immunizations of one kind are shared, as far as the client decides it: the readings that find
/// consent active, at least one; or the outcome of them all.
pub type Claim = Result<Readings, Outcome>;

/// What a client's standing is worked out from.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClientData<'a> {
    /// The client type in lower case.
    pub(super) client_type: &'a str,
    pub(super) birth: Day,
    pub(super) consents: &'a [Consent],
    pub(super) consent_unreadable: bool,
}

impl Standing {
    pub(super) fn of(client: ClientData<'_>, policy: &Policy, lookback: Lookback) -> Standing {
        let granted = policy.client_type(client.client_type);
        Standing {
            known_type: granted.is_some(),
            consent_unreadable: client.consent_unreadable,
            standard: standard_claim(client, granted, policy, lookback),
            disaster: if granted.is_some_and(|t| t.disaster) {
                claim(client, ConsentType::Disaster, lookback)
            } else {
                Err(Outcome::DisasterNotPermitted)
            },
        }
    }
}

/// Every client's standing.
///
/// There are millions of clients and a few dozen standings, so each client has the number of its own, in two bytes: facts
/// come in any order, and what they are looked up in must be small.
#[derive(Debug)]
pub(super) struct Standings {
    /// Each that occurs.
    standings: Vec<Standing>,
    /// By the client's place.
    of_clients: Vec<u16>,
}

impl Standings {
    /// Works out the standings of so many clients, on so many threads.
    pub(super) fn new(
        clients: ClientPlace,
        threads: NonZeroUsize,
        standing_of: impl Fn(ClientPlace) -> Standing + Sync,
    ) -> Standings {
        // Two flags, and two claims of seven readings and a handful of outcomes: some hundreds at the very most.
        let number = |standings: &mut IndexSet<Standing, FixedState>, standing| {
            standings.insert_full(standing).0 as u16
        };
        let parts = for_each_part(clients, threads, |part| {
            let mut standings = IndexSet::default();
            let of_clients: Vec<u16> =
                part.map(|client| number(&mut standings, standing_of(client))).collect();
            (standings, of_clients)
        });
        let (mut standings, mut all) = (IndexSet::default(), Vec::with_capacity(clients as usize));
        for (of_part, of_clients) in parts {
            let numbers: Vec<u16> =
                of_part.into_iter().map(|standing| number(&mut standings, standing)).collect();
            all.extend(of_clients.into_iter().map(|standing| numbers[usize::from(standing)]));
        }
        Standings { standings: standings.into_iter().collect(), of_clients: all }
    }

    pub(super) fn of(&self, client: ClientPlace) -> &Standing {
        &self.standings[usize::from(self.of_clients[client as usize])]
    }
}

fn standard_claim(
    client: ClientData<'_>,
    granted: Option<&ClientType>,
    policy: &Policy,
    lookback: Lookback,
) -> Claim {
    let Some(granted) = granted.filter(|t| t.standard) else { return Err(Outcome::StandardNotPermitted) };
    let months = client.birth.completed_months_until(lookback.as_of);
    if granted.child && months >= 12 * policy.consent.child_consent_ends_at as i32 {
        return Err(Outcome::ChildConsentAgedOut);
    }
    claim(client, ConsentType::Standard, lookback)
}

fn claim(client: ClientData<'_>, needed: ConsentType, lookback: Lookback) -> Claim {
    match find_consent(client.consents, needed, client.birth, lookback) {
        Ok(readings) if readings.is_empty() => Err(ConsentFailure::Lapsed.outcome(needed)),
        finding => finding.map_err(|failure| failure.outcome(needed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(client_type: &str, birth: &str, as_of: &str) -> Standing {
        let policy = Policy::built_in().unwrap();
        let day = |text: &str| Day::parse(text.as_bytes()).unwrap();
        let consent = |consent_type| Consent {
            consent_type,
            effective: day("2010-01-01"),
            end: None,
            end_reason: None,
        };
        let consents = [consent(ConsentType::Standard), consent(ConsentType::Disaster)];
        let as_of = day(as_of);
        let lookback = Lookback { first_day: as_of.years_before(5).unwrap(), as_of };
        let client =
            ClientData { client_type, birth: day(birth), consents: &consents, consent_unreadable: false };
        Standing::of(client, &policy, lookback)
    }

    #[test]
    fn a_childs_consent_ends_on_the_18th_birthday() {
        let check = |client_type: &str, birth: &str, as_of: &str, aged_out: bool| {
            let standing = standing(client_type, birth, as_of);
            assert_eq!(
                standing.standard == Err(Outcome::ChildConsentAgedOut),
                aged_out,
                "{client_type} {birth} {as_of}"
            );
            assert!(standing.disaster.is_ok());
        };
        check("ic", "2006-07-09", "2024-07-08", false);
        check("ic", "2006-07-08", "2024-07-08", true);
        check("ic", "2006-07-07", "2024-07-08", true);
        check("ia", "2006-07-08", "2024-07-08", false);
        check("ic", "2004-02-29", "2022-02-28", false);
        check("ic", "2004-02-29", "2022-03-01", true);
    }

    #[test]
    fn what_each_client_type_may_share() {
        let check = |client_type: &str, known: bool, standard: bool, disaster: bool| {
            let standing = standing(client_type, "1990-01-01", "2024-07-08");
            assert_eq!(
                (
                    standing.known_type,
                    standing.standard != Err(Outcome::StandardNotPermitted),
                    standing.disaster != Err(Outcome::DisasterNotPermitted)
                ),
                (known, standard, disaster),
                "{client_type}"
            );
        };
        check("ia", true, true, true);
        check("ic", true, true, true);
        check("dc", true, false, true);
        check("pa", true, false, true);
        check("xx", false, false, false);
        check("", false, false, false);
    }
}
