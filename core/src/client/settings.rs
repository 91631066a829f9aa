//! What the client has to know of the device and its surroundings.

use super::{UnknownWindow, Wishes};
use crate::message::limits::Reading;
use crate::pace::MessagingLimit;
use crate::quiet::{Policy, Zone};
use embassy_time::Duration;

/// What the client has to know of the device and its surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Settings {
    /// Number of this device, unique in the fleet that shares a business number.
    pub device: u32,
    /// Differs at each start: a counter in flash, or random.
    pub boot: u32,
    /// Seed for the jitter of waits.
    pub seed: u32,
    /// D: the longest time a request's bytes take until Meta counts them. Default 3 s; 6 s or more disables bursts.
    pub max_uplink: Duration,
    /// Whether webhooks reach this device. Without, a message is done when Meta took it, and no answers come.
    pub inbound: bool,
    /// How long after acceptance a failure is still waited for, and the message kept to be sent again. Default 60 s;
    /// 0 without an inbound path.
    pub settle_time: Duration,
    /// How long a settled message's `delivered` and `read` are waited for before its outcome is told. Default 10 min.
    /// When a new message needs the slot, the oldest settled one is concluded early.
    pub follow_time: Duration,
    /// After this time a message whose answer was lost is sent again (at-least-once). Default 60 s with an inbound
    /// path, since a status may tell before, and 30 s without.
    pub resend_after: Option<Duration>,
    /// Whether there is a journal: then [`Client::poll`](super::Client::poll) gives [`Step::Store`](super::Step::Store), no
    /// request begins before its message and its intent are stored, and none before
    /// [`Client::set_clock`](super::Client::set_clock) has told the time of day, be the journal empty or not read at all.
    pub journal: bool,
    /// Which of two pages of Meta's that disagree about a limit is believed. Default: the stricter one.
    pub reading: Reading,
    /// What is done about a free-form message when it is not known whether the customer service window is open.
    pub unknown_window: UnknownWindow,
    /// The portfolio's messaging limit, as far as it is known. A webhook that tells it takes its place.
    pub messaging_limit: MessagingLimit,
    /// How many of the limit's users this device may write to: others share the portfolio. Default: all of them.
    pub messaging_share: Option<u32>,
    /// What recipients want: quiet hours by their clocks, and how many messages a day. A message names one of them.
    pub policies: &'static [Policy],
    /// How many messages that are not urgent go out in one day to all together, and by whose midnight. Of this policy the
    /// quiet hours do not count.
    pub everybody: Policy,
    /// What recipients may ask for by text, and who may command. With the feature `alerts`.
    pub wishes: &'static Wishes,
    /// How often [`Event::HeartbeatDue`](super::Event::HeartbeatDue) is told; not more than once a second. Default never. With
    /// the feature `alerts`.
    pub heartbeat: Option<Duration>,
    /// Messages a second, in and out together: 80, with coexistence 20, upgraded 1,000 (Meta, "Throughput").
    pub throughput: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            device: 0,
            boot: 0,
            seed: 0,
            max_uplink: Duration::from_secs(3),
            inbound: false,
            settle_time: Duration::from_secs(60),
            follow_time: Duration::from_secs(600),
            resend_after: None,
            journal: false,
            reading: Reading::Strict,
            unknown_window: UnknownWindow::Try,
            messaging_limit: MessagingLimit::NotSet,
            messaging_share: None,
            policies: &[],
            everybody: Policy {
                zone: Zone::UTC,
                quiet: None,
                daily_cap: 0,
            },
            wishes: &Wishes::DEFAULT,
            heartbeat: None,
            throughput: 80,
        }
    }
}
