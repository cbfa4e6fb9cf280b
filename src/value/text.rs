//! The clean-up that every text of an export goes through.
//!
//! Works on bytes that are known to be UTF-8, because a state's export is too large to look at twice.

use std::borrow::Cow;

/// Whether the clean-up turns a character into a space: control characters (U+0000–U+001F, U+007F–U+009F), and what
/// separates lines and paragraphs (U+2028, U+2029).
pub fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether a character is not shown but steers how the text around it is: a control character, the end of a line or a
/// paragraph, or one that turns the direction in which is written.
pub fn steers(c: char) -> bool {
    let turns =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || c.is_control()
}

/// Cleans a text: each run of control characters and line or paragraph separators becomes one space, then white space
/// (Unicode's) is trimmed off both ends. Inside, the text stays as it is. `text` must be UTF-8.
///
/// Returns the cleaned part of `text` where nothing inside had to change, as almost always.
pub fn clean(text: &[u8]) -> Cow<'_, [u8]> {
    let ends_are_plain = |b: Option<&u8>| b.is_none_or(|b| b.is_ascii_graphic());
    // A byte with which a control character or a separator begins. Few texts have one, and only those are looked at
    // character by character.
    let may_be_control = |byte: &u8| matches!(byte, 0..=0x1f | 0x7f | 0xc2 | 0xe2);
    if ends_are_plain(text.first()) && ends_are_plain(text.last()) && !text.iter().any(may_be_control) {
        return Cow::Borrowed(text);
    }
    clean_of(text, is_control)
}

/// The clean-up that phds 0.1 did; for batches of that version. It left U+0080–U+009F, U+2028 and U+2029 inside a text
/// alone. `text` must be UTF-8.
pub fn clean_of_version_1(text: &[u8]) -> Cow<'_, [u8]> {
    clean_of(text, |c| c.is_ascii_control())
}

/// Makes one space of each run of such characters, and trims.
///
/// Trimming first and replacing after comes to the same as the other order, because a replaced character is a space, and
/// spaces at the ends go either way.
fn clean_of(text: &[u8], is_control: fn(char) -> bool) -> Cow<'_, [u8]> {
    let Ok(text) = std::str::from_utf8(text) else { return Cow::Borrowed(text) };
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_control(c));
    if !text.contains(is_control) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut out = String::with_capacity(text.len());
    let mut in_run = false;
    for c in text.chars() {
        if !is_control(c) {
            out.push(c);
        } else if !in_run {
            out.push(' ');
        }
        in_run = is_control(c);
    }
    Cow::Owned(out.into_bytes())
}

/// A value as JSON for people to read, with a line end.
///
/// What is written holds texts, finite numbers and maps with texts as keys, none of which JSON could fail to hold.
pub fn json(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string_pretty(value);
    text.unwrap_or_else(|_| unreachable!("plain data can be written")) + "\n"
}

/// Bytes in hexadecimal, as checksums are written.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether two texts are the same without regard to case (Unicode's lower case). `lowered` is lower case already.
pub fn equals_lowered(text: &[u8], lowered: &str) -> bool {
    if text.is_ascii() {
        return text.eq_ignore_ascii_case(lowered.as_bytes());
    }
    std::str::from_utf8(text).is_ok_and(|text| text.to_lowercase() == lowered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_texts() {
        let check = |text: &str, expect: &str| {
            assert_eq!(String::from_utf8_lossy(&clean(text.as_bytes())), expect, "{text:?}");
        };
        check("García, Jr.", "García, Jr.");
        check("  two  words ", "two  words");
        check("a\r\nb", "a b");
        check("a \n b", "a   b");
        check("\u{0}\u{1f}x\u{7f}", "x");
        check("\u{a0}\u{3000}né\u{2003}", "né");
        check("\u{a0}\na\u{85}", "a");
        check("a\u{85}b", "a b");
        check("a\u{9f}\u{80}\n\u{2028}\u{2029}b", "a b");
        check("a\u{2028} \u{2029}b", "a   b");
        check("Muñoz Ñ â€ ’", "Muñoz Ñ â€ ’");
        check("\u{2029}a\u{9b}", "a");
        check("\u{200b}a", "\u{200b}a");
        check(" \t\r\n", "");
        check("", "");
        check("a\u{a0}\t\u{a0}b", "a\u{a0} \u{a0}b");
    }

    #[test]
    fn cleans_texts_as_version_1_did() {
        let check = |text: &str, expect: &str| {
            assert_eq!(String::from_utf8_lossy(&clean_of_version_1(text.as_bytes())), expect, "{text:?}");
        };
        check("a \r\n\u{7f}b", "a  b");
        check("\u{0}\u{a0}\u{1f}x\u{7f}", "x");
        check("a\u{80}\u{9f}b", "a\u{80}\u{9f}b");
        check("a\u{2028}b\u{2029}c", "a\u{2028}b\u{2029}c");
        check("\u{85}\u{2028}a\u{2029}", "a");
        check("\u{80}a", "\u{80}a");
        check("", "");
    }

    proptest::proptest! {
        #[test]
        fn cleaning_is_what_the_rule_says(text in "[a é’\u{a0}\u{85}\u{9f}\u{2028}\u{2029}\u{202a}\u{0}\u{7f}\r\n\t]{0,12}") {
            let mut plain = String::new();
            let mut in_run = false;
            for c in text.chars() {
                let control = matches!(c as u32, 0..=0x1f | 0x7f..=0x9f | 0x2028 | 0x2029);
                if !control { plain.push(c) } else if !in_run { plain.push(' ') }
                in_run = control;
            }
            let cleaned = clean(text.as_bytes());
            proptest::prop_assert_eq!(std::str::from_utf8(&cleaned).unwrap(), plain.trim());
            proptest::prop_assert_eq!(clean(&cleaned), cleaned.clone());
        }
    }
}
