//! Times for a person: UTC, as in the logs.

use time::OffsetDateTime;

fn utc(unix: u64) -> OffsetDateTime {
    let seconds = i64::try_from(unix).unwrap_or(i64::MAX);
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// `2026-11-25T14:05:09Z`
pub(super) fn instant(unix: u64) -> String {
    let at = utc(unix);
    format!("{}T{}Z", at.date(), second(unix))
}

/// `14:05`
pub(super) fn minute(unix: u64) -> String {
    let at = utc(unix);
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// `14:05:09`
pub(super) fn second(unix: u64) -> String {
    let at = utc(unix);
    format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
}

/// `Wednesday, 25 November 2026`
pub(super) fn day(unix: u64) -> String {
    let at = utc(unix);
    format!("{}, {} {} {}", at.weekday(), at.day(), at.month(), at.year())
}

/// A length of time in milliseconds: `0.4 s`, `34 s`, `4 min 30 s`, `2 h 5 min`, `3 d 2 h`.
pub(super) fn length(ms: u64) -> String {
    let seconds = ms.div_ceil(1_000);
    match seconds {
        0..=9 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        10..=99 => format!("{seconds} s"),
        100..=3_599 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..=86_399 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_and_lengths_have_two_units_at_most() {
        assert_eq!(instant(1_764_079_509), "2025-11-25T14:05:09Z");
        assert_eq!(minute(1_764_079_509), "14:05");
        assert_eq!(day(1_764_079_509), "Tuesday, 25 November 2025");
        assert_eq!(instant(u64::MAX), "1970-01-01T00:00:00Z");
        let lengths = [0, 400, 9_000, 34_001, 270_000, 7_500_000, 266_400_000].map(length);
        assert_eq!(
            lengths,
            [
                "0.0 s",
                "0.4 s",
                "9.0 s",
                "35 s",
                "4 min 30 s",
                "2 h 5 min",
                "3 d 2 h"
            ]
        );
    }
}
