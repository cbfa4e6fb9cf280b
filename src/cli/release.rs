//! `phds release`: a batch that is held back is published after all.

use super::Outcome;
use super::arguments::{self, Memory};
use super::exit::Failure;
use super::terminal::Terminal;
use crate::published::Manifest;
use crate::unfinished::PrivateFolder;
use crate::value::Month;
use crate::verify::{VerifySettings, verify};
use crate::writer::{Output, quarantine_list};
use std::path::PathBuf;

/// Publish a batch that was held back
///
/// `run` and `write` hold a batch back, in OUT/.held/YYYYMM, when something about it should be looked at first. When
/// that has been done and all is as it should be, this moves it to OUT/YYYYMM, in one step. It is verified once more before.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  cat batches/.held/202407.txt
  phds diff batches/202406 batches/.held/202407
  phds release batches 202407")]
pub(super) struct Args {
    /// The folder of the batches
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// The batch's month
    #[arg(value_name = "YYYYMM", value_parser = month)]
    month: Month,
}

fn month(text: &str) -> Result<Month, &'static str> {
    Month::parse(text).ok_or("not a month such as 202407")
}

pub(super) fn run(args: Args, terminal: &Terminal) -> Outcome {
    let output = Output::open_existing(&args.out)?;
    let held = output.held(args.month);
    if held.symlink_metadata().is_err() {
        // That it is not there is what comes of it, and what is left of it goes.
        output.release(args.month, &quarantine_list(args.month))?;
    }
    let scratch = PrivateFolder::temporary().map_err(Failure::Scratch)?;
    let settings = VerifySettings {
        policy: None,
        limit: 0,
        threads: arguments::cores(),
        spill: &arguments::spill(scratch.path(), Some(Memory::FOR_COMPARING)),
    };
    // It may have lain there for days.
    let is_sound = verify(&held, settings)?.sound && Manifest::of_batch(&held)?.batch == args.month;
    if !is_sound {
        return Err(Failure::HeldUnsound { place: held });
    }
    let place = output.release(args.month, &quarantine_list(args.month))?;
    tracing::info!(stage = "publish", batch = %args.month, "batch released");
    terminal.print_summary(&format!("Batch {} is published in {}\n", args.month, place.display()))
}
