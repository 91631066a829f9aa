//! A message made of anything: what the core takes is written as JSON that `serde_json` reads, with the texts that went
//! in, its length is known beforehand, and any cut of it is a part of the whole. What it refuses names a limit.
#![no_main]

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use squab_core::message::limits::Reading;
use squab_core::message::{
    Button, Content, Document, EncodeError, Fallback, Form, Image, List, Parameter, Raw, Reaction,
    ReplyButton, ReplyButtons, Row, Section, Source, Stored, Tagged, Template, Text, encode,
};
use squab_core::recipient::Recipient;
use squab_core::record::Writer;

#[derive(Arbitrary, Debug)]
enum Kind<'a> {
    Text {
        body: &'a str,
        preview: bool,
        fallback: Option<&'a str>,
    },
    Template {
        name: &'a str,
        body: Vec<&'a str>,
        payload: &'a str,
    },
    Image {
        source: &'a str,
        caption: Option<&'a str>,
    },
    Document {
        id: &'a str,
        filename: &'a str,
    },
    Reaction {
        id: &'a str,
        emoji: &'a str,
    },
    Buttons {
        body: &'a str,
        footer: Option<&'a str>,
        buttons: Vec<(&'a str, &'a str)>,
    },
    List {
        body: &'a str,
        button: &'a str,
        rows: Vec<(&'a str, &'a str)>,
    },
    Raw {
        json: &'a str,
    },
}

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    kind: Kind<'a>,
    tag: &'a str,
    cut: u16,
}

/// Encodes, and holds the JSON against itself and against what went in.
fn check(content: &dyn Content, input: &Input<'_>, texts: &[(&str, &str)]) {
    let to = Recipient::parse("+16505551234").expect("a number");
    let mut room = vec![0; 128 * 1024];
    let mut writer = Writer::new(&mut room);
    match encode(content, &to, Reading::Strict, &mut writer) {
        Ok(()) => {}
        Err(EncodeError::Invalid(why)) => {
            assert!(!why.to_string().is_empty());
            assert_eq!(writer.len(), 0, "what is refused leaves no trace");
            return;
        }
        Err(EncodeError::Full) => panic!("no message is that long"),
    }
    let len = writer.len();
    let stored = Stored::new(&room[..len]);
    let wire = stored
        .wire(Form::Primary, "squab-1")
        .expect("what was encoded can be sent");
    let mut body = vec![0; wire.body_len()];
    assert_eq!(wire.read_body(0, &mut body), body.len());
    let cut = usize::from(input.cut) % (body.len() + 1);
    let mut tail = vec![0; body.len() - cut];
    assert_eq!(wire.read_body(cut, &mut tail), tail.len());
    assert_eq!(tail, body[cut..]);
    let json: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(json["to"], "+16505551234");
    for (pointer, text) in texts {
        let found = json.pointer(pointer).and_then(Value::as_str);
        assert_eq!(found, Some(*text), "{pointer} of {json}");
    }
    if stored.has_fallback() {
        let wire = stored.wire(Form::Fallback, "").expect("it has a fallback");
        let mut body = vec![0; wire.body_len()];
        wire.read_body(0, &mut body);
        let json: Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(json["type"], "template");
    }
}

fuzz_target!(|input: Input<'_>| {
    match &input.kind {
        Kind::Text {
            body,
            preview,
            fallback,
        } => {
            let mut text = Text::new(body).preview_url(*preview);
            if let Some(name) = fallback {
                text = text.fallback(Fallback::new(name, "en_US"));
            }
            check(&text, &input, &[("/text/body", body)]);
            if !input.tag.is_empty() {
                let tagged = format!("squab-1 {}", input.tag);
                let texts = [("/text/body", *body), ("/biz_opaque_callback_data", &*tagged)];
                check(&Tagged::new(input.tag, &text), &input, &texts);
            }
        }
        Kind::Template { name, body, payload } => {
            let body: Vec<_> = body.iter().copied().map(Parameter::new).collect();
            let buttons = [Button::quick_reply(0, payload)];
            let template = Template::new(name, "en_US").body(&body).buttons(&buttons);
            check(&template, &input, &[("/template/name", name)]);
        }
        Kind::Image { source, caption } => {
            let mut image = Image::new(Source::Link(source));
            if let Some(caption) = caption {
                image = image.caption(caption);
            }
            check(&image, &input, &[("/image/link", source)]);
        }
        Kind::Document { id, filename } => {
            let document = Document::new(Source::Id(id)).filename(filename);
            check(
                &document,
                &input,
                &[("/document/id", id), ("/document/filename", filename)],
            );
        }
        Kind::Reaction { id, emoji } => {
            check(
                &Reaction::new(id, emoji),
                &input,
                &[("/reaction/message_id", id), ("/reaction/emoji", emoji)],
            );
        }
        Kind::Buttons {
            body,
            footer,
            buttons,
        } => {
            let buttons: Vec<_> = buttons
                .iter()
                .map(|(id, title)| ReplyButton::new(id, title))
                .collect();
            let mut message = ReplyButtons::new(body, &buttons);
            if let Some(footer) = footer {
                message = message.footer(footer);
            }
            check(&message, &input, &[("/interactive/body/text", body)]);
        }
        Kind::List { body, button, rows } => {
            let rows: Vec<_> = rows.iter().map(|(id, title)| Row::new(id, title)).collect();
            let sections = [Section::new("Rows", &rows)];
            let list = List::new(body, button, &sections);
            check(&list, &input, &[("/interactive/action/button", button)]);
        }
        // serde_json refuses half a surrogate pair and a number beyond f64; the grammar allows both.
        Kind::Raw { json } if serde_json::from_str::<Value>(json).is_ok() => {
            check(&Raw::new(json), &input, &[])
        }
        Kind::Raw { .. } => {}
    }
});
