//! Divisions of 64 bits by a constant.
//!
//! A chip of 32 bits has no instruction for them, and the compiler's built-in takes 1 KB of flash. What is divided by here
//! is small once its factors of two are shifted out, so that four divisions of 32 bits do.

use core::num::NonZero;
use embassy_time::TICK_HZ;

/// A constant to divide by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Divisor {
    odd: NonZero<u16>,
    /// As wide as the other, so that there is no gap, which is copied apart.
    twos: u16,
}

impl Divisor {
    /// For constants only: what has too large a factor is refused by the compiler.
    pub(crate) const fn of(value: u64) -> Self {
        let twos = value.trailing_zeros();
        assert!(twos < 64, "nothing is divided by zero");
        let odd = value >> twos;
        assert!(odd <= u16::MAX as u64, "its odd factor has more than 16 bits");
        let odd = match NonZero::new(odd as u16) {
            Some(odd) => odd,
            // What is odd is not zero.
            None => NonZero::<u16>::MIN,
        };
        Self {
            odd,
            twos: twos as u16,
        }
    }

    pub(crate) const fn value(self) -> u64 {
        (self.odd.get() as u64) << self.twos
    }

    pub(crate) fn divide(self, value: u64) -> u64 {
        let value = value >> self.twos;
        if cfg!(target_pointer_width = "64") {
            value / NonZero::<u64>::from(self.odd)
        } else {
            by_halves(value, self.odd)
        }
    }
}

/// Divides as on paper, with digits of 16 bits: those of the quotient move in from the right while the dividend's leave.
#[inline(never)]
fn by_halves(mut value: u64, by: NonZero<u16>) -> u64 {
    let by = NonZero::<u32>::from(by);
    let mut left = 0;
    for _ in 0..4 {
        let part = (left << 16) | (value >> 48) as u32;
        value = (value << 16) | u64::from(part / by);
        left = part % by;
    }
    value
}

const fn common_factor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_factor(b, a % b) }
}

/// The milliseconds in so many ticks of an `Instant` or a `Duration`, whose `as_millis` uses the built-in.
#[inline(never)]
pub(crate) fn ms(ticks: u64) -> u64 {
    const COMMON: u64 = common_factor(TICK_HZ, 1_000);
    const TICKS: Divisor = Divisor::of(TICK_HZ / COMMON);
    TICKS.divide(ticks.saturating_mul(1_000 / COMMON))
}

#[cfg(test)]
mod tests {
    use super::*;
    use embassy_time::{Duration, Instant};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn quotients_are_those_of_the_machine(value in any::<u64>(), by in 0u32..64, odd in 1u16..) {
            let value = value >> by;
            prop_assert_eq!(by_halves(value, NonZero::new(odd).unwrap()), value / u64::from(odd));
            let divisor = Divisor::of(u64::from(odd) << (by % 48));
            prop_assert_eq!(divisor.value(), u64::from(odd) << (by % 48));
            prop_assert_eq!(divisor.divide(value), value / divisor.value());
        }

        #[test]
        fn milliseconds_are_those_of_embassy(ticks in any::<u64>(), by in 0u32..64) {
            let ticks = ticks >> by;
            prop_assert_eq!(ms(ticks), Instant::from_ticks(ticks).as_millis());
            prop_assert_eq!(ms(ticks), Duration::from_ticks(ticks).as_millis());
        }
    }
}
