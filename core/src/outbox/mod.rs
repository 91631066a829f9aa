//! The messages on their way: a fixed number of slots and one arena for their bytes.
//!
//! Memory: see `size_of::<Slot>()` in the tests; the arena is as large as the user makes it.

mod alarm;
mod arena;

#[cfg(feature = "alerts")]
pub(crate) use alarm::RECIPIENTS;
pub(crate) use arena::{Arena, Span, close_up};

use crate::client::{Priority, Ticket};
use crate::pace::Millis;
use crate::retry::after;
use crate::users::UserIndex;

/// From here on a number is no entry of the users' table: messages of one user that is not in it (yet, or any more)
/// share such a number.
pub(crate) const STRANGER: UserIndex = 0x8000;

/// Whether this is an entry of the users' table.
pub(crate) fn is_known(user: UserIndex) -> bool {
    user < STRANGER
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum State {
    /// Nowhere: the slot is free.
    Free,
    /// It ended, as `end` says; the event waits for room.
    Done,
    /// Waits for its first request, or for its next; not before `due`.
    Queued,
    /// A request is under way.
    InFlight,
    /// A request may have been taken; a status tells, or at `due` it is sent again.
    MaybeSent,
    /// Meta took it; until `due` it may still fail, after that it is followed until `due` again.
    Accepted,
    /// No message but an alarm, whose messages have slots of their own; at `due` it is seen to.
    Alarm,
}

/// How far a message got, by its statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Progress {
    Nothing,
    Sent,
    Delivered,
    Read,
}

/// How a ticket ended, as far as it fits into a slot: what got furthest first, in the order of the events' numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Final {
    Read,
    Delivered,
    Accepted,
    Unanswered,
    Unknown,
    Withdrawn,
    Evicted,
    Expired,
    /// With the slot's `failure`.
    Failed,
}

impl Final {
    /// In order.
    pub(crate) const ALL: [Self; 9] = [
        Self::Read,
        Self::Delivered,
        Self::Accepted,
        Self::Unanswered,
        Self::Unknown,
        Self::Withdrawn,
        Self::Evicted,
        Self::Expired,
        Self::Failed,
    ];

    /// Whether the recipient may have the message before them.
    pub(crate) fn may_have_arrived(self) -> bool {
        self <= Self::Unknown
    }
}

/// Whether a message that waits until `due` holds nobody back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Aside {
    No,
    /// It waits for a rule of Meta's (a paused template, the messaging limit), or for its recipient's sake.
    Rule,
    /// It waits for others with its key, or because one has just gone.
    Merge,
}

/// One message: what is known of it besides its bytes. Times are milliseconds of the monotonic clock.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct Slot {
    pub(crate) ticket: Ticket,
    pub(crate) body: Span,
    pub(crate) submitted: u64,
    pub(crate) expires: u64,
    pub(crate) due: u64,
    /// When Meta took it, as far as is known.
    pub(crate) accepted: u64,
    /// [`id_hash`] of the id that Meta gave; 0 before.
    pub(crate) message_id: u64,
    /// How long an answer is waited for after acceptance, in milliseconds; 0 when none is wanted.
    pub(crate) answer_within: u32,
    /// First byte of the last request.
    pub(crate) began: Millis,
    /// Code with which the last attempt failed, by its answer or by a status, which may overtake the answer; 0 when it
    /// did not. Of a message that ended in failure, the code of that.
    pub(crate) failure: u32,
    /// Messages with this key to this user are one as long as they wait; 0 for none. Of an alarm, see
    /// [`end_code`](Self::end_code).
    pub(crate) key: u32,
    /// For how many messages it stands, itself among them, where it has a key.
    pub(crate) stands_for: u16,
    pub(crate) attempt: u16,
    pub(crate) user: UserIndex,
    /// The slot of the alarm that it is a message of, from 1 on; 0 for none.
    pub(crate) parent: u16,
    /// Tries that ended in a fault of Meta's (131000 and its like).
    pub(crate) faults: u8,
    /// How often a younger message to the same user went first.
    pub(crate) overtaken: u8,
    /// Which of the settings' policies its recipient has, from 1 on; 0 for none.
    pub(crate) policy: u8,
    pub(crate) priority: Priority,
    pub(crate) state: State,
    /// How it ended, once it is done.
    pub(crate) end: Final,
    pub(crate) ordered: bool,
    pub(crate) at_most_once: bool,
    /// The fallback template goes out in place of the text.
    pub(crate) fallback: bool,
    pub(crate) settled: bool,
    /// The furthest that a status said of it.
    pub(crate) progress: Progress,
    pub(crate) maybe_sent_once: bool,
    pub(crate) duplicate_told: bool,
    pub(crate) aside: Aside,
    pub(crate) marketing: bool,
    pub(crate) group: bool,
    /// The journal has this message.
    pub(crate) committed: bool,
    /// The journal has not how far it is; before its first request, not what it says now.
    pub(crate) unsaved: bool,
    /// The last attempt was counted among what is charged for.
    pub(crate) charged: bool,
    /// Restored: `submitted` and `expires` are Unix time until the clock is set.
    pub(crate) absolute: bool,
}

impl Slot {
    /// One that is free: zeros only, so that many of them are cleared at once.
    pub(crate) const FREE: Self = Self {
        ticket: Ticket::NONE,
        body: Span { at: 0, len: 0 },
        submitted: 0,
        expires: 0,
        due: 0,
        accepted: 0,
        message_id: 0,
        answer_within: 0,
        began: Millis::START,
        failure: 0,
        key: 0,
        stands_for: 0,
        attempt: 0,
        user: 0,
        parent: 0,
        faults: 0,
        overtaken: 0,
        policy: 0,
        priority: Priority::Low,
        state: State::Free,
        end: Final::Read,
        ordered: false,
        at_most_once: false,
        fallback: false,
        settled: false,
        progress: Progress::Nothing,
        maybe_sent_once: false,
        duplicate_told: false,
        aside: Aside::No,
        marketing: false,
        group: false,
        committed: false,
        unsaved: false,
        charged: false,
        absolute: false,
    };

    /// Whether it holds a message.
    pub(crate) fn is_taken(&self) -> bool {
        self.state != State::Free
    }

    /// Whether eviction or replacement is allowed: no request has begun.
    pub(crate) fn untouched(&self) -> bool {
        self.state == State::Queued && self.attempt == 0
    }

    /// Whether it waits for its first request, and the journal has it not, or not as it is now.
    pub(crate) fn is_unwritten(&self) -> bool {
        self.untouched() && (!self.committed || self.unsaved)
    }

    /// Whether it has a key.
    pub(crate) fn merges(&self) -> bool {
        self.key != 0 && !self.is_alarm()
    }

    /// Whether a `failed` status of this attempt is news: each attempt fails once.
    pub(crate) fn may_fail(&self, attempt: u16) -> bool {
        self.attempt == attempt
            && attempt > 0
            && self.failure == 0
            && self.progress < Progress::Delivered
            && self.state > State::Done
    }

    /// Whether a status has shown that the recipient was or is being sent it, by this attempt or an earlier one.
    #[inline(never)]
    pub(crate) fn arrived(&self) -> bool {
        self.progress > Progress::Nothing && (self.failure == 0 || self.duplicate_told)
    }

    /// Whether the time in which an answer was wanted is over.
    pub(crate) fn answer_overdue(&self, now: u64) -> bool {
        self.answer_within > 0 && self.answer_due() <= now
    }

    /// Until when an answer is waited for.
    pub(crate) fn answer_due(&self) -> u64 {
        after(self.accepted, self.answer_within.into())
    }

    /// Whether the user's entry in the table is still wanted, if another one can do without.
    pub(crate) fn needs_user(&self) -> bool {
        self.wants_answer()
            || match self.state {
                State::Queued => self.attempt > 0,
                State::InFlight | State::MaybeSent => true,
                State::Accepted => !self.settled || (self.ordered && self.progress < Progress::Delivered),
                _ => false,
            }
    }

    /// Whether the recipient may have this message before them.
    pub(crate) fn may_be_answered(&self) -> bool {
        self.wants_answer() && (self.state != State::Queued || self.maybe_sent_once)
    }

    /// Whether an answer of the recipient's is still waited for.
    pub(crate) fn wants_answer(&self) -> bool {
        self.answer_within > 0 && self.attempt > 0 && self.state > State::Done
    }
}

/// 64 bits by which a message id is recognized (FNV-1a). Never 0. Two of the few ids that are live at one time being
/// alike has a chance of about 2^-60.
#[inline(never)]
pub(crate) fn id_hash(id: &str) -> u64 {
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash.max(1)
}

/// The slots that hold a message.
pub(crate) fn taken(slots: &[Slot]) -> impl Iterator<Item = &Slot> {
    slots.iter().filter(|slot| slot.is_taken())
}

/// As [`taken`].
pub(crate) fn taken_mut(slots: &mut [Slot]) -> impl Iterator<Item = &mut Slot> {
    slots.iter_mut().filter(|slot| slot.is_taken())
}

/// The slot for which `key` gives the least, which is never `u64::MAX`; `None` of it passes over.
pub(crate) fn least(slots: &[Slot], key: &dyn Fn(&Slot) -> Option<u64>) -> Option<usize> {
    let (mut best, mut least) = (None, u64::MAX);
    for (index, slot) in slots.iter().enumerate() {
        if slot.is_taken()
            && let Some(key) = key(slot)
            && key < least
        {
            (best, least) = (Some(index), key);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::Slot;

    #[test]
    fn a_slot_costs_96_bytes() {
        assert_eq!(size_of::<Slot>(), 96);
    }
}
