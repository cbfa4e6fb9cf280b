//! Which file is a table, and which of its columns are those of the layout.

use super::draft::{Draft, count, quoted, some};
use super::taken_names;
use crate::registry::Table;
use crate::registry::guess::Findings;
use crate::registry::guess::names::{LIKE, OWN_NAME, has_word, table_likeness};
use crate::registry::guess::tables::{Candidate, Choice};
use crate::registry::guess::words::is_coded;
use crate::registry::profile::fold;
use crate::registry::tables::{Column, Kind, clients, organizations};
use std::collections::HashSet;
use std::fmt::Write;

/// Which file, or which table of a database, holds a table.
pub(super) fn file_of(found: &Findings, table: Table, draft: &mut Draft) {
    let Some((fit, candidate)) = found.taken_for(table) else {
        let is_given = table == Table::Consents && !found.given.is_empty();
        // Without `recipients` every entity would be sent its own data: a run must not overlook it.
        let is_it = |name: &&String| {
            table.may_be_absent()
                && !taken_names(found).contains(name.as_str())
                && table_likeness(name, table) >= LIKE
        };
        if let Some(name) = found.names.iter().find(is_it) {
            draft.open(
                "called as this table, but it does not look like it; a run stops until that is settled",
                &[],
            );
            let _ = writeln!(draft.text, "file = {}", quoted(&pattern_of(name, found)));
            return;
        }
        if !table.may_be_absent() && !is_given {
            draft.open("nothing looks like this table", &["file = \"…\"".to_owned()]);
        }
        return;
    };
    let what = if found.is_database { "table" } else { "file" };
    if let Some(rival) = fit.rival {
        let names = [&candidate.name, &found.candidates[rival].name];
        let lines = names.map(|name| format!("file = {}", quoted(&pattern_of(name, found))));
        draft.open(&format!("two {what}s fit"), &lines);
    } else if !has_own_name(table, candidate, found.is_database) {
        let line = format!("file = {}", quoted(&pattern_of(&candidate.name, found)));
        let by_name = table_likeness(&candidate.name, table) >= LIKE;
        let why = if by_name { "sure: by its name and its columns" } else { "likely: by its columns" };
        draft.short_guess(&line, why);
    }
}

/// Whether a file is found without a word.
fn has_own_name(table: Table, candidate: &Candidate, is_database: bool) -> bool {
    if is_database {
        return candidate.name.eq_ignore_ascii_case(table.name());
    }
    ["csv", "csv.gz", "csv.zst", "parquet"]
        .iter()
        .any(|ending| candidate.name == format!("{}.{ending}", table.name()))
}

/// The name of a file as a pattern: what may be a date in it may be another next month.
fn pattern_of(name: &str, found: &Findings) -> String {
    let unpacked = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(name);
    let exact = glob::Pattern::escape(unpacked);
    if found.is_database {
        return exact;
    }
    let general = without_date(unpacked);
    let fits = |pattern: &str| {
        let Ok(pattern) = glob::Pattern::new(pattern) else { return usize::MAX };
        let is_fit = |name: &&String| {
            let unpacked = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst"));
            pattern.matches(name) || unpacked.is_some_and(|name| pattern.matches(name))
        };
        found.names.iter().filter(is_fit).count()
    };
    general.filter(|pattern| fits(pattern) == 1).unwrap_or(exact)
}

/// The name with a star in place of its first run of six digits or more, dashes and underscores among them.
fn without_date(name: &str) -> Option<String> {
    let is_of_date = |c: char| c.is_ascii_digit() || matches!(c, '-' | '_');
    let mut start = 0;
    for run in name.split_inclusive(|c: char| !is_of_date(c)) {
        let digits = run.trim_end_matches(|c: char| !is_of_date(c));
        let inside = digits.trim_matches(|c: char| !c.is_ascii_digit());
        if inside.chars().filter(char::is_ascii_digit).count() >= 6 {
            let from = start + digits.find(inside).unwrap_or(0);
            let (before, behind) = (&name[..from], &name[from + inside.len()..]);
            return Some(format!("{}*{}", glob::Pattern::escape(before), glob::Pattern::escape(behind)));
        }
        start += run.len();
    }
    None
}

pub(super) fn columns_of(found: &Findings, table: Table, draft: &mut Draft) {
    let Some((fit, candidate)) = found.taken_for(table) else { return };
    let is_sure = candidate.has_sure_header(&fit.columns);
    let given =
        found.given.iter().flat_map(|given| [given.consent_type, given.start, given.end, given.reason]);
    let given = given.flatten().filter(|_| table == Table::Clients);
    let taken: HashSet<usize> =
        fit.columns.iter().flatten().map(|choice| choice.field).chain(given).collect();
    let free: Vec<usize> = (0..candidate.header.len()).filter(|field| !taken.contains(field)).collect();
    let free_names: Vec<String> =
        free.iter().filter_map(|field| candidate.shown_name(*field, is_sure)).collect();
    if !is_sure {
        draft.note("the line taken for the header may be a row, or hold one: of its names only those are shown that are surely none");
    }
    for (place, column) in table.columns().iter().enumerate() {
        match &fit.columns[place] {
            Some(choice) => found_column(table, place, candidate, choice, is_sure, draft),
            None => missing_column(table, place, column, &free, &free_names, draft),
        }
    }
    if !free.is_empty() {
        let hidden = free.len() - free_names.len();
        let hidden = if hidden > 0 { format!(" ({hidden} not shown)") } else { String::new() };
        let names = if free_names.is_empty() { "columns".to_owned() } else { some(&free_names, 12) };
        if draft.says_something {
            draft.note(&format!("not read: {names}{hidden}"));
        }
    }
    if table == Table::Clients && found.taken_for(Table::Consents).is_some() {
        consents_beside(candidate, &free, is_sure, draft);
    }
}

/// Columns of clients that are called as if they said something of a consent, where consents have a table of their own: if
/// nobody reads them, a withdrawal may be lost.
fn consents_beside(candidate: &Candidate, free: &[usize], is_sure: bool, draft: &mut Draft) {
    const WORDS: [&str; 5] = ["CONSENT", "WITHDRAWN", "EXPIRED", "STANDARD", "DISASTER"];
    let is_of_consent = |field: &&usize| WORDS.iter().any(|word| has_word(&candidate.header[**field], word));
    let fields: Vec<usize> = free.iter().filter(is_of_consent).copied().collect();
    let names: Vec<String> = fields
        .iter()
        .filter_map(|field| candidate.shown_name(*field, is_sure))
        .map(|name| quoted(&name))
        .collect();
    if fields.is_empty() {
        return;
    }
    let why = format!(
        "{} of clients may hold consents, or withdrawals, beside those of the table consents; if so, they are lost \
         unless they are read too: {}",
        count(fields.len(), "column"),
        some(&names, 12)
    );
    let lines = [
        "[[tables.consents.from]]",
        "table = \"clients\"",
        "columns = { CONSENT_TYPE = { constant = \"…\" }, EFFECTIVE_DATE = \"…\", END_DATE = \"…\" }",
        "end_reason_if_ended = \"WITHDRAWN\"",
    ];
    draft.open(&why, &lines.map(str::to_owned));
}

fn found_column(
    table: Table,
    place: usize,
    candidate: &Candidate,
    choice: &Choice,
    is_sure: bool,
    draft: &mut Draft,
) {
    let column = table.column_name(place);
    let Some(name) = candidate.shown_name(choice.field, is_sure) else {
        let why = format!(
            "column {} of the file, by what it holds or its name, which is not shown here",
            choice.field + 1
        );
        return draft.open(&why, &[format!("{column} = \"…\"")]);
    };
    let line = |name: &str| format!("{column} = {}", quoted(name));
    if let Some(rival) = choice.rival.filter(|_| choice.is_open) {
        let other = candidate.shown_name(rival, is_sure).unwrap_or_else(|| "…".to_owned());
        return draft.open("two columns fit", &[line(&name), line(&other)]);
    }
    if choice.likeness == OWN_NAME && fold(&name) == fold(column) {
        // With a profile a blank is as good as `_`; without one it is not.
        draft.says_something |= !name.eq_ignore_ascii_case(column);
        return;
    }
    let holds = what_it_holds(table, place);
    let why = match choice.likeness {
        84.. => "sure: by its name".to_owned(),
        LIKE.. => "likely: by its name".to_owned(),
        _ => format!("likely: by what it holds ({holds})"),
    };
    let rival = choice.rival.and_then(|rival| candidate.shown_name(rival, is_sure));
    let rival = rival.map_or(String::new(), |rival| format!("; {rival} is not much less like it"));
    draft.short_guess(&line(&name), &format!("{why}{rival}"));
}

/// What shows a column by its values, in words.
fn what_it_holds(table: Table, place: usize) -> &'static str {
    match table.columns()[place].kind {
        _ if is_coded(table, place) => "codes that are known",
        Kind::Id => "ids of rows of the other table",
        Kind::Date => "the one column of dates that is left",
        Kind::Text | Kind::Name => "values that such a column has",
        _ => "numbers",
    }
}

/// A column for which nothing is found.
fn missing_column(
    table: Table,
    place: usize,
    column: &Column,
    free: &[usize],
    free_names: &[String],
    draft: &mut Draft,
) {
    if free.is_empty() && may_be_left_out(table, place, column) {
        let line = format!("{} = {{ constant = \"\" }}", column.name);
        return draft.short_guess(&line, "likely: the export has no such column");
    }
    let names = if free_names.is_empty() { String::new() } else { format!(": {}", some(free_names, 12)) };
    let why = match free.len() {
        0 => "no column is this one, and the batch would not be right without it".to_owned(),
        _ => format!("no column is surely this one; it may be among those that are not read{names}"),
    };
    draft.open(&format!("{}: {why}", column.name), &[format!("{} = \"…\"", column.name)]);
}

/// Whether a column decides nothing, so that it may be blank.
fn may_be_left_out(table: Table, place: usize, column: &Column) -> bool {
    match table {
        Table::Clients => !column.required && place != clients::CLIENT_TYPE,
        Table::Organizations => !column.required && place != organizations::RESPONSIBLE_ENTITY,
        Table::Immunizations => column.kind == Kind::Ordinal,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_in_a_files_name_may_be_another() {
        let check =
            |name: &str, expect: Option<&str>| assert_eq!(without_date(name).as_deref(), expect, "{name}");
        check("PERSON_20240708.txt", Some("PERSON_*.txt"));
        check("PERSON-2024-07-08.csv", Some("PERSON-*.csv"));
        check("202407 people[1].txt", Some("* people[[]1[]].txt"));
        check("PERSON_07.txt", None);
        check("PERSON.txt", None);
    }
}
