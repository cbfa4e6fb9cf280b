//! A proposal, in text: a profile with a comment on each guess.
//!
//! `draft` is the text while it is made; each other file writes a part of it.

mod codes;
mod dates;
mod draft;
mod files;
mod tables;

use super::{Findings, Guess};
use crate::registry::Table;
use crate::value::shown;
use draft::{Draft, count, some, wrap};
use std::collections::HashSet;

/// Writes down what is found.
pub(super) fn write(found: &Findings) -> Guess {
    let mut draft = Draft::default();
    files::write(found, &mut draft);
    dates::write(found, &mut draft);
    for table in Table::ALL {
        draft.section(&format!("tables.{table}"), |draft| tables::file_of(found, table, draft));
        draft.section(&format!("tables.{table}.columns"), |draft| tables::columns_of(found, table, draft));
        codes::values_of(found, table, &mut draft);
        if table == Table::Consents {
            found.given.iter().for_each(|given| codes::given_consent(found, given, &mut draft));
        }
    }
    let mut text = String::new();
    head(found, &draft, &mut text);
    if draft.says_something {
        text.push_str("\nname = \"Proposed by phds profile guess\"\n");
    }
    text.push_str(&draft.text);
    Guess { text, open: draft.open }
}

fn head(found: &Findings, draft: &Draft, out: &mut String) {
    wrap("Proposed by phds profile guess: read it through before you use it.", out);
    if draft.says_something {
        wrap(
            "\"sure\" and \"likely\" say how sure a guess is. What nothing tells is left open, for a person to fill in:",
            out,
        );
        let opened = match draft.open {
            0 => "nothing here.".to_owned(),
            1 => "1 thing, at OPEN.".to_owned(),
            open => format!("{open} things, at OPEN."),
        };
        wrap(&opened, out);
    }
    for table in Table::ALL {
        let Some((_, candidate)) = found.taken_for(table) else { continue };
        let how_much = if candidate.is_whole { "all of it" } else { "parts of it" };
        let rows = count(candidate.rows.len(), "row");
        wrap(&format!("Looked at: {} ({rows}, {how_much})", shown(&candidate.name)), out);
    }
    let taken = taken_names(found);
    let others: Vec<String> = found
        .names
        .iter()
        .filter(|name| !taken.contains(name.as_str()))
        .map(|name| shown(name).to_string())
        .collect();
    if !others.is_empty() {
        wrap(&format!("Not taken for a table: {}", some(&others, 12)), out);
    }
    if found.left_out > 0 {
        wrap(&format!("Not looked at, because there are too many: {}", count(found.left_out, "file")), out);
    }
    if !draft.says_something {
        wrap("This export is as docs/export.md has it: it needs no profile.", out);
    }
}

/// The names of what is taken for tables.
fn taken_names(found: &Findings) -> HashSet<&str> {
    Table::ALL.iter().filter_map(|table| Some(found.taken_for(*table)?.1.name.as_str())).collect()
}
