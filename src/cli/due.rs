//! `phds due`: whether today is a day to make the files, for scripts that ask.
//!
//! The exit code is the answer: anything that keeps it from being known is an error, never a "no".

use super::CommandResult;
use super::arguments;
use super::failure::Failure;
use super::terminal::{Terminal, printable};
use crate::batch::{BatchError, OfMonth, batches, has_its_files, held_batches, of_month, why_held_place};
use crate::calendar::{due_day, due_days, has_come, is_due, month_before};
use crate::value::{Day, Month, shown};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Say whether the files are due: is it the month's second Monday?
///
/// Exit code 0: yes; 1: no. With --batch-missing, 0: a batch is overdue. From the second Monday on that is the month's; before
/// it, the one of the month before, if OUT holds that or an earlier one. 1: not so. Anything else is an error, such as an OUT
/// that is not there.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds due
  phds due --date 2024-07-08 --quiet && echo today
  phds due --batch-missing batches")]
pub(super) struct Args {
    /// The day in question; without it, today
    #[arg(long, value_name = "DATE", value_parser = arguments::day)]
    date: Option<Day>,
    /// Ask whether a batch is overdue in this folder of the batches, which must be there
    #[arg(long, value_name = "OUT")]
    batch_missing: Option<PathBuf>,
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let date = arguments::or_today(args.date, "--date")?;
    let (is_yes, text) = match &args.batch_missing {
        None => second_monday(date),
        Some(out) => batch_missing(out, date, args.date.is_some())?,
    };
    terminal.print_verdict(&printable(&text))?;
    if is_yes { Ok(()) } else { Err(Failure::No) }
}

fn second_monday(date: Day) -> (bool, String) {
    let next = match due_days(date).find(|day| *day != date) {
        Some(day) => format!("the next is {day}"),
        None => "there is no next".to_owned(),
    };
    let is_yes = is_due(date);
    let verdict = if is_yes {
        "is the second Monday of its month: the files are due"
    } else {
        "is not the second Monday of its month"
    };
    (is_yes, format!("{date} {verdict}; {next}\n"))
}

/// Looks for the batch that should be there: the month's, or, before its day has come, that of the month before.
fn batch_missing(out: &Path, date: Day, is_given: bool) -> Result<(bool, String), Failure> {
    // Where batches are looked for must be there: a place that was mistyped has none, for ever.
    std::fs::metadata(out).map_err(|source| BatchError::Unavailable { path: out.to_owned(), source })?;
    let month = date.month();
    let found = batch_of(out, month)?;
    let months = months_in(out)?;
    let is_day_strange = !is_given || !months.iter().any(|other| *other <= month);
    if let Some(later) = months.iter().find(|other| **other > month)
        && is_day_strange
    {
        return Err(Failure::LaterBatch { date, out: out.to_owned(), later: *later });
    }
    // Before its day a batch of the month may be there, made by hand; the one before may be missing all the same.
    if !has_come(date) {
        let before = month_before(date).filter(|before| months.iter().any(|other| other <= before));
        if let Some(before) = before {
            let found = batch_of(out, before)?;
            let is_missing = found.batch.is_none();
            let next = format!("the next, {month}, is due on {}", due_day(month));
            return Ok((is_missing, answer(out, date, before, &found, &next)));
        }
    }
    let is_missing = found.batch.is_none() && has_come(date);
    Ok((is_missing, answer(out, date, month, &found, "")))
}

/// The months of which something is there, published or held, in order.
fn months_in(out: &Path) -> Result<BTreeSet<Month>, BatchError> {
    let published = batches(out)?.into_iter().map(|(month, _)| month);
    Ok(published.chain(held_batches(out)?).collect())
}

/// What there is of a month; a batch that has lost a file is neither there nor missing.
fn batch_of(out: &Path, month: Month) -> Result<OfMonth, BatchError> {
    let found = of_month(out, month)?;
    if let Some(manifest) = &found.batch {
        let folder = out.join(month.to_string());
        if !has_its_files(&folder, manifest) {
            let what = "a file that its manifest names is missing, or has another length";
            return Err(BatchError::Stray { path: folder, what });
        }
    }
    Ok(found)
}

/// What is said of the batch of a month; `next` is said of the one that is due next.
fn answer(out: &Path, date: Day, month: Month, found: &OfMonth, next: &str) -> String {
    let (due, place) = (due_day(month), shown(out));
    let mut text = match &found.batch {
        Some(manifest) => format!("{date}: batch {month} is in {place}, as of {}", manifest.as_of),
        None if due <= date => format!("{date}: batch {month} is missing in {place}; it is due since {due}"),
        None => format!("{date}: batch {month} is not in {place}; it is not due before {due}"),
    };
    if !next.is_empty() {
        text += &format!("; {next}");
    }
    text.push('\n');
    if found.is_held {
        text += &format!(
            "batch {month} is held for a person to look at, {} says why; to publish it: phds release {place} {month}\n",
            shown(&why_held_place(out, month))
        );
    }
    text
}
