//! What values of TOML are read as that only a policy has.

use super::MaxCount;
use crate::settings::{list_of_words, whole_number};
use crate::value::AgeBands;
use toml::de::DeValue;

/// No number of years in a policy may be larger.
const MOST_YEARS: u32 = 150;

/// A list of codes. What begins like a number must be one, and no code holds anything but letters, digits and signs of
/// ASCII: a range, a pattern or a slip would be held against every code as a text, and never fit.
pub(super) fn list_of_codes(value: &DeValue<'_>) -> Option<Vec<String>> {
    let is_code = |code: &String| {
        let begins_as_number = code.starts_with(|first: char| first.is_ascii_digit());
        let is_sign = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_' | b'.');
        code.bytes().all(|byte| byte.is_ascii_digit() || !begins_as_number && is_sign(byte))
    };
    list_of_words(value).filter(|codes| codes.iter().all(is_code))
}

pub(super) fn count_or_off(value: &DeValue<'_>) -> Option<MaxCount> {
    match value.as_str() {
        Some("off") => Some(MaxCount(None)),
        Some(_) => None,
        None => whole_number(value).map(|count| MaxCount(Some(count))),
    }
}

/// SAS has no longer texts.
const LONGEST_TEXT: u32 = 32_767;

pub(super) fn length_in_bytes(value: &DeValue<'_>) -> Option<u32> {
    let length = u32::try_from(whole_number(value)?).ok()?;
    (1..=LONGEST_TEXT).contains(&length).then_some(length)
}

pub(super) fn age_bands(value: &DeValue<'_>) -> Option<AgeBands> {
    let years: Option<Vec<u32>> = value.as_array()?.iter().map(|year| whole_years(year.get_ref())).collect();
    AgeBands::new(years?)
}

pub(super) fn whole_years(value: &DeValue<'_>) -> Option<u32> {
    let years = u32::try_from(whole_number(value)?).ok()?;
    (years <= MOST_YEARS).then_some(years)
}
