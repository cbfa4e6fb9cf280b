//! The work database as a source of tables: what was read is read again by the same code that reads exports.

use super::error::WorkError;
use super::schema::column_names;
use super::{WorkDatabase, number};
use crate::registry::{
    Encoding, FileStamp, Layout, Moment, ProfileId, Provenance, RegistryError, Source, SqliteTable, Table,
    TableReader,
};
use std::path::PathBuf;
use twox_hash::XxHash3_128;

/// The rows of a work database's tables: all of them, or those that some question is about.
#[derive(Debug)]
pub struct WorkTables<'d> {
    database: &'d WorkDatabase,
    /// For each table an SQL condition on its rows.
    conditions: [String; Table::ALL.len()],
}

impl<'d> WorkTables<'d> {
    pub(super) fn everything(database: &'d WorkDatabase) -> WorkTables<'d> {
        WorkTables { database, conditions: Default::default() }
    }

    /// Leaves out the rows of a table for which an SQL condition does not hold.
    #[must_use]
    pub(super) fn where_holds(mut self, table: Table, condition: &str) -> WorkTables<'d> {
        self.conditions[table as usize] = format!("WHERE {condition}");
        self
    }
}

impl Source for WorkTables<'_> {
    fn size(&self) -> u64 {
        std::fs::metadata(&self.database.path).map_or(0, |found| found.len())
    }

    fn provenance(&self) -> Result<Provenance, RegistryError> {
        let sql = "SELECT file, bytes, modified, encoding FROM export_files ORDER BY rowid";
        let stamps = self.database.rows(sql, |row| {
            Ok((row.get(0)?, number(row, 1)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?))
        })?;
        let profile = self.database.rows("SELECT name, sha256 FROM profile", |row| {
            Ok(ProfileId { name: row.get(0)?, sha256: row.get(1)? })
        })?;
        let profile = profile.into_iter().next();
        let mut provenance = Provenance { encoding: Encoding::Utf8, profile, files: Vec::new() };
        for (file, bytes, modified, encoding) in stamps {
            let modified = Moment::parse(&modified).ok_or_else(|| self.database.damaged())?;
            provenance.encoding = encoding.parse().map_err(|_| self.database.damaged())?;
            provenance.files.push(FileStamp { file, bytes, modified });
        }
        Ok(provenance)
    }

    fn provenance_now(&self) -> Result<Provenance, RegistryError> {
        // What the export has become since is not known here.
        self.provenance()
    }

    fn closed_clients(&self) -> Result<Vec<u64>, RegistryError> {
        let sql = "SELECT client_id FROM quarantine NOT INDEXED WHERE table_name = 'consents'";
        Ok(self.database.rows(sql, |row| number(row, 0))?)
    }

    fn open_table(&self, table: Table) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        let WorkDatabase { path, connection, .. } = self.database;
        let sql = format!("SELECT path FROM tables WHERE name = '{table}'");
        let file = self.database.rows(&sql, |row| row.get::<_, String>(0))?.pop();
        let Some(file) = file.map(PathBuf::from) else { return Ok(None) };
        let columns = column_names(table).join(", ");
        let condition = &self.conditions[table as usize];
        Ok(Some(Box::new(SqliteTable {
            connection,
            sql: format!("SELECT line, {columns} FROM {table} {condition} ORDER BY line"),
            has_lines: true,
            beside: None,
            content: XxHash3_128::new(),
            numeric: Vec::new(),
            on_error: WorkError::within_reading,
            path,
            layout: Layout::packed(table, Encoding::Utf8),
            file,
        })))
    }
}
