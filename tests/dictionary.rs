//! The data dictionary as a workbook.

#![cfg(feature = "xlsx")]
#![allow(clippy::unwrap_used)]

mod common;

use common::Site;
use std::io::{Cursor, Read};

/// The parts of the workbook that `phds dictionary` prints, by their names.
fn workbook(arguments: &[&str]) -> Vec<(String, String)> {
    let mut command = assert_cmd::Command::cargo_bin("phds").unwrap();
    let ran = command.args(["dictionary", "--format", "xlsx"]).args(arguments).output().unwrap();
    assert!(ran.status.success());
    let mut archive = zip::ZipArchive::new(Cursor::new(ran.stdout)).unwrap();
    let places = 0..archive.len();
    let part = |place| {
        let mut file = archive.by_index(place).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        (file.name().unwrap().into_owned(), text)
    };
    places.map(part).collect()
}

fn part<'a>(parts: &'a [(String, String)], name: &str) -> &'a str {
    &parts.iter().find(|part| part.0 == name).unwrap().1
}

/// The texts of all cells, as they stand in the workbook.
fn texts(parts: &[(String, String)]) -> Vec<String> {
    let strings = part(parts, "xl/sharedStrings.xml");
    let cells = strings.split("</t>").filter_map(|cell| Some(cell.split_once("<t")?.1.split_once('>')?.1));
    let unescaped = |cell: &str| cell.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    cells.map(unescaped).collect()
}

#[test]
fn the_workbook_says_what_the_dictionary_as_csv_says() {
    let parts = workbook(&[]);
    let texts = texts(&parts);
    let printed = common::phds_with(&["dictionary", "--format", "csv"]).stdout;
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(printed.as_bytes());
    let mut cells = 0;
    for row in rows.records() {
        for cell in row.unwrap().iter().filter(|cell| !cell.is_empty()) {
            assert!(texts.iter().any(|text| text == cell), "{cell}");
            cells += 1;
        }
    }
    assert!(cells > 250, "{cells}");
    let sheets = part(&parts, "xl/workbook.xml");
    for name in ["Columns", "Codes", "Rules"] {
        assert!(sheets.contains(&format!("name=\"{name}\"")), "{sheets}");
    }
    // The policy's rules and the rules of use, without Markdown.
    for begins in
        ["Dates: vaccinations from 2018-01-01", "Analyse each file on its own. Don't link its records"]
    {
        assert!(texts.iter().any(|text| text.starts_with(begins)), "{begins}");
    }
    assert!(!texts.iter().any(|text| text.contains("**") || text.contains('\n')), "{texts:?}");
}

#[test]
fn no_name_of_a_policy_is_a_formula_or_a_link_in_the_workbook() {
    let site = Site::new();
    let policy = site.path("policy.toml");
    let text =
        "name = \"=HYPERLINK(1)\"\n[header]\nCVX_CODE = \"http://cvx.example\"\nZIP_CODE = \"<ZIP> & 1\"\n";
    std::fs::write(&policy, text).unwrap();
    let parts = workbook(&["--policy", common::text(&policy)]);
    for (name, text) in &parts {
        assert!(!text.contains("<f>") && !text.contains("<hyperlink"), "{name}: {text}");
    }
    let texts = texts(&parts);
    for name in ["Policy: =HYPERLINK(1)", "http://cvx.example", "<ZIP> & 1"] {
        assert!(texts.iter().any(|text| text == name), "{name}: {texts:?}");
    }
}

#[test]
fn no_day_but_the_one_that_stands_for_none_is_in_the_workbook() {
    let parts = workbook(&[]);
    let core = part(&parts, "docProps/core.xml");
    assert_eq!(core.matches("1980-01-01T00:00:00Z").count(), 2, "{core}");
}
