//! `phds history`: the batches that there are, month by month.

use super::CommandResult;
use super::terminal::Terminal;
use crate::batch::{
    BatchError, GateRecord, Manifest, PolicyEntry, ReleaseRecord, batches, held_batches, held_place,
};
use crate::value::{Day, Month, PerCent, grouped, shown, text};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Show the batches month by month
///
/// Each batch is compared with the one before it in the list. Batches that are held back, and months without a batch, have
/// their lines too.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds history batches
  phds history batches --json")]
pub(super) struct Args {
    /// The folder of the batches
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// Print JSON, a list with an object for each batch
    #[arg(long)]
    json: bool,
}

/// A batch in a line.
#[derive(Serialize)]
struct Line {
    batch: Month,
    as_of: Day,
    read: u64,
    included: u64,
    quarantined: u64,
    files: usize,
    rows: u64,
    /// How many per cent more rows than the batch before; none for the first, and after one without rows.
    change_per_cent: Option<f64>,
    #[serde(skip)]
    change: Option<PerCent>,
    policy: PolicyEntry,
    /// Who released it, if it had been held back.
    released_by: Option<String>,
}

/// A month in a line.
#[derive(Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum MonthLine {
    Published(Line),
    /// A batch is held back; one of the month may be published besides.
    Held {
        batch: Month,
        codes: Vec<&'static str>,
    },
    /// There is no batch between one month that has one and another.
    Missing {
        batch: Month,
    },
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let lines = month_lines(&args.out)?;
    if args.json {
        return terminal.print(&text::json(&lines));
    }
    if lines.is_empty() {
        return terminal.print(&format!("No batches in {}\n", shown(&args.out)));
    }
    terminal.print(&table(&lines))
}

/// The months in order, from the first that has a batch, published or held, to the last.
fn month_lines(out: &Path) -> Result<Vec<MonthLine>, BatchError> {
    let (mut published, held) = (batches(out)?.into_iter().peekable(), held_batches(out)?);
    let first = published.peek().map(|(month, _)| *month).into_iter().chain(held.first().copied()).min();
    let last = batches(out)?.last().map(|(month, _)| *month).into_iter().chain(held.last().copied()).max();
    let mut lines = Vec::new();
    let mut before: Option<u64> = None;
    for month in first.into_iter().flat_map(Month::and_later).take_while(|month| Some(*month) <= last) {
        let count = lines.len();
        if let Some((_, folder)) = published.next_if(|(other, _)| *other == month) {
            let line = Line::of(Manifest::of_batch(&folder)?, ReleaseRecord::of_batch(&folder)?, before);
            before = Some(line.rows);
            lines.push(MonthLine::Published(line));
        }
        if held.contains(&month) {
            // What held it is told where that can be read; that it is held is told in any case.
            let found = GateRecord::of_batch(&held_place(out, month)).map(|gate| gate.found);
            let codes = found.iter().flatten().map(|found| found.reason.code()).collect();
            lines.push(MonthLine::Held { batch: month, codes });
        }
        if lines.len() == count {
            lines.push(MonthLine::Missing { batch: month });
        }
    }
    Ok(lines)
}

impl Line {
    /// `before`: the rows of the batch before.
    fn of(manifest: Manifest, release: Option<ReleaseRecord>, before: Option<u64>) -> Line {
        let rows = manifest.rows();
        let change = before.and_then(|before| PerCent::change(before, rows));
        Line {
            batch: manifest.batch,
            as_of: manifest.as_of,
            read: manifest.facts.read,
            included: manifest.facts.included,
            quarantined: manifest.quarantined(),
            files: manifest.files.len(),
            rows,
            change_per_cent: change.map(|change| change.tenths() as f64 / 10.0),
            change,
            policy: manifest.policy,
            released_by: release.map(|release| release.by),
        }
    }
}

impl Line {
    fn cells(&self) -> [String; 9] {
        let policy: String = shown(&self.policy.sha256).to_string().chars().take(SHORT_HASH).collect();
        let released = self.released_by.as_ref().map(|by| format!("  released by {}", shown(by)));
        [
            self.batch.to_string(),
            self.as_of.to_string(),
            grouped(self.read),
            grouped(self.included),
            grouped(self.quarantined),
            grouped(self.files as u64),
            grouped(self.rows),
            self.change.map_or_else(|| "-".to_owned(), |change| format!("{change:+}")),
            policy + &released.unwrap_or_default(),
        ]
    }
}

/// How much of a policy's hash tells it from others.
const SHORT_HASH: usize = 12;

fn table(lines: &[MonthLine]) -> String {
    let published = lines.iter().filter_map(|line| match line {
        MonthLine::Published(line) => Some(line),
        MonthLine::Held { .. } | MonthLine::Missing { .. } => None,
    });
    let head = ["batch", "as of", "read", "included", "quarantined", "files", "rows", "change", "policy"];
    let rows: Vec<[String; 9]> =
        std::iter::once(head.map(str::to_owned)).chain(published.map(Line::cells)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: [usize; 9] = std::array::from_fn(width);
    let line = |row: &[String; 9]| {
        // Names to the left, numbers to the right; nothing behind the last.
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
            0 | 1 => format!("{cell:width$}"),
            8 => cell.clone(),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ") + "\n"
    };
    let mut rows = rows.iter();
    let mut out = rows.next().map(line).unwrap_or_default();
    for month in lines {
        out += &match month {
            MonthLine::Published(_) => rows.next().map(line).unwrap_or_default(),
            MonthLine::Held { batch, codes } if codes.is_empty() => format!("{batch}  held back\n"),
            MonthLine::Held { batch, codes } => format!("{batch}  held back: {}\n", codes.join(", ")),
            MonthLine::Missing { batch } => format!("{batch}  no batch\n"),
        };
    }
    out
}
