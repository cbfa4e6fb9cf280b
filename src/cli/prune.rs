//! `phds prune`: old batches are removed.

use super::CommandResult;
use super::terminal::Terminal;
use crate::batch::batches;
use crate::summary::Records;
use crate::value::shown;
use crate::writer::{OldBatch, Output};
use std::path::PathBuf;

/// Remove old batches
///
/// Keeps the batches of the newest N months, and never fewer than two: the last one, and the one it is compared with. Older
/// ones are removed whole, the oldest first. Batches that are held back stay, unless --held is given: then those older than
/// all that are kept go too. Batches of which a summary is out stay: later summaries are protected with them.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds prune batches --keep 24 --dry-run
  phds prune batches --keep 24 --held")]
pub(super) struct Args {
    /// The folder of the batches
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// Keep the published batches of so many months
    #[arg(long, value_name = "N")]
    keep: usize,
    /// Remove held batches too
    #[arg(long)]
    held: bool,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    // A place that is not there is told as such, and not made.
    batches(&args.out)?;
    let output = Output::open_existing(&args.out)?;
    let all_old = output.old_batches(args.keep, args.held)?;
    let out = Records::of(&args.out)?.batches();
    let (needed, old): (Vec<_>, Vec<_>) =
        all_old.into_iter().partition(|batch| !batch.is_held && out.contains_key(&batch.month));
    for batch in needed {
        terminal.print_summary(&format!("kept {}: a summary of it is out\n", batch.month))?;
    }
    for batch in &old {
        if !args.dry_run {
            output.remove(*batch)?;
            tracing::info!(stage = "prune", batch = %batch.month, held = batch.is_held, "batch removed");
        }
        let OldBatch { month, is_held } = batch;
        let what = if args.dry_run { "would remove" } else { "removed" };
        let held = if *is_held { " (held)" } else { "" };
        terminal.print_summary(&format!("{what} {month}{held}\n"))?;
    }
    if old.is_empty() {
        terminal.print_summary(&format!("nothing to remove in {}\n", shown(&args.out)))?;
    }
    Ok(())
}
