//! Time zones as POSIX writes them (IEEE Std 1003.1, "Environment Variables", `TZ`): the offset from UTC, and by which
//! rule daylight saving time begins and ends. A device needs no table of the world's zones, only the line that newlib,
//! musl and ESP-IDF know too: `CET-1CEST,M3.5.0,M10.5.0/3`.
//!
//! Memory: 24 bytes. Good for the years 1970 to 2105.

use core::fmt;

/// Seconds of an hour, and of a day.
const HOUR: i32 = 3_600;
const DAY: u32 = 86_400;
/// Hours of an offset, and, by RFC 8536's extension, of a rule's time of day.
const OFFSET_HOURS: u32 = 24;
const RULE_HOURS: u32 = 167;

/// A time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Zone {
    /// Seconds that local time is ahead of UTC.
    standard: i32,
    daylight: Option<Daylight>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Daylight {
    offset: i32,
    begins: Rule,
    ends: Rule,
}

/// A moment of each year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Rule {
    day: Day,
    /// Seconds after midnight; may lie in other days.
    time: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Day {
    /// `Jn`: 1 to 365, 29 February never counts.
    Julian(u16),
    /// `n`: 0 to 365, counting 29 February.
    OfYear(u16),
    /// `Mm.w.d`: weekday `d` (0 is Sunday) of week `w` (5 is the last) of month `m`.
    OfMonth { month: u8, week: u8, weekday: u8 },
}

/// Why a text is no time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct InvalidZone {
    /// At which byte it stops making sense.
    pub at: usize,
    /// What should stand there.
    pub expected: &'static str,
}

impl fmt::Display for InvalidZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::words::say(
            f,
            self.expected,
            " should stand at byte # of the time zone",
            self.at,
            0,
        )
    }
}

impl core::error::Error for InvalidZone {}

impl Zone {
    /// Universal time.
    pub const UTC: Self = Self {
        standard: 0,
        daylight: None,
    };

    /// Reads a POSIX `TZ` text, such as `CET-1CEST,M3.5.0,M10.5.0/3` or `<+0530>-5:30`. A zone with daylight saving time
    /// needs its rules: which they are without them depends on the system. A name such as `Europe/Berlin` is none.
    ///
    /// # Errors
    /// [`InvalidZone`]: where the text stops making sense.
    pub fn parse(text: &str) -> Result<Self, InvalidZone> {
        let mut text = Text {
            bytes: text.as_bytes(),
            at: 0,
        };
        text.name()?;
        // POSIX counts the hours that have to be added to local time.
        let standard = text.offset()?.saturating_neg();
        let mut zone = Self {
            standard,
            daylight: None,
        };
        if text.is_at_end() {
            return Ok(zone);
        }
        text.name()?;
        let offset = if text.peek() == Some(b',') {
            standard.saturating_add(HOUR)
        } else {
            text.offset()?.saturating_neg()
        };
        text.expect(b',', "a comma and the rules of daylight saving time")?;
        let begins = text.rule()?;
        text.expect(b',', "a comma and the end of daylight saving time")?;
        let ends = text.rule()?;
        if !text.is_at_end() {
            return Err(text.wrong("the end"));
        }
        zone.daylight = Some(Daylight { offset, begins, ends });
        Ok(zone)
    }

    /// Seconds that local time is ahead of UTC at this Unix time.
    pub fn offset_at(&self, unix: u32) -> i32 {
        let Some(daylight) = &self.daylight else {
            return self.standard;
        };
        let now = i64::from(unix);
        let year = year_of(unix / DAY);
        // The rules tell local time: by standard time when it begins, by daylight saving time when it ends.
        let begins = daylight.begins.in_year(year) - i64::from(self.standard);
        let ends = daylight.ends.in_year(year) - i64::from(daylight.offset);
        let is_daylight = if begins < ends {
            begins <= now && now < ends
        } else {
            now < ends || begins <= now
        };
        if is_daylight {
            daylight.offset
        } else {
            self.standard
        }
    }

    /// Local time in seconds since 1970-01-01 00:00:00 there.
    pub(crate) fn local(&self, unix: u32) -> u32 {
        unix.saturating_add_signed(self.offset_at(unix))
    }
}

impl Rule {
    /// Local time in seconds since 1970.
    fn in_year(self, year: u32) -> i64 {
        let first = days_before(year);
        let day = match self.day {
            Day::Julian(day) => {
                let passed = is_leap(year) && day >= 60;
                first
                    .saturating_add(u32::from(day).saturating_sub(1))
                    .saturating_add(passed.into())
            }
            Day::OfYear(day) => first.saturating_add(day.into()),
            Day::OfMonth { month, week, weekday } => {
                let first = first.saturating_add(days_before_month(year, month));
                let len = days_in_month(year, month);
                // 1970-01-01 was a Thursday.
                let begins = first.wrapping_add(4) % 7;
                let to_first = u32::from(weekday).wrapping_add(7).wrapping_sub(begins) % 7;
                let mut day = to_first.saturating_add(u32::from(week).saturating_sub(1).saturating_mul(7));
                if day >= len {
                    day = day.saturating_sub(7);
                }
                first.saturating_add(day)
            }
        };
        i64::from(day) * i64::from(DAY) + i64::from(self.time)
    }
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

/// Days from 1970-01-01 to the first of January.
fn days_before(year: u32) -> u32 {
    let years = year.saturating_sub(1970);
    // Leap days since 1968; 2000 was one, 2100 is none.
    let leaps = year.saturating_sub(1969) / 4;
    let missing = u32::from(year > 2100);
    years
        .saturating_mul(365)
        .saturating_add(leaps)
        .saturating_sub(missing)
}

fn year_of(day: u32) -> u32 {
    let guess = (day / 365).saturating_add(1970);
    // Leap days make the guess too large by one, towards the year's end.
    if days_before(guess) > day {
        guess.saturating_sub(1)
    } else {
        guess
    }
}

fn days_in_month(year: u32, month: u8) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28_u32.saturating_add(is_leap(year).into()),
        _ => 31,
    }
}

fn days_before_month(year: u32, month: u8) -> u32 {
    let months = 1..month;
    months.fold(0, |days: u32, month| {
        days.saturating_add(days_in_month(year, month))
    })
}

/// What is left of the text.
struct Text<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Text<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn is_at_end(&self) -> bool {
        self.peek().is_none()
    }

    fn wrong(&self, expected: &'static str) -> InvalidZone {
        InvalidZone {
            at: self.at,
            expected,
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let is = self.peek() == Some(byte);
        self.at = self.at.saturating_add(is.into());
        is
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), InvalidZone> {
        if self.take(byte) {
            return Ok(());
        }
        Err(self.wrong(expected))
    }

    /// Three or more letters, or anything of letters, digits and signs between `<` and `>`.
    fn name(&mut self) -> Result<(), InvalidZone> {
        let quoted = self.take(b'<');
        let from = self.at;
        while self
            .peek()
            .is_some_and(|b| b.is_ascii_alphabetic() || quoted && (b.is_ascii_digit() || b"+-".contains(&b)))
        {
            self.at = self.at.saturating_add(1);
        }
        if self.at.saturating_sub(from) < 3 {
            return Err(self.wrong("a name of three letters"));
        }
        if quoted {
            self.expect(b'>', "the > that ends the name")?;
        }
        Ok(())
    }

    /// A number of at most this value.
    fn number(&mut self, most: u32, expected: &'static str) -> Result<u32, InvalidZone> {
        let from = self.at;
        let mut value: u32 = 0;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            value = value
                .saturating_mul(10)
                .saturating_add(u32::from(digit.wrapping_sub(b'0')));
            self.at = self.at.saturating_add(1);
        }
        if self.at == from || value > most {
            self.at = from;
            return Err(self.wrong(expected));
        }
        Ok(value)
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    fn time(&mut self, hours: u32) -> Result<i32, InvalidZone> {
        let negative = self.take(b'-');
        if !negative {
            self.take(b'+');
        }
        let mut seconds = self.number(hours, "hours")?.saturating_mul(3_600);
        if self.take(b':') {
            seconds = seconds.saturating_add(self.number(59, "minutes")?.saturating_mul(60));
            if self.take(b':') {
                seconds = seconds.saturating_add(self.number(59, "seconds")?);
            }
        }
        let seconds = seconds.cast_signed();
        Ok(if negative {
            seconds.saturating_neg()
        } else {
            seconds
        })
    }

    fn offset(&mut self) -> Result<i32, InvalidZone> {
        self.time(OFFSET_HOURS)
    }

    fn rule(&mut self) -> Result<Rule, InvalidZone> {
        let day = if self.take(b'M') {
            let month = self.month_part(12, "a month")?;
            self.expect(b'.', "a dot and a week")?;
            let week = self.month_part(5, "a week from 1 to 5")?;
            self.expect(b'.', "a dot and a weekday")?;
            let weekday = self.number(6, "a weekday from 0 to 6")? as u8;
            Day::OfMonth { month, week, weekday }
        } else if self.take(b'J') {
            let at = self.at;
            match self.number(365, "a day from 1 to 365")? {
                0 => {
                    self.at = at;
                    return Err(self.wrong("a day from 1 to 365"));
                }
                day => Day::Julian(day as u16),
            }
        } else {
            Day::OfYear(self.number(365, "a day, as M3.5.0, J60 or 59")? as u16)
        };
        // POSIX: two o'clock where nothing is said.
        let time = if self.take(b'/') {
            self.time(RULE_HOURS)?
        } else {
            2 * HOUR
        };
        Ok(Rule { day, time })
    }

    /// A number from 1 on.
    fn month_part(&mut self, most: u32, expected: &'static str) -> Result<u8, InvalidZone> {
        let at = self.at;
        match self.number(most, expected)? {
            0 => {
                self.at = at;
                Err(self.wrong(expected))
            }
            value => Ok(value as u8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    const ZONES: [&str; 16] = [
        "UTC0",
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "EST5EDT,M3.2.0,M11.1.0",
        "<+0330>-3:30",
        "<-03>3",
        "AEST-10AEDT,M10.1.0,M4.1.0/3",
        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
        "NZST-12NZDT,M9.5.0,M4.1.0/3",
        "IST-1GMT0,M10.5.0,M3.5.0/1",
        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
        "EET-2EEST,M3.4.4/50,M10.4.4/50",
        "IST-2IDT,M3.4.4/26,M10.5.0",
        "WXY3VWX,J60,J300",
        "WXY3VWX2,59/1:30:15,300/-12",
        "<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45",
        "PST8PDT,J365/23,J1/1",
    ];

    proptest! {
        #[test]
        fn local_time_is_that_of_another_implementation(zone in 0..ZONES.len(), unix in 0..4_070_000_000u32) {
            let text = ZONES[zone];
            let expected = TimeZone::posix(text).unwrap();
            let offset = expected.to_offset(Timestamp::from_second(unix.into()).unwrap());
            prop_assert_eq!(Zone::parse(text).unwrap().offset_at(unix), offset.seconds(), "{} at {}", text, unix);
        }

        #[test]
        fn what_is_read_is_what_the_other_implementation_reads(text in "(CET|<[+-]0[0-9]>|AB)[+-]?[0-9]{1,2}(:[0-7][0-9])?(CEST|<-1>)?(,(M[0-9]{1,2}\\.[0-6]\\.[0-7]|J?[0-9]{1,3})(/-?[0-9]{1,3})?){0,3}") {
            let ours = Zone::parse(&text);
            let theirs = TimeZone::posix(&text);
            prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{}: {:?} against {:?}", text, ours, theirs);
        }
    }

    #[test]
    fn changes_come_at_their_second() {
        let zone = Zone::parse("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        // 2026-03-29 01:00 UTC and 2026-10-25 01:00 UTC.
        for (change, before, after) in [(1_774_746_000, 3_600, 7_200), (1_792_890_000, 7_200, 3_600)] {
            assert_eq!(zone.offset_at(change - 1), before);
            assert_eq!(zone.offset_at(change), after);
        }
    }

    #[test]
    fn what_is_no_zone_is_told_where() {
        for (text, at, expected) in [
            ("", 0, "a name of three letters"),
            ("Europe/Berlin", 6, "hours"),
            ("CET", 3, "hours"),
            ("CET-25", 4, "hours"),
            ("CET-1:60", 6, "minutes"),
            ("CET-1CEST", 9, "hours"),
            ("CET-1CEST,", 10, "a day, as M3.5.0, J60 or 59"),
            ("CET-1CEST,M13.1.0,M10.5.0", 11, "a month"),
            (
                "CET-1CEST,M3.5.0",
                16,
                "a comma and the end of daylight saving time",
            ),
            ("CET-1CEST,M3.5.0,M10.5.0/3x", 26, "the end"),
            ("<CET-1", 6, "the > that ends the name"),
            ("CET-1CEST,J0,J300", 11, "a day from 1 to 365"),
        ] {
            assert_eq!(Zone::parse(text), Err(InvalidZone { at, expected }), "{text}");
        }
        assert_eq!(
            std::format!("{}", Zone::parse("CET-1:60").unwrap_err()),
            "minutes should stand at byte 6 of the time zone"
        );
    }

    #[test]
    fn a_zone_costs_24_bytes() {
        assert_eq!(size_of::<Zone>(), 24);
    }
}
