//! Puts a batch together in the staging folder: the writer's files, what the gate finds, and the report.
//!
//! The report is made here as `phds report` makes it later: from what the batch keeps, and from nothing else.

use crate::batch::{
    Before, Evidence, Finding, GateRecord, Inputs, Kept, Manifest, ReleaseRecord, ReportData, Settings,
    Tally, names, to_json,
};
use crate::extract::Selection;
use crate::filter::Routing;
use crate::gate::{Candidate, Reference, Verdict, judge};
use crate::policy::{GateKey, GateSettings, Policy};
use crate::registry::{FileStamp, RegistryError};
use crate::report::{self, Report};
use crate::value::{Day, name::look_alikes};
use crate::writer::{Contents, Staging, WriteError, preview, write_files};
use std::collections::BTreeMap;
use std::path::Path;

/// What a batch is judged by.
pub struct Judging<'a> {
    /// The gates that were turned off for this run.
    pub off: &'a [GateKey],
    /// The limits that the command line set in place of the policy's.
    pub given: Vec<(GateKey, String)>,
    /// The batch before.
    pub before: &'a Before,
    /// Where that lies: the folder of its month.
    pub before_folder: Option<&'a Path>,
    /// The export's files as they are now; none if it is not at hand any more.
    pub export_now: &'a dyn Fn() -> Result<Option<Vec<FileStamp>>, RegistryError>,
    /// The day that the clock showed when the command started, if the as-of date was taken from it.
    pub today: Option<Day>,
    /// Whether somebody is there to read what the program says.
    pub is_attended: bool,
}

/// A batch that lies in the staging folder, whole.
#[derive(Debug)]
pub struct Assembled {
    pub manifest: Manifest,
    /// What the gate saw and found. The batch may be published at once if it found nothing.
    pub gate: GateRecord,
    /// Values longer than the policy's `[lengths]`, by column.
    pub longer: BTreeMap<String, u64>,
}

/// Why a batch could not be put together.
#[derive(thiserror::Error, Debug)]
pub enum AssemblyError {
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The export could not be looked at once more.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// Writes every file of a batch into the staging folder, and judges it.
///
/// # Errors
/// If a file cannot be written, a recipient's name makes no file name of its own, or the export cannot be looked at once
/// more.
pub fn assemble_batch(
    contents: Contents<'_>,
    judging: &Judging<'_>,
    staging: &Staging,
) -> Result<Assembled, AssemblyError> {
    let Contents { policy, gate: limits, selection, inputs, .. } = contents;
    let mut evidence = evidence(&contents);
    let (manifest, counts) = write_files(contents, staging)?;
    let made_from = MadeFrom { policy, limits, selection, inputs };
    let kept = judging.before_folder.map(Kept::of_batch).unwrap_or_default();
    let verdict = judge_batch(&manifest, &counts.tally, &mut evidence, made_from, &kept, judging)?;
    let gate = GateRecord {
        evidence,
        off: judging.off.iter().map(|key| key.name().to_owned()).collect(),
        given: judging.given.iter().map(|(key, limit)| (key.name().to_owned(), limit.clone())).collect(),
        found: verdict.stops.into_iter().map(Finding::from).collect(),
        told: verdict.warnings.into_iter().map(Finding::from).collect(),
        not_compared: verdict.not_compared.iter().map(|key| (*key).to_owned()).collect(),
    };
    staging.write(names::GATE_RECORD, to_json(&gate).as_bytes())?;
    let report = Report {
        manifest: &manifest,
        data: &counts,
        inputs: Some(inputs),
        gate: Some(&gate),
        release: None,
        before: judging.before,
        data_before: kept.counts.as_ref(),
        cvx: None,
    };
    staging.write(names::REPORT, report::page(&report).as_bytes())?;
    staging.write_checksums(&format!("{}/", names::QA))?;
    Ok(Assembled { manifest, gate, longer: counts.tally.longer })
}

/// A batch that was judged and not written.
pub struct Unwritten {
    /// Lacks the lengths and hashes of the files.
    pub manifest: Manifest,
    pub verdict: Verdict,
    /// Signs of bad source data, in words.
    pub signs: Vec<String>,
    /// By column, the facts with a longer text than the policy has room for.
    pub longer: BTreeMap<String, u64>,
}

/// Judges a batch without writing it.
///
/// # Errors
/// If a recipient's name makes no file name of its own, or the export cannot be looked at once more.
pub fn judge_unwritten(contents: &Contents<'_>, judging: &Judging<'_>) -> Result<Unwritten, AssemblyError> {
    let Contents { policy, gate: limits, selection, inputs, .. } = *contents;
    let mut evidence = evidence(contents);
    let (manifest, tally) = preview(contents)?;
    let made_from = MadeFrom { policy, limits, selection, inputs };
    let kept = judging.before_folder.map(Kept::of_batch).unwrap_or_default();
    let verdict = judge_batch(&manifest, &tally, &mut evidence, made_from, &kept, judging)?;
    let data = ReportData { settings: Settings::of(policy, limits), tally, profile: None };
    let signs = report::signs_of_bad_data(&manifest, &data);
    Ok(Unwritten { signs, manifest, verdict, longer: data.tally.longer })
}

/// What is seen of the export before it is known which recipients have rows.
fn evidence(contents: &Contents<'_>) -> Evidence {
    let Contents { selection, reference, .. } = *contents;
    let entities: Vec<&str> = reference.organizations.entities().map(|(entity, _)| entity).collect();
    let reached = selection.organizations.reached().map(|place| entities[place as usize]);
    Evidence {
        tables: contents.intake.contents().collect(),
        repeated_consents: contents.intake.repeated_consents,
        unmatched_recipients: Routing::unmatched(entities.iter().copied(), reference.recipients.as_deref()),
        look_alikes: look_alikes(reached.filter(|entity| !entity.is_empty())),
    }
}

/// What a batch is made from, as far as the gate looks at it.
#[derive(Clone, Copy)]
struct MadeFrom<'a> {
    policy: &'a Policy,
    limits: &'a GateSettings,
    selection: &'a Selection,
    inputs: &'a Inputs,
}

/// Judges a batch. Adds to the evidence the recipients' names that look alike.
fn judge_batch(
    manifest: &Manifest,
    tally: &Tally,
    evidence: &mut Evidence,
    MadeFrom { policy, limits, selection, inputs }: MadeFrom<'_>,
    kept: &Kept,
    judging: &Judging<'_>,
) -> Result<Verdict, AssemblyError> {
    let recipients = manifest.files.iter().map(|file| file.recipient.as_str());
    evidence.look_alikes.extend(look_alikes(recipients));
    evidence.look_alikes.sort();
    evidence.look_alikes.dedup();
    // A file of the export that has grown since reading began was not read whole.
    let export_now = (judging.export_now)()?;
    let candidate = Candidate {
        manifest,
        tally,
        evidence,
        window_ends: policy.window.last_day,
        newest_vaccination: selection.counts.newest_vaccination(),
        export: &inputs.export,
        export_now: export_now.as_deref(),
        today: judging.today,
        is_attended: judging.is_attended,
    };
    let reference = Reference {
        before: judging.before,
        tally: kept.counts.as_ref().map(|counts| &counts.tally),
        evidence: kept.gate.as_ref().map(|gate| &gate.evidence),
        damaged: &kept.damaged,
    };
    Ok(judge(limits, &candidate, reference))
}

/// Adds to a held batch, of which a sound copy lies in the staging folder, who publishes it and why, and says so in its
/// report. Nothing outside `qa/` changes.
///
/// # Errors
/// If that cannot be written.
pub fn add_release(
    staging: &Staging,
    release: &ReleaseRecord,
    before: &Before,
    data_before: Option<&ReportData>,
) -> Result<(), WriteError> {
    let (folder, batch) = (format!("{}/", names::QA), staging.batch());
    staging.adopt_checksums(&folder)?;
    staging.replace(names::RELEASE, to_json(release).as_bytes())?;
    // A batch that an older version held may lack some of this; its report then stays as it is.
    if let (Ok(manifest), Ok(data)) = (Manifest::of_batch(&batch), ReportData::of_batch(&batch)) {
        let (inputs, gate) = (Inputs::of_batch(&batch).ok(), GateRecord::of_batch(&batch).ok());
        let report = Report {
            manifest: &manifest,
            data: &data,
            inputs: inputs.as_ref(),
            gate: gate.as_ref(),
            release: Some(release),
            before,
            data_before,
            cvx: None,
        };
        staging.replace(names::REPORT, report::page(&report).as_bytes())?;
    }
    staging.write_checksums(&folder)
}
