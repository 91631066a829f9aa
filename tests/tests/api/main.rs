//! The simulated cloud's test API over the network, as somebody's tests use it: any HTTP client, no Rust.

mod commands;
mod robust;
mod settings;
mod story;

use serde_json::Value;
use squab::clock::Clock;
use squab::cloud::{Cloud, CloudHandle, CloudSettings, TOKEN};
use squab_tests::conformance::Subscriber;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

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

/// The next webhook as it came: signature and body.
async fn raw(hook: &mut Subscriber) -> (String, String) {
    let arrived = hook.next().await.expect("a webhook");
    (arrived.signature, String::from_utf8(arrived.raw).expect("ASCII"))
}

/// The next webhook: its signature and what it tells.
async fn next(hook: &mut Subscriber) -> (String, Value) {
    let arrived = hook.next().await.expect("a webhook");
    let value = arrived.body["entry"][0]["changes"][0]["value"].clone();
    (arrived.signature, value)
}
