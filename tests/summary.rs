//! De-identified tables of counts. Whether somebody could still be found is attacked by `tests/attack/check`.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Ran, Site, in_repository, phds_with, read_folder, run_on, text};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn batch(folder: &Path) -> PathBuf {
    let ran = run_on(&in_repository("fixtures/registry"), &folder.join("out"), &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    folder.join("out/202407")
}

fn summary(batch: &Path, arguments: &[&str]) -> Ran {
    phds_with(&[&["summary", text(batch), "--unrecorded"], arguments].concat())
}

/// A table's numbers by its labels; none where they are hidden.
fn table(csv: &str, columns: usize) -> BTreeMap<Vec<String>, Option<[u64; 3]>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let row = |row: csv::Result<csv::StringRecord>| {
        let row: Vec<String> = row.unwrap().iter().map(str::to_owned).collect();
        let (labels, numbers) = row.split_at(columns);
        let is_hidden = numbers.iter().all(|number| number == "*");
        let number = |place: usize| numbers[place].parse().unwrap();
        (labels.to_vec(), (!is_hidden).then(|| [number(0), number(1), number(2)]))
    };
    reader.records().map(row).collect()
}

/// What a test counts itself: facts, doses and clients of each cell, totals too.
fn counted(batch: &Path, columns: &[&str]) -> BTreeMap<Vec<String>, [u64; 3]> {
    let mut cells: BTreeMap<Vec<String>, [BTreeSet<String>; 3]> = BTreeMap::new();
    for (name, bytes) in read_folder(batch) {
        if !name.starts_with("PHDS_") {
            continue;
        }
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let header = reader.headers().unwrap().clone();
        for row in reader.records().map(Result::unwrap) {
            let value =
                |column: &str| row.get(header.iter().position(|name| name == column).unwrap()).unwrap();
            let label = |column: &str| match column {
                "sex" => Some(value("SEX_CODE")).filter(|sex| !["", "U"].contains(sex)),
                "county" => Some(value("CLIENT_COUNTY")).filter(|county| !county.is_empty()),
                "vaccine_group" => Some(value("VACCINE_GROUP")).filter(|group| !group.is_empty()),
                "month" => Some(&value("VACCINATION_DATE")[..7]),
                other => unreachable!("{other}"),
            };
            let labels: Vec<String> =
                columns.iter().map(|column| label(column).unwrap_or("(unknown)").to_owned()).collect();
            for totals in 0..1 << columns.len() {
                let cell: Vec<String> = labels
                    .iter()
                    .enumerate()
                    .map(
                        |(place, label)| {
                            if totals & 1 << place == 0 { label.clone() } else { "(total)".to_owned() }
                        },
                    )
                    .collect();
                let ids = ["IMMUNFACT_ID", "IMMUNIZATION_ID", "CLIENT_ID"];
                for (set, id) in cells.entry(cell).or_default().iter_mut().zip(ids) {
                    set.insert(value(id).to_owned());
                }
            }
        }
    }
    cells.into_iter().map(|(cell, sets)| (cell, sets.map(|set| set.len() as u64))).collect()
}

#[test]
fn what_is_shown_is_what_is_counted_and_small_cells_are_hidden() {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch(folder.path());
    for columns in [&["sex"][..], &["vaccine_group", "sex"], &["month"], &["county", "sex"]] {
        let ran = summary(&batch, &["--by", &columns.join(",")]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains("not for release"), "{}", ran.stderr);
        let shown = table(&ran.stdout, columns.len());
        let counted = counted(&batch, columns);
        assert!(counted.keys().all(|cell| shown.contains_key(cell)), "{columns:?}");
        let mut hidden = 0;
        for (cell, numbers) in &shown {
            let own = counted.get(cell).copied().unwrap_or_default();
            match numbers {
                Some(numbers) => {
                    assert_eq!(*numbers, own, "{cell:?}");
                    assert!(own[2] == 0 || own[2] >= 10, "{cell:?} has {} clients", own[2]);
                }
                // A zero is never hidden.
                None => {
                    assert!(own[0] > 0, "{cell:?}");
                    hidden += 1;
                }
            }
        }
        // One hidden cell alone could be worked out from the total.
        let few = counted.values().filter(|numbers| numbers[2] < 10).count();
        assert!(hidden >= few && hidden != 1, "{columns:?}: {hidden} of {few}");
    }
}

#[test]
fn only_for_the_recipient_itself_is_nothing_hidden() {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch(folder.path());
    let own =
        |arguments: &[&str]| phds_with(&[&["summary", text(&batch), "--by", "sex"], arguments].concat());
    let ran = own(&["--for", "own", "--recipient", "Bluebonnet County Public Health"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stdout.contains('*') && ran.stderr.contains("not for release"), "{}", ran.stderr);
    for (arguments, code) in [
        // Whose file it is must be said.
        (&["--for", "own"][..], 2),
        (&["--for", "own", "--recipient", "Nowhere"], 66),
        // A part of a batch alone is not protected with the whole.
        (&["--recipient", "Bluebonnet County Public Health"], 2),
    ] {
        let ran = own(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("Nowhere"), "{}", ran.stderr);
    }
}

#[test]
fn tables_of_one_call_hide_the_same_cells() {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch(folder.path());
    let out = folder.path().join("tables");
    let by = ["--by", "age_band,sex", "--by", "sex", "--by", "sex,county", "--out", text(&out)];
    assert_eq!(summary(&batch, &by).code, 0);
    let files = read_folder(&out);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["summary_202407_age_band_sex.csv", "summary_202407_sex.csv", "summary_202407_sex_county.csv"]
    );
    let read = |name: &str, columns| table(std::str::from_utf8(&files[name]).unwrap(), columns);
    let sexes = read("summary_202407_sex.csv", 1);
    assert_eq!(sexes.len(), 3);
    for (name, sex) in [("summary_202407_age_band_sex.csv", 1), ("summary_202407_sex_county.csv", 0)] {
        let other = read(name, 2);
        assert!(other.values().any(Option::is_none), "{name}");
        for (cell, numbers) in other.iter().filter(|(cell, _)| cell[1 - sex] == "(total)") {
            assert_eq!(sexes[&cell[sex..=sex]], *numbers, "{name} {cell:?}");
        }
    }
    // The same again gives the same bytes, and never writes over what is there.
    assert_eq!(summary(&batch, &by).code, 73);
    let again = folder.path().join("again");
    assert_eq!(summary(&batch, &[&by[..7], &[text(&again)]].concat()).code, 0);
    assert_eq!(read_folder(&again), files);
}

#[test]
fn what_may_not_be_counted_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch(folder.path());
    let out = folder.path().join("tables");
    let refused = |batch: &Path, arguments: &[&str], code: i32, words: &str| {
        let ran = summary(batch, &[arguments, &["--out", text(&out)]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
        assert!(!out.exists());
    };
    for by in ["", "county,", "first_name", "county,county", "COUNTY"] {
        refused(&batch, &["--by", by], 2, "--by");
    }
    for rule in [
        &["--suppress-below", "1"][..],
        &["--protect", "0..9"],
        &["--protect", "1..10"],
        &["--protect", "5..3"],
    ] {
        refused(&batch, &[&["--by", "sex"], rule].concat(), 2, "phds: error");
    }
    refused(&folder.path().join("nowhere"), &["--by", "sex"], 66, "nowhere");
    // A batch that is held back.
    let site = Site::new();
    let (export, place) = (site.export(), site.out());
    let past_the_window = ["run", text(&export), "--out", text(&place), "--as-of", "2025-01-01", "--quiet"];
    assert_eq!(phds_with(&past_the_window).code, 77);
    let held = place.join(".held/202501");
    refused(&held, &["--by", "sex"], 77, "held back");
    let moved = folder.path().join("202501");
    std::fs::rename(&held, &moved).unwrap();
    refused(&moved, &["--by", "sex"], 77, "held back");
    // One that is damaged.
    let file = batch.join("PHDS_Bluebonnet_County_Public_Health_202407.csv");
    let mut bytes = std::fs::read(&file).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    refused(&batch, &["--by", "sex"], 65, "not sound");
}

/// A registry in which each client has one fact, with six small cells of which no four are the corners of a rectangle. The others
/// have so many clients.
fn six_small_cells(site: &Site, others: usize) {
    let small = [("Harris", ["MMR", "FLU"]), ("Travis", ["FLU", "POL"]), ("Dallas", ["MMR", "POL"])];
    let small = small.into_iter().flat_map(|(county, groups)| groups.map(|group| (county, group)));
    let small = small.flat_map(|cell| std::iter::repeat_n(cell, 5));
    // Who is in July's registry keeps the same number in August's.
    let others = (0..others).flat_map(|_| [("Harris", "POL"), ("Travis", "MMR"), ("Dallas", "FLU")]);
    let facts: Vec<(usize, (&str, &str))> = (1..).zip(small.chain(others)).collect();
    let table = |name: &str, rows: Vec<String>| {
        site.rows(name, &rows.iter().map(String::as_str).collect::<Vec<_>>());
    };
    let client = |(id, (county, _)): &_| format!("{id},IA,Ana,Ruiz,,1990-05-05,F,,TX,{county},78701");
    table("clients", facts.iter().map(client).collect());
    table("consents", facts.iter().map(|(id, _)| format!("{id},STANDARD,2015-01-01,,")).collect());
    let fact = |(id, (_, group)): &_| format!("{id},{id},{id},3,2020-01-01,{group},1,5,N");
    table("immunizations", facts.iter().map(fact).collect());
    site.rows("vaccines", &["3,03,"]);
    site.rows("organizations", &["5,Clinic,CL,Travis,,,,"]);
}

/// The labels of the hidden cells of a table with two columns.
fn hidden(ran: &Ran) -> Vec<String> {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let hidden = table(&ran.stdout, 2).into_iter().filter(|(_, numbers)| numbers.is_none());
    hidden.map(|(labels, _)| labels.join(" ")).collect()
}

const SIX: [&str; 6] = ["Dallas MMR", "Dallas POL", "Harris FLU", "Harris MMR", "Travis FLU", "Travis POL"];

/// Together they leave all that must stay possible.
#[test]
fn cells_that_protect_each_other_need_no_others() {
    let site = Site::empty();
    six_small_cells(&site, 30);
    assert_eq!(site.run(&[]).code, 0);
    assert_eq!(hidden(&summary(&site.out().join("202407"), &["--by", "county,vaccine_group"])), SIX);
}

/// They do so in a later batch, too: what has not changed is thought to be the same in both.
#[test]
fn cells_that_have_not_changed_protect_each_other_in_both_batches() {
    let site = Site::empty();
    let arguments = ["--by", "county,vaccine_group"];
    six_small_cells(&site, 30);
    assert_eq!(site.run(&[]).code, 0);
    assert_eq!(hidden(&kept(&site.out().join("202407"), &arguments)), SIX);
    six_small_cells(&site, 60);
    let (export, out) = (site.export(), site.out());
    // So many more in a month are odd.
    assert_eq!(phds_with(&["run", text(&export), "--as-of", "2024-08-12", "--out", text(&out)]).code, 77);
    assert_eq!(phds_with(&["release", text(&out), "202408"]).code, 0);
    assert_eq!(hidden(&kept(&site.out().join("202408"), &arguments)), SIX);
}

/// A registry of a month later, in which facts were taken back, and people have moved.
fn is_made_of_two_months(clients: &str, seed: &str, by: &str) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    for as_of in ["2024-07-08", "2024-08-12"] {
        let export = folder.path().join(as_of);
        let arguments =
            ["synth", "--clients", clients, "--seed", seed, "--as-of", as_of, "--out", text(&export)];
        let synth = phds_with(&arguments);
        assert_eq!(synth.code, 0, "{}", synth.stderr);
        let ran = phds_with(&["run", text(&export), "--as-of", as_of, "--out", text(&out)]);
        let month = as_of[..7].replace('-', "");
        if ran.code == 77 {
            assert_eq!(phds_with(&["release", text(&out), &month]).code, 0);
        }
        let ran = kept(&out.join(month), &["--by", by]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
}

#[test]
fn a_fine_table_is_made_of_the_next_month_too() {
    is_made_of_two_months("600", "1", "sex,vaccine_group,age_band");
}

/// Facts that were taken back leave no room for what July's cells need. Only a linear program finds a way.
#[test]
fn a_table_of_counties_is_made_of_the_next_month_too() {
    is_made_of_two_months("100", "5", "county,vaccine_group,age_band");
}

#[test]
fn several_tables_need_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let ran = summary(&batch(folder.path()), &["--by", "sex", "--by", "month"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
}

/// Nothing of a person's own is in a table, whatever stands in the columns that labels come from.
#[test]
fn no_text_of_a_client_is_a_label() {
    let site = Site::new();
    site.rows(
        "clients",
        &["7,IA,Canaryfirst,Canarylast,Canarymiddle,1990-05-05,Canarysex,Canaryrace,TX,Canarycounty,78701"],
    );
    assert_eq!(site.run(&[]).code, 0);
    let batch = site.out().join("202407");
    for by in ["county", "sex", "vaccine_group", "month", "age_band", "recipient"] {
        for format in ["csv", "md"] {
            let ran = summary(&batch, &["--by", by, "--format", format]);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            assert!(!ran.stdout.contains("Canary") && !ran.stderr.contains("Canary"), "{by}: {}", ran.stdout);
        }
    }
}

#[test]
fn a_page_for_people() {
    let folder = tempfile::tempdir().unwrap();
    let ran = summary(&batch(folder.path()), &["--by", "sex,age_band", "--format", "md", "--for", "other"]);
    insta::assert_snapshot!("summary-page", ran.stdout);
}

// --- What is out --------------------------------------------------------------------------------------------------

/// The places of two batches that lie side by side.
fn two_batches(folder: &Path) -> (PathBuf, PathBuf) {
    let july = batch(folder);
    let out = folder.join("out");
    let august = in_repository("fixtures/registry-august");
    let ran = phds_with(&["run", text(&august), "--as-of", "2024-08-12", "--out", text(&out), "--quiet"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    (july, out.join("202408"))
}

/// A summary that is kept.
fn kept(batch: &Path, arguments: &[&str]) -> Ran {
    phds_with(&[&["summary", text(batch)], arguments].concat())
}

#[test]
fn a_summary_is_kept_once_and_says_that_it_may_be_given_away() {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch(folder.path());
    let place = folder.path().join("out/summaries");
    let first = kept(&batch, &["--by", "recipient,sex", "--format", "md"]);
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert!(!first.stdout.contains("Not for release") && !first.stderr.contains("not for release"));
    let files = read_folder(&place);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["202407-0001/summary.json", "202407-0001/summary_202407_recipient_sex.csv"]);
    // What is out, or lies in it, is nothing new: as CSV it is what is kept.
    let file = &files["202407-0001/summary_202407_recipient_sex.csv"];
    assert_eq!(kept(&batch, &["--by", "recipient,sex"]).stdout.as_bytes(), file);
    for by in ["sex,recipient", "sex"] {
        assert_eq!(kept(&batch, &["--by", by]).code, 0, "{by}");
    }
    assert_eq!(read_folder(&place), files);
    let other = kept(&batch, &["--by", "age_band,sex"]);
    assert_eq!(other.code, 0, "{}", other.stderr);
    let names: Vec<String> = read_folder(&place).into_keys().filter(|name| name.ends_with(".json")).collect();
    assert_eq!(names, ["202407-0001/summary.json", "202407-0002/summary.json"]);
    // What was out stays as it is out.
    let (before, after) =
        (table(&kept(&batch, &["--by", "recipient,sex"]).stdout, 2), table(&other.stdout, 2));
    for sex in ["F", "M", "(total)"] {
        let [one, other] =
            [&before, &after].map(|table| table[&["(total)".to_owned(), sex.to_owned()].to_vec()]);
        assert_eq!(one, other, "{sex}");
    }
    // What is not for release leaves nothing.
    assert_eq!(summary(&batch, &["--by", "county"]).code, 0);
    assert_eq!(
        kept(&batch, &["--by", "sex", "--for", "own", "--recipient", "West Plains Health Alliance"]).code,
        0
    );
    assert_eq!(read_folder(&place).len(), 4);
}

/// The number of the month before stays where it is few more or fewer, and is marked.
#[test]
fn a_few_more_clients_are_not_told_by_subtraction() {
    let folder = tempfile::tempdir().unwrap();
    let (july, august) = two_batches(folder.path());
    let before = kept(&july, &["--by", "sex"]);
    let after = kept(&august, &["--by", "sex"]);
    assert_eq!((before.code, after.code), (0, 0), "{}{}", before.stderr, after.stderr);
    let counts = |batch| counted(batch, &["sex"]);
    let (july_counts, august_counts) = (counts(&july), counts(&august));
    for (line, old) in after.stdout.lines().zip(before.stdout.lines()).skip(1) {
        let sex = vec![line.split(',').next().unwrap().to_owned()];
        let differs = july_counts[&sex][2].abs_diff(august_counts[&sex][2]);
        assert!((1..10).contains(&differs), "the fixture has changed");
        let marked: Vec<String> = old.split(',').skip(1).map(|number| format!("{number} (202407)")).collect();
        assert_eq!(line, format!("{},{}", sex[0], marked.join(",")));
    }
    let page = kept(&august, &["--by", "sex", "--format", "md"]);
    assert!(page.stdout.contains("A month in parentheses"), "{}", page.stdout);
    // A batch alone, of which nothing is out before it, shows its own.
    let alone = summary(&august, &["--by", "sex"]);
    assert!(!alone.stdout.contains("202407"), "{}", alone.stdout);
    // Once it is out, nothing new comes of the month before; what is out can be made again.
    let refused = kept(&july, &["--by", "age_band"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (65, ""));
    assert_eq!(kept(&july, &["--by", "sex"]).stdout, before.stdout);
    // What is out is protected with its batch, so that this is not removed.
    let out = folder.path().join("out");
    for year in ["2025-01-13", "2025-02-10", "2025-03-10"] {
        let registry = in_repository("fixtures/registry");
        let off = [
            "window_over",
            "same_export",
            "max_vaccination_age",
            "max_change",
            "max_excluded_change",
            "max_blank_change",
        ];
        let mut run = vec!["run", text(&registry), "--as-of", year, "--out", text(&out), "--quiet"];
        run.extend(off.iter().flat_map(|key| ["--gate-off", key]));
        phds_with(&run);
        phds_with(&["release", text(&out), &year.replace('-', "")[..6]]);
    }
    let pruned = phds_with(&["prune", text(&out), "--keep", "2"]);
    assert!(pruned.stdout.contains("kept 202407") && july.exists(), "{}{}", pruned.stdout, pruned.stderr);
}

#[test]
fn what_is_out_must_be_known_in_full() {
    type Damage = fn(&Path, &Path);
    let record = |place: &Path| place.join("summaries/202407-0001");
    let cases: [(&str, Damage, &[&str], i32); 11] = [
        ("another rule", |_, _| {}, &["--by", "month", "--suppress-below", "5"], 65),
        ("another range", |_, _| {}, &["--by", "month", "--protect", "1..4"], 65),
        (
            "a record is gone",
            |_, record| std::fs::rename(record, record.with_file_name("202407-0002")).unwrap(),
            &["--by", "month"],
            65,
        ),
        (
            "something else is there",
            |out, _| std::fs::create_dir(out.join("summaries/old")).unwrap(),
            &["--by", "month"],
            65,
        ),
        (
            "a table is not as it was",
            |_, record| {
                let table = record.join("summary_202407_sex.csv");
                let text = std::fs::read_to_string(&table).unwrap().replacen("F,1", "F,2", 1);
                std::fs::write(table, text).unwrap();
            },
            &["--by", "month"],
            65,
        ),
        (
            "a table is gone",
            |_, record| std::fs::remove_file(record.join("summary_202407_sex.csv")).unwrap(),
            &["--by", "month"],
            65,
        ),
        (
            "a table is not told of any more",
            |_, record| {
                let path = record.join("summary.json");
                let mut json: serde_json::Value =
                    serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
                json["tables"] = serde_json::json!([]);
                std::fs::write(path, json.to_string()).unwrap();
            },
            &["--by", "month"],
            65,
        ),
        (
            "a file is beside it",
            |_, record| std::fs::write(record.join("notes.txt"), "x").unwrap(),
            &["--by", "month"],
            65,
        ),
        (
            "the batch is a link",
            |out, _| {
                std::fs::rename(out.join("202407"), out.with_file_name("202407")).unwrap();
                std::os::unix::fs::symlink(out.with_file_name("202407"), out.join("202407")).unwrap();
            },
            &["--by", "month"],
            2,
        ),
        (
            "the record is cut",
            |_, record| std::fs::write(record.join("summary.json"), "{").unwrap(),
            &["--by", "month"],
            65,
        ),
        (
            "the batch is of another folder",
            |out, _| std::fs::rename(out.join("202407"), out.join("july")).unwrap(),
            &["--by", "month"],
            2,
        ),
    ];
    for (what, damage, arguments, code) in cases {
        let folder = tempfile::tempdir().unwrap();
        let batch = batch(folder.path());
        assert_eq!(kept(&batch, &["--by", "sex"]).code, 0);
        let out = folder.path().join("out");
        damage(&out, &record(&out));
        let before = read_folder(&out.join("summaries"));
        let batch = if batch.exists() { batch } else { out.join("july") };
        let ran = kept(&batch, arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{what}: {}", ran.stderr);
        assert_eq!(read_folder(&out.join("summaries")), before, "{what}");
    }
}

/// Another batch of a month, or none, can't say what a summary of it hides.
#[test]
fn a_summary_stands_and_falls_with_its_batch() {
    let folder = tempfile::tempdir().unwrap();
    let (july, august) = two_batches(folder.path());
    assert_eq!(kept(&july, &["--by", "sex"]).code, 0);
    // The same batch made again is the same batch.
    let same = run_on(&in_repository("fixtures/registry"), &folder.path().join("out"), &[]);
    assert!(same.code == 0 && !same.stderr.contains("summaries of"), "{}", same.stderr);
    // On another day of the month ages are others.
    let next_day = folder.path().join("next-day");
    let out_of_next_day = text(&next_day);
    let registry = in_repository("fixtures/registry");
    let copied =
        phds_with(&["run", text(&registry), "--as-of", "2024-07-08", "--out", out_of_next_day, "--quiet"]);
    assert_eq!(copied.code, 0, "{}", copied.stderr);
    assert_eq!(kept(&next_day.join("202407"), &["--by", "sex"]).code, 0);
    let run = ["run", text(&registry), "--as-of", "2024-07-09", "--out", out_of_next_day, "--quiet"];
    let later = phds_with(&[&run[..], &["--gate-off", "window_over"]].concat());
    assert_eq!(later.code, 0, "{}", later.stderr);
    assert!(
        later.stderr.contains("summaries of 202407 are out that were made of the batch before"),
        "{}",
        later.stderr
    );
    // What can't be read may be of the batch before.
    std::fs::write(next_day.join("summaries/stray"), "").unwrap();
    let untold = phds_with(&[&run[..], &["--gate-off", "window_over"]].concat());
    assert!(untold.code == 0 && untold.stderr.contains("can't be told"), "{}", untold.stderr);
    let away = folder.path().join("away");
    std::fs::rename(&july, &away).unwrap();
    let gone = kept(&august, &["--by", "sex"]);
    assert_eq!((gone.code, gone.stdout.as_str()), (66, ""), "{}", gone.stderr);
    let policy = in_repository("fixtures/policy-no-disaster.toml");
    let out = folder.path().join("out");
    let run = [
        "run",
        text(&registry),
        "--as-of",
        "2024-07-08",
        "--out",
        text(&out),
        "--policy",
        text(&policy),
        "--quiet",
    ];
    let ran = phds_with(&run);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("summaries of 202407 are out that were made of the batch before"),
        "{}",
        ran.stderr
    );
    for batch in [&july, &august] {
        let other = kept(batch, &["--by", "month"]);
        assert_eq!((other.code, other.stdout.as_str()), (65, ""), "{}", other.stderr);
        assert!(other.stderr.contains("another batch"), "{}", other.stderr);
    }
}

/// Each summary names the one before it: that one is gone is seen as soon as there is a later one, of whatever batch.
#[test]
fn a_summary_that_is_gone_is_missed() {
    let folder = tempfile::tempdir().unwrap();
    let (july, august) = two_batches(folder.path());
    for (batch, by) in [(&july, "sex"), (&july, "recipient"), (&august, "sex")] {
        assert_eq!(kept(batch, &["--by", by]).code, 0, "{by}");
    }
    let summaries = folder.path().join("out/summaries");
    let away = folder.path().join("away");
    for name in ["202407-0001", "202407-0002"] {
        std::fs::rename(summaries.join(name), &away).unwrap();
        let ran = kept(&august, &["--by", "age_band"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (65, ""), "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains("missing or changed"), "{}", ran.stderr);
        std::fs::rename(&away, summaries.join(name)).unwrap();
    }
    assert_eq!(kept(&august, &["--by", "sex"]).code, 0);
}

#[test]
fn tables_do_not_lie_where_batches_and_summaries_do() {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch(folder.path());
    let out = folder.path().join("out");
    for (place, code) in [
        ("summaries", 2),
        ("summaries/mine", 73),
        ("202408", 2),
        ("202407/mine", 2),
        (".mine", 2),
        ("nowhere/mine", 73),
        ("mine", 0),
    ] {
        let before = read_folder(&out);
        let ran = summary(&batch, &["--by", "sex", "--out", text(&out.join(place))]);
        assert_eq!(ran.code, code, "{place}: {}", ran.stderr);
        assert_eq!(read_folder(&out) == before, code != 0, "{place}");
    }
}

#[test]
fn a_recipient_may_not_look_like_a_total() {
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("export");
    std::fs::create_dir(&export).unwrap();
    for (name, bytes) in read_folder(&in_repository("fixtures/registry")) {
        std::fs::write(export.join(name), bytes).unwrap();
    }
    let recipients = export.join("recipients.csv");
    let table = std::fs::read_to_string(&recipients).unwrap();
    std::fs::write(recipients, table.replacen("Bluebonnet County Public Health,", "(total),", 1)).unwrap();
    assert_eq!(run_on(&export, &folder.path().join("out"), &[]).code, 0);
    let batch = folder.path().join("out/202407");
    for (by, code) in [("recipient", 65), ("sex", 0)] {
        let ran = summary(&batch, &["--by", by]);
        assert_eq!(ran.code, code, "{}", ran.stderr);
    }
}

/// Who is to be kept from working something out adds doses of months up.
#[test]
fn doses_of_several_dates_make_no_table_by_date() {
    let site = Site::empty();
    six_small_cells(&site, 30);
    let facts = std::fs::read_to_string(site.export().join("immunizations.csv")).unwrap();
    // One dose's second fact is of the next month, one's of the same; of one client's dose a fact is another's.
    let second =
        "1,1001,1,3,2020-02-01,POL,1,5,N\n2,1002,2,3,2020-01-01,POL,1,5,N\n3,1003,4,3,2020-01-01,FLU,1,5,N\n";
    site.file("immunizations.csv", (facts + second).as_bytes());
    let ran = site.run(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let batch = site.out().join("202407");
    let recipient = ["--for", "own", "--recipient", "Travis"];
    for (arguments, expect) in [
        (&["--by", "month"][..], Some("month: 1 dose(s) have facts of several dates")),
        (&["--by", "sex,month", "--unrecorded"], Some("month: 1 dose(s) have facts of several dates")),
        // Their age is in one band all the same.
        (&["--by", "age_band"], None),
        (&["--by", "county"], None),
        // Nothing is hidden there.
        (&[&["--by", "month"], &recipient[..]].concat(), None),
    ] {
        let ran = kept(&batch, arguments);
        assert_eq!(ran.code, if expect.is_some() { 65 } else { 0 }, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(expect.unwrap_or_default()), "{arguments:?}: {}", ran.stderr);
    }
    let ran = kept(&batch, &["--by", "county"]);
    assert!(ran.stdout.ends_with("\n(total),123,121,120\n"), "{}", ran.stdout);
}

/// What is kept is read again before the next summary, however long it may be: here longer than any other file that a batch has of
/// itself.
#[test]
fn a_long_table_that_is_out_is_read_again() {
    const COUNTIES: [&str; 24] = [
        "Anderson",
        "Archer",
        "Bandera",
        "Bell",
        "Bexar",
        "Bosque",
        "Brown",
        "Cass",
        "Clay",
        "Coke",
        "Collin",
        "Comal",
        "Dallas",
        "Ector",
        "El Paso",
        "Ellis",
        "Erath",
        "Fannin",
        "Foard",
        "Galveston",
        "Gray",
        "Harris",
        "Hays",
        "Travis",
    ];
    let site = Site::empty();
    let table = |name: &str, rows: &[String]| {
        site.rows(name, &rows.iter().map(String::as_str).collect::<Vec<_>>());
    };
    // Twelve clients like each other in each county, so that there are no small cells.
    let clients: Vec<usize> = (0..12 * COUNTIES.len()).collect();
    let client = |id: &usize| {
        let birth = 1950 + id / 12 % 4 * 15;
        format!("{id},IA,Ana,Ruiz,,{birth}-05-05,F,,TX,{},78701", COUNTIES[id / 12])
    };
    table("clients", &clients.iter().map(client).collect::<Vec<_>>());
    let consents: Vec<String> = clients.iter().map(|id| format!("{id},STANDARD,2005-01-01,,")).collect();
    table("consents", &consents);
    let fact = |client: usize, month: usize| {
        let (id, county) = (client * 44 + month + 1, client / 12);
        let (year, month_of_year, group) = (2019 + month / 12, month % 12 + 1, (county + month) % 20);
        let organization = county % 3 + 1;
        format!(
            "{id},{id},{client},3,{year}-{month_of_year:02}-15,GROUP-OF-VACCINES-{group},1,{organization},N"
        )
    };
    let facts: Vec<String> =
        clients.iter().flat_map(|client| (0..44).map(move |month| fact(*client, month))).collect();
    table("immunizations", &facts);
    table("vaccines", &["3,03,".to_owned()]);
    let organization = |id: usize| format!("{id},Clinic {id},CL{id},{id}{},,,,", "-Department".repeat(16));
    table("organizations", &(1..=3).map(organization).collect::<Vec<_>>());
    let ran = site.run(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let batch = site.out().join("202407");
    let ran = kept(&batch, &["--by", "county,vaccine_group,age_band,month,recipient"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.len() > 64 << 20, "{} bytes", ran.stdout.len());
    assert!(!ran.stdout.contains('*'));
    let ran = kept(&batch, &["--by", "sex"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
