//! What a batch was made from: enough to tell whether making it again would give the same.
//!
//! Lies in a batch as `qa/inputs.json`. Knows files by their names, lengths and times, not by what is in them.

use super::{BatchError, names, read_own_json};
use crate::policy::Policy;
use crate::registry::{FileStamp, ProfileId, Provenance};
use crate::value::Day;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a batch was made from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Inputs {
    /// The day as of which the rules were applied.
    pub as_of: Day,
    /// The SHA-256 of the policy's text.
    pub policy_sha256: String,
    /// The encoding the export was read in.
    pub encoding: String,
    /// The profile it was read through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileId>,
    /// The export's files, as they were when reading began.
    pub export: Vec<FileStamp>,
}

impl Inputs {
    /// What a batch is going to be made from.
    pub fn new(as_of: Day, policy: &Policy, export: &Provenance) -> Inputs {
        Inputs {
            as_of,
            policy_sha256: policy.sha256.clone(),
            encoding: export.encoding.to_string(),
            profile: export.profile.clone(),
            export: export.files.clone(),
        }
    }

    /// Reads what the batch in a folder was made from.
    ///
    /// # Errors
    /// If it is not there, or not as phds writes it.
    pub fn of_batch(folder: &Path) -> Result<Inputs, BatchError> {
        read_own_json(&folder.join(names::INPUTS))
    }

    /// Whether these differ from others in nothing but the day, on which a run that is late is not to depend.
    pub fn equal_but_for_the_day(&self, other: &Inputs) -> bool {
        Inputs { as_of: other.as_of, ..self.clone() } == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::to_json;
    use crate::registry::{Encoding, Moment};

    #[test]
    fn tells_the_same_from_the_other() {
        let day = |text: &str| Day::parse(text.as_bytes()).unwrap();
        let policy = Policy::built_in().unwrap();
        let export = |bytes: u64, modified: &str| Provenance {
            encoding: Encoding::Utf8,
            profile: None,
            files: vec![FileStamp {
                file: "clients.csv".to_owned(),
                bytes,
                modified: Moment::parse(modified).unwrap(),
            }],
        };
        let made = Inputs::new(day("2024-07-08"), &policy, &export(7, "2024-07-01T01:02:03.000000004Z"));
        let read: Inputs = serde_json::from_str(&to_json(&made)).unwrap();
        assert_eq!(read, made);
        let check = |as_of: &str, export: &Provenance, expect: bool| {
            let now = Inputs::new(day(as_of), &policy, export);
            assert_eq!(made.equal_but_for_the_day(&now), expect, "{as_of} {export:?}");
        };
        let same = export(7, "2024-07-01T01:02:03.000000004Z");
        check("2024-07-08", &same, true);
        check("2024-07-10", &same, true);
        check("2024-07-08", &export(8, "2024-07-01T01:02:03.000000004Z"), false);
        check("2024-07-08", &export(7, "2024-07-01T01:02:03.000000005Z"), false);
        let profile = Some(ProfileId { name: "p".to_owned(), sha256: "0".to_owned() });
        check("2024-07-08", &Provenance { profile, ..same.clone() }, false);
        check("2024-07-08", &Provenance { encoding: Encoding::Windows1252, ..same }, false);
    }
}
