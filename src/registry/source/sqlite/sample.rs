//! Some rows of each table of a database, to look at.

use super::table::cell_text;
use super::{column_names, is_recursive, open_snapshot, quoted, sqlite_error, wal};
use crate::registry::RegistryError;
use crate::registry::source::layout::clean_name;
use rusqlite::Connection;
use std::path::Path;

/// So many rows of a table are looked at, from its beginning, and at each of some places behind them.
const FIRST: usize = 10_000;
const LATER: usize = 1_000;
const PLACES: i64 = 4;

/// What is looked at of a table or a view.
pub(in crate::registry) struct TableSample {
    pub(in crate::registry) name: String,
    /// The columns' names, cleaned.
    pub(in crate::registry) columns: Vec<String>,
    pub(in crate::registry) rows: Vec<Vec<String>>,
    pub(in crate::registry) is_whole: bool,
}

/// Looks at the tables and views of a database. One that cannot be read is left out: a run says why.
///
/// # Errors
/// If the database cannot be opened.
pub(in crate::registry) fn sample_tables(path: &Path) -> Result<Vec<TableSample>, RegistryError> {
    let (connection, objects) = open_snapshot(path)?;
    let mut samples = Vec::new();
    for object in objects.iter().filter(|object| !object.name.starts_with("sqlite_")) {
        let columns = column_names(&connection, &object.name).map_err(|error| sqlite_error(path, error))?;
        samples.extend(sample_table(&connection, &object.name, &columns).ok().flatten());
    }
    // What cannot be ended ends with the connection.
    let _ = connection.execute_batch("ROLLBACK");
    wal::leave_as_found(&connection, path);
    Ok(samples)
}

fn sample_table(
    connection: &Connection,
    name: &str,
    columns: &[String],
) -> Result<Option<TableSample>, rusqlite::Error> {
    let cells: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    let select = format!("SELECT {} FROM {}", cells.join(", "), quoted(name));
    // A view that calls itself may have no end.
    if columns.is_empty() || is_recursive(connection, &select)? {
        return Ok(None);
    }
    let mut rows = Vec::new();
    read_rows(connection, &format!("{select} LIMIT {}", FIRST + 1), &mut rows)?;
    let is_whole = rows.len() <= FIRST;
    if !is_whole {
        // Views, and tables without rowids, have no places to go to.
        let last =
            connection.query_row(&format!("SELECT max(rowid) FROM {}", quoted(name)), [], |row| row.get(0));
        let last: i64 = last.unwrap_or(0);
        for place in 1..=PLACES {
            let from = if place == PLACES { last - LATER as i64 } else { last / PLACES * place };
            let later = format!("{select} WHERE rowid > {} LIMIT {LATER}", from.max(FIRST as i64 + 1));
            if last > FIRST as i64 {
                read_rows(connection, &later, &mut rows)?;
            }
        }
    }
    let columns = columns.iter().map(|column| clean_name(column.as_bytes())).collect();
    Ok(Some(TableSample { name: name.to_owned(), columns, rows, is_whole }))
}

fn read_rows(connection: &Connection, sql: &str, out: &mut Vec<Vec<String>>) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare(sql)?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let cell = |place| row.get_ref(place).map(cell_text);
        out.push((0..width).map(cell).collect::<Result<_, _>>()?);
    }
    Ok(())
}
