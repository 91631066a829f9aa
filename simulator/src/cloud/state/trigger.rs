//! Any webhook at will: what a user would have to do, or Meta to decide, before it comes of itself.
//!
//! Shapes are those of Meta's pages "Messages webhook reference" and of the page of each field. What a user sends counts
//! as sent: it opens the window, and is found by a receipt.

use super::{Now, State, Webhook};
use crate::cloud::UserError;
use crate::cloud::inbound::{FileKind, UserMessage};
use crate::cloud::user::{User, digits_of};
use crate::cloud::webhook::WebhookKind;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What a trigger may be told. What it is not told has a sample in its place.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TriggerOptions {
    /// The user that it is about: a phone number or a business-scoped id. A number that is new becomes a user's.
    pub from: Option<String>,
    /// A text, caption, title or emoji.
    pub text: Option<String>,
    /// The message that is replied to, reacted to, edited, or that a status is about; for a status else the latest one
    /// that was sent to the user.
    pub message: Option<String>,
    /// Meta's code of a status `failed`.
    pub code: Option<u32>,
    /// A template's name.
    pub template: Option<String>,
    /// What takes the place of the sample's own value, member by member.
    pub set: Map<String, Value>,
}

impl std::fmt::Debug for TriggerOptions {
    /// Without numbers and words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TriggerOptions").finish_non_exhaustive()
    }
}

/// A webhook that can be triggered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Trigger {
    /// Its name: `message.`, `status.` or Meta's field.
    pub name: &'static str,
    /// What it tells.
    pub what: &'static str,
}

/// What is sent if no number is given: one of those that are reserved for fiction.
const SOMEBODY: &str = "+16505551234";

const fn trigger(name: &'static str, what: &'static str) -> Trigger {
    Trigger { name, what }
}

/// Every webhook that can be triggered.
pub const TRIGGERS: &[Trigger] = &[
    trigger("message.text", "a user writes a text"),
    trigger("message.image", "a user sends an image"),
    trigger("message.video", "a user sends a video"),
    trigger("message.audio", "a user sends an audio file"),
    trigger("message.voice", "a user sends a voice message"),
    trigger("message.document", "a user sends a document"),
    trigger("message.sticker", "a user sends a sticker"),
    trigger("message.location", "a user sends a place"),
    trigger("message.contacts", "a user sends a contact"),
    trigger("message.reaction", "a user reacts to a message"),
    trigger("message.button", "a user presses a template's quick reply"),
    trigger("message.button_reply", "a user presses a reply button"),
    trigger("message.list_reply", "a user chooses a row of a list"),
    trigger("message.flow_reply", "a user completes a flow"),
    trigger("message.call_permission", "a user allows calls"),
    trigger("message.order", "a user orders from the catalogue"),
    trigger("message.referral", "a user writes after an advertisement"),
    trigger("message.system", "a user has changed the number"),
    trigger("message.edit", "a user edits a message"),
    trigger("message.revoke", "a user deletes a message for everyone"),
    trigger("message.unsupported", "a user sends what the API does not carry"),
    trigger("status.sent", "a message has left Meta"),
    trigger("status.delivered", "a message is on the user's phone"),
    trigger("status.read", "the user has read a message"),
    trigger("status.played", "the user has listened to a voice message"),
    trigger(
        "status.failed",
        "a message failed; code 131026 unless told otherwise",
    ),
    trigger("user_preferences.stop", "a user stops marketing messages"),
    trigger("user_preferences.resume", "a user resumes marketing messages"),
    trigger("user_id_update", "a user has another business-scoped id"),
    trigger("message_template_status_update", "a template is approved"),
    trigger("message_template_quality_update", "a template's quality falls"),
    trigger("template_category_update", "a template gets another category"),
    trigger(
        "phone_number_quality_update",
        "the number's messaging limit rises",
    ),
    trigger("phone_number_name_update", "the number's name is approved"),
    trigger("account_update", "the account is restricted"),
    trigger("account_review_update", "the account is approved"),
    trigger("account_alerts", "something about the account needs a look"),
    trigger("business_capability_update", "the account may reach more users"),
    trigger("security", "the two-step PIN was changed"),
];

/// Why a trigger did nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TriggerError {
    /// There is no trigger of this name.
    NoSuchTrigger,
    /// `from` is no phone number with country code, and no known id.
    NotAUser,
    /// The user, the message or the file is not there.
    User(UserError),
}

impl std::fmt::Display for TriggerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSuchTrigger => f.write_str("no trigger has this name"),
            Self::NotAUser => {
                f.write_str("this is no phone number of 7 to 15 digits with country code, and no known id")
            }
            Self::User(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TriggerError {}

impl From<UserError> for TriggerError {
    fn from(error: UserError) -> Self {
        Self::User(error)
    }
}

impl State {
    /// The key of a user; a number that is new becomes one.
    pub(crate) fn user_or_new(&mut self, name: &str) -> Result<String, TriggerError> {
        if let Some(user) = self.users.find(name) {
            return Ok(user.key().to_owned());
        }
        let digits = digits_of(name);
        let written = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' ');
        if !(7..=15).contains(&digits.len()) || !name.chars().all(written) {
            return Err(TriggerError::NotAUser);
        }
        self.users.add(User::new(&digits));
        Ok(digits)
    }

    /// Makes the webhook of this name.
    pub(crate) fn trigger(
        &mut self,
        now: Now,
        name: &str,
        options: &TriggerOptions,
    ) -> Result<Webhook, TriggerError> {
        let Some(trigger) = TRIGGERS.iter().find(|trigger| trigger.name == name) else {
            return Err(TriggerError::NoSuchTrigger);
        };
        let from = options.from.as_deref().unwrap_or(SOMEBODY);
        if let Some(kind) = name.strip_prefix("message.") {
            let user = self.user_or_new(from)?;
            return self.message_of(now, &user, kind, options);
        }
        if let Some(status) = name.strip_prefix("status.") {
            let kind = match status {
                "sent" => WebhookKind::Sent,
                "delivered" => WebhookKind::Delivered,
                "read" => WebhookKind::Read,
                "played" => WebhookKind::Played,
                _ => WebhookKind::Failed(options.code.unwrap_or(131_026)),
            };
            let wamid = match (&options.message, &options.from) {
                (Some(wamid), _) => Some(wamid.clone()),
                (None, Some(from)) => {
                    let user = self.user_or_new(from)?;
                    self.last_sent(Some(&user))
                }
                (None, None) => self.last_sent(None),
            };
            let webhook = wamid.and_then(|wamid| self.status(now, &wamid, kind));
            return webhook.ok_or(TriggerError::User(UserError::NoSuchMessage));
        }
        if let Some(value) = name.strip_prefix("user_preferences.") {
            let user = self.user_or_new(from)?;
            return Ok(self.preference(now, &user, value == "resume")?);
        }
        if name == "user_id_update" {
            let user = self.user_or_new(from)?;
            return self.new_bsuid(now, &user);
        }
        let mut value = self.sample(now, trigger.name, options);
        for (key, own) in &options.set {
            value[key] = own.clone();
        }
        let mut body = self.business.account_body(trigger.name, &value);
        body["entry"][0]["time"] = now.unix.into();
        Ok(Webhook {
            kind: WebhookKind::Other(trigger.name),
            user: String::new(),
            wamid: None,
            body,
        })
    }

    /// The latest message of the business, to this user or group or to anybody.
    fn last_sent(&self, chat: Option<&str>) -> Option<String> {
        let sent = |wamid: &&String| {
            let message = self.messages.get(*wamid);
            message.is_some_and(|message| {
                message.target.is_some() && chat.is_none_or(|chat| chat == message.user)
            })
        };
        self.order.iter().rev().find(sent).cloned()
    }

    fn message_of(
        &mut self,
        now: Now,
        user: &str,
        kind: &str,
        options: &TriggerOptions,
    ) -> Result<Webhook, TriggerError> {
        let text = |sample: &str| options.text.clone().unwrap_or_else(|| sample.to_owned());
        let quoted = options.message.as_deref();
        let about = || match &options.message {
            Some(wamid) => wamid.clone(),
            None => self
                .last_sent(Some(user))
                .unwrap_or_else(|| "wamid.sample".to_owned()),
        };
        let file = |kind, filename: Option<&str>| UserMessage::File {
            kind,
            file: None,
            caption: options.text.clone(),
            filename: filename.map(str::to_owned),
        };
        let other = |kind: &str, content: Value| UserMessage::Other {
            kind: kind.to_owned(),
            content,
        };
        let message = match kind {
            "text" | "referral" => UserMessage::Text(text("Hello!")),
            "image" => file(FileKind::Image, None),
            "video" => file(FileKind::Video, None),
            "audio" => file(FileKind::Audio, None),
            "voice" => file(FileKind::Voice, None),
            "document" => file(FileKind::Document, Some("note.txt")),
            "sticker" => file(FileKind::Sticker, None),
            "location" => UserMessage::Location {
                latitude: 52.516_3,
                longitude: 13.377_7,
                name: Some(text("Gate")),
            },
            "contacts" => UserMessage::Contact {
                name: text("Ada Lovelace"),
                phone: "+16505550123".to_owned(),
            },
            "reaction" => UserMessage::Reaction {
                wamid: about(),
                emoji: Some(text("👍")),
            },
            "button" => other("button", json!({ "payload": text("Yes"), "text": text("Yes") })),
            "button_reply" => {
                let reply = json!({ "id": "button-1", "title": text("Yes") });
                other(
                    "interactive",
                    json!({ "type": "button_reply", "button_reply": reply }),
                )
            }
            "list_reply" => {
                let reply = json!({ "id": "row-1", "title": text("First"), "description": "the first row" });
                other(
                    "interactive",
                    json!({ "type": "list_reply", "list_reply": reply }),
                )
            }
            "flow_reply" => {
                let reply = json!({
                    "name": "flow", "body": text("Sent"), "response_json": "{\"flow_token\":\"unused\"}",
                });
                other("interactive", json!({ "type": "nfm_reply", "nfm_reply": reply }))
            }
            "call_permission" => {
                let reply = json!({
                    "response": "accept", "is_permanent": false, "response_source": "user_action",
                    "expiration_timestamp": now.unix + 7 * 86_400,
                });
                let reply = json!({ "type": "call_permission_reply", "call_permission_reply": reply });
                other("interactive", reply)
            }
            "order" => other(
                "order",
                json!({
                    "catalog_id": "190000000000001", "text": text("by noon, please"),
                    "product_items": [{
                        "product_retailer_id": "sku-1", "quantity": 2, "item_price": 30.5, "currency": "EUR",
                    }],
                }),
            ),
            "system" => {
                let old = self
                    .users
                    .get(user)
                    .and_then(|user| user.wa_id.clone())
                    .unwrap_or_default();
                let body = format!("A user changed the number from {old} to 16505550199");
                let system = json!({ "body": body, "wa_id": "16505550199", "type": "user_changed_number" });
                other("system", system)
            }
            "edit" => {
                let message = json!({ "type": "text", "text": { "body": text("Hello again!") } });
                other(
                    "edit",
                    json!({ "original_message_id": about(), "message": message }),
                )
            }
            "revoke" => other("revoke", json!({ "original_message_id": about() })),
            _ => other("unsupported", json!({ "type": "poll_creation" })),
        };
        let quoted = quoted.filter(|_| !matches!(kind, "reaction" | "edit" | "revoke"));
        let mut webhook = self.write(now, user, &message, quoted)?;
        let member = &mut webhook.body["entry"][0]["changes"][0]["value"]["messages"][0];
        match kind {
            "referral" => {
                member["referral"] = json!({
                    "source_url": "https://fb.me/sample", "source_id": "120200000000001", "source_type": "ad",
                    "body": "Alerts for your cold store", "headline": "Squab", "media_type": "image",
                    "image_url": "https://example.com/ad.png", "ctwa_clid": "sample",
                });
            }
            "unsupported" => {
                member["errors"] = json!([{
                    "code": 131_051, "title": "Message type unknown", "message": "Message type unknown",
                    "error_data": { "details": "Message type is currently not supported." },
                }]);
            }
            _ => {}
        }
        if kind == "system" {
            // Meta sends it without contacts.
            let value = &mut webhook.body["entry"][0]["changes"][0]["value"];
            value.as_object_mut().map(|value| value.remove("contacts"));
        }
        for (key, own) in &options.set {
            webhook.body["entry"][0]["changes"][0]["value"]["messages"][0][key] = own.clone();
        }
        Ok(webhook)
    }

    /// The user gets another business-scoped id, and is known by both.
    fn new_bsuid(&mut self, now: Now, key: &str) -> Result<Webhook, TriggerError> {
        let mut user = self.users.get(key).cloned().ok_or(UserError::NoSuchUser)?;
        let country = user.bsuid.split('.').next().unwrap_or("ZZ");
        let id = format!("{country}.{:020}", self.rng.u64(..));
        let previous = std::mem::replace(&mut user.bsuid, id);
        let update = json!({
            "wa_id": user.wa_id, "detail": "The user's business-scoped user ID has changed.",
            "user_id": { "previous": previous, "current": user.bsuid }, "timestamp": now.unix.to_string(),
        });
        // Who has no number is told apart by the old id, and stays so.
        if user.wa_id.is_some() {
            self.users.set(user);
        }
        let members = Map::from_iter([("user_id_update".to_owned(), json!([update]))]);
        Ok(Webhook {
            kind: WebhookKind::Other("user_id_update"),
            user: key.to_owned(),
            wamid: None,
            body: self.business.number_body("user_id_update", members),
        })
    }

    /// The value of a field that is about the account.
    fn sample(&mut self, now: Now, field: &str, options: &TriggerOptions) -> Value {
        let number = &self.business.display_phone_number;
        let template = options.template.as_deref().unwrap_or("order_confirmation");
        let named = json!({
            "message_template_id": 1_600_000_000_000_001_u64,
            "message_template_name": template,
            "message_template_language": "en_US",
        });
        let with = |more: Value| {
            let mut all = named.as_object().cloned().unwrap_or_default();
            all.extend(more.as_object().cloned().unwrap_or_default());
            Value::Object(all)
        };
        match field {
            "message_template_status_update" => with(json!({ "event": "APPROVED", "reason": "NONE" })),
            "message_template_quality_update" => {
                with(json!({ "previous_quality_score": "GREEN", "new_quality_score": "YELLOW" }))
            }
            "template_category_update" => {
                with(json!({ "previous_category": "UTILITY", "new_category": "MARKETING" }))
            }
            "phone_number_quality_update" => json!({
                "display_phone_number": number, "event": "UPGRADE", "old_limit": "TIER_2K",
                "current_limit": "TIER_10K", "max_daily_conversations_per_business": "TIER_10K",
            }),
            "phone_number_name_update" => json!({
                "display_phone_number": number, "decision": "APPROVED", "requested_verified_name": "Squab Test",
                "rejection_reason": null,
            }),
            "account_update" => json!({
                "phone_number": number, "event": "ACCOUNT_RESTRICTION",
                "restriction_info": [{
                    "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": now.unix + 7 * 86_400,
                }],
            }),
            "account_review_update" => json!({ "decision": "APPROVED" }),
            "account_alerts" => json!({
                "entity_type": "WABA", "entity_id": self.business.account_id, "alert_severity": "INFORMATIONAL",
                "alert_status": "NONE", "alert_type": "OBA_APPROVED", "alert_description": "Sample of an alert.",
            }),
            "business_capability_update" => json!({
                "max_daily_conversations_per_business": 10_000, "max_phone_numbers_per_waba": 25,
            }),
            _ => json!({ "display_phone_number": number, "event": "PIN_CHANGED", "requester": "70000000" }),
        }
    }
}
