//! The report on a batch, and the history of batches.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{GATES_OFF, Ran, Site, in_repository, phds_with};
use serde_json::{Value, json};
use std::fs::{File, FileTimes};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// `phds` on a place, with these arguments.
fn on(command: &str, place: &Path, arguments: &[&str]) -> Ran {
    phds_with(&[&[command, place.to_str().unwrap()], arguments].concat())
}

/// A batch of the site as of a day. It is published also where somebody ought to look at it first.
fn run(site: &Site, as_of: &str) {
    run_with(site, as_of, &[]);
}

/// The same, with other arguments besides.
fn run_with(site: &Site, as_of: &str, arguments: &[&str]) {
    let (export, out) = (site.export(), site.out());
    let (export, out) = (export.to_str().unwrap(), out.to_str().unwrap());
    let run = ["run", export, "--out", out, "--as-of", as_of, "--quiet"];
    let ran = phds_with(&[&run[..], &GATES_OFF, arguments].concat());
    if ran.code == 77 {
        let month = as_of[..7].replace('-', "");
        assert_eq!(phds_with(&["release", out, &month, "--by", "Ana Ruiz"]).code, 0);
    } else {
        // These exports are old, and whoever makes the first batch by hand is told so.
        // Rows that are lost are told with --quiet, too.
        let is_told = |line: &&str| {
            line.starts_with("phds: warning: NO_RECENT_VACCINATION: ")
                || line.contains("not the export's encoding")
        };
        let rest: Vec<_> = ran.stderr.lines().filter(|line| !is_told(line)).collect();
        assert_eq!((ran.code, rest), (0, Vec::new()));
    }
}

/// The report in the site's batch of July 2024.
fn report(site: &Site) -> String {
    std::fs::read_to_string(site.out().join("202407/qa/report.html")).unwrap()
}

/// So many facts of each responsible entity.
fn give(site: &Site, entities: &[(&str, usize)]) {
    let mut organizations = Vec::new();
    let mut facts = Vec::new();
    for (place, (entity, count)) in entities.iter().enumerate() {
        organizations.push(format!("{place},Clinic,CL,\"{}\",,,,", entity.replace('"', "\"\"")));
        for _ in 0..*count {
            let id = facts.len();
            facts.push(format!("{id},{id},7,3,20{:02}-01-02,MMR,1,{place},N", 18 + id % 6));
        }
    }
    site.rows("organizations", &organizations.iter().map(String::as_str).collect::<Vec<_>>());
    site.rows("immunizations", &facts.iter().map(String::as_str).collect::<Vec<_>>());
}

/// What the page says, without its markup, a line for each element that says something.
fn words(page: &str) -> String {
    let body = page.split_once("<body>").unwrap().1;
    let mut text = String::new();
    for piece in body.split('<') {
        let (tag, said) = piece.split_once('>').unwrap_or(("", piece));
        let is_inline =
            ["b", "code", "/code", "small", "/small", "strong", "/strong", "wbr", "time", "/time"]
                .contains(&tag.split(' ').next().unwrap());
        if !is_inline && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(said.trim_end_matches('\n'));
    }
    text.lines().filter(|line| !line.trim().is_empty()).map(|line| format!("{line}\n")).collect()
}

/// The rows of the table of recipients: name, rows, before, change.
fn recipients(page: &str) -> Vec<String> {
    let table = page.split("<caption>Rows in each recipient").nth(1).unwrap();
    let table = table.split("<tbody>").nth(1).unwrap().split("</tbody>").next().unwrap();
    table.split("</tr>").map(|row| words(&format!("<body>{row}")).trim().replace('\n', " | ")).collect()
}

#[test]
fn the_report_of_the_tidy_export() {
    let folder = tempfile::tempdir().unwrap();
    let (export, out) = (folder.path().join("export"), folder.path().join("out"));
    // The report tells when the files were changed last, which is another time wherever they are copied to.
    std::fs::create_dir(&export).unwrap();
    for (name, bytes) in common::read_folder(&in_repository("fixtures/registry")) {
        std::fs::write(export.join(&name), bytes).unwrap();
        // Noon in Texas is the same day everywhere near it.
        let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(1_719_853_200);
        let times = FileTimes::new().set_modified(changed);
        File::open(export.join(&name)).unwrap().set_times(times).unwrap();
    }
    assert_eq!(common::run_on(&export, &out, &[]).code, 0);
    let page = std::fs::read_to_string(out.join("202407/qa/report.html")).unwrap();
    let without_style = |page: &str| {
        let (head, rest) = page.split_once("<style>").unwrap();
        format!("{head}{}", rest.split_once("</style>").unwrap().1)
    };
    insta::assert_snapshot!("report-words", words(&page));
    insta::assert_snapshot!("report-html", without_style(&page));
    for loaded in ["<script", "http:", "https:", "@import", "@font-face", "onload"] {
        assert!(!page.contains(loaded), "{loaded}");
    }
    let folder = folder.path().to_str().unwrap();
    assert!(!page.contains(folder), "no path is on the page");
}

#[test]
fn it_can_be_made_again() {
    let site = Site::new();
    run(&site, "2024-05-06");
    run(&site, "2024-07-08");
    let page = report(&site);
    let batch = site.out().join("202407");
    let again = on("report", &batch, &[]);
    assert_eq!((again.code, again.stderr.as_str()), (0, ""));
    assert!(again.stdout == page, "phds report prints what the batch holds");
    run(&site, "2024-07-08");
    assert!(report(&site) == page, "the same batch beside the same other gives the same bytes");
    // From inside the batch, too.
    let inside = common::phds().args(["report", "."]).current_dir(&batch).output().unwrap();
    assert!(inside.stdout == page.as_bytes());
    let file = site.path("report.html");
    std::fs::write(&file, "an older one, open to others").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let written = on("report", &batch, &["--out", file.to_str().unwrap()]);
    assert_eq!((written.code, written.stdout.as_str()), (0, ""));
    assert!(std::fs::read_to_string(&file).unwrap() == page);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let nowhere = site.path("nowhere/report.html");
    assert_eq!(on("report", &batch, &["--out", nowhere.to_str().unwrap()]).code, 73);
}

#[test]
fn names_are_no_markup() {
    let site = Site::new();
    give(&site, &[("<b>&\"", 1)]);
    run(&site, "2024-07-08");
    let page = report(&site);
    assert!(page.contains("&lt;b&gt;&amp;&quot;") && !page.contains("<b>"));
}

#[test]
fn recipients_are_compared_with_the_batch_before() {
    let site = Site::new();
    give(&site, &[("Even", 200), ("Grown", 100), ("Fallen", 400), ("Small", 4), ("Gone", 3)]);
    run(&site, "2024-06-10");
    give(&site, &[("even", 250), ("Grown", 126), ("Fallen", 299), ("Small", 8), ("New", 1_000)]);
    run(&site, "2024-07-08");
    let page = report(&site);
    assert_eq!(
        recipients(&page),
        [
            "New ✚ new | 1,000 | – | –",
            "Fallen ▼ large fall | 299 | 400 | −25.3%",
            "even | 250 | 200 | +25.0%",
            "Grown ▲ large rise | 126 | 100 | +26.0%",
            "Small | 8 | 4 | +100.0%",
            "Gone ✖ gone | – | 3 | –",
            "All | 1,683 | 707 | +138.0%",
            "",
        ]
    );
    let said = words(&page);
    for line in [
        "1 recipient grew by more than 25%: Grown.",
        "1 recipient fell by more than 25%: Fallen.",
        "1 recipient is new: New.",
        "1 recipient had rows before and has none now: Gone.",
        "1,683 of 1,683 immunization facts (100.0%) are shared, in 5 files with 1,683 rows. The batch before, June 2024, had 707 rows: a change of +138.0%.",
    ] {
        assert!(said.lines().any(|said| said == line), "{line}\n{said}");
    }
    assert!(said.contains("times a client has more than one dose of one CVX code on one day."), "{said}");
    assert!(!said.contains("The policy is not the one"), "{said}");
}

/// Edits a file of JSON in the site's batch of July 2024.
fn edit(site: &Site, file: &str, edit: impl FnOnce(&mut Value)) {
    let path = site.out().join("202407").join(file);
    let mut value = serde_json::from_slice(&std::fs::read(&path).unwrap_or_else(|_| b"{}".to_vec())).unwrap();
    edit(&mut value);
    std::fs::write(&path, value.to_string()).unwrap();
}

/// What the report on the site's batch of July 2024 says when it is made again.
fn said_again(site: &Site) -> String {
    let ran = on("report", &site.out().join("202407"), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    words(&ran.stdout)
}

/// Whether a text has these lines one after the other.
fn has_lines(text: &str, lines: &[&str]) -> bool {
    format!("\n{text}").contains(&format!("\n{}\n", lines.join("\n")))
}

#[test]
fn recipients_are_marked_by_the_policy() {
    let site = Site::new();
    give(&site, &[("Even", 200), ("Small", 10)]);
    run(&site, "2024-06-10");
    give(&site, &[("Even", 300), ("Small", 12)]);
    let policy = site.path("policy.toml");
    let marked = |gate: &str| {
        std::fs::write(&policy, format!("[gate]\n{gate}\n")).unwrap();
        run_with(&site, "2024-07-08", &["--policy", policy.to_str().unwrap()]);
        let page = report(&site);
        (recipients(&page)[..2].join("; "), words(&page))
    };
    let (rows, said) = marked("max_change = \"50%\"");
    assert_eq!(rows, "Even | 300 | 200 | +50.0%; Small | 12 | 10 | +20.0%");
    assert!(
        said.contains(
            "Marked are changes of more than 50% since June 2024, where there are at least 100 rows"
        )
    );
    let (rows, said) = marked("max_change = \"10%\"\nmin_rows = 5");
    assert_eq!(rows, "Even ▲ large rise | 300 | 200 | +50.0%; Small ▲ large rise | 12 | 10 | +20.0%");
    assert!(said.contains("2 recipients grew by more than 10%: Even; Small."), "{said}");
    let (rows, said) = marked("max_change = \"off\"");
    assert_eq!(rows, "Even | 300 | 200 | +50.0%; Small | 12 | 10 | +20.0%");
    assert!(said.contains("The policy has no limit for changes of rows."), "{said}");
    // Recipients that come and go are marked, unless the policy lets them.
    give(&site, &[("Even", 200), ("Small", 0), ("Late", 3)]);
    let (rows, said) = marked("");
    assert_eq!(rows, "Even | 200 | 200 | 0.0%; Late ✚ new | 3 | – | –");
    assert!(said.contains("1 recipient is new: Late.") && said.contains("none now: Small."), "{said}");
    let (rows, said) = marked("recipients_may_change = true");
    assert_eq!(rows, "Even | 200 | 200 | 0.0%; Late | 3 | – | –");
    assert!(said.contains("The policy lets recipients come and go."), "{said}");
    assert!(!said.contains("is new") && !said.contains("none now"), "{said}");
    let (_, said) = marked("recipients_may_change = true\nmax_change = \"off\"");
    assert!(said.contains("No recipient is marked: the policy has no limit"), "{said}");
}

#[test]
fn each_reason_stands_beside_the_month_before() {
    let site = Site::new();
    let facts = |before: usize, late: usize| {
        let fact = |id: usize, date: &str| format!("{id},{id},7,3,{date},MMR,1,5,N");
        let rows = (0..before).map(|id| fact(id, "2010-01-01"));
        let rows: Vec<String> = rows.chain((0..late).map(|id| fact(1000 + id, "2024-06-03"))).collect();
        site.rows("immunizations", &rows.iter().map(String::as_str).collect::<Vec<_>>());
    };
    facts(40, 60);
    run(&site, "2024-06-10");
    facts(60, 40);
    run(&site, "2024-07-08");
    let said = words(&report(&site));
    let reason = "OUTSIDE_DATE_WINDOW vaccinated outside the dates that are shared";
    assert!(has_lines(&said, &[reason, "60", "60.0%", "40", "+50.0%"]), "{said}");
    assert!(has_lines(&said, &["Shared", "40", "40.0%", "60", "−33.3%"]), "{said}");
    let moved =
        ["What moved since June 2024", "Share of the facts read, and its change in percentage points"];
    assert!(has_lines(&said, &moved), "{said}");
    assert!(has_lines(&said, &["Shared", "60.0%", "40.0%", "−20.0"]), "{said}");
    assert!(has_lines(&said, &["OUTSIDE_DATE_WINDOW", "40.0%", "60.0%", "+20.0"]), "{said}");
    // A reason that is gone stands there too.
    facts(0, 40);
    run(&site, "2024-08-12");
    let page = std::fs::read_to_string(site.out().join("202408/qa/report.html")).unwrap();
    assert!(has_lines(&words(&page), &[reason, "0", "0.0%", "60", "−100.0%"]), "{page}");
}

#[test]
fn why_a_batch_was_held_is_told() {
    let site = Site::new();
    run(&site, "2024-07-08");
    let finding = |reason: Value, message: &str| {
        let mut finding = reason;
        finding["message"] = message.into();
        finding
    };
    let nothing = finding(json!({"code": "NOTHING_SHARED"}), "no immunization fact is shared");
    let entities = json!({"code": "UNMATCHED_RECIPIENTS", "entities": ["Hays"]});
    let unmatched = finding(
        entities,
        "no organization has the responsible entity Hays, which the recipients table names",
    );
    edit(&site, "qa/gate.json", |gate| {
        *gate = json!({
            "tables": {}, "repeated_consents": 0, "unmatched_recipients": [], "look_alikes": [], "off": [],
            "found": [nothing], "told": [unmatched],
        });
    });
    let held = [
        "Held because",
        "NOTHING_SHARED: no immunization fact is shared. Look at qa/counts.csv: what are the facts left out for?",
        "Points to look at",
        "UNMATCHED_RECIPIENTS: no organization has the responsible entity &quot;Hays&quot;, which the recipients table names.",
    ];
    let said = said_again(&site);
    for line in held {
        let line = line.replace("&quot;Hays&quot;", "Hays");
        assert!(said.lines().any(|said| said == line), "{line}\n{said}");
    }
    edit(&site, "qa/release.json", |release| {
        *release = json!({
            "by": "A. Other <a@example.org>", "reason": "as we knew.", "when": "2024-07-09T14:03:00Z", "found": [nothing],
        });
    });
    let said = said_again(&site);
    let released = [
        "Released by hand",
        "Released by A. Other &lt;a@example.org&gt; on July 9, 2024, 14:03 UTC. The reason given: as we knew.",
        "It had been held because:",
        "NOTHING_SHARED: no immunization fact is shared.",
    ];
    assert!(has_lines(&said, &released), "{said}");
    assert!(!said.contains("Held because"), "{said}");
    // What it was held for is not to be passed over.
    std::fs::write(site.out().join("202407/qa/gate.json"), "{").unwrap();
    assert_eq!(on("report", &site.out().join("202407"), &[]).code, 65);
}

#[test]
fn a_batch_of_an_older_version_has_a_report() {
    let site = Site::new();
    give(&site, &[("Travis", 200)]);
    run(&site, "2024-06-10");
    give(&site, &[("Travis", 300)]);
    run(&site, "2024-07-08");
    edit(&site, "manifest.json", |manifest| manifest["tool"]["version"] = "0.2.0".into());
    edit(&site, "qa/report.json", |data| {
        let settings = data["settings"].as_object_mut().unwrap();
        settings.retain(|name, _| ["consent_rule", "disaster_period", "window"].contains(&name.as_str()));
        let tally = data["tally"].as_object_mut().unwrap();
        tally.retain(|name, _| !["people", "signs", "organizations"].contains(&name.as_str()));
    });
    std::fs::remove_file(site.out().join("202407/qa/inputs.json")).unwrap();
    let said = said_again(&site);
    for text in [
        "The batch was made by phds 0.2.0, which did not count people, doses and withdrawals, nor all signs of bad source data.",
        "1 recipient grew by more than 25%: Travis.",
    ] {
        assert!(said.contains(text), "{text}\n{said}");
    }
    for text in ["Newest file", "People who withdrew", "By organization", "Lost characters"] {
        assert!(!said.contains(text), "{text}\n{said}");
    }
}

/// What the page has as its key figures, by name.
fn key_figure(said: &str, name: &str) -> String {
    let mut lines = said.lines().skip_while(|line| *line != name);
    lines.nth(1).unwrap_or_default().to_owned()
}

#[test]
fn people_doses_and_withdrawals_are_counted() {
    let site = Site::new();
    let clients = [7, 8, 9, 10].map(|id| format!("{id},IA,Ana,Ruiz,,1990-05-05,F,,TX,Travis,78701"));
    site.rows("clients", &clients.each_ref().map(String::as_str));
    site.rows(
        "consents",
        &[
            "7,STANDARD,2015-01-01,,",
            "8,STANDARD,2015-01-01,,",
            // In the month up to July 8, after which client 9 consents again; a month and a day before; later.
            "9,STANDARD,2015-01-01,2024-06-09,WITHDRAWN",
            "9,DISASTER,2015-01-01,2024-07-08,WITHDRAWN",
            "10,STANDARD,2015-01-01,2024-06-08,WITHDRAWN",
            "10,DISASTER,2015-01-01,2024-07-09,WITHDRAWN",
        ],
    );
    // Two facts of one dose, two doses on one day, one of another client, and one that is not shared.
    let facts = [
        "1,11,7,3,2020-01-01,MMR,1,5,N",
        "1,12,7,3,2020-01-01,VAR,1,5,N",
        "2,13,7,3,2021-01-01,MMR,1,5,N",
        "3,14,7,3,2021-01-01,FLU,1,5,N",
        "4,15,8,3,2020-01-01,MMR,1,5,N",
        "5,16,10,3,2020-01-01,MMR,1,5,N",
    ];
    site.rows("immunizations", &facts);
    run(&site, "2024-07-08");
    let said = words(&report(&site));
    assert_eq!(
        ["People", "Doses", "People who withdrew"].map(|name| key_figure(&said, name)),
        ["2", "4", "1"]
    );
    let before = |said: &str| {
        said.lines().filter(|line| line.starts_with("before: ")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(before(&said).is_empty(), "{said}");
    // The next month stands beside this one; by then client 10 has withdrawn, too.
    run(&site, "2024-08-08");
    let august = site.out().join("202408");
    let ran = on("report", &august, &[]);
    let said = words(&ran.stdout);
    assert_eq!(std::fs::read_to_string(august.join("qa/report.html")).unwrap(), ran.stdout);
    assert_eq!(key_figure(&said, "People who withdrew"), "1");
    assert!(before(&said).ends_with(&["2", "4", "1"].map(|count| format!("before: {count}"))), "{said}");
    // Where that is not kept, a dash says so.
    std::fs::remove_file(site.out().join("202407/qa/report.json")).unwrap();
    let said = words(&on("report", &august, &[]).stdout);
    assert!(before(&said).ends_with(&["–"; 3].map(|dash| format!("before: {dash}"))), "{said}");
}

#[test]
fn signs_of_bad_source_data_are_told() {
    let site = Site::new();
    let mut clients = vec![
        "1,IA,Mu\u{fffd}oz,Ruiz,,1990-05-05,F,,TX,Travis,78701".to_owned(),
        "2,IA,Ana,MuÃ±oz,,1990-06-06,F,,TX,Travis,7870".to_owned(),
        "3,IA,Ana,Ruiz,,2024-07-09,F,,TX,Travis,78701".to_owned(),
    ];
    // In one organization all are born on New Year's Day, and all consents begin on one day.
    clients.extend((4..40).map(|id| format!("{id},IA,Ana,Ruiz,,{}-01-01,F,,TX,Travis,78701", 1950 + id)));
    site.rows("clients", &clients.iter().map(String::as_str).collect::<Vec<_>>());
    let consents: Vec<String> = (1..40).map(|id| format!("{id},STANDARD,2015-01-01,,")).collect();
    let more = (1..40)
        .flat_map(|id| [2016, 2017].map(|year| format!("{id},STANDARD,{year}-02-{:02},,", 1 + id % 28)));
    let consents: Vec<String> = consents.into_iter().chain(more).collect();
    site.rows("consents", &consents.iter().map(String::as_str).collect::<Vec<_>>());
    site.rows("vaccines", &["3,3,", "4,1234,", "5,08,"]);
    site.rows("organizations", &["5,Clinic,CL,Travis,,,,", "6,\"Heap, Inc.\",CL,Travis,,,,"]);
    let mut facts = vec![
        // One dose on two days running, by one organization, and then by another.
        "1,1,1,5,2020-02-28,HEPB,1,5,N".to_owned(),
        "2,2,1,5,2020-02-29,HEPB,1,5,N".to_owned(),
        "3,3,1,5,2020-03-01,HEPB,1,6,N".to_owned(),
        "4,4,2,3,2020-04-20,MMR,1,5,N".to_owned(),
        "5,5,2,4,2020-05-20,MMR,1,5,N".to_owned(),
    ];
    facts.extend((4..40).map(|id| format!("{0},{0},{id},5,2021-08-{1:02},MMR,1,6,N", 100 + id, 1 + id % 12)));
    site.rows("immunizations", &facts.iter().map(String::as_str).collect::<Vec<_>>());
    run(&site, "2024-07-08");
    let said = words(&report(&site));
    for line in [
        "1 fact has a CVX code of one digit, which may have lost its leading zero.",
        "1 fact has a CVX code of more than three characters.",
        "1 time a client has doses of one CVX code by one organization on two days running, which may be one dose entered twice.",
        "No fact is dated after the 12th in August 2021. Were day and month swapped?",
        "1 client has a text in which characters were lost (U+FFFD).",
        "1 client has a text that was read in a wrong encoding, as Ã± for ñ.",
        "1 client has a ZIP code of three or four digits, which may have lost its leading zeros.",
        "Many clients are born on the same day of the year in Heap, Inc. (6), 100.0% of 36 clients.",
        "1 client of the export is born after the as-of date.",
        "39 of 117 consents (33.3%) begin on one and the same day. Is it a placeholder?",
    ] {
        assert!(said.lines().any(|said| said == line), "{line}\n{said}");
    }
    for value in ["MuÃ±oz", "New Year", "2015", "01-01", "Ruiz"] {
        assert!(!said.contains(value), "{value}");
    }
}

#[test]
fn rows_lost_to_their_encoding_are_told() {
    let site = Site::new();
    site.file("vaccines.csv", b"VACCINE_ID,CVX_CODE,PRODUCT_CLASS\n3,03,\n4,08,Mu\xf1oz\n");
    run_with(&site, "2024-07-08", &["--max-quarantined", "100%"]);
    let said = words(&report(&site));
    let line = "1 row was lost because it holds bytes that are not the export's encoding (INVALID_UTF8).";
    assert!(said.lines().any(|said| said.replace("&#39;", "'") == line), "{said}");
    assert!(has_lines(&said, &["Table and code", "Rows", "vaccines, INVALID_UTF8", "1"]), "{said}");
}

#[test]
fn organizations_are_listed() {
    let site = Site::new();
    let organizations =
        ["5,Clinic,CL,Travis,,,,", "6,\"Ruiz, MD\",CL,,,,,", "7,Far,CL,Hays,,,,", "8,Idle,CL,Travis,,,,"];
    site.rows("organizations", &organizations);
    site.rows("recipients", &["Travis County,Travis", "Central,Travis"]);
    let fact = |id: u32, organization: &str| format!("{id},{id},7,3,2020-01-01,MMR,1,{organization},N");
    let old = "9,9,7,3,2001-01-01,MMR,1,5,N".to_owned();
    // Two facts that share their id and differ.
    let twice =
        [("30", "FLU"), ("31", "MMR")].map(|(dose, group)| format!("{dose},30,7,3,2020-01-01,{group},1,5,N"));
    let facts = [fact(1, "5"), fact(2, "6"), fact(3, "6"), fact(4, "7"), fact(5, ""), old];
    // Facts that cannot be used when they are read: of a known organization, of one that is not there, and no row at all.
    let unusable =
        ["10,10,7,3,2020-13-01,MMR,1,6,N", "11,11,7,3,2020-01-01,MMR,1,99,N", "12,12,7,3,2020-01-01,MMR,1,6"];
    let unusable = unusable.map(str::to_owned);
    let facts: Vec<&str> = facts.iter().chain(&twice).chain(&unusable).map(String::as_str).collect();
    site.rows("immunizations", &facts);
    run_with(&site, "2024-07-08", &["--max-quarantined", "100%"]);
    let list = String::from_utf8(site.batch()["qa/organizations.csv"].clone()).unwrap();
    let mut reader = csv::Reader::from_reader(list.as_bytes());
    let header = reader.headers().unwrap().clone();
    let counted: Vec<String> = reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            let cells = header.iter().zip(&row).filter(|(_, value)| *value != "0" && !value.is_empty());
            cells.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(
        counted,
        [
            "ORG_ID=5 PROVIDER_NAME=Clinic RESPONSIBLE_ENTITY=Travis RECIPIENTS=Central; Travis County FACTS=4 INCLUDED=1 \
             OUTSIDE_DATE_WINDOW=1 DUPLICATE_KEY=2",
            "ORG_ID=6 PROVIDER_NAME=Ruiz, MD FACTS=3 NO_RESPONSIBLE_ENTITY=2 INVALID_DATE=1",
            "ORG_ID=7 PROVIDER_NAME=Far RESPONSIBLE_ENTITY=Hays FACTS=1 NO_RECIPIENT=1",
            "ORG_ID=8 PROVIDER_NAME=Idle RESPONSIBLE_ENTITY=Travis RECIPIENTS=Central; Travis County",
            "FACTS=3 NO_RESPONSIBLE_ENTITY=1 MALFORMED_ROW=1 UNKNOWN_ORGANIZATION=1",
        ]
    );
    let said = words(&report(&site));
    for row in [
        &[
            "Clinic 5 Travis; shared with Central; Travis County. Not usable: DUPLICATE_KEY 2",
            "4",
            "1",
            "0",
            "2",
            "1",
            "50.0%",
        ],
        &["Ruiz, MD 6 no responsible entity. Not usable: INVALID_DATE 1", "3", "0", "2", "1", "0", "100.0%"],
        &["Far 7 Hays, whose data go to nobody", "1", "0", "1", "0", "0", "100.0%"],
        &[
            "No organization is known Not usable: MALFORMED_ROW 1, UNKNOWN_ORGANIZATION 1",
            "3",
            "0",
            "1",
            "2",
            "0",
            "100.0%",
        ],
    ] {
        assert!(has_lines(&said, row), "{row:?}\n{said}");
    }
    assert!(!said.contains("Idle"), "{said}");
}

#[test]
fn the_age_of_the_export_is_told() {
    let site = Site::new();
    let touch = |seconds: u64| {
        for entry in std::fs::read_dir(site.export()).unwrap() {
            let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            let times = FileTimes::new().set_modified(changed);
            File::open(entry.unwrap().path()).unwrap().set_times(times).unwrap();
        }
    };
    touch(1_719_853_200);
    run(&site, "2024-07-08");
    let said = words(&report(&site));
    assert_eq!(key_figure(&said, "Newest file of the export"), "Jul 1, 2024");
    assert!(said.contains("\n7 days before the as-of date, in UTC\n"), "{said}");
    let inputs = site.out().join("202407/qa/inputs.json");
    std::fs::write(&inputs, "{").unwrap();
    let again = on("report", &site.out().join("202407"), &[]);
    assert_eq!(again.code, 0);
    assert!(
        again.stderr.starts_with("phds: warning: the report does not tell how old the export is: "),
        "{}",
        again.stderr
    );
    assert!(!again.stdout.contains("Newest file"));
}

#[test]
fn a_missing_month_and_another_policy_are_told() {
    let site = Site::new();
    run(&site, "2024-04-08");
    let policy = in_repository("fixtures/policy-no-disaster.toml");
    assert_eq!(site.run(&["--policy", policy.to_str().unwrap()]).code, 0);
    let said = words(&report(&site));
    assert!(
        said.contains("The batch before is of April 2024: there is none of the months between."),
        "{said}"
    );
    assert!(said.contains("The policy is not the one of April 2024: changes may come from it."), "{said}");
}

#[test]
fn a_damaged_batch_before_is_told() {
    let site = Site::new();
    run(&site, "2024-06-10");
    std::fs::write(site.out().join("202406/manifest.json"), "{\n  \"as_of\": 7\n}").unwrap();
    let ran = site.run(&[]);
    assert_eq!(ran.code, 77);
    let said = ran.stderr.replace(site.out().to_str().unwrap(), "OUT");
    let warning = "phds: warning: the report compares with no batch before: \
        OUT/202406/manifest.json, line 2, column 12: not as phds writes it\n";
    assert!(said.contains(warning), "{said}");
    assert!(said.contains("  BATCH_BEFORE_UNREADABLE: the batch of 202406 cannot be read"), "{said}");
    assert_eq!(phds_with(&["release", site.out().to_str().unwrap(), "202407"]).code, 0);
    let page = report(&site);
    assert!(page.contains("The batch before, June 2024 (202406), can&#39;t be read"));
    let again = on("report", &site.out().join("202407"), &[]);
    assert_eq!(
        (again.code, again.stderr.replace(site.out().to_str().unwrap(), "OUT").as_str()),
        (0, warning)
    );
    assert!(again.stdout == page);
}

#[test]
fn an_empty_batch_has_a_report() {
    let site = Site::empty();
    run(&site, "2024-06-10");
    run(&site, "2024-07-08");
    let said = words(&report(&site));
    assert!(said.contains("No recipient has any row."), "{said}");
    assert!(said.contains("Nothing stands out."), "{said}");
}

#[test]
fn a_long_window_is_shown_year_by_year() {
    let site = Site::new();
    let policy = site.path("policy.toml");
    std::fs::write(&policy, "[window]\nfirst_day = 1900-01-01\nlast_day = 9999-12-31\n").unwrap();
    let facts = ["1,11,7,3,1992-01-01,MMR,1,5,N", "2,12,7,3,2024-01-15,MMR,1,5,N"];
    site.rows("immunizations", &facts);
    let ran = site.run(&["--policy", policy.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let said = words(&report(&site));
    assert!(said.contains("A column for each year from Jan 1992 to Jan 2024."), "{said}");
    assert!(said.contains("\n1992\n1\n1993\n0\n"), "{said}");
}

#[test]
fn cvx_codes_are_looked_up() {
    let site = Site::new();
    site.rows("vaccines", &["3,03,", "4,999,", "6,,"]);
    site.rows(
        "immunizations",
        &["1,11,7,3,2020-01-02,MMR,1,5,N", "2,12,7,4,2020-01-03,MMR,1,5,N", "3,13,7,6,2020-01-04,MMR,1,5,N"],
    );
    run(&site, "2024-07-08");
    let set = site.path("cvx.csv");
    let with = |text: Option<&str>| {
        if let Some(text) = text {
            std::fs::write(&set, text).unwrap();
        }
        let ran = on("report", &site.out().join("202407"), &["--cvx", set.to_str().unwrap()]);
        (ran.code, ran.stdout, ran.stderr.replace(set.to_str().unwrap(), "cvx.csv"))
    };
    let (code, _, message) = with(None);
    assert_eq!(code, 66);
    insta::assert_snapshot!("cvx-missing", message);
    let (code, page, _) = with(Some("ShortDescription,CVX Code ,Status\nMMR, 03,Active\n"));
    assert_eq!(code, 0);
    let said = words(&page);
    assert!(said.contains("1 CVX code is not in CDC&#39;s code set, in 1 fact."), "{said}");
    assert!(said.contains("\nCVX code\nFacts\n999\n1\n"), "{said}");
    let (code, page, _) = with(Some("cvxcode\n03\n999\n"));
    assert!(code == 0 && words(&page).contains("2 CVX codes are in it, none is unknown."));
    let (code, _, message) = with(Some("CVX,Name\n03,MMR\n"));
    assert_eq!(code, 65);
    insta::assert_snapshot!("cvx-no-column", message);
}

#[test]
fn what_is_no_batch_is_told() {
    let site = Site::new();
    run(&site, "2024-07-08");
    let told = |command: &str, place: &Path| {
        let ran = on(command, place, &[]);
        assert_eq!(ran.stdout, "");
        (ran.code, ran.stderr.replace(site.path("").to_str().unwrap(), ""))
    };
    let batch = site.out().join("202407");
    let mut messages = String::new();
    let mut check = |command: &str, place: &Path, code: i32| {
        let (ended, message) = told(command, place);
        assert_eq!(ended, code, "{message}");
        messages.push_str(&message);
    };
    check("report", &site.path("nowhere"), 66);
    check("report", &site.out(), 66);
    check("history", &site.path("nowhere"), 66);
    std::fs::write(batch.join("qa/report.json"), "{").unwrap();
    check("report", &batch, 65);
    std::fs::remove_file(batch.join("qa/report.json")).unwrap();
    check("report", &batch, 66);
    std::fs::write(batch.join("manifest.json"), "{\n\"batch\": \"SECRET\"}").unwrap();
    check("report", &batch, 65);
    check("history", &site.out(), 65);
    insta::assert_snapshot!("no-batch", messages);
}

#[test]
fn the_history_of_batches() {
    let site = Site::new();
    std::fs::create_dir(site.out()).unwrap();
    let none = on("history", &site.out(), &[]);
    assert_eq!((none.code, none.stdout), (0, format!("No batches in {}\n", site.out().display())));
    assert_eq!(on("history", &site.out(), &["--json"]).stdout, "[]\n");
    give(&site, &[("Travis", 1_200), ("Hays", 3)]);
    run(&site, "2024-05-06");
    give(&site, &[("Travis", 1_000)]);
    run(&site, "2024-06-10");
    give(&site, &[("Travis", 1_001)]);
    let policy = in_repository("fixtures/policy-no-disaster.toml");
    run_with(&site, "2024-07-08", &["--policy", policy.to_str().unwrap()]);
    std::fs::create_dir(site.out().join("202408")).unwrap();
    let shown = on("history", &site.out(), &[]);
    assert_eq!((shown.code, shown.stderr.as_str()), (0, ""));
    insta::assert_snapshot!("history", shown.stdout);
    insta::assert_snapshot!("history-json", on("history", &site.out(), &["--json"]).stdout);
}
