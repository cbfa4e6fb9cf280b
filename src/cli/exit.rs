//! From an error to an exit code and a hint: the one place that knows them.

use super::publish::Stops;
use crate::batch::BatchError;
use crate::compare::CompareError;
use crate::policy::PolicyError;
use crate::published::{PublishedError, names};
use crate::registry::{Code, InputFault, Problem, RegistryError, Table, UnusableRow};
use crate::report::CvxError;
use crate::schedule::ScheduleError;
use crate::synth::SynthError;
use crate::value::{Month, shown};
use crate::verify::VerifyError;
use crate::writer::{NameFault, WriteError};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The exit codes, for the help.
pub(super) const HELP: &str = "\
Exit codes:
   0  done
   1  the command's own \"no\": explain found no such row, diff found differences,
      verify found faults, due says not now
   2  wrong usage
  65  bad input: the export itself is wrong, a batch is damaged, or it is held back
      for a look; nothing was published
  66  input missing: the export, a table, a batch, a policy file
  73  output can't be created
  74  I/O error, such as a full disk
  75  another run holds the lock
  78  bad policy
 130  ended by Ctrl-C (143: by SIGTERM); what was unfinished has been removed

Examples:
  phds run exports/2024-07 --as-of 2024-07-08 --out batches
  phds dictionary --format csv
  phds policy show > policy.toml";

/// How the process ends. The numbers are those of sysexits.h; 2 is clap's own for wrong usage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Exit {
    Done = 0,
    No = 1,
    Usage = 2,
    BadInput = 65,
    NoInput = 66,
    CannotCreate = 73,
    InputOutput = 74,
    Locked = 75,
    BadPolicy = 78,
    /// A fault of the program itself: what Rust ends with, too.
    Fault = 101,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a command did not do what it was asked.
#[derive(thiserror::Error, Debug)]
pub(super) enum Failure {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The export may not be used; the list of its quarantined rows lies where a person can look at it.
    #[error("{reason}\nthe quarantined rows are listed in {}", shown(list))]
    Refused { reason: RegistryError, list: PathBuf },
    #[error(transparent)]
    Policy(#[from] PolicyError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Batch(#[from] BatchError),
    #[error(transparent)]
    Published(#[from] PublishedError),
    #[error(transparent)]
    Cvx(#[from] CvxError),
    #[error(transparent)]
    Synth(#[from] SynthError),
    #[error(transparent)]
    Compare(#[from] CompareError),
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A batch is whole, and held back for a person to look at.
    #[error(
        "the batch of {month} is held back, not published:\n{stops}\nit lies in {} for a look",
        shown(place)
    )]
    Held { month: Month, stops: Stops, place: PathBuf },
    /// A held batch is not what it was when it was made.
    #[error("{}: the held batch is not sound: it has been changed, or removed in part", shown(place))]
    HeldUnsound { place: PathBuf },
    /// `diff` found differences, and has shown them.
    #[error("different")]
    Different,
    /// `verify` found faults, and has shown them.
    #[error("not sound")]
    Unsound,
    /// `due` has said that it is not the day, or that no batch is missing.
    #[error("not due")]
    NotDue,
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// `schedule` was given what a run is not.
    #[error("phds run would not take what follows --: {0}")]
    NotForRun(clap::error::ErrorKind),
    /// A day is not given, and the clock shows none.
    #[error("the machine's clock shows no day from 1970-01-01 to 9999-12-31")]
    NoToday { option: &'static str },
    #[error("standard output: {0}")]
    Print(#[source] io::Error),
    #[error("temporary folder: {0}")]
    Scratch(#[source] io::Error),
    /// `explain` found no row of that id.
    #[error("there is no such row ({unreadable} row(s) of immunizations have no id that can be read)")]
    NothingFound { unreadable: u64 },
}

impl Failure {
    /// Says on stderr what is wrong and what to do about it; returns how the process is to end.
    pub(super) fn report(&self) -> Exit {
        let exit = self.exit();
        if let Failure::Print(error) = self
            && error.kind() == io::ErrorKind::BrokenPipe
        {
            // Whoever was reading has seen enough.
            return Exit::Done;
        }
        if matches!(self, Failure::Different | Failure::Unsound | Failure::NotDue) {
            // That is an answer, and it was printed.
            return exit;
        }
        match self.hint() {
            Some(hint) => tracing::error!(exit_code = exit as u8, hint, "{self}"),
            None => tracing::error!(exit_code = exit as u8, "{self}"),
        }
        exit
    }

    fn exit(&self) -> Exit {
        match self {
            Failure::Registry(error) => registry_exit(error),
            Failure::Refused { .. } | Failure::Held { .. } | Failure::HeldUnsound { .. } => Exit::BadInput,
            Failure::Policy(PolicyError::Unavailable { .. }) => Exit::NoInput,
            Failure::Policy(PolicyError::Bad { .. }) => Exit::BadPolicy,
            Failure::Write(error) => write_exit(error),
            Failure::Batch(error) => batch_exit(error),
            Failure::Cvx(CvxError::Unavailable { .. }) => Exit::NoInput,
            Failure::Cvx(_) => Exit::BadInput,
            Failure::Synth(SynthError::Create { .. }) => Exit::CannotCreate,
            Failure::Synth(SynthError::Write { .. }) => Exit::InputOutput,
            Failure::Print(_) | Failure::Scratch(_) => Exit::InputOutput,
            Failure::Compare(CompareError::TwoFiles { .. }) => Exit::BadInput,
            Failure::Compare(CompareError::NotAlike | CompareError::NoSuchColumn { .. }) => Exit::Usage,
            Failure::Compare(CompareError::Spill(_)) | Failure::Verify(VerifyError::Spill(_)) => {
                Exit::InputOutput
            }
            Failure::Compare(CompareError::Published(error))
            | Failure::Verify(VerifyError::Published(error))
            | Failure::Published(error) => published_exit(error),
            Failure::Schedule(_) | Failure::NotForRun(_) | Failure::NoToday { .. } => Exit::Usage,
            Failure::NothingFound { .. } | Failure::Different | Failure::Unsound | Failure::NotDue => {
                Exit::No
            }
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Failure::Registry(error)
            | Failure::Refused { reason: error, .. }
            | Failure::Batch(
                BatchError::Registry(error)
                | BatchError::Refused { reason: error, .. }
                | BatchError::RefusedUnlisted { reason: error, .. },
            ) => registry_hint(error).map(str::to_owned),
            Failure::Policy(PolicyError::Bad { .. }) => {
                Some("`phds policy show` prints a policy to start from".to_owned())
            }
            Failure::Write(error) => write_hint(error).map(str::to_owned),
            Failure::Held { month, place, .. } => Some(format!(
                "if all of this is as it should be, run: phds release {} {month}",
                shown(place.parent().and_then(Path::parent).unwrap_or(place))
            )),
            Failure::HeldUnsound { place } => {
                Some(format!("phds verify {} says what is wrong; make the batch again", shown(place)))
            }
            Failure::Batch(error) => batch_hint(error),
            Failure::Published(error)
            | Failure::Compare(CompareError::Published(error))
            | Failure::Verify(VerifyError::Published(error)) => published_hint(error).map(str::to_owned),
            Failure::Cvx(CvxError::Column { .. } | CvxError::Empty { .. }) => {
                Some("give CDC's CVX code set as CSV, with its header".to_owned())
            }
            Failure::NoToday { option } => {
                Some(format!("nothing was done; set the clock, or give the day: {option} DATE"))
            }
            Failure::NotForRun(_) => Some("phds run --help lists what it takes".to_owned()),
            Failure::Policy(PolicyError::Unavailable { .. })
            | Failure::Print(_)
            | Failure::Scratch(_)
            | Failure::Cvx(CvxError::Unavailable { .. })
            | Failure::Synth(_)
            | Failure::Compare(_)
            | Failure::Verify(_)
            | Failure::Different
            | Failure::Unsound
            | Failure::NotDue
            | Failure::Schedule(_)
            | Failure::NothingFound { .. } => None,
        }
    }
}

fn published_exit(error: &PublishedError) -> Exit {
    match error {
        PublishedError::Unavailable { source, .. } => match source.kind() {
            io::ErrorKind::NotFound
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::NotADirectory => Exit::NoInput,
            _ => Exit::InputOutput,
        },
        PublishedError::NoBatch { .. } => Exit::NoInput,
        PublishedError::Damaged { .. } | PublishedError::NoRows { .. } | PublishedError::Stray { .. } => {
            Exit::BadInput
        }
    }
}

fn registry_exit(error: &RegistryError) -> Exit {
    match error {
        RegistryError::Unavailable { .. } | RegistryError::MissingTable { .. } => Exit::NoInput,
        RegistryError::BadInput(_) | RegistryError::Refused(_) => Exit::BadInput,
        RegistryError::DamagedDatabase { .. } => Exit::BadInput,
        RegistryError::Busy { .. } => Exit::Locked,
        RegistryError::Read { .. }
        | RegistryError::Write { .. }
        | RegistryError::Spill(_)
        | RegistryError::Threads(_) => Exit::InputOutput,
    }
}

fn registry_hint(error: &RegistryError) -> Option<&'static str> {
    match error {
        RegistryError::MissingTable { .. } => Some(
            "every table but recipients and control must be there; a file's name is in lower case, such as \
             clients.csv, clients.csv.gz or clients.csv.zst",
        ),
        RegistryError::BadInput(bad) => Some(input_hint(&bad.fault)),
        RegistryError::Refused(problems) => {
            let only_too_many = problems.iter().all(|p| matches!(p, Problem::TooManyQuarantined { .. }));
            Some(match only_too_many {
                true => {
                    "nothing was published; look at the list, have the export mended, or, if you know better, \
                     raise --max-quarantined"
                }
                false => "nothing was published; have the export made again, whole",
            })
        }
        _ => None,
    }
}

/// What to do about a fault of the export.
fn input_hint(fault: &InputFault) -> &'static str {
    match fault {
        InputFault::CutShort(Table::Consents) => {
            "nothing was published; have the export made again, whole; if it is whole, end the file with a line end, \
             or add a row to the table control that counts the rows of consents"
        }
        InputFault::CutShort(_) => {
            "nothing was published; have the export made again, whole; if it is whole, end the file with a line end"
        }
        InputFault::EndsInQuotes => {
            "nothing was published; have the export made again, whole; if it is whole, look for the quote at this \
             line: inside a value a quote is written twice; leave a column that is not read, such as notes, out of \
             the export"
        }
        InputFault::HeaderOverLines => {
            "nothing was published; close the quote in the header, or leave the column out of the export if it is \
             not read"
        }
        InputFault::UnusableRow(UnusableRow { code: Code::MalformedRow, .. }) => {
            "nothing was published; look at this line and those behind it: inside a value a quote is written twice, \
             and in this table no value may hold a line break; leave a column that is not read, such as notes, out \
             of the export"
        }
        InputFault::UnusableRow(UnusableRow { code: Code::CutShort, .. }) => {
            "nothing was published; have the export made again, whole; if it is whole, end the file with a line end, \
             or let CLIENT_ID not be its last column"
        }
        InputFault::ColumnNumbered { .. } => {
            "nothing was published; let the view name each column once, with AS"
        }
        InputFault::OtherNames => {
            "nothing was published; give the name under which the database is used, or have its owner run \
             PRAGMA wal_checkpoint and make a copy (not a link) for the export"
        }
        _ => "nothing was published; have the export made again, or mended at its source",
    }
}

fn write_hint(error: &WriteError) -> Option<&'static str> {
    match error {
        WriteError::Locked { .. } => Some("nothing was done; wait for the other run to end"),
        WriteError::InTheWay { .. } => {
            Some("move it away, or give another --out; links are not followed here")
        }
        WriteError::NotInOneStep { .. } => {
            Some("nothing was done; give another --out, on a local file system such as ext4, XFS or Btrfs")
        }
        WriteError::BadName { fault: NameFault::Same { .. }, .. } => Some(
            "nothing was published; if both are one recipient, give the recipients table a row for each spelling of \
             the entity, with one RECIPIENT; if not, give them names that differ in letters or digits",
        ),
        WriteError::BadName { .. } => {
            Some("nothing was published; give the recipient another name there, or in a recipients table")
        }
        WriteError::Create { .. }
        | WriteError::NothingHeld { .. }
        | WriteError::Write { .. }
        | WriteError::Spill(_) => None,
    }
}

fn batch_exit(error: &BatchError) -> Exit {
    match error {
        BatchError::Unavailable { .. } => Exit::NoInput,
        BatchError::NoBatch { .. }
        | BatchError::OtherVersion { .. }
        | BatchError::ReadInterrupted { .. }
        | BatchError::NotFiltered { .. }
        | BatchError::Damaged { .. }
        | BatchError::RowsDiffer { .. }
        | BatchError::Refused { .. }
        | BatchError::RefusedUnlisted { .. } => Exit::BadInput,
        BatchError::Busy { .. } => Exit::Locked,
        BatchError::Create { source, .. } if is_disk_trouble(source) => Exit::InputOutput,
        BatchError::InTheWay { .. } | BatchError::Create { .. } => Exit::CannotCreate,
        BatchError::Write { .. } | BatchError::Spill(_) => Exit::InputOutput,
        BatchError::Registry(error) => registry_exit(error),
    }
}

fn batch_hint(error: &BatchError) -> Option<String> {
    let read = |path: &Path| format!("run: phds read EXPORT --batch {}", shown(path));
    match error {
        BatchError::Unavailable { path, .. }
        | BatchError::OtherVersion { path, .. }
        | BatchError::ReadInterrupted { path } => Some(read(path)),
        BatchError::NoBatch { .. } => {
            Some("give a batch database; to make one, run: phds read EXPORT --batch NEW.db".to_owned())
        }
        BatchError::Damaged { path, .. } => Some(format!("remove the file, then {}", read(path))),
        BatchError::RowsDiffer { path, .. } => Some(format!(
            "somebody has changed the database since the export was read; a row that is missing may be a withdrawal; {}",
            read(path)
        )),
        BatchError::NotFiltered { path } => {
            Some(format!("run: phds filter --batch {} --as-of DATE", shown(path)))
        }
        BatchError::Busy { .. } => Some("nothing was done; wait for the other run to end".to_owned()),
        BatchError::InTheWay { .. } => Some("move it away, or give another --batch".to_owned()),
        _ => None,
    }
}

fn published_hint(error: &PublishedError) -> Option<&'static str> {
    match error {
        PublishedError::Unavailable { path, .. } if path.ends_with(names::REPORT_DATA) => {
            Some("every batch of this version has it; make the batch again")
        }
        PublishedError::Unavailable { .. } | PublishedError::NoRows { .. } => None,
        PublishedError::NoBatch { .. } => Some("give the folder of one month, such as batches/202407"),
        PublishedError::Stray { .. } => Some("phds leaves no such thing there; look at it and move it away"),
        PublishedError::Damaged { .. } => Some("the file was changed or cut short; make the batch again"),
    }
}

/// A place that cannot be made is one thing, a disk that is full another, wherever it shows first.
fn write_exit(error: &WriteError) -> Exit {
    match error {
        WriteError::Create { source, .. } if is_disk_trouble(source) => Exit::InputOutput,
        WriteError::Create { .. } | WriteError::InTheWay { .. } | WriteError::NotInOneStep { .. } => {
            Exit::CannotCreate
        }
        WriteError::Locked { .. } => Exit::Locked,
        WriteError::NothingHeld { .. } => Exit::NoInput,
        WriteError::Write { .. } | WriteError::Spill(_) => Exit::InputOutput,
        WriteError::BadName { .. } => Exit::BadInput,
    }
}

fn is_disk_trouble(error: &io::Error) -> bool {
    // An I/O error is of no kind that has a name. Its number may be lost: what makes temporary folders wraps it.
    let input_output = io::Error::from(rustix::io::Errno::IO).kind();
    let kind = error.kind();
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) || kind == input_output
}
