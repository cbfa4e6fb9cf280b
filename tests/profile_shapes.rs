//! Exports in random shapes, read through the profile that says which: the batch is that of the same data written as the
//! contract has it.
//!
//! `PHDS_PROFILE_CASES=3000` tries so many, from seed `PHDS_PROFILE_FIRST` on; without it, a few. `PHDS_PROFILE_KEEP=1`
//! leaves what they write.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "profile_shapes/dates.rs"]
mod dates;
#[path = "profile_shapes/encodings.rs"]
mod encodings;
#[cfg(feature = "parquet")]
#[path = "profile_shapes/parquet_files.rs"]
mod parquet_files;
#[path = "profile_shapes/shape.rs"]
mod shape;
#[path = "profile_shapes/words.rs"]
mod words;

use common::random::Dice;
use common::{GATES_OFF, Ran, delivered, phds_with, read_folder, run_on, text};
use shape::Case;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

type Batch = BTreeMap<String, Vec<u8>>;

const LIMIT: [&str; 2] = ["--max-quarantined", "100%"];

/// Calls `check` with so many seeds, on two threads; returns how often it said yes.
fn for_each_seed(few: u64, check: impl Fn(u64) -> bool + Sync) -> usize {
    let cases = std::env::var("PHDS_PROFILE_CASES").map_or(few, |cases| cases.parse().unwrap());
    let first = std::env::var("PHDS_PROFILE_FIRST").map_or(0, |first| first.parse().unwrap());
    let (next, yes) = (AtomicU64::new(first), AtomicUsize::new(0));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + cases {
                return;
            }
            if check(seed) {
                yes.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        let threads = [scope.spawn(work), scope.spawn(work)];
        for thread in threads {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
    yes.into_inner()
}

/// A case that lies in a folder.
struct Site {
    folder: tempfile::TempDir,
    case: Case,
    seed: u64,
    /// On which line each row of a table begins, and in which file and on which line in its shape.
    plain_lines: BTreeMap<&'static str, Vec<u64>>,
    shaped_places: BTreeMap<&'static str, Vec<(String, u64)>>,
}

impl Site {
    fn new(seed: u64, is_tame: bool) -> Site {
        let mut folder = tempfile::tempdir().unwrap();
        folder.disable_cleanup(std::env::var_os("PHDS_PROFILE_KEEP").is_some());
        let mut case = Case::random(seed, is_tame);
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("plain")).unwrap();
        let plain_lines = case.write_plain(&path("plain"));
        let shaped_places = case.write_shaped(&path("shaped"));
        std::fs::write(path("profile.toml"), case.words.text()).unwrap();
        Site { folder, case, seed, plain_lines, shaped_places }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, out: &str, arguments: &[&str]) -> Ran {
        let profile = self.path("profile.toml");
        let arguments = [&["--profile", text(&profile)], &LIMIT[..], arguments].concat();
        run_on(&self.path("shaped"), &self.path(out), &arguments)
    }

    fn batch(&self, out: &str) -> Batch {
        read_folder(&self.path(out).join("202407"))
    }

    /// Fails, and tells what there is to look at.
    fn fail(&self, what: &str) -> ! {
        let words = self.case.words.text();
        panic!("seed {} in {}: {what}\n{words}", self.seed, self.folder.path().display());
    }

    /// The quarantined rows of the plain batch, each with the place where it stands in its shape.
    fn expected_quarantine(&self, plain: &str) -> BTreeSet<String> {
        let place_of = |line: &str| {
            let fields: Vec<&str> = line.split(',').collect();
            let [table, _, line, column, code] = fields[..] else { panic!("{line}") };
            let row = self.plain_lines[table].iter().position(|begins| begins.to_string() == line);
            let (file, line) = &self.shaped_places[table][row.unwrap()];
            format!("{table},{file},{line},{column},{code}")
        };
        plain.lines().skip(1).map(place_of).collect()
    }
}

/// A manifest without the profile, and the profile.
fn manifest(batch: &Batch) -> (serde_json::Value, Option<serde_json::Value>) {
    let mut manifest = common::manifest(batch);
    let profile = manifest.as_object_mut().unwrap().remove("profile");
    (manifest, profile)
}

/// What recipients get: the files of a batch but for those that name the profile.
fn shared(batch: Batch) -> Batch {
    let mut shared = delivered(batch);
    shared.retain(|name, _| !["manifest.json", "SHA256SUMS"].contains(&name.as_str()));
    shared
}

fn list(batch: &Batch) -> String {
    String::from_utf8(batch["qa/quarantine.csv"].clone()).unwrap()
}

#[test]
fn an_export_in_any_shape_gives_the_batch_of_the_same_data() {
    let published = for_each_seed(140, |seed| {
        let site = Site::new(seed, false);
        let plain = run_on(&site.path("plain"), &site.path("out"), &LIMIT);
        let threads = ["1", "2"][seed as usize % 2];
        let shaped = site.run("shaped-out", &["--threads", threads]);
        if shaped.code != plain.code {
            site.fail(&format!("{} and {}: {}{}", plain.code, shaped.code, plain.stderr, shaped.stderr));
        }
        if plain.code != 0 {
            return false;
        }
        let (plain, shaped) = (site.batch("out"), site.batch("shaped-out"));
        let (told, profile) = manifest(&shaped);
        if told != manifest(&plain).0 {
            site.fail(&format!("manifest {told:#} {:#}", manifest(&plain).0));
        }
        assert_eq!(profile.unwrap()["name"], "Random");
        let quarantine: BTreeSet<String> = list(&shaped).lines().skip(1).map(str::to_owned).collect();
        let expected = site.expected_quarantine(&list(&plain));
        if quarantine != expected {
            site.fail(&format!("quarantine {quarantine:#?} {expected:#?}"));
        }
        if shared(shaped.clone()) != shared(plain) {
            site.fail("files");
        }
        if seed % 3 == 0 {
            the_stages_give_the_same(&site, &shaped);
        }
        if seed % 5 == 0 {
            let other = if threads == "1" { "2" } else { "1" };
            let again = site.run("again", &["--threads", other, "--memory", "1M"]);
            assert_eq!(again.code, 0, "{}", again.stderr);
            let again = site.batch("again");
            assert_eq!(list(&again), list(&shaped), "seed {seed}");
            assert!(delivered(again) == delivered(shaped), "seed {seed}");
        }
        true
    });
    assert!(published >= 100, "{published} were published");
}

/// `read`, `filter` and `write` give what `run` gives.
fn the_stages_give_the_same(site: &Site, batch: &Batch) {
    let (export, profile) = (site.path("shaped"), site.path("profile.toml"));
    let (work, out) = (site.path("work.db"), site.path("stages"));
    let done = |arguments: &[&str]| {
        let ran = phds_with(arguments);
        assert_eq!(ran.code, 0, "seed {}: {}", site.seed, ran.stderr);
    };
    let read = ["read", text(&export), "--work", text(&work), "--profile", text(&profile)];
    done(&[&read[..], &LIMIT].concat());
    done(&[&["filter", "--work", text(&work), "--as-of", "2024-07-08"], &LIMIT[..]].concat());
    done(&[&["write", "--work", text(&work), "--out", text(&out)], &GATES_OFF[..]].concat());
    let stages = site.batch("stages");
    assert_eq!(list(&stages), list(batch), "seed {}", site.seed);
    for (name, bytes) in delivered(stages) {
        assert!(batch[&name] == bytes, "seed {}: {name}", site.seed);
    }
}

/// By recipient the ids of the facts in a batch.
fn included(out: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let folder = out.join("202407");
    let batch = read_folder(&folder);
    let of_file = |file: &serde_json::Value| {
        let mut reader = csv::Reader::from_reader(batch[file["path"].as_str().unwrap()].as_slice());
        let at = reader.headers().unwrap().iter().position(|name| name == "IMMUNFACT_ID").unwrap();
        let ids = reader.records().map(|row| row.unwrap()[at].to_owned()).collect();
        (file["recipient"].as_str().unwrap().to_owned(), ids)
    };
    common::manifest(&batch)["files"].as_array().unwrap().iter().map(of_file).collect()
}

/// A person forgets a word. Then the run stops, or leaves out what it would have shared; it shares nothing more.
#[test]
fn a_profile_that_lacks_a_word_includes_nothing_more() {
    let (with_fewer, all) = (AtomicUsize::new(0), AtomicUsize::new(0));
    for_each_seed(24, |seed| {
        let site = Site::new(seed, true);
        let whole = site.run("whole", &[]);
        if whole.code != 0 {
            return false;
        }
        let whole = included(&site.path("whole"));
        let mut shorter = site.case.words.shorter();
        Dice::new(seed).shuffle(&mut shorter);
        for (what, words) in shorter.into_iter().take(12) {
            std::fs::write(site.path("profile.toml"), words.text()).unwrap();
            let out = format!("without {what}");
            let ran = site.run(&out, &[]);
            all.fetch_add(1, Ordering::Relaxed);
            assert!([0, 65, 66, 77].contains(&ran.code), "seed {seed}, {out}: {}", ran.stderr);
            if ran.code != 0 {
                continue;
            }
            let fewer = included(&site.path(&out));
            with_fewer.fetch_add(usize::from(fewer != whole), Ordering::Relaxed);
            for (recipient, ids) in &fewer {
                let more: Vec<_> = ids
                    .iter()
                    .filter(|id| !whole.get(recipient).is_some_and(|ids| ids.contains(*id)))
                    .collect();
                if !more.is_empty() {
                    site.fail(&format!("{out}: {recipient} gets {more:?} too"));
                }
            }
        }
        true
    });
    // Else nothing was tried.
    let (with_fewer, all) = (with_fewer.into_inner(), all.into_inner());
    assert!(with_fewer > 20 && all > 150, "{with_fewer} of {all} included fewer");
}
