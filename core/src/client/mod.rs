//! The client: one sans-IO machine that owns every decision. Whoever runs it moves bytes and tells the time.
//!
//! The contract: call one of the methods that change something (`submit`, `on_reply_end`, `on_lost`, `on_webhook`, …),
//! then call [`Client::poll`] until it answers [`Step::WaitUntil`] or [`Step::Idle`], and take the events with
//! [`Client::next_event`]. Nothing happens by itself; time is always a parameter and never goes back.
//!
//! ```text
//! submit(now, recipient, message, options) -> Ticket | Refused
//! poll(now)                                -> Store(record) | Send(id, request) | WaitUntil(instant) | Idle
//! on_stored(seq)                              the journal has it
//! on_reply(id, status), on_reply_body(id, bytes), on_reply_end(now, id)
//! on_lost(now, id, NotSent | MaybeSent)
//! on_webhook(now, signature, batch)           what a signed webhook brought
//! next_event()                             -> what happened; one outcome for each ticket
//! ```
//!
//! Memory: everything is inline, by five capacities: `USERS` (debts kept at a time), `MESSAGES` (slots), `STORAGE`
//! (bytes of all waiting messages), `IN_FLIGHT` (requests at a time; one on a chip), `EVENTS` (bytes of untaken
//! events; from [`EVENTS_MIN`] on the largest update fits). The default, for 16 users and 32 messages, takes
//! 18.1 KiB on a 64-bit machine (a test holds it below 20).

mod callback;
mod event;
mod inbound;
mod poll;
mod receipts;
mod reply;
mod submit;
#[cfg(test)]
mod tests;

pub use callback::Callback;
pub use event::{Event, Outcome};
pub use inbound::WebhookAnswer;
pub use poll::{Record, RecordKind, Request, Step};
pub use reply::Lost;
pub use submit::{Options, Refused};

use crate::graph::Answer;
use crate::message::limits::Reading;
use crate::outbox::{Arena, Final, NO_USER, Slot, State};
use crate::pace::{Millis, Uplink};
use crate::retry::{BackOff, Random};
use crate::users::{Joined, Users};
use embassy_time::{Duration, Instant};
use event::EventQueue;

/// With so many bytes for events, and none waiting, every update of a webhook fits, together with the outcome it may
/// bring. An update that does not fit even then is dropped and counted.
pub const EVENTS_MIN: usize = crate::webhook::RECORD_MAX + 256;

/// A longer [`Settings::max_uplink`], in milliseconds, is taken for this: more is no delay but an outage.
const MAX_UPLINK_CAP: u64 = 3_600_000;

/// Names one submitted message; unique until 2^32 messages were submitted, and over restarts together with
/// [`Settings::boot`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Ticket(u32);

impl Ticket {
    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }

    pub(crate) fn from_u32(number: u32) -> Self {
        Self(number)
    }
}

impl core::fmt::Display for Ticket {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Priority {
    /// Yields to everything; after ten minutes it counts as normal.
    Low,
    /// One at a time, at the steady pace.
    #[default]
    Normal,
    /// Goes first, and may burst.
    Urgent,
}

/// Names a request that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RequestId {
    lane: u16,
    serial: u32,
}

impl RequestId {
    /// Which of the `IN_FLIGHT` lanes it takes, from 0 on; no two requests under way have the same.
    pub fn lane(self) -> usize {
        usize::from(self.lane)
    }
}

/// What the client has to know of the device and its surroundings.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Whether there is a journal: then [`Client::poll`] gives [`Step::Store`], and no request begins before its
    /// message and its intent are stored.
    pub journal: bool,
    /// Which of two pages of Meta's that disagree about a limit is believed. Default: the stricter one.
    pub reading: Reading,
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
        }
    }
}

/// A request under way.
#[derive(Debug)]
struct Flight {
    id: RequestId,
    slot: usize,
    began: u64,
    answer: Option<Answer>,
}

/// Meta stopped the number or the account.
#[derive(Debug)]
struct Hold {
    code: u32,
    /// The event could not be told yet.
    untold: bool,
}

/// The machine. See the module's text for how to run it.
#[derive(Debug)]
pub struct Client<
    const USERS: usize = 16,
    const MESSAGES: usize = 32,
    const STORAGE: usize = 8192,
    const IN_FLIGHT: usize = 1,
    const EVENTS: usize = 2560,
> {
    settings: Settings,
    users: Users<USERS>,
    slots: [Option<Slot>; MESSAGES],
    arena: Arena<STORAGE>,
    flights: [Option<Flight>; IN_FLIGHT],
    receipts: receipts::Receipts,
    events: EventQueue<EVENTS>,
    link: BackOff,
    throttle: BackOff,
    account: BackOff,
    hold: Option<Hold>,
    /// That a hold is over could not be told yet.
    resumed_untold: bool,
    random: Random,
    next_ticket: u32,
    next_serial: u32,
    /// The record that the journal is storing: its number, and the slot and attempt it is about.
    storing: Option<poll::Storing>,
    record_head: [u8; poll::RECORD_HEAD],
    /// Ids of the last messages taken, so that a redelivery is not taken twice.
    seen: [u64; inbound::SEEN],
    seen_next: usize,
    resume_points: [Option<inbound::ResumePoint>; inbound::RESUME_POINTS],
    dropped_events: u32,
}

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// A client with nothing to do.
    pub const fn new(settings: Settings) -> Self {
        let random = Random::new(settings.seed);
        Self {
            settings,
            users: Users::new(),
            slots: [const { None }; MESSAGES],
            arena: Arena::new(),
            flights: [const { None }; IN_FLIGHT],
            receipts: receipts::Receipts::new(),
            events: EventQueue::new(),
            link: BackOff::new(1_000, 60_000),
            throttle: BackOff::new(1_000, 60_000),
            account: BackOff::new(60_000, 3_600_000),
            hold: None,
            resumed_untold: false,
            random,
            next_ticket: 1,
            next_serial: 1,
            storing: None,
            record_head: [0; poll::RECORD_HEAD],
            seen: [0; inbound::SEEN],
            seen_next: 0,
            resume_points: [None; inbound::RESUME_POINTS],
            dropped_events: 0,
        }
    }

    /// What it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Messages that Meta has not taken yet: queued, in flight or maybe sent.
    pub fn waiting(&self) -> usize {
        let waits = |slot: &&Slot| matches!(slot.state, State::Queued | State::InFlight | State::MaybeSent);
        self.slots.iter().flatten().filter(waits).count()
    }

    /// Tickets whose outcome was not told yet.
    pub fn open(&self) -> usize {
        self.slots.iter().flatten().count()
    }

    /// Requests under way.
    pub fn in_flight(&self) -> usize {
        self.flights.iter().flatten().count()
    }

    /// Bytes of message storage that are free.
    pub fn free_storage(&self) -> usize {
        self.arena.free()
    }

    /// Events of the running commentary that were dropped because nobody took them. No outcome is ever dropped.
    pub fn dropped_events(&self) -> u32 {
        self.dropped_events
    }

    /// The error code for which everything is held, if it is.
    pub fn held(&self) -> Option<u32> {
        self.hold.as_ref().map(|hold| hold.code)
    }

    /// The prefix of this device's `biz_opaque_callback_data`, for the webhook receiver's filter.
    pub fn callback_prefix(&self) -> Callback {
        Callback::prefix(self.settings.device)
    }

    /// The cause of a hold or of a broken link is said to be gone (a new token, the network is back): try at once.
    pub fn hurry(&mut self, now: Instant) {
        let now = now.as_millis();
        self.link.hurry(now);
        self.throttle.hurry(now);
        self.account.hurry(now);
    }

    /// The next thing that happened. Call until `None`.
    pub fn next_event(&mut self) -> Option<Event<'_>> {
        self.tell_pending();
        self.events.pop()
    }

    fn uplink(&self) -> Uplink {
        let span = self.settings.max_uplink.as_millis();
        Uplink(span.min(MAX_UPLINK_CAP) as u32)
    }

    fn resend_after_ms(&self) -> u64 {
        let default = if self.settings.inbound { 60 } else { 30 };
        self.settings
            .resend_after
            .unwrap_or(Duration::from_secs(default))
            .as_millis()
    }

    fn slot(&self, index: usize) -> Option<&Slot> {
        self.slots.get(index).and_then(Option::as_ref)
    }

    fn slot_mut(&mut self, index: usize) -> Option<&mut Slot> {
        self.slots.get_mut(index).and_then(Option::as_mut)
    }

    /// Tells one thing of the running commentary, if there is room.
    fn tell(&mut self, event: &Event<'_>) {
        if self.events.push(event).is_err() {
            self.dropped_events = self.dropped_events.saturating_add(1);
        }
    }

    /// Ends a message: its bytes are free at once, its slot when its outcome had room in the queue.
    fn finish(&mut self, index: usize, end: Final) {
        self.free_body(index);
        if let Some(slot) = self.slot_mut(index) {
            slot.state = State::Done(end);
        }
        self.tell_pending();
    }

    /// What had no room in the event queue when it happened.
    fn tell_pending(&mut self) {
        if self.resumed_untold && self.events.push(&Event::Resumed).is_ok() {
            self.resumed_untold = false;
        }
        if let Some(hold) = &mut self.hold
            && hold.untold
            && !self.resumed_untold
            && self.events.push(&Event::Held { code: hold.code }).is_ok()
        {
            hold.untold = false;
        }
        for place in &mut self.slots {
            let Some(Slot {
                ticket,
                state: State::Done(end),
                ..
            }) = place
            else {
                continue;
            };
            let outcome = match end {
                Final::Read => Outcome::Read,
                Final::Delivered => Outcome::Delivered,
                Final::Accepted => Outcome::Accepted,
                Final::Unanswered => Outcome::Unanswered,
                Final::Expired => Outcome::Expired,
                Final::Failed(code) => Outcome::Failed { code: *code },
                Final::Evicted => Outcome::Evicted,
                Final::Unknown => Outcome::Unknown,
            };
            if self
                .events
                .push(&Event::Outcome {
                    ticket: *ticket,
                    outcome,
                })
                .is_ok()
            {
                *place = None;
            }
        }
    }

    /// Gives a message's bytes back.
    fn free_body(&mut self, index: usize) {
        let Some(slot) = self.slot_mut(index) else { return };
        let gone = core::mem::take(&mut slot.body);
        if gone.len == 0 {
            return;
        }
        self.arena.take_out(gone);
        for slot in self.slots.iter_mut().flatten() {
            slot.body = slot.body.closed_up(gone);
        }
    }

    /// Points the messages of a joined entry to the one that stays.
    fn follow_join(&mut self, joined: [Option<Joined>; 2]) {
        for Joined { from, to } in joined.into_iter().flatten() {
            for slot in self.slots.iter_mut().flatten().filter(|slot| slot.user == from) {
                slot.user = to;
            }
            self.receipts.moved(from, to);
        }
    }

    fn forget_user(&mut self, index: u16) {
        for slot in self.slots.iter_mut().flatten().filter(|slot| slot.user == index) {
            slot.user = NO_USER;
        }
        self.receipts.moved(index, NO_USER);
    }
}

fn millis(now: u64) -> Millis {
    Millis::new(now)
}
