//! What can be wrong with an export as a whole.
//!
//! Every error names the file and, where there is one, the line and the column; none ever holds a value of a row.

use super::quarantine::Excess;
use super::{Code, Table};
use crate::value::shown;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why an export could not be read to its end.
#[derive(thiserror::Error, Debug)]
pub enum RegistryError {
    /// The export is not there, or may not be read.
    #[error("{}: cannot be opened: {source}", shown(path))]
    Unavailable {
        /// The export, or the file in it.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A table that every export must have is not there.
    #[error("{}: the table {table} is missing", shown(export))]
    MissingTable {
        /// The export.
        export: PathBuf,
        /// The table.
        table: Table,
    },
    /// The export itself is wrong.
    #[error("{0}")]
    BadInput(BadInput),
    /// More rows had to be left out than the limit allows, or the row counts say the export is incomplete.
    #[error("{}", DisplayProblems(.0))]
    Refused(Vec<Problem>),
    /// Reading failed halfway.
    #[error("{}: cannot be read: {source}", shown(path))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else is at work on a work database.
    #[error("{}: another run is at work on it", shown(path))]
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// A work database could not be written.
    #[error("{}: cannot be written: {source}", shown(path))]
    Write {
        /// The database.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A work database does not hold what it should.
    #[error("{}: DAMAGED_DATABASE: {what}", shown(path))]
    DamagedDatabase {
        /// The database.
        path: PathBuf,
        /// What SQLite says of it.
        what: &'static str,
    },
    /// Not even one thread could be started.
    #[error("no thread can be started: {0}")]
    Threads(#[source] io::Error),
    /// A temporary file of the program's own could not be written or read.
    #[error("a temporary file in the output's folder: {0}")]
    Spill(#[source] io::Error),
}

/// A fault of the export, with its place.
#[derive(Debug)]
pub struct BadInput {
    /// The file, as it was found.
    pub file: PathBuf,
    /// The line on which the record begins; the header is line 1.
    pub line: Option<u64>,
    /// The column.
    pub column: Option<&'static str>,
    /// What is wrong.
    pub fault: InputFault,
}

impl BadInput {
    /// A fault of a whole file.
    pub(crate) fn of_file(file: &Path, fault: InputFault) -> RegistryError {
        RegistryError::BadInput(BadInput { file: file.to_owned(), line: None, column: None, fault })
    }

    /// A fault at a line.
    pub(crate) fn at_line(file: &Path, line: u64, fault: InputFault) -> RegistryError {
        RegistryError::BadInput(BadInput { file: file.to_owned(), line: Some(line), column: None, fault })
    }

    /// A fault of a column, at a line.
    pub(crate) fn in_column(
        file: &Path,
        line: u64,
        column: &'static str,
        fault: InputFault,
    ) -> RegistryError {
        RegistryError::BadInput(BadInput {
            file: file.to_owned(),
            line: Some(line),
            column: Some(column),
            fault,
        })
    }
}

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", shown(&self.file))?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {}: {}", self.fault.code(), self.fault)
    }
}

/// The ways in which an export can be unusable as a whole.
#[derive(thiserror::Error, Debug)]
pub enum InputFault {
    /// The export is neither a folder nor anything else that can be read.
    #[error("an export is a folder with a CSV file for each table, or an SQLite file")]
    NotAnExport,
    /// Two files for one table.
    #[error("there is also {other}: a table may have one file only")]
    TwoFiles {
        /// The other file's name.
        other: String,
    },
    /// An optional table's file whose name is nearly right.
    #[error(
        "this is nearly the name of the table {0}; it must be just {0}, and a file {0}.csv, {0}.csv.gz or {0}.csv.zst"
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
    /// A work database in the place of an export.
    #[error("this is a work database, not an export: give it with --batch, to filter, write or explain")]
    WorkDatabase,
    /// An SQLite file that SQLite cannot make sense of.
    #[error("SQLite cannot use the file: {what}")]
    UnusableDatabase {
        /// What SQLite says of it.
        what: &'static str,
    },
    /// UTF-16 text.
    #[error("this is UTF-16 text; an export is UTF-8 or windows-1252")]
    Utf16,
    /// No header row.
    #[error("the file has no header row")]
    NoHeader,
    /// The header is not in the export's encoding.
    #[error("the header holds bytes that are not the export's encoding")]
    HeaderEncoding,
    /// A column of the layout that the header does not name.
    #[error("the column is missing")]
    MissingColumn,
    /// Two columns with one name.
    #[error("the column is named twice (columns {first} and {second})")]
    ColumnTwice {
        /// The place of the first, counted from 1.
        first: usize,
        /// The place of the second, counted from 1.
        second: usize,
    },
    /// A header in which a name holds a line break.
    #[error("a column's name holds a line break: a quote in the header is not closed where it should be")]
    HeaderOverLines,
    /// A column that a view of a database names once more.
    #[error(
        "the column is named twice: SQLite calls the second one, column {second}, by its name and a number"
    )]
    ColumnNumbered {
        /// The place of the second, counted from 1.
        second: usize,
    },
    /// A log that an earlier copy of the database left.
    #[error(
        "the file is older than its database and holds other pages: it was left by an earlier copy, and would put that \
         one's rows over the newer ones"
    )]
    StaleLog,
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
    /// A record that is too long to be one.
    #[error("the record is longer than {0} bytes: a quote is probably not closed")]
    RecordTooLong(usize),
    /// A record with too many fields to be one.
    #[error("the record has more than {0} fields")]
    TooManyFields(usize),
    /// A row of a database that is too long to be one.
    #[error("the row holds more than {0} bytes, more than any row of a registry")]
    RowTooLong(usize),
    /// A table that is too large to be worked with.
    #[error("the table has {0} rows or more")]
    TooManyRows(u64),
    /// A row that may not be left out.
    #[error("{0}")]
    UnusableRow(UnusableRow),
}

/// A row that cannot be used, in a table in which no row may be left out.
#[derive(thiserror::Error, Debug)]
#[error("{}: {}", .code.meaning(), .why)]
pub struct UnusableRow {
    /// What is wrong with the row.
    pub code: Code,
    /// Why the run cannot go on without it.
    pub why: &'static str,
}

fn cut_short(table: Table) -> &'static str {
    match table {
        Table::Consents => {
            "the file does not end with a line end, and no row of control counts its rows: withdrawals may be cut off"
        }
        _ => "the file does not end with a line end: rows may be cut off",
    }
}

impl InputFault {
    /// The fault's stable name.
    pub fn code(&self) -> &'static str {
        match self {
            InputFault::NotAnExport => "NOT_AN_EXPORT",
            InputFault::TwoFiles { .. } => "TWO_FILES",
            InputFault::MisnamedTable(_) => "MISNAMED_TABLE",
            InputFault::NotAFile => "NOT_A_FILE",
            InputFault::StillChanging => "STILL_CHANGING",
            InputFault::DamagedArchive => "DAMAGED_ARCHIVE",
            InputFault::ArchiveBomb => "ARCHIVE_BOMB",
            InputFault::WorkDatabase => "BATCH_DATABASE",
            InputFault::UnusableDatabase { .. } => "UNUSABLE_DATABASE",
            InputFault::Utf16 => "UTF16",
            InputFault::NoHeader => "NO_HEADER",
            InputFault::HeaderEncoding => "INVALID_UTF8",
            InputFault::MissingColumn => "MISSING_COLUMN",
            InputFault::ColumnTwice { .. } | InputFault::ColumnNumbered { .. } => "COLUMN_TWICE",
            InputFault::StaleLog => "STALE_LOG",
            InputFault::OtherNames => "OTHER_NAMES",
            InputFault::HeaderOverLines => "HEADER_OVER_LINES",
            InputFault::EndsInQuotes => "ENDS_IN_QUOTES",
            InputFault::CutShort(_) => Code::CutShort.name(),
            InputFault::RecordTooLong(_) | InputFault::RowTooLong(_) => "RECORD_TOO_LONG",
            InputFault::TooManyFields(_) => "TOO_MANY_FIELDS",
            InputFault::TooManyRows(_) => "TOO_MANY_ROWS",
            InputFault::UnusableRow(row) => row.code.name(),
        }
    }
}

/// What makes an export that was read to its end unfit to be used.
#[derive(thiserror::Error, Debug)]
pub enum Problem {
    /// A table has more quarantined rows than the limit allows.
    #[error("{file}: TOO_MANY_QUARANTINED: {excess}")]
    TooManyQuarantined {
        /// The table's file.
        file: String,
        /// By how much.
        excess: Excess,
    },
    /// A table has another number of rows than `control` says.
    #[error(
        "{file}, line {line}, column ROW_COUNT: ROW_COUNT_DIFFERS: the table {table} should have {expected} rows and has {found}: the export is incomplete"
    )]
    RowCountDiffers {
        /// The file of `control`.
        file: String,
        /// The line in `control`.
        line: u64,
        /// The table.
        table: Table,
        /// What `control` says.
        expected: u64,
        /// What was read.
        found: u64,
    },
    /// `control` names a table that is not there.
    #[error(
        "{file}, line {line}, column TABLE_NAME: TABLE_NOT_THERE: it counts the rows of a table that is not in the export: the export is incomplete"
    )]
    TableNotThere {
        /// The file of `control`.
        file: String,
        /// The line in `control`.
        line: u64,
    },
}

/// More problems than this are counted, not listed: a message must stay a message.
const MOST_PROBLEMS_SHOWN: usize = 20;

struct DisplayProblems<'a>(&'a [Problem]);

impl fmt::Display for DisplayProblems<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().take(MOST_PROBLEMS_SHOWN).enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        match self.0.len().checked_sub(MOST_PROBLEMS_SHOWN) {
            Some(more) if more > 0 => write!(f, "\nand {more} more"),
            _ => Ok(()),
        }
    }
}
