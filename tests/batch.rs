//! The batches of the shipped exports, and how a batch lies in its place.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Site, delivered, in_repository, manifest, read_folder, run_gated_on};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The batch of a shipped export, in a place of its own.
fn batch_of(
    fixture: &str,
    arguments: &[&str],
) -> (tempfile::TempDir, BTreeMap<String, Vec<u8>>, common::Ran) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let ran = run_gated_on(Path::new(&format!("fixtures/{fixture}")), &out, arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let batch = read_folder(&out.join("202407"));
    (folder, batch, ran)
}

/// Every file as a snapshot. Snapshots forget blank ends of files; the checksums among them do not.
fn snapshot(name: &str, batch: &BTreeMap<String, Vec<u8>>) {
    // The report is in a snapshot of its own, in tests/report.rs. It and the inputs tell when their files were changed,
    // which is another time wherever these files are copied to.
    let is_shown = |path: &str| {
        // What is in packages is in tests/packages.rs.
        !path.starts_with("data_dictionary")
            && !path.starts_with("recipients/")
            && path != "qa/report.html"
            && path != "qa/inputs.json"
    };
    for (path, bytes) in batch.iter().filter(|(path, _)| is_shown(path)) {
        let text: String = std::str::from_utf8(bytes)
            .unwrap()
            .lines()
            .filter(|line| !line.ends_with("  inputs.json") && !line.ends_with("  report.html"))
            .flat_map(|line| [line, "\n"])
            .collect();
        insta::assert_snapshot!(format!("{name}-{}", path.replace('/', "-")), text);
    }
}

fn summary_of(ran: &common::Ran, folder: &tempfile::TempDir) -> String {
    ran.stdout.replace(folder.path().to_str().unwrap(), "FOLDER")
}

#[test]
fn the_tidy_export() {
    let (folder, batch, ran) = batch_of("registry", &[]);
    snapshot("registry", &batch);
    let closed = "phds: warning: consents: 1 client(s) closed, of whose facts nothing is shared, because a row of \
        theirs could not be read\n";
    assert_eq!(ran.stderr, closed);
    insta::assert_snapshot!("registry-summary", summary_of(&ran, &folder));
}

#[test]
fn the_dirty_export() {
    let (_, batch, ran) = batch_of(
        "registry-dirty",
        // Two of its consents are equal.
        &["--max-quarantined", "100%", "--gate-off", "repeated_consents"],
    );
    snapshot("dirty", &batch);
    insta::assert_snapshot!("dirty-warnings", ran.stderr);
    let list = std::str::from_utf8(&batch["qa/quarantine.csv"]).unwrap();
    for code in phds::registry::Code::ALL {
        assert!(list.contains(code.name()), "{code} does not occur");
    }
}

#[test]
fn the_tidy_export_under_another_policy() {
    let policy = in_repository("fixtures/policy-no-disaster.toml");
    let (folder, other, ran) = batch_of("registry", &["--policy", policy.to_str().unwrap()]);
    insta::assert_snapshot!("no-disaster-summary", summary_of(&ran, &folder));
    let (_, tidy, _) = batch_of("registry", &[]);
    for outcome in phds::filter::Outcome::ALL.into_iter().skip(1) {
        let occurs =
            [&tidy, &other].iter().any(|b| manifest(b)["facts"]["excluded"][outcome.name()].is_u64());
        assert!(occurs, "{outcome} does not occur");
    }
}

#[test]
fn the_checksums_are_those_of_sha256sum() {
    let (folder, batch, _) = batch_of("registry", &[]);
    let sums = std::str::from_utf8(&batch["SHA256SUMS"]).unwrap();
    let mut covered: Vec<&str> = sums.lines().map(|line| &line[66..]).collect();
    covered.push("SHA256SUMS");
    covered.sort_unstable();
    let all: Vec<&str> = batch.keys().map(String::as_str).filter(|name| !name.starts_with("qa/")).collect();
    assert_eq!(covered, all);
    let mut check = std::process::Command::new("sha256sum");
    check.args(["-c", "--quiet", "SHA256SUMS"]).current_dir(folder.path().join("out/202407"));
    assert!(check.status().unwrap().success());
}

#[test]
fn the_dictionary_is_the_one_at_the_top() {
    let top = std::fs::read_to_string(in_repository("data_dictionary.md")).unwrap();
    let printed = common::phds_with(&["dictionary"]).stdout;
    assert!(printed == top, "data_dictionary.md differs: cargo run -- dictionary > data_dictionary.md");
    let (_, batch, _) = batch_of("registry", &[]);
    assert_eq!(batch["data_dictionary.md"], printed.as_bytes());
    // What those need to know who open it with Power BI, or have Windows.
    for words in ["**Power BI**", "file origin 65001", "`Get-FileHash FILE`", "`certutil -hashfile FILE"] {
        assert!(printed.contains(words), "{words}");
    }
    let csv = common::phds_with(&["dictionary", "--format", "csv"]).stdout;
    assert_eq!(batch["data_dictionary.csv"], csv.as_bytes());
    insta::assert_snapshot!("dictionary-csv", csv);
}

#[test]
fn the_manifest_names_the_policy_by_its_text() {
    let (_, batch, _) = batch_of("registry", &[]);
    let hash = |text: &[u8]| {
        use sha2::Digest;
        sha2::Sha256::digest(text).iter().map(|b| format!("{b:02x}")).collect::<String>()
    };
    let shown = common::phds_with(&["policy", "show"]).stdout;
    assert_eq!(manifest(&batch)["policy"]["sha256"], hash(shown.as_bytes()));
    let policy = in_repository("fixtures/policy-no-disaster.toml");
    let (_, batch, _) = batch_of("registry", &["--policy", policy.to_str().unwrap()]);
    assert_eq!(manifest(&batch)["policy"]["sha256"], hash(&std::fs::read(policy).unwrap()));
}

#[test]
fn a_policy_can_rename_columns_and_end_lines_otherwise() {
    let site = Site::new();
    let policy = site.path("policy.toml");
    let text = "[header]\nIMMUNFACT_ID = \"IMMUN_FACT_ID\"\nSTATE_CODE = \"STATE, CODE\"\n[file]\nline_ending = \"crlf\"\n";
    std::fs::write(&policy, text).unwrap();
    assert_eq!(site.run(&["--policy", policy.to_str().unwrap()]).code, 0);
    let batch = site.batch();
    let file = std::str::from_utf8(&batch["PHDS_Travis_202407.csv"]).unwrap();
    assert!(file.contains(",IMMUN_FACT_ID,") && file.contains(",\"STATE, CODE\","), "{file}");
    assert_eq!(file.matches("\r\n").count(), 2);
    assert!(file.ends_with("\r\n"));
    let dictionary = std::str::from_utf8(&batch["data_dictionary.md"]).unwrap();
    assert!(dictionary.contains("`IMMUN_FACT_ID`") && !dictionary.contains("`IMMUNFACT_ID`"));
    assert!(std::str::from_utf8(&batch["data_dictionary.csv"]).unwrap().contains(",IMMUN_FACT_ID,"));
}

#[test]
fn only_the_owner_may_read() {
    let (folder, batch, _) = batch_of("registry", &[]);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let out = folder.path().join("out");
    for (path, expect) in [(out.clone(), 0o700), (out.join("202407"), 0o700), (out.join("202407/qa"), 0o700)]
    {
        assert_eq!(mode(&path), expect, "{}", path.display());
    }
    for name in batch.keys() {
        assert_eq!(mode(&out.join("202407").join(name)), 0o600, "{name}");
    }
}

#[test]
fn a_batch_that_is_there_is_replaced_whole() {
    let site = Site::new();
    assert_eq!(site.run(&[]).code, 0);
    let first = site.batch();
    assert_eq!(site.run(&[]).code, 0);
    assert_eq!(site.batch(), first, "the same export gives the same bytes");
    std::fs::write(site.out().join("202407/stray.txt"), "left from something else").unwrap();
    site.rows("organizations", &["5,Clinic,CL,Hays,,,,"]);
    assert_eq!(site.run(&[]).code, 0);
    let names: Vec<_> = site
        .batch()
        .into_keys()
        .filter(|name| name.ends_with("_202407.csv") || name == "stray.txt")
        .collect();
    assert_eq!(names, ["PHDS_Hays_202407.csv", "recipients/Hays/PHDS_Hays_202407.csv"]);
    assert_eq!(site.left_in_out(), ["202407"]);
    // A run that stops leaves the batch as it was.
    let before = site.batch();
    site.file("vaccines.csv", b"VACCINE_ID\n");
    assert_eq!(site.run(&[]).code, 65);
    assert_eq!(site.batch(), before);
    assert_eq!(site.left_in_out(), ["202407"]);
}

#[test]
fn leftovers_of_dead_runs_are_cleared_away() {
    let site = Site::new();
    std::fs::create_dir_all(site.out().join(".phds-deadDEAD12345678/batch/qa")).unwrap();
    std::fs::write(site.out().join(".phds-deadDEAD12345678/batch/PHDS_X_202407.csv"), "CLIENT_ID\n").unwrap();
    // Not of the form that a run's own folders have.
    std::fs::create_dir(site.out().join(".phds-mine")).unwrap();
    std::fs::create_dir(site.path("elsewhere")).unwrap();
    std::fs::write(site.path("elsewhere/file"), "").unwrap();
    std::os::unix::fs::symlink(site.path("elsewhere"), site.out().join(".phds-linkLINK12345678")).unwrap();
    assert_eq!(site.run(&[]).code, 0);
    assert_eq!(site.left_in_out(), [".phds-mine", "202407"]);
    assert!(site.path("elsewhere/file").exists(), "links are removed, not followed");
}

#[test]
fn an_export_may_come_compressed_and_in_any_csv() {
    let plain = Site::new();
    plain.rows("clients", &["7,IA,Renée,\"García, Jr.\",,1990-05-05,F,,TX,Travis,00501"]);
    assert_eq!(plain.run(&[]).code, 0);
    let expect = delivered(plain.batch());
    let client = |site: &Site, bytes: &[u8], arguments: &[&str]| {
        site.file("clients.csv", bytes);
        let ran = site.run(arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(delivered(site.batch()), expect);
    };
    let text = std::fs::read_to_string(plain.export().join("clients.csv")).unwrap();
    let windows: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    client(&plain, &windows, &["--encoding", "windows-1252"]);
    // A byte order mark says UTF-8, whatever the command line says.
    client(&plain, format!("\u{feff}{text}").as_bytes(), &["--encoding", "windows-1252"]);
    client(&plain, format!("\u{feff}{text}").as_bytes(), &[]);
    client(&plain, text.replace('\n', "\r\n").as_bytes(), &[]);
    let with = |delimiter: u8| {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        reader.records().for_each(|record| writer.write_record(&record.unwrap()).unwrap());
        writer.into_inner().unwrap()
    };
    client(&plain, &with(b'|'), &[]);
    client(&plain, &with(b'\t'), &[]);
    let extra = "ZIP_CODE,client_county ,\"STATE_CODE\",note,,RACE_AND_ETHNICITY,Sex_Code,BIRTH_DATE,MIDDLE_NAME,LAST_NAME,FIRST_NAME,CLIENT_TYPE,CLIENT_ID,,\n\
        00501,Travis,TX,x,y,,F,1990-05-05 00:00:00.000,,\"García, Jr.\",Renée,ia,007.0,z,";
    client(&plain, extra.as_bytes(), &[]);

    plain.remove("clients.csv");
    plain.file("clients.csv.zst", &zstd::encode_all(text.as_bytes(), 1).unwrap());
    let facts = std::fs::read(plain.export().join("immunizations.csv")).unwrap();
    plain.remove("immunizations.csv");
    let mut gz = Vec::new();
    // Two members, as `cat a.gz b.gz` makes them.
    for half in [&facts[..100], &facts[100..]] {
        std::io::copy(&mut flate2::read::GzEncoder::new(half, flate2::Compression::fast()), &mut gz).unwrap();
    }
    plain.file("immunizations.csv.gz", &gz);
    let ran = plain.run(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(delivered(plain.batch()), expect);
}

#[test]
fn an_export_of_empty_tables_makes_a_batch_without_recipients() {
    let site = Site::empty();
    let ran = site.run(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let batch = site.batch();
    let names: Vec<_> = batch.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "SHA256SUMS",
            "data_dictionary.csv",
            "data_dictionary.md",
            "manifest.json",
            "qa/SHA256SUMS",
            "qa/counts.csv",
            "qa/gate.json",
            "qa/inputs.json",
            "qa/organizations.csv",
            "qa/quarantine.csv",
            "qa/report.html",
            "qa/report.json"
        ]
    );
    assert!(ran.stdout.contains("no recipient has any row"));
}

/// A client of so many facts is parted among threads; what is counted once for a client, and from one day to the next, is
/// counted as if it were not.
#[test]
fn what_is_counted_does_not_depend_on_the_threads() {
    let site = Site::new();
    site.rows("clients", &["7,IA,Mu\u{c3}\u{b1}oz,R\u{fffd}z,,1990-05-05,F,,TX,Travis,1234"]);
    let of_month = |year, month| (1..=31).filter_map(move |day| phds::value::Day::new(year, month, day));
    let of_year = |year| (1..=12).flat_map(move |month| of_month(year, month));
    let days: Vec<String> = (2018..2022).flat_map(of_year).map(|day| day.to_string()).collect();
    let facts: Vec<String> =
        (0..140_000).map(|id| format!("{id},{id},7,3,{},MMR,1,5,N", days[id / 100])).collect();
    site.rows("immunizations", &facts.iter().map(String::as_str).collect::<Vec<_>>());
    let counted = |threads: &str| {
        let ran = site.run(&["--threads", threads, "--quiet"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        serde_json::from_slice::<serde_json::Value>(&site.batch()["qa/report.json"]).unwrap()
    };
    let alone = counted("1");
    let signs = &alone["tally"]["signs"];
    assert_eq!((&signs["short_zip_codes"], &signs["next_day_again"]), (&1.into(), &139_900.into()));
    assert_eq!((&signs["lost_characters"], &signs["encoded_twice"]), (&1.into(), &1.into()));
    for threads in ["2", "3", "8"] {
        assert_eq!(counted(threads), alone, "{threads}");
    }
}
