//! How the process ends: the exit codes.

use std::process::ExitCode;

/// The exit codes, for the help.
pub(super) const HELP: &str = "\
Exit codes:
   0  done
   1  the command's own \"no\": explain found no such row, diff found differences,
      verify found faults, due says not now
   2  wrong usage
  65  bad input: the export itself is wrong, or a batch is damaged; nothing was
      published
  66  input missing: the export, a table, a batch, a policy file, a profile
  73  output can't be created
  74  I/O error, such as a full disk
  75  another run holds the lock
  77  the batch is held back for a person to look at; nothing was published
  78  bad policy or profile
 130  ended by Ctrl-C (143: by SIGTERM); what was unfinished has been removed

Examples:
  phds run exports/2024-07 --as-of 2024-07-08 --out batches
  phds dictionary --format csv
  phds policy show > policy.toml";

/// How the process ends. The numbers are those of sysexits.h; 2 is clap's own for wrong usage. The last line of the log
/// has the names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::FromRepr, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
#[repr(u8)]
pub(super) enum Exit {
    Done = 0,
    No = 1,
    Usage = 2,
    BadInput = 65,
    NoInput = 66,
    CannotCreate = 73,
    #[strum(serialize = "io-error")]
    InputOutput = 74,
    Locked = 75,
    Held = 77,
    BadPolicy = 78,
    /// A fault of the program itself: what Rust ends with, too.
    Fault = 101,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}
