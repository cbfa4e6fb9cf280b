//! Reading everything but the facts: who the clients are, what they consented to, the vaccines, the
//! organizations, and who gets whose data.

use super::clients::{ClientPlace, Clients, ClientsBuilder};
use super::consents::{Consent, Consents};
use super::error::{BadInput, InputFault};
use super::intake::{Intake, Notice, unusable};
use super::keys::RowId;
use super::organizations::{Organizations, OrganizationsBuilder};
use super::quarantine::Fault;
use super::row::{BadRow, Checked, Row, RowIds};
use super::source::{Source, TableReader};
use super::tables::recipients as recipient_columns;
use super::vaccines::{Vaccines, VaccinesBuilder};
use super::{Progress, RegistryError, Table, scan};
use std::collections::BTreeMap;
use std::path::Path;

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

/// A row that cannot be used.
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    /// Its table.
    pub table: Table,
    /// The line on which it begins.
    pub line: u64,
    /// What is wrong with it.
    pub fault: Fault,
    /// Which row it is, as far as that can be read.
    pub ids: RowIds,
}

/// Is shown the rows of every table but `immunizations`, as they come through the checks.
pub(crate) trait Witness {
    /// A row that passed the checks of its own values. It may yet turn out to share its key with another.
    fn usable(&mut self, table: Table, line: u64, row: &Row<'_>) -> Result<(), RegistryError>;

    /// A row that did not, or shares its key.
    fn refused(&mut self, refused: Refused) -> Result<(), RegistryError>;
}

/// Nobody who would want to see the rows.
struct Nobody;

impl Witness for Nobody {
    fn usable(&mut self, _: Table, _: u64, _: &Row<'_>) -> Result<(), RegistryError> {
        Ok(())
    }

    fn refused(&mut self, _: Refused) -> Result<(), RegistryError> {
        Ok(())
    }
}

/// Reads every table but `immunizations`. Long lists go to `folder`, a private one.
///
/// # Errors
/// If the export cannot be read, or a row is unusable in a table where none may be left out.
pub fn read_reference(
    source: &dyn Source,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(Reference, Intake), RegistryError> {
    read_reference_before(source, folder, progress, &mut Nobody)
}

/// The same, before a witness.
pub(crate) fn read_reference_before(
    source: &dyn Source,
    folder: &Path,
    progress: &dyn Progress,
    witness: &mut dyn Witness,
) -> Result<(Reference, Intake), RegistryError> {
    let mut reader = Reader { source, progress, found: Found { intake: Intake::new(folder), witness } };
    reader.read_control()?;
    let recipients = reader.read_recipients()?;
    let vaccines = reader.read_vaccines()?;
    let organizations = reader.read_organizations()?;
    let clients = reader.read_clients()?;
    let consents = reader.read_consents(&clients)?;
    let intake = reader.found.intake;
    Ok((Reference { clients, consents, vaccines, organizations, recipients }, intake))
}

struct Reader<'e> {
    source: &'e dyn Source,
    progress: &'e dyn Progress,
    found: Found<'e>,
}

/// Where what is found goes.
struct Found<'e> {
    intake: Intake,
    witness: &'e mut dyn Witness,
}

impl Found<'_> {
    fn refuse(&mut self, table: Table, line: u64, fault: Fault, ids: RowIds) -> Result<(), RegistryError> {
        self.intake.refuse(table, line, fault)?;
        self.witness.refused(Refused { table, line, fault, ids })
    }

    /// Refuses a row for sharing its key, which may be a client's.
    fn refuse_shared(&mut self, table: Table, row: RowId, fault: Fault) -> Result<(), RegistryError> {
        let client = table.client_column().map(|_| row.id);
        self.refuse(table, row.line, fault, RowIds { key: Some(row.id), client })
    }
}

/// What is done with a row.
type VisitFound<'v> = dyn FnMut(&mut Found<'_>, &Path, u64, Checked<'_>) -> Result<(), RegistryError> + 'v;

/// Why no row of `recipients` or `control` may be left out.
const STEERS_THE_RUN: &str = "the run can't do without any row of this table";

/// Why no consent of an unknown client may be left out.
const MAY_BE_A_WITHDRAWAL: &str =
    "the consent may be a withdrawal, and it can't be told whose, so the run can't go on without it";

impl Reader<'_> {
    /// Reads a table, if it is there, and notes how many rows it has; returns whether it is there.
    fn read(&mut self, table: Table, visit: &mut VisitFound<'_>) -> Result<bool, RegistryError> {
        let Some(mut reader) = self.source.open_table(table)? else { return Ok(false) };
        note_extra_columns(&mut self.found.intake, table, reader.layout().extra);
        let file = reader.file().to_owned();
        let found = &mut self.found;
        let rows = scan::in_order(reader.as_mut(), table, self.progress, &mut |line, row| {
            if let Ok(row) = &row {
                found.witness.usable(table, line, row)?;
            }
            visit(found, &file, line, row)
        })?;
        note_end(&mut self.found.intake, table, reader.as_ref());
        if rows >= MOST_ROWS {
            return Err(BadInput::of_file(&file, InputFault::TooManyRows(MOST_ROWS)));
        }
        self.found.intake.set_read(table, &file, rows);
        Ok(true)
    }

    /// Reads a table whose unusable rows are left out.
    fn read_usable(&mut self, table: Table, add: &mut dyn FnMut(u64, &Row<'_>)) -> Result<(), RegistryError> {
        self.read(table, &mut |found, _, line, row| match row {
            Ok(row) => {
                add(line, &row);
                Ok(())
            }
            Err(bad) => found.refuse(table, line, bad.fault, bad.ids),
        })
        .map(drop)
    }

    fn read_control(&mut self) -> Result<(), RegistryError> {
        self.read(Table::Control, &mut |found, file, line, row| match row {
            Ok(row) => {
                found.intake.expect(line, &row);
                Ok(())
            }
            Err(bad) => Err(unusable(file, Table::Control, line, bad, STEERS_THE_RUN)),
        })
        .map(drop)
    }

    fn read_recipients(&mut self) -> Result<Option<Vec<Assignment>>, RegistryError> {
        let mut assignments = BTreeMap::new();
        let is_there = self.read(Table::Recipients, &mut |_, file, line, row| match row {
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

    fn read_vaccines(&mut self) -> Result<Vaccines, RegistryError> {
        let mut builder = VaccinesBuilder::default();
        self.read_usable(Table::Vaccines, &mut |line, row| builder.add(line, row))?;
        builder.finish(|row, fault| self.found.refuse_shared(Table::Vaccines, row, fault))
    }

    fn read_organizations(&mut self) -> Result<Organizations, RegistryError> {
        let mut builder = OrganizationsBuilder::default();
        self.read_usable(Table::Organizations, &mut |line, row| builder.add(line, row))?;
        builder.finish(|row, fault| self.found.refuse_shared(Table::Organizations, row, fault))
    }

    fn read_clients(&mut self) -> Result<Clients, RegistryError> {
        let mut builder = ClientsBuilder::default();
        self.read_usable(Table::Clients, &mut |line, row| builder.add(line, row))?;
        builder.finish(|row, fault| self.found.refuse_shared(Table::Clients, row, fault))
    }

    /// Consents fail closed: whoever loses a row may lose a withdrawal.
    fn read_consents(&mut self, clients: &Clients) -> Result<Consents, RegistryError> {
        let mut rows: Vec<(ClientPlace, Consent)> = Vec::new();
        let mut closed: Vec<ClientPlace> =
            self.source.closed_clients()?.into_iter().filter_map(|id| clients.find(id)).collect();
        let (mut of_unknown, mut expired_without_end) = (0, 0);
        self.read(Table::Consents, &mut |found, file, line, row| match row {
            Ok(row) => {
                match clients.find(row.id(super::tables::consents::CLIENT_ID)) {
                    Some(client) => rows.push((client, Consent::from_row(&row))),
                    None => of_unknown += 1,
                }
                expired_without_end += u64::from(Consent::expired_without_end(&row));
                Ok(())
            }
            Err(BadRow { fault, ids: RowIds { client: Some(id), key } }) => {
                closed.extend(clients.find(id));
                found.refuse(Table::Consents, line, fault, RowIds { client: Some(id), key })
            }
            Err(bad) => Err(unusable(file, Table::Consents, line, bad, MAY_BE_A_WITHDRAWAL)),
        })?;
        for (count, notice) in [
            (of_unknown, Notice::ConsentsOfUnknownClients { count: of_unknown }),
            (expired_without_end, Notice::ExpiredWithoutEnd { count: expired_without_end }),
        ] {
            if count > 0 {
                self.found.intake.notice(notice);
            }
        }
        Ok(Consents::new(clients.len(), rows, closed))
    }
}

/// Rows are numbered in four bytes; a table of this many would not fit into memory anyway.
const MOST_ROWS: u64 = u32::MAX as u64;

/// Warns of a file that may have been cut short.
pub(crate) fn note_end(intake: &mut Intake, table: Table, reader: &dyn TableReader) {
    if !reader.ended_well() {
        intake.notice(Notice::NoFinalLineEnd { table });
    }
}

/// Warns once of a table's extra columns.
pub(crate) fn note_extra_columns(intake: &mut Intake, table: Table, count: usize) {
    if count > 0 {
        intake.notice(Notice::ExtraColumns { table, count });
    }
}
