//! The encodings an export may be in.

use std::borrow::Cow;
use strum::{Display, EnumString};

/// How an export's texts are encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Display, EnumString)]
#[strum(ascii_case_insensitive, parse_err_ty = UnknownEncoding, parse_err_fn = unknown)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    #[strum(to_string = "utf-8", serialize = "utf8")]
    Utf8,
    /// windows-1252 as browsers decode it: every byte is a character. A file with a UTF-8 byte order mark is
    /// UTF-8 all the same, as it is to a browser.
    #[strum(to_string = "windows-1252", serialize = "cp1252")]
    Windows1252,
}

/// The name is not that of an encoding an export may be in.
#[derive(thiserror::Error, Debug)]
#[error("an export's encoding is utf-8 or windows-1252")]
pub struct UnknownEncoding;

fn unknown(_: &str) -> UnknownEncoding {
    UnknownEncoding
}

impl Encoding {
    /// The text as UTF-8, or none if it is not in this encoding.
    pub(crate) fn decode<'a>(self, text: Cow<'a, [u8]>) -> Option<Cow<'a, [u8]>> {
        match self {
            _ if text.is_ascii() => Some(text),
            Encoding::Utf8 => std::str::from_utf8(&text).is_ok().then_some(text),
            Encoding::Windows1252 => {
                let (decoded, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&text);
                Some(Cow::Owned(decoded.into_owned().into_bytes()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_names() {
        let check = |name: &str, expect: Option<&str>| {
            let encoding = name.parse::<Encoding>().ok().map(|encoding| encoding.to_string());
            assert_eq!(encoding.as_deref(), expect, "{name}");
        };
        check("utf-8", Some("utf-8"));
        check("UTF8", Some("utf-8"));
        check("Windows-1252", Some("windows-1252"));
        check("cp1252", Some("windows-1252"));
        check("latin1", None);
        check("", None);
    }

    #[test]
    fn decodes() {
        let check = |encoding: Encoding, bytes: &[u8], expect: Option<&str>| {
            assert_eq!(encoding.decode(Cow::Borrowed(bytes)).as_deref(), expect.map(str::as_bytes));
        };
        check(Encoding::Utf8, b"plain", Some("plain"));
        check(Encoding::Utf8, "né".as_bytes(), Some("né"));
        check(Encoding::Utf8, b"n\xe9", None);
        check(Encoding::Windows1252, b"n\xe9 \x80", Some("né €"));
        // The five bytes that windows-1252 leaves open are control characters to a browser.
        check(Encoding::Windows1252, b"\x81\x8d\x8f\x90\x9d", Some("\u{81}\u{8d}\u{8f}\u{90}\u{9d}"));
    }
}
