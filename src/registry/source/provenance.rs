//! The files of an export, each with its name, length and time of change: enough to tell whether the export is the same
//! as before, and whether somebody is still writing it. The files are not opened.

use super::{Encoding, ExportFormat};
use crate::clock::local_day;
use crate::registry::ProfileId;
use crate::registry::RegistryError;
use crate::value::Day;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// An export's files as they are at one moment, and how they are to be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provenance {
    pub encoding: Encoding,
    /// The profile it is read through.
    pub profile: Option<ProfileId>,
    /// Its files, in the order of the tables.
    pub files: Vec<FileStamp>,
}

impl Provenance {
    pub(super) fn new(format: &ExportFormat, files: Vec<FileStamp>) -> Provenance {
        let profile = format.profile.as_ref().map(|profile| profile.id.clone());
        Provenance { encoding: format.encoding, profile, files }
    }
}

/// The names of the files that are not the same in both: changed, gone, or new.
pub fn changed_files<'a>(earlier: &'a [FileStamp], now: &'a [FileStamp]) -> impl Iterator<Item = &'a str> {
    let changed = earlier.iter().filter(|stamp| !now.contains(stamp));
    let is_known = |stamp: &FileStamp| earlier.iter().any(|other| other.file == stamp.file);
    let new = now.iter().filter(move |stamp| !is_known(stamp));
    changed.chain(new).map(|stamp| stamp.file.as_str())
}

/// A file as it is at one moment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct FileStamp {
    /// Its name, without its folder.
    pub file: String,
    pub bytes: u64,
    /// When it was last changed.
    pub modified: Moment,
}

/// A moment, to the nanosecond; written in UTC, as RFC 3339 has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Moment(DateTime<Utc>);

impl FileStamp {
    /// # Errors
    /// If the file is not there any more, or its metadata may not be read.
    pub(crate) fn of(path: &Path) -> Result<FileStamp, RegistryError> {
        let found = std::fs::metadata(path);
        let found = found.map_err(|source| RegistryError::Unavailable { path: path.to_owned(), source })?;
        let nanos = u32::try_from(found.mtime_nsec()).unwrap_or(0);
        // A moment that no calendar has counts as long ago.
        let modified = DateTime::from_timestamp(found.mtime(), nanos).unwrap_or(DateTime::UNIX_EPOCH);
        let file = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(FileStamp { file, bytes: found.len(), modified: Moment(modified) })
    }
}

impl Moment {
    /// Reads what is written by `Display`.
    pub fn parse(text: &str) -> Option<Moment> {
        DateTime::parse_from_rfc3339(text).ok().map(|moment| Moment(moment.to_utc()))
    }

    /// The day it falls on in Greenwich, which is the same for every machine; none outside the years 1 to 9999.
    pub fn utc_day(self) -> Option<Day> {
        Day::from_date(self.0.date_naive())
    }

    /// The day it falls on where the machine is; none outside the years 1 to 9999.
    pub fn day(self) -> Option<Day> {
        local_day(self.0)
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Nanos, true))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        let text = String::deserialize(deserializer)?;
        Moment::parse(&text).ok_or_else(|| D::Error::custom("not a moment"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, FileTimes};
    use std::time::{Duration, SystemTime};

    #[test]
    fn tells_when_a_file_was_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clients.csv");
        std::fs::write(&path, "abc").unwrap();
        let at = SystemTime::UNIX_EPOCH + Duration::new(1_720_440_000, 123_456_789);
        File::open(&path).unwrap().set_times(FileTimes::new().set_modified(at)).unwrap();
        let stamp = FileStamp::of(&path).unwrap();
        assert_eq!((stamp.file.as_str(), stamp.bytes), ("clients.csv", 3));
        assert_eq!(stamp.modified.to_string(), "2024-07-08T12:00:00.123456789Z");
        assert_eq!(Moment::parse(&stamp.modified.to_string()), Some(stamp.modified));
        let near = ["2024-07-07", "2024-07-08", "2024-07-09"];
        assert!(near.contains(&stamp.modified.day().unwrap().to_string().as_str()));
    }

    #[test]
    fn a_moment_before_the_epoch_is_one_too() {
        let moment = Moment(DateTime::from_timestamp(-86_400 * 10, 0).unwrap());
        assert_eq!(moment.to_string(), "1969-12-22T00:00:00.000000000Z");
        assert_eq!(Moment(DateTime::<Utc>::MAX_UTC).day(), None);
    }
}
