//! What the journal gives back after a loss of power.
//!
//! Where there is a journal, nothing is sent before the time of day is known, which TLS needs anyway, whatever the journal
//! had: then it is known too what expired meanwhile, what is still owed, and which windows are open. A request whose
//! intent is in the journal and whose answer is not may have been sent: it waits for a status that says so, as after a
//! lost answer. Every user owes the whole debt and back-off from the start on, less the time that the clock shows to have
//! passed since; never less than that, though Unix time is known in whole seconds, and a request of which no answer is
//! known may have begun later than its intent was written and count [`Settings::max_uplink`](super::Settings::max_uplink)
//! later. Of several records of a user the last one counts, and of an earlier one what was not paid when that was written;
//! all of all of them where one has no time, and the most of any where the clock has gone back since.

use super::calm::Day;
use super::event::kind as event;
use super::journal::{FORMAT, Kept, flag, kind, option, state, user as bits};
use super::{Client, Priority, Ticket, Whom, millis};
use crate::division::ms;
use crate::message::Stored;
use crate::outbox::{Aside, Final, Progress, STRANGER, Slot, State, is_known, taken_mut};
use crate::pace::{Millis, Pace};
use crate::recipient::{Name, PhoneNumber};
use crate::record::Writer;
use crate::retry::{after, before, earlier, later};
use crate::users::UserIndex;
use crate::window::{OPEN_FOR, Window};
use crate::words::say;
use core::fmt;
use embassy_time::Instant;

/// Bytes of the heads behind their format; of a message's behind its ticket, without and with a key.
const NUMBERING: usize = 8;
const COUNTS: usize = 24;
const SEEN: usize = 12;
const USER: usize = 44;
const MESSAGE: usize = 16;
const MERGING: usize = MESSAGE + 10;
const STATE: usize = 32;
/// Of a message that was restored and not yet given to a user; no stranger's number.
pub(super) const UNPLACED: UserIndex = UserIndex::MAX;

/// Why a record of the journal was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum RestoreError {
    /// A later version of this library wrote it.
    Newer {
        /// The format it has.
        format: u8,
        /// The latest format that is known here.
        known: u8,
    },
    /// It has no meaning: another program's, or damaged.
    Damaged {
        /// Under which key.
        key: u32,
    },
    /// It was written where there was more room: for messages, users, or their bytes.
    NoRoom {
        /// Under which key.
        key: u32,
        /// Bytes of storage it needs.
        needed: usize,
        /// Bytes of storage that are free.
        free: usize,
    },
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Newer { format, known } => {
                let words = " is of format #, and this firmware knows formats up to #";
                say(f, "the record", words, format.into(), known.into())
            }
            Self::Damaged { key } => say(f, "the record", " # is damaged", key as usize, 0),
            Self::NoRoom { needed, free, .. } => {
                let words =
                    " finds no room: # bytes are needed, # are free, or there are fewer slots than before";
                say(f, "the record", words, needed, free)
            }
        }
    }
}

impl core::error::Error for RestoreError {}

/// Whether a message lies under this key of the journal. Messages are restored last.
pub fn is_message(key: u32) -> bool {
    key >> 16 == u32::from(kind::MESSAGE)
}

/// Reads numbers from the front of a record: zeros beyond its end.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut taken = [0; N];
        self.fill(&mut taken);
        taken
    }

    #[inline(never)]
    fn fill(&mut self, bytes: &mut [u8]) {
        let Some((taken, rest)) = self.rest.split_at_checked(bytes.len()) else {
            return;
        };
        for (to, from) in bytes.iter_mut().zip(taken) {
            *to = *from;
        }
        self.rest = rest;
    }

    #[inline(never)]
    fn number(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    #[inline(never)]
    fn half(&mut self) -> u16 {
        u16::from_le_bytes(self.take())
    }

    #[inline(never)]
    fn long(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }
}

/// A point of Unix time in milliseconds.
fn unix_ms(seconds: u32) -> u64 {
    u64::from(seconds).saturating_mul(1_000)
}

/// A slot of which nothing is known but whose it is.
#[inline(never)]
fn begin_anew(slot: &mut Slot, ticket: Ticket, now: u64) {
    *slot = Slot::FREE;
    slot.ticket = ticket;
    (slot.submitted, slot.accepted) = (now, now);
    (slot.expires, slot.due) = (u64::MAX, u64::MAX);
    slot.began = millis(now);
    slot.user = UNPLACED;
    slot.priority = Priority::Normal;
    slot.state = State::Queued;
    slot.committed = true;
}

impl<
    const USERS: usize,
    const MESSAGES: usize,
    const STORAGE: usize,
    const IN_FLIGHT: usize,
    const EVENTS: usize,
> Client<USERS, MESSAGES, STORAGE, IN_FLIGHT, EVENTS>
{
    /// Takes back one record of the journal, with [`Settings::journal`](super::Settings::journal) and before anything is submitted: each key once, the messages'
    /// ([`is_message`]) after all others, and otherwise in any order. When all were given, [`Client::restored`] follows.
    ///
    /// # Errors
    /// [`RestoreError`]: this record was passed over. It stays in the journal until its key is written anew.
    pub fn restore(&mut self, now: Instant, key: u32, bytes: &[u8]) -> Result<(), RestoreError> {
        let now = ms(now.as_ticks());
        let (format, rest) = bytes.split_first().ok_or(RestoreError::Damaged { key })?;
        if *format != FORMAT {
            return Err(RestoreError::Newer {
                format: *format,
                known: FORMAT,
            });
        }
        let index = key & 0xFFFF;
        let mut record = Reader { rest };
        let taken = match (key >> 16) as u16 {
            kind::NUMBERING => self.restore_numbering(&mut record),
            kind::RESUME => {
                for place in &mut self.resume_points {
                    (place.digest, place.next) = (record.long(), record.half());
                }
                Some(())
            }
            kind::SEEN => self.restore_seen(index as usize, &mut record),
            kind::USER => {
                if index as usize >= USERS {
                    return self.no_room(key, 0);
                }
                self.restore_user(index as UserIndex, now, &mut record)
            }
            kind::MESSAGE => {
                let needed = rest.len();
                match self.restore_message(index as usize, now, &mut record) {
                    Some(true) => Some(()),
                    Some(false) => return self.no_room(key, needed),
                    None => None,
                }
            }
            kind::STATE => {
                if index as usize >= MESSAGES {
                    // Of a message that finds no room either.
                    return Ok(());
                }
                self.restore_state(index as usize, now, &mut record)
            }
            _ => None,
        };
        taken.ok_or(RestoreError::Damaged { key })
    }

    /// All records of the journal were given: what was on its way goes on, when [`Client::set_clock`] has told the time,
    /// before or after. To be called with an empty journal too.
    pub fn restored(&mut self, now: Instant) {
        let now = ms(now.as_ticks());
        self.restored_at = now;
        for slot in taken_mut(&mut self.slots) {
            self.next_ticket = self.next_ticket.max(slot.ticket.get().saturating_add(1));
            if slot.user == UNPLACED {
                // The state of a message that ended.
                slot.state = State::Free;
            }
        }
        self.restored_families();
        self.adopt();
        // Of what was restored, too, where the time of day was known before.
        self.awaits_clock = self.journals();
        self.clock_is_known(now);
    }

    fn no_room(&self, key: u32, needed: usize) -> Result<(), RestoreError> {
        let free = self.arena.free();
        Err(RestoreError::NoRoom { key, needed, free })
    }

    fn restore_numbering(&mut self, record: &mut Reader<'_>) -> Option<()> {
        record.rest.get(..NUMBERING)?;
        let (boot, numbered) = (record.number(), record.number());
        // Tickets go on where the journal's end, and are told apart from those of other journals.
        self.settings.boot = boot;
        self.next_ticket = self.next_ticket.max(numbered);
        self.unsaved.numbered = numbered;
        // An earlier version wrote nothing more.
        if cfg!(feature = "alerts") && !record.rest.is_empty() {
            record.rest.get(..COUNTS)?;
            self.heartbeat.last = record.number();
            for count in &mut self.charges {
                *count = record.number();
            }
            // Nor did one know this.
            self.today = self.today.max(Day::from_bits(record.number()));
        }
        Some(())
    }

    fn restore_seen(&mut self, index: usize, record: &mut Reader<'_>) -> Option<()> {
        record.rest.get(..SEEN)?;
        let (id, taken) = (record.long(), record.number());
        *self.seen.get_mut(index)? = id;
        self.seen_taken = self.seen_taken.max(taken);
        self.commands.restore(index, record.number());
        Some(())
    }

    fn restore_user(&mut self, index: UserIndex, now: u64, record: &mut Reader<'_>) -> Option<()> {
        let id = core::str::from_utf8(record.rest.get(USER..)?).ok()?;
        let uplink = self.uplink();
        let user = self.users.put_back(index)?;
        let [flags] = record.take();
        user.group = flags & bits::GROUP != 0;
        user.opted_out = flags & bits::OPTED_OUT != 0;
        if flags & bits::STOPPED != 0 {
            user.stop.hear(true, 0);
        }
        if flags & bits::CLOSED != 0 {
            user.window = Window::Closed;
        }
        user.pace = Pace::from_bytes(record.take(), millis(now), uplink);
        user.today = Day::from_bits(record.number());
        // Without a time of day the whole debt is owed from now on.
        user.restored_unix = record.number();
        user.window_saved = record.number();
        user.preference_told = record.number();
        for number in user.numbers_mut() {
            *number = PhoneNumber::from_u64(record.long());
        }
        user.set_id(id);
        user.unsaved = false;
        Some(())
    }

    /// `Some(false)`: there is no room for it.
    #[cfg_attr(feature = "alerts", inline(never))]
    fn restore_message(&mut self, index: usize, now: u64, record: &mut Reader<'_>) -> Option<bool> {
        let [options, priority, policy] = record.take();
        let ticket = Ticket::from_u32(record.number());
        let has_key = options & option::KEY != 0;
        let bytes = record.rest.get(if has_key { MERGING } else { MESSAGE }..)?;
        let name = Stored::new(bytes).name()?;
        let Some(slot) = self.slots.get_mut(index) else {
            return Some(false);
        };
        // The state of an earlier ticket is another message's.
        if !slot.is_taken() || slot.ticket != ticket {
            begin_anew(slot, ticket, now);
        }
        slot.ordered = options & option::ORDERED != 0;
        slot.at_most_once = options & option::AT_MOST_ONCE != 0;
        slot.marketing = options & option::MARKETING != 0;
        slot.priority = match priority {
            0 => Priority::Low,
            1 => Priority::Normal,
            _ => Priority::Urgent,
        };
        // Where there are fewer policies than before, none is better than another's.
        slot.policy = if usize::from(policy) <= self.settings.policies.len() {
            policy
        } else {
            0
        };
        Self::restore_family(slot, options, bytes);
        slot.group = matches!(name, Name::Group(_));
        slot.answer_within = record.number();
        // Where the time of day was not known, the rest of its life runs while there is power.
        slot.absolute = record.number() != 0;
        let since = if slot.absolute { 0 } else { now };
        let submitted = record.number();
        if slot.absolute {
            slot.submitted = unix_ms(submitted);
        }
        slot.expires = after(since, unix_ms(record.number()));
        if has_key {
            slot.key = record.number();
            slot.stands_for = record.half();
            if slot.merges() && slot.untouched() {
                slot.aside = Aside::Merge;
                // Kept here until the time of day is known, as its other times are.
                slot.accepted = after(since, unix_ms(record.number()));
            }
        }
        // Of one that is settled the bytes are needed no more.
        if !slot.settled || slot.answer_within > 0 || slot.is_alarm() {
            let mut writer = Writer::new(self.arena.room());
            if writer.append(bytes).is_err() {
                return Some(false);
            }
            slot.body = self.arena.keep(bytes.len());
        }
        if let Some(kept) = self.unsaved.kept.get_mut(index) {
            *kept = Kept::new(bytes.len(), slot.is_alarm());
        }
        let last_request = (slot.began.bits(), slot.due);
        slot.began = millis(now);
        slot.due = u64::MAX;
        let user = self.user_of(name);
        if let Some(slot) = self.slots.get_mut(index) {
            slot.user = user;
        }
        self.place_restored(index, name, last_request, now);
        Some(true)
    }

    #[cfg_attr(feature = "alerts", inline(never))]
    fn restore_state(&mut self, index: usize, now: u64, record: &mut Reader<'_>) -> Option<()> {
        record.rest.get(..STATE)?;
        // Its message comes later.
        let slot = self.slots.get_mut(index).filter(|slot| !slot.is_taken())?;
        begin_anew(slot, Ticket::from_u32(record.number()), now);
        slot.attempt = record.half();
        let [code, flags, faults, n, heaviest, level] = record.take();
        slot.state = match code {
            state::QUEUED => State::Queued,
            state::ACCEPTED => State::Accepted,
            state::ALARM if cfg!(feature = "alerts") => State::Alarm,
            _ => State::MaybeSent,
        };
        slot.maybe_sent_once = flags & flag::MAYBE_SENT_ONCE != 0 || slot.state == State::MaybeSent;
        slot.fallback = flags & flag::FALLBACK != 0;
        slot.settled = flags & flag::SETTLED != 0;
        slot.charged = flags & flag::CHARGED != 0;
        slot.duplicate_told = flags & flag::DUPLICATE_TOLD != 0;
        slot.progress = match flags >> flag::PROGRESS_SHIFT {
            0 => Progress::Nothing,
            1 => Progress::Sent,
            2 => Progress::Delivered,
            _ => Progress::Read,
        };
        slot.faults = faults;
        // Kept here until the user is known, as the time is.
        slot.began = Millis::new(u32::from_le_bytes([n, heaviest, level, 0]).into());
        slot.failure = record.number();
        let unix = record.number();
        let accepted = record.number();
        slot.accepted = if accepted == 0 || code != state::ACCEPTED {
            u64::MAX
        } else {
            unix_ms(accepted)
        };
        slot.message_id = record.long();
        // Where there are no caps nothing more was written.
        let (one, all) = (record.number(), Day::from_bits(record.number()));
        slot.due = u64::from(one) << 32 | u64::from(unix);
        if slot.is_alarm() {
            slot.set_alarm_bits(slot.message_id);
        }
        if slot.state == State::MaybeSent && slot.arrived() {
            // A status had told what no answer did.
            slot.state = State::Accepted;
        }
        if cfg!(feature = "alerts") {
            self.today = self.today.max(all);
        }
        Some(())
    }

    /// A restored message's user owes what its last request left.
    fn place_restored(&mut self, index: usize, name: Name<'_>, (pace, kept): (u32, u64), now: u64) {
        let Some(slot) = self.slot(index) else {
            return;
        };
        let (ticket, state, closed) = (slot.ticket, slot.state, slot.is_closed());
        let (absolute, at_most_once) = (slot.absolute, slot.at_most_once);
        let (unix, today) = (kept as u32, Day::from_bits((kept >> 32) as u32));
        if slot.attempt > 0 {
            let user = Some(slot.user).filter(|user| is_known(*user));
            let [n, heaviest, level, _] = pace.to_le_bytes();
            let pace = Pace::from_bytes([n, heaviest, level], millis(now), self.uplink());
            let user = user.or_else(|| self.admit(Whom::Recipient(name), now));
            if let Some(user) = user.and_then(|user| self.users.get_mut(user)) {
                user.pace
                    .restore(&mut user.restored_unix, pace, unix, millis(now));
                // The message's record goes when the message ends.
                user.unsaved_debt = true;
                if cfg!(feature = "alerts") && today > user.today {
                    user.today = today;
                    user.unsaved_day = true;
                }
            } else {
                // More is owed at a time than the table holds: nobody is written to before that is over.
                let debt = pace.owed_for(millis(now));
                self.silent_until = later(self.silent_until, after(now, debt.into()));
            }
            if let (Some(user), Some(slot)) = (user, self.slot_mut(index)) {
                slot.user = user;
            }
        }
        if !closed {
            self.tell(event::RESTORED, ticket, absolute.into(), "");
        }
        if state == State::MaybeSent {
            self.tell(event::MAYBE_SENT, ticket, 0, "");
            if at_most_once && !self.settings.inbound {
                self.finish(index, Final::Unknown);
            }
        }
    }

    /// The clock tells how much time has passed since what was restored was written.
    pub(super) fn place_in_time(&mut self, now: u64, start: u64) {
        self.awaits_clock = false;
        let restored_at = self.restored_at;
        let (unix_now, unix_restored) = (after(start, now), after(start, restored_at));
        for user in self.users.all_mut().iter_mut().flatten() {
            if user.restored_unix > 0 {
                // As long as Unix time may seem to go back because seconds are whole.
                if after(unix_restored, 2_000) < unix_ms(user.restored_unix) {
                    user.pace.owe_all();
                }
                let since = before(unix_restored, unix_ms(user.restored_unix));
                user.pace
                    .passed(u32::try_from(since).unwrap_or(u32::MAX), millis(restored_at));
                user.restored_unix = 0;
            }
            if user.window == Window::Unknown && user.window_saved > 0 {
                let renewed_for = after(unix_now, OPEN_FOR.into());
                user.window
                    .written(millis(now), before(renewed_for, unix_ms(user.window_saved)));
            }
        }
        for index in 0..MESSAGES {
            let Some(slot) = self.slot_mut(index) else {
                continue;
            };
            if slot.absolute {
                slot.absolute = false;
                slot.submitted = earlier(before(slot.submitted, start), now);
                slot.expires = before(slot.expires, start);
                if slot.aside == Aside::Merge {
                    slot.accepted = before(slot.accepted, start);
                }
            }
            if slot.aside == Aside::Merge {
                // Nothing of it was sent: it waits on.
                if slot.due == u64::MAX {
                    slot.due = slot.accepted;
                }
                continue;
            }
            // Where a status came first, or it is new, it is known what it waits for, and perhaps not from when on.
            let (waits, known) = (slot.due == u64::MAX, slot.accepted <= now);
            if !known {
                slot.accepted = earlier(before(slot.accepted, start), now);
            }
            let settled = slot.state == State::Accepted && slot.settled;
            if waits {
                self.resume(index, now);
            } else if settled && !known {
                self.settle(index);
            }
        }
    }

    /// A restored message waits for what it was waiting for.
    fn resume(&mut self, index: usize, now: u64) {
        let resend = after(now, self.resend_after_ms());
        let Some(slot) = self.slot_mut(index) else { return };
        match slot.state {
            State::MaybeSent => slot.due = resend,
            State::Accepted => {
                let (accepted, settled) = (slot.accepted, slot.settled);
                self.is_accepted(index, accepted);
                if settled {
                    self.settle(index);
                }
            }
            _ => slot.due = now,
        }
    }
}

const _: () = assert!(UNPLACED > STRANGER, "no entry of the table");
