//! Arguments that several commands take, and how their texts become checked values.

use super::exit::Failure;
use crate::clock;
use crate::policy::Policy;
use crate::spill::Spill;
use crate::value::{Day, REGISTRY_YEARS};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// What an EXPORT may be.
pub(super) const OPEN_EXPORT_HELP: &str =
    "The registry's export: a folder with a CSV file for each table, plain, .gz or .zst, or an SQLite file";

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
        Ok(match &self.policy {
            Some(path) => Policy::from_file(path)?,
            None => Policy::built_in()?,
        })
    }
}

/// How many threads can work at once on this machine.
pub(super) fn cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// How much memory to take for what can go to disk, unless the command line says it: a quarter of the machine's, or
/// of what the process is allowed, within reason.
fn default_memory() -> usize {
    let system = rustix::system::sysinfo();
    let machine = u64::from(system.mem_unit).saturating_mul(system.totalram as u64);
    let allowed = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let allowed = allowed.and_then(|text| text.trim().parse().ok()).unwrap_or(u64::MAX);
    let quarter = machine.min(allowed) / 4;
    usize::try_from(quarter).unwrap_or(usize::MAX).clamp(256 << 20, 2 << 30)
}

/// What a run takes for its buffers, about: blocks that are read, runs that are filled, rows that are laid out.
const BUFFERS: usize = 96 << 20;

/// Memory for what can go to disk, and the folder for what does.
pub(super) fn spill(folder: &Path, memory: Option<Memory>) -> Spill {
    let bytes = memory.map_or_else(default_memory, |memory| memory.bytes);
    Spill::new(folder, bytes.saturating_sub(BUFFERS))
}

/// An amount of memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Memory {
    bytes: usize,
}

impl Memory {
    /// What comparing and verifying take: they hold little, and run beside other work.
    pub(super) const FOR_COMPARING: Memory = Memory { bytes: 192 << 20 };
}

impl std::str::FromStr for Memory {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Memory, &'static str> {
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = match text[digits.len()..].to_ascii_uppercase().as_str() {
            "K" | "KB" | "KIB" => 1 << 10,
            "M" | "MB" | "MIB" => 1 << 20,
            "G" | "GB" | "GIB" => 1 << 30,
            _ => 0,
        };
        let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
        let bytes =
            number.and_then(|number: usize| number.checked_mul(unit)).filter(|bytes| *bytes >= 1 << 20);
        bytes
            .map(|bytes| Memory { bytes })
            .ok_or("not an amount of memory of at least 1M, such as 512M or 2G")
    }
}

/// A day as the command line takes it.
pub(super) fn day(text: &str) -> Result<Day, String> {
    let day = Day::parse(text.as_bytes()).filter(|day| REGISTRY_YEARS.contains(&day.year()));
    day.ok_or_else(|| "not a day from 1880-01-01 to 9999-12-31, such as 2024-07-08".to_owned())
}

/// The day that the command line gives, or today, where the machine is: the clock is asked only for want of a day.
/// `option` is what it is given by.
pub(super) fn or_today(given: Option<Day>, option: &'static str) -> Result<Day, Failure> {
    given.or_else(clock::today).ok_or(Failure::NoToday { option })
}

/// The published window is an end to what is shared, not a mistake: but somebody should know.
pub(super) fn warn_of_window(policy: &Policy, as_of: Day) {
    if as_of > policy.window.last_day {
        tracing::warn!(
            "the as-of date {as_of} is past the policy's window, which ends on {}: no later vaccination is shared",
            policy.window.last_day
        );
    }
}
