//! The tables of a registry export and their columns: the one place that knows the layout.
//!
//! Checking, quarantine lists, work databases and the data dictionary's "comes from" all read it from here.

use super::codes::CodeSet;
use crate::value::all_of;
use std::fmt;
use strum::{IntoStaticStr, VariantArray};

/// A table of the export, in the order in which tables are listed everywhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
#[repr(u8)]
pub enum Table {
    /// One row per person.
    Clients,
    /// One row per consent given, with its end.
    Consents,
    /// One row per immunization fact: one administered dose, seen from one vaccine group.
    Immunizations,
    /// One row per product.
    Vaccines,
    /// One row per provider, with the entity responsible for it.
    Organizations,
    /// Which recipient gets which responsible entity's data. May be absent.
    Recipients,
    /// How many rows each table must have. May be absent.
    Control,
}

/// What the values of a column are, and so how they are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Digits only, up to 9223372036854775807.
    Id,
    /// A calendar day, 1880 to 9999.
    Date,
    /// Any text.
    Text,
    /// A CVX code: text without a decimal tail.
    Cvx,
    /// One of a set, without regard to case.
    Code(CodeSet),
    /// A name of an entity or a recipient: text of which something shows, and no word for nothing such as `NULL`.
    Name,
    /// 1 to 999.
    Ordinal,
    /// A number of rows.
    Count,
}

/// A column of the export.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name in the header, in capitals.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Whether every row must have a value.
    pub required: bool,
}

const fn required(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, required: true }
}

const fn optional(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, required: false }
}

/// The most columns that a table has.
pub const MOST_COLUMNS: usize = 11;

/// The columns of `clients`, by their place.
pub mod clients {
    pub const CLIENT_ID: usize = 0;
    pub const CLIENT_TYPE: usize = 1;
    pub const FIRST_NAME: usize = 2;
    pub const LAST_NAME: usize = 3;
    pub const MIDDLE_NAME: usize = 4;
    pub const BIRTH_DATE: usize = 5;
    pub const SEX_CODE: usize = 6;
    pub const RACE_AND_ETHNICITY: usize = 7;
    pub const STATE_CODE: usize = 8;
    pub const CLIENT_COUNTY: usize = 9;
    pub const ZIP_CODE: usize = 10;
}

/// The columns of `consents`, by their place.
pub mod consents {
    pub const CLIENT_ID: usize = 0;
    pub const CONSENT_TYPE: usize = 1;
    pub const EFFECTIVE_DATE: usize = 2;
    pub const END_DATE: usize = 3;
    pub const END_REASON: usize = 4;
}

/// The columns of `immunizations`, by their place.
pub mod immunizations {
    pub const IMMUNIZATION_ID: usize = 0;
    pub const IMMUNFACT_ID: usize = 1;
    pub const CLIENT_ID: usize = 2;
    pub const VACCINE_ID: usize = 3;
    pub const VACCINATION_DATE: usize = 4;
    pub const VACCINE_GROUP: usize = 5;
    pub const ORDINAL_POSITION: usize = 6;
    pub const GIVEN_BY_ORG_ID: usize = 7;
    pub const DISASTER_FLAG: usize = 8;
}

/// The columns of `vaccines`, by their place.
pub mod vaccines {
    pub const VACCINE_ID: usize = 0;
    pub const CVX_CODE: usize = 1;
    pub const PRODUCT_CLASS: usize = 2;
}

/// The columns of `organizations`, by their place.
pub mod organizations {
    pub const ORG_ID: usize = 0;
    pub const PROVIDER_NAME: usize = 1;
    pub const SHORT_NAME: usize = 2;
    pub const RESPONSIBLE_ENTITY: usize = 3;
    pub const PROVIDER_STREET_ADDRESS: usize = 4;
    pub const PROVIDER_CITY: usize = 5;
    pub const PROVIDER_STATE: usize = 6;
    pub const PROVIDER_ZIP_CODE: usize = 7;
}

/// The columns of `recipients`, by their place.
pub mod recipients {
    pub const RECIPIENT: usize = 0;
    pub const RESPONSIBLE_ENTITY: usize = 1;
}

/// The columns of `control`, by their place.
pub mod control {
    pub const TABLE_NAME: usize = 0;
    pub const ROW_COUNT: usize = 1;
}

impl Table {
    /// Every table, in order.
    pub const ALL: [Table; Table::VARIANTS.len()] = all_of(Table::VARIANTS);

    /// The name, as in the file's name.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The table with this name, in any case.
    pub fn named(name: &[u8]) -> Option<Table> {
        Table::ALL.into_iter().find(|table| name.eq_ignore_ascii_case(table.name().as_bytes()))
    }

    /// Whether an export may do without it.
    pub fn may_be_absent(self) -> bool {
        matches!(self, Table::Recipients | Table::Control)
    }

    /// Whether a value may hold a line break. Addresses and names do; what steers the run has no reason to, and a line
    /// break there is the mark of a stray quote that has swallowed rows.
    pub fn may_hold_line_breaks(self) -> bool {
        match self {
            Table::Clients | Table::Immunizations | Table::Vaccines | Table::Organizations => true,
            Table::Consents | Table::Recipients | Table::Control => false,
        }
    }

    /// Its columns, in the order of the export's layout.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Table::Clients => {
                const {
                    &[
                        required("CLIENT_ID", Kind::Id),
                        optional("CLIENT_TYPE", Kind::Text),
                        optional("FIRST_NAME", Kind::Text),
                        optional("LAST_NAME", Kind::Text),
                        optional("MIDDLE_NAME", Kind::Text),
                        required("BIRTH_DATE", Kind::Date),
                        optional("SEX_CODE", Kind::Text),
                        optional("RACE_AND_ETHNICITY", Kind::Text),
                        optional("STATE_CODE", Kind::Text),
                        optional("CLIENT_COUNTY", Kind::Text),
                        optional("ZIP_CODE", Kind::Text),
                    ]
                }
            }
            Table::Consents => {
                const {
                    &[
                        required("CLIENT_ID", Kind::Id),
                        required("CONSENT_TYPE", Kind::Code(CodeSet::ConsentType)),
                        required("EFFECTIVE_DATE", Kind::Date),
                        optional("END_DATE", Kind::Date),
                        optional("END_REASON", Kind::Code(CodeSet::EndReason)),
                    ]
                }
            }
            Table::Immunizations => {
                const {
                    &[
                        required("IMMUNIZATION_ID", Kind::Id),
                        required("IMMUNFACT_ID", Kind::Id),
                        required("CLIENT_ID", Kind::Id),
                        required("VACCINE_ID", Kind::Id),
                        required("VACCINATION_DATE", Kind::Date),
                        optional("VACCINE_GROUP", Kind::Text),
                        optional("ORDINAL_POSITION", Kind::Ordinal),
                        optional("GIVEN_BY_ORG_ID", Kind::Id),
                        optional("DISASTER_FLAG", Kind::Code(CodeSet::DisasterFlag)),
                    ]
                }
            }
            Table::Vaccines => {
                const {
                    &[
                        required("VACCINE_ID", Kind::Id),
                        optional("CVX_CODE", Kind::Cvx),
                        optional("PRODUCT_CLASS", Kind::Code(CodeSet::ProductClass)),
                    ]
                }
            }
            Table::Organizations => {
                const {
                    &[
                        required("ORG_ID", Kind::Id),
                        optional("PROVIDER_NAME", Kind::Text),
                        optional("SHORT_NAME", Kind::Text),
                        optional("RESPONSIBLE_ENTITY", Kind::Text),
                        optional("PROVIDER_STREET_ADDRESS", Kind::Text),
                        optional("PROVIDER_CITY", Kind::Text),
                        optional("PROVIDER_STATE", Kind::Text),
                        optional("PROVIDER_ZIP_CODE", Kind::Text),
                    ]
                }
            }
            Table::Recipients => {
                const { &[required("RECIPIENT", Kind::Name), required("RESPONSIBLE_ENTITY", Kind::Name)] }
            }
            Table::Control => {
                const { &[required("TABLE_NAME", Kind::Text), required("ROW_COUNT", Kind::Count)] }
            }
        }
    }

    /// The place of the column whose value no two rows may share, if there is one.
    pub fn key_column(self) -> Option<usize> {
        match self {
            Table::Clients => Some(clients::CLIENT_ID),
            Table::Immunizations => Some(immunizations::IMMUNFACT_ID),
            Table::Vaccines => Some(vaccines::VACCINE_ID),
            Table::Organizations => Some(organizations::ORG_ID),
            Table::Consents | Table::Recipients | Table::Control => None,
        }
    }

    /// The place of the column that names the client a row is about, if there is one.
    pub fn client_column(self) -> Option<usize> {
        match self {
            Table::Clients => Some(clients::CLIENT_ID),
            Table::Consents => Some(consents::CLIENT_ID),
            Table::Immunizations => Some(immunizations::CLIENT_ID),
            Table::Vaccines | Table::Organizations | Table::Recipients | Table::Control => None,
        }
    }

    /// The name of the column at this place.
    pub fn column_name(self, place: usize) -> &'static str {
        self.columns()[place].name
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_names_agree() {
        let check = |table: Table, place: usize, name: &str| assert_eq!(table.column_name(place), name);
        check(Table::Clients, clients::BIRTH_DATE, "BIRTH_DATE");
        check(Table::Clients, clients::ZIP_CODE, "ZIP_CODE");
        check(Table::Consents, consents::END_REASON, "END_REASON");
        check(Table::Immunizations, immunizations::VACCINATION_DATE, "VACCINATION_DATE");
        check(Table::Immunizations, immunizations::DISASTER_FLAG, "DISASTER_FLAG");
        check(Table::Vaccines, vaccines::PRODUCT_CLASS, "PRODUCT_CLASS");
        check(Table::Organizations, organizations::PROVIDER_ZIP_CODE, "PROVIDER_ZIP_CODE");
        check(Table::Recipients, recipients::RESPONSIBLE_ENTITY, "RESPONSIBLE_ENTITY");
        check(Table::Control, control::ROW_COUNT, "ROW_COUNT");
        for (place, table) in Table::ALL.into_iter().enumerate() {
            assert_eq!(table as usize, place);
            assert!(table.columns().len() <= MOST_COLUMNS);
            assert_eq!(Table::named(table.name().to_uppercase().as_bytes()), Some(table));
        }
    }
}
