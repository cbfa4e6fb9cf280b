//! Where the fuzzer starts: small inputs made of the invented exports in `fixtures/`, and of what is worth a try.

use super::export::{self, IS_1252, IS_WRITTEN, OTHERWISE, SEPARATOR, TABLES};
use super::extracted::write_batch_of;
use super::published::{FILES, RESEALED};
use phds::policy::Policy;
use phds::registry::Encoding;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;

/// The two exports of `fixtures/`, their tables in the order of `TABLES`.
const FIXTURES: [[&[u8]; 7]; 2] = [
    [
        include_bytes!("../../fixtures/registry/immunizations.csv"),
        include_bytes!("../../fixtures/registry/consents.csv"),
        include_bytes!("../../fixtures/registry/clients.csv"),
        include_bytes!("../../fixtures/registry/vaccines.csv"),
        include_bytes!("../../fixtures/registry/organizations.csv"),
        include_bytes!("../../fixtures/registry/recipients.csv"),
        include_bytes!("../../fixtures/registry/control.csv"),
    ],
    [
        include_bytes!("../../fixtures/registry-dirty/immunizations.csv"),
        include_bytes!("../../fixtures/registry-dirty/consents.csv"),
        include_bytes!("../../fixtures/registry-dirty/clients.csv"),
        include_bytes!("../../fixtures/registry-dirty/vaccines.csv"),
        include_bytes!("../../fixtures/registry-dirty/organizations.csv"),
        include_bytes!("../../fixtures/registry-dirty/recipients.csv"),
        include_bytes!("../../fixtures/registry-dirty/control.csv"),
    ],
];

/// A target's seeds.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "split" => split(),
        "export" => exports(),
        "blocks" => blocks(),
        "archive" => archives(),
        "policy" => policies(),
        "profile" => profiles(),
        "published" => published(),
        "sqlite" => databases(),
        #[cfg(feature = "parquet")]
        "parquet" => [super::parquet_file::seeds(), super::parquet_file::no_files()].concat(),
        _ => Vec::new(),
    }
}

fn behind(first: &[u8], rest: &[u8]) -> Vec<u8> {
    [first, rest].concat()
}

/// The first lines of a text.
fn head(text: &[u8], lines: usize) -> Vec<u8> {
    text.split_inclusive(|byte| *byte == b'\n').take(lines).collect::<Vec<_>>().concat()
}

fn split() -> Vec<Vec<u8>> {
    let odd: [&[u8]; 6] = [
        b"a,\"b\r\n\"\"c\"\"\",d\r\n\r\n,\"\",x\n\"y\"z,5\" nail\n",
        b"\"a\nb\"c,d\n\"\"\"\"\n",
        b"\xef\xbb\xbfa|b\n\"c|d\"|\n",
        b"12345678,1234567,\r\n,,,,,,,,,\n",
        b"a\tb\n\"open\nto the end",
        b"\"\r\n\"\r\n\"\"\r",
    ];
    let tables = FIXTURES.iter().flatten().map(|table| head(table, 5));
    odd.iter().map(|text| text.to_vec()).chain(tables).map(|text| behind(&[0, 9], &text)).collect()
}

fn all(tables: &[Vec<u8>]) -> Vec<u8> {
    tables.join(&SEPARATOR)
}

fn blocks() -> Vec<Vec<u8>> {
    let texts: [&[u8]; 4] =
        [OTHERWISE[0], odd_tables()[0].1, &head(FIXTURES[0][0], 9), &head(FIXTURES[1][0], 30)];
    texts.into_iter().map(|text| behind(&[0], text)).collect()
}

fn exports() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for how in [0, IS_1252, IS_WRITTEN] {
        seeds.push(behind(&[how], &all(&OTHERWISE.map(<[u8]>::to_vec))));
    }
    for tables in FIXTURES {
        let few: Vec<Vec<u8>> = tables.iter().map(|table| head(table, 14)).collect();
        // Without `control`, whose counts would no longer fit.
        seeds.push(behind(&[IS_WRITTEN], &all(&few[..6])));
    }
    let whole = FIXTURES[1].map(|table| table.to_vec());
    seeds.push(behind(&[0], &all(&whole)));
    for (place, table) in odd_tables() {
        let mut tables = OTHERWISE.map(<[u8]>::to_vec).to_vec();
        tables.resize(TABLES.len(), Vec::new());
        tables[place] = table.to_vec();
        seeds.push(behind(&[IS_WRITTEN], &all(&tables)));
    }
    seeds
}

/// Tables that are odd in one way or another, by place.
fn odd_tables() -> Vec<(usize, &'static [u8])> {
    vec![
        (0, b"immunfact_id|IMMUNIZATION_ID|CLIENT_ID|VACCINE_ID|VACCINATION_DATE|VACCINE_GROUP|ORDINAL_POSITION|GIVEN_BY_ORG_ID|DISASTER_FLAG|\r\n11|1|7.0|3|2020-01-01T10:00:00Z|MMR|01|5.00|n|\r\n11|1|7|3|2020-01-01|MMR|1|5|N|x\r\n\r\n12|1|7|3|2021-01-01|COV||5||\r\n"),
        (1, b"\xef\xbb\xbfCLIENT_ID\tCONSENT_TYPE\tEFFECTIVE_DATE\tEND_DATE\tEND_REASON\n7\tstandard\t2015-01-01\t2020-01-01\tWITHDRAWN\n7\tDISASTER\t2021-01-01\t\t\n7\tSTANDARD\t2021-02-30\t\t\n"),
        (1, b"CLIENT_ID,CONSENT_TYPE,EFFECTIVE_DATE,END_DATE,END_REASON\n\"7\",\"STANDARD\",\"2015-01-01\",,EXPIRED\n8,STANDARD,2015-01-01,9999-12-31,\n7,DISASTER,2024-07-09,,\n"),
        (2, b"CLIENT_ID,CLIENT_TYPE,FIRST_NAME,LAST_NAME,MIDDLE_NAME,BIRTH_DATE,SEX_CODE,RACE_AND_ETHNICITY,STATE_CODE,CLIENT_COUNTY,ZIP_CODE,X\n07,ic,\"Qzxv, a\",\"Qzxv\n\"\"b\"\"\",\xe9\x80,2012-02-29,F,,TX,\xc3\xa9,00501,\n7,IC,Qzxv,,,2012-02-29,,,,,,\n\"9\"9,IA,,,,1880-01-01,,,,,,\n"),
        (3, b"VACCINE_ID,CVX_CODE,PRODUCT_CLASS\r\n3,03.0,rsv_therapeutic\r\n4,,\r\n3,03,RSV_THERAPEUTIC\r\n"),
        (4, b"\n\nORG_ID,PROVIDER_NAME,SHORT_NAME,RESPONSIBLE_ENTITY,PROVIDER_STREET_ADDRESS,PROVIDER_CITY,PROVIDER_STATE,PROVIDER_ZIP_CODE\n5,,,\"R\xc3\xado  Seco, \x01 \"\"x\"\"\",,,,\n6,,,r\xc3\xado seco,,,,"),
        (5, b"RECIPIENT,RESPONSIBLE_ENTITY\nA b,Travis\na  B,travis\n\xc3\x91o,x\n"),
        (6, b"TABLE_NAME,ROW_COUNT\nclients,1\nCONSENTS,01\nnothing,3\n"),
    ]
}

fn archives() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for text in [OTHERWISE[2].to_vec(), head(FIXTURES[0][2], 9), vec![b'\n'; 9000]] {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gz.write_all(&text).unwrap();
        let gz = gz.finish().unwrap();
        // Two archives, one behind the other, are one text.
        seeds.push(behind(&[0], &[gz.clone(), gz.clone()].concat()));
        seeds.push(behind(&[0], &gz));
        for level in [-5, 1, 19] {
            let zst = zstd::encode_all(text.as_slice(), level).unwrap();
            seeds.push(behind(&[1], &[zst.clone(), zst.clone()].concat()));
            seeds.push(behind(&[1], &zst));
        }
    }
    seeds
}

fn policies() -> Vec<Vec<u8>> {
    let odd = [
        "name = \"Qzxv \\\"site's\\\" own\\\\ \\u00e9\"\n[client_types.\"Type Ñ\"]\ndisaster = true\n[client_types.x]\n[consent]\nrule = \"active-on-as-of\"\nlookback_years = 0x1f\n",
        "[header]\nSTATE_CODE = \"STATECODE\"\nCLIENT_ID = 'client, \"id\" | x'\n[file]\nline_ending = \"crlf\"\n[disaster]\nvaccine_groups = []\n",
        "client_types = {}\nwindow = {first_day = 1880-01-01, last_day = 9999-12-31}\n[therapeutics]\nrsv_cvx = ['93', \"\"\"\n306\"\"\", '''Qzxv''']\n",
        "\u{feff}name = 'Qzxv'\nwindow.first_day = 2018-01-01\nwindow.last_day = 2017-01-01\n[client_types.IC]\n[client_types.ic]\n",
        "[[window]]\n[a.b]\nc = [1, 2.5, {d = inf}]\n",
    ];
    let gate =
        "[gate]\nmax_change = '250.5%'\nmin_rows = 0\nmax_export_age = '7d'\nmax_vaccination_age = 'off'\n";
    let built_in = Policy::built_in().unwrap().to_toml();
    let fixture = include_str!("../../fixtures/policy-no-disaster.toml");
    odd.into_iter().chain([built_in.as_str(), fixture, gate]).map(|text| text.as_bytes().to_vec()).collect()
}

/// Profiles, each with the texts of tables that it fits, in the order of `TABLES`.
fn profiles() -> Vec<Vec<u8>> {
    let all = |tables: [&str; 5]| tables.map(|table| table.as_bytes().to_vec()).join(&SEPARATOR);
    let plain = all(OTHERWISE.map(|table| std::str::from_utf8(table).unwrap()));
    let clients = "PERSON ID;TYPE;FIRST_NAME;LAST_NAME;MIDDLE_NAME;born;SEX_CODE;RACE_AND_ETHNICITY;CLIENT_COUNTY;ZIP_CODE;ON;OFF\n\
                   7;Adult;Qzxva;NULL;\"NULL\";05/05/1990;F;;Qzxvc;=\"00501\";1/1/2015;\n\
                   8;Child;Qzxv;'7;;5/5/90;F;;;;1/1/1900;20200101 9:00 PM\n(2 rows affected)\n";
    let facts = "IMMUNIZATION_ID;IMMUNFACT ID;CLIENT_ID;VACCINE_ID;VACCINATION_DATE;VACCINE_GROUP;ORDINAL_POSITION;GIVEN_BY_ORG_ID;DISASTER_FLAG\n\
                 1;11;7;3;20200101;MMR;1;5;no\n";
    let vaccines = "VACCINE_ID;CVX_CODE;PRODUCT_CLASS\n3;03;\n";
    let organizations = "ORG_ID;PROVIDER_NAME;SHORT_NAME;RESPONSIBLE_ENTITY;PROVIDER_STREET_ADDRESS;PROVIDER_CITY;PROVIDER_STATE;PROVIDER_ZIP_CODE\n5;Clinic;CL;Travis;;;;\n";
    let consents = "CLIENT_ID;CONSENT_TYPE;EFFECTIVE_DATE;END_DATE;END_REASON\n7;STANDARD;2015-01-01;;\n";
    let other = all([facts, consents, clients, vaccines, organizations]);
    let files = "[files]\nencoding = 'utf-8'\ndelimiter = ';'\nnull = ['NULL', '\\N']\nunwrap = true\n\
                 not_rows = ['\\([0-9]+ rows? affected\\)', '-+(;-+)*']\n";
    let dates = "[dates]\nformats = ['%Y-%m-%d', '%m/%d/%Y', '%Y%m%d', '%m/%d/%y']\ntwo_digit_years_from = 1930\n\
                 unknown = ['1900-01-01']\n";
    let columns = "[tables.clients.columns]\nCLIENT_ID = 'PERSON ID'\nCLIENT_TYPE = 'TYPE'\nBIRTH_DATE = 'born'\n\
                   STATE_CODE = { constant = 'TX' }\n[tables.clients.values.CLIENT_TYPE]\nChild = 'IC'\nAdult = 'IA'\n\
                   [tables.immunizations.values.DISASTER_FLAG]\nno = 'N'\n";
    let from = "[[tables.consents.from]]\ntable = 'clients'\nend_reason_if_ended = 'WITHDRAWN'\n\
                columns = { CONSENT_TYPE = { constant = 'STANDARD' }, EFFECTIVE_DATE = 'ON', END_DATE = 'OFF' }\n";
    let with = |profile: String, tables: &[u8]| [profile.as_bytes(), &[SEPARATOR], tables].concat();
    vec![
        with(String::new(), &plain),
        with("name = 'plain'\n[dates]\nformats = ['%F']\n".to_owned(), &plain),
        with([files, dates, columns].concat(), &other),
        with([files, dates, columns, from].concat(), &other),
        with(phds::registry::SAMPLE_PROFILE.to_owned(), &other),
        with("[files]\nencoding = 'utf-16'\n".to_owned(), &plain),
        with("[files]\ndelimiter = 'ab'\n[x]\n".to_owned(), &plain),
    ]
}

fn published() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (place, name) in (0..).zip(FILES) {
        let (_, bytes) = batch().iter().find(|(file, _)| *file == name).unwrap();
        seeds.push(behind(&[place], bytes));
        seeds.push(behind(&[place | RESEALED], bytes));
    }
    seeds.push(behind(&[3 | RESEALED], b"CLIENT_ID,IMMUNFACT_ID\r\n7,1\r\n7,1\n\"a\nb"));
    seeds
}

/// The files of a sound batch.
pub fn batch() -> &'static BTreeMap<String, Vec<u8>> {
    static BATCH: OnceLock<BTreeMap<String, Vec<u8>>> = OnceLock::new();
    BATCH.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let export = folder.path().join("export");
        std::fs::create_dir(&export).unwrap();
        for (table, text) in TABLES.iter().zip(OTHERWISE) {
            std::fs::write(export.join(format!("{table}.csv")), text).unwrap();
        }
        let place = write_batch_of(&export, Encoding::Utf8, &folder.path().join("out")).unwrap();
        let mut files = BTreeMap::new();
        let mut folders = vec![String::new()];
        while let Some(prefix) = folders.pop() {
            for entry in std::fs::read_dir(place.join(&prefix)).unwrap().map(Result::unwrap) {
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                if entry.file_type().unwrap().is_file() {
                    files.insert(name, std::fs::read(entry.path()).unwrap());
                } else {
                    folders.push(name + "/");
                }
            }
        }
        files
    })
}

fn databases() -> Vec<Vec<u8>> {
    let mut seeds = vec![behind(&[0], &database()), vec![1], vec![2], behind(&[1], &[18, 0, 2, 19, 0, 2])];
    seeds.extend(scripts().iter().map(|sql| behind(&[3], sql.as_bytes())));
    seeds
}

/// A small database that is an export.
pub fn database() -> Vec<u8> {
    static DATABASE: OnceLock<Vec<u8>> = OnceLock::new();
    let make = || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export.sqlite");
        write_database(&path, &scripts()[0]);
        std::fs::read(path).unwrap()
    };
    DATABASE.get_or_init(make).clone()
}

fn write_database(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA page_size = 512; PRAGMA journal_mode = OFF").unwrap();
    connection.execute_batch(sql).unwrap();
}

/// SQL that makes exports: plain ones, and such as have whatever SQLite has.
fn scripts() -> Vec<String> {
    let create = |how: &dyn Fn(&str, &str) -> String| -> String {
        let make = |(table, text): (&&str, &[u8])| {
            let text = String::from_utf8_lossy(text).into_owned();
            let (header, rows) = text.split_once('\n').unwrap();
            let values = rows.lines().map(|row| {
                let cells: Vec<String> = row.split(',').map(|cell| format!("'{cell}'")).collect();
                format!("INSERT INTO {table} VALUES({});", cells.join(","))
            });
            how(table, header) + &values.collect::<String>()
        };
        export::TABLES.iter().zip(OTHERWISE).map(make).collect::<Vec<_>>().join("\n")
    };
    let key = |header: &str| header.split(',').next().unwrap_or_default().to_owned();
    let plain = create(&|table, header| format!("CREATE TABLE {table}({header});"));
    vec![
        plain.clone(),
        create(&|table, header| {
            format!("CREATE TABLE {table}({header}, PRIMARY KEY({})) WITHOUT ROWID;", key(header))
        }),
        create(&|table, header| {
            let typed = header.replace(',', " BLOB,");
            format!("CREATE TABLE \"{}\"({typed} BLOB, extra AS (1+1));", table.to_uppercase())
                .replace(&table.to_uppercase(), table)
        }),
        format!(
            "{plain}\nALTER TABLE vaccines RENAME TO v; CREATE VIEW vaccines AS SELECT VACCINE_ID*1.0 AS VACCINE_ID, x'3033' AS CVX_CODE, NULL AS PRODUCT_CLASS FROM v ORDER BY 1 LIMIT 3;"
        ),
        format!(
            "{plain}\nALTER TABLE consents ADD COLUMN note; CREATE INDEX i ON consents(END_DATE) WHERE note IS NULL; CREATE TRIGGER t AFTER INSERT ON consents BEGIN DELETE FROM clients; END; INSERT INTO consents VALUES(7.0,'DISASTER',20200101,NULL,x'ff',1e300);"
        ),
        format!(
            "{plain}\nDROP TABLE vaccines; CREATE VIRTUAL TABLE vaccines USING fts5(VACCINE_ID,CVX_CODE,PRODUCT_CLASS); INSERT INTO vaccines VALUES(3,'03','');"
        ),
        format!(
            "{plain}\nCREATE TABLE \"re\u{1}cipients \"(RECIPIENT,RESPONSIBLE_ENTITY); CREATE TABLE Control(TABLE_NAME TEXT, ROW_COUNT INT); INSERT INTO Control VALUES('clients',1);"
        ),
    ]
}
