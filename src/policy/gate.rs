//! The thresholds beyond which a batch is held back until a person has looked at it.

use crate::value::Percentage;
use std::fmt;
use std::str::FromStr;

/// The thresholds, and which gates look at all. Each field is a key of the policy's `[gate]`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GateSettings {
    /// How much a recipient's rows may grow or drop against the batch before.
    pub max_change: MaxChange,
    /// Below so many rows or facts no share and no change is looked at.
    pub min_rows: u64,
    /// Whether a recipient may appear or vanish.
    pub recipients_may_change: bool,
    /// How long before the as-of date an export's file may have been changed last.
    pub max_export_age: MaxAge,
    /// How long before the as-of date the newest vaccination may lie.
    pub max_vaccination_age: MaxAge,
    /// Whether a batch without a fact is held.
    pub nothing_shared: bool,
    /// How many records of consents may be an earlier one again.
    pub repeated_consents: MaxCount,
    /// Whether an entity of `recipients` that no organization has holds the batch.
    pub unmatched_recipients: bool,
    /// Whether names that look the same and are not hold the batch.
    pub look_alikes: bool,
    /// How large a share of the facts may be left out because a client type, an entity or a recipient is not known.
    pub max_unknown: MaxChange,
    /// Whether the export of the batch before, given again, holds the batch.
    pub same_export: bool,
    /// Whether the consents of the batch before, given with other immunizations, hold the batch.
    pub same_consents: bool,
    /// Whether an as-of date after the window holds the batch.
    pub window_over: bool,
    /// Whether an export that is newer than the day that the clock shows holds the batch.
    pub newer_than_as_of: bool,
    /// By how many percentage points the share of an outcome or of a quarantine code may move.
    pub max_excluded_change: MaxChange,
    /// By how many percentage points the share of blanks in a column may move.
    pub max_blank_change: MaxChange,
    /// Whether an export without `control` is bad input.
    pub require_control: bool,
}

impl GateSettings {
    /// Turns a gate off, as `--gate-off` does for one run.
    pub fn turn_off(&mut self, gate: GateKey) {
        match gate {
            GateKey::MaxChange => self.max_change = MaxChange(None),
            GateKey::RecipientsMayChange => self.recipients_may_change = true,
            GateKey::MaxExportAge => self.max_export_age = MaxAge(None),
            GateKey::MaxVaccinationAge => self.max_vaccination_age = MaxAge(None),
            GateKey::NothingShared => self.nothing_shared = false,
            GateKey::RepeatedConsents => self.repeated_consents = MaxCount(None),
            GateKey::UnmatchedRecipients => self.unmatched_recipients = false,
            GateKey::LookAlikes => self.look_alikes = false,
            GateKey::MaxUnknown => self.max_unknown = MaxChange(None),
            GateKey::SameExport => self.same_export = false,
            GateKey::SameConsents => self.same_consents = false,
            GateKey::WindowOver => self.window_over = false,
            GateKey::NewerThanAsOf => self.newer_than_as_of = false,
            GateKey::MaxExcludedChange => self.max_excluded_change = MaxChange(None),
            GateKey::MaxBlankChange => self.max_blank_change = MaxChange(None),
            GateKey::RequireControl => self.require_control = false,
        }
    }
}

/// A gate, by its key in the policy.
#[derive(strum::EnumString, strum::IntoStaticStr, strum::VariantNames, Clone, Copy, PartialEq, Eq, Debug)]
#[strum(serialize_all = "snake_case")]
pub enum GateKey {
    MaxChange,
    RecipientsMayChange,
    MaxExportAge,
    MaxVaccinationAge,
    NothingShared,
    RepeatedConsents,
    UnmatchedRecipients,
    LookAlikes,
    MaxUnknown,
    SameExport,
    SameConsents,
    WindowOver,
    NewerThanAsOf,
    MaxExcludedChange,
    MaxBlankChange,
    RequireControl,
}

impl GateKey {
    /// The key as the policy has it.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The gates that compare with the batch before, and say nothing where there is none, by their keys.
    pub fn comparing() -> impl Iterator<Item = &'static str> {
        let keys = <GateKey as strum::VariantNames>::VARIANTS.iter().copied();
        keys.filter(|key| key.parse().is_ok_and(GateKey::compares))
    }

    fn compares(self) -> bool {
        match self {
            GateKey::MaxChange
            | GateKey::RecipientsMayChange
            | GateKey::SameExport
            | GateKey::SameConsents
            | GateKey::MaxExcludedChange
            | GateKey::MaxBlankChange => true,
            GateKey::MaxExportAge
            | GateKey::MaxVaccinationAge
            | GateKey::NothingShared
            | GateKey::RepeatedConsents
            | GateKey::UnmatchedRecipients
            | GateKey::LookAlikes
            | GateKey::MaxUnknown
            | GateKey::WindowOver
            | GateKey::NewerThanAsOf
            | GateKey::RequireControl => false,
        }
    }
}

/// The most of something there may be; none if it is not looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MaxCount(pub Option<u64>);

impl MaxCount {
    /// How one is written.
    pub const EXPECTED: &'static str = "a whole number, or \"off\"";
}

impl fmt::Display for MaxCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(count) => count.fmt(f),
            // As TOML writes a text.
            None => write!(f, "\"{OFF}\""),
        }
    }
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
    /// Whether a number has changed by more. It is not looked at where it is less than `min_rows` before and now.
    pub fn is_exceeded(self, min_rows: u64, before: u64, now: u64) -> bool {
        before.max(now) >= min_rows
            && self.0.is_some_and(|share| share.is_exceeded_by(before.abs_diff(now), before))
    }

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
