//! Verifying batches: a sound one is called sound, and no damage goes unseen.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Ran, Site, in_repository, phds, phds_with, run_on};
use phds::elements::ALL;
use phds::spill::Spill;
use phds::verify::{VerifySettings, verify};
use sha2::{Digest, Sha256};
use std::fs::Permissions;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

fn verify_with(path: &Path, arguments: &[&str]) -> Ran {
    phds_with(&[&["verify", path.to_str().unwrap()], arguments].concat())
}

fn batch_of(fixture: &str, folder: &Path, arguments: &[&str]) -> PathBuf {
    let ran = run_on(&in_repository(fixture), &folder.join("out"), arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    folder.join("out/202407")
}

#[test]
fn sound_batches_are_called_sound() {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch_of("fixtures/registry", folder.path(), &[]);
    let ran = verify_with(&batch, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("202407: 5 file(s), 406 row(s): sound\n"), "{}", ran.stdout);
    for entry in std::fs::read_dir(&batch).unwrap() {
        let path = entry.unwrap().path();
        if path.to_str().unwrap().contains("PHDS_") {
            let ran = verify_with(&path, &[]);
            assert_eq!(ran.code, 0, "{}", ran.stdout);
        }
    }
    // The built-in policy, as a file.
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, phds_with(&["policy", "show"]).stdout).unwrap();
    let ran = verify_with(&batch, &["--policy", policy.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);

    let other = folder.path().join("other.toml");
    std::fs::write(&other, "[file]\nline_ending = \"crlf\"\n[header]\nSTATE_CODE = \"STATE\"\n").unwrap();
    let other = ["--policy", other.to_str().unwrap()];
    let dirty = batch_of(
        "fixtures/registry-dirty",
        folder.path(),
        &[&other[..], &["--max-quarantined", "100%"]].concat(),
    );
    for arguments in [&[][..], &other] {
        let ran = verify_with(&dirty, arguments);
        assert_eq!(ran.code, 0, "{}", ran.stdout);
    }
}

/// Damages a batch of the fixture and lists what is found, without checksums, which every damage to a file touches.
fn found(damage: &dyn Fn(&Path), arguments: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch_of("fixtures/registry", folder.path(), &[]);
    damage(&batch);
    let ran = verify_with(&batch, arguments);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stdout.ends_with("NOT SOUND\n"));
    let faults = ran.stdout.lines().filter(|line| !line.ends_with("NOT SOUND"));
    faults
        .filter(|line| !line.contains("WRONG_CHECKSUM") && !line.contains("WRONG_SIZE"))
        .filter_map(|line| Some(line.rsplit_once(": ")?.0.to_owned()))
        .collect()
}

const FILE: &str = "PHDS_Gulf_Prairie_Health_District_202407.csv";

fn edit(name: &'static str, from: &'static str, to: &'static str) -> impl Fn(&Path) {
    move |batch| {
        let path = batch.join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    }
}

fn edit_lines(edit: impl Fn(&mut Vec<String>)) -> impl Fn(&Path) {
    move |batch| {
        let path = batch.join(FILE);
        let mut lines: Vec<String> =
            std::fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
        edit(&mut lines);
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    }
}

/// Adds an empty file that nobody else may read.
fn add(path: &Path) {
    std::fs::write(path, "").unwrap();
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn what_is_wrong_is_told_by_place_and_code() {
    let check = |damage: &dyn Fn(&Path), expect: &[&str]| {
        let expect: Vec<String> = expect.iter().map(|line| line.replace('@', FILE)).collect();
        assert_eq!(found(damage, &[]), expect);
    };
    check(&edit_lines(|lines| drop(lines.remove(3))), &["@: WRONG_ROW_COUNT"]);
    check(&edit_lines(|lines| lines.swap(2, 3)), &["@, line 4: OUT_OF_ORDER"]);
    check(
        &edit_lines(|lines| lines.insert(3, lines[2].clone())),
        &["@: WRONG_ROW_COUNT", "@, line 4, column IMMUNFACT_ID: DUPLICATE_KEY"],
    );
    check(&edit_lines(|lines| lines[0] = lines[0].to_lowercase()), &["@, line 1: WRONG_HEADER"]);
    check(&edit_lines(|lines| lines[4].push('\r')), &["@, line 5: WRONG_LINE_END"]);
    check(&edit_lines(|lines| lines[4].push(',')), &["@, line 5: WRONG_FIELD_COUNT"]);
    check(&edit_lines(|lines| lines[4].insert(0, '0')), &["@, line 5, column CLIENT_ID: INVALID_VALUE"]);
    check(
        &edit_lines(|lines| lines.push(String::new())),
        &["@: WRONG_ROW_COUNT", "@, line 50: WRONG_FIELD_COUNT"],
    );
    check(&|batch| std::fs::remove_file(batch.join(FILE)).unwrap(), &["@: MISSING_FILE"]);
    check(&|batch| add(&batch.join("notes.txt")), &["notes.txt: EXTRA_FILE"]);
    check(&|batch| std::fs::create_dir(batch.join("more")).unwrap(), &["more: EXTRA_FILE"]);
    check(&|batch| std::os::unix::fs::symlink("x", batch.join("qa/link")).unwrap(), &["qa/link: NOT_A_FILE"]);
    check(&|batch| std::fs::remove_dir_all(batch.join("qa")).unwrap(), &["qa: MISSING_FILE"]);
    check(&edit("qa/counts.csv", "READ", "Read"), &[]);
    let in_qa = |batch: &Path| {
        add(&batch.join("qa/zzz.csv"));
        let list = batch.join("qa/SHA256SUMS");
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let text = std::fs::read_to_string(&list).unwrap() + &format!("{empty}  zzz.csv\n");
        std::fs::write(list, text).unwrap();
    };
    check(&in_qa, &["qa/zzz.csv: EXTRA_FILE"]);
    let instead = |name: &'static str| {
        move |batch: &Path| {
            std::fs::remove_file(batch.join(name)).unwrap();
            let made = std::process::Command::new("mkfifo").arg(batch.join(name)).status();
            assert!(made.unwrap().success());
        }
    };
    check(&instead("qa/SHA256SUMS"), &["qa/SHA256SUMS: MISSING_FILE", "qa/SHA256SUMS: NOT_A_FILE"]);
    check(
        &instead("manifest.json"),
        &["manifest.json: MISSING_FILE", "manifest.json: NOT_A_FILE", "manifest.json: NOT_AS_WRITTEN"],
    );
    check(
        &edit("manifest.json", "\"included\": 312", "\"included\": 311"),
        &["manifest.json: NUMBERS_DISAGREE"],
    );
    check(&edit("manifest.json", "\"read\": ", "\"read\": 1"), &["manifest.json: NUMBERS_DISAGREE"]);
    check(&edit("manifest.json", "{", "{{"), &["manifest.json, line 1: NOT_AS_WRITTEN"]);
    check(&edit("SHA256SUMS", "\n", "\r\n"), &["SHA256SUMS: NOT_AS_WRITTEN"]);
    check(
        &edit("SHA256SUMS", "  ", " "),
        &[
            "PHDS_Bluebonnet_County_Public_Health_202407.csv: EXTRA_FILE",
            "SHA256SUMS, line 1: NOT_AS_WRITTEN",
        ],
    );
}

#[test]
fn the_policy_is_held_against_it() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, "[window]\nfirst_day = 2022-01-01\n").unwrap();
    let faults = found(&|_| {}, &["--policy", policy.to_str().unwrap(), "--limit", "100000"]);
    assert!(faults.contains(&"manifest.json: OTHER_POLICY".to_owned()), "{faults:?}");
    assert!(faults.contains(&"data_dictionary.md: OTHER_POLICY".to_owned()));
    assert!(faults.iter().any(|fault| fault.ends_with("column VACCINATION_DATE: OUTSIDE_WINDOW")));
    let json = verify_with(
        &batch_of("fixtures/registry", folder.path(), &[]),
        &["--policy", policy.to_str().unwrap(), "--limit", "2", "--json"],
    );
    assert_eq!(json.code, 1);
    insta::assert_snapshot!("verify-json", json.stdout);
}

#[test]
fn what_is_no_batch_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let check = |path: &Path, code: i32, expect: &str| {
        let ran = verify_with(path, &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""));
        assert!(ran.stderr.contains(expect), "{}", ran.stderr);
    };
    check(folder.path(), 66, "not a batch");
    check(&folder.path().join("nowhere"), 66, "nowhere");
    let binary = folder.path().join("x.csv");
    std::fs::write(&binary, [0, 159, 146, 150]).unwrap();
    assert_eq!(verify_with(&binary, &[]).code, 1);
}

/// Makes the manifest and the checksums agree again with what lies there, as somebody would who wants a change to go
/// unseen.
fn cover_up(batch: &Path) {
    let hash = |name: &str| {
        let bytes = std::fs::read(batch.join(name)).unwrap();
        Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let mut manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(batch.join("manifest.json")).unwrap()).unwrap();
    for file in manifest["files"].as_array_mut().unwrap() {
        let name = file["path"].as_str().unwrap().to_owned();
        file["sha256"] = hash(&name).into();
        file["bytes"] = std::fs::metadata(batch.join(&name)).unwrap().len().into();
    }
    std::fs::write(batch.join("manifest.json"), manifest.to_string()).unwrap();
    let list = std::fs::read_to_string(batch.join("SHA256SUMS")).unwrap();
    let list: String =
        list.lines().map(|line| &line[66..]).map(|name| format!("{}  {name}\n", hash(name))).collect();
    std::fs::write(batch.join("SHA256SUMS"), list).unwrap();
}

#[test]
fn rows_are_looked_at_even_if_all_checksums_agree() {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch_of("fixtures/registry", folder.path(), &[]);
    edit_lines(|lines| lines.swap(2, 3))(&batch);
    cover_up(&batch);
    let ran = verify_with(&batch, &[]);
    assert_eq!(ran.code, 1);
    insta::assert_snapshot!("verify", ran.stdout.replace(batch.to_str().unwrap(), "BATCH"));
}

#[test]
fn every_code_is_documented() {
    let text = std::fs::read_to_string(in_repository("docs/qa.md")).unwrap();
    for code in phds::verify::FaultCode::ALL {
        assert!(text.contains(&format!("`{}`", code.name())), "{} is not in docs/qa.md", code.name());
        assert_eq!(serde_json::to_value(code).unwrap(), code.name(), "in JSON it is written alike");
    }
}

/// Allows a batch to its owner alone.
fn close(batch: &Path) {
    let ran = std::process::Command::new("chmod").args(["-R", "go="]).arg(batch).status();
    assert!(ran.unwrap().success());
}

#[test]
fn what_others_may_read_is_told() {
    let check = |name: &'static str, mode: u32, expect: &[&str]| {
        let open = move |batch: &Path| {
            std::fs::set_permissions(batch.join(name), Permissions::from_mode(mode)).unwrap();
        };
        assert_eq!(found(&open, &[]), expect, "{name} {mode:o}");
    };
    check("", 0o750, &[".: OPEN_TO_OTHERS"]);
    check("", 0o701, &[".: OPEN_TO_OTHERS"]);
    check("qa", 0o755, &["qa: OPEN_TO_OTHERS"]);
    check("qa/counts.csv", 0o640, &["qa/counts.csv: OPEN_TO_OTHERS"]);
    check("manifest.json", 0o644, &["manifest.json: OPEN_TO_OTHERS"]);
    check(FILE, 0o602, &[&format!("{FILE}: OPEN_TO_OTHERS")]);
    // The owner may take rights from himself.
    let folder = tempfile::tempdir().unwrap();
    let batch = batch_of("fixtures/registry", folder.path(), &[]);
    std::fs::set_permissions(batch.join(FILE), Permissions::from_mode(0o400)).unwrap();
    assert_eq!(verify_with(&batch, &[]).code, 0);
    // A recipient may keep a single file as open as he likes.
    std::fs::set_permissions(batch.join(FILE), Permissions::from_mode(0o644)).unwrap();
    assert_eq!(verify_with(&batch, &[]).code, 1);
    assert_eq!(verify_with(&batch.join(FILE), &[]).code, 0);
}

#[test]
fn a_folder_named_after_another_month_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let batch = batch_of("fixtures/registry", folder.path(), &[]);
    let check = |name: &str, is_wrong: bool| {
        let other = batch.with_file_name(name);
        std::fs::rename(&batch, &other).unwrap();
        let ran = verify_with(&other, &[]);
        let within = phds().args(["verify", "."]).current_dir(&other).output().unwrap();
        std::fs::rename(&other, &batch).unwrap();
        assert_eq!(ran.code, i32::from(is_wrong), "{name}: {}", ran.stdout);
        assert_eq!(within.status.code(), Some(i32::from(is_wrong)), "{name}");
        let line = ".: WRONG_FOLDER_NAME: named after another month than the manifest's\n";
        assert_eq!(ran.stdout.starts_with(line), is_wrong, "{name}: {}", ran.stdout);
    };
    check("202407", false);
    check("202408", true);
    check("202307", true);
    // No month: a copy.
    check("202413", false);
    check("july", false);
    check("202407.old", false);
}

/// Every byte of every file of a small batch, qa/ too, is changed in turn; of the dictionaries and the package every sixteenth.
#[test]
fn no_change_of_a_single_byte_goes_unseen() {
    let site = Site::new();
    assert_eq!(site.run(&[]).code, 0);
    let original = site.batch();
    let names: Vec<&String> = original.keys().collect();
    let threads = 4;
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (original, names) = (&original, &names);
            scope.spawn(move || {
                let folder = tempfile::tempdir().unwrap();
                let batch = folder.path().join("202407");
                for (name, bytes) in original {
                    std::fs::create_dir_all(batch.join(name).parent().unwrap()).unwrap();
                    std::fs::write(batch.join(name), bytes).unwrap();
                }
                close(&batch);
                let spill = Spill::new(folder.path(), 1 << 20);
                let settings = VerifySettings {
                    policy: None,
                    limit: 10,
                    threads: NonZeroUsize::MIN,
                    spill: &spill,
                    elements: &ALL,
                };
                assert!(verify(&batch, settings).unwrap().sound);
                for name in names {
                    let mut bytes = original[*name].clone();
                    // Of the long texts, which are held against their checksums alone, some bytes stand for the others.
                    let is_long = name.starts_with("recipients/") || name.starts_with("data_dictionary");
                    let step = if is_long { 16 * threads } else { threads };
                    for place in (thread..bytes.len()).step_by(step) {
                        let byte = bytes[place];
                        bytes[place] ^= 1 << (place % 8);
                        std::fs::write(batch.join(name), &bytes).unwrap();
                        assert!(!verify(&batch, settings).unwrap().sound, "{name}, byte {place}");
                        bytes[place] = byte;
                    }
                    std::fs::write(batch.join(name), &bytes).unwrap();
                }
            });
        }
    });
}
