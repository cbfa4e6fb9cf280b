//! A whole batch: its files, its manifest, its dictionary.

use super::checksums::{self, Present};
use super::fault::{Fault, FaultCode, Faults, Findings};
use super::file::{self, Checked, Expected};
use super::{VerifyError, VerifySettings, manifest_of};
use crate::batch::{
    BatchError, Counts, FileEntry, HeaderNames, Links, Manifest, RulesVersion, names, read_own_file,
};
use crate::dictionary::{dictionary_csv, dictionary_md};
use crate::filter::Outcome;
use crate::parallel::for_each;
use crate::policy::ConsentRule;
use crate::policy::Policy;
use crate::registry::Code;
use crate::spill::Sorter;
use crate::value::Month;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

pub(super) fn verify_batch(folder: &Path, settings: VerifySettings<'_>) -> Result<Findings, VerifyError> {
    // Without a manifest it is no batch, and there is nothing to verify.
    let manifest = manifest_of(folder)?;
    let mut faults = Faults::new(settings.limit);
    let (present, folders) = checksums::check(folder, "", &mut faults)?;
    check_names(&present, &names::ALWAYS, "", &mut faults);
    for other in folders.iter().filter(|name| *name != names::QA) {
        faults.add(Fault::of_file(other, FaultCode::ExtraFile));
    }
    match folders.iter().any(|name| name == names::QA) {
        true => check_qa(folder, &mut faults)?,
        false => faults.add(Fault::of_file(names::QA, FaultCode::MissingFile)),
    }
    let in_dictionary = HeaderNames::beside(folder);
    let as_of = manifest.as_ref().ok().map(|manifest| manifest.as_of);
    let version = manifest.as_ref().ok().map(RulesVersion::of_batch);
    if version == Some(None) {
        faults.add(Fault::of_file(names::MANIFEST, FaultCode::NotAsWritten));
    }
    let rules = version.flatten().unwrap_or(RulesVersion::NEWEST);
    let expected = Expected::new(in_dictionary.as_ref(), as_of, rules, settings.policy);
    let names: Vec<&String> = present.keys().filter(|name| names::is_for_a_recipient(name)).collect();
    let check = |name: &&String| file::check(&folder.join(name), Links::Refused, name, &expected, settings);
    let checked = for_each(&names, settings.threads, check)?;
    let rows_of: BTreeMap<&str, u64> =
        names.iter().zip(&checked).map(|(name, checked)| (name.as_str(), checked.rows)).collect();
    // Every file of a batch ends its lines in one way.
    let line_end = checked.first().map(|checked| checked.line_end);
    for (name, _) in names.iter().zip(&checked).filter(|(_, checked)| Some(checked.line_end) != line_end) {
        faults.add(Fault::at_line(name, 1, FaultCode::WrongLineEnd));
    }
    if in_dictionary.is_none() && present.contains_key(names::DICTIONARY_CSV) {
        faults.add(Fault::of_file(names::DICTIONARY_CSV, FaultCode::NotAsWritten));
    }
    let mut ids = Sorter::new(settings.spill);
    let mut row_faults = Vec::with_capacity(checked.len());
    for Checked { faults, ids: own, .. } in checked {
        ids.absorb(own);
        row_faults.push(faults);
    }
    let facts = distinct(ids).map_err(VerifyError::Spill)?;
    match &manifest {
        Ok(manifest) => {
            // If files have other rows than they should, or rows without an id, that is told already.
            let rows_agree = manifest.files.iter().all(|f| rows_of.get(f.path.as_str()) == Some(&f.rows));
            let rows_agree = rows_agree && row_faults.iter().all(Faults::is_empty);
            if rows_agree && facts != manifest.facts.included {
                faults.add(Fault::of_file(names::MANIFEST, FaultCode::NumbersDisagree));
            }
            if is_of_other_month(folder, manifest) {
                faults.add(Fault::of_file(".", FaultCode::WrongFolderName));
            }
            check_numbers(manifest, &mut faults);
            check_entries(manifest, rules, &present, &rows_of, &mut faults);
            if let Some(policy) = settings.policy {
                check_policy(folder, policy, manifest, rules, &mut faults);
            }
        }
        Err(fault) => faults.add(fault.clone()),
    }
    // Last, so that many bad rows don't keep a missing file off the list.
    row_faults.into_iter().for_each(|own| faults.absorb(own));
    let findings = faults.into_findings();
    Ok(Findings { files: rows_of.len() as u64, rows: rows_of.values().sum(), ..findings })
}

/// How many different facts the files hold: one may stand in several.
fn distinct(mut ids: Sorter<u64>) -> std::io::Result<u64> {
    let (mut count, mut before) = (0, None);
    for id in ids.merge()? {
        let id = id?;
        count += u64::from(before != Some(id));
        before = Some(id);
    }
    Ok(count)
}

/// Whether the folder is named like a month, and another than the manifest's. What looks for a month's batch would take
/// it for that. Under any other name it may be kept, and looked at, wherever that is.
fn is_of_other_month(folder: &Path, manifest: &Manifest) -> bool {
    // What is given may be `.`, or a link.
    let name = folder.canonicalize().ok().and_then(|folder| Some(folder.file_name()?.to_str()?.to_owned()));
    name.and_then(|name| Month::parse(&name)).is_some_and(|month| month != manifest.batch)
}

/// Files that must be there, whatever the list of checksums says. `always` are paths in the batch, and `prefix` is what
/// those of this folder begin with.
fn check_names(present: &BTreeMap<String, Present>, always: &[&str], prefix: &str, faults: &mut Faults) {
    let is_there = |path: &str| path.strip_prefix(prefix).is_some_and(|name| present.contains_key(name));
    for path in always.iter().filter(|path| !is_there(path)) {
        faults.add(Fault::of_file(path, FaultCode::MissingFile));
    }
}

fn check_qa(folder: &Path, faults: &mut Faults) -> Result<(), VerifyError> {
    let prefix = format!("{}/", names::QA);
    let (present, folders) = checksums::check(&folder.join(names::QA), &prefix, faults)?;
    check_names(&present, &names::ALWAYS_IN_QA, &prefix, faults);
    let files = present.keys().map(|name| format!("{prefix}{name}"));
    let is_known = |path: &str| names::ALWAYS_IN_QA.contains(&path) || path == names::ORGANIZATIONS;
    let extra_files = files.filter(|path| !is_known(path));
    for path in extra_files.chain(folders.iter().map(|name| format!("{prefix}{name}"))) {
        faults.add(Fault::of_file(&path, FaultCode::ExtraFile));
    }
    Ok(())
}

/// The manifest's numbers against each other.
fn check_numbers(manifest: &Manifest, faults: &mut Faults) {
    let facts = &manifest.facts;
    let sum = |counts: &Counts| counts.values().map(|count| u128::from(*count)).sum::<u128>();
    let immunizations = manifest.tables.get("immunizations");
    let rules: Vec<&str> = ConsentRule::ALL.iter().map(|rule| rule.name()).collect();
    let is_outcome = |name: &String| Outcome::named(name).is_some();
    let is_code = |name: &String| Code::named(name).is_some();
    let mut paths = manifest.files.iter().map(|file| &file.path);
    let agree = [
        u128::from(facts.read) == u128::from(facts.included) + sum(&facts.excluded) + sum(&facts.quarantined),
        facts.excluded.keys().all(is_outcome) && !facts.excluded.contains_key(Outcome::Included.name()),
        manifest.tables.values().all(|table| sum(&table.quarantined) <= u128::from(table.rows)),
        manifest.tables.values().all(|table| table.quarantined.keys().all(is_code)),
        manifest.included_under.len() == rules.len()
            && rules.iter().all(|rule| manifest.included_under.get(*rule).is_some_and(|n| *n <= facts.read)),
        paths.by_ref().is_sorted_by(|a, b| a < b),
        immunizations.is_some_and(|table| table.rows == facts.read && table.quarantined == facts.quarantined),
        manifest.included_under.values().any(|count| *count == facts.included),
        manifest.batch == manifest.as_of.month(),
        // Every included fact goes to somebody, and to more than one at times.
        manifest.rows() >= facts.included && (manifest.rows() == 0) == (facts.included == 0),
        manifest.files.iter().all(|file| file.rows > 0),
    ];
    if agree.contains(&false) {
        faults.add(Fault::of_file(names::MANIFEST, FaultCode::NumbersDisagree));
    }
}

/// The manifest's files against those that are there.
fn check_entries(
    manifest: &Manifest,
    rules: RulesVersion,
    present: &BTreeMap<String, Present>,
    rows_of: &BTreeMap<&str, u64>,
    faults: &mut Faults,
) {
    for FileEntry { path, recipient, rows, bytes, sha256 } in &manifest.files {
        let Some(file) = present.get(path) else {
            faults.add(Fault::of_file(path, FaultCode::MissingFile));
            continue;
        };
        let mut hold = |holds: bool, code| {
            if !holds {
                faults.add(Fault::of_file(path, code));
            }
        };
        hold(*bytes == file.bytes, FaultCode::WrongSize);
        hold(*sha256 == file.sha256, FaultCode::WrongChecksum);
        hold(rows_of.get(path.as_str()) == Some(rows), FaultCode::WrongRowCount);
        let name = names::recipient_file(&rules.file_stem(recipient), manifest.batch);
        hold(*path == name, FaultCode::WrongFileName);
    }
    let listed =
        |name: &str| manifest.files.iter().any(|file| file.path == name) || names::ALWAYS.contains(&name);
    for name in present.keys().filter(|name| !listed(name)) {
        faults.add(Fault::of_file(name, FaultCode::ExtraFile));
    }
}

/// What the policy says of a batch: its hash, and the data dictionary.
fn check_policy(
    folder: &Path,
    policy: &Policy,
    manifest: &Manifest,
    rules: RulesVersion,
    faults: &mut Faults,
) {
    if manifest.policy.sha256 != policy.sha256 {
        faults.add(Fault::of_file(names::MANIFEST, FaultCode::OtherPolicy));
    }
    // Another version may have worded it otherwise; its names are held against the policy in each file's header.
    if rules != RulesVersion::NEWEST {
        return;
    }
    let dictionaries =
        [(names::DICTIONARY_MD, dictionary_md(policy)), (names::DICTIONARY_CSV, dictionary_csv(policy))];
    for (name, text) in dictionaries {
        match read_own_file(&folder.join(name)) {
            Ok(bytes) if bytes == text.as_bytes() => {}
            // That it is missing is told already.
            Err(BatchError::Unavailable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            // Also what cannot be a data dictionary, because it is no plain file or far too long.
            Ok(_) | Err(_) => faults.add(Fault::of_file(name, FaultCode::OtherPolicy)),
        }
    }
}
