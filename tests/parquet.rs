//! Parquet files as an export: the same batch as from CSV, whatever the types and however the files are written; and what
//! can't be read is refused.

#![cfg(feature = "parquet")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "parquet/written.rs"]
mod written;

use common::{Ran, Site, delivered, in_repository, manifest, read_folder, run_on, text};
use parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use written::{Sheet, Value, Way, days, words};

/// The tables of an export, by their names.
type Tables = BTreeMap<String, Sheet>;

/// The tables of a folder of CSV files.
fn tables_of(export: &Path) -> Tables {
    let table = |(name, bytes): (String, Vec<u8>)| {
        (name.strip_suffix(".csv").unwrap().to_owned(), Sheet::of_csv(&bytes))
    };
    read_folder(export).into_iter().map(table).collect()
}

/// What is no number becomes one that can be read no more than the text could.
fn number(text: &str) -> Value {
    Value::Int(text.parse().unwrap_or(-1))
}

fn real(text: &str) -> Value {
    Value::Real(text.parse().unwrap_or(-1.0))
}

fn date(text: &str) -> Value {
    Value::Int(days(text))
}

/// A moment of a day, in so many parts of a second.
fn noon(parts: i64) -> impl Fn(&str) -> Value {
    move |text| Value::Int((days(text) * 86_400 + 43_200) * parts)
}

/// A whole number in 16 bytes.
fn wide(text: &str) -> Value {
    Value::Text(text.parse::<i128>().unwrap_or(-1).to_be_bytes().to_vec())
}

/// The tables with types as a warehouse gives them.
fn typed(mut tables: Tables) -> Tables {
    let mut change = |table: &str, column: &str, of_type: &str, read: &dyn Fn(&str) -> Value| {
        let sheet = tables.remove(table).unwrap().typed(column, of_type, read);
        tables.insert(table.to_owned(), sheet);
    };
    change("clients", "CLIENT_ID", "int64", &number);
    change("clients", "BIRTH_DATE", "int32 (DATE)", &date);
    change("consents", "CLIENT_ID", "double", &real);
    change("consents", "EFFECTIVE_DATE", "int64 (TIMESTAMP(MICROS,true))", &noon(1_000_000));
    change("consents", "END_DATE", "int96", &|text| {
        Value::Int96([0, 0, u32::try_from(days(text)).unwrap() + 2_440_588])
    });
    change("immunizations", "IMMUNIZATION_ID", "fixed_len_byte_array(16) (DECIMAL(38,0))", &wide);
    change("immunizations", "IMMUNFACT_ID", "int64 (DECIMAL(18,0))", &number);
    change("immunizations", "CLIENT_ID", "int32 (INTEGER(32,false))", &number);
    change("immunizations", "VACCINE_ID", "int32 (INTEGER(16,true))", &number);
    change("immunizations", "VACCINATION_DATE", "int64 (TIMESTAMP(NANOS,false))", &noon(1_000_000_000));
    change("immunizations", "ORDINAL_POSITION", "double", &real);
    change("immunizations", "GIVEN_BY_ORG_ID", "float", &real);
    change("immunizations", "DISASTER_FLAG", "binary (ENUM)", &words);
    change("vaccines", "VACCINE_ID", "int64 (UINT_64)", &number);
    change("organizations", "ORG_ID", "int32 (DECIMAL(9,0))", &number);
    change("control", "ROW_COUNT", "int64", &number);
    tables
}

/// Writes an export: each table one file.
fn write(tables: &Tables, export: &Path, way: &Way) {
    std::fs::create_dir_all(export).unwrap();
    tables.iter().for_each(|(name, sheet)| sheet.write(&export.join(format!("{name}.parquet")), way));
}

fn ways() -> Vec<(&'static str, Way)> {
    let way = |change: fn(WriterPropertiesBuilder) -> WriterPropertiesBuilder, group: usize| Way {
        properties: Arc::new(change(WriterProperties::builder()).build()),
        group,
    };
    vec![
        ("plain", way(|p| p, usize::MAX)),
        ("groups of 7", way(|p| p, 7)),
        ("small pages", way(|p| p.set_data_page_size_limit(64).set_write_batch_size(3), 50)),
        ("no dictionary", way(|p| p.set_dictionary_enabled(false), 50)),
        ("version 2", way(|p| p.set_writer_version(WriterVersion::PARQUET_2_0), 50)),
        (
            "version 2, no dictionary",
            way(|p| p.set_writer_version(WriterVersion::PARQUET_2_0).set_dictionary_enabled(false), 50),
        ),
        (
            "lengths apart",
            way(
                |p| {
                    p.set_dictionary_enabled(false)
                        .set_column_encoding("LAST_NAME".into(), Encoding::DELTA_LENGTH_BYTE_ARRAY)
                },
                50,
            ),
        ),
        ("snappy", way(|p| p.set_compression(Compression::SNAPPY), 50)),
        ("zstd", way(|p| p.set_compression(Compression::ZSTD(ZstdLevel::default())), 50)),
        ("gzip", way(|p| p.set_compression(Compression::GZIP(GzipLevel::default())), 50)),
        (
            "gzip, version 2",
            way(
                |p| {
                    let p = p.set_compression(Compression::GZIP(GzipLevel::default()));
                    p.set_writer_version(WriterVersion::PARQUET_2_0).set_dictionary_enabled(false)
                },
                50,
            ),
        ),
        ("lz4", way(|p| p.set_compression(Compression::LZ4), 50)),
        ("lz4_raw", way(|p| p.set_compression(Compression::LZ4_RAW), 50)),
    ]
}

/// A batch's files for recipients and its dictionary.
fn shared(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut batch = delivered(read_folder(&out.join("202407")));
    assert!(batch.remove("manifest.json").is_some() && batch.remove("SHA256SUMS").is_some());
    assert!(batch.keys().any(|name| name.starts_with("PHDS_")));
    batch
}

/// What a manifest counts.
fn counts(out: &Path) -> [serde_json::Value; 3] {
    let manifest = manifest(&read_folder(&out.join("202407")));
    ["tables", "facts", "files"].map(|key| manifest[key].clone())
}

fn done(ran: &Ran) {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn parquet_files_give_the_batch_of_the_csv_files() {
    let folder = tempfile::tempdir().unwrap();
    let (export, csv) = (in_repository("fixtures/registry"), folder.path().join("csv"));
    done(&run_on(&export, &csv, &[]));
    let tables = tables_of(&export);
    for (kind, tables) in [("texts", tables.clone()), ("typed", typed(tables))] {
        for (name, way) in ways() {
            let place = folder.path().join(format!("{kind}-{name}"));
            write(&tables, &place.join("export"), &way);
            done(&run_on(&place.join("export"), &place.join("out"), &[]));
            assert_eq!(shared(&place.join("out")), shared(&csv), "{kind}, {name}");
            assert_eq!(counts(&place.join("out")), counts(&csv), "{kind}, {name}");
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 25, failure_persistence: None, ..Default::default() })]

    /// Rows with every kind of fault too.
    #[test]
    fn random_tables_give_the_same_batch(seed: u64, dirt in 0usize..10, way in 0..13usize, rows in 1usize..9) {
        let site = Site::empty();
        common::random::Tables::random(seed, dirt).without_malformed_rows().write(&site);
        let limit = ["--max-quarantined", "100%"];
        done(&site.run(&limit));
        let (export, out) = (site.path("parquet"), site.path("parquet-out"));
        let mut tables = tables_of(&site.export());
        std::fs::create_dir(&export).unwrap();
        write_parts(&tables.remove("consents").unwrap(), &export.join("consents.parquet"), rows);
        write(&tables, &export, &ways()[way].1);
        done(&run_on(&export, &out, &limit));
        proptest::prop_assert!(delivered(read_folder(&out.join("202407"))) == delivered(site.batch()));
    }
}

/// The parts of a table, each of so many rows.
fn write_parts(sheet: &Sheet, folder: &Path, rows: usize) {
    std::fs::create_dir(folder).unwrap();
    // A table without rows is one part without rows.
    let parts = if sheet.rows.is_empty() { vec![&[][..]] } else { sheet.rows.chunks(rows).collect() };
    for (number, rows) in parts.into_iter().enumerate() {
        let part = Sheet { columns: sheet.columns.clone(), rows: rows.to_vec() };
        part.write(&folder.join(format!("part-{number:03}.parquet")), &Way::default());
    }
}

#[test]
fn parts_are_one_table_and_the_same_export_however_they_are_cut() {
    let tables = typed(tables_of(&in_repository("fixtures/registry")));
    let folder = tempfile::tempdir().unwrap();
    let contents = |rows: Option<usize>| {
        let place = folder.path().join(format!("{rows:?}"));
        match rows {
            None => write(&tables, &place.join("export"), &Way { group: 9, ..Way::default() }),
            Some(rows) => {
                std::fs::create_dir_all(place.join("export")).unwrap();
                for (name, sheet) in &tables {
                    write_parts(sheet, &place.join("export").join(format!("{name}.parquet")), rows);
                    std::fs::write(place.join(format!("export/{name}.parquet/_SUCCESS")), "").unwrap();
                }
            }
        }
        done(&run_on(&place.join("export"), &place.join("out"), &[]));
        let gate = std::fs::read(place.join("out/202407/qa/gate.json")).unwrap();
        let gate: serde_json::Value = serde_json::from_slice(&gate).unwrap();
        (shared(&place.join("out")), gate)
    };
    let (one, of_one) = contents(None);
    for rows in [1000, 20] {
        let (parts, of_parts) = contents(Some(rows));
        assert_eq!(parts, one);
        let export = |gate: &serde_json::Value| gate.to_string();
        let hashes = |text: &str| {
            let is_hash = |word: &&str| word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
            text.split('"').filter(is_hash).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(hashes(&export(&of_parts)), hashes(&export(&of_one)));
        assert_eq!(hashes(&export(&of_parts)).len(), tables.len(), "{of_parts}");
    }
}

/// A small export with this table as a Parquet file instead.
fn site_with(table: &str, sheet: &Sheet) -> Site {
    let site = Site::new();
    site.remove(&format!("{table}.csv"));
    sheet.write(&site.export().join(format!("{table}.parquet")), &Way::default());
    site
}

/// A table of the small export.
fn small(table: &str) -> Sheet {
    Sheet::of_csv(&std::fs::read(Site::new().export().join(format!("{table}.csv"))).unwrap())
}

/// The run must end with 65 and say this.
fn refused(site: &Site, expect: &[&str]) {
    let ran = site.run(&[]);
    assert_eq!(ran.code, 65, "{} {}", ran.stdout, ran.stderr);
    expect.iter().for_each(|words| assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr));
    assert_eq!(site.left_in_out(), Vec::<String>::new());
}

#[test]
fn a_column_that_is_read_must_be_of_a_type_that_is_read() {
    let check = |of_type: &str, value: Value, expect: &str| {
        let sheet = small("clients").typed("LAST_NAME", of_type, |_| value.clone());
        refused(&site_with("clients", &sheet), &["clients.parquet, column LAST_NAME: COLUMN_TYPE: ", expect]);
    };
    check("boolean", Value::Truth(true), "of the type BOOLEAN");
    check("int64 (DECIMAL(18,2))", Value::Int(7), "of the type DECIMAL(18,2)");
    check("int32 (TIME(MILLIS,true))", Value::Int(7), "of the type TIME");
    check("fixed_len_byte_array(16) (UUID)", words("0123456789abcdef"), "of the type UUID");
    check("fixed_len_byte_array(3)", words("abc"), "of the type FIXED_LEN_BYTE_ARRAY(3)");
    check("binary (JSON)", words("{}"), "of the type JSON");
}

/// Writes a file with a schema of its own and no rows.
fn write_schema(path: &Path, schema: &str) {
    let schema =
        parquet::schema::parser::parse_message_type(&format!("message table {{ {schema} }}")).unwrap();
    let file = std::fs::File::create(path).unwrap();
    let properties = Arc::new(WriterProperties::builder().build());
    parquet::file::writer::SerializedFileWriter::new(file, Arc::new(schema), properties)
        .unwrap()
        .close()
        .unwrap();
}

#[test]
fn a_column_that_is_read_must_have_one_value_in_each_row() {
    let check = |column: &str, expect: &str| {
        let site = Site::new();
        site.remove("vaccines.csv");
        let schema = format!("required int64 VACCINE_ID; required binary PRODUCT_CLASS (STRING); {column}");
        write_schema(&site.export().join("vaccines.parquet"), &schema);
        refused(&site, &["vaccines.parquet, column CVX_CODE: COLUMN_TYPE: ", expect]);
    };
    check("repeated binary CVX_CODE (STRING);", "of the type repeated");
    check("optional group CVX_CODE { optional int32 A; }", "of the type a group of columns");
    check(
        "optional group CVX_CODE (LIST) { repeated group list { optional int32 element; } }",
        "of the type LIST",
    );
    // What is not read may be anything.
    let site = Site::new();
    site.rows("immunizations", &[]);
    site.remove("vaccines.csv");
    let schema = "required int64 VACCINE_ID; required binary PRODUCT_CLASS (STRING); optional binary cvx_code (STRING); \
                  optional group MORE (LIST) { repeated group list { optional int32 element; } } optional boolean B;";
    write_schema(&site.export().join("vaccines.parquet"), schema);
    let ran = site.run(&[]);
    done(&ran);
    assert!(ran.stderr.contains("vaccines: 2 extra column(s) ignored"), "{}", ran.stderr);
}

#[test]
fn rows_that_cannot_be_used_are_listed_by_their_number() {
    let mut sheet =
        small("clients").typed("CLIENT_ID", "double", real).typed("BIRTH_DATE", "int32 (DATE)", date);
    let mut row = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut row = sheet.rows[0].clone();
        change(&mut row);
        sheet.rows.push(row);
    };
    row(&|row| row[0] = Value::Real(9_007_199_254_740_992.0));
    row(&|row| row[0] = Value::None);
    row(&|row| (row[0], row[5]) = (Value::Real(8.0), Value::Int(3_000_000)));
    row(&|row| (row[0], row[2]) = (Value::Real(9.0), Value::Text(b"\xff".to_vec())));
    row(&|row| (row[0], row[2]) = (Value::Real(10.0), words("A\nb")));
    let site = site_with("clients", &sheet);
    done(&site.run(&["--max-quarantined", "100%"]));
    let listed = String::from_utf8(site.batch()["qa/quarantine.csv"].clone()).unwrap();
    let expect = "TABLE,FILE,LINE,COLUMN,CODE\n\
                  clients,clients.parquet,2,CLIENT_ID,INVALID_ID\n\
                  clients,clients.parquet,3,CLIENT_ID,INVALID_ID\n\
                  clients,clients.parquet,4,BIRTH_DATE,INVALID_DATE\n\
                  clients,clients.parquet,5,FIRST_NAME,INVALID_UTF8\n";
    assert_eq!(listed, expect);
}

#[test]
fn each_table_has_one_file() {
    let site = Site::new();
    small("clients").write(&site.export().join("clients.parquet"), &Way::default());
    refused(&site, &["clients.csv: TWO_FILES: there is also clients.parquet"]);
    let site = Site::new();
    std::fs::create_dir(site.export().join("consents.parquet")).unwrap();
    refused(&site, &["consents.csv: TWO_FILES: there is also consents.parquet"]);
    site.remove("consents.csv");
    refused(&site, &["consents.parquet: NO_PARTS: "]);
    std::fs::create_dir(site.export().join("consents.parquet/_temporary")).unwrap();
    refused(&site, &["consents.parquet/_temporary: FOLDER_AMONG_PARTS: "]);
    // The name of such a folder holds a value.
    std::fs::remove_dir(site.export().join("consents.parquet/_temporary")).unwrap();
    std::fs::create_dir(site.export().join("consents.parquet/LAST_NAME=Xqz")).unwrap();
    refused(&site, &["consents.parquet: FOLDER_AMONG_PARTS: "]);
    assert!(!site.run(&["-vv"]).stderr.contains("Xqz"));
}

#[test]
fn a_part_may_have_its_columns_in_another_order_but_must_have_those_that_are_read() {
    let site = Site::new();
    let sheet = small("consents");
    let turned = |sheet: &Sheet, without: Option<usize>| {
        let mut sheet = sheet.clone();
        if let Some(place) = without {
            sheet.columns.remove(place);
            sheet.rows.iter_mut().for_each(|row| _ = row.remove(place));
        }
        sheet.columns.reverse();
        sheet.rows.iter_mut().for_each(|row| row.reverse());
        sheet
    };
    site.remove("consents.csv");
    let folder = site.export().join("consents.parquet");
    std::fs::create_dir(&folder).unwrap();
    let withdrawn = |start: &str, end: &str| {
        let mut sheet = sheet.clone();
        (sheet.rows[0][2], sheet.rows[0][3], sheet.rows[0][4]) =
            (words(start), words(end), words("WITHDRAWN"));
        sheet.typed("CLIENT_ID", "int64", number).typed("END_DATE", "int32 (DATE)", date)
    };
    sheet.write(&folder.join("a.parquet"), &Way::default());
    turned(&withdrawn("2016-01-01", "2017-01-01"), None).write(&folder.join("b.parquet"), &Way::default());
    done(&site.run(&[]));
    assert_eq!(manifest(&site.batch())["tables"]["consents"]["rows"], 2);
    std::fs::remove_dir_all(site.out()).unwrap();
    turned(&sheet, Some(4)).write(&folder.join("b.parquet"), &Way::default());
    refused(&site, &["consents.parquet/b.parquet, table consents, column END_REASON: MISSING_COLUMN: "]);
}

#[test]
fn consents_that_stand_there_twice_hold_the_batch() {
    let with_note = |notes: [&str; 3]| {
        let mut sheet = small("consents");
        sheet.columns.push("binary NOTE (STRING)".to_owned());
        let row = sheet.rows.remove(0);
        for note in notes {
            sheet.rows.push([row.clone(), vec![words(note)]].concat());
        }
        site_with("consents", &sheet)
    };
    let check = |site: &Site, expect: Option<&str>| {
        let ran = site.run_gated(&["--gate-off", "unmatched_recipients"]);
        assert_eq!(ran.code, if expect.is_some() { 77 } else { 0 }, "{}", ran.stderr);
        expect.iter().for_each(|words| assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr));
    };
    check(&with_note(["a", "b", "c"]), None);
    check(&with_note(["a", "b", "a"]), Some("REPEATED_CONSENTS"));
    // In two parts, of which one has the column and the other has not.
    let site = Site::new();
    site.remove("consents.csv");
    let folder = site.export().join("consents.parquet");
    std::fs::create_dir(&folder).unwrap();
    small("consents").write(&folder.join("a.parquet"), &Way::default());
    let mut more = small("consents");
    more.columns.insert(0, "int64 NOTE".to_owned());
    more.rows[0].insert(0, Value::Int(7));
    more.write(&folder.join("b.parquet"), &Way::default());
    check(&site, None);
    more.rows[0][0] = Value::None;
    more.write(&folder.join("b.parquet"), &Way::default());
    std::fs::remove_dir_all(site.out()).unwrap();
    check(&site, Some("REPEATED_CONSENTS"));
}

#[test]
fn a_profile_says_nothing_of_how_a_date_is_written_that_is_one() {
    let site = site_with(
        "consents",
        &small("consents").typed("EFFECTIVE_DATE", "int32 (DATE)", date).typed("CLIENT_ID", "int64", number),
    );
    site.remove("clients.csv");
    let clients = small("clients").typed("BIRTH_DATE", "int32", |text| number(&text.replace('-', "")));
    std::fs::create_dir(site.export().join("PERSON_2024.parquet")).unwrap();
    clients.write(&site.export().join("PERSON_2024.parquet/part-0.parquet"), &Way::default());
    site.rows("immunizations", &["1,11,7,3,20200101,MMR,1,5,N"]);
    let profile = site.path("profile.toml");
    let settings =
        "name = \"p\"\n[dates]\nformats = [\"%Y%m%d\"]\n[tables.clients]\nfile = \"PERSON_*.parquet\"\n";
    std::fs::write(&profile, settings).unwrap();
    done(&site.run(&["--profile", text(&profile)]));
    let plain = Site::new();
    done(&plain.run(&[]));
    assert_eq!(shared(&site.out()), shared(&plain.out()));
}

#[test]
fn a_column_that_is_packed_in_another_way_is_refused() {
    let site = site_with("vaccines", &small("vaccines"));
    let mut bytes = std::fs::read(site.export().join("vaccines.parquet")).unwrap();
    // In the footer the codec stands behind the column's name.
    let named = b"\x18\x08CVX_CODE\x15";
    let place = bytes.windows(named.len()).rposition(|window| window == named).unwrap() + named.len();
    assert_eq!(bytes[place], 0);
    for (codec, name) in [(8, "BROTLI"), (6, "LZO")] {
        bytes[place] = codec;
        site.file("vaccines.parquet", &bytes);
        refused(&site, &["vaccines.parquet: PARQUET_PACKED: the column CVX_CODE", name]);
    }
}

/// A table that was made from a file without a header has values for names.
#[test]
fn no_name_of_a_column_is_shown_beside_one_that_may_be_a_value() {
    let check = |more: &[&str], shown: bool| {
        let site = Site::new();
        site.remove("vaccines.csv");
        let columns = ["VACCINE_ID", "CVX_CODE", "PRODUKT_CLASS"].iter().chain(more);
        let schema: String = columns.map(|name| format!("optional binary {name} (STRING); ")).collect();
        write_schema(&site.export().join("vaccines.parquet"), &schema);
        for arguments in [&["-vv"][..], &["-vv", "--log-format", "json"]] {
            let ran = site.run(arguments);
            assert_eq!(ran.code, 65, "{}", ran.stderr);
            assert!(ran.stderr.contains("PRODUCT_CLASS"), "{}", ran.stderr);
            assert_eq!(ran.stderr.contains("PRODUKT"), shown, "{}", ran.stderr);
        }
    };
    check(&["Remark"], true);
    check(&["Remark", "1913-11-17"], false);
}

/// `profile guess` proposes what leads to the same files, and nothing where nothing is needed.
#[test]
fn a_profile_is_proposed_for_them() {
    let folder = tempfile::tempdir().unwrap();
    let (export, csv) = (in_repository("fixtures/registry"), folder.path().join("csv"));
    done(&run_on(&export, &csv, &[]));
    let mut tables = typed(tables_of(&export));
    let guess = |export: &Path| {
        let ran = common::phds_with(&["profile", "guess", text(export)]);
        done(&ran);
        ran.stdout
    };
    let same = folder.path().join("same");
    write(&tables, &same, &Way { group: 9, ..Way::default() });
    let guessed = guess(&same);
    assert!(guessed.contains("it needs no profile") && !guessed.contains("OPEN"), "{guessed}");
    let mut clients = tables.remove("clients").unwrap();
    let rename = |sheet: &mut Sheet, from: &str, to: &str| {
        let column = sheet.columns.iter_mut().find(|column| column.split(' ').nth(1) == Some(from)).unwrap();
        *column = column.replacen(from, to, 1);
    };
    rename(&mut clients, "BIRTH_DATE", "PAT_DOB");
    rename(&mut clients, "CLIENT_ID", "PATIENT_ID");
    let types = clients.columns.iter().position(|column| column.contains("CLIENT_TYPE")).unwrap();
    for row in &mut clients.rows {
        match &row[types] {
            Value::Text(of) if of == b"IC" => row[types] = words("Child"),
            Value::None => row[types] = words("NULL"),
            _ => {}
        }
    }
    let other = folder.path().join("other");
    write(&tables, &other, &Way::default());
    write_parts(&clients, &other.join("PATIENTS_20240708.parquet"), 20);
    let guessed = guess(&other);
    let profile = folder.path().join("profile.toml");
    std::fs::write(&profile, &guessed).unwrap();
    let ran = run_on(&other, &folder.path().join("out"), &["--profile", text(&profile)]);
    assert_eq!(ran.code, 0, "{}\n{guessed}", ran.stderr);
    assert!(shared(&folder.path().join("out")) == shared(&csv), "{guessed}");
    // One that can't be read is a run's to tell.
    std::fs::write(other.join("vaccines.parquet"), "PAR1PAR1").unwrap();
    assert!(guess(&other).contains("OPEN: nothing looks like this table"));
}

#[test]
fn what_is_no_parquet_file_is_refused() {
    let check = |bytes: &[u8], expect: &str| {
        let site = Site::new();
        site.remove("vaccines.csv");
        site.file("vaccines.parquet", bytes);
        refused(&site, &["vaccines.parquet: ", expect]);
    };
    check(b"", "UNUSABLE_PARQUET: the Parquet file cannot be used: it does not begin and end");
    check(b"VACCINE_ID,CVX_CODE,PRODUCT_CLASS\n3,03,\n", "UNUSABLE_PARQUET");
    check(b"PAR1PAR1", "UNUSABLE_PARQUET");
    check(b"PAR1\0\0\0\0PAR1", "its footer is damaged");
    check(b"PAR1\xff\xff\xff\xffPAR1", "its footer is damaged");
    check(b"PARE\0\0\0\0PARE", "ENCRYPTED_PARQUET");
    let site = Site::new();
    site.remove("vaccines.csv");
    std::os::unix::fs::symlink("/dev/zero", site.export().join("vaccines.parquet")).unwrap();
    refused(&site, &["vaccines.parquet: NOT_A_FILE"]);
}

/// The stages, `check` and `explain` read Parquet files too.
#[test]
fn all_commands_read_them() {
    let clients = small("clients").typed("CLIENT_ID", "int64", number).typed("ZIP_CODE", "int32", number);
    let site = site_with("clients", &clients);
    let (export, work) = (site.export(), site.path("work.db"));
    let run = |arguments: &[&str]| {
        let ran = common::phds_with(arguments);
        done(&ran);
        ran
    };
    run(&["read", text(&export), "--work", text(&work)]);
    run(&["filter", "--work", text(&work), "--as-of", "2024-07-08"]);
    let out = site.out();
    run(&[&["write", "--work", text(&work), "--out", text(&out)], &common::GATES_OFF[..]].concat());
    let told = run(&["explain", text(&export), "--as-of", "2024-07-08", "--fact", "11"]);
    assert!(told.stdout.contains("INCLUDED"), "{}", told.stdout);
    let checked = run(&["check", text(&export), "--as-of", "2024-07-08"]);
    assert!(
        checked.stdout.contains("ZIP_CODE: the column has a numeric type, INTEGER"),
        "{}",
        checked.stdout
    );
}
