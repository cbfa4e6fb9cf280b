//! A Parquet file in the place of one table of a small export.

use super::export::{OTHERWISE, TABLES, write};
use super::extracted::read_as;
use phds::registry::ExportFormat;
use std::sync::Once;

#[path = "../../tests/parquet/written.rs"]
mod written;

use written::{Sheet, Value, Way, days};

/// The first byte says which table the file is; the file's bytes follow.
pub fn check(data: &[u8]) {
    let Some((table, bytes)) = data.split_first() else { return };
    let table = TABLES[usize::from(*table) % OTHERWISE.len()];
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("export");
    write(&export, &[]);
    std::fs::remove_file(export.join(format!("{table}.csv"))).unwrap();
    std::fs::write(export.join(format!("{table}.parquet")), bytes).unwrap();
    expect_panics_of_the_crate();
    let _ = read_as(&export, &ExportFormat::default(), folder.path());
}

/// A panic of the crate that reads Parquet files is caught, and an error of the export's: it is no finding.
fn expect_panics_of_the_crate() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let is_of_crate = |file: &str| file.contains("/registry/src/") && file.contains("/parquet-");
            if !panic.location().is_some_and(|at| is_of_crate(at.file())) {
                report(panic);
            }
        }));
    });
}

/// The tables as Parquet files, by place: of texts, and of the types that warehouses have.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (place, text) in (0..).zip(OTHERWISE) {
        let sheet = Sheet::of_csv(text);
        let typed = sheet.columns.iter().filter_map(|column| column.split(' ').nth(1));
        let typed: Vec<String> = typed.map(str::to_owned).collect();
        let as_number = |text: &str| text.parse().map_or(Value::None, Value::Int);
        let typed = typed.iter().fold(sheet.clone(), |sheet, name| match name.as_str() {
            name if name.ends_with("_DATE") => {
                sheet.typed(name, "int32 (DATE)", |text| Value::Int(days(text)))
            }
            "CVX_CODE" | "ZIP_CODE" | "PROVIDER_ZIP_CODE" => sheet,
            name if name.ends_with("_ID") || name == "ORDINAL_POSITION" => {
                sheet.typed(name, "int64", as_number)
            }
            _ => sheet,
        });
        for sheet in [sheet, typed] {
            let file = tempfile::NamedTempFile::new().unwrap();
            sheet.write(file.path(), &Way::default());
            seeds.push([&[place], std::fs::read(file.path()).unwrap().as_slice()].concat());
        }
    }
    seeds
}

/// Kept beside the seeds, so that what is no Parquet file at all is tried, too.
pub fn no_files() -> Vec<Vec<u8>> {
    let texts: [&[u8]; 3] = [b"\0PAR1", b"\x01PAR1\0\0\0\0PAR1", b"\x02PAR1\xff\xff\xff\x7fPAR1"];
    texts.iter().map(|text| text.to_vec()).collect()
}
