//! Profiles, sentence by sentence of the contract.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Ran, Site, header, manifest, phds_with, text};
use serde_json::Value;

/// An export with one client, one consent and one fact, and its profile.
struct Case {
    site: Site,
    profile: String,
}

impl Case {
    fn new(profile: &str) -> Case {
        let profile = format!("name = \"test\"\n{profile}");
        Case { site: Site::new(), profile }
    }

    fn rows(self, table: &str, rows: &[&str]) -> Case {
        self.site.rows(table, rows);
        self
    }

    fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Case {
        self.site.file(name, bytes.as_ref());
        self
    }

    fn without(self, name: &str) -> Case {
        self.site.remove(name);
        self
    }

    /// Clients with further columns, and no table of consents.
    fn giving(profile: &str, columns: &str, rows: &[&str]) -> Case {
        let from = format!("[[tables.consents.from]]\ntable = \"clients\"\n{profile}");
        let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
        let clients = format!("{},{columns}\n{lines}", header("clients"));
        Case::new(&from).without("consents.csv").file("clients.csv", clients)
    }

    fn place(&self) -> String {
        let path = self.site.path("profile.toml");
        std::fs::write(&path, &self.profile).unwrap();
        text(&path).to_owned()
    }

    fn run(&self) -> Ran {
        self.site.run(&["--max-quarantined", "100%", "--profile", &self.place()])
    }

    /// Runs it; `expect`: the outcome of the one fact.
    fn comes_to(&self, expect: &str) {
        let ran = self.run();
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let told = manifest(&self.site.batch());
        let got = match told["facts"]["included"].as_u64() {
            Some(1) => "INCLUDED".to_owned(),
            _ => format!("{}{}", codes(&told["facts"]["excluded"]), codes(&told["facts"]["quarantined"])),
        };
        assert_eq!(got, expect, "{}", self.profile);
    }

    /// Runs it; it ends with a code, and what is printed holds the words.
    fn ends(&self, code: i32, words: &[&str]) {
        let ran = self.run();
        assert_eq!(ran.code, code, "{}", ran.stderr);
        for word in words {
            assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
        }
    }

    /// The lines of the list of quarantined rows behind its header.
    fn quarantined(&self) -> Vec<String> {
        let list = String::from_utf8(self.site.batch()["qa/quarantine.csv"].clone()).unwrap();
        list.lines().skip(1).map(str::to_owned).collect()
    }
}

fn codes(counts: &Value) -> String {
    counts.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
}

const GIVEN: &str = "columns = { CONSENT_TYPE = { constant = \"STANDARD\" }, EFFECTIVE_DATE = \"ON\", END_DATE = \"OFF\" }\n\
     end_reason_if_ended = \"WITHDRAWN\"\n";

#[test]
fn days_that_mean_not_known() {
    let unknown = "[dates]\nunknown = [\"1900-01-01\"]\n";
    let consents = |row: &str| Case::new(unknown).rows("consents", &[row]);
    consents("7,STANDARD,2015-01-01,,").comes_to("INCLUDED");
    consents("7,STANDARD,1900-01-01,,").comes_to("CONSENT_UNREADABLE");
    consents("7,STANDARD,2015-01-01,1900-01-01,").comes_to("CONSENT_UNREADABLE");
    // What `values` gives is final.
    let open = format!("{unknown}[tables.consents.values.END_DATE]\n\"1900-01-01\" = \"\"\n");
    Case::new(&open).rows("consents", &["7,STANDARD,2015-01-01,1900-01-01,"]).comes_to("INCLUDED");
}

#[test]
fn a_time_behind_a_date_may_end_in_am_or_pm() {
    for profile in ["", "[dates]\nformats = [\"%Y-%m-%d\"]\n"] {
        for time in [" 10:15 PM", "T9:05am", " 12.00.00.000000 AM"] {
            let consent = format!("7,STANDARD,2015-01-01{time},,");
            Case::new(profile).rows("consents", &[&consent]).comes_to("INCLUDED");
        }
        Case::new(profile).rows("consents", &["7,STANDARD,2015-01-01 PM,,"]).comes_to("CONSENT_UNREADABLE");
    }
    let without = Site::new();
    without.rows("consents", &["7,STANDARD,2015-01-01 10:15 PM,,"]);
    assert_eq!(without.run(&[]).code, 65);
}

#[test]
fn words_for_blank_count_without_quotes_only() {
    let case = Case::new("[files]\nnull = [\"NULL\"]\n");
    let clients = "7,IA,\"NULL\",NULL,null,1990-05-05,F,,TX,NULL,=\"00501\"";
    let case = case.rows("clients", &[clients]).rows("consents", &["7,STANDARD,2015-01-01,NULL,NULL"]);
    case.comes_to("INCLUDED");
    let file = String::from_utf8(case.site.batch()["PHDS_Travis_202407.csv"].clone()).unwrap();
    assert!(file.contains("\n7,NULL,,null,1990-05-05,F,,TX,,\"=\"\"00501\"\"\","), "{file}");
}

#[test]
fn names_of_columns() {
    let consents =
        |header: &str| Case::new("").file("consents.csv", format!("{header}\n7,STANDARD,2015-01-01,,,\n"));
    consents("client id,Consent\u{a0}Type,EFFECTIVE \t DATE,END_DATE,End_Reason,X").comes_to("INCLUDED");
    let twice = "CLIENT_ID,CONSENT_TYPE,EFFECTIVE_DATE,END_DATE,END_REASON,client id";
    consents(twice).ends(65, &["COLUMN_TWICE"]);
    let extra = "CLIENT_ID,CONSENT_TYPE,EFFECTIVE_DATE,END_DATE,\"END_REASON\",END REASON ";
    consents(extra).ends(65, &["COLUMN_TWICE"]);
    // Without a profile a blank is no underscore.
    let site = Site::new();
    site.file(
        "consents.csv",
        b"CLIENT ID,CONSENT_TYPE,EFFECTIVE_DATE,END_DATE,END_REASON\n7,STANDARD,2015-01-01,,\n",
    );
    assert_eq!(site.run(&[]).code, 65);
    let named = "[tables.consents.columns]\nCLIENT_ID = \"PERSON\"\n";
    Case::new(named).ends(65, &["column CLIENT_ID", "MISSING_COLUMN", "\"PERSON\" in the profile"]);
}

#[test]
fn files_by_their_names() {
    let named = |pattern: &str| Case::new(&format!("[tables.vaccines]\nfile = \"{pattern}\"\n"));
    let vaccines = format!("{}\n3,03,\n", header("vaccines"));
    let moved = |pattern: &str| named(pattern).without("vaccines.csv").file("VACC_1.TXT", &vaccines);
    moved("VACC_*.TXT").comes_to("INCLUDED");
    moved("VACC_[0-9].T?T").comes_to("INCLUDED");
    moved("vacc_*.txt").ends(66, &["nothing fits \"vacc_*.txt\"", "table vaccines", "is it VACC_1.TXT?"]);
    moved("VACC_*").file("VACC_2.TXT", &vaccines).ends(65, &["SEVERAL_FILES", "VACC_1.TXT", "VACC_2.TXT"]);
    moved("VACC_*.TXT").file("VACC_2.TXT.gz", "").ends(65, &["SEVERAL_FILES"]);
}

#[test]
fn a_footer_that_is_cut_leaves_the_last_row_cut() {
    let footer = "[files]\nnot_rows = ['\\([0-9]+ rows affected\\)']\n";
    let consents = format!("{}\n7,STANDARD,2015-01-01,,\n\n(1 rows affected)", header("consents"));
    let whole = format!("{consents}\n");
    Case::new(footer).file("consents.csv", &whole).comes_to("INCLUDED");
    Case::new(footer).file("consents.csv", &consents).ends(65, &["CUT_SHORT"]);
    let counted = Case::new(footer).file("consents.csv", &consents).rows("control", &["consents,1"]);
    counted.comes_to("CONSENT_UNREADABLE");
    assert_eq!(counted.quarantined(), ["consents,consents.csv,2,,CUT_SHORT"]);
}

#[test]
fn consents_that_rows_of_clients_give() {
    let client = |rest: &str| format!("7,IA,Ana,Ruiz,,1990-05-05,F,,TX,Travis,78701,{rest}");
    let check = |rest: &str, expect: &str| {
        Case::giving(GIVEN, "ON,OFF", &[&client(rest)]).comes_to(expect);
    };
    check("2015-01-01,", "INCLUDED");
    check("2015-01-01,2016-01-01", "STANDARD_CONSENT_WITHDRAWN");
    check(",", "STANDARD_CONSENT_MISSING");
    check(",2016-01-01", "CONSENT_UNREADABLE");
    check("soon,", "CONSENT_UNREADABLE");
    check("2015-01-01,never", "CONSENT_UNREADABLE");
    // They count as rows of consents.
    let counted = |count: u64| {
        let count = format!("consents,{count}");
        Case::giving(GIVEN, "ON,OFF", &[&client("2015-01-01,")]).rows("control", &[&count])
    };
    counted(1).comes_to("INCLUDED");
    counted(2).ends(65, &["ROW_COUNT_DIFFERS"]);
    // Those of a file count too.
    let both = Case::giving(GIVEN, "ON,OFF", &[&client("2015-01-01,")]);
    let both = both
        .rows("consents", &["7,STANDARD,2015-01-01,2016-01-01,WITHDRAWN"])
        .rows("control", &["consents,2"]);
    both.comes_to("STANDARD_CONSENT_WITHDRAWN");
    // Bytes that are no text there make the consent unusable, not the client.
    let mut bytes = format!("{},ON,OFF\n", header("clients")).into_bytes();
    bytes.extend_from_slice(client("2015-01-01,\u{1}").replace('\u{1}', "").as_bytes());
    bytes.extend_from_slice(b"\xff\n");
    let case = Case::giving(GIVEN, "ON,OFF", &[]).file("clients.csv", bytes);
    case.comes_to("CONSENT_UNREADABLE");
    assert_eq!(case.quarantined(), ["consents,clients.csv,2,END_DATE,INVALID_UTF8"]);
}

#[test]
fn a_client_that_cannot_be_used_and_gives_a_consent() {
    let row =
        |id: &str, birth: &str, rest: &str| format!("{id},IA,Ana,Ruiz,,{birth},F,,TX,Travis,78701,{rest}");
    let given = |rows: &[&str]| Case::giving(GIVEN, "ON,OFF", rows);
    let case = given(&[&row("7", "unknown", "2015-01-01,")]);
    case.comes_to("UNKNOWN_CLIENT");
    let expect = [
        "clients,clients.csv,2,BIRTH_DATE,INVALID_DATE",
        "consents,clients.csv,2,,INVALID_DATE",
        "immunizations,immunizations.csv,2,CLIENT_ID,UNKNOWN_CLIENT",
    ];
    assert_eq!(case.quarantined(), expect);
    // The id is that of another client's row, whom the consent may be about.
    let whole = row("7", "1990-05-05", "2015-01-01,");
    given(&[&whole, &row("7", "unknown", "2015-01-01,")]).comes_to("CONSENT_UNREADABLE");
    given(&[&whole, &row("7", "unknown", ",")]).comes_to("INCLUDED");
    given(&[&whole, &row("x", "1990-05-05", "2015-01-01,")])
        .ends(65, &["clients.csv", "line 3", "INVALID_ID"]);
    given(&[&whole, &row("x", "1990-05-05", ",")]).comes_to("INCLUDED");
    given(&[&whole, "9,IA"]).ends(65, &["clients.csv", "line 3", "MALFORMED_ROW"]);
    // Rows that share their key give theirs: of equal ones one client stays, with what both give.
    given(&[&whole, &row("7", "1990-05-05", "2015-01-01,2016-01-01")]).comes_to("STANDARD_CONSENT_WITHDRAWN");
    // A file that may be cut.
    let cut = format!("{},ON,OFF\n{whole}", header("clients"));
    given(&[]).file("clients.csv", cut).ends(65, &["CUT_SHORT", "clients.csv"]);
}

#[test]
fn records_of_clients_that_stand_there_twice() {
    let row = |id: &str, rest: &str| format!("{id},IA,Ana,Ruiz,,1990-05-05,F,,TX,Travis,78701,{rest}");
    let held = |rows: &[&str], expect: bool| {
        let case = Case::giving(GIVEN, "ON,OFF", rows);
        let ran = case.site.run_gated(&["--max-quarantined", "100%", "--profile", &case.place()]);
        assert_eq!(ran.stderr.contains("REPEATED_CONSENTS"), expect, "{}", ran.stderr);
    };
    held(&[&row("7", "2015-01-01,"), &row("7", "2015-01-01,")], true);
    held(&[&row("7", "2015-01-01,"), &row("7", "2015-01-02,")], false);
    // Rows that give no consent are no records of consents.
    held(&[&row("7", "2015-01-01,"), &row("8", ","), &row("8", ",")], false);
}

#[test]
fn what_is_wrong_with_a_profile_or_beside_it() {
    let case = Case::new("[files]\nencodig = \"utf-16\"\n");
    case.ends(
        78,
        &["profile.toml, line 3, key files.encodig: there is no such key in a profile", "profile show"],
    );
    let place = case.place();
    assert_eq!(phds_with(&["profile", "check", &place]).code, 78);
    let nowhere = case.site.path("nowhere.toml");
    assert_eq!(case.site.run(&["--profile", text(&nowhere)]).code, 66);
    let case = Case::new("[files]\nencoding = \"utf-16\"\n");
    let place = case.place();
    assert_eq!(case.site.run(&["--profile", &place, "--encoding", "utf-8"]).code, 2);
    let checked = phds_with(&["profile", "check", &place]);
    assert_eq!(
        (checked.code, checked.stdout.contains("a profile, \"test\"")),
        (0, true),
        "{}",
        checked.stdout
    );
    let sample = phds_with(&["profile", "show"]).stdout;
    std::fs::write(&place, &sample).unwrap();
    assert_eq!(phds_with(&["profile", "check", &place]).code, 0);
    assert_eq!(phds_with(&["profile", "show", &place]).stdout, sample);
}

#[test]
fn utf_16_with_a_byte_order_mark() {
    let consents = format!("\u{feff}{}\r\n7,STANDARD,2015-01-01,,\r\n", header("consents"));
    let bytes: Vec<u8> = consents.encode_utf16().flat_map(u16::to_le_bytes).collect();
    Case::new("").file("consents.csv", &bytes).comes_to("INCLUDED");
    let site = Site::new();
    site.file("consents.csv", &bytes);
    let ran = site.run(&[]);
    assert!(ran.code == 65 && ran.stderr.contains("UTF16"), "{}", ran.stderr);
}

#[test]
fn every_command_that_takes_an_export_takes_a_profile() {
    let row = "7,IA,Ana,Ruiz,,1990-05-05,F,,TX,Travis,78701,2015-01-01,never";
    let case = Case::giving(GIVEN, "ON,OFF", &[row]);
    let (export, place) = (case.site.export(), case.place());
    let (export, profile) = (text(&export), ["--profile", &place]);
    let explained =
        phds_with(&[&["explain", export, "--as-of", "2024-07-08", "--fact", "11"][..], &profile].concat());
    assert!(explained.stdout.contains("CONSENT_UNREADABLE"), "{}", explained.stdout);
    assert!(
        explained.stdout.contains("clients.csv") && explained.stdout.contains("never"),
        "{}",
        explained.stdout
    );
    let checked = phds_with(&[&["check", export, "--as-of", "2024-07-08"][..], &profile].concat());
    assert!(checked.stdout.contains("END_DATE, INVALID_DATE"), "{}", checked.stdout);
    // The stages make the same batch as a run.
    assert_eq!(case.run().code, 0);
    let run = case.site.batch();
    let (work, out) = (case.site.path("w.db"), case.site.path("staged"));
    let (work, out) = (text(&work), text(&out));
    let limit = ["--max-quarantined", "100%"];
    assert_eq!(phds_with(&[&["read", export, "--work", work][..], &profile, &limit].concat()).code, 0);
    assert_eq!(
        phds_with(&[&["filter", "--work", work, "--as-of", "2024-07-08"][..], &limit].concat()).code,
        0
    );
    assert_eq!(
        phds_with(&[&["write", "--work", work, "--out", out][..], &common::GATES_OFF].concat()).code,
        0
    );
    let staged = common::read_folder(&std::path::Path::new(out).join("202407"));
    let names: Vec<&String> = run.keys().filter(|name| run.get(*name) != staged.get(*name)).collect();
    assert!(names.is_empty() && run.len() == staged.len(), "{names:?}");
    assert_eq!(manifest(&run)["profile"]["name"], "test");
    let month = case.site.out().join("202407");
    assert_eq!(phds_with(&["verify", text(&month)]).code, 0);
    let page = String::from_utf8(run["qa/report.html"].clone()).unwrap();
    assert!(page.contains("What the profile changed"), "the report tells of the profile");
}

#[test]
fn a_quote_in_a_line_that_is_no_row_opens_nothing() {
    let footer = "[files]\nnot_rows = ['-- .*']\n";
    let consents = header("consents");
    for rows in ["", "7,STANDARD,2015-01-01,,\n"] {
        let file = format!("-- \"before\n{consents}\n{rows}-- 1\"\n-- \"end\n");
        let expect = if rows.is_empty() { "STANDARD_CONSENT_MISSING" } else { "INCLUDED" };
        Case::new(footer).file("consents.csv", file).comes_to(expect);
    }
}

/// One of the names may be a value, also where a profile looks for a column.
#[test]
fn no_name_beside_one_that_may_be_a_value_is_shown() {
    let consents = "CLIENT_ID,CONSENT_TYPE,Smith,END_DATE,END_REASON";
    let renamed = "[tables.consents.columns]\nEFFECTIVE_DATE = \"Smyth\"\n";
    let told = |profile: &str, header: &str, rest: &str| {
        let case = Case::new(profile).file("consents.csv", format!("{header}{rest}\n7,STANDARD,x,,\n"));
        case.run().stderr
    };
    assert!(told(renamed, consents, "").contains("called \"Smith\": is it EFFECTIVE_DATE?"));
    assert!(!told(renamed, consents, ",1990-05-05").contains("Smith"));
    let columns = |rest: &str| {
        let from = "columns = { CONSENT_TYPE = { constant = \"STANDARD\" }, EFFECTIVE_DATE = \"Smyth\" }\n";
        let case = Case::giving(from, &format!("Smith{rest}"), &["7,IA,Ana,Ruiz,,1990-05-05,F,,TX,,,x"]);
        let ran = case.run();
        assert_eq!(ran.code, 65, "{}", ran.stderr);
        ran.stderr
    };
    assert!(columns("").contains("Smith"), "{}", columns(""));
    assert!(!columns(",1990-05-05").contains("Smith"), "{}", columns(",1990-05-05"));
}

/// Its ids are looked for as the profile writes them.
#[test]
fn a_row_that_is_no_row_is_found_through_a_profile() {
    let case = Case::new(
        "[files]\nunwrap = true\n[tables.immunizations.columns]\nIMMUNFACT_ID = \"FACT\"\n\
         [tables.immunizations.values.CLIENT_ID]\nnobody = \"9\"\n",
    );
    let facts = "FACT,IMMUNIZATION_ID,CLIENT_ID,VACCINE_ID,VACCINATION_DATE,VACCINE_GROUP,ORDINAL_POSITION,\
         GIVEN_BY_ORG_ID,DISASTER_FLAG\n11,1,7,3,2020-01-01,MMR,1,5,N\n\"=\"\"012\"\"\",2,nobody,3\n";
    let case = case.file("immunizations.csv", facts);
    let (export, profile) = (case.site.export(), case.place());
    for what in [["--client", "9"], ["--fact", "12"]] {
        let always = ["explain", text(&export), "--as-of", "2024-07-08", "--profile", &profile];
        let ran = phds_with(&[&always[..], &what[..]].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains("immunizations.csv, line 3: MALFORMED_ROW"), "{}", ran.stdout);
    }
}
