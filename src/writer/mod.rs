//! The files of a monthly batch: the last stage.
//!
//! Everything is written into a private folder beside its place and appears there whole, in one step, or not at
//! all. This layer decides nothing about records, and never prints.

mod counter;
mod draft;
mod error;
mod file_names;
mod file_system;
mod held;
mod lanes;
mod manifest;
mod new_folder;
mod organizations;
mod output;
mod packages;
mod place;
mod prune;
mod qa;
mod recipients;
mod rows;
mod sha256;
mod staging;

pub(crate) use draft::write_private;
pub use error::{NameFault, WriteError};
pub use new_folder::{keep_summary, must_be_free, write_new_folder};
pub use output::{Output, keep_clear_of, must_be_usable};
pub use prune::OldBatch;
pub use qa::write_quarantine;
pub(crate) use recipients::writing_memory;
pub use rows::{RowTexts, RowWriter};
pub use staging::Staging;

use crate::batch::{self, Inputs, Manifest, ReportData, Tally, names, to_json};
use crate::dictionary::{dictionary_csv, dictionary_md};
use crate::extract::Selection;
use crate::filter::Routing;
use crate::parallel::both;
use crate::policy::{GateSettings, Policy};
use crate::registry::{Intake, Reference};
use crate::value::Day;
use std::num::NonZeroUsize;

/// What a batch is made from.
#[derive(Debug)]
pub struct Contents<'a> {
    /// The day as of which the rules were applied.
    pub as_of: Day,
    /// The limits of the gates in force.
    pub gate: &'a GateSettings,
    /// The rules' settings.
    pub policy: &'a Policy,
    /// What reading the export found.
    pub intake: &'a mut Intake,
    /// What the facts refer to.
    pub reference: &'a Reference,
    /// Who gets whose facts.
    pub routing: &'a Routing,
    /// The facts that are shared.
    pub selection: &'a Selection,
    /// What it is made from.
    pub inputs: &'a Inputs,
    /// How many threads write. The files are the same for any number.
    pub threads: NonZeroUsize,
}

/// What a batch's manifest and counts would be, but for the lengths and hashes of its files. Writes nothing.
///
/// # Errors
/// If a recipient's name makes no file name of its own.
pub fn preview(contents: &Contents<'_>) -> Result<(Manifest, Tally), WriteError> {
    let (files, tally) = recipients::preview_recipient_files(contents)?;
    let Contents { as_of, policy, selection, .. } = *contents;
    Ok((
        manifest::manifest(
            as_of,
            policy,
            contents.inputs.profile.clone(),
            contents.intake,
            &selection.counts,
            files,
        ),
        tally,
    ))
}

/// Writes a batch's files into the staging folder, but for the report and the checksums of the folder that the report
/// lies in. Returns the manifest and the counts that the report is made from.
///
/// # Errors
/// If a file cannot be written, or a recipient's name makes no file name of its own.
pub fn write_files(contents: Contents<'_>, staging: &Staging) -> Result<(Manifest, ReportData), WriteError> {
    staging.make_folder(names::QA)?;
    let (written, (organizations_written, worst)) = both(
        contents.threads,
        || recipients::write_recipient_files(&contents, staging),
        || {
            let organizations = organizations::organizations(&contents);
            let table = organizations::organizations_csv(&organizations, &contents);
            let written = staging.write(names::ORGANIZATIONS, table.as_bytes());
            (written, organizations::worst(organizations, &contents))
        },
    );
    let (files, mut tally) = written?;
    organizations_written?;
    tally.organizations = Some(worst);
    let Contents { as_of, policy, gate, intake, selection, inputs, .. } = contents;
    staging.write(names::DICTIONARY_MD, dictionary_md(policy, None).as_bytes())?;
    staging.write(names::DICTIONARY_CSV, dictionary_csv(policy, None).as_bytes())?;
    let manifest =
        manifest::manifest(as_of, policy, inputs.profile.clone(), intake, &selection.counts, files);
    staging.write(names::MANIFEST, to_json(&manifest).as_bytes())?;
    staging.write_checksums("")?;
    staging.write_with(names::QUARANTINE, |out| qa::write_quarantine(intake, out))?;
    staging.write(names::COUNTS, qa::counts_csv(&manifest).as_bytes())?;
    staging.write(names::INPUTS, to_json(inputs).as_bytes())?;
    let profile = inputs.profile.is_some().then(|| intake.effects.clone());
    let data = ReportData { settings: batch::Settings::of(policy, gate), tally, profile };
    staging.write(names::REPORT_DATA, to_json(&data).as_bytes())?;
    Ok((manifest, data))
}
