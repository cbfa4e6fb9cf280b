//! The last step of `run` and `write`: a batch is written, then published, or held back for a person to look at.

use super::events;
use super::failure::Failure;
use crate::assembly::assemble_batch;
use crate::batch::{Before, HoldReason, Manifest, names};
use crate::gate::{Candidate, judge};
use crate::policy::{GateSettings, MaxAge, MaxChange};
use crate::registry::Source;
use crate::writer::{Contents, Staging};
use std::fmt;
use std::path::PathBuf;

/// Thresholds that the command line sets in place of the policy's.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(super) struct GateArgs {
    /// Hold the batch back if a recipient's rows change by more against the batch before, such as 25%; or "off"
    #[arg(long, value_name = "PCT")]
    max_change: Option<MaxChange>,
    /// Hold it back if a file of the export was last changed longer before the as-of date, such as 7d; or "off"
    #[arg(long, value_name = "DAYS")]
    max_export_age: Option<MaxAge>,
}

impl GateArgs {
    /// The policy's thresholds, but for those that are given here.
    fn over(self, policy: GateSettings) -> GateSettings {
        GateSettings {
            max_change: self.max_change.unwrap_or(policy.max_change),
            max_export_age: self.max_export_age.unwrap_or(policy.max_export_age),
            ..policy
        }
    }
}

/// How the last step is taken.
#[derive(Clone, Copy)]
pub(super) struct LastStep<'a> {
    pub(super) gate: GateArgs,
    /// The batch before, with which this one is compared.
    pub(super) before: &'a Before,
    /// The export, if it is still at hand.
    pub(super) export: Option<&'a dyn Source>,
    /// Whether somebody is there to read what the program says.
    pub(super) is_attended: bool,
}

impl LastStep<'_> {
    /// Writes a batch, and publishes it if nothing speaks against it. Returns its manifest, and its place or why it is
    /// not published.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn write_and_publish(
        self,
        contents: Contents<'_>,
        staging: Staging,
        stage: &mut events::Stage,
    ) -> Result<(Manifest, Result<PathBuf, Failure>), Failure> {
        let Contents { policy, selection, inputs, .. } = contents;
        let manifest = assemble_batch(contents, self.before, &staging)?;
        stage.written(&manifest);
        // A file of the export that has grown since reading began was not read whole.
        let now = self.export.map(Source::provenance_now).transpose()?;
        let candidate = Candidate {
            as_of: manifest.as_of,
            recipients: manifest.files.iter().map(|file| (file.recipient.as_str(), file.rows)).collect(),
            included: manifest.facts.included,
            newest_vaccination: selection.counts.newest_vaccination(),
            export: &inputs.export,
            export_now: now.as_ref().map(|now| now.files.as_slice()),
            is_attended: self.is_attended,
        };
        let verdict = judge(&self.gate.over(policy.gate), &candidate, self.before);
        for warning in &verdict.warnings {
            tracing::warn!("{}", warning.line());
        }
        let published = publish_or_hold(staging, &manifest, Stops(verdict.stops));
        Ok((manifest, published))
    }
}

fn publish_or_hold(staging: Staging, manifest: &Manifest, stops: Stops) -> Result<PathBuf, Failure> {
    if stops.0.is_empty() {
        let place = staging.publish(&names::quarantine_aside(manifest.batch))?;
        tracing::info!(stage = "publish", batch = %manifest.batch, "batch published");
        return Ok(place);
    }
    let why = format!("The batch of {} is held back:\n{stops}\n", manifest.batch);
    let place = staging.hold(&why)?;
    Err(Failure::Held { month: manifest.batch, stops, place })
}

/// What speaks against publishing a batch, a line each.
#[derive(Debug)]
pub(super) struct Stops(pub(super) Vec<HoldReason>);

impl fmt::Display for Stops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, stop) in self.0.iter().enumerate() {
            write!(f, "{}  {}", if number > 0 { "\n" } else { "" }, stop.line())?;
        }
        Ok(())
    }
}
