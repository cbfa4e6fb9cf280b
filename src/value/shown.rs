//! Names of files as people may be shown them.
//!
//! A name may hold anything but a slash and a zero byte: a line break, which could fake a message of the program, or
//! characters that steer a terminal.

use super::text::steers;
use std::ffi::OsStr;
use std::fmt::{self, Write};

/// A path, or another name from outside, as it may stand in a message, a log or a summary.
pub fn shown<T: AsRef<OsStr> + ?Sized>(name: &T) -> PrintableName<'_> {
    PrintableName(name.as_ref())
}

/// A name in which every character that is not shown but steers is written out: the end of a line as `\n`.
#[derive(Clone, Copy, Debug)]
pub struct PrintableName<'a>(&'a OsStr);

impl fmt::Display for PrintableName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Bytes that are not UTF-8 show as U+FFFD, which steers nothing.
        for c in self.0.to_string_lossy().chars() {
            match c {
                '\n' | '\r' | '\t' => write!(f, "{}", c.escape_default())?,
                c if steers(c) => write!(f, "{}", c.escape_unicode())?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    #[test]
    fn names_are_shown_without_what_steers() {
        let check = |name: &[u8], expect: &str| {
            let path = Path::new(OsStr::from_bytes(name));
            assert_eq!(shown(path).to_string(), expect);
        };
        check(b"exports/2024-07", "exports/2024-07");
        check("Río Seco/ünder".as_bytes(), "Río Seco/ünder");
        check(b"a\nphds: error: forged", "a\\nphds: error: forged");
        check(b"a\r\n\tb", "a\\r\\n\\tb");
        check(b"a\x1b[2J\x07", "a\\u{1b}[2J\\u{7}");
        check("a\u{202e}b\u{2028}c\u{85}d".as_bytes(), "a\\u{202e}b\\u{2028}c\\u{85}d");
        check(b"a\xffb", "a\u{fffd}b");
        check(b"", "");
    }
}
