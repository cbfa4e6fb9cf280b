//! The files of a monthly batch: the last stage.
//!
//! Everything is written into a private folder beside its place and appears there whole, in one step, or not at
//! all. This layer decides nothing about records, and never prints.

mod csv_text;
mod dictionary;
mod error;
mod file_names;
mod manifest;
mod output;
mod qa;
mod rows;
mod staging;

pub use dictionary::{dictionary_csv, dictionary_md};
pub use error::{NameFault, WriteError};
pub use manifest::{Manifest, RecipientFile};
pub use output::Output;
pub use qa::write_quarantine;
pub use staging::Staging;
pub(crate) use staging::write_private;

use crate::extract::Selection;
use crate::filter::{Route, Routing};
use crate::policy::Policy;
use crate::registry::{Intake, Reference, Table, tables};
use crate::value::Day;
use rows::RowWriter;
use std::cmp::Reverse;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a batch is made from.
#[derive(Debug)]
pub struct Contents<'a> {
    /// The day as of which the rules were applied.
    pub as_of: Day,
    /// The rules' settings.
    pub policy: &'a Policy,
    /// What reading the export found.
    pub intake: &'a mut Intake,
    /// What the facts refer to.
    pub reference: &'a Reference,
    /// Who gets whose facts.
    pub routing: &'a Routing,
    /// The facts that are shared.
    pub selection: &'a Selection,
    /// How many threads write. The files are the same for any number.
    pub threads: NonZeroUsize,
}

/// The folder in a batch that is for the registry's own staff.
const QA: &str = "qa";

/// Where the list of quarantined rows lies, in the place of batches, when nothing is published.
pub fn quarantine_list(as_of: Day) -> String {
    format!("quarantine-{}.csv", as_of.month())
}

/// Writes every file of a batch into the staging folder, which can then be published.
///
/// # Errors
/// If a file cannot be written, or a recipient's name makes no file name of its own.
pub fn write_batch(contents: Contents<'_>, staging: &Staging) -> Result<Manifest, WriteError> {
    let files = write_recipient_files(&contents, staging)?;
    let Contents { as_of, policy, intake, selection, .. } = contents;
    staging.write("data_dictionary.md", dictionary_md(policy).as_bytes())?;
    staging.write("data_dictionary.csv", dictionary_csv(policy).as_bytes())?;
    let manifest = Manifest::new(as_of, policy, intake, &selection.counts, files);
    staging.write("manifest.json", manifest.to_json().as_bytes())?;
    staging.write_checksums("SHA256SUMS")?;
    staging.make_folder(QA)?;
    staging.write_with(&format!("{QA}/quarantine.csv"), |out| qa::write_quarantine(intake, out))?;
    staging.write("qa/counts.csv", qa::counts_csv(&manifest).as_bytes())?;
    Ok(manifest)
}

/// One file for each recipient with at least one row.
fn write_recipient_files(
    contents: &Contents<'_>,
    staging: &Staging,
) -> Result<Vec<RecipientFile>, WriteError> {
    let recipients = contents.routing.recipients();
    let facts = contents.selection.facts();
    let mut rows_of: Vec<Vec<u32>> = vec![Vec::new(); recipients.len()];
    for (place, fact) in (0u32..).zip(facts) {
        if let Route::To(places) = contents.routing.route(Some(fact.organization)) {
            places.iter().for_each(|recipient| rows_of[*recipient as usize].push(place));
        }
    }
    let with_rows = || recipients.iter().zip(&rows_of).filter(|(_, rows)| !rows.is_empty());
    let with_names = with_rows().map(|(recipient, _)| recipient);
    let names = file_names::file_names(with_names, &source_of_names(contents), contents.as_of.month())?;
    let mut tasks: Vec<_> = with_rows().zip(names).collect();
    // The largest files first, so that at the end no thread waits long for another.
    tasks.sort_by_key(|((_, rows), name)| (Reverse(rows.len()), name.clone()));
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<RecipientFile>, WriteError> {
        let mut writer = RowWriter::new(contents.policy, contents.reference, contents.selection);
        let mut files = Vec::new();
        while let Some(((recipient, rows), name)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let written = staging.write_with(name, |out| {
                writer.header(out)?;
                rows.iter().try_for_each(|row| writer.row(&facts[*row as usize], out))
            })?;
            files.push(RecipientFile {
                path: name.clone(),
                recipient: recipient.name.clone(),
                rows: rows.len() as u64,
                bytes: written.bytes,
                sha256: written.sha256,
            });
        }
        Ok(files)
    };
    // Bringing a file down to the disk is waiting, not work: with two threads for each core, one computes meanwhile.
    let threads = match contents.threads.get() {
        1 => 1,
        threads => 2 * threads,
    };
    let mut files = on_threads(threads.min(tasks.len()), &work)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Does work that threads take from each other, on this thread and as many more as are wanted and can be had.
fn on_threads<T: Send, E: Send>(
    threads: usize,
    work: &(dyn Fn() -> Result<Vec<T>, E> + Sync),
) -> Result<Vec<T>, E> {
    std::thread::scope(|scope| {
        let more: Vec<_> =
            (1..threads).map_while(|_| std::thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
        let mut done = work()?;
        for thread in more {
            done.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(done)
    })
}

/// Without a `recipients` table, each organization's responsible entity is a recipient.
fn source_of_names(contents: &Contents<'_>) -> file_names::Source {
    let (table, column) = match contents.reference.recipients {
        Some(_) => (Table::Recipients, tables::recipients::RECIPIENT),
        None => (Table::Organizations, tables::organizations::RESPONSIBLE_ENTITY),
    };
    let file = contents.intake.table(table).map_or_else(|| table.name().into(), |read| read.file.clone());
    file_names::Source { file, column: table.column_name(column) }
}
