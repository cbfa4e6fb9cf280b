//! Where batches lie: in the place of batches, or, while they are held back, in a folder of it that nobody who looks
//! for batches looks into.

use crate::value::Month;
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

/// Where it says why.
pub fn why_held_place(out: &Path, month: Month) -> PathBuf {
    held_folder(out).join(format!("{month}.txt"))
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
