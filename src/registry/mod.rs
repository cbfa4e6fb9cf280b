//! Reading a registry export and checking it: the first stage.
//!
//! Three jobs, each a folder: `source` is where tables come from, `check` how a row is checked, `lookup` what is kept
//! of the rows.
//!
//! What comes out is clean, typed and complete in itself: every id names a row that is there. A row that cannot
//! be used is quarantined, and nothing of it but its place is kept. This layer knows nothing of the rules by
//! which facts are shared, never decides whether one is, and never prints.

mod check;
mod codes;
mod error;
mod guess;
mod lookup;
mod profile;
mod raw_rows;
mod source;
mod survey;
pub mod tables;

pub use check::{
    Code, Entry, Excess, FaultKind, InColumns, Intake, Limit, NotAPercentage, Notice, Places, Quarantine,
    QuarantinedRow, RowFault, RowFile, RowIds, Shape, Sign, TableRead,
};
pub(crate) use check::{ExportRow, Value, Witness, reading_memory};
pub use codes::{CodeSet, ConsentType, DisasterFlag, EndReason, ProductClass};
pub use error::{BadInput, InputFault, Problem, RegistryError};
pub use guess::{Guess, guess};
pub(crate) use lookup::read_reference_before;
pub use lookup::{
    Assignment, ById, CLIENT_TEXTS, ClientPlace, Clients, Consent, Consents, Fact, ORGANIZATION_TEXTS,
    Organization, Organizations, Reference, Sharing, Vaccine, Vaccines, read_facts, read_facts_in_order,
    read_reference, sharing,
};
pub use profile::{
    ColumnEffects, Profile, ProfileEffects, ProfileId, SAMPLE as SAMPLE_PROFILE, TableEffects,
};
pub use raw_rows::{RawField, raw_rows};
#[cfg(feature = "parquet")]
pub(crate) use source::panic_is_caught;
pub use source::{
    Content, Encoding, ExportFormat, ExtraColumn, Field, FileStamp, Layout, Line, Marks, MissingColumn,
    MissingColumns, MissingTables, Moment, NumericType, Provenance, Source, TableReader, UnknownEncoding,
    UnknownFile, WholeRecords, changed_files, open_export, split_record, whole_records,
};
pub(crate) use source::{
    OWN_APPLICATION_ID, SqliteTable, as_a_file, beside, collect_rows, has_damaged_pages,
};
pub use survey::{Survey, TableSurvey, survey, survey_across};
pub use tables::Table;

/// Is told how far the reading of an export has come.
pub trait Progress: Sync {
    /// So many more bytes of the export's files have been read.
    fn advance(&self, bytes: u64);
}
