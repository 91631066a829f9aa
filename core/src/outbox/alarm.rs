//! What an alarm keeps in its slot.
//!
//! An alarm is never sent itself, so that what a message keeps of its requests is free for it: who was told, whose turn it
//! is, what became of those who are done. Memory: none beyond the slot's.

use super::{Final, Progress, Slot, State};
use crate::client::Ticket;

/// Most recipients of an alarm; a bit each in what is kept.
#[cfg(feature = "alerts")]
pub(crate) const RECIPIENTS: usize = 16;

// What is kept in the place of a message's id.
const PLACE: u32 = 0;
const END: u32 = 4;
const HAVE: u32 = 8;
const DONE: u32 = 24;
const CODE: u32 = 40;

impl Slot {
    /// Whether it is an alarm whose ticket may still be open.
    pub(crate) fn is_alarm(&self) -> bool {
        self.state == State::Alarm
    }

    /// Whether it is an alarm that was taken by somebody, and the others are yet to be told so.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_alarm() && self.fallback
    }

    /// Whether it is a message of the alarm in this slot.
    pub(crate) fn is_of(&self, alarm: usize) -> bool {
        usize::from(self.parent) == alarm.wrapping_add(1) && self.state > State::Done
    }

    /// The slot of the alarm that it is a message of.
    pub(crate) fn alarm(&self) -> Option<usize> {
        usize::from(self.parent).checked_sub(1)
    }

    /// Whether this message may be with its recipient, or on its way there.
    pub(crate) fn may_have_arrived(&self) -> bool {
        self.state > State::Queued || self.maybe_sent_once
    }

    /// How many of the alarm's recipients had their turn.
    pub(crate) fn told(&self) -> u8 {
        self.faults
    }

    pub(crate) fn set_told(&mut self, told: u8) {
        self.faults = told;
    }

    /// The message of the one whose turn it is.
    pub(crate) fn current(&self) -> Ticket {
        Ticket::from_u32(self.failure)
    }

    pub(crate) fn set_current(&mut self, ticket: Ticket) {
        self.failure = ticket.get();
    }

    /// Who asked to be told again, where somebody did.
    pub(crate) fn snoozed(&self) -> Option<u8> {
        self.duplicate_told.then_some(self.message_id as u8 & 15)
    }

    /// This one asked to be told again, at this moment; `None`: that is over.
    pub(crate) fn set_snoozed(&mut self, place: Option<u8>, now: u64) {
        self.duplicate_told = place.is_some();
        if let Some(place) = place {
            self.message_id = self.message_id & !15 | u64::from(place & 15) << PLACE;
            self.accepted = now;
        }
    }

    /// The recipients who may have the alarm before them and whose message has ended, a bit each.
    pub(crate) fn have(&self) -> u16 {
        (self.message_id >> HAVE) as u16
    }

    pub(crate) fn add_have(&mut self, bits: u16) {
        self.message_id |= u64::from(bits) << HAVE;
    }

    /// The recipients who are told by whom it was taken, a bit each.
    pub(crate) fn done(&self) -> u16 {
        (self.message_id >> DONE) as u16
    }

    pub(crate) fn add_done(&mut self, bits: u16) {
        self.message_id |= u64::from(bits) << DONE;
    }

    /// One of its messages ended so; of all of them that which got least far counts.
    pub(crate) fn count_end(&mut self, end: Final, code: u32) {
        self.end = self.end.max(end);
        if end == Final::Failed {
            self.key = code;
        }
        if end.may_have_arrived() {
            self.progress = Progress::Sent;
        }
    }

    /// The code of the failure that counts. An alarm has no key.
    pub(crate) fn end_code(&self) -> u32 {
        self.key
    }

    /// All of this that is no field of a message's state in the journal.
    pub(crate) fn alarm_bits(&self) -> u64 {
        self.message_id | (self.end as u64) << END | u64::from(self.key) << CODE
    }

    pub(crate) fn set_alarm_bits(&mut self, bits: u64) {
        let end = Final::ALL.get((bits >> END) as usize & 15);
        self.end = end.copied().unwrap_or(Final::Failed);
        self.key = (bits >> CODE) as u32;
        self.message_id = bits & !(15 << END) & ((1 << CODE) - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_alarm_knows_fits_into_the_bits_of_its_state() {
        let mut slot = Slot::FREE;
        slot.set_snoozed(Some(15), 7);
        slot.add_have(0x8001);
        slot.add_done(0x4002);
        for (end, code) in [
            (Final::Delivered, 0),
            (Final::Failed, 2_593_107),
            (Final::Read, 0),
        ] {
            slot.count_end(end, code);
        }
        let mut again = Slot::FREE;
        again.duplicate_told = true;
        again.set_alarm_bits(slot.alarm_bits());
        assert_eq!(again.snoozed(), Some(15));
        assert_eq!((again.have(), again.done()), (0x8001, 0x4002));
        assert_eq!((again.end, again.end_code()), (Final::Failed, 2_593_107));
    }
}
