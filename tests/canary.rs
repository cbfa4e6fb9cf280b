//! No value of a person's row gets out, but where it must: an export full of markers, every fault planted, every command
//! at its most talkative, and a search for the markers in everything that comes out.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "canary/export.rs"]
mod canary_export;
mod common;
#[path = "common/skip.rs"]
mod skip;
#[path = "canary/stops.rs"]
mod stops;

use canary_export::{DAYS, found_in, plant};
use common::{GATES_OFF, Ran, Site, header, phds, read_folder, text};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// How the program may be asked to talk.
const TONES: [&[&str]; 4] = [&["-vv"], &["-vv", "--log-format", "json"], &["--quiet"], &[]];

fn run(arguments: &[&str]) -> Ran {
    let output =
        phds().args(arguments).env("RUST_BACKTRACE", "full").env("RUST_LOG", "trace").output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Runs the program at its most talkative, as text and as JSON; nothing that it says may hold a marker. Returns what it
/// came to in the first.
fn silent(arguments: &[&str]) -> Ran {
    silent_in(&TONES[..2], arguments)
}

fn silent_in(tones: &[&[&str]], arguments: &[&str]) -> Ran {
    let mut first = None;
    for tone in tones {
        let ran = run(&[arguments, tone].concat());
        for said in [&ran.stdout, &ran.stderr] {
            let found = found_in(said.as_bytes());
            assert!(found.is_empty(), "phds {} says {found:?}:\n{said}", arguments.join(" "));
        }
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        assert_ne!(ran.code, -1, "{arguments:?}");
        first.get_or_insert(ran);
    }
    first.unwrap()
}

/// Nothing in a folder may hold a marker, file names too, but the recipients' own files, which must.
fn nothing_in(folder: &Path) {
    for (name, bytes) in read_folder(folder) {
        let is_delivered = name.contains("PHDS_") && name.ends_with(".csv");
        let found = [found_in(&bytes), found_in(name.as_bytes())].concat();
        assert!(is_delivered || found.is_empty(), "{name} holds {found:?}");
    }
}

/// A place with the export planted.
fn planted() -> Site {
    let site = Site::empty();
    plant(&site);
    site
}

const ALL: [&str; 2] = ["--max-quarantined", "100%"];
const AS_OF: [&str; 2] = ["--as-of", "2024-07-08"];

/// `run`, in every tone, with more arguments.
fn silent_run(export: &Path, out: &Path, more: &[&str]) -> Ran {
    let ran = silent(&[&["run", text(export), "--out", text(out)], &AS_OF[..], &GATES_OFF, more].concat());
    if out.exists() {
        nothing_in(out);
    }
    ran
}

#[test]
fn the_markers_are_where_they_must_be() {
    // Otherwise to find none elsewhere would prove nothing.
    let site = planted();
    assert_eq!(silent_run(&site.export(), &site.out(), &ALL).code, 0);
    let batch = site.batch();
    let delivered = found_in(&batch["PHDS_Travis_202407.csv"]).join(" ");
    for mark in ["xqzfirst", "xqzlast, jr.", "xqzzip", "xqzgroup", DAYS[0], DAYS[4]] {
        assert!(delivered.contains(mark), "{mark} is not in {delivered}");
    }
    let shown = run(&[&["explain", text(&site.export()), "--client", "1"], &AS_OF[..]].concat());
    assert!(!found_in(shown.stdout.as_bytes()).is_empty() && found_in(shown.stderr.as_bytes()).is_empty());
    let mut list = String::from_utf8(batch["qa/quarantine.csv"].clone()).unwrap();
    // A consents file that may be cut says so of one row only.
    canary_export::change(&site, "consents.csv", |bytes| [&bytes[..], b"16,DISASTER,2016-02-27,,"].concat());
    site.rows("control", &["consents,15"]);
    assert_eq!(silent_run(&site.export(), &site.out(), &ALL).code, 0);
    list += &String::from_utf8(site.batch()["qa/quarantine.csv"].clone()).unwrap();
    for code in phds::registry::Code::ALL {
        assert!(list.contains(code.name()), "{code} does not occur:\n{list}");
    }
}

#[test]
fn every_command_on_the_whole_export() {
    let site = planted();
    let (export, out, database) = (site.export(), site.out(), site.path("b.db"));
    let batch = out.join("202407");
    // Refused, with the list set aside.
    assert_eq!(silent_run(&export, &out, &[]).code, 65);
    assert!(out.join("quarantine-202407.csv").exists());
    assert_eq!(silent_run(&export, &out, &ALL).code, 0);
    assert_eq!(
        silent_run(&export, &out, &["--max-quarantined", "100%", "--memory", "1M", "--threads", "3"]).code,
        0
    );
    assert_eq!(silent(&["read", text(&export), "--work", text(&database)]).code, 65);
    assert!(found_in(&std::fs::read(site.path("b.db.quarantine.csv")).unwrap()).is_empty());
    assert_eq!(silent(&[&["read", text(&export), "--work", text(&database)], &ALL[..]].concat()).code, 0);
    assert_eq!(silent(&["status", "--work", text(&database)]).code, 0);
    assert_eq!(silent(&[&["filter", "--work", text(&database)], &AS_OF[..]].concat()).code, 65);
    assert_eq!(silent(&[&["filter", "--work", text(&database)], &AS_OF[..], &ALL[..]].concat()).code, 0);
    assert_eq!(
        silent(&[&["write", "--work", text(&database), "--out", text(&out)], &GATES_OFF[..]].concat()).code,
        0
    );
    nothing_in(&out);
    assert_eq!(silent(&["status", "--work", text(&database)]).code, 0);
    let marked = &site.export().join("clients.csv");
    for arguments in [
        &["report", text(&batch)][..],
        &["history", text(&out)],
        &["history", text(&out), "--json"],
        &["verify", text(&batch)],
        &["verify", text(&batch), "--json"],
        &["diff", text(&batch), text(&batch)],
        &["report", text(&batch), "--cvx", text(marked)],
        &["verify", text(marked)],
        &["diff", text(marked), text(marked)],
        &["diff", text(&batch.join("PHDS_Travis_202407.csv")), text(marked)],
        &["status", "--work", text(marked)],
        &["policy", "check", text(marked)],
        &["dictionary", "--policy", text(marked)],
        &["run", text(&export), "--out", text(&out), "--policy", text(marked)],
        &["run", text(marked), "--out", text(&out)],
        &["explain", text(&export), "--fact", "99999"],
        &["release", text(&out), "202407"],
        &["run", text(&export), "--out", text(&out), "--as-of", "2024-07-08", "--json"],
        &["run", text(&export), "--out", text(&out), "--as-of", "2024-07-08", "--if-due", "--json"],
        &["due", "--batch-missing", text(&out)],
        &["write", "--work", text(&database), "--out", text(&out), "--json"],
    ] {
        silent_in(&TONES, arguments);
    }
    // Held back, with what stands beside it.
    assert_eq!(
        silent(&[
            "run",
            text(&export),
            "--out",
            text(&out),
            "--as-of",
            "2027-08-09",
            "--max-quarantined",
            "100%",
            "--max-export-age",
            "1d"
        ])
        .code,
        77
    );
    assert!(out.join(".held/202708").exists());
    nothing_in(&out);
    silent(&["release", text(&out), "202708"]);
    // Every rule, and every setting that bears on what is said.
    for policy in [
        "[consent]\nrule = \"active-on-as-of\"\n",
        "[consent]\nrule = \"active-throughout-lookback\"\n",
        "[file]\nline_ending = \"crlf\"\n[header]\nSTATE_CODE = \"STATECODE\"\n",
        "[client_types]\n",
        "[window]\nfirst_day = 2019-05-24\n",
    ] {
        let file = site.path("policy.toml");
        std::fs::write(&file, policy).unwrap();
        assert_eq!(silent_run(&export, &out, &[&ALL[..], &["--policy", text(&file)]].concat()).code, 0);
        silent(&["report", text(&batch)]);
    }
}

/// Tables of counts of the whole export by every column, in every form, those in which nothing is hidden too.
#[test]
fn summaries() {
    let site = planted();
    let (export, out) = (site.export(), site.out());
    assert_eq!(silent_run(&export, &out, &ALL).code, 0);
    let batch = out.join("202407");
    let people = site.path("people.csv");
    let bands =
        ["0 to 3", "4 to 6", "7 to 10", "11 to 12", "13 to 17", "18 to 49", "50 to 64", "65 and over"];
    let rows: String = bands.iter().map(|band| format!("(unknown),{band},4000\n")).collect();
    std::fs::write(&people, format!("COUNTY,AGE_BAND,POPULATION\n{rows}")).unwrap();
    let marked = export.join("clients.csv");
    let own = ["--for", "own", "--recipient", "Travis"];
    let mut number = 0;
    for format in ["csv", "md", "html"] {
        for by in
            ["county", "vaccine_group", "age_band", "month", "sex", "recipient", "county,vaccine_group,sex"]
        {
            for whom in [&own[..], &["--unrecorded"], &[]] {
                let base = ["summary", text(&batch), "--by", by, "--format", format];
                let ran = silent(&[&base[..], whom].concat());
                // All is of few clients: what is not hidden for others is hidden, or refused.
                assert!(
                    matches!(ran.code, 0 | 65) && (ran.code == 0 || whom.is_empty()),
                    "{by}: {}",
                    ran.stderr
                );
                number += 1;
                let folder = site.path(&format!("tables-{number}"));
                silent(&[&base[..], whom, &["--out", text(&folder)]].concat());
                if folder.exists() {
                    nothing_in(&folder);
                }
            }
        }
        for by in ["county", "age_band", "county,age_band"] {
            let rates =
                ["summary", text(&batch), "--by", by, "--format", format, "--population", text(&people)];
            assert_eq!(silent(&[&rates[..], &own].concat()).code, 0);
            silent(&rates);
        }
    }
    assert!(out.join("summaries").exists());
    nothing_in(&out.join("summaries"));
    let table = out.join("summary_202407_county.csv");
    std::fs::copy(&marked, &table).unwrap();
    for arguments in [
        &["--by", "county", "--previous", text(&table)][..],
        &["--by", "county", "--population", text(&marked)],
        &["--by", "county", "--counties", text(&marked)],
        &["--by", "county", "--recipient", "XqzNobody", "--for", "own"],
    ] {
        assert_ne!(
            silent_in(&TONES, &[&["summary", text(&batch)], arguments].concat()).code,
            0,
            "{arguments:?}"
        );
    }
}

#[test]
fn exports_that_stop_the_run() {
    let cases = stops::cases();
    let stopped = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for half in 0..2 {
            let (cases, stopped) = (&cases[..], &stopped);
            // Changes are plain functions; only their boxes can't be shared.
            let names: Vec<&String> = cases.iter().map(|(name, _)| name).collect();
            let sites: Vec<Site> = (0..cases.len()).map(|_| planted()).collect();
            cases.iter().zip(&sites).for_each(|((_, how), site)| how(site));
            scope.spawn(move || {
                for (name, site) in names.iter().zip(&sites).skip(half).step_by(2) {
                    let (export, database) = (site.export(), site.path("b.db"));
                    let code = silent_run(&export, &site.out(), &ALL).code;
                    assert!([0, 65, 66].contains(&code), "{name}: {code}");
                    stopped.fetch_add(usize::from(code != 0), std::sync::atomic::Ordering::Relaxed);
                    let read = [&["read", text(&export), "--work", text(&database)], &ALL[..]].concat();
                    assert_eq!(silent(&read).code, code, "{name}");
                    silent(&[&["explain", text(&export), "--fact", "99999"], &AS_OF[..]].concat());
                }
            });
        }
    });
    assert!(stopped.into_inner() > cases.len() * 3 / 4, "most of these must stop a run");
}

#[test]
fn exports_in_sqlite() {
    let site = planted();
    let file = site.path("registry.sqlite");
    let make = |changes: &str| -> PathBuf {
        let _ = std::fs::remove_file(&file);
        let connection = Connection::open(&file).unwrap();
        for (table, bytes) in read_folder(&site.export()) {
            let name = table.strip_suffix(".csv").unwrap();
            let columns = header(name).replace(',', ", ");
            let extra = if name == "clients" { ", XqzColumn" } else { "" };
            connection.execute_batch(&format!("CREATE TABLE {name} ({columns}{extra})")).unwrap();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
            let width = reader.headers().unwrap().len();
            let marks = vec!["?"; width].join(", ");
            let mut insert = connection.prepare(&format!("INSERT INTO {name} VALUES ({marks})")).unwrap();
            for record in reader.records().map(Result::unwrap).filter(|record| record.len() == width) {
                insert.execute(rusqlite::params_from_iter(record.iter())).unwrap();
            }
        }
        connection.execute_batch(changes).unwrap();
        file.clone()
    };
    let out = site.out();
    assert_eq!(silent_run(&make(""), &out, &ALL).code, 0);
    assert!(!found_in(&site.batch()["PHDS_Travis_202407.csv"]).is_empty());
    for changes in [
        "INSERT INTO clients (CLIENT_ID, BIRTH_DATE, FIRST_NAME) VALUES (x'58717aff', 19.13, x'58717aff')",
        "INSERT INTO clients (CLIENT_ID, BIRTH_DATE) VALUES (1e300, 'Xqz'), (-7, 'Xqz'), (2.5, 'Xqz')",
        "INSERT INTO consents VALUES (x'58717aff', 'Xqz', 'Xqz', 'Xqz', 'Xqz')",
        "INSERT INTO consents VALUES (1, x'58717aff', 2016.0227, 'Xqz', 'Xqz')",
        "INSERT INTO immunizations SELECT 'Xqz', 'Xqz', x'58717aff', 1.5, 1e9, 'Xqz', 'Xqz', 'Xqz', 'Xqz' FROM vaccines",
        "ALTER TABLE clients RENAME TO c; CREATE VIEW clients AS SELECT *, json(FIRST_NAME) AS XqzBad FROM c",
        "ALTER TABLE clients RENAME TO c; CREATE VIEW clients AS SELECT CLIENT_ID, CLIENT_TYPE, json(FIRST_NAME) AS FIRST_NAME, LAST_NAME, MIDDLE_NAME, BIRTH_DATE, SEX_CODE, RACE_AND_ETHNICITY, STATE_CODE, CLIENT_COUNTY, ZIP_CODE FROM c",
        "ALTER TABLE clients RENAME TO c; CREATE VIEW clients AS SELECT XqzNowhere FROM c",
        "ALTER TABLE clients RENAME COLUMN ZIP_CODE TO XqzZip",
        "ALTER TABLE clients RENAME TO \"XqzFirst XqzLast\"",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE Xqz' WHERE name = 'consents'",
    ] {
        let file = make(changes);
        let code = silent_run(&file, &out, &ALL).code;
        assert!([0, 65, 66].contains(&code), "{changes}: {code}");
        silent(&[&["read", text(&file), "--work", text(&site.path("b.db"))], &ALL[..]].concat());
        silent(&[&["explain", text(&file), "--fact", "99999"], &AS_OF[..]].concat());
    }
    // Pages of it overwritten with rows.
    let mut bytes = std::fs::read(make("")).unwrap();
    let page = bytes.len() / 3;
    bytes[page..page + 3000].fill(b'X');
    let row = b"XqzFirst,XqzLast,XqzMiddle,1913-11-17,Xqz";
    bytes[100..100 + row.len()].copy_from_slice(row);
    std::fs::write(&file, &bytes).unwrap();
    silent_run(&file, &out, &ALL);
}

/// A batch that somebody changed: what is found is told by place.
#[test]
fn batches_that_were_tampered_with() {
    let site = planted();
    let (out, export) = (site.out(), site.export());
    let batch = out.join("202407");
    let csv = batch.join("PHDS_Travis_202407.csv");
    let other = site.path("other");
    let policy = site.path("policy.toml");
    std::fs::write(&policy, "[window]\nfirst_day = 2019-05-24\n").unwrap();
    silent_run(&export, &out, &ALL);
    silent_run(&export, &other, &ALL);
    let sound = std::fs::read_to_string(&csv).unwrap();
    let lines = |how: &dyn Fn(usize, &str) -> String| -> String {
        sound.lines().enumerate().map(|(place, line)| how(place, line) + "\n").collect()
    };
    let broken: [String; 12] = [
        lines(&|place, line| if place == 0 { String::new() } else { line.to_owned() })
            .trim_start()
            .to_owned(),
        lines(&|place, line| if place == 0 { format!("{line},EXTRA") } else { format!("{line},XqzMore") }),
        lines(&|place, line| {
            if place == 0 { line.replace("FIRST_NAME", "GIVEN_NAME") } else { line.to_owned() }
        }),
        lines(&|place, line| if place == 2 { format!("{line},XqzMore") } else { line.to_owned() }),
        lines(&|place, line| if place > 0 { line.replace("2019-05-23", "XqzDay") } else { line.to_owned() }),
        lines(&|place, line| {
            if place > 0 { line.replace("1913-11-17", "2019-02-31") } else { line.to_owned() }
        }),
        lines(&|place, line| if place == 1 { format!("\"Xqz{line}") } else { line.to_owned() }),
        lines(&|place, line| if place == 1 { format!("Xqz{line}") } else { line.to_owned() }),
        lines(&|place, line| if place == 1 { format!("{line}\n{line}") } else { line.to_owned() }),
        lines(&|place, line| {
            if place > 0 { line.replace("XqzFirst", "  Xqz\u{1b}[31m ") } else { line.to_owned() }
        }),
        sound[..sound.len() - 40].to_owned(),
        "XqzFirst,XqzLast,1913-11-17\nXqzFirst,XqzLast,1913-11-17\n".to_owned(),
    ];
    for text_of_file in &broken {
        std::fs::write(&csv, text_of_file).unwrap();
        let sound = other.join("202407");
        let sound_csv = sound.join("PHDS_Travis_202407.csv");
        for arguments in [
            &["verify", text(&batch)][..],
            &["verify", text(&batch), "--json"],
            &["verify", text(&batch), "--policy", text(&policy)],
            &["verify", text(&csv)],
            &["diff", text(&sound), text(&batch)],
            &["diff", text(&batch), text(&sound)],
            &["diff", text(&sound_csv), text(&csv)],
            &["diff", text(&csv), text(&sound_csv), "--json"],
            &["diff", text(&csv), text(&sound_csv), "--ignore", "ZIP_CODE"],
            &["report", text(&batch)],
        ] {
            let code = silent(arguments).code;
            assert!([0, 1, 2, 65].contains(&code), "{arguments:?}: {code}");
        }
    }
    // Bytes that are no text, and a manifest and sums in which rows stand.
    let rows = b"1,Xqz\xff,XqzLast,1913-11-17\n".repeat(3);
    for file in
        ["PHDS_Travis_202407.csv", "manifest.json", "SHA256SUMS", "qa/report.json", "data_dictionary.csv"]
    {
        let before = std::fs::read(batch.join(file)).unwrap();
        std::fs::write(batch.join(file), [&before[..before.len() / 2], &rows].concat()).unwrap();
        for arguments in [
            &["verify", text(&batch)][..],
            &["diff", text(&other.join("202407")), text(&batch)],
            &["report", text(&batch)],
            &["history", text(&out)],
        ] {
            silent(arguments);
        }
        std::fs::write(batch.join(file), before).unwrap();
    }
    // With values asked for, they are shown.
    std::fs::write(&csv, &broken[5]).unwrap();
    let shown = run(&["diff", text(&other.join("202407")), text(&batch), "--show-values"]);
    assert!(shown.stdout.contains(DAYS[0]), "{}", shown.stdout);
}

/// What the system is told: no other program is started, nothing is sent, no file is made anywhere else, and no path or
/// name of a thread holds a value.
#[test]
fn the_system_is_told_nothing() {
    let site = planted();
    let (export, out, database) = (site.export(), site.out(), site.path("b.db"));
    let log = site.path("log");
    let temporary = site.path("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let batch = out.join("202407");
    let csv = batch.join("PHDS_Travis_202407.csv");
    for arguments in [
        [&["run", text(&export), "--out", text(&out), "--memory", "1M"], &AS_OF[..], &ALL[..]].concat(),
        [&["read", text(&export), "--work", text(&database)], &ALL[..]].concat(),
        [&["filter", "--work", text(&database)], &AS_OF[..], &ALL[..]].concat(),
        vec!["write", "--work", text(&database), "--out", text(&out)],
        vec!["verify", text(&batch)],
        vec!["diff", text(&csv), text(&csv)],
        vec!["explain", text(&export), "--client", "1"],
        vec!["report", text(&batch)],
    ] {
        let mut strace = std::process::Command::new("strace");
        strace.args(["-f", "-qq", "-s", "4096", "-o", text(&log), "-e"]);
        strace.arg("trace=execve,execveat,fork,vfork,clone,clone3,socket,connect,sendto,sendmsg,prctl,openat,open,creat,mkdir,rename,renameat2,symlink,linkat");
        let made = strace.arg(env!("CARGO_BIN_EXE_phds")).args(&arguments).env("TMPDIR", &temporary).output();
        let can_trace =
            made.is_ok_and(|output| output.status.code().is_some_and(|code| code != 1) && log.exists());
        if !can_trace {
            return skip::not_tested("what the system is told", "strace can't be run here");
        }
        let text_of_log = std::fs::read_to_string(&log).unwrap();
        assert!(text_of_log.contains("execve("), "{arguments:?}: nothing was traced");
        assert!(found_in(text_of_log.as_bytes()).is_empty(), "{:?}", found_in(text_of_log.as_bytes()));
        assert_eq!(text_of_log.matches("execve").count(), 1, "{arguments:?} starts something");
        for line in text_of_log.lines() {
            // The call, with its bracket: a path may have the word in it.
            let is_clone = ["clone(", "clone3("].iter().any(|call| line.contains(call));
            let is_alone = !is_clone || line.contains("CLONE_THREAD") || line.contains("resumed");
            assert!(is_alone && !line.contains("fork(") && !line.contains("socket("), "{line}");
            let makes = ["O_CREAT", "O_TMPFILE", "O_WRONLY", "mkdir(", "rename", "symlink("];
            let elsewhere =
                makes.iter().any(|call| line.contains(call)) && !line.contains(text(&site.path("")));
            assert!(!elsewhere, "{arguments:?} makes something elsewhere: {line}");
        }
    }
}
