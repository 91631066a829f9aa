//! Messaging limits: how many different users may be written to by template, outside their windows, in 24 hours.
//!
//! Meta, "Messaging limits": since October 2025 the limit belongs to the business portfolio, and one device sees its own
//! messages only; so a device counts what it may use itself. There is no error code: beyond the limit Meta does not
//! deliver. Hours are counted, not users, so the memory is constant; it errs to the safe side: a user leaves the count
//! up to an hour late, and one who was forgotten and comes again counts twice. Memory: 112 bytes, and 4 for each user.

use super::sliding::Sliding;
use crate::division::Divisor;
use crate::words::line;
use core::fmt;

/// Hours that may hold somebody who still counts: 24, and the one under way.
const HOURS: u32 = 25;
/// Milliseconds.
const HOUR: Divisor = Divisor::of(3_600_000);

/// Meta's names of the limits (`whatsapp_business_manager_messaging_limit`). [`TIER_1K`](Self::Tier1K) and
/// [`TIER_50`](Self::Tier50) are older than October 2025.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum MessagingLimit {
    /// `NOT_SET`: not known. Nothing is held for it.
    #[default]
    NotSet,
    /// `TIER_50`
    Tier50,
    /// `TIER_250`
    Tier250,
    /// `TIER_1K`
    Tier1K,
    /// `TIER_2K`
    Tier2K,
    /// `TIER_10K`
    Tier10K,
    /// `TIER_100K`
    Tier100K,
    /// `UNLIMITED`, in some webhooks `TIER_UNLIMITED`.
    Unlimited,
}

/// Their names, one a line, in the order of [`MessagingLimit`].
static NAMES: &str = "NOT_SET
TIER_50
TIER_250
TIER_1K
TIER_2K
TIER_10K
TIER_100K
UNLIMITED";
/// Their other names, where they have one.
static OTHER_NAMES: &str = "
50
250
1000
2000
10000
100000
TIER_UNLIMITED";
/// How many users they are.
static USERS: [u32; 8] = [u32::MAX, 50, 250, 1_000, 2_000, 10_000, 100_000, u32::MAX];
static ALL: [MessagingLimit; 8] = [
    MessagingLimit::NotSet,
    MessagingLimit::Tier50,
    MessagingLimit::Tier250,
    MessagingLimit::Tier1K,
    MessagingLimit::Tier2K,
    MessagingLimit::Tier10K,
    MessagingLimit::Tier100K,
    MessagingLimit::Unlimited,
];

impl MessagingLimit {
    /// Reads Meta's name, or the number that some webhooks have in its place.
    pub fn parse(text: &str) -> Option<Self> {
        let is_one_of = |names, limit: &&Self| line(names, **limit as u8) == text;
        let named = |limit: &&Self| is_one_of(NAMES, limit) || is_one_of(OTHER_NAMES, limit);
        ALL.iter().filter(|_| !text.is_empty()).find(named).copied()
    }

    /// Meta's name.
    pub fn as_str(self) -> &'static str {
        line(NAMES, self as u8)
    }

    /// Different users in 24 hours; `None` where there is no limit, or none is known.
    pub fn users(self) -> Option<u32> {
        USERS
            .get(self as usize)
            .copied()
            .filter(|users| *users < u32::MAX)
    }
}

impl fmt::Display for MessagingLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How many users this device has reached in the last 24 hours.
#[derive(Debug, Clone)]
pub(crate) struct Reach(Sliding);

impl Reach {
    pub(crate) const fn new() -> Self {
        Self(Sliding::new(HOURS, HOUR))
    }

    /// Whether a user who was last counted in the hour `counted` (plus one; 0: never) may be written to at `now`, when
    /// `limit` users may be; else from when on it is worth to ask again.
    pub(crate) fn check(&mut self, now: u64, counted: u32, limit: u32) -> Result<(), u64> {
        let room = self.0.check(now, limit);
        // Who was written to within the last 23 full hours counts at Meta's already.
        let hour = self.0.number(now);
        if counted > 0 && hour.saturating_sub(counted.saturating_sub(1)) < HOURS - 1 {
            return Ok(());
        }
        room
    }

    /// Counts a user who is written to at `now`, and was counted before as `counted` says.
    pub(crate) fn count(&mut self, now: u64, counted: &mut u32) {
        let hour = self.0.number(now);
        if let Some(before) = counted.checked_sub(1) {
            self.0.take(before);
        }
        self.0.add(hour);
        *counted = hour.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const HOUR: u64 = 3_600_000;

    #[test]
    fn each_of_metas_names_is_read_and_written() {
        for (limit, name, other, users) in [
            (MessagingLimit::NotSet, "NOT_SET", "", None),
            (MessagingLimit::Tier50, "TIER_50", "50", Some(50)),
            (MessagingLimit::Tier250, "TIER_250", "250", Some(250)),
            (MessagingLimit::Tier1K, "TIER_1K", "1000", Some(1_000)),
            (MessagingLimit::Tier2K, "TIER_2K", "2000", Some(2_000)),
            (MessagingLimit::Tier10K, "TIER_10K", "10000", Some(10_000)),
            (MessagingLimit::Tier100K, "TIER_100K", "100000", Some(100_000)),
            (MessagingLimit::Unlimited, "UNLIMITED", "TIER_UNLIMITED", None),
        ] {
            assert_eq!(MessagingLimit::parse(name), Some(limit));
            assert_eq!(MessagingLimit::parse(other).unwrap_or_default(), limit);
            assert_eq!(limit.as_str(), name);
            assert_eq!(limit.users(), users);
        }
        assert_eq!(MessagingLimit::parse("2000"), Some(MessagingLimit::Tier2K));
        for other in ["", "TIER_3K", "50\n250", "4294967295", "tier_2k"] {
            assert_eq!(MessagingLimit::parse(other), None, "{other}");
        }
    }

    /// Users that are remembered, written to at random; the oracle keeps every time and counts each minute's users.
    #[test]
    fn whatever_goes_out_no_24_hours_hold_more_users_than_the_limit() {
        for seed in 0..200 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut reach = Reach::new();
            let limit = rng.u32(1..6);
            let mut counted = [0; 12];
            let mut sent: Vec<(u64, usize)> = Vec::new();
            let mut now = rng.u64(0..HOUR * 40);
            let mut held = 0;
            for _ in 0..300 {
                now += rng.u64(0..HOUR * 3);
                let user = rng.usize(0..counted.len());
                match reach.check(now, counted[user], limit) {
                    Ok(()) => {
                        reach.count(now, &mut counted[user]);
                        sent.push((now, user));
                        let mut in_a_day: Vec<_> = sent
                            .iter()
                            .filter(|(at, _)| at + 24 * HOUR > now)
                            .map(|(_, user)| *user)
                            .collect();
                        in_a_day.sort_unstable();
                        in_a_day.dedup();
                        assert!(in_a_day.len() <= limit as usize, "seed {seed}");
                    }
                    Err(at) => {
                        held += 1;
                        assert!(at > now && at <= now + 25 * HOUR, "seed {seed}: {now} {at}");
                    }
                }
            }
            assert!(held > 0);
        }
    }

    #[test]
    fn the_place_of_the_first_is_free_again_a_day_later_and_at_most_an_hour_more() {
        let mut reach = Reach::new();
        let (mut a, b) = (0, 0);
        reach.count(HOUR / 2, &mut a);
        let at = reach.check(HOUR, b, 1).unwrap_err();
        assert_eq!(at, 25 * HOUR);
        assert!(reach.check(at - 1, b, 1).is_err());
        assert_eq!(reach.check(at, b, 1), Ok(()));
    }
}
