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
pub(crate) const PICTURE: (&str, &[u8]) = (
    "image/png",
    b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU\x00\x00\x00\x0aIDATx\xdach\x00\x00\x00\x82\x00\x81\xdaE\x08;\x00\x00\x00\x00IEND\xaeB`\x82",
);

/// A message that a user writes.
#[derive(Clone, PartialEq)]
pub enum UserMessage {
    /// A text.
    Text(String),
    /// An image, with a caption.
    Image(Option<String>),
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
    pub(crate) const fn kind(&self) -> WebhookKind {
        match self {
            Self::Text(_) => WebhookKind::Text,
            Self::Image(_) => WebhookKind::Image,
            Self::Location { .. } => WebhookKind::Location,
            Self::Contact { .. } => WebhookKind::Contacts,
            Self::Reaction { .. } => WebhookKind::Reaction,
        }
    }

    /// `type`, and the member of that name. `file` is the id of [`PICTURE`], if it has one.
    pub(crate) fn content(&self, file: &str) -> (&'static str, Value) {
        match self {
            Self::Text(body) => ("text", json!({ "body": body })),
            Self::Image(caption) => {
                let mut image = json!({
                    "mime_type": PICTURE.0,
                    "sha256": STANDARD.encode(Sha256::digest(PICTURE.1)),
                    "id": file,
                });
                put(&mut image, "caption", caption.as_deref());
                ("image", image)
            }
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
