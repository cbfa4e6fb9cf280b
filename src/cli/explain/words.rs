//! An explanation as a person reads it, on a terminal of 80 columns.

use super::super::terminal::printable;
use super::timeline::timeline;
use crate::explain::{Answer, FactAnswer, FieldAnswer, RefusedAnswer};
use crate::value::shown;
use std::fmt::Write;

/// The width of a terminal.
pub(super) const WIDTH: usize = 80;

/// So many characters of a field are shown.
const LONGEST_SHOWN: usize = 400;

/// The whole explanation. `is_from_work`: whether it comes from a work database.
pub(super) fn text(answer: &Answer, is_from_work: bool) -> String {
    let facts: Vec<String> = answer.facts.iter().map(|fact| fact_text(answer, fact)).collect();
    let mut out = facts.join("\n");
    if !answer.quarantined.is_empty() {
        if !out.is_empty() {
            out.push('\n');
        }
        out += "Quarantined rows of this fact or its client\n";
        answer.quarantined.iter().for_each(|row| out += &refused_text(row));
        if is_from_work {
            out += &wrapped("  ", "A work database does not keep such rows: phds explain EXPORT shows them.");
        }
    }
    if answer.unreadable_rows > 0 {
        let _ = writeln!(
            out,
            "\n{} row(s) of immunizations have no IMMUNFACT_ID that can be read",
            answer.unreadable_rows
        );
    }
    printable(&out)
}

fn fact_text(answer: &Answer, fact: &FactAnswer) -> String {
    let place = format!("{} ({}, line {})", fact.immunfact_id, shown(&fact.file), fact.line);
    let mut out = wrapped("Fact ", &place);
    let or_none = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
    let client_type = or_none(&fact.client_type.to_uppercase());
    let client = format!(
        "{}  {}, born {}, type {client_type}",
        fact.client_id,
        or_none(&fact.client_name),
        fact.birth_date
    );
    let dose = format!(
        "{}  vaccine {}, CVX {}, group {}",
        fact.immunization_id,
        fact.vaccine_id,
        or_none(&fact.cvx_code),
        or_none(&fact.vaccine_group)
    );
    let given = match fact.org_id {
        Some(id) => format!("{} by {id} {}", fact.vaccination_date, fact.provider_name),
        None => format!("{} by no organization", fact.vaccination_date),
    };
    let judged = format!("{} under \"{}\"", answer.as_of, shown(&answer.policy));
    for (name, value) in [("client", client), ("dose", dose), ("given", given), ("as of", judged)] {
        out += &wrapped(&format!("  {name:<9} "), &value);
    }
    let _ = writeln!(out, "\n  OUTCOME   {}\n", fact.outcome);
    for step in &fact.steps {
        let start = format!("  {:<4}{:<20} ", step.number, step.rule);
        out += &wrapped_beside(&start, &step.looked_at, 10, step.said);
    }
    out.push('\n');
    out += &timeline(answer.as_of, fact);
    out.push('\n');
    for under in &fact.under {
        let in_force = if under.in_force { " (in force)" } else { "" };
        let _ = writeln!(out, "  under {:<37} {}", format!("{}{in_force}", under.rule), under.outcome);
    }
    if !fact.recipients.is_empty() {
        out += &wrapped("  goes to   ", &fact.recipients.join("; "));
    }
    out
}

fn refused_text(row: &RefusedAnswer) -> String {
    let column = if row.column.is_empty() { String::new() } else { format!(", column {}", row.column) };
    let place = format!("{}, line {}{column}: {}", shown(&row.file), row.line, row.code);
    let mut out = wrapped("  ", &place) + &wrapped("    ", row.meaning);
    let widest = row.fields.iter().map(|field| shown(&field.column).to_string().chars().count()).max();
    for FieldAnswer { column, text, is_faulty } in &row.fields {
        let mark = if *is_faulty { '>' } else { ' ' };
        let start = format!("    {mark} {:<1$} ", shown(column).to_string(), widest.unwrap_or(0).min(40));
        out += &wrapped(&start, &quoted(text));
    }
    out
}

/// A field between quotes, so that blanks at its ends are seen, and none is seen to be none.
fn quoted(text: &str) -> String {
    let start: String = text.chars().take(LONGEST_SHOWN).collect();
    let more = text.chars().count().saturating_sub(LONGEST_SHOWN);
    let more = if more > 0 { format!(" and {more} more characters") } else { String::new() };
    format!("\"{}\"{more}", shown(&start))
}

/// A value behind its name, broken between words where the line would be too long.
fn wrapped(start: &str, value: &str) -> String {
    wrapped_beside(start, value, 0, "")
}

/// The same with `last` at the end of the first line, in a column of its own of `reserved` characters.
fn wrapped_beside(start: &str, value: &str, reserved: usize, last: &str) -> String {
    let indent = start.chars().count();
    let room = WIDTH - indent - reserved - usize::from(reserved > 0);
    let mut lines = vec![String::new()];
    for word in value.split(' ').flat_map(|word| broken(word, room.max(1))) {
        let length = lines.last().map_or(0, |line| line.chars().count());
        match lines.last_mut() {
            Some(line) if length == 0 => *line = word,
            Some(line) if length + 1 + word.chars().count() <= room => *line += &format!(" {word}"),
            _ => lines.push(word),
        }
    }
    let mut out = String::new();
    for (place, line) in lines.iter().enumerate() {
        let text = match place {
            0 if last.is_empty() => format!("{start}{line}"),
            0 => format!("{start}{line:<room$} {last}"),
            _ => format!("{:indent$}{line}", ""),
        };
        let _ = writeln!(out, "{}", text.trim_end());
    }
    out
}

/// A word in parts that a line has room for.
fn broken(word: &str, room: usize) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    if letters.len() <= room {
        return vec![word.to_owned()];
    }
    letters.chunks(room).map(|part| part.iter().collect()).collect()
}
