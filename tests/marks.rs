//! The report marks a recipient where the gate found something about it, and nowhere else, and gives the gate's reasons.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Site, phds_with, text};
use phds::batch::{
    Before, Evidence, Finding, GateRecord, Manifest, ReleaseRecord, ReportData, Settings, Tally,
};
use phds::gate::{Candidate, Reference, judge};
use phds::policy::{GateKey, Policy};
use phds::report::{Report, page};
use phds::value::Day;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Recipients as June spells them, and July.
const NAMES: [[&str; 2]; 8] = [
    ["Travis County", "Travis County"],
    ["Bexar", "BEXAR"],
    ["El Paso", "El  Paso"],
    ["Río Seco", "Ri\u{301}o Seco"],
    ["A & B <Health>", "A & B <Health>"],
    ["O'Neill \"East\"", "O'Neill \"East\""],
    ["Hays", "Hays"],
    ["Waco, north", "Waco, north"],
];

/// The rows of each recipient of [`NAMES`] in June and in July; none where it has no file.
type Rows = Vec<[Option<u64>; 2]>;

/// A recipient's rows: any, or near the limits that are tried.
fn rows(most: u64) -> impl Strategy<Value = [Option<u64>; 2]> {
    let per_cent = prop::sample::select(vec![0u64, 50, 66, 67, 75, 90, 100, 110, 125, 133, 134, 200, 300]);
    let near = (1..=most, per_cent, 0..3u64)
        .prop_map(|(june, per_cent, more)| [Some(june), Some((june * per_cent / 100 + more).max(2) - 1)]);
    prop_oneof![
        1 => Just([None, None]),
        1 => (1..=most).prop_map(|rows| [Some(rows), None]),
        1 => (1..=most).prop_map(|rows| [None, Some(rows)]),
        2 => [1..=most, 1..=most].prop_map(|rows| rows.map(Some)),
        4 => near,
    ]
}

fn all_rows(most: u64) -> impl Strategy<Value = Rows> {
    prop::collection::vec(rows(most), NAMES.len())
}

/// What the policy says of its gate, and what the command line turns off.
fn gate() -> impl Strategy<Value = (String, Vec<&'static str>)> {
    let limit = prop::sample::select(vec!["off", "0%", "10%", "25%", "33.333333%", "100%", "200%"]);
    let min_rows = prop::sample::select(vec![0u64, 1, 50, 100, 1000]);
    let off = prop::sample::select(vec![
        vec![],
        vec![],
        vec!["max_change"],
        vec!["recipients_may_change", "same_export"],
    ]);
    (limit, min_rows, any::<bool>(), off).prop_map(|(limit, min_rows, may_change, off)| {
        let policy = format!(
            "[gate]\nmax_change = \"{limit}\"\nmin_rows = {min_rows}\nrecipients_may_change = {may_change}\n"
        );
        (policy, off)
    })
}

/// What a run may have seen of an export.
fn evidence() -> impl Strategy<Value = Evidence> {
    let names = prop::collection::vec(prop::sample::select(vec!["Lee", "<b>", "R&D"]), 0..2);
    (0..3u64, names, any::<bool>()).prop_map(|(repeated_consents, names, has_alike)| Evidence {
        repeated_consents,
        unmatched_recipients: names.into_iter().map(str::to_owned).collect(),
        look_alikes: if has_alike { vec![["Hays".to_owned(), "H\u{430}ys".to_owned()]] } else { vec![] },
        ..Evidence::default()
    })
}

/// What the page says without its markup.
fn words(markup: &str) -> String {
    let text: String = markup
        .split('<')
        .enumerate()
        .map(|(n, piece)| if n == 0 { piece } else { piece.split_once('>').unwrap().1 })
        .collect();
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    plain.iter().fold(text.trim().to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

/// The marks in the page's table of recipients, by the recipient.
fn marks(page: &str) -> BTreeMap<String, String> {
    let table = page.split_once("<caption>Rows in each recipient").map_or("", |(_, table)| table);
    let table = table.split("</table>").next().unwrap();
    let name = |row: &str| {
        row.split_once("<th scope=\"row\">").map(|(_, rest)| rest.split("</th>").next().unwrap().to_owned())
    };
    let marked = table.split("<tr").filter_map(name).filter_map(|name| {
        let (name, mark) = name.split_once("<strong class=\"flag\">")?;
        Some((words(name), words(mark)))
    });
    marked.collect()
}

/// The marks that there must be for what the gate found.
fn marks_of(found: &Value) -> BTreeMap<String, String> {
    let mark = |found: &Value| {
        let mark = match found["code"].as_str().unwrap() {
            "RECIPIENT_APPEARED" => "✚ new",
            "RECIPIENT_VANISHED" => "✖ gone",
            "RECIPIENT_CHANGED" if found["rows"].as_u64() > found["rows_before"].as_u64() => "▲ large rise",
            "RECIPIENT_CHANGED" => "▼ large fall",
            _ => return None,
        };
        Some((found["recipient"].as_str().unwrap().to_owned(), mark.to_owned()))
    };
    found.as_array().unwrap().iter().filter_map(mark).collect()
}

/// Why the batch was held, as the page says it.
fn reasons(page: &str) -> Vec<String> {
    let Some((_, section)) = page.split_once("<section id=\"held\"") else { return Vec::new() };
    let section = section.split("</section>").next().unwrap();
    let reason = |item: &str| words(item.split("</li>").next().unwrap().split("<small>").next().unwrap());
    section.split("<li>").skip(1).map(reason).collect()
}

fn reasons_of(found: &Value) -> Vec<String> {
    let reason = |found: &Value| {
        format!("{}: {}.", found["code"].as_str().unwrap(), found["message"].as_str().unwrap())
    };
    found.as_array().unwrap().iter().map(reason).collect()
}

fn manifest(as_of: &str, recipients: &[(&str, u64)], left_out: u64) -> Manifest {
    let included: u64 = recipients.iter().map(|(_, rows)| rows).sum();
    let files: Vec<Value> = recipients
        .iter()
        .map(|(recipient, rows)| {
            json!({"path": "P.csv", "recipient": recipient, "rows": rows, "bytes": 1, "sha256": ""})
        })
        .collect();
    let manifest = json!({
        "as_of": as_of, "batch": as_of[..7].replace('-', ""), "tool": {"name": "phds", "version": "0.3.0"},
        "policy": {"name": "p", "sha256": ""}, "tables": {},
        "facts": {
            "read": included + left_out, "included": included, "excluded": {"NO_RECIPIENT": left_out},
            "quarantined": {},
        },
        "included_under": {}, "files": files,
    });
    Manifest::from_json(manifest.to_string().as_bytes(), Path::new("m")).unwrap()
}

/// The recipients of a month (0 is June) that have rows.
fn month(rows: &Rows, month: usize) -> Vec<(&'static str, u64)> {
    NAMES.iter().zip(rows).filter_map(|(names, rows)| Some((names[month], rows[month]?))).collect()
}

fn day(text: &str) -> Day {
    Day::parse(text.as_bytes()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_marked_is_what_the_gate_found(
        rows in all_rows(400),
        (gate, off) in gate(),
        evidence in evidence(),
        left_out in 0..400u64,
        has_before in prop::sample::select(vec![true, true, true, true, false]),
        is_released: bool,
    ) {
        let policy = Policy::from_text(Path::new("p"), gate.as_bytes()).unwrap();
        let mut limits = policy.gate;
        off.iter().for_each(|key| limits.turn_off(key.parse::<GateKey>().unwrap()));
        let now = manifest("2024-07-08", &month(&rows, 1), left_out);
        let before = match has_before {
            true => Before::Batch(Box::new(manifest("2024-06-10", &month(&rows, 0), 0))),
            false => Before::None,
        };
        let candidate = Candidate {
            manifest: &now, tally: &Tally::default(), evidence: &evidence, window_ends: day("2024-12-31"),
            newest_vaccination: Some(day("2024-07-01")), export: &[], export_now: None, today: None,
            is_attended: false,
        };
        let verdict = judge(&limits, &candidate, Reference::of(&before));
        let findings = |reasons: Vec<_>| reasons.into_iter().map(Finding::from).collect::<Vec<_>>();
        let record = GateRecord {
            evidence: evidence.clone(), off: vec![], given: [].into(), found: findings(verdict.stops), told: findings(verdict.warnings),
            not_compared: vec![],
        };
        let release = ReleaseRecord {
            by: "QA".to_owned(), reason: None, when: "2024-07-09T14:03:00Z".to_owned(), found: record.found.clone(),
        };
        let page = page(&Report {
            manifest: &now,
            data: &ReportData { settings: Settings::of(&policy, &limits), tally: Tally::default(), profile: None },
            inputs: None,
            gate: Some(&record),
            release: is_released.then_some(&release).filter(|release| !release.found.is_empty()),
            before: &before,
            data_before: None,
            cvx: None,
        });
        let found = serde_json::to_value(&record.found).unwrap();
        prop_assert_eq!(marks(&page), marks_of(&found), "{:?}", &limits);
        prop_assert_eq!(reasons(&page), reasons_of(&found));
    }
}

/// The batch of a month with these rows, of June or, under this gate, of July. Returns where it lies.
fn batch(site: &Site, as_of: &str, recipients: &[(&str, u64)], arguments: &[&str]) -> std::path::PathBuf {
    let (mut organizations, mut facts) = (Vec::new(), Vec::new());
    for (place, (entity, rows)) in recipients.iter().enumerate() {
        organizations.push(format!("{place},Clinic,CL,\"{}\",,,,", entity.replace('"', "\"\"")));
        for _ in 0..*rows {
            facts.push(format!("{0},{0},7,3,2024-06-03,MMR,1,{place},N", facts.len()));
        }
    }
    site.rows("organizations", &organizations.iter().map(String::as_str).collect::<Vec<_>>());
    site.rows("immunizations", &facts.iter().map(String::as_str).collect::<Vec<_>>());
    let (export, out) = (site.export(), site.out());
    let run = ["run", text(&export), "--out", text(&out), "--as-of", as_of, "--quiet"];
    let ran = phds_with(&[&run[..], arguments].concat());
    let month = as_of[..7].replace('-', "");
    match ran.code {
        0 => out.join(month),
        77 => out.join(".held").join(month),
        code => panic!("{code}: {}", ran.stderr),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same of batches that the program made.
    #[test]
    fn what_is_marked_in_a_batch_is_what_it_was_held_for(rows in all_rows(150), (gate, off) in gate()) {
        let site = Site::new();
        let policy = site.path("policy.toml");
        std::fs::write(&policy, gate).unwrap();
        if batch(&site, "2024-06-10", &month(&rows, 0), &[]).starts_with(site.out().join(".held")) {
            prop_assert_eq!(phds_with(&["release", text(&site.out()), "202406", "--by", "QA"]).code, 0);
        }
        let off = off.iter().flat_map(|key| ["--gate-off", key]);
        let arguments: Vec<&str> = ["--policy", text(&policy)].into_iter().chain(off).collect();
        let place = batch(&site, "2024-07-08", &month(&rows, 1), &arguments);
        let page = std::fs::read_to_string(place.join("qa/report.html")).unwrap();
        let gate: Value = serde_json::from_slice(&std::fs::read(place.join("qa/gate.json")).unwrap()).unwrap();
        prop_assert_eq!(marks(&page), marks_of(&gate["found"]), "{:#}", gate);
        prop_assert_eq!(reasons(&page), reasons_of(&gate["found"]));
        // It was held if there is a reason, and only then.
        let why = std::fs::read(place.with_extension("json")).ok();
        let why = why.map(|why| serde_json::from_slice::<Value>(&why).unwrap()["found"].clone());
        prop_assert_eq!(why.unwrap_or_else(|| json!([])), gate["found"].clone());
    }
}
