//! Reading a file in blocks, whatever lies on their edges.

use super::*;
use std::io::Write;

/// Reads a file of `vaccines` to its end; returns the records as (line, text), or the fault's code and line.
fn read(name: &str, bytes: &[u8]) -> Result<Vec<(u64, String)>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let told = |error| match error {
        RegistryError::BadInput(bad) => format!("{} {:?}", bad.fault.code(), bad.line),
        other => other.to_string(),
    };
    let mut file = CsvFile::open(&path, Table::Vaccines, &ExportFormat::default()).map_err(told)?;
    let mut records = Vec::new();
    let mut fields = Vec::new();
    let delimiter = file.delimiter;
    let take = &mut |block: Block, _| {
        let (mut at, mut line) = (0, block.first_line);
        while at < block.text.len() {
            let blank = blank_lines(&block.text[at..]);
            line += count_lines(&block.text[at..at + blank]);
            at += blank;
            if at < block.text.len() {
                let end = split_record(&block.text, at, delimiter, &mut fields);
                records.push((line, String::from_utf8_lossy(&block.text[at..end]).trim_end().to_owned()));
                line += count_lines(&block.text[at..end]);
                at = end;
            }
        }
        Ok(Some(block))
    };
    file.for_each_block(take).map_err(told)?;
    Ok(records)
}

const HEADER: &str = "VACCINE_ID,CVX_CODE,PRODUCT_CLASS\n";

#[test]
fn records_over_the_edges_of_blocks_are_whole() {
    // Records of many lengths, with quoted line breaks, doubled quotes and blank lines wherever an edge may fall.
    let mut text = HEADER.to_owned();
    let mut expect = Vec::new();
    let mut line = 2;
    for i in 0..240_000u64 {
        let record = match i % 7 {
            0 => format!("{i},\"a\r\n\"\"b\"\"\n\n,\",x"),
            1 => format!("{i},\"\",{}", "y".repeat((i % 50) as usize)),
            2 => format!("{i},5\" nail,\"z\""),
            _ => format!("{i},03,"),
        };
        if i % 11 == 0 {
            text.push_str("\r\n\n");
            line += 2;
        }
        text.push_str(&record);
        text.push_str(if i % 3 == 0 { "\r\n" } else { "\n" });
        expect.push((line, record.clone()));
        line += 1 + record.matches('\n').count() as u64;
    }
    assert!(text.len() > 2 * BLOCK);
    assert_eq!(read("t.csv", text.as_bytes()).unwrap(), expect);
    // Without a line end at the end, and compressed.
    let text = text.trim_end();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).unwrap();
    assert_eq!(read("t.csv.gz", &gz.finish().unwrap()).unwrap(), expect);
    assert_eq!(read("t.csv.zst", &zstd::encode_all(text.as_bytes(), 1).unwrap()).unwrap(), expect);
}

#[test]
fn a_record_longer_than_a_block_is_read_whole() {
    let long = format!("1,\"{}\",", "a\n".repeat(BLOCK));
    let text = format!("{HEADER}{long}\n2,,\n");
    let expect = vec![(2, long), (3 + BLOCK as u64, "2,,".to_owned())];
    assert_eq!(read("t.csv", text.as_bytes()).unwrap(), expect);
}

#[test]
fn what_comes_before_the_header() {
    let check = |before: &str, line: u64| {
        let text = format!("{before}{HEADER}1,,\n");
        assert_eq!(read("t.csv", text.as_bytes()).unwrap(), [(line, "1,,".to_owned())], "{}", before.len());
    };
    check("", 2);
    check("\u{feff}", 2);
    check("\n\r\n\n", 5);
    let many = "\r\n".repeat(BLOCK);
    check(&many, BLOCK as u64 + 2);
    check(&format!("\n{many}"), BLOCK as u64 + 3);
}

#[test]
fn what_ends_in_quotes_is_cut_short() {
    let check = |rest: &str, expect: &str| {
        assert_eq!(read("t.csv", format!("{HEADER}{rest}").as_bytes()).unwrap_err(), expect, "{rest:?}");
    };
    check("1,\"", "ENDS_IN_QUOTES Some(2)");
    check("1,,\n\n2,\"a\nb\",\"\n\n", "ENDS_IN_QUOTES Some(4)");
    check("1,\"\"\"", "ENDS_IN_QUOTES Some(2)");
    assert!(read("t.csv", format!("{HEADER}1,\"\"").as_bytes()).is_ok());
    assert_eq!(read("t.csv", b"\"VACCINE_ID").unwrap_err(), "ENDS_IN_QUOTES Some(1)");
    assert_eq!(read("t.csv", b"\n\n").unwrap_err(), "NO_HEADER None");
}
