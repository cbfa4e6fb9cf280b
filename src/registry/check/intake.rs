//! What reading an export found: rows, quarantined rows, things worth a warning, and whether it is complete.

use super::oddities::InColumns;
use super::quarantine::{Code, Limit, Quarantine};
use super::row::{ExportRow, QuarantinedRow, RowFile};
use super::shape::Shape;
use crate::registry::error::{BadInput, InputFault, Problem, file_of_table};
use crate::registry::profile::ProfileEffects;
use crate::registry::tables::control as columns;
use crate::registry::{RegistryError, Table};
use crate::spill::Spill;
use std::path::{Path, PathBuf};

/// What reading an export found.
#[derive(Debug)]
pub struct Intake {
    tables: [Option<TableRead>; Table::ALL.len()],
    /// The rows that cannot be used.
    pub quarantine: Quarantine,
    notices: Vec<Notice>,
    /// How many records of `consents` are an earlier one again, to the byte.
    pub repeated_consents: u64,
    /// What a profile changed.
    pub effects: ProfileEffects,
    pub(in crate::registry) expectations: Expectations,
}

/// A table that was read to its end.
#[derive(Clone, Debug)]
pub struct TableRead {
    /// Its file.
    pub file: PathBuf,
    /// Its data rows, quarantined ones too.
    pub rows: u64,
    /// A hash of what it holds, in hexadecimal: of a file's bytes, unpacked, or of a database's values in reading order.
    pub content: String,
}

/// A row of `control`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Expectation {
    line: u64,
    table: Option<Table>,
    rows: u64,
}

/// The rows of `control`. However many there are, only those that can matter are kept.
#[derive(Default, Debug)]
pub(in crate::registry) struct Expectations(Vec<Expectation>);

impl Expectations {
    pub(in crate::registry) fn add(&mut self, row: &ExportRow<'_>) {
        let table = Table::named(row.text(columns::TABLE_NAME));
        let rows = row.count(columns::ROW_COUNT);
        let known = self.0.iter().filter(|e| e.table == table);
        let adds_nothing = match table {
            // One table that is not there is enough to stop the run, and so are two counts for one table.
            None => known.count() > 0,
            Some(_) => known.clone().any(|e| e.rows == rows) || known.count() > 1,
        };
        if !adds_nothing {
            self.0.push(Expectation { line: row.line, table, rows });
        }
    }

    /// What differs from the numbers of rows that were read, none for a table that is not there. `file` is that of
    /// `control`.
    pub(in crate::registry) fn problems(
        &self,
        file: &str,
        rows_of: impl Fn(Table) -> Option<u64>,
    ) -> Vec<Problem> {
        let problem = |Expectation { line, table, rows: expected }: &Expectation| {
            let (file, line, expected) = (file.to_owned(), *line, *expected);
            match table.and_then(|table| Some((table, rows_of(table)?))) {
                None => Some(Problem::TableNotThere { file, line }),
                Some((_, found)) if found == expected => None,
                Some((table, found)) => Some(Problem::RowCountDiffers { file, line, table, expected, found }),
            }
        };
        self.0.iter().filter_map(problem).collect()
    }

    /// Whether a row says how many rows a table must have.
    pub(super) fn counts(&self, table: Table) -> bool {
        self.0.iter().any(|expectation| expectation.table == Some(table))
    }
}

/// Something that does not stop the run, but that somebody should know.
#[derive(Clone, PartialEq, Eq, Debug, strum::Display)]
pub enum Notice {
    /// Columns that are not part of the layout were ignored.
    #[strum(to_string = "{table}: {count} extra column(s) ignored")]
    ExtraColumns { table: Table, count: usize },
    /// A file does not end with a line end, as one does that was cut short between two values.
    #[strum(to_string = "{table}: the file does not end with a line end: was it cut short?")]
    NoFinalLineEnd { table: Table },
    /// The same, of a table of which the last row is not used for it.
    #[strum(
        to_string = "{table}: the file does not end with a line end: its last row may be cut, and closes its client"
    )]
    LastRowMayBeCut { table: Table },
    /// Responsible entities are words for nothing; they count as blank.
    #[strum(
        to_string = "organizations: {count} row(s) whose RESPONSIBLE_ENTITY is a word for nothing, such as NULL, or of \
                     which nothing shows, taken as blank"
    )]
    EntitiesForNothing { count: u64 },
    /// Rows are left out because their bytes are not the export's encoding: whoever has an `ñ` in their name.
    #[strum(
        to_string = "{table}: {count} row(s) hold bytes that are not the export's encoding, and are left out: is \
                     part of it in windows-1252?"
    )]
    NotInEncoding { table: Table, count: u64 },
    /// Rows are left out because other rows may lie in them.
    #[strum(
        to_string = "{table}: {count} row(s) over several lines may hold other rows, and are left out: a quote \
                     that stands alone opens a value, and the next one closes it lines later"
    )]
    RowsOverLines { table: Table, count: u64 },
    /// The header stands among the rows.
    #[strum(
        to_string = "{table}: the header again on line {line}, {count} time(s) in all: two exports in one file, or pages?"
    )]
    HeaderAgain { table: Table, line: u64, count: u64 },
    /// Rows are left out that tell, by what stands in them, what went wrong at the source.
    #[strum(to_string = "{table}: {count} row(s) left out, the first on line {line}: {shape}")]
    LeftOut { table: Table, count: u64, line: u64, shape: Shape },
    /// Words that programs write for "no value" stand among texts.
    #[strum(to_string = "{table}: words for nothing, such as NULL, are taken as text: {found}")]
    WordsForNothing { table: Table, found: InColumns },
    /// Texts that hold a backslash where a quote was to be escaped.
    #[strum(
        to_string = "{table}: a backslash stands before a quote or apostrophe, and is taken as text: {found}: backslash escapes?"
    )]
    BackslashEscapes { table: Table, found: InColumns },
    /// Clients who have lost a row of consents to the quarantine: nothing of theirs is shared.
    #[strum(
        to_string = "consents: {count} client(s) closed, of whose facts nothing is shared, because a row of theirs could not be read"
    )]
    ClientsClosed { count: u64 },
    /// The export does not say how many rows its tables should have.
    #[strum(to_string = "the export has no table control: nothing tells whether its tables are whole")]
    NoControl,
    /// Consents name clients who are not there, or are quarantined.
    #[strum(to_string = "consents: {count} row(s) of clients who are unknown or quarantined, not used")]
    ConsentsOfUnknownClients { count: u64 },
    /// Consents are said to have expired, but not when; they count as open.
    #[strum(to_string = "consents: {count} row(s) with the reason EXPIRED and no END_DATE, taken as open")]
    ExpiredWithoutEnd { count: u64 },
}

impl Notice {
    /// Whether a person must act on it: rows or clients are lost, or may be.
    pub fn must_be_acted_on(&self) -> bool {
        match self {
            Notice::NoFinalLineEnd { .. }
            | Notice::LastRowMayBeCut { .. }
            | Notice::NotInEncoding { .. }
            | Notice::RowsOverLines { .. }
            | Notice::HeaderAgain { .. }
            | Notice::LeftOut { .. }
            | Notice::ClientsClosed { .. }
            | Notice::EntitiesForNothing { .. } => true,
            Notice::ExtraColumns { .. }
            | Notice::WordsForNothing { .. }
            | Notice::BackslashEscapes { .. }
            | Notice::NoControl
            | Notice::ConsentsOfUnknownClients { .. }
            | Notice::ExpiredWithoutEnd { .. } => false,
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
            repeated_consents: 0,
            effects: ProfileEffects::default(),
            expectations: Expectations::default(),
        }
    }

    /// What was read of a table; none if the table is not there.
    pub fn table(&self, table: Table) -> Option<&TableRead> {
        self.tables[table as usize].as_ref()
    }

    pub(crate) fn set_read(&mut self, table: Table, file: &Path, rows: u64, content: String) {
        self.tables[table as usize] = Some(TableRead { file: file.to_owned(), rows, content });
    }

    /// Takes note of rows of a table. Consents may stand in two files.
    pub(in crate::registry) fn add_read(&mut self, table: Table, file: &Path, rows: u64, content: String) {
        match &mut self.tables[table as usize] {
            Some(read) => {
                read.rows += rows;
                read.content += &content;
            }
            None => self.set_read(table, file, rows, content),
        }
    }

    /// The file in which a quarantined row stands, for messages.
    pub fn file_of(&self, table: Table, file: RowFile) -> Option<&Path> {
        let table = match file {
            RowFile::Own => table,
            RowFile::Clients => Table::Clients,
        };
        self.table(table).map(|read| read.file.as_path())
    }

    /// The hashes of what the tables hold, by their names.
    pub fn contents(&self) -> impl Iterator<Item = (String, String)> {
        let content = |table: Table| Some((table.name().to_owned(), self.table(table)?.content.clone()));
        Table::ALL.into_iter().filter_map(content)
    }

    /// The file a table was read from, for messages.
    fn file_name(&self, table: Table) -> String {
        self.table(table).map_or_else(|| table.name().to_owned(), |read| file_of_table(&read.file, table))
    }

    /// What is worth a warning, once all is read.
    pub fn notices(&self) -> Vec<Notice> {
        let left_out = |(table, shape, line, count)| Notice::LeftOut { table, count, line, shape };
        let left_out = self.quarantine.telling_shapes().map(left_out);
        let of_table = |table: Table| {
            let not_in_encoding = self.quarantine.count(table, Code::InvalidUtf8);
            let over_lines = self.quarantine.over_lines(table);
            [
                (not_in_encoding > 0).then_some(Notice::NotInEncoding { table, count: not_in_encoding }),
                (over_lines > 0).then_some(Notice::RowsOverLines { table, count: over_lines }),
                self.quarantine.header_again(table).map(|(line, count)| Notice::HeaderAgain {
                    table,
                    line,
                    count,
                }),
            ]
        };
        let found = Table::ALL.into_iter().flat_map(of_table).flatten();
        self.notices.iter().cloned().chain(found).chain(left_out).collect()
    }

    pub(crate) fn notice(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    /// Once all is read: refuses an export that is incomplete, or of whose `tables` too much is unusable.
    ///
    /// # Errors
    /// All problems at once.
    pub fn check(&self, limit: Limit, tables: &[Table]) -> Result<(), RegistryError> {
        let rows_of = |table| Some(self.table(table)?.rows);
        let mut problems = self.expectations.problems(&self.file_name(Table::Control), rows_of);
        for table in tables.iter().copied() {
            let rows = self.table(table).map_or(0, |read| read.rows);
            if let Some(excess) = self.quarantine.excess(limit, table, rows) {
                let kinds = self.quarantine.most_frequent_kinds(table);
                problems.push(Problem::TooManyQuarantined { file: self.file_name(table), excess, kinds });
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(RegistryError::Unfit(problems)) }
    }
}

/// The error for a row that may not be left out; `why` the run cannot go on without it.
pub(in crate::registry) fn unusable(file: &Path, row: &QuarantinedRow, why: &'static str) -> RegistryError {
    let fault = InputFault::UnusableRow { code: row.fault.code, why, shape: row.shape };
    BadInput::at(file, Some(row.line), row.fault.column_name(row.table), fault).in_table(row.table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_worded() {
        let check = |notice: Notice, expect: &str| assert_eq!(notice.to_string(), expect);
        let table = Table::Consents;
        check(Notice::ExtraColumns { table, count: 2 }, "consents: 2 extra column(s) ignored");
        check(
            Notice::EntitiesForNothing { count: 3 },
            "organizations: 3 row(s) whose RESPONSIBLE_ENTITY is a word for nothing, such as NULL, or of which nothing \
             shows, taken as blank",
        );
        check(
            Notice::NotInEncoding { table, count: 4 },
            "consents: 4 row(s) hold bytes that are not the export's encoding, and are left out: is part of it in \
             windows-1252?",
        );
        check(
            Notice::RowsOverLines { table, count: 5 },
            "consents: 5 row(s) over several lines may hold other rows, and are left out: a quote that stands alone opens \
             a value, and the next one closes it lines later",
        );
    }
}
