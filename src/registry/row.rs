//! One row of an export, every value read as its column's kind.

use super::Table;
use super::codes::{Coded, ConsentType, DisasterFlag, EndReason, ProductClass};
use super::quarantine::Fault;
use super::tables::MOST_COLUMNS;
use crate::value::Day;

/// A value of a row, read as its column's kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Value<'a> {
    Blank,
    Id(u64),
    Day(Day),
    Text(&'a [u8]),
    Code(Coded),
    Ordinal(u16),
    Count(u64),
}

/// The values of a row, by the columns' places.
pub(super) type Values<'a> = [Value<'a>; MOST_COLUMNS];

/// A row that passed the checks of its own values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    pub(super) values: &'a Values<'a>,
}

/// A row that did not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BadRow {
    pub(crate) fault: Fault,
    /// Which row it is, as far as that can be read.
    pub(crate) ids: RowIds,
    /// How many lines it takes up, where it is malformed; else 1. Each may have been a row.
    pub(crate) lines: u64,
}

/// The ids by which a row can be found again.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct RowIds {
    /// The table's own key; consents have none.
    pub key: Option<u64>,
    /// The client that the row is about.
    pub client: Option<u64>,
}

/// What the checks of a row come to.
pub(crate) type Checked<'a> = Result<Row<'a>, BadRow>;

/// A value of a row as a database keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stored<'a> {
    Null,
    Integer(i64),
    Text(&'a [u8]),
    Day(Day),
}

impl<'a> Row<'a> {
    /// The values as a database keeps them, in the order of the table's columns; coded ones in their set's
    /// spelling.
    pub(crate) fn stored(&self, table: Table) -> impl Iterator<Item = Stored<'a>> {
        self.values[..table.columns().len()].iter().map(|value| match *value {
            Value::Blank => Stored::Null,
            Value::Id(number) | Value::Count(number) => Stored::Integer(number as i64),
            Value::Ordinal(number) => Stored::Integer(number.into()),
            Value::Day(day) => Stored::Day(day),
            Value::Text(text) => Stored::Text(text),
            Value::Code(code) => Stored::Text(code.name().as_bytes()),
        })
    }

    /// The id in a column that must have one.
    pub(crate) fn id(&self, column: usize) -> u64 {
        match self.values[column] {
            Value::Id(id) => id,
            _ => unreachable!("a required id is checked before a row is handed out"),
        }
    }

    /// The id in a column that may be blank.
    pub(crate) fn optional_id(&self, column: usize) -> Option<u64> {
        match self.values[column] {
            Value::Id(id) => Some(id),
            _ => None,
        }
    }

    /// The ids by which the row can be found again.
    pub(crate) fn ids(&self, table: Table) -> RowIds {
        let read = |column: Option<usize>| column.and_then(|column| self.optional_id(column));
        RowIds { key: read(table.key_column()), client: read(table.client_column()) }
    }

    /// The day in a column that must have one.
    pub(crate) fn day(&self, column: usize) -> Day {
        match self.values[column] {
            Value::Day(day) => day,
            _ => unreachable!("a required date is checked before a row is handed out"),
        }
    }

    /// The day in a column that may be blank.
    pub(crate) fn optional_day(&self, column: usize) -> Option<Day> {
        match self.values[column] {
            Value::Day(day) => Some(day),
            _ => None,
        }
    }

    /// A cleaned text, UTF-8; blank is empty.
    pub(crate) fn text(&self, column: usize) -> &'a [u8] {
        match self.values[column] {
            Value::Text(text) => text,
            _ => b"",
        }
    }

    /// A consent type, in a column that must have one.
    pub(crate) fn consent_type(&self, column: usize) -> ConsentType {
        match self.values[column] {
            Value::Code(Coded::ConsentType(consent_type)) => consent_type,
            _ => unreachable!("a required code is checked before a row is handed out"),
        }
    }

    /// Why a consent ended, where the row says so.
    pub(crate) fn end_reason(&self, column: usize) -> Option<EndReason> {
        match self.values[column] {
            Value::Code(Coded::EndReason(reason)) => Some(reason),
            _ => None,
        }
    }

    /// DISASTER_FLAG, where the row has one.
    pub(crate) fn disaster_flag(&self, column: usize) -> Option<DisasterFlag> {
        match self.values[column] {
            Value::Code(Coded::DisasterFlag(flag)) => Some(flag),
            _ => None,
        }
    }

    /// A product class, where the row has one.
    pub(crate) fn product_class(&self, column: usize) -> Option<ProductClass> {
        match self.values[column] {
            Value::Code(Coded::ProductClass(class)) => Some(class),
            _ => None,
        }
    }

    /// An ordinal position, 1 to 999; 0 is blank.
    pub(crate) fn ordinal(&self, column: usize) -> u16 {
        match self.values[column] {
            Value::Ordinal(ordinal) => ordinal,
            _ => 0,
        }
    }

    /// A number of rows.
    pub(crate) fn count(&self, column: usize) -> u64 {
        match self.values[column] {
            Value::Count(count) => count,
            _ => unreachable!("a required count is checked before a row is handed out"),
        }
    }
}
