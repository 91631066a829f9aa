//! What a webhook brought: statuses settle messages, people answer them.
//!
//! Meta, "Webhooks": the order is not guaranteed, a `delivered` may come before `sent` or be left out when `read`
//! comes, and anything may come twice. So a status only ever moves a message forward, and each inbound message is taken
//! once. An update whose event has no room is not taken at all: the webhook is answered 503, the place is remembered,
//! and the redelivery goes on from there.

use super::alarm::Answer;
use super::callback::Origin;
use super::event::{kind, record_len};
use super::heed::name_of;
use super::{Client, Ticket, millis};
use crate::division::ms;
use crate::graph::catalog;
use crate::outbox::{Final, Progress, Slot, State, id_hash, is_known};
use crate::pace::FIRST_BACK_OFF;
use crate::recipient::Name;
use crate::retry::after;
use crate::webhook::{ALL, Batch, Body, Inbound, Signature, Status, StatusUpdate, Update};
use embassy_time::Instant;

/// So many ids of inbound messages are remembered.
pub(super) const SEEN: usize = 16;
/// So many bodies are known again: those that were half taken go on, those that were taken are passed over.
pub(super) const RESUME_POINTS: usize = 4;

/// The bit of the place that the inbound message with this number, or in this place, has among them.
pub(super) fn place_bit(number: usize) -> u16 {
    1 << (number % SEEN)
}

/// A [`ResumePoint`] of a body of which everything was taken.
const WHOLE: u16 = u16::MAX;

/// How far a body was taken; of none where that is not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct ResumePoint {
    pub(super) digest: u64,
    pub(super) next: u16,
}

impl ResumePoint {
    pub(super) const NONE: Self = Self { digest: 0, next: 0 };

    /// What the journal keeps of it: of a body that was taken whole nothing, for nobody knows whether that was answered
    /// before the power failed. If it was not, it comes again and has to be taken again; what of it is known is recognized.
    pub(super) fn kept(self) -> Self {
        if self.next == WHOLE { Self::NONE } else { self }
    }
}

/// What to answer to the webhook's `POST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum WebhookAnswer {
    /// 200: everything was taken.
    Taken,
    /// 503: there was no room for everything. Meta delivers it again, and it goes on where it stopped.
    ComeAgain,
}

impl WebhookAnswer {
    /// The HTTP status to answer with.
    pub fn http_status(self) -> u16 {
        match self {
            Self::Taken => 200,
            Self::ComeAgain => 503,
        }
    }
}

#[inline(never)]
fn short(signature: &Signature) -> u64 {
    signature
        .as_bytes()
        .first_chunk::<8>()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Who wrote it, or the group in which it was written.
pub(super) fn sender<'a>(message: &Inbound<'a>) -> Option<Name<'a>> {
    let group = message.group_id.map(Name::Group);
    group.or_else(|| name_of(message.from, message.user_id))
}

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// How many updates of the body with this signature were already taken; for the webhook receiver, before the body
    /// comes.
    pub fn resume_point(&self, signature: &Signature) -> u16 {
        self.taken_of(short(signature))
    }

    #[inline(never)]
    fn taken_of(&self, digest: u64) -> u16 {
        let mut points = self.resume_points.iter();
        points
            .find(|point| point.digest == digest)
            .map_or(0, |point| point.next)
    }

    /// Takes what a webhook brought. Without a signature (see
    /// [`Check::dangerous_unchecked`](crate::webhook::Check::dangerous_unchecked)) a body that does not fit is taken
    /// from its start again, and only its messages are recognized.
    pub fn on_webhook(
        &mut self,
        now: Instant,
        signature: Option<&Signature>,
        batch: &Batch<'_>,
    ) -> WebhookAnswer {
        let now = ms(now.as_ticks());
        self.tell_pending();
        let digest = signature.map(short);
        if digest.is_some_and(|digest| self.taken_of(digest) == WHOLE) {
            // Whoever read it skipped all of it.
            self.redelivered = self.redelivered.saturating_add(batch.updates().into());
        }
        let mut stopped_at = None;
        for item in batch {
            let taken = match &item.update {
                Update::Message(message) => self.take_message(now, message, item.record()),
                Update::Status(status) => self.take_status(now, status, item.record()),
                Update::Contact(contact) => {
                    self.learn(now, None, Some(contact.wa_id), Some(contact.user_id));
                    true
                }
                Update::Error(_) => {
                    if self
                        .events
                        .push(kind::UPDATE, Ticket::NONE, 0, item.record())
                        .is_err()
                    {
                        self.drop_event();
                    }
                    true
                }
                Update::Notice(_) if !ALL => true,
                Update::Notice(notice) => {
                    let taken = self.keep_update(item.record(), Ticket::NONE);
                    if taken {
                        self.heed(now, notice);
                    }
                    taken
                }
            };
            if !taken {
                stopped_at = item.index;
                break;
            }
        }
        let next = stopped_at.or(batch.next_index());
        if let Some(digest) = digest {
            self.remember(digest, next.unwrap_or(WHOLE));
            self.unsaved.resume |= next.is_some();
        }
        if next.is_some() {
            WebhookAnswer::ComeAgain
        } else {
            WebhookAnswer::Taken
        }
    }

    /// Remembers how far a body was taken, in the order of deliveries. One that was taken whole gives way to others; else
    /// the oldest does: its body is taken again from the start, and what it repeats is recognized.
    fn remember(&mut self, digest: u64, next: u16) {
        let (mut place, mut best) = (0, 0);
        for (at, point) in self.resume_points.iter().enumerate() {
            let rank = match point.next {
                _ if point.digest == digest => 3,
                0 => 2,
                WHOLE => 1,
                _ => 0,
            };
            if rank > best {
                (place, best) = (at, rank);
            }
        }
        let mut moving = ResumePoint { digest, next };
        for point in self.resume_points.iter_mut().skip(place).rev() {
            moving = core::mem::replace(point, moving);
        }
    }

    /// Keeps an update for the application. `false`: not now, because the events have to be taken first. What does not
    /// fit even when none waits would never fit, however often it came (see `EVENTS_MIN`): it is dropped and counted,
    /// but does take effect.
    fn keep_update(&mut self, record: &[u8], ticket: Ticket) -> bool {
        let kept = self.events.push(kind::UPDATE, ticket, 0, record).is_ok();
        if !kept && self.events.is_empty() {
            self.drop_event();
            return true;
        }
        kept
    }

    fn take_message(&mut self, now: u64, message: &Inbound<'_>, record: &[u8]) -> bool {
        let id = id_hash(message.id);
        if self.seen.contains(&id) {
            self.redelivered = self.redelivered.saturating_add(1);
            return true;
        }
        self.learn(now, None, message.from, message.user_id);
        let from = sender(message);
        let wish = self.wish_of(now, message);
        let alert = if wish.is_some() {
            None
        } else {
            from.and_then(|from| self.acknowledged_alert(message, from))
        };
        if alert.is_some_and(|(index, _)| self.slot(index).is_some_and(|s| s.state == State::InFlight)) {
            // Its slot is needed until the request is over: soon, and the answer comes again.
            return false;
        }
        let mut answer = None;
        if cfg!(feature = "alerts") {
            answer = alert.and_then(|(index, _)| self.answer_to(index, &message.body));
        }
        let taken = answer.filter(|(_, answer)| *answer == Answer::Taken);
        let mut by = message.from.or(message.user_id).unwrap_or_default();
        let mut beside = if alert.is_some() || wish.is_some() {
            record_len(by.len())
        } else {
            0
        };
        if taken.is_some() {
            // The message's and the alarm's.
            beside = beside.saturating_mul(2);
        }
        let code = self.grant(now, wish, message, from);
        if self.events.room() >= record_len(record.len()).saturating_add(beside) {
            // There is room for all.
            let ticket = alert.map_or(Ticket::NONE, |(_, ticket)| ticket);
            let _ = self.events.push(kind::UPDATE, ticket, 0, record);
        } else if self.events.is_empty() {
            // There is never room for all: the outcome, or the wish, matters more.
            self.drop_event();
        } else {
            return false;
        }
        if wish.is_some() {
            self.tell(wish.kind, Ticket::NONE, code, by);
        }
        if let Some((index, ticket)) = alert {
            if taken.is_some() && self.events.room() < beside {
                by = "";
                if self.events.room() < record_len(0).saturating_mul(2) {
                    return true;
                }
            }
            let kind = match answer {
                Some((_, Answer::Declined | Answer::Snoozed(_))) => kind::DECLINED,
                _ => kind::OUTCOME,
            };
            let mut tell = |by: &str| self.events.push(kind, ticket, 0, by.as_bytes()).is_ok();
            if !tell(by) && !tell("") {
                return true;
            }
            if let Some((alarm, _)) = taken {
                let ticket = self.ticket_of(alarm);
                let _ = self.events.push(kind::OUTCOME, ticket, 0, by.as_bytes());
            }
            if let Some(answer) = answer {
                self.answered(now, index, answer, message, by);
            }
            self.free_body(index);
            if let Some(slot) = self.slot_mut(index) {
                slot.state = State::Free;
            }
        }
        self.hear(now, message, from);
        self.spare_commands(now, wish, message);
        let place = self.seen_taken as usize % SEEN;
        if let Some(seen) = self.seen.get_mut(place) {
            *seen = id;
        }
        self.seen_taken = self.seen_taken.wrapping_add(1);
        self.unsaved.seen |= place_bit(place);
        true
    }

    /// The open alert that this message answers: the quoted one; else, for a button, the newest of that sender that
    /// offers this payload, if nothing is quoted or an attempt of that alert has no known id; else, for a text without
    /// a quote, the newest of that sender. A reaction always quotes.
    #[inline(never)]
    fn acknowledged_alert(&self, message: &Inbound<'_>, sender: Name<'_>) -> Option<(usize, Ticket)> {
        let payload = match &message.body {
            Body::Button { payload, .. } => Some(*payload),
            Body::ButtonReply { id, .. } | Body::ListReply { id, .. } => Some(*id),
            Body::Text(_) | Body::Reaction { emoji: Some(_), .. } => None,
            _ => return None,
        };
        let quoted = match &message.body {
            Body::Reaction { message_id, .. } => Some(id_hash(message_id)),
            _ => message.context_id.map(id_hash),
        };
        let user = self.users.find(sender);
        let (mut best, mut found) = ((false, Ticket::NONE), None);
        for (index, slot) in self.slots.iter().enumerate() {
            let by_quote = quoted == Some(slot.message_id);
            if !slot.may_be_answered()
                || best > (by_quote, slot.ticket)
                || !(by_quote || self.answers_without_quote(slot, payload, quoted.is_some()))
                || !(user == Some(slot.user) || self.is_to(slot, sender))
            {
                continue;
            }
            best = (by_quote, slot.ticket);
            found = Some((index, slot.ticket));
        }
        found
    }

    fn answers_without_quote(&self, slot: &Slot, payload: Option<&str>, quotes: bool) -> bool {
        let Some(payload) = payload else {
            // A text without a quote is older than a request that is not even answered.
            return !quotes && slot.state != State::InFlight;
        };
        // Payloads repeat from alert to alert, so a quote that is another message's answers none of these; but it may
        // be an attempt's whose answer was lost, and whose id is not known.
        (!quotes || slot.message_id == 0 || slot.maybe_sent_once || slot.attempt > 1)
            && self.content(slot).offers(payload)
    }

    fn take_status(&mut self, now: u64, update: &StatusUpdate<'_>, record: &[u8]) -> bool {
        let origin = update.callback.and_then(Origin::parse);
        let ours =
            |origin: &Origin| origin.device == self.settings.device && origin.boot == self.settings.boot;
        let origin = origin.filter(ours);
        let id = id_hash(update.id);
        let is_it = |slot: &Slot| match origin {
            Some(origin) => slot.ticket == origin.ticket,
            None => slot.message_id == id,
        };
        let mut slots = self.slots.iter().enumerate();
        let Some((index, slot)) = slots.find(|(_, slot)| slot.is_taken() && is_it(slot)) else {
            return self.keep_update(record, origin.map_or(Ticket::NONE, |origin| origin.ticket));
        };
        let (ticket, user, answered) = (slot.ticket, slot.user, slot.state == State::Accepted);
        let attempt = origin.map_or(slot.attempt, |origin| origin.attempt);
        let progress = match update.status {
            Status::Sent => Progress::Sent,
            Status::Delivered => Progress::Delivered,
            Status::Read | Status::Played => Progress::Read,
            Status::Failed | Status::Other(_) => Progress::Nothing,
        };
        self.count_charge(index, attempt, update);
        let Some(slot) = self.slot(index) else { return true };
        // In a group each participant has a status of its own.
        let for_all = update.participant.is_none();
        let of_last = slot.attempt == attempt;
        let known = match update.status {
            Status::Failed => !slot.may_fail(attempt),
            _ => of_last && progress != Progress::Nothing && progress <= slot.progress,
        };
        if known && for_all {
            // Late ones, which say less than is known, are no redeliveries.
            let again = match update.status {
                Status::Failed => of_last && slot.failure != 0,
                _ => slot.progress == progress,
            };
            self.redelivered = self.redelivered.saturating_add(again.into());
            return true;
        }
        if !self.keep_update(record, ticket) {
            return false;
        }
        let user = Some(user).filter(|user| is_known(*user));
        self.learn(now, user, update.recipient_id, update.recipient_user_id);
        match update.status {
            // The others may have it: it is told, and nothing is sent again.
            Status::Failed if !for_all => {}
            Status::Failed => self.take_failure(index, now, update.code.unwrap_or_default()),
            Status::Sent | Status::Delivered | Status::Read | Status::Played => {
                self.take_progress(index, now, attempt, progress, id);
            }
            Status::Other(_) => {}
        }
        // No request of the message's began: the status is of none of its attempts.
        if let Some(slot) = self.slot_mut(index).filter(|slot| slot.attempt > 0) {
            // That it was sent is news only where no answer said so.
            let news = progress > Progress::Sent || progress == Progress::Sent && !answered;
            slot.unsaved |= news || update.status == Status::Failed;
        }
        true
    }

    fn take_progress(&mut self, index: usize, now: u64, attempt: u16, progress: Progress, id: u64) {
        let Some(slot) = self.slot_mut(index) else { return };
        if attempt == 0 || attempt > slot.attempt || slot.state == State::Done {
            return;
        }
        let (ticket, began, user) = (slot.ticket, slot.began, slot.user);
        let of_last = attempt == slot.attempt;
        if !of_last && !slot.maybe_sent_once || of_last && slot.failure != 0 {
            // Of an attempt that is known to have failed.
            return;
        }
        slot.progress = slot.progress.max(progress);
        if of_last || slot.message_id == 0 {
            slot.message_id = id;
        }
        // An attempt whose answer was lost did arrive, and the message had been sent again.
        let news = !of_last && slot.state != State::Queued && !slot.duplicate_told;
        if !of_last {
            slot.duplicate_told = true;
        }
        if matches!(slot.state, State::MaybeSent | State::Queued) {
            // The answer was lost, but Meta had taken it: it need not be sent again.
            if of_last && let Some(user) = self.users.get_mut(user) {
                user.pace.accepted(began);
            }
            self.is_accepted(index, now);
        }
        if news {
            self.tell(kind::DUPLICATE, ticket, 0, "");
        }
        self.progressed(index);
    }

    /// What statuses said so far takes effect once the request was answered.
    pub(super) fn progressed(&mut self, index: usize) {
        let Some(slot) = self.slot(index).filter(|slot| slot.state == State::Accepted) else {
            return;
        };
        let (progress, settled) = (slot.progress, slot.settled);
        if progress == Progress::Nothing {
            return;
        }
        if !settled {
            self.settle(index);
        }
        if progress == Progress::Read && self.slot(index).is_some_and(|slot| !slot.wants_answer()) {
            self.finish(index, Final::Read);
        }
    }

    fn take_failure(&mut self, index: usize, now: u64, code: u32) {
        let Some(slot) = self.slot_mut(index) else { return };
        slot.failure = code.max(1);
        // A status that overtook the answer to its own request is kept until that comes.
        if slot.state != State::InFlight {
            self.failed_later(index, now, code);
        }
    }

    /// A message that Meta had taken failed afterwards.
    pub(super) fn failed_later(&mut self, index: usize, now: u64, code: u32) {
        let Some(slot) = self.slot_mut(index) else { return };
        if slot.state == State::Done {
            return;
        }
        let (began, user, ticket, arrived) = (slot.began, slot.user, slot.ticket, slot.arrived());
        let age = u64::from(millis(now).since(began).max(0).unsigned_abs());
        let began_ms = now.saturating_sub(age);
        let action = catalog::action(code, catalog::Hints::default());
        match action {
            catalog::Action::PairBackoff => {
                if let Some(pace) = self.users.get_mut(user).map(|user| &mut user.pace) {
                    pace.refused(began, millis(now));
                }
            }
            catalog::Action::HoldNumber => {
                self.throttle.failed(began_ms, now, &mut self.random);
            }
            catalog::Action::Account => self.hold_account(began_ms, now, code),
            _ => {}
        }
        if arrived && self.slot(index).is_some_and(|slot| slot.duplicate_told) {
            // An earlier attempt is with its recipient.
            return self.arrived_before(index, now);
        }
        self.learn_from(index, now, code, action);
        self.act_on_failure(index, now, code, action);
        if let Some(slot) = self.slot_mut(index).filter(|slot| slot.state == State::Queued) {
            if !is_known(user) && action == catalog::Action::PairBackoff {
                // The user was forgotten meanwhile, and with it X: the first wait.
                slot.due = after(now, FIRST_BACK_OFF.into());
            }
            self.tell(kind::DEFERRED, ticket, code, "");
        }
    }
}
