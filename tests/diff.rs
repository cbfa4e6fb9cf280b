//! Comparing batches: exactly what was changed is told, and nothing of a row's values unless asked for.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/skip.rs"]
mod skip;

use common::random::Dice;
use common::{Ran, in_repository, phds_with, run_on};
use skip::not_tested;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Two batches side by side, the second a copy of the first until it is edited.
struct Two {
    folder: TempDir,
}

type Files = BTreeMap<String, Vec<String>>;

impl Two {
    fn new() -> Two {
        let two = Two { folder: tempfile::tempdir().unwrap() };
        assert_eq!(run_on(&in_repository("fixtures/registry"), &two.folder.path().join("out"), &[]).code, 0);
        let copied = std::process::Command::new("cp").arg("-r").arg(two.old()).arg(two.new_batch()).status();
        assert!(copied.unwrap().success());
        two
    }

    fn old(&self) -> PathBuf {
        self.folder.path().join("out/202407")
    }

    fn new_batch(&self) -> PathBuf {
        self.folder.path().join("new")
    }

    /// The recipients' files of the new batch, as lines.
    fn files(&self) -> Files {
        let mut files = Files::new();
        for entry in std::fs::read_dir(self.new_batch()).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name.starts_with("PHDS_") {
                let text = std::fs::read_to_string(path).unwrap();
                files.insert(name, text.lines().map(str::to_owned).collect());
            }
        }
        files
    }

    fn write(&self, files: &Files) {
        for (name, lines) in files {
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            std::fs::write(self.new_batch().join(name), text).unwrap();
        }
    }

    fn diff(&self, arguments: &[&str]) -> Ran {
        diff(&self.old(), &self.new_batch(), arguments)
    }

    fn diff_json(&self, arguments: &[&str]) -> (i32, serde_json::Value) {
        let ran = self.diff(&[&["--json", "--limit", "1000000"], arguments].concat());
        assert!(ran.stderr.is_empty(), "{}", ran.stderr);
        (ran.code, serde_json::from_str(&ran.stdout).unwrap())
    }
}

fn diff(old: &Path, new: &Path, arguments: &[&str]) -> Ran {
    phds_with(&[&["diff", old.to_str().unwrap(), new.to_str().unwrap()], arguments].concat())
}

/// A line's fields. The fixture's values need no more than this.
fn fields(line: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
    reader.records().next().unwrap().unwrap().iter().map(str::to_owned).collect()
}

fn line(fields: &[String]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(fields).unwrap();
    String::from_utf8(writer.into_inner().unwrap()).unwrap().trim_end().to_owned()
}

const CLIENT_ID: usize = 0;
const DOSE: usize = 10;
const FACT: usize = 11;
const ORDINAL: usize = 16;

/// What a comparison lists: kind and id, as often as it does.
fn listed(json: &serde_json::Value) -> Vec<(String, u64)> {
    let mut all: Vec<_> = json["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["kind"].as_str().unwrap().to_owned(), c["immunfact_id"].as_u64().unwrap()))
        .collect();
    all.sort();
    all
}

/// Edits lines at random, each fact at most once; returns what a comparison must list.
fn edit(files: &mut Files, dice: &mut Dice) -> Vec<(String, u64)> {
    let names: Vec<String> = files.keys().cloned().collect();
    let (mut touched, mut expect) = (BTreeSet::new(), Vec::new());
    for edit in 0..dice.below(12) as u64 {
        let name = names[dice.below(names.len())].clone();
        let rows = files[&name].len() - 1;
        if rows == 0 {
            continue;
        }
        let at = 1 + dice.below(rows);
        let mut row = fields(&files[&name][at]);
        let id: u64 = row[FACT].parse().unwrap();
        if !touched.insert(id) {
            continue;
        }
        let lines = files.get_mut(&name).unwrap();
        let kind = match dice.below(7) {
            0 => {
                lines.remove(at);
                "removed"
            }
            1 => {
                let again = lines[at].clone();
                lines.insert(at, again);
                "added"
            }
            2 => {
                // Shares the id, but is another row: rows are never taken together.
                row[ORDINAL] = "77".into();
                lines.insert(at, line(&row));
                "added"
            }
            3 => {
                row[ORDINAL] = "77".into();
                lines[at] = line(&row);
                "changed"
            }
            4 => {
                row[CLIENT_ID] = "999999999".into();
                lines.remove(at);
                lines.push(line(&row));
                "moved-to-client"
            }
            5 => {
                row[FACT] = (1_000_000_000 + edit).to_string();
                touched.insert(1_000_000_000 + edit);
                lines.push(line(&row));
                expect.push(("added".to_owned(), 1_000_000_000 + edit));
                continue;
            }
            _ => {
                let elsewhere = names.iter().find(|other| {
                    !files[*other].iter().skip(1).any(|line| fields(line)[FACT] == id.to_string())
                });
                let Some(elsewhere) = elsewhere else { continue };
                let moved = files.get_mut(&name).unwrap().remove(at);
                files.get_mut(elsewhere).unwrap().insert(1, moved);
                "moved-to-recipient"
            }
        };
        expect.push((kind.to_owned(), id));
    }
    // The order of rows does not matter.
    if dice.below(3) == 0 {
        files.values_mut().for_each(|lines| lines[1..].reverse());
    }
    expect.sort();
    expect
}

#[test]
fn exactly_the_edits_are_told() {
    let two = Two::new();
    let original = two.files();
    for seed in 0..60 {
        let mut files = original.clone();
        let expect = edit(&mut files, &mut Dice::new(seed));
        two.write(&files);
        let (code, json) = two.diff_json(&[]);
        assert_eq!(listed(&json), expect, "seed {seed}");
        assert_eq!(code, i32::from(!expect.is_empty()), "seed {seed}");
        assert_eq!(json["same"], expect.is_empty());
        let rows = &json["rows"];
        let number = |name: &str| rows[name].as_u64().unwrap();
        let matched = number("unchanged")
            + number("changed")
            + number("moved_to_client")
            + number("moved_to_recipient");
        assert_eq!(number("old"), matched + number("removed"), "seed {seed}");
        assert_eq!(number("new"), matched + number("added"), "seed {seed}");
    }
}

#[test]
fn what_a_reader_sees() {
    let two = Two::new();
    let same = two.diff(&[]);
    assert_eq!((same.code, same.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("diff-same", same.stdout);

    let mut files = two.files();
    let expect = edit(&mut files, &mut Dice::new(7));
    assert!(expect.len() > 4);
    two.write(&files);
    insta::assert_snapshot!("diff", two.diff(&[]).stdout);
    insta::assert_snapshot!("diff-limit", two.diff(&["--limit", "1", "--only", "added"]).stdout);
    insta::assert_snapshot!("diff-values", two.diff(&["--show-values", "--only", "changed"]).stdout);
    let json = two.diff(&["--json", "--only", "removed", "--only", "changed"]).stdout;
    insta::assert_snapshot!("diff-json", json);
}

#[test]
fn values_are_shown_only_on_request() {
    let two = Two::new();
    let mut files = two.files();
    for lines in files.values_mut() {
        lines.iter_mut().skip(1).for_each(|l| {
            let mut row = fields(l);
            row[2] = "Uniquename".into();
            *l = line(&row);
        });
    }
    two.write(&files);
    for arguments in [&[][..], &["--json"]] {
        let ran = two.diff(arguments);
        assert_eq!(ran.code, 1);
        assert!(ran.stdout.contains("LAST_NAME") && !ran.stdout.contains("Uniquename"));
        assert!(two.diff(&[arguments, &["--show-values"]].concat()).stdout.contains("Uniquename"));
    }
    let ignored = two.diff(&["--ignore", "last_name"]);
    assert_eq!(ignored.code, 0, "{}", ignored.stdout);
}

#[test]
fn columns_are_told_first() {
    let two = Two::new();
    let mut files = two.files();
    let first = files.keys().next().unwrap().clone();
    for lines in files.values_mut() {
        lines[0] = lines[0].replace("STATE_CODE", "STATECODE").replace("IMMUNFACT_ID", "IMMUN_FACT_ID");
    }
    two.write(&files);
    let renamed = two.diff(&[]);
    assert_eq!(renamed.code, 1);
    insta::assert_snapshot!("diff-renamed", renamed.stdout);

    for lines in files.values_mut() {
        lines[0] = lines[0].replace("STATECODE", "STATE_CODE").replace("IMMUN_FACT_ID", "IMMUNFACT_ID");
        lines.iter_mut().enumerate().for_each(|(place, l)| {
            let mut row = fields(l);
            row.remove(5);
            row.push(if place == 0 { "SUFFIX".into() } else { "Jr.".into() });
            *l = line(&row);
        });
    }
    two.write(&files);
    let (code, json) = two.diff_json(&[]);
    assert_eq!(code, 1);
    assert_eq!(json["columns"]["added"], serde_json::json!(["SUFFIX"]));
    assert_eq!(json["columns"]["removed"], serde_json::json!(["SEX_CODE"]));
    assert_eq!(listed(&json), [], "rows are compared in the columns that both have");

    // One file against its older self.
    let ran = diff(&two.old().join(&first), &two.new_batch().join(&first), &["--ignore", "SUFFIX"]);
    assert!(
        ran.stdout.starts_with("column SUFFIX was added\ncolumn SEX_CODE was removed\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_batch_of_other_header_names_is_understood() {
    let two = Two::new();
    let policy = two.folder.path().join("policy.toml");
    std::fs::write(&policy, "[header]\nSTATE_CODE = \"STATECODE\"\nCLIENT_ID = \"ID\"\nZIP_CODE = \"PLZ\"\n")
        .unwrap();
    let out = two.folder.path().join("other");
    let ran = run_on(&in_repository("fixtures/registry"), &out, &["--policy", policy.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = diff(&two.old(), &out.join("202407"), &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.starts_with("column CLIENT_ID is now called ID\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("changed                                   0"), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let two = Two::new();
    let file = two.old().join(two.files().keys().next().unwrap());
    let check = |old: &Path, new: &Path, arguments: &[&str], code: i32, expect: &str| {
        let ran = diff(old, new, arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains(expect), "{}", ran.stderr);
    };
    check(&two.old(), &file, &[], 2, "only be compared");
    check(&two.old(), &two.new_batch(), &["--ignore", "NAME"], 2, "NAME");
    check(&two.old(), &two.new_batch(), &["--only", "moved"], 2, "moved");
    check(&two.old(), &two.folder.path().join("nowhere"), &[], 66, "nowhere");
    check(&two.old(), two.folder.path(), &[], 66, "not a batch");
    let broken = two.folder.path().join("broken.csv");
    std::fs::write(&broken, "A,B\n1,2\n").unwrap();
    check(&file, &broken, &[], 65, "line 1: the first row is not a header");
    std::fs::write(&broken, "CLIENT_ID,B\n1,2\n").unwrap();
    check(&file, &broken, &[], 65, "line 1: no column is IMMUNFACT_ID");
    std::fs::write(&broken, "IMMUNFACT_ID,B\n1,2\nSecret,2\n").unwrap();
    check(&file, &broken, &[], 65, "line 3: the row has no IMMUNFACT_ID");
    std::fs::write(&broken, "").unwrap();
    check(&file, &broken, &[], 65, "no header");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&broken, text.trim_end().to_owned() + ",more\n").unwrap();
    check(&file, &broken, &[], 65, "another number of fields");
    let june = file.file_name().unwrap().to_str().unwrap().replace("202407", "202406");
    std::fs::write(two.new_batch().join(june), "IMMUNFACT_ID\n").unwrap();
    check(&two.old(), &two.new_batch(), &[], 65, "one recipient's");
}

/// A file that has lost its header begins with a row, and nothing of that may be taken for a column's name.
#[test]
fn a_row_is_never_taken_for_a_header() {
    let two = Two::new();
    let file = two.old().join(two.files().keys().next().unwrap());
    let text = std::fs::read_to_string(&file).unwrap();
    let headless = two.folder.path().join("headless.csv");
    std::fs::write(&headless, text.split_once('\n').unwrap().1).unwrap();
    for arguments in [&[][..], &["--json"]] {
        let ran = diff(&file, &headless, arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (65, ""));
        assert!(ran.stderr.contains("line 1: the first row is not a header"), "{}", ran.stderr);
    }
}

#[test]
fn columns_of_one_file_are_told_too() {
    let two = Two::new();
    let mut files = two.files();
    let lines = files.values_mut().next().unwrap();
    lines.iter_mut().enumerate().for_each(|(place, l)| *l += if place == 0 { ",NOTE,NOTE" } else { ",a,b" });
    two.write(&files);
    let (code, json) = two.diff_json(&[]);
    assert_eq!((code, &json["columns"]["added"]), (1, &serde_json::json!(["NOTE", "NOTE (2)"])));
}

/// Cases of programs that compare ids as floating-point numbers, pair rows that share an id by their places, or lose rows
/// beside a column that was added.
#[test]
fn ids_and_rows_that_others_confuse() {
    // 19 digits, of which the last differs.
    let two = Two::new();
    let mut files = two.files();
    let name = files.keys().next().unwrap().clone();
    let with_dose = |row: &str, dose: &str| {
        let mut row = fields(row);
        row[DOSE] = dose.to_owned();
        line(&row)
    };
    let old = two.old().join(&name);
    let mut before: Vec<String> = std::fs::read_to_string(&old).unwrap().lines().map(str::to_owned).collect();
    before[1] = with_dose(&before[1], "9223372036854775806");
    std::fs::write(&old, before.join("\n") + "\n").unwrap();
    files.get_mut(&name).unwrap()[1] = with_dose(&before[1], "9223372036854775807");
    two.write(&files);
    let (_, json) = two.diff_json(&[]);
    assert_eq!(json["rows"]["changed"], 1);
    assert_eq!((&json["rows"]["added"], &json["rows"]["removed"]), (&0.into(), &0.into()));

    // One id twice, in another order; then once more than before.
    let two = Two::new();
    let twins = |ordinals: &[&str]| -> Vec<String> {
        let of_ordinal = |ordinal: &&str| {
            let mut row = fields(&before[1]);
            (row[FACT], row[ORDINAL]) = ("777".to_owned(), (*ordinal).to_owned());
            line(&row)
        };
        before[..1].iter().cloned().chain(ordinals.iter().map(of_ordinal)).collect()
    };
    let compared = |old: &[&str], new: &[&str]| {
        let write = |folder: PathBuf, lines: Vec<String>| {
            std::fs::write(folder.join(&name), lines.join("\n") + "\n").unwrap();
        };
        write(two.old(), twins(old));
        write(two.new_batch(), twins(new));
        let (code, json) = two.diff_json(&[]);
        let number = |kind: &str| json["rows"][kind].as_u64().unwrap();
        (code, number("changed"), number("added"), number("removed"))
    };
    assert_eq!(compared(&["1", "2"], &["2", "1"]), (0, 0, 0, 0));
    assert_eq!(compared(&["1"], &["1", "1"]), (1, 0, 1, 0));
    assert_eq!(compared(&["1", "1", "2"], &["2", "1"]), (1, 0, 0, 1));

    // A column is added, and the one beside it revised, in files of several lengths.
    for rows in [1, 2, 3, 5] {
        let two = Two::new();
        let mut files = two.files();
        for lines in files.values_mut() {
            let kept = lines.len().min(rows + 1);
            lines.truncate(kept);
        }
        for (name, lines) in &files {
            std::fs::write(two.old().join(name), lines.join("\n") + "\n").unwrap();
        }
        for lines in files.values_mut() {
            lines.iter_mut().enumerate().for_each(|(place, l)| {
                let mut row = fields(l);
                row.insert(ORDINAL + 1, if place == 0 { "LOT".into() } else { "9".into() });
                if place > 0 {
                    row[ORDINAL] = "9".into();
                }
                *l = line(&row);
            });
        }
        two.write(&files);
        let (_, json) = two.diff_json(&[]);
        let all: usize = files.values().map(|lines| lines.len() - 1).sum();
        assert_eq!(json["columns"]["added"], serde_json::json!(["LOT"]));
        assert_eq!(json["rows"]["changed"], all as u64, "{rows}");
        let changes = json["changes"].as_array().unwrap();
        assert!(
            changes.iter().all(|change| change["columns"] == serde_json::json!(["ORDINAL_POSITION"])),
            "{json}"
        );
    }
}

/// Registries have been seen to give one id to everything. It must not take the square of the time.
#[test]
fn many_rows_may_share_an_id() {
    let two = Two::new();
    let mut files = two.files();
    let (name, lines) = files.iter_mut().next().unwrap();
    let row = fields(&lines[1]);
    let rows = |from: usize| {
        (from..from + 20_000).map(|i| {
            let mut row = row.clone();
            (row[CLIENT_ID], row[FACT]) = ((1000 + i).to_string(), "777".into());
            line(&row)
        })
    };
    for (folder, from) in [(two.old(), 0), (two.new_batch(), 5_000)] {
        let text: String = std::iter::once(lines[0].clone()).chain(rows(from)).map(|l| l + "\n").collect();
        std::fs::write(folder.join(name), text).unwrap();
    }
    let (_, json) = two.diff_json(&[]);
    assert_eq!(json["rows"]["moved_to_client"], 5_000);
    assert_eq!(json["rows"]["added"], 0);
}

/// A damaged file may have nothing but one id, and memory must not grow with it.
#[test]
fn rows_that_share_an_id_are_not_held_in_memory() {
    const ROWS: usize = 300_000;
    let folder = tempfile::tempdir().unwrap();
    let header = "CLIENT_ID,LAST_NAME,BIRTH_DATE,IMMUNFACT_ID\n";
    let write = |name: &str, numbers: &mut dyn Iterator<Item = usize>| {
        let rows = numbers.map(|n| format!("{n},a name that takes some room in memory,1990-05-05,777\n"));
        let path = folder.path().join(name);
        std::fs::write(&path, header.to_owned() + &rows.collect::<String>()).unwrap();
        path
    };
    let old = write("old.csv", &mut (0..ROWS));
    // In another order, and half of them others.
    let new = write("new.csv", &mut (ROWS / 2..ROWS / 2 + ROWS).rev());
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_phds"))
        .arg("diff")
        .args([&old, &new])
        .args(["--json", "--limit", "3", "--memory", "1M"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // What is printed is short, so that it waits in the pipe.
    let status = format!("/proc/{}/status", child.id());
    let mut most = None;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let kib = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        most = most.max(kib.and_then(|kib| kib.parse::<u64>().ok()));
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let half = ROWS / 2;
    assert_eq!((&told["rows"]["unchanged"], &told["rows"]["moved_to_client"]), (&half.into(), &half.into()));
    match most {
        // Held, they would take many times as much.
        Some(kib) => assert!(kib < 160 << 10, "{kib} KiB"),
        None => not_tested("memory that a comparison takes", "there is no /proc to look it up in"),
    }
}

#[test]
fn a_verdict_stands_even_if_nobody_reads_on() {
    let two = Two::new();
    let mut files = two.files();
    files.values_mut().for_each(|lines| lines.truncate(2));
    two.write(&files);
    for command in [vec!["diff", two.old().to_str().unwrap()], vec!["verify"]] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_phds"))
            .args(command)
            .arg(two.new_batch())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(1));
    }
}
