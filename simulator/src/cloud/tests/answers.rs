//! What users make of each kind of message, as the subscriber gets it.

use super::*;

/// A user who does nothing of her own accord but read.
fn reader() -> User {
    User::new(ADA).named("Ada").behaves(UserBehaviour {
        delivered_after: Duration::from_secs(1),
        read_after: Some(Duration::from_secs(2)),
        ..UserBehaviour::default()
    })
}

async fn with_user(user: User) -> (CloudHandle, Subscriber) {
    let users = vec![user];
    Subscriber::with_cloud(CloudSettings { users, ..settings() }).await
}

fn message(kind: &str, content: Value) -> Value {
    let mut body = json!({ "messaging_product": "whatsapp", "to": ADA, "type": kind });
    body[kind] = content;
    body
}

fn interactive(kind: &str, action: &Value) -> Value {
    message(
        "interactive",
        json!({ "type": kind, "body": { "text": "Well?" }, "action": action }),
    )
}

/// The next message of a user; statuses before it are passed over.
async fn written(subscriber: &mut Subscriber) -> Value {
    loop {
        let value = subscriber.next().await.value();
        if let Some(messages) = value.get("messages") {
            return messages[0].clone();
        }
    }
}

/// The statuses of one message, until nothing comes any more.
async fn statuses(cloud: &CloudHandle, subscriber: &mut Subscriber) -> Vec<String> {
    cloud.clock().sleep(Duration::from_mins(5)).await;
    let mut all = Vec::new();
    while let Ok(arrived) = subscriber.arrived.try_recv() {
        let status = arrived.status();
        all.push(status["status"].as_str().expect("a status").to_owned());
        assert_eq!(status.get("errors").is_some(), all.last().unwrap() == "failed");
    }
    all
}

#[tokio::test]
async fn a_voice_message_is_played_after_it_is_read_and_an_audio_file_is_not() {
    let (cloud, mut subscriber) = with_user(reader()).await;
    for (voice, last) in [(true, "played"), (false, "read")] {
        let body = message(
            "audio",
            json!({ "link": "https://example.org/a.ogg", "voice": voice }),
        );
        wamid(&post(&cloud, &body).await);
        assert_eq!(
            statuses(&cloud, &mut subscriber).await.last().map(String::as_str),
            Some(last)
        );
    }
}

#[tokio::test]
async fn who_has_read_receipts_off_tells_no_played_either() {
    let user = reader().behaves(UserBehaviour {
        read_after: None,
        ..UserBehaviour::default()
    });
    let (cloud, mut subscriber) = with_user(user).await;
    wamid(
        &post(
            &cloud,
            &message(
                "audio",
                json!({ "link": "https://example.org/a.ogg", "voice": true }),
            ),
        )
        .await,
    );
    assert_eq!(statuses(&cloud, &mut subscriber).await, ["sent", "delivered"]);
}

#[tokio::test]
async fn a_reaction_is_sent_and_no_more_and_fails_with_131009_on_what_is_not_there_or_is_one() {
    let (cloud, mut subscriber) = with_user(reader()).await;
    let first = wamid(&post(&cloud, &text("hello")).await);
    statuses(&cloud, &mut subscriber).await;
    let reaction = |on: &str| message("reaction", json!({ "message_id": on, "emoji": "\u{1f44d}" }));
    let second = wamid(&post(&cloud, &reaction(&first)).await);
    assert_eq!(statuses(&cloud, &mut subscriber).await, ["sent"]);
    for nothing in ["wamid.unknown", second.as_str()] {
        wamid(&post(&cloud, &reaction(nothing)).await);
        let failed = subscriber.next().await.status();
        assert_eq!(
            (&failed["status"], &failed["errors"][0]["code"]),
            (&json!("failed"), &json!(131_009))
        );
        cloud.clock().sleep(Duration::from_mins(5)).await;
    }
}

#[tokio::test]
async fn a_row_of_a_list_comes_back_with_its_description_and_the_message_it_was_in() {
    let user = reader().behaves(UserBehaviour {
        acknowledges: Some((Duration::from_secs(3), 1)),
        ..UserBehaviour::default()
    });
    let (cloud, mut subscriber) = with_user(user).await;
    let list = interactive(
        "list",
        &json!({ "button": "Choose", "sections": [
            { "title": "Now", "rows": [{ "id": "go", "title": "I am on it" }] },
            { "title": "Later", "rows": [{ "id": "later", "title": "In an hour", "description": "Asks again" }] },
        ] }),
    );
    let id = wamid(&post(&cloud, &list).await);
    let chosen = written(&mut subscriber).await;
    assert_eq!(
        chosen["interactive"],
        json!({
            "type": "list_reply",
            "list_reply": { "id": "later", "title": "In an hour", "description": "Asks again" },
        })
    );
    assert_eq!(
        chosen["context"],
        json!({ "from": DISPLAY_PHONE_NUMBER, "id": id })
    );
    assert_eq!(chosen["type"], "interactive");

    cloud.press_button(ADA, Some(&id), 0).unwrap();
    let chosen = written(&mut subscriber).await;
    assert_eq!(
        chosen["interactive"]["list_reply"],
        json!({ "id": "go", "title": "I am on it" }),
        "no description where there is none"
    );
    assert_eq!(
        cloud.press_button(ADA, Some(&id), 2),
        Err(UserError::NoSuchButton)
    );
}

#[tokio::test]
async fn who_is_asked_for_a_place_sends_it_and_who_is_asked_for_a_contact_shares_it() {
    let (cloud, mut subscriber) = with_user(reader()).await;
    let place = interactive("location_request_message", &json!({ "name": "send_location" }));
    let id = wamid(&post(&cloud, &place).await);
    cloud.press_button(ADA, None, 0).unwrap();
    let place = written(&mut subscriber).await;
    assert_eq!(
        (&place["type"], &place["context"]["id"]),
        (&json!("location"), &json!(id))
    );
    assert!(place["location"]["latitude"].is_f64() && place["location"]["longitude"].is_f64());

    cloud.clock().sleep(Duration::from_mins(5)).await;
    let contact = interactive("request_contact_info", &json!({ "name": "request_contact_info" }));
    let id = wamid(&post(&cloud, &contact).await);
    cloud.press_button(ADA, None, 0).unwrap();
    let contact = written(&mut subscriber).await;
    assert_eq!(
        (&contact["type"], &contact["context"]["id"]),
        (&json!("contacts"), &json!(id))
    );
    let contact = &contact["contacts"][0];
    assert_eq!(contact["origin"], "contact_request");
    assert_eq!(contact["name"]["formatted_name"], "Ada");
    assert_eq!(contact["phones"][0]["wa_id"], "16505551234");
}

#[tokio::test]
async fn a_user_reacts_to_what_was_sent_and_never_before_it_is_on_the_screen() {
    let user = reader().behaves(UserBehaviour {
        reacts: Some((Duration::from_millis(1), "\u{1f44d}".to_owned())),
        ..UserBehaviour::default()
    });
    let (cloud, mut subscriber) = with_user(user).await;
    let id = wamid(&post(&cloud, &text("hello")).await);
    for kind in ["sent", "delivered", "read"] {
        assert_eq!(subscriber.next().await.status()["status"], kind);
    }
    let reaction = written(&mut subscriber).await;
    assert_eq!(
        reaction["reaction"],
        json!({ "message_id": id, "emoji": "\u{1f44d}" })
    );
    assert_eq!(
        reaction.get("context"),
        None,
        "the reaction names its message itself"
    );
}

#[tokio::test]
async fn everything_that_a_user_can_write_arrives_in_metas_shape() {
    let (cloud, mut subscriber) = with_user(reader()).await;
    let image = UserMessage::Image(Some("The door".to_owned()));
    cloud.write(ADA, &image, None).unwrap();
    let image = written(&mut subscriber).await;
    assert_eq!(
        (
            &image["type"],
            &image["image"]["caption"],
            &image["image"]["mime_type"]
        ),
        (&json!("image"), &json!("The door"), &json!("image/png"))
    );
    assert!(
        image["image"]["id"]
            .as_str()
            .unwrap()
            .bytes()
            .all(|byte| byte.is_ascii_digit())
    );

    let place = UserMessage::Location {
        latitude: 37.5,
        longitude: -122.25,
        name: Some("Dock 2".to_owned()),
    };
    cloud.write(ADA, &place, None).unwrap();
    assert_eq!(
        written(&mut subscriber).await["location"],
        json!({ "latitude": 37.5, "longitude": -122.25, "name": "Dock 2" })
    );

    let contact = UserMessage::Contact {
        name: "Ben".to_owned(),
        phone: "+1 650 555 0000".to_owned(),
    };
    cloud.write(ADA, &contact, None).unwrap();
    let contact = written(&mut subscriber).await["contacts"][0].clone();
    assert_eq!(contact["phones"][0]["phone"], "+16505550000");
    assert_eq!(contact.get("origin"), None, "nobody asked for it");

    let gone = UserMessage::Reaction {
        wamid: "wamid.x".to_owned(),
        emoji: None,
    };
    cloud.write(ADA, &gone, None).unwrap();
    assert_eq!(
        written(&mut subscriber).await["reaction"],
        json!({ "message_id": "wamid.x" })
    );

    let quoting = UserMessage::Text("On my way".to_owned());
    cloud.write(ADA, &quoting, Some("wamid.y")).unwrap();
    let quoting = written(&mut subscriber).await;
    assert_eq!(
        quoting["context"],
        json!({ "from": DISPLAY_PHONE_NUMBER, "id": "wamid.y" })
    );
    assert!(!format!("{:?}", UserMessage::Text("secret".to_owned())).contains("secret"));
    assert_eq!(
        cloud.write("+1", &UserMessage::Image(None), None),
        Err(UserError::NoSuchUser)
    );
}

#[tokio::test]
async fn a_list_of_1025_characters_passes_where_the_generous_reading_is_set() {
    for (readings, status) in [(Readings::STRICT, 400), (Readings::GENEROUS, 200)] {
        let cloud = Cloud::start(CloudSettings {
            readings,
            ..settings()
        })
        .await
        .unwrap();
        let row = json!({ "id": "a", "title": "A" });
        let mut list = interactive(
            "list",
            &json!({ "button": "Choose", "sections": [{ "title": "All", "rows": [row] }] }),
        );
        list["interactive"]["body"]["text"] = "x".repeat(1_025).into();
        assert_eq!(post(&cloud, &list).await.0, status);
    }
}

#[tokio::test]
async fn the_price_of_a_one_time_code_is_in_its_own_category() {
    let (cloud, mut subscriber) = with_user(reader()).await;
    cloud.add_template(Template::authentication("code"));
    let code = json!([{ "type": "text", "text": "123456" }]);
    let body = message(
        "template",
        json!({ "name": "code", "language": { "code": "en_US" }, "components": [
            { "type": "body", "parameters": code },
            { "type": "button", "sub_type": "url", "index": "0", "parameters": code },
        ] }),
    );
    let answer = post(&cloud, &body).await;
    assert_eq!(answer.1["messages"][0]["message_status"], "accepted");
    let sent = subscriber.next().await.status();
    assert_eq!(sent["pricing"]["category"], "authentication");
}
