//! `phds profile`: what a profile may say, and whether a file is a valid one.

use super::CommandResult;
use super::arguments::OPEN_EXPORT_HELP;
use super::terminal::{Terminal, printable};
use crate::registry::{Profile, SAMPLE_PROFILE, guess};
use crate::value::shown;
use std::path::PathBuf;

/// Show, check or propose a profile, which says how a registry writes its export
///
/// A profile is a TOML file for exports that are not written as docs/export.md has it: other names of files and columns,
/// other encodings, other forms of dates, words such as NULL, codes of the registry's own, consents as columns of the
/// clients' table. It changes how values are found and written, never which rules apply.
#[derive(clap::Subcommand, Debug)]
#[command(after_help = "Examples:
  phds profile guess exports/2024-07 > profile.toml
  phds profile show > profile.toml
  phds profile check profile.toml
  phds run exports/2024-07 --as-of 2024-07-08 --out batches --profile profile.toml")]
pub(super) enum Command {
    /// Print a profile that has every key, each explained, to start from; or the text of a profile
    Show {
        /// The profile file
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Check a profile file
    Check {
        /// The profile file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Look at an export and propose a profile for it
    ///
    /// Looks at parts of each file, and prints a profile in which each guess has a comment that says how sure it is. What
    /// nothing tells is left open. Shows names and numbers, never a value of a row; values only of columns of codes, such as
    /// CLIENT_TYPE, and only those that stand in several rows.
    Guess {
        #[arg(value_name = "EXPORT", help = OPEN_EXPORT_HELP)]
        export: PathBuf,
    },
}

pub(super) fn run(command: Command, terminal: &Terminal) -> CommandResult {
    match command {
        Command::Show { file: None } => terminal.print(SAMPLE_PROFILE),
        Command::Show { file: Some(file) } => terminal.print(Profile::from_file(&file)?.text()),
        Command::Check { file } => {
            let profile = Profile::from_file(&file)?;
            terminal.print_summary(&format!("{}: a profile, \"{}\"\n", shown(&file), shown(&profile.id.name)))
        }
        Command::Guess { export } => {
            let guess = guess(&export)?;
            if guess.open > 0 {
                tracing::warn!(
                    "{}: nothing tells some things ({} in all); look for OPEN",
                    shown(&export),
                    guess.open
                );
            }
            terminal.print(&printable(&guess.text))
        }
    }
}
