//! Reading the immunization facts: each is checked, and its client, vaccine and organization are found.
//!
//! Facts are handed out one by one and not kept in memory: most of them may not be shared.

use super::clients::ClientPlace;
use super::reference::Reference;
use crate::registry::check::{
    CheckResult, Code, ExportRow, Intake, QuarantinedRow, RowFault, in_order, read_on_threads, read_table,
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

/// Reads every fact, on as many threads as there are workers. A worker sees facts in the source's order, but not
/// all of them. What outgrows memory goes to `spill`.
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
    visit: &(dyn Fn(&mut W, &Fact<'_>) -> io::Result<()> + Sync),
) -> Result<Vec<W>, RegistryError> {
    read_on_threads(source, TABLE, intake, spill, progress, workers, |worker, _, row| {
        match resolve(row, reference) {
            Ok(fact) => visit(worker, &fact).map_err(RegistryError::Spill).map(|()| None),
            Err(row) => Ok(Some(row)),
        }
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
        let client = clients.find(row.id(columns::CLIENT_ID));
        let has_vaccine = vaccines.find(row.id(columns::VACCINE_ID)).is_some();
        let organization = row.optional_id(columns::GIVEN_BY_ORG_ID);
        let has_organization = organization.is_none_or(|id| organizations.find(id).is_some());
        let is_before_birth = client.is_some_and(|c| row.day(columns::VACCINATION_DATE) < clients.birth(c));
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

/// Finds the client, vaccine and organization of a fact. A row that cannot be used names no organization that is not there.
fn resolve<'a>(row: CheckResult<'a>, reference: &Reference) -> Result<Fact<'a>, QuarantinedRow> {
    row.and_then(|row| find_parts(row, reference)).map_err(|mut bad| {
        bad.ids.organization = bad.ids.organization.filter(|id| reference.organizations.find(*id).is_some());
        bad
    })
}

fn find_parts<'a>(row: ExportRow<'a>, reference: &Reference) -> Result<Fact<'a>, QuarantinedRow> {
    let bad = |code, column| row.quarantined(RowFault::in_column(code, column));
    let Reference { clients, vaccines, organizations, .. } = reference;
    let client = clients.find(row.id(columns::CLIENT_ID));
    let client = client.ok_or_else(|| bad(Code::UnknownClient, columns::CLIENT_ID))?;
    let vaccine = vaccines.find(row.id(columns::VACCINE_ID));
    let vaccine = vaccine.ok_or_else(|| bad(Code::UnknownVaccine, columns::VACCINE_ID))?;
    let organization = row.optional_id(columns::GIVEN_BY_ORG_ID).map(|id| {
        let place = organizations.find(id);
        place.ok_or_else(|| bad(Code::UnknownOrganization, columns::GIVEN_BY_ORG_ID))
    });
    let organization = organization.transpose()?;
    let date = row.day(columns::VACCINATION_DATE);
    if date < clients.birth(client) {
        return Err(bad(Code::VaccinatedBeforeBirth, columns::VACCINATION_DATE));
    }
    Ok(Fact {
        line: row.line,
        immunization_id: row.id(columns::IMMUNIZATION_ID),
        immunfact_id: row.id(columns::IMMUNFACT_ID),
        client,
        vaccine,
        date,
        group: row.text(columns::VACCINE_GROUP),
        ordinal: row.ordinal(columns::ORDINAL_POSITION),
        organization,
        disaster_flag: row.disaster_flag(columns::DISASTER_FLAG),
    })
}
