//! One case of the wire, repeated: `wire CASE COUNT FILE`. `cargo xtask bench core` counts the instructions of it, and of
//! peers that do the same work; nothing is timed here.
//!
//! The peer is `serde_json`: the webhook as structs of borrowed `Cow`s, once with every member that the core reads, since
//! any may come, and once with those of a text alone; the template as structs.

#[path = "wire/read.rs"]
mod read;
#[path = "wire/read_text.rs"]
mod read_text;

use serde::Serialize;
use squab_core::message::limits::Reading;
use squab_core::message::{Form, Parameter, Stored, Template, encode};
use squab_core::recipient::Recipient;
use squab_core::record::Writer;
use squab_core::webhook::{Body, Check, Filter, RECORD_MAX, Receiver, Update};
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
    let mut device = Device::new(Check::dangerous_unchecked(), FILTER, 0);
    for case in cases {
        let Some((_, work)) = CASES.iter().find(|(name, _)| *name == case) else {
            eprintln!("no such case: {case}");
            return ExitCode::FAILURE;
        };
        for _ in 0..count {
            work(&mut device, black_box(&webhook), black_box(&template));
        }
    }
    ExitCode::SUCCESS
}

type Work = fn(&mut Device, &[u8], &Encoded);

const CASES: &[(&str, Work)] = &[
    ("webhook-squab-whole", |device, webhook, _| {
        receive(device, webhook, webhook.len());
    }),
    ("webhook-squab-64", |device, webhook, _| {
        receive(device, webhook, 64);
    }),
    ("webhook-squab-1", |device, webhook, _| {
        receive(device, webhook, 1);
    }),
    ("webhook-serde", |_, webhook, _| parse(webhook)),
    ("webhook-serde-text", |_, webhook, _| parse_text(webhook)),
    ("template-squab", |_, _, template| template.write()),
    ("template-serde", |_, _, _| serialize()),
];

const FILTER: Filter<'static> = Filter {
    phone_number_id: Some("106540352242922"),
    callback_prefix: "squab-000000c3-",
};

/// A device has one receiver, and takes one body after the other with it.
type Device = Receiver<'static, { 2 * RECORD_MAX }>;

fn receive(receiver: &mut Device, webhook: &[u8], piece: usize) {
    receiver.restart(Check::dangerous_unchecked(), FILTER, 0);
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

/// Every member that the core reads, since nobody knows before what comes.
fn parse(webhook: &[u8]) {
    let webhook: read::Webhook<'_> = serde_json::from_slice(webhook).expect("a webhook");
    let change = webhook.entry.first().and_then(|entry| entry.changes.first());
    let message = change.and_then(|change| change.value.messages.first());
    black_box(message.expect("its message").timestamp.parse::<u64>().ok());
    black_box(&webhook);
}

/// The members of a text, for one who knows that nothing else comes.
fn parse_text(webhook: &[u8]) {
    let webhook: read_text::Webhook<'_> = serde_json::from_slice(webhook).expect("a webhook");
    let change = webhook.entry.first().and_then(|entry| entry.changes.first());
    let message = change.and_then(|change| change.value.messages.first());
    black_box(message.expect("its message").timestamp.parse::<u64>().ok());
    black_box(&webhook);
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
