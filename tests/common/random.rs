//! Random exports: small, and full of boundary days, near-duplicates and odd spellings.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // Each test binary uses a part of it.

use super::{Site, header};

/// A few random numbers from a seed (xorshift), so that a failing case can be made again.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % n
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

/// A table's name, its columns and its rows.
pub type TableRows = (&'static str, Vec<String>, Vec<Vec<String>>);

/// An export's tables.
#[derive(Clone, Debug)]
pub struct Tables(pub Vec<TableRows>);

pub const DAYS: [&str; 22] = [
    "2016-02-29",
    "2017-12-31",
    "2018-01-01",
    "2019-07-07",
    "2019-07-08",
    "2019-07-09",
    "2020-02-28",
    "2020-02-29",
    "2020-03-01",
    "2021-05-31",
    "2021-06-30",
    "2022-08-15",
    "2023-06-15",
    "2023-06-16",
    "2024-02-29",
    "2024-07-07",
    "2024-07-08",
    "2024-07-09",
    "2024-12-31",
    "2025-01-01",
    "2020-10-10",
    "2021-11-11",
];
const BIRTHS: [&str; 8] = [
    "1960-01-31",
    "2006-07-07",
    "2006-07-08",
    "2006-07-09",
    "2004-02-29",
    "2019-07-08",
    "2019-07-09",
    "2020-02-29",
];
const TEXTS: [&str; 9] =
    ["", "Ana", "García, Jr.", "O'Neill", "the \"Kid\"", "  two  ", "né\u{a0}", "a\nb", "=1+1"];
const ENTITIES: [&str; 6] = ["Travis", "TRAVIS", "El  Paso", "el paso", "Río Seco", ""];
const GROUPS: [&str; 6] = ["MMR", "COV", "cov", "COVID-19", "RSV", ""];

impl Tables {
    /// A random export; `dirt`: one row in so many is unusable, 0 is none.
    pub fn random(seed: u64, dirt: usize) -> Tables {
        let dice = &mut Dice::new(seed);
        let clients = 3 + dice.below(12);
        let facts = 5 + dice.below(60);
        let text = |dice: &mut Dice| dice.pick(&TEXTS).to_owned();
        let own = |s: &str| s.to_owned();

        let mut client_rows: Vec<Vec<String>> = Vec::new();
        for id in 1..=clients {
            let mut row =
                vec![id.to_string(), own(dice.pick(&["IA", "IC", "ic", "DC", "PA", "IA", "XX", ""]))];
            row.extend((0..3).map(|_| text(dice)));
            row.push(own(dice.pick(&BIRTHS)));
            row.extend((0..5).map(|_| text(dice)));
            client_rows.push(row);
        }
        repeat_some(dice, &mut client_rows, 2);
        let mut consent_rows = Vec::new();
        for _ in 0..clients * 3 {
            let (start, end) = (dice.pick(&DAYS), dice.pick(&DAYS));
            let (start, end) = (start.min(end), start.max(end));
            let (end, reason) = match dice.below(5) {
                0 => (end, "WITHDRAWN"),
                1 => (end, "expired"),
                2 => (end, ""),
                _ => ("", ""),
            };
            let id = 1 + dice.below(clients + 1);
            let kind = dice.pick(&["STANDARD", "standard", "DISASTER"]);
            consent_rows.push([id.to_string(), own(kind), own(start), own(end), own(reason)].to_vec());
        }
        let vaccine = |id: usize, cvx: &str, class: &str| vec![id.to_string(), own(cvx), own(class)];
        let mut vaccine_rows = vec![
            vaccine(1, "03", ""),
            vaccine(2, "208", "vaccine"),
            vaccine(3, "93", ""),
            vaccine(4, "", "COVID_THERAPEUTIC"),
            vaccine(5, "306.0", "RSV_THERAPEUTIC"),
            vaccine(6, "", ""),
        ];
        repeat_some(dice, &mut vaccine_rows, 12);
        let mut organization_rows: Vec<Vec<String>> = (1..=5)
            .map(|id| {
                let mut row = vec![id.to_string(), text(dice), text(dice), own(dice.pick(&ENTITIES))];
                row.extend((0..4).map(|_| text(dice)));
                row
            })
            .collect();
        repeat_some(dice, &mut organization_rows, 12);
        let mut fact_rows = Vec::new();
        for id in 1..=facts {
            // Now and then one that is not there.
            let (stranger, novelty) = (usize::from(dice.one_in(9)), usize::from(dice.one_in(9)));
            let row = [
                (1 + id / 3).to_string(),
                id.to_string(),
                (1 + dice.below(clients + stranger)).to_string(),
                (1 + dice.below(6 + novelty)).to_string(),
                own(dice.pick(&DAYS)),
                own(dice.pick(&GROUPS)),
                own(dice.pick(&["", "1", "02", "999"])),
                own(dice.pick(&["1", "2", "3", "4", "5", "5.0", ""])),
                own(dice.pick(&["", "", "Y", "N", "y"])),
            ];
            fact_rows.push(row.to_vec());
        }
        let many = facts / 6;
        repeat_some(dice, &mut fact_rows, many);
        let mut tables = vec![
            ("clients", client_rows),
            ("consents", consent_rows),
            ("immunizations", fact_rows),
            ("vaccines", vaccine_rows),
            ("organizations", organization_rows),
        ];
        if dice.one_in(2) {
            let rows =
                (0..6).map(|_| vec![own(dice.pick(&["A", "a", "B b", "C"])), own(dice.pick(&ENTITIES[..5]))]);
            tables.push(("recipients", rows.collect()));
        }
        if dirt > 0 {
            for (name, rows) in &mut tables {
                spoil(dice, name, rows, dirt);
            }
        }
        let columns = |name: &str| header(name).split(',').map(str::to_owned).collect();
        Tables(tables.into_iter().map(|(name, rows)| (name, columns(name), rows)).collect())
    }

    /// The same without rows that have too few or too many fields.
    pub fn without_malformed_rows(mut self) -> Tables {
        self.0.iter_mut().for_each(|(_, columns, rows)| rows.retain(|row| row.len() == columns.len()));
        self
    }

    /// Writes the tables into an export.
    pub fn write(&self, site: &Site) {
        for (name, columns, rows) in &self.0 {
            site.file(&format!("{name}.csv"), &self::csv(columns, rows));
        }
    }

    /// The same export with its rows and its columns in another order.
    pub fn shuffled(&self, seed: u64) -> Tables {
        let dice = &mut Dice::new(seed);
        let mut tables = self.clone();
        tables.0.iter_mut().for_each(|(_, _, rows)| dice.shuffle(rows));
        tables.with_columns_shuffled(seed)
    }

    /// The same export with its columns in another order.
    pub fn with_columns_shuffled(&self, seed: u64) -> Tables {
        let dice = &mut Dice::new(seed);
        let mut tables = self.clone();
        for (_, columns, rows) in &mut tables.0 {
            let mut order: Vec<usize> = (0..columns.len()).collect();
            dice.shuffle(&mut order);
            let arrange = |row: &Vec<String>| {
                // A malformed row stays malformed, whatever the order.
                if row.len() == order.len() {
                    order.iter().map(|i| row[*i].clone()).collect()
                } else {
                    row.clone()
                }
            };
            *rows = rows.iter().map(arrange).collect();
            *columns = arrange(columns);
        }
        tables
    }
}

/// Writes a table as CSV.
pub fn csv(columns: &[String], rows: &[Vec<String>]) -> Vec<u8> {
    let mut out = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    out.write_record(columns).unwrap();
    rows.iter().for_each(|row| out.write_record(row).unwrap());
    out.into_inner().unwrap()
}

/// Repeats a row now and then: as it is, or with one value changed.
fn repeat_some(dice: &mut Dice, rows: &mut Vec<Vec<String>>, one_in: usize) {
    for place in 0..rows.len() {
        if dice.one_in(one_in.max(2) * 3) {
            let mut row = rows[place].clone();
            row[0].insert_str(0, "00");
            if dice.one_in(2) {
                let column = 2 + dice.below(row.len() - 2);
                row[column] = rows[dice.below(rows.len())][column].clone();
            }
            rows.push(row);
        }
    }
}

/// Makes some rows unusable, without stopping the run.
fn spoil(dice: &mut Dice, table: &str, rows: &mut [Vec<String>], one_in: usize) {
    for row in rows.iter_mut().filter(|_| table != "recipients") {
        if !dice.one_in(one_in) {
            continue;
        }
        match (table, dice.below(3)) {
            ("consents", _) => row[2] = "2020-02-30".to_owned(),
            (_, 0) => row.push("more".to_owned()),
            (_, 1) => row[0] = "no id".to_owned(),
            ("clients", _) => row[5] = String::new(),
            ("immunizations", _) => row[4] = "1990-01-01".to_owned(),
            ("vaccines", _) => row[2] = "OTHER".to_owned(),
            _ => row[0] = "-1".to_owned(),
        }
    }
}
