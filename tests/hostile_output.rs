//! Names that would break what they are written into, and places that batches can't, or must not, be put into.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/namespace.rs"]
mod namespace;
#[path = "common/nobody.rs"]
mod nobody;
#[path = "hostile_output/refusing.rs"]
mod refusing;
#[path = "common/skip.rs"]
mod skip;

use common::{Ran, Site, manifest, phds_with, read_folder, run_on, text};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names of recipients, and the files that they get.
const NAMES: [(&str, &str); 17] = [
    ("../../etc/passwd", "PHDS_etc_passwd_202407.csv"),
    ("/etc/cron.d/x", "PHDS_etc_cron_d_x_202407.csv"),
    ("CON", "PHDS_CON_202407.csv"),
    ("aux.txt", "PHDS_aux_txt_202407.csv"),
    ("C:\\Windows", "PHDS_C_Windows_202407.csv"),
    ("--out", "PHDS_--out_202407.csv"),
    ("$(reboot) `reboot` ;reboot", "PHDS_reboot_reboot_reboot_202407.csv"),
    ("=cmd|'/C calc'!A0", "PHDS_cmd_C_calc_A0_202407.csv"),
    ("+1+2", "PHDS_1_2_202407.csv"),
    ("-3+4", "PHDS_-3_4_202407.csv"),
    ("@SUM(B2)", "PHDS_SUM_B2_202407.csv"),
    ("Line\none", "PHDS_Line_one_202407.csv"),
    ("Bell\u{7} and\ttab", "PHDS_Bell_and_tab_202407.csv"),
    ("Red \u{9b}31m county", "PHDS_Red_31m_county_202407.csv"),
    ("Turned \u{202e}ytnuoc\u{2066}", "PHDS_Turned_ytnuoc_202407.csv"),
    ("<script>alert(1)</script>", "PHDS_script_alert_1_script_202407.csv"),
    ("\" onload=\"x", "PHDS_onload_x_202407.csv"),
];

/// A name as CSV has it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What goes to a terminal must not steer it.
fn is_tame(ran: &Ran) {
    for c in ran.stdout.chars().chain(ran.stderr.chars()) {
        let steers =
            (c.is_control() && c != '\n') || ('\u{2028}'..='\u{202e}').contains(&c) || c == '\u{2066}';
        assert!(!steers, "{c:?} goes to the terminal: {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn names_that_would_break_what_they_stand_in() {
    let site = Site::new();
    let organizations: Vec<String> = NAMES
        .iter()
        .zip(100..)
        .map(|((name, _), id)| format!("{id},Clinic,CL,{},,,,", quoted(name)))
        .collect();
    // More than a hundred rows each in the second month, so that the report has something to say of them.
    let facts = |rows: usize| -> Vec<String> {
        let all = (0..NAMES.len()).flat_map(|place| (0..rows).map(move |n| (place, n)));
        all.map(|(place, n)| format!("{0},{0},7,3,2024-06-01,MMR,1,{1},N", place * 1000 + n, 100 + place))
            .collect()
    };
    let lines = |rows: &[String]| rows.join("\n") + "\n";
    let write = |rows: usize| {
        site.file(
            "organizations.csv",
            format!("{}\n{}", common::header("organizations"), lines(&organizations)).as_bytes(),
        );
        site.file(
            "immunizations.csv",
            format!("{}\n{}", common::header("immunizations"), lines(&facts(rows))).as_bytes(),
        );
    };
    write(1);
    let out = site.out();
    let june = phds_with(&["run", text(&site.export()), "--out", text(&out), "--as-of", "2024-06-10"]);
    assert_eq!(june.code, 0, "{}", june.stderr);
    write(120);
    // Held back, for what the recipients' rows have grown: the message names them.
    let held = site.run(&["--max-change", "1%"]);
    is_tame(&held);
    assert_eq!(held.code, 77, "{}", held.stderr);
    let ran = site.run(&["--max-change", "off"]);
    is_tame(&ran);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let batch = site.batch();
    let mut files: Vec<&str> =
        batch.keys().map(String::as_str).filter(|name| name.starts_with("PHDS_")).collect();
    let mut expected: Vec<&str> = NAMES.iter().map(|(_, file)| *file).collect();
    files.sort_unstable();
    expected.sort_unstable();
    assert_eq!(files, expected);
    // Nothing has got out of the place of batches.
    assert_eq!(site.left_in_out(), ["202406", "202407"]);
    let mut beside: Vec<_> =
        std::fs::read_dir(site.path("")).unwrap().map(|e| e.unwrap().file_name()).collect();
    beside.sort();
    assert_eq!(beside, ["export", "out"]);
    // The bytes of the names are as the export has them, cleaned as all texts are.
    let clean = |name: &str| name.replace(['\n', '\u{7}', '\t', '\u{9b}'], " ");
    for (name, file) in NAMES {
        let rows = String::from_utf8(batch[file].clone()).unwrap();
        let mut reader = csv::Reader::from_reader(rows.as_bytes());
        let place =
            reader.headers().unwrap().iter().position(|column| column == "RESPONSIBLE_ENTITY").unwrap();
        let entities: Vec<String> = reader.records().map(|row| row.unwrap()[place].to_owned()).collect();
        assert!(entities.iter().all(|entity| *entity == clean(name)) && entities.len() == 120, "{name:?}");
    }
    let recipients: Vec<String> = manifest(&batch)["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["recipient"].as_str().unwrap().to_owned())
        .collect();
    assert!(NAMES.iter().all(|(name, _)| recipients.contains(&clean(name))), "{recipients:?}");
    // The page shows names as text and as nothing else.
    let page = String::from_utf8(batch["qa/report.html"].clone()).unwrap();
    assert!(
        page.contains("&lt;script&gt;alert(1)")
            && !page.contains("<script")
            && !page.contains("\" onload=\"")
    );
    assert!(!page.chars().any(|c| c == '\u{202e}' || c == '\u{2066}' || (c.is_control() && c != '\n')));
    for folder in ["202407", "202407/qa"] {
        let mut check = Command::new("sha256sum");
        check.args(["-c", "--strict", "--quiet", "SHA256SUMS"]).current_dir(out.join(folder));
        assert!(check.status().unwrap().success());
    }
    for arguments in [
        &["verify", text(&out.join("202407"))][..],
        &["history", text(&out)],
        &["diff", text(&out.join("202406")), text(&out.join("202407"))],
        &["diff", text(&out.join("202406")), text(&out.join("202407")), "--show-values"],
        &["report", text(&out.join("202407")), "--out", text(&site.path("page.html"))],
    ] {
        let ran = phds_with(arguments);
        is_tame(&ran);
        assert!([0, 1].contains(&ran.code), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(phds_with(&["verify", text(&out.join("202407"))]).code, 0);
}

#[test]
fn names_that_make_no_file_stop_the_run_before_any_batch_is_touched() {
    let longest = "x".repeat(255 - "PHDS__202407.csv".len());
    let too_long = format!("{longest}x");
    for (name, code) in [
        (".", "NO_FILE_NAME"),
        ("..", "NO_FILE_NAME"),
        ("\u{202e}\u{9b}", "INVALID_VALUE"),
        ("-\u{202e}", ""),
        ("保健所", "NO_FILE_NAME"),
        (&too_long, "FILE_NAME_TOO_LONG"),
        (&longest, ""),
    ] {
        let site = Site::new();
        assert_eq!(site.run(&[]).code, 0);
        let before = site.batch();
        site.rows("recipients", &[&format!("{name},Travis")]);
        let ran = site.run(&[]);
        is_tame(&ran);
        assert_eq!(site.left_in_out(), ["202407"]);
        if code.is_empty() {
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            continue;
        }
        assert_eq!(ran.code, 65, "{name}: {}", ran.stderr);
        assert!(
            ran.stderr.contains(&format!("recipients.csv, line 2, column RECIPIENT: {code}")),
            "{}",
            ran.stderr
        );
        assert!(site.batch() == before);
    }
}

#[test]
fn names_that_differ_only_in_case_are_one() {
    let site = Site::new();
    site.rows(
        "organizations",
        &["5,Clinic,CL,El Paso,,,,", "6,Clinic,CL,EL  PASO,,,,", "7,Clinic,CL,el paso,,,,"],
    );
    site.rows(
        "immunizations",
        &["1,11,7,3,2020-01-01,MMR,1,5,N", "2,12,7,3,2020-01-02,MMR,1,6,N", "3,13,7,3,2020-01-03,MMR,1,7,N"],
    );
    assert_eq!(site.run(&[]).code, 0);
    let files = &manifest(&site.batch())["files"];
    assert_eq!(files.as_array().unwrap().len(), 1);
    assert_eq!((files[0]["recipient"].as_str(), files[0]["rows"].as_u64()), (Some("EL  PASO"), Some(3)));
}

/// All that is in a folder, with what files hold and links name.
fn all_in(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let found = path.symlink_metadata().unwrap();
        if found.is_dir() {
            all.extend(all_in(&path));
        }
        let holds = match (found.is_file(), found.is_symlink()) {
            (true, _) => std::fs::read(&path).unwrap(),
            (_, true) => std::fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes(),
            _ => Vec::new(),
        };
        all.push((path, holds));
    }
    all.sort();
    all
}

/// Runs, expects the exit code and the message, and that nothing was made.
fn refused(site: &Site, out: &Path, code: i32, message: &str) {
    let before = all_in(&site.path(""));
    let ran = run_on(&site.export(), out, &[]);
    assert_eq!(ran.code, code, "{}", ran.stderr);
    assert!(ran.stderr.contains(message), "{}", ran.stderr);
    assert!(all_in(&site.path("")) == before, "something has changed");
}

#[test]
fn places_with_something_in_the_way() {
    let site = Site::new();
    // A link to nowhere must not be followed, and made.
    symlink(site.path("nowhere"), site.path("dangling")).unwrap();
    refused(&site, &site.path("dangling"), 73, "a symbolic link is in the way");
    refused(&site, &site.path("dangling/"), 73, "a symbolic link is in the way");
    assert!(!site.path("nowhere").exists());
    symlink(site.path("loop"), site.path("loop")).unwrap();
    refused(&site, &site.path("loop"), 73, "a symbolic link is in the way");
    refused(&site, &site.path("loop/out"), 73, "cannot be created");
    refused(&site, &site.export().join("clients.csv"), 73, "a file is in the way");
    refused(&site, &site.export().join("clients.csv/out"), 73, "cannot be created");
    refused(&site, Path::new("/dev/null"), 73, "a file is in the way");
    refused(&site, Path::new(""), 2, "a value is required");
    let socket = std::os::unix::net::UnixListener::bind(site.path("socket")).unwrap();
    assert_eq!(run_on(&site.export(), &site.path("socket"), &[]).code, 73);
    drop(socket);
    std::fs::remove_file(site.path("socket")).unwrap();
    // In the place of the batch.
    std::fs::create_dir(site.out()).unwrap();
    std::fs::write(site.out().join("202407"), "a file").unwrap();
    refused(&site, &site.out(), 73, "202407: a file is in the way");
    std::fs::remove_file(site.out().join("202407")).unwrap();
    symlink(site.path("nowhere"), site.out().join("202407")).unwrap();
    refused(&site, &site.out(), 73, "202407: a symbolic link is in the way");
    std::fs::remove_file(site.out().join("202407")).unwrap();
    // Somebody's own folder goes by such a name.
    std::fs::create_dir(site.out().join("202407")).unwrap();
    std::fs::write(site.out().join("202407/precious.csv"), "").unwrap();
    refused(&site, &site.out(), 73, "202407: a folder that is no batch is in the way");
    std::fs::remove_file(site.out().join("202407/precious.csv")).unwrap();
    // What other runs left, and what looks like it. An empty folder in the batch's place is nobody's.
    std::fs::write(site.out().join(".phds-fileFILE12345678"), "").unwrap();
    std::fs::create_dir(site.out().join("notes")).unwrap();
    assert_eq!(site.run(&[]).code, 0);
    assert_eq!(site.left_in_out(), ["202407", "notes"]);
}

/// What is replaced goes. It must not be what the batch is made from.
#[test]
fn an_export_where_the_batch_is_to_be_is_left_alone() {
    let site = Site::new();
    let exports = site.path("exports");
    std::fs::create_dir_all(exports.join("202407/deeper")).unwrap();
    for (name, bytes) in read_folder(&site.export()) {
        std::fs::write(exports.join("202407").join(&name), &bytes).unwrap();
        std::fs::write(exports.join("202407/deeper").join(&name), &bytes).unwrap();
    }
    symlink(exports.join("202407"), site.path("link")).unwrap();
    let before = read_folder(&exports);
    for export in ["exports/202407", "exports/202407/deeper", "exports/../exports/202407/", "link"] {
        let ran = run_on(&site.path(export), &exports, &[]);
        assert_eq!(ran.code, 73, "{export}: {}", ran.stderr);
        assert!(ran.stderr.contains("202407: the export itself is in the way"), "{}", ran.stderr);
        assert!(read_folder(&exports) == before, "{export}");
    }
    // The same for a work database.
    let database = exports.join("202407/b.db");
    assert_eq!(phds_with(&["read", text(&site.export()), "--work", text(&database)]).code, 0);
    assert_eq!(phds_with(&["filter", "--work", text(&database), "--as-of", "2024-07-08"]).code, 0);
    let ran = phds_with(&["write", "--work", text(&database), "--out", text(&exports)]);
    assert_eq!(ran.code, 73, "{}", ran.stderr);
    assert!(database.exists() && exports.join("202407/deeper/clients.csv").exists());
    // One month's export does not stand in the way of another's batch; but it is no batch to compare with.
    let ran =
        phds_with(&["run", text(&exports.join("202407")), "--out", text(&exports), "--as-of", "2024-08-08"]);
    assert_eq!(ran.code, 77, "{}", ran.stderr);
    assert!(ran.stderr.contains("  BATCH_BEFORE_UNREADABLE: "), "{}", ran.stderr);
    assert!(exports.join("202407/deeper/clients.csv").exists());
}

#[test]
fn a_place_within_the_export() {
    for out in ["out", ".", "deep/er"] {
        let site = Site::new();
        let before = read_folder(&site.export());
        let place = site.export().join(out);
        // Again, too: what the first run has made must not be taken for a table.
        for _ in 0..2 {
            let ran = run_on(&site.export(), &place, &[]);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
        }
        assert!(
            before.iter().all(|(name, bytes)| std::fs::read(site.export().join(name)).unwrap() == *bytes)
        );
        assert_eq!(phds_with(&["verify", text(&place.join("202407"))]).code, 0);
    }
}

#[test]
fn paths_that_are_no_text() {
    let site = Site::new();
    for name in [&b"\xff\xfe"[..], b"new\nline", b"\x1b[31mred", b"-", b" ", "\u{202e}".as_bytes()] {
        let out = site.path("").join(std::ffi::OsStr::from_bytes(name));
        let mut command = common::phds();
        command.arg("run").arg(site.export()).args(["--as-of", "2024-07-08", "--out"]).arg(&out);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(out.join("202407/manifest.json").exists());
        let said = Ran {
            code: 0,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        is_tame(&said);
    }
}
