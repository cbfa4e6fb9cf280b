//! Every call by which the program changes the disk, ended by a kill or failing, one after the other.
//!
//! Whatever happens, a batch is the whole old one or the whole new one, and the next plain run makes everything well.
//! `PHDS_SWEEP=full` tries every call with every fate; without it, every call on which everything turns (renames,
//! syncs, folders, removals) is tried with a kill and an error, and of the many others a share.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "crash/durable.rs"]
mod durable;
#[path = "crash/full_disk.rs"]
mod full_disk;
#[path = "common/namespace.rs"]
mod namespace;
#[path = "crash/scenario.rs"]
mod scenario;
#[path = "common/skip.rs"]
mod skip;
#[path = "crash/strace.rs"]
mod strace;

use scenario::Scenario;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use strace::{Call, Fate};

/// Of the calls that are many and alike, every so many-th is tried.
const SHARE: usize = 8;

/// What goes wrong. One more command is one more entry, and one more test below.
static SCENARIOS: [Scenario; 12] = [
    Scenario {
        name: "run_replaces_a_batch",
        before: &[
            &["run", "OLD", "--out", "OUT", "--as-of", "2024-07-01"],
            &["run", "WORSE", "--out", "OUT", "--as-of", "2024-07-02"],
        ],
        command: &["run", "NEW", "--out", "OUT", "--as-of", "2024-07-08", "--threads", "1"],
        code: 0,
        probe: None,
        mend: &[&["run", "NEW", "--out", "OUT", "--as-of", "2024-07-08"]],
        again: &[0],
        shows: "/202407\", RENAME_EXCHANGE",
    },
    Scenario {
        name: "run_into_an_empty_place",
        before: &[],
        command: &["run", "NEW", "--out", "OUT", "--as-of", "2024-07-08", "--threads", "1"],
        code: 0,
        probe: None,
        mend: &[&["run", "NEW", "--out", "OUT", "--as-of", "2024-07-08"]],
        again: &[0],
        shows: "/202407\", RENAME_NOREPLACE",
    },
    Scenario {
        name: "run_in_little_memory",
        before: &[&["run", "OLD", "--out", "OUT", "--as-of", "2024-07-01"]],
        command: &[
            "run",
            "LARGE",
            "--out",
            "OUT",
            "--as-of",
            "2024-07-08",
            "--threads",
            "1",
            "--memory",
            "1M",
        ],
        code: 0,
        probe: None,
        mend: &[&["run", "LARGE", "--out", "OUT", "--as-of", "2024-07-08"]],
        again: &[0],
        shows: "O_TMPFILE",
    },
    Scenario {
        name: "run_is_refused",
        before: &[
            &["run", "OLD", "--out", "OUT", "--as-of", "2024-07-01"],
            &["run", "WORSE", "--out", "OUT", "--as-of", "2024-07-02"],
        ],
        command: &["run", "REFUSED", "--out", "OUT", "--as-of", "2024-07-08", "--threads", "1"],
        code: 65,
        probe: None,
        mend: &[&["run", "NEW", "--out", "OUT", "--as-of", "2024-07-08"]],
        again: &[0],
        shows: "quarantine-202407.csv",
    },
    Scenario {
        name: "read",
        before: &[&["read", "OLD", "--work", "DB"], &["filter", "--work", "DB", "--as-of", "2024-07-01"]],
        command: &["read", "NEW", "--work", "DB"],
        code: 0,
        probe: Some(&["write", "--work", "DB", "--out", "PROBE"]),
        mend: &[
            &["read", "NEW", "--work", "DB"],
            &["filter", "--work", "DB", "--as-of", "2024-07-08"],
            &["write", "--work", "DB", "--out", "OUT"],
        ],
        again: &[0],
        shows: "b.db.reading",
    },
    Scenario {
        name: "read_is_refused",
        before: &[&["read", "OLD", "--work", "DB"], &["filter", "--work", "DB", "--as-of", "2024-07-01"]],
        command: &["read", "REFUSED", "--work", "DB"],
        code: 65,
        probe: Some(&["write", "--work", "DB", "--out", "PROBE"]),
        mend: &[
            &["read", "NEW", "--work", "DB"],
            &["filter", "--work", "DB", "--as-of", "2024-07-08"],
            &["write", "--work", "DB", "--out", "OUT"],
        ],
        again: &[0],
        shows: "b.db.quarantine.csv",
    },
    Scenario {
        name: "filter",
        before: &[&["read", "NEW", "--work", "DB"], &["filter", "--work", "DB", "--as-of", "2024-07-01"]],
        command: &["filter", "--work", "DB", "--as-of", "2024-07-08"],
        code: 0,
        probe: Some(&["write", "--work", "DB", "--out", "PROBE"]),
        mend: &[
            &["filter", "--work", "DB", "--as-of", "2024-07-08"],
            &["write", "--work", "DB", "--out", "OUT"],
        ],
        again: &[0],
        shows: "b.db-journal",
    },
    Scenario {
        name: "write",
        before: &[
            &["run", "OLD", "--out", "OUT", "--as-of", "2024-07-01"],
            &["read", "NEW", "--work", "DB"],
            &["filter", "--work", "DB", "--as-of", "2024-07-08"],
        ],
        command: &["write", "--work", "DB", "--out", "OUT"],
        code: 0,
        probe: None,
        mend: &[&["write", "--work", "DB", "--out", "OUT"]],
        again: &[0],
        shows: "/202407\", RENAME_EXCHANGE",
    },
    Scenario {
        name: "run_is_held_back",
        before: &[
            &[
                "run",
                "OLD",
                "--out",
                "OUT",
                "--as-of",
                "2027-07-01",
                "--max-export-age",
                "off",
                "--gate-off",
                "window_over",
            ],
            &[
                "run",
                "NEW",
                "--out",
                "OUT",
                "--as-of",
                "2027-07-02",
                "--max-export-age",
                "1d",
                "--gate-off",
                "window_over",
            ],
        ],
        command: &[
            "run",
            "LARGE",
            "--out",
            "OUT",
            "--as-of",
            "2027-07-08",
            "--max-export-age",
            "1d",
            "--gate-off",
            "window_over",
        ],
        code: 77,
        probe: None,
        mend: &[&[
            "run",
            "NEW",
            "--out",
            "OUT",
            "--as-of",
            "2027-07-08",
            "--max-export-age",
            "off",
            "--gate-off",
            "window_over",
        ]],
        again: &[0],
        shows: "/.held/202707",
    },
    Scenario {
        name: "run_publishes_in_place_of_a_held_batch",
        before: &[&[
            "run",
            "OLD",
            "--out",
            "OUT",
            "--as-of",
            "2027-07-02",
            "--max-export-age",
            "1d",
            "--gate-off",
            "window_over",
        ]],
        command: &[
            "run",
            "NEW",
            "--out",
            "OUT",
            "--as-of",
            "2027-07-08",
            "--max-export-age",
            "off",
            "--gate-off",
            "window_over",
        ],
        code: 0,
        probe: None,
        mend: &[&[
            "run",
            "NEW",
            "--out",
            "OUT",
            "--as-of",
            "2027-07-08",
            "--max-export-age",
            "off",
            "--gate-off",
            "window_over",
        ]],
        again: &[0],
        shows: "/.held/202707",
    },
    Scenario {
        name: "run_if_due",
        before: &[&["run", "OLD", "--out", "OUT", "--as-of", "2024-07-08"]],
        command: &["run", "NEW", "--out", "OUT", "--as-of", "2024-07-09", "--if-due", "--threads", "1"],
        code: 0,
        probe: None,
        // Where the batch has been published nothing is to be made, but there may be something to be cleared away.
        mend: &[&["run", "NEW", "--out", "OUT", "--as-of", "2024-07-09", "--if-due"]],
        again: &[0],
        shows: "/202407\", RENAME_EXCHANGE",
    },
    Scenario {
        name: "release",
        before: &[
            &[
                "run",
                "OLD",
                "--out",
                "OUT",
                "--as-of",
                "2027-07-01",
                "--max-export-age",
                "off",
                "--gate-off",
                "window_over",
            ],
            &[
                "run",
                "NEW",
                "--out",
                "OUT",
                "--as-of",
                "2027-07-02",
                "--max-export-age",
                "1d",
                "--gate-off",
                "window_over",
            ],
        ],
        command: &["release", "OUT", "202707"],
        code: 0,
        probe: None,
        mend: &[&["release", "OUT", "202707"], &["verify", "BATCH"]],
        // There is nothing held any more.
        again: &[66, 0],
        shows: "/.held/202707",
    },
];

fn sweep(name: &str) {
    if let Err(why) = strace::is_possible() {
        return skip::not_tested(&format!("crash sweep {name}"), &why);
    }
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).unwrap();
    let expected = scenario.rehearse();
    let everything = scenario::is_full_sweep();
    let work: Vec<(Call, Fate)> = expected
        .calls
        .iter()
        .enumerate()
        .flat_map(|(place, call)| {
            let fates = [Fate::Killed, Fate::NoSpace, Fate::Broken];
            let is_chosen = move |fate: &Fate| {
                let error = [Fate::NoSpace, Fate::Broken][place % 2];
                let share = if call.is_decisive() { 1 } else { SHARE };
                // Another share for each fate.
                everything
                    || (place + *fate as usize * 3).is_multiple_of(share)
                        && (*fate == Fate::Killed || *fate == error)
            };
            fates.into_iter().filter(is_chosen).map(|fate| (call.clone(), fate))
        })
        .collect();
    let (next, hits, problems) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((call, fate)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match scenario.try_out(&expected, call, *fate) {
                        Ok(was_hit) => hits.fetch_add(usize::from(was_hit), Ordering::Relaxed),
                        Err(problem) => {
                            problems.lock().unwrap().push(problem);
                            0
                        }
                    };
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap();
    let hits = hits.into_inner();
    if everything {
        skip::say(&format!("{name}: {} calls, {} tried, {hits} met\n", expected.calls.len(), work.len()));
    }
    assert!(problems.is_empty(), "{} of {}:\n\n{}", problems.len(), work.len(), problems.join("\n"));
    // Threads may share their work otherwise; but most calls must have met their fate, or nothing was tried.
    assert!(hits * 10 >= work.len() * 8, "{name}: only {hits} of {} were met", work.len());
}

#[test]
fn run_replaces_a_batch() {
    sweep("run_replaces_a_batch");
}

#[test]
fn run_into_an_empty_place() {
    sweep("run_into_an_empty_place");
}

#[test]
fn run_in_little_memory() {
    sweep("run_in_little_memory");
}

#[test]
fn run_is_refused() {
    sweep("run_is_refused");
}

#[test]
fn read() {
    sweep("read");
}

#[test]
fn read_is_refused() {
    sweep("read_is_refused");
}

#[test]
fn filter() {
    sweep("filter");
}

#[test]
fn write() {
    sweep("write");
}

#[test]
fn all_is_on_the_disk_before_it_is_in_its_place() {
    if let Err(why) = strace::is_possible() {
        return skip::not_tested("syncing before publishing", &why);
    }
    for (name, place) in [
        ("run_into_an_empty_place", "/out/202407"),
        ("run_in_little_memory", "/out/202407"),
        ("write", "/out/202407"),
        ("read", "/b.db"),
    ] {
        let log = SCENARIOS.iter().find(|scenario| scenario.name == name).unwrap().log();
        let problems = durable::problems(&log, place);
        assert!(problems.is_empty(), "{name}: {problems:#?}\n{log}");
        // The check itself: without the syncs it must find something.
        let without: Vec<&str> = log.lines().filter(|line| !line.contains("fsync")).collect();
        assert!(durable::problems(&without.join("\n"), place).len() > 1, "{name}");
    }
}

#[test]
fn run_is_held_back() {
    sweep("run_is_held_back");
}

#[test]
fn run_publishes_in_place_of_a_held_batch() {
    sweep("run_publishes_in_place_of_a_held_batch");
}

#[test]
fn release() {
    sweep("release");
}

/// A work database may be set to keep changes in a log beside it. When another takes its place the log goes, and must not
/// take along what only it held: a kill right then would leave older outcomes than were last worked out.
#[test]
fn what_only_a_log_holds_is_not_lost() {
    let site = common::Site::new();
    let (database, export) = (site.path("b.db"), site.export());
    let (name, export) = (database.to_str().unwrap(), export.to_str().unwrap());
    let read = ["read", export, "--work", name];
    assert_eq!(common::phds_with(&read).code, 0);
    let other = rusqlite::Connection::open(&database).unwrap();
    other.pragma_update(None, "journal_mode", "WAL").unwrap();
    let look = || other.query_row("SELECT count(*) FROM clients", [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(look(), 1);
    assert_eq!(common::phds_with(&["filter", "--work", name, "--as-of", "2024-07-08"]).code, 0);
    assert!(std::fs::metadata(site.path("b.db-wal")).unwrap().len() > 0);
    // Whoever has it open keeps it.
    assert_eq!(common::phds_with(&read).code, 75);
    assert!(common::phds_with(&["status", "--work", name]).stdout.contains("Filtered as of 2024-07-08"));
    drop(other);
    assert_eq!(common::phds_with(&read).code, 0);
    let names = |ending: &str| site.path(&format!("b.db{ending}")).exists();
    assert!(names("") && !names("-wal") && !names("-shm") && !names("-journal") && !names(".reading"));
}

#[test]
fn run_if_due() {
    sweep("run_if_due");
}
