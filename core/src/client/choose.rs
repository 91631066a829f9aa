//! Which message goes next.
//!
//! Order within one user: first in, first out within a priority; a higher priority overtakes, but after four
//! overtakings the oldest waiting message goes next, with the rights of the one it precedes, so that it does not hold
//! up a burst. Across users: the highest priority that is due, then the longest waiting; a low one that has waited for
//! ten minutes counts as normal.

use super::{Priority, Ticket, millis};
use crate::outbox::{Aside, Progress, Slot, State};
use crate::pace::{Legal, Uplink};
use crate::retry::{after, before, earlier};
use crate::users::{User, UserIndex};
use core::cmp::Reverse;

/// After so many overtakings the oldest waiting message of a user goes next.
const OVERTAKINGS: u8 = 4;
/// After so many milliseconds a low message counts as normal.
const LOW_COUNTS_AS_NORMAL_AFTER: u64 = 600_000;
/// A wait that only something from outside ends.
pub(super) const NEVER: u64 = u64::MAX;

/// A message that may begin now, and its place in the order: lower is first.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    pub(super) slot: usize,
    pub(super) oldest: usize,
    /// May join a window.
    pub(super) urgent: bool,
    rank: (Reverse<Priority>, Ticket),
}

pub(super) enum Choice {
    Begin(Candidate),
    /// Not before this many milliseconds of the clock.
    Wait(u64),
}

/// The place in the order: lower is first.
#[inline(never)]
fn rank(slot: &Slot, now: u64) -> (Reverse<Priority>, Ticket) {
    let waited = before(now, slot.submitted);
    let priority = if slot.priority == Priority::Low && waited >= LOW_COUNTS_AS_NORMAL_AFTER {
        Priority::Normal
    } else {
        slot.priority
    };
    (Reverse(priority), slot.ticket)
}

/// Whether an `ordered` message to the same user that went before is on its way and not delivered.
pub(super) fn waits_for_delivery(slots: &[Slot], slot: &Slot) -> bool {
    slot.ordered
        && slots.iter().any(|other| {
            other.user == slot.user
                && other.ordered
                && other.ticket != slot.ticket
                && match other.state {
                    State::InFlight | State::MaybeSent => true,
                    State::Accepted => other.progress < Progress::Delivered,
                    // It has to go again: before those that never went, and in its place among those that did.
                    State::Queued => other.attempt > 0 && (slot.attempt == 0 || other.ticket < slot.ticket),
                    _ => false,
                }
        })
}

/// Whether it is held back by nothing but its user's pace and its own time.
#[inline(never)]
fn waits(slots: &[Slot], slot: &Slot, now: u64) -> bool {
    slot.state == State::Queued
        && slot.committed
        && !slot.is_unwritten()
        && !(slot.aside != Aside::No && slot.due > now)
        // Holds back nobody but the ordered ones behind it.
        && !waits_for_delivery(slots, slot)
}

/// From when on, in milliseconds of the clock, this user may be written to.
#[inline(never)]
fn legal_from(user: &User, urgent: bool, uplink: Uplink, now: u64) -> u64 {
    match user.pace.legal(millis(now), urgent, uplink) {
        Legal::Now => 0,
        Legal::At(at) => {
            let span = at.since(millis(now)).max(0).unsigned_abs();
            after(now, span.into())
        }
        Legal::AfterAnswer => NEVER,
    }
}

/// From when on this user may be written to. Who has no entry owes nothing, but needs one: a new one, where `has_new_place`
/// says so, or that of somebody who owes nothing.
#[cfg_attr(feature = "alerts", inline(never))]
pub(super) fn open_from(
    users: &[Option<User>],
    user: UserIndex,
    has_new_place: bool,
    urgent: bool,
    uplink: Uplink,
    now: u64,
) -> u64 {
    if let Some(user) = users.get(usize::from(user)).and_then(Option::as_ref) {
        return legal_from(user, urgent, uplink, now);
    }
    if has_new_place {
        return 0;
    }
    let from = |user: &Option<User>| {
        user.as_ref()
            .map_or(0, |user| legal_from(user, false, uplink, now))
    };
    users.iter().map(from).min().unwrap_or(NEVER)
}

/// The first in the order of the waiting messages to one user, where this is the oldest of them.
fn first_behind<'a>(slots: &'a [Slot], oldest: &Slot, now: u64) -> Option<(usize, &'a Slot)> {
    let mut first: Option<(usize, &Slot)> = None;
    for (index, slot) in slots.iter().enumerate() {
        if slot.user == oldest.user && waits(slots, slot, now) {
            if slot.ticket < oldest.ticket {
                return None;
            }
            if first.is_none_or(|(_, first)| rank(slot, now) < rank(first, now)) {
                first = Some((index, slot));
            }
        }
    }
    first
}

/// Which of the waiting messages begins, or until when to wait. For each user one is chosen, then one of these: quadratic
/// in the messages, of which there are few, and without a table of users. `has_new_place` tells that there is one for a
/// user beside `users`.
#[inline(never)]
pub(super) fn choose_among(
    slots: &[Slot],
    users: &[Option<User>],
    has_new_place: bool,
    uplink: Uplink,
    now: u64,
) -> Choice {
    let mut wait = NEVER;
    let mut chosen: Option<Candidate> = None;
    for (oldest, slot) in slots.iter().enumerate() {
        if slot.aside != Aside::No && slot.due > now && slot.state == State::Queued {
            wait = earlier(wait, slot.due);
        }
        // Each user's oldest message stands for all of them.
        if !waits(slots, slot, now) {
            continue;
        }
        let Some((mut best, mut head)) = first_behind(slots, slot, now) else {
            continue;
        };
        let (priority, _) = rank(head, now);
        // One that was overtaken often enough goes with the rights of the one it precedes.
        if slot.overtaken >= OVERTAKINGS && slot.due <= now {
            (best, head) = (oldest, slot);
        }
        let candidate = Candidate {
            slot: best,
            oldest,
            urgent: priority.0 == Priority::Urgent,
            rank: (priority, head.ticket),
        };
        if chosen.is_some_and(|chosen| chosen.rank < candidate.rank) {
            // It waits for the one that goes first, whatever its time.
            continue;
        }
        let from = if head.due > now {
            head.due
        } else {
            open_from(users, slot.user, has_new_place, candidate.urgent, uplink, now)
        };
        if from <= now {
            chosen = Some(candidate);
        } else {
            wait = earlier(wait, from);
        }
    }
    chosen.map_or(Choice::Wait(wait), Choice::Begin)
}
