//! Parquet files as a table: one file, or a folder of parts.
//!
//! A value is written as the checks read it (`form`), and rows are handed out as those of a database are: packed, numbered
//! in the order of reading. A file may be damaged or made to do harm: what it says of itself is looked through before
//! anything is done by it (`thrift`, `pages`, `delta`), and a panic of the crate that reads it becomes an error (`guard`).
//! An error names the file and never what a row holds.

mod column;
mod delta;
mod form;
mod guard;
mod pages;
mod part;
mod sample;
mod thrift;

pub(crate) use guard::panic_is_caught;
pub(super) use sample::sample_parts;

use super::csv::LONGEST_RECORD;
use super::layout::{Layout, NO_FIELD, Place, clean_name};
use super::near::{are_names, header_name};
use super::packed::Packer;
use super::parts::Parts;
use super::table_file::Rows;
use super::{Block, Encoding, ExportFormat, NumericType, TableReader, TakeBlock};
use crate::registry::error::{BadInput, InputFault};
use crate::registry::tables::Kind;
use crate::registry::{RegistryError, Table};
use column::Column;
use form::{Form, type_name};
use guard::guarded;
use pages::{Held, Refused};
use parquet::basic::{Compression, LogicalType};
use parquet::errors::ParquetError;
use parquet::schema::types::{SchemaDescriptor, Type};
use part::Part;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use twox_hash::{XxHash3_64, XxHash3_128};

/// How much text a block holds.
const BLOCK: usize = 1 << 20;

/// How many rows of a group are in memory, beside the pages that they come from.
const BATCH: usize = 1024;

/// Rows may be so much text, whatever the size of the files.
const MOST_TEXT: u64 = 256 << 20;

/// Those of larger files may be so many times their size. Every row of a registry has an id of its own, so no export packs
/// nearly as well.
const MOST_TIMES_ITS_SIZE: u64 = 500;

/// A table of Parquet files, open for reading.
pub(super) struct ParquetTable {
    parts: Parts,
    layout: Layout,
    format: ExportFormat,
    rows: Rows,
    /// Whether records that stand there twice matter.
    has_fingerprints: bool,
    /// The columns of texts that have a numeric type.
    numeric: Vec<(usize, NumericType)>,
    /// How far it is read.
    cursor: Cursor,
    line: u64,
    /// How long the rows are together, and may be.
    text: u64,
    most_text: u64,
    /// Of the records that were read.
    content: XxHash3_128,
    bytes_read: Arc<AtomicU64>,
}

/// How far a table is read.
#[derive(Default)]
struct Cursor {
    /// Which of the parts comes next.
    next_part: usize,
    part: Option<OpenPart>,
}

/// A part that is being read.
struct OpenPart {
    part: Part,
    selection: Selection,
    /// Which of the groups of rows comes next.
    next_group: usize,
    columns: Vec<Column>,
    /// How many rows of the group are not in memory yet, and which of those that are comes next.
    left: usize,
    batch: std::ops::Range<usize>,
}

/// The columns of a part that are read.
struct Selection {
    layout: Layout,
    /// Their places among the leaves of the tree of columns.
    leaves: Vec<usize>,
    /// The fields of a record, in order: the column, by its place among the leaves that are read, what its values are,
    /// and what they are read as.
    fields: Vec<(usize, Form, Kind)>,
    /// Where records that stand there twice matter: all columns, in the order of their names, each with a hash of its name.
    fingerprint: Vec<(usize, u64)>,
}

impl ParquetTable {
    /// Opens the files and finds the table's columns in each.
    pub(super) fn open(
        parts: &Parts,
        table: Table,
        format: &ExportFormat,
        rows: Rows,
    ) -> Result<ParquetTable, RegistryError> {
        ParquetTable::open_all(parts, table, format, rows).map_err(|error| error.in_table(table))
    }

    fn open_all(
        parts: &Parts,
        table: Table,
        format: &ExportFormat,
        rows: Rows,
    ) -> Result<ParquetTable, RegistryError> {
        // Texts in Parquet files are UTF-8.
        let format = ExportFormat { encoding: Encoding::Utf8, profile: format.profile.clone() };
        let bytes_read = Arc::new(AtomicU64::new(0));
        let (mut layout, mut length, mut numeric): (Option<Layout>, u64, Vec<_>) = (None, 0, Vec::new());
        for path in &parts.files {
            let part = Part::open(path, &bytes_read)?;
            let selection = Selection::new(&part, table, &format, rows)?;
            for column in selection.numeric_columns() {
                if !numeric.contains(&column) {
                    numeric.push(column);
                }
            }
            let found = selection.layout;
            length = length.saturating_add(part.length());
            match &mut layout {
                None => layout = Some(found),
                Some(layout) => {
                    let is_new = |extra: &super::ExtraColumn| {
                        !layout.extra.iter().any(|known| known.name == extra.name)
                    };
                    let new: Vec<_> = found.extra.into_iter().filter(is_new).collect();
                    layout.extra.extend(new);
                }
            }
        }
        let layout = layout.ok_or_else(|| BadInput::of_file(&parts.path, InputFault::NoParts))?;
        Ok(ParquetTable {
            parts: parts.clone(),
            has_fingerprints: has_consents(table, &layout),
            numeric,
            layout,
            format,
            rows,
            cursor: Cursor::default(),
            line: 0,
            text: 0,
            most_text: MOST_TEXT.max(length.saturating_mul(MOST_TIMES_ITS_SIZE)),
            content: XxHash3_128::new(),
            bytes_read,
        })
    }

    /// Fills a block with the next rows; it stays empty behind the last one.
    fn fill(&mut self, block: &mut Block) -> Result<(), RegistryError> {
        let (mut packer, mut value) = (Packer::default(), Vec::new());
        while block.text.len() < BLOCK {
            let Some(part) = self.cursor.next_row(
                &self.parts,
                self.layout.table,
                &self.format,
                self.rows,
                &self.bytes_read,
            )?
            else {
                break;
            };
            let path = &part.part.path;
            self.line += 1;
            let row = part.batch.start;
            part.batch.start += 1;
            let places: Vec<Option<usize>> =
                part.columns.iter_mut().map(|column| column.step_to(row)).collect();
            for (column, form, kind) in &part.selection.fields {
                value.clear();
                if let Some(place) = places[*column] {
                    form.write(part.columns[*column].value(place), *kind, &mut value);
                }
                if packer.length() + value.len() > LONGEST_RECORD {
                    return Err(BadInput::at_line(path, self.line, InputFault::RowTooLong(LONGEST_RECORD)));
                }
                if form.is_day() { packer.push_day(&value) } else { packer.push(&value) }
            }
            self.text += (packer.length() + part.selection.fields.len()) as u64;
            if self.text > self.most_text {
                return Err(BadInput::of_file(&self.parts.path, InputFault::ArchiveBomb));
            }
            if self.has_fingerprints {
                value.clear();
                for (column, name) in &part.selection.fingerprint {
                    if let Some(place) = places[*column] {
                        write_exactly(*name, part.columns[*column].value(place), &mut value);
                    }
                }
                block.fingerprints.push(XxHash3_128::oneshot(&value));
            }
            let start = block.text.len();
            packer.end_record(self.line, &mut block.text);
            self.content.write(&block.text[start..]);
        }
        Ok(())
    }
}

impl Cursor {
    /// The part in which the next row is, in memory; none behind the last row.
    fn next_row(
        &mut self,
        parts: &Parts,
        table: Table,
        format: &ExportFormat,
        rows: Rows,
        read: &Arc<AtomicU64>,
    ) -> Result<Option<&mut OpenPart>, RegistryError> {
        loop {
            if let Some(part) = &mut self.part {
                let path = part.part.path.clone();
                if part.has_row().map_err(|error| failed(&path, error))? {
                    break;
                }
                self.part = None;
            }
            let Some(path) = parts.files.get(self.next_part) else { return Ok(None) };
            self.next_part += 1;
            let part = Part::open(path, read)?;
            let selection = Selection::new(&part, table, format, rows)?;
            let (next_group, columns, left, batch) = (0, Vec::new(), 0, 0..0);
            self.part = Some(OpenPart { part, selection, next_group, columns, left, batch });
        }
        Ok(self.part.as_mut())
    }
}

impl OpenPart {
    /// Reads on until there is a row in memory; tells whether there is one.
    fn has_row(&mut self) -> Result<bool, ParquetError> {
        loop {
            if !self.batch.is_empty() {
                return Ok(true);
            }
            if self.left > 0 {
                let rows = self.left.min(BATCH);
                self.columns.iter_mut().try_for_each(|column| column.read(rows))?;
                self.left -= rows;
                self.batch = 0..rows;
                continue;
            }
            // Rows that the footer does not count are lost to every other reader too, and may be withdrawals.
            self.columns.iter_mut().try_for_each(Column::must_be_at_its_end)?;
            self.columns.clear();
            let Some(group) = self.part.footer.row_groups().get(self.next_group) else { return Ok(false) };
            self.next_group += 1;
            self.left = usize::try_from(group.num_rows())?;
            let held = Held::default();
            for leaf in &self.selection.leaves {
                self.columns.push(Column::open(&self.part, group, *leaf, self.left, &held)?);
            }
        }
    }
}

impl Selection {
    fn new(part: &Part, table: Table, format: &ExportFormat, rows: Rows) -> Result<Selection, RegistryError> {
        let path = &part.path;
        must_count_its_rows(part)?;
        let schema = part.footer.file_metadata().schema_descr();
        let columns = schema.root_schema().get_fields();
        let names: Vec<String> = columns.iter().map(|column| clean_name(column.name().as_bytes())).collect();
        let place = Place { path, line: None, table, may_show: true };
        let mut layout = Layout::find(&names, None, format, &place)?;
        if rows == Rows::Own {
            layout.given.clear();
        }
        let has_fingerprints = has_consents(table, &layout);
        let leaves = leaves_of_columns(schema);
        let mut selection =
            Selection { layout, leaves: Vec::new(), fields: Vec::new(), fingerprint: Vec::new() };
        selection.select(table, &place, schema, &leaves)?;
        if has_fingerprints {
            selection.add_fingerprint(schema);
        }
        for leaf in &selection.leaves {
            must_be_unpackable(part, *leaf, schema, are_names(&names))?;
        }
        Ok(selection)
    }

    /// Gives each column that is read its field in the records, in the order of the tables' columns, so that it is the
    /// same in all parts.
    fn select(
        &mut self,
        table: Table,
        place: &Place<'_>,
        schema: &SchemaDescriptor,
        leaves: &[Result<usize, &'static str>],
    ) -> Result<(), RegistryError> {
        let mut layout = self.layout.clone();
        let own = table.columns().iter().zip(&mut layout.fields);
        let given = layout.given.iter_mut().flat_map(|fields| Table::Consents.columns().iter().zip(fields));
        for (column, field) in own.chain(given).filter(|(_, field)| **field != NO_FIELD) {
            let refuse = |of_type: String| place.error(Some(column.name), InputFault::ColumnType { of_type });
            let leaf = leaves[*field].map_err(|of_type| refuse(of_type.to_owned()))?;
            let descriptor = schema.column(leaf);
            let form = Form::of(&descriptor).ok_or_else(|| refuse(type_name(&descriptor)))?;
            let leaf = self.place_of(leaf);
            *field = self.fields.len();
            self.fields.push((leaf, form, column.kind));
        }
        layout.width = self.fields.len();
        self.layout = layout;
        Ok(())
    }

    /// The columns of texts that have a numeric type.
    fn numeric_columns(&self) -> impl Iterator<Item = (usize, NumericType)> {
        let columns = self.layout.table.columns().iter().zip(self.layout.fields).enumerate();
        columns.filter_map(|(place, (column, field))| {
            let (_, form, _) = self.fields.get(field)?;
            Some((place, form.numeric_type().filter(|_| matches!(column.kind, Kind::Text | Kind::Cvx))?))
        })
    }

    /// The place of a leaf among those that are read.
    fn place_of(&mut self, leaf: usize) -> usize {
        self.leaves.iter().position(|known| *known == leaf).unwrap_or_else(|| {
            self.leaves.push(leaf);
            self.leaves.len() - 1
        })
    }

    /// Reads all columns, but for those that repeat: what such a one holds can be larger than any memory, and without it
    /// more rows count as an earlier one again, so that somebody looks.
    fn add_fingerprint(&mut self, schema: &SchemaDescriptor) {
        let is_single = |leaf: &usize| schema.column(*leaf).max_rep_level() == 0;
        let mut named: Vec<(String, usize)> = (0..schema.num_columns())
            .filter(is_single)
            .map(|leaf| (schema.column(leaf).path().string().to_lowercase(), leaf))
            .collect();
        named.sort();
        for (name, leaf) in named {
            let column = self.place_of(leaf);
            self.fingerprint.push((column, XxHash3_64::oneshot(name.as_bytes())));
        }
    }
}

/// Whether rows give consents, so that those that stand there twice matter.
fn has_consents(table: Table, layout: &Layout) -> bool {
    table == Table::Consents || !layout.given.is_empty()
}

/// For each column its leaf in the tree of columns, or what it is instead of a single value.
fn leaves_of_columns(schema: &SchemaDescriptor) -> Vec<Result<usize, &'static str>> {
    let columns = schema.root_schema().get_fields();
    let mut leaves: Vec<Result<usize, &'static str>> =
        columns.iter().map(|column| Err(kind_of_group(column))).collect();
    for leaf in 0..schema.num_columns() {
        let column = schema.get_column_root_idx(leaf);
        if columns[column].is_primitive() && schema.column(leaf).max_rep_level() == 0 {
            leaves[column] = Ok(leaf);
        }
    }
    leaves
}

/// What a column is that holds more than one value.
fn kind_of_group(column: &Type) -> &'static str {
    match column.get_basic_info().logical_type_ref() {
        Some(LogicalType::List) => "LIST",
        Some(LogicalType::Map) => "MAP",
        _ if column.is_primitive() => "repeated",
        _ => "a group of columns",
    }
}

/// Refuses a file of which the rows, as it says, are not those of its groups together.
fn must_count_its_rows(part: &Part) -> Result<(), RegistryError> {
    let in_groups = part.footer.row_groups().iter().try_fold(0i64, |sum, group| {
        let rows = group.num_rows();
        if rows < 0 { None } else { sum.checked_add(rows) }
    });
    if in_groups == Some(part.footer.file_metadata().num_rows()) {
        return Ok(());
    }
    Err(unusable(&part.path, "its footer is damaged: the groups of rows are not as many rows as the file"))
}

/// Refuses a column that is packed in a way that can't be read.
fn must_be_unpackable(
    part: &Part,
    leaf: usize,
    schema: &SchemaDescriptor,
    may_show: bool,
) -> Result<(), RegistryError> {
    for group in part.footer.row_groups() {
        let by = match group.columns().get(leaf).map(|column| column.compression()) {
            None => return Err(unusable(&part.path, "its footer is damaged")),
            Some(Compression::BROTLI(_)) => "BROTLI",
            Some(Compression::LZO) => "LZO",
            Some(_) => continue,
        };
        let name = header_name(schema.column(leaf).name()).filter(|_| may_show);
        return Err(BadInput::of_file(&part.path, InputFault::ParquetPacked { name, by }));
    }
    Ok(())
}

/// Writes a value so that no other is written the same way, whatever the type of its column is in another part.
fn write_exactly(name: u64, value: form::Raw<'_>, out: &mut Vec<u8>) {
    use form::Raw;
    let (tag, number): (u8, u64) = match value {
        Raw::Truth(truth) => (0, u64::from(truth)),
        Raw::Int(number) => (1, number as u64),
        Raw::Int96(_) => (2, 12),
        // Zero is one value, whatever its sign.
        Raw::Real32(number) => (3, (f64::from(number) + 0.0).to_bits()),
        Raw::Real64(number) => (3, (number + 0.0).to_bits()),
        Raw::Bytes(bytes) => (4, bytes.len() as u64),
    };
    out.extend_from_slice(&name.to_le_bytes());
    out.push(tag);
    out.extend_from_slice(&number.to_le_bytes());
    match value {
        Raw::Bytes(bytes) => out.extend_from_slice(bytes),
        Raw::Int96(parts) => parts.iter().for_each(|part| out.extend_from_slice(&part.to_le_bytes())),
        _ => {}
    }
}

fn unusable(path: &Path, what: &'static str) -> RegistryError {
    BadInput::of_file(path, InputFault::UnusableParquet { what })
}

/// What an error of the crate means for an export. Its message is left out: it may quote what a row holds.
fn failed(path: &Path, error: ParquetError) -> RegistryError {
    let error = match error {
        ParquetError::External(error) => error,
        ParquetError::NYI(_) => return unusable(path, "it is written in a way that is not known here"),
        _ => return unusable(path, "a page is damaged"),
    };
    let error = match error.downcast::<std::io::Error>() {
        Ok(source) if source.raw_os_error().is_some() => {
            return RegistryError::Read { path: path.to_owned(), source: *source };
        }
        Ok(_) => return unusable(path, "a page is damaged, or the file is cut short"),
        Err(error) => error,
    };
    unusable(path, error.downcast_ref::<Refused>().map_or("a page is damaged", |refused| refused.0))
}

impl TableReader for ParquetTable {
    fn file(&self) -> &Path {
        &self.parts.path
    }

    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn content(&self) -> String {
        format!("{:032x}", self.content.finish_128())
    }

    fn numeric_columns(&self) -> &[(usize, NumericType)] {
        &self.numeric
    }

    fn for_each_block(&mut self, take: TakeBlock<'_>) -> Result<(), RegistryError> {
        let mut block = Block::default();
        loop {
            block.text.clear();
            block.fingerprints.clear();
            let filled = guarded(|| self.fill(&mut block));
            let filled = filled.unwrap_or_else(|_| Err(unusable(&self.path_now(), "a page is damaged")));
            filled.map_err(|error| error.in_table(self.layout.table))?;
            if block.text.is_empty() {
                return Ok(());
            }
            match take(block, self.bytes_read.load(Ordering::Relaxed))? {
                Some(recycled) => block = recycled,
                None => return Ok(()),
            }
        }
    }
}

impl ParquetTable {
    /// The file that is being read.
    fn path_now(&self) -> PathBuf {
        self.cursor.part.as_ref().map_or_else(|| self.parts.path.clone(), |part| part.part.path.clone())
    }
}
