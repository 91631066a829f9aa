//! Whatever comes in, in whatever pieces: no alert is changed, and no line spoils another.

extern crate std;

use super::{Said, read_in};
use embassy_time::Duration;
use proptest::prelude::*;
use serde_json::{Value, json};
use squab_core::client::{Merge, Options, Priority};
use squab_core::message::{Button, Fallback, Message, Parameter, Template, Text};
use squab_core::recipient::Recipient;
use std::borrow::ToOwned;
use std::fmt::Write;
use std::format;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,20}",
        "\\PC{0,10}",
        any::<String>().prop_map(|t| t.chars().take(12).collect())
    ]
}

fn parameter() -> impl Strategy<Value = (Option<String>, String)> {
    (proptest::option::of("[a-z_]{1,8}"), text())
}

fn parameter_json((name, text): &(Option<String>, String), bare: bool) -> Value {
    match name {
        None if bare => json!(text),
        None => json!({"text": text}),
        Some(name) => json!({"name": name, "text": text}),
    }
}

fn borrowed((name, text): &(Option<String>, String)) -> Parameter<'_> {
    Parameter {
        name: name.as_deref(),
        ..Parameter::new(text)
    }
}

fn put(line: &mut Value, key: &str, value: Option<impl serde::Serialize>) {
    if let Some(value) = value {
        line[key] = json!(value);
    }
}

fn content() -> impl Strategy<Value = (Value, String)> {
    let free = (
        text(),
        any::<Option<bool>>(),
        proptest::option::of((text(), proptest::option::of(text()))),
    );
    let free = free.prop_map(|(body, preview, fallback)| {
        let mut text = Text::new(&body);
        let mut line = json!({"text": body});
        put(&mut line, "preview_url", preview);
        text.preview_url = preview.unwrap_or(false);
        if let Some((name, language)) = &fallback {
            line["fallback"] = json!({"name": name});
            put(&mut line["fallback"], "language", language.as_ref());
            text.fallback = Some(Fallback::new(name, language.as_deref().unwrap_or("en_US")));
        }
        let message = format!("{:?}", Message::Text(text));
        (line, message)
    });
    let button = (any::<bool>(), proptest::option::of(0u8..10), text());
    let list = (
        proptest::collection::vec(parameter(), 0..5),
        proptest::collection::vec(button, 0..4),
    );
    let template = (text(), proptest::option::of(parameter()), list, any::<bool>());
    let template = template.prop_map(|(name, header, (body, buttons), bare)| {
        let mut template = json!({"name": name, "body": [], "buttons": []});
        put(
            &mut template,
            "header",
            header.as_ref().map(|h| parameter_json(h, bare)),
        );
        template["body"] = body.iter().map(|p| parameter_json(p, bare)).collect();
        let mut items = vec![];
        for (url, index, text) in &buttons {
            let mut item = if *url {
                json!({"url": text})
            } else {
                json!({"payload": text})
            };
            put(&mut item, "index", *index);
            items.push(item);
        }
        template["buttons"] = json!(items);
        let header: Vec<_> = header.iter().map(borrowed).collect();
        let body: Vec<_> = body.iter().map(borrowed).collect();
        let buttons: Vec<_> = buttons
            .iter()
            .zip(0u8..)
            .map(|((url, index, text), at)| {
                let index = index.unwrap_or(at);
                if *url {
                    Button::url(index, text)
                } else {
                    Button::quick_reply(index, text)
                }
            })
            .collect();
        let message = Template::new(&name, "en_US")
            .header(&header)
            .body(&body)
            .buttons(&buttons);
        (
            json!({"template": template}),
            format!("{:?}", Message::Template(message)),
        )
    });
    prop_oneof![free, template]
}

/// Makes of some characters the escapes that JSON allows for them.
fn escaped(line: &str, every: usize) -> String {
    let mut out = String::new();
    for (at, c) in line.chars().enumerate() {
        if c.is_ascii() || at % every != 0 {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04X}").unwrap();
            }
        }
    }
    out
}

fn options() -> impl Strategy<Value = (Value, Options)> {
    let priority = proptest::option::of(prop_oneof![
        Just(("low", Priority::Low)),
        Just(("normal", Priority::Normal)),
        Just(("urgent", Priority::Urgent)),
    ]);
    let seconds = || proptest::option::of(1..=u32::MAX);
    (
        priority,
        seconds(),
        seconds(),
        any::<Option<bool>>(),
        any::<Option<bool>>(),
        any::<Option<bool>>(),
        proptest::option::of(("\\PC{0,8}", seconds(), seconds())),
    )
        .prop_map(
            |(priority, expires_in, answer_within, ordered, at_most_once, marketing, merge)| {
                let mut line = json!({});
                put(&mut line, "priority", priority.map(|(word, _)| word));
                put(&mut line, "expires_in", expires_in);
                put(&mut line, "answer_within", answer_within);
                put(&mut line, "ordered", ordered);
                put(&mut line, "at_most_once", at_most_once);
                put(&mut line, "marketing", marketing);
                if let Some((word, hold, damp)) = &merge {
                    put(&mut line, "merge", Some(word));
                    put(&mut line, "hold", *hold);
                    put(&mut line, "damp", *damp);
                }
                let seconds = |s| Duration::from_secs(u64::from(s));
                let options = Options {
                    priority: priority.map_or(Priority::Normal, |(_, priority)| priority),
                    expires_in: expires_in.map_or(Options::default().expires_in, seconds),
                    ordered: ordered.unwrap_or(false),
                    at_most_once: at_most_once.unwrap_or(false),
                    answer_within: answer_within.map(seconds),
                    policy: None,
                    merge: merge.map(|(word, hold, damp)| Merge {
                        key: Merge::key_of(&word),
                        hold: hold.map(seconds).unwrap_or_default(),
                        damp: damp.map(seconds).unwrap_or_default(),
                    }),
                    marketing: marketing.unwrap_or(false),
                };
                (line, options)
            },
        )
}

fn members(line: &Value) -> serde_json::Map<String, Value> {
    line.as_object().unwrap().clone()
}

proptest! {
    #[test]
    fn every_alert_that_is_printed_comes_back_in_pieces_of_any_size(
        alerts in proptest::collection::vec((content(), options(), proptest::option::of("\\PC{0,16}")), 1..4),
        every in 1usize..4,
        piece in 1usize..80,
    ) {
        let mut input = String::new();
        let mut expected = vec![];
        for (((content, message), (options, wanted), reference), number) in alerts.into_iter().zip(1..) {
            let mut line = members(&content);
            line.append(&mut members(&options));
            line.insert("to".to_owned(), json!("+16505551234"));
            line.extend(reference.iter().map(|text| ("ref".to_owned(), json!(text))));
            input += &escaped(&Value::Object(line).to_string(), every);
            input.push('\n');
            let to = Recipient::parse("+16505551234").unwrap();
            expected.push(Said { number, reference, alert: Ok((to, wanted, message)) });
        }
        prop_assert_eq!(read_in::<4096>(input.as_bytes(), piece), expected);
    }

    #[test]
    fn any_bytes_say_the_same_in_pieces_of_any_size(
        input in proptest::collection::vec(any::<u8>(), 0..200),
        piece in 1usize..20,
    ) {
        prop_assert_eq!(read_in::<32>(&input, piece), read_in::<32>(&input, usize::MAX));
    }

    #[test]
    fn a_line_with_faults_says_the_same_in_pieces_of_any_size_and_spoils_no_other(
        tokens in proptest::collection::vec(proptest::sample::select(vec![
            "{", "}", "[", "]", ":", ",", "\"to\"", "\"text\"", "\"template\"", "\"name\"", "\"body\"", "\"buttons\"",
            "\"header\"", "\"ref\"", "\"+16505551234\"", "1", "true", "null", "\"priority\"", "\"fallback\"", "\"index\"",
            "\"group\":\"g\",", "\"text\":\"x\",", "\"template\":{\"name\":\"a\",", "\"body\":[", "\"a longer text than the others\"",
        ]), 0..24),
        piece in 1usize..20,
    ) {
        let good = "{\"to\":\"US.1\",\"text\":\"still here\"}\n";
        let input = format!("{}\n{good}", tokens.concat());
        let lines = read_in::<48>(input.as_bytes(), piece);
        prop_assert_eq!(&lines, &read_in::<48>(input.as_bytes(), usize::MAX));
        let last = lines.last().unwrap();
        prop_assert!(last.number == 2 && last.alert.is_ok(), "{last:?}");
    }
}
