//! What became of a request: the answer, or its loss.

use super::event::kind;
use super::permit::PAUSED;
use super::receipts::NO_SLOT;
use super::{Client, Flight, Hold, RequestId, millis};
use crate::division::ms;
use crate::graph::catalog::RETRY_FEW_MAX;
use crate::graph::{Answer, Outcome as AnswerOutcome, catalog::Action};
use crate::outbox::{Final, State, id_hash};
use crate::retry::{after, wait_ms};
use embassy_time::Instant;

/// First wait after a fault of Meta's (131000 and its like), in milliseconds; it doubles.
const FAULT_BASE: u32 = 2_000;
const FAULT_CAP: u32 = 60_000;

/// How a request was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Lost {
    /// The transport took fewer bytes than the whole request: Meta cannot have acted on it.
    NotSent,
    /// The request was out, and no answer came, or not the whole of it.
    MaybeSent,
}

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    #[inline(never)]
    fn flight_mut(&mut self, id: RequestId) -> Option<&mut Flight> {
        self.flights.iter_mut().flatten().find(|flight| flight.id == id)
    }

    /// The answer's status line came. A second call for the same request changes nothing.
    pub fn on_reply(&mut self, id: RequestId, status: u16) {
        if let Some(flight) = self.flight_mut(id) {
            flight.answer.get_or_insert_with(|| Answer::new(status));
        }
    }

    /// A piece of the answer's body came. More than the answer needs is passed over.
    pub fn on_reply_body(&mut self, id: RequestId, bytes: &[u8]) {
        if let Some(answer) = self.flight_mut(id).and_then(|flight| flight.answer.as_mut()) {
            answer.push(bytes);
        }
    }

    /// The answer is complete.
    pub fn on_reply_end(&mut self, now: Instant, id: RequestId) {
        self.on_lost(now, id, Lost::MaybeSent);
    }

    /// The request failed. What had come of its answer still counts: a 200 status line is an acceptance, and an error
    /// whose code was read is a refusal, even if the rest was cut off.
    pub fn on_lost(&mut self, now: Instant, id: RequestId, lost: Lost) {
        let now = ms(now.as_ticks());
        let Some(flight) = self
            .flights
            .iter_mut()
            .find_map(|f| f.take_if(|flight| flight.id == id))
        else {
            return;
        };
        self.receipts.ended(id);
        let outcome = flight
            .answer
            .as_ref()
            .map_or(AnswerOutcome::Unknown, Answer::outcome);
        if outcome != AnswerOutcome::Unknown {
            self.link.succeeded(flight.began);
        } else if flight.slot != NO_SLOT {
            // A lost receipt keeps no message waiting.
            self.link.failed(flight.began, now, &mut self.random);
        }
        if outcome == AnswerOutcome::Accepted {
            self.works_again(flight.began);
        }
        let counted = now.max(after(flight.began, self.uplink().0.into()));
        let Some(slot) = self.slot_mut(flight.slot) else {
            return;
        };
        let (began, arrived) = (slot.began, slot.arrived());
        let action = flight.answer.as_ref().and_then(Answer::action);
        let action = action.unwrap_or(Action::Fail);
        let user = slot.user;
        if let Some(user) = self.users.get_mut(user) {
            user.unsaved_debt = true;
            let pace = &mut user.pace;
            match (outcome, lost, action) {
                (AnswerOutcome::Accepted, ..) => {
                    pace.ended(millis(now));
                    pace.accepted(began);
                }
                (AnswerOutcome::Refused(_), _, Action::PairBackoff) => {
                    pace.ended_refused(millis(now));
                    pace.refused(began, millis(now));
                }
                // The number or the account was refused: nobody was written to.
                (AnswerOutcome::Refused(_), _, Action::HoldNumber | Action::Account) => {
                    pace.ended_refused(millis(now));
                }
                // Meta does not say whether a message that it refused for another reason counts: the stricter reading.
                (AnswerOutcome::Refused(_), ..) => pace.ended(millis(now)),
                (AnswerOutcome::Unknown, Lost::NotSent, _) => pace.not_sent(),
                (AnswerOutcome::Unknown, Lost::MaybeSent, _) => pace.ended(millis(counted)),
            }
        }
        if let AnswerOutcome::Refused(code) = outcome {
            self.refused(now, &flight, code, action, arrived);
        } else {
            self.not_refused(now, &flight, outcome == AnswerOutcome::Accepted, lost, arrived);
        }
        if let Some(slot) = self.slot_mut(flight.slot) {
            // Of one that may have been sent the journal has the intent.
            slot.unsaved = slot.state != State::MaybeSent;
        }
    }

    /// Meta took it, or it is not known to have refused it.
    fn not_refused(&mut self, now: u64, flight: &Flight, accepted: bool, lost: Lost, arrived: bool) {
        let resend = after(now, self.resend_after_ms());
        let Some(slot) = self.slot_mut(flight.slot) else {
            return;
        };
        let (user, ticket, at_most_once, early) = (slot.user, slot.ticket, slot.at_most_once, slot.failure);
        let answer = flight.answer.as_ref().filter(|_| accepted);
        let id = answer.and_then(Answer::message_id).unwrap_or_default();
        let kind = if accepted {
            if !id.is_empty() {
                slot.message_id = id_hash(id);
            }
            let (wa_id, user_id) = (answer.and_then(Answer::wa_id), answer.and_then(Answer::user_id));
            self.learn(now, Some(user), wa_id, user_id);
            kind::ACCEPTED
        } else if lost == Lost::NotSent {
            slot.state = State::Queued;
            slot.due = now;
            kind::NOT_SENT
        } else {
            slot.state = State::MaybeSent;
            slot.due = resend;
            slot.maybe_sent_once = true;
            kind::MAYBE_SENT
        };
        self.tell(kind, ticket, 0, id);
        // A status that overtook the answer.
        let failed = early != 0 && kind != kind::NOT_SENT;
        if accepted || arrived && !failed {
            self.arrived_before(flight.slot, now);
        } else if kind == kind::MAYBE_SENT && at_most_once && !failed && !self.settings.inbound {
            // With an inbound path a status may still tell; without, nothing will.
            self.finish(flight.slot, Final::Unknown);
        }
        if failed {
            self.failed_later(flight.slot, now, early);
        }
    }

    /// From now on statuses are waited for.
    pub(super) fn is_accepted(&mut self, index: usize, now: u64) {
        if !self.settings.inbound {
            return self.finish(index, Final::Accepted);
        }
        let settle = ms(self.settings.settle_time.as_ticks());
        let Some(slot) = self.slot_mut(index) else { return };
        slot.state = State::Accepted;
        slot.accepted = now;
        slot.settled = false;
        let answer = match slot.answer_within {
            0 => u64::MAX,
            span => u64::from(span),
        };
        slot.due = after(now, settle.min(answer));
    }

    /// Meta did not take it.
    fn refused(&mut self, now: u64, flight: &Flight, code: u32, action: Action, arrived: bool) {
        match action {
            Action::HoldNumber => {
                self.throttle.failed(flight.began, now, &mut self.random);
            }
            Action::Account => self.hold_account(flight.began, now, code),
            _ => self.works_again(flight.began),
        }
        if arrived {
            return self.arrived_before(flight.slot, now);
        }
        let Some(slot) = self.slot_mut(flight.slot) else {
            return;
        };
        slot.failure = code.max(1);
        let ticket = slot.ticket;
        self.learn_from(flight.slot, now, code, action);
        self.act_on_failure(flight.slot, now, code, action);
        if self
            .slot(flight.slot)
            .is_some_and(|slot| slot.state == State::Queued)
        {
            self.tell(kind::DEFERRED, ticket, code, "");
        }
    }

    /// The account was refused: everything waits, and the owner is told.
    pub(super) fn hold_account(&mut self, began: u64, now: u64, code: u32) {
        self.account.failed(began, now, &mut self.random);
        if self.hold.as_ref().is_none_or(|hold| hold.code != code) {
            self.hold = Some(Hold { code, untold: true });
            self.tell_pending();
        }
    }

    /// The request came to nothing, but a status has shown meanwhile that the message is with its recipient: it need
    /// not go again.
    pub(super) fn arrived_before(&mut self, index: usize, now: u64) {
        self.is_accepted(index, now);
        self.progressed(index);
    }

    /// What an error code means for the message itself, be it an answer's or a `failed` status's.
    pub(super) fn act_on_failure(&mut self, index: usize, now: u64, code: u32, action: Action) {
        let Some(slot) = self.slot(index) else { return };
        let (len, stored) = (slot.body.len, self.content(slot));
        // Of a raw template nobody knows which it is, so nothing would set it aside.
        let (has_fallback, is_named) = (stored.has_fallback(), stored.template_name().is_some());
        let mut random = self.random;
        let Some(slot) = self.slot_mut(index) else { return };
        // Once settled the bytes are gone, and with them the possibility to send again.
        let can_repeat = len > 0 && !slot.settled;
        match action {
            // A message whose template is paused is set aside when its turn comes.
            Action::Template if code != PAUSED || !is_named => self.fail(index, code),
            Action::PairBackoff | Action::HoldNumber | Action::Account | Action::Template if can_repeat => {
                slot.state = State::Queued;
                slot.due = now;
            }
            Action::RetryFew if can_repeat && slot.faults.saturating_add(1) < RETRY_FEW_MAX => {
                slot.faults = slot.faults.saturating_add(1);
                slot.state = State::Queued;
                slot.due = after(now, wait_ms(FAULT_BASE, FAULT_CAP, slot.faults, &mut random));
            }
            Action::UseTemplate if can_repeat && has_fallback && !slot.fallback => {
                slot.fallback = true;
                slot.state = State::Queued;
                slot.due = now;
            }
            _ => self.fail(index, code),
        }
        self.random = random;
    }

    /// A request that began after the trouble was answered as it should be: the hold is over.
    fn works_again(&mut self, began: u64) {
        self.throttle.succeeded(began);
        if self.account.succeeded(began)
            && let Some(hold) = self.hold.take()
        {
            // A hold that could not be told yet need not be told any more.
            self.resumed_untold |= !hold.untold;
            self.tell_pending();
        }
    }
}
