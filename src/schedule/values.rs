//! The values that go into a crontab or a unit.
//!
//! What they may hold is checked here, so that the modules that write the texts need only quote them.

use super::ScheduleError;
use std::fmt;
use std::path::{Component, Path};
use std::str::FromStr;

/// A path that means the same wherever it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place(String);

impl Place {
    /// Takes a path that begins with `/`; what it names need not be there.
    ///
    /// # Errors
    /// If it could not be written into a crontab and a unit, or would not mean the same there.
    pub fn new(path: &Path) -> Result<Place, ScheduleError> {
        // As its components are: without slashes doubled or at the end, which systemd does not take everywhere.
        let path: std::path::PathBuf = path.components().collect();
        let Word(text) = path.to_str().ok_or(ScheduleError::NotText)?.parse()?;
        if !path.is_absolute() {
            return Err(ScheduleError::Relative);
        }
        if path.components().any(|part| part == Component::ParentDir) {
            return Err(ScheduleError::Parent);
        }
        if text == "/" {
            return Err(ScheduleError::Root);
        }
        Ok(Place(text))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it lies in one of these folders, or is one of them.
    pub(super) fn lies_in(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| Path::new(&self.0).starts_with(folder))
    }
}

/// One word of a command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word(String);

impl Word {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Word {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Word, ScheduleError> {
        let has_control = text.chars().any(char::is_control);
        if has_control { Err(ScheduleError::Control) } else { Ok(Word(text.to_owned())) }
    }
}

/// A time of day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Time {
    pub(super) hour: u8,
    pub(super) minute: u8,
}

impl Time {
    /// Whether there are days on which the clock, put forward or back, does not show it, or shows it twice. In the
    /// United States that is done at two in the morning.
    pub fn is_when_clocks_change(self) -> bool {
        matches!(self.hour, 1 | 2)
    }
}

impl FromStr for Time {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Time, ScheduleError> {
        let number = |text: &str, below: u8| {
            let is_number = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|number| is_number && *number < below)
        };
        let parts = text.split_once(':').map(|(hour, minute)| (number(hour, 24), number(minute, 60)));
        match parts {
            Some((Some(hour), Some(minute))) => Ok(Time { hour, minute }),
            _ => Err(ScheduleError::NoTime),
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute)
    }
}

/// The name of a user who is not root.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User(String);

impl User {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for User {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<User, ScheduleError> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        // A name that begins with a digit may be taken for a number, and 0 is root.
        let begins = text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
        let is_user = begins && text.len() <= 31 && text.bytes().all(fits) && text != "root";
        if is_user { Ok(User(text.to_owned())) } else { Err(ScheduleError::NoUser) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn places_are_whole_and_can_be_written() {
        let check = |path: &[u8], expect: Result<&str, ScheduleError>| {
            let got = Place::new(Path::new(OsStr::from_bytes(path)));
            assert_eq!(got.as_ref().map(Place::as_str).map_err(Clone::clone), expect);
        };
        check(b"/data/export", Ok("/data/export"));
        check(b"//data/./export/", Ok("/data/export"));
        check("/a b/é'\"\\%$`;#!*".as_bytes(), Ok("/a b/é'\"\\%$`;#!*"));
        check(b"/data/a..b", Ok("/data/a..b"));
        check(b"/data/../export", Err(ScheduleError::Parent));
        check(b"data", Err(ScheduleError::Relative));
        check(b"", Err(ScheduleError::Relative));
        check(b"//", Err(ScheduleError::Root));
        check(b"/a\nb", Err(ScheduleError::Control));
        check(b"/a\rb", Err(ScheduleError::Control));
        check(b"/a\x7fb", Err(ScheduleError::Control));
        check("/a\u{85}b".as_bytes(), Err(ScheduleError::Control));
        check(b"/a\xffb", Err(ScheduleError::NotText));
    }

    #[test]
    fn times_are_of_a_day() {
        for text in ["00:00", "06:00", "23:59"] {
            assert_eq!(text.parse::<Time>().map(|time| time.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "6:00", "24:00", "06:60", "06:0", "06", "06:00:00", "+6:00", "0 :00", "٠٦:٠٠"] {
            assert_eq!(text.parse::<Time>(), Err(ScheduleError::NoTime), "{text}");
        }
    }

    #[test]
    fn users_are_not_root() {
        for name in ["phds", "_phds", "first.last", "svc-phds2"] {
            assert!(name.parse::<User>().is_ok(), "{name}");
        }
        for name in
            ["", "root", "0", "0x0", "-phds", ".phds", "a b", "a\nb", "a:b", "a%b", "é", &"a".repeat(32)]
        {
            assert_eq!(name.parse::<User>(), Err(ScheduleError::NoUser), "{name}");
        }
    }
}
