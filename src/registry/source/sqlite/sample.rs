//! Some rows of each table of a database, to look at.

use super::table::cell_text;
use super::{declared_columns, is_recursive, open_snapshot, quoted, wal};
use crate::registry::RegistryError;
use crate::registry::source::layout::clean_name;
use crate::registry::source::sample::{FIRST_ROWS, LATER_ROWS, MOST_BYTES, PLACES, TableSample};
use rusqlite::Connection;
use std::path::Path;

/// Looks at the tables and views of a database. One that cannot be read is left out: a run says why.
///
/// # Errors
/// If the database cannot be opened.
pub(in crate::registry) fn sample_tables(path: &Path) -> Result<Vec<TableSample>, RegistryError> {
    let (connection, objects) = open_snapshot(path)?;
    let names = objects.iter().map(|object| &object.name).filter(|name| !name.starts_with("sqlite_"));
    let samples = names.filter_map(|name| sample_table(&connection, name).ok().flatten()).collect();
    // What cannot be ended ends with the connection.
    let _ = connection.execute_batch("ROLLBACK");
    wal::leave_as_found(&connection, path);
    Ok(samples)
}

fn sample_table(connection: &Connection, name: &str) -> Result<Option<TableSample>, rusqlite::Error> {
    let columns: Vec<String> =
        declared_columns(connection, name)?.into_iter().map(|(name, _)| name).collect();
    let cells: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    let select = format!("SELECT {} FROM {}", cells.join(", "), quoted(name));
    // A view that calls itself may have no end.
    if columns.is_empty() || is_recursive(connection, &select)? {
        return Ok(None);
    }
    let (mut rows, mut left) = (Vec::new(), MOST_BYTES);
    read_rows(connection, &format!("{select} LIMIT {}", FIRST_ROWS + 1), &mut rows, &mut left)?;
    let is_whole = rows.len() <= FIRST_ROWS && left > 0;
    if !is_whole {
        // Views, and tables without rowids, have no places to go to.
        let last =
            connection.query_row(&format!("SELECT max(rowid) FROM {}", quoted(name)), [], |row| row.get(0));
        let last: i64 = last.unwrap_or(0);
        let places = PLACES as i64;
        for place in 1..=places {
            let from = if place == places { last - LATER_ROWS as i64 } else { last / places * place };
            let later =
                format!("{select} WHERE rowid > {} LIMIT {LATER_ROWS}", from.max(FIRST_ROWS as i64 + 1));
            if last > FIRST_ROWS as i64 {
                read_rows(connection, &later, &mut rows, &mut left)?;
            }
        }
    }
    let columns = columns.iter().map(|column| clean_name(column.as_bytes())).collect();
    Ok(Some(TableSample { name: name.to_owned(), columns, rows, is_whole }))
}

/// Appends the rows of a query, until no bytes are left.
fn read_rows(
    connection: &Connection,
    sql: &str,
    out: &mut Vec<Vec<String>>,
    left: &mut usize,
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare(sql)?;
    let width = statement.column_count();
    let mut rows = statement.query([])?;
    while *left > 0 {
        let Some(row) = rows.next()? else { break };
        let cell = |place| row.get_ref(place).map(cell_text);
        let cells = (0..width).map(cell).collect::<Result<Vec<String>, _>>()?;
        *left = left.saturating_sub(cells.iter().map(String::len).sum());
        out.push(cells);
    }
    Ok(())
}
