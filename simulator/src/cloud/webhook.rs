//! Bodies of webhooks, and their signature (Meta, "Webhooks overview", "Status messages webhook reference").
//!
//! From v24.0 on statuses carry no `conversation` ("Changelog"); since 2026 they carry `contacts`, except when they say
//! `failed` ("Business-scoped user IDs").

use super::error::GraphError;
use super::user::User;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// What a webhook tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WebhookKind {
    /// The message has left Meta.
    Sent,
    /// It is on the user's phone.
    Delivered,
    /// The user has read it.
    Read,
    /// The user has listened to it: a voice message.
    Played,
    /// It will never arrive: Meta's code.
    Failed(u32),
    /// The user wrote a text.
    Text,
    /// The user pressed a button, or chose a row of a list.
    Button,
    /// A template was paused, disabled or approved.
    TemplateStatus,
    /// Several updates at once: how many.
    Batch(usize),
    /// The quality of a template changed.
    TemplateQuality,
    /// The account may write to more people in 24 hours.
    Capability,
    /// The user wants marketing messages, or does not.
    Preference,
    /// The user reacted to a message.
    Reaction,
    /// The user sent an image.
    Image,
    /// The user told where somebody or something is.
    Location,
    /// The user sent a contact.
    Contacts,
    /// Something else: a message's type, or a field of Meta's.
    Other(&'static str),
}

impl std::fmt::Display for WebhookKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sent => f.write_str("sent"),
            Self::Delivered => f.write_str("delivered"),
            Self::Read => f.write_str("read"),
            Self::Played => f.write_str("played"),
            Self::Failed(code) => write!(f, "failed ({code})"),
            Self::Text => f.write_str("text"),
            Self::Button => f.write_str("button"),
            Self::TemplateStatus => f.write_str("template status"),
            Self::Batch(count) => write!(f, "batch of {count}"),
            Self::TemplateQuality => f.write_str("template quality"),
            Self::Capability => f.write_str("messaging limit"),
            Self::Preference => f.write_str("user preference"),
            Self::Reaction => f.write_str("reaction"),
            Self::Image => f.write_str("image"),
            Self::Location => f.write_str("location"),
            Self::Contacts => f.write_str("contacts"),
            Self::Other(name) => f.write_str(name),
        }
    }
}

/// The business number and its account.
#[derive(Debug, Clone)]
pub(crate) struct Business {
    pub(crate) phone_number_id: String,
    pub(crate) display_phone_number: String,
    pub(crate) account_id: String,
}

impl Business {
    /// Country code of the business's own number.
    pub(crate) fn country_code(&self) -> &str {
        // Only +1 and +7 have one digit; two is right for the rest that a simulated business needs.
        let length = if self.display_phone_number.starts_with(['1', '7']) {
            1
        } else {
            2
        };
        self.display_phone_number.get(..length).unwrap_or_default()
    }

    /// The whole body around the members of one `value` of the field `messages`.
    pub(crate) fn body(&self, members: Map<String, Value>) -> Value {
        self.number_body("messages", members)
    }

    /// The whole body of a field that is about the number.
    pub(crate) fn number_body(&self, field: &str, members: Map<String, Value>) -> Value {
        let mut value = Map::new();
        value.insert("messaging_product".to_owned(), "whatsapp".into());
        value.insert(
            "metadata".to_owned(),
            json!({
                "display_phone_number": self.display_phone_number,
                "phone_number_id": self.phone_number_id,
            }),
        );
        value.extend(members);
        self.account_body(field, &value.into())
    }

    /// The whole body of a field that is about the account.
    pub(crate) fn account_body(&self, field: &str, value: &Value) -> Value {
        json!({
            "object": "whatsapp_business_account",
            "entry": [{ "id": self.account_id, "changes": [{ "value": value, "field": field }] }],
        })
    }
}

/// One status of one message.
pub(crate) struct Status<'a> {
    pub(crate) wamid: &'a str,
    pub(crate) kind: WebhookKind,
    pub(crate) unix: u64,
    pub(crate) callback_data: Option<&'a str>,
    /// `utility`, `authentication` or `service`.
    pub(crate) category: &'a str,
    /// Why, if the kind is failed.
    pub(crate) error: Option<&'a GraphError>,
    /// What webhooks carried before v24.0.
    pub(crate) conversation: bool,
}

impl Status<'_> {
    fn member(&self) -> Map<String, Value> {
        let status = match self.kind {
            WebhookKind::Failed(_) => "failed".to_owned(),
            kind => kind.to_string(),
        };
        let mut member = Map::new();
        member.insert("id".to_owned(), self.wamid.into());
        member.insert("status".to_owned(), status.into());
        member.insert("timestamp".to_owned(), self.unix.to_string().into());
        member
    }

    fn finish(&self, mut member: Map<String, Value>) -> Value {
        if let Some(data) = self.callback_data {
            member.insert("biz_opaque_callback_data".to_owned(), data.into());
        }
        if self.conversation && matches!(self.kind, WebhookKind::Sent | WebhookKind::Delivered) {
            let digest = Sha256::digest(self.wamid);
            let mut id = String::new();
            for byte in digest.iter().take(16) {
                write!(id, "{byte:02x}").expect("a String takes all");
            }
            let mut conversation = json!({ "id": id, "origin": { "type": self.category } });
            if self.kind == WebhookKind::Sent {
                conversation["expiration_timestamp"] = (self.unix + 86_400).to_string().into();
            }
            member.insert("conversation".to_owned(), conversation);
        }
        if matches!(self.kind, WebhookKind::Sent | WebhookKind::Delivered) {
            let pricing = json!({
                "billable": true, "pricing_model": "PMP", "type": "regular", "category": self.category,
            });
            member.insert("pricing".to_owned(), pricing);
        }
        if let Some(error) = self.error {
            member.insert("errors".to_owned(), json!([error.in_status()]));
        }
        member.into()
    }

    /// The status of a message to one user. `by_bsuid`: the message was sent to the business-scoped id.
    pub(crate) fn to_user(&self, user: &User, by_bsuid: bool) -> Map<String, Value> {
        let failed = self.error.is_some();
        let mut member = self.member();
        let shown = user.wa_id.as_ref().filter(|_| !user.hidden || !by_bsuid);
        if let Some(wa_id) = shown {
            member.insert("recipient_id".to_owned(), wa_id.as_str().into());
        }
        if by_bsuid || !failed {
            member.insert("recipient_user_id".to_owned(), user.bsuid.as_str().into());
        }
        let mut members = Map::new();
        if !failed {
            members.insert(
                "contacts".to_owned(),
                json!([contact(user, shown.map(String::as_str))]),
            );
        }
        members.insert("statuses".to_owned(), json!([self.finish(member)]));
        members
    }

    /// The status of a message to a group: all participants in one body, and who they are, once somebody has it.
    pub(crate) fn to_group(&self, group: &str, participants: &[&User]) -> Map<String, Value> {
        let mut list = Vec::new();
        let each = self.kind != WebhookKind::Sent && self.error.is_none() && !participants.is_empty();
        let participants = if each { participants } else { &[] };
        for user in participants
            .iter()
            .map(|user| Some(*user))
            .chain((!each).then_some(None))
        {
            let mut member = self.member();
            member.insert("recipient_type".to_owned(), "group".into());
            member.insert("recipient_id".to_owned(), group.into());
            if let Some(user) = user {
                member.insert("recipient_participant_id".to_owned(), user.key().into());
                let id = user.bsuid.as_str().into();
                member.insert("recipient_participant_user_id".to_owned(), id);
            }
            list.push(self.finish(member));
        }
        let mut members = Map::new();
        if each {
            let shown = |user: &User| user.wa_id.clone().filter(|_| !user.hidden);
            let contacts = participants
                .iter()
                .map(|user| contact(user, shown(user).as_deref()));
            members.insert("contacts".to_owned(), contacts.collect());
        }
        members.insert("statuses".to_owned(), list.into());
        members
    }
}

/// A message from a user. `content` is the member named after its type.
pub(crate) fn inbound(
    user: &User,
    wamid: &str,
    unix: u64,
    context: Option<Value>,
    (kind, content): (&str, Value),
) -> Map<String, Value> {
    let shown = user.wa_id.as_deref().filter(|_| !user.hidden);
    let mut message = Map::new();
    if let Some(context) = context {
        message.insert("context".to_owned(), context);
    }
    if let Some(wa_id) = shown {
        message.insert("from".to_owned(), wa_id.into());
    }
    message.insert("from_user_id".to_owned(), user.bsuid.as_str().into());
    message.insert("id".to_owned(), wamid.into());
    message.insert("timestamp".to_owned(), unix.to_string().into());
    message.insert("type".to_owned(), kind.into());
    message.insert(kind.to_owned(), content);
    Map::from_iter([
        ("contacts".to_owned(), json!([contact(user, shown)])),
        ("messages".to_owned(), json!([message])),
    ])
}

fn contact(user: &User, wa_id: Option<&str>) -> Value {
    let mut contact = Map::new();
    contact.insert("profile".to_owned(), json!({ "name": user.name }));
    if let Some(wa_id) = wa_id {
        contact.insert("wa_id".to_owned(), wa_id.into());
    }
    contact.insert("user_id".to_owned(), user.bsuid.as_str().into());
    contact.into()
}

/// The value of `X-Hub-Signature-256` for these bytes (Meta, "Create a webhook endpoint").
///
/// # Panics
/// Never: HMAC takes keys of any length.
pub fn signature(app_secret: &str, body: &[u8]) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    let mut text = "sha256=".to_owned();
    for byte in mac.finalize().into_bytes() {
        write!(text, "{byte:02x}").expect("a String takes all");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_hmac_sha256_in_lower_case_hex() {
        assert_eq!(
            signature(
                "test_app_secret",
                br#"{"object":"whatsapp_business_account","entry":[]}"#
            ),
            "sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756"
        );
    }
}
