//! Numbers that no batch has: added up, they are more than a number can be.

use crate::{ends_soon, run_as_of, site, text};
use serde_json::Value;
use std::path::Path;

/// Calls `edit` with every number of a JSON file, in order, and its place among them.
fn edit_numbers(value: &mut Value, place: &mut usize, edit: &mut dyn FnMut(usize, &mut Value)) {
    match value {
        Value::Number(_) => {
            edit(*place, value);
            *place += 1;
        }
        Value::Array(values) => values.iter_mut().for_each(|value| edit_numbers(value, place, edit)),
        Value::Object(values) => values.values_mut().for_each(|value| edit_numbers(value, place, edit)),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// The largest number, and such that two of them are too large, by little and by one.
const LARGE: [u64; 3] = [u64::MAX, 1 << 63, (1 << 63) - 1];

/// The file with large numbers in it: in each place, in each two places side by side, and everywhere.
fn variants(original: &Value) -> Vec<Value> {
    let mut count = 0;
    edit_numbers(&mut original.clone(), &mut count, &mut |_, _| {});
    assert!(count > 20);
    let with = |choose: &dyn Fn(usize) -> Option<u64>| {
        let mut edited = original.clone();
        edit_numbers(&mut edited, &mut 0, &mut |place, value| {
            if let Some(number) = choose(place) {
                *value = number.into();
            }
        });
        edited
    };
    let mut all = Vec::new();
    for at in 0..count {
        all.push(with(&|place| (place == at).then_some(u64::MAX)));
        all.push(with(&|place| (place == at || place == at + 1).then_some(1 << 63)));
    }
    for large in LARGE {
        all.push(with(&|_| Some(large)));
        all.push(with(&|place| Some(if place % 2 == 0 { large } else { 1 })));
        all.push(with(&|place| Some(if place % 2 == 0 { 0 } else { large })));
        all.push(with(&|place| place.is_multiple_of(3).then_some(large)));
    }
    all
}

/// Puts each variant of a file of July's batch in its place.
fn with_each(file: &Path, check: &dyn Fn()) {
    let original = std::fs::read(file).unwrap();
    for variant in variants(&serde_json::from_slice(&original).unwrap()) {
        std::fs::write(file, variant.to_string()).unwrap();
        check();
    }
    std::fs::write(file, original).unwrap();
}

#[test]
fn no_number_of_a_manifest_is_too_large() {
    let site = site();
    for as_of in ["2024-06-10", "2024-07-08"] {
        assert_eq!(run_as_of(&site, as_of, &[]).code, 0);
    }
    let (out, june, july) = (site.out(), site.out().join("202406"), site.out().join("202407"));
    let check = |arguments: &[&str], codes: &[i32]| {
        let ran = ends_soon(arguments);
        assert!(codes.contains(&ran.code), "{arguments:?}: {}: {}", ran.code, ran.stderr);
    };
    with_each(&july.join("manifest.json"), &|| {
        check(&["verify", text(&july)], &[1]);
        check(&["report", text(&july)], &[0]);
        check(&["history", text(&out)], &[0]);
        check(&["history", text(&out), "--json"], &[0]);
        check(&["diff", text(&june), text(&july)], &[0]);
        // It is compared with the one before: published, or held back.
        run_as_of(&site, "2024-08-12", &[]);
    });
}

#[test]
fn no_number_of_what_a_report_is_made_from_is_too_large() {
    let site = site();
    assert_eq!(run_as_of(&site, "2024-07-08", &[]).code, 0);
    let july = site.out().join("202407");
    // A list of codes without any, so that all of the batch's are not in it.
    let cvx = site.path("cvx.csv");
    std::fs::write(&cvx, "CVXCode\n999\n").unwrap();
    let mut seen = 0;
    with_each(&july.join("qa/report.json"), &|| {
        let ran = ends_soon(&["report", text(&july), "--cvx", text(&cvx)]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    });
    for file in ["qa/counts.csv", "qa/inputs.json"] {
        let path = july.join(file);
        let original = std::fs::read_to_string(&path).unwrap();
        let large = original.replace(|c: char| c.is_ascii_digit(), "9");
        assert_ne!(original, large);
        std::fs::write(&path, large).unwrap();
        assert_eq!(ends_soon(&["verify", text(&july)]).code, 1);
        assert_eq!(ends_soon(&["report", text(&july)]).code, 0);
        run_as_of(&site, "2024-07-08", &["--if-due"]);
        seen += 1;
    }
    assert_eq!(seen, 2);
}
