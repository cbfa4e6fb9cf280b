//! Puts a batch together in the staging folder: the writer's files, and the report made from the counts among them.
//!
//! The report is made here as `phds report` makes it later: from the manifest and the counts that the batch keeps, and
//! from nothing else.

use crate::batch::{Before, Manifest, names};
use crate::report::{self, Report};
use crate::writer::{Contents, Staging, WriteError, write_files};

/// Writes every file of a batch into the staging folder, which can then be published. The report compares the batch with
/// the one before.
///
/// # Errors
/// If a file cannot be written, or a recipient's name makes no file name of its own.
pub fn assemble_batch(
    contents: Contents<'_>,
    before: &Before,
    staging: &Staging,
) -> Result<Manifest, WriteError> {
    let inputs = contents.inputs;
    let (manifest, data) = write_files(contents, staging)?;
    let report = Report {
        manifest: &manifest,
        data: &data,
        inputs: Some(inputs),
        gate: None,
        release: None,
        before,
        cvx: None,
    };
    staging.write(names::REPORT, report::page(&report).as_bytes())?;
    staging.write_checksums(&format!("{}/", names::QA))?;
    Ok(manifest)
}
