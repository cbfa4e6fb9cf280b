//! `phds report`: the report on a batch, made again.

use super::CommandResult;
use super::log;
use super::terminal::Terminal;
use crate::batch::{Before, GateRecord, Inputs, Manifest, ReleaseRecord, ReportData, if_there, place_of};
use crate::report::{CvxCodes, Report, page};
use crate::value::Month;
use crate::writer::WriteError;
use std::fs::{OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Print the report on a batch, one HTML page of counts
///
/// A batch holds the same page as qa/report.html. Here it can be had again, compared with the batch before as that
/// is now, and with a list of the CVX codes that CDC's code set does not have.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  phds report batches/202407 > report.html
  phds report batches/202407 --cvx cvx.csv --out report.html")]
pub(super) struct Args {
    /// The batch: the folder of one month
    #[arg(value_name = "DIR")]
    batch: PathBuf,
    /// CDC's CVX code set, CSV with a column CVXCode; lists the codes that are not in it
    #[arg(long, value_name = "FILE")]
    cvx: Option<PathBuf>,
    /// Write to this file instead of stdout; one that is there is replaced
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: Args, terminal: &Terminal) -> CommandResult {
    let cvx = args.cvx.as_deref().map(CvxCodes::from_file).transpose()?;
    let manifest = Manifest::of_batch(&args.batch)?;
    let data = ReportData::of_batch(&args.batch)?;
    let out = place_of(&args.batch);
    let before = batch_before(&out, manifest.batch);
    let data_before = ReportData::of_before(&out, &before);
    // The page can do without the files' days. What a batch of an older version does not have is nothing to warn about.
    let inputs = if_there(Inputs::of_batch(&args.batch)).unwrap_or_else(|error| {
        tracing::warn!("the report does not tell how old the export is: {error}");
        None
    });
    let gate = if_there(GateRecord::of_batch(&args.batch))?;
    let release = ReleaseRecord::of_batch(&args.batch)?;
    let page = page(&Report {
        manifest: &manifest,
        data: &data,
        inputs: inputs.as_ref(),
        gate: gate.as_ref(),
        release: release.as_ref(),
        before: &before,
        data_before: data_before.as_ref(),
        cvx: cvx.as_ref(),
    });
    match &args.out {
        None => terminal.print(&page),
        Some(file) => Ok(write(file, &page)?),
    }
}

/// The batch before that of a month. One that cannot be read is warned about; the report says so too.
pub(super) fn batch_before(out: &Path, month: Month) -> Before {
    let (before, error) = Before::find(out, month);
    if let Some(error) = error {
        tracing::warn!(target: log::ACT, "the report compares with no batch before: {error}");
    }
    before
}

/// Writes a file that only its owner may read.
fn write(path: &Path, text: &str) -> Result<(), WriteError> {
    let create = |source| WriteError::Create { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path).map_err(create)?;
    // One that was there may have been open to others. What is no file, such as a pipe, stays as it is.
    if file.metadata().map_err(create)?.is_file() {
        file.set_permissions(Permissions::from_mode(0o600)).map_err(create)?;
    }
    file.write_all(text.as_bytes()).map_err(|source| WriteError::Write { path: path.to_owned(), source })
}
