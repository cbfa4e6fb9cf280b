//! A batch in which one file is something else: reading it back, verifying it, comparing it, reporting on it.

use super::seeds;
use phds::batch::Inputs;
use phds::batch::ReportData;
use phds::batch::{Before, Links, Manifest, Rows, batches, columns_beside};
use phds::compare::{CompareSettings, compare};
use phds::elements::ALL;
use phds::policy::Policy;
use phds::report::{Report, page};
use phds::spill::Spill;
use phds::value::text::hex;
use phds::verify::{VerifySettings, verify};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fs::Permissions;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The files that the first byte chooses from.
pub const FILES: [&str; 11] = [
    "manifest.json",
    "SHA256SUMS",
    "data_dictionary.csv",
    "PHDS_Travis_202407.csv",
    "qa/report.json",
    "qa/SHA256SUMS",
    "qa/quarantine.csv",
    "qa/counts.csv",
    "qa/inputs.json",
    "recipients/Travis/README.txt",
    "recipients/Travis/SHA256SUMS",
];

/// Set in the first byte, the checksums are made to fit what was put there.
pub const RESEALED: u8 = 0x80;

/// Two batches that are alike, one of which is changed and put right again.
struct Place {
    folder: TempDir,
    policy: Policy,
}

thread_local! {
    static PLACE: Place = Place::new();
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        for month in ["202406", "202407"] {
            let batch = folder.path().join(month);
            for (file, bytes) in seeds::batch() {
                let path = batch.join(file);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
            let close = |path: PathBuf, mode| {
                std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
            };
            seeds::batch().keys().for_each(|file| close(batch.join(file), 0o600));
            let folders: BTreeSet<PathBuf> = seeds::batch()
                .keys()
                .flat_map(|file| Path::new(file).ancestors().skip(1))
                .map(|folder| batch.join(folder))
                .collect();
            folders.into_iter().for_each(|folder| close(folder, 0o700));
        }
        Place { folder, policy: Policy::built_in().unwrap() }
    }

    fn batch(&self, month: &str) -> PathBuf {
        self.folder.path().join(month)
    }
}

/// The first byte says which file the rest takes the place of.
pub fn check(data: &[u8]) {
    let Some((how, data)) = data.split_first() else { return };
    let name = FILES[usize::from(how & !RESEALED) % FILES.len()];
    PLACE.with(|place| {
        let batch = place.batch("202407");
        std::fs::write(batch.join(name), data).unwrap();
        let is_list = name.ends_with("SHA256SUMS");
        if how & RESEALED != 0 && !is_list {
            reseal(&batch);
        }
        let found = look(place);
        if seeds::batch()[name] == data {
            assert_eq!(found, Some(true), "a sound batch");
        } else if how & RESEALED == 0 || is_list {
            assert_ne!(found, Some(true), "{name} was changed and nobody noticed");
        }
        for file in [name, "SHA256SUMS", "qa/SHA256SUMS"] {
            std::fs::write(batch.join(file), &seeds::batch()[file]).unwrap();
        }
    });
}

/// Reads everything back; whether the batch is sound, if that can be told.
fn look(place: &Place) -> Option<bool> {
    let (good, batch) = (place.batch("202406"), place.batch("202407"));
    let spill = Spill::new(place.folder.path(), 1 << 20);
    let threads = NonZeroUsize::MIN;
    let elements = &ALL;
    let settings = VerifySettings { policy: Some(&place.policy), limit: 3, threads, spill: &spill, elements };
    let found = verify(&batch, settings).ok().map(|findings| findings.sound);
    let mut rows = Rows::open(&batch.join(FILES[3]), Links::Refused).unwrap();
    while let Ok(Some(row)) = rows.next_row() {
        assert!(rows.text(&row).len() <= 16 << 20);
    }
    let _ = (columns_beside(&batch, elements), Inputs::of_batch(&batch));
    let (ignore, only, spill) = (&[], &[], &spill);
    let settings = CompareSettings { ignore, only, limit: 3, values: true, threads, spill, elements };
    if let Ok(changes) = compare(&good, &batch, settings) {
        let back = compare(&batch, &good, settings).unwrap();
        assert_eq!(changes.same, back.same);
        assert_eq!((changes.rows.added, changes.rows.changed), (back.rows.removed, back.rows.changed));
    }
    assert_eq!(batches(place.folder.path()).unwrap().len(), 2);
    if let (Ok(manifest), Ok(data)) = (Manifest::of_batch(&batch), ReportData::of_batch(&batch)) {
        let before = Manifest::of_batch(&good).unwrap();
        for (one, other) in [(&manifest, &before), (&before, &manifest)] {
            let before = Before::Batch(Box::new(other.clone()));
            let html = page(&Report {
                manifest: one,
                data: &data,
                inputs: None,
                gate: None,
                release: None,
                before: &before,
                data_before: None,
                cvx: None,
            });
            assert!(!html.contains("<script>alert"), "nothing of a manifest is markup");
        }
        let _ = (manifest.rows(), manifest.quarantined());
    }
    found
}

/// Writes checksums that fit the files.
fn reseal(batch: &Path) {
    for (folder, prefix) in [(batch.to_owned(), ""), (batch.join("qa"), "qa/")] {
        let mut names: Vec<String> = seeds::batch()
            .keys()
            .filter_map(|file| file.strip_prefix(prefix))
            .filter(|file| !file.contains('/') || file.starts_with("recipients/"))
            .filter(|file| *file != "SHA256SUMS")
            .map(str::to_owned)
            .collect();
        names.sort();
        let lines = names.iter().map(|name| {
            let bytes = std::fs::read(folder.join(name)).unwrap();
            format!("{}  {name}\n", hex(&Sha256::digest(bytes)))
        });
        std::fs::write(folder.join("SHA256SUMS"), lines.collect::<String>()).unwrap();
    }
}
