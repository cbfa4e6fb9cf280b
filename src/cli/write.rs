//! `phds write`: the third stage, the files.

use super::done::Summary;
use super::publish::{GateArgs, LastStep};
use super::terminal::Terminal;
use super::{CommandResult, arguments, events, memory, report};
use crate::batch::Inputs;
use crate::registry::{Source, Table};
use crate::work::{self, WorkDatabase, WorkError};
use crate::writer::{Contents, Output, Staging, keep_clear_of};
use std::path::PathBuf;

/// Write the month's batch from a work database
///
/// The last of three stages. What it writes is, byte for byte, what `run` would have written.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds write --work july.db --out batches")]
pub(super) struct Args {
    /// The work database
    #[arg(long, visible_alias = "batch", value_name = "FILE.db")]
    work: PathBuf,
    /// The folder of the batches; made if it is not there
    #[arg(long, value_name = "OUT")]
    out: PathBuf,
    #[command(flatten)]
    gate: GateArgs,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let summary = Summary::new(args.json, terminal);
    let mut stage = events::Stage::begin();
    let database = WorkDatabase::open(&args.work)?;
    let as_of = database.needed_filter_run()?.as_of;
    keep_clear_of(&args.out, as_of.month(), &args.work, "the work database itself")?;
    let staging = Staging::new(Output::open(&args.out)?, as_of.month())?;
    let bar = terminal.reading(database.tables().size());
    let threads = arguments::cores();
    let spill = memory::spill(staging.scratch(), None, threads);
    let mut ready = work::ready(&database, threads, &spill, &bar)?;
    if ready.run.as_of != as_of {
        // It was filtered again between the first look and the second.
        return Err(WorkError::Busy { path: args.work }.into());
    }
    args.gate.check_control(&ready.run.policy, ready.intake.table(Table::Control).is_some(), &args.work)?;
    bar.writing();
    let inputs = Inputs::new(as_of, &ready.run.policy, &database.tables().provenance()?);
    let before = report::batch_before(&args.out, as_of.month());
    let limits = args.gate.over(ready.run.policy.gate);
    let contents = Contents {
        as_of,
        policy: &ready.run.policy,
        gate: &limits,
        intake: &mut ready.intake,
        reference: &ready.reference,
        routing: &ready.routing,
        selection: &ready.selection,
        inputs: &inputs,
        threads,
    };
    let last = LastStep {
        gate: &args.gate,
        before: &before,
        out: &args.out,
        export: None,
        today: ready.run.is_today.then_some(as_of),
        is_attended: true,
    };
    let (manifest, published) = last.write_and_publish(contents, staging, &mut stage)?;
    drop(bar);
    if published.is_ok()
        && let Err(error) = database.note_write(&manifest)
    {
        tracing::warn!("the batch is published, but could not be noted in the work database: {error}");
    }
    summary.of_batch(&manifest, &ready.run.policy, published)
}
