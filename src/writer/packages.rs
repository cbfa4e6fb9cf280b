//! The recipients' packages: for each recipient a folder with its own file and what goes with it, and nothing of anybody else's.

use super::{Staging, WriteError};
use crate::batch::{Delivery, FileEntry, names};
use crate::package::{self, write_excel_copy};
use crate::policy::Policy;
use crate::value::Day;
use std::sync::{Mutex, PoisonError};

/// The packages of a batch. Several threads may make some of them.
pub(super) struct Packages<'a> {
    policy: &'a Policy,
    as_of: Day,
    staging: &'a Staging,
    scripts: Scripts,
}

/// Scripts that every package has. They are written once, and have a place in each.
struct Scripts {
    /// Each with its name.
    texts: [(&'static str, String); 3],
    /// The package in which they lie already.
    written_in: Mutex<Option<String>>,
}

impl<'a> Packages<'a> {
    /// Makes the folder of the packages.
    pub(super) fn begin(
        policy: &'a Policy,
        as_of: Day,
        staging: &'a Staging,
    ) -> Result<Packages<'a>, WriteError> {
        staging.make_folder(names::RECIPIENTS)?;
        let scripts = Scripts { texts: package::scripts(policy), written_in: Mutex::default() };
        Ok(Packages { policy, as_of, staging, scripts })
    }

    /// Makes the package of a recipient's file, which must be finished.
    pub(super) fn write(&self, file: &FileEntry) -> Result<(), WriteError> {
        let Packages { policy, as_of, staging, .. } = *self;
        let folder = names::package_of(&file.path)
            .unwrap_or_else(|| unreachable!("a recipient's file is named by names::recipient_file"));
        staging.make_folder(&folder)?;
        let delivery = Delivery { recipient: &file.recipient, as_of, file };
        let path = |name: &str| format!("{folder}/{name}");
        staging.share(&file.path, &path(&file.path))?;
        if policy.excel_copy {
            let original = staging.batch().join(&file.path);
            let copy = path(&names::excel_copy_of(&file.path));
            staging.write_with(&copy, |out| write_excel_copy(&original, out))?;
        }
        self.add_scripts(&folder)?;
        for (name, text) in package::descriptions(policy, &delivery) {
            staging.write(&path(name), text.as_bytes())?;
        }
        staging.write_checksums(&format!("{folder}/"))
    }

    /// Puts the scripts into a package.
    fn add_scripts(&self, folder: &str) -> Result<(), WriteError> {
        let Scripts { texts, written_in } = &self.scripts;
        let mut written_in = written_in.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(other) = written_in.clone() else {
            for (name, text) in texts {
                self.staging.write(&format!("{folder}/{name}"), text.as_bytes())?;
            }
            *written_in = Some(folder.to_owned());
            return Ok(());
        };
        // Others need not wait for this.
        drop(written_in);
        texts.iter().try_for_each(|(name, _)| {
            self.staging.share(&format!("{other}/{name}"), &format!("{folder}/{name}"))
        })
    }
}
