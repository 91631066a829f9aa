//! What an alarm is, and how it is taken in.

use super::super::submit::{set_options, span_ms};
use super::super::{Client, Options, Refused, Ticket, ms};
use crate::message::{self, Content, Invalid, Rules, TAKEN, encode_alarm, limits};
use crate::outbox::{Final, RECIPIENTS, State};
use crate::recipient::{Name, Recipient};
use crate::record::Writer;
use crate::words::{line, say};
use core::fmt;
use embassy_time::{Duration, Instant};

/// Most recipients of an alarm.
pub const RECIPIENTS_MAX: usize = RECIPIENTS;

/// Who is told when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Order {
    /// Everybody at once, as far as there is room. With [`Options::answer_within`] the first who answers takes it;
    /// without, nobody is waited for.
    All,
    /// One after the other: on call.
    #[default]
    OneByOne,
}

/// What is to be done about an alert to several people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Alarm<'a> {
    /// Who is told when. Default: one by one.
    pub order: Order,
    /// How long somebody has to answer, after Meta took the message, until the next is told. Default five minutes.
    pub escalate_after: Duration,
    /// How long a message may take to be delivered, after Meta took it, until the next is told. What Meta has not even
    /// taken, since it was to be sent, escalates after this time too, and without it after `escalate_after`.
    pub undelivered_after: Option<Duration>,
    /// A button's payload that asks to be told again after this time. Nobody else is told meanwhile.
    pub snooze: Option<(&'a str, Duration)>,
    /// A button's payload that says no: the next is told at once.
    pub decline: Option<&'a str>,
    /// What those are told who have it when somebody takes it: 1 to 992 characters. The first `{by}` in it becomes the name
    /// of who took it, or the number. It goes as a text, or by the content's fallback template; whoever it cannot reach
    /// so is not told.
    pub taken: Option<&'a str>,
}

impl Default for Alarm<'_> {
    fn default() -> Self {
        Self {
            order: Order::OneByOne,
            escalate_after: Duration::from_secs(300),
            undelivered_after: None,
            snooze: None,
            decline: None,
            taken: None,
        }
    }
}

/// Why an alarm was not taken. Places in the list of recipients are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum InvalidAlarm {
    /// Nobody is to be told.
    NoRecipients,
    /// More are to be told than an alarm can have.
    TooManyRecipients {
        /// The most that there may be.
        limit: usize,
        /// How many there are.
        actual: usize,
    },
    /// Two places name one user.
    Twice {
        /// The first of the two.
        first: usize,
        /// The second.
        second: usize,
    },
    /// Meta would refuse the content for this recipient.
    Recipient {
        /// Which.
        place: usize,
        /// Why.
        invalid: Invalid,
    },
    /// A time is 0: the next would be told, or the same again, at once.
    NoWait,
    /// It has a key: several messages of one alarm wait at a time, and each is somebody else's.
    Merges,
    /// The content has no button with the payload that says no, or asks to be told again.
    NoSuchButton,
    /// The words that tell who took it are none, or too many.
    Taken {
        /// The most characters that there may be.
        limit: usize,
        /// How many there are.
        actual: usize,
    },
}

/// What is said, one a line, in the order of [`InvalidAlarm`].
static SENTENCES: &str = "nobody is to be told
an alarm has at most # recipients, not #
places # and # of the list, counted from 0, are one user
for place # of the list, counted from 0:\x20
a time after which somebody is told must not be 0
an alert to several people is never merged with another
the message has no button with the payload that says no, or asks for more time
what tells by whom it was taken must have 1 to # characters, and has #";

impl fmt::Display for InvalidAlarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sentence, one, two) = match *self {
            Self::NoRecipients => (0, 0, 0),
            Self::TooManyRecipients { limit, actual } => (1, limit, actual),
            Self::Twice { first, second } => (2, first, second),
            Self::Recipient { place, .. } => (3, place, 0),
            Self::NoWait => (4, 0, 0),
            Self::Merges => (5, 0, 0),
            Self::NoSuchButton => (6, 0, 0),
            Self::Taken { limit, actual } => (7, limit, actual),
        };
        say(f, "", line(SENTENCES, sentence), one, two)?;
        match self {
            Self::Recipient { invalid, .. } => invalid.fmt(f),
            _ => Ok(()),
        }
    }
}

impl core::error::Error for InvalidAlarm {}

impl<'a> Alarm<'a> {
    /// As it is kept.
    fn rules(&self) -> Rules<'a> {
        Rules {
            one_by_one: self.order == Order::OneByOne,
            escalate_after: span_ms(self.escalate_after),
            undelivered_after: self.undelivered_after.map_or(0, span_ms),
            snooze_for: self.snooze.map_or(0, |(_, span)| span_ms(span)),
            snooze: self.snooze.map(|(payload, _)| payload),
            decline: self.decline,
            taken: self.taken,
        }
    }

    /// Whether it makes sense.
    fn check(&self, rules: &Rules<'_>) -> Result<(), InvalidAlarm> {
        if rules.one_by_one && rules.escalate_after == 0
            || self.undelivered_after.is_some() && rules.undelivered_after == 0
            || rules.snooze.is_some() && rules.snooze_for == 0
        {
            return Err(InvalidAlarm::NoWait);
        }
        if let Some(taken) = rules.taken {
            let (limit, actual) = (TAKEN, limits::characters(taken.as_bytes()));
            if actual == 0 || actual > limit {
                return Err(InvalidAlarm::Taken { limit, actual });
            }
        }
        Ok(())
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
    /// Takes in an alert to up to 16 recipients. Its ticket ends in exactly one [`Outcome`](crate::client::Outcome):
    /// `Acknowledged` by the first who takes it, `Unanswered` when all were told and nobody did in time, `Withdrawn`, or,
    /// when nobody has it, `Failed` or `Expired`. When all are told at once and no answer is wanted, its outcome is that of
    /// the message which got least far, once all have ended.
    ///
    /// Each recipient's message is told of with [`Event::Told`](crate::client::Event::Told) and has an outcome of its own. With
    /// [`Order::OneByOne`] an answer is always wanted; [`Options::answer_within`] is then how long the last one has, and
    /// without it the whole time until the alarm expires is waited.
    ///
    /// It is never evicted. Two slots have to be free for it, as described at [`submit`](Self::submit), and beside its
    /// own storage that of one message.
    ///
    /// # Errors
    /// [`Refused`]; nothing was stored then. What may go to none of the recipients is refused for the last one's reason.
    pub fn submit_alarm(
        &mut self,
        now: Instant,
        recipients: &[Recipient],
        message: &dyn Content,
        options: Options,
        alarm: &Alarm<'_>,
    ) -> Result<Ticket, Refused> {
        let now = ms(now.as_ticks());
        let rules = alarm.rules();
        self.check_alarm(now, recipients, message, &options, alarm, &rules)?;
        let reading = self.settings.reading;
        let measured = encode_alarm(message, recipients, &rules, reading, None);
        let needed = measured.ok_or(InvalidAlarm::NoSuchButton)?;
        // No message of it takes more than the alarm.
        let both = needed.saturating_mul(2);
        if both > STORAGE || MESSAGES < 2 {
            return Err(Refused::TooLarge {
                limit: STORAGE,
                actual: both,
            });
        }
        let room = self.room_for(options.priority, None).1 >= 2;
        let place = if room {
            self.make_room(both, options.priority, None)
        } else {
            None
        };
        let place = place.ok_or(Refused::Full {
            free: self.arena.free(),
            needed: both,
        })?;
        let mut writer = Writer::new(self.arena.room());
        // Everything was measured before.
        let _ = encode_alarm(message, recipients, &rules, reading, Some(&mut writer));
        let len = writer.len();
        let body = self.arena.keep(len);
        // It is nobody's, but is found where its first recipient is looked for.
        let user = recipients.first().map_or(0, |first| self.user_of(first.into()));
        let ticket = Ticket(self.next_ticket);
        if let Some(slot) = self.put(place, true, now) {
            set_options(slot, now, &options);
            if rules.one_by_one && slot.answer_within == 0 {
                slot.answer_within = u32::MAX;
            }
            slot.state = State::Alarm;
            slot.body = body;
            slot.user = user;
        }
        Ok(ticket)
    }

    /// Holds an alarm and its list against what they may be. At least one may be written to at present: what is not allowed
    /// to go to the others goes on to the next when their turn comes.
    fn check_alarm(
        &self,
        now: u64,
        recipients: &[Recipient],
        message: &dyn Content,
        options: &Options,
        alarm: &Alarm<'_>,
        rules: &Rules<'_>,
    ) -> Result<(), Refused> {
        alarm.check(rules)?;
        if options.merge.is_some() {
            return Err(InvalidAlarm::Merges.into());
        }
        self.check_options(options, rules.one_by_one || options.answer_within.is_some())?;
        let actual = recipients.len();
        if actual > RECIPIENTS {
            let limit = RECIPIENTS;
            return Err(InvalidAlarm::TooManyRecipients { limit, actual }.into());
        }
        if recipients.is_empty() {
            return Err(InvalidAlarm::NoRecipients.into());
        }
        let mut may_go = false;
        for (place, recipient) in recipients.iter().enumerate() {
            let name = Name::from(recipient);
            let same = |other: &Recipient| self.users.are_one(name, other.into());
            if let Some(first) = recipients.iter().take(place).position(same) {
                return Err(InvalidAlarm::Twice { first, second: place }.into());
            }
            let measured = message::measure(message, recipient, self.settings.reading)
                .map_err(|invalid| InvalidAlarm::Recipient { place, invalid })?;
            if !may_go {
                let is_last = place.wrapping_add(1) == actual;
                match self.may_go(now, name, &measured, options.marketing) {
                    Err(why) if is_last => return Err(why),
                    of_this => may_go = of_this.is_ok(),
                }
            }
        }
        Ok(())
    }

    /// Takes back a message that has not gone, so that it goes to nobody, or an alarm: then nobody else is told, and what
    /// its messages that have not gone say is said to nobody. Its outcome is `Withdrawn`.
    ///
    /// `false` where there is nothing to be taken back: the message is on its way or may have been sent, or the ticket has
    /// ended.
    pub fn withdraw(&mut self, ticket: Ticket) -> bool {
        let mut slots = self.slots.iter();
        let Some(index) = slots.position(|slot| slot.state > State::Done && slot.ticket == ticket) else {
            return false;
        };
        match self.slot(index) {
            Some(slot) if slot.is_alarm() && !slot.is_closed() => {
                self.end_alarm(index, Final::Withdrawn, 0);
            }
            // What Meta has refused has not gone.
            Some(slot) if slot.state == State::Queued && !slot.maybe_sent_once => {
                self.finish(index, Final::Withdrawn);
            }
            _ => return false,
        }
        true
    }
}
