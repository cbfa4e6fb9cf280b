//! `phds read`: the first stage, an export into a work database.

use super::CommandResult;
use super::arguments::{FormatArgs, OPEN_EXPORT_HELP};
use super::done::tables_read;
use super::terminal::Terminal;
use super::{events, log, memory};
use crate::registry::{Limit, Notice, open_export};
use crate::value::shown;
use crate::work::{self, ReadSettings};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Read and check an export into a work database
///
/// The first of three stages: `read`, `filter`, `write` make the same batch as `run`. The work database is an
/// SQLite file in which the export lies clean and typed, for a look in between. One that is there is replaced when
/// the new one is whole.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds read exports/2024-07 --work july.db
  phds read registry.sqlite --work july.db --max-quarantined 0.1%
  sqlite3 july.db 'SELECT code, count(*) FROM quarantine GROUP BY code'")]
pub(super) struct Args {
    #[arg(value_name = "EXPORT", help = OPEN_EXPORT_HELP)]
    export: PathBuf,
    /// The work database to make
    #[arg(long, visible_alias = "batch", value_name = "FILE.db")]
    work: PathBuf,
    /// Stop if a larger share of any table's rows can't be used
    #[arg(long, value_name = "PCT", default_value = "1%")]
    max_quarantined: Limit,
    #[command(flatten)]
    format: FormatArgs,
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let source = open_export(&args.export, &args.format.load()?)?;
    let provenance = source.provenance()?;
    let mut stage = events::Stage::begin();
    stage.opened(&provenance);
    let scratch = work::scratch_beside(&args.work)?;
    let bar = terminal.reading(source.size());
    let notify = |notice: &Notice| log::notify(notice);
    let settings = ReadSettings {
        limit: args.max_quarantined,
        export: &provenance,
        spill: &memory::spill(scratch.path(), None, NonZeroUsize::MIN),
        notify: &notify,
    };
    let intake = work::read(source.as_ref(), &args.work, settings, &bar)?;
    drop(bar);
    stage.read(&intake);
    terminal.print_summary(&format!(
        "{}\nNext: phds filter --work {}\n",
        tables_read(&intake),
        shown(&args.work)
    ))
}
