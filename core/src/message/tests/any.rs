//! Messages of every kind, at random. The oracle is the JSON: it is made first, the message is made from it, and what is
//! sent for the message, read by `serde_json`, has to be it again.

use super::super::*;
use super::build::{raw_json, sent, typed};
use super::random::body;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::boxed::Box;
use std::string::String;
use std::vec::Vec;

/// `PROPTEST_CASES` where it is set, else 1,000.
fn cases() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    ProptestConfig::with_cases(cases.unwrap_or(1_000))
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_message_is_sent_as_the_json_that_it_was_made_from(body in body(), as_raw in prop::bool::weighted(0.1)) {
        let raw = raw_json(&body);
        let message = if as_raw && body["type"] != "reaction" { Raw::new(&raw).into() } else { typed(&body).unwrap() };
        let text = sent(&body, &message, Reading::Strict);
        let found: Json = serde_json::from_slice(&text)
            .map_err(|why| TestCaseError::fail(std::format!("{why}: {}", String::from_utf8_lossy(&text))))?;
        prop_assert_eq!(found, body);
    }

    #[test]
    fn a_body_read_from_any_offset_is_that_part_of_it(body in body(), offset in any::<prop::sample::Index>(), size in 0usize..200) {
        let mut buf = std::vec![0; 70_000];
        let mut writer = Writer::new(&mut buf);
        encode(&typed(&body).unwrap(), &super::phone(), Reading::Strict, &mut writer).unwrap();
        let len = writer.len();
        let wire = Stored::new(&buf[..len]).wire(Form::Primary, "c").unwrap();
        let mut whole = Vec::new();
        wire.write_body(&mut whole).unwrap();
        prop_assert_eq!(wire.body_len(), whole.len());
        let offset = offset.index(whole.len() + 2);
        let mut out = std::vec![0xEE; size];
        let read = wire.read_body(offset, &mut out);
        let want = whole.get(offset..).unwrap_or_default();
        prop_assert_eq!(&out[..read], &want[..want.len().min(size)]);
    }

    #[test]
    fn damaged_bytes_of_any_kind_are_walked_without_harm(
        body in body(),
        (flips, cut) in (prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), any::<prop::sample::Index>()),
    ) {
        let mut buf = std::vec![0; 70_000];
        let mut writer = Writer::new(&mut buf);
        let message = typed(&body).unwrap();
        encode(&message, &super::phone(), Reading::Strict, &mut writer).unwrap();
        let len = writer.len();
        buf.truncate(len);
        for (at, flip) in flips {
            buf[at.index(len)] ^= flip;
        }
        buf.truncate(cut.index(2 * len));
        let view = Stored::new(&buf);
        let _ = (view.recipient(), view.kind(), view.text(), view.has_fallback(), view.template_name());
        let _ = (view.is_to(&super::phone()), view.quick_reply_payloads().count());
        for form in [Form::Primary, Form::Fallback] {
            if let Some(wire) = view.wire(form, "c") {
                let mut out = Vec::new();
                let Ok(()) = wire.write_body(&mut out);
                prop_assert_eq!(wire.body_len(), out.len());
            }
        }
    }
}

#[test]
fn each_answer_that_a_tap_brings_back_is_found_in_the_stored_message() {
    for (body, answers) in [
        (
            json!({"type": "interactive", "interactive": {"type": "button", "body": {"text": "b"}, "action": {"buttons": [
                {"reply": {"id": "on-it", "title": "A"}}, {"reply": {"id": "later", "title": "B"}}]}}}),
            &["on-it", "later"][..],
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "list", "body": {"text": "b"}, "action": {"button": "b",
                "sections": [{"title": "x", "rows": [{"id": "1", "title": "A"}]}, {"title": "y", "rows": [{"id": "2", "title": "B"}]}]}}}),
            &["1", "2"],
        ),
        (json!({"type": "image", "image": {"id": "7"}}), &[]),
    ] {
        let body = Box::leak(Box::new(body));
        let bytes = super::stored(&typed(body).unwrap(), &super::phone());
        let found: Vec<_> = Stored::new(&bytes).quick_reply_payloads().collect();
        assert_eq!(found, answers);
    }
}
