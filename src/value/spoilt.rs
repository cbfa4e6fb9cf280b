//! Whether a text looks as if something was done to it on its way: characters lost, decoded wrongly, or taken for a number.

/// Whether a text holds U+FFFD, which stands where a character was lost.
pub(crate) fn has_lost_characters(text: &[u8]) -> bool {
    text.windows(3).any(|bytes| bytes == "\u{fffd}".as_bytes())
}

/// Whether a text looks as if its UTF-8 was taken for another encoding, and turned into UTF-8 once more: `Ã` or `Â` before
/// another character that is not ASCII.
pub(crate) fn is_encoded_twice(text: &[u8]) -> bool {
    text.windows(3).any(|bytes| matches!(bytes, [0xc3, 0x82 | 0x83, next] if !next.is_ascii()))
}

/// Whether a ZIP code has lost the zeros that it began with, as a number does: it has three or four digits.
pub(crate) fn has_lost_zeros(zip_code: &[u8]) -> bool {
    matches!(zip_code.len(), 3 | 4) && zip_code.iter().all(u8::is_ascii_digit)
}

/// Whether a CVX code has more digits than any: it is another number.
pub(crate) fn is_long_cvx(code: &[u8]) -> bool {
    code.len() > 3 && code.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_texts_that_were_spoiled() {
        let check = |text: &str, lost: bool, twice: bool| {
            assert_eq!(has_lost_characters(text.as_bytes()), lost, "{text}");
            assert_eq!(is_encoded_twice(text.as_bytes()), twice, "{text}");
        };
        check("Muñoz", false, false);
        check("Mu\u{fffd}oz", true, false);
        check("MuÃ±oz", false, true);
        check("Ã‰tienne", false, true);
        check("FranÃ§ois \u{fffd}", true, true);
        check("GarcÂ´a", false, true);
        for name in ["JOÃO", "ASSUNÇÃO", "ÂNGELA", "Ã", "", "Nuñez-Ãlvares"] {
            check(name, false, false);
        }
    }

    #[test]
    fn tells_numbers_that_are_no_codes() {
        let check = |text: &[u8], zeros: bool, long: bool| {
            assert_eq!((has_lost_zeros(text), is_long_cvx(text)), (zeros, long), "{text:?}");
        };
        check(b"501", true, false);
        check(b"1234", true, true);
        check(b"00501", false, true);
        check(b"12", false, false);
        check(b"50a", false, false);
        check(b"", false, false);
    }
}
