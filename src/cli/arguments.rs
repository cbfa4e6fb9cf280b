//! Arguments that several commands take, and how their texts become checked values.

use super::failure::Failure;
use crate::clock;
use crate::policy::Policy;
use crate::registry::{Encoding, ExportFormat, Profile};
use crate::value::{Day, REGISTRY_YEARS};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

/// The help of the EXPORT argument.
pub(super) const OPEN_EXPORT_HELP: &str = "The registry's export: a folder with a CSV file (plain, .gz or .zst) or a Parquet file for each table, or an SQLite file";

/// The policy.
#[derive(clap::Args, Debug)]
pub(super) struct PolicyArg {
    /// The inclusion rules' settings; without it, the policy that is built in
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

impl PolicyArg {
    /// Reads the policy, all of it, before anything else is done.
    pub(super) fn load(&self) -> Result<Policy, Failure> {
        Ok(self.policy.as_deref().map_or_else(Policy::built_in, Policy::from_file)?)
    }
}

/// How the export is written.
#[derive(clap::Args, Debug)]
pub(super) struct FormatArgs {
    /// The export's encoding: utf-8 or windows-1252; utf-8 without it
    #[arg(long, value_name = "E")]
    encoding: Option<Encoding>,
    /// How the registry writes its export, where it is not as docs/export.md has it
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
}

impl FormatArgs {
    /// Reads the profile, all of it, before anything else is done.
    pub(super) fn load(&self) -> Result<ExportFormat, Failure> {
        let profile = self.profile.as_deref().map(Profile::from_file).transpose()?;
        if self.encoding.is_some() && profile.as_ref().is_some_and(Profile::has_encoding) {
            return Err(Failure::EncodingTwice);
        }
        Ok(ExportFormat { encoding: self.encoding.unwrap_or_default(), profile: profile.map(Arc::new) })
    }
}

/// An export of fewer bytes is done with before other threads would have begun.
const WORTH_THREADS: u64 = 1 << 20;

/// How many threads work on an export of so many bytes.
pub(super) fn threads_for(export: u64) -> NonZeroUsize {
    if export < WORTH_THREADS { NonZeroUsize::MIN } else { cores() }
}

/// How many threads can work at once on this machine.
pub(super) fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// A day as the command line takes it.
pub(super) fn day(text: &str) -> Result<Day, String> {
    let day = Day::parse(text.as_bytes()).filter(|day| REGISTRY_YEARS.contains(&day.year()));
    day.ok_or_else(|| "not a day from 1880-01-01 to 9999-12-31, such as 2024-07-08".to_owned())
}

/// The day that the command line gives, else today. `option` is the option that gives the day, for the error.
pub(super) fn or_today(given: Option<Day>, option: &'static str) -> Result<Day, Failure> {
    given.or_else(clock::today).ok_or(Failure::NoToday { option })
}

/// Warns if the as-of date is past the policy's window. That is no error, but somebody should know.
pub(super) fn warn_of_window(policy: &Policy, as_of: Day) {
    if as_of > policy.window.last_day {
        tracing::warn!(
            "the as-of date {as_of} is past the policy's window, which ends on {}: no later vaccination is shared",
            policy.window.last_day
        );
    }
}
