//! Writing a table of an invented export, with an unusable row now and then.

use super::dice::Dice;
use crate::registry::Table;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// A table's file.
pub(super) struct TableFile {
    table: Table,
    out: BufWriter<File>,
    rows: u64,
    dice: Dice,
    /// How many rows in a hundred thousand are spoiled.
    dirty: u64,
    line: Vec<u8>,
}

impl TableFile {
    pub(super) fn create(folder: &Path, table: Table, seed: u64, dirty: u64) -> io::Result<TableFile> {
        let path = folder.join(format!("{table}.csv"));
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        let names: Vec<&str> = table.columns().iter().map(|column| column.name).collect();
        writeln!(out, "{}", names.join(","))?;
        let dice = Dice::of(seed, u64::MAX - table as u64);
        Ok(TableFile { table, out, rows: 0, dice, dirty, line: Vec::new() })
    }

    /// Writes a row.
    pub(super) fn row(&mut self, values: &[&str]) -> io::Result<()> {
        self.line.clear();
        let spoiled = self.dirty > 0 && self.dice.below(100_000) < self.dirty;
        let spoil = if spoiled { Some(self.fault()) } else { None };
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                self.line.push(b',');
            }
            match spoil {
                Some(Fault { place: at, value: bad }) if at == place => self.line.extend_from_slice(bad),
                _ => push_value(&mut self.line, value),
            }
        }
        if matches!(spoil, Some(Fault { place, .. }) if place >= values.len()) {
            self.line.extend_from_slice(b",one field too many");
        }
        self.line.push(b'\n');
        self.rows += 1;
        self.out.write_all(&self.line)
    }

    /// A fault for the next row. A consent keeps its client's id, so that it closes the client and not the run.
    fn fault(&mut self) -> Fault {
        let faults: &[Fault] = match self.table {
            Table::Clients => {
                &[fault(0, b"no id"), fault(5, b"1999-02-30"), fault(2, b"Jos\xe9"), fault(99, b"")]
            }
            Table::Consents => &[fault(1, b"BOTH"), fault(2, b"0000-00-00"), fault(3, b"1881-01-01")],
            Table::Immunizations => &[
                fault(1, b""),
                fault(2, b"999999999999"),
                fault(3, b"88"),
                fault(4, b"2020-13-01"),
                fault(6, b"0"),
                fault(7, b"999999999999"),
                fault(8, b"?"),
                fault(99, b""),
            ],
            Table::Vaccines | Table::Organizations => &[fault(0, b"no id"), fault(99, b"")],
            Table::Recipients | Table::Control => &[],
        };
        if faults.is_empty() { fault(usize::MAX - 1, b"") } else { self.dice.pick(faults) }
    }

    /// Ends the table; returns how many rows it has.
    pub(super) fn finish(mut self) -> io::Result<(Table, u64)> {
        self.out.flush()?;
        Ok((self.table, self.rows))
    }
}

/// A value that a row cannot be used with, and the column it goes to; beyond the last it is a field too many.
#[derive(Clone, Copy)]
struct Fault {
    place: usize,
    value: &'static [u8],
}

const fn fault(place: usize, value: &'static [u8]) -> Fault {
    Fault { place, value }
}

fn push_value(line: &mut Vec<u8>, value: &str) {
    if value.contains([',', '"']) {
        line.push(b'"');
        line.extend_from_slice(value.replace('"', "\"\"").as_bytes());
        line.push(b'"');
    } else {
        line.extend_from_slice(value.as_bytes());
    }
}
