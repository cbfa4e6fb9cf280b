//! Reading the immunization facts: each is checked, and what it names is found.
//!
//! Facts are handed out one by one and not kept: most of an export may be of no interest to anyone.

use super::clients::ClientPlace;
use super::codes::DisasterFlag;
use super::intake::Intake;
use super::quarantine::{Code, Fault, Quarantine};
use super::reader::{Refused, note_end, note_extra_columns};
use super::reference::Reference;
use super::row::{BadRow, Checked};
use super::source::Source;
use super::tables::immunizations as columns;
use super::{Progress, RegistryError, Table, scan};
use crate::spill::Spill;
use crate::value::Day;
use std::io;

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
    pub disaster_flag: Option<DisasterFlag>,
}

/// What is told of a row of `immunizations`.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'f, 'a> {
    /// A fact.
    Fact(&'f Fact<'a>),
    /// A row that cannot be used.
    Refused(Refused),
}

const TABLE: Table = Table::Immunizations;

/// Reads every fact, on as many threads as there are workers. A worker sees facts in the source's order, but not
/// all of them. What outgrows
/// memory goes to `spill`.
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
    let Some(mut reader) = source.open_table(TABLE)? else { return Ok(workers) };
    note_extra_columns(intake, TABLE, reader.layout().extra);
    let workers = workers.into_iter().map(|worker| (worker, Quarantine::new(spill))).collect();
    let (rows, workers) =
        scan::on_threads(reader.as_mut(), TABLE, progress, workers, &|(worker, quarantine), line, row| {
            match resolve(line, row, reference) {
                Ok(fact) => visit(worker, &fact),
                Err(BadRow { fault, ids, lines }) => {
                    quarantine.add(&Refused { table: TABLE, line, fault, ids, lines })
                }
            }
            .map_err(RegistryError::Spill)
        })?;
    note_end(intake, TABLE, reader.as_ref(), rows)?;
    intake.set_read(TABLE, reader.file(), rows);
    let mut done = Vec::with_capacity(workers.len());
    for (worker, quarantine) in workers {
        intake.quarantine.absorb(quarantine);
        done.push(worker);
    }
    Ok(done)
}

/// Reads every fact in the source's order, and tells of the rows that cannot be used too.
///
/// # Errors
/// If the source cannot be read, or `visit` fails.
pub fn read_facts_in_order(
    source: &dyn Source,
    reference: &Reference,
    intake: &mut Intake,
    progress: &dyn Progress,
    visit: &mut dyn FnMut(Seen<'_, '_>) -> Result<(), RegistryError>,
) -> Result<(), RegistryError> {
    let Some(mut reader) = source.open_table(TABLE)? else { return Ok(()) };
    note_extra_columns(intake, TABLE, reader.layout().extra);
    let rows = scan::in_order(reader.as_mut(), TABLE, progress, &mut |line, row| match resolve(
        line, row, reference,
    ) {
        Ok(fact) => visit(Seen::Fact(&fact)),
        Err(BadRow { fault, ids, lines }) => {
            let refused = Refused { table: TABLE, line, fault, ids, lines };
            intake.refuse(&refused)?;
            visit(Seen::Refused(refused))
        }
    })?;
    note_end(intake, TABLE, reader.as_ref(), rows)?;
    intake.set_read(TABLE, reader.file(), rows);
    Ok(())
}

/// Finds what a fact names.
fn resolve<'a>(line: u64, row: Checked<'a>, reference: &Reference) -> Result<Fact<'a>, BadRow> {
    let row = row?;
    let bad = |code, column| BadRow { fault: Fault::in_column(code, column), ids: row.ids(TABLE), lines: 1 };
    let unknown = |code, column| move || bad(code, column);
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
        return Err(bad(Code::VaccinatedBeforeBirth, columns::VACCINATION_DATE));
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
        disaster_flag: row.disaster_flag(columns::DISASTER_FLAG),
    })
}
