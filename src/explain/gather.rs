//! Finding what an explanation needs: the facts asked for, those that share their ids, and the quarantined rows.

use super::answer::{Answer, Days, FactAnswer, FieldAnswer, RefusedAnswer, UnderAnswer};
use super::request::{Question, Request};
use super::wording::{Words, consent_answers, recipient_names};
use crate::filter::{Outcome, Rules, ShareableFact};
use crate::policy::ConsentRule;
use crate::registry::{
    ConsentType, ExportRow, Fact, Intake, Progress, QuarantinedRow, RawField, Reference, RegistryError,
    RowFault, RowFile, Source, Table, Witness, raw_rows, read_facts_in_order, read_reference_before, sharing,
    tables,
};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::path::Path;

/// Rows that were quarantined before, when the work database that is now read was made.
#[derive(Clone, Default, Debug)]
pub struct Earlier {
    /// Those that may bear on the question.
    pub refused: Vec<QuarantinedRow>,
    /// How many rows of `immunizations` had no id that could be read.
    pub unreadable: u64,
}

/// Explains facts of a source, of which some rows may have been quarantined earlier.
///
/// # Errors
/// If the source cannot be read.
pub fn explain(
    source: &dyn Source,
    earlier: Earlier,
    request: Request<'_>,
    progress: &dyn Progress,
) -> Result<Answer, RegistryError> {
    let refused_earlier: BTreeSet<_> = earlier.refused.iter().map(|row| (row.table, row.line)).collect();
    let mut rows = RelatedRows { earlier, facts: Vec::new() };
    let (reference, mut intake) = read_reference_before(source, request.spill, progress, &mut rows)?;
    let rules = Rules::new(request.policy, request.as_of, &reference, NonZeroUsize::MIN);
    let wanted = wanted_ids(source, &reference, request, &mut intake, progress)?;
    read_facts_in_order(source, &reference, &mut intake, progress, &mut |fact| {
        match fact {
            Ok(fact) if wanted.contains(&fact.immunfact_id) => rows.facts.push(OwnedFact::of(fact)),
            Err(refused) => {
                rows.earlier.unreadable += u64::from(refused.ids.key.is_none());
                if is_asked_for(request.question, &refused) {
                    rows.earlier.refused.push(refused);
                }
            }
            Ok(_) => {}
        }
        Ok(())
    })?;
    let mut answer =
        Explainer { request, reference: &reference, rules: &rules, intake: &intake }.answer(rows);
    show_rows(&mut answer.quarantined, source, &refused_earlier)?;
    Ok(answer)
}

/// So many quarantined rows of a table are shown as they stand. A fact or a client has a few.
const MOST_SHOWN: usize = 100;

/// Adds to each quarantined row its fields as they stand in the source, which has not kept those of `refused_earlier`.
fn show_rows(
    refused: &mut [RefusedAnswer],
    source: &dyn Source,
    refused_earlier: &BTreeSet<(Table, u64)>,
) -> Result<(), RegistryError> {
    // A consent that a row of clients gives is shown as that row.
    let stands_in = |row: &RefusedAnswer, table: Table| {
        if row.in_clients { table == Table::Clients } else { row.table == table.name() }
    };
    for table in Table::ALL {
        let is_shown = |row: &&RefusedAnswer| {
            let own = Table::named(row.table.as_bytes()).unwrap_or(table);
            stands_in(row, table) && !refused_earlier.contains(&(own, row.line))
        };
        let lines = refused.iter().filter(is_shown).map(|row| row.line).take(MOST_SHOWN).collect();
        let rows: BTreeMap<u64, Vec<RawField>> = raw_rows(source, table, &lines)?;
        for row in refused.iter_mut().filter(|row| stands_in(row, table)) {
            let fields = rows.get(&row.line).cloned().unwrap_or_default().into_iter();
            let field = |RawField { column, text }| {
                let is_faulty = column == row.column;
                FieldAnswer { column, text, is_faulty }
            };
            row.fields = fields.map(field).collect();
        }
    }
    Ok(())
}

/// The ids of the facts asked for. Those of a client must be looked up first, because a fact of somebody else may
/// share one.
fn wanted_ids(
    source: &dyn Source,
    reference: &Reference,
    request: Request<'_>,
    intake: &mut Intake,
    progress: &dyn Progress,
) -> Result<BTreeSet<u64>, RegistryError> {
    let client = match request.question {
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
        Question::Fact(id) => refused.ids_to_show().key == Some(id),
        Question::Client(id) => refused.ids_to_show().client == Some(id),
    }
}

/// The rows that may bear on the question: facts, and quarantined rows that have a client's id.
struct RelatedRows {
    earlier: Earlier,
    facts: Vec<OwnedFact>,
}

impl Witness for RelatedRows {
    fn usable(&mut self, _: &ExportRow<'_>) -> Result<(), RegistryError> {
        Ok(())
    }

    fn quarantined(&mut self, refused: QuarantinedRow) -> Result<(), RegistryError> {
        self.earlier.refused.extend(Some(refused).filter(|refused| refused.ids_to_show().client.is_some()));
        Ok(())
    }
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

struct Explainer<'a> {
    request: Request<'a>,
    reference: &'a Reference,
    rules: &'a Rules,
    intake: &'a Intake,
}

impl Explainer<'_> {
    fn answer(&self, rows: RelatedRows) -> Answer {
        let RelatedRows { earlier: Earlier { mut refused, unreadable }, facts } = rows;
        let client_of = |fact: &OwnedFact| self.reference.clients.id(fact.fact.client);
        let is_row_of_fact = |refused: &QuarantinedRow| {
            refused.table == Table::Immunizations && is_asked_for(self.request.question, refused)
        };
        let clients: BTreeSet<u64> = match self.request.question {
            Question::Client(id) => BTreeSet::from([id]),
            Question::Fact(_) => {
                let of_refused =
                    refused.iter().filter(|r| is_row_of_fact(r)).filter_map(|r| r.ids_to_show().client);
                of_refused.chain(facts.iter().map(client_of)).collect()
            }
        };
        refused.retain(|r| match r.table {
            Table::Immunizations => is_row_of_fact(r),
            _ => r.ids_to_show().client.is_some_and(|id| clients.contains(&id)),
        });
        refused.sort_by_key(|r| (r.table, r.line));
        let is_asked_for = |fact: &&OwnedFact| match self.request.question {
            Question::Fact(_) => true,
            Question::Client(id) => client_of(fact) == id,
        };
        Answer {
            as_of: self.request.as_of,
            policy: self.request.policy.name.clone(),
            facts: facts.iter().filter(is_asked_for).map(|fact| self.fact_answer(fact, &facts)).collect(),
            quarantined: refused.iter().map(|refused| self.refused_answer(refused)).collect(),
            unreadable_rows: unreadable,
        }
    }

    fn file(&self, table: Table, file: RowFile) -> String {
        let name = self.intake.file_of(table, file).and_then(Path::file_name);
        name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    fn refused_answer(&self, refused: &QuarantinedRow) -> RefusedAnswer {
        let code = refused.fault.code;
        RefusedAnswer {
            table: refused.table.name(),
            file: self.file(refused.table, refused.file),
            in_clients: refused.file == RowFile::Clients,
            line: refused.line,
            column: refused.fault.column_name(refused.table).unwrap_or_default(),
            code: code.name(),
            meaning: code.meaning(),
            fields: Vec::new(),
        }
    }

    fn fact_answer(&self, owned: &OwnedFact, all: &[OwnedFact]) -> FactAnswer {
        let fact = &owned.fact();
        let Reference { clients, vaccines, organizations, consents, .. } = self.reference;
        let outcome = self.rules.judge(fact).outcome;
        let late = self.late_duplicate(fact, all, self.rules.consent_rule());
        let needed = self.rules.consent_needed(fact);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let names: Vec<String> = clients.texts(fact.client).take(3).map(text).collect();
        // The columns are the first, the last and the middle name.
        let names = [0, 2, 1].iter().filter_map(|place| names.get(*place)).filter(|name| !name.is_empty());
        let lookback = self.rules.lookback();
        let disaster = self.request.policy.disaster.period;
        let under = |rule: ConsentRule| UnderAnswer {
            rule: rule.name(),
            in_force: rule == self.rules.consent_rule(),
            outcome: match self.late_duplicate(fact, all, rule) {
                Some(fault) => fault.code.name(),
                None => self.rules.outcome_under(fact, rule).name(),
            },
        };
        let is_shared = outcome == Outcome::Included && late.is_none();
        let provider = fact.organization.and_then(|place| organizations.texts(place).next());
        let (request, reference, rules) = (self.request, self.reference, self.rules);
        FactAnswer {
            immunfact_id: fact.immunfact_id,
            immunization_id: fact.immunization_id,
            file: self.file(Table::Immunizations, RowFile::Own),
            line: fact.line,
            client_id: clients.id(fact.client),
            client_name: names.map(String::as_str).collect::<Vec<_>>().join(" "),
            client_type: clients.client_type(fact.client).to_owned(),
            birth_date: clients.birth(fact.client),
            vaccine_id: vaccines.id(fact.vaccine),
            cvx_code: text(&vaccines.get(fact.vaccine).cvx),
            vaccine_group: text(fact.group),
            vaccination_date: fact.date,
            org_id: fact.organization.map(|place| organizations.id(place)),
            provider_name: provider.unwrap_or_default().to_owned(),
            outcome: late.map_or(outcome.name(), |fault| fault.code.name()).to_owned(),
            is_disaster: needed == ConsentType::Disaster,
            steps: Words { request, reference, rules, fact, needed }.steps(outcome, late),
            consents: consent_answers(consents.of(fact.client), self.request.as_of),
            lookback: Days { first_day: lookback.first_day, last_day: lookback.as_of },
            disaster: Days { first_day: disaster.first_day, last_day: disaster.last_day },
            under: ConsentRule::ALL.map(under).into(),
            recipients: if is_shared { recipient_names(rules, fact) } else { Vec::new() },
        }
    }

    /// What is wrong with a fact that is included under a consent rule for sharing its IMMUNFACT_ID with others
    /// that are, if anything is.
    fn late_duplicate(&self, fact: &Fact<'_>, all: &[OwnedFact], rule: ConsentRule) -> Option<RowFault> {
        let mut included: Vec<ShareableFact> = Vec::new();
        for other in all.iter().map(OwnedFact::fact).filter(|f| f.immunfact_id == fact.immunfact_id) {
            let readings = self.rules.judge(&other).included_under;
            if let (true, Some(organization)) = (readings.contains(rule), other.organization) {
                // The first fact with the same group stands for the group.
                let group = all.iter().zip(0..).find(|(f, _)| f.group == other.group);
                let group = group.map_or(0, |(_, place)| place);
                included.push(ShareableFact::new(&other, organization, group, readings));
            }
        }
        included.sort_by_key(|other| other.line);
        let key = tables::immunizations::IMMUNFACT_ID;
        let (stay, fault) = sharing(&included, ShareableFact::equals).ruling(key);
        let place = included.iter().position(|other| other.line == fact.line)?;
        fault.filter(|_| place >= stay)
    }
}
