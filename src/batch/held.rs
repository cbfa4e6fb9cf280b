//! Where batches lie: published ones in the output folder, held ones in `.held` inside it, and what lies beside those.

use super::{BatchError, Finding};
use crate::value::{Day, Month};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The folder of held batches in the place of batches.
const HELD: &str = ".held";

/// The folder of held batches in a place of batches.
pub fn held_folder(out: &Path) -> PathBuf {
    out.join(HELD)
}

/// Where the batch of a month lies while it is held.
pub fn held_place(out: &Path, month: Month) -> PathBuf {
    held_folder(out).join(month.to_string())
}

/// Whether a path lies in a folder of held batches.
pub fn is_among_held(path: &Path) -> bool {
    path.canonicalize().is_ok_and(|path| path.iter().any(|name| name == HELD))
}

/// The months of which a batch is held, in order. A place without held batches has none.
///
/// # Errors
/// If the folder of held batches cannot be read.
pub fn held_batches(out: &Path) -> Result<Vec<Month>, BatchError> {
    let folder = held_folder(out);
    let unavailable = |source| BatchError::unavailable(&folder, source);
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unavailable)?,
    };
    let mut months = Vec::new();
    for entry in entries {
        let entry = entry.map_err(unavailable)?;
        // A link is no batch: phds never makes one.
        let is_folder = entry.file_type().map_err(unavailable)?.is_dir();
        months.extend(entry.file_name().to_str().and_then(Month::parse).filter(|_| is_folder));
    }
    months.sort_unstable();
    Ok(months)
}

/// Where it says why, for people.
pub fn why_held_place(out: &Path, month: Month) -> PathBuf {
    held_folder(out).join(format!("{month}.txt"))
}

/// Where it says why, for machines.
pub fn why_held_json_place(out: &Path, month: Month) -> PathBuf {
    held_folder(out).join(format!("{month}.json"))
}

/// Why a batch is held back: what lies beside it, as JSON and, for people, as a text.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HoldRecord {
    /// The batch's month.
    pub batch: Month,
    /// The day as of which the rules were applied.
    pub as_of: Day,
    /// The reasons, at least one.
    pub found: Vec<Finding>,
}

/// The same for people: what was found, and what to do about it.
impl fmt::Display for HoldRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the batch of {} is held back:", self.batch)?;
        for Finding { reason, .. } in &self.found {
            writeln!(f, "  {}", reason.line())?;
            writeln!(f, "    {}", reason.advice())?;
        }
        Ok(())
    }
}

/// The place of batches that a batch is in, whether it is published or held.
pub fn place_of(batch: &Path) -> PathBuf {
    let place = match batch.parent().filter(|_| batch.file_name().is_some()) {
        Some(place) if place.as_os_str().is_empty() => PathBuf::from("."),
        Some(place) => place.to_owned(),
        // Such as `.`, which does not say by its name where it is.
        None => batch.join(".."),
    };
    let is_held = place.canonicalize().is_ok_and(|place| place.ends_with(HELD));
    if is_held { place.join("..") } else { place }
}
