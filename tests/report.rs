//! The report on a batch, and the history of batches.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{GATES_OFF, Ran, Site, in_repository, phds_with};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

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
        assert_eq!(phds_with(&["release", out, &month]).code, 0);
    } else {
        // These exports are old, and whoever makes the first batch by hand is told so.
        let is_told = |line: &&str| line.starts_with("phds: warning: NO_RECENT_VACCINATION: ");
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
    let out = folder.path().join("out");
    assert_eq!(common::run_on(&in_repository("fixtures/registry"), &out, &[]).code, 0);
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
    give(&site, &[("even", 210), ("Grown", 125), ("Fallen", 300), ("Small", 8), ("New", 1_000)]);
    run(&site, "2024-07-08");
    let page = report(&site);
    assert_eq!(
        recipients(&page),
        [
            "New ✚ new | 1,000 | – | –",
            "Fallen ▼ large fall | 300 | 400 | −25.0%",
            "even | 210 | 200 | +5.0%",
            "Grown ▲ large rise | 125 | 100 | +25.0%",
            "Small | 8 | 4 | +100.0%",
            "Gone ✖ gone | – | 3 | –",
            "All | 1,643 | 707 | +132.4%",
            "",
        ]
    );
    let said = words(&page);
    for line in [
        "1 recipient grew by 25% or more: Grown.",
        "1 recipient fell by 25% or more: Fallen.",
        "1 recipient is new: New.",
        "1 recipient had rows before and has none now: Gone.",
        "1,643 of 1,643 immunization facts (100.0%) are shared, in 5 files with 1,643 rows. The batch before, June 2024, had 707 rows: a change of +132.4%.",
    ] {
        assert!(said.lines().any(|said| said == line), "{line}\n{said}");
    }
    assert!(said.contains("times a client has more than one dose of one CVX code on one day."), "{said}");
    assert!(!said.contains("The policy is not the one"), "{said}");
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
    assert_eq!(ran.code, 65);
    let said = ran.stderr.replace(site.out().to_str().unwrap(), "OUT");
    let warning = "phds: warning: the report compares with no batch before: \
        OUT/202406/manifest.json, line 2, column 12: not as phds writes it\n";
    assert!(said.starts_with(warning), "{said}");
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
