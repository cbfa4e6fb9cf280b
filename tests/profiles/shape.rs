//! Exports in random shapes, each with the profile that says how it is written.

#![allow(unreachable_pub, clippy::unwrap_used)]

use crate::common::random::{Dice, Tables};
use encoding_rs::Encoding;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How an export is written.
#[derive(Debug)]
pub struct Shape {
    encoding: Option<&'static str>,
    has_mark: bool,
    delimiter: char,
    line_end: &'static str,
    null: Option<&'static str>,
    unwrap: bool,
    footer: bool,
    format: Option<&'static str>,
    renames: bool,
    maps: bool,
    files: bool,
    pub consents_in_columns: bool,
    quotes_all: bool,
}

/// A part of a profile that can be left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    Encoding,
    Delimiter,
    Null,
    Format,
    Name,
    Map,
}

pub const PARTS: [Part; 6] =
    [Part::Encoding, Part::Delimiter, Part::Null, Part::Format, Part::Name, Part::Map];

const ENCODINGS: [Option<&str>; 7] =
    [None, None, Some("utf-16"), Some("utf-16be"), Some("windows-1252"), Some("iso-8859-15"), Some("utf-8")];
const FORMATS: [Option<&str>; 8] = [
    None,
    Some("%m/%d/%Y"),
    Some("%d.%m.%Y"),
    Some("%Y%m%d"),
    Some("%d-%b-%y"),
    Some("%d%b%Y"),
    Some("%B %d, %Y"),
    Some("%m/%d/%Y %I:%M:%S %p"),
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// What the codes of section 1 are called.
const WORDS: [(&str, &[(&str, &str)]); 5] = [
    ("CLIENT_TYPE", &[("IA", "Adult"), ("IC", "Niño"), ("DC", "Disaster only"), ("PA", "3")]),
    ("CONSENT_TYPE", &[("STANDARD", "S"), ("DISASTER", "D")]),
    ("END_REASON", &[("WITHDRAWN", "took it back"), ("EXPIRED", "E")]),
    ("DISASTER_FLAG", &[("Y", "1"), ("N", "0")]),
    ("PRODUCT_CLASS", &[("VACCINE", "V"), ("RSV_THERAPEUTIC", "R"), ("COVID_THERAPEUTIC", "C")]),
];

impl Shape {
    pub fn random(dice: &mut Dice) -> Shape {
        let yes = |dice: &mut Dice| dice.one_in(2);
        let nulls = [None, Some("NULL"), Some("\\N"), Some("(null)")];
        Shape {
            encoding: ENCODINGS[dice.below(ENCODINGS.len())],
            has_mark: yes(dice),
            delimiter: [',', ';', '|', '\t', '^', '~'][dice.below(6)],
            line_end: ["\n", "\r\n"][dice.below(2)],
            null: nulls[dice.below(nulls.len())],
            unwrap: yes(dice),
            footer: yes(dice),
            format: FORMATS[dice.below(FORMATS.len())],
            renames: yes(dice),
            maps: yes(dice),
            files: yes(dice),
            consents_in_columns: dice.one_in(3),
            quotes_all: dice.one_in(4),
        }
    }

    /// The parts that the profile of this shape has.
    pub fn has(&self, part: Part) -> bool {
        match part {
            Part::Encoding => self.encoding.is_some(),
            Part::Delimiter => true,
            Part::Null => self.null.is_some(),
            Part::Format => self.format.is_some(),
            Part::Name => self.renames,
            Part::Map => self.maps,
        }
    }

    /// The files of an export of this shape, by their names, and its profile, without a part.
    pub fn write(&self, tables: &Tables, without: Option<Part>) -> (BTreeMap<String, Vec<u8>>, String) {
        let mut tables = tables.clone();
        let in_columns = if self.consents_in_columns { move_consents(&mut tables) } else { Vec::new() };
        let mut files = BTreeMap::new();
        for (table, columns, rows) in &tables.0 {
            if *table == "consents" && !in_columns.is_empty() && rows.is_empty() {
                continue;
            }
            let header = columns.iter().map(|column| self.column_name(table, column));
            let mut lines = vec![header.collect::<Vec<_>>()];
            for row in rows {
                let cell = |(place, text): (usize, &String)| {
                    columns.get(place).map_or_else(|| text.clone(), |column| self.cell(column, text))
                };
                lines.push(row.iter().enumerate().map(cell).collect());
            }
            files.insert(self.file_name(table), self.encode(&self.text(lines)));
        }
        (files, self.profile(&in_columns, without))
    }

    fn file_name(&self, table: &str) -> String {
        if self.files { format!("{}_20240708.TXT", table.to_uppercase()) } else { format!("{table}.csv") }
    }

    fn column_name(&self, table: &str, column: &str) -> String {
        match (self.renames, column) {
            (true, "CLIENT_ID") if table == "consents" => "Person".to_owned(),
            (true, "BIRTH_DATE") => "born on".to_owned(),
            (true, "IMMUNFACT_ID") => "Fact-Nr.".to_owned(),
            (true, other) => other.to_lowercase().replacen('_', " \u{a0}", 1),
            (false, other) => other.to_owned(),
        }
    }

    /// How a value of a column is written, quotes aside.
    fn cell(&self, column: &str, text: &str) -> String {
        let words = WORDS.iter().find(|(name, _)| *name == column).filter(|_| self.maps);
        if let Some((_, word)) =
            words.and_then(|(_, words)| words.iter().find(|(code, _)| code.eq_ignore_ascii_case(text)))
        {
            return (*word).to_owned();
        }
        if is_date(column)
            && let Some(format) = self.format
        {
            return in_format(text, format);
        }
        let is_code = column.ends_with("_ID") || column.contains("ZIP");
        if self.unwrap && is_code && !text.is_empty() && !text.contains('"') {
            return format!("=\"{text}\"");
        }
        text.to_owned()
    }

    fn text(&self, lines: Vec<Vec<String>>) -> String {
        let mut text = String::new();
        if self.footer {
            write!(text, "SQL> select \"{}", self.line_end).unwrap();
        }
        let rows = lines.len() - 1;
        for (place, line) in lines.into_iter().enumerate() {
            let is_header = place == 0;
            let cells = line.into_iter().map(|cell| match self.null {
                Some(word) if cell.is_empty() && !is_header => word.to_owned(),
                null => self.quoted(cell, null),
            });
            let cells: Vec<String> = cells.collect();
            text += &cells.join(&self.delimiter.to_string());
            text += self.line_end;
        }
        if self.footer {
            write!(text, "{}({rows} rows affected){}", self.line_end, self.line_end).unwrap();
        }
        text
    }

    fn quoted(&self, cell: String, null: Option<&str>) -> String {
        let must = cell.contains([self.delimiter, '\n', '\r'])
            || cell.starts_with('"')
            || Some(cell.as_str()) == null;
        if must || self.quotes_all || cell.contains('"') && !cell.starts_with("=\"") {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell
        }
    }

    fn encode(&self, text: &str) -> Vec<u8> {
        let mark = if self.has_mark { "\u{feff}" } else { "" };
        let utf16 =
            |bytes: fn(u16) -> [u8; 2]| format!("{mark}{text}").encode_utf16().flat_map(bytes).collect();
        match self.encoding {
            None | Some("utf-8") => format!("{mark}{text}").into_bytes(),
            Some("utf-16") => utf16(u16::to_le_bytes),
            Some("utf-16be") => utf16(u16::to_be_bytes),
            Some(label) => {
                let (bytes, _, lost) = Encoding::for_label(label.as_bytes()).unwrap().encode(text);
                assert!(!lost, "{label} has all characters of {text:?}");
                bytes.into_owned()
            }
        }
    }

    fn profile(&self, in_columns: &[String], without: Option<Part>) -> String {
        let mut out = String::from("name = \"random\"\n[files]\n");
        let keeps = |part| without != Some(part);
        if let Some(label) = self.encoding.filter(|_| keeps(Part::Encoding)) {
            writeln!(out, "encoding = '{label}'").unwrap();
        }
        if keeps(Part::Delimiter) {
            writeln!(out, "delimiter = \"{}\"", self.delimiter.escape_default()).unwrap();
        }
        if let Some(word) = self.null.filter(|_| keeps(Part::Null)) {
            writeln!(out, "null = ['{word}']").unwrap();
        }
        writeln!(out, "unwrap = {}", self.unwrap).unwrap();
        if self.footer {
            writeln!(out, "not_rows = ['SQL> .*', '\\([0-9]+ rows affected\\)']").unwrap();
        }
        if let Some(format) = self.format.filter(|_| keeps(Part::Format)) {
            writeln!(out, "[dates]\nformats = ['{format}']\ntwo_digit_years_from = 1940").unwrap();
        }
        for table in ["clients", "consents", "immunizations", "vaccines", "organizations"] {
            if self.files && (table != "consents" || in_columns.is_empty() || in_columns[0] == "and rows") {
                writeln!(out, "[tables.{table}]\nfile = '{}_*.TXT'", table.to_uppercase()).unwrap();
            }
            let renamed: &[&str] = match table {
                "clients" => &["BIRTH_DATE"],
                "consents" => &["CLIENT_ID"],
                "immunizations" => &["IMMUNFACT_ID"],
                _ => &[],
            };
            if self.renames && !(renamed.contains(&"BIRTH_DATE") && !keeps(Part::Name)) && !renamed.is_empty()
            {
                writeln!(out, "[tables.{table}.columns]").unwrap();
                for column in renamed {
                    writeln!(out, "{column} = '{}'", self.column_name(table, column)).unwrap();
                }
            }
            for (column, words) in WORDS
                .iter()
                .filter(|(column, _)| crate::common::header(table).split(',').any(|c| c == *column))
            {
                if self.maps && (keeps(Part::Map) || *column != "CLIENT_TYPE") {
                    writeln!(out, "[tables.{table}.values.{column}]").unwrap();
                    words.iter().for_each(|(code, word)| writeln!(out, "\"{word}\" = '{code}'").unwrap());
                }
            }
        }
        for kind in in_columns.iter().filter(|kind| *kind != "and rows") {
            writeln!(
                out,
                "[[tables.consents.from]]\ntable = 'clients'\ncolumns = {{ CONSENT_TYPE = {{ constant = '{kind}' }}, \
                 EFFECTIVE_DATE = '{kind} on', END_DATE = '{kind} off', END_REASON = '{kind} why' }}"
            )
            .unwrap();
        }
        out
    }

    /// The profile's lines for a table that may be absent.
    pub fn of_recipients(&self) -> &'static str {
        if self.files { "[tables.recipients]\nfile = 'RECIPIENTS_*.TXT'\n" } else { "" }
    }
}

fn is_date(column: &str) -> bool {
    column.ends_with("_DATE") || column.ends_with(" on") || column.ends_with(" off")
}

/// A day in a format; what is no day stays.
fn in_format(text: &str, format: &str) -> String {
    let parts: Vec<u32> = text.split('-').filter_map(|part| part.parse().ok()).collect();
    let [year, month, day] = parts[..] else { return text.to_owned() };
    let Some(name) = MONTHS.get(month as usize - 1) else { return text.to_owned() };
    match format {
        "%m/%d/%Y" => format!("{month}/{day}/{year}"),
        "%d.%m.%Y" => format!("{day:02}.{month:02}.{year}"),
        "%Y%m%d" => format!("{year}{month:02}{day:02}"),
        "%d-%b-%y" => format!("{day:02}-{}-{:02}", name[..3].to_uppercase(), year % 100),
        "%d%b%Y" => format!("{day:02}{}{year} 00:00:00", &name[..3]),
        "%B %d, %Y" => format!("{name} {day}, {year}"),
        _ => format!("{month:02}/{day:02}/{year} 09:05:00 pm"),
    }
}

/// Moves consents into columns of their clients' rows, one of each type; returns the types, and first `and rows` if rows are
/// left.
fn move_consents(tables: &mut Tables) -> Vec<String> {
    let mut consents =
        std::mem::take(&mut tables.0.iter_mut().find(|table| table.0 == "consents").unwrap().2);
    let (_, columns, clients) = tables.0.iter_mut().find(|table| table.0 == "clients").unwrap();
    let width = columns.len();
    let kinds = ["STANDARD", "DISASTER"];
    for kind in kinds {
        columns.extend(["on", "off", "why"].map(|what| format!("{kind} {what}")));
    }
    // Only rows that nothing is wrong with: what a faulty one gives is another's matter.
    let is_whole =
        |row: &Vec<String>| row.len() == width && row[0].parse::<u64>().is_ok() && !row[5].is_empty();
    for row in clients.iter_mut().filter(|row| is_whole(row)) {
        for kind in kinds {
            let id: u64 = row[0].parse().unwrap();
            let is_its = |consent: &Vec<String>| {
                consent.len() == 5 && consent[0].parse() == Ok(id) && consent[1].eq_ignore_ascii_case(kind)
            };
            match consents.iter().position(is_its) {
                Some(place) => row.extend(consents.remove(place)[2..].to_vec()),
                None => row.extend(vec![String::new(); 3]),
            }
        }
    }
    for row in clients.iter_mut().filter(|row| row.len() == width) {
        row.extend(vec![String::new(); 6]);
    }
    let mut found = if consents.is_empty() { Vec::new() } else { vec!["and rows".to_owned()] };
    found.extend(kinds.map(str::to_owned));
    tables.0.iter_mut().find(|table| table.0 == "consents").unwrap().2 = consents;
    found
}
