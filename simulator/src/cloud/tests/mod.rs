//! The cloud from outside: a small HTTP client over real TLS, and a small webhook subscriber.

mod answers;
mod faults;
mod messages;
mod objects;
mod page;
mod requests;
mod webhooks;

use super::*;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

const ADA: &str = "+16505551234";

/// Settings of a cloud whose time runs ten thousand times as fast while nothing is in flight.
fn settings() -> CloudSettings {
    CloudSettings {
        clock: Clock::simulated(
            10_000,
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000),
        ),
        ..CloudSettings::default()
    }
}

async fn cloud() -> CloudHandle {
    Cloud::start(settings()).await.expect("a cloud on a free port")
}

fn path() -> String {
    format!("/v25.0/{PHONE_NUMBER_ID}/messages")
}

fn text(body: &str) -> Value {
    json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": ADA,
        "type": "text", "text": { "body": body },
    })
}

/// A TLS stream to the cloud, with the cloud's own authority for the only root.
async fn connect(
    cloud: &CloudHandle,
    ca_pem: &str,
    host: &'static str,
) -> std::io::Result<impl AsyncRead + AsyncWrite + Unpin> {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(cloud.addr()).await?;
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    connector
        .connect(ServerName::try_from(host).unwrap(), stream)
        .await
}

/// Sends a whole request and reads the whole answer: status and body.
async fn exchange(cloud: &CloudHandle, request: &str) -> std::io::Result<(u16, Value)> {
    let mut stream = connect(cloud, cloud.ca_pem(), "localhost").await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let malformed = || std::io::Error::other("no HTTP answer");
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(malformed)?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or_else(malformed)?;
    Ok((status, serde_json::from_str(body)?))
}

fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn authorized(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n")
}

/// Posts a message as a client should.
async fn post(cloud: &CloudHandle, body: &Value) -> (u16, Value) {
    post_at(cloud, &path(), body).await
}

async fn post_at(cloud: &CloudHandle, path: &str, body: &Value) -> (u16, Value) {
    let _busy = cloud.clock().busy();
    let request = request("POST", path, &authorized(TOKEN), &body.to_string());
    exchange(cloud, &request).await.expect("an answer")
}

/// Status and code of a refusal.
fn refusal((status, body): &(u16, Value)) -> (u16, u64) {
    (
        *status,
        body["error"]["code"]
            .as_u64()
            .unwrap_or_else(|| panic!("accepted: {body}")),
    )
}

fn wamid((status, body): &(u16, Value)) -> String {
    assert_eq!(*status, 200, "{body}");
    body["messages"][0]["id"]
        .as_str()
        .expect("a message id")
        .to_owned()
}

/// A webhook as it arrived.
#[derive(Debug, Clone)]
struct Arrived {
    signature: String,
    raw: Vec<u8>,
}

impl Arrived {
    fn value(&self) -> Value {
        let body: Value = serde_json::from_slice(&self.raw).unwrap();
        body["entry"][0]["changes"][0]["value"].clone()
    }

    fn status(&self) -> Value {
        self.value()["statuses"][0].clone()
    }
}

/// A webhook subscriber. Answers each POST with the next status of its list, then with 200.
struct Subscriber {
    url: String,
    arrived: mpsc::UnboundedReceiver<Arrived>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Subscriber {
    async fn start(verify_token: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks/whatsapp", listener.local_addr().unwrap());
        let (sender, arrived) = mpsc::unbounded_channel();
        let answers = Arc::new(Mutex::new(Vec::new()));
        let next = Arc::clone(&answers);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, verify_token, sender.clone(), Arc::clone(&next)));
            }
        });
        Self {
            url,
            arrived,
            answers,
        }
    }

    /// A cloud with this subscriber, and the subscriber.
    async fn with_cloud(settings: CloudSettings) -> (CloudHandle, Self) {
        let subscriber = Self::start(VERIFY_TOKEN).await;
        let webhook_url = Some(subscriber.url.clone());
        let cloud = Cloud::start(CloudSettings {
            webhook_url,
            ..settings
        })
        .await
        .unwrap();
        (cloud, subscriber)
    }

    async fn next(&mut self) -> Arrived {
        let arrived = tokio::time::timeout(Duration::from_secs(10), self.arrived.recv()).await;
        arrived
            .expect("a webhook within ten seconds")
            .expect("the subscriber runs")
    }
}

async fn serve(
    mut stream: TcpStream,
    verify_token: &'static str,
    sender: mpsc::UnboundedSender<Arrived>,
    answers: Arc<Mutex<Vec<u16>>>,
) {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { return };
            head.push(byte);
        }
        let head = String::from_utf8(head).unwrap();
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            lines
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.to_owned())
        };
        let length = header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut raw = vec![0; length];
        stream.read_exact(&mut raw).await.unwrap();
        let (status, body) = if head.starts_with("GET") {
            let query = head.split([' ', '?']).nth(2).unwrap();
            let find = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)).unwrap();
            assert_eq!(find("hub.mode="), "subscribe");
            if find("hub.verify_token=") == verify_token {
                (200, find("hub.challenge=").to_owned())
            } else {
                (403, String::new())
            }
        } else {
            let signature = header("x-hub-signature-256").unwrap();
            sender.send(Arrived { signature, raw }).unwrap();
            let mut answers = answers.lock().unwrap();
            (
                if answers.is_empty() {
                    200
                } else {
                    answers.remove(0)
                },
                String::new(),
            )
        };
        let answer = format!(
            "HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}
