//! Which message goes next.
//!
//! Order within one user: first in, first out within a priority; a higher priority overtakes, but after four
//! overtakings the oldest waiting message goes next, with the rights of the one it precedes, so that it does not hold
//! up a burst. Across users: the highest priority that is due, then the longest waiting; a low one that has waited for
//! ten minutes counts as normal.

use super::{Priority, Ticket, millis};
use crate::outbox::{Progress, Slot, State};
use crate::pace::{Legal, Uplink};
use crate::users::User;

/// After so many overtakings the oldest waiting message of a user goes next.
const OVERTAKINGS: u8 = 4;
/// After so many milliseconds a low message counts as normal.
const LOW_COUNTS_AS_NORMAL_AFTER: u64 = 600_000;
/// A message that may begin now, and its place in the order: lower is first.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    pub(super) slot: usize,
    pub(super) oldest: usize,
    /// May join a window.
    pub(super) urgent: bool,
    rank: (core::cmp::Reverse<Priority>, Ticket),
}

pub(super) enum Choice {
    Begin(Candidate),
    /// Not before this many milliseconds of the clock; `None`: only something from outside changes it.
    Wait(Option<u64>),
}

pub(super) fn earliest(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn effective_priority(slot: &Slot, now: u64) -> Priority {
    let waited = now.saturating_sub(slot.submitted);
    if slot.priority == Priority::Low && waited >= LOW_COUNTS_AS_NORMAL_AFTER {
        Priority::Normal
    } else {
        slot.priority
    }
}

/// Whether an `ordered` message to the same user that went before is on its way and not delivered.
fn waits_for_delivery(slots: &[Option<Slot>], slot: &Slot) -> bool {
    slot.ordered
        && slots.iter().flatten().any(|other| {
            other.user == slot.user
                && other.ordered
                && other.ticket != slot.ticket
                && match other.state {
                    State::InFlight | State::MaybeSent => true,
                    State::Accepted => other.progress < Progress::Delivered,
                    // It has to go again: before those that never went, and in its place among those that did.
                    State::Queued => other.attempt > 0 && (slot.attempt == 0 || other.ticket < slot.ticket),
                    State::Done(_) => false,
                }
        })
}

/// From when on, in milliseconds of the clock, this user may be written to.
fn legal_from(user: &User, urgent: bool, uplink: Uplink, now: u64) -> Result<(), Option<u64>> {
    match user.pace.legal(millis(now), urgent, uplink) {
        Legal::Now => Ok(()),
        Legal::At(at) => {
            let span = at.since(millis(now)).max(0).unsigned_abs();
            Err(Some(now.saturating_add(span.into())))
        }
        Legal::AfterAnswer => Err(None),
    }
}

/// Whether somebody new can have an entry, else from when on: where nobody is, or somebody who owes nothing.
fn place_for_newcomer(users: &[Option<User>], uplink: Uplink, now: u64) -> Result<(), Option<u64>> {
    let mut wait = None;
    for user in users {
        let free = user
            .as_ref()
            .map_or(Ok(()), |user| legal_from(user, false, uplink, now));
        match free {
            Ok(()) => return Ok(()),
            Err(at) => wait = earliest(wait, at),
        }
    }
    Err(wait)
}

/// Which of the waiting messages begins, or until when to wait. For each user one is chosen, then one of these: quadratic
/// in the messages, of which there are few, and without a table of users.
pub(super) fn choose_among(
    slots: &[Option<Slot>],
    users: &[Option<User>],
    uplink: Uplink,
    now: u64,
) -> Choice {
    let mut wait = None;
    let mut chosen: Option<Candidate> = None;
    let waiting = |index: usize| {
        let slot = slots.get(index)?.as_ref()?;
        let waits = slot.state == State::Queued
            && slot.committed
            // Holds back nobody but the ordered ones behind it.
            && !waits_for_delivery(slots, slot)
            && !(slot.aside && slot.due > now);
        waits.then_some(slot)
    };
    let rank = |slot: &Slot| (core::cmp::Reverse(effective_priority(slot, now)), slot.ticket);
    for (oldest, slot) in slots.iter().enumerate() {
        let Some(slot) = slot else { continue };
        if slot.aside && slot.due > now && slot.state == State::Queued {
            wait = earliest(wait, Some(slot.due));
        }
        // Each user's oldest message stands for all of them.
        if waiting(oldest).is_none() {
            continue;
        }
        let (mut best, mut head, mut is_oldest) = (oldest, slot, true);
        for index in 0..slots.len() {
            if let Some(other) = waiting(index).filter(|other| other.user == slot.user) {
                is_oldest &= other.ticket >= slot.ticket;
                if rank(other) < rank(head) {
                    (best, head) = (index, other);
                }
            }
        }
        if !is_oldest {
            continue;
        }
        let (priority, _) = rank(head);
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
        let ready = if head.due > now {
            Err(Some(head.due))
        } else if let Some(user) = users.get(usize::from(slot.user)).and_then(Option::as_ref) {
            legal_from(user, candidate.urgent, uplink, now)
        } else {
            // A stranger owes nothing, but needs a place in the table.
            place_for_newcomer(users, uplink, now)
        };
        match ready {
            Ok(()) => chosen = Some(candidate),
            Err(at) => wait = earliest(wait, at),
        }
    }
    chosen.map_or(Choice::Wait(wait), Choice::Begin)
}
