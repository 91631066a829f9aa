//! Throughput: how many messages a number sends and receives together in a second.
//!
//! Meta, "Throughput": 80 a second; 20 where the WhatsApp Business app uses the number too (coexistence), 1,000 after an
//! upgrade; beyond it 130429. No second ever holds more than that here: the last [`BUCKETS`] eighths of a second are
//! summed, one more than a second has. What the network holds up and then delivers together is Meta's to refuse.
//! Memory: 32 bytes.

/// One more than eighths of a second, so that every second lies within.
const BUCKETS: usize = 9;
/// Length of an eighth of a second in milliseconds.
const SPAN: u64 = 125;

#[derive(Debug)]
pub(crate) struct Throughput {
    buckets: [u16; BUCKETS],
    /// The place of the latest bucket.
    newest: usize,
    /// The latest bucket's number since the start.
    latest: u64,
}

impl Throughput {
    pub(crate) const fn new() -> Self {
        Self {
            buckets: [0; BUCKETS],
            newest: 0,
            latest: 0,
        }
    }

    /// Whether one more may go at `now`, when `limit` may go in a second; else when to ask again.
    pub(crate) fn check(&mut self, now: u64, limit: u16) -> Result<(), u64> {
        let number = now / SPAN;
        let passed = number.saturating_sub(self.latest).min(BUCKETS as u64) as u32;
        for _ in 0..passed {
            self.newest = if self.newest + 1 < BUCKETS {
                self.newest + 1
            } else {
                0
            };
            if let Some(place) = self.buckets.get_mut(self.newest) {
                *place = 0;
            }
        }
        self.latest = self.latest.max(number);
        let sum = self
            .buckets
            .iter()
            .fold(0u32, |sum, n| sum.saturating_add(u32::from(*n)));
        if sum < u32::from(limit) {
            Ok(())
        } else {
            Err(number.saturating_add(1).saturating_mul(SPAN))
        }
    }

    /// One went out, or came in. [`Throughput::check`] was asked at the same time.
    pub(crate) fn count(&mut self) {
        if let Some(newest) = self.buckets.get_mut(self.newest) {
            *newest = newest.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn no_second_holds_more_than_the_limit_and_no_more_than_a_ninth_is_lost() {
        for seed in 0..50 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut throughput = Throughput::new();
            let limit = rng.u16(1..100);
            let mut now = rng.u64(0..10_000);
            let end = now + 20_000;
            let mut sent: Vec<u64> = Vec::new();
            while now < end {
                match throughput.check(now, limit) {
                    Ok(()) => {
                        throughput.count();
                        sent.push(now);
                        now += rng.u64(0..2);
                    }
                    Err(at) => {
                        assert!(at > now && at <= now + SPAN);
                        now = at;
                    }
                }
            }
            for (i, at) in sent.iter().enumerate() {
                let in_a_second = sent[..=i].iter().rev().take_while(|t| **t + 1_000 > *at).count();
                assert!(in_a_second <= usize::from(limit), "seed {seed}");
            }
            assert!(sent.len() >= usize::from(limit) * 20 * 8 / 9 - 1, "seed {seed}");
        }
    }
}
