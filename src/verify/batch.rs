//! A whole batch: its files, its manifest, its dictionary.

use super::checksums::{self, FolderContent, HashedFile};
use super::fault::{Fault, FaultCode, Faults, Findings};
use super::file::{self, Expected, FileCheck};
use super::{RowReader, VerifyError, VerifySettings, columns_of, manifest_of};
use crate::batch::{
    BatchError, Counts, Delivery, FileEntry, Links, Manifest, RulesVersion, has_packages, names,
    read_own_file,
};
use crate::dictionary::{dictionary_csv, dictionary_md};
use crate::elements::Element;
use crate::filter::Outcome;
use crate::package;
use crate::parallel::for_each;
use crate::policy::ConsentRule;
use crate::policy::Policy;
use crate::registry::Code;
use crate::spill::Sorter;
use crate::value::Month;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

/// Verifies a batch. `reader_of`: see `verify_reading`.
pub(super) fn verify_batch<R: RowReader>(
    folder: &Path,
    settings: VerifySettings<'_>,
    reader_of: impl Fn(&str, &[&'static Element]) -> R + Sync,
) -> Result<(Findings, Vec<R>), VerifyError> {
    // Without a manifest it is no batch, and there is nothing to verify.
    let manifest = manifest_of(folder)?;
    let mut faults = Faults::new(settings.limit);
    let FolderContent { files, folders, packages, .. } = checksums::check(folder, "", &mut faults)?;
    check_names(&files, &names::ALWAYS, &mut faults);
    for other in folders.iter().filter(|name| *name != names::QA) {
        faults.add(Fault::of_file(other, FaultCode::ExtraFile));
    }
    if folders.iter().any(|name| name == names::QA) {
        check_qa(folder, &mut faults)?;
    } else {
        faults.add(Fault::of_file(names::QA, FaultCode::MissingFile));
    }
    let columns = columns_of(folder, settings.elements);
    let is_dictionary_readable = columns.is_some();
    let as_of = manifest.as_ref().ok().map(|manifest| manifest.as_of);
    let version = manifest.as_ref().ok().map(RulesVersion::of_batch);
    if version == Some(None) {
        faults.add(Fault::of_file(names::MANIFEST, FaultCode::NotAsWritten));
    }
    let rules = version.flatten().unwrap_or(RulesVersion::NEWEST);
    let has_mark = manifest.as_ref().is_ok_and(|manifest| manifest.bom);
    let expected = Expected::new(columns, as_of, rules, has_mark, settings);
    let names: Vec<&String> = files.keys().filter(|name| names::is_for_a_recipient(name)).collect();
    let elements = expected.elements();
    let check = |name: &&String| {
        let mut reader = reader_of(name, &elements);
        let checked =
            file::check(&folder.join(name), Links::Refused, name, &expected, settings, &mut reader)?;
        Ok::<_, VerifyError>((checked, reader))
    };
    let (checked, readers): (Vec<FileCheck>, Vec<R>) =
        for_each(&names, settings.threads, check)?.into_iter().unzip();
    let rows_of: BTreeMap<&str, u64> =
        names.iter().zip(&checked).map(|(name, checked)| (name.as_str(), checked.rows)).collect();
    // Every file of a batch ends its lines in one way: that of those which are what the manifest says, else of most of them.
    // One that was changed on the way accuses no other.
    let is_as_listed = |name: &str| {
        let entry = manifest.as_ref().ok().and_then(|m| m.files.iter().find(|entry| entry.path == name));
        entry.is_some_and(|entry| files[name].sha256 == entry.sha256)
    };
    let like = |file: &FileCheck| checked.iter().filter(|other| other.line_end == file.line_end).count();
    let weight = |name: &str, file: &FileCheck| (is_as_listed(name), like(file));
    let heaviest = names.iter().zip(&checked).rev().max_by_key(|(name, file)| weight(name, file));
    let line_end = heaviest.map(|(_, file)| file.line_end);
    for (name, _) in names.iter().zip(&checked).filter(|(_, checked)| Some(checked.line_end) != line_end) {
        faults.add(Fault::at_line(name, 1, FaultCode::WrongLineEnd));
    }
    if !is_dictionary_readable && files.contains_key(names::DICTIONARY_CSV) {
        faults.add(Fault::of_file(names::DICTIONARY_CSV, FaultCode::NotAsWritten));
    }
    let mut ids = Sorter::new(settings.spill);
    let mut row_faults = Vec::with_capacity(checked.len());
    for FileCheck { faults, ids: own, .. } in checked {
        ids.absorb(own);
        row_faults.push(faults);
    }
    let facts = distinct(ids)?;
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
            check_entries(folder, manifest, rules, &files, &rows_of, &mut faults);
            check_packages(folder, manifest, &files, &packages, &mut faults);
            if let Some(policy) = settings.policy {
                let is_dictionary_todays =
                    rules == RulesVersion::NEWEST && expected.has_all(settings.elements);
                check_policy(folder, policy, manifest, is_dictionary_todays, &mut faults);
            }
        }
        Err(fault) => faults.add(fault.clone()),
    }
    // Last, so that many bad rows don't keep a missing file off the list.
    row_faults.into_iter().for_each(|own| faults.absorb(own));
    let findings = faults.into_findings();
    let findings = Findings { files: rows_of.len() as u64, rows: rows_of.values().sum(), ..findings };
    Ok((findings, readers))
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

/// Files that must be there, whatever the list of checksums says.
fn check_names(files: &BTreeMap<String, HashedFile>, always: &[&str], faults: &mut Faults) {
    for path in always.iter().filter(|path| !files.contains_key(**path)) {
        faults.add(Fault::of_file(path, FaultCode::MissingFile));
    }
}

fn check_qa(folder: &Path, faults: &mut Faults) -> Result<(), VerifyError> {
    let prefix = format!("{}/", names::QA);
    let FolderContent { files, folders, .. } = checksums::check(&folder.join(names::QA), &prefix, faults)?;
    check_names(&files, &names::ALWAYS_IN_QA, faults);
    let known = [&names::ALWAYS_IN_QA[..], &names::AT_TIMES_IN_QA].concat();
    let extra_files = files.keys().filter(|path| !known.contains(&path.as_str()));
    for path in extra_files.chain(&folders) {
        faults.add(Fault::of_file(path, FaultCode::ExtraFile));
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
    folder: &Path,
    manifest: &Manifest,
    rules: RulesVersion,
    files: &BTreeMap<String, HashedFile>,
    rows_of: &BTreeMap<&str, u64>,
    faults: &mut Faults,
) {
    for FileEntry { path, recipient, rows, bytes, sha256 } in &manifest.files {
        let Some(file) = files.get(path) else {
            faults.add(Fault::of_file(path, FaultCode::MissingFile));
            continue;
        };
        let mut hold = |holds: bool, code| {
            if !holds {
                faults.add(Fault::of_file(path, code));
            }
        };
        let is_same = (*bytes, sha256) == (file.bytes, &file.sha256);
        if !is_same
            && checksums::difference(&folder.join(path), Links::Refused, sha256) == FaultCode::LineEndsChanged
        {
            hold(false, FaultCode::LineEndsChanged);
        } else {
            hold(*bytes == file.bytes, FaultCode::WrongSize);
            hold(*sha256 == file.sha256, FaultCode::WrongChecksum);
        }
        hold(rows_of.get(path.as_str()) == Some(rows), FaultCode::WrongRowCount);
        let name = names::recipient_file(&rules.file_stem(recipient), manifest.batch);
        hold(*path == name, FaultCode::WrongFileName);
    }
    let listed =
        |name: &str| manifest.files.iter().any(|file| file.path == name) || names::ALWAYS.contains(&name);
    for name in files.keys().filter(|name| !listed(name) && !names::is_in_a_package(name)) {
        faults.add(Fault::of_file(name, FaultCode::ExtraFile));
    }
}

/// Whether each recipient has its package, with its own file and what every package has, and with nothing else.
fn check_packages(
    folder: &Path,
    manifest: &Manifest,
    files: &BTreeMap<String, HashedFile>,
    packages: &[String],
    faults: &mut Faults,
) {
    let mut expected = BTreeSet::new();
    for file in manifest.files.iter().filter(|_| has_packages(manifest)) {
        // That a file has another name than it should is told already.
        let Some(package) = names::package_of(&file.path) else { continue };
        let path = |name: &str| format!("{package}/{name}");
        if !packages.contains(&package) {
            faults.add(Fault::of_file(&package, FaultCode::MissingFile));
            continue;
        }
        let own = names::ALWAYS_IN_PACKAGE.iter().copied().chain([file.path.as_str()]);
        for path in own.map(path) {
            if !files.contains_key(&path) {
                faults.add(Fault::of_file(&path, FaultCode::MissingFile));
            }
            expected.insert(path);
        }
        for name in texts_of_others(folder, &package, file, manifest) {
            faults.add(Fault::of_file(&path(name), FaultCode::NotAsWritten));
        }
        let excel_copy = path(&names::excel_copy_of(&file.path));
        if files.contains_key(&excel_copy) {
            check_excel_copy(folder, &file.path, &excel_copy, files, faults);
            expected.insert(excel_copy);
        }
        // What is wrong with the batch's own file is told already.
        let is_original_wrong = files.get(&file.path).is_some_and(|found| found.sha256 != file.sha256);
        let is_told = |path: &str, _: &BTreeSet<&String>| {
            is_original_wrong && checksums::is_told_of_original(path, files)
        };
        let copy = path(&file.path);
        if files.get(&copy).is_some_and(|found| found.sha256 != file.sha256)
            && !is_told(&copy, &BTreeSet::new())
        {
            faults.add(Fault::of_file(&copy, FaultCode::WrongChecksum));
        }
        let in_it = files.range(path("")..).take_while(|(file, _)| file.starts_with(&path("")));
        let in_it = in_it.map(|(path, file)| (path.clone(), file.clone())).collect();
        checksums::check_own_list(&folder.join(&package), &in_it, &path(""), &is_told, faults);
    }
    let is_extra = |path: &&String| names::is_in_a_package(path) && !expected.contains(*path);
    let extra_packages = packages.iter().filter(|package| !any_in(&expected, &format!("{package}/")));
    for path in files.keys().filter(is_extra).chain(extra_packages) {
        faults.add(Fault::of_file(path, FaultCode::ExtraFile));
    }
}

/// Whether a path of a folder, which ends with a slash, is among them.
fn any_in(paths: &BTreeSet<String>, folder: &str) -> bool {
    paths.range(folder.to_owned()..).next().is_some_and(|path| path.starts_with(folder))
}

/// The texts of a package that say of themselves that they are another recipient's, or another batch's.
fn texts_of_others(folder: &Path, package: &str, file: &FileEntry, manifest: &Manifest) -> Vec<&'static str> {
    let read = |name: &str| read_own_file(&folder.join(package).join(name)).ok();
    let names_its_file =
        [names::README, names::DICTIONARY_MD, names::DATAPACKAGE].into_iter().filter(|name| {
            let is_named = |text: Vec<u8>| String::from_utf8_lossy(&text).contains(&file.path);
            // That it is missing is told already.
            read(name).is_some_and(|text| !is_named(text))
        });
    let names_its_recipient = [names::DICTIONARY_CSV].into_iter().filter(|name| {
        let own = [file.recipient.clone(), manifest.batch.to_string(), manifest.as_of.to_string()];
        read(name).is_some_and(|text| !is_dictionary_of(&text, &own))
    });
    names_its_file.chain(names_its_recipient).collect()
}

/// Whether every row of a dictionary names this recipient, batch and as-of date.
fn is_dictionary_of(text: &[u8], own: &[String; 3]) -> bool {
    let mut reader = csv::Reader::from_reader(text);
    let places = reader.headers().ok().and_then(|headers| {
        let place = |wanted: &str| headers.iter().position(|name| name == wanted);
        Some([place("RECIPIENT")?, place("BATCH")?, place("AS_OF")?])
    });
    let Some(places) = places else { return false };
    reader.records().all(|record| {
        record.is_ok_and(|record| places.iter().zip(own).all(|(place, own)| record.get(*place) == Some(own)))
    })
}

/// Whether the copy for Excel of a package that has one is what would be made of the batch's file.
fn check_excel_copy(
    folder: &Path,
    original: &str,
    copy: &str,
    files: &BTreeMap<String, HashedFile>,
    faults: &mut Faults,
) {
    // A file that is missing, or is no rows, is told of already.
    let made = files.get(original).and_then(|_| checksums::hash_of_excel_copy(&folder.join(original)).ok());
    if made.is_some_and(|made| made != files[copy].sha256) {
        faults.add(Fault::of_file(copy, FaultCode::WrongChecksum));
    }
}

/// What the policy says of a batch: its hash, and the data dictionary, if it would be written in the same words today.
fn check_policy(
    folder: &Path,
    policy: &Policy,
    manifest: &Manifest,
    is_dictionary_todays: bool,
    faults: &mut Faults,
) {
    if manifest.policy.sha256 != policy.sha256 {
        faults.add(Fault::of_file(names::MANIFEST, FaultCode::OtherPolicy));
    }
    // Another version may have worded it otherwise; its names are held against the policy in each file's header.
    if !is_dictionary_todays {
        return;
    }
    let own = [
        (names::DICTIONARY_MD, dictionary_md(policy, None)),
        (names::DICTIONARY_CSV, dictionary_csv(policy, None)),
    ];
    let mut expected: Vec<_> = own.map(|(name, text)| (name.to_owned(), text)).into();
    for file in manifest.files.iter().filter(|_| has_packages(manifest)) {
        let Some(package) = names::package_of(&file.path) else { continue };
        let delivery = Delivery { recipient: &file.recipient, as_of: manifest.as_of, file };
        let texts = package::descriptions(policy, &delivery).into_iter().chain(package::scripts(policy));
        expected.extend(texts.map(|(name, text)| (format!("{package}/{name}"), text)));
        let copy = format!("{package}/{}", names::excel_copy_of(&file.path));
        if std::fs::symlink_metadata(folder.join(&copy)).is_ok() != policy.excel_copy {
            faults.add(Fault::of_file(&copy, FaultCode::OtherPolicy));
        }
    }
    for (name, text) in &expected {
        match read_own_file(&folder.join(name)) {
            Ok(bytes) if bytes == text.as_bytes() => {}
            // That it is missing is told already.
            Err(BatchError::Unavailable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            // Also what cannot be a data dictionary, because it is no plain file or far too long.
            Ok(_) | Err(_) => faults.add(Fault::of_file(name, FaultCode::OtherPolicy)),
        }
    }
}
