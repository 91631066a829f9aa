//! What an answer to one of an alarm's messages means, and what comes of it.

use super::super::event::kind;
use super::super::{Client, Ticket};
use super::tend::TOLD_WITHIN;
use crate::message::{Of, set_taker};
use crate::outbox::Final;
use crate::retry::after;
use crate::webhook::{Body, Inbound};

/// What somebody says to an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Answer {
    /// I take it.
    Taken,
    /// Not I.
    Declined,
    /// Tell me again, after so many milliseconds.
    Snoozed(u32),
}

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// Of which alarm the message in this slot is, and what the answer to it means.
    pub(in super::super) fn answer_to(&self, index: usize, body: &Body<'_>) -> Option<(usize, Answer)> {
        if !cfg!(feature = "alerts") {
            return None;
        }
        let alarm = self.slot(index)?.alarm()?;
        let slot = self
            .slot(alarm)
            .filter(|slot| slot.is_alarm() && !slot.is_closed())?;
        let rules = self.content(slot).rules();
        let payload = match body {
            Body::Button { payload, .. } => Some(*payload),
            Body::ButtonReply { id, .. } | Body::ListReply { id, .. } => Some(*id),
            _ => None,
        };
        let answer = if payload.is_none() {
            Answer::Taken
        } else if payload == rules.decline {
            Answer::Declined
        } else if payload == rules.snooze {
            Answer::Snoozed(rules.snooze_for)
        } else {
            Answer::Taken
        };
        Some((alarm, answer))
    }

    /// Which ticket this slot has.
    pub(in super::super) fn ticket_of(&self, index: usize) -> Ticket {
        self.slot(index).map_or(Ticket::NONE, |slot| slot.ticket)
    }

    /// An alarm's message was answered, and is about to leave its slot. Outcomes were told.
    pub(in super::super) fn answered(
        &mut self,
        now: u64,
        index: usize,
        (alarm, answer): (usize, Answer),
        message: &Inbound<'_>,
        by: &str,
    ) {
        let of = self.slot(index).and_then(|slot| self.content(slot).of());
        let place = of.map_or(0, |of| of.place);
        if answer == Answer::Taken {
            return self.is_taken(now, index, alarm, message);
        }
        self.leave_alarm(index, Final::Unanswered);
        if let Answer::Snoozed(again_in) = answer
            && let Some(slot) = self.slot_mut(alarm)
        {
            slot.set_snoozed(Some(place), now);
            let ticket = slot.ticket;
            self.tell(kind::SNOOZED, ticket, again_in, by);
        }
    }

    /// Somebody took it: what has not gone is withdrawn, and those who have it are told, if there are words for it.
    fn is_taken(&mut self, now: u64, index: usize, alarm: usize, message: &Inbound<'_>) {
        let user = self.slot(index).map(|slot| slot.user);
        let Some(parent) = self.slot(alarm) else { return };
        // Who took it knows, whatever else they are called.
        let (mut have, mut know) = (parent.have(), 0);
        for slot in self.slots.iter().filter(|slot| slot.is_of(alarm)) {
            let bit = self.content(slot).of().map_or(0, Of::bit);
            if slot.may_have_arrived() {
                have |= bit;
            }
            if user == Some(slot.user) {
                know |= bit;
            }
        }
        have &= !know;
        if let Some(slot) = self.slot_mut(index) {
            slot.parent = 0;
        }
        self.end_messages(alarm, Final::Withdrawn);
        let Some(slot) = self.slot(alarm) else { return };
        let (body, has_words) = (slot.body, self.content(slot).rules().taken.is_some());
        if have == 0 || !has_words {
            return self.let_go(alarm);
        }
        let name = message.name.filter(|name| !name.is_empty());
        let name = name
            .map(|name| ["", name])
            .or(message.from.map(|number| ["+", number]));
        let name = name.unwrap_or(["", message.user_id.unwrap_or_default()]);
        set_taker(self.arena.get_mut(body), have, name);
        let committed = !self.journals();
        if let Some(slot) = self.slot_mut(alarm) {
            slot.fallback = true;
            slot.committed = committed;
            slot.unsaved = false;
            slot.expires = after(now, TOLD_WITHIN);
            slot.due = 0;
        }
    }
}
