//! A cloud, a client that is nobody's, and a webhook subscriber.

use crate::raw;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use squab::clock::{BusyGuard, Clock};
use squab::cloud::{
    BUSINESS_ACCOUNT_ID, Cloud, CloudHandle, CloudSettings, PHONE_NUMBER_ID, TOKEN, VERIFY_TOKEN,
};
use std::collections::VecDeque;
use std::future::{Future as _, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Somebody to write to: a number of those that are reserved for fiction.
pub const ADA: &str = "+16505550101";

/// Status and body.
pub type Answer = (u16, Value);

/// A cloud, and a client of it. Its time runs ten thousand times as fast while nothing is in flight.
pub struct Desk {
    /// The cloud.
    pub cloud: CloudHandle,
}

impl Desk {
    /// Plain HTTP, simulated time, and what the row asks for.
    ///
    /// # Panics
    /// If it cannot listen on a free port of this machine.
    pub async fn new(settings: fn(&mut CloudSettings)) -> Self {
        let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
        let mut asked = CloudSettings {
            tls: false,
            clock: Clock::simulated(10_000, started),
            ..CloudSettings::default()
        };
        settings(&mut asked);
        let cloud = Cloud::start(asked).await.expect("a cloud on a free port");
        Self { cloud }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.cloud.addr()
    }

    /// A request of bytes; the whole answer.
    ///
    /// # Errors
    /// What was wrong with the answer.
    pub async fn raw(&self, request: &[u8]) -> Result<Answer, String> {
        let (status, body) = self.bytes(request).await?;
        let body = serde_json::from_str(&body).map_err(|error| format!("{status} with no JSON: {error}"))?;
        Ok((status, body))
    }

    /// A request of bytes; status and body, whatever that is.
    ///
    /// # Errors
    /// If there was no answer.
    pub async fn bytes(&self, request: &[u8]) -> Result<(u16, String), String> {
        let _busy = self.cloud.clock().busy();
        let mut answer = Vec::new();
        let lost = |error: std::io::Error| format!("there was no answer: {error}");
        let mut stream = TcpStream::connect(self.addr()).await.map_err(lost)?;
        // It may answer before it has read everything. Our side stays open: who hangs up is not answered.
        let written = stream.write_all(request).await;
        let read = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        match (status, answer.split_once("\r\n\r\n")) {
            (Some(status), Some((_, body))) => Ok((status, body.to_owned())),
            _ => Err(format!("there was no answer: {written:?}, {read:?}")),
        }
    }

    /// A request with the token. `path` begins behind the version.
    ///
    /// # Errors
    /// As for [`Desk::raw`].
    pub async fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Answer, String> {
        self.ask_at("v25.0", method, path, body).await
    }

    /// The same with another version.
    ///
    /// # Errors
    /// As for [`Desk::raw`].
    pub async fn ask_at(
        &self,
        version: &str,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<Answer, String> {
        let fields = format!("Authorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n");
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let target = format!("/{version}/{path}");
        self.raw(&raw::request(method, &target, &fields, body.as_bytes()))
            .await
    }

    /// Sends a message. What every message has is added, unless it is there.
    ///
    /// # Errors
    /// As for [`Desk::raw`].
    pub async fn post(&self, message: &Value) -> Result<Answer, String> {
        self.post_at("v25.0", message).await
    }

    /// The same with another version.
    ///
    /// # Errors
    /// As for [`Desk::raw`].
    pub async fn post_at(&self, version: &str, message: &Value) -> Result<Answer, String> {
        let path = format!("{PHONE_NUMBER_ID}/messages");
        self.ask_at(version, "POST", &path, &whole(message)).await
    }

    /// Sends a message that has to be accepted; its id.
    ///
    /// # Errors
    /// What came instead.
    pub async fn accepted(&self, message: &Value) -> Result<String, String> {
        let answer = self.post(message).await?;
        accepted(&answer)
    }

    /// Sends a message that has to be refused.
    ///
    /// # Errors
    /// What came instead.
    pub async fn refused(&self, message: &Value, status: Option<u16>, code: u32) -> Result<(), String> {
        let answer = self.post(message).await?;
        refused(&answer, status, code)
    }

    /// Sends a text to somebody.
    ///
    /// # Errors
    /// As for [`Desk::raw`].
    pub async fn text(&self, to: &str) -> Result<Answer, String> {
        self.post(&json!({ "to": to, "type": "text", "text": { "body": "x" } }))
            .await
    }

    /// `GET` of an object, which has to be there.
    ///
    /// # Errors
    /// What came instead.
    pub async fn get(&self, path: &str) -> Result<Value, String> {
        let (status, body) = self.ask("GET", path, &Value::Null).await?;
        if status == 200 {
            Ok(body)
        } else {
            Err(format!("GET {path}: {status} {body}"))
        }
    }

    /// Creates a template.
    ///
    /// # Errors
    /// As for [`Desk::raw`].
    pub async fn create(&self, template: &Value) -> Result<Answer, String> {
        let path = format!("{BUSINESS_ACCOUNT_ID}/message_templates");
        self.ask("POST", &path, template).await
    }

    /// Uploads a file of so many bytes.
    ///
    /// # Errors
    /// As for [`Desk::raw`].
    pub async fn upload(&self, media_type: &str, bytes: &[u8]) -> Result<Answer, String> {
        let head = format!(
            "--B\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n--B\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\nContent-Type: {media_type}\r\n\r\n"
        );
        let form = [head.as_bytes(), bytes, b"\r\n--B--\r\n"].concat();
        let fields =
            format!("Authorization: Bearer {TOKEN}\r\nContent-Type: multipart/form-data; boundary=B\r\n");
        let target = format!("/v25.0/{PHONE_NUMBER_ID}/media");
        self.raw(&raw::request("POST", &target, &fields, &form)).await
    }

    /// A TLS handshake that checks the cloud's certificate for `localhost`.
    ///
    /// # Errors
    /// Why it failed.
    pub async fn handshake(&self) -> Result<(), String> {
        let mut roots = rustls::RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(self.cloud.ca_pem().as_bytes());
        roots
            .add(root.map_err(|error| error.to_string())?)
            .map_err(|error| error.to_string())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(self.addr()).await;
        let stream = stream.map_err(|error| error.to_string())?;
        let host = ServerName::try_from("localhost").map_err(|error| error.to_string())?;
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let shaken = connector.connect(host, stream).await;
        shaken.map(drop).map_err(|error| error.to_string())
    }

    /// Lets the cloud's time pass.
    pub async fn wait(&self, seconds: u64) {
        self.cloud.clock().sleep(Duration::from_secs(seconds)).await;
    }

    /// Lets the cloud's time pass until `deadline` exactly; it is held to real time before and after.
    pub async fn until(&self, busy: BusyGuard, deadline: Duration) -> BusyGuard {
        let mut sleep = pin!(self.cloud.clock().sleep_until_busy(deadline));
        // Asleep first, and only then let go: else the time may be past the deadline before anybody waits for it.
        let woken = poll_fn(|context| Poll::Ready(sleep.as_mut().poll(context))).await;
        drop(busy);
        match woken {
            Poll::Ready(busy) => busy,
            Poll::Pending => sleep.await,
        }
    }

    /// A subscriber of the cloud's webhooks.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn subscriber(&self) -> Result<Subscriber, String> {
        let subscriber = Subscriber::start().await;
        let taken = self.cloud.subscribe(&subscriber.url).await;
        taken.map_err(|error| error.to_string())?;
        Ok(subscriber)
    }
}

/// A message with product, type of recipient and recipient.
pub(crate) fn whole(message: &Value) -> Value {
    let mut whole = json!({ "messaging_product": "whatsapp", "recipient_type": "individual" });
    let has = |key: &str| message.get(key).is_some();
    if !has("to") && !has("recipient") && !has("status") {
        whole["to"] = ADA.into();
    }
    if has("status")
        && let Some(object) = whole.as_object_mut()
    {
        object.remove("recipient_type");
    }
    if let (Some(whole), Some(message)) = (whole.as_object_mut(), message.as_object()) {
        whole.extend(message.clone());
        whole.retain(|_, value| !value.is_null());
    }
    whole
}

/// The id of an accepted message, whose answer has Meta's shape.
pub(crate) fn accepted((status, body): &Answer) -> Result<String, String> {
    let id = body["messages"][0]["id"].as_str();
    match id {
        Some(id) if *status == 200 && id.starts_with("wamid.") && body["messaging_product"] == "whatsapp" => {
            Ok(id.to_owned())
        }
        _ => Err(format!("not accepted: {status} {body}")),
    }
}

/// Whether it is Meta's error envelope with this code, and with this status where there is one on Meta's pages.
pub(crate) fn refused((status, body): &Answer, wanted: Option<u16>, code: u32) -> Result<(), String> {
    let error = &body["error"];
    let shape = error["message"].is_string()
        && error["fbtrace_id"].is_string()
        && ["OAuthException", "GraphMethodException"].contains(&error["type"].as_str().unwrap_or_default());
    if shape && error["code"] == code && wanted.is_none_or(|wanted| wanted == *status) {
        Ok(())
    } else {
        Err(format!("wanted {wanted:?} {code}, and it was {status} {body}"))
    }
}

/// A webhook as it arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Value of `X-Hub-Signature-256`.
    pub signature: String,
    /// The body's bytes.
    pub raw: Vec<u8>,
    /// The same, read.
    pub body: Value,
}

/// Takes webhooks. Each answer is the next status of its list, then 200.
pub struct Subscriber {
    /// Where it listens.
    pub url: String,
    /// What it answers next.
    pub answers: Arc<Mutex<VecDeque<u16>>>,
    arrived: mpsc::UnboundedReceiver<Arrived>,
}

impl Subscriber {
    /// Listens on a free port of this machine.
    ///
    /// # Panics
    /// If there is none.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let (sender, arrived) = mpsc::unbounded_channel();
        let answers = Arc::new(Mutex::new(VecDeque::new()));
        let next = Arc::clone(&answers);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, sender.clone(), Arc::clone(&next)));
            }
        });
        Self {
            url,
            answers,
            arrived,
        }
    }

    /// The next webhook.
    ///
    /// # Errors
    /// If none comes within ten seconds.
    pub async fn next(&mut self) -> Result<Arrived, String> {
        let arrived = tokio::time::timeout(Duration::from_secs(10), self.arrived.recv()).await;
        let arrived = arrived.map_err(|_| "no webhook within ten seconds".to_owned())?;
        arrived.ok_or_else(|| "the subscriber has ended".to_owned())
    }

    /// The `value` of the next webhook's first change.
    ///
    /// # Errors
    /// As for [`Subscriber::next`].
    pub async fn value(&mut self) -> Result<Value, String> {
        Ok(self.next().await?.body["entry"][0]["changes"][0]["value"].clone())
    }

    /// The next status: its word, and the code of its error, or 0.
    ///
    /// # Errors
    /// As for [`Subscriber::next`].
    pub async fn status(&mut self) -> Result<(String, u64), String> {
        let status = self.value().await?["statuses"][0].clone();
        let word = status["status"].as_str().unwrap_or_default().to_owned();
        Ok((word, status["errors"][0]["code"].as_u64().unwrap_or_default()))
    }

    /// Whether nothing has come that was not taken.
    pub fn is_idle(&mut self) -> bool {
        self.arrived.try_recv().is_err()
    }
}

/// Reads requests of a connection and answers them, to its end.
async fn serve(
    mut stream: TcpStream,
    sender: mpsc::UnboundedSender<Arrived>,
    answers: Arc<Mutex<VecDeque<u16>>>,
) -> Option<()> {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).ok()?;
        let field = |name: &str| {
            let mut fields = head.lines().filter_map(|line| line.split_once(": "));
            fields
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        };
        let length = field("content-length").and_then(|length| length.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await.ok()?;
        let (status, answer) = if head.starts_with("GET") {
            let query = head.split([' ', '?']).nth(2)?;
            let find = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key));
            let good = find("hub.verify_token=") == Some(VERIFY_TOKEN);
            (if good { 200 } else { 403 }, find("hub.challenge=")?.to_owned())
        } else {
            let signature = field("x-hub-signature-256")?.to_owned();
            let read = serde_json::from_slice(&body).ok()?;
            let arrived = Arrived {
                signature,
                raw: body,
                body: read,
            };
            sender.send(arrived).ok()?;
            let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
            (answers.pop_front().unwrap_or(200), String::new())
        };
        let answer = format!(
            "HTTP/1.1 {status} x\r\nContent-Length: {}\r\n\r\n{answer}",
            answer.len()
        );
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

/// Whether two are the same.
pub(crate) fn same<T: PartialEq<U> + std::fmt::Debug + ?Sized, U: std::fmt::Debug + ?Sized>(
    is: &T,
    wanted: &U,
) -> Result<(), String> {
    if is == wanted {
        Ok(())
    } else {
        Err(format!("wanted {wanted:?}, and it was {is:?}"))
    }
}

/// Whether something holds, in words.
pub(crate) fn holds(it: bool, what: &str) -> Result<(), String> {
    if it {
        Ok(())
    } else {
        Err(format!("it should hold that {what}"))
    }
}
