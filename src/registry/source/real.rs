//! Ids that a database or a Parquet file keeps as floating-point numbers.

use std::io::Write;

/// From here on a number of 64 bits may stand for several whole numbers: 2^53.
pub(super) const FIRST_INEXACT_OF_64_BITS: f64 = 9_007_199_254_740_992.0;

/// From here on a number of 32 bits may: 2^24.
#[cfg(feature = "parquet")]
pub(super) const FIRST_INEXACT_OF_32_BITS: f64 = 16_777_216.0;

/// What an id that is such a number is read as: its digits, if it is a whole number that no other could be taken for. Any
/// other is written in a way that no id is.
pub(super) fn write_real(value: f64, first_inexact: f64, out: &mut Vec<u8>) {
    let is_exact = value.fract() == 0.0 && (0.0..first_inexact).contains(&value) && value.is_sign_positive();
    // Writing to memory cannot fail.
    let _ = if is_exact { write!(out, "{value:.0}") } else { write!(out, "{value:e}") };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_are_reals() {
        let check = |value: f64, expect: &str| {
            let mut out = Vec::new();
            write_real(value, FIRST_INEXACT_OF_64_BITS, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expect);
        };
        check(0.0, "0");
        check(140.0, "140");
        check(1e15, "1000000000000000");
        check(9_007_199_254_740_991.0, "9007199254740991");
        // Nothing that could be read as an id.
        check(9_007_199_254_740_992.0, "9.007199254740992e15");
        check(1.5, "1.5e0");
        check(-1.0, "-1e0");
        check(-0.0, "-0e0");
        check(f64::INFINITY, "inf");
        check(f64::NAN, "NaN");
    }
}
