//! The recipients' packages: for each recipient a folder with its own file and what goes with it, and nothing of anybody else's.

use super::recipients::WAITING;
use super::{Staging, WriteError};
use crate::batch::{Delivery, FileEntry, names};
use crate::package::{self, write_excel_copy};
use crate::parallel::for_each;
use crate::policy::Policy;
use crate::value::Day;
use std::num::NonZeroUsize;

/// Makes a package for each recipient's file, which must be finished.
pub(super) fn write_packages(
    policy: &Policy,
    as_of: Day,
    files: &[FileEntry],
    staging: &Staging,
    threads: NonZeroUsize,
) -> Result<(), WriteError> {
    let Some((first, others)) = files.split_first() else { return Ok(()) };
    staging.make_folder(names::RECIPIENTS)?;
    // What is the same for all is written once.
    let scripts = Scripts { texts: package::scripts(policy), written_in: None };
    let written_in = write_package(policy, as_of, first, &scripts, staging)?;
    let scripts = Scripts { written_in: Some(written_in), ..scripts };
    // Waiting for the disk is no work: it is waited for in several places at once.
    for_each(others, threads.saturating_mul(WAITING), |file| {
        write_package(policy, as_of, file, &scripts, staging).map(drop)
    })?;
    Ok(())
}

/// Scripts that every package has, each with its name.
struct Scripts {
    texts: [(&'static str, String); 3],
    /// The package in which they lie already.
    written_in: Option<String>,
}

/// Makes the package of a recipient's file; returns its folder in the batch.
fn write_package(
    policy: &Policy,
    as_of: Day,
    file: &FileEntry,
    scripts: &Scripts,
    staging: &Staging,
) -> Result<String, WriteError> {
    let folder = names::package_of(&file.path)
        .unwrap_or_else(|| unreachable!("a recipient's file is named by names::recipient_file"));
    staging.make_folder(&folder)?;
    let delivery = Delivery { recipient: &file.recipient, as_of, file };
    let path = |name: &str| format!("{folder}/{name}");
    staging.share(&file.path, &path(&file.path))?;
    if policy.excel_copy {
        let original = staging.batch().join(&file.path);
        let copy = path(&names::excel_copy_of(&file.path));
        staging.write_with(&copy, |out| write_excel_copy(&original, out))?;
    }
    for (name, text) in &scripts.texts {
        match &scripts.written_in {
            None => staging.write_small(&path(name), text.as_bytes())?,
            Some(other) => staging.share(&format!("{other}/{name}"), &path(name))?,
        }
    }
    for (name, text) in package::descriptions(policy, &delivery) {
        staging.write_small(&path(name), text.as_bytes())?;
    }
    staging.write_checksums(&format!("{folder}/"))?;
    Ok(folder)
}
