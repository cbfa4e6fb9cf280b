//! Parquet files that were cut, damaged or made to do harm: a clear error, in little memory, whatever they claim.

#![cfg(feature = "parquet")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "parquet/thrift.rs"]
mod thrift;
#[path = "parquet/written.rs"]
mod written;

use common::Site;
use parquet::basic::{Compression, GzipLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use phds::registry::{ExportFormat, RegistryError, Table, open_export};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Once};
use thrift::Struct;
use written::{Sheet, Value, Way, days, words};

/// What reading a table comes to: the number of its rows' bytes, or the code of what is wrong with it.
fn read(export: &Path, table: Table) -> Result<usize, String> {
    let told = |error: RegistryError| match error {
        RegistryError::BadInput(bad) => bad.fault.code().to_owned(),
        other => panic!("{other}"),
    };
    let source = open_export(export, &ExportFormat::default()).map_err(told)?;
    let mut reader = source.open_table(table).map_err(told)?.unwrap();
    let mut bytes = 0;
    let read = reader.for_each_block(&mut |block, _| {
        bytes += block.text.len();
        Ok(Some(block))
    });
    read.map(|()| bytes).map_err(told)
}

/// A panic of the crate that reads Parquet files is caught, and an error: nothing is to be said of it.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.location().is_none_or(|at| !at.file().contains("/registry/src/")) {
                loud(panic);
            }
        }));
    });
}

/// A table with a column of each kind that is read, and a null in each.
fn sheet() -> Sheet {
    let row = |number: i64| {
        let day = Value::Int(days("2000-01-01") + number);
        let name = |what: &str| words(&format!("{what} number {}", number % 4));
        vec![
            Value::Int(number),
            words("IA"),
            name("First"),
            name("Last"),
            Value::None,
            day,
            Value::Real(number as f64),
            Value::Int(number),
            Value::Int96([0, 0, 2_440_588 + number as u32]),
            Value::Text(i128::from(number).to_be_bytes().to_vec()),
            words("78701"),
        ]
    };
    let mut rows: Vec<Vec<Value>> = (1..=12).map(row).collect();
    rows.push(vec![Value::None; 11]);
    let columns = [
        "int64 CLIENT_ID",
        "binary CLIENT_TYPE (STRING)",
        "binary FIRST_NAME (STRING)",
        "binary LAST_NAME (STRING)",
        "binary MIDDLE_NAME (STRING)",
        "int32 BIRTH_DATE (DATE)",
        "double SEX_CODE",
        "int64 RACE_AND_ETHNICITY (TIMESTAMP(MILLIS,true))",
        "int96 STATE_CODE",
        "fixed_len_byte_array(16) CLIENT_COUNTY (DECIMAL(38,0))",
        "binary ZIP_CODE (STRING)",
    ];
    Sheet { columns: columns.map(str::to_owned).to_vec(), rows }
}

/// Ways to write it: with dictionaries and without, of both versions, packed and not.
fn ways() -> [Way; 4] {
    let build = |version, dictionary, packed| {
        let properties = WriterProperties::builder().set_writer_version(version);
        let properties = properties.set_dictionary_enabled(dictionary).set_compression(packed);
        Way { properties: Arc::new(properties.build()), group: 8 }
    };
    [
        build(WriterVersion::PARQUET_1_0, true, Compression::UNCOMPRESSED),
        build(WriterVersion::PARQUET_2_0, false, Compression::UNCOMPRESSED),
        build(WriterVersion::PARQUET_1_0, true, Compression::SNAPPY),
        build(WriterVersion::PARQUET_2_0, true, Compression::GZIP(GzipLevel::default())),
    ]
}

/// What the damaged files come to, and how often.
type Outcomes = BTreeMap<String, usize>;

fn try_all(damaged: impl Iterator<Item = Vec<u8>>) -> Outcomes {
    let site = Site::empty();
    site.remove("clients.csv");
    let file = File::create(site.export().join("clients.parquet")).unwrap();
    let mut outcomes = Outcomes::new();
    for bytes in damaged {
        // Written over: a file that is emptied first goes to the disk each time.
        file.write_all_at(&bytes, 0).unwrap();
        file.set_len(bytes.len() as u64).unwrap();
        let outcome = read(&site.export(), Table::Clients).map_or_else(|code| code, |_| "read".to_owned());
        *outcomes.entry(outcome).or_default() += 1;
    }
    outcomes
}

/// The bytes of the table's file, written in some way.
fn file(way: &Way) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clients.parquet");
    sheet().write(&path, way);
    std::fs::read(path).unwrap()
}

/// Whether an outcome is one that a damaged file may have.
fn is_told(code: &str) -> bool {
    let known = [
        "read",
        "UNUSABLE_PARQUET",
        "COLUMN_TYPE",
        "MISSING_COLUMN",
        "COLUMN_TWICE",
        "PARQUET_PACKED",
        "ENCRYPTED_PARQUET",
    ];
    known.contains(&code)
}

#[test]
fn a_file_that_is_cut_is_refused() {
    quiet();
    for way in ways() {
        let whole = file(&way);
        let outcomes = try_all((0..whole.len()).map(|end| whole[..end].to_vec()));
        assert_eq!(outcomes, Outcomes::from([("UNUSABLE_PARQUET".to_owned(), whole.len())]));
        let without = (4..whole.len() - 8).map(|from| [&whole[..4], &whole[from..]].concat());
        let outcomes = try_all(without.step_by(7));
        assert!(outcomes.keys().all(|code| is_told(code)), "{outcomes:?}");
    }
}

#[test]
fn a_file_with_a_flipped_bit_is_read_or_refused() {
    quiet();
    for way in ways() {
        let whole = file(&way);
        let change = |at: usize, change: &dyn Fn(u8) -> u8| {
            let mut bytes = whole.clone();
            bytes[at] = change(bytes[at]);
            bytes
        };
        // One bit of each byte; then the byte that says most: that a number goes on.
        let flipped = (0..whole.len()).map(|at| change(at, &|byte| byte ^ 1 << (at % 8)));
        let filled = (0..whole.len()).map(|at| change(at, &|_| 0xff));
        let outcomes = try_all(flipped.chain(filled));
        assert!(outcomes.keys().all(|code| is_told(code)), "{outcomes:?}");
        assert!(outcomes["UNUSABLE_PARQUET"] > whole.len() / 2, "{outcomes:?}");
    }
}

/// Like that, but in several places at once, half of them in the footer, with bytes of the file's own among them.
#[test]
fn a_file_that_is_damaged_in_several_places_is_read_or_refused() {
    quiet();
    for (seed, way) in (1..).zip(ways()) {
        let (whole, mut dice) = (file(&way), common::random::Dice::new(seed));
        let damaged = (0..500).map(|_| {
            let mut bytes = whole.clone();
            for _ in 0..2 + dice.below(4) {
                let near_end = if dice.one_in(2) { bytes.len().min(1500) } else { bytes.len() };
                let at = bytes.len() - 1 - dice.below(near_end);
                let from = dice.below(bytes.len());
                let length = dice.below(20).min(bytes.len() - at.max(from));
                match dice.below(3) {
                    0 => bytes[at] ^= 1 << dice.below(8),
                    1 => bytes[at..at + length].fill(0xff),
                    _ => bytes.copy_within(from..from + length, at),
                }
            }
            bytes
        });
        let outcomes = try_all(damaged);
        assert!(outcomes.keys().all(|code| is_told(code)), "{outcomes:?}");
    }
}

/// Whatever is wrong with a file: what the program prints holds nothing of a row, not even where the crate panics.
#[test]
fn nothing_of_a_damaged_file_is_shown() {
    let mut sheet = sheet();
    for row in &mut sheet.rows {
        for value in row.iter_mut().filter(|value| matches!(value, Value::Text(_))) {
            if !matches!(value, Value::Text(bytes) if bytes.len() == 16) {
                *value = words("Xqz");
            }
        }
    }
    let site = Site::new();
    site.remove("clients.csv");
    let path = site.export().join("clients.parquet");
    let mut refused = 0;
    for way in ways() {
        sheet.write(&path, &way);
        let whole = std::fs::read(&path).unwrap();
        for place in 1..=15 {
            let mut bytes = whole.clone();
            let at = bytes.len() * place / 16;
            match place % 3 {
                0 => bytes.truncate(at),
                1 => bytes[at] = 0xff,
                _ => bytes[at..].iter_mut().take(3).for_each(|byte| *byte ^= 0x55),
            }
            std::fs::write(&path, bytes).unwrap();
            let ran = site.run(&["-vv", "--max-quarantined", "100%", "--gate-off", "nothing_shared"]);
            refused += u32::from(ran.stderr.contains("clients.parquet: UNUSABLE_PARQUET"));
            assert!([0, 65].contains(&ran.code), "{place}: {} {}", ran.code, ran.stderr);
            for mark in ["Xqz", "panicked"] {
                assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(mark), "{place}: {}", ran.stderr);
            }
            let _ = std::fs::remove_dir_all(site.out());
        }
    }
    assert!(refused > 20, "{refused}");
}

/// What a run may take, so that one that believes a claim fails.
const MEMORY_KIB: u32 = 900_000;

/// Runs the program on an export of which the table `control` is this file, in little memory; it must end with 65 and say
/// this.
fn refused(bytes: &[u8], expect: &str) {
    let site = Site::new();
    site.file("control.parquet", bytes);
    let limited = format!("ulimit -v {MEMORY_KIB}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &limited, env!("CARGO_BIN_EXE_phds"), "run"]).arg(site.export());
    command.args(["--as-of", "2024-07-08", "--threads", "1", "--out"]).arg(site.out());
    let output = command.output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), told.contains(expect)),
        (Some(65), true),
        "{expect}: {:?} {told}",
        output.status
    );
    assert!(
        told.contains("control.parquet: UNUSABLE_PARQUET") || told.contains("control.parquet: ARCHIVE_BOMB"),
        "{told}"
    );
}

const BINARY: i32 = 6;
const INT64: i32 = 2;
const RLE: i32 = 3;
const PLAIN: i32 = 0;

/// An element of a schema.
fn element(name: &str, of_type: Option<i32>, repetition: Option<i32>, children: Option<i32>) -> Struct {
    Struct::new().some_int(1, of_type).some_int(3, repetition).text(4, name).some_int(5, children)
}

/// The columns of the table `control`, both with nulls.
fn schema() -> Vec<Struct> {
    vec![
        element("table", None, None, Some(2)),
        element("TABLE_NAME", Some(BINARY), Some(1), None),
        element("ROW_COUNT", Some(INT64), Some(1), None),
    ]
}

/// A page: its header and its body.
struct Page(Struct, Vec<u8>);

/// A page of values, of the first version.
fn data(values: i64, encoding: i32, unpacked: i64, body: &[u8]) -> Page {
    let of_page = Struct::new().int(1, values).int(2, encoding.into()).int(3, RLE.into()).int(4, RLE.into());
    Page(
        Struct::new().int(1, 0).int(2, unpacked).int(3, body.len() as i64).structure(5, of_page),
        body.to_vec(),
    )
}

fn dictionary(values: i64, unpacked: i64, body: &[u8]) -> Page {
    let of_page = Struct::new().int(1, values).int(2, PLAIN.into());
    Page(
        Struct::new().int(1, 2).int(2, unpacked).int(3, body.len() as i64).structure(7, of_page),
        body.to_vec(),
    )
}

/// A file of these columns in one group of so many rows, packed by a codec.
fn file_of(schema: Vec<Struct>, columns: [Vec<Page>; 2], rows: i64, codec: i32) -> Vec<u8> {
    let mut bytes = b"PAR1".to_vec();
    let mut chunks = Vec::new();
    for (column, (name, of_type)) in columns.into_iter().zip([("TABLE_NAME", BINARY), ("ROW_COUNT", INT64)]) {
        let start = bytes.len() as i64;
        let is_dictionary = |page: &Page| page.0.clone().end().starts_with(&[0x15, 4]);
        let has_dictionary = column.first().is_some_and(is_dictionary);
        for Page(header, body) in column {
            bytes.extend(header.end());
            bytes.extend(body);
        }
        let length = bytes.len() as i64 - start;
        let meta = Struct::new().int(1, of_type.into()).ints(2, &[0]).texts(3, &[name]).int(4, codec.into());
        let meta = meta.long(5, rows).long(6, length).long(7, length).long(9, start);
        let meta = if has_dictionary { meta.long(11, start) } else { meta };
        chunks.push(Struct::new().long(2, start).structure(3, meta));
    }
    let group = Struct::new().structures(1, chunks).long(2, bytes.len() as i64).long(3, rows);
    with_footer(bytes, Struct::new().int(1, 1).structures(2, schema).long(3, rows).structures(4, vec![group]))
}

fn with_footer(mut bytes: Vec<u8>, footer: Struct) -> Vec<u8> {
    let footer = footer.end();
    bytes.extend(&footer);
    bytes.extend((footer.len() as u32).to_le_bytes());
    bytes.extend(b"PAR1");
    bytes
}

/// Levels that say that so many rows have a value, or have none.
fn levels(rows: u32, have: bool) -> Vec<u8> {
    let mut run = Vec::new();
    let mut left = u64::from(rows) << 1;
    while left >= 0x80 {
        run.push(left as u8 | 0x80);
        left >>= 7;
    }
    run.extend([left as u8, u8::from(have)]);
    [&(run.len() as u32).to_le_bytes()[..], &run].concat()
}

fn nulls(rows: u32) -> Page {
    let body = levels(rows, false);
    data(rows.into(), PLAIN, body.len() as i64, &body)
}

/// One row, which says that `clients` has one.
fn sound() -> [Vec<Page>; 2] {
    let name = [levels(1, true), [&7u32.to_le_bytes()[..], b"clients"].concat()].concat();
    let count = [levels(1, true), 1i64.to_le_bytes().to_vec()].concat();
    [vec![data(1, PLAIN, name.len() as i64, &name)], vec![data(1, PLAIN, count.len() as i64, &count)]]
}

const SNAPPY: i32 = 1;
const GZIP: i32 = 2;
const ZSTD: i32 = 6;

/// What is built here is a Parquet file, so that what is refused is refused for its claim.
#[test]
fn a_sound_file_of_this_make_is_read() {
    let site = Site::new();
    site.file("control.parquet", &file_of(schema(), sound(), 1, 0));
    let ran = site.run(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stderr.contains("control"), "{}", ran.stderr);
    site.file("control.parquet", &file_of(schema(), [vec![nulls(0)], vec![nulls(0)]], 0, 0));
    assert_eq!(site.run(&[]).code, 0);
}

#[test]
fn a_file_that_claims_rows_is_refused() {
    const BILLION: i64 = 1_000_000_000;
    refused(&file_of(schema(), sound(), BILLION, 0), "fewer rows than its file says");
    refused(&file_of(schema(), sound(), i64::MAX, 0), "fewer rows than its file says");
    refused(&file_of(schema(), sound(), -1, 0), "its footer is damaged");
    refused(&file_of(schema(), sound(), 0, 0), "more rows than its file says");
    // A page that claims them too.
    let [name, count] = sound();
    let many = |page: &Page| data(i32::MAX.into(), PLAIN, page.1.len() as i64, &page.1);
    refused(
        &file_of(schema(), [vec![many(&name[0])], vec![many(&count[0])]], i32::MAX.into(), 0),
        "UNUSABLE_PARQUET",
    );
}

#[test]
fn a_page_that_claims_bytes_is_refused() {
    let [name, count] = sound();
    let with = |page: Page, codec: i32| {
        file_of(
            schema(),
            [vec![page], sound()[1].iter().map(|p| Page(p.0.clone(), p.1.clone())).collect()],
            1,
            codec,
        )
    };
    let too_much = "its pages take more than 512 MiB";
    for codec in [SNAPPY, GZIP, ZSTD, 5, 7] {
        refused(&with(data(1, PLAIN, i32::MAX.into(), &name[0].1), codec), too_much);
        refused(&with(data(1, PLAIN, -1, &name[0].1), codec), "a page is damaged");
        refused(&with(data(1, PLAIN, 16 << 20, &name[0].1), codec), "a page is damaged");
    }
    // One that holds more than it claims.
    let zeros = |length: usize| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut packer, &vec![0; length]).unwrap();
        packer.finish().unwrap()
    };
    refused(&with(data(1, PLAIN, 50, &zeros(1 << 30)), GZIP), "a page is damaged");
    // One that goes on behind the column, and a dictionary of which each value takes memory.
    let longer = Page(
        Struct::new().int(1, 0).int(2, 9).int(3, 1 << 30).structure(5, Struct::new().int(1, 1)),
        Vec::new(),
    );
    refused(&with(longer, 0), "a page is damaged");
    let pages =
        |dictionary: Page| vec![dictionary, data(1, 8, 8, &[levels(1, true), vec![1, 2, 0]].concat())];
    let both = |dictionary: Page| {
        file_of(
            schema(),
            [pages(dictionary), vec![data(1, PLAIN, count[0].1.len() as i64, &count[0].1)]],
            1,
            0,
        )
    };
    refused(&both(dictionary(i32::MAX.into(), 11, &name[0].1[6..])), "a page is damaged");
}

#[test]
fn a_page_that_claims_lengths_is_refused() {
    let with = |encoding: i32, values: &[u8], rows: u32| {
        let body = [levels(rows, true), values.to_vec()].concat();
        let count = levels(rows, false);
        let pages = [
            vec![data(rows.into(), encoding, body.len() as i64, &body)],
            vec![data(rows.into(), PLAIN, count.len() as i64, &count)],
        ];
        file_of(schema(), pages, rows.into(), 0)
    };
    const LENGTHS: i32 = 6;
    const PREFIXES: i32 = 7;
    // Blocks of 128 in 4 parts, two billion lengths of 0.
    let many = [0x80, 1, 4, 0xfe, 0xff, 0xff, 0xff, 7, 0, 0, 0, 0, 0, 0];
    refused(&with(LENGTHS, &many, 1), "a page is damaged");
    refused(&with(PREFIXES, &many, 1), "a page is damaged");
    // A thousand values of a mebibyte each, made of one by what each has in common with the one before.
    let mebibyte = 1 << 20;
    let mut prefixes = vec![0x80, 1, 4, 0xe8, 7, 0];
    let mut suffixes = vec![0x80, 1, 4, 0xe8, 7, 0x80, 0x80, 0x80, 1];
    for block in 0..8 {
        // The second value has a mebibyte in common with the first, and each one byte more with the one before; what is its
        // own is a mebibyte too, or somewhat less.
        let first = block == 0;
        prefixes.extend(if first { vec![2, 21, 0, 0, 0] } else { vec![2, 0, 0, 0, 0] });
        suffixes.extend(if first { vec![1, 0, 0, 0, 0] } else { vec![0, 0, 0, 0, 0] });
        if first {
            let mut bits = vec![0; 21 * 4];
            bits[..3].copy_from_slice(&(mebibyte as u32 - 1).to_le_bytes()[..3]);
            prefixes.extend(bits);
        }
    }
    let values = [prefixes, suffixes, vec![b'x'; mebibyte]].concat();
    refused(&with(PREFIXES, &values, 1000), "its pages take more than 512 MiB");
}

#[test]
fn a_footer_that_claims_columns_is_refused() {
    let damaged = "its footer is damaged";
    let of = |schema: Vec<Struct>| file_of(schema, sound(), 1, 0);
    let with_root = |children: i32| {
        let mut schema = schema();
        schema[0] = element("table", None, None, Some(children));
        schema
    };
    refused(&of(with_root(i32::MAX)), damaged);
    refused(&of(with_root(-1)), damaged);
    refused(&of(Vec::new()), damaged);
    // A chain of groups, so long that going down it would take the stack.
    let chain = (0..9_000).map(|_| element("g", None, Some(1), Some(1)));
    refused(&of(chain.chain([element("a", Some(INT64), Some(1), None)]).collect()), damaged);
    let wide = (0..20_000).map(|_| element("g", Some(INT64), Some(1), None));
    refused(
        &of([element("table", None, None, Some(20_000))].into_iter().chain(wide).collect()),
        "far too many",
    );
    // More groups of rows than there are bytes.
    let mut footer = Struct::new().int(1, 1).structures(2, schema()).long(3, 1).end();
    footer.truncate(footer.len() - 1);
    footer.extend([0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 7, 0]);
    let file =
        [b"PAR1".to_vec(), footer.clone(), (footer.len() as u32).to_le_bytes().to_vec(), b"PAR1".to_vec()]
            .concat();
    refused(&file, damaged);
    let file = with_footer(
        b"PAR1".to_vec(),
        Struct::new().int(1, 1).structures(2, schema()).long(3, 0).text(6, &"x".repeat(17 << 20)),
    );
    refused(&file, "longer than 16 MiB");
}

/// A billion rows of nulls in a few bytes.
#[test]
fn rows_without_end_are_refused() {
    quiet();
    let rows = 1_000_000_000;
    let site = Site::empty();
    let mut schema = schema();
    schema[1] = element("RECIPIENT", Some(BINARY), Some(1), None);
    schema[2] = element("RESPONSIBLE_ENTITY", Some(INT64), Some(1), None);
    site.file("recipients.parquet", &file_of(schema, [vec![nulls(rows)], vec![nulls(rows)]], rows.into(), 0));
    assert_eq!(read(&site.export(), Table::Recipients), Err("ARCHIVE_BOMB".to_owned()));
}
