//! `phds check`: every deviation of an export at once, by table, column, code and shape, and never a value.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Ran, Site, header, phds_with, text};

/// `phds check` on the export as of 2024-07-08.
fn check(site: &Site, arguments: &[&str]) -> Ran {
    let export = site.export();
    phds_with(&[&["check", text(&export), "--as-of", "2024-07-08"], arguments].concat())
}

/// Adds rows to a table of a good export, and checks that `check` names them and ends as `run` does.
fn names(table: &str, rows: &[&str], expect: &str) {
    let site = Site::new();
    let name = format!("{table}.csv");
    let mut bytes = std::fs::read(site.export().join(&name)).unwrap_or_default();
    if bytes.is_empty() {
        bytes = format!("{}\n", header(table)).into_bytes();
    }
    rows.iter().for_each(|row| bytes.extend(format!("{row}\n").into_bytes()));
    site.file(&name, &bytes);
    let ran = check(&site, &[]);
    assert!(ran.stdout.contains(&format!("  {expect}")), "{rows:?}: {}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.code, site.run(&[]).code, "{rows:?}: {}", ran.stderr);
    assert!(ran.stdout.contains(&format!("\n{table}: ")), "{}", ran.stdout);
}

fn fact(date: &str) -> String {
    format!("2,12,7,3,{date},MMR,1,5,N")
}

#[test]
fn shapes_of_dates() {
    let of_date = |value: &str, shape: &str| {
        names(
            "immunizations",
            &[&fact(value)],
            &format!(
                "VACCINATION_DATE, INVALID_DATE: 1 row(s), line 3: {shape}; expected: a day as YYYY-MM-DD, from 1880 to 9999"
            ),
        );
    };
    of_date("2/17/2022 9:50", "M/D/YYYY");
    of_date("06/01/2024", "M/D/YYYY");
    of_date("00/00/0000", "M/D/YYYY");
    of_date("6/1/24", "M/D/YY");
    of_date("2024/06/01", "YYYY/M/D");
    of_date("01-JUN-24", "DD-MON-YY");
    of_date("31-OCT-2023", "DD-MON-YY");
    of_date("01JUN2024", "DD-MON-YY");
    of_date("\"Dec 8, 2022\"", "Month D, YYYY");
    of_date("20240601", "YYYYMMDD");
    of_date("1717200000", "seconds since 1970");
    of_date("1717200000000", "milliseconds since 1970");
    of_date("2460462.5", "a Julian day number");
    of_date("19875", "a day number, as R (days since 1970) and spreadsheets have it");
    of_date("2024-02-30", "YYYY-MM-DD, but no day from 1880 to 9999");
    of_date("NULL", "a word for nothing, NULL");
    of_date("", "blank");
}

#[test]
fn shapes_of_other_values() {
    names(
        "consents",
        &["7,STANDARD,2016-01-01,NULL,NULL", "7,STANDARD,2016-01-01,2017-01-01,NULL"],
        "END_DATE, INVALID_DATE: 1 row(s), line 3: a word for nothing, NULL",
    );
    names(
        "consents",
        &["7,STANDARD,2016-01-01,2017-01-01,NULL"],
        "END_REASON, INVALID_VALUE: 1 row(s), line 3: a word for nothing, NULL; expected: WITHDRAWN or EXPIRED",
    );
    names(
        "consents",
        &["7,STANDARD,2016-01-01,,WITHDRAWN"],
        "END_DATE, INVALID_VALUE: 1 row(s), line 3: blank, beside the reason WITHDRAWN",
    );
    names(
        "immunizations",
        &["1.0E+15,12,7,3,2020-01-01,MMR,1,5,N", "2,1.2316E+18,7,3,2020-01-01,MMR,1,5,N"],
        "IMMUNFACT_ID, INVALID_ID: 1 row(s), line 4: scientific notation",
    );
    names(
        "organizations",
        &["\"1,234\",,,,,,,"],
        "ORG_ID, INVALID_ID: 1 row(s), line 3: a number with thousands",
    );
    names("vaccines", &["'4,03,"], "VACCINE_ID, INVALID_ID: 1 row(s), line 3: quotes, an apostrophe or =");
    names(
        "vaccines",
        &["4,03,DRUG"],
        "PRODUCT_CLASS, INVALID_VALUE: 1 row(s), line 3: letters; expected: VACCINE or ",
    );
}

#[test]
fn shapes_of_rows() {
    for table in ["clients", "immunizations", "vaccines", "organizations", "consents"] {
        let column = header(table).split(',').next().unwrap();
        names(table, &[header(table)], &format!("{column}, INVALID_ID: 1 row(s), line 3: the header again"));
        let marked = format!("\u{feff}{}", header(table));
        names(table, &[&marked], &format!("{column}, INVALID_ID: 1 row(s), line 3: the header again"));
        let blank = ",".repeat(header(table).matches(',').count());
        let expect = format!("{column}, INVALID_ID: 1 row(s), line 3: a line of nothing but delimiters");
        names(table, &[&blank], &expect);
    }
    names("clients", &["8,IA,Ana"], "MALFORMED_ROW: 1 row(s), line 3: fewer fields than the header");
    names("vaccines", &["8,,,x"], "MALFORMED_ROW: 1 row(s), line 3: more fields than the header");
    names(
        "clients",
        &["8,IA,Ana,\"O\\\"Brien, Jr.\",,1990-05-05,F,,TX,Travis,78701"],
        "MALFORMED_ROW: 1 row(s), line 3: a backslash",
    );
    names("control", &["clients,1.0"], "ROW_COUNT, INVALID_VALUE: 1 row(s), line 2: a decimal number");
}

#[test]
fn a_header_among_the_rows_is_warned_about() {
    let site = Site::new();
    let rows: Vec<String> = (0..200).map(|n| format!("{},03,", n + 3)).collect();
    let mut rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    rows.insert(100, header("vaccines"));
    site.rows("vaccines", &rows);
    let ran = site.run(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("vaccines: the header again on line 102, 1 time(s) in all"),
        "{}",
        ran.stderr
    );
    let expect = "  VACCINE_ID, INVALID_ID: 1 row(s), line 102: the header again (two exports in one file, or a header on every page?)\n";
    let told = check(&site, &[]).stdout;
    assert!(told.contains(expect) && told.matches("header again").count() == 1, "{told}");
    // In consents such a row stops the run, and the message says what it is.
    site.rows("consents", &["7,STANDARD,2015-01-01,,", header("consents")]);
    let ran = site.run(&[]);
    assert_eq!(ran.code, 65);
    assert!(ran.stderr.contains("\n  found there: the header again"), "{}", ran.stderr);
}

#[test]
fn signs_in_rows_that_can_be_used() {
    let client = |last: &str, zip: &str| format!("8,IA,Ana,{last},,1990-05-05,F,,TX,Travis,{zip}");
    let sign = |last: &str, expect: &str| {
        names("clients", &[&client(last, "78701")], &format!("LAST_NAME: 1 row(s), line 3: {expect}"));
    };
    sign("O\\'Brien", "a backslash before a quote or apostrophe: backslash escapes?");
    sign("\"O\\\"Brien\"", "a backslash before a quote or apostrophe: backslash escapes?");
    sign("NULL", "a word for nothing, NULL, taken as text");
    sign("Pe\u{c3}\u{b1}a", "text that was decoded wrongly once");
    names("clients", &[&client("Ruiz", "501")], "ZIP_CODE: 1 row(s), line 3: 3 or 4 digits");
    names("vaccines", &["4,33332032102,"], "CVX_CODE: 1 row(s), line 3: more than 3 digits");
}

#[test]
fn bytes_of_windows_1252() {
    let site = Site::new();
    let mut rows = header("clients").as_bytes().to_vec();
    rows.extend(b"\n7,IA,Ana,Mu\xf1oz,,1990-05-05,F,,TX,Travis,78701\n");
    site.file("clients.csv", &rows);
    let ran = check(&site, &[]);
    assert!(
        ran.stdout.contains("  LAST_NAME, INVALID_UTF8: 1 row(s), line 2: bytes that fit windows-1252"),
        "{}",
        ran.stdout
    );
    assert!(ran.stderr.contains("give --encoding windows-1252"), "{}", ran.stderr);
    assert_eq!(ran.code, 65);
    assert_eq!(check(&site, &["--encoding", "windows-1252"]).code, 0);
}

#[test]
fn many_rows_are_counted_and_the_first_named() {
    let site = Site::new();
    let rows: Vec<String> = (0..200).map(|n| format!("{n},{n},7,3,06/01/2024,MMR,1,5,N")).collect();
    site.rows("immunizations", &rows.iter().map(String::as_str).collect::<Vec<_>>());
    let expect = "VACCINATION_DATE, INVALID_DATE: 200 row(s), lines 2, 3, 4, …: M/D/YYYY";
    assert!(check(&site, &[]).stdout.contains(expect));
    let ran = site.run(&[]);
    let expect = "TOO_MANY_QUARANTINED: 200 of 200 rows can't be used, more than the limit of 1%\n  VACCINATION_DATE, INVALID_DATE: 200 row(s) look like this: M/D/YYYY; expected: a day as YYYY-MM-DD, from 1880 to 9999";
    assert!(ran.stderr.contains(expect), "{}", ran.stderr);
}

#[test]
fn files_that_are_something_else() {
    let gzip = |bytes: &[u8]| {
        use std::io::Write;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let is = |name: &str, bytes: &[u8], expect: &str| {
        let site = Site::new();
        site.remove("clients.csv");
        site.file(name, bytes);
        let ran = check(&site, &[]);
        assert_eq!((ran.code, site.run(&[]).code), (65, 65));
        assert!(
            ran.stdout.contains(&format!("clients: not read\n  {}", site.export().display())),
            "{}",
            ran.stdout
        );
        assert!(ran.stdout.contains(expect) && ran.stderr.contains(expect), "{}{}", ran.stdout, ran.stderr);
    };
    is(
        "clients.csv",
        b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n",
        "NOT_CSV: this is a web page (HTML)",
    );
    is("clients.csv", b"PK\x03\x04\x14\0\x06\0xl/", "NOT_CSV: this is a spreadsheet");
    is("clients.csv", &gzip(b"CLIENT_ID\n"), "NOT_CSV: this is compressed data (gzip)");
    is("clients.csv.gz", &gzip(&gzip(b"CLIENT_ID\n")), "NOT_CSV: this is compressed data (gzip)");
    is("clients.csv", b"C\0L\0I\0E\0N\0T\0_\0I\0D\0\n\0", "NOT_CSV: this is UTF-16 text");
    is("clients.csv", b"\xff\xfeC\0L\0", "UTF16");
}

#[test]
fn columns_that_are_missing_or_unknown() {
    let site = Site::new();
    let renamed = header("clients").replace("CLIENT_ID", "CLIENT\u{a0}ID").replace("ZIP_CODE", "POSTAL");
    site.file("clients.csv", format!("{renamed}\n").as_bytes());
    site.file("vaccines.csv", format!("{},NOTES,\n3,03,,,\n", header("vaccines")).as_bytes());
    site.remove("organizations.csv");
    site.file("Organisations.csv", b"ORG_ID\n");
    site.file("consents.csv", b"7,STANDARD,2015-01-01,,\n");
    let ran = check(&site, &[]);
    for expect in [
        "column CLIENT_ID: MISSING_COLUMN: the column is missing",
        "missing too: ZIP_CODE",
        "column 1 is called \"CLIENT ID\": is it CLIENT_ID?",
        "column 4, NOTES: not part of the layout, ignored",
        "column 5: not part of the layout, ignored",
        "the table organizations is missing",
        "Organisations.csv: not part of an export: is it the table organizations?",
        "the line names none of the table's columns",
    ] {
        assert!(ran.stdout.contains(expect), "{expect}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("secrets") && !ran.stdout.contains("2015"), "{}", ran.stdout);
    assert_eq!((ran.code, site.run(&[]).code), (66, 66), "{}", ran.stderr);
}

/// A header that lost its line end has a row of a person among its names.
#[test]
fn a_header_that_has_swallowed_a_row_shows_none_of_it() {
    for run in ["check", "run"] {
        let site = Site::new();
        let row = "9,IA,Zenobia,Quill,,1990-05-05,F,Purple,TX,Travis,78701";
        site.file("clients.csv", format!("{},{row}\n", header("clients")).as_bytes());
        let ran = if run == "check" { check(&site, &["--json"]) } else { site.run(&[]) };
        let told = format!("{}{}", ran.stdout, ran.stderr);
        for value in ["Zenobia", "Quill", "Purple", "IA,", "\"F\""] {
            assert!(!told.contains(value), "{run} {value}: {told}");
        }
        assert!(run == "run" || told.contains("\"place\": 14"), "{told}");
    }
}

#[test]
fn what_control_says() {
    let site = Site::new();
    site.rows("control", &["clients,2", "providers,1", "vaccines,1"]);
    let ran = check(&site, &[]);
    assert!(
        ran.stdout.contains("ROW_COUNT_DIFFERS: the table clients should have 2 rows and has 1"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("line 3, column TABLE_NAME: TABLE_NOT_THERE"), "{}", ran.stdout);
    assert_eq!(ran.code, 65);
}

#[test]
fn whether_it_would_be_held() {
    let site = Site::new();
    let alone = check(&site, &[]);
    assert_eq!(alone.code, 0, "{}", alone.stderr);
    assert!(alone.stdout.contains("1 fact(s) would be shared with 1 recipient(s)"), "{}", alone.stdout);
    let gates = "max_change, recipients_may_change, same_export, same_consents, max_excluded_change, max_blank_change";
    assert!(
        alone.stdout.contains(&format!("not judged, because without --out there is no batch before to compare with: {gates}\nphds run would publish")),
        "{}",
        alone.stdout
    );
    // A place that is not there, or has no batch before, is nothing to compare with either.
    let out = site.out();
    for is_there in [false, true] {
        if is_there {
            std::fs::create_dir(&out).unwrap();
        }
        let ran = check(&site, &["--out", text(&out)]);
        assert!(ran.stdout.contains(&format!("to compare with: {gates}\n")), "{}", ran.stdout);
        assert_eq!(ran.stderr.contains("is not there: was it mistyped?"), !is_there, "{}", ran.stderr);
    }
    // The batch before was made from the same export.
    let export = site.export();
    let before = phds_with(&["run", text(&export), "--as-of", "2024-06-10", "--out", text(&out)]);
    assert_eq!(before.code, 0, "{}", before.stderr);
    let held = check(&site, &["--out", text(&out)]);
    assert_eq!(held.code, 77, "{}{}", held.stdout, held.stderr);
    assert!(
        held.stdout.contains("phds run would hold the batch back:\n") && held.stdout.contains("SAME_EXPORT")
    );
    assert!(held.stderr.contains("SAME_EXPORT"), "{}", held.stderr);
    assert_eq!(check(&site, &["--out", text(&out), "--gate-off", "same_export"]).code, 0);
    assert_eq!(site.left_in_out(), ["202406"], "nothing is written");
    assert_eq!(site.run_gated(&[]).code, 77);
    site.rows("immunizations", &[]);
    let nothing = check(&site, &[]);
    assert_eq!(nothing.code, 77);
    assert!(nothing.stdout.contains("NOTHING_SHARED"), "{}", nothing.stdout);
}

#[test]
fn ends_as_run_would() {
    let site = Site::new();
    let export = site.export();
    assert_eq!(phds_with(&["check", "/nowhere"]).code, 66);
    assert_eq!(phds_with(&["check", text(&export), "--policy", "/nowhere"]).code, 66);
    let policy = site.path("policy.toml");
    std::fs::write(&policy, "nonsense").unwrap();
    assert_eq!(check(&site, &["--policy", text(&policy)]).code, 78);
    std::fs::write(&policy, "[gate]\nrequire_control = true\n").unwrap();
    assert_eq!(check(&site, &["--policy", text(&policy)]).code, 65);
    site.rows("organizations", &["5,Clinic,CL,\u{65e5}\u{672c},,,,"]);
    let ran = check(&site, &[]);
    assert_eq!(ran.code, 65);
    assert!(ran.stderr.contains("NO_FILE_NAME"), "{}", ran.stderr);
    assert!(site.left_in_out().is_empty(), "nothing is written");
}

#[test]
fn json_for_machines() {
    let site = Site::new();
    site.rows("immunizations", &["1,11,7,3,2020-01-01,MMR,1,5,N", &fact("06/01/2024")]);
    let ran = check(&site, &["--json"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["outcome"], "stopped");
    assert!(report["error"].as_str().unwrap().contains("TOO_MANY_QUARANTINED"));
    let fault = &report["tables"][2]["faults"][0];
    assert_eq!(
        fault,
        &serde_json::json!({
            "column": "VACCINATION_DATE", "code": "INVALID_DATE", "rows": 1, "first_lines": [3],
            "shape": "M/D/YYYY", "expected": "a day as YYYY-MM-DD, from 1880 to 9999"
        })
    );
    let ran = check(&site, &["--json", "--max-quarantined", "50%"]);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((report["outcome"].as_str(), report["included"].as_u64()), (Some("publishable"), Some(1)));
    assert_eq!(report["recipients"]["Travis"], 1);
}

#[test]
fn databases() {
    let site = Site::new();
    let file = site.path("export.db");
    let database = rusqlite::Connection::open(&file).unwrap();
    for (table, columns) in &common::HEADERS[..5] {
        database.execute_batch(&format!("CREATE TABLE {table} ({columns})")).unwrap();
    }
    database
        .execute_batch(
            "INSERT INTO clients (CLIENT_ID, BIRTH_DATE) VALUES (1, 643852800000), (2, 2448016.5), (3, 7429), (4, 643852800000.0);
             DROP TABLE vaccines",
        )
        .unwrap();
    drop(database);
    let ran = phds_with(&["check", text(&file), "--as-of", "2024-07-08"]);
    assert_eq!(ran.code, 66);
    for expect in [
        "BIRTH_DATE, INVALID_DATE: 2 row(s), lines 1, 4: milliseconds since 1970",
        "BIRTH_DATE, INVALID_DATE: 1 row(s), line 2: a Julian day number",
        "BIRTH_DATE, INVALID_DATE: 1 row(s), line 3: a day number",
        "the table vaccines is missing",
    ] {
        assert!(ran.stdout.contains(expect), "{expect}: {}", ran.stdout);
    }
}

/// Where one table cannot be read, the others are held against each other, and it is said what is left open.
#[test]
fn one_table_that_cannot_be_read_keeps_nothing_else_from_being_told() {
    let bad = |site: &Site| {
        site.rows(
            "clients",
            &["7,IA,Ana,Ruiz,,1990-05-05,F,,TX,Travis,78701", "8,IA,Eva,Ruiz,,2021-05-05,F,,,,"],
        );
        let facts = [
            "1,11,7,3,2020-01-01,MMR,1,,N",
            "2,12,9,3,2020-01-01,MMR,1,,N",
            "3,13,7,4,2020-01-01,MMR,1,,N",
            "4,14,7,3,2020-01-01,MMR,1,6,N",
            "5,15,8,3,2020-01-01,MMR,1,,N",
        ];
        site.rows("immunizations", &facts);
        site.rows("organizations", &["5,Clinic,CL,Travis,,,,", "5,Clinic,CL,Waco,,,,"]);
    };
    let faults = [
        "  CLIENT_ID, UNKNOWN_CLIENT: 1 row(s), line 3: the client does not exist",
        "  VACCINE_ID, UNKNOWN_VACCINE: 1 row(s), line 4: the vaccine does not exist",
        "  GIVEN_BY_ORG_ID, UNKNOWN_ORGANIZATION: 1 row(s), line 5: ",
        "  VACCINATION_DATE, VACCINATED_BEFORE_BIRTH: 1 row(s), line 6: ",
        "  ORG_ID, DUPLICATE_KEY: 2 row(s), lines 2, 3: ",
    ];
    let is_told = |edit: &dyn Fn(&Site), told: [bool; 5], unread: &str| {
        let site = Site::new();
        bad(&site);
        edit(&site);
        let ran = check(&site, &[]);
        for (fault, told) in faults.iter().zip(told) {
            assert_eq!(ran.stdout.contains(fault), told, "{fault}: {}", ran.stdout);
        }
        let open = "phds run would stop before: facts that share an IMMUNFACT_ID, what would be shared, what would hold the batch back\n";
        assert!(ran.stdout.contains(&format!("{unread}not judged, because {open}")), "{}", ran.stdout);
        assert_eq!(ran.code, site.run(&[]).code);
    };
    // A row of consents that stops the run says nothing of the other tables.
    let consents = |site: &Site| site.rows("consents", &["x,STANDARD,2015-01-01,,"]);
    is_told(&consents, [true; 5], "");
    let without = "not judged, because clients could not be read: UNKNOWN_CLIENT, VACCINATED_BEFORE_BIRTH\n";
    is_told(&|site| site.remove("clients.csv"), [false, true, true, false, true], without);
    let without = "not judged, because vaccines could not be read: UNKNOWN_VACCINE\n";
    is_told(&|site| site.file("vaccines.csv", b"ID\n"), [true, false, true, true, true], without);
    let without = "not judged, because organizations could not be read: UNKNOWN_ORGANIZATION\n";
    is_told(&|site| site.remove("organizations.csv"), [true, true, false, true, false], without);
    let without = "not judged, because immunizations could not be read: UNKNOWN_CLIENT, UNKNOWN_VACCINE, UNKNOWN_ORGANIZATION, VACCINATED_BEFORE_BIRTH\n";
    is_told(&|site| site.remove("immunizations.csv"), [false, false, false, false, true], without);
}

/// What a run finds only at the end of a file is told beside what stops it before.
#[test]
fn files_that_may_be_cut() {
    let site = Site::new();
    site.remove("vaccines.csv");
    for table in ["recipients", "clients", "consents"] {
        let row =
            ["Travis,Travis", "7,IA,Ana,Ruiz,,1990-05-05,F,,TX,Travis,78701", "7,STANDARD,2015-01-01,,"]
                [usize::from(table == "clients") + 2 * usize::from(table == "consents")];
        site.file(&format!("{table}.csv"), format!("{}\n{row}", header(table)).as_bytes());
    }
    let ran = check(&site, &[]);
    for expect in [
        "recipients: 1 row(s) could be read\n  ",
        "recipients.csv, line 2: CUT_SHORT: the file does not end with a line end: rows may be cut off",
        "clients: 1 row(s)\n  the file does not end with a line end: was it cut short?\n",
        "consents: 1 row(s)\n  CUT_SHORT: 1 row(s), line 2: the file does not end",
    ] {
        assert!(ran.stdout.contains(expect), "{expect}: {}", ran.stdout);
    }
}

#[test]
fn names_that_are_nearly_right() {
    let site = Site::new();
    std::fs::rename(site.export().join("clients.csv"), site.export().join("Clients.CSV")).unwrap();
    let dated = site.export().join("IMMUNIZATIONS_20240708.TXT");
    std::fs::rename(site.export().join("immunizations.csv"), dated).unwrap();
    site.file("vaccines_old.csv", b"");
    site.file("consents.csv", b"CLIENT_ID,CONSENT_TYPE,EFF_DATE,END_DATE,END_REASON,END DATE,NOTES\n");
    site.file("vaccines.csv", format!("{},CVX CODE\n3,03,,\n", header("vaccines")).as_bytes());
    let ran = check(&site, &[]);
    for expect in [
        "Clients.CSV: not part of an export: is it the table clients?\n",
        "IMMUNIZATIONS_20240708.TXT: not part of an export: is it the table immunizations?\n",
        // The table is there.
        "vaccines_old.csv: not part of an export\n",
        "  column 3 is called \"EFF_DATE\": is it EFFECTIVE_DATE?\n",
        "  column 6, END DATE: not part of the layout, ignored; END_DATE is there besides\n",
        "  column 7, NOTES: not part of the layout, ignored\n",
        "  column 4, CVX CODE: not part of the layout, ignored; CVX_CODE is there besides\n",
    ] {
        assert!(ran.stdout.contains(expect), "{expect}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("none of the table's"), "{}", ran.stdout);
    // A run stops there, and names all that is missing.
    let expect = "the table clients is missing\n  missing too: immunizations\n  Clients.CSV is there: is it clients?\n  \
                  IMMUNIZATIONS_20240708.TXT is there: is it immunizations?\n";
    let stopped = site.run(&[]);
    assert!(stopped.stderr.contains(expect), "{}", stopped.stderr);
    assert_eq!((ran.code, stopped.code), (66, 66));
    let json: serde_json::Value = serde_json::from_str(&check(&site, &["--json"]).stdout).unwrap();
    assert_eq!(json["tables"][0]["rows"], serde_json::Value::Null);
    assert_eq!(json["tables"][1]["missing_columns"], serde_json::json!(["EFFECTIVE_DATE"]));
    let near = serde_json::json!({"name": "EFF_DATE", "place": 3, "near": "EFFECTIVE_DATE"});
    assert_eq!(json["tables"][1]["unknown_columns"][0], near);
    assert_eq!(json["tables"][3]["unknown_columns"][0]["near"], "CVX_CODE");
    assert_eq!(
        json["not_judged"][0]["what"],
        serde_json::json!(["UNKNOWN_CLIENT", "VACCINATED_BEFORE_BIRTH"])
    );
}

#[test]
fn other_separators_and_line_ends() {
    let site = Site::new();
    let spoilt = |edit: &dyn Fn(&str) -> Vec<u8>, expect: &str| {
        site.file(
            "clients.csv",
            &edit(&format!("{}\n7,IA,Canary,Secret,,1990-05-05,,,,,\n", header("clients"))),
        );
        let (checked, ran) = (check(&site, &[]), site.run(&[]));
        assert_eq!((checked.code, ran.code), (65, 65));
        for said in [&checked.stdout, &checked.stderr, &ran.stderr] {
            assert!(!said.contains("Canary") && !said.contains("Secret"), "{said}");
        }
        assert!(
            checked.stdout.contains(expect) && ran.stderr.contains(expect),
            "{expect}: {}",
            checked.stdout
        );
    };
    spoilt(
        &|text| text.replace(',', ";").into_bytes(),
        "the names are separated by ; but must be by a comma, | or a tab",
    );
    spoilt(&|text| text.replace(',', "^").into_bytes(), "the names are separated by ^ but must be");
    // The whole file is one line, in which rows lie behind the header.
    spoilt(&|text| text.replace('\n', "\r").into_bytes(), "column ZIP_CODE: MISSING_COLUMN");
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    spoilt(&utf16, "NOT_CSV: this is UTF-16 text");
    assert!(
        site.run(&[]).stderr.contains("hint: nothing was published; have the export made again in UTF-8")
    );
    spoilt(&|text| [b"\xff\xfe", utf16(text).as_slice()].concat(), "UTF16: this is UTF-16 text");
    assert!(
        site.run(&[]).stderr.contains("hint: nothing was published; have the export made again in UTF-8")
    );
    spoilt(&|_| Vec::new(), "NO_HEADER: the file has no header row");

    // With a column that is not read at the end, all that is needed seems to be there.
    let site = Site::new();
    let text = format!("{},NOTES\r7,IA,Canary,Secret,,1990-05-05,,,,,,\r", header("clients"));
    site.file("clients.csv", text.as_bytes());
    for ran in [check(&site, &[]), check(&site, &["--json"]), site.run(&["-vv"])] {
        assert!(
            !ran.stdout.contains("Canary") && !ran.stderr.contains("Canary"),
            "{}{}",
            ran.stdout,
            ran.stderr
        );
    }
}

/// Beside what is printed, one line with a hint is enough.
#[test]
fn the_error_is_one_line_and_nothing_is_said_twice() {
    let site = Site::new();
    site.rows("immunizations", &[&fact("06/01/2024")]);
    site.rows("clients", &["7,IA,Ana,Ruiz,,5/5/1990,F,,TX,Travis,78701"]);
    let ran = check(&site, &[]);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", ran.stderr);
    assert!(lines[0].starts_with("phds: error: phds run would stop: ") && lines[0].ends_with("(and 1 more)"));
    assert!(lines[1].starts_with("phds: hint: "));
    let said: Vec<&str> = ran.stdout.lines().collect();
    let different: std::collections::BTreeSet<&&str> = said.iter().collect();
    assert_eq!(said.len(), different.len(), "{}", ran.stdout);
}

#[test]
fn unknown_tables_of_a_database() {
    let site = Site::new();
    let file = site.path("export.db");
    let database = rusqlite::Connection::open(&file).unwrap();
    for (table, columns) in &common::HEADERS[..5] {
        let typed = columns.replace("ZIP_CODE", "ZIP_CODE NUMERIC").replace("SEX_CODE", "SEX_CODE STRING");
        database.execute_batch(&format!("CREATE TABLE {table} ({typed})")).unwrap();
    }
    database
        .execute_batch(
            "ALTER TABLE clients RENAME TO client; CREATE TABLE provider(a); CREATE VIEW consents_old AS SELECT 1;
             CREATE TABLE counter(id INTEGER PRIMARY KEY AUTOINCREMENT)",
        )
        .unwrap();
    let ran = phds_with(&["check", text(&file), "--as-of", "2024-07-08"]);
    for expect in [
        "client: not part of an export: is it the table clients?\n",
        "provider: not part of an export\n",
        "consents_old: not part of an export\n",
        "PROVIDER_ZIP_CODE: the column has a numeric type, NUMERIC",
    ] {
        assert!(ran.stdout.contains(expect), "{expect}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("sqlite_sequence"), "{}", ran.stdout);
    let stopped = common::run_on(&file, &site.out(), &[]);
    assert!(
        stopped.stderr.contains("the table clients is missing\n  client is there: is it clients?"),
        "{}",
        stopped.stderr
    );
    database.execute_batch("ALTER TABLE client RENAME TO clients; DROP TABLE consents").unwrap();
    database
        .execute_batch("CREATE TABLE consents(CLIENT_ID, CONSENT_TYPE, EFFECTIVE_DATE, END_DATE)")
        .unwrap();
    let ran = phds_with(&["check", text(&file), "--as-of", "2024-07-08"]);
    for expect in [
        "export.db, table consents, column END_REASON: MISSING_COLUMN",
        "  SEX_CODE: the column has a numeric type, NUMERIC: codes lose their leading zeros in it\n",
    ] {
        assert!(ran.stdout.contains(expect), "{expect}: {}", ran.stdout);
    }
    assert_eq!(ran.code, 65);
}

/// Nothing that a row holds is ever shown, whatever is wrong with it.
#[test]
fn shows_no_value() {
    let site = Site::new();
    site.rows(
        "clients",
        &[
            "7,IA,Canary,Secret,,Canary-1990,F,,TX,Canary,78701",
            "Canary8,IA,Canary,Secret,,1990-05-05,F,,TX,Canary,78701",
            "9,Canary",
            "10,IA,Canary\\'s,Secret,,1990-05-05,F,,TX,Canary,501",
        ],
    );
    site.file("recipients.csv", b"Canary,Secret\nCanary,RESPONSIBLE_ENTITY\n");
    for arguments in [&[][..], &["--json"], &["--log-format", "json", "-vv"]] {
        let ran = check(&site, arguments);
        assert!(!ran.stdout.contains("Canary") && !ran.stdout.contains("Secret"), "{}", ran.stdout);
        assert!(!ran.stderr.contains("Canary") && !ran.stderr.contains("Secret"), "{}", ran.stderr);
    }
}
