//! Lengths of values, as the encodings DELTA_LENGTH_BYTE_ARRAY and DELTA_BYTE_ARRAY write them: differences in few bits.
//!
//! The crate works out all of a page's lengths before the first value, and believes how many there are. In a page of a
//! few bytes each value can be the one before and some more, so that all of them together would fill any memory.

/// Adds up the lengths at the beginning of a text, and says where their bytes end. None if they are more than `most`, if
/// one is below nothing, or if they are not written as they should be.
pub(super) fn delta_lengths(bytes: &[u8], most: u32) -> Option<(u64, usize)> {
    let mut text = Text { bytes, at: 0 };
    let (block, parts, count) = (text.number()?, text.number()?, text.number()?);
    let mut value = text.signed()? as i32;
    let each = block.checked_div(parts)?;
    let is_plausible = each > 0 && each.is_multiple_of(32) && each * parts == block && block <= LARGEST_BLOCK;
    if count > u64::from(most) || !is_plausible {
        return None;
    }
    let (each, parts, mut left) = (each as usize, parts as usize, count as usize);
    let mut total = 0;
    if left > 0 {
        total = u64::try_from(value).ok()?;
        left -= 1;
    }
    while left > 0 {
        // Differences are counted from the least one. What is too large begins anew, as it does in the crate.
        let least = text.signed()? as i32;
        for width in text.take(parts)? {
            // Where no value is left the width says nothing.
            let width = if left > 0 { usize::from(*width) } else { 0 };
            if width > 32 {
                return None;
            }
            for place in 0..each.min(left) {
                let more = bits(bytes.get(text.at..)?, place * width, width)?;
                value = value.wrapping_add(least).wrapping_add(more as i32);
                total += u64::try_from(value).ok()?;
            }
            text.at += each * width / 8;
            left = left.saturating_sub(each);
        }
    }
    Some((total, text.at))
}

/// Writers have blocks of 128 values, or a few thousand.
const LARGEST_BLOCK: u64 = 1 << 20;

/// A text, and how far it is read.
struct Text<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Text<'t> {
    fn take(&mut self, length: usize) -> Option<&'t [u8]> {
        let taken = self.bytes.get(self.at..self.at + length)?;
        self.at += length;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }
}

/// So many bits from a place on, the lowest first.
fn bits(bytes: &[u8], start: usize, width: usize) -> Option<u32> {
    let (first, last) = (start / 8, (start + width).div_ceil(8));
    let lay_down = |number: u64, (place, byte): (usize, &u8)| number | u64::from(*byte) << (8 * place);
    let number = bytes.get(first..last)?.iter().enumerate().fold(0, lay_down);
    Some(((number >> (start % 8)) & ((1 << width) - 1)) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_lengths() {
        let check = |bytes: &[u8], most: u32, expect: Option<(u64, usize)>| {
            assert_eq!(delta_lengths(bytes, most), expect, "{bytes:?}");
        };
        // Blocks of 128 in 4 parts: nothing; one length of 5; three of 5, 6 and 9, the least difference being 1.
        check(&[0x80, 1, 4, 0, 0], 9, Some((0, 5)));
        check(&[0x80, 1, 4, 1, 10], 9, Some((5, 5)));
        let three = [0x80, 1, 4, 3, 10, 2, 2, 0, 0, 0, 0b1000, 0, 0, 0, 0, 0, 0, 0];
        check(&three, 3, Some((20, 18)));
        check(&three, 2, None);
        (0..11).for_each(|cut| check(&three[..cut], 3, None));
        // A length below nothing; parts of no length; a width of 33 bits.
        check(&[0x80, 1, 4, 1, 1], 9, None);
        check(&[0x80, 1, 0, 1, 10], 9, None);
        check(&[0, 4, 1, 10], 9, None);
        check(&[0x80, 1, 4, 3, 10, 2, 33, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 9, None);
    }

    #[test]
    fn reads_bits() {
        assert_eq!(bits(&[0b1010_0110, 0b0000_0001], 1, 3), Some(0b011));
        assert_eq!(bits(&[0b1010_0110, 0b0000_0001], 6, 4), Some(0b0110));
        assert_eq!(bits(&[0xff; 5], 7, 32), Some(u32::MAX));
        assert_eq!(bits(&[], 0, 0), Some(0));
        assert_eq!(bits(&[1], 7, 2), None);
    }
}
