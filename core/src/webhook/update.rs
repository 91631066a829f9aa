//! What a webhook brings, one update at a time: a view of the compact record that the receiver wrote.
//!
//! The same bytes may be kept (in a queue of events, say) and read again by [`Update::decode`]. Texts are cut where
//! they are longer than [`Member`](super::Member) states, at a character; `truncated` tells. Memory: a record has at
//! most [`RECORD_MAX`](super::RECORD_MAX) bytes, a `delivered` about 250.

use super::ALL;
use super::body::Body;
use super::member::{Member, tag};
use super::notice::{Notice, Topic};
use super::view::{Heads, Members};
use crate::record::Fields;
use core::fmt;

/// Kinds of records: the tag of the field that holds one.
pub(super) mod kind {
    /// Taken back.
    pub(in super::super) const NONE: u8 = 0;
    pub(in super::super) const MESSAGE: u8 = 1;
    pub(in super::super) const STATUS: u8 = 2;
    pub(in super::super) const CONTACT: u8 = 3;
    pub(in super::super) const ERROR: u8 = 4;
    /// A notice whose topic is not known yet; with it, its number plus one is added.
    pub(in super::super) const NOTICE: u8 = 16;
}

/// One update of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Update<'a> {
    /// Somebody wrote.
    Message(Inbound<'a>),
    /// Something happened to a message of ours.
    Status(StatusUpdate<'a>),
    /// A phone number and a user id are one user.
    Contact(Contact<'a>),
    /// Something went wrong that belongs to no message.
    Error(ValueError<'a>),
    /// Something about the account, a number, a template, a group or a user's settings.
    Notice(Notice<'a>),
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
    /// All that was kept, also what is none of the other fields: where a message was forwarded from, the advertisement
    /// that led to it, the error of an unsupported one.
    pub members: Members<'a>,
    /// Whether a text was longer than is kept.
    pub truncated: bool,
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
    /// `biz_opaque_callback_data` of the request; at most [`CALLBACK_MAX`](super::CALLBACK_MAX) bytes.
    pub callback: Option<&'a str>,
    /// The error's code, of a failed one. See [`catalog`](crate::graph::catalog).
    pub code: Option<u32>,
    /// The error's title; at most 96 bytes.
    pub title: Option<&'a str>,
    /// The error's details; at most 160 bytes.
    pub details: Option<&'a str>,
    /// All that was kept, also what is none of the other fields: the price, the conversation, whether it is a group's.
    pub members: Members<'a>,
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
        let members = Members::new(content);
        let heads = Heads::of(members);
        let get = |member| heads.get(member);
        let truncated = heads.raw(tag::TRUNCATED).is_some();
        Some(match kind {
            kind::MESSAGE => Self::Message(Inbound {
                id: get(Member::Id)?,
                from: get(Member::Person),
                user_id: get(Member::User),
                name: get(Member::Name),
                group_id: get(Member::Group),
                timestamp: heads.number(Member::Timestamp).map(u64::from),
                context_id: get(Member::Context),
                body: Body::decode(&heads),
                members,
                truncated,
            }),
            kind::STATUS => Self::Status(StatusUpdate {
                id: get(Member::Id)?,
                status: match heads.word(Member::Status) {
                    "sent" => Status::Sent,
                    "delivered" => Status::Delivered,
                    "read" => Status::Read,
                    "played" => Status::Played,
                    "failed" => Status::Failed,
                    other => Status::Other(other),
                },
                timestamp: heads.number(Member::Timestamp).map(u64::from),
                recipient_id: get(Member::Person),
                recipient_user_id: get(Member::User),
                participant: get(Member::Participant),
                callback: get(Member::Callback),
                code: heads.number(Member::Code),
                title: get(Member::ErrorTitle),
                details: get(Member::ErrorDetails),
                members,
                truncated,
            }),
            kind::CONTACT => Self::Contact(Contact {
                wa_id: get(Member::Person)?,
                user_id: get(Member::User)?,
                name: get(Member::Name),
            }),
            kind::ERROR => Self::Error(ValueError {
                code: heads.number(Member::Code)?,
                title: get(Member::ErrorTitle),
                details: get(Member::ErrorDetails),
            }),
            _ if ALL => {
                let topic = kind.checked_sub(kind::NOTICE.wrapping_add(1))?;
                Self::Notice(Notice::decode(Topic::of(topic)?, &heads))
            }
            _ => return None,
        })
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
