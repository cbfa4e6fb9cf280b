//! The program built without the feature `parquet`: a Parquet file is not passed over, and not taken for something else.

#![cfg(not(feature = "parquet"))]
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
