//! Statuses and answers of people.

use super::bench::{A, B, Bench, Next, answer_within, with_inbound};
use crate::client::{Lost, Options, Refused, Settings, WebhookAnswer};
use crate::message::{Button, Message, Template};
use crate::recipient::Recipient;
use serde_json::json;
use std::format;
use std::vec::Vec;

type Default4 = Bench<4, 8, 4096, 1, 8192>;

fn text() -> serde_json::Value {
    json!({"type": "text", "text": {"body": "I am on it"}})
}

#[test]
fn a_message_ends_as_read_delivered_or_accepted_whatever_the_order_of_its_statuses() {
    for (statuses, end) in [
        (&["sent", "delivered", "read"][..], "read"),
        (&["read"], "read"),
        (&["delivered", "sent"], "delivered"),
        (&["sent"], "accepted"),
        (&[], "accepted"),
    ] {
        let mut bench = Default4::new(with_inbound());
        let alert = bench.submit(A, Options::default());
        bench.send_and_accept(alert);
        for status in statuses {
            bench.status(alert, status);
        }
        while bench.poll() != Next::Idle {
            bench.wait();
        }
        assert_eq!(bench.outcomes(), [format!("end 1 {end}")]);
        assert_eq!(bench.now, if end == "read" { 0 } else { 600_000 });
    }
}

#[test]
fn without_an_inbound_path_a_message_is_done_when_meta_took_it() {
    let mut bench = Default4::new(Settings::default());
    let alert = bench.submit(A, Options::default());
    bench.send_and_accept(alert);
    assert_eq!(bench.outcomes(), ["end 1 accepted"]);
    assert_eq!(bench.client.open(), 0);
    assert_eq!(
        bench.try_submit(A, "?", answer_within(60)),
        Err(Refused::NoInboundPath)
    );
}

#[test]
fn a_failure_after_the_message_settled_is_its_end() {
    let mut bench = Default4::new(with_inbound());
    let alert = bench.submit(A, Options::default());
    bench.send_and_accept(alert);
    bench.status(alert, "sent");
    bench.failed(alert, 131_056);
    assert_eq!(bench.outcomes(), ["end 1 failed 131056"]);
}

#[test]
fn a_failed_status_that_overtakes_its_200_counts_when_that_comes() {
    let mut bench = Default4::new(with_inbound());
    let alert = bench.submit(A, Options::default());
    let id = bench.send(alert);
    bench.failed(alert, 131_026);
    bench.failed(alert, 131_026);
    assert_eq!(bench.outcomes(), Vec::<std::string::String>::new());
    bench.accept(id, "wamid.1");
    assert_eq!(bench.outcomes(), ["end 1 failed 131026"]);
}

#[test]
fn a_text_acknowledges_the_quoted_alert_else_the_newest_of_its_sender() {
    for (quotes, answered) in [
        (Some("wamid.1"), Some(1)),
        (None, Some(2)),
        (Some("wamid.9"), None),
    ] {
        let mut bench = Default4::new(with_inbound());
        for to in [A, A, B] {
            let alert = bench.submit(to, answer_within(600));
            bench.accept_when_due(alert);
        }
        bench.events();
        let mut message = text();
        if let Some(id) = quotes {
            message["context"] = json!({"id": id});
        }
        assert_eq!(bench.message("wamid.in", &message), WebhookAnswer::Taken);
        assert_eq!(bench.message("wamid.in", &message), WebhookAnswer::Taken);
        let mut expected = std::vec![format!("message wamid.in for {answered:?}")];
        expected.extend(answered.map(|t: u32| format!("end {t} acknowledged by 4915550000001")));
        assert_eq!(bench.events(), expected, "once, though it came twice");
    }
}

#[test]
fn a_button_is_matched_by_its_payload_when_it_quotes_nothing() {
    let mut bench = Default4::new(with_inbound());
    for payload in ["ack-1", "ack-2"] {
        let buttons = [Button::quick_reply(0, payload)];
        let template = Template::new("alarm", "en_US").buttons(&buttons);
        let now = bench.at();
        let to = Recipient::parse(A).unwrap();
        let ticket = bench
            .client
            .submit(now, &to, &Message::Template(template), answer_within(60))
            .unwrap();
        bench.accept_when_due(ticket.get());
    }
    let press = json!({"type": "button", "button": {"payload": "ack-1", "text": "OK"}});
    bench.message("wamid.in", &press);
    assert_eq!(bench.outcomes(), ["end 1 acknowledged by 4915550000001"]);
    bench.message("wamid.in2", &press);
    assert_eq!(bench.outcomes(), Vec::<std::string::String>::new());
}

#[test]
fn a_button_of_an_old_alert_does_not_answer_a_newer_one_with_the_same_payload() {
    let mut bench = Default4::new(with_inbound());
    let buttons = [Button::quick_reply(0, "ack")];
    let template = Message::Template(Template::new("alarm", "en_US").buttons(&buttons));
    let to = Recipient::parse(A).unwrap();
    let now = bench.at();
    let ticket = bench
        .client
        .submit(now, &to, &template, answer_within(60))
        .unwrap();
    bench.accept_when_due(ticket.get());
    let press = json!({"type": "button", "context": {"id": "wamid.of-last-week"}, "button": {"payload": "ack", "text": "OK"}});
    bench.message("wamid.in", &press);
    assert_eq!(bench.outcomes(), Vec::<std::string::String>::new());
}

#[test]
fn a_button_pressed_while_its_alert_is_sent_again_comes_again_and_counts_then() {
    let mut bench = Default4::new(with_inbound());
    let buttons = [Button::quick_reply(0, "ack")];
    let template = Message::Template(Template::new("alarm", "en_US").buttons(&buttons));
    let (now, to) = (bench.at(), Recipient::parse(A).unwrap());
    bench
        .client
        .submit(now, &to, &template, answer_within(60))
        .unwrap();
    let id = bench.send(1);
    bench.lose(id, Lost::MaybeSent);
    bench.wait();
    let id = bench.send(1);
    let press = json!({"type": "button", "button": {"payload": "ack", "text": "OK"}});
    assert_eq!(bench.message("wamid.in", &press), WebhookAnswer::ComeAgain);
    bench.accept(id, "wamid.1");
    assert_eq!(bench.message("wamid.in", &press), WebhookAnswer::Taken);
    assert_eq!(bench.outcomes(), ["end 1 acknowledged by 4915550000001"]);
}

#[test]
fn somebody_elses_text_acknowledges_nothing_and_neither_does_one_before_the_alert_went() {
    let mut bench = Default4::new(with_inbound());
    let alert = bench.submit(B, answer_within(60));
    bench.send_and_accept(alert);
    bench.message("wamid.in", &text());
    let refused = bench.submit(A, answer_within(60));
    let id = bench.send(refused);
    bench.refuse(id, 131_056);
    bench.message("wamid.in2", &text());
    assert_eq!(bench.outcomes(), Vec::<std::string::String>::new());
}

#[test]
fn an_alert_without_an_answer_ends_as_unanswered_at_its_time() {
    for seconds in [20, 90] {
        let mut bench = Default4::new(with_inbound());
        let alert = bench.submit(A, answer_within(seconds));
        bench.send_and_accept(alert);
        bench.status(alert, "read");
        while bench.poll() != Next::Idle {
            bench.wait();
        }
        assert_eq!(
            (bench.now, bench.outcomes()),
            (seconds * 1_000, std::vec!["end 1 unanswered".into()])
        );
    }
}

#[test]
fn an_answer_is_known_by_its_user_id_once_a_status_told_it() {
    let mut bench = Default4::new(with_inbound());
    let alert = bench.submit(A, answer_within(600));
    bench.send_and_accept(alert);
    let mut status = bench.status_of(alert, 1, "delivered");
    status["recipient_user_id"] = json!("DE.77");
    bench.webhook(&json!({"statuses": [status]}));
    let message = json!({"from_user_id": "DE.77", "id": "wamid.in", "type": "text", "text": {"body": "ok"}});
    bench.webhook(&json!({"messages": [message]}));
    assert_eq!(bench.outcomes(), ["end 1 acknowledged by DE.77"]);
}

#[test]
fn a_webhook_larger_than_the_queue_comes_again_and_nothing_is_lost_or_told_twice() {
    let mut bench = Bench::<4, 8, 4096, 1, 400>::new(with_inbound());
    let messages: Vec<_> = (0..10)
        .map(|i| {
            json!({"from": "4915550000009", "id": format!("wamid.{i}"), "type": "text",
                "text": {"body": "a text of some length, so that few fit"}})
        })
        .collect();
    let body = json!({"messages": messages});
    let mut told = Vec::new();
    let mut deliveries = 0;
    loop {
        let answer = bench.webhook(&body);
        deliveries += 1;
        told.extend(bench.events());
        if answer == WebhookAnswer::Taken {
            break;
        }
    }
    assert!(deliveries > 2);
    let expected: Vec<_> = (0..10).map(|i| format!("message wamid.{i} for None")).collect();
    assert_eq!(told, expected);
}

#[test]
fn an_update_that_never_fits_takes_effect_all_the_same() {
    let mut bench = Bench::<1, 1, 256, 1, 64>::new(with_inbound());
    let alert = bench.submit(A, answer_within(600));
    bench.send_and_accept(alert);
    bench.events();
    assert_eq!(bench.message("wamid.in", &text()), WebhookAnswer::Taken);
    assert_eq!(bench.events(), ["end 1 acknowledged by 4915550000001"]);
    assert!(bench.client.dropped_events() > 0);
}

#[test]
fn a_body_of_sixty_four_comes_through_a_queue_of_eight_without_loss_and_redeliveries_are_counted() {
    // Room for eight events of this length: kind, ticket, text and their lengths are 130 bytes or so each.
    let mut bench = Bench::<4, 8, 4096, 1, 1200>::new(with_inbound());
    let messages: Vec<_> = (0..64)
        .map(|i| {
            json!({"from": format!("49155500{i:05}"), "id": format!("wamid.{i}"), "type": "text",
                "timestamp": "1800000000", "text": {"body": "the pump runs"}})
        })
        .collect();
    let body = json!({"messages": messages});
    let (mut told, mut deliveries) = (Vec::new(), 0);
    while bench.webhook(&body) == WebhookAnswer::ComeAgain {
        deliveries += 1;
        assert!(deliveries < 64, "a delivery that takes nothing never ends");
        // Meta may repeat other bodies in between; they neither disturb this one nor count for it.
        told.extend(bench.events());
    }
    told.extend(bench.events());
    let expected: Vec<_> = (0..64).map(|i| format!("message wamid.{i} for None")).collect();
    assert_eq!(told, expected);
    assert!(deliveries >= 4, "{deliveries}");
    assert_eq!(
        (bench.client.redelivered(), bench.client.dropped_events()),
        (0, 0)
    );
    // Meta did not hear the 200, and delivers the whole again.
    assert_eq!(bench.webhook(&body), WebhookAnswer::Taken);
    assert_eq!(bench.events(), Vec::<std::string::String>::new());
    assert_eq!(bench.client.redelivered(), 64);
}

#[test]
fn of_a_thousand_updates_the_eight_that_concern_the_device_are_taken_and_no_others() {
    let mut bench = Bench::<4, 8, 4096, 1, 400>::new(with_inbound());
    let prefix = bench.client.callback_prefix();
    let statuses: Vec<_> = (0..1_000)
        .map(|i| {
            let device = if i % 125 == 7 { prefix.as_str() } else { "attic/" };
            json!({"id": format!("wamid.{i}"), "status": "delivered", "timestamp": "1800000000",
                "recipient_id": "4915550000001", "biz_opaque_callback_data": format!("{device}{i}")})
        })
        .collect();
    let body = json!({"statuses": statuses});
    let mut told = Vec::new();
    while bench.webhook(&body) == WebhookAnswer::ComeAgain {
        told.extend(bench.events());
    }
    told.extend(bench.events());
    assert_eq!(told.len(), 8, "{told:?}");
    assert_eq!(
        (bench.client.redelivered(), bench.client.dropped_events()),
        (0, 0)
    );
}

#[test]
fn a_half_taken_body_goes_on_though_others_were_taken_meanwhile() {
    let mut bench = Bench::<4, 8, 4096, 1, 400>::new(with_inbound());
    let body = |name: &str, count: usize| {
        let messages: Vec<_> = (0..count)
            .map(|i| {
                json!({"from": "4915550000009", "id": format!("wamid.{name}{i}"), "type": "text",
                    "text": {"body": "a text of some length, so that few fit"}})
            })
            .collect();
        json!({"messages": messages})
    };
    let long = body("long", 6);
    assert_eq!(bench.webhook(&long), WebhookAnswer::ComeAgain);
    let mut told = bench.events().len();
    for i in 0..20 {
        assert_eq!(bench.webhook(&body(&format!("{i}."), 1)), WebhookAnswer::Taken);
        assert_eq!(bench.events().len(), 1);
    }
    while bench.webhook(&long) == WebhookAnswer::ComeAgain {
        told += bench.events().len();
    }
    told += bench.events().len();
    assert_eq!(
        told, 6,
        "16 ids of messages are remembered, and 20 others came in between"
    );
}

#[test]
fn in_a_group_each_participants_status_is_told() {
    let mut bench = Default4::new(with_inbound());
    let alert = bench.submit(A, Options::default());
    bench.send_and_accept(alert);
    bench.events();
    for (participant, news) in [("4915550000001", 1), ("4915550000002", 1)] {
        let mut status = bench.status_of(alert, 1, "delivered");
        status["recipient_participant_id"] = json!(participant);
        bench.webhook(&json!({"statuses": [status]}));
        let told = bench.events();
        let statuses = told.iter().filter(|event| event.starts_with("status")).count();
        assert_eq!(statuses, news, "{told:?}");
    }
}

#[test]
fn debug_of_a_client_names_nobody_and_quotes_nothing() {
    let mut bench = Bench::<4, 8, 4096, 1, 8192>::new(with_inbound());
    let ticket = bench.submit(A, Options::default());
    bench.send_and_accept(ticket);
    bench.message(
        "wamid.secret",
        &json!({"from_user_id": "DE.134912086553", "type": "text", "text": {"body": "nobody else's business"}}),
    );
    let shown = format!("{:?}", bench.client);
    for word in [
        "134912086553",
        "4915550000001",
        "wamid",
        "business",
        "110, 111, 98",
    ] {
        assert!(!shown.contains(word), "{word}: {shown}");
    }
}
