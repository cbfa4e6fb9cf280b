//! What a recipient's file is called.

use super::error::WriteError;
use crate::value::Month;
use std::collections::HashMap;

/// No file system in common use takes longer names, in bytes.
const LONGEST_NAME: usize = 255;

/// The file names of recipients with rows, in order.
///
/// # Errors
/// If two become one name, whatever its case, or nothing is left of one.
pub(super) fn file_names<'a>(
    recipients: impl Iterator<Item = &'a str>,
    month: Month,
) -> Result<Vec<String>, WriteError> {
    let mut taken: HashMap<String, &str> = HashMap::new();
    let mut names = Vec::new();
    for recipient in recipients {
        let stem = stem(recipient);
        if stem.is_empty() {
            return Err(WriteError::NoFileName { recipient: recipient.to_owned() });
        }
        let name = format!("PHDS_{stem}_{month}.csv");
        if name.len() > LONGEST_NAME {
            let beginning = recipient.chars().take(40).collect();
            let (length, most) = (name.len(), LONGEST_NAME);
            return Err(WriteError::FileNameTooLong { beginning, length, most });
        }
        if let Some(first) = taken.insert(name.to_ascii_lowercase(), recipient) {
            let (first, second) = (first.to_owned(), recipient.to_owned());
            return Err(WriteError::SameFileName { first, second, file: name });
        }
        names.push(name);
    }
    Ok(names)
}

/// The name with every run of characters other than ASCII letters, digits and `-` as one `_`, none at the ends.
fn stem(recipient: &str) -> String {
    let is_kept = |c: char| c.is_ascii_alphanumeric() || c == '-';
    recipient.split(|c| !is_kept(c)).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Day;

    #[test]
    fn names_files() {
        let month = Day::new(2024, 7, 8).unwrap().month();
        let check = |recipients: &[&str], expect: Result<&[&str], &str>| match (
            file_names(recipients.iter().copied(), month),
            expect,
        ) {
            (Ok(names), Ok(expect)) => assert_eq!(names, expect),
            (Err(error), Err(expect)) => {
                assert!(error.to_string().contains(expect), "{error}");
            }
            (got, _) => panic!("{recipients:?}: {got:?}"),
        };
        check(&["Travis County"], Ok(&["PHDS_Travis_County_202407.csv"]));
        check(&["Río Seco / El Paso (TX)"], Ok(&["PHDS_R_o_Seco_El_Paso_TX_202407.csv"]));
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
        check(&["ñ"], Err("NO_FILE_NAME"));
        check(&[&"x".repeat(300)], Err("FILE_NAME_TOO_LONG"));
        check(&[], Ok(&[]));
    }
}
