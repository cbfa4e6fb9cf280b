//! Which files of the two sides belong together: those of one recipient, as the manifests of both have it. What a
//! manifest does not know goes by its name.

use super::CompareError;
use super::files::{Pair, open};
use crate::batch::names::{self, stem_of};
use crate::batch::{BatchColumn, BatchError, Links, Manifest, columns_beside, usual_columns};
use crate::elements::Element;
use crate::value::name;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Finds the files of two batches, or takes two single files, and pairs them, in the order of their names.
pub(super) fn pairs(old: &Path, new: &Path, elements: &'static [Element]) -> Result<Vec<Pair>, CompareError> {
    let layout = |folder: &Path| columns_beside(folder, elements).unwrap_or_else(|| usual_columns(elements));
    let is_folder = |path: &Path| {
        let found = std::fs::metadata(path).map_err(|source| BatchError::unavailable(path, source));
        found.map(|found| found.is_dir())
    };
    match (is_folder(old)?, is_folder(new)?) {
        (false, false) => {
            let name = match (stem_of(old), stem_of(new)) {
                (Some(old), Some(new)) if old.eq_ignore_ascii_case(new) => new.to_owned(),
                _ => "(file)".to_owned(),
            };
            let open_single = |path: &Path| {
                let layout = layout(path.parent().unwrap_or(Path::new("")));
                open(path, Links::Followed, &layout, elements)
            };
            Ok(vec![Pair { name, sides: [Some(open_single(old)?), Some(open_single(new)?)] }])
        }
        (true, true) => {
            let [old_layout, new_layout] = [old, new].map(layout);
            let open_in = |file: &Option<BatchFile>, layout: &[BatchColumn]| {
                file.as_ref().map(|file| open(&file.path, Links::Refused, layout, elements)).transpose()
            };
            let (old, new) = both_sides(old, new)?;
            let pairs = belonging_together(old, new).into_iter().map(|[old, new]| {
                let name = new.as_ref().or(old.as_ref()).map(|file| file.stem.clone()).unwrap_or_default();
                Ok(Pair { name, sides: [open_in(&old, &old_layout)?, open_in(&new, &new_layout)?] })
            });
            pairs.collect()
        }
        _ => Err(CompareError::NotAlike),
    }
}

/// A recipient's file in a batch.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct BatchFile {
    /// Its name without the month.
    stem: String,
    path: PathBuf,
    /// The recipient that both batches would know it by, folded.
    recipient: Option<String>,
}

impl BatchFile {
    /// Names of files are the same whatever their case: on some systems they can't be told apart.
    fn stem_folded(&self) -> String {
        self.stem.to_ascii_lowercase()
    }
}

/// The recipients' files in two batches.
fn both_sides(old: &Path, new: &Path) -> Result<(Vec<BatchFile>, Vec<BatchFile>), CompareError> {
    let [old_manifest, new_manifest] = [old, new].map(|folder| Manifest::of_batch(folder).ok());
    // If one cannot be read, the names of files are all that both have.
    let (old_manifest, new_manifest) = old_manifest.zip(new_manifest).unzip();
    Ok((files_in(old, old_manifest.as_ref())?, files_in(new, new_manifest.as_ref())?))
}

/// The recipients' files in a batch, in the order of their names.
fn files_in(folder: &Path, manifest: Option<&Manifest>) -> Result<Vec<BatchFile>, CompareError> {
    let unavailable = |source| BatchError::unavailable(folder, source);
    let recipients: BTreeMap<&str, &str> = manifest
        .iter()
        .flat_map(|manifest| &manifest.files)
        .map(|file| (file.path.as_str(), file.recipient.as_str()))
        .collect();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unavailable)? {
        let path = entry.map_err(unavailable)?.path();
        let Some(stem) = stem_of(&path).map(str::to_owned) else { continue };
        let name = path.file_name().and_then(|name| name.to_str());
        let recipient = name.and_then(|name| recipients.get(name)).map(|recipient| name::fold(recipient));
        files.push(BatchFile { stem, path, recipient });
    }
    if files.is_empty() && !folder.join(names::MANIFEST).is_file() {
        return Err(BatchError::NoBatch { path: folder.to_owned() }.into());
    }
    files.sort();
    let mut by_stem: BTreeMap<String, &BatchFile> = BTreeMap::new();
    for file in &files {
        if let Some(one) = by_stem.insert(file.stem_folded(), file) {
            return Err(CompareError::TwoFiles { one: one.path.clone(), other: file.path.clone() });
        }
    }
    Ok(files)
}

/// The files of two batches that belong together, old and new, in the order of their names; others alone.
fn belonging_together(old: Vec<BatchFile>, new: Vec<BatchFile>) -> Vec<[Option<BatchFile>; 2]> {
    let [mut old, mut new] = [old, new].map(|files| files.into_iter().map(Some).collect::<Free>());
    let mut pairs = Vec::new();
    // Of two files of one recipient, which older rules told apart, the one of the same name comes first.
    let recipient_and_stem = |file: &BatchFile| Some((file.recipient.clone()?, file.stem_folded()));
    pair_up(&mut old, &mut new, &mut pairs, &recipient_and_stem, &|_, _| true);
    pair_up(&mut old, &mut new, &mut pairs, &|file| file.recipient.clone(), &|_, _| true);
    // Two that the manifests have under other names are not one recipient's, whatever they are called.
    let is_unknown = |file: &BatchFile| file.recipient.is_none();
    let stem = |file: &BatchFile| Some(file.stem_folded());
    pair_up(&mut old, &mut new, &mut pairs, &stem, &|old, new| is_unknown(old) || is_unknown(new));
    pairs.extend(old.into_iter().flatten().map(|old| [Some(old), None]));
    pairs.extend(new.into_iter().flatten().map(|new| [None, Some(new)]));
    let place = |pair: &[Option<BatchFile>; 2]| {
        let name = pair[1].as_ref().or(pair[0].as_ref()).map(BatchFile::stem_folded);
        (name, pair[1].is_some())
    };
    pairs.sort_by_key(place);
    pairs
}

/// Files of one side that are not paired yet.
type Free = Vec<Option<BatchFile>>;

/// Pairs files that have one key, where `fits` lets them.
fn pair_up<K: Ord>(
    old: &mut Free,
    new: &mut Free,
    pairs: &mut Vec<[Option<BatchFile>; 2]>,
    key: &dyn Fn(&BatchFile) -> Option<K>,
    fits: &dyn Fn(&BatchFile, &BatchFile) -> bool,
) {
    let mut places: BTreeMap<K, usize> = BTreeMap::new();
    for (place, file) in new.iter().enumerate() {
        if let Some(key) = file.as_ref().and_then(key) {
            places.entry(key).or_insert(place);
        }
    }
    for file in old {
        let Some(place) = file.as_ref().and_then(key).and_then(|key| places.get(&key).copied()) else {
            continue;
        };
        let do_fit = matches!((&*file, &new[place]), (Some(old), Some(new)) if fits(old, new));
        if do_fit {
            pairs.push([file.take(), new[place].take()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files are given as their stems, with the recipient behind a colon where the manifest has them.
    #[test]
    fn files_of_one_recipient_belong_together() {
        let found = |files: &[&str]| {
            let mut found: Vec<BatchFile> = files
                .iter()
                .map(|file| match file.split_once(':') {
                    Some((stem, recipient)) => (stem, Some(name::fold(recipient))),
                    None => (*file, None),
                })
                .map(|(stem, recipient)| BatchFile { stem: stem.to_owned(), path: stem.into(), recipient })
                .collect();
            found.sort();
            found
        };
        let check = |old: &[&str], new: &[&str], expect: &[(&str, &str)]| {
            let stem =
                |file: &Option<BatchFile>| file.as_ref().map(|file| file.stem.clone()).unwrap_or_default();
            let pairs = belonging_together(found(old), found(new));
            let got: Vec<_> = pairs.iter().map(|[old, new]| (stem(old), stem(new))).collect();
            let expect: Vec<_> =
                expect.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect();
            assert_eq!(got, expect, "{old:?} {new:?}");
        };
        // Without manifests by name, whatever its case.
        check(&["A", "b"], &["B", "C"], &[("A", ""), ("b", "B"), ("", "C")]);
        // By recipient, whatever the files are called.
        check(&["R_o_Seco:Río Seco"], &["Rio_Seco:RÍO  SECO"], &[("R_o_Seco", "Rio_Seco")]);
        check(&["A:Ann", "B:Ben"], &["A:Ben", "B:Ann"], &[("B", "A"), ("A", "B")]);
        // One name and two recipients are no pair.
        check(&["A:A"], &["A:A."], &[("A", ""), ("", "A")]);
        // A file that one of the manifests does not have goes by its name.
        check(&["A"], &["A:Ann"], &[("A", "A")]);
        check(&["A:Ann"], &["a"], &[("A", "a")]);
        check(&["A:Ann", "B"], &["A:Ann", "B"], &[("A", "A"), ("B", "B")]);
        // Its name is a recipient's that has found its counterpart.
        check(&["A:Ann"], &["A", "B:Ann"], &[("", "A"), ("A", "B")]);
        // Two recipients of version 1 that are one now.
        let (composed, decomposed) = ("Rio:Río", "Ri_o:Ri\u{301}o");
        check(&[composed, decomposed], &["Rio:Río"], &[("Ri_o", ""), ("Rio", "Rio")]);
        check(&[composed, decomposed], &["X:Río"], &[("Rio", ""), ("Ri_o", "X")]);
        check(&[], &[], &[]);
    }
}
