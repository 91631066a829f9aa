//! Each message type once, as small as it may be.

use super::desk::accepted;
use super::{Row, Section, plain};
use serde_json::{Value, json};

/// Name, page and message.
const TYPES: &[(&str, &str, &str)] = &[
    ("text", "Text messages", r#"{"type":"text","text":{"body":"x"}}"#),
    (
        "text with preview",
        "Text messages",
        r#"{"type":"text","text":{"body":"https://example.org","preview_url":true}}"#,
    ),
    (
        "reply to a message",
        "Contextual replies",
        r#"{"type":"text","text":{"body":"x"},"context":{"message_id":"wamid.x"}}"#,
    ),
    (
        "image",
        "Image messages",
        r#"{"type":"image","image":{"link":"https://example.org/a.png","caption":"x"}}"#,
    ),
    (
        "video",
        "Video messages",
        r#"{"type":"video","video":{"link":"https://example.org/a.mp4","caption":"x"}}"#,
    ),
    (
        "audio",
        "Audio messages",
        r#"{"type":"audio","audio":{"link":"https://example.org/a.mp3"}}"#,
    ),
    (
        "voice",
        "Audio messages",
        r#"{"type":"audio","audio":{"link":"https://example.org/a.ogg","voice":true}}"#,
    ),
    (
        "document",
        "Document messages",
        r#"{"type":"document","document":{"link":"https://example.org/a.pdf","caption":"x","filename":"a.pdf"}}"#,
    ),
    (
        "sticker",
        "Sticker messages",
        r#"{"type":"sticker","sticker":{"link":"https://example.org/a.webp"}}"#,
    ),
    (
        "location",
        "Location messages",
        r#"{"type":"location","location":{"latitude":"52.5","longitude":"13.4","name":"x","address":"x"}}"#,
    ),
    (
        "location with numbers",
        "Location messages",
        r#"{"type":"location","location":{"latitude":52.5,"longitude":13.4}}"#,
    ),
    (
        "contacts",
        "Contacts messages",
        r#"{"type":"contacts","contacts":[{"name":{"formatted_name":"x","first_name":"x"},"phones":[{"phone":"+15550100002"}]}]}"#,
    ),
    (
        "button",
        "Interactive reply buttons",
        r#"{"type":"interactive","interactive":{"type":"button","header":{"type":"text","text":"x"},"body":{"text":"x"},"footer":{"text":"x"},"action":{"buttons":[{"type":"reply","reply":{"id":"a","title":"A"}}]}}}"#,
    ),
    (
        "list",
        "Interactive list messages",
        r#"{"type":"interactive","interactive":{"type":"list","header":{"type":"text","text":"x"},"body":{"text":"x"},"footer":{"text":"x"},"action":{"button":"x","sections":[{"title":"x","rows":[{"id":"a","title":"x","description":"x"}]}]}}}"#,
    ),
    (
        "cta_url",
        "Interactive call-to-action URL button",
        r#"{"type":"interactive","interactive":{"type":"cta_url","header":{"type":"text","text":"x"},"body":{"text":"x"},"footer":{"text":"x"},"action":{"name":"cta_url","parameters":{"display_text":"x","url":"https://example.org"}}}}"#,
    ),
    (
        "location_request_message",
        "Location request messages",
        r#"{"type":"interactive","interactive":{"type":"location_request_message","body":{"text":"x"},"action":{"name":"send_location"}}}"#,
    ),
    (
        "request_contact_info",
        "Business-scoped user IDs",
        r#"{"type":"interactive","interactive":{"type":"request_contact_info","body":{"text":"x"},"action":{"name":"request_contact_info"}}}"#,
    ),
    (
        "address_message",
        "Address messages",
        r#"{"type":"interactive","interactive":{"type":"address_message","body":{"text":"x"},"action":{"name":"address_message","parameters":{"country":"IN","values":{"in_pin_code":"4"}}}}}"#,
    ),
    (
        "call_permission_request",
        "User call permissions",
        r#"{"type":"interactive","interactive":{"type":"call_permission_request","body":{"text":"x"},"action":{"name":"call_permission_request"}}}"#,
    ),
    (
        "voice_call",
        "Call button messages",
        r#"{"type":"interactive","interactive":{"type":"voice_call","body":{"text":"x"},"action":{"name":"voice_call","parameters":{"display_text":"x","ttl_minutes":1,"payload":"x"}}}}"#,
    ),
    (
        "flow",
        "Interactive flow messages",
        r#"{"type":"interactive","interactive":{"type":"flow","header":{"type":"text","text":"x"},"body":{"text":"x"},"footer":{"text":"x"},"action":{"name":"flow","parameters":{"flow_message_version":"3","flow_id":"1","flow_cta":"x"}}}}"#,
    ),
    (
        "product",
        "Share products",
        r#"{"type":"interactive","interactive":{"type":"product","body":{"text":"x"},"action":{"catalog_id":"1","product_retailer_id":"1"}}}"#,
    ),
    (
        "product_list",
        "Share products",
        r#"{"type":"interactive","interactive":{"type":"product_list","header":{"type":"text","text":"x"},"body":{"text":"x"},"action":{"catalog_id":"1","sections":[{"title":"x","product_items":[{"product_retailer_id":"1"}]}]}}}"#,
    ),
    (
        "catalog_message",
        "Share products",
        r#"{"type":"interactive","interactive":{"type":"catalog_message","body":{"text":"x"},"footer":{"text":"x"},"action":{"name":"catalog_message","parameters":{"thumbnail_product_retailer_id":"1"}}}}"#,
    ),
    (
        "carousel",
        "Interactive media carousel messages",
        r#"{"type":"interactive","interactive":{"type":"carousel","body":{"text":"x"},"action":{"cards":[{"card_index":0,"type":"cta_url","header":{"type":"image","image":{"link":"https://example.org/a.png"}},"body":{"text":"x"},"action":{"name":"cta_url","parameters":{"display_text":"x","url":"https://example.org"}}},{"card_index":1,"type":"cta_url","header":{"type":"image","image":{"link":"https://example.org/a.png"}},"body":{"text":"x"},"action":{"name":"cta_url","parameters":{"display_text":"x","url":"https://example.org"}}}]}}}"#,
    ),
    (
        "order_details",
        "Payments",
        r#"{"type":"interactive","interactive":{"type":"order_details","body":{"text":"x"},"action":{"name":"review_and_pay","parameters":{"reference_id":"1","order":{"status":"pending"}}}}}"#,
    ),
    (
        "order_status",
        "Payments",
        r#"{"type":"interactive","interactive":{"type":"order_status","body":{"text":"x"},"action":{"name":"review_order","parameters":{"reference_id":"1","order":{"status":"shipped"}}}}}"#,
    ),
    (
        "template with positional parameters",
        "Template messages",
        r#"{"type":"template","template":{"name":"order_confirmation","language":{"code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"x"},{"type":"currency","currency":{"fallback_value":"$1","code":"USD","amount_1000":1000}},{"type":"date_time","date_time":{"fallback_value":"today"}}]}]}}"#,
    ),
    (
        "template with quick replies",
        "Template messages",
        r#"{"type":"template","template":{"name":"squab_alert","language":{"code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"x"}]},{"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"x"}]},{"type":"button","sub_type":"quick_reply","index":1,"parameters":[{"type":"payload","payload":"y"}]}]}}"#,
    ),
];

/// The message of this name.
pub(super) fn message(name: &str) -> Value {
    let text = TYPES.iter().find(|(known, ..)| *known == name);
    let (.., text) = text.unwrap_or_else(|| panic!("no type is called {name}"));
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// One row a type; what needs another message first is among the settings.
pub(super) fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = TYPES
        .iter()
        .map(|(name, source, _)| Row {
            section: Section::Types,
            rule: (*name).to_owned(),
            expected: "200, an id".to_owned(),
            source,
            code: None,
            settings: plain,
            play: Box::new(move |desk| {
                Box::pin(async move { accepted(&desk.post(&message(name)).await?).map(drop) })
            }),
        })
        .collect();
    rows.extend(scenes());
    rows
}

fn scenes() -> Vec<Row> {
    use super::play;
    let row =
        |rule, expected, source, settings, play| Section::Types.row(rule, expected, source, settings, play);
    vec![
        row(
            "reaction, and its removal",
            "200, then `sent` and no more",
            "Reaction messages",
            plain,
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                let on = desk.accepted(&message("text")).await?;
                for word in ["sent", "delivered", "read"] {
                    let told = hook.status().await?;
                    super::desk::same(&told.0, word)?;
                }
                for emoji in ["👍", ""] {
                    desk.wait(10).await;
                    let reaction =
                        json!({ "type": "reaction", "reaction": { "message_id": on, "emoji": emoji } });
                    desk.accepted(&reaction).await?;
                    super::desk::same(&hook.status().await?.0, "sent")?;
                    desk.wait(60).await;
                    super::desk::holds(hook.is_idle(), "nothing follows")?;
                }
                Ok(())
            }),
        ),
        row(
            "image by the id of an upload",
            "200, an id",
            "Media",
            plain,
            play!(|desk| {
                let (_, upload) = desk.upload("image/png", b"PNG").await?;
                let image = json!({ "type": "image", "image": { "id": upload["id"] } });
                desk.accepted(&image).await.map(drop)
            }),
        ),
        row(
            "read receipt, without and with a typing indicator",
            "200, `success`",
            "Mark messages as read; Typing indicators",
            |settings| settings.users = vec![squab::cloud::User::new(super::ADA)],
            play!(|desk| {
                let mut hook = desk.subscriber().await?;
                desk.cloud
                    .reply_text(super::ADA, "hello")
                    .map_err(|error| error.to_string())?;
                let id = hook.value().await?["messages"][0]["id"].clone();
                for typing in [json!(null), json!({ "type": "text" })] {
                    let receipt = json!({ "status": "read", "message_id": id, "typing_indicator": typing });
                    let answer = desk.post(&receipt).await?;
                    super::desk::same(&answer, &(200, json!({ "success": true })))?;
                }
                Ok(())
            }),
        ),
        row(
            "text and pin to a group",
            "200, an id",
            "Group messaging",
            |settings| {
                settings.groups = vec![squab::cloud::Group {
                    id: "group-1".to_owned(),
                    participants: vec![super::ADA.to_owned()],
                }];
            },
            play!(|desk| {
                let to = |message: Value| {
                    let mut message = message;
                    message["recipient_type"] = "group".into();
                    message["to"] = "group-1".into();
                    message
                };
                let id = desk.accepted(&to(message("text"))).await?;
                let pin = json!({ "type": "pin", "pin": { "type": "pin", "message_id": id, "expiration_days": 1 } });
                desk.accepted(&to(pin)).await.map(drop)
            }),
        ),
        row(
            "text to a business-scoped user id",
            "200, `user_id` and no `wa_id`",
            "Business-scoped user IDs",
            plain,
            play!(|desk| {
                let mut text = message("text");
                text["recipient"] = "US.13491208655302741918".into();
                let (status, body) = desk.post(&text).await?;
                let contact = &body["contacts"][0];
                super::desk::same(&status, &200)?;
                super::desk::same(&contact["user_id"], &json!("US.13491208655302741918"))?;
                super::desk::same(&contact["wa_id"], &Value::Null)
            }),
        ),
        row(
            "template with named parameters",
            "200 with all of them, by name",
            "Template overview",
            plain,
            play!(|desk| {
                desk.cloud.add_template(squab::cloud::Template::new(
                    "named",
                    "It is {{degrees}} at {{place}}.",
                ));
                let given = |names: [&str; 2]| {
                    let parameters =
                        names.map(|name| json!({ "type": "text", "parameter_name": name, "text": "x" }));
                    json!({ "type": "template", "template": { "name": "named", "language": { "code": "en_US" },
                        "components": [{ "type": "body", "parameters": parameters }] } })
                };
                desk.accepted(&given(["place", "degrees"])).await?;
                desk.refused(&given(["place", "time"]), Some(400), 132_012).await
            }),
        ),
        row(
            "authentication template",
            "200, an id",
            "Authentication templates",
            plain,
            play!(|desk| {
                desk.cloud
                    .add_template(squab::cloud::Template::authentication("code"));
                desk.accepted(&super::limits::one_time_code("123456"))
                    .await
                    .map(drop)
            }),
        ),
    ]
}
