//! What to do next: housekeeping, choice of the next message, the request it becomes.
//!
//! Order within one user: first in, first out within a priority; a higher priority overtakes, but after four
//! overtakings the oldest waiting message goes next, with the rights of the one it precedes, so that it does not hold
//! up a burst. Across users: the highest priority that is due, then the longest waiting; a low one that has waited for
//! ten minutes counts as normal.

use super::callback::{Callback, Origin};
use super::{Client, Flight, Priority, RequestId, Ticket, millis};
use crate::json::Sink;
use crate::message::{Form, ReadReceipt, Stored, Wire};
use crate::outbox::{Final, NO_USER, Progress, Slot, State};
use crate::pace::Legal;
use embassy_time::Instant;

/// After so many overtakings the oldest waiting message of a user goes next.
const OVERTAKINGS: u8 = 4;
/// After so many milliseconds a low message counts as normal.
const LOW_COUNTS_AS_NORMAL_AFTER: u64 = 600_000;
/// Bytes in front of a message's body in its journal record.
pub(super) const RECORD_HEAD: usize = 32;

/// What the caller has to do.
#[derive(Debug)]
pub enum Step<'a> {
    /// Write this to the journal, then call [`Client::on_stored`].
    Store(Record<'a>),
    /// Send this, then tell what became of it. [`Client::request`] gives the request again.
    Send(RequestId, Request<'a>),
    /// Nothing before this moment, unless something is submitted, answered or received.
    WaitUntil(Instant),
    /// Nothing, unless something is submitted, answered or received.
    Idle,
}

/// What the journal has to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RecordKind {
    /// A message, before its first request.
    Message,
    /// That a request is about to begin: after a power cut the message may have been sent.
    Intent,
}

/// One record for the journal: `head` and `body` belong together, in this order.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// To be given to [`Client::on_stored`].
    pub seq: u32,
    /// What it is.
    pub kind: RecordKind,
    /// Ticket, attempt, priority, options and times.
    pub head: &'a [u8],
    /// The message in its compact form; empty for an intent.
    pub body: &'a [u8],
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Storing {
    seq: u32,
    ticket: Ticket,
    kind: RecordKind,
    attempt: u16,
}

/// One `POST` to the messages endpoint: its body, made anew each time from the compact form.
#[derive(Debug, Clone)]
pub struct Request<'a>(Content<'a>);

#[derive(Debug, Clone)]
enum Content<'a> {
    Message {
        ticket: Ticket,
        stored: Stored<'a>,
        form: Form,
        callback: Callback,
    },
    Receipt(ReadReceipt<'a>),
}

impl Request<'_> {
    /// Which message it sends; `None` for a read receipt.
    pub fn ticket(&self) -> Option<Ticket> {
        match &self.0 {
            Content::Message { ticket, .. } => Some(*ticket),
            Content::Receipt(_) => None,
        }
    }

    fn wire(&self) -> Option<Wire<'_>> {
        match &self.0 {
            Content::Message {
                stored,
                form,
                callback,
                ..
            } => stored.wire(*form, callback.as_str()),
            Content::Receipt(receipt) => Some(receipt.wire()),
        }
    }

    /// Exact length of the body in bytes.
    pub fn body_len(&self) -> usize {
        self.wire().map_or(0, |wire| wire.body_len())
    }

    /// Fills `out` with the body from `offset` on; returns how many bytes that were, 0 at the end. Costs one pass over
    /// the body each time, and no memory.
    pub fn read_body(&self, offset: usize, out: &mut [u8]) -> usize {
        self.wire().map_or(0, |wire| wire.read_body(offset, out))
    }

    /// Writes the whole body to a sink.
    ///
    /// # Errors
    /// The sink's.
    pub fn write_body<S: Sink>(&self, sink: &mut S) -> Result<(), S::Error> {
        self.wire().map_or(Ok(()), |wire| wire.write_body(sink))
    }
}

/// The two messages of one user between which is chosen.
#[derive(Clone, Copy)]
struct Head {
    best: usize,
    oldest: usize,
}

/// A message that may begin now, and its place in the order: lower is first.
struct Candidate {
    slot: usize,
    oldest: usize,
    /// May join a window.
    urgent: bool,
    rank: (core::cmp::Reverse<Priority>, Ticket),
}

enum Choice {
    Begin(Candidate),
    /// Not before this many milliseconds of the clock; `None`: only something from outside changes it.
    Wait(Option<u64>),
}

fn earliest(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn effective_priority(slot: &Slot, now: u64) -> Priority {
    let waited = now.saturating_sub(slot.submitted);
    if slot.priority == Priority::Low && waited >= LOW_COUNTS_AS_NORMAL_AFTER {
        Priority::Normal
    } else {
        slot.priority
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
    /// What to do at `now`. Call again after doing it, until it says to wait.
    pub fn poll(&mut self, now: Instant) -> Step<'_> {
        let now = now.as_millis();
        self.users.forget_old(millis(now));
        self.housekeeping(now);
        if let Some(storing) = self.next_message_to_store() {
            return self.store(storing);
        }
        let mut wait = None;
        match self.choose(now) {
            Choice::Begin(candidate) => match self.intent_to_store(&candidate) {
                Some(storing) if self.storing.is_none() => return self.store(storing),
                Some(_) => {}
                None => {
                    if let Some(id) = self.begin(&candidate, now) {
                        return self
                            .request(id)
                            .map_or(Step::Idle, |request| Step::Send(id, request));
                    }
                }
            },
            Choice::Wait(at) => {
                wait = at;
                if let Some(id) = self.begin_receipt(now) {
                    return self
                        .request(id)
                        .map_or(Step::Idle, |request| Step::Send(id, request));
                }
            }
        }
        match earliest(wait, self.next_deadline()) {
            // A wait that is over by now would make the caller spin; it is over when the clock has moved on.
            Some(at) => Step::WaitUntil(Instant::from_millis(
                at.max(now.saturating_add(1)).min(Instant::MAX.as_millis()),
            )),
            None => Step::Idle,
        }
    }

    /// The request that is under way with this id.
    pub fn request(&self, id: RequestId) -> Option<Request<'_>> {
        let flight = self.flights.iter().flatten().find(|flight| flight.id == id)?;
        let Some(slot) = self.slot(flight.slot) else {
            return self
                .receipts
                .request(id)
                .map(|receipt| Request(Content::Receipt(receipt)));
        };
        Some(Request(Content::Message {
            ticket: slot.ticket,
            stored: Stored::new(self.arena.get(slot.body)),
            form: if slot.fallback {
                Form::Fallback
            } else {
                Form::Primary
            },
            callback: Callback::new(Origin {
                device: self.settings.device,
                boot: self.settings.boot,
                ticket: slot.ticket,
                attempt: slot.attempt,
            }),
        }))
    }

    /// The journal has stored the record with this number.
    pub fn on_stored(&mut self, seq: u32) {
        let Some(storing) = self.storing.take_if(|storing| storing.seq == seq) else {
            return;
        };
        if let Some(slot) = self
            .slots
            .iter_mut()
            .flatten()
            .find(|slot| slot.ticket == storing.ticket)
        {
            match storing.kind {
                RecordKind::Message => slot.committed = true,
                RecordKind::Intent => slot.intent = storing.attempt,
            }
        }
    }

    /// What time alone changes.
    fn housekeeping(&mut self, now: u64) {
        for index in 0..MESSAGES {
            let Some(slot) = self.slot_mut(index) else {
                continue;
            };
            match slot.state {
                State::Queued if slot.expires <= now => {
                    // After a lost answer nobody can say that it was not sent.
                    let end = if slot.maybe_sent_once {
                        Final::Unknown
                    } else {
                        Final::Expired
                    };
                    self.finish(index, end);
                }
                State::MaybeSent if slot.due <= now => {
                    if slot.at_most_once || slot.expires <= now {
                        self.finish(index, Final::Unknown);
                    } else {
                        slot.state = State::Queued;
                    }
                }
                State::Accepted if slot.due <= now => {
                    if slot.settled || slot.answer_overdue(now) {
                        self.conclude(index);
                    } else {
                        self.settle(index);
                    }
                }
                _ => {}
            }
        }
    }

    /// A failure is not expected any more: the bytes go, unless the payloads of its buttons are still needed.
    pub(super) fn settle(&mut self, index: usize) {
        let follow = self.settings.follow_time.as_millis();
        let Some(slot) = self.slot_mut(index) else { return };
        slot.settled = true;
        if slot.wants_answer() {
            slot.due = slot.accepted.saturating_add(u64::from(slot.answer_within));
        } else {
            slot.due = slot.accepted.saturating_add(follow);
            self.free_body(index);
        }
    }

    /// The best that is known becomes the outcome.
    pub(super) fn conclude(&mut self, index: usize) {
        let Some(slot) = self.slot(index) else { return };
        let end = match (slot.answer_within > 0, slot.progress >= Progress::Delivered) {
            (true, _) => Final::Unanswered,
            (false, true) => Final::Delivered,
            (false, false) => Final::Accepted,
        };
        self.finish(index, end);
    }

    /// When time alone changes something.
    fn next_deadline(&self) -> Option<u64> {
        self.slots
            .iter()
            .flatten()
            .fold(None, |at, slot| match slot.state {
                State::Queued => earliest(at, Some(slot.expires)),
                State::MaybeSent | State::Accepted => earliest(at, Some(slot.due)),
                State::InFlight | State::Done(_) => at,
            })
    }

    /// The next message, and until when to wait if there is none.
    fn choose(&mut self, now: u64) -> Choice {
        let flying = self.in_flight();
        if flying >= IN_FLIGHT {
            return Choice::Wait(None);
        }
        let failing = self.link.active() || self.throttle.active() || self.account.active();
        if failing {
            // One request at a time finds out whether it works again.
            let until = self
                .link
                .until()
                .max(self.throttle.until())
                .max(self.account.until());
            if flying > 0 {
                return Choice::Wait(None);
            }
            if until > now {
                let waiting = self
                    .slots
                    .iter()
                    .flatten()
                    .any(|slot| slot.state == State::Queued);
                return Choice::Wait(waiting.then_some(until));
            }
        }
        let mut heads: [Option<Head>; USERS] = [None; USERS];
        let mut newcomer: Option<Head> = None;
        let mut wait = None;
        for index in 0..MESSAGES {
            let Some(slot) = self
                .slot(index)
                .filter(|slot| slot.state == State::Queued && slot.committed)
            else {
                continue;
            };
            let mut user = slot.user;
            if user == NO_USER
                && let Some(recipient) = Stored::new(self.arena.get(slot.body)).recipient()
                && let Some(known) = self.users.find(&recipient)
            {
                user = known;
                if let Some(slot) = self.slot_mut(index) {
                    slot.user = known;
                }
            }
            let Some(slot) = self.slot(index) else { continue };
            if slot.ordered && self.waits_for_delivery(slot) {
                // It holds back nobody but the ordered ones behind it.
                continue;
            }
            if user == NO_USER && slot.due > now {
                // Newcomers are many users: one that waits does not stand in the others' way.
                wait = earliest(wait, Some(slot.due));
                continue;
            }
            let place = if user == NO_USER {
                Some(&mut newcomer)
            } else {
                heads.get_mut(usize::from(user))
            };
            let Some(place) = place else { continue };
            *place = Some(match *place {
                None => Head {
                    best: index,
                    oldest: index,
                },
                Some(head) => Head {
                    best: self.first_of(head.best, index, now),
                    oldest: if self.ticket(index) < self.ticket(head.oldest) {
                        index
                    } else {
                        head.oldest
                    },
                },
            });
        }
        let mut best: Option<Candidate> = None;
        for (user, head) in heads.iter().enumerate() {
            let Some(head) = head else { continue };
            let candidate = self.candidate(*head, now);
            let ready = self.ready_at(user, &candidate, now);
            match ready {
                Ok(()) if best.as_ref().is_none_or(|b| candidate.rank < b.rank) => best = Some(candidate),
                Ok(()) => {}
                Err(at) => wait = earliest(wait, at),
            }
        }
        if let Some(head) = newcomer {
            // Nobody known: nothing is owed, but a place in the table is needed.
            let oldest = self.oldest_beside(head.best, now);
            let candidate = self.candidate(
                Head {
                    best: head.best,
                    oldest,
                },
                now,
            );
            if best.as_ref().is_none_or(|b| candidate.rank < b.rank) {
                match self.place_for_newcomer(now) {
                    Ok(()) => best = Some(candidate),
                    Err(at) => wait = earliest(wait, at),
                }
            }
        }
        best.map_or(Choice::Wait(wait), Choice::Begin)
    }

    /// The oldest message that waits with this one for the same newcomer.
    fn oldest_beside(&self, index: usize, now: u64) -> usize {
        let body = self.slot(index).map(|slot| slot.body).unwrap_or_default();
        let Some(recipient) = Stored::new(self.arena.get(body)).recipient() else {
            return index;
        };
        let beside = |slot: &Slot| {
            slot.user == NO_USER
                && slot.state == State::Queued
                && slot.committed
                && slot.due <= now
                && !slot.ordered
                && Stored::new(self.arena.get(slot.body)).is_to(&recipient)
        };
        let slots = (0..MESSAGES).filter(|i| *i == index || self.slot(*i).is_some_and(beside));
        slots.min_by_key(|i| self.ticket(*i)).unwrap_or(index)
    }

    fn ticket(&self, index: usize) -> Option<Ticket> {
        self.slot(index).map(|slot| slot.ticket)
    }

    /// Which of two waiting messages of one user goes first.
    fn first_of(&self, a: usize, b: usize, now: u64) -> usize {
        let rank = |index| {
            self.slot(index)
                .map(|slot| (core::cmp::Reverse(effective_priority(slot, now)), slot.ticket))
        };
        if rank(a) <= rank(b) { a } else { b }
    }

    fn candidate(&self, head: Head, now: u64) -> Candidate {
        let priority = self
            .slot(head.best)
            .map_or(Priority::Low, |slot| effective_priority(slot, now));
        let has_turn = |s: &Slot| s.overtaken >= OVERTAKINGS && s.due <= now;
        let promoted = head.best != head.oldest && self.slot(head.oldest).is_some_and(has_turn);
        let slot = if promoted { head.oldest } else { head.best };
        let ticket = self.slot(slot).map_or(Ticket(u32::MAX), |slot| slot.ticket);
        Candidate {
            slot,
            oldest: head.oldest,
            urgent: priority == Priority::Urgent,
            rank: (core::cmp::Reverse(priority), ticket),
        }
    }

    /// Whether this candidate may begin now, else from when on.
    fn ready_at(&self, user: usize, candidate: &Candidate, now: u64) -> Result<(), Option<u64>> {
        let slot = self.slot(candidate.slot).ok_or(None)?;
        if slot.due > now {
            return Err(Some(slot.due));
        }
        let pace = self.users.pace(user as u16).ok_or(None)?;
        match pace.legal(millis(now), candidate.urgent, self.uplink()) {
            Legal::Now => Ok(()),
            Legal::At(at) => {
                let span = u64::from(at.since(millis(now)).max(0).unsigned_abs());
                Err(Some(now.saturating_add(span)))
            }
            Legal::AfterAnswer => Err(None),
        }
    }

    /// Whether an `ordered` message to the same user that went before is on its way and not delivered.
    fn waits_for_delivery(&self, slot: &Slot) -> bool {
        self.slots.iter().flatten().any(|other| {
            other.user == slot.user
                && other.user != NO_USER
                && other.ordered
                && other.ticket != slot.ticket
                && match other.state {
                    State::InFlight | State::MaybeSent => true,
                    State::Accepted => other.progress < Progress::Delivered,
                    // It has to go again: before those that never went, and in its place among those that did.
                    State::Queued => other.attempt > 0 && (slot.attempt == 0 || other.ticket < slot.ticket),
                    State::Done(_) => false,
                }
        })
    }

    /// Whether somebody new can have an entry, else from when on.
    fn place_for_newcomer(&self, now: u64) -> Result<(), Option<u64>> {
        let mut wait = None;
        let mut count = 0usize;
        for (_, user) in self.users.iter() {
            count = count.saturating_add(1);
            if !user.pace.owes(millis(now)) {
                return Ok(());
            }
            if let Legal::At(at) = user.pace.legal(millis(now), false, self.uplink()) {
                let span = u64::from(at.since(millis(now)).max(0).unsigned_abs());
                wait = earliest(wait, Some(now.saturating_add(span)));
            }
        }
        if count < USERS { Ok(()) } else { Err(wait) }
    }

    /// The request begins.
    fn begin(&mut self, candidate: &Candidate, now: u64) -> Option<RequestId> {
        let lane = self.flights.iter().position(Option::is_none)?;
        if self.slot(candidate.slot)?.user == NO_USER {
            let recipient = Stored::new(self.arena.get(self.slot(candidate.slot)?.body)).recipient()?;
            let slots = &self.slots;
            let pinned = |user| {
                slots
                    .iter()
                    .flatten()
                    .any(|slot| slot.user == user && slot.needs_user())
            };
            let (user, forgotten) = self.users.admit(&recipient, millis(now), pinned)?;
            if let Some(forgotten) = forgotten {
                self.forget_user(forgotten);
            }
            self.slot_mut(candidate.slot)?.user = user;
        }
        if candidate.oldest != candidate.slot
            && let Some(oldest) = self.slot_mut(candidate.oldest)
        {
            oldest.overtaken = oldest.overtaken.saturating_add(1);
        }
        let id = RequestId {
            lane: lane as u16,
            serial: self.next_serial,
        };
        self.next_serial = self.next_serial.wrapping_add(1);
        let uplink = self.uplink();
        let slot = self.slot_mut(candidate.slot)?;
        slot.state = State::InFlight;
        slot.attempt = slot.attempt.saturating_add(1);
        slot.began = millis(now);
        slot.failure = 0;
        slot.message_id = 0;
        let user = slot.user;
        if let Some(pace) = self.users.pace_mut(user) {
            pace.begin(millis(now), candidate.urgent, uplink);
        }
        *self.flights.get_mut(lane)? = Some(Flight {
            id,
            slot: candidate.slot,
            began: now,
            answer: None,
        });
        Some(id)
    }

    fn next_message_to_store(&self) -> Option<Storing> {
        if self.storing.is_some() {
            return None;
        }
        let slots = self.slots.iter().flatten();
        let slot = slots
            .filter(|slot| !slot.committed && slot.untouched())
            .min_by_key(|slot| slot.ticket)?;
        Some(Storing {
            seq: self.next_serial,
            ticket: slot.ticket,
            kind: RecordKind::Message,
            attempt: 0,
        })
    }

    fn intent_to_store(&self, candidate: &Candidate) -> Option<Storing> {
        let slot = self.slot(candidate.slot)?;
        let attempt = slot.attempt.saturating_add(1);
        (self.settings.journal && slot.intent != attempt).then_some(Storing {
            seq: self.next_serial,
            ticket: slot.ticket,
            kind: RecordKind::Intent,
            attempt,
        })
    }

    fn store(&mut self, storing: Storing) -> Step<'_> {
        self.next_serial = self.next_serial.wrapping_add(1);
        self.storing = Some(storing);
        let Some(slot) = self
            .slots
            .iter()
            .flatten()
            .find(|slot| slot.ticket == storing.ticket)
        else {
            return Step::Idle;
        };
        let flags = u8::from(slot.ordered) | u8::from(slot.at_most_once) << 1 | u8::from(slot.fallback) << 2;
        let mut head = [0u8; RECORD_HEAD];
        let fields = [
            &storing.ticket.get().to_le_bytes()[..],
            &storing.attempt.to_le_bytes(),
            &[slot.priority as u8, flags],
            &slot.submitted.to_le_bytes(),
            &slot.expires.to_le_bytes(),
            &slot.answer_within.to_le_bytes(),
        ];
        for (place, byte) in head.iter_mut().zip(fields.into_iter().flatten()) {
            *place = *byte;
        }
        self.record_head = head;
        let body = match storing.kind {
            RecordKind::Message => self.arena.get(slot.body),
            RecordKind::Intent => &[],
        };
        Step::Store(Record {
            seq: storing.seq,
            kind: storing.kind,
            head: &self.record_head,
            body,
        })
    }
}
