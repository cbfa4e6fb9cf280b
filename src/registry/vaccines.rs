//! The vaccines of an export, in memory.

use super::codes::ProductClass;
use super::keys::{IdIndex, Keyed, RowId, settle};
use super::quarantine::Fault;
use super::row::Row;
use super::tables::vaccines as columns;

/// A vaccine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vaccine {
    /// The CVX code; blank is empty.
    pub cvx: Vec<u8>,
    /// The class, where the export gives one.
    pub class: Option<ProductClass>,
}

/// The usable vaccines, in the order of their ids.
#[derive(Debug)]
pub struct Vaccines {
    rows: Vec<Keyed<Vaccine>>,
    index: IdIndex,
}

/// Collects the rows of `vaccines`.
#[derive(Debug, Default)]
pub(crate) struct VaccinesBuilder {
    rows: Vec<Keyed<Vaccine>>,
}

impl VaccinesBuilder {
    pub(crate) fn add(&mut self, line: u64, row: &Row<'_>) {
        let class = row.product_class(columns::PRODUCT_CLASS);
        let vaccine = Vaccine { cvx: row.text(columns::CVX_CODE).to_vec(), class };
        self.rows.push(Keyed { id: row.id(columns::VACCINE_ID), line, row: vaccine });
    }

    pub(crate) fn finish<E>(
        self,
        mut refuse: impl FnMut(RowId, Fault) -> Result<(), E>,
    ) -> Result<Vaccines, E> {
        let rows =
            settle(self.rows, columns::VACCINE_ID, |a, b| a == b, |row, fault| refuse(row.place(), fault))?;
        let index = IdIndex::new(rows.iter().map(|row| row.id));
        Ok(Vaccines { rows, index })
    }
}

impl Vaccines {
    /// The place of the vaccine with this id.
    pub fn find(&self, id: u64) -> Option<u32> {
        self.index.find(id)
    }

    /// The VACCINE_ID.
    pub fn id(&self, place: u32) -> u64 {
        self.rows[place as usize].id
    }

    /// The vaccine.
    pub fn get(&self, place: u32) -> &Vaccine {
        &self.rows[place as usize].row
    }

    /// All of them, in order, each with its VACCINE_ID.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &Vaccine)> {
        self.rows.iter().map(|row| (row.id, &row.row))
    }
}
