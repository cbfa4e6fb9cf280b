//! The organizations of an export, in memory.

use super::keys::ById;
use crate::registry::check::ExportRow;
use crate::registry::tables::organizations as columns;
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

/// The texts of an organization, of `TEXT_COLUMNS`.
#[derive(PartialEq, Eq, Debug)]
pub struct Organization([String; TEXT_COLUMNS.len()]);

/// The usable organizations.
pub type Organizations = ById<Organization>;

impl Organization {
    pub(super) fn from_row(row: &ExportRow<'_>) -> Organization {
        Organization(TEXT_COLUMNS.map(|column| String::from_utf8_lossy(row.text(column)).into_owned()))
    }
}

impl Organizations {
    /// Takes responsible entities that are words for nothing as blank; returns how many there are.
    pub(super) fn blank_words_for_nothing(&mut self) -> u64 {
        let entities = self.rows_mut().map(|organization| &mut organization.0[ENTITY]);
        let for_nothing = entities.filter(|entity| !entity.is_empty() && name::is_for_nothing(entity));
        for_nothing.map(|entity| entity.clear()).count() as u64
    }

    /// The texts of `TEXT_COLUMNS`, in order; blank is empty.
    pub fn texts(&self, place: u32) -> impl Iterator<Item = &str> {
        self.get(place).0.iter().map(String::as_str)
    }

    /// The responsible entity; blank is empty.
    pub fn entity(&self, place: u32) -> &str {
        &self.get(place).0[ENTITY]
    }

    /// The responsible entity of each organization, in order, with the line on which the organization's row
    /// begins; blank is empty.
    pub fn entities(&self) -> impl Iterator<Item = (&str, u64)> + Clone {
        self.rows().map(|row| (row.row.0[ENTITY].as_str(), row.line))
    }
}
