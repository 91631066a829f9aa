//! The clocks of a board: embassy's for spans, and a wall clock that somebody has to set.

use core::cell::Cell;
use embassy_time::{Instant, Timer};
use squab_adapters::clock::Clock;

/// When the program was built, in seconds since 1970: no moment before it can be now.
pub const BUILD_TIME: u64 = seconds(env!("SQUAB_BUILD_TIME"));

const fn seconds(digits: &str) -> u64 {
    match u64::from_str_radix(digits, 10) {
        Ok(seconds) => seconds,
        Err(_) => panic!("the build script writes a number"),
    }
}

/// The time of day, kept as its distance to the time since the start. 16 bytes.
#[derive(Debug, Default)]
pub struct BoardClock {
    /// What the wall clock showed at the start.
    started: Cell<Option<u64>>,
}

impl BoardClock {
    /// A clock that nobody has set.
    pub const fn new() -> Self {
        Self {
            started: Cell::new(None),
        }
    }

    /// Sets the wall clock to `unix` seconds since 1970; `false`, and nothing is changed, if that is before the program
    /// was built. A battery-backed clock that has stopped, or a server that lies, tells such times.
    pub fn set(&self, unix: u64) -> bool {
        let plausible = unix >= BUILD_TIME;
        if plausible {
            self.started.set(unix.checked_sub(self.now().as_secs()));
        }
        plausible
    }
}

impl Clock for BoardClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    async fn wait_until(&self, at: Instant) {
        Timer::at(at).await;
    }

    fn unix_time(&self) -> Option<u64> {
        self.started.get()?.checked_add(self.now().as_secs())
    }
}
