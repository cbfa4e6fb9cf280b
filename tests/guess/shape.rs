//! Exports in the shapes that databases and people give them.

use super::common::header;
use super::common::random::{Dice, Tables};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

/// The tables of an export as the program wants it: rows by the columns of section 1.
#[derive(Clone)]
pub(super) struct Base {
    pub(super) tables: BTreeMap<String, Vec<Vec<String>>>,
}

impl Base {
    /// Of an export in a folder.
    pub(super) fn of_folder(folder: &Path) -> Base {
        let mut tables = BTreeMap::new();
        for (name, _) in super::common::HEADERS {
            let Ok(mut reader) = csv::Reader::from_path(folder.join(format!("{name}.csv"))) else { continue };
            let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
            assert_eq!(names.join(","), header(name));
            let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect());
            tables.insert(name.to_owned(), rows.collect());
        }
        Base { tables }
    }

    pub(super) fn of_tables(tables: &Tables) -> Base {
        Base { tables: tables.0.iter().map(|(name, _, rows)| ((*name).to_owned(), rows.clone())).collect() }
    }

    /// Of an invented registry.
    pub(super) fn invented(seed: u64) -> Base {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("invented");
        let seed = seed.to_string();
        let out_text = out.to_str().unwrap();
        let ran = super::phds_with(&["synth", "--clients", "60", "--seed", &seed, "--out", out_text]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        Base::of_folder(&out)
    }

    /// Writes it as the program wants it.
    pub(super) fn write_plain(&self, folder: &Path) {
        std::fs::create_dir(folder).unwrap();
        for (name, rows) in &self.tables {
            let mut out = csv::WriterBuilder::new().from_path(folder.join(format!("{name}.csv"))).unwrap();
            out.write_record(header(name).split(',')).unwrap();
            rows.iter().for_each(|row| out.write_record(row).unwrap());
            out.flush().unwrap();
        }
    }

    /// With one consent of each type at most for each client, so that they fit into columns of clients.
    fn with_single_consents(mut self) -> Base {
        let mut seen = BTreeSet::new();
        let clients: BTreeSet<String> = self.tables["clients"].iter().map(|row| row[0].clone()).collect();
        let consents = self.tables.get_mut("consents").unwrap();
        consents
            .retain(|row| clients.contains(&row[0]) && seen.insert((row[0].clone(), row[1].to_uppercase())));
        let count = consents.len();
        for row in self.tables.get_mut("control").into_iter().flatten().filter(|row| row[0] == "consents") {
            row[1] = count.to_string();
        }
        self
    }

    /// What windows-1252 can say of it.
    pub(super) fn in_windows_1252(mut self) -> Base {
        let is_in = |c: char| !encoding_rs::WINDOWS_1252.encode(&c.to_string()).2;
        for value in self.tables.values_mut().flatten().flatten() {
            *value = value.chars().map(|c| if is_in(c) { c } else { '?' }).collect();
        }
        self
    }

    fn has_ambiguous_centuries(&self) -> bool {
        let mut years = BTreeSet::new();
        for (table, rows) in &self.tables {
            for (place, _) in
                header(table).split(',').enumerate().filter(|(_, column)| DATE_COLUMNS.contains(column))
            {
                years.extend(rows.iter().filter_map(|row| row[place].get(..4)?.parse::<u32>().ok()));
            }
        }
        let of_1900 = years.iter().find(|year| **year < 2000).map_or(99, |year| year % 100);
        let of_2000 = years.last().map_or(0, |year| year.saturating_sub(2000));
        of_1900 <= of_2000 || of_2000 > 99
    }

    fn has_unique_clients(&self) -> bool {
        let ids: BTreeSet<&str> =
            self.tables["clients"].iter().map(|row| row[0].trim_start_matches('0')).collect();
        ids.len() == self.tables["clients"].len()
    }
}

/// Names that real databases use for a table.
fn file_names(table: &str) -> &'static [&'static str] {
    match table {
        "clients" => &[
            "clients.csv",
            "PERSON_20240708.TXT",
            "Patients.csv",
            "tblPatient.txt",
            "DEMOGRAPHICS.dat",
            "client_2024-07-08.csv",
        ],
        "consents" => {
            &["consents.csv", "CONSENT_20240708.TXT", "PatientConsents.csv", "tblConsent.txt", "CONSENTS.dat"]
        }
        "immunizations" => &[
            "immunizations.csv",
            "IMMUNIZATIONS_20240708.TXT",
            "shots.csv",
            "tblVaccination.txt",
            "IMM_FACT.dat",
        ],
        "vaccines" => {
            &["vaccines.csv", "VACCINE_20240708.TXT", "Products.csv", "tblVaccineCodes.txt", "VACCINES.dat"]
        }
        "organizations" => {
            &["organizations.csv", "PROVIDER_20240708.TXT", "Facilities.csv", "tblClinic.txt", "ORGS.dat"]
        }
        "recipients" => &[
            "recipients.csv",
            "RECIPIENT_20240708.TXT",
            "HealthDepartments.csv",
            "tblRecipients.txt",
            "LHD.dat",
        ],
        _ => &["control.csv", "CONTROL_20240708.TXT", "RowCounts.csv", "tblControl.txt", "COUNTS.dat"],
    }
}

/// Names that real databases use for a column. The first is the column's own.
fn column_names(table: &str, column: &str) -> Vec<String> {
    let others: &[&str] = match (table, column) {
        ("clients" | "consents" | "immunizations", "CLIENT_ID") => {
            &["CLIENT ID", "PATIENT_ID", "PersonId", "PAT_ID", "PERSON_KEY"]
        }
        (_, "CLIENT_TYPE") => &["Client Type", "PATIENT_TYPE", "CLIENT_TYPE_CD", "ClientCategory"],
        (_, "FIRST_NAME") => &["FNAME", "FirstName", "FIRST NAME", "GIVEN_NAME"],
        (_, "LAST_NAME") => &["LNAME", "LastName", "SURNAME", "FAMILY_NAME"],
        (_, "MIDDLE_NAME") => &["MNAME", "MiddleName", "MIDDLE", "MI"],
        (_, "BIRTH_DATE") => &["DOB", "BirthDate", "DATE_OF_BIRTH", "BIRTH_DT", "BRITH_DATE", "D1"],
        (_, "SEX_CODE") => &["SEX", "Gender", "GENDER_CD", "MF"],
        (_, "RACE_AND_ETHNICITY") => &["RACE", "RaceEthnicity", "RACE_ETHNICITY", "Race and Ethnicity"],
        (_, "STATE_CODE") => &["STATE", "ST", "ADDR_STATE", "StateCd"],
        (_, "CLIENT_COUNTY") => &["COUNTY", "CountyName", "CNTY", "RES_COUNTY"],
        (_, "ZIP_CODE") => &["ZIP", "ZipCode", "POSTAL_CODE", "ZIP5"],
        (_, "CONSENT_TYPE") => &["CONSENT TYPE", "ConsentType", "CONSENT_TYPE_CD", "TYPE"],
        (_, "EFFECTIVE_DATE") => {
            &["EFF_DT", "ConsentDate", "START_DATE", "Consent Start Date", "EFFECTIV_DATE"]
        }
        (_, "END_DATE") => &["END_DT", "EndDate", "STOP_DATE", "Consent End Date"],
        (_, "END_REASON") => &["END_RSN", "EndReason", "REASON", "END_REASON_CD"],
        (_, "IMMUNIZATION_ID") => &["IMM_ID", "ShotId", "VACCINATION_ID", "IMMUNIZATION ID"],
        (_, "IMMUNFACT_ID") => &["IMM_FACT_ID", "FactId", "SHOT_FACT_ID", "IMMUNFACT ID"],
        (_, "VACCINE_ID") => &["VACC_ID", "VaccineId", "PRODUCT_ID", "VACCINE_CODE"],
        (_, "VACCINATION_DATE") => &["VACC_DATE", "AdminDate", "SHOT_DATE", "DATE_GIVEN", "SERVICE_DT"],
        (_, "VACCINE_GROUP") => &["VACC_GRP", "VaccineGroup", "GROUP_CODE", "VACCINE GROUP"],
        (_, "ORDINAL_POSITION") => &["DOSE_NUM", "OrdinalPosition", "DOSE_NO", "ORDINAL"],
        (_, "GIVEN_BY_ORG_ID") => &["ORG_ID", "ProviderId", "FACILITY_ID", "GIVEN_BY"],
        (_, "DISASTER_FLAG") => &["DISASTER_IND", "DisasterFlag", "DISASTER_YN", "DISASTER"],
        (_, "CVX_CODE") => &["CVX", "CvxCode", "CVX_CD"],
        (_, "PRODUCT_CLASS") => &["PROD_CLASS", "ProductClass", "PRODUCT_TYPE", "CLASS"],
        (_, "ORG_ID") => &["PROVIDER_ID", "FacilityId", "ORG ID", "CLINIC_ID"],
        (_, "PROVIDER_NAME") => &["ORG_NAME", "FacilityName", "CLINIC_NAME", "NAME"],
        (_, "SHORT_NAME") => &["ABBREV", "ShortName", "SHORT_NM"],
        (_, "RESPONSIBLE_ENTITY") => &["ENTITY", "ResponsibleEntity", "RESP_ENTITY", "JURISDICTION"],
        (_, "PROVIDER_STREET_ADDRESS") => &["STREET", "StreetAddress", "ADDR1", "ADDRESS"],
        (_, "PROVIDER_CITY") => &["CITY", "ProviderCity", "PROV_CITY"],
        (_, "PROVIDER_STATE") => &["STATE", "ProviderState", "PROV_ST"],
        (_, "PROVIDER_ZIP_CODE") => &["ZIP", "ProviderZip", "PROV_ZIP_CD"],
        (_, "RECIPIENT") => &["RECIPIENT_NAME", "Recipient", "LHD_NAME"],
        (_, "TABLE_NAME") => &["TABLE", "TableName", "FILE_NAME"],
        (_, "ROW_COUNT") => &["ROWS", "RowCount", "RECORD_COUNT", "CNT"],
        _ => &[],
    };
    [column].iter().chain(others).map(|name| (*name).to_owned()).collect()
}

/// Words of a registry for codes.
type Codes = &'static [(&'static str, &'static str)];

fn code_words(column: &str) -> &'static [Codes] {
    match column {
        "CLIENT_TYPE" => &[
            &[("IC", "Child"), ("IA", "Adult"), ("DC", "Disaster"), ("PA", "Pending")],
            &[("IC", "C"), ("IA", "A"), ("DC", "D"), ("PA", "P")],
        ],
        "CONSENT_TYPE" => &[
            &[("STANDARD", "STD"), ("DISASTER", "DIS")],
            &[("STANDARD", "S"), ("DISASTER", "D")],
            &[("STANDARD", "Routine"), ("DISASTER", "Emergency")],
        ],
        "END_REASON" => &[
            &[("WITHDRAWN", "WD"), ("EXPIRED", "EXP")],
            &[("WITHDRAWN", "W"), ("EXPIRED", "E")],
            &[("WITHDRAWN", "Withdrawal"), ("EXPIRED", "Expiration")],
        ],
        "DISASTER_FLAG" => {
            &[&[("Y", "Yes"), ("N", "No")], &[("Y", "1"), ("N", "0")], &[("Y", "true"), ("N", "false")]]
        }
        "PRODUCT_CLASS" => {
            &[&[("VACCINE", "VAC"), ("RSV_THERAPEUTIC", "RSV"), ("COVID_THERAPEUTIC", "COVID")]]
        }
        _ => &[],
    }
}

const DATE_COLUMNS: [&str; 4] = ["BIRTH_DATE", "EFFECTIVE_DATE", "END_DATE", "VACCINATION_DATE"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// How an export is written.
#[derive(Debug)]
pub(super) struct Shape {
    is_database: bool,
    encoding: &'static str,
    delimiter: char,
    /// What stands around the rows.
    around: &'static str,
    date: &'static str,
    null: Option<&'static str>,
    wraps: bool,
    quotes_all: bool,
    crlf: bool,
    consents_in_columns: bool,
    files: BTreeMap<String, String>,
    columns: BTreeMap<(String, String), String>,
    codes: BTreeMap<String, BTreeMap<String, String>>,
    /// Whether a point stands for a date or an id that is missing.
    points: bool,
    /// Where chance goes on when the rows are written.
    seed: usize,
}

impl Shape {
    pub(super) fn random(dice: &mut Dice, base: &Base) -> Shape {
        let is_database = dice.one_in(7);
        let (mut files, mut columns, mut codes) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let set = dice.below(5);
        for (table, rows) in &base.tables {
            let names = file_names(table);
            let mut name = names[set.min(names.len() - 1)].to_owned();
            if is_database {
                name = name.split('.').next().unwrap().replace('-', "_");
            }
            files.insert(table.clone(), name);
            for column in header(table).split(',') {
                let mut names = column_names(table, column);
                if column == "SEX_CODE"
                    && !rows.iter().all(|row| ["M", "F", "U", ""].contains(&row[6].as_str()))
                {
                    // A column of any texts, under a name that says nothing, is open by nature.
                    names.retain(|name| name != "MF");
                }
                let name =
                    if dice.one_in(3) { names[0].clone() } else { names[dice.below(names.len())].clone() };
                columns.insert((table.clone(), column.to_owned()), name);
                // A code of which a value stands in a few rows only is open by nature.
                let words = code_words(column);
                if !words.is_empty() && dice.one_in(2) && rows.len() >= 30 {
                    let chosen = words[dice.below(words.len())];
                    // One letter tells something only if the others are there.
                    let place = header(table).split(',').position(|other| other == column).unwrap();
                    let stands =
                        |code: &str| rows.iter().filter(|row| row[place].eq_ignore_ascii_case(code)).count();
                    let is_plain = chosen.iter().all(|(code, word)| word.len() > 1 || stands(code) > 0);
                    let rows: usize = chosen.iter().map(|(code, _)| stands(code)).sum();
                    if is_plain && rows >= 5 {
                        let words =
                            chosen.iter().map(|(code, word)| ((*code).to_owned(), (*word).to_owned()));
                        codes.insert(column.to_owned(), words.collect());
                    }
                }
            }
        }
        let is_latin =
            base.tables.values().flatten().flatten().all(|text| !encoding_rs::WINDOWS_1252.encode(text).2);
        let encodings: &[&str] =
            &["utf-8", "utf-8-bom", "utf-16le-bom", "utf-16le", "utf-16be", "windows-1252"];
        let encoding = encodings[dice.below(encodings.len() - usize::from(!is_latin))];
        let dates = [
            "%Y-%m-%d",
            "%m/%d/%Y",
            "%d/%m/%Y",
            "%Y%m%d",
            "%d-%b-%Y",
            "%d%b%Y",
            "%Y-%m-%d 00:00:00",
            "%m/%d/%Y 12:00:00 AM",
            "%d%b%Y:00:00:00",
            "%d.%m.%Y",
            "%d-%b-%y",
            "%m/%d/%y",
        ];
        // Two digits of a year are ambiguous where years of two centuries have them in common.
        let dates = &dates[..dates.len() - if base.has_ambiguous_centuries() { 2 } else { 0 }];
        let consents_in_columns = dice.one_in(4) && base.has_unique_clients();
        Shape {
            is_database,
            encoding,
            delimiter: [',', '|', '\t', ';', '^', '~'][dice.below(6)],
            around: ["", "", "sqlcmd", "sqlplus", "preamble", "trailer", "psql"][dice.below(7)],
            date: dates[dice.below(dates.len())],
            null: [None, Some("NULL"), Some("\\N"), Some("(null)")][dice.below(4)],
            wraps: dice.one_in(4),
            quotes_all: dice.one_in(3),
            crlf: dice.one_in(2),
            consents_in_columns,
            files,
            columns,
            codes,
            points: false,
            seed: dice.below(1 << 20),
        }
    }

    /// As typical programs write an export; the same bytes each time.
    pub(super) fn typical(program: &str, base: &Base) -> Shape {
        let (set, nth) = match program {
            "sql-server" => (3, 2),
            "oracle" => (1, 1),
            _ => (4, 3),
        };
        let (mut files, mut columns) = (BTreeMap::new(), BTreeMap::new());
        for table in base.tables.keys() {
            files.insert(table.clone(), file_names(table)[set].to_owned());
            for column in header(table).split(',') {
                let names = column_names(table, column);
                columns.insert((table.clone(), column.to_owned()), names[nth.min(names.len() - 1)].clone());
            }
        }
        let codes = |column: &str, place: usize| {
            let words =
                code_words(column)[place].iter().map(|(code, word)| ((*code).to_owned(), (*word).to_owned()));
            (column.to_owned(), words.collect())
        };
        let shape = Shape {
            is_database: false,
            encoding: "utf-8",
            delimiter: ',',
            around: "",
            date: "%Y-%m-%d",
            null: None,
            wraps: false,
            quotes_all: false,
            crlf: true,
            consents_in_columns: false,
            files,
            columns,
            codes: BTreeMap::new(),
            points: false,
            seed: 1,
        };
        match program {
            "sql-server" => Shape {
                encoding: "utf-16le-bom",
                delimiter: '|',
                around: "sqlcmd",
                date: "%Y-%m-%d 00:00:00.000",
                null: Some("NULL"),
                codes: [codes("DISASTER_FLAG", 1), codes("CLIENT_TYPE", 0)].into(),
                ..shape
            },
            "oracle" => Shape {
                encoding: "windows-1252",
                delimiter: ';',
                around: "sqlplus",
                date: "%d-%b-%y",
                codes: [codes("CONSENT_TYPE", 1), codes("END_REASON", 1)].into(),
                ..shape
            },
            _ => Shape { date: "%d%b%Y", points: true, wraps: true, consents_in_columns: true, ..shape },
        }
    }

    /// The data that this shape can hold.
    pub(super) fn base(&self, base: Base) -> Base {
        if self.consents_in_columns { base.with_single_consents() } else { base }
    }

    /// Writes the data in this shape.
    pub(super) fn write(&self, base: &Base, to: &Path) {
        let mut dice = Dice::new(self.seed as u64);
        let connection = self.is_database.then(|| rusqlite::Connection::open(to).unwrap());
        if connection.is_none() {
            std::fs::create_dir(to).unwrap();
        }
        for (table, rows) in &base.tables {
            if table == "consents" && self.consents_in_columns {
                continue;
            }
            let (names, rows) = self.shaped(table, rows, base, &mut dice);
            let file = &self.files[table];
            match &connection {
                Some(connection) => write_table(connection, file, &names, &rows),
                None => std::fs::write(to.join(file), self.encoded(&self.laid_out(&names, &rows, &mut dice)))
                    .unwrap(),
            }
        }
    }

    /// The rows of a table with names, codes and dates as the registry has them, in another order of columns.
    fn shaped(
        &self,
        table: &str,
        rows: &[Vec<String>],
        base: &Base,
        dice: &mut Dice,
    ) -> (Vec<String>, Vec<Vec<String>>) {
        let columns: Vec<&str> = header(table).split(',').collect();
        let mut names: Vec<String> = columns
            .iter()
            .map(|column| self.columns[&(table.to_owned(), (*column).to_owned())].clone())
            .collect();
        let mut out: Vec<Vec<String>> = rows
            .iter()
            .map(|row| columns.iter().zip(row).map(|(column, value)| self.value(column, value)).collect())
            .collect();
        if table == "control" {
            // The counts are those of the registry's own files.
            out.retain(|row| !(row[0] == "consents" && self.consents_in_columns));
            for row in &mut out {
                if let Some(file) = self.files.get(&row[0].to_lowercase()) {
                    row[0] = file.split('.').next().unwrap().to_owned();
                }
            }
        }
        if table == "clients" && self.consents_in_columns {
            for (kind, short) in [("STANDARD", "STD"), ("DISASTER", "DIS")] {
                for (place, part) in [(2, "DT"), (3, "END_DT"), (4, "END_RSN")] {
                    names.push(format!("{short}_CONSENT_{part}"));
                    for (row, client) in out.iter_mut().zip(rows) {
                        let is_it = |consent: &&Vec<String>| {
                            consent[0] == client[0] && consent[1].eq_ignore_ascii_case(kind)
                        };
                        let column = header("consents").split(',').nth(place).unwrap();
                        let value =
                            base.tables["consents"].iter().find(is_it).map_or("", |consent| &consent[place]);
                        row.push(self.value(column, value));
                    }
                }
            }
        }
        if dice.one_in(2) {
            names.push("LAST_UPDATED_BY".to_owned());
            out.iter_mut().for_each(|row| row.push("batch".to_owned()));
        }
        let mut order: Vec<usize> = (0..names.len()).collect();
        dice.shuffle(&mut order);
        let arrange = |row: &Vec<String>| order.iter().map(|place| row[*place].clone()).collect();
        (arrange(&names), out.iter().map(arrange).collect())
    }

    fn value(&self, column: &str, value: &str) -> String {
        if self.points && value.is_empty() && (DATE_COLUMNS.contains(&column) || column.ends_with("_ID")) {
            return ".".to_owned();
        }
        if DATE_COLUMNS.contains(&column) {
            return self.day(value);
        }
        if column.ends_with("ZIP_CODE")
            && self.wraps
            && !value.is_empty()
            && value.bytes().all(|byte| byte.is_ascii_digit())
        {
            return format!("=\"{value}\"");
        }
        let words = self.codes.get(column);
        let word = words.and_then(|words| words.iter().find(|(code, _)| code.eq_ignore_ascii_case(value)));
        word.map_or(value, |(_, word)| word).to_owned()
    }

    fn day(&self, text: &str) -> String {
        let parts: Vec<&str> = text.split('-').collect();
        let &[year, month, day] = parts.as_slice() else { return text.to_owned() };
        let short = month.parse::<usize>().map_or("", |month| MONTHS[month - 1]);
        self.date
            .replace("%Y", year)
            .replace("%y", &year[2..])
            .replace("%m", month)
            .replace("%d", day)
            .replace("%b", &short.to_uppercase())
    }

    /// The text of a file.
    fn laid_out(&self, names: &[String], rows: &[Vec<String>], dice: &mut Dice) -> String {
        let (delimiter, end) = (self.delimiter.to_string(), if self.crlf { "\r\n" } else { "\n" });
        let mut text = String::new();
        let mut line = |line: &str| text.push_str(&format!("{line}{end}"));
        match self.around {
            "sqlplus" => line("SQL> select * from export_view;"),
            "preamble" => line("Registry extract of July 8 2024"),
            _ => {}
        }
        line(&names.iter().map(|name| self.cell(name, false)).collect::<Vec<_>>().join(&delimiter));
        if ["sqlcmd", "sqlplus"].contains(&self.around) {
            let dashes: Vec<String> = names.iter().map(|name| "-".repeat(name.len())).collect();
            line(&dashes.join(&delimiter));
        }
        for row in rows {
            let quotes = self.quotes_all && dice.one_in(2);
            line(&row.iter().map(|value| self.cell(value, quotes)).collect::<Vec<_>>().join(&delimiter));
        }
        match self.around {
            "sqlcmd" => {
                line("");
                line(&format!("({} rows affected)", rows.len()));
            }
            "sqlplus" => line(&format!("{} rows selected.", rows.len())),
            "psql" => line(&format!("({} rows)", rows.len())),
            "trailer" => line(&format!("TRAILER {}", rows.len())),
            _ => {}
        }
        text
    }

    fn cell(&self, value: &str, quotes: bool) -> String {
        match (value, self.null) {
            ("", Some(word)) => word.to_owned(),
            ("", None) if !quotes => String::new(),
            _ if quotes || value.contains([self.delimiter, '"', '\r', '\n']) => {
                format!("\"{}\"", value.replace('"', "\"\""))
            }
            _ => value.to_owned(),
        }
    }

    fn encoded(&self, text: &str) -> Vec<u8> {
        let utf16 = |swap: bool| -> Vec<u8> {
            text.encode_utf16()
                .flat_map(|unit| if swap { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect()
        };
        match self.encoding {
            "utf-8-bom" => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            "utf-16le-bom" => [b"\xff\xfe".to_vec(), utf16(false)].concat(),
            "utf-16le" => utf16(false),
            "utf-16be" => utf16(true),
            "windows-1252" => encoding_rs::WINDOWS_1252.encode(text).0.into_owned(),
            _ => text.as_bytes().to_owned(),
        }
    }
}

fn write_table(connection: &rusqlite::Connection, table: &str, names: &[String], rows: &[Vec<String>]) {
    let columns: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    connection.execute_batch(&format!("CREATE TABLE \"{table}\" ({})", columns.join(", "))).unwrap();
    let mut marks = String::new();
    for place in 1..=names.len() {
        let _ = write!(marks, "{}?{place}", if place > 1 { "," } else { "" });
    }
    let mut insert = connection.prepare(&format!("INSERT INTO \"{table}\" VALUES ({marks})")).unwrap();
    for row in rows {
        let values: Vec<Option<&str>> =
            row.iter().map(|value| Some(value.as_str()).filter(|value| !value.is_empty())).collect();
        insert.execute(rusqlite::params_from_iter(values)).unwrap();
    }
}
