//! A table's Parquet files: one file, or a folder of part files.

use super::FileStamp;
use crate::registry::RegistryError;
use crate::registry::error::{BadInput, InputFault};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// How the name of a Parquet file, or of a folder of parts, ends.
pub(super) const PARQUET: &str = "parquet";

/// A table's Parquet files, in the order in which they are read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Parts {
    /// The file, or the folder of parts.
    pub(super) path: PathBuf,
    pub(super) files: Vec<PathBuf>,
}

/// Whether a file or a folder has the name of a Parquet file.
pub(super) fn is_parquet_name(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(PARQUET))
}

impl Parts {
    /// Lists the files. They are not opened.
    ///
    /// # Errors
    /// If a folder holds no part, or something that may be one and has another name.
    pub(super) fn find(path: &Path) -> Result<Parts, RegistryError> {
        let of = |files| Parts { path: path.to_owned(), files };
        if !path.is_dir() {
            return Ok(of(vec![path.to_owned()]));
        }
        let unavailable = |source| RegistryError::Unavailable { path: path.to_owned(), source };
        let mut names: Vec<OsString> = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unavailable)? {
            let entry = entry.map_err(unavailable)?;
            // A folder is a sign of more than parts: a job still at work (`_temporary`), a table with a log that says
            // which of its files count (`_delta_log`), or rows in folders by a column's value.
            let name = entry.file_name();
            if entry.path().is_dir() {
                // The last kind has a value of its rows in its name, which no message shows.
                let has_value = name.as_bytes().contains(&b'=');
                let shown = if has_value { path.to_owned() } else { entry.path() };
                return Err(BadInput::of_file(&shown, InputFault::FolderAmongParts));
            }
            if matches!(name.as_bytes().first(), Some(b'_' | b'.')) {
                continue;
            }
            // What is passed over may hold a withdrawal.
            if !is_parquet_name(&entry.path()) {
                return Err(BadInput::of_file(&entry.path(), InputFault::NotAPart));
            }
            names.push(name);
        }
        if names.is_empty() {
            return Err(BadInput::of_file(path, InputFault::NoParts));
        }
        names.sort_unstable_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
        Ok(of(names.iter().map(|name| path.join(name)).collect()))
    }

    /// What each file is now.
    pub(super) fn stamps(&self) -> Result<Vec<FileStamp>, RegistryError> {
        let stamp = |file: &PathBuf| {
            let mut stamp = FileStamp::of(file)?;
            // Parts of different tables may share a name.
            if *file != self.path
                && let Some(folder) = self.path.file_name()
            {
                stamp.file = format!("{}/{}", folder.to_string_lossy(), stamp.file);
            }
            Ok(stamp)
        };
        self.files.iter().map(stamp).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_the_parts() {
        let check = |files: &[&str], folders: &[&str], expect: Result<&[&str], &str>| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("clients.parquet");
            std::fs::create_dir(&path).unwrap();
            files.iter().for_each(|file| std::fs::write(path.join(file), "x").unwrap());
            folders.iter().for_each(|file| std::fs::create_dir(path.join(file)).unwrap());
            let got = Parts::find(&path).map(|parts| {
                let stamps = parts.stamps().unwrap();
                stamps.into_iter().map(|stamp| stamp.file).collect::<Vec<_>>()
            });
            let got = got.map_err(|error| match error {
                RegistryError::BadInput(bad) => bad.fault.code(),
                _ => "other",
            });
            let expect: Result<Vec<String>, &str> =
                expect.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
            assert_eq!(got, expect, "{files:?} {folders:?}");
        };
        check(&["part-0.parquet"], &[], Ok(&["clients.parquet/part-0.parquet"]));
        check(
            &[
                "b.parquet",
                "a10.parquet",
                "a2.parquet",
                "B.PARQUET",
                "_SUCCESS",
                "_metadata",
                ".a2.parquet.crc",
            ],
            &[],
            Ok(&[
                "clients.parquet/B.PARQUET",
                "clients.parquet/a10.parquet",
                "clients.parquet/a2.parquet",
                "clients.parquet/b.parquet",
            ]),
        );
        check(&[], &[], Err("NO_PARTS"));
        check(&["_SUCCESS", ".hidden.parquet"], &[], Err("NO_PARTS"));
        check(&["a.parquet", "000000_0"], &[], Err("NOT_A_PART"));
        check(&["a.parquet", "b.csv"], &[], Err("NOT_A_PART"));
        check(&["a.parquet"], &["_delta_log"], Err("FOLDER_AMONG_PARTS"));
        check(&["a.parquet"], &[".hoodie"], Err("FOLDER_AMONG_PARTS"));
        check(&["a.parquet"], &["year=2024"], Err("FOLDER_AMONG_PARTS"));
        check(&["a.parquet"], &["b.parquet"], Err("FOLDER_AMONG_PARTS"));
    }

    #[test]
    fn one_file_is_a_part_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clients.parquet");
        std::fs::write(&path, "x").unwrap();
        let parts = Parts::find(&path).unwrap();
        assert_eq!(
            (parts.files.as_slice(), parts.stamps().unwrap()[0].file.as_str()),
            ([path].as_slice(), "clients.parquet")
        );
    }
}
