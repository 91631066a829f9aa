//! What a webhook brings, one update at a time: a view of the compact record that the receiver wrote.
//!
//! The same bytes may be kept (in a queue of events, say) and read again by [`Update::decode`]. Texts are cut where
//! they are longer than stated here, at a character; `truncated` tells. Memory: a record has at most [`RECORD_MAX`]
//! bytes, a `delivered` about 250.

use crate::graph::MESSAGE_ID_MAX;
use crate::recipient::{BSUID_MAX, GROUP_ID_MAX};
use crate::record::{FIELD_OVERHEAD, Fields};
use core::fmt;

/// Longest text of a message that is kept, in bytes.
pub const TEXT_MAX: usize = 1024;
/// Longest `biz_opaque_callback_data` that is kept, in bytes.
pub const CALLBACK_MAX: usize = 128;

/// Kinds of records: the tag of the field that holds one.
pub(super) mod kind {
    pub(in super::super) const MESSAGE: u8 = 1;
    pub(in super::super) const STATUS: u8 = 2;
    pub(in super::super) const CONTACT: u8 = 3;
    pub(in super::super) const ERROR: u8 = 4;
}

/// Kinds of message bodies: the content of [`tag::BODY`].
pub(super) mod body {
    pub(in super::super) const TEXT: u8 = 1;
    pub(in super::super) const BUTTON: u8 = 2;
    pub(in super::super) const BUTTON_REPLY: u8 = 3;
    pub(in super::super) const LIST_REPLY: u8 = 4;
    pub(in super::super) const REACTION: u8 = 5;
}

/// A field of a record: its tag, and the most bytes it keeps.
#[derive(Clone, Copy)]
pub(super) struct Tag {
    pub(super) tag: u8,
    pub(super) limit: usize,
}

const fn tag(tag: u8, limit: usize) -> Tag {
    Tag { tag, limit }
}

/// The fields of all records. Tags are below 32, so that a word can say which ones were seen.
pub(super) mod field {
    use super::{BSUID_MAX, CALLBACK_MAX, GROUP_ID_MAX, MESSAGE_ID_MAX, TEXT_MAX, Tag, tag};

    pub(in super::super) const INDEX: Tag = tag(1, 2);
    pub(in super::super) const TRUNCATED: Tag = tag(2, 0);
    pub(in super::super) const ID: Tag = tag(3, MESSAGE_ID_MAX);
    pub(in super::super) const TIMESTAMP: Tag = tag(4, 20);
    /// `from`, `recipient_id` (also a group's) or `wa_id`.
    pub(in super::super) const PERSON: Tag = tag(5, GROUP_ID_MAX);
    /// `from_user_id`, `recipient_user_id` or `user_id`.
    pub(in super::super) const USER: Tag = tag(6, BSUID_MAX);
    pub(in super::super) const NAME: Tag = tag(7, 96);
    pub(in super::super) const GROUP: Tag = tag(8, GROUP_ID_MAX);
    pub(in super::super) const CONTEXT: Tag = tag(9, MESSAGE_ID_MAX);
    pub(in super::super) const TYPE: Tag = tag(10, 32);
    pub(in super::super) const BODY: Tag = tag(11, 1);
    /// Text, payload, id of a button or row, or the id of the message reacted to.
    pub(in super::super) const MAIN: Tag = tag(12, TEXT_MAX);
    /// As [`MAIN`], where it is an identifier.
    pub(in super::super) const MAIN_ID: Tag = tag(12, 256);
    /// Text or title of a button or row, or the emoji.
    pub(in super::super) const TITLE: Tag = tag(13, 96);
    pub(in super::super) const DESCRIPTION: Tag = tag(14, 160);
    pub(in super::super) const STATUS: Tag = tag(15, 32);
    pub(in super::super) const PARTICIPANT: Tag = tag(16, BSUID_MAX);
    pub(in super::super) const CALLBACK: Tag = tag(17, CALLBACK_MAX);
    pub(in super::super) const CODE: Tag = tag(18, 10);
    pub(in super::super) const DETAILS: Tag = tag(19, 160);

    pub(in super::super) const IN_MESSAGE: &[Tag] = &[
        INDEX,
        TRUNCATED,
        ID,
        TIMESTAMP,
        PERSON,
        USER,
        NAME,
        GROUP,
        CONTEXT,
        TYPE,
        BODY,
        MAIN,
        TITLE,
        DESCRIPTION,
    ];
    pub(in super::super) const IN_STATUS: &[Tag] = &[
        INDEX,
        TRUNCATED,
        ID,
        TIMESTAMP,
        PERSON,
        USER,
        STATUS,
        PARTICIPANT,
        CALLBACK,
        CODE,
        TITLE,
        DETAILS,
    ];
    pub(in super::super) const IN_CONTACT: &[Tag] = &[TRUNCATED, PERSON, USER, NAME];
    pub(in super::super) const IN_ERROR: &[Tag] = &[TRUNCATED, CODE, TITLE, DETAILS];
}

/// Bytes of the longest record with these fields.
pub(super) const fn size(fields: &[Tag]) -> usize {
    let mut sum = FIELD_OVERHEAD;
    let mut rest = fields;
    while let [first, more @ ..] = rest {
        sum += FIELD_OVERHEAD + first.limit;
        rest = more;
    }
    sum
}

/// Bytes of the longest record there can be.
pub const RECORD_MAX: usize = {
    let (message, status) = (size(field::IN_MESSAGE), size(field::IN_STATUS));
    if message > status { message } else { status }
};

/// One update of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Update<'a> {
    /// Somebody wrote.
    Message(Inbound<'a>),
    /// Something happened to a message of ours.
    Status(StatusUpdate<'a>),
    /// A phone number and a user id are one user.
    Contact(Contact<'a>),
    /// Something went wrong that belongs to no message.
    Error(ValueError<'a>),
}

/// A message from a user.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Inbound<'a> {
    /// Meta's id of it, by which a second delivery is known.
    pub id: &'a str,
    /// The sender's number without `+`. Missing (2026) when the user has a username and is no acquaintance.
    pub from: Option<&'a str>,
    /// The sender's business-scoped user id. Missing from older webhooks.
    pub user_id: Option<&'a str>,
    /// The sender's name, if its contact stood before the message, as it does in Meta's webhooks.
    pub name: Option<&'a str>,
    /// The group it was written in.
    pub group_id: Option<&'a str>,
    /// When it was written: seconds of Unix time.
    pub timestamp: Option<u64>,
    /// The message it answers. May be missing even for a button.
    pub context_id: Option<&'a str>,
    /// What it says.
    pub body: Body<'a>,
    /// Whether a text was longer than is kept.
    pub truncated: bool,
}

/// What a message says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Body<'a> {
    /// Text, at most [`TEXT_MAX`] bytes.
    Text(&'a str),
    /// A quick reply of a template.
    Button {
        /// What the template's sender put behind the button; at most 256 bytes.
        payload: &'a str,
        /// What the button says; at most 96 bytes.
        text: &'a str,
    },
    /// A button of an interactive message.
    ButtonReply {
        /// The button's id; at most 256 bytes.
        id: &'a str,
        /// What the button says; at most 96 bytes.
        title: &'a str,
    },
    /// A row of a list.
    ListReply {
        /// The row's id; at most 256 bytes.
        id: &'a str,
        /// What the row says; at most 96 bytes.
        title: &'a str,
        /// The line below it; at most 160 bytes.
        description: Option<&'a str>,
    },
    /// A reaction to a message.
    Reaction {
        /// The message.
        message_id: &'a str,
        /// The emoji; none when a reaction was taken back.
        emoji: Option<&'a str>,
    },
    /// Something else: its `type`, empty if there was none.
    Other {
        /// Meta's word for it.
        kind: &'a str,
    },
}

/// How far a message of ours got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Status<'a> {
    /// On its way to the user's devices.
    Sent,
    /// On one of the user's devices.
    Delivered,
    /// Seen by the user. May come without `Delivered`.
    Read,
    /// A voice message was listened to.
    Played,
    /// Not sent, see the code.
    Failed,
    /// A word that came later than this version; empty if there was none.
    Other(&'a str),
}

/// What happened to a message of ours.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StatusUpdate<'a> {
    /// The id that the answer to the request named.
    pub id: &'a str,
    /// How far it got.
    pub status: Status<'a>,
    /// When: seconds of Unix time.
    pub timestamp: Option<u64>,
    /// The user's number without `+`, or the group's id. May be missing.
    pub recipient_id: Option<&'a str>,
    /// The user's business-scoped user id.
    pub recipient_user_id: Option<&'a str>,
    /// In a group, which of its participants this is about.
    pub participant: Option<&'a str>,
    /// `biz_opaque_callback_data` of the request; at most [`CALLBACK_MAX`] bytes.
    pub callback: Option<&'a str>,
    /// The error's code, of a failed one. See [`catalog`](crate::graph::catalog).
    pub code: Option<u32>,
    /// The error's title; at most 96 bytes.
    pub title: Option<&'a str>,
    /// The error's details; at most 160 bytes.
    pub details: Option<&'a str>,
    /// Whether a text was longer than is kept.
    pub truncated: bool,
}

/// A phone number and a user id that are one user.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Contact<'a> {
    /// The number without `+`.
    pub wa_id: &'a str,
    /// The business-scoped user id.
    pub user_id: &'a str,
    /// The user's name; at most 96 bytes.
    pub name: Option<&'a str>,
}

/// An error that belongs to no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ValueError<'a> {
    /// The error's code. See [`catalog`](crate::graph::catalog).
    pub code: u32,
    /// The error's title; at most 96 bytes.
    pub title: Option<&'a str>,
    /// The error's details; at most 160 bytes.
    pub details: Option<&'a str>,
}

impl<'a> Update<'a> {
    /// Reads a record; `None` if it is none, or lacks what an update needs: an id, a code, or both names of a contact.
    pub fn decode(record: &'a [u8]) -> Option<Self> {
        let (kind, content) = Fields::new(record).next()?;
        let fields = Fields::new(content);
        let text = |t: Tag| fields.text(t.tag);
        let timestamp = || text(field::TIMESTAMP)?.parse().ok();
        let truncated = fields.get(field::TRUNCATED.tag).is_some();
        Some(match kind {
            kind::MESSAGE => Self::Message(Inbound {
                id: text(field::ID)?,
                from: text(field::PERSON),
                user_id: text(field::USER),
                name: text(field::NAME),
                group_id: text(field::GROUP),
                timestamp: timestamp(),
                context_id: text(field::CONTEXT),
                body: Body::decode(&fields),
                truncated,
            }),
            kind::STATUS => Self::Status(StatusUpdate {
                id: text(field::ID)?,
                status: match text(field::STATUS).unwrap_or_default() {
                    "sent" => Status::Sent,
                    "delivered" => Status::Delivered,
                    "read" => Status::Read,
                    "played" => Status::Played,
                    "failed" => Status::Failed,
                    other => Status::Other(other),
                },
                timestamp: timestamp(),
                recipient_id: text(field::PERSON),
                recipient_user_id: text(field::USER),
                participant: text(field::PARTICIPANT),
                callback: text(field::CALLBACK),
                code: text(field::CODE).and_then(|t| t.parse().ok()),
                title: text(field::TITLE),
                details: text(field::DETAILS),
                truncated,
            }),
            kind::CONTACT => Self::Contact(Contact {
                wa_id: text(field::PERSON)?,
                user_id: text(field::USER)?,
                name: text(field::NAME),
            }),
            kind::ERROR => Self::Error(ValueError {
                code: text(field::CODE)?.parse().ok()?,
                title: text(field::TITLE),
                details: text(field::DETAILS),
            }),
            _ => return None,
        })
    }
}

impl<'a> Body<'a> {
    fn decode(fields: &Fields<'a>) -> Self {
        let main = fields.text(field::MAIN.tag);
        let title = fields.text(field::TITLE.tag);
        let kind = fields.get(field::BODY.tag).and_then(|k| k.first().copied());
        match (kind, main, title) {
            (Some(body::TEXT), Some(text), _) => Self::Text(text),
            (Some(body::BUTTON), Some(payload), _) => Self::Button {
                payload,
                text: title.unwrap_or_default(),
            },
            (Some(body::BUTTON), None, Some(text)) => Self::Button { payload: "", text },
            (Some(body::BUTTON_REPLY), Some(id), _) => Self::ButtonReply {
                id,
                title: title.unwrap_or_default(),
            },
            (Some(body::LIST_REPLY), Some(id), _) => Self::ListReply {
                id,
                title: title.unwrap_or_default(),
                description: fields.text(field::DESCRIPTION.tag),
            },
            (Some(body::REACTION), Some(message_id), _) => Self::Reaction {
                message_id,
                emoji: title.filter(|e| !e.is_empty()),
            },
            _ => Self::Other {
                kind: fields.text(field::TYPE.tag).unwrap_or_default(),
            },
        }
    }

    /// Meta's word for the kind.
    pub fn kind(&self) -> &'a str {
        match self {
            Self::Text(_) => "text",
            Self::Button { .. } => "button",
            Self::ButtonReply { .. } => "button_reply",
            Self::ListReply { .. } => "list_reply",
            Self::Reaction { .. } => "reaction",
            Self::Other { kind } => kind,
        }
    }
}

// Who wrote what is personal data, and Meta's message ids have the phone number in them: none of it in a log.

impl fmt::Debug for Inbound<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound")
            .field("body", &self.body)
            .field("timestamp", &self.timestamp)
            .field("truncated", &self.truncated)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

impl fmt::Debug for StatusUpdate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusUpdate")
            .field("status", &self.status)
            .field("timestamp", &self.timestamp)
            .field("callback", &self.callback)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Contact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Inbound<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Inbound({=str}, {})", self.body.kind(), self.timestamp);
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Body<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", self.kind());
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for StatusUpdate<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(
            f,
            "StatusUpdate({}, {}, {})",
            self.status,
            self.timestamp,
            self.code
        );
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Contact<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Contact");
    }
}
