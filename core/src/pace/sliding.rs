//! How many there were in the last while: a sliding sum in constant memory, for the throughput and the messaging limit.
//!
//! The while is cut into buckets, and one more bucket than it has is summed, so that whatever its start, no while holds
//! more than the sum. Memory: 112 bytes.

use crate::division::Divisor;

/// Most buckets: the hours of a day, and one more.
const MOST: usize = 25;

#[derive(Debug, Clone)]
pub(crate) struct Sliding {
    /// Of each bucket, at its number modulo `buckets`.
    counts: [u32; MOST],
    /// How many buckets are summed.
    buckets: u32,
    /// Length of a bucket in milliseconds.
    span: Divisor,
    /// The latest bucket's number since the start.
    latest: u32,
}

impl Sliding {
    /// Sums the last `buckets` of `span` milliseconds each.
    pub(crate) const fn new(buckets: u32, span: Divisor) -> Self {
        Self {
            counts: [0; MOST],
            buckets,
            span,
            latest: 0,
        }
    }

    fn place(&mut self, number: u32) -> Option<&mut u32> {
        let index = number.checked_rem(self.buckets)?;
        self.counts.get_mut(index as usize)
    }

    /// The number of the bucket of `now`; those that begin up to it are emptied.
    pub(crate) fn number(&mut self, now: u64) -> u32 {
        let number = self.span.divide(now) as u32;
        let passed = number.saturating_sub(self.latest).min(self.buckets);
        for back in 0..passed {
            if let Some(place) = self.place(number.wrapping_sub(back)) {
                *place = 0;
            }
        }
        self.latest = self.latest.max(number);
        self.latest
    }

    /// Whether one more may come at `now`, when `limit` may in all; else when it is worth to ask again.
    pub(crate) fn check(&mut self, now: u64, limit: u32) -> Result<(), u64> {
        let number = self.number(now);
        if self.counts.iter().fold(0, |sum: u32, n| sum.saturating_add(*n)) < limit {
            return Ok(());
        }
        // The oldest that is not empty empties when the bucket comes that takes its place.
        let mut next = number.saturating_add(1);
        for _ in 1..self.buckets {
            if self.place(next).is_some_and(|n| *n > 0) {
                break;
            }
            next = next.saturating_add(1);
        }
        Err(u64::from(next).saturating_mul(self.span.value()))
    }

    /// The bucket of the latest time that was asked for.
    pub(crate) fn latest(&self) -> u32 {
        self.latest
    }

    /// One more in this bucket, which [`Sliding::number`] gave.
    pub(crate) fn add(&mut self, number: u32) {
        if let Some(place) = self.place(number) {
            *place = place.saturating_add(1);
        }
    }

    /// One less in a bucket that is still summed.
    pub(crate) fn take(&mut self, number: u32) {
        if self.latest.saturating_sub(number) < self.buckets
            && let Some(place) = self.place(number)
        {
            *place = place.saturating_sub(1);
        }
    }
}
