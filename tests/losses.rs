//! Damage on the way in: stray quotes, files that are cut, bytes of a database that changed. Whatever it does, no fact
//! is shared that would not have been, unless a value of its own row, or of a row that it names, was altered where it
//! stands.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::random::Dice;
use common::{Site, header};
use proptest::prelude::*;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// A table's name, its header and its rows, each field as CSV has it.
type Rows = Vec<Vec<String>>;

/// An export in which no two rows share a key. Half of the clients have withdrawn, at some time.
#[derive(Clone, Debug)]
struct Export {
    tables: Vec<(&'static str, Vec<String>, Rows)>,
    delimiter: char,
}

const TEXTS: [&str; 8] = [
    "",
    "Ana",
    "\"García, Jr.\"",
    "\"12 Elm St\nApt 4\"",
    "\"the \"\"Kid\"\"\"",
    "5'4 \"\" tall",
    "\"a,b,\nc\"",
    "\"line\r\n\r\nline\"",
];
const NOTES: [&str; 5] = ["", "called", "\"left, a message\"", "\"said \"\"no\"\"\"", "x|y"];

impl Export {
    fn random(dice: &mut Dice, with_control: bool) -> Export {
        let clients = 4 + dice.below(12);
        let facts = 6 + dice.below(30);
        let own = |text: &str| text.to_owned();
        let row = |fields: &[&str]| fields.iter().map(|field| own(field)).collect::<Vec<_>>();
        let mut tables: Vec<(&'static str, Rows)> = Vec::new();
        let client = |dice: &mut Dice, id: usize| {
            let kind = dice.pick(&["IA", "IA", "IC", "DC", "XX"]);
            let mut fields = row(&[&id.to_string(), kind]);
            fields.extend((0..3).map(|_| own(dice.pick(&TEXTS))));
            fields.push(own(dice.pick(&["1990-05-05", "2015-03-01", "2006-07-09"])));
            fields.extend((0..5).map(|_| own(dice.pick(&TEXTS))));
            fields
        };
        tables.push(("clients", (1..=clients).map(|id| client(dice, id)).collect()));
        let mut consents = Rows::new();
        for id in 1..=clients {
            for kind in ["STANDARD", "DISASTER"] {
                consents.push(row(&[&id.to_string(), kind, "2015-01-01", "", ""]));
                if !dice.one_in(3) {
                    consents.push(row(&[&id.to_string(), kind, "2016-01-01", "2023-05-05", "WITHDRAWN"]));
                }
            }
        }
        tables.push(("consents", consents));
        let fact = |dice: &mut Dice, id: usize| {
            let date = dice.pick(&["2024-06-01", "2021-03-05", "2016-01-01", "2019-11-30"]);
            let (client, vaccine) = (1 + dice.below(clients), 1 + dice.below(3));
            let organization = (1 + dice.below(3)).to_string();
            row(&[
                &id.to_string(),
                &(1000 + id).to_string(),
                &client.to_string(),
                &vaccine.to_string(),
                date,
                dice.pick(&["MMR", "COV", "\"R\nSV\"", ""]),
                "1",
                &organization,
                dice.pick(&["", "Y", "N"]),
            ])
        };
        tables.push(("immunizations", (1..=facts).map(|id| fact(dice, id)).collect()));
        tables.push((
            "vaccines",
            [row(&["1", "03", ""]), row(&["2", "208", "VACCINE"]), row(&["3", "93", ""])].into(),
        ));
        let organization = |dice: &mut Dice, id: &str, entity: &str| {
            let mut fields = row(&[id, dice.pick(&TEXTS), "C", entity]);
            fields.extend((0..4).map(|_| own(dice.pick(&TEXTS))));
            fields
        };
        let entities = [("1", "Travis"), ("2", "El Paso"), ("3", "")];
        tables.push(("organizations", entities.map(|(id, entity)| organization(dice, id, entity)).into()));
        if dice.one_in(2) {
            tables.push(("recipients", [row(&["Austin", "Travis"]), row(&["Border", "El Paso"])].into()));
        }
        for (table, rows) in &mut tables {
            dice.shuffle(rows);
            // A cut goes through the last row.
            if *table == "consents" {
                rows.sort_by_key(|row| row[4] == "WITHDRAWN" && row[0] == "1");
            }
        }
        let mut tables: Vec<_> = tables
            .into_iter()
            .map(|(name, rows)| (name, header(name).split(',').map(own).collect::<Vec<_>>(), rows))
            .collect();
        for (name, columns, rows) in &mut tables {
            if dice.one_in(2) {
                // A column of notes, somewhere or at the end. Where no value may hold a line break, none does.
                let place = dice.below(columns.len() + 1);
                columns.insert(place, own("NOTES"));
                let may_break = !matches!(*name, "consents" | "recipients");
                for row in rows {
                    let note = if may_break && dice.one_in(4) { "\"by\nphone\"" } else { dice.pick(&NOTES) };
                    row.insert(place, own(note));
                }
            }
        }
        let counts: Rows =
            tables.iter().map(|(name, _, rows)| row(&[name, &rows.len().to_string()])).collect();
        if with_control {
            tables.push(("control", header("control").split(',').map(own).collect(), counts));
        }
        // Where texts hold commas, another delimiter would need no quotes; the texts have them all the same.
        let delimiter = if dice.one_in(3) { '\t' } else { ',' };
        Export { tables, delimiter }
    }

    /// Each table's file, with the row that each line belongs to (none for the header).
    fn files(&self) -> BTreeMap<&'static str, (Vec<u8>, Vec<Option<usize>>)> {
        let mut files = BTreeMap::new();
        for (name, columns, rows) in &self.tables {
            let (mut text, mut row_of) = (Vec::new(), Vec::new());
            let mut push = |fields: &Vec<String>, row: Option<usize>| {
                let record = fields.join(&self.delimiter.to_string()) + "\n";
                row_of.extend(std::iter::repeat_n(row, record.matches('\n').count()));
                text.extend_from_slice(record.as_bytes());
            };
            push(columns, None);
            rows.iter().enumerate().for_each(|(place, row)| push(row, Some(place)));
            files.insert(*name, (text, row_of));
        }
        files
    }

    fn value<'a>(&'a self, table: &str, row: &'a [String], column: &str) -> &'a str {
        let (_, columns, _) = self.tables.iter().find(|(name, _, _)| *name == table).unwrap();
        &row[columns.iter().position(|name| name == column).unwrap()]
    }

    /// The facts whose own row is among these, or a row that they name. `altered` are places by table.
    fn touched(&self, altered: &BTreeSet<(&str, usize)>) -> BTreeSet<u64> {
        let rows = |table: &str| &self.tables.iter().find(|(name, _, _)| *name == table).unwrap().2;
        let names_altered = |fact: &Vec<String>, table: &str, key: &str, own: &str| {
            let id = self.value("immunizations", fact, own);
            let place = rows(table).iter().position(|row| self.value(table, row, key) == id);
            place.is_some_and(|place| altered.contains(&(table, place)))
        };
        let is_touched = |(place, fact): &(usize, &Vec<String>)| {
            altered.contains(&("immunizations", *place))
                || names_altered(fact, "clients", "CLIENT_ID", "CLIENT_ID")
                || names_altered(fact, "vaccines", "VACCINE_ID", "VACCINE_ID")
                || names_altered(fact, "organizations", "ORG_ID", "GIVEN_BY_ORG_ID")
        };
        let id = |fact: &Vec<String>| self.value("immunizations", fact, "IMMUNFACT_ID").parse().unwrap();
        rows("immunizations").iter().enumerate().filter(is_touched).map(|(_, fact)| id(fact)).collect()
    }
}

/// Where the fields of a column begin and end, in every line that has so many and no quote.
fn fields_of(text: &[u8], delimiter: u8, column: usize) -> Vec<(usize, usize)> {
    let (mut fields, mut start) = (Vec::new(), 0);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let all = || line.strip_suffix(b"\n").unwrap_or(line).split(|byte| *byte == delimiter);
        if let (Some(field), false) = (all().nth(column), line.contains(&b'"')) {
            let at = start + all().take(column).map(|before| before.len() + 1).sum::<usize>();
            fields.push((at, at + field.len()));
        }
        start += line.len();
    }
    // A header has no quotes, and the columns that the table has.
    assert!(!fields.is_empty());
    fields
}

/// The facts that are shared, by IMMUNFACT_ID; none if the run stops. `what` is told where it fails in another way.
fn shared(site: &Site, export: &std::path::Path, what: &str) -> Option<BTreeSet<u64>> {
    let ran = common::run_on(export, &site.out(), &["--max-quarantined", "100%", "--quiet"]);
    // A database may be refused as one that can't be opened, or read.
    if matches!(ran.code, 65 | 66 | 74) {
        assert!(!site.out().join("202407").exists(), "{what}");
        return None;
    }
    assert_eq!(ran.code, 0, "{what}: {}", ran.stderr);
    let mut facts = BTreeSet::new();
    for (name, text) in site.batch() {
        if name.starts_with("PHDS_") {
            let mut reader = csv::Reader::from_reader(text.as_slice());
            facts.extend(reader.records().map(|row| row.unwrap()[11].parse::<u64>().unwrap()));
        }
    }
    std::fs::remove_dir_all(site.out()).unwrap();
    Some(facts)
}

fn shared_of(
    files: &BTreeMap<&'static str, (Vec<u8>, Vec<Option<usize>>)>,
    what: &str,
) -> Option<BTreeSet<u64>> {
    let site = Site::empty();
    for (name, (text, _)) in files {
        site.file(&format!("{name}.csv"), text);
    }
    shared(&site, &site.export(), what)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn stray_quotes_share_nothing_more(seed: u64, quotes in 1usize..4) {
        let dice = &mut Dice::new(seed);
        // With a count of its rows nothing can be missing from a table.
        let with_control = dice.one_in(5);
        let export = Export::random(dice, with_control);
        let mut files = export.files();
        let sound = shared_of(&files, "sound").unwrap();
        let names: Vec<&'static str> = files.keys().copied().collect();
        // Most often where the most can be lost, and mostly in one table: two in one are what swallows rows.
        let table = if dice.one_in(3) { names[dice.below(names.len())] } else { "consents" };
        let mut altered = BTreeSet::new();
        // Mostly two of them open and close a field of one column, some rows apart.
        let mut places = Vec::new();
        if quotes > 1 && !dice.one_in(4) {
            let (text, _) = &files[table];
            let column = dice.below(export.tables.iter().find(|(name, _, _)| *name == table).unwrap().1.len());
            let fields: Vec<(usize, usize)> = fields_of(text, export.delimiter as u8, column);
            let first = dice.below(fields.len());
            let last = fields.len().min(first + 1 + dice.below(4)) - 1;
            // The later one first, so that the other stays where it is.
            places.extend([fields[last].1, fields[first].0]);
        }
        for nth in 0..quotes {
            let table = if nth >= places.len() && dice.one_in(5) { names[dice.below(names.len())] } else { table };
            let (text, row_of) = files.get_mut(table).unwrap();
            // Half of the others at the beginning of a field, or at its end.
            let ends: Vec<usize> = (0..text.len()).filter(|i| [b',', b'\t', b'\n'].contains(&text[*i])).collect();
            let at = match places.get(nth) {
                Some(place) => *place,
                None if dice.one_in(2) => ends[dice.below(ends.len())] + dice.below(2),
                None => dice.below(text.len() + 1),
            };
            let line = text[..at].iter().filter(|byte| **byte == b'\n').count();
            text.insert(at, b'"');
            if let Some(Some(row)) = row_of.get(line) {
                altered.insert((table, *row));
            }
        }
        if let Some(damaged) = shared_of(&files, "quotes") {
            let touched = export.touched(&altered);
            let more: Vec<&u64> = damaged.difference(&sound).filter(|fact| !touched.contains(fact)).collect();
            prop_assert!(more.is_empty(), "{more:?} of {altered:?}: {files:?}");
        }
    }

    #[test]
    fn a_file_that_is_cut_shares_nothing_more(seed: u64) {
        let dice = &mut Dice::new(seed);
        let export = Export::random(dice, true);
        let mut files = export.files();
        let sound = shared_of(&files, "sound").unwrap();
        let names: Vec<&'static str> = files.keys().copied().collect();
        let table = if dice.one_in(2) { "consents" } else { names[dice.below(names.len())] };
        let (text, row_of) = files.get_mut(table).unwrap();
        // Mostly in the last line, where no row is missing, and there mostly behind a field.
        let last = text[..text.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        let ends: Vec<usize> = (last..text.len()).filter(|i| text[*i] == export.delimiter as u8).collect();
        let at = match dice.below(4) {
            0 => dice.below(text.len()),
            1 => last + dice.below(text.len() - last),
            // The last line of a value over several lines may have none.
            _ if ends.is_empty() => last,
            _ => ends[dice.below(ends.len())] + dice.below(2),
        };
        let line = text[..at].iter().filter(|byte| **byte == b'\n').count();
        text.truncate(at);
        let altered: BTreeSet<(&str, usize)> = row_of.get(line).copied().flatten().map(|row| (table, row)).into_iter().collect();
        if let Some(damaged) = shared_of(&files, "cut") {
            let touched = export.touched(&altered);
            let more: Vec<&u64> = damaged.difference(&sound).filter(|fact| !touched.contains(fact)).collect();
            prop_assert!(more.is_empty(), "{more:?} of {table} at {at}: {files:?}");
        }
    }
}

/// Where a database's pages are, and what may be damaged in each without touching a record of a table.
fn places_outside_of_records(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let number = |at: usize| usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
    let size = match number(16) {
        1 => 65536,
        size => size,
    };
    let mut places = Vec::from([std::ops::Range { start: 0, end: 100 }]);
    for page in 0..bytes.len() / size {
        let start = page * size;
        let header = if page == 0 { 100 } else { start };
        let cells = number(header + 3);
        match bytes[header] {
            // Indexes, whole.
            0x02 | 0x0a => places.push(start..start + size),
            // Tables: the page's header, and the pointers to its cells. Of inner pages the cells are no records.
            0x05 => places.push(header..start + size),
            0x0d => places.push(header..header + 8 + 2 * cells),
            _ => {}
        }
    }
    places
}

#[test]
fn a_database_whose_pages_are_damaged_shares_nothing_more() {
    let (mut refused, mut read) = (0, 0);
    for seed in 0..6 {
        let dice = &mut Dice::new(seed);
        let site = Site::empty();
        let path = site.path("export.sqlite");
        let connection = Connection::open(&path).unwrap();
        // Small pages, so that there are many, and an inner one in each large table.
        connection.execute_batch("PRAGMA page_size = 512;").unwrap();
        let mut sql = String::new();
        for table in
            ["clients", "consents", "immunizations", "vaccines", "organizations", "control", "recipients"]
        {
            sql += &format!("CREATE TABLE {table} ({});", header(table));
        }
        sql += "INSERT INTO vaccines VALUES (1, '03', ''), (2, '208', '');
            INSERT INTO organizations VALUES (1, 'Clinic', 'C', 'Travis', '', '', '', ''), (2, 'Clinic', 'D', 'El Paso', '', '', '', '');
            INSERT INTO recipients VALUES ('Austin', 'Travis');";
        for id in 1..=60 {
            let kind = if id % 5 == 0 { "XX" } else { "IA" };
            sql += &format!(
                "INSERT INTO clients VALUES ({id}, '{kind}', 'Ana', 'Ruiz', '', '1990-05-05', 'F', '', 'TX', 'Travis', '78701');
                 INSERT INTO consents VALUES ({id}, 'STANDARD', '2015-01-01', '', '');
                 INSERT INTO immunizations VALUES ({id}, {id}, {id}, {}, '2024-06-01', 'MMR', 1, {}, 'N');",
                1 + id % 2, 1 + id % 2
            );
            if id % 3 == 0 {
                sql += &format!(
                    "INSERT INTO consents VALUES ({id}, 'STANDARD', '2016-01-01', '2023-05-05', 'WITHDRAWN');"
                );
            }
        }
        // Some exports have indexes, some a count; none has a view over them.
        if seed % 2 == 0 {
            sql +=
                "CREATE INDEX a ON consents (CLIENT_ID, CONSENT_TYPE, EFFECTIVE_DATE, END_DATE, END_REASON);
                CREATE UNIQUE INDEX b ON clients (CLIENT_ID); CREATE INDEX c ON immunizations (CLIENT_ID);";
        }
        if seed % 3 == 0 {
            sql += "INSERT INTO control VALUES ('consents', 80);";
        }
        connection.execute_batch(&format!("BEGIN; {sql} COMMIT;")).unwrap();
        drop(connection);
        let sound = shared(&site, &path, "sound").unwrap();
        assert!(sound.len() > 10);
        let bytes = std::fs::read(&path).unwrap();
        let places = places_outside_of_records(&bytes);
        let total: usize = places.iter().map(std::iter::ExactSizeIterator::len).sum();
        for _ in 0..60 {
            let mut damaged = bytes.clone();
            let mut changed = Vec::new();
            for _ in 0..1 + dice.below(3) {
                let mut nth = dice.below(total);
                let place = places
                    .iter()
                    .find(|place| {
                        nth < place.len() || {
                            nth -= place.len();
                            false
                        }
                    })
                    .unwrap();
                let at = place.start + nth;
                damaged[at] =
                    if dice.one_in(2) { dice.below(256) as u8 } else { damaged[at] ^ (1 << dice.below(8)) };
                changed.push((at, damaged[at]));
            }
            std::fs::write(&path, &damaged).unwrap();
            match shared(&site, &path, &format!("seed {seed}, {changed:?}")) {
                Some(facts) => {
                    read += 1;
                    let more: Vec<&u64> = facts.difference(&sound).collect();
                    assert!(more.is_empty(), "{more:?}: seed {seed}, {changed:?}");
                }
                None => refused += 1,
            }
            for beside in ["-wal", "-shm", "-journal"] {
                let _ = std::fs::remove_file(site.path(&format!("export.sqlite{beside}")));
            }
        }
    }
    assert!(refused > 50 && read > 10, "{refused} refused, {read} read");
}
