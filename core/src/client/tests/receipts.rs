//! Read receipts go out when nothing else can, and never stand in a message's way.

use super::bench::{Bench, Next, with_inbound};
use crate::client::{Lost, Options, RequestId};
use crate::message::{Field, Invalid};
use crate::recipient::Recipient;
use serde_json::json;

const ADA: &str = "+4930901820";
const BEN: &str = "+4930901821";

fn mark(bench: &mut Bench, from: &str, id: &str) {
    let (now, from) = (bench.at(), Recipient::parse(from).unwrap());
    bench.client.mark_read(now, &from, id, true).unwrap();
}

#[track_caller]
fn receipt(bench: &mut Bench, message_id: &str) -> RequestId {
    let Next::Receipt(id, body) = bench.poll() else {
        panic!("a receipt was expected");
    };
    assert_eq!(
        body,
        json!({"messaging_product": "whatsapp", "status": "read", "message_id": message_id,
            "typing_indicator": {"type": "text"}})
    );
    id
}

fn done(bench: &mut Bench, id: RequestId) {
    let now = bench.at();
    bench.client.on_reply(id, 200);
    bench.client.on_reply_body(id, br#"{"success":true}"#);
    bench.client.on_reply_end(now, id);
}

#[test]
fn a_message_is_marked_as_read_once_and_nothing_is_told_of_it() {
    let mut bench: Bench = Bench::new(with_inbound());
    mark(&mut bench, ADA, "wamid.A");
    mark(&mut bench, BEN, "wamid.B");
    for message_id in ["wamid.A", "wamid.B"] {
        let id = receipt(&mut bench, message_id);
        assert_eq!(bench.client.request(id).unwrap().ticket(), None);
        assert_eq!(bench.poll(), Next::Idle, "one request at a time");
        done(&mut bench, id);
    }
    assert_eq!(bench.poll(), Next::Idle);
    assert_eq!(bench.client.next_event(), None);
    assert_eq!(bench.client.in_flight(), 0);
}

#[test]
fn a_message_goes_first_and_drops_the_receipt_for_its_user_but_no_others() {
    let mut bench: Bench = Bench::new(with_inbound());
    bench.submit(ADA, Options::default());
    mark(&mut bench, BEN, "wamid.B");
    let Next::Send(id, ..) = bench.poll() else {
        panic!("the message goes first");
    };
    // Her place in the table is known now.
    mark(&mut bench, ADA, "wamid.A");
    let now = bench.at();
    bench.client.on_reply(id, 200);
    bench
        .client
        .on_reply_body(id, br#"{"messages":[{"id":"wamid.1"}]}"#);
    bench.client.on_reply_end(now, id);
    let id = receipt(&mut bench, "wamid.B");
    done(&mut bench, id);
    assert!(
        !matches!(bench.poll(), Next::Receipt(..)),
        "she is owed six seconds"
    );
    bench.now += 10_000;
    assert!(
        !matches!(bench.poll(), Next::Receipt(..)),
        "it was dropped and not put off"
    );
}

#[test]
fn a_newer_receipt_of_one_user_replaces_the_older_and_the_fifth_user_has_no_place() {
    let mut bench: Bench = Bench::new(with_inbound());
    bench.submit(ADA, Options::default());
    let Next::Send(id, ..) = bench.poll() else {
        panic!("the message goes first");
    };
    let now = bench.at();
    bench.client.on_reply(id, 200);
    bench.client.on_reply_end(now, id);
    bench.now += 60_000;
    mark(&mut bench, ADA, "wamid.A1");
    mark(&mut bench, ADA, "wamid.A2");
    for id in ["wamid.2", "wamid.3", "wamid.4", "wamid.5"] {
        mark(&mut bench, BEN, id);
    }
    for message_id in ["wamid.A2", "wamid.2", "wamid.3", "wamid.4"] {
        let id = receipt(&mut bench, message_id);
        done(&mut bench, id);
    }
    assert!(!matches!(bench.poll(), Next::Receipt(..)));
}

#[test]
fn a_receipt_is_forgotten_after_a_minute_and_when_its_request_fails() {
    let mut bench: Bench = Bench::new(with_inbound());
    mark(&mut bench, ADA, "wamid.A");
    bench.now += 60_000;
    assert_eq!(bench.poll(), Next::Idle);
    mark(&mut bench, ADA, "wamid.B");
    let id = receipt(&mut bench, "wamid.B");
    let now = bench.at();
    bench.client.on_lost(now, id, Lost::NotSent);
    assert!(bench.client.request(id).is_none());
    assert_eq!(bench.poll(), Next::Idle);
    // It says nothing of the link: the next goes out.
    mark(&mut bench, ADA, "wamid.C");
    let id = receipt(&mut bench, "wamid.C");
    done(&mut bench, id);
}

#[test]
fn no_receipt_goes_out_while_the_link_waits_for_its_next_try() {
    let mut bench: Bench = Bench::new(with_inbound());
    let alert = bench.submit(BEN, Options::default());
    let id = bench.send(alert);
    let now = bench.at();
    bench.client.on_lost(now, id, Lost::NotSent);
    mark(&mut bench, ADA, "wamid.A");
    assert!(matches!(bench.poll(), Next::Wait(_)));
    bench.send_when_due(alert);
}

#[test]
fn an_id_that_is_empty_or_too_long_is_refused() {
    let mut bench: Bench = Bench::new(with_inbound());
    let (now, ada) = (bench.at(), Recipient::parse(ADA).unwrap());
    let field = Field::MessageId;
    let mut marked = |id: &str| bench.client.mark_read(now, &ada, id, false);
    assert_eq!(marked(""), Err(Invalid::Empty { field }));
    let too_long = |actual| {
        Err(Invalid::TooLong {
            field,
            limit: 128,
            actual,
        })
    };
    assert_eq!(marked(&"w".repeat(129)), too_long(129));
    assert_eq!(marked(&"ä".repeat(65)), too_long(130), "ids are ASCII");
    assert_eq!(marked(&"w".repeat(128)), Ok(()));
}
