//! What tells the interactive kinds apart.

use super::*;

#[test]
fn each_interactive_kind_has_its_own_header_body_and_footer() {
    let text = json!({ "type": "text", "text": "x" });
    let image = json!({ "type": "image", "image": { "id": "1" } });
    let document =
        json!({ "type": "document", "document": { "link": "https://example.com/a", "filename": "a" } });
    let sticker = json!({ "type": "sticker", "sticker": { "id": "1" } });
    let captioned = json!({ "type": "image", "image": { "id": "1", "caption": "x" } });
    // Whether a text, whether a file, whether a footer, whether no body.
    for (name, headers, files, footers, no_body) in [
        ("button", true, true, true, false),
        ("list", true, false, true, false),
        ("cta_url", true, true, true, false),
        ("location_request_message", false, false, false, false),
        ("request_contact_info", false, false, false, false),
        ("call_permission_request", false, false, false, true),
        ("voice_call", false, false, false, false),
        ("product", false, false, true, true),
        ("product_list", true, false, true, false),
        ("catalog_message", false, false, true, false),
        ("carousel", false, false, false, false),
    ] {
        let body = interactive_one(name);
        let passes = |pointer: &str, value: &Value| code(&with(&body, pointer, value.clone())).is_none();
        assert_eq!(passes("/interactive/header", &text), headers, "{name}: text");
        assert_eq!(passes("/interactive/header", &image), files, "{name}: image");
        assert_eq!(
            passes("/interactive/header", &document),
            files,
            "{name}: document"
        );
        assert!(!passes("/interactive/header", &sticker), "{name}: sticker");
        assert!(!passes("/interactive/header", &captioned), "{name}: caption");
        assert_eq!(
            passes("/interactive/footer", &json!({ "text": "x" })),
            footers,
            "{name}: footer"
        );
        assert_eq!(
            passes("/interactive/body", &Value::Null),
            no_body,
            "{name}: no body"
        );
    }
}

#[test]
fn what_a_user_chooses_from_differs_from_each_other_and_has_no_space_at_its_ends() {
    let buttons = interactive_one("button");
    let list = interactive_one("list");
    for (body, pointer, value) in [
        (&buttons, "/interactive/action/buttons/1/reply/id", "id-1"),
        (&buttons, "/interactive/action/buttons/1/reply/title", "Answer 1"),
        (&buttons, "/interactive/action/buttons/1/reply/id", " a"),
        (&list, "/interactive/action/sections/0/rows/1/id", "row-1"),
        (&list, "/interactive/action/sections/0/rows/1/id", "a "),
    ] {
        assert_eq!(
            refused(body, pointer, json!(value)),
            Some(131_009),
            "{pointer}: {value}"
        );
    }
    assert_eq!(
        refused(&buttons, "/interactive/action/buttons/0/type", json!("link")),
        Some(100)
    );
}

#[test]
fn an_action_has_the_name_of_its_kind() {
    for name in [
        "cta_url",
        "location_request_message",
        "request_contact_info",
        "flow",
        "catalog_message",
        "voice_call",
        "call_permission_request",
        "address_message",
        "order_status",
    ] {
        let body = interactive_one(name);
        assert_eq!(
            refused(&body, "/interactive/action/name", json!("x")),
            Some(100),
            "{name}"
        );
    }
    let link = interactive_one("cta_url");
    assert_eq!(
        refused(&link, "/interactive/action/parameters/url", json!("door")),
        Some(100)
    );
    let flow = interactive_one("flow");
    for (key, value) in [
        ("flow_name", json!("both")),
        ("flow_message_version", json!("2")),
        ("mode", json!("test")),
        ("flow_action_payload", json!({ "screen": "A", "data": {} })),
    ] {
        let pointer = format!("/interactive/action/parameters/{key}");
        assert_eq!(refused(&flow, &pointer, value), Some(100), "{key}");
    }
    let address = interactive_one("address_message");
    assert_eq!(
        refused(&address, "/interactive/action/parameters/country", json!("US")),
        Some(131_009)
    );
}

#[test]
fn the_cards_of_a_carousel_are_two_or_more_counted_and_alike() {
    let body = interactive_one("carousel");
    let one = json!([card(0)]);
    assert_eq!(refused(&body, "/interactive/action/cards", one), Some(131_009));
    for (pointer, value) in [
        ("card_index", json!(0)),
        ("header", json!({ "type": "video", "video": { "id": "1" } })),
        ("body", Value::Null),
        ("body", json!({ "text": "a\nb\nc\nd" })),
    ] {
        let pointer = format!("/interactive/action/cards/1/{pointer}");
        let code = refused(&body, &pointer, value);
        assert!(matches!(code, Some(131_009)), "{pointer}: {code:?}");
    }
    let product = |index: usize| json!({ "card_index": index, "type": "product", "action": { "catalog_id": "1", "product_retailer_id": "x" } });
    let both = json!([product(0), product(1)]);
    assert_eq!(refused(&body, "/interactive/action/cards", both), None);
    let mixed = json!([product(0), card(1)]);
    assert_eq!(refused(&body, "/interactive/action/cards", mixed), Some(131_009));
}
