//! What a file is that should be CSV and is not, by its first bytes.

/// Something that is found in place of a CSV file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::Display)]
pub enum Content {
    #[strum(to_string = "a web page (HTML) or other markup")]
    Html,
    #[strum(to_string = "a spreadsheet (.xlsx, .ods) or another ZIP file")]
    Zip,
    #[strum(to_string = "an old spreadsheet or document (.xls, .doc)")]
    OldOffice,
    #[strum(to_string = "a PDF document")]
    Pdf,
    #[strum(to_string = "an SQLite file")]
    Sqlite,
    #[strum(to_string = "a Parquet file")]
    Parquet,
    #[strum(to_string = "compressed data (gzip): packed twice, or under a name without .gz at its end")]
    Gzip,
    #[strum(to_string = "compressed data (Zstandard): packed twice, or under a name without .zst at its end")]
    Zstandard,
    #[strum(to_string = "JSON")]
    Json,
    #[strum(to_string = "UTF-16 text without a byte order mark")]
    Utf16,
}

/// What such files begin with.
const BEGINNINGS: [(&[u8], Content); 9] = [
    (b"<", Content::Html),
    (b"PK\x03\x04", Content::Zip),
    (b"\xd0\xcf\x11\xe0", Content::OldOffice),
    (b"%PDF", Content::Pdf),
    (b"SQLite format 3\0", Content::Sqlite),
    (b"PAR1", Content::Parquet),
    (b"\x1f\x8b", Content::Gzip),
    (b"\x28\xb5\x2f\xfd", Content::Zstandard),
    (b"{", Content::Json),
];

impl Content {
    /// What a file is that begins so; none if it may be CSV.
    pub(super) fn of(head: &[u8]) -> Option<Content> {
        let text = head.trim_ascii_start();
        let known = BEGINNINGS.iter().find(|(beginning, _)| text.starts_with(beginning));
        known.map(|(_, content)| *content).or_else(|| is_utf16(head).then_some(Content::Utf16))
    }
}

/// Of ASCII characters in UTF-16 every other byte is zero, and no byte between is.
fn is_utf16(head: &[u8]) -> bool {
    let zeros = |first: usize| head.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0) * 2, zeros(1) * 2);
    head.len() >= 4 && ((even, odd) == (head.len(), 0) || (even, odd) == (0, head.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_what_a_file_is() {
        let check = |head: &[u8], expect: Option<Content>| assert_eq!(Content::of(head), expect, "{head:?}");
        check(b"\n <!DOCTYPE html>", Some(Content::Html));
        check(b"PK\x03\x04\x14", Some(Content::Zip));
        check(b"\x1f\x8b\x08", Some(Content::Gzip));
        check(b"A\0,\0B\0", Some(Content::Utf16));
        check(b"\0A\0,", Some(Content::Utf16));
        check(b"\0\0\0\0", None);
        check(b"\"\0\0\0", None);
        check(b"CLIENT_ID,A", None);
        check(b"", None);
    }
}
