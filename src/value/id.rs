//! Registry ids: whole numbers of up to 19 digits.

/// The largest id there may be: what a signed 64-bit database column can hold.
const LARGEST: u64 = i64::MAX as u64;

fn digit(byte: u8) -> Option<u64> {
    let digit = byte.wrapping_sub(b'0');
    (digit <= 9).then_some(u64::from(digit))
}

/// Reads an id: ASCII digits only, leading zeros allowed, at most 9223372036854775807; a decimal tail of a point
/// and zeros, as databases like to write whole numbers (`140.0`), is dropped.
pub fn parse_id(text: &[u8]) -> Option<u64> {
    short_id(text).or_else(|| any_id(without_decimal_tail(text)))
}

/// Reads up to sixteen digits, as almost every id has; none of anything else.
fn short_id(text: &[u8]) -> Option<u64> {
    match text.split_last_chunk::<8>() {
        Some(([], last)) => eight_digits(u64::from_le_bytes(*last), 8),
        Some((first, last)) if first.len() <= 8 => {
            let (first, last) = (few_digits(first)?, eight_digits(u64::from_le_bytes(*last), 8)?);
            Some(first * 100_000_000 + last)
        }
        Some(_) => None,
        None => few_digits(text),
    }
}

/// Reads one to eight digits.
fn few_digits(text: &[u8]) -> Option<u64> {
    match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        (Some(first), Some(last)) if text.len() <= 8 => {
            // The first four and the last four, of which some may be the same.
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            let text_end = u64::from(last) << 32 | u64::from(first) << (8 * (8 - text.len()));
            eight_digits(text_end, text.len())
        }
        _ if text.is_empty() => None,
        _ => text.iter().try_fold(0, |id, byte| Some(id * 10 + digit(*byte)?)),
    }
}

/// Reads so many digits, which are the last of eight bytes, all at once: the tens with the ones beside them, then the hundreds,
/// then the ten thousands. The first byte is the lowest; what lies before the digits is zero.
fn eight_digits(bytes: u64, count: usize) -> Option<u64> {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    let zeros = (u64::from(b'0') * EACH) << (8 * (8 - count));
    let digits = bytes ^ zeros;
    // A byte above 9 has a high bit set, or gets it when 118 is added.
    if (digits | ((digits & (0x7f * EACH)) + 118 * EACH)) & (0x80 * EACH) != 0 {
        return None;
    }
    let pairs = digits * 10 + (digits >> 8);
    // What runs over is of no use: the number is in the upper half.
    let low_pairs = (pairs & 0x00ff_0000_00ff).wrapping_mul(100 + (1_000_000 << 32));
    let high_pairs = ((pairs >> 16) & 0x00ff_0000_00ff).wrapping_mul(1 + (10_000 << 32));
    Some(low_pairs.wrapping_add(high_pairs) >> 32)
}

/// Reads any number of digits.
fn any_id(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    let mut id: u64 = 0;
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

    proptest::proptest! {
        #[test]
        fn reads_digits_together_as_one_by_one(text in "[0-9]{0,20}|[0-9./:]{1,9}|[0-9\\PC]{1,6}") {
            let text = text.as_bytes();
            let short = short_id(text);
            proptest::prop_assert_eq!(short, any_id(text).filter(|_| text.len() <= 16));
        }
    }

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
