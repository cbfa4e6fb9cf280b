//! The program built without its features: what it can't do then is refused, not passed over and not taken for something else.

#![cfg(not(any(feature = "parquet", feature = "xlsx")))]
#![allow(clippy::unwrap_used)]

mod common;

use common::Site;

#[test]
fn a_parquet_file_is_refused() {
    let site = Site::new();
    site.file("control.parquet", b"PAR1");
    let ran = site.run(&[]);
    assert_eq!(ran.code, 65, "{}", ran.stderr);
    let expect = "control.parquet: NO_PARQUET_READER: this program was built without the feature `parquet`";
    assert!(ran.stderr.contains(expect), "{}", ran.stderr);
    site.rows("control", &["clients,1"]);
    assert!(site.run(&[]).stderr.contains("TWO_FILES"));
}

#[test]
fn a_workbook_is_no_format_of_the_dictionary() {
    let ran = common::phds_with(&["dictionary", "--format", "xlsx"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("md, csv, datapackage, python, r, sas, m"), "{}", ran.stderr);
}
