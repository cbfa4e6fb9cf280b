//! Whether a database is damaged, as SQLite's own checks tell.

use rusqlite::Connection;

/// Whether pages of a database contradict each other. When SQLite merely reads, it notices only some of that, and late.
pub(crate) fn has_damaged_pages(connection: &Connection) -> Result<bool, rusqlite::Error> {
    finds_damage(connection, "quick_check")
}

/// What is damaged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Damage {
    /// Pages contradict each other.
    Pages,
    /// An index holds something other than its table does.
    Indexes,
}

/// Looks for damage, on request in the indexes too. That takes longer, and sees all that the look at pages does; which it is
/// is asked only where there is some.
pub(super) fn find_damage(
    connection: &Connection,
    in_indexes: bool,
) -> Result<Option<Damage>, rusqlite::Error> {
    if in_indexes && !finds_damage(connection, "integrity_check")? {
        return Ok(None);
    }
    if has_damaged_pages(connection)? {
        return Ok(Some(Damage::Pages));
    }
    Ok(in_indexes.then_some(Damage::Indexes))
}

fn finds_damage(connection: &Connection, check: &str) -> Result<bool, rusqlite::Error> {
    // As many findings as there are: of its own it lists a hundred, and harmless ones may come first.
    let mut statement = connection.prepare(&format!("PRAGMA {check}({})", i32::MAX))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let found: String = row.get(0)?;
        // That values are not as the table's maker wanted them is no damage; rows have checks of their own.
        if found != "ok" && !is_about_values(&found) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a finding says that a value is not of its column's type, or not what the table's maker permits: `NULL value in
/// clients.ZIP_CODE`, `NUMERIC value in …`, `TEXT value in …`, `non-INT value in …`, `CHECK constraint failed in …`.
fn is_about_values(finding: &str) -> bool {
    let of_a_type = finding.split_once(" value in ").map(|(kind, _)| kind);
    of_a_type.is_some_and(|kind| !kind.contains(' ')) || finding.starts_with("CHECK constraint ")
}
