//! `phds dictionary`: the data dictionary on its own.

use super::CommandResult;
use super::arguments::PolicyArg;
use super::terminal::Terminal;
use crate::dictionary::{dictionary_csv, dictionary_md};
use clap::ValueEnum;

/// Print the data dictionary
///
/// It describes the 26 columns of the sharing files, under the names and rules of the policy. A batch holds the
/// same text.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds dictionary > data_dictionary.md
  phds dictionary --format csv --policy policy.toml")]
pub(super) struct Args {
    /// How it is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    policy: PolicyArg,
}

#[derive(Clone, Copy, Default, ValueEnum, Debug)]
enum Format {
    /// Markdown, to read
    #[default]
    Md,
    /// CSV, a row for each column
    Csv,
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let policy = args.policy.load()?;
    terminal.print(&match args.format {
        Format::Md => dictionary_md(&policy),
        Format::Csv => dictionary_csv(&policy),
    })
}
