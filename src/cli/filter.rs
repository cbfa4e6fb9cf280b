//! `phds filter`: the second stage, an outcome for every fact.

use super::CommandResult;
use super::arguments::{self, PolicyArg};
use super::done::outcomes;
use super::terminal::Terminal;
use super::{events, memory};
use crate::registry::{Limit, Source};
use crate::value::{Day, shown};
use crate::work::{self, FilterSettings, WorkDatabase};
use std::path::PathBuf;

/// Work out the outcome of every fact in a work database
///
/// The second of three stages. Can be run again, with another policy or as-of date: the outcomes are replaced when
/// the new ones are whole.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds filter --work july.db --as-of 2024-07-08
  phds filter --work july.db --as-of 2024-07-08 --policy stricter.toml
  sqlite3 july.db 'SELECT * FROM outcome_counts'")]
pub(super) struct Args {
    /// The work database
    #[arg(long, visible_alias = "batch", value_name = "FILE.db")]
    work: PathBuf,
    /// The day as of which consent and ages are judged; without it, today
    #[arg(long, value_name = "DATE", value_parser = arguments::day)]
    as_of: Option<Day>,
    #[command(flatten)]
    policy: PolicyArg,
    /// Stop if a larger share of the facts can't be used, once duplicates are known
    #[arg(long, value_name = "PCT", default_value = "1%")]
    max_quarantined: Limit,
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let policy = args.policy.load()?;
    let as_of = arguments::or_today(args.as_of, "--as-of")?;
    arguments::warn_of_window(&policy, as_of);
    let mut stage = events::Stage::begin();
    let database = WorkDatabase::open(&args.work)?;
    let scratch = work::scratch_beside(&args.work)?;
    let bar = terminal.reading(database.tables().size());
    let threads = arguments::cores();
    let settings = FilterSettings {
        policy: &policy,
        as_of,
        is_today: args.as_of.is_none(),
        limit: args.max_quarantined,
        threads,
        spill: &memory::spill(scratch.path(), None, threads),
    };
    let filtered = work::filter(&database, settings, &bar)?;
    drop(bar);
    stage.judged(&filtered.intake, &filtered.counts);
    let text = outcomes(&filtered.counts, &filtered.intake, &policy);
    terminal.print_summary(&format!("{text}\nNext: phds write --work {} --out OUT\n", shown(&args.work)))
}
