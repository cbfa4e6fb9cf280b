//! Every gate on pairs of months: what trips it, what just misses it, and that a release publishes what it held.
//!
//! A case is one pair. It is judged by `run`, by the stages and by `check`, which all say the same, and once more as a
//! database.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "every_gate/case.rs"]
mod case;
mod common;
#[path = "every_gate/export.rs"]
mod export;

use case::{Case, Place, Shape, case, codes, of_json};
use common::{Site, phds_with, text};
use export::{CONSENT, Export};
use phds::policy::GateKey;
use serde_json::{Value, json};
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A pair that looks the same: the second has a Cyrillic letter.
const ALIKE: [&str; 2] = ["Travis", "Tr\u{430}vis"];

/// The gates that look at what the export holds, and when it was made.
fn of_the_export() -> Vec<Case> {
    let consents = |export: Export, count: u32| {
        (100..99 + count).fold(export.clients(100..99 + count, "1990-05-05"), |export, id| {
            export.row("consents", &format!("{id},STANDARD,2015-01-01,,"))
        })
    };
    // Client 10's is none of them.
    let of = |export: Export, count| consents(export.without("consents", "10,STANDARD,2015-01-01,,"), count);
    let (june, july) = (Export::june(&[("Travis", 300)]), Export::july(&[("Travis", 300)]));
    let again = |times| (0..times).fold(july.clone(), |export, _| export.row("consents", CONSENT));
    let twice = june.clone().row("consents", CONSENT).row("consents", CONSENT);
    let mut reordered = june.clone();
    reordered.tables.get_mut("clients").unwrap().swap(0, 1);
    let of_day = |day, count| Export::new(day).facts_of_7(&[("Travis", count)]);
    let as_of = |day, export| Case { as_of: Some(day), ..case("window_over", export) };
    let changed = |at, age: Case| Case { changed: Some(UNIX_EPOCH + Duration::from_secs(at)), ..age };
    let age = || case("max_export_age", july.clone()).policy("[gate]\nmax_export_age = \"7d\"");
    let first_of_july = 1_719_792_000;
    vec![
        case("nothing_shared", Export::new("2024-07-01")).held(&["NOTHING_SHARED"]),
        case("nothing_shared", Export::july(&[]).facts("8", "Travis", 300)).held(&["NOTHING_SHARED"]),
        case("nothing_shared", Export::july(&[("Travis", 1)]).facts("8", "Travis", 299)),
        case("repeated_consents", again(1)).held(&["REPEATED_CONSENTS"]),
        // The same consent, in other bytes.
        case("repeated_consents", july.clone().row("consents", "7,STANDARD,2015-01-01,, ")),
        case("repeated_consents", again(2)).policy("[gate]\nrepeated_consents = 2"),
        case("repeated_consents", again(3))
            .policy("[gate]\nrepeated_consents = 2")
            .held(&["REPEATED_CONSENTS"]),
        // As many as in June.
        case("repeated_consents", again(2)).after(twice.clone()).told(&["REPEATED_CONSENTS"]),
        case("repeated_consents", again(1)).after(twice.clone()).told(&["REPEATED_CONSENTS"]),
        case("repeated_consents", again(3)).after(twice).held(&["REPEATED_CONSENTS"]),
        case("same_export", june.clone()).after(june.clone()).held(&["SAME_EXPORT"]),
        case("same_export", june.clone().row("vaccines", "4,04,")).after(june.clone()),
        case("same_export", reordered).after(june.clone()),
        // A table that may be absent is gone, and the rest is what it was.
        case("same_export", june.clone())
            .after(june.clone().row("control", "clients,4"))
            .held(&["SAME_EXPORT"]),
        case("same_export", june.clone().row("control", "clients,4")).after(june.clone()),
        case("same_export", june.clone().row("recipients", "Health,Travis"))
            .policy("[gate]\nrecipients_may_change = true")
            .after(june.clone()),
        // A hundred rows of consents.
        case("same_consents", of(july.clone(), 100)).after(of(june.clone(), 100)).held(&["SAME_CONSENTS"]),
        case("same_consents", of(july.clone(), 99)).after(of(june.clone(), 99)),
        case("same_consents", of(july.clone(), 101)).after(of(june.clone(), 100)),
        // The same immunizations, too, and other clients.
        case("same_consents", of(june.clone(), 100).clients(500..501, "1990-05-05"))
            .after(of(june.clone(), 100)),
        as_of("2025-01-01", of_day("2024-12-20", 300)).held(&["WINDOW_OVER"]),
        as_of("2024-12-31", of_day("2024-12-20", 300)),
        as_of("2024-07-09", july.clone()).policy("[window]\nlast_day = 2024-07-08").held(&["WINDOW_OVER"]),
        as_of("2024-07-08", july.clone()).policy("[window]\nlast_day = 2024-07-08"),
        changed(first_of_july - 1, age()).held(&["EXPORT_OLD"]),
        changed(first_of_july, age()),
        // 45 days, and one more.
        case("max_vaccination_age", of_day("2024-05-23", 300))
            .after(june.clone())
            .held(&["NO_RECENT_VACCINATION"]),
        case("max_vaccination_age", of_day("2024-05-24", 300)).after(june.clone()),
        case("max_vaccination_age", of_day("2024-05-23", 100))
            .after(of_day("2024-06-03", 100))
            .held(&["NO_RECENT_VACCINATION"]),
        case("max_vaccination_age", of_day("2024-05-23", 99)).after(of_day("2024-06-03", 99)),
        // A first batch that somebody makes by hand.
        case("max_vaccination_age", of_day("2024-05-23", 300)).told(&["NO_RECENT_VACCINATION"]),
    ]
}

/// The gate that looks at the clock. It is noon, in a zone of its own, so that no midnight comes in between.
fn of_the_clock() -> Vec<Case> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let hour = 3600;
    let east = 12 - i64::try_from(now / hour % 24).unwrap();
    let midnight = now - now % hour + 12 * hour;
    let changed = |at| Case {
        changed: Some(UNIX_EPOCH + Duration::from_secs(at)),
        as_of: None,
        zone: format!("<NOON>{:+}", -east),
        policy: "[window]\nlast_day = 9999-12-31\n[gate]\nmax_vaccination_age = \"off\"",
        ..case("newer_than_as_of", Export::july(&[("Travis", 300)]))
    };
    let given = |at| Case { as_of: Some("2024-07-08"), ..changed(at) };
    vec![
        changed(midnight).held(&["NEWER_THAN_AS_OF"]),
        changed(midnight - 1),
        // Whoever gives a day of last month knows that the export is newer.
        given(midnight),
    ]
}

/// The gates that look at names.
fn of_names() -> Vec<Case> {
    let given = |pairs: &[&str], export: Export| {
        pairs.iter().fold(export, |export, pair| export.row("recipients", pair))
    };
    let known = ["Health,Travis", "Health,Bexar"];
    let and_hays = [&known[..], &["Hays Health,Hays"]].concat();
    let and_two = [&and_hays[..], &["Hays Health,Waco"]].concat();
    let (june, july) =
        ([("Travis", 200), ("Bexar", 150)].as_slice(), [("Travis", 201), ("Bexar", 150)].as_slice());
    let alike = |one, other| case("look_alikes", Export::july(&[(one, 200), (other, 150)]));
    let [travis, cyrillic] = ALIKE;
    // Client 8 shares nothing, so that there is no recipient of that name.
    let with_waco = |export: Export| export.facts("8", "Waco", 5).facts("8", "W\u{430}co", 5);
    let both = [(travis, 200), (cyrillic, 150)];
    let recipients = ["Travis Health,Travis", "Tr\u{430}vis Health,Bexar"];
    vec![
        case("unmatched_recipients", given(&and_hays, Export::july(july))).held(&["UNMATCHED_RECIPIENTS"]),
        case("unmatched_recipients", given(&known, Export::july(july))),
        // An organization has it, though it gave nothing, and its name is spelled otherwise.
        case("unmatched_recipients", given(&and_hays, Export::july(july).facts("7", "HAYS ", 0))),
        // The organization that has it cannot be used.
        case(
            "unmatched_recipients",
            given(&and_hays, Export::july(july)).row("organizations", "x,Clinic,CL,Hays,,,,"),
        )
        .held(&["UNMATCHED_RECIPIENTS"]),
        case("unmatched_recipients", given(&and_hays, Export::july(july)))
            .after(given(&and_hays, Export::june(june)))
            .told(&["UNMATCHED_RECIPIENTS"]),
        case("unmatched_recipients", given(&and_two, Export::july(july)))
            .after(given(&and_hays, Export::june(june)))
            .held(&["UNMATCHED_RECIPIENTS"])
            .told(&["UNMATCHED_RECIPIENTS"]),
        alike(travis, cyrillic).held(&["LOOK_ALIKES"]),
        alike("Ida Grove", "lda Grove").held(&["LOOK_ALIKES"]),
        alike("El Paso", "ElPaso").held(&["LOOK_ALIKES"]),
        alike(travis, "TRAVIS "),
        alike(travis, "Travls"),
        // A fact leads to it that is not shared; or none does; or one that cannot be used.
        case("look_alikes", Export::july(&[(travis, 200)]).facts("8", cyrillic, 1)).held(&["LOOK_ALIKES"]),
        case("look_alikes", Export::july(&[(travis, 200), (cyrillic, 0)])),
        case("look_alikes", Export::july(&[(travis, 200)]).facts("999", cyrillic, 1)),
        // Recipients, with rows and without.
        case("look_alikes", given(&recipients, Export::july(july))).held(&["LOOK_ALIKES"]),
        case("look_alikes", given(&recipients, Export::july(&[("Travis", 200)]).facts("8", "Bexar", 150))),
        case("look_alikes", Export::july(&both)).after(Export::june(&both)).told(&["LOOK_ALIKES"]),
        case("look_alikes", with_waco(Export::july(&both)))
            .after(Export::june(&both))
            .held(&["LOOK_ALIKES"])
            .told(&["LOOK_ALIKES"]),
    ]
}

/// The gate that looks at facts that lead to nobody.
fn of_the_unknown() -> Vec<Case> {
    type Spoil = fn(Export, usize, usize) -> Export;
    let types: Spoil =
        |export, unknown, known| export.facts("9", "Travis", unknown).facts("7", "Travis", known);
    let nobodys: Spoil = |export, unknown, known| export.facts("7", "", unknown).facts("7", "Travis", known);
    let july = || Export::july(&[]);
    let unknown = |export| case("max_unknown", export);
    let after = |june, july| {
        let policy = "[gate]\nmax_excluded_change = \"off\"\nmax_change = \"off\"";
        unknown(july).policy(policy).after(june)
    };
    let [june_types, june_nobodys] = [types, nobodys].map(|of| of(Export::june(&[]), 300, 700));
    let held = &["MAX_UNKNOWN"];
    vec![
        unknown(types(july(), 201, 799)).held(held),
        unknown(types(july(), 200, 800)),
        unknown(types(july(), 99, 1)).held(held),
        unknown(types(july(), 98, 1)),
        // A fact that cannot be used does not count.
        unknown(types(july(), 200, 799).facts("999", "Travis", 1)).held(held),
        unknown(types(july(), 100, 900)).policy("[gate]\nmax_unknown = \"9.999999%\"").held(held),
        unknown(types(july(), 100, 900)).policy("[gate]\nmax_unknown = \"10%\""),
        unknown(nobodys(july(), 201, 799)).held(held),
        unknown(nobodys(july(), 200, 800)),
        // What a rule before leaves out plays no part.
        unknown(nobodys(july(), 201, 799).facts("8", "Travis", 500)).held(held),
        // No recipient and no entity, taken together.
        unknown(nobodys(july(), 100, 799).facts("7", "Bexar", 101).row("recipients", "Health,Travis"))
            .held(held),
        unknown(nobodys(july(), 100, 800).facts("7", "Bexar", 100).row("recipients", "Health,Travis")),
        // Five points more than in June, and a little more than that.
        after(june_types.clone(), types(july(), 350, 650)).told(held),
        after(june_types.clone(), types(july(), 351, 649)).held(held),
        after(june_nobodys.clone(), nobodys(july(), 350, 650)).told(held),
        after(june_nobodys, nobodys(july(), 351, 649)).held(held),
        // June had too much of the other.
        after(june_types, nobodys(july(), 300, 700)).held(held),
    ]
}

/// The gates that compare counts and shares with the month before.
fn of_changes() -> Vec<Case> {
    let change = |june: &[_], july: &[_]| case("max_change", Export::july(july)).after(Export::june(june));
    let two = |rows| [("Travis", rows), ("Bexar", 400)];
    let big = |rows| [("Travis", 2000), ("Bexar", rows)];
    let many = |rows| ["A", "B", "C", "D"].map(|name| (name, rows));
    let come = |june: &[_], july: &[_]| Case { key: "recipients_may_change", ..change(june, july) };
    let excluded = |[june, june_out]: [usize; 2], [july, july_out]: [usize; 2]| {
        let shared = |rows| [("Travis", rows)];
        case("max_excluded_change", Export::july(&shared(july)).facts("8", "Travis", july_out))
            .after(Export::june(&shared(june)).facts("8", "Travis", june_out))
    };
    let moved = &["MAX_EXCLUDED_CHANGE", "MAX_EXCLUDED_CHANGE"];
    let undated = |count: u32| {
        let clients = |export: Export| export.clients(1000 + count..1996, "1990-05-05");
        let july = clients(Export::july(&two(600))).clients(1000..1000 + count, "unknown");
        case("max_excluded_change", july)
            .after(clients(Export::june(&two(600))).clients(1000..1000 + count, "1990-05-05"))
    };
    let blanks = |[june, june_blank]: [usize; 2], [july, july_blank]: [usize; 2]| {
        let shared = |rows| [("Travis", rows)];
        case("max_blank_change", Export::july(&shared(july)).facts("10", "Travis", july_blank))
            .after(Export::june(&shared(june)).facts("10", "Travis", june_blank))
    };
    vec![
        change(&two(600), &two(751)).held(&["RECIPIENT_CHANGED"]),
        change(&two(600), &two(750)),
        change(&two(600), &two(449)).held(&["RECIPIENT_CHANGED"]),
        change(&two(600), &two(450)),
        change(&big(100), &big(1)).held(&["RECIPIENT_CHANGED"]),
        change(&big(99), &big(1)),
        change(&big(1), &big(100)).held(&["RECIPIENT_CHANGED"]),
        change(&big(1), &big(99)),
        change(&two(600), &two(601))
            .policy("[gate]\nmax_change = \"0%\"")
            .held(&["BATCH_CHANGED", "RECIPIENT_CHANGED"]),
        change(&two(600), &two(600)).policy("[gate]\nmax_change = \"0%\""),
        // All together, where each alone is too small to be looked at.
        change(&many(60), &many(44)).held(&["BATCH_CHANGED"]),
        change(&many(60), &many(45)),
        change(&many(24), &many(1)),
        come(&[("Travis", 200)], &[("Travis", 200), ("Hays", 1)]).held(&["RECIPIENT_APPEARED"]),
        come(&[("Travis", 200)], &[("TRAVIS ", 200), ("Hays", 0)]),
        come(&[("Travis", 200), ("Hays", 9)], &[("Travis", 200)]).held(&["RECIPIENT_VANISHED"]),
        come(&[("Travis", 200), ("Hays", 9)], &[("Travis", 200), ("Hays", 1)]),
        excluded([900, 100], [849, 151]).held(moved),
        excluded([900, 100], [850, 150]),
        excluded([900, 100], [951, 49]).held(moved),
        excluded([900, 100], [950, 50]),
        // What was not there in June had a share of 0.
        excluded([1000, 0], [949, 51]).held(moved),
        excluded([1000, 0], [950, 50]),
        excluded([1000, 0], [949, 51]).policy("[gate]\nmin_rows = 1001"),
        // A third of a point more than five, to the millionth: from 200 of 600 to 232 of 600.
        excluded([400, 200], [368, 232]).policy("[gate]\nmax_excluded_change = \"5.333333%\"").held(moved),
        excluded([400, 200], [368, 232]).policy("[gate]\nmax_excluded_change = \"5.333334%\""),
        undated(51).held(&["MAX_EXCLUDED_CHANGE"]),
        undated(49),
        // A share of nearly ten points, of too few rows to be a trend.
        undated(99).policy("[gate]\nmin_rows = 2000"),
        blanks([900, 100], [849, 151]).held(&["MAX_BLANK_CHANGE"]),
        blanks([900, 100], [850, 150]),
        blanks([900, 100], [951, 49]).held(&["MAX_BLANK_CHANGE"]),
        blanks([900, 100], [950, 50]),
        blanks([1000, 0], [949, 51]).held(&["MAX_BLANK_CHANGE"]),
        blanks([1000, 0], [950, 50]),
        blanks([1000, 0], [900, 100]).policy("[gate]\nmin_rows = 1001"),
    ]
}

/// Checks cases side by side: most of the time the program waits for the disk.
fn check_all(cases: &[Case]) {
    for some in cases.chunks(12) {
        std::thread::scope(|scope| some.iter().for_each(|case| drop(scope.spawn(|| case.check()))));
    }
}

#[test]
fn gates_that_look_at_the_export() {
    check_all(&of_the_export());
}

#[test]
fn the_gate_that_looks_at_the_clock() {
    check_all(&of_the_clock());
}

#[test]
fn gates_that_look_at_names() {
    check_all(&of_names());
}

#[test]
fn the_gate_that_looks_at_what_leads_to_nobody() {
    check_all(&of_the_unknown());
}

#[test]
fn gates_that_look_at_changes() {
    check_all(&of_changes());
}

/// `require_control` refuses an export; nothing is held, and nothing can be released.
#[test]
fn an_export_without_control_can_be_refused() {
    let july = || Export::july(&[("Travis", 300)]);
    let required = |export| case("require_control", export).policy("[gate]\nrequire_control = true");
    required(july().row("control", "consents,2")).check();
    // One without rows is one.
    let mut empty = july();
    empty.tables.insert("control", Vec::new());
    required(empty).check();
    let refused = required(july());
    for shape in [Shape::Files, Shape::Database] {
        let place = Place { site: Site::empty(), shape, case: &refused };
        std::fs::write(place.site.path("policy.toml"), refused.policy).unwrap();
        place.give(&refused.july);
        let said = [place.run(&[]), place.run_in_stages(), place.ask("check", refused.as_of, &[])];
        for ran in said {
            assert_eq!(ran.code, 65, "{}", ran.stderr);
            assert!(ran.stderr.contains("the export has no table control"), "{}", ran.stderr);
        }
        assert!(place.site.left_in_out().is_empty());
        let ran = place.run(&["--gate-off", "require_control"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(of_json(&place.site.out().join("202407/qa/gate.json"))["off"], json!(["require_control"]));
    }
}

/// Packed or not, a file is what it holds.
#[test]
fn an_export_that_is_packed_is_the_same() {
    let site = Site::new();
    let ran = |as_of: &str| {
        let (export, out) = (site.export(), site.out());
        phds_with(&["run", text(&export), "--out", text(&out), "--as-of", as_of, "--json"])
    };
    assert_eq!(ran("2024-06-10").code, 0);
    let clients = std::fs::read(site.export().join("clients.csv")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&clients).unwrap();
    site.remove("clients.csv");
    site.file("clients.csv.gz", &packed.finish().unwrap());
    let held = ran("2024-07-08");
    let said: Value = serde_json::from_str(&held.stdout).unwrap();
    assert_eq!((held.code, codes(&said["found"])), (77, vec!["SAME_EXPORT"]), "{}", held.stderr);
}

/// Every key has a case that trips it, and one that does not; whoever gives another is told which there are.
#[test]
fn every_key_has_its_cases() {
    let groups = [of_the_export(), of_the_clock(), of_names(), of_the_unknown(), of_changes()];
    let cases: Vec<Case> = groups.into_iter().flatten().collect();
    let keys = <GateKey as strum::VariantNames>::VARIANTS;
    for key in keys.iter().filter(|key| **key != "require_control") {
        for is_held in [true, false] {
            let has_one = cases.iter().any(|case| case.key == *key && case.found.is_empty() != is_held);
            assert!(has_one, "{key}: held {is_held}");
        }
    }
    let site = Site::new();
    let ran = site.run_gated(&["--gate-off", "min_rows"]);
    assert_eq!((ran.code, site.left_in_out().len()), (2, 0), "{}", ran.stderr);
    for key in keys {
        assert!(ran.stderr.contains(key), "{key}: {}", ran.stderr);
    }
}
