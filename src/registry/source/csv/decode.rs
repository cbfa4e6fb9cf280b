//! Text in other encodings, made UTF-8 before anything else looks at it.

use crate::registry::source::{Encoding, ExportFormat};
use encoding_rs::DecoderResult;

/// Stands for bytes that are not of the encoding: no UTF-8 text holds it, so that the row that has it is quarantined.
const NO_TEXT: u8 = 0xff;

/// Turns text into UTF-8, piece by piece.
pub(super) struct Decoder(encoding_rs::Decoder);

/// How a file that begins with these bytes is encoded: the length of its byte order mark, and what decodes it, if it is not
/// read as it stands. `None` if it is UTF-16 and nothing says that it may be.
pub(super) fn of_file(first: &[u8], format: &ExportFormat) -> Option<(usize, Option<Decoder>)> {
    let own = format.profile.as_ref().and_then(|profile| profile.files.encoding);
    let (encoding, mark) = match encoding_rs::Encoding::for_bom(first) {
        Some((encoding, mark)) => (Some(encoding), mark),
        None => (own.or_else(|| with_profile(format)), 0),
    };
    let encoding = encoding.filter(|encoding| *encoding != encoding_rs::UTF_8);
    if encoding.is_some() && format.profile.is_none() {
        return None;
    }
    Some((mark, encoding.map(|encoding| Decoder(encoding.new_decoder_without_bom_handling()))))
}

/// The encoding that the command line gives beside a profile. Decoded too, so that the profile's patterns see text.
fn with_profile(format: &ExportFormat) -> Option<&'static encoding_rs::Encoding> {
    match (&format.profile, format.encoding) {
        (Some(_), Encoding::Windows1252) => Some(encoding_rs::WINDOWS_1252),
        _ => None,
    }
}

impl Decoder {
    /// Decodes a piece, and appends it to `out`. `is_last`: whether the text ends with it.
    pub(super) fn decode(&mut self, mut piece: &[u8], is_last: bool, out: &mut Vec<u8>) {
        loop {
            let start = out.len();
            let room = self
                .0
                .max_utf8_buffer_length_without_replacement(piece.len())
                .unwrap_or(piece.len() * 3 + 16);
            out.resize(start + room, 0);
            let (result, read, written) =
                self.0.decode_to_utf8_without_replacement(piece, &mut out[start..], is_last);
            out.truncate(start + written);
            piece = &piece[read..];
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => out.push(NO_TEXT),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Profile;
    use std::path::Path;
    use std::sync::Arc;

    fn decoded(encoding: Option<&str>, bytes: &[u8], piece: usize) -> Option<Vec<u8>> {
        let text = encoding.map_or(String::new(), |label| format!("[files]\nencoding = '{label}'"));
        let profile = Profile::from_text(Path::new("p"), text.as_bytes()).unwrap();
        let format = ExportFormat { profile: Some(Arc::new(profile)), ..ExportFormat::default() };
        let (mark, mut decoder) = of_file(bytes, &format)?;
        let mut out = Vec::new();
        let mut pieces = bytes[mark..].chunks(piece).peekable();
        while let Some(piece) = pieces.next() {
            match &mut decoder {
                Some(decoder) => decoder.decode(piece, pieces.peek().is_none(), &mut out),
                None => out.extend_from_slice(piece),
            }
        }
        Some(out)
    }

    #[test]
    fn decodes_piece_by_piece() {
        let check = |encoding: Option<&str>, bytes: &[u8], expect: &[u8]| {
            for piece in 1..=bytes.len().max(1) {
                assert_eq!(decoded(encoding, bytes, piece).unwrap(), expect, "{encoding:?} {piece}");
            }
        };
        check(None, "né".as_bytes(), "né".as_bytes());
        check(None, b"\xef\xbb\xbfa", b"a");
        check(None, b"\xff\xfea\0\n\0", b"a\n");
        check(None, b"\xfe\xff\0a\0\n", b"a\n");
        check(Some("utf-16"), b"n\0\xe9\0\n\0", "né\n".as_bytes());
        check(Some("utf-16be"), b"\0n\0\xe9", "né".as_bytes());
        // The mark goes before what the profile says.
        check(Some("utf-16"), b"\xef\xbb\xbf\xc3\xa9", "é".as_bytes());
        check(Some("windows-1252"), b"\xff\xfea\0", b"a");
        check(Some("iso-8859-15"), b"\xa4", "€".as_bytes());
        check(Some("shift_jis"), b"\x83\x65", "テ".as_bytes());
        check(Some("utf-8"), b"n\xe9", b"n\xe9");
        // What is no text, and half a character at the end.
        check(Some("utf-16"), b"a\0\0\xd8b\0", b"a\xffb");
        check(Some("utf-16"), b"a\0\n\0x", b"a\n\xff");
        check(Some("shift_jis"), b"a\x83", b"a\xff");
    }

    #[test]
    fn without_a_profile_utf_16_is_refused() {
        let of = |bytes: &[u8]| {
            of_file(bytes, &ExportFormat::default()).map(|(mark, decoder)| (mark, decoder.is_some()))
        };
        assert_eq!(of(b"\xff\xfea\0"), None);
        assert_eq!(of(b"\xfe\xff\0a"), None);
        assert_eq!(of(b"\xef\xbb\xbfa"), Some((3, false)));
        assert_eq!(of(b"a"), Some((0, false)));
    }
}
