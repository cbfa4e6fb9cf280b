//! Removing old batches from the place of batches: each whole, in one step.

use super::error::WriteError;
use super::output::{Output, STAGING_PREFIX};
use crate::batch::{BatchError, batches, held_batches};
use crate::cleanup::{self, PrivateFolder};
use crate::value::Month;

/// The batches of the newest months, however few are to be kept: the last one, and the one it is compared with.
const ALWAYS_KEPT: usize = 2;

/// A batch that may be removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OldBatch {
    /// Its month.
    pub month: Month,
    /// Whether it is held back; else it is published.
    pub is_held: bool,
}

impl Output {
    /// The batches that are older than the newest `keep` published ones, and than the two newest in any case; oldest
    /// first. `held`: those that are held back, too.
    ///
    /// # Errors
    /// If the place cannot be read.
    pub fn old_batches(&self, keep: usize, held: bool) -> Result<Vec<OldBatch>, BatchError> {
        let published: Vec<Month> = batches(self.folder())?.into_iter().map(|(month, _)| month).collect();
        let Some(old) = published.len().checked_sub(keep.max(ALWAYS_KEPT)) else { return Ok(Vec::new()) };
        let oldest_kept = published[old];
        let mut all: Vec<_> =
            published[..old].iter().map(|month| OldBatch { month: *month, is_held: false }).collect();
        if held {
            let before = held_batches(self.folder())?.into_iter().filter(|month| *month < oldest_kept);
            all.extend(before.map(|month| OldBatch { month, is_held: true }));
        }
        all.sort_by_key(|batch| (batch.month, batch.is_held));
        Ok(all)
    }

    /// Removes a batch. It leaves its place in one step, so that no part of it is ever taken for the whole.
    ///
    /// # Errors
    /// If it stays in its place.
    pub fn remove(&self, batch: OldBatch) -> Result<(), WriteError> {
        let place = self.folder().join(batch.month.to_string());
        let create = |source| WriteError::Create { path: self.folder().to_owned(), source };
        let private = PrivateFolder::new(self.folder(), STAGING_PREFIX).map_err(create)?;
        let step = cleanup::step();
        if batch.is_held {
            drop(self.take_held(batch.month, private.path())?);
        } else {
            std::fs::rename(&place, private.path().join("old"))
                .map_err(|source| WriteError::Write { path: place.clone(), source })?;
        }
        drop(step);
        self.sync().map_err(|source| WriteError::Write { path: place, source })
    }
}
