//! Messages with one key to one recipient, of which one goes: an update takes the place of the one that still waits, what
//! comes within a time is collected, and a sensor that flaps is damped.
//!
//! Only a message whose first request has not begun is ever replaced. The one that waits keeps its ticket, and with that
//! its place in the order and its record in the journal, which is written over in one step; the ticket of the update ends
//! as [`Outcome::Merged`](super::Outcome::Merged) at once. So the ticket under which a thousand updates go is that of the
//! first, and known from the first on.
//!
//! A recipient is who is called the same: whoever is written to by number and by id has two messages.
//!
//! Memory: six bytes in each message's slot, and 8 for each of the last [`KEPT`] that began; none of the latter without the
//! feature `alerts`. They are not in the journal: what went before a restart damps nothing.

use super::event::kind;
use super::{Client, Priority, Ticket};
use crate::division::ms;
use crate::outbox::{Aside, Slot, id_hash};
use crate::recipient::{Name, Recipient};
use crate::retry::after;
use embassy_time::Duration;

/// So many beginnings are remembered; the oldest gives way.
const KEPT: usize = if cfg!(feature = "alerts") { 16 } else { 0 };

/// Which messages are one, and when that goes. With the feature `alerts`.
///
/// What is said of a message by its other options counts as the newest says it; it keeps the higher priority, and the
/// earlier place in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Merge {
    /// Messages to one recipient with the same key are one as long as none of them began to be sent. 0 counts as 1. See
    /// [`Merge::key_of`].
    pub key: u32,
    /// The first one waits so long for others; they do not prolong it. What is urgent does not wait for this.
    pub hold: Duration,
    /// It begins so long after the last one with this key to this recipient began, and up to a second more, at the earliest;
    /// what is urgent too.
    pub damp: Duration,
}

impl Merge {
    /// The key of a word of the caller's.
    pub fn key_of(word: &str) -> u32 {
        folded(id_hash(word))
    }
}

/// 32 of 64 bits, never 0.
fn folded(hash: u64) -> u32 {
    ((hash ^ hash >> 32) as u32).max(1)
}

/// The key of a message to somebody. That two are taken for one, which has a chance of 2^-28, may delay a message.
fn key_to(name: Name<'_>, key: u32) -> u32 {
    let name = match name {
        Name::Phone(number) => number.get(),
        Name::User(id) | Name::Group(id) => id_hash(id),
    };
    // An odd number spreads the key over all bits.
    folded(name.wrapping_add(u64::from(key).wrapping_mul(0x9E37_79B9_7F4A_7C15)))
}

/// When the last messages with keys began, oldest first.
#[derive(Debug, Clone)]
pub(super) struct Begun([Beginning; KEPT]);

#[derive(Debug, Clone, Copy)]
struct Beginning {
    /// See [`key_to`]; 0 for none.
    key: u32,
    /// In units of 1,024 ms, rounded up.
    at: u32,
}

impl Begun {
    pub(super) const NONE: Self = Self([Beginning { key: 0, at: 0 }; KEPT]);

    /// When the last one began, in milliseconds; 0 if that is not known.
    fn last(&self, key: u32) -> u64 {
        let last = self.0.iter().find(|begun| begun.key == key);
        last.map_or(0, |begun| u64::from(begun.at) << 10)
    }

    fn note(&mut self, key: u32, now: u64) {
        let at = (now >> 10).saturating_add(1) as u32;
        // Its own entry gives way to it, or else the oldest, which moves to the end.
        let mut moved = Beginning { key, at };
        for place in self.0.iter_mut().rev() {
            core::mem::swap(place, &mut moved);
            if moved.key == key {
                break;
            }
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
    /// For how many messages the one stands that waits with this key for this recipient; 0 if none does. For who says in
    /// the update how many there were: no words are the core's.
    pub fn merged(&self, recipient: &Recipient, key: u32) -> u16 {
        let waiting = self.waiting_with(recipient.into(), key);
        let waiting = waiting.and_then(|index| self.slot(index));
        waiting.map_or(0, |slot| slot.stands_for)
    }

    /// The text of the message that waits with this key for this recipient; empty if none does, or if it is no text. For
    /// who goes on with it in the update: kept is what will be sent, and nothing besides.
    pub fn merged_text(&self, recipient: &Recipient, key: u32) -> &str {
        let waiting = self.waiting_with(recipient.into(), key);
        let waiting = waiting.and_then(|index| self.slot(index));
        let text = waiting.and_then(|slot| self.content(slot).text());
        text.unwrap_or_default()
    }

    /// The message with this key to who is called so that may be replaced.
    #[inline(never)]
    pub(super) fn waiting_with(&self, name: Name<'_>, key: u32) -> Option<usize> {
        let is_it = |slot: &Slot| slot.key == key.max(1) && slot.untouched() && self.is_to(slot, name);
        self.slots.iter().position(is_it)
    }

    /// The message that waits in this slot gives its bytes to one of this priority, whose ticket, the next, ends.
    pub(super) fn give_way(&mut self, index: usize, priority: Priority) {
        let ticket = Ticket(self.next_ticket);
        let Some(slot) = self.slot_mut(index) else { return };
        // It is not evicted for its own update.
        slot.priority = slot.priority.max(priority);
        let into = slot.ticket.get();
        // There is room: else the message was not taken.
        let _ = self.events.push(kind::MERGED, ticket, into, &[]);
        self.free_body(index);
    }

    /// A message with a key was put into this slot, be it new there or in the place of one that waited: when it goes.
    pub(super) fn merge(&mut self, place: usize, new: bool, merge: &Merge, name: Name<'_>, now: u64) {
        let (key, journals) = (merge.key.max(1), self.journals());
        let Some(slot) = self.slots.get_mut(place) else {
            return;
        };
        slot.key = key;
        slot.stands_for = slot.stands_for.saturating_add(1);
        let mut until = u64::MAX;
        if !new {
            slot.unsaved = journals;
            // As long as the time of day is not known, it is not known either since when one waits that was restored.
            if core::mem::take(&mut slot.absolute) {
                slot.submitted = now;
            } else {
                until = if slot.aside == Aside::Merge { slot.due } else { now };
            }
        }
        let mut from = match slot.priority {
            Priority::Urgent => now,
            _ => after(slot.submitted, ms(merge.hold.as_ticks())).min(until),
        };
        let (last, damp) = (self.begun.last(key_to(name, key)), ms(merge.damp.as_ticks()));
        if last > 0 && damp > 0 {
            from = from.max(after(last, damp));
        }
        slot.due = from.max(now);
        slot.aside = if from > now { Aside::Merge } else { Aside::No };
    }

    /// Notes that a message began.
    pub(super) fn note_begun(&mut self, index: usize, now: u64) {
        if !cfg!(feature = "alerts") {
            return;
        }
        let Some(slot) = self.slot(index) else { return };
        if slot.key == 0 || slot.attempt != 1 {
            return;
        }
        if let Some(name) = self.content(slot).name() {
            self.begun.note(key_to(name, slot.key), now);
        }
    }
}
