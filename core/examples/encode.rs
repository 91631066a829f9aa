//! Makes the JSON of a template with three parameters, many times, for whoever counts instructions: once by Squab from
//! its stored form, once by `serde_json` from equal structs.
//!
//! `cargo run --release --package squab-core --example encode -- wire|store|serde_json TIMES`, under
//! `valgrind --tool=callgrind`; the difference of two runs, divided by that of their times, is what one body costs.

use serde::Serialize;
use squab_core::json::Sink;
use squab_core::message::limits::Reading;
use squab_core::message::{Form, Stored, Template, encode};
use squab_core::recipient::Recipient;
use squab_core::record::Writer;
use std::hint::black_box;

/// What both have to write.
const BODY: &str = r#"{"messaging_product":"whatsapp","recipient_type":"individual","to":"+16505551234","type":"template","template":{"name":"water_alarm","language":{"code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"Cold store 3"},{"type":"text","text":"14:05"},{"type":"text","text":"+9.2 °C"}]}]},"biz_opaque_callback_data":"squab-000000c3-0000000100000001.1"}"#;
const CALLBACK: &str = "squab-000000c3-0000000100000001.1";

/// A buffer of the program's.
struct Bytes(Vec<u8>);

impl Sink for Bytes {
    type Error = std::convert::Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

#[derive(Serialize)]
struct Message<'a> {
    messaging_product: &'a str,
    recipient_type: &'a str,
    to: &'a str,
    r#type: &'a str,
    template: TemplateBody<'a>,
    biz_opaque_callback_data: &'a str,
}

#[derive(Serialize)]
struct TemplateBody<'a> {
    name: &'a str,
    language: Language<'a>,
    components: &'a [Component<'a>],
}

#[derive(Serialize)]
struct Language<'a> {
    code: &'a str,
}

#[derive(Serialize)]
struct Component<'a> {
    r#type: &'a str,
    parameters: &'a [TextParameter<'a>],
}

#[derive(Serialize)]
struct TextParameter<'a> {
    r#type: &'a str,
    text: &'a str,
}

fn main() {
    let mut args = std::env::args().skip(1);
    let (who, times) = (args.next().unwrap_or_default(), args.next());
    let times: usize = times.and_then(|n| n.parse().ok()).unwrap_or(1);

    let parameters = ["Cold store 3".into(), "14:05".into(), "+9.2 °C".into()];
    let template = Template::new("water_alarm", "en_US").body(&parameters);
    let to = Recipient::parse("+16505551234").expect("a number");
    let mut buf = [0; 512];
    let mut store = || {
        let mut writer = Writer::new(&mut buf);
        encode(black_box(&template), &to, Reading::Strict, &mut writer).expect("it is valid and fits");
        writer.len()
    };
    let len = store();

    let mut out = Bytes(Vec::with_capacity(512));
    match who.as_str() {
        "store" => {
            for _ in 0..times {
                black_box(store());
            }
            return;
        }
        "serde_json" => {
            let texts =
                ["Cold store 3", "14:05", "+9.2 °C"].map(|text| TextParameter { r#type: "text", text });
            let components = [Component {
                r#type: "body",
                parameters: &texts,
            }];
            let message = Message {
                messaging_product: "whatsapp",
                recipient_type: "individual",
                to: "+16505551234",
                r#type: "template",
                template: TemplateBody {
                    name: "water_alarm",
                    language: Language { code: "en_US" },
                    components: &components,
                },
                biz_opaque_callback_data: CALLBACK,
            };
            for _ in 0..times {
                out.0.clear();
                serde_json::to_writer(&mut out.0, black_box(&message)).expect("a Vec takes everything");
            }
        }
        _ => {
            for _ in 0..times {
                out.0.clear();
                let stored = Stored::new(black_box(&buf[..len]));
                let wire = stored.wire(Form::Primary, CALLBACK).expect("it is whole");
                let Ok(()) = wire.write_body(&mut out);
            }
        }
    }
    assert_eq!(String::from_utf8_lossy(&out.0), BODY);
}
