//! An SQLite file as an export: opened read-only, in one snapshot, never altered.
//!
//! Columns may be of any type. A REAL is its text, NULL is blank, the bytes of a BLOB are text; a view is as good
//! as a table. An error names the file and the table and never what a row holds. The file may be damaged or made to do
//! harm: it is checked whole before a row is read, and no value may be larger than a record of a CSV file.

mod damage;
mod damaged_log;
mod sample;
mod stale_log;
mod table;
mod wal;

pub(crate) use damage::has_damaged_pages;
use damage::{Damage, find_damage};
pub(in crate::registry) use sample::sample_tables;
pub(crate) use table::SqliteTable;
pub(crate) use wal::{as_a_file, beside};

use super::csv::LONGEST_RECORD;
use super::layout::{Layout, Place, clean_name};
use super::near::{MissingTables, UnknownFile, nearest_name};
use super::{ExportFormat, FileStamp, NO_FIELD, NumericType, Provenance, Source, TableReader};
use crate::registry::error::{BadInput, InputFault};
use crate::registry::tables::{Column, Kind};
use crate::registry::{RegistryError, Table};
use rusqlite::limits::Limit;
use rusqlite::{Connection, ErrorCode, Params, Row};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;
use twox_hash::XxHash3_128;

/// What every SQLite file begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// `phds` in ASCII: the application id of the databases that this program makes for its own use. Such a database may lack
/// rows of the export it was made from, so it must never be read as an export.
pub(crate) const OWN_APPLICATION_ID: i64 = 0x7068_6473;

/// How long to wait for another process that has locked the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether a file is an SQLite database, by its first bytes. An empty file is none.
pub(super) fn is_sqlite(path: &Path) -> io::Result<bool> {
    let mut first = Vec::new();
    File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut first)?;
    Ok(first == MAGIC)
}

/// An SQLite file with the tables of an export.
#[derive(Debug)]
pub(in crate::registry) struct SqliteExport {
    path: PathBuf,
    connection: Connection,
    /// Each table or view that is there.
    found: [Option<TableOrView>; Table::ALL.len()],
    /// The names of the others, but for SQLite's own.
    strangers: Vec<String>,
    format: ExportFormat,
    arrived: Provenance,
}

/// A table or a view of the export.
#[derive(Clone, Debug)]
struct TableOrView {
    /// Its name, as the database spells it.
    name: String,
    /// Whether it is a view, or a virtual table, which may read one.
    is_view: bool,
}

impl SqliteExport {
    /// Opens the file and holds one snapshot of it until this is dropped.
    pub(super) fn open(path: &Path, format: &ExportFormat) -> Result<SqliteExport, RegistryError> {
        let export = SqliteExport::open_unchecked(path, format)?;
        let names = export.strangers.iter().cloned();
        match MissingTables::among(|table| export.has(table) || !format.must_have(table), names) {
            Some(missing) => Err(RegistryError::MissingTable { export: path.to_owned(), missing }),
            None => export.must_be_whole().map(|()| export),
        }
    }

    /// The same where tables may be missing.
    pub(super) fn open_any(path: &Path, format: &ExportFormat) -> Result<SqliteExport, RegistryError> {
        let export = SqliteExport::open_unchecked(path, format)?;
        export.must_be_whole().map(|()| export)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn has(&self, table: Table) -> bool {
        self.found[table as usize].is_some()
    }

    /// The tables and views that are no table of an export.
    pub(super) fn unknown_tables(&self) -> Vec<UnknownFile> {
        self.strangers.iter().map(|name| UnknownFile::new(name.clone(), |table| self.has(table))).collect()
    }

    fn open_unchecked(path: &Path, format: &ExportFormat) -> Result<SqliteExport, RegistryError> {
        // Before the snapshot is taken: what is committed after this moment makes the export another.
        let arrived = stamps(path, format)?;
        let (connection, objects) = open_snapshot(path)?;
        let found = find_tables(path, &objects, format)?;
        let is_own = |name: &String| found.iter().flatten().any(|object| object.name == *name);
        let names = objects.iter().map(|object| object.name.clone());
        let strangers = names.filter(|name| !is_own(name) && !name.starts_with("sqlite_")).collect();
        Ok(SqliteExport {
            path: path.to_owned(),
            connection,
            found,
            strangers,
            format: format.clone(),
            arrived,
        })
    }

    /// Refuses a file with damaged pages: SQLite reads on as long as it can, and a row that is lost may be a withdrawal.
    /// A view may read an index instead of a table, so if there is a view, the indexes must agree with their tables.
    fn must_be_whole(&self) -> Result<(), RegistryError> {
        let failed = |error| sqlite_error(&self.path, error);
        let damaged = |what| Err(BadInput::of_file(&self.path, InputFault::UnusableDatabase { what }));
        let page: i64 =
            self.connection.query_row("PRAGMA page_size", [], |row| row.get(0)).map_err(failed)?;
        if wal::ends_within_a_page(&self.path, page.unsigned_abs()) {
            return damaged("the file is cut short");
        }
        let has_view = self.found.iter().flatten().any(|found| found.is_view);
        match find_damage(&self.connection, has_view).map_err(failed)? {
            None => Ok(()),
            Some(Damage::Pages) => damaged("its pages are damaged, as PRAGMA quick_check tells"),
            Some(Damage::Indexes) => damaged(
                "an index does not agree with its table, as PRAGMA integrity_check tells, and a view may read it",
            ),
        }
    }
}

/// Opens a database for one snapshot, and lists its tables and views.
fn open_snapshot(path: &Path) -> Result<(Connection, Vec<TableOrView>), RegistryError> {
    let failed = |error| sqlite_error(path, error);
    refuse_unfit(path)?;
    let connection = wal::open(path).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST_RECORD as i32).map_err(failed)?;
    // Views are the export's own code: they may compute, but not reach for anything unusual.
    let careful = "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; \
                   PRAGMA mmap_size = 0; BEGIN";
    connection.execute_batch(careful).map_err(failed)?;
    if is_own(&connection).map_err(failed)? {
        return Err(BadInput::of_file(path, InputFault::OwnDatabase));
    }
    // Reading the schema is what the snapshot begins with. Views and virtual tables have no pages of their own.
    let sql = "SELECT name, rootpage = 0 FROM sqlite_schema WHERE type IN ('table', 'view')";
    let read = |row: &Row<'_>| Ok(TableOrView { name: row.get(0)?, is_view: row.get(1)? });
    let objects = collect_rows(&connection, sql, [], read).map_err(failed)?;
    Ok((connection, objects))
}

/// Refuses a file if SQLite would read other rows than those in it, or would leave traces. To be called before SQLite
/// opens the file.
fn refuse_unfit(path: &Path) -> Result<(), RegistryError> {
    if let Some(beside) = wal::unfit_beside(path) {
        return Err(BadInput::of_file(&beside, InputFault::NotAFile));
    }
    if wal::may_lie_beside_another_name(path) {
        return Err(BadInput::of_file(path, InputFault::OtherNames));
    }
    let log = wal::log_of(path);
    if stale_log::is_stale(path, &log) {
        return Err(BadInput::of_file(&log, InputFault::StaleLog));
    }
    // In whatever mode the database says it is: SQLite takes a log that lies there.
    if damaged_log::is_damaged(&log) {
        return Err(BadInput::of_file(&log, InputFault::DamagedLog));
    }
    if wal::would_leave_files_of_ours(path) {
        let source = io::Error::other("reading it would leave files beside it that its owner cannot write");
        return Err(RegistryError::Unavailable { path: path.to_owned(), source });
    }
    Ok(())
}

/// Whether this program made the database for its own use. A dump or another tool may have lost the application id, so the
/// tables are looked at too.
fn is_own(connection: &Connection) -> Result<bool, rusqlite::Error> {
    let id: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let sql = "SELECT count(*) = 2 FROM sqlite_schema WHERE name IN ('quarantine', 'filter_run')";
    Ok(id == OWN_APPLICATION_ID || connection.query_row(sql, [], |row| row.get(0))?)
}

/// All rows of a query.
pub(crate) fn collect_rows<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T, rusqlite::Error>,
) -> Result<Vec<T>, rusqlite::Error> {
    connection.prepare(sql)?.query_map(params, read)?.collect()
}

/// The names of a table's or view's columns, and their declared types; what is not UTF-8 in them is replaced.
fn declared_columns(connection: &Connection, table: &str) -> Result<Vec<(String, String)>, rusqlite::Error> {
    // Generated columns are columns; those of a virtual table's own are not.
    let sql = "SELECT name, type FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid";
    collect_rows(connection, sql, [table], |row| {
        let text = |place| -> Result<String, rusqlite::Error> {
            Ok(String::from_utf8_lossy(row.get_ref(place)?.as_bytes().unwrap_or_default()).into_owned())
        };
        Ok((text(0)?, text(1)?))
    })
}

/// What a declared type makes of a text of digits, by SQLite's own rules (Datatypes In SQLite, section 3.1); none if it
/// stays what it is.
fn numeric_type(declared: &str) -> Option<NumericType> {
    let declared = declared.to_ascii_uppercase();
    let has = |parts: &[&str]| parts.iter().any(|part| declared.contains(part));
    if has(&["INT"]) {
        Some(NumericType::Integer)
    } else if has(&["CHAR", "CLOB", "TEXT", "BLOB"]) || declared.is_empty() {
        None
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        Some(NumericType::Real)
    } else {
        Some(NumericType::Numeric)
    }
}

/// Whether a query has a recursive one in it, which may have no end.
fn is_recursive(connection: &Connection, sql: &str) -> Result<bool, rusqlite::Error> {
    let steps = collect_rows(connection, &format!("EXPLAIN QUERY PLAN {sql}"), [], |step| {
        Ok(step.get_ref(3)?.as_bytes().is_ok_and(|detail| detail == b"RECURSIVE STEP"))
    });
    Ok(steps?.contains(&true))
}

impl Drop for SqliteExport {
    fn drop(&mut self) {
        // What cannot be ended ends with the connection.
        let _ = self.connection.execute_batch("ROLLBACK");
        wal::leave_as_found(&self.connection, &self.path);
    }
}

impl Source for SqliteExport {
    fn size(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |found| found.len())
    }

    fn provenance(&self) -> Result<Provenance, RegistryError> {
        Ok(self.arrived.clone())
    }

    fn provenance_now(&self) -> Result<Provenance, RegistryError> {
        stamps(&self.path, &self.format)
    }

    fn open_table(&self, table: Table) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        self.open_rows(table, false)
    }

    fn open_given_consents(&self) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        if self.format.gives_consents() { self.open_rows(Table::Clients, true) } else { Ok(None) }
    }
}

impl SqliteExport {
    /// Opens a table's rows: for themselves, or for the consents that they give.
    fn open_rows(
        &self,
        table: Table,
        for_consents: bool,
    ) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        let Some(from) = &self.found[table as usize] else { return Ok(None) };
        let failed = |error| sqlite_error(&self.path, error);
        let (columns, types): (Vec<String>, Vec<String>) =
            declared_columns(&self.connection, &from.name).map_err(failed)?.into_iter().unzip();
        let cleaned: Vec<String> = columns.iter().map(|column| clean_name(column.as_bytes())).collect();
        let place = Place { path: &self.path, line: None, table, may_show: true };
        let has_consents = table == Table::Consents || for_consents;
        let mut layout = Layout::find(&cleaned, None, &self.format, &place)?;
        if !for_consents {
            layout.given.clear();
        }
        let numeric = numeric_columns(table, &layout, &types);
        let selection = Selection::new(&mut layout);
        // Where rows that stand there twice matter, the other columns say whether they do. No column is selected twice: so
        // many as a table may have, a query may have.
        let others = if has_consents { selection.others(&columns) } else { Vec::new() };
        let sql = selection.sql(from, &columns, &others);
        if is_recursive(&self.connection, &sql).map_err(failed)? {
            let what = "a view is recursive, and may have no end";
            return Err(BadInput::of_file(&self.path, InputFault::UnusableDatabase { what }));
        }
        Ok(Some(Box::new(SqliteTable {
            connection: &self.connection,
            sql,
            has_lines: false,
            beside: has_consents.then_some(others.len()),
            content: XxHash3_128::new(),
            numeric,
            on_error: sqlite_error,
            path: &self.path,
            layout,
            file: self.path.clone(),
        })))
    }
}

/// The columns of texts that have a numeric type.
fn numeric_columns(table: Table, layout: &Layout, types: &[String]) -> Vec<(usize, NumericType)> {
    let is_text = |(_, column): &(usize, &Column)| matches!(column.kind, Kind::Text | Kind::Cvx);
    let of_text = table.columns().iter().enumerate().filter(is_text);
    let type_of = |place: usize| types.get(layout.fields[place]);
    of_text.filter_map(|(place, _)| Some((place, numeric_type(type_of(place)?)?))).collect()
}

/// Each table that is there, of all tables and views of a database.
fn find_tables(
    path: &Path,
    objects: &[TableOrView],
    format: &ExportFormat,
) -> Result<[Option<TableOrView>; Table::ALL.len()], RegistryError> {
    let mut found = [const { None }; Table::ALL.len()];
    let pattern_of =
        |table: Table| format.profile.as_ref().and_then(|profile| profile.table(table).file.as_ref());
    for object in objects {
        let cleaned = clean_name(object.name.as_bytes());
        match Table::named(cleaned.as_bytes()) {
            // As with files: a table that may be absent must not be overlooked for its name.
            Some(table) if table.may_be_absent() && cleaned != object.name && pattern_of(table).is_none() => {
                return Err(BadInput::of_file(path, InputFault::MisnamedTable(table)));
            }
            _ => {}
        }
        if let Some(table) = Table::named(object.name.as_bytes()) {
            found[table as usize] = Some(object.clone());
        }
    }
    for table in Table::ALL {
        let Some(pattern) = pattern_of(table) else { continue };
        let any_case = glob::MatchOptions { case_sensitive: false, ..glob::MatchOptions::new() };
        let fits = |object: &&TableOrView| {
            !object.name.starts_with("sqlite_") && pattern.matches_with(&object.name, any_case)
        };
        let fitting: Vec<&TableOrView> = objects.iter().filter(fits).collect();
        let pattern = pattern.as_str().to_owned();
        let names = objects.iter().map(|object| &object.name);
        found[table as usize] = match fitting.as_slice() {
            [] => {
                let near = nearest_name(&pattern, names);
                return Err(RegistryError::MissingFile { export: path.to_owned(), table, pattern, near });
            }
            [one] => Some((*one).clone()),
            several => {
                let names = several.iter().map(|object| object.name.clone()).collect();
                return Err(BadInput::of_file(path, InputFault::SeveralFiles { table, pattern, names }));
            }
        };
    }
    Ok(found)
}

/// The columns of a table that are read, each once, in the order in which the query has them.
struct Selection {
    /// For each its place in the table, and what it is read as.
    columns: Vec<(usize, Kind)>,
}

impl Selection {
    /// Of a layout, which then has the places in the selection.
    fn new(layout: &mut Layout) -> Selection {
        let mut columns: Vec<(usize, Kind)> = Vec::new();
        let mut place_of = |field: &mut usize, kind: Kind| {
            if *field == NO_FIELD {
                return;
            }
            let known = columns.iter().position(|column| *column == (*field, kind));
            let place = known.unwrap_or_else(|| {
                columns.push((*field, kind));
                columns.len() - 1
            });
            *field = place;
        };
        for (column, field) in layout.table.columns().iter().zip(&mut layout.fields) {
            place_of(field, column.kind);
        }
        for fields in &mut layout.given {
            for (column, field) in Table::Consents.columns().iter().zip(fields) {
                place_of(field, column.kind);
            }
        }
        layout.width = columns.len();
        Selection { columns }
    }

    /// The columns that are not read.
    fn others<'n>(&self, names: &'n [String]) -> Vec<&'n str> {
        let is_read = |place: usize| self.columns.iter().any(|(read, _)| *read == place);
        names
            .iter()
            .enumerate()
            .filter(|(place, _)| !is_read(*place))
            .map(|(_, name)| name.as_str())
            .collect()
    }

    /// Selects the columns, and others behind them. SQLite itself writes a REAL as text; an id that is one is looked at as it
    /// is.
    ///
    /// No index is used. SQLite would prefer an index that holds all the columns, but if the index is older than the table,
    /// a withdrawal may be missing in it.
    fn sql(&self, from: &TableOrView, names: &[String], others: &[&str]) -> String {
        let cell = |(place, kind): &(usize, Kind)| {
            let name = quoted(&names[*place]);
            match kind {
                Kind::Id => name,
                _ => format!("CASE typeof({name}) WHEN 'real' THEN CAST({name} AS TEXT) ELSE {name} END"),
            }
        };
        let others = others.iter().map(|name| quoted(name));
        let cells: Vec<String> = self.columns.iter().map(cell).chain(others).collect();
        let itself = if from.is_view { "" } else { " NOT INDEXED" };
        format!("SELECT {} FROM {}{itself}", cells.join(", "), quoted(&from.name))
    }
}

/// The files of an export, as they are now.
fn stamps(path: &Path, format: &ExportFormat) -> Result<Provenance, RegistryError> {
    let mut files = vec![FileStamp::of(path)?];
    // What was changed last may only be in the log yet.
    let log = wal::log_of(path);
    if std::fs::metadata(&log).is_ok_and(|found| found.len() > 0) {
        files.push(FileStamp::of(&log)?);
    }
    Ok(Provenance::new(format, files))
}

/// A name as SQL writes it, whatever it holds.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What an SQLite error means for an export. Its message is left out: it may quote what a view computes with.
fn sqlite_error(path: &Path, error: rusqlite::Error) -> RegistryError {
    let code = error.sqlite_error_code();
    let what = match code {
        // Reading alone comes to this where a transaction was cut off.
        Some(ErrorCode::ReadOnly) => {
            "a transaction was cut off, and its journal lies beside the database; have the owner open it, which mends it"
        }
        _ => error.sqlite_error().map_or("unexpected value", |e| rusqlite::ffi::code_to_str(e.extended_code)),
    };
    match code {
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            RegistryError::Unavailable { path: path.to_owned(), source: io::Error::other(what) }
        }
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::SystemIoFailure
            | ErrorCode::DiskFull
            | ErrorCode::OutOfMemory
            | ErrorCode::ReadOnly,
        ) => RegistryError::Read { path: path.to_owned(), source: io::Error::other(what) },
        _ => BadInput::of_file(path, InputFault::UnusableDatabase { what }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export.sqlite");
        let connection = Connection::open(&path).unwrap();
        for table in Table::ALL {
            let columns: Vec<&str> = table.columns().iter().map(|column| column.name).collect();
            connection.execute_batch(&format!("CREATE TABLE {table} ({})", columns.join(", "))).unwrap();
        }
        (folder, path)
    }

    #[test]
    fn tells_types_that_turn_texts_into_numbers() {
        use NumericType::{Integer, Numeric, Real};
        let check = |declared: &str, expect: Option<NumericType>| {
            assert_eq!(numeric_type(declared), expect, "{declared}")
        };
        check("INTEGER", Some(Integer));
        check("bigint", Some(Integer));
        check("double precision", Some(Real));
        check("FLOAT", Some(Real));
        check("NUM", Some(Numeric));
        check("STRING", Some(Numeric));
        check("VARCHAR(9)", None);
        check("text", None);
        check("BLOB", None);
        check("", None);
    }

    /// What is committed between the look at the file and the snapshot is read. What is noted of the export must be older
    /// than that, so that a later run finds it changed.
    #[test]
    fn the_export_is_looked_at_before_the_snapshot_is_taken() {
        let (_folder, path) = database();
        let owner = Connection::open(&path).unwrap();
        owner.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let opening = std::thread::scope(|scope| {
            // It waits for the owner.
            let opening = scope.spawn(|| SqliteExport::open(&path, &ExportFormat::default()).unwrap());
            std::thread::sleep(Duration::from_millis(300));
            let withdrawals = "INSERT INTO consents WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                SELECT i, 'STANDARD', '2015-01-01', '2020-01-01', 'WITHDRAWN' FROM n; COMMIT";
            owner.execute_batch(withdrawals).unwrap();
            opening.join().unwrap()
        });
        let seen: i64 =
            opening.connection.query_row("SELECT count(*) FROM consents", [], |row| row.get(0)).unwrap();
        assert_eq!(seen, 2000);
        assert_ne!(opening.provenance().unwrap(), opening.provenance_now().unwrap());
    }
}
