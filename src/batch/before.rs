//! The batch before, with which a new one is compared.

use super::month::{OfMonth, of_month};
use super::{BatchError, GateRecord, Manifest, ReportData, if_there, names};
use crate::value::Month;
use std::path::Path;

/// The last batch of an earlier month.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Before {
    /// There is none.
    None,
    /// There is one that cannot be read; its month, unless not even that can be told. What compares with it says so.
    Unreadable(Option<Month>),
    /// There is one.
    Batch(Box<Manifest>),
}

impl Before {
    /// Looks for the batch before that of a month, in the place of batches. Also returns what is wrong with it.
    pub fn find(out: &Path, month: Month) -> (Before, Option<BatchError>) {
        let before = match last_before(out, month) {
            Ok(Some(before)) => before,
            Ok(None) => return (Before::None, None),
            Err(error) => return (Before::Unreadable(None), Some(error)),
        };
        // Whatever lies there under a month's name: a batch that lost its manifest is not to be passed over.
        match of_month(out, before) {
            Ok(OfMonth { batch: Some(manifest), .. }) => (Before::Batch(Box::new(manifest)), None),
            Ok(OfMonth { batch: None, .. }) => (Before::Unreadable(Some(before)), None),
            Err(error) => (Before::Unreadable(Some(before)), Some(error)),
        }
    }

    /// The manifest, if there is one that can be read.
    pub fn manifest(&self) -> Option<&Manifest> {
        match self {
            Before::Batch(manifest) => Some(manifest),
            Before::None | Before::Unreadable(_) => None,
        }
    }
}

/// What a batch keeps beside its manifest for the next one to be compared with. A batch of an earlier version keeps less.
#[derive(Default, Debug)]
pub struct Kept {
    pub counts: Option<ReportData>,
    pub gate: Option<GateRecord>,
    /// The files that are there and cannot be read. What they tell could be anything.
    pub damaged: Vec<String>,
}

impl Kept {
    /// Reads what the batch in a folder keeps.
    pub fn of_batch(folder: &Path) -> Kept {
        let mut damaged = Vec::new();
        let counts = if_there(ReportData::of_batch(folder)).unwrap_or_else(|_| {
            damaged.push(names::REPORT_DATA.to_owned());
            None
        });
        let gate = if_there(GateRecord::of_batch(folder)).unwrap_or_else(|_| {
            damaged.push(names::GATE_RECORD.to_owned());
            None
        });
        Kept { counts, gate, damaged }
    }
}

/// The last month before another that anything in the place of batches is named after.
fn last_before(out: &Path, month: Month) -> Result<Option<Month>, BatchError> {
    let unavailable = |source| BatchError::unavailable(out, source);
    let mut last = None;
    for entry in std::fs::read_dir(out).map_err(unavailable)? {
        let name = entry.map_err(unavailable)?.file_name();
        last = last.max(name.to_str().and_then(Month::parse).filter(|other| *other < month));
    }
    Ok(last)
}
