//! What a message says, by kind.
//!
//! Meta, "Webhooks: messages", a page for each kind; "Receive Flow response", "User call permissions", "Unsupported
//! messages". What a kind has beyond its variant here is asked of [`Inbound::members`](super::Inbound::members).

use super::ALL;
use super::member::{Member, tag};
use super::schema::body;
use super::view::Heads;
use core::fmt;

/// What a message says.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body<'a> {
    /// Text, at most [`TEXT_MAX`](super::TEXT_MAX) bytes.
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
    /// An image, video, audio, document or sticker. Its `mime_type`, `sha256`, `url` (good for five minutes), whether
    /// it is a voice message or moves: see [`Member`].
    Media {
        /// Meta's word for the kind.
        kind: &'a str,
        /// By which it is downloaded, for seven days.
        id: &'a str,
        /// What the sender wrote below it; at most [`TEXT_MAX`](super::TEXT_MAX) bytes.
        caption: Option<&'a str>,
        /// Of a document.
        filename: Option<&'a str>,
    },
    /// A place; its name is [`Member::Title`].
    Location {
        /// Degrees, as they were written.
        latitude: &'a str,
        /// Degrees, as they were written.
        longitude: &'a str,
    },
    /// Contacts: [`Members::each`](super::Members::each) of [`Member::Card`] has them, and of each card [`Member::Phones`] its phones.
    Contacts {
        /// The contact that the user gave of itself because it was asked for it (`origin` is `contact_request`): its
        /// number, as [`Member::Person`] of the phone has it.
        requested: Option<&'a str>,
    },
    /// A flow's form was sent.
    FlowReply {
        /// What the form holds: JSON, at most 768 bytes.
        response_json: &'a str,
    },
    /// The user answered whether it may be called.
    CallPermission {
        /// Whether it may.
        accepted: bool,
        /// Until when, in seconds of Unix time; none for ever or not at all.
        expires: Option<u64>,
    },
    /// An order: [`Members::each`](super::Members::each) of [`Member::Item`] has its lines.
    Order {
        /// Of which catalogue.
        catalog_id: &'a str,
        /// What the user wrote with it.
        text: Option<&'a str>,
    },
    /// Meta tells of a user's change; the message's sender is the user as it was.
    System {
        /// `user_changed_number`, `user_changed_user_id` or `customer_identity_changed`.
        kind: &'a str,
        /// In words.
        body: &'a str,
        /// The user's number from now on.
        wa_id: Option<&'a str>,
        /// The user's business-scoped user id from now on.
        user_id: Option<&'a str>,
    },
    /// A message was changed. Only coexistence numbers get these.
    Edit {
        /// Which.
        message_id: &'a str,
        /// What it says now, if it is a text or has a caption.
        text: Option<&'a str>,
    },
    /// A message was taken back. Only coexistence numbers get these.
    Revoke {
        /// Which.
        message_id: &'a str,
    },
    /// A message that Meta does not pass on; the error says why.
    Unsupported {
        /// Of what kind it is, if Meta says so.
        kind: Option<&'a str>,
    },
    /// Something else: its `type`, empty if there was none.
    Other {
        /// Meta's word for it.
        kind: &'a str,
    },
}

/// Meta's words, in the order of the sorts.
static WORDS: &[&str] = &[
    "",
    "text",
    "button",
    "button_reply",
    "list_reply",
    "reaction",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "nfm_reply",
    "call_permission_reply",
    "order",
    "system",
    "edit",
    "revoke",
    "unsupported",
];

impl<'a> Body<'a> {
    /// Reads the members that the sort of body has; without those it cannot do without it is
    /// [`Other`](Self::Other).
    pub(super) fn decode(heads: &Heads<'a>) -> Self {
        let sort = heads.raw(tag::BODY).and_then(<[u8]>::first).copied();
        let sort = sort.unwrap_or_default();
        let get = |member| heads.get(member);
        let word = |member| heads.word(member);
        let text = || get(Member::Text);
        let main = || get(Member::Payload);
        let title = || get(Member::Title);
        let body = match sort {
            body::TEXT => text().map(Self::Text),
            body::BUTTON => main().or(title()).map(|_| Self::Button {
                payload: word(Member::Payload),
                text: word(Member::Title),
            }),
            body::BUTTON_REPLY => main().map(|id| Self::ButtonReply {
                id,
                title: word(Member::Title),
            }),
            body::LIST_REPLY => main().map(|id| Self::ListReply {
                id,
                title: word(Member::Title),
                description: get(Member::Description),
            }),
            body::REACTION => main().map(|message_id| Self::Reaction {
                message_id,
                emoji: title().filter(|e| !e.is_empty()),
            }),
            _ if ALL => Self::decode_rest(sort, heads),
            _ => None,
        };
        body.unwrap_or_else(|| match word(Member::Type) {
            "unsupported" if ALL => Self::Unsupported { kind: None },
            kind => Self::Other { kind },
        })
    }

    /// As [`Body::decode`], for the sorts that are read with the feature `all-webhooks` only.
    fn decode_rest(sort: u8, heads: &Heads<'a>) -> Option<Self> {
        let get = |member| heads.get(member);
        let word = |member| heads.word(member);
        let text = || get(Member::Text);
        match sort {
            body::IMAGE..=body::STICKER => get(Member::MediaId).map(|id| Self::Media {
                kind: meta_word(sort),
                id,
                caption: text(),
                filename: get(Member::Filename),
            }),
            body::LOCATION => Some(Self::Location {
                latitude: word(Member::Latitude),
                longitude: word(Member::Longitude),
            }),
            body::CONTACTS => Some(Self::Contacts {
                requested: heads
                    .members()
                    .each(Member::Card)
                    .find(|card| card.get(Member::Origin) == Some("contact_request"))
                    .and_then(|card| card.each(Member::Phones).next())
                    .and_then(|phone| phone.get(Member::Person)),
            }),
            body::FLOW_REPLY => get(Member::Response).map(|response_json| Self::FlowReply { response_json }),
            body::CALL_PERMISSION => get(Member::CallResponse).map(|response| Self::CallPermission {
                accepted: response == "accept",
                expires: heads.number(Member::Expires).map(u64::from),
            }),
            body::ORDER => Some(Self::Order {
                catalog_id: word(Member::Catalog),
                text: text().filter(|t| !t.is_empty()),
            }),
            body::SYSTEM => Some(Self::System {
                kind: word(Member::Kind),
                body: word(Member::Text),
                wa_id: get(Member::NewPerson),
                user_id: get(Member::NewUser),
            }),
            body::EDIT => get(Member::Context).map(|message_id| Self::Edit {
                message_id,
                text: text(),
            }),
            body::REVOKE => get(Member::Context).map(|message_id| Self::Revoke { message_id }),
            body::UNSUPPORTED => Some(Self::Unsupported {
                kind: get(Member::Kind),
            }),
            _ => None,
        }
    }

    /// Meta's word for the kind.
    pub fn kind(&self) -> &'a str {
        meta_word(match self {
            Self::Text(_) => body::TEXT,
            Self::Button { .. } => body::BUTTON,
            Self::ButtonReply { .. } => body::BUTTON_REPLY,
            Self::ListReply { .. } => body::LIST_REPLY,
            Self::Reaction { .. } => body::REACTION,
            Self::Location { .. } => body::LOCATION,
            Self::Contacts { .. } => body::CONTACTS,
            Self::FlowReply { .. } => body::FLOW_REPLY,
            Self::CallPermission { .. } => body::CALL_PERMISSION,
            Self::Order { .. } => body::ORDER,
            Self::System { .. } => body::SYSTEM,
            Self::Edit { .. } => body::EDIT,
            Self::Revoke { .. } => body::REVOKE,
            Self::Unsupported { .. } => body::UNSUPPORTED,
            Self::Media { kind, .. } | Self::Other { kind } => return kind,
        })
    }
}

fn meta_word(sort: u8) -> &'static str {
    WORDS.get(usize::from(sort)).copied().unwrap_or_default()
}

// What somebody wrote is personal data: none of it in a log.

impl fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Body<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", self.kind());
    }
}
