//! Saying that a test could not be done here, so that nobody takes its silence for success.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // Each test binary uses a part of it.

use std::io::Write;

/// Says on stderr that something was not tested, and why. It is written past the test harness, which would keep it to
/// itself.
pub fn not_tested(what: &str, why: &str) {
    say(&format!("\nNOT TESTED HERE: {what}: {why}\n"));
}

/// Says something on stderr, past the test harness.
pub fn say(text: &str) {
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}
