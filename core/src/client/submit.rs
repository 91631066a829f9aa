//! Taking a message in: everything that can be known to be wrong is said here, before anything is stored.

#[cfg(feature = "alerts")]
use super::alarm::InvalidAlarm;
use super::event::record_len;
use super::permit::Form;
use super::restore::UNPLACED;
use super::templates::Key;
use super::{Client, Merge, Priority, Ticket, millis};
use crate::division::ms;
use crate::message::{self, Content, Invalid, Measured};
use crate::outbox::{Final, Slot, State, is_known, least, taken};
use crate::recipient::{Name, Recipient};
use crate::record::Writer;
use crate::retry::after;
use crate::words::{line, say};
use core::fmt;
use embassy_time::{Duration, Instant};

/// How a message is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Options {
    /// Default normal.
    pub priority: Priority,
    /// After this time it is not sent any more. Default 24 hours.
    pub expires_in: Duration,
    /// Not sent before the `ordered` message to the same user that went before it was delivered: Meta does not promise
    /// to keep the order of requests. Needs an inbound path.
    pub ordered: bool,
    /// When an answer is lost: report [`Outcome::Unknown`](super::Outcome::Unknown) in place of sending again.
    pub at_most_once: bool,
    /// An answer (a button, or a text) is wanted within this time after acceptance. Needs an inbound path.
    pub answer_within: Option<Duration>,
    /// What the recipient wants: the number of one of [`Settings::policies`](super::Settings::policies), from 0 on.
    /// Urgent messages pass it. With the feature `alerts`.
    pub policy: Option<u8>,
    /// It is one with those that wait with the same key, see [`Merge`]. With the feature `alerts`.
    pub merge: Option<Merge>,
    /// It is marketing: whoever has opted out of that does not get it. Only the sender knows a template's category.
    pub marketing: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            priority: Priority::Normal,
            expires_in: Duration::from_secs(24 * 3600),
            ordered: false,
            at_most_once: false,
            answer_within: None,
            policy: None,
            merge: None,
            marketing: false,
        }
    }
}

impl Options {
    /// The defaults, urgent.
    pub fn urgent() -> Self {
        Self {
            priority: Priority::Urgent,
            ..Self::default()
        }
    }
}

/// Why a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Refused {
    /// Meta would refuse it.
    Invalid(Invalid),
    /// It is larger than the whole storage.
    TooLarge {
        /// Bytes of storage.
        limit: usize,
        /// Bytes it needs.
        actual: usize,
    },
    /// There is no room, and nothing of lower priority to make room. Take the events, or try again later.
    Full {
        /// Bytes of storage that are free.
        free: usize,
        /// Bytes it needs.
        needed: usize,
    },
    /// It wants an answer or an order, and no webhook reaches this device.
    NoInboundPath,
    /// It would expire at once, or is to wait for others ([`Merge::hold`]) for longer than it lasts.
    NoTime,
    /// The customer service window is closed, or not known to be open where that is wanted, and the message is neither
    /// a template nor has one to go in its place.
    WindowClosed,
    /// Meta has disabled the template.
    TemplateDisabled,
    /// It is marketing, and the recipient wants none.
    OptedOut,
    /// The recipient wants no messages, see [`Wishes`](super::Wishes).
    Stopped,
    /// There is no such policy in the settings.
    UnknownPolicy {
        /// How many there are.
        limit: usize,
        /// Which was named.
        actual: usize,
    },
    /// It is an alarm that makes no sense, or one of its recipients cannot get it.
    #[cfg(feature = "alerts")]
    Alarm(InvalidAlarm),
}

/// What is said, one a line, in the order of [`Refused`] after the first.
static SENTENCES: &str = "the message needs # bytes of storage, and there are only #
the outbox is full: # bytes are free, the message needs # and a slot
an answer or an order is wanted, but no webhook reaches this device
the message would expire before it may go
the recipient wrote nothing for 24 hours, and the message has no template
Meta has disabled the template
the recipient wants no marketing messages
there are # policies, numbered from 0, and # was named
the recipient wants no messages";

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sentence, one, two) = match *self {
            Self::Invalid(invalid) => return invalid.fmt(f),
            Self::TooLarge { limit, actual } => (0, actual, limit),
            Self::Full { free, needed } => (1, free, needed),
            Self::NoInboundPath => (2, 0, 0),
            Self::NoTime => (3, 0, 0),
            Self::WindowClosed => (4, 0, 0),
            Self::TemplateDisabled => (5, 0, 0),
            Self::OptedOut => (6, 0, 0),
            Self::UnknownPolicy { limit, actual } => (7, limit, actual),
            Self::Stopped => (8, 0, 0),
            #[cfg(feature = "alerts")]
            Self::Alarm(invalid) => return invalid.fmt(f),
        };
        say(f, "", line(SENTENCES, sentence), one, two)
    }
}

impl core::error::Error for Refused {}

impl From<Invalid> for Refused {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

#[cfg(feature = "alerts")]
impl From<InvalidAlarm> for Refused {
    fn from(invalid: InvalidAlarm) -> Self {
        Self::Alarm(invalid)
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
    /// Takes a message in. From here on it is not lost: its ticket ends in exactly one
    /// [`Outcome`](super::Outcome).
    ///
    /// When there is no room, settled messages are concluded and then waiting ones of strictly lower priority are
    /// evicted, of the lowest priority the one nearest to its expiry first. A message that is merged into one that waits
    /// ([`Options::merge`]) has the bytes of that, and needs room for its own outcome among the events.
    ///
    /// # Errors
    /// [`Refused`]; nothing was stored then.
    pub fn submit(
        &mut self,
        now: Instant,
        recipient: &Recipient,
        message: &dyn Content,
        options: Options,
    ) -> Result<Ticket, Refused> {
        let now = ms(now.as_ticks());
        self.check_options(&options, options.answer_within.is_some())?;
        let reading = self.settings.reading;
        let measured = message::measure(message, recipient, reading)?;
        let needed = measured.len;
        if needed > STORAGE || MESSAGES == 0 {
            return Err(Refused::TooLarge {
                limit: STORAGE,
                actual: needed,
            });
        }
        let name = Name::from(recipient);
        let user = self.may_go(now, name, &measured, options.marketing)?;
        let merge = options.merge.as_ref().filter(|_| cfg!(feature = "alerts"));
        let old = merge.and_then(|merge| self.waiting_with(name, merge.key));
        let room = self.make_room(needed, options.priority, old);
        let mut writer = Writer::new(self.arena.room());
        // Where there is no room nothing is kept.
        let encoded = message::encode(message, recipient, reading, &mut writer);
        let (Some(place), Ok(())) = (room, encoded) else {
            return Err(Refused::Full {
                free: self.arena.free(),
                needed,
            });
        };
        let len = writer.len();
        let body = self.arena.keep(len);
        let ticket = Ticket(self.next_ticket);
        if let Some(slot) = self.put(place, old.is_none(), now) {
            set_options(slot, now, &options);
            slot.body = body;
            slot.user = user;
            slot.group = matches!(name, Name::Group(_));
        }
        if let Some(merge) = merge {
            self.merge(place, old.is_none(), merge, name, now);
        }
        Ok(ticket)
    }

    /// Holds options against what is possible here; `answer` tells whether one is wanted.
    #[cfg_attr(not(feature = "alerts"), allow(clippy::inline_always), inline(always))]
    pub(super) fn check_options(&self, options: &Options, answer: bool) -> Result<(), Refused> {
        if (answer || options.ordered) && !self.settings.inbound {
            return Err(Refused::NoInboundPath);
        }
        let merge = options.merge.filter(|_| cfg!(feature = "alerts"));
        let lasts = options.expires_in;
        let waits = |merge: Merge| merge.hold >= lasts && options.priority != Priority::Urgent;
        if ms(lasts.as_ticks()) == 0 || merge.is_some_and(waits) {
            return Err(Refused::NoTime);
        }
        if let Some(policy) = options
            .policy
            .map(usize::from)
            .filter(|_| cfg!(feature = "alerts"))
        {
            let limit = self.settings.policies.len();
            if policy >= limit.min(usize::from(u8::MAX)) {
                return Err(Refused::UnknownPolicy {
                    limit,
                    actual: policy,
                });
            }
        }
        Ok(())
    }

    /// Whether this may be sent to whom is called so, as far as is known at present; if so, which user that is.
    #[cfg_attr(not(feature = "alerts"), allow(clippy::inline_always), inline(always))]
    pub(super) fn may_go(
        &self,
        now: u64,
        name: Name<'_>,
        message: &Measured,
        marketing: bool,
    ) -> Result<u16, Refused> {
        let user = self.user_of(name);
        if marketing && self.users.get(user).is_some_and(|user| user.opted_out) {
            return Err(Refused::OptedOut);
        }
        if self.has_stopped(user) {
            return Err(Refused::Stopped);
        }
        let group = matches!(name, Name::Group(_));
        if !message.goes_always && self.form(user, group, now) == Form::Template {
            return Err(Refused::WindowClosed);
        }
        if message.template != 0 && self.templates.is_disabled(Key::from_hash(message.template)) {
            return Err(Refused::TemplateDisabled);
        }
        Ok(user)
    }

    /// A slot for what is submitted now, which uses up the next ticket. One that is not new keeps its own, its place in the
    /// order and its record in the journal.
    #[cfg_attr(not(feature = "alerts"), allow(clippy::inline_always), inline(always))]
    pub(super) fn put(&mut self, place: usize, new: bool, now: u64) -> Option<&mut Slot> {
        let (ticket, committed) = (Ticket(self.next_ticket), !self.journals());
        self.next_ticket = self.next_ticket.wrapping_add(1).max(1);
        let slot = self.slots.get_mut(place)?;
        if new {
            *slot = Slot {
                ticket,
                submitted: now,
                due: now,
                state: State::Queued,
                committed,
                ..Slot::FREE
            };
        }
        slot.accepted = now;
        slot.began = millis(now);
        Some(slot)
    }

    /// A slot for a message, with `needed` bytes of storage beside it: a free one, or that of the `old` message that this one
    /// replaces.
    pub(super) fn make_room(
        &mut self,
        needed: usize,
        priority: Priority,
        old: Option<usize>,
    ) -> Option<usize> {
        let (bytes, slots) = self.room_for(priority, old);
        // Nobody is evicted in vain.
        if slots == 0 || bytes < needed {
            return None;
        }
        if let Some(old) = old {
            self.give_way(old, priority);
        }
        loop {
            let free = old.or_else(|| self.slots.iter().position(|slot| !slot.is_taken()));
            if free.is_some() && self.arena.free() >= needed {
                return free;
            }
            if free.is_none()
                && let Some(index) = self.oldest_settled()
            {
                self.conclude(index);
                continue;
            }
            let victim = self.nearest_to_expiry_below(priority)?;
            self.finish(victim, Final::Evicted);
        }
    }

    /// How many bytes, and how many slots, concluding and evicting would make free, and the `old` message that gives way.
    pub(super) fn room_for(&mut self, priority: Priority, old: Option<usize>) -> (usize, usize) {
        // An outcome that has no room in the event queue keeps its slot; what could be told is told first.
        self.tell_pending();
        // A slot that is given up is free only once its outcome had room among the events.
        let may_give_up = self.events.room() >= record_len(0);
        let (mut bytes, mut slots) = (self.arena.free(), 0usize);
        for (index, slot) in self.slots.iter().enumerate() {
            let evictable = slot.untouched() && slot.priority < priority;
            let gives_way = old == Some(index);
            if evictable || gives_way {
                bytes = bytes.saturating_add(slot.body.len as usize);
            }
            let place = !slot.is_taken() || may_give_up && (evictable || gives_way || is_settled(slot));
            slots = slots.saturating_add(place.into());
        }
        if old.is_some() && !may_give_up {
            // The one that gives way has its outcome later, but the one that takes its place has it at once.
            slots = 0;
        }
        (bytes, slots)
    }

    fn oldest_settled(&self) -> Option<usize> {
        least(&self.slots, &|slot| {
            is_settled(slot).then_some(slot.ticket.get().into())
        })
    }

    fn nearest_to_expiry_below(&self, priority: Priority) -> Option<usize> {
        least(&self.slots, &|slot| {
            // The lowest priority first, in the bits above any time.
            let key = slot.expires.min(u64::MAX >> 2) | (slot.priority as u64) << 62;
            (slot.untouched() && slot.priority < priority).then_some(key)
        })
    }

    /// The index of the user of this name, or what messages to the same stranger have in its place.
    pub(super) fn user_of(&self, name: Name<'_>) -> u16 {
        if let Some(user) = self.users.find(name) {
            return user;
        }
        for slot in taken(&self.slots).filter(|slot| !is_known(slot.user)) {
            if slot.user != UNPLACED && self.is_to(slot, name) {
                return slot.user;
            }
        }
        self.stranger()
    }
}

/// Milliseconds, as many as fit.
#[cfg_attr(feature = "alerts", inline(never))]
pub(super) fn span_ms(span: Duration) -> u32 {
    u32::try_from(ms(span.as_ticks())).unwrap_or(u32::MAX)
}

/// What a slot has of its options.
#[cfg_attr(not(feature = "alerts"), allow(clippy::inline_always), inline(always))]
pub(super) fn set_options(slot: &mut Slot, now: u64, options: &Options) {
    slot.expires = after(now, ms(options.expires_in.as_ticks()));
    // 0 would be none.
    slot.answer_within = options.answer_within.map_or(0, |span| span_ms(span).max(1));
    slot.policy = options.policy.map_or(0, |policy| policy.wrapping_add(1));
    slot.priority = slot.priority.max(options.priority);
    slot.ordered = options.ordered;
    slot.at_most_once = options.at_most_once;
    slot.marketing = options.marketing;
}

/// Whether only `delivered` or `read` could still come.
fn is_settled(slot: &Slot) -> bool {
    slot.state == State::Accepted && slot.settled && !slot.wants_answer()
}

#[cfg(test)]
mod tests {
    use super::Refused;
    use crate::message::Invalid;
    use std::string::ToString;

    #[test]
    fn each_refusal_says_why() {
        let (limit, actual) = (8, 9);
        for (why, words) in [
            (
                Refused::Invalid(Invalid::NotForUserId),
                "an authentication template needs a phone number",
            ),
            (
                Refused::TooLarge { limit, actual },
                "the message needs 9 bytes of storage, and there are only 8",
            ),
            (
                Refused::Full { free: 1, needed: 2 },
                "the outbox is full: 1 bytes are free, the message needs 2 and a slot",
            ),
            (
                Refused::NoInboundPath,
                "an answer or an order is wanted, but no webhook reaches this device",
            ),
            (Refused::NoTime, "the message would expire before it may go"),
            (
                Refused::WindowClosed,
                "the recipient wrote nothing for 24 hours, and the message has no template",
            ),
            (Refused::TemplateDisabled, "Meta has disabled the template"),
            (Refused::OptedOut, "the recipient wants no marketing messages"),
            (
                Refused::UnknownPolicy { limit, actual },
                "there are 8 policies, numbered from 0, and 9 was named",
            ),
        ] {
            assert_eq!(why.to_string(), words);
        }
    }
}
