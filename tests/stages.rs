//! The stages apart, and SQLite exports: the same bytes by every way, and stages that know their state.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::random::Tables;
use common::{GATES_OFF, Ran, Site, delivered, manifest, phds_with, read_folder, text};
use proptest::prelude::*;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

type Batch = BTreeMap<String, Vec<u8>>;

fn done(ran: Ran) -> Ran {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran
}

/// `run` on an export, of whatever kind.
fn run(export: &Path, out: &Path) -> Batch {
    done(common::run_on(export, out, &["--max-quarantined", "100%"]));
    read_folder(&out.join("202407"))
}

/// The three stages on an export, of whatever kind.
fn stages(export: &Path, batch: &Path, out: &Path) -> Batch {
    let limit = ["--max-quarantined", "100%"];
    done(phds_with(&[&["read", text(export), "--work", text(batch)][..], &limit].concat()));
    done(phds_with(&[&["filter", "--work", text(batch), "--as-of", "2024-07-08"][..], &limit].concat()));
    done(write(batch, out));
    read_folder(&out.join("202407"))
}

/// The last stage, without the gates of [`GATES_OFF`].
fn write(batch: &Path, out: &Path) -> Ran {
    phds_with(&[&["write", "--work", text(batch), "--out", text(out)], &GATES_OFF[..]].concat())
}

/// The tables of a CSV export as an SQLite file. A malformed row has no place in a table, so there may be none.
fn to_sqlite(export: &Path, file: &Path) {
    let mut connection = Connection::open(file).unwrap();
    let all = connection.transaction().unwrap();
    for (table, bytes) in read_folder(export) {
        let name = table.strip_suffix(".csv").unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let columns: Vec<String> = reader.headers().unwrap().iter().map(|c| format!("\"{c}\"")).collect();
        all.execute(&format!("CREATE TABLE {name} ({})", columns.join(", ")), []).unwrap();
        let marks = vec!["?"; columns.len()].join(", ");
        let mut insert = all.prepare(&format!("INSERT INTO {name} VALUES ({marks})")).unwrap();
        for record in reader.records().map(Result::unwrap) {
            insert.execute(rusqlite::params_from_iter(record.iter())).unwrap();
        }
    }
    all.commit().unwrap();
}

/// The same export with every file compressed.
fn to_gz(export: &Path, folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    for (name, bytes) in read_folder(export) {
        let file = std::fs::File::create(folder.join(format!("{name}.gz"))).unwrap();
        let mut gz = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        gz.write_all(&bytes).unwrap();
        gz.finish().unwrap();
    }
}

/// The batch of an export by each of the five ways, qa/ aside.
fn five_ways(site: &Site) -> [Batch; 5] {
    let export = site.export();
    let (gz, sqlite) = (site.path("gz"), site.path("export.sqlite"));
    to_gz(&export, &gz);
    to_sqlite(&export, &sqlite);
    let out = |n: usize| site.path(&format!("out-{n}"));
    [
        run(&export, &out(0)),
        run(&gz, &out(1)),
        run(&sqlite, &out(2)),
        stages(&export, &site.path("csv.db"), &out(3)),
        stages(&sqlite, &site.path("sqlite.db"), &out(4)),
    ]
}

fn check_five_ways(site: &Site) {
    let ways = five_ways(site);
    // By the same source, what was listed for QA is the same too.
    assert_eq!(ways[0], ways[3]);
    assert_eq!(ways[2], ways[4]);
    let [first, others @ ..] = ways.map(delivered);
    for (way, other) in others.iter().enumerate() {
        assert!(*other == first, "way {} differs from `run` on CSV", way + 2);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 25, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn five_ways_give_the_same_bytes(seed: u64, dirt in 0usize..10) {
        let site = Site::empty();
        Tables::random(seed, dirt).without_malformed_rows().write(&site);
        check_five_ways(&site);
    }

    /// Dirty rows of every kind, for the ways that can have them.
    #[test]
    fn stages_give_the_bytes_of_run(seed: u64, dirt in 1usize..6) {
        let site = Site::empty();
        Tables::random(seed, dirt).write(&site);
        let whole = run(&site.export(), &site.path("out"));
        prop_assert_eq!(stages(&site.export(), &site.path("b.db"), &site.path("out-2")), whole);
    }
}

#[test]
fn five_ways_on_the_tidy_export() {
    let site = Site::empty();
    for (name, bytes) in read_folder(&common::in_repository("fixtures/registry")) {
        site.file(&name, &bytes);
    }
    check_five_ways(&site);
}

#[test]
fn stages_on_the_dirty_export() {
    let folder = tempfile::tempdir().unwrap();
    let export = common::in_repository("fixtures/registry-dirty");
    let whole = run(&export, &folder.path().join("a"));
    assert_eq!(stages(&export, &folder.path().join("b.db"), &folder.path().join("b")), whole);
}

/// A work database of a small export, filtered.
fn filtered() -> (Site, PathBuf) {
    let site = Site::new();
    let batch = site.path("b.db");
    done(phds_with(&["read", text(&site.export()), "--work", text(&batch)]));
    done(phds_with(&["filter", "--work", text(&batch), "--as-of", "2024-07-08"]));
    (site, batch)
}

#[test]
fn stages_know_their_state() {
    let site = Site::new();
    let batch = site.path("b.db");
    let name = text(&batch);
    let check = |arguments: &[&str], code: i32, message: &str, hint: &str| {
        let ran = phds_with(arguments);
        assert_eq!(ran.code, code, "{}", ran.stderr);
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
        assert!(ran.stderr.contains(hint), "{}", ran.stderr);
    };
    let out = site.out();
    let (filter, write) =
        (["filter", "--work", name, "--as-of", "2024-07-08"], ["write", "--work", name, "--out", text(&out)]);
    let (read_again, filter_first) = (
        format!("run: phds read EXPORT --work {name}"),
        format!("run: phds filter --work {name} --as-of DATE"),
    );
    check(&filter, 66, "cannot be opened", &read_again);
    check(&["status", "--work", name], 66, "cannot be opened", &read_again);
    std::fs::write(site.path("b.db.reading"), "").unwrap();
    check(&filter, 65, "READ_INTERRUPTED", &read_again);
    for other in
        ["", "CLIENT_ID\n", "SQLite format 3\0 but not really one, though it is long enough to look like it"]
    {
        std::fs::write(&batch, other).unwrap();
        check(&filter, 65, "NO_WORK_DATABASE", "run: phds read EXPORT --work NEW.db");
        check(&write, 65, "NO_WORK_DATABASE", "run: phds read EXPORT --work NEW.db");
        // What is no work database is not written over.
        check(&["read", text(&site.export()), "--work", name], 73, "in the way", "give another --work");
        assert_eq!(std::fs::read(&batch).unwrap(), other.as_bytes());
    }
    std::fs::remove_file(&batch).unwrap();
    done(phds_with(&["read", text(&site.export()), "--work", name]));
    assert!(!site.path("b.db.reading").exists());
    check(&write, 65, "NOT_FILTERED", &filter_first);
    assert!(!out.exists());
    done(phds_with(&filter));
    done(phds_with(&write));
    let connection = Connection::open(&batch).unwrap();
    connection.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(connection);
    check(&filter, 65, "OTHER_VERSION: the work database is of version 99", &read_again);
    // But it is one, and a new one may take its place.
    done(phds_with(&["read", text(&site.export()), "--work", name]));
    check(&write, 65, "NOT_FILTERED", &filter_first);
}

/// A link names the file, but SQLite keeps what belongs to it beside the file itself.
#[test]
fn an_sqlite_export_behind_a_link_is_not_altered_either() {
    let site = Site::new();
    let (file, link) = (site.path("registry.sqlite"), site.path("link.sqlite"));
    to_sqlite(&site.export(), &file);
    let writer = Connection::open(&file).unwrap();
    writer.pragma_update(None, "journal_mode", "WAL").unwrap();
    writer.execute_batch("CREATE TABLE more (x); INSERT INTO more VALUES (1);").unwrap();
    // A log that a program left which did not end well: the copies have no connection to them.
    let left = site.path("left.sqlite");
    std::fs::copy(&file, &left).unwrap();
    std::fs::copy(site.path("registry.sqlite-wal"), site.path("left.sqlite-wal")).unwrap();
    std::os::unix::fs::symlink(&left, &link).unwrap();
    let (before, log) = (std::fs::read(&left).unwrap(), std::fs::read(site.path("left.sqlite-wal")).unwrap());
    assert!(!log.is_empty());
    run(&link, &site.out());
    assert_eq!(std::fs::read(&left).unwrap(), before);
    assert_eq!(std::fs::read(site.path("left.sqlite-wal")).unwrap(), log);
}

/// A row that no longer passes the checks that it passed when it was read was changed by somebody.
#[test]
fn a_batch_database_that_was_tampered_with_is_damaged() {
    for change in [
        "UPDATE clients SET birth_date = 'soon'",
        "UPDATE immunizations SET client_id = 8",
        "UPDATE vaccines SET product_class = 'X'",
    ] {
        let (site, batch) = filtered();
        Connection::open(&batch).unwrap().execute_batch(change).unwrap();
        for arguments in [
            &["filter", "--work", text(&batch), "--as-of", "2024-07-08"][..],
            &["write", "--work", text(&batch), "--out", text(&site.path("o"))],
        ] {
            let ran = phds_with(arguments);
            assert_eq!(ran.code, 65, "{change}: {}", ran.stderr);
            assert!(ran.stderr.contains("DAMAGED_DATABASE"), "{}", ran.stderr);
        }
        assert!(!site.path("o/202407").exists());
    }
}

#[test]
fn a_draft_that_others_may_read_is_made_private() {
    let site = Site::new();
    let draft = site.path("b.db.reading");
    std::fs::write(&draft, "left over").unwrap();
    std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(0o644)).unwrap();
    done(phds_with(&["read", text(&site.export()), "--work", text(&site.path("b.db"))]));
    assert_eq!(std::fs::metadata(site.path("b.db")).unwrap().permissions().mode() & 0o777, 0o600);
}

/// What a work database lost to its quarantine is not in its tables: read as an export, it would share a client
/// whose withdrawal could not be read.
#[test]
fn a_batch_database_is_no_export() {
    let (site, batch) = filtered();
    let out = site.out();
    for command in ["run", "read", "explain"] {
        let rest: &[&str] = match command {
            "run" => &["--out", text(&out)],
            "read" => &["--work", "other.db"],
            _ => &["--fact", "11"],
        };
        let ran = phds_with(&[&[command, text(&batch)][..], rest].concat());
        assert_eq!(ran.code, 65, "{}", ran.stderr);
        assert!(ran.stderr.contains("BATCH_DATABASE"), "{}", ran.stderr);
    }
    assert!(!out.join("202407").exists());
}

#[test]
fn stages_stay_out_of_each_others_way() {
    let (site, batch) = filtered();
    // Read before it is held: closing a file gives up the locks that the process has on it.
    let before = std::fs::read(&batch).unwrap();
    let held = Connection::open(&batch).unwrap();
    held.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (export, name) = (site.export(), text(&batch));
    for arguments in
        [&["read", text(&export), "--work", name][..], &["filter", "--work", name, "--as-of", "2024-07-08"]]
    {
        let ran = phds_with(arguments);
        assert_eq!(ran.code, 75, "{}", ran.stderr);
    }
    assert_eq!(std::fs::read(&batch).unwrap(), before);
    // The journal of a stage that was killed is not the new database's.
    drop(held);
    std::fs::remove_file(&batch).unwrap();
    std::fs::write(site.path("b.db-journal"), b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7 left over").unwrap();
    done(phds_with(&["read", text(&export), "--work", name]));
    assert!(!site.path("b.db-journal").exists());
    done(phds_with(&["filter", "--work", name, "--as-of", "2024-07-08"]));
}

#[test]
fn a_batch_database_is_its_owners_only() {
    let (_site, batch) = filtered();
    assert_eq!(std::fs::metadata(batch).unwrap().permissions().mode() & 0o777, 0o600);
}

/// `--work` was called `--batch` before 0.2.0, and jobs out there still say so.
#[test]
fn the_old_name_of_the_option_still_serves() {
    let site = Site::empty();
    let (export, file, out) =
        (common::in_repository("fixtures/registry"), site.path("july.db"), site.path("out"));
    let file = text(&file);
    done(phds_with(&["read", text(&export), "--batch", file]));
    done(phds_with(&["filter", "--batch", file, "--as-of", "2024-07-08"]));
    done(phds_with(&["write", "--batch", file, "--out", text(&out)]));
    done(phds_with(&["status", "--batch", file]));
    done(phds_with(&["explain", "--batch", file, "--fact", "100113"]));
    assert_eq!(delivered(read_folder(&out.join("202407"))), delivered(run(&export, &site.path("other"))));
}

#[test]
fn filter_again_replaces_the_outcomes() {
    let (site, batch) = filtered();
    let write = || {
        done(self::write(&batch, &site.out()));
        manifest(&site.batch())
    };
    assert_eq!(write()["facts"]["included"], 1);
    let policy = site.path("p.toml");
    std::fs::write(&policy, "name = \"Nobody\"\n[client_types]\n").unwrap();
    done(phds_with(&["filter", "--work", text(&batch), "--as-of", "2024-07-09", "--policy", text(&policy)]));
    let manifest = write();
    assert_eq!(manifest["facts"]["excluded"]["UNKNOWN_CLIENT_TYPE"], 1);
    assert_eq!(
        (manifest["as_of"].as_str(), manifest["policy"]["name"].as_str()),
        (Some("2024-07-09"), Some("Nobody"))
    );
    // A filter that is refused leaves the outcomes of the one before.
    std::fs::write(&policy, "nane = 1").unwrap();
    assert_eq!(
        phds_with(&["filter", "--work", text(&batch), "--as-of", "2024-07-08", "--policy", text(&policy)])
            .code,
        78
    );
    assert_eq!(write()["policy"]["name"], "Nobody");
}

#[test]
fn the_limit_holds_at_both_stages() {
    let site = Site::new();
    let batch = site.path("b.db");
    let (export, name) = (site.export(), text(&batch).to_owned());
    site.rows("vaccines", &["3,03,", "x,,"]);
    let ran = phds_with(&["read", text(&export), "--work", &name]);
    assert_eq!(ran.code, 65);
    assert!(ran.stderr.contains("vaccines.csv: TOO_MANY_QUARANTINED: 1 of 2 rows"), "{}", ran.stderr);
    let list = site.path("b.db.quarantine.csv");
    assert!(ran.stderr.contains(text(&list)), "{}", ran.stderr);
    assert!(
        std::fs::read_to_string(&list).unwrap().ends_with("vaccines,vaccines.csv,3,VACCINE_ID,INVALID_ID\n")
    );
    assert!(!batch.exists());
    // Duplicate facts show only once the rules were applied.
    site.rows("vaccines", &["3,03,"]);
    site.rows("immunizations", &["1,11,7,3,2020-01-01,MMR,1,5,N", "1,11,7,3,2020-01-01,MMR,2,5,N"]);
    done(phds_with(&["read", text(&export), "--work", &name]));
    assert!(!list.exists());
    let filter = ["filter", "--work", &name, "--as-of", "2024-07-08"];
    let ran = phds_with(&filter);
    assert_eq!(ran.code, 65);
    assert!(ran.stderr.contains("immunizations.csv: TOO_MANY_QUARANTINED: 2 of 2 rows"), "{}", ran.stderr);
    assert_eq!(std::fs::read_to_string(&list).unwrap().matches("IMMUNFACT_ID,DUPLICATE_KEY").count(), 2);
    assert_eq!(phds_with(&["write", "--work", &name, "--out", text(&site.out())]).code, 65);
    done(phds_with(&[&filter[..], &["--max-quarantined", "100%"]].concat()));
    // What `read` was allowed, `filter` does not judge again.
    site.rows("immunizations", &["1,11,7,3,2020-01-01,MMR,1,5,N"]);
    site.rows("vaccines", &["3,03,", "x,,"]);
    done(phds_with(&["read", text(&export), "--work", &name, "--max-quarantined", "100%"]));
    done(phds_with(&filter));
}

#[test]
fn status_tells_what_was_done() {
    let site = Site::new();
    let batch = site.path("b.db");
    let shown =
        || done(phds_with(&["status", "--work", text(&batch)])).stdout.replace(text(&batch), "FILE.db");
    done(phds_with(&["read", text(&site.export()), "--work", text(&batch)]));
    insta::assert_snapshot!("status-read", shown());
    done(phds_with(&["filter", "--work", text(&batch), "--as-of", "2024-07-08"]));
    insta::assert_snapshot!("status-filtered", shown());
    done(phds_with(&["write", "--work", text(&batch), "--out", text(&site.out())]));
    insta::assert_snapshot!("status-written", shown());
}

#[test]
fn killed_stages_leave_the_result_before_them() {
    let (site, batch) = filtered();
    let write = || {
        done(phds_with(&["write", "--work", text(&batch), "--out", text(&site.out())]));
        site.batch()
    };
    let rows: Vec<String> = (0..30_000).map(|id| format!("{id},{id},7,3,2020-01-01,MMR,1,5,N")).collect();
    site.rows("immunizations", &rows.iter().map(String::as_str).collect::<Vec<_>>());
    // A database large enough for filter to be killed within.
    let large = site.path("large.db");
    done(phds_with(&["read", text(&site.export()), "--work", text(&large)]));
    done(phds_with(&["filter", "--work", text(&large), "--as-of", "2024-07-08"]));
    std::fs::rename(&large, &batch).unwrap();
    let before = write();
    let kept = site.path("kept.db");
    std::fs::copy(&batch, &kept).unwrap();
    let mut killed = 0;
    for (stage, wait) in
        [("read", 30), ("filter", 15), ("read", 60), ("filter", 40), ("read", 90), ("filter", 60)]
    {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_phds"));
        match stage {
            "read" => command.args(["read", "--quiet"]).arg(site.export()).arg("--work").arg(&batch),
            _ => command.args(["filter", "--quiet", "--as-of", "2020-07-08", "--work"]).arg(&batch),
        };
        let mut child = command.spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        child.kill().unwrap();
        // One that came to its end all the same is not what this is about: back to the start.
        if child.wait().unwrap().success() {
            std::fs::copy(&kept, &batch).unwrap();
            continue;
        }
        // So is one that was killed in its last moment, when its result was in place: that is then whole.
        let status = phds_with(&["status", "--work", text(&batch)]);
        assert_eq!(status.code, 0, "after a killed {stage}: {}", status.stderr);
        if !status.stdout.contains("Filtered as of 2024-07-08") {
            std::fs::copy(&kept, &batch).unwrap();
            continue;
        }
        killed += 1;
        assert_eq!(write(), before, "after a killed {stage}");
    }
    assert!(killed > 0, "no stage was killed before its end");
}

#[test]
fn an_sqlite_export_may_have_columns_of_any_type() {
    let site = Site::new();
    done(site.run(&[]));
    let expect = delivered(site.batch());
    let file = site.path("registry.sqlite");
    let connection = Connection::open(&file).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE Clients (zip_code INTEGER, client_id REAL, client_type, first_name BLOB, last_name TEXT,
                 middle_name TEXT, birth_date DATETIME, sex_code, race_and_ethnicity, state_code, client_county, note);
             INSERT INTO clients VALUES (78701, 7.0, 'ia', CAST('Ana' AS BLOB), ' Ruiz' || char(9), NULL,
                 '1990-05-05 00:00:00', 'F', '', 'TX', 'Travis', x'ff');
             CREATE TABLE source (a, b, c, d, e);
             INSERT INTO source VALUES (7, 'STANDARD', '2015-01-01', NULL, NULL);
             CREATE VIEW consents AS SELECT a AS client_id, b AS consent_type, c AS effective_date, d AS end_date, e AS end_reason FROM source;
             CREATE TABLE vaccines (vaccine_id INTEGER PRIMARY KEY, cvx_code TEXT, product_class) WITHOUT ROWID;
             INSERT INTO vaccines VALUES (3, '03', NULL);
             CREATE TABLE organizations (org_id, provider_name, short_name, responsible_entity, provider_street_address,
                 provider_city, provider_state, provider_zip_code);
             INSERT INTO organizations VALUES ('5', 'Clinic', 'CL', 'Travis', NULL, NULL, NULL, NULL);
             CREATE TABLE immunizations (immunization_id, immunfact_id, client_id, vaccine_id, vaccination_date,
                 vaccine_group, ordinal_position REAL, given_by_org_id, disaster_flag);
             INSERT INTO immunizations VALUES (1, '11', 7.0, 3, '2020-01-01T10:00', 'MMR', 1, 5.0, 'n');",
        )
        .unwrap();
    drop(connection);
    assert_eq!(delivered(run(&file, &site.path("out-2"))), expect);
    assert_eq!(delivered(stages(&file, &site.path("b.db"), &site.path("out-3"))), expect);
}

#[test]
fn an_sqlite_export_is_read_in_one_snapshot_and_never_altered() {
    for journal in ["WAL", "DELETE"] {
        let site = Site::new();
        let file = site.path("registry.sqlite");
        to_sqlite(&site.export(), &file);
        let writer = Connection::open(&file).unwrap();
        writer.pragma_update(None, "journal_mode", journal).unwrap();
        // Another process has a change under way that it has not committed.
        writer.execute_batch("BEGIN IMMEDIATE; DELETE FROM immunizations;").unwrap();
        let before = std::fs::read(&file).unwrap();
        let batch = run(&file, &site.out());
        assert_eq!(manifest(&batch)["facts"]["read"], 1, "{journal}");
        assert_eq!(std::fs::read(&file).unwrap(), before, "{journal}");
        writer.execute_batch("COMMIT").unwrap();
        assert_eq!(manifest(&run(&file, &site.out()))["facts"]["read"], 0, "{journal}");
    }
    // A file that nobody else has open is left alone, and so is what lies beside it.
    let site = Site::new();
    let file = site.path("alone.sqlite");
    to_sqlite(&site.export(), &file);
    Connection::open(&file).unwrap().pragma_update(None, "journal_mode", "WAL").unwrap();
    let before = std::fs::read(&file).unwrap();
    run(&file, &site.out());
    assert_eq!(std::fs::read(&file).unwrap(), before);
    let beside: Vec<_> = std::fs::read_dir(file.parent().unwrap())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .filter(|n| n.to_string_lossy().starts_with("alone.sqlite-"))
        .collect();
    assert!(beside.is_empty(), "{beside:?}");
}

#[test]
fn sqlite_exports_that_cannot_be_used() {
    let site = Site::new();
    let file = site.path("registry.sqlite");
    let check = |change: &str, code: i32, message: &str| {
        let _ = std::fs::remove_file(&file);
        to_sqlite(&site.export(), &file);
        Connection::open(&file).unwrap().execute_batch(change).unwrap();
        let ran = common::run_on(&file, &site.out(), &[]);
        assert_eq!(ran.code, code, "{}", ran.stderr);
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
        assert!(!ran.stderr.contains("Ana") && !ran.stderr.contains("Ruiz"), "{}", ran.stderr);
    };
    check("DROP TABLE vaccines", 66, "the table vaccines is missing");
    check("ALTER TABLE clients DROP COLUMN ZIP_CODE", 65, "column ZIP_CODE: MISSING_COLUMN");
    check(
        "INSERT INTO consents VALUES ('Ana', 'STANDARD', '2015-01-01', NULL, NULL)",
        65,
        "line 2, column CLIENT_ID: INVALID_ID",
    );
    check(
        "ALTER TABLE vaccines RENAME TO v; CREATE VIEW vaccines AS SELECT *, json('Ana') AS bad FROM v",
        0,
        "",
    );
    check(
        "ALTER TABLE vaccines RENAME TO v; CREATE VIEW vaccines AS SELECT VACCINE_ID, json(CVX_CODE || 'Ana') AS CVX_CODE, PRODUCT_CLASS FROM v",
        65,
        "UNUSABLE_DATABASE",
    );
    check(
        "CREATE TABLE control (TABLE_NAME, ROW_COUNT); INSERT INTO control VALUES ('Clients', 1), ('vaccines', 5)",
        65,
        "ROW_COUNT_DIFFERS: the table vaccines should have 5 rows and has 1",
    );
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[200..middle].fill(0x5a);
    std::fs::write(&file, &bytes).unwrap();
    let ran = common::run_on(&file, &site.out(), &[]);
    assert_eq!(ran.code, 65, "{}", ran.stderr);
    std::fs::write(&file, &bytes[..50]).unwrap();
    assert_eq!(common::run_on(&file, &site.out(), &[]).code, 65);
    assert!(
        !site.out().join("202407").join("manifest.json").exists()
            || manifest(&site.batch())["facts"]["included"] == 1
    );
}
