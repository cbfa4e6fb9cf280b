//! What reading an export found: rows, quarantined rows, things worth a warning, and whether it is complete.

use super::Table;
use super::error::{BadInput, InputFault, Problem, RegistryError, UnusableRow};
use super::quarantine::{Code, Limit, Quarantine};
use super::reader::Refused;
use super::row::{BadRow, Row};
use super::tables::control as columns;
use crate::spill::Spill;
use crate::value::shown;
use std::fmt;
use std::path::{Path, PathBuf};

/// What reading an export found.
#[derive(Debug)]
pub struct Intake {
    tables: [Option<TableRead>; Table::ALL.len()],
    /// The rows that cannot be used.
    pub quarantine: Quarantine,
    notices: Vec<Notice>,
    expectations: Vec<Expectation>,
}

/// A table that was read to its end.
#[derive(Clone, Debug)]
pub struct TableRead {
    /// Its file.
    pub file: PathBuf,
    /// Its data rows, quarantined ones too.
    pub rows: u64,
}

/// A row of `control`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Expectation {
    line: u64,
    table: Option<Table>,
    rows: u64,
}

/// Something that does not stop the run, but that somebody should know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// Columns that are not part of the layout were ignored.
    ExtraColumns {
        /// The table.
        table: Table,
        /// How many.
        count: usize,
    },
    /// A file does not end with a line end, as one does that was cut short between two values.
    NoFinalLineEnd {
        /// The table.
        table: Table,
        /// Whether it has rows at all.
        has_rows: bool,
    },
    /// Responsible entities are words for nothing; they count as blank.
    EntitiesForNothing {
        /// How many organizations have one.
        count: u64,
    },
    /// Rows are left out because their bytes are not the export's encoding: whoever has an `ñ` in their name.
    NotInEncoding {
        /// The table.
        table: Table,
        /// How many.
        count: u64,
    },
    /// Rows are left out because other rows may lie in them.
    RowsOverLines {
        /// The table.
        table: Table,
        /// How many.
        count: u64,
    },
    /// Consents name clients who are not there, or are quarantined.
    ConsentsOfUnknownClients {
        /// How many rows.
        count: u64,
    },
    /// Consents are said to have expired, but not when; they count as open.
    ExpiredWithoutEnd {
        /// How many rows.
        count: u64,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::ExtraColumns { table, count } => {
                write!(f, "{table}: {count} extra column(s) ignored")
            }
            Notice::NoFinalLineEnd { table: table @ Table::Consents, has_rows: true } => write!(
                f,
                "{table}: the file does not end with a line end: its last row may be cut, and closes its client"
            ),
            Notice::NoFinalLineEnd { table, .. } => {
                write!(f, "{table}: the file does not end with a line end: was it cut short?")
            }
            Notice::EntitiesForNothing { count } => write!(
                f,
                "organizations: {count} row(s) whose RESPONSIBLE_ENTITY is a word for nothing, such as NULL, or of \
                 which nothing shows, taken as blank"
            ),
            Notice::NotInEncoding { table, count } => write!(
                f,
                "{table}: {count} row(s) hold bytes that are not the export's encoding, and are left out: is part of \
                 it in windows-1252?"
            ),
            Notice::RowsOverLines { table, count } => write!(
                f,
                "{table}: {count} row(s) over several lines may hold other rows, and are left out: a quote that \
                 stands alone opens a value, and the next one closes it lines later"
            ),
            Notice::ConsentsOfUnknownClients { count } => {
                write!(f, "consents: {count} row(s) of clients who are unknown or quarantined, not used")
            }
            Notice::ExpiredWithoutEnd { count } => {
                write!(f, "consents: {count} row(s) with the reason EXPIRED and no END_DATE, taken as open")
            }
        }
    }
}

impl Intake {
    /// Nothing read yet.
    pub(crate) fn new(spill: &Spill) -> Intake {
        Intake {
            tables: [const { None }; Table::ALL.len()],
            quarantine: Quarantine::new(spill),
            notices: Vec::new(),
            expectations: Vec::new(),
        }
    }

    /// What an earlier reading found, from where it was kept.
    pub(crate) fn restored(tables: Vec<(Table, PathBuf, u64)>, quarantine: Quarantine) -> Intake {
        let mut kept = [const { None }; Table::ALL.len()];
        for (table, file, rows) in tables {
            kept[table as usize] = Some(TableRead { file, rows });
        }
        Intake { tables: kept, quarantine, notices: Vec::new(), expectations: Vec::new() }
    }

    /// What was read of a table; none if the table is not there.
    pub fn table(&self, table: Table) -> Option<&TableRead> {
        self.tables[table as usize].as_ref()
    }

    pub(crate) fn set_read(&mut self, table: Table, file: &Path, rows: u64) {
        self.tables[table as usize] = Some(TableRead { file: file.to_owned(), rows });
    }

    /// The file a table was read from, for messages.
    fn file_name(&self, table: Table) -> String {
        self.table(table).map_or_else(|| table.name().to_owned(), |read| shown(&read.file).to_string())
    }

    /// Adds a row to the quarantine.
    pub(crate) fn refuse(&mut self, refused: &Refused) -> Result<(), RegistryError> {
        self.quarantine.add(refused).map_err(RegistryError::Spill)
    }

    /// What is worth a warning, once all is read.
    pub fn notices(&self) -> Vec<Notice> {
        let of_table = |table: Table| {
            let not_in_encoding = self.quarantine.count(table, Code::InvalidUtf8);
            let over_lines = self.quarantine.over_lines(table);
            [
                (not_in_encoding > 0).then_some(Notice::NotInEncoding { table, count: not_in_encoding }),
                (over_lines > 0).then_some(Notice::RowsOverLines { table, count: over_lines }),
            ]
        };
        let found = Table::ALL.into_iter().flat_map(of_table).flatten();
        self.notices.iter().cloned().chain(found).collect()
    }

    pub(crate) fn notice(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    /// Takes note of a row of `control`. However many rows there are, only those that can matter are kept.
    pub(crate) fn expect(&mut self, line: u64, row: &Row<'_>) {
        let table = Table::named(row.text(columns::TABLE_NAME));
        let rows = row.count(columns::ROW_COUNT);
        let known = self.expectations.iter().filter(|e| e.table == table);
        let adds_nothing = match table {
            // One table that is not there is enough to stop the run, and so are two counts for one table.
            None => known.count() > 0,
            Some(_) => known.clone().any(|e| e.rows == rows) || known.count() > 1,
        };
        if !adds_nothing {
            self.expectations.push(Expectation { line, table, rows });
        }
    }

    /// Whether a row of `control` says how many rows a table must have.
    pub(super) fn expects(&self, table: Table) -> bool {
        self.expectations.iter().any(|expectation| expectation.table == Some(table))
    }

    /// Once all is read: refuses an export that is incomplete, or of whose `tables` too much is unusable.
    ///
    /// # Errors
    /// All problems at once.
    pub fn check(&self, limit: Limit, tables: &[Table]) -> Result<(), RegistryError> {
        let mut problems = Vec::new();
        for Expectation { line, table, rows: expected } in self.expectations.iter().copied() {
            let file = self.file_name(Table::Control);
            match table.and_then(|table| Some((table, self.table(table)?.rows))) {
                None => problems.push(Problem::TableNotThere { file, line }),
                Some((_, found)) if found == expected => {}
                Some((table, found)) => {
                    problems.push(Problem::RowCountDiffers { file, line, table, expected, found });
                }
            }
        }
        for table in tables.iter().copied() {
            let rows = self.table(table).map_or(0, |read| read.rows);
            if let Some(excess) = self.quarantine.excess(limit, table, rows) {
                problems.push(Problem::TooManyQuarantined { file: self.file_name(table), excess });
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(RegistryError::Refused(problems)) }
    }
}

/// The error for a row that may not be left out.
pub(crate) fn unusable(
    file: &Path,
    table: Table,
    line: u64,
    bad: BadRow,
    why: &'static str,
) -> RegistryError {
    let fault = InputFault::UnusableRow(UnusableRow { code: bad.fault.code, why });
    match bad.fault.column {
        Some(column) => BadInput::in_column(file, line, table.column_name(usize::from(column)), fault),
        None => BadInput::at_line(file, line, fault),
    }
}
