//! What a subscriber gets: signed, in escaped ASCII, until it says 200.

use super::*;
use hmac::{Hmac, KeyInit as _, Mac as _};
use std::fmt::Write as _;

/// Settings of a cloud in which ten days pass in a second.
fn fast() -> CloudSettings {
    let clock = Clock::simulated(1_000_000, SystemTime::UNIX_EPOCH);
    CloudSettings { clock, ..settings() }
}

/// A user who reads, and then presses the first button.
fn ada() -> User {
    User::new(ADA).named("Ada Jörg 😀").behaves(UserBehaviour {
        delivered_after: Duration::from_secs(1),
        read_after: Some(Duration::from_secs(2)),
        acknowledges: Some((Duration::from_secs(3), 0)),
        ..UserBehaviour::default()
    })
}

fn alert() -> Value {
    json!({
        "messaging_product": "whatsapp", "to": ADA, "type": "template",
        "biz_opaque_callback_data": "kiosk-7.1.0",
        "template": {
            "name": "squab_alert", "language": { "code": "en_US" },
            "components": [
                { "type": "body", "parameters": [{ "type": "text", "text": "warm" }] },
                { "type": "button", "sub_type": "quick_reply", "index": "0",
                  "parameters": [{ "type": "payload", "payload": "ack-1" }] },
            ],
        },
    })
}

fn signature_holds(arrived: &Arrived) -> bool {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(APP_SECRET.as_bytes()).unwrap();
    mac.update(&arrived.raw);
    let hex = mac
        .finalize()
        .into_bytes()
        .iter()
        .fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
    arrived.signature == format!("sha256={hex}")
}

#[tokio::test]
async fn who_was_never_described_behaves_as_anyone_does() {
    let (cloud, mut subscriber) = Subscriber::with_cloud(CloudSettings {
        anyone: ada().behaviour,
        ..settings()
    })
    .await;
    post(&cloud, &alert()).await;
    for kind in ["sent", "delivered", "read"] {
        assert_eq!(subscriber.next().await.status()["status"], kind);
    }
    let pressed = subscriber.next().await.value();
    assert_eq!(pressed["messages"][0]["button"]["payload"], "ack-1");
}

#[tokio::test]
async fn an_alert_is_sent_delivered_read_and_acknowledged_by_its_button() {
    let (cloud, mut subscriber) = Subscriber::with_cloud(CloudSettings {
        users: vec![ada()],
        ..settings()
    })
    .await;
    let id = wamid(&post(&cloud, &alert()).await);
    let mut last = 0;
    for kind in ["sent", "delivered", "read"] {
        let arrived = subscriber.next().await;
        assert!(arrived.raw.is_ascii() && signature_holds(&arrived));
        let status = arrived.status();
        assert_eq!((&status["id"], &status["status"]), (&json!(id), &json!(kind)));
        assert_eq!(status["recipient_id"], "16505551234");
        assert_eq!(status["biz_opaque_callback_data"], "kiosk-7.1.0");
        assert_eq!(status.get("conversation"), None, "left out from v24.0 on");
        assert_eq!(status.get("pricing").is_some(), kind != "read");
        let at: u64 = status["timestamp"].as_str().unwrap().parse().unwrap();
        assert!(at >= last.max(1_795_000_000));
        last = at;
        let value = arrived.value();
        assert_eq!(value["metadata"]["phone_number_id"], PHONE_NUMBER_ID);
        assert_eq!(value["contacts"][0]["wa_id"], "16505551234");
        assert_eq!(value["contacts"][0]["user_id"], status["recipient_user_id"]);
    }
    let arrived = subscriber.next().await;
    assert!(signature_holds(&arrived));
    let message = arrived.value()["messages"][0].clone();
    assert_eq!(message["type"], "button");
    assert_eq!(
        message["button"],
        json!({ "payload": "ack-1", "text": "Acknowledge" })
    );
    assert_eq!(
        message["context"],
        json!({ "from": DISPLAY_PHONE_NUMBER, "id": id })
    );
    assert_eq!(message["from"], "16505551234");
    let raw = String::from_utf8(arrived.raw).unwrap();
    assert!(raw.contains(r"Ada J\u00f6rg \ud83d\ude00"), "{raw}");

    let summary = cloud.summary();
    assert_eq!(
        (summary.delivered, summary.read, summary.buttons, summary.failed),
        (1, 1, 1, 0)
    );
}

#[tokio::test]
async fn a_text_and_a_reply_button_of_a_user_arrive() {
    let (cloud, mut subscriber) = Subscriber::with_cloud(settings()).await;
    assert_eq!(cloud.reply_text(ADA, "hello"), Err(UserError::NoSuchUser));
    cloud.set_user(User::new(ADA));
    cloud.reply_text("1 650 555 1234", "Käse/Brot").unwrap();
    let arrived = subscriber.next().await;
    assert_eq!(arrived.value()["messages"][0]["text"]["body"], "Käse/Brot");
    assert!(
        String::from_utf8(arrived.raw.clone())
            .unwrap()
            .contains(r"K\u00e4se\/Brot")
    );
    let received = arrived.value()["messages"][0]["id"].clone();

    let mut receipt = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": received });
    assert_eq!(post(&cloud, &receipt).await, (200, json!({ "success": true })));
    receipt["message_id"] = "wamid.unknown".into();
    assert_eq!(refusal(&post(&cloud, &receipt).await), (400, 131_009));
    assert_eq!((cloud.summary().receipts, cloud.summary().submitted), (1, 0));

    assert_eq!(cloud.press_button(ADA, None, 0), Err(UserError::NoSuchMessage));
    let buttons = json!({
        "messaging_product": "whatsapp", "to": ADA, "type": "interactive",
        "interactive": { "type": "button", "body": { "text": "Well?" }, "action": { "buttons": [
            { "type": "reply", "reply": { "id": "yes", "title": "Yes" } },
        ] } },
    });
    let id = wamid(&post(&cloud, &buttons).await);
    assert_eq!(cloud.press_button(ADA, None, 1), Err(UserError::NoSuchButton));
    cloud.press_button(ADA, Some(&id), 0).unwrap();
    loop {
        let value = subscriber.next().await.value();
        let Some(message) = value.get("messages").map(|messages| &messages[0]) else {
            continue;
        };
        assert_eq!(
            message["interactive"]["button_reply"],
            json!({ "id": "yes", "title": "Yes" })
        );
        break;
    }
}

#[tokio::test]
async fn a_number_that_is_not_on_whatsapp_is_accepted_and_fails_with_131026() {
    let user = User::new(ADA).behaves(UserBehaviour {
        registered: false,
        ..UserBehaviour::default()
    });
    let (cloud, mut subscriber) = Subscriber::with_cloud(CloudSettings {
        users: vec![user],
        ..settings()
    })
    .await;
    wamid(&post(&cloud, &text("hello")).await);
    let arrived = subscriber.next().await;
    let status = arrived.status();
    assert_eq!(status["status"], "failed");
    assert_eq!(status["errors"][0]["code"], 131_026);
    assert_eq!(arrived.value().get("contacts"), None, "left out when failed");
    assert_eq!(status.get("recipient_user_id"), None, "nobody is there");
}

#[tokio::test]
async fn to_a_user_who_has_blocked_the_business_a_message_is_sent_and_no_more() {
    let user = User::new(ADA).behaves(UserBehaviour {
        blocked: true,
        ..UserBehaviour::default()
    });
    let (cloud, mut subscriber) = Subscriber::with_cloud(CloudSettings {
        users: vec![user],
        ..settings()
    })
    .await;
    wamid(&post(&cloud, &text("hello")).await);
    assert_eq!(subscriber.next().await.status()["status"], "sent");
    cloud.clock().sleep(Duration::from_mins(5)).await;
    assert!(subscriber.arrived.try_recv().is_err());
    assert_eq!(cloud.summary().delivered, 0);
}

#[tokio::test]
async fn a_user_who_hides_the_number_is_known_by_id_alone() {
    let user = User::new(ADA).bsuid("US.42").hides_number();
    let (cloud, mut subscriber) = Subscriber::with_cloud(CloudSettings {
        users: vec![user],
        ..settings()
    })
    .await;
    cloud.reply_text("US.42", "hello").unwrap();
    let value = subscriber.next().await.value();
    assert_eq!(value["messages"][0]["from_user_id"], "US.42");
    assert_eq!(
        (
            value["messages"][0].get("from"),
            value["contacts"][0].get("wa_id")
        ),
        (None, None)
    );

    let mut message = text("hello");
    message.as_object_mut().unwrap().remove("to");
    message["recipient"] = "US.42".into();
    wamid(&post(&cloud, &message).await);
    let status = subscriber.next().await.status();
    assert_eq!(
        (status.get("recipient_id"), &status["recipient_user_id"]),
        (None, &json!("US.42"))
    );
}

#[tokio::test]
async fn a_groups_participants_come_in_one_body() {
    let groups = vec![Group {
        id: "group-1".to_owned(),
        participants: vec![ADA.to_owned(), "+16505550000".to_owned()],
    }];
    let (cloud, mut subscriber) = Subscriber::with_cloud(CloudSettings { groups, ..settings() }).await;
    let mut message = text("hello");
    message["to"] = "group-1".into();
    message["recipient_type"] = "group".into();
    wamid(&post(&cloud, &message).await);
    assert_eq!(
        subscriber.next().await.value()["statuses"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let told = subscriber.next().await.value().clone();
    let delivered = &told["statuses"];
    assert_eq!(delivered.as_array().unwrap().len(), 2);
    for (status, participant) in delivered
        .as_array()
        .unwrap()
        .iter()
        .zip(["16505551234", "16505550000"])
    {
        let id = &status["recipient_participant_user_id"];
        let mut contacts = told["contacts"].as_array().unwrap().iter();
        let contact = contacts.find(|contact| contact["user_id"] == *id);
        assert_eq!(contact.unwrap()["wa_id"], participant);
        assert_eq!(
            (&status["recipient_type"], &status["recipient_id"]),
            (&json!("group"), &json!("group-1"))
        );
        assert_eq!(status["recipient_participant_id"], participant);
    }
}

#[tokio::test]
async fn a_webhook_is_brought_again_unchanged_until_the_subscriber_says_200() {
    let (cloud, mut subscriber) = Subscriber::with_cloud(fast()).await;
    cloud.set_user(User::new(ADA));
    *subscriber.answers.lock().unwrap() = vec![503, 500, 204, 404];
    cloud.reply_text(ADA, "hello").unwrap();
    let first = subscriber.next().await;
    for _ in 0..4 {
        let again = subscriber.next().await;
        assert_eq!((&again.raw, &again.signature), (&first.raw, &first.signature));
    }
    cloud.clock().sleep(Duration::from_hours(24)).await;
    assert!(subscriber.arrived.try_recv().is_err(), "it was taken");
    assert_eq!(
        (cloud.summary().webhooks_taken, cloud.summary().webhooks_refused),
        (1, 4)
    );
}

#[tokio::test]
async fn a_subscriber_that_is_never_there_is_given_up_and_never_holds_up_the_api() {
    let (cloud, subscriber) = Subscriber::with_cloud(fast()).await;
    cloud.set_user(User::new(ADA));
    *subscriber.answers.lock().unwrap() = vec![500; 100];
    cloud.reply_text(ADA, "hello").unwrap();
    cloud.clock().sleep(Duration::from_hours(10 * 24)).await;
    assert_eq!(
        cloud.summary().webhooks_refused,
        12,
        "one attempt and eleven retries"
    );
    wamid(&post(&cloud, &text("hello")).await);
}

#[tokio::test]
async fn a_subscriber_that_fails_its_verification_is_not_taken() {
    let cloud = cloud().await;
    let stranger = Subscriber::start("another token").await;
    assert_eq!(
        cloud.subscribe(&stranger.url).await,
        Err(SubscribeError::Status(403))
    );
    assert_eq!(cloud.subscribe("not a url").await, Err(SubscribeError::NotAUrl));
    for away in [
        "http://192.0.2.1/hook",
        "https://127.0.0.1/hook",
        "http://example.com/",
    ] {
        assert_eq!(
            cloud.subscribe(away).await,
            Err(SubscribeError::NotLoopback),
            "{away}"
        );
    }
    let nobody = cloud.subscribe("http://127.0.0.1:1/hook").await;
    assert!(matches!(nobody, Err(SubscribeError::Unreachable(_))));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_ids() {
    let mut ids = Vec::new();
    for seed in [7, 7, 8] {
        let cloud = Cloud::start(CloudSettings { seed, ..settings() }).await.unwrap();
        ids.push(wamid(&post(&cloud, &text("hello")).await));
    }
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
}
