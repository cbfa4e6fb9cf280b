//! Counts and shares as people read them.

use std::fmt;

/// A number with a comma between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The sum of counts. Those that were read back may be anything: what is more than a number can be is as much as one can.
pub fn total<'a>(counts: impl IntoIterator<Item = &'a u64>) -> u64 {
    counts.into_iter().fold(0, |sum, count| sum.saturating_add(*count))
}

/// Per cent to one decimal, rounded half away from zero. Whole numbers all the way, so that every machine rounds alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PerCent {
    tenths: i64,
}

impl PerCent {
    /// How much a part is of the whole; none of nothing.
    pub fn of(part: u64, whole: u64) -> Option<PerCent> {
        PerCent::ratio(i128::from(part), whole)
    }

    /// How much more or less there is now; none if there was nothing.
    pub fn change(before: u64, now: u64) -> Option<PerCent> {
        PerCent::ratio(i128::from(now) - i128::from(before), before)
    }

    fn ratio(part: i128, whole: u64) -> Option<PerCent> {
        let whole = i128::from(whole);
        if whole == 0 {
            return None;
        }
        let half = if part < 0 { -whole } else { whole };
        i64::try_from((part * 2000 + half) / (2 * whole)).ok().map(|tenths| PerCent { tenths })
    }

    /// Tenths of a per cent.
    pub fn tenths(self) -> i64 {
        self.tenths
    }
}

/// `12.3%`; with a sign, as `{:+}`, `+12.3%`.
impl fmt::Display for PerCent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.tenths.signum() {
            -1 => "-",
            1 if f.sign_plus() => "+",
            _ => "",
        };
        let tenths = self.tenths.unsigned_abs();
        write!(f, "{sign}{}.{}%", grouped(tenths / 10), tenths % 10)
    }
}

/// A percentage as a setting gives it, exact to six decimals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Percentage {
    /// In millionths of a per cent.
    millionths: u64,
}

impl Percentage {
    /// 100 %.
    pub const WHOLE: Percentage = Percentage { millionths: 100_000_000 };

    /// So many per cent.
    pub const fn of_whole(per_cent: u64) -> Percentage {
        Percentage { millionths: per_cent * 1_000_000 }
    }

    /// Reads `25%`, `0.5%` or the same without the sign: up to six digits before the point and six after it.
    pub fn parse(text: &str) -> Option<Percentage> {
        let number = text.strip_suffix('%').unwrap_or(text);
        let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
        let all_digits = |t: &str| !t.is_empty() && t.len() <= 6 && t.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !all_digits(decimals) {
            return None;
        }
        let whole: u64 = whole.parse().ok()?;
        let decimals: u64 = format!("{decimals:0<6}").parse().ok()?;
        Some(Percentage { millionths: whole * 1_000_000 + decimals })
    }

    /// Whether so many of so many are more than this. Whole numbers decide, so that no rounding can let anything
    /// through; of none, anything is more.
    pub fn is_exceeded_by(self, part: u64, whole: u64) -> bool {
        let share = u128::from(whole) * u128::from(self.millionths);
        u128::from(part) * u128::from(Percentage::WHOLE.millionths) > share
    }

    /// Whether a share, so many of so many, has risen by more percentage points than this. Whole numbers decide. A share
    /// of none is 0; numbers that are too large to be counts exceed anything.
    pub fn is_exceeded_by_rise(self, (before, of_before): (u64, u64), (now, of_now): (u64, u64)) -> bool {
        let share = |count: u64, of: u64| if of == 0 { (0, 1) } else { (i128::from(count), i128::from(of)) };
        let ((before, of_before), (now, of_now)) = (share(before, of_before), share(now, of_now));
        let exceeds = || {
            let rise = now.checked_mul(of_before)?.checked_sub(before.checked_mul(of_now)?)?;
            let allowed = of_before.checked_mul(of_now)?.checked_mul(i128::from(self.millionths))?;
            Some(rise.checked_mul(i128::from(Percentage::WHOLE.millionths))? > allowed)
        };
        exceeds().unwrap_or(true)
    }
}

impl fmt::Display for Percentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, decimals) = (self.millionths / 1_000_000, self.millionths % 1_000_000);
        match decimals {
            0 => write!(f, "{whole}%"),
            _ => write!(f, "{whole}.{}%", format!("{decimals:06}").trim_end_matches('0')),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_thousands() {
        let check = |number, expect: &str| assert_eq!(grouped(number), expect);
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(1_234_567, "1,234,567");
    }

    #[test]
    fn adds_up_to_the_largest_number_at_most() {
        assert_eq!(total(&[]), 0);
        assert_eq!(total(&[1, 2, 3]), 6);
        assert_eq!(total(&[u64::MAX - 1, 1]), u64::MAX);
        assert_eq!(total(&[1 << 63, 1 << 63, 1]), u64::MAX);
    }

    #[test]
    fn a_share_rises_by_points() {
        let check = |points: &str, before, now, expect: bool| {
            let points = Percentage::parse(points).unwrap();
            assert_eq!(points.is_exceeded_by_rise(before, now), expect, "{points} {before:?} {now:?}");
        };
        check("5%", (10, 100), (15, 100), false);
        check("5%", (10, 100), (151, 1000), true);
        check("5%", (1, 3), (115, 300), false);
        check("5%", (1, 3), (11501, 30000), true);
        check("5%", (15, 100), (10, 100), false);
        check("0%", (1, 2), (2, 4), false);
        check("0%", (1, 2), (500_000_001, 1_000_000_000), true);
        check("5%", (0, 0), (5, 100), false);
        check("5%", (0, 0), (6, 100), true);
        check("5%", (6, 100), (0, 0), false);
        check("5%", (1 << 40, 1 << 41), (1 << 40, 1 << 41), false);
        check("100%", (u64::MAX, u64::MAX), (u64::MAX, u64::MAX), true);
    }

    #[test]
    fn rounds_per_cent() {
        let of = |part, whole| PerCent::of(part, whole).map(|share| share.to_string());
        assert_eq!(of(1, 3).as_deref(), Some("33.3%"));
        assert_eq!(of(1, 2000).as_deref(), Some("0.1%"));
        assert_eq!(of(u64::MAX, u64::MAX).as_deref(), Some("100.0%"));
        assert_eq!(of(1, 0), None);
        // More than per cent can be: nothing that could be said of it would be of use.
        assert_eq!(of(u64::MAX, 1), None);
        assert_eq!(PerCent::change(u64::MAX, 0).map(|change| change.tenths()), Some(-1000));
        assert_eq!(PerCent::change(1, u64::MAX), None);
        let change = |before, now| PerCent::change(before, now).map(|change| format!("{change:+}"));
        assert_eq!(change(100, 125).as_deref(), Some("+25.0%"));
        assert_eq!(change(2000, 1999).as_deref(), Some("-0.1%"));
        assert_eq!(change(7, 7).as_deref(), Some("0.0%"));
        assert_eq!(change(1, 51).as_deref(), Some("+5,000.0%"));
        assert_eq!(change(0, 5), None);
    }
}
