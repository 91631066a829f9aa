//! What to do next: housekeeping, the next message (see [`choose`](super::choose)), the request it becomes.

use super::callback::{Callback, Origin};
use super::choose::{Candidate, Choice, NEVER, choose_among};
use super::journal::{Place, Record};
use super::permit::Permit;
use super::{Client, Flight, RequestId, Ticket, Whom, millis};
use crate::division::ms;
use crate::json::Sink;
use crate::message::{Form, ReadReceipt, Stored, Wire};
use crate::outbox::{Aside, Final, Progress, State, is_known};
use crate::retry::{after, earlier, later};
use embassy_time::Instant;

/// What the caller has to do.
#[derive(Debug)]
pub enum Step<'a> {
    /// Write this to the journal, then call [`Client::on_stored`], or [`Client::on_not_stored`].
    Store(Record<'a>),
    /// Send this, then tell what became of it. [`Client::request`] gives the request again.
    Send(RequestId, Request<'a>),
    /// Nothing before this moment, unless something is submitted, answered or received.
    WaitUntil(Instant),
    /// Nothing, unless something is submitted, answered or received.
    Idle,
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
        let now = ms(now.as_ticks());
        self.users.forget_old(millis(now));
        self.housekeeping(now);
        self.beat(now);
        self.tend_alarms(now);
        if let Some(place) = self.next_to_store(now) {
            return self.store(place, now);
        }
        let mut wait = NEVER;
        loop {
            let candidate = match self.choose(now) {
                Choice::Begin(candidate) => candidate,
                Choice::Wait(at) => {
                    wait = at;
                    if !self.awaits_clock
                        && let Some(id) = self.begin_receipt(now)
                    {
                        return self
                            .request(id)
                            .map_or(Step::Idle, |request| Step::Send(id, request));
                    }
                    break;
                }
            };
            if self.is_unwanted(candidate.slot) {
                self.finish(candidate.slot, Final::Withdrawn);
                continue;
            }
            let (instead, counts) = match self.permit(candidate.slot, now) {
                Permit::Go { instead, counts } => (instead, counts),
                Permit::Fail(code) => {
                    self.refuse(candidate.slot, code);
                    continue;
                }
                Permit::NotBefore(at) => {
                    if let Some(slot) = self.slot_mut(candidate.slot) {
                        slot.aside = Aside::Rule;
                        slot.due = later(at, after(now, 1));
                    }
                    continue;
                }
            };
            let intent = Place::intent(candidate.slot, candidate.urgent, instead);
            if self.journals() && !self.has_intent(intent, now) {
                if self.storing.is_some() {
                    break;
                }
                return self.store(intent, now);
            }
            if let Err(at) = self.throughput.check(now, self.settings.throughput) {
                wait = at;
                break;
            }
            if let Some(id) = self.begin(&candidate, instead, counts, now) {
                return self
                    .request(id)
                    .map_or(Step::Idle, |request| Step::Send(id, request));
            }
            break;
        }
        match earlier(wait, self.next_deadline()) {
            NEVER => Step::Idle,
            // A wait that is over by now would make the caller spin; it is over when the clock has moved on.
            at => Step::WaitUntil(Instant::from_millis(earlier(
                later(at, after(now, 1)),
                Instant::MAX.as_millis(),
            ))),
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
            stored: self.content(slot),
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
        let follow = ms(self.settings.follow_time.as_ticks());
        let Some(slot) = self.slot_mut(index) else { return };
        slot.settled = true;
        slot.unsaved = true;
        if slot.wants_answer() {
            slot.due = slot.answer_due();
        } else {
            slot.due = after(slot.accepted, follow);
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
    fn next_deadline(&self) -> u64 {
        let heartbeat = self.next_heartbeat().unwrap_or(NEVER);
        self.slots.iter().fold(heartbeat, |at, slot| match slot.state {
            State::Queued => earlier(at, slot.expires),
            State::MaybeSent | State::Accepted | State::Alarm => earlier(at, slot.due),
            _ => at,
        })
    }

    /// The next message, and until when to wait if there is none.
    fn choose(&mut self, now: u64) -> Choice {
        let flying = self.in_flight();
        if flying >= IN_FLIGHT || self.awaits_clock {
            return Choice::Wait(NEVER);
        }
        if self.silent_until > now {
            return Choice::Wait(self.silent_until);
        }
        if let Some(until) = self.failing_until() {
            // One request at a time finds out whether it works again.
            if flying > 0 {
                return Choice::Wait(NEVER);
            }
            if until > now {
                let waiting = self.slots.iter().any(|slot| slot.state == State::Queued);
                return Choice::Wait(if waiting { until } else { NEVER });
            }
        }
        let place = self.users.has_new_place();
        choose_among(&self.slots, self.users.all(), place, self.uplink(), now)
    }

    /// The request begins.
    fn begin(&mut self, candidate: &Candidate, instead: bool, counts: bool, now: u64) -> Option<RequestId> {
        let lane = self.flights.iter().position(Option::is_none)?;
        let slot = self.slot(candidate.slot)?;
        if !is_known(slot.user) {
            // It finds the messages of its user, this one among them.
            let body = slot.body;
            self.admit(Whom::RecipientOf(body), now)?;
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
        slot.charged = false;
        slot.aside = Aside::No;
        slot.fallback = instead;
        let user = slot.user;
        if let Some(user) = self.users.get_mut(user) {
            user.pace.begin(millis(now), candidate.urgent, uplink);
            if counts {
                self.reach.count(now, &mut user.counted);
            }
        }
        self.throughput.count();
        self.count_in_day(candidate.slot, now);
        self.note_begun(candidate.slot, now);
        *self.flights.get_mut(lane)? = Some(Flight {
            id,
            slot: candidate.slot,
            began: now,
            answer: None,
        });
        Some(id)
    }
}
