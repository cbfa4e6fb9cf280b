//! `phds dictionary`: the data dictionary on its own.

use super::CommandResult;
use super::arguments::PolicyArg;
use super::terminal::Terminal;
#[cfg(feature = "xlsx")]
use crate::dictionary::dictionary_xlsx;
use crate::dictionary::{dictionary_csv, dictionary_md};
use crate::package::{datapackage_json, power_query, python_script, r_script, sas_script};
use clap::ValueEnum;

/// Print the data dictionary
///
/// It describes the 26 columns of the sharing files, under the names and rules of the policy: for people, for programs, or as
/// a script that reads a file without changing a value. A batch holds the same.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds dictionary > data_dictionary.md
  phds dictionary --format csv --policy policy.toml
  phds dictionary --format python > read_phds.py
  phds dictionary --format xlsx > data_dictionary.xlsx")]
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
    /// A Frictionless Data Package, for programs that check or read a file by its description
    Datapackage,
    /// A script that reads a file with pandas or polars
    Python,
    /// A script that reads a file, with readr or without
    R,
    /// A DATA step that reads a file
    Sas,
    /// A workbook for Excel: the columns, their codes and the rules
    #[cfg(feature = "xlsx")]
    Xlsx,
    /// A query in Power Query's M, for Excel and Power BI
    M,
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let policy = args.policy.load()?;
    let text = match args.format {
        #[cfg(feature = "xlsx")]
        Format::Xlsx => return terminal.print_file(&dictionary_xlsx(&policy)?),
        Format::Md => dictionary_md(&policy, None),
        Format::Csv => dictionary_csv(&policy, None),
        Format::Datapackage => datapackage_json(&policy, None),
        Format::Python => python_script(&policy),
        Format::R => r_script(&policy),
        Format::Sas => sas_script(&policy),
        Format::M => power_query(&policy),
    };
    terminal.print(&text)
}
