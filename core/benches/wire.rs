//! One case of the wire, repeated: `wire CASE COUNT FILE`. `cargo xtask bench core` counts the instructions of it, and of
//! peers that do the same work; nothing is timed here.
//!
//! The peer is `serde_json`: the webhook as structs of borrowed `Cow`s with the same fields, the template as structs.

use serde::{Deserialize, Serialize};
use squab_core::message::limits::Reading;
use squab_core::message::{Form, Parameter, Stored, Template, encode};
use squab_core::recipient::Recipient;
use squab_core::record::Writer;
use squab_core::webhook::{Body, Check, Filter, RECORD_MAX, Receiver, Update};
use std::borrow::Cow;
use std::hint::black_box;
use std::process::ExitCode;

const WORDS: [&str; 3] = ["Cold store 3", "+9.2 °C", "14:05"];
const CALLBACK: &str = "squab-000000c3-0000000100000001.1";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    // `cargo test --benches` and `cargo bench` call it without a case: each once, to see that it works.
    let (cases, count, file) = match &words[1..] {
        [case, count, file] if !case.starts_with('-') => {
            (vec![case.as_str()], count.parse().expect("a count"), file.clone())
        }
        _ => (
            CASES.iter().map(|(name, _)| *name).collect(),
            1,
            concat!(env!("CARGO_MANIFEST_DIR"), "/benches/text.json").to_owned(),
        ),
    };
    let webhook = std::fs::read(file).expect("a webhook");
    let template = Encoded::new();
    for case in cases {
        let Some((_, work)) = CASES.iter().find(|(name, _)| *name == case) else {
            eprintln!("no such case: {case}");
            return ExitCode::FAILURE;
        };
        for _ in 0..count {
            work(black_box(&webhook), black_box(&template));
        }
    }
    ExitCode::SUCCESS
}

type Work = fn(&[u8], &Encoded);

const CASES: &[(&str, Work)] = &[
    ("webhook-squab-whole", |webhook, _| {
        receive(webhook, webhook.len());
    }),
    ("webhook-squab-64", |webhook, _| receive(webhook, 64)),
    ("webhook-squab-1", |webhook, _| receive(webhook, 1)),
    ("webhook-serde", |webhook, _| parse(webhook)),
    ("template-squab", |_, template| template.write()),
    ("template-serde", |_, _| serialize()),
];

fn receive(webhook: &[u8], piece: usize) {
    let filter = Filter {
        phone_number_id: Some("106540352242922"),
        callback_prefix: "squab-000000c3-",
    };
    let mut receiver = Receiver::<{ 2 * RECORD_MAX }>::new(Check::dangerous_unchecked(), filter, 0);
    for piece in webhook.chunks(piece) {
        receiver.push(piece).expect("a webhook of ordinary size");
    }
    let batch = receiver.finish().expect("JSON");
    let mut messages = 0;
    for item in &batch {
        if let Update::Message(message) = black_box(item.update) {
            assert!(matches!(message.body, Body::Text(_)) && message.name.is_some());
            messages += 1;
        }
    }
    assert_eq!(messages, 1);
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    entry: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    changes: Vec<Change<'a>>,
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    field: Cow<'a, str>,
    #[serde(borrow)]
    value: Value<'a>,
}

#[derive(Deserialize)]
struct Value<'a> {
    #[serde(borrow)]
    metadata: Metadata<'a>,
    #[serde(borrow, default)]
    contacts: Vec<Contact<'a>>,
    #[serde(borrow, default)]
    messages: Vec<Inbound<'a>>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    phone_number_id: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Contact<'a> {
    #[serde(borrow)]
    profile: Option<Profile<'a>>,
    #[serde(borrow)]
    wa_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    user_id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Profile<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Inbound<'a> {
    #[serde(borrow)]
    from: Option<Cow<'a, str>>,
    #[serde(borrow)]
    from_user_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    text: Option<TextBody<'a>>,
}

#[derive(Deserialize)]
struct TextBody<'a> {
    #[serde(borrow)]
    body: Cow<'a, str>,
}

fn parse(webhook: &[u8]) {
    let envelope: Envelope<'_> = serde_json::from_slice(webhook).expect("a webhook");
    let value = &black_box(&envelope).entry[0].changes[0].value;
    let (contact, message) = (&value.contacts[0], &value.messages[0]);
    assert!(
        envelope.entry[0].changes[0].field == "messages"
            && value.metadata.phone_number_id == "106540352242922"
    );
    black_box((
        &contact.wa_id,
        &contact.user_id,
        contact.profile.as_ref().map(|p| &p.name),
    ));
    black_box((
        &message.from,
        &message.from_user_id,
        &message.id,
        &message.timestamp,
        &message.kind,
    ));
    black_box(message.text.as_ref().map(|text| &text.body));
}

/// A template in its stored form, as the outbox has it.
struct Encoded {
    record: [u8; 256],
    len: usize,
}

impl Encoded {
    fn new() -> Self {
        let to = Recipient::parse("+16505551234").expect("a number");
        let body = WORDS.map(Parameter::new);
        let mut record = [0; 256];
        let mut writer = Writer::new(&mut record);
        let template = Template::new("squab_alert", "en_US").body(&body);
        encode(&template, &to, Reading::Strict, &mut writer).expect("a template");
        let len = writer.len();
        Self { record, len }
    }

    fn write(&self) {
        let stored = Stored::new(&self.record[..self.len]);
        let wire = stored.wire(Form::Primary, CALLBACK).expect("whole");
        let mut out = [0; 1024];
        let len = wire.read_body(0, &mut out);
        assert!(len > 300);
        black_box(&out);
    }
}

#[derive(Serialize)]
struct Send<'a> {
    messaging_product: &'a str,
    recipient_type: &'a str,
    to: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    template: SentTemplate<'a>,
    biz_opaque_callback_data: &'a str,
}

#[derive(Serialize)]
struct SentTemplate<'a> {
    name: &'a str,
    language: Language<'a>,
    components: [Component<'a>; 1],
}

#[derive(Serialize)]
struct Language<'a> {
    code: &'a str,
}

#[derive(Serialize)]
struct Component<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    parameters: [SentParameter<'a>; 3],
}

#[derive(Serialize)]
struct SentParameter<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    text: &'a str,
}

/// Into a slice on the stack, as the core's, so that no allocation is held against it.
fn serialize() {
    let words = black_box(WORDS);
    let request = Send {
        messaging_product: "whatsapp",
        recipient_type: "individual",
        to: black_box("+16505551234"),
        kind: "template",
        template: SentTemplate {
            name: black_box("squab_alert"),
            language: Language {
                code: black_box("en_US"),
            },
            components: [Component {
                kind: "body",
                parameters: words.map(|text| SentParameter { kind: "text", text }),
            }],
        },
        biz_opaque_callback_data: black_box(CALLBACK),
    };
    let out = serde_json::to_vec(&request).expect("room");
    assert!(out.len() > 300);
    black_box(&out);
}
