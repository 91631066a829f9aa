//! Conformance: a message of every kind that passes, and everything that makes it fail, as tables.
//!
//! The figures here are written down a second time, from Meta's pages; they share nothing with those of the code.

mod interactives;
mod limits;
mod refusals;
mod samples;
mod templates;

use super::*;
use crate::cloud::template::{HeaderFormat, Template, TemplateButton};
use serde_json::json;

/// The templates that the bodies here name.
fn library() -> Library {
    let mut library = Library::default();
    library.add(
        Template::new("picture", "Look at {{1}}, due {{2}}, at {{3}}")
            .filled_header(HeaderFormat::Image)
            .quick_reply("Seen")
            .button(TemplateButton::Url("https://example.com/{{1}}".to_owned()))
            .button(TemplateButton::CopyCode)
            .button(TemplateButton::Flow),
    );
    library.add(Template::new("place", "Come here").filled_header(HeaderFormat::Location));
    library.add(Template::new("paper", "Read this").filled_header(HeaderFormat::Document));
    library.add(Template::new("ask", "May we know?").button(TemplateButton::ContactInfo));
    library.add(Template::authentication("code"));
    library
}

fn read_by(body: &Value, readings: Readings) -> Result<Request, GraphError> {
    let library = library();
    let known = Known {
        library: &library,
        version: 25,
        readings,
        has_file: &|id| !["", "unknown"].contains(&id),
    };
    read(body, known)
}

/// What a user sees, or the code of the refusal. The strict readings.
fn content(body: &Value) -> Result<Content, u32> {
    match read_by(body, Readings::STRICT) {
        Ok(Request::Send(outgoing)) => Ok(outgoing.content),
        Ok(Request::Receipt { .. }) => panic!("a receipt has no content"),
        Err(error) => Err(error.code),
    }
}

fn code(body: &Value) -> Option<u32> {
    content(body).err()
}

/// `body` with the value at a JSON pointer replaced; `null` takes it away. A new member is made.
fn with(body: &Value, pointer: &str, value: Value) -> Value {
    let mut body = body.clone();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = body
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("nothing at {pointer}"));
    match parent.as_object_mut() {
        Some(object) if value.is_null() => drop(object.remove(key).expect("it was there")),
        Some(object) => drop(object.insert(key.to_owned(), value)),
        None => parent[key.parse::<usize>().expect("an index")] = value,
    }
    body
}

/// The code of `body` with another value at a pointer.
fn refused(body: &Value, pointer: &str, value: Value) -> Option<u32> {
    code(&with(body, pointer, value))
}

fn to_ada(kind: &str, content: Value) -> Value {
    let mut body = json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+16505551234", "type": kind,
    });
    body[kind] = content;
    body
}

fn interactive(kind: &str, action: &Value) -> Value {
    to_ada(
        "interactive",
        json!({ "type": kind, "body": { "text": "Well?" }, "action": action }),
    )
}

fn row(id: usize) -> Value {
    json!({ "id": format!("row-{id}"), "title": format!("Row {id}"), "description": "One of many" })
}

fn button(id: usize) -> Value {
    json!({ "type": "reply", "reply": { "id": format!("id-{id}"), "title": format!("Answer {id}") } })
}

fn card(index: usize) -> Value {
    json!({
        "card_index": index, "type": "cta_url",
        "header": { "type": "image", "image": { "link": "https://example.com/a.jpg" } },
        "body": { "text": "A card" },
        "action": { "name": "cta_url", "parameters": { "display_text": "Open", "url": "https://example.com" } },
    })
}

/// Every interactive kind, by its type.
fn interactives() -> Vec<(&'static str, Value)> {
    let link = json!({ "name": "cta_url", "parameters": { "display_text": "Open", "url": "https://example.com/x" } });
    let flow = json!({ "name": "flow", "parameters": {
        "flow_message_version": "3", "flow_id": "1", "flow_cta": "Begin", "mode": "published", "flow_token": "t",
        "flow_action": "navigate", "flow_action_payload": { "screen": "FIRST", "data": { "a": 1 } },
    } });
    let products = json!({ "catalog_id": "1", "sections": [
        { "title": "Bread", "product_items": [{ "product_retailer_id": "rye" }] },
    ] });
    let call = json!({ "name": "voice_call", "parameters": {
        "display_text": "Call us", "ttl_minutes": 60, "payload": "x",
    } });
    let list = json!({ "button": "Choose", "sections": [{ "title": "All", "rows": [row(1), row(2)] }] });
    let mut all = vec![
        ("button", json!({ "buttons": [button(1), button(2)] })),
        ("list", list),
        ("cta_url", link),
        ("location_request_message", json!({ "name": "send_location" })),
        ("request_contact_info", json!({ "name": "request_contact_info" })),
        (
            "address_message",
            json!({ "name": "address_message", "parameters": { "country": "IN", "values": { "in_pin_code": "110001" } } }),
        ),
        (
            "call_permission_request",
            json!({ "name": "call_permission_request" }),
        ),
        ("voice_call", call),
        ("flow", flow),
        (
            "product",
            json!({ "catalog_id": "1", "product_retailer_id": "rye" }),
        ),
        ("product_list", products),
        (
            "catalog_message",
            json!({ "name": "catalog_message", "parameters": { "thumbnail_product_retailer_id": "rye" } }),
        ),
        (
            "order_status",
            json!({ "name": "review_order", "parameters": { "reference_id": "7", "order": { "status": "shipped" } } }),
        ),
        (
            "order_details",
            json!({ "name": "review_and_pay", "parameters": { "reference_id": "7", "order": { "items": [] } } }),
        ),
        ("carousel", json!({ "cards": [card(0), card(1)] })),
    ];
    for (kind, action) in &mut all {
        let mut body = interactive(kind, action);
        if *kind == "product_list" {
            body["interactive"]["header"] = json!({ "type": "text", "text": "Shop" });
        }
        *action = body;
    }
    all
}

fn picture() -> Value {
    to_ada(
        "template",
        json!({ "name": "picture", "language": { "code": "en_US" }, "components": [
            { "type": "header", "parameters": [{ "type": "image", "image": { "id": "1479537139650973" } }] },
            { "type": "body", "parameters": [
                { "type": "text", "text": "the door" },
                { "type": "currency", "currency": { "fallback_value": "$9", "code": "USD", "amount_1000": 9_000 } },
                { "type": "date_time", "date_time": { "fallback_value": "noon", "hour": 12 } },
            ] },
            { "type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{ "type": "payload", "payload": "seen" }] },
            { "type": "button", "sub_type": "url", "index": "1", "parameters": [{ "type": "text", "text": "door" }] },
            { "type": "button", "sub_type": "copy_code", "index": "2", "parameters": [{ "type": "coupon_code", "coupon_code": "SAVE" }] },
            { "type": "button", "sub_type": "flow", "index": "3", "parameters": [
                { "type": "action", "action": { "flow_token": "t", "flow_action_data": {} } },
            ] },
        ] }),
    )
}

fn authentication() -> Value {
    to_ada(
        "template",
        json!({ "name": "code", "language": { "code": "en_US" }, "components": [
            { "type": "body", "parameters": [{ "type": "text", "text": "123456" }] },
            { "type": "button", "sub_type": "url", "index": "0", "parameters": [{ "type": "text", "text": "123456" }] },
        ] }),
    )
}

/// A message of every kind, and what a user sees of it.
fn good() -> Vec<(MessageKind, Value, &'static str)> {
    use MessageKind as Kind;
    let file = json!({ "id": "1479537139650973" });
    let captioned = json!({ "link": "https://example.com/a", "caption": "The door" });
    let document = json!({ "id": "1", "caption": "For you", "filename": "leak.pdf" });
    let place =
        json!({ "latitude": "37.44", "longitude": "-122.16", "name": "Dock 2", "address": "Forest Ave" });
    let contact = json!([{
        "name": { "formatted_name": "Ada L", "first_name": "Ada" }, "birthday": "1999-01-23",
        "org": { "company": "Store" }, "phones": [{ "phone": "+1 650", "type": "HOME", "wa_id": "1650" }],
        "emails": [{ "email": "a@example.com", "type": "WORK" }], "urls": [{ "url": "https://example.com" }],
        "addresses": [{ "street": "Forest Ave", "city": "Palo Alto", "country_code": "us" }],
    }]);
    let reaction = json!({ "message_id": "wamid.x", "emoji": "\u{1f44d}\u{1f3fd}" });
    let group = with(
        &to_ada(
            "pin",
            json!({ "type": "pin", "message_id": "wamid.x", "expiration_days": 7 }),
        ),
        "/recipient_type",
        json!("group"),
    );
    let mut all = vec![
        (Kind::Text, to_ada("text", json!({ "body": "hello" })), "hello"),
        (
            Kind::Image,
            to_ada("image", captioned.clone()),
            "[image] The door",
        ),
        (Kind::Video, to_ada("video", captioned), "[video] The door"),
        (Kind::Audio, to_ada("audio", file.clone()), "[audio]"),
        (
            Kind::Voice,
            to_ada("audio", json!({ "id": "1", "voice": true })),
            "[voice message]",
        ),
        (
            Kind::Document,
            to_ada("document", document),
            "[document] leak.pdf For you",
        ),
        (Kind::Sticker, to_ada("sticker", file), "[sticker]"),
        (
            Kind::Location,
            to_ada("location", place),
            "Dock 2, Forest Ave, 37.44 -122.16",
        ),
        (Kind::Contacts, to_ada("contacts", contact), "Ada L"),
        (Kind::Reaction, to_ada("reaction", reaction), "\u{1f44d}\u{1f3fd}"),
        (Kind::Template, picture(), "Look at the door, due $9, at noon"),
        (
            Kind::Authentication,
            authentication(),
            "123456 is your verification code.",
        ),
        (Kind::Pin, group, "[pinned]"),
    ];
    let kinds = [
        Kind::Buttons,
        Kind::List,
        Kind::Link,
        Kind::LocationRequest,
        Kind::ContactRequest,
        Kind::AddressRequest,
        Kind::CallRequest,
        Kind::Call,
        Kind::Flow,
        Kind::Products,
        Kind::Products,
        Kind::Products,
        Kind::Order,
        Kind::Order,
        Kind::Carousel,
    ];
    for (kind, (_, body)) in kinds.into_iter().zip(interactives()) {
        all.push((kind, body, "Well?"));
    }
    all
}

/// The message of this kind.
fn good_one(kind: MessageKind) -> Value {
    let found = good().into_iter().find(|(other, ..)| *other == kind);
    found.expect("one of each").1
}

fn interactive_one(name: &str) -> Value {
    let found = interactives().into_iter().find(|(other, _)| *other == name);
    found.expect("one of each").1
}

#[test]
fn a_message_of_every_kind_is_taken_and_seen() {
    for (kind, body, seen) in good() {
        let read = content(&body).unwrap_or_else(|code| panic!("{kind} was refused with {code}: {body}"));
        assert_eq!((read.kind, read.text.as_str()), (kind, seen));
    }
}

#[test]
fn what_can_be_pressed_are_quick_replies_buttons_rows_and_what_sends_a_place_or_a_contact() {
    let titles = |body: &Value| {
        let read = content(body).unwrap_or_else(|code| panic!("refused with {code}"));
        read.buttons
            .into_iter()
            .map(|button| button.title)
            .collect::<Vec<_>>()
    };
    assert_eq!(titles(&picture()), ["Seen"], "a link is opened on the phone");
    assert_eq!(titles(&interactive_one("button")), ["Answer 1", "Answer 2"]);
    assert_eq!(titles(&interactive_one("list")), ["Row 1", "Row 2"]);
    assert_eq!(
        titles(&interactive_one("location_request_message")),
        ["Send location"]
    );
    assert_eq!(
        titles(&interactive_one("request_contact_info")),
        ["Share contact info"]
    );
    assert!(titles(&interactive_one("cta_url")).is_empty());
}
