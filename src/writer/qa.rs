//! The files for the registry's own staff: what was left out, and counts.
//!
//! They name places and codes, never a value of a row.

use crate::batch::{Manifest, table_text};
use crate::registry::{Intake, RowFile, Table};
use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

/// Writes the list of quarantined rows: table, file, line, column and code.
///
/// # Errors
/// If `out` fails, or a temporary file of the list's.
pub fn write_quarantine(intake: &mut Intake, out: &mut dyn Write) -> io::Result<()> {
    let name_of = |table: Table, file: RowFile| {
        let name = intake.file_of(table, file).and_then(Path::file_name);
        name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    };
    let names = |file: RowFile| Table::ALL.map(|table| name_of(table, file));
    let (own, of_clients) = (names(RowFile::Own), names(RowFile::Clients));
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(["TABLE", "FILE", "LINE", "COLUMN", "CODE"])?;
    for entry in intake.quarantine.list()? {
        let entry = entry?;
        let names = match entry.file {
            RowFile::Own => &own,
            RowFile::Clients => &of_clients,
        };
        let (file, line) = (&names[entry.table as usize], entry.line.to_string());
        let code = entry.fault.code.name();
        csv.write_record([entry.table.name(), file, &line, entry.column_name(), code])?;
    }
    csv.flush()
}

/// The manifest's counts as a table: what is counted, of what, by which code, and how many.
pub(super) fn counts_csv(manifest: &Manifest) -> String {
    let mut rows: Vec<[String; 4]> = Vec::new();
    let mut row = |what: &str, of: &str, code: &str, count: u64| {
        rows.push([what.to_owned(), of.to_owned(), code.to_owned(), count.to_string()]);
    };
    for (table, counts) in &manifest.tables {
        row("READ", table, "", counts.rows);
        for (code, count) in &counts.quarantined {
            row("QUARANTINED", table, code, *count);
        }
    }
    row("INCLUDED", "immunizations", "", manifest.facts.included);
    for (code, count) in &manifest.facts.excluded {
        row("EXCLUDED", "immunizations", code, *count);
    }
    for (rule, count) in &manifest.included_under {
        row("INCLUDED_UNDER", "immunizations", rule, *count);
    }
    for file in &manifest.files {
        row("ROWS_IN_FILE", &file.path, "", file.rows);
    }
    let rows = rows.into_iter().map(|row| row.map(Cow::Owned).into());
    table_text(&["WHAT", "OF", "CODE", "COUNT"], rows)
}
