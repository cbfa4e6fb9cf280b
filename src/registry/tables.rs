//! The tables of a registry export and their columns: the one place that knows the layout.
//!
//! Checks, quarantine lists, work databases and the data dictionary's "comes from" all read it from here.

use super::codes::{CodeSet, named};
use crate::value::all_of;
use strum::{Display, FromRepr, IntoStaticStr, VariantArray};

/// A table of the export, in the order in which tables are listed everywhere.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Display, FromRepr, IntoStaticStr, VariantArray,
)]
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

impl Kind {
    /// The form that a value must have, in words.
    pub fn expected(self) -> String {
        match self {
            Kind::Id => "digits only, at most 9223372036854775807".to_owned(),
            Kind::Date => "a day as YYYY-MM-DD, from 1880 to 9999".to_owned(),
            Kind::Text | Kind::Cvx => "text".to_owned(),
            Kind::Code(set) => set.names().join(" or "),
            Kind::Name => "a name".to_owned(),
            Kind::Ordinal => "a number from 1 to 999".to_owned(),
            Kind::Count => "a number of rows, digits only".to_owned(),
        }
    }
}

/// A column of the export.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name in the header, in capitals.
    pub name: &'static str,
    pub kind: Kind,
    /// Whether every row must have a value.
    pub required: bool,
}

/// The most columns that a table has.
pub const MOST_COLUMNS: usize = clients::COLUMNS.len();

/// For each table a module with its columns in the order of the export's layout: a constant for the place of each, and
/// the list of all.
macro_rules! tables {
    ($($table:ident { $($name:ident: $need:ident $kind:expr,)+ })+) => {$(
        pub mod $table {
            use super::{Kind::*, *};

            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            enum Place { $($name),+ }

            $(pub const $name: usize = Place::$name as usize;)+

            pub(super) const COLUMNS: &[Column] = &[
                $(Column { name: stringify!($name), kind: $kind, required: $need }),+
            ];
        }
    )+};
}

const REQUIRED: bool = true;
const OPTIONAL: bool = false;

tables! {
    clients {
        CLIENT_ID: REQUIRED Id,
        CLIENT_TYPE: OPTIONAL Text,
        FIRST_NAME: OPTIONAL Text,
        LAST_NAME: OPTIONAL Text,
        MIDDLE_NAME: OPTIONAL Text,
        BIRTH_DATE: REQUIRED Date,
        SEX_CODE: OPTIONAL Text,
        RACE_AND_ETHNICITY: OPTIONAL Text,
        STATE_CODE: OPTIONAL Text,
        CLIENT_COUNTY: OPTIONAL Text,
        ZIP_CODE: OPTIONAL Text,
    }
    consents {
        CLIENT_ID: REQUIRED Id,
        CONSENT_TYPE: REQUIRED Code(CodeSet::ConsentType),
        EFFECTIVE_DATE: REQUIRED Date,
        END_DATE: OPTIONAL Date,
        END_REASON: OPTIONAL Code(CodeSet::EndReason),
    }
    immunizations {
        IMMUNIZATION_ID: REQUIRED Id,
        IMMUNFACT_ID: REQUIRED Id,
        CLIENT_ID: REQUIRED Id,
        VACCINE_ID: REQUIRED Id,
        VACCINATION_DATE: REQUIRED Date,
        VACCINE_GROUP: OPTIONAL Text,
        ORDINAL_POSITION: OPTIONAL Ordinal,
        GIVEN_BY_ORG_ID: OPTIONAL Id,
        DISASTER_FLAG: OPTIONAL Code(CodeSet::DisasterFlag),
    }
    vaccines {
        VACCINE_ID: REQUIRED Id,
        CVX_CODE: OPTIONAL Cvx,
        PRODUCT_CLASS: OPTIONAL Code(CodeSet::ProductClass),
    }
    organizations {
        ORG_ID: REQUIRED Id,
        PROVIDER_NAME: OPTIONAL Text,
        SHORT_NAME: OPTIONAL Text,
        RESPONSIBLE_ENTITY: OPTIONAL Text,
        PROVIDER_STREET_ADDRESS: OPTIONAL Text,
        PROVIDER_CITY: OPTIONAL Text,
        PROVIDER_STATE: OPTIONAL Text,
        PROVIDER_ZIP_CODE: OPTIONAL Text,
    }
    recipients {
        RECIPIENT: REQUIRED Name,
        RESPONSIBLE_ENTITY: REQUIRED Name,
    }
    control {
        TABLE_NAME: REQUIRED Text,
        ROW_COUNT: REQUIRED Count,
    }
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
        named(name)
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
            Table::Clients => clients::COLUMNS,
            Table::Consents => consents::COLUMNS,
            Table::Immunizations => immunizations::COLUMNS,
            Table::Vaccines => vaccines::COLUMNS,
            Table::Organizations => organizations::COLUMNS,
            Table::Recipients => recipients::COLUMNS,
            Table::Control => control::COLUMNS,
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

    /// The column with the organization that gave the dose.
    pub fn organization_column(self) -> Option<usize> {
        (self == Table::Immunizations).then_some(immunizations::GIVEN_BY_ORG_ID)
    }

    /// The name of the column at this place.
    pub fn column_name(self, place: usize) -> &'static str {
        self.columns()[place].name
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
