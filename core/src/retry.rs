//! Waits that belong to no user: a link that fails, a number or an account that Meta has stopped, a message that is
//! tried again after a fault of Meta's.
//!
//! Meta documents no `Retry-After`; these waits double from a base to a cap, with jitter so that a fleet does not come
//! back in step. The caller brings the randomness: one seed. Memory: [`BackOff`] is 24 bytes.

/// Doubling waits with jitter of up to a quarter less.
///
/// As with the pair rule, a failure of a request that began before the last failure was counted does not count again:
/// forty requests in flight when the link breaks are one failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BackOff {
    base_ms: u32,
    cap_ms: u32,
    failures: u8,
    raised_at: u64,
    until: u64,
}

impl BackOff {
    /// Waits of `base_ms`, twice that, and so on, never more than `cap_ms`.
    pub const fn new(base_ms: u32, cap_ms: u32) -> Self {
        Self {
            base_ms,
            cap_ms,
            failures: 0,
            raised_at: 0,
            until: 0,
        }
    }

    /// Whether something failed and nothing has succeeded since.
    pub fn active(&self) -> bool {
        self.failures > 0
    }

    /// Milliseconds of the clock before which nothing should be tried; 0 when nothing failed.
    pub fn until(&self) -> u64 {
        if self.active() { self.until } else { 0 }
    }

    /// Counts a failure at `now` of something begun at `began`; tells whether it is the first in a row.
    pub fn failed(&mut self, began: u64, now: u64, random: &mut Random) -> bool {
        let first = !self.active();
        if first || began > self.raised_at {
            self.failures = self.failures.saturating_add(1);
            self.raised_at = now;
            let wait = wait_ms(self.base_ms, self.cap_ms, self.failures, random);
            self.until = after(now, wait);
        }
        first
    }

    /// Something begun after the last failure succeeded; tells whether that ends a row of failures.
    pub fn succeeded(&mut self, began: u64) -> bool {
        let ends = self.active() && began >= self.raised_at;
        if ends {
            self.failures = 0;
        }
        ends
    }

    /// Tries again at once: the cause is said to be gone.
    #[inline(never)]
    pub fn hurry(&mut self, now: u64) {
        self.until = self.until.min(now);
    }
}

/// This moment and so many milliseconds more, or the end of time. Called, not inlined: 64 bits take twelve instructions.
#[inline(never)]
pub(crate) fn after(moment: u64, span: u64) -> u64 {
    moment.saturating_add(span)
}

/// This moment and so many milliseconds less, or the beginning of time; so too how long ago `span` was. Called, as the other.
#[inline(never)]
pub(crate) fn before(moment: u64, span: u64) -> u64 {
    moment.saturating_sub(span)
}

/// The later of two moments. Called, as the others.
#[inline(never)]
pub(crate) fn later(a: u64, b: u64) -> u64 {
    a.max(b)
}

/// The earlier of two moments.
#[inline(never)]
pub(crate) fn earlier(a: u64, b: u64) -> u64 {
    a.min(b)
}

/// The wait in milliseconds after the `failures`-th failure in a row: doubling from `base_ms` to `cap_ms`, less up to
/// a quarter.
#[inline(never)]
pub fn wait_ms(base_ms: u32, cap_ms: u32, failures: u8, random: &mut Random) -> u64 {
    let mut full = base_ms;
    for _ in 1..failures.min(21) {
        full = full.saturating_mul(2);
    }
    let full = full.min(cap_ms);
    // Of 30 bits times 16.
    let jitter = (u64::from(full / 4) * u64::from(random.next_u16())) >> 16;
    full.saturating_sub(jitter as u32).into()
}

/// Marsaglia's xorshift of 32 bits: spreads waits, keeps no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Random(u32);

impl Random {
    /// Starts from a seed of the caller's, best from a hardware generator.
    pub const fn new(seed: u32) -> Self {
        Self(if seed == 0 { 0x9E37_79B9 } else { seed })
    }

    fn next_u16(&mut self) -> u16 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 >> 16) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap_and_lose_at_most_a_quarter() {
        let mut random = Random::new(7);
        for (failures, full) in [
            (1u8, 1_000u64),
            (2, 2_000),
            (3, 4_000),
            (7, 60_000),
            (255, 60_000),
        ] {
            for _ in 0..100 {
                let wait = wait_ms(1_000, 60_000, failures, &mut random);
                assert!(wait <= full && wait >= full - full / 4, "{failures}: {wait}");
            }
        }
    }

    #[test]
    fn forty_requests_lost_together_are_one_failure() {
        let mut random = Random::new(1);
        let mut link = BackOff::new(1_000, 60_000);
        assert!(link.failed(0, 10_000, &mut random));
        let until = link.until();
        for _ in 0..39 {
            assert!(!link.failed(5, 10_001, &mut random));
        }
        assert_eq!(link.until(), until);
        assert!(!link.failed(until, until + 5, &mut random));
        assert!(link.until() >= until + 1_500, "the second wait is the longer");
        assert!(!link.succeeded(9_999), "an old success does not end it");
        assert!(link.succeeded(until + 5));
        assert_eq!(link.until(), 0);
    }
}
