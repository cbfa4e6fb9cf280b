//! Writing a table of an invented export, with an unusable row now and then.

use super::dice::Dice;
use crate::registry::Table;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// A table's file.
pub(super) struct TableFile {
    table: Table,
    out: csv::Writer<File>,
    rows: u64,
    seed: u64,
    /// How many rows in a hundred thousand are spoiled.
    dirty: u64,
}

impl TableFile {
    pub(super) fn create(folder: &Path, table: Table, seed: u64, dirty: u64) -> io::Result<TableFile> {
        let path = folder.join(format!("{table}.csv"));
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        let mut out = csv::WriterBuilder::new().flexible(true).buffer_capacity(1 << 20).from_writer(file);
        out.write_record(table.columns().iter().map(|column| column.name))?;
        let seed = seed ^ (0x5b00 + table as u64);
        Ok(TableFile { table, out, rows: 0, seed, dirty })
    }

    /// Writes the row with this number, which no other row of the table has. Whether it is spoiled depends on its number
    /// alone, not on its place in the file.
    pub(super) fn row<V: AsRef<[u8]>>(&mut self, number: u64, values: &[V]) -> io::Result<()> {
        self.rows += 1;
        let bad = if self.dirty > 0 { self.bad_value(number) } else { None };
        for (place, value) in values.iter().enumerate() {
            let bad = bad.filter(|(at, _)| *at == place);
            self.out.write_field(bad.map_or(value.as_ref(), |(_, bad)| bad))?;
        }
        if bad.is_some_and(|(place, _)| place >= values.len()) {
            self.out.write_field("one field too many")?;
        }
        Ok(self.out.write_record(None::<&[u8]>)?)
    }

    fn bad_value(&self, number: u64) -> Option<BadValue> {
        let dice = &mut Dice::of(self.seed, number);
        let bad_values = bad_values(self.table);
        (dice.below(100_000) < self.dirty && !bad_values.is_empty()).then(|| dice.pick(bad_values))
    }

    /// Ends the table; returns how many rows it has.
    pub(super) fn finish(mut self) -> io::Result<(Table, u64)> {
        self.out.flush()?;
        Ok((self.table, self.rows))
    }
}

/// A value that makes a row unusable, with the place of its column; a place beyond the last column stands for a field too
/// many.
type BadValue = (usize, &'static [u8]);

/// What can spoil a row of a table. A bad consent keeps its client's id, so that only this client is not shared.
fn bad_values(table: Table) -> &'static [BadValue] {
    match table {
        Table::Clients => &[(0, b"no id"), (5, b"1999-02-30"), (2, b"Jos\xe9"), (99, b"")],
        Table::Consents => &[(1, b"BOTH"), (2, b"0000-00-00"), (3, b"1881-01-01")],
        Table::Immunizations => &[
            (1, b""),
            (2, b"999999999999"),
            (3, b"88"),
            (4, b"2020-13-01"),
            (6, b"0"),
            (7, b"999999999999"),
            (8, b"?"),
            (99, b""),
        ],
        Table::Vaccines | Table::Organizations => &[(0, b"no id"), (99, b"")],
        Table::Recipients | Table::Control => &[],
    }
}
