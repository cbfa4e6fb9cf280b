//! Finding what an explanation is about: the facts asked for, those that share their ids, the rows that were
//! refused.

use super::answer::{Answer, Days, FactAnswer, RefusedAnswer, UnderAnswer};
use super::asked::{Asked, Question};
use super::wording::{consent_answers, step_answers};
use crate::filter::{Outcome, Route, Rules, ShareableFact, settle_group};
use crate::policy::ConsentRule;
use crate::registry::{
    ConsentType, ExportRow, Fact, Intake, Progress, QuarantinedRow, Reference, RegistryError, RowFault,
    Source, Table, Witness, read_facts_in_order, read_reference_before, tables,
};
use std::collections::BTreeSet;

/// What is known of rows that were refused before a source was made.
#[derive(Clone, Default, Debug)]
pub struct Earlier {
    /// Those that may bear on the question.
    pub refused: Vec<QuarantinedRow>,
    /// How many rows of `immunizations` had no id that could be read.
    pub unreadable: u64,
}

/// Explains facts of a source, of which some rows may have been refused earlier.
///
/// # Errors
/// If the source cannot be read.
pub fn explain(
    source: &dyn Source,
    earlier: Earlier,
    asked: Asked<'_>,
    progress: &dyn Progress,
) -> Result<Answer, RegistryError> {
    let mut witness = Kept { refused: earlier.refused };
    let (reference, mut intake) = read_reference_before(source, asked.spill, progress, &mut witness)?;
    let rules = Rules::new(asked.policy, asked.as_of, &reference);
    let mut found = Found { facts: Vec::new(), unreadable: earlier.unreadable };
    let wanted = wanted_ids(source, &reference, asked, &mut intake, progress)?;
    read_facts_in_order(source, &reference, &mut intake, progress, &mut |fact| {
        match fact {
            Ok(fact) if wanted.contains(&fact.immunfact_id) => found.facts.push(OwnedFact::of(fact)),
            Err(refused) => {
                found.unreadable += u64::from(refused.ids.key.is_none());
                if is_asked_for(asked.question, &refused) {
                    witness.refused.push(refused);
                }
            }
            Ok(_) => {}
        }
        Ok(())
    })?;
    let story = Story { asked, reference: &reference, rules: &rules, intake: &intake };
    Ok(story.answer(found, witness.refused))
}

/// The ids of the facts asked for. Those of a client must be looked up first, because a fact of somebody else may
/// share one.
fn wanted_ids(
    source: &dyn Source,
    reference: &Reference,
    asked: Asked<'_>,
    intake: &mut Intake,
    progress: &dyn Progress,
) -> Result<BTreeSet<u64>, RegistryError> {
    let client = match asked.question {
        Question::Fact(id) => return Ok(BTreeSet::from([id])),
        Question::Client(id) => reference.clients.find(id),
    };
    let mut ids = BTreeSet::new();
    read_facts_in_order(source, reference, intake, progress, &mut |fact| {
        if let Ok(fact) = fact
            && Some(fact.client) == client
        {
            ids.insert(fact.immunfact_id);
        }
        Ok(())
    })?;
    Ok(ids)
}

fn is_asked_for(question: Question, refused: &QuarantinedRow) -> bool {
    match question {
        Question::Fact(id) => refused.ids.key == Some(id),
        Question::Client(id) => refused.ids.client == Some(id),
    }
}

/// Keeps the rows that were refused and can be told whose they are.
struct Kept {
    refused: Vec<QuarantinedRow>,
}

impl Witness for Kept {
    fn usable(&mut self, _: &ExportRow<'_>) -> Result<(), RegistryError> {
        Ok(())
    }

    fn quarantined(&mut self, refused: QuarantinedRow) -> Result<(), RegistryError> {
        if refused.ids.client.is_some() {
            self.refused.push(refused);
        }
        Ok(())
    }
}

struct Found {
    facts: Vec<OwnedFact>,
    unreadable: u64,
}

/// A fact that is kept beyond its block.
struct OwnedFact {
    fact: Fact<'static>,
    group: Vec<u8>,
}

impl OwnedFact {
    fn of(fact: &Fact<'_>) -> OwnedFact {
        OwnedFact { group: fact.group.to_vec(), fact: Fact { group: b"", ..*fact } }
    }

    fn fact(&self) -> Fact<'_> {
        Fact { group: &self.group, ..self.fact }
    }
}

/// What an answer is made from.
struct Story<'a> {
    asked: Asked<'a>,
    reference: &'a Reference,
    rules: &'a Rules,
    intake: &'a Intake,
}

impl Story<'_> {
    fn answer(&self, found: Found, refused: Vec<QuarantinedRow>) -> Answer {
        let clients: BTreeSet<u64> = match self.asked.question {
            Question::Client(id) => BTreeSet::from([id]),
            Question::Fact(id) => {
                let of_refused =
                    refused.iter().filter(|r| r.table == Table::Immunizations && r.ids.key == Some(id));
                let of_facts = found.facts.iter().map(|f| self.reference.clients.id(f.fact.client));
                of_refused.filter_map(|r| r.ids.client).chain(of_facts).collect()
            }
        };
        let is_about = |r: &&QuarantinedRow| match r.table {
            Table::Immunizations => is_asked_for(self.asked.question, r),
            _ => r.ids.client.is_some_and(|id| clients.contains(&id)),
        };
        let mut quarantined: Vec<&QuarantinedRow> = refused.iter().filter(is_about).collect();
        quarantined.sort_by_key(|r| (r.table, r.line));
        let is_shown = |f: &&OwnedFact| match self.asked.question {
            Question::Fact(_) => true,
            Question::Client(id) => self.reference.clients.id(f.fact.client) == id,
        };
        Answer {
            as_of: self.asked.as_of,
            policy: self.asked.policy.name.clone(),
            facts: found.facts.iter().filter(is_shown).map(|f| self.fact_answer(f, &found.facts)).collect(),
            quarantined: quarantined.into_iter().map(|r| self.refused_answer(r)).collect(),
            unreadable_rows: found.unreadable,
        }
    }

    fn file(&self, table: Table) -> String {
        let name = self.intake.table(table).and_then(|read| read.file.file_name());
        name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    fn refused_answer(&self, refused: &QuarantinedRow) -> RefusedAnswer {
        let code = refused.fault.code;
        RefusedAnswer {
            table: refused.table.name(),
            file: self.file(refused.table),
            line: refused.line,
            column: refused.fault.column_name(refused.table).unwrap_or_default(),
            code: code.name(),
            meaning: code.meaning(),
        }
    }

    fn fact_answer(&self, owned: &OwnedFact, all: &[OwnedFact]) -> FactAnswer {
        let fact = &owned.fact();
        let Reference { clients, vaccines, organizations, consents, .. } = self.reference;
        let outcome = self.rules.judge(fact).outcome;
        let late = self.late_duplicate(fact, all, self.rules.consent_rule());
        let needed = self.rules.consent_needed(fact);
        let names: Vec<String> = clients
            .texts(fact.client)
            .take(3)
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .collect();
        let [first, last, middle] = [0, 1, 2].map(|place| names.get(place).map_or("", String::as_str));
        let lookback = self.rules.lookback();
        let disaster = self.asked.policy.disaster.period;
        let under = |rule: ConsentRule| UnderAnswer {
            rule: rule.name(),
            in_force: rule == self.rules.consent_rule(),
            outcome: match self.late_duplicate(fact, all, rule) {
                Some(fault) => fault.code.name(),
                None => self.rules.outcome_under(fact, rule).name(),
            },
        };
        let recipients = match self.rules.routing().route(fact.organization) {
            Route::To(places) if outcome == Outcome::Included && late.is_none() => places
                .iter()
                .map(|place| self.rules.routing().recipients()[*place as usize].name.clone())
                .collect(),
            _ => Vec::new(),
        };
        let provider =
            fact.organization.and_then(|place| organizations.texts(place).next()).unwrap_or_default();
        FactAnswer {
            immunfact_id: fact.immunfact_id,
            immunization_id: fact.immunization_id,
            file: self.file(Table::Immunizations),
            line: fact.line,
            client_id: clients.id(fact.client),
            client_name: [first, middle, last]
                .into_iter()
                .filter(|n| !n.is_empty())
                .collect::<Vec<_>>()
                .join(" "),
            client_type: clients.client_type(fact.client).to_owned(),
            birth_date: clients.birth(fact.client),
            vaccine_id: vaccines.id(fact.vaccine),
            cvx_code: String::from_utf8_lossy(&vaccines.get(fact.vaccine).cvx).into_owned(),
            vaccine_group: String::from_utf8_lossy(fact.group).into_owned(),
            vaccination_date: fact.date,
            org_id: fact.organization.map(|place| organizations.id(place)),
            provider_name: provider.to_owned(),
            outcome: late.map_or(outcome.name(), |fault| fault.code.name()).to_owned(),
            is_disaster: needed == ConsentType::Disaster,
            steps: step_answers(self.asked, self.reference, self.rules, fact, late),
            consents: consent_answers(consents.of(fact.client), self.asked.as_of),
            lookback: Days { first_day: lookback.first_day, last_day: lookback.as_of },
            disaster: Days { first_day: disaster.first_day, last_day: disaster.last_day },
            under: ConsentRule::ALL.map(under).into(),
            recipients,
        }
    }

    /// What is wrong with a fact that is included under a consent rule for sharing its IMMUNFACT_ID with others
    /// that are, if anything is.
    fn late_duplicate(&self, fact: &Fact<'_>, all: &[OwnedFact], rule: ConsentRule) -> Option<RowFault> {
        let mut sharing: Vec<ShareableFact> = Vec::new();
        for other in all.iter().map(OwnedFact::fact).filter(|f| f.immunfact_id == fact.immunfact_id) {
            let judgement = self.rules.judge(&other);
            if let (true, Some(organization)) = (judgement.included_under.contains(rule), other.organization)
            {
                // The first fact with the same group stands for the group.
                let group =
                    all.iter().zip(0..).find(|(f, _)| f.group == other.group).map_or(0, |(_, place)| place);
                sharing.push(ShareableFact::new(&other, organization, group, judgement.included_under));
            }
        }
        sharing.sort_by_key(|chosen| chosen.line);
        let key = tables::immunizations::IMMUNFACT_ID;
        let (finding, passing) = settle_group(&mut sharing, rule, |c| c.readings, ShareableFact::equals);
        let (stay, fault) = finding.in_force.ruling(key);
        let place = sharing[..passing].iter().position(|chosen| chosen.line == fact.line)?;
        fault.filter(|_| place >= stay)
    }
}
