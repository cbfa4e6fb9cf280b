//! Reading everything but the facts: who the clients are, what they consented to, the vaccines, the
//! organizations, and who gets whose data.

use super::clients::{Clients, ClientsBuilder};
use super::consents::{Consents, ConsentsBuilder};
use super::keys::{ById, KeyedRow};
use super::organizations::{Organization, Organizations};
use super::vaccines::{Vaccine, Vaccines};
use crate::registry::check::{
    Expectations, ExportRow, Intake, Notice, Reader, Sign, TablePart, Witness, unusable,
};
use crate::registry::tables::recipients as recipient_columns;
use crate::registry::{Progress, RegistryError, Source, Table};
use crate::spill::Spill;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

/// A row of `recipients`: this recipient gets this entity's data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assignment {
    /// The line on which the row begins; of equal rows, the first's.
    pub line: u64,
    pub recipient: String,
    /// The responsible entity.
    pub entity: String,
}

/// What the facts refer to.
#[derive(Debug)]
pub struct Reference {
    pub clients: Clients,
    pub consents: Consents,
    pub vaccines: Vaccines,
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
    read_all(Reader { source, threads, spill, progress, intake: Intake::new(spill), witness: None })
}

/// The same on one thread, with a witness who is shown the rows in the source's order.
pub(crate) fn read_reference_before<'e>(
    source: &'e dyn Source,
    spill: &'e Spill,
    progress: &'e dyn Progress,
    witness: &'e mut dyn Witness,
) -> Result<(Reference, Intake), RegistryError> {
    let (threads, intake, witness) = (NonZeroUsize::MIN, Intake::new(spill), Some(witness));
    read_all(Reader { source, threads, spill, progress, intake, witness })
}

fn read_all(mut reader: Reader<'_>) -> Result<(Reference, Intake), RegistryError> {
    read_control(&mut reader)?;
    let recipients = read_recipients(&mut reader)?;
    let vaccines = read_by_id(&mut reader, Table::Vaccines, Vaccine::from_row)?;
    let mut organizations = read_by_id(&mut reader, Table::Organizations, Organization::from_row)?;
    // Only now: rows that share an id are compared as they stand.
    let count = organizations.blank_words_for_nothing();
    if count > 0 {
        reader.intake.notice(Notice::EntitiesForNothing { count });
    }
    let clients = read_clients(&mut reader)?;
    let consents = read_consents(&mut reader, &clients)?;
    Ok((Reference { clients, consents, vaccines, organizations, recipients }, reader.intake))
}

/// Why no row of `recipients` or `control` may be left out.
const STEERS_THE_RUN: &str = "the run can't do without any row of this table";

/// Why no consent of an unknown client may be left out.
const MAY_BE_A_WITHDRAWAL: &str =
    "the consent may be a withdrawal, and it can't be told whose, so the run can't go on without it";

fn read_control(reader: &mut Reader<'_>) -> Result<(), RegistryError> {
    let mut expectations = Expectations::default();
    let is_there = reader.read(Table::Control, |file, row| {
        expectations.add(&row.map_err(|row| unusable(file, &row, STEERS_THE_RUN))?);
        Ok(None)
    })?;
    reader.intake.expectations = expectations;
    if !is_there {
        reader.intake.notice(Notice::NoControl);
    }
    Ok(())
}

fn read_recipients(reader: &mut Reader<'_>) -> Result<Option<Vec<Assignment>>, RegistryError> {
    let (mut assignments, mut headers) = (BTreeMap::new(), Vec::new());
    let is_there = reader.read(Table::Recipients, |file, row| {
        let row = row.map_err(|row| unusable(file, &row, STEERS_THE_RUN))?;
        let text = |column| String::from_utf8_lossy(row.text(column)).into_owned();
        if is_header(&row) {
            headers.push(row.line);
        }
        let key = (text(recipient_columns::RECIPIENT), text(recipient_columns::RESPONSIBLE_ENTITY));
        assignments.entry(key).or_insert(row.line);
        Ok(None)
    })?;
    if let Some(line) = headers.first().copied() {
        let (table, count) = (Table::Recipients, headers.len() as u64);
        reader.intake.notice(Notice::HeaderAgain { table, line, count });
    }
    let assignment = |((recipient, entity), line)| Assignment { line, recipient, entity };
    Ok(is_there.then(|| assignments.into_iter().map(assignment).collect()))
}

/// Whether a row of `recipients` is its header again. It is a row all the same: nothing keeps an entity from that name.
fn is_header(row: &ExportRow<'_>) -> bool {
    let column = &Table::Recipients.columns()[recipient_columns::RECIPIENT];
    Sign::of(column, row.text(recipient_columns::RECIPIENT)) == Some(Sign::HeaderAgain)
}

/// Reads a small table that has a key, and of which rows may be left out.
fn read_by_id<T: PartialEq + Send>(
    reader: &mut Reader<'_>,
    table: Table,
    from_row: fn(&ExportRow<'_>) -> T,
) -> Result<ById<T>, RegistryError> {
    let mut rows = Vec::new();
    reader.read(table, |_, row| Ok(row.map(|row| rows.push(KeyedRow::new(&row, from_row(&row)))).err()))?;
    ById::new(table, vec![rows], T::eq, |row| reader.quarantine(row))
}

fn read_clients(reader: &mut Reader<'_>) -> Result<Clients, RegistryError> {
    let builders = reader.read_large(Table::Clients, |builder: &mut ClientsBuilder, _, row| {
        Ok(row.map(|row| builder.add(&row)).err())
    })?;
    ClientsBuilder::finish(builders, |row| reader.quarantine(row))
}

/// A client who loses a consent row is closed: the row may have been a withdrawal.
fn read_consents(reader: &mut Reader<'_>, clients: &Clients) -> Result<Consents, RegistryError> {
    let mut builders = Vec::new();
    for part in [TablePart::Own(Table::Consents), TablePart::GivenConsents] {
        builders.append(&mut reader.read_large(part, |builder: &mut ConsentsBuilder, file, row| {
            match row {
                Ok(row) => builder.add(clients, &row),
                Err(row) => {
                    let client = row.ids.client.ok_or_else(|| unusable(file, &row, MAY_BE_A_WITHDRAWAL))?;
                    builder.close(clients.find(client));
                }
            }
            Ok(row.err())
        })?);
    }
    let mut builder = builders.into_iter().reduce(ConsentsBuilder::with).unwrap_or_default();
    for id in reader.source.closed_clients()? {
        builder.close(clients.find(id));
    }
    builder.resolve(clients);
    builder.notices().for_each(|notice| reader.intake.notice(notice));
    let consents = builder.finish(clients.len(), reader.threads);
    if consents.closed() > 0 {
        reader.intake.notice(Notice::ClientsClosed { count: consents.closed() });
    }
    Ok(consents)
}
