//! The names of a batch's files. They stand here and nowhere else.

use crate::value::Month;
use std::path::Path;

/// What went in and what came out.
pub const MANIFEST: &str = "manifest.json";
/// The checksums of a folder's files, as `sha256sum -c` reads them.
pub const CHECKSUMS: &str = "SHA256SUMS";
/// The data dictionary, to be read by people.
pub const DICTIONARY_MD: &str = "data_dictionary.md";
/// The data dictionary, to be read by programs.
pub const DICTIONARY_CSV: &str = "data_dictionary.csv";

/// The folder beside the batches that keeps the summaries that are out.
pub const SUMMARIES: &str = "summaries";

/// The folder of packages: for each recipient a folder with what is delivered to it.
pub const RECIPIENTS: &str = "recipients";
/// A recipient's file described for programs.
pub const DATAPACKAGE: &str = "datapackage.json";
/// Scripts that read a recipient's file.
pub const PYTHON_SCRIPT: &str = "read_phds.py";
pub const R_SCRIPT: &str = "read_phds.R";
pub const SAS_SCRIPT: &str = "read_phds.sas";
/// What a recipient does with its package.
pub const README: &str = "README.txt";

/// The files of every package, beside the recipient's own.
pub const ALWAYS_IN_PACKAGE: [&str; 8] =
    [DICTIONARY_MD, DICTIONARY_CSV, DATAPACKAGE, PYTHON_SCRIPT, R_SCRIPT, SAS_SCRIPT, README, CHECKSUMS];

/// The folder that is for the registry's own staff, and never delivered. The names below are paths in the batch.
pub const QA: &str = "qa";
/// The places of quarantined rows.
pub const QUARANTINE: &str = "qa/quarantine.csv";
/// The manifest's counts as a table.
pub const COUNTS: &str = "qa/counts.csv";
/// What came of the facts of each organization. Batches of before 0.3.0 do not have it.
pub const ORGANIZATIONS: &str = "qa/organizations.csv";
/// What the batch was made from.
pub const INPUTS: &str = "qa/inputs.json";
/// The counts that the report shows.
pub const REPORT_DATA: &str = "qa/report.json";
/// What the gate saw and found.
pub const GATE_RECORD: &str = "qa/gate.json";
/// Who released the batch. Only a batch that had been held back has it.
pub const RELEASE: &str = "qa/release.json";
/// The report.
pub const REPORT: &str = "qa/report.html";
/// The checksums of the files in it.
const CHECKSUMS_IN_QA: &str = "qa/SHA256SUMS";

/// The files of every batch, beside those of its recipients.
pub const ALWAYS: [&str; 4] = [DICTIONARY_CSV, DICTIONARY_MD, MANIFEST, CHECKSUMS];

/// Those in `QA`, as paths in the batch.
pub const ALWAYS_IN_QA: [&str; 6] = [COUNTS, INPUTS, QUARANTINE, REPORT, REPORT_DATA, CHECKSUMS_IN_QA];

/// Those in `QA` that not every batch has: it was made before there were such, or never held back.
pub const AT_TIMES_IN_QA: [&str; 3] = [GATE_RECORD, RELEASE, ORGANIZATIONS];

/// What a recipient's file begins and ends with.
const BEFORE: &str = "PHDS_";
const BEHIND: &str = ".csv";

/// Stands for any recipient's file.
pub const ANY_RECIPIENT_FILE: &str = "PHDS_RECIPIENT_YYYYMM.csv";

/// The file of a recipient whose name in file names this is.
pub fn recipient_file(stem: &str, month: Month) -> String {
    format!("{BEFORE}{stem}_{month}{BEHIND}")
}

/// The folder of the package that a recipient's file is in, as a path in the batch; none of a file with another kind of name.
pub fn package_of(file: &str) -> Option<String> {
    stem_of(Path::new(file)).map(|stem| format!("{RECIPIENTS}/{stem}"))
}

/// The copy for Excel of a recipient's file.
pub fn excel_copy_of(file: &str) -> String {
    format!("{}_excel{BEHIND}", file.strip_suffix(BEHIND).unwrap_or(file))
}

/// Whether a path in the batch is that of a file in a package.
pub fn is_in_a_package(path: &str) -> bool {
    path.strip_prefix(RECIPIENTS).is_some_and(|inside| inside.starts_with('/'))
}

/// Whether a file is named as recipients' files are, whatever stands between.
pub fn is_for_a_recipient(name: &str) -> bool {
    name.starts_with(BEFORE)
}

/// `X` of `PHDS_X_202407.csv`; none of a file with another kind of name.
pub fn stem_of(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?.strip_suffix(BEHIND)?.strip_prefix(BEFORE)?;
    let (stem, month) = name.rsplit_once('_')?;
    Month::parse(month).map(|_| stem)
}

/// The list of quarantined rows in the place of batches, where nothing is published for them.
pub fn quarantine_aside(month: Month) -> String {
    format!("quarantine-{month}.csv")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_whose_file_it_is() {
        let check = |path: &str, expect: Option<&str>| assert_eq!(stem_of(Path::new(path)), expect, "{path}");
        check("out/PHDS_Travis_County_202407.csv", Some("Travis_County"));
        check("PHDS_X_202413.csv", None);
        check("data_dictionary.csv", None);
        check("PHDS_X_202407.csv.gz", None);
        let month = Month::parse("202407").unwrap();
        assert_eq!(stem_of(Path::new(&recipient_file("A_B", month))), Some("A_B"));
    }
}
