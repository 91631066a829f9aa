//! What happened: the events that the application takes with `next_event`, kept as records in a queue of bytes.
//!
//! An outcome is never lost: a message keeps its slot until its outcome had room here. What a webhook brings is never
//! lost either: without room the webhook is answered 503 and comes again. Only the running commentary (`Accepted`,
//! `Deferred`, `NotSent`, `MaybeSent`, `Duplicate`, `LimitReached`, `TemplatePaused`, `OptedOut`, `Saved`, `Told`, `Snoozed`,
//! `Error`) is dropped, and counted, when nobody takes the events; and an update that would not fit into the empty queue, see
//! [`EVENTS_MIN`](super::EVENTS_MIN).

use super::alarm::IS_TAKEN;
use super::{Command, Final, Ticket, Unheeded};
use crate::outbox::close_up;
use crate::record::{Full, Writer};
use crate::webhook::{Inbound, Notice, StatusUpdate, Update};
use core::fmt;
use embassy_time::Duration;

/// Something that the application may want to know.
///
/// `Debug` and `defmt::Format` show of ids and senders the last four characters only: a message id has the phone number
/// in it.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// Meta took the message (HTTP 200), which does not yet mean that it was delivered.
    Accepted {
        /// Whose.
        ticket: Ticket,
        /// Meta's message id (`wamid…`); empty if the answer was cut off before it.
        id: &'a str,
    },
    /// The request failed before Meta had it; it goes out again.
    NotSent {
        /// Whose.
        ticket: Ticket,
    },
    /// The answer was lost: the message may have been sent.
    MaybeSent {
        /// Whose.
        ticket: Ticket,
    },
    /// Meta refused for now; it goes out again by itself.
    Deferred {
        /// Whose.
        ticket: Ticket,
        /// Meta's error code.
        code: u32,
    },
    /// A message that was sent again after a lost answer had been sent the first time too.
    Duplicate {
        /// Whose.
        ticket: Ticket,
    },
    /// Nothing is sent any more until Meta, or the owner, has put it right.
    Held {
        /// Meta's error code.
        code: u32,
    },
    /// Sending goes on.
    Resumed,
    /// A status of a message, as the webhook told it.
    Status {
        /// Whose; `None` if it is not known any more.
        ticket: Option<Ticket>,
        /// What Meta said.
        update: StatusUpdate<'a>,
    },
    /// Somebody wrote, or pressed a button.
    Message {
        /// The alert that this acknowledges.
        answers: Option<Ticket>,
        /// What was written.
        message: Inbound<'a>,
    },
    /// So many users were written to by template, outside their windows, in 24 hours: all that this device may
    /// (messaging limit). Messages to more of them wait until it may again.
    LimitReached {
        /// How many.
        limit: u32,
    },
    /// Meta has paused a template (132015): messages with it wait for it; or disabled it (132016): they fail.
    TemplatePaused {
        /// Its name.
        template: &'a str,
        /// Meta's error code.
        code: u32,
    },
    /// The recipient wants no marketing messages any more (131050). It gets none until it wants them again.
    OptedOut {
        /// Whose message told so.
        ticket: Ticket,
    },
    /// The journal has this message now: a loss of power does not lose it any more.
    Saved {
        /// Which.
        ticket: Ticket,
    },
    /// The message that was told just before is a word for "stop" (see [`Wishes`](super::Wishes)), and who wrote it gets
    /// nothing from now on: messages whose request had not begun are [`Outcome::Withdrawn`], new ones are refused.
    Stopped {
        /// `wa_id`, or BSUID where there is no number.
        by: &'a str,
        /// Not if it is older than what the same person wrote before, or when nothing waits for a stranger and the table of
        /// users has no place for one.
        heeded: bool,
    },
    /// The message that was told just before is a word for "start", and who wrote it gets messages again.
    Started {
        /// `wa_id`, or BSUID where there is no number.
        by: &'a str,
        /// Not if it is older than what the same person wrote before.
        heeded: bool,
    },
    /// The message that was told just before is a command of somebody who may: to be carried out now, and once. It is told
    /// at most once, also over a loss of power where there is a journal.
    Command {
        /// Which.
        command: Command,
        /// `wa_id`, or BSUID where there is no number.
        by: &'a str,
    },
    /// The message that was told just before is a command, but not to be carried out.
    Unheeded {
        /// Which.
        command: Command,
        /// Why not.
        why: Unheeded,
    },
    /// It is time for a message that says that the device is alive, see
    /// [`Client::submit_heartbeat`](super::Client::submit_heartbeat).
    HeartbeatDue,
    /// A message to one of an alarm's recipients was made; it has a ticket of its own, which ends like any other.
    Told {
        /// Whose recipient it is.
        alarm: Ticket,
        /// The message's ticket.
        ticket: Ticket,
        /// Which of the recipients, from 0 on.
        place: u8,
        /// It tells somebody who has the alarm that another one took it.
        taken: bool,
    },
    /// A recipient asked to be told again later; nobody else is told meanwhile.
    Snoozed {
        /// What.
        alarm: Ticket,
        /// `wa_id`, or BSUID where there is no number.
        by: &'a str,
        /// After how long.
        again_in: Duration,
    },
    /// The journal had this message from before the start: it goes on.
    Restored {
        /// Which.
        ticket: Ticket,
        /// Whether its expiry is a time of day. If that was not known when it was taken in, the time without power
        /// does not count.
        by_clock: bool,
    },
    /// An error that concerns no message of ours.
    Error {
        /// Meta's error code.
        code: u32,
    },
    /// Something about the account, a number, a template, a group or a user's settings.
    Notice {
        /// What Meta said.
        notice: Notice<'a>,
    },
    /// The one end of a ticket.
    Outcome {
        /// Which.
        ticket: Ticket,
        /// How it ended.
        outcome: Outcome<'a>,
    },
}

/// How a ticket ended. Every ticket ends exactly once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The recipient answered.
    Acknowledged {
        /// `wa_id`, or BSUID where there is no number.
        by: &'a str,
    },
    /// The recipient of an alarm's message answered, but does not take it: said no, or asked to be told again.
    Declined {
        /// `wa_id`, or BSUID where there is no number.
        by: &'a str,
    },
    /// The recipient read it.
    Read,
    /// It reached the recipient's phone.
    Delivered,
    /// Meta took it, and nothing more was heard: there is no inbound path, or no status came in time.
    Accepted,
    /// It was accepted, and no answer came in the time given.
    Unanswered,
    /// Its time ran out before it could be sent.
    Expired,
    /// It cannot be sent.
    Failed {
        /// Meta's error code.
        code: u32,
    },
    /// A more important one took its room.
    Evicted,
    /// It took the place of one that waits with the same key, see [`Merge`](super::Merge): what it says goes out under that
    /// one's ticket.
    Merged {
        /// The ticket of the one that waits.
        into: Ticket,
    },
    /// Before its request began it was taken back, the recipient stopped all messages, or the alarm that it belongs to was
    /// over.
    Withdrawn,
    /// Whether it was sent is not known, and it was not to be sent twice.
    Unknown,
}

/// Shows the last four characters of what names a person.
struct Tail<'a>(&'a str);

impl Tail<'_> {
    fn text(&self) -> &str {
        let from = self.0.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
        self.0.get(from..).unwrap_or_default()
    }
}

impl fmt::Debug for Tail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")?;
        f.write_str(self.text())
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Tail<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "…{=str}", self.text());
    }
}

impl Event<'_> {
    /// Its name in one word.
    const fn name(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "Accepted",
            Self::NotSent { .. } => "NotSent",
            Self::MaybeSent { .. } => "MaybeSent",
            Self::Deferred { .. } => "Deferred",
            Self::Duplicate { .. } => "Duplicate",
            Self::Held { .. } => "Held",
            Self::Resumed => "Resumed",
            Self::Status { .. } => "Status",
            Self::Message { .. } => "Message",
            Self::LimitReached { .. } => "LimitReached",
            Self::TemplatePaused { .. } => "TemplatePaused",
            Self::OptedOut { .. } => "OptedOut",
            Self::Saved { .. } => "Saved",
            Self::Stopped { .. } => "Stopped",
            Self::Started { .. } => "Started",
            Self::Command { .. } => "Command",
            Self::Unheeded { .. } => "Unheeded",
            Self::HeartbeatDue => "HeartbeatDue",
            Self::Restored { .. } => "Restored",
            Self::Told { .. } => "Told",
            Self::Snoozed { .. } => "Snoozed",
            Self::Error { .. } => "Error",
            Self::Notice { .. } => "Notice",
            Self::Outcome { .. } => "Outcome",
        }
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct(self.name());
        match self {
            Self::Accepted { ticket, id } => out.field("ticket", ticket).field("id", &Tail(id)),
            Self::Restored { ticket, by_clock } => out.field("ticket", ticket).field("by_clock", by_clock),
            Self::Told {
                alarm,
                ticket,
                place,
                taken,
            } => out
                .field("alarm", alarm)
                .field("ticket", ticket)
                .field("place", place)
                .field("taken", taken),
            Self::Snoozed { alarm, by, again_in } => out
                .field("alarm", alarm)
                .field("by", &Tail(by))
                .field("again_in", again_in),
            Self::Deferred { ticket, code } => out.field("ticket", ticket).field("code", code),
            Self::Status { ticket, update } => out.field("ticket", ticket).field("update", update),
            Self::Message { answers, message } => out.field("answers", answers).field("message", message),
            Self::Stopped { by, heeded } | Self::Started { by, heeded } => {
                out.field("by", &Tail(by)).field("heeded", heeded)
            }
            Self::Command { command, by } => out.field("command", command).field("by", &Tail(by)),
            Self::Unheeded { command, why } => out.field("command", command).field("why", why),
            Self::Outcome { ticket, outcome } => out.field("ticket", ticket).field("outcome", outcome),
            Self::Held { code } | Self::Error { code } => out.field("code", code),
            Self::LimitReached { limit } => out.field("limit", limit),
            Self::TemplatePaused { template, code } => out.field("template", template).field("code", code),
            Self::Notice { notice } => out.field("notice", notice),
            Self::NotSent { ticket }
            | Self::MaybeSent { ticket }
            | Self::Duplicate { ticket }
            | Self::OptedOut { ticket }
            | Self::Saved { ticket } => out.field("ticket", ticket),
            Self::Resumed | Self::HeartbeatDue => &mut out,
        };
        out.finish()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Event<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        match self {
            Self::Accepted { ticket, id } => defmt::write!(f, "Accepted({}, {})", ticket, Tail(id)),
            Self::Restored { ticket, by_clock } => defmt::write!(f, "Restored({}, {})", ticket, by_clock),
            Self::Told {
                alarm,
                ticket,
                place,
                taken,
            } => defmt::write!(f, "Told({}, {}, {}, {})", alarm, ticket, place, taken),
            Self::Snoozed { alarm, by, again_in } => {
                defmt::write!(f, "Snoozed({}, {}, {})", alarm, Tail(by), again_in);
            }
            Self::Deferred { ticket, code } => defmt::write!(f, "Deferred({}, {})", ticket, code),
            Self::Status { ticket, update } => defmt::write!(f, "Status({}, {})", ticket, update),
            Self::Message { answers, message } => defmt::write!(f, "Message({}, {})", answers, message),
            Self::Stopped { by, heeded } | Self::Started { by, heeded } => {
                defmt::write!(f, "{=str}({}, {})", self.name(), Tail(by), heeded);
            }
            Self::Command { command, by } => defmt::write!(f, "Command({}, {})", command, Tail(by)),
            Self::Unheeded { command, why } => defmt::write!(f, "Unheeded({}, {})", command, why),
            Self::Outcome { ticket, outcome } => defmt::write!(f, "Outcome({}, {})", ticket, outcome),
            Self::Held { code } | Self::Error { code } | Self::LimitReached { limit: code } => {
                defmt::write!(f, "{=str}({})", self.name(), code);
            }
            Self::Notice { notice } => defmt::write!(f, "{}", notice),
            Self::TemplatePaused { template, code } => {
                defmt::write!(f, "TemplatePaused({=str}, {})", template, code);
            }
            Self::NotSent { ticket }
            | Self::MaybeSent { ticket }
            | Self::Duplicate { ticket }
            | Self::OptedOut { ticket }
            | Self::Saved { ticket } => {
                defmt::write!(f, "{=str}({})", self.name(), ticket);
            }
            Self::Resumed | Self::HeartbeatDue => defmt::write!(f, "{=str}", self.name()),
        }
    }
}

impl Outcome<'_> {
    /// Its name in one word.
    const fn name(&self) -> &'static str {
        match self {
            Self::Acknowledged { .. } => "Acknowledged",
            Self::Declined { .. } => "Declined",
            Self::Read => "Read",
            Self::Delivered => "Delivered",
            Self::Accepted => "Accepted",
            Self::Unanswered => "Unanswered",
            Self::Expired => "Expired",
            Self::Failed { .. } => "Failed",
            Self::Evicted => "Evicted",
            Self::Merged { .. } => "Merged",
            Self::Withdrawn => "Withdrawn",
            Self::Unknown => "Unknown",
        }
    }
}

impl fmt::Debug for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Acknowledged { by } | Self::Declined { by } => {
                f.debug_struct(self.name()).field("by", &Tail(by)).finish()
            }
            Self::Failed { code } => f.debug_struct(self.name()).field("code", code).finish(),
            Self::Merged { into } => f.debug_struct(self.name()).field("into", into).finish(),
            _ => f.write_str(self.name()),
        }
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Outcome<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        match self {
            Self::Acknowledged { by } | Self::Declined { by } => {
                defmt::write!(f, "{=str}({})", self.name(), Tail(by));
            }
            Self::Failed { code } => defmt::write!(f, "Failed({})", code),
            Self::Merged { into } => defmt::write!(f, "Merged({})", into),
            _ => defmt::write!(f, "{=str}", self.name()),
        }
    }
}

/// What a record is; from [`kind::OUTCOME`] on, an outcome.
pub(super) mod kind {
    use crate::outbox::Final;

    pub(crate) const ACCEPTED: u8 = 1;
    pub(crate) const NOT_SENT: u8 = 2;
    pub(crate) const MAYBE_SENT: u8 = 3;
    pub(crate) const DEFERRED: u8 = 4;
    pub(crate) const DUPLICATE: u8 = 5;
    pub(crate) const HELD: u8 = 6;
    pub(crate) const RESUMED: u8 = 7;
    /// A webhook's update, in the form in which it was staged.
    pub(crate) const UPDATE: u8 = 8;
    pub(crate) const LIMIT: u8 = 9;
    pub(crate) const TEMPLATE: u8 = 10;
    pub(crate) const OPTED_OUT: u8 = 11;
    pub(crate) const RESTORED: u8 = 12;
    pub(crate) const SAVED: u8 = 13;
    /// From here on, what the message before asks for.
    pub(crate) const STOPPED: u8 = 14;
    pub(crate) const STARTED: u8 = 15;
    pub(crate) const COMMAND: u8 = 16;
    pub(crate) const UNHEEDED: u8 = 17;
    pub(crate) const HEARTBEAT: u8 = 18;
    pub(crate) const TOLD: u8 = 20;
    pub(crate) const SNOOZED: u8 = 21;
    /// Acknowledged; the others through [`EventQueue::push_end`](super::EventQueue::push_end).
    pub(crate) const OUTCOME: u8 = 32;
    /// The others, in the order of [`Final`](crate::outbox::Final).
    pub(crate) const ENDS: u8 = OUTCOME + 1;
    /// Merged; the ticket that it was merged into stands in place of a code.
    pub(crate) const MERGED: u8 = ENDS + Final::Failed as u8 + 1;
    /// Like an acknowledgement.
    pub(crate) const DECLINED: u8 = OUTCOME + 15;
}

/// Bytes in front of each record's text: its length in two bytes, kind, ticket (0: none) and code.
const HEAD: usize = 2 + 1 + 4 + 4;

/// Bytes of a record with a text, or an update, of this length.
pub(crate) fn record_len(text: usize) -> usize {
    text.saturating_add(HEAD)
}

/// `N` bytes of events, in the order in which they happened.
#[derive(Debug, Clone)]
pub(crate) struct EventQueue<const N: usize> {
    bytes: [u8; N],
    head: usize,
    tail: usize,
}

impl<const N: usize> EventQueue<N> {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; N],
            head: 0,
            tail: 0,
        }
    }

    /// Keeps what happened: what it is, see [`kind`], and as much of the rest as that has.
    ///
    /// # Errors
    /// [`Full`]; nothing is kept then.
    pub(crate) fn push(&mut self, kind: u8, ticket: Ticket, code: u32, text: &[u8]) -> Result<(), Full> {
        // The gap that taken events left in front is closed first.
        close_up(self.bytes.get_mut(..self.tail).unwrap_or_default(), 0, self.head);
        self.tail = self.tail.saturating_sub(self.head);
        self.head = 0;
        let [low, high] = u16::try_from(text.len()).map_err(|_| Full)?.to_le_bytes();
        let [t0, t1, t2, t3] = ticket.get().to_le_bytes();
        let [c0, c1, c2, c3] = code.to_le_bytes();
        let head: [u8; HEAD] = [low, high, kind, t0, t1, t2, t3, c0, c1, c2, c3];
        let mut writer = Writer::new(self.bytes.get_mut(self.tail..).unwrap_or_default());
        writer.append(&head)?;
        writer.append(text)?;
        self.tail = self.tail.saturating_add(writer.len());
        Ok(())
    }

    /// The one end of a ticket; `code` is why, where it failed.
    ///
    /// # Errors
    /// [`Full`]; nothing is kept then.
    pub(crate) fn push_end(&mut self, ticket: Ticket, end: Final, code: u32) -> Result<(), Full> {
        self.push(kind::ENDS + end as u8, ticket, code, &[])
    }

    /// Bytes that are free. A record takes [`record_len`].
    #[cfg_attr(feature = "alerts", inline(never))]
    pub(crate) fn room(&self) -> usize {
        N.saturating_sub(self.tail.saturating_sub(self.head))
    }

    /// The records that nobody took yet.
    #[cfg(feature = "fingerprint")]
    pub(crate) fn waiting(&self) -> &[u8] {
        self.bytes.get(self.head..self.tail).unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tail <= self.head
    }

    /// What the next one is.
    pub(crate) fn next_kind(&self) -> Option<u8> {
        self.bytes.get(self.head..self.tail)?.get(2).copied()
    }

    pub(crate) fn pop(&mut self) -> Option<Event<'_>> {
        let queue = self.bytes.get(self.head..self.tail)?;
        let (head, rest) = queue.split_first_chunk::<HEAD>()?;
        let [a, b, kind, t0, t1, t2, t3, c0, c1, c2, c3] = *head;
        let len = usize::from(u16::from_le_bytes([a, b]));
        self.head = self.head.saturating_add(HEAD).saturating_add(len);
        let ticket = Ticket::from_u32(u32::from_le_bytes([t0, t1, t2, t3]));
        decode(
            kind,
            ticket,
            u32::from_le_bytes([c0, c1, c2, c3]),
            rest.get(..len)?,
        )
    }
}

/// `None` for what the queue does not hold. Each event is put together where it is returned: what several branches give is
/// taken apart into bytes by the compiler.
fn decode(kind: u8, ticket: Ticket, code: u32, bytes: &[u8]) -> Option<Event<'_>> {
    if kind == kind::UPDATE {
        return decode_update(ticket, bytes);
    }
    let text = core::str::from_utf8(bytes).ok()?;
    if kind >= kind::OUTCOME {
        let outcome = decode_outcome(kind, code, text);
        return Some(Event::Outcome { ticket, outcome });
    }
    match kind {
        kind::ACCEPTED => Some(Event::Accepted { ticket, id: text }),
        kind::NOT_SENT => Some(Event::NotSent { ticket }),
        kind::MAYBE_SENT => Some(Event::MaybeSent { ticket }),
        kind::DEFERRED => Some(Event::Deferred { ticket, code }),
        kind::DUPLICATE => Some(Event::Duplicate { ticket }),
        kind::HELD => Some(Event::Held { code }),
        kind::RESUMED => Some(Event::Resumed),
        kind::LIMIT => Some(Event::LimitReached { limit: code }),
        kind::TEMPLATE => Some(Event::TemplatePaused { template: text, code }),
        kind::OPTED_OUT => Some(Event::OptedOut { ticket }),
        kind::SAVED => Some(Event::Saved { ticket }),
        kind::STOPPED if cfg!(feature = "alerts") => Some(Event::Stopped {
            by: text,
            heeded: code != 0,
        }),
        kind::STARTED if cfg!(feature = "alerts") => Some(Event::Started {
            by: text,
            heeded: code != 0,
        }),
        kind::COMMAND if cfg!(feature = "alerts") => Some(Event::Command {
            command: Command::from_code(code),
            by: text,
        }),
        kind::HEARTBEAT if cfg!(feature = "alerts") => Some(Event::HeartbeatDue),
        kind::UNHEEDED if cfg!(feature = "alerts") => Some(Event::Unheeded {
            command: Command::from_code(code),
            why: Unheeded::from_code(code),
        }),
        kind::RESTORED => Some(Event::Restored {
            ticket,
            by_clock: code != 0,
        }),
        kind::TOLD if cfg!(feature = "alerts") => {
            let [byte] = *bytes else { return None };
            Some(Event::Told {
                alarm: Ticket::from_u32(code),
                ticket,
                place: byte & !IS_TAKEN,
                taken: byte & IS_TAKEN != 0,
            })
        }
        kind::SNOOZED if cfg!(feature = "alerts") => Some(Event::Snoozed {
            alarm: ticket,
            by: text,
            again_in: Duration::from_millis(code.into()),
        }),
        _ => None,
    }
}

/// How a ticket ended, by the kind of its record.
fn decode_outcome(kind: u8, code: u32, text: &str) -> Outcome<'_> {
    match kind ^ kind::OUTCOME {
        0 => Outcome::Acknowledged { by: text },
        1 => Outcome::Read,
        2 => Outcome::Delivered,
        3 => Outcome::Accepted,
        4 => Outcome::Unanswered,
        6 if cfg!(feature = "alerts") => Outcome::Withdrawn,
        7 => Outcome::Evicted,
        8 => Outcome::Expired,
        9 => Outcome::Failed { code },
        10 if cfg!(feature = "alerts") => Outcome::Merged {
            into: Ticket::from_u32(code),
        },
        15 if cfg!(feature = "alerts") => Outcome::Declined { by: text },
        _ => Outcome::Unknown,
    }
}

/// As [`decode`], of what a webhook told; `ticket` is whose.
fn decode_update(ticket: Ticket, bytes: &[u8]) -> Option<Event<'_>> {
    let some = Some(ticket).filter(|ticket| *ticket != Ticket::NONE);
    match Update::decode(bytes)? {
        Update::Status(update) => Some(Event::Status { ticket: some, update }),
        Update::Message(message) => Some(Event::Message {
            answers: some,
            message,
        }),
        Update::Error(error) => Some(Event::Error { code: error.code }),
        Update::Notice(notice) => Some(Event::Notice { notice }),
        Update::Contact(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push<const N: usize>(queue: &mut EventQueue<N>, event: &Event<'_>) -> Result<(), Full> {
        let (kind, ticket, code, text) = match *event {
            Event::Accepted { ticket, id } => (kind::ACCEPTED, Some(ticket), 0, id),
            Event::NotSent { ticket } => (kind::NOT_SENT, Some(ticket), 0, ""),
            Event::MaybeSent { ticket } => (kind::MAYBE_SENT, Some(ticket), 0, ""),
            Event::Deferred { ticket, code } => (kind::DEFERRED, Some(ticket), code, ""),
            Event::Duplicate { ticket } => (kind::DUPLICATE, Some(ticket), 0, ""),
            Event::Held { code } => (kind::HELD, None, code, ""),
            Event::Resumed => (kind::RESUMED, None, 0, ""),
            Event::HeartbeatDue => (kind::HEARTBEAT, None, 0, ""),
            Event::LimitReached { limit } => (kind::LIMIT, None, limit, ""),
            Event::TemplatePaused { template, code } => (kind::TEMPLATE, None, code, template),
            Event::OptedOut { ticket } => (kind::OPTED_OUT, Some(ticket), 0, ""),
            Event::Saved { ticket } => (kind::SAVED, Some(ticket), 0, ""),
            Event::Restored { ticket, by_clock } => (kind::RESTORED, Some(ticket), by_clock.into(), ""),
            Event::Stopped { by, heeded } => (kind::STOPPED, None, heeded.into(), by),
            Event::Started { by, heeded } => (kind::STARTED, None, heeded.into(), by),
            Event::Command { command, by } => (kind::COMMAND, None, command.code(), by),
            Event::Unheeded { command, why } => {
                (kind::UNHEEDED, None, command.code() | (why as u32) << 16, "")
            }
            Event::Outcome {
                ticket,
                outcome: Outcome::Acknowledged { by },
            } => (kind::OUTCOME, Some(ticket), 0, by),
            _ => unreachable!("it comes through `push_end`, or as a record of the webhook's"),
        };
        queue.push(kind, ticket.unwrap_or(Ticket::NONE), code, text.as_bytes())
    }

    #[test]
    fn events_come_out_as_they_went_in_and_in_order() {
        let ticket = Ticket::from_u32(7);
        let events = [
            Event::Accepted {
                ticket,
                id: "wamid.A",
            },
            Event::NotSent { ticket },
            Event::MaybeSent { ticket },
            Event::Deferred {
                ticket,
                code: 131_056,
            },
            Event::Duplicate { ticket },
            Event::Held { code: 190 },
            Event::Resumed,
            Event::LimitReached { limit: 250 },
            Event::TemplatePaused {
                template: "alert",
                code: 132_015,
            },
            Event::OptedOut { ticket },
            Event::Saved { ticket },
            Event::Restored {
                ticket,
                by_clock: true,
            },
            #[cfg(feature = "alerts")]
            Event::HeartbeatDue,
            #[cfg(feature = "alerts")]
            Event::Stopped {
                by: "16505551234",
                heeded: true,
            },
            #[cfg(feature = "alerts")]
            Event::Started {
                by: "",
                heeded: false,
            },
            #[cfg(feature = "alerts")]
            Event::Command {
                command: Command::Number(1),
                by: "US.1",
            },
            #[cfg(feature = "alerts")]
            Event::Unheeded {
                command: Command::Status,
                why: Unheeded::Stranger,
            },
            #[cfg(feature = "alerts")]
            Event::Unheeded {
                command: Command::Number(u8::MAX),
                why: Unheeded::TooMany,
            },
            Event::Outcome {
                ticket,
                outcome: Outcome::Acknowledged { by: "16505551234" },
            },
        ];
        let mut queue = EventQueue::<512>::new();
        for event in &events {
            push(&mut queue, event).unwrap();
        }
        let ends = [
            (Final::Read, Outcome::Read),
            (Final::Delivered, Outcome::Delivered),
            (Final::Accepted, Outcome::Accepted),
            (Final::Unanswered, Outcome::Unanswered),
            (Final::Unknown, Outcome::Unknown),
            #[cfg(feature = "alerts")]
            (Final::Withdrawn, Outcome::Withdrawn),
            (Final::Evicted, Outcome::Evicted),
            (Final::Expired, Outcome::Expired),
            (Final::Failed, Outcome::Failed { code: 131_026 }),
        ];
        for (end, outcome) in ends {
            let code = match outcome {
                Outcome::Failed { code } => code,
                _ => 0,
            };
            queue.push_end(ticket, end, code).unwrap();
        }
        let merged = Outcome::Merged {
            into: Ticket::from_u32(3),
        };
        queue.push(kind::MERGED, ticket, 3, &[]).unwrap();
        for event in events {
            assert_eq!(queue.pop(), Some(event));
        }
        for (_, outcome) in ends {
            assert_eq!(queue.pop(), Some(Event::Outcome { ticket, outcome }));
        }
        let outcome = if cfg!(feature = "alerts") {
            merged
        } else {
            Outcome::Unknown
        };
        assert_eq!(queue.pop(), Some(Event::Outcome { ticket, outcome }));
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn debug_shows_no_more_of_a_person_than_four_characters() {
        let ticket = Ticket::from_u32(7);
        let accepted = Event::Accepted {
            ticket,
            id: "wamid.HBgLMTY1MDU1NTEyMzQ=",
        };
        assert_eq!(
            std::format!("{accepted:?}"),
            "Accepted { ticket: Ticket(7), id: …MzQ= }"
        );
        let outcome = Outcome::Acknowledged { by: "16505551234" };
        assert_eq!(std::format!("{outcome:?}"), "Acknowledged { by: …1234 }");
        assert_eq!(
            std::format!("{:?}", Outcome::Acknowledged { by: "é" }),
            "Acknowledged { by: …é }"
        );
        assert_eq!(
            std::format!("{:?}", Outcome::Failed { code: 131_026 }),
            "Failed { code: 131026 }"
        );
    }

    #[test]
    fn a_full_queue_refuses_and_keeps_what_it_has() {
        let mut queue = EventQueue::<32>::new();
        let event = Event::NotSent {
            ticket: Ticket::from_u32(1),
        };
        push(&mut queue, &event).unwrap();
        push(&mut queue, &event).unwrap();
        assert_eq!(push(&mut queue, &event), Err(Full));
        assert_eq!(queue.pop(), Some(event.clone()));
        push(&mut queue, &event).unwrap();
        assert_eq!(queue.pop(), Some(event.clone()));
        assert_eq!(queue.pop(), Some(event));
        assert_eq!(queue.pop(), None);
    }
}
