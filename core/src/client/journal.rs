//! What outlives a loss of power: which records the journal keeps, and when they are written.
//!
//! The journal is a table in flash that holds the newest record of each key. The client says what to write or to drop
//! with [`Step::Store`](super::Step::Store) and finds it again with [`Client::restore`]; how flash is written is the
//! adapter's. Under each key:
//!
//! | key | record | written |
//! | - | - | - |
//! | `0x0001_0000` | how tickets are numbered; the last heartbeat; what is charged for; how many went out today | once in 64 tickets, a heartbeat, 16 messages that are charged for; where all have a daily cap, when one that counts is dropped |
//! | `0x0002_0000` | positions in half-taken webhooks | when one is answered 503 and its events were taken |
//! | `0x0003_0000` + n | an inbound message that was taken | when it is; a command before it is told |
//! | `0x0004_0000` + user | names, debt, window, opt-out, stop, how many went to it today | when a message that owes, or counts for a daily cap, is dropped, or the others change |
//! | `0x0005_0000` + slot | a message | before its first request, and when an update took its place |
//! | | an alarm | before its first message, and when somebody took it and others are to be told |
//! | `0x0006_0000` + slot | how far it is | before each request (the intent), and when that was answered |
//! | | how many went out that day, it included, where there are daily caps | |
//! | | who was told of an alarm | when its message is in the journal, before that goes; when one ends, or asks for more time |
//!
//! A message's record is there as long as its ticket has no outcome that the application took. That is why it is
//! dropped only when all events were taken and [`Client::next_event`] had no more, and why a webhook should be answered
//! only when [`Client::has_unsaved`] says no: what the journal has not yet, Meta delivers again. An update of a message
//! that waits writes its record over. What the journal holds fits into the client's storage at any
//! time: a new message's record is written when those of ended ones are gone, and of settled ones no bytes are needed.
//!
//! Each record begins with its format, 1. Numbers are little endian, times Unix time in seconds, 0 where the time of
//! day was not known. Nothing secret is in any record, but whom is written to, and what, is.
//!
//! Memory: two bytes a message, 16 bytes a user, and the head of the record that is being stored.

use super::calm::Day;
use super::event::kind as event;
use super::inbound::{SEEN, place_bit};
use super::{Client, Step, Ticket, millis};
use crate::outbox::{Aside, Slot, State};
use crate::pace::{INTENT_AGE, Millis};
use crate::retry::{after, before};
use crate::users::{User, UserIndex};
use crate::window::Window;

/// The format of all records.
pub(super) const FORMAT: u8 = 1;
/// So many tickets are numbered before the journal has to know again.
const TICKETS: u32 = 64;
/// Bytes of the longest head, a user's.
pub(super) const HEAD: usize = 48;

/// One change of the journal.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    /// To be given to [`Client::on_stored`] or [`Client::on_not_stored`].
    pub seq: u32,
    /// What it is about: under each key the newest record counts.
    pub key: u32,
    /// What becomes of that key.
    pub change: Change<'a>,
}

/// What becomes of a key in the journal.
#[derive(Clone, Copy)]
pub enum Change<'a> {
    /// These bytes, `head` first, take the place of what is there.
    Write {
        /// At most 48 bytes.
        head: &'a [u8],
        /// A message in its compact form, or a user's id; often empty.
        body: &'a [u8],
    },
    /// There is nothing any more.
    Remove,
}

impl core::fmt::Debug for Record<'_> {
    /// Its number, key and size: the rest is personal data.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let len = match self.change {
            Change::Write { head, body } => head.len().saturating_add(body.len()),
            Change::Remove => 0,
        };
        f.debug_struct("Record")
            .field("seq", &self.seq)
            .field("key", &self.key)
            .field("len", &len)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Record<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Record({}, {=u32:x})", self.seq, self.key);
    }
}

/// The upper half of a key.
pub(super) mod kind {
    pub(crate) const NUMBERING: u16 = 1;
    pub(crate) const RESUME: u16 = 2;
    pub(crate) const SEEN: u16 = 3;
    pub(crate) const USER: u16 = 4;
    pub(crate) const MESSAGE: u16 = 5;
    pub(crate) const STATE: u16 = 6;
}

/// Where a message stands, as the journal has it.
pub(super) mod state {
    pub(crate) const QUEUED: u8 = 0;
    /// A request was about to begin, or was not answered.
    pub(crate) const INTENT: u8 = 1;
    pub(crate) const ACCEPTED: u8 = 2;
    /// No message but an alarm: who had a turn stands in the place of its faults.
    pub(crate) const ALARM: u8 = 3;
}

/// Bits of a message's options.
pub(super) mod option {
    pub(crate) const ORDERED: u8 = 1;
    pub(crate) const AT_MOST_ONCE: u8 = 2;
    pub(crate) const MARKETING: u8 = 4;
    /// It has a key: what that is, for how many messages it stands and how long it waits follow the other numbers.
    pub(crate) const KEY: u8 = 8;
    /// No message but an alarm.
    pub(crate) const ALARM: u8 = 16;
    /// Somebody took it, and its ticket has ended.
    pub(crate) const CLOSED: u8 = 32;
}

/// Bits of a message's state; its progress is in the upper two.
pub(super) mod flag {
    pub(crate) const FALLBACK: u8 = 1;
    pub(crate) const SETTLED: u8 = 2;
    pub(crate) const MAYBE_SENT_ONCE: u8 = 4;
    pub(crate) const DUPLICATE_TOLD: u8 = 8;
    pub(crate) const CHARGED: u8 = 32;
    pub(crate) const PROGRESS_SHIFT: u32 = 6;
}

/// Bits of a user.
pub(super) mod user {
    pub(crate) const GROUP: u8 = 1;
    pub(crate) const OPTED_OUT: u8 = 2;
    /// The customer service window is closed.
    pub(crate) const CLOSED: u8 = 4;
    /// Wants nothing at all.
    pub(crate) const STOPPED: u8 = 8;
}

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum What {
    Numbering,
    Resume,
    Seen,
    User,
    Message,
    /// A message that is no more.
    Remove,
    State,
    /// The state in which a message's next request begins.
    Intent,
}

/// What is to be stored next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    what: What,
    /// Of an intent: the request may join a window.
    urgent: bool,
    /// Of an intent: with the fallback template.
    fallback: bool,
    /// Which of them.
    index: usize,
}

impl Place {
    fn new(what: What, index: usize) -> Self {
        Self {
            what,
            urgent: false,
            fallback: false,
            index,
        }
    }

    /// How a request is about to begin.
    pub(super) fn intent(index: usize, urgent: bool, fallback: bool) -> Self {
        Self {
            what: What::Intent,
            urgent,
            fallback,
            index,
        }
    }

    fn key(self) -> u32 {
        let kind = match self.what {
            What::Numbering => kind::NUMBERING,
            What::Resume => kind::RESUME,
            What::Seen => kind::SEEN,
            What::User => kind::USER,
            What::Message | What::Remove => kind::MESSAGE,
            What::State | What::Intent => kind::STATE,
        };
        u32::from(kind) << 16 | self.index as u32
    }
}

/// What the journal has to do about a slot, in the order in which it is done.
#[derive(Clone, Copy)]
enum Task {
    State,
    Closed,
    DropAlarm,
    Drop,
    Message,
    /// Its record becomes longer.
    LongerMessage,
    None,
}

/// The record that the journal is storing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Storing {
    seq: u32,
    place: Place,
    /// Whose, where it is a message's, and the number of its next request.
    ticket: u32,
    attempt: u16,
    /// When it was given to the journal.
    at: Millis,
}

#[cfg(feature = "fingerprint")]
impl Storing {
    /// All of it but the number of the record.
    pub(super) fn what(self) -> (Place, u32, u16, Millis) {
        (self.place, self.ticket, self.attempt, self.at)
    }
}

/// What the journal has not yet, besides what messages and users know of themselves.
#[derive(Debug, Clone, Hash)]
pub(super) struct Unsaved<const MESSAGES: usize> {
    /// Tickets from here on must not be given away before the journal knows.
    pub(super) numbered: u32,
    /// What stands beside that has changed enough.
    pub(super) counts: bool,
    /// Messages counted among what is charged for since it was stored.
    pub(super) charges: u8,
    /// So has, but for what the messages' records say, how many went out today.
    pub(super) day: bool,
    pub(super) resume: bool,
    /// A bit for each inbound message that is remembered.
    pub(super) seen: u16,
    /// What may lie under the key of this slot.
    pub(super) kept: [Kept; MESSAGES],
}

/// Whose record may lie in the journal, and how many bytes it has besides its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Kept(u16);

impl Kept {
    pub(super) const NOTHING: Self = Self(0);
    /// Set for an alarm's. It goes before its messages' records do: without it they are known to be over.
    const ALARM: u16 = 0x8000;

    pub(super) fn new(len: usize, alarm: bool) -> Self {
        let len = (len.min(usize::from(!Self::ALARM)) as u16).max(1);
        Self(if cfg!(feature = "alerts") && alarm {
            len | Self::ALARM
        } else {
            len
        })
    }

    fn is_alarm(self) -> bool {
        cfg!(feature = "alerts") && self.0 & Self::ALARM != 0
    }

    fn len(self) -> u32 {
        u32::from(self.0 & !Self::ALARM)
    }
}

const _: () = assert!(SEEN <= 16, "a bit for each");

impl<const MESSAGES: usize> Unsaved<MESSAGES> {
    pub(super) const fn new() -> Self {
        Self {
            numbered: 0,
            counts: false,
            charges: 0,
            day: false,
            resume: false,
            seen: 0,
            kept: [Kept::NOTHING; MESSAGES],
        }
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
    /// Keys that the journal has at most: the tickets' numbers, the positions in webhooks, messages that were taken, users,
    /// and two for each message.
    pub const RECORDS: usize = 2 + SEEN + USERS + 2 * MESSAGES;

    /// Whether there is a journal.
    pub(super) fn journals(&self) -> bool {
        cfg!(feature = "journal") && self.settings.journal
    }

    /// Whether something that must outlive a loss of power is not in the journal yet, or not with the application, which
    /// has to take its events first. To be asked before a webhook is answered: what is lost before that, Meta delivers
    /// again.
    pub fn has_unsaved(&self) -> bool {
        self.journals()
            && (self.storing.is_some()
                || self.unsaved.resume
                || self.unsaved.seen != 0
                || !self.is_told()
                || self.next_ticket > self.unsaved.numbered
                || self
                    .slots
                    .iter()
                    .zip(&self.unsaved.kept)
                    .any(|(slot, kept)| match slot.state {
                        State::Free => *kept != Kept::NOTHING,
                        State::Done => false,
                        _ => slot.unsaved || !slot.committed,
                    })
                || self.users.all().iter().flatten().any(|user| user.unsaved))
    }

    /// Whether the application has dealt with all events: of the last one it has when it asks for another.
    fn is_told(&self) -> bool {
        let waits = self.slots.iter().any(|slot| slot.state == State::Done);
        self.events.is_empty() && !self.event_out && !waits
    }

    /// The journal has stored the record with this number. Of a message's [`Event::Saved`](super::Event::Saved) tells.
    pub fn on_stored(&mut self, seq: u32) {
        if let Some(ticket) = self.stored(seq) {
            self.tell(event::SAVED, ticket, 0, "");
        }
    }

    /// The journal could not store the record with this number: what it is about goes on without.
    pub fn on_not_stored(&mut self, seq: u32) {
        self.stored(seq);
    }

    /// Goes on behind the record with this number; the ticket whose message it held.
    fn stored(&mut self, seq: u32) -> Option<Ticket> {
        let storing = self.storing.take_if(|storing| storing.seq == seq)?;
        let of_this = |slot: &&mut Slot| slot.ticket.get() == storing.ticket;
        let index = storing.place.index;
        match storing.place.what {
            What::Message => {
                let slot = self.slot_mut(index).filter(of_this)?;
                slot.committed = true;
                return Some(slot.ticket);
            }
            What::Intent => self.intent = Some(storing),
            // It took the place of that message's intent.
            What::State => {
                self.intent.take_if(|intent| intent.ticket == storing.ticket);
            }
            What::Remove => {
                if let Some(kept) = self.unsaved.kept.get_mut(index) {
                    *kept = Kept::NOTHING;
                }
            }
            // Now it may be told.
            What::Seen => self.commands.unsaved &= !place_bit(index),
            What::Numbering | What::Resume | What::User => {}
        }
        None
    }

    /// What the journal has to store next, apart from intents.
    pub(super) fn next_to_store(&self, now: u64) -> Option<Place> {
        if !self.journals() || self.storing.is_some() {
            return None;
        }
        self.unsaved_place(now)
    }

    #[cfg_attr(feature = "alerts", inline(never))]
    fn unsaved_place(&self, now: u64) -> Option<Place> {
        if self.next_ticket > self.unsaved.numbered || cfg!(feature = "alerts") && self.unsaved.counts {
            return Some(Place::new(What::Numbering, 0));
        }
        // Before it is told, and it acknowledges nothing.
        let command = self.commands.unsaved & self.unsaved.seen;
        if cfg!(feature = "alerts") && command != 0 {
            return Some(Place::new(What::Seen, command.trailing_zeros() as usize));
        }
        let mut first = (Task::None, 0, 0);
        for (index, (slot, kept)) in self.slots.iter().zip(&self.unsaved.kept).enumerate() {
            let (task, order) = self.task(index, slot, *kept);
            if (task as u8, order) < (first.0 as u8, first.1) {
                first = (task, order, index);
            }
        }
        let (task, _, index) = first;
        // As long as the application has not taken all events, the journal must not forget, or take for done, what they
        // tell.
        let told = self.is_told();
        match task {
            Task::State => return Some(Place::new(What::State, index)),
            // Before the answer that closed it is forgotten, and before its messages are.
            Task::Closed => return told.then_some(Place::new(What::Message, index)),
            // What is new waits until it is dropped: both together may be more than the storage holds at the next start.
            Task::DropAlarm | Task::Drop => return told.then(|| self.to_save_before(index, now)),
            Task::Message | Task::LongerMessage => return Some(Place::new(What::Message, index)),
            Task::None => {}
        }
        let unsaved = |user: &Option<User>| user.as_ref().is_some_and(|user| user.unsaved);
        if let Some(index) = self.users.all().iter().position(unsaved) {
            return Some(Place::new(What::User, index));
        }
        // After what it acknowledged was dropped: one that comes again must find that as it was.
        let seen = self.unsaved.seen;
        match (told, seen, self.unsaved.resume) {
            (true, 0, true) => Some(Place::new(What::Resume, 0)),
            (true, 1.., _) => Some(Place::new(What::Seen, seen.trailing_zeros() as usize)),
            _ => None,
        }
    }

    /// What the journal has to do about a slot, and which of two with the same goes first: the one with the lesser number.
    #[inline(never)]
    fn task(&self, index: usize, slot: &Slot, kept: Kept) -> (Task, u32) {
        let ticket = slot.ticket.get();
        let lives = slot.committed && slot.state > State::Done;
        // An alarm never tells of a message of its own that the journal does not have.
        let known = || !slot.is_alarm() || !self.awaits_commit(index);
        if slot.unsaved && lives && !slot.untouched() && known() {
            (Task::State, ticket)
        } else if slot.is_closed() && !slot.committed {
            (Task::Closed, 0)
        } else if kept != Kept::NOTHING && !lives {
            let task = if kept.is_alarm() {
                Task::DropAlarm
            } else {
                Task::Drop
            };
            (task, 0)
        } else if slot.is_unwritten() || slot.is_alarm() && !slot.committed {
            // So the journal never holds more than what waits now, or did before, although an update may have the bytes
            // that another one gave back.
            let longer = slot.body.len > kept.len();
            let task = if longer {
                Task::LongerMessage
            } else {
                Task::Message
            };
            (task, ticket)
        } else {
            (Task::None, 0)
        }
    }

    /// As long as a message's record is there it says what its user owes, and how many went out today: before it goes the
    /// user's own has to, and the one of counts.
    fn to_save_before(&self, gone: usize, now: u64) -> Place {
        if cfg!(feature = "alerts") && self.unsaved.day {
            return Place::new(What::Numbering, 0);
        }
        let owes = |user: &Option<User>| {
            user.as_ref().is_some_and(|user| {
                cfg!(feature = "alerts") && user.unsaved_day
                    || user.unsaved_debt && user.pace.owes(millis(now))
            })
        };
        let owing = self.users.all().iter().position(owes);
        owing.map_or(Place::new(What::Remove, gone), |index| {
            Place::new(What::User, index)
        })
    }

    /// Whether the journal has the intent that has to be stored before this request begins: which attempt it is, and in
    /// which form. What it has is stale when either has changed, when another request's was stored since, or when it is
    /// old: what the user owes after a loss of power counts from then on.
    #[cfg_attr(feature = "alerts", inline(never))]
    pub(super) fn has_intent(&self, intent: Place, now: u64) -> bool {
        let slot = self.slot(intent.index);
        self.intent.zip(slot).is_some_and(|(stored, slot)| {
            stored.ticket == slot.ticket.get()
                && stored.attempt == slot.attempt.saturating_add(1)
                && stored.place.fallback == intent.fallback
                && millis(now).since(stored.at).unsigned_abs() <= INTENT_AGE
        })
    }

    /// Gives a record to the journal.
    #[cfg_attr(feature = "alerts", inline(never))]
    pub(super) fn store(&mut self, place: Place, now: u64) -> Step<'_> {
        let seq = self.next_serial;
        self.next_serial = seq.wrapping_add(1);
        let slot = self.slot(place.index);
        self.storing = Some(Storing {
            seq,
            place,
            ticket: slot.map_or(0, |slot| slot.ticket.get()),
            attempt: slot.map_or(0, |slot| slot.attempt.saturating_add(1)),
            at: millis(now),
        });
        let mut head = Head::EMPTY;
        self.write_head(place, now, &mut head);
        self.record_head = head.bytes;
        let body = match place.what {
            What::Message => self.slot(place.index).map(|slot| self.arena.get(slot.body)),
            What::User => self
                .users
                .get(place.index as UserIndex)
                .map(|user| user.id().as_bytes()),
            _ => None,
        };
        let change = match place.what {
            What::Remove => Change::Remove,
            _ => Change::Write {
                head: self.record_head.get(..usize::from(head.len)).unwrap_or_default(),
                body: body.unwrap_or_default(),
            },
        };
        let key = place.key();
        Step::Store(Record { seq, key, change })
    }

    #[cfg_attr(feature = "alerts", inline(never))]
    fn write_head(&mut self, place: Place, now: u64, head: &mut Head) {
        let unix = self.unix_seconds(now);
        head.bytes(&[FORMAT]);
        let index = place.index;
        match place.what {
            What::Numbering => {
                self.unsaved.numbered = self.next_ticket.saturating_add(TICKETS);
                head.numbers(&[self.settings.boot, self.unsaved.numbered]);
                if cfg!(feature = "alerts") {
                    (self.unsaved.counts, self.unsaved.charges, self.unsaved.day) = (false, 0, false);
                    head.number(self.heartbeat.last);
                    head.numbers(&self.charges);
                    head.number(self.today.bits());
                }
            }
            What::Resume => {
                self.unsaved.resume = false;
                for point in &self.resume_points {
                    let point = point.kept();
                    head.long(point.digest);
                    head.half(point.next);
                }
            }
            What::Seen => {
                self.unsaved.seen &= !place_bit(index);
                let id = self.seen.get(index).copied().unwrap_or_default();
                head.long(id);
                head.number(self.seen_taken);
                let written = self.commands.of_place(index);
                if written > 0 {
                    head.number(written);
                }
            }
            What::User => self.write_user(index as UserIndex, now, unix, head),
            What::Message => self.write_message(index, now, unix, head),
            What::Remove => {}
            What::State | What::Intent => self.write_state(place, now, unix, head),
        }
    }

    fn write_message(&mut self, index: usize, now: u64, unix: u32, head: &mut Head) {
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        slot.unsaved = false;
        if let Some(kept) = self.unsaved.kept.get_mut(index) {
            *kept = Kept::new(slot.body.len as usize, slot.is_alarm());
        }
        let left = seconds(before(slot.expires, now));
        let waited = seconds(before(now, slot.submitted));
        // As `option` has them.
        let options = bits(&[
            slot.ordered,
            slot.at_most_once,
            slot.marketing,
            slot.merges(),
            slot.is_alarm(),
            slot.is_closed(),
        ]);
        head.bytes(&[options, slot.priority as u8, slot.policy]);
        head.numbers(&[
            slot.ticket.get(),
            slot.answer_within,
            unix,
            unix.saturating_sub(waited),
            unix.saturating_add(left),
        ]);
        if slot.merges() {
            let held = slot.aside == Aside::Merge && slot.due > now;
            let left = before(slot.due, now);
            // This and the time of day are rounded down: rather two seconds late than early.
            let left = if held { seconds(left).saturating_add(2) } else { 0 };
            head.number(slot.key);
            head.half(slot.stands_for);
            head.number(unix.saturating_add(left));
        }
    }

    #[cfg_attr(feature = "alerts", inline(never))]
    fn write_user(&mut self, index: UserIndex, now: u64, unix: u32, head: &mut Head) {
        let Some(user) = self.users.get_mut(index) else {
            return;
        };
        (user.unsaved, user.unsaved_debt, user.unsaved_day) = (false, false, false);
        let window = match user.window {
            // What was restored counts until the clock tells.
            Window::Unknown => user.window_saved,
            window => window.ends_at(millis(now), unix),
        };
        user.window_saved = window;
        // As `user` has them.
        let flags = bits(&[
            user.group,
            user.opted_out,
            user.window == Window::Closed,
            user.stop.is_so(),
        ]);
        head.bytes(&[flags]);
        head.bytes(&user.pace.to_bytes(millis(now)));
        head.number(user.today.bits());
        head.numbers(&[unix, window, user.preference_told]);
        for number in user.numbers() {
            head.long(number);
        }
    }

    fn write_state(&mut self, place: Place, now: u64, unix: u32, head: &mut Head) {
        let uplink = self.uplink();
        let Some(slot) = self.slots.get_mut(place.index) else {
            return;
        };
        slot.unsaved = false;
        let is_intent = place.what == What::Intent;
        let attempt = slot.attempt.saturating_add(u16::from(is_intent));
        let (one, all) = self.days_with(place.index, if is_intent { attempt } else { 0 }, now);
        let Some(slot) = self.slot(place.index) else {
            return;
        };
        let user = self.users.get(slot.user);
        let mut pace = user.map(|user| user.pace).unwrap_or_default();
        let mut fallback = slot.fallback;
        let (mut failure, mut message_id, mut charged) = (slot.failure, slot.message_id, slot.charged);
        let code = if is_intent {
            fallback = place.fallback;
            // What the last request came to is not what this one does.
            (failure, message_id, charged) = (0, 0, false);
            pace.begin(millis(now), place.urgent, uplink);
            state::INTENT
        } else {
            match slot.state {
                State::InFlight | State::MaybeSent => state::INTENT,
                State::Accepted => state::ACCEPTED,
                State::Alarm => state::ALARM,
                _ => state::QUEUED,
            }
        };
        if slot.is_alarm() {
            message_id = slot.alarm_bits();
        }
        // As `flag` has them.
        let flags = bits(&[
            fallback,
            slot.settled,
            slot.maybe_sent_once,
            slot.duplicate_told,
            false,
            cfg!(feature = "alerts") && charged,
        ]);
        let flags = flags | (slot.progress as u8) << flag::PROGRESS_SHIFT;
        let since = seconds(before(now, slot.accepted));
        head.number(slot.ticket.get());
        head.half(attempt);
        head.bytes(&[code, flags, slot.faults]);
        head.bytes(&pace.to_bytes(millis(now)));
        head.numbers(&[failure, unix, unix.saturating_sub(since)]);
        head.long(message_id);
        if cfg!(feature = "alerts") && (one, all) != (Day::NONE, Day::NONE) {
            head.numbers(&[one.bits(), all.bits()]);
        }
    }

    /// The time of day; 0 if it is not known.
    #[cfg_attr(feature = "alerts", inline(never))]
    pub(super) fn unix_seconds(&self, now: u64) -> u32 {
        self.unix_start.map_or(0, |start| seconds(after(start, now)))
    }
}

/// The head of a record while it is written. None is longer than its room ([`HEAD`]).
struct Head {
    bytes: [u8; HEAD],
    len: u8,
}

impl Head {
    const EMPTY: Self = Self {
        bytes: [0; HEAD],
        len: 0,
    };

    #[inline(never)]
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if let Some(place) = self.bytes.get_mut(usize::from(self.len)) {
                *place = *byte;
                self.len = self.len.saturating_add(1);
            }
        }
    }

    #[inline(never)]
    fn number(&mut self, number: u32) {
        self.bytes(&number.to_le_bytes());
    }

    #[inline(never)]
    fn numbers(&mut self, numbers: &[u32]) {
        for number in numbers {
            self.number(*number);
        }
    }

    #[inline(never)]
    fn half(&mut self, half: u16) {
        self.bytes(&half.to_le_bytes());
    }

    #[inline(never)]
    fn long(&mut self, long: u64) {
        self.bytes(&long.to_le_bytes());
    }
}

/// A bit for each that is so, from the lowest on.
#[inline(never)]
fn bits(so: &[bool]) -> u8 {
    so.iter().rev().fold(0, |bits, so| bits << 1 | u8::from(*so))
}

/// Seconds in so many milliseconds, as many as fit.
pub(super) fn seconds(ms: u64) -> u32 {
    const SECOND: crate::division::Divisor = crate::division::Divisor::of(1_000);
    u32::try_from(SECOND.divide(ms)).unwrap_or(u32::MAX)
}
