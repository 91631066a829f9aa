//! What an approved template takes, and Meta's code for everything else.

use super::*;

#[test]
fn a_templates_header_is_what_was_approved() {
    let parameters = "/template/components/0/parameters";
    for (value, expected) in [
        (
            json!([{ "type": "image", "image": { "link": "https://example.com/a.jpg" } }]),
            None,
        ),
        (
            json!([{ "type": "video", "video": { "id": "1" } }]),
            Some(132_012),
        ),
        (json!([{ "type": "text", "text": "x" }]), Some(132_012)),
        (json!([]), Some(132_012)),
        (
            json!([{ "type": "image", "image": { "id": "1", "link": "https://example.com" } }]),
            Some(100),
        ),
    ] {
        assert_eq!(
            refused(&picture(), parameters, value.clone()),
            expected,
            "{value}"
        );
    }
    let of = |name: &str, parameter: Value| {
        code(&to_ada(
            "template",
            json!({
                "name": name, "language": { "code": "en_US" },
                "components": [{ "type": "header", "parameters": [parameter] }],
            }),
        ))
    };
    let place = json!({ "latitude": "1", "longitude": "2", "name": "Dock", "address": "Quay" });
    assert_eq!(
        of("place", json!({ "type": "location", "location": place })),
        None
    );
    assert_eq!(
        of(
            "place",
            json!({ "type": "location", "location": { "latitude": 1 } })
        ),
        Some(131_008)
    );
    let paper = json!({ "id": "1", "filename": "a.pdf" });
    assert_eq!(
        of("paper", json!({ "type": "document", "document": paper })),
        None
    );
}

#[test]
fn a_templates_buttons_take_what_they_are_made_for() {
    let component = |index: usize| format!("/template/components/{}", index + 2);
    for (index, sub_type, parameter, expected) in [
        (
            0,
            "quick_reply",
            json!({ "type": "payload", "payload": "x" }),
            None,
        ),
        (
            0,
            "QUICK_REPLY",
            json!({ "type": "payload", "payload": "x" }),
            None,
        ),
        (
            0,
            "quick_reply",
            json!({ "type": "text", "text": "x" }),
            Some(132_012),
        ),
        (0, "url", json!({ "type": "text", "text": "x" }), Some(132_012)),
        (1, "url", json!({ "type": "text", "text": "" }), Some(132_018)),
        (2, "copy_code", json!({ "type": "coupon_code" }), Some(131_008)),
        (3, "flow", json!({ "type": "action", "action": {} }), None),
        (
            3,
            "flow",
            json!({ "type": "action", "action": { "flow_action_data": 1 } }),
            Some(100),
        ),
    ] {
        let value = json!({
            "type": "button", "sub_type": sub_type, "index": index, "parameters": [parameter],
        });
        assert_eq!(
            refused(&picture(), &component(index), value.clone()),
            expected,
            "{value}"
        );
    }
    // Without what it needs a button cannot be shown; a quick reply needs nothing.
    for (index, expected) in [
        (0, None),
        (1, Some(131_008)),
        (2, Some(131_008)),
        (3, Some(131_008)),
    ] {
        let mut body = picture();
        body["template"]["components"]
            .as_array_mut()
            .unwrap()
            .remove(index + 2);
        assert_eq!(code(&body), expected, "button {index}");
    }
    let twice = picture()["template"]["components"][2].clone();
    assert_eq!(refused(&picture(), "/template/components/3", twice), Some(100));
    let none = json!([]);
    assert_eq!(
        refused(&picture(), &format!("{}/parameters", component(1)), none),
        Some(132_000)
    );
}

#[test]
fn currency_has_code_and_thousandths_and_both_it_and_a_date_have_a_text() {
    let currency = "/template/components/1/parameters/1/currency";
    for (key, value, expected) in [
        ("code", json!("usd"), Some(132_012)),
        ("code", json!("DOLLAR"), Some(132_012)),
        ("code", Value::Null, Some(131_008)),
        ("amount_1000", json!("9"), Some(132_012)),
        ("amount_1000", json!(-9), None),
        ("fallback_value", Value::Null, Some(131_008)),
        ("fallback_value", json!("a\nb"), Some(132_018)),
    ] {
        let pointer = format!("{currency}/{key}");
        assert_eq!(
            refused(&picture(), &pointer, value.clone()),
            expected,
            "{key}: {value}"
        );
    }
    let date = "/template/components/1/parameters/2/date_time/fallback_value";
    assert_eq!(refused(&picture(), date, Value::Null), Some(131_008));
}

#[test]
fn a_components_type_may_be_in_capitals() {
    for (kind, expected) in [("body", None), ("BODY", None), ("FOOTER", Some(100))] {
        let template = json!({
            "name": "update_notification", "language": { "code": "en_US" },
            "components": [{ "type": kind, "parameters": [{ "type": "text", "text": "news" }] }],
        });
        assert_eq!(code(&to_ada("template", template)), expected, "{kind}");
    }
}
