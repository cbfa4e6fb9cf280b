//! Why a command did not do what it was asked, and what is said of it.
//!
//! Each type of error says in one place how the process is to end, and what a person can do about it.

use super::exit::Exit;
use super::publish::Stops;
use crate::batch::{BatchError, names};
use crate::compare::CompareError;
use crate::gate::Stop;
use crate::policy::PolicyError;
use crate::registry::{Code, InputFault, Problem, RegistryError, Table};
use crate::report::CvxError;
use crate::schedule::ScheduleError;
use crate::synth::SynthError;
use crate::value::{Month, shown};
use crate::verify::VerifyError;
use crate::work::WorkError;
use crate::writer::{NameFault, WriteError};
use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

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
    Work(#[from] WorkError),
    #[error(transparent)]
    Batch(#[from] BatchError),
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
    /// A held batch was made by rules that are no longer the contract's.
    #[error(
        "{}: the held batch was made by phds {version}, which shared what may not be shared any more",
        shown(place)
    )]
    HeldOutdated { place: PathBuf, version: String },
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
        let End { exit, hint } = self.end();
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
        match hint.as_deref() {
            Some(hint) => tracing::error!(exit_code = exit as u8, hint, "{self}"),
            None => tracing::error!(exit_code = exit as u8, "{self}"),
        }
        exit
    }
}

/// How the process is to end, and what a person can do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct End {
    exit: Exit,
    hint: Option<Cow<'static, str>>,
}

impl Exit {
    /// With a hint.
    fn hinting(self, hint: impl Into<Cow<'static, str>>) -> End {
        End { exit: self, hint: Some(hint.into()) }
    }

    /// Where the message says it all.
    fn alone(self) -> End {
        End { exit: self, hint: None }
    }
}

/// An error that knows how the process is to end.
trait Ends {
    fn end(&self) -> End;
}

impl Ends for Failure {
    fn end(&self) -> End {
        match self {
            Failure::Registry(error) | Failure::Refused { reason: error, .. } => error.end(),
            Failure::Policy(error) => error.end(),
            Failure::Write(error) => error.end(),
            Failure::Work(error) => error.end(),
            Failure::Batch(error) => error.end(),
            Failure::Cvx(error) => error.end(),
            Failure::Synth(error) => error.end(),
            Failure::Compare(error) => error.end(),
            Failure::Verify(error) => error.end(),
            Failure::Held { stops, .. }
                if stops.0.iter().any(|s| matches!(s, Stop::StillChanging { .. })) =>
            {
                Exit::BadInput.hinting("run again once the export is no longer written to")
            }
            Failure::Held { month, place, .. } => Exit::BadInput.hinting(format!(
                "if all of this is as it should be, run: phds release {} {month}",
                shown(place.parent().and_then(Path::parent).unwrap_or(place))
            )),
            Failure::HeldUnsound { place } => Exit::BadInput
                .hinting(format!("phds verify {} says what is wrong; make the batch again", shown(place))),
            Failure::HeldOutdated { .. } => Exit::BadInput
                .hinting("nothing was published; make the batch again with phds run, from a new export"),
            Failure::NoToday { option } => Exit::Usage
                .hinting(format!("nothing was done; set the clock, or give the day: {option} DATE")),
            Failure::NotForRun(_) => Exit::Usage.hinting("phds run --help lists what it takes"),
            Failure::Schedule(_) => Exit::Usage.alone(),
            Failure::Print(_) | Failure::Scratch(_) => Exit::InputOutput.alone(),
            Failure::NothingFound { .. } | Failure::Different | Failure::Unsound | Failure::NotDue => {
                Exit::No.alone()
            }
        }
    }
}

impl Ends for RegistryError {
    fn end(&self) -> End {
        match self {
            RegistryError::Unavailable { .. } => Exit::NoInput.alone(),
            RegistryError::MissingTable { .. } => Exit::NoInput.hinting(
                "every table but recipients and control must be there; a file's name is in lower case, such as \
                 clients.csv, clients.csv.gz or clients.csv.zst",
            ),
            RegistryError::BadInput(bad) => Exit::BadInput.hinting(input_hint(&bad.fault)),
            RegistryError::Unfit(problems) => {
                let only_too_many = problems.iter().all(|p| matches!(p, Problem::TooManyQuarantined { .. }));
                Exit::BadInput.hinting(if only_too_many {
                    "nothing was published; look at the list, have the export mended, or, if you know better, \
                     raise --max-quarantined"
                } else {
                    "nothing was published; have the export made again, whole"
                })
            }
            RegistryError::Other(error) => {
                error.downcast_ref::<WorkError>().map_or(Exit::InputOutput, |error| error.end().exit).alone()
            }
            RegistryError::Read { .. } | RegistryError::Spill(_) | RegistryError::Threads(_) => {
                Exit::InputOutput.alone()
            }
        }
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
        InputFault::UnusableRow { code: Code::MalformedRow, .. } => {
            "nothing was published; look at this line and those behind it: inside a value a quote is written twice, \
             and in this table no value may hold a line break; leave a column that is not read, such as notes, out \
             of the export"
        }
        InputFault::UnusableRow { code: Code::CutShort, .. } => {
            "nothing was published; have the export made again, whole; if it is whole, end the file with a line end, \
             or let CLIENT_ID not be its last column"
        }
        InputFault::OwnDatabase => "nothing was published; give it with --work, to filter, write or explain",
        InputFault::ColumnNumbered { .. } => {
            "nothing was published; let the view name each column once, with AS"
        }
        InputFault::StaleLog => {
            "nothing was published; remove the -wal and -shm files of an earlier copy before a database is copied; if \
             this is where it is used, have its owner run PRAGMA wal_checkpoint"
        }
        InputFault::OtherNames => {
            "nothing was published; give the name under which the database is used, or have its owner make a copy \
             with VACUUM INTO (not a link, not cp); mount the folder it lies in instead of the file"
        }
        _ => "nothing was published; have the export made again, or mended at its source",
    }
}

impl Ends for PolicyError {
    fn end(&self) -> End {
        match self {
            PolicyError::Unavailable { .. } => Exit::NoInput.alone(),
            PolicyError::Bad { .. } => {
                Exit::BadPolicy.hinting("`phds policy show` prints a policy to start from")
            }
        }
    }
}

impl Ends for WriteError {
    fn end(&self) -> End {
        match self {
            // A place that cannot be made is one thing, a disk that is full another, wherever it shows first.
            WriteError::Create { source, .. } if is_disk_trouble(source) => Exit::InputOutput.alone(),
            WriteError::Create { .. } => Exit::CannotCreate.alone(),
            WriteError::InTheWay { .. } => Exit::CannotCreate
                .hinting("move it away, or give another --out; links are not followed here"),
            WriteError::NotInOneStep { .. } => Exit::CannotCreate.hinting(
                "nothing was done; give another --out, on a local file system such as ext4, XFS or Btrfs",
            ),
            WriteError::Locked { .. } => Exit::Locked.hinting(WAIT),
            WriteError::NothingHeld { .. } => Exit::NoInput.alone(),
            WriteError::Write { .. } | WriteError::Spill(_) => Exit::InputOutput.alone(),
            WriteError::BadName { fault: NameFault::Same { .. }, .. } => Exit::BadInput.hinting(
                "nothing was published; if both are one recipient, give the recipients table a row for each \
                 spelling of the entity, with one RECIPIENT; if not, give them names that differ in letters or digits",
            ),
            WriteError::BadName { .. } => Exit::BadInput.hinting(
                "nothing was published; give the recipient another name there, or in a recipients table",
            ),
        }
    }
}

/// What to do where somebody else is at work.
const WAIT: &str = "nothing was done; wait for the other run to end";

impl Ends for WorkError {
    fn end(&self) -> End {
        let read = |path: &Path| format!("run: phds read EXPORT --work {}", shown(path));
        match self {
            WorkError::Unavailable { path, .. } => Exit::NoInput.hinting(read(path)),
            WorkError::OtherVersion { path, .. } | WorkError::ReadInterrupted { path } => {
                Exit::BadInput.hinting(read(path))
            }
            WorkError::NotAWorkDatabase { .. } => Exit::BadInput
                .hinting("give a work database; to make one, run: phds read EXPORT --work NEW.db"),
            WorkError::NotFiltered { path } => {
                Exit::BadInput.hinting(format!("run: phds filter --work {} --as-of DATE", shown(path)))
            }
            WorkError::Damaged { path, .. } => {
                Exit::BadInput.hinting(format!("remove the file, then {}", read(path)))
            }
            WorkError::RowsDiffer { path, .. } => Exit::BadInput.hinting(format!(
                "somebody has changed the database since the export was read; a row that is missing may be a \
                 withdrawal; {}",
                read(path)
            )),
            WorkError::Busy { .. } => Exit::Locked.hinting(WAIT),
            WorkError::Create { source, .. } if is_disk_trouble(source) => Exit::InputOutput.alone(),
            WorkError::Create { .. } => Exit::CannotCreate.alone(),
            WorkError::InTheWay { .. } => Exit::CannotCreate.hinting("move it away, or give another --work"),
            WorkError::Write { .. } | WorkError::Spill(_) => Exit::InputOutput.alone(),
            WorkError::Registry(error)
            | WorkError::Unfit { reason: error, .. }
            | WorkError::UnfitUnlisted { reason: error, .. } => error.end(),
        }
    }
}

impl Ends for BatchError {
    fn end(&self) -> End {
        match self {
            BatchError::Unavailable { path, source } => {
                let exit = match source.kind() {
                    io::ErrorKind::NotFound
                    | io::ErrorKind::PermissionDenied
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::NotADirectory => Exit::NoInput,
                    _ => Exit::InputOutput,
                };
                match path.ends_with(names::REPORT_DATA) {
                    true => exit.hinting("every batch of this version has it; make the batch again"),
                    false => exit.alone(),
                }
            }
            BatchError::NoBatch { .. } => {
                Exit::NoInput.hinting("give the folder of one month, such as batches/202407")
            }
            BatchError::NoRows { .. } => Exit::BadInput.alone(),
            BatchError::Stray { .. } => {
                Exit::BadInput.hinting("phds leaves no such thing there; look at it and move it away")
            }
            BatchError::Damaged { .. } => {
                Exit::BadInput.hinting("the file was changed or cut short; make the batch again")
            }
        }
    }
}

impl Ends for CompareError {
    fn end(&self) -> End {
        match self {
            CompareError::Batch(error) => error.end(),
            CompareError::TwoFiles { .. } => Exit::BadInput.alone(),
            CompareError::NotAlike | CompareError::NoSuchColumn { .. } => Exit::Usage.alone(),
            CompareError::Spill(_) => Exit::InputOutput.alone(),
        }
    }
}

impl Ends for VerifyError {
    fn end(&self) -> End {
        match self {
            VerifyError::Batch(error) => error.end(),
            VerifyError::Spill(_) => Exit::InputOutput.alone(),
        }
    }
}

impl Ends for CvxError {
    fn end(&self) -> End {
        match self {
            CvxError::Unavailable { .. } => Exit::NoInput.alone(),
            CvxError::Column { .. } | CvxError::Empty { .. } => {
                Exit::BadInput.hinting("give CDC's CVX code set as CSV, with its header")
            }
        }
    }
}

impl Ends for SynthError {
    fn end(&self) -> End {
        match self {
            SynthError::Create { .. } => Exit::CannotCreate.alone(),
            SynthError::Write { .. } => Exit::InputOutput.alone(),
        }
    }
}

fn is_disk_trouble(error: &io::Error) -> bool {
    // An I/O error is of no kind that has a name. Its number may be lost: what makes temporary folders wraps it.
    let input_output = io::Error::from(rustix::io::Errno::IO).kind();
    let kind = error.kind();
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) || kind == input_output
}
