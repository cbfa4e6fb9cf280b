//! `phds schedule`: the days to come, and what cron or systemd needs to keep them.
//!
//! Prints texts. Installs nothing and changes nothing but the folder that `--into` names.

mod job;
mod next;
mod units;

use super::CommandResult;
use super::terminal::Terminal;
use crate::schedule::{User, crontab};

/// Show when files are due, and have them made by cron or systemd
#[derive(clap::Subcommand, Debug)]
#[command(after_help = "Examples:
  phds schedule next
  phds schedule cron --export /data/export --out /data/batches
  phds schedule systemd --export /data/export --out /data/batches --into /etc/systemd/system")]
pub(in crate::cli) enum Command {
    Next(next::Args),
    Cron(CronArgs),
    Systemd(units::Args),
}

/// Print a line for a crontab
///
/// It runs every day from the 8th of the month to its end, and `phds run --if-due` decides: cron has no way to say
/// "the second Monday", and an export may be late.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds schedule cron --export /data/export --out /data/batches --time 05:30
  phds schedule cron --export /data/export --out /data/batches --user phds > /etc/cron.d/phds
  phds schedule cron --export /data/export --out /data/batches -- --max-quarantined 0.5%")]
pub(in crate::cli) struct CronArgs {
    #[command(flatten)]
    job: job::JobArgs,
    /// Write the line for a file in /etc/cron.d, where it says whose it is
    #[arg(long, value_name = "NAME")]
    user: Option<User>,
}

pub(super) fn run(command: Command, terminal: &Terminal) -> CommandResult {
    match command {
        Command::Next(args) => next::run(&args, terminal),
        Command::Cron(CronArgs { job, user }) => terminal.print(&crontab(&job.check()?, user.as_ref())?),
        Command::Systemd(args) => units::run(args, terminal),
    }
}
