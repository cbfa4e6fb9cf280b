//! A year of runs as cron makes them: what must not go out unseen is held with its own reason, and published once it is
//! released.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Ran, manifest, phds_with, read_folder, text};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The second Mondays of 2024.
const DUE: [&str; 12] = [
    "2024-01-08",
    "2024-02-12",
    "2024-03-11",
    "2024-04-08",
    "2024-05-13",
    "2024-06-10",
    "2024-07-08",
    "2024-08-12",
    "2024-09-09",
    "2024-10-14",
    "2024-11-11",
    "2024-12-09",
];

/// An invented registry that is exported once a month, and the place of its batches.
struct Registry {
    folder: tempfile::TempDir,
}

impl Registry {
    fn new() -> Registry {
        Registry { folder: tempfile::tempdir().unwrap() }
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// The month's export, as the registry makes it; `change` may spoil it.
    fn export(&self, as_of: &str, change: impl FnOnce(&mut Export)) -> PathBuf {
        let place = self.folder.path().join(as_of);
        let made = phds_with(&["synth", "--clients", "1200", "--as-of", as_of, "--out", text(&place), "-q"]);
        assert_eq!(made.code, 0, "{}", made.stderr);
        let mut export = Export { place: place.clone() };
        change(&mut export);
        export.count_rows();
        place
    }

    /// What cron runs.
    fn run(&self, export: &Path, as_of: &str) -> Ran {
        let (export, out) = (text(export), self.out());
        phds_with(&["run", export, "--as-of", as_of, "--out", text(&out), "--if-due", "--quiet"])
    }

    fn month(as_of: &str) -> String {
        as_of[..7].replace('-', "")
    }

    /// A month that must be published.
    fn published(&self, as_of: &str, change: impl FnOnce(&mut Export)) -> PathBuf {
        let export = self.export(as_of, change);
        let ran = self.run(&export, as_of);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{as_of}: {}", ran.stderr);
        assert!(self.out().join(Registry::month(as_of)).is_dir());
        export
    }

    /// A month that must be held with these reasons at least, first among them the first; it is released then.
    fn held(&self, export: &Path, as_of: &str, codes: &[&str]) {
        let month = Registry::month(as_of);
        let place = self.out().join(&month);
        let ran = self.run(export, as_of);
        assert_eq!(ran.code, 77, "{as_of}: {}", ran.stderr);
        assert!(!place.exists());
        let beside = |ending: &str| {
            std::fs::read_to_string(self.out().join(format!(".held/{month}.{ending}"))).unwrap()
        };
        let why: serde_json::Value = serde_json::from_str(&beside("json")).unwrap();
        assert_eq!(why["batch"], month.as_str());
        assert_eq!(why["as_of"], as_of);
        let found = why["found"].as_array().unwrap();
        for code in codes {
            assert!(found.iter().any(|found| found["code"] == *code), "{as_of} {code}: {why:#}");
            assert!(ran.stderr.contains(code) && beside("txt").contains(code), "{}", ran.stderr);
        }
        let is_reason = |line: &&str| line.starts_with("  ") && !line.starts_with("    ");
        assert_eq!(found.len(), beside("txt").lines().filter(is_reason).count());
        // It lies there whole, and a second run leaves it as it is.
        let held = self.out().join(".held").join(&month);
        assert_eq!(phds_with(&["verify", text(&held), "--quiet"]).code, 0);
        // A batch that is made again has the same bytes: it is to be the same folder.
        let (before, place_before) = (read_folder(&held), inode(&held));
        assert_eq!(self.run(export, as_of).code, 77);
        assert_eq!((read_folder(&held), inode(&held)), (before.clone(), place_before));
        let released = phds_with(&["release", text(&self.out()), &month, "--by", "QA", "--reason", "a test"]);
        assert_eq!(released.code, 0, "{}", released.stderr);
        assert!(released.stdout.contains(codes[0]), "{}", released.stdout);
        assert_eq!(phds_with(&["verify", text(&place), "--quiet"]).code, 0);
        assert!(!held.exists());
        let released: serde_json::Value =
            serde_json::from_slice(&std::fs::read(place.join("qa/release.json")).unwrap()).unwrap();
        assert_eq!((&released["by"], &released["reason"]), (&"QA".into(), &"a test".into()));
        assert_eq!(released["found"], why["found"]);
        // What a department gets is what was held, byte for byte.
        let (mut was, mut is) = (before, read_folder(&place));
        was.retain(|path, _| !path.starts_with("qa/"));
        is.retain(|path, _| !path.starts_with("qa/"));
        assert_eq!(was, is);
    }

    fn included(&self, as_of: &str) -> u64 {
        let batch = read_folder(&self.out().join(Registry::month(as_of)));
        manifest(&batch)["facts"]["included"].as_u64().unwrap()
    }
}

/// What a folder is on the disk, whatever is in it.
fn inode(folder: &Path) -> u64 {
    std::fs::metadata(folder).unwrap().ino()
}

/// An export that may be spoilt. No value of an invented one holds a line break.
struct Export {
    place: PathBuf,
}

impl Export {
    fn path(&self, table: &str) -> PathBuf {
        self.place.join(format!("{table}.csv"))
    }

    /// Changes the rows of a table; the first line given is the header.
    fn lines(&mut self, table: &str, change: impl FnOnce(Vec<String>) -> Vec<String>) {
        let text = std::fs::read_to_string(self.path(table)).unwrap();
        let lines = change(text.lines().map(str::to_owned).collect());
        std::fs::write(self.path(table), lines.join("\n") + "\n").unwrap();
    }

    /// Changes the value of a column in each row.
    fn values(&mut self, table: &str, column: &str, change: impl Fn(usize, &str) -> String) {
        let mut reader = csv::Reader::from_path(self.path(table)).unwrap();
        let header = reader.headers().unwrap().clone();
        let place = header.iter().position(|name| name == column).unwrap();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let mut writer = csv::Writer::from_path(self.path(table)).unwrap();
        writer.write_record(&header).unwrap();
        for (number, row) in rows.iter().enumerate() {
            let changed = change(number, &row[place]);
            let values = row.iter().enumerate();
            writer
                .write_record(values.map(|(p, value)| if p == place { changed.as_str() } else { value }))
                .unwrap();
        }
        writer.flush().unwrap();
    }

    /// Makes `control` say what is there.
    fn count_rows(&mut self) {
        let place = self.place.clone();
        self.values("control", "ROW_COUNT", |_, count| count.to_owned());
        let names: Vec<String> = csv::Reader::from_path(self.path("control"))
            .unwrap()
            .records()
            .map(|row| row.unwrap()[0].to_owned())
            .collect();
        let rows = |table: &str| {
            let mut reader = csv::Reader::from_path(place.join(format!("{table}.csv"))).unwrap();
            reader.records().count()
        };
        self.values("control", "ROW_COUNT", |number, _| rows(&names[number]).to_string());
    }
}

#[test]
fn a_year_of_runs_that_nobody_watches() {
    let registry = Registry::new();
    let january = registry.published(DUE[0], |_| {});
    // Last month's export once more.
    registry.held(&january, DUE[1], &["SAME_EXPORT"]);
    let march = registry.published(DUE[2], |_| {});
    // Last month's consents beside this month's facts.
    let april = registry.export(DUE[3], |export| {
        std::fs::copy(march.join("consents.csv"), export.path("consents")).unwrap();
    });
    registry.held(&april, DUE[3], &["SAME_CONSENTS"]);
    // Nobody is responsible for anything any more.
    let may = registry.export(DUE[4], |export| {
        export.values("organizations", "RESPONSIBLE_ENTITY", |_, _| String::new());
    });
    registry.held(&may, DUE[4], &["NOTHING_SHARED", "MAX_UNKNOWN", "UNMATCHED_RECIPIENTS", "BATCH_CHANGED"]);
    assert_eq!(registry.included(DUE[4]), 0);
    // What comes after that is compared with it, and so a person has to see that it is well again.
    let june = registry.export(DUE[5], |_| {});
    registry.held(&june, DUE[5], &["BATCH_CHANGED"]);
    // A tenth of the facts.
    let july = registry.export(DUE[6], |export| {
        export.lines("immunizations", |lines| lines.into_iter().step_by(10).collect());
    });
    registry.held(&july, DUE[6], &["BATCH_CHANGED"]);
    assert!(registry.included(DUE[6]) * 8 < registry.included(DUE[5]));
    let august = registry.export(DUE[7], |_| {});
    registry.held(&august, DUE[7], &["BATCH_CHANGED"]);
    // An export in pages, of which one came twice.
    let september = registry.export(DUE[8], |export| {
        export.lines("consents", |mut lines| {
            let again = lines[1..4].to_vec();
            lines.extend(again);
            lines
        });
    });
    registry.held(&september, DUE[8], &["REPEATED_CONSENTS"]);
    // A Cyrillic letter in the name of an entity.
    let october = registry.export(DUE[9], |export| {
        export.values("organizations", "RESPONSIBLE_ENTITY", |number, entity| {
            if number % 2 == 0 { entity.replacen('a', "\u{430}", 1) } else { entity.to_owned() }
        });
        std::fs::remove_file(export.path("recipients")).unwrap();
        export.lines("control", |lines| lines.into_iter().filter(|l| !l.starts_with("recipients")).collect());
    });
    registry.held(&october, DUE[9], &["LOOK_ALIKES"]);
    // ZIP codes are gone.
    let november = registry.export(DUE[10], |export| {
        export.values("clients", "ZIP_CODE", |_, _| String::new());
    });
    registry.held(&november, DUE[10], &["MAX_BLANK_CHANGE"]);
    let december = registry.export(DUE[11], |_| {});
    registry.held(&december, DUE[11], &["MAX_BLANK_CHANGE"]);
    // The window has ended.
    let next = registry.export("2025-01-13", |_| {});
    registry.held(&next, "2025-01-13", &["WINDOW_OVER"]);
    let history = phds_with(&["history", text(&registry.out())]).stdout;
    assert_eq!(history.matches("released by QA").count(), 11, "{history}");
    assert!(!history.contains("held back") && !history.contains("no batch"), "{history}");
}

#[test]
fn gates_can_be_turned_off_for_a_run() {
    let registry = Registry::new();
    let january = registry.published(DUE[0], |_| {});
    let out = registry.out();
    let run = |off: &[&str]| {
        let gates = off.iter().flat_map(|key| ["--gate-off", *key]);
        let mut arguments = vec!["run", text(&january), "--as-of", DUE[1], "--out", text(&out), "--quiet"];
        arguments.extend(gates);
        phds_with(&arguments)
    };
    assert_eq!(run(&["window_over"]).code, 77);
    assert_eq!(run(&["same_export", "window_over"]).code, 0);
    let kept: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("202402/qa/gate.json")).unwrap()).unwrap();
    assert_eq!(kept["off"], serde_json::json!(["same_export", "window_over"]));
    let ran = run(&["same_exports"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("max_blank_change"), "{}", ran.stderr);
}

#[test]
fn the_stages_hold_what_run_holds() {
    let registry = Registry::new();
    let january = registry.published(DUE[0], |_| {});
    let (out, file) = (registry.out(), registry.folder.path().join("w.db"));
    let spoilt = registry.export(DUE[1], |export| {
        export.lines("consents", |mut lines| {
            let again = lines[1].clone();
            lines.push(again);
            lines
        });
        export.values("organizations", "RESPONSIBLE_ENTITY", |number, entity| {
            if number % 3 == 0 { entity.replacen('a', "\u{430}", 1) } else { entity.to_owned() }
        });
    });
    for export in [&january, &spoilt] {
        let found = |ran: Ran| {
            assert_eq!(ran.code, 77, "{}", ran.stderr);
            let json = std::fs::read_to_string(out.join(".held/202402.json")).unwrap();
            (json, read_folder(&out.join(".held/202402")))
        };
        let by_run =
            found(phds_with(&["run", text(export), "--as-of", DUE[1], "--out", text(&out), "--quiet"]));
        for arguments in [
            &["read", text(export), "--work", text(&file), "--quiet"][..],
            &["filter", "--work", text(&file), "--as-of", DUE[1], "--quiet"],
        ] {
            let ran = phds_with(arguments);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
        }
        let by_stages = found(phds_with(&["write", "--work", text(&file), "--out", text(&out), "--quiet"]));
        assert_eq!(by_run, by_stages);
    }
}

#[test]
fn old_batches_can_be_removed() {
    let registry = Registry::new();
    let export = registry.published(DUE[0], |_| {});
    let out = registry.out();
    for as_of in &DUE[1..5] {
        let off = ["--gate-off", "max_vaccination_age", "--gate-off", "same_export", "--quiet"];
        let is_held = *as_of == DUE[4];
        let run = ["run", text(&export), "--as-of", as_of, "--out", text(&out)];
        let ran = phds_with(&[&run[..], if is_held { &off[4..] } else { &off }].concat());
        assert_eq!(ran.code, if is_held { 77 } else { 0 }, "{}", ran.stderr);
    }
    let left = || {
        let mut names: Vec<String> = std::fs::read_dir(&out)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names.join(" ")
    };
    let all = left();
    let prune = |arguments: &[&str]| phds_with(&[&["prune", text(&out)][..], arguments].concat());
    let ran = prune(&["--keep", "3", "--dry-run"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "would remove 202401\n"));
    assert_eq!(left(), all);
    let ran = prune(&["--keep", "3"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "removed 202401\n"));
    // The newest two stay whatever is asked, and what is held and newer stays too.
    let ran = prune(&["--keep", "0", "--held"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "removed 202402\n"));
    assert_eq!(left(), ".held 202403 202404");
    // What is held goes once it is older than what is kept, and only where that is asked for.
    let held = out.join(".held");
    for ending in ["", ".txt", ".json"] {
        std::fs::rename(held.join(format!("202405{ending}")), held.join(format!("202402{ending}"))).unwrap();
    }
    assert_eq!(prune(&["--keep", "0"]).stdout, format!("nothing to remove in {}\n", out.display()));
    let ran = prune(&["--keep", "0", "--held"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "removed 202402 (held)\n"));
    assert_eq!(left(), "202403 202404");
    assert_eq!(prune(&["--keep", "0"]).stdout, format!("nothing to remove in {}\n", out.display()));
    assert_eq!(phds_with(&["prune", "nowhere", "--keep", "2"]).code, 66);
}

/// The fixtures are what their README says of the gates.
#[test]
fn the_fixtures_meet_the_gates_they_are_for() {
    let folder = tempfile::tempdir().unwrap();
    let run = |export: &str, as_of: &str, out: &str| {
        let (export, out) = (common::in_repository(export), folder.path().join(out));
        phds_with(&["run", text(&export), "--as-of", as_of, "--out", text(&out), "--quiet"])
    };
    assert_eq!(run("fixtures/registry", "2024-07-08", "out").code, 0);
    assert_eq!(run("fixtures/registry-august", "2024-08-12", "out").code, 0);
    let unmatched = run("fixtures/registry-unmatched", "2024-07-08", "other");
    assert_eq!(unmatched.code, 77, "{}", unmatched.stderr);
    assert_eq!(unmatched.stderr.matches("\n  UNMATCHED_RECIPIENTS: ").count(), 1, "{}", unmatched.stderr);
    // Both months are told apart as the README says, and nothing of August is so much as told.
    let august = phds_with(&[
        "diff",
        text(&folder.path().join("out/202407")),
        text(&folder.path().join("out/202408")),
    ]);
    assert_eq!(august.code, 1, "{}", august.stderr);
    insta::assert_snapshot!("fixtures-diff", august.stdout.split_once("\n\n").unwrap().0);
    for month in ["202407", "202408"] {
        let gate = std::fs::read(folder.path().join("out").join(month).join("qa/gate.json")).unwrap();
        let gate: serde_json::Value = serde_json::from_slice(&gate).unwrap();
        let none = serde_json::json!([]);
        assert_eq!((&gate["off"], &gate["found"], &gate["told"]), (&none, &none, &none), "{month}");
    }
    // Who gets no row gets no file: neither the recipient whose organization gave nothing nor the unmatched one.
    let held = common::read_folder(&folder.path().join("other/.held/202407"));
    let files: Vec<_> = held.keys().filter(|name| name.starts_with("PHDS_")).collect();
    assert_eq!(files, ["PHDS_Bluebonnet_County_Public_Health_202407.csv"]);
    assert_eq!(common::manifest(&held)["facts"]["excluded"], serde_json::json!({"NO_RECIPIENT": 1}));
    // The next month it is known, and only told.
    let released = phds_with(&["release", text(&folder.path().join("other")), "202407", "--by", "QA"]);
    assert_eq!(released.code, 0, "{}", released.stderr);
    let off = ["--gate-off", "same_export", "--gate-off", "max_vaccination_age"];
    let (export, out) = (common::in_repository("fixtures/registry-unmatched"), folder.path().join("other"));
    let again = ["run", text(&export), "--as-of", "2024-08-12", "--out", text(&out), "--quiet"];
    let again = phds_with(&[&again[..], &off].concat());
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stderr.contains("phds: warning: UNMATCHED_RECIPIENTS: "), "{}", again.stderr);
}
