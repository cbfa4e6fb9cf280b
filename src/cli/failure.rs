//! The errors of the commands: what each prints, and with which exit code the process then ends.
//!
//! Each type of error has its exit codes and its hints in one place.

use super::exit::Exit;
use super::finish::{self, Ending};
use crate::assembly::AssemblyError;
use crate::batch::{BatchError, Finding, HoldReason, HoldRecord, names};
use crate::compare::CompareError;
use crate::counties::CountiesError;
#[cfg(feature = "xlsx")]
use crate::dictionary::WorkbookError;
use crate::list::ListError;
use crate::registry::{Code, Content, InputFault, Problem, RegistryError, Shape, Table};
use crate::report::CvxError;
use crate::schedule::ScheduleError;
use crate::settings::{SettingsError, SettingsKind};
use crate::summary::{PopulationError, PreviousError, RuleFault, SummaryError};
use crate::synth::SynthError;
use crate::value::{Day, Month, shown};
use crate::verify::VerifyError;
use crate::work::WorkError;
use crate::writer::{NameFault, WriteError};
use std::collections::HashSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a command did not do what it was asked.
#[derive(thiserror::Error, Debug)]
pub(super) enum Failure {
    /// An error of another part of the program.
    #[error("{0}")]
    Error(Box<dyn CommandError>),
    /// The export may not be used; the list of its quarantined rows lies where a person can look at it.
    #[error("{reason}\nthe quarantined rows are listed in {}", shown(list))]
    Refused { reason: RegistryError, list: PathBuf },
    /// A batch is whole, and held back for a person to look at.
    #[error("{}it lies in {} for a look", why.to_string(), shown(place))]
    Held { why: HoldRecord, place: PathBuf },
    /// `check` found that `run` would hold the batch back.
    #[error("phds run would hold the batch back: {}", codes.join(", "))]
    WouldBeHeld { codes: Vec<&'static str> },
    /// `check` found that `run` would stop, and has said why.
    #[error("{}", would_stop(&.0.to_string()))]
    WouldStop(Box<Failure>),
    /// A held batch is not what it was when it was made.
    #[error("{}: the held batch is not sound: it has been changed, or removed in part", shown(place))]
    HeldUnsound { place: PathBuf },
    /// The policy wants a table that the export need not have.
    #[error("{}: REQUIRE_CONTROL: the export has no table control, which the policy requires", shown(export))]
    NoControl { export: PathBuf },
    /// A held batch was made by rules that are no longer the contract's.
    #[error(
        "{}: the held batch was made by phds {version}, which shared what may not be shared any more",
        shown(place)
    )]
    HeldOutdated { place: PathBuf, version: String },
    /// Two say in which encoding the export is.
    #[error("the profile says in which encoding the export is; --encoding can't say it too")]
    EncodingTwice,
    /// The command's answer is "no", and it has printed why: `diff` found differences, `verify` found faults, or it is
    /// not the day that `due` was asked for.
    #[error("no")]
    No,
    /// `schedule` was given what a run is not.
    #[error("phds run would not take what follows --: {0}")]
    NotForRun(clap::error::ErrorKind),
    /// A day is not given, and the clock shows none.
    #[error("the machine's clock shows no day from 1970-01-01 to 9999-12-31")]
    NoToday { option: &'static str },
    /// A day is asked about that lies before what is there: the clock is wrong, or the day was mistyped.
    #[error("{}: there is a batch of {later}, which is later than {date}", shown(out))]
    LaterBatch { date: Day, out: PathBuf, later: Month },
    /// A file that is no text was to be printed on a terminal.
    #[cfg(feature = "xlsx")]
    #[error("the result is no text, and standard output is a terminal")]
    NotText,
    /// Several tables can't be told apart in one stream.
    #[error("several tables need a folder")]
    NoFolderForTables,
    /// A summary of one recipient's file alone can't be protected with those of all.
    #[error("a summary of one recipient's file alone is not kept")]
    PartOfBatch,
    /// Tables of rates have columns that the population is not known by.
    #[error("tables of rates have only the columns county and age_band")]
    ColumnsOfRates,
    /// Tables of which nothing is hidden are not protected with others.
    #[error("nothing is hidden for the recipient itself, so that tables that are out do not matter")]
    PreviousForOwn,
    /// A folder of tables would be taken for a batch or a summary.
    #[error("{}: it lies among the batches", shown(place))]
    AmongBatches { place: PathBuf },
    /// Summaries are kept beside batches, and find them there by their names.
    #[error("{}: the batch is not in a folder {month}, as it was published", shown(place))]
    NotAmongBatches { place: PathBuf, month: Month },
    #[error("{}: the batch is held back", shown(place))]
    StillHeld { place: PathBuf },
    #[error("standard output: {0}")]
    Print(#[source] io::Error),
    #[error("temporary folder: {0}")]
    Scratch(#[source] io::Error),
    /// `explain` found no row of that id.
    #[error("there is no such row ({unreadable} row(s) of immunizations have no id that can be read)")]
    NothingFound { unreadable: u64 },
}

impl Failure {
    /// Prints the error and its hint on stderr; returns the exit code.
    pub(super) fn report(&self) -> Exit {
        let End { exit, hint } = self.end();
        if let Failure::Print(error) = self
            && error.kind() == io::ErrorKind::BrokenPipe
        {
            // Whoever was reading has seen enough.
            return Exit::Done;
        }
        if matches!(self, Failure::No) {
            return exit;
        }
        if let (Failure::Held { why, .. }, Some(hint)) = (self, &hint) {
            let codes: Vec<_> = why.found.iter().map(|found| found.reason.code()).collect();
            let (batch, codes) = (why.batch.to_string(), codes.join(","));
            tracing::error!(exit_code = exit as u8, hint, batch, codes, "{self}");
            let (batch, codes, hint) = (Some(batch), Some(codes), Some(hint.clone()));
            finish::note(Ending { result: "held", batch, codes, hint, reason: None });
            return exit;
        }
        if let (Failure::WouldBeHeld { codes }, Some(hint)) = (self, &hint) {
            let codes = codes.join(",");
            tracing::error!(exit_code = exit as u8, hint, codes, "{self}");
            let (codes, hint) = (Some(codes), Some(hint.clone()));
            finish::note(Ending { result: "would-be-held", codes, hint, ..Ending::default() });
            return exit;
        }
        finish::note_failure(self.to_string(), hint.clone());
        match hint {
            Some(hint) => tracing::error!(exit_code = exit as u8, hint, "{self}"),
            None => tracing::error!(exit_code = exit as u8, "{self}"),
        }
        exit
    }
}

/// The exit code, and what a person can do about the error.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct End {
    exit: Exit,
    hint: Option<String>,
}

impl Exit {
    /// With a hint.
    pub(super) fn hinting(self, hint: impl Into<String>) -> End {
        End { exit: self, hint: Some(hint.into()) }
    }

    /// Without a hint: the message is enough.
    fn alone(self) -> End {
        End { exit: self, hint: None }
    }
}

/// An error with its exit code and its hint.
pub(super) trait CommandError: fmt::Debug + fmt::Display {
    fn end(&self) -> End;
}

impl<E: CommandError + 'static> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Error(Box::new(error))
    }
}

impl Failure {
    fn end(&self) -> End {
        match self {
            Failure::Error(error) => error.end(),
            Failure::Refused { reason, .. } => reason.end(),
            Failure::Held { why, .. } if why.found.iter().any(is_still_changing) => Exit::Held
                .hinting("do not release it: its tables may not belong together; a new run takes its place"),
            Failure::Held { why, place } => Exit::Held.hinting(format!(
                "if all of this is as it should be, run: phds release {} {}",
                shown(place.parent().and_then(Path::parent).unwrap_or(place)),
                why.batch
            )),
            Failure::WouldBeHeld { .. } => Exit::Held
                .hinting("nothing was written; docs/operations.md says more of what each of these asks for"),
            Failure::WouldStop(why) => why.end(),
            Failure::NoControl { .. } => unpublished(
                "have the export made with a row of control for each table; or set require_control = false in the policy",
            ),
            Failure::HeldUnsound { place } => Exit::BadInput
                .hinting(format!("phds verify {} says what is wrong; make the batch again", shown(place))),
            Failure::HeldOutdated { .. } => {
                unpublished("make the batch again with phds run, from a new export")
            }
            Failure::NoToday { option } => Exit::Usage
                .hinting(format!("nothing was done; set the clock, or give the day: {option} DATE")),
            Failure::LaterBatch { .. } => Exit::Usage.hinting("set the clock, or give the day: --date DATE"),
            Failure::EncodingTwice => Exit::Usage.hinting("leave --encoding out"),
            #[cfg(feature = "xlsx")]
            Failure::NotText => Exit::Usage.hinting("write it to a file: > FILE"),
            Failure::NoFolderForTables => Exit::Usage.hinting("give --out DIR"),
            Failure::PartOfBatch => Exit::Usage
                .hinting("nothing was written; use --by recipient, or --for own for the recipient itself"),
            Failure::ColumnsOfRates => {
                Exit::Usage.hinting("nothing was written; give others in --by, or no --population")
            }
            Failure::PreviousForOwn => Exit::Usage.hinting("nothing was written; leave --previous out"),
            Failure::AmongBatches { .. } => Exit::Usage.hinting("nothing was written; give another folder"),
            Failure::NotAmongBatches { .. } => Exit::Usage
                .hinting("nothing was written; name the batch where it was published, as OUT/YYYYMM"),
            Failure::StillHeld { .. } => {
                Exit::Held.hinting("nothing was written; look at it, and release it first")
            }
            Failure::NotForRun(_) => Exit::Usage.hinting("phds run --help lists what it takes"),
            Failure::Print(_) | Failure::Scratch(_) => Exit::InputOutput.alone(),
            Failure::NothingFound { .. } | Failure::No => Exit::No.alone(),
        }
    }
}

/// The lines of an error that say what is wrong, each once. What goes further into it is indented.
pub(super) fn main_lines(error: &str) -> impl Iterator<Item = &str> {
    let mut said = HashSet::new();
    error.lines().filter(move |line| !line.starts_with(' ') && said.insert(*line))
}

/// What a run would stop for, in one line.
fn would_stop(error: &str) -> String {
    let mut lines = main_lines(error);
    let first = lines.next().unwrap_or_default();
    let more = match lines.count() {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    format!("phds run would stop: {first}{more}")
}

/// Whether a batch was made from an export that was still being written.
fn is_still_changing(found: &Finding) -> bool {
    matches!(found.reason, HoldReason::ExportStillChanging { .. })
}

impl CommandError for AssemblyError {
    fn end(&self) -> End {
        match self {
            AssemblyError::Write(error) => error.end(),
            AssemblyError::Registry(error) => error.end(),
        }
    }
}

impl CommandError for RegistryError {
    fn end(&self) -> End {
        match self {
            RegistryError::Unavailable { source, .. } if is_disk_trouble(source) => Exit::InputOutput.alone(),
            RegistryError::Unavailable { .. } => Exit::NoInput.alone(),
            RegistryError::MissingTable { .. } => Exit::NoInput.hinting(
                "every table but recipients and control must be there; a file's name is in lower case, such as \
                 clients.csv, clients.csv.gz, clients.csv.zst or clients.parquet; if the export is written in another \
                 way, phds profile guess proposes a profile that says how",
            ),
            RegistryError::MissingFile { .. } => {
                Exit::NoInput.hinting("give the profile the name of the file, or of the table, as it is in the export")
            }
            RegistryError::BadInput(bad) => unpublished(input_hint(&bad.fault)),
            RegistryError::Unfit(problems) => {
                let only_too_many = problems.iter().all(|p| matches!(p, Problem::TooManyQuarantined { .. }));
                unpublished(if only_too_many && problems.iter().any(is_of_windows_1252) {
                    "if the export is in windows-1252, give --encoding windows-1252; else look at the list, and have \
                     it mended"
                } else if only_too_many {
                    "look at the list, and have the export mended; where only its form is another, a profile can say so (phds \
                     profile guess EXPORT proposes one); or, if you know better, raise --max-quarantined"
                } else {
                    "have the export made again, whole"
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

/// Whether a table has too many quarantined rows, and most of them for bytes that fit windows-1252.
fn is_of_windows_1252(problem: &Problem) -> bool {
    let Problem::TooManyQuarantined { kinds, .. } = problem else { return false };
    kinds.first().is_some_and(|(kind, _)| kind.shape == Some(Shape::Windows1252))
}

/// For an export that keeps a batch from being published.
fn unpublished(hint: &str) -> End {
    Exit::BadInput.hinting(format!("nothing was published; {hint}"))
}

/// What to do about a fault of the export.
fn input_hint(fault: &InputFault) -> &'static str {
    match fault {
        InputFault::CutShort(Table::Consents) => {
            "have the export made again, whole; if it is whole, end the file with a line end, or add a row to the \
             table control that counts the rows of consents"
        }
        InputFault::CutShort(_) => {
            "have the export made again, whole; if it is whole, end the file with a line end"
        }
        InputFault::EndsInQuotes => {
            "have the export made again, whole; if it is whole, look for the quote at this line: inside a value a \
             quote is written twice; leave a column that is not read, such as notes, out of the export"
        }
        InputFault::HeaderOverLines => {
            "close the quote in the header, or leave the column out of the export if it is not read"
        }
        InputFault::UnusableRow { code: Code::MalformedRow, .. } => {
            "look at this line and those behind it: inside a value a quote is written twice, and in this table no \
             value may hold a line break; leave a column that is not read, such as notes, out of the export"
        }
        InputFault::UnusableRow { code: Code::CutShort, .. } => {
            "have the export made again, whole; if it is whole, end the file with a line end, or let CLIENT_ID not \
             be its last column"
        }
        InputFault::HeaderEncoding
        | InputFault::UnusableRow { shape: Some(Shape::Windows1252), code: Code::InvalidUtf8, .. } => {
            "if the export is in windows-1252, give --encoding windows-1252; else have it made again in UTF-8"
        }
        InputFault::MissingColumn(_) => {
            "have the export made again, or mended at its source; phds check names all that is wrong with it at once, \
             and phds profile guess proposes a profile for columns of other names"
        }
        InputFault::Utf16 | InputFault::NotCsv(Content::Utf16) => {
            "have the export made again in UTF-8, or read it through a profile that says in which encoding it is; phds \
             profile guess EXPORT proposes one"
        }
        InputFault::NotCsv(Content::Parquet) => "give the file a name that ends with .parquet",
        InputFault::ColumnType { .. } => {
            "have the column exported as another type; as text, if nothing else will do"
        }
        InputFault::EncryptedParquet => "have the export made without encryption",
        InputFault::ParquetPacked { .. } => "have the export packed in another way, or not at all",
        InputFault::NotAPart => "name it as a part if it is one, or take it away",
        InputFault::FolderAmongParts => "have the table written as plain part files, right in the one folder",
        InputFault::NoParquetReader => "build it with the feature, or have the export made as CSV files",
        InputFault::NotCsv(_) => "have the export made again, as CSV files or as one SQLite file",
        InputFault::SeveralFiles { .. } => "give the profile a name for the table that only one of them has",
        InputFault::OwnDatabase => "give it with --work, to filter, write or explain",
        InputFault::ColumnNumbered { .. } => "let the view name each column once, with AS",
        InputFault::StaleLog => {
            "remove the -wal and -shm files of an earlier copy before a database is copied; if this is where it is \
             used, have its owner run PRAGMA wal_checkpoint"
        }
        InputFault::DamagedLog => {
            "copy the database again with its -wal file, while nobody writes to it; if this is where it is used, have its \
             owner open it once and run PRAGMA wal_checkpoint, and see what is missing"
        }
        InputFault::OtherNames => {
            "give the name under which the database is used, or have its owner make a copy with VACUUM INTO (not a \
             link, not cp); mount the folder it lies in instead of the file"
        }
        _ => "have the export made again, or mended at its source",
    }
}

#[cfg(feature = "xlsx")]
impl CommandError for WorkbookError {
    fn end(&self) -> End {
        Exit::BadPolicy.hinting("the policy has a list or a name that is too long for a cell")
    }
}

impl CommandError for SettingsError {
    fn end(&self) -> End {
        match self {
            SettingsError::Unavailable { .. } => Exit::NoInput.alone(),
            SettingsError::Bad { kind: SettingsKind::Policy, .. } => {
                Exit::BadPolicy.hinting("`phds policy show` prints a policy to start from")
            }
            SettingsError::Bad { kind: SettingsKind::Profile, .. } => {
                Exit::BadPolicy.hinting("`phds profile show` prints a profile to start from")
            }
        }
    }
}

impl CommandError for WriteError {
    fn end(&self) -> End {
        match self {
            // A place that cannot be made is one thing, a disk that is full another, wherever it shows first.
            WriteError::Create { source, .. } if is_disk_trouble(source) => Exit::InputOutput.alone(),
            WriteError::Create { .. } => Exit::CannotCreate.alone(),
            WriteError::InTheWay { .. } => {
                Exit::CannotCreate.hinting("move it away, or give another --out; links are not followed here")
            }
            WriteError::NotInOneStep { .. } => Exit::CannotCreate.hinting(
                "nothing was done; give another --out, on a local file system such as ext4, XFS or Btrfs",
            ),
            WriteError::Locked { .. } => Exit::Locked.hinting(WAIT),
            WriteError::NothingHeld { .. } => Exit::NoInput.alone(),
            WriteError::Write { .. } | WriteError::Spill(_) => Exit::InputOutput.alone(),
            WriteError::BadName { fault: NameFault::Same { .. }, .. } => unpublished(
                "if both are one recipient, give the recipients table a row for each spelling of the entity, with \
                 one RECIPIENT; if not, give them names that differ in letters or digits",
            ),
            WriteError::BadName { .. } => {
                unpublished("give the recipient another name there, or in a recipients table")
            }
        }
    }
}

/// What to do where somebody else is at work.
const WAIT: &str = "nothing was done; wait for the other run to end";

impl CommandError for WorkError {
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

impl CommandError for BatchError {
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
                if path.ends_with(names::REPORT_DATA) {
                    exit.hinting("every batch of this version has it; make the batch again")
                } else {
                    exit.alone()
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

impl CommandError for CompareError {
    fn end(&self) -> End {
        match self {
            CompareError::Batch(error) => error.end(),
            CompareError::TwoFiles { .. } => Exit::BadInput.alone(),
            CompareError::NotAlike | CompareError::NoSuchColumn { .. } => Exit::Usage.alone(),
            CompareError::Spill(_) => Exit::InputOutput.alone(),
        }
    }
}

impl CommandError for VerifyError {
    fn end(&self) -> End {
        match self {
            VerifyError::Batch(error) => error.end(),
            VerifyError::Spill(_) => Exit::InputOutput.alone(),
        }
    }
}

impl CommandError for RuleFault {
    fn end(&self) -> End {
        Exit::Usage.alone()
    }
}

impl CommandError for CountiesError {
    fn end(&self) -> End {
        let is_missing = matches!(self, CountiesError::List(ListError::Unavailable { .. }));
        if is_missing { Exit::NoInput } else { Exit::BadInput }.hinting(
            "nothing was written; --counties takes CSV in UTF-8 with the columns COUNTY_FIPS and COUNTY_NAME",
        )
    }
}

impl CommandError for PopulationError {
    fn end(&self) -> End {
        match self {
            PopulationError::List(ListError::Unavailable { .. }) => Exit::NoInput.alone(),
            PopulationError::Missing { .. } => Exit::BadInput.hinting(
                "nothing was written; every county and band of the table needs a row, (unknown) too, of which the population may be 0; \
                 the same --by with --unrecorded and without --population shows them",
            ),
            PopulationError::List(_) | PopulationError::Row { .. } => {
                Exit::BadInput.hinting("nothing was written; docs/summary.md says what the file of populations is")
            }
        }
    }
}

impl CommandError for PreviousError {
    fn end(&self) -> End {
        let exit = if matches!(self, PreviousError::Read(_)) { Exit::NoInput } else { Exit::BadInput };
        exit.hinting("nothing was written; --previous takes tables in CSV as phds summary writes them, under their own names")
    }
}

impl CommandError for SummaryError {
    fn end(&self) -> End {
        match self {
            SummaryError::Batch(error) => error.end(),
            SummaryError::Unsound(batch) => Exit::BadInput
                .hinting(format!("nothing was written; phds verify {} says what is wrong", shown(batch))),
            SummaryError::Population(error) => error.end(),
            SummaryError::OtherLabels(_) => Exit::BadInput.hinting(
                "nothing was written; give the --policy and the --counties that all summaries here were made with",
            ),
            SummaryError::Spill(_) => Exit::InputOutput.alone(),
            SummaryError::Row { .. } | SummaryError::NoColumn { .. } => Exit::BadInput.alone(),
            SummaryError::NoRecipient => Exit::NoInput.hinting("manifest.json of the batch names them"),
            SummaryError::OtherRule(_) => Exit::BadInput.hinting(
                "nothing was written; give the rule that all summaries here have: summary.json of each says it",
            ),
            SummaryError::Later(_) => Exit::BadInput
                .hinting("nothing was written; once a summary of a batch is out, none can be made of earlier ones"),
            SummaryError::OtherBatch { .. } => Exit::BadInput.hinting(
                "nothing was written; what is out can only be protected with the batch that it was made of: restore that",
            ),
            SummaryError::NotOfBatch { .. } | SummaryError::Record { .. } => Exit::BadInput.hinting(
                "nothing was written; what is out is not known any more: restore the folder of summaries from a backup, or give the \
                 batch that a table of --previous is of",
            ),
            SummaryError::NamedAsTotal => Exit::BadInput
                .hinting("nothing was written; give the recipient another name, or leave out the column recipient"),
            SummaryError::PartedDoses(..) => Exit::BadInput.hinting(
                "nothing was written; leave the column out, or ask the registry for one VACCINATION_DATE for each IMMUNIZATION_ID",
            ),
            SummaryError::TooManyBatches => Exit::BadInput.alone(),
            SummaryError::TooManyLabels(..) | SummaryError::TooLarge(..) | SummaryError::TooLong(..) => {
                Exit::Usage.hinting("nothing was written; ask for fewer columns")
            }
            SummaryError::Unprotected(_) => Exit::BadInput
                .hinting("nothing was written; ask for other columns, or for fewer tables"),
        }
    }
}

impl CommandError for CvxError {
    fn end(&self) -> End {
        match self {
            CvxError::Unavailable { .. } => Exit::NoInput.alone(),
            CvxError::Column { .. } | CvxError::Empty { .. } => {
                Exit::BadInput.hinting("give CDC's CVX code set as CSV, with its header")
            }
        }
    }
}

impl CommandError for SynthError {
    fn end(&self) -> End {
        match self {
            SynthError::Create { .. } => Exit::CannotCreate.alone(),
            SynthError::Write { .. } => Exit::InputOutput.alone(),
        }
    }
}

impl CommandError for ScheduleError {
    fn end(&self) -> End {
        Exit::Usage.alone()
    }
}

fn is_disk_trouble(error: &io::Error) -> bool {
    // An I/O error is of no kind that has a name. Its number may be lost: what makes temporary folders wraps it.
    let input_output = io::Error::from(rustix::io::Errno::IO).kind();
    let kind = error.kind();
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) || kind == input_output
}
