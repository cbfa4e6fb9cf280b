//! `phds release`: a batch that is held back is published after all.

use super::CommandResult;
use super::failure::Failure;
use super::terminal::Terminal;
use super::{arguments, memory};
use crate::batch::{Manifest, RulesVersion, names, read_own_file, why_held_place};
use crate::elements;
use crate::value::{Month, shown};
use crate::verify::{VerifySettings, verify};
use crate::writer::{Output, Staging};
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

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let output = Output::open_existing(&args.out)?;
    let held = output.held(args.month);
    let staging = Staging::of_held(output, args.month)?;
    let threads = arguments::cores();
    let settings = VerifySettings {
        policy: None,
        limit: 0,
        threads,
        elements: &elements::ALL,
        spill: &memory::spill_for_comparing(staging.scratch(), None, threads),
    };
    // It may have lain there for days. What is looked at is what is then published, not what lies there by then.
    let batch = staging.batch();
    if !verify(&batch, settings)?.sound {
        return Err(Failure::HeldUnsound { place: held });
    }
    let manifest = Manifest::of_batch(&batch)?;
    if manifest.batch != args.month {
        return Err(Failure::HeldUnsound { place: held });
    }
    if RulesVersion::of_batch(&manifest) != Some(RulesVersion::NEWEST) {
        return Err(Failure::HeldOutdated { place: held, version: manifest.tool.version });
    }
    let why = read_own_file(&why_held_place(&args.out, args.month)).unwrap_or_default();
    let mut text = String::from_utf8(why).unwrap_or_default();
    let replaces = args.out.join(args.month.to_string()).exists();
    let place = staging.release(&names::quarantine_aside(args.month))?;
    tracing::info!(stage = "publish", batch = %args.month, "batch released");
    let (place, as_of) = (shown(&place), manifest.as_of);
    text += &format!("Batch {} as of {as_of} is published all the same, in {place}\n", args.month);
    if replaces {
        text.push_str("The batch that was there is replaced\n");
    }
    terminal.print_summary(&text)
}
