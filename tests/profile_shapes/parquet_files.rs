//! Tables of texts and whole numbers as Parquet files.

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::path::Path;
use std::sync::Arc;

/// Writes rows to a file. Of a column there is its name, and whether it is one of whole numbers.
pub(crate) fn write(path: &Path, columns: &[(&str, bool)], rows: &[Vec<Option<&str>>]) {
    let field = |(name, is_number): &(&str, bool)| {
        let (physical, logical) = if *is_number {
            (Physical::INT64, None)
        } else {
            (Physical::BYTE_ARRAY, Some(LogicalType::String))
        };
        let column = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
        Arc::new(column.with_logical_type(logical).build().unwrap())
    };
    let schema = Type::group_type_builder("table").with_fields(columns.iter().map(field).collect());
    let file = std::fs::File::create(path).unwrap();
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema.build().unwrap()), properties).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for place in 0..columns.len() {
        let levels: Vec<i16> = rows.iter().map(|row| i16::from(row[place].is_some())).collect();
        let values = rows.iter().filter_map(|row| row[place]);
        let mut column = group.next_column().unwrap().unwrap();
        match column.untyped() {
            ColumnWriter::Int64ColumnWriter(column) => {
                let values: Vec<i64> = values.map(|value| value.parse().unwrap()).collect();
                column.write_batch(&values, Some(&levels), None).unwrap();
            }
            ColumnWriter::ByteArrayColumnWriter(column) => {
                let values: Vec<ByteArray> = values.map(ByteArray::from).collect();
                column.write_batch(&values, Some(&levels), None).unwrap();
            }
            _ => unreachable!("there are no others"),
        }
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}
