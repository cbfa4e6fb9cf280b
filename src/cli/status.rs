//! `phds status`: what has been done to a work database.

use super::Outcome;
use super::failure::Failure;
use super::memory;
use super::summary::{outcomes, tables_read};
use super::terminal::{Terminal, printable};
use crate::cleanup::PrivateFolder;
use crate::value::shown;
use crate::work::{self, WorkDatabase};
use std::fmt::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Show what has been done to a work database
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds status --work july.db")]
pub(super) struct Args {
    /// The work database
    #[arg(long, visible_alias = "batch", value_name = "FILE.db")]
    work: PathBuf,
}

pub(super) fn run(args: Args, terminal: &Terminal) -> Outcome {
    let database = WorkDatabase::open(&args.work)?;
    let scratch = PrivateFolder::temporary().map_err(Failure::Scratch)?;
    let status = work::status(&database, &memory::spill(scratch.path(), None, NonZeroUsize::MIN))?;
    let file = shown(&args.work);
    let mut text = format!("Read into {file}\n{}\n", tables_read(&status.intake));
    match &status.filtered {
        None => {
            let _ = writeln!(text, "Not filtered yet: phds filter --work {file} --as-of DATE");
        }
        Some((run, counts)) => {
            let name = shown(&run.policy.name);
            let _ = writeln!(
                text,
                "Filtered as of {}, policy \"{name}\"\n  SHA-256 {}\n{}",
                run.as_of,
                run.policy.sha256,
                outcomes(counts, &status.intake, &run.policy)
            );
            if status.written.is_empty() {
                let _ = writeln!(text, "Not written yet: phds write --work {file} --out OUT");
            }
        }
    }
    for (batch, files, rows) in &status.written {
        let _ = writeln!(text, "Written: batch {batch}, {files} file(s) with {rows} row(s)");
    }
    terminal.print(&printable(&text))?;
    // Told all the same, so that it can be seen what there was.
    Ok(database.must_be_complete()?)
}
