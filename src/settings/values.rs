//! What values of TOML are read as.

use crate::value::{Day, text};
use toml::de::DeValue;

/// A text that is not blank and holds no control character, trimmed.
pub(crate) fn words(value: &DeValue<'_>) -> Option<String> {
    let text = value.as_str()?;
    (!text.trim().is_empty() && !text.chars().any(text::is_control)).then(|| text.trim().to_owned())
}

pub(crate) fn list_of_words(value: &DeValue<'_>) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| words(item.get_ref())).collect()
}

pub(crate) fn whole_number(value: &DeValue<'_>) -> Option<u64> {
    let number = value.as_integer()?;
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// A text that is read further.
pub(crate) fn parsed<T: std::str::FromStr>(value: &DeValue<'_>) -> Option<T> {
    value.as_str()?.parse().ok()
}

pub(crate) fn date(value: &DeValue<'_>) -> Option<Day> {
    let moment = value.as_datetime()?;
    if moment.time.is_some() || moment.offset.is_some() {
        return None;
    }
    let date = moment.date?;
    Day::new(date.year.into(), date.month.into(), date.day.into())
}
