//! How a row is checked: from a block of text to rows whose values are read, and to the quarantine of the others.
//!
//! What a table's rows mean is not known here.

mod facts;
mod intake;
mod oddities;
mod quarantine;
mod reader;
mod row;
mod rows;
mod scan;
mod shape;

pub(super) use facts::FactRow;
pub(super) use intake::{Expectations, unusable};
pub use intake::{Intake, Notice, TableRead};
pub use oddities::InColumns;
pub use quarantine::{Code, Entry, Excess, FaultKind, Limit, NotAPercentage, Places, Quarantine, RowFault};
pub(crate) use reader::Witness;
pub(super) use reader::{Reader, TablePart, read_fact_rows, read_table};
pub(crate) use row::{CheckResult, ExportRow, Value};
pub use row::{QuarantinedRow, RowFile, RowIds};
pub(crate) use scan::reading_memory;
pub(super) use scan::{Shown, in_order, in_parts};
pub use shape::{Shape, Sign};
