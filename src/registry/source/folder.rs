//! A folder as an export.

use super::near::{MissingTables, nearest_name};
use super::parts::is_parquet_name;
use super::table_file::{Rows, TableFile};
use super::{ExportFormat, FileStamp, Provenance, Source, TableReader, fits_file};
use crate::registry::error::{BadInput, InputFault};
use crate::registry::{RegistryError, Table};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// The endings that a table's file may have.
const ENDINGS: [&str; 4] = ["csv", "csv.gz", "csv.zst", "parquet"];

/// A folder with one file for each table.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    files: Files,
    format: ExportFormat,
    arrived: Provenance,
}

impl Folder {
    /// Finds the tables. Nothing is read yet but the folder's listing.
    ///
    /// # Errors
    /// If a table is missing, or two files hold one table.
    pub(super) fn open(path: &Path, format: &ExportFormat) -> Result<Folder, RegistryError> {
        let files = find_files(path, format)?;
        let arrived = stamps(&files, format)?;
        Ok(Folder { path: path.to_owned(), files, format: format.clone(), arrived })
    }
}

/// The file of each table that is there.
type Files = [Option<TableFile>; Table::ALL.len()];

/// The files of all tables.
fn all(files: &Files) -> impl Iterator<Item = &PathBuf> {
    files.iter().flatten().flat_map(TableFile::files)
}

fn stamps(files: &Files, format: &ExportFormat) -> Result<Provenance, RegistryError> {
    let mut stamps: Vec<FileStamp> = Vec::new();
    for file in files.iter().flatten() {
        for stamp in file.stamps()? {
            // A profile can have one file hold two tables.
            if !stamps.contains(&stamp) {
                stamps.push(stamp);
            }
        }
    }
    Ok(Provenance::new(format, stamps))
}

/// The names of all that lies in a folder.
pub(super) fn file_names(path: &Path) -> Result<BTreeSet<String>, RegistryError> {
    std::fs::read_dir(path)
        .and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                .collect::<io::Result<BTreeSet<String>>>()
        })
        .map_err(|source| RegistryError::Unavailable { path: path.to_owned(), source })
}

/// Whether a file has the name of one that holds a table.
pub(super) fn is_file_of_a_table(name: &str) -> bool {
    name.split_once('.').is_some_and(|(stem, ending)| {
        ENDINGS.contains(&ending) && Table::ALL.into_iter().any(|table| table.name() == stem)
    })
}

fn find_files(path: &Path, format: &ExportFormat) -> Result<Files, RegistryError> {
    let names = file_names(path)?;
    let mut files = Files::default();
    for table in Table::ALL {
        let found = find_file(path, table, &names, format)?;
        files[table as usize] = found.map(|found| TableFile::find(&found)).transpose()?;
    }
    let strangers = names.into_iter().filter(|name| !is_file_of_a_table(name));
    let is_there = |table: Table| files[table as usize].is_some() || !format.must_have(table);
    match MissingTables::among(is_there, strangers) {
        Some(missing) => Err(RegistryError::MissingTable { export: path.to_owned(), missing }),
        None => Ok(files),
    }
}

impl Source for Folder {
    fn size(&self) -> u64 {
        all(&self.files).filter_map(|file| std::fs::metadata(file).ok()).map(|m| m.len()).sum()
    }

    fn provenance(&self) -> Result<Provenance, RegistryError> {
        Ok(self.arrived.clone())
    }

    fn provenance_now(&self) -> Result<Provenance, RegistryError> {
        // Looked for anew: a table that has arrived since is not read, and might have kept something back.
        let files = find_files(&self.path, &self.format)?;
        if let Some(new) = all(&files).find(|file| !all(&self.files).any(|known| known == *file)) {
            return Err(BadInput::of_file(new, InputFault::StillChanging));
        }
        stamps(&files, &self.format)
    }

    fn open_table(&self, table: Table) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        let Some(file) = &self.files[table as usize] else { return Ok(None) };
        file.open(table, &self.format, Rows::Own).map(Some)
    }

    fn open_given_consents(&self) -> Result<Option<Box<dyn TableReader + '_>>, RegistryError> {
        let file = self.files[Table::Clients as usize].as_ref().filter(|_| self.format.gives_consents());
        let Some(file) = file else { return Ok(None) };
        file.open(Table::Clients, &self.format, Rows::GivenConsents).map(Some)
    }
}

/// The file, or the folder of part files, that holds a table; none if it is not there.
pub(super) fn find_file(
    folder: &Path,
    table: Table,
    names: &BTreeSet<String>,
    format: &ExportFormat,
) -> Result<Option<PathBuf>, RegistryError> {
    let profile = format.profile.as_deref();
    if let Some(pattern) = profile.and_then(|profile| profile.table(table).file.as_ref()) {
        return find_file_by_pattern(folder, table, names, pattern).map(Some);
    }
    let candidates = ENDINGS.map(|ending| format!("{}.{ending}", table.name()));
    let mut present = candidates.iter().filter(|name| names.contains(*name));
    match (present.next(), present.next()) {
        (Some(file), Some(other)) => {
            Err(BadInput::of_file(&folder.join(file), InputFault::TwoFiles { other: other.clone() }))
        }
        (Some(file), None) => Ok(Some(folder.join(file))),
        (None, _) if !table.may_be_absent() => Ok(None),
        (None, _) => {
            // A table that may be absent must not be overlooked for its name: without `recipients`,
            // every entity would be sent its own data.
            // A browser's `recipients (1).csv` is near, `recipients of last year.csv` is not.
            let is_near = |name: &&String| {
                let stem = name.split('.').next().unwrap_or_default().to_lowercase();
                stem.strip_prefix(table.name()).is_some_and(|rest| !rest.contains(char::is_alphabetic))
            };
            match names.iter().find(is_near) {
                Some(name) => Err(BadInput::of_file(&folder.join(name), InputFault::MisnamedTable(table))),
                None => Ok(None),
            }
        }
    }
}

/// The one file whose name, or whose name without `.gz` or `.zst`, is as a profile has it.
fn find_file_by_pattern(
    folder: &Path,
    table: Table,
    names: &BTreeSet<String>,
    pattern: &glob::Pattern,
) -> Result<PathBuf, RegistryError> {
    // A folder may hold the parts of a Parquet file.
    let may_be_read = |name: &&String| {
        let path = folder.join(name);
        fits_file(pattern, name) && (path.is_file() || path.is_dir() && is_parquet_name(&path))
    };
    let found: Vec<&String> = names.iter().filter(may_be_read).collect();
    match found.as_slice() {
        [] => Err(RegistryError::MissingFile {
            export: folder.to_owned(),
            table,
            pattern: pattern.as_str().to_owned(),
            near: nearest_name(pattern.as_str(), names.iter()),
        }),
        [file] => Ok(folder.join(file)),
        several => {
            let names = several.iter().map(|name| (*name).clone()).collect();
            Err(BadInput::of_file(
                folder,
                InputFault::SeveralFiles { table, pattern: pattern.as_str().to_owned(), names },
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUIRED: [&str; 5] =
        ["clients.csv", "consents.csv", "immunizations.csv.gz", "vaccines.csv.zst", "organizations.csv"];

    fn open(files: &[&str]) -> Result<Folder, String> {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        Folder::open(folder.path(), &ExportFormat::default()).map_err(|e| match e {
            RegistryError::BadInput(bad) => {
                format!("{} {}", bad.fault.code(), bad.file.file_name().unwrap_or_default().to_string_lossy())
            }
            RegistryError::MissingTable { missing, .. } => missing.to_string().replace('\n', ""),
            other => other.to_string(),
        })
    }

    #[test]
    fn finds_the_tables() {
        let export = open(&REQUIRED).unwrap();
        assert!(export.files[Table::Immunizations as usize].is_some());
        assert!(export.files[Table::Recipients as usize].is_none());
        let check = |extra: &[&str], expect: &str| {
            let files = [&REQUIRED[..], extra].concat();
            assert_eq!(open(&files).map(|_| ()).unwrap_err(), expect);
        };
        // What comes once the export is open is told, not passed over.
        let folder = tempfile::tempdir().unwrap();
        let add = |file: &str| std::fs::write(folder.path().join(file), "").unwrap();
        REQUIRED.into_iter().for_each(add);
        let export = Folder::open(folder.path(), &ExportFormat::default()).unwrap();
        assert_eq!(export.provenance_now().unwrap().files.len(), REQUIRED.len());
        add("recipients.csv");
        assert!(
            matches!(export.provenance_now(), Err(RegistryError::BadInput(bad)) if bad.fault.code() == "STILL_CHANGING")
        );
        check(&["clients.csv.gz"], "TWO_FILES clients.csv");
        check(&["vaccines.csv"], "TWO_FILES vaccines.csv");
        check(&["clients.parquet"], "TWO_FILES clients.csv");
        check(&["immunizations.parquet"], "TWO_FILES immunizations.csv.gz");
        check(&["recipients.csv.gz", "recipients.csv.zst"], "TWO_FILES recipients.csv.gz");
        check(&["Recipients.csv"], "MISNAMED_TABLE Recipients.csv");
        check(&["recipients.csv.bz2"], "MISNAMED_TABLE recipients.csv.bz2");
        check(&["Recipients.parquet"], "MISNAMED_TABLE Recipients.parquet");
        check(&["recipients (1).csv"], "MISNAMED_TABLE recipients (1).csv");
        check(&["recipients .csv"], "MISNAMED_TABLE recipients .csv");
        check(&["Recipients_202407.csv"], "MISNAMED_TABLE Recipients_202407.csv");
        check(&["control.CSV.gz"], "MISNAMED_TABLE control.CSV.gz");
        assert_eq!(open(&REQUIRED[..4]).map(|_| ()).unwrap_err(), "the table organizations is missing");
        assert!(
            open(
                &[
                    &REQUIRED[..],
                    &["notes.txt", "old-recipients.csv", "recipients-notes.csv", "vaccines.xlsx"]
                ]
                .concat()
            )
            .is_ok()
        );
    }
}
