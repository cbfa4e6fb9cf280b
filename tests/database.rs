//! Databases that would lead a run to share what has been withdrawn: stale indexes, columns that a view names twice, ids
//! that are no longer what they were, logs that lie elsewhere, and a stage's database that somebody changed.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/nobody.rs"]
mod nobody;
#[path = "common/skip.rs"]
mod skip;

use common::{Ran, Site, header, phds_with, text};
use nobody::Nobody;
use rusqlite::Connection;
use skip::not_tested;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Ana (1) has withdrawn, Bob (2) has not.
const TABLES: &str = "
    INSERT INTO clients VALUES (1,'IA','Ana','Gone','','1990-01-01','F','','TX','Travis','78701'),
        (2,'IA','Bob','Stays','','1990-01-01','M','','TX','Travis','78701');
    INSERT INTO vaccines VALUES (5,'03','VACCINE');
    INSERT INTO organizations VALUES (7,'Clinic','C','Travis County','','','','');
    INSERT INTO immunizations VALUES (1,1,1,5,'2024-06-20','MMR',1,7,'N'), (2,2,2,5,'2024-06-20','MMR',1,7,'N');
    INSERT INTO consents VALUES (1,'STANDARD','2015-01-01',NULL,NULL), (2,'STANDARD','2015-01-01',NULL,NULL);";
const WITHDRAWAL: &str = "INSERT INTO consents (CLIENT_ID,CONSENT_TYPE,EFFECTIVE_DATE,END_DATE,END_REASON)
    VALUES (1,'STANDARD','2016-01-01','2020-01-01','WITHDRAWN');";

fn empty_tables() -> String {
    let table = |table: &&str| format!("CREATE TABLE {table} ({});", header(table));
    ["clients", "consents", "immunizations", "vaccines", "organizations"].iter().map(table).collect()
}

/// A database with the tables and their rows, and with what else is done to it.
fn database(site: &Site, sql: &str) -> PathBuf {
    let path = site.path("export.sqlite");
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(&empty_tables()).unwrap();
    connection.execute_batch(TABLES).unwrap();
    connection.execute_batch(sql).unwrap();
    path
}

fn run(site: &Site, export: &Path) -> Ran {
    common::run_on(export, &site.out(), &[])
}

/// Checks that the batch is made, and holds nobody but Bob.
fn shares_bob_alone(site: &Site, export: &Path) {
    let ran = run(site, export);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let file = String::from_utf8(site.batch()["PHDS_Travis_County_202407.csv"].clone()).unwrap();
    let names: Vec<&str> = file.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
    assert_eq!(names, ["Bob"]);
}

fn stops(site: &Site, export: &Path, words: &[&str]) {
    let ran = run(site, export);
    assert_eq!(ran.code, 65, "{}{}", ran.stdout, ran.stderr);
    for words in words {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    assert!(!site.out().join("202407").exists());
}

/// The table has a column more, so that SQLite would rather read the index.
const INDEX: &str =
    "ALTER TABLE consents ADD COLUMN NOTE; UPDATE consents SET NOTE = 'a rather long note about the form';
    CREATE INDEX all_of_it ON consents (CLIENT_ID, CONSENT_TYPE, EFFECTIVE_DATE, END_DATE, END_REASON);";

/// Puts back the index's page as it was before the withdrawal: a write that was lost.
fn with_a_stale_index(site: &Site, more: &str) -> PathBuf {
    let path = database(
        site,
        &format!("{INDEX} INSERT INTO consents VALUES (1,'STANDARD','2016-01-01',NULL,NULL,'');"),
    );
    let number =
        |sql: &str| -> i64 { Connection::open(&path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap() };
    let size = number("PRAGMA page_size").unsigned_abs();
    let offset =
        (number("SELECT rootpage FROM sqlite_schema WHERE name = 'all_of_it'").unsigned_abs() - 1) * size;
    let before = std::fs::read(&path).unwrap()[offset as usize..(offset + size) as usize].to_vec();
    let withdraw = "UPDATE consents SET END_DATE = '2020-01-01', END_REASON = 'WITHDRAWN' WHERE EFFECTIVE_DATE = '2016-01-01'";
    Connection::open(&path).unwrap().execute_batch(withdraw).unwrap();
    Connection::open(&path).unwrap().execute_batch(more).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().write_all_at(&before, offset).unwrap();
    // SQLite itself reads the index, and has nothing against the file.
    let connection = Connection::open(&path).unwrap();
    let check: String = connection.query_row("PRAGMA quick_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    path
}

#[test]
fn an_index_that_is_out_of_date_does_not_override_its_table() {
    let site = Site::empty();
    let path = with_a_stale_index(&site, "");
    let seen: i64 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(END_REASON) FROM (SELECT CLIENT_ID, END_REASON FROM consents)", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(seen, 0, "SQLite reads the index");
    shares_bob_alone(&site, &path);
}

#[test]
fn an_index_that_lacks_a_row_does_not_hide_it() {
    let site = Site::empty();
    let partial = format!("{} WHERE END_REASON IS NULL;", INDEX.trim_end_matches(';'));
    let path = database(&site, &format!("{partial} {WITHDRAWAL}"));
    let forget_the_condition = "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ' WHERE END_REASON IS NULL', '')";
    Connection::open(&path).unwrap().execute_batch(forget_the_condition).unwrap();
    // That it has fewer entries than its table has rows is what quick_check does see.
    stops(&site, &path, &["UNUSABLE_DATABASE"]);
}

#[test]
fn a_view_is_not_read_past_an_index_that_is_out_of_date() {
    let site = Site::empty();
    let view = "ALTER TABLE consents RENAME TO c; CREATE VIEW consents AS SELECT * FROM c;";
    let path = with_a_stale_index(&site, view);
    stops(&site, &path, &["UNUSABLE_DATABASE", "an index does not agree with its table"]);
    // Once the index is made anew, the view is as good as a table.
    Connection::open(&path).unwrap().execute_batch("REINDEX").unwrap();
    shares_bob_alone(&site, &path);
}

/// SQLite lists a hundred findings and no more, unless it is asked for more.
#[test]
fn an_index_that_is_out_of_date_is_found_behind_values_that_are_not_of_their_columns_types() {
    let site = Site::empty();
    // In whatever order tables are looked at, one of these comes first.
    let odd = |names: std::ops::RangeInclusive<char>| -> String {
        let rows =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT i FROM n";
        names.map(|name| format!("CREATE TABLE odd_{name} (X); INSERT INTO odd_{name} {rows};")).collect()
    };
    let view = "ALTER TABLE consents RENAME TO c; CREATE VIEW consents AS SELECT * FROM c;";
    let path = with_a_stale_index(&site, &format!("{}{view}{}", odd('a'..='m'), odd('n'..='z')));
    let retype = "PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, '(X)', '(X TEXT)') WHERE name LIKE 'odd%'";
    Connection::open(&path).unwrap().execute_batch(retype).unwrap();
    stops(&site, &path, &["UNUSABLE_DATABASE", "an index does not agree with its table"]);
}

/// A virtual table may read a view, and that an index.
#[test]
fn a_virtual_table_is_not_read_past_an_index_that_is_out_of_date() {
    let site = Site::empty();
    let columns = header("consents");
    let more = format!(
        "ALTER TABLE consents RENAME TO c; CREATE VIEW v AS SELECT CLIENT_ID AS id, {columns} FROM c;
        CREATE VIRTUAL TABLE consents USING fts5({columns}, content='v', content_rowid='id');"
    );
    let path = with_a_stale_index(&site, &more);
    stops(&site, &path, &["UNUSABLE_DATABASE"]);
}

#[test]
fn tables_without_row_ids_and_generated_columns_are_read() {
    let site = Site::empty();
    let columns = header("consents").replace("END_REASON", "R, END_REASON AS (R) STORED");
    let sql = format!(
        "CREATE TABLE c ({columns}, PRIMARY KEY (CLIENT_ID, EFFECTIVE_DATE)) WITHOUT ROWID;
         {WITHDRAWAL} INSERT INTO c SELECT * FROM consents; DROP TABLE consents; ALTER TABLE c RENAME TO consents;"
    );
    shares_bob_alone(&site, &database(&site, &sql));
}

#[test]
fn a_view_that_names_a_column_twice_stops_the_run() {
    let site = Site::empty();
    let sql = "ALTER TABLE consents RENAME TO given;
        CREATE TABLE ended (CLIENT_ID, END_DATE, END_REASON); INSERT INTO ended VALUES (1, '2020-01-01', 'WITHDRAWN');
        CREATE VIEW consents AS SELECT * FROM given LEFT JOIN ended USING (CLIENT_ID);";
    let path = database(&site, sql);
    stops(&site, &path, &["column END_DATE: COLUMN_TWICE", "name each column once, with AS"]);
    // A table made from it keeps such names.
    let table =
        "CREATE TABLE c AS SELECT * FROM consents; DROP VIEW consents; ALTER TABLE c RENAME TO consents;";
    Connection::open(&path).unwrap().execute_batch(table).unwrap();
    stops(&site, &path, &["column END_DATE: COLUMN_TWICE"]);
    // A name that ends with white space is no other name.
    let site = Site::empty();
    let sql = "ALTER TABLE consents RENAME TO c; CREATE TABLE n (CLIENT_ID, \"END_DATE \", \"END_REASON\t\");
        INSERT INTO n VALUES (1, '2020-01-01', 'WITHDRAWN'); CREATE VIEW consents AS
        SELECT CLIENT_ID, CONSENT_TYPE, EFFECTIVE_DATE, n.\"END_DATE \", n.\"END_REASON\t\", n.\"END_DATE \" FROM c LEFT JOIN n USING (CLIENT_ID);";
    stops(&site, &database(&site, sql), &["column END_DATE: COLUMN_TWICE"]);
    // Nor is a file made from such a view any better.
    let site = Site::new();
    site.file(
        "consents.csv",
        b"CLIENT_ID,CONSENT_TYPE,EFFECTIVE_DATE,END_DATE,END_REASON,END_DATE:1\n7,STANDARD,2015-01-01,,,\n",
    );
    let ran = site.run(&[]);
    assert!(ran.code == 65 && ran.stderr.contains("line 1, column END_DATE: COLUMN_TWICE"), "{}", ran.stderr);
    // Other names with a colon are names like others.
    let site = Site::empty();
    let sql = "ALTER TABLE consents ADD COLUMN \"NOTE:1\"; ALTER TABLE consents ADD COLUMN \"END_DATE:x\";";
    shares_bob_alone(&site, &database(&site, &format!("{WITHDRAWAL} {sql}")));
}

#[test]
fn ids_that_are_reals() {
    // 2^53 and the number behind it are one REAL.
    let site = Site::empty();
    let sql = "UPDATE clients SET CLIENT_ID = 9007199254740991 + CLIENT_ID;
        UPDATE consents SET CLIENT_ID = 9007199254740991 + CLIENT_ID;
        UPDATE immunizations SET CLIENT_ID = 9007199254740991 + CLIENT_ID;
        CREATE TABLE w (CLIENT_ID REAL); INSERT INTO w VALUES (9007199254740993);
        ALTER TABLE consents RENAME TO c; CREATE VIEW consents AS SELECT * FROM c UNION ALL
            SELECT CLIENT_ID, 'STANDARD', '2016-01-01', '2020-01-01', 'WITHDRAWN' FROM w;";
    let path = database(&site, sql);
    stops(&site, &path, &["line 3, column CLIENT_ID: INVALID_ID"]);
    // Below it they are the numbers they are, also from 10^15 on, which SQLite writes with an exponent.
    for id in ["1.0", "140.0", "1000000000000000.0", "9007199254740991.0"] {
        let site = Site::empty();
        let sql = format!(
            "UPDATE clients SET CLIENT_ID = {id} WHERE CLIENT_ID = 1; UPDATE immunizations SET CLIENT_ID = {id} WHERE CLIENT_ID = 1;
             DELETE FROM consents WHERE CLIENT_ID = 1; INSERT INTO consents VALUES ({id}, 'STANDARD', '2015-01-01', NULL, NULL),
             (cast({id} AS INTEGER), 'STANDARD', '2016-01-01', '2020-01-01', 'WITHDRAWN');"
        );
        shares_bob_alone(&site, &database(&site, &sql));
    }
    // What is no whole number is no id, nor is an infinite one.
    for id in ["1.5", "-1.0", "1e300", "9e999", "-0.0", "9007199254740992.0"] {
        let site = Site::empty();
        let path = database(&site, &format!("UPDATE consents SET CLIENT_ID = {id} WHERE CLIENT_ID = 1"));
        stops(&site, &path, &["column CLIENT_ID: INVALID_ID"]);
        let site = Site::empty();
        let path = database(
            &site,
            &format!("{WITHDRAWAL} UPDATE immunizations SET GIVEN_BY_ORG_ID = {id} WHERE CLIENT_ID = 1"),
        );
        let ran = common::run_on(&path, &site.out(), &["--max-quarantined", "100%"]);
        assert_eq!(ran.code, 0, "{id}: {}", ran.stderr);
        let list = String::from_utf8(site.batch()["qa/quarantine.csv"].clone()).unwrap();
        assert!(list.contains("immunizations,export.sqlite,1,GIVEN_BY_ORG_ID,INVALID_ID"), "{id}: {list}");
    }
}

#[test]
fn a_database_that_has_another_name() {
    let site = Site::empty();
    let path = database(&site, "PRAGMA journal_mode = WAL;");
    let owner = Connection::open(&path).unwrap();
    owner.execute_batch("PRAGMA wal_autocheckpoint = 0; PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
    owner.execute_batch(WITHDRAWAL).unwrap();
    let link = site.path("link.sqlite");
    std::fs::hard_link(&path, &link).unwrap();
    stops(&site, &link, &["OTHER_NAMES", "VACUUM INTO"]);
    // Whatever lies beside the other name: what anybody leaves who looks at it there, or what was there before.
    for log in [&b""[..], b"\n", &[0; 4152]] {
        std::fs::write(site.path("link.sqlite-wal"), log).unwrap();
        stops(&site, &link, &["OTHER_NAMES"]);
    }
    std::fs::remove_file(site.path("link.sqlite-wal")).unwrap();
    // Wherever the name lies under which it is used.
    let elsewhere = site.path("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::hard_link(&path, elsewhere.join("link.sqlite")).unwrap();
    stops(&site, &elsewhere.join("link.sqlite"), &["OTHER_NAMES"]);
    // Under its own name the log is seen; a symbolic link leads there.
    shares_bob_alone(&site, &path);
    let symbolic = site.path("symbolic.sqlite");
    std::os::unix::fs::symlink(&path, &symbolic).unwrap();
    shares_bob_alone(&site, &symbolic);
    std::fs::remove_dir_all(site.out()).unwrap();
    drop(owner);
    stops(&site, &path, &["OTHER_NAMES"]);
    // In another mode it is the journal of a transaction that was cut off which is not seen.
    let owner = Connection::open(&path).unwrap();
    owner.execute_batch("PRAGMA journal_mode = DELETE").unwrap();
    stops(&site, &link, &["OTHER_NAMES"]);
    std::fs::remove_file(elsewhere.join("link.sqlite")).unwrap();
    // Here all names are seen, and none has one.
    shares_bob_alone(&site, &link);
    std::fs::remove_dir_all(site.out()).unwrap();
    let cut_off = "PRAGMA cache_size = 2; BEGIN; UPDATE consents SET END_DATE = NULL, END_REASON = NULL;
        CREATE TABLE spill AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i, hex(zeroblob(50)) FROM n;";
    owner.execute_batch(cut_off).unwrap();
    assert!(std::fs::metadata(site.path("export.sqlite-journal")).unwrap().len() > 0);
    stops(&site, &link, &["OTHER_NAMES"]);
    owner.execute_batch("ROLLBACK").unwrap();
    drop(owner);
    std::fs::remove_file(&link).unwrap();
    shares_bob_alone(&site, &path);
}

/// Last month's log, left beside this month's copy, would put last month's pages over this month's.
#[test]
fn a_log_that_an_earlier_copy_left() {
    let site = Site::empty();
    let path = database(&site, "PRAGMA journal_mode = WAL;");
    let (copy, log) = (site.path("copy.sqlite"), site.path("copy.sqlite-wal"));
    let owner = Connection::open(&path).unwrap();
    owner
        .execute_batch("PRAGMA wal_autocheckpoint = 0; UPDATE consents SET EFFECTIVE_DATE = '2014-01-01';")
        .unwrap();
    std::fs::copy(&path, &copy).unwrap();
    std::fs::copy(site.path("export.sqlite-wal"), &log).unwrap();
    // A log that is newer than its database, or that holds what the database does, is as it should be.
    owner.execute_batch(&format!("{WITHDRAWAL} PRAGMA wal_checkpoint(PASSIVE);")).unwrap();
    assert!(std::fs::metadata(site.path("export.sqlite-wal")).unwrap().len() > 0);
    shares_bob_alone(&site, &path);
    std::fs::remove_dir_all(site.out()).unwrap();
    drop(owner);
    assert!(!site.path("export.sqlite-wal").exists());
    std::fs::copy(&path, &copy).unwrap();
    stops(&site, &copy, &["copy.sqlite-wal: STALE_LOG", "remove the -wal and -shm files of an earlier copy"]);
    std::fs::remove_file(&log).unwrap();
    shares_bob_alone(&site, &copy);
}

/// A file that another user than the owner leaves beside the database keeps the owner from writing.
#[test]
fn the_owner_of_a_database_can_write_after_it_was_read() {
    let site = Site::empty();
    let nobody = match Nobody::in_folder(&site.path("")) {
        Ok(nobody) if nobody.is_another() => nobody,
        Ok(_) => return not_tested("the owner of a database", "only root has files that are not nobody's"),
        Err(why) => return not_tested("the owner of a database", &why),
    };
    let path = database(&site, "PRAGMA journal_mode = WAL;");
    let owner = Connection::open(&path).unwrap();
    owner.execute_batch(&format!("PRAGMA wal_autocheckpoint = 0; {WITHDRAWAL}")).unwrap();
    // As a crash leaves it, where everybody may make files.
    let folder = site.path("left");
    std::fs::create_dir(&folder).unwrap();
    let left = folder.join("export.sqlite");
    std::fs::copy(&path, &left).unwrap();
    std::fs::copy(site.path("export.sqlite-wal"), folder.join("export.sqlite-wal")).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    let out = folder.join("out");
    let run = || {
        let arguments = ["run", text(&left), "--as-of", "2024-07-08", "--out", text(&out)];
        nobody.command().args(arguments).output().unwrap()
    };
    let output = run();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(66), "{stderr}");
    assert!(stderr.contains("that its owner cannot write"), "{stderr}");
    assert!(!folder.join("export.sqlite-shm").exists() && !out.exists());
    // While the owner is there, nothing is left that was not there before.
    let owner = Connection::open(&left).unwrap();
    owner.execute_batch("UPDATE clients SET MIDDLE_NAME = 'M'").unwrap();
    let output = run();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    owner.execute_batch("UPDATE clients SET MIDDLE_NAME = 'N'").unwrap();
}

#[test]
fn a_database_that_is_named_like_an_address() {
    let site = Site::empty();
    std::fs::rename(database(&site, WITHDRAWAL), site.path("file:x.db")).unwrap();
    database(&site, "");
    std::fs::rename(site.path("export.sqlite"), site.path("x.db")).unwrap();
    let here = |arguments: &[&str]| {
        let mut command = common::phds();
        let output = command.current_dir(site.path("")).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    here(&["run", "file:x.db", "--as-of", "2024-07-08", "--out", "out"]);
    let file = String::from_utf8(site.batch()["PHDS_Travis_County_202407.csv"].clone()).unwrap();
    assert_eq!(file.lines().count(), 2, "{file}");
    here(&["read", "file:x.db", "--work", "file:b.db"]);
    here(&["filter", "--work", "file:b.db", "--as-of", "2024-07-08"]);
    here(&["write", "--work", "file:b.db", "--out", "out"]);
    assert!(site.path("file:b.db").exists() && !site.path("b.db").exists());
}

/// What SQLite finds wrong with values is no damage: rows have checks of their own.
#[test]
fn values_that_are_not_of_their_columns_types() {
    let site = Site::empty();
    let typed = "ALTER TABLE vaccines RENAME TO v; CREATE TABLE vaccines (VACCINE_ID INTEGER NOT NULL, CVX_CODE INTEGER,
            PRODUCT_CLASS TEXT CHECK (PRODUCT_CLASS <> 'VACCINE'));
        PRAGMA ignore_check_constraints = ON; INSERT INTO vaccines SELECT * FROM v;";
    let path = database(&site, &format!("{WITHDRAWAL} {typed}"));
    // What a tool does that changes a column's type without a look at its values.
    let retype = "PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'CVX_CODE INTEGER', 'CVX_CODE TEXT') WHERE name = 'vaccines'";
    Connection::open(&path).unwrap().execute_batch(retype).unwrap();
    let found: Vec<String> = {
        let connection = Connection::open(&path).unwrap();
        let mut check = connection.prepare("PRAGMA quick_check").unwrap();
        check.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert!(found.iter().any(|finding| finding.contains(" value in ")), "{found:?}");
    shares_bob_alone(&site, &path);
}

/// A work database of the export, with the withdrawal in it.
fn read(site: &Site) -> PathBuf {
    let (export, database) = (database(site, WITHDRAWAL), site.path("b.db"));
    let ran = phds_with(&["read", text(&export), "--work", text(&database)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    database
}

#[test]
fn rows_that_went_from_a_stages_database() {
    for (table, change) in [
        ("consents", "DELETE FROM consents WHERE line = 3"),
        ("consents", "INSERT INTO consents VALUES (9, 1, 'STANDARD', '2021-01-01', NULL, NULL)"),
        ("clients", "DELETE FROM clients WHERE line = 1"),
        ("immunizations", "DELETE FROM immunizations WHERE line = 1"),
        ("organizations", "INSERT INTO organizations (line, org_id) VALUES (2, 8)"),
        ("recipients", "INSERT INTO recipients VALUES (1, 'A', 'Travis County')"),
        ("control", "INSERT INTO control VALUES (1, 'consents', 3)"),
        ("vaccines", "UPDATE tables SET rows = rows + 1 WHERE name = 'vaccines'"),
        ("vaccines", "UPDATE tables SET rows = -1 WHERE name = 'vaccines'"),
        ("vaccines", "DELETE FROM tables WHERE name = 'vaccines'"),
        (
            "consents",
            "INSERT INTO quarantine VALUES ('read', 'consents', 'consents', '', 7, NULL, 'MALFORMED_ROW', NULL, 9, NULL, 1)",
        ),
    ] {
        let site = Site::empty();
        let path = read(&site);
        let filter = ["filter", "--work", text(&path), "--as-of", "2024-07-08"];
        assert_eq!(phds_with(&filter).code, 0);
        Connection::open(&path).unwrap().execute_batch(change).unwrap();
        let out = site.out();
        for command in [
            &filter[..],
            &["write", "--work", text(&path), "--out", text(&out)],
            &["status", "--work", text(&path)],
            &["explain", "--work", text(&path), "--client", "1"],
        ] {
            let ran = phds_with(command);
            assert_eq!(ran.code, 65, "{change}: {command:?}: {}", ran.stderr);
            let says = format!("ROWS_DIFFER: {table}: ");
            assert!(ran.stderr.contains(&says), "{change}: {command:?}: {}", ran.stderr);
            assert!(ran.stderr.contains("hint: somebody has changed the database"), "{}", ran.stderr);
            // What there is can be seen all the same.
            assert_eq!(ran.stdout.contains("Filtered as of 2024-07-08"), command[0] == "status");
        }
        assert!(site.left_in_out().is_empty());
    }
}

#[test]
fn outcomes_that_are_not_those_of_the_facts() {
    for change in [
        "DELETE FROM outcomes WHERE line = 1",
        "UPDATE outcomes SET line = 9 WHERE line = 1",
        "UPDATE outcomes SET outcome = 'INCLUDED'",
        "UPDATE outcomes SET outcome = 'INCLUDED', active_throughout_lookback = 1",
        "UPDATE outcomes SET outcome = 'STANDARD_CONSENT_WITHDRAWN'",
        "UPDATE included_under SET facts = facts + 1",
        "DELETE FROM included_under",
        "UPDATE organization_outcomes SET facts = facts + 1",
        "DELETE FROM organization_outcomes",
        "ALTER TABLE consents RENAME TO c; CREATE VIEW consents AS SELECT * FROM c",
        "DROP VIEW outcome_counts; CREATE VIEW outcome_counts AS SELECT 'INCLUDED' AS outcome, 1 AS facts",
    ] {
        let site = Site::empty();
        let path = read(&site);
        assert_eq!(phds_with(&["filter", "--work", text(&path), "--as-of", "2024-07-08"]).code, 0);
        Connection::open(&path).unwrap().execute_batch(change).unwrap();
        let ran = phds_with(&["write", "--work", text(&path), "--out", text(&site.out())]);
        assert!(ran.code == 65 && ran.stderr.contains("DAMAGED_DATABASE"), "{change}: {}", ran.stderr);
    }
}

/// Checks that `filter` refuses a stage's database after a change.
fn filter_finds_damage(path: &Path, change: &str) {
    Connection::open(path).unwrap().execute_batch(change).unwrap();
    let ran = phds_with(&["filter", "--work", text(path), "--as-of", "2024-07-08"]);
    assert!(ran.code == 65 && ran.stderr.contains("DAMAGED_DATABASE"), "{}", ran.stderr);
}

/// Somebody has turned on the write-ahead log: then another connection may see another state, and none is asked.
#[test]
fn a_stages_database_with_a_write_ahead_log() {
    let batch = |change: &str| {
        let site = Site::empty();
        let path = read(&site);
        Connection::open(&path).unwrap().execute_batch(change).unwrap();
        assert_eq!(phds_with(&["filter", "--work", text(&path), "--as-of", "2024-07-08"]).code, 0);
        let ran = phds_with(&["write", "--work", text(&path), "--out", text(&site.out())]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        common::delivered(site.batch())
    };
    assert_eq!(batch("PRAGMA journal_mode = wal"), batch(""));
}

/// Whether pages contradict each other is looked at while rows are read, and told before anything else that is wrong.
#[test]
fn a_stages_database_with_a_page_of_zeros() {
    let site = Site::empty();
    let path = read(&site);
    assert_eq!(phds_with(&["filter", "--work", text(&path), "--as-of", "2024-07-08"]).code, 0);
    let sound = std::fs::read(&path).unwrap();
    let root: u32 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'consents_client_id'", [], |row| {
            row.get(0)
        })
        .unwrap();
    let mut damaged = sound;
    damaged[(root as usize - 1) * 4096..root as usize * 4096].fill(0);
    std::fs::write(&path, damaged).unwrap();
    for stage in [&["filter", "--as-of", "2024-07-08"][..], &["write", "--out", text(&site.out())]] {
        let ran = phds_with(&[stage, &["--work", text(&path)]].concat());
        assert!(ran.code == 65 && ran.stderr.contains("DAMAGED_DATABASE"), "{stage:?}: {}", ran.stderr);
    }
}

/// A trigger would have `filter` write other outcomes than it works out.
#[test]
fn a_stages_database_with_a_trigger() {
    let site = Site::empty();
    let path = read(&site);
    let trigger = "CREATE TRIGGER t AFTER INSERT ON outcomes BEGIN
        UPDATE outcomes SET outcome = 'INCLUDED', active_throughout_lookback = 1; END";
    filter_finds_damage(&path, trigger);
}

/// What was changed in the database is no fault of the export's.
#[test]
fn a_row_of_a_stages_database_that_became_unusable() {
    let site = Site::empty();
    let path = read(&site);
    let change = "PRAGMA ignore_check_constraints = ON; UPDATE consents SET client_id = 'x' WHERE line = 1";
    filter_finds_damage(&path, change);
}

/// What a stage's database has lost to its quarantine is not among its tables, whatever its application id says.
#[test]
fn a_stages_database_is_no_export() {
    let site = Site::empty();
    let path = read(&site);
    for id in ["", "PRAGMA application_id = 0"] {
        Connection::open(&path).unwrap().execute_batch(id).unwrap();
        stops(&site, &path, &["BATCH_DATABASE"]);
    }
}

/// Rows over several lines count for the limit in the stages as they do in one run.
#[test]
fn lines_of_malformed_rows_count_in_every_stage() {
    let site = Site::new();
    let rows: Vec<String> = (1..=200)
        .map(|id| match id {
            7 => "7,7,7,3,2020-01-01,\"M,1,5,N\n8,8,7,3,2020-01-01,M\",1,5,N".to_owned(),
            id => format!("{id},{id},7,3,2020-01-01,MMR,1,5,N"),
        })
        .collect();
    site.rows("immunizations", &rows.iter().map(String::as_str).collect::<Vec<_>>());
    let (export, path) = (site.export(), site.path("b.db"));
    let read =
        |limit: &str| phds_with(&["read", text(&export), "--work", text(&path), "--max-quarantined", limit]);
    let filter = |limit: &str| {
        phds_with(&["filter", "--work", text(&path), "--as-of", "2024-07-08", "--max-quarantined", limit])
    };
    // One row of 200, over two lines: two of 201.
    let says = "TOO_MANY_QUARANTINED: 2 of 201 rows";
    for ran in [site.run(&["--max-quarantined", "0.99%"]), read("0.99%")] {
        assert!(ran.code == 65 && ran.stderr.contains(says), "{}", ran.stderr);
    }
    assert_eq!(site.run(&["--max-quarantined", "1%"]).code, 0);
    assert_eq!(read("1%").code, 0);
    let ran = filter("0.99%");
    assert!(ran.code == 65 && ran.stderr.contains(says), "{}", ran.stderr);
    assert_eq!(filter("1%").code, 0);
}

/// Rows of consents that stand there twice are told by the values of every column, however many there are, and without
/// sorting the table in the system's temporary folder.
#[test]
fn rows_that_stand_there_twice_are_counted_in_a_wide_table() {
    let others: Vec<String> = (0..1990).map(|number| format!("X{number}")).collect();
    let check = |rows: &[(&str, &str)], expect: u64| {
        let site = Site::new();
        let mut sql = "DROP TABLE consents; CREATE TABLE consents (".to_owned();
        // A column that is not read compares without regard to case where it is asked, and not here.
        sql += &format!("{}, {}, LAST COLLATE NOCASE);", header("consents"), others.join(", "));
        for (first, last) in rows {
            sql += "INSERT INTO consents (CLIENT_ID,CONSENT_TYPE,EFFECTIVE_DATE,X7,LAST) VALUES ";
            sql += &format!("(2,'STANDARD','2015-01-01',{first},{last});");
        }
        let export = database(&site, &sql);
        let ran = run(&site, &export);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let gate: serde_json::Value = serde_json::from_slice(&site.batch()["qa/gate.json"]).unwrap();
        assert_eq!(gate["repeated_consents"], expect, "{rows:?}");
    };
    check(&[("1", "'a'"), ("1", "'a'"), ("1", "'a'")], 2);
    check(&[("1", "'a'"), ("1", "'A'")], 0);
    check(&[("1", "'a'"), ("'1'", "'a'"), ("1.0", "'a'"), ("x'31'", "'a'"), ("NULL", "'a'")], 0);
    check(&[("NULL", "'a'"), ("1.5", "'a'"), ("NULL", "'a'"), ("1.5", "'a'")], 2);
    check(&[("'ab'", "'c'"), ("'a'", "'bc'")], 0);
}

/// A log with two commits, of which the second is a withdrawal, beside a copy of its database.
fn with_a_withdrawal_in_its_log(site: &Site) -> (PathBuf, PathBuf, Vec<u8>) {
    let path = database(site, "PRAGMA journal_mode = WAL;");
    let owner = Connection::open(&path).unwrap();
    let earlier = "UPDATE clients SET ZIP_CODE = '78702' WHERE CLIENT_ID = 2;";
    owner
        .execute_batch(&format!(
            "PRAGMA wal_autocheckpoint = 0; PRAGMA wal_checkpoint(TRUNCATE); {earlier} {WITHDRAWAL}"
        ))
        .unwrap();
    let (copy, log) = (site.path("copy.sqlite"), site.path("copy.sqlite-wal"));
    std::fs::copy(&path, &copy).unwrap();
    std::fs::copy(site.path("export.sqlite-wal"), &log).unwrap();
    let bytes = std::fs::read(&log).unwrap();
    (copy, log, bytes)
}

/// SQLite would read up to the damage, and share Ana.
#[test]
fn a_log_that_is_damaged() {
    let site = Site::empty();
    let (copy, log, whole) = with_a_withdrawal_in_its_log(&site);
    shares_bob_alone(&site, &copy);
    std::fs::remove_dir_all(site.out()).unwrap();
    let mut wrong = whole.clone();
    *wrong.last_mut().unwrap() ^= 1;
    for (what, bytes) in [
        ("a wrong byte", wrong.clone()),
        ("cut in a page", whole[..whole.len() - 1].to_vec()),
        ("no log at all", b"CLIENT_ID,CONSENT_TYPE\n1,STANDARD\n".to_vec()),
    ] {
        std::fs::write(&log, bytes).unwrap();
        let ran = run(&site, &copy);
        assert_eq!(ran.code, 65, "{what}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("copy.sqlite-wal: DAMAGED_LOG"), "{what}: {}", ran.stderr);
        assert!(!site.out().join("202407").exists(), "{what}");
    }
    // SQLite takes the log of a database that says that it has none.
    let mut database = std::fs::read(&copy).unwrap();
    database[18..20].fill(1);
    std::fs::write(&copy, database).unwrap();
    std::fs::write(&log, &whole).unwrap();
    shares_bob_alone(&site, &copy);
    std::fs::remove_dir_all(site.out()).unwrap();
    std::fs::write(&log, wrong).unwrap();
    stops(&site, &copy, &["copy.sqlite-wal: DAMAGED_LOG"]);
}

/// A log is begun anew, and what stands behind its end is of before. Whoever reads it meanwhile sees a whole one.
#[test]
fn a_log_that_was_begun_anew_is_whole() {
    let site = Site::empty();
    let path = database(&site, "PRAGMA journal_mode = WAL;");
    let owner = Connection::open(&path).unwrap();
    let long = "UPDATE clients SET MIDDLE_NAME = 'x';
        CREATE TABLE other AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i, hex(zeroblob(50)) FROM n;";
    let anew = "PRAGMA wal_checkpoint(RESTART);";
    owner.execute_batch(&format!("PRAGMA wal_autocheckpoint = 0; {long} {anew} {WITHDRAWAL}")).unwrap();
    let log = std::fs::metadata(site.path("export.sqlite-wal")).unwrap();
    assert!(log.len() > 10 * 4120, "nothing of before is behind its end");
    shares_bob_alone(&site, &path);
    std::fs::remove_dir_all(site.out()).unwrap();
    // An empty one is none.
    drop(owner);
    std::fs::write(site.path("export.sqlite-wal"), b"").unwrap();
    shares_bob_alone(&site, &path);
}
