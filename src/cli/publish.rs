//! The last step of `run` and `write`: a batch is written, then published, or held back for a person to look at.

use super::CommandResult;
use super::failure::Failure;
use super::{events, finish, log};
use crate::assembly::{Assembled, Judging, assemble_batch};
use crate::batch::{Before, FileEntry, Finding, GateRecord, HoldRecord, Manifest, names};
use crate::policy::{GateKey, GateSettings, MaxAge, MaxChange, Policy};
use crate::registry::Source;
use crate::summary::are_of_another_batch;
use crate::value::{Day, grouped};
use crate::writer::{Contents, Staging};
use std::collections::{BTreeMap, BTreeSet};
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
    /// The gates that are turned off.
    pub(super) fn off(&self) -> &[GateKey] {
        &self.gate_off
    }

    /// The limits that are given in place of the policy's.
    pub(super) fn given(&self) -> Vec<(GateKey, String)> {
        let change = self.max_change.map(|limit| (GateKey::MaxChange, limit.to_string()));
        let age = self.max_export_age.map(|limit| (GateKey::MaxExportAge, limit.to_string()));
        // TOML has "off" in quotes.
        change.into_iter().chain(age).map(|(key, limit)| (key, limit.trim_matches('"').to_owned())).collect()
    }

    /// Whether a batch was judged under what is given here.
    pub(super) fn are_those_of(&self, record: &GateRecord) -> bool {
        let off: BTreeSet<&str> = self.off().iter().map(|key| key.name()).collect();
        let given = self.given();
        record.off.iter().map(String::as_str).collect::<BTreeSet<_>>() == off
            && record.given.len() == given.len()
            && given.iter().all(|(key, limit)| record.given.get(key.name()) == Some(limit))
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
            off: self.gate.off(),
            given: self.gate.given(),
            before: self.before,
            before_folder: before_folder.as_deref(),
            export_now: &|| Ok(self.export.map(Source::provenance_now).transpose()?.map(|now| now.files)),
            today: self.today,
            is_attended: self.is_attended,
        };
        let Assembled { manifest, gate, longer } = assemble_batch(contents, &judging, &staging)?;
        stage.written(&manifest);
        if !gate.not_compared.is_empty() {
            tracing::warn!(
                target: log::ACT,
                "the batch before does not keep what these gates compare, so that they said nothing: {}",
                gate.not_compared.join(", ")
            );
        }
        for warning in for_recipients(&manifest, &longer) {
            tracing::warn!("{warning}");
        }
        for Finding { reason, .. } in &gate.told {
            tracing::warn!(target: log::ACT, code = reason.code(), "{}", reason.line());
        }
        let published = publish_or_hold(self.out, staging, &manifest, gate);
        Ok((manifest, published))
    }
}

/// Rows of a spreadsheet, the header's among them; and bytes that programs with 32 bits can count.
const MOST_ROWS: u64 = 1_048_576;
const MOST_BYTES: u64 = 1 << 31;

/// What departments would meet that open the files with some programs: files that are too large, and texts that are too long by
/// the policy's `[lengths]`. `longer` has the facts with such a text, by column.
pub(super) fn for_recipients(manifest: &Manifest, longer: &BTreeMap<String, u64>) -> Vec<String> {
    let too_large = manifest.files.iter().filter(|file| is_beyond_programs(file)).map(|file| {
        let FileEntry { path, rows, bytes, .. } = file;
        // A file that is not written has no length yet.
        let bytes = if *bytes > 0 { format!(", {} bytes", grouped(*bytes)) } else { String::new() };
        format!(
            "{path}: {} rows{bytes}: Excel shows no more than 1,048,576 rows, and some programs read no more than 2 GB",
            grouped(*rows)
        )
    });
    let too_long = longer.iter().map(|(column, facts)| {
        format!(
            "{column}: {} fact(s) with a longer text than the policy's [lengths] has room for: the script for SAS cuts it",
            grouped(*facts)
        )
    });
    too_large.chain(too_long).collect()
}

/// Whether a file is too large for programs that recipients use.
fn is_beyond_programs(file: &FileEntry) -> bool {
    file.rows >= MOST_ROWS || file.bytes >= MOST_BYTES
}

/// Says it if summaries of a batch's month were made of another batch, which it has replaced: what they hide can't be told any more.
pub(super) fn warn_of_summaries(out: &Path, manifest: &Manifest) {
    let month = manifest.batch;
    match are_of_another_batch(out, manifest) {
        Ok(false) => {}
        Ok(true) => tracing::warn!(
            target: log::ACT,
            "summaries of {month} are out that were made of the batch before: none can be made here any more, unless that batch is put \
             back from a backup"
        ),
        Err(error) => tracing::warn!(
            target: log::ACT,
            "whether summaries of {month} are out that were made of the batch before can't be told: {error}"
        ),
    }
}

fn publish_or_hold(
    out: &Path,
    staging: Staging,
    manifest: &Manifest,
    gate: GateRecord,
) -> Result<PathBuf, Failure> {
    if gate.found.is_empty() {
        let place = staging.publish(&names::quarantine_aside(manifest.batch))?;
        tracing::info!(stage = "publish", batch = %manifest.batch, "batch published");
        finish::note_published(manifest.batch);
        warn_of_summaries(out, manifest);
        return Ok(place);
    }
    let why = HoldRecord { batch: manifest.batch, as_of: manifest.as_of, found: gate.found };
    let place = staging.hold(&why)?;
    Err(Failure::Held { why, place })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_files_are_told_of() {
        let check = |rows: u64, bytes: u64, expect: bool| {
            let file = FileEntry {
                path: String::new(),
                recipient: String::new(),
                rows,
                bytes,
                sha256: String::new(),
            };
            assert_eq!(is_beyond_programs(&file), expect, "{rows} {bytes}");
        };
        check(1_048_575, 250_000_000, false);
        // With the header it is one row too many.
        check(1_048_576, 250_000_000, true);
        check(1, (1 << 31) - 1, false);
        check(1, 1 << 31, true);
    }
}
