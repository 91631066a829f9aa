//! The customer service window: whether a user may be written to in free form.
//!
//! Meta, "Send messages": a user's message, or call, opens a window of 24 hours, and each new one renews it. Outside of
//! it only templates go; anything else fails with 131047, mostly after its 200. The 24 hours count from the message's own
//! `timestamp`, not from its webhook, which may come up to seven days late; so a window is known only where the wall
//! clock is. Memory: 8 bytes a user.

use crate::pace::Millis;

/// How long a window is open after the user's last message, in milliseconds. At exactly 24:00:00 it is closed.
pub(crate) const OPEN_FOR: u32 = 24 * 3_600_000;

/// A user's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Window {
    /// Nothing was heard of it since the start.
    Unknown,
    /// Open until, and without, this moment.
    Open(Millis),
    /// It closed, or Meta said so (131047).
    Closed,
}

impl Window {
    /// The user wrote `age` milliseconds before `now`.
    #[cfg_attr(feature = "journal", inline(never))]
    pub(crate) fn written(&mut self, now: Millis, age: u64) {
        let left = u64::from(OPEN_FOR).saturating_sub(age) as u32;
        let new = if left == 0 {
            Self::Closed
        } else {
            Self::Open(now.plus(left))
        };
        // An older message that comes later shortens nothing.
        *self = self.join(new);
    }

    /// Meta refused a request that began then for a closed window; one that the user has opened since stays open.
    pub(crate) fn refused(&mut self, began: Millis) {
        if !matches!(self, Self::Open(until) if until.minus(OPEN_FOR).since(began) > 0) {
            *self = Self::Closed;
        }
    }

    /// As it will be when a request that begins at `now` is judged, at most `margin` milliseconds later.
    pub(crate) fn when_judged(self, now: Millis, margin: u32) -> Self {
        match self {
            Self::Open(until) if until.since(now.plus(margin)) <= 0 => Self::Closed,
            other => other,
        }
    }

    /// When it ends, in Unix seconds, where it is open and the time of day is `unix`; else 0.
    #[cfg_attr(feature = "alerts", inline(never))]
    pub(crate) fn ends_at(self, now: Millis, unix: u32) -> u32 {
        match self {
            Self::Open(until) if unix > 0 => {
                let left = until.since(now).max(0).unsigned_abs();
                unix.saturating_add(left / 1_000)
            }
            _ => 0,
        }
    }

    /// Closes what is over, so that the clock's coming round does not open it again.
    pub(crate) fn forget_old(&mut self, now: Millis) {
        *self = self.when_judged(now, 0);
    }

    /// Two that turn out to be one user's: the later message counts, and something is better known than nothing.
    #[must_use]
    pub(crate) fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Open(a), Self::Open(b)) => Self::Open(a.later(b)),
            (Self::Open(_), _) | (Self::Closed, Self::Unknown) => self,
            _ => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Millis {
        Millis::new(ms)
    }

    #[test]
    fn it_is_open_for_24_hours_from_the_message_and_closed_at_exactly_24() {
        let mut window = Window::Unknown;
        window.written(at(10_000), 4_000);
        let end = 6_000 + 24 * 3_600_000;
        assert!(matches!(window.when_judged(at(end - 1), 0), Window::Open(_)));
        assert_eq!(window.when_judged(at(end), 0), Window::Closed);
        assert!(matches!(
            window.when_judged(at(end - 3_001), 3_000),
            Window::Open(_)
        ));
        assert_eq!(window.when_judged(at(end - 3_000), 3_000), Window::Closed);
    }

    #[test]
    fn a_message_of_yesterday_opens_nothing_and_an_older_one_shortens_nothing() {
        let mut window = Window::Unknown;
        window.written(at(0), 24 * 3_600_000);
        assert_eq!(window, Window::Closed);
        window.written(at(1_000), 0);
        let open = window;
        window.written(at(2_000), 3_600_000);
        window.written(at(2_000), u64::MAX);
        assert_eq!(window, open);
    }

    #[test]
    fn what_is_over_stays_over_when_the_clock_comes_round() {
        let mut window = Window::Unknown;
        window.written(at(0), 0);
        window.forget_old(at(25 * 3_600_000));
        assert_eq!(window.when_judged(at(1 << 32), 0), Window::Closed);
    }
}
