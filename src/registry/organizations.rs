//! The organizations of an export, in memory.

use super::keys::{IdIndex, Keyed, RowId, settle};
use super::quarantine::Fault;
use super::row::Row;
use super::tables::organizations as columns;
use crate::value::name;

/// The columns whose texts are kept as they are, in order.
pub const TEXT_COLUMNS: [usize; 7] = [
    columns::PROVIDER_NAME,
    columns::SHORT_NAME,
    columns::RESPONSIBLE_ENTITY,
    columns::PROVIDER_STREET_ADDRESS,
    columns::PROVIDER_CITY,
    columns::PROVIDER_STATE,
    columns::PROVIDER_ZIP_CODE,
];

/// The place of RESPONSIBLE_ENTITY among `TEXT_COLUMNS`.
const ENTITY: usize = 2;

type Texts = [String; TEXT_COLUMNS.len()];

/// The usable organizations, in the order of their ids.
#[derive(Debug)]
pub struct Organizations {
    rows: Vec<Keyed<Texts>>,
    index: IdIndex,
}

/// Collects the rows of `organizations`.
#[derive(Debug, Default)]
pub(crate) struct OrganizationsBuilder {
    rows: Vec<Keyed<Texts>>,
}

impl OrganizationsBuilder {
    pub(crate) fn add(&mut self, line: u64, row: &Row<'_>) {
        let texts = TEXT_COLUMNS.map(|column| String::from_utf8_lossy(row.text(column)).into_owned());
        self.rows.push(Keyed { id: row.id(columns::ORG_ID), line, row: texts });
    }

    /// Also returns how many organizations have a word for nothing as their responsible entity, which is then blank.
    pub(crate) fn finish<E>(
        self,
        mut refuse: impl FnMut(RowId, Fault) -> Result<(), E>,
    ) -> Result<(Organizations, u64), E> {
        let mut rows =
            settle(self.rows, columns::ORG_ID, |a, b| a == b, |row, fault| refuse(row.place(), fault))?;
        let mut blanked = 0;
        // Only now: rows are compared as they stand.
        for row in &mut rows {
            let entity = &mut row.row[ENTITY];
            if !entity.is_empty() && name::is_for_nothing(entity) {
                entity.clear();
                blanked += 1;
            }
        }
        let index = IdIndex::new(rows.iter().map(|row| row.id));
        Ok((Organizations { rows, index }, blanked))
    }
}

impl Organizations {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The place of the organization with this id.
    pub fn find(&self, id: u64) -> Option<u32> {
        self.index.find(id)
    }

    /// The ORG_ID.
    pub fn id(&self, place: u32) -> u64 {
        self.rows[place as usize].id
    }

    /// The texts of `TEXT_COLUMNS`, in order; blank is empty.
    pub fn texts(&self, place: u32) -> impl Iterator<Item = &str> {
        self.rows[place as usize].row.iter().map(String::as_str)
    }

    /// The responsible entity; blank is empty.
    pub fn entity(&self, place: u32) -> &str {
        &self.rows[place as usize].row[ENTITY]
    }

    /// The responsible entity of each organization, in order, with the line on which the organization's row
    /// begins; blank is empty.
    pub fn entities(&self) -> impl Iterator<Item = (&str, u64)> + Clone {
        self.rows.iter().map(|row| (row.row[ENTITY].as_str(), row.line))
    }
}
