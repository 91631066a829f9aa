//! Each webhook that can be triggered, as a subscriber gets it.

use super::desk::{ADA, Desk, holds, same};
use super::types::message;
use super::{Row, Section, plain};
use crate::raw;
use serde_json::{Value, json};
use squab::cloud::{APP_SECRET, BUSINESS_ACCOUNT_ID};

const MESSAGES: &str = "Messages webhook reference";
const STATUS: &str = "Status messages webhook reference";
const FIELDS: &str = "Webhooks reference";

/// Name, Meta's field, JSON pointer into the change's value, what is there, and Meta's page.
type Trigger = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

/// Each trigger once.
const TRIGGERS: &[Trigger] = &[
    ("message.text", "messages", "/messages/0/type", "text", MESSAGES),
    ("message.image", "messages", "/messages/0/type", "image", MESSAGES),
    ("message.video", "messages", "/messages/0/type", "video", MESSAGES),
    ("message.audio", "messages", "/messages/0/type", "audio", MESSAGES),
    (
        "message.voice",
        "messages",
        "/messages/0/audio/voice",
        "true",
        MESSAGES,
    ),
    (
        "message.document",
        "messages",
        "/messages/0/type",
        "document",
        MESSAGES,
    ),
    (
        "message.sticker",
        "messages",
        "/messages/0/type",
        "sticker",
        MESSAGES,
    ),
    (
        "message.location",
        "messages",
        "/messages/0/type",
        "location",
        MESSAGES,
    ),
    (
        "message.contacts",
        "messages",
        "/messages/0/type",
        "contacts",
        MESSAGES,
    ),
    (
        "message.reaction",
        "messages",
        "/messages/0/type",
        "reaction",
        MESSAGES,
    ),
    (
        "message.button",
        "messages",
        "/messages/0/type",
        "button",
        MESSAGES,
    ),
    (
        "message.button_reply",
        "messages",
        "/messages/0/interactive/type",
        "button_reply",
        MESSAGES,
    ),
    (
        "message.list_reply",
        "messages",
        "/messages/0/interactive/type",
        "list_reply",
        MESSAGES,
    ),
    (
        "message.flow_reply",
        "messages",
        "/messages/0/interactive/type",
        "nfm_reply",
        MESSAGES,
    ),
    (
        "message.call_permission",
        "messages",
        "/messages/0/interactive/type",
        "call_permission_reply",
        MESSAGES,
    ),
    ("message.order", "messages", "/messages/0/type", "order", MESSAGES),
    (
        "message.referral",
        "messages",
        "/messages/0/referral/source_type",
        "ad",
        MESSAGES,
    ),
    (
        "message.system",
        "messages",
        "/messages/0/system/type",
        "user_changed_number",
        MESSAGES,
    ),
    ("message.edit", "messages", "/messages/0/type", "edit", MESSAGES),
    (
        "message.revoke",
        "messages",
        "/messages/0/type",
        "revoke",
        MESSAGES,
    ),
    (
        "message.unsupported",
        "messages",
        "/messages/0/type",
        "unsupported",
        MESSAGES,
    ),
    ("status.sent", "messages", "/statuses/0/status", "sent", STATUS),
    (
        "status.delivered",
        "messages",
        "/statuses/0/status",
        "delivered",
        STATUS,
    ),
    ("status.read", "messages", "/statuses/0/status", "read", STATUS),
    (
        "status.played",
        "messages",
        "/statuses/0/status",
        "played",
        STATUS,
    ),
    (
        "status.failed",
        "messages",
        "/statuses/0/status",
        "failed",
        STATUS,
    ),
    (
        "user_preferences.stop",
        "user_preferences",
        "/user_preferences/0/value",
        "stop",
        FIELDS,
    ),
    (
        "user_preferences.resume",
        "user_preferences",
        "/user_preferences/0/value",
        "resume",
        FIELDS,
    ),
    (
        "user_id_update",
        "user_id_update",
        "/user_id_update/0/wa_id",
        "16505550101",
        FIELDS,
    ),
    (
        "message_template_status_update",
        "message_template_status_update",
        "/event",
        "APPROVED",
        FIELDS,
    ),
    (
        "message_template_quality_update",
        "message_template_quality_update",
        "/new_quality_score",
        "YELLOW",
        FIELDS,
    ),
    (
        "template_category_update",
        "template_category_update",
        "/new_category",
        "MARKETING",
        FIELDS,
    ),
    (
        "phone_number_quality_update",
        "phone_number_quality_update",
        "/event",
        "UPGRADE",
        FIELDS,
    ),
    (
        "phone_number_name_update",
        "phone_number_name_update",
        "/decision",
        "APPROVED",
        FIELDS,
    ),
    (
        "account_update",
        "account_update",
        "/event",
        "ACCOUNT_RESTRICTION",
        FIELDS,
    ),
    (
        "account_review_update",
        "account_review_update",
        "/decision",
        "APPROVED",
        FIELDS,
    ),
    (
        "account_alerts",
        "account_alerts",
        "/alert_type",
        "OBA_APPROVED",
        FIELDS,
    ),
    (
        "business_capability_update",
        "business_capability_update",
        "/max_daily_conversations_per_business",
        "10000",
        FIELDS,
    ),
    ("security", "security", "/event", "PIN_CHANGED", FIELDS),
];

/// The name of each trigger that has a row.
pub fn triggered() -> Vec<&'static str> {
    TRIGGERS.iter().map(|(name, ..)| *name).collect()
}

pub(super) fn rows() -> Vec<Row> {
    let rows = TRIGGERS.iter().map(|trigger| {
        let (name, field, pointer, value, source) = *trigger;
        Row {
            section: Section::Triggers,
            rule: format!("`{name}`"),
            expected: format!("one webhook, signed, of the field `{field}`, with `{value}` at `{pointer}`"),
            source,
            code: None,
            settings: plain,
            play: Box::new(move |desk| Box::pin(play(desk, trigger))),
        }
    });
    rows.collect()
}

async fn play(desk: Desk, trigger: &'static Trigger) -> Result<(), String> {
    let (name, field, pointer, value, _) = *trigger;
    // A status is about a message, and whoever is written to first has the number. What that brings comes first too.
    let wamid = desk.accepted(&message("text")).await?;
    desk.wait(3_600).await;
    let mut hook = desk.subscriber().await?;
    let target = format!("/triggers/{name}");
    let (status, body) = desk.api("POST", &target, &json!({ "from": ADA }), "").await?;
    holds(status == 201, &format!("{name} gets 201, not {status} {body}"))?;
    let arrived = hook.next().await?;
    same(&arrived.signature, &raw::signature(APP_SECRET, &arrived.raw))?;
    let entry = &arrived.body["entry"][0];
    same(&arrived.body["object"], "whatsapp_business_account")?;
    same(&entry["id"], BUSINESS_ACCOUNT_ID)?;
    let change = &entry["changes"][0];
    same(&change["field"], field)?;
    let told = change["value"].pointer(pointer).cloned().unwrap_or_default();
    let told = told.as_str().map_or_else(|| told.to_string(), str::to_owned);
    same(&told, value)?;
    same(
        &change["value"]["messages"][0]["from"].is_string(),
        &name.starts_with("message."),
    )?;
    let about = if name.starts_with("status.") {
        json!(wamid)
    } else {
        Value::Null
    };
    same(&change["value"]["statuses"][0]["id"], &about)?;
    desk.wait(60).await;
    holds(hook.is_idle(), "nothing else comes")
}
