//! The client: one sans-IO machine that owns every decision. Whoever runs it moves bytes and tells the time.
//!
//! The contract: call one of the methods that change something (`submit`, `on_reply_end`, `on_lost`, `on_webhook`, …),
//! then call [`Client::poll`] until it answers [`Step::WaitUntil`] or [`Step::Idle`], and take the events with
//! [`Client::next_event`]. Nothing happens by itself; time is always a parameter and never goes back.
//!
//! ```text
//! submit(now, recipient, message, options) -> Ticket | Refused
//! submit_alarm(now, recipients, message, options, alarm) -> Ticket | Refused
//! withdraw(ticket)                            takes back what has not gone
//! poll(now)                                -> Store(record) | Send(id, request) | WaitUntil(instant) | Idle
//! on_stored(seq), on_not_stored(seq)          the journal has it, or cannot
//! restore(now, key, bytes), restored(now)     what the journal had at the start
//! on_reply(id, status), on_reply_body(id, bytes), on_reply_end(now, id)
//! on_lost(now, id, NotSent | MaybeSent)
//! on_webhook(now, signature, batch)           what a signed webhook brought
//! set_clock(now, unix_seconds)                the time of day is known
//! next_wake(now, slack)                    -> when a radio that is off is needed
//! next_event()                             -> what happened; one outcome for each ticket
//! ```
//!
//! In flash, what several of the methods share is called and not inlined (`inline(never)`): 2 KB less on riscv32.
//!
//! Memory: everything is inline, by five capacities: `USERS` (debts kept at a time), `MESSAGES` (slots), `STORAGE`
//! (bytes of all waiting messages), `IN_FLIGHT` (requests at a time; one on a chip), `EVENTS` (bytes of untaken
//! events; from [`EVENTS_MIN`] on the largest update fits). The default, for 16 users and 32 messages, takes
//! 20.2 KiB on a 64-bit machine (a test holds it below 21).

mod alarm;
mod callback;
pub(crate) mod calm;
mod charges;
mod choose;
mod event;
mod heartbeat;
mod heed;
mod inbound;
mod journal;
mod merge;
mod permit;
mod poll;
mod receipts;
mod reply;
mod restore;
mod settings;
mod submit;
mod templates;
#[cfg(test)]
mod tests;
mod wake;
pub(crate) mod wishes;

#[cfg(feature = "alerts")]
pub use alarm::{Alarm, InvalidAlarm, Order, RECIPIENTS_MAX};
pub use callback::Callback;
pub use charges::Charges;
pub use event::{Event, Outcome};
pub use inbound::WebhookAnswer;
pub use journal::{Change, Record};
pub use merge::Merge;
pub use permit::UnknownWindow;
pub use poll::{Request, Step};
pub use reply::Lost;
pub use restore::{RestoreError, is_message};
pub use settings::Settings;
pub use submit::{Options, Refused};
pub use wishes::{Command, Unheeded, Wishes};

use crate::division::ms;
use crate::graph::Answer;
use crate::message::Stored;
use crate::outbox::{Arena, Final, STRANGER, Slot, Span, State, is_known, taken, taken_mut};
use crate::pace::{MessagingLimit, Millis, Reach, Throughput, Uplink};
use crate::recipient::{Bsuid, Name, PhoneNumber};
use crate::retry::{BackOff, Random};
use crate::users::{UserIndex, Users};
#[cfg(feature = "fingerprint")]
use core::hash::{Hash, Hasher};
use embassy_time::{Duration, Instant};
use event::{EventQueue, kind};
use receipts::Receipts;

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

    /// No message's.
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn from_u32(number: u32) -> Self {
        Self(number)
    }
}

impl core::fmt::Display for Ticket {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(crate::json::Digits::new(self.0.into()).as_str())
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

/// A request under way.
#[derive(Debug, Clone)]
struct Flight {
    id: RequestId,
    slot: usize,
    began: u64,
    answer: Option<Answer>,
}

/// Meta stopped the number or the account.
#[derive(Debug, Clone, Hash)]
struct Hold {
    code: u32,
    /// The event could not be told yet.
    untold: bool,
}

/// The machine. See the module's text for how to run it.
///
/// What is small stands first, and in this order (`repr(C)`): further away than 2 KiB a field takes three instructions more.
///
/// A clone is for tests that try what else could have happened: two that run would send everything twice.
#[derive(Clone)]
#[repr(C)]
pub struct Client<
    const USERS: usize = 16,
    const MESSAGES: usize = 32,
    const STORAGE: usize = 8192,
    const IN_FLIGHT: usize = 1,
    const EVENTS: usize = 2560,
> {
    settings: Settings,
    link: BackOff,
    throttle: BackOff,
    account: BackOff,
    /// Milliseconds of Unix time at the clock's start.
    unix_start: Option<u64>,
    hold: Option<Hold>,
    /// The record that the journal is storing: its number, and the slot and attempt it is about.
    storing: Option<journal::Storing>,
    /// The last intent that the journal has.
    intent: Option<journal::Storing>,
    random: Random,
    next_ticket: u32,
    next_serial: u32,
    dropped_events: u32,
    redelivered: u32,
    /// How many inbound messages were ever taken.
    seen_taken: u32,
    /// That a hold is over could not be told yet.
    resumed_untold: bool,
    /// An event was handed out, and no further one asked for.
    event_out: bool,
    /// That the messaging limit is reached was told.
    limit_told: bool,
    /// What was sent to everybody, for the cap of a day.
    today: calm::Day,
    /// When messages with a key began.
    begun: merge::Begun,
    /// There is a journal, and the time of day is not known.
    awaits_clock: bool,
    /// When the journal was read, and until when nothing is sent because of what it said.
    restored_at: u64,
    silent_until: u64,
    record_head: [u8; journal::HEAD],
    resume_points: [inbound::ResumePoint; inbound::RESUME_POINTS],
    /// Ids of the last messages taken, so that a redelivery is not taken twice.
    seen: [u64; inbound::SEEN],
    templates: templates::Templates,
    throughput: Throughput,
    reach: Reach,
    receipts: Receipts,
    charges: charges::Counts,
    heartbeat: heartbeat::Heartbeat,
    /// Commands that could be repeated.
    commands: wishes::Remembered,
    unsaved: journal::Unsaved<MESSAGES>,
    slots: [Slot; MESSAGES],
    flights: [Option<Flight>; IN_FLIGHT],
    users: Users<USERS>,
    events: EventQueue<EVENTS>,
    arena: Arena<STORAGE>,
}

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> core::fmt::Debug for Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// How much there is to do: who is written to, and what, is personal data.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Client")
            .field("open", &self.open())
            .field("in_flight", &self.in_flight())
            .field("held", &self.held())
            .finish_non_exhaustive()
    }
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
    // Inlined into who keeps it in a static, it is put together in pieces on the stack that are copied one by one.
    #[inline(never)]
    pub const fn new(settings: Settings) -> Self {
        let random = Random::new(settings.seed);
        let awaits_clock = cfg!(feature = "journal") && settings.journal;
        Self {
            settings,
            users: Users::new(),
            slots: const { [Slot::FREE; MESSAGES] },
            arena: Arena::new(),
            flights: [const { None }; IN_FLIGHT],
            receipts: Receipts::new(),
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
            intent: None,
            record_head: [0; journal::HEAD],
            seen: [0; inbound::SEEN],
            seen_taken: 0,
            resume_points: const { [inbound::ResumePoint::NONE; inbound::RESUME_POINTS] },
            dropped_events: 0,
            redelivered: 0,
            unix_start: None,
            templates: templates::Templates::new(),
            reach: Reach::new(),
            event_out: false,
            limit_told: false,
            charges: [0; 5],
            heartbeat: heartbeat::Heartbeat::NONE,
            commands: wishes::Remembered::NONE,
            today: calm::Day::NONE,
            begun: merge::Begun::NONE,
            awaits_clock,
            restored_at: 0,
            silent_until: 0,
            unsaved: journal::Unsaved::new(),
            throughput: Throughput::new(),
        }
    }

    /// Feeds a hasher with all that the next steps at `now` depend on, for checks that go through every state. What is
    /// over is left out (slots that are free, debts that are paid, waits that ended), and so is what only tells states
    /// apart: numbers of requests and records, figures for people, and how many messages went out lately, which
    /// matters only near a limit of Meta's.
    ///
    /// Nor with what keys, the heartbeat, charges and commands remember: a check that uses them needs more.
    #[cfg(feature = "fingerprint")]
    pub fn fingerprint<H: Hasher>(&self, now: Instant, hasher: &mut H) {
        for wait in [&self.link, &self.throttle, &self.account] {
            wait.active().then_some(wait).hash(hasher);
        }
        (self.random, self.unix_start, &self.hold).hash(hasher);
        (self.resumed_untold, self.limit_told).hash(hasher);
        for record in [self.storing, self.intent] {
            record.map(journal::Storing::what).hash(hasher);
        }
        (self.event_out, self.next_ticket, self.today, self.awaits_clock).hash(hasher);
        (self.restored_at, self.silent_until).hash(hasher);
        (self.resume_points, self.seen, self.seen_taken).hash(hasher);
        (&self.templates, &self.receipts, &self.unsaved).hash(hasher);
        for slot in &self.slots {
            slot.is_taken().then_some(slot).hash(hasher);
        }
        for user in self.users.all() {
            let mut user = user.clone();
            if let Some(pace) = user.as_mut().map(|user| &mut user.pace) {
                pace.forget_paid(millis(ms(now.as_ticks())));
            }
            user.hash(hasher);
        }
        for flight in &self.flights {
            let under_way = flight.as_ref().map(|it| (it.slot, it.began, it.answer.is_some()));
            under_way.hash(hasher);
        }
        hasher.write(self.events.waiting());
        hasher.write(self.arena.used());
    }

    /// What it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Messages that Meta has not taken yet: queued, in flight or maybe sent.
    pub fn waiting(&self) -> usize {
        let waits = |slot: &Slot| matches!(slot.state, State::Queued | State::InFlight | State::MaybeSent);
        self.slots.iter().filter(|slot| waits(slot)).count()
    }

    /// Tickets whose outcome was not told yet.
    pub fn open(&self) -> usize {
        taken(&self.slots).count()
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

    /// Updates that Meta delivered again although they were taken, and that were taken no second time.
    pub fn redelivered(&self) -> u32 {
        self.redelivered
    }

    /// The time of day at `now`: from here on users' messages open customer service windows. Without it, or without a
    /// `timestamp`, they do not: a webhook may come up to seven days after its message. To be told again when the time
    /// was corrected. That seconds are rounded is within [`Settings::max_uplink`].
    pub fn set_clock(&mut self, now: Instant, unix_seconds: u64) {
        let now = ms(now.as_ticks());
        self.unix_start = unix_seconds.saturating_mul(1_000).checked_sub(now);
        self.clock_is_known(now);
    }

    /// What waited for the time of day goes on, if that is known.
    fn clock_is_known(&mut self, now: u64) {
        if let Some(start) = self
            .unix_start
            .filter(|_| cfg!(feature = "journal") && self.awaits_clock)
        {
            self.place_in_time(now, start);
        }
    }

    /// The portfolio's messaging limit is known, as from the number's fields; webhooks may tell another later.
    pub fn set_messaging_limit(&mut self, now: Instant, limit: MessagingLimit) {
        self.settings.messaging_limit = limit;
        self.look_again(ms(now.as_ticks()));
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
        let now = ms(now.as_ticks());
        self.link.hurry(now);
        self.throttle.hurry(now);
        self.account.hurry(now);
    }

    /// The next thing that happened. Call until `None`, and deal with each event before the next call: that says that the
    /// last one need not outlive a loss of power any more. With a journal a [`Command`] is told when that has stored its
    /// message's id, and what happened after it waits for it: to be called again after [`Client::on_stored`].
    #[inline(never)]
    pub fn next_event(&mut self) -> Option<Event<'_>> {
        self.tell_pending();
        self.event_out = false;
        if self.holds_back_command() {
            return None;
        }
        self.event_out = !self.events.is_empty();
        self.events.pop()
    }

    #[inline(never)]
    fn uplink(&self) -> Uplink {
        let span = ms(self.settings.max_uplink.as_ticks());
        Uplink(span.min(MAX_UPLINK_CAP) as u32)
    }

    fn resend_after_ms(&self) -> u64 {
        let default = if self.settings.inbound { 60 } else { 30 };
        let after = self.settings.resend_after.unwrap_or(Duration::from_secs(default));
        ms(after.as_ticks())
    }

    #[inline(never)]
    fn slot(&self, index: usize) -> Option<&Slot> {
        self.slots.get(index).filter(|slot| slot.is_taken())
    }

    #[inline(never)]
    fn slot_mut(&mut self, index: usize) -> Option<&mut Slot> {
        self.slots.get_mut(index).filter(|slot| slot.is_taken())
    }

    /// The message in this slot, as long as it is whole.
    #[cfg_attr(feature = "alerts", inline(never))]
    fn content(&self, slot: &Slot) -> Stored<'_> {
        Stored::new(self.arena.get(slot.body))
    }

    /// Tells one thing of the running commentary, if there is room.
    fn tell(&mut self, kind: u8, ticket: Ticket, code: u32, text: &str) {
        self.tell_bytes(kind, ticket, code, text.as_bytes());
    }

    #[inline(never)]
    fn tell_bytes(&mut self, kind: u8, ticket: Ticket, code: u32, bytes: &[u8]) {
        if self.events.push(kind, ticket, code, bytes).is_err() {
            self.drop_event();
        }
    }

    #[inline(never)]
    fn drop_event(&mut self) {
        self.dropped_events = self.dropped_events.saturating_add(1);
    }

    /// Ends a message: its bytes are free at once, its slot when its outcome had room in the queue.
    fn finish(&mut self, index: usize, end: Final) {
        self.leave_alarm(index, end);
        self.free_body(index);
        if let Some(slot) = self.slot_mut(index) {
            slot.state = State::Done;
            slot.end = end;
        }
        self.tell_pending();
    }

    /// Ends a message that cannot be sent, with Meta's code.
    #[inline(never)]
    fn fail(&mut self, index: usize, code: u32) {
        if let Some(slot) = self.slot_mut(index) {
            slot.failure = code;
        }
        self.finish(index, Final::Failed);
    }

    /// What had no room in the event queue when it happened.
    fn tell_pending(&mut self) {
        if self.resumed_untold && self.events.push(kind::RESUMED, Ticket::NONE, 0, &[]).is_ok() {
            self.resumed_untold = false;
        }
        if let Some(hold) = &mut self.hold
            && hold.untold
            && !self.resumed_untold
            && self.events.push(kind::HELD, Ticket::NONE, hold.code, &[]).is_ok()
        {
            hold.untold = false;
        }
        for slot in &mut self.slots {
            if slot.state == State::Done && self.events.push_end(slot.ticket, slot.end, slot.failure).is_ok()
            {
                slot.state = State::Free;
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
        for slot in &mut self.slots {
            slot.body = slot.body.closed_up(gone);
        }
    }

    /// Learns that these are one user's names, and `known`'s if that is said; messages follow.
    fn learn(&mut self, now: u64, known: Option<UserIndex>, wa_id: Option<&str>, user_id: Option<&str>) {
        let number = wa_id.and_then(|text| PhoneNumber::from_wa_id(text).ok());
        let id = user_id.filter(|text| Bsuid::check(text).is_ok());
        let names = [number.map(Name::Phone), id.map(Name::User)];
        let (slots, receipts) = (&mut self.slots, &mut self.receipts);
        self.users.learn(known, &names, millis(now), &mut |from, to| {
            move_user(slots, receipts, from, to);
        });
        self.adopt();
    }

    /// Finds the strangers that the table has learnt to know.
    fn adopt(&mut self) {
        for slot in taken_mut(&mut self.slots).filter(|slot| !is_known(slot.user)) {
            let name = Stored::new(self.arena.get(slot.body)).name();
            if let Some(user) = name.and_then(|name| self.users.find(name)) {
                slot.user = user;
            }
        }
    }

    /// Whether a message that is still whole goes to whom is called so.
    #[inline(never)]
    fn is_to(&self, slot: &Slot, name: Name<'_>) -> bool {
        self.content(slot).name() == Some(name)
    }

    /// A number that no stranger has.
    #[inline(never)]
    fn stranger(&self) -> UserIndex {
        let taken = |number: &UserIndex| taken(&self.slots).any(|slot| slot.user == *number);
        let mut numbers = STRANGER..UserIndex::MAX;
        numbers.find(|number| !taken(number)).unwrap_or(UserIndex::MAX)
    }

    /// Until when nothing begins by itself, where the link, the number or the account fails.
    #[inline(never)]
    fn failing_until(&self) -> Option<u64> {
        let (mut any, mut until) = (false, 0);
        for wait in [&self.link, &self.throttle, &self.account] {
            any |= wait.active();
            until = wait.until().max(until);
        }
        any.then_some(until)
    }

    /// An entry for somebody, who gets one if there is a place; who is forgotten for it becomes a stranger.
    fn admit(&mut self, whom: Whom<'_>, now: u64) -> Option<UserIndex> {
        let (name, below) = match whom {
            // Nobody who is worth anything is forgotten for one who only wrote.
            Whom::Sender(name) => (name, 1),
            Whom::Recipient(name) => (name, u8::MAX),
            Whom::RecipientOf(body) => (Stored::new(self.arena.get(body)).name()?, u8::MAX),
        };
        if let Some(user) = self.users.find(name) {
            return Some(user);
        }
        let slots = &self.slots;
        let pinned = |user| slots.iter().any(|slot| slot.user == user && slot.needs_user());
        let (user, forgotten) = self.users.admit(name, millis(now), below, &pinned)?;
        if forgotten {
            let stranger = self.stranger();
            move_user(&mut self.slots, &mut self.receipts, user, stranger);
        }
        self.adopt();
        Some(user)
    }
}

/// Who is to have an entry in the table of users.
#[derive(Clone, Copy)]
enum Whom<'a> {
    Sender(Name<'a>),
    Recipient(Name<'a>),
    RecipientOf(Span),
}

/// The user of this index is that one from now on.
#[inline(never)]
fn move_user(slots: &mut [Slot], receipts: &mut Receipts, from: UserIndex, to: UserIndex) {
    for slot in slots.iter_mut().filter(|slot| slot.user == from) {
        slot.user = to;
    }
    receipts.moved(from, to);
}

fn millis(now: u64) -> Millis {
    Millis::new(now)
}
