//! Tables written as Parquet files, by the writer of the crate that reads them.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic)] // Each test binary uses a part of it.

use parquet::basic::Type as Physical;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::SchemaDescriptor;
use std::path::Path;
use std::sync::Arc;

/// A value of a cell.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    None,
    Text(Vec<u8>),
    Int(i64),
    Real(f64),
    Truth(bool),
    Int96([u32; 3]),
}

pub fn words(text: &str) -> Value {
    Value::Text(text.as_bytes().to_vec())
}

/// A table: its columns, each as the crate writes a column's type (`int64 CLIENT_ID`), and its rows.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Value>>,
}

/// How a file is written.
#[derive(Clone)]
pub struct Way {
    pub properties: WriterPropertiesPtr,
    /// How many rows a group has.
    pub group: usize,
}

impl Default for Way {
    fn default() -> Way {
        Way { properties: Arc::new(WriterProperties::builder().build()), group: usize::MAX }
    }
}

impl Sheet {
    /// The text of a CSV file: every column a text, and a blank no value.
    pub fn of_csv(text: &[u8]) -> Sheet {
        let mut reader = csv::ReaderBuilder::new().from_reader(text);
        let columns =
            reader.headers().unwrap().iter().map(|name| format!("binary {name} (STRING)")).collect();
        let value = |text: &[u8]| if text.is_empty() { Value::None } else { Value::Text(text.to_vec()) };
        let rows = reader.byte_records().map(|record| record.unwrap().iter().map(value).collect()).collect();
        Sheet { columns, rows }
    }

    /// Gives a column another type; `read` makes a value of its text.
    #[must_use]
    pub fn typed(mut self, name: &str, of_type: &str, read: impl Fn(&str) -> Value) -> Sheet {
        let name_of = |column: &String| column.split(' ').nth(1).unwrap().to_owned();
        let place = self.columns.iter().position(|column| name_of(column) == name).unwrap();
        let (physical, logical) = of_type.split_once(' ').unwrap_or((of_type, ""));
        self.columns[place] = format!("{physical} {name} {logical}").trim_end().to_owned();
        for row in &mut self.rows {
            if let Value::Text(text) = &row[place] {
                row[place] = read(std::str::from_utf8(text).unwrap());
            }
        }
        self
    }

    /// Writes it to a file.
    pub fn write(&self, path: &Path, way: &Way) {
        let columns: Vec<String> = self.columns.iter().map(|column| format!("optional {column};")).collect();
        let schema =
            Arc::new(parse_message_type(&format!("message table {{ {} }}", columns.join(" "))).unwrap());
        let descriptor = SchemaDescriptor::new(Arc::clone(&schema));
        let file = std::fs::File::create(path).unwrap();
        let mut writer = SerializedFileWriter::new(file, schema, Arc::clone(&way.properties)).unwrap();
        for rows in self.rows.chunks(way.group) {
            let mut group = writer.next_row_group().unwrap();
            for place in 0..self.columns.len() {
                let values: Vec<&Value> = rows.iter().map(|row| &row[place]).collect();
                write_column(&mut group, descriptor.column(place).physical_type(), &values);
            }
            group.close().unwrap();
        }
        writer.close().unwrap();
    }
}

fn write_column(
    group: &mut SerializedRowGroupWriter<'_, std::fs::File>,
    physical: Physical,
    values: &[&Value],
) {
    let mut column = group.next_column().unwrap().unwrap();
    let levels: Vec<i16> = values.iter().map(|value| i16::from(**value != Value::None)).collect();
    let there = values.iter().filter(|value| ***value != Value::None);
    macro_rules! write {
        ($writer:expr, $($of:pat => $value:expr),+) => {{
            let values: Vec<_> = there.map(|value| match value {
                $($of => $value,)+
                other => panic!("{other:?} in a column of {physical}"),
            }).collect();
            $writer.write_batch(&values, Some(&levels), None).unwrap();
        }};
    }
    match column.untyped() {
        ColumnWriter::BoolColumnWriter(w) => write!(w, Value::Truth(truth) => *truth),
        ColumnWriter::Int32ColumnWriter(w) => write!(w, Value::Int(number) => *number as i32),
        ColumnWriter::Int64ColumnWriter(w) => write!(w, Value::Int(number) => *number),
        ColumnWriter::Int96ColumnWriter(w) => write!(w, Value::Int96(parts) => Int96::from(parts.to_vec())),
        ColumnWriter::FloatColumnWriter(w) => write!(w, Value::Real(number) => *number as f32),
        ColumnWriter::DoubleColumnWriter(w) => write!(w, Value::Real(number) => *number),
        ColumnWriter::ByteArrayColumnWriter(w) => {
            write!(w, Value::Text(text) => ByteArray::from(text.clone()))
        }
        ColumnWriter::FixedLenByteArrayColumnWriter(w) => {
            write!(w, Value::Text(text) => FixedLenByteArray::from(ByteArray::from(text.clone())))
        }
    }
    column.close().unwrap();
}

/// Days since 1970-01-01 of `YYYY-MM-DD`. What is no day becomes one that no calendar has, and can be read no more than
/// the text could.
pub fn days(text: &str) -> i64 {
    let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    date.map_or(3_000_000, |date| (date - chrono::NaiveDate::default()).num_days())
}
