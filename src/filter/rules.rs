//! The rules in their order: from a fact to its outcome.

use super::consent::{Lookback, find_consent};
use super::kind::{DisasterGroups, ProductKind};
use super::outcome::{ConsentFailure, Outcome, Readings};
use super::routing::{Route, Routing};
use super::standing::{ClientData, Standing, Standings};
use crate::policy::{ConsentRule, Period, Policy};
use crate::registry::{ClientPlace, ConsentType, Fact, Reference};
use crate::value::Day;
use std::num::NonZeroUsize;

/// The rules, made ready for the facts of one export on one as-of date.
#[derive(Debug)]
pub struct Rules {
    lookback: Lookback,
    window: Period,
    disaster_period: Period,
    rule: ConsentRule,
    disaster_groups: DisasterGroups,
    /// By the vaccine's place.
    products: Vec<ProductKind>,
    standings: Standings,
    routing: Routing,
}

/// What the rules say of a fact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Judgement {
    /// Under the policy's own consent rule.
    pub outcome: Outcome,
    /// The consent rules under which the fact would be included.
    pub included_under: Readings,
}

impl Rules {
    /// Works out every client's standing, on so many threads, every vaccine's kind and every organization's route.
    pub fn new(policy: &Policy, as_of: Day, reference: &Reference, threads: NonZeroUsize) -> Rules {
        let lookback = lookback(policy, as_of);
        let standing = |client: ClientPlace| {
            let data = ClientData {
                client_type: reference.clients.client_type(client),
                birth: reference.clients.birth(client),
                consents: reference.consents.of(client),
                consent_unreadable: reference.consents.unreadable(client),
            };
            Standing::of(data, policy, lookback)
        };
        Rules {
            lookback,
            window: policy.window,
            disaster_period: policy.disaster.period,
            rule: policy.consent.rule,
            disaster_groups: DisasterGroups::new(&policy.disaster),
            products: reference.vaccines.iter().map(|(_, v)| ProductKind::of(v, policy)).collect(),
            standings: Standings::new(reference.clients.len() as ClientPlace, threads, standing),
            routing: Routing::new(reference.organizations.entities(), reference.recipients.as_deref()),
        }
    }

    /// The span of days in which consent must lie.
    pub fn lookback(&self) -> Lookback {
        self.lookback
    }

    /// What a client's consents of one type come to, whatever the policy permits the client.
    pub fn find_consent(
        &self,
        reference: &Reference,
        client: ClientPlace,
        needed: ConsentType,
    ) -> Result<Readings, ConsentFailure> {
        find_consent(reference.consents.of(client), needed, reference.clients.birth(client), self.lookback)
    }

    /// Who gets whose facts.
    pub fn routing(&self) -> &Routing {
        &self.routing
    }

    /// The consent rule in force.
    pub fn consent_rule(&self) -> ConsentRule {
        self.rule
    }

    /// A client's standing.
    pub fn standing(&self, client: ClientPlace) -> &Standing {
        self.standings.of(client)
    }

    /// The outcome a fact would have if this consent rule were the policy's.
    pub fn outcome_under(&self, fact: &Fact<'_>, rule: ConsentRule) -> Outcome {
        self.judge_under(fact, rule).outcome
    }

    /// The outcome of a fact: the first rule that speaks against it, else included.
    pub fn judge(&self, fact: &Fact<'_>) -> Judgement {
        self.judge_under(fact, self.rule)
    }

    /// The outcomes of several facts, in their order. Their clients' standings are looked up first, so that the processor
    /// waits for many of them at once, and not for each in turn.
    pub fn judge_all(&self, facts: &[Fact<'_>]) -> Vec<Judgement> {
        let standings: Vec<_> = facts.iter().map(|fact| *self.standings.of(fact.client)).collect();
        let facts = facts.iter().zip(&standings);
        facts.map(|(fact, standing)| self.judge_by(standing, fact, self.rule)).collect()
    }

    fn judge_under(&self, fact: &Fact<'_>, rule: ConsentRule) -> Judgement {
        self.judge_by(self.standings.of(fact.client), fact, rule)
    }

    fn judge_by(&self, standing: &Standing, fact: &Fact<'_>, rule: ConsentRule) -> Judgement {
        let readings = match self.consent_readings(standing, fact) {
            Ok(readings) => readings,
            Err(outcome) => return Judgement { outcome, included_under: Readings::NONE },
        };
        let unrouted = match self.routing.route(fact.organization) {
            Route::To(_) => None,
            Route::NoEntity => Some(Outcome::NoResponsibleEntity),
            Route::NoRecipient => Some(Outcome::NoRecipient),
        };
        let outcome = match (readings.contains(rule), unrouted) {
            (false, _) => ConsentFailure::Lapsed.outcome(self.consent_needed(fact)),
            (true, Some(outcome)) => outcome,
            (true, None) => Outcome::Included,
        };
        Judgement { outcome, included_under: if unrouted.is_none() { readings } else { Readings::NONE } }
    }

    /// The rules up to consent: the readings under which the client's consent allows the fact, or the outcome
    /// where it is the same under all of them.
    fn consent_readings(&self, standing: &Standing, fact: &Fact<'_>) -> Result<Readings, Outcome> {
        if !standing.known_type {
            return Err(Outcome::UnknownClientType);
        }
        if !self.window.contains(fact.date) || fact.date > self.lookback.as_of {
            return Err(Outcome::OutsideDateWindow);
        }
        if standing.consent_unreadable {
            return Err(Outcome::ConsentUnreadable);
        }
        match self.consent_needed(fact) {
            ConsentType::Standard => standing.standard,
            ConsentType::Disaster
                if standing.disaster != Err(Outcome::DisasterNotPermitted)
                    && !self.disaster_period.contains(fact.date) =>
            {
                Err(Outcome::DisasterOutsidePeriod)
            }
            ConsentType::Disaster => standing.disaster,
        }
    }

    /// The consent a fact needs: that of a disaster immunization, or of a standard one.
    pub fn consent_needed(&self, fact: &Fact<'_>) -> ConsentType {
        let product = self.products[fact.vaccine as usize];
        self.disaster_groups.consent_needed(product, fact.disaster_flag, fact.group, fact.date)
    }
}

/// The lookback before an as-of date.
fn lookback(policy: &Policy, as_of: Day) -> Lookback {
    // Before the year 1 there is no consent to miss.
    let first_day = as_of.years_before(policy.consent.lookback_years).or(Day::new(1, 1, 1)).unwrap_or(as_of);
    Lookback { first_day, as_of }
}
