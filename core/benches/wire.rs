//! What reading and writing cost in instructions, beside `serde_json` doing the same.
//!
//! `wire CASE N` does a case `N` times and prints nothing: run it twice under callgrind with different `N`, and the
//! difference is the case itself. The webhook has 576 bytes, as Meta writes them, with a text as its message.
//! `webhook-serde` reads the members that the core reads, unescaped, of any kind of update, since nobody knows before what
//! comes; `webhook-serde-text` those of a text alone.

#[path = "wire/read.rs"]
mod read;
#[path = "wire/read_text.rs"]
mod read_text;

use serde::Serialize;
use squab_core::json::{Handler, Sink, Token, Tokenizer, to_sink};
use squab_core::message::{Form, Message, Parameter, Stored, Template, encode};
use squab_core::recipient::Recipient;
use squab_core::record::Writer;
use squab_core::webhook::{Check, Filter, RECORD_MAX, Receiver, Update};
use std::hint::black_box;
use std::process::ExitCode;

const WEBHOOK: &str = concat!(
    r#"{"object":"whatsapp_business_account","entry":[{"id":"419500000000001","changes":[{"value":{"#,
    r#""messaging_product":"whatsapp","metadata":{"display_phone_number":"15550000001","#,
    r#""phone_number_id":"106000000000001"},"contacts":[{"profile":{"name":"J\u00f6rg Weber"},"#,
    r#""wa_id":"4915550000001","user_id":"DE.13491208655302741918"}],"messages":[{"from":"4915550000001","#,
    r#""from_user_id":"DE.13491208655302741918","id":"wamid.HBgNNDkxNTU1MDAwMDAwMRUCABIYFDNBMDAwMDA9=","#,
    r#""timestamp":"1800000001","type":"text","text":{"body":"The pump in the cellar runs again, and "}}]},"#,
    r#""field":"messages"}]}]}"#
);

const FILTER: Filter<'static> = Filter {
    phone_number_id: Some("106000000000001"),
    callback_prefix: "cellar/",
};

/// A device has one receiver, and takes one body after the other with it.
fn receiver() -> Box<Receiver<'static, { 2 * RECORD_MAX }>> {
    Box::new(Receiver::new(Check::dangerous_unchecked(), FILTER, 0))
}

fn webhook_squab(receiver: &mut Receiver<'static, { 2 * RECORD_MAX }>, piece: usize) {
    receiver.restart(Check::dangerous_unchecked(), FILTER, 0);
    for piece in black_box(WEBHOOK).as_bytes().chunks(piece) {
        receiver.push(piece).expect("a webhook");
    }
    let batch = receiver.finish().expect("a webhook");
    let mut messages = 0;
    for item in &batch {
        if let Update::Message(message) = &item.update {
            black_box(message);
            messages += 1;
        }
    }
    assert_eq!(messages, 1, "the message of the webhook");
}

fn webhook_serde() {
    let webhook: read::Webhook<'_> = serde_json::from_str(black_box(WEBHOOK)).expect("a webhook");
    let change = webhook.entry.first().and_then(|entry| entry.changes.first());
    let message = change.and_then(|change| change.value.messages.first());
    let message = message.expect("the message of the webhook");
    black_box(message.timestamp.parse::<u64>().ok());
    black_box(&webhook);
}

fn webhook_serde_text() {
    let webhook: read_text::Webhook<'_> = serde_json::from_str(black_box(WEBHOOK)).expect("a webhook");
    let change = webhook.entry.first().and_then(|entry| entry.changes.first());
    let message = change.and_then(|change| change.value.messages.first());
    let message = message.expect("the message of the webhook");
    black_box(message.timestamp.parse::<u64>().ok());
    black_box(&webhook);
}

/// Takes tokens and does nothing with them.
struct Nothing;

impl Handler for Nothing {
    fn token(&mut self, token: Token<'_>) {
        black_box(token);
    }
}

fn tokens(piece: usize) {
    let mut tokenizer = Tokenizer::new();
    for piece in black_box(WEBHOOK).as_bytes().chunks(piece) {
        tokenizer.push(piece, &mut Nothing).expect("a webhook");
    }
    tokenizer.finish(&mut Nothing).expect("a webhook");
}

const PARAMETERS: [&str; 3] = ["cellar", "17 °C", "2027-01-15 08:00"];

/// A buffer as a device has one.
struct Buffer {
    bytes: [u8; 1024],
    len: usize,
}

impl Sink for Buffer {
    type Error = ();

    fn write(&mut self, bytes: &[u8]) -> Result<(), ()> {
        let end = self.len + bytes.len();
        self.bytes
            .get_mut(self.len..end)
            .ok_or(())?
            .copy_from_slice(bytes);
        self.len = end;
        Ok(())
    }
}

fn template_squab(stored: &[u8]) {
    let mut buffer = Buffer {
        bytes: [0; 1024],
        len: 0,
    };
    let wire = Stored::new(black_box(stored)).wire(Form::Primary, "cellar/1/1");
    to_sink(&wire.expect("a template"), &mut buffer).expect("room");
    black_box(&buffer.bytes[..buffer.len]);
}

/// The template's record, as the client stores it at `submit`.
fn template() -> Vec<u8> {
    let parameters = PARAMETERS.map(Parameter::new);
    let template = Template::new("pump_alarm", "en_US").body(&parameters);
    let to = Recipient::parse("+4915550000001").expect("a number");
    let mut buffer = [0; 1024];
    let mut writer = Writer::new(&mut buffer);
    encode(&Message::Template(template), &to, &mut writer).expect("room");
    let len = writer.len();
    buffer[..len].to_vec()
}

/// The same body of serde.
mod write {
    use super::Serialize;

    #[derive(Serialize)]
    pub(super) struct Request<'a> {
        pub(super) messaging_product: &'a str,
        pub(super) recipient_type: &'a str,
        pub(super) to: &'a str,
        #[serde(rename = "type")]
        pub(super) kind: &'a str,
        pub(super) template: Template<'a>,
        pub(super) biz_opaque_callback_data: &'a str,
    }

    #[derive(Serialize)]
    pub(super) struct Template<'a> {
        pub(super) name: &'a str,
        pub(super) language: Language<'a>,
        pub(super) components: Vec<Component<'a>>,
    }

    #[derive(Serialize)]
    pub(super) struct Language<'a> {
        pub(super) code: &'a str,
    }

    #[derive(Serialize)]
    pub(super) struct Component<'a> {
        #[serde(rename = "type")]
        pub(super) kind: &'a str,
        pub(super) parameters: Vec<Parameter<'a>>,
    }

    #[derive(Serialize)]
    pub(super) struct Parameter<'a> {
        #[serde(rename = "type")]
        pub(super) kind: &'a str,
        pub(super) text: &'a str,
    }
}

fn template_serde() {
    let parameters = black_box(PARAMETERS).map(|text| write::Parameter { kind: "text", text });
    let request = write::Request {
        messaging_product: "whatsapp",
        recipient_type: "individual",
        to: "+4915550000001",
        kind: "template",
        template: write::Template {
            name: "pump_alarm",
            language: write::Language { code: "en_US" },
            components: vec![write::Component {
                kind: "body",
                parameters: parameters.into(),
            }],
        },
        biz_opaque_callback_data: "cellar/1/1",
    };
    black_box(serde_json::to_vec(&request).expect("a template"));
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().filter(|a| a != "--bench").collect();
    let case = arguments.get(1).map_or("", String::as_str);
    let times = arguments.get(2).and_then(|n| n.parse().ok()).unwrap_or(1u32);
    assert_eq!(
        WEBHOOK.len(),
        576,
        "the webhook's size is part of what is measured"
    );
    let stored = template();
    let mut receiver = receiver();
    for _ in 0..times {
        match case {
            "webhook-squab-whole" => webhook_squab(&mut receiver, usize::MAX),
            "webhook-squab-64" => webhook_squab(&mut receiver, 64),
            "webhook-squab-1" => webhook_squab(&mut receiver, 1),
            "webhook-serde" => webhook_serde(),
            "webhook-serde-text" => webhook_serde_text(),
            "tokens-squab-whole" => tokens(usize::MAX),
            "template-squab" => template_squab(&stored),
            "template-serde" => template_serde(),
            // As `cargo bench` and `cargo test --benches` call it: each case once.
            "" => {
                webhook_squab(&mut receiver, usize::MAX);
                webhook_squab(&mut receiver, 1);
                webhook_serde();
                webhook_serde_text();
                tokens(64);
                template_squab(&stored);
                template_serde();
            }
            _ => return ExitCode::FAILURE,
        }
    }
    ExitCode::SUCCESS
}
