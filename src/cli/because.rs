//! `phds diff --because`: for the rows that were removed or added, what the work databases of both months say of them.

use super::exit::Exit;
use super::failure::{CommandError, End, Failure};
use crate::batch::Manifest;
use crate::compare::Kind;
use crate::value::{grouped, shown};
use crate::work::{FactLookup, WorkDatabase, WorkError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The work databases from which two batches were made.
pub(super) struct Databases {
    old: WorkDatabase,
    new: WorkDatabase,
}

impl Databases {
    pub(super) fn open(old: &Path, new: &Path) -> Result<Databases, Failure> {
        Ok(Databases { old: WorkDatabase::open(old)?, new: WorkDatabase::open(new)? })
    }

    /// Gets ready to ask, once each is seen to be that of its batch.
    pub(super) fn reasons(&self, paths: [&Path; 2], batches: [&Manifest; 2]) -> Result<Reasons<'_>, Failure> {
        let [old, new] = [&self.old, &self.new].map(WorkDatabase::fact_lookup);
        let (old, new) = (old?, new?);
        for ((lookup, path), batch) in [&old, &new].into_iter().zip(paths).zip(batches) {
            must_be_of_batch(lookup, path, batch)?;
        }
        let unreadable = [self.old.facts_without_id()?, self.new.facts_without_id()?];
        Ok(Reasons { old, new, unreadable, found: Because::default(), error: None })
    }
}

/// A single file does not tell which batch it is of.
#[derive(thiserror::Error, Debug)]
#[error("--because compares two batches, and {} is none", shown(path))]
struct NoBatch {
    path: PathBuf,
}

impl CommandError for NoBatch {
    fn end(&self) -> End {
        Exit::Usage.hinting("give the folders of two months, such as batches/202406 and batches/202407")
    }
}

/// Refuses what is no folder.
pub(super) fn must_be_folders(batches: [&Path; 2]) -> Result<(), Failure> {
    let file = batches.into_iter().find(|path| path.exists() && !path.is_dir());
    file.map_or(Ok(()), |path| Err(NoBatch { path: path.to_owned() }.into()))
}

/// A work database is not the one that a batch was made from.
#[derive(thiserror::Error, Debug)]
#[error("{}: this is not the work database of batch {batch}: {what}", shown(path))]
struct OtherBatch {
    path: PathBuf,
    batch: String,
    what: String,
}

impl CommandError for OtherBatch {
    fn end(&self) -> End {
        Exit::BadInput.hinting(
            "give the database that the batch was written from, or read that month's export again and filter it with the \
             batch's as-of date and policy",
        )
    }
}

fn must_be_of_batch(lookup: &FactLookup<'_>, path: &Path, batch: &Manifest) -> Result<(), Failure> {
    let other = |what| Err(OtherBatch { path: path.to_owned(), batch: batch.batch.to_string(), what }.into());
    if lookup.run.as_of != batch.as_of {
        return other(format!(
            "it was filtered as of {}, the batch is as of {}",
            lookup.run.as_of, batch.as_of
        ));
    }
    if lookup.run.policy.sha256 != batch.policy.sha256 {
        return other("it was filtered under another policy".to_owned());
    }
    if (lookup.read, lookup.included) != (batch.facts.read, batch.facts.included) {
        return other("it has other numbers of facts".to_owned());
    }
    Ok(())
}

/// What the databases say, counted by code.
#[derive(Default, Serialize)]
pub(super) struct Because {
    /// What the removed rows' facts are in the new database.
    removed: ByCode,
    /// What the added rows' facts were in the old database.
    added: ByCode,
}

/// Rows by the code of their fact.
#[derive(Default, Serialize)]
struct ByCode {
    codes: BTreeMap<&'static str, u64>,
    /// Rows whose fact is not in that export.
    not_in_export: u64,
    /// Rows of `immunizations` in that export without an id that can be read: what is not in the export may be among them.
    unreadable_rows: u64,
}

/// Collects what the databases say of rows.
pub(super) struct Reasons<'d> {
    old: FactLookup<'d>,
    new: FactLookup<'d>,
    unreadable: [u64; 2],
    found: Because,
    error: Option<WorkError>,
}

impl Reasons<'_> {
    /// Looks up the fact of a row that was removed or added.
    pub(super) fn note(&mut self, kind: Kind, id: u64) {
        let (lookup, counts) = match kind {
            Kind::Removed => (&mut self.new, &mut self.found.removed),
            Kind::Added => (&mut self.old, &mut self.found.added),
            Kind::Changed | Kind::MovedToRecipient | Kind::MovedToClient => return,
        };
        if self.error.is_some() {
            return;
        }
        match lookup.code(id) {
            Ok(Some(code)) => *counts.codes.entry(code).or_default() += 1,
            Ok(None) => counts.not_in_export += 1,
            Err(error) => self.error = Some(error),
        }
    }

    /// What was found.
    ///
    /// # Errors
    /// If a database could not be read.
    pub(super) fn finish(mut self) -> Result<Because, WorkError> {
        [self.found.added.unreadable_rows, self.found.removed.unreadable_rows] = self.unreadable;
        self.error.map_or(Ok(self.found), Err)
    }
}

impl Because {
    /// The counts as a person reads them, most first.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        for (title, rows, absent) in [
            ("Removed rows, by what their facts are now", &self.removed, "not in the export any more"),
            ("Added rows, by what their facts were before", &self.added, "not in the export before"),
        ] {
            let codes = rows.codes.iter().map(|(code, count)| (*code, *count));
            let mut lines: Vec<(&str, u64)> = codes.chain([(absent, rows.not_in_export)]).collect();
            lines.retain(|(_, count)| *count > 0);
            lines.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            if lines.is_empty() {
                continue;
            }
            let _ = writeln!(out, "\n{title}");
            for (code, count) in lines {
                let _ = writeln!(out, "  {code:<37}{:>13}", grouped(count));
            }
            if rows.not_in_export > 0 && rows.unreadable_rows > 0 {
                let _ = writeln!(
                    out,
                    "  (that export has {} row(s) of immunizations without a readable IMMUNFACT_ID; some may be among them)",
                    grouped(rows.unreadable_rows)
                );
            }
        }
        out
    }
}
