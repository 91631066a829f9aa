//! Event lines: what happened, as JSON Lines.
//!
//! Every line is one flat object; `event` says what it is, and a member that has nothing to say is left out. They are
//! made by serde-json-core, which escapes what RFC 8259 wants escaped: see the property test below, with `serde_json` as
//! the judge. `code` is Meta's, `title` its name in the [`catalog`], `at` a time in seconds of Unix time; phone
//! numbers of users stand as Meta writes them, without `+`.

use super::more::More;
use core::fmt::{self, Display};
use core::net::Ipv4Addr;
use serde::{Serialize, Serializer};
use squab_core::client::{Charges, Command, Event, Outcome, Ticket, Unheeded};
use squab_core::graph::catalog;
use squab_core::webhook::{Body, Inbound, Member, Members, Notice, RECORD_MAX, Status, StatusUpdate};

/// Bytes that are room for any event line: each byte of text may take six (`\u0000`), and the members' names 512.
/// Lines of ordinary text have at most [`RECORD_MAX`] and 512.
pub const LINE_MAX: usize = 6 * RECORD_MAX + 512;

/// The buffer has no room for the line; what is in it is to be thrown away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the buffer is too small for the line")
    }
}

impl core::error::Error for Full {}

/// What Meta says of the business number, in Meta's words. Each may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Number {
    /// `GREEN`, `YELLOW`, `RED`, `NA`, `UNKNOWN`.
    pub quality: Option<&'static str>,
    /// How many users may be written to first in 24 hours: `TIER_250` …
    pub limit: Option<&'static str>,
    /// `CONNECTED`, or why not.
    pub status: Option<&'static str>,
    /// The verified name, which users see.
    pub name: Option<&'static str>,
}

/// What the kiosk says by itself, apart from the client's events.
#[derive(Clone, Copy)]
pub enum Note<'a> {
    /// The kiosk takes alerts.
    Started {
        /// Whether webhooks reach it, without which no answer can be waited for.
        inbound: bool,
    },
    /// An alert was taken in.
    Submitted {
        /// The name of the alert from here on.
        ticket: Ticket,
        /// The line it came in; none has a number but those of the input.
        line: Option<u32>,
        /// Its `ref`.
        reference: Option<&'a str>,
    },
    /// A read receipt was taken in; nothing more is told of it.
    Reading {
        /// The line it came in.
        line: Option<u32>,
        /// Its `ref`.
        reference: Option<&'a str>,
    },
    /// The answer to those who ask for readings is another one now.
    ReadingSet {
        /// The line it came in.
        line: Option<u32>,
        /// Its `ref`.
        reference: Option<&'a str>,
    },
    /// What Meta has charged for.
    Charges {
        /// The line that asked for it.
        line: Option<u32>,
        /// Its `ref`.
        reference: Option<&'a str>,
        /// Messages by category.
        charges: Charges,
    },
    /// An alert was not taken in.
    Refused {
        /// The line it came in; none has a number but those of the input.
        line: Option<u32>,
        /// Its `ref`, as far as it is known.
        reference: Option<&'a str>,
        /// Why, in one plain sentence.
        reason: &'a dyn Display,
    },
    /// Meta can be reached again.
    LinkUp,
    /// Meta cannot be reached.
    LinkDown {
        /// Why, in one plain sentence.
        reason: &'a dyn Display,
    },
    /// There is a network, and an address in it.
    NetworkUp {
        /// The address.
        address: Ipv4Addr,
    },
    /// There is no network, or no address in it.
    NetworkDown,
    /// The time is known.
    ClockSet {
        /// Seconds since 1970-01-01 UTC.
        at: u64,
    },
    /// The time is not known.
    ClockUnset {
        /// Why, in one plain sentence.
        reason: &'a dyn Display,
    },
    /// What Meta says of the business number.
    Number(Number),
    /// Something the owner should know.
    Warning {
        /// What, in one plain sentence.
        text: &'a dyn Display,
    },
}

/// Writes the line of an event into `buf`, with its line feed, and says how many bytes it has.
///
/// # Errors
/// [`Full`] if `buf` has no room for it; [`LINE_MAX`] bytes always do.
pub fn write_event(event: &Event<'_>, buf: &mut [u8]) -> Result<usize, Full> {
    let more = match event {
        Event::Status { update, .. } => More::of_status(update.members),
        Event::Message { message, .. } => More::of_message(message.members),
        Event::Notice { notice } => More::of_notice(notice.members),
        _ => More::of_message(Members::default()),
    };
    write(&of_event(event), &more, buf)
}

/// Writes the line of a note into `buf`, with its line feed, and says how many bytes it has. For a board that has
/// something to say when there is no [`Kiosk`](crate::Kiosk) yet, or none at all; later it has
/// [`Kiosk::note`](crate::Kiosk::note).
///
/// ```
/// use squab_kiosk::device::DeviceConfigError;
/// use squab_kiosk::lines::{Note, write_note};
///
/// let mut buf = [0; 256];
/// let text = &DeviceConfigError::Empty;
/// let len = write_note(&Note::Warning { text }, &mut buf).unwrap();
/// assert_eq!(&buf[..len], b"{\"event\":\"warning\",\"text\":\"no configuration was flashed\"}\n");
/// ```
///
/// # Errors
/// [`Full`] if `buf` has no room for it.
pub fn write_note(note: &Note<'_>, buf: &mut [u8]) -> Result<usize, Full> {
    write(&of_note(note), &More::of_message(Members::default()), buf)
}

/// Writes one object of both.
fn write(line: &Object<'_>, more: &More<'_>, buf: &mut [u8]) -> Result<usize, Full> {
    let mut len = serde_json_core::to_slice(line, buf).map_err(|_| Full)?;
    if !more.is_empty() {
        let at = len.saturating_sub(1);
        let room = buf.get_mut(at..).unwrap_or_default();
        len = at.saturating_add(serde_json_core::to_slice(more, room).map_err(|_| Full)?);
        // The end of the first object and the begin of the second are in one place: a comma makes them one.
        *buf.get_mut(at).ok_or(Full)? = b',';
    }
    *buf.get_mut(len).ok_or(Full)? = b'\n';
    Ok(len.saturating_add(1))
}

/// Any line: one struct, so that its serializer is in flash once.
#[derive(Default, Serialize)]
struct Object<'a> {
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<u8>,
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    taken: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inbound: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Shown<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heeded: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    into: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    participant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Shown<'a>>,
    #[serde(rename = "text", skip_serializing_if = "Option::is_none")]
    caption: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    emoji: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    users: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    marketing: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    utility: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentication: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_data: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a str>,
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    truncated: bool,
}

/// An address, as dotted decimals.
struct Address(Ipv4Addr);

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A sentence that is written where it stands, without a buffer.
struct Shown<'a>(&'a dyn Display);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

impl Object<'_> {
    fn new(event: &'static str) -> Self {
        Self {
            event,
            ..Self::default()
        }
    }

    fn of(event: &'static str, ticket: Ticket) -> Self {
        Self::new(event).ticket(Some(ticket))
    }

    fn ticket(mut self, ticket: Option<Ticket>) -> Self {
        self.ticket = ticket.map(Ticket::get);
        self
    }

    /// The code and what it is called.
    fn code(mut self, code: u32) -> Self {
        self.code = Some(code);
        self.title = catalog::lookup(code).map(|entry| entry.title);
        self
    }
}

fn of_note<'a>(note: &Note<'a>) -> Object<'a> {
    match *note {
        Note::Started { inbound } => Object {
            version: Some(env!("CARGO_PKG_VERSION")),
            inbound: Some(inbound),
            ..Object::new("started")
        },
        Note::Submitted {
            ticket,
            line,
            reference,
        } => Object {
            line,
            reference,
            ..Object::of("submitted", ticket)
        },
        Note::Reading { line, reference } => Object {
            line,
            reference,
            ..Object::new("reading")
        },
        Note::ReadingSet { line, reference } => Object {
            line,
            reference,
            ..Object::new("reading_set")
        },
        Note::Charges {
            line,
            reference,
            charges,
        } => Object {
            line,
            reference,
            marketing: Some(charges.marketing),
            utility: Some(charges.utility),
            authentication: Some(charges.authentication),
            service: Some(charges.service),
            other: Some(charges.other),
            ..Object::new("charges")
        },
        Note::Refused {
            line,
            reference,
            reason,
        } => Object {
            line,
            reference,
            reason: Some(Shown(reason)),
            ..Object::new("refused")
        },
        Note::LinkUp => Object {
            state: Some("up"),
            ..Object::new("link")
        },
        Note::LinkDown { reason } => Object {
            state: Some("down"),
            reason: Some(Shown(reason)),
            ..Object::new("link")
        },
        Note::NetworkUp { address } => Object {
            state: Some("up"),
            address: Some(Address(address)),
            ..Object::new("network")
        },
        Note::NetworkDown => Object {
            state: Some("down"),
            ..Object::new("network")
        },
        Note::ClockSet { at } => Object {
            state: Some("set"),
            at: Some(at),
            ..Object::new("clock")
        },
        Note::ClockUnset { reason } => Object {
            state: Some("unset"),
            reason: Some(Shown(reason)),
            ..Object::new("clock")
        },
        Note::Number(number) => Object {
            quality: number.quality,
            limit: number.limit,
            status: number.status,
            name: number.name,
            ..Object::new("number")
        },
        Note::Warning { text } => Object {
            text: Some(Shown(text)),
            ..Object::new("warning")
        },
    }
}

fn of_event<'a>(event: &'a Event<'a>) -> Object<'a> {
    match event {
        Event::Accepted { ticket, id } => Object {
            id: (!id.is_empty()).then_some(*id),
            ..Object::of("accepted", *ticket)
        },
        Event::NotSent { ticket } => Object::of("not_sent", *ticket),
        Event::MaybeSent { ticket } => Object::of("maybe_sent", *ticket),
        Event::Deferred { ticket, code } => Object::of("deferred", *ticket).code(*code),
        Event::Duplicate { ticket } => Object::of("duplicate", *ticket),
        Event::Held { code } => Object::new("held").code(*code),
        Event::Resumed => Object::new("resumed"),
        Event::Status { ticket, update } => of_status(update).ticket(*ticket),
        Event::Message { answers, message } => Object {
            answers: answers.map(Ticket::get),
            ..of_message(message)
        },
        Event::Error { code } => Object::new("error").code(*code),
        Event::LimitReached { limit } => Object {
            users: Some(*limit),
            ..Object::new("limit_reached")
        },
        Event::TemplatePaused { template, code } => Object {
            name: Some(template),
            ..Object::new("template_paused").code(*code)
        },
        Event::OptedOut { ticket } => Object::of("opted_out", *ticket),
        Event::Saved { ticket } => Object::of("saved", *ticket),
        Event::Restored { ticket, by_clock } => Object {
            state: Some(if *by_clock {
                "expires_by_clock"
            } else {
                "expires_while_powered"
            }),
            ..Object::of("restored", *ticket)
        },
        Event::Stopped { by, heeded } => Object {
            by: Some(by),
            heeded: Some(*heeded),
            ..Object::new("stopped")
        },
        Event::Started { by, heeded } => Object {
            by: Some(by),
            heeded: Some(*heeded),
            ..Object::new("started_again")
        },
        Event::Command { command, by } => Object {
            by: Some(by),
            ..of_command("command", *command)
        },
        Event::Unheeded { command, why } => Object {
            state: Some(match why {
                Unheeded::Stranger => "stranger",
                Unheeded::ClockUnset => "clock_unset",
                Unheeded::Stale => "stale",
                Unheeded::TooMany => "too_many",
            }),
            ..of_command("unheeded", *command)
        },
        Event::Told {
            alarm,
            ticket,
            place,
            taken,
        } => Object {
            alarm: Some(alarm.get()),
            place: Some(*place),
            taken: *taken,
            ..Object::of("told", *ticket)
        },
        Event::Snoozed { alarm, by, again_in } => Object {
            by: Some(by),
            seconds: Some(again_in.as_secs()),
            ..Object::of("snoozed", *alarm)
        },
        Event::Notice { notice } => of_notice(notice),
        Event::Outcome { ticket, outcome } => of_outcome(outcome).ticket(Some(*ticket)),
        // A newer core may know more than this kiosk.
        _ => Object {
            text: Some(Shown(&"an event of a kind that this version cannot show")),
            ..Object::new("warning")
        },
    }
}

/// A command has a number; what asks for readings has none.
fn of_command<'a>(event: &'static str, command: Command) -> Object<'a> {
    Object {
        command: match command {
            Command::Number(number) => Some(number),
            Command::Status => None,
        },
        kind: matches!(command, Command::Status).then_some("status"),
        ..Object::new(event)
    }
}

fn of_outcome<'a>(outcome: &Outcome<'a>) -> Object<'a> {
    let line = Object::new("outcome");
    let (word, line) = match *outcome {
        Outcome::Acknowledged { by } => ("acknowledged", Object { by: Some(by), ..line }),
        Outcome::Declined { by } => ("declined", Object { by: Some(by), ..line }),
        Outcome::Failed { code } => ("failed", line.code(code)),
        Outcome::Read => ("read", line),
        Outcome::Delivered => ("delivered", line),
        Outcome::Accepted => ("accepted", line),
        Outcome::Unanswered => ("unanswered", line),
        Outcome::Expired => ("expired", line),
        Outcome::Evicted => ("evicted", line),
        Outcome::Withdrawn => ("withdrawn", line),
        Outcome::Merged { into } => (
            "merged",
            Object {
                into: Some(into.get()),
                ..line
            },
        ),
        Outcome::Unknown => ("unknown", line),
    };
    Object {
        outcome: Some(word),
        ..line
    }
}

fn of_status<'a>(update: &StatusUpdate<'a>) -> Object<'a> {
    let line = Object {
        id: Some(update.id),
        status: Some(match update.status {
            Status::Sent => "sent",
            Status::Delivered => "delivered",
            Status::Read => "read",
            Status::Played => "played",
            Status::Failed => "failed",
            Status::Other(word) => word,
        }),
        participant: update.participant,
        at: update.timestamp,
        details: update.details,
        // What follows Squab's own part is the sender's.
        callback_data: update
            .callback
            .and_then(|text| text.split_once([' ']))
            .map(|(_, own)| own),
        truncated: update.truncated,
        ..Object::new("status")
    };
    let line = update.code.into_iter().fold(line, Object::code);
    // Meta's own title of a code that is not in the catalogue.
    let title = line.title.or(update.title);
    Object { title, ..line }
}

fn of_message<'a>(message: &'a Inbound<'a>) -> Object<'a> {
    let line = Object {
        id: Some(message.id),
        from: message.from,
        user_id: message.user_id,
        name: message.name,
        group: message.group_id,
        at: message.timestamp,
        kind: Some(message.body.kind()),
        context: message.context_id,
        truncated: message.truncated,
        ..Object::new("message")
    };
    match &message.body {
        Body::Text(text) => Object {
            text: Some(Shown(text)),
            ..line
        },
        Body::Button { payload, text: title } | Body::ButtonReply { id: payload, title } => Object {
            payload: Some(payload),
            title: Some(title),
            ..line
        },
        Body::ListReply {
            id,
            title,
            description,
        } => Object {
            payload: Some(id),
            title: Some(title),
            description: *description,
            ..line
        },
        Body::Reaction { message_id, emoji } => Object {
            context: Some(message_id),
            emoji: *emoji,
            ..line
        },
        _ => of_members(line, message.members),
    }
}

/// What other kinds have in members that the first kinds have as well, and why Meta did not pass a message on.
fn of_members<'a>(line: Object<'a>, members: Members<'a>) -> Object<'a> {
    let code = members.get(Member::Code).and_then(|code| code.parse().ok());
    let line = Object {
        caption: members.get(Member::Text),
        description: members.get(Member::Description),
        details: members.get(Member::ErrorDetails),
        ..line
    };
    let line = code.into_iter().fold(line, Object::code);
    let title = members.get(Member::Title).or(line.title);
    Object {
        title: title.or(members.get(Member::ErrorTitle)),
        ..line
    }
}

fn of_notice<'a>(notice: &Notice<'a>) -> Object<'a> {
    Object {
        topic: Some(notice.topic.as_str()),
        at: notice.timestamp,
        truncated: notice.truncated,
        ..Object::new("notice")
    }
}

#[cfg(test)]
#[path = "out_tests.rs"]
mod tests;
