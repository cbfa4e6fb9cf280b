//! The end of `cargo test`, which runs the files of this folder in the order of their names: a list of what could not be
//! tested on this machine, and why. A missing tool fails no test, but nobody is to take silence for success.

#![allow(clippy::unwrap_used)]

#[path = "common/skip.rs"]
mod skip;

#[test]
fn what_could_not_be_tested_is_listed() {
    let Ok(noted) = std::fs::read_to_string(skip::noted()) else { return };
    let mut lines: Vec<&str> = noted.lines().collect();
    lines.sort_unstable();
    lines.dedup();
    skip::say(&format!("\nNOT TESTED HERE, {} in all:\n", lines.len()));
    lines.iter().for_each(|line| skip::say(&format!("  {line}\n")));
    std::fs::remove_file(skip::noted()).unwrap();
}
