//! What can be wrong with an export as a whole.
//!
//! Every error names the file and, where there is one, the line and the column; none ever holds a value of a row.

use super::check::{Excess, FaultKind, Shape};
use super::source::{Content, MissingColumns, MissingTables};
use super::{Code, Table};
use crate::value::shown;
use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why an export could not be read to its end, or may not be used.
#[derive(thiserror::Error, Debug)]
pub enum RegistryError {
    /// The export, or a file in it, is not there, or may not be read.
    #[error("{}: cannot be opened: {source}", shown(path))]
    Unavailable { path: PathBuf, source: io::Error },
    /// Tables that every export must have are not there.
    #[error("{}: {missing}", shown(export))]
    MissingTable { export: PathBuf, missing: Box<MissingTables> },
    /// The file or the table that a profile names is not there.
    #[error(
        "{}: nothing fits \"{pattern}\", which the profile has for the table {table}{}",
        shown(export),
        nearest(near)
    )]
    MissingFile { export: PathBuf, table: Table, pattern: String, near: Option<String> },
    /// The export itself is wrong.
    #[error("{0}")]
    BadInput(Box<BadInput>),
    /// More rows had to be left out than the limit allows, or the row counts say the export is incomplete.
    #[error("{}", listed(.0))]
    Unfit(Vec<Problem>),
    /// Reading failed halfway.
    #[error("{}: cannot be read: {source}", shown(path))]
    Read { path: PathBuf, source: io::Error },
    /// A source or a witness of another module failed in its own way.
    #[error(transparent)]
    Other(Box<dyn Error + Send + Sync>),
    /// Not even one thread could be started.
    #[error("no thread can be started: {0}")]
    Threads(#[source] io::Error),
    /// A temporary file of the program's own could not be written or read.
    #[error("a temporary file in the output's folder: {0}")]
    Spill(#[source] io::Error),
}

/// The name that is nearest to what was looked for.
fn nearest(name: &Option<String>) -> String {
    name.as_ref().map_or_else(String::new, |name| format!(": is it {}?", shown(Path::new(name))))
}

/// A fault of the export, with its place.
#[derive(Debug)]
pub struct BadInput {
    /// The file, as it was found.
    pub file: PathBuf,
    /// The line on which the record begins; the header is line 1.
    pub line: Option<u64>,
    pub column: Option<&'static str>,
    /// The table, if it is about one. A message names it where the file is not named after it, as a database is not.
    pub table: Option<Table>,
    pub fault: InputFault,
}

impl BadInput {
    pub(super) fn at(
        file: &Path,
        line: Option<u64>,
        column: Option<&'static str>,
        fault: InputFault,
    ) -> RegistryError {
        RegistryError::BadInput(Box::new(BadInput {
            file: file.to_owned(),
            line,
            column,
            table: None,
            fault,
        }))
    }

    pub(crate) fn of_file(file: &Path, fault: InputFault) -> RegistryError {
        BadInput::at(file, None, None, fault)
    }

    pub(super) fn at_line(file: &Path, line: u64, fault: InputFault) -> RegistryError {
        BadInput::at(file, Some(line), None, fault)
    }
}

impl RegistryError {
    /// The same, naming the table too.
    pub(super) fn in_table(mut self, table: Table) -> RegistryError {
        if let RegistryError::BadInput(bad) = &mut self {
            bad.table = Some(table);
        }
        self
    }
}

/// The file of a table, for messages: with the table's name, where the file is not named after it.
pub(super) fn file_of_table(file: &Path, table: Table) -> String {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_named_after = name.strip_prefix(table.name()).is_some_and(|ending| ending.starts_with('.'));
    if is_named_after { shown(file).to_string() } else { format!("{}, table {table}", shown(file)) }
}

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.table {
            Some(table) => f.write_str(&file_of_table(&self.file, table))?,
            None => write!(f, "{}", shown(&self.file))?,
        }
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {}: {}", self.fault.code(), self.fault)
    }
}

/// The ways in which an export can be unusable as a whole. The name of each, or what stands beside it, is its code.
#[derive(thiserror::Error, strum::IntoStaticStr, Debug)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum InputFault {
    /// The export is neither a folder nor anything else that can be read.
    #[error("an export is a folder with a CSV or Parquet file for each table, or an SQLite file")]
    NotAnExport,
    /// Two files for one table; `other` is the name of the second.
    #[error("there is also {other}: a table may have one file only")]
    TwoFiles { other: String },
    /// Several files, or tables of a database, that fit what a profile has for one table.
    #[error("several fit \"{pattern}\", which the profile has for the table {table}: {}", names.join(", "))]
    SeveralFiles { table: Table, pattern: String, names: Vec<String> },
    /// An optional table's file whose name is nearly right.
    #[error(
        "this is nearly the name of the table {0}; it must be just {0}, and a file {0}.csv, {0}.csv.gz, {0}.csv.zst or {0}.parquet"
    )]
    MisnamedTable(Table),
    /// A folder, a pipe or a device where a file should be.
    #[error("this is not a regular file")]
    NotAFile,
    /// A file that is not as it was when reading began.
    #[error("the file was changed while it was read")]
    StillChanging,
    /// A compressed file that does not decompress to its end.
    #[error(
        "the compressed file is damaged or cut short, or needs more than 128 MiB of memory to decompress"
    )]
    DamagedArchive,
    /// A compressed file that unpacks to more than any export would.
    #[error(
        "the compressed file unpacks to more than 256 MiB and more than 500 times its own size: it is no export"
    )]
    ArchiveBomb,
    /// A database that this program made for itself.
    #[error("this is a work database, not an export")]
    #[strum(serialize = "BATCH_DATABASE")]
    OwnDatabase,
    /// An SQLite file that SQLite cannot make sense of; `what` is in the words of SQLite.
    #[error("SQLite cannot use the file: {what}")]
    UnusableDatabase { what: &'static str },
    /// A Parquet file that cannot be made sense of.
    #[error("the Parquet file cannot be used: {what}")]
    UnusableParquet { what: &'static str },
    /// A Parquet file of which something is encrypted.
    #[error("the Parquet file is encrypted")]
    EncryptedParquet,
    /// A column of a Parquet file that is packed in another way.
    #[error(
        "{} is packed by {by}; what is read are SNAPPY, GZIP, ZSTD, LZ4 and what is not packed",
        name.as_ref().map_or_else(|| "a column of the Parquet file".to_owned(), |name| format!("the column {name} of the Parquet file"))
    )]
    ParquetPacked { name: Option<String>, by: &'static str },
    /// A column of a Parquet file whose type is none that a table has.
    #[error(
        "the column is of the type {of_type}; what is read are texts, whole numbers, DATE, TIMESTAMP, DECIMAL(n,0), FLOAT \
         and DOUBLE, one value in each row"
    )]
    ColumnType { of_type: String },
    /// A folder of part files without one.
    #[error(
        "the folder holds no part file: none whose name ends with .parquet and does not begin with _ or a point"
    )]
    NoParts,
    /// A file among part files that is none by its name.
    #[error(
        "this lies among part files, and its name does not end with .parquet: its rows would be passed over"
    )]
    NotAPart,
    /// A folder among part files.
    #[error(
        "there is a folder among the part files: a job that has not ended, a table whose log says which of its files count \
         (Delta, Hudi), or rows in folders by a column's value"
    )]
    FolderAmongParts,
    /// A Parquet file, for a program that was built without reading them.
    #[error("this program was built without the feature `parquet`, and reads no Parquet files")]
    NoParquetReader,
    /// UTF-16 text.
    #[error("this is UTF-16 text; an export is UTF-8 or windows-1252")]
    Utf16,
    /// No header row.
    #[error("the file has no header row")]
    NoHeader,
    /// The header is not in the export's encoding.
    #[error("the header holds bytes that are not the export's encoding")]
    #[strum(serialize = "INVALID_UTF8")]
    HeaderEncoding,
    /// A file that is something else than CSV, by its first bytes.
    #[error("this is {0}, not CSV")]
    NotCsv(Content),
    /// Columns of the layout that the header does not name: the first of them is the error's column.
    #[error("the column is missing{0}")]
    MissingColumn(Box<MissingColumns>),
    /// Two columns with one name; their places are counted from 1.
    #[error("the column is named twice (columns {first} and {second})")]
    ColumnTwice { first: usize, second: usize },
    /// A header in which a name holds a line break.
    #[error("a column's name holds a line break: a quote in the header is not closed where it should be")]
    HeaderOverLines,
    /// A column that a view of a database names once more; places are counted from 1.
    #[error(
        "the column is named twice: SQLite calls the second one, column {second}, by its name and a number"
    )]
    #[strum(serialize = "COLUMN_TWICE")]
    ColumnNumbered { second: usize },
    /// A log that an earlier copy of the database left.
    #[error(
        "the file is older than its database and holds other pages: it was left by an earlier copy, and would put that \
         one's rows over the newer ones"
    )]
    StaleLog,
    /// A log of which SQLite would leave out what comes behind the damage.
    #[error("the file is not as SQLite writes it: it is damaged or cut, and the newest changes may be lost")]
    DamagedLog,
    /// A database that has other names.
    #[error(
        "the database file has another name (a hard link, or it is mounted by itself): changes that belong to it may \
         lie beside that one"
    )]
    OtherNames,
    /// The file ends inside a quoted field.
    #[error("the file ends inside a quoted field of this record: it was cut short, or a quote is not closed")]
    EndsInQuotes,
    /// A file without a line end at its end, where nothing tells whether rows are lost.
    #[error("{}", cut_short(*.0))]
    CutShort(Table),
    /// A record that is longer than so many bytes, too long to be one.
    #[error("the record is longer than {0} bytes: a quote is probably not closed")]
    RecordTooLong(usize),
    /// A record with too many fields to be one.
    #[error("the record has more than {0} fields")]
    TooManyFields(usize),
    /// A row of a database that is longer than so many bytes, too long to be one.
    #[error("the row holds more than {0} bytes, more than any row of a registry")]
    #[strum(serialize = "RECORD_TOO_LONG")]
    RowTooLong(usize),
    /// A table that is too large to be worked with.
    #[error("the table has {0} rows or more")]
    TooManyRows(u64),
    /// A row that cannot be used, in a table in which no row may be left out; `why` the run cannot go on without it.
    #[error("{}: {why}{}", code.meaning(), found(*shape))]
    UnusableRow { code: Code, why: &'static str, shape: Option<Shape> },
}

fn cut_short(table: Table) -> &'static str {
    match table {
        Table::Consents => {
            "the file does not end with a line end, and no row of control counts its rows: withdrawals may be cut off"
        }
        _ => "the file does not end with a line end: rows may be cut off",
    }
}

/// What stands there instead, on a line of its own.
fn found(shape: Option<Shape>) -> String {
    shape.map_or_else(String::new, |shape| format!("\n  found there: {shape}"))
}

impl InputFault {
    /// The fault's stable name.
    pub fn code(&self) -> &'static str {
        match self {
            InputFault::UnusableRow { code, .. } => code.name(),
            fault => fault.into(),
        }
    }
}

/// What makes an export that was read to its end unfit to be used. `file` and `line` are those of `control`, or the file
/// is that of the table with too many quarantined rows.
#[derive(thiserror::Error, Debug)]
pub enum Problem {
    /// A table has more quarantined rows than the limit allows.
    #[error("{file}: TOO_MANY_QUARANTINED: {excess}{}", looks(kinds, dates.as_deref()))]
    TooManyQuarantined { file: String, excess: Excess, kinds: Vec<(FaultKind, u64)>, dates: Option<String> },
    /// A table has another number of rows than `control` says.
    #[error(
        "{file}, line {line}, column ROW_COUNT: ROW_COUNT_DIFFERS: the table {table} should have {expected} rows and has {found}: the export is incomplete"
    )]
    RowCountDiffers { file: String, line: u64, table: Table, expected: u64, found: u64 },
    /// `control` names a table that is not there.
    #[error(
        "{file}, line {line}, column TABLE_NAME: TABLE_NOT_THERE: it counts the rows of a table that is not in the export: the export is incomplete"
    )]
    TableNotThere { file: String, line: u64 },
}

/// What the quarantined rows look like, a line for each kind.
fn looks(kinds: &[(FaultKind, u64)], dates: Option<&str>) -> String {
    let line = |(kind, count): &(FaultKind, u64)| {
        let column = kind.fault.column_name(kind.table).map_or_else(String::new, |name| format!("{name}, "));
        let what = match kind.shape {
            Some(shape) => format!(" look like this: {shape}"),
            None => format!(": {}", kind.fault.code.meaning()),
        };
        let expected = kind.expected(dates).map_or_else(String::new, |form| format!("; expected: {form}"));
        format!("\n  {column}{}: {count} row(s){what}{expected}", kind.fault.code)
    };
    kinds.iter().map(line).collect()
}

/// More problems than this are counted, not listed: a message must stay a message.
const MOST_PROBLEMS_SHOWN: usize = 20;

/// One line for each problem.
fn listed(problems: &[Problem]) -> String {
    let mut lines: Vec<String> = problems.iter().take(MOST_PROBLEMS_SHOWN).map(Problem::to_string).collect();
    if problems.len() > MOST_PROBLEMS_SHOWN {
        lines.push(format!("and {} more", problems.len() - MOST_PROBLEMS_SHOWN));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_stable() {
        let check = |fault: InputFault, code: &str| assert_eq!(fault.code(), code);
        check(InputFault::NotAnExport, "NOT_AN_EXPORT");
        check(InputFault::TwoFiles { other: String::new() }, "TWO_FILES");
        check(InputFault::MisnamedTable(Table::Control), "MISNAMED_TABLE");
        check(InputFault::NotAFile, "NOT_A_FILE");
        check(InputFault::StillChanging, "STILL_CHANGING");
        check(InputFault::DamagedArchive, "DAMAGED_ARCHIVE");
        check(InputFault::ArchiveBomb, "ARCHIVE_BOMB");
        check(InputFault::OwnDatabase, "BATCH_DATABASE");
        check(InputFault::UnusableDatabase { what: "" }, "UNUSABLE_DATABASE");
        check(InputFault::Utf16, "UTF16");
        check(InputFault::UnusableParquet { what: "" }, "UNUSABLE_PARQUET");
        check(InputFault::EncryptedParquet, "ENCRYPTED_PARQUET");
        check(InputFault::ParquetPacked { name: None, by: "" }, "PARQUET_PACKED");
        check(InputFault::ColumnType { of_type: String::new() }, "COLUMN_TYPE");
        check(InputFault::NoParts, "NO_PARTS");
        check(InputFault::NotAPart, "NOT_A_PART");
        check(InputFault::FolderAmongParts, "FOLDER_AMONG_PARTS");
        check(InputFault::NoParquetReader, "NO_PARQUET_READER");
        check(InputFault::NoHeader, "NO_HEADER");
        check(InputFault::HeaderEncoding, "INVALID_UTF8");
        check(InputFault::MissingColumn(Box::default()), "MISSING_COLUMN");
        check(InputFault::NotCsv(Content::Html), "NOT_CSV");
        check(InputFault::ColumnTwice { first: 1, second: 2 }, "COLUMN_TWICE");
        check(InputFault::HeaderOverLines, "HEADER_OVER_LINES");
        check(InputFault::ColumnNumbered { second: 2 }, "COLUMN_TWICE");
        check(InputFault::StaleLog, "STALE_LOG");
        check(InputFault::DamagedLog, "DAMAGED_LOG");
        check(InputFault::OtherNames, "OTHER_NAMES");
        check(InputFault::EndsInQuotes, "ENDS_IN_QUOTES");
        check(InputFault::CutShort(Table::Consents), "CUT_SHORT");
        check(InputFault::RecordTooLong(1), "RECORD_TOO_LONG");
        check(InputFault::TooManyFields(1), "TOO_MANY_FIELDS");
        check(InputFault::RowTooLong(1), "RECORD_TOO_LONG");
        check(InputFault::TooManyRows(1), "TOO_MANY_ROWS");
        check(InputFault::UnusableRow { code: Code::InvalidId, why: "", shape: None }, "INVALID_ID");
    }
}
