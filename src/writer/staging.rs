//! A batch in the making, and its one step into its place.
//!
//! Until that step nothing in the place of batches changes, and after it everything has: a run that is killed, or
//! a disk that fills, leaves no batch that looks finished and is not.

use super::draft::{Draft, write_private, write_unsynced};
use super::error::WriteError;
use super::output::{Output, STAGING_PREFIX};
use super::place::{
    is_batch_there, is_there, private_folder, put_in_place, share_file, sync_folders, try_out_steps,
};
use crate::batch::{HoldRecord, names, read_own_file, to_json};
use crate::cleanup::{self, PrivateFolder, Step};
use crate::value::Month;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A batch in the making: a private folder beside the place of the batch, gone again unless it is published.
#[derive(Debug)]
pub struct Staging {
    /// Goes before the lock does, so that no other run meets it.
    folder: PrivateFolder,
    output: Output,
    month: Month,
    /// Every file that the batch's checksums cover, by its path.
    written: Mutex<BTreeMap<String, Written>>,
    /// Small files that are still to be waited for.
    unsynced: Mutex<Vec<PathBuf>>,
    /// Whether files may share blocks here, as far as is known.
    can_share_blocks: AtomicBool,
}

/// A file that was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its path in the batch.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// Where in the private folder the batch itself lies, beside what else a run needs to keep.
const BATCH: &str = "batch";

impl Staging {
    /// Makes the private folder for the batch of a month.
    ///
    /// # Errors
    /// If that is not possible, or something other than a batch is in the batch's place.
    pub fn new(output: Output, month: Month) -> Result<Staging, WriteError> {
        let staging = Staging::without_batch(output, month)?;
        private_folder(&staging.batch())
            .map_err(|source| WriteError::Create { path: staging.output.folder().to_owned(), source })?;
        Ok(staging)
    }

    /// Makes the private folder, with no batch in it yet.
    pub(super) fn without_batch(output: Output, month: Month) -> Result<Staging, WriteError> {
        let path = output.folder().to_owned();
        // Better told before the work than after it.
        is_batch_there(&path.join(month.to_string()))?;
        output.has_held_folder()?;
        let folder = PrivateFolder::new(&path, STAGING_PREFIX)
            .map_err(|source| WriteError::Create { path: path.clone(), source })?;
        try_out_steps(folder.path(), &path)?;
        let (written, unsynced) = (Mutex::default(), Mutex::default());
        Ok(Staging { folder, output, month, written, unsynced, can_share_blocks: AtomicBool::new(true) })
    }

    /// Where the batch lies until it is published.
    pub fn batch(&self) -> PathBuf {
        self.folder.path().join(BATCH)
    }

    /// A private folder for what a run has to put aside; it goes with the run.
    pub fn scratch(&self) -> &Path {
        self.folder.path()
    }

    /// The batch's place.
    fn place(&self) -> PathBuf {
        self.output.folder().join(self.month.to_string())
    }

    fn written(&self) -> MutexGuard<'_, BTreeMap<String, Written>> {
        // A list of files is whole whatever happened to the thread that held it.
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path_of(&self, path: &str) -> PathBuf {
        self.batch().join(path)
    }

    /// Makes a folder in the batch.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn make_folder(&self, path: &str) -> Result<(), WriteError> {
        let path = self.path_of(path);
        private_folder(&path).map_err(|source| WriteError::Write { path, source })
    }

    /// Writes a file of the batch. All such files are waited for together before the batch goes anywhere.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<Written, WriteError> {
        let place = self.path_of(path);
        let written = write_unsynced(&place, bytes).map_err(|source| self.failed(path, source));
        let (bytes, sha256) = written?;
        self.unsynced.lock().unwrap_or_else(PoisonError::into_inner).push(place);
        Ok(self.note(path, bytes, sha256))
    }

    /// Writes a large file of the batch, with whatever `fill` puts into it, and waits for the disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_with(
        &self,
        path: &str,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Written, WriteError> {
        let (bytes, sha256) =
            write_private(&self.path_of(path), fill).map_err(|source| self.failed(path, source))?;
        Ok(self.note(path, bytes, sha256))
    }

    /// Gives a finished file of the batch a second place in it, where it takes no more room.
    ///
    /// # Errors
    /// If that is not possible.
    pub(super) fn share(&self, path: &str, again: &str) -> Result<(), WriteError> {
        share_file(&self.path_of(path), &self.path_of(again), &self.can_share_blocks)
            .map_err(|source| self.failed(again, source))?;
        let written = self.written().get(path).cloned();
        let Written { bytes, sha256, .. } =
            written.unwrap_or_else(|| unreachable!("only what was written is shared"));
        self.note(again, bytes, sha256);
        Ok(())
    }

    /// Writes a file of the batch anew, or for the first time. The checksums must be written anew then, too.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn replace(&self, path: &str, bytes: &[u8]) -> Result<Written, WriteError> {
        match std::fs::remove_file(self.path_of(path)) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(self.failed(path, source)),
            _ => {}
        }
        self.written().remove(path);
        self.write(path, bytes)
    }

    /// Begins a file of the batch, which is part of it once it is finished.
    pub(super) fn draft(&self, path: &str, stays_open: bool) -> Result<Draft, WriteError> {
        Draft::create(&self.path_of(path), stays_open).map_err(|source| self.failed(path, source))
    }

    /// Finishes a file of the batch.
    pub(super) fn finish(&self, path: &str, draft: Draft) -> Result<Written, WriteError> {
        let (bytes, sha256) = draft.finish().map_err(|source| self.failed(path, source))?;
        Ok(self.note(path, bytes, sha256))
    }

    fn note(&self, path: &str, bytes: u64, sha256: String) -> Written {
        let written = Written { path: path.to_owned(), bytes, sha256 };
        self.written().insert(path.to_owned(), written.clone());
        written
    }

    /// A file of the batch could not be written. The name that it would have had is of more use than that in the
    /// private folder.
    pub(super) fn failed(&self, path: &str, source: io::Error) -> WriteError {
        WriteError::Write { path: self.place().join(path), source }
    }

    /// Writes the checksums of a folder's files so far, as `sha256sum -c` reads them there, in the order of their
    /// names. `folder` is empty for the batch itself, or ends with a slash.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn write_checksums(&self, folder: &str) -> Result<(), WriteError> {
        let is_listed = |name: &&str| {
            // The batch's list has the packages' files, too: they are delivered.
            let is_right_here = !name.contains('/') || folder.is_empty() && names::is_in_a_package(name);
            is_right_here && *name != names::CHECKSUMS
        };
        let written = self.written();
        let in_folder = written.range(folder.to_owned()..).map_while(|(path, file)| {
            let name = path.strip_prefix(folder)?;
            Some((name, &file.sha256))
        });
        let lines: String = in_folder
            .filter(|(name, _)| is_listed(name))
            .map(|(name, sum)| format!("{sum}  {name}\n"))
            .collect();
        drop(written);
        let list = format!("{folder}{}", names::CHECKSUMS);
        self.replace(&list, lines.as_bytes()).map(drop)
    }

    /// Takes over the checksums of a folder's files that are there already, from the list in it, which must be sound.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn adopt_checksums(&self, folder: &str) -> Result<(), WriteError> {
        let list = format!("{folder}{}", names::CHECKSUMS);
        let text = read_own_file(&self.path_of(&list));
        let text = text.map_err(|error| self.failed(&list, io::Error::other(error)))?;
        let adopted = String::from_utf8_lossy(&text)
            .lines()
            .filter_map(|line| line.split_once("  "))
            .map(|(sha256, name)| {
                let path = format!("{folder}{name}");
                (path.clone(), Written { path, bytes: 0, sha256: sha256.to_owned() })
            })
            .collect::<Vec<_>>();
        self.written().extend(adopted);
        Ok(())
    }

    /// Puts a file that is no part of a batch into the place of batches, for a person to look at.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn set_aside(
        &self,
        name: &str,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<PathBuf, WriteError> {
        let path = self.output.folder().join(name);
        let draft = self.folder.path().join("aside");
        write_private(&draft, fill)
            .and_then(|_| std::fs::rename(&draft, &path))
            .and_then(|()| self.output.sync())
            .map_err(|source| WriteError::Write { path: path.clone(), source })?;
        Ok(path)
    }

    /// Removes what an earlier run set aside.
    ///
    /// # Errors
    /// If it is there and cannot be removed.
    pub fn remove_set_aside(&self, name: &str) -> Result<(), WriteError> {
        let path = self.output.folder().join(name);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(WriteError::Write { path, source })
            }
            _ => Ok(()),
        }
    }

    /// Puts the batch into its place, in one step that nothing can interrupt; a batch that is there already is
    /// replaced. What an earlier run set aside under this name goes, and so does a batch of the month that is held.
    /// Returns the place.
    ///
    /// # Errors
    /// If something else is in its place, or the system cannot do it in one step.
    pub fn publish(self, set_aside: &str) -> Result<PathBuf, WriteError> {
        self.sync()?;
        let step = cleanup::step();
        self.put(&step)?;
        // Not before: if this comes to nothing in a way that nobody lives to see, what somebody looks at is still there. In the
        // same step, so that it is not left behind, to be published over this one some day.
        drop(self.output.take_held(self.month, self.folder.path()));
        step.end_as_last();
        self.settle(set_aside)
    }

    /// The same for a batch that is the held one.
    ///
    /// # Errors
    /// As for [`Staging::publish`]; it is then still held.
    pub fn release(self, set_aside: &str) -> Result<PathBuf, WriteError> {
        self.sync()?;
        let step = cleanup::step();
        self.put(&step)?;
        step.end_as_last();
        let place = self.settle(set_aside)?;
        // It is published; if it stays held as well, that does not change it.
        drop(self.output.take_held(self.month, self.folder.path()));
        Ok(place)
    }

    /// Brings the batch down to the disk.
    fn sync(&self) -> Result<(), WriteError> {
        for path in self.unsynced.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let synced = File::open(&path).and_then(|file| file.sync_all());
            synced.map_err(|source| WriteError::Write { path, source })?;
        }
        sync_folders(&self.batch()).map_err(|source| WriteError::Write { path: self.place(), source })
    }

    /// What was replaced lies in the private folder then and goes with it. If it cannot be removed, the next run does
    /// it; the batch is in its place all the same.
    fn put(&self, step: &Step) -> Result<(), WriteError> {
        // Somebody may have put something there meanwhile.
        is_batch_there(&self.place())?;
        put_in_place(step, &self.batch(), &self.place())
    }

    /// Makes it last that the batch is in its place. Returns the place.
    fn settle(&self, set_aside: &str) -> Result<PathBuf, WriteError> {
        let place = self.place();
        self.output.sync().map_err(|source| WriteError::Write { path: place.clone(), source })?;
        // The batch is published; an old list that cannot be removed does not change that.
        let _ = self.remove_set_aside(set_aside);
        Ok(place)
    }

    /// Puts the batch where held batches are, for a person to look at, and the reasons beside it. One of the same month
    /// that is there already is replaced. Returns the place.
    ///
    /// # Errors
    /// If that is not possible; one that was there is there again.
    pub fn hold(self, why: &HoldRecord) -> Result<PathBuf, WriteError> {
        let batch = self.batch();
        let place = self.output.held(self.month);
        let fail = |path: &Path| {
            let path = path.to_owned();
            move |source: io::Error| WriteError::Write { path, source }
        };
        self.sync()?;
        let drafts = ["why.json", "why.txt"].map(|name| self.folder.path().join(name));
        let reasons = self.output.why_held(self.month);
        for ((draft, text), reasons) in drafts.iter().zip([to_json(why), why.to_string()]).zip(&reasons) {
            write_private(draft, |out| out.write_all(text.as_bytes())).map_err(fail(reasons))?;
        }
        let step = cleanup::step();
        // A batch is never beside the reasons of another: those go first, and the new ones come last. Of the batches one takes
        // the other's place in one step: somebody may be looking.
        let earlier = self.output.take_why_held(self.month, self.folder.path())?;
        let put = self.output.make_held_folder().and_then(|()| is_there(&place)).and_then(|is_replaced| {
            put_in_place(&step, &batch, &place)?;
            let renamed = drafts
                .iter()
                .zip(&reasons)
                .try_for_each(|(draft, reasons)| std::fs::rename(draft, reasons).map_err(fail(reasons)));
            if renamed.is_err() {
                // As far as can be.
                let _ = match is_replaced {
                    true => put_in_place(&step, &batch, &place),
                    false => std::fs::rename(&place, &batch).map_err(fail(&place)),
                };
            }
            renamed
        });
        if let Err(error) = put {
            earlier.put_back();
            return Err(error);
        }
        step.end_as_last();
        self.output.sync_held().map_err(fail(&place))?;
        Ok(place)
    }
}
