//! What happened: the events that the application takes with `next_event`, kept as records in a queue of bytes.
//!
//! An outcome is never lost: a message keeps its slot until its outcome had room here. What a webhook brings is never
//! lost either: without room the webhook is answered 503 and comes again. Only the running commentary (`Accepted`,
//! `Deferred`, `NotSent`, `MaybeSent`, `Duplicate`, `Error`) is dropped, and counted, when nobody takes the events; and an
//! update that would not fit into the empty queue, see [`EVENTS_MIN`](super::EVENTS_MIN).

use super::Ticket;
use crate::record::{FIELD_OVERHEAD, Fields, Full, Writer};
use crate::webhook::{Inbound, Notice, StatusUpdate, Update};
use core::fmt;

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
            Self::Deferred { ticket, code } => out.field("ticket", ticket).field("code", code),
            Self::Status { ticket, update } => out.field("ticket", ticket).field("update", update),
            Self::Message { answers, message } => out.field("answers", answers).field("message", message),
            Self::Outcome { ticket, outcome } => out.field("ticket", ticket).field("outcome", outcome),
            Self::Held { code } | Self::Error { code } => out.field("code", code),
            Self::Notice { notice } => out.field("notice", notice),
            Self::NotSent { ticket } | Self::MaybeSent { ticket } | Self::Duplicate { ticket } => {
                out.field("ticket", ticket)
            }
            Self::Resumed => &mut out,
        };
        out.finish()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Event<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        match self {
            Self::Accepted { ticket, id } => defmt::write!(f, "Accepted({}, {})", ticket, Tail(id)),
            Self::Deferred { ticket, code } => defmt::write!(f, "Deferred({}, {})", ticket, code),
            Self::Status { ticket, update } => defmt::write!(f, "Status({}, {})", ticket, update),
            Self::Message { answers, message } => defmt::write!(f, "Message({}, {})", answers, message),
            Self::Outcome { ticket, outcome } => defmt::write!(f, "Outcome({}, {})", ticket, outcome),
            Self::Held { code } | Self::Error { code } => defmt::write!(f, "{=str}({})", self.name(), code),
            Self::Notice { notice } => defmt::write!(f, "{}", notice),
            Self::NotSent { ticket } | Self::MaybeSent { ticket } | Self::Duplicate { ticket } => {
                defmt::write!(f, "{=str}({})", self.name(), ticket);
            }
            Self::Resumed => defmt::write!(f, "{=str}", self.name()),
        }
    }
}

impl Outcome<'_> {
    /// Its name in one word.
    const fn name(&self) -> &'static str {
        match self {
            Self::Acknowledged { .. } => "Acknowledged",
            Self::Read => "Read",
            Self::Delivered => "Delivered",
            Self::Accepted => "Accepted",
            Self::Unanswered => "Unanswered",
            Self::Expired => "Expired",
            Self::Failed { .. } => "Failed",
            Self::Evicted => "Evicted",
            Self::Unknown => "Unknown",
        }
    }
}

impl fmt::Debug for Outcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Acknowledged { by } => f.debug_struct(self.name()).field("by", &Tail(by)).finish(),
            Self::Failed { code } => f.debug_struct(self.name()).field("code", code).finish(),
            _ => f.write_str(self.name()),
        }
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Outcome<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        match self {
            Self::Acknowledged { by } => defmt::write!(f, "Acknowledged({})", Tail(by)),
            Self::Failed { code } => defmt::write!(f, "Failed({})", code),
            _ => defmt::write!(f, "{=str}", self.name()),
        }
    }
}

mod tag {
    pub(super) const KIND: u8 = 1;
    pub(super) const TICKET: u8 = 2;
    pub(super) const CODE: u8 = 3;
    pub(super) const TEXT: u8 = 4;
    pub(super) const UPDATE: u8 = 5;
    pub(super) const OUTCOME: u8 = 6;
}

mod kind {
    pub(super) const ACCEPTED: u8 = 1;
    pub(super) const NOT_SENT: u8 = 2;
    pub(super) const MAYBE_SENT: u8 = 3;
    pub(super) const DEFERRED: u8 = 4;
    pub(super) const DUPLICATE: u8 = 5;
    pub(super) const HELD: u8 = 6;
    pub(super) const RESUMED: u8 = 7;
    pub(super) const UPDATE: u8 = 8;
    pub(super) const OUTCOME: u8 = 9;
}

/// Bytes of the length in front of each record of the queue.
const LENGTH: usize = 2;

/// Bytes of an outcome's record: length, and five fields of at most 4 bytes.
const OUTCOME_LEN: usize = LENGTH + 5 * (FIELD_OVERHEAD + 4);

/// `N` bytes of events, in the order in which they happened.
#[derive(Debug)]
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

    /// Closes the gap that taken events left in front.
    fn compact(&mut self) {
        let len = self.tail.saturating_sub(self.head);
        for i in 0..len {
            let byte = self
                .bytes
                .get(self.head.saturating_add(i))
                .copied()
                .unwrap_or_default();
            if let Some(place) = self.bytes.get_mut(i) {
                *place = byte;
            }
        }
        self.head = 0;
        self.tail = len;
    }

    fn push_with(&mut self, write: impl FnOnce(&mut Writer<'_>) -> Result<(), Full>) -> Result<(), Full> {
        self.compact();
        let room = self.bytes.get_mut(self.tail..).unwrap_or_default();
        let mut writer = Writer::new(room);
        writer.append(&[0; LENGTH])?;
        write(&mut writer)?;
        let len = writer.len();
        let [low, high] = u16::try_from(len.saturating_sub(LENGTH))
            .map_err(|_| Full)?
            .to_le_bytes();
        if let [a, b, ..] = room {
            (*a, *b) = (low, high);
        }
        self.tail = self.tail.saturating_add(len);
        Ok(())
    }

    /// # Errors
    /// [`Full`]; the queue is as before then.
    pub(crate) fn push(&mut self, event: &Event<'_>) -> Result<(), Full> {
        self.push_with(|w| {
            let (kind, ticket) = match event {
                Event::Accepted { ticket, id } => {
                    w.field(tag::TEXT, id.as_bytes())?;
                    (kind::ACCEPTED, Some(*ticket))
                }
                Event::NotSent { ticket } => (kind::NOT_SENT, Some(*ticket)),
                Event::MaybeSent { ticket } => (kind::MAYBE_SENT, Some(*ticket)),
                Event::Deferred { ticket, code } => {
                    w.field(tag::CODE, &code.to_le_bytes())?;
                    (kind::DEFERRED, Some(*ticket))
                }
                Event::Duplicate { ticket } => (kind::DUPLICATE, Some(*ticket)),
                Event::Held { code } => {
                    w.field(tag::CODE, &code.to_le_bytes())?;
                    (kind::HELD, None)
                }
                Event::Resumed => (kind::RESUMED, None),
                Event::Outcome { ticket, outcome } => {
                    let (byte, code, text) = match outcome {
                        Outcome::Acknowledged { by } => (0, 0, *by),
                        Outcome::Read => (1, 0, ""),
                        Outcome::Delivered => (2, 0, ""),
                        Outcome::Accepted => (3, 0, ""),
                        Outcome::Unanswered => (4, 0, ""),
                        Outcome::Expired => (5, 0, ""),
                        Outcome::Failed { code } => (6, *code, ""),
                        Outcome::Evicted => (7, 0, ""),
                        Outcome::Unknown => (8, 0, ""),
                    };
                    w.field(tag::OUTCOME, &[byte])?;
                    w.field(tag::CODE, &u32::to_le_bytes(code))?;
                    w.field(tag::TEXT, text.as_bytes())?;
                    (kind::OUTCOME, Some(*ticket))
                }
                // These come as records of the webhook's, through `push_update`.
                Event::Status { .. } | Event::Message { .. } | Event::Error { .. } | Event::Notice { .. } => {
                    return Err(Full);
                }
            };
            w.field(tag::KIND, &[kind])?;
            ticket.map_or(Ok(()), |t| w.field(tag::TICKET, &t.get().to_le_bytes()))
        })
    }

    /// Keeps a webhook's update in the form in which it was staged.
    ///
    /// # Errors
    /// [`Full`]; the queue is as before then.
    pub(crate) fn push_update(&mut self, record: &[u8], ticket: Option<Ticket>) -> Result<(), Full> {
        self.push_with(|w| {
            w.field(tag::KIND, &[kind::UPDATE])?;
            if let Some(ticket) = ticket {
                w.field(tag::TICKET, &ticket.get().to_le_bytes())?;
            }
            w.field(tag::UPDATE, record)
        })
    }

    /// Whether an outcome (of [`OUTCOME_LEN`] bytes, without a name) would fit.
    pub(crate) fn has_room_for_outcome(&self) -> bool {
        N.saturating_sub(self.tail.saturating_sub(self.head)) >= OUTCOME_LEN
    }

    /// Where the queue ends, to come back to with [`EventQueue::roll_back`]. Nothing may be taken in between.
    pub(crate) fn mark(&mut self) -> usize {
        self.compact();
        self.tail
    }

    /// Takes back what was pushed since `mark`.
    pub(crate) fn roll_back(&mut self, mark: usize) {
        self.tail = self.tail.min(mark);
    }

    pub(crate) fn pop(&mut self) -> Option<Event<'_>> {
        loop {
            let queue = self.bytes.get(self.head..self.tail)?;
            let (length, rest) = queue.split_first_chunk::<LENGTH>()?;
            let len = usize::from(u16::from_le_bytes(*length));
            let at = self.head.saturating_add(LENGTH);
            let end = at.saturating_add(len);
            let known = rest.get(..len).and_then(decode).is_some();
            self.head = end;
            if known {
                return self.bytes.get(at..end).and_then(decode);
            }
        }
    }
}

fn u32_of(bytes: Option<&[u8]>) -> Option<u32> {
    bytes
        .and_then(|b| b.first_chunk::<4>())
        .map(|b| u32::from_le_bytes(*b))
}

fn decode(record: &[u8]) -> Option<Event<'_>> {
    let fields = Fields::new(record);
    let ticket = u32_of(fields.get(tag::TICKET)).map(Ticket::from_u32);
    let code = u32_of(fields.get(tag::CODE));
    let text = fields.text(tag::TEXT);
    let [kind] = *fields.get(tag::KIND)?.first_chunk::<1>()?;
    Some(match kind {
        kind::ACCEPTED => Event::Accepted {
            ticket: ticket?,
            id: text?,
        },
        kind::NOT_SENT => Event::NotSent { ticket: ticket? },
        kind::MAYBE_SENT => Event::MaybeSent { ticket: ticket? },
        kind::DEFERRED => Event::Deferred {
            ticket: ticket?,
            code: code?,
        },
        kind::DUPLICATE => Event::Duplicate { ticket: ticket? },
        kind::HELD => Event::Held { code: code? },
        kind::RESUMED => Event::Resumed,
        kind::UPDATE => match Update::decode(fields.get(tag::UPDATE)?)? {
            Update::Status(update) => Event::Status { ticket, update },
            Update::Message(message) => Event::Message {
                answers: ticket,
                message,
            },
            Update::Error(error) => Event::Error { code: error.code },
            Update::Notice(notice) => Event::Notice { notice },
            Update::Contact(_) => return None,
        },
        kind::OUTCOME => Event::Outcome {
            ticket: ticket?,
            outcome: match fields.get(tag::OUTCOME)?.first()? {
                0 => Outcome::Acknowledged { by: text? },
                1 => Outcome::Read,
                2 => Outcome::Delivered,
                3 => Outcome::Accepted,
                4 => Outcome::Unanswered,
                5 => Outcome::Expired,
                6 => Outcome::Failed { code: code? },
                7 => Outcome::Evicted,
                _ => Outcome::Unknown,
            },
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
            Event::Outcome {
                ticket,
                outcome: Outcome::Acknowledged { by: "16505551234" },
            },
            Event::Outcome {
                ticket,
                outcome: Outcome::Read,
            },
            Event::Outcome {
                ticket,
                outcome: Outcome::Delivered,
            },
            Event::Outcome {
                ticket,
                outcome: Outcome::Accepted,
            },
            Event::Outcome {
                ticket,
                outcome: Outcome::Unanswered,
            },
            Event::Outcome {
                ticket,
                outcome: Outcome::Expired,
            },
            Event::Outcome {
                ticket,
                outcome: Outcome::Failed { code: 131_026 },
            },
            Event::Outcome {
                ticket,
                outcome: Outcome::Evicted,
            },
            Event::Outcome {
                ticket,
                outcome: Outcome::Unknown,
            },
        ];
        let mut queue = EventQueue::<512>::new();
        for event in &events {
            queue.push(event).unwrap();
        }
        for event in events {
            assert_eq!(queue.pop(), Some(event));
        }
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
        queue.push(&event).unwrap();
        queue.push(&event).unwrap();
        assert_eq!(queue.push(&event), Err(Full));
        assert_eq!(queue.pop(), Some(event.clone()));
        queue.push(&event).unwrap();
        assert_eq!(queue.pop(), Some(event.clone()));
        assert_eq!(queue.pop(), Some(event));
        assert_eq!(queue.pop(), None);
    }
}
