//! What is told of the small inputs from the field: each deviates in one way from the same export, and `phds run`, the stages
//! and `phds check` come to the same end; `check` names the deviation by table, column, code and shape, and nobody shows a
//! value.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/field.rs"]
mod field_export;

use common::{Ran, header, phds_with, text};
use field_export::{CLIENTS, FIRST, Field, client};
use rusqlite::types::Value;

/// What must be told of an export.
struct Told {
    field: Field,
    /// The case, for messages.
    id: &'static str,
    ran: Ran,
    checked: Ran,
}

/// Runs, goes through the stages and checks, and expects the same end of all. With every gate.
fn ends(id: &'static str, code: i32, edit: impl FnOnce(&Field)) -> Told {
    let field = Field::new();
    edit(&field);
    let ran = field.site.run_gated(&[]);
    let export = field.site.export();
    let checked = phds_with(&["check", text(&export), "--as-of", "2024-07-08"]);
    assert_eq!((ran.code, checked.code), (code, code), "{id}: {}{}", ran.stderr, checked.stderr);
    assert_eq!(in_stages(&field), code, "{id}: the stages");
    for said in [&ran.stdout, &ran.stderr, &checked.stdout, &checked.stderr] {
        // Names, days and ZIP codes of the export. The as-of date and the words of messages are others.
        for value in ["Ana", "Ruiz", "1990-05-05", "78701", "2024-06-01", "2015-01-01", "Brien", "06/01/2024"]
        {
            assert!(!said.contains(value), "{id}: {value}: {said}");
        }
    }
    Told { field, id, ran, checked }
}

/// The exit code that the stages end with.
fn in_stages(field: &Field) -> i32 {
    let (export, work, out) = (field.site.export(), field.site.path("work.db"), field.site.path("staged"));
    let stages: [&[&str]; 3] = [
        &["read", text(&export), "--work", text(&work)],
        &["filter", "--work", text(&work), "--as-of", "2024-07-08"],
        &["write", "--work", text(&work), "--out", text(&out)],
    ];
    stages.iter().map(|stage| phds_with(stage).code).find(|code| *code != 0).unwrap_or(0)
}

impl Told {
    /// `run` says these words.
    fn run_says(self, words: &str) -> Told {
        assert!(self.ran.stderr.contains(words), "{}: {words}: {}", self.id, self.ran.stderr);
        self
    }

    /// `run` warns of nothing but that there is no table `control`.
    fn run_is_quiet(self) -> Told {
        let others = self.ran.stderr.lines().filter(|line| !line.contains("no table control")).count();
        assert_eq!(others, 0, "{}: {}", self.id, self.ran.stderr);
        self
    }

    /// `check` says this at the table, once.
    fn check_says(self, table: &str, words: &str) -> Told {
        let lines = self.checked.stdout.lines().skip_while(|line| !line.starts_with(&format!("{table}: ")));
        let lines = lines.skip(1).take_while(|line| line.starts_with("  "));
        let told = lines.filter(|line| line.starts_with(&format!("  {words}"))).count();
        assert_eq!(told, 1, "{}: {table}: {words}: {}", self.id, self.checked.stdout);
        self
    }

    /// `check` says nothing at the table but how many rows it has.
    fn check_finds_nothing_in(self, table: &str) -> Told {
        let mut lines =
            self.checked.stdout.lines().skip_while(|line| !line.starts_with(&format!("{table}: ")));
        let behind = lines.nth(1).unwrap();
        assert!(!behind.starts_with(' '), "{}: {behind}", self.id);
        self
    }

    /// `check` says this anywhere.
    fn check_ends(self, words: &str) -> Told {
        assert!(self.checked.stdout.contains(words), "{}: {words}: {}", self.id, self.checked.stdout);
        self
    }
}

/// The rows of `clients`, each with this name in the middle, county and ZIP code.
fn clients(field: &Field, middle: &str, county: &str, zip: &str) {
    let row = |id: usize| format!("{id},IA,Ana,Ruiz,{middle},1990-05-05,F,,TX,{county},{zip}");
    field.rows("clients", (FIRST..FIRST + CLIENTS).map(row));
}

fn consents(field: &Field, rest: &str) {
    field.rows("consents", (FIRST..FIRST + CLIENTS).map(|id| format!("{id},STANDARD,{rest}")));
}

#[test]
fn quotes_that_swallow_rows() {
    ends("A01", 0, |field| {
        field.replace("clients", "1002,IA,Ana,Ruiz", "1002,IA,\"Ana,Ruiz");
        field.replace("clients", "1003,IA,Ana,Ruiz,", "1003,IA,Ana,Ruiz\",");
    })
    .run_says("clients: 1 row(s) over several lines may hold other rows")
    .check_says("clients", "MALFORMED_ROW: 1 row(s), line 3: line breaks in which rows may be lost")
    .check_says("immunizations", "CLIENT_ID, UNKNOWN_CLIENT: 2 row(s), lines 3, 4");
    ends("A02", 65, |field| {
        let rows = "1006,STANDARD,2016-01-01,2023-01-01,\"\n1005,STANDARD,2015-01-01,2023-01-01,WITHDRAWN\n1006,STANDARD,2016-01-01,,\"";
        field.append("consents", rows);
    })
    .run_says("consents.csv, line 202: MALFORMED_ROW")
    .check_says("consents", "MALFORMED_ROW: 1 row(s), line 202: line breaks in which rows may be lost");
    // Line breaks that swallow nothing are none of it.
    ends("A48", 0, |field| {
        field.rows("clients", (FIRST..FIRST + CLIENTS).map(|id| client(id, "\"An\r\na\"")));
    })
    .run_is_quiet()
    .check_finds_nothing_in("clients");
}

#[test]
fn pages_of_an_export() {
    ends("A05", 77, |field| {
        field.replace("consents", "1005,STANDARD,2015-01-01,,\n", "1006,STANDARD,2015-01-01,,\n");
        field.rows("control", ["consents,200".to_owned()]);
    })
    .run_says("REPEATED_CONSENTS: 1 record(s)")
    .check_ends("would hold the batch back:\n  REPEATED_CONSENTS: 1 record(s) of consents are an earlier record again")
    .check_ends("\n    have the export made again, in one piece or in a fixed order\n");
}

#[test]
fn words_for_null() {
    ends("A06", 77, |field| field.organizations(["Travis County", "NULL"]))
        .run_says("organizations: 1 row(s) whose RESPONSIBLE_ENTITY is a word for nothing")
        .check_says(
            "organizations",
            "RESPONSIBLE_ENTITY: 1 row(s), line 3: a word for nothing, NULL, taken as blank",
        );
    let text = "clients: words for nothing, such as NULL, are taken as text: 200 in MIDDLE_NAME, 200 in CLIENT_COUNTY, 200 in ZIP_CODE";
    ends("A07", 0, |field| clients(field, "\\N", "(null)", "NULL"))
        .run_says(text)
        .check_says(
            "clients",
            "MIDDLE_NAME: 200 row(s), lines 2, 3, 4, …: a word for nothing, \\N, taken as text",
        )
        .check_says("clients", "CLIENT_COUNTY: 200 row(s), lines 2, 3, 4, …: a word for nothing, (NULL)")
        .check_says("clients", "ZIP_CODE: 200 row(s), lines 2, 3, 4, …: a word for nothing, NULL");
    // As R writes it, and in other tables, down to the facts.
    ends("A07", 0, |field| clients(field, "NA", "NA", "NA"))
        .run_says("200 in MIDDLE_NAME, 200 in CLIENT_COUNTY");
    ends("A07", 0, |field| field.facts("2024-06-01", "NULL", "N"))
        .run_says("immunizations: words for nothing, such as NULL, are taken as text: 200 in VACCINE_GROUP")
        .check_says("immunizations", "VACCINE_GROUP: 200 row(s)");
    ends("A07", 0, |field| field.replace("vaccines", "5,03,", "5,None,"))
        .run_says("vaccines: words for nothing, such as NULL, are taken as text: 1 in CVX_CODE");
    // A child may be called so. Only who looks is told.
    ends("A07", 0, |field| field.replace("clients", "1002,IA,Ana,Ruiz", "1002,IA,Null,NA"))
        .run_is_quiet()
        .check_says("clients", "FIRST_NAME: 1 row(s), line 3: a word for nothing, NULL");
    let shape = "200 row(s) look like this: a word for nothing, NULL; expected: a day as YYYY-MM-DD";
    ends("A08", 65, |field| consents(field, "2015-01-01,NULL,NULL"))
        .run_says(&format!("END_DATE, INVALID_DATE: {shape}"))
        .check_says(
            "consents",
            "END_DATE, INVALID_DATE: 200 row(s), lines 2, 3, 4, …: a word for nothing, NULL",
        );
    ends("A08", 65, |field| field.facts("2024-06-01", "MMR", "NULL"))
        .run_says("DISASTER_FLAG, INVALID_VALUE: 200 row(s) look like this: a word for nothing, NULL; expected: Y or N")
        .check_says("immunizations", "DISASTER_FLAG, INVALID_VALUE: 200 row(s)");
}

#[test]
fn names_of_entities() {
    ends("A09", 0, |field| field.organizations(["R\u{ed}o Seco", "Ri\u{301}o Seco"])).run_is_quiet();
    ends("A10", 0, |field| {
        field.organizations(["R\u{ed}o Seco", "Ri\u{301}o Seco"]);
        field.rows("recipients", ["Seco,Ri\u{301}o Seco".to_owned()]);
    })
    .run_is_quiet();
    ends("A11", 0, |field| {
        field.organizations(["Travis County", "Travis County\u{200b}"]);
        field.rows("recipients", ["Travis,Travis\u{200b} County".to_owned()]);
    })
    .run_is_quiet();
    ends("A65", 77, |field| field.organizations(["", ""]))
        .run_says("NOTHING_SHARED")
        .check_ends("  NOTHING_SHARED: ");
    ends("A65", 77, |field| field.rows("recipients", ["Bexar,Bexar County".to_owned()]))
        .run_says("UNMATCHED_RECIPIENTS")
        .check_ends("  UNMATCHED_RECIPIENTS: ");
}

#[test]
fn names_of_columns() {
    for name in ["CLIENT\u{a0}ID", "CLIENT ID"] {
        ends("A13", 65, |field| field.replace("clients", "CLIENT_ID,", &format!("{name},")))
            .run_says("column CLIENT_ID: MISSING_COLUMN: the column is missing\n  column 1 is called \"CLIENT ID\": is it CLIENT_ID?")
            .check_says("clients", "  column 1 is called \"CLIENT ID\": is it CLIENT_ID?");
    }
}

#[test]
fn bytes_and_letters_of_another_encoding() {
    let broken = |field: &Field| {
        field.replace("clients", "1002,IA,Ana,Ruiz", "1002,IA,Ana,Mu~oz");
        field.edit("clients", |text| text.into_iter().map(|b| if b == b'~' { 0xf1 } else { b }).collect());
    };
    ends("A15", 0, broken)
        .run_says("clients: 1 row(s) hold bytes that are not the export's encoding")
        .check_says("clients", "LAST_NAME, INVALID_UTF8: 1 row(s), line 3: bytes that fit windows-1252");
    ends("A16", 0, |field| {
        field.replace("clients", "1002,IA,Ana,Ruiz", "1002,IA,Ana,Pe\u{c3}\u{b1}a");
        field.replace("clients", "1003,IA,Ana,Ruiz", "1003,IA,Ana,Pe\u{fffd}a");
    })
    .check_says("clients", "LAST_NAME: 2 row(s), lines 3, 4: text that was decoded wrongly once");
}

#[test]
fn headers_and_blank_rows_among_the_rows() {
    let again = "the header again (two exports in one file, or a header on every page?)";
    for (table, column) in [("clients", "CLIENT_ID"), ("immunizations", "IMMUNIZATION_ID")] {
        for mark in ["", "\u{feff}"] {
            ends("A18", 0, |field| field.append(table, &format!("{mark}{}", header(table))))
                .run_says(&format!("{table}: the header again on line 202, 1 time(s) in all"))
                .check_says(table, &format!("{column}, INVALID_ID: 1 row(s), line 202: {again}"));
        }
    }
    ends("A18", 65, |field| field.append("consents", header("consents")))
        .run_says(&format!("found there: {again}"))
        .check_says("consents", &format!("CLIENT_ID, INVALID_ID: 1 row(s), line 202: {again}"));
    ends("A18", 65, |field| field.rows("control", ["clients,200", header("control")].map(str::to_owned)))
        .run_says(&format!("found there: {again}"))
        .check_says("control", &format!("ROW_COUNT, INVALID_VALUE: 1 row(s), line 3: {again}"));
    // In recipients it is a row like others.
    let rows = ["Travis,Travis County".to_owned(), header("recipients").to_lowercase()];
    ends("A18", 77, |field| field.rows("recipients", rows))
        .run_says("recipients: the header again on line 3, 1 time(s) in all")
        .check_says("recipients", "RECIPIENT: 1 row(s), line 3: the header again");
    ends("A42", 65, |field| {
        let rows: Vec<String> = (FIRST..FIRST + CLIENTS).map(|id| client(id, "Ana")).collect();
        let pages = rows.chunks(14).map(|page| page.join("\n"));
        field.rows("clients", [pages.collect::<Vec<_>>().join(&format!("\n{}\n", header("clients")))]);
    })
    .run_says("clients: the header again on line 16, 14 time(s) in all")
    .check_says("clients", &format!("CLIENT_ID, INVALID_ID: 14 row(s), lines 16, 31, 46, …: {again}"));
    ends("A42", 0, |field| field.replace("clients", "1002,IA,Ana,", "1002,IA,Ana\n,"))
        .check_says("clients", "MALFORMED_ROW: 2 row(s), lines 3, 4: fewer fields than the header");

    let blank = "a line of nothing but delimiters";
    ends("A19", 65, |field| field.append("consents", ",,,,"))
        .run_says(&format!("found there: {blank}"))
        .check_says("consents", &format!("CLIENT_ID, INVALID_ID: 1 row(s), line 202: {blank}"));
    ends("A19", 0, |field| field.append("immunizations", ",,,,,,,,"))
        .run_says(&format!("immunizations: 1 row(s) left out, the first on line 202: {blank}"))
        .check_says("immunizations", &format!("IMMUNIZATION_ID, INVALID_ID: 1 row(s), line 202: {blank}"));
    // Two runs joined, which differ in a column that is not read.
    ends("A19", 65, |field| {
        let rows = |run: u8| (FIRST..FIRST + CLIENTS).map(move |id| format!("{},{run}\n", client(id, "Ana")));
        let text = format!("{},BATCH\n{}", header("clients"), rows(1).chain(rows(2)).collect::<String>());
        field.edit("clients", |_| text.into_bytes());
    })
    .run_says("TOO_MANY_QUARANTINED: 200 of 400 rows can't be used, more than the limit of 1%\n  DUPLICATE_ROW: 200 row(s): the row equals another")
    .check_says("clients", "column 12, BATCH: not part of the layout, ignored")
    .check_says("clients", "DUPLICATE_ROW: 200 row(s), lines 202, 203, 204, …: the row equals another");
}

#[test]
fn forms_of_dates() {
    for (id, date, shape) in [
        ("A20", "6/1/2024", "M/D/YYYY"),
        ("A21", "2/17/2022 9:50", "M/D/YYYY"),
        ("A21", "00/00/0000", "M/D/YYYY"),
        ("A22", "01-JUN-24", "DD-MON-YY"),
        ("A22", "01JUN2024", "DD-MON-YY"),
        ("A22", "31-OCT-2023", "DD-MON-YY"),
        ("A22", "\"Dec 8, 2022\"", "Month D, YYYY"),
        ("A22", "20240601", "YYYYMMDD"),
        ("A22", "2024/06/01", "YYYY/M/D"),
    ] {
        let expected = "; expected: a day as YYYY-MM-DD, from 1880 to 9999";
        ends(id, 65, |field| field.facts(date, "MMR", "N"))
            .run_says(&format!(
                "VACCINATION_DATE, INVALID_DATE: 200 row(s) look like this: {shape}{expected}"
            ))
            .check_says(
                "immunizations",
                &format!("VACCINATION_DATE, INVALID_DATE: 200 row(s), lines 2, 3, 4, …: {shape}{expected}"),
            );
    }
    ends("A23", 65, |field| {
        for id in (FIRST..FIRST + CLIENTS).step_by(2) {
            field.replace("immunizations", &format!("{id},5,2024-06-01"), &format!("{id},5,06/01/2024"));
        }
    })
    .check_says("immunizations", "VACCINATION_DATE, INVALID_DATE: 100 row(s), lines 2, 4, 6, …: M/D/YYYY");
    ends("A25", 0, |field| {
        field.replace("clients", "1003,IA,Ana,Ruiz,,1990", "1003,IA,Ana,Ruiz,,2068");
        field.replace("clients", "1004,IA,Ana,Ruiz,,1990", "1004,IA,Ana,Ruiz,,0091");
    })
    .check_says("clients", "BIRTH_DATE, INVALID_DATE: 1 row(s), line 5: YYYY-MM-DD, but no day from 1880")
    .check_says("immunizations", "VACCINATION_DATE, VACCINATED_BEFORE_BIRTH: 1 row(s), line 4");
    ends("A26", 0, |field| {
        field.replace("consents", "1003,STANDARD,2015-01-01,,", "1003,STANDARD,2015-01-01,1900-01-01,");
        field.replace("consents", "1004,STANDARD,2015-01-01,,", "1004,STANDARD,2015-01-01,0001-01-01,");
        field.replace("consents", "1005,STANDARD,2015-01-01,,", "1005,STANDARD,2015-01-01,9999-12-31,");
        field.replace("consents", "1006,STANDARD,2015-01-01,,", "1006,STANDARD,1900-01-01,,");
    })
    .check_says(
        "consents",
        "EFFECTIVE_DATE: 1 row(s), line 7: a day that often stands for an unknown one or for none",
    )
    .check_says(
        "consents",
        "END_DATE: 1 row(s), line 6: a day that often stands for an unknown one or for none",
    )
    .run_says("consents: 2 client(s) closed")
    .check_says("consents", "END_DATE, INVALID_VALUE: 1 row(s), line 4: an end before the beginning")
    .check_says("consents", "END_DATE, INVALID_DATE: 1 row(s), line 5: YYYY-MM-DD, but no day from 1880");
    ends("A27", 0, |field| {
        for id in FIRST..FIRST + CLIENTS {
            field.replace(
                "clients",
                &format!("{id},IA,Ana,Ruiz,,1990-05-05"),
                &format!("{id},IA,Ana,Ruiz,,2000-01-01"),
            );
        }
    })
    .check_ends("sign of bad source data: Many clients are born on the same day of the year in ");
    ends("A64", 0, |field| {
        field.replace("consents", "1003,STANDARD,2015-01-01,,", "1003,STANDARD,2015-01-01,,WITHDRAWN");
    })
    .run_says("consents: 1 client(s) closed")
    .check_says("consents", "END_DATE, INVALID_VALUE: 1 row(s), line 4: blank, beside the reason WITHDRAWN");
}

#[test]
fn numbers_and_codes() {
    let lost = "scientific notation (digits are lost at the source)";
    ends("A29", 0, |field| {
        field.replace("clients", "1003,IA", "1.003E+03,IA");
        field.replace("immunizations", "1005,1005,", "1005,1.0e+15,");
    })
    .run_says(&format!("clients: 1 row(s) left out, the first on line 4: {lost}"))
    .run_says(&format!("immunizations: 1 row(s) left out, the first on line 6: {lost}"))
    .check_says("clients", &format!("CLIENT_ID, INVALID_ID: 1 row(s), line 4: {lost}"))
    .check_says("immunizations", &format!("IMMUNFACT_ID, INVALID_ID: 1 row(s), line 6: {lost}"));
    ends("A33", 0, |field| field.replace("vaccines", "5,03,", "5,33332032102,"))
        .check_says("vaccines", "CVX_CODE: 1 row(s), line 2: more than 3 digits: no CVX code");
    ends("A34", 77, |field| {
        field.replace("vaccines", "5,03,", "5,208,");
        field.facts("2021-03-05", "COVID19", "");
    })
    .run_says("NOTHING_SHARED");
    ends("A35", 0, |field| field.replace_all("immunizations", ",MMR,1,7,", ",MMR,1.0,7.0,"))
        .run_is_quiet()
        .check_finds_nothing_in("immunizations");
}

#[test]
fn backslashes() {
    ends("A37", 0, |field| {
        field.replace("clients", "1002,IA,Ana,Ruiz", "1002,IA,Ana,\"O\\\"Brien\"");
        field.replace("clients", "1003,IA,Ana,Ruiz", "1003,IA,Ana,\"O\\\"Brien, Jr.\"");
        field.replace("clients", "1004,IA,Ana,Ruiz", "1004,IA,Ana,O\\'Brien");
    })
    .run_says(
        "clients: a backslash stands before a quote or apostrophe, and is taken as text: 2 in LAST_NAME",
    )
    .run_says("clients: 1 row(s) left out, the first on line 4: a backslash")
    .check_says("clients", "LAST_NAME: 2 row(s), lines 3, 5: a backslash before a quote or apostrophe")
    .check_says("clients", "MALFORMED_ROW: 1 row(s), line 4: a backslash");
    ends("A38", 0, |field| field.replace("clients", "1002,IA,Ana,Ruiz", "1002,IA,\"C:\\\",Ruiz"))
        .run_is_quiet()
        .check_finds_nothing_in("clients");
}

#[test]
fn other_things_under_the_name_of_a_table() {
    let pack = |bytes: &[u8]| {
        use std::io::Write;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let (packed, twice) = (pack(b"CLIENT_ID\n"), pack(&pack(b"CLIENT_ID\n")));
    let is = |bytes: &[u8], words: &str| {
        ends("A44", 65, |field| field.edit("clients", |_| bytes.to_vec()))
            .run_says(&format!("clients.csv: NOT_CSV: this is {words}"))
            .check_ends("clients: not read\n  ")
            .check_ends(&format!("clients.csv: NOT_CSV: this is {words}"));
    };
    is(b"<!DOCTYPE html>\n<html></html>\n", "a web page (HTML)");
    is(b"PK\x03\x04\x14\0\x06\0xl/", "a spreadsheet (.xlsx, .ods)");
    is(&packed, "compressed data (gzip)");
    ends("A44", 65, |field| {
        field.site.remove("clients.csv");
        field.site.file("clients.csv.gz", &twice);
    })
    .run_says("clients.csv.gz: NOT_CSV: this is compressed data (gzip): packed twice");
}

#[test]
fn databases() {
    let numbers = |column: &str, text: &str| match column {
        "ZIP_CODE" | "CVX_CODE" => Value::Integer(text.parse().unwrap()),
        _ if text.is_empty() => Value::Null,
        _ => Value::Text(text.to_owned()),
    };
    let types = |column: &str| if matches!(column, "ZIP_CODE" | "CVX_CODE") { "INTEGER" } else { "TEXT" };
    ends("A32", 0, |field| {
        field.replace_all("clients", ",78701\n", ",00501\n");
        field.store_in_database(types, numbers);
    })
    .check_says("clients", "ZIP_CODE: the column has a numeric type, INTEGER: codes lose their leading zeros")
    .check_says("clients", "ZIP_CODE: 200 row(s), lines 1, 2, 3, …: 3 or 4 digits")
    .check_says("vaccines", "CVX_CODE: the column has a numeric type, INTEGER")
    .check_says("vaccines", "CVX_CODE: 1 row(s), line 1: 1 digit: a leading zero is lost at the source?");

    // Days as others store them: the first is 2024-06-01, the others are as far from it as the text's day.
    let stored = |shape: &str, of_day: fn(f64) -> Value| {
        let value = |column: &str, text: &str| match (column, text) {
            (_, "") => Value::Null,
            ("VACCINATION_DATE", "2024-06-01") => of_day(19_875.0),
            ("BIRTH_DATE", "1990-05-05") => of_day(7_429.0),
            ("EFFECTIVE_DATE", "2015-01-01") => of_day(16_436.0),
            _ => Value::Text(text.to_owned()),
        };
        let of_table = |table: &str, column: &str| {
            format!(
                "export, table {table}: TOO_MANY_QUARANTINED: 200 of 200 rows can't be used, more than the limit of 1%\n  \
                 {column}, INVALID_DATE: 200 row(s) look like this: {shape}"
            )
        };
        ends("A36", 65, |field| field.store_in_database(|_| "", value))
            .run_says(&of_table("clients", "BIRTH_DATE"))
            .run_says(&of_table("consents", "EFFECTIVE_DATE"))
            .run_says(&of_table("immunizations", "VACCINATION_DATE"))
            .check_says(
                "clients",
                &format!("BIRTH_DATE, INVALID_DATE: 200 row(s), lines 1, 2, 3, …: {shape}"),
            );
    };
    stored("milliseconds since 1970", |day| Value::Integer(day as i64 * 86_400_000));
    stored("milliseconds since 1970", |day| Value::Real(day * 86_400_000.0));
    stored("seconds since 1970", |day| Value::Integer(day as i64 * 86_400));
    stored("a day number, as R (days since 1970)", |day| Value::Integer(day as i64));
    stored("a day number, as R (days since 1970)", Value::Real);
    stored("a Julian day number", |day| Value::Real(day + 2_440_587.5));
}

/// What the case table asks of `verify`, `diff` and the report is in tests/told.rs, tests/diff.rs and tests/report.rs. That
/// nothing of a withdrawn client is left anywhere is in tests/canary.rs.
#[test]
fn the_cases_share_all_that_is_sound() {
    let told = ends("base", 0, |_| {}).run_is_quiet();
    assert!(told.field.site.batch().contains_key("PHDS_Travis_County_202407.csv"));
    told.check_ends("200 fact(s) would be shared with 1 recipient(s)")
        .check_ends("phds run would publish the batch");
}
