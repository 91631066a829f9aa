//! Read receipts and typing: requests that nobody misses.
//!
//! Meta, "Mark messages as read", "Typing indicators". No alert waits for one to begin: it goes out only when no message can,
//! and is dropped while its user is owed anything or written to, after a minute, when a newer one of the same user
//! comes (which marks the older messages as read too), or when its request fails. Meta does not say whether they count
//! for the pair rate; here they do not, so that a message that follows at once may be refused and heals by 4^X.
//!
//! Memory: four ids of up to 128 bytes.

use super::{Client, Flight, RequestId, millis};
use crate::division::ms;
use crate::message::{Field, Invalid, ReadReceipt, limits};
use crate::outbox::is_known;
use crate::recipient::Recipient;
use crate::retry::after;
use crate::users::UserIndex;
use embassy_time::Instant;
use heapless::{String, Vec};

/// So many receipts wait at a time.
const RECEIPTS: usize = 4;
/// The user of a receipt who is not in the table.
const NOBODY: UserIndex = UserIndex::MAX;
/// After so many milliseconds one is not sent any more.
const EXPIRES_AFTER: u64 = 60_000;
/// The slot of a request that is no message's.
pub(super) const NO_SLOT: usize = usize::MAX;

/// A receipt that waits or is under way; none where it expires at 0.
#[derive(Debug, Clone, Hash)]
struct Entry {
    message_id: String<{ limits::ID }>,
    typing: bool,
    user: UserIndex,
    expires: u64,
    request: Option<RequestId>,
}

#[derive(Debug, Clone, Hash)]
pub(super) struct Receipts(Vec<Entry, RECEIPTS>);

impl Receipts {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// The receipt that this request sends.
    pub(super) fn request(&self, id: RequestId) -> Option<ReadReceipt<'_>> {
        let entry = self.0.iter().find(|entry| entry.request == Some(id))?;
        Some(ReadReceipt {
            message_id: &entry.message_id,
            typing: entry.typing,
        })
    }

    /// The request is over, one way or the other.
    pub(super) fn ended(&mut self, id: RequestId) {
        if let Some(entry) = self.0.iter_mut().find(|entry| entry.request == Some(id)) {
            entry.request = None;
            entry.expires = 0;
        }
    }

    /// The user's place in the table is another one now.
    #[inline(never)]
    pub(super) fn moved(&mut self, from: UserIndex, to: UserIndex) {
        for entry in &mut self.0 {
            if entry.user == from {
                entry.user = if is_known(to) { to } else { NOBODY };
            }
        }
    }

    /// Where a receipt for this user goes: in place of one that waits, else where none is. With all places taken, the
    /// newest is the one to do without.
    #[inline(never)]
    fn place(&mut self, user: UserIndex) -> Option<&mut Entry> {
        let waits = |entry: &Entry| entry.expires > 0 && entry.request.is_none();
        let same = |entry: &Entry| waits(entry) && entry.user == user && is_known(user);
        let free = |entry: &Entry| entry.expires == 0;
        let mut place = self.0.iter().position(same);
        if place.is_none() {
            // One more that is free, as long as there is room for it.
            let _ = self.0.push(Entry {
                message_id: String::new(),
                typing: false,
                user: NOBODY,
                expires: 0,
                request: None,
            });
            place = self.0.iter().position(free);
        }
        self.0.get_mut(place?)
    }

    /// The first that may go out now; those that may not any more are dropped.
    #[inline(never)]
    fn next(&mut self, now: u64, owes: &dyn Fn(UserIndex) -> bool) -> Option<&mut Entry> {
        for entry in &mut self.0 {
            if entry.request.is_none() && (entry.expires <= now || owes(entry.user)) {
                entry.expires = 0;
            }
        }
        let waits = |entry: &&mut Entry| entry.expires > 0 && entry.request.is_none();
        self.0.iter_mut().find(waits)
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
    /// Marks a message of `from` as read, and shows with `typing` that an answer is on its way. Best effort: it is
    /// dropped when it would stand in a message's way, and nothing is told of it.
    ///
    /// # Errors
    /// [`Invalid`], for an id that is empty or too long.
    pub fn mark_read(
        &mut self,
        now: Instant,
        from: &Recipient,
        message_id: &str,
        typing: bool,
    ) -> Result<(), Invalid> {
        ReadReceipt { message_id, typing }.check()?;
        let user = self.users.find(from.into()).unwrap_or(NOBODY);
        let Some(entry) = self.receipts.place(user) else {
            return Ok(());
        };
        entry.message_id.clear();
        // A character may be longer than a byte.
        entry.expires = 0;
        entry
            .message_id
            .push_str(message_id)
            .map_err(|_| Invalid::TooLong {
                field: Field::MessageId,
                limit: limits::ID,
                actual: message_id.len(),
            })?;
        entry.typing = typing;
        entry.user = user;
        entry.expires = after(ms(now.as_ticks()), EXPIRES_AFTER);
        Ok(())
    }

    /// Begins a receipt, if there is one, a lane is free, and nothing speaks against it.
    pub(super) fn begin_receipt(&mut self, now: u64) -> Option<RequestId> {
        let failing = self.failing_until();
        let users = &self.users;
        let owes = |user| users.get(user).is_some_and(|user| user.pace.owes(millis(now)));
        let entry = self.receipts.next(now, &owes)?;
        // Where something fails, one request at a time finds out whether it works again.
        let flies = self.flights.iter().any(Option::is_some);
        if failing.is_some_and(|until| flies || until > now) {
            return None;
        }
        let lane = self.flights.iter().position(Option::is_none)?;
        self.throughput.check(now, self.settings.throughput).ok()?;
        self.throughput.count();
        let id = RequestId {
            lane: lane as u16,
            serial: self.next_serial,
        };
        self.next_serial = self.next_serial.wrapping_add(1);
        entry.request = Some(id);
        *self.flights.get_mut(lane)? = Some(Flight {
            id,
            slot: NO_SLOT,
            began: now,
            answer: None,
        });
        Some(id)
    }
}
