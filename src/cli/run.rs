//! `phds run`: from an export to a batch in one pass.

use super::CommandResult;
use super::arguments::{self, FormatArgs, OPEN_EXPORT_HELP, PolicyArg};
use super::done::Summary;
use super::failure::Failure;
use super::publish::{GateArgs, LastStep};
use super::terminal::Terminal;
use super::{events, log, memory, release, report};
use crate::batch::{
    Before, Finding, GateRecord, HoldReason, HoldRecord, Inputs, Kept, Manifest, OfMonth, has_its_files,
    held_place, names, of_month,
};
use crate::calendar::{due_day, has_come};
use crate::extract::{Settings, extract};
use crate::registry::{Intake, Limit, Table, open_export};
use crate::value::Day;
use crate::writer::{Contents, Output, Staging, keep_clear_of, write_quarantine};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Make the month's batch from an export, all stages in one pass
///
/// Writes OUT/YYYYMM, YYYYMM being the as-of date's month: a CSV file for each recipient, the data dictionary, a
/// manifest, checksums, and in qa/ what the registry's own staff should look at. The batch appears whole or not at
/// all; one that is there is replaced. One that differs much from the batch before, or was made from an export that is
/// too old, is held back in OUT/.held for a look; the policy says where the limits are.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds run exports/2024-07 --as-of 2024-07-08 --out batches
  phds run exports/2024-07 --out batches --policy policy.toml --max-quarantined 0.1%
  phds run exports/old --as-of 2024-07-08 --out batches --encoding windows-1252 --quiet
  phds run exports/latest --out batches --if-due --max-export-age 7d --log-format json")]
pub(super) struct Args {
    #[arg(value_name = "EXPORT", help = OPEN_EXPORT_HELP)]
    export: PathBuf,
    /// The day as of which consent and ages are judged; without it, today
    #[arg(long, value_name = "DATE", value_parser = arguments::day)]
    pub(super) as_of: Option<Day>,
    /// The folder of the batches; made if it is not there
    #[arg(long, value_name = "OUT")]
    out: PathBuf,
    #[command(flatten)]
    policy: PolicyArg,
    /// Stop if a larger share of any table's rows can't be used
    #[arg(long, value_name = "PCT", default_value = "1%")]
    max_quarantined: Limit,
    #[command(flatten)]
    format: FormatArgs,
    /// Do nothing, quietly, before the month's second Monday, or once its batch is made from the same export and policy
    #[arg(long)]
    if_due: bool,
    #[command(flatten)]
    gate: GateArgs,
    /// How many threads work; the batch is the same for any number
    #[arg(long, value_name = "N", value_parser = threads)]
    threads: Option<NonZeroUsize>,
    /// How much memory to take, about, such as 512M; facts that need more go to OUT's disk
    #[arg(long, value_name = "SIZE", value_parser = memory::parse)]
    memory: Option<usize>,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

/// More threads than any machine of today has would only cost memory.
const MOST_THREADS: usize = 1024;

fn threads(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse().ok().filter(|n: &NonZeroUsize| n.get() <= MOST_THREADS);
    number.ok_or_else(|| format!("not a number from 1 to {MOST_THREADS}"))
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let policy = args.policy.load()?;
    let format = args.format.load()?;
    let as_of = arguments::or_today(args.as_of, "--as-of")?;
    let summary = Summary::new(args.json, terminal);
    if args.if_due && !has_come(as_of) {
        return summary.nothing_to_do(&format!("the files are not due before {}", due_day(as_of.month())));
    }
    let mut stage = events::Stage::begin();
    let export = open_export(&args.export, &format)?;
    let arrived = export.provenance()?;
    let inputs = Inputs::new(as_of, &policy, &arrived);
    if args.if_due && is_made_already(&args, &inputs) {
        let month = as_of.month();
        // The run that made it may have been killed before it had cleared up, and no other may come for a month. While
        // another is at work there is nothing to clear away.
        let _ = Output::open_existing(&args.out);
        return summary
            .nothing_to_do(&format!("batch {month} has been made from the same export and policy"));
    }
    if args.if_due
        && let Some(held) = held_already(&args, &inputs)
    {
        return summary.still_held(held);
    }
    // That can be told before the rest is read.
    args.gate.check_control(&policy, export.open_table(Table::Control)?.is_some(), &args.export)?;
    keep_clear_of(&args.out, as_of.month(), &args.export, "the export itself")?;
    let staging = Staging::new(Output::open(&args.out)?, as_of.month())?;
    stage.opened(&arrived);

    let bar = terminal.reading(export.size());
    let threads = args.threads.unwrap_or_else(|| arguments::threads_for(export.size()));
    let spill = memory::spill(staging.scratch(), args.memory, threads);
    let settings = Settings { policy: &policy, as_of, threads, spill: &spill };
    let mut extract = extract(export.as_ref(), settings, &bar)?;
    extract.intake.notices().iter().for_each(log::notify);
    stage.judged(&extract.intake, &extract.selection.counts);
    check(&mut extract.intake, args.max_quarantined, &staging, as_of)?;

    bar.writing();
    let before = report::batch_before(&args.out, as_of.month());
    let limits = args.gate.over(policy.gate);
    let contents = Contents {
        as_of,
        policy: &policy,
        gate: &limits,
        intake: &mut extract.intake,
        reference: &extract.reference,
        routing: extract.rules.routing(),
        selection: &extract.selection,
        inputs: &inputs,
        threads,
    };
    let last = LastStep {
        gate: &args.gate,
        before: &before,
        out: &args.out,
        export: Some(export.as_ref()),
        today: args.as_of.is_none().then_some(as_of),
        is_attended: !args.if_due,
    };
    let (manifest, published) = last.write_and_publish(contents, staging, &mut stage)?;
    drop(bar);
    // The process is about to end. What it holds in memory is given back faster all at once than piece by piece.
    std::mem::forget(extract);
    summary.of_batch(&manifest, &policy, published)
}

/// Whether the month's batch is there, with its files, and has been made from the same by the same version. What cannot
/// be told does not keep a run from making the batch: at worst it makes the same again.
fn is_made_already(args: &Args, inputs: &Inputs) -> bool {
    let month = inputs.as_of.month();
    let folder = args.out.join(month.to_string());
    let Ok(OfMonth { batch: Some(manifest), .. }) = of_month(&args.out, month) else { return false };
    is_of_this_version(&manifest, &folder) && is_made_from(&folder, args, inputs)
}

/// The month's held batch, if it was made from the same, under the same limits, by the same version: whoever looks at it is to find it as it was,
/// and `release` to publish that. None if `release` would refuse it, or if what held it is mended outside of the export.
fn held_already(args: &Args, inputs: &Inputs) -> Option<Failure> {
    let month = inputs.as_of.month();
    let place = held_place(&args.out, month);
    let read = || {
        of_month(&args.out, month).ok().filter(|found| found.is_held)?;
        let manifest = Manifest::of_batch(&place).ok()?;
        let gate = GateRecord::of_batch(&place).ok()?;
        let is_same = is_of_this_version(&manifest, &place) && is_made_from(&place, args, inputs);
        // Under other limits something else may be found, or nothing.
        let is_same = is_same && args.gate.are_those_of(&gate);
        let found = gate.found;
        let day = args.as_of.is_none().then_some(inputs.as_of);
        let may_stay = |finding: &Finding| !is_mended(&finding.reason, manifest.as_of, day, &args.out);
        let stays = is_same && !found.is_empty() && found.iter().all(may_stay);
        stays.then_some(HoldRecord { batch: month, as_of: manifest.as_of, found })
    };
    let why = read()?;
    // One that has been changed since can be released by nobody: it is made again.
    let is_sound = release::is_sound(&place).unwrap_or(false);
    is_sound.then_some(Failure::Held { why, place })
}

/// Whether what held a batch may be gone though the export is the same: the clock has been set or has moved on, or the batch
/// before has been restored. `held_as_of` is the held batch's day, `today` the clock's, if none is given.
fn is_mended(reason: &HoldReason, held_as_of: Day, today: Option<Day>, out: &Path) -> bool {
    match reason {
        HoldReason::NewerThanAsOf { .. } => today != Some(held_as_of),
        HoldReason::BatchBeforeUnreadable { .. } => match Before::find(out, held_as_of.month()).0 {
            Before::None => true,
            Before::Unreadable(_) => false,
            Before::Batch(before) => Kept::of_batch(&out.join(before.batch.to_string())).damaged.is_empty(),
        },
        _ => false,
    }
}

/// Whether a batch was made by this version of the program, and has its files. Another version may decide otherwise, and
/// have been led to share what this one does not.
fn is_of_this_version(manifest: &Manifest, folder: &Path) -> bool {
    manifest.tool.version == env!("CARGO_PKG_VERSION") && has_its_files(folder, manifest)
}

/// Whether a batch was made from the same export and policy. Without a date on the command line the day is another each
/// time.
fn is_made_from(folder: &Path, args: &Args, inputs: &Inputs) -> bool {
    Inputs::of_batch(folder).is_ok_and(|made| {
        if args.as_of.is_some() { made == *inputs } else { made.equal_but_for_the_day(inputs) }
    })
}

/// Stops the run if the export may not be used, and says where to look.
fn check(intake: &mut Intake, limit: Limit, staging: &Staging, as_of: Day) -> CommandResult {
    let list = names::quarantine_aside(as_of.month());
    let Err(reason) = intake.check(limit, &Table::ALL) else { return Ok(()) };
    if Table::ALL.into_iter().all(|table| intake.quarantine.total(table) == 0) {
        // The list of an earlier run would only mislead.
        let _ = staging.remove_set_aside(&list);
        return Err(reason.into());
    }
    match staging.set_aside(&list, |out| write_quarantine(intake, out)) {
        Ok(list) => Err(Failure::Refused { reason, list }),
        Err(error) => {
            tracing::warn!("{error}");
            Err(reason.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_lets_a_batch_be_made_again() {
        let day = |text: &str| Day::parse(text.as_bytes()).unwrap();
        let held = day("2024-07-08");
        let newer =
            HoldReason::NewerThanAsOf { file: "clients.csv".to_owned(), day: day("2024-07-09"), as_of: held };
        let check = |reason: &HoldReason, today: Option<Day>, expect: bool| {
            assert_eq!(is_mended(reason, held, today, Path::new("nowhere")), expect, "{reason} {today:?}");
        };
        check(&newer, Some(held), false);
        check(&newer, Some(day("2024-07-09")), true);
        // The advice is to give the day, too.
        check(&newer, None, true);
        check(&HoldReason::NothingShared, Some(day("2024-07-09")), false);
    }
}
