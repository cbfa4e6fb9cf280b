//! An export of which each table is opened on its own: that one is missing or wrong keeps nobody from looking at the
//! others.

use super::folder::{file_names, find_file, is_file_of_a_table};
use super::near::is_near;
use super::sqlite::SqliteExport;
use super::table_file::{Rows, TableFile};
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
            Kind::Folder => OpenTables::Folder { path: path.to_owned(), names: file_names(path)?, format: format.clone() },
            Kind::Sqlite => OpenTables::Sqlite(Box::new(SqliteExport::open_any(path, format)?)),
        })
    }

    /// Opens a table; none if it is not there and need not be.
    pub(in crate::registry) fn open_table(
        &self,
        table: Table,
    ) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        match self {
            OpenTables::Folder { path, names, format } => {
                let Some(file) = find_file(path, table, names, format)? else { return Ok(None) };
                TableFile::find(&file)?.open(table, format, Rows::Own).map(Some)
            }
            OpenTables::Sqlite(export) => match export.open_table(table)? {
                None if !table.may_be_absent() => Err(export.missing(table)),
                opened => Ok(opened),
            },
        }
    }

    /// What lies in a folder and is no table.
    pub(in crate::registry) fn unknown_files(&self) -> Vec<UnknownFile> {
        let OpenTables::Folder { names, .. } = self else { return Vec::new() };
        let unknown = names.iter().filter(|name| !is_file_of_a_table(name));
        let near = |name: &str| {
            let stem = name.split('.').next().unwrap_or_default();
            Table::ALL.into_iter().find(|table| is_near(stem, table.name()))
        };
        unknown.map(|name| UnknownFile { name: name.clone(), near: near(name) }).collect()
    }
}
