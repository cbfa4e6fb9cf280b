//! What `phds verify` says of files that a spreadsheet re-saved, or a transfer in text mode changed: once, and what it was.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Ran, Site, phds_with, text};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A published batch, and a copy of it that others may read, as a recipient has it.
fn batch_of(rows: usize) -> (Site, PathBuf) {
    let site = Site::new();
    let facts: Vec<String> =
        (0..rows).map(|n| format!("{n},{},7,3,2020-{:02}-11,MMR,1,5,N", n + 100, n % 12 + 1)).collect();
    site.rows("immunizations", &facts.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(site.run(&[]).code, 0);
    let batch = site.out().join("202407");
    (site, batch)
}

fn recipient(batch: &Path) -> PathBuf {
    batch.join("PHDS_Travis_202407.csv")
}

fn edit(path: &Path, edit: impl Fn(&str) -> String) {
    let text = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, edit(&text)).unwrap();
}

/// As a spreadsheet saves it: with a byte order mark, `\r\n`, and dates as `1/11/2020`.
fn resaved(csv: &str) -> String {
    let date = |field: &str| {
        let parts: Vec<&str> = field.split('-').collect();
        match parts.as_slice() {
            [year, month, day] if field.len() == 10 => {
                format!("{}/{}/{year}", month.trim_start_matches('0'), day.trim_start_matches('0'))
            }
            _ => field.to_owned(),
        }
    };
    csv.lines().fold("\u{feff}".to_owned(), |mut out, line| {
        let fields: Vec<String> = line.split(',').map(date).collect();
        let _ = write!(out, "{}\r\n", fields.join(","));
        out
    })
}

fn verify(path: &Path, more: &[&str]) -> Ran {
    phds_with(&[&["verify", text(path)], more].concat())
}

/// The file and the code of each fault.
fn codes(ran: &Ran) -> Vec<String> {
    let faults = ran.stdout.lines().filter(|line| line.contains(": "));
    let parts = |line: &str| {
        let mut parts = line.split(": ");
        let (place, code) = (parts.next().unwrap(), parts.next().unwrap());
        format!("{place} {code}")
    };
    faults.map(parts).filter(|fault| fault.split(' ').next_back().unwrap().contains('_')).collect()
}

#[test]
fn a_file_that_was_only_re_saved_is_told_once() {
    let (site, batch) = batch_of(300);
    let file = site.path("PHDS_Travis_202407.csv");
    std::fs::copy(recipient(&batch), &file).unwrap();
    edit(&file, resaved);
    let ran = verify(&file, &[]);
    assert_eq!(ran.code, 1);
    assert_eq!(
        codes(&ran),
        ["PHDS_Travis_202407.csv, line 1 WRONG_HEADER", "PHDS_Travis_202407.csv, line 1 LOOKS_RESAVED"],
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("looks re-saved by a spreadsheet"));
    // Without the mark, and with `\n`: the dates alone show it. Also under a policy, which says how rows end.
    edit(&file, |text| text.replace('\u{feff}', ""));
    let expect = [
        "PHDS_Travis_202407.csv, line 2, column BIRTH_DATE INVALID_VALUE",
        "PHDS_Travis_202407.csv, line 2, column BIRTH_DATE LOOKS_RESAVED",
    ];
    assert_eq!(codes(&verify(&file, &[])), expect);
    let policy = site.path("policy.toml");
    std::fs::write(&policy, phds_with(&["policy", "show"]).stdout).unwrap();
    let under_policy = codes(&verify(&file, &["--policy", text(&policy)]));
    assert_eq!(under_policy, [&["PHDS_Travis_202407.csv, line 1 WRONG_LINE_END"][..], &expect].concat());
    // What no spreadsheet does is told besides.
    edit(&file, |text| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.push("7,too few");
        lines.join("\n") + "\n"
    });
    assert!(
        codes(&verify(&file, &[])).contains(&"PHDS_Travis_202407.csv, line 302 WRONG_FIELD_COUNT".to_owned())
    );
}

#[test]
fn a_batch_that_was_re_saved_is_told_once_for_each_file() {
    let (_site, batch) = batch_of(300);
    edit(&recipient(&batch), resaved);
    let ran = verify(&batch, &[]);
    let told = codes(&ran);
    assert!(told.len() < 8, "{}", ran.stdout);
    assert!(told.contains(&"PHDS_Travis_202407.csv, line 1 LOOKS_RESAVED".to_owned()), "{}", ran.stdout);
    assert!(told.contains(&"PHDS_Travis_202407.csv WRONG_CHECKSUM".to_owned()), "{}", ran.stdout);
}

/// One wrong date among right ones is no spreadsheet's doing.
#[test]
fn a_date_that_was_edited_by_hand_is_a_fault_like_others() {
    let (site, batch) = batch_of(5);
    let file = site.path("edited.csv");
    std::fs::copy(recipient(&batch), &file).unwrap();
    edit(&file, |text| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for line in &mut lines[3..5] {
            *line = line.replace("1990-05-05", "5/5/1990");
        }
        lines.join("\n") + "\n"
    });
    let column = "column BIRTH_DATE INVALID_VALUE";
    let expect = [format!("edited.csv, line 4, {column}"), format!("edited.csv, line 5, {column}")];
    assert_eq!(codes(&verify(&file, &[])), expect);
}

#[test]
fn line_ends_that_a_transfer_changed_are_told_as_such() {
    let (site, batch) = batch_of(300);
    let received = site.path("received");
    std::fs::create_dir(&received).unwrap();
    let file = recipient(&received);
    std::fs::copy(recipient(&batch), &file).unwrap();
    std::fs::copy(batch.join("SHA256SUMS"), received.join("SHA256SUMS")).unwrap();
    assert_eq!(verify(&file, &[]).code, 0);
    edit(&file, |text| text.replace('\n', "\r\n"));
    let ran = verify(&file, &[]);
    assert_eq!((ran.code, codes(&ran)), (1, vec!["PHDS_Travis_202407.csv LINE_ENDS_CHANGED".to_owned()]));
    assert!(ran.stdout.contains("only the line ends differ"), "{}", ran.stdout);
    // The list may have gone the same way.
    edit(&received.join("SHA256SUMS"), |text| text.replace('\n', "\r\n"));
    assert_eq!(codes(&verify(&file, &[])), ["PHDS_Travis_202407.csv LINE_ENDS_CHANGED"]);
    // Other tools write lists with a byte order mark, with a star for files read as bytes, or in capitals.
    let list = std::fs::read_to_string(received.join("SHA256SUMS")).unwrap();
    edit(&received.join("SHA256SUMS"), |text| format!("\u{feff}{}", text.replace("  ", " *")));
    assert_eq!(codes(&verify(&file, &[])), ["PHDS_Travis_202407.csv LINE_ENDS_CHANGED"]);
    let capitals = |line: &str| format!("{}{}\n", line[..64].to_uppercase(), &line[64..]);
    std::fs::write(received.join("SHA256SUMS"), list.lines().map(capitals).collect::<String>()).unwrap();
    assert_eq!(codes(&verify(&file, &[])), ["PHDS_Travis_202407.csv LINE_ENDS_CHANGED"]);
    // One that can't be read may have been about this file.
    std::fs::write(received.join("SHA256SUMS"), "nothing of the kind\n").unwrap();
    assert_eq!(codes(&verify(&file, &[])), ["SHA256SUMS NOT_AS_WRITTEN"]);
    std::fs::write(received.join("SHA256SUMS"), list).unwrap();
    // Anything else is another file.
    edit(&file, |text| text.replace("Ana", "Eva"));
    assert_eq!(codes(&verify(&file, &[])), ["PHDS_Travis_202407.csv WRONG_CHECKSUM"]);
    // A file that the list does not name is held against nothing.
    let other = received.join("other.csv");
    std::fs::copy(&file, &other).unwrap();
    assert_eq!(verify(&other, &[]).code, 0);

    // In a batch: the file alone, then the list alone.
    let original = std::fs::read_to_string(recipient(&batch)).unwrap();
    edit(&recipient(&batch), |text| text.replace('\n', "\r\n"));
    assert_eq!(codes(&verify(&batch, &[])), ["PHDS_Travis_202407.csv LINE_ENDS_CHANGED"]);
    std::fs::write(recipient(&batch), original).unwrap();
    assert_eq!(verify(&batch, &[]).code, 0);
    edit(&batch.join("SHA256SUMS"), |text| text.replace('\n', "\r\n"));
    let ran = verify(&batch, &[]);
    assert_eq!((ran.code, codes(&ran)), (1, vec!["SHA256SUMS LINE_ENDS_CHANGED".to_owned()]));
    assert!(ran.stdout.contains("were changed in transit"), "{}", ran.stdout);
}

/// One file of a batch that was changed accuses no other.
#[test]
fn a_file_with_other_line_ends_is_the_only_one_told_of() {
    let site = Site::new();
    site.rows("organizations", &["5,Clinic,CL,Travis,,,,", "6,Clinic,CL,Bexar,,,,", "8,Clinic,CL,Hays,,,,"]);
    let fact = |id: u32, organization: u32| format!("{id},{id},7,3,2020-01-01,MMR,1,{organization},N");
    let facts = [fact(1, 5), fact(2, 6), fact(3, 8)];
    site.rows("immunizations", &facts.each_ref().map(String::as_str));
    assert_eq!(site.run(&[]).code, 0);
    let batch = site.out().join("202407");
    edit(&batch.join("PHDS_Bexar_202407.csv"), |text| text.replace('\n', "\r\n"));
    let told = codes(&verify(&batch, &[]));
    assert!(
        told.iter().all(|line| line.starts_with("PHDS_Bexar_202407.csv")) && !told.is_empty(),
        "{told:?}"
    );
}

/// The other way: a batch whose lines end with `\r\n` came to a system that knows `\n` only.
#[test]
fn line_ends_may_be_lost_too() {
    let site = Site::new();
    let policy = site.path("policy.toml");
    let shown = phds_with(&["policy", "show"]).stdout;
    std::fs::write(&policy, shown.replace("line_ending = \"lf\"", "line_ending = \"crlf\"")).unwrap();
    assert_eq!(site.run(&["--policy", text(&policy)]).code, 0);
    let batch = site.out().join("202407");
    let file = recipient(&batch);
    assert!(std::fs::read_to_string(&file).unwrap().contains("\r\n"));
    edit(&file, |text| text.replace("\r\n", "\n"));
    assert_eq!(codes(&verify(&file, &[])), ["PHDS_Travis_202407.csv LINE_ENDS_CHANGED"]);
}
