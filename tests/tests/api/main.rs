//! The simulated cloud's test API over the network, as somebody's tests use it: any HTTP client, no Rust.

mod commands;
mod robust;
mod settings;
mod story;

use serde_json::Value;
use squab::clock::Clock;
use squab::cloud::{Cloud, CloudHandle, CloudSettings, TOKEN, VERIFY_TOKEN};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

const ADA: &str = "+16505551234";

/// A cloud with plain HTTP whose clock can be set.
async fn cloud() -> CloudHandle {
    let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
    let settings = CloudSettings {
        tls: false,
        clock: Clock::simulated(1, started),
        ..CloudSettings::default()
    };
    Cloud::start(settings).await.expect("a cloud on a free port")
}

/// A whole request on a connection of its own: status and the answer from its head on. No status: there was no answer.
async fn send(address: SocketAddr, request: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("a listener");
    // It may hang up before it has read everything.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_default(), answer)
}

/// A request to the cloud as bytes.
fn request(method: &str, path: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

const JSON: &str = "Content-Type: application/json\r\n";

/// Asks the test API: status and JSON.
async fn api(cloud: &CloudHandle, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let request = request(method, &format!("/squab/api/v1{path}"), JSON, body.as_bytes());
    let (status, answer) = send(cloud.addr(), &request).await;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(body).unwrap_or_default())
}

/// A client sends a message by the Graph API.
async fn graph(cloud: &CloudHandle, body: &Value) -> (u16, Value) {
    let path = format!("/v25.0/{}/messages", squab::cloud::PHONE_NUMBER_ID);
    let fields = format!("{JSON}Authorization: Bearer {TOKEN}\r\n");
    let request = request("POST", &path, &fields, body.to_string().as_bytes());
    let (status, answer) = send(cloud.addr(), &request).await;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(body).unwrap_or_default())
}

/// A webhook as it came: signature and body.
type Came = (String, String);

/// Somebody's webhook endpoint: verifies itself, takes everything, and hands it on.
async fn endpoint() -> (String, mpsc::UnboundedReceiver<Came>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let (sender, came) = mpsc::unbounded_channel();
    let sender = Arc::new(sender);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let sender = Arc::clone(&sender);
            tokio::spawn(async move { serve(stream, &sender).await });
        }
    });
    (url, came)
}

async fn serve(mut stream: TcpStream, sender: &mpsc::UnboundedSender<Came>) -> Option<()> {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).ok()?;
        let field = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            lines
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.to_owned())
        };
        let length = field("content-length")
            .and_then(|length| length.parse().ok())
            .unwrap_or(0);
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        let answer = if head.starts_with("GET") {
            let query = head.split([' ', '?']).nth(2)?;
            let value = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key));
            assert_eq!(value("hub.verify_token="), Some(VERIFY_TOKEN));
            value("hub.challenge=")?.to_owned()
        } else {
            let signature = field("x-hub-signature-256").unwrap_or_default();
            sender.send((signature, String::from_utf8(body).ok()?)).ok()?;
            String::new()
        };
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}",
            answer.len()
        );
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

async fn next(came: &mut mpsc::UnboundedReceiver<Came>) -> (String, Value) {
    let came = tokio::time::timeout(Duration::from_secs(10), came.recv()).await;
    let (signature, body) = came
        .expect("a webhook within ten seconds")
        .expect("the endpoint runs");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    (signature, body["entry"][0]["changes"][0]["value"].clone())
}
