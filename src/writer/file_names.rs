//! What a recipient's file is called.

use super::error::{NameFault, WriteError};
use crate::batch::names;
use crate::filter::Recipient;
use crate::value::{Month, name};
use std::collections::HashMap;
use std::path::PathBuf;

/// No file system in common use takes longer names, in bytes.
const LONGEST_NAME: usize = 255;

/// Where the recipients' names come from, for errors.
pub(super) struct Source {
    /// The export's file.
    pub(super) file: PathBuf,
    /// The column.
    pub(super) column: &'static str,
}

/// The file names of recipients with rows, in order.
///
/// # Errors
/// If two become one name, whatever its case, or nothing is left of one.
pub(super) fn file_names<'a>(
    recipients: impl Iterator<Item = &'a Recipient>,
    source: &Source,
    month: Month,
    has_excel_copy: bool,
) -> Result<Vec<String>, WriteError> {
    let mut taken: HashMap<String, &Recipient> = HashMap::new();
    let mut names = Vec::new();
    for entry in recipients {
        let Recipient { name: recipient, line } = entry;
        let bad = |fault| WriteError::BadName {
            file: source.file.as_path().into(),
            line: *line,
            column: source.column,
            fault,
        };
        let stem = name::file_stem(recipient);
        if stem.is_empty() {
            return Err(bad(NameFault::Nothing { recipient: recipient.clone() }));
        }
        let name = names::recipient_file(&stem, month);
        let longest = if has_excel_copy { names::excel_copy_of(&name).len() } else { name.len() };
        if longest > LONGEST_NAME {
            let beginning = recipient.chars().take(40).collect();
            return Err(bad(NameFault::TooLong { beginning, length: longest, most: LONGEST_NAME }));
        }
        if let Some(first) = taken.insert(name.to_ascii_lowercase(), entry) {
            let (first_line, first) = (first.line, first.name.as_str().into());
            return Err(bad(NameFault::Same {
                first,
                first_line,
                second: recipient.as_str().into(),
                file: name.into(),
            }));
        }
        names.push(name);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Day;

    #[test]
    fn names_files() {
        let month = Day::new(2024, 7, 8).unwrap().month();
        let source = Source { file: "recipients.csv".into(), column: "RECIPIENT" };
        let names = |recipients: &[&str]| {
            let recipients: Vec<_> =
                recipients.iter().map(|name| Recipient { name: (*name).into(), line: 2 }).collect();
            file_names(recipients.iter(), &source, month, false)
        };
        let check = |recipients: &[&str], expect: Result<&[&str], &str>| match (names(recipients), expect) {
            (Ok(names), Ok(expect)) => assert_eq!(names, expect),
            (Err(error), Err(expect)) => {
                assert!(error.to_string().contains(expect), "{error}");
            }
            (got, _) => panic!("{recipients:?}: {got:?}"),
        };
        check(&["Travis County"], Ok(&["PHDS_Travis_County_202407.csv"]));
        check(&["Río Seco / El Paso (TX)"], Ok(&["PHDS_Rio_Seco_El_Paso_TX_202407.csv"]));
        check(
            &["../../etc", "CON", "-x-"],
            Ok(&["PHDS_etc_202407.csv", "PHDS_CON_202407.csv", "PHDS_-x-_202407.csv"]),
        );
        check(
            &["=1+1", "@home", "a__b"],
            Ok(&["PHDS_1_1_202407.csv", "PHDS_home_202407.csv", "PHDS_a_b_202407.csv"]),
        );
        check(&["A B", "a.b"], Err("SAME_FILE_NAME"));
        check(&["..."], Err("NO_FILE_NAME"));
        check(&["ñ"], Ok(&["PHDS_n_202407.csv"]));
        check(&["日本"], Err("NO_FILE_NAME"));
        check(&["Río", "Rio"], Err("SAME_FILE_NAME"));
        check(&[&"x".repeat(300)], Err("FILE_NAME_TOO_LONG"));
        check(&[], Ok(&[]));
        let long = [Recipient { name: "x".repeat(235), line: 2 }];
        assert!(file_names(long.iter(), &source, month, false).is_ok());
        assert!(file_names(long.iter(), &source, month, true).is_err());
    }
}
