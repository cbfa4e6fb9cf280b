//! Running the program as somebody who may not do everything: root may, and tests often run as root.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // Each test binary uses a part of it.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The user and group who own nothing.
const NOBODY: u32 = 65534;

/// Somebody with few rights, and the program where they can run it.
pub struct Nobody {
    program: PathBuf,
    is_root: bool,
}

impl Nobody {
    /// Somebody who works in this folder, which must be one for tests; else why there can be nobody.
    pub fn in_folder(folder: &Path) -> Result<Nobody, String> {
        let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
        let program = folder.join("phds");
        std::fs::copy(env!("CARGO_BIN_EXE_phds"), &program).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let nobody = Nobody { program, is_root };
        let output =
            nobody.command().arg("--version").output().map_err(|e| format!("setpriv can't be run: {e}"))?;
        match output.status.success() {
            true => Ok(nobody),
            false => {
                Err(format!("nobody can't run the program: {}", String::from_utf8_lossy(&output.stderr)))
            }
        }
    }

    /// Whether that is another user than the one who runs the tests.
    pub fn is_another(&self) -> bool {
        self.is_root
    }

    /// The program, to be run as nobody.
    pub fn command(&self) -> Command {
        let mut words = self.words().into_iter();
        let mut command = Command::new(words.next().unwrap());
        command.args(words);
        command
    }

    /// The words by which the program is run as nobody.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.is_root {
            words.extend(
                ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]
                    .map(str::to_owned),
            );
        }
        words.push(self.program.to_str().unwrap().to_owned());
        words
    }

    /// Makes a folder that is nobody's own.
    pub fn folder(&self, path: &Path) {
        std::fs::create_dir(path).unwrap();
        if self.is_root {
            std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
}
