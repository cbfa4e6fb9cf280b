//! Reading the immunization facts: each is checked, and what it names is found.
//!
//! Facts are handed out one by one and not kept: most of an export may be of no interest to anyone.

use super::clients::ClientPlace;
use super::intake::Intake;
use super::quarantine::{Code, Fault, Quarantine};
use super::reference::{Reference, note_extra_columns};
use super::rows::Checked;
use super::tables::immunizations as columns;
use super::{Export, Progress, RegistryError, Table, scan};
use crate::value::Day;
use std::path::Path;

/// One administered dose, seen from one vaccine group.
#[derive(Clone, Copy, Debug)]
pub struct Fact<'a> {
    /// The line on which its row begins.
    pub line: u64,
    /// The dose.
    pub immunization_id: u64,
    /// The fact.
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
    /// DISASTER_FLAG.
    pub disaster_flag: Option<bool>,
}

/// Reads every fact, on as many threads as there are workers. A worker sees facts in the file's order, but not
/// all of them. Long lists go to `folder`, a private one.
///
/// # Errors
/// If the export cannot be read.
pub fn read_facts<W: Send>(
    export: &Export,
    reference: &Reference,
    intake: &mut Intake,
    folder: &Path,
    progress: &dyn Progress,
    workers: Vec<W>,
    visit: &(dyn Fn(&mut W, &Fact<'_>) + Sync),
) -> Result<Vec<W>, RegistryError> {
    const TABLE: Table = Table::Immunizations;
    let Some(file) = export.open_table(TABLE)? else { return Ok(workers) };
    note_extra_columns(intake, TABLE, file.header().extra);
    let path = file.path().to_owned();
    let workers = workers.into_iter().map(|worker| (worker, Quarantine::new(folder))).collect();
    let (rows, workers) =
        scan::on_threads(file, TABLE, progress, workers, &|(worker, quarantine), line, row| {
            match resolve(line, row, reference) {
                Ok(fact) => visit(worker, &fact),
                Err(fault) => quarantine.add(TABLE, line, fault).map_err(RegistryError::Spill)?,
            }
            Ok(())
        })?;
    intake.set_read(TABLE, &path, rows);
    Ok(workers
        .into_iter()
        .map(|(worker, quarantine)| {
            intake.quarantine.absorb(quarantine);
            worker
        })
        .collect())
}

/// Finds what a fact names.
fn resolve<'a>(line: u64, row: Checked<'a>, reference: &Reference) -> Result<Fact<'a>, Fault> {
    let row = row.map_err(|bad| bad.fault)?;
    let unknown = |code, column| move || Fault::in_column(code, column);
    let client = reference
        .clients
        .find(row.id(columns::CLIENT_ID))
        .ok_or_else(unknown(Code::UnknownClient, columns::CLIENT_ID))?;
    let vaccine = reference
        .vaccines
        .find(row.id(columns::VACCINE_ID))
        .ok_or_else(unknown(Code::UnknownVaccine, columns::VACCINE_ID))?;
    let organization = match row.optional_id(columns::GIVEN_BY_ORG_ID) {
        None => None,
        Some(id) => Some(
            reference
                .organizations
                .find(id)
                .ok_or_else(unknown(Code::UnknownOrganization, columns::GIVEN_BY_ORG_ID))?,
        ),
    };
    let date = row.day(columns::VACCINATION_DATE);
    if date < reference.clients.birth(client) {
        return Err(Fault::in_column(Code::VaccinatedBeforeBirth, columns::VACCINATION_DATE));
    }
    Ok(Fact {
        line,
        immunization_id: row.id(columns::IMMUNIZATION_ID),
        immunfact_id: row.id(columns::IMMUNFACT_ID),
        client,
        vaccine,
        date,
        group: row.text(columns::VACCINE_GROUP),
        ordinal: row.ordinal(columns::ORDINAL_POSITION),
        organization,
        disaster_flag: row.code(columns::DISASTER_FLAG).map(|place| place == 0),
    })
}
