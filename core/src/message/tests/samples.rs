//! Bodies as Meta shows them: each can be produced, equal as JSON.

use super::super::*;
use super::build::{raw_json, sent, typed};
use serde_json::{Value as Json, json};
use std::string::{String, ToString};
use std::vec::Vec;

/// Every kind, in the shapes of Meta's pages.
const OWN: &str = include_str!("bodies.jsonl");

fn is_produced(body: &Json, message: &Message<'_>, what: &str) {
    for reading in [Reading::Strict, Reading::Documentation] {
        let text = sent(body, message, reading);
        let found: Json = serde_json::from_slice(&text).unwrap_or_else(|why| panic!("{what}: {why}"));
        assert_eq!(&found, body, "{what}");
    }
}

#[test]
fn every_body_of_our_own_is_produced_by_a_type_and_as_raw_json() {
    for line in OWN.lines() {
        let body: Json = serde_json::from_str(line).unwrap();
        let message = typed(&body).unwrap_or_else(|| panic!("no type for {line}"));
        is_produced(&body, &message, line);
        if body["type"] != "reaction" && body["recipient_type"] != "group" {
            is_produced(&body, &Raw::new(&raw_json(&body)).into(), line);
        }
    }
}

#[test]
fn members_come_in_metas_order() {
    // Written out, since JSON that is equal may have any order: the simulated cloud is not the only reader.
    let first = OWN.lines().next().unwrap();
    let body: Json = serde_json::from_str(first).unwrap();
    let text = sent(&body, &typed(&body).unwrap(), Reading::Strict);
    assert_eq!(String::from_utf8(text).unwrap(), first);
}

#[test]
fn an_authentication_template_has_its_code_twice() {
    let body = json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": "+4930901820",
    "type": "template", "template": {"name": "code", "language": {"code": "de"}, "components": [
        {"type": "body", "parameters": [{"type": "text", "text": "J$FpnYnP"}]},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "J$FpnYnP"}]},
    ]}});
    is_produced(
        &body,
        &Authentication::new("code", "de", "J$FpnYnP").into(),
        "authentication",
    );
}

#[test]
fn a_receipt_marks_a_message_as_read_and_may_show_that_one_types() {
    let mut body = json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.\"Q"});
    for typing in [false, true] {
        if typing {
            body["typing_indicator"] = json!({"type": "text"});
        }
        let receipt = ReadReceipt {
            message_id: "wamid.\"Q",
            typing,
        };
        let wire = receipt.wire();
        let mut text = Vec::new();
        wire.write_body(&mut text).unwrap();
        assert_eq!(serde_json::from_slice::<Json>(&text).unwrap(), body);
        assert_eq!(wire.body_len(), text.len());
        assert_eq!(std::format!("{wire:?}"), "receipt(8)");
    }
}

/// Fills placeholders and documented defaults in, and takes the spellings that Meta has of one thing for one.
fn fill(value: &mut Json, key: &str) {
    match value {
        Json::Object(map) => map.iter_mut().for_each(|(key, value)| fill(value, key)),
        Json::Array(items) => items.iter_mut().for_each(|item| fill(item, key)),
        Json::Number(number) if ["latitude", "longitude", "index"].contains(&key) => {
            // The pages have strings here.
            *value = number.to_string().into();
        }
        Json::String(text) => match (key, text.as_str()) {
            ("to", _) => *text = "+16505551234".to_string(),
            ("link", _) => *text = "https://example.org/file".to_string(),
            ("name", "template-name" | "<TEMPLATE_NAME>") => *text = "template_name".to_string(),
            ("code", "language-and-locale-code") => *text = "en_US".to_string(),
            _ => {}
        },
        _ => {}
    }
}

/// Samples for which there is no type: what they show goes out as raw JSON.
const RAW: [&str; 9] = [
    "catalog_message",
    "catalog_template_message",
    "draft_flow_by_id",
    "draft_flow_by_name",
    "multi_product_message",
    "published_flow_by_id",
    "published_flow_by_name",
    "sample_issue_resolution_template",
    "single_product_message",
];

#[test]
fn every_sample_of_metas_own_is_produced_where_they_are_at_hand() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/reference/payloads");
    let Ok(files) = std::fs::read_dir(folder) else {
        return;
    };
    let (mut by_type, mut by_raw, mut receipts) = (0, Vec::new(), 0);
    for file in files {
        let path = file.unwrap().path();
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        let Some(name) = file.strip_prefix("req_openapi_send_") else {
            continue;
        };
        // Payments are left out: India, Brazil and Singapore only.
        if name.starts_with("order_") {
            continue;
        }
        let mut body: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        if body.get("status").is_some() {
            let receipt = ReadReceipt {
                message_id: body["message_id"].as_str().unwrap(),
                typing: true,
            };
            let mut text = Vec::new();
            receipt.wire().write_body(&mut text).unwrap();
            assert_eq!(serde_json::from_slice::<Json>(&text).unwrap(), body);
            receipts += 1;
            continue;
        }
        fill(&mut body, "");
        body["recipient_type"] = "individual".into();
        if body.get("type").is_none() {
            let kind = ["text", "interactive"]
                .into_iter()
                .find(|kind| body.get(kind).is_some());
            body["type"] = kind.unwrap().into();
        }
        let raw = raw_json(&body);
        let message = typed(&body).unwrap_or_else(|| {
            by_raw.push(name.to_string());
            Raw::new(&raw).into()
        });
        by_type += usize::from(message.kind() != Kind::Raw);
        is_produced(&body, &message, name);
    }
    by_raw.sort();
    assert_eq!(by_raw, RAW);
    assert!(by_type >= 38 && receipts == 1, "{by_type} {receipts}");
}
