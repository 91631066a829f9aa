//! What comes late, again, or for some only: notices, codes and statuses that must not undo what is newer.

use super::bench::{A, Bench, Next, with_inbound};
#[cfg(feature = "all-messages")]
use super::rules::patient;
use crate::client::Options;
#[cfg(feature = "all-messages")]
use crate::message::Raw;
use crate::message::{Message, Text};
use crate::recipient::{GroupId, Recipient};
use serde_json::json;

#[cfg(feature = "all-messages")]
#[test]
fn a_raw_template_that_is_paused_fails_since_nobody_knows_which_it_is() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    let raw = Message::Raw(Raw::new(r#"{"type":"template","template":{"name":"carousel"}}"#));
    let to = Recipient::parse(A).unwrap();
    let alert = bench
        .client
        .submit(bench.at(), &to, &raw, patient())
        .unwrap()
        .get();
    let id = bench.send(alert);
    bench.refuse(id, 132_015);
    assert_eq!(bench.outcomes(), [std::format!("end {alert} failed 132015")]);
}

#[test]
fn a_late_131047_does_not_close_the_window_that_the_user_opened_since() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    bench.client.set_clock(bench.at(), 1_800_000_000);
    let early = bench.submit(A, Options::default());
    bench.send_and_accept(early);
    bench.now = 6_000;
    bench.message(
        "wamid.in",
        &json!({"timestamp": "1800000005", "type": "text", "text": {"body": "hello"}}),
    );
    bench.failed(early, 131_047);
    let later = bench.submit(A, Options::default());
    bench.send_when_due(later);
}

#[test]
fn what_one_participant_of_a_group_did_not_get_is_told_and_not_sent_again() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    let group = Recipient::Group(GroupId::parse("group-1").unwrap());
    let text = Message::Text(Text::new("Leak"));
    let ticket = bench
        .client
        .submit(bench.at(), &group, &text, Options::default())
        .unwrap()
        .get();
    bench.send_and_accept(ticket);
    bench.events();
    let status = json!({"id": "wamid.x", "status": "failed", "timestamp": "1800000000", "recipient_id": "group-1",
        "recipient_type": "group", "recipient_participant_id": "4915550000007",
        "biz_opaque_callback_data": bench.callback(ticket, 1), "errors": [{"code": 131_026, "title": "no"}]});
    bench.webhook(&json!({"statuses": [status]}));
    let told = bench.events();
    assert!(told.iter().any(|event| event.contains("Failed")), "{told:?}");
    assert!(!told.iter().any(|event| event.starts_with("end")), "{told:?}");
    assert!(!matches!(bench.poll(), Next::Send(..)));
}
