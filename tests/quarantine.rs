//! Every way in which a row can't be used, by the list in qa/quarantine.csv.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Site, header, manifest};

/// Puts rows behind the good one of a table and checks what is listed of that table: "line,column,code".
fn check(table: &str, rows: &[&str], expect: &[&str]) {
    let site = Site::new();
    let mut text = std::fs::read(site.export().join(format!("{table}.csv"))).unwrap();
    rows.iter().for_each(|row| text.extend(format!("{row}\n").into_bytes()));
    site.file(&format!("{table}.csv"), &text);
    assert_eq!(listed(&site, table), expect, "{table}: {rows:?}");
}

fn listed(site: &Site, table: &str) -> Vec<String> {
    let ran = site.run(&["--max-quarantined", "100%"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let batch = site.batch();
    let list = String::from_utf8(batch["qa/quarantine.csv"].clone()).unwrap();
    let mut lines = list.lines();
    assert_eq!(lines.next(), Some("TABLE,FILE,LINE,COLUMN,CODE"));
    let prefix = format!("{table},{table}.csv,");
    lines.filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
}

#[test]
fn malformed_row() {
    check("clients", &["8,IA,Ana"], &["3,,MALFORMED_ROW"]);
    check("clients", &["8,IA,Ana,Ruiz,,1990-05-05,F,,TX,Travis,78701,more"], &["3,,MALFORMED_ROW"]);
    check("vaccines", &[" ", "", "\"\""], &["3,,MALFORMED_ROW", "5,,MALFORMED_ROW"]);
    check("organizations", &["6,\"a\nb\"", "7,x"], &["3,,MALFORMED_ROW", "5,,MALFORMED_ROW"]);
    check("immunizations", &["x"], &["3,,MALFORMED_ROW"]);
}

#[test]
fn invalid_utf8() {
    let site = Site::new();
    let mut text = header("clients").as_bytes().to_vec();
    text.extend(b",EXTRA\n8,IA,J\xf3se,R\xfaiz,,bad,F,,TX,Travis,78701,\n");
    text.extend(b"9,IA,Ana,Ruiz,,1990-05-05,F,,TX,Travis,78701,\xff\n");
    site.file("clients.csv", &text);
    // What is not read may hold anything.
    assert_eq!(listed(&site, "clients"), ["2,FIRST_NAME,INVALID_UTF8"]);
}

#[test]
fn invalid_id() {
    check("clients", &[",IA,A,R,,1990-05-05,F,,TX,,"], &["3,CLIENT_ID,INVALID_ID"]);
    check("clients", &["9223372036854775808,IA,A,R,,x,F,,TX,,"], &["3,CLIENT_ID,INVALID_ID"]);
    check("vaccines", &["V1,,"], &["3,VACCINE_ID,INVALID_ID"]);
    check("organizations", &["-5,,,,,,,"], &["3,ORG_ID,INVALID_ID"]);
    let with_id = |ids: &str, column: &str| {
        check(
            "immunizations",
            &[&format!("{ids},2020-01-01,MMR,1,5,N")],
            &[&format!("3,{column},INVALID_ID")],
        );
    };
    with_id("x,12,7,3", "IMMUNIZATION_ID");
    with_id("2,,7,3", "IMMUNFACT_ID");
    with_id("2,12,7.5,3", "CLIENT_ID");
    with_id("2,12,7,+3", "VACCINE_ID");
    check("immunizations", &["2,12,7,3,2020-01-01,MMR,1,clinic,N"], &["3,GIVEN_BY_ORG_ID,INVALID_ID"]);
}

#[test]
fn invalid_date() {
    check("clients", &["8,IA,A,R,,,F,,TX,,"], &["3,BIRTH_DATE,INVALID_DATE"]);
    check("clients", &["8,IA,A,R,,05/05/1990,F,,TX,,"], &["3,BIRTH_DATE,INVALID_DATE"]);
    check("clients", &["8,IA,A,R,,1879-12-31,F,,TX,,"], &["3,BIRTH_DATE,INVALID_DATE"]);
    check("consents", &["7,STANDARD,,,"], &["3,EFFECTIVE_DATE,INVALID_DATE"]);
    check("consents", &["7,STANDARD,2023-02-29,,"], &["3,EFFECTIVE_DATE,INVALID_DATE"]);
    check("consents", &["7,STANDARD,2020-01-01,2020-01-01T,"], &["3,END_DATE,INVALID_DATE"]);
    check("immunizations", &["2,12,7,3,,MMR,1,5,N"], &["3,VACCINATION_DATE,INVALID_DATE"]);
}

#[test]
fn invalid_value() {
    check("consents", &["7,,2020-01-01,,"], &["3,CONSENT_TYPE,INVALID_VALUE"]);
    check("consents", &["7,ALL,2020-01-01,,"], &["3,CONSENT_TYPE,INVALID_VALUE"]);
    check("consents", &["7,STANDARD,2020-01-01,2021-01-01,MOVED"], &["3,END_REASON,INVALID_VALUE"]);
    check("consents", &["7,STANDARD,2020-01-01,2019-12-31,"], &["3,END_DATE,INVALID_VALUE"]);
    check("consents", &["7,STANDARD,2020-01-01,,WITHDRAWN"], &["3,END_DATE,INVALID_VALUE"]);
    check("immunizations", &["2,12,7,3,2020-01-01,MMR,0,5,N"], &["3,ORDINAL_POSITION,INVALID_VALUE"]);
    check("immunizations", &["2,12,7,3,2020-01-01,MMR,1000,5,N"], &["3,ORDINAL_POSITION,INVALID_VALUE"]);
    check("immunizations", &["2,12,7,3,2020-01-01,MMR,1,5,T"], &["3,DISASTER_FLAG,INVALID_VALUE"]);
    check("vaccines", &["4,03,TOXOID"], &["3,PRODUCT_CLASS,INVALID_VALUE"]);
}

#[test]
fn duplicate_key() {
    let pair: &[&str] = &["2,CLIENT_ID,DUPLICATE_KEY", "3,CLIENT_ID,DUPLICATE_KEY"];
    check("clients", &["007,IA,Anna,Ruiz,,1990-05-05,F,,TX,Travis,78701"], pair);
    check("vaccines", &["3,3,"], &["2,VACCINE_ID,DUPLICATE_KEY", "3,VACCINE_ID,DUPLICATE_KEY"]);
    check(
        "organizations",
        &["5,Clinic,CL,travis,,,,"],
        &["2,ORG_ID,DUPLICATE_KEY", "3,ORG_ID,DUPLICATE_KEY"],
    );
    // A row with an earlier code plays no part.
    check("clients", &["7,IA,Anna,Ruiz,,soon,F,,TX,Travis,78701"], &["3,BIRTH_DATE,INVALID_DATE"]);
    // Of three rows, two of them equal, all go.
    check(
        "vaccines",
        &["3,03,", "3,04,"],
        &["2,VACCINE_ID,DUPLICATE_KEY", "3,VACCINE_ID,DUPLICATE_KEY", "4,VACCINE_ID,DUPLICATE_KEY"],
    );
}

#[test]
fn duplicate_row() {
    check("clients", &["7.0,ia,Ana ,\tRuiz,,1990-05-05T00:00,F,,TX,Travis,78701"], &["3,,DUPLICATE_ROW"]);
    check("vaccines", &["03,03.0,", "3,03,"], &["3,,DUPLICATE_ROW", "4,,DUPLICATE_ROW"]);
    check("organizations", &["5,Clinic,CL,Travis,,,,"], &["3,,DUPLICATE_ROW"]);
    check("consents", &["7,standard,2015-01-01,,"], &[]);
}

#[test]
fn facts_that_share_their_id() {
    check("immunizations", &["1,11,7,3,2020-01-01,MMR,01,5,n"], &["3,,DUPLICATE_ROW"]);
    let both: &[&str] = &["2,IMMUNFACT_ID,DUPLICATE_KEY", "3,IMMUNFACT_ID,DUPLICATE_KEY"];
    check("immunizations", &["1,11,7,3,2020-01-01,MMR,2,5,N"], both);
    check("immunizations", &["1,11,7,3,2020-01-01,MMR,1,5,"], both);
    check("immunizations", &["1,11,7,3,2020-01-01,mmr,1,5,N"], both);
    // One that is excluded anyway takes nothing with it.
    check("immunizations", &["1,11,7,3,2017-01-01,MMR,1,5,N"], &[]);
    check("immunizations", &["1,11,7,3,2020-01-01,MMR,1,,N"], &[]);
}

#[test]
fn unknown_rows_are_named_in_order() {
    check("immunizations", &["2,12,8,3,2020-01-01,MMR,1,5,N"], &["3,CLIENT_ID,UNKNOWN_CLIENT"]);
    check("immunizations", &["2,12,8,4,2020-01-01,MMR,1,6,N"], &["3,CLIENT_ID,UNKNOWN_CLIENT"]);
    check("immunizations", &["2,12,7,4,2020-01-01,MMR,1,6,N"], &["3,VACCINE_ID,UNKNOWN_VACCINE"]);
    check("immunizations", &["2,12,7,3,2020-01-01,MMR,1,6,N"], &["3,GIVEN_BY_ORG_ID,UNKNOWN_ORGANIZATION"]);
    check("immunizations", &["2,12,7,3,2020-01-01,MMR,1,,N"], &[]);
}

#[test]
fn what_is_quarantined_is_unknown() {
    let site = Site::new();
    site.rows("organizations", &["5,Clinic,CL,Travis,,,,", "5,Clinic,CL,Hays,,,,"]);
    assert_eq!(listed(&site, "immunizations"), ["2,GIVEN_BY_ORG_ID,UNKNOWN_ORGANIZATION"]);
    site.rows("vaccines", &["3,03,NEW"]);
    assert_eq!(listed(&site, "immunizations"), ["2,VACCINE_ID,UNKNOWN_VACCINE"]);
    site.rows("clients", &["7,IA,Ana,Ruiz,,,F,,TX,Travis,78701"]);
    assert_eq!(listed(&site, "immunizations"), ["2,CLIENT_ID,UNKNOWN_CLIENT"]);
}

#[test]
fn vaccinated_before_birth() {
    check(
        "immunizations",
        &["2,12,7,3,1990-05-04,MMR,1,5,N"],
        &["3,VACCINATION_DATE,VACCINATED_BEFORE_BIRTH"],
    );
    check("immunizations", &["2,12,7,3,1990-05-05,MMR,1,5,N"], &[]);
}

#[test]
fn a_consent_that_cannot_be_read_closes_its_client() {
    let site = Site::new();
    site.rows("consents", &["7,STANDARD,2015-01-01,,", "7,DISASTER,when,,"]);
    assert_eq!(listed(&site, "consents"), ["3,EFFECTIVE_DATE,INVALID_DATE"]);
    let facts = &manifest(&site.batch())["facts"];
    assert_eq!(facts["excluded"]["CONSENT_UNREADABLE"], 1);
    assert_eq!(facts["included"], 0);
}

#[test]
fn lines_are_those_an_editor_shows() {
    let site = Site::new();
    let text =
        format!("\u{feff}\r\n{}\r\n\r\n4,\"0\r\n3\",\r\n\r\n\r\nx,,\r\n5,,\r\ny,,", header("vaccines"));
    site.file("vaccines.csv", text.as_bytes());
    assert_eq!(listed(&site, "vaccines"), ["8,VACCINE_ID,INVALID_ID", "10,VACCINE_ID,INVALID_ID"]);
    assert_eq!(manifest(&site.batch())["tables"]["vaccines"]["rows"], 4);
}

#[test]
fn tables_are_listed_in_order() {
    let site = Site::new();
    site.rows("clients", &["x,,,,,,,,,,", "y,,,,,,,,,,"]);
    site.rows("immunizations", &["x,,,,,,,,", "y,,,,,,,,"]);
    site.rows("vaccines", &["x,,"]);
    assert_eq!(site.run(&["--max-quarantined", "100%", "--threads", "3"]).code, 0);
    let batch = site.batch();
    let list = std::str::from_utf8(&batch["qa/quarantine.csv"]).unwrap();
    let places: Vec<_> =
        list.lines().skip(1).map(|l| l.split(',').step_by(2).take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(places, ["clients 2", "clients 3", "immunizations 2", "immunizations 3", "vaccines 2"]);
}
