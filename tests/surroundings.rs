//! The same export, policy and as-of date give the same bytes wherever, whenever and however the program is run, and
//! files that only their owner may read.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/nobody.rs"]
mod nobody;
#[path = "common/skip.rs"]
mod skip;

use common::{in_repository, read_folder};
use nobody::Nobody;
use skip::not_tested;
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

type Batch = BTreeMap<String, Vec<u8>>;

/// A folder with the shipped export in it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(place.path("export")).unwrap();
        for (name, bytes) in read_folder(&in_repository("fixtures/registry")) {
            let mut file = std::fs::File::create(place.path("export").join(name)).unwrap();
            file.write_all(&bytes).unwrap();
            // 2024-07-08 06:00:00: an export that is newer than the clock's day is held back.
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_720_418_400)).unwrap();
        }
        place
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// What a plain run makes.
    fn expected(&self) -> Batch {
        let mut command = phds();
        command.args(["run", "--quiet", "--as-of", "2024-07-08"]).arg(self.path("export"));
        self.batch_of(command.arg("--out").arg(self.path("plain")), "plain", "plain")
    }

    /// The batch that a command puts into `out`, which then goes.
    fn batch_of(&self, command: &mut Command, out: &str, way: &str) -> Batch {
        let output = command.output().unwrap();
        succeeded(&output, way);
        let batch = read_folder(&self.path(out).join("202407"));
        private(&self.path(out), way);
        std::fs::remove_dir_all(self.path(out)).unwrap();
        batch
    }
}

fn phds() -> Command {
    Command::new(env!("CARGO_BIN_EXE_phds"))
}

fn succeeded(output: &Output, way: &str) {
    assert!(
        output.status.success(),
        "{way}: {:?}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Checks that all there is in a folder, and the folder, is its owner's only.
fn private(folder: &Path, way: &str) {
    let mode = |path: &Path| std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(folder), 0o700, "{way}: {}", folder.display());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => private(&path, way),
            false => assert_eq!(mode(&path), 0o600, "{way}: {}", path.display()),
        }
    }
}

/// Compares two batches, in qa/ too, and names the files that differ.
fn same(way: &str, batch: &Batch, expected: &Batch) {
    let differs = |name: &&String| batch.get(*name) != expected.get(*name);
    let differing: Vec<&String> = batch.keys().chain(expected.keys()).filter(differs).collect();
    assert!(differing.is_empty(), "{way}: {differing:?}");
}

#[test]
fn environment_threads_and_memory() {
    let place = Place::new();
    let expected = place.expected();
    let mut ways: Vec<(String, Command)> = Vec::new();
    let mut add = |name: String, change: &dyn Fn(&mut Command)| {
        let mut command = phds();
        command.args(["run", "--quiet", "--as-of", "2024-07-08"]).arg(place.path("export"));
        command.arg("--out").arg(place.path("out"));
        change(&mut command);
        ways.push((name, command));
    };
    for zone in ["UTC", "America/Chicago", "Pacific/Kiritimati", "Asia/Kathmandu", "<-12>12", "nonsense", ""]
    {
        add(format!("TZ={zone}"), &|command| {
            command.env("TZ", zone);
        });
    }
    for locale in ["C", "POSIX", "de_DE.UTF-8", "tr_TR.UTF-8", "ja_JP.SJIS", "nonsense"] {
        add(format!("locale {locale}"), &|command| {
            command
                .env("LANG", locale)
                .env("LC_ALL", locale)
                .env("LC_NUMERIC", locale)
                .env("LANGUAGE", locale);
        });
    }
    for threads in ["1", "2", "3", "8", "64"] {
        add(format!("{threads} threads"), &|command| {
            command.args(["--threads", threads]);
        });
    }
    for memory in ["1M", "100M", "512M", "64G"] {
        add(format!("{memory} of memory"), &|command| {
            command.args(["--memory", memory]);
        });
    }
    add("no environment".to_owned(), &|command| {
        command.env_clear();
    });
    add("no HOME".to_owned(), &|command| {
        command.env_remove("HOME").env_remove("USER");
    });
    add("no colours and a narrow terminal".to_owned(), &|command| {
        command.env("NO_COLOR", "1").env("COLUMNS", "20").env("TERM", "dumb");
    });
    add("talkative".to_owned(), &|command| {
        command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
    });
    add("a TMPDIR that is not there".to_owned(), &|command| {
        command.env("TMPDIR", "/nowhere");
    });
    for (way, mut command) in ways {
        same(&way, &place.batch_of(&mut command, "out", &way), &expected);
    }
}

#[test]
fn current_folder_and_forms_of_paths() {
    let place = Place::new();
    let expected = place.expected();
    std::fs::create_dir_all(place.path("a folder/ünder")).unwrap();
    let root = place.folder.path().strip_prefix("/").unwrap().to_str().unwrap().to_owned();
    let (from_root, out_from_root) = (format!("{root}/export"), format!("{root}/out"));
    for (folder, export, out) in [
        ("", "export", "out"),
        ("", "./export/", "./out/"),
        ("", "a folder/../export", "a folder/.././out//"),
        ("export", ".", "../out"),
        ("a folder/ünder", "../../export", "../../out"),
        ("/", &from_root, &out_from_root),
    ] {
        let way = format!("in {folder:?}: {export} {out}");
        let mut command = phds();
        command
            .args(["run", export, "--quiet", "--as-of", "2024-07-08", "--out", out])
            .current_dir(place.path(folder));
        same(&way, &place.batch_of(&mut command, "out", &way), &expected);
    }
    // A place of batches that is the current folder, and one several folders down.
    std::fs::create_dir(place.path("here")).unwrap();
    std::fs::set_permissions(place.path("here"), std::fs::Permissions::from_mode(0o700)).unwrap();
    for (folder, out, lies) in [("here", ".", "here"), ("", "x/y/z", "x/y/z")] {
        let mut command = phds();
        command.args(["run", "--quiet", "--as-of", "2024-07-08", "--out", out]).arg(place.path("export"));
        same(out, &place.batch_of(command.current_dir(place.path(folder)), lies, out), &expected);
    }
}

/// Whatever the umask takes away; as somebody whom it binds.
#[test]
fn umasks() {
    let place = Place::new();
    let expected = place.expected();
    let nobody = match Nobody::in_folder(place.folder.path()) {
        Ok(nobody) => nobody,
        Err(why) => return not_tested("umasks", &why),
    };
    for umask in ["000", "022", "027", "077", "0177", "0277", "0377", "0777"] {
        let home = place.path("home");
        nobody.folder(&home);
        let script = "umask \"$1\"; shift; exec \"$@\"";
        let under = |arguments: &[&str]| {
            let mut command = Command::new("sh");
            command.args(["-c", script, "sh", umask]).args(nobody.words()).args(arguments);
            let output = command.current_dir(&home).env("TMPDIR", &home).output().unwrap();
            succeeded(&output, &format!("umask {umask}: {arguments:?}"));
        };
        // A folder above OUT that has to be made, too.
        under(&["run", "../export", "--as-of", "2024-07-08", "--out", "above/out", "--quiet"]);
        private(&home.join("above"), umask);
        same(umask, &read_folder(&home.join("above/out/202407")), &expected);
        under(&["read", "../export", "--work", "b.db", "--quiet"]);
        under(&["filter", "--as-of", "2024-07-08", "--work", "b.db", "--quiet"]);
        under(&["write", "--work", "b.db", "--out", "above/out", "--quiet"]);
        private(&home.join("above"), umask);
        same(umask, &read_folder(&home.join("above/out/202407")), &expected);
        under(&["report", "above/out/202407", "--out", "report.html"]);
        under(&["verify", "above/out/202407"]);
        for (file, mode) in [("b.db", 0o600), ("report.html", 0o600)] {
            let found = std::fs::metadata(home.join(file)).unwrap().permissions().mode() & 0o7777;
            assert_eq!(found, mode, "umask {umask}: {file}");
        }
        let mut left: Vec<_> = std::fs::read_dir(&home).unwrap().map(|e| e.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["above", "b.db", "report.html"]);
        std::fs::remove_dir_all(&home).unwrap();
    }
}

/// A library that answers every question for the time with PHDS_TEST_TIME.
const CLOCK: &str = r#"
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static time_t now(void) { return (time_t)atoll(getenv("PHDS_TEST_TIME")); }
int clock_gettime(clockid_t clock, struct timespec *out) {
    (void)clock; out->tv_sec = now(); out->tv_nsec = 123456789; return 0;
}
int gettimeofday(struct timeval *out, void *zone) { (void)zone; out->tv_sec = now(); out->tv_usec = 7; return 0; }
time_t time(time_t *out) { if (out) *out = now(); return now(); }
"#;

#[test]
fn the_clock() {
    let place = Place::new();
    let expected = place.expected();
    let (source, library) = (place.path("clock.c"), place.path("clock.so"));
    std::fs::write(&source, CLOCK).unwrap();
    let mut cc = Command::new("cc");
    let made = cc.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).output();
    if !made.is_ok_and(|output| output.status.success()) {
        return not_tested("the clock", "there is no `cc` to make another clock with");
    }
    let at = |seconds: &str| {
        let mut command = phds();
        command.env("LD_PRELOAD", &library).env("PHDS_TEST_TIME", seconds).env("TZ", "UTC");
        command.arg("run").arg(place.path("export")).arg("--quiet").arg("--out").arg(place.path("out"));
        command
    };
    // Without an as-of date it is the clock that says it: so the clock is the one set here.
    let noon = "1720440000"; // 2024-07-08 12:00:00
    same("today", &place.batch_of(&mut at(noon), "out", "today"), &expected);
    for (way, seconds) in [
        ("1970", "0"),
        ("2000-02-29", "951782400"),
        ("the month before", "1718000000"),
        ("2038 and after", "4102444800"),
        ("9999", "253370764800"),
        ("1965", "-157766400"),
    ] {
        let mut command = at(seconds);
        command.args(["--as-of", "2024-07-08"]);
        same(way, &place.batch_of(&mut command, "out", way), &expected);
    }
    // Without a day on the command line and one on the clock there is none, and nothing is done.
    let reading = ["read", "--work"].map(Path::new);
    let made = phds().args(reading).args([&place.path("b.db"), &place.path("export")]).output().unwrap();
    succeeded(&made, "a work database");
    let before = read_folder(place.folder.path());
    let (export, database, out) = (place.path("export"), place.path("b.db"), place.path("out"));
    let [export, database, out] = [&export, &database, &out].map(|path| path.to_str().unwrap());
    let commands: [(&[&str], &str); 7] = [
        (&["run", export, "--out", out], "--as-of"),
        (&["run", export, "--out", out, "--if-due", "--log-format", "json"], "--as-of"),
        (&["due"], "--date"),
        (&["due", "--batch-missing", out], "--date"),
        (&["schedule", "next"], "--date"),
        (&["explain", export, "--client", "1"], "--as-of"),
        (&["filter", "--work", database], "--as-of"),
    ];
    // 1964 and 1969, years with five and twelve digits, and the last second that there is.
    let far = ["-157766400", "-1", "253402387200", "300000000000000", "9223372036854775807"];
    for (seconds, zone) in far.map(|seconds| (seconds, "UTC")).into_iter().chain([("0", "XXX5")]) {
        let at = |arguments: &[&str]| {
            let mut command = phds();
            command.env("LD_PRELOAD", &library).env("PHDS_TEST_TIME", seconds).env("TZ", zone);
            command.args(arguments).output().unwrap()
        };
        for (arguments, option) in commands {
            let output = at(arguments);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{seconds} {zone} {arguments:?}: {stderr}");
            assert!(stderr.contains("clock shows no day from 1970-01-01 to 9999-12-31"), "{stderr}");
            assert!(stderr.contains(&format!("or give the day: {option} DATE")), "{stderr}");
            assert!(output.stdout.is_empty(), "{arguments:?}");
        }
        assert_eq!(read_folder(place.folder.path()), before, "{seconds} {zone}");
        // Whose day is given, or is always the same, does not ask.
        for arguments in [
            &["due", "--date", "2024-07-08", "--log-format", "json"][..],
            &["schedule", "next", "--date", "2024-07-08"],
            &["synth", "--clients", "3", "--out", out],
            &["run", out, "--as-of", "2024-07-08", "--out", out, "-v"],
        ] {
            succeeded(&at(arguments), &format!("{seconds} {zone} {arguments:?}"));
        }
        std::fs::remove_dir_all(out).unwrap();
    }
}
