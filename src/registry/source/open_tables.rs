//! An export of which each table is opened on its own: that one is missing or wrong keeps nobody from looking at the
//! others.

use super::folder::{file_names, find_file, is_file_of_a_table};
use super::near::{MissingTables, UnknownFile};
use super::sqlite::SqliteExport;
use super::{Encoding, Kind, Provenance, Source, TableReader, kind_of};
use crate::registry::{RegistryError, Table};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// An export of which tables may be missing.
pub(in crate::registry) enum OpenTables {
    Folder { path: PathBuf, names: BTreeSet<String>, encoding: Encoding },
    Sqlite(Box<SqliteExport>),
}

impl OpenTables {
    pub(in crate::registry) fn open(path: &Path, encoding: Encoding) -> Result<OpenTables, RegistryError> {
        Ok(match kind_of(path)? {
            Kind::Folder => OpenTables::Folder { path: path.to_owned(), names: file_names(path)?, encoding },
            Kind::Sqlite => OpenTables::Sqlite(Box::new(SqliteExport::open_any(path, encoding)?)),
        })
    }

    /// Opens a table; none if it is not there and need not be.
    pub(in crate::registry) fn open_table(
        &self,
        table: Table,
    ) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        match self {
            OpenTables::Folder { path, names, encoding } => {
                let Some(file) = find_file(path, table, names)? else { return self.without(table) };
                Ok(Some(Box::new(super::csv::CsvFile::open(&file, table, *encoding)?)))
            }
            OpenTables::Sqlite(export) => match export.open_table(table)? {
                None => self.without(table),
                opened => Ok(opened),
            },
        }
    }

    /// What comes of a table that is not there.
    fn without(&self, table: Table) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        if table.may_be_absent() {
            return Ok(None);
        }
        let export = match self {
            OpenTables::Folder { path, .. } => path,
            OpenTables::Sqlite(export) => export.path(),
        };
        let missing = Box::new(MissingTables { tables: vec![table], near: Vec::new() });
        Err(RegistryError::MissingTable { export: export.to_owned(), missing })
    }

    /// What lies in a folder or in a database and is no table of an export.
    pub(in crate::registry) fn unknown_files(&self) -> Vec<UnknownFile> {
        let (path, names) = match self {
            OpenTables::Folder { path, names, .. } => (path, names),
            OpenTables::Sqlite(export) => return export.unknown_tables(),
        };
        let is_there = |table| !matches!(find_file(path, table, names), Ok(None));
        let unknown = names.iter().filter(|name| !is_file_of_a_table(name));
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
        Ok(Provenance { encoding: Encoding::Utf8, files: Vec::new() })
    }

    fn provenance_now(&self) -> Result<Provenance, RegistryError> {
        self.provenance()
    }

    fn open_table(&self, table: Table) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        if self.tables.contains(&table) { self.export.open_table(table) } else { Ok(None) }
    }
}
