//! `phds schedule next`: the days by which files are due.

use crate::calendar::{due_days, holiday_on};
use crate::cli::CommandResult;
use crate::cli::arguments;
use crate::cli::terminal::Terminal;
use crate::value::{Day, text};
use serde::Serialize;
use std::fmt::Write;

/// Show the days by which files are due: the second Mondays
///
/// With the federal holiday, if it is one. Nothing is put off because of it.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds schedule next
  phds schedule next 24 --date 2025-01-01")]
pub(in crate::cli) struct Args {
    /// How many days
    #[arg(value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..))]
    count: u16,
    /// The first day that may be one; without it, today
    #[arg(long, value_name = "DATE", value_parser = arguments::day)]
    date: Option<Day>,
    /// Print JSON, a list with an object for each day
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct DueDay {
    date: Day,
    weekday: &'static str,
    holiday: Option<&'static str>,
    /// Whether it is the day off for a holiday that is itself on the weekend.
    observed: bool,
}

pub(super) fn run(args: &Args, terminal: &Terminal) -> CommandResult {
    let from = arguments::or_today(args.date, "--date")?;
    let days = due_days(from).take(args.count.into()).map(|date| {
        let holiday = holiday_on(date);
        DueDay {
            date,
            weekday: "Monday",
            holiday: holiday.map(|holiday| holiday.name),
            observed: holiday.is_some_and(|holiday| holiday.is_observed),
        }
    });
    if args.json {
        return terminal.print(&text::json(&days.collect::<Vec<_>>()));
    }
    terminal.print(&days.fold(String::new(), |mut text, due| {
        let _ = write!(text, "{}  {}", due.date, due.weekday);
        if let Some(holiday) = due.holiday {
            let _ = write!(text, "  {holiday}{}", if due.observed { " (observed)" } else { "" });
        }
        text + "\n"
    }))
}
