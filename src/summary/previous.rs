//! Tables that are out from elsewhere: made of a copy of a batch, say, or before summaries were kept.

use super::columns::{Column, TOTAL};
use super::text::{COUNTS, RATES, file_stem};
use super::{LONGEST_TABLE, Record};
use crate::batch::read_up_to;
use crate::value::{Month, shown, text};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A table that is out from elsewhere.
#[derive(Clone, Debug)]
pub struct Previous {
    pub(super) path: PathBuf,
    /// The batch that it was made of, which its name tells.
    pub(super) batch: Month,
    pub(super) columns: Vec<Column>,
    /// Whether it has rates.
    pub(super) has_rates: bool,
    pub(super) sha256: String,
    pub(super) text: Vec<u8>,
    /// The record of the summary that it is a table of, if that lies beside it.
    pub(super) record: Option<Record>,
}

/// A table from elsewhere that cannot be used.
#[derive(thiserror::Error, Debug)]
pub enum PreviousError {
    #[error("{}: it cannot be read", shown(.0))]
    Read(PathBuf),
    /// Of which batch it is, is not known.
    #[error("{}: its name does not begin with summary_YYYYMM_ or rates_YYYYMM_, which tells its batch", shown(.0))]
    Name(PathBuf),
    #[error("{}: it is no table of counts as phds writes it in CSV", shown(.0))]
    NoTable(PathBuf),
    /// Somebody has changed its name, or its header.
    #[error("{}: its name is not that of a table of its columns", shown(.0))]
    OtherName(PathBuf),
    /// By which rule it hides is not known.
    #[error("{}: it is not as phds writes it, and tells what a table beside it hides", shown(.0))]
    Record(PathBuf),
    /// It has been changed, or lies where it was not made.
    #[error("{}: the summary.json beside it is not of this table", shown(.0))]
    OtherRecord(PathBuf),
}

impl Previous {
    /// Reads a table.
    ///
    /// # Errors
    /// If it cannot be read, its header is not one of a table of counts, or its name does not tell its batch.
    pub fn from_file(path: &Path) -> Result<Previous, PreviousError> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let batch =
            ["summary_", "rates_"].iter().find_map(|start| name.strip_prefix(start)?.split('_').next());
        let batch = batch.and_then(Month::parse).ok_or_else(|| PreviousError::Name(path.to_owned()))?;
        let text = read_up_to(path, LONGEST_TABLE).map_err(|_| PreviousError::Read(path.to_owned()))?;
        let no_table = || PreviousError::NoTable(path.to_owned());
        let (columns, has_rates) = columns_of(&text).ok_or_else(no_table)?;
        if !is_whole(&text, columns.len()) {
            return Err(no_table());
        }
        // Browsers and mail programs may have put something behind it.
        let behind = name.strip_prefix(&*file_stem(has_rates, batch, &columns));
        if behind.is_none_or(|behind| behind.starts_with(|c: char| c == '_' || c.is_alphanumeric())) {
            return Err(PreviousError::OtherName(path.to_owned()));
        }
        let sha256 = text::hex(&Sha256::digest(&text));
        let record =
            Record::in_folder(path.parent().unwrap_or(Path::new(""))).map_err(PreviousError::Record)?;
        // One of other tables does not tell what this one hides.
        if record.as_ref().is_some_and(|record| !record.has(batch, &sha256)) {
            return Err(PreviousError::OtherRecord(path.to_owned()));
        }
        Ok(Previous { path: path.to_owned(), batch, columns, has_rates, sha256, text, record })
    }
}

/// The columns of a table, and whether it has rates, by its header; none if that is no table's.
fn columns_of(text: &[u8]) -> Option<(Vec<Column>, bool)> {
    let mut reader = csv::Reader::from_reader(text);
    let header: Vec<&str> = reader.headers().ok()?.iter().collect();
    let (columns, measures) = header.split_at_checked(header.len().checked_sub(COUNTS.len())?)?;
    let has_rates = measures == RATES;
    if columns.is_empty() || !has_rates && measures != COUNTS {
        return None;
    }
    let column = |name: &&str| match name.parse().ok()? {
        Column::AgeBand if has_rates => Some(Column::AgeAsOf),
        column => Some(column),
    };
    let columns: Vec<Column> = columns.iter().map(column).collect::<Option<_>>()?;
    let mut once = columns.clone();
    once.sort_unstable();
    once.dedup();
    (once.len() == columns.len()).then_some((columns, has_rates))
}

/// Whether a table has one row for each combination of its labels and totals. What was cut out of a copy is out all the same.
fn is_whole(text: &[u8], columns: usize) -> bool {
    let mut labels: Vec<BTreeSet<String>> = vec![BTreeSet::new(); columns];
    let (mut rows, mut read) = (BTreeSet::new(), 0);
    for row in csv::Reader::from_reader(text).records() {
        let Ok(row) = row else { return false };
        let own: Vec<String> = row.iter().take(columns).map(str::to_owned).collect();
        for (labels, label) in labels.iter_mut().zip(&own) {
            labels.insert(label.clone());
        }
        rows.insert(own);
        read += 1;
    }
    let all = labels.iter().try_fold(1, |all: usize, labels| all.checked_mul(labels.len()));
    labels.iter().all(|labels| labels.contains(TOTAL)) && all == Some(rows.len()) && read == rows.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_whole_with_all_its_rows() {
        let rows =
            ["Harris,F,*,*,*", "Harris,(total),50,50,50", "(total),F,*,*,*", "(total),(total),50,50,50"];
        let table = |rows: &[&str]| format!("county,sex,facts,doses,clients\n{}\n", rows.join("\n"));
        assert!(is_whole(table(&rows).as_bytes(), 2));
        for cut in 0..rows.len() {
            let left: Vec<&str> =
                rows.iter().enumerate().filter(|(at, _)| *at != cut).map(|(_, row)| *row).collect();
            assert!(!is_whole(table(&left).as_bytes(), 2), "{}", rows[cut]);
        }
        assert!(!is_whole(table(&[]).as_bytes(), 2));
        let twice: Vec<&str> = rows.into_iter().chain(["(total),F,50,50,50"]).collect();
        assert!(!is_whole(table(&twice).as_bytes(), 2));
    }

    #[test]
    fn a_table_is_known_by_its_header() {
        for (header, columns) in [
            ("county,sex,facts,doses,clients", Some((vec![Column::County, Column::Sex], false))),
            ("age_band,population,clients,rate", Some((vec![Column::AgeAsOf], true))),
            ("age_band,facts,doses,clients", Some((vec![Column::AgeBand], false))),
            ("facts,doses,clients", None),
            ("clients", None),
            ("county,county,facts,doses,clients", None),
            ("age_as_of,facts,doses,clients", None),
            ("county,facts,clients,doses", None),
            ("", None),
        ] {
            assert_eq!(columns_of(header.as_bytes()), columns, "{header}");
        }
    }
}
