//! `phds schedule`: the days to come, and texts that cron, a shell and systemd read as they are meant.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/skip.rs"]
mod skip;

use common::{Ran, phds, phds_with};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The same for everyone who reads a snapshot.
const SAME: [&str; 6] = ["--export", "/data/export", "--out", "/data/batches", "--program", "/usr/bin/phds"];

/// Names of files that mean something to a shell, to cron or to systemd.
const HOSTILE: [&str; 14] = [
    "plain",
    "two  blanks ",
    "it's \"quoted\"",
    "100%",
    "%h%%n",
    "\\%\\\\",
    "$HOME ${HOME} $$",
    "`id` $(id)",
    "Río Seco ünï 東",
    "; & | > < * ? ~ # ! [x] {y}",
    "a:b,c=d",
    "\\t\\x41\\",
    "-dash",
    "'",
];

fn schedule(arguments: &[&str]) -> Ran {
    phds_with(&[&["schedule"], arguments].concat())
}

fn printed(arguments: &[&str]) -> String {
    let ran = schedule(arguments);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}");
    ran.stdout
}

#[test]
fn the_days_to_come() {
    insta::assert_snapshot!("next", printed(&["next", "--date", "2024-07-09"]));
    insta::assert_snapshot!("next-observed", printed(&["next", "2", "--date", "2018-10-08"]));
    insta::assert_snapshot!("next-json", printed(&["next", "3", "--date", "2018-10-01", "--json"]));
    assert_eq!(printed(&["next", "--date", "9999-12-14"]), "");
    assert_eq!(printed(&["next"]).lines().count(), 12);
    assert_eq!(schedule(&["next", "0"]).code, 2);
}

#[test]
fn what_is_printed() {
    let with = |command: &str, more: &[&str]| printed(&[&[command], &SAME[..], more].concat());
    insta::assert_snapshot!("cron", with("cron", &[]));
    let more = ["--user", "phds", "--time", "23:05", "--", "--max-quarantined", "0.5%"];
    insta::assert_snapshot!("cron-user", with("cron", &more));
    insta::assert_snapshot!("systemd", with("systemd", &[]));
    let units = ["service", "timer"].map(|unit| with("systemd", &["--unit", unit]));
    let both = with("systemd", &[]);
    assert!(units.iter().all(|unit| both.contains(unit)));
    // What lies in a home or a temporary folder must be brought in.
    let homes = ["--export", "/home/x/export", "--out", "/var/tmp/out", "--program", "/root/.cargo/bin/phds"];
    let text = printed(&[&["systemd", "--unit", "service"], &homes[..]].concat());
    insta::assert_snapshot!(
        "systemd-homes",
        lines_with(&text, &["ExecStart=", "ProtectHome=", "PrivateTmp=", "Paths="])
    );
}

fn lines_with(text: &str, parts: &[&str]) -> String {
    let wanted = |line: &&str| !line.starts_with('#') && parts.iter().any(|part| line.contains(part));
    text.lines().filter(wanted).map(|line| format!("{line}\n")).collect()
}

#[test]
fn what_would_not_work_is_refused_today() {
    let long = format!("/{}", "long/".repeat(250));
    let job = ["--export", "/data/export", "--out", "/data/batches"];
    for (arguments, code, says) in [
        (vec!["cron", "--export", "/a\nb", "--out", "/b"], 2, "line break"),
        (vec!["systemd", "--export", "/a", "--out", "/b\u{7f}"], 2, "line break"),
        (vec!["cron", "--export", "../export", "--out", "/b"], 2, "has a .. in it"),
        (vec!["cron", "--export", "", "--out", "/b"], 2, "--export"),
        (vec!["cron", "--export", "/a", "--out", "/"], 2, "root folder"),
        (vec!["cron", "--export", &long, "--out", "/b"], 2, "cut a command off"),
        ([&["cron"], &job[..], &["--time", "24:00"]].concat(), 2, "not a time of day"),
        ([&["systemd"], &job[..], &["--user", "root"]].concat(), 2, "root must not"),
        ([&["systemd"], &job[..], &["--program", "/it's/phds"]].concat(), 2, "systemd runs no program"),
        ([&["cron"], &job[..], &["--user", "a b"]].concat(), 2, "not the name of a user"),
        ([&["cron"], &job[..], &["--", "--as-of", "2024-07-08"]].concat(), 2, "one month only"),
        ([&["systemd"], &job[..], &["--", "--as-of=2024-07-08"]].concat(), 2, "one month only"),
        ([&["cron"], &job[..], &["--policy", "/nowhere/policy.toml"]].concat(), 66, "policy.toml"),
        ([&["cron"], &job[..], &["--", "--no-such-thing"]].concat(), 2, "unexpected argument"),
        ([&["cron"], &job[..], &["--", "--max-quarantined", "many"]].concat(), 2, "invalid value"),
        ([&["cron"], &job[..], &["--", "--quiet"]].concat(), 2, "cannot be used with"),
        ([&["cron"], &job[..], &["--", "--help"]].concat(), 2, "phds run --help"),
    ] {
        let ran = schedule(&arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{arguments:?}");
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
    }
    for command in ["cron", "systemd"] {
        let ran = schedule(&[&[command], &job[..], &["--time", "02:30"]].concat());
        assert_eq!(ran.code, 0);
        insta::assert_snapshot!("clocks-change", ran.stderr);
    }
}

#[test]
fn paths_are_made_whole() {
    let folder = tempfile::tempdir().unwrap();
    let output = phds()
        .current_dir(&folder)
        .args(["schedule", "cron", "--export", "export", "--out", "./out/"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let here = folder.path().canonicalize().unwrap();
    let here = here.display();
    let line = text.lines().last().unwrap();
    for part in
        [format!("{here}/export"), format!("{here}/out"), phds().get_program().to_string_lossy().into()]
    {
        assert!(line.contains(&part), "{line}");
    }
    assert!(!line.contains("/./") && !line.contains("out/"), "{line}");
}

/// Hostile names: a program that writes down its arguments, a policy, and an export and batches that are not there.
struct Place {
    folder: TempDir,
    name: &'static str,
}

impl Place {
    fn new(name: &'static str) -> Place {
        let folder = tempfile::tempdir().unwrap();
        // For systemd, which is run as nobody.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let place = Place { folder, name };
        std::fs::create_dir(place.path("")).unwrap();
        let script = "#!/bin/sh\nfor word; do printf '%s\\0' \"$word\"; done > \"$0.said\"\n";
        for program in [place.path("program"), place.program_for_systemd()] {
            std::fs::write(&program, script).unwrap();
            std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        }
        std::fs::write(place.path("policy"), "").unwrap();
        place
    }

    fn path(&self, name: &str) -> String {
        let folder = match name {
            "export" | "out" => Path::new("/srv").join(self.name),
            _ => self.folder.path().join(self.name),
        };
        if name.is_empty() { folder } else { folder.join(name) }.to_str().unwrap().to_owned()
    }

    /// systemd runs none with a quote or a backslash in its path.
    fn program_for_systemd(&self) -> String {
        match self.name.contains(['"', '\'', '\\']) {
            true => self.folder.path().join("program $h %h é;").to_str().unwrap().to_owned(),
            false => self.path("program"),
        }
    }

    /// Prints a schedule of it.
    fn schedule(&self, kind: &[&str], program: &str) -> String {
        let [export, out, policy] = ["export", "out", "policy"].map(|name| self.path(name));
        let job = ["--export", &export, "--out", &out, "--program", program, "--policy", &policy];
        printed(&[kind, &job[..]].concat())
    }

    /// What the program should be given.
    fn expected(&self) -> Vec<String> {
        let [export, out, policy] = ["export", "out", "policy"].map(|name| self.path(name));
        ["run", &export, "--out", &out, "--policy", &policy, "--quiet", "--if-due"]
            .map(str::to_owned)
            .to_vec()
    }
}

/// The command of a crontab's line, as cron hands it to a shell. Some crons take a backslash before a backslash away,
/// and some do not.
fn as_cron_reads_it(line: &str, takes_backslashes: bool) -> String {
    let mut command = String::new();
    let mut rest = line.splitn(6, ' ').nth(5).unwrap().chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('%', _) => panic!("a line break: {line}"),
            ('\\', Some('%')) => command.extend(rest.next()),
            ('\\', Some('\\')) if takes_backslashes => command.extend(rest.next()),
            // It and what follows, which then means nothing.
            ('\\', _) => command.extend([Some(c), rest.next()].into_iter().flatten()),
            _ => command.push(c),
        }
    }
    command
}

#[test]
fn cron_and_the_shell_read_the_line_as_it_is_meant() {
    for name in HOSTILE {
        let place = Place::new(name);
        let text = place.schedule(&["cron"], &place.path("program"));
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines.len(), 1, "{text}");
        assert!(lines[0].starts_with("0 6 8-31 * * "), "{text}");
        for takes_backslashes in [false, true] {
            let command = as_cron_reads_it(lines[0], takes_backslashes);
            let status = Command::new("/bin/sh").args(["-c", &command]).env_clear().status().unwrap();
            assert!(status.success(), "{name}: {command}");
            let said = std::fs::read_to_string(place.path("program.said")).unwrap();
            std::fs::remove_file(place.path("program.said")).unwrap();
            let said: Vec<&str> = said.split_terminator('\0').collect();
            assert_eq!(said, place.expected(), "{name}: {command}");
        }
    }
}

/// Runs systemd-analyze. None if it is not installed.
fn analyze(arguments: &[&str], files: &[PathBuf]) -> Option<String> {
    match Command::new("systemd-analyze").args(arguments).args(files).env("LC_ALL", "C.UTF-8").output() {
        Ok(output) => {
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8(said).unwrap();
            if said.contains("unrecognized option") {
                skip::not_tested(
                    &format!("what systemd-analyze {} says", arguments.join(" ")),
                    "it is too old",
                );
                return None;
            }
            assert!(output.status.success(), "{said}");
            Some(said)
        }
        Err(_) => {
            skip::not_tested("what systemd-analyze thinks of the units", "it is not installed");
            None
        }
    }
}

/// Has the units written into a folder that everybody may read.
fn units(place: &Place) -> PathBuf {
    let folder = place.folder.path().join("units");
    std::fs::create_dir(&folder).unwrap();
    place.schedule(&["systemd", "--into", folder.to_str().unwrap()], &place.program_for_systemd());
    folder
}

#[test]
fn systemd_finds_nothing_wrong() {
    for name in HOSTILE {
        let place = Place::new(name);
        let folder = units(&place);
        let files = ["phds.service", "phds.timer"].map(|file| folder.join(file));
        let Some(said) = analyze(&["verify", "--recursive-errors=no"], &files) else { return };
        // It may have something to say of the machine's own units too.
        let about_ours: Vec<&str> = said.lines().filter(|line| line.contains("phds.")).collect();
        assert!(about_ours.is_empty(), "{name}: {about_ours:?}");
    }
}

#[test]
fn the_service_may_do_little() {
    let place = Place::new("plain");
    let service = [units(&place).join("phds.service")];
    // In tenths: fails above 2.0.
    analyze(&["security", "--offline=true", "--threshold=20", "--no-pager"], &service);
}

#[test]
fn systemd_knows_the_days() {
    let iterations = |calendar: &str, from: &str, count: &str| {
        let said =
            analyze(&["calendar", "--base-time", from, &format!("--iterations={count}"), calendar], &[])?;
        let days = said.split_whitespace().filter(|word| word.len() == 10 && word.starts_with("20"));
        let days: Vec<String> = days.map(str::to_owned).collect();
        assert_eq!(days.len().to_string(), count, "{said}");
        Some(days)
    };
    let timer = printed(&[&["systemd", "--unit", "timer"], &SAME[..]].concat());
    let calendar = lines_with(&timer, &["OnCalendar="]);
    let calendar = calendar.trim().strip_prefix("OnCalendar=").unwrap();
    // February of a leap year, to March.
    let Some(days) = iterations(calendar, "2024-02-20", "12") else { return };
    assert_eq!((days[0].as_str(), days[9].as_str()), ("2024-02-20", "2024-02-29"));
    assert_eq!(&days[10..], ["2024-03-08", "2024-03-09"]);
    // What its comment says of the second Monday is true.
    assert!(timer.contains("could say that: Mon *-*-08..14."));
    let mondays = iterations("Mon *-*-08..14", "2024-07-01", "60").unwrap();
    let next = printed(&["next", "60", "--date", "2024-07-01"]);
    let next: Vec<&str> = next.lines().map(|line| &line[..10]).collect();
    assert_eq!(mondays, next);
}

/// Has systemd itself read the service, and show what it read.
fn as_systemd_reads_it(folder: &Path) -> Option<String> {
    let systemd =
        ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"].into_iter().find(|p| Path::new(p).is_file());
    let Some(systemd) = systemd else {
        skip::not_tested("how systemd reads the service", "it is not installed");
        return None;
    };
    let run = folder.join("run");
    std::fs::create_dir(&run).unwrap();
    std::fs::set_permissions(&run, Permissions::from_mode(0o777)).unwrap();
    // It shows units only to others than root.
    let is_root =
        std::fs::metadata("/proc/self").map(|me| std::os::unix::fs::MetadataExt::uid(&me)).unwrap() == 0;
    let mut command = match is_root {
        true => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", systemd]);
            command
        }
        false => Command::new(systemd),
    };
    let output = command
        .args(["--user", "--test", "--unit=phds.service"])
        // And where the targets are that every start needs.
        .env("SYSTEMD_UNIT_PATH", format!("{}:", folder.display()))
        .env("XDG_RUNTIME_DIR", &run)
        .env("HOME", &run)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    if !said.contains("-> Unit phds.service:") {
        skip::not_tested("how systemd reads the service", &String::from_utf8_lossy(&output.stderr));
        return None;
    }
    Some(said)
}

#[test]
fn systemd_reads_the_service_as_it_is_meant() {
    for name in HOSTILE {
        let place = Place::new(name);
        let Some(said) = as_systemd_reads_it(&units(&place)) else { return };
        let about = said.split("-> Unit ").find(|part| part.starts_with("phds.service:")).unwrap();
        let values = |key: &str| {
            let lines = about.lines().filter_map(|line| line.trim_start().strip_prefix(key));
            lines.map(|value| value.strip_prefix(": ").unwrap()).collect::<Vec<_>>()
        };
        // Shown as a shell would take it. Of `$$` systemd makes `$` when it starts the program.
        let [command] = values("Command Line")[..] else { panic!("{about}") };
        let split =
            Command::new("/bin/sh").args(["-c", &format!("printf '%s\\0' {command}")]).output().unwrap();
        let words = String::from_utf8(split.stdout).unwrap();
        let mut words = words.split_terminator('\0');
        assert_eq!(words.next(), Some(place.program_for_systemd().as_str()), "{name}");
        let words: Vec<String> = words.map(|word| word.replace("$$", "$")).collect();
        let expected = place.expected();
        assert_eq!(words, expected, "{name}: {command}");
        // A single one would begin the name of a variable.
        let arguments = command.split_once(" run ").unwrap().1;
        assert!(!arguments.replace("\\$\\$", "").contains('$'), "{command}");
        assert_eq!(values("ReadWritePaths"), [place.path("out")], "{name}");
        assert_eq!(values("ReadOnlyPaths"), [format!("-{}", place.path("export"))], "{name}");
        let mounts = values("RequiresMountsFor");
        for needed in ["export", "policy", "out"].map(|name| place.path(name)) {
            assert!(mounts.iter().any(|mount| mount.starts_with(&needed)), "{name}: {mounts:?}");
        }
    }
}

#[test]
fn systemd_brings_in_what_lies_in_homes() {
    let place = Place::new("plain");
    let folder = place.folder.path().join("units");
    std::fs::create_dir(&folder).unwrap();
    let (export, out) = ("/home/a b/e:x 5%", "/tmp/o:u\\t \"x\"");
    let job = ["--export", export, "--out", out, "--into", folder.to_str().unwrap()];
    printed(&[&["systemd", "--program", "/root/phds"], &job[..]].concat());
    let Some(said) = as_systemd_reads_it(&folder) else { return };
    assert!(said.contains(&format!("\tBindPaths: {out}:{out}:rbind\n")), "{said}");
    assert!(said.contains(&format!("\tBindReadOnlyPaths: -{export}:{export}:rbind\n")), "{said}");
    assert!(said.contains("\tBindReadOnlyPaths: /root/phds:/root/phds:rbind\n"), "{said}");
}

#[test]
fn units_that_are_there_stay_as_they_are() {
    for there in ["phds.service", "phds.timer"] {
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().to_str().unwrap();
        std::fs::write(folder.path().join(there), "mine").unwrap();
        let ran = schedule(&[&["systemd"], &SAME[..], &["--into", into]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (73, ""), "{}", ran.stderr);
        let names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, [there]);
        assert_eq!(std::fs::read(folder.path().join(there)).unwrap(), b"mine");
    }
    let ran = schedule(&[&["systemd"], &SAME[..], &["--into", "/nowhere/at/all"]].concat());
    assert_eq!(ran.code, 73);
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().to_str().unwrap();
    let said = printed(&[&["systemd"], &SAME[..], &["--into", into]].concat());
    insta::assert_snapshot!("into", said.replace(into, "DIR"));
    for unit in ["service", "timer"] {
        let file = folder.path().join(format!("phds.{unit}"));
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text, printed(&[&["systemd"], &SAME[..], &["--unit", unit]].concat()));
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    }
}
