//! Reading the immunization facts: each is checked, and its client, vaccine and organization are found.
//!
//! Facts are handed out one by one and not kept in memory: most of them may not be shared.

use super::clients::{Born, ClientPlace};
use super::reference::Reference;
use crate::registry::check::{
    CheckResult, Code, ExportRow, FactRow, Intake, QuarantinedRow, RowFault, in_order, read_fact_rows,
    read_table,
};
use crate::registry::tables::immunizations as columns;
use crate::registry::{DisasterFlag, Progress, RegistryError, Source, Table};
use crate::spill::Spill;
use crate::value::Day;
use std::io;

/// One administered dose, seen from one vaccine group.
#[derive(Clone, Copy, Debug)]
pub struct Fact<'a> {
    /// The line on which its row begins.
    pub line: u64,
    /// The id of the dose.
    pub immunization_id: u64,
    pub immunfact_id: u64,
    /// The client's place.
    pub client: ClientPlace,
    /// The vaccine's place.
    pub vaccine: u32,
    /// The day of the vaccination, not before the client's birth.
    pub date: Day,
    /// The vaccine group, UTF-8; blank is empty.
    pub group: &'a [u8],
    /// The dose's number in its series, 1 to 999; 0 is blank.
    pub ordinal: u16,
    /// The place of the organization that gave it.
    pub organization: Option<u32>,
    pub disaster_flag: Option<DisasterFlag>,
}

/// What is done with a fact, or with a row that cannot be used.
type VisitFact<'v> = dyn FnMut(Result<&Fact<'_>, QuarantinedRow>) -> Result<(), RegistryError> + 'v;

const TABLE: Table = Table::Immunizations;

/// Reads every fact, on as many threads as there are workers, and hands out some at a time. A worker sees facts in the
/// source's order, but not all of them. What outgrows memory goes to `spill`.
///
/// # Errors
/// If the source cannot be read.
pub fn read_facts<W: Send>(
    source: &dyn Source,
    reference: &Reference,
    intake: &mut Intake,
    spill: &Spill,
    progress: &dyn Progress,
    workers: Vec<W>,
    visit: &(dyn Fn(&mut W, &[Fact<'_>]) -> io::Result<()> + Sync),
) -> Result<Vec<W>, RegistryError> {
    read_fact_rows(source, intake, spill, progress, workers, |worker, rows, quarantine| {
        let mut leave_out =
            |bad| quarantine.add(&of_known_organization(bad, reference)).map_err(RegistryError::Spill);
        let rows = match rows {
            Ok(rows) => rows,
            Err(bad) => return leave_out(bad),
        };
        if let [row] = rows {
            return match find_parts(row, reference.clients.find_born(row.client_id), reference) {
                Ok(fact) => visit(worker, &[fact]).map_err(RegistryError::Spill),
                Err(bad) => leave_out(bad),
            };
        }
        // Clients are looked up by themselves: so the processor waits for many of them at once, and not for each in turn.
        let clients: Vec<_> = rows.iter().map(|row| reference.clients.find_born(row.client_id)).collect();
        let mut facts = Vec::with_capacity(rows.len());
        for (row, client) in rows.iter().zip(clients) {
            match find_parts(row, client, reference) {
                Ok(fact) => facts.push(fact),
                Err(bad) => leave_out(bad)?,
            }
        }
        visit(worker, &facts).map_err(RegistryError::Spill)
    })
}

/// Reads every fact in the source's order, and hands out the rows that cannot be used too.
///
/// # Errors
/// If the source cannot be read, or `visit` fails.
pub fn read_facts_in_order(
    source: &dyn Source,
    reference: &Reference,
    intake: &mut Intake,
    progress: &dyn Progress,
    visit: &mut VisitFact<'_>,
) -> Result<(), RegistryError> {
    read_table(source, TABLE.into(), intake, |reader, intake| {
        in_order(reader, None, progress, &mut |row| match resolve(row, reference) {
            Ok(fact) => visit(Ok(&fact)),
            Err(row) => {
                intake.quarantine.add(&row).map_err(RegistryError::Spill)?;
                visit(Err(row))
            }
        })
    })
    .map(drop)
}

/// Looks for facts that name a client, a vaccine or an organization that is not there, and adds them to the quarantine,
/// where only some of those tables could be read: what needs another is not looked at.
///
/// # Errors
/// If the source cannot be read.
pub(in crate::registry) fn read_facts_beside(
    source: &dyn Source,
    reference: &Reference,
    is_read: &dyn Fn(Table) -> bool,
    intake: &mut Intake,
    progress: &dyn Progress,
) -> Result<(), RegistryError> {
    let find_fault = |row: &ExportRow<'_>| {
        let Reference { clients, vaccines, organizations, .. } = reference;
        let client = clients.find_born(row.id(columns::CLIENT_ID));
        let has_vaccine = vaccines.find(row.id(columns::VACCINE_ID)).is_some();
        let organization = row.optional_id(columns::GIVEN_BY_ORG_ID);
        let has_organization = organization.is_none_or(|id| organizations.find(id).is_some());
        let is_before_birth = client.is_some_and(|born| row.day(columns::VACCINATION_DATE) < born.birth);
        let faults = [
            (client.is_none() && is_read(Table::Clients), Code::UnknownClient, columns::CLIENT_ID),
            (!has_vaccine && is_read(Table::Vaccines), Code::UnknownVaccine, columns::VACCINE_ID),
            (
                !has_organization && is_read(Table::Organizations),
                Code::UnknownOrganization,
                columns::GIVEN_BY_ORG_ID,
            ),
            (is_before_birth, Code::VaccinatedBeforeBirth, columns::VACCINATION_DATE),
        ];
        let found = faults.into_iter().find(|(is_so, ..)| *is_so);
        found.map(|(_, code, column)| row.quarantined(RowFault::in_column(code, column)))
    };
    read_table(source, TABLE.into(), intake, |reader, intake| {
        in_order(reader, None, progress, &mut |row| {
            let bad = match row {
                Ok(row) => find_fault(&row),
                Err(row) => Some(row),
            };
            bad.map_or(Ok(()), |mut row| {
                // Nothing is counted by organization here, and not every id is of one.
                row.ids.organization = None;
                intake.quarantine.add(&row).map_err(RegistryError::Spill)
            })
        })
    })
    .map(drop)
}

/// Finds the client, vaccine and organization of a fact.
fn resolve<'a>(row: CheckResult<'a>, reference: &Reference) -> Result<Fact<'a>, QuarantinedRow> {
    let fact = row.and_then(|row| {
        let row = FactRow::of(&row);
        find_parts(&row, reference.clients.find_born(row.client_id), reference)
    });
    fact.map_err(|bad| of_known_organization(bad, reference))
}

/// A row that cannot be used names no organization that is not there.
fn of_known_organization(mut bad: QuarantinedRow, reference: &Reference) -> QuarantinedRow {
    bad.ids.organization = bad.ids.organization.filter(|id| reference.organizations.find(*id).is_some());
    bad
}

/// Finds the vaccine and the organization of a fact, whose client was looked up.
fn find_parts<'a>(
    row: &FactRow<'a>,
    client: Option<Born>,
    reference: &Reference,
) -> Result<Fact<'a>, QuarantinedRow> {
    let bad = |code, column| row.quarantined(RowFault::in_column(code, column));
    let Reference { vaccines, organizations, .. } = reference;
    let Born { client, birth } = client.ok_or_else(|| bad(Code::UnknownClient, columns::CLIENT_ID))?;
    let vaccine = vaccines.find(row.vaccine_id);
    let vaccine = vaccine.ok_or_else(|| bad(Code::UnknownVaccine, columns::VACCINE_ID))?;
    let organization = row.organization_id.map(|id| {
        let place = organizations.find(id);
        place.ok_or_else(|| bad(Code::UnknownOrganization, columns::GIVEN_BY_ORG_ID))
    });
    let organization = organization.transpose()?;
    let FactRow { line, immunization_id, immunfact_id, date, group, ordinal, disaster_flag, .. } = *row;
    if date < birth {
        return Err(bad(Code::VaccinatedBeforeBirth, columns::VACCINATION_DATE));
    }
    Ok(Fact {
        line,
        immunization_id,
        immunfact_id,
        client,
        vaccine,
        date,
        group,
        ordinal,
        organization,
        disaster_flag,
    })
}
