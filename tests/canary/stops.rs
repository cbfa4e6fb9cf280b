//! Every way in which an export can be wrong as a whole, with markers where a message might quote it.

#![allow(unreachable_pub, clippy::unwrap_used)] // A part of a test binary.

use crate::canary_export::{change, change_lines};
use crate::common::Site;

/// What is done to an export that was sound enough.
pub type Change = Box<dyn Fn(&Site)>;

/// Each with a name.
pub fn cases() -> Vec<(String, Change)> {
    let mut cases: Vec<(String, Change)> = Vec::new();
    for table in ["clients", "consents", "immunizations"] {
        let file = format!("{table}.csv");
        let case = |name: &str, how: fn(&Site, &str)| -> (String, Change) {
            let file = file.clone();
            (format!("{table}: {name}"), Box::new(move |site| how(site, &file)))
        };
        cases.extend([
            case("no header, so that the first row is a person", |site, file| {
                change_lines(
                    site,
                    file,
                    |place, line| if place == 0 { String::new() } else { line.to_owned() },
                );
            }),
            case("a person's row before the header", |site, file| {
                change_lines(site, file, |place, line| match place {
                    0 => format!("XqzFirst,XqzLast,1913-11-17\n{line}"),
                    _ => line.to_owned(),
                });
            }),
            case("two extra columns of one name", |site, file| {
                change_lines(site, file, |place, line| match place {
                    0 => format!("{line},XqzTwice,xqztwice"),
                    _ => line.to_owned(),
                });
            }),
            case("a column of the layout twice", |site, file| {
                change_lines(site, file, |place, line| {
                    if place == 0 { format!("{line},CLIENT_ID") } else { line.to_owned() }
                });
            }),
            case("a quote that is not closed", |site, file| {
                change(site, file, |mut bytes| {
                    bytes.extend(b"\n20,\"Xqz never closed");
                    bytes
                });
            }),
            case("UTF-16", |site, file| {
                change(site, file, |bytes| {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
                    [0xff, 0xfe].into_iter().chain(units).collect()
                });
            }),
            case("bytes in the header that are no text", |site, file| {
                change(site, file, |bytes| [b"Xqz\xff,".to_vec(), bytes].concat());
            }),
            case("another delimiter in the rows", |site, file| {
                change_lines(
                    site,
                    file,
                    |place, line| if place == 0 { line.to_owned() } else { line.replace(',', ";") },
                );
            }),
            case("nothing but a header that is quoted whole", |site, file| {
                change_lines(
                    site,
                    file,
                    |place, line| if place == 0 { format!("\"{line}\"") } else { line.to_owned() },
                );
            }),
            case("a damaged archive", |site, file| {
                let bytes = std::fs::read(site.export().join(file)).unwrap();
                site.remove(file);
                site.file(&format!("{file}.gz"), &bytes);
            }),
            case("an archive that is cut short", |site, file| {
                let bytes = std::fs::read(site.export().join(file)).unwrap();
                site.remove(file);
                let zst = zstd::encode_all(bytes.as_slice(), 1).unwrap();
                site.file(&format!("{file}.zst"), &zst[..zst.len() - 9]);
            }),
            case("no such file", |site, file| site.remove(file)),
        ]);
    }
    for row in [
        "Xqz,STANDARD,2016-02-27,,",
        ",XqzType,2016-02-27,,",
        "1,XqzType",
        "99999999999999999991,XqzType,XqzDay,,",
    ] {
        cases.push((
            format!("a consent that is nobody's: {row}"),
            Box::new(move |site| {
                change(site, "consents.csv", |mut bytes| {
                    bytes.extend(format!("{row}\n").as_bytes());
                    bytes
                });
            }),
        ));
    }
    for row in ["clients,999", "clients,XqzMany", "XqzTable,3", "Xqz"] {
        cases.push((format!("control: {row}"), Box::new(move |site| site.rows("control", &[row]))));
    }
    cases.push((
        "a persons' file in place of the recipients".to_owned(),
        Box::new(|site| {
            let bytes = std::fs::read(site.export().join("clients.csv")).unwrap();
            site.file("recipients.csv", &bytes);
        }),
    ));
    cases
}
