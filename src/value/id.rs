//! Registry ids: whole numbers of up to 19 digits.

/// The largest id there may be: what a signed 64-bit database column can hold.
const LARGEST: u64 = i64::MAX as u64;

/// The digits of the largest.
const FULL: usize = 19;

fn digit(byte: u8) -> Option<u64> {
    let digit = byte.wrapping_sub(b'0');
    (digit <= 9).then_some(u64::from(digit))
}

/// Reads an id: ASCII digits only, leading zeros allowed, at most 9223372036854775807; a decimal tail of a point
/// and zeros, as databases like to write whole numbers (`140.0`), is dropped.
pub fn parse_id(text: &[u8]) -> Option<u64> {
    let digits = without_decimal_tail(text);
    if digits.is_empty() {
        return None;
    }
    let mut id: u64 = 0;
    if digits.len() < FULL {
        // Too short to be too large, as every registry's ids are.
        for byte in digits {
            id = id * 10 + digit(*byte)?;
        }
        return Some(id);
    }
    for byte in digits {
        id = id.checked_mul(10)?.checked_add(digit(*byte)?)?;
    }
    (id <= LARGEST).then_some(id)
}

/// The text without a decimal tail (a point and at least one zero) behind a whole number; any other text as it is.
pub fn without_decimal_tail(text: &[u8]) -> &[u8] {
    if text.last() != Some(&b'0') {
        return text;
    }
    match text.iter().position(|b| *b == b'.') {
        Some(point)
            if point > 0
                && text[..point].iter().all(u8::is_ascii_digit)
                && text[point + 1..].iter().all(|b| *b == b'0') =>
        {
            &text[..point]
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ids() {
        let check =
            |text: &str, expect: Option<u64>| assert_eq!(parse_id(text.as_bytes()), expect, "{text:?}");
        check("1", Some(1));
        check("0", Some(0));
        check("00042", Some(42));
        check("140.0", Some(140));
        check("140.000", Some(140));
        check("140.", None);
        check("140.5", None);
        check(".0", None);
        check("9223372036854775807", Some(9_223_372_036_854_775_807));
        check("9223372036854775808", None);
        check("99999999999999999999999", None);
        check("00000000000000000000000000000007", Some(7));
        check("", None);
        check("-1", None);
        check("+1", None);
        check("1 2", None);
        check("1e3", None);
        check("٣", None);
    }

    #[test]
    fn drops_the_tail_of_whole_numbers_only() {
        let check = |text: &str, expect: &str| {
            assert_eq!(without_decimal_tail(text.as_bytes()), expect.as_bytes(), "{text:?}");
        };
        check("140.0", "140");
        check("03.00", "03");
        check("03", "03");
        check("10", "10");
        check("1.20", "1.20");
        check("1.2.0", "1.2.0");
        check("X.0", "X.0");
        check(".0", ".0");
        check("", "");
    }
}
