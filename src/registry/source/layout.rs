//! How the records of a table are laid out: which field holds which column, and how fields are told apart.

use super::near::{ExtraColumn, MissingColumns, Wanted, are_names};
use super::{Encoding, ExportFormat};
use crate::registry::error::{BadInput, InputFault};
use crate::registry::profile::{ColumnSource, GivenConsent, HeaderNames, Profile};
use crate::registry::tables::MOST_COLUMNS;
use crate::registry::{RegistryError, Table};
use crate::value::text;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

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
    /// For each column of the table, by its place there, the field that holds it, or `NO_FIELD`.
    pub(crate) fields: [usize; MOST_COLUMNS],
    /// The columns that are not part of the table's layout.
    pub(crate) extra: Vec<ExtraColumn>,
    /// How the export is written, where it says so itself.
    pub(crate) profile: Option<Arc<Profile>>,
    /// For each consent that a row gives, the fields of its columns: where the rows are looked at for their consents.
    pub(crate) given: Vec<[usize; MOST_COLUMNS]>,
}

/// In place of a field: the column's value stands in none.
pub(crate) const NO_FIELD: usize = usize::MAX;

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
        format: &ExportFormat,
        place: &Place<'_>,
    ) -> Result<Layout, RegistryError> {
        let table = place.table;
        let columns = table.columns();
        // In a header that has swallowed a row there are values among the names; an id or a date is no name. A database may
        // have been made from such a file.
        let may_show = place.may_show && are_names(names);
        let header = HeaderNames::new(table, format.profile.as_deref());
        let folded: Vec<String> = names.iter().map(|name| header.fold(name)).collect();
        let position = |name: &str| folded.iter().position(|other| *other == header.fold(name));
        let own = columns.iter().enumerate().filter_map(|(place, column)| {
            Some(Wanted { column: column.name, name: header.of_column(place)? })
        });
        let consents = format.profile.as_deref().filter(|_| table == Table::Clients);
        let consents = consents.map_or(&[][..], |profile| &profile.given);
        let wanted: Vec<Wanted<'_>> = own.chain(consents.iter().flat_map(wanted_of_given)).collect();
        let missing = |column| {
            let fault =
                InputFault::MissingColumn(Box::new(MissingColumns::among(names, &wanted, header, may_show)));
            place.error(Some(column), fault)
        };
        let mut fields = [NO_FIELD; MOST_COLUMNS];
        for ((at, column), field) in columns.iter().enumerate().zip(&mut fields) {
            if let Some(name) = header.of_column(at) {
                *field = position(name).ok_or_else(|| missing(column.name))?;
            }
        }
        let mut given = vec![[NO_FIELD; MOST_COLUMNS]; consents.len()];
        for (consent, fields) in consents.iter().zip(&mut given) {
            for (at, field) in fields.iter_mut().enumerate() {
                if let Some(ColumnSource::Named(name)) = &consent.columns[at] {
                    *field = position(name).ok_or_else(|| missing(Table::Consents.column_name(at)))?;
                }
            }
        }
        refuse_names_twice(names, &folded, &fields, place)?;
        refuse_numbered_names(names, &wanted, header, place)?;
        let is_extra = |at: &usize| !fields.contains(at) && !given.iter().flatten().any(|field| field == at);
        let extra = (0..names.len()).filter(is_extra);
        let extra = extra.map(|at| ExtraColumn::new(&wanted, &names[at], at, may_show)).collect();
        Ok(Layout {
            table,
            delimiter,
            encoding: format.encoding,
            width: names.len(),
            fields,
            extra,
            profile: format.profile.clone(),
            given,
        })
    }

    /// Of records that hold a table's columns and nothing else, each in its place.
    pub(crate) fn packed(table: Table, encoding: Encoding) -> Layout {
        let fields = std::array::from_fn(|place| place);
        let (width, extra, given) = (table.columns().len(), Vec::new(), Vec::new());
        Layout { table, delimiter: None, encoding, width, fields, extra, profile: None, given }
    }
}

/// The columns of a consent that each row of `clients` gives.
fn wanted_of_given(consent: &GivenConsent) -> impl Iterator<Item = Wanted<'_>> {
    let columns = Table::Consents.columns().iter().zip(&consent.columns);
    columns.filter_map(|(column, source)| match source {
        Some(ColumnSource::Named(name)) => Some(Wanted { column: column.name, name }),
        _ => None,
    })
}

/// A column's name, cleaned up as every text is.
pub(super) fn clean_name(name: &[u8]) -> String {
    String::from_utf8_lossy(&text::clean(name)).into_owned()
}

/// A column named twice is an error, whether it is one of the layout's or an extra one; nameless ones are not. `folded` are
/// the names as they are compared, `fields` those of the table's columns.
fn refuse_names_twice(
    names: &[String],
    folded: &[String],
    fields: &[usize],
    place: &Place<'_>,
) -> Result<(), RegistryError> {
    let mut seen: HashMap<&str, usize> = HashMap::with_capacity(names.len());
    for (position, name) in folded.iter().enumerate().filter(|(at, _)| !names[*at].is_empty()) {
        if let Some(first) = seen.insert(name, position) {
            let known = fields.iter().position(|field| *field == first || *field == position);
            let fault = InputFault::ColumnTwice { first: first + 1, second: position + 1 };
            return Err(place.error(known.map(|column| place.table.column_name(column)), fault));
        }
    }
    Ok(())
}

/// What a view names twice, SQLite calls `NAME:1` the second time, and so does a file made from the view. A name that
/// ends with white space is no other name.
fn refuse_numbered_names(
    names: &[String],
    wanted: &[Wanted<'_>],
    header: HeaderNames<'_>,
    place: &Place<'_>,
) -> Result<(), RegistryError> {
    let of_contract = || Table::ALL.into_iter().flat_map(|table| table.columns());
    for (position, name) in names.iter().enumerate() {
        let Some((name, number)) = name.rsplit_once(':') else { continue };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let name = name.trim_end();
        let is_named_so = |other: &str| header.fold(other) == header.fold(name);
        let wanted = wanted.iter().find(|wanted| is_named_so(wanted.name)).map(|wanted| wanted.column);
        let column = of_contract().find(|column| is_named_so(column.name)).map(|column| column.name);
        if let Some(column) = wanted.or(column) {
            return Err(place.error(Some(column), InputFault::ColumnNumbered { second: position + 1 }));
        }
    }
    Ok(())
}
