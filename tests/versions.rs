//! Batches that version 1 of the program has made: they stay sound, and are compared with those of today.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{GATES_OFF, Ran, Site, phds_with, text};
use phds::compare::{CompareSettings, compare};
use phds::elements::{ALL, Cell, Element};
use phds::policy::Policy;
use phds::spill::Spill;
use phds::verify::{Fault, VerifySettings, verify};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

const OLD_FILE: &str = "PHDS_R_o_Seco_202406.csv";

fn run_as_of(site: &Site, as_of: &str) -> Ran {
    let (export, out) = (site.export(), site.out());
    phds_with(&[&["run", text(&export), "--out", text(&out), "--as-of", as_of], &GATES_OFF[..]].concat())
}

/// A site whose batch of June is as version 1 made it: the recipient's file is named otherwise, and a line separator
/// was left alone inside a value.
fn site() -> Site {
    let site = Site::new();
    site.rows("organizations", &["5,Clinic of,CL,Río Seco,,,,"]);
    let ran = run_as_of(&site, "2024-06-10");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let june = june(&site);
    std::fs::rename(june.join("PHDS_Rio_Seco_202406.csv"), june.join(OLD_FILE)).unwrap();
    let rows = std::fs::read_to_string(june.join(OLD_FILE)).unwrap();
    assert!(rows.contains("Clinic of"));
    std::fs::write(june.join(OLD_FILE), rows.replace("Clinic of", "Clinic\u{2028}of")).unwrap();
    edit_manifest(&june, |manifest| {
        manifest["tool"]["version"] = "0.1.0".into();
        manifest["files"][0]["path"] = OLD_FILE.into();
    });
    site
}

fn june(site: &Site) -> PathBuf {
    site.out().join("202406")
}

/// Makes a batch one of before there were packages, edits its manifest, and makes that and the checksums agree with the files.
fn edit_manifest(batch: &Path, edit: impl Fn(&mut Value)) {
    let _ = std::fs::remove_dir_all(batch.join("recipients"));
    let hash = |name: &str| {
        let bytes = std::fs::read(batch.join(name)).unwrap();
        Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let path = batch.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    manifest["tool"]["version"] = "0.3.0".into();
    edit(&mut manifest);
    for file in manifest["files"].as_array_mut().unwrap() {
        let name = file["path"].as_str().unwrap().to_owned();
        file["sha256"] = hash(&name).into();
        file["bytes"] = std::fs::metadata(batch.join(&name)).unwrap().len().into();
    }
    std::fs::write(&path, manifest.to_string()).unwrap();
    let entries = std::fs::read_dir(batch).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<String> = entries
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| name != "SHA256SUMS")
        .collect();
    names.sort();
    let list: String = names.iter().map(|name| format!("{}  {name}\n", hash(name))).collect();
    std::fs::write(batch.join("SHA256SUMS"), list).unwrap();
}

#[test]
fn a_batch_is_verified_by_the_rules_of_its_version() {
    let site = site();
    let june = june(&site);
    let policy = site.path("policy.toml");
    std::fs::write(&policy, phds_with(&["policy", "show"]).stdout).unwrap();
    for arguments in [&[][..], &["--policy", text(&policy)]] {
        let ran = phds_with(&[&["verify", text(&june)], arguments].concat());
        assert_eq!(ran.code, 0, "{}", ran.stdout);
    }
    // A file in it, too.
    assert_eq!(phds_with(&["verify", text(&june.join(OLD_FILE))]).code, 0);
    let check = |version: &str, expect: &str| {
        edit_manifest(&june, |manifest| manifest["tool"]["version"] = version.into());
        let ran = phds_with(&["verify", text(&june)]);
        assert!(ran.stdout.contains(expect), "{version}: {}", ran.stdout);
        assert_eq!(ran.code == 0, expect.is_empty(), "{version}: {}", ran.stdout);
    };
    check("0.1.7", "");
    check("0.2.0", &format!("{OLD_FILE}: WRONG_FILE_NAME"));
    check("1.0.0", &format!("{OLD_FILE}: WRONG_FILE_NAME"));
    check("the newest", "manifest.json: NOT_AS_WRITTEN");
    check("0.1.0", "");
}

#[test]
fn a_recipient_is_the_same_whatever_its_file_is_called() {
    let site = site();
    let june = june(&site);
    // Neither new nor gone: nothing holds the batch back.
    let ran = run_as_of(&site, "2024-07-08");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let july = site.out().join("202407");
    let page = std::fs::read_to_string(july.join("qa/report.html")).unwrap();
    assert!(!page.contains("✚ new") && !page.contains("✖ gone"));
    let files = |old: &Path, new: &Path| {
        let ran = phds_with(&["diff", text(old), text(new), "--json"]);
        let told: Value = serde_json::from_str(&ran.stdout).unwrap();
        let kinds = ["old", "new", "unchanged", "added", "removed", "changed", "left"];
        let of_file = |file: &Value| -> (String, Vec<u64>) {
            let counts = kinds.iter().map(|kind| file[kind].as_u64().unwrap()).collect();
            (file["name"].as_str().unwrap().to_owned(), counts)
        };
        told["files"].as_array().unwrap().iter().map(of_file).collect::<Vec<_>>()
    };
    let changed = vec![1, 1, 0, 0, 0, 1, 0];
    assert_eq!(files(&june, &july), [("Rio_Seco".to_owned(), changed.clone())]);
    assert_eq!(files(&july, &june), [("R_o_Seco".to_owned(), changed)]);
    // Without a manifest that can be read, the names of files are all there is.
    std::fs::write(june.join("manifest.json"), "{").unwrap();
    assert_eq!(
        files(&june, &july),
        [
            ("R_o_Seco".to_owned(), vec![1, 0, 0, 0, 0, 0, 1]),
            ("Rio_Seco".to_owned(), vec![0, 1, 0, 0, 0, 0, 0])
        ]
    );
}

/// Names that version 1 told apart are one recipient's now, and its rows are those of both.
#[test]
fn two_recipients_that_are_one_now_are_compared_together() {
    let site = Site::new();
    site.rows("organizations", &["5,Clinic,CL,Río Seco,,,,", "6,Clinic,CL,Hays,,,,"]);
    let facts = |count: usize| -> Vec<String> {
        (0..count).map(|id| format!("{id},{id},7,3,2024-06-01,MMR,1,{},N", 5 + id % 2)).collect()
    };
    let give = |count: usize| {
        let facts = facts(count);
        site.rows("immunizations", &facts.iter().map(String::as_str).collect::<Vec<_>>());
    };
    give(400);
    assert_eq!(run_as_of(&site, "2024-06-10").code, 0);
    edit_manifest(&june(&site), |manifest| {
        manifest["tool"]["version"] = "0.1.0".into();
        manifest["files"][0]["recipient"] = json!("Ri\u{301}o Seco");
        manifest["files"][1]["recipient"] = json!("Río Seco");
    });
    // As many rows as both had.
    site.rows("organizations", &["5,Clinic,CL,Río Seco,,,,", "6,Clinic,CL,Ri\u{301}o Seco,,,,"]);
    let ran = run_as_of(&site, "2024-07-08");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = phds_with(&["diff", text(&june(&site)), text(&site.out().join("202407"))]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
}

/// What version 1 has made may hold what may not be shared: it is made again, and not released as it is.
#[test]
fn what_version_1_has_made_is_not_taken_over() {
    let site = Site::new();
    let run = |more: &[&str]| {
        phds_with(
            &[&["run", text(&site.export()), "--out", text(&site.out()), "--as-of", "2024-07-08"], more]
                .concat(),
        )
    };
    assert_eq!(run(&[]).code, 0);
    let july = site.out().join("202407");
    let version = || site.batch()["manifest.json"].windows(5).any(|part| part == b"0.1.0");
    edit_manifest(&july, |manifest| manifest["tool"]["version"] = "0.1.0".into());
    assert!(version());
    assert_eq!(run(&["--if-due"]).code, 0);
    assert!(!version());
    // One that was held.
    std::fs::create_dir(site.out().join(".held")).unwrap();
    edit_manifest(&july, |manifest| manifest["tool"]["version"] = "0.1.0".into());
    let held = site.out().join(".held/202407");
    std::fs::rename(&july, &held).unwrap();
    let ran = phds_with(&["release", text(&site.out()), "202407"]);
    assert_eq!(ran.code, 65, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("made by phds 0.1.0") && ran.stderr.contains("make the batch again"),
        "{}",
        ran.stderr
    );
    assert!(held.exists() && !july.exists());
}

/// The elements of today and one more, in their midst.
fn elements_of_next_year() -> &'static [Element] {
    let mut elements = ALL.to_vec();
    let place = elements.iter().position(|element| element.name == "SHORT_NAME").unwrap();
    let cell = Cell::OrganizationText(usize::MAX);
    elements.insert(place, Element { name: "PROVIDER_PHONE", cell, added_later: true, ..elements[place] });
    elements.leak()
}

/// A batch as of a day in June, of a policy under which columns are called otherwise, or of the usual one. With `elements`
/// it has a column for each of these.
fn batch_with(site: &Site, name: &str, policy: Option<&Path>, elements: Option<&[Element]>) -> PathBuf {
    let out = site.path(name);
    let export = site.export();
    let mut arguments = vec!["run", text(&export), "--out", text(&out), "--as-of", "2024-06-10"];
    arguments.extend(policy.iter().flat_map(|policy| ["--policy", text(policy)]));
    let ran = phds_with(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let batch = out.join("202406");
    let Some(elements) = elements else { return batch };
    let place = elements.iter().position(|element| element.name == "PROVIDER_PHONE").unwrap();
    let name = if policy.is_some() { "Column P" } else { "PROVIDER_PHONE" };
    let edit_lines = |file: &str, edit: &dyn Fn(&mut Vec<String>)| {
        let text = std::fs::read_to_string(batch.join(file)).unwrap();
        let mut lines = text.lines().map(str::to_owned).collect();
        edit(&mut lines);
        std::fs::write(batch.join(file), lines.join("\n") + "\n").unwrap();
    };
    edit_lines("data_dictionary.csv", &|lines| {
        lines.insert(place + 1, format!("{place},{name},PROVIDER PHONE,,,,yes,,,,no,"));
    });
    edit_lines("PHDS_Travis_202406.csv", &|lines| {
        for (line, value) in lines.iter_mut().zip([name, "\"555, 1\""]) {
            let mut fields: Vec<&str> = line.split(',').collect();
            fields.insert(place, value);
            *line = fields.join(",");
        }
    });
    edit_manifest(&batch, |_| {});
    batch
}

/// When a column is added, the batches that lack it stay sound, and are compared with those that have it, whatever the
/// columns are called in either.
#[test]
fn a_batch_from_before_a_column_was_added_is_understood() {
    let (site, more) = (Site::new(), elements_of_next_year());
    let renaming = site.path("policy.toml");
    let header = |(letter, element): (char, &Element)| format!("{} = \"Column {letter}\"\n", element.name);
    let names: String = ('A'..).filter(|letter| *letter != 'P').zip(&ALL).map(header).collect();
    std::fs::write(&renaming, "[header]\n".to_owned() + &names).unwrap();
    let before = batch_with(&site, "before", None, None);
    let before_renamed = batch_with(&site, "before-renamed", Some(&renaming), None);
    let after = batch_with(&site, "after", None, Some(more));
    let after_renamed = batch_with(&site, "after-renamed", Some(&renaming), Some(more));

    let folder = tempfile::tempdir().unwrap();
    let spill = Spill::new(folder.path(), 1 << 20);
    let threads = NonZeroUsize::MIN;
    let faults = |path: &Path, policy: Option<&Policy>, elements: &'static [Element]| -> Vec<String> {
        let found =
            verify(path, VerifySettings { policy, limit: 9, threads, spill: &spill, elements }).unwrap();
        found.faults.iter().map(Fault::to_string).collect()
    };
    let sound: [&str; 0] = [];
    for batch in [&before, &before_renamed, &after, &after_renamed] {
        assert_eq!(faults(batch, None, more), sound, "{batch:?}");
        assert_eq!(faults(&batch.join("PHDS_Travis_202406.csv"), None, more), sound, "{batch:?}");
    }
    let policy = Policy::from_file(&renaming).unwrap();
    assert_eq!(faults(&before_renamed, Some(&policy), more), sound);
    assert!(faults(&before, Some(&policy), more)[0].contains("WRONG_HEADER"));
    // A column that was always there may not be missing, and one that is not known may not be there.
    let never_added = more.iter().map(|element| Element { added_later: false, ..*element });
    let never_added = never_added.collect::<Vec<_>>().leak();
    for faults in [faults(&before, None, never_added), faults(&after, None, &ALL)] {
        assert!(faults[0].contains("line 1: WRONG_HEADER"), "{faults:?}");
        assert!(faults.iter().any(|fault| fault.starts_with("data_dictionary.csv: NOT_AS_WRITTEN")));
    }

    let (ignore, only) = (&[], &[]);
    let compared = |old: &Path, new: &Path, elements: &'static [Element]| {
        let settings =
            CompareSettings { ignore, only, limit: 9, values: true, threads, spill: &spill, elements };
        let found = compare(old, new, settings).unwrap();
        assert_eq!((found.rows.old, found.rows.new, found.rows.unchanged), (1, 1, 1), "{old:?} {new:?}");
        (found.columns.added, found.columns.removed, found.columns.renamed.len())
    };
    let phone = || vec!["PROVIDER_PHONE".to_owned()];
    assert_eq!(compared(&before, &after, more), (phone(), vec![], 0));
    assert_eq!(compared(&after, &before, more), (vec![], phone(), 0));
    assert_eq!(compared(&before_renamed, &after_renamed, more), (phone(), vec![], 0));
    assert_eq!(compared(&after_renamed, &before_renamed, more), (vec![], phone(), 0));
    assert_eq!(compared(&before, &after_renamed, more), (phone(), vec![], 26));
    assert_eq!(compared(&after_renamed, &before, more), (vec![], phone(), 26));
    assert_eq!(compared(&before_renamed, &after, more), (phone(), vec![], 26));
    assert_eq!(compared(&after, &after_renamed, more), (vec![], vec![], 27));
    // A program that does not know the column goes by its name.
    assert_eq!(compared(&before, &after, &ALL), (phone(), vec![], 0));
    assert_eq!(compared(&before_renamed, &after_renamed, &ALL), (vec!["Column P".to_owned()], vec![], 0));
}
