//! Read receipts and typing: requests that nobody misses.
//!
//! Meta, "Mark messages as read", "Typing indicators". They never delay an alert: one goes out only when no message can,
//! and is dropped while its user is owed anything or written to, after a minute, when a newer one of the same user
//! comes (which marks the older messages as read too), or when its request fails. Meta does not say whether they count
//! for the pair rate; here they do not, so that a message that follows at once may be refused and heals by 4^X.
//!
//! Memory: four ids of up to 128 bytes.

use super::{Client, Flight, RequestId, millis};
use crate::message::{Invalid, ReadReceipt, limits};
use crate::outbox::NO_USER;
use crate::recipient::Recipient;
use crate::users::UserIndex;
use embassy_time::Instant;
use heapless::String;

/// So many receipts wait at a time.
const RECEIPTS: usize = 4;
/// After so many milliseconds one is not sent any more.
const EXPIRES_AFTER: u64 = 60_000;
/// The slot of a request that is no message's.
pub(super) const NO_SLOT: usize = usize::MAX;

/// A receipt that waits or is under way.
#[derive(Debug)]
struct Entry {
    message_id: String<{ limits::ID }>,
    typing: bool,
    user: UserIndex,
    expires: u64,
    request: Option<RequestId>,
}

#[derive(Debug)]
pub(super) struct Receipts([Option<Entry>; RECEIPTS]);

impl Receipts {
    pub(super) const fn new() -> Self {
        Self([const { None }; RECEIPTS])
    }

    /// The receipt that this request sends.
    pub(super) fn request(&self, id: RequestId) -> Option<ReadReceipt<'_>> {
        let entry = self.0.iter().flatten().find(|entry| entry.request == Some(id))?;
        Some(ReadReceipt {
            message_id: &entry.message_id,
            typing: entry.typing,
        })
    }

    /// The request is over, one way or the other.
    pub(super) fn ended(&mut self, id: RequestId) {
        self.drop_if(|entry| entry.request == Some(id));
    }

    /// The user's number changed its place.
    pub(super) fn moved(&mut self, from: UserIndex, to: UserIndex) {
        for entry in self.0.iter_mut().flatten().filter(|entry| entry.user == from) {
            entry.user = to;
        }
    }

    fn drop_if(&mut self, gone: impl Fn(&Entry) -> bool) {
        for place in &mut self.0 {
            place.take_if(|entry| gone(entry));
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
        let user = self.users.find(from).unwrap_or(NO_USER);
        let entry = Entry {
            // A character may be longer than a byte.
            message_id: String::try_from(message_id).map_err(|_| Invalid::TooLong {
                field: crate::message::Field::MessageId,
                limit: limits::ID,
                actual: message_id.len(),
            })?,
            typing,
            user,
            expires: now.as_millis().saturating_add(EXPIRES_AFTER),
            request: None,
        };
        let places = &mut self.receipts.0;
        let same = |place: &Option<Entry>| {
            place
                .as_ref()
                .is_some_and(|entry| entry.user == user && user != NO_USER && entry.request.is_none())
        };
        let place = places
            .iter()
            .position(same)
            .or_else(|| places.iter().position(Option::is_none));
        // Where all places are taken, the newest is the one to do without.
        if let Some(place) = place.and_then(|place| places.get_mut(place)) {
            *place = Some(entry);
        }
        Ok(())
    }

    /// Begins a receipt, if there is one, a lane is free, and nothing speaks against it.
    pub(super) fn begin_receipt(&mut self, now: u64) -> Option<RequestId> {
        let users = &self.users;
        let owes = |user| users.pace(user).is_some_and(|pace| pace.owes(millis(now)));
        self.receipts
            .drop_if(|entry| entry.request.is_none() && (entry.expires <= now || owes(entry.user)));
        if self.link.active() || self.throttle.active() || self.account.active() {
            return None;
        }
        let waits = |entry: &&mut Entry| entry.request.is_none();
        let entry = self.receipts.0.iter_mut().flatten().find(waits)?;
        let lane = self.flights.iter().position(Option::is_none)?;
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
