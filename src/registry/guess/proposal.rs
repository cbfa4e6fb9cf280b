//! A proposal, in text: a profile with a comment on each guess.

use super::columns::Held;
use super::consents::GivenColumns;
use super::dates::Century;
use super::encoding::FoundEncoding;
use super::names::{LIKE, OWN_NAME, has_word, stem, table_likeness};
use super::tables::{Candidate, Choice};
use super::words::{find_codes, is_coded};
use super::{Findings, Guess, Written};
use crate::registry::profile::{Format, fold};
use crate::registry::tables::{Column, Kind, MOST_COLUMNS, clients, consents, control, organizations};
use crate::registry::{CodeSet, Table};
use crate::value::{grouped, shown};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write;

/// Writes down what is found.
pub(super) fn write(found: &Findings) -> Guess {
    let mut draft = Draft::default();
    files(found, &mut draft);
    dates(found, &mut draft);
    for table in Table::ALL {
        draft.section(&format!("tables.{table}"), |draft| file_of(found, table, draft));
        draft.section(&format!("tables.{table}.columns"), |draft| columns_of(found, table, draft));
        values_of(found, table, &mut draft);
        if table == Table::Consents {
            found.given.iter().for_each(|given| given_consent(found, given, &mut draft));
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

/// The text of a proposal while it is made.
#[derive(Default)]
struct Draft {
    text: String,
    open: usize,
    /// Whether anything is proposed, or left open: else the export needs no profile.
    says_something: bool,
}

impl Draft {
    /// A part with a header, which is left out if nothing stands below it.
    fn section(&mut self, name: &str, write: impl FnOnce(&mut Draft)) {
        let before = self.text.len();
        let _ = write!(self.text, "\n[{name}]\n");
        let with_header = self.text.len();
        write(self);
        if self.text.len() == with_header {
            self.text.truncate(before);
        }
    }

    /// A guess, with what speaks for it in the line before.
    fn guess(&mut self, why: &str, line: &str) {
        self.note(why);
        let _ = writeln!(self.text, "{line}");
        self.says_something = true;
    }

    /// A guess with what speaks for it behind it.
    fn short_guess(&mut self, line: &str, why: &str) {
        let _ = writeln!(self.text, "{line:<40} # {why}");
        self.says_something = true;
    }

    /// What is left to a person: the lines are comments.
    fn open(&mut self, why: &str, lines: &[String]) {
        self.open += 1;
        self.says_something = true;
        self.note(&format!("OPEN: {why}"));
        for line in lines {
            let _ = writeln!(self.text, "# {line}");
        }
    }

    /// What may be of use, or not: a comment, with lines that are comments.
    fn aside(&mut self, why: &str, lines: &[String]) {
        self.note(why);
        for line in lines {
            let _ = writeln!(self.text, "# {line}");
        }
    }

    fn note(&mut self, text: &str) {
        wrap(text, &mut self.text);
    }
}

/// A comment in lines that are not too long.
fn wrap(text: &str, out: &mut String) {
    const WIDTH: usize = 118;
    let mut line = String::from("#");
    for word in text.split(' ') {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(out, "{line}");
            line = String::from("#  ");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(out, "{line}");
}

/// A number with its noun.
fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(number as u64))
}

/// A text as TOML has it. What is not shown but steers is written out.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
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

/// The first few of a list.
fn some(names: &[String], most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let first = names[..names.len() - more].join(", ");
    if more > 0 { format!("{first} and {more} more") } else { first }
}

fn files(found: &Findings, draft: &mut Draft) {
    draft.section("files", |draft| {
        if !found.is_database {
            encoding(found, draft);
            delimiter(found, draft);
        }
        nothing(found, draft);
        unwrap(found, draft);
        if !found.is_database {
            not_rows(found, draft);
        }
    });
}

fn encoding(found: &Findings, draft: &mut Draft) {
    let mut labels: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut utf8: Vec<String> = Vec::new();
    let mut marked: Vec<String> = Vec::new();
    let (mut high_bytes, mut faults) = (0, 0);
    for (name, written) in found.files() {
        let name = shown(name).to_string();
        match written.encoding {
            FoundEncoding::Ascii => {}
            FoundEncoding::Utf8 => utf8.push(name),
            FoundEncoding::DamagedUtf8 { faults: more } => {
                faults += more;
                utf8.push(name);
            }
            FoundEncoding::Marked(encoding) if encoding == encoding_rs::UTF_8 => {}
            FoundEncoding::Marked(_) => marked.push(name),
            FoundEncoding::Utf16(encoding) => labels.entry(label(encoding)).or_default().push(name),
            FoundEncoding::Windows1252 { high_bytes: more } => {
                high_bytes += more;
                labels.entry("windows-1252").or_default().push(name);
            }
        }
    }
    if !marked.is_empty() {
        draft.says_something = true;
        draft.note(&format!(
            "sure: a byte order mark says that these are UTF-16, so nothing has to be said of it: {}",
            some(&marked, 8)
        ));
    }
    if faults > 0 {
        draft.note(&format!(
            "likely: UTF-8, but for {} where it is none; the rows that hold them can't be used",
            count(faults, "place")
        ));
    }
    let mut labels: Vec<(&str, Vec<String>)> = labels.into_iter().collect();
    match (labels.pop(), labels.is_empty() && utf8.is_empty()) {
        (None, _) => {}
        (Some((label, _)), true) if label == "windows-1252" => {
            let bytes = count(high_bytes, "byte");
            draft.guess(
                &format!("likely: {bytes} above 127, and no UTF-8; if letters with accents come out wrong, it may be iso-8859-15 or cp850"),
                &format!("encoding = {}", quoted(label)),
            );
        }
        (Some((label, files)), true) => draft.guess(
            &format!("sure: {} without a byte order mark", count(files.len(), "file")),
            &format!("encoding = {}", quoted(label)),
        ),
        (Some(last), false) => {
            let all = labels
                .into_iter()
                .chain([last])
                .map(|(label, files)| format!("{label}: {}", some(&files, 4)));
            let all: Vec<String> = all.chain([format!("utf-8: {}", some(&utf8, 4))]).collect();
            draft.open(
                &format!("the files are in different encodings, and a profile has one ({})", all.join("; ")),
                &["encoding = \"…\"".to_owned()],
            );
        }
    }
}

fn label(encoding: &'static encoding_rs::Encoding) -> &'static str {
    if encoding == encoding_rs::UTF_16BE { "utf-16be" } else { "utf-16le" }
}

fn delimiter(found: &Findings, draft: &mut Draft) {
    let own: BTreeSet<u8> = found
        .files()
        .filter(|(_, written)| !written.lines.finds_delimiter)
        .map(|(_, written)| written.lines.delimiter)
        .collect();
    let all: BTreeSet<u8> = found.files().map(|(_, written)| written.lines.delimiter).collect();
    let line = |byte: u8| format!("delimiter = {}", quoted(&char::from(byte).to_string()));
    match (own.first(), all.len()) {
        (None, _) => {}
        (Some(byte), 1) => {
            draft.guess("sure: it divides nearly every line into as many fields as the header", &line(*byte))
        }
        _ => {
            let lines: Vec<String> = all.iter().map(|byte| line(*byte)).collect();
            draft.open("the files have different delimiters, and a profile has one", &lines);
        }
    }
}

fn nothing(found: &Findings, draft: &mut Draft) {
    let mut words = Vec::new();
    let mut why = Vec::new();
    for (word, places) in &found.nothing {
        let maybe: Vec<String> =
            places.where_maybe.iter().map(|(column, rows)| format!("{column} ({rows})")).collect();
        let text_too = if maybe.is_empty() { String::new() } else { format!(", and in {}", some(&maybe, 6)) };
        if places.is_nothing(word) {
            words.push(quoted(word));
            let rows = count(places.where_no_value, "row");
            why.push(format!("{word} in {rows} where it can be no value{text_too}"));
        }
    }
    if !words.is_empty() {
        draft.guess(&format!("sure: {}", why.join("; ")), &format!("null = [{}]", words.join(", ")));
    }
    for (word, places) in &found.nothing {
        if !places.is_nothing(word) && !places.where_maybe.is_empty() {
            let maybe: Vec<String> =
                places.where_maybe.iter().map(|(column, rows)| format!("{column} ({rows})")).collect();
            let why = format!(
                "{word} may stand for nothing, or be a name or a code: {}; if for nothing, add it to null",
                some(&maybe, 6)
            );
            draft.open(
                &why,
                &[format!("null = [{}]", [words.clone(), vec![quoted(word)]].concat().join(", "))],
            );
        }
        if places.in_quotes > 0 {
            let rows = count(places.in_quotes, "value");
            draft.note(&format!("{word} stands in quotes too, in {rows}: those stay as they are"));
        }
    }
}

fn unwrap(found: &Findings, draft: &mut Draft) {
    let (mut wrapped, mut columns) = (0, Vec::new());
    for table in Table::ALL {
        let Some((fit, candidate)) = found.taken_for(table) else { continue };
        for (place, choice) in fit.columns.iter().enumerate() {
            let Some(held) = choice.map(|choice| &candidate.held[choice.field]) else { continue };
            // An address may begin with an apostrophe and a number.
            if held.wrapped * 2 >= held.filled.max(1) {
                wrapped += held.wrapped;
                columns.push(format!("{table}.{}", table.column_name(place)));
            }
        }
    }
    if wrapped > 0 {
        let why = format!(
            "sure: {} stand in =\"…\", or behind an apostrophe ({})",
            count(wrapped, "value"),
            some(&columns, 6)
        );
        draft.guess(&why, "unwrap = true");
    }
}

fn not_rows(found: &Findings, draft: &mut Draft) {
    let mut patterns: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for (_, written) in found.files() {
        for (pattern, (what, times)) in &written.lines.not_rows {
            patterns.entry(pattern).or_insert((what, 0)).1 += times;
        }
    }
    if !patterns.is_empty() {
        let what: Vec<String> = patterns.values().map(|(what, times)| format!("{what} ({times})")).collect();
        let list: Vec<String> = patterns.keys().map(|pattern| quoted(pattern)).collect();
        draft.guess(
            &format!("likely: lines that are no rows: {}", what.join("; ")),
            &format!("not_rows = [{}]", list.join(", ")),
        );
    }
    for (name, Written { lines, is_end_unseen, .. }) in found.files() {
        let name = shown(name).to_string();
        if lines.repeated_headers > 0 {
            draft.note(&format!("{name}: the header stands {} more; those lines will be rows that can't be used, so have the export written without them", count(lines.repeated_headers, "time")));
        }
        if lines.odd_records > 0 {
            let at_end = if lines.ends_oddly {
                ", the last line among them: if it is no row, add a pattern for it to not_rows"
            } else {
                ""
            };
            draft.note(&format!(
                "{name}: {} other numbers of fields than the header{at_end}",
                if lines.odd_records == 1 {
                    "1 record has".to_owned()
                } else {
                    format!("{} have", count(lines.odd_records, "record"))
                }
            ));
        }
        if *is_end_unseen {
            draft.note(&format!(
                "{name}: its end was not looked at, because all of it would have to be unpacked"
            ));
        }
    }
}

fn dates(found: &Findings, draft: &mut Draft) {
    let dates = &found.dates;
    let plain: usize = found.date_columns.iter().map(|column| column.plain).sum();
    draft.section("dates", |draft| {
        let is_plain = plain + dates.unread == dates.values;
        let mut chosen: Vec<(&str, usize)> = Vec::new();
        let mut refused = Vec::new();
        let parse = |form: &str| Format::parse(form, Some(1930)).ok();
        for (form, times) in &dates.forms {
            let clashes = |(other, _): &(&str, usize)| match (parse(form), parse(other)) {
                (Some(one), Some(other)) => one.contradicts(&other),
                _ => false,
            };
            if chosen.iter().any(clashes) { refused.push(*form) } else { chosen.push((form, *times)) }
        }
        let line = |forms: &[&str]| {
            let forms: Vec<String> = forms.iter().map(|form| quoted(form)).collect();
            format!("formats = [{}]", forms.join(", "))
        };
        let forms: Vec<&str> = chosen.iter().map(|(form, _)| *form).collect();
        let has_open_century = matches!(dates.century, Some(Century::Open { .. }));
        if !is_plain && !forms.is_empty() {
            let fits: Vec<String> = chosen
                .iter()
                .map(|(form, times)| format!("{form} fits {}", grouped(*times as u64)))
                .collect();
            let unread = if dates.unread > 0 {
                format!("; without a form: {}", grouped(dates.unread as u64))
            } else {
                String::new()
            };
            let why = format!("of {}: {}{unread}", count(dates.values, "date"), fits.join(", "));
            if has_open_century {
                draft.open(
                    &format!("{why}; first it has to be said which century two digits of a year mean"),
                    &[line(&forms)],
                );
            } else {
                let how_sure = if dates.unread * 20 > dates.values { "likely" } else { "sure" };
                draft.guess(&format!("{how_sure}: {why}"), &line(&forms));
            }
        } else if dates.unread > 0 {
            draft.note(&format!(
                "of {}, without a form that is known: {}",
                count(dates.values, "date"),
                grouped(dates.unread as u64)
            ));
        }
        for (form, values) in &dates.rare {
            draft.note(&format!(
                "dates as {form}: {values}, too few for a form of their own; they can't be used"
            ));
        }
        for (column, values) in dates.silent.iter().filter(|_| !is_plain) {
            draft.note(&format!(
                "{column} alone does not tell a day from a month: none of its {} has a part above 12",
                count(*values, "value")
            ));
        }
        for pair in &dates.open {
            let (one, other) = pair.forms;
            let evidence = match pair.only_first + pair.only_second {
                0 => format!("{} could be either, and none has a part above 12", count(pair.both, "date")),
                _ => format!(
                    "{} fit only {one}, {} only {other}, and {} both",
                    pair.only_first, pair.only_second, pair.both
                ),
            };
            let with = |form: &'static str| line(&[&forms[..], &[form]].concat());
            draft.open(&format!("{one} or {other}? {evidence}"), &[with(one), with(other)]);
        }
        for form in refused {
            draft.open(
                &format!("{form} fits some dates, but reads others as another day than the forms above"),
                &[line(&[&forms[..], &[form]].concat())],
            );
        }
        century(dates.century, !is_plain, draft);
        placeholders(found, draft);
    });
}

fn century(century: Option<Century>, is_needed: bool, draft: &mut Draft) {
    match century.filter(|_| is_needed) {
        None => {}
        Some(Century::From { year, births_of_our_time }) => {
            let why = format!(
                "likely: no other date speaks against it; birth dates that may be a hundred years earlier, which two digits can't tell: {births_of_our_time}"
            );
            draft.guess(&why, &format!("two_digit_years_from = {year}"));
        }
        Some(Century::Open { last_end, births }) => {
            let why = format!(
                "birth dates with years up to {last_end:02}, which are of this century among other dates: {births}; two digits can't tell, so have the export written with four"
            );
            draft.open(&why, &["two_digit_years_from = 1930".to_owned()]);
        }
    }
}

/// A day must stand in so many rows to be shown.
const FEWEST_ROWS: usize = 5;

fn placeholders(found: &Findings, draft: &mut Draft) {
    let mut days: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for column in &found.date_columns {
        for (day, rows) in column.placeholders.iter().filter(|(_, rows)| **rows >= FEWEST_ROWS) {
            days.entry(day).or_default().push(format!("{} ({rows})", column.name));
        }
    }
    if !days.is_empty() {
        let where_: Vec<String> =
            days.iter().map(|(day, columns)| format!("{day} in {}", columns.join(", "))).collect();
        let list: Vec<String> = days.keys().map(|day| quoted(day)).collect();
        let why = format!("days that may mean \"not known\": {}; if so, take this in", where_.join("; "));
        draft.aside(&why, &[format!("unknown = [{}]", list.join(", "))]);
    }
}

/// Which file, or which table of a database, holds a table.
fn file_of(found: &Findings, table: Table, draft: &mut Draft) {
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

fn columns_of(found: &Findings, table: Table, draft: &mut Draft) {
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

/// What codes mean.
fn values_of(found: &Findings, table: Table, draft: &mut Draft) {
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
fn given_consent(found: &Findings, given: &GivenColumns, draft: &mut Draft) {
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

    #[test]
    fn long_comments_are_wrapped() {
        let mut out = String::new();
        wrap(&"word ".repeat(60), &mut out);
        assert!(
            out.lines().count() > 2 && out.lines().all(|line| line.starts_with('#') && line.len() <= 120)
        );
    }
}
