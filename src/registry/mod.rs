//! Reading a registry export and checking it: the first stage.
//!
//! What comes out is clean, typed and complete in itself: every id names a row that is there. A row that cannot
//! be used is quarantined, and nothing of it but its place is kept. This layer knows nothing of the rules by
//! which facts are shared, never decides whether one is, and never prints.

mod clients;
mod codes;
mod consents;
mod csv;
mod encoding;
mod error;
mod export;
mod facts;
mod folder;
mod intake;
mod keys;
mod layout;
mod organizations;
mod packed;
mod provenance;
mod quarantine;
mod reader;
mod reference;
mod row;
mod rows;
mod scan;
mod source;
mod sqlite;
pub mod tables;
mod vaccines;

pub use clients::{ClientPlace, Clients, TEXT_COLUMNS as CLIENT_TEXTS};
pub use codes::{CodeSet, ConsentType, DisasterFlag, EndReason, ProductClass};
pub use consents::{Consent, Consents};
pub use csv::{Field, WholeRecords, split_record, split_simple_record, whole_records};
pub use encoding::{Encoding, UnknownEncoding};
pub use error::{BadInput, InputFault, Problem, RegistryError, UnusableRow};
pub use export::open_export;
pub use facts::{Fact, Seen, read_facts, read_facts_in_order};
pub use intake::{Intake, Notice, TableRead};
pub use keys::{Sharing, sharing};
pub use organizations::{Organizations, TEXT_COLUMNS as ORGANIZATION_TEXTS};
pub use provenance::{FileStamp, Moment, Provenance, changed_files};
pub use quarantine::{Code, Entry, Excess, Fault, Limit, NotAPercentage, Quarantine};
pub use reader::Refused;
pub(crate) use reader::Witness;
pub(crate) use reference::read_reference_before;
pub use reference::{Assignment, Reference, read_reference};
pub use row::RowIds;
pub(crate) use row::{Row, Stored};
pub(crate) use scan::reading_memory;
pub use source::{Source, TableReader};
pub(crate) use sqlite::{
    BATCH_APPLICATION_ID, Query as SqliteQuery, SqliteTable, as_a_file, has_damaged_pages, packed_layout,
};
pub use tables::Table;
pub use vaccines::{Vaccine, Vaccines};

/// Is told how far the reading of an export has come.
pub trait Progress: Sync {
    /// So many more bytes of the export's files have been read.
    fn advance(&self, bytes: u64);
}
