//! Throughput: how many messages a number sends and receives together in a second.
//!
//! Meta, "Throughput": 80 a second; 20 where the WhatsApp Business app uses the number too (coexistence), 1,000 after an
//! upgrade; beyond it 130429. No second ever holds more than that here: eighths of a second are counted. What the
//! network holds up and then delivers together is Meta's to refuse. Memory: 112 bytes.

use super::sliding::Sliding;
use crate::division::Divisor;

/// One more than eighths of a second, so that every second lies within.
const BUCKETS: u32 = 9;
/// Length of an eighth of a second in milliseconds.
const SPAN: Divisor = Divisor::of(125);

#[derive(Debug, Clone)]
pub(crate) struct Throughput(Sliding);

impl Throughput {
    pub(crate) const fn new() -> Self {
        Self(Sliding::new(BUCKETS, SPAN))
    }

    /// Whether one more may go at `now`, when `limit` may go in a second; else when to ask again.
    pub(crate) fn check(&mut self, now: u64, limit: u16) -> Result<(), u64> {
        self.0.check(now, limit.into())
    }

    /// One went out, or came in, at the time for which [`Throughput::check`] was asked last.
    pub(crate) fn count(&mut self) {
        self.0.add(self.0.latest());
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
                        assert!(at > now && at <= now + 1_125);
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
