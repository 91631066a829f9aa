//! A contact (a float switch, a door, a button) that raises an alert: debounced, once each time it becomes active.

use embassy_futures::select::{Either, select};
use embassy_time::Duration;
use embedded_hal::digital::PinState;
use embedded_hal_async::digital::Wait;
use squab_adapters::clock::{Clock, after};

/// A contact has to keep still for so long: mechanical ones bounce for some milliseconds.
pub const DEBOUNCE: Duration = Duration::from_millis(50);

/// Calls `act` each time `pin` has become `active` and has stayed so for [`DEBOUNCE`]; not again before it was inactive
/// for as long. A contact that is active at the start counts: the water may have been there first.
///
/// # Errors
/// The pin's, when it cannot be read any more.
pub async fn watch<P: Wait, C: Clock>(
    pin: &mut P,
    active: PinState,
    clock: &C,
    mut act: impl FnMut(),
) -> Result<(), P::Error> {
    loop {
        settle(pin, active, clock).await?;
        act();
        settle(pin, !active, clock).await?;
    }
}

/// Waits until `pin` was in `state` for [`DEBOUNCE`].
async fn settle<P: Wait, C: Clock>(pin: &mut P, state: PinState, clock: &C) -> Result<(), P::Error> {
    loop {
        wait(pin, state).await?;
        let still = clock.wait_until(after(clock.now(), DEBOUNCE));
        match select(wait(pin, !state), still).await {
            Either::First(moved) => moved?,
            Either::Second(()) => return Ok(()),
        }
    }
}

async fn wait<P: Wait>(pin: &mut P, state: PinState) -> Result<(), P::Error> {
    match state {
        PinState::High => pin.wait_for_high().await,
        PinState::Low => pin.wait_for_low().await,
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use core::cell::Cell;
    use core::future::poll_fn;
    use core::task::Poll;
    use embassy_futures::block_on;
    use embassy_time::Instant;
    use embedded_hal::digital::ErrorType;
    use std::vec::Vec;

    /// The level at each millisecond; the time goes on whenever somebody waits. Behind the end the pin is broken.
    struct Bench<'b> {
        levels: &'b [u8],
        now: Cell<u64>,
    }

    impl Bench<'_> {
        fn level(&self) -> Option<bool> {
            let now = usize::try_from(self.now.get()).unwrap();
            self.levels.get(now).map(|level| *level == b'#')
        }
    }

    impl Clock for Bench<'_> {
        fn now(&self) -> Instant {
            Instant::from_millis(self.now.get())
        }

        async fn wait_until(&self, at: Instant) {
            poll_fn(|context| {
                if self.now() >= at {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }

        fn unix_time(&self) -> Option<u64> {
            None
        }
    }

    struct Pin<'b>(&'b Bench<'b>);

    #[derive(Debug)]
    struct Broken;

    impl embedded_hal::digital::Error for Broken {
        fn kind(&self) -> embedded_hal::digital::ErrorKind {
            embedded_hal::digital::ErrorKind::Other
        }
    }

    impl ErrorType for Pin<'_> {
        type Error = Broken;
    }

    impl Pin<'_> {
        async fn wait(&mut self, high: bool) -> Result<(), Broken> {
            poll_fn(|context| match self.0.level() {
                None => Poll::Ready(Err(Broken)),
                Some(level) if level == high => Poll::Ready(Ok(())),
                Some(_) => {
                    self.0.now.set(self.0.now.get() + 1);
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
            })
            .await
        }
    }

    impl Wait for Pin<'_> {
        async fn wait_for_high(&mut self) -> Result<(), Broken> {
            self.wait(true).await
        }

        async fn wait_for_low(&mut self) -> Result<(), Broken> {
            self.wait(false).await
        }

        async fn wait_for_rising_edge(&mut self) -> Result<(), Broken> {
            unreachable!("levels are waited for, so that no edge is missed")
        }

        async fn wait_for_falling_edge(&mut self) -> Result<(), Broken> {
            unreachable!("levels are waited for, so that no edge is missed")
        }

        async fn wait_for_any_edge(&mut self) -> Result<(), Broken> {
            unreachable!("levels are waited for, so that no edge is missed")
        }
    }

    /// At which milliseconds the alert is raised; `#` is high.
    fn raised(active: PinState, parts: &[(char, usize)]) -> Vec<u64> {
        let mut levels = Vec::new();
        for (level, millis) in parts {
            levels.extend(std::iter::repeat_n(*level as u8, *millis));
        }
        let bench = Bench {
            levels: &levels,
            now: Cell::new(0),
        };
        let mut raised = Vec::new();
        let end = block_on(watch(&mut Pin(&bench), active, &bench, || {
            raised.push(bench.now.get());
        }));
        assert!(end.is_err(), "the levels come to an end");
        raised
    }

    #[test]
    fn a_contact_that_closes_and_bounces_raises_one_alert_when_it_is_still() {
        let bouncing = [
            ('#', 100),
            ('.', 3),
            ('#', 2),
            ('.', 5),
            ('#', 1),
            ('.', 200),
            ('#', 4),
            ('.', 3),
            ('#', 100),
        ];
        assert_eq!(raised(PinState::Low, &bouncing), [161]);
    }

    #[test]
    fn what_is_shorter_than_the_debounce_is_nothing() {
        assert_eq!(
            raised(PinState::High, &[('.', 50), ('#', 49), ('.', 500)]),
            [0; 0]
        );
    }

    #[test]
    fn each_closing_is_an_alert_of_its_own_and_one_at_the_start_counts() {
        let twice = [('#', 300), ('.', 300), ('#', 300)];
        assert_eq!(raised(PinState::High, &twice), [50, 650]);
    }

    #[test]
    fn a_contact_that_stays_closed_raises_no_second_alert() {
        assert_eq!(raised(PinState::Low, &[('.', 100_000)]), [50]);
    }
}
