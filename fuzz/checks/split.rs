//! Where quotes, fields and records lie in CSV text: the quick splitter against the general one, a text in pieces
//! against the whole, and both against rust-csv.

use phds::registry::{Field, Marks, split_record, whole_records};

const DELIMITERS: [u8; 5] = [b',', b'|', b'\t', b'a', 0xff];

/// The first byte chooses the delimiter, the second where the text is cut; the rest is the text.
pub fn check(data: &[u8]) {
    let [choice, cut, text @ ..] = data else { return };
    let delimiter = DELIMITERS[usize::from(*choice) % DELIMITERS.len()];
    cutting_loses_nothing(text, usize::from(*cut), delimiter);
    let whole = whole_records(text, delimiter);
    assert!(whole.end <= text.len());
    if whole.ends_in_quotes {
        // What is whole is split, as it is in a file with more to come.
        records(&text[..whole.end], delimiter);
    } else {
        let records = records(text, delimiter);
        agrees_with_rust_csv(text, delimiter, &records);
    }
}

fn cutting_loses_nothing(text: &[u8], cut: usize, delimiter: u8) {
    let all = whole_records(text, delimiter);
    let first = whole_records(&text[..cut.min(text.len())], delimiter).end;
    let second = whole_records(&text[first..], delimiter);
    assert_eq!((all.end, all.ends_in_quotes), (first + second.end, second.ends_in_quotes));
}

/// The records, without blank lines.
fn records(text: &[u8], delimiter: u8) -> Vec<Vec<Vec<u8>>> {
    let (mut all, mut fields) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < text.len() {
        let next = split_record(text, at, delimiter, &mut fields);
        assert!(at < next && next <= text.len() && !fields.is_empty());
        let values = unquoted(&fields, text);
        let line = &text[at..next];
        let mut ends = vec![0; fields.len()];
        if Marks::new(line, delimiter).next_line(&mut ends).is_some() {
            assert_eq!(ends.last().map(|end| end + 1), Some(line.len()));
            let starts = std::iter::once(0).chain(ends.iter().map(|end| end + 1));
            let mut quick: Vec<_> =
                starts.zip(&ends).map(|(start, end)| line[start..*end].to_vec()).collect();
            if line.ends_with(b"\r\n") {
                assert_eq!(quick.last_mut().and_then(Vec::pop), Some(b'\r'));
            }
            assert_eq!(quick, values);
        }
        if !line.contains(&b'"') {
            let plain: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
            assert_eq!(plain.join(&delimiter), line[..line.len() - line_end(line)]);
        }
        if !matches!(line, b"\n" | b"\r\n") {
            all.push(values);
        }
        at = next;
    }
    all
}

fn line_end(line: &[u8]) -> usize {
    match line {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n'] => 1,
        _ => 0,
    }
}

fn unquoted(fields: &[Field], text: &[u8]) -> Vec<Vec<u8>> {
    fields.iter().map(|field| field.unquoted(text).into_owned()).collect()
}

/// On text that rust-csv reads the same way by its own definition: no lone `\r`, no byte order mark.
fn agrees_with_rust_csv(text: &[u8], delimiter: u8, records: &[Vec<Vec<u8>>]) {
    let lone_cr = (0..text.len()).any(|at| text[at] == b'\r' && text.get(at + 1) != Some(&b'\n'));
    if lone_cr || text.starts_with(b"\xef\xbb\xbf") {
        return;
    }
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text);
    let theirs: Vec<Vec<Vec<u8>>> =
        reader.byte_records().map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect()).collect();
    assert_eq!(records, theirs);
}
