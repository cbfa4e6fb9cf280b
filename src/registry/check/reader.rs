//! Reading a table's rows, small tables in order, large ones on several threads.
//!
//! What a table's rows mean is not known here; what happens to those that can't be used is.

use super::facts::FactRow;
use super::intake::{Intake, Notice};
use super::quarantine::Quarantine;
use super::row::{CheckResult, ExportRow, QuarantinedRow};
use super::rows::RowReader;
use super::scan::{self, Scan};
use crate::registry::error::{BadInput, InputFault};
use crate::registry::source::{Block, Source, TableReader};
use crate::registry::{Progress, RegistryError, Table};
use crate::spill::Spill;
use std::num::NonZeroUsize;
use std::path::Path;

/// Is shown the rows of every table but `immunizations`, as they come through the checks.
pub(crate) trait Witness {
    /// A row that passed the checks of its own values. It may yet turn out to share its key with another.
    fn usable(&mut self, row: &ExportRow<'_>) -> Result<(), RegistryError>;

    /// A row that did not, or shares its key.
    fn quarantined(&mut self, row: QuarantinedRow) -> Result<(), RegistryError>;
}

/// Reads tables.
pub(in crate::registry) struct Reader<'e> {
    pub(in crate::registry) source: &'e dyn Source,
    /// How many threads look at the rows of a large table.
    pub(in crate::registry) threads: NonZeroUsize,
    pub(in crate::registry) spill: &'e Spill,
    pub(in crate::registry) progress: &'e dyn Progress,
    pub(in crate::registry) intake: Intake,
    pub(in crate::registry) witness: Option<&'e mut dyn Witness>,
}

/// Rows of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::registry) enum TablePart {
    /// Those of the table's own file.
    Own(Table),
    /// The consents that rows of `clients` give.
    GivenConsents,
}

impl From<Table> for TablePart {
    fn from(table: Table) -> TablePart {
        TablePart::Own(table)
    }
}

/// What taking a row comes to: nothing, or that it can't be used.
type TakeResult = Result<Option<QuarantinedRow>, RegistryError>;

impl Reader<'_> {
    /// Reads a table, if it is there, in order; returns whether it is there. `take` is given the table's file too.
    pub(in crate::registry) fn read(
        &mut self,
        part: impl Into<TablePart>,
        mut take: impl FnMut(&Path, CheckResult<'_>) -> TakeResult,
    ) -> Result<bool, RegistryError> {
        let Reader { source, spill, progress, intake, witness, .. } = self;
        read_table(*source, part.into(), intake, |reader, intake| {
            let file = reader.file().to_owned();
            scan::in_order(reader, Some(spill), *progress, &mut |row| {
                if let (Some(witness), Ok(row)) = (witness.as_mut(), &row) {
                    witness.usable(row)?;
                }
                match take(&file, row)? {
                    Some(row) => quarantine(intake, witness, row),
                    None => Ok(()),
                }
            })
        })
    }

    /// Reads a large table on several threads, before a witness on one; returns what each collected.
    pub(in crate::registry) fn read_large<C: Default + Send>(
        &mut self,
        part: impl Into<TablePart>,
        take: impl Fn(&mut C, &Path, CheckResult<'_>) -> TakeResult + Sync,
    ) -> Result<Vec<C>, RegistryError> {
        let part = part.into();
        let mut workers = vec![C::default()];
        if self.witness.is_some() {
            self.read(part, |file, row| take(&mut workers[0], file, row))?;
            return Ok(workers);
        }
        workers.resize_with(self.threads.get(), C::default);
        read_on_threads(self.source, part, &mut self.intake, self.spill, self.progress, workers, take)
    }

    /// Leaves out a row.
    pub(in crate::registry) fn quarantine(&mut self, row: QuarantinedRow) -> Result<(), RegistryError> {
        quarantine(&mut self.intake, &mut self.witness, row)
    }
}

fn quarantine(
    intake: &mut Intake,
    witness: &mut Option<&mut dyn Witness>,
    row: QuarantinedRow,
) -> Result<(), RegistryError> {
    intake.quarantine.add(&row).map_err(RegistryError::Spill)?;
    witness.as_mut().map_or(Ok(()), |witness| witness.quarantined(row))
}

/// Reads a table, if it is there, on as many threads as there are workers; returns them.
fn read_on_threads<W: Send>(
    source: &dyn Source,
    part: impl Into<TablePart>,
    intake: &mut Intake,
    spill: &Spill,
    progress: &dyn Progress,
    workers: Vec<W>,
    take: impl Fn(&mut W, &Path, CheckResult<'_>) -> TakeResult + Sync,
) -> Result<Vec<W>, RegistryError> {
    go_through_table(
        source,
        part.into(),
        intake,
        spill,
        progress,
        workers,
        &|file, rows, block, worker, quarantine| {
            rows.for_each_row(block, &mut |row| {
                let Some(row) = take(worker, file, row)? else { return Ok(()) };
                quarantine.add(&row).map_err(RegistryError::Spill)
            })
        },
    )
}

/// Reads the facts on as many threads as there are workers, some rows at a time; returns the workers. `take` puts rows that
/// cannot be used into the quarantine.
pub(in crate::registry) fn read_fact_rows<W: Send>(
    source: &dyn Source,
    intake: &mut Intake,
    spill: &Spill,
    progress: &dyn Progress,
    workers: Vec<W>,
    take: impl Fn(&mut W, Result<&[FactRow<'_>], QuarantinedRow>, &mut Quarantine) -> Result<(), RegistryError>
    + Sync,
) -> Result<Vec<W>, RegistryError> {
    let table = Table::Immunizations.into();
    go_through_table(
        source,
        table,
        intake,
        spill,
        progress,
        workers,
        &|_, rows, block, worker, quarantine| {
            rows.for_each_fact(block, &mut |facts| take(worker, facts, quarantine))
        },
    )
}

/// How a worker goes through the rows of a block of a file; returns how many there are. Those that cannot be used go to the
/// quarantine.
type GoThrough<'g, W> = dyn Fn(&Path, &mut RowReader<'_>, &Block, &mut W, &mut Quarantine) -> Result<u64, RegistryError>
    + Sync
    + 'g;

fn go_through_table<W: Send>(
    source: &dyn Source,
    part: TablePart,
    intake: &mut Intake,
    spill: &Spill,
    progress: &dyn Progress,
    workers: Vec<W>,
    go_through: &GoThrough<'_, W>,
) -> Result<Vec<W>, RegistryError> {
    let workers = workers.into_iter().map(|worker| (worker, Quarantine::new(spill))).collect();
    let mut done = Vec::new();
    read_table(source, part, intake, |reader, intake| {
        let file = reader.file().to_owned();
        let (scan, workers) =
            scan::on_threads(reader, Some(spill), progress, workers, &|rows, block, worker| {
                let (worker, quarantine): &mut (W, Quarantine) = worker;
                go_through(&file, rows, block, worker, quarantine)
            })?;
        for (worker, quarantine) in workers {
            intake.quarantine.absorb(quarantine);
            done.push(worker);
        }
        Ok(scan)
    })?;
    Ok(done)
}

/// Other rows than facts are numbered in four bytes; a table of this many would not fit into memory anyway.
const MOST_ROWS: u64 = u32::MAX as u64;

/// Opens a table, if it is there, has its rows read and counted by `read`, and notes what there is to be noted of it;
/// returns whether it is there.
pub(in crate::registry) fn read_table(
    source: &dyn Source,
    part: TablePart,
    intake: &mut Intake,
    read: impl FnOnce(&mut dyn TableReader, &mut Intake) -> Result<Scan, RegistryError>,
) -> Result<bool, RegistryError> {
    let (opened, table) = match part {
        TablePart::Own(table) => (source.open_table(table)?, table),
        TablePart::GivenConsents => (source.open_given_consents()?, Table::Consents),
    };
    let Some(mut reader) = opened else { return Ok(false) };
    let extra = reader.layout().extra.len();
    // The rows that give consents were read before, as rows of their own table.
    if extra > 0 && part == TablePart::Own(table) {
        intake.notice(Notice::ExtraColumns { table, count: extra });
    }
    let mut scan = read(reader.as_mut(), intake)?;
    let rows = scan.rows;
    if let Some(found) = scan.oddities.words() {
        intake.notice(Notice::WordsForNothing { table, found });
    }
    if let Some(found) = scan.oddities.escapes() {
        intake.notice(Notice::BackslashEscapes { table, found });
    }
    if let Some(line) = reader.unended_line() {
        note_cut(intake, part, reader.file(), line, rows)?;
    }
    if rows >= MOST_ROWS && table != Table::Immunizations {
        return Err(BadInput::of_file(reader.file(), InputFault::TooManyRows(MOST_ROWS)));
    }
    if table == Table::Consents {
        intake.repeated_consents += scan.repeated().map_err(RegistryError::Spill)?;
    }
    if let Some(profile) = &reader.layout().profile {
        intake.expected_dates = profile.expected_dates();
        let dropped = if part == TablePart::GivenConsents { 0 } else { reader.lines_dropped() };
        intake.effects.add(table, &scan.effects, dropped);
    }
    intake.add_read(table, reader.file(), rows, reader.content());
    Ok(true)
}

/// A file whose last line has no end may be cut: that is warned about, or stops the run where what is lost may be a
/// withdrawal, or may steer the run.
fn note_cut(
    intake: &mut Intake,
    part: TablePart,
    file: &Path,
    line: u64,
    rows: u64,
) -> Result<(), RegistryError> {
    let (table, stops) = match part {
        TablePart::GivenConsents => (Table::Clients, true),
        TablePart::Own(table) => (table, may_not_be_cut(intake, table)),
    };
    if stops {
        return Err(BadInput::at_line(file, line, InputFault::CutShort(table)));
    }
    intake.notice(match table {
        Table::Consents if rows > 0 => Notice::LastRowMayBeCut { table },
        _ => Notice::NoFinalLineEnd { table },
    });
    Ok(())
}

/// Whether no line of a table may be lost.
fn may_not_be_cut(intake: &Intake, table: Table) -> bool {
    match table {
        Table::Consents => !intake.expectations.counts(table),
        Table::Recipients | Table::Control => true,
        Table::Clients | Table::Immunizations | Table::Vaccines | Table::Organizations => false,
    }
}
