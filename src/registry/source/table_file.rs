//! What holds a table of a folder: a CSV file, a Parquet file, or a folder of Parquet files.

use super::csv::CsvFile;
use super::parts::{Parts, is_parquet_name};
use super::{ExportFormat, FileStamp, TableReader};
use crate::registry::{RegistryError, Table};
use std::path::{Path, PathBuf};

/// What holds a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum TableFile {
    Csv(PathBuf),
    Parquet(Parts),
}

/// Which rows of a table's file are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rows {
    /// The table's own.
    Own,
    /// The consents that they give.
    GivenConsents,
}

impl TableFile {
    /// Looks at what is there under a name. Nothing is opened but a folder of parts.
    pub(super) fn find(path: &Path) -> Result<TableFile, RegistryError> {
        Ok(if is_parquet_name(path) {
            TableFile::Parquet(Parts::find(path)?)
        } else {
            TableFile::Csv(path.to_owned())
        })
    }

    /// The files themselves.
    pub(super) fn files(&self) -> &[PathBuf] {
        match self {
            TableFile::Csv(file) => std::slice::from_ref(file),
            TableFile::Parquet(parts) => &parts.files,
        }
    }

    /// What each file is now.
    pub(super) fn stamps(&self) -> Result<Vec<FileStamp>, RegistryError> {
        match self {
            TableFile::Csv(file) => Ok(vec![FileStamp::of(file)?]),
            TableFile::Parquet(parts) => parts.stamps(),
        }
    }

    /// Opens it and finds the table's columns.
    pub(super) fn open(
        &self,
        table: Table,
        format: &ExportFormat,
        rows: Rows,
    ) -> Result<Box<dyn TableReader>, RegistryError> {
        match self {
            TableFile::Csv(file) => {
                let mut opened = CsvFile::open(file, table, format)?;
                if rows == Rows::Own {
                    opened.read_for_rows();
                }
                Ok(Box::new(opened))
            }
            #[cfg(feature = "parquet")]
            TableFile::Parquet(parts) => {
                Ok(Box::new(super::parquet::ParquetTable::open(parts, table, format, rows)?))
            }
            #[cfg(not(feature = "parquet"))]
            TableFile::Parquet(parts) => {
                use crate::registry::error::{BadInput, InputFault};
                Err(BadInput::of_file(&parts.path, InputFault::NoParquetReader))
            }
        }
    }
}
