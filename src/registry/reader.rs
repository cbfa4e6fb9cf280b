//! Reading a table's rows, small tables in order, large ones on several threads.
//!
//! What a table's rows mean is not known here; what happens to those that can't be used is.

use super::error::{BadInput, InputFault};
use super::intake::{Intake, Notice};
use super::keys::RowId;
use super::quarantine::{Fault, Quarantine};
use super::row::{Checked, Row, RowIds};
use super::source::{Source, TableReader};
use super::{Progress, RegistryError, Table, scan};
use crate::spill::Spill;
use std::num::NonZeroUsize;
use std::path::Path;

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
    /// How many lines it takes up, where it is malformed; else 1.
    pub lines: u64,
}

/// Is shown the rows of every table but `immunizations`, as they come through the checks.
pub(crate) trait Witness {
    /// A row that passed the checks of its own values. It may yet turn out to share its key with another.
    fn usable(&mut self, table: Table, line: u64, row: &Row<'_>) -> Result<(), RegistryError>;

    /// A row that did not, or shares its key.
    fn refused(&mut self, refused: Refused) -> Result<(), RegistryError>;
}

/// Reads tables.
pub(super) struct Reader<'e> {
    pub(super) source: &'e dyn Source,
    /// How many threads look at the rows of a large table.
    pub(super) threads: NonZeroUsize,
    pub(super) spill: &'e Spill,
    pub(super) progress: &'e dyn Progress,
    pub(super) found: Found<'e>,
}

/// Where what is found goes.
pub(super) struct Found<'e> {
    pub(super) intake: Intake,
    pub(super) witness: Option<&'e mut dyn Witness>,
}

impl Found<'_> {
    pub(super) fn refuse(&mut self, refused: Refused) -> Result<(), RegistryError> {
        self.intake.refuse(&refused)?;
        self.witness.as_mut().map_or(Ok(()), |witness| witness.refused(refused))
    }

    /// Refuses a row for sharing its key, which may be a client's.
    pub(super) fn refuse_shared(
        &mut self,
        table: Table,
        row: RowId,
        fault: Fault,
    ) -> Result<(), RegistryError> {
        let client = table.client_column().map(|_| row.id);
        self.refuse(Refused {
            table,
            line: row.line,
            fault,
            ids: RowIds { key: Some(row.id), client },
            lines: 1,
        })
    }

    fn show(&mut self, table: Table, line: u64, row: &Checked<'_>) -> Result<(), RegistryError> {
        match (&mut self.witness, row) {
            (Some(witness), Ok(row)) => witness.usable(table, line, row),
            _ => Ok(()),
        }
    }
}

/// What is done with a row.
type Visit<'v> = dyn FnMut(&mut Found<'_>, &Path, u64, Checked<'_>) -> Result<(), RegistryError> + 'v;

/// What one thread does with a row, for what it collects; a row may turn out to be one that can't be used.
type Take<'t, C> =
    dyn Fn(&mut C, &Path, u64, Checked<'_>) -> Result<Option<Refused>, RegistryError> + Sync + 't;

impl Reader<'_> {
    /// Reads a table, if it is there, in order; returns whether it is there.
    pub(super) fn read(&mut self, table: Table, visit: &mut Visit<'_>) -> Result<bool, RegistryError> {
        let progress = self.progress;
        self.read_with(table, &mut |reader, file, found| {
            scan::in_order(reader, table, progress, &mut |line, row| {
                found.show(table, line, &row)?;
                visit(found, file, line, row)
            })
        })
    }

    /// Reads a large table on several threads, before a witness on one; returns what each collected.
    pub(super) fn read_large<C: Default + Send>(
        &mut self,
        table: Table,
        take: &Take<'_, C>,
    ) -> Result<Vec<C>, RegistryError> {
        let Reader { progress, threads, spill, .. } = *self;
        let mut collected = Vec::new();
        if self.found.witness.is_some() {
            let mut all = C::default();
            self.read(table, &mut |found, file, line, row| match take(&mut all, file, line, row)? {
                Some(refused) => found.refuse(refused),
                None => Ok(()),
            })?;
            return Ok(vec![all]);
        }
        self.read_with(table, &mut |reader, file, found| {
            let workers = (0..threads.get()).map(|_| (C::default(), Quarantine::new(spill))).collect();
            let visit = |(own, quarantine): &mut (C, Quarantine), line, row: Checked<'_>| match take(
                own, file, line, row,
            )? {
                Some(refused) => quarantine.add(&refused).map_err(RegistryError::Spill),
                None => Ok(()),
            };
            let (rows, workers) = scan::on_threads(reader, table, progress, workers, &visit)?;
            for (own, quarantine) in workers {
                found.intake.quarantine.absorb(quarantine);
                collected.push(own);
            }
            Ok(rows)
        })?;
        Ok(collected)
    }

    /// Opens a table, if it is there, has it scanned, and notes what there is to be noted of it.
    fn read_with(&mut self, table: Table, scan: &mut Scan<'_>) -> Result<bool, RegistryError> {
        let Some(mut reader) = self.source.open_table(table)? else { return Ok(false) };
        let found = &mut self.found;
        note_extra_columns(&mut found.intake, table, reader.layout().extra);
        let file = reader.file().to_owned();
        let rows = scan(reader.as_mut(), &file, found)?;
        note_end(&mut found.intake, table, reader.as_ref(), rows)?;
        if rows >= MOST_ROWS {
            return Err(BadInput::of_file(&file, InputFault::TooManyRows(MOST_ROWS)));
        }
        found.intake.set_read(table, &file, rows);
        Ok(true)
    }
}

/// Goes through an open table; returns how many rows it has.
type Scan<'s> = dyn FnMut(&mut dyn TableReader, &Path, &mut Found<'_>) -> Result<u64, RegistryError> + 's;

/// Rows are numbered in four bytes; a table of this many would not fit into memory anyway.
const MOST_ROWS: u64 = u32::MAX as u64;

/// Looks at how a file ends that was read. One that may be cut is warned about, or stops the run where what is lost may
/// be a withdrawal, or may steer the run.
pub(super) fn note_end(
    intake: &mut Intake,
    table: Table,
    reader: &dyn TableReader,
    rows: u64,
) -> Result<(), RegistryError> {
    let Some(line) = reader.unended_line() else { return Ok(()) };
    let stops = match table {
        Table::Consents => !intake.expects(table),
        Table::Recipients | Table::Control => true,
        Table::Clients | Table::Immunizations | Table::Vaccines | Table::Organizations => false,
    };
    if stops {
        return Err(BadInput::at_line(reader.file(), line, InputFault::CutShort(table)));
    }
    intake.notice(Notice::NoFinalLineEnd { table, has_rows: rows > 0 });
    Ok(())
}

/// Warns once of a table's extra columns.
pub(super) fn note_extra_columns(intake: &mut Intake, table: Table, count: usize) {
    if count > 0 {
        intake.notice(Notice::ExtraColumns { table, count });
    }
}
