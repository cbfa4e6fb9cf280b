//! The example queries on a work database, and the page that documents them and the database's tables.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{in_repository, phds_with};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

/// The tidy export, read and filtered.
struct Filtered {
    connection: Connection,
    _folder: TempDir,
}

impl Filtered {
    fn new() -> Filtered {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("july.db");
        let export = in_repository("fixtures/registry");
        let (batch, export) = (file.to_str().unwrap(), export.to_str().unwrap());
        for arguments in
            [&["read", export, "--work", batch][..], &["filter", "--work", batch, "--as-of", "2024-07-08"]]
        {
            let ran = phds_with(arguments);
            assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
        }
        Filtered { connection: Connection::open(&file).unwrap(), _folder: folder }
    }

    /// The names and rows that a query gives, a line for each, with `|` between values and nothing for NULL.
    fn ask(&self, sql: &str) -> String {
        let mut statement = self.connection.prepare(sql).unwrap();
        assert!(statement.readonly(), "{sql}");
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut lines = vec![names.join("|")];
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let value = |place| match row.get_ref(place).unwrap() {
                ValueRef::Null => String::new(),
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Text(text) => std::str::from_utf8(text).unwrap().to_owned(),
                other => panic!("{:?} in {sql}", other.data_type()),
            };
            lines.push((0..names.len()).map(value).collect::<Vec<_>>().join("|"));
        }
        lines.join("\n")
    }

    fn number(&self, sql: &str) -> i64 {
        self.connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        let mut statement = self.connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }
}

/// The example queries, by their files' names without the ending.
fn queries() -> BTreeMap<String, String> {
    let folder = in_repository("docs/queries");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|file| (stem(&file), std::fs::read_to_string(&file).unwrap())).collect()
}

fn stem(file: &Path) -> String {
    assert_eq!(file.extension().unwrap(), "sql", "{}", file.display());
    file.file_stem().unwrap().to_str().unwrap().to_owned()
}

fn page() -> String {
    std::fs::read_to_string(in_repository("docs/work-database.md")).unwrap()
}

/// The part of the page below the heading that begins with a name, up to the next heading.
fn section<'p>(page: &'p str, name: &str) -> &'p str {
    let heading = format!("\n### `{name}`");
    let start = page.find(&heading).unwrap_or_else(|| panic!("no heading for {name}")) + heading.len();
    let rest = &page[start..];
    &rest[..rest.find("\n#").unwrap_or(rest.len())]
}

#[test]
fn every_query_answers() {
    let queries = queries();
    assert_eq!(queries.len(), 10);
    let filtered = Filtered::new();
    for (name, sql) in queries {
        let comment: Vec<&str> = sql.lines().take_while(|line| line.starts_with("-- ")).collect();
        assert!(comment.iter().any(|line| line.contains('?')), "{name} does not say what it answers");
        assert!(comment.iter().any(|line| line.starts_with("-- For ")), "{name} does not say for whom");
        let answer = filtered.ask(&sql);
        assert!(answer.lines().count() > 1, "{name} finds nothing");
        insta::assert_snapshot!(format!("query-{name}"), answer);
    }
}

#[test]
fn the_page_shows_every_query() {
    let page = page();
    for (name, sql) in queries() {
        assert!(page.contains(&format!("```sql\n{sql}```\n")), "{name}.sql stands otherwise on the page");
        assert!(page.contains(&format!("(queries/{name}.sql)")), "the page does not link {name}.sql");
    }
    assert_eq!(page.matches("```sql\n").count(), queries().len());
}

#[test]
fn the_page_names_every_column() {
    let page = page();
    let filtered = Filtered::new();
    let names = filtered
        .texts("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'");
    assert!(names.len() > 10, "{names:?}");
    for name in &names {
        let section = section(&page, name);
        for column in filtered.texts(&format!("SELECT name FROM pragma_table_info('{name}')")) {
            assert!(section.contains(&format!("`{column}`")), "{name}: {column} is not explained");
        }
    }
    for index in filtered.texts("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL") {
        let table = filtered.texts(&format!("SELECT tbl_name FROM sqlite_schema WHERE name = '{index}'"));
        assert!(section(&page, &table[0]).contains(&format!("`{index}`")), "{index} is not named");
    }
    let headings = page.lines().filter(|line| line.starts_with("### `")).count();
    assert_eq!(headings, names.len(), "the page explains what is not there");
    for pragma in ["application_id", "user_version"] {
        let number = filtered.number(&format!("PRAGMA {pragma}"));
        assert!(page.contains(&format!("| `PRAGMA {pragma}` | {number} |")), "{pragma} is {number}");
    }
}

#[test]
fn the_numbers_add_up_as_the_page_says() {
    let filtered = Filtered::new();
    let check = |one: &str, other: &str| assert_eq!(filtered.number(one), filtered.number(other), "{one}");
    for table in
        ["clients", "consents", "immunizations", "vaccines", "organizations", "recipients", "control"]
    {
        let parts = format!(
            "SELECT (SELECT count(*) FROM {table})
                + (SELECT count(*) FROM quarantine WHERE table_name = '{table}' AND stage = 'read')"
        );
        check(&parts, &format!("SELECT rows FROM tables WHERE name = '{table}'"));
    }
    check("SELECT count(*) FROM outcomes", "SELECT count(*) FROM immunizations");
    check("SELECT sum(facts) FROM outcome_counts", "SELECT count(*) FROM immunizations");
    let by_organization = "SELECT i.given_by_org_id AS org_id, outcome,
        count(*) AS facts FROM outcomes o JOIN immunizations i ON i.line = o.line
        WHERE outcome NOT LIKE 'DUPLICATE%' GROUP BY 1, 2";
    let kept = "SELECT org_id, outcome, facts FROM organization_outcomes";
    for (one, other) in [(by_organization, kept), (kept, by_organization)] {
        check(&format!("SELECT count(*) FROM ({one} EXCEPT {other})"), "SELECT 0");
    }
    check("SELECT count(*) > 1 FROM organization_outcomes", "SELECT 1");
    check("SELECT count(*) FROM consent_verdicts", "SELECT 2 * count(*) FROM clients");
    check(
        "SELECT count(*) FROM shared_rows",
        "SELECT facts FROM included_under WHERE rule = 'active-within-lookback'",
    );
    check(
        "SELECT count(*) FROM quarantine WHERE stage = 'filter'",
        "SELECT sum(facts) FROM outcome_counts WHERE outcome IN ('DUPLICATE_ROW', 'DUPLICATE_KEY')",
    );
}
