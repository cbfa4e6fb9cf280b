//! Batches that are held back: whole, but not published before a person has looked at them.
//!
//! They lie in `.held` in the place of batches, each with a text beside it that says why, where nobody who looks for
//! batches finds them.

use super::error::WriteError;
use super::output::{Output, STAGING_PREFIX};
use super::place::{copy_all, is_there, private_folder, sync_folder};
use super::staging::Staging;
use crate::batch::{held_folder, held_place, why_held_json_place, why_held_place};
use crate::cleanup::PrivateFolder;
use crate::value::Month;
use std::io;
use std::path::{Path, PathBuf};

impl Output {
    /// Where the batch of a month lies while it is held.
    pub fn held(&self, month: Month) -> PathBuf {
        held_place(self.folder(), month)
    }

    /// Where it says why, for machines and for people.
    pub(super) fn why_held(&self, month: Month) -> [PathBuf; 2] {
        [why_held_json_place(self.folder(), month), why_held_place(self.folder(), month)]
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

    /// Takes away a month's held batch, if there is one, and what says why. It goes into a private folder, so that a part of
    /// it is never taken for the whole, and can be put back from there.
    ///
    /// # Errors
    /// If it stays there.
    pub(super) fn take_held(&self, month: Month, private: &Path) -> Result<TakenHeld<'_>, WriteError> {
        // What says why goes last: a batch without it could not be understood. Alone it does no harm.
        let [json, text] = self.why_held(month);
        self.take(private, &[(self.held(month), "held"), (json, "why-held.json"), (text, "why-held.txt")])
    }

    /// The same of what says why alone.
    ///
    /// # Errors
    /// If it stays there.
    pub(super) fn take_why_held(&self, month: Month, private: &Path) -> Result<TakenHeld<'_>, WriteError> {
        let [json, text] = self.why_held(month);
        self.take(private, &[(json, "why-held.json"), (text, "why-held.txt")])
    }

    /// Takes away what is in these places, each under a name of its own in a private folder.
    fn take(&self, private: &Path, what: &[(PathBuf, &str)]) -> Result<TakenHeld<'_>, WriteError> {
        // Not through a link that lies there.
        self.has_held_folder()?;
        let mut taken = TakenHeld { output: self, moves: Vec::new() };
        for (place, name) in what.iter().cloned() {
            let aside = private.join(name);
            match std::fs::rename(&place, &aside) {
                Ok(()) => taken.moves.push(Move { place, aside: Some(aside) }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    taken.moves.push(Move { place, aside: None });
                }
                Err(source) => {
                    taken.put_back();
                    return Err(WriteError::Write { path: place, source });
                }
            }
        }
        self.remove_held_folder();
        Ok(taken)
    }

    /// Removes the folder of held batches, if it is empty.
    fn remove_held_folder(&self) {
        let _ = std::fs::remove_dir(self.held_folder());
    }
}

/// A held batch that was taken away. It goes with the private folder that it is in, unless it is put back.
#[derive(Debug)]
#[must_use = "what comes in its place may fail"]
pub(super) struct TakenHeld<'a> {
    output: &'a Output,
    /// In the order in which they were taken away.
    moves: Vec<Move>,
}

/// What was in a place, and where it is now; nothing, if nothing was there.
#[derive(Debug)]
struct Move {
    place: PathBuf,
    aside: Option<PathBuf>,
}

impl TakenHeld<'_> {
    /// Puts all back as it was, as far as can be: whoever calls has a failure to tell already.
    pub(super) fn put_back(self) {
        if self.moves.iter().any(|moved| moved.aside.is_some()) && self.output.make_held_folder().is_err() {
            return;
        }
        // The other way round: the batch is there again when what says why is.
        for Move { place, aside } in self.moves.into_iter().rev() {
            let put = match aside {
                Some(aside) => std::fs::rename(aside, place),
                // What came instead, if it came so far.
                None if place.is_dir() => Ok(()),
                None => std::fs::remove_file(place),
            };
            match put {
                Err(error) if error.kind() != io::ErrorKind::NotFound => break,
                _ => {}
            }
        }
        self.output.remove_held_folder();
        let _ = self.output.sync_held();
    }
}

impl Staging {
    /// A copy of a batch that is held back, to be published after all. What somebody writes to the held batch from then on
    /// changes nothing of the copy, so that what is verified is what is published. Until then the held batch stays where it
    /// is.
    ///
    /// # Errors
    /// If none is held, or something else is in its place.
    pub fn of_held(output: Output, month: Month) -> Result<Staging, WriteError> {
        let held = output.held(month);
        let create = |source| WriteError::Create { path: output.folder().to_owned(), source };
        if !output.has_held_folder()? || !is_there(&held)? {
            // Whoever took the batch away may have been stopped there.
            let private = PrivateFolder::new(output.folder(), STAGING_PREFIX).map_err(create)?;
            drop(output.take_held(month, private.path())?);
            return Err(WriteError::NothingHeld { path: held });
        }
        let staging = Staging::without_batch(output, month)?;
        copy_all(&held, &staging.batch())?;
        Ok(staging)
    }
}
