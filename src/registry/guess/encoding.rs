//! In which encoding a file's text is.

use crate::registry::source::{FileSample, RawBlock};

/// How a file's text is encoded, and what shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FoundEncoding {
    /// Nothing but ASCII: any encoding reads it.
    Ascii,
    Utf8,
    /// UTF-8, but for so many bytes that are none.
    DamagedUtf8 {
        faults: usize,
    },
    /// A byte order mark says it, and goes before what a profile says.
    Marked(&'static encoding_rs::Encoding),
    /// Every other byte of the text is zero.
    Utf16(&'static encoding_rs::Encoding),
    /// No UTF-8: so many bytes above 127.
    Windows1252 {
        high_bytes: usize,
    },
}

impl FoundEncoding {
    fn of(blocks: &[RawBlock]) -> FoundEncoding {
        let first = blocks.iter().find(|block| block.is_first).map_or(&[][..], |block| &block.bytes);
        if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(first) {
            return FoundEncoding::Marked(encoding);
        }
        if let Some(encoding) = utf16_without_mark(first) {
            return FoundEncoding::Utf16(encoding);
        }
        let (mut high_bytes, mut characters, mut faults) = (0, 0, 0);
        for block in blocks {
            let text = whole_characters(block);
            high_bytes += text.iter().filter(|byte| !byte.is_ascii()).count();
            for chunk in text.utf8_chunks() {
                characters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
                faults += usize::from(!chunk.invalid().is_empty());
            }
        }
        match (characters, faults) {
            (0, 0) => FoundEncoding::Ascii,
            (_, 0) => FoundEncoding::Utf8,
            // Two bytes of windows-1252 are seldom a character of UTF-8 by chance.
            (characters, faults) if characters > faults * 4 => FoundEncoding::DamagedUtf8 { faults },
            _ => FoundEncoding::Windows1252 { high_bytes },
        }
    }

    fn encoding(self) -> &'static encoding_rs::Encoding {
        match self {
            FoundEncoding::Marked(encoding) | FoundEncoding::Utf16(encoding) => encoding,
            FoundEncoding::Windows1252 { .. } => encoding_rs::WINDOWS_1252,
            _ => encoding_rs::UTF_8,
        }
    }
}

/// A block without the parts of characters at its ends, where it was cut out of a file.
fn whole_characters(block: &RawBlock) -> &[u8] {
    let goes_on = |byte: &&u8| matches!(**byte, 0x80..=0xbf);
    let mut text = &block.bytes[..];
    if !block.is_first {
        text = &text[text.iter().take(3).take_while(goes_on).count()..];
    }
    if !block.is_last {
        let begun = text.iter().rev().take(3).position(|byte| *byte >= 0xc0);
        text = &text[..text.len() - begun.map_or(0, |place| place + 1)];
    }
    text
}

/// Of text that is mostly ASCII, UTF-16 has a zero in every other byte.
fn utf16_without_mark(first: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let pairs = &first.as_chunks::<2>().0[..(first.len() / 2).min(2048)];
    let share =
        |is: fn(&[u8; 2]) -> bool| pairs.iter().filter(|pair| is(pair)).count() * 10 >= pairs.len() * 7;
    match pairs.len() {
        0 | 1 => None,
        _ if share(|pair| pair[0] != 0 && pair[1] == 0) => Some(encoding_rs::UTF_16LE),
        _ if share(|pair| pair[0] == 0 && pair[1] != 0) => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

/// A piece of a file's text.
pub(super) struct TextBlock {
    pub(super) text: String,
    pub(super) is_first: bool,
    pub(super) is_last: bool,
}

/// Finds the encoding of a file, and decodes what is looked at of it.
pub(super) fn decode(file: &FileSample) -> (FoundEncoding, Vec<TextBlock>) {
    let found = FoundEncoding::of(&file.blocks);
    let decoded = |block: &RawBlock| {
        let bytes = if block.is_first {
            let mark = encoding_rs::Encoding::for_bom(&block.bytes).map_or(0, |(_, length)| length);
            &block.bytes[mark..]
        } else {
            &block.bytes[..]
        };
        let (text, _) = found.encoding().decode_without_bom_handling(bytes);
        TextBlock { text: text.into_owned(), is_first: block.is_first, is_last: block.is_last }
    };
    (found, file.blocks.iter().map(decoded).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_encoding() {
        let check = |bytes: &[u8], expect: FoundEncoding| {
            let block = RawBlock { bytes: bytes.to_owned(), is_first: true, is_last: true };
            assert_eq!(FoundEncoding::of(&[block]), expect, "{bytes:?}");
        };
        let utf16 = |text: &str, swap: bool| -> Vec<u8> {
            text.encode_utf16()
                .flat_map(|unit| if swap { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect()
        };
        check(b"", FoundEncoding::Ascii);
        check(b"ID,NAME\n1,Ana\n", FoundEncoding::Ascii);
        check("ID,NAME\n1,Zoë\n".as_bytes(), FoundEncoding::Utf8);
        check(b"\xef\xbb\xbfID\n", FoundEncoding::Marked(encoding_rs::UTF_8));
        check(b"\xff\xfeI\0", FoundEncoding::Marked(encoding_rs::UTF_16LE));
        check(&utf16("ID,NAME\n1,Zoë\n", false), FoundEncoding::Utf16(encoding_rs::UTF_16LE));
        check(&utf16("ID,NAME\n1,Zoë\n", true), FoundEncoding::Utf16(encoding_rs::UTF_16BE));
        check(b"ID,NAME\n1,Zo\xeb\n", FoundEncoding::Windows1252 { high_bytes: 1 });
        check("é".repeat(5).as_bytes(), FoundEncoding::Utf8);
        check(&["é".repeat(5).as_bytes(), b"\xff"].concat(), FoundEncoding::DamagedUtf8 { faults: 1 });
    }

    #[test]
    fn a_block_that_is_cut_within_a_character_is_no_damage() {
        let text = "né".repeat(50);
        for cut in 0..3 {
            let bytes = text.as_bytes()[cut..text.len() - cut].to_owned();
            let block = RawBlock { bytes, is_first: false, is_last: false };
            assert_eq!(FoundEncoding::of(&[block]), FoundEncoding::Utf8, "{cut}");
        }
    }
}
