//! What the tests share: small exports, and running the program on them.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used)] // Each test binary uses a part of it.

pub mod plain;
pub mod random;

use assert_cmd::Command;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The headers of an export's tables.
pub const HEADERS: [(&str, &str); 7] = [
    (
        "clients",
        "CLIENT_ID,CLIENT_TYPE,FIRST_NAME,LAST_NAME,MIDDLE_NAME,BIRTH_DATE,SEX_CODE,RACE_AND_ETHNICITY,STATE_CODE,CLIENT_COUNTY,ZIP_CODE",
    ),
    ("consents", "CLIENT_ID,CONSENT_TYPE,EFFECTIVE_DATE,END_DATE,END_REASON"),
    (
        "immunizations",
        "IMMUNIZATION_ID,IMMUNFACT_ID,CLIENT_ID,VACCINE_ID,VACCINATION_DATE,VACCINE_GROUP,ORDINAL_POSITION,GIVEN_BY_ORG_ID,DISASTER_FLAG",
    ),
    ("vaccines", "VACCINE_ID,CVX_CODE,PRODUCT_CLASS"),
    (
        "organizations",
        "ORG_ID,PROVIDER_NAME,SHORT_NAME,RESPONSIBLE_ENTITY,PROVIDER_STREET_ADDRESS,PROVIDER_CITY,PROVIDER_STATE,PROVIDER_ZIP_CODE",
    ),
    ("recipients", "RECIPIENT,RESPONSIBLE_ENTITY"),
    ("control", "TABLE_NAME,ROW_COUNT"),
];

/// Turns off the gates that small invented exports trip, for tests that are about something else.
pub const GATES_OFF: [&str; 14] = [
    "--gate-off",
    "nothing_shared",
    "--gate-off",
    "repeated_consents",
    "--gate-off",
    "unmatched_recipients",
    "--gate-off",
    "max_unknown",
    "--gate-off",
    "same_export",
    "--gate-off",
    "window_over",
    "--gate-off",
    "max_excluded_change",
];

/// What a run says of an export without the table `control`.
pub const NO_CONTROL: &str =
    "phds: warning: the export has no table control: nothing tells whether its tables are whole\n";

/// A path as an argument of the program.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The header of a table.
pub fn header(table: &str) -> &'static str {
    HEADERS.iter().find(|(name, _)| *name == table).unwrap().1
}

/// An export in a folder of its own, with a place for batches beside it.
pub struct Site {
    folder: TempDir,
}

impl Site {
    /// An export with one of everything: one client with standard consent, one fact, which is included.
    pub fn new() -> Site {
        let site = Site::empty();
        site.rows("clients", &["7,IA,Ana,Ruiz,,1990-05-05,F,,TX,Travis,78701"]);
        site.rows("consents", &["7,STANDARD,2015-01-01,,"]);
        site.rows("vaccines", &["3,03,"]);
        site.rows("organizations", &["5,Clinic,CL,Travis,,,,"]);
        site.rows("immunizations", &["1,11,7,3,2020-01-01,MMR,1,5,N"]);
        site
    }

    /// An export with all tables that there must be, and no rows.
    pub fn empty() -> Site {
        let site = Site { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(site.export()).unwrap();
        HEADERS[..5].iter().for_each(|(table, _)| site.rows(table, &[]));
        site
    }

    /// The export.
    pub fn export(&self) -> PathBuf {
        self.folder.path().join("export")
    }

    /// The place for batches.
    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// Some other path beside them.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a table with its header and these rows.
    pub fn rows(&self, table: &str, rows: &[&str]) {
        let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
        self.file(&format!("{table}.csv"), format!("{}\n{lines}", header(table)).as_bytes());
    }

    /// Writes a file of the export.
    pub fn file(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.export().join(name), bytes).unwrap();
    }

    /// Removes a file of the export.
    pub fn remove(&self, name: &str) {
        std::fs::remove_file(self.export().join(name)).unwrap();
    }

    /// `phds run` on the export as of 2024-07-08, with these arguments besides, and without the gates of [`GATES_OFF`].
    pub fn run(&self, arguments: &[&str]) -> Ran {
        run_on(&self.export(), &self.out(), arguments)
    }

    /// The same with every gate.
    pub fn run_gated(&self, arguments: &[&str]) -> Ran {
        run_gated_on(&self.export(), &self.out(), arguments)
    }

    /// The batch of July 2024.
    pub fn batch(&self) -> BTreeMap<String, Vec<u8>> {
        read_folder(&self.out().join("202407"))
    }

    /// What the place for batches holds, by name.
    pub fn left_in_out(&self) -> Vec<String> {
        match std::fs::read_dir(self.out()) {
            Ok(entries) => {
                let mut names: Vec<_> =
                    entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
                names.sort();
                names
            }
            Err(_) => Vec::new(),
        }
    }
}

/// What a run of the program came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The program.
pub fn phds() -> Command {
    Command::new(env!("CARGO_BIN_EXE_phds"))
}

/// Runs the program with these arguments.
pub fn phds_with(arguments: &[&str]) -> Ran {
    finish(phds().args(arguments))
}

/// The same, in a time zone.
pub fn phds_in(zone: &str, arguments: &[&str]) -> Ran {
    finish(phds().env("TZ", zone).args(arguments))
}

/// `phds run` as of 2024-07-08, without the gates of [`GATES_OFF`].
pub fn run_on(export: &Path, out: &Path, arguments: &[&str]) -> Ran {
    run_gated_on(export, out, &[&GATES_OFF, arguments].concat())
}

/// `phds run` as of 2024-07-08, with every gate.
pub fn run_gated_on(export: &Path, out: &Path, arguments: &[&str]) -> Ran {
    finish(phds().arg("run").arg(export).args(["--as-of", "2024-07-08", "--out"]).arg(out).args(arguments))
}

fn finish(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Every file below a folder, by its path in it.
pub fn read_folder(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// A batch without what lies in qa/.
pub fn delivered(batch: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    batch.into_iter().filter(|(name, _)| !name.starts_with("qa/")).collect()
}

/// A file of the repository.
pub fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A batch's manifest.
pub fn manifest(batch: &BTreeMap<String, Vec<u8>>) -> serde_json::Value {
    serde_json::from_slice(&batch["manifest.json"]).unwrap()
}
