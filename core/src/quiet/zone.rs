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
const OFFSET_HOURS: u16 = 24;
const RULE_HOURS: u16 = 167;

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
    #[inline(never)]
    pub fn parse(text: &str) -> Result<Self, InvalidZone> {
        let mut text = Text {
            left: text.as_bytes(),
            len: text.len(),
            wrong: None,
        };
        text.name();
        // POSIX counts the hours that have to be added to local time.
        let standard = text.offset().saturating_neg();
        let mut daylight = None;
        if !text.left.is_empty() {
            text.name();
            let offset = if text.left.first() == Some(&b',') {
                standard.saturating_add(HOUR)
            } else {
                text.offset().saturating_neg()
            };
            text.expect(b',', "a comma and the rules of daylight saving time");
            let begins = text.rule();
            text.expect(b',', "a comma and the end of daylight saving time");
            let ends = text.rule();
            daylight = Some(Daylight { offset, begins, ends });
        }
        if !text.left.is_empty() {
            text.is_wrong("the end");
        }
        match text.wrong {
            None => Ok(Self { standard, daylight }),
            Some(wrong) => Err(wrong),
        }
    }

    /// Seconds that local time is ahead of UTC at this Unix time.
    pub fn offset_at(&self, unix: u32) -> i32 {
        let Some(daylight) = &self.daylight else {
            return self.standard;
        };
        let year = Year::of(unix / DAY);
        // Seconds of this year. The rules tell local time: by standard time when it begins, by daylight saving time when it
        // ends.
        let now = unix.wrapping_sub(year.begins.wrapping_mul(DAY)).cast_signed();
        let begins = daylight.begins.in_year(year).wrapping_sub(self.standard);
        let ends = daylight.ends.in_year(year).wrapping_sub(daylight.offset);
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
    /// Local time in seconds since the year began.
    fn in_year(self, year: Year) -> i32 {
        let day = match self.day {
            Day::Julian(day) => {
                let passed = year.is_leap() && day >= 60;
                u32::from(day).wrapping_sub(1).wrapping_add(passed.into())
            }
            Day::OfYear(day) => day.into(),
            Day::OfMonth { month, week, weekday } => {
                let month = u32::from(month);
                let first = year.days_before(month);
                let len = year.days_before(month.wrapping_add(1)).wrapping_sub(first);
                // 1970-01-01 was a Thursday. Six weekdays on is one back.
                let begins = year.begins.wrapping_add(first).wrapping_add(4);
                let to_first = begins.wrapping_mul(6).wrapping_add(weekday.into()) % 7;
                let mut day = u32::from(week)
                    .wrapping_sub(1)
                    .wrapping_mul(7)
                    .wrapping_add(to_first);
                if day >= len {
                    day = day.wrapping_sub(7);
                }
                first.wrapping_add(day)
            }
        };
        day.wrapping_mul(DAY).cast_signed().wrapping_add(self.time)
    }
}

/// A year of the calendar.
#[derive(Clone, Copy)]
struct Year {
    number: u32,
    /// Days from 1970-01-01 to its first.
    begins: u32,
}

impl Year {
    fn new(number: u32) -> Self {
        // Leap days since 1968; 2000 was one, 2100 is none.
        let leaps = number.wrapping_sub(1969) / 4;
        let missing = u32::from(number > 2100);
        let begins = number.wrapping_sub(1970).wrapping_mul(365);
        Self {
            number,
            begins: begins.wrapping_add(leaps).wrapping_sub(missing),
        }
    }

    /// The one of this day since 1970-01-01.
    fn of(day: u32) -> Self {
        let guess = Self::new((day / 365).wrapping_add(1970));
        // Leap days make the guess too large by one, towards the year's end.
        if guess.begins > day {
            Self::new(guess.number.wrapping_sub(1))
        } else {
            guess
        }
    }

    fn is_leap(self) -> bool {
        self.number.is_multiple_of(4) && self.number != 2100
    }

    /// Days from its first to the first of this month, from 1 on.
    fn days_before(self, month: u32) -> u32 {
        if month < 3 {
            return month.wrapping_sub(1).wrapping_mul(31);
        }
        // From March on lengths repeat, 153 days in five months.
        let since_march = month.wrapping_mul(153).wrapping_sub(457) / 5;
        since_march.wrapping_add(59).wrapping_add(self.is_leap().into())
    }
}

/// A text that is read. What stands where it should not ends it, and what was read before counts no more.
struct Text<'t> {
    left: &'t [u8],
    /// Of the whole.
    len: usize,
    wrong: Option<InvalidZone>,
}

impl Text<'_> {
    fn is_wrong(&mut self, expected: &'static str) {
        // Behind the first nothing is left.
        if self.wrong.is_none() {
            let at = self.len.wrapping_sub(self.left.len());
            self.wrong = Some(InvalidZone { at, expected });
        }
        self.left = &[];
    }

    fn take(&mut self, byte: u8) -> bool {
        self.take_if(|next| next == byte).is_some()
    }

    fn take_if(&mut self, is_so: impl Fn(u8) -> bool) -> Option<u8> {
        let (next, left) = self.left.split_first()?;
        if !is_so(*next) {
            return None;
        }
        self.left = left;
        Some(*next)
    }

    fn expect(&mut self, byte: u8, expected: &'static str) {
        if !self.take(byte) {
            self.is_wrong(expected);
        }
    }

    /// Three or more letters, or anything of letters, digits and signs between `<` and `>`.
    fn name(&mut self) {
        let quoted = self.take(b'<');
        let before = self.left.len();
        let in_name = |b: u8| b.is_ascii_alphabetic() || quoted && matches!(b, b'0'..=b'9' | b'+' | b'-');
        while self.take_if(in_name).is_some() {}
        if before.wrapping_sub(self.left.len()) < 3 {
            self.is_wrong("a name of three letters");
        }
        if quoted {
            self.expect(b'>', "the > that ends the name");
        }
    }

    /// A number of at most this value.
    fn number(&mut self, least: u16, most: u16, expected: &'static str) -> u16 {
        let before = self.left;
        let mut value: u16 = 0;
        while let Some(digit) = self.take_if(|byte| byte.is_ascii_digit()) {
            let digit = u16::from(digit.wrapping_sub(b'0'));
            // More than any limit is too much.
            value = value.wrapping_mul(10).wrapping_add(digit).min(1_000);
        }
        if self.left.len() == before.len() || value < least || value > most {
            self.left = before;
            self.is_wrong(expected);
        }
        value
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    fn time(&mut self, hours: u16) -> i32 {
        let negative = self.take(b'-');
        if !negative {
            self.take(b'+');
        }
        let mut seconds = i32::from(self.number(0, hours, "hours")).saturating_mul(HOUR);
        if self.take(b':') {
            seconds = seconds.saturating_add(i32::from(self.number(0, 59, "minutes")).saturating_mul(60));
            if self.take(b':') {
                seconds = seconds.saturating_add(self.number(0, 59, "seconds").into());
            }
        }
        if negative {
            seconds.saturating_neg()
        } else {
            seconds
        }
    }

    fn offset(&mut self) -> i32 {
        self.time(OFFSET_HOURS)
    }

    fn rule(&mut self) -> Rule {
        let day = if self.take(b'M') {
            let month = self.number(1, 12, "a month") as u8;
            self.expect(b'.', "a dot and a week");
            let week = self.number(1, 5, "a week from 1 to 5") as u8;
            self.expect(b'.', "a dot and a weekday");
            let weekday = self.number(0, 6, "a weekday from 0 to 6") as u8;
            Day::OfMonth { month, week, weekday }
        } else if self.take(b'J') {
            Day::Julian(self.number(1, 365, "a day from 1 to 365"))
        } else {
            Day::OfYear(self.number(0, 365, "a day, as M3.5.0, J60 or 59"))
        };
        // POSIX: two o'clock where nothing is said.
        let time = if self.take(b'/') {
            self.time(RULE_HOURS)
        } else {
            2 * HOUR
        };
        Rule { day, time }
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
