//! An export of which each table is opened on its own: that one is missing or wrong keeps nobody from looking at the
//! others.

use super::folder::{file_names, find_file, is_file_of_a_table};
use super::near::{MissingTables, UnknownFile};
use super::sqlite::SqliteExport;
use super::table_file::{Rows, TableFile};
use super::{ExportFormat, Kind, Provenance, Source, TableReader, kind_of};
use crate::registry::{RegistryError, Table};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// An export of which tables may be missing.
pub(in crate::registry) enum OpenTables {
    Folder { path: PathBuf, names: BTreeSet<String>, format: ExportFormat },
    Sqlite(Box<SqliteExport>, ExportFormat),
}

impl OpenTables {
    pub(in crate::registry) fn open(path: &Path, format: &ExportFormat) -> Result<OpenTables, RegistryError> {
        Ok(match kind_of(path)? {
            Kind::Folder => {
                OpenTables::Folder { path: path.to_owned(), names: file_names(path)?, format: format.clone() }
            }
            Kind::Sqlite => {
                OpenTables::Sqlite(Box::new(SqliteExport::open_any(path, format)?), format.clone())
            }
        })
    }

    /// Opens a table; none if it is not there and need not be.
    pub(in crate::registry) fn open_table(
        &self,
        table: Table,
    ) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        match self {
            OpenTables::Folder { path, names, format } => {
                let Some(file) = find_file(path, table, names, format)? else { return self.without(table) };
                TableFile::find(&file)?.open(table, format, Rows::Own).map(Some)
            }
            OpenTables::Sqlite(export, _) => match export.open_table(table)? {
                None => self.without(table),
                opened => Ok(opened),
            },
        }
    }

    /// Opens the rows of `clients` for the consents that they give, as [`Source::open_given_consents`] does.
    pub(in crate::registry) fn open_given_consents(
        &self,
    ) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        match self {
            OpenTables::Folder { path, names, format } if format.gives_consents() => {
                let Some(file) = find_file(path, Table::Clients, names, format)? else { return Ok(None) };
                TableFile::find(&file)?.open(Table::Clients, format, Rows::GivenConsents).map(Some)
            }
            OpenTables::Folder { .. } => Ok(None),
            OpenTables::Sqlite(export, _) => export.open_given_consents(),
        }
    }

    /// What comes of a table that is not there.
    fn without(&self, table: Table) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        let (export, format) = match self {
            OpenTables::Folder { path, format, .. } => (path.as_path(), format),
            OpenTables::Sqlite(export, format) => (export.path(), format),
        };
        if !format.must_have(table) {
            return Ok(None);
        }
        let missing = Box::new(MissingTables { tables: vec![table], near: Vec::new() });
        Err(RegistryError::MissingTable { export: export.to_owned(), missing })
    }

    /// What lies in a folder or in a database and is no table of an export.
    pub(in crate::registry) fn unknown_files(&self) -> Vec<UnknownFile> {
        let (path, names, format) = match self {
            OpenTables::Folder { path, names, format } => (path, names, format),
            OpenTables::Sqlite(export, _) => return export.unknown_tables(),
        };
        let is_there = |table| !matches!(find_file(path, table, names, format), Ok(None));
        let unknown = names.iter().filter(|name| !is_file_of_a_table(name) && !format.names_file(name));
        unknown.map(|name| UnknownFile::new(name.clone(), is_there)).collect()
    }
}

/// The tables of an export that could be read, as a source; the others, and those that steer a run, are not there.
pub(in crate::registry) struct Readable<'e> {
    pub(in crate::registry) export: &'e OpenTables,
    pub(in crate::registry) tables: &'e [Table],
}

impl Source for Readable<'_> {
    fn size(&self) -> u64 {
        0
    }

    fn provenance(&self) -> Result<Provenance, RegistryError> {
        // No batch is made of it.
        Ok(Provenance::new(&ExportFormat::default(), Vec::new()))
    }

    fn provenance_now(&self) -> Result<Provenance, RegistryError> {
        self.provenance()
    }

    fn open_table(&self, table: Table) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        if self.tables.contains(&table) { self.export.open_table(table) } else { Ok(None) }
    }

    fn open_given_consents(&self) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        let is_read = self.tables.contains(&Table::Clients);
        if is_read { self.export.open_given_consents() } else { Ok(None) }
    }
}
