//! Carries webhooks to the subscriber (Meta, "Webhooks overview": anything but 200 is tried again *"with decreasing
//! frequency until the request succeeds, for up to 7 days"*; updates come concurrently, and their order is not promised).
//!
//! Nothing here ever holds up the API: each webhook is a task of its own. While a POST is in flight the clock runs at
//! real time; between attempts it is free.

use super::escape::escaped;
use super::handle::Shared;
use super::record::Happening;
use super::state::Webhook;
use super::webhook::signature;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Waits between the attempts to deliver a webhook. Meta names no intervals, only the seven days that they stay within.
pub(crate) const WAITS: [Duration; 11] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_hours(1),
    Duration::from_hours(6),
    Duration::from_hours(12),
    Duration::from_hours(24),
    Duration::from_hours(48),
    Duration::from_hours(72),
];
/// Longest wait for a subscriber's answer. Meta names none.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of a subscriber's answer that are read.
const ANSWER_LIMIT: usize = 4_096;

pub(crate) type WebhookClient = Client<HttpConnector, Full<Bytes>>;

pub(crate) fn client() -> WebhookClient {
    Client::builder(TokioExecutor::new()).build_http()
}

/// Why a webhook subscriber was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubscribeError {
    /// The address is no URL.
    NotAUrl,
    /// Only plain HTTP to this machine is possible: webhooks hold personal data.
    NotLoopback,
    /// The subscriber could not be reached, or broke off.
    Unreachable(String),
    /// The subscriber answered with another status than 200.
    Status(u16),
    /// The subscriber answered with something else than the challenge.
    WrongChallenge,
}

impl std::fmt::Display for SubscribeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotAUrl => f.write_str("the webhook address is not a URL"),
            Self::NotLoopback => f.write_str("webhooks go to http:// on a loopback address only"),
            Self::Unreachable(why) => write!(f, "the webhook subscriber cannot be reached: {why}"),
            Self::Status(status) => {
                write!(f, "the webhook subscriber refused its verification with {status}")
            }
            Self::WrongChallenge => f.write_str("the webhook subscriber did not answer with the challenge"),
        }
    }
}

impl std::error::Error for SubscribeError {}

/// Asks a subscriber to verify itself (Meta, "Create a webhook endpoint"). Gives its address.
pub(crate) async fn verify(shared: &Shared, url: &str) -> Result<Uri, SubscribeError> {
    let uri: Uri = url.parse().map_err(|_| SubscribeError::NotAUrl)?;
    let host = uri.host().ok_or(SubscribeError::NotAUrl)?;
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    let loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    if uri.scheme_str() != Some("http") || !loopback {
        return Err(SubscribeError::NotLoopback);
    }
    let challenge = shared.lock().rng.u32(1_000_000_000..).to_string();
    let separator = if uri.query().is_some() { '&' } else { '?' };
    let token = percent_encoded(&shared.verify_token);
    let asked =
        format!("{uri}{separator}hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token={token}");
    let request = Request::get(asked)
        .body(Full::default())
        .map_err(|_| SubscribeError::NotAUrl)?;
    let _busy = shared.clock.busy();
    let (status, body) = exchange(shared, request)
        .await
        .map_err(SubscribeError::Unreachable)?;
    if status != StatusCode::OK {
        return Err(SubscribeError::Status(status.as_u16()));
    }
    if body == challenge {
        Ok(uri)
    } else {
        Err(SubscribeError::WrongChallenge)
    }
}

fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Waits for what is due and sends it on its way, for ever.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        let next = shared.lock().next_due();
        let Some(next) = next else {
            shared.due.notified().await;
            continue;
        };
        let busy = tokio::select! {
            busy = shared.clock.sleep_until_busy(next) => busy,
            () = shared.due.notified() => continue,
        };
        let now = shared.now();
        let webhooks = shared.lock().due(now);
        for webhook in webhooks {
            shared.deliver(webhook);
        }
        drop(busy);
    }
}

/// Delivers one webhook: a few tries, then less and less often. `busy` is held until the first answer.
pub(crate) async fn deliver(
    shared: Arc<Shared>,
    uri: Uri,
    webhook: Webhook,
    mut busy: crate::clock::BusyGuard,
) {
    let body = Bytes::from(escaped(&webhook.body));
    let signature = signature(&shared.app_secret, &body);
    let mut waits = WAITS.iter();
    for attempt in 1.. {
        let result = post(&shared, &uri, &body, &signature).await;
        let taken = result.is_ok();
        {
            let mut state = shared.lock();
            state.summary.webhooks_taken += u64::from(taken);
            state.summary.webhooks_refused += u64::from(!taken);
        }
        shared.tell(Happening::Webhook {
            user: webhook.user.clone(),
            kind: webhook.kind,
            result,
            attempt,
        });
        let Some(wait) = waits.next().filter(|_| !taken) else {
            return;
        };
        let again = shared.clock.now() + *wait;
        drop(busy);
        busy = shared.clock.sleep_until_busy(again).await;
    }
}

async fn post(shared: &Shared, uri: &Uri, body: &Bytes, signature: &str) -> Result<(), String> {
    let request = Request::post(uri)
        .header("Content-Type", "application/json")
        .header("User-Agent", "facebookexternalua")
        .header("X-Hub-Signature-256", signature)
        .body(Full::new(body.clone()))
        .map_err(|error| error.to_string())?;
    match exchange(shared, request).await? {
        (StatusCode::OK, _) => Ok(()),
        (status, _) => Err(format!("answered {}", status.as_u16())),
    }
}

async fn exchange(shared: &Shared, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), String> {
    let exchange = async {
        let answer = shared
            .client
            .request(request)
            .await
            .map_err(|error| root_cause(&error))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_LIMIT).collect().await;
        // What a subscriber says beside its 200 is of no interest, unless it is the challenge.
        Ok((
            status,
            body.map(http_body_util::Collected::to_bytes).unwrap_or_default(),
        ))
    };
    let in_time = tokio::time::timeout(PATIENCE, exchange).await;
    in_time.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))
}

/// The innermost error says what happened, the outer ones only where.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_grow_and_stay_within_metas_seven_days() {
        assert!(WAITS.is_sorted());
        assert!(WAITS.iter().sum::<Duration>() <= Duration::from_hours(7 * 24));
    }

    #[test]
    fn a_verify_token_survives_the_query_string() {
        assert_eq!(percent_encoded("a-Z_9.~&= ü"), "a-Z_9.~%26%3D%20%C3%BC");
    }
}
