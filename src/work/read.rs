//! The first stage: an export into a work database.
//!
//! The database is made beside its place and moved there when it is whole, so that one that is there already
//! stays usable until then.

use super::error::WorkError;
use super::many_rows::{Cell, ManyRows};
use super::{connect, identity, schema};
use crate::cleanup::{self, PrivateFolder, UnfinishedPath, folder_of};
use crate::registry::{
    BadInput, ExportRow, Fact, InputFault, Intake, Limit, Notice, ProfileId, Progress, Provenance,
    QuarantinedRow, Reference, RegistryError, RowFile, Source, Table, Value, Witness, as_a_file, beside,
    changed_files, read_facts_in_order, read_reference_before,
};
use crate::spill::Spill;
use crate::value::text;
use crate::writer::{write_private, write_quarantine};
use rusqlite::{Connection, Statement, params};
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// How an export is read into a work database.
#[derive(Clone, Copy)]
pub struct ReadSettings<'a> {
    /// The largest share of any table's rows that may be quarantined.
    pub limit: Limit,
    /// The export's files when reading begins.
    pub export: &'a Provenance,
    /// Where what outgrows memory goes.
    pub spill: &'a Spill,
    /// Is told what is worth a warning, before anything is refused.
    pub notify: &'a dyn Fn(&Notice),
}

/// A private folder beside a work database, for what a stage has to put aside; it goes with this.
///
/// # Errors
/// If it cannot be made.
pub fn scratch_beside(path: &Path) -> Result<PrivateFolder, WorkError> {
    PrivateFolder::new(folder_of(path), ".phds-")
        .map_err(|source| WorkError::Create { path: path.to_owned(), source })
}

/// Where the database is made.
pub(super) fn draft_of(path: &Path) -> PathBuf {
    beside(path, ".reading")
}

/// Reads and checks an export into the work database at `path`, which is replaced if it is one.
///
/// # Errors
/// If the export cannot be read or may not be used, or the database cannot be made.
pub fn read(
    source: &dyn Source,
    path: &Path,
    settings: ReadSettings<'_>,
    progress: &dyn Progress,
) -> Result<Intake, WorkError> {
    refuse_what_is_in_the_way(path)?;
    let draft = Draft::new(path)?;
    let mut intake = {
        let connection = Connection::open(as_a_file(&draft.path)).map_err(|e| WorkError::at_work(path, e))?;
        let intake = fill(&connection, source, path, settings, progress)?;
        connection.close().map_err(|(_, e)| WorkError::at_work(path, e))?;
        intake
    };
    intake.notices().iter().for_each(settings.notify);
    // What has grown since reading began was not read whole.
    let now = source.provenance_now()?;
    if let Some(file) = changed_files(&settings.export.files, &now.files).next() {
        return Err(BadInput::of_file(Path::new(file), InputFault::StillChanging).into());
    }
    refuse_unfit(&mut intake, settings.limit, &Table::ALL, path)?;
    draft.publish(path)?;
    Ok(intake)
}

/// Stops if these tables may not be used, and leaves the list of quarantined rows beside the database.
pub(super) fn refuse_unfit(
    intake: &mut Intake,
    limit: Limit,
    tables: &[Table],
    path: &Path,
) -> Result<(), WorkError> {
    let list = beside(path, ".quarantine.csv");
    // The list of an earlier run would only mislead; if it cannot be removed, that is no reason to stop.
    let _ = std::fs::remove_file(&list);
    let Err(reason) = intake.check(limit, tables) else { return Ok(()) };
    if intake.quarantine.is_empty() {
        return Err(reason.into());
    }
    // If this run is interrupted, no half list may stay.
    let _listed = UnfinishedPath::new(&list);
    match write_private(&list, |out| write_quarantine(intake, out)) {
        Ok(_) => Err(WorkError::Unfit { reason, list }),
        Err(source) => {
            // Half a list would be taken for a whole one.
            let _ = std::fs::remove_file(&list);
            Err(WorkError::UnfitUnlisted { reason, list, source })
        }
    }
}

/// Only a work database may be replaced: somebody may have named an export by mistake.
fn refuse_what_is_in_the_way(path: &Path) -> Result<(), WorkError> {
    let in_the_way = |what| Err(WorkError::InTheWay { path: path.to_owned(), what });
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(WorkError::Create { path: path.to_owned(), source }),
        Ok(found) if found.is_symlink() => in_the_way("a symbolic link"),
        Ok(found) if !found.is_file() => in_the_way("something other than a file"),
        Ok(_) => match super::WorkDatabase::open(path) {
            Ok(_) | Err(WorkError::OtherVersion { .. }) => Ok(()),
            Err(WorkError::NotAWorkDatabase { .. }) => in_the_way("a file that is no work database"),
            Err(WorkError::Damaged { .. }) => in_the_way("a damaged database"),
            Err(error) => Err(error),
        },
    }
}

/// A database in the making; removed unless it is published.
struct Draft {
    path: PathBuf,
    _listed: UnfinishedPath,
    /// Holds the lock.
    file: File,
    is_published: bool,
}

impl Draft {
    fn new(place: &Path) -> Result<Draft, WorkError> {
        let path = draft_of(place);
        let create = |source| WorkError::Create { path: place.to_owned(), source };
        let nofollow = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600).custom_flags(nofollow);
        // A signal may not come between the making of the file and its being known as unfinished.
        let step = cleanup::step();
        let file = options.open(&path).map_err(create)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(WorkError::Busy { path: place.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(create(source)),
        }
        // Another run, which held the lock before, may have moved the file to its place: then it is no draft any more.
        let is_still_there = match (file.metadata(), std::fs::symlink_metadata(&path)) {
            (Ok(held), Ok(named)) => identity(&held) == identity(&named),
            _ => false,
        };
        if !is_still_there {
            return Err(WorkError::Busy { path: place.to_owned() });
        }
        // From here on it is this run's, to be removed whatever happens.
        let draft = Draft { _listed: step.list(&path), path, file, is_published: false };
        draft.file.set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(create)?;
        // What an interrupted run left.
        draft.file.set_len(0).map_err(create)?;
        Ok(draft)
    }

    fn publish(mut self, place: &Path) -> Result<(), WorkError> {
        let fail = |source| WorkError::Write { path: place.to_owned(), source };
        self.file.sync_all().map_err(fail)?;
        let _held = hold(place)?;
        // A stage that was killed may have left a journal. It belongs to the old database and would damage the new one.
        for ending in ["-journal", "-wal", "-shm"] {
            match std::fs::remove_file(beside(place, ending)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
                _ => {}
            }
        }
        let step = cleanup::step();
        std::fs::rename(&self.path, place).map_err(fail)?;
        step.end_as_last();
        self.is_published = true;
        File::open(folder_of(place)).and_then(|folder| folder.sync_all()).map_err(fail)
    }
}

/// Holds the database that is to be replaced, so that no other stage is at work on it; none if there is none.
fn hold(place: &Path) -> Result<Option<Connection>, WorkError> {
    if !place.exists() {
        return Ok(None);
    }
    let failed = |error| WorkError::sqlite(place, error);
    let connection = connect(place)?;
    // Somebody may have switched it to write-ahead-log mode. The log's changes must be in the database before the log is
    // removed: if this run is killed then, the old database has to be whole. While others have it open the mode stays.
    let mode: String =
        connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0)).map_err(failed)?;
    if mode.eq_ignore_ascii_case("wal") {
        return Err(WorkError::Busy { path: place.to_owned() });
    }
    connection.execute_batch("BEGIN EXCLUSIVE").map_err(failed)?;
    Ok(Some(connection))
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_published {
            // What cannot be removed is overwritten by the next run.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn fill(
    connection: &Connection,
    source: &dyn Source,
    path: &Path,
    settings: ReadSettings<'_>,
    progress: &dyn Progress,
) -> Result<Intake, WorkError> {
    let failed = |error| WorkError::at_work(path, error);
    // The file is thrown away if anything happens to it before it is whole.
    let fast = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
        PRAGMA page_size = 16384; PRAGMA cache_size = -65536; BEGIN;";
    connection.execute_batch(fast).map_err(failed)?;
    connection.execute_batch(&schema::tables()).map_err(failed)?;
    let intake = {
        let mut keeper = Keeper::new(connection, path).map_err(failed)?;
        let (reference, mut intake) = read_reference_before(source, settings.spill, progress, &mut keeper)?;
        read_facts_in_order(source, &reference, &mut intake, progress, &mut |fact| match fact {
            Ok(fact) => keeper.keep_fact(fact, &reference),
            Err(row) => keeper.quarantined(row),
        })?;
        keeper.flush().map_err(failed)?;
        intake
    };
    for table in Table::ALL {
        if let Some(read) = intake.table(table) {
            let path = read.file.display().to_string();
            let file =
                read.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            let repeated = if table == Table::Consents { intake.repeated_consents } else { 0 };
            let row = params![table.name(), file, path, read.rows as i64, read.content, repeated as i64];
            connection.execute("INSERT INTO tables VALUES (?1, ?2, ?3, ?4, ?5, ?6)", row).map_err(failed)?;
            let sql = "UPDATE quarantine SET file = ?1 WHERE file_of = ?2";
            connection.execute(sql, params![file, table.name()]).map_err(failed)?;
        }
    }
    for stamp in &settings.export.files {
        let encoding = settings.export.encoding.to_string();
        let row = params![stamp.file, stamp.bytes as i64, stamp.modified.to_string(), encoding];
        connection.execute("INSERT INTO export_files VALUES (?1, ?2, ?3, ?4)", row).map_err(failed)?;
    }
    if let Some(ProfileId { name, sha256 }) = &settings.export.profile {
        let row = params![name, sha256, text::json(&intake.effects)];
        connection.execute("INSERT INTO profile VALUES (?1, ?2, ?3)", row).map_err(failed)?;
    }
    connection.execute_batch(&schema::indexes_and_views()).map_err(failed)?;
    connection.execute_batch("COMMIT; PRAGMA optimize;").map_err(failed)?;
    Ok(intake)
}

/// Keeps every usable row, and the place of every other.
struct Keeper<'c> {
    path: &'c Path,
    tables: Vec<ManyRows<'c>>,
    deletes: Vec<Statement<'c>>,
    quarantine: Statement<'c>,
}

impl<'c> Keeper<'c> {
    fn new(connection: &'c Connection, path: &'c Path) -> Result<Keeper<'c>, rusqlite::Error> {
        let rows = |table: Table| {
            let columns = table.columns().len() + 1;
            ManyRows::into_table(connection, &table.to_string(), columns)
        };
        let delete = |table: Table| connection.prepare(&format!("DELETE FROM {table} WHERE line = ?1"));
        let quarantine = "INSERT INTO quarantine VALUES ('read', ?1, ?9, '', ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        Ok(Keeper {
            path,
            tables: Table::ALL.into_iter().map(rows).collect::<Result<_, _>>()?,
            deletes: Table::ALL.into_iter().map(delete).collect::<Result<_, _>>()?,
            quarantine: connection.prepare(quarantine)?,
        })
    }

    fn keep_fact(&mut self, fact: &Fact<'_>, reference: &Reference) -> Result<(), RegistryError> {
        let ordinal = (fact.ordinal > 0).then_some(fact.ordinal);
        let organization = fact.organization.map(|place| reference.organizations.id(place));
        let flag: Option<&str> = fact.disaster_flag.map(Into::into);
        let row = [
            Cell::number(fact.line),
            Cell::number(fact.immunization_id),
            Cell::number(fact.immunfact_id),
            Cell::number(reference.clients.id(fact.client)),
            Cell::number(reference.vaccines.id(fact.vaccine)),
            Cell::Day(fact.date),
            text_or_null(fact.group),
            ordinal.map_or(Cell::Null, |ordinal| Cell::Number(ordinal.into())),
            organization.map_or(Cell::Null, Cell::number),
            flag.map_or(Cell::Null, |flag| Cell::Text(flag.as_bytes())),
        ];
        let rows = &mut self.tables[Table::Immunizations as usize];
        rows.push(row).map_err(|error| WorkError::within_reading(self.path, error))
    }

    /// Puts what waits into its table.
    fn flush(&mut self) -> Result<(), rusqlite::Error> {
        self.tables.iter_mut().try_for_each(ManyRows::flush)
    }
}

/// A text for a column; blank is NULL. What a row holds is UTF-8.
fn text_or_null(text: &[u8]) -> Cell<'_> {
    if text.is_empty() { Cell::Null } else { Cell::Text(text) }
}

impl Witness for Keeper<'_> {
    fn usable(&mut self, row: &ExportRow<'_>) -> Result<(), RegistryError> {
        let failed = |error| WorkError::within_reading(self.path, error);
        let values = row.values().iter().map(|value| match *value {
            Value::Blank => Cell::Null,
            Value::Id(number) | Value::Count(number) => Cell::number(number),
            Value::Ordinal(number) => Cell::Number(number.into()),
            Value::Day(day) => Cell::Day(day),
            Value::Text(text) => Cell::Text(text),
            Value::Code(code) => Cell::Text(code.name().as_bytes()),
        });
        let row_with_line = std::iter::once(Cell::number(row.line)).chain(values);
        self.tables[row.table as usize].push(row_with_line).map_err(failed)
    }

    fn quarantined(&mut self, row: QuarantinedRow) -> Result<(), RegistryError> {
        let failed = |error| WorkError::within_reading(self.path, error);
        let QuarantinedRow { table, line, file, fault, ids, lines, .. } = row;
        if table.key_column().is_some() {
            // A row that shares its key was kept before that was known. It may be waiting.
            self.tables[table as usize].flush().map_err(failed)?;
            self.deletes[table as usize].execute([line as i64]).map_err(failed)?;
        }
        let file_of = match file {
            RowFile::Own => table,
            RowFile::Clients => Table::Clients,
        };
        let [key, client, organization] =
            [ids.key, ids.client, ids.organization].map(|id| id.map(|id| id as i64));
        let (column, code) = (fault.column_name(table), fault.code.name());
        let row = params![
            table.name(),
            line as i64,
            column,
            code,
            key,
            client,
            organization,
            lines as i64,
            file_of.name()
        ];
        self.quarantine.execute(row).map(drop).map_err(failed)
    }
}
