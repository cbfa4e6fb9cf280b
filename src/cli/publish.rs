//! The last step of `run` and `write`: a batch is written, then published, or held back for a person to look at.

use super::CommandResult;
use super::failure::Failure;
use super::{events, finish, log};
use crate::assembly::{Assembled, Judging, assemble_batch};
use crate::batch::{Before, Finding, GateRecord, HoldRecord, Manifest, names};
use crate::policy::{GateKey, GateSettings, MaxAge, MaxChange, Policy};
use crate::registry::Source;
use crate::value::Day;
use crate::writer::{Contents, Staging};
use std::path::{Path, PathBuf};

/// Thresholds that the command line sets in place of the policy's.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct GateArgs {
    /// Hold the batch back if a recipient's rows change by more against the batch before, such as 25%; or "off"
    #[arg(long, value_name = "PCT")]
    max_change: Option<MaxChange>,
    /// Hold it back if a file of the export was last changed longer before the as-of date, such as 7d; or "off"
    #[arg(long, value_name = "DAYS")]
    max_export_age: Option<MaxAge>,
    /// Turn a gate off for this run, by its key in the policy, such as same_export; may be repeated
    #[arg(long, value_name = "KEY", value_parser = gate_key)]
    gate_off: Vec<GateKey>,
}

fn gate_key(text: &str) -> Result<GateKey, String> {
    let keys = <GateKey as strum::VariantNames>::VARIANTS.join(", ");
    text.parse().map_err(|_| format!("no key of a gate: {keys}"))
}

impl GateArgs {
    /// Whether the command line says anything of the gates.
    pub(super) fn is_given(&self) -> bool {
        self.max_change.is_some() || self.max_export_age.is_some() || !self.gate_off.is_empty()
    }

    /// The policy's thresholds, but for those that are given here, and without the gates that are turned off.
    pub(super) fn over(&self, policy: GateSettings) -> GateSettings {
        let mut settings = GateSettings {
            max_change: self.max_change.unwrap_or(policy.max_change),
            max_export_age: self.max_export_age.unwrap_or(policy.max_export_age),
            ..policy
        };
        self.gate_off.iter().for_each(|gate| settings.turn_off(*gate));
        settings
    }
}

impl GateArgs {
    /// Refuses an export without `control`, where the policy requires it.
    pub(super) fn check_control(&self, policy: &Policy, has_control: bool, export: &Path) -> CommandResult {
        if self.over(policy.gate).require_control && !has_control {
            return Err(Failure::NoControl { export: export.to_owned() });
        }
        Ok(())
    }
}

/// How the last step is taken.
#[derive(Clone, Copy)]
pub(super) struct LastStep<'a> {
    pub(super) gate: &'a GateArgs,
    /// The batch before, with which this one is compared.
    pub(super) before: &'a Before,
    /// The place of batches.
    pub(super) out: &'a Path,
    /// The export, if it is still at hand.
    pub(super) export: Option<&'a dyn Source>,
    /// The day that the clock showed, if the as-of date was taken from it.
    pub(super) today: Option<Day>,
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
        let before_folder = self.before.manifest().map(|before| self.out.join(before.batch.to_string()));
        let judging = Judging {
            off: &self.gate.gate_off,
            before: self.before,
            before_folder: before_folder.as_deref(),
            export_now: &|| Ok(self.export.map(Source::provenance_now).transpose()?.map(|now| now.files)),
            today: self.today,
            is_attended: self.is_attended,
        };
        let Assembled { manifest, gate } = assemble_batch(contents, &judging, &staging)?;
        stage.written(&manifest);
        if !gate.not_compared.is_empty() {
            tracing::warn!(
                target: log::ACT,
                "the batch before does not keep what these gates compare, so that they said nothing: {}",
                gate.not_compared.join(", ")
            );
        }
        for Finding { reason, .. } in &gate.told {
            tracing::warn!(target: log::ACT, code = reason.code(), "{}", reason.line());
        }
        let published = publish_or_hold(staging, &manifest, gate);
        Ok((manifest, published))
    }
}

fn publish_or_hold(staging: Staging, manifest: &Manifest, gate: GateRecord) -> Result<PathBuf, Failure> {
    if gate.found.is_empty() {
        let place = staging.publish(&names::quarantine_aside(manifest.batch))?;
        tracing::info!(stage = "publish", batch = %manifest.batch, "batch published");
        finish::note_published(manifest.batch);
        return Ok(place);
    }
    let why = HoldRecord { batch: manifest.batch, as_of: manifest.as_of, found: gate.found };
    let place = staging.hold(&why)?;
    Err(Failure::Held { why, place })
}
