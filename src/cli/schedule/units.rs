//! `phds schedule systemd`: a service and a timer.

use super::job;
use crate::cli::CommandResult;
use crate::cli::terminal::Terminal;
use crate::schedule::{User, service, timer};
use crate::value::shown;
use crate::writer::WriteError;
use clap::ValueEnum;
use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Print a service and a timer for systemd
///
/// The timer starts the service every day from the 8th of the month to its end, and `phds run --if-due` decides. The
/// service may read the export and write the batches, and do nothing else.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds schedule systemd --export /data/export --out /data/batches --into /etc/systemd/system
  phds schedule systemd --export /data/export --out /data/batches --unit timer")]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    job: job::JobArgs,
    /// The user who makes the files; not root
    #[arg(long, value_name = "NAME", default_value = "phds")]
    user: User,
    /// Print only this one
    #[arg(long, value_enum, conflicts_with = "into")]
    unit: Option<Unit>,
    /// Write phds.service and phds.timer into this folder; neither may be there
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum, Debug)]
enum Unit {
    /// What is run.
    Service,
    /// When.
    Timer,
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let job = args.job.check()?;
    let (service, timer) = (service(&job, &args.user)?, timer(&job));
    if let Some(folder) = &args.into {
        let (service_file, timer_file) = (folder.join("phds.service"), folder.join("phds.timer"));
        // Neither or both, as far as can be: a timer alone would start what was there before.
        for file in [&service_file, &timer_file] {
            if file.symlink_metadata().is_ok() {
                return Err(cannot_create(file, io::ErrorKind::AlreadyExists.into()).into());
            }
        }
        write(folder, &service_file, &service)?;
        write(folder, &timer_file, &timer)?;
        let text = format!("wrote {} and {}\n", shown(&service_file), shown(&timer_file));
        return terminal.print_summary(&text);
    }
    terminal.print(&match args.unit {
        Some(Unit::Service) => service,
        Some(Unit::Timer) => timer,
        None => format!("# ---- phds.service ----\n{service}\n# ---- phds.timer ----\n{timer}"),
    })
}

fn cannot_create(file: &Path, source: io::Error) -> WriteError {
    WriteError::Create { path: file.to_owned(), source }
}

/// The file is whole or not there. systemd wants everybody to be able to read it, and nothing in it is secret.
fn write(folder: &Path, file: &Path, text: &str) -> Result<(), WriteError> {
    let create = |source| cannot_create(file, source);
    let mut builder = tempfile::Builder::new();
    let mut draft = builder.permissions(Permissions::from_mode(0o644)).tempfile_in(folder).map_err(create)?;
    draft
        .write_all(text.as_bytes())
        .and_then(|()| draft.as_file().sync_all())
        .map_err(|source| WriteError::Write { path: file.to_owned(), source })?;
    draft.persist_noclobber(file).map_err(|error| create(error.error))?;
    Ok(())
}
