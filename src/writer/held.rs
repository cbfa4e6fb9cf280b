//! Batches that are held back: whole, but not published before a person has looked at them.
//!
//! They lie in `.held` in the place of batches, each with a text beside it that says why, where nobody who looks for
//! batches finds them.

use super::error::WriteError;
use super::output::{Output, STAGING_PREFIX};
use super::place::{is_there, link_all, private_folder, sync_folder};
use super::staging::Staging;
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

    /// Whether the folder of held batches is there. A link or a file in its place is in the way: another place's batches
    /// would be taken for held ones of this.
    pub(super) fn has_held_folder(&self) -> Result<bool, WriteError> {
        is_there(&self.held_folder())
    }

    /// Takes away a month's held batch, if there is one. It goes by way of a private folder, so that a part of it is never
    /// taken for the whole.
    ///
    /// # Errors
    /// If it stays there.
    pub(super) fn forget_held(&self, month: Month, private: &Path) -> Result<(), WriteError> {
        if !self.has_held_folder()? {
            return Ok(());
        }
        let held = self.held(month);
        match std::fs::rename(&held, private.join("held")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(WriteError::Write { path: held, source: error });
            }
            _ => {}
        }
        // What says why goes last: a batch without it could not be understood. Alone it does no harm.
        let _ = std::fs::remove_file(self.why_held(month));
        // Only if it is empty.
        let _ = std::fs::remove_dir(self.held_folder());
        Ok(())
    }
}

impl Staging {
    /// A batch that is held back, to be published after all. Its files are linked, so that until it is published it stays
    /// where it is held, whatever happens; and only their owner may read them, whoever may have done so meanwhile.
    ///
    /// # Errors
    /// If none is held, or something else is in its place.
    pub fn of_held(output: Output, month: Month) -> Result<Staging, WriteError> {
        let held = output.held(month);
        let create = |source| WriteError::Create { path: output.folder().to_owned(), source };
        if !output.has_held_folder()? || !is_there(&held)? {
            // Whoever took the batch away may have been stopped there.
            let private = PrivateFolder::new(output.folder(), STAGING_PREFIX).map_err(create)?;
            output.forget_held(month, private.path())?;
            return Err(WriteError::NothingHeld { path: held });
        }
        let staging = Staging::without_batch(output, month)?;
        let fail = |source| WriteError::Write { path: held.clone(), source };
        link_all(&held, &staging.batch()).map_err(fail)?;
        Ok(staging)
    }
}
