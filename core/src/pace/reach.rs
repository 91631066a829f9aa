//! Messaging limits: how many different users may be written to by template, outside their windows, in 24 hours.
//!
//! Meta, "Messaging limits": since October 2025 the limit belongs to the business portfolio, and one device sees its own
//! messages only; so a device counts what it may use itself. There is no error code: beyond the limit Meta does not
//! deliver. Hours are counted, not users, so the memory is constant; it errs to the safe side: a user leaves the count
//! up to an hour late, and one who was forgotten and comes again counts twice. Memory: 104 bytes, and 4 for each user.

use core::fmt;

/// Hours that may hold somebody who still counts: 24, and the one under way.
const HOURS: usize = 25;
/// Milliseconds.
const HOUR: u64 = 3_600_000;

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

/// Name, and how many users.
static LIMITS: [(MessagingLimit, &str, u32); 8] = [
    (MessagingLimit::NotSet, "NOT_SET", u32::MAX),
    (MessagingLimit::Tier50, "TIER_50", 50),
    (MessagingLimit::Tier250, "TIER_250", 250),
    (MessagingLimit::Tier1K, "TIER_1K", 1_000),
    (MessagingLimit::Tier2K, "TIER_2K", 2_000),
    (MessagingLimit::Tier10K, "TIER_10K", 10_000),
    (MessagingLimit::Tier100K, "TIER_100K", 100_000),
    (MessagingLimit::Unlimited, "UNLIMITED", u32::MAX),
];

impl MessagingLimit {
    /// Reads Meta's name, or the number that some webhooks have in its place (-1 is unlimited).
    pub fn parse(text: &str) -> Option<Self> {
        let number: Option<u32> = text.parse().ok();
        let text = match text {
            "TIER_UNLIMITED" | "-1" => "UNLIMITED",
            other => other,
        };
        LIMITS
            .iter()
            .find(|(_, name, users)| *name == text || (*users < u32::MAX && number == Some(*users)))
            .map(|(limit, ..)| *limit)
    }

    /// Meta's name.
    pub fn as_str(self) -> &'static str {
        LIMITS.get(self as usize).map_or("", |(_, name, _)| name)
    }

    /// Different users in 24 hours; `None` where there is no limit, or none is known.
    pub fn users(self) -> Option<u32> {
        LIMITS
            .get(self as usize)
            .map(|(.., users)| *users)
            .filter(|users| *users < u32::MAX)
    }
}

impl fmt::Display for MessagingLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How many users this device has reached in the last 24 hours.
#[derive(Debug)]
pub(crate) struct Reach {
    /// Users first written to in each hour, at the hour modulo [`HOURS`].
    new: [u32; HOURS],
    /// The latest hour seen.
    hour: u32,
}

impl Reach {
    pub(crate) const fn new() -> Self {
        Self {
            new: [0; HOURS],
            hour: 0,
        }
    }

    /// Empties the hours that begin, up to the one of `now`.
    fn advance(&mut self, now: u64) {
        let hour = (now / HOUR) as u32;
        let passed = hour.saturating_sub(self.hour).min(HOURS as u32);
        self.hour = self.hour.max(hour);
        for back in 0..passed {
            if let Some(place) = self.place(hour.wrapping_sub(back)) {
                *place = 0;
            }
        }
    }

    fn place(&mut self, hour: u32) -> Option<&mut u32> {
        self.new.get_mut(hour as usize % HOURS)
    }

    /// Whether a user who was last counted in this hour (plus one) still counts at Meta's.
    fn counts(&self, counted: u32) -> bool {
        counted > 0 && self.hour.saturating_sub(counted.saturating_sub(1)) < HOURS as u32 - 1
    }

    /// Whether a user who was counted so may be written to at `now`, when `limit` users may be; else from when on it is
    /// worth to ask again.
    pub(crate) fn check(&mut self, now: u64, counted: u32, limit: u32) -> Result<(), u64> {
        self.advance(now);
        let sum = self.new.iter().fold(0u32, |sum, n| sum.saturating_add(*n));
        if self.counts(counted) || sum < limit {
            return Ok(());
        }
        let oldest = (1..HOURS as u32)
            .rev()
            .find(|back| {
                self.hour
                    .checked_sub(*back)
                    .is_some_and(|hour| self.new.get(hour as usize % HOURS).is_some_and(|n| *n > 0))
            })
            .unwrap_or(0);
        // It empties when the hour comes that takes its place.
        let hours = u64::from(self.hour)
            .saturating_sub(oldest.into())
            .saturating_add(HOURS as u64);
        Err(hours.saturating_mul(HOUR))
    }

    /// Counts a user who is written to at `now`, and was counted before as `counted` says.
    pub(crate) fn count(&mut self, now: u64, counted: &mut u32) {
        self.advance(now);
        let before = counted.saturating_sub(1);
        if *counted > 0
            && self.hour.saturating_sub(before) < HOURS as u32
            && let Some(place) = self.place(before)
        {
            *place = place.saturating_sub(1);
        }
        if let Some(place) = self.place(self.hour) {
            *place = place.saturating_add(1);
        }
        *counted = self.hour.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn each_of_metas_names_is_read_and_written() {
        for (limit, name, users) in LIMITS {
            assert_eq!(MessagingLimit::parse(name), Some(limit));
            assert_eq!(limit.as_str(), name);
            assert_eq!(limit.users().unwrap_or(u32::MAX), users);
        }
        assert_eq!(MessagingLimit::parse("2000"), Some(MessagingLimit::Tier2K));
        assert_eq!(MessagingLimit::parse("-1"), Some(MessagingLimit::Unlimited));
        for other in ["", "TIER_3K", "4294967295", "tier_2k"] {
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
