//! Bad input of all kinds: errors, and never a cloud that has gone or has stopped listening.

use serde_json::{Value, json};
use squab::cloud::{BUSINESS_ACCOUNT_ID, PHONE_NUMBER_ID, TOKEN};
use squab_tests::conformance::{ADA, Desk};
use squab_tests::raw;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Idle connections at a time. Both ends are files of this process, and a process may often have no more than 1,024.
const CONNECTIONS: usize = 400;
/// All of them, one batch after the other.
const BATCHES: usize = 3;

async fn desk() -> Desk {
    Desk::new(|settings| {
        settings.rules.throughput = None;
        settings.judge.burst = u32::MAX;
        settings.judge.window_ms = u64::MAX / 2;
    })
    .await
}

/// The cloud is there, and does what it always does.
async fn lives(desk: &Desk) {
    let text = json!({ "to": ADA, "type": "text", "text": { "body": "still there?" } });
    desk.accepted(&text).await.expect("the cloud goes on");
}

/// A connection that stays.
struct Kept(TcpStream);

impl Kept {
    async fn new(desk: &Desk) -> Self {
        Self(TcpStream::connect(desk.addr()).await.expect("a connection"))
    }

    /// Sends a body and reads one answer: its status, and its body.
    async fn post(&mut self, path: &str, body: &[u8]) -> (u16, Value) {
        let head = format!(
            "POST /v25.0/{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.0
            .write_all(&[head.as_bytes(), body].concat())
            .await
            .expect("it listens");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.expect("an answer"));
        }
        let head = String::from_utf8(head).expect("a head is ASCII");
        assert!(head.contains("x-content-type-options: nosniff"), "{head}");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        });
        let mut body = vec![0; length.expect("a length")];
        self.0.read_exact(&mut body).await.expect("the whole body");
        (
            status.expect("a status"),
            serde_json::from_slice(&body).expect("JSON"),
        )
    }
}

/// Bodies that go wrong at each of their bytes: they end there, or have another byte there.
fn spoiled(body: &str) -> impl Iterator<Item = Vec<u8>> + '_ {
    let bytes = body.as_bytes();
    (0..bytes.len()).flat_map(move |at| {
        let other = [0, b'"', b'{', b'}', b'9', 0xff].into_iter().map(move |byte| {
            let mut bytes = bytes.to_vec();
            bytes[at] = byte;
            bytes
        });
        std::iter::once(bytes[..at].to_vec()).chain(other)
    })
}

#[tokio::test]
async fn json_that_goes_wrong_at_any_byte_is_answered_as_meta_answers() {
    let desk = desk().await;
    let list = json!({ "messaging_product": "whatsapp", "to": ADA, "type": "interactive", "interactive": {
        "type": "list", "body": { "text": "Grüße 😀" }, "action": { "button": "x", "sections": [
            { "title": "x", "rows": [{ "id": "a", "title": "\u{1f}" }] }] } } });
    let template = json!({ "name": "t", "language": "en_US", "category": "UTILITY", "components": [
        { "type": "BODY", "text": "It is {{1}}.", "example": { "body_text": [["x"]] } }] });
    let register = json!({ "messaging_product": "whatsapp", "pin": "123456" });
    let hook = json!({ "webhook_configuration": { "override_callback_uri": "", "verify_token": "x" } });
    let mut kept = Kept::new(&desk).await;
    let mut count = 0;
    for (path, body) in [
        (format!("{PHONE_NUMBER_ID}/messages"), list),
        (format!("{BUSINESS_ACCOUNT_ID}/message_templates"), template),
        (
            format!("{BUSINESS_ACCOUNT_ID}/subscribed_apps"),
            json!({ "verify_token": "x" }),
        ),
        (format!("{PHONE_NUMBER_ID}/register"), register),
        (PHONE_NUMBER_ID.to_owned(), hook),
    ] {
        for bytes in spoiled(&body.to_string()) {
            let (status, answer) = kept.post(&path, &bytes).await;
            let fine = status == 200 || status < 500 && answer["error"]["code"].is_u64();
            assert!(fine, "{}: {status} {answer}", String::from_utf8_lossy(&bytes));
            count += 1;
        }
    }
    println!("{count} bad bodies");
    lives(&desk).await;
}

#[tokio::test]
async fn deep_json_is_refused_and_no_stack_ends() {
    let desk = desk().await;
    let mut kept = Kept::new(&desk).await;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for depth in [100, 10_000, 150_000] {
            let body = format!("{}0{}", open.repeat(depth), close.repeat(depth));
            let (status, answer) = kept
                .post(&format!("{PHONE_NUMBER_ID}/messages"), body.as_bytes())
                .await;
            assert_eq!(
                (status, &answer["error"]["code"]),
                (400, &json!(100)),
                "{depth} times {open}"
            );
        }
    }
    lives(&desk).await;
}

#[tokio::test]
async fn bodies_of_five_megabytes_are_refused_with_and_without_a_token() {
    let desk = desk().await;
    let body = vec![b'x'; 5_000_000];
    let token = format!("Authorization: Bearer {TOKEN}\r\n");
    for fields in [token.as_str(), ""] {
        for path in ["messages", "media", "register"] {
            let target = format!("/v25.0/{PHONE_NUMBER_ID}/{path}");
            let fields = format!("{fields}Content-Type: application/json\r\n");
            let answer = desk.bytes(&raw::request("POST", &target, &fields, &body)).await;
            // It may hang up while the client still writes: then the answer may be lost on the way.
            assert!(
                answer
                    .as_ref()
                    .map_or(true, |(status, _)| (400..500).contains(status)),
                "{path}: {answer:?}"
            );
        }
    }
    lives(&desk).await;
}

#[tokio::test]
async fn paths_with_tricks_in_them_lead_nowhere() {
    let desk = desk().await;
    let long = format!("/v25.0/{}", "x".repeat(60_000));
    let nested = format!("/v25.0/{}", "x/".repeat(5_000));
    for path in [
        "/",
        "//",
        "/v25.0",
        "/v25.0/",
        "/v25.0//messages",
        "/v25.0/../../../etc/passwd",
        "/v25.0/..%2f..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/v25.0/%00/messages",
        "/v25.0/%ff%fe",
        "/v25.0/100000000000001/messages/",
        "/v25.0/100000000000001/messages%2f",
        "/v25.0/100000000000001;x=1",
        "/v25.0/100000000000001?fields=%zz,%,,,",
        "/v25.0/100000000000001?fields=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/v25.0/200000000000002/message_templates?limit=99999999999999999999&after=-1",
        "/v25.0/200000000000002/message_templates?limit=0&after=18446744073709551615",
        "/v-1.0/x",
        "/v99999999999999999999.0/x",
        "/v25.0.0/x",
        "/whatsapp_business/attachments/?mid=../x&hash=",
        "/whatsapp_business/attachments/../../v25.0/x",
        "http://elsewhere.example/v25.0/100000000000001",
        "*",
        &long,
        &nested,
    ] {
        for method in ["GET", "POST", "DELETE", "PUT", "OPTIONS", "HEAD", "BREW"] {
            let fields = format!("Authorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n");
            let answer = desk.bytes(&raw::request(method, path, &fields, b"{}")).await;
            let shown: String = path.chars().take(60).collect();
            let (status, body) = answer.unwrap_or_else(|why| panic!("{method} {shown}: {why}"));
            assert!((200..500).contains(&status), "{method} {shown}: {status} {body}");
            assert!(!body.contains("root:"), "{method} {shown}: {body}");
            // What was asked for may be told, in JSON that no browser takes for a page.
            let told = body.contains("<script>");
            assert!(
                !told || serde_json::from_str::<Value>(&body).is_ok(),
                "{method} {shown}: {body}"
            );
        }
    }
    lives(&desk).await;
}

#[tokio::test]
async fn requests_that_are_no_http_end_their_connection_and_nothing_else() {
    let desk = desk().await;
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(2_000));
    let wide = format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "x".repeat(2_000_000));
    for request in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"[..],
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        b"GET / HTTP/1.1\r\nAuthorization: Bearer \xff\xfe\r\nConnection: close\r\n\r\n",
        many.as_bytes(),
        wide.as_bytes(),
    ] {
        // Whatever it says, it ends: this returns.
        let (status, _) = raw::send(desk.addr(), request).await;
        assert!(
            status < 500,
            "{status}: {}",
            String::from_utf8_lossy(&request[..request.len().min(60)])
        );
    }
    lives(&desk).await;
}

#[tokio::test]
async fn slow_clients_hold_nobody_up_and_get_their_answer() {
    let desk = desk().await;
    let body = json!({ "messaging_product": "whatsapp", "to": ADA, "type": "text", "text": { "body": "x" } });
    let fields = format!("Authorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n");
    let target = format!("/v25.0/{PHONE_NUMBER_ID}/messages");
    let request = raw::request("POST", &target, &fields, body.to_string().as_bytes());
    let mut slow = Vec::new();
    for _ in 0..50 {
        slow.push(TcpStream::connect(desk.addr()).await.expect("a connection"));
    }
    // Byte by byte, all of them in turn; somebody in a hurry comes in between.
    for (at, byte) in request.iter().enumerate() {
        for stream in &mut slow {
            stream.write_all(&[*byte]).await.expect("it listens");
        }
        if at % 100 == 0 {
            let hurried = tokio::time::timeout(Duration::from_secs(5), lives(&desk));
            hurried.await.expect("nobody is held up");
        }
    }
    for stream in &mut slow {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

#[tokio::test]
async fn more_than_a_thousand_connections_are_served_and_forgotten() {
    let desk = desk().await;
    for _ in 0..BATCHES {
        let mut idle = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            idle.push(Kept::new(&desk).await);
        }
        lives(&desk).await;
        for kept in &mut idle {
            let (status, _) = kept.post("nothing", b"{}").await;
            assert_eq!(status, 400);
        }
    }
    lives(&desk).await;
    println!("{} connections", CONNECTIONS * BATCHES);
}
