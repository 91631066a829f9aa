//! `squab listen`: stands between the cloud and a webhook endpoint, and shows what passes.

use super::api::CloudAt;
use super::replay::Recorded;
use super::{Failure, print};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use clap::Args;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, TRANSFER_ENCODING};
use hyper::{Method, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// Most bytes of a webhook (Meta, "Webhooks overview": up to 3 MB), and of an answer.
const BODY_LIMIT: usize = 3 << 20;
/// Longest wait for an answer: shorter than the cloud's own.
const PATIENCE: Duration = Duration::from_secs(9);

/// Pass a running `squab cloud`'s webhooks on to your own endpoint, byte for byte, and print each one
#[derive(Args)]
pub(crate) struct Listen {
    /// Your webhook endpoint; it has to answer Meta's verification
    #[arg(long, value_name = "URL")]
    forward_to: Uri,
    /// Append each webhook to this file, for `squab replay`
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    #[command(flatten)]
    at: CloudAt,
}

/// A connection to somebody's webhook endpoint.
pub(crate) type Forwarder = Client<HttpConnector, Full<Bytes>>;

pub(crate) fn forwarder() -> Forwarder {
    Client::builder(TokioExecutor::new()).build_http()
}

/// `http://` and a host: webhooks are passed on in plain text.
pub(crate) fn check(to: &Uri) -> Result<(), Failure> {
    if to.scheme_str() == Some("http") && to.host().is_some() {
        Ok(())
    } else {
        Err(format!("{to} is no http:// URL").into())
    }
}

/// Sends a request on; status, headers and body of the answer.
pub(crate) async fn pass(
    client: &Forwarder,
    request: hyper::Request<Full<Bytes>>,
) -> Result<hyper::Response<Bytes>, String> {
    let exchange = async {
        let answer = client.request(request).await.map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            cause.unwrap_or_else(|| error.to_string())
        })?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, BODY_LIMIT)
            .collect()
            .await
            .map_err(|error| error.to_string())?;
        Ok(hyper::Response::from_parts(head, body.to_bytes()))
    };
    let late = |_| Err(format!("no answer within {} s", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, exchange)
        .await
        .unwrap_or_else(late)
}

struct Listener {
    client: Forwarder,
    to: Uri,
    record: Option<Mutex<File>>,
    start: Instant,
}

/// Runs until it is stopped.
pub(crate) async fn run(args: Listen) -> Result<(), Failure> {
    check(&args.forward_to)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let state = Arc::new(Listener {
        client: forwarder(),
        to: args.forward_to.clone(),
        record: args.record.as_deref().map(open).transpose()?.map(Mutex::new),
        start: Instant::now(),
    });
    let router = Router::new().fallback(forward).with_state(state);
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let subscription = json!({ "url": url });
    args.at
        .ask(Method::POST, "/subscriptions", Some(&subscription))
        .await?;
    print(format_args!(
        "webhooks of {} go to {}",
        args.at.cloud, args.forward_to
    ));
    tokio::select! {
        ended = server => ended??,
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    // Else the cloud would go on trying for seven days.
    let path = format!("/subscriptions?url={url}");
    args.at.ask(Method::DELETE, &path, None).await.map(drop)
}

fn open(path: &Path) -> Result<File, Failure> {
    let mut options = File::options();
    options.create(true).append(true);
    // It holds people's numbers and words.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map_err(|error| format!("{}: {error}", path.display()).into())
}

/// Passes on one request, and its answer back.
async fn forward(State(listener): State<Arc<Listener>>, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_LIMIT).collect().await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let body = body.to_bytes();
    head.uri = target(&listener.to, head.uri.query());
    for header in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING] {
        head.headers.remove(header);
    }
    let signature = head.headers.get(HeaderName::from_static("x-hub-signature-256"));
    let recorded = Recorded {
        at_ms: u64::try_from(listener.start.elapsed().as_millis()).unwrap_or(u64::MAX),
        signature: signature
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let verification = head.method == Method::GET;
    let sent = Instant::now();
    let answer = pass(
        &listener.client,
        hyper::Request::from_parts(head, Full::new(body)),
    )
    .await;
    let took = sent.elapsed().as_millis();
    let what = if verification {
        "verification".to_owned()
    } else {
        told(&recorded.body)
    };
    let seconds = listener.start.elapsed().as_secs_f64();
    match &answer {
        Ok(answer) => print(format_args!(
            "{seconds:>9.3} {what}: {} in {took} ms",
            answer.status().as_u16()
        )),
        Err(why) => print(format_args!("{seconds:>9.3} {what}: {why}")),
    }
    if let Some(file) = listener.record.as_ref().filter(|_| !verification) {
        let written = serde_json::to_string(&recorded)
            .map_err(std::io::Error::from)
            .and_then(|line| {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                writeln!(file, "{line}")
            });
        if let Err(error) = written {
            eprintln!("not recorded: {error}");
        }
    }
    match answer {
        Ok(answer) => {
            let media_type = answer.headers().get(CONTENT_TYPE).cloned();
            let mut response = Response::new(Body::from(answer.body().clone()));
            *response.status_mut() = answer.status();
            if let Some(media_type) = media_type {
                response.headers_mut().insert(CONTENT_TYPE, media_type);
            }
            response
        }
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

/// The endpoint, with the query of the verification behind its own.
fn target(to: &Uri, query: Option<&str>) -> Uri {
    let Some(query) = query else {
        return to.clone();
    };
    let separator = if to.query().is_some() { '&' } else { '?' };
    format!("{to}{separator}{query}")
        .parse()
        .unwrap_or_else(|_| to.clone())
}

/// What a webhook tells, in a line, with no more of a number than its last four digits.
pub(crate) fn told(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let change = &body["entry"][0]["changes"][0];
    let value = &change["value"];
    let field = change["field"]
        .as_str()
        .unwrap_or("what is no webhook of WhatsApp's");
    let (what, whom) = if let Some(status) = value["statuses"].get(0) {
        let whom = status["recipient_id"]
            .as_str()
            .or(status["recipient_user_id"].as_str());
        (status["status"].as_str().unwrap_or_default(), whom)
    } else if let Some(message) = value["messages"].get(0) {
        let whom = message["from"].as_str().or(message["from_user_id"].as_str());
        (message["type"].as_str().unwrap_or_default(), whom)
    } else {
        return field.to_owned();
    };
    let whom = whom.unwrap_or_default();
    let tail: String = whom
        .chars()
        .skip(whom.chars().count().saturating_sub(4))
        .collect();
    format!("{field} {what} …{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_a_verification_follows_the_endpoints_own() {
        let with = |to: &str| target(&to.parse().unwrap(), Some("hub.mode=subscribe")).to_string();
        assert_eq!(
            with("http://127.0.0.1:1/w"),
            "http://127.0.0.1:1/w?hub.mode=subscribe"
        );
        assert_eq!(
            with("http://127.0.0.1:1/w?k=v"),
            "http://127.0.0.1:1/w?k=v&hub.mode=subscribe"
        );
    }

    #[test]
    fn a_line_says_what_a_webhook_tells_and_four_digits_of_whom() {
        let body =
            |value: &str| format!(r#"{{"entry":[{{"changes":[{{"field":"messages","value":{value}}}]}}]}}"#);
        let text = body(r#"{"messages":[{"type":"text","from":"16505551234"}]}"#);
        assert_eq!(told(&text), "messages text …1234");
        let status = body(r#"{"statuses":[{"status":"read","recipient_user_id":"US.12345678"}]}"#);
        assert_eq!(told(&status), "messages read …5678");
        assert_eq!(told("[]"), "what is no webhook of WhatsApp's");
    }
}
