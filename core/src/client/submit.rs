//! Taking a message in: everything that can be known to be wrong is said here, before anything is stored.

#[cfg(feature = "alerts")]
use super::alarm::InvalidAlarm;
use super::event::record_len;
use super::permit::Form;
use super::restore::UNPLACED;
use super::templates::Key;
use super::{Client, Priority, Ticket, millis};
use crate::division::ms;
use crate::message::{self, Content, Invalid, Measured};
use crate::outbox::{Final, Slot, State, is_known, least, taken};
use crate::recipient::{Name, Recipient};
use crate::record::Writer;
use crate::retry::after;
use crate::words::say;
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
    /// It would expire at once.
    NoTime,
    /// The customer service window is closed, or not known to be open where that is wanted, and the message is neither
    /// a template nor has one to go in its place.
    WindowClosed,
    /// Meta has disabled the template.
    TemplateDisabled,
    /// It is marketing, and the recipient wants none.
    OptedOut,
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

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(invalid) => invalid.fmt(f),
            Self::TooLarge { limit, actual } => {
                let words = " needs # bytes of storage, and there are only #";
                say(f, "the message", words, *actual, *limit)
            }
            Self::Full { free, needed } => {
                let words = " is full: # bytes are free, the message needs # and a slot";
                say(f, "the outbox", words, *free, *needed)
            }
            Self::NoInboundPath => {
                f.write_str("an answer or an order is wanted, but no webhook reaches this device")
            }
            Self::NoTime => f.write_str("the message would expire at once"),
            Self::WindowClosed => {
                f.write_str("the recipient wrote nothing for 24 hours, and the message has no template")
            }
            Self::TemplateDisabled => f.write_str("Meta has disabled the template"),
            Self::UnknownPolicy { limit, actual } => say(
                f,
                "there are",
                " # policies, numbered from 0, and # was named",
                *limit,
                *actual,
            ),
            Self::OptedOut => f.write_str("the recipient wants no marketing messages"),
            #[cfg(feature = "alerts")]
            Self::Alarm(invalid) => invalid.fmt(f),
        }
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
    /// evicted, of the lowest priority the one nearest to its expiry first.
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
        let place = self.make_room(needed, options.priority).ok_or(Refused::Full {
            free: self.arena.free(),
            needed,
        })?;

        let mut writer = Writer::new(self.arena.room());
        if message::encode(message, recipient, reading, &mut writer).is_err() {
            return Err(Refused::Full {
                free: self.arena.free(),
                needed,
            });
        }
        let len = writer.len();
        let body = self.arena.keep(len);
        let answer_within = options.answer_within.map_or(0, within);
        let slot = Slot {
            body,
            user,
            group: matches!(name, Name::Group(_)),
            ..of_options(now, &options, answer_within)
        };
        Ok(self.put(place, now, slot))
    }

    /// Holds options against what is possible here; `answer` tells whether one is wanted.
    #[cfg_attr(not(feature = "alerts"), allow(clippy::inline_always), inline(always))]
    pub(super) fn check_options(&self, options: &Options, answer: bool) -> Result<(), Refused> {
        if (answer || options.ordered) && !self.settings.inbound {
            return Err(Refused::NoInboundPath);
        }
        if ms(options.expires_in.as_ticks()) == 0 {
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
        let group = matches!(name, Name::Group(_));
        if !message.goes_always && self.form(user, group, now) == Form::Template {
            return Err(Refused::WindowClosed);
        }
        if message.template != 0 && self.templates.is_disabled(Key::from_hash(message.template)) {
            return Err(Refused::TemplateDisabled);
        }
        Ok(user)
    }

    /// Takes a free slot, and gives the ticket of what is in it from now on.
    #[cfg_attr(not(feature = "alerts"), allow(clippy::inline_always), inline(always))]
    pub(super) fn put(&mut self, place: usize, now: u64, new: Slot) -> Ticket {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket = self.next_ticket.wrapping_add(1).max(1);
        let committed = !self.journals();
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = Slot {
                ticket,
                submitted: now,
                due: now,
                accepted: now,
                began: millis(now),
                committed,
                ..new
            };
        }
        ticket
    }

    /// A free slot with `needed` bytes of storage beside it.
    pub(super) fn make_room(&mut self, needed: usize, priority: Priority) -> Option<usize> {
        let (bytes, slots) = self.room_for(priority);
        // Nobody is evicted in vain.
        if slots == 0 || bytes < needed {
            return None;
        }
        loop {
            let free = self.slots.iter().position(|slot| !slot.is_taken());
            if let Some(place) = free.filter(|_| self.arena.free() >= needed) {
                return Some(place);
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

    /// How many bytes, and how many slots, concluding and evicting would make free.
    pub(super) fn room_for(&mut self, priority: Priority) -> (usize, usize) {
        // An outcome that has no room in the event queue keeps its slot; what could be told is told first.
        self.tell_pending();
        // A slot that is given up is free only once its outcome had room among the events.
        let may_give_up = self.events.room() >= record_len(0);
        let (mut bytes, mut slots) = (self.arena.free(), 0usize);
        for slot in &self.slots {
            let evictable = slot.untouched() && slot.priority < priority;
            if evictable {
                bytes = bytes.saturating_add(slot.body.len as usize);
            }
            let place = !slot.is_taken() || may_give_up && (evictable || is_settled(slot));
            slots = slots.saturating_add(place.into());
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
pub(super) fn span_ms(span: Duration) -> u32 {
    u32::try_from(ms(span.as_ticks())).unwrap_or(u32::MAX)
}

/// An answer's time as it is kept: 0 would be none.
#[cfg_attr(not(feature = "alerts"), allow(clippy::inline_always), inline(always))]
pub(super) fn within(span: Duration) -> u32 {
    span_ms(span).max(1)
}

/// What a slot has of its options.
#[cfg_attr(not(feature = "alerts"), allow(clippy::inline_always), inline(always))]
pub(super) fn of_options(now: u64, options: &Options, answer_within: u32) -> Slot {
    Slot {
        expires: after(now, ms(options.expires_in.as_ticks())),
        answer_within,
        policy: options.policy.map_or(0, |policy| policy.saturating_add(1)),
        priority: options.priority,
        state: State::Queued,
        ordered: options.ordered,
        at_most_once: options.at_most_once,
        marketing: options.marketing,
        ..Slot::FREE
    }
}

/// Whether only `delivered` or `read` could still come.
fn is_settled(slot: &Slot) -> bool {
    slot.state == State::Accepted && slot.settled && !slot.wants_answer()
}
