//! Alarms that the journal gives back, and their messages, which may come before them.

use super::super::Client;
use super::super::journal::option;
use crate::message::{Of, Stored, Why};
use crate::outbox::{Final, Slot, State};

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// What the record says of an alarm, or of the alarm that the message belongs to.
    pub(in super::super) fn restore_family(slot: &mut Slot, options: u8, bytes: &[u8]) {
        if !cfg!(feature = "alerts") {
            return;
        }
        if options & option::ALARM != 0 {
            slot.state = State::Alarm;
            slot.fallback = options & option::CLOSED != 0;
        } else if let Some(of) = Stored::new(bytes).of() {
            slot.parent = of.parent;
            // Kept here until all are known: the bytes may not be.
            slot.overtaken = of.mark();
        }
    }

    /// All records were given. An alarm is told of those of its messages that the journal had and it did not know of;
    /// where there is no alarm, or somebody has taken it, its messages are over.
    pub(in super::super) fn restored_families(&mut self) {
        if !cfg!(feature = "alerts") {
            return;
        }
        for index in 0..MESSAGES {
            let Some(slot) = self.slot_mut(index).filter(|slot| slot.parent > 0) else {
                continue;
            };
            let of = Of::new(slot.parent, core::mem::take(&mut slot.overtaken));
            let (ticket, alarm) = (slot.ticket, slot.alarm());
            // Of an alarm that was there before in that slot the message is older than the one that is there now.
            let alarm = alarm.and_then(|alarm| self.slot_mut(alarm));
            let alarm = alarm.filter(|alarm| alarm.is_alarm() && alarm.ticket < ticket);
            match (alarm, of.why) {
                (Some(alarm), Why::Taken) => alarm.add_done(of.bit()),
                (None, Why::Taken) => {}
                (Some(alarm), _) if !alarm.is_closed() => {
                    if of.why == Why::Again && alarm.current() < ticket {
                        alarm.set_snoozed(None, 0);
                    }
                    alarm.set_told(alarm.told().max(of.place.saturating_add(1)));
                    let current = alarm.current().max(ticket);
                    alarm.set_current(current);
                    continue;
                }
                _ => {
                    self.end_message(index, Final::Withdrawn);
                    continue;
                }
            }
            if let Some(slot) = self.slot_mut(index) {
                slot.parent = 0;
            }
        }
    }
}
