//! Encodings in which a registry may write text.

use super::common::random::{Dice, Tables};
use encoding_rs::Encoding;

/// How text is written as bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text {
    Utf8 { has_mark: bool },
    Utf16 { is_big: bool, has_mark: bool },
    Other(&'static Encoding),
}

impl Text {
    pub(crate) fn random(dice: &mut Dice) -> Text {
        let has_mark = dice.one_in(2);
        match dice.below(8) {
            0 | 1 => Text::Utf8 { has_mark },
            2 | 3 => Text::Utf16 { is_big: false, has_mark },
            4 => Text::Utf16 { is_big: true, has_mark },
            5 => Text::Other(encoding_rs::WINDOWS_1252),
            6 => Text::Other(encoding_rs::ISO_8859_15),
            _ => Text::Other(encoding_rs::SHIFT_JIS),
        }
    }

    /// What a profile says of it. A byte order mark goes before what the profile says.
    pub(crate) fn label(self, dice: &mut Dice) -> Option<String> {
        let label = match self {
            Text::Utf8 { has_mark: false } => dice.pick(&["", "utf-8", " UTF8 "]),
            Text::Utf8 { has_mark: true } => dice.pick(&["", "utf-8", "utf-16", "windows-1252"]),
            Text::Utf16 { has_mark: true, .. } => {
                dice.pick(&["", "utf-16", "utf-16be", "utf-8", "shift_jis"])
            }
            Text::Utf16 { is_big: true, .. } => "utf-16be",
            Text::Utf16 { is_big: false, .. } => dice.pick(&["utf-16", "UTF-16LE", "unicode"]),
            Text::Other(encoding) => encoding.name(),
        };
        Some(label.to_owned()).filter(|label| !label.is_empty())
    }

    pub(crate) fn encoded(self, text: &str) -> Vec<u8> {
        let marked = |has_mark: bool| if has_mark { format!("\u{feff}{text}") } else { text.to_owned() };
        match self {
            Text::Utf8 { has_mark } => marked(has_mark).into_bytes(),
            Text::Utf16 { is_big, has_mark } => {
                let units = marked(has_mark);
                let bytes = |unit: u16| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() };
                units.encode_utf16().flat_map(bytes).collect()
            }
            Text::Other(encoding) => {
                let (bytes, _, has_faults) = encoding.encode(text);
                assert!(!has_faults, "{} has not all of {text:?}", encoding.name());
                bytes.into_owned()
            }
        }
    }

    fn is_japanese(self) -> bool {
        matches!(self, Text::Other(encoding) if encoding == encoding_rs::SHIFT_JIS)
    }

    /// A letter with a capital, not of ASCII.
    pub(crate) fn letter(self) -> char {
        if self.is_japanese() { 'ж' } else { 'ü' }
    }

    /// White space, not of ASCII.
    pub(crate) fn wide_blank(self) -> &'static str {
        if self.is_japanese() { "\u{3000}" } else { "\u{a0}" }
    }

    /// Puts characters that the encoding has in place of those that it has not. One has a backslash as its second byte.
    pub(crate) fn change(self, tables: &mut Tables) {
        if !self.is_japanese() {
            return;
        }
        for value in tables.0.iter_mut().flat_map(|(_, _, rows)| rows.iter_mut().flatten()) {
            *value = value.replace('é', "テ").replace('í', "ソ").replace('\u{a0}', "\u{3000}");
        }
    }
}
