//! What recipients want for themselves: quiet hours and a daily cap, see [`quiet`](crate::quiet).
//!
//! Judged when a message's turn comes, as Meta's rules are: what may not go waits aside and holds back nobody. Without the
//! time of day nobody knows whose night it is: then the message goes.

use super::{Client, Priority};
use crate::outbox::Slot;
use crate::quiet::Policy;
use crate::retry::after;
use core::cmp::Ordering;

/// How many messages went out on a day of somebody's calendar. Of two records the greater is the later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Day {
    /// Days since 1970.
    pub(crate) number: u16,
    pub(crate) sent: u16,
}

impl Day {
    pub(crate) const NONE: Self = Self { number: 0, sent: 0 };

    /// Both numbers in one.
    pub(super) fn bits(self) -> u32 {
        u32::from(self.sent) << 16 | u32::from(self.number)
    }

    pub(super) fn from_bits(bits: u32) -> Self {
        Self {
            number: bits as u16,
            sent: (bits >> 16) as u16,
        }
    }

    fn has(self, day: u32, most: u16) -> bool {
        most > 0 && u32::from(self.number) == day && self.sent >= most
    }

    /// Of two that turn out to be one user's: the later day, or what both had of the same.
    pub(crate) fn join(self, other: Self) -> Self {
        match self.number.cmp(&other.number) {
            Ordering::Equal => Self {
                sent: self.sent.saturating_add(other.sent),
                ..self
            },
            Ordering::Greater => self,
            Ordering::Less => other,
        }
    }

    fn count(&mut self, day: u32) {
        if u32::from(self.number) != day {
            *self = Self {
                number: day as u16,
                sent: 0,
            };
        }
        self.sent = self.sent.saturating_add(1);
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
    /// What this message's recipient wants.
    fn policy_of(&self, slot: &Slot) -> Option<&'static Policy> {
        let policy = usize::from(slot.policy).checked_sub(1)?;
        self.settings.policies.get(policy)
    }

    /// The time of day in Unix seconds, for a message that heeds it: none that is urgent, and none while it is not known.
    fn unix_for(&self, slot: &Slot, now: u64) -> Option<u32> {
        if !cfg!(feature = "alerts") || slot.priority == Priority::Urgent {
            return None;
        }
        Some(self.unix_seconds(now)).filter(|unix| *unix > 0)
    }

    /// Until when this message has to wait for its recipient's sake, in milliseconds of the clock.
    pub(super) fn calm_until(&self, slot: &Slot, now: u64) -> Option<u64> {
        let unix = self.unix_for(slot, now)?;
        let mut from = unix;
        // A message that goes again was counted: it is not held back by its own place in a day.
        let is_new = slot.attempt == 0;
        if let Some(policy) = self.policy_of(slot) {
            from = policy.next_allowed(unix);
            let today = self.users.get(slot.user).map_or(Day::NONE, |user| user.today);
            if is_new && today.has(policy.day(unix), policy.daily_cap) {
                // The new day may begin in quiet hours.
                from = from.max(policy.next_allowed(policy.next_day(unix)));
            }
        }
        let everybody = &self.settings.everybody;
        if is_new && self.today.has(everybody.day(unix), everybody.daily_cap) {
            from = from.max(everybody.next_day(unix));
        }
        let wait = from.saturating_sub(unix);
        (wait > 0).then(|| after(now, u64::from(wait).saturating_mul(1_000)))
    }

    /// What went to this message's user and to everybody, where there are caps, with this request of it.
    #[cfg_attr(feature = "alerts", inline(never))]
    pub(super) fn days_with(&self, index: usize, attempt: u16, now: u64) -> (Day, Day) {
        let Some(slot) = self.slot(index) else {
            return (Day::NONE, self.today);
        };
        let mut one = self.users.get(slot.user).map_or(Day::NONE, |user| user.today);
        let mut all = self.today;
        // A message that goes again counts once.
        if attempt == 1
            && let Some(unix) = self.unix_for(slot, now)
        {
            let everybody = Some(&self.settings.everybody);
            for (day, policy) in [(&mut one, self.policy_of(slot)), (&mut all, everybody)] {
                if let Some(policy) = policy.filter(|policy| policy.daily_cap > 0) {
                    day.count(policy.day(unix));
                }
            }
        }
        (one, all)
    }

    /// Counts a message that goes out now.
    pub(super) fn count_in_day(&mut self, index: usize, now: u64) {
        let Some(slot) = self.slot(index).filter(|_| cfg!(feature = "alerts")) else {
            return;
        };
        let user = slot.user;
        let (one, all) = self.days_with(index, slot.attempt, now);
        self.unsaved.day |= all != self.today;
        self.today = all;
        if let Some(user) = self.users.get_mut(user) {
            user.unsaved_day |= user.today != one;
            user.today = one;
        }
    }
}
