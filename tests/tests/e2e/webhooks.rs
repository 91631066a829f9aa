//! The kiosk's webhook endpoint, spoken to byte by byte: only what Meta has signed is believed.

use serde_json::{Value, json};
use squab::clock::Clock;
use squab::cloud::{APP_SECRET, PHONE_NUMBER_ID, VERIFY_TOKEN};
use squab_core::client::EVENTS_MIN;
use squab_tests::desk::{Desk, DeskSettings, config_file, run};
use squab_tests::raw::{PATH, post, post_signed, request, send, signature};

/// A kiosk that only listens.
fn settings() -> DeskSettings {
    DeskSettings::new("http://127.0.0.1:9", Clock::real()).with_inbound()
}

/// A webhook with these texts, one message each.
fn webhook(texts: &[String]) -> Vec<u8> {
    let message = |(at, text): (usize, &String)| {
        json!({
            "from": "16505551234", "id": format!("wamid.{at}"), "timestamp": "1760000000",
            "type": "text", "text": { "body": text },
        })
    };
    let messages: Vec<Value> = texts.iter().enumerate().map(message).collect();
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "15550100001", "phone_number_id": PHONE_NUMBER_ID },
        "contacts": [{ "profile": { "name": "Ada" }, "wa_id": "16505551234" }],
        "messages": messages,
    });
    let body = json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": "200000000000002", "changes": [{ "value": value, "field": "messages" }] }],
    });
    body.to_string().into_bytes()
}

fn hello() -> Vec<u8> {
    webhook(&["Hello".to_owned()])
}

/// The next warning's sentence. No message may have come by then.
async fn warning<const EVENTS: usize>(desk: &mut Desk<EVENTS>) -> String {
    let warning = desk.event(&json!({ "event": "warning" })).await;
    assert_eq!(desk.count(&json!({ "event": "message" })), 0);
    warning["text"].as_str().expect("a sentence").to_owned()
}

#[test]
fn metas_verification_gets_its_challenge_for_the_right_token_only() {
    run(async {
        let mut desk: Desk = Desk::start(settings()).await;
        let ask = |query: &str| request("GET", &format!("{PATH}?{query}"), "", b"");
        let query = format!("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={VERIFY_TOKEN}");
        assert_eq!(
            send(desk.webhooks, &ask(&query)).await,
            (200, "1158201444".to_owned())
        );
        let wrong = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=guess";
        let (status, body) = send(desk.webhooks, &ask(wrong)).await;
        assert_eq!(status, 403);
        assert!(!body.contains("1158201444"));
        let text = warning(&mut desk).await;
        assert!(text.contains("verify_token") && !text.contains("guess"), "{text}");
        for query in [
            "",
            "hub.mode=subscribe&hub.challenge=1",
            "hub.challenge=1&hub.verify_token=x",
        ] {
            let (status, _) = send(desk.webhooks, &ask(query)).await;
            assert!((400..500).contains(&status), "{query:?}: {status}");
            warning(&mut desk).await;
        }
        desk.end().await;
    });
}

#[test]
fn a_signed_message_is_taken() {
    run(async {
        let mut desk: Desk = Desk::start(settings()).await;
        assert_eq!(post_signed(desk.webhooks, APP_SECRET, &hello()).await, 200);
        let message = desk.event(&json!({ "event": "message" })).await;
        assert_eq!(
            (&message["text"], &message["name"]),
            (&"Hello".into(), &"Ada".into())
        );
        assert_eq!(post_signed(desk.webhooks, APP_SECRET, &hello()).await, 200);
        let events = desk.end().await;
        let messages = events.iter().filter(|event| event["event"] == "message");
        assert_eq!(messages.count(), 1, "a redelivery is recognized");
    });
}

#[test]
fn a_signature_that_is_wrong_missing_or_malformed_is_403_and_a_warning_and_nothing_is_taken() {
    run(async {
        let mut desk: Desk = Desk::start(settings()).await;
        let body = hello();
        let right = signature(APP_SECRET, &body);
        let flipped = right.replace(&right[70..], if right.ends_with('0') { "1" } else { "0" });
        let wrong = [
            Some(signature("another secret", &body)),
            Some(signature(APP_SECRET, b"another body")),
            Some(flipped),
            None,
            Some(String::new()),
            Some("sha256=".to_owned()),
            Some(right.replace("sha256=", "sha1=")),
            Some(right.replace("sha256=", "")),
            Some(right[..70].to_owned()),
            Some(format!("{right}0")),
            Some(format!("{}zz", &right[..69])),
        ];
        for signature in &wrong {
            let status = post(desk.webhooks, signature.as_deref(), &body).await;
            assert_eq!(status, 403, "{signature:?}");
            let text = warning(&mut desk).await;
            assert!(text.contains("signature"), "{text}");
        }
        assert_eq!(post(desk.webhooks, Some(&right), &body).await, 200);
        desk.event(&json!({ "event": "message" })).await;
        desk.end().await;
    });
}

#[test]
fn without_an_app_secret_no_webhook_is_believed() {
    run(async {
        let mut settings = settings();
        let lines = config_file();
        let lines = lines.lines().filter(|line| !line.contains("app-secret"));
        settings.config = lines.flat_map(|line| [line, "\n"]).collect();
        let mut desk: Desk = Desk::start(settings).await;
        for secret in [APP_SECRET, ""] {
            assert_eq!(post_signed(desk.webhooks, secret, &hello()).await, 403);
            let text = warning(&mut desk).await;
            assert!(text.contains("whatsapp-app-secret"), "{text}");
        }
        desk.end().await;
    });
}

#[test]
fn on_loopback_the_owner_may_turn_signatures_off() {
    run(async {
        let settings = settings().with_config("whatsapp-validate-signature,false\n");
        let mut desk: Desk = Desk::start(settings).await;
        assert_eq!(post(desk.webhooks, None, &hello()).await, 200);
        desk.event(&json!({ "event": "message", "text": "Hello" })).await;
        desk.end().await;
    });
}

#[test]
fn json_cut_at_any_byte_is_400_and_no_event_however_well_it_is_signed() {
    run(async {
        let mut desk: Desk = Desk::start(settings()).await;
        let body = hello();
        for cut in 0..body.len() {
            let status = post_signed(desk.webhooks, APP_SECRET, &body[..cut]).await;
            assert_eq!(status, 400, "cut after {cut} bytes");
            warning(&mut desk).await;
        }
        assert_eq!(post_signed(desk.webhooks, APP_SECRET, &body).await, 200);
        desk.event(&json!({ "event": "message" })).await;
        desk.end().await;
    });
}

#[test]
fn a_connection_that_breaks_within_the_body_leaves_nothing_behind() {
    run(async {
        let mut desk: Desk = Desk::start(settings()).await;
        let body = hello();
        let field = format!("X-Hub-Signature-256: {}\r\n", signature(APP_SECRET, &body));
        let whole = request("POST", PATH, &field, &body);
        for cut in [whole.len() - 1, whole.len() - body.len(), whole.len() / 2, 1] {
            assert_eq!(send(desk.webhooks, &whole[..cut]).await.0, 0);
        }
        assert_eq!(send(desk.webhooks, &whole).await.0, 200);
        desk.event(&json!({ "event": "message" })).await;
        let events = desk.end().await;
        let kinds: Vec<_> = events.iter().map(|event| &event["event"]).collect();
        assert_eq!(kinds, ["started", "message"]);
    });
}

#[test]
fn a_batch_larger_than_the_event_queue_comes_in_parts_and_each_message_once() {
    run(async {
        let desk = Desk::<EVENTS_MIN>::start(settings()).await;
        let texts: Vec<String> = (0..64).map(|at| format!("{at} {}", "x".repeat(500))).collect();
        let body = webhook(&texts);
        let mut answers = Vec::new();
        while answers.last() != Some(&200) {
            assert!(answers.len() < 200, "{answers:?}");
            answers.push(post_signed(desk.webhooks, APP_SECRET, &body).await);
        }
        assert!(answers.len() > 2, "it did not fit at once: {answers:?}");
        let (_, before) = answers.split_last().expect("answers");
        assert!(before.iter().all(|answer| *answer == 503), "{answers:?}");
        let events = desk.end().await;
        let arrived: Vec<&str> = events
            .iter()
            .filter(|event| event["event"] == "message")
            .filter_map(|event| event["text"].as_str())
            .collect();
        assert_eq!(arrived, texts);
    });
}

#[test]
fn other_paths_and_methods_are_refused() {
    run(async {
        let desk: Desk = Desk::start(settings()).await;
        let body = hello();
        let field = format!("X-Hub-Signature-256: {}\r\n", signature(APP_SECRET, &body));
        for path in ["/", "/webhooks", "/webhooks/whatsapp/", "/webhooks/whatsapp2"] {
            let answer = send(desk.webhooks, &request("POST", path, &field, &body)).await;
            assert_eq!(answer.0, 404, "{path}");
        }
        for method in ["DELETE", "PUT", "PATCH", "OPTIONS"] {
            let answer = send(desk.webhooks, &request(method, PATH, &field, &body)).await;
            assert_eq!(answer.0, 405, "{method}");
        }
        let events = desk.end().await;
        assert!(events.iter().all(|event| event["event"] != "message"));
    });
}

#[test]
fn a_body_beyond_metas_3_mb_is_413_whether_it_says_its_length_or_not() {
    run(async {
        const CHUNK: usize = 0x8000;
        let desk: Desk = Desk::start(settings()).await;
        let body = vec![b' '; 3 * 1024 * 1024 + 64 * 1024 + 1];
        let field = format!("X-Hub-Signature-256: {}\r\n", signature(APP_SECRET, &body));
        let whole = request("POST", PATH, &field, &body);
        assert_eq!(send(desk.webhooks, &whole).await.0, 413);
        let mut chunked =
            format!("POST {PATH} HTTP/1.1\r\nHost: kiosk\r\n{field}Transfer-Encoding: chunked\r\n\r\n")
                .into_bytes();
        for piece in body.chunks(CHUNK) {
            chunked.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
            chunked.extend_from_slice(piece);
            chunked.extend_from_slice(b"\r\n");
        }
        chunked.extend_from_slice(b"0\r\n\r\n");
        assert_eq!(send(desk.webhooks, &chunked).await.0, 413);
        let events = desk.end().await;
        assert!(events.iter().all(|event| event["event"] != "message"));
    });
}

#[test]
fn a_body_of_almost_3_mb_is_read() {
    run(async {
        let mut desk: Desk = Desk::start(settings()).await;
        // White space around the JSON, as no sender but a tester writes it.
        let mut body = vec![b'\n'; 3 * 1024 * 1024 - 4_096];
        body.extend_from_slice(&hello());
        assert_eq!(post_signed(desk.webhooks, APP_SECRET, &body).await, 200);
        desk.event(&json!({ "event": "message" })).await;
        desk.end().await;
    });
}
