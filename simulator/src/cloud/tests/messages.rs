//! Each kind of message at its limits: the longest that passes, and one more.

use super::*;
use crate::cloud::content::{self, Content, Known, Request};
use crate::cloud::template::{BODY_LIMIT, Library};

fn known(library: &Library, version: u8) -> Known<'_> {
    Known {
        library,
        version,
        readings: Readings::STRICT,
        has_file: &|_| true,
    }
}

/// Reads a body as v25.0 does: the code of a refusal, or what was read.
fn read(body: &Value) -> Result<Request, (u32, u16)> {
    content::read(body, known(&Library::default(), 25)).map_err(|error| (error.code, error.status))
}

fn content(body: &Value) -> Result<Content, (u32, u16)> {
    read(body).map(|request| match request {
        Request::Send(outgoing) => outgoing.content,
        Request::Receipt { .. } => panic!("a receipt has no content"),
    })
}

fn refused(body: &Value) -> u32 {
    content(body).err().unwrap_or_else(|| panic!("passed: {body}")).0
}

fn with(mut body: Value, key: &str, value: Value) -> Value {
    body[key] = value;
    body
}

fn without(mut body: Value, key: &str) -> Value {
    body.as_object_mut().unwrap().remove(key);
    body
}

fn template(name: &str, parameters: &[&str]) -> Value {
    let parameters: Vec<_> = parameters
        .iter()
        .map(|text| json!({ "type": "text", "text": text }))
        .collect();
    json!({
        "messaging_product": "whatsapp", "to": ADA, "type": "template",
        "template": {
            "name": name, "language": { "code": "en_US" },
            "components": [{ "type": "body", "parameters": parameters }],
        },
    })
}

fn buttons(list: &[(&str, &str)]) -> Value {
    let list: Vec<_> = list
        .iter()
        .map(|(id, title)| json!({ "type": "reply", "reply": { "id": id, "title": title } }))
        .collect();
    json!({
        "messaging_product": "whatsapp", "to": ADA, "type": "interactive",
        "interactive": { "type": "button", "body": { "text": "Well?" }, "action": { "buttons": list } },
    })
}

#[test]
fn a_text_has_1_to_4096_characters_whatever_their_bytes() {
    for letter in ["a", "ä", "😀"] {
        assert_eq!(
            content(&text(&letter.repeat(4_096))).map(|content| content.text.chars().count()),
            Ok(4_096)
        );
        assert_eq!(refused(&text(&letter.repeat(4_097))), 100);
    }
    assert_eq!(refused(&text("")), 100);
}

#[test]
fn a_missing_member_is_131008_and_a_missing_product_100() {
    for key in ["to", "type", "text"] {
        assert_eq!(refused(&without(text("hello"), key)), 131_008, "{key}");
    }
    assert_eq!(refused(&with(text("hello"), "text", json!({}))), 131_008);
    assert_eq!(refused(&without(text("hello"), "messaging_product")), 100);
    assert_eq!(
        refused(&with(text("hello"), "to", Value::Null)),
        131_008,
        "null is nothing"
    );
}

#[test]
fn a_member_of_the_wrong_kind_or_without_a_meaning_is_100() {
    for (key, value) in [
        ("messaging_product", json!("telegram")),
        ("messaging_product", json!(1)),
        ("recipient_type", json!("everybody")),
        ("to", json!(16_505_551_234_u64)),
        ("text", json!("hello")),
        ("text", json!({ "body": 1 })),
        ("text", json!({ "body": "hello", "preview_url": "yes" })),
        ("text", json!({ "body": "hello", "colour": "red" })),
        ("colour", json!("red")),
        ("context", json!({ "message": "wamid.x" })),
        ("template", json!({})),
    ] {
        assert_eq!(
            refused(&with(text("hello"), key, value.clone())),
            100,
            "{key}: {value}"
        );
    }
    assert_eq!(refused(&json!([])), 100);
}

#[test]
fn what_meta_allows_beside_the_message_is_taken() {
    let mut body = text("see https://example.com");
    body["text"]["preview_url"] = true.into();
    body["context"] = json!({ "message_id": "wamid.x" });
    body["biz_opaque_callback_data"] = "x".repeat(512).into();
    assert!(content(&body).is_ok());
    assert_eq!(
        refused(&with(body, "biz_opaque_callback_data", json!("x".repeat(513)))),
        100
    );
}

#[test]
fn a_type_that_is_not_known_is_131051_and_never_accepted_unread() {
    for kind in ["gif", "poll", "carrier_pigeon", ""] {
        assert_eq!(
            refused(&with(text("hello"), "type", json!(kind))),
            131_051,
            "{kind}"
        );
    }
    let mut list = buttons(&[("a", "A")]);
    list["interactive"]["type"] = "poll".into();
    assert_eq!(refused(&list), 131_051);
}

#[test]
fn a_bsuid_is_taken_as_recipient_and_to_wins_over_it() {
    let by_id = with(
        without(text("hello"), "to"),
        "recipient",
        json!("US.13491208655302741918"),
    );
    assert!(content(&by_id).is_ok());
    let Ok(Request::Send(both)) = read(&with(by_id.clone(), "to", json!(ADA))) else {
        panic!("both were refused")
    };
    assert!(both.target.as_written() == ADA);
    let longest = format!("US.ENT.{}", "x".repeat(128));
    assert!(content(&with(by_id.clone(), "recipient", json!(longest))).is_ok());
    let too_long = format!("US.{}", "x".repeat(129));
    for id in ["", "US", "US.", "usa.1", "us.1", "US.1 2", &too_long] {
        assert_eq!(
            refused(&with(by_id.clone(), "recipient", json!(id))),
            131_009,
            "{id}"
        );
    }
}

#[test]
fn a_receipt_is_read_with_and_without_typing_and_nothing_else() {
    let receipt = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": "wamid.x" });
    assert!(matches!(
        read(&receipt),
        Ok(Request::Receipt { typing: false, .. })
    ));
    let typing = with(receipt.clone(), "typing_indicator", json!({ "type": "text" }));
    assert!(matches!(read(&typing), Ok(Request::Receipt { typing: true, .. })));
    assert_eq!(refused(&with(receipt.clone(), "status", json!("seen"))), 100);
    assert_eq!(refused(&without(receipt.clone(), "message_id")), 131_008);
    assert_eq!(
        refused(&with(receipt, "typing_indicator", json!({ "type": "voice" }))),
        100
    );
}

#[test]
fn the_templates_that_are_always_there_take_their_number_of_parameters() {
    for (name, count) in [
        ("order_shipped", 5),
        ("order_confirmation", 3),
        ("update_notification", 1),
        ("squab_alert", 1),
    ] {
        assert!(content(&template(name, &vec!["x"; count])).is_ok(), "{name}");
        for wrong in [count - 1, count + 1] {
            assert_eq!(
                refused(&template(name, &vec!["x"; wrong])),
                132_000,
                "{name} with {wrong}"
            );
        }
    }
}

#[test]
fn a_template_unknown_by_name_or_language_is_132001_as_404() {
    assert_eq!(content(&template("hello_world", &[])).err(), Some((132_001, 404)));
    let mut german = template("squab_alert", &["x"]);
    german["template"]["language"]["code"] = "de".into();
    assert_eq!(content(&german).err(), Some((132_001, 404)));

    let mut library = Library::default();
    library.add(Template::new("squab_alert", "Alarm: {{1}}").language("de"));
    let read = content::read(&german, known(&library, 25));
    assert!(matches!(read, Ok(Request::Send(outgoing)) if outgoing.content.text == "Alarm: x"));
}

#[test]
fn a_parameter_without_content_or_with_forbidden_white_space_is_refused_by_version() {
    let library = Library::default();
    let code = |text: &str, version| {
        let read = content::read(&template("squab_alert", &[text]), known(&library, version));
        read.err().map(|error| error.code)
    };
    for bad in ["a\nb", "a\tb", "a\rb", "a     b"] {
        assert_eq!(
            (code(bad, 23), code(bad, 25)),
            (Some(132_018), Some(132_018)),
            "{bad:?}"
        );
        assert_eq!(code(bad, 22), Some(132_012), "{bad:?}");
    }
    assert_eq!((code("", 23), code("", 22)), (Some(132_018), Some(100)));
    assert_eq!(
        (code("a    b", 25), code("a    b", 22)),
        (None, None),
        "four spaces pass"
    );
}

#[test]
fn a_filled_in_body_has_at_most_1024_characters() {
    let room = BODY_LIMIT - "Alert: ".len();
    assert!(content(&template("squab_alert", &["ä".repeat(room).as_str()])).is_ok());
    assert_eq!(
        refused(&template("squab_alert", &["ä".repeat(room + 1).as_str()])),
        132_005
    );
}

#[test]
fn a_parameter_is_never_read_as_a_placeholder() {
    let filled =
        content(&template("order_confirmation", &["{{2}}", "{{3}}", "{{1}}"])).map(|content| content.text);
    assert_eq!(
        filled.as_deref(),
        Ok("We have your order {{2}} over {{3}}. It arrives on {{1}}.")
    );
}

#[test]
fn named_parameters_go_by_name_and_positional_ones_by_place() {
    let mut library = Library::default();
    library.add(Template::new("named", "{{place}} is {{state}}").header("At {{place}}"));
    let body = |parameters: Value| {
        let mut body = template("named", &[]);
        body["template"]["components"] = json!([
            { "type": "header", "parameters": [{ "type": "text", "parameter_name": "place", "text": "Room 1" }] },
            { "type": "body", "parameters": parameters },
        ]);
        content::read(&body, known(&library, 25))
    };
    let named = |name: &str, text: &str| json!({ "type": "text", "parameter_name": name, "text": text });
    let read = body(json!([named("state", "warm"), named("place", "Room 1")]));
    assert!(matches!(read, Ok(Request::Send(outgoing)) if outgoing.content.text == "Room 1 is warm"));
    let wrong = body(json!([named("state", "warm"), named("colour", "red")]));
    assert_eq!(wrong.err().map(|error| error.code), Some(132_012));
    let nameless = body(json!([named("state", "warm"), { "type": "text", "text": "x" }]));
    assert_eq!(nameless.err().map(|error| error.code), Some(100));

    let mut positional = template("squab_alert", &["x"]);
    positional["template"]["components"][0]["parameters"][0]["parameter_name"] = "what".into();
    assert_eq!(refused(&positional), 132_012);
}

#[test]
fn currency_and_date_are_filled_in_by_their_fallback() {
    let mut body = template("order_confirmation", &["7", "", ""]);
    body["template"]["components"][0]["parameters"][1] = json!({
        "type": "currency", "currency": { "fallback_value": "$9", "code": "USD", "amount_1000": 9000 },
    });
    body["template"]["components"][0]["parameters"][2] =
        json!({ "type": "date_time", "date_time": { "fallback_value": "May 3" } });
    let filled = content(&body).map(|content| content.text);
    assert_eq!(
        filled.as_deref(),
        Ok("We have your order 7 over $9. It arrives on May 3.")
    );
    body["template"]["components"][0]["parameters"][2] = json!({ "type": "image", "image": { "id": "1" } });
    assert_eq!(refused(&body), 132_012);
}

#[test]
fn a_quick_replys_payload_is_set_by_index_and_is_its_title_otherwise() {
    let mut body = template("squab_alert", &["x"]);
    let parameters = body["template"]["components"][0].clone();
    let button = |index: Value| {
        json!({
            "type": "button", "sub_type": "quick_reply", "index": index,
            "parameters": [{ "type": "payload", "payload": "ack-7" }],
        })
    };
    for index in [json!("0"), json!(0)] {
        body["template"]["components"] = json!([parameters, button(index)]);
        let ids = content(&body).map(|content| {
            content
                .buttons
                .into_iter()
                .map(|button| button.id)
                .collect::<Vec<_>>()
        });
        assert_eq!(ids, Ok(vec!["ack-7".to_owned(), "Snooze".to_owned()]));
    }
    for index in [json!("2"), json!(-1), json!("one"), json!(null)] {
        body["template"]["components"] = json!([parameters, button(index.clone())]);
        assert!(content(&body).is_err(), "{index}");
    }
}

#[tokio::test]
async fn who_it_is_for_decides_over_the_wire_too() {
    let cloud = cloud().await;
    cloud.add_group(Group {
        id: "group-1".to_owned(),
        participants: vec![ADA.to_owned()],
    });
    assert_eq!(
        refusal(&post(&cloud, &with(text("hello"), "to", json!("kitchen"))).await),
        (400, 131_009)
    );
    let own = format!("+{DISPLAY_PHONE_NUMBER}");
    assert_eq!(
        refusal(&post(&cloud, &with(text("hello"), "to", json!(own))).await),
        (400, 131_021)
    );

    let id = "US.13491208655302741918";
    let by_id = with(without(text("hello"), "to"), "recipient", json!(id));
    let (_, body) = post(&cloud, &by_id).await;
    assert_eq!(body["contacts"], json!([{ "input": id, "user_id": id }]));

    let group = with(
        with(text("hello"), "to", json!("group-1")),
        "recipient_type",
        json!("group"),
    );
    let (_, body) = post(&cloud, &group).await;
    assert_eq!(
        body["contacts"],
        json!([{ "input": "group-1", "wa_id": "group-1" }])
    );
    assert_eq!(
        refusal(&post(&cloud, &with(group, "to", json!("group-2"))).await),
        (400, 131_009)
    );

    let (status, body) = post(&cloud, &template("squab_alert", &["warm"])).await;
    assert_eq!(
        (status, &body["messages"][0]["message_status"]),
        (200, &json!("accepted"))
    );
    let missing = post(&cloud, &template("hello_world", &[])).await;
    assert_eq!(refusal(&missing), (404, 132_001));
    assert_eq!(
        missing.1["error"]["error_data"]["details"],
        "template name (hello_world) does not exist in en_US"
    );
}
