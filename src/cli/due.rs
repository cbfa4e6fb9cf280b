//! `phds due`: whether today is a day to make the files, for scripts that ask.
//!
//! The exit code is the answer: anything that keeps it from being known is an error, never a "no".

use super::CommandResult;
use super::arguments;
use super::failure::Failure;
use super::terminal::{Terminal, printable};
use crate::batch::{BatchError, has_its_files, of_month, why_held_place};
use crate::calendar::{due_day, due_days, has_come, is_due};
use crate::value::{Day, shown};
use std::path::{Path, PathBuf};

/// Say whether the files are due: is it the month's second Monday?
///
/// Exit code 0: yes; 1: no. With --batch-missing, 0: the second Monday is today or was earlier this month, and the
/// month's batch is not there; 1: not so. Anything else is an error.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds due
  phds due --date 2024-07-08 --quiet && echo today
  phds due --batch-missing batches")]
pub(super) struct Args {
    /// The day in question; without it, today
    #[arg(long, value_name = "DATE", value_parser = arguments::day)]
    date: Option<Day>,
    /// Ask whether the month's batch is overdue in this folder of the batches
    #[arg(long, value_name = "OUT")]
    batch_missing: Option<PathBuf>,
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let date = arguments::or_today(args.date, "--date")?;
    let (is_yes, text) = match &args.batch_missing {
        None => second_monday(date),
        Some(out) => batch_missing(out, date)?,
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

fn batch_missing(out: &Path, date: Day) -> Result<(bool, String), BatchError> {
    let month = date.month();
    let found = of_month(out, month)?;
    if let Some(manifest) = &found.batch {
        let folder = out.join(month.to_string());
        if !has_its_files(&folder, manifest) {
            let what = "a file that its manifest names is missing, or has another length";
            return Err(BatchError::Stray { path: folder, what });
        }
    }
    let due = due_day(month);
    let place = shown(out);
    let (is_yes, mut text) = match &found.batch {
        Some(manifest) => (false, format!("{date}: batch {month} is in {place}, as of {}\n", manifest.as_of)),
        None if has_come(date) => {
            (true, format!("{date}: batch {month} is missing in {place}; it is due since {due}\n"))
        }
        None => (false, format!("{date}: batch {month} is not in {place}; it is not due before {due}\n")),
    };
    if found.is_held {
        text += &format!(
            "batch {month} is held for a person to look at, {} says why; to publish it: phds release {place} {month}\n",
            shown(&why_held_place(out, month))
        );
    }
    Ok((is_yes, text))
}
