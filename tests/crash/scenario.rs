//! What is to go wrong, and what must be true whatever goes wrong.
//!
//! A scenario is a folder that earlier commands have prepared, the command that is ended or fails in each of its
//! calls, and the plain commands by which all is well again. To try a command is to add one to the table.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::panic)]

use crate::common::{header, read_folder};
use crate::strace::{self, Call, Fate};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A command line: the program's arguments, in which OLD, NEW, REFUSED, WORSE and LARGE stand for exports, and OUT, DB and
/// PROBE for places of the scenario's own, and BATCH for that of July 2027 in OUT.
pub type Line = &'static [&'static str];

pub struct Scenario {
    pub name: &'static str,
    /// What was done before; a run that is refused, or held back, is a part of that, too.
    pub before: &'static [Line],
    /// The command that goes wrong.
    pub command: Line,
    /// How the command ends if nothing goes wrong.
    pub code: i32,
    /// What is done right afterwards, before anything is mended, and must show what was before or what is new; it may
    /// say that it can't (65). Its batches go to PROBE.
    pub probe: Option<Line>,
    /// What is done afterwards, and must succeed.
    pub mend: &'static [Line],
    /// How that ends if the command had come to its end; what is not said ends with 0.
    pub again: &'static [i32],
    /// What the calls of the command must have among them, so that the scenario is about what it says.
    pub shows: &'static str,
}

/// What lies in a place of batches, whole entry by whole entry. What a dead run leaves there is nobody's batch.
type Visible = BTreeMap<String, BTreeMap<String, Vec<u8>>>;

/// What must be true of a scenario, as it was found when nothing went wrong.
pub struct Expected {
    template: TempDir,
    _exports: TempDir,
    before: Visible,
    after: Visible,
    probes: [Option<Visible>; 2],
    mended: Visible,
    /// The names of all that is there in the end.
    left: BTreeSet<String>,
    pub calls: Vec<Call>,
}

/// Whether every call is to be tried, with every fate.
pub fn is_full_sweep() -> bool {
    std::env::var("PHDS_SWEEP").is_ok_and(|value| value == "full")
}

/// A new folder: in memory, where nobody waits for a disk, but for the full sweep.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let in_memory = if is_full_sweep() { None } else { tempfile::tempdir_in(memory).ok() };
    in_memory.unwrap_or_else(|| tempfile::tempdir().unwrap())
}

/// Makes the exports, which a scenario's folder has a link to.
fn make_exports() -> TempDir {
    let folder = folder();
    let facts = |count: usize, from: usize| -> Vec<String> {
        (0..count)
            .map(|n| {
                let id = from + n;
                format!("{id},{id},{},3,20{}-0{}-11,MMR,1,{},N", 7 + n % 3, 19 + n % 4, 1 + n % 9, 5 + n % 2)
            })
            .collect()
    };
    let malformed = vec!["1,2,3".to_owned(); 5];
    for (name, facts) in [
        ("OLD", facts(20, 100)),
        ("NEW", facts(40, 300)),
        ("REFUSED", [facts(20, 100), malformed.clone()].concat()),
        ("WORSE", [malformed.clone(), facts(20, 100), malformed].concat()),
        ("LARGE", facts(1500, 1000)),
    ] {
        let table = |table: &str, rows: &[String]| {
            let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
            std::fs::write(
                folder.path().join(name).join(format!("{table}.csv")),
                format!("{}\n{lines}", header(table)),
            )
            .unwrap();
        };
        let own = |rows: &[&str]| rows.iter().map(|row| (*row).to_owned()).collect::<Vec<_>>();
        let client = |id| format!("{id},IA,Ana{id},Ruiz,,1990-05-05,F,,TX,Travis,78701");
        table("clients", &(7..10).map(client).collect::<Vec<_>>());
        table("consents", &(7..10).map(|id| format!("{id},STANDARD,2015-01-01,,")).collect::<Vec<_>>());
        table("vaccines", &own(&["3,03,"]));
        table("organizations", &own(&["5,Clinic,CL,Travis,,,,", "6,Clinic,CL,Hays,,,,"]));
        table("immunizations", &facts);
    }
    folder
}

/// The program with a line's arguments, in a folder.
fn command(line: Line, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phds"));
    for argument in line {
        match *argument {
            "OLD" | "NEW" | "REFUSED" | "WORSE" | "LARGE" => {
                command.arg(folder.join("exports").join(argument))
            }
            "OUT" => command.arg(folder.join("out")),
            "BATCH" => command.arg(folder.join("out/202707")),
            "PROBE" => command.arg(folder.join("probe")),
            "DB" => command.arg(folder.join("b.db")),
            other => command.arg(other),
        };
    }
    command.arg("--quiet").env("TMPDIR", folder.join("tmp"));
    command
}

/// Runs a line that must end with one of these codes.
fn done(line: Line, folder: &Path, codes: &[i32]) -> Result<(), String> {
    let output = command(line, folder).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    match output.status.code().is_some_and(|code| codes.contains(&code)) {
        true => Ok(()),
        false => Err(format!("phds {} ended with {:?}: {stderr}", line.join(" "), output.status.code())),
    }
}

fn visible(place: &Path) -> Visible {
    let mut visible = Visible::new();
    if place.exists() {
        for (path, bytes) in read_folder(place) {
            // What is held back lies a folder deeper.
            let start = if path.starts_with(".held/") { ".held/".len() } else { 0 };
            let end = path[start..].find('/').map_or(path.len(), |slash| start + slash);
            let (entry, rest) = path.split_at(end);
            if !entry.starts_with(".phds-") {
                visible.entry(entry.to_owned()).or_default().insert(rest.to_owned(), bytes);
            }
        }
    }
    // When a batch was released is another moment each time; the report says it too. `verify` looks at these.
    for batch in visible.values_mut().filter(|batch| batch.contains_key("/qa/release.json")) {
        for name in ["/qa/release.json", "/qa/report.html", "/qa/SHA256SUMS"] {
            batch.insert(name.to_owned(), Vec::new());
        }
    }
    visible
}

/// The names of all that is in a folder, folders too, but for what lies in batches.
fn names(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for within in ["", "out", "tmp"] {
        if let Ok(entries) = std::fs::read_dir(folder.join(within)) {
            names.extend(entries.map(|e| format!("{within}/{}", e.unwrap().file_name().to_string_lossy())));
        }
    }
    names
}

/// What `probe` shows; none if it says that there is nothing to show.
fn probe(line: Line, folder: &Path) -> Result<Option<Visible>, String> {
    let place = folder.join("probe");
    let output = command(line, folder).output().unwrap();
    let shown = visible(&place);
    if place.exists() {
        std::fs::remove_dir_all(&place).unwrap();
    }
    match output.status.code() {
        Some(0) => Ok(Some(shown)),
        Some(65) if shown.is_empty() => Ok(None),
        code => Err(format!("the probe ended with {code:?}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else if kind.is_symlink() {
            symlink(std::fs::read_link(entry.path()).unwrap(), to.join(entry.file_name())).unwrap();
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

impl Scenario {
    /// Does all of it with nothing going wrong, to know what to expect.
    pub fn rehearse(&self) -> Expected {
        let template = folder();
        std::fs::create_dir(template.path().join("tmp")).unwrap();
        let exports = make_exports();
        symlink(exports.path(), template.path().join("exports")).unwrap();
        self.before.iter().for_each(|line| done(line, template.path(), &[0, 65, 77]).unwrap());
        let copied = || {
            let folder = folder();
            copy(template.path(), folder.path());
            folder
        };
        let (place, before_place) = (copied(), copied());
        let before = visible(&place.path().join("out"));
        let log_file = tempfile::NamedTempFile::new().unwrap();
        let log = strace::log_of(&command(self.command, place.path()), log_file.path());
        assert!(log.contains(self.shows), "{}: the calls show no {}", self.name, self.shows);
        let after = visible(&place.path().join("out"));
        assert!(self.probe.is_some() || before != after, "{}: nothing changes", self.name);
        let probed = |folder: &Path| self.probe.and_then(|line| probe(line, folder).unwrap());
        let probes = [probed(before_place.path()), probed(place.path())];
        assert!(
            self.probe.is_none() || self.code != 0 || probes[0] != probes[1],
            "{}: the probe tells nothing",
            self.name
        );
        self.mends().for_each(|(line, again)| done(line, place.path(), &[again]).unwrap());
        let (mended, left) = (visible(&place.path().join("out")), names(place.path()));
        assert!(left.iter().all(|name| !name.contains("phds-")), "{left:?}");
        for month in mended.keys().filter(|entry| entry.parse::<u32>().is_ok()) {
            verify(&place.path().join("out").join(month)).unwrap();
        }
        Expected {
            template,
            _exports: exports,
            before,
            after,
            probes,
            mended,
            left,
            calls: strace::calls(&log),
        }
    }

    /// What is done to mend, and how it ends if there is nothing to mend.
    fn mends(&self) -> impl Iterator<Item = (Line, i32)> {
        let again = self.again.iter().copied().chain(std::iter::repeat(0));
        self.mend.iter().copied().zip(again)
    }

    /// The log of the command's calls when nothing goes wrong, with a path for every descriptor.
    pub fn log(&self) -> String {
        let folder = folder();
        std::fs::create_dir(folder.path().join("tmp")).unwrap();
        let exports = make_exports();
        symlink(exports.path(), folder.path().join("exports")).unwrap();
        self.before.iter().for_each(|line| done(line, folder.path(), &[0, 65, 77]).unwrap());
        strace::log_of(&command(self.command, folder.path()), &folder.path().join("tmp/log"))
    }

    /// Has one call meet its fate, and checks all that must be true then. Returns whether the call was met.
    pub fn try_out(&self, expected: &Expected, call: &Call, fate: Fate) -> Result<bool, String> {
        let folder = folder();
        let folder = folder.path();
        copy(expected.template.path(), folder);
        let log = tempfile::NamedTempFile::new().unwrap();
        let ended = strace::inject(&command(self.command, folder), call, fate, log.path());
        let out = folder.join("out");
        self.check(expected, &ended, call, fate, folder)
            .and_then(|()| match self.probe {
                Some(line) => {
                    let shown = probe(line, folder)?;
                    let known = expected.probes.contains(&shown);
                    if known { Ok(()) } else { Err("what can be written is neither old nor new".to_owned()) }
                }
                None => Ok(()),
            })
            .and_then(|()| self.mends().try_for_each(|(line, again)| done(line, folder, &[0, again])))
            .and_then(|()| match visible(&out) == expected.mended {
                true => Ok(()),
                false => Err("the next run made something else".to_owned()),
            })
            .and_then(|()| match names(folder) {
                left if left == expected.left => Ok(()),
                left => {
                    let more: Vec<_> = left.symmetric_difference(&expected.left).collect();
                    Err(format!("something is left, or missing, after the next run: {more:?}"))
                }
            })
            .map_err(|problem| {
                let Call { name, nth } = call;
                format!(
                    "{}: {name} {nth} {fate:?}, ended with {:?}: {problem}\n{}",
                    self.name, ended.code, ended.stderr
                )
            })?;
        Ok(ended.was_hit)
    }

    /// What must be true right afterwards.
    fn check(
        &self,
        expected: &Expected,
        ended: &strace::Ended,
        call: &Call,
        fate: Fate,
        folder: &Path,
    ) -> Result<(), String> {
        let now = visible(&folder.join("out"));
        for entry in now.keys().chain(expected.before.keys()).chain(expected.after.keys()) {
            let (now, before, after) =
                (now.get(entry), expected.before.get(entry), expected.after.get(entry));
            // What says why a batch is held makes way before another comes.
            if now != before && now != after && !(is_reason(entry) && now.is_none()) {
                return Err(format!("out/{entry} is neither what was there nor the new one"));
            }
            if ended.code == Some(0) && now != after && entry.parse::<u32>().is_ok() {
                return Err(format!("all is said to be well, and out/{entry} is the old one"));
            }
        }
        // The reasons beside a held batch are never another's.
        for batch in now.keys().filter(|entry| entry.starts_with(".held/") && !entry.ends_with(".txt")) {
            let reasons = format!("{batch}.txt");
            let pair = |of: &Visible| (of.get(batch).cloned(), of.get(&reasons).cloned());
            let is_of_one_run = [pair(&expected.before), pair(&expected.after)].contains(&pair(&now));
            if !is_of_one_run && now.contains_key(&reasons) {
                return Err(format!("out/{batch} and what says why are not of one run"));
            }
        }
        // A held batch somebody may be looking at: at every moment it, or what comes in its place, is there.
        for batch in expected.before.keys().filter(|entry| entry.starts_with(".held/") && !is_reason(entry)) {
            let month = &batch[".held/".len()..];
            let is_published =
                expected.after.contains_key(month) && now.get(month) == expected.after.get(month);
            if !now.contains_key(batch) && !is_published {
                return Err(format!("out/{batch} is gone, and nothing is in its place"));
            }
        }
        if ended.stderr.contains("panicked") {
            return Err("it panicked".to_owned());
        }
        if fate == Fate::Killed && ended.was_hit {
            return Ok(());
        }
        if ![Some(74), Some(self.code)].contains(&ended.code) {
            return Err("this is the wrong exit code".to_owned());
        }
        // Whoever still lives clears up, unless it is that which fails.
        let leftover = |name: &&String| {
            [".phds-", "tmp/", ".reading", "-journal"].iter().any(|part| name.contains(part))
        };
        if ended.stderr.contains("could not be written") && names(folder).contains("/b.db.quarantine.csv") {
            return Err("half a list is left".to_owned());
        }
        match names(folder).iter().find(leftover) {
            Some(name) if !call.removes() => Err(format!("{name} is left")),
            _ => Ok(()),
        }
    }
}

/// Whether what lies in the place of batches under this name says why a batch is held.
fn is_reason(entry: &str) -> bool {
    entry.starts_with(".held/") && [".txt", ".json"].iter().any(|ending| entry.ends_with(ending))
}

/// Whether a batch is sound. One that was found sound is so wherever its bytes are.
fn verify(batch: &PathBuf) -> Result<(), String> {
    let output = Command::new(env!("CARGO_BIN_EXE_phds")).arg("verify").arg(batch).output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stdout).into_owned()) }
}
