//! Exports and policies that are made to do harm, or so damaged that they might: whatever they are, the run ends by
//! itself with a code that tells, in little memory, and leaves nothing behind.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{GATES_OFF, Ran, Site, header};
use rusqlite::Connection;
use std::fs::File;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What a hostile run may take, so that a program that would take all there is fails here first.
const MEMORY_KIB: u32 = 2 << 20;

/// Long beyond anything: a run that waits for something that never comes is ended, and has no code then.
const PATIENCE: Duration = Duration::from_secs(120);

/// `phds` with these arguments, with no more memory than that.
fn phds(arguments: &[&std::ffi::OsStr]) -> Ran {
    let limited = format!("ulimit -v {MEMORY_KIB}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &limited, env!("CARGO_BIN_EXE_phds")]).args(arguments);
    let output = assert_cmd::Command::from_std(command).timeout(PATIENCE).output().unwrap();
    // Not lossy: what is printed must be text, whatever the files are called.
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap_or(-1);
    Ran { code, stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// `phds run` on an export.
fn run(site: &Site, export: &Path, arguments: &[&str]) -> Ran {
    let out = site.out();
    let mut all = vec!["run".as_ref(), export.as_os_str(), "--out".as_ref(), out.as_os_str()];
    let more = ["--as-of", "2024-07-08", "--threads", "2", "--memory", "64M"];
    all.extend(
        more.iter().chain(&GATES_OFF).chain(arguments).map(|argument| std::ffi::OsStr::new(*argument)),
    );
    phds(&all)
}

/// Nothing was published, and nothing lies about, but the list of what could not be used, perhaps.
fn is_clean(site: &Site, ran: &Ran) {
    let left: Vec<String> = site.left_in_out();
    assert!(left.iter().all(|name| name == "quarantine-202407.csv"), "{left:?}, {}", ran.stderr);
    assert_eq!(ran.stdout, "");
    assert!(!ran.stderr.contains("panicked") && !ran.stderr.contains("Ana"), "{}", ran.stderr);
    let steers = |c: char| c.is_control() && c != '\n';
    assert!(!ran.stderr.contains(steers), "{:?}", ran.stderr);
}

/// Checks that a run is refused with this code and this in its message.
fn refused(site: &Site, export: &Path, code: i32, expect: &str) {
    let ran = run(site, export, &[]);
    assert_eq!((ran.code, ran.stderr.contains(expect)), (code, true), "{expect}: {}", ran.stderr);
    is_clean(site, &ran);
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn pipes_and_devices_in_an_export() {
    for name in ["clients.csv", "immunizations.csv", "recipients.csv"] {
        for make in [pipe as fn(&Path), |path| symlink("/dev/zero", path).unwrap()] {
            let site = Site::new();
            let path = site.export().join(name);
            let _ = std::fs::remove_file(&path);
            make(&path);
            refused(&site, &site.export(), 65, &format!("{name}: NOT_A_FILE: "));
        }
    }
    // Packed, and the export itself.
    let site = Site::new();
    site.remove("clients.csv");
    pipe(&site.export().join("clients.csv.zst"));
    refused(&site, &site.export(), 65, "clients.csv.zst: NOT_A_FILE: ");
    pipe(&site.path("pipe"));
    refused(&site, &site.path("pipe"), 65, "pipe: NOT_A_FILE: ");
    refused(&site, Path::new("/dev/zero"), 65, "/dev/zero: NOT_A_FILE: ");
    // What lies beside the tables is not looked into.
    let site = Site::new();
    pipe(&site.export().join("notes"));
    symlink("/dev/zero", site.export().join("clients.txt")).unwrap();
    symlink("loop", site.export().join("loop")).unwrap();
    assert_eq!(run(&site, &site.export(), &[]).code, 0);
    symlink("control.csv", site.export().join("control.csv")).unwrap();
    std::fs::remove_dir_all(site.out()).unwrap();
    refused(&site, &site.export(), 66, "control.csv: cannot be opened: ");
}

#[test]
fn names_that_steer_a_terminal() {
    let site = Site::new();
    let name = std::ffi::OsStr::from_bytes(b"recipients.\x1b[2J\xff\xc2\x9bcsv");
    std::fs::write(site.export().join(name), "").unwrap();
    refused(&site, &site.export(), 65, "recipients.\\u{1b}[2J\u{fffd}\\u{9b}csv: MISNAMED_TABLE: ");
    std::fs::remove_file(site.export().join(name)).unwrap();
    // The folders' own names, in messages and in the summary.
    let steers = |text: &str| text.contains(|c: char| c.is_control() && c != '\n');
    let place = |name: &[u8]| site.path("").join(std::ffi::OsStr::from_bytes(name));
    let (export, out) = (place(b"ex\x1b[31m\xff"), place(b"o\x1b[31m"));
    let (batch, policy) = (place(b"b\x1b[31m.db"), place(b"p\x1b[31m.toml"));
    std::fs::rename(site.export(), &export).unwrap();
    std::fs::write(&policy, "name = 'x'").unwrap();
    let day = ["--as-of", "2024-07-08"];
    let commands: [(i32, &[&Path], &[&str]); 9] = [
        (0, &["run".as_ref(), &export, "--out".as_ref(), &out], &day),
        (0, &["history".as_ref(), &out], &[]),
        (0, &["read".as_ref(), &export, "--work".as_ref(), &batch], &[]),
        (0, &["status".as_ref(), "--work".as_ref(), &batch], &[]),
        (0, &["filter".as_ref(), "--work".as_ref(), &batch], &day),
        (0, &["write".as_ref(), "--work".as_ref(), &batch, "--out".as_ref(), &out], &[]),
        (0, &["policy".as_ref(), "check".as_ref(), &policy], &[]),
        (66, &["verify".as_ref(), &place(b"none\x1b[31m")], &[]),
        (
            0,
            &["synth".as_ref(), "--clients".as_ref(), "3".as_ref(), "--out".as_ref(), &place(b"s\x1b[31m")],
            &[],
        ),
    ];
    for (code, paths, more) in commands {
        let arguments: Vec<&std::ffi::OsStr> =
            paths.iter().map(|path| path.as_os_str()).chain(more.iter().map(|text| text.as_ref())).collect();
        let ran = phds(&arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
        assert!(!steers(&ran.stdout) && !steers(&ran.stderr), "{arguments:?}: {ran:?}");
    }
}

/// A name may hold the end of a line. What comes after it must not pass for something that the program says.
#[test]
fn names_that_would_forge_a_line() {
    const FORGED: &str = "phds: error: forged";
    let site = Site::new();
    let place = |name: &str| site.path(&format!("{name}\n{FORGED}"));
    let (export, out, batch) = (place("export"), place("out"), place("batch.db"));
    let (policy, alone) = (place("policy.toml"), place("PHDS_Travis_202407.csv"));
    std::fs::rename(site.export(), &export).unwrap();
    std::fs::write(&policy, "name = 'x'").unwrap();
    let misnamed = export.join(format!("recipients.\n{FORGED}.csv"));
    let check = |code: i32, arguments: &[&dyn AsRef<std::ffi::OsStr>]| {
        let arguments: Vec<_> = arguments.iter().map(|argument| (*argument).as_ref()).collect();
        let ran = phds(&arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
        let lines = ran.stdout.lines().chain(ran.stderr.lines());
        let forged: Vec<_> = lines.filter(|line| line.trim_start().starts_with(FORGED)).collect();
        assert!(forged.is_empty(), "{arguments:?}: {ran:?}");
        ran.stdout + &ran.stderr
    };
    let day = ["--as-of", "2024-07-08"];
    let run = |code: i32, more: &[&dyn AsRef<std::ffi::OsStr>]| {
        let all: Vec<&dyn AsRef<std::ffi::OsStr>> =
            vec![&"run", &export, &"--out", &out, &day[0], &day[1], &"-v"];
        check(code, &[all.as_slice(), more].concat())
    };
    let said = run(0, &[&"--policy", &policy]);
    assert!(said.contains("Files in ") && said.contains("out\\nphds: error: forged/202407"), "{said}");
    std::fs::write(&misnamed, "").unwrap();
    assert!(run(65, &[]).contains("recipients.\\nphds: error: forged.csv: MISNAMED_TABLE: "));
    std::fs::remove_file(&misnamed).unwrap();
    let held = out.join(".held/202407");
    for arguments in [
        &[&"--max-export-age" as &dyn AsRef<std::ffi::OsStr>, &"1d"][..],
        &[&"--max-export-age", &"1d", &"--log-format", &"json"],
    ] {
        // What is held back says how to publish it.
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_717_243_200);
        let file = std::fs::File::open(export.join("clients.csv")).unwrap();
        file.set_times(std::fs::FileTimes::new().set_modified(old)).unwrap();
        run(77, arguments);
    }
    check(0, &[&"due", &"--batch-missing", &out, &"--date", &"2025-07-14"]);
    check(1, &[&"due", &"--batch-missing", &out, &"--date", &"2024-07-08"]);
    check(0, &[&"diff", &out.join("202407"), &held]);
    check(0, &[&"release", &out, &"202407"]);
    check(66, &[&"release", &out, &"202407"]);
    check(0, &[&"history", &out]);
    check(0, &[&"verify", &out.join("202407")]);
    check(0, &[&"read", &export, &"--work", &batch]);
    check(65, &[&"write", &"--work", &batch, &"--out", &out]);
    check(0, &[&"status", &"--work", &batch]);
    check(0, &[&"filter", &"--work", &batch, &day[0], &day[1], &"--policy", &policy]);
    check(0, &[&"status", &"--work", &batch]);
    check(0, &[&"write", &"--work", &batch, &"--out", &out]);
    check(0, &[&"explain", &"--work", &batch, &"--fact", &"11"]);
    check(0, &[&"policy", &"check", &policy]);
    std::fs::copy(out.join("202407/PHDS_Travis_202407.csv"), &alone).unwrap();
    check(0, &[&"verify", &alone]);
    check(1, &[&"verify", &policy]);
    check(0, &[&"synth", &"--clients", &"3", &"--out", &place("synth")]);
    for missing in ["verify", "history", "report"] {
        check(66, &[&missing, &place("missing")]);
    }
    check(66, &[&"status", &"--work", &place("missing.db")]);
    check(66, &[&"policy", &"check", &place("missing.toml")]);
    // What lies in a batch and does not belong there, and in the way of one.
    std::fs::write(out.join(format!("202407/more\n{FORGED}")), "").unwrap();
    check(1, &[&"verify", &out.join("202407")]);
    std::fs::remove_dir_all(out.join("202407")).unwrap();
    std::fs::write(out.join("202407"), "").unwrap();
    run(73, &[]);
    run(73, &[&"--log-format", &"json"]);
}

/// Packs so many copies of a line of 8 MiB behind the header of `clients`; only little is packed at all.
fn bomb(ending: &str, copies: usize) -> Vec<u8> {
    let pack = |text: &[u8]| match ending {
        "zst" => zstd::encode_all(text, 1).unwrap(),
        _ => {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            packed.write_all(text).unwrap();
            packed.finish().unwrap()
        }
    };
    let mut line = vec![b'x'; 8 << 20];
    *line.last_mut().unwrap() = b'\n';
    [pack(format!("{}\n", header("clients")).as_bytes()), pack(&line).repeat(copies)].concat()
}

#[test]
fn archives_that_unpack_without_end() {
    let site = Site::new();
    site.remove("clients.csv");
    for ending in ["zst", "gz"] {
        let name = format!("clients.csv.{ending}");
        let archive = bomb(ending, 33);
        assert!(archive.len() < 1 << 19);
        site.file(&name, &archive);
        let expect = format!(
            "{name}: ARCHIVE_BOMB: the compressed file unpacks to more than 256 MiB and more than 500 times its own size"
        );
        refused(&site, &site.export(), 65, &expect);
        site.remove(&name);
    }
    // Up to 256 MiB, and up to 500 times the size, what is in it is looked at. A zstd archive may hold what is skipped.
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 0, 0, 0x10, 0], vec![0; 1 << 20].as_slice()].concat();
    for archive in [bomb("zst", 9), [skipped, bomb("zst", 33)].concat()] {
        site.file("clients.csv.zst", &archive);
        refused(&site, &site.export(), 65, "clients.csv.zst: TOO_MANY_QUARANTINED: ");
        std::fs::remove_dir_all(site.out()).unwrap();
    }
    // One that would need a window of 2 GiB.
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(31).unwrap();
    encoder.write_all(header("clients").as_bytes()).unwrap();
    site.file("clients.csv.zst", &encoder.finish().unwrap());
    refused(&site, &site.export(), 65, "clients.csv.zst: DAMAGED_ARCHIVE: ");
}

/// Adds 3 GiB of nothing to a file, which take no room on the disk.
fn endless(path: &Path) {
    let file = File::options().append(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() + (3 << 30)).unwrap();
}

#[test]
fn records_without_end() {
    let check = |table: &str, start: &str, line: u32| {
        let site = Site::new();
        let name = format!("{table}.csv");
        site.file(&name, start.as_bytes());
        endless(&site.export().join(&name));
        refused(&site, &site.export(), 65, &format!("{name}, line {line}: RECORD_TOO_LONG: "));
    };
    for table in ["clients", "vaccines", "immunizations"] {
        check(table, "", 1);
        check(table, "\"", 1);
        check(table, &format!("{}\n", header(table)), 2);
        check(table, &format!("{}\n\n7,\"", header(table)), 3);
        check(table, &format!("{}\n7,\"\"", header(table)), 2);
    }
    // To the byte, whatever ends the line.
    for end in ["\n", "\r\n", ""] {
        for (more, is_too_long) in [(0, false), (1, true), (2, true)] {
            let site = Site::new();
            let long = "x".repeat((16 << 20) + more - "4,03,".len());
            site.file("vaccines.csv", format!("{}\n3,03,\n4,03,{long}{end}", header("vaccines")).as_bytes());
            let ran = site.run(&[]);
            let says =
                if is_too_long { "vaccines.csv, line 3: RECORD_TOO_LONG" } else { "TOO_MANY_QUARANTINED" };
            assert!(ran.code == 65 && ran.stderr.contains(says), "{end:?} {more}: {}", ran.stderr);
        }
    }
    // As many fields as there can be.
    let site = Site::new();
    site.file("clients.csv", &vec![b','; 17 << 20]);
    refused(&site, &site.export(), 65, "clients.csv, line 1: RECORD_TOO_LONG: ");
    let mut text = format!("{}\n", header("clients")).into_bytes();
    (0..9).for_each(|_| text.extend([vec![b','; 1 << 19], vec![b'\n']].concat()));
    site.file("clients.csv", &text);
    refused(&site, &site.export(), 65, "clients.csv: TOO_MANY_QUARANTINED: 9 of 9 rows");
    text.extend([b"7,\"\",", vec![b','; 8 << 20].as_slice(), b"\n"].concat());
    site.file("clients.csv", &text);
    refused(&site, &site.export(), 65, "clients.csv, line 11: TOO_MANY_FIELDS: ");
    site.file("clients.csv", &vec![b','; 8 << 20]);
    refused(&site, &site.export(), 65, "clients.csv, line 1: TOO_MANY_FIELDS: ");
}

#[test]
fn policies_that_are_none() {
    let site = Site::new();
    let policy = site.path("policy.toml");
    let check = |expect: &str| {
        let ran = run(&site, &site.export(), &["--policy", policy.to_str().unwrap()]);
        assert_eq!((ran.code, ran.stderr.contains(expect)), (78, true), "{expect}: {}", ran.stderr);
        is_clean(&site, &ran);
        let ran = phds(&["policy".as_ref(), "check".as_ref(), policy.as_os_str()]);
        assert_eq!((ran.code, ran.stderr.contains(expect)), (78, true), "{expect}: {}", ran.stderr);
        std::fs::remove_file(&policy).unwrap();
    };
    pipe(&policy);
    check("policy.toml: this is not a regular file");
    symlink("/dev/zero", &policy).unwrap();
    check("policy.toml: this is not a regular file");
    File::create(&policy).unwrap().set_len(100 << 20).unwrap();
    check("policy.toml: the file is too large to be a policy");
    for nested in ["[", "{a=", "[{a="] {
        std::fs::write(&policy, format!("a = {}", nested.repeat(200_000))).unwrap();
        check("policy.toml, line 1: this is not TOML: ");
    }
    for (start, end) in [("[", "b]"), ("", "b = 1"), ("[[", "b]]")] {
        std::fs::write(&policy, format!("{start}{}{end}", "a.".repeat(200_000))).unwrap();
        check("policy.toml, line 1");
    }
}

/// An SQLite export with one of everything, and whatever this SQL makes of it.
fn database(site: &Site, sql: &str) -> PathBuf {
    let path = site.path("export.sqlite");
    let _ = std::fs::remove_file(&path);
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch("PRAGMA page_size = 1024; PRAGMA synchronous = OFF; BEGIN").unwrap();
    for (table, columns) in &common::HEADERS[..5] {
        connection.execute_batch(&format!("CREATE TABLE {table}({columns})")).unwrap();
    }
    let rows = "
        INSERT INTO clients VALUES(7,'IA','Ana','Ruiz',NULL,'1990-05-05','F',NULL,'TX','Travis','78701');
        INSERT INTO consents VALUES(7,'STANDARD','2015-01-01',NULL,NULL);
        INSERT INTO vaccines VALUES(3,'03',NULL);
        INSERT INTO organizations VALUES(5,'Clinic','CL','Travis',NULL,NULL,NULL,NULL);
        INSERT INTO immunizations VALUES(1,11,7,3,'2020-01-01','MMR',1,5,'N');";
    connection.execute_batch(rows).unwrap();
    connection.execute_batch("COMMIT").unwrap();
    connection.execute_batch(sql).unwrap();
    drop(connection);
    path
}

/// Rows enough that the tables have pages of their own, some of which only lead to others.
const MANY_ROWS: &str = "
    WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 160)
    INSERT INTO consents SELECT i, 'STANDARD', '2015-01-01', '2016-01-01', 'WITHDRAWN' FROM n;
    WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 160)
    INSERT INTO clients SELECT i, 'IA', 'Ana', 'Ruiz', NULL, '1990-05-05', NULL, NULL, NULL, NULL, NULL FROM n;";

#[test]
fn databases_that_are_damaged() {
    let site = Site::new();
    let path = database(&site, MANY_ROWS);
    let good = std::fs::read(&path).unwrap();
    assert_eq!(run(&site, &path, &[]).code, 0);
    let published = common::delivered(site.batch());
    let forget = || std::fs::remove_dir_all(site.out()).unwrap();
    forget();
    // Whatever is changed where pages say what they hold: it is refused, or it changes nothing.
    let pages = good.len() / 1024;
    let mut refusals = 0;
    for page in 0..pages {
        for (place, change) in [(0, 0xff), (1, 0x01), (3, 0x01), (5, 0x10), (8, 0x40)] {
            let mut damaged = good.clone();
            damaged[page * 1024 + place + if page == 0 { 100 } else { 0 }] ^= change;
            std::fs::write(&path, &damaged).unwrap();
            let ran = run(&site, &path, &[]);
            if ran.code == 0 {
                assert!(common::delivered(site.batch()) == published, "page {page}, byte {place}");
                forget();
                continue;
            }
            refusals += 1;
            assert!(ran.code == 65 && ran.stderr.contains("export.sqlite"), "{}: {}", ran.code, ran.stderr);
            is_clean(&site, &ran);
        }
    }
    assert!(refusals >= 3 * pages, "{refusals} of {pages} pages");
    // Two pages that lead to each other, so that rows would never end.
    let leads: Vec<usize> = (1..pages).filter(|page| good[page * 1024] == 5).collect();
    assert!(!leads.is_empty());
    for page in leads {
        let mut damaged = good.clone();
        let own = u32::try_from(page + 1).unwrap().to_be_bytes();
        damaged[page * 1024 + 8..][..4].copy_from_slice(&own);
        std::fs::write(&path, &damaged).unwrap();
        refused(&site, &path, 65, "UNUSABLE_DATABASE");
    }
    // The header, byte by byte; and cut short.
    for place in (0..100).step_by(3) {
        let mut damaged = good.clone();
        damaged[place] ^= 0x81;
        std::fs::write(&path, &damaged).unwrap();
        let ran = run(&site, &path, &[]);
        assert!([0, 65, 66, 74].contains(&ran.code), "byte {place}: {} {}", ran.code, ran.stderr);
        match ran.code {
            0 => forget(),
            _ => is_clean(&site, &ran),
        }
    }
    for length in [0, 1, 16, 99, 100, 512, 1024, 1025, good.len() / 2, good.len() - 1024, good.len() - 1] {
        std::fs::write(&path, &good[..length]).unwrap();
        let expect = if length < 16 { "NOT_AN_EXPORT" } else { "UNUSABLE_DATABASE" };
        refused(&site, &path, 65, expect);
    }
    // Encrypted: with the header, and without as most programs do it.
    let encrypted: Vec<u8> = (0..good.len()).map(|at| (at * at * 31 + at / 7) as u8 ^ good[at]).collect();
    std::fs::write(&path, [&good[..16], &encrypted[16..]].concat()).unwrap();
    refused(&site, &path, 65, "UNUSABLE_DATABASE");
    std::fs::write(&path, &encrypted).unwrap();
    refused(&site, &path, 65, "NOT_AN_EXPORT");
}

/// SQLite itself reads such a file without a word, and the client would seem to have consented.
#[test]
fn a_withdrawal_lost_to_one_changed_byte() {
    let site = Site::new();
    let path = database(
        &site,
        "INSERT INTO consents VALUES(7, 'STANDARD', '2016-01-01', '2020-01-01', 'WITHDRAWN')",
    );
    let ran = run(&site, &path, &[]);
    assert!(ran.code == 0 && ran.stdout.contains("STANDARD_CONSENT_WITHDRAWN"), "{ran:?}");
    std::fs::remove_dir_all(site.out()).unwrap();
    let good = std::fs::read(&path).unwrap();
    lose_a_consent(&path);
    refused(
        &site,
        &path,
        65,
        "export.sqlite: UNUSABLE_DATABASE: SQLite cannot use the file: its pages are damaged",
    );
    // The same between the stages.
    std::fs::write(&path, good).unwrap();
    let batch = site.path("batch.db");
    let stage = |arguments: &[&str]| {
        let out = site.out();
        let arguments = arguments.iter().map(|argument| match *argument {
            "EXPORT" => path.as_os_str(),
            "BATCH" => batch.as_os_str(),
            "OUT" => out.as_os_str(),
            other => other.as_ref(),
        });
        phds(&arguments.collect::<Vec<_>>())
    };
    assert_eq!(stage(&["read", "EXPORT", "--work", "BATCH"]).code, 0);
    let filter = ["filter", "--work", "BATCH", "--as-of", "2024-07-08"];
    assert_eq!(stage(&filter).code, 0);
    lose_a_consent(&batch);
    for arguments in [&filter[..], &["write", "--work", "BATCH", "--out", "OUT"]] {
        let ran = stage(arguments);
        assert!(ran.code == 65 && ran.stderr.contains("batch.db: DAMAGED_DATABASE: "), "{ran:?}");
    }
    assert!(!site.out().join("202407").exists());
}

/// Changes the byte that says how many rows there are on the only page of `consents`, from two to one.
fn lose_a_consent(path: &Path) {
    let number =
        |sql: &str| -> u32 { Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap() };
    let page = number("SELECT rootpage FROM sqlite_schema WHERE name = 'consents'") - 1;
    let count = (page * number("PRAGMA page_size") + 4) as usize;
    let mut file = std::fs::read(path).unwrap();
    assert_eq!(file[count], 2);
    file[count] = 1;
    std::fs::write(path, &file).unwrap();
    assert_eq!(number("SELECT count(*) FROM consents NOT INDEXED"), 1, "SQLite sees nothing wrong");
}

#[test]
fn what_lies_beside_a_database() {
    let site = Site::new();
    let path = database(&site, "");
    for (ending, make) in [("journal", pipe as fn(&Path)), ("wal", pipe), ("shm", pipe)] {
        let beside = site.path(&format!("export.sqlite-{ending}"));
        make(&beside);
        refused(&site, &path, 65, &format!("export.sqlite-{ending}: NOT_A_FILE: "));
        std::fs::remove_file(&beside).unwrap();
    }
    // A journal of a change that was cut off: the file is not as it was before, nor as it should have been after.
    let writer = Connection::open(&path).unwrap();
    writer.execute_batch("PRAGMA cache_size = 1; BEGIN").unwrap();
    writer.execute_batch(MANY_ROWS).unwrap();
    let (hot, journal) = (site.path("hot.sqlite"), site.path("hot.sqlite-journal"));
    std::fs::copy(&path, &hot).unwrap();
    std::fs::copy(site.path("export.sqlite-journal"), &journal).unwrap();
    drop(writer);
    let before = (std::fs::read(&hot).unwrap(), std::fs::read(&journal).unwrap());
    assert!(before.1.len() > 512, "the journal must be one that counts");
    refused(&site, &hot, 74, "hot.sqlite: cannot be read: ");
    assert!((std::fs::read(&hot).unwrap(), std::fs::read(&journal).unwrap()) == before, "nothing is altered");
    // A log of other bytes is passed over, as SQLite does; the database itself is whole.
    let log = site.path("export.sqlite-wal");
    let database = std::fs::read(&path).unwrap();
    std::fs::write(&log, vec![0x37; 5000]).unwrap();
    let ran = run(&site, &path, &[]);
    assert!([0, 65, 74].contains(&ran.code), "{}", ran.stderr);
    assert!(std::fs::read(&path).unwrap() == database);
}

#[test]
fn databases_that_hold_too_much() {
    let site = Site::new();
    for (table, sql) in [
        ("clients", "UPDATE clients SET LAST_NAME = zeroblob(17 * 1024 * 1024)"),
        ("clients", "UPDATE clients SET LAST_NAME = zeroblob(9000000), FIRST_NAME = zeroblob(9000000)"),
        ("consents", "UPDATE consents SET END_REASON = replace(hex(zeroblob(9000000)), '0', 'x')"),
        // A view computes: large values, and without end.
        (
            "vaccines",
            "DROP TABLE vaccines; CREATE VIEW vaccines AS
         SELECT 3 AS VACCINE_ID, zeroblob(1000000000) AS CVX_CODE, NULL AS PRODUCT_CLASS",
        ),
        (
            "vaccines",
            "DROP TABLE vaccines; CREATE VIEW vaccines AS
         SELECT 3 AS VACCINE_ID, printf('%.*c', 1000000000, 'x') AS CVX_CODE, NULL AS PRODUCT_CLASS",
        ),
    ] {
        let path = database(&site, sql);
        let too_long = format!(
            "export.sqlite, table {table}, line 1: RECORD_TOO_LONG: the row holds more than 16777216 bytes"
        );
        refused(&site, &path, 65, &too_long);
    }
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)";
    for view in [
        format!("{endless} SELECT i AS VACCINE_ID, '03' AS CVX_CODE, NULL AS PRODUCT_CLASS FROM n"),
        format!(
            "SELECT 3 AS VACCINE_ID, ({endless} SELECT max(i) FROM n) AS CVX_CODE, NULL AS PRODUCT_CLASS"
        ),
    ] {
        let path = database(&site, &format!("DROP TABLE vaccines; CREATE VIEW vaccines AS {view}"));
        refused(&site, &path, 65, "UNUSABLE_DATABASE: SQLite cannot use the file: a view is recursive");
    }
    // What is not the export's is left alone, however large.
    let pictures =
        "CREATE TABLE pictures(id, picture NOT NULL); INSERT INTO pictures VALUES(1, zeroblob(40000000))";
    assert_eq!(run(&site, &database(&site, pictures), &[]).code, 0);
}

#[test]
fn databases_of_another_kind() {
    let site = Site::new();
    assert_eq!(run(&site, &database(&site, ""), &[]).code, 0);
    let expect = common::delivered(site.batch());
    // Whatever SQLite has, a table or a view with the same values is the same export.
    let alike = [
        "CREATE TRIGGER t AFTER INSERT ON clients BEGIN DELETE FROM consents; END",
        "ALTER TABLE vaccines RENAME TO v; CREATE VIEW vaccines AS SELECT * FROM v;
         CREATE TRIGGER t INSTEAD OF INSERT ON vaccines BEGIN DELETE FROM v; END",
        "ALTER TABLE consents RENAME TO c;
         CREATE TABLE consents(CLIENT_ID INT, CONSENT_TYPE TEXT, EFFECTIVE_DATE TEXT, END_DATE, END_REASON,
             PRIMARY KEY(CLIENT_ID, CONSENT_TYPE)) WITHOUT ROWID;
         INSERT INTO consents SELECT * FROM c; DROP TABLE c",
        "ALTER TABLE vaccines RENAME TO v;
         CREATE TABLE vaccines(id, VACCINE_ID AS (id + 0.0) STORED, CVX_CODE AS ('0' || id), PRODUCT_CLASS AS (NULL));
         INSERT INTO vaccines SELECT VACCINE_ID FROM v",
        "UPDATE vaccines SET CVX_CODE = x'3033'; UPDATE clients SET CLIENT_ID = '007', FIRST_NAME = CAST('Ana' AS BLOB);
         UPDATE consents SET CLIENT_ID = 7.0",
        "DROP TABLE vaccines; CREATE VIRTUAL TABLE vaccines USING fts5(VACCINE_ID, CVX_CODE, PRODUCT_CLASS);
         INSERT INTO vaccines VALUES(3, '03', '')",
        "CREATE TABLE strict_one(a INT NOT NULL, CHECK (a > 5)) STRICT; PRAGMA ignore_check_constraints = ON;
         INSERT INTO strict_one VALUES(1)",
    ];
    for sql in alike {
        std::fs::remove_dir_all(site.out()).unwrap();
        let ran = run(&site, &database(&site, sql), &[]);
        assert_eq!(ran.code, 0, "{sql}: {}", ran.stderr);
        assert!(common::delivered(site.batch()) == expect, "{sql}");
    }
    std::fs::remove_dir_all(site.out()).unwrap();
    // Values that are none of the columns' kinds keep out the row; a consent whose client they hide stops the run.
    for (sql, code) in [
        ("UPDATE immunizations SET VACCINATION_DATE = 20200101", "TOO_MANY_QUARANTINED"),
        ("UPDATE clients SET CLIENT_ID = 1e300", "TOO_MANY_QUARANTINED"),
        ("UPDATE clients SET CLIENT_ID = x'ff00'", "TOO_MANY_QUARANTINED"),
        ("UPDATE consents SET CLIENT_ID = x'37ff'", "line 1, column CLIENT_ID: INVALID_UTF8"),
        ("UPDATE consents SET CLIENT_ID = -7", "line 1, column CLIENT_ID: INVALID_ID"),
        ("DROP TABLE consents; CREATE VIEW consents AS SELECT * FROM nowhere", "UNUSABLE_DATABASE"),
        ("ALTER TABLE consents DROP COLUMN END_REASON", "column END_REASON: MISSING_COLUMN"),
    ] {
        refused(&site, &database(&site, sql), 65, code);
        let _ = std::fs::remove_dir_all(site.out());
    }
    // A file that says of itself that it has a view of no sense: SQLite is not asked twice.
    let path = database(
        &site,
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE clients(' WHERE name = 'clients'",
    );
    refused(&site, &path, 65, "UNUSABLE_DATABASE");
    // A text encoding that there is not.
    let path = database(&site, "");
    let file = File::options().write(true).open(&path).unwrap();
    file.write_at(&[0xff; 4], 56).unwrap();
    let ran = run(&site, &path, &[]);
    assert!([65, 74].contains(&ran.code), "an encoding there is not: {}", ran.stderr);
    is_clean(&site, &ran);
}
