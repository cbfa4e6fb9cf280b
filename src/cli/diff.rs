//! `phds diff`: what changed between two batches, or two recipients' files.

use super::CommandResult;
use super::arguments;
use super::because::{self, Because, Databases};
use super::failure::Failure;
use super::memory;
use super::terminal::{Terminal, printable};
use crate::batch::Manifest;
use crate::cleanup::PrivateFolder;
use crate::compare::{
    Change, CodeCounts, CompareSettings, Comparison, FileChanges, Kind, KindCounts, compare_and_note,
    moved_codes,
};
use crate::elements;
use crate::value::{grouped, shown, text::json};
use std::fmt::Write;
use std::path::PathBuf;

/// Compare two batches, or two recipients' files
///
/// Rows are matched by IMMUNFACT_ID: added, removed, changed, moved to another recipient or to another client. Says first
/// what became of the columns, then counts by file and by column, then how the numbers of facts by outcome moved, then the
/// rows, by id only.
///
/// Exit code 0: the same; 1: different.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds diff batches/202406 batches/202407
  phds diff batches/202406 batches/202407 --only removed --limit 1000
  phds diff batches/202406 batches/202407 --because june.db july.db
  phds diff old/PHDS_Travis_202406.csv PHDS_Travis_202407.csv --ignore AGE_IN_MONTHS")]
pub(super) struct Args {
    /// The batch, or file, before
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The batch, or file, after
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Show the values of the rows that are listed: names, dates, addresses
    #[arg(long)]
    show_values: bool,
    /// List only such rows; all are counted
    #[arg(long, value_name = "KIND")]
    only: Vec<Only>,
    /// Say what the facts of removed rows are now, and what those of added rows were before: the work databases of both
    /// batches
    #[arg(long, num_args = 2, value_names = ["OLD.db", "NEW.db"])]
    because: Vec<PathBuf>,
    /// Leave a column out of the comparison
    #[arg(long, value_name = "COLUMN")]
    ignore: Vec<String>,
    /// List so many rows at most
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// How much memory to take, about, such as 512M; more goes to the temporary folder's disk
    #[arg(long, value_name = "SIZE", value_parser = memory::parse)]
    memory: Option<usize>,
}

/// Which rows are listed.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Only {
    /// New rows
    Added,
    /// Rows that are gone
    Removed,
    /// Rows with other values, or in another place
    Changed,
}

impl Only {
    fn kinds(self) -> &'static [Kind] {
        match self {
            Only::Added => &[Kind::Added],
            Only::Removed => &[Kind::Removed],
            Only::Changed => &[Kind::Changed, Kind::MovedToRecipient, Kind::MovedToClient],
        }
    }
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let scratch = PrivateFolder::temporary().map_err(Failure::Scratch)?;
    let only: Vec<Kind> = args.only.iter().flat_map(|only| only.kinds()).copied().collect();
    let threads = arguments::cores();
    let settings = CompareSettings {
        ignore: &args.ignore,
        only: &only,
        limit: args.limit,
        values: args.show_values,
        threads,
        elements: &elements::ALL,
        spill: &memory::spill_for_comparing(scratch.path(), args.memory, threads),
    };
    let comparison = match args.because.as_slice() {
        [old, new] => {
            because::must_be_folders([&args.old, &args.new])?;
            let batches = [Manifest::of_batch(&args.old)?, Manifest::of_batch(&args.new)?];
            let databases = Databases::open(old, new)?;
            let mut reasons = databases.reasons([old, new], batches.each_ref())?;
            let note = &mut |kind, id| reasons.note(kind, id);
            let comparison = compare_and_note(&args.old, &args.new, settings, note)?;
            Difference { because: Some(reasons.finish()?), ..Difference::of(comparison, &args) }
        }
        _ => {
            let comparison = compare_and_note(&args.old, &args.new, settings, &mut |_, _| {})?;
            Difference::of(comparison, &args)
        }
    };
    terminal.print_findings(&if args.json { json(&comparison) } else { text(&comparison) })?;
    if comparison.rows.same { Ok(()) } else { Err(Failure::No) }
}

/// All that is told of two batches, or two files.
#[derive(serde::Serialize)]
struct Difference {
    #[serde(flatten)]
    rows: Comparison,
    /// The codes of which the two manifests count other numbers of facts; none if there are not two manifests.
    codes: Vec<CodeCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<Because>,
}

impl Difference {
    fn of(rows: Comparison, args: &Args) -> Difference {
        let codes = match [&args.old, &args.new].map(|folder| Manifest::of_batch(folder)) {
            [Ok(old), Ok(new)] => moved_codes(&old, &new),
            _ => Vec::new(),
        };
        Difference { rows, codes, because: None }
    }
}

fn text(Difference { rows, codes, because }: &Difference) -> String {
    let Comparison { same, columns, rows, files, changed_columns, changes, not_listed } = rows;
    let mut out = String::new();
    for (old, new) in &columns.renamed {
        let _ = writeln!(out, "column {} is now called {}", shown(old), shown(new));
    }
    for (names, became) in [(&columns.added, "added"), (&columns.removed, "removed")] {
        for name in names {
            let _ = writeln!(out, "column {} was {became}", shown(name));
        }
    }
    if !columns.is_empty() {
        out.push_str("Only columns that both have are compared.\n\n");
    }
    let _ = writeln!(out, "Rows\n{}", all_rows(rows));
    if *same {
        out.push_str("The same.\n");
        out.push_str(&codes_table(codes));
        return printable(&out);
    }
    out.push_str(&files_table(files));
    if !changed_columns.is_empty() {
        out.push_str("\nChanged values by column\n");
        for (column, count) in changed_columns {
            let _ = writeln!(out, "  {:<30}{:>13}", shown(column).to_string(), grouped(*count));
        }
    }
    out.push_str(&codes_table(codes));
    out.extend(because.iter().map(Because::text));
    if !changes.is_empty() {
        out.push_str("\nRows, by IMMUNFACT_ID\n");
        changes.iter().for_each(|change| push_change(&mut out, change));
    }
    if *not_listed > 0 {
        let _ = writeln!(out, "  and {} more; --limit lists more of them", grouped(*not_listed));
    }
    printable(&out)
}

fn all_rows(rows: &KindCounts) -> String {
    let mut out = String::new();
    let mut line = |name: &str, count: u64| {
        let _ = writeln!(out, "  {name:<30}{:>13}", grouped(count));
    };
    line("old", rows.old);
    line("new", rows.new);
    line("unchanged", rows.unchanged);
    for kind in Kind::ALL {
        line(name(kind), rows.of(kind));
    }
    out
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Added => "added",
        Kind::Removed => "removed",
        Kind::Changed => "changed",
        Kind::MovedToRecipient => "moved to another recipient",
        Kind::MovedToClient => "moved to another client",
    }
}

/// Files in which nothing changed are left out.
fn files_table(files: &[FileChanges]) -> String {
    let is_quiet = |file: &&FileChanges| {
        file.left == 0
            && Kind::ALL.iter().all(|kind| file.rows.of(*kind) == 0)
            && file.rows.old == file.rows.new
    };
    let (quiet, loud): (Vec<_>, Vec<_>) = files.iter().partition(is_quiet);
    let widest =
        loud.iter().map(|file| shown(&file.name).to_string().chars().count()).max().unwrap_or(0).max(4);
    let line = |name: &str, [old, new, changes @ ..]: [String; 8]| {
        let changes: String = changes.iter().map(|number| format!(" {number:>9}")).collect();
        format!("{name:<widest$} {old:>11} {new:>11}{changes}\n")
    };
    let titles = ["old", "new", "added", "removed", "changed", "came", "left", "client"];
    let mut out = line("File", titles.map(str::to_owned));
    for FileChanges { name, rows, left } in loud {
        let KindCounts { old, new, added, removed, changed, moved_to_recipient, moved_to_client, .. } = *rows;
        let numbers = [old, new, added, removed, changed, moved_to_recipient, *left, moved_to_client];
        out += &line(&shown(name).to_string(), numbers.map(grouped));
    }
    if !quiet.is_empty() {
        let _ = writeln!(out, "and {} file(s) in which nothing changed", quiet.len());
    }
    out.push_str("came, left: rows moved from or to another recipient; client: moved to another client\n");
    out
}

/// Of how many facts there are more or fewer, by code.
fn codes_table(codes: &[CodeCounts]) -> String {
    let mut out = String::new();
    if !codes.is_empty() {
        let _ =
            writeln!(out, "\n{:<39}{:>13}{:>13}{:>13}", "Facts by outcome or fault", "old", "new", "more");
    }
    for CodeCounts { code, old, new } in codes {
        let sign = if new > old { '+' } else { '-' };
        let more = format!("{sign}{}", grouped(old.abs_diff(*new)));
        let code = shown(code).to_string();
        let _ = writeln!(out, "  {code:<37}{:>13}{:>13}{more:>13}", grouped(*old), grouped(*new));
    }
    out
}

fn push_change(out: &mut String, change: &Change) {
    let file =
        |file: &Option<String>| file.as_deref().map_or_else(String::new, |name| shown(name).to_string());
    let (sign, place) = match change.kind {
        Kind::Added => ('+', file(&change.new_file)),
        Kind::Removed => ('-', file(&change.old_file)),
        Kind::MovedToRecipient => ('>', format!("{} to {}", file(&change.old_file), file(&change.new_file))),
        Kind::Changed | Kind::MovedToClient => ('~', file(&change.new_file)),
    };
    let _ = write!(out, "  {sign} {:<19}  {place}", change.immunfact_id);
    if let Some([old, new]) = change.clients {
        let _ = write!(out, ", client {old} to {new}");
    }
    if !change.columns.is_empty() {
        let columns: Vec<_> = change.columns.iter().map(|name| shown(name).to_string()).collect();
        let _ = write!(out, ": {}", columns.join(", "));
    }
    out.push('\n');
    for value in &change.values {
        let quoted = |text: &Option<String>| text.as_ref().map(|text| format!("\"{text}\""));
        let change = match (quoted(&value.old), quoted(&value.new)) {
            (Some(old), Some(new)) => format!("{old}, now {new}"),
            (old, new) => old.or(new).unwrap_or_default(),
        };
        let _ = writeln!(out, "      {}: {}", shown(&value.column), change.replace('\n', " "));
    }
}
