//! The last step of `run` and `write`: a batch is published, or held back for a person to look at.

use super::failure::Failure;
use crate::batch::Inputs;
use crate::batch::{Before, HoldReason, Manifest, names};
use crate::extract::FactCounts;
use crate::gate::{Candidate, judge};
use crate::policy::{GateSettings, MaxAge, MaxChange};
use crate::registry::FileStamp;
use crate::writer::Staging;
use std::fmt::{self, Write};
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
    pub(super) fn over(self, policy: GateSettings) -> GateSettings {
        GateSettings {
            max_change: self.max_change.unwrap_or(policy.max_change),
            max_export_age: self.max_export_age.unwrap_or(policy.max_export_age),
            ..policy
        }
    }
}

/// What decides whether a batch that is whole may be published.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gate<'a> {
    pub(super) settings: GateSettings,
    pub(super) before: &'a Before,
    pub(super) inputs: &'a Inputs,
    /// The export's files now; none if it is not at hand any more.
    pub(super) export_now: Option<&'a [FileStamp]>,
    pub(super) counts: &'a FactCounts,
    /// Whether somebody is there to read what the program says.
    pub(super) is_attended: bool,
}

/// Publishes a batch, if nothing speaks against it. Returns its place.
///
/// # Errors
/// If it had to be held back, or cannot be moved to its place.
pub(super) fn publish(staging: Staging, manifest: &Manifest, gate: Gate<'_>) -> Result<PathBuf, Failure> {
    let candidate = Candidate {
        manifest,
        tally: &Default::default(),
        evidence: &Default::default(),
        window_ends: crate::value::Day::parse(b"9999-12-31").unwrap_or(manifest.as_of),
        today: None,
        newest_vaccination: gate.counts.newest_vaccination(),
        export: &gate.inputs.export,
        export_now: gate.export_now,
        is_attended: gate.is_attended,
    };
    let verdict = judge(
        &gate.settings,
        &candidate,
        crate::gate::Reference { before: gate.before, tally: None, evidence: None },
    );
    for warning in &verdict.warnings {
        tracing::warn!("{}", warning.line());
    }
    let stops = Stops(verdict.stops);
    if stops.0.is_empty() {
        let place = staging.publish(&names::quarantine_aside(manifest.batch))?;
        tracing::info!(stage = "publish", batch = %manifest.batch, "batch published");
        return Ok(place);
    }
    let why = format!("The batch of {} is held back:\n{stops}\n", manifest.batch);
    let place = staging.hold(&crate::batch::HoldRecord {
        batch: manifest.batch,
        as_of: manifest.as_of,
        found: stops.0.iter().cloned().map(Into::into).collect(),
    })?;
    Err(Failure::Held { month: manifest.batch, stops, place })
}

/// What speaks against publishing a batch, a line each.
#[derive(Debug)]
pub(super) struct Stops(pub(super) Vec<HoldReason>);

impl fmt::Display for Stops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, stop) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_char('\n')?;
            }
            write!(f, "  {}", stop.line())?;
        }
        Ok(())
    }
}
