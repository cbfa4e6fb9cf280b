//! What each rule looked at, in words.

use super::answer::{ConsentAnswer, StepAnswer};
use super::request::Request;
use crate::filter::{
    ConsentFailure, ConsentPart, Outcome, Route, Rule, Rules, Verdict, consent_parts, is_listed, steps,
};
use crate::policy::{ClientType, Period};
use crate::registry::{Code, Consent, ConsentType, Fact, ProductClass, Reference, RowFault};
use crate::value::Day;

/// The consents of a client, with the part each plays.
pub(super) fn consent_answers(consents: &[Consent], as_of: Day) -> Vec<ConsentAnswer> {
    let answers = [ConsentType::Standard, ConsentType::Disaster].map(|consent_type| {
        consent_parts(consents, consent_type, as_of).map(move |(consent, part)| ConsentAnswer {
            consent_type: consent_type.into(),
            effective: consent.effective,
            end: consent.end,
            withdrawn: consent.is_withdrawn(),
            part: match part {
                ConsentPart::NotBegun => "not begun",
                ConsentPart::Withdrawn => "withdrawn",
                ConsentPart::Cancelled => "cancelled",
                ConsentPart::Counts => "counts",
            },
        })
    });
    answers.into_iter().flatten().collect()
}

/// The names of the recipients whom the fact goes to if it is shared.
pub(super) fn recipient_names(rules: &Rules, fact: &Fact<'_>) -> Vec<String> {
    match rules.routing().route(fact.organization) {
        Route::NoEntity | Route::NoRecipient => Vec::new(),
        Route::To(places) => {
            places.iter().map(|place| rules.routing().recipients()[*place as usize].name.clone()).collect()
        }
    }
}

fn kind_name(needed: ConsentType) -> &'static str {
    match needed {
        ConsentType::Standard => "standard",
        ConsentType::Disaster => "disaster",
    }
}

fn number_and_name(rule: Rule, needed: ConsentType) -> (&'static str, &'static str) {
    let is_disaster = needed == ConsentType::Disaster;
    match rule {
        Rule::ClientType => ("1", "client type"),
        Rule::DateWindow => ("2", "date window"),
        Rule::ConsentReadable => ("3", "consents readable"),
        Rule::Permitted if is_disaster => ("4a", "disaster permitted"),
        Rule::Permitted => ("5a", "standard permitted"),
        Rule::DisasterPeriod => ("4b", "disaster period"),
        Rule::ChildAge => ("5b", "child's age"),
        Rule::Consent if is_disaster => ("4c", "disaster consent"),
        Rule::Consent => ("5c", "standard consent"),
        Rule::ResponsibleEntity => ("6", "responsible entity"),
        Rule::Recipient => ("7", "recipient"),
    }
}

/// Puts into words what the rules look at in a fact that needs a type of consent.
pub(super) struct Words<'a> {
    pub(super) request: Request<'a>,
    pub(super) reference: &'a Reference,
    pub(super) rules: &'a Rules,
    pub(super) fact: &'a Fact<'a>,
    pub(super) needed: ConsentType,
}

impl Words<'_> {
    /// The rules in order, with what each looked at and said. `late` is what is wrong with an included fact for
    /// sharing its id.
    pub(super) fn steps(&self, outcome: Outcome, late: Option<RowFault>) -> Vec<StepAnswer> {
        let mut answers = Vec::new();
        for (rule, verdict) in steps(self.needed, outcome) {
            if rule == Rule::Permitted {
                let said = if verdict == Verdict::NotAsked { "not asked" } else { kind_name(self.needed) };
                answers.push(StepAnswer { number: "4/5", rule: "kind", looked_at: self.kind(), said });
            }
            let (number, name) = number_and_name(rule, self.needed);
            answers.push(StepAnswer {
                number,
                rule: name,
                looked_at: self.looked_at(rule),
                said: verdict.into(),
            });
        }
        let (looked_at, said) = match late.map(|fault| fault.code) {
            _ if outcome != Outcome::Included => ("asked of included facts only", "not asked"),
            None => ("no other included fact has it, or only later rows equal to this one", "passes"),
            Some(Code::DuplicateRow) => ("an earlier row is equal to this one: that one stays", "against"),
            Some(_) => ("another included fact has it and differs: both go", "against"),
        };
        answers.push(StepAnswer { number: "", rule: "IMMUNFACT_ID", looked_at: looked_at.to_owned(), said });
        answers
    }

    fn looked_at(&self, rule: Rule) -> String {
        let Words { request, reference, rules, fact, needed } = *self;
        let standing = rules.standing(fact.client);
        let client_type = reference.clients.client_type(fact.client);
        match rule {
            Rule::ClientType if client_type.is_empty() => "the client has no type".to_owned(),
            Rule::ClientType => {
                let verb = if standing.known_type { "names" } else { "does not name" };
                format!("{}: the policy {verb} it", client_type.to_uppercase())
            }
            Rule::DateWindow if fact.date > request.as_of => {
                format!("{} is after the as-of date {}", fact.date, request.as_of)
            }
            Rule::DateWindow => self.date_against(request.policy.window),
            Rule::DisasterPeriod => self.date_against(request.policy.disaster.period),
            Rule::ConsentReadable if standing.consent_unreadable => {
                "a consent row of the client is quarantined; it may be a withdrawal".to_owned()
            }
            Rule::ConsentReadable => "no consent row of the client is quarantined".to_owned(),
            Rule::Permitted => {
                let is_permitted = self.permissions().is_some_and(|t| match needed {
                    ConsentType::Standard => t.standard,
                    ConsentType::Disaster => t.disaster,
                });
                let verb = if is_permitted { "may" } else { "may not" };
                let client_type =
                    if client_type.is_empty() { "no type".to_owned() } else { client_type.to_uppercase() };
                format!("{client_type} {verb} share {} immunizations", kind_name(needed))
            }
            Rule::ChildAge if !self.permissions().is_some_and(|t| t.child) => {
                "asked of children's types only".to_owned()
            }
            Rule::ChildAge => {
                let months = reference.clients.birth(fact.client).completed_months_until(request.as_of);
                let years = request.policy.consent.child_consent_ends_at;
                format!("{months} months old on the as-of date; {years} years are {}", years * 12)
            }
            Rule::Consent => format!("{}: {}", <&str>::from(needed), self.consent()),
            Rule::ResponsibleEntity => match fact.organization.map(|o| reference.organizations.entity(o)) {
                None => "the fact has no organization".to_owned(),
                Some("") => "the organization has no responsible entity".to_owned(),
                Some(entity) => entity.to_owned(),
            },
            Rule::Recipient => match rules.routing().route(fact.organization) {
                Route::NoEntity => "no entity to look for".to_owned(),
                Route::NoRecipient => "the recipients table gives the entity to nobody".to_owned(),
                Route::To(_) => recipient_names(rules, fact).join("; "),
            },
        }
    }

    fn date_against(&self, period: Period) -> String {
        format!("{} against {} to {}", self.fact.date, period.first_day, period.last_day)
    }

    /// What the policy says of the client's type, if it names it.
    fn permissions(&self) -> Option<&ClientType> {
        self.request.policy.client_type(self.reference.clients.client_type(self.fact.client))
    }

    /// What the fact's kind is told by: its product class, else its CVX code, its flag, or its group and date.
    fn kind(&self) -> String {
        let policy = self.request.policy;
        let vaccine = self.reference.vaccines.get(self.fact.vaccine);
        let class = match vaccine.class {
            Some(ProductClass::CovidTherapeutic) => return "product class COVID_THERAPEUTIC".to_owned(),
            Some(ProductClass::RsvTherapeutic) => return "product class RSV_THERAPEUTIC".to_owned(),
            Some(ProductClass::Vaccine) => "product class VACCINE",
            None if is_listed(&vaccine.cvx, &policy.rsv_cvx) => {
                return "no product class; the CVX code is an RSV therapeutic's".to_owned();
            }
            None => "no product class, so a vaccine",
        };
        if let Some(flag) = self.fact.disaster_flag {
            return format!("{class}; flag {}", <&str>::from(flag));
        }
        let group = String::from_utf8_lossy(self.fact.group);
        let group = if group.is_empty() { "no group".into() } else { format!("group {group}") };
        let cvx = match String::from_utf8_lossy(&vaccine.cvx) {
            cvx if is_listed(&vaccine.cvx, &policy.disaster.cvx) => format!("CVX {cvx}, a disaster's"),
            cvx if cvx.is_empty() => "no CVX code".to_owned(),
            cvx => format!("CVX {cvx}, no disaster's"),
        };
        format!("{class}; no flag; {group} on {}; {cvx}", self.fact.date)
    }

    fn consent(&self) -> String {
        let failure = match self.rules.find_consent(self.reference, self.fact.client, self.needed) {
            Err(failure) => failure,
            Ok(readings) => {
                let rule = self.rules.consent_rule();
                return format!("{rule} {}", if readings.contains(rule) { "holds" } else { "does not hold" });
            }
        };
        let words = match failure {
            ConsentFailure::Missing => "there is none",
            ConsentFailure::NotYetEffective => "all begin after the as-of date",
            ConsentFailure::Withdrawn => "a withdrawal leaves none",
            ConsentFailure::Lapsed => "none is active",
        };
        words.to_owned()
    }
}
