//! Every way in which an export, a policy or a place for batches can be unusable as a whole: the exit code, and a
//! message that names the place and holds no value.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Ran, Site, header};
use std::os::unix::fs::symlink;

/// Values that stand in the exports of these tests and may never be seen again.
const VALUES: [&str; 4] = ["Ana", "Ruiz", "1990-05-05", "78701"];

/// Checks the exit code and the message, and that nothing was published. `EXPORT` and `OUT` stand for the paths.
fn check(site: &Site, arguments: &[&str], code: i32, expect: &str) {
    let Ran { code: got, stdout, stderr } = site.run(arguments);
    let first_line = stderr.lines().find(|line| line.contains("error: ")).unwrap_or_default();
    let message = first_line
        .replace(site.export().to_str().unwrap(), "EXPORT")
        .replace(site.out().to_str().unwrap(), "OUT")
        .replace("phds: error: ", "");
    assert_eq!((got, message.as_str()), (code, expect), "{stderr}");
    assert_eq!(stdout, "");
    for value in VALUES {
        assert!(!stderr.contains(value), "{stderr}");
    }
    assert!(!site.out().join("202407").exists());
    assert!(!site.left_in_out().iter().any(|name| name.starts_with(".phds")));
}

#[test]
fn what_is_missing() {
    for table in ["clients", "consents", "immunizations", "vaccines", "organizations"] {
        let site = Site::new();
        site.remove(&format!("{table}.csv"));
        let expect = format!("EXPORT: the table {table} is missing");
        check(&site, &[], 66, &expect);
        assert!(!site.out().exists(), "nothing is made before the export is found");
    }
    let site = Site::new();
    std::fs::remove_dir_all(site.export()).unwrap();
    check(&site, &[], 66, "EXPORT: cannot be opened: No such file or directory (os error 2)");
    let site = Site::new();
    check(
        &site,
        &["--policy", "/nowhere/p.toml"],
        66,
        "/nowhere/p.toml: cannot be opened: No such file or directory (os error 2)",
    );
}

#[test]
fn what_is_no_export() {
    let site = Site::new();
    std::fs::remove_dir_all(site.export()).unwrap();
    std::fs::write(site.export(), "CLIENT_ID\n").unwrap();
    check(
        &site,
        &[],
        65,
        "EXPORT: NOT_AN_EXPORT: an export is a folder with a CSV or Parquet file for each table, or an SQLite file",
    );
    let site = Site::new();
    site.file("clients.csv.gz", b"");
    check(
        &site,
        &[],
        65,
        "EXPORT/clients.csv: TWO_FILES: there is also clients.csv.gz: a table may have one file only",
    );
    let site = Site::new();
    site.file("Recipients.csv", b"RECIPIENT,RESPONSIBLE_ENTITY\n");
    check(
        &site,
        &[],
        65,
        "EXPORT/Recipients.csv: MISNAMED_TABLE: this is nearly the name of the table recipients; it must be just recipients, and a file recipients.csv, recipients.csv.gz, recipients.csv.zst or recipients.parquet",
    );
    let site = Site::new();
    site.file("recipients.csv.bz2", b"");
    check(
        &site,
        &[],
        65,
        "EXPORT/recipients.csv.bz2: MISNAMED_TABLE: this is nearly the name of the table recipients; it must be just recipients, and a file recipients.csv, recipients.csv.gz, recipients.csv.zst or recipients.parquet",
    );
    let site = Site::new();
    site.remove("clients.csv");
    std::fs::create_dir(site.export().join("clients.csv")).unwrap();
    check(&site, &[], 65, "EXPORT/clients.csv: NOT_A_FILE: this is not a regular file");
}

#[test]
fn damaged_archives() {
    let plain = format!("{}\n7,IA,Ana,Ruiz,,1990-05-05,F,,TX,Travis,78701\n", header("clients"));
    let mut gz = Vec::new();
    std::io::copy(&mut flate2::read::GzEncoder::new(plain.as_bytes(), flate2::Compression::best()), &mut gz)
        .unwrap();
    let zst = zstd::encode_all(plain.as_bytes(), 3).unwrap();
    for (ending, bytes) in [("gz", gz), ("zst", zst)] {
        let site = Site::new();
        site.remove("clients.csv");
        let name = format!("clients.csv.{ending}");
        site.file(&name, &bytes);
        assert_eq!(site.run(&[]).code, 0);
        std::fs::remove_dir_all(site.out()).unwrap();
        let damaged = format!(
            "EXPORT/{name}: DAMAGED_ARCHIVE: the compressed file is damaged or cut short, or needs more than 128 MiB of memory to decompress"
        );
        for cut in [bytes.len() - 1, bytes.len() / 2, 5] {
            site.file(&name, &bytes[..cut]);
            check(&site, &[], 65, &damaged);
        }
        let mut flipped = bytes.clone();
        let middle = bytes.len() - 6;
        flipped[middle] ^= 0x55;
        site.file(&name, &flipped);
        let ran = site.run(&[]);
        assert_eq!(ran.code, 65, "{}", ran.stderr);
        site.file(&name, plain.as_bytes());
        check(&site, &[], 65, &damaged);
    }
}

#[test]
fn headers() {
    let with_header = |table: &str, text: &[u8], expect: &str| {
        let site = Site::new();
        site.file(&format!("{table}.csv"), text);
        check(&site, &[], 65, expect);
    };
    with_header("clients", b"", "EXPORT/clients.csv: NO_HEADER: the file has no header row");
    with_header("clients", b"\n\r\n", "EXPORT/clients.csv: NO_HEADER: the file has no header row");
    with_header(
        "clients",
        b"7,IA,Ana,Ruiz,,1990-05-05,F,,TX,Travis,78701\n",
        "EXPORT/clients.csv, line 1, column CLIENT_ID: MISSING_COLUMN: the column is missing",
    );
    for (table, columns) in common::HEADERS {
        let all: Vec<&str> = columns.split(',').collect();
        for (place, name) in all.iter().enumerate() {
            let left: Vec<&str> = [&all[..place], &all[place + 1..]].concat();
            let expect =
                format!("EXPORT/{table}.csv, line 1, column {name}: MISSING_COLUMN: the column is missing");
            with_header(table, format!("{}\n", left.join(",")).as_bytes(), &expect);
        }
    }
    with_header(
        "vaccines",
        b"VACCINE_ID,CVX_CODE,PRODUCT_CLASS, cvx_code\n",
        "EXPORT/vaccines.csv, line 1, column CVX_CODE: COLUMN_TWICE: the column is named twice (columns 2 and 4)",
    );
    with_header(
        "vaccines",
        b"VACCINE_ID|CVX_CODE|PRODUCT_CLASS|Ana|ANA\n",
        "EXPORT/vaccines.csv, line 1: COLUMN_TWICE: the column is named twice (columns 4 and 5)",
    );
    with_header(
        "vaccines",
        b"VACCINE_ID,CVX_CODE,PRODUCT_CLASS,\xff\n",
        "EXPORT/vaccines.csv, line 1: INVALID_UTF8: the header holds bytes that are not the export's encoding",
    );
    with_header(
        "vaccines",
        b"\xff\xfeV\0A\0",
        "EXPORT/vaccines.csv: UTF16: this is UTF-16 text; an export is UTF-8 or windows-1252",
    );
    with_header(
        "vaccines",
        b"VACCINE_ID,CVX_CODE,\"PRODUCT_CLASS\n",
        "EXPORT/vaccines.csv, line 1: ENDS_IN_QUOTES: the file ends inside a quoted field of this record: it was cut short, or a quote is not closed",
    );
}

#[test]
fn a_file_that_ends_in_quotes() {
    let site = Site::new();
    site.rows("vaccines", &["3,03,", "4,\"0", "4\",", "5,\"05,", "6,,"]);
    check(
        &site,
        &[],
        65,
        "EXPORT/vaccines.csv, line 5: ENDS_IN_QUOTES: the file ends inside a quoted field of this record: it was cut short, or a quote is not closed",
    );
    check(
        &site,
        &["--threads", "7"],
        65,
        "EXPORT/vaccines.csv, line 5: ENDS_IN_QUOTES: the file ends inside a quoted field of this record: it was cut short, or a quote is not closed",
    );
    let site = Site::new();
    let mut text = format!("{}\n1,11,7,3,2020-01-01,MMR,1,5,\"", header("immunizations")).into_bytes();
    text.resize(20 << 20, b'x');
    site.file("immunizations.csv", &text);
    check(
        &site,
        &[],
        65,
        "EXPORT/immunizations.csv, line 2: RECORD_TOO_LONG: the record is longer than 16777216 bytes: a quote is probably not closed",
    );
}

#[test]
fn rows_that_may_not_be_left_out() {
    let with = |table: &str, row: &[u8], expect: &str| {
        let site = Site::new();
        let mut text = format!("{}\n", header(table)).into_bytes();
        text.extend(row);
        text.push(b'\n');
        site.file(&format!("{table}.csv"), &text);
        check(&site, &["--max-quarantined", "100%"], 65, expect);
    };
    let withdrawal =
        "the consent may be a withdrawal, and it can't be told whose, so the run can't go on without it";
    with(
        "consents",
        b"7,STANDARD,2015-01-01,",
        &format!(
            "EXPORT/consents.csv, line 2: MALFORMED_ROW: the row has another number of fields than the header, or holds line breaks in which rows may be lost: {withdrawal}"
        ),
    );
    with(
        "consents",
        b"Ana,STANDARD,2015-01-01,,",
        &format!(
            "EXPORT/consents.csv, line 2, column CLIENT_ID: INVALID_ID: the id is blank or unreadable: {withdrawal}"
        ),
    );
    with(
        "consents",
        b",STANDARD,2015-01-01,,",
        &format!(
            "EXPORT/consents.csv, line 2, column CLIENT_ID: INVALID_ID: the id is blank or unreadable: {withdrawal}"
        ),
    );
    with(
        "consents",
        b"7\xff,STANDARD,2015-01-01,,",
        &format!(
            "EXPORT/consents.csv, line 2, column CLIENT_ID: INVALID_UTF8: the row holds bytes that are not the export's encoding: {withdrawal}"
        ),
    );
    with(
        "consents",
        b"x,STANDARD,2015-01-01,,\xff",
        &format!(
            "EXPORT/consents.csv, line 2, column END_REASON: INVALID_UTF8: the row holds bytes that are not the export's encoding: {withdrawal}"
        ),
    );
    // A stray quote must not swallow a withdrawal.
    with(
        "consents",
        b"7,STANDARD,2015-01-01,,\"\n8,STANDARD,2016-01-01,2020-01-01,WITHDRAWN,5\" form",
        &format!(
            "EXPORT/consents.csv, line 2: MALFORMED_ROW: the row has another number of fields than the header, or holds line breaks in which rows may be lost: {withdrawal}"
        ),
    );
    let all = "the run can't do without any row of this table";
    with(
        "recipients",
        b"A",
        &format!(
            "EXPORT/recipients.csv, line 2: MALFORMED_ROW: the row has another number of fields than the header, or holds line breaks in which rows may be lost: {all}"
        ),
    );
    with(
        "recipients",
        b"A,",
        &format!(
            "EXPORT/recipients.csv, line 2, column RESPONSIBLE_ENTITY: INVALID_VALUE: the value is blank or outside its set: {all}"
        ),
    );
    with(
        "recipients",
        b"\xff,B",
        &format!(
            "EXPORT/recipients.csv, line 2, column RECIPIENT: INVALID_UTF8: the row holds bytes that are not the export's encoding: {all}"
        ),
    );
    with(
        "control",
        b"clients,many",
        &format!(
            "EXPORT/control.csv, line 2, column ROW_COUNT: INVALID_VALUE: the value is blank or outside its set: {all}"
        ),
    );
    with(
        "control",
        b",1",
        &format!(
            "EXPORT/control.csv, line 2, column TABLE_NAME: INVALID_VALUE: the value is blank or outside its set: {all}"
        ),
    );
}

#[test]
fn an_incomplete_export() {
    let control = |rows: &[&str], code: i32, expect: &str| {
        let site = Site::new();
        site.rows("control", rows);
        if code == 0 {
            let ran = site.run(&[]);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
        } else {
            check(&site, &[], code, expect);
        }
    };
    control(&["clients,1", "IMMUNIZATIONS,01", "Control,3"], 0, "");
    control(&["clients,1", "clients,1"], 0, "");
    control(&[], 0, "");
    let differs =
        "ROW_COUNT_DIFFERS: the table clients should have 2 rows and has 1: the export is incomplete";
    control(
        &["vaccines,1", "clients,2"],
        65,
        &format!("EXPORT/control.csv, line 3, column ROW_COUNT: {differs}"),
    );
    control(
        &["clients,1", "clients,2"],
        65,
        &format!("EXPORT/control.csv, line 3, column ROW_COUNT: {differs}"),
    );
    let absent =
        "TABLE_NOT_THERE: it counts the rows of a table that is not in the export: the export is incomplete";
    control(&["recipients,0"], 65, &format!("EXPORT/control.csv, line 2, column TABLE_NAME: {absent}"));
    control(&["providers,0"], 65, &format!("EXPORT/control.csv, line 2, column TABLE_NAME: {absent}"));
}

#[test]
fn too_many_quarantined_rows() {
    let site = Site::new();
    site.rows("vaccines", &["3,03,", "x,,"]);
    site.rows("organizations", &["5,Clinic,CL,Travis,,,,", "x,,,,,,,"]);
    let refused =
        "EXPORT/vaccines.csv: TOO_MANY_QUARANTINED: 1 of 2 rows can't be used, more than the limit of 1%";
    check(&site, &[], 65, refused);
    let ran = site.run(&[]);
    let list = site.out().join("quarantine-202407.csv");
    assert!(ran.stderr.contains(&format!("listed in {}", list.display())), "{}", ran.stderr);
    assert!(ran.stderr.contains("organizations.csv: TOO_MANY_QUARANTINED"), "all at once: {}", ran.stderr);
    let text = std::fs::read_to_string(&list).unwrap();
    assert_eq!(
        text,
        "TABLE,FILE,LINE,COLUMN,CODE\nvaccines,vaccines.csv,3,VACCINE_ID,INVALID_ID\norganizations,organizations.csv,3,ORG_ID,INVALID_ID\n"
    );
    assert_eq!(site.left_in_out(), ["quarantine-202407.csv"]);
    // If the list cannot be put there, the reason is said all the same.
    std::fs::remove_file(&list).unwrap();
    std::fs::create_dir(&list).unwrap();
    let ran = site.run(&[]);
    assert_eq!(ran.code, 65);
    assert!(
        ran.stderr.contains("TOO_MANY_QUARANTINED")
            && ran.stderr.contains("quarantine-202407.csv: cannot be"),
        "{}",
        ran.stderr
    );
    assert_eq!(site.run(&["--max-quarantined", "50%"]).code, 0, "nor is a batch kept back");
    std::fs::remove_dir(&list).unwrap();
    std::fs::remove_dir_all(site.out().join("202407")).unwrap();
    // A run that is refused for another reason does not leave an old list lying about.
    site.rows("control", &["vaccines,3"]);
    let ran = site.run(&["--max-quarantined", "50%"]);
    assert_eq!((ran.code, ran.stderr.contains("raise --max-quarantined")), (65, false), "{}", ran.stderr);
    site.rows("control", &[]);
    // The limit itself is allowed; and once a run of the month goes well, the list goes.
    assert_eq!(site.run(&["--max-quarantined", "49.9%"]).code, 65);
    assert_eq!(site.run(&["--max-quarantined", "50%"]).code, 0);
    assert_eq!(site.left_in_out(), ["202407"]);
}

#[test]
fn late_duplicates_count_towards_the_limit() {
    let site = Site::new();
    site.rows("immunizations", &["1,11,7,3,2020-01-01,MMR,1,5,N", "1,11,7,3,2020-01-01,MMR,2,5,N"]);
    check(
        &site,
        &["--max-quarantined", "99%"],
        65,
        "EXPORT/immunizations.csv: TOO_MANY_QUARANTINED: 2 of 2 rows can't be used, more than the limit of 99%",
    );
}

#[test]
fn recipients_that_make_no_file() {
    let with = |entity: &str, other: &str, expect: &str| {
        let site = Site::new();
        let organizations = [format!("5,Clinic,CL,{entity},,,,"), format!("6,Clinic,CL,{other},,,,")];
        site.rows("organizations", &organizations.each_ref().map(String::as_str));
        site.rows("immunizations", &["1,11,7,3,2020-01-01,MMR,1,5,N", "2,12,7,3,2020-01-02,MMR,1,6,N"]);
        check(&site, &[], 65, expect);
    };
    with(
        "El Paso",
        "el.paso!",
        "EXPORT/organizations.csv, line 3, column RESPONSIBLE_ENTITY: SAME_FILE_NAME: \"el.paso!\" and \"El Paso\", which stands on line 2, both become the file PHDS_el_paso_202407.csv",
    );
    with(
        "El Paso",
        "保健所",
        "EXPORT/organizations.csv, line 3, column RESPONSIBLE_ENTITY: NO_FILE_NAME: the name \"保健所\" has no ASCII letter, digit or hyphen to name a file by",
    );
    let long = "x".repeat(300);
    with(
        "El Paso",
        &long,
        &format!(
            "EXPORT/organizations.csv, line 3, column RESPONSIBLE_ENTITY: FILE_NAME_TOO_LONG: the name that begins with \"{}\" makes a file name of 316 bytes, and no more than 255 are possible",
            &long[..40]
        ),
    );
}

#[test]
fn places_that_cannot_be_used() {
    let site = Site::new();
    std::fs::write(site.out(), "a file").unwrap();
    let ran = site.run(&[]);
    assert_eq!(ran.code, 73, "{}", ran.stderr);
    assert!(ran.stderr.contains("a file is in the way"), "{}", ran.stderr);

    let site = Site::new();
    std::fs::create_dir(site.path("elsewhere")).unwrap();
    symlink(site.path("elsewhere"), site.out()).unwrap();
    for out in [site.out(), site.path("out/")] {
        let ran = common::run_on(&site.export(), &out, &[]);
        assert_eq!(ran.code, 73, "{}", ran.stderr);
        assert!(ran.stderr.contains("a symbolic link is in the way"), "{}", ran.stderr);
    }
    assert_eq!(std::fs::read_dir(site.path("elsewhere")).unwrap().count(), 0);

    let site = Site::new();
    std::fs::create_dir(site.out()).unwrap();
    std::fs::create_dir(site.path("elsewhere")).unwrap();
    symlink(site.path("elsewhere"), site.out().join("202407")).unwrap();
    let ran = site.run(&[]);
    assert_eq!(ran.code, 73, "{}", ran.stderr);
    assert_eq!(site.left_in_out(), ["202407"]);
    assert_eq!(std::fs::read_dir(site.path("elsewhere")).unwrap().count(), 0);

    let ran = common::run_on(&Site::new().export(), std::path::Path::new("/proc/phds"), &[]);
    assert_eq!(ran.code, 73, "{}", ran.stderr);
}

#[test]
fn a_place_that_another_run_holds() {
    let site = Site::new();
    std::fs::create_dir(site.out()).unwrap();
    let held = std::fs::File::open(site.out()).unwrap();
    held.lock().unwrap();
    check(&site, &[], 75, "OUT: another run is at work there");
    drop(held);
    // A process that another test starts at this moment has the lock too, until it has become another program.
    let mut tries = 0;
    while site.run(&[]).code == 75 && tries < 100 {
        tries += 1;
    }
    assert_eq!(site.left_in_out(), ["202407"]);
}

#[test]
fn bad_policies() {
    let site = Site::new();
    let policy = site.path("policy.toml");
    std::fs::write(&policy, "[window]\nfrist_day = 2018-01-01\n").unwrap();
    let name = policy.to_str().unwrap();
    let expect = format!("{name}, line 2, key window.frist_day: there is no such key in a policy");
    check(&site, &["--policy", name], 78, &expect);
    let ran = common::phds_with(&["policy", "check", name]);
    assert_eq!((ran.code, ran.stderr.contains(&expect)), (78, true));
    assert_eq!(common::phds_with(&["dictionary", "--policy", name]).code, 78);
    // An export's file by mistake: no value of it is shown.
    let clients = site.export().join("clients.csv");
    let ran = site.run(&["--policy", clients.to_str().unwrap()]);
    assert_eq!(ran.code, 78);
    assert!(VALUES.iter().all(|value| !ran.stderr.contains(value)), "{}", ran.stderr);
    std::fs::write(&policy, vec![b'#'; 2 << 20]).unwrap();
    check(&site, &["--policy", name], 78, &format!("{name}: the file is too large to be a policy"));
}

#[test]
fn wrong_usage() {
    let site = Site::new();
    for arguments in [
        &["--max-quarantined", "150%"][..],
        &["--max-quarantined", "many"],
        &["--encoding", "latin-1"],
        &["--threads", "0"],
        &["--threads", "9999"],
        &["--as-of", "2024-07-08"],
        &["--frobnicate"],
    ] {
        let ran = site.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
    }
    for as_of in ["2024-02-30", "2024-7-8", "07/08/2024", "2024-07-08T00:00", "1879-12-31"] {
        let ran = common::phds_with(&["run", "export", "--out", "out", "--as-of", as_of]);
        assert_eq!(ran.code, 2, "{as_of}");
    }
    assert!(!site.out().exists());
}
