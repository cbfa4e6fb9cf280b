//! `phds profile guess`: what it proposes for exports as registries write them, and that a batch made with the proposal,
//! without a hand on it, is that of the same data written as the program wants it.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "guess/shape.rs"]
mod shape;

use common::random::{Dice, Tables};
use common::{Ran, in_repository, phds_with, read_folder, run_on, text};
use shape::{Base, Shape};
use std::collections::BTreeMap;
use std::path::Path;

/// The recipients' files of a run on an export; what it said if it came to none.
fn delivered(export: &Path, out: &Path, more: &[&str]) -> Result<BTreeMap<String, Vec<u8>>, Ran> {
    let ran = run_on(export, out, &[&["--max-quarantined", "100%"], more].concat());
    if ran.code != 0 {
        return Err(ran);
    }
    let files = read_folder(&out.join("202407")).into_iter();
    Ok(files.filter(|(name, _)| name.starts_with("PHDS_") || name.starts_with("data_dictionary")).collect())
}

/// Guesses a profile, which must pass `profile check`, and writes it to a file.
fn guess(export: &Path, to: &Path) -> String {
    let guessed = phds_with(&["profile", "guess", text(export)]);
    assert_eq!(guessed.code, 0, "{}", guessed.stderr);
    std::fs::write(to, &guessed.stdout).unwrap();
    let checked = phds_with(&["profile", "check", text(to)]);
    assert_eq!(checked.code, 0, "{}\n{}", checked.stderr, guessed.stdout);
    guessed.stdout
}

/// What came of a guess.
#[derive(PartialEq, Debug)]
enum Outcome {
    Right,
    /// The run stops, or the proposal says what it does not know.
    Marked(String),
    /// Another batch, and not a word.
    Silent(String),
}

fn outcome(base: &Base, shape: &Shape) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (plain, shaped) = (path("plain"), path("shaped"));
    base.write_plain(&plain);
    shape.write(base, &shaped);
    let expected = delivered(&plain, &path("out"), &[]).unwrap_or_else(|ran| panic!("{}", ran.stderr));
    let guessed = guess(&shaped, &path("profile.toml"));
    let got = delivered(&shaped, &path("out-shaped"), &["--profile", text(&path("profile.toml"))]);
    match got {
        Ok(files) if files == expected => Outcome::Right,
        Ok(_) if guessed.contains("OPEN") => Outcome::Marked(guessed),
        Ok(_) => Outcome::Silent(guessed),
        Err(ran) => Outcome::Marked(format!("{}\n{guessed}", ran.stderr)),
    }
}

/// At least nine in ten of the shapes that are not ambiguous by nature are guessed right, and what is wrong says so.
#[test]
fn most_shapes_are_guessed_right() {
    const CASES: u64 = 60;
    let mut wrong = Vec::new();
    for seed in 0..CASES {
        let mut dice = Dice::new(seed + 1);
        let base = match seed % 3 {
            0 => Base::of_folder(&in_repository("fixtures/registry")),
            1 => Base::invented(seed),
            _ => Base::of_tables(&Tables::random(seed, 0)),
        };
        let shape = Shape::random(&mut dice, &base);
        let base = shape.base(base);
        match outcome(&base, &shape) {
            Outcome::Right => {}
            Outcome::Marked(why) => wrong.push(format!("seed {seed} {shape:?}\n{why}")),
            Outcome::Silent(guessed) => panic!("seed {seed} {shape:?}: another batch, and not a word:\n{guessed}"),
        }
    }
    let right = CASES as usize - wrong.len();
    eprintln!("{right} of {CASES} guessed right");
    for why in &wrong {
        eprintln!("{why}");
    }
    assert!(right * 10 >= CASES as usize * 9, "{right} of {CASES}:\n{}", wrong.join("\n\n"));
}
