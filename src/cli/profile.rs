//! `phds profile`: what a profile may say, and whether a file is a valid one.

use super::CommandResult;
use super::terminal::Terminal;
use crate::registry::{Profile, SAMPLE_PROFILE};
use crate::value::shown;
use std::path::PathBuf;

/// Show or check a profile, which says how a registry writes its export
///
/// A profile is a TOML file for exports that are not written as docs/export.md has it: other names of files and columns,
/// other encodings, other forms of dates, words such as NULL, codes of the registry's own, consents as columns of the
/// clients' table. It changes how values are found and written, never which rules apply.
#[derive(clap::Subcommand, Debug)]
#[command(after_help = "Examples:
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
}

pub(super) fn run(command: Command, terminal: &Terminal) -> CommandResult {
    match command {
        Command::Show { file: None } => terminal.print(SAMPLE_PROFILE),
        Command::Show { file: Some(file) } => terminal.print(Profile::from_file(&file)?.text()),
        Command::Check { file } => {
            let profile = Profile::from_file(&file)?;
            terminal.print_summary(&format!("{}: a profile, \"{}\"\n", shown(&file), shown(&profile.id.name)))
        }
    }
}
