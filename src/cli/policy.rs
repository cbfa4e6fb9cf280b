//! `phds policy`: shows the policy in force, and checks whether a file is a valid policy.

use super::CommandResult;
use super::arguments::PolicyArg;
use super::terminal::Terminal;
use crate::policy::Policy;
use crate::value::shown;
use std::path::PathBuf;

/// Show or check a policy
///
/// A policy is a TOML file with the settings of the inclusion rules. What it does not say is as in the policy that
/// is built in.
#[derive(clap::Subcommand, Debug)]
#[command(after_help = "Examples:
  phds policy show > policy.toml
  phds policy check policy.toml")]
pub(super) enum Command {
    /// Print the policy in force, with every setting
    Show {
        #[command(flatten)]
        policy: PolicyArg,
    },
    /// Check a policy file
    Check {
        /// The policy file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

pub(super) fn run(command: Command, terminal: &Terminal) -> CommandResult {
    match command {
        Command::Show { policy } => terminal.print(&policy.load()?.to_toml()),
        Command::Check { file } => {
            let policy = Policy::from_file(&file)?;
            for oddity in policy.oddities() {
                tracing::warn!("{}: {oddity}", shown(&file));
            }
            terminal.print_summary(&format!("{}: a policy, \"{}\"\n", shown(&file), shown(&policy.name)))
        }
    }
}
