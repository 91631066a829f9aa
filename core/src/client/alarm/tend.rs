//! Whose turn it is, and when an alarm is over.

use super::super::choose::NEVER;
use super::super::event::kind;
use super::super::{Client, Priority, Ticket};
use crate::message::{Of, Rules, Stored, Why};
use crate::outbox::{Aside, Final, Progress, Slot, State, least};
use crate::recipient::Name;
use crate::record::Writer;
use crate::retry::after;

/// How long those who have an alarm may be told that somebody took it, in milliseconds.
pub(super) const TOLD_WITHIN: u64 = 24 * 3_600_000;
/// Where room is wanted, or the journal has to store something first, it is looked at again after so many milliseconds:
/// what makes it possible may come without a call.
const LOOK_AGAIN: u64 = 1_000;

/// The bit of an event's one byte that says that it is over.
pub(in super::super) const IS_TAKEN: u8 = 0x40;

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// Sees to every alarm. Where something was restored, not before the time of day is known.
    pub(in super::super) fn tend_alarms(&mut self, now: u64) {
        if !cfg!(feature = "alerts") || self.awaits_clock {
            return;
        }
        for index in 0..MESSAGES {
            while self.slot(index).is_some_and(Slot::is_alarm) && self.tend(index, now) {}
        }
    }

    /// Does one thing for an alarm, or says when there will be something to do. `true`: there may be more now.
    #[inline(never)]
    fn tend(&mut self, index: usize, now: u64) -> bool {
        let Some(alarm) = self.slot(index) else {
            return false;
        };
        let (stored, alarm) = (self.content(alarm), *alarm);
        let over = alarm.expires <= now;
        if alarm.is_closed() {
            let left = stored.whom_to_tell() & !alarm.done();
            let next = (0..16u8).find(|place| left >> place & 1 != 0);
            if let Some(place) = next.filter(|_| !over) {
                return self.tell_one(index, now, Why::Taken, place);
            }
            // The journal has to have all that is told before it forgets what was to be told.
            if self.awaits_commit(index) {
                return self.see_soon(index, now);
            }
            self.let_go(index);
            return false;
        }
        let (rules, told) = (stored.rules(), alarm.told());
        let answers = alarm.answer_within > 0;
        if over && answers {
            self.end_by_itself(index);
            return false;
        }
        let has_next = stored.nth_name(told).is_some();
        let due = if let Some(place) = alarm.snoozed() {
            let until = after(alarm.accepted, rules.snooze_for.into());
            if until <= now {
                return self.tell_one(index, now, Why::Again, place);
            }
            until
        } else if has_next {
            if over {
                // Those who were told go on; the others never will be.
                if let Some(slot) = self.slot_mut(index) {
                    slot.set_told(u8::MAX);
                    slot.count_end(Final::Expired, 0);
                    slot.unsaved = true;
                }
                return true;
            }
            let from = if rules.one_by_one {
                self.escalates_at(index, &alarm, &rules)
            } else {
                0
            };
            if from <= now {
                return self.tell_one(index, now, Why::Turn, told);
            }
            from
        } else {
            let until = self.answered_until(index, &alarm);
            if until <= now {
                self.end_by_itself(index);
                return false;
            }
            until
        };
        let due = if answers || has_next {
            due.min(alarm.expires)
        } else {
            due
        };
        self.see_to(index, due);
        false
    }

    fn see_to(&mut self, index: usize, due: u64) {
        if let Some(slot) = self.slot_mut(index) {
            slot.due = due;
        }
    }

    /// There is no more to do now, but may be soon.
    fn see_soon(&mut self, index: usize, now: u64) -> bool {
        self.see_to(index, after(now, LOOK_AGAIN));
        false
    }

    /// From when on the next is to be told: 0 where the one whose turn it was is out of the question. Never while the link,
    /// the number or the account fails and a message finds out whether it works again: the others cannot be reached either.
    fn escalates_at(&self, index: usize, alarm: &Slot, rules: &Rules<'_>) -> u64 {
        let is_current = |slot: &&Slot| slot.is_of(index) && slot.ticket == alarm.current();
        let Some(current) = self.slots.iter().find(is_current) else {
            return 0;
        };
        let undelivered = match rules.undelivered_after {
            0 => rules.escalate_after,
            span => span,
        };
        let at = if current.state != State::Accepted {
            after(current.submitted, undelivered.into())
        } else if current.progress < Progress::Delivered {
            after(current.accepted, rules.escalate_after.min(undelivered).into())
        } else {
            after(current.accepted, rules.escalate_after.into())
        };
        let finds_out = |slot: &Slot| match slot.state {
            State::Queued => slot.aside == Aside::No,
            State::InFlight | State::MaybeSent => true,
            _ => false,
        };
        match self.failing_until() {
            Some(_) if self.slots.iter().any(finds_out) => NEVER,
            Some(until) => at.max(until),
            None => at,
        }
    }

    /// Until when an alarm of which all were told may still be answered; without answers, until its last message has
    /// ended.
    fn answered_until(&self, index: usize, alarm: &Slot) -> u64 {
        let mut until = 0;
        for slot in self.slots.iter().filter(|slot| slot.is_of(index)) {
            until = until.max(if alarm.answer_within > 0 && slot.state == State::Accepted {
                after(slot.accepted, alarm.answer_within.into())
            } else {
                NEVER
            });
        }
        until
    }

    /// Makes the message to one of the recipients, if there is room and the journal has what was before. `true`: there
    /// may be more to do.
    fn tell_one(&mut self, index: usize, now: u64, why: Why, place: u8) -> bool {
        let Some(alarm) = self.slot(index) else {
            return false;
        };
        // One after the other: what the journal has of the alarm lags one message behind at most, which it has too.
        if self.journals() && (!alarm.committed || alarm.unsaved) || self.awaits_commit(index) {
            return self.see_soon(index, now);
        }
        let of = Of {
            parent: index.wrapping_add(1) as u16,
            why,
            place,
        };
        let priority = if why == Why::Taken {
            Priority::Low
        } else {
            alarm.priority
        };
        let stored = self.content(alarm);
        if why == Why::Turn && self.had_a_turn(stored, place) {
            if let Some(slot) = self.slot_mut(index) {
                slot.set_told(place.wrapping_add(1));
                slot.unsaved = true;
            }
            return true;
        }
        let Some(room) = self.make_room(stored.len_of(of), priority, None) else {
            self.see_soon(index, now);
            return self.give_up_one(index);
        };
        // Whoever had to make room has moved it.
        let body = self.slot(index).map(|slot| slot.body).unwrap_or_default();
        let (bytes, free) = self.arena.get_and_room(body);
        let mut writer = Writer::new(free);
        // There is room.
        let _ = Stored::new(bytes).write_of(of, &mut writer);
        let len = writer.len();
        let body = self.arena.keep(len);
        let name = Stored::new(self.arena.get(body)).name();
        let user = name.map_or(0, |name| self.user_of(name));
        let group = matches!(name, Some(Name::Group(_)));
        let ticket = Ticket::from_u32(self.next_ticket);
        self.put(room, true, now);
        let Some(alarm) = self.slots.get(index).copied() else {
            return false;
        };
        let Some(slot) = self.slots.get_mut(room) else {
            return false;
        };
        slot.body = body;
        slot.user = user;
        slot.group = group;
        slot.priority = priority;
        slot.policy = alarm.policy;
        slot.parent = of.parent;
        if why == Why::Taken {
            slot.expires = after(now, TOLD_WITHIN);
        } else {
            slot.expires = alarm.expires;
            // The alarm says when the time is over.
            slot.answer_within = if alarm.answer_within > 0 { u32::MAX } else { 0 };
            slot.ordered = alarm.ordered;
            slot.at_most_once = alarm.at_most_once;
            slot.marketing = alarm.marketing;
        }
        let mut byte = place;
        if let Some(alarm) = self.slots.get_mut(index) {
            alarm.unsaved = true;
            match why {
                Why::Turn => alarm.set_told(place.wrapping_add(1)),
                Why::Again => alarm.set_snoozed(None, now),
                Why::Taken => {
                    alarm.add_done(of.bit());
                    byte |= IS_TAKEN;
                }
            }
            if why != Why::Taken {
                alarm.set_current(ticket);
            }
        }
        self.tell_bytes(kind::TOLD, ticket, alarm.ticket.get(), &[byte]);
        true
    }

    /// Whether the journal has still to store a message of this alarm's.
    pub(in super::super) fn awaits_commit(&self, index: usize) -> bool {
        let mut messages = self.slots.iter().filter(|slot| slot.is_of(index));
        messages.any(|slot| !slot.committed)
    }

    /// Whether this recipient has turned out to be one who stands in the list before.
    fn had_a_turn(&self, stored: Stored<'_>, place: u8) -> bool {
        let is_one = |name| {
            let mut before = (0..place).filter_map(|before| stored.nth_name(before));
            before.any(|other| self.users.are_one(name, other))
        };
        stored.nth_name(place).is_some_and(is_one)
    }

    /// There is no room for the next: a late answer of somebody who was told before is waited for no more.
    fn give_up_one(&mut self, index: usize) -> bool {
        let oldest = least(&self.slots, &|slot| {
            let done = slot.is_of(index) && slot.state == State::Accepted && slot.settled;
            done.then_some(slot.ticket.get().into())
        });
        if let Some(oldest) = oldest {
            self.conclude(oldest);
        }
        oldest.is_some()
    }

    /// Nobody is left to be told or to answer.
    fn end_by_itself(&mut self, index: usize) {
        let Some(alarm) = self.slot(index).copied() else {
            return;
        };
        let mut arrived = alarm.progress > Progress::Nothing;
        for slot in self.slots.iter().filter(|slot| slot.is_of(index)) {
            arrived |= slot.may_have_arrived();
        }
        let end = if alarm.answer_within == 0 {
            alarm.end
        } else if arrived {
            Final::Unanswered
        } else {
            // Nobody has it: why the furthest behind has not.
            alarm.end.max(Final::Withdrawn)
        };
        let end = match end {
            Final::Withdrawn => Final::Expired,
            end => end,
        };
        self.end_alarm(index, end, alarm.end_code());
    }

    /// Ends an alarm, and with it what its messages wait for.
    pub(super) fn end_alarm(&mut self, index: usize, end: Final, code: u32) {
        self.end_messages(index, end);
        if let Some(slot) = self.slot_mut(index) {
            slot.failure = code;
        }
        self.finish(index, end);
    }

    /// Messages of an alarm that has ended: none goes any more, and no answer is waited for.
    pub(super) fn end_messages(&mut self, index: usize, end: Final) {
        for message in 0..MESSAGES {
            if self.slot(message).is_some_and(|slot| slot.is_of(index)) {
                self.end_message(message, end);
            }
        }
    }

    /// One of them.
    pub(in super::super) fn end_message(&mut self, index: usize, end: Final) {
        let Some(slot) = self.slot_mut(index) else { return };
        slot.parent = 0;
        slot.expires = 0;
        let unanswered = end == Final::Unanswered && slot.answer_within > 0;
        slot.answer_within = unanswered.into();
        match slot.state {
            State::Queued => {
                let end = match end {
                    _ if slot.maybe_sent_once => Final::Unknown,
                    Final::Expired | Final::Unanswered => Final::Expired,
                    _ => Final::Withdrawn,
                };
                self.finish(index, end);
            }
            // Its answer is overdue.
            State::Accepted if unanswered => slot.due = 0,
            State::Accepted if slot.settled => {
                self.settle(index);
                self.progressed(index);
            }
            _ => {}
        }
    }

    /// One of an alarm's messages ends: the alarm goes on without it.
    pub(in super::super) fn leave_alarm(&mut self, index: usize, end: Final) {
        let Some(slot) = self.slot_mut(index) else { return };
        let Some(alarm) = slot.alarm().filter(|_| cfg!(feature = "alerts")) else {
            return;
        };
        slot.parent = 0;
        let code = slot.failure;
        let of = self.slot(index).and_then(|slot| self.content(slot).of());
        if let Some(slot) = self.slot_mut(alarm).filter(|slot| !slot.is_closed()) {
            slot.count_end(end, code);
            if end.may_have_arrived() {
                slot.add_have(of.map_or(0, Of::bit));
            }
            slot.unsaved = true;
            slot.due = 0;
        }
    }

    /// An alarm of which all was told leaves its slot.
    pub(super) fn let_go(&mut self, index: usize) {
        self.free_body(index);
        if let Some(slot) = self.slot_mut(index) {
            slot.state = State::Free;
        }
        for slot in &mut self.slots {
            if slot.is_of(index) {
                slot.parent = 0;
            }
        }
    }
}
