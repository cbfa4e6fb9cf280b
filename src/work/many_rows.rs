//! Puts many rows into a table of the work database, several by one statement: beginning one takes SQLite as long as several rows.

use crate::value::Day;
use rusqlite::types::{Null, ToSqlOutput, ValueRef};
use rusqlite::{Connection, Error, Statement};
use std::ops::Range;

/// So many rows are put into a table by one statement.
const AT_ONCE: usize = 64;

/// A value of a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'v> {
    Null,
    Number(i64),
    /// UTF-8.
    Text(&'v [u8]),
    /// Stands there as a text.
    Day(Day),
}

impl Cell<'_> {
    /// An id or a line. All are less than 2^63.
    pub(super) fn number(number: u64) -> Cell<'static> {
        Cell::Number(number as i64)
    }
}

/// A value that waits; a text by its place among the texts.
enum Waiting {
    Null,
    Number(i64),
    Text(Range<usize>),
}

/// The rows of a table that are on their way into it.
pub(super) struct ManyRows<'c> {
    connection: &'c Connection,
    table: String,
    columns: usize,
    /// Takes `AT_ONCE` rows.
    insert: Statement<'c>,
    waiting: Vec<Waiting>,
    texts: Vec<u8>,
}

impl<'c> ManyRows<'c> {
    /// For a table with so many columns.
    pub(super) fn into_table(
        connection: &'c Connection,
        table: &str,
        columns: usize,
    ) -> Result<ManyRows<'c>, Error> {
        let insert = insert(connection, table, columns, AT_ONCE)?;
        let (waiting, texts) = (Vec::with_capacity(AT_ONCE * columns), Vec::new());
        Ok(ManyRows { connection, table: table.to_owned(), columns, insert, waiting, texts })
    }

    /// Takes a row, which has all its columns, and puts those that wait into the table if there are enough.
    pub(super) fn push<'v>(&mut self, row: impl IntoIterator<Item = Cell<'v>>) -> Result<(), Error> {
        for cell in row {
            let waiting = match cell {
                Cell::Null => Waiting::Null,
                Cell::Number(number) => Waiting::Number(number),
                Cell::Text(text) => self.keep_text(text),
                Cell::Day(day) => self.keep_text(&day.to_bytes()),
            };
            self.waiting.push(waiting);
        }
        if self.waiting.len() == AT_ONCE * self.columns { self.flush() } else { Ok(()) }
    }

    fn keep_text(&mut self, text: &[u8]) -> Waiting {
        let start = self.texts.len();
        self.texts.extend_from_slice(text);
        Waiting::Text(start..self.texts.len())
    }

    /// Puts the rows that wait into the table. Without it they are lost.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        match self.waiting.len() / self.columns {
            0 => return Ok(()),
            AT_ONCE => execute(&mut self.insert, &self.waiting, &self.texts)?,
            rows => {
                let mut insert = insert(self.connection, &self.table, self.columns, rows)?;
                execute(&mut insert, &self.waiting, &self.texts)?;
            }
        }
        self.waiting.clear();
        self.texts.clear();
        Ok(())
    }
}

/// A statement that takes so many rows.
fn insert<'c>(
    connection: &'c Connection,
    table: &str,
    columns: usize,
    rows: usize,
) -> Result<Statement<'c>, Error> {
    let row = format!("({})", vec!["?"; columns].join(", "));
    connection.prepare(&format!("INSERT INTO {table} VALUES {}", vec![row; rows].join(", ")))
}

fn execute(insert: &mut Statement<'_>, values: &[Waiting], texts: &[u8]) -> Result<(), Error> {
    for (place, value) in (1..).zip(values) {
        match value {
            Waiting::Null => insert.raw_bind_parameter(place, Null)?,
            Waiting::Number(number) => insert.raw_bind_parameter(place, number)?,
            Waiting::Text(range) => insert
                .raw_bind_parameter(place, ToSqlOutput::Borrowed(ValueRef::Text(&texts[range.clone()])))?,
        }
    }
    insert.raw_execute().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_comes_into_the_table_once_and_in_order() {
        for rows in [0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE + 7] {
            let connection = Connection::open_in_memory().unwrap();
            connection.execute_batch("CREATE TABLE t (line INTEGER PRIMARY KEY, text TEXT)").unwrap();
            let mut many = ManyRows::into_table(&connection, "t", 2).unwrap();
            for line in 0..rows as i64 {
                let text: Option<String> = (line % 3 == 0).then(|| format!("row {line}"));
                let text = text.as_ref().map_or(Cell::Null, |text| Cell::Text(text.as_bytes()));
                many.push([Cell::Number(line), text]).unwrap();
            }
            many.flush().unwrap();
            many.flush().unwrap();
            let sql = "SELECT count(*), coalesce(sum(line), 0),
                count(*) FILTER (WHERE text IS iif(line % 3 = 0, 'row ' || line, NULL)) FROM t";
            let row = |row: &rusqlite::Row<'_>| Ok([row.get(0)?, row.get(1)?, row.get(2)?]);
            let found: [i64; 3] = connection.query_row(sql, [], row).unwrap();
            let all = rows as i64;
            assert_eq!(found, [all, all * (all - 1) / 2, all], "{rows}");
        }
    }
}
