//! What people ask for by text: that nothing is sent to them any more, that it is again, readings, and commands.
//!
//! Not Meta's rule but good manners, and with STOP in many countries the law. A text is one of these only as a whole. In a
//! group the words do nothing: what one of its members wants is not what all do.
//!
//! Whoever has stopped stays so over a restart, by a bit of the user's entry in the table, which is forgotten last: only
//! when messages go to more users than the table holds, and all others owe something. Somebody to whom nothing goes finds a
//! place there only where it costs nobody anything, so that strangers' texts push nobody out.
//!
//! A command drives an output, so it is carried out at most once: only for somebody on the list, only while the text is
//! young by its own timestamp, since Meta delivers again for seven days, and with a journal only when that has the
//! message's id. Ids of commands that are still young keep their places among those that are remembered.
//!
//! Memory: 8 bytes for all, 5 bytes a user.

use super::event::kind;
use super::heed::name_of;
use super::inbound::place_bit;
use super::{Client, Whom};
use crate::division::ms;
use crate::outbox::{Final, taken};
use crate::recipient::{Name, Recipient};
use crate::users::UserIndex;
use crate::webhook::{Body, Inbound};
use crate::words::{split_once, trimmed};
use embassy_time::Duration;

/// So many commands are told within [`Wishes::max_age`]; of more than that no repetition would be known again.
const COMMANDS: u32 = 8;

/// The words that people may write, and who may command.
///
/// Words stand with commas between; a word may have blanks in it. They count without blanks around them, and a to z as
/// A to Z. Where there is none, nothing is heeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Wishes {
    /// Whoever writes one is sent nothing any more. Default `STOP`.
    pub stop: &'static str,
    /// Whoever writes one is sent messages again. Default `START`.
    pub start: &'static str,
    /// Whoever writes one asks for readings: [`Command::Status`]. Default `STATUS`.
    pub status: &'static str,
    /// Commands, told by their number. Default none.
    pub commands: &'static str,
    /// Who may write commands and ask for readings, by any of the names that are known to be one user's. A group does not
    /// count. Default nobody.
    pub allowed: &'static [Recipient],
    /// A command that was written longer ago, or as far ahead, is not told as one. Default 60 s.
    pub max_age: Duration,
}

impl Wishes {
    pub(super) const DEFAULT: Self = Self {
        stop: "STOP",
        start: "START",
        status: "STATUS",
        commands: "",
        allowed: &[],
        max_age: Duration::from_secs(60),
    };
}

impl Default for Wishes {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What somebody who may has asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Command {
    /// The readings: to be submitted to the sender, whose window is open.
    Status,
    /// One of [`Wishes::commands`], counted from 0.
    Number(u8),
}

/// Why a command is not to be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Unheeded {
    /// The sender is not on the list.
    Stranger,
    /// The time of day is not known, so nobody knows how old it is.
    ClockUnset,
    /// It was written too long ago, or ahead of time, or it does not say when.
    Stale,
    /// Too many commands came in the time.
    TooMany,
}

impl Command {
    /// The number of what the event queue holds.
    pub(super) const fn code(self) -> u32 {
        match self {
            Self::Status => 0,
            Self::Number(number) => number as u32 + 1,
        }
    }

    pub(super) const fn from_code(code: u32) -> Self {
        match (code & 0xFFFF).checked_sub(1) {
            None => Self::Status,
            Some(number) => Self::Number(number as u8),
        }
    }
}

impl Unheeded {
    pub(super) const fn from_code(code: u32) -> Self {
        match code >> 16 {
            0 => Self::Stranger,
            1 => Self::ClockUnset,
            2 => Self::Stale,
            _ => Self::TooMany,
        }
    }
}

/// What a text asks for, as the event queue holds it.
#[derive(Clone, Copy)]
pub(super) struct Wish {
    /// What the event is; 0 where nothing is asked for.
    pub(super) kind: u8,
    /// Of a command, see [`Command::from_code`] and [`Unheeded::from_code`].
    code: u32,
}

impl Wish {
    const NONE: Self = Self { kind: 0, code: 0 };

    pub(super) const fn is_some(self) -> bool {
        self.kind != 0
    }
}

/// Whether a user wants nothing at all. Without the feature `alerts` nobody can say so.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) struct Stop {
    #[cfg(feature = "alerts")]
    is_so: bool,
    /// Unix time in seconds of the text that said so, or that it is over; 0 for none.
    #[cfg(feature = "alerts")]
    told: u32,
}

#[cfg(feature = "alerts")]
impl Stop {
    pub(crate) const NONE: Self = Self {
        is_so: false,
        told: 0,
    };

    pub(crate) fn is_so(self) -> bool {
        self.is_so
    }

    /// A text said so, or that it is over; whether that changes anything. Texts come in any order: one that is older than what
    /// was heeded does not.
    pub(crate) fn hear(&mut self, stop: bool, told: u32) -> bool {
        let before = self.is_so;
        if told == 0 || told >= self.told {
            (self.is_so, self.told) = (stop, told);
        }
        before != self.is_so
    }

    /// Two that turn out to be one user's: what was said last counts, and of two of which that is not known the stop.
    pub(crate) fn join(&mut self, other: Self) {
        if other.told >= self.told {
            let same = other.told == self.told;
            self.is_so = other.is_so || same && self.is_so;
            self.told = other.told;
        }
    }
}

#[cfg(not(feature = "alerts"))]
impl Stop {
    pub(crate) const NONE: Self = Self {};

    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(crate) fn is_so(self) -> bool {
        false
    }

    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(crate) fn hear(&mut self, _: bool, _: u32) -> bool {
        false
    }

    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(crate) fn join(&mut self, _: Self) {}
}

/// Which commands are remembered.
#[derive(Debug, Clone)]
pub(super) struct Remembered {
    /// A bit for each place among the ids of inbound messages that has a command's.
    pub(super) places: u16,
    /// The same, of those whose ids the journal has not yet: they are not told before.
    pub(super) unsaved: u16,
    /// Unix time in seconds of the newest of them.
    pub(super) newest: u32,
}

impl Remembered {
    pub(super) const NONE: Self = Self {
        places: 0,
        unsaved: 0,
        newest: 0,
    };

    /// What the record of the id in this place says besides: when a command that has it was written, or not long before one
    /// that was; 0 for others.
    pub(super) fn of_place(&self, index: usize) -> u32 {
        if cfg!(feature = "alerts") && self.places & place_bit(index) != 0 {
            self.newest
        } else {
            0
        }
    }

    pub(super) fn restore(&mut self, index: usize, newest: u32) {
        if cfg!(feature = "alerts") && newest > 0 {
            self.places |= place_bit(index);
            self.newest = self.newest.max(newest);
        }
    }
}

/// The number of the word that the text is, from 0.
#[inline(never)]
pub(super) fn place_of(words: &str, text: &str) -> Option<u8> {
    let (mut rest, mut number) = (words, 0u8);
    loop {
        let (word, others) = split_once(rest, b',').unwrap_or((rest, ""));
        if !text.is_empty() && trimmed(word).eq_ignore_ascii_case(text) {
            return Some(number);
        }
        if others.is_empty() {
            return None;
        }
        (rest, number) = (others, number.checked_add(1)?);
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
    /// What this message asks for.
    pub(super) fn wish_of(&self, now: u64, message: &Inbound<'_>) -> Wish {
        let Body::Text(text) = message.body else {
            return Wish::NONE;
        };
        if !cfg!(feature = "alerts") || message.group_id.is_some() {
            return Wish::NONE;
        }
        let (text, wishes) = (trimmed(text), &self.settings.wishes);
        let (mut kind, mut code) = (kind::COMMAND, 0);
        if place_of(wishes.stop, text).is_some() {
            kind = kind::STOPPED;
        } else if place_of(wishes.start, text).is_some() {
            kind = kind::STARTED;
        } else {
            let status = place_of(wishes.status, text).map(|_| Command::Status);
            let command = status.or_else(|| place_of(wishes.commands, text).map(Command::Number));
            let Some(command) = command else {
                return Wish::NONE;
            };
            code = command.code();
            if let Some(why) = self.judge(now, message) {
                kind = kind::UNHEEDED;
                code |= (why as u32) << 16;
            }
        }
        Wish { kind, code }
    }

    /// Why a command is not to be carried out; `None` if it may be.
    #[cfg_attr(feature = "alerts", inline(never))]
    fn judge(&self, now: u64, message: &Inbound<'_>) -> Option<Unheeded> {
        let unix = self.unix_seconds(now);
        if !self.may_command(message) {
            Some(Unheeded::Stranger)
        } else if unix == 0 {
            Some(Unheeded::ClockUnset)
        } else if u64::from(written(message).abs_diff(unix)) > self.max_age() {
            Some(Unheeded::Stale)
        } else if self.young_commands(unix).count_ones() >= COMMANDS {
            Some(Unheeded::TooMany)
        } else {
            None
        }
    }

    /// In seconds, a part of one counting as none.
    fn max_age(&self) -> u64 {
        super::journal::seconds(ms(self.settings.wishes.max_age.as_ticks())).into()
    }

    fn may_command(&self, message: &Inbound<'_>) -> bool {
        names(message).iter().flatten().any(|name| {
            let mut allowed = self.settings.wishes.allowed.iter();
            allowed.any(|other| self.users.are_one(*name, other.into()))
        })
    }

    /// The places of ids of commands that are still young. By a clock that was put right by more than that none is, in either
    /// direction: each repetition is stale then.
    fn young_commands(&self, unix: u32) -> u16 {
        let old = unix > 0 && u64::from(self.commands.newest.abs_diff(unix)) > self.max_age();
        if old { 0 } else { self.commands.places }
    }

    /// What a wish changes, where the message that says it is taken. If that comes again it changes nothing more. Gives the
    /// event's code.
    pub(super) fn grant(
        &mut self,
        now: u64,
        wish: Wish,
        message: &Inbound<'_>,
        from: Option<Name<'_>>,
    ) -> u32 {
        let stop = wish.kind == kind::STOPPED;
        let Some(name) = from.filter(|_| stop || wish.kind == kind::STARTED) else {
            return wish.code;
        };
        let written = written(message);
        let user = if stop {
            self.admit_stopped(name, message, now)
        } else {
            self.users.find(name)
        };
        self.learn(now, user, message.from, message.user_id);
        if let Some(user) = user.and_then(|user| self.users.get_mut(user)) {
            user.unsaved |= user.stop.hear(stop, written);
        }
        let stopped = user.is_some_and(|user| self.has_stopped(user));
        if let Some(user) = user.filter(|_| stopped) {
            self.withdraw_from(user);
        }
        (stopped == stop).into()
    }

    /// An entry for somebody who has stopped: as for a recipient where messages wait for one, else as for any sender.
    fn admit_stopped(&mut self, name: Name<'_>, message: &Inbound<'_>, now: u64) -> Option<UserIndex> {
        let waits = names(message).iter().flatten().any(|name| {
            let user = self.user_of(*name);
            taken(&self.slots).any(|slot| slot.user == user)
        });
        let whom = if waits {
            Whom::Recipient(name)
        } else {
            Whom::Sender(name)
        };
        self.admit(whom, now)
    }

    /// Whether nothing new is sent to this user.
    #[inline]
    pub(super) fn has_stopped(&self, user: UserIndex) -> bool {
        self.users.get(user).is_some_and(|user| user.stop.is_so())
    }

    /// Whether this message, whose turn it is, is not wanted any more.
    #[inline]
    pub(super) fn is_unwanted(&self, index: usize) -> bool {
        cfg!(feature = "alerts")
            && self
                .slot(index)
                .is_some_and(|slot| slot.untouched() && self.has_stopped(slot.user))
    }

    /// What goes to this user and was not begun does not go.
    fn withdraw_from(&mut self, user: UserIndex) {
        for index in 0..MESSAGES {
            if self
                .slot(index)
                .is_some_and(|slot| slot.user == user && slot.untouched())
            {
                self.finish(index, Final::Withdrawn);
            }
        }
    }

    /// Passes over the places of young commands: the next id is remembered in another's place. That may be a command's.
    pub(super) fn spare_commands(&mut self, now: u64, wish: Wish, message: &Inbound<'_>) {
        if !cfg!(feature = "alerts") {
            return;
        }
        self.commands.places = self.young_commands(self.unix_seconds(now));
        // Fewer than there are places.
        while self.commands.places & place_bit(self.seen_taken as usize) != 0 {
            self.seen_taken = self.seen_taken.wrapping_add(1);
        }
        if wish.kind == kind::COMMAND {
            let bit = place_bit(self.seen_taken as usize);
            if self.commands.places == 0 {
                self.commands.newest = 0;
            }
            self.commands.places |= bit;
            if self.journals() {
                self.commands.unsaved |= bit;
            }
            self.commands.newest = self.commands.newest.max(written(message));
        }
    }

    /// Whether the next event is a command of which the journal does not know yet.
    pub(super) fn holds_back_command(&self) -> bool {
        cfg!(feature = "alerts")
            && self.commands.unsaved != 0
            && self.events.next_kind() == Some(kind::COMMAND)
    }
}

/// The names by which a message says who its sender is.
fn names<'a>(message: &Inbound<'a>) -> [Option<Name<'a>>; 2] {
    [name_of(message.from, None), name_of(None, message.user_id)]
}

/// When it was written, in Unix seconds; 0 if it does not say.
fn written(message: &Inbound<'_>) -> u32 {
    let written = message.timestamp.and_then(|at| u32::try_from(at).ok());
    written.unwrap_or(0)
}
