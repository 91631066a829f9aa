//! How fast one user may be written to: Meta's pair rate limit, and the 4^X back-off after a refusal.
//!
//! Meta, "About the platform": one message every 6 seconds to the same user; up to 45 in a burst of 6 seconds, which
//! borrows from the future: after a burst of 20 nothing more for about 2 minutes. Error 131056 says that it was too
//! much; then wait 4^X seconds, X = 0, 1, 2 ... Meta's clock judges, and a request needs time to get there, so the
//! machine reckons with the earliest moment a request can count (its first byte) and the latest (its answer's
//! arrival):
//!
//! - A *window* opens with a request begun when nothing is owed and nothing is in flight. Urgent messages may join it
//!   until 6 s - D after its first byte, D being the longest time a request may take to reach Meta
//!   ([`Uplink`]), and while it holds fewer than 45. So everything arrives within 6 s of the first one.
//! - When none is in flight any more, the next is legal 6 s x n after the last answer.
//! - A window in which *every* request was refused with 131056 sent nothing: it owes nothing, and only 4^X is
//!   waited for. That is what makes the probes of a refused message go out 1, 4, 16, 64, 256 s after the answer.
//! - From 256 s on the wait is at least 6 s x n of the heaviest window before, so that a judge that starts its wait
//!   anew at each refused attempt is satisfied too (45 x 6 s = 270 s).
//!
//! Memory: [`Pace`] is 20 bytes; times are milliseconds modulo 2^32, compared within half that range (24 days), see
//! [`Pace::forget_old`].

mod budget;
mod reach;
#[cfg(test)]
mod restart_tests;
mod sliding;
mod throughput;

pub use reach::MessagingLimit;
pub(crate) use reach::Reach;
pub(crate) use throughput::Throughput;

pub(crate) use budget::INTENT_AGE;
pub use budget::{BURST_MAX, FIRST_BACK_OFF, INTERVAL, Legal, Pace, Uplink, WINDOW};

/// A point of the monotonic clock in milliseconds, modulo 2^32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Millis(u32);

impl Millis {
    pub(crate) const START: Self = Self(0);

    /// From milliseconds since any fixed instant.
    pub fn new(since_start: u64) -> Self {
        Self(since_start as u32)
    }

    /// This moment and `span` milliseconds more.
    #[must_use]
    pub fn plus(self, span: u32) -> Self {
        Self(self.0.wrapping_add(span))
    }

    /// This moment and `span` milliseconds less.
    #[must_use]
    pub fn minus(self, span: u32) -> Self {
        Self(self.0.wrapping_sub(span))
    }

    /// Milliseconds from `earlier` to here; negative when `earlier` is the later one.
    pub fn since(self, earlier: Self) -> i32 {
        self.0.wrapping_sub(earlier.0).cast_signed()
    }

    /// The 32 bits.
    pub(crate) fn bits(self) -> u32 {
        self.0
    }

    /// The later of the two.
    #[must_use]
    pub fn later(self, other: Self) -> Self {
        if self.since(other) >= 0 { self } else { other }
    }
}
