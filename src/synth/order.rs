//! The order of the rows in the large tables.

use super::dice::Dice;
use super::table::TableFile;
use crate::spill::{Sorter, Spill, Storable};
use std::io;
use std::path::Path;

/// The order in which rows lie in a file.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum RowOrder {
    /// In the order of their entry, as in a registry's tables.
    #[default]
    Entry,
    /// Those of a client together.
    Client,
    /// In none.
    Shuffled,
}

/// Memory for rows that are sorted; beside it, each table fills a run.
const ROOM: usize = 64 << 20;
const RUN: usize = 16 << 20;

/// Brings the rows of large tables into an order: in memory, and beyond that in files without names in the folder that
/// is being written.
pub(super) struct Arranger {
    order: RowOrder,
    seed: u64,
    spill: Spill,
}

impl Arranger {
    pub(super) fn new(order: RowOrder, seed: u64, folder: &Path) -> Arranger {
        Arranger { order, seed: seed ^ 0x5aff1e, spill: Spill::with_run(folder, ROOM, RUN) }
    }

    /// A table whose rows come client by client. They compare in the order of their entry, and `write` writes one.
    pub(super) fn table<T, W>(&self, out: TableFile, write: W) -> Rows<T, W>
    where
        T: Storable + Ord,
    {
        let waiting = match self.order {
            RowOrder::Entry => Waiting::ByEntry(Sorter::new(&self.spill)),
            RowOrder::Client => Waiting::None,
            RowOrder::Shuffled => Waiting::ByChance(Sorter::new(&self.spill), self.seed),
        };
        Rows { waiting, out, write }
    }

    /// A table whose rows come in the order of their entry as well.
    pub(super) fn table_of_entry<T, W>(&self, out: TableFile, write: W) -> Rows<T, W>
    where
        T: Storable + Ord,
    {
        match self.order {
            RowOrder::Entry => Rows { waiting: Waiting::None, out, write },
            RowOrder::Client | RowOrder::Shuffled => self.table(out, write),
        }
    }
}

/// The rows of a table on their way into its file.
pub(super) struct Rows<T, W> {
    waiting: Waiting<T>,
    out: TableFile,
    write: W,
}

/// The rows that wait until all are there.
enum Waiting<T> {
    None,
    ByEntry(Sorter<T>),
    /// By the number that chance gives each row.
    ByChance(Sorter<(u64, T)>, u64),
}

impl<T, W> Rows<T, W>
where
    T: Storable + Ord,
    W: Fn(&T, &mut TableFile) -> io::Result<()>,
{
    /// Adds the row with this number, which no other of the table has.
    pub(super) fn put(&mut self, number: u64, row: T) -> io::Result<()> {
        match &mut self.waiting {
            Waiting::None => (self.write)(&row, &mut self.out),
            Waiting::ByEntry(sorter) => sorter.push(row),
            Waiting::ByChance(sorter, seed) => sorter.push((Dice::of(*seed, number).throw(), row)),
        }
    }

    /// Writes the rows that wait; returns the whole table.
    pub(super) fn finish(mut self) -> io::Result<TableFile> {
        match self.waiting {
            Waiting::None => {}
            Waiting::ByEntry(mut sorter) => {
                for row in sorter.merge()? {
                    (self.write)(&row?, &mut self.out)?;
                }
            }
            Waiting::ByChance(mut sorter, _) => {
                for row in sorter.merge()? {
                    (self.write)(&row?.1, &mut self.out)?;
                }
            }
        }
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Table;

    #[test]
    fn rows_lie_in_the_order_asked_for() {
        // Wide rows, a few more than memory has room for.
        const FILLING: [u8; 248] = [7; 248];
        let count = (ROOM + 2 * RUN) as u64 / 256 + 100;
        let check = |order, expect_first: Option<[u64; 3]>| {
            let folder = tempfile::tempdir().unwrap();
            let arranger = Arranger::new(order, 1, folder.path());
            let seen = std::cell::RefCell::new(Vec::new());
            let out = TableFile::create(folder.path(), Table::Control, 1, 0).unwrap();
            let mut rows = arranger.table(out, |row: &(u64, [u8; 248]), _: &mut TableFile| {
                assert_eq!(row.1, FILLING);
                seen.borrow_mut().push(row.0);
                Ok(())
            });
            (0..count).rev().for_each(|number| rows.put(number, (number, FILLING)).unwrap());
            rows.finish().unwrap();
            let seen = seen.into_inner();
            match expect_first {
                Some(first) => assert_eq!(seen[..3], first, "{order:?}"),
                None => {
                    let ascending = seen.windows(2).filter(|pair| pair[0] < pair[1]).count() as u64;
                    assert!((count * 49 / 100..count * 51 / 100).contains(&ascending), "{order:?}");
                }
            }
            assert_eq!(seen.len() as u64, count, "{order:?}");
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left but the table");
        };
        check(RowOrder::Entry, Some([0, 1, 2]));
        check(RowOrder::Client, Some([count - 1, count - 2, count - 3]));
        check(RowOrder::Shuffled, None);
    }
}
