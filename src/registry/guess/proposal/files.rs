//! How the files of an export are written: encoding, delimiter, words for nothing, what is wrapped, lines that are no rows.

use super::draft::{Draft, count, quoted, some};
use crate::registry::Table;
use crate::registry::guess::encoding::FoundEncoding;
use crate::registry::guess::{Findings, Written};
use crate::value::shown;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn write(found: &Findings, draft: &mut Draft) {
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
