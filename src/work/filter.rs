//! The second stage: an outcome for every fact of a work database.
//!
//! One transaction: until it is done, the outcomes are those of the run before.

use super::error::WorkError;
use super::many_rows::{Cell, ManyRows};
use super::{WorkDatabase, number, optional_number, read};
use crate::cleanup;
use crate::extract::{FactCounts, OrganizationCounts, Selection, SelectionBuilder};
use crate::filter::{ConsentFailure, Judgement, Outcome, Readings, Rules};
use crate::policy::{ConsentRule, Policy};
use crate::registry::{
    ConsentType, Fact, Intake, Limit, Progress, Quarantine, Reference, Table, read_facts, read_reference,
};
use crate::spill::{Sorter, Spill, storable_as, storable_fields};
use crate::value::Day;
use rusqlite::{Connection, params};
use std::cell::OnceCell;
use std::num::NonZeroUsize;
use strum::VariantArray;

/// How a work database is filtered.
#[derive(Clone, Copy, Debug)]
pub struct FilterSettings<'a> {
    /// The inclusion rules' settings.
    pub policy: &'a Policy,
    /// The day as of which the rules are applied.
    pub as_of: Day,
    /// Whether that day was taken from the clock.
    pub is_today: bool,
    /// The largest share of the facts that may be quarantined, once late duplicates are known.
    pub limit: Limit,
    /// How many threads look at facts.
    pub threads: NonZeroUsize,
    /// Where what outgrows memory goes.
    pub spill: &'a Spill,
}

/// What filtering came to.
#[derive(Debug)]
pub struct FilterResult {
    /// How many facts came to what.
    pub counts: FactCounts,
    /// What reading found, and late duplicates.
    pub intake: Intake,
}

/// Works out the outcome of every fact and the consent verdicts of every client, in place of those that are there.
///
/// # Errors
/// If the database cannot be read or written, another run is at work on it, or too many facts turn out to be
/// duplicates.
pub fn filter(
    database: &WorkDatabase,
    settings: FilterSettings<'_>,
    progress: &dyn Progress,
) -> Result<FilterResult, WorkError> {
    let failed = database.failed();
    let connection = &database.connection;
    // Nobody else changes anything until this is done.
    database.execute("BEGIN IMMEDIATE")?;
    let FilterSettings { policy, as_of, threads, spill, .. } = settings;
    let is_usable = |database: &WorkDatabase| {
        database.must_be_whole()?;
        database.must_be_complete()
    };
    let reference = OnceCell::new();
    let (reference, rules, judges) = database.looked_at_meanwhile(threads, is_usable, || {
        let tables = database.tables();
        let (found, mut scratch) =
            read_reference(&tables, threads, spill, progress).map_err(database.in_reading())?;
        database.must_be_clean(&scratch)?;
        let reference = reference.get_or_init(|| found);
        let rules = Rules::new(policy, as_of, reference, threads);
        let builders = SelectionBuilder::for_threads(threads, as_of, reference.organizations.len(), spill);
        let judges = builders.into_iter().map(|builder| (builder, Sorter::new(spill))).collect();
        let judge = |(builder, judged): &mut (SelectionBuilder, Sorter<JudgedLine>), facts: &[Fact<'_>]| {
            let judgements = rules.judge_all(facts);
            builder.take_all(facts, &judgements)?;
            facts.iter().zip(judgements).try_for_each(|(fact, judgement)| {
                let Judgement { outcome, included_under } = judgement;
                judged.push(JudgedLine { line: fact.line, outcome, included_under })
            })
        };
        // The database is read on this thread, so that outcomes are put into it afterwards.
        let judges = read_facts(&tables, reference, &mut scratch, spill, progress, judges, &judge)
            .map_err(database.in_reading())?;
        database.must_be_clean(&scratch)?;
        Ok((reference, rules, judges))
    })?;
    // An error leaves the transaction open, and it is rolled back with the connection.
    database.execute(
        "DELETE FROM outcomes; DELETE FROM consent_verdicts; DELETE FROM filter_run;
         DELETE FROM included_under; DELETE FROM organization_outcomes; DELETE FROM writes; DELETE FROM quarantine WHERE stage = 'filter';",
    )?;
    keep_verdicts(connection, &rules, reference).map_err(failed)?;
    let (mut builders, mut judged) = (Vec::with_capacity(judges.len()), Sorter::new(spill));
    for (builder, own) in judges {
        builders.push(builder);
        judged.absorb(own);
    }
    keep_outcomes(database, judged)?;
    let mut late = Quarantine::new(spill);
    let selection = Selection::new(builders, rules.consent_rule(), &mut late, reference, spill)
        .map_err(WorkError::Spill)?;
    keep_late_duplicates(database, late)?;
    let mut intake = database.intake(spill)?;
    // `read` has judged the other tables already.
    read::refuse_unfit(&mut intake, settings.limit, &[Table::Immunizations], &database.path)?;
    keep_run(connection, settings, &selection.counts).map_err(failed)?;
    keep_organizations(connection, reference, &selection.organizations).map_err(failed)?;
    database.execute("COMMIT")?;
    // Not begun before: to write what is in memory can take longer than a signal may wait.
    cleanup::step().end_as_last();
    Ok(FilterResult { counts: selection.counts, intake })
}

/// What a fact came to, by the line of its row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct JudgedLine {
    line: u64,
    outcome: Outcome,
    included_under: Readings,
}

storable_fields!(JudgedLine by line { line, outcome, included_under });
storable_as!(Outcome, u8, |outcome| outcome as u8, |place| Outcome::ALL.get(usize::from(place)).copied());

/// Puts the outcomes into the database, in the order of the lines.
fn keep_outcomes(database: &WorkDatabase, mut judged: Sorter<JudgedLine>) -> Result<(), WorkError> {
    let failed = database.failed();
    let mut rows = ManyRows::into_table(&database.connection, "outcomes", 5).map_err(failed)?;
    for judged in judged.merge().map_err(WorkError::Spill)? {
        let JudgedLine { line, outcome, included_under } = judged.map_err(WorkError::Spill)?;
        let under = ConsentRule::ALL.map(|rule| Cell::Number(included_under.contains(rule).into()));
        let row = [Cell::number(line), Cell::Text(outcome.name().as_bytes())];
        rows.push(row.into_iter().chain(under)).map_err(failed)?;
    }
    rows.flush().map_err(failed)
}

/// The verdict of each client's consents of either type, under the three readings.
fn keep_verdicts(
    connection: &Connection,
    rules: &Rules,
    reference: &Reference,
) -> Result<(), rusqlite::Error> {
    let mut rows = ManyRows::into_table(connection, "consent_verdicts", 5)?;
    for client in 0..reference.clients.len() as u32 {
        let id = Cell::number(reference.clients.id(client));
        for consent_type in ConsentType::VARIANTS {
            let name: &str = consent_type.into();
            let finding = rules.find_consent(reference, client, *consent_type);
            let unreadable = reference.consents.unreadable(client);
            let verdicts =
                ConsentRule::ALL.map(|rule| Cell::Text(verdict(finding, rule, unreadable).as_bytes()));
            rows.push([id, Cell::Text(name.as_bytes())].into_iter().chain(verdicts))?;
        }
    }
    rows.flush()
}

/// A consent verdict in a word.
fn verdict(finding: Result<Readings, ConsentFailure>, rule: ConsentRule, unreadable: bool) -> &'static str {
    match finding {
        _ if unreadable => "UNREADABLE",
        Err(failure) => failure.name(),
        Ok(readings) if readings.contains(rule) => "PASSES",
        Ok(_) => ConsentFailure::Lapsed.name(),
    }
}

fn keep_late_duplicates(database: &WorkDatabase, mut late: Quarantine) -> Result<(), WorkError> {
    let failed = database.failed();
    let mut update =
        database.connection.prepare("UPDATE outcomes SET outcome = ?2 WHERE line = ?1").map_err(failed)?;
    let sql = "INSERT INTO quarantine
        SELECT 'filter', ?2, ?2, file, ?1, ?3, ?4, immunfact_id, client_id, given_by_org_id, 1
        FROM immunizations, tables WHERE line = ?1 AND name = ?2";
    let mut insert = database.connection.prepare(sql).map_err(failed)?;
    for entry in late.list().map_err(WorkError::Spill)? {
        let entry = entry.map_err(WorkError::Spill)?;
        let (line, code) = (entry.line as i64, entry.fault.code.name());
        let column = entry.fault.column_name(entry.table);
        update.execute(params![line, code]).map_err(failed)?;
        insert.execute(params![line, Table::Immunizations.name(), column, code]).map_err(failed)?;
    }
    Ok(())
}

fn keep_run(
    connection: &Connection,
    settings: FilterSettings<'_>,
    counts: &FactCounts,
) -> Result<(), rusqlite::Error> {
    let FilterSettings { policy, as_of, is_today, .. } = settings;
    let newest = counts.newest_vaccination().map(|day| day.to_string());
    let run = params![as_of.to_string(), is_today, policy.name, policy.sha256, policy.text, newest];
    connection.execute("INSERT INTO filter_run VALUES (?1, ?2, ?3, ?4, ?5, ?6)", run)?;
    for rule in ConsentRule::ALL {
        let row = params![rule.name(), counts.included_under(rule) as i64];
        connection.execute("INSERT INTO included_under VALUES (?1, ?2)", row)?;
    }
    Ok(())
}

/// What came of the facts of each organization, so that `write` need not count all facts again.
fn keep_organizations(
    connection: &Connection,
    reference: &Reference,
    counts: &OrganizationCounts,
) -> Result<(), rusqlite::Error> {
    let mut insert = connection.prepare("INSERT INTO organization_outcomes VALUES (?1, ?2, ?3)")?;
    for (organization, outcome, facts) in counts.facts() {
        let id = organization.map(|place| reference.organizations.id(place) as i64);
        insert.execute(params![id, outcome.name(), facts as i64])?;
    }
    Ok(())
}

impl WorkDatabase {
    /// How many facts came to what.
    pub(super) fn counts(&self) -> Result<FactCounts, WorkError> {
        let mut counts = FactCounts::default();
        for (name, facts) in self.named_numbers("SELECT outcome, facts FROM outcome_counts")? {
            // The others are the codes of late duplicates, which count as quarantined.
            if let Some(outcome) = Outcome::named(&name) {
                counts.set_outcome(outcome, facts);
            }
        }
        for (name, facts) in self.named_numbers("SELECT rule, facts FROM included_under")? {
            let rule = ConsentRule::named(&name);
            counts.set_included_under(rule.ok_or_else(|| self.damaged())?, facts);
        }
        let newest: Option<String> = self.value("SELECT newest_vaccination FROM filter_run")?;
        let newest = newest.map(|day| Day::parse(day.as_bytes()).ok_or_else(|| self.damaged()));
        counts.set_newest_vaccination(newest.transpose()?);
        Ok(counts)
    }

    /// What came of the facts of each organization.
    pub(super) fn counts_of_organizations(
        &self,
        reference: &Reference,
    ) -> Result<OrganizationCounts, WorkError> {
        let sql = "SELECT org_id, outcome, facts FROM organization_outcomes";
        let mut counts = OrganizationCounts::new(reference.organizations.len());
        let rows =
            self.rows(sql, |row| Ok((optional_number(row, 0)?, row.get::<_, String>(1)?, number(row, 2)?)))?;
        for (organization, outcome, facts) in rows {
            let place = |id| reference.organizations.find(id).ok_or_else(|| self.damaged());
            let outcome = Outcome::named(&outcome).ok_or_else(|| self.damaged())?;
            counts.add_facts(organization.map(place).transpose()?, outcome, facts);
        }
        Ok(counts)
    }

    /// The rows of a query for a name and a number.
    fn named_numbers(&self, sql: &str) -> Result<Vec<(String, u64)>, WorkError> {
        self.rows(sql, |row| Ok((row.get(0)?, number(row, 1)?)))
    }
}
