//! What is stored, and what is sent for it.

mod any;
mod build;
mod limits_tests;
mod random;
mod samples;
mod template_limits;

use super::*;
use crate::recipient::{GroupId, Recipient};
use crate::record::Writer;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::string::{String, ToString};
use std::vec::Vec;

fn phone() -> Recipient {
    Recipient::parse("+49 30 901820").unwrap()
}

fn bsuid() -> Recipient {
    Recipient::parse("DE.20417755").unwrap()
}

fn group() -> Recipient {
    Recipient::Group(GroupId::parse("Y2FwaV9ncm91cDo0OTMwOTAxODIw").unwrap())
}

fn stored(content: &dyn Content, recipient: &Recipient) -> Vec<u8> {
    let mut buf = std::vec![0; check(content, recipient, Reading::Strict).unwrap()];
    let mut writer = Writer::new(&mut buf);
    encode(content, recipient, Reading::Strict, &mut writer).unwrap();
    assert_eq!(writer.len(), buf.len(), "the length that was foretold is exact");
    buf
}

fn text_of(bytes: &[u8], form: Form, callback: &str) -> Vec<u8> {
    let wire = Stored::new(bytes).wire(form, callback).unwrap();
    let mut json = Vec::new();
    wire.write_body(&mut json).unwrap();
    assert_eq!(wire.body_len(), json.len());
    json
}

fn body(bytes: &[u8], form: Form, callback: &str) -> Json {
    let text = text_of(bytes, form, callback);
    serde_json::from_slice(&text).unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(&text)))
}

fn refused(content: &dyn Content) -> Option<Invalid> {
    refused_by(content, Reading::Strict)
}

fn refused_by(content: &dyn Content, reading: Reading) -> Option<Invalid> {
    check(content, &phone(), reading).err()
}

fn too_long(field: Field, limit: usize) -> Invalid {
    Invalid::TooLong {
        field,
        limit,
        actual: limit + 1,
    }
}

#[test]
fn a_text_goes_to_a_phone_number_with_its_plus() {
    let bytes = stored(&Text::new("Cold store 3: \"+9.2 °C\"\n❄"), &phone());
    assert_eq!(
        body(&bytes, Form::Primary, "k7/42/1"),
        json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "+4930901820",
            "type": "text",
            "text": {"preview_url": false, "body": "Cold store 3: \"+9.2 °C\"\n❄"},
            "biz_opaque_callback_data": "k7/42/1",
        })
    );
}

#[test]
fn a_bsuid_is_the_recipient_and_there_is_no_to_which_would_win() {
    let bytes = stored(&Text::new("https://example.org/3").preview_url(true), &bsuid());
    assert_eq!(
        body(&bytes, Form::Primary, ""),
        json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "recipient": "DE.20417755",
            "type": "text",
            "text": {"preview_url": true, "body": "https://example.org/3"},
        })
    );
}

#[test]
fn a_template_without_parameters_has_no_components_and_may_go_to_a_group() {
    let bytes = stored(&Template::new("all_clear", "de"), &group());
    assert_eq!(
        body(&bytes, Form::Primary, ""),
        json!({
            "messaging_product": "whatsapp",
            "recipient_type": "group",
            "to": "Y2FwaV9ncm91cDo0OTMwOTAxODIw",
            "type": "template",
            "template": {"name": "all_clear", "language": {"code": "de"}},
        })
    );
}

#[test]
fn a_template_takes_header_body_and_buttons() {
    let bytes = stored(
        &Template::new("leak_alarm", "pt_BR")
            .header(&["Sala 2".into()])
            .body(&["água".into(), "14:05".into()])
            .buttons(&[
                Button::quick_reply(0, "ack:42"),
                Button::url(2, "room/2?x=\"y\""),
                Button::quick_reply(9, "snooze:42"),
            ]),
        &phone(),
    );
    assert_eq!(
        body(&bytes, Form::Primary, "")["template"],
        json!({
            "name": "leak_alarm",
            "language": {"code": "pt_BR"},
            "components": [
                {"type": "header", "parameters": [{"type": "text", "text": "Sala 2"}]},
                {"type": "body", "parameters": [{"type": "text", "text": "água"}, {"type": "text", "text": "14:05"}]},
                {"type": "button", "sub_type": "quick_reply", "index": "0",
                 "parameters": [{"type": "payload", "payload": "ack:42"}]},
                {"type": "button", "sub_type": "url", "index": "2",
                 "parameters": [{"type": "text", "text": "room/2?x=\"y\""}]},
                {"type": "button", "sub_type": "quick_reply", "index": "9",
                 "parameters": [{"type": "payload", "payload": "snooze:42"}]},
            ],
        })
    );
    let payloads: Vec<_> = Stored::new(&bytes).quick_reply_payloads().collect();
    assert_eq!(payloads, ["ack:42", "snooze:42"]);
    assert_eq!(Stored::new(&bytes).template_name(), Some("leak_alarm"));
    assert_eq!(Stored::new(&bytes).template_language(), Some("pt_BR"));
}

#[test]
fn named_parameters_carry_their_names() {
    let named = [
        Parameter::named("room", "2"),
        Parameter::named("at_time", "14:05"),
    ];
    let bytes = stored(&Template::new("leak_alarm", "en_US").body(&named), &phone());
    assert_eq!(
        body(&bytes, Form::Primary, "")["template"]["components"],
        json!([{"type": "body", "parameters": [
            {"type": "text", "parameter_name": "room", "text": "2"},
            {"type": "text", "parameter_name": "at_time", "text": "14:05"},
        ]}])
    );
}

#[test]
fn the_fallback_carries_the_text_on_one_line_and_the_text_keeps_its_own() {
    let fallback = Fallback::new("update_notification", "en_US");
    let text = Text::new("\tPump 1:\n  \"off\"     since 14:05 ").fallback(fallback);
    let bytes = stored(&text, &phone());
    assert!(Stored::new(&bytes).has_fallback());
    assert_eq!(body(&bytes, Form::Primary, "")["text"]["body"], text.body);
    assert_eq!(
        body(&bytes, Form::Fallback, "c"),
        json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "+4930901820",
            "type": "template",
            "template": {
                "name": "update_notification",
                "language": {"code": "en_US"},
                "components": [{"type": "body", "parameters": [
                    {"type": "text", "text": "Pump 1: \"off\" since 14:05"},
                ]}],
            },
            "biz_opaque_callback_data": "c",
        })
    );
    let named = stored(&text.fallback(fallback.parameter_name("update")), &phone());
    assert_eq!(
        body(&named, Form::Fallback, "")["template"]["components"][0]["parameters"][0]["parameter_name"],
        "update"
    );
}

#[test]
fn a_message_without_fallback_has_no_fallback_form() {
    for bytes in [
        stored(&Text::new("hello"), &phone()),
        stored(&Template::new("hello", "en"), &phone()),
    ] {
        assert!(Stored::new(&bytes).wire(Form::Fallback, "").is_none());
        assert!(!Stored::new(&bytes).has_fallback());
    }
}

#[test]
fn a_stored_message_knows_its_recipient_its_type_and_its_text() {
    for recipient in [phone(), bsuid(), group()] {
        let bytes = stored(&Text::new("hello"), &recipient);
        let view = Stored::new(&bytes);
        assert_eq!(view.recipient().as_ref(), Some(&recipient));
        for other in [phone(), bsuid(), group()] {
            assert_eq!(view.is_to(&other), other == recipient);
        }
        assert_eq!((view.kind(), view.text()), (Some(Kind::Text), Some("hello")));
    }
    let bytes = stored(&Template::new("hello", "en"), &phone());
    assert_eq!(
        (Stored::new(&bytes).kind(), Stored::new(&bytes).text()),
        (Some(Kind::Template), None)
    );
}

/// As docs/messages.md and the module's text say.
#[test]
fn a_stored_message_takes_its_texts_and_three_bytes_a_piece() {
    let to = Recipient::parse("+16505551234").unwrap();
    let len = |content: &dyn Content| check(content, &to, Reading::Strict).unwrap();
    assert_eq!(len(&Text::new("Water in the cellar: 3 cm now.")), 48);
    let parameters = ["Cold store".into(), "at fifteen".into(), "+9.2 grad.".into()];
    assert_eq!(len(&Template::new("water_alarm", "en_US").body(&parameters)), 85);
    let buttons = [
        ReplyButton::new("on-it", "I am on it"),
        ReplyButton::new("later", "Later"),
    ];
    assert_eq!(len(&ReplyButtons::new("Water in the cellar", &buttons)), 83);
    let rows = [Row::new("1", "North"), Row::new("2", "South")];
    assert_eq!(
        len(&List::new(
            "Which valve?",
            "Choose",
            &[Section::new("Valves", &rows)]
        )),
        93
    );
    assert_eq!(len(&Image::new(Source::Id("1479537139650973"))), 40);
    assert_eq!(size_of::<Message<'_>>(), 14 * size_of::<usize>());
}

#[test]
fn debug_shows_neither_recipient_nor_text() {
    let bytes = stored(&Text::new("hello"), &phone());
    let view = Stored::new(&bytes);
    assert_eq!(std::format!("{view:?}"), std::format!("text({})", bytes.len()));
    let wire = view.wire(Form::Primary, "").unwrap();
    assert_eq!(std::format!("{wire:?}"), std::format!("{view:?}"));
}

#[test]
fn a_message_that_does_not_fit_leaves_the_buffer_as_it_was() {
    let message = Message::from(Text::new("hello").fallback(Fallback::new("a", "en")));
    let len = check(&message, &phone(), Reading::Strict).unwrap();
    for room in 0..len {
        let mut buf = std::vec![0; room];
        let mut writer = Writer::new(&mut buf);
        assert_eq!(
            encode(&message, &phone(), Reading::Strict, &mut writer),
            Err(EncodeError::Full)
        );
        assert!(writer.is_empty());
    }
}

#[test]
fn what_meta_would_refuse_is_not_stored() {
    let mut buf = [0; 64];
    let mut writer = Writer::new(&mut buf);
    let empty = encode(&Text::new(""), &phone(), Reading::Strict, &mut writer);
    assert_eq!(
        empty,
        Err(EncodeError::Invalid(Invalid::Empty { field: Field::Text }))
    );
    assert!(writer.is_empty());
}

/// Parameters by their texts, all named or none.
fn parameters(texts: &[String], names: Option<&[String]>) -> Json {
    let one = |(i, text): (usize, &String)| match names {
        Some(names) => json!({"type": "text", "parameter_name": names[i], "text": text}),
        None => json!({"type": "text", "text": text}),
    };
    texts.iter().enumerate().map(one).collect()
}

proptest! {
    #[test]
    fn any_template_comes_back_from_its_stored_form_without_loss(
        header in prop::option::of("\\PC{0,58}[a-z\"\\\\]"),
        texts in prop::collection::vec("[a-z\"\\\\]\\PC{0,30}", 0..6),
        named in any::<bool>(),
        payloads in prop::collection::vec("\\PC{1,128}", 0..10),
    ) {
        let fits = |t: &String| !t.contains("     ") && !t.contains(['\t', '\n', '\u{b}', '\u{c}', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
        prop_assume!(texts.iter().chain(&header).all(fits));
        let names: Vec<String> = (0..texts.len()).map(|i| std::format!("p{i}")).collect();
        let parameter = |name, text| Parameter { name: named.then_some(name), ..Parameter::new(text) };
        let body_parameters: Vec<_> = names.iter().zip(&texts).map(|(n, t)| parameter(n.as_str(), t.as_str())).collect();
        let header_parameter: Vec<_> = header.iter().map(|t| parameter("h", t.as_str())).collect();
        let buttons: Vec<_> = (0u8..).zip(&payloads).map(|(i, p)| Button::quick_reply(9 - i, p)).collect();
        let template = Template::new("t_1", "en").header(&header_parameter).body(&body_parameters).buttons(&buttons);

        let mut components = Vec::new();
        if let Some(text) = header.clone() {
            let names = ["h".to_string()];
            components.push(json!({"type": "header", "parameters": parameters(&[text], named.then_some(&names))}));
        }
        if !texts.is_empty() {
            components.push(json!({"type": "body", "parameters": parameters(&texts, named.then_some(&names))}));
        }
        for (i, payload) in payloads.iter().enumerate() {
            components.push(json!({"type": "button", "sub_type": "quick_reply", "index": (9 - i).to_string(),
                "parameters": [{"type": "payload", "payload": payload}]}));
        }
        let bytes = stored(&template, &phone());
        let found = body(&bytes, Form::Primary, "");
        prop_assert_eq!(found["template"].get("components").cloned().unwrap_or(json!([])), json!(components));
    }

    #[test]
    fn damaged_bytes_are_walked_to_their_end_and_no_further(
        mut bytes in prop::collection::vec(any::<u8>(), 0..200),
        (flip, at) in (any::<u8>(), any::<prop::sample::Index>()),
        from_real in any::<bool>(),
        cut in any::<prop::sample::Index>(),
    ) {
        if from_real {
            bytes = stored(
                &Template::new("t", "en").header(&["h".into()]).body(&["b".into()])
                    .buttons(&[Button::quick_reply(0, "p"), Button::url(1, "s")]),
                &group(),
            );
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            bytes.truncate(cut.index(bytes.len() * 2));
        } else {
            // Tags and lengths of some likelihood, else nothing but the first header would ever be read.
            for byte in bytes.iter_mut().step_by(4) {
                *byte %= 16;
            }
            for (at, byte) in bytes.iter_mut().enumerate() {
                if at % 4 == 1 { *byte = 1 } else if at % 4 == 2 { *byte = 0 }
            }
        }
        let view = Stored::new(&bytes);
        let _ = (view.recipient(), view.kind(), view.text(), view.has_fallback(), view.template_name());
        let _ = (view.is_to(&phone()), view.quick_reply_payloads().count());
        for form in [Form::Primary, Form::Fallback] {
            if let Some(wire) = view.wire(form, "c") {
                let mut out = Vec::new();
                prop_assert_eq!(wire.write_body(&mut out), Ok(()));
                prop_assert_eq!(wire.body_len(), out.len());
            }
        }
    }
}
