//! What a request needs before its message is looked at, and the pair rule behind it.

use super::*;
use crate::cloud::judge::{CountFrom, Receipts, RefusedAttempt};

#[tokio::test]
async fn an_accepted_text_is_answered_as_meta_answers() {
    let cloud = cloud().await;
    let (status, body) = post(&cloud, &text("Grüße 😀")).await;
    assert_eq!(status, 200);
    assert_eq!(body["messaging_product"], "whatsapp");
    assert_eq!(
        body["contacts"],
        json!([{ "input": ADA, "wa_id": "16505551234" }])
    );
    assert!(body["messages"][0]["id"].as_str().unwrap().starts_with("wamid."));
    assert_eq!(
        body["messages"][0].get("message_status"),
        None,
        "that is for templates"
    );
}

#[tokio::test]
async fn a_request_without_token_is_0_and_with_a_wrong_or_revoked_one_190_both_as_401() {
    let cloud = cloud().await;
    let body = text("hello").to_string();
    let json = "Content-Type: application/json\r\n";
    for (headers, code) in [
        (json.to_owned(), 0),
        (format!("Authorization: Basic {TOKEN}\r\n{json}"), 0),
        (authorized("wrong"), 190),
        (authorized(""), 0),
    ] {
        let answer = exchange(&cloud, &request("POST", &path(), &headers, &body))
            .await
            .unwrap();
        assert_eq!(refusal(&answer), (401, code), "{headers}");
        assert!(answer.1["error"]["fbtrace_id"].as_str().unwrap().len() >= 20);
        assert_eq!(answer.1["error"]["type"], "OAuthException");
    }
    cloud.set_token_revoked(true);
    assert_eq!(refusal(&post(&cloud, &text("hello")).await), (401, 190));
    cloud.set_token_revoked(false);
    wamid(&post(&cloud, &text("hello")).await);
}

#[tokio::test]
async fn an_unknown_phone_number_id_is_100_with_subcode_33() {
    let cloud = cloud().await;
    let answer = post_at(&cloud, "/v25.0/42/messages", &text("hello")).await;
    assert_eq!(refusal(&answer), (400, 100));
    assert_eq!(answer.1["error"]["error_subcode"], 33);
    assert_eq!(answer.1["error"]["type"], "GraphMethodException");

    let get = request("GET", &path(), &authorized(TOKEN), "");
    assert_eq!(refusal(&exchange(&cloud, &get).await.unwrap()), (400, 100));
}

#[tokio::test]
async fn every_version_there_ever_was_is_served_and_no_other_path() {
    let cloud = Cloud::start(CloudSettings {
        judge: generous(),
        ..settings()
    })
    .await
    .unwrap();
    for version in ["v17.0", "v2.12", "v21.0", "v25.0", "v26.0"] {
        let path = format!("/{version}/{PHONE_NUMBER_ID}/messages");
        wamid(&post_at(&cloud, &path, &text("hello")).await);
    }
    for path in [
        format!("/v27.0/{PHONE_NUMBER_ID}/messages"),
        format!("/v25/{PHONE_NUMBER_ID}/messages"),
        format!("/v25.1/{PHONE_NUMBER_ID}/messages"),
        format!("/25.0/{PHONE_NUMBER_ID}/messages"),
        format!("/{PHONE_NUMBER_ID}/messages"),
        format!("/v25.0/{PHONE_NUMBER_ID}/massages"),
        format!("/v25.0/{PHONE_NUMBER_ID}/messages/more"),
        "/".to_owned(),
    ] {
        assert_eq!(
            refusal(&post_at(&cloud, &path, &text("hello")).await),
            (400, 2_500),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_or_does_not_say_so_is_100() {
    let cloud = cloud().await;
    let whole = text("hello").to_string();
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        let request = request("POST", &path(), &authorized(TOKEN), &whole[..cut]);
        assert_eq!(
            refusal(&exchange(&cloud, &request).await.unwrap()),
            (400, 100),
            "cut at {cut}"
        );
    }
    let form =
        format!("Authorization: Bearer {TOKEN}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
    let answer = exchange(&cloud, &request("POST", &path(), &form, &whole))
        .await
        .unwrap();
    assert_eq!(refusal(&answer), (400, 100));
    assert_eq!(
        answer.1["error"]["message"],
        "(#100) The parameter messaging_product is required."
    );
}

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let cloud = cloud().await;
    let _busy = cloud.clock().busy();
    let mut stream = connect(&cloud, cloud.ca_pem(), "graph.facebook.com")
        .await
        .unwrap();
    let body = text("hello").to_string();
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: graph.facebook.com\r\n{}Content-Length: {}\r\n\r\n{body}",
        path(),
        authorized(TOKEN),
        body.len()
    );
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"}]}") {
            answer.push(stream.read_u8().await.unwrap());
        }
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
    }
}

#[tokio::test]
async fn the_46th_message_of_a_burst_is_131056_with_metas_words_and_another_user_is_served() {
    let cloud = cloud().await;
    let _busy = cloud.clock().busy();
    for _ in 0..45 {
        wamid(&post(&cloud, &text("alarm")).await);
    }
    let answer = post(&cloud, &text("alarm")).await;
    assert_eq!(refusal(&answer), (400, 131_056));
    assert_eq!(
        answer.1["error"]["message"],
        "(#131056) (Business Account, Consumer Account) pair rate limit hit"
    );
    assert!(
        answer.1["error"]["error_data"]["details"]
            .as_str()
            .unwrap()
            .contains("too many messages")
    );

    let mut other = text("alarm");
    other["to"] = "+16505550000".into();
    wamid(&post(&cloud, &other).await);
    let summary = cloud.summary();
    assert_eq!(
        (summary.submitted, summary.accepted, summary.refused_by_pair_rule),
        (47, 46, 1)
    );
    assert_eq!(summary.refused_otherwise, 0);
}

#[tokio::test]
async fn the_pair_rule_is_over_when_the_debt_is_paid_by_the_clock() {
    let cloud = cloud().await;
    let busy = cloud.clock().busy();
    for _ in 0..20 {
        wamid(&post(&cloud, &text("alarm")).await);
    }
    let last = cloud.log().last().unwrap().at_ms;
    drop(busy);
    let legal = last + 120_000;
    let busy = cloud
        .clock()
        .sleep_until_busy(Duration::from_millis(legal - 1_000))
        .await;
    assert_eq!(refusal(&post(&cloud, &text("alarm")).await), (400, 131_056));
    drop(busy);
    let _busy = cloud.clock().sleep_until_busy(Duration::from_millis(legal)).await;
    wamid(&post(&cloud, &text("alarm")).await);
}

#[tokio::test]
async fn what_is_refused_for_another_reason_does_not_count_for_the_pair_rule() {
    let judge = JudgeSettings::new(
        CountFrom::LastMessage,
        RefusedAttempt::RestartWait,
        Receipts::Count,
    );
    let cloud = Cloud::start(CloudSettings { judge, ..settings() }).await.unwrap();
    let _busy = cloud.clock().busy();
    for _ in 0..50 {
        assert_eq!(refusal(&post(&cloud, &text("")).await), (400, 100));
    }
    wamid(&post(&cloud, &text("alarm")).await);
    assert_eq!(cloud.summary().judged, 1);
    assert_eq!(cloud.summary().refused_otherwise, 50);
}

#[tokio::test]
async fn two_numbers_of_one_user_are_one_pair() {
    let cloud = cloud().await;
    cloud.set_user(User::new("+5511987654321").wa_id("551187654321"));
    let _busy = cloud.clock().busy();
    let mut message = text("alarma");
    for nth in 0..45 {
        message["to"] = if nth % 2 == 0 {
            "+5511987654321"
        } else {
            "+551187654321"
        }
        .into();
        let (_, body) = post(&cloud, &message).await;
        assert_eq!(body["contacts"][0]["input"], message["to"]);
        assert_eq!(body["contacts"][0]["wa_id"], "551187654321");
    }
    for to in ["+5511987654321", "+551187654321"] {
        message["to"] = to.into();
        assert_eq!(refusal(&post(&cloud, &message).await), (400, 131_056));
    }
}

#[tokio::test]
async fn a_message_with_the_ticket_of_an_accepted_one_is_a_duplicate() {
    let cloud = Cloud::start(CloudSettings {
        judge: generous(),
        ..settings()
    })
    .await
    .unwrap();
    let mut message = text("alarm");
    for (data, duplicates) in [
        ("kiosk-7.1.0", 0),
        ("kiosk-7.1.1", 1),
        ("kiosk-7.2.0", 1),
        ("kiosk", 1),
        ("kiosk", 2),
    ] {
        message["biz_opaque_callback_data"] = data.into();
        wamid(&post(&cloud, &message).await);
        assert_eq!(cloud.summary().duplicates, duplicates, "{data}");
    }
}

#[tokio::test]
async fn neither_lines_nor_debug_output_show_numbers_or_secrets() {
    let cloud = cloud().await;
    let mut events = cloud.events();
    post(&cloud, &text("a private matter")).await;
    post(&cloud, &text("")).await;
    let first = events.recv().await.unwrap();
    let second = events.recv().await.unwrap();
    assert_eq!(first.to_string(), "accepted text to …1234");
    assert!(second.to_string().contains("100: Param text.body"), "{second}");
    assert!(second.to_string().contains("Text messages"), "{second}");
    let all = format!(
        "{first} {second} {first:?} {:?} {cloud:?} {:?}",
        cloud.log(),
        settings()
    );
    for hidden in ["6505551234", "private", TOKEN, APP_SECRET, VERIFY_TOKEN] {
        assert!(!all.contains(hidden), "{hidden} in {all}");
    }
}

#[tokio::test]
async fn plain_http_is_for_loopback_only() {
    let listen = "0.0.0.0:0".parse().unwrap();
    let refused = Cloud::start(CloudSettings {
        tls: false,
        listen,
        ..settings()
    })
    .await;
    assert!(matches!(refused, Err(StartError::PlainOffLoopback(_))));

    let cloud = Cloud::start(CloudSettings {
        tls: false,
        ..settings()
    })
    .await
    .unwrap();
    assert!(cloud.base_url().starts_with("http://localhost:"));
    let mut stream = TcpStream::connect(cloud.addr()).await.unwrap();
    let request = request("POST", &path(), &authorized(TOKEN), &text("hello").to_string());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"));
}

/// A judge that minds nothing, for tests of something else.
fn generous() -> JudgeSettings {
    JudgeSettings {
        interval_ms: 0,
        ..JudgeSettings::default()
    }
}
