//! Puts a summary's files into a folder, which appears whole or not at all.

use crate::cleanup::{PrivateFolder, step};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Writes files, each with its name, into a new folder. Only its owner may read them.
///
/// # Errors
/// If that is not possible, or something is there already.
pub fn write_folder(folder: &Path, files: &[(String, String)]) -> io::Result<()> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let private = PrivateFolder::new(parent, ".phds-")?;
    let draft = private.path().join("summary");
    DirBuilder::new().mode(0o700).create(&draft)?;
    for (name, text) in files {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft.join(name))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
    }
    File::open(&draft)?.sync_all()?;
    let in_one_step = step();
    renameat_with(CWD, &draft, CWD, folder, RenameFlags::NOREPLACE)?;
    drop(in_one_step);
    File::open(parent)?.sync_all()
}
