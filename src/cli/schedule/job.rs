//! The arguments of `phds run` that are to be scheduled, as they are given after `--`.
//!
//! Nobody watches a scheduled run, so they are checked now as far as possible.

use crate::cli::failure::Failure;
use crate::cli::{Cli, Command};
use crate::policy::Policy;
use crate::registry::Profile;
use crate::schedule::{Job, Place, ScheduleError, Time, Word};
use clap::Parser;
use clap::builder::{PathBufValueParser, TypedValueParser};
use std::path::{Path, PathBuf};

/// The run.
#[derive(clap::Args, Debug)]
pub(super) struct JobArgs {
    /// Where the registry's export will be, each month
    #[arg(long, value_name = "EXPORT", value_parser = PathBufValueParser::new().try_map(place))]
    export: Place,
    /// The folder of the batches
    #[arg(long, value_name = "OUT", value_parser = PathBufValueParser::new().try_map(place))]
    out: Place,
    /// The inclusion rules' settings; without it, the policy that is built in
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// How the registry writes its export, where it is not as docs/export.md has it
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// The time of day
    #[arg(long, value_name = "HH:MM", default_value = "06:00")]
    time: Time,
    /// The program to run; without it, this one
    #[arg(long, value_name = "PATH", value_parser = PathBufValueParser::new().try_map(place))]
    program: Option<Place>,
    /// What else to give to phds run
    #[arg(last = true, value_name = "MORE")]
    more: Vec<Word>,
}

/// The absolute form of a path. Links are not followed: they may lead elsewhere next month.
fn place(path: PathBuf) -> Result<Place, ScheduleError> {
    // Only an empty path, or a folder that is gone from under the process, has no absolute form.
    let path = std::path::absolute(path).map_err(|_| ScheduleError::Relative)?;
    Place::new(&path)
}

impl JobArgs {
    /// Checks the run as far as that can be done today.
    pub(super) fn check(self) -> Result<Job, Failure> {
        if self.time.is_when_clocks_change() {
            tracing::warn!(
                "{} is when clocks are put forward and back: on two Sundays a year the run may not be made, or be \
                 made twice; the next day's makes up for it",
                self.time
            );
        }
        let policy = self.policy.map(checked_policy).transpose()?;
        let profile = self.profile.map(checked_profile).transpose()?;
        let program = match self.program {
            Some(program) => program,
            None => this_program()?,
        };
        let JobArgs { export, out, more, time, .. } = self;
        let job = Job { program, export, out, policy, profile, more, time };
        // The run's own arguments are refused here as they would be then.
        match Cli::try_parse_from(job.command_line()) {
            // A day that is fixed is the day of one month: later ones would never be made, without a word.
            Ok(Cli { command: Command::Run(run), .. }) if run.as_of.is_some() => {
                Err(ScheduleError::OneDay.into())
            }
            Ok(_) => Ok(job),
            Err(error) => Err(Failure::NotForRun(error.kind())),
        }
    }
}

fn checked_policy(path: PathBuf) -> Result<Place, Failure> {
    Policy::from_file(&path)?;
    Ok(place(path)?)
}

fn checked_profile(path: PathBuf) -> Result<Place, Failure> {
    Profile::from_file(&path)?;
    Ok(place(path)?)
}

fn this_program() -> Result<Place, Failure> {
    let path = std::env::current_exe().ok().filter(|path| path.is_file());
    Ok(Place::new(Path::new(&path.ok_or(ScheduleError::NoProgram)?))?)
}
