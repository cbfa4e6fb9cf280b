//! A profile, word by word, so that a word can be left out.

use std::collections::BTreeMap;
use std::fmt::Write;

/// What a profile says.
#[derive(Clone, Default, Debug)]
pub(crate) struct Words {
    pub(crate) encoding: Option<String>,
    pub(crate) delimiter: Option<char>,
    pub(crate) null: Vec<String>,
    pub(crate) unwrap: bool,
    pub(crate) not_rows: Vec<String>,
    pub(crate) formats: Vec<String>,
    pub(crate) century: Option<u32>,
    pub(crate) unknown: Vec<String>,
    pub(crate) tables: BTreeMap<&'static str, TableWords>,
    pub(crate) given: Vec<GivenWords>,
}

/// What it says of a table.
#[derive(Clone, Default, Debug)]
pub(crate) struct TableWords {
    pub(crate) file: Option<String>,
    /// For a column its name in the export, or what is the same in each row, in TOML.
    pub(crate) columns: BTreeMap<String, String>,
    /// For a column its words, each with what it stands for.
    pub(crate) values: BTreeMap<String, BTreeMap<String, String>>,
}

/// What it says of consents that rows of `clients` give.
#[derive(Clone, Default, Debug)]
pub(crate) struct GivenWords {
    pub(crate) columns: BTreeMap<&'static str, String>,
    pub(crate) end_reason_if_ended: Option<String>,
}

/// A text as TOML writes it.
pub(crate) fn toml(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// A constant as TOML writes it.
pub(crate) fn constant(text: &str) -> String {
    format!("{{ constant = {} }}", toml(text))
}

fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| toml(text)).collect::<Vec<_>>().join(", "))
}

impl Words {
    /// The profile's text.
    pub(crate) fn text(&self) -> String {
        let some_list = |texts: &[String]| (!texts.is_empty()).then(|| list(texts));
        let files = [
            ("encoding", self.encoding.as_deref().map(toml)),
            ("delimiter", self.delimiter.map(|c| toml(&c.to_string()))),
            ("null", some_list(&self.null)),
            ("unwrap", self.unwrap.then(|| "true".to_owned())),
            ("not_rows", some_list(&self.not_rows)),
        ];
        let dates = [
            ("formats", some_list(&self.formats)),
            ("two_digit_years_from", self.century.map(|year| year.to_string())),
            ("unknown", some_list(&self.unknown)),
        ];
        let mut out = "name = \"Random\"\n".to_owned();
        for (section, keys) in [("files", &files[..]), ("dates", &dates)] {
            writeln!(out, "[{section}]").unwrap();
            for (key, value) in keys {
                value.iter().for_each(|value| writeln!(out, "{key} = {value}").unwrap());
            }
        }
        for (table, words) in &self.tables {
            writeln!(out, "[tables.{table}]").unwrap();
            if let Some(file) = &words.file {
                writeln!(out, "file = {}", toml(file)).unwrap();
            }
            writeln!(out, "[tables.{table}.columns]").unwrap();
            for (column, source) in &words.columns {
                writeln!(out, "{column} = {source}").unwrap();
            }
            for (column, map) in &words.values {
                writeln!(out, "[tables.{table}.values.{column}]").unwrap();
                for (word, value) in map {
                    writeln!(out, "{} = {}", toml(word), toml(value)).unwrap();
                }
            }
        }
        for given in &self.given {
            let columns: Vec<String> =
                given.columns.iter().map(|(column, source)| format!("{column} = {source}")).collect();
            writeln!(out, "[[tables.consents.from]]\ntable = \"clients\"").unwrap();
            writeln!(out, "columns = {{ {} }}", columns.join(", ")).unwrap();
            if let Some(reason) = &given.end_reason_if_ended {
                writeln!(out, "end_reason_if_ended = {}", toml(reason)).unwrap();
            }
        }
        out
    }

    /// The profile with one word left out, in every way, each with what was left out.
    pub(crate) fn shorter(&self) -> Vec<(String, Words)> {
        let mut all = Vec::new();
        let mut without = |what: String, change: &dyn Fn(&mut Words)| {
            let mut words = self.clone();
            change(&mut words);
            all.push((what, words));
        };
        if self.encoding.is_some() {
            without("encoding".to_owned(), &|words| words.encoding = None);
        }
        if self.delimiter.is_some() {
            without("delimiter".to_owned(), &|words| words.delimiter = None);
        }
        if self.unwrap {
            without("unwrap".to_owned(), &|words| words.unwrap = false);
        }
        for place in 0..self.null.len() {
            without(format!("null {place}"), &|words| drop(words.null.remove(place)));
        }
        for place in 0..self.not_rows.len() {
            without(format!("not_rows {place}"), &|words| drop(words.not_rows.remove(place)));
        }
        for place in 0..self.formats.len() {
            without(format!("format {place}"), &|words| drop(words.formats.remove(place)));
        }
        for place in 0..self.given.len() {
            without(format!("from {place}"), &|words| drop(words.given.remove(place)));
        }
        for (table, own) in &self.tables {
            // Without the table `recipients` each entity is one.
            if own.file.is_some() && *table != "recipients" {
                without(format!("{table}.file"), &|words| words.tables.get_mut(table).unwrap().file = None);
            }
            for column in own.columns.keys() {
                without(format!("{table}.{column}"), &|words| {
                    words.tables.get_mut(table).unwrap().columns.remove(column);
                });
            }
            for (column, map) in &own.values {
                for word in map.keys() {
                    without(format!("{table}.{column} {word}"), &|words| {
                        words.tables.get_mut(table).unwrap().values.get_mut(column).unwrap().remove(word);
                    });
                }
            }
        }
        all
    }
}
