//! Tables of an export in a random shape, as registries write them, and the profile that says which.

use super::common::plain::clean;
use super::common::random::{DAYS, Dice, Tables, csv};
use super::dates::{FORMS, Form, spelled};
use super::encodings::Text;
use super::words::{GivenWords, TableWords, Words, constant, toml};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

/// An export twice: as the contract has it, and in a shape of its own with the profile that says so.
pub(crate) struct Case {
    /// As the contract has it.
    pub(crate) plain: Tables,
    pub(crate) words: Words,
    /// The tables in their shape, by name.
    shaped: BTreeMap<&'static str, ShapedTable>,
    /// Whether it has neither text files nor quotes.
    pub(crate) is_database: bool,
    /// Whether it is a folder of Parquet files, which is like a database in that.
    is_parquet: bool,
    text: Text,
    delimiter: char,
    /// The rows of `clients` that give the last rows of `consents`, by their place.
    givers: Vec<usize>,
    dice: Dice,
}

/// A table in its shape.
struct ShapedTable {
    file: String,
    header: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// A value in its shape.
#[derive(Clone)]
struct Cell {
    text: String,
    /// Whether it must or may not stand in quotes; either will do if it says nothing.
    quoted: Option<bool>,
    /// Whether a database has it as a whole number.
    is_number: bool,
}

impl Cell {
    fn new(text: &str) -> Cell {
        Cell { text: text.to_owned(), quoted: None, is_number: false }
    }
}

/// A table, its column, and the value that it has in each row.
type Constant = (&'static str, &'static str, &'static str);

/// A consent that a row of `clients` gives: by the columns of `consents`, without the client.
type Given = [String; 4];

/// The columns whose values are matched without regard to case.
const CODED: [&str; 5] = ["CLIENT_TYPE", "CONSENT_TYPE", "END_REASON", "DISASTER_FLAG", "PRODUCT_CLASS"];

/// With a word left out these columns would say something else, and not nothing: a group that is not known is a standard
/// immunization's, and an entity of another name is another recipient. So would an id.
const TELLING: [&str; 4] = ["VACCINE_GROUP", "CVX_CODE", "RESPONSIBLE_ENTITY", "RECIPIENT"];

impl Case {
    /// A random one. `is_tame`: without what may add something where a word of the profile is left out.
    pub(crate) fn random(seed: u64, is_tame: bool) -> Case {
        let mut dice = Dice::new(seed ^ 0x5eed_0f5a_a9e5);
        let dirt = if is_tame { 0 } else { [0, 0, 7, 3][dice.below(4)] };
        let mut plain = Tables::random(seed, dirt);
        let is_database = dice.one_in(5);
        let text = Text::random(&mut dice);
        let mut words = Words::default();
        if is_database {
            plain = plain.without_malformed_rows();
        } else {
            words.encoding = text.label(&mut dice);
        }
        let delimiter = [';', '|', '\t', ',', '^', '~', '\u{1f}'][dice.below(7)];
        let is_found = matches!(delimiter, ',' | '|' | '\t') && dice.one_in(2);
        if !is_database && !is_found {
            words.delimiter = Some(delimiter);
        }
        if is_tame {
            keep_first_of_each_key(&mut plain);
        }
        let nulls: &[&str] =
            if is_tame { &["NULL", "\\N", "(null)", "N/A"] } else { &["NULL", "\\N", "-", "missing"] };
        words.null = some(&mut dice, nulls, 2).map(str::to_owned).collect();
        words.unwrap = dice.one_in(2);
        if !is_database && dice.one_in(2) {
            words.not_rows = not_rows(&mut dice, delimiter);
        }
        let forms: &[&str] = FORMS[dice.below(FORMS.len())];
        words.formats = forms.iter().map(|form| (*form).to_owned()).collect();
        if forms.iter().any(|form| form.contains("%y") || form.contains("%D")) {
            words.century = Some(1930 + dice.below(30) as u32);
        }
        let has_short_years = words.century.is_some();
        if !is_tame && !has_short_years && dice.one_in(2) {
            words.unknown = vec!["1900-01-01".to_owned()];
        }
        text.change(&mut plain);
        sprinkle(&mut dice, &mut plain, &words, is_database);
        let constants = with_constants(&mut dice, &mut plain);
        let given = if dice.one_in(2) {
            give_consents(&mut dice, &mut plain, &mut words, is_tame, dirt)
        } else {
            Vec::new()
        };
        if dice.one_in(2) {
            plain = plain.with_columns_shuffled(dice.below(1 << 30) as u64);
        }
        let mut case = Case {
            plain,
            words,
            shaped: BTreeMap::new(),
            is_database,
            is_parquet: cfg!(feature = "parquet") && is_database && seed % 2 == 1,
            text,
            delimiter,
            givers: Vec::new(),
            dice,
        };
        case.shape(&constants, &given, is_tame);
        case.count_rows();
        case
    }

    /// Gives every table its shape.
    fn shape(&mut self, constants: &[Constant], given: &[Vec<Option<Given>>], is_tame: bool) {
        let tables = self.plain.0.clone();
        for (table, columns, rows) in &tables {
            let mut words = TableWords::default();
            let (mut header, mut taken) = (Vec::new(), BTreeSet::new());
            for column in columns {
                if let Some((.., value)) =
                    constants.iter().find(|(t, c, _)| (*t, *c) == (*table, column.as_str()))
                {
                    words.columns.insert(column.clone(), constant(value));
                    continue;
                }
                let name =
                    if self.dice.one_in(3) { self.new_name(&mut taken, column) } else { column.clone() };
                if name != *column {
                    let told = self.spelled_name(&name);
                    words.columns.insert(column.clone(), toml(&told));
                }
                header.push(self.spelled_name(&name));
                let may_map = !(is_tame && (TELLING.contains(&column.as_str()) || column.ends_with("_ID")));
                if may_map && self.dice.one_in(3) {
                    let at = columns.iter().position(|other| other == column).unwrap();
                    let values = rows.iter().filter_map(|row| row.get(at)).map(|value| clean(value));
                    words.values.insert(column.clone(), self.map(column, values.collect()));
                }
            }
            words.values.retain(|_, map| !map.is_empty());
            self.words.tables.insert(table, words);
            let may_wrap = |column: &str| !(is_tame && TELLING.contains(&column));
            // Rows that are given stand in no file of their own.
            let own_rows =
                rows.len() - if *table == "consents" { given.iter().flatten().flatten().count() } else { 0 };
            let mut shaped: Vec<Vec<Cell>> = Vec::new();
            for row in &rows[..own_rows] {
                let mut cells = Vec::new();
                for (at, value) in row.iter().enumerate() {
                    let column = columns.get(at).map_or("", String::as_str);
                    if !constants.iter().any(|(t, c, _)| (*t, *c) == (*table, column)) {
                        cells.push(self.cell(table, column, value, may_wrap(column)));
                    }
                }
                shaped.push(cells);
            }
            let file = self.file_name(table);
            self.shaped.insert(table, ShapedTable { file, header, rows: shaped });
        }
        if !given.is_empty() {
            self.shape_given(given);
        }
        for table in self.shaped.keys().copied().collect::<Vec<_>>() {
            if self.dice.one_in(4) {
                self.add_column_that_is_not_read(table);
            }
        }
    }

    /// A name that no other column has.
    fn new_name(&mut self, taken: &mut BTreeSet<String>, column: &str) -> String {
        let name = match self.dice.below(4) {
            0 => format!("{} {}", self.text.letter(), column.replace('_', " ")),
            1 => format!("F{}", taken.len() + 1),
            2 if !self.is_database => format!("the \"{column}\""),
            _ => format!("X-{}", column.to_lowercase()),
        };
        assert!(taken.insert(name.clone()));
        name
    }

    /// A name as a header may spell it.
    fn spelled_name(&mut self, name: &str) -> String {
        let blank = self.text.wide_blank();
        let blanks = ["_", " ", "_", blank, "  "];
        let mut out = String::new();
        for c in name.chars() {
            match c {
                '_' | ' ' => out += self.dice.pick(&blanks),
                c if self.dice.one_in(3) => out.extend(c.to_lowercase()),
                c if self.dice.one_in(2) => out.extend(c.to_uppercase()),
                c => out.push(c),
            }
        }
        if self.dice.one_in(6) { format!(" {out}{blank}") } else { out }
    }

    /// Words for some of a column's values: by the word what it stands for.
    fn map(&mut self, column: &str, values: BTreeSet<String>) -> BTreeMap<String, String> {
        let is_coded = CODED.contains(&column);
        let mut map = BTreeMap::new();
        let mut known = BTreeSet::new();
        for value in values {
            if value.is_empty() && column != "END_DATE" || column.ends_with("_DATE") && !value.is_empty() {
                continue;
            }
            let is_new = known.insert(if is_coded { value.to_uppercase() } else { value.clone() });
            if is_new && !self.dice.one_in(4) {
                let word = match self.dice.below(3) {
                    0 => format!("{} {}", self.text.letter(), map.len()),
                    1 => format!("90{}", map.len()),
                    _ => format!("code-{}", map.len()),
                };
                map.insert(word, value);
            }
        }
        map
    }

    /// A value in its shape.
    fn cell(&mut self, table: &str, column: &str, value: &str, may_wrap: bool) -> Cell {
        let mut cell = Cell::new(value);
        let cleaned = clean(value);
        if column.ends_with("_DATE") {
            cell = self.date(column, &cleaned);
        }
        if let Some(map) = self.words.tables.get(table).and_then(|words| words.values.get(column)) {
            let is_coded = CODED.contains(&column);
            let is_same =
                |other: &str| if is_coded { other.eq_ignore_ascii_case(&cleaned) } else { other == cleaned };
            if let Some((word, _)) = map.iter().find(|(_, value)| is_same(value)) {
                // Unicode's case, not only ASCII's.
                cell.text = if self.dice.one_in(2) { word.to_lowercase() } else { word.to_uppercase() };
                cell.is_number = false;
            }
        }
        let text = clean(&cell.text);
        if text.is_empty() {
            if !self.words.null.is_empty() && self.dice.one_in(2) {
                let place = self.dice.below(self.words.null.len());
                cell.text = self.words.null[place].clone();
                cell.quoted = Some(false);
            }
            return cell;
        }
        let can_wrap = self.words.unwrap && may_wrap && !cell.text.contains(['"', '\n']);
        let begins_with_digit = text.starts_with(|c: char| c.is_ascii_digit());
        let looks_wrapped = text.starts_with("=\"") || text.starts_with('\'');
        if can_wrap && begins_with_digit && self.dice.one_in(4) {
            cell = Cell::new(&format!("'{}", cell.text.trim_start()));
        } else if can_wrap && (looks_wrapped || self.dice.one_in(3)) {
            cell = Cell::new(&format!("=\"{}\"", cell.text));
        } else if self.words.null.contains(&text) {
            cell.quoted = Some(true);
        }
        cell
    }

    /// A date, or what should be one, in one of the forms.
    fn date(&mut self, column: &str, value: &str) -> Cell {
        let has_unknown = !self.words.unknown.is_empty() && column != "END_DATE";
        if value.is_empty() && !(has_unknown && self.dice.one_in(3)) {
            return Cell::new("");
        }
        let value = if value.is_empty() { "1900-01-01" } else { value };
        let forms = &self.words.formats;
        let form = if forms.is_empty() { "" } else { forms[self.dice.below(forms.len())].as_str() };
        let Form { text, is_number } = spelled(value, form, &mut self.dice);
        Cell { text, quoted: None, is_number }
    }

    fn file_name(&mut self, table: &'static str) -> String {
        if self.is_parquet {
            if self.dice.one_in(2) {
                return format!("{table}.parquet");
            }
            let name = format!("T_{table}_2024.parquet");
            let patterns = [format!("?_{table}_*"), format!("*_{table}_[0-9]*.parquet")];
            self.words.tables.entry(table).or_default().file = Some(patterns[self.dice.below(2)].clone());
            return name;
        }
        if self.is_database {
            if self.dice.one_in(2) {
                return table.to_owned();
            }
            let patterns = [
                format!("?_{table}_*"),
                format!("*{}*_[0-9]*", table.to_uppercase()),
                format!("?_{table}_202?"),
            ];
            self.words.tables.entry(table).or_default().file = Some(patterns[self.dice.below(3)].clone());
            return format!("{}_{table}_2024", self.dice.pick(&["T", "V"]));
        }
        let packed = self.dice.pick(&["", "", ".gz", ".zst"]).to_owned();
        if self.dice.one_in(2) {
            return format!("{table}.csv{packed}");
        }
        let (name, pattern) = match self.dice.below(3) {
            0 => (
                format!("REG_{}_20240708.txt", table.to_uppercase()),
                format!("REG_{}_*.txt", table.to_uppercase()),
            ),
            1 => (format!("export {table}.csv"), format!("export {}[{}]*", &table[..3], &table[3..4])),
            _ => (format!("{table}.DAT"), format!("{table}.D?T")),
        };
        self.words.tables.entry(table).or_default().file = Some(pattern);
        name + &packed
    }

    /// Adds the columns in which rows of `clients` give consents.
    fn shape_given(&mut self, given: &[Vec<Option<Given>>]) {
        let has_own_rows = !self.shaped["consents"].rows.is_empty();
        if !has_own_rows {
            self.shaped.remove("consents");
            let words = self.words.tables.get_mut("consents").unwrap();
            words.file = None;
            words.columns.clear();
        }
        let own_rows: Vec<Vec<String>> =
            self.plain.0.iter().find(|(table, ..)| *table == "clients").unwrap().2.clone();
        for place in 0..own_rows.len() {
            self.givers.extend(given.iter().filter(|consents| consents[place].is_some()).map(|_| place));
        }
        for (place, consents) in given.iter().enumerate() {
            let parts = ["CONSENT_TYPE", "EFFECTIVE_DATE", "END_DATE", "END_REASON"];
            for (part, column) in parts.into_iter().enumerate() {
                let Some(source) = self.words.given[place].columns.get(column).cloned() else { continue };
                if source.starts_with('{') {
                    continue;
                }
                let name = format!("consent {place} {}", column.replace('_', " ").to_lowercase());
                let told = toml(&self.spelled_name(&name));
                self.words.given[place].columns.insert(column, told);
                let header = self.spelled_name(&name);
                let reason = self.words.given[place].end_reason_if_ended.clone();
                for (row, consent) in consents.iter().enumerate() {
                    let value = match consent {
                        // A blank one is filled.
                        Some(consent)
                            if part == 3 && Some(&consent[3]) == reason.as_ref() && self.dice.one_in(2) =>
                        {
                            ""
                        }
                        Some(consent) => consent[part].as_str(),
                        None if part == 0 && self.dice.one_in(2) => "STANDARD",
                        None => "",
                    };
                    let value = value.to_owned();
                    let mut cell = self.cell("consents", column, &value, true);
                    // What `values` gives is final: a word that is blank may stand for something.
                    if consent.is_none() && part == 2 {
                        cell = Cell::new("");
                    }
                    self.shaped.get_mut("clients").unwrap().rows[row].push(cell);
                }
                self.shaped.get_mut("clients").unwrap().header.push(header);
            }
        }
    }

    fn add_column_that_is_not_read(&mut self, table: &'static str) {
        let at = self.dice.below(self.shaped[table].header.len() + 1);
        let values = ["", "x", "NULL", "=\"7\"", "it's", "12/31/2999", "a;b|c,d"];
        let dice = &mut self.dice;
        let shaped = self.shaped.get_mut(table).unwrap();
        shaped.header.insert(at, "remark".to_owned());
        for row in &mut shaped.rows {
            row.insert(at, Cell::new(dice.pick(&values)));
        }
    }

    /// Adds the table `control`, as a rule with the right numbers.
    fn count_rows(&mut self) {
        if !self.dice.one_in(2) {
            return;
        }
        let mut rows: Vec<Vec<String>> = Vec::new();
        for (table, _, own) in &self.plain.0 {
            let off = usize::from(self.dice.one_in(40));
            rows.push(vec![table.to_string(), (own.len() + off).to_string()]);
        }
        let columns = vec!["TABLE_NAME".to_owned(), "ROW_COUNT".to_owned()];
        self.words.tables.insert("control", TableWords::default());
        let mut cells = Vec::new();
        for row in &rows {
            cells.push(vec![
                self.cell("control", "TABLE_NAME", &row[0], true),
                self.cell("control", "ROW_COUNT", &row[1], true),
            ]);
        }
        let header = columns.iter().map(|name| self.spelled_name(name)).collect();
        let file = self.file_name("control");
        self.shaped.insert("control", ShapedTable { file, header, rows: cells });
        self.plain.0.push(("control", columns, rows));
    }

    /// Writes the export as the contract has it; returns on which line each row of a table begins.
    pub(crate) fn write_plain(&self, folder: &Path) -> BTreeMap<&'static str, Vec<u64>> {
        let mut lines = BTreeMap::new();
        for (table, columns, rows) in &self.plain.0 {
            std::fs::write(folder.join(format!("{table}.csv")), csv(columns, rows)).unwrap();
            let of_table: &mut Vec<u64> = lines.entry(*table).or_default();
            let mut line = 2;
            for row in rows {
                of_table.push(line);
                line += csv(row, &[]).iter().filter(|byte| **byte == b'\n').count() as u64;
            }
        }
        lines
    }

    /// Writes the export in its shape to `place`, a folder or a file; returns for each row of a table in which file it
    /// stands, and on which line it begins.
    pub(crate) fn write_shaped(&mut self, place: &Path) -> BTreeMap<&'static str, Vec<(String, u64)>> {
        let tables: Vec<&'static str> = self.shaped.keys().copied().collect();
        let mut places: BTreeMap<&'static str, Vec<(String, u64)>> = BTreeMap::new();
        if self.is_parquet {
            std::fs::create_dir(place).unwrap();
            for table in tables {
                #[cfg(feature = "parquet")]
                self.write_parquet(place, table);
                let rows = 1..=self.shaped[table].rows.len() as u64;
                let file = &self.shaped[table].file;
                places.insert(table, rows.map(|row| (file.clone(), row)).collect());
            }
        } else if self.is_database {
            self.write_database(place);
            let file = place.file_name().unwrap().to_string_lossy().into_owned();
            for table in tables {
                let rows = 1..=self.shaped[table].rows.len() as u64;
                places.insert(table, rows.map(|row| (file.clone(), row)).collect());
            }
        } else {
            std::fs::create_dir(place).unwrap();
            for table in tables {
                let lines = self.write_file(place, table);
                let file = self.shaped[table].file.clone();
                places.insert(table, lines.into_iter().map(|line| (file.clone(), line)).collect());
            }
        }
        let given: Vec<_> = self.givers.iter().map(|giver| places["clients"][*giver].clone()).collect();
        places.entry("consents").or_default().extend(given);
        places
    }

    /// Writes a table's file; returns on which line each row begins.
    fn write_file(&mut self, folder: &Path, table: &'static str) -> Vec<u64> {
        let delimiter = self.delimiter;
        let line_end = self.dice.pick(&["\n", "\r\n"]).to_owned();
        let (mut out, mut lines) = (String::new(), Vec::new());
        self.write_what_is_no_row(&mut out, delimiter, &line_end, 2);
        let header: Vec<Cell> = self.shaped[table].header.iter().map(|name| Cell::new(name)).collect();
        self.write_record(&mut out, &header, delimiter, &line_end);
        self.write_what_is_no_row(&mut out, delimiter, &line_end, 2);
        for place in 0..self.shaped[table].rows.len() {
            lines.push(1 + out.matches('\n').count() as u64);
            let row = self.shaped[table].rows[place].clone();
            self.write_record(&mut out, &row, delimiter, &line_end);
            if self.dice.one_in(5) {
                self.write_what_is_no_row(&mut out, delimiter, &line_end, 1);
            }
        }
        self.write_what_is_no_row(&mut out, delimiter, &line_end, 2);
        let may_be_cut = !["consents", "recipients", "control"].contains(&table)
            && (table != "clients" || self.words.given.is_empty());
        if may_be_cut && self.dice.one_in(4) {
            out.truncate(out.len() - line_end.len());
        }
        let name = &self.shaped[table].file;
        let bytes = packed(name, &self.text.encoded(&out));
        std::fs::write(folder.join(name), bytes).unwrap();
        lines
    }

    fn write_record(&mut self, out: &mut String, cells: &[Cell], delimiter: char, line_end: &str) {
        for (place, cell) in cells.iter().enumerate() {
            if place > 0 {
                out.push(delimiter);
            }
            let must = cell.text.contains([delimiter, '\n', '\r']) || cell.text.starts_with('"');
            let quoted = cell.quoted.unwrap_or_else(|| self.dice.one_in(6)) || must;
            if quoted {
                *out += &format!("\"{}\"", cell.text.replace('"', "\"\""));
            } else {
                *out += &cell.text;
            }
        }
        *out += line_end;
    }

    /// Writes lines that the profile's patterns match, and blank ones.
    fn write_what_is_no_row(&mut self, out: &mut String, delimiter: char, line_end: &str, most: usize) {
        for _ in 0..self.dice.below(most + 1) {
            let lines = &self.words.not_rows;
            let pattern = if lines.is_empty() { "" } else { lines[self.dice.below(lines.len())].as_str() };
            let line = match pattern.as_bytes().first() {
                Some(b'\\') => "(76 rows affected)".to_owned(),
                Some(b'-') => format!("---{delimiter}--{delimiter}-----"),
                Some(b'P') => "Page 7".to_owned(),
                Some(b'#') => format!("#{delimiter}\"made at night"),
                _ => String::new(),
            };
            *out += &line;
            *out += line_end;
        }
    }

    /// Writes a table as a Parquet file, or as a folder of parts: a column is one of whole numbers where it can be.
    #[cfg(feature = "parquet")]
    fn write_parquet(&mut self, folder: &Path, table: &'static str) {
        let ShapedTable { file, header, rows } = &self.shaped[table];
        let path = folder.join(file);
        let width = header.len();
        let is_number = |place: usize| {
            let mut cells =
                rows.iter().map(|row| &row[place]).filter(|cell| !cell.text.is_empty()).peekable();
            cells.peek().is_some() && cells.all(|cell| cell.is_number)
        };
        let columns: Vec<(&str, bool)> =
            header.iter().enumerate().map(|(place, name)| (name.as_str(), is_number(place))).collect();
        let all: Vec<Vec<Option<&str>>> = rows
            .iter()
            .map(|row| {
                let value = |cell: &'_ Cell| !cell.text.is_empty();
                (0..width)
                    .map(|place| Some(row[place].text.as_str()).filter(|_| value(&row[place])))
                    .collect()
            })
            .collect();
        if self.dice.one_in(2) {
            super::parquet_files::write(&path, &columns, &all);
            return;
        }
        std::fs::create_dir(&path).unwrap();
        let length = 1 + self.dice.below(5);
        let parts: Vec<&[Vec<Option<&str>>]> =
            if all.is_empty() { vec![&[]] } else { all.chunks(length).collect() };
        for (place, part) in parts.into_iter().enumerate() {
            super::parquet_files::write(&path.join(format!("part-{place:03}.parquet")), &columns, part);
        }
    }

    fn write_database(&mut self, path: &Path) {
        let mut connection = rusqlite::Connection::open(path).unwrap();
        let all = connection.transaction().unwrap();
        for (table, ShapedTable { file, header, rows }) in &self.shaped {
            let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
            // A view is as good as a table.
            let stored = if file.starts_with("V_") { format!("stored {table}") } else { file.clone() };
            let columns: Vec<String> = header.iter().map(|name| quoted(name)).collect();
            all.execute(&format!("CREATE TABLE {} ({})", quoted(&stored), columns.join(", ")), []).unwrap();
            let marks = vec!["?"; columns.len()].join(", ");
            let mut insert =
                all.prepare(&format!("INSERT INTO {} VALUES ({marks})", quoted(&stored))).unwrap();
            for row in rows {
                let value = |cell: &Cell| match cell.text.as_str() {
                    "" => rusqlite::types::Value::Null,
                    text if cell.is_number => rusqlite::types::Value::Integer(text.parse().unwrap()),
                    text => rusqlite::types::Value::Text(text.to_owned()),
                };
                insert.execute(rusqlite::params_from_iter(row.iter().map(value))).unwrap();
            }
            if stored != *file {
                all.execute(
                    &format!("CREATE VIEW {} AS SELECT * FROM {}", quoted(file), quoted(&stored)),
                    [],
                )
                .unwrap();
            }
        }
        all.commit().unwrap();
    }
}

/// Each with a chance of one in so many.
fn some<'a>(dice: &mut Dice, from: &[&'a str], one_in: usize) -> impl Iterator<Item = &'a str> {
    from.iter().copied().filter(|_| dice.one_in(one_in)).collect::<Vec<_>>().into_iter()
}

/// Patterns of lines that are no rows.
fn not_rows(dice: &mut Dice, delimiter: char) -> Vec<String> {
    let of_dashes = format!("-+(\\x{:02x}-+)*", delimiter as u32);
    some(dice, &[r"\([0-9]+ rows? affected\)", &of_dashes, "Page [0-9]+", "#.*"], 2)
        .map(str::to_owned)
        .collect()
}

/// Leaves of rows that share a key the first.
fn keep_first_of_each_key(tables: &mut Tables) {
    for (table, _, rows) in &mut tables.0 {
        let place = match *table {
            "clients" | "vaccines" | "organizations" => 0,
            "immunizations" => 1,
            _ => continue,
        };
        let mut known = BTreeSet::new();
        rows.retain(|row| known.insert(row[place].trim_start_matches('0').to_owned()));
    }
}

/// Puts texts among the clients' names that look like what a profile changes.
fn sprinkle(dice: &mut Dice, tables: &mut Tables, words: &Words, is_database: bool) {
    let (_, _, rows) = tables.0.iter_mut().find(|(table, ..)| *table == "clients").unwrap();
    for row in rows.iter_mut().filter(|row| row.len() > 6) {
        let name = &mut row[2 + dice.below(2)];
        match dice.below(6) {
            // A database has no quotes in which they would be text.
            0 if !is_database => words.null.iter().for_each(|word| name.clone_from(word)),
            1 => *name = "a\n(3 rows affected)\nb".to_owned(),
            2 if words.unwrap && !is_database => *name = "'5 o'clock".to_owned(),
            3 => *name = "code-0x".to_owned(),
            _ => {}
        }
    }
}

/// Makes a column or two the same in each row; returns which.
fn with_constants(dice: &mut Dice, tables: &mut Tables) -> Vec<Constant> {
    let all = [
        ("clients", "STATE_CODE", " TX"),
        ("organizations", "PROVIDER_STATE", ""),
        ("immunizations", "DISASTER_FLAG", "n"),
        ("vaccines", "PRODUCT_CLASS", ""),
    ];
    let mut constants = Vec::new();
    for (table, column, value) in all {
        if !dice.one_in(3) {
            continue;
        }
        let (_, columns, rows) = tables.0.iter_mut().find(|(name, ..)| *name == table).unwrap();
        let at = columns.iter().position(|name| name == column).unwrap();
        rows.iter_mut().for_each(|row| row[at] = value.to_owned());
        if !rows.is_empty() {
            constants.push((table, column, value));
        }
    }
    constants
}

/// Has the rows of `clients` give consents, which then are the last rows of `consents`. Returns for each consent that the
/// profile finds in a row what each row gives.
fn give_consents(
    dice: &mut Dice,
    tables: &mut Tables,
    words: &mut Words,
    is_tame: bool,
    dirt: usize,
) -> Vec<Vec<Option<Given>>> {
    let (_, columns, clients) = tables.0.iter_mut().find(|(table, ..)| *table == "clients").unwrap();
    // One that cannot be read as a row may give a consent, and stops the run.
    clients.retain(|row| row.len() == columns.len());
    let clients = clients.clone();
    let can_give = |row: &Vec<String>| row[0].parse::<u64>().is_ok() && !row[5].is_empty();
    let count = 1 + dice.below(2);
    let mut given = Vec::new();
    for place in 0..count {
        let kind = ["STANDARD", "DISASTER"][(place + dice.below(2) * usize::from(!is_tame)) % 2];
        let has_kind_of_its_own = is_tame || dice.one_in(2);
        let mut source = GivenWords::default();
        source
            .columns
            .insert("CONSENT_TYPE", if has_kind_of_its_own { constant(kind) } else { String::new() });
        source.columns.insert("EFFECTIVE_DATE", String::new());
        source.columns.insert("END_DATE", String::new());
        let has_reasons = dice.one_in(2);
        if has_reasons {
            source.columns.insert("END_REASON", String::new());
        }
        source.end_reason_if_ended =
            [None, Some("WITHDRAWN"), Some("EXPIRED")][dice.below(3)].map(str::to_owned);
        let consent = |row: &Vec<String>| {
            if !can_give(row) || dice.one_in(4) {
                return None;
            }
            let (start, end) = (dice.pick(&DAYS), dice.pick(&DAYS));
            let (mut start, end) = (start.min(end), start.max(end));
            if dirt > 0 && dice.one_in(dirt * 2) {
                start = "2020-02-30";
            }
            let end = if dice.one_in(2) { end } else { "" };
            let reason =
                if end.is_empty() || !has_reasons { "" } else { dice.pick(&["WITHDRAWN", "EXPIRED", ""]) };
            let filled =
                source.end_reason_if_ended.as_deref().filter(|_| reason.is_empty() && !end.is_empty());
            let reason = filled.unwrap_or(reason);
            let kind =
                if has_kind_of_its_own { kind } else { dice.pick(&["STANDARD", "DISASTER", "disaster"]) };
            Some([kind, start, end, reason].map(str::to_owned))
        };
        given.push(clients.iter().map(consent).collect::<Vec<_>>());
        words.given.push(source);
    }
    let (_, _, consents) = tables.0.iter_mut().find(|(table, ..)| *table == "consents").unwrap();
    if is_tame || dice.one_in(2) {
        consents.clear();
    }
    for (place, row) in clients.iter().enumerate() {
        for consent in given.iter().filter_map(|consents| consents[place].as_ref()) {
            consents.push([&row[..1], consent].concat());
        }
    }
    given
}

fn packed(name: &str, bytes: &[u8]) -> Vec<u8> {
    if name.ends_with(".gz") {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    } else if name.ends_with(".zst") {
        zstd::encode_all(bytes, 1).unwrap()
    } else {
        bytes.to_owned()
    }
}
