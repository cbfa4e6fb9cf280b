//! Reading everything but the facts: who the clients are, what they consented to, the vaccines, the
//! organizations, and who gets whose data.

use super::clients::{Clients, ClientsBuilder};
use super::consents::{Consents, ConsentsBuilder};
use super::intake::{Intake, Notice, unusable};
use super::organizations::{Organizations, OrganizationsBuilder};
use super::reader::{Found, Reader, Refused, Witness};
use super::row::{BadRow, Row, RowIds};
use super::source::Source;
use super::tables::{consents as consent_columns, recipients as recipient_columns};
use super::vaccines::{Vaccines, VaccinesBuilder};
use super::{Progress, RegistryError, Table};
use crate::spill::Spill;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

/// A row of `recipients`: this recipient gets this entity's data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assignment {
    /// The line on which the row begins; of equal rows, the first's.
    pub line: u64,
    /// The recipient.
    pub recipient: String,
    /// The responsible entity.
    pub entity: String,
}

/// What the facts refer to.
#[derive(Debug)]
pub struct Reference {
    /// The clients.
    pub clients: Clients,
    /// Their consents.
    pub consents: Consents,
    /// The vaccines.
    pub vaccines: Vaccines,
    /// The organizations.
    pub organizations: Organizations,
    /// Who gets whose data, each row once, where the export says so.
    pub recipients: Option<Vec<Assignment>>,
}

impl Reference {
    /// About how many bytes of memory the large tables take.
    pub fn size(&self) -> usize {
        self.clients.size() + self.consents.size()
    }
}

/// Reads every table but `immunizations`, the large ones on so many threads. What outgrows memory goes to `spill`.
///
/// # Errors
/// If the export cannot be read, or a row is unusable in a table where none may be left out.
pub fn read_reference(
    source: &dyn Source,
    threads: NonZeroUsize,
    spill: &Spill,
    progress: &dyn Progress,
) -> Result<(Reference, Intake), RegistryError> {
    read_all(source, threads, spill, progress, None)
}

/// The same, before a witness, who sees the rows in the source's order.
pub(crate) fn read_reference_before<'e>(
    source: &'e dyn Source,
    spill: &'e Spill,
    progress: &'e dyn Progress,
    witness: &'e mut dyn Witness,
) -> Result<(Reference, Intake), RegistryError> {
    read_all(source, NonZeroUsize::MIN, spill, progress, Some(witness))
}

fn read_all<'e>(
    source: &'e dyn Source,
    threads: NonZeroUsize,
    spill: &'e Spill,
    progress: &'e dyn Progress,
    witness: Option<&'e mut dyn Witness>,
) -> Result<(Reference, Intake), RegistryError> {
    let found = Found { intake: Intake::new(spill), witness };
    let mut reader = Reader { source, threads, spill, progress, found };
    read_control(&mut reader)?;
    let recipients = read_recipients(&mut reader)?;
    let vaccines = read_vaccines(&mut reader)?;
    let organizations = read_organizations(&mut reader)?;
    let clients = read_clients(&mut reader)?;
    let consents = read_consents(&mut reader, &clients)?;
    let intake = reader.found.intake;
    Ok((Reference { clients, consents, vaccines, organizations, recipients }, intake))
}

/// Why no row of `recipients` or `control` may be left out.
const STEERS_THE_RUN: &str = "the run can't do without any row of this table";

/// Why no consent of an unknown client may be left out.
const MAY_BE_A_WITHDRAWAL: &str =
    "the consent may be a withdrawal, and it can't be told whose, so the run can't go on without it";

fn read_control(reader: &mut Reader<'_>) -> Result<(), RegistryError> {
    reader
        .read(Table::Control, &mut |found, file, line, row| match row {
            Ok(row) => {
                found.intake.expect(line, &row);
                Ok(())
            }
            Err(bad) => Err(unusable(file, Table::Control, line, bad, STEERS_THE_RUN)),
        })
        .map(drop)
}

fn read_recipients(reader: &mut Reader<'_>) -> Result<Option<Vec<Assignment>>, RegistryError> {
    let mut assignments = BTreeMap::new();
    let is_there = reader.read(Table::Recipients, &mut |_, file, line, row| match row {
        Ok(row) => {
            let text = |column| String::from_utf8_lossy(row.text(column)).into_owned();
            let key = (text(recipient_columns::RECIPIENT), text(recipient_columns::RESPONSIBLE_ENTITY));
            assignments.entry(key).or_insert(line);
            Ok(())
        }
        Err(bad) => Err(unusable(file, Table::Recipients, line, bad, STEERS_THE_RUN)),
    })?;
    let assignment = |((recipient, entity), line)| Assignment { line, recipient, entity };
    Ok(is_there.then(|| assignments.into_iter().map(assignment).collect()))
}

/// Reads a small table whose unusable rows are left out.
fn read_usable(
    reader: &mut Reader<'_>,
    table: Table,
    add: &mut dyn FnMut(u64, &Row<'_>),
) -> Result<(), RegistryError> {
    reader
        .read(table, &mut |found, _, line, row| match row {
            Ok(row) => {
                add(line, &row);
                Ok(())
            }
            Err(BadRow { fault, ids, lines }) => found.refuse(Refused { table, line, fault, ids, lines }),
        })
        .map(drop)
}

fn read_vaccines(reader: &mut Reader<'_>) -> Result<Vaccines, RegistryError> {
    let mut builder = VaccinesBuilder::default();
    read_usable(reader, Table::Vaccines, &mut |line, row| builder.add(line, row))?;
    builder.finish(|row, fault| reader.found.refuse_shared(Table::Vaccines, row, fault))
}

fn read_organizations(reader: &mut Reader<'_>) -> Result<Organizations, RegistryError> {
    let mut builder = OrganizationsBuilder::default();
    read_usable(reader, Table::Organizations, &mut |line, row| builder.add(line, row))?;
    let (organizations, blanked) =
        builder.finish(|row, fault| reader.found.refuse_shared(Table::Organizations, row, fault))?;
    if blanked > 0 {
        reader.found.intake.notice(Notice::EntitiesForNothing { count: blanked });
    }
    Ok(organizations)
}

fn read_clients(reader: &mut Reader<'_>) -> Result<Clients, RegistryError> {
    let table = Table::Clients;
    let builders = reader.read_large(table, &|builder: &mut ClientsBuilder, _, line, row| match row {
        Ok(row) => {
            builder.add(line, &row);
            Ok(None)
        }
        Err(BadRow { fault, ids, lines }) => Ok(Some(Refused { table, line, fault, ids, lines })),
    })?;
    let builder = builders.into_iter().reduce(ClientsBuilder::with).unwrap_or_default();
    builder.finish(|row, fault| reader.found.refuse_shared(table, row, fault))
}

/// Consents fail closed: whoever loses a row may lose a withdrawal.
fn read_consents(reader: &mut Reader<'_>, clients: &Clients) -> Result<Consents, RegistryError> {
    let table = Table::Consents;
    let builders = reader.read_large(table, &|builder: &mut ConsentsBuilder, file, line, row| match row {
        Ok(row) => {
            builder.add(clients.find(row.id(consent_columns::CLIENT_ID)), &row);
            Ok(None)
        }
        Err(BadRow { fault, ids: ids @ RowIds { client: Some(client), .. }, lines }) => {
            builder.close(clients.find(client));
            Ok(Some(Refused { table, line, fault, ids, lines }))
        }
        Err(bad) => Err(unusable(file, table, line, bad, MAY_BE_A_WITHDRAWAL)),
    })?;
    let mut builder = builders.into_iter().reduce(ConsentsBuilder::with).unwrap_or_default();
    for id in reader.source.closed_clients()? {
        builder.close(clients.find(id));
    }
    builder.notices().for_each(|notice| reader.found.intake.notice(notice));
    Ok(builder.finish(clients.len()))
}
