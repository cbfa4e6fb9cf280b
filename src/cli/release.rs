//! `phds release`: a batch that is held back is published after all.

use super::CommandResult;
use super::failure::Failure;
use super::publish::warn_of_summaries;
use super::terminal::Terminal;
use super::{arguments, finish, memory, process, report};
use crate::assembly::add_release;
use crate::batch::{
    GateRecord, HoldRecord, Manifest, ReleaseRecord, ReportData, RulesVersion, names, read_own_file,
    why_held_place,
};
use crate::cleanup::PrivateFolder;
use crate::clock;
use crate::elements;
use crate::value::{Month, shown, text};
use crate::verify::{VerifySettings, verify};
use crate::writer::{Output, Staging};
use std::path::{Path, PathBuf};

/// Publish a batch that was held back
///
/// `run` and `write` hold a batch back, in OUT/.held/YYYYMM, when something about it should be looked at first. When
/// that has been done and all is as it should be, this publishes it in OUT/YYYYMM, in one step: a copy, which is verified
/// before. Who released it and why is kept in qa/release.json.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  cat batches/.held/202407.txt
  phds diff batches/202406 batches/.held/202407
  phds release batches 202407 --by \"Ana Ruiz\" --reason \"two clinics have closed\"")]
pub(super) struct Args {
    /// The folder of the batches
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// The batch's month
    #[arg(value_name = "YYYYMM", value_parser = month)]
    month: Month,
    /// Who releases it; without it, the name of the login
    #[arg(long, value_name = "WHO", value_parser = words)]
    by: Option<String>,
    /// Why it may be published all the same
    #[arg(long, value_name = "TEXT", value_parser = words)]
    reason: Option<String>,
}

fn words(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let is_fit = !text.is_empty() && !text.chars().any(text::is_control);
    is_fit.then(|| text.to_owned()).ok_or("a text that is not blank and holds no control character")
}

fn month(text: &str) -> Result<Month, &'static str> {
    Month::parse(text).ok_or("not a month such as 202407")
}

/// Whether a batch is sound.
///
/// # Errors
/// If that cannot be told.
pub(super) fn is_sound(batch: &Path) -> Result<bool, Failure> {
    let scratch = PrivateFolder::temporary().map_err(Failure::Scratch)?;
    is_sound_with(batch, scratch.path())
}

/// The same, with a folder for what outgrows memory.
fn is_sound_with(batch: &Path, scratch: &Path) -> Result<bool, Failure> {
    let threads = arguments::cores();
    let settings = VerifySettings {
        policy: None,
        limit: 0,
        threads,
        elements: &elements::ALL,
        spill: &memory::spill_for_comparing(scratch, None, threads),
    };
    Ok(verify(batch, settings)?.sound)
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let output = Output::open_existing(&args.out)?;
    let held = output.held(args.month);
    let staging = Staging::of_held(output, args.month)?;
    // It may have lain there for days. What is looked at is what is then published, not what lies there by then.
    let batch = staging.batch();
    if !is_sound_with(&batch, staging.scratch())? {
        return Err(Failure::HeldUnsound { place: held });
    }
    let manifest = Manifest::of_batch(&batch)?;
    if manifest.batch != args.month {
        return Err(Failure::HeldUnsound { place: held });
    }
    if RulesVersion::of_batch(&manifest) != Some(RulesVersion::NEWEST) {
        return Err(Failure::HeldOutdated { place: held, version: manifest.tool.version });
    }
    // What was found lies within what was verified; batches that 0.2.0 held do not have it.
    let found = GateRecord::of_batch(&batch).map(|gate| gate.found).unwrap_or_default();
    let mut text = if found.is_empty() {
        let why = read_own_file(&why_held_place(&args.out, args.month)).unwrap_or_default();
        String::from_utf8(why).unwrap_or_default()
    } else {
        HoldRecord { batch: manifest.batch, as_of: manifest.as_of, found: found.clone() }.to_string()
    };
    // Anybody may have set the environment.
    let by = args.by.unwrap_or_else(|| process::login(|name| words(name).ok()));
    let release = ReleaseRecord { by, reason: args.reason, when: clock::now(), found };
    let before = report::batch_before(&args.out, args.month);
    let data_before = ReportData::of_before(&args.out, &before);
    add_release(&staging, &release, &before, data_before.as_ref())?;
    let replaces = args.out.join(args.month.to_string()).exists();
    let place = staging.release(&names::quarantine_aside(args.month))?;
    tracing::info!(stage = "publish", batch = %args.month, "batch released");
    finish::note_published(args.month);
    warn_of_summaries(&args.out, &manifest);
    let (place, as_of) = (shown(&place), manifest.as_of);
    let by = shown(&release.by);
    text += &format!("Batch {} as of {as_of} is published all the same by {by}, in {place}\n", args.month);
    if let Some(reason) = &release.reason {
        text += &format!("Reason: {}\n", shown(reason));
    }
    if replaces {
        text.push_str("The batch that was there is replaced\n");
    }
    terminal.print_summary(&text)
}
