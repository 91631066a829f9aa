//! What a test of a client does from its beginning to its end.

use super::*;
use serde_json::json;

fn question() -> Value {
    let button = |id: &str, title: &str| json!({ "type": "reply", "reply": { "id": id, "title": title } });
    json!({
        "messaging_product": "whatsapp", "to": ADA, "type": "interactive",
        "interactive": {
            "type": "button", "body": { "text": "Leak in the cellar" },
            "action": { "buttons": [button("ack", "On it"), button("later", "Later")] },
        },
    })
}

#[tokio::test]
async fn a_message_is_waited_for_answered_by_its_button_and_told_to_the_clients_webhook() {
    let cloud = cloud().await;
    let mut hook = Subscriber::start().await;
    let (status, _) = api(&cloud, "POST", "/subscriptions", &json!({ "url": hook.url })).await;
    assert_eq!(status, 201);

    let wait = "/messages/wait?direction=outbound&chat=%2B16505551234&text=cellar";
    let nothing = Value::Null;
    let (waited, sent) = tokio::join!(api(&cloud, "GET", wait, &nothing), async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        graph(&cloud, &question()).await
    });
    assert_eq!((waited.0, sent.0), (200, 200));
    let id = sent.1["messages"][0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(waited.1["id"], *id);
    assert_eq!(waited.1["buttons"][1]["title"], "Later");

    // The id has characters that a path must not have.
    let id = id.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D");
    let path = format!("/messages/{id}/press");
    let (status, pressed) = api(&cloud, "POST", &path, &json!({ "title": "On it" })).await;
    assert_eq!((status, &pressed["text"]), (201, &json!("On it")));
    let (status, _) = api(&cloud, "POST", &path, &json!({ "title": "No such" })).await;
    assert_eq!(status, 404);
    let answer = loop {
        let (signature, value) = next(&mut hook).await;
        assert!(signature.starts_with("sha256="));
        if value["messages"].is_array() {
            break value["messages"][0].clone();
        }
    };
    assert_eq!(answer["interactive"]["button_reply"]["id"], "ack");
    assert_eq!(answer["context"]["id"], waited.1["id"]);

    let react = format!("/messages/{id}/react");
    assert_eq!(
        api(&cloud, "POST", &react, &json!({ "emoji": "👍" })).await.0,
        201
    );
    let (_, message) = api(&cloud, "GET", &format!("/messages/{id}"), &Value::Null).await;
    assert_eq!(message["reactions"][0]["emoji"], "👍");
}

#[tokio::test]
async fn while_the_clock_stands_still_nothing_becomes_of_a_message_until_it_is_set_forward() {
    let cloud = cloud().await;
    let (_, clock) = api(&cloud, "PATCH", "/clock", &json!({ "speed": 0 })).await;
    assert_eq!(clock["speed"], 0);
    let (_, sent) = graph(&cloud, &question()).await;
    let id = sent["messages"][0]["id"].as_str().expect("an id").to_owned();
    let status = async || {
        cloud
            .messages(None)
            .iter()
            .find(|one| one.id == id)
            .map(|one| one.status.clone())
    };
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(
        status().await.as_deref(),
        Some("accepted"),
        "delivered after 0.4 s of a clock that goes"
    );
    let (_, after) = api(&cloud, "PATCH", "/clock", &json!({ "advance_ms": 3_000 })).await;
    assert_eq!(
        after["now_ms"].as_u64(),
        clock["now_ms"].as_u64().map(|now| now + 3_000)
    );
    assert_eq!(status().await.as_deref(), Some("delivered"));
    api(&cloud, "PATCH", "/clock", &json!({ "advance_ms": 10_000 })).await;
    assert_eq!(status().await.as_deref(), Some("read"));
    let (_, budget) = api(&cloud, "GET", "/chats/16505551234/budget", &Value::Null).await;
    assert_eq!(
        (&budget["owed"], &budget["paid_at_ms"]),
        (&json!(0), &Value::Null),
        "13 s later 6 s are paid"
    );
}

#[tokio::test]
async fn a_refused_request_stands_among_the_exchanges_with_its_reason_and_metas_page_and_without_the_token() {
    let cloud = cloud().await;
    api(
        &cloud,
        "PATCH",
        "/faults",
        &json!({ "refuse_code": 131_056, "refuse_count": 1 }),
    )
    .await;
    let (status, _) = graph(&cloud, &question()).await;
    assert_eq!(status, 400);
    let path = format!("/v25.0/debug_token?input_token={TOKEN}");
    let fields = format!("Authorization: Bearer {TOKEN}\r\n");
    let (status, _) = send(cloud.addr(), &request("GET", &path, &fields, b"")).await;
    assert_eq!(status, 200);
    let (_, failed) = api(&cloud, "GET", "/exchanges?kind=request&failed=true", &Value::Null).await;
    let [exchange] = failed["exchanges"].as_array().expect("a list").as_slice() else {
        panic!("one was refused: {failed}");
    };
    assert_eq!(
        (&exchange["code"], &exchange["status"]),
        (&json!(131_056), &json!(400))
    );
    assert_eq!(exchange["page"], "About the platform");
    assert!(
        exchange["body"]
            .as_str()
            .is_some_and(|body| body.contains("Leak in the cellar"))
    );
    let (_, all) = api(&cloud, "GET", "/export", &Value::Null).await;
    assert!(!all.to_string().contains(TOKEN));
    assert!(all.to_string().contains("input_token=[redacted]"));
}

#[tokio::test]
async fn each_fault_of_the_api_is_felt_by_a_client() {
    let cloud = cloud().await;
    for (fault, code) in [
        (json!({ "token_revoked": true }), 190),
        (json!({ "account_locked": true }), 131_031),
        (json!({ "refuse_code": 131_016 }), 131_016),
        (json!({ "refuse_at_random": 1.0 }), 131_056),
    ] {
        api(&cloud, "PATCH", "/faults", &fault).await;
        let (_, refused) = graph(&cloud, &question()).await;
        assert_eq!(refused["error"]["code"], code, "{fault}");
        api(&cloud, "DELETE", "/faults", &Value::Null).await;
    }
    api(&cloud, "PATCH", "/faults", &json!({ "lose_answers": 1 })).await;
    assert_eq!(graph(&cloud, &question()).await.0, 0, "the connection breaks");
    api(
        &cloud,
        "PATCH",
        "/faults",
        &json!({ "answer_latency_ms": [80, 80] }),
    )
    .await;
    let start = std::time::Instant::now();
    assert_eq!(
        graph(&cloud, &question()).await.0,
        200,
        "inside the burst's window"
    );
    assert!(start.elapsed() >= Duration::from_millis(80));
}
