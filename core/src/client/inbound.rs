//! What a webhook brought: statuses settle messages, people answer them.
//!
//! Meta, "Webhooks": the order is not guaranteed, a `delivered` may come before `sent` or be left out when `read`
//! comes, and anything may come twice. So a status only ever moves a message forward, and each inbound message is taken
//! once. An update whose event has no room is not taken at all: the webhook is answered 503, the place is remembered,
//! and the redelivery goes on from there.

use super::callback::Origin;
use super::event::record_len;
use super::heed::name_of;
use super::{Client, Event, Outcome, Ticket, millis};
use crate::division::ms;
use crate::graph::catalog;
use crate::message::Stored;
use crate::outbox::{Final, Progress, Slot, State, id_hash, is_known};
use crate::pace::FIRST_BACK_OFF;
use crate::recipient::Name;
use crate::webhook::{ALL, Batch, Body, Inbound, Signature, Status, StatusUpdate, Update};
use embassy_time::Instant;

/// So many ids of inbound messages are remembered.
pub(super) const SEEN: usize = 16;
/// So many bodies are known again: those that were half taken go on, those that were taken are passed over.
pub(super) const RESUME_POINTS: usize = 4;

/// A [`ResumePoint`] of a body of which everything was taken.
const WHOLE: u16 = u16::MAX;

/// How far a body was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ResumePoint {
    digest: u64,
    next: u16,
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
        let digest = short(signature);
        self.resume_points
            .iter()
            .flatten()
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
        if signature.is_some_and(|signature| self.resume_point(signature) == WHOLE) {
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
                    if self.events.push_update(item.record(), None).is_err() {
                        self.dropped_events = self.dropped_events.saturating_add(1);
                    }
                    true
                }
                Update::Notice(_) if !ALL => true,
                Update::Notice(notice) => {
                    let taken = self.keep_update(item.record(), None);
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
        if let Some(signature) = signature {
            self.remember(short(signature), next);
        }
        if next.is_some() {
            WebhookAnswer::ComeAgain
        } else {
            WebhookAnswer::Taken
        }
    }

    /// Remembers how far a body was taken, in the order of deliveries. One that was taken whole gives way to others; else
    /// the oldest does: its body is taken again from the start, and what it repeats is recognized.
    fn remember(&mut self, digest: u64, next: Option<u16>) {
        let next = next.unwrap_or(WHOLE);
        let (mut place, mut best) = (0, 0);
        for (at, point) in self.resume_points.iter().enumerate() {
            let rank = match point {
                Some(point) if point.digest == digest => 3,
                None => 2,
                Some(point) if point.next == WHOLE => 1,
                Some(_) => 0,
            };
            if rank > best {
                (place, best) = (at, rank);
            }
        }
        let mut moving = Some(ResumePoint { digest, next });
        for point in self.resume_points.iter_mut().skip(place).rev() {
            moving = core::mem::replace(point, moving);
        }
    }

    /// Keeps an update for the application. `false`: not now, because the events have to be taken first. What does not
    /// fit even when none waits would never fit, however often it came (see `EVENTS_MIN`): it is dropped and counted,
    /// but does take effect.
    fn keep_update(&mut self, record: &[u8], ticket: Option<Ticket>) -> bool {
        let kept = self.events.push_update(record, ticket).is_ok();
        if !kept && self.events.is_empty() {
            self.dropped_events = self.dropped_events.saturating_add(1);
            return true;
        }
        kept
    }

    #[inline(never)]
    fn take_message(&mut self, now: u64, message: &Inbound<'_>, record: &[u8]) -> bool {
        let id = id_hash(message.id);
        if self.seen.contains(&id) {
            self.redelivered = self.redelivered.saturating_add(1);
            return true;
        }
        self.learn(now, None, message.from, message.user_id);
        let alert = self.acknowledged_alert(message);
        if alert.is_some_and(|(index, _)| self.slot(index).is_some_and(|s| s.state == State::InFlight)) {
            // Its slot is needed until the request is over: soon, and the answer comes again.
            return false;
        }
        let by = message.from.or(message.user_id).unwrap_or_default();
        let outcome = alert.map_or(0, |_| record_len(by.len()));
        if self.events.room() >= record_len(record.len()).saturating_add(outcome) {
            // There is room for both.
            let _ = self.events.push_update(record, alert.map(|(_, ticket)| ticket));
        } else if self.events.is_empty() {
            // There is never room for both: the outcome matters more.
            self.dropped_events = self.dropped_events.saturating_add(1);
        } else {
            return false;
        }
        if let Some((index, ticket)) = alert {
            let mut ends = [by, ""].into_iter().map(|by| Event::Outcome {
                ticket,
                outcome: Outcome::Acknowledged { by },
            });
            if !ends.any(|end| self.events.push(&end).is_ok()) {
                return true;
            }
            self.free_body(index);
            if let Some(place) = self.slots.get_mut(index) {
                *place = None;
            }
        }
        self.hear(now, message);
        if let Some(place) = self.seen.get_mut(self.seen_next) {
            *place = id;
        }
        self.seen_next = self.seen_next.saturating_add(1) % SEEN;
        true
    }

    /// The open alert that this message answers: the quoted one; else, for a button, the newest of that sender that
    /// offers this payload, if nothing is quoted or an attempt of that alert has no known id; else, for a text without
    /// a quote, the newest of that sender. A reaction always quotes.
    #[inline(never)]
    fn acknowledged_alert(&self, message: &Inbound<'_>) -> Option<(usize, Ticket)> {
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
        let sender = sender(message)?;
        let user = self.users.find(sender);
        let mut best: Option<(bool, Ticket, usize)> = None;
        for (index, slot) in self.slots.iter().enumerate() {
            let Some(slot) = slot.as_ref().filter(|slot| slot.may_be_answered()) else {
                continue;
            };
            let by_quote = quoted == Some(slot.message_id);
            if best.is_some_and(|best| best > (by_quote, slot.ticket, index))
                || !(by_quote || self.answers_without_quote(slot, payload, quoted.is_some()))
                || !(user == Some(slot.user) || self.is_to(slot, sender))
            {
                continue;
            }
            best = Some((by_quote, slot.ticket, index));
        }
        best.map(|(_, ticket, index)| (index, ticket))
    }

    fn answers_without_quote(&self, slot: &Slot, payload: Option<&str>, quotes: bool) -> bool {
        let Some(payload) = payload else {
            // A text without a quote is older than a request that is not even answered.
            return !quotes && slot.state != State::InFlight;
        };
        // Payloads repeat from alert to alert, so a quote that is another message's answers none of these; but it may
        // be an attempt's whose answer was lost, and whose id is not known.
        (!quotes || slot.message_id == 0 || slot.maybe_sent_once || slot.attempt > 1)
            && Stored::new(self.arena.get(slot.body))
                .quick_reply_payloads()
                .any(|other| other == payload)
    }

    fn take_status(&mut self, now: u64, update: &StatusUpdate<'_>, record: &[u8]) -> bool {
        let origin = update.callback.and_then(Origin::parse);
        let ours =
            |origin: &Origin| origin.device == self.settings.device && origin.boot == self.settings.boot;
        let origin = origin.filter(ours);
        let id = id_hash(update.id);
        let found = self.slots.iter().position(|slot| {
            slot.as_ref().is_some_and(|slot| match origin {
                Some(origin) => slot.ticket == origin.ticket,
                None => slot.message_id == id,
            })
        });
        let ticket = origin
            .map(|o| o.ticket)
            .or(found.and_then(|index| self.slot(index)).map(|slot| slot.ticket));
        let Some(index) = found else {
            return self.keep_update(record, ticket);
        };
        let attempt = origin.map_or(self.slot(index).map_or(0, |slot| slot.attempt), |origin| {
            origin.attempt
        });
        let progress = match update.status {
            Status::Sent => Progress::Sent,
            Status::Delivered => Progress::Delivered,
            Status::Read | Status::Played => Progress::Read,
            Status::Failed | Status::Other(_) => Progress::Nothing,
        };
        // In a group each participant has a status of its own.
        let for_all = update.participant.is_none();
        let known = self.slot(index).is_some_and(|slot| match update.status {
            _ if !for_all => false,
            Status::Failed => !slot.may_fail(attempt),
            _ => slot.attempt == attempt && progress != Progress::Nothing && progress <= slot.progress,
        });
        if known {
            // Late ones, which say less than is known, are no redeliveries.
            let again = self.slot(index).is_some_and(|slot| match update.status {
                Status::Failed => slot.attempt == attempt && slot.failure != 0,
                _ => slot.progress == progress,
            });
            self.redelivered = self.redelivered.saturating_add(again.into());
            return true;
        }
        if !self.keep_update(record, ticket) {
            return false;
        }
        let user = self.slot(index).map(|slot| slot.user);
        let user = user.filter(|user| is_known(*user));
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
        true
    }

    fn take_progress(&mut self, index: usize, now: u64, attempt: u16, progress: Progress, id: u64) {
        let Some(slot) = self.slot_mut(index) else { return };
        if attempt == 0 || attempt > slot.attempt || matches!(slot.state, State::Done(_)) {
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
        match slot.state {
            State::MaybeSent | State::Queued => {
                // The answer was lost, but Meta had taken it: it need not be sent again.
                if of_last && let Some(user) = self.users.get_mut(user) {
                    user.pace.accepted(began);
                }
                self.is_accepted(index, now);
            }
            State::InFlight | State::Accepted | State::Done(_) => {}
        }
        if news {
            self.tell(&Event::Duplicate { ticket });
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
        if matches!(slot.state, State::Done(_)) {
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
                slot.due = now.saturating_add(u64::from(FIRST_BACK_OFF));
            }
            self.tell(&Event::Deferred { ticket, code });
        }
    }
}
