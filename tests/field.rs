//! What went wrong in the field: small inputs from public reports of people who do this kind of work, each as it should
//! end. All start from the same export: 200 clients (IA) with open standard consent, 200 facts, 2 organizations of one
//! entity.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/field.rs"]
mod field_export;

use common::{header, manifest};
use field_export::{CLIENTS, FIRST, Field, client, fact};

#[test]
fn stray_quotes_in_clients_swallow_a_row() {
    let field = Field::new();
    field.replace("clients", "1002,IA,Ana,Ruiz", "1002,IA,\"Ana,Ruiz");
    field.replace("clients", "1003,IA,Ana,Ruiz,", "1003,IA,Ana\",Ruiz,");
    // The two lines are one well-formed record. It counts as two of 200 rows and one more: just above one per cent.
    field.stops(&["--max-quarantined", "0.99%"], "TOO_MANY_QUARANTINED: 2 of 200 rows", &[]);
    let ran = field.shares_all_but(&[], &[1002, 1003]);
    assert!(ran.stderr.contains("1 row(s) over several lines may hold other rows"), "{}", ran.stderr);
    assert!(
        field.quarantine().contains("\nclients,clients.csv,3,,MALFORMED_ROW\n"),
        "{}",
        field.quarantine()
    );
    let manifest = manifest(&field.site.batch());
    assert_eq!(manifest["tables"]["clients"]["rows"], 199);
    assert_eq!(manifest["tables"]["clients"]["quarantined"]["MALFORMED_ROW"], 1);
}

#[test]
fn stray_quotes_in_consents_swallow_a_withdrawal() {
    let field = Field::new();
    field.edit("consents", |mut text| {
        text.extend_from_slice(
            b"1006,STANDARD,2016-01-01,2023-01-01,\"\n1005,STANDARD,2015-01-01,2023-01-01,WITHDRAWN\n1006,STANDARD,2016-01-01,,\"\n",
        );
        text
    });
    field.stops(&[], "consents.csv, line 202: MALFORMED_ROW", &["no value may hold a line break"]);
    // In a column of notes, too, which nobody reads.
    let field = Field::new();
    field.edit("consents", |text| {
        let text =
            String::from_utf8(text).unwrap().replace('\n', ",\n").replace("END_REASON,", "END_REASON,NOTES");
        text.replacen(
            "1006,STANDARD,2015-01-01,,,\n",
            "1006,STANDARD,2015-01-01,,,\"by letter\n or so\"\n",
            1,
        )
        .into_bytes()
    });
    field.stops(
        &[],
        "consents.csv, line 7: MALFORMED_ROW",
        &["leave a column that is not read, such as notes, out"],
    );
}

/// A copy that was cut off leaves zeros: the beginning of one row and the end of another look like one.
#[test]
fn holes_in_a_file_swallow_rows() {
    let hole = "\0".repeat(45);
    let field = Field::new();
    field.replace("consents", "\n1003,STANDARD,2015-01-01,,", &hole);
    field.stops(&[], "consents.csv, line 3: MALFORMED_ROW", &[]);
    let field = Field::new();
    field.replace("clients", ",Ruiz,,1990-05-05,F,,TX,Travis,78701\n1003,IA,Ana", &hole);
    field.shares_all_but(&[], &[1002, 1003]);
    assert!(
        field.quarantine().contains("\nclients,clients.csv,3,,MALFORMED_ROW\n"),
        "{}",
        field.quarantine()
    );
    // A few are padding, and become a space as other control characters do.
    let field = Field::new();
    field.replace("clients", "1002,IA,Ana,", "1002,IA\0\0,Ana\0\0\0\0,");
    field.shares_all_but(&[], &[]);
}

#[test]
fn a_line_break_in_a_header_stops_the_run() {
    for (table, columns) in common::HEADERS {
        let field = Field::new();
        if matches!(table, "recipients" | "control") {
            field.rows(table, []);
        }
        field.edit(table, |text| {
            let text = String::from_utf8(text).unwrap();
            text.replacen(columns, &format!("{columns},\"NOTES\nof ours\""), 1).into_bytes()
        });
        field.stops(
            &[],
            &format!("{table}.csv, line 1: HEADER_OVER_LINES"),
            &["close the quote in the header"],
        );
    }
}

#[test]
fn an_address_in_two_lines_stays_what_it_is() {
    let field = Field::new();
    field.replace("clients", "1002,IA,Ana,Ruiz", "1002,IA,\"Ana\r\nMaría, the \"\"younger\"\"\",Ruiz");
    field.shares_all_but(&[], &[]);
}

#[test]
fn a_consents_file_that_may_be_cut() {
    // Without a count nothing tells what is lost.
    let field = Field::new();
    let cut = |field: &Field| field.edit("consents", |text| text[..text.len() - 1].to_vec());
    cut(&field);
    field.stops(
        &[],
        "consents.csv, line 201: CUT_SHORT",
        &["add a row to the table control", "end the file with a line end"],
    );
    field.rows("control", ["clients,200".to_owned()]);
    field.stops(&[], "CUT_SHORT", &[]);
    // With one, the last row closes its client, and does not count for the limit.
    field.rows("control", ["CONSENTS,200".to_owned()]);
    let ran = field.shares_all_but(&["--max-quarantined", "0%"], &[1200]);
    assert!(ran.stderr.contains("consents: the file does not end with a line end"), "{}", ran.stderr);
    assert!(field.quarantine().contains("consents,consents.csv,201,,CUT_SHORT"), "{}", field.quarantine());
    assert_eq!(manifest(&field.site.batch())["facts"]["excluded"]["CONSENT_UNREADABLE"], 1);
    // Another fault goes before, and counts.
    field.replace("consents", "1200,STANDARD,2015-01-01", "1200,STANDARD,2015-01-99");
    let ran = field.site.run(&["--max-quarantined", "0%"]);
    assert!(ran.code == 65 && ran.stderr.contains("TOO_MANY_QUARANTINED: 1 of 200"), "{}", ran.stderr);
    // Where the id is what the file ends with, it may be another's.
    let field = Field::new();
    field.rows("control", ["consents,200".to_owned()]);
    field.edit("consents", |text| {
        let text = String::from_utf8(text).unwrap();
        let swapped: String = text
            .lines()
            .map(|line| line.split_once(',').unwrap())
            .map(|(id, rest)| format!("{rest},{id}\n"))
            .collect();
        swapped.into_bytes()
    });
    field.shares_all_but(&[], &[]);
    std::fs::remove_dir_all(field.site.out()).unwrap();
    cut(&field);
    field.stops(&[], "consents.csv, line 201: CUT_SHORT", &["let CLIENT_ID not be its last column"]);
}

#[test]
fn a_consents_file_without_rows_or_with_blank_lines_at_its_end() {
    let field = Field::new();
    let header = header("consents").as_bytes();
    field.site.file("consents.csv", header);
    field.stops(&[], "consents.csv, line 1: CUT_SHORT", &[]);
    field.rows("control", ["consents,0".to_owned()]);
    let (clients, _) = field.shares(&[]);
    assert!(clients.is_empty());
    let field = Field::new();
    field.edit("consents", |text| [&text[..], b"\n\r\n"].concat());
    field.shares_all_but(&[], &[]);
}

#[test]
fn recipients_and_control_must_end_with_a_line_end() {
    for (table, text) in [("recipients", "Travis,Travis County"), ("control", "clients,200")] {
        let field = Field::new();
        field.rows(table, [text.to_owned()]);
        field.shares_all_but(&[], &[]);
        std::fs::remove_dir_all(field.site.out()).unwrap();
        field.edit(table, |text| text[..text.len() - 1].to_vec());
        field.stops(&[], &format!("{table}.csv, line 2: CUT_SHORT"), &["end the file with a line end"]);
        field.edit(table, |text| text.split(|byte| *byte == b'\n').next().unwrap().to_vec());
        field.stops(&[], &format!("{table}.csv, line 1: CUT_SHORT"), &[]);
    }
}

#[test]
fn the_other_tables_may_end_without_a_line_end() {
    for table in ["clients", "immunizations", "vaccines", "organizations"] {
        let field = Field::new();
        field.edit(table, |text| text[..text.len() - 1].to_vec());
        let ran = field.shares_all_but(&[], &[]);
        assert!(
            ran.stderr.contains(&format!("{table}: the file does not end with a line end")),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn other_line_ends_inside_values_become_spaces() {
    let field = Field::new();
    field.replace("clients", "1002,IA,Ana,", "1002,IA,An\u{85}\u{2028}\u{9f}a\u{2029},");
    field.shares_all_but(&[], &[]);
    let file = String::from_utf8(field.site.batch()["PHDS_Travis_County_202407.csv"].clone()).unwrap();
    assert!(file.contains("\n1002,An a,Ruiz,"), "{file}");
    assert_eq!(file.matches('\n').count(), file.lines().count());
    assert!(!file.contains(['\u{85}', '\u{2028}', '\u{2029}', '\u{9f}']));
    // In the header, too.
    field.replace("clients", "CLIENT_ID,", "\u{2028}CLIENT_ID\u{85},");
    field.shares_all_but(&[], &[]);
}

#[test]
fn words_for_nothing_make_no_recipient() {
    for word in [
        "NULL",
        "null",
        "(null)",
        "\\N",
        "NA",
        "N/A",
        "#N/A",
        "None",
        "NaN",
        "N\u{200b}ULL",
        "\u{200b}",
        "\u{200b} \u{ad}",
    ] {
        let field = Field::new();
        field.organizations(["Travis County", word]);
        let (clients, ran) = field.shares(&[]);
        assert_eq!(clients.len(), CLIENTS / 2, "{word:?}");
        assert_eq!(field.files(), ["PHDS_Travis_County_202407.csv"], "{word:?}");
        assert_eq!(manifest(&field.site.batch())["facts"]["excluded"]["NO_RESPONSIBLE_ENTITY"], 100);
        assert!(
            ran.stderr.contains("organizations: 1 row(s) whose RESPONSIBLE_ENTITY is a word for nothing"),
            "{}",
            ran.stderr
        );
        // As a recipient, or as what a recipient gets, it stops the run.
        for row in [format!("{word},Travis County"), format!("Travis,{word}")] {
            let field = Field::new();
            field.rows("recipients", [row]);
            field.stops(&[], "recipients.csv, line 2, column R", &["INVALID_VALUE"]);
        }
    }
    // Elsewhere such a word is a text, and a child may be called so.
    let field = Field::new();
    field.replace("clients", "1002,IA,Ana,Ruiz", "1002,IA,Null,NA");
    let ran = field.shares_all_but(&[], &[]);
    assert!(!ran.stderr.contains("word for nothing"), "{}", ran.stderr);
}

#[test]
fn composed_and_decomposed_names_are_one() {
    let (composed, decomposed) = ("R\u{ed}o Seco County", "Ri\u{301}o Seco County");
    let field = Field::new();
    field.organizations([composed, decomposed]);
    field.shares_all_but(&[], &[]);
    assert_eq!(field.files(), ["PHDS_Rio_Seco_County_202407.csv"]);
    // The spelling that sorts first by its bytes names the recipient.
    assert_eq!(manifest(&field.site.batch())["files"][0]["recipient"], decomposed);
    // And between the table of recipients and the organizations.
    field.rows("recipients", [format!("Río Seco,{composed}")]);
    field.shares_all_but(&[], &[]);
    assert_eq!(field.files(), ["PHDS_Rio_Seco_202407.csv"]);
}

#[test]
fn characters_that_show_nothing_make_no_other_name() {
    let field = Field::new();
    field.organizations(["Travis County", "Tra\u{ad}vis County\u{200b}"]);
    field.shares_all_but(&[], &[]);
    assert_eq!(field.files(), ["PHDS_Travis_County_202407.csv"]);
    field.rows("recipients", ["Travis,\u{feff}travis \u{200e}county".to_owned()]);
    field.shares_all_but(&[], &[]);
}

#[test]
fn two_names_that_become_one_file() {
    let field = Field::new();
    field.organizations(["Río Seco", "Rio Seco"]);
    let stands = "organizations.csv, line 2, column RESPONSIBLE_ENTITY: SAME_FILE_NAME: \"Río Seco\" and \"Rio Seco\", which stands on line 3";
    field.stops(&[], stands, &["a row for each spelling"]);
    field.rows("recipients", ["Río Seco,Río Seco".to_owned(), "Río Seco,Rio Seco".to_owned()]);
    field.shares_all_but(&[], &[]);
    assert_eq!(field.files(), ["PHDS_Rio_Seco_202407.csv"]);
}

#[test]
fn covid_vaccines_without_a_flag_or_a_group() {
    for (cvx, group) in
        [("208", ""), ("208", "COVID19"), ("0208", ""), ("208.0", "x"), ("521", ""), ("03", "COV")]
    {
        let field = Field::new();
        field.rows("vaccines", [format!("5,{cvx},")]);
        let ids = FIRST..FIRST + CLIENTS;
        field.rows("immunizations", ids.map(|id| fact(id, "2021-03-05", group, "")));
        let (clients, _) = field.shares(&[]);
        assert!(clients.is_empty(), "{cvx} {group}");
        let excluded = &manifest(&field.site.batch())["facts"]["excluded"];
        assert_eq!(excluded["DISASTER_CONSENT_MISSING"], CLIENTS, "{cvx} {group}");
    }
    // A code set of the site's own.
    let field = Field::new();
    std::fs::write(field.site.path("p.toml"), "[disaster]\ncvx = [\"3\"]\n").unwrap();
    let ids = FIRST..FIRST + CLIENTS;
    field.rows("immunizations", ids.map(|id| fact(id, "2021-03-05", "", "")));
    let policy = field.site.path("p.toml");
    assert!(field.shares(&["--policy", policy.to_str().unwrap()]).0.is_empty());
}

#[test]
fn rows_that_are_not_in_the_encoding_are_told() {
    let field = Field::new();
    field.edit("clients", |text| {
        let text = String::from_utf8(text).unwrap().replacen("1002,IA,Ana,Ruiz", "1002,IA,Ana,Mu~oz", 1);
        text.into_bytes().into_iter().map(|byte| if byte == b'~' { 0xf1 } else { byte }).collect()
    });
    let ran = field.shares_all_but(&[], &[1002]);
    assert!(
        ran.stderr.contains("clients: 1 row(s) hold bytes that are not the export's encoding"),
        "{}",
        ran.stderr
    );
    let ran = field.shares_all_but(&["--encoding", "windows-1252"], &[]);
    assert!(!ran.stderr.contains("encoding"), "{}", ran.stderr);
}

#[test]
fn dates_and_ids_as_others_write_them() {
    // None is guessed, none inherited from the row before.
    let field = Field::new();
    field.replace("immunizations", "1003,1003,1003,5,2024-06-01", "1003,1003,1003,5,06/01/2024");
    field.shares_all_but(&[], &[1003]);
    assert!(field.quarantine().contains("immunizations,immunizations.csv,4,VACCINATION_DATE,INVALID_DATE"));
    // Two-digit years gone wrong.
    let field = Field::new();
    field.replace("clients", "1003,IA,Ana,Ruiz,,1990-05-05", "1003,IA,Ana,Ruiz,,2068-05-05");
    field.replace("clients", "1004,IA,Ana,Ruiz,,1990-05-05", "1004,IA,Ana,Ruiz,,0091-05-05");
    field.shares_all_but(&[], &[1003, 1004]);
    for row in ["clients,clients.csv,5,BIRTH_DATE,INVALID_DATE", "VACCINATED_BEFORE_BIRTH"] {
        assert!(field.quarantine().contains(row), "{}", field.quarantine());
    }
    // Scientific notation loses digits at the source.
    let field = Field::new();
    field.replace("clients", "1003,IA", "1.003E+03,IA");
    field.shares_all_but(&[], &[1003]);
    assert!(field.quarantine().contains("clients,clients.csv,4,CLIENT_ID,INVALID_ID"));
    // Nullable integers with a decimal tail, and a backslash at the end of a value.
    let field = Field::new();
    field.replace(
        "immunizations",
        "1003,1003,1003,5,2024-06-01,MMR,1,8,N",
        "1003,1003.0,1003,5.0,2024-06-01,MMR,1.0,8.0,N",
    );
    field.replace("clients", "1003,IA,Ana,Ruiz", "1003,IA,\"Ana\\\",Ruiz");
    field.shares_all_but(&[], &[]);
}

#[test]
fn a_refusal_without_its_time_closes_the_client() {
    let field = Field::new();
    field.replace("consents", "1003,STANDARD,2015-01-01,,", "1003,STANDARD,2015-01-01,,WITHDRAWN");
    field.shares_all_but(&[], &[1003]);
    assert_eq!(manifest(&field.site.batch())["facts"]["excluded"]["CONSENT_UNREADABLE"], 1);
}

#[test]
fn a_line_of_delimiters_only_in_consents_stops_the_run() {
    let field = Field::new();
    field.edit("consents", |text| [&text[..], b",,,,\n"].concat());
    field.stops(&[], "consents.csv, line 202, column CLIENT_ID: INVALID_ID", &[]);
    let field = Field::new();
    field.edit("immunizations", |text| [&text[..], b",,,,,,,,\n"].concat());
    field.shares_all_but(&[], &[]);
}

/// Whatever line breaks the values hold, a file has as many lines as rows and one for its header.
#[test]
fn every_line_of_a_file_is_a_row() {
    let field = Field::new();
    let breaks = ["\r", "\n", "\r\n", "\u{85}", "\u{2028}", "\u{b}", "\n\r\n"];
    let row = |id: usize| client(id, &format!("\"A{}b\"", breaks[id % breaks.len()]));
    field.rows("clients", (FIRST..FIRST + CLIENTS).map(row));
    field.shares_all_but(&[], &[]);
    let text = String::from_utf8(field.site.batch()["PHDS_Travis_County_202407.csv"].clone()).unwrap();
    assert_eq!(text.lines().count(), CLIENTS + 1);
    assert!(!text.contains(breaks.map(|b| b.chars().next().unwrap()).as_slice()) || !text.contains("\r"));
    assert!(text.lines().skip(1).all(|line| line.split(',').nth(1) == Some("A b")), "{text}");
}

#[test]
fn policies_that_name_their_types_otherwise() {
    let field = Field::new();
    let policy = field.site.path("p.toml");
    let path = policy.to_str().unwrap();
    field.rows(
        "clients",
        (FIRST..FIRST + CLIENTS)
            .map(|id| client(id, "Ana").replace("IA", "Child").replace("1990-05-05", "2000-01-01")),
    );
    // Without the key nobody ages out, and the check says so.
    let types = "[client_types.Child]\nstandard = true\n[client_types.Adult]\nstandard = true\n";
    std::fs::write(&policy, types).unwrap();
    let checked = common::phds_with(&["policy", "check", path]);
    assert_eq!(checked.code, 0);
    for words in [
        "no client type that shares standard immunizations is a child's",
        "client type \"Child\" is none of",
        "client type \"Adult\" is none of",
    ] {
        assert!(checked.stderr.contains(words), "{}", checked.stderr);
    }
    field.shares_all_but(&["--policy", path], &[]);
    std::fs::write(&policy, types.replacen("true\n", "true\nchild = true\n", 1)).unwrap();
    let checked = common::phds_with(&["policy", "check", path]);
    assert!(!checked.stderr.contains("no client type"), "{}", checked.stderr);
    assert!(field.shares(&["--policy", path]).0.is_empty());
    assert_eq!(manifest(&field.site.batch())["facts"]["excluded"]["CHILD_CONSENT_AGED_OUT"], CLIENTS);
}
