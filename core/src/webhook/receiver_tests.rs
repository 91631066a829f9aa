use super::*;
use crate::webhook::{
    ALL, Body, Contact, EXTRA_MAX, Inbound, Notice, RECORD_MAX, Status, StatusUpdate, ValueError,
};
use core::fmt::Write;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

const SECRET: &str = "a secret of the app";
const NUMBER: &str = "106000000000001";
const FILTER: Filter<'static> = Filter {
    phone_number_id: Some(NUMBER),
    callback_prefix: "cellar/",
};
const ANY: Filter<'static> = Filter {
    phone_number_id: None,
    callback_prefix: "",
};

fn mac(secret: &str, body: &[u8]) -> String {
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    let mut header = String::from("sha256=");
    for byte in mac.finalize().into_bytes() {
        write!(header, "{byte:02x}").unwrap();
    }
    header
}

/// A document as Meta's servers write it: ASCII, lower-case escapes, `\/`; members in the order that `order` draws.
fn wire(value: &Value, order: &mut u32) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(key, value)| format!("{}:{}", wire(&json!(key), order), wire(value, order)))
                .collect();
            for i in (1..members.len()).rev() {
                *order = order.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                members.swap(i, (*order >> 16) as usize % (i + 1));
            }
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|v| wire(v, order)).collect();
            format!("[{}]", items.join(","))
        }
        Value::String(text) => {
            let mut out = String::from("\"");
            for c in text.chars() {
                match c {
                    '/' => out += "\\/",
                    '"' => out += "\\\"",
                    '\\' => out += "\\\\",
                    ' '..='~' => out.push(c),
                    _ => {
                        for unit in c.encode_utf16(&mut [0; 2]) {
                            write!(out, "\\u{unit:04x}").unwrap();
                        }
                    }
                }
            }
            out + "\""
        }
        other => other.to_string(),
    }
}

/// An update's text, short enough to compare. (`Debug` shows no personal data, and so not enough.)
fn show(update: &Update<'_>) -> String {
    match update {
        Update::Message(Inbound {
            id,
            from,
            user_id,
            name,
            group_id,
            timestamp,
            context_id,
            body,
            members: _,
            truncated,
        }) => {
            let body = match body {
                Body::Text(text) => format!("text {text}"),
                Body::Button { payload, text } => format!("button {payload}|{text}"),
                Body::ButtonReply { id, title } => format!("button_reply {id}|{title}"),
                Body::ListReply {
                    id,
                    title,
                    description,
                } => format!("list_reply {id}|{title}|{description:?}"),
                Body::Reaction { message_id, emoji } => format!("reaction {message_id}|{emoji:?}"),
                Body::Other { kind } => format!("other {kind}"),
                body => body.kind().into(),
            };
            format!(
                "{id} from {from:?} {user_id:?} {name:?} in {group_id:?} at {timestamp:?} on {context_id:?}: {body}{}",
                if *truncated { " (truncated)" } else { "" }
            )
        }
        Update::Status(StatusUpdate {
            id,
            status,
            timestamp,
            recipient_id,
            recipient_user_id,
            participant,
            callback,
            code,
            title,
            details,
            members: _,
            truncated: _,
        }) => format!(
            "{id} {status:?} at {timestamp:?} to {recipient_id:?} {recipient_user_id:?} {participant:?} \
             {callback:?} {code:?} {title:?} {details:?}"
        ),
        Update::Contact(Contact { wa_id, user_id, name }) => format!("contact {wa_id} {user_id} {name:?}"),
        Update::Error(ValueError { code, title, details }) => format!("error {code} {title:?} {details:?}"),
        Update::Notice(Notice {
            topic,
            timestamp,
            members,
            ..
        }) => format!(
            "notice {} at {timestamp:?}: {:?}",
            topic.as_str(),
            members.iter().collect::<Vec<_>>()
        ),
    }
}

type Taken = (Vec<(Option<u16>, String)>, Option<u16>, u16);

fn take<const STAGE: usize>(
    body: &str,
    filter: Filter<'_>,
    skip: u16,
    piece: usize,
) -> Result<Taken, Rejected> {
    let check = Check::signed(Some(SECRET), Some(&mac(SECRET, body.as_bytes())))?;
    let mut receiver = Receiver::<STAGE>::new(check, filter, skip);
    for piece in body.as_bytes().chunks(piece) {
        receiver.push(piece)?;
    }
    let batch = receiver.finish()?;
    let updates = batch
        .iter()
        .map(|item| (item.index, show(&item.update)))
        .collect();
    Ok((updates, batch.next_index(), batch.passed_over()))
}

fn updates(value: &Value) -> Vec<String> {
    let taken = take::<16_384>(&wire(value, &mut 0), FILTER, 0, 64).unwrap();
    assert_eq!(taken.1, None);
    taken.0.into_iter().map(|(_, text)| text).collect()
}

fn body(value: &Value) -> Value {
    json!({"object": "whatsapp_business_account", "entry": [{"id": "400000000000001", "time": 1_800_000_000,
        "changes": [{"field": "messages", "value": value}]}]})
}

fn value(number: &str, members: &Value) -> Value {
    let mut value = json!({"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550000001", "phone_number_id": number}});
    for (key, member) in members.as_object().unwrap() {
        value[key] = member.clone();
    }
    value
}

fn message(members: &Value) -> Value {
    let mut message = json!({"from": "4915550001", "id": "wamid.M1", "timestamp": "1800000001"});
    for (key, member) in members.as_object().unwrap() {
        message[key] = member.clone();
    }
    body(&value(NUMBER, &json!({"messages": [message]})))
}

/// A body of which every sort of update is part, in two entries.
fn everything() -> Value {
    json!({"object": "whatsapp_business_account", "entry": [
        {"id": "400000000000001", "changes": [
            {"field": "messages", "value": value(NUMBER, &json!({
                "contacts": [
                    {"profile": {"name": "Jörg 😀"}, "wa_id": "4915550001", "user_id": "DE.77"},
                    {"profile": {"name": "Ann"}, "wa_id": "4915550002"}],
                "messages": [
                    {"from": "4915550001", "id": "wamid.M1", "timestamp": "1800000001", "type": "text",
                        "text": {"body": "Grüße / 😀 \"q\""}},
                    {"from": "4915550002", "id": "wamid.M2", "timestamp": 1_800_000_002u32, "type": "button",
                        "context": {"from": "15550000001", "id": "wamid.S0"},
                        "button": {"payload": "ack:7", "text": "I am on it"}}]}))},
            {"field": "messages", "value": value("999", &json!({
                "messages": [{"from": "1", "id": "wamid.other", "type": "text", "text": {"body": "not ours"}}]}))},
            {"field": "calls", "value": {"messages": [{"id": "x"}]}}]},
        {"id": "400000000000002", "changes": [
            {"field": "messages", "value": value(NUMBER, &json!({
                "statuses": [
                    {"id": "wamid.S1", "status": "sent", "timestamp": "1800000003", "recipient_id": "4915550001",
                        "recipient_user_id": "DE.77", "biz_opaque_callback_data": "cellar/12/1",
                        "pricing": {"billable": true, "pricing_model": "PMP"}},
                    {"id": "wamid.S2", "status": "delivered", "biz_opaque_callback_data": "attic/3/1"},
                    {"id": "wamid.S3", "status": "failed", "timestamp": "1800000004", "recipient_id": "4915550002",
                        "errors": [
                            {"code": 131_047, "title": "Re-engagement message", "message": "Re-engagement message",
                                "error_data": {"details": "More than 24 hours."}},
                            {"code": 1, "title": "second", "error_data": {"details": "second"}}]}]}))},
            {"field": "messages", "value": value(NUMBER, &json!({
                "errors": [{"code": 130_429, "title": "Rate limit hit", "error_data": {"details": "Slow down."}}]}))}]}
    ]})
}

fn everything_taken() -> Vec<(Option<u16>, String)> {
    [
        (None, r#"contact 4915550001 DE.77 Some("Jörg 😀")"#),
        (
            Some(0),
            r#"wamid.M1 from Some("4915550001") None Some("Jörg 😀") in None at Some(1800000001) on None: text Grüße / 😀 "q""#,
        ),
        (
            Some(1),
            r#"wamid.M2 from Some("4915550002") None Some("Ann") in None at Some(1800000002) on Some("wamid.S0"): button ack:7|I am on it"#,
        ),
        (
            Some(4),
            r#"wamid.S1 Sent at Some(1800000003) to Some("4915550001") Some("DE.77") None Some("cellar/12/1") None None None"#,
        ),
        (
            Some(6),
            r#"wamid.S3 Failed at Some(1800000004) to Some("4915550002") None None None Some(131047) Some("Re-engagement message") Some("More than 24 hours.")"#,
        ),
        (None, r#"error 130429 Some("Rate limit hit") Some("Slow down.")"#),
    ]
    .map(|(index, text)| (index, text.into()))
    .into()
}

/// As [`everything_taken`], without what depends on the order of members: the names of senders.
fn nameless(updates: &[(Option<u16>, String)]) -> Vec<(Option<u16>, String)> {
    let mut updates: Vec<_> = updates
        .iter()
        .map(|(i, t)| {
            (
                *i,
                t.replace(r#" Some("Jörg 😀") in"#, " None in")
                    .replace(r#" Some("Ann") in"#, " None in"),
            )
        })
        .collect();
    updates.sort();
    updates
}

#[test]
fn a_batch_of_all_sorts_is_the_same_at_any_piece_size() {
    // The order of members as the fixture has them: contacts stand before messages by their names, too.
    let text = everything().to_string();
    for piece in [1, 7, 64, 4096] {
        let (updates, next, passed_over) = take::<16_384>(&text, FILTER, 0, piece).unwrap();
        assert_eq!(updates, everything_taken(), "pieces of {piece}");
        assert_eq!((next, passed_over), (None, 3));
    }
}

#[test]
fn a_body_cut_at_any_byte_shows_nothing() {
    let text = wire(&everything(), &mut 0);
    for cut in 0..text.len() {
        let body = &text[..cut];
        // As a transport would cut it: the signature is that of the whole.
        let check = Check::signed(Some(SECRET), Some(&mac(SECRET, text.as_bytes()))).unwrap();
        let mut receiver = Receiver::<16_384>::new(check, FILTER, 0);
        receiver.push(body.as_bytes()).unwrap();
        assert_eq!(receiver.finish().unwrap_err(), Rejected::WrongSignature);
        // As a sender with the secret might send it.
        let refused = take::<16_384>(body, FILTER, 0, 64).unwrap_err();
        assert!(
            matches!(refused, Rejected::Malformed(e) if e.kind == json::ErrorKind::UnexpectedEnd),
            "{cut}"
        );
    }
}

/// What is the same of each message of [`message`].
const HEAD: &str = r#"wamid.M1 from Some("4915550001") None None in None at Some(1800000001) on None: "#;

#[test]
fn each_kind_of_message_is_read() {
    for (members, want) in [
        (json!({"type": "text", "text": {"body": ""}}), "text "),
        (
            json!({"type": "button", "button": {"payload": "p", "text": "t"}}),
            "button p|t",
        ),
        (json!({"type": "button", "button": {"text": "t"}}), "button |t"),
        (
            json!({"type": "interactive", "interactive": {"type": "button_reply",
                "button_reply": {"id": "ack", "title": "On it"}}}),
            "button_reply ack|On it",
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "list_reply",
                "list_reply": {"id": "r1", "title": "Row", "description": "Below"}}}),
            r#"list_reply r1|Row|Some("Below")"#,
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "list_reply",
                "list_reply": {"id": "r1", "title": "Row"}}}),
            "list_reply r1|Row|None",
        ),
        (
            json!({"type": "reaction", "reaction": {"message_id": "wamid.S1", "emoji": "👍"}}),
            r#"reaction wamid.S1|Some("👍")"#,
        ),
        (
            json!({"type": "reaction", "reaction": {"message_id": "wamid.S1", "emoji": ""}}),
            "reaction wamid.S1|None",
        ),
        (
            json!({"type": "reaction", "reaction": {"message_id": "wamid.S1"}}),
            "reaction wamid.S1|None",
        ),
        (json!({}), "other "),
    ] {
        assert_eq!(updates(&message(&members)), [format!("{HEAD}{want}")]);
    }
}

#[test]
fn kinds_that_are_rare_are_read_with_the_feature_and_told_by_their_type_without() {
    for (members, with, without) in [
        (
            json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": "{}"}}}),
            "nfm_reply",
            "other interactive",
        ),
        (
            json!({"type": "image", "image": {"id": "5", "caption": "c"}}),
            "image",
            "other image",
        ),
        (
            json!({"type": "unsupported", "errors": [{"code": 131_051, "title": "Message type unknown"}]}),
            "unsupported",
            "other unsupported",
        ),
        (
            json!({"type": "contacts", "contacts": [{"name": {"formatted_name": "A"}, "phones": [{"wa_id": "49"}]}]}),
            "contacts",
            "other contacts",
        ),
        (
            json!({"type": "location", "location": {"latitude": 53.1, "longitude": 8.2}}),
            "location",
            "other location",
        ),
        (
            json!({"type": "order", "order": {"catalog_id": "7", "text": "two", "product_items": [{"quantity": 2}]}}),
            "order",
            "other order",
        ),
        (
            json!({"type": "system", "system": {"type": "user_changed_number", "body": "b", "wa_id": "49"}}),
            "system",
            "other system",
        ),
    ] {
        let want = if ALL { with } else { without };
        assert_eq!(updates(&message(&members)), [format!("{HEAD}{want}")]);
    }
}

#[test]
fn fields_beyond_messages_are_told_with_the_feature_and_counted_without() {
    for (field, members) in [
        ("account_update", json!({"event": "DISABLED_UPDATE"})),
        (
            "user_preferences",
            json!({"user_preferences": [{"wa_id": "4915550001", "category": "marketing_messages", "value": "stop"}]}),
        ),
        (
            "group_lifecycle_update",
            json!({"groups": [{"group_id": "G", "type": "group_create"}]}),
        ),
    ] {
        let mut body = body(&value(NUMBER, &members));
        body["entry"][0]["changes"][0]["field"] = field.into();
        let mut receiver = Receiver::<RECORD_MAX>::new(Check::dangerous_unchecked(), FILTER, 0);
        receiver.push(body.to_string().as_bytes()).unwrap();
        let batch = receiver.finish().unwrap();
        let counted = (batch.iter().count(), batch.unknown_fields(), batch.passed_over());
        assert_eq!(counted, if ALL { (1, 0, 0) } else { (0, 1, 0) }, "{field}");
    }
}

#[test]
fn a_sender_may_be_a_user_id_alone_and_a_message_may_be_a_groups() {
    let got = updates(&message(
        &json!({"from": null, "from_user_id": "DE.77", "group_id": "R3JvdXA=",
        "type": "text", "text": {"body": "x"}}),
    ));
    assert_eq!(
        got,
        [r#"wamid.M1 from None Some("DE.77") None in Some("R3JvdXA=") at Some(1800000001) on None: text x"#]
    );
}

#[test]
fn each_status_is_read_and_an_unknown_one_keeps_its_word() {
    for (word, want) in [
        ("sent", Status::Sent),
        ("delivered", Status::Delivered),
        ("read", Status::Read),
        ("played", Status::Played),
        ("failed", Status::Failed),
        ("warming", Status::Other("warming")),
    ] {
        let statuses = json!({"statuses": [{"id": "wamid.S", "status": word, "recipient_id": "R3JvdXA=",
            "recipient_type": "group", "recipient_participant_id": "4915550001"}]});
        let want = format!(
            r#"wamid.S {want:?} at None to Some("R3JvdXA=") None Some("4915550001") None None None None"#
        );
        assert_eq!(updates(&body(&value(NUMBER, &statuses))), [want]);
    }
}

#[test]
fn what_is_too_long_is_cut_at_a_character_and_says_so() {
    let long = format!("a{}", "é".repeat(700));
    let got = updates(&message(&json!({"type": "text", "text": {"body": long}})));
    let want = format!(": text a{} (truncated)", "é".repeat(511));
    assert!(got[0].ends_with(&want), "{}", got[0]);
    let got = updates(&message(
        &json!({"id": "w".repeat(129), "type": "text", "text": {"body": "x"}}),
    ));
    assert!(
        got[0].starts_with(&format!("{} from", "w".repeat(128))),
        "{}",
        got[0]
    );
    assert!(got[0].ends_with("text x (truncated)"), "{}", got[0]);
}

#[test]
fn an_update_without_an_id_is_counted_and_passed_over() {
    let text = body(&value(
        NUMBER,
        &json!({
        "messages": [{}, {"id": null}, {"id": {"a": 1}}, {"id": "wamid.M4"}, 5, null, [[]]],
        "statuses": [{"status": "read"}], "contacts": [{}], "errors": [{"title": "no code"}]}),
    ))
    .to_string();
    let (updates, next, passed_over) = take::<4096>(&text, FILTER, 0, 9).unwrap();
    assert_eq!(updates.len(), 1);
    assert_eq!((updates[0].0, next, passed_over), (Some(3), None, 4));
}

#[test]
fn of_a_member_that_is_there_twice_the_first_counts() {
    let text = wire(
        &message(&json!({"type": "text", "text": {"body": "one"}})),
        &mut 0,
    )
    .replace(r#""body":"one""#, r#""body":"one","body":"two""#)
    .replace(
        r#""id":"wamid.M1""#,
        r#""id":"wamid.M1","id":"wamid.M9","button":{"payload":"p","text":"t"}"#,
    );
    let (updates, ..) = take::<4096>(&text, FILTER, 0, 5).unwrap();
    assert!(updates[0].1.starts_with("wamid.M1 "), "{}", updates[0].1);
    assert!(!updates[0].1.contains("two"), "{}", updates[0].1);
}

#[test]
fn without_a_filter_every_number_and_device_is_taken() {
    let (updates, next, passed_over) = take::<16_384>(&everything().to_string(), ANY, 0, 64).unwrap();
    assert_eq!((updates.len(), next, passed_over), (8, None, 1));
    let no_metadata = body(&json!({"messages": [{"id": "wamid.M1"}]})).to_string();
    assert_eq!(take::<4096>(&no_metadata, ANY, 0, 64).unwrap().0.len(), 1);
    assert_eq!(
        take::<4096>(&no_metadata, FILTER, 0, 64).unwrap(),
        ([].into(), None, 1)
    );
}

#[test]
fn what_another_number_left_half_staged_takes_no_room() {
    // The metadata comes last: 40 messages of another number overflow the stage before it is known whose they are.
    let theirs: Vec<_> = (0..40)
        .map(|i| {
            json!({"id": format!("wamid.T{i}"), "type": "text",
        "text": {"body": "x".repeat(200)}})
        })
        .collect();
    let change = |messages: &Value, number: &str| {
        format!(
            r#"{{"value":{{"messages":{messages},"metadata":{{"phone_number_id":"{number}"}}}},"field":"messages"}}"#
        )
    };
    let ours = json!([{"id": "wamid.M1", "type": "text", "text": {"body": "ours"}}]);
    let text = format!(
        r#"{{"entry":[{{"changes":[{},{}]}}]}}"#,
        change(&theirs.into(), "999"),
        change(&ours, NUMBER)
    );
    let (updates, next, passed_over) = take::<RECORD_MAX>(&text, FILTER, 0, 64).unwrap();
    assert_eq!((updates.len(), next, passed_over), (1, None, 40));
    assert_eq!(updates[0].0, Some(40));
}

#[test]
fn a_batch_larger_than_the_stage_comes_in_deliveries_without_loss_or_repetition() {
    let statuses: Vec<_> = (0..30)
        .map(|i| json!({"id": format!("wamid.S{i}"), "status": "sent"}))
        .collect();
    let messages: Vec<_> = (0..30)
        .map(|i| {
            json!({"id": format!("wamid.M{i}"), "from": "4915550001",
        "type": "text", "text": {"body": "y".repeat(i * 60)}})
        })
        .collect();
    // Contacts alone would fill the stage several times; they must not stop it from getting on.
    let contacts: Vec<_> = (0..50)
        .map(|i| {
            json!({"wa_id": format!("49155500{i}"), "user_id": format!("DE.{i}"),
        "profile": {"name": "n".repeat(96)}})
        })
        .collect();
    let text = body(&value(
        NUMBER,
        &json!({"contacts": contacts, "messages": messages, "statuses": statuses}),
    ));
    let text = wire(&text, &mut 3);
    let (mut skip, mut seen, mut deliveries) = (0, Vec::new(), 0);
    loop {
        let (updates, next, _) = take::<{ RECORD_MAX + 900 }>(&text, FILTER, skip, 100).unwrap();
        let indices: Vec<_> = updates.iter().filter_map(|(index, _)| *index).collect();
        assert!(!indices.is_empty(), "a delivery that brings nothing never ends");
        seen.extend(indices);
        deliveries += 1;
        match next {
            Some(next) => skip = next,
            None => break,
        }
    }
    assert_eq!(seen, (0..60).collect::<Vec<u16>>());
    assert!(deliveries > 5, "{deliveries}");
}

#[test]
fn an_error_before_the_place_where_a_delivery_goes_on_is_not_told_again() {
    let text =
        |id: &str| json!({"messages": [{"id": id, "from": "1", "type": "text", "text": {"body": "x"}}]});
    let error = |code: u32| json!({"errors": [{"code": code}]});
    let mut body = body(&json!({}));
    body["entry"][0]["changes"] = [text("a"), error(1), text("b"), error(2), text("c"), error(3)]
        .iter()
        .map(|members| json!({"field": "messages", "value": value(NUMBER, members)}))
        .collect();
    for (skip, want) in [
        (0, &["a", "1", "b", "2", "c", "3"][..]),
        (1, &["b", "2", "c", "3"]),
        (2, &["c", "3"]),
        (3, &[]),
    ] {
        let (updates, ..) = take::<16_384>(&body.to_string(), FILTER, skip, 64).unwrap();
        let told: Vec<_> = updates
            .iter()
            .map(|(_, text)| text.trim_start_matches("error ").split(' ').next().unwrap())
            .collect();
        assert_eq!(told, want, "from {skip} on");
    }
}

#[test]
fn errors_for_which_there_is_no_room_are_counted() {
    let errors: Vec<_> = (0..9)
        .map(|code| json!({"code": code, "title": "t".repeat(96)}))
        .collect();
    let text = body(&value(NUMBER, &json!({"errors": errors}))).to_string();
    let (updates, next, passed_over) =
        take::<{ RECORD_MAX + EXTRA_MAX + 200 }>(&text, FILTER, 0, 64).unwrap();
    assert_eq!(next, None);
    assert_eq!((updates.len(), passed_over), (2, 7));
}

#[test]
fn the_longest_record_fits_into_the_smallest_stage() {
    let long = "\u{10ffff}".repeat(600);
    let text = message(
        &json!({"id": long, "from": long, "from_user_id": long, "group_id": long,
        "timestamp": long, "type": long, "context": {"id": long}, "text": {"body": long}}),
    );
    let (updates, next, _) = take::<RECORD_MAX>(&text.to_string(), FILTER, 0, 64).unwrap();
    assert_eq!((updates.len(), next), (1, None));
    let text =
        message(&json!({"interactive": {"list_reply": {"id": long, "title": long, "description": long}}}));
    assert_eq!(
        take::<RECORD_MAX>(&text.to_string(), FILTER, 0, 64)
            .unwrap()
            .0
            .len(),
        1
    );
}

#[test]
fn a_record_can_be_kept_and_read_again() {
    let text = everything().to_string();
    let check = Check::dangerous_unchecked();
    let mut receiver = Receiver::<16_384>::new(check, FILTER, 0);
    receiver.push(text.as_bytes()).unwrap();
    let batch = receiver.finish().unwrap();
    assert_eq!((batch.iter().count(), batch.updates()), (6, 7));
    for item in &batch {
        let kept = item.record().to_vec();
        assert_eq!(Update::decode(&kept), Some(item.update));
        for cut in 0..kept.len() {
            assert_eq!(Update::decode(&kept[..cut]), None);
        }
    }
    assert_eq!(
        receiver.finish().unwrap().iter().count(),
        6,
        "it can be asked twice"
    );
}

#[test]
fn the_signature_vectors_hold() {
    for (body, digits) in [
        (
            r#"{"object":"whatsapp_business_account","entry":[]}"#,
            "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756",
        ),
        (
            r#"{"object": "whatsapp_business_account", "entry": []}"#,
            "56cbbaf4961c6cfdae48b7f116c047e5eb513d2c931baae63a2bc1afd26f803a",
        ),
        (
            concat!(
                r#"{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"value":"#,
                r#"{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","#,
                r#""phone_number_id":"106540352242922"},"contacts":[{"profile":{"name":"J\u00f6rg"},"#,
                r#""wa_id":"16505551234"}],"messages":[{"from":"16505551234","id":"wamid.X1","#,
                r#""timestamp":"1749416383","type":"text","text":{"body":"Gr\u00fc\u00dfe \ud83d\ude00 "#,
                r#"kiosk\u0040example.com https:\/\/x.example\/y"}}]},"field":"messages"}]}]}"#
            ),
            "709a136c27b383dfdc1c45bfc882674c7289ee5bd27e7973b5b18d944340921d",
        ),
    ] {
        let header = format!("sha256={digits}");
        for piece in [1, 7, 4096] {
            let check = Check::signed(Some("test_app_secret"), Some(&header)).unwrap();
            assert_eq!(check.signature(), Some(&Signature::parse(&header).unwrap()));
            let mut receiver = Receiver::<4096>::new(check, ANY, 0);
            for piece in body.as_bytes().chunks(piece) {
                receiver.push(piece).unwrap();
            }
            for item in &receiver.finish().unwrap() {
                let text = show(&item.update);
                assert!(
                    text.ends_with("text Grüße 😀 kiosk@example.com https://x.example/y"),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn without_a_right_signature_nothing_is_shown() {
    let text = everything().to_string();
    let good = mac(SECRET, text.as_bytes());
    let refused = |secret, header: Option<&str>| {
        let mut receiver = match Check::signed(secret, header) {
            Ok(check) => Receiver::<16_384>::new(check, FILTER, 0),
            Err(rejected) => return rejected,
        };
        receiver.push(text.as_bytes()).unwrap();
        receiver.finish().unwrap_err()
    };
    for (rejected, want) in [
        (refused(None, Some(&good)), Rejected::NoAppSecret),
        (refused(Some(""), Some(&good)), Rejected::NoAppSecret),
        (refused(Some(SECRET), None), Rejected::MissingSignature),
        (
            refused(Some(SECRET), Some("sha1=00")),
            Rejected::MalformedSignature(SignatureError::Scheme),
        ),
        (refused(Some("another"), Some(&good)), Rejected::WrongSignature),
        (
            refused(Some(SECRET), Some(&mac(SECRET, b"{}"))),
            Rejected::WrongSignature,
        ),
    ] {
        assert_eq!((rejected, rejected.http_status()), (want, 403));
    }
}

#[test]
fn a_wrong_signature_is_told_before_wrong_json() {
    let check = || Check::signed(Some(SECRET), Some(&mac(SECRET, b"{}"))).unwrap();
    let mut receiver = Receiver::<4096>::new(check(), FILTER, 0);
    receiver.push(b"[}").unwrap();
    assert_eq!(receiver.finish().unwrap_err(), Rejected::WrongSignature);
    let refused = take::<4096>("[}", FILTER, 0, 1).unwrap_err();
    assert_eq!(refused.http_status(), 400);
    assert_eq!(
        refused.to_string(),
        "webhook is malformed: JSON: unexpected character at byte 1"
    );
}

#[test]
fn a_body_of_more_than_three_megabytes_is_refused_while_it_comes() {
    let mut receiver = Receiver::<4096>::new(Check::dangerous_unchecked(), FILTER, 0);
    let kib = [b' '; 1024];
    for _ in 0..BODY_MAX / 1024 {
        receiver.push(&kib).unwrap();
    }
    let refused = receiver.push(b"{}").unwrap_err();
    assert_eq!((refused, refused.http_status()), (Rejected::TooLarge, 413));
    assert_eq!(receiver.finish().unwrap_err(), Rejected::TooLarge);
}

#[test]
fn debug_names_nobody() {
    let text = everything().to_string();
    let mut receiver = Receiver::<16_384>::new(Check::dangerous_unchecked(), FILTER, 0);
    receiver.push(text.as_bytes()).unwrap();
    let shown = format!("{:?}", receiver.finish().unwrap());
    let text = format!("{shown} {receiver:?}");
    assert!(text.contains("button") && text.contains("cellar/12/1"), "{text}");
    for personal in ["49155", "DE.77", "Jörg", "Grüße", "wamid"] {
        assert!(!text.contains(personal), "{personal}: {text}");
    }
}

#[test]
fn a_receiver_has_the_size_that_is_stated() {
    let overhead = size_of::<Receiver<'static, 4096>>() - 4096;
    assert!(overhead <= 1_100, "{overhead}");
}

proptest! {
    #[test]
    fn the_order_of_members_changes_no_update(order: u32, piece in 1usize..200) {
        let (updates, next, passed_over) = take::<16_384>(&wire(&everything(), &mut { order }), FILTER, 0, piece).unwrap();
        // The order of contacts, messages, statuses and errors within a value is that of its members.
        prop_assert_eq!(nameless(&updates), nameless(&everything_taken()));
        prop_assert_eq!((next, passed_over), (None, 3));
    }

    #[test]
    fn unknown_members_change_no_update(extra in prop::collection::vec(("[a-z_]{1,12}x", 0usize..4), 1..4)) {
        fn add(value: &mut Value, key: &str, what: &Value) {
            match value {
                Value::Object(members) => {
                    members.values_mut().for_each(|v| add(v, key, what));
                    members.insert(key.into(), what.clone());
                }
                Value::Array(items) => items.iter_mut().for_each(|v| add(v, key, what)),
                _ => {}
            }
        }
        let whats = [json!(1), json!({"id": "no", "messages": [{"id": "no"}]}), json!([[{"id": 1}]]), json!("text")];
        let mut value = everything();
        for (key, what) in &extra {
            add(&mut value, key, &whats[*what]);
        }
        let (updates, next, passed_over) = take::<16_384>(&value.to_string(), FILTER, 0, 64).unwrap();
        prop_assert_eq!(updates, everything_taken());
        prop_assert_eq!((next, passed_over), (None, 3));
    }

    #[test]
    fn no_bytes_can_do_harm(spoil in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..9), piece in 1usize..99) {
        let mut bytes = everything().to_string().into_bytes();
        for (at, byte) in spoil {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let mut receiver = Receiver::<RECORD_MAX>::new(Check::dangerous_unchecked(), FILTER, 0);
        for piece in bytes.chunks(piece) {
            receiver.push(piece).unwrap();
        }
        if let Ok(batch) = receiver.finish() {
            for item in &batch {
                prop_assert!(item.record().len() <= RECORD_MAX);
            }
        }
    }
}
