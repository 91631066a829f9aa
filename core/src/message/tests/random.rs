//! Bodies of every kind at random, by this file's own reading of Meta's pages.

use proptest::prelude::*;
use proptest::strategy::Union;
use serde_json::{Map, Value as Json, json};
use std::string::{String, ToString};
use std::vec::Vec;

/// 1 to `most` characters of any Unicode, often such as need an escape.
fn text(most: usize) -> BoxedStrategy<String> {
    let char = prop_oneof![
        4 => any::<char>(),
        2 => (b' '..0x7F).prop_map(char::from),
        1 => prop::sample::select(&['"', '\\', '\n', '\u{0}', '\u{7f}', '\u{2028}', '😀', '$', '%', ','][..]),
    ];
    prop::collection::vec(char, 1..=most.min(60))
        .prop_map(String::from_iter)
        .boxed()
}

/// As a parameter may be.
fn flat(most: usize) -> BoxedStrategy<String> {
    let plain = |text: String| -> String {
        let text: String = text
            .chars()
            .map(|c| {
                if matches!(c, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}' | ' ') {
                    '_'
                } else {
                    c
                }
            })
            .collect();
        text
    };
    text(most).prop_map(plain).boxed()
}

/// As what a tap brings back may be.
fn id(most: usize) -> BoxedStrategy<String> {
    text(most - 2).prop_map(|text| std::format!("<{text}>")).boxed()
}

fn name() -> BoxedStrategy<String> {
    "[a-z_][a-z0-9_]{0,20}".boxed()
}

fn link() -> BoxedStrategy<String> {
    "https?://[!-~]{1,30}".boxed()
}

fn code(pattern: &'static str) -> BoxedStrategy<String> {
    pattern.boxed()
}

type Member = (&'static str, BoxedStrategy<Json>);

fn needed(key: &'static str, value: impl Strategy<Value = String> + 'static) -> Member {
    (key, value.prop_map(Json::from).boxed())
}

/// `null` stands for no member.
fn maybe(key: &'static str, value: impl Strategy<Value = String> + 'static) -> Member {
    (key, prop::option::of(value).prop_map(Json::from).boxed())
}

fn fixed(key: &'static str, value: impl Into<Json>) -> Member {
    (key, Just(value.into()).boxed())
}

fn object(members: Vec<Member>) -> BoxedStrategy<Json> {
    let (keys, values): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    values
        .prop_map(move |values| {
            let members = keys.iter().zip(values).filter(|(_, value)| !value.is_null());
            Json::Object(
                members
                    .map(|(key, value)| ((*key).to_string(), value))
                    .collect::<Map<_, _>>(),
            )
        })
        .boxed()
}

fn array(item: BoxedStrategy<Json>, most: usize) -> BoxedStrategy<Json> {
    prop::collection::vec(item, 1..=most).prop_map(Json::from).boxed()
}

fn optional(value: BoxedStrategy<Json>) -> BoxedStrategy<Json> {
    prop_oneof![Just(Json::Null), value].boxed()
}

fn one_of(all: Vec<BoxedStrategy<Json>>) -> BoxedStrategy<Json> {
    Union::new(all).boxed()
}

fn media(extra: Vec<Member>) -> BoxedStrategy<Json> {
    let by = |mut extra: Vec<Member>, source| {
        extra.push(source);
        object(extra)
    };
    one_of(std::vec![
        by(extra.clone(), needed("id", text(128))),
        by(extra, needed("link", link()))
    ])
}

fn degrees(most: i32) -> BoxedStrategy<String> {
    (-most * 10_000_000..=most * 10_000_000)
        .prop_map(|e7| (f64::from(e7) / 1e7).to_string())
        .boxed()
}

fn location() -> BoxedStrategy<Json> {
    object(std::vec![
        needed("latitude", degrees(90)),
        needed("longitude", degrees(180)),
        maybe("name", text(50)),
        maybe("address", text(50)),
    ])
}

fn contact() -> BoxedStrategy<Json> {
    let member = |key| maybe(key, text(20));
    let name = ["first_name", "last_name", "middle_name", "suffix", "prefix"].map(member);
    let name = object(
        [needed("formatted_name", text(20))]
            .into_iter()
            .chain(name)
            .collect(),
    );
    let org = object(["company", "department", "title"].map(member).into());
    let phone = object(std::vec![
        needed("phone", text(20)),
        member("type"),
        member("wa_id")
    ]);
    let email = object(std::vec![needed("email", text(20)), member("type")]);
    let url = object(std::vec![needed("url", text(20)), member("type")]);
    let address = [
        "street",
        "city",
        "state",
        "zip",
        "country",
        "country_code",
        "type",
    ]
    .map(member);
    object(std::vec![
        ("name", name),
        maybe("birthday", code("[0-9]{4}-[0-9]{2}-[0-9]{2}")),
        ("org", optional(org)),
        ("phones", optional(array(phone, 3))),
        ("emails", optional(array(email, 3))),
        ("addresses", optional(array(object(address.into()), 2))),
        ("urls", optional(array(url, 3))),
    ])
}

fn parameter() -> BoxedStrategy<Json> {
    let text = object(std::vec![fixed("type", "text"), needed("text", flat(40))]);
    let currency = object(std::vec![
        needed("fallback_value", flat(20)),
        needed("code", code("[A-Z]{3}")),
        ("amount_1000", any::<i64>().prop_map(Json::from).boxed()),
    ]);
    let number =
        |key, range: std::ops::RangeInclusive<u16>| -> Member { (key, range.prop_map(Json::from).boxed()) };
    let date = object(std::vec![needed("fallback_value", flat(20))]);
    let calendar = object(std::vec![
        needed("fallback_value", flat(20)),
        number("day_of_week", 1..=7),
        number("year", 1..=9999),
        number("month", 1..=12),
        number("day_of_month", 1..=31),
        number("hour", 0..=23),
        number("minute", 0..=59),
        fixed("calendar", "GREGORIAN"),
    ]);
    one_of(std::vec![
        text,
        object(std::vec![fixed("type", "currency"), ("currency", currency)]),
        object(std::vec![
            fixed("type", "date_time"),
            ("date_time", one_of(std::vec![date, calendar]))
        ]),
    ])
}

fn template() -> BoxedStrategy<Json> {
    let header = |kind: &'static str, inner| {
        object(std::vec![fixed("type", kind), (kind, inner)])
            .prop_map(|only| json!([only]))
            .boxed()
    };
    let headers = one_of(std::vec![
        Just(Json::Null).boxed(),
        header("text", flat(60).prop_map(Json::from).boxed()),
        header("image", media(std::vec![])),
        header("video", media(std::vec![])),
        header("document", media(std::vec![maybe("filename", text(30))])),
        header("location", location()),
    ]);
    let data = prop::option::of(text(20))
        .prop_map(|text| text.map_or(Json::Null, |text| json!({"k": [text, 1.5, {}]})));
    let flow = object(std::vec![
        maybe("flow_token", text(20)),
        ("flow_action_data", data.boxed())
    ]);
    let button = |sub_type: &'static str, kind: &'static str, key: &'static str, value| {
        object(std::vec![fixed("type", kind), (key, value)])
            .prop_map(move |only| json!({"type": "button", "sub_type": sub_type, "parameters": [only]}))
            .boxed()
    };
    let string = |text: BoxedStrategy<String>| text.prop_map(Json::from).boxed();
    let buttons = one_of(std::vec![
        button("quick_reply", "payload", "payload", string(text(128))),
        button("url", "text", "text", string(flat(40))),
        button("copy_code", "coupon_code", "coupon_code", string(flat(20))),
        button("flow", "action", "action", flow),
    ]);
    let first = 0u8..8;
    let named = any::<bool>();
    (
        name(),
        code("[a-z]{2}(_[A-Z]{2})?"),
        headers,
        prop::collection::vec(parameter(), 0..5),
        prop::collection::vec(buttons, 0..3),
        first,
        named,
    )
        .prop_map(|(name, language, header, mut body, mut buttons, first, named)| {
            let mut components = Vec::new();
            let mut header = header;
            if named {
                if let Some(text) = header.get_mut(0).filter(|header| header["type"] == "text") {
                    text["parameter_name"] = "h".into();
                }
                for (at, parameter) in body.iter_mut().enumerate() {
                    parameter["parameter_name"] = std::format!("p{at}").into();
                }
            }
            if !header.is_null() {
                components.push(json!({"type": "header", "parameters": header}));
            }
            if !body.is_empty() {
                components.push(json!({"type": "body", "parameters": body}));
            }
            let mut codes = 0;
            buttons.retain(|button| {
                codes += usize::from(button["sub_type"] == "copy_code");
                codes < 2 || button["sub_type"] != "copy_code"
            });
            for (at, mut button) in buttons.into_iter().enumerate() {
                button["index"] = (usize::from(first) + at).to_string().into();
                components.push(button);
            }
            let mut template = json!({"name": name, "language": {"code": language}});
            if !components.is_empty() {
                template["components"] = components.into();
            }
            template
        })
        .boxed()
}

fn interactive() -> BoxedStrategy<Json> {
    let in_text = |most| text(most).prop_map(|text| json!({"text": text})).boxed();
    let header = |kind: &'static str, inner| object(std::vec![fixed("type", kind), (kind, inner)]);
    let text_header = || header("text", text(60).prop_map(Json::from).boxed());
    let headers = one_of(std::vec![
        Just(Json::Null).boxed(),
        text_header(),
        header("image", media(std::vec![])),
        header("video", media(std::vec![])),
        header("document", media(std::vec![maybe("filename", text(30))])),
    ]);
    let reply = object(std::vec![needed("id", id(200)), needed("title", text(18))]);
    let buttons = prop::collection::vec(reply, 1..=3).prop_map(|replies| {
        let numbered = replies.into_iter().enumerate().map(|(at, mut reply)| {
            for key in ["id", "title"] {
                let text = reply[key].as_str().unwrap().to_string();
                reply[key] = std::format!("{at}{text}").into();
            }
            json!({"type": "reply", "reply": reply})
        });
        json!({"buttons": numbered.collect::<Vec<_>>()})
    });
    let row = || {
        object(std::vec![
            needed("id", id(190)),
            needed("title", text(24)),
            maybe("description", text(72))
        ])
    };
    let sections = prop::collection::vec((text(24), prop::collection::vec(row(), 1..=3)), 1..=3);
    let list = (text(20), sections).prop_map(|(button, sections)| {
        let mut number = 0;
        let sections: Vec<_> = sections
            .into_iter()
            .map(|(title, mut rows)| {
                for row in &mut rows {
                    row["id"] = std::format!("{number}{}", row["id"].as_str().unwrap()).into();
                    number += 1;
                }
                json!({"title": title, "rows": rows})
            })
            .collect();
        json!({"button": button, "sections": sections})
    });
    let url = object(std::vec![needed("display_text", text(20)), needed("url", link())]);
    let call = url.prop_map(|parameters| json!({"name": "cta_url", "parameters": parameters}));
    let request = |kind: &'static str, name: &'static str| {
        object(std::vec![
            fixed("type", kind),
            ("body", in_text(60)),
            fixed("action", json!({"name": name}))
        ])
    };
    let of = |kind: &'static str, headers, action| {
        object(std::vec![
            fixed("type", kind),
            ("header", headers),
            ("body", in_text(60)),
            ("footer", optional(in_text(60))),
            ("action", action),
        ])
    };
    one_of(std::vec![
        of("button", headers.clone(), buttons.boxed()),
        of("list", optional(text_header()), list.boxed()),
        of("cta_url", headers, call.boxed()),
        request("location_request_message", "send_location"),
        request("request_contact_info", "request_contact_info"),
    ])
}

/// A body, whole.
pub(super) fn body() -> BoxedStrategy<Json> {
    let caption = || maybe("caption", text(60));
    let of = |kind: &'static str, inner: BoxedStrategy<Json>| {
        inner
            .prop_map(move |inner| json!({"type": kind, kind: inner}))
            .boxed()
    };
    let text_type = object(std::vec![
        ("preview_url", any::<bool>().prop_map(Json::from).boxed()),
        needed("body", text(60))
    ]);
    let voice = || prop_oneof![Just(Json::Null), Just(Json::from(true))].boxed();
    let emoji = prop::sample::select(&["", "👍", "❤️", "🧯"][..]).prop_map(String::from);
    let content = one_of(std::vec![
        of("text", text_type),
        of("image", media(std::vec![caption()])),
        of("video", media(std::vec![caption()])),
        of(
            "document",
            media(std::vec![caption(), maybe("filename", text(60))])
        ),
        of("audio", media(std::vec![("voice", voice())])),
        of("sticker", media(std::vec![])),
        of("location", location()),
        of("contacts", array(contact(), 3)),
        of(
            "reaction",
            object(std::vec![needed("message_id", text(60)), needed("emoji", emoji)])
        ),
        of("template", template()),
        of("template", template()),
        of("interactive", interactive()),
        of("interactive", interactive()),
    ]);
    let to = prop_oneof![
        (1_000_000u64..=999_999_999_999_999).prop_map(|number| json!({"to": std::format!("+{number}")})),
        "[A-Z]{2}\\.[A-Za-z0-9]{1,128}".prop_map(|id| json!({"recipient": id})),
        "[!-~]{1,128}".prop_map(|id| json!({"to": id, "recipient_type": "group"})),
    ];
    (
        content,
        to,
        prop::option::of(text(60)),
        prop::option::of(text(37)),
        prop::option::of(text(60)),
    )
        .prop_map(|(content, to, quoted, callback, own)| {
            let mut body = json!({"messaging_product": "whatsapp", "recipient_type": "individual"});
            let for_group = !["location", "contacts", "reaction", "interactive"]
                .contains(&content["type"].as_str().unwrap());
            let to = if to.get("recipient_type").is_some() && !for_group {
                json!({"to": "+4930901820"})
            } else {
                to
            };
            for part in [to, content] {
                body.as_object_mut()
                    .unwrap()
                    .extend(part.as_object().unwrap().clone());
            }
            if let Some(id) = quoted.filter(|_| body["type"] != "reaction") {
                body["context"] = json!({"message_id": id});
            }
            // What stands in front of the first space is Squab's.
            let callback = callback.map(|text| text.replace(' ', "_"));
            match (callback, own) {
                (Some(callback), Some(own)) => {
                    body["biz_opaque_callback_data"] = std::format!("{callback} {own}").into();
                }
                (Some(callback), None) => body["biz_opaque_callback_data"] = callback.into(),
                _ => {}
            }
            body
        })
        .boxed()
}
