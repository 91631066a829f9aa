//! What users write, in the shape of Meta's webhooks ("Messages webhook reference").

use super::content::{Answer, Button};
use super::user::User;
use super::webhook::WebhookKind;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Where a user is who is asked for it: a place on a map, and nobody's home.
const HERE: (f64, f64) = (52.516_3, 13.377_7);

/// The image that users send: one grey point.
const PICTURE: (&str, &[u8]) = (
    "image/png",
    b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU\x00\x00\x00\x0aIDATx\xdach\x00\x00\x00\x82\x00\x81\xdaE\x08;\x00\x00\x00\x00IEND\xaeB`\x82",
);

/// A video without a picture in it: a container and nothing else.
const VIDEO: (&str, &[u8]) = ("video/mp4", b"\x00\x00\x00\x14ftypisom\x00\x00\x02\x00isom");
/// A fifth of a second of silence.
const SILENCE: (&str, &[u8]) = ("audio/amr", b"#!AMR\n\x7c\x7c\x7c\x7c\x7c\x7c\x7c\x7c\x7c\x7c");
const NOTE: (&str, &[u8]) = ("text/plain", b"A document.\n");
/// One transparent point.
const STICKER: (&str, &[u8]) = (
    "image/webp",
    b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00",
);

/// A sort of file that users send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// An image.
    Image,
    /// A video.
    Video,
    /// An audio file.
    Audio,
    /// A voice message.
    Voice,
    /// A document.
    Document,
    /// A sticker.
    Sticker,
}

impl FileKind {
    /// Meta's `type`.
    const fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio | Self::Voice => "audio",
            Self::Document => "document",
            Self::Sticker => "sticker",
        }
    }

    /// Media type and bytes of what is sent if nothing else is given.
    pub(crate) const fn sample(self) -> (&'static str, &'static [u8]) {
        match self {
            Self::Image => PICTURE,
            Self::Video => VIDEO,
            Self::Audio | Self::Voice => SILENCE,
            Self::Document => NOTE,
            Self::Sticker => STICKER,
        }
    }
}

/// A message that a user writes.
#[derive(Clone, PartialEq)]
pub enum UserMessage {
    /// A text.
    Text(String),
    /// An image, with a caption.
    Image(Option<String>),
    /// A file of any sort.
    File {
        /// Its sort.
        kind: FileKind,
        /// Id of the file, as [`CloudHandle::add_file`](super::CloudHandle::add_file) gives it; `None`: a tiny sample.
        file: Option<String>,
        /// The text below it.
        caption: Option<String>,
        /// A document's name.
        filename: Option<String>,
    },
    /// A message of any other type, as Meta's page of that type has it.
    Other {
        /// Meta's `type`.
        kind: String,
        /// The member named after it.
        content: Value,
    },
    /// A place.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// What is there.
        name: Option<String>,
    },
    /// Somebody else's contact.
    Contact {
        /// The whole name.
        name: String,
        /// The phone number.
        phone: String,
    },
    /// A reaction.
    Reaction {
        /// The message that it is on.
        wamid: String,
        /// The emoji; `None` takes it away.
        emoji: Option<String>,
    },
}

impl std::fmt::Debug for UserMessage {
    /// Its kind: the rest is personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UserMessage({})", self.kind())
    }
}

impl UserMessage {
    pub(crate) fn kind(&self) -> WebhookKind {
        match self {
            Self::Text(_) => WebhookKind::Text,
            Self::Image(_) => WebhookKind::Image,
            Self::File { kind, .. } => match kind {
                FileKind::Image => WebhookKind::Image,
                kind => WebhookKind::Other(kind.name()),
            },
            Self::Other { kind, .. } => WebhookKind::Other(known(kind)),
            Self::Location { .. } => WebhookKind::Location,
            Self::Contact { .. } => WebhookKind::Contacts,
            Self::Reaction { .. } => WebhookKind::Reaction,
        }
    }

    /// The file that it has: its sort, and its id if that was given.
    pub(crate) fn file(&self) -> Option<(FileKind, Option<&str>)> {
        match self {
            Self::Image(_) => Some((FileKind::Image, None)),
            Self::File { kind, file, .. } => Some((*kind, file.as_deref())),
            _ => None,
        }
    }

    /// `type`, and the member of that name. `file` has id, media type and bytes of the file, if there is one.
    pub(crate) fn content(&self, file: Option<(&str, &str, &[u8])>) -> (&str, Value) {
        match self {
            Self::Text(body) => ("text", json!({ "body": body })),
            Self::Image(caption) => ("image", file_member(file, caption.as_deref())),
            Self::File {
                kind,
                caption,
                filename,
                ..
            } => {
                let mut member = file_member(file, caption.as_deref());
                put(&mut member, "filename", filename.as_deref());
                match kind {
                    FileKind::Voice => member["voice"] = true.into(),
                    FileKind::Audio => member["voice"] = false.into(),
                    FileKind::Sticker => member["animated"] = false.into(),
                    FileKind::Image | FileKind::Video | FileKind::Document => {}
                }
                (kind.name(), member)
            }
            Self::Other { kind, content } => (kind, content.clone()),
            Self::Location {
                latitude,
                longitude,
                name,
            } => {
                let mut place = json!({ "latitude": latitude, "longitude": longitude });
                put(&mut place, "name", name.as_deref());
                ("location", place)
            }
            Self::Contact { name, phone } => ("contacts", contacts(name, phone, None)),
            Self::Reaction { wamid, emoji } => {
                let mut reaction = json!({ "message_id": wamid });
                put(&mut reaction, "emoji", emoji.as_deref());
                ("reaction", reaction)
            }
        }
    }
}

fn file_member(file: Option<(&str, &str, &[u8])>, caption: Option<&str>) -> Value {
    let (id, media_type, bytes) = file.unwrap_or_default();
    let mut member = json!({
        "mime_type": media_type,
        "sha256": STANDARD.encode(Sha256::digest(bytes)),
        "id": id,
    });
    put(&mut member, "caption", caption);
    member
}

/// A type of Meta's messages that has no [`WebhookKind`] of its own, for lines and lists.
fn known(kind: &str) -> &'static str {
    const KINDS: [&str; 7] = [
        "interactive",
        "order",
        "system",
        "unsupported",
        "edit",
        "revoke",
        "button",
    ];
    KINDS.iter().find(|known| **known == kind).unwrap_or(&"message")
}

/// What comes when `user` presses `button`.
pub(crate) fn pressed(user: &User, button: &Button) -> (WebhookKind, (&'static str, Value)) {
    let reply = json!({ "id": button.id, "title": button.title });
    let content = match &button.answer {
        Answer::QuickReply => ("button", json!({ "payload": button.id, "text": button.title })),
        Answer::Button => (
            "interactive",
            json!({ "type": "button_reply", "button_reply": reply }),
        ),
        Answer::Row(description) => {
            let mut reply = reply;
            put(&mut reply, "description", description.as_deref());
            (
                "interactive",
                json!({ "type": "list_reply", "list_reply": reply }),
            )
        }
        Answer::Location => {
            let here = json!({ "latitude": HERE.0, "longitude": HERE.1 });
            return (WebhookKind::Location, ("location", here));
        }
        Answer::Contact => {
            let phone = user.wa_id.as_deref().unwrap_or_default();
            let shared = contacts(&user.name, phone, Some("contact_request"));
            return (WebhookKind::Contacts, ("contacts", shared));
        }
    };
    (WebhookKind::Button, content)
}

fn contacts(name: &str, phone: &str, origin: Option<&str>) -> Value {
    let digits = super::user::digits_of(phone);
    let mut contact = json!({
        "name": { "formatted_name": name, "first_name": name },
        "phones": [{ "phone": format!("+{digits}"), "wa_id": digits, "type": "CELL" }],
    });
    put(&mut contact, "origin", origin);
    json!([contact])
}

/// Adds a member that may be missing.
fn put(object: &mut Value, key: &str, text: Option<&str>) {
    if let Some(text) = text {
        object[key] = text.into();
    }
}
