//! `phds history`: the batches that there are, month by month.

use super::CommandResult;
use super::terminal::Terminal;
use crate::batch::{Manifest, PolicyEntry, batches};
use crate::value::{Day, Month, PerCent, grouped, shown, text};
use serde::Serialize;
use std::path::PathBuf;

/// Show the batches month by month
///
/// Each batch is compared with the one before it in the list.
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
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let mut lines: Vec<Line> = Vec::new();
    for (_, folder) in batches(&args.out)? {
        let line = Line::of(Manifest::of_batch(&folder)?, lines.last());
        lines.push(line);
    }
    if args.json {
        return terminal.print(&text::json(&lines));
    }
    if lines.is_empty() {
        return terminal.print(&format!("No batches in {}\n", shown(&args.out)));
    }
    terminal.print(&table(&lines))
}

impl Line {
    fn of(manifest: Manifest, before: Option<&Line>) -> Line {
        let rows = manifest.rows();
        let change = before.and_then(|before| PerCent::change(before.rows, rows));
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
        }
    }
}

/// How much of a policy's hash tells it from others.
const SHORT_HASH: usize = 12;

fn table(lines: &[Line]) -> String {
    let mut rows = vec![
        ["batch", "as of", "read", "included", "quarantined", "files", "rows", "change", "policy"]
            .map(str::to_owned),
    ];
    rows.extend(lines.iter().map(|line| {
        [
            line.batch.to_string(),
            line.as_of.to_string(),
            grouped(line.read),
            grouped(line.included),
            grouped(line.quarantined),
            grouped(line.files as u64),
            grouped(line.rows),
            line.change.map_or_else(|| "-".to_owned(), |change| format!("{change:+}")),
            shown(&line.policy.sha256).to_string().chars().take(SHORT_HASH).collect(),
        ]
    }));
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
    rows.iter().map(line).collect()
}
