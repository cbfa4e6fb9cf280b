//! How the records of a table are laid out: which field holds which column, and how fields are told apart.

use super::Encoding;
use super::near::{ExtraColumn, MissingColumns, header_name};
use crate::registry::error::{BadInput, InputFault};
use crate::registry::tables::{Column, MOST_COLUMNS};
use crate::registry::{RegistryError, Table};
use crate::value::text;
use std::collections::HashMap;
use std::path::Path;

/// How the records of a table are laid out.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(crate) table: Table,
    /// The delimiter of CSV; none where each field has its length before it, as databases hand them out.
    pub(crate) delimiter: Option<u8>,
    /// The texts' encoding.
    pub(crate) encoding: Encoding,
    /// How many fields a record must have.
    pub(crate) width: usize,
    /// For each column of the table, by its place there, the field that holds it.
    pub(crate) fields: [usize; MOST_COLUMNS],
    /// The columns that are not part of the table's layout.
    pub(crate) extra: Vec<ExtraColumn>,
}

/// Where the names of columns stand, for errors.
pub(super) struct Place<'a> {
    pub(super) path: &'a Path,
    pub(super) line: Option<u64>,
    pub(super) table: Table,
    /// Whether they are names for certain, if they are made as names are. Else rows may lie among them.
    pub(super) may_show: bool,
}

impl Place<'_> {
    pub(super) fn error(&self, column: Option<&'static str>, fault: InputFault) -> RegistryError {
        BadInput::at(self.path, self.line, column, fault).in_table(self.table)
    }
}

impl Layout {
    /// Finds the table's columns among `names`, each cleaned; upper and lower case are the same.
    ///
    /// A column that is missing is told first: a file without a header shows itself that way, and nothing of its
    /// first row may be named in a message.
    pub(super) fn find(
        names: &[String],
        delimiter: Option<u8>,
        encoding: Encoding,
        place: &Place<'_>,
    ) -> Result<Layout, RegistryError> {
        let table = place.table;
        let columns = table.columns();
        // In a header that has swallowed a row there are values among the names; an id or a date is no name. A database may
        // have been made from such a file.
        let may_show =
            place.may_show && names.iter().all(|name| name.is_empty() || header_name(name).is_some());
        let mut fields = [0; MOST_COLUMNS];
        let position = |column: &Column| names.iter().position(|name| name.eq_ignore_ascii_case(column.name));
        for (column, field) in columns.iter().zip(&mut fields) {
            *field = position(column).ok_or_else(|| {
                let fault =
                    InputFault::MissingColumn(Box::new(MissingColumns::among(names, table, may_show)));
                place.error(Some(column.name), fault)
            })?;
        }
        refuse_names_twice(names, place)?;
        refuse_numbered_names(names, place)?;
        let is_extra = |place: &usize| !fields[..columns.len()].contains(place);
        let extra = (0..names.len()).filter(is_extra);
        let extra = extra.map(|at| ExtraColumn::new(table, &names[at], at, may_show)).collect();
        Ok(Layout { table, delimiter, encoding, width: names.len(), fields, extra })
    }

    /// Of records that hold a table's columns and nothing else, each in its place.
    pub(crate) fn packed(table: Table, encoding: Encoding) -> Layout {
        let fields = std::array::from_fn(|place| place);
        Layout { table, delimiter: None, encoding, width: table.columns().len(), fields, extra: Vec::new() }
    }
}

/// A column's name, cleaned up as every text is.
pub(super) fn clean_name(name: &[u8]) -> String {
    String::from_utf8_lossy(&text::clean(name)).into_owned()
}

/// A column named twice is an error, whether it is one of the layout's or an extra one; nameless ones are not.
fn refuse_names_twice(names: &[String], place: &Place<'_>) -> Result<(), RegistryError> {
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(names.len());
    for (position, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        if let Some(first) = seen.insert(name.to_lowercase(), position) {
            let known = place.table.columns().iter().find(|c| name.eq_ignore_ascii_case(c.name));
            let fault = InputFault::ColumnTwice { first: first + 1, second: position + 1 };
            return Err(place.error(known.map(|column| column.name), fault));
        }
    }
    Ok(())
}

/// What a view names twice, SQLite calls `NAME:1` the second time, and so does a file made from the view. A name that
/// ends with white space is no other name.
fn refuse_numbered_names(names: &[String], place: &Place<'_>) -> Result<(), RegistryError> {
    let known = || Table::ALL.into_iter().flat_map(|table| table.columns());
    for (position, name) in names.iter().enumerate() {
        let Some((name, number)) = name.rsplit_once(':') else { continue };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        if let Some(column) = known().find(|column| column.name.eq_ignore_ascii_case(name.trim_end())) {
            return Err(place.error(Some(column.name), InputFault::ColumnNumbered { second: position + 1 }));
        }
    }
    Ok(())
}
