//! What the instruction set makes of a webhook's bytes: the tokenizer alone, the signature's HMAC beside it, and both
//! with the typed events, as `cargo xtask bench core` prints them.

use crate::machine::{counted, stack_of};
use core::hint::black_box;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use squab_core::json::{Handler, Token, Tokenizer};
use squab_core::message::limits::Reading;
use squab_core::message::{Form, Parameter, Stored, Template, encode};
use squab_core::recipient::Recipient;
use squab_core::record::Writer;
use squab_core::webhook::{Check, Filter, RECORD_MAX, Receiver};

const TEXT: &[u8] = include_bytes!("../../../core/benches/text.json");
const BATCH: &[u8] = include_bytes!("../../../core/benches/batch.json");

/// Counts what it is handed.
struct Count(usize);

impl Handler for Count {
    fn token(&mut self, token: Token<'_>) {
        black_box(&token);
        self.0 += 1;
    }
}

pub fn print() -> Option<()> {
    (TEXT.len() == 576 && BATCH.len() == 4096).then_some(())?;
    counted("tokenizer, 576 bytes", || tokens(TEXT))?;
    counted("tokenizer, 4096 bytes", || tokens(BATCH))?;
    counted("HMAC-SHA256, 576 bytes", || hmac(TEXT))?;
    counted("HMAC-SHA256, 4096 bytes", || hmac(BATCH))?;
    counted("typed events, 576 bytes", || events(TEXT))?;
    let to = Recipient::parse("+16505551234").ok()?;
    let body = ["Cold store 3", "+9.2 °C", "14:05"].map(Parameter::new);
    let template = Template::new("squab_alert", "en_US").body(&body);
    let mut record = [0; 256];
    let mut writer = Writer::new(&mut record);
    encode(&template, &to, Reading::Strict, &mut writer).ok()?;
    let len = writer.len();
    let stored = Stored::new(record.get(..len)?);
    counted("template with three parameters to JSON", || {
        let wire = stored.wire(Form::Primary, "squab-000000c3-0000000100000001.1")?;
        (wire.read_body(0, &mut [0; 1024]) > 300).then_some(())
    })
}

/// A webhook of a thousand updates, of which eight concern this device, takes the stack that one of a single update does;
/// there is no other memory, since this program has no heap.
pub fn memory() -> Option<()> {
    let (one, taken) = stack_of("a webhook of one update", || batch(1, 1));
    (taken? == 1).then_some(())?;
    let (thousand, taken) = stack_of("a webhook of 1,000 updates, 8 of them ours", || batch(1000, 8));
    (taken? == 8).then_some(())?;
    (thousand == one).then_some(())
}

/// Makes a webhook of so many statuses piece by piece, spread evenly `ours` among them, and reads it; tells how many came.
#[inline(never)]
fn batch(updates: u32, ours: u32) -> Option<usize> {
    let mut receiver = Receiver::<{ 4 * RECORD_MAX }>::new(Check::dangerous_unchecked(), FILTER, 0);
    receiver.push(HEAD).ok()?;
    for number in 0..updates {
        if number > 0 {
            receiver.push(b",").ok()?;
        }
        receiver.push(black_box(STATUS)).ok()?;
        let device: &[u8] = if number % (updates / ours) == 0 {
            b"c3"
        } else {
            b"c4"
        };
        receiver.push(device).ok()?;
        receiver.push(b"-0000000100000001.1\"}").ok()?;
    }
    receiver.push(b"]}}]}]}").ok()?;
    let batch = receiver.finish().ok()?;
    batch.next_index().is_none().then(|| batch.iter().count())
}

const HEAD: &[u8] = br#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"phone_number_id":"106540352242922"},"statuses":["#;
const STATUS: &[u8] = br#"{"id":"wamid.HBgLMTY1MDU1NTEyMzQ","status":"delivered","timestamp":"1795384800","recipient_id":"16505551234","biz_opaque_callback_data":"squab-000000"#;
const FILTER: Filter<'static> = Filter {
    phone_number_id: Some("106540352242922"),
    callback_prefix: "squab-000000c3-",
};

fn tokens(body: &[u8]) -> Option<()> {
    let (mut tokenizer, mut count) = (Tokenizer::new(), Count(0));
    tokenizer.push(black_box(body), &mut count).ok()?;
    tokenizer.finish(&mut count).ok()?;
    (count.0 > 10).then_some(())
}

fn hmac(body: &[u8]) -> Option<()> {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"0123456789abcdef0123456789abcdef").ok()?;
    mac.update(black_box(body));
    black_box(mac.finalize());
    Some(())
}

fn events(body: &[u8]) -> Option<()> {
    let mut receiver = Receiver::<RECORD_MAX>::new(Check::dangerous_unchecked(), FILTER, 0);
    receiver.push(black_box(body)).ok()?;
    let batch = receiver.finish().ok()?;
    (batch.iter().filter(|item| item.index.is_some()).count() == 1).then_some(())
}
