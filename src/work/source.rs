//! The work database as a source of tables: what was read is read again by the same code that reads exports.

use super::error::WorkError;
use super::schema::column_names;
use crate::registry::{
    Encoding, FileStamp, Moment, Provenance, RegistryError, Source, SqliteQuery, SqliteTable, Table,
    TableReader, packed_layout,
};
use rusqlite::{Connection, OptionalExtension};
use std::path::{Path, PathBuf};

/// The rows of a work database's tables: all of them, or those that some question is about.
#[derive(Debug)]
pub struct Only<'d> {
    connection: &'d Connection,
    path: &'d Path,
    /// For each table an SQL condition on its rows.
    conditions: [String; Table::ALL.len()],
}

impl<'d> Only<'d> {
    pub(super) fn everything(connection: &'d Connection, path: &'d Path) -> Only<'d> {
        Only { connection, path, conditions: [const { String::new() }; Table::ALL.len()] }
    }

    /// Leaves out the rows of a table for which an SQL condition does not hold.
    #[must_use]
    pub(super) fn where_holds(mut self, table: Table, condition: &str) -> Only<'d> {
        self.conditions[table as usize] = format!("WHERE {condition}");
        self
    }

    /// What bears on facts with this id, and on those of the clients they belong to.
    #[must_use]
    pub fn about_fact(self, immunfact_id: u64) -> Only<'d> {
        let id = immunfact_id as i64;
        let clients = format!("client_id IN (SELECT client_id FROM immunizations WHERE immunfact_id = {id})");
        self.where_holds(Table::Immunizations, &format!("immunfact_id = {id}"))
            .where_holds(Table::Clients, &clients)
            .where_holds(Table::Consents, &clients)
    }

    /// What bears on the facts of a client. Facts of others that share their ids are among them.
    #[must_use]
    pub fn about_client(self, client_id: u64) -> Only<'d> {
        let own = format!("SELECT immunfact_id FROM immunizations WHERE client_id = {}", client_id as i64);
        let facts = format!("immunfact_id IN ({own})");
        let clients = format!(
            "client_id = {} OR client_id IN (SELECT client_id FROM immunizations WHERE {facts})",
            client_id as i64
        );
        self.where_holds(Table::Immunizations, &facts)
            .where_holds(Table::Clients, &clients)
            .where_holds(Table::Consents, &clients)
    }
}

impl Source for Only<'_> {
    fn size(&self) -> u64 {
        std::fs::metadata(self.path).map_or(0, |found| found.len())
    }

    fn provenance(&self) -> Result<Provenance, RegistryError> {
        let failed = |error| WorkError::within_reading(self.path, error);
        let damaged = || WorkError::damaged_within_reading(self.path);
        let sql = "SELECT file, bytes, modified, encoding FROM export_files ORDER BY rowid";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut provenance = Provenance { encoding: Encoding::Utf8, files: Vec::new() };
        while let Some(row) = rows.next().map_err(failed)? {
            let bytes: i64 = row.get(1).map_err(failed)?;
            let (modified, encoding): (String, String) =
                (row.get(2).map_err(failed)?, row.get(3).map_err(failed)?);
            let modified = Moment::parse(&modified).ok_or_else(damaged)?;
            provenance.encoding = encoding.parse().map_err(|_| damaged())?;
            let file = row.get(0).map_err(failed)?;
            provenance.files.push(FileStamp { file, bytes: bytes.unsigned_abs(), modified });
        }
        Ok(provenance)
    }

    fn provenance_now(&self) -> Result<Provenance, RegistryError> {
        // What the export has become since is not known here.
        self.provenance()
    }

    fn closed_clients(&self) -> Result<Vec<u64>, RegistryError> {
        let sql = "SELECT client_id FROM quarantine NOT INDEXED WHERE table_name = 'consents'";
        let ids = self.connection.prepare(sql).and_then(|mut statement| {
            statement.query_map([], |row| row.get::<_, i64>(0).map(i64::unsigned_abs))?.collect()
        });
        ids.map_err(|error| WorkError::within_reading(self.path, error))
    }

    fn open_table(&self, table: Table) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        let failed = |error| WorkError::within_reading(self.path, error);
        let mut find =
            self.connection.prepare_cached("SELECT path FROM tables WHERE name = ?1").map_err(failed)?;
        let path: Option<String> =
            find.query_row([table.name()], |row| row.get(0)).optional().map_err(failed)?;
        let Some(file) = path.map(PathBuf::from) else { return Ok(None) };
        let columns = column_names(table).join(", ");
        let sql =
            format!("SELECT line, {columns} FROM {table} {} ORDER BY line", self.conditions[table as usize]);
        let query = SqliteQuery {
            connection: self.connection,
            path: self.path,
            sql,
            has_lines: true,
            on_error: WorkError::within_reading,
        };
        let layout = packed_layout(table, Encoding::Utf8, 0);
        Ok(Some(Box::new(SqliteTable { query, layout, file })))
    }
}
