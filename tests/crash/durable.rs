//! A kill loses nothing that was written; a machine that loses its power may. So this looks at the calls themselves:
//! everything that a batch is made of must be synced before the batch is in its place, and the place afterwards.

#![allow(unreachable_pub, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

/// What of a log is not as it should be. `place` is how the path of the batch, or the database, ends.
pub fn problems(log: &str, place: &str) -> Vec<String> {
    let mut problems = Vec::new();
    // Paths that were changed and not synced since: a file by a write, a folder by a new entry.
    let mut unsynced: BTreeSet<String> = BTreeSet::new();
    let mut is_in_place = false;
    for line in whole_calls(log) {
        let Some((name, arguments)) = line.split_once('(') else { continue };
        if arguments.contains(") = -1 ") {
            continue;
        }
        let strings = || arguments.split('"').skip(1).step_by(2);
        let descriptor =
            || arguments.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(path, _)| path);
        match name {
            "write" | "writev" | "pwrite64" | "pwritev" | "ftruncate" => {
                unsynced.extend(descriptor().map(str::to_owned));
            }
            "mkdir" => unsynced.extend(strings().next().and_then(above)),
            "openat" if arguments.contains("O_CREAT") => unsynced.extend(strings().next().and_then(above)),
            "fsync" | "fdatasync" => {
                descriptor().map(|path| unsynced.remove(path));
            }
            "rename" | "renameat2" => {
                let (from, to) = (strings().next().unwrap(), strings().nth(1).unwrap());
                if to.ends_with(place) {
                    is_in_place = true;
                    let within = |path: &&String| *path == from || path.starts_with(&format!("{from}/"));
                    problems
                        .extend(unsynced.iter().filter(within).map(|path| format!("{path} was not synced")));
                    unsynced.extend(above(to));
                }
            }
            _ => {}
        }
    }
    if !is_in_place {
        problems.push(format!("nothing was renamed to {place}"));
    }
    // What was thrown away need not last, nor what goes to the terminal; but the folders that lead to the batch must.
    let lasting = |path: &&String| {
        !path.contains("/.phds-")
            && !path.contains("pipe:")
            && !["/dev/null", "/dev/pts", "/dev/tty"].iter().any(|device| path.starts_with(device))
            && !path.contains(".reading")
    };
    problems.extend(unsynced.iter().filter(lasting).map(|path| format!("{path} was not synced in the end")));
    problems
}

/// The folder that a path is in.
fn above(path: &str) -> Option<String> {
    path.rsplit_once('/').map(|(above, _)| above.to_owned())
}

/// The calls of a log, those that were interrupted by another thread's put together, in the order of their ends.
fn whole_calls(log: &str) -> Vec<String> {
    let mut open: Vec<(String, String)> = Vec::new();
    let mut calls = Vec::new();
    for line in log.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix(" <unfinished ...>") {
            open.push((thread.to_owned(), begun.to_owned()));
        } else if rest.starts_with("<... ") {
            let end = rest.split_once(" resumed>").map_or("", |(_, end)| end);
            if let Some(place) = open.iter().position(|(other, _)| other == thread) {
                calls.push(format!("{}{end}", open.remove(place).1));
            }
        } else {
            calls.push(rest.to_owned());
        }
    }
    calls
}
