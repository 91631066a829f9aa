//! What a status LED says.
//!
//! What a person sees is told in `docs/kiosk.md`.
//!
//! The state that keeps alerts from going out wins over one that follows from it. No pattern is always on or off: that is
//! a device which has stopped, or has no power.
//!
//! A board shows a pattern to its end, then asks for the state again; none takes longer than 4 s.

/// What the LED says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum State {
    /// There is no configuration, or a wrong one.
    NoConfig,
    /// No network, or no address in it.
    NoNetwork,
    /// The time is not known.
    NoTime,
    /// Requests fail.
    LinkDown,
    /// Meta takes nothing until the owner has acted.
    Held,
    /// An alert has no outcome yet.
    Waiting,
    /// Nothing is to be done.
    Ready,
}

/// A part of a pattern: on, then off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flash {
    /// Milliseconds of light.
    pub on_ms: u16,
    /// Milliseconds of dark after it.
    pub off_ms: u16,
}

/// What a state follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The configuration could be read.
    pub configured: bool,
    /// There is a network, and an address in it.
    pub network: bool,
    /// The time is known.
    pub time: bool,
    /// Requests fail: [`Kiosk::link_is_down`](crate::Kiosk::link_is_down).
    pub link_down: bool,
    /// Meta takes nothing: [`Client::held`](squab_core::client::Client::held).
    pub held: bool,
    /// Alerts without outcome: [`Client::open`](squab_core::client::Client::open).
    pub open: usize,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::NoConfig,
        Self::NoNetwork,
        Self::NoTime,
        Self::LinkDown,
        Self::Held,
        Self::Waiting,
        Self::Ready,
    ];

    /// The state in which a device is.
    pub const fn of(facts: &Facts) -> Self {
        if !facts.configured {
            Self::NoConfig
        } else if !facts.network {
            Self::NoNetwork
        } else if !facts.time {
            Self::NoTime
        } else if facts.link_down {
            Self::LinkDown
        } else if facts.held {
            Self::Held
        } else if facts.open > 0 {
            Self::Waiting
        } else {
            Self::Ready
        }
    }

    /// Its pattern, to be repeated.
    pub const fn pattern(self) -> &'static [Flash] {
        match self {
            Self::NoConfig => const { &[flash(100, 100)] },
            Self::NoNetwork => &[LAST],
            Self::NoTime => &[FLASH, LAST],
            Self::LinkDown => &[FLASH, FLASH, LAST],
            Self::Held => &[FLASH, FLASH, FLASH, LAST],
            Self::Waiting => const { &[flash(1000, 1000)] },
            Self::Ready => const { &[flash(3900, 100)] },
        }
    }
}

/// One of those that are counted.
const FLASH: Flash = flash(150, 300);
/// The last of them: the pause begins.
const LAST: Flash = flash(150, 1500);

const fn flash(on_ms: u16, off_ms: u16) -> Flash {
    Flash { on_ms, off_ms }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Facts = Facts {
        configured: true,
        network: true,
        time: true,
        link_down: false,
        held: false,
        open: 0,
    };

    #[test]
    fn what_keeps_alerts_from_going_out_is_told_in_the_order_in_which_it_has_to_be_mended() {
        let mut facts = FINE;
        assert_eq!(State::of(&facts), State::Ready);
        facts.open = 1;
        assert_eq!(State::of(&facts), State::Waiting);
        facts.held = true;
        assert_eq!(State::of(&facts), State::Held);
        facts.link_down = true;
        assert_eq!(State::of(&facts), State::LinkDown);
        facts.time = false;
        assert_eq!(State::of(&facts), State::NoTime);
        facts.network = false;
        assert_eq!(State::of(&facts), State::NoNetwork);
        facts.configured = false;
        assert_eq!(State::of(&facts), State::NoConfig);
    }

    #[test]
    fn two_patterns_differ_in_the_number_of_flashes_or_threefold_in_length() {
        let threefold = |a: u16, b: u16| a >= b.saturating_mul(3) || b >= a.saturating_mul(3);
        for (at, one) in State::ALL.iter().enumerate() {
            for other in &State::ALL[at + 1..] {
                let (a, b) = (one.pattern(), other.pattern());
                let differ = a.len() != b.len()
                    || a.iter()
                        .zip(b)
                        .any(|(a, b)| threefold(a.on_ms, b.on_ms) || threefold(a.off_ms, b.off_ms));
                assert!(differ, "{one:?} looks like {other:?}");
            }
        }
    }

    #[test]
    fn every_pattern_is_seen_to_be_on_and_off_and_takes_4_seconds_at_most() {
        for state in State::ALL {
            let pattern = state.pattern();
            let seen = |flash: &Flash| flash.on_ms >= 100 && flash.off_ms >= 100;
            assert!(!pattern.is_empty() && pattern.iter().all(seen), "{state:?}");
            let length: u16 = pattern.iter().map(|flash| flash.on_ms + flash.off_ms).sum();
            assert!(length <= 4000, "{state:?}");
        }
    }

    #[test]
    fn flashes_are_counted_because_the_pause_behind_the_last_is_longer_than_between_them() {
        for (state, count) in [
            (State::NoNetwork, 1),
            (State::NoTime, 2),
            (State::LinkDown, 3),
            (State::Held, 4),
        ] {
            let (last, others) = state.pattern().split_last().unwrap();
            assert_eq!(others.len() + 1, count);
            assert!(others.iter().all(|flash| last.off_ms >= 3 * flash.off_ms));
        }
    }
}
