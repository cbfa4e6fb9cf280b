//! The 26 data elements of the sharing file: the one table from which the header, the rows and the data
//! dictionary all come.
//!
//! Holds what an element is, not how a row is written: that is `writer`'s.

mod table;

pub use table::ALL;

use crate::registry::Table;

/// A data element: a column of the sharing file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Element {
    /// The column's name, unless the policy gives another.
    pub name: &'static str,
    /// The group it is in, in the registry's training.
    pub group: Group,
    pub cell: Cell,
    /// Type and format, in words.
    pub format: &'static str,
    /// Whether its values are codes that differ by leading zeros: `03` is not `3`.
    pub leading_zeros_count: bool,
    /// How long its values get, in characters.
    pub longest: Longest,
    /// What a blank means; none where it is never blank.
    pub blank: Option<&'static str>,
    /// Codes with their meanings.
    pub codes: &'static [(&'static str, &'static str)],
    /// Where the value comes from.
    pub origin: Origin,
    pub identifies: Identifies,
    /// Whether older batches lack it, because it was added when there were batches already.
    pub added_later: bool,
    pub description: &'static str,
}

impl Element {
    /// The name in the registry's training. A policy does not change it, so it tells in any batch's data dictionary
    /// which element a column is.
    pub fn label(&self) -> String {
        self.name.replace('_', " ")
    }
}

/// The training's groups of elements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    ClientDemographics,
    ClientAddress,
    ImmunizationData,
    ProviderData,
}

impl Group {
    pub fn name(self) -> &'static str {
        match self {
            Group::ClientDemographics => "Client demographics",
            Group::ClientAddress => "Client address",
            Group::ImmunizationData => "Immunization data",
            Group::ProviderData => "Provider data",
        }
    }
}

/// What a row holds in a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cell {
    ClientId,
    /// A text of the client's, by its column in `clients`.
    ClientText(usize),
    BirthDate,
    /// The dose's id.
    ImmunizationId,
    ImmunfactId,
    VaccineId,
    VaccinationDate,
    CvxCode,
    VaccineGroup,
    /// The dose's number in its series.
    OrdinalPosition,
    /// Completed months from birth to vaccination.
    AgeInMonths,
    OrganizationId,
    /// A text of the organization's, by its column in `organizations`.
    OrganizationText(usize),
}

/// What kind of values a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueKind {
    /// A number of up to 19 digits that only names something. Nobody counts with it, so that it is read as text.
    Id,
    /// `YYYY-MM-DD`.
    Date,
    /// A number to count with, from the least to the most.
    WholeNumber { least: u32, most: Option<u32> },
    /// Any text, codes too.
    Text,
}

/// Which record of a row's a cell depends on. The elements stand in this order, each part in one piece.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    Client,
    Fact,
    Organization,
}

impl Cell {
    pub fn kind(self) -> ValueKind {
        match self {
            Cell::ClientId
            | Cell::ImmunizationId
            | Cell::ImmunfactId
            | Cell::VaccineId
            | Cell::OrganizationId => ValueKind::Id,
            Cell::BirthDate | Cell::VaccinationDate => ValueKind::Date,
            Cell::OrdinalPosition => ValueKind::WholeNumber { least: 1, most: Some(999) },
            Cell::AgeInMonths => ValueKind::WholeNumber { least: 0, most: None },
            Cell::ClientText(_) | Cell::OrganizationText(_) | Cell::CvxCode | Cell::VaccineGroup => {
                ValueKind::Text
            }
        }
    }

    pub fn part(self) -> Part {
        match self {
            Cell::ClientId | Cell::ClientText(_) | Cell::BirthDate => Part::Client,
            Cell::OrganizationId | Cell::OrganizationText(_) => Part::Organization,
            Cell::ImmunizationId
            | Cell::ImmunfactId
            | Cell::VaccineId
            | Cell::VaccinationDate
            | Cell::CvxCode
            | Cell::VaccineGroup
            | Cell::OrdinalPosition
            | Cell::AgeInMonths => Part::Fact,
        }
    }
}

/// How long an element's values get.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Longest {
    /// No value can be longer.
    Allowed(u32),
    /// Nothing is enforced; this is the longest in the code set or list named.
    Seen(u32, &'static str),
    /// Nothing is enforced, and nothing is known.
    Unlimited,
}

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A column of the export, cleaned up.
    Column(Table, &'static str),
    /// Worked out, as the words say.
    Computed(&'static str),
}

/// Whether an element tells who a person is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Identifies {
    /// By itself, or as the key to who it is.
    Directly,
    /// Together with other elements.
    Together,
    /// Not a person.
    No,
}

impl Identifies {
    pub fn words(self) -> &'static str {
        match self {
            Identifies::Directly => "directly",
            Identifies::Together => "with others",
            Identifies::No => "no",
        }
    }
}

/// What the rows of a file are ordered by, first to last: ids as numbers, the date as a day. The last is what rows are
/// matched by from month to month.
pub const ORDER: [Cell; 4] = [Cell::ClientId, Cell::VaccinationDate, Cell::ImmunizationId, Cell::ImmunfactId];

/// The element whose column holds this.
pub fn holding(cell: Cell) -> &'static Element {
    let element = ALL.iter().find(|element| element.cell == cell);
    element.unwrap_or_else(|| unreachable!("every cell is an element's"))
}

/// The elements of one part of a row, in order.
pub fn part(part: Part) -> impl Iterator<Item = &'static Element> {
    ALL.iter().filter(move |element| element.cell.part() == part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_elements_are_those_of_the_training_in_its_order() {
        let names: Vec<_> = ALL.iter().map(|e| e.name).collect();
        let expect = "CLIENT_ID, FIRST_NAME, LAST_NAME, MIDDLE_NAME, BIRTH_DATE, SEX_CODE, RACE_AND_ETHNICITY, \
            STATE_CODE, CLIENT_COUNTY, ZIP_CODE, IMMUNIZATION_ID, IMMUNFACT_ID, VACCINE_ID, VACCINATION_DATE, \
            CVX_CODE, VACCINE_GROUP, ORDINAL_POSITION, AGE_IN_MONTHS, GIVEN_BY_ORG_ID, PROVIDER_NAME, SHORT_NAME, \
            RESPONSIBLE_ENTITY, PROVIDER_STREET_ADDRESS, PROVIDER_CITY, PROVIDER_STATE, PROVIDER_ZIP_CODE";
        assert_eq!(names.join(", "), expect);
        for element in &ALL {
            assert_eq!(element.label(), element.name.replace('_', " "));
        }
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), 26);
    }

    #[test]
    fn each_part_stands_in_one_piece() {
        assert!(ALL.is_sorted_by_key(|e| e.cell.part()));
    }

    #[test]
    fn origins_are_columns_of_the_export() {
        for element in &ALL {
            if let Origin::Column(table, column) = element.origin {
                assert!(table.columns().iter().any(|c| c.name == column), "{}", element.name);
            }
            match element.cell {
                Cell::ClientText(c) => assert_eq!(Table::Clients.column_name(c), element.name),
                Cell::OrganizationText(c) => assert_eq!(Table::Organizations.column_name(c), element.name),
                _ => {}
            }
        }
    }
}
