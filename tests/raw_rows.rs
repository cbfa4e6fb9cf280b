//! `phds explain` shows a row that cannot be used as it stands in the export.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Ran, Site, phds_with, text};

fn explain(site: &Site, more: &[&str]) -> Ran {
    let export = site.export();
    phds_with(&[&["explain", text(&export), "--as-of", "2024-07-08"], more].concat())
}

#[test]
fn the_row_is_shown_and_the_faulty_column_is_marked() {
    let site = Site::new();
    site.rows("immunizations", &["1,11,7,3,2020-13-01,MMR,1,5,N", "2,12,7,3,\" 2020-02-30 \",,1,5,"]);
    let ran = explain(&site, &["--fact", "11"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("    > VACCINATION_DATE \"2020-13-01\"\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("      IMMUNIZATION_ID  \"1\"\n"), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("    > ").count(), 1);
    // Blanks at the ends are seen, and an empty field.
    let ran = explain(&site, &["--fact", "12"]);
    assert!(ran.stdout.contains("    > VACCINATION_DATE \" 2020-02-30 \"\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("      VACCINE_GROUP    \"\"\n"), "{}", ran.stdout);
    let ran = explain(&site, &["--fact", "12", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let fields = answer["quarantined"][0]["fields"].as_array().unwrap();
    assert_eq!(fields.len(), 9);
    assert_eq!(
        fields[4],
        serde_json::json!({"column": "VACCINATION_DATE", "text": " 2020-02-30 ", "is_faulty": true})
    );
}

/// Blank lines and line breaks in quotes before it move no line, and a client's rows in other tables are shown too.
#[test]
fn the_row_is_found_by_its_line() {
    let site = Site::new();
    let header = common::header("clients");
    let clients = format!(
        "{header},NOTE\r\n\r\n8,IA,\"Two\nlines\",Ruiz,,1990-05-05,F,,TX,Travis,78701,\r\n7,IA,Ana,Ru\"iz,,never,F,,TX,Travis,78701,\"x\ny\"\r\n"
    );
    site.file("clients.csv", clients.as_bytes());
    let ran = explain(&site, &["--client", "7"]);
    for expect in [
        "clients.csv, line 5, column BIRTH_DATE",
        "> BIRTH_DATE",
        "\"never\"",
        "NOTE",
        "\"x\\ny\"",
        "\"Ru\"iz\"",
    ] {
        assert!(ran.stdout.contains(expect), "{expect}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("Two"), "{}", ran.stdout);
}

#[test]
fn nothing_in_a_row_steers_the_terminal() {
    let site = Site::new();
    site.file(
        "immunizations.csv",
        [
            common::header("immunizations").as_bytes(),
            b"\n1,11,7,3,2020-13-01,\x1b[2J\xf1\xe2\x80\xae,1,5,N\n",
        ]
        .concat()
        .as_slice(),
    );
    let ran = explain(&site, &["--fact", "11"]);
    assert!(ran.stdout.contains("\"\\u{1b}[2J\\xF1\\u{202e}\""), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\u{1b}'));
    site.rows("immunizations", &[&format!("1,11,7,3,2020-13-01,{},1,5,N", "x".repeat(5000))]);
    let ran = explain(&site, &["--fact", "11"]);
    assert!(ran.stdout.contains("and 4600 more"), "{}", ran.stdout);
}

#[test]
fn a_database_gives_what_it_can() {
    let site = Site::new();
    site.rows("immunizations", &["1,11,7,3,2020-13-01,MMR,1,5,N", "2,12,7,3,2020-01-01,MMR,1,5,N"]);
    let work = site.path("work.db");
    let export = site.export();
    let read = phds_with(&["read", text(&export), "--work", text(&work), "--max-quarantined", "100%", "-q"]);
    assert_eq!(read.code, 0, "{}", read.stderr);
    let ran = phds_with(&["explain", "--work", text(&work), "--as-of", "2024-07-08", "--fact", "11"]);
    assert!(ran.stdout.contains("INVALID_DATE"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("2020-13-01"), "{}", ran.stdout);
    assert!(ran.stdout.contains("A work database does not keep such rows: phds explain EXPORT shows them."));
    // An SQLite export has the row.
    let database = site.path("export.db");
    let connection = rusqlite::Connection::open(&database).unwrap();
    for (table, columns) in common::HEADERS.into_iter().take(5) {
        connection.execute_batch(&format!("CREATE TABLE {table} ({columns})")).unwrap();
    }
    connection
        .execute_batch(
            "INSERT INTO clients (CLIENT_ID, CLIENT_TYPE, BIRTH_DATE) VALUES (7, 'IA', '1990-05-05');
             INSERT INTO vaccines VALUES (3, '03', NULL); INSERT INTO organizations (ORG_ID) VALUES (5);
             INSERT INTO immunizations VALUES (1, 11, 7, 3, 45000, NULL, 1, 5, 'N')",
        )
        .unwrap();
    drop(connection);
    let ran = phds_with(&["explain", text(&database), "--as-of", "2024-07-08", "--fact", "11"]);
    assert!(ran.stdout.contains("> VACCINATION_DATE \"45000\"\n"), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("VACCINE_GROUP    \"\"\n"), "{}", ran.stdout);
}
