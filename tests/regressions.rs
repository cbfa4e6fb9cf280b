//! What fuzzing found, and what it starts from, through the same functions as the fuzzer's (see `fuzz/README.md`).

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

#[path = "../fuzz/checks/mod.rs"]
mod checks;

use checks::{TARGETS, seeds};
use std::path::Path;

/// Inputs that are kept: those that once failed, and a handful that are worth keeping.
#[test]
fn inputs_that_are_kept() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    for &(target, check) in TARGETS {
        let mut kept: Vec<_> = match std::fs::read_dir(folder.join(target)) {
            Ok(entries) => entries.map(|entry| entry.unwrap().path()).collect(),
            Err(_) => Vec::new(),
        };
        kept.sort();
        for path in kept {
            println!("{}", path.display());
            check(&std::fs::read(&path).unwrap());
        }
    }
}

#[test]
fn inputs_that_the_fuzzer_starts_from() {
    for &(target, check) in TARGETS {
        let seeds = seeds::of(target);
        assert!(seeds.len() > 3, "{target}");
        for (number, seed) in seeds.iter().enumerate() {
            println!("{target}, seed {number}");
            check(seed);
        }
    }
}
