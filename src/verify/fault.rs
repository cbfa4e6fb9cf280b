//! What can be wrong with a batch, and where.

use crate::value::{all_of, shown};
use serde::Serialize;
use std::fmt;
use strum::{IntoStaticStr, VariantArray};

/// What is wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FaultCode {
    /// A file is not there.
    MissingFile,
    /// A file that no checksum is for.
    ExtraFile,
    /// Not a plain file, or folder, where one should be.
    NotAFile,
    /// Something that phds does not write in this way.
    NotAsWritten,
    /// The numbers of the manifest contradict each other.
    NumbersDisagree,
    /// The length differs from the manifest's.
    WrongSize,
    /// The content differs from its checksum.
    WrongChecksum,
    /// The number of rows differs from the manifest's.
    WrongRowCount,
    /// The file is not named after its recipient and month.
    WrongFileName,
    /// The folder is named like a month, and not the manifest's.
    WrongFolderName,
    /// Others than its owner may read it, or write to it.
    OpenToOthers,
    /// The batch was not made under the policy given, or the file is not as the policy has it.
    OtherPolicy,
    /// The header is not that of the data dictionary.
    WrongHeader,
    /// The row has another number of fields than there are columns.
    WrongFieldCount,
    /// The row ends in another way than the header.
    WrongLineEnd,
    /// Bytes that are not UTF-8.
    InvalidUtf8,
    /// Quotes where there need be none, or none where there must.
    WrongQuotes,
    /// A blank where there must be a value.
    Blank,
    /// A value that its column cannot have.
    InvalidValue,
    /// White space at the ends, or control characters.
    NotCleaned,
    /// The age is not what the two dates say.
    WrongAge,
    /// The vaccination is dated before the client's birth.
    VaccinatedBeforeBirth,
    /// The vaccination is dated after the as-of date.
    AfterAsOf,
    /// The vaccination date is outside the policy's window.
    OutsideWindow,
    /// The row belongs before the one above it.
    OutOfOrder,
    /// Another row of the file has this IMMUNFACT_ID.
    DuplicateKey,
    /// The content differs from its checksum in nothing but how its lines end.
    LineEndsChanged,
    /// A spreadsheet has opened and saved the file. Comes last, behind the first fault that shows it.
    LooksResaved,
}

impl FaultCode {
    /// Every code.
    pub const ALL: [FaultCode; FaultCode::VARIANTS.len()] = all_of(FaultCode::VARIANTS);

    /// The code as it is written everywhere.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The code in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            FaultCode::MissingFile => "the file is not there",
            FaultCode::ExtraFile => "no checksum is for this file",
            FaultCode::NotAFile => "not a plain file or folder",
            FaultCode::NotAsWritten => "not as phds writes it",
            FaultCode::NumbersDisagree => "the manifest's numbers contradict each other",
            FaultCode::WrongSize => "the length is not the manifest's",
            FaultCode::WrongChecksum => "the content is not what the checksum is of",
            FaultCode::WrongRowCount => "the number of rows is not the manifest's",
            FaultCode::WrongFileName => "not named after its recipient and month",
            FaultCode::WrongFolderName => "named after another month than the manifest's",
            FaultCode::OpenToOthers => "others than its owner may read it, or write to it",
            FaultCode::OtherPolicy => "not made under this policy",
            FaultCode::WrongHeader => "not the header of the data dictionary",
            FaultCode::WrongFieldCount => "not as many fields as columns",
            FaultCode::WrongLineEnd => "ends in another way than the header",
            FaultCode::InvalidUtf8 => "bytes that are not UTF-8",
            FaultCode::WrongQuotes => "quotes that need not be there, or are missing",
            FaultCode::Blank => "blank where there must be a value",
            FaultCode::InvalidValue => "a value that the column cannot have",
            FaultCode::NotCleaned => "white space at an end, or control characters",
            FaultCode::WrongAge => "not the age on the vaccination date",
            FaultCode::VaccinatedBeforeBirth => "the vaccination is dated before the birth",
            FaultCode::AfterAsOf => "the vaccination is dated after the as-of date",
            FaultCode::OutsideWindow => "the vaccination date is outside the policy's window",
            FaultCode::OutOfOrder => "belongs before the row above it",
            FaultCode::DuplicateKey => "another row has the same id",
            FaultCode::LineEndsChanged => {
                "only the line ends differ from what was written; they were changed in transit, by a transfer in text mode"
            }
            FaultCode::LooksResaved => {
                "looks re-saved by a spreadsheet; what that does to every row is not listed. Take the file as it was sent"
            }
        }
    }
}

/// Something that is wrong, and where.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Fault {
    /// The file or folder, by its path in the batch; the batch's own folder is `.`.
    pub file: String,
    /// The line, where the fault is on one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The column, by its element's name, where the fault is in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<&'static str>,
    /// What is wrong.
    pub code: FaultCode,
}

impl Fault {
    /// A fault of a whole file.
    pub fn of_file(file: &str, code: FaultCode) -> Fault {
        Fault { file: file.to_owned(), line: None, column: None, code }
    }

    /// A fault on a line.
    pub fn at_line(file: &str, line: u64, code: FaultCode) -> Fault {
        Fault { line: Some(line), ..Fault::of_file(file, code) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", shown(&self.file))?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {}: {}", self.code.name(), self.code.meaning())
    }
}

/// What verifying came to.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Findings {
    /// Whether nothing is wrong.
    pub sound: bool,
    /// How many recipients' files were looked at.
    pub files: u64,
    /// How many rows they have.
    pub rows: u64,
    /// The first faults, by file and line.
    pub faults: Vec<Fault>,
    /// How many more there are.
    pub not_listed: u64,
    /// Whether a list of checksums lies beside a single file and does not name it. Nothing tells then whether the file is what
    /// was written.
    pub not_in_list: bool,
    /// What lies beside a package's own files. It is no fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_own: Vec<String>,
}

/// Faults as they are found, the first of them kept.
#[derive(Debug)]
pub(super) struct Faults {
    limit: usize,
    kept: Vec<Fault>,
    more: u64,
}

impl Faults {
    pub(super) fn new(limit: usize) -> Faults {
        Faults { limit, kept: Vec::new(), more: 0 }
    }

    pub(super) fn add(&mut self, fault: Fault) {
        if self.kept.len() < self.limit {
            self.kept.push(fault);
        } else {
            self.more += 1;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.more == 0
    }

    pub(super) fn absorb(&mut self, other: Faults) {
        self.more += other.more;
        other.kept.into_iter().for_each(|fault| self.add(fault));
    }

    pub(super) fn into_findings(mut self) -> Findings {
        self.kept.sort();
        // A file that is missing may be missed by the checksums and by the manifest.
        self.kept.dedup();
        let sound = self.kept.is_empty() && self.more == 0;
        Findings { sound, faults: self.kept, not_listed: self.more, ..Findings::default() }
    }
}
