//! Today's date and the moment, by the machine's clock and time zone. Nothing else in the program asks for them.
//!
//! A clock may show anything: if its day is out of range, there is no today.

use crate::value::Day;
use chrono::{DateTime, Datelike, Local, TimeZone, Utc};
use std::time::{SystemTime, UNIX_EPOCH};

/// The years that a clock may show; one that shows another has not been set.
const CLOCK_YEARS: std::ops::RangeInclusive<u32> = 1970..=9999;

/// Today, where the machine is; none if the clock shows no day from 1970-01-01 to 9999-12-31.
pub(crate) fn today() -> Option<Day> {
    day_at(SystemTime::now()).filter(|day| CLOCK_YEARS.contains(&day.year()))
}

/// The moment, as `2024-07-09T14:03:00Z`; `unknown` where the clock shows none.
pub(crate) fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let moment = since.and_then(|since| DateTime::from_timestamp(i64::try_from(since.as_secs()).ok()?, 0));
    moment.map_or_else(|| "unknown".to_owned(), |moment| moment.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn day_at(time: SystemTime) -> Option<Day> {
    let seconds = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).ok()?,
        Err(before) => {
            let before = before.duration();
            let begun = i64::from(before.subsec_nanos() > 0);
            i64::try_from(before.as_secs()).ok()?.checked_neg()?.checked_sub(begun)?
        }
    };
    local_day(DateTime::from_timestamp(seconds, 0)?)
}

/// The day a moment falls on where the machine is; none outside the years 1 to 9999.
pub(crate) fn local_day(moment: DateTime<Utc>) -> Option<Day> {
    // Further out there is no day in any time zone, and looking for it there would end in a panic.
    (0..=10_000).contains(&moment.year()).then_some(())?;
    let utc = moment.naive_utc();
    Day::from_date(utc.checked_add_offset(Local.offset_from_utc_datetime(&utc))?.date())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn no_time_is_too_far_out() {
        let at = |seconds: i64| {
            let far = Duration::from_secs(seconds.unsigned_abs());
            let time = if seconds < 0 { UNIX_EPOCH.checked_sub(far) } else { UNIX_EPOCH.checked_add(far) };
            day_at(time.unwrap())
        };
        let year = |seconds| at(seconds).map(Day::year);
        assert_eq!(year(1_720_440_000), Some(2024));
        assert_eq!(year(-157_766_400), Some(1965));
        assert_eq!(year(253_370_764_800), Some(9999));
        // 2 BC, and 10000.
        for seconds in
            [-62_198_755_200, 253_433_923_200, i64::MAX / 1000, i64::MIN / 1000, i64::MAX, i64::MIN]
        {
            assert_eq!(at(seconds), None, "{seconds}");
        }
        assert_eq!(local_day(DateTime::<Utc>::MAX_UTC), None);
        assert_eq!(local_day(DateTime::<Utc>::MIN_UTC), None);
    }
}
