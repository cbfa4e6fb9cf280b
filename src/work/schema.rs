//! The tables and views of a work database. docs/work-database.md explains them.

use crate::elements::{self, Cell, Element};
use crate::filter::Outcome;
use crate::registry::tables::Kind;
use crate::registry::{OWN_APPLICATION_ID, Table};

/// The version of the tables and views. A database of another version is read again from its export.
pub(super) const VERSION: i64 = 6;

/// A table's name for each column, as the work database spells it: the export's, in lower case.
pub(super) fn column_names(table: Table) -> Vec<String> {
    table.columns().iter().map(|column| column.name.to_lowercase()).collect()
}

/// What makes the tables, before any row is there.
pub(super) fn tables() -> String {
    let mut sql = String::new();
    for table in Table::ALL {
        // A row of clients may give several consents, all on its line.
        let line =
            if table == Table::Consents { "line INTEGER NOT NULL" } else { "line INTEGER PRIMARY KEY" };
        let mut columns = vec![line.to_owned()];
        for (name, column) in column_names(table).into_iter().zip(table.columns()) {
            let kind = match column.kind {
                Kind::Id | Kind::Ordinal | Kind::Count => "INTEGER",
                Kind::Date | Kind::Text | Kind::Name | Kind::Cvx | Kind::Code(_) => "TEXT",
            };
            let not_null = if column.required { " NOT NULL" } else { "" };
            columns.push(format!("{name} {kind}{not_null}"));
        }
        sql += &format!("CREATE TABLE {table} ({});\n", columns.join(", "));
    }
    sql + "
CREATE TABLE tables (
    name TEXT PRIMARY KEY, file TEXT NOT NULL, path TEXT NOT NULL, rows INTEGER NOT NULL, content TEXT NOT NULL,
    repeated INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE export_files (file TEXT PRIMARY KEY, bytes INTEGER NOT NULL, modified TEXT NOT NULL, encoding TEXT NOT NULL);
CREATE TABLE profile (name TEXT NOT NULL, sha256 TEXT NOT NULL, effects TEXT NOT NULL);
CREATE TABLE quarantine (
    stage TEXT NOT NULL, table_name TEXT NOT NULL, file_of TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL,
    column_name TEXT, code TEXT NOT NULL, id INTEGER, client_id INTEGER, given_by_org_id INTEGER,
    lines INTEGER NOT NULL
);
CREATE TABLE outcomes (
    line INTEGER PRIMARY KEY, outcome TEXT NOT NULL,
    active_within_lookback INTEGER NOT NULL, active_on_as_of INTEGER NOT NULL,
    active_throughout_lookback INTEGER NOT NULL
);
CREATE TABLE consent_verdicts (
    client_id INTEGER NOT NULL, consent_type TEXT NOT NULL, active_within_lookback TEXT NOT NULL,
    active_on_as_of TEXT NOT NULL, active_throughout_lookback TEXT NOT NULL,
    PRIMARY KEY (client_id, consent_type)
) WITHOUT ROWID;
CREATE TABLE filter_run (
    as_of TEXT NOT NULL, is_today INTEGER NOT NULL, policy_name TEXT NOT NULL, policy_sha256 TEXT NOT NULL, policy BLOB NOT NULL,
    newest_vaccination TEXT
);
CREATE TABLE included_under (rule TEXT PRIMARY KEY, facts INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE organization_outcomes (org_id INTEGER, outcome TEXT NOT NULL, facts INTEGER NOT NULL);
CREATE TABLE writes (batch TEXT PRIMARY KEY, files INTEGER NOT NULL, rows INTEGER NOT NULL) WITHOUT ROWID;
"
}

/// What makes the indexes and views, once all rows are there.
pub(super) fn indexes_and_views() -> String {
    let part = |element: &Element| match element.cell {
        Cell::AgeInMonths => AGE_IN_MONTHS.to_owned(),
        Cell::ClientId | Cell::ClientText(_) | Cell::BirthDate => {
            format!("c.{}", element.name.to_lowercase())
        }
        Cell::CvxCode => format!("v.{}", element.name.to_lowercase()),
        Cell::OrganizationText(_) => format!("o.{}", element.name.to_lowercase()),
        Cell::ImmunizationId
        | Cell::ImmunfactId
        | Cell::VaccineId
        | Cell::VaccinationDate
        | Cell::VaccineGroup
        | Cell::OrdinalPosition
        | Cell::OrganizationId => format!("i.{}", element.name.to_lowercase()),
    };
    let columns: Vec<String> =
        elements::ALL.iter().map(|element| format!("{} AS {}", part(element), element.name)).collect();
    format!(
        "CREATE UNIQUE INDEX clients_client_id ON clients (client_id);
CREATE INDEX consents_client_id ON consents (client_id);
CREATE UNIQUE INDEX vaccines_vaccine_id ON vaccines (vaccine_id);
CREATE UNIQUE INDEX organizations_org_id ON organizations (org_id);
CREATE INDEX immunizations_immunfact_id ON immunizations (immunfact_id);
CREATE INDEX immunizations_client_id ON immunizations (client_id);
CREATE INDEX quarantine_id ON quarantine (table_name, id);
CREATE INDEX quarantine_client_id ON quarantine (client_id);
CREATE VIEW shared_rows AS SELECT {columns}
    FROM outcomes k JOIN immunizations i ON i.line = k.line
    JOIN clients c ON c.client_id = i.client_id
    JOIN vaccines v ON v.vaccine_id = i.vaccine_id
    JOIN organizations o ON o.org_id = i.given_by_org_id
    WHERE k.outcome = '{included}'
    ORDER BY {order};
CREATE VIEW outcome_counts AS SELECT outcome, count(*) AS facts FROM outcomes GROUP BY outcome;
PRAGMA application_id = {OWN_APPLICATION_ID};
PRAGMA user_version = {VERSION};",
        columns = columns.join(", "),
        order = elements::ORDER.map(|cell| part(elements::holding(cell))).join(", "),
        included = Outcome::Included.name(),
    )
}

/// Completed months between two dates written `YYYY-MM-DD`.
const AGE_IN_MONTHS: &str = "(CAST(substr(i.vaccination_date, 1, 4) AS INTEGER) - CAST(substr(c.birth_date, 1, 4) AS INTEGER)) * 12 \
    + CAST(substr(i.vaccination_date, 6, 2) AS INTEGER) - CAST(substr(c.birth_date, 6, 2) AS INTEGER) \
    - (substr(i.vaccination_date, 9, 2) < substr(c.birth_date, 9, 2))";
