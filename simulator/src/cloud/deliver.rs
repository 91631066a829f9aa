//! Carries webhooks to the subscriber (Meta, "Webhooks overview": anything but 200 is tried again *"with decreasing
//! frequency until the request succeeds, for up to 7 days"*; updates come concurrently, and their order is not promised).
//!
//! Nothing here ever holds up the API: each webhook is a task of its own. While a POST is in flight the clock runs at
//! real time; between attempts it is free.

use super::escape::escaped;
use super::fault::draw;
use super::handle::Shared;
use super::history::{Exchange, ExchangeKind, shown};
use super::record::Happening;
use super::state::{Now, Webhook};
use super::subscription::{BATCH_LIMIT, FieldError, Target, updates};
use super::user::tail;
use super::webhook::{WebhookKind, signature};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

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
    /// A field that cannot be subscribed.
    Field(FieldError),
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
            Self::Field(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SubscribeError {}

/// Asks a subscriber to verify itself (Meta, "Create a webhook endpoint"). Gives its address.
pub(crate) async fn verify(shared: &Shared, url: &str, token: &str) -> Result<Uri, SubscribeError> {
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
    let token = percent_encoded(token);
    let asked =
        format!("{uri}{separator}hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token={token}");
    let request = Request::get(asked)
        .body(Full::default())
        .map_err(|_| SubscribeError::NotAUrl)?;
    let _busy = shared.clock.busy();
    let (status, body) = ask(shared, request).await.map_err(SubscribeError::Unreachable)?;
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

/// Puts webhooks together that wait for the same subscriber, as many updates as may be in one.
pub(crate) fn batched(waiting: Vec<Webhook>, most: usize) -> Vec<Webhook> {
    let most = most.clamp(1, BATCH_LIMIT);
    let mut batches: Vec<(Webhook, usize)> = Vec::new();
    for mut webhook in waiting {
        let count = updates(&webhook.body);
        match batches.last_mut() {
            Some((batch, so_far)) if *so_far + count <= most => {
                let entries = webhook.body["entry"].as_array_mut().map(std::mem::take);
                if let Some(all) = batch.body["entry"].as_array_mut() {
                    all.extend(entries.unwrap_or_default());
                }
                *so_far += count;
                batch.kind = WebhookKind::Batch(*so_far);
                batch.wamid = None;
                batch.user.clear();
            }
            _ => batches.push((webhook, count)),
        }
    }
    batches.into_iter().map(|(batch, _)| batch).collect()
}

/// Delivers one webhook: a few tries, then less and less often. `busy` is held until the first answer, unless it is held
/// back before.
pub(crate) async fn deliver(
    shared: Arc<Shared>,
    target: Target,
    webhook: Webhook,
    mut busy: crate::clock::BusyGuard,
) {
    let Target { uri, secret } = target;
    let (held_back, mut copies, mut waits) = {
        let mut state = shared.lock();
        let disorder = Duration::from_millis(state.delivery.disorder_ms);
        let held_back = draw(&mut state.rng, &(Duration::ZERO..=disorder));
        let again = state.delivery.duplicates;
        let again = again > 0.0 && state.rng.f64() < again;
        (held_back, u32::from(again), state.delivery.retries.waits())
    };
    let body = Bytes::from(escaped(&webhook.body));
    let signature = signature(&secret, &body);
    if !held_back.is_zero() {
        let until = shared.clock.now() + held_back;
        drop(busy);
        busy = shared.clock.sleep_until_busy(until).await;
    }
    for attempt in 1.. {
        let outage = shared.lock().delivery.outage;
        let answer = if outage {
            Err("an outage on purpose".to_owned())
        } else {
            post(&shared, &uri, &body, &signature).await
        };
        let status = answer.as_ref().ok().copied();
        let result = match answer {
            Ok(200) => Ok(()),
            Ok(status) => Err(format!("answered {status}")),
            Err(why) => Err(why),
        };
        let taken = result.is_ok();
        {
            let now = shared.now();
            let mut state = shared.lock();
            state.summary.webhooks_taken += u64::from(taken);
            state.summary.webhooks_refused += u64::from(!taken);
            let told = exchange(now, &webhook, &body);
            state.history.exchange(Exchange {
                path: uri.to_string(),
                status,
                why: result.as_ref().err().cloned(),
                attempt,
                ..told
            });
        }
        shared.tell(Happening::Webhook {
            user: tail(&webhook.user).to_owned(),
            kind: webhook.kind,
            result,
            attempt,
        });
        let wait = match (taken, copies) {
            (true, 0) => return,
            (true, _) => {
                copies -= 1;
                Duration::from_secs(1)
            }
            (false, _) => match waits.next() {
                Some(wait) => wait,
                None => return,
            },
        };
        let again = shared.clock.now() + wait;
        drop(busy);
        busy = shared.clock.sleep_until_busy(again).await;
    }
}

/// What page and test API show of a webhook that nobody has got yet.
fn exchange(now: Now, webhook: &Webhook, body: &[u8]) -> Exchange {
    Exchange {
        what: webhook.kind.to_string(),
        chat: Some(webhook.user.clone()).filter(|user| !user.is_empty()),
        message: webhook.wamid.clone(),
        ..Exchange::begun(ExchangeKind::Webhook, now, "POST", shown(body, &[]), body.len())
    }
}

/// Notes a webhook that there is nobody to post to.
pub(crate) fn unsent(shared: &Shared, webhook: &Webhook) {
    let (now, body) = (shared.now(), escaped(&webhook.body));
    let exchange = exchange(now, webhook, &body);
    shared.lock().history.exchange(Exchange {
        why: Some("nobody has subscribed to webhooks".to_owned()),
        ..exchange
    });
}

/// The status of the answer.
async fn post(shared: &Shared, uri: &Uri, body: &Bytes, signature: &str) -> Result<u16, String> {
    let request = Request::post(uri)
        .header("Content-Type", "application/json")
        .header("User-Agent", "facebookexternalua")
        .header("X-Hub-Signature-256", signature)
        .body(Full::new(body.clone()))
        .map_err(|error| error.to_string())?;
    let (status, _) = ask(shared, request).await?;
    Ok(status.as_u16())
}

async fn ask(shared: &Shared, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), String> {
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
    fn a_batch_has_no_more_updates_than_it_may_and_loses_none() {
        let webhook = |count: usize| Webhook {
            kind: WebhookKind::Sent,
            user: "u".to_owned(),
            wamid: None,
            body: serde_json::json!({ "entry": [{ "changes": [{ "field": "messages", "value": {
                "statuses": vec![0; count] } }] }] }),
        };
        let batches = batched([1, 2, 3, 1, 4].map(webhook).into(), 4);
        let sizes: Vec<_> = batches
            .iter()
            .map(|batch| batch.body["entry"].as_array().map_or(0, Vec::len))
            .collect();
        assert_eq!(sizes, [2, 2, 1]);
        assert_eq!(batches[0].kind, WebhookKind::Batch(3));
        assert_eq!(batches[2].kind, WebhookKind::Sent);
    }

    #[test]
    fn a_verify_token_survives_the_query_string() {
        assert_eq!(percent_encoded("a-Z_9.~&= ü"), "a-Z_9.~%26%3D%20%C3%BC");
    }
}
