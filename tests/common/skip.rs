//! Saying that a test could not be done here, so that nobody takes its silence for success.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // Each test binary uses a part of it.

use std::io::Write;
use std::path::Path;

/// Where what was not tested is noted, for the list at the end. It goes with the run of cargo that it belongs to.
pub fn noted() -> std::path::PathBuf {
    let run = std::os::unix::process::parent_id();
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("not-tested-{run}.txt"))
}

/// Says on stderr that something was not tested, and why, and notes it for the list at the end. It is written past the
/// test harness, which would keep it to itself.
pub fn not_tested(what: &str, why: &str) {
    say(&format!("\nNOT TESTED HERE: {what}: {why}\n"));
    let note = std::fs::File::options().create(true).append(true).open(noted());
    // Where it can't be noted, it has been said all the same.
    let _ = note.and_then(|mut file| file.write_all(format!("{what}: {why}\n").as_bytes()));
}

/// Says something on stderr, past the test harness.
pub fn say(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}
