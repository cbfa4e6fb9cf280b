//! One gate on one pair of months: what a run of July comes to, and what lies there then.

#![allow(clippy::unwrap_used, clippy::panic, unreachable_pub)]

use crate::common::{self, Ran, Site, delivered, phds_in, read_folder, text};
use crate::export::Export;
use serde_json::{Value, json};
use std::fs::{File, FileTimes};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// One gate on one pair of months.
pub struct Case {
    /// The gate's key.
    pub key: &'static str,
    pub policy: &'static str,
    pub june: Option<Export>,
    pub july: Export,
    pub as_of: Option<&'static str>,
    /// When the file of clients was changed last.
    pub changed: Option<SystemTime>,
    pub zone: String,
    /// The codes of what holds the batch, in order; it is published if there are none.
    pub found: &'static [&'static str],
    /// The codes of what does not hold it, but is told.
    pub told: &'static [&'static str],
}

pub fn case(key: &'static str, july: Export) -> Case {
    Case {
        key,
        policy: "",
        june: None,
        july,
        as_of: Some("2024-07-08"),
        changed: None,
        zone: "UTC".to_owned(),
        found: &[],
        told: &[],
    }
}

impl Case {
    /// The batch of June was published, or was held and then released.
    pub fn after(self, june: Export) -> Case {
        Case { june: Some(june), ..self }
    }

    pub fn policy(self, policy: &'static str) -> Case {
        Case { policy, ..self }
    }

    pub fn held(self, found: &'static [&'static str]) -> Case {
        Case { found, ..self }
    }

    pub fn told(self, told: &'static [&'static str]) -> Case {
        Case { told, ..self }
    }

    pub fn check(&self) {
        for shape in [Shape::Files, Shape::Database] {
            let place = Place { site: Site::empty(), shape, case: self };
            std::fs::write(place.site.path("policy.toml"), self.policy).unwrap();
            if let Some(june) = &self.june {
                place.publish_june(june);
            }
            place.give(&self.july);
            match shape {
                Shape::Database => place.is_judged(),
                Shape::Files if self.found.is_empty() => place.is_published(),
                Shape::Files => place.is_held(),
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Files,
    Database,
}

/// Where a case is tried.
pub struct Place<'a> {
    pub site: Site,
    pub shape: Shape,
    pub case: &'a Case,
}

const WHOSE: [&str; 4] = ["--by", "Ana Ruiz", "--reason", "as it should be"];

impl Place<'_> {
    pub fn export(&self) -> PathBuf {
        match self.shape {
            Shape::Files => self.site.export(),
            Shape::Database => self.site.path("export.db"),
        }
    }

    pub fn give(&self, export: &Export) {
        for (table, _) in common::HEADERS {
            let rows: Option<Vec<&str>> =
                export.tables.get(table).map(|rows| rows.iter().map(String::as_str).collect());
            match rows {
                Some(rows) => self.site.rows(table, &rows),
                None => drop(std::fs::remove_file(self.site.export().join(format!("{table}.csv")))),
            }
        }
        if let Shape::Database = self.shape {
            export.write_database(&self.export());
        }
        if let Some(changed) = self.case.changed {
            let file = match self.shape {
                Shape::Files => self.export().join("clients.csv"),
                Shape::Database => self.export(),
            };
            let times = FileTimes::new().set_modified(changed);
            File::options().write(true).open(file).unwrap().set_times(times).unwrap();
        }
    }

    fn publish_june(&self, june: &Export) {
        self.give(june);
        let ran = self.run_as_of(Some("2024-06-10"), &[]);
        if ran.code == 77 {
            self.release("202406");
        } else {
            assert_eq!(ran.code, 0, "{}: {}", self.words(), ran.stderr);
        }
    }

    fn words(&self) -> String {
        let Case { key, policy, found, told, .. } = self.case;
        format!("{key}, {:?}, [gate] {policy}: {found:?} {told:?}", self.shape)
    }

    fn phds(&self, arguments: &[&str]) -> Ran {
        phds_in(&self.case.zone, arguments)
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_as_of(self.case.as_of, arguments)
    }

    fn run_as_of(&self, as_of: Option<&str>, arguments: &[&str]) -> Ran {
        self.ask("run", as_of, &[&["--json"], arguments].concat())
    }

    /// `run`, or `check`, which takes the same.
    pub fn ask(&self, command: &str, as_of: Option<&str>, arguments: &[&str]) -> Ran {
        let (export, out, policy) = (self.export(), self.site.out(), self.site.path("policy.toml"));
        let always = [command, text(&export), "--out", text(&out), "--policy", text(&policy)];
        let day = as_of.map_or(vec![], |as_of| vec!["--as-of", as_of]);
        self.phds(&[&always[..], &["--max-quarantined", "100%"], &day, arguments].concat())
    }

    /// `read`, `filter` and `write`.
    pub fn run_in_stages(&self) -> Ran {
        let (export, out, policy) = (self.export(), self.site.out(), self.site.path("policy.toml"));
        let (work, most) = (self.site.path("work.db"), ["--max-quarantined", "100%"]);
        let day = self.case.as_of.map_or(vec![], |as_of| vec!["--as-of", as_of]);
        let stage =
            |arguments: &[&str]| self.phds(&[arguments, &["--work", text(&work), "--quiet"]].concat());
        let read = stage(&[&["read", text(&export)], &most[..]].concat());
        assert_eq!(read.code, 0, "{}: {}", self.words(), read.stderr);
        let filter = stage(&[&["filter", "--policy", text(&policy)], &most[..], &day].concat());
        assert_eq!(filter.code, 0, "{}: {}", self.words(), filter.stderr);
        stage(&["write", "--out", text(&out), "--json"])
    }

    fn release(&self, month: &str) -> Ran {
        let ran = self.phds(&[&["release", text(&self.site.out()), month], &WHOSE[..]].concat());
        assert_eq!(ran.code, 0, "{}: {}", self.words(), ran.stderr);
        ran
    }

    /// Runs `check`, which writes nothing, and says what a run would come to.
    fn foresees(&self, code: i32, outcome: &str, found: &Value) {
        let out = self.site.out();
        let before = out.exists().then(|| read_folder(&out));
        let ran = self.ask("check", self.case.as_of, &["--json"]);
        assert_eq!(ran.code, code, "check: {}: {}", self.words(), ran.stderr);
        let said: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((said["outcome"].as_str(), &said["found"]), (Some(outcome), found), "{}", self.words());
        assert_eq!(codes(&said["told"]), self.case.told, "{}", self.words());
        assert_eq!(out.exists().then(|| read_folder(&out)), before);
    }

    /// A run finds what it should.
    fn is_judged(&self) {
        let ran = self.run(&[]);
        assert_eq!(
            ran.code,
            if self.case.found.is_empty() { 0 } else { 77 },
            "{}: {}",
            self.words(),
            ran.stderr
        );
        let said: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(codes(&said["found"]), self.case.found, "{}", self.words());
        for code in self.case.told {
            assert!(
                ran.stderr.contains(&format!("phds: warning: {code}: ")),
                "{}: {}",
                self.words(),
                ran.stderr
            );
        }
    }

    fn is_published(&self) {
        let words = self.words();
        self.foresees(0, "publishable", &json!([]));
        let ran = self.run(&[]);
        assert_eq!(ran.code, 0, "{words}: {}", ran.stderr);
        let said: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((&said["outcome"], &said["found"]), (&json!("published"), &json!([])), "{words}");
        let place = self.site.out().join(said["manifest"]["batch"].as_str().unwrap());
        let gate = of_json(&place.join("qa/gate.json"));
        assert_eq!(
            (codes(&gate["found"]).len(), codes(&gate["told"])),
            (0, self.case.told.to_vec()),
            "{words}"
        );
        for code in self.case.told {
            assert!(ran.stderr.contains(&format!("phds: warning: {code}: ")), "{words}: {}", ran.stderr);
        }
        assert!(!place.join("qa/release.json").exists());
        let ran = self.run_in_stages();
        assert_eq!(ran.code, 0, "{words}: {}", ran.stderr);
        assert_eq!(of_json(&place.join("qa/gate.json")), gate, "{words}");
        assert!(!self.site.out().join(".held").exists(), "{words}");
    }

    fn is_held(&self) {
        let words = self.words();
        let ran = self.run(&[]);
        assert_eq!(ran.code, 77, "{words}: {}", ran.stderr);
        let said: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(said["outcome"], "held", "{words}");
        assert_eq!(codes(&said["found"]), self.case.found, "{words}: {:#}", said["found"]);
        let (month, out) = (said["manifest"]["batch"].as_str().unwrap(), self.site.out());
        let (place, held) = (out.join(month), out.join(".held").join(month));
        assert!(!place.exists(), "{words}");
        // What lies beside it, in it, and what was said, is the same.
        let why = of_json(&held.with_extension("json"));
        assert_eq!(
            why,
            json!({"batch": month, "as_of": said["manifest"]["as_of"], "found": said["found"]}),
            "{words}"
        );
        let why_in_words = std::fs::read_to_string(held.with_extension("txt")).unwrap();
        for found in said["found"].as_array().unwrap() {
            let line =
                format!("{}: {}\n", found["code"].as_str().unwrap(), found["message"].as_str().unwrap());
            assert!(why_in_words.contains(&line) && ran.stderr.contains(&line), "{words}: {line}");
        }
        let gate = of_json(&held.join("qa/gate.json"));
        assert_eq!(gate["found"], said["found"], "{words}");
        assert_eq!(codes(&gate["told"]), self.case.told, "{words}");
        self.foresees(77, "held", &said["found"]);
        // It can be turned off, and what is then published was only not held.
        let batch = delivered(read_folder(&held));
        let ran = self.run(&["--gate-off", self.case.key]);
        assert_eq!(ran.code, 0, "{words}: {}", ran.stderr);
        assert_eq!(of_json(&place.join("qa/gate.json"))["off"], json!([self.case.key]));
        assert_eq!(delivered(read_folder(&place)), batch, "{words}");
        assert!(!held.exists());
        // In stages it is held for the same; what is published already stays as it is.
        let published = read_folder(&place);
        let ran = self.run_in_stages();
        assert_eq!(ran.code, 77, "{words}: {}", ran.stderr);
        assert_eq!(of_json(&held.with_extension("json")), why, "{words}");
        assert_eq!(read_folder(&place), published, "{words}");
        // Somebody has looked.
        let ran = self.release(month);
        assert!(ran.stdout.starts_with(&why_in_words), "{words}: {}", ran.stdout);
        assert_eq!(delivered(read_folder(&place)), batch, "{words}");
        let release = of_json(&place.join("qa/release.json"));
        assert_eq!(
            (&release["by"], &release["reason"], &release["found"]),
            (&json!("Ana Ruiz"), &json!("as it should be"), &said["found"]),
            "{words}"
        );
        assert!(release["when"].as_str().unwrap().ends_with('Z'), "{release}");
        assert!(!held.exists() && !held.with_extension("json").exists(), "{words}");
    }
}

pub fn of_json(file: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

pub fn codes(found: &Value) -> Vec<&str> {
    found.as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap()).collect()
}
