//! Tables of rates by population, other bands of ages, another list of counties, and tables that are out from elsewhere.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Ran, phds_with, read_folder, run_on, text};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

const AS_OF: (u32, u32, u32) = (2024, 7, 8);

/// A batch of an invented registry.
fn batch(folder: &Path) -> PathBuf {
    let export = folder.join("export");
    let ran = phds_with(&["synth", "--out", text(&export), "--clients", "3000", "--as-of", "2024-07-08"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(run_on(&export, &folder.join("out"), &[]).code, 0);
    folder.join("out/202407")
}

fn summary(batch: &Path, arguments: &[&str]) -> Ran {
    phds_with(&[&["summary", text(batch)], arguments].concat())
}

/// A few counties, so that most clients live in none.
fn counties(folder: &Path) -> PathBuf {
    let path = folder.join("counties.csv");
    std::fs::write(&path, "COUNTY_FIPS,COUNTY_NAME\n48201,Harris\n48113,Dallas County\n48453,Travis\n")
        .unwrap();
    path
}

fn policy(folder: &Path) -> PathBuf {
    let path = folder.join("policy.toml");
    std::fs::write(&path, "[summary]\nbands = [0, 5, 18, 65]\n").unwrap();
    path
}

/// The clients of each county and band that a test counts itself, by the age on the as-of date.
fn clients(batch: &Path) -> BTreeMap<[String; 2], u64> {
    let mut cells: BTreeMap<[String; 2], BTreeSet<String>> = BTreeMap::new();
    for (name, bytes) in read_folder(batch) {
        if !name.starts_with("PHDS_") {
            continue;
        }
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let header = reader.headers().unwrap().clone();
        for row in reader.records().map(Result::unwrap) {
            let value =
                |column: &str| row.get(header.iter().position(|name| name == column).unwrap()).unwrap();
            let birth: Vec<u32> =
                value("BIRTH_DATE").split('-').map(|number| number.parse().unwrap()).collect();
            let had_birthday = (birth[1], birth[2]) <= (AS_OF.1, AS_OF.2);
            let band = match AS_OF.0 - birth[0] - u32::from(!had_birthday) {
                0..=4 => "0 to 4",
                5..=17 => "5 to 17",
                18..=64 => "18 to 64",
                _ => "65 and over",
            };
            let county = match value("CLIENT_COUNTY") {
                "Dallas" => "Dallas County",
                county @ ("Harris" | "Travis") => county,
                _ => "(unknown)",
            };
            for (county, band) in
                [(county, band), (county, "(total)"), ("(total)", band), ("(total)", "(total)")]
            {
                let cell = [county.to_owned(), band.to_owned()];
                cells.entry(cell).or_default().insert(value("CLIENT_ID").to_owned());
            }
        }
    }
    cells.into_iter().map(|(cell, clients)| (cell, clients.len() as u64)).collect()
}

/// People as a department would know them, with a cell of each kind: few who are no clients, fewer people than clients, few people.
fn people(clients: &BTreeMap<[String; 2], u64>) -> BTreeMap<[String; 2], u64> {
    let inner = clients.iter().filter(|([county, band], _)| county != "(total)" && band != "(total)");
    let people = |(cell, clients): (&[String; 2], &u64)| {
        let people = match (cell[0].as_str(), cell[1].as_str()) {
            ("Harris", "5 to 17") => clients + 5,
            ("Dallas County", "5 to 17") => clients - 1,
            ("Travis", "5 to 17") => 49,
            _ => clients * 3 + 1000,
        };
        (cell.clone(), people)
    };
    inner.map(people).collect()
}

fn write_people(folder: &Path, people: &BTreeMap<[String; 2], u64>) -> PathBuf {
    let mut file = "AGE_BAND,COUNTY,POPULATION\n".to_owned();
    for ([county, band], people) in people {
        writeln!(file, "{},{county},{people}", band.replace(" to ", "-").replace(" and over", "+")).unwrap();
    }
    let path = folder.join("people.csv");
    std::fs::write(&path, file).unwrap();
    path
}

#[test]
fn rates_are_of_todays_people_and_tell_of_no_few() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let batch = batch(folder);
    let clients = clients(&batch);
    let people = people(&clients);
    let (counties, policy, file) = (counties(folder), policy(folder), write_people(folder, &people));
    let common = ["--counties", text(&counties), "--policy", text(&policy), "--population", text(&file)];
    let rates = |by: &str, more: &[&str]| summary(&batch, &[&["--by", by], &common[..], more].concat());
    let ran = rates("county,age_band", &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut reader = csv::Reader::from_reader(ran.stdout.as_bytes());
    assert_eq!(
        reader.headers().unwrap().iter().collect::<Vec<_>>(),
        ["county", "age_band", "population", "clients", "rate"]
    );
    let (mut rows, mut hidden) = (0, BTreeSet::new());
    for row in reader.records().map(Result::unwrap) {
        let cell = [row[0].to_owned(), row[1].to_owned()];
        let is_in = |other: &[String; 2]| (0..2).all(|at| cell[at] == "(total)" || cell[at] == other[at]);
        let people: u64 = people.iter().filter(|(other, _)| is_in(other)).map(|(_, people)| people).sum();
        assert_eq!(row[2], people.to_string(), "{cell:?}");
        let own = clients.get(&cell).copied().unwrap_or_default();
        if &row[3] == "*" {
            let is_above = own > people && people >= 50;
            assert_eq!(&row[4], if is_above { ">100" } else { "*" }, "{cell:?}");
            hidden.insert(cell);
        } else {
            let rate = ((own * 1000) as f64 / people as f64).round() as u64;
            assert_eq!(
                (row[3].to_owned(), row[4].to_owned()),
                (own.to_string(), format!("{}.{}", rate / 10, rate % 10)),
                "{cell:?}"
            );
            assert!(
                own == 0 || own >= 10 && people >= 50 && people >= own + 10,
                "{cell:?}: {own} of {people}"
            );
        }
        rows += 1;
    }
    assert_eq!(rows, 25);
    for county in ["Harris", "Dallas County", "Travis"] {
        assert!(hidden.contains(&[county.to_owned(), "5 to 17".to_owned()]), "{county}");
    }
    assert!(
        ran.stdout.contains("Dallas County,5 to 17,") && ran.stdout.contains(",*,>100\n"),
        "{}",
        ran.stdout
    );
    // One hidden cell of a line alone could be worked out: here clients do add up.
    for line in ["Harris", "Dallas County", "Travis"] {
        assert!(hidden.iter().filter(|cell| cell[0] == line).count() > 1, "{hidden:?}");
    }
    // A page, and the same again.
    let page = rates("county,age_band", &["--format", "md"]);
    assert!(page.stdout.contains("ages are those on 2024-07-08"), "{}", page.stdout);
    assert!(rates("age_band", &["--format", "html"]).stdout.contains("Bars show the rate."));
    let names: Vec<String> = read_folder(&folder.join("out/summaries")).into_keys().collect();
    assert_eq!(names, ["202407-0001/rates_202407_county_age_band.csv", "202407-0001/summary.json"]);
    // Counts are other tables than rates, and show the clients of a county as the rates do.
    let counts = summary(
        &batch,
        &[&["--by", "county,sex", "--counties", text(&counties)], &["--policy", text(&policy)][..]].concat(),
    );
    assert_eq!(counts.code, 0, "{}", counts.stderr);
    for county in ["Harris", "Dallas County", "Travis", "(total)"] {
        let of = |table: &str, place: usize, start: &str| {
            let line = table.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
            line.split(',').nth(place).unwrap().to_owned()
        };
        let start = format!("{county},(total),");
        assert_eq!(of(&ran.stdout, 3, &start), of(&counts.stdout, 4, &start), "{county}");
    }
    // Other labels than those that are out can't be protected with them.
    for arguments in [&["--by", "month"][..], &["--by", "month", "--policy", text(&policy)]] {
        let other = summary(&batch, arguments);
        assert_eq!((other.code, other.stdout.as_str()), (65, ""), "{}", other.stderr);
        assert!(other.stderr.contains("other bands of ages or counties"), "{}", other.stderr);
    }
}

#[test]
fn what_gives_no_rates_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let batch = batch(folder);
    let (counties, policy) = (counties(folder), policy(folder));
    let full = people(&clients(&batch));
    let mut few = full.clone();
    few.remove(&["(unknown)".to_owned(), "18 to 64".to_owned()]);
    let good = write_people(folder, &few);
    let bad = folder.join("bad.csv");
    std::fs::write(&bad, "COUNTY,AGE_BAND,POPULATION\nHarris,0-4,many\n").unwrap();
    let nowhere = folder.join("nowhere.csv");
    for (by, file, code, words) in [
        ("county,age_band", &good, 65, "1 cell(s) of the table of county,age_band have no row"),
        ("county,sex", &good, 2, "only the columns county and age_band"),
        ("age_band", &bad, 65, "bad.csv:2: POPULATION: not a whole number"),
        ("age_band", &nowhere, 66, "nowhere.csv"),
    ] {
        let common = ["--counties", text(&counties), "--policy", text(&policy)];
        let ran = summary(&batch, &[&["--by", by, "--population", text(file)], &common[..]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{by}: {}", ran.stderr);
        assert!(ran.stderr.contains(words) && !ran.stderr.contains("many"), "{by}: {}", ran.stderr);
        assert!(!folder.join("out/summaries").exists(), "{by}");
    }
    let ran = summary(&batch, &["--by", "county", "--counties", text(&bad)]);
    assert_eq!((ran.code, ran.stdout.as_str()), (65, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("no column COUNTY_FIPS"), "{}", ran.stderr);
    for bands in ["[]", "[1]", "[0, 5, 5]", "[0, \"5\"]", "5"] {
        std::fs::write(&policy, format!("[summary]\nbands = {bands}\n")).unwrap();
        let ran = summary(&batch, &["--by", "age_band", "--policy", text(&policy)]);
        assert_eq!((ran.code, ran.stdout.as_str()), (78, ""), "{bands}: {}", ran.stderr);
    }
}

// --- Out from elsewhere -------------------------------------------------------------------------------------------

/// Tables that somebody made of the batch in another place.
fn from_elsewhere(batch: &Path, folder: &Path, arguments: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let copy = folder.join("202407");
    std::fs::create_dir(folder).unwrap();
    std::fs::rename(batch, &copy).unwrap();
    let ran = summary(&copy, arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    std::fs::rename(&copy, batch).unwrap();
    read_folder(&folder.join("summaries"))
}

/// What a table shows of each sex, over all of its other column.
fn sexes(table: &str, sex_at: usize) -> BTreeMap<String, Vec<String>> {
    let rows = table.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let totals = rows.filter(|row| row[1 - sex_at] == "(total)");
    totals.map(|row| (row[sex_at].clone(), row[2..].to_vec())).collect()
}

#[test]
fn a_table_from_elsewhere_is_protected_and_not_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let batch = batch(folder);
    let elsewhere = folder.join("elsewhere");
    let files = from_elsewhere(&batch, &elsewhere, &["--by", "county,sex"]);
    let name = "202407-0001/summary_202407_county_sex.csv";
    let table = elsewhere.join("summaries").join(name);
    let ran = summary(&batch, &["--by", "age_band,sex", "--previous", text(&table)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let before = String::from_utf8(files[name].clone()).unwrap();
    assert_eq!(sexes(&ran.stdout, 1), sexes(&before, 1));
    let summaries = folder.join("out/summaries");
    let kept = read_folder(&summaries);
    let names: Vec<&str> = kept.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "202407-0001/previous_1.csv",
            "202407-0001/summary.json",
            "202407-0001/summary_202407_age_band_sex.csv"
        ]
    );
    assert_eq!(kept["202407-0001/previous_1.csv"], files[name]);
    // The same again is nothing new, and the table is known without being named.
    let again = summary(&batch, &["--by", "age_band,sex", "--previous", text(&table)]);
    assert_eq!((again.code, &again.stdout), (0, &ran.stdout), "{}", again.stderr);
    assert_eq!(read_folder(&summaries), kept);
    let other = summary(&batch, &["--by", "county"]);
    assert_eq!(other.code, 0, "{}", other.stderr);
    let counties = |table: &str, columns: usize| -> BTreeMap<String, Vec<String>> {
        let rows = table.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let rows = rows.filter(|row| columns == 1 || row[1] == "(total)");
        rows.map(|row| (row[0].clone(), row[columns..].to_vec())).collect()
    };
    assert_eq!(counties(&other.stdout, 1), counties(&before, 2));
    // What was kept of it may not change.
    std::fs::write(summaries.join("202407-0001/previous_1.csv"), "county,facts,doses,clients\n").unwrap();
    let changed = summary(&batch, &["--by", "month"]);
    assert_eq!((changed.code, changed.stdout.as_str()), (65, ""), "{}", changed.stderr);
}

#[test]
fn what_cannot_be_a_table_of_the_batch_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let batch = batch(folder);
    let write = |place: &str, name: &str, text: &[u8]| {
        std::fs::create_dir_all(folder.join(place)).unwrap();
        let path = folder.join(place).join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let good = from_elsewhere(&batch, &folder.join("good"), &["--by", "county,sex"]);
    let good = &good["202407-0001/summary_202407_county_sex.csv"];
    let other =
        from_elsewhere(&batch, &folder.join("other"), &["--by", "county,sex", "--suppress-below", "3"]);
    let other = &other["202407-0001/summary_202407_county_sex.csv"];
    let shown = String::from_utf8(good.clone()).unwrap();
    let total = shown.lines().last().unwrap();
    let changed = shown.replace(total, "(total),(total),900000,900000,90000");
    let marked = shown.replace(total, "(total),(total),900000 (202406),900000 (202406),90000 (202406)");
    let page = summary(&batch, &["--by", "sex", "--unrecorded", "--format", "md"]).stdout;
    let beside = folder.join("other/summaries/202407-0001/summary_202407_county_sex.csv");
    let name = "summary_202407_county_sex.csv";
    let by_sex = |text: &str| text.replace("county,sex,", "sex,county,");
    // Beside a table what says by which rule it hides must be whole.
    let broken = write("broken", name, good);
    write("broken", "summary.json", b"{\"batch\": \"202407\"}");
    // And of this table: the records of two folders changed places.
    let record = std::fs::read(folder.join("good/summaries/202407-0001/summary.json")).unwrap();
    let not_its_own = write("not-its-own", name, other);
    write("not-its-own", "summary.json", &record);
    let other_month = write("other-month", name, good);
    let as_august = String::from_utf8(record.clone()).unwrap().replacen("202407", "202408", 1);
    write("other-month", "summary.json", as_august.as_bytes());
    let other_batch = write("other-batch", name, good);
    let other_files = String::from_utf8(record).unwrap().replacen("\"files\": \"", "\"files\": \"0", 1);
    write("other-batch", "summary.json", other_files.as_bytes());
    let last_again = format!("{shown}{total}\n");
    let county = shown.lines().nth(1).unwrap().split(',').next().unwrap();
    let without_county: String =
        shown.lines().filter(|line| !line.starts_with(county)).map(|line| format!("{line}\n")).collect();
    let zero_before = shown.replace("(total),F,", "(total),F,0");
    for (path, code, words) in [
        (beside, 65, "another --suppress-below"),
        (broken, 65, "summary.json: it is not as phds writes it"),
        (not_its_own, 65, "the summary.json beside it is not of this table"),
        (other_month, 65, "the summary.json beside it is not of this table"),
        (other_batch, 65, "it was made of another batch"),
        (write("again", name, last_again.as_bytes()), 65, "no table of counts"),
        (write("without", name, without_county.as_bytes()), 65, "not what the batch has"),
        (write("zero", name, zero_before.as_bytes()), 65, "not what the batch has"),
        (write("alone", name, other), 65, "another --suppress-below"),
        (write("changed", name, changed.as_bytes()), 65, "not what the batch has"),
        (write("marked", name, marked.as_bytes()), 65, "not what the batch has"),
        (write("page", name, page.as_bytes()), 65, "no table of counts"),
        (
            write("turned", name, by_sex(&shown).as_bytes()),
            65,
            "its name is not that of a table of its columns",
        ),
        (write("a", "summary_202407_county.csv", good), 65, "its name is not that"),
        (write("a", "summary_202407_county_sex_month.csv", good), 65, "its name is not that"),
        (write("a", "rates_202407_county_sex.csv", good), 65, "its name is not that"),
        (write("a", "table.csv", good), 65, "its name does not begin"),
        (write("a", "summary_202406_county_sex.csv", good), 66, "202406"),
        (write("a", "summary_202408_county_sex.csv", good), 65, "it is of a later batch"),
        (folder.join("summary_202407_nowhere.csv"), 66, "cannot be read"),
    ] {
        let ran = summary(&batch, &["--by", "age_band", "--previous", text(&path)]);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{}: {}", path.display(), ran.stderr);
        assert!(ran.stderr.contains(words), "{}: {}", path.display(), ran.stderr);
        assert!(!folder.join("out/summaries").exists());
    }
    // A browser's copy of a copy.
    let copy = write("copy", "summary_202407_county_sex (1).csv", good);
    let ran = summary(&batch, &["--by", "age_band", "--previous", text(&copy)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

/// A table of rates from elsewhere is held against the batch to the last of its numbers.
#[test]
fn a_table_of_rates_from_elsewhere_has_the_rates_that_its_batch_has() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let batch = batch(folder);
    let (counties, policy) = (counties(folder), policy(folder));
    let file = write_people(folder, &people(&clients(&batch)));
    let common = ["--counties", text(&counties), "--policy", text(&policy)];
    let arguments = ["--by", "county,age_band", "--population", text(&file)];
    let files = from_elsewhere(&batch, &folder.join("elsewhere"), &[&arguments[..], &common].concat());
    let name = "rates_202407_county_age_band.csv";
    let table = String::from_utf8(files[&format!("202407-0001/{name}")].clone()).unwrap();
    let shown = table.lines().find(|line| line.ends_with(|c: char| c.is_ascii_digit())).unwrap();
    let (numbers, rate) = shown.rsplit_once(',').unwrap();
    let line = |line: &str, other: &str| table.replace(&format!("{line}\n"), &format!("{other}\n"));
    let above = table.lines().find(|line| line.ends_with(",*,>100")).unwrap();
    for (text_of, is_good) in [
        (line(shown, &format!("{numbers},{rate}1")), false),
        (line(shown, &format!("{numbers},")), false),
        (line(shown, &format!("{numbers},*")), false),
        (line(shown, &format!("{numbers},>100")), false),
        (line(above, &above.replace(">100", "*")), false),
        (table.clone(), true),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, &text_of).unwrap();
        let ran = summary(&batch, &[&["--by", "sex", "--previous", text(&path)], &common[..]].concat());
        assert_eq!(ran.code, if is_good { 0 } else { 65 }, "{text_of}: {}", ran.stderr);
        assert!(is_good || ran.stderr.contains("not what the batch has"), "{}", ran.stderr);
    }
}

// --- Shown once, and hidden elsewhere -----------------------------------------------------------------------------

/// A total that one table shows and another one hides is known: to hide it now is no protection.
#[test]
fn what_one_table_shows_is_known_whatever_another_hides() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let batch = batch(folder);
    let own = summary(&batch, &["--by", "sex"]);
    assert_eq!(own.code, 0, "{}", own.stderr);
    let total = own.stdout.lines().last().unwrap().to_owned();
    assert!(total.starts_with("(total),") && !total.contains('*'), "{total}");
    let hides = folder.join("summary_202407_sex.csv");
    std::fs::write(&hides, own.stdout.replace(&total, "(total),*,*,*")).unwrap();
    let other = summary(&batch, &["--by", "age_band", "--previous", text(&hides)]);
    assert_eq!(other.code, 0, "{}", other.stderr);
    assert_eq!(other.stdout.lines().last(), Some(&*total));
}

/// Beside few people a number is sensitive that was not before. It is out: no table may pretend to hide it.
#[test]
fn a_number_that_is_out_cannot_be_hidden_beside_few_people() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let batch = batch(folder);
    let people = clients(&batch).into_iter().filter(|(cell, _)| !cell.contains(&"(total)".to_owned()));
    let file = write_people(folder, &people.map(|(cell, _)| (cell, 5)).collect());
    let (counties, policy) = (counties(folder), policy(folder));
    let common = ["--by", "county", "--counties", text(&counties), "--policy", text(&policy)];
    assert_eq!(summary(&batch, &common).code, 0);
    let before = read_folder(&folder.join("out/summaries"));
    let ran = summary(&batch, &[&common[..], &["--population", text(&file)]].concat());
    assert_eq!((ran.code, ran.stdout.as_str()), (65, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("no way was found to protect them"), "{}", ran.stderr);
    assert_eq!(read_folder(&folder.join("out/summaries")), before);
}
