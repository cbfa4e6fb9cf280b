//! The recipients' packages: what is in them, what never is, and what `verify` makes of them.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Ran, Site, in_repository, manifest, phds_with, read_folder, run_on, text};
use phds::value::text::hex;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The fixture's batch.
fn batch(folder: &Path) -> PathBuf {
    let ran = run_on(&in_repository("fixtures/registry"), &folder.join("out"), &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    folder.join("out/202407")
}

fn verify(path: &Path) -> Ran {
    phds_with(&["verify", text(path)])
}

/// The packages of a batch, by the paths of their files' names, each with its files.
fn packages(batch: &Path) -> BTreeMap<String, BTreeMap<String, Vec<u8>>> {
    let entries = std::fs::read_dir(batch.join("recipients")).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path());
    folders.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), read_folder(&path))).collect()
}

/// A recipient's package of the fixture, taken to another place as a department has it.
fn delivered(folder: &Path) -> PathBuf {
    let package = batch(folder).join("recipients/Bluebonnet_County_Public_Health");
    let place = folder.join("downloads");
    std::fs::create_dir(&place).unwrap();
    for (name, bytes) in read_folder(&package) {
        std::fs::write(place.join(name), bytes).unwrap();
    }
    place
}

#[test]
fn every_recipient_has_a_package_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch(folder.path());
    let files = read_folder(&batch);
    let packages = packages(&batch);
    let manifest = manifest(&files);
    let entries = manifest["files"].as_array().unwrap();
    assert_eq!(packages.len(), entries.len());
    for entry in entries {
        let path = entry["path"].as_str().unwrap();
        let package = &packages[path.strip_prefix("PHDS_").unwrap().strip_suffix("_202407.csv").unwrap()];
        let names: Vec<&str> = package.keys().map(String::as_str).collect();
        let mut expect = vec![
            path,
            "README.txt",
            "SHA256SUMS",
            "data_dictionary.csv",
            "data_dictionary.md",
            "datapackage.json",
            "read_phds.R",
            "read_phds.py",
            "read_phds.sas",
        ];
        expect.sort_unstable();
        assert_eq!(names, expect);
        assert_eq!(package[path], files[path]);
        let list: String = package
            .iter()
            .filter(|(name, _)| *name != "SHA256SUMS")
            .map(|(name, bytes)| format!("{}  {name}\n", hex(&Sha256::digest(bytes))))
            .collect();
        assert_eq!(String::from_utf8(package["SHA256SUMS"].clone()).unwrap(), list);
        let recipient = entry["recipient"].as_str().unwrap();
        for name in ["README.txt", "data_dictionary.md", "data_dictionary.csv"] {
            let text = String::from_utf8(package[name].clone()).unwrap();
            assert!(
                [recipient, "202407", "2024-07-08"].iter().all(|word| text.contains(word)),
                "{name}: {text}"
            );
        }
        let described: serde_json::Value = serde_json::from_slice(&package["datapackage.json"]).unwrap();
        let resource = &described["resources"][0];
        assert_eq!((&resource["path"], &resource["bytes"]), (&entry["path"], &entry["bytes"]));
        assert_eq!(resource["hash"], format!("sha256:{}", entry["sha256"].as_str().unwrap()));
    }
    // All of it is in the batch's own list, which the system's program reads too.
    let listed = String::from_utf8(files["SHA256SUMS"].clone()).unwrap();
    let listed: BTreeSet<&str> = listed.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    let there =
        files.keys().map(String::as_str).filter(|path| !path.starts_with("qa/") && *path != "SHA256SUMS");
    assert_eq!(listed, there.collect());
    assert_eq!(verify(&batch).code, 0);
}

#[test]
fn a_packages_file_takes_no_room_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch(folder.path());
    let packages = batch.join("recipients");
    let number = |path: &Path| std::fs::metadata(path).unwrap().ino();
    let file = "PHDS_Bluebonnet_County_Public_Health_202407.csv";
    let (own, copy) = (batch.join(file), packages.join("Bluebonnet_County_Public_Health").join(file));
    // Where files can share blocks, they are two files that do.
    if std::fs::metadata(&own).unwrap().nlink() > 1 {
        assert_eq!(number(&own), number(&copy));
    }
    for entry in std::fs::read_dir(&packages).unwrap() {
        for file in std::fs::read_dir(entry.unwrap().path()).unwrap() {
            assert_eq!(file.unwrap().metadata().unwrap().mode() & 0o777, 0o600);
        }
    }
    // A batch that is released has as many files as it had when it was held.
    let site = Site::new();
    let ran = site.run_gated(&["--gate-off", "unmatched_recipients"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let held = Site::empty();
    assert_eq!(held.run_gated(&[]).code, 77);
    assert_eq!(phds_with(&["release", text(&held.out()), "202407", "--by", "Ana"]).code, 0);
    assert!(!held.batch().keys().any(|path| path.starts_with("recipients/")));
}

#[test]
fn a_released_batch_keeps_its_packages_and_their_links() {
    let site = Site::new();
    site.rows("control", &["clients,1"]);
    let policy = site.path("policy.toml");
    std::fs::write(&policy, "[window]\nlast_day = 2024-01-01\n[gate]\nmax_vaccination_age = \"off\"\n")
        .unwrap();
    let ran = site.run_gated(&["--policy", text(&policy)]);
    assert_eq!(ran.code, 77, "{}", ran.stderr);
    let held = site.out().join(".held/202407");
    let before = read_folder(&held.join("recipients"));
    assert_eq!(before.len(), 9);
    let ran =
        phds_with(&["release", text(&site.out()), "202407", "--by", "Ana", "--reason", "the window stays"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let batch = site.out().join("202407");
    assert_eq!(read_folder(&batch.join("recipients")), before);
    let file = "PHDS_Travis_202407.csv";
    let links = |path: PathBuf| std::fs::metadata(path).unwrap().nlink();
    assert_eq!(links(batch.join(file)), links(batch.join("recipients/Travis").join(file)));
    let ran = verify(&batch);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

/// Whatever only others have is in none of a package's files: no value, no name, no number of rows.
#[test]
fn nothing_of_another_recipient_is_in_a_package() {
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("export");
    let made = phds_with(&[
        "synth",
        "--clients",
        "400",
        "--seed",
        "17",
        "--as-of",
        "2024-07-08",
        "--out",
        text(&export),
        "--quiet",
    ]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    let ran = run_on(&export, &folder.path().join("out"), &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let batch = folder.path().join("out/202407");
    let (files, packages) = (read_folder(&batch), packages(&batch));
    assert!(packages.len() > 3, "{}", packages.len());
    // Of each recipient: its values, its name, its file, its number of rows.
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in manifest(&files)["files"].as_array().unwrap() {
        let path = entry["path"].as_str().unwrap();
        let stem = path.strip_prefix("PHDS_").unwrap().strip_suffix("_202407.csv").unwrap();
        let rows = format!("{} rows", entry["rows"]);
        let mut own = BTreeSet::from([stem.to_owned(), path.to_owned(), rows]);
        own.insert(entry["recipient"].as_str().unwrap().to_owned());
        own.insert(entry["sha256"].as_str().unwrap().to_owned());
        let mut reader = csv::Reader::from_reader(files[path].as_slice());
        for record in reader.records() {
            own.extend(record.unwrap().iter().map(str::to_owned));
        }
        known.insert(stem.to_owned(), own);
    }
    // What stands in every dictionary tells nothing of anybody.
    let common_text =
        phds_with(&["dictionary"]).stdout + &phds_with(&["dictionary", "--format", "python"]).stdout;
    let mut looked_for = 0;
    for (recipient, package) in &packages {
        let own = &known[recipient];
        let others: BTreeSet<&String> = known.values().flatten().collect();
        let is_telling =
            |value: &&String| value.len() > 3 && !own.contains(*value) && !common_text.contains(*value);
        let only_others: Vec<&String> = others.into_iter().filter(is_telling).collect();
        looked_for += only_others.len();
        let own_text: String = own.iter().map(|value| format!("{value}\n")).collect();
        for (name, bytes) in package {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let words: BTreeSet<&str> = text.split([',', '\n', '"', ' ', '`', '/', ':', '|']).collect();
            for value in &only_others {
                // A value that is a part of one of its own, as a town is of a clinic's name, is its own.
                let is_there = match value.contains(' ') {
                    true => text.contains(value.as_str()) && !own_text.contains(value.as_str()),
                    false => words.contains(value.as_str()),
                };
                assert!(!is_there || own_text.contains(value.as_str()), "{recipient}: {name}: {value}");
            }
        }
    }
    assert!(looked_for > 1000, "{looked_for}");
}

#[test]
fn no_damage_to_a_package_in_a_batch_goes_unseen() {
    let check = |damage: &dyn Fn(&Path), expect: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let batch = batch(folder.path());
        damage(&batch.join("recipients/Bluebonnet_County_Public_Health"));
        let ran = verify(&batch);
        assert_eq!(ran.code, 1, "{expect:?}: {}", ran.stdout);
        let told: Vec<&str> =
            ran.stdout.lines().filter_map(|line| line.split_once(": ")).map(|(place, _)| place).collect();
        let told: Vec<String> = told
            .iter()
            .zip(ran.stdout.lines())
            .filter(|(_, line)| !line.contains("NOT SOUND"))
            .map(|(place, line)| format!("{place} {}", line.split(": ").nth(1).unwrap()))
            .collect();
        assert_eq!(told, expect, "{}", ran.stdout);
    };
    let package = "recipients/Bluebonnet_County_Public_Health";
    let csv = "PHDS_Bluebonnet_County_Public_Health_202407.csv";
    check(
        &|package| std::fs::remove_dir_all(package).unwrap(),
        &[
            "recipients/Bluebonnet_County_Public_Health MISSING_FILE",
            "recipients/Bluebonnet_County_Public_Health/PHDS_Bluebonnet_County_Public_Health_202407.csv MISSING_FILE",
            "recipients/Bluebonnet_County_Public_Health/README.txt MISSING_FILE",
            "recipients/Bluebonnet_County_Public_Health/SHA256SUMS MISSING_FILE",
            "recipients/Bluebonnet_County_Public_Health/data_dictionary.csv MISSING_FILE",
            "recipients/Bluebonnet_County_Public_Health/data_dictionary.md MISSING_FILE",
            "recipients/Bluebonnet_County_Public_Health/datapackage.json MISSING_FILE",
            "recipients/Bluebonnet_County_Public_Health/read_phds.R MISSING_FILE",
            "recipients/Bluebonnet_County_Public_Health/read_phds.py MISSING_FILE",
            "recipients/Bluebonnet_County_Public_Health/read_phds.sas MISSING_FILE",
        ],
    );
    check(
        &|package| std::fs::remove_file(package.join("README.txt")).unwrap(),
        &[&format!("{package}/README.txt MISSING_FILE")],
    );
    check(
        &|package| std::fs::write(package.join("more.txt"), "x").unwrap(),
        &[&format!("{package}/more.txt EXTRA_FILE"), &format!("{package}/more.txt OPEN_TO_OTHERS")],
    );
    check(
        &|package| std::fs::create_dir(package.join("more")).unwrap(),
        &[&format!("{package}/more EXTRA_FILE")],
    );
    check(
        &|package| {
            let other = package.with_file_name("Other_County");
            std::fs::create_dir(&other).unwrap();
            std::fs::set_permissions(&other, Permissions::from_mode(0o700)).unwrap();
        },
        &["recipients/Other_County EXTRA_FILE"],
    );
    check(
        &|package| {
            let path = package.join("README.txt");
            let text = std::fs::read(&path).unwrap();
            std::fs::write(&path, [&text[..], b"x"].concat()).unwrap();
        },
        &[&format!("{package}/README.txt WRONG_CHECKSUM")],
    );
    // Another department's file in place of its own.
    check(
        &|package| {
            let path = package.join(csv);
            let other = "Gulf_Prairie_Health_District";
            let other = package.with_file_name(other).join(format!("PHDS_{other}_202407.csv"));
            let other = std::fs::read(other).unwrap();
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, other).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        },
        &[&format!("{package}/{csv} WRONG_CHECKSUM")],
    );
    check(
        &|package| {
            std::fs::set_permissions(package, Permissions::from_mode(0o755)).unwrap();
        },
        &[&format!("{package} OPEN_TO_OTHERS")],
    );
    // What is one file is told of once.
    check(
        &|package| {
            let path = package.join(csv);
            let mut text = std::fs::read(&path).unwrap();
            *text.last_mut().unwrap() = b'x';
            std::fs::write(&path, &text).unwrap();
            std::fs::write(package.join("../..").join(csv), &text).unwrap();
        },
        &[&format!("{csv} WRONG_CHECKSUM"), &format!("{csv}, line 95 WRONG_LINE_END")],
    );
}

#[test]
fn a_package_is_verified_where_it_was_delivered_to() {
    let folder = tempfile::tempdir().unwrap();
    let place = delivered(folder.path());
    let csv = place.join("PHDS_Bluebonnet_County_Public_Health_202407.csv");
    let ran = verify(&place);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(
        ran.stdout.contains("downloads: 1 file(s), ") && ran.stdout.ends_with(": sound\n"),
        "{}",
        ran.stdout
    );

    // What else lies there is the department's own.
    std::fs::write(place.join("last month.csv"), "a,b\n").unwrap();
    let ran = verify(&place);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(
        ran.stdout.contains("last month.csv: not one of the package's files; not looked at\n"),
        "{}",
        ran.stdout
    );

    // As Windows programs save a list.
    let list = std::fs::read_to_string(place.join("SHA256SUMS")).unwrap();
    let windows = format!("\u{feff}{}", list.replace('\n', "\r\n"));
    std::fs::write(place.join("SHA256SUMS"), windows).unwrap();
    assert_eq!(verify(&place).code, 0);
    assert_eq!(verify(&csv).code, 0);

    // Nothing but the file and the list.
    let alone = folder.path().join("alone");
    std::fs::create_dir(&alone).unwrap();
    for name in ["PHDS_Bluebonnet_County_Public_Health_202407.csv", "SHA256SUMS"] {
        std::fs::copy(place.join(name), alone.join(name)).unwrap();
    }
    let ran = verify(&alone.join("PHDS_Bluebonnet_County_Public_Health_202407.csv"));
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let ran = verify(&alone);
    assert!(ran.code == 1 && ran.stdout.contains("README.txt: MISSING_FILE"), "{}", ran.stdout);

    let sound = std::fs::read(&csv).unwrap();
    let check = |bytes: Vec<u8>, code: &str| {
        std::fs::write(&csv, bytes).unwrap();
        for path in [&place, &csv] {
            let ran = verify(path);
            assert_eq!(ran.code, 1, "{}", ran.stdout);
            let name = "PHDS_Bluebonnet_County_Public_Health_202407.csv: ";
            assert!(ran.stdout.contains(&format!("{name}{code}")), "{}", ran.stdout);
        }
    };
    let mut flipped = sound.clone();
    let place_of_a_letter = flipped.iter().rposition(u8::is_ascii_alphabetic).unwrap();
    flipped[place_of_a_letter] ^= 0x20;
    check(flipped, "WRONG_CHECKSUM");
    check(String::from_utf8(sound).unwrap().replace('\n', "\r\n").into_bytes(), "LINE_ENDS_CHANGED");
}

#[test]
fn what_goes_with_a_file_is_as_it_should_read() {
    let folder = tempfile::tempdir().unwrap();
    let package = packages(&batch(folder.path())).remove("Bluebonnet_County_Public_Health").unwrap();
    for name in ["README.txt", "datapackage.json"] {
        insta::assert_snapshot!(name, String::from_utf8(package[name].clone()).unwrap());
    }
    let head = String::from_utf8(package["data_dictionary.md"].clone()).unwrap();
    insta::assert_snapshot!("data_dictionary.md", head.split("## What a row is").next().unwrap());
    let readme = String::from_utf8(package["README.txt"].clone()).unwrap();
    assert!(
        readme.lines().count() <= 60 && readme.lines().all(|line| line.chars().count() <= 90),
        "{readme}"
    );
}

#[test]
fn the_dictionary_comes_in_every_format() {
    for format in ["python", "r", "sas", "m"] {
        let ran = phds_with(&["dictionary", "--format", format]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        insta::assert_snapshot!(format!("script_{format}"), ran.stdout);
    }
    let folder = tempfile::tempdir().unwrap();
    let package = packages(&batch(folder.path())).remove("Bluebonnet_County_Public_Health").unwrap();
    for (format, name) in [("python", "read_phds.py"), ("r", "read_phds.R"), ("sas", "read_phds.sas")] {
        let ran = phds_with(&["dictionary", "--format", format]);
        assert_eq!(ran.stdout.as_bytes(), package[name], "{name}");
    }
}

/// A batch of a version that made no packages is sound without them.
#[test]
fn a_batch_from_before_there_were_packages() {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch(folder.path());
    let path = batch.join("manifest.json");
    let manifest = std::fs::read_to_string(&path).unwrap();
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(manifest.contains(&version));
    std::fs::write(&path, manifest.replace(&version, "\"version\": \"0.3.0\"")).unwrap();
    std::fs::remove_dir_all(batch.join("recipients")).unwrap();
    let files = read_folder(&batch);
    let own = files.iter().filter(|(name, _)| !name.contains('/') && *name != "SHA256SUMS");
    let list: String =
        own.map(|(name, bytes)| format!("{}  {name}\n", hex(&Sha256::digest(bytes)))).collect();
    std::fs::write(batch.join("SHA256SUMS"), list).unwrap();
    let ran = verify(&batch);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

/// Texts that SAS would cut are counted by column, and delivered whole.
#[test]
fn long_texts_are_told_of() {
    let site = Site::new();
    let policy = site.path("policy.toml");
    std::fs::write(
        &policy,
        "[lengths]\nFIRST_NAME = 2\nPROVIDER_NAME = 6\nCVX_CODE = 1\nVACCINE_GROUP = 3\n",
    )
    .unwrap();
    let ran = site.run(&["--policy", text(&policy)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let told = |column: &str| ran.stderr.contains(&format!("{column}: 1 fact(s) with a longer text"));
    assert!(told("FIRST_NAME") && told("CVX_CODE"), "{}", ran.stderr);
    assert!(!told("PROVIDER_NAME") && !told("VACCINE_GROUP") && !told("LAST_NAME"), "{}", ran.stderr);
    // `check` tells it beforehand.
    let checked =
        phds_with(&["check", text(&site.export()), "--as-of", "2024-07-08", "--policy", text(&policy)]);
    for column in ["FIRST_NAME", "CVX_CODE"] {
        let warning = format!("warning: {column}: 1 fact(s) with a longer text");
        assert!(checked.stdout.contains(&warning), "{}", checked.stdout);
    }
    let script = String::from_utf8(site.batch()["recipients/Travis/read_phds.sas"].clone()).unwrap();
    assert!(script.contains("    FIRST_NAME $2\n"), "{script}");
}

/// Whom to ask is what the policy says.
#[test]
fn the_readme_names_the_policys_contact() {
    let site = Site::new();
    let policy = site.path("policy.toml");
    let contact = "[contact]\nname = 'The registry of Ñ'\nemail = 'help@example.org'\nweb_client = 'https://example.org/'\n";
    std::fs::write(&policy, contact).unwrap();
    assert_eq!(site.run(&["--policy", text(&policy)]).code, 0);
    let readme = String::from_utf8(site.batch()["recipients/Travis/README.txt"].clone()).unwrap();
    for words in
        ["The registry of Ñ: 800-348-9158", "help@example.org, with \"PHDS\"", "https://example.org/\n"]
    {
        assert!(readme.contains(words), "{readme}");
    }
    assert!(!readme.contains("ImmTrac"), "{readme}");
}

/// A batch under a policy with these lines in `[file]`.
fn batch_with(folder: &Path, file: &str) -> PathBuf {
    let policy = folder.join("policy.toml");
    std::fs::write(&policy, format!("[file]\n{file}\n")).unwrap();
    let ran = run_on(&in_repository("fixtures/registry"), &folder.join("out"), &["--policy", text(&policy)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    folder.join("out/202407")
}

#[test]
fn a_byte_order_mark_is_there_where_the_policy_says_so() {
    let file = "PHDS_Bluebonnet_County_Public_Health_202407.csv";
    let (with, without) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (marked, plain) = (batch_with(with.path(), "bom = true"), batch_with(without.path(), "bom = false"));
    let read = |batch: &Path| std::fs::read(batch.join(file)).unwrap();
    assert_eq!(read(&marked), [b"\xef\xbb\xbf", read(&plain).as_slice()].concat());
    assert_eq!(common::manifest(&read_folder(&marked))["bom"], true);
    assert_eq!(common::manifest(&read_folder(&plain)).get("bom"), None);
    let package = marked.join("recipients/Bluebonnet_County_Public_Health");
    for path in [&marked, &package, &marked.join(file), &package.join(file)] {
        let ran = verify(path);
        assert_eq!(ran.code, 0, "{}: {}", path.display(), ran.stdout);
    }
    // Where it should not be, it is the trace of a program; and where it should be, it is missed.
    for (batch, change) in
        [(&plain, [b"\xef\xbb\xbf", read(&plain).as_slice()].concat()), (&marked, read(&plain))]
    {
        std::fs::write(batch.join(file), change).unwrap();
        let ran = verify(batch);
        assert!(
            ran.code == 1 && ran.stdout.contains(&format!("{file}, line 1: WRONG_HEADER")),
            "{}",
            ran.stdout
        );
    }
    // `diff` sees through it.
    let again = tempfile::tempdir().unwrap();
    let (marked, plain) = (batch_with(again.path(), "bom = true"), batch(without.path()));
    let ran = phds_with(&["diff", text(&marked), text(&plain)]);
    assert!(ran.stdout.contains("406") && ran.code < 2, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_copy_for_excel_is_there_where_the_policy_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch_with(folder.path(), "excel_copy = true");
    let (file, copy) = (
        "PHDS_Bluebonnet_County_Public_Health_202407.csv",
        "PHDS_Bluebonnet_County_Public_Health_202407_excel.csv",
    );
    let package = batch.join("recipients/Bluebonnet_County_Public_Health");
    let text_of_copy = String::from_utf8(std::fs::read(package.join(copy)).unwrap()).unwrap();
    assert!(text_of_copy.starts_with("\u{feff}CLIENT_ID,FIRST_NAME") && text_of_copy.ends_with("\r\n"));
    assert!(!batch.join(copy).exists());
    // The same rows, each text in a formula.
    let rows = |text: &str| {
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        reader
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    let plain = rows(&std::fs::read_to_string(package.join(file)).unwrap());
    let copied = rows(&text_of_copy);
    assert_eq!(copied.len(), plain.len());
    for (row, original) in copied.iter().zip(&plain) {
        for (place, (value, text)) in row.iter().zip(original).enumerate() {
            let stays = text.is_empty() || [4, 13, 17].contains(&place);
            assert_eq!(
                *value,
                if stays { text.clone() } else { format!("=\"{}\"", text.replace('"', "\"\"")) }
            );
        }
    }
    let readme = std::fs::read_to_string(package.join("README.txt")).unwrap();
    assert!(readme.contains(copy) && readme.contains("ALTERED: not the file of record"), "{readme}");
    for path in [&batch, &package] {
        let ran = verify(path);
        assert_eq!(ran.code, 0, "{}", ran.stdout);
    }
    // A copy of something else is no copy, whatever the lists say.
    let changed = text_of_copy.replacen("=\"", "=\"0", 1);
    std::fs::write(package.join(copy), &changed).unwrap();
    for list in [package.join("SHA256SUMS"), batch.join("SHA256SUMS")] {
        let sums = |text: &str| hex(&Sha256::digest(text.as_bytes()));
        let listed = std::fs::read_to_string(&list).unwrap().replace(&sums(&text_of_copy), &sums(&changed));
        std::fs::write(&list, listed).unwrap();
    }
    let own = hex(&Sha256::digest(std::fs::read(package.join("SHA256SUMS")).unwrap()));
    let list = std::fs::read_to_string(batch.join("SHA256SUMS")).unwrap();
    let place = "  recipients/Bluebonnet_County_Public_Health/SHA256SUMS";
    let old = list.lines().find_map(|line| line.strip_suffix(place)).unwrap().to_owned();
    std::fs::write(batch.join("SHA256SUMS"), list.replace(&old, &own)).unwrap();
    let ran = verify(&batch);
    assert!(ran.code == 1 && ran.stdout.contains(&format!("{copy}: WRONG_CHECKSUM")), "{}", ran.stdout);
}

/// Makes the lists of checksums of a batch fit its files.
fn reseal(batch: &Path) {
    let list_of = |folder: &Path, is_listed: &dyn Fn(&str) -> bool| {
        let files = read_folder(folder);
        let own = files.iter().filter(|(name, _)| *name != "SHA256SUMS" && is_listed(name));
        let list: String =
            own.map(|(name, bytes)| format!("{}  {name}\n", hex(&Sha256::digest(bytes)))).collect();
        std::fs::write(folder.join("SHA256SUMS"), list).unwrap();
    };
    for entry in std::fs::read_dir(batch.join("recipients")).unwrap() {
        list_of(&entry.unwrap().path(), &|_| true);
    }
    list_of(batch, &|name| !name.starts_with("qa/"));
}

/// What goes with a recipient's file must be its own, whatever the lists of checksums say.
#[test]
fn another_recipients_texts_are_found_in_a_package() {
    for name in ["README.txt", "data_dictionary.md", "data_dictionary.csv", "datapackage.json"] {
        let folder = tempfile::tempdir().unwrap();
        let batch = batch(folder.path());
        let package = batch.join("recipients/Bluebonnet_County_Public_Health");
        let other = batch.join("recipients/Gulf_Prairie_Health_District").join(name);
        std::fs::write(package.join(name), std::fs::read(other).unwrap()).unwrap();
        reseal(&batch);
        let ran = verify(&batch);
        let fault = format!("recipients/Bluebonnet_County_Public_Health/{name}: NOT_AS_WRITTEN");
        assert!(ran.code == 1 && ran.stdout.contains(&fault), "{}", ran.stdout);
    }
    // Under the policy every word is held against what would be written.
    let folder = tempfile::tempdir().unwrap();
    let batch = batch(folder.path());
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, phds_with(&["policy", "show"]).stdout).unwrap();
    let verify_under = || phds_with(&["verify", text(&batch), "--policy", text(&policy)]);
    assert_eq!(verify_under().code, 0);
    let script = batch.join("recipients/Bluebonnet_County_Public_Health/read_phds.R");
    // In place of a link, so that no other package's changes.
    let text_of_script = std::fs::read_to_string(&script).unwrap();
    std::fs::remove_file(&script).unwrap();
    std::fs::write(&script, text_of_script.replace("strip.white = FALSE", "strip.white = TRUE")).unwrap();
    std::fs::set_permissions(&script, Permissions::from_mode(0o600)).unwrap();
    reseal(&batch);
    assert_eq!(verify(&batch).code, 0);
    let ran = verify_under();
    let fault = "recipients/Bluebonnet_County_Public_Health/read_phds.R: OTHER_POLICY";
    assert!(ran.code == 1 && ran.stdout.contains(fault), "{}", ran.stdout);
}

/// A file that goes with a recipient's has no rows: its checksum is all there is to it.
#[test]
fn whatever_is_in_a_package_can_be_verified_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch_with(folder.path(), "excel_copy = true");
    let package = batch.join("recipients/Gulf_Prairie_Health_District");
    for name in read_folder(&package).keys().filter(|name| *name != "SHA256SUMS") {
        let ran = verify(&package.join(name));
        assert_eq!(ran.code, 0, "{name}: {}", ran.stdout);
    }
    let readme = package.join("README.txt");
    std::fs::write(&readme, "changed").unwrap();
    let ran = verify(&readme);
    assert!(ran.code == 1 && ran.stdout.contains("README.txt: WRONG_CHECKSUM"), "{}", ran.stdout);
}

/// A list that was cut names fewer files than a package has.
#[test]
fn a_package_whose_list_was_cut_is_not_sound() {
    let folder = tempfile::tempdir().unwrap();
    let place = delivered(folder.path());
    let list = std::fs::read_to_string(place.join("SHA256SUMS")).unwrap();
    let check = |changed: String, expect: &str| {
        std::fs::write(place.join("SHA256SUMS"), changed).unwrap();
        let ran = verify(&place);
        assert!(ran.code == 1 && ran.stdout.contains(expect), "{}", ran.stdout);
    };
    let lines: Vec<&str> = list.lines().collect();
    for kept in 0..lines.len() {
        let cut: String = lines[..kept].iter().map(|line| format!("{line}\n")).collect();
        check(cut, "SHA256SUMS: NOT_AS_WRITTEN");
    }
    // Of two checksums of one file nobody knows which holds.
    check(format!("{list}{}\n", lines[0]), "SHA256SUMS: NOT_AS_WRITTEN");
    // Another recipient's file under the name of its own.
    let csv = place.join("PHDS_Bluebonnet_County_Public_Health_202407.csv");
    let own = std::fs::read_to_string(&csv).unwrap();
    let other: String = own.lines().take(3).map(|line| format!("{line}\n")).collect();
    std::fs::write(&csv, &other).unwrap();
    let sum = |text: &str| hex(&Sha256::digest(text.as_bytes()));
    check(list.replace(&sum(&own), &sum(&other)), "datapackage.json: NOT_AS_WRITTEN");
}

/// Under its policy a batch has copies for Excel, or none.
#[test]
fn a_copy_for_excel_that_the_policy_wants_is_missed() {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch_with(folder.path(), "excel_copy = true");
    let policy = folder.path().join("policy.toml");
    let copy = "recipients/Gulf_Prairie_Health_District/PHDS_Gulf_Prairie_Health_District_202407_excel.csv";
    std::fs::remove_file(batch.join(copy)).unwrap();
    reseal(&batch);
    let ran = phds_with(&["verify", text(&batch), "--policy", text(&policy)]);
    assert!(ran.code == 1 && ran.stdout.contains(&format!("{copy}: OTHER_POLICY")), "{}", ran.stdout);
}

/// A run that is to make what is not made yet makes a batch again of which a package is gone.
#[test]
fn a_batch_that_has_lost_a_package_is_made_again() {
    let site = Site::new();
    let export = site.export();
    let run = || {
        phds_with(&[
            "run",
            text(&export),
            "--out",
            text(&site.out()),
            "--as-of",
            "2024-07-08",
            "--if-due",
            "--json",
        ])
    };
    assert_eq!(run().code, 0);
    let made = site.batch();
    assert!(run().stdout.contains("nothing-to-do"));
    std::fs::remove_dir_all(site.out().join("202407/recipients/Travis")).unwrap();
    let ran = run();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stdout.contains("nothing-to-do"), "{}", ran.stdout);
    assert_eq!(common::delivered(site.batch()), common::delivered(made));
}
