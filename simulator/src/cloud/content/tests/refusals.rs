//! What makes a good message a bad one, and Meta's code for it.

use super::*;

#[test]
fn a_missing_member_is_131008() {
    for (kind, pointers) in [
        (MessageKind::Text, &["/text", "/text/body"][..]),
        (MessageKind::Image, &["/image", "/image/link"]),
        (MessageKind::Sticker, &["/sticker/id"]),
        (
            MessageKind::Location,
            &["/location", "/location/latitude", "/location/longitude"],
        ),
        (
            MessageKind::Contacts,
            &["/contacts", "/contacts/0/name", "/contacts/0/name/formatted_name"],
        ),
        (
            MessageKind::Reaction,
            &["/reaction", "/reaction/message_id", "/reaction/emoji"],
        ),
        (MessageKind::Pin, &["/pin/type", "/pin/message_id"]),
        (
            MessageKind::Template,
            &[
                "/template/name",
                "/template/language",
                "/template/components/2/index",
            ],
        ),
        (
            MessageKind::Buttons,
            &[
                "/interactive/type",
                "/interactive/body",
                "/interactive/action",
                "/interactive/action/buttons/0/reply",
                "/interactive/action/buttons/0/reply/id",
                "/interactive/action/buttons/0/reply/title",
            ],
        ),
        (
            MessageKind::List,
            &[
                "/interactive/action/button",
                "/interactive/action/sections/0/rows/1/id",
                "/interactive/action/sections/0/rows/1/title",
            ],
        ),
        (
            MessageKind::Link,
            &[
                "/interactive/action/name",
                "/interactive/action/parameters",
                "/interactive/action/parameters/url",
            ],
        ),
        (
            MessageKind::Flow,
            &[
                "/interactive/action/parameters/flow_id",
                "/interactive/action/parameters/flow_cta",
                "/interactive/action/parameters/flow_message_version",
            ],
        ),
    ] {
        let body = good_one(kind);
        for pointer in pointers {
            assert_eq!(refused(&body, pointer, Value::Null), Some(131_008), "{pointer}");
        }
    }
    let shop = interactive_one("product_list");
    assert_eq!(refused(&shop, "/interactive/header", Value::Null), Some(131_008));
}

#[test]
fn a_member_without_a_meaning_is_100_in_every_object() {
    for (kind, body, _) in good() {
        let mut objects = Vec::new();
        collect(&body, String::new(), &mut objects);
        for pointer in objects {
            // What a business puts there is its own, and Meta's examples of dates differ.
            let own = ["/data", "/flow_action_data", "/order", "/date_time", "/values"];
            let order = kind == MessageKind::Order && pointer.ends_with("/parameters");
            if order || own.iter().any(|own| pointer.ends_with(own)) {
                continue;
            }
            let colour = format!("{pointer}/colour");
            assert_eq!(
                refused(&body, &colour, json!("red")),
                Some(100),
                "{kind}: {colour}"
            );
        }
    }
}

/// Pointers to all objects.
fn collect(value: &Value, at: String, into: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                collect(value, format!("{at}/{key}"), into);
            }
            into.push(at);
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                collect(value, format!("{at}/{index}"), into);
            }
        }
        _ => {}
    }
}

#[test]
fn a_file_is_named_by_id_or_by_link_and_never_by_both() {
    for name in ["image", "video", "audio", "document", "sticker"] {
        let of = |file: Value| code(&to_ada(name, file));
        assert_eq!(of(json!({ "id": "1" })), None, "{name}");
        assert_eq!(of(json!({ "link": "http://example.com/a" })), None, "{name}");
        assert_eq!(
            of(json!({ "id": "1", "link": "https://example.com/a" })),
            Some(100),
            "{name}"
        );
        for id in ["", "unknown"] {
            assert_eq!(of(json!({ "id": id })), Some(100), "{name}: {id}");
        }
        for link in [
            "",
            "https://",
            "ftp://example.com",
            "example.com/a",
            "https://a b",
        ] {
            assert_eq!(of(json!({ "link": link })), Some(100), "{name}: {link}");
        }
    }
}

#[test]
fn captions_file_names_and_voice_belong_to_their_kinds_only() {
    for (member, value, kinds) in [
        ("caption", json!("x"), &["image", "video", "document"][..]),
        ("filename", json!("a.pdf"), &["document"]),
        ("voice", json!(true), &["audio"]),
    ] {
        for name in ["image", "video", "audio", "document", "sticker"] {
            let mut file = json!({ "id": "1" });
            file[member] = value.clone();
            let expected = (!kinds.contains(&name)).then_some(100);
            assert_eq!(code(&to_ada(name, file)), expected, "{name} with {member}");
        }
    }
    assert_eq!(
        code(&to_ada("audio", json!({ "id": "1", "voice": "yes" }))),
        Some(100)
    );
}

#[test]
fn a_reaction_is_one_emoji_or_nothing_and_never_a_reply() {
    let reaction = good_one(MessageKind::Reaction);
    let of = |emoji: &str| refused(&reaction, "/reaction/emoji", emoji.into());
    for emoji in [
        "",
        "\u{1f600}",
        "\u{2764}\u{fe0f}",
        "1\u{fe0f}\u{20e3}",
        "\u{1f1e9}\u{1f1ea}",
    ] {
        assert_eq!(of(emoji), None, "{emoji:?}");
    }
    for text in ["ok", "1", "\u{1f600} ", "Gr\u{fc}n", &"\u{1f600}".repeat(17)] {
        assert_eq!(of(text), Some(131_009), "{text:?}");
    }
    assert_eq!(
        refused(&reaction, "/context", json!({ "message_id": "wamid.y" })),
        Some(100)
    );
}

#[test]
fn every_other_kind_may_be_a_reply() {
    for (kind, body, _) in good() {
        if kind != MessageKind::Reaction {
            let reply = json!({ "message_id": "wamid.y" });
            assert_eq!(refused(&body, "/context", reply), None, "{kind}");
        }
    }
}

#[test]
fn groups_take_text_media_templates_and_pins_and_refuse_the_rest_with_131051() {
    use MessageKind as Kind;
    for (kind, body, _) in good() {
        let body = with(&body, "/recipient_type", json!("group"));
        let taken = matches!(
            kind,
            Kind::Text
                | Kind::Image
                | Kind::Video
                | Kind::Audio
                | Kind::Voice
                | Kind::Document
                | Kind::Sticker
                | Kind::Template
                | Kind::Authentication
                | Kind::Pin
        );
        assert_eq!(code(&body), (!taken).then_some(131_051), "{kind}");
    }
    let pin = good_one(Kind::Pin);
    assert_eq!(
        refused(&pin, "/recipient_type", json!("individual")),
        Some(131_009)
    );
    assert_eq!(refused(&pin, "/pin/type", json!("glue")), Some(100));
}

#[test]
fn an_authentication_template_never_goes_to_a_business_scoped_id() {
    for (body, expected) in [(authentication(), Some(131_062)), (picture(), None)] {
        let body = with(&body, "/to", Value::Null);
        let id = json!("US.13491208655302741918");
        assert_eq!(refused(&body, "/recipient", id), expected);
    }
}

#[test]
fn a_birthday_is_a_date() {
    let contacts = good_one(MessageKind::Contacts);
    for (birthday, expected) in [
        ("2012-08-18", None),
        ("2012-8-18", Some(100)),
        ("2012-13-01", Some(100)),
        ("yesterday", Some(100)),
    ] {
        let pointer = "/contacts/0/birthday";
        assert_eq!(
            refused(&contacts, pointer, birthday.into()),
            expected,
            "{birthday}"
        );
    }
}

#[test]
fn content_may_come_as_json_in_a_string() {
    let mut body = good_one(MessageKind::Contacts);
    assert_eq!(code(&body), None);
    for (text, expected) in [
        (body["contacts"].to_string(), None),
        ("[]".to_owned(), Some(131_009)),
        ("[".to_owned(), Some(100)),
        ("1".to_owned(), Some(100)),
    ] {
        body["contacts"] = text.clone().into();
        assert_eq!(code(&body), expected, "{text}");
    }
}
