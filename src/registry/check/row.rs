//! One row of an export, every value read as its column's kind, or what is wrong with it.

use super::quarantine::{Code, RowFault};
use super::shape::Shape;
use crate::registry::Table;
use crate::registry::codes::{CodedValue, ConsentType, DisasterFlag, EndReason, ProductClass};
use crate::registry::tables::MOST_COLUMNS;
use crate::value::Day;
use strum::{EnumTryAs, FromRepr};

/// A value of a row, read as its column's kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumTryAs)]
pub(crate) enum Value<'a> {
    Blank,
    Id(u64),
    Day(Day),
    /// Cleaned, UTF-8.
    Text(&'a [u8]),
    Code(CodedValue),
    Ordinal(u16),
    Count(u64),
}

/// The values of a row, by the columns' places.
pub(super) type Values<'a> = [Value<'a>; MOST_COLUMNS];

/// The file in which a row stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, FromRepr)]
#[repr(u8)]
pub enum RowFile {
    /// Its table's own.
    #[default]
    Own,
    /// That of `clients`: a row there gives a consent.
    Clients,
}

/// A row that passed the checks of its own values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExportRow<'a> {
    pub(crate) table: Table,
    /// The line on which it begins.
    pub(crate) line: u64,
    pub(crate) file: RowFile,
    pub(super) values: &'a Values<'a>,
}

/// A row that cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QuarantinedRow {
    pub table: Table,
    /// The line on which it begins.
    pub line: u64,
    pub file: RowFile,
    pub fault: RowFault,
    /// What stands where the fault is, if it can be told.
    pub shape: Option<Shape>,
    /// Which row it is, as far as that can be read.
    pub ids: RowIds,
    /// What stands where the ids of a malformed row should, if those are ids. They may be another row's, or no ids at all, so
    /// that they only serve to show the row to a person: nothing is decided by them.
    pub perhaps: RowIds,
    /// How many lines it takes up, where it is malformed; else 1. Each may have been a row.
    pub lines: u64,
}

/// The ids by which a row can be found again.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct RowIds {
    /// The table's own key; consents have none.
    pub key: Option<u64>,
    /// The client that the row is about.
    pub client: Option<u64>,
    /// The organization that gave the dose of a fact, where it is one that is there.
    pub organization: Option<u64>,
}

/// What the checks of a row come to.
pub(crate) type CheckResult<'a> = Result<ExportRow<'a>, QuarantinedRow>;

impl QuarantinedRow {
    /// A row on one line of its table's own file.
    pub(crate) fn new(table: Table, line: u64, fault: RowFault, ids: RowIds) -> QuarantinedRow {
        QuarantinedRow {
            table,
            line,
            file: RowFile::Own,
            fault,
            shape: None,
            ids,
            perhaps: RowIds::default(),
            lines: 1,
        }
    }

    /// A row that takes up so many lines and can't be read as one.
    pub(super) fn malformed(
        table: Table,
        line: u64,
        file: RowFile,
        lines: u64,
        shape: Shape,
        perhaps: RowIds,
    ) -> QuarantinedRow {
        let row = QuarantinedRow::new(table, line, RowFault::of_row(Code::MalformedRow), RowIds::default());
        QuarantinedRow { file, shape: Some(shape), perhaps, lines, ..row }
    }

    /// The ids to look for the row by, where it is only to be shown.
    pub fn ids_to_show(&self) -> RowIds {
        let RowIds { key, client, organization } = self.ids;
        RowIds { key: key.or(self.perhaps.key), client: client.or(self.perhaps.client), organization }
    }
}

/// A value that the checks have found to be there.
fn checked<T>(value: Option<T>) -> T {
    value.unwrap_or_else(|| unreachable!("a required value is checked before a row is handed out"))
}

impl<'a> ExportRow<'a> {
    /// The values, in the order of the table's columns.
    pub(crate) fn values(&self) -> &'a [Value<'a>] {
        &self.values[..self.table.columns().len()]
    }

    /// The row, if it turns out that it cannot be used.
    pub(crate) fn quarantined(&self, fault: RowFault) -> QuarantinedRow {
        let read = |column: Option<usize>| column.and_then(|column| self.optional_id(column));
        let ids = RowIds {
            key: read(self.table.key_column()),
            client: read(self.table.client_column()),
            organization: read(self.table.organization_column()),
        };
        QuarantinedRow { file: self.file, ..QuarantinedRow::new(self.table, self.line, fault, ids) }
    }

    pub(crate) fn id(&self, column: usize) -> u64 {
        checked(self.optional_id(column))
    }

    pub(crate) fn optional_id(&self, column: usize) -> Option<u64> {
        self.values[column].try_as_id()
    }

    pub(crate) fn day(&self, column: usize) -> Day {
        checked(self.optional_day(column))
    }

    pub(crate) fn optional_day(&self, column: usize) -> Option<Day> {
        self.values[column].try_as_day()
    }

    /// A cleaned text, UTF-8; blank is empty.
    pub(crate) fn text(&self, column: usize) -> &'a [u8] {
        self.values[column].try_as_text().unwrap_or_default()
    }

    pub(crate) fn consent_type(&self, column: usize) -> ConsentType {
        checked(self.code(column).and_then(CodedValue::try_as_consent_type))
    }

    pub(crate) fn end_reason(&self, column: usize) -> Option<EndReason> {
        self.code(column)?.try_as_end_reason()
    }

    pub(crate) fn disaster_flag(&self, column: usize) -> Option<DisasterFlag> {
        self.code(column)?.try_as_disaster_flag()
    }

    pub(crate) fn product_class(&self, column: usize) -> Option<ProductClass> {
        self.code(column)?.try_as_product_class()
    }

    fn code(&self, column: usize) -> Option<CodedValue> {
        self.values[column].try_as_code()
    }

    /// An ordinal position, 1 to 999; 0 is blank.
    pub(crate) fn ordinal(&self, column: usize) -> u16 {
        self.values[column].try_as_ordinal().unwrap_or(0)
    }

    /// A number of rows.
    pub(crate) fn count(&self, column: usize) -> u64 {
        checked(self.values[column].try_as_count())
    }
}
