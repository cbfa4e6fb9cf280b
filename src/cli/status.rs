//! `phds status`: what has been done to a work database.

use super::CommandResult;
use super::done::{outcomes, tables_read};
use super::failure::Failure;
use super::memory;
use super::terminal::{Terminal, printable};
use crate::cleanup::PrivateFolder;
use crate::value::shown;
use crate::work::{self, WorkDatabase};
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

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let database = WorkDatabase::open(&args.work)?;
    let scratch = PrivateFolder::temporary().map_err(Failure::Scratch)?;
    let status = work::status(&database, &memory::spill(scratch.path(), None, NonZeroUsize::MIN))?;
    let file = shown(&args.work);
    let mut text = format!("Read into {file}\n{}\n", tables_read(&status.intake));
    match &status.filtered {
        None => text += &format!("Not filtered yet: phds filter --work {file} --as-of DATE\n"),
        Some((run, counts)) => {
            text += &format!(
                "Filtered as of {}, policy \"{}\"\n  SHA-256 {}\n{}\n",
                run.as_of,
                shown(&run.policy.name),
                run.policy.sha256,
                outcomes(counts, &status.intake, &run.policy)
            );
            if status.written.is_empty() {
                text += &format!("Not written yet: phds write --work {file} --out OUT\n");
            }
        }
    }
    for (batch, files, rows) in &status.written {
        text += &format!("Written: batch {batch}, {files} file(s) with {rows} row(s)\n");
    }
    terminal.print(&printable(&text))?;
    // Printed all the same, so that it can be seen what there was.
    Ok(database.must_be_complete()?)
}
