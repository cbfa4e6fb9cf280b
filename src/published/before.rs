//! The batch before, with which a new one is compared.

use super::{Manifest, PublishedError, batches};
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
    pub fn find(out: &Path, month: Month) -> (Before, Option<PublishedError>) {
        let batches = match batches(out) {
            Ok(batches) => batches,
            Err(error) => return (Before::Unreadable(None), Some(error)),
        };
        let Some((month, folder)) = batches.into_iter().rfind(|(other, _)| *other < month) else {
            return (Before::None, None);
        };
        match Manifest::of_batch(&folder) {
            Ok(manifest) => (Before::Batch(Box::new(manifest)), None),
            Err(error) => (Before::Unreadable(Some(month)), Some(error)),
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
