//! The thresholds beyond which a batch is held back until a person has looked at it.

use crate::value::Percentage;
use std::fmt;
use std::str::FromStr;

/// The thresholds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GateSettings {
    /// How much a recipient's rows may grow or drop against the batch before.
    pub max_change: MaxChange,
    /// Below so many rows neither changes nor the newest vaccination are looked at.
    pub min_rows: u64,
    /// Whether a recipient may appear or vanish.
    pub recipients_may_change: bool,
    /// How long before the as-of date an export's file may have been changed last.
    pub max_export_age: MaxAge,
    /// How long before the as-of date the newest vaccination may lie.
    pub max_vaccination_age: MaxAge,
}

/// The most that something may change; none if it is not looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MaxChange(pub Option<Percentage>);

/// The most days that something may be old; none if it is not looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MaxAge(pub Option<u32>);

/// The word for a threshold that is not looked at.
const OFF: &str = "off";

/// No number of days in a policy may have more digits.
const MOST_DIGITS: usize = 6;

impl MaxChange {
    /// How one is written.
    pub const EXPECTED: &'static str = "a percentage such as \"25%\", or \"off\"";
}

impl MaxAge {
    /// How one is written.
    pub const EXPECTED: &'static str = "a number of days such as \"7d\", or \"off\"";
}

impl FromStr for MaxChange {
    type Err = String;

    fn from_str(text: &str) -> Result<MaxChange, String> {
        if text == OFF {
            return Ok(MaxChange(None));
        }
        let share = Percentage::parse(text).ok_or_else(|| format!("not {}", MaxChange::EXPECTED))?;
        Ok(MaxChange(Some(share)))
    }
}

impl FromStr for MaxAge {
    type Err = String;

    fn from_str(text: &str) -> Result<MaxAge, String> {
        if text == OFF {
            return Ok(MaxAge(None));
        }
        let digits = text.strip_suffix('d').unwrap_or(text);
        let is_number = digits.len() <= MOST_DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
        let days = digits.parse().ok().filter(|_| is_number);
        days.map(|days| MaxAge(Some(days))).ok_or_else(|| format!("not {}", MaxAge::EXPECTED))
    }
}

impl fmt::Display for MaxChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(share) => share.fmt(f),
            None => f.write_str(OFF),
        }
    }
}

impl fmt::Display for MaxAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(days) => write!(f, "{days}d"),
            None => f.write_str(OFF),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_thresholds() {
        let change = |text: &str| text.parse::<MaxChange>().ok().map(|t| t.to_string());
        assert_eq!(change("25%").as_deref(), Some("25%"));
        assert_eq!(change("12.50").as_deref(), Some("12.5%"));
        assert_eq!(change("300%").as_deref(), Some("300%"));
        assert_eq!(change("off").as_deref(), Some("off"));
        let age = |text: &str| text.parse::<MaxAge>().ok().map(|t| t.to_string());
        assert_eq!(age("7d").as_deref(), Some("7d"));
        assert_eq!(age("45").as_deref(), Some("45d"));
        assert_eq!(age("off").as_deref(), Some("off"));
        for text in ["", "d", "-1", "+1", "1h", "1 d", "OFF", "1234567", "%", "1e3%"] {
            assert_eq!((change(text), age(text)), (None, None), "{text:?}");
        }
    }
}
