//! What the words of coded columns mean, and the consents that columns of `clients` give.

use super::draft::{Draft, count, quoted};
use crate::registry::guess::Findings;
use crate::registry::guess::columns::Held;
use crate::registry::guess::consents::GivenColumns;
use crate::registry::guess::names::stem;
use crate::registry::guess::words::{find_codes, is_coded};
use crate::registry::tables::{MOST_COLUMNS, consents, control};
use crate::registry::{CodeSet, Table};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What codes mean.
pub(super) fn values_of(found: &Findings, table: Table, draft: &mut Draft) {
    for place in (0..MOST_COLUMNS).take(table.columns().len()) {
        let column = table.column_name(place);
        let given = found.given.iter().flat_map(|given| match (table, place) {
            (Table::Consents, consents::CONSENT_TYPE) => given.consent_type,
            (Table::Consents, consents::END_REASON) => given.reason,
            _ => None,
        });
        let own = found
            .taken_for(table)
            .and_then(|(fit, candidate)| Some(&candidate.held[fit.columns[place]?.field]));
        let clients = found.taken_for(Table::Clients).map(|(_, candidate)| candidate);
        let held: Vec<&Held> =
            own.into_iter().chain(given.filter_map(|field| Some(&clients?.held[field]))).collect();
        if held.is_empty() {
            continue;
        }
        draft.section(&format!("tables.{table}.values.{column}"), |draft| match (table, place) {
            (Table::Control, control::TABLE_NAME) => tables_of_control(found, &held, draft),
            _ if is_coded(table, place) => codes(table, place, &held, draft),
            _ => {}
        });
    }
}

fn codes(table: Table, place: usize, held: &[&Held], draft: &mut Draft) {
    let mut values = std::collections::HashMap::new();
    for (value, times) in held.iter().flat_map(|held| &held.values) {
        *values.entry(value.clone()).or_insert(0) += times;
    }
    let found = find_codes(table, place, &values, held.iter().any(|held| held.has_more_values));
    if found.is_empty() {
        return;
    }
    if !found.mapped.is_empty() {
        draft.note(&format!(
            "likely: by the words; one of these stands in {}",
            count(found.mapped_rows, "row")
        ));
        for (word, meaning) in &found.mapped {
            draft.says_something = true;
            let _ = writeln!(draft.text, "{} = {}", quoted(word), quoted(meaning));
        }
    }
    let is_needed = table != Table::Clients;
    if !found.unknown.is_empty() {
        let what_for = if is_needed {
            "rows that have them can't be used"
        } else {
            "the policy may name them, else they share nothing"
        };
        let why = format!(
            "values that have no meaning yet ({what_for}); write what each stands for, and take it in"
        );
        let lines: Vec<String> = found
            .unknown
            .iter()
            .map(|(value, rows)| format!("{} = \"…\"   # {}", quoted(value), count(*rows, "row")))
            .collect();
        draft.open(&why, &lines);
    }
    if found.not_shown > 0 {
        let values = count(found.not_shown, "value");
        draft.note(&format!(
            "without a meaning and not shown, for few rows, or because they are many or long: {values}"
        ));
    }
}

/// The names of tables in `control`, where they are those of the registry's files.
fn tables_of_control(found: &Findings, held: &[&Held], draft: &mut Draft) {
    let mut lines = BTreeMap::new();
    let mut strangers = 0;
    for value in held.iter().flat_map(|held| held.values.keys()) {
        if Table::named(value.as_bytes()).is_some() {
            continue;
        }
        let is_file = |table: &Table| {
            found.taken_for(*table).is_some_and(|(_, candidate)| {
                [stem(&candidate.name), &candidate.name].iter().any(|name| name.eq_ignore_ascii_case(value))
            })
        };
        match Table::ALL.into_iter().find(is_file) {
            Some(table) => _ = lines.insert(value.clone(), table),
            None => strangers += 1,
        }
    }
    if !lines.is_empty() {
        draft.note("sure: the names of the files above");
    }
    for (value, table) in lines {
        draft.says_something = true;
        let _ = writeln!(draft.text, "{} = {}", quoted(&value), quoted(table.name()));
    }
    if strangers > 0 {
        draft.open(
            &format!(
                "names that are neither tables nor files: {strangers}; the run stops unless each is a table"
            ),
            &[],
        );
    }
}

/// A consent that is kept in columns of clients.
pub(super) fn given_consent(found: &Findings, given: &GivenColumns, draft: &mut Draft) {
    let Some((fit, candidate)) = found.taken_for(Table::Clients) else { return };
    let is_sure = candidate.has_sure_header(&fit.columns);
    let name = |field: usize| candidate.shown_name(field, is_sure).unwrap_or_else(|| "…".to_owned());
    let mut columns = Vec::new();
    let mut is_open = false;
    match (given.named_type, given.consent_type) {
        (_, Some(field)) => columns.push(format!("CONSENT_TYPE = {}", quoted(&name(field)))),
        (Some(named), None) => columns.push(format!("CONSENT_TYPE = {{ constant = {} }}", quoted(named))),
        (None, None) => {
            is_open = true;
            columns.push("CONSENT_TYPE = { constant = \"…\" }".to_owned());
        }
    }
    let fields = [("EFFECTIVE_DATE", given.start), ("END_DATE", given.end), ("END_REASON", given.reason)];
    for (column, field) in fields {
        columns.extend(field.map(|field| format!("{column} = {}", quoted(&name(field)))));
    }
    is_open |= columns.iter().any(|column| column.contains("\"…\""));
    let mut lines = vec![
        "[[tables.consents.from]]".to_owned(),
        "table = \"clients\"".to_owned(),
        format!("columns = {{ {} }}", columns.join(", ")),
    ];
    let needs_reason = given.end.is_some() && given.reason.is_none();
    let reason = given.named_reason.unwrap_or("WITHDRAWN");
    if needs_reason {
        debug_assert!(CodeSet::EndReason.names().contains(&reason));
        lines.push(format!("end_reason_if_ended = {}", quoted(reason)));
    }
    draft.text.push('\n');
    if is_open {
        return draft.open("clients have a consent in columns, but nothing tells which: \"STANDARD\" or \"DISASTER\"; without it the run stops", &lines);
    }
    let end = if given.end.is_none() {
        "; it has no end, so look whether a withdrawal is kept elsewhere"
    } else {
        ""
    };
    draft.note(&format!("likely: consents are columns of clients, by their names{end}"));
    if needs_reason && given.named_reason.is_none() {
        draft.note("why a consent ended is not said: taken for withdrawn, which shares less than the other, \"EXPIRED\"");
    }
    draft.says_something = true;
    for line in &lines {
        let _ = writeln!(draft.text, "{line}");
    }
}
