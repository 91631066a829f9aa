//! The API against its description: through the router, without a network.

mod settings;

use super::*;
use crate::cloud::site::{self, Peer};
use crate::cloud::{Cloud as Simulated, CloudHandle, CloudSettings, User};
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderName, Method};
use http_body_util::BodyExt as _;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use std::net::IpAddr;
use std::time::Duration;

const ADA: &str = "16505551234";

async fn cloud() -> CloudHandle {
    let settings = CloudSettings {
        tls: false,
        clock: crate::clock::Clock::simulated(1, std::time::SystemTime::UNIX_EPOCH),
        ..CloudSettings::default()
    };
    let cloud = Simulated::start(settings).await.unwrap();
    cloud.set_user(User::new(ADA).named("Ada"));
    cloud
}

fn request(method: &str, path: &str) -> Request {
    let here = IpAddr::from([127, 0, 0, 1]);
    Request::builder()
        .method(method)
        .uri(path)
        .header(HOST, "localhost:1")
        .header(CONTENT_TYPE, "application/json")
        .extension(Peer::new(here, None))
        .body(Body::empty())
        .unwrap()
}

async fn send(cloud: &CloudHandle, request: Request) -> Response {
    let router = TowerToHyperService::new(site::router(cloud.shared()));
    router.call(request).await.unwrap()
}

/// Status and JSON of an answer.
async fn ask(cloud: &CloudHandle, method: &str, path: &str, body: Value) -> (u16, Value) {
    let mut request = request(method, &format!("/squab/api/v1{path}"));
    if !body.is_null() {
        *request.body_mut() = Body::from(body.to_string());
    }
    let answer = send(cloud, request).await;
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

fn openapi() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

#[tokio::test]
async fn each_path_and_method_is_described_and_no_other() {
    let description = openapi();
    let described = description["paths"].as_object().unwrap();
    let paths: Vec<_> = routes().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, described.keys().collect::<Vec<_>>());
    let cloud = cloud().await;
    for path in paths {
        let concrete = path
            .trim_end_matches('/')
            .replace("{id}", "1")
            .replace("{name}", "n")
            .replace("{language}", "l");
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ] {
            let known = described[path].get(method.as_str().to_lowercase()).is_some();
            if known && concrete.ends_with("/wait") {
                continue; // it would wait
            }
            let answer = send(
                &cloud,
                request(method.as_str(), &format!("/squab/api/v1{concrete}")),
            )
            .await;
            let taken = answer.status() != StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(taken, known, "{method} {path}: {}", answer.status());
        }
    }
}

/// The members of a value are those of its schema.
fn holds(value: &Value, schema: &str) {
    let description = openapi();
    let properties = description["components"]["schemas"][schema]["properties"].as_object();
    let mut described: Vec<_> = properties.expect(schema).keys().collect();
    let mut given: Vec<_> = value.as_object().expect(schema).keys().collect();
    described.sort();
    given.sort();
    assert_eq!(given, described, "{schema}");
}

#[tokio::test]
async fn answers_have_the_members_that_the_description_names() {
    let cloud = cloud().await;
    let written = json!({ "from": ADA, "type": "image", "caption": "here" });
    let (status, message) = ask(&cloud, "POST", "/messages", written).await;
    assert_eq!(status, 201, "{message}");
    holds(&message, "Message");
    holds(&message["media"], "Media");
    let (_, chat) = ask(&cloud, "GET", &format!("/chats/{ADA}"), Value::Null).await;
    holds(&chat, "Chat");
    holds(&chat["behaviour"], "Behaviour");
    assert_eq!(chat["name"], "Ada");
    let (_, exchanges) = ask(&cloud, "GET", "/exchanges?kind=webhook", Value::Null).await;
    holds(&exchanges["exchanges"][0], "Exchange");
    assert_eq!(
        exchanges["exchanges"][0]["why"],
        "nobody has subscribed to webhooks"
    );
    for (path, schema) in [
        (format!("/chats/{ADA}/budget"), "Budget"),
        ("/figures".to_owned(), "Figures"),
        ("/series".to_owned(), "Series"),
        ("/clock".to_owned(), "Clock"),
        ("/faults".to_owned(), "Faults"),
        ("/rules".to_owned(), "Rules"),
        ("/subscriptions".to_owned(), "Subscriptions"),
        ("/account".to_owned(), "Account"),
        ("/app".to_owned(), "App"),
        ("/token".to_owned(), "Token"),
        ("/registration".to_owned(), "Registration"),
        ("/network".to_owned(), "Network"),
        ("/overrides".to_owned(), "Overrides"),
    ] {
        let (status, value) = ask(&cloud, "GET", &path, Value::Null).await;
        assert_eq!(status, 200, "{path}");
        holds(&value, schema);
    }
    let (status, error) = ask(&cloud, "GET", "/messages/none", Value::Null).await;
    assert_eq!(status, 404);
    holds(&error, "Error");
}

#[tokio::test]
async fn every_kind_that_a_user_can_write_comes_as_metas_type() {
    let cloud = cloud().await;
    let (_, file) = ask(&cloud, "POST", "/files", Value::Null).await;
    for (written, kind) in [
        (json!({ "type": "text", "text": "hi" }), "text"),
        (json!({ "type": "image" }), "image"),
        (json!({ "type": "image", "file": file["id"] }), "image"),
        (json!({ "type": "video", "caption": "c" }), "video"),
        (json!({ "type": "audio" }), "audio"),
        (json!({ "type": "voice" }), "audio"),
        (json!({ "type": "document", "filename": "a.txt" }), "document"),
        (json!({ "type": "sticker" }), "sticker"),
        (
            json!({ "type": "location", "latitude": 1.5, "longitude": 2 }),
            "location",
        ),
        (
            json!({ "type": "contact", "name": "Bob", "phone": "+16505550123" }),
            "contacts",
        ),
        (
            json!({ "type": "reaction", "message": "wamid.x", "emoji": "👍" }),
            "reaction",
        ),
        (
            json!({ "type": "other", "kind": "order", "content": { "catalog_id": "1" } }),
            "order",
        ),
    ] {
        let mut body = written.clone();
        body["from"] = ADA.into();
        let (status, message) = ask(&cloud, "POST", "/messages", body).await;
        assert_eq!(
            (status, message["kind"].as_str()),
            (201, Some(kind)),
            "{written}: {message}"
        );
        assert_eq!(message["direction"], "inbound");
    }
    for wrong in [
        json!({ "from": ADA, "type": "text" }),
        json!({ "from": ADA, "type": "fax" }),
        json!({ "from": "kitchen", "type": "text", "text": "hi" }),
        json!({ "from": ADA, "type": "other", "kind": "A b", "content": 1 }),
        json!([]),
    ] {
        let (status, error) = ask(&cloud, "POST", "/messages", wrong.clone()).await;
        assert!([400, 422].contains(&status), "{wrong}: {status}");
        assert_eq!(error["error"]["code"], "invalid");
    }
    let missing = json!({ "from": ADA, "type": "image", "file": "77" });
    assert_eq!(ask(&cloud, "POST", "/messages", missing).await.0, 404);
}

#[tokio::test]
async fn what_was_waited_for_is_given_when_it_comes_and_a_404_when_it_does_not() {
    let cloud = cloud().await;
    let late = async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        cloud.reply_text(ADA, "at last").unwrap();
    };
    let path = "/messages/wait?direction=inbound&text=last&timeout_ms=5000";
    let ((status, message), ()) = tokio::join!(ask(&cloud, "GET", path, Value::Null), late);
    assert_eq!((status, &message["text"]), (200, &json!("at last")));
    let after = format!("{path}0&after={}", message["sequence"]).replace("50000", "20");
    let (status, error) = ask(&cloud, "GET", &after, Value::Null).await;
    assert_eq!((status, &error["error"]["code"]), (404, &json!("timeout")));
}

#[tokio::test]
async fn every_trigger_makes_a_webhook() {
    let cloud = cloud().await;
    let text =
        json!({ "to": ADA, "messaging_product": "whatsapp", "type": "text", "text": { "body": "hi" } });
    let sent = cloud.shared().lock().receive(
        cloud.shared().now(),
        &crate::cloud::state::Call {
            post: true,
            path: &format!("/v25.0/{}/messages", crate::cloud::PHONE_NUMBER_ID),
            bearer: Some(crate::cloud::TOKEN),
            json: true,
            body: text.to_string().as_bytes(),
        },
    );
    assert_eq!(sent.status, 200);
    for trigger in crate::cloud::TRIGGERS {
        let before = cloud.shared().lock().history.exchanges().len();
        let path = format!("/triggers/{}", trigger.name);
        let (status, answer) = ask(&cloud, "POST", &path, json!({ "from": ADA })).await;
        assert_eq!(status, 201, "{}: {answer}", trigger.name);
        let shared = cloud.shared();
        let state = shared.lock();
        assert_eq!(state.history.exchanges().len(), before + 1, "{}", trigger.name);
        let last = state.history.exchanges().next_back().unwrap();
        let body: Value = serde_json::from_str(&last.body).unwrap();
        let change = &body["entry"][0]["changes"][0];
        let field = trigger.name.split('.').next().unwrap();
        let field = match field {
            "message" | "status" => "messages",
            field => field,
        };
        assert_eq!(change["field"], field);
        if let Some(status) = trigger.name.strip_prefix("status.") {
            assert_eq!(change["value"]["statuses"][0]["status"], status);
        }
    }
    assert_eq!(ask(&cloud, "POST", "/triggers/none", json!({})).await.0, 404);
    let own = json!({ "from": ADA, "set": { "decision": "REJECTED" } });
    ask(&cloud, "POST", "/triggers/account_review_update", own).await;
    let body = cloud
        .shared()
        .lock()
        .history
        .exchanges()
        .next_back()
        .unwrap()
        .body
        .clone();
    assert!(body.contains(r#""decision":"REJECTED""#), "{body}");
}

#[tokio::test]
async fn what_is_patched_changes_and_the_rest_stays_and_nonsense_is_refused() {
    let cloud = cloud().await;
    let patch = json!({ "refuse_code": 131_000, "refuse_count": 2 });
    let (status, faults) = ask(&cloud, "PATCH", "/faults", patch).await;
    assert_eq!((status, &faults["refuse_code"]), (200, &json!(131_000)));
    let (_, faults) = ask(&cloud, "PATCH", "/faults", json!({ "token_revoked": true })).await;
    assert_eq!(
        (&faults["refuse_count"], &faults["token_revoked"]),
        (&json!(2), &json!(true))
    );
    for wrong in [
        json!({ "refuse_at_random": 1.5 }),
        json!({ "request_latency_ms": [5, 1] }),
        json!({ "no_such_fault": 1 }),
        json!({ "lose_answers": -1 }),
        json!(7),
    ] {
        assert_eq!(ask(&cloud, "PATCH", "/faults", wrong).await.0, 400);
    }
    let (_, faults) = ask(&cloud, "DELETE", "/faults", Value::Null).await;
    assert_eq!(
        (&faults["token_revoked"], &faults["refuse_code"]),
        (&json!(false), &Value::Null)
    );
    let (_, rules) = ask(&cloud, "PATCH", "/rules", json!({ "window": "late" })).await;
    assert_eq!(
        (&rules["window"], &rules["throughput"]),
        (&json!("late"), &json!(80))
    );
    let behaviour = json!({ "behaviour": { "blocked": true }, "name": "<script>", "marketing": false });
    let (_, user) = ask(&cloud, "PUT", "/users/%2B16505551234", behaviour).await;
    assert_eq!(user["behaviour"]["blocked"], true);
    assert_eq!(user["behaviour"]["delivered_after_ms"], 400);
    assert_eq!(
        (&user["name"], &user["opted_out"]),
        (&json!("<script>"), &json!(true))
    );
    let status = json!({ "status": "PAUSED" });
    let (_, template) = ask(&cloud, "PUT", "/templates/squab_alert/en_US", status.clone()).await;
    assert_eq!(template["status"], "PAUSED");
    assert_eq!(ask(&cloud, "PUT", "/templates/none/en_US", status).await.0, 404);
}

#[tokio::test]
async fn groups_and_the_number_are_set_and_nonsense_changes_nothing() {
    let cloud = cloud().await;
    let group = json!({ "participants": [ADA, "+16505550002"] });
    let (status, chat) = ask(&cloud, "PUT", "/groups/g1", group).await;
    assert_eq!(
        (status, &chat["participants"]),
        (200, &json!([ADA, "16505550002"]))
    );
    let (status, error) = ask(
        &cloud,
        "PUT",
        "/groups/g2",
        json!({ "participants": ["kitchen"] }),
    )
    .await;
    assert_eq!((status, &error["error"]["code"]), (400, &json!("invalid")));
    let many = json!({ "participants": vec![ADA; 9] });
    assert_eq!(ask(&cloud, "PUT", "/groups/g3", many).await.0, 400);
    assert_eq!(
        cloud
            .chats()
            .iter()
            .filter(|chat| chat.participants.is_some())
            .count(),
        1
    );
    let (status, number) = ask(&cloud, "PATCH", "/number", json!({ "quality_rating": "RED" })).await;
    assert_eq!((status, &number["quality_rating"]), (200, &json!("RED")));
    assert_eq!(number["status"], "CONNECTED");
    assert_eq!(
        ask(&cloud, "PATCH", "/number", json!({ "quality": "RED" }))
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn a_reset_forgets_all_but_the_time_and_tells_so() {
    let cloud = cloud().await;
    cloud.reply_text(ADA, "hi").unwrap();
    cloud.lose_answers(3);
    let (_, before) = ask(&cloud, "GET", "", Value::Null).await;
    assert_eq!(ask(&cloud, "POST", "/reset", Value::Null).await.0, 204);
    let (_, messages) = ask(&cloud, "GET", "/messages", Value::Null).await;
    assert_eq!(messages, json!({ "messages": [] }));
    let (_, after) = ask(&cloud, "GET", "", Value::Null).await;
    assert_eq!(after["faults"]["lose_answers"], 0);
    assert!(after["clock"]["now_ms"].as_u64() >= before["clock"]["now_ms"].as_u64());
    assert!(after["latest_event"].as_u64() > before["latest_event"].as_u64());
    let path = format!("/events?after={}", before["latest_event"]);
    let events = send(&cloud, request("GET", &format!("/squab/api/v1{path}"))).await;
    let mut body = events.into_body();
    let mut text = String::new();
    while !text.contains("event: reset") {
        let frame = tokio::time::timeout(Duration::from_secs(5), body.frame()).await;
        let frame = frame.expect("an event").unwrap().unwrap();
        text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
}

#[tokio::test]
async fn events_go_on_where_a_listener_left_off() {
    let cloud = cloud().await;
    for text in ["one", "two", "three"] {
        cloud.reply_text(ADA, text).unwrap();
    }
    let mut ids = Vec::new();
    let mut texts = Vec::new();
    let mut after = 0;
    // Each time a new connection, which is left after the first event of a message.
    while texts.len() < 3 {
        let mut again = request("GET", "/squab/api/v1/events");
        let id = after.to_string().parse().unwrap();
        again
            .headers_mut()
            .insert(HeaderName::from_static("last-event-id"), id);
        let mut body = send(&cloud, again).await.into_body();
        loop {
            let frame = tokio::time::timeout(Duration::from_secs(5), body.frame()).await;
            let frame = frame.expect("an event").unwrap().unwrap();
            let event = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
            let line = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
            after = line("id: ").unwrap().parse().unwrap();
            if line("event: ") == Some("message") {
                let message: Value = serde_json::from_str(line("data: ").unwrap()).unwrap();
                texts.push(message["text"].as_str().unwrap().to_owned());
                ids.push(after);
                break;
            }
        }
    }
    assert_eq!(texts, ["one", "two", "three"]);
    assert!(ids.is_sorted_by(|one, next| one < next));
}

#[tokio::test]
async fn strangers_foreign_names_and_other_sites_pages_are_refused() {
    let cloud = cloud().await;
    let status = async |change: &dyn Fn(&mut Request)| {
        let mut asked = request("POST", "/squab/api/v1/reset");
        change(&mut asked);
        let answer = send(&cloud, asked).await;
        assert!(answer.headers().contains_key("content-security-policy"));
        answer.status().as_u16()
    };
    let header = |request: &mut Request, name: HeaderName, value: &'static str| {
        request.headers_mut().insert(name, value.parse().unwrap());
    };
    assert_eq!(status(&|_| {}).await, 204);
    let stranger = Peer::new(IpAddr::from([192, 0, 2, 1]), Some(IpAddr::from([192, 0, 2, 2])));
    assert_eq!(
        status(&|request| {
            request.extensions_mut().insert(stranger);
        })
        .await,
        403
    );
    assert_eq!(
        status(&|request| header(request, HOST, "rebound.example:1")).await,
        421
    );
    assert_eq!(
        status(&|request| header(request, ORIGIN, "https://evil.example")).await,
        403
    );
    assert_eq!(
        status(&|request| header(request, ORIGIN, "http://localhost:1")).await,
        204
    );
}
