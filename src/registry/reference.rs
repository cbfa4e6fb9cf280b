//! Reading everything but the facts: who the clients are, what they consented to, the vaccines, the
//! organizations, and who gets whose data.

use super::clients::{ClientPlace, Clients, ClientsBuilder};
use super::consents::{Consent, Consents};
use super::intake::{Intake, Notice, unusable};
use super::organizations::{Organizations, OrganizationsBuilder};
use super::rows::{BadRow, Checked, Row};
use super::tables::recipients as recipient_columns;
use super::vaccines::{Vaccines, VaccinesBuilder};
use super::{Export, Progress, RegistryError, Table, scan};
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

/// Reads every table but `immunizations`. Long lists go to `folder`, a private one.
///
/// # Errors
/// If the export cannot be read, or a row is unusable in a table where none may be left out.
pub fn read_reference(
    export: &Export,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(Reference, Intake), RegistryError> {
    let mut reader = Reader { export, progress, intake: Intake::new(folder) };
    reader.read_control()?;
    let recipients = reader.read_recipients()?;
    let vaccines = reader.read_vaccines()?;
    let organizations = reader.read_organizations()?;
    let clients = reader.read_clients()?;
    let consents = reader.read_consents(&clients)?;
    Ok((Reference { clients, consents, vaccines, organizations, recipients }, reader.intake))
}

struct Reader<'e> {
    export: &'e Export,
    progress: &'e dyn Progress,
    intake: Intake,
}

/// Why no row of `recipients` or `control` may be left out.
const STEERS_THE_RUN: &str = "the run can't do without any row of this table";

/// Why no consent of an unknown client may be left out.
const MAY_BE_A_WITHDRAWAL: &str =
    "the consent may be a withdrawal, and it can't be told whose, so the run can't go on without it";

impl Reader<'_> {
    /// Reads a table, if it is there, and notes how many rows it has.
    fn read(
        &mut self,
        table: Table,
        visit: &mut dyn FnMut(&mut Intake, u64, Checked<'_>) -> Result<(), RegistryError>,
    ) -> Result<(), RegistryError> {
        let Some(file) = self.export.open_table(table)? else { return Ok(()) };
        note_extra_columns(&mut self.intake, table, file.header().extra);
        let path = file.path().to_owned();
        let intake = &mut self.intake;
        let visit = &mut |line, row: Checked<'_>| visit(intake, line, row);
        let rows = scan::in_order(file, table, self.progress, visit)?;
        self.intake.set_read(table, &path, rows);
        Ok(())
    }

    /// Reads a table whose unusable rows are left out.
    fn read_usable(&mut self, table: Table, add: &mut dyn FnMut(u64, &Row<'_>)) -> Result<(), RegistryError> {
        self.read(table, &mut |intake, line, row| match row {
            Ok(row) => {
                add(line, &row);
                Ok(())
            }
            Err(bad) => intake.refuse(table, line, bad.fault),
        })
    }

    fn read_control(&mut self) -> Result<(), RegistryError> {
        let export = self.export;
        self.read(Table::Control, &mut |intake, line, row| match row {
            Ok(row) => {
                intake.expect(line, &row);
                Ok(())
            }
            Err(bad) => Err(unusable(export, Table::Control, line, bad, STEERS_THE_RUN)),
        })
    }

    fn read_recipients(&mut self) -> Result<Option<Vec<Assignment>>, RegistryError> {
        let export = self.export;
        let mut assignments = BTreeMap::new();
        self.read(Table::Recipients, &mut |_, line, row| match row {
            Ok(row) => {
                let text = |column| String::from_utf8_lossy(row.text(column)).into_owned();
                let key = (text(recipient_columns::RECIPIENT), text(recipient_columns::RESPONSIBLE_ENTITY));
                assignments.entry(key).or_insert(line);
                Ok(())
            }
            Err(bad) => Err(unusable(export, Table::Recipients, line, bad, STEERS_THE_RUN)),
        })?;
        let assignment = |((recipient, entity), line)| Assignment { line, recipient, entity };
        Ok(export.has(Table::Recipients).then(|| assignments.into_iter().map(assignment).collect()))
    }

    fn read_vaccines(&mut self) -> Result<Vaccines, RegistryError> {
        let mut builder = VaccinesBuilder::default();
        self.read_usable(Table::Vaccines, &mut |line, row| builder.add(line, row))?;
        builder.finish(|line, fault| self.intake.refuse(Table::Vaccines, line, fault))
    }

    fn read_organizations(&mut self) -> Result<Organizations, RegistryError> {
        let mut builder = OrganizationsBuilder::default();
        self.read_usable(Table::Organizations, &mut |line, row| builder.add(line, row))?;
        builder.finish(|line, fault| self.intake.refuse(Table::Organizations, line, fault))
    }

    fn read_clients(&mut self) -> Result<Clients, RegistryError> {
        let mut builder = ClientsBuilder::default();
        self.read_usable(Table::Clients, &mut |line, row| builder.add(line, row))?;
        builder.finish(|line, fault| self.intake.refuse(Table::Clients, line, fault))
    }

    /// Consents fail closed: whoever loses a row may lose a withdrawal.
    fn read_consents(&mut self, clients: &Clients) -> Result<Consents, RegistryError> {
        let export = self.export;
        let mut rows: Vec<(ClientPlace, Consent)> = Vec::new();
        let mut closed = Vec::new();
        let (mut of_unknown, mut expired_without_end) = (0, 0);
        self.read(Table::Consents, &mut |intake, line, row| match row {
            Ok(row) => {
                match clients.find(row.id(super::tables::consents::CLIENT_ID)) {
                    Some(client) => rows.push((client, Consent::from_row(&row))),
                    None => of_unknown += 1,
                }
                expired_without_end += u64::from(Consent::expired_without_end(&row));
                Ok(())
            }
            Err(BadRow { fault, first_id: Some(id) }) => {
                closed.extend(clients.find(id));
                intake.refuse(Table::Consents, line, fault)
            }
            Err(bad) => Err(unusable(export, Table::Consents, line, bad, MAY_BE_A_WITHDRAWAL)),
        })?;
        for (count, notice) in [
            (of_unknown, Notice::ConsentsOfUnknownClients { count: of_unknown }),
            (expired_without_end, Notice::ExpiredWithoutEnd { count: expired_without_end }),
        ] {
            if count > 0 {
                self.intake.notice(notice);
            }
        }
        Ok(Consents::new(clients.len(), rows, closed))
    }
}

/// Warns once of a table's extra columns.
pub(crate) fn note_extra_columns(intake: &mut Intake, table: Table, count: usize) {
    if count > 0 {
        intake.notice(Notice::ExtraColumns { table, count });
    }
}
