//! The time, and what to do when it runs out.
//!
//! The core is told the time and never asks for it; whoever runs the core asks a [`Clock`]. Debts and back-off
//! count on the monotonic clock, certificates, expiry and the age of commands on the wall clock.

use core::fmt;
use core::future::Future;

use embassy_futures::select::{Either, select};
use embassy_time::{Duration, Instant};

/// The clocks of a device.
///
/// A simulation may run it faster than real time, a test may move it by hand.
#[expect(
    async_fn_in_trait,
    reason = "Squab runs on single-threaded executors: no Send bound is wanted"
)]
pub trait Clock {
    /// Time since some moment at or before the start; never goes back, also when the wall clock is set.
    fn now(&self) -> Instant;

    /// Returns at `at` or soon after; at once when `at` has passed.
    async fn wait_until(&self, at: Instant);

    /// Seconds since 1970-01-01 UTC; `None` as long as nobody has set the clock.
    fn unix_time(&self) -> Option<u64>;
}

impl<C: Clock> Clock for &C {
    fn now(&self) -> Instant {
        C::now(self)
    }

    async fn wait_until(&self, at: Instant) {
        C::wait_until(self, at).await;
    }

    fn unix_time(&self) -> Option<u64> {
        C::unix_time(self)
    }
}

/// The deadline came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TimedOut;

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it took longer than the time allowed")
    }
}

impl core::error::Error for TimedOut {}

/// Runs `future`, but drops it at `at`.
///
/// A future that is ready in the same instant wins.
///
/// # Errors
///
/// [`TimedOut`] when `at` came before the end of `future`.
pub async fn with_deadline<C: Clock, F: Future>(
    clock: &C,
    at: Instant,
    future: F,
) -> Result<F::Output, TimedOut> {
    match select(future, clock.wait_until(at)).await {
        Either::First(output) => Ok(output),
        Either::Second(()) => Err(TimedOut),
    }
}

/// `now` and `span` later; the end of time if that is sooner.
pub fn after(now: Instant, span: Duration) -> Instant {
    now.checked_add(span).unwrap_or(Instant::MAX)
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;
    use core::future::{pending, poll_fn, ready};
    use core::task::Poll;

    use embassy_futures::block_on;

    use super::{Clock, Instant, TimedOut, with_deadline};

    /// A second passes each time somebody looks whether it is time.
    struct Ticking(Cell<u64>);

    impl Clock for Ticking {
        fn now(&self) -> Instant {
            Instant::from_secs(self.0.get())
        }

        async fn wait_until(&self, at: Instant) {
            poll_fn(|context| {
                if self.now() >= at {
                    return Poll::Ready(());
                }
                self.0.set(self.0.get() + 1);
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }

        fn unix_time(&self) -> Option<u64> {
            None
        }
    }

    #[test]
    fn a_deadline_ends_what_does_not_end_by_itself() {
        let clock = Ticking(Cell::new(0));
        let result = block_on(with_deadline(&clock, Instant::from_secs(10), pending::<()>()));
        assert_eq!(result, Err(TimedOut));
        assert_eq!(clock.now(), Instant::from_secs(10));
    }

    #[test]
    fn what_is_ready_wins_even_over_a_deadline_in_the_past() {
        let clock = Ticking(Cell::new(100));
        assert_eq!(
            block_on(with_deadline(&&clock, Instant::from_secs(10), ready(7))),
            Ok(7)
        );
    }
}
