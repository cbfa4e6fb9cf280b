//! An export of which each table is opened on its own: that one is missing or wrong keeps nobody from looking at the
//! others.

use super::folder::{file_names, find_file, open_given_consents, open_rows, table_of_name};
use super::near::is_near;
use super::sqlite::SqliteExport;
use super::{ExportFormat, Kind, Source, TableReader, kind_of};
use crate::registry::{RegistryError, Table};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// An export of which tables may be missing.
pub(in crate::registry) enum OpenTables {
    Folder { path: PathBuf, names: BTreeSet<String>, format: ExportFormat },
    Sqlite(Box<SqliteExport>),
}

/// A file that is no table of an export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownFile {
    pub name: String,
    /// The table that has nearly this name.
    pub near: Option<Table>,
}

impl OpenTables {
    pub(in crate::registry) fn open(path: &Path, format: &ExportFormat) -> Result<OpenTables, RegistryError> {
        Ok(match kind_of(path)? {
            Kind::Folder => {
                OpenTables::Folder { path: path.to_owned(), names: file_names(path)?, format: format.clone() }
            }
            Kind::Sqlite => OpenTables::Sqlite(Box::new(SqliteExport::open_any(path, format)?)),
        })
    }

    /// Opens all that holds rows of a table: nothing if it is not there and need not be.
    pub(in crate::registry) fn open_table(
        &self,
        table: Table,
    ) -> Result<Vec<Box<dyn TableReader + '_>>, RegistryError> {
        let own = self.open_own(table)?;
        let given = if table == Table::Consents { self.open_given_consents()? } else { None };
        Ok(own.into_iter().chain(given).collect())
    }

    fn open_own(&self, table: Table) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        match self {
            OpenTables::Folder { path, names, format } => {
                let file = find_file(path, table, names, format)?;
                file.map(|file| open_rows(&file, table, format)).transpose()
            }
            OpenTables::Sqlite(export) => match export.open_table(table)? {
                None if !export.may_do_without(table) => Err(export.missing(table)),
                opened => Ok(opened),
            },
        }
    }

    fn open_given_consents(&self) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        match self {
            OpenTables::Folder { path, names, format } => {
                let file = find_file(path, Table::Clients, names, format)?;
                file.map_or(Ok(None), |file| open_given_consents(&file, format))
            }
            OpenTables::Sqlite(export) => export.open_given_consents(),
        }
    }

    /// What lies in a folder and is no table.
    pub(in crate::registry) fn unknown_files(&self) -> Vec<UnknownFile> {
        let OpenTables::Folder { path, names, format } = self else { return Vec::new() };
        let pattern =
            |table: Table| format.profile.as_ref().and_then(|profile| profile.table(table).file.as_ref());
        // Two files of one table are an error, which is told elsewhere.
        let has_own_name = |name: &str| table_of_name(name).is_some_and(|table| pattern(table).is_none());
        let found =
            Table::ALL.into_iter().filter_map(|table| find_file(path, table, names, format).ok().flatten());
        let found: Vec<PathBuf> = found.collect();
        let unknown = names.iter().filter(|name| !has_own_name(name) && !found.contains(&path.join(name)));
        let near = |name: &str| {
            let stem = name.split('.').next().unwrap_or_default();
            Table::ALL.into_iter().find(|table| is_near(stem, table.name()))
        };
        unknown.map(|name| UnknownFile { name: name.clone(), near: near(name) }).collect()
    }
}
