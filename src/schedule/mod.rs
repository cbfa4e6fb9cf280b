//! The texts that have the monthly files made by themselves: a line for cron, or a service and a timer for systemd.
//!
//! Both start `phds run --if-due` on every day from the 8th of a month to its end, and the run decides whether it is
//! time: the second Monday is never before the 8th, and an export may come late. This module only makes texts from
//! checked values. It never looks at a file and never installs anything.

mod cron;
mod systemd;
mod values;

pub use cron::{crontab, shell_word};
pub use systemd::{service, timer};
pub use values::{Place, Time, User, Word};

/// The days of the month on which the run is started. The first is the earliest that a second Monday can be.
const FIRST_DAY: u32 = 8;

/// Why a run cannot be scheduled so.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
pub enum ScheduleError {
    /// Neither crontabs nor units have a way to write it.
    #[error("holds a line break or another control character")]
    Control,
    /// Crontabs and units are text.
    #[error("is not UTF-8")]
    NotText,
    /// It would depend on where cron or systemd is.
    #[error("does not begin with /")]
    Relative,
    /// systemd takes no such path, and which folder it is depends on links.
    #[error("has a .. in it; write the path without")]
    Parent,
    /// It is everything there is.
    #[error("is the root folder")]
    Root,
    /// There is no such time of day.
    #[error("is not a time of day from 00:00 to 23:59, such as 06:00")]
    NoTime,
    /// The run would be for one month only, and do nothing in all others.
    #[error(
        "--as-of would have it made for one month only; a run that is scheduled is for the day it is made on"
    )]
    OneDay,
    /// A run needs a user of its own.
    #[error("is not the name of a user who could make the files; root must not")]
    NoUser,
    /// Where the program is cannot be told.
    #[error("where this program is cannot be told; say it with --program")]
    NoProgram,
    /// systemd takes no such program, however it is written.
    #[error(
        "systemd runs no program that has a quote or a backslash in its path; say another with --program"
    )]
    ProgramName,
    /// cron would cut it off.
    #[error(
        "the line would have {length} bytes, and some crons cut a command off after {}; use shorter paths, or links to them",
        cron::LONGEST
    )]
    LongLine {
        /// How long it would be.
        length: usize,
    },
}

/// What is to be run, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Job {
    /// The program.
    pub program: Place,
    /// The export.
    pub export: Place,
    /// The place of the batches.
    pub out: Place,
    /// The policy, if it is not the one that is built in.
    pub policy: Option<Place>,
    /// The profile, if the export is read through one.
    pub profile: Option<Place>,
    /// What else `phds run` is given.
    pub more: Vec<Word>,
    /// The time of day.
    pub time: Time,
}

impl Job {
    /// The command line.
    pub fn command_line(&self) -> Vec<&str> {
        let mut words = vec![self.program.as_str(), "run", self.export.as_str(), "--out", self.out.as_str()];
        words.extend(self.policy.iter().flat_map(|policy| ["--policy", policy.as_str()]));
        words.extend(self.profile.iter().flat_map(|profile| ["--profile", profile.as_str()]));
        words.extend(self.more.iter().map(Word::as_str));
        words.extend(["--quiet", "--if-due"]);
        words
    }

    /// All paths that the program reads, and itself.
    fn read(&self) -> impl Iterator<Item = &Place> {
        [&self.program, &self.export].into_iter().chain(&self.policy).chain(&self.profile)
    }
}
