//! A whole small export of CSV files: reading and judging it, whatever the files hold.

use super::extracted::{AS_OF, Extracted, read, write_and_verify};
use phds::registry::Encoding;
use std::path::Path;

/// The tables in the order in which their texts follow each other. What is not given is as in `OTHERWISE`.
pub const TABLES: [&str; 7] =
    ["immunizations", "consents", "clients", "vaccines", "organizations", "recipients", "control"];

/// What the tables hold that must be there.
pub const OTHERWISE: [&[u8]; 5] = [
    b"IMMUNIZATION_ID,IMMUNFACT_ID,CLIENT_ID,VACCINE_ID,VACCINATION_DATE,VACCINE_GROUP,ORDINAL_POSITION,GIVEN_BY_ORG_ID,DISASTER_FLAG\n1,11,7,3,2020-01-01,MMR,1,5,N\n",
    b"CLIENT_ID,CONSENT_TYPE,EFFECTIVE_DATE,END_DATE,END_REASON\n7,STANDARD,2015-01-01,,\n",
    b"CLIENT_ID,CLIENT_TYPE,FIRST_NAME,LAST_NAME,MIDDLE_NAME,BIRTH_DATE,SEX_CODE,RACE_AND_ETHNICITY,STATE_CODE,CLIENT_COUNTY,ZIP_CODE\n7,IA,Qzxva,Qzxvb,,1990-05-05,F,,TX,Qzxvc,78701\n",
    b"VACCINE_ID,CVX_CODE,PRODUCT_CLASS\n3,03,\n",
    b"ORG_ID,PROVIDER_NAME,SHORT_NAME,RESPONSIBLE_ENTITY,PROVIDER_STREET_ADDRESS,PROVIDER_CITY,PROVIDER_STATE,PROVIDER_ZIP_CODE\n5,Clinic,CL,Travis,,,,\n",
];

/// Stands between the tables' texts: a control character, which would only be cleaned away.
pub const SEPARATOR: u8 = 0x1d;

/// Bits of the first byte.
pub const IS_1252: u8 = 1;
pub const IS_WRITTEN: u8 = 2;

/// Files larger than this take several blocks, which threads share.
const SEVERAL_BLOCKS: usize = 600 << 10;

/// The first byte says how the export is read, and whether its batch is made; the tables' texts follow.
pub fn check(data: &[u8]) {
    let Some((how, tables)) = data.split_first() else { return };
    let given = given(tables);
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("export");
    write(&export, &given);
    let Ok(extracted) = read(&export, encoding(*how), folder.path()) else { return };
    let consents = given.get(1).filter(|text| !text.is_empty()).map_or(OTHERWISE[1], |text| text);
    every_fact_has_a_consent(&extracted, consents);
    if how & IS_WRITTEN != 0 {
        write_and_verify(&export, encoding(*how), folder.path());
    }
}

/// The same, with the rows of the first table again and again, until the table takes several blocks.
pub fn check_in_blocks(data: &[u8]) {
    let Some((how, tables)) = data.split_first() else { return };
    let mut given = given(tables);
    let mut first = given[0].to_vec();
    repeat(&mut first);
    given[0] = &first;
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("export");
    write(&export, &given);
    let _ = read(&export, encoding(*how), folder.path());
}

pub fn given(tables: &[u8]) -> Vec<&[u8]> {
    tables.splitn(TABLES.len(), |byte| *byte == SEPARATOR).collect()
}

fn encoding(how: u8) -> Encoding {
    if how & IS_1252 != 0 { Encoding::Windows1252 } else { Encoding::Utf8 }
}

/// Writes the tables; an empty one is as it is otherwise, or not there.
pub fn write(export: &Path, given: &[&[u8]]) {
    std::fs::create_dir(export).unwrap();
    for (place, table) in TABLES.iter().enumerate() {
        let text = match given.get(place) {
            Some(text) if !text.is_empty() => text,
            _ => match OTHERWISE.get(place) {
                Some(text) => text,
                None => continue,
            },
        };
        std::fs::write(export.join(format!("{table}.csv")), text).unwrap();
    }
}

/// Repeats what stands below a table's first line until it takes several blocks.
fn repeat(text: &mut Vec<u8>) {
    let header = text.iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| at + 1);
    let rows = text[header..].to_vec();
    while !rows.is_empty() && text.len() < SEVERAL_BLOCKS {
        text.extend_from_slice(&rows);
    }
}

/// Looks for the consent in the text itself, with another reader of CSV, whichever its delimiter is: a row with the
/// client's id, a type, and a date that is not after the as-of date.
fn every_fact_has_a_consent(extracted: &Extracted, consents: &[u8]) {
    let mut clients: Vec<u64> = extracted.facts.iter().map(|fact| fact.client).collect();
    clients.sort_unstable();
    clients.dedup();
    if clients.is_empty() {
        return;
    }
    let mut consented = Vec::new();
    for delimiter in [b',', b'|', b'\t'] {
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.has_headers(false).flexible(true).delimiter(delimiter);
        // A lone `\r` ends no record.
        let mut reader = reader.terminator(csv::Terminator::Any(b'\n')).from_reader(consents);
        for record in reader.byte_records() {
            let record = record.unwrap();
            let fields: Vec<String> = record.iter().map(cleaned).collect();
            let has_type =
                fields.iter().any(|f| ["STANDARD", "DISASTER"].contains(&f.to_uppercase().as_str()));
            let has_begun = fields.iter().any(|f| f.get(..10).is_some_and(|day| is_day(day) && day <= AS_OF));
            if has_type && has_begun {
                consented.extend(fields.iter().filter_map(|field| id(field)));
            }
        }
    }
    for client in clients {
        assert!(consented.contains(&client), "client {client} has no consent");
    }
}

fn cleaned(field: &[u8]) -> String {
    let text = String::from_utf8_lossy(field);
    text.replace(|c: char| c < ' ' || c == '\u{7f}', " ").trim().to_owned()
}

fn is_day(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() })
}

fn id(text: &str) -> Option<u64> {
    let (whole, tail) = text.split_once('.').unwrap_or((text, "0"));
    let is_plain = whole.bytes().all(|b| b.is_ascii_digit()) && tail.bytes().all(|b| b == b'0');
    is_plain.then(|| whole.parse().ok()).flatten()
}
