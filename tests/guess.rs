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
        Ok(_) if guessed.contains("# OPEN: ") => Outcome::Marked(guessed),
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
            Outcome::Silent(guessed) => {
                panic!("seed {seed} {shape:?}: another batch, and not a word:\n{guessed}")
            }
        }
    }
    let right = CASES as usize - wrong.len();
    assert!(right * 10 >= CASES as usize * 9, "{right} of {CASES}:\n{}", wrong.join("\n\n"));
}

/// What is proposed for three exports as programs write them.
#[test]
fn proposals_for_typical_exports() {
    for program in ["sql-server", "oracle", "sas"] {
        let base = Base::of_folder(&in_repository("fixtures/registry"));
        let shape = Shape::typical(program, &base);
        let base = shape.base(base).in_windows_1252();
        let folder = tempfile::tempdir().unwrap();
        shape.write(&base, &folder.path().join("export"));
        let guessed = guess(&folder.path().join("export"), &folder.path().join("profile.toml"));
        insta::assert_snapshot!(program, guessed);
        let outcome = outcome(&base, &shape);
        match program {
            // A birth date of 1939 and a consent that ends in 2039, with two digits for the year.
            "oracle" => assert!(matches!(outcome, Outcome::Marked(_)), "{outcome:?}"),
            _ => assert_eq!(outcome, Outcome::Right),
        }
    }
}

#[test]
fn an_export_that_needs_none_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("profile.toml");
    for export in ["fixtures/registry", "fixtures/registry-unmatched"] {
        let guessed = guess(&in_repository(export), &profile);
        assert!(guessed.contains("it needs no profile") && !guessed.contains("OPEN:"), "{guessed}");
        let proposed = guessed.lines().filter(|line| !line.starts_with(['#', '[']) && !line.is_empty());
        assert_eq!(proposed.count(), 0, "{guessed}");
    }
}

/// A table that may be absent, under a name that is like it, is never overlooked: without `recipients` every entity is sent
/// its own data.
#[test]
fn recipients_are_not_overlooked() {
    let site = common::Site::new();
    let profile = site.path("profile.toml");
    site.file("Recipients_2024.txt", b"WHO;WHAT\nA;B\n");
    assert!(guess(&site.export(), &profile).contains("file = \"Recipients_2024.txt\""));
    let ran = site.run(&["--profile", text(&profile)]);
    assert_eq!(ran.code, 65, "{}", ran.stderr);
    site.file("Recipients_2024.txt", b"RECIPIENT,ENTITY\nTravis County,Travis\n");
    guess(&site.export(), &profile);
    let ran = site.run(&["--profile", text(&profile)]);
    assert!(ran.code == 0 && site.batch().contains_key("PHDS_Travis_County_202407.csv"), "{}", ran.stderr);
}

/// Columns of clients that may hold withdrawals, where there is a file of consents too, are never passed over in silence.
#[test]
fn consents_in_two_places_are_left_open() {
    let site = common::Site::new();
    let clients = |more: &str, values: &str| {
        let text = format!(
            "{},{more}\n7,IA,Ana,Ruiz,,1990-05-05,F,,TX,Travis,78701,{values}\n",
            common::header("clients")
        );
        site.file("clients.csv", text.as_bytes());
        guess(&site.export(), &site.path("profile.toml"))
    };
    let told = clients("std_on,std_off,LAST_UPDATED", "2015-01-01,2020-01-01,2024-01-01");
    assert!(told.contains("OPEN: 2 columns of clients may hold consents"), "{told}");
    assert!(told.contains("\"std_on\", \"std_off\""), "{told}");
    assert!(!clients("LAST_UPDATED", "2024-01-01").contains("OPEN"), "{told}");
}

/// A day and a month that both may be either is never decided.
#[test]
fn what_nothing_tells_is_left_open() {
    let site = common::Site::new();
    let check = |day: &str, expect: &str, holds: bool| {
        site.rows("clients", &[&format!("7,IA,Ana,Ruiz,,{day},F,,TX,Travis,78701")]);
        site.rows("consents", &["7,STANDARD,01/02/2015,,"]);
        site.rows("immunizations", &["1,11,7,3,03/04/2020,MMR,1,5,N"]);
        let guessed = guess(&site.export(), &site.path("profile.toml"));
        assert_eq!(guessed.contains(expect), holds, "{guessed}");
        let ran = site.run(&["--profile", text(&site.path("profile.toml"))]);
        assert_eq!(
            ran.code == 0,
            !guessed.contains("OPEN: %m/%d/%Y or %d/%m/%Y"),
            "{}\n{guessed}",
            ran.stderr
        );
    };
    check(
        "05/06/1990",
        "OPEN: %m/%d/%Y or %d/%m/%Y? 3 dates could be either, and none has a part above 12",
        true,
    );
    check("05/26/1990", "\nformats = [\"%m/%d/%Y\"]", true);
    check("26/05/1990", "\nformats = [\"%d/%m/%Y\"]", true);
    check("05/26/1990", "# OPEN: ", false);
}

/// What was logged, without the times in lines of JSON: their digits are anybody's.
fn without_times(logged: &str) -> String {
    let line = |line: &str| match serde_json::from_str::<serde_json::Value>(line) {
        Ok(mut fields) => {
            for time in ["timestamp", "seconds"] {
                fields.as_object_mut().unwrap().remove(time);
            }
            fields.to_string()
        }
        Err(_) => line.to_owned(),
    };
    logged.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Nothing of a row is shown, whatever is taken for a header, a line that is no row, or a code.
#[test]
fn no_value_of_a_row_is_shown() {
    let persons = |rows: usize, kind: &dyn Fn(usize) -> String| -> String {
        let person = |place: usize| {
            format!(
                "{},{},XqzFirst{place},XqzLast,XqzMid,1913-11-17,XqzSex,XqzRace,XqzState,XqzCounty,99871\n",
                place + 1,
                kind(place)
            )
        };
        (0..rows).map(person).collect()
    };
    let header = common::header("clients");
    let few = |place: usize| if place.is_multiple_of(6) { "XqzType".to_owned() } else { "IC".to_owned() };
    let many = |place: usize| format!("XqzType{}", place % 50);
    let rows = persons(24, &few);
    let long = |place: usize| if place.is_multiple_of(2) { "XqzType".repeat(9) } else { "IA".to_owned() };
    let exports = [
        format!("{header}\n{rows}"),
        // No header, a header that has swallowed a row, and one that is a row in part.
        rows.clone(),
        format!("{header},{rows}"),
        format!(
            "CLIENT_ID,CLIENT_TYPE,FIRST_NAME,LAST_NAME,XqzMid,1913-11-17,XqzSex,XqzRace,XqzState,XqzCounty,99871\n{rows}"
        ),
        format!(
            "CLIENT_ID,CLIENT_TYPE,FIRST_NAME,XqzLast,XqzMid,BIRTH_DATE,XqzSex,XqzRace,XqzState,XqzCounty,ZIP_CODE\n{rows}"
        ),
        format!("\"{header}\n1,IA\",{rows}"),
        // Lines around the rows.
        format!("Report on XqzFirst XqzLast 1913-11-17\n{header}\n{rows}XqzLast 99871\n"),
        format!("{header}\n{rows}1,XqzType\n"),
        // Codes that are many, and long.
        format!("{header}\n{}", persons(450, &many)),
        format!("{header}\n{}", persons(24, &long)),
        // Names that say nothing, or say it wrongly.
        format!("Q1,Q2,Q3,Q4,Q5,Q6,Q7,Q8,Q9,Q10,Q11\n{rows}"),
        format!("CLIENT_ID,FIRST_NAME,CLIENT_TYPE,LAST_NAME,A,BIRTH_DATE,B,C,D,E,F\n{rows}"),
        header.replace(',', ";") + "\n" + &rows.replace(',', ";"),
        format!("{header}\n{}", rows.replace("XqzLast", "NULL").replace("1913-11-17", "11/17/1913")),
    ];
    for (place, export) in exports.iter().enumerate() {
        assert!(export.contains("Xqz"));
        let site = common::Site::new();
        site.file("clients.csv", export.as_bytes());
        for tone in [&[][..], &["-vv"], &["-vv", "--log-format", "json"]] {
            let ran = phds_with(&[&["profile", "guess", text(&site.export())], tone].concat());
            let said = format!("{}{}", ran.stdout, without_times(&ran.stderr)).to_lowercase();
            assert_eq!(ran.code, 0, "{said}");
            for mark in ["xqz", "1913", "99871"] {
                assert!(!said.contains(mark), "export {place} shows {mark}:\n{said}");
            }
        }
        // What is proposed is a profile, whatever the export is.
        guess(&site.export(), &site.path("profile.toml"));
    }
    // A code that stands in several rows is what a person has to fill in.
    let site = common::Site::new();
    let several = |place: usize| if place.is_multiple_of(4) { "XqzType".to_owned() } else { "IC".to_owned() };
    site.rows("clients", &persons(24, &several).lines().collect::<Vec<_>>());
    let guessed = guess(&site.export(), &site.path("profile.toml"));
    assert!(guessed.to_lowercase().contains("# \"xqztype\" = \"…\"   # 6 rows"), "{guessed}");
}

#[test]
fn what_is_no_export_is_refused() {
    let site = common::Site::new();
    let ran = phds_with(&["profile", "guess", text(&site.path("nowhere"))]);
    assert_eq!((ran.code, ran.stdout.as_str()), (66, ""));
    let ran = phds_with(&["profile", "guess", text(&site.export().join("clients.csv"))]);
    assert_eq!((ran.code, ran.stdout.as_str()), (65, ""));
    // An empty folder: everything is open.
    std::fs::create_dir(site.path("empty")).unwrap();
    let guessed = guess(&site.path("empty"), &site.path("profile.toml"));
    assert_eq!(guessed.matches("OPEN: nothing looks like this table").count(), 5, "{guessed}");
}
