//! Requests to a webhook endpoint, byte by byte, and their signatures.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt::Write as _;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Where a kiosk takes webhooks unless its configuration says otherwise.
pub const PATH: &str = "/webhooks/whatsapp";

/// The value of `X-Hub-Signature-256` for these bytes.
///
/// # Panics
/// Never: HMAC takes keys of any length.
pub fn signature(app_secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()).expect("any key");
    mac.update(body);
    let mut text = "sha256=".to_owned();
    for byte in mac.finalize().into_bytes() {
        write!(text, "{byte:02x}").expect("a String takes all");
    }
    text
}

/// Sends bytes on a connection of its own and reads to its end: status and body. No status: there was no answer.
///
/// # Panics
/// If there is no connection.
pub async fn send(address: SocketAddr, request: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.expect("a listener");
    // It may hang up before it has read everything.
    let _ = stream.write_all(request).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    (status.unwrap_or_default(), body.unwrap_or_default())
}

/// A request as bytes.
pub fn request(method: &str, target: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: kiosk\r\nConnection: close\r\n{fields}Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Posts a webhook; `signature` is the value of the field, which is left out without. The status.
pub async fn post(address: SocketAddr, signature: Option<&str>, body: &[u8]) -> u16 {
    let field = signature.map_or_else(String::new, |value| format!("X-Hub-Signature-256: {value}\r\n"));
    send(address, &request("POST", PATH, &field, body)).await.0
}

/// Posts a webhook that is signed with `app_secret`. The status.
pub async fn post_signed(address: SocketAddr, app_secret: &str, body: &[u8]) -> u16 {
    post(address, Some(&signature(app_secret, body)), body).await
}
