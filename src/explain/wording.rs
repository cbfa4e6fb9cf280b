//! What each rule looked at, in words.

use super::answer::{ConsentAnswer, StepAnswer};
use super::asked::Asked;
use crate::filter::{
    ConsentFailure, ConsentFinding, ConsentPart, Outcome, Route, Rule, Rules, Said, consent_parts, is_listed,
    steps,
};
use crate::registry::{Code, Consent, ConsentType, Fact, ProductClass, Reference, RowFault};
use crate::value::Day;

/// The rules in order, with what each looked at and said. `late` is what is wrong with an included fact for
/// sharing its id.
pub(super) fn step_answers(
    asked: Asked<'_>,
    reference: &Reference,
    rules: &Rules,
    fact: &Fact<'_>,
    late: Option<RowFault>,
) -> Vec<StepAnswer> {
    let story = Words { asked, reference, rules, fact };
    let outcome = rules.judge(fact).outcome;
    let needed = rules.consent_needed(fact);
    let mut answers = Vec::new();
    for (rule, said) in steps(needed, outcome) {
        if rule == Rule::Permitted {
            let said = if said == Said::NotAsked { "not asked" } else { kind_name(needed) };
            answers.push(StepAnswer { number: "4/5", rule: "kind", looked_at: story.kind(), said });
        }
        let (number, name) = number_and_name(rule, needed);
        answers.push(StepAnswer {
            number,
            rule: name,
            looked_at: story.looked_at(rule, needed),
            said: said_in_words(said),
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

/// The consents of a client, with the part each plays.
pub(super) fn consent_answers(consents: &[Consent], as_of: Day) -> Vec<ConsentAnswer> {
    [ConsentType::Standard, ConsentType::Disaster]
        .into_iter()
        .flat_map(|consent_type| {
            consent_parts(consents, consent_type, as_of).map(move |(consent, part)| ConsentAnswer {
                consent_type: type_name(consent_type),
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
        })
        .collect()
}

fn said_in_words(said: Said) -> &'static str {
    match said {
        Said::Passes => "passes",
        Said::Against => "against",
        Said::NotAsked => "not asked",
    }
}

fn type_name(consent_type: ConsentType) -> &'static str {
    match consent_type {
        ConsentType::Standard => "STANDARD",
        ConsentType::Disaster => "DISASTER",
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

struct Words<'a> {
    asked: Asked<'a>,
    reference: &'a Reference,
    rules: &'a Rules,
    fact: &'a Fact<'a>,
}

impl Words<'_> {
    fn looked_at(&self, rule: Rule, needed: ConsentType) -> String {
        match rule {
            Rule::ClientType => self.client_type(),
            Rule::DateWindow => self.date_window(),
            Rule::ConsentReadable => self.consents_readable(),
            Rule::Permitted => self.permitted(needed),
            Rule::DisasterPeriod => {
                let period = self.asked.policy.disaster.period;
                format!("{} against {} to {}", self.fact.date, period.first_day, period.last_day)
            }
            Rule::ChildAge => self.child_age(),
            Rule::Consent => self.consent(needed),
            Rule::ResponsibleEntity => match self.entity() {
                None => "the fact has no organization".to_owned(),
                Some("") => "the organization has no responsible entity".to_owned(),
                Some(entity) => entity.to_owned(),
            },
            Rule::Recipient => self.recipient(),
        }
    }

    fn client_type(&self) -> String {
        match self.reference.clients.client_type(self.fact.client) {
            "" => "the client has no type".to_owned(),
            client_type if self.rules.standing(self.fact.client).known_type => {
                format!("{}: the policy names it", client_type.to_uppercase())
            }
            client_type => format!("{}: the policy does not name it", client_type.to_uppercase()),
        }
    }

    fn date_window(&self) -> String {
        let (date, window, as_of) = (self.fact.date, self.asked.policy.window, self.asked.as_of);
        match date > as_of {
            true => format!("{date} is after the as-of date {as_of}"),
            false => format!("{date} against {} to {}", window.first_day, window.last_day),
        }
    }

    fn consents_readable(&self) -> String {
        match self.rules.standing(self.fact.client).consent_unreadable {
            true => "a consent row of the client is quarantined; it may be a withdrawal".to_owned(),
            false => "no consent row of the client is quarantined".to_owned(),
        }
    }

    fn kind(&self) -> String {
        let vaccine = self.reference.vaccines.get(self.fact.vaccine);
        let class = match vaccine.class {
            Some(ProductClass::CovidTherapeutic) => return "product class COVID_THERAPEUTIC".to_owned(),
            Some(ProductClass::RsvTherapeutic) => return "product class RSV_THERAPEUTIC".to_owned(),
            Some(ProductClass::Vaccine) => "product class VACCINE",
            None if is_listed(&vaccine.cvx, &self.asked.policy.rsv_cvx) => {
                return "no product class; the CVX code is an RSV therapeutic's".to_owned();
            }
            None => "no product class, so a vaccine",
        };
        match self.fact.disaster_flag {
            Some(flag) => format!("{class}; flag {}", <&str>::from(flag)),
            None => {
                let group = String::from_utf8_lossy(self.fact.group);
                let group = if group.is_empty() { "no group".into() } else { format!("group {group}") };
                let cvx = String::from_utf8_lossy(&vaccine.cvx);
                let cvx = match is_listed(&vaccine.cvx, &self.asked.policy.disaster.cvx) {
                    true => format!("CVX {cvx}, a disaster's"),
                    false if cvx.is_empty() => "no CVX code".to_owned(),
                    false => format!("CVX {cvx}, no disaster's"),
                };
                format!("{class}; no flag; {group} on {}; {cvx}", self.fact.date)
            }
        }
    }

    fn permitted(&self, needed: ConsentType) -> String {
        let client_type = self.reference.clients.client_type(self.fact.client);
        let granted = self.asked.policy.client_type(client_type).is_some_and(|t| match needed {
            ConsentType::Standard => t.standard,
            ConsentType::Disaster => t.disaster,
        });
        let verb = if granted { "may" } else { "may not" };
        let client_type =
            if client_type.is_empty() { "no type".to_owned() } else { client_type.to_uppercase() };
        format!("{client_type} {verb} share {} immunizations", kind_name(needed))
    }

    fn child_age(&self) -> String {
        let client = self.fact.client;
        let years = self.asked.policy.consent.child_consent_ends_at;
        let granted = self.asked.policy.client_type(self.reference.clients.client_type(client));
        if !granted.is_some_and(|t| t.child) {
            return "asked of children's types only".to_owned();
        }
        let months = self.reference.clients.birth(client).completed_months_until(self.asked.as_of);
        format!("{months} months old on the as-of date; {years} years are {}", years * 12)
    }

    fn consent(&self, needed: ConsentType) -> String {
        let rule = self.rules.consent_rule();
        let finding = self.rules.find_consent(self.reference, self.fact.client, needed);
        let name = type_name(needed);
        match finding {
            ConsentFinding::Failed(failure) => {
                let what = match failure {
                    ConsentFailure::Missing => "there is none",
                    ConsentFailure::NotYetEffective => "all begin after the as-of date",
                    ConsentFailure::Withdrawn => "a withdrawal leaves none",
                    ConsentFailure::Lapsed => "none is active",
                };
                format!("{name}: {what}")
            }
            ConsentFinding::Stands(readings) => {
                let holds = if readings.contains(rule) { "holds" } else { "does not hold" };
                format!("{name}: {rule} {holds}")
            }
        }
    }

    fn entity(&self) -> Option<&str> {
        self.fact.organization.map(|place| self.reference.organizations.entity(place))
    }

    fn recipient(&self) -> String {
        match self.rules.routing().route(self.fact.organization) {
            Route::NoEntity => "no entity to look for".to_owned(),
            Route::NoRecipient => "the recipients table gives the entity to nobody".to_owned(),
            Route::To(places) => {
                let recipients = self.rules.routing().recipients();
                let names: Vec<&str> =
                    places.iter().map(|place| recipients[*place as usize].name.as_str()).collect();
                names.join("; ")
            }
        }
    }
}
