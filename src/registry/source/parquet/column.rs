//! A column of a group of rows, read a few rows at a time.

use super::form::Raw;
use super::pages::{CarefulPages, Held, Refused};
use super::part::Part;
use parquet::basic::Type as Physical;
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{
    BoolType, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type, Int64Type,
    Int96Type,
};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::RowGroupMetaData;

/// A column of a group of rows.
pub(super) struct Column {
    values: Values,
    /// For each row that is in memory, whether it has a value: the level says so, if there are levels.
    levels: Vec<i16>,
    most: i16,
    /// How many values the rows have taken that were looked at.
    taken: usize,
}

/// Its values, by their type.
enum Values {
    Truth(Typed<BoolType>),
    Int32(Typed<Int32Type>),
    Int64(Typed<Int64Type>),
    Int96(Typed<Int96Type>),
    Real32(Typed<FloatType>),
    Real64(Typed<DoubleType>),
    Bytes(Typed<ByteArrayType>),
    Fixed(Typed<FixedLenByteArrayType>),
}

struct Typed<T: DataType> {
    reader: ColumnReaderImpl<T>,
    /// Of the rows in memory.
    values: Vec<T::T>,
}

impl<T: DataType> Typed<T> {
    fn read(&mut self, rows: usize, levels: &mut Vec<i16>) -> ParquetResult<(usize, usize)> {
        self.values.clear();
        let (rows, values, _) = self.reader.read_records(rows, Some(levels), None, &mut self.values)?;
        Ok((rows, values))
    }
}

impl Column {
    /// Opens the column at a place among the leaves of the file's tree of columns; it must not repeat.
    pub(super) fn open(
        part: &Part,
        group: &RowGroupMetaData,
        leaf: usize,
        rows: usize,
        held: &Held,
    ) -> ParquetResult<Column> {
        let column = group.column(leaf);
        let pages = Box::new(CarefulPages::new(part, column, rows, held)?);
        let descriptor = column.column_descr_ptr();
        let most = descriptor.max_def_level();
        fn typed<T: DataType>(
            descriptor: parquet::schema::types::ColumnDescPtr,
            pages: Box<CarefulPages>,
        ) -> Typed<T> {
            Typed { reader: ColumnReaderImpl::new(descriptor, pages), values: Vec::new() }
        }
        let values = match descriptor.physical_type() {
            Physical::BOOLEAN => Values::Truth(typed(descriptor, pages)),
            Physical::INT32 => Values::Int32(typed(descriptor, pages)),
            Physical::INT64 => Values::Int64(typed(descriptor, pages)),
            Physical::INT96 => Values::Int96(typed(descriptor, pages)),
            Physical::FLOAT => Values::Real32(typed(descriptor, pages)),
            Physical::DOUBLE => Values::Real64(typed(descriptor, pages)),
            Physical::BYTE_ARRAY => Values::Bytes(typed(descriptor, pages)),
            Physical::FIXED_LEN_BYTE_ARRAY => Values::Fixed(typed(descriptor, pages)),
        };
        Ok(Column { values, levels: Vec::new(), most, taken: 0 })
    }

    /// Reads so many rows, which must be there.
    pub(super) fn read(&mut self, rows: usize) -> ParquetResult<()> {
        let (found, values) = self.read_up_to(rows)?;
        let expected = if self.most == 0 {
            rows
        } else {
            self.levels.iter().filter(|level| **level == self.most).count()
        };
        let is_whole = found == rows && values == expected && (self.most == 0 || self.levels.len() == rows);
        if is_whole { Ok(()) } else { Err(refusal("a column has fewer rows than its file says")) }
    }

    /// Refuses a column that goes on.
    pub(super) fn must_be_at_its_end(&mut self) -> ParquetResult<()> {
        match self.read_up_to(1)? {
            (0, _) => Ok(()),
            _ => Err(refusal("a column has more rows than its file says")),
        }
    }

    fn read_up_to(&mut self, rows: usize) -> ParquetResult<(usize, usize)> {
        self.levels.clear();
        self.taken = 0;
        let levels = &mut self.levels;
        match &mut self.values {
            Values::Truth(typed) => typed.read(rows, levels),
            Values::Int32(typed) => typed.read(rows, levels),
            Values::Int64(typed) => typed.read(rows, levels),
            Values::Int96(typed) => typed.read(rows, levels),
            Values::Real32(typed) => typed.read(rows, levels),
            Values::Real64(typed) => typed.read(rows, levels),
            Values::Bytes(typed) => typed.read(rows, levels),
            Values::Fixed(typed) => typed.read(rows, levels),
        }
    }

    /// Goes on to a row of those in memory, which are looked at in order. Returns the place of its value; none if it has
    /// none.
    pub(super) fn step_to(&mut self, row: usize) -> Option<usize> {
        if self.most > 0 && self.levels[row] != self.most {
            return None;
        }
        self.taken += 1;
        Some(self.taken - 1)
    }

    /// The value at a place.
    pub(super) fn value(&self, place: usize) -> Raw<'_> {
        match &self.values {
            Values::Truth(typed) => Raw::Truth(typed.values[place]),
            Values::Int32(typed) => Raw::Int(i64::from(typed.values[place])),
            Values::Int64(typed) => Raw::Int(typed.values[place]),
            Values::Int96(typed) => match typed.values[place].data() {
                [low, high, day] => Raw::Int96([*low, *high, *day]),
                _ => Raw::Bytes(&[]),
            },
            Values::Real32(typed) => Raw::Real32(typed.values[place]),
            Values::Real64(typed) => Raw::Real64(typed.values[place]),
            Values::Bytes(typed) => Raw::Bytes(typed.values[place].data()),
            Values::Fixed(typed) => Raw::Bytes(typed.values[place].data()),
        }
    }
}

fn refusal(why: &'static str) -> ParquetError {
    ParquetError::External(Box::new(Refused(why)))
}
