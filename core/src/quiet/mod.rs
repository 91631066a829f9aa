//! When a person is not to be disturbed: quiet hours by the recipient's own clock, and how many messages a day.
//!
//! Not Meta's rules but the user's. What is urgent passes both. A message whose time has not come waits and holds back
//! nobody.

mod zone;

pub use zone::{InvalidZone, Zone};

/// Seconds of a minute, minutes and seconds of a day.
const MINUTE: u32 = 60;
const MINUTES: u32 = 1_440;
const DAY: u32 = 86_400;

/// A span of each day by local time, from a minute on and until another, over midnight if that is the earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Hours {
    /// Its first minute after midnight.
    pub from: u16,
    /// The first minute after it.
    pub until: u16,
}

impl Hours {
    /// Reads `22:00-07:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.as_bytes();
        let [_, _, b':', _, _, b'-', _, _, b':', _, _] = text else {
            return None;
        };
        let mut numbers = [0; 4];
        for (number, digits) in numbers.iter_mut().zip(text.chunks(3)) {
            let [tens, ones, ..] = digits else { return None };
            let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
            if tens > 5 || ones > 9 {
                return None;
            }
            *number = u16::from(tens).saturating_mul(10).saturating_add(ones.into());
        }
        let [hours, minutes, until_hours, until_minutes] = numbers;
        if hours > 23 || until_hours > 23 {
            return None;
        }
        let from = hours.wrapping_mul(60).wrapping_add(minutes);
        let until = until_hours.wrapping_mul(60).wrapping_add(until_minutes);
        (from != until).then_some(Self { from, until })
    }

    fn contains(self, minute: u32) -> bool {
        let (from, until) = (u32::from(self.from), u32::from(self.until));
        if from <= until {
            from <= minute && minute < until
        } else {
            minute >= from || minute < until
        }
    }
}

/// What a recipient wants. Memory: 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Policy {
    /// By whose clock.
    pub zone: Zone,
    /// When nothing but what is urgent is sent.
    pub quiet: Option<Hours>,
    /// How many messages that are not urgent are sent in one day; 0 for any number.
    pub daily_cap: u16,
}

impl Policy {
    /// When a message may go that is due at this Unix time: at once, or at the end of the quiet hours.
    pub fn next_allowed(&self, unix: u32) -> u32 {
        let Some(quiet) = self.quiet else { return unix };
        let awaited = Awaited::Outside(quiet);
        if awaited.is(self.zone.local(unix)) {
            return unix;
        }
        self.first_minute(unix, awaited)
    }

    /// The day of the recipient's calendar, counted from 1970.
    pub fn day(&self, unix: u32) -> u32 {
        self.zone.local(unix) / DAY
    }

    /// The first second of the day after.
    pub fn next_day(&self, unix: u32) -> u32 {
        self.first_minute(unix, Awaited::After(self.day(unix)))
    }

    /// The first full minute after `unix` that is awaited. One by one, since the clock may be changed in between: at most a
    /// day and what a change adds.
    fn first_minute(&self, unix: u32, awaited: Awaited) -> u32 {
        let mut at = unix.saturating_sub(unix % MINUTE);
        for _ in 1..MINUTES.saturating_mul(2) {
            at = at.saturating_add(MINUTE);
            if awaited.is(self.zone.local(at)) {
                return at;
            }
        }
        u32::MAX
    }
}

/// What a recipient's clock is to show.
#[derive(Clone, Copy)]
enum Awaited {
    /// A time of day outside of these hours.
    Outside(Hours),
    /// A later day than this.
    After(u32),
}

impl Awaited {
    fn is(self, local: u32) -> bool {
        match self {
            Self::Outside(hours) => !hours.contains(local % DAY / MINUTE),
            Self::After(day) => local / DAY > day,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

    fn policy(zone: &str, quiet: &str) -> Policy {
        Policy {
            zone: Zone::parse(zone).unwrap(),
            quiet: Some(Hours::parse(quiet).unwrap()),
            daily_cap: 0,
        }
    }

    fn local(zone: &str, unix: u32) -> std::string::String {
        let zone = TimeZone::posix(zone).unwrap();
        let local = Timestamp::from_second(unix.into()).unwrap().to_zoned(zone);
        std::format!("{}", local.strftime("%F %T"))
    }

    #[test]
    fn a_message_in_the_night_waits_until_the_morning() {
        let policy = policy(BERLIN, "22:00-07:00");
        // 2026-11-25 23:30:10 and 2026-11-26 06:59:59 in Berlin.
        for unix in [1_795_645_810, 1_795_672_799] {
            assert_eq!(local(BERLIN, policy.next_allowed(unix)), "2026-11-26 07:00:00");
        }
        for unix in [1_795_672_800, 1_795_640_399] {
            assert_eq!(policy.next_allowed(unix), unix, "{}", local(BERLIN, unix));
        }
    }

    #[test]
    fn the_night_of_a_change_ends_at_its_hour_by_the_clock_on_the_wall() {
        let policy = policy(BERLIN, "22:00-07:00");
        // The nights before 2026-03-29 and 2026-10-25, at eleven in the evening.
        assert_eq!(
            local(BERLIN, policy.next_allowed(1_774_735_200)),
            "2026-03-29 07:00:00"
        );
        assert_eq!(
            local(BERLIN, policy.next_allowed(1_792_875_600)),
            "2026-10-25 07:00:00"
        );
    }

    #[test]
    fn an_end_that_the_change_leaves_out_is_the_change_itself() {
        // There is no 02:30 on that morning.
        let policy = policy(BERLIN, "22:00-02:30");
        assert_eq!(
            local(BERLIN, policy.next_allowed(1_774_735_200)),
            "2026-03-29 03:00:00"
        );
    }

    proptest! {
        #[test]
        fn the_next_allowed_moment_is_the_first_minute_that_is_not_quiet(
            unix in 1_000_000_000..4_000_000_000u32,
            from in 0..1_440u16,
            until in 0..1_440u16,
        ) {
            prop_assume!(from != until);
            let zone = TimeZone::posix(BERLIN).unwrap();
            let quiet = |at: u32| {
                let local = Timestamp::from_second(at.into()).unwrap().to_zoned(zone.clone());
                let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap();
                if from < until { (from..until).contains(&minute) } else { !(until..from).contains(&minute) }
            };
            let policy = Policy { zone: Zone::parse(BERLIN).unwrap(), quiet: Some(Hours { from, until }), daily_cap: 0 };
            let mut expected = unix;
            while quiet(expected) {
                expected = expected - expected % 60 + 60;
            }
            prop_assert_eq!(policy.next_allowed(unix), expected);
        }
    }

    #[test]
    fn a_day_begins_at_midnight_there_also_when_it_has_23_or_25_hours() {
        let policy = policy(BERLIN, "22:00-07:00");
        for noon in [1_774_778_400u32, 1_792_926_000, 1_795_690_800] {
            let midnight = policy.next_day(noon);
            assert!(
                local(BERLIN, midnight).ends_with("00:00:00"),
                "{}",
                local(BERLIN, midnight)
            );
            assert_eq!(policy.day(midnight), policy.day(noon) + 1);
            assert_eq!(policy.day(midnight - 1), policy.day(noon));
        }
    }

    #[test]
    fn hours_are_read_as_they_are_written() {
        assert_eq!(
            Hours::parse("22:00-07:00"),
            Some(Hours {
                from: 1_320,
                until: 420
            })
        );
        for text in [
            "",
            "22-7",
            "22:00",
            "24:00-07:00",
            "22:60-07:00",
            "07:00-07:00",
            "+2:00-07:00",
            "22:00-07:00 ",
            "22:00-0a:00",
            "22:00:07:00",
        ] {
            assert_eq!(Hours::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_policy_costs_32_bytes() {
        assert_eq!(size_of::<Policy>(), 32);
    }
}
