//! Batches that are held back: whole, but not published before a person has looked at them.
//!
//! They lie in `.held` in the place of batches, each with a text beside it that says why, where nobody who looks for
//! batches finds them.

use super::error::WriteError;
use super::output::{Output, STAGING_PREFIX};
use super::place::{is_there, link_all, private_folder, put_in_place, sync_folder, sync_folders};
use crate::published::{held_folder, held_place, why_held_place};
use crate::unfinished::PrivateFolder;
use crate::value::Month;
use std::io;
use std::path::{Path, PathBuf};

impl Output {
    /// Where the batch of a month lies while it is held.
    pub fn held(&self, month: Month) -> PathBuf {
        held_place(self.folder(), month)
    }

    pub(super) fn why_held(&self, month: Month) -> PathBuf {
        why_held_place(self.folder(), month)
    }

    fn held_folder(&self) -> PathBuf {
        held_folder(self.folder())
    }

    /// Makes the folder of held batches, if it is not there.
    pub(super) fn make_held_folder(&self) -> Result<(), WriteError> {
        let path = self.held_folder();
        if is_there(&path)? {
            return Ok(());
        }
        private_folder(&path).map_err(|source| WriteError::Create { path, source })
    }

    /// Makes what was done to held batches last.
    pub(super) fn sync_held(&self) -> io::Result<()> {
        sync_folder(&self.held_folder())?;
        self.sync()
    }

    /// Removes a month's held batch, if there is one: another has been published. It goes by way of a private folder, so
    /// that a part of it is never taken for the whole.
    pub(super) fn forget_held(&self, month: Month, private: &Path) {
        // Whatever cannot be removed changes nothing of what was published.
        let _ = std::fs::rename(self.held(month), private.join("held"));
        self.forget_why(month);
    }

    fn forget_why(&self, month: Month) {
        let _ = std::fs::remove_file(self.why_held(month));
        // Only if it is empty.
        let _ = std::fs::remove_dir(self.held_folder());
    }

    /// Publishes a month's held batch after all, in one step; one that is there already is replaced. Returns its place.
    ///
    /// # Errors
    /// If none is held, something else is in its place, or the system cannot do it in one step.
    pub fn release(&self, month: Month, set_aside: &str) -> Result<PathBuf, WriteError> {
        let (held, place) = (self.held(month), self.folder().join(month.to_string()));
        if !is_there(&held)? {
            // Whoever removed the batch may have been stopped there.
            self.forget_why(month);
            return Err(WriteError::NothingHeld { path: held });
        }
        let fail = |source| WriteError::Write { path: place.clone(), source };
        is_there(&place)?;
        // The files are linked, not moved: until they are published the batch stays where it is held, whatever happens.
        // Nor must what is replaced come to lie there: it could be released in its turn.
        let private = PrivateFolder::new(self.folder(), STAGING_PREFIX).map_err(fail)?;
        let batch = private.path().join("batch");
        link_all(&held, &batch).and_then(|()| sync_folders(&batch)).map_err(fail)?;
        put_in_place(&batch, &place)?;
        self.sync().map_err(fail)?;
        self.forget_held(month, private.path());
        let _ = std::fs::remove_file(self.folder().join(set_aside));
        Ok(place)
    }
}
