extern crate std;

use super::*;
use crate::lines::AlertReader;
use embassy_time::Instant;
use proptest::prelude::*;
use serde_json::{Value, json};
use squab_core::client::{Client, Options, Settings};
use squab_core::graph::MESSAGE_ID_MAX;
use squab_core::message::{Message, Text};
use squab_core::recipient::{BSUID_MAX, GROUP_ID_MAX, Recipient};
use squab_core::webhook::{Check, Filter, Members, Receiver, TEXT_MAX, Update};
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

/// The first ticket that a client gives.
fn ticket() -> Ticket {
    let mut client = Client::<1, 1, 256, 1, 64>::new(Settings::default());
    let to = Recipient::parse("+16505551234").unwrap();
    let message = Message::Text(Text::new("x"));
    client
        .submit(Instant::MIN, &to, &message, Options::default())
        .unwrap()
}

/// The line as the judge reads it, held to be one line with one line feed.
fn judged(write: impl Fn(&mut [u8]) -> Result<usize, Full>) -> Value {
    let mut buf = vec![0; LINE_MAX];
    let len = write(&mut buf).unwrap();
    let line = &buf[..len];
    assert_eq!(line.iter().position(|b| *b == b'\n'), Some(len - 1));
    // A buffer that is one byte shorter is refused, and not written beyond.
    let mut buf = vec![0; len];
    assert_eq!(write(&mut buf[..len - 1]), Err(Full));
    assert_eq!(write(&mut buf), Ok(len));
    serde_json::from_slice(line).unwrap()
}

fn event(event: &Event<'_>) -> Value {
    judged(|buf| write_event(event, buf))
}

fn note(note: &Note<'_>) -> Value {
    judged(|buf| write_note(note, buf))
}

fn inbound(body: Body<'_>) -> Inbound<'_> {
    Inbound {
        id: "wamid.IN",
        from: None,
        user_id: None,
        name: None,
        group_id: None,
        timestamp: None,
        context_id: None,
        body,
        members: Members::default(),
        truncated: false,
    }
}

fn status(status: Status<'_>) -> StatusUpdate<'_> {
    StatusUpdate {
        id: "wamid.OUT",
        status,
        timestamp: Some(1_750_000_000),
        recipient_id: Some("16505551234"),
        recipient_user_id: None,
        participant: None,
        callback: Some("1.0.7"),
        code: None,
        title: None,
        details: None,
        members: Members::default(),
        truncated: false,
    }
}

#[test]
fn a_line_is_written_compact_and_ends_with_a_line_feed() {
    let mut buf = [0; 64];
    let len = write_event(&Event::Resumed, &mut buf).unwrap();
    assert_eq!(&buf[..len], b"{\"event\":\"resumed\"}\n");
}

#[test]
fn notes_say_what_the_kiosk_did_with_a_line_and_how_it_is() {
    let number = ticket().get();
    assert_eq!(
        note(&Note::Reading {
            line: Some(3),
            reference: Some("r")
        }),
        json!({"event": "reading", "line": 3, "ref": "r"})
    );
    assert_eq!(
        note(&Note::Submitted {
            ticket: ticket(),
            line: Some(3),
            reference: Some("pump \"3\"")
        }),
        json!({"event": "submitted", "ticket": number, "line": 3, "ref": "pump \"3\""})
    );
    let mut reader = AlertReader::<64>::new();
    reader.push(b"\n{\"to\":\"+16505551234\",\"txt\":\"x\"}\n", &mut |line| {
        let reason = line.alert.unwrap_err();
        assert_eq!(
            note(&Note::Refused {
                line: Some(line.number),
                reference: line.reference,
                reason: &reason
            }),
            json!({"event": "refused", "line": 2, "reason": "unknown member \"txt\""})
        );
    });
    assert_eq!(note(&Note::LinkUp), json!({"event": "link", "state": "up"}));
    assert_eq!(
        note(&Note::LinkDown {
            reason: &"no address"
        }),
        json!({"event": "link", "state": "down", "reason": "no address"})
    );
    assert_eq!(
        note(&Note::Warning {
            text: &"no app secret"
        }),
        json!({"event": "warning", "text": "no app secret"})
    );
    assert_eq!(
        note(&Note::Started { inbound: true }),
        json!({"event": "started", "version": env!("CARGO_PKG_VERSION"), "inbound": true})
    );
}

#[test]
fn what_happens_to_an_alert_has_its_ticket_and_a_code_has_its_title() {
    let (ticket, number) = (ticket(), ticket().get());
    for (happened, line) in [
        (
            Event::Accepted {
                ticket,
                id: "wamid.A",
            },
            json!({"event": "accepted", "ticket": number, "id": "wamid.A"}),
        ),
        (
            Event::Accepted { ticket, id: "" },
            json!({"event": "accepted", "ticket": number}),
        ),
        (
            Event::NotSent { ticket },
            json!({"event": "not_sent", "ticket": number}),
        ),
        (
            Event::MaybeSent { ticket },
            json!({"event": "maybe_sent", "ticket": number}),
        ),
        (
            Event::Duplicate { ticket },
            json!({"event": "duplicate", "ticket": number}),
        ),
        (
            Event::Deferred {
                ticket,
                code: 131_056,
            },
            json!({"event": "deferred", "ticket": number, "code": 131_056, "title": "Pair rate limit hit"}),
        ),
        (
            Event::Held { code: 190 },
            json!({"event": "held", "code": 190, "title": catalog::lookup(190).unwrap().title}),
        ),
        (
            Event::LimitReached { limit: 250 },
            json!({"event": "limit_reached", "users": 250}),
        ),
        (
            Event::TemplatePaused {
                template: "alert",
                code: 132_016,
            },
            json!({"event": "template_paused", "name": "alert", "code": 132_016, "title": "Template disabled"}),
        ),
        (
            Event::OptedOut { ticket },
            json!({"event": "opted_out", "ticket": number}),
        ),
        (
            Event::Error { code: 999_999 },
            json!({"event": "error", "code": 999_999}),
        ),
    ] {
        assert_eq!(event(&happened), line);
    }
}

#[test]
fn every_outcome_has_its_word() {
    let (ticket, number) = (ticket(), ticket().get());
    for (outcome, word) in [
        (Outcome::Read, "read"),
        (Outcome::Delivered, "delivered"),
        (Outcome::Accepted, "accepted"),
        (Outcome::Unanswered, "unanswered"),
        (Outcome::Expired, "expired"),
        (Outcome::Evicted, "evicted"),
        (Outcome::Unknown, "unknown"),
    ] {
        assert_eq!(
            event(&Event::Outcome { ticket, outcome }),
            json!({"event": "outcome", "ticket": number, "outcome": word})
        );
    }
    let outcome = Outcome::Acknowledged { by: "16505551234" };
    assert_eq!(
        event(&Event::Outcome { ticket, outcome }),
        json!({"event": "outcome", "ticket": number, "outcome": "acknowledged", "by": "16505551234"})
    );
    let outcome = Outcome::Merged { into: ticket };
    assert_eq!(
        event(&Event::Outcome { ticket, outcome }),
        json!({"event": "outcome", "ticket": number, "outcome": "merged", "into": number})
    );
    let outcome = Outcome::Failed { code: 131_026 };
    assert_eq!(
        event(&Event::Outcome { ticket, outcome }),
        json!({"event": "outcome", "ticket": number, "outcome": "failed", "code": 131_026,
               "title": "Message undeliverable"})
    );
}

#[test]
fn a_status_says_how_far_a_message_got() {
    for (state, word) in [
        (Status::Sent, "sent"),
        (Status::Delivered, "delivered"),
        (Status::Read, "read"),
        (Status::Played, "played"),
        (Status::Failed, "failed"),
        (Status::Other("warmed"), "warmed"),
    ] {
        assert_eq!(
            event(&Event::Status {
                ticket: None,
                update: status(state)
            }),
            json!({"event": "status", "id": "wamid.OUT", "status": word, "at": 1_750_000_000})
        );
    }
    let update = StatusUpdate {
        code: Some(999_999),
        title: Some("New trouble"),
        details: Some("Try later"),
        participant: Some("16505550001"),
        truncated: true,
        ..status(Status::Failed)
    };
    assert_eq!(
        event(&Event::Status {
            ticket: Some(ticket()),
            update
        }),
        json!({"event": "status", "ticket": ticket().get(), "id": "wamid.OUT", "status": "failed",
               "participant": "16505550001", "at": 1_750_000_000, "code": 999_999, "title": "New trouble",
               "details": "Try later", "truncated": true})
    );
}

#[test]
fn a_message_says_who_wrote_what_and_which_alert_it_answers() {
    let message = Inbound {
        from: Some("16505551234"),
        user_id: Some("US.1"),
        name: Some("Ann"),
        group_id: Some("g"),
        timestamp: Some(1_750_000_000),
        context_id: Some("wamid.OUT"),
        truncated: true,
        ..inbound(Body::Text("on it"))
    };
    assert_eq!(
        event(&Event::Message {
            answers: Some(ticket()),
            message
        }),
        json!({"event": "message", "id": "wamid.IN", "from": "16505551234", "user_id": "US.1", "name": "Ann",
               "group": "g", "at": 1_750_000_000, "kind": "text", "text": "on it", "context": "wamid.OUT",
               "answers": ticket().get(), "truncated": true})
    );
    for (body, rest) in [
        (
            Body::Button {
                payload: "ack",
                text: "OK",
            },
            json!({"kind": "button", "payload": "ack", "title": "OK"}),
        ),
        (
            Body::ButtonReply {
                id: "ack",
                title: "OK",
            },
            json!({"kind": "button_reply", "payload": "ack", "title": "OK"}),
        ),
        (
            Body::ListReply {
                id: "a",
                title: "A",
                description: Some("the first"),
            },
            json!({"kind": "list_reply", "payload": "a", "title": "A", "description": "the first"}),
        ),
        (
            Body::Reaction {
                message_id: "wamid.OUT",
                emoji: Some("👍"),
            },
            json!({"kind": "reaction", "context": "wamid.OUT", "emoji": "👍"}),
        ),
        (Body::Other { kind: "sticker" }, json!({"kind": "sticker"})),
    ] {
        let mut line = json!({"event": "message", "id": "wamid.IN"});
        line.as_object_mut()
            .unwrap()
            .append(&mut rest.as_object().unwrap().clone());
        assert_eq!(
            event(&Event::Message {
                answers: None,
                message: inbound(body)
            }),
            line
        );
    }
}

/// The lines of a webhook's body.
fn lines(body: &str) -> Vec<String> {
    let filter = Filter {
        phone_number_id: None,
        callback_prefix: "",
    };
    let mut receiver = Receiver::<16_384>::new(Check::dangerous_unchecked(), filter, 0);
    receiver.push(body.as_bytes()).unwrap();
    let mut lines = Vec::new();
    for item in &receiver.finish().unwrap() {
        let event = match item.update {
            Update::Message(message) => Event::Message {
                answers: None,
                message,
            },
            Update::Status(update) => Event::Status { ticket: None, update },
            Update::Notice(notice) => Event::Notice { notice },
            _ => continue,
        };
        let mut buf = vec![0; LINE_MAX];
        let len = write_event(&event, &mut buf).unwrap();
        lines.push(String::from_utf8(buf[..len - 1].to_vec()).unwrap());
    }
    lines
}

#[test]
fn each_update_of_the_cores_fixtures_is_one_object_without_a_member_twice() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../core/src/webhook/fixtures");
    let mut count = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        for line in lines(&std::fs::read_to_string(&path).unwrap()) {
            let value: Value = serde_json::from_str(&line).unwrap();
            // Of a member that stands twice the judge keeps one: its text is shorter then.
            assert_eq!(value.to_string().len(), line.len(), "{}: {line}", path.display());
            count += 1;
        }
    }
    assert!(count >= 76, "{count}");
}

#[test]
fn what_an_update_has_beyond_its_first_members_comes_with_metas_words_and_arrays() {
    let message = |message: Value| {
        let body = json!({"entry": [{"changes": [{"field": "messages", "value": {"messages": [message]}}]}]});
        serde_json::from_str::<Value>(&lines(&body.to_string())[0]).unwrap()
    };
    assert_eq!(
        message(
            json!({"id": "w", "type": "order", "order": {"catalog_id": "7", "text": "by noon", "product_items": [
            {"product_retailer_id": "a", "quantity": 2, "item_price": 1.5, "currency": "EUR"},
            {"product_retailer_id": "b", "quantity": 1}]}})
        ),
        json!({"event": "message", "id": "w", "kind": "order", "text": "by noon", "catalog_id": "7", "items": [
            {"product_retailer_id": "a", "quantity": "2", "item_price": "1.5", "currency": "EUR"},
            {"product_retailer_id": "b", "quantity": "1"}]})
    );
    assert_eq!(
        message(
            json!({"id": "w", "type": "contacts", "contacts": [{"origin": "contact_request", "vcard": "BEGIN",
            "name": {"formatted_name": "Ann"}, "phones": [{"phone": "+1 555", "wa_id": "1555"}]}]})
        ),
        json!({"event": "message", "id": "w", "kind": "contacts", "cards": [{"origin": "contact_request",
            "vcard": true, "name": "Ann", "phones": [{"phone": "+1 555", "wa_id": "1555"}]}]})
    );
    assert_eq!(
        message(
            json!({"id": "w", "type": "unsupported", "unsupported": {"type": "poll_creation"},
            "errors": [{"code": 131_051, "title": "Message type unknown", "error_data": {"details": "no"}}]})
        ),
        json!({"event": "message", "id": "w", "kind": "unsupported", "subtype": "poll_creation", "code": 131_051,
            "title": "Unsupported message type", "details": "no"})
    );
    let body = json!({"entry": [{"changes": [{"field": "account_update", "value": {"event": "DISABLED_UPDATE",
        "ban_info": {"waba_ban_state": "DISABLE"}}}], "time": 1_800_000_000}]});
    let line: Value = serde_json::from_str(&lines(&body.to_string())[0]).unwrap();
    assert_eq!(
        line,
        json!({"event": "notice", "topic": "account_update", "at": 1_800_000_000, "what": "DISABLED_UPDATE",
            "ban_state": "DISABLE"})
    );
}

#[test]
fn the_largest_message_and_status_that_the_core_gives_fit_into_a_line() {
    // Limits of the core's records, all of it control characters; digits are not escaped.
    let worst = |len| "\u{1}".repeat(len);
    let (id, text, title, long, bsuid) = (
        worst(MESSAGE_ID_MAX),
        worst(TEXT_MAX),
        worst(96),
        worst(160),
        worst(BSUID_MAX),
    );
    let message = Inbound {
        id: &id,
        from: Some(&bsuid[..GROUP_ID_MAX]),
        user_id: Some(&bsuid),
        name: Some(&title),
        group_id: Some(&bsuid[..GROUP_ID_MAX]),
        timestamp: Some(u64::MAX),
        context_id: Some(&id),
        body: Body::ListReply {
            id: &text,
            title: &title,
            description: Some(&long),
        },
        members: Members::default(),
        truncated: true,
    };
    let line = event(&Event::Message {
        answers: Some(ticket()),
        message,
    });
    assert_eq!(line["payload"], text);
    let update = StatusUpdate {
        id: &id,
        status: Status::Other(&title[..32]),
        participant: Some(&bsuid),
        title: Some(&title),
        details: Some(&long),
        code: Some(u32::MAX),
        ..status(Status::Sent)
    };
    assert_eq!(event(&Event::Status { ticket: None, update })["title"], title);
}

proptest! {
    #[test]
    fn any_text_is_written_as_json_that_the_judge_reads_back(text in any::<String>(), id in "[\0-\u{7F}\u{2028}\u{FFFF}]{0,40}") {
        let line = event(&Event::Message { answers: None, message: Inbound { id: &id, ..inbound(Body::Text(&text)) } });
        prop_assert_eq!((&line["text"], &line["id"]), (&json!(text), &json!(id)));
        let line = note(&Note::Refused { line: Some(1), reference: Some(&id), reason: &text });
        prop_assert_eq!((&line["reason"], &line["ref"]), (&json!(text), &json!(id)));
    }
}

#[test]
fn a_number_says_what_meta_says_of_it_and_nothing_else() {
    let number = Number {
        quality: Some("GREEN"),
        limit: Some("TIER_2K"),
        status: None,
        name: Some("Cold Store"),
    };
    assert_eq!(
        note(&Note::Number(number)),
        json!({ "event": "number", "quality": "GREEN", "limit": "TIER_2K", "name": "Cold Store" })
    );
}
